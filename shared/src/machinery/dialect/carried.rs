//! What one dialect knows and nothing here acts upon: read by its kind, kept as JSON text, shown back.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::machinery::dialect::number;
use crate::machinery::reader::Reader;
use crate::machinery::reply::View;
use crate::words::error::Rule;
use crate::words::patch::Patch;
use crate::words::time::{Zone, parse_moment, utc_seconds};

/// How a carried attribute is read and written.
#[derive(Clone, Copy)]
pub enum Carried {
    /// The id of something.
    Id,
    /// A whole number from 0.
    Count,
    /// A whole number.
    Whole,
    /// A decimal number.
    Decimal,
    /// True or false.
    Flag,
    /// One of a few words.
    Word(&'static [(&'static str, &'static str)]),
    /// A list of texts.
    Words,
    /// A text.
    Text,
    /// An instant, shown in the zone of the request.
    Moment,
    /// An ISO 8601 duration.
    Duration,
    /// A list of whatever was sent.
    List,
    /// An object of whatever was sent.
    Object,
}

/// A carried attribute: its name, its kind, and the JSON that shows while it is unset.
pub type Attribute = (&'static str, Carried, &'static str);

/// The attributes that a request mentions, as JSON text.
pub fn read(r: &mut Reader<'_>, attributes: &[Attribute]) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for (name, kind, unset) in attributes {
        if let Some(json) = read_one(r, name, *kind, unset) {
            found.insert((*name).to_owned(), json);
        }
    }
    found
}

/// The attributes as they are shown, each in its place.
pub fn write(view: View, attributes: &[Attribute], carried: &BTreeMap<String, String>) -> Map<String, Value> {
    let one = |(name, kind, unset): &Attribute| {
        let json = carried.get(*name).map_or(*unset, String::as_str);
        ((*name).to_owned(), write_one(view, *kind, json))
    };
    attributes.iter().map(one).collect()
}

/// A carried attribute as JSON text; `None` when it is not mentioned.
fn read_one(r: &mut Reader<'_>, name: &str, kind: Carried, unset: &str) -> Option<String> {
    fn text<T>(patch: Patch<T>, unset: &str, json: impl FnOnce(T) -> Value) -> Option<String> {
        match patch {
            Patch::Keep => None,
            Patch::Clear => Some(unset.to_owned()),
            Patch::Set(value) => Some(json(value).to_string()),
        }
    }
    let kept = |text: String| serde_json::from_str(&text).unwrap_or(Value::Null);
    let most = i64::from(i32::MAX);
    match kind {
        Carried::Id => text(r.id(name).patch(), unset, Value::from),
        Carried::Count => text(r.integer(name).within(0, most).patch(), unset, Value::from),
        Carried::Whole => text(r.integer(name).within(-most, most).patch(), unset, Value::from),
        Carried::Decimal => text(r.decimal(name).patch(), unset, number),
        Carried::Flag => text(r.flag(name).patch(), unset, Value::from),
        Carried::Word(words) => text(r.choice(name, words).patch(), unset, Value::from),
        Carried::Words => text(r.texts(name).patch(), unset, Value::from),
        Carried::Text => text(r.text(name).patch(), unset, Value::from),
        Carried::Moment => text(r.moment(name).patch(), unset, |at| Value::from(utc_seconds(at))),
        Carried::Duration => {
            let wrong = Rule::NotOneOf(vec!["an ISO 8601 duration".to_owned()]);
            text(r.text(name).bound(wrong, |text| is_duration(text)).patch(), unset, Value::from)
        }
        Carried::List => text(r.list(name).patch(), unset, kept),
        Carried::Object => text(r.record(name).patch(), unset, kept),
    }
}

fn write_one(view: View, kind: Carried, json: &str) -> Value {
    let value: Value = serde_json::from_str(json).unwrap_or(Value::Null);
    match (kind, value.as_str().and_then(|text| parse_moment(text, Zone::UTC))) {
        (Carried::Moment, Some(at)) => view.zone.stamp(at).into(),
        _ => value,
    }
}

/// Whether a text is an ISO 8601 duration: `P`, numbers with `Y`, `M`, `W`, `D`, and after a `T` with `H`, `M`, `S`.
pub fn is_duration(text: &str) -> bool {
    let Some(rest) = text.strip_prefix('P') else { return false };
    let (date, time) = rest.split_once('T').map_or((rest, None), |(date, time)| (date, Some(time)));
    parts_fit(date, "YMWD") && time.is_none_or(|time| !time.is_empty() && parts_fit(time, "HMS")) && !rest.is_empty()
}

/// Whether a text is numbers, each with one of these letters, in this order.
fn parts_fit(text: &str, letters: &str) -> bool {
    let mut left = letters;
    let mut digits = 0;
    for letter in text.chars() {
        if letter.is_ascii_digit() {
            digits += 1;
            continue;
        }
        let Some((_, after)) = left.split_once(letter) else { return false };
        if digits == 0 || digits > 6 {
            return false;
        }
        (left, digits) = (after, 0);
    }
    digits == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        for good in ["P1M", "PT1H", "P1Y2M3DT4H5M6S", "P2W", "P0D"] {
            assert!(is_duration(good), "{good}");
        }
        for bad in ["", "P", "PT", "1M", "P1", "PM", "P1H", "PT1D", "P1D1M", "P1MT", "P-1M", "P1.5M", "p1m"] {
            assert!(!is_duration(bad), "{bad}");
        }
    }
}
