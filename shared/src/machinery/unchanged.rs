//! Unchanged is unchanged: a client that read a record may send it back, and what it did not touch is no change.
//!
//! A `PUT` names what shall be different (contracts cloudonex §8, billmora §9: it is a partial update). Whatever stands
//! in it as the record shows it is left out, where the whole is sent back or where it is in the way: what is read-only,
//! what can be written no more, what is shown in another form than it is written in, or as if it were set. What differs is
//! refused by its name, as ever. So a row needs to say nothing of this, and a new kind of record has it from the beginning:
//! all that counts is that its path can be read.
//!
//! JeraSoft's `PATCH` has read-only keys that are 400 (contract jerasoft §4.7), and shows instants in the caller's zone.
//! There a date alone that is the day the caller read is no change; it would be the midnight of that day otherwise (§3).

use serde_json::{Map, Value};

use crate::machinery::operation::{Context, Done};
use crate::machinery::reader::Params;
use crate::machinery::reply::{Content, Reply};
use crate::machinery::request::LARGEST_BODY;
use crate::machinery::route::Row;
use crate::words::error::{Error, Result, Told};
use crate::words::money::parse_decimal;
use crate::words::time::{Date, Zone, parse_moment};

/// Run a row; `shows` is the row that reads the same record, where there is one.
pub(crate) async fn run(row: &Row, shows: Option<&Row>, cx: &Context, params: &Params) -> Result<Done<Reply>> {
    let Some(shows) = shows else { return row.run(cx, params).await };
    // Nobody finds out here what their credential does not let them read.
    if shows.admits(&cx.caller).is_err() {
        return within(row, cx, params).await;
    }
    if row.verb == "PATCH" {
        if !params.given.values().any(is_date) {
            return row.run(cx, params).await;
        }
        let Some((_, shown)) = look(shows, cx, params).await? else { return row.run(cx, params).await };
        // What is read-only is not read, and stays to be refused.
        let fields = row.describe();
        let read = |name: &str| fields.iter().any(|field| field.name == name);
        let left = without(params, |name, sent| read(name) && shown.get(name).is_some_and(|own| is_day_of(sent, own)));
        return row.run(cx, &left).await;
    }
    // Who names the record's id sends back the whole of it. A few fields are looked at only where they are refused.
    let whole = params.given.contains_key("id");
    let mut refused = None;
    if !whole {
        match within(row, cx, params).await {
            Err(error) if matches!(error.told, Told::Invalid(_) | Told::Refused { .. } | Told::TooLarge(_)) => {
                refused = Some(error);
            }
            done => return done,
        }
    }
    // The record's own id is in the path, and described as a parameter for JSON-RPC alone.
    let fields: Vec<_> = row.describe().into_iter().filter(|field| field.name != "id").collect();
    // What must be there stays.
    let needed = |name: &str| fields.iter().any(|field| field.required && field.name == name);
    if let Some((answer, shown)) = look(shows, cx, params).await? {
        let same = |name: &str, sent: &Value| shown.get(name).is_some_and(|own| is_same(sent, own));
        let left = without(params, |name, sent| !needed(name) && same(name, sent));
        let stays = |name: &str| left.given.get(name).is_none_or(|sent| same(name, sent));
        // Such as the status that Billmora's orders must be given: it brings something about when it is sent by itself.
        if whole && fields.iter().any(|field| field.required) && fields.iter().all(|field| stays(&field.name)) {
            return Ok(Done::read(answer));
        }
        if left.given.len() < params.given.len() {
            return within(row, cx, &left).await;
        }
    }
    match refused {
        Some(error) => Err(error),
        None => within(row, cx, params).await,
    }
}

/// Run a row, if what is left to change is no longer than it takes.
async fn within(row: &Row, cx: &Context, params: &Params) -> Result<Done<Reply>> {
    if row.largest_body < LARGEST_BODY && Value::Object(params.given.clone()).to_string().len() > row.largest_body {
        return Err(Error::told(Told::TooLarge(row.largest_body)));
    }
    row.run(cx, params).await
}

