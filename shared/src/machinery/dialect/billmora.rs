//! Billmora: `{"data"}`, Laravel's paginator, `{"message", "errors"}`.

use serde_json::{Map, Value, json};

use crate::machinery::dialect::{Facts, Presented, bearer};
use crate::machinery::reader::Reader;
use crate::machinery::reply::{Content, Reply};
use crate::machinery::request::Request;
use crate::words::error::{Kind, Rule, Told, Violation};
use crate::words::limit::Limit;
use crate::words::page::{Page, Window};

/// `Authorization: Bearer <id>|<secret>`; without a bar the whole value is the secret.
pub fn credential(request: &Request) -> Option<Presented> {
    let value = bearer(request.header("authorization"))?;
    match value.split_once('|') {
        None => Some(Presented::Token(None, value)),
        Some((id, secret)) => {
            let digits = !id.is_empty() && id.bytes().all(|b| b.is_ascii_digit());
            let id = id.parse().ok().filter(|_| digits && !secret.is_empty())?;
            Some(Presented::Token(Some(id), secret.to_owned()))
        }
    }
}

/// `data`, or the paginator, or a sentence.
pub fn success(reply: Reply, facts: &Facts) -> (u16, Value) {
    let body = match reply.content {
        Content::One(value) => json!({"data": value}),
        Content::Whole(value) => value,
        Content::File(file) => file.base64(),
        Content::Nothing => json!({"message": reply.message}),
        Content::Page(page) => paginator(page, &facts.url),
        Content::Faults(faults) => return failure(&Told::Invalid(faults), facts),
    };
    (reply.status, body)
}

/// A sentence, and each field's sentences where fields are to blame.
pub fn failure(told: &Told, facts: &Facts) -> (u16, Value) {
    let (status, message): (u16, String) = match told {
        Told::Refused { rule: "domain_check", text } => return (422, json!({"success": false, "message": text})),
        // Laravel reads a broken body as an empty one. On an update that would answer 200 and change nothing,
        // so the status of the original is kept (422 on a create) and the fault is named.
        Told::Malformed(why) => {
            let text = format!("The request body cannot be read: {why}.");
            return (422, json!({"message": text, "errors": {"body": [text]}}));
        }
        Told::Invalid(violations) => return (422, invalid(violations)),
        Told::TooLarge(most) => (413, format!("The request body is larger than {most} bytes.")),
        Told::NoRoute => (404, format!("The route {} could not be found.", facts.path)),
        Told::WrongVerb(allowed) => {
            let (verb, path, allowed) = (&facts.verb, &facts.path, allowed.join(", "));
            (405, format!("The {verb} method is not supported for route {path}. Supported methods: {allowed}."))
        }
        Told::Unauthenticated(_) => (401, "Unauthenticated.".into()),
        Told::AddressRefused => (403, "Your IP address is not allowed to use this token.".into()),
        Told::AbilityMissing(ability) => (403, format!("This token does not have the required permission: {ability}")),
        Told::TooMany(_) => (429, "Too many requests. Please try again later.".into()),
        Told::NotFound { entity, id } => {
            (404, format!("No query results for model [App\\Models\\{}] {id}", model(entity)))
        }
        // What something else needs is not deleted (contract §13, defect D14).
        Told::Refused { rule: "in_use", text } => (409, text.clone()),
        Told::Refused { text, .. } => (422, text.clone()),
        Told::KeyReused => (422, "The idempotency key was used before with another request.".into()),
        Told::AnswerTooLarge(most) => (422, format!("The answer would be larger than {most} bytes; lower per_page.")),
        Told::Busy(_) => (503, "Too many writers at once. Please try again.".into()),
        Told::Resetting => (503, "The sandbox is being reset. Please try again in a minute.".into()),
        Told::Unavailable => (503, "Service temporarily unavailable. Please try again.".into()),
        Told::Unknown(asking) => (503, format!("The outcome is not known: {}.", asking.how())),
        Told::NotBegun => (503, "No time was left for this, and nothing of it happened. Please send it again.".into()),
        Told::Internal => (500, "Server Error".into()),
    };
    (status, json!({"message": message}))
}

/// The limit of the token, on every answer that was counted, and leave for browsers of other origins.
pub fn headers(limit: Option<Limit>) -> Vec<(&'static str, String)> {
    let mut headers = vec![("access-control-allow-origin", "*".to_owned())];
    if let Some(limit) = limit {
        headers.push(("x-ratelimit-limit", limit.size.to_string()));
        headers.push(("x-ratelimit-remaining", limit.remaining.to_string()));
    }
    headers
}

/// The window of a list, newest first: `page` and `per_page`. Neither is ever wrong: what is no positive
/// number counts as 1 and as 15 (contract §6.1, defect D3), and a fraction is cut.
pub fn window(r: &mut Reader<'_>) -> Window {
    let whole = |text: Option<String>| {
        let text = text?;
        let whole = text.trim().split('.').next()?.parse::<u64>().ok()?;
        (whole > 0).then_some(whole)
    };
    let page = whole(r.loose("page")).unwrap_or(1);
    let size = whole(r.loose("per_page")).unwrap_or(15);
    Window::of_page(page, size, true)
}

/// A filter's value: what is empty or `0` filters nothing.
pub fn filter(r: &mut Reader<'_>, name: &str) -> Option<String> {
    r.loose(name).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty() && text != "0")
}

fn model(entity: &str) -> &str {
    match entity {
        "customer" => "User",
        "invoice" => "Invoice",
        "order" => "Order",
        "product" => "Package",
        "catalog" => "Catalog",
        "variant" => "Variant",
        "tld" => "Tld",
        "service" => "Service",
        "registrant" => "Registrant",
        "ticket" => "Ticket",
        "plugin" => "Plugin",
        other => other,
    }
}

