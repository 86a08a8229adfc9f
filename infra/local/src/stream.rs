//! The stream of the embedded table: what a transaction puts in for the first time, in the order of the commits.
//!
//! The engine has a stream of its own, which numbers its records by counting them all for every write; so this stands
//! before it. It knows of new items only where their condition says that they are new, and of no other change: that is
//! all that the stream's one reader asks for. It holds what nobody has read yet, and nothing while nobody reads.

use std::collections::VecDeque;
use std::sync::{Mutex, OnceLock};

use serde_json::{Value, json};
use tokio::sync::Notify;

/// The condition of an item that must be new.
const NEW: &str = "attribute_not_exists(PK)";
/// The most records handed over at once.
const AT_ONCE: usize = 100;

/// What is new in the table.
#[derive(Default)]
pub struct Stream {
    /// What the reader asks for, in Lambda's filter language; nothing while there is no reader.
    filters: OnceLock<Vec<Value>>,
    state: Mutex<State>,
    more: Notify,
}

#[derive(Default)]
struct State {
    records: VecDeque<Value>,
    numbered: u64,
}

impl Stream {
    /// From now on hold the records that one of these filters lets through. Only the first reader's count.
    pub fn follow(&self, filters: Vec<Value>) {
        let _ = self.filters.set(filters);
    }

    /// Run a transaction, and remember what it put in. Transactions run one after the other here, so that their
    /// records stand in the order of their commits.
    pub fn along<T, E>(&self, body: &[u8], run: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
        let Some(filters) = self.filters.get() else { return run() };
        let Ok(mut state) = self.state.lock() else { return run() };
        let done = run()?;
        let body: Value = serde_json::from_slice(body).unwrap_or_default();
        let puts = body["TransactItems"].as_array().into_iter().flatten().map(|action| &action["Put"]);
        for item in puts.filter(|put| put["ConditionExpression"] == NEW).map(|put| &put["Item"]) {
            self.note(filters, &mut state, item);
        }
        Ok(done)
    }

    /// Remember an item as if it were new: after a start, what may not have been read before.
    pub fn remember(&self, item: &Value) {
        if let (Some(filters), Ok(mut state)) = (self.filters.get(), self.state.lock()) {
            self.note(filters, &mut state, item);
        }
    }

    fn note(&self, filters: &[Value], state: &mut State, item: &Value) {
        state.numbered += 1;
        let record = json!({
            "eventID": format!("{:032x}", state.numbered),
            "eventName": "INSERT",
            "eventSource": "aws:dynamodb",
            "dynamodb": {
                "Keys": {"PK": item["PK"], "SK": item["SK"]},
                "NewImage": item,
                "SequenceNumber": format!("{:021}", state.numbered),
            },
        });
        if filters.iter().any(|filter| lets_through(filter, &record)) {
            state.records.push_back(record);
            self.more.notify_one();
        }
    }

    /// The oldest records that nobody has read, at most a hundred; waits for the first one.
    pub async fn next(&self) -> Vec<Value> {
        loop {
            let records = self.take();
            if !records.is_empty() {
                return records;
            }
            self.more.notified().await;
        }
    }

    /// The same without waiting.
    pub fn take(&self) -> Vec<Value> {
        let Ok(mut state) = self.state.lock() else { return Vec::new() };
        let count = state.records.len().min(AT_ONCE);
        state.records.drain(..count).collect()
    }
}

/// Whether a filter of an event source lets a record through: of each member it names, one of the listed values or
/// rules fits. Knows the rules that template.yaml uses; any other fits nothing.
fn lets_through(filter: &Value, record: &Value) -> bool {
    let fits = |rule: &Value| match rule {
        Value::Object(_) => {
            let text = record.as_str().unwrap_or_default();
            rule["suffix"].as_str().is_some_and(|end| text.ends_with(end))
                || rule["prefix"].as_str().is_some_and(|begin| text.starts_with(begin))
                || rule["exists"].as_bool().is_some_and(|wanted| wanted != record.is_null())
        }
        value => value == record,
    };
    match filter {
        Value::Object(members) => members.iter().all(|(name, inner)| lets_through(inner, &record[name])),
        Value::Array(rules) => rules.iter().any(fits),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put(pk: &str, condition: &str) -> Value {
        json!({"Put": {"Item": {"PK": {"S": pk}, "SK": {"S": "1"}}, "ConditionExpression": condition}})
    }

    fn pks(stream: &Stream) -> Vec<String> {
        stream.take().iter().map(|one| one["dynamodb"]["Keys"]["PK"]["S"].as_str().unwrap().to_owned()).collect()
    }

    #[test]
    fn new_items_that_the_filter_lets_through() {
        let stream = Stream::default();
        let all = |items: Value| json!({"TransactItems": items}).to_string();
        let body = all(json!([put("t#outbox", NEW), put("t#customer", NEW), put("t#outbox", "version = :was")]));
        stream.along(body.as_bytes(), || Ok::<_, ()>(())).unwrap();
        assert!(pks(&stream).is_empty(), "nobody reads");
        stream.follow(vec![
            json!({"eventName": ["INSERT"], "dynamodb": {"Keys": {"PK": {"S": [{"suffix": "#outbox"}]}}}}),
        ]);
        stream.along(body.as_bytes(), || Err::<(), _>(())).unwrap_err();
        assert!(pks(&stream).is_empty(), "the transaction failed");
        stream.along(body.as_bytes(), || Ok::<_, ()>(())).unwrap();
        assert_eq!(pks(&stream), ["t#outbox"]);
    }

    #[test]
    fn rules_of_filters() {
        let record = json!({"eventName": "INSERT", "dynamodb": {"NewImage": {"lane": {"S": "invoice#1"}}}});
        for (filter, lets) in [
            (json!({"eventName": ["INSERT"]}), true),
            (json!({"eventName": ["MODIFY", "REMOVE"]}), false),
            (json!({"dynamodb": {"NewImage": {"lane": {"S": [{"exists": true}]}}}}), true),
            (json!({"dynamodb": {"NewImage": {"other": {"S": [{"exists": true}]}}}}), false),
            (json!({"dynamodb": {"NewImage": {"lane": {"S": [{"prefix": "invoice#"}]}}}}), true),
            (json!({"dynamodb": {"NewImage": {"lane": {"S": [{"suffix": "invoice#"}]}}}}), false),
            (json!({"dynamodb": {"NewImage": {"lane": {"S": [{"numeric": [">", 1]}]}}}}), false),
        ] {
            assert_eq!(lets_through(&filter, &record), lets, "{filter}");
        }
    }
}
