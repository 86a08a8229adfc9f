//! CloudOnex Business Suite: `{"success", "data", "meta", "message"}`.

use serde_json::{Map, Value, json};

use crate::machinery::credential::OF_A_PERSON;
use crate::machinery::dialect::{Presented, bearer};
use crate::machinery::reader::Reader;
use crate::machinery::reply::{Content, Reply};
use crate::machinery::request::Request;
use crate::words::error::{Kind, Rule, Stranger, Told, Violation};
use crate::words::limit::Limit;
use crate::words::page::Window;
use crate::words::pattern::Pattern;
use crate::words::text::spoken;
use crate::words::time::Date;

/// Its nouns that are no plurals; the last three are the older dialect's (contract cloudonex §8.3, §12).
pub const SINGULAR_NOUNS: [&str; 7] = ["batch", "billing", "clock", "numbering", "customer", "user", "income"];

/// `Authorization: Bearer <key>`, which wins, or `?api_key=<key>`. The token of a person's session may stand in the
/// header only: an address is kept in too many places.
pub fn credential(request: &Request) -> Option<Presented> {
    if let Some(token) = bearer(request.header("authorization")) {
        let persons = token.starts_with(OF_A_PERSON);
        return Some(if persons { Presented::Session(token) } else { Presented::Key(token) });
    }
    let sent = request.query.iter().find(|(name, _)| name == "api_key");
    sent.map(|(_, key)| key.trim().to_owned()).filter(|key| !key.is_empty()).map(Presented::Key)
}

/// The envelope, with page numbers on lists.
pub fn success(reply: Reply) -> (u16, Value) {
    let mut body = Map::from_iter([("success".into(), Value::Bool(true))]);
    let meta = match reply.content {
        Content::One(value) => {
            body.insert("data".into(), value);
            reply.meta
        }
        Content::Whole(value) => return (reply.status, value),
        Content::File(file) => return (reply.status, file.base64()),
        Content::Nothing => {
            body.insert("data".into(), Value::Null);
            reply.meta
        }
        Content::Page(page) => {
            let meta = json!({
                "current_page": page.window.page_number(),
                "total_pages": page.total.div_ceil(page.window.limit.max(1)),
                "total_records": page.total,
            });
            body.insert("data".into(), Value::Array(page.rows));
            Some(meta)
        }
        Content::Faults(faults) => return (reply.status, failure(&Told::Invalid(faults)).1),
    };
    body.extend(meta.map(|meta| ("meta".to_owned(), meta)));
    body.extend(reply.message.map(|message| ("message".to_owned(), Value::String(message))));
    (reply.status, Value::Object(body))
}

/// The envelope of an error; `errors` only where fields are to blame.
pub fn failure(told: &Told) -> (u16, Value) {
    let (status, code, message): (u16, &str, String) = match told {
        Told::Malformed(why) => (400, "REQ_001", format!("Bad request: {why}")),
        Told::Invalid(violations) if violations.iter().all(|v| v.rule == Rule::Taken) => {
            (409, "RES_002", "Resource conflict".into())
        }
        Told::Invalid(violations) if violations.iter().all(|v| PAGING.contains(&v.field.as_str())) => {
            (400, "REQ_001", "Bad request".into())
        }
        Told::Invalid(_) => (422, "VAL_001", "Validation failed".into()),
        Told::TooLarge(most) => (413, "REQ_003", format!("The body is larger than {most} bytes")),
        Told::NoRoute | Told::NotFound { .. } => (404, "RES_001", "Resource not found".into()),
        Told::WrongVerb(_) => (405, "REQ_002", "Method not allowed".into()),
        Told::Unauthenticated(Stranger::BadSignature) => (401, "AUTH_003", "Invalid request signature".into()),
        Told::Unauthenticated(_) => (401, "AUTH_001", "Invalid API key or unauthorized access".into()),
        Told::AddressRefused | Told::AbilityMissing(_) => (403, "AUTH_002", "Insufficient permissions".into()),
        Told::TooMany(_) => (429, "RATE_001", "Rate limit exceeded".into()),
        Told::Refused { text, .. } => (409, "RES_002", text.clone()),
        Told::KeyReused => (422, "REQ_004", "The idempotency key was used before with another request".into()),
        Told::AnswerTooLarge(most) => {
            (400, "REQ_005", format!("The answer would be larger than {most} bytes; lower the limit"))
        }
        Told::Busy(_) => (503, "SRV_002", "Too many writers at once, please try again".into()),
        Told::Resetting => (503, "SRV_003", "The sandbox is being reset, please try again in a minute".into()),
        Told::Unavailable => (503, "SRV_004", "Temporarily unavailable, please try again".into()),
        Told::Unknown(asking) => (503, "SRV_005", format!("The outcome is not known: {}", asking.how())),
        Told::NotBegun => {
            (503, "SRV_006", "No time was left for this, and nothing of it happened; send it again".into())
        }
        Told::Internal => (500, "SRV_001", "Internal server error".into()),
    };
    let mut body = Map::from_iter([("success".into(), Value::Bool(false))]);
    if let Told::Invalid(violations) = told {
        body.insert("errors".into(), errors(violations));
    }
    body.extend([("message".to_owned(), Value::String(message)), ("error_code".to_owned(), code.into())]);
    (status, Value::Object(body))
}

