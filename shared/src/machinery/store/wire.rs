//! Items as text and back, types kept: DynamoDB's own JSON (`{"S": "x"}`, `{"N": "1"}`), with every map's names
//! and every set's members in order, so that one item has one text.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use super::items::{Item, key_item, key_of};
use super::seal::SEAL;
use crate::machinery::keys::Key;
use crate::words::error::{Error, Result};

/// The key of an item that was read.
///
/// # Errors
///
/// When it has none.
pub fn key(item: &Item) -> Result<Key> {
    key_of(item)
}

/// An item without its key and its seal, as JSON: whoever writes it again seals it again.
///
/// # Errors
///
/// When an attribute is of a type that is not known here.
pub fn to_json(item: &Item) -> Result<Value> {
    let own = item.iter().filter(|(name, _)| !["PK", "SK", SEAL].contains(&name.as_str()));
    map(own)
}

fn map<'i>(attributes: impl Iterator<Item = (&'i String, &'i AttributeValue)>) -> Result<Value> {
    let sorted: BTreeMap<&String, &AttributeValue> = attributes.collect();
    let one = |(name, value): (&String, &AttributeValue)| Ok((name.clone(), value_to_json(value)?));
    Ok(Value::Object(sorted.into_iter().map(one).collect::<Result<Map<_, _>>>()?))
}

fn value_to_json(value: &AttributeValue) -> Result<Value> {
    let sorted = |members: &[String]| {
        let mut members = members.to_vec();
        members.sort_by(|one, other| one.len().cmp(&other.len()).then_with(|| one.cmp(other)));
        members
    };
    Ok(match value {
        AttributeValue::S(text) => json!({"S": text}),
        AttributeValue::N(number) => json!({"N": number}),
        AttributeValue::Bool(flag) => json!({"BOOL": flag}),
        AttributeValue::Null(flag) => json!({"NULL": flag}),
        AttributeValue::B(bytes) => json!({"B": STANDARD.encode(bytes)}),
        AttributeValue::L(list) => json!({"L": list.iter().map(value_to_json).collect::<Result<Vec<_>>>()?}),
        AttributeValue::M(members) => json!({"M": map(members.iter())?}),
        AttributeValue::Ss(set) => json!({"SS": sorted(set)}),
        AttributeValue::Ns(set) => json!({"NS": sorted(set)}),
        _ => return Err(Error::internal("an attribute of a type that is not known here")),
    })
}

/// An item from its JSON, with its key.
///
/// # Errors
///
/// When it is none.
pub fn from_json(key: &Key, value: &Value) -> Result<Item> {
    let mut item = members(value)?;
    item.extend(key_item(key));
    Ok(item)
}

/// An item from its JSON with its key in it, as a stream has it.
///
/// # Errors
///
/// When it is none.
pub fn whole(value: &Value) -> Result<Item> {
    members(value)
}

fn members(value: &Value) -> Result<Item> {
    let members = value.as_object().ok_or_else(|| wrong(value))?;
    members.iter().map(|(name, value)| Ok((name.clone(), value_from_json(value)?))).collect()
}

fn value_from_json(value: &Value) -> Result<AttributeValue> {
    let (kind, own) =
        value.as_object().filter(|one| one.len() == 1).and_then(|one| one.iter().next()).ok_or_else(|| wrong(value))?;
    let text = || own.as_str().map(str::to_owned).ok_or_else(|| wrong(value));
    let flag = || own.as_bool().ok_or_else(|| wrong(value));
    let list = || own.as_array().ok_or_else(|| wrong(value));
    let texts = || {
        list()?
            .iter()
            .map(|one| one.as_str().map(str::to_owned).ok_or_else(|| wrong(value)))
            .collect::<Result<Vec<_>>>()
    };
    Ok(match kind.as_str() {
        "S" => AttributeValue::S(text()?),
        "N" => AttributeValue::N(text()?),
        "BOOL" => AttributeValue::Bool(flag()?),
        "NULL" => AttributeValue::Null(flag()?),
        "B" => AttributeValue::B(Blob::new(STANDARD.decode(text()?).map_err(|_| wrong(value))?)),
        "L" => AttributeValue::L(list()?.iter().map(value_from_json).collect::<Result<_>>()?),
        "M" => AttributeValue::M(members(own)?),
        "SS" => AttributeValue::Ss(texts()?),
        "NS" => AttributeValue::Ns(texts()?),
        _ => return Err(wrong(value)),
    })
}

fn wrong(value: &Value) -> Error {
    let text: String = value.to_string().chars().take(60).collect();
    Error::internal(format!("{text} is no attribute"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_item_reads_back_as_it_was_written() {
        let text = json!({
            "a": {"S": "x"}, "b": {"N": "-12.5"}, "c": {"BOOL": true}, "d": {"NULL": true}, "e": {"B": "AAEC"},
            "f": {"L": [{"N": "1"}, {"S": ""}]}, "g": {"M": {"x": {"S": "1"}, "y": {"L": []}}}, "h": {"NS": ["2", "10"]},
            "i": {"SS": ["b", "aa"]},
        });
        let key = Key { pk: "t#x".into(), sk: "1".into() };
        let item = from_json(&key, &text).unwrap();
        assert_eq!(super::key(&item).unwrap(), key);
        assert_eq!(to_json(&item).unwrap().to_string(), text.to_string());
        for bad in [
            json!(1),
            json!({"a": 1}),
            json!({"a": {"S": 1}}),
            json!({"a": {"S": "1", "N": "1"}}),
            json!({"a": {"Q": "1"}}),
        ] {
            assert!(from_json(&key, &bad).is_err(), "{bad}");
        }
    }
}