/// The record as it is shown; nothing where it is not.
async fn look(shows: &Row, cx: &Context, params: &Params) -> Result<Option<(Reply, Map<String, Value>)>> {
    // Over JSON-RPC the id is a parameter as others are.
    let id = params.given.get("id").filter(|_| params.path.is_empty());
    let given = id.map(|id| ("id".to_owned(), id.clone())).into_iter().collect();
    match shows.run(cx, &Params { path: params.path.clone(), given, describing: false }).await {
        Ok(done) => Ok(match &done.answer.content {
            Content::One(Value::Object(shown)) => Some((done.answer.clone(), shown.clone())),
            _ => None,
        }),
        Err(Error { told: Told::NotFound { .. } | Told::Invalid(_) | Told::Refused { .. }, .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

/// The parameters without those that are unchanged.
fn without(params: &Params, unchanged: impl Fn(&str, &Value) -> bool) -> Params {
    let own_id = |name: &str| name == "id" && params.path.is_empty();
    let changes = |(name, value): &(&String, &Value)| own_id(name) || !unchanged(name, value);
    Params { given: params.given.iter().filter(changes).map(owned).collect(), ..params.clone() }
}

fn owned((name, value): (&String, &Value)) -> (String, Value) {
    (name.clone(), value.clone())
}

/// Whether two values are the same to a client: numbers may have lost the zeros at their end, or come as text.
fn is_same(sent: &Value, shown: &Value) -> bool {
    match (sent, shown) {
        (Value::Array(sent), Value::Array(shown)) => {
            sent.len() == shown.len() && sent.iter().zip(shown).all(|(sent, shown)| is_same(sent, shown))
        }
        (Value::Object(sent), Value::Object(shown)) => have_same(sent, shown),
        (Value::Number(sent), Value::Number(shown)) => are_equal(&sent.to_string(), &shown.to_string()),
        (Value::Number(number), Value::String(text)) | (Value::String(text), Value::Number(number)) => {
            are_equal(text, &number.to_string())
        }
        _ => sent == shown,
    }
}

fn have_same(sent: &Map<String, Value>, shown: &Map<String, Value>) -> bool {
    sent.len() == shown.len()
        && sent.iter().all(|(name, value)| shown.get(name).is_some_and(|shown| is_same(value, shown)))
}

fn are_equal(one: &str, other: &str) -> bool {
    one == other || parse_decimal(one).is_some_and(|one| parse_decimal(other) == Some(one))
}

/// A date alone.
fn is_date(value: &Value) -> bool {
    value.as_str().is_some_and(|text| text.parse::<Date>().is_ok())
}

/// Whether a date alone is the day of an instant that is shown.
fn is_day_of(sent: &Value, shown: &Value) -> bool {
    let (Some(day), Some(shown)) = (sent.as_str().filter(|_| is_date(sent)), shown.as_str()) else { return false };
    let stamp = shown.len() == "2026-02-28 18:00:00-0800".len() && parse_moment(shown, Zone::UTC).is_some();
    stamp && shown.strip_prefix(day).is_some_and(|time| time.starts_with(' '))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn same(sent: &str, shown: &str) -> bool {
        is_same(&serde_json::from_str(sent).unwrap(), &serde_json::from_str(shown).unwrap())
    }

    #[test]
    fn what_a_client_sends_back_is_what_it_read() {
        for (sent, shown) in [
            ("100.0", "100.00"),
            ("\"100.00\"", "100.00"),
            ("5", "\"5.00\""),
            ("null", "null"),
            (r#"[{"qty": 1.0, "amount": -5}]"#, r#"[{"amount": -5.00, "qty": 1}]"#),
        ] {
            assert!(same(sent, shown), "{sent} {shown}");
        }
        for (sent, shown) in [
            ("100.01", "100.00"),
            ("\"007\"", "\"7\""),
            ("null", "\"\""),
            ("[1, 2]", "[2, 1]"),
            (r#"{"a": 1}"#, r#"{"a": 1, "b": 2}"#),
            ("true", "1"),
        ] {
            assert!(!same(sent, shown), "{sent} {shown}");
        }
    }

    #[test]
    fn a_date_is_the_day_that_was_read() {
        let day = |sent: &str, shown: &str| is_day_of(&sent.into(), &shown.into());
        assert!(day("2026-02-28", "2026-02-28 18:00:00-0800"));
        assert!(!day("2026-03-01", "2026-02-28 18:00:00-0800"));
        assert!(!day("2026-02-28 00:00:00", "2026-02-28 18:00:00-0800") && !day("2026-02-28", "2026-02-28"));
        assert!(!day("2026-02-28", "2026-02-28 they call us!"));
    }
}
