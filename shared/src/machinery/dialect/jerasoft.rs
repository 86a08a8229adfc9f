//! JeraSoft CoreAPI: bare values, `{"error": {"message", "data"}}`, and JSON-RPC's codes.

use serde_json::{Map, Value, json};

use crate::machinery::dialect::{Presented, bearer};
use crate::machinery::reader::Reader;
use crate::machinery::reply::{Content, Reply};
use crate::machinery::request::Request;
use crate::words::error::{Kind, Rule, Stranger, Told, Violation};
use crate::words::page::Window;
use crate::words::pattern::Pattern;

/// `X-Api-Key`, which wins, or a bearer JWT.
pub fn credential(request: &Request) -> Option<Presented> {
    match request.header("x-api-key").map(str::trim).filter(|key| !key.is_empty()) {
        Some(key) => Some(Presented::Key(key.to_owned())),
        None => bearer(request.header("authorization")).map(Presented::Jwt),
    }
}

/// The value without any wrapper; every success is a 200.
pub fn success(reply: Reply) -> (u16, Value) {
    match reply.content {
        Content::One(value) | Content::Whole(value) => (200, value),
        Content::File(file) => (200, file.base64()),
        Content::Page(page) => (200, Value::Array(page.rows)),
        Content::Nothing => (200, Value::Bool(true)),
        Content::Faults(faults) => failure(&Told::Invalid(faults)),
    }
}

/// An error over REST.
pub fn failure(told: &Told) -> (u16, Value) {
    let said = said(told);
    (said.status, json!({"error": {"message": said.message, "data": said.data}}))
}

/// An error over JSON-RPC: the error object.
pub fn rpc_failure(told: &Told) -> Value {
    let said = said(told);
    // Over JSON-RPC the code stands beside the sentence, not before it.
    let message = said.data["message"].as_str().unwrap_or(&said.message);
    json!({"code": said.code, "message": message, "data": said.data})
}

struct Said {
    status: u16,
    code: i32,
    message: String,
    data: Value,
}

fn said(told: &Told) -> Said {
    let say = |status, code, message: &str, data| Said { status, code, message: message.to_owned(), data };
    match told {
        Told::Malformed(why) => say(400, -32600, "Invalid request", json!({"body": why})),
        Told::Invalid(violations) => say(400, -32602, "Invalid request", fields(violations)),
        Told::TooLarge(most) => say(413, -32600, &format!("The body is larger than {most} bytes"), json!({})),
        Told::NoRoute => say(404, -32601, "Method not found", json!({})),
        Told::WrongVerb(_) => say(405, -32601, "Method not allowed", json!({})),
        Told::Unauthenticated(why) => {
            let (code, name, text) = match why {
                Stranger::Missing => (-32003, "utoken-missing", "credentials are missing"),
                Stranger::Unknown => (-32003, "utoken-auth-failed", "the API key is not valid"),
                Stranger::BadSignature => {
                    (-32003, "utoken-auth-failed", "the request is not signed as its key wants it")
                }
                Stranger::BadLogin => (-32003, "utoken-auth-failed", "wrong login or password"),
                Stranger::Expired | Stranger::BadToken => (-32005, "utoken-invalid", "Invalid token"),
            };
            say(401, code, &format!("{name}: {text}"), json!({"code": name, "message": text}))
        }
        Told::AddressRefused => {
            let text = "this address is not among the user's allowed addresses";
            say(
                401,
                -32004,
                &format!("utoken-auth-failed: {text}"),
                json!({"code": "utoken-auth-failed", "message": text}),
            )
        }
        Told::AbilityMissing(ability) => say(403, -32003, "Insufficient permissions", json!({"code": ability})),
        Told::TooMany(limit) => say(
            429,
            -32000,
            "Too many requests",
            json!({"code": "too_many_requests", "retry_after": limit.retry_after}),
        ),
        Told::NotFound { entity, id } => say(404, -32001, &not_found(table(entity), id), json!({})),
        // The one refusal the contract names (§4.6).
        Told::Refused { rule: "low_balance", .. } => {
            let text = "LowBalanceError: balance with credit would become negative";
            say(422, -32000, text, json!({"code": "LowBalanceError"}))
        }
        Told::Refused { rule, text } => say(422, -32000, text, json!({"code": rule})),
        Told::KeyReused => say(
            422,
            -32000,
            "The idempotency key was used before with another request",
            json!({"code": "idempotency_key_reused"}),
        ),
        Told::AnswerTooLarge(most) => {
            let text = format!("The answer would be larger than {most} bytes; ask for fewer rows");
            say(400, -32602, "Invalid request", json!({"limit": text}))
        }
        Told::Busy(seconds) => say(
            503,
            -32000,
            "Too many writers at once, please try again",
            json!({"code": "busy", "retry_after": seconds}),
        ),
        Told::Unavailable => {
            say(503, -32000, "Temporarily unavailable, please try again", json!({"code": "unavailable"}))
        }
        Told::Unknown(asking) => say(
            503,
            -32000,
            &format!("The outcome is not known: {}", asking.how()),
            json!({"code": "outcome_unknown", "request": asking.request}),
        ),
        Told::NotBegun => say(
            503,
            -32000,
            "No time was left for this call, and nothing of it happened; send it again",
            json!({"code": "not_begun"}),
        ),
        Told::Resetting => {
            say(503, -32000, "The sandbox is being reset, please try again in a minute", json!({"code": "resetting"}))
        }
        Told::Internal => say(500, -32603, "Internal error", json!({})),
    }
}

