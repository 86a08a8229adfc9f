//! A field about to be read: its bounds, and how it may be absent.

use serde_json::{Value, json};

use super::Reader;
use crate::words::error::Rule;
use crate::words::patch::Patch;

type Result<T> = std::result::Result<T, Rule>;
pub(super) type Parse<'p, T> = Box<dyn Fn(&Value) -> Result<T> + 'p>;
pub(super) type Bound<T> = (Rule, Box<dyn Fn(&T) -> bool>);

/// A field about to be read.
#[must_use]
pub struct Field<'r, 'p, T> {
    pub(super) reader: &'r mut Reader<'p>,
    pub(super) name: String,
    pub(super) schema: Value,
    pub(super) parse: Parse<'p, T>,
    pub(super) bounds: Vec<Bound<T>>,
    pub(super) blank_is_null: bool,
}

impl<T> Field<'_, '_, T> {
    /// A further condition, and what breaking it is called. Every condition that fails is noted.
    pub fn bound(mut self, rule: Rule, holds: impl Fn(&T) -> bool + 'static) -> Self {
        self.bounds.push((rule, Box::new(holds)));
        self
    }

    fn note(mut self, value: &Value) -> Option<T> {
        match (self.parse)(value) {
            Ok(read) => {
                let broken: Vec<Rule> =
                    self.bounds.drain(..).filter(|(_, holds)| !holds(&read)).map(|(rule, _)| rule).collect();
                let good = broken.is_empty();
                broken.into_iter().for_each(|rule| self.reader.violate(&self.name, rule));
                good.then_some(read)
            }
            Err(rule) => {
                self.reader.violate(&self.name, rule);
                None
            }
        }
    }

    /// The value sent; `None` when missing; an empty text counts as null where the dialect says so.
    fn sent(&self) -> Option<&Value> {
        let value = self.reader.given.get(&self.name)?;
        let blank = self.blank_is_null && value.as_str().is_some_and(|text| text.trim().is_empty());
        Some(if blank { &Value::Null } else { value })
    }

    /// Missing or null is a violation.
    pub fn required(self) -> T
    where
        T: Default,
    {
        self.reader.describe(&self.name, true, &self.schema);
        let value = self.sent().cloned();
        let empty = match &value {
            None | Some(Value::Null) => true,
            Some(Value::String(text)) => text.trim().is_empty(),
            Some(Value::Array(list)) => list.is_empty(),
            Some(_) => false,
        };
        match value {
            Some(value) if !empty => self.note(&value).unwrap_or_default(),
            _ => {
                self.reader.violate(&self.name, Rule::Required);
                T::default()
            }
        }
    }

    /// Missing and null are both `None`.
    pub fn optional(self) -> Option<T> {
        self.reader.describe(&self.name, false, &self.schema);
        match self.sent().cloned() {
            None | Some(Value::Null) => None,
            Some(value) => self.note(&value),
        }
    }

    /// Missing is `None`; null is of the wrong type.
    pub fn present(self) -> Option<T> {
        self.reader.describe(&self.name, false, &self.schema);
        self.sent().cloned().and_then(|value| self.note(&value))
    }

    /// Missing keeps, null clears.
    pub fn patch(self) -> Patch<T> {
        self.reader.describe(&self.name, false, &self.schema);
        match self.sent().cloned() {
            None => Patch::Keep,
            Some(Value::Null) => Patch::Clear,
            Some(value) => self.note(&value).into(),
        }
    }
}

impl Field<'_, '_, String> {
    /// At most so many characters.
    pub fn max(mut self, most: usize) -> Self {
        self.bounds.retain(|(rule, _)| !matches!(rule, Rule::TooLong(_)));
        if let Some(schema) = self.schema.as_object_mut() {
            schema.insert("maxLength".into(), json!(most));
        }
        self.bound(Rule::TooLong(most), move |text| text.chars().count() <= most)
    }

    /// At least so many characters.
    pub fn min(mut self, least: usize) -> Self {
        if let Some(schema) = self.schema.as_object_mut() {
            schema.insert("minLength".into(), json!(least));
        }
        self.bound(Rule::TooShort(least), move |text| text.chars().count() >= least)
    }
}

impl Field<'_, '_, i64> {
    /// From `least` to `most`, both included.
    pub fn within(mut self, least: i64, most: i64) -> Self {
        if let Some(schema) = self.schema.as_object_mut() {
            schema.extend([("minimum".into(), json!(least)), ("maximum".into(), json!(most))]);
        }
        self.bound(Rule::TooSmall(least.to_string()), move |n| *n >= least)
            .bound(Rule::TooLarge(most.to_string()), move |n| *n <= most)
    }
}
