//! OpenAPI 3.1 of a dialect: a loop over its rows, with the golden exchanges as examples.

use std::collections::{BTreeMap, BTreeSet};

use local::template::{BUILT_IN, Template};
use serde_json::{Map, Value, json};
use shared::machinery::dialect::Dialect;
use shared::machinery::operation::Scope;
use shared::machinery::reader::{Described, described_as_object};
use shared::machinery::route::Row;

use super::infer::{Named, Shape};
use super::words::{explanation, id, record, summary, tag};
use super::{Shown, forms, shown};

/// Parts of an envelope that say which page of a list it is.
const ENVELOPE: [(&str, &str); 2] = [("meta", "Meta"), ("links", "Links")];

/// The document of a dialect.
pub(crate) fn document(dialect: Dialect, rows: &[Row], exchanges: &[Shown]) -> Value {
    let rows: Vec<&Row> = rows.iter().filter(|row| row.dialect == dialect).collect();
    let own: Vec<Vec<&Shown>> = rows.iter().map(|row| shown(row, &rows, exchanges)).collect();
    let mut named = Named::new();
    for (row, exchanges) in rows.iter().zip(&own) {
        for exchange in exchanges.iter().filter(|one| one.is_good()) {
            for (member, name) in ENVELOPE {
                exchange
                    .answer
                    .get(member)
                    .into_iter()
                    .for_each(|part| named.entry(name.into()).or_default().add(part));
            }
            for answer in forms(row, &exchange.answer) {
                for (_, object) in records(&answer) {
                    named.entry(record(row.operation)).or_default().add(object);
                }
            }
        }
    }
    let mut paths: Map<String, Value> = Map::new();
    let mut seen = BTreeSet::new();
    for (row, exchanges) in rows.iter().zip(&own) {
        let one = operation(dialect, row, exchanges, &mut seen);
        let path = paths.entry(row.path.to_owned()).or_insert_with(|| json!({}));
        path[row.verb.to_lowercase()] = one;
    }
    let mut tags: Vec<String> = rows.iter().map(|row| tag(row)).collect();
    tags.sort();
    tags.dedup();
    let mut schemas: Map<String, Value> = named.iter().map(|(name, shape)| (name.clone(), shape.schema())).collect();
    // Not `Error`: languages have that already, and JeraSoft's and API Gateway's have a member of that name.
    schemas.insert("Failure".into(), errors(exchanges, dialect));
    let (title, about) = about(dialect);
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": format!("Tessera: {title}"),
            "version": env!("CARGO_PKG_VERSION"),
            "description": about,
            "license": {"name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "security": security(dialect),
        "tags": tags.iter().map(|tag| json!({"name": tag})).collect::<Vec<_>>(),
        "paths": paths,
        "components": {
            "securitySchemes": schemes(dialect),
            "parameters": {"IdempotencyKey": {
                "name": "Idempotency-Key", "in": "header", "schema": {"type": "string", "maxLength": 255},
                "description": "The same request under the same key takes effect once, for 24 hours.",
            }},
            "schemas": schemas,
        },
    })
}

fn about(dialect: Dialect) -> (&'static str, &'static str) {
    match dialect {
        Dialect::Jerasoft => {
            ("JeraSoft CoreAPI", "REST. The same operations are served as JSON-RPC 2.0 at `POST /api/`.")
        }
        Dialect::Racknap => ("RackNap Billing API", "Every call is a POST, of JSON or of a form."),
        Dialect::Cloudonex => ("CloudOnex Business Suite", "The dialect in which Tessera itself grows."),
        Dialect::Billmora => ("Billmora", "Requests and answers are JSON."),
    }
}

fn schemes(dialect: Dialect) -> Value {
    let bearer = |about: &str| json!({"type": "http", "scheme": "bearer", "description": about});
    match dialect {
        Dialect::Jerasoft => json!({
            "key": {"type": "apiKey", "in": "header", "name": "X-Api-Key"},
            "token": bearer("A token of `POST /api/iam/auth/jwt/authenticate`."),
        }),
        Dialect::Racknap => json!({"session": {"type": "apiKey", "in": "header", "name": "Validate",
            "description": "`Bearer`, a space, and a token of `POST /api/v2/auth/token`."}}),
        Dialect::Cloudonex => json!({
            "key": bearer("An API key."),
            "query": {"type": "apiKey", "in": "query", "name": "api_key"},
        }),
        Dialect::Billmora => json!({"token": bearer("An access token: its id, a bar, its secret.")}),
    }
}

fn security(dialect: Dialect) -> Value {
    match dialect {
        Dialect::Jerasoft => json!([{"key": []}, {"token": []}]),
        Dialect::Racknap => json!([{"session": []}]),
        Dialect::Cloudonex => json!([{"key": []}, {"query": []}]),
        Dialect::Billmora => json!([{"token": []}]),
    }
}

/// What an error may look like: the dialect's own envelope, or API Gateway's. Two dialects share `/api/v2`, where a path
/// that leads nowhere may be answered in the words of either. Which members there are depends on the error.
fn errors(exchanges: &[Shown], dialect: Dialect) -> Value {
    let under = |path: &str| match dialect {
        Dialect::Jerasoft => path.starts_with("/api/") && !path.starts_with("/api/v"),
        Dialect::Racknap | Dialect::Cloudonex => path.starts_with("/api/v2/"),
        Dialect::Billmora => path.starts_with("/api/v1/"),
    };
    let mut shape = Shape::default();
    exchanges.iter().filter(|one| !one.is_good() && under(&one.path)).for_each(|one| shape.add(&one.answer));
    let throttled = Template::read(BUILT_IN).unwrap().response("THROTTLED").body;
    shape.add(&serde_json::from_str(&throttled).unwrap());
    // What JeraSoft calls `errors`.
    if let Some(faults) = shape.at(&["error", "data"]) {
        faults.map();
    }
    let mut schema = shape.schema();
    without_required(&mut schema);
    schema
}

