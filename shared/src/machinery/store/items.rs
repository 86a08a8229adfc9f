//! Items and their attributes, as plain values.

use aws_sdk_dynamodb::types::AttributeValue;
use serde::de::DeserializeOwned;
use serde_dynamo::aws_sdk_dynamodb_1::from_item;

use crate::machinery::keys::Key;
use crate::words::error::{Error, Result};

/// An item's attributes.
#[allow(clippy::disallowed_types, reason = "the SDK's own type")]
pub type Item = std::collections::HashMap<String, AttributeValue>;

/// A number attribute; a missing one counts as 0.
pub fn number(item: &Item, attribute: &str) -> u64 {
    item.get(attribute).and_then(|value| value.as_n().ok()).and_then(|n| n.parse().ok()).unwrap_or(0)
}

/// A number attribute of an item that may be missing.
pub fn number_of(item: Option<&Item>, attribute: &str) -> u64 {
    item.map_or(0, |item| number(item, attribute))
}

/// All number attributes whose names begin with `prefix`, with the number that follows it.
pub fn numbers(item: Option<&Item>, prefix: &str) -> Vec<(u64, u64)> {
    let mut found: Vec<(u64, u64)> = item
        .into_iter()
        .flatten()
        .filter_map(|(name, value)| Some((name.strip_prefix(prefix)?.parse().ok()?, value.as_n().ok()?.parse().ok()?)))
        .collect();
    found.sort_unstable();
    found
}

/// All number attributes, which may be negative, by name; one beyond 64 bits is the last that fits.
pub fn sums(item: Option<&Item>) -> std::collections::BTreeMap<String, i64> {
    let one = |(name, value): (&String, &AttributeValue)| {
        let sum: i128 = value.as_n().ok()?.parse().ok()?;
        Some((name.clone(), i64::try_from(sum).unwrap_or(if sum < 0 { i64::MIN } else { i64::MAX })))
    };
    item.into_iter().flatten().filter_map(one).collect()
}

/// A set of numbers, ascending; a missing one is empty.
pub fn number_set(item: Option<&Item>, attribute: &str) -> Vec<u64> {
    let set = item.and_then(|item| item.get(attribute)).and_then(|value| value.as_ns().ok());
    let mut set: Vec<u64> = set.into_iter().flatten().filter_map(|n| n.parse().ok()).collect();
    set.sort_unstable();
    set
}

/// A text attribute.
pub fn text_of<'a>(item: &'a Item, attribute: &str) -> Option<&'a str> {
    item.get(attribute).and_then(|value| value.as_s().ok()).map(String::as_str)
}

/// An item as its record.
pub fn record<T: DeserializeOwned>(item: Item) -> Result<T> {
    let place = key_of(&item)?;
    from_item(item).map_err(|e| Error::internal(format!("the item at {place} cannot be read: {e}")))
}

pub(super) fn text(value: &str) -> AttributeValue {
    AttributeValue::S(value.to_owned())
}

pub(super) fn key_item(key: &Key) -> Item {
    Item::from([("PK".into(), text(&key.pk)), ("SK".into(), text(&key.sk))])
}

pub(super) fn key_of(item: &Item) -> Result<Key> {
    let part = |name| item.get(name).and_then(|value: &AttributeValue| value.as_s().ok()).cloned();
    match (part("PK"), part("SK")) {
        (Some(pk), Some(sk)) => Ok(Key { pk, sk }),
        _ => Err(Error::internal("an item came back without its key")),
    }
}
