//! The four dialects: what each calls a credential, an envelope, an error.
//!
//! Every `match` on an error here is without a catch-all arm: a new kind of error visits all four.

pub mod billmora;
pub mod carried;
pub mod cloudonex;
pub mod early;
pub mod jerasoft;
pub mod racknap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::machinery::reader::Manner;
use crate::machinery::reply::Reply;
use crate::machinery::request::{Request, Response};
use crate::words::error::{Error, Told};
use crate::words::limit::Limit;
use crate::words::money::{Decimal, Money};

/// One of the four billing APIs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Dialect {
    /// JeraSoft CoreAPI: `/api/`, REST and JSON-RPC.
    Jerasoft,
    /// RackNap Billing API: `/api/v2/`, singular nouns, POST only.
    Racknap,
    /// CloudOnex Business Suite: `/api/v2/`, plural nouns.
    Cloudonex,
    /// Billmora: `/api/v1/`.
    Billmora,
}

/// A credential as it was presented.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Presented {
    /// A user's API key.
    Key(String),
    /// A signed token.
    Jwt(String),
    /// A session token (RackNap).
    Session(String),
    /// A personal access token: the id before the bar, where there is one, and the secret.
    Token(Option<u64>, String),
}

/// What an envelope may need to know of the request.
#[derive(Debug, Clone)]
pub struct Facts {
    /// `https://host/api/v1/users`: the address without its query.
    pub url: String,
    /// The path without its first slash.
    pub path: String,
    /// The verb.
    pub verb: String,
}

impl Dialect {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Jerasoft, Self::Racknap, Self::Cloudonex, Self::Billmora];

    /// The dialect a request is in. `/api/v2` has two: RackNap's nouns are singular, and an unknown singular
    /// one is RackNap's when it brings RackNap's own header. No header makes a plural noun RackNap's.
    pub fn of(request: &Request) -> Self {
        let path = request.plain_path();
        let under = |base: &str| path.strip_prefix(base).filter(|rest| rest.is_empty() || rest.starts_with('/'));
        if under("/api/v1").is_some() || under("/api/domains").is_some() || under("/api/gateways").is_some() {
            return Self::Billmora;
        }
        if path == "/api/create-lead" {
            return Self::Cloudonex;
        }
        let Some(rest) = under("/api/v2") else {
            return Self::Jerasoft;
        };
        let (noun, below) = rest.trim_start_matches('/').split_once('/').unwrap_or((rest.trim_start_matches('/'), ""));
        // The older CloudOnex has singular nouns too, of which one is RackNap's as well: that has a word below it.
        if noun == "invoice" && below.bytes().all(|byte| byte.is_ascii_digit()) {
            return Self::Cloudonex;
        }
        let may_be =
            !noun.ends_with('s') && !cloudonex::SINGULAR_NOUNS.contains(&noun) && request.header("validate").is_some();
        if racknap::NOUNS.contains(&noun) || may_be { Self::Racknap } else { Self::Cloudonex }
    }

    /// The dialect's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Jerasoft => "jerasoft",
            Self::Racknap => "racknap",
            Self::Cloudonex => "cloudonex",
            Self::Billmora => "billmora",
        }
    }

    /// How it takes its parameters.
    pub fn manner(self) -> Manner {
        match self {
            Self::Jerasoft => Manner { ids_agree: true, ..Manner::default() },
            Self::Racknap | Self::Cloudonex => Manner::default(),
            Self::Billmora => Manner { trims: true, ..Manner::default() },
        }
    }

    /// Seconds in a window of its own rate limit, and requests in one for those who present no valid
    /// credential; `None` where it has no limit and the usage plan alone applies.
    pub fn limit(self) -> Option<(i64, u64)> {
        match self {
            Self::Jerasoft | Self::Racknap => None,
            Self::Cloudonex => Some((3600, 1000)),
            Self::Billmora => Some((60, 60)),
        }
    }

    /// The credential a request presents; `None` when there is none in the dialect's form.
    pub fn credential(self, request: &Request) -> Option<Presented> {
        match self {
            Self::Jerasoft => jerasoft::credential(request),
            Self::Racknap => racknap::credential(request),
            Self::Cloudonex => cloudonex::credential(request),
            Self::Billmora => billmora::credential(request),
        }
    }

    /// An answer in its envelope.
    pub fn success(self, reply: Reply, facts: &Facts) -> (u16, Value) {
        match self {
            Self::Jerasoft => jerasoft::success(reply),
            Self::Racknap => racknap::success(reply),
            Self::Cloudonex => cloudonex::success(reply),
            Self::Billmora => billmora::success(reply, facts),
        }
    }

    /// An error in its envelope, with the headers that belong to its kind in every dialect.
    pub fn failure(self, error: &Error, facts: &Facts) -> Response {
        let (status, body) = match self {
            Self::Jerasoft => jerasoft::failure(&error.told),
            Self::Racknap => racknap::failure(&error.told),
            Self::Cloudonex => cloudonex::failure(&error.told),
            Self::Billmora => billmora::failure(&error.told, facts),
        };
        let response = Response::json(status, &body);
        let response = match retry_after(&error.told) {
            Some(seconds) => response.with("retry-after", seconds),
            None => response,
        };
        match &error.told {
            Told::WrongVerb(allowed) => response.with("allow", allowed.join(", ")),
            Told::Unknown(asking) => response.with("x-request-id", &asking.request),
            _ => response,
        }
    }

    /// The headers that every answer carries.
    pub fn headers(self, limit: Option<Limit>) -> Vec<(&'static str, String)> {
        match self {
            Self::Jerasoft | Self::Racknap => Vec::new(),
            Self::Cloudonex => cloudonex::headers(limit),
            Self::Billmora => billmora::headers(limit),
        }
    }
}

/// After how many seconds the same request is worth sending again. What may have been done is not sent again by itself,
/// unless a key keeps it from being done twice; by then the store has settled it.
pub(crate) fn retry_after(told: &Told) -> Option<i64> {
    match told {
        Told::TooMany(limit) => Some(limit.retry_after),
        Told::Busy(seconds) => Some(i64::try_from(*seconds).unwrap_or(i64::MAX)),
        Told::Unavailable | Told::NotBegun => Some(1),
        Told::Unknown(asking) if asking.keyed => Some(5),
        Told::Resetting => Some(60),
        _ => None,
    }
}

/// What follows `Bearer`, in any case, in a header's value.
fn bearer(value: Option<&str>) -> Option<String> {
    let (scheme, rest) = value?.trim().split_once(' ')?;
    let token = rest.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then(|| token.to_owned())
}

/// An amount as text with the currency's decimal places, two at least: `57.60`, `70.00` (JPY), `1.500` (KWD).
pub fn two_places(amount: Money) -> String {
    at_least(amount.decimal(), 2).to_string()
}

/// A decimal with so many places at least.
pub fn at_least(mut decimal: Decimal, places: u32) -> Decimal {
    decimal.rescale(decimal.scale().max(places));
    decimal
}

/// The word for a meaning among a dialect's few.
pub fn word<T: PartialEq>(known: &[(&'static str, T)], meaning: &T) -> Option<&'static str> {
    known.iter().find(|(_, one)| one == meaning).map(|(word, _)| *word)
}

/// A decimal as the JSON number with the same digits.
pub fn number(decimal: impl std::fmt::Display) -> Value {
    decimal.to_string().parse().map_or(Value::Null, Value::Number)
}
