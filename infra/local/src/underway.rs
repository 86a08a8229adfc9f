//! Transactions whose effect comes later than their caller stopped waiting for it.
//!
//! DynamoDB's rules for them (API Reference, `TransactWriteItems` and `TransactionInProgressException`): while a
//! transaction is in progress, another one with its token is told so, and one on the same items is cancelled with
//! `TransactionConflict`; when it is done, one with its token is done too, without a second effect. One that has not
//! arrived yet is known to nobody.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::engine::Engine;

/// Transactions under way.
#[derive(Debug, Default)]
pub(crate) struct Underway {
    all: Vec<One>,
}

#[derive(Debug)]
struct One {
    target: String,
    body: Vec<u8>,
    /// How many further transactions are told or served before it has its effect.
    left: u32,
    /// Whether the store knows of it.
    arrived: bool,
}

/// What a transaction meets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Meets {
    Nothing,
    Itself,
    Another,
}

impl Underway {
    /// One more.
    pub(crate) fn add(&mut self, target: &str, body: &[u8], left: u32, arrived: bool) {
        self.all.push(One { target: target.to_owned(), body: body.to_vec(), left, arrived });
    }

    /// What a transaction meets that is about to be served. Those whose time has come have their effect first.
    pub(crate) fn before(&mut self, engine: &Engine, body: &[u8]) -> Meets {
        self.land(engine, |one| one.left == 0);
        let (token, keys) = described(body);
        let mut meets = Meets::Nothing;
        for one in &mut self.all {
            one.left = one.left.saturating_sub(1);
            let (own, touched) = described(&one.body);
            if one.arrived && own == token {
                meets = Meets::Itself;
            } else if one.arrived && meets == Meets::Nothing && !touched.is_disjoint(&keys) {
                meets = Meets::Another;
            }
        }
        meets
    }

    /// All that is left has its effect now. How many that were.
    pub(crate) fn land_all(&mut self, engine: &Engine) -> usize {
        self.land(engine, |_| true)
    }

    fn land(&mut self, engine: &Engine, is_due: impl Fn(&One) -> bool) -> usize {
        let (due, rest) = std::mem::take(&mut self.all).into_iter().partition(is_due);
        self.all = rest;
        let due: Vec<One> = due;
        for one in &due {
            engine.serve_target(&one.target, &one.body);
        }
        due.len()
    }
}

/// A transaction's token, and the keys of the items it touches.
fn described(body: &[u8]) -> (Option<String>, BTreeSet<String>) {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let token = body["ClientRequestToken"].as_str().map(str::to_owned);
    let actions = body["TransactItems"].as_array().into_iter().flatten();
    let key = |action: &Value| {
        let (kind, action) = action.as_object()?.iter().next()?;
        let item = if kind == "Put" { &action["Item"] } else { &action["Key"] };
        Some(format!("{} {}", item["PK"]["S"], item["SK"]["S"]))
    };
    (token, actions.filter_map(key).collect())
}
