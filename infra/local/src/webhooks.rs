//! What stands behind the table's stream and the queue: the dispatcher and the deliverer, invoked with the very events
//! that Lambda would invoke them with.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration as Pause;

use deliverer::{Deliverer, Post};
use dispatcher::Dispatcher;
use serde_json::{Value, json};
use shared::domain::webhooks::lane::Wake;
use shared::machinery::app::App;
use shared::machinery::gateway::Answers;
use shared::machinery::outside::Outside;
use shared::machinery::secrets::Secrets;
use shared::machinery::store::{Store, wire};
use shared::words::error::{Error, Result};
use shared::words::time::Duration;
use tokio::sync::Semaphore;

use crate::engine::Engine;
use crate::queue::{LocalQueue, Message};
use crate::template::Template;

/// How many messages are worked on side by side.
const SIDE_BY_SIDE: usize = 16;
/// How often a record of the stream is tried.
const MOST_TRIES: u32 = 5;
/// How often the queue is looked at for messages whose time has come.
const TICK: Pause = Pause::from_millis(200);

/// The two functions, and what invokes them.
pub struct Webhooks {
    engine: Engine,
    queue: LocalQueue,
    dispatcher: Dispatcher,
    deliverer: Deliverer,
    out_of_sight: i64,
}

impl Webhooks {
    /// Both functions on one store, following the engine's stream from now on.
    pub fn new(
        template: &Template,
        engine: &Engine,
        store: &Store,
        secrets: &Arc<Secrets>,
        outside: &Outside,
        post: Post,
    ) -> Self {
        engine.stream.follow(template.stream_filters.clone());
        let app = |rows| App::new(store.clone(), Arc::clone(secrets), outside.clone(), rows);
        let queue = LocalQueue::new(outside);
        let dispatcher = Dispatcher { app: app(rpc::rows()), queue: queue.client() };
        let deliverer = Deliverer { app: app(Vec::new()), queue: queue.client(), post };
        Self { engine: engine.clone(), queue, dispatcher, deliverer, out_of_sight: template.out_of_sight }
    }

    /// Take up what an earlier process left: told but not fanned out, or fanned out and not delivered.
    ///
    /// # Errors
    ///
    /// What the engine says.
    pub fn take_up(&self, table: &str) -> std::result::Result<(), String> {
        let items = self.engine.items(table)?;
        let partition = |item: &Value| item["PK"]["S"].as_str().unwrap_or_default().to_owned();
        let tenants: BTreeSet<String> =
            items.iter().map(partition).filter_map(|pk| pk.strip_suffix("#webhook").map(str::to_owned)).collect();
        let mut waiting = BTreeSet::new();
        for item in &items {
            let read = wire::whole(item).and_then(Wake::of).map_err(|e| e.logged.unwrap_or_default())?;
            match read {
                // It waits, since its own message may be lost.
                Some(wake) => {
                    waiting.insert(json!(Wake { waits: true, ..wake }).to_string());
                }
                // Where there is no webhook nobody listens.
                None if partition(item).strip_suffix("#outbox").is_some_and(|tenant| tenants.contains(tenant)) => {
                    self.engine.stream.remember(item);
                }
                None => {}
            }
        }
        let now = self.deliverer.app.outside.exactly_now();
        for (place, body) in waiting.into_iter().enumerate() {
            self.queue.put(Message { id: format!("start-{place}"), body }, now);
        }
        Ok(())
    }

    /// Work until the task is dropped.
    pub async fn run(self: Arc<Self>) {
        tokio::join!(self.dispatch_all(), Arc::clone(&self).deliver_all());
    }

    async fn dispatch_all(&self) {
        loop {
            let records = self.engine.stream.next().await;
            self.dispatch(records).await;
        }
    }

    /// Hand records of the stream to the dispatcher, again from the first that failed on.
    pub async fn dispatch(&self, mut records: Vec<Value>) {
        let mut tries = 0;
        while !records.is_empty() {
            let answer = self.dispatcher.answer(&json!({"Records": records})).await.unwrap_or_default();
            let failed = &answer["batchItemFailures"][0]["itemIdentifier"];
            let rest = records.iter().position(|record| record["dynamodb"]["SequenceNumber"] == *failed);
            let Some(rest) = rest else { return };
            records.drain(..rest);
            tries = if rest == 0 { tries + 1 } else { 0 };
            if tries >= MOST_TRIES {
                // In the cloud it would go where failed records go.
                tracing::error!(record = %records.remove(0)["dynamodb"]["Keys"], "a record was given up");
                tries = 0;
            }
            tokio::time::sleep(Pause::from_millis(50 << tries)).await;
        }
    }

    async fn deliver_all(self: Arc<Self>) {
        let places = Arc::new(Semaphore::new(SIDE_BY_SIDE));
        loop {
            for message in self.queue.take(SIDE_BY_SIDE) {
                let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
                let own = Arc::clone(&self);
                tokio::spawn(async move {
                    own.deliver(message).await;
                    drop(place);
                });
            }
            let _ = tokio::time::timeout(TICK, self.queue.another()).await;
        }
    }

    /// Hand a message to the deliverer; one that was not worked on is seen again later.
    pub async fn deliver(&self, message: Message) {
        let event = json!({"Records": [{"messageId": message.id, "body": message.body, "eventSource": "aws:sqs"}]});
        let answer = self.deliverer.answer(&event).await;
        let done = answer.is_ok_and(|answer| answer["batchItemFailures"].as_array().is_some_and(Vec::is_empty));
        if !done {
            let again = self.deliverer.app.outside.exactly_now() + Duration::seconds(self.out_of_sight);
            self.queue.put(message, again);
        }
    }

    /// The answer of one of the functions to an event.
    ///
    /// # Errors
    ///
    /// What the function says, or that there is no such function.
    pub async fn answer(&self, function: &str, event: &Value) -> Result<Value> {
        match function {
            "dispatcher" => self.dispatcher.answer(event).await,
            "deliverer" => self.deliverer.answer(event).await,
            other => Err(Error::internal(format!("{other} is fed by nothing"))),
        }
    }

    /// The queue, for those who drive it by hand.
    pub fn queue(&self) -> &LocalQueue {
        &self.queue
    }

    /// The records that nobody has read yet.
    pub fn unread(&self) -> Vec<Value> {
        self.engine.stream.take()
    }
}
