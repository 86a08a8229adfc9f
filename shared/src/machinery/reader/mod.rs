//! Reading a request's parameters, wherever they stood: path, query, JSON, form or JSON-RPC.
//!
//! A reader collects *every* violation in one pass, as data; the dialect finds the words. Run over nothing,
//! it describes the fields it would read: that is the request schema of the API documents.
//!
//! A field is read in three steps: its type (`text`, `integer`, …), its bounds (`max`, `min`, …) and how it
//! may be absent:
//!
//! | ending | missing | null | otherwise |
//! | --- | --- | --- | --- |
//! | `required()` | violation | violation | the value |
//! | `optional()` | `None` | `None` | `Some` |
//! | `present()` | `None` | violation | `Some` |
//! | `patch()` | `Keep` | `Clear` | `Set` |
//!
//! After a violation a stand-in is returned, so that reading goes on; nobody sees it, because
//! [`Reader::finish`] refuses.

mod field;
mod maps;
mod times;
mod values;

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

pub use self::field::Field;
pub use self::values::is_email;
use self::values::{decimal, empty, entries, integer, scalar_text};
use crate::words::error::{Error, Kind, Rule, Told, Violation};
use crate::words::money::Decimal;
use crate::words::time::Zone;

/// The longest text of a field that sets no bound of its own, in characters.
pub const LONGEST_TEXT: usize = 255;
/// The longest name of a record in a path, in bytes: part of a sort key, which holds 1,024.
const LONGEST_NAME: usize = 256;
/// The most entries of a list that sets no bound of its own.
pub const LONGEST_LIST: usize = 1000;
/// The most texts of a list or a map: all of a record's must fit one item, which holds 400 KB.
pub const MOST_TEXTS: usize = 50;

/// How a dialect takes its parameters.
#[derive(Debug, Clone, Copy, Default)]
pub struct Manner {
    /// Texts are trimmed, and an empty one counts as null (Billmora).
    pub trims: bool,
    /// An id in the body must agree with the path's (JeraSoft).
    pub ids_agree: bool,
    /// The client is one of CloudOnex's older dialect.
    pub legacy: bool,
}

/// A request's parameters.
#[derive(Debug, Clone, Default)]
pub struct Params {
    /// What stood in the path, by name. Empty for JSON-RPC.
    pub path: BTreeMap<String, String>,
    /// Everything else, merged: the body's members win over the query's.
    pub given: Map<String, Value>,
    /// Whether nothing was given, and the fields are read to be described: then lists and objects are read as if they
    /// had one entry.
    pub describing: bool,
}

/// A field that a reader reads, as the API documents show it.
#[derive(Debug, Clone, PartialEq)]
pub struct Described {
    /// The parameter's name.
    pub name: String,
    /// Whether it must be there.
    pub required: bool,
    /// Its JSON Schema.
    pub schema: Value,
}

/// Reads the parameters of one request.
pub struct Reader<'p> {
    params: &'p Params,
    given: &'p Map<String, Value>,
    prefix: String,
    manner: Manner,
    zone: Zone,
    found: Vec<Violation>,
    unreadable_id: Option<String>,
    described: Vec<Described>,
}

impl<'p> Reader<'p> {
    /// A reader of these parameters; local times are in `zone`.
    pub fn new(params: &'p Params, manner: Manner, zone: Zone) -> Self {
        Self {
            params,
            given: &params.given,
            prefix: String::new(),
            manner,
            zone,
            found: Vec::new(),
            unreadable_id: None,
            described: Vec::new(),
        }
    }

    /// Refuses when anything was wrong. An id in the path that is no number is an id that does not exist.
    pub fn finish(self, entity: &'static str) -> Result<()> {
        if let Some(id) = self.unreadable_id {
            return Err(Error::not_found(entity, id));
        }
        if self.found.is_empty() { Ok(()) } else { Err(Error::told(Told::Invalid(self.found))) }
    }

    /// Whether the client is one of CloudOnex's older dialect.
    pub fn is_legacy(&self) -> bool {
        self.manner.legacy
    }

