//! What is kept of a delivery: the message, and what became of it at one webhook.

use chrono::Duration;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::machinery::keys;
use crate::words::time::{Instant, utc_seconds};

/// How long messages and deliveries are kept, in days: what died is replayable so long.
pub const KEPT_DAYS: i64 = 30;
/// How many attempts of a delivery are remembered, the newest.
const REMEMBERED: usize = 20;

/// What is told, once for all webhooks that are told of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// Its id, the same in every attempt and at every webhook: receivers know by it what they had before.
    pub id: String,
    /// The event.
    pub event: String,
    /// The kind of object it is about.
    pub object: String,
    /// The object's id.
    pub object_id: u64,
    /// When it happened, UTC.
    pub at: Instant,
    /// The object as CloudOnex's dialect shows it, as JSON text.
    pub data: String,
    /// When it is forgotten, epoch seconds.
    pub expires: i64,
}

/// Where a delivery stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// To be delivered.
    Pending,
    /// The receiver has it.
    Delivered,
    /// Given up; may be replayed.
    Dead,
}

/// One attempt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// When, UTC.
    pub at: Instant,
    /// The HTTP status of the answer, where there was one.
    pub status_code: Option<u16>,
    /// What went wrong, in a few words.
    pub error: Option<String>,
    /// The beginning of the answer.
    pub answer: String,
    /// How long it took, in milliseconds.
    pub duration_ms: u64,
}

/// One message at one webhook.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    /// The message's id.
    pub id: String,
    /// The webhook.
    pub webhook: u64,
    /// The event.
    pub event: String,
    /// The kind of object it is about.
    pub object: String,
    /// The object's id.
    pub object_id: u64,
    /// Counts what this webhook is told of this object, from 1, without gaps.
    pub sequence: u64,
    /// Where it stands.
    pub state: State,
    /// The attempts, oldest first.
    pub attempts: Vec<Attempt>,
    /// How many there were since it was queued.
    pub tries: usize,
    /// When it is to be tried next, UTC; at once when missing.
    pub due: Option<Instant>,
    /// Until when somebody who sends it may be taken to be at it, UTC.
    pub claimed_until: Option<Instant>,
    /// When it was made, UTC.
    pub created_at: Instant,
    /// When the receiver had it, UTC.
    pub delivered_at: Option<Instant>,
    /// Counts the changes.
    pub version: u64,
    /// When it is forgotten, epoch seconds.
    pub expires: i64,
}

/// When what is made now is forgotten, epoch seconds.
pub(super) fn forgotten(now: Instant) -> i64 {
    (now + Duration::days(KEPT_DAYS)).timestamp()
}

impl Message {
    /// The body that a receiver gets: the same text in every attempt.
    pub fn body(&self, sequence: u64) -> String {
        let data: Value = serde_json::from_str(&self.data).unwrap_or(Value::Null);
        json!({
            "id": self.id,
            "event": self.event,
            "created_at": utc_seconds(self.at),
            "object": {"type": self.object, "id": self.object_id},
            "sequence": sequence,
            "data": data,
        })
        .to_string()
    }
}

impl Delivery {
    /// The first delivery of a message at a webhook.
    pub(super) fn new(message: &Message, webhook: u64, sequence: u64, now: Instant) -> Self {
        Self {
            id: message.id.clone(),
            webhook,
            event: message.event.clone(),
            object: message.object.clone(),
            object_id: message.object_id,
            sequence,
            state: State::Pending,
            attempts: Vec::new(),
            tries: 0,
            due: None,
            claimed_until: None,
            created_at: now,
            delivered_at: None,
            version: 1,
            expires: message.expires,
        }
    }

    /// The lane it is queued in.
    pub fn lane(&self) -> String {
        keys::lane_name(&self.object, self.object_id)
    }

    /// It was tried.
    pub(super) fn tried(&mut self, attempt: Attempt) {
        self.tries += 1;
        self.attempts.push(attempt);
        let more = self.attempts.len().saturating_sub(REMEMBERED);
        self.attempts.drain(..more);
    }
}
