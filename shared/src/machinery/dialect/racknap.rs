//! RackNap Billing API: `{"status": "Success", "data"}`, `{"status": "Error", "error_code", "message"}`.

use serde_json::{Value, json};

use crate::machinery::dialect::{Presented, bearer};
use crate::machinery::reply::{Content, Reply};
use crate::machinery::request::Request;
use crate::words::error::{Kind, Rule, Stranger, Told, Violation};
use crate::words::time::{Instant, Zone};

/// The nouns that tell this dialect from the other one under `/api/v2`.
pub const NOUNS: [&str; 6] = ["auth", "transaction", "invoice", "receipt", "order", "service"];

/// `Validate: Bearer <token>`, else `Authorization: Bearer <token>`.
pub fn credential(request: &Request) -> Option<Presented> {
    let header = request.header("validate").or_else(|| request.header("authorization"));
    bearer(header).map(Presented::Session)
}

/// `status` and `data`.
pub fn success(reply: Reply) -> (u16, Value) {
    let data = match reply.content {
        Content::One(value) | Content::Whole(value) => value,
        Content::File(file) => file.base64(),
        Content::Page(page) => Value::Array(page.rows),
        Content::Nothing => Value::Array(Vec::new()),
        Content::Faults(faults) => return failure(&Told::Invalid(faults)),
    };
    (reply.status, json!({"status": "Success", "data": data}))
}

/// The contract's error table; codes from 2007 on are ours.
pub fn failure(told: &Told) -> (u16, Value) {
    let (status, code, message): (u16, u32, String) = match told {
        Told::Malformed(why) => (400, 2007, format!("the body cannot be parsed: {why}")),
        Told::Invalid(violations) => {
            let (code, text) = violations.first().map_or((2001, "invalid request".into()), words);
            (400, code, text)
        }
        Told::TooLarge(most) => (413, 2008, format!("the body is larger than {most} bytes")),
        Told::NoRoute => (404, 1007, "no such endpoint".into()),
        Told::WrongVerb(_) => (405, 1005, "only POST is allowed".into()),
        Told::Unauthenticated(Stranger::Missing) => (401, 1001, "the Validate header must be Bearer <token>".into()),
        Told::Unauthenticated(Stranger::Unknown | Stranger::BadToken | Stranger::BadSignature) => {
            (401, 1002, "the token is not valid".into())
        }
        Told::Unauthenticated(Stranger::Expired) => (401, 1003, "the token has expired".into()),
        Told::Unauthenticated(Stranger::BadLogin) => (401, 1006, "wrong username or password".into()),
        Told::AddressRefused => (403, 1008, "the token may not be used from this address".into()),
        Told::AbilityMissing(ability) => (403, 1004, format!("the token lacks {ability}")),
        Told::TooMany(limit) => (429, 1009, format!("too many requests, try again in {} seconds", limit.retry_after)),
        Told::NotFound { entity, id } => (404, 2005, format!("{entity} {id} does not exist")),
        Told::Refused { text, .. } => (409, 2006, text.clone()),
        Told::KeyReused => (422, 2009, "the idempotency key was used before with another request".into()),
        Told::AnswerTooLarge(most) => {
            (400, 2010, format!("the answer would be larger than {most} bytes; ask for fewer records"))
        }
        Told::Busy(_) => (503, 9002, "too many writers at once, please try again".into()),
        Told::Resetting => (503, 9003, "the sandbox is being reset, please try again in a minute".into()),
        Told::Unavailable => (503, 9004, "temporarily unavailable, please try again".into()),
        Told::Unknown(asking) => (503, 9005, format!("the outcome is not known: {}", asking.how())),
        Told::NotBegun => (503, 9006, "no time was left for this, and nothing of it happened; send it again".into()),
        Told::Internal => (500, 9001, "internal error".into()),
    };
    (status, json!({"status": "Error", "error_code": code, "message": message}))
}

fn words(violation: &Violation) -> (u32, String) {
    let field = &violation.field;
    match &violation.rule {
        Rule::Required => (2004, format!("{field} is required")),
        Rule::Kind(Kind::Moment) => (2002, format!("{field} must be a valid date in dd/mm/yyyy format")),
        Rule::Kind(Kind::Text) => (2001, format!("{field} must be a string")),
        Rule::Kind(Kind::Integer) => (2001, format!("{field} must be an integer")),
        Rule::Kind(Kind::Decimal) => (2001, format!("{field} must be a number")),
        Rule::Kind(Kind::Flag) => (2001, format!("{field} must be 0 or 1")),
        Rule::Kind(Kind::List) => (2001, format!("{field} must be a list")),
        Rule::Kind(Kind::Object) => (2001, format!("{field} must be a map")),
        Rule::TooLong(most) => (2001, format!("{field} must not be longer than {most} characters")),
        Rule::TooShort(least) => (2001, format!("{field} must not be shorter than {least} characters")),
        Rule::TooMany(most) => (2001, format!("{field} must not have more than {most} entries")),
        Rule::TooFew(least) => (2001, format!("{field} must have at least {least} entries")),
        Rule::NotPositive => (2001, format!("{field} must be greater than 0")),
        Rule::Zero => (2001, format!("{field} must not be 0")),
        Rule::TooSmall(least) => (2001, format!("{field} must be at least {least}")),
        Rule::TooLarge(most) => (2001, format!("{field} must be at most {most}")),
        Rule::NotOneOf(known) => (2001, format!("{field} must be one of {}", known.join(", "))),
        Rule::PublicUrl => (2001, format!("{field} must be a public https address")),
        Rule::Email => (2001, format!("{field} must be an email address")),
        Rule::Zone => (2001, format!("{field} must be an Olson time zone")),
        Rule::Precision(places) => (2001, format!("{field} must not have more than {places} decimal places")),
        Rule::Missing { id, .. } => (2005, format!("{field} {id} does not exist")),
        Rule::Taken => (2001, format!("{field} is already in use")),
        Rule::Mismatch => (2001, format!("{field} differs from the path")),
        Rule::Contradicts => (2001, format!("{field} contradicts another parameter")),
        Rule::Reversed => (2003, format!("{field} must not be after enddate")),
        Rule::ReadOnly => (2001, format!("{field} cannot be changed")),
        Rule::Sentence(text) => (2001, text.clone()),
    }
}

/// `2019-12-04 10:26:15`: the operator's local time, without its zone.
pub fn date_time(at: Instant, zone: Zone) -> String {
    zone.local(at).format("%Y-%m-%d %H:%M:%S").to_string()
}
