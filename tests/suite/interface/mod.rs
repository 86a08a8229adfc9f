//! The API documents: OpenAPI 3.1 of each dialect and OpenRPC of JSON-RPC, generated from the route table and the
//! golden exchanges, committed in infra/documents, and compared here. `UPDATE_DOCUMENTS=1` writes them anew.

mod infer;
mod openapi;
mod openrpc;
mod words;

use std::path::PathBuf;

use serde_json::{Map, Value};
use shared::machinery::body::pairs;
use shared::machinery::dialect::Dialect;
use shared::machinery::route::Row;

use crate::golden::{self, Exchange};

/// A golden exchange, read.
pub(crate) struct Shown {
    verb: String,
    /// Without the query.
    path: String,
    body: Option<Value>,
    status: u16,
    answer: Value,
}

/// A golden JSON-RPC call that succeeded.
pub(crate) struct Called {
    method: String,
    params: Map<String, Value>,
    result: Value,
}

impl Shown {
    fn of(exchange: &Exchange) -> Option<Self> {
        let (verb, target) = exchange.request.first()?.split_once(' ')?;
        let (head, answer) = exchange.answer.split_once("\n\n").unwrap_or((exchange.answer.as_str(), ""));
        let status = head.strip_prefix("HTTP ")?.split_whitespace().next()?.parse().ok()?;
        let text = exchange.body();
        let form = exchange.request.iter().any(|line| line.to_lowercase().contains("x-www-form-urlencoded"));
        let of_form = || {
            let members: Map<String, Value> =
                pairs(&text).into_iter().map(|(name, value)| (name, value.into())).collect();
            (form && !members.is_empty()).then_some(Value::Object(members))
        };
        Some(Self {
            verb: verb.to_owned(),
            path: target.split('?').next()?.trim_end_matches('/').to_owned(),
            body: serde_json::from_str(&text).ok().or_else(of_form),
            status,
            answer: serde_json::from_str(answer).unwrap_or_default(),
        })
    }

    fn is_good(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The calls of a JSON-RPC exchange that succeeded.
    fn calls(&self) -> Vec<Called> {
        if self.path != "/api" || self.verb != "POST" {
            return Vec::new();
        }
        let list = |value: &Value| value.as_array().cloned().unwrap_or_else(|| vec![value.clone()]);
        let asked = self.body.as_ref().map(list).unwrap_or_default();
        let answers = list(&self.answer);
        let call = |one: &Value| {
            let answer = answers.iter().find(|answer| answer["id"] == one["id"] && answer.get("result").is_some())?;
            let params = one["params"].as_object().cloned().unwrap_or_default();
            Some(Called { method: one["method"].as_str()?.to_owned(), params, result: answer["result"].clone() })
        };
        asked.iter().filter_map(call).collect()
    }
}

/// An answer as it may come: of one that shows a secret, the replay has null in its place.
pub(crate) fn forms(row: &Row, answer: &Value) -> Vec<Value> {
    let mut all = vec![answer.clone()];
    if !row.secrets.is_empty() {
        all.extend(serde_json::from_str::<Value>(&row.without_secrets(&answer.to_string())));
    }
    all
}

/// How well a path fits a row's: the number of its parts that are the same word; nothing when it does not fit.
fn fit(row: &Row, path: &str) -> Option<usize> {
    let (rows, own): (Vec<&str>, Vec<&str>) = (row.path.split('/').collect(), path.split('/').collect());
    let same =
        rows.len() == own.len() && rows.iter().zip(&own).all(|(one, other)| one.starts_with('{') || one == other);
    same.then(|| rows.iter().zip(&own).filter(|(one, other)| one == other).count())
}

/// The exchanges that show a row at work.
pub(crate) fn shown<'e>(row: &Row, rows: &[&Row], exchanges: &'e [Shown]) -> Vec<&'e Shown> {
    let best = |path: &str, verb: &str| {
        rows.iter().filter(|one| one.verb == verb).filter_map(|one| Some((fit(one, path)?, one.path))).max()
    };
    let own = |one: &&Shown| {
        one.verb == row.verb
            && fit(row, &one.path).is_some()
            && best(&one.path, &one.verb).is_some_and(|(_, path)| path == row.path)
    };
    exchanges.iter().filter(own).collect()
}

/// Every document, by the name of its file.
fn documents() -> Vec<(&'static str, Value)> {
    let exchanges: Vec<Shown> = golden::all().iter().filter_map(Shown::of).collect();
    let rows = local::rows();
    let mut all: Vec<(&str, Value)> =
        Dialect::ALL.iter().map(|dialect| (dialect.name(), openapi::document(*dialect, &rows, &exchanges))).collect();
    all.push(("openrpc", openrpc::document(&rows, &exchanges)));
    all
}

#[test]
#[allow(clippy::disallowed_methods, reason = "how a test run is told to write the documents")]
fn the_documents_are_as_the_route_table_has_it() {
    let update = std::env::var_os("UPDATE_DOCUMENTS").is_some();
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("infra/documents");
    let (mut operations, mut examples) = (0, 0);
    for (name, document) in documents() {
        let file = folder.join(format!("{name}.json"));
        let text = serde_json::to_string_pretty(&document).unwrap() + "\n";
        if update {
            std::fs::write(&file, &text).unwrap();
        }
        let committed = std::fs::read_to_string(&file).unwrap_or_default();
        assert!(
            committed == text,
            "infra/documents/{name}.json is stale: UPDATE_DOCUMENTS=1 cargo test writes it anew"
        );
        let all = document["paths"]
            .as_object()
            .into_iter()
            .flatten()
            .flat_map(|(_, path)| path.as_object().unwrap().values());
        for one in all {
            operations += 1;
            let good = one["responses"].as_object().unwrap().iter().filter(|(status, _)| status.starts_with('2'));
            assert!(good.clone().count() > 0, "{}: no example of success", one["operationId"]);
            examples += good.count();
        }
        for method in document["methods"].as_array().into_iter().flatten() {
            operations += 1;
            assert_eq!(method["examples"].as_array().unwrap().len(), 1, "{}", method["name"]);
            examples += 1;
        }
    }
    println!("documents: {operations} operations, {examples} answers shown");
}