/// The query values whose faults are bad requests; every other field's are validation errors.
const PAGING: [&str; 2] = ["page", "limit"];

/// Field names to one sentence each.
pub fn errors(violations: &[Violation]) -> Value {
    let mut errors = Map::new();
    for violation in violations {
        errors.entry(violation.field.clone()).or_insert_with(|| Value::String(words(violation)));
    }
    Value::Object(errors)
}

/// The limit of the key, on every answer.
pub fn headers(limit: Option<Limit>) -> Vec<(&'static str, String)> {
    limit.map_or_else(Vec::new, |limit| {
        vec![
            ("x-ratelimit-limit", limit.size.to_string()),
            ("x-ratelimit-remaining", limit.remaining.to_string()),
            ("x-ratelimit-reset", limit.reset.to_string()),
        ]
    })
}

/// `customers.0.zip_code` as a person reads it: `Zip code`; an entry of a list goes by the list's name.
fn name(field: &str) -> String {
    let is_place = |part: &&str| part.bytes().all(|b| b.is_ascii_digit());
    spoken(field.rsplit('.').find(|part| !is_place(part)).unwrap_or(field))
}

fn words(violation: &Violation) -> String {
    let name = name(&violation.field);
    match &violation.rule {
        Rule::Required => format!("{name} is required"),
        Rule::Kind(Kind::Text) => format!("{name} must be a string"),
        Rule::Kind(Kind::Integer) => format!("{name} must be a whole number"),
        Rule::Kind(Kind::Decimal) => format!("{name} must be a number"),
        Rule::Kind(Kind::Flag) => format!("{name} must be true or false"),
        Rule::Kind(Kind::Moment) => format!("{name} must be a date"),
        Rule::Kind(Kind::List) => format!("{name} must be a list"),
        Rule::Kind(Kind::Object) => format!("{name} must be an object"),
        Rule::TooLong(most) => format!("{name} must not be longer than {most} characters"),
        Rule::TooShort(least) => format!("{name} must have at least {least} characters"),
        Rule::TooMany(most) => format!("{name} must not have more than {most} entries"),
        Rule::TooFew(least) => format!("{name} must have at least {least} entries"),
        Rule::NotPositive => format!("{name} must be greater than 0"),
        Rule::Zero => format!("{name} must not be 0"),
        Rule::TooSmall(least) => format!("{name} must be at least {least}"),
        Rule::TooLarge(most) => format!("{name} must be at most {most}"),
        Rule::NotOneOf(known) => format!("{name} must be one of {}", known.join(", ")),
        Rule::PublicUrl => "Must be an https address that can be reached from everywhere".into(),
        Rule::Email => "Invalid email format".into(),
        Rule::Zone => format!("{name} is not a known time zone"),
        Rule::Precision(places) => format!("{name} must not have more than {places} decimal places"),
        Rule::Missing { id, .. } => format!("{name} {id} does not exist"),
        Rule::Taken => format!("{name} is already in use"),
        Rule::Mismatch => format!("{name} differs from the path"),
        Rule::Contradicts => format!("{name} contradicts another field"),
        Rule::Reversed => format!("{name} ends before it begins"),
        Rule::ReadOnly => format!("{name} cannot be changed"),
        Rule::Sentence(text) => text.clone(),
    }
}

/// `date_from` and `date_to`: the first and the last day of a range.
pub fn days(r: &mut Reader<'_>) -> (Option<Date>, Option<Date>) {
    let (from, to) = (r.filter_date("date_from").optional(), r.filter_date("date_to").optional());
    if from.zip(to).is_some_and(|(from, to)| from > to) {
        r.violate("date_to", Rule::Reversed);
    }
    (from, to)
}

/// `search`: a quick search, without wildcards; an empty text searches for nothing.
pub fn search(r: &mut Reader<'_>) -> Option<Pattern> {
    r.text("search").optional().filter(|text| !text.is_empty()).map(|text| Pattern::plain(&text))
}

/// The most records of a list of the older dialect, which has no pages.
const MOST_OF_LEGACY: i64 = 10_000;

/// The window of a list: `page` (from 1) and `limit` (20 unless given, at most 100).
pub fn window(r: &mut Reader<'_>, newest_first: bool) -> Window {
    let page = r.integer("page").within(1, i64::MAX).optional().unwrap_or(1);
    // The older clients drop what they are asked to put into a query, and expect everything.
    let all = if r.is_legacy() { MOST_OF_LEGACY } else { 20 };
    let limit = r.integer("limit").within(1, 100).optional().unwrap_or(all);
    let count = |n: i64| u64::try_from(n).unwrap_or(1);
    Window::of_page(count(page), count(limit), newest_first)
}