    /// Take over what the reader of an entry has found wrong, and how it describes the entry.
    pub fn absorb(&mut self, entry: Reader<'_>) {
        if self.params.describing {
            self.describe_entry(&entry);
        }
        self.found.extend(entry.found);
    }

    /// The fields of an entry, or of an object, as part of the field it was read from.
    fn describe_entry(&mut self, entry: &Reader<'_>) {
        let place = entry.prefix.strip_prefix(&self.prefix).unwrap_or_default();
        let name = place.split('.').next().unwrap_or_default();
        let fields = described_as_object(&entry.described);
        if let Some(field) = self.described.iter_mut().find(|field| field.name == name) {
            let of_list = field.schema["type"] == "array";
            let inner = if of_list { field.schema.get_mut("items") } else { Some(&mut field.schema) };
            if let Some(inner) = inner {
                *inner = fields;
            }
        }
    }

    /// The violations so far.
    pub fn violations(self) -> Vec<Violation> {
        self.found
    }

    /// The fields read so far, in order.
    pub fn names(&self) -> Vec<String> {
        self.described.iter().map(|field| field.name.clone()).collect()
    }

    /// What was read so far, for the API documents.
    pub fn described(self) -> Vec<Described> {
        self.described
    }

    /// Whether a parameter was sent at all, null included.
    pub fn has(&self, name: &str) -> bool {
        self.given.contains_key(name)
    }

    /// Note something wrong with a parameter.
    pub fn violate(&mut self, name: &str, rule: Rule) {
        self.found.push(Violation { field: format!("{}{name}", self.prefix), rule });
    }

    /// Refuse parameters that are known, but not open to change.
    pub fn read_only(&mut self, names: &[&str]) {
        for name in names {
            if self.has(name) {
                self.violate(name, Rule::ReadOnly);
            }
        }
    }

    /// The record's own id: in the path over REST, a parameter over JSON-RPC.
    pub fn own_id(&mut self, name: &str) -> u64 {
        let Some(text) = self.params.path.get(name) else {
            return self.id(name).required();
        };
        let Ok(id) = text.parse() else {
            self.unreadable_id = Some(text.clone());
            return 0;
        };
        let also = self.given.get(name).filter(|_| self.manner.ids_agree);
        if also.is_some_and(|value| integer(value).and_then(|n| u64::try_from(n).ok()) != Some(id)) {
            self.violate(name, Rule::Mismatch);
        }
        id
    }

    /// The record's own name, where it is no number: it stands in the path.
    pub fn own_text(&mut self, name: &str) -> String {
        let text = self.params.path.get(name).cloned().unwrap_or_default();
        if text.len() > LONGEST_NAME {
            self.unreadable_id = Some(text);
            return String::new();
        }
        text
    }

    /// A string of at most [`LONGEST_TEXT`] characters unless `max` says otherwise.
    pub fn text(&mut self, name: &str) -> Field<'_, 'p, String> {
        let manner = self.manner;
        self.field(name, json!({"type": "string"}), move |value| {
            let text = value.as_str().ok_or(Rule::Kind(Kind::Text))?;
            Ok(if manner.trims { text.trim() } else { text }.to_owned())
        })
        .bound(Rule::TooLong(LONGEST_TEXT), |text: &String| text.chars().count() <= LONGEST_TEXT)
    }

    /// A parameter that is never wrong: its text, or nothing when it has none.
    pub fn loose(&mut self, name: &str) -> Option<String> {
        self.describe(name, false, &json!({"type": "string"}));
        self.given.get(name).and_then(scalar_text).map(|text| text.chars().take(LONGEST_TEXT).collect())
    }

    /// A string that is kept as it is, blanks and all.
    pub fn untrimmed(&mut self, name: &str) -> Field<'_, 'p, String> {
        self.field(name, json!({"type": "string"}), |value| {
            value.as_str().map(str::to_owned).ok_or(Rule::Kind(Kind::Text))
        })
    }

    /// An e-mail address. An empty text counts as null, since a form cannot send one.
    pub fn email(&mut self, name: &str) -> Field<'_, 'p, String> {
        let mut field = self.text(name);
        field.blank_is_null = true;
        field.schema = json!({"type": "string", "format": "email"});
        field.bound(Rule::Email, |text| is_email(text))
    }

