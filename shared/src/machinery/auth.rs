//! From a presented credential to a caller, with the rate limit counted on the way.
//!
//! One call to the store: where the dialect has a limit, the credential is found and the request counted
//! in the same conditional write; where it has none, the credential is read. Nothing is remembered from
//! one request to the next but refusals for the limit, so a credential that is revoked is refused from the
//! next request on: it works for as long as a request that was already let in takes, and no longer.
//!
//! In the cloud this runs in the authorizer, which hands the [`Standing`] on in its context; behind a
//! function URL the function runs it itself.

use std::collections::BTreeMap;
use std::sync::Mutex;

use serde::{Deserialize, Serialize};

use crate::machinery::caller::{Caller, Tenant};
use crate::machinery::credential::{Credential, Kind, Principal, is_among, read_jwt};
use crate::machinery::dialect::{Dialect, Presented};
use crate::machinery::keys;
use crate::machinery::request::Request;
use crate::machinery::secrets::{Secret, same};
use crate::machinery::store::{Counted, Item, Size, Store, admits, number, record};
use crate::words::error::{Error, Stranger, Told};
use crate::words::limit::{Limit, Span};
use crate::words::time::Instant;

/// Why a request was not let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Refusal {
    /// Not known.
    Stranger(Stranger),
    /// Known, but not from this address.
    Address,
    /// Known, but the limit is used up.
    Limit,
}

/// What is known of a request's sender.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// Who it is, or why they are not let in.
    pub who: Result<Caller, Refusal>,
    /// The limit after this request, where the dialect has one.
    pub limit: Option<Limit>,
    /// The tenant whose usage plan counts the request, also when it is refused; `-` for strangers.
    pub tenant: String,
    /// What the signing key is derived from, where the request must be signed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signing: Option<String>,
}

type Result<T, E = Error> = std::result::Result<T, E>;

impl Standing {
    /// A caller who is let in.
    pub fn known(caller: Caller, limit: Option<Limit>) -> Self {
        Self { tenant: caller.tenant.id().to_owned(), who: Ok(caller), limit, signing: None }
    }

    fn refused(why: Refusal, limit: Option<Limit>, tenant: &str) -> Self {
        Self { who: Err(why), limit, tenant: tenant.to_owned(), signing: None }
    }

    fn stranger(why: Stranger) -> Self {
        Self::refused(Refusal::Stranger(why), None, "-")
    }

    /// The same sender, whose request is not signed as the credential wants it.
    pub(crate) fn unsigned(self) -> Self {
        Self { who: Err(Refusal::Stranger(Stranger::BadSignature)), signing: None, ..self }
    }

    /// The caller, or the error to answer with.
    pub fn caller(&self) -> Result<&Caller> {
        self.who.as_ref().map_err(|why| {
            Error::told(match (why, self.limit) {
                (Refusal::Stranger(why), _) => Told::Unauthenticated(*why),
                (Refusal::Address, _) => Told::AddressRefused,
                (Refusal::Limit, Some(limit)) => Told::TooMany(limit),
                (Refusal::Limit, None) => Told::Unavailable,
            })
        })
    }
}

/// What a process remembers of those it refused, so that refusing them again costs nothing. Bounded: when
/// it is full it forgets, which costs a write and lets nobody in.
#[derive(Default)]
pub struct Refused {
    full: Mutex<BTreeMap<String, (Limit, String)>>,
    strangers: Mutex<(u64, BTreeMap<String, u64>)>,
}

const MOST_REMEMBERED: usize = 10_000;

impl Refused {
    fn until(&self, digest: &str, now: i64) -> Option<(Limit, String)> {
        let mut full = self.full.lock().ok()?;
        let (limit, tenant) = full.get(digest)?.clone();
        if limit.reset > now {
            return Some((Limit { retry_after: limit.reset - now, ..limit }, tenant));
        }
        full.remove(digest);
        None
    }

    fn remember(&self, digest: &str, limit: Limit, tenant: &str) {
        if let Ok(mut full) = self.full.lock() {
            if full.len() >= MOST_REMEMBERED {
                full.clear();
            }
            full.insert(digest.to_owned(), (limit, tenant.to_owned()));
        }
    }

    /// Count one refused stranger in the window of their address.
    fn stranger(&self, address: &str, seconds: i64, size: u64, now: i64) -> (Limit, bool) {
        let span = Span { seconds, phase: 0 };
        let window = span.window(now);
        let used = self.strangers.lock().map_or(1, |mut strangers| {
            if strangers.0 != window || strangers.1.len() >= MOST_REMEMBERED {
                *strangers = (window, BTreeMap::new());
            }
            let used = strangers.1.entry(address.to_owned()).or_insert(0);
            *used += 1;
            *used
        });
        (span.state(window, now, used, size), used > size)
    }
}

/// What authentication needs of its surroundings.
pub struct Desk<'a> {
    /// The table.
    pub store: &'a Store,
    /// The keys.
    pub secret: &'a Secret,
    /// The time.
    pub now: Instant,
    /// What is remembered.
    pub refused: &'a Refused,
}

