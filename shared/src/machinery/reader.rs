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

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::words::error::{Error, Kind, Rule, Told, Violation};
use crate::words::money::{Decimal, parse_decimal};
use crate::words::patch::Patch;
use crate::words::time::{Instant, Zone, parse_moment};

/// The longest text of a field that sets no bound of its own, in characters.
pub const LONGEST_TEXT: usize = 255;
/// The most entries of a list that sets no bound of its own.
pub const LONGEST_LIST: usize = 1000;

/// How a dialect takes its parameters.
#[derive(Debug, Clone, Copy, Default)]
pub struct Manner {
    /// Texts are trimmed, and an empty one counts as null (Billmora).
    pub trims: bool,
    /// An id in the body must agree with the path's (JeraSoft).
    pub ids_agree: bool,
}

/// A request's parameters.
#[derive(Debug, Clone, Default)]
pub struct Params {
    /// What stood in the path, by name. Empty for JSON-RPC.
    pub path: BTreeMap<String, String>,
    /// Everything else, merged: the body's members win over the query's.
    pub given: Map<String, Value>,
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

    /// The violations so far.
    pub fn violations(self) -> Vec<Violation> {
        self.found
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
        self.given.get(name).and_then(scalar_text).filter(|text| text.chars().count() <= LONGEST_TEXT)
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

    /// An instant; without an offset of its own, in the request's zone.
    pub fn moment(&mut self, name: &str) -> Field<'_, 'p, Instant> {
        let zone = self.zone;
        self.field(name, json!({"type": "string", "format": "date-time"}), move |value| {
            value.as_str().and_then(|text| parse_moment(text, zone)).ok_or(Rule::Kind(Kind::Moment))
        })
    }

    /// A name of the Olson database.
    pub fn zone_name(&mut self, name: &str) -> Field<'_, 'p, Zone> {
        self.field(name, json!({"type": "string", "description": "Olson zone name"}), |value| {
            Zone::from_name(value.as_str().ok_or(Rule::Kind(Kind::Text))?).ok_or(Rule::Zone)
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
            let one = |value: &Value| value.as_str().map(str::to_owned).ok_or(Rule::Kind(Kind::Text));
            entries(value)?.iter().map(one).collect()
        })
    }

    /// Two instants, either of which may be null: `[from, to]`.
    pub fn span(&mut self, name: &str) -> Field<'_, 'p, (Option<Instant>, Option<Instant>)> {
        let zone = self.zone;
        let end = json!({"type": ["string", "null"], "format": "date-time"});
        self.field(name, json!({"type": "array", "items": end, "minItems": 2, "maxItems": 2}), move |value| {
            let ends = entries(value)?;
            let [from, to] = ends.as_slice() else {
                return Err(Rule::Kind(Kind::List));
            };
            let end = |value: &Value| match value {
                Value::Null => Ok(None),
                value => {
                    value.as_str().and_then(|text| parse_moment(text, zone)).map(Some).ok_or(Rule::Kind(Kind::Moment))
                }
            };
            match (end(from)?, end(to)?) {
                (Some(from), Some(to)) if from > to => Err(Rule::Reversed),
                ends => Ok(ends),
            }
        })
    }

    /// A map of texts.
    pub fn text_map(&mut self, name: &str) -> Field<'_, 'p, BTreeMap<String, String>> {
        self.field(name, json!({"type": "object", "additionalProperties": {"type": "string"}}), |value| {
            let map = value.as_object().ok_or(Rule::Kind(Kind::Object))?;
            if map.len() > LONGEST_LIST {
                return Err(Rule::TooMany(LONGEST_LIST));
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

type Result<T, E = Error> = std::result::Result<T, E>;
type Parse<'p, T> = Box<dyn Fn(&Value) -> Result<T, Rule> + 'p>;
type Bound<T> = (Rule, Box<dyn Fn(&T) -> bool>);

/// A field about to be read.
#[must_use]
pub struct Field<'r, 'p, T> {
    reader: &'r mut Reader<'p>,
    name: String,
    schema: Value,
    parse: Parse<'p, T>,
    bounds: Vec<Bound<T>>,
    blank_is_null: bool,
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

fn empty() -> &'static Map<String, Value> {
    static EMPTY: std::sync::OnceLock<Map<String, Value>> = std::sync::OnceLock::new();
    EMPTY.get_or_init(Map::new)
}

fn scalar_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

fn integer(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => number.to_string().parse().ok(),
        Value::String(text) => text.trim().parse().ok(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

fn decimal(value: &Value) -> Option<Decimal> {
    match value {
        Value::Number(number) => parse_decimal(&number.to_string()),
        Value::String(text) => parse_decimal(text),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

/// The entries of a list, of a text with commas, or of a single value.
fn entries(value: &Value) -> Result<Vec<Value>, Rule> {
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