    /// A whole number, also as text.
    pub fn integer(&mut self, name: &str) -> Field<'_, 'p, i64> {
        self.field(name, json!({"type": "integer"}), |value| integer(value).ok_or(Rule::Kind(Kind::Integer)))
    }

    /// The id of another record: a whole number from 1, also as text.
    pub fn id(&mut self, name: &str) -> Field<'_, 'p, u64> {
        self.field(name, json!({"type": "integer", "minimum": 1}), |value| {
            integer(value).and_then(|n| u64::try_from(n).ok()).ok_or(Rule::Kind(Kind::Integer))
        })
    }

    /// A decimal number, also as text.
    pub fn decimal(&mut self, name: &str) -> Field<'_, 'p, Decimal> {
        self.field(name, json!({"type": "number"}), |value| decimal(value).ok_or(Rule::Kind(Kind::Decimal)))
    }

    /// True or false, also as 0 and 1.
    pub fn flag(&mut self, name: &str) -> Field<'_, 'p, bool> {
        self.field(name, json!({"type": "boolean"}), |value| match value {
            Value::Bool(flag) => Ok(*flag),
            _ => match scalar_text(value).as_deref() {
                Some("1" | "true") => Ok(true),
                Some("0" | "false") => Ok(false),
                _ => Err(Rule::Kind(Kind::Flag)),
            },
        })
    }

