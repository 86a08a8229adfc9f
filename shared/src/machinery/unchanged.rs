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
        // What is read-only is not read, and stays to be refused.
        let fields = row.describe();
        let read = |name: &str| fields.iter().any(|field| field.name == name);
        let day = |name: &str, sent: &Value, shown: &Value| read(name) && is_day_of(sent, shown);
        let left = without(shows, cx, params, &day).await?;
        return row.run(cx, left.as_ref().unwrap_or(params)).await;
    }
    // Who names the record's id sends back the whole of it. A few fields are looked at only where they are refused.
    let mut done = None;
    if !params.given.contains_key("id") {
        match within(row, cx, params).await {
            Err(error) if matches!(error.told, Told::Invalid(_) | Told::Refused { .. } | Told::TooLarge(_)) => {
                done = Some(Err(error));
            }
            accepted => return accepted,
        }
    }
    // What must be there stays.
    let fields = row.describe();
    let needed = |name: &str| fields.iter().any(|field| field.required && field.name == name);
    let same = |name: &str, sent: &Value, shown: &Value| !needed(name) && is_same(sent, shown);
    match (without(shows, cx, params, &same).await?, done) {
        (Some(left), _) => within(row, cx, &left).await,
        (None, Some(refused)) => refused,
        (None, None) => within(row, cx, params).await,
    }
}

/// Run a row, if what is left to change is no longer than it takes.
async fn within(row: &Row, cx: &Context, params: &Params) -> Result<Done<Reply>> {
    if row.largest_body < LARGEST_BODY && Value::Object(params.given.clone()).to_string().len() > row.largest_body {
        return Err(Error::told(Told::TooLarge(row.largest_body)));
    }
    row.run(cx, params).await
}

/// Whether a parameter is as the record shows it: its name, its value, and what is shown under that name.
type Unchanged<'a> = &'a (dyn Fn(&str, &Value, &Value) -> bool + Sync);

/// The parameters without those that are as the record shows them; nothing where there are none.
async fn without(shows: &Row, cx: &Context, params: &Params, unchanged: Unchanged<'_>) -> Result<Option<Params>> {
    let id = params.given.get("id").filter(|_| params.path.is_empty());
    let own = id.map(|id| ("id".to_owned(), id.clone()));
    let asked = Params { path: params.path.clone(), given: own.into_iter().collect(), describing: false };
    let shown = match shows.run(cx, &asked).await {
        Ok(done) => match done.answer.content {
            Content::One(Value::Object(shown)) => shown,
            _ => return Ok(None),
        },
        Err(Error { told: Told::NotFound { .. } | Told::Invalid(_) | Told::Refused { .. }, .. }) => return Ok(None),
        Err(error) => return Err(error),
    };
    let changes = |(name, value): &(&String, &Value)| {
        asked.given.contains_key(*name) || !shown.get(*name).is_some_and(|own| unchanged(name, value, own))
    };
    let given: Map<String, Value> = params.given.iter().filter(changes).map(owned).collect();
    Ok((given.len() < params.given.len()).then(|| Params { given, ..params.clone() }))
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
