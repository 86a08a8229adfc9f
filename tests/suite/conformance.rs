//! Conformance: what the contracts document, operation by operation, and whether it is there.
//!
//! `conformance/<list>.txt` has a line for each documented operation: the contract's section, the operation
//! as it is documented, a note. An operation counts as served when a golden exchange of it succeeded: its
//! status is 2xx, and over JSON-RPC its answer has a `result`. That asks more than a row in the route table,
//! and it is also true of what has no row of its own: early names, other paths to the same rows.
//!
//! The test names each documented operation that is not served, whether for want of a row or of an exchange,
//! and each row of the route table that no exchange shows. A line may say `open: <why>`; it is then not
//! asked for, until it is served after all. The score stands in README.md.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::PathBuf;

use serde_json::Value;

use crate::golden::{self, Exchange};

const LISTS: [&str; 5] = ["jerasoft", "jsonrpc", "racknap", "cloudonex", "billmora"];
const JSON_RPC: &str = "jsonrpc";
const VERBS: [&str; 5] = ["GET", "POST", "PUT", "PATCH", "DELETE"];

/// A line of a list.
struct Documented {
    section: String,
    operation: String,
    open: bool,
}

/// What is there: of rows or of exchanges, each operation by its list and its shape.
type There = BTreeSet<(&'static str, String)>;

fn read(list: &'static str, text: &str, faults: &mut Vec<String>) -> Vec<Documented> {
    let mut found: Vec<Documented> = Vec::new();
    for line in text.lines().filter(|line| !line.trim().is_empty() && !line.starts_with('#')) {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let (section, operation, open) = match cells[..] {
            [section, operation, note] if !note.is_empty() => (section, operation, None),
            [section, operation, note, open] if !note.is_empty() => (section, operation, Some(open)),
            _ => {
                faults.push(format!("{list}: three or four cells are wanted: {line}"));
                continue;
            }
        };
        let contract = if list == JSON_RPC { "jerasoft" } else { list };
        let number = section.strip_prefix(contract).and_then(|rest| rest.strip_prefix(" §")).unwrap_or_default();
        if number.is_empty() || !number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') {
            faults.push(format!("{list}: no section of {contract}'s contract: {line}"));
        }
        let well_formed = match operation.split_once(' ') {
            Some((verb, path)) => list != JSON_RPC && VERBS.contains(&verb) && path.starts_with('/'),
            None => list == JSON_RPC && operation.contains('.') && !operation.contains('/'),
        };
        if !well_formed {
            faults.push(format!("{list}: no operation: {line}"));
        }
        if open.is_some_and(|open| open.strip_prefix("open: ").is_none_or(|why| why.trim().is_empty())) {
            faults.push(format!("{list}: the fourth cell is `open: <why>`: {line}"));
        }
        if found.iter().any(|earlier| shape(list, &earlier.operation) == shape(list, operation)) {
            faults.push(format!("{list}: listed twice: {operation}"));
        }
        found.push(Documented { section: section.into(), operation: operation.into(), open: open.is_some() });
    }
    found
}

/// An operation without what differs from call to call: `GET /api/clients/42?q=x` and `GET /api/clients/{id}`
/// are both `GET /api/clients/{}`. Of a query the front controller's path is kept.
fn shape(list: &str, operation: &str) -> String {
    if list == JSON_RPC {
        return operation.to_owned();
    }
    let (path, query) = operation.split_once('?').unwrap_or((operation, ""));
    let whole = match query.split('&').find(|part| part.starts_with("ng=")) {
        Some(front) => format!("{path}?{front}"),
        None => path.to_owned(),
    };
    let parts = whole.trim_end_matches('/').split('/').map(|part| {
        let number = !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        if number || part.starts_with('{') || part.starts_with("msg_") { "{}" } else { part }
    });
    parts.collect::<Vec<_>>().join("/")
}

fn rows() -> There {
    let mut there = There::new();
    for row in local::rows() {
        let list = row.dialect.name();
        there.insert((list, shape(list, &format!("{} {}", row.verb, row.path))));
        there.extend(row.rpc.map(|name| (JSON_RPC, name.to_owned())));
    }
    there
}