    /// Pairs of an id and a decimal: `[[5, -4.0]]`.
    pub fn amounts(&mut self, name: &str) -> Field<'_, 'p, Vec<(u64, Decimal)>> {
        let pair = json!({"type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 2});
        self.field(name, json!({"type": "array", "items": pair}), |value| {
            let list = value.as_array().ok_or(Rule::Kind(Kind::List))?;
            if list.len() > MOST_TEXTS {
                return Err(Rule::TooMany(MOST_TEXTS));
            }
            let one = |value: &Value| match value.as_array().map(Vec::as_slice) {
                Some([id, amount]) => {
                    let id = integer(id).and_then(|id| u64::try_from(id).ok()).ok_or(Rule::Kind(Kind::Integer))?;
                    Ok((id, decimal(amount).ok_or(Rule::Kind(Kind::Decimal))?))
                }
                _ => Err(Rule::Kind(Kind::List)),
            };
            list.iter().map(one).collect()
        })
    }

    /// One of a few words, each with its meaning.
    pub fn choice<T: Clone + 'p>(&mut self, name: &str, words: &'p [(&'static str, T)]) -> Field<'_, 'p, T> {
        let known: Vec<&'static str> = words.iter().map(|(word, _)| *word).collect();
        self.field(name, json!({"type": "string", "enum": known}), move |value| {
            let text = value.as_str();
            let meant = text.and_then(|text| words.iter().find(|(word, _)| *word == text));
            meant
                .map(|(_, meaning)| meaning.clone())
                .ok_or_else(|| Rule::NotOneOf(words.iter().map(|(word, _)| (*word).to_owned()).collect()))
        })
    }

    /// A list of ids; a single one counts as a list of one, and a comma separates them in a text.
    pub fn ids(&mut self, name: &str) -> Field<'_, 'p, Vec<u64>> {
        self.field(name, json!({"type": "array", "items": {"type": "integer"}}), |value| {
            let one =
                |value: &Value| integer(value).and_then(|n| u64::try_from(n).ok()).ok_or(Rule::Kind(Kind::Integer));
            entries(value)?.iter().map(one).collect()
        })
    }

    /// A list of texts; a single one counts as a list of one, and a comma separates them in a text.
    pub fn texts(&mut self, name: &str) -> Field<'_, 'p, Vec<String>> {
        self.field(name, json!({"type": "array", "items": {"type": "string"}}), |value| {
            let one = |value: &Value| {
                let text = value.as_str().ok_or(Rule::Kind(Kind::Text))?;
                if text.chars().count() > LONGEST_TEXT { Err(Rule::TooLong(LONGEST_TEXT)) } else { Ok(text.to_owned()) }
            };
            let list = entries(value)?;
            if list.len() > MOST_TEXTS { Err(Rule::TooMany(MOST_TEXTS)) } else { list.iter().map(one).collect() }
        })
    }

    /// A map of texts.
    pub fn text_map(&mut self, name: &str) -> Field<'_, 'p, BTreeMap<String, String>> {
        self.field(name, json!({"type": "object", "additionalProperties": {"type": "string"}}), |value| {
            let map = value.as_object().ok_or(Rule::Kind(Kind::Object))?;
            if map.len() > MOST_TEXTS {
                return Err(Rule::TooMany(MOST_TEXTS));
            }
            if map.keys().any(|name| name.chars().count() > LONGEST_TEXT) {
                return Err(Rule::TooLong(LONGEST_TEXT));
            }
            let one = |(name, value): (&String, &Value)| {
                let text = scalar_text(value).filter(|text| text.chars().count() <= LONGEST_TEXT);
                text.map(|text| (name.clone(), text)).ok_or(Rule::Kind(Kind::Object))
            };
            map.iter().map(one).collect()
        })
    }

    /// A list of objects, `least` to `most` of them, each with a reader of its own.
    pub fn each(&mut self, name: &str, least: usize, most: usize) -> Vec<Reader<'p>> {
        let schema = json!({"type": "array", "items": {"type": "object"}, "minItems": least, "maxItems": most});
        self.describe(name, least > 0, &schema);
        if self.params.describing {
            let mut reader = Reader::new(self.params, self.manner, self.zone);
            reader.prefix = format!("{}{name}.0.", self.prefix);
            return vec![reader];
        }
        let list = match self.given.get(name) {
            None | Some(Value::Null) if least == 0 => return Vec::new(),
            None | Some(Value::Null) => return self.refuse_list(name, Rule::Required),
            Some(Value::Array(list)) => list,
            Some(_) => return self.refuse_list(name, Rule::Kind(Kind::List)),
        };
        if list.len() > most {
            return self.refuse_list(name, Rule::TooMany(most));
        }
        if list.len() < least {
            return self.refuse_list(name, if list.is_empty() { Rule::Required } else { Rule::TooFew(least) });
        }
        let mut readers = Vec::with_capacity(list.len());
        for (place, entry) in list.iter().enumerate() {
            let mut reader = Reader::new(self.params, self.manner, self.zone);
            reader.prefix = format!("{}{name}.{place}.", self.prefix);
            match entry {
                Value::Object(entry) => reader.given = entry,
                _ => {
                    reader.given = empty();
                    reader.found.push(Violation {
                        field: format!("{}{name}.{place}", self.prefix),
                        rule: Rule::Kind(Kind::Object),
                    });
                }
            }
            readers.push(reader);
        }
        readers
    }

    /// An object, with a reader of its own; an absent one reads as an empty one.
    pub fn object(&mut self, name: &str) -> Reader<'p> {
        self.describe(name, false, &json!({"type": "object"}));
        let mut reader = Reader::new(self.params, self.manner, self.zone);
        reader.prefix = format!("{}{name}.", self.prefix);
        reader.given = match self.given.get(name) {
            None | Some(Value::Null) => empty(),
            Some(Value::Object(members)) => members,
            Some(_) => {
                self.violate(name, Rule::Kind(Kind::Object));
                empty()
            }
        };
        reader
    }

    fn refuse_list(&mut self, name: &str, rule: Rule) -> Vec<Reader<'p>> {
        self.violate(name, rule);
        Vec::new()
    }

    fn describe(&mut self, name: &str, required: bool, schema: &Value) {
        self.described.push(Described { name: name.to_owned(), required, schema: schema.clone() });
    }

    fn field<'r, T>(
        &'r mut self,
        name: &str,
        schema: Value,
        parse: impl Fn(&Value) -> Result<T, Rule> + 'p,
    ) -> Field<'r, 'p, T> {
        let blank_is_null = self.manner.trims;
        Field { reader: self, name: name.to_owned(), schema, parse: Box::new(parse), bounds: Vec::new(), blank_is_null }
    }
}

