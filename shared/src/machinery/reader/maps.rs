//! Objects whose members are not known beforehand.

use serde_json::{Value, json};

use super::values::entries;
use super::{Field, LONGEST_TEXT, MOST_TEXTS, Reader};
use crate::words::error::{Kind, Rule};

/// The longest list or object that is kept as it came, in bytes of JSON: a few of them must fit one item.
const LONGEST_JSON: usize = 16 * 1024;

fn kept(value: &Value) -> Result<String, Rule> {
    let text = value.to_string();
    if text.len() > LONGEST_JSON { Err(Rule::TooLong(LONGEST_JSON)) } else { Ok(text) }
}

impl<'p> Reader<'p> {
    /// A text that may be written as a number, like a code of digits.
    pub fn scalar(&mut self, name: &str) -> Field<'_, 'p, String> {
        self.field(name, json!({"type": ["string", "integer"]}), |value| match value {
            Value::String(text) => Ok(text.clone()),
            Value::Number(number) => Ok(number.to_string()),
            _ => Err(Rule::Kind(Kind::Text)),
        })
    }

    /// A list of names. They are shown as records with more members, which count as their names when they come back.
    pub fn named(&mut self, name: &str) -> Field<'_, 'p, Vec<String>> {
        self.field(name, json!({"type": "array", "items": {"type": "string"}}), |value| {
            let one = |value: &Value| {
                let text = value.as_str().or_else(|| value.get("name")?.as_str()).ok_or(Rule::Kind(Kind::Text))?;
                if text.chars().count() > LONGEST_TEXT { Err(Rule::TooLong(LONGEST_TEXT)) } else { Ok(text.to_owned()) }
            };
            let list = entries(value)?;
            if list.len() > MOST_TEXTS { Err(Rule::TooMany(MOST_TEXTS)) } else { list.iter().map(one).collect() }
        })
    }

    /// A list or an object that is kept and shown as it came, as JSON text.
    pub fn structure(&mut self, name: &str) -> Field<'_, 'p, String> {
        self.field(name, json!({"type": ["array", "object"], "items": {}}), |value| match value {
            Value::Array(_) | Value::Object(_) => kept(value),
            _ => Err(Rule::Kind(Kind::List)),
        })
    }

    /// A list that is kept and shown as it came, as JSON text; a single object counts as a list of one.
    pub fn list(&mut self, name: &str) -> Field<'_, 'p, String> {
        self.field(name, json!({"type": "array", "items": {}}), |value| match value {
            Value::Array(_) => kept(value),
            Value::Object(_) => kept(&json!([value])),
            _ => Err(Rule::Kind(Kind::List)),
        })
    }

    /// An object that is kept and shown as it came, as JSON text.
    pub fn record(&mut self, name: &str) -> Field<'_, 'p, String> {
        self.field(name, json!({"type": "object"}), |value| match value {
            Value::Object(_) => kept(value),
            _ => Err(Rule::Kind(Kind::Object)),
        })
    }

    /// A map of objects, at most so many, each with its key and a reader of its own.
    pub fn members(&mut self, name: &str, most: usize) -> Vec<(String, Reader<'p>)> {
        self.describe(name, false, &json!({"type": "object", "additionalProperties": {"type": "object"}}));
        let map = match self.given.get(name) {
            None | Some(Value::Null) => return Vec::new(),
            Some(Value::Object(map)) => map,
            // An empty map of clients that know lists only.
            Some(Value::Array(list)) if list.is_empty() => return Vec::new(),
            Some(_) => {
                self.violate(name, Rule::Kind(Kind::Object));
                return Vec::new();
            }
        };
        if map.len() > most {
            self.violate(name, Rule::TooMany(most));
            return Vec::new();
        }
        let mut readers = Vec::with_capacity(map.len());
        for (key, entry) in map {
            let mut reader = Reader::new(self.params, self.manner, self.zone);
            reader.prefix = format!("{}{name}.{key}.", self.prefix);
            match entry {
                Value::Object(entry) => {
                    reader.given = entry;
                    readers.push((key.clone(), reader));
                }
                _ => self.violate(&format!("{name}.{key}"), Rule::Kind(Kind::Object)),
            }
        }
        readers
    }
}
