//! SQS on one machine: the one call that is sent to it, plugged into the SDK as its HTTP client, and what Lambda's
//! event source does on the other side.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpClient, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use deliverer::{Place, Queue};
use serde_json::{Value, json};
use shared::machinery::outside::Outside;
use shared::words::time::{Duration, Instant};
use tokio::sync::Notify;

use crate::engine::respond;

/// A message that is to be seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Its id.
    pub id: String,
    /// What was sent.
    pub body: String,
}

/// A queue, by the clock of the API.
#[derive(Clone)]
pub struct LocalQueue {
    waiting: Arc<Mutex<BTreeMap<(Instant, u64), Message>>>,
    more: Arc<Notify>,
    outside: Outside,
}

impl std::fmt::Debug for LocalQueue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("LocalQueue")
    }
}

impl LocalQueue {
    /// An empty queue.
    pub fn new(outside: &Outside) -> Self {
        Self { waiting: Arc::default(), more: Arc::default(), outside: outside.clone() }
    }

    /// The queue as functions reach it.
    pub fn client(&self) -> Queue {
        Queue::connect(Place {
            url: "http://queue.local/webhooks".into(),
            region: "local".into(),
            credentials: ("local".into(), "local".into(), None),
            endpoint: None,
            http: self.http_client(),
        })
    }

    fn http_client(&self) -> SharedHttpClient {
        let connector = SharedHttpConnector::new(self.clone());
        http_client_fn(move |_, _| connector.clone())
    }

    /// Let a message be seen from an instant on.
    pub fn put(&self, message: Message, from: Instant) {
        if let Ok(mut waiting) = self.waiting.lock() {
            let number = waiting.last_key_value().map_or(0, |((_, last), _)| *last).max(waiting.len() as u64);
            let number = (number..).find(|number| !waiting.contains_key(&(from, *number))).unwrap_or(number);
            waiting.insert((from, number), message);
            self.more.notify_one();
        }
    }

    /// Take the messages that may be seen now, at most so many. Who fails to work on one puts it back.
    pub fn take(&self, most: usize) -> Vec<Message> {
        let now = self.outside.exactly_now();
        let Ok(mut waiting) = self.waiting.lock() else { return Vec::new() };
        let mut taken = Vec::new();
        while taken.len() < most
            && let Some(first) = waiting.first_entry().filter(|first| first.key().0 <= now)
        {
            taken.push(first.remove());
        }
        taken
    }

    /// When the next message may be seen; nothing when there is none.
    pub fn next_at(&self) -> Option<Instant> {
        self.waiting.lock().ok().and_then(|waiting| waiting.first_key_value().map(|((at, _), _)| *at))
    }

    /// Wait until another message comes.
    pub async fn another(&self) {
        self.more.notified().await;
    }

    /// One call: the target (`AmazonSQS.SendMessageBatch`) and the JSON body; the status and the JSON answer.
    pub fn serve_target(&self, target: &str, body: &[u8]) -> (u16, String) {
        if target != "AmazonSQS.SendMessageBatch" {
            return (400, json!({"__type": "UnsupportedOperation", "message": target}).to_string());
        }
        let body: Value = serde_json::from_slice(body).unwrap_or_default();
        let mut taken = Vec::new();
        for entry in body["Entries"].as_array().into_iter().flatten() {
            let id = self.outside.fresh_id();
            let text = entry["MessageBody"].as_str().unwrap_or_default().to_owned();
            let delay = Duration::seconds(entry["DelaySeconds"].as_i64().unwrap_or(0));
            taken.push(json!({"Id": entry["Id"], "MessageId": id, "MD5OfMessageBody": ""}));
            self.put(Message { id, body: text }, self.outside.exactly_now() + delay);
        }
        (200, json!({"Successful": taken, "Failed": []}).to_string())
    }
}

impl HttpConnector for LocalQueue {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let target = request.headers().get("x-amz-target").unwrap_or_default();
        let (status, answer) = self.serve_target(target, request.body().bytes().unwrap_or_default());
        HttpConnectorFuture::new(async move { respond(status, answer) })
    }
}
