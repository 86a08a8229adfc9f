//! JSON values as plain ones, as leniently as the dialects' clients need.

use std::sync::OnceLock;

use serde_json::{Map, Value};

use super::LONGEST_LIST;
use crate::words::error::{Kind, Rule};
use crate::words::money::{Decimal, parse_decimal};

pub(super) fn empty() -> &'static Map<String, Value> {
    static EMPTY: OnceLock<Map<String, Value>> = OnceLock::new();
    EMPTY.get_or_init(Map::new)
}

pub(super) fn scalar_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

pub(super) fn integer(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => number.to_string().parse().ok(),
        Value::String(text) => text.trim().parse().ok(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

pub(super) fn decimal(value: &Value) -> Option<Decimal> {
    match value {
        Value::Number(number) => parse_decimal(&number.to_string()),
        Value::String(text) => parse_decimal(text),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

/// The entries of a list, of a text with commas, or of a single value.
pub(super) fn entries(value: &Value) -> Result<Vec<Value>, Rule> {
    let list = match value {
        Value::Array(list) => list.clone(),
        Value::String(text) if text.contains(',') => {
            text.split(',').map(|part| Value::String(part.trim().to_owned())).collect()
        }
        Value::Object(_) => return Err(Rule::Kind(Kind::List)),
        one => vec![one.clone()],
    };
    if list.len() > LONGEST_LIST { Err(Rule::TooMany(LONGEST_LIST)) } else { Ok(list) }
}

/// Whether a text has the shape of an address: one `@`, something before it, a dotted or single host after
/// it, no blanks or control characters, at most 254 bytes (RFC 5321). Whether it exists, only a mail can tell.
pub fn is_email(text: &str) -> bool {
    let Some((local, host)) = text.rsplit_once('@') else {
        return false;
    };
    let letter = |c: char| !c.is_whitespace() && !c.is_control();
    let host_letter = |c: char| c.is_alphanumeric() || c == '-';
    let labels = host.split('.').all(|label| {
        !label.is_empty() && label.chars().all(host_letter) && !label.starts_with('-') && !label.ends_with('-')
    });
    let local_good =
        !local.is_empty() && local.len() <= 64 && local.chars().all(|c| letter(c) && !"@,;:<>()[]\\\"".contains(c));
    text.len() <= 254
        && labels
        && local_good
        && !local.starts_with('.')
        && !local.ends_with('.')
        && !local.contains("..")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        for good in ["a@b.example", "first.last+tag@sub.example.com", "ü@exämple.de", "o'neil@x.co", "admin@localhost"]
        {
            assert!(is_email(good), "{good}");
        }
        for bad in
            ["", "a", "a@", "@b", "a@b..c", "a b@c.d", "a@b@c", "a@-b.c", "a.@b.c", "a@b.c\n", "<a@b.c>", "a..b@c.d"]
        {
            assert!(!is_email(bad), "{bad}");
        }
    }
}