fn fields(violations: &[Violation]) -> Value {
    let mut fields = Map::new();
    for violation in violations {
        fields.entry(violation.field.clone()).or_insert_with(|| Value::String(words(&violation.rule)));
    }
    Value::Object(fields)
}

/// What the dialect calls a collection.
fn table(entity: &str) -> &str {
    match entity {
        "customer" | "customers" => "clients",
        "reseller" | "resellers" => "companies",
        "currency" => "currencies",
        "user" => "users",
        "rate" => "currencies_rates",
        "product" | "products" => "packages",
        "service" => "subscriptions",
        "usage_service" | "usage_services" => "services",
        "rate_table" => "rate_tables",
        "usage_rate" => "rates",
        "special_rate" => "rates_special",
        "client_account" => "clients_accounts",
        "payment_term" => "payment_terms",
        "tax_profile" | "tax_profiles" => "taxes_profiles",
        "tax_rate" => "taxes_profiles_values",
        "role" => "roles",
        "payment_profile" => "payment_systems_profiles",
        "invoice" => "invoices",
        "transaction" | "receipt" | "refund" | "credit_note" | "debit_note" => "transactions",
        other => other,
    }
}

fn not_found(table: &str, id: &str) -> String {
    format!("Object \"{table}({id})\" was not found!")
}

fn words(rule: &Rule) -> String {
    match rule {
        Rule::Required => "Empty value is not allowed".into(),
        Rule::Kind(kind) => format!("Value should be {}", kind_words(*kind)),
        Rule::TooLong(most) => format!("Value is longer than {most} characters"),
        Rule::TooShort(least) => format!("Value is shorter than {least} characters"),
        Rule::TooMany(most) => format!("More than {most} entries are not allowed"),
        Rule::TooFew(least) => format!("At least {least} entries are needed"),
        Rule::NotPositive => "Value should be greater than 0".into(),
        Rule::Zero => "Value should not be 0".into(),
        Rule::TooSmall(least) => format!("Value should not be less than {least}"),
        Rule::TooLarge(most) => format!("Value should not be greater than {most}"),
        Rule::NotOneOf(known) => format!("Value should be one of: {}", known.join(", ")),
        Rule::PublicUrl => "Must be a public https address".into(),
        Rule::Email => "Invalid email format".into(),
        Rule::Zone => "Unknown timezone".into(),
        Rule::Precision(places) => format!("No more than {places} decimal places are allowed"),
        Rule::Missing { collection, id } => not_found(table(collection), id),
        Rule::Taken => "Value is already in use".into(),
        Rule::Mismatch => "Value differs from the one in the path".into(),
        Rule::Contradicts => "Value contradicts another one".into(),
        Rule::Reversed => "The range ends before it begins".into(),
        Rule::ReadOnly => "Value is read-only".into(),
        Rule::Sentence(text) => text.clone(),
    }
}

fn kind_words(kind: Kind) -> &'static str {
    match kind {
        Kind::Text => "a string",
        Kind::Integer => "an integer",
        Kind::Decimal => "a number",
        Kind::Flag => "a boolean",
        Kind::Moment => "a date-time",
        Kind::List => "an array",
        Kind::Object => "an object",
    }
}

/// The window of a list: `limit` (20 unless given) and `offset`.
pub fn window(r: &mut Reader<'_>) -> Window {
    let most = i64::MAX;
    let limit = r.integer("limit").within(1, most).optional().unwrap_or(20);
    let offset = r.integer("offset").within(0, most).optional().unwrap_or(0);
    let count = |n: i64| u64::try_from(n).unwrap_or(0);
    Window { offset: count(offset), limit: count(limit), newest_first: false }
}

/// `q`: a quick search.
pub fn search(r: &mut Reader<'_>) -> Option<Pattern> {
    r.text("q").optional().map(|text| Pattern::star(&text))
}

/// One or several of a few words, each with its meaning.
pub fn several<T: Copy>(r: &mut Reader<'_>, name: &str, known: &[(&'static str, T)]) -> Option<Vec<T>> {
    let words = r.texts(name).optional()?;
    let meaning = |word: &String| known.iter().find(|(one, _)| one == word).map(|(_, meaning)| *meaning);
    let meant: Vec<T> = words.iter().filter_map(meaning).collect();
    if meant.len() < words.len() {
        r.violate(name, Rule::NotOneOf(known.iter().map(|(word, _)| (*word).to_owned()).collect()));
    }
    Some(meant)
}

/// `order`: column names, a leading `-` for descending.
pub fn order<T: Copy>(r: &mut Reader<'_>, columns: &[(&'static str, T)]) -> Vec<(T, bool)> {
    let wanted = r.texts("order").optional().unwrap_or_default();
    let mut order = Vec::new();
    for word in wanted {
        let (name, descending) = word.strip_prefix('-').map_or((word.as_str(), false), |name| (name, true));
        match columns.iter().find(|(column, _)| *column == name) {
            Some((_, column)) => order.push((*column, descending)),
            None => {
                r.violate("order", Rule::NotOneOf(columns.iter().map(|(column, _)| (*column).to_owned()).collect()));
                break;
            }
        }
    }
    order
}