fn invalid(violations: &[Violation]) -> Value {
    let mut errors: Map<String, Value> = Map::new();
    for violation in violations {
        if let Value::Array(said) = errors.entry(violation.field.clone()).or_insert_with(|| json!([])) {
            said.push(Value::String(words(violation)));
        }
    }
    let first = violations.first().map(words).unwrap_or_default();
    let summary = match violations.len().saturating_sub(1) {
        0 => first,
        1 => format!("{first} (and 1 more error)"),
        more => format!("{first} (and {more} more errors)"),
    };
    json!({"message": summary, "errors": errors})
}

fn words(violation: &Violation) -> String {
    let dotted = violation.field.contains('.');
    let f = if dotted { violation.field.clone() } else { violation.field.replace('_', " ").trim().to_owned() };
    match &violation.rule {
        Rule::Required => format!("The {f} field is required."),
        Rule::Kind(Kind::Text) => format!("The {f} field must be a string."),
        Rule::Kind(Kind::Integer) => format!("The {f} field must be an integer."),
        Rule::Kind(Kind::Decimal) => format!("The {f} field must be a number."),
        Rule::Kind(Kind::Flag) => format!("The {f} field must be true or false."),
        Rule::Kind(Kind::Moment) => format!("The {f} field must be a valid date."),
        Rule::Kind(Kind::List | Kind::Object) => format!("The {f} field must be an array."),
        Rule::TooLong(most) => format!("The {f} field must not be greater than {most} characters."),
        Rule::TooShort(least) => format!("The {f} field must be at least {least} characters."),
        Rule::TooMany(most) => format!("The {f} field must not have more than {most} items."),
        Rule::TooFew(least) => format!("The {f} field must have at least {least} items."),
        Rule::NotPositive => format!("The {f} field must be greater than 0."),
        Rule::Zero => format!("The {f} field must not be 0."),
        Rule::TooSmall(least) => format!("The {f} field must be at least {least}."),
        Rule::TooLarge(most) => format!("The {f} field must not be greater than {most}."),
        Rule::NotOneOf(_) | Rule::Missing { .. } => format!("The selected {f} is invalid."),
        Rule::PublicUrl => format!("The {f} field must be a public https address."),
        Rule::Email => format!("The {f} field must be a valid email address."),
        Rule::Zone => format!("The {f} field must be a valid timezone."),
        Rule::Precision(places) => format!("The {f} field must have 0-{places} decimal places."),
        Rule::Taken => format!("The {f} has already been taken."),
        Rule::Mismatch => format!("The {f} field must match the path."),
        Rule::Contradicts => format!("The {f} field contradicts another field."),
        Rule::Reversed => format!("The {f} field must end after it begins."),
        Rule::ReadOnly => format!("The {f} field is prohibited."),
        Rule::Sentence(text) => text.clone(),
    }
}

fn paginator(page: Page<Value>, url: &str) -> Value {
    let (size, current) = (page.window.limit.max(1), page.window.page_number());
    let last = page.total.div_ceil(size).max(1);
    let shown = page.rows.len() as u64;
    let address = |number: u64| format!("{url}?page={number}");
    let from = (shown > 0).then_some(page.window.offset + 1);
    let to = (shown > 0).then_some(page.window.offset + shown);
    let previous = (current > 1).then(|| current - 1);
    let next = (current < last).then(|| current + 1);
    let link = |number: Option<u64>, label: String, active: bool| json!({"url": number.map(address), "label": label, "page": number, "active": active});
    let mut links = vec![link(previous, "&laquo; Previous".into(), false)];
    for slot in slider(current, last) {
        links.push(match slot {
            Some(number) => link(Some(number), number.to_string(), number == current),
            None => json!({"url": null, "label": "...", "active": false}),
        });
    }
    links.push(link(next, "Next &raquo;".into(), false));
    json!({
        "data": page.rows,
        "links": {"first": address(1), "last": address(last), "prev": previous.map(address), "next": next.map(address)},
        "meta": {
            "current_page": current, "from": from, "last_page": last, "links": links,
            "path": url, "per_page": size, "to": to, "total": page.total,
        },
    })
}

/// The page numbers shown, with `None` for a gap (contract §6.3).
fn slider(current: u64, last: u64) -> Vec<Option<u64>> {
    let run = |from: u64, to: u64| (from..=to).map(Some);
    if last < 14 {
        run(1, last).collect()
    } else if current <= 7 {
        run(1, 10).chain([None]).chain(run(last - 1, last)).collect()
    } else if current > last - 7 {
        run(1, 2).chain([None]).chain(run(last - 9, last)).collect()
    } else {
        run(1, 2).chain([None]).chain(run(current - 3, current + 3)).chain([None]).chain(run(last - 1, last)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_slider_shows_what_the_contract_says() {
        let show = |current, last| {
            slider(current, last)
                .iter()
                .map(|slot| slot.map_or("…".into(), |n| n.to_string()))
                .collect::<Vec<_>>()
                .join(" ")
        };
        assert_eq!(show(1, 1), "1");
        assert_eq!(show(5, 13), "1 2 3 4 5 6 7 8 9 10 11 12 13");
        assert_eq!(show(7, 14), "1 2 3 4 5 6 7 8 9 10 … 13 14");
        assert_eq!(show(8, 14), "1 2 … 5 6 7 8 9 10 11 12 13 14");
        assert_eq!(show(20, 40), "1 2 … 17 18 19 20 21 22 23 … 39 40");
        assert_eq!(show(34, 40), "1 2 … 31 32 33 34 35 36 37 38 39 40");
        assert_eq!(show(90, 40), "1 2 … 31 32 33 34 35 36 37 38 39 40");
    }
}