fn without_required(schema: &mut Value) {
    match schema {
        Value::Object(members) => {
            members.shift_remove("required");
            members.values_mut().for_each(without_required);
        }
        Value::Array(list) => list.iter_mut().for_each(without_required),
        _ => {}
    }
}

/// The records in an answer, and where they stand.
pub(crate) fn records(answer: &Value) -> Vec<(Vec<&'static str>, &Value)> {
    let is_record = |value: &&Value| value.get("id").is_some();
    let mut found = Vec::new();
    for (place, value) in [(Vec::new(), Some(answer)), (vec!["data"], answer.get("data"))] {
        match value {
            Some(Value::Array(list)) => {
                let inside = [place, vec!["*"]].concat();
                found.extend(list.iter().filter(is_record).map(|one| (inside.clone(), one)));
            }
            Some(one) => found.extend(Some(one).filter(is_record).map(|one| (place, one))),
            None => {}
        }
    }
    found
}

fn operation(dialect: Dialect, row: &Row, exchanges: &[&Shown], seen: &mut BTreeSet<String>) -> Value {
    let id = id(row);
    assert!(seen.insert(id.clone()), "two operations are called {id}");
    let mut one = json!({
        "operationId": id,
        "summary": summary(row),
        "tags": [tag(row)],
        "parameters": [],
        "responses": responses(row, exchanges),
    });
    if let Some(ability) = row.ability {
        one["description"] = json!(format!("Needs the ability `{ability}`."));
    } else if row.scope != Scope::Open {
        one["description"] = json!(format!("Needs the permission `{}`.", row.permission()));
    }
    if let Some(about) = explanation(row) {
        one["description"] = json!(about);
    }
    if row.scope == Scope::Open {
        one["security"] = json!([]);
    }
    let in_path: Vec<&str> = row.path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}')).collect();
    let mut parameters: Vec<Value> = in_path
        .iter()
        .map(|name| {
            let schema =
                if *name == "id" { json!({"type": "integer", "minimum": 1}) } else { json!({"type": "string"}) };
            json!({"name": name, "in": "path", "required": true, "schema": schema})
        })
        .collect();
    let fields: Vec<Described> =
        unique(row.describe()).into_iter().filter(|one| !in_path.contains(&one.name.as_str())).collect();
    let example = exchanges.iter().find(|one| one.is_good());
    if ["GET", "DELETE"].contains(&row.verb) {
        parameters.extend(fields.iter().map(query));
    } else if !fields.is_empty() {
        let mut content = json!({"schema": described_as_object(&fields)});
        if let Some(body) = example.and_then(|one| one.body.clone()) {
            content["example"] = body;
        }
        let mut kinds = json!({"application/json": content.clone()});
        if dialect == Dialect::Racknap {
            kinds["application/x-www-form-urlencoded"] = content;
        }
        let needed = fields.iter().any(|field| field.required);
        one["requestBody"] = json!({"required": needed, "content": kinds});
    }
    if row.writes && row.recorded {
        parameters.push(json!({"$ref": "#/components/parameters/IdempotencyKey"}));
    }
    one["parameters"] = json!(parameters);
    one
}

/// A field that is read twice is described once.
fn unique(fields: Vec<Described>) -> Vec<Described> {
    let mut seen = BTreeSet::new();
    fields.into_iter().filter(|field| seen.insert(field.name.clone())).collect()
}

fn query(field: &Described) -> Value {
    let mut one = json!({"name": field.name, "in": "query", "required": field.required, "schema": field.schema});
    if field.schema["type"] == "array" {
        (one["style"], one["explode"]) = (json!("form"), json!(false));
    }
    one
}

fn responses(row: &Row, exchanges: &[&Shown]) -> Value {
    let mut by_status: BTreeMap<u16, (Shape, Option<&Shown>)> = BTreeMap::new();
    for one in exchanges.iter().filter(|one| one.is_good()) {
        let (shape, first) = by_status.entry(one.status).or_default();
        forms(row, &one.answer).iter().for_each(|answer| shape.add(answer));
        for (place, _) in records(&one.answer) {
            if let Some(inner) = shape.at(&place) {
                inner.name(&record(row.operation));
            }
        }
        for (member, name) in ENVELOPE {
            if let Some(part) = shape.at(&[member]) {
                part.name(name);
            }
        }
        first.get_or_insert(one);
    }
    let mut all = Map::new();
    for (status, (shape, example)) in by_status {
        let description = if status == 202 { "It is under way" } else { "Done" };
        let content = match row.media {
            Some("application/pdf") => json!({"application/pdf": {"schema": {"type": "string", "format": "binary"}}}),
            Some(media) => json!({media: {"schema": {"type": "string"}}}),
            None => json!({"application/json": {"schema": shape.schema(), "example": example.map(|one| &one.answer)}}),
        };
        let whole = if status == 204 {
            json!({"description": "Done, and nothing to say"})
        } else {
            json!({"description": description, "content": content})
        };
        all.insert(status.to_string(), whole);
    }
    let error = json!({"application/json": {"schema": {"$ref": "#/components/schemas/Failure"}}});
    for (range, description) in
        [("4XX", "The request was refused, and why"), ("5XX", "It failed; 503 may be sent again")]
    {
        all.insert(range.into(), json!({"description": description, "content": error}));
    }
    all.into()
}