/// What the exchanges show to work. Which list a path belongs to is for the lists to say.
fn shown(exchanges: &[Exchange]) -> There {
    let mut there = There::new();
    for exchange in exchanges {
        let (head, said) = exchange.answer.split_once("\n\n").unwrap_or((exchange.answer.as_str(), ""));
        let line = head.lines().next().unwrap_or_default();
        if !line.starts_with("HTTP 2") {
            continue;
        }
        let asked = shape("", &exchange.request[0]);
        if asked == "POST /api" {
            there.extend(answered(&exchange.body(), said).into_iter().map(|name| (JSON_RPC, name)));
        }
        there.extend(LISTS.iter().filter(|list| **list != JSON_RPC).map(|list| (*list, asked.clone())));
    }
    there
}

/// The methods of the calls that got a result, one by one or in a batch.
fn answered(asked: &str, said: &str) -> Vec<String> {
    let all = |text: &str| match serde_json::from_str(text) {
        Ok(Value::Array(all)) => all,
        Ok(one) => vec![one],
        Err(_) => Vec::new(),
    };
    let said = all(said);
    let got = |call: &Value| said.iter().any(|said| said["id"] == call["id"] && said.get("result").is_some());
    all(asked).iter().filter(|call| got(call)).filter_map(|call| call["method"].as_str().map(str::to_owned)).collect()
}

/// How many of a list are served, of how many; and how many are open.
#[derive(Debug, PartialEq, Eq)]
struct Score {
    list: &'static str,
    served: usize,
    listed: usize,
    open: usize,
}

fn judge(
    list: &'static str,
    documented: &[Documented],
    rows: &There,
    shown: &There,
    faults: &mut Vec<String>,
) -> Score {
    let mut score = Score { list, served: 0, listed: documented.len(), open: 0 };
    let mut listed = BTreeSet::new();
    for Documented { section, operation, open } in documented {
        let key = (list, shape(list, operation));
        let fault = match (shown.contains(&key), rows.contains(&key), *open) {
            (true, _, false) => {
                score.served += 1;
                None
            }
            (false, false, true) => {
                score.open += 1;
                None
            }
            (false, true, false) => Some("has a row and no golden exchange"),
            (false, false, false) => Some("has no row"),
            (_, _, true) => Some("is served: it is not open any more"),
        };
        faults.extend(fault.map(|fault| format!("{list}: {operation} ({section}) {fault}")));
        listed.insert(key);
    }
    for key in rows.iter().filter(|key| key.0 == list && !shown.contains(*key) && !listed.contains(*key)) {
        faults.push(format!("{list}: {}, an addition of ours, has a row and no golden exchange", key.1));
    }
    score
}

/// The table for README.md.
fn table(scores: &[Score]) -> String {
    let mut text = "| dialect | documented operations | served | open |\n| --- | --- | --- | --- |\n".to_owned();
    for Score { list, served, listed, open } in scores {
        let name = match *list {
            "jerasoft" => "JeraSoft CoreAPI, REST",
            "jsonrpc" => "JeraSoft CoreAPI, JSON-RPC",
            "racknap" => "RackNap Billing API",
            "cloudonex" => "CloudOnex Business Suite",
            _ => "Billmora",
        };
        writeln!(text, "| {name} | {listed} | {served} | {open} |").unwrap();
    }
    text.trim_end().to_owned()
}

#[test]
fn every_documented_operation_is_served_and_shown() {
    let top = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let (rows, shown) = (rows(), shown(&golden::all()));
    let mut faults = Vec::new();
    let mut scores = Vec::new();
    for list in LISTS {
        let text = std::fs::read_to_string(top.join("conformance").join(format!("{list}.txt"))).unwrap();
        let documented = read(list, &text, &mut faults);
        let score = judge(list, &documented, &rows, &shown, &mut faults);
        println!("conformance: {list} {}/{}, {} open", score.served, score.listed, score.open);
        scores.push(score);
    }
    let table = table(&scores);
    let readme = std::fs::read_to_string(top.join("../README.md")).unwrap();
    let stands =
        readme.split_once("<!-- conformance -->").and_then(|(_, rest)| rest.split_once("<!-- /conformance -->"));
    if stands.map(|(stands, _)| stands.trim()) != Some(table.as_str()) {
        faults.push(format!("README.md: between its two comments on conformance stands\n{table}"));
    }
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
}