/// Described fields as the JSON Schema of an object with them.
pub fn described_as_object(fields: &[Described]) -> Value {
    let required: Vec<&str> = fields.iter().filter(|field| field.required).map(|field| field.name.as_str()).collect();
    let properties: Map<String, Value> =
        fields.iter().map(|field| (field.name.clone(), field.schema.clone())).collect();
    let mut schema = json!({"type": "object", "properties": properties});
    if let (false, Some(members)) = (required.is_empty(), schema.as_object_mut()) {
        members.insert("required".into(), json!(required));
    }
    schema
}

type Result<T, E = Error> = std::result::Result<T, E>;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::patch::Patch;

    fn read<T>(given: &Value, manner: Manner, read: impl FnOnce(&mut Reader) -> T) -> (T, Vec<(String, Rule)>) {
        let params = Params { given: given.as_object().unwrap().clone(), ..Params::default() };
        let mut reader = Reader::new(&params, manner, Zone::UTC);
        let value = read(&mut reader);
        (value, reader.violations().into_iter().map(|v| (v.field, v.rule)).collect())
    }

    #[test]
    fn every_violation_is_found_in_one_pass() {
        let given = json!({"name": "", "email": "nobody", "qty": "2.5", "status": "odd", "tags": {"a": 1}});
        let (_, found) = read(&given, Manner::default(), |r| {
            r.text("name").required();
            r.email("email").optional();
            r.integer("qty").present();
            r.choice("status", &[("active", 1), ("closed", 2)]).optional();
            r.ids("tags").optional();
            r.id("customer_id").required();
        });
        let fields: Vec<&str> = found.iter().map(|(field, _)| field.as_str()).collect();
        assert_eq!(fields, ["name", "email", "qty", "status", "tags", "customer_id"]);
    }

    #[test]
    fn absence_means_what_the_ending_says() {
        let given = json!({"a": null, "b": "x"});
        let (got, found) = read(&given, Manner::default(), |r| {
            (
                r.text("a").patch(),
                r.text("b").patch(),
                r.text("c").patch(),
                r.text("a").optional(),
                r.text("a").present(),
                r.text("c").present(),
            )
        });
        assert_eq!(got, (Patch::Clear, Patch::Set("x".into()), Patch::Keep, None, None, None));
        assert_eq!(found, [("a".into(), Rule::Kind(Kind::Text))]);
    }

    #[test]
    fn a_number_keeps_its_text() {
        let given: Value =
            serde_json::from_str(r#"{"a": 1500.00, "b": 1e999999, "c": "0.10", "d": 0.1, "e": 9223372036854775808}"#)
                .unwrap();
        let (got, found) = read(&given, Manner::default(), |r| {
            let first = r.decimal("a").required().to_string();
            (
                first,
                r.decimal("b").optional(),
                r.decimal("c").required().to_string(),
                r.decimal("d").required().to_string(),
                r.integer("e").optional(),
            )
        });
        assert_eq!(got, ("1500.00".into(), None, "0.10".into(), "0.1".into(), None));
        assert_eq!(found.iter().map(|(field, _)| field.as_str()).collect::<Vec<_>>(), ["b", "e"]);
    }

    #[test]
    fn lists_come_in_three_spellings() {
        for given in [json!({"id": [1, "2"]}), json!({"id": "1,2"}), json!({"id": ["1", "2"]})] {
            assert_eq!(read(&given, Manner::default(), |r| r.ids("id").optional()), (Some(vec![1, 2]), vec![]));
        }
        assert_eq!(read(&json!({"id": 7}), Manner::default(), |r| r.ids("id").optional()), (Some(vec![7]), vec![]));
    }

    #[test]
    fn run_over_nothing_it_describes_its_fields() {
        let params = Params::default();
        let mut reader = Reader::new(&params, Manner::default(), Zone::UTC);
        reader.text("name").max(128).required();
        reader.decimal("credit").patch();
        let described = reader.described();
        assert_eq!(
            described[0],
            Described { name: "name".into(), required: true, schema: json!({"type": "string", "maxLength": 128}) }
        );
        assert_eq!((described[1].name.as_str(), described[1].required), ("credit", false));
    }
}
