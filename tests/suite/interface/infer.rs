//! The JSON Schema of values, from examples of them.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

/// Members that hold whatever their owner put there, and a webhook's message, in which an object is as its kind is.
const FREE: [&str; 5] = ["provisioning_config", "custom_fields", "config", "remote_settings", "payload"];

/// Members that are maps: from fields to what is wrong with them, and from months to sums.
const MAPS: [&str; 2] = ["errors", "monthly_accural_details"];

/// What was seen at one place of some values.
#[derive(Debug, Clone, Default)]
pub(crate) struct Shape {
    seen: u64,
    null: bool,
    flag: bool,
    integer: bool,
    number: bool,
    text: bool,
    list: Option<Box<Shape>>,
    /// How many objects there were.
    objects: u64,
    /// Their members, in the order in which they came.
    members: Vec<(String, Shape)>,
    /// Whether any name may be a member.
    map: bool,
    /// A schema that stands for all objects here.
    named: Option<String>,
}

impl Shape {
    /// One more value.
    pub(crate) fn add(&mut self, value: &Value) {
        self.seen += 1;
        match value {
            Value::Null => self.null = true,
            Value::Bool(_) => self.flag = true,
            Value::Number(number) if number.to_string().bytes().all(|b| b.is_ascii_digit() || b == b'-') => {
                self.integer = true;
            }
            Value::Number(_) => self.number = true,
            Value::String(_) => self.text = true,
            Value::Array(list) => {
                let shape = self.list.get_or_insert_default();
                list.iter().for_each(|one| shape.add(one));
            }
            Value::Object(members) => {
                self.objects += 1;
                for (name, value) in members {
                    self.member(name).add(value);
                }
            }
        }
    }

    fn member(&mut self, name: &str) -> &mut Shape {
        let place = self.members.iter().position(|(one, _)| one == name).unwrap_or_else(|| {
            self.members.push((name.to_owned(), Shape { map: MAPS.contains(&name), ..Shape::default() }));
            self.members.len() - 1
        });
        &mut self.members[place].1
    }

    /// From now on the objects here are those of a named schema.
    pub(crate) fn name(&mut self, name: &str) {
        self.named = Some(name.to_owned());
    }

    /// From now on the objects here are maps, with any members.
    pub(crate) fn map(&mut self) {
        self.map = true;
    }

    /// The shape at a place: a member's name, or `*` for a list's entries.
    pub(crate) fn at(&mut self, path: &[&str]) -> Option<&mut Shape> {
        match path {
            [] => Some(self),
            ["*", rest @ ..] => self.list.as_mut()?.at(rest),
            [name, rest @ ..] => self.members.iter_mut().find(|(one, _)| one == name)?.1.at(rest),
        }
    }

    /// The schema that all values fit, and what is so much the same everywhere that it can be relied on.
    pub(crate) fn schema(&self) -> Value {
        if let Some(name) = &self.named {
            let whole = json!({"$ref": format!("#/components/schemas/{name}")});
            return if self.null { json!({"oneOf": [whole, {"type": "null"}]}) } else { whole };
        }
        let mut kinds: Vec<&str> = Vec::new();
        let mut schema = Map::new();
        for (is, kind) in [
            (self.objects > 0, "object"),
            (self.list.is_some(), "array"),
            (self.text, "string"),
            (self.number, "number"),
            (self.integer && !self.number, "integer"),
            (self.flag, "boolean"),
        ] {
            kinds.extend(is.then_some(kind));
        }
        // Nothing but null tells nothing of what else there may be.
        if kinds.is_empty() {
            return json!({});
        }
        kinds.extend(self.null.then_some("null"));
        schema.insert("type".into(), if let [one] = kinds.as_slice() { json!(one) } else { json!(kinds) });
        if self.objects > 0 {
            let required: Vec<&String> =
                self.members.iter().filter(|(_, shape)| shape.seen == self.objects).map(|(name, _)| name).collect();
            let inner = |name: &str, shape: &Shape| if FREE.contains(&name) { json!({}) } else { shape.schema() };
            let properties: Map<String, Value> =
                self.members.iter().map(|(name, shape)| (name.clone(), inner(name, shape))).collect();
            // Names that are ids or codes are no members: such an object is a map.
            if self.is_map() {
                let mut all = Shape::default();
                self.members.iter().for_each(|(_, shape)| all.merge(shape));
                schema.insert("additionalProperties".into(), all.schema());
            } else {
                schema.insert("properties".into(), properties.into());
                if !required.is_empty() {
                    schema.insert("required".into(), json!(required));
                }
            }
        }
        if let Some(list) = &self.list {
            schema.insert("items".into(), list.schema());
        }
        schema.into()
    }

    fn is_map(&self) -> bool {
        let key = |name: &String| {
            let digits = name.bytes().all(|b| b.is_ascii_digit());
            let code = name.len() == 3 && name.bytes().all(|b| b.is_ascii_uppercase());
            digits || code
        };
        self.map || !self.members.is_empty() && self.members.iter().all(|(name, _)| key(name))
    }

    fn merge(&mut self, other: &Shape) {
        self.seen += other.seen;
        self.null |= other.null;
        self.flag |= other.flag;
        self.integer |= other.integer;
        self.number |= other.number;
        self.text |= other.text;
        self.objects += other.objects;
        if let Some(list) = &other.list {
            self.list.get_or_insert_default().merge(list);
        }
        for (name, shape) in &other.members {
            self.member(name).merge(shape);
        }
    }
}

/// Shapes of the records that a dialect shows, by their names.
pub(crate) type Named = BTreeMap<String, Shape>;

#[test]
fn what_examples_tell() {
    let mut shape = Shape::default();
    for one in [json!({"id": 1, "a": null, "n": 1}), json!({"id": 2, "a": "x", "n": 1.5, "l": [{"USD": 1}]})] {
        shape.add(&one);
    }
    let list = json!({"type": "array", "items": {"type": "object", "additionalProperties": {"type": "integer"}}});
    assert_eq!(
        shape.schema(),
        json!({"type": "object", "properties": {"id": {"type": "integer"}, "a": {"type": ["string", "null"]},
            "n": {"type": "number"}, "l": list}, "required": ["id", "a", "n"]})
    );
}