/// Who sent a request, as far as its dialect's credential says.
pub async fn authenticate(desk: &Desk<'_>, dialect: Dialect, request: &Request) -> Result<Standing> {
    let standing = match dialect.credential(request) {
        None => Standing::stranger(Stranger::Missing),
        Some(Presented::Jwt(token)) => by_jwt(desk, &token, &request.address).await?,
        Some(Presented::Key(key)) => by_secret(desk, dialect, Kind::Key, None, &key, &request.address).await?,
        Some(Presented::Token(id, secret)) => {
            by_secret(desk, dialect, Kind::Token, id, &secret, &request.address).await?
        }
        Some(Presented::Session(token)) => {
            by_secret(desk, dialect, Kind::Session, None, &token, &request.address).await?
        }
    };
    // CloudOnex shows the limit on every answer and counts strangers by address; in this process only,
    // since a write for every stranger would let strangers spend the tenant's money.
    match (&standing.who, dialect, dialect.limit()) {
        (Err(Refusal::Stranger(why)), Dialect::Cloudonex, Some((seconds, size))) => {
            let (limit, over) = desk.refused.stranger(&request.address, seconds, size, desk.now.timestamp());
            let who = Err(if over { Refusal::Limit } else { Refusal::Stranger(*why) });
            Ok(Standing { who, limit: Some(limit), ..standing })
        }
        _ => Ok(standing),
    }
}

async fn by_jwt(desk: &Desk<'_>, token: &str, address: &str) -> Result<Standing> {
    let Some(claims) = read_jwt(token, desk.now, desk.secret) else {
        return Ok(Standing::stranger(Stranger::BadToken));
    };
    let user = principal(desk, &claims.tid, claims.uid, claims.iat).await?;
    Ok(match user {
        None => Standing::stranger(Stranger::BadToken),
        Some(user) if !is_among(&user.networks, address) => Standing::refused(Refusal::Address, None, claims.tid.id()),
        Some(user) => Standing::known(user.caller(&claims.tid, format!("jwt-{}", user.id)), None),
    })
}

/// The user whose session this is, when the session still counts.
async fn principal(desk: &Desk<'_>, tenant: &Tenant, user: u64, issued_at: i64) -> Result<Option<Principal>> {
    let user: Option<Principal> = desk.store.get(&keys::user(tenant, user)).await?;
    Ok(user.filter(|user| user.active && issued_at >= user.sessions_from))
}

async fn by_secret(
    desk: &Desk<'_>,
    dialect: Dialect,
    kind: Kind,
    token_id: Option<u64>,
    secret: &str,
    address: &str,
) -> Result<Standing> {
    let digest = desk.secret.digest(secret);
    let key = keys::credential(&digest);
    let now = desk.now.timestamp();
    let size = Size::Credential { kind: kind.word(), address };
    let Some((seconds, _)) = dialect.limit() else {
        let item = desk.store.get_items(std::slice::from_ref(&key)).await?.pop().flatten();
        return match item {
            None => Ok(Standing::stranger(Stranger::Unknown)),
            Some(item) => standing_of(desk, item, size, &digest, token_id, None).await,
        };
    };
    if let Some((limit, tenant)) = desk.refused.until(&digest, now) {
        return Ok(Standing::refused(Refusal::Limit, Some(limit), &tenant));
    }
    let span = Span::of(seconds, &digest);
    match desk.store.count(&key, span.window(now), now, size).await? {
        Counted::Unknown => Ok(Standing::stranger(Stranger::Unknown)),
        Counted::Within(item, window, used) => {
            let limit = span.state(window, now, used, number(&item, "rate_limit"));
            standing_of(desk, item, size, &digest, token_id, Some(limit)).await
        }
        Counted::Refused(item, window) => {
            let full = admits(&item, size, now);
            let most = number(&item, "rate_limit");
            let standing = standing_of(desk, item, size, &digest, token_id, None).await?;
            Ok(if full && standing.who.is_ok() {
                let limit = span.state(window, now, most, most);
                desk.refused.remember(&digest, limit, &standing.tenant);
                Standing::refused(Refusal::Limit, Some(limit), &standing.tenant)
            } else {
                standing
            })
        }
    }
}

/// What a credential's item says of its bearer. A session counts for as long as its user does, so there the user is
/// looked at too.
async fn standing_of(
    desk: &Desk<'_>,
    item: Item,
    size: Size<'_>,
    digest: &str,
    token_id: Option<u64>,
    limit: Option<Limit>,
) -> Result<Standing> {
    let now = desk.now.timestamp();
    let admitted = admits(&item, size, now);
    let credential: Credential = record(item)?;
    let Size::Credential { kind, address } = size else {
        return Ok(Standing::stranger(Stranger::Unknown));
    };
    let networks = credential.networks.as_deref().unwrap_or_default();
    let ours = same(credential.digest.as_bytes(), digest.as_bytes()) && credential.kind.word() == kind;
    let id_fits = token_id.is_none() || credential.token_id == token_id;
    if !ours || !id_fits || credential.suspended {
        return Ok(Standing::stranger(Stranger::Unknown));
    }
    if credential.expires_at.is_some_and(|at| at <= now) {
        return Ok(Standing::stranger(Stranger::Expired));
    }
    if !admitted || !is_among(networks, address) {
        return Ok(Standing::refused(Refusal::Address, None, credential.tenant.id()));
    }
    if credential.kind == Kind::Session {
        let issued_at = credential.issued_at.unwrap_or_default();
        let Some(user) = principal(desk, &credential.tenant, credential.user, issued_at).await? else {
            return Ok(Standing::stranger(Stranger::Unknown));
        };
        if !is_among(&user.networks, address) {
            return Ok(Standing::refused(Refusal::Address, None, credential.tenant.id()));
        }
    }
    let standing = Standing::known(credential.caller(), limit);
    Ok(Standing { signing: credential.signing, ..standing })
}

/// The tenant of those who have none: sign-in runs under it. No credential and no fixture can name it.
pub fn nobody() -> Caller {
    Caller {
        tenant: Tenant::nobody(),
        user: 0,
        credential: "nobody".into(),
        reseller: None,
        abilities: crate::machinery::caller::Abilities(std::collections::BTreeSet::new()),
        zone: crate::words::time::Zone::UTC,
        legacy: false,
    }
}