/// The judge is judged: each fault is found.
#[test]
fn a_list_is_taken_at_its_word() {
    let exchange = |request: &str, body: &str, answer: &str| Exchange {
        title: String::new(),
        request: [request, "X-Api-Key: k", "", body].map(str::to_owned).into(),
        answer: answer.into(),
    };
    let batch = r#"[{"id": 1, "method": "a.one"}, {"id": 2, "method": "a.two"}, {"method": "a.told"}]"#;
    let shown = shown(&[
        exchange("GET /api/v1/users/7?page=2", "", "HTTP 200\ncontent-type: x\n\n{}"),
        exchange("GET /?limit=1&ng=api/v1/users/7", "", "HTTP 200\n\n[]"),
        exchange("DELETE /api/v1/users/7", "", "HTTP 404\n\n{}"),
        exchange("POST /api/", batch, "HTTP 200\n\n[{\"id\":2,\"error\":{}},{\"id\":1,\"result\":null}]"),
    ]);
    assert!(shown.contains(&(JSON_RPC, "a.one".into())));
    assert!(!shown.iter().any(|(_, name)| name == "a.two" || name == "a.told"), "an error or nothing was the answer");
    let there = |operations: &[&str]| -> There { operations.iter().map(|op| ("billmora", shape("", op))).collect() };
    let rows =
        there(&["GET /api/v1/users/{id}", "DELETE /api/v1/users/{id}", "PUT /api/v1/users/{id}", "POST /api/v1/x"]);
    let text = "# a comment\n\n\
        billmora §9.1 | GET /api/v1/users/{id} | show\n\
        billmora §9.1 | GET /?ng=api/v1/users/{id} | no row of its own\n\
        billmora §9.1 | DELETE /api/v1/users/{id} | only refused\n\
        billmora §9.1 | PATCH /api/v1/users/{id} | no row\n\
        billmora §9.2 | POST /api/v1/hooks | later | open: not yet\n\
        billmora §9.2 | PUT /api/v1/users/{id} | there is a row | open: not yet\n";
    let mut faults = Vec::new();
    let documented = read("billmora", text, &mut faults);
    assert!(faults.is_empty(), "{faults:?}");
    let score = judge("billmora", &documented, &rows, &shown, &mut faults);
    assert_eq!(score, Score { list: "billmora", served: 2, listed: 6, open: 1 });
    let said = [
        "billmora: DELETE /api/v1/users/{id} (billmora §9.1) has a row and no golden exchange",
        "billmora: PATCH /api/v1/users/{id} (billmora §9.1) has no row",
        "billmora: PUT /api/v1/users/{id} (billmora §9.2) is served: it is not open any more",
        "billmora: POST /api/v1/x, an addition of ours, has a row and no golden exchange",
    ];
    assert_eq!(faults, said);
    for line in [
        "billmora §9.1 | GET /api/v1/users",
        "billmora §9.1 | GET /api/v1/users | ",
        "billmora 9.1 | GET /api/v1/users | note",
        "racknap §9.1 | GET /api/v1/users | note",
        "billmora §9.1 | FETCH /api/v1/users | note",
        "billmora §9.1 | users.get | note",
        "billmora §9.1 | GET /api/v1/users | note | later",
        "billmora §9.1 | GET /a/{x} | note\nbillmora §9.1 | GET /a/{y} | note",
    ] {
        let mut faults = Vec::new();
        read("billmora", line, &mut faults);
        assert_eq!(faults.len(), 1, "{line}: {faults:?}");
    }
}
