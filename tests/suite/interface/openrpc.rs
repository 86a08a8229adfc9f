//! OpenRPC 1.3 of JeraSoft's JSON-RPC: a loop over the rows with a name, with golden calls as examples.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};
use shared::machinery::dialect::Dialect;
use shared::machinery::reader::Described;
use shared::machinery::route::Row;

use super::infer::{Named, Shape};
use super::openapi::records;
use super::words::{record, summary, tag};
use super::{Called, Shown, forms};

/// Errors of the protocol and of the dialect.
const ERRORS: [(i64, &str); 10] = [
    (-32700, "Parse error"),
    (-32600, "Invalid Request"),
    (-32601, "Method not found"),
    (-32602, "Invalid request"),
    (-32603, "Internal error"),
    (-32001, "Not found"),
    (-32003, "Invalid API key"),
    (-32005, "Unauthorized"),
    (-32006, "Refused"),
    (-32013, "Too large, or too busy"),
];

/// The document.
pub(crate) fn document(rows: &[Row], exchanges: &[Shown]) -> Value {
    let calls: Vec<Called> = exchanges.iter().flat_map(Shown::calls).collect();
    let rows: Vec<(&str, &Row)> = rows
        .iter()
        .filter(|row| row.dialect == Dialect::Jerasoft)
        .filter_map(|row| row.rpc.map(|name| (name, row)))
        .collect();
    let mut named = Named::new();
    for (name, row) in &rows {
        for call in calls.iter().filter(|call| call.method == *name) {
            for result in forms(row, &call.result) {
                for (_, object) in records(&result) {
                    named.entry(record(row.operation)).or_default().add(object);
                }
            }
        }
    }
    let methods: Vec<Value> = rows.iter().map(|(name, row)| method(name, row, &calls)).collect();
    let schemas: Map<String, Value> = named.iter().map(|(name, shape)| (name.clone(), shape.schema())).collect();
    let errors: Map<String, Value> = ERRORS
        .iter()
        .map(|(code, message)| (format!("E{}", -code), json!({"code": code, "message": message})))
        .collect();
    json!({
        "openrpc": "1.3.2",
        "info": {
            "title": "Tessera: JeraSoft CoreAPI over JSON-RPC 2.0",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "`POST /api/`, one call or up to 100 in a batch, parameters by name. `X-Api-Key`, or `Authorization: Bearer` with a token.",
            "license": {"name": "MIT OR Apache-2.0"},
        },
        "servers": [{"name": "here", "url": "/api/"}],
        "methods": methods,
        "components": {"schemas": schemas, "errors": errors},
    })
}

fn method(name: &str, row: &Row, calls: &[Called]) -> Value {
    let mut seen = BTreeSet::new();
    let mut fields: Vec<Described> = row.describe();
    fields.retain(|field| seen.insert(field.name.clone()));
    // OpenRPC wants what is required first.
    fields.sort_by_key(|field| !field.required);
    let params: Vec<Value> = fields
        .into_iter()
        .map(|field| json!({"name": field.name, "required": field.required, "schema": field.schema}))
        .collect();
    let mut shape = Shape::default();
    let own: Vec<&Called> = calls.iter().filter(|call| call.method == name).collect();
    for call in &own {
        forms(row, &call.result).iter().for_each(|result| shape.add(result));
        for (place, _) in records(&call.result) {
            if let Some(inner) = shape.at(&place) {
                inner.name(&record(row.operation));
            }
        }
    }
    let example = |call: &&Called| {
        let params: Vec<Value> =
            call.params.iter().map(|(name, value)| json!({"name": name, "value": value})).collect();
        json!({"name": "example", "params": params, "result": {"name": "result", "value": call.result}})
    };
    let errors: Vec<Value> =
        ERRORS.iter().map(|(code, _)| json!({"$ref": format!("#/components/errors/E{}", -code)})).collect();
    json!({
        "name": name,
        "summary": summary(row),
        "tags": [{"name": tag(row)}],
        "paramStructure": "by-name",
        "params": params,
        "result": {"name": "result", "schema": shape.schema()},
        "errors": errors,
        "examples": own.first().iter().map(|call| example(call)).collect::<Vec<_>>(),
    })
}
