//! Delivers to webhooks what their lanes hold. A queue wakes it; the table says what to send, and when.

mod post;
mod queue;

use chrono::Duration;
use serde_json::{Value, json};
use shared::domain::webhooks::lane::{Outcome, Parcel, SETTLE, TAKE, Taken, Wake};
use shared::domain::webhooks::{Attempt, schedule};
use shared::machinery::app::{App, Environment};
use shared::machinery::command::Operator;
use shared::machinery::gateway::Answers;
use shared::machinery::operation::Working;
use shared::words::error::{Error, Result};
use shared::words::time::{Instant, Zone};

pub use crate::post::{Heard, PATIENCE, Post};
pub use crate::queue::{LONGEST_DELAY, Place, Queue};

/// How long one message is worked on before the rest of its lane is left to another, in seconds.
const LONGEST_WORK: i64 = 10;
/// How long the table is asked what became of a commit: two commits and an attempt fit the function's 30 seconds.
const PATIENCE_WITH_STORE: std::time::Duration = std::time::Duration::from_secs(8);
/// HTTP's word for an address that wants to be told no more (Standard Webhooks).
const GONE: u16 = 410;

/// The deliverer.
pub struct Deliverer {
    /// The table and the clock; it serves no route.
    pub app: App,
    /// Where it is woken from.
    pub queue: Queue,
    /// What it sends with.
    pub post: Post,
}

impl Deliverer {
    /// The Lambda function's.
    ///
    /// # Panics
    ///
    /// When a variable of the environment is missing.
    pub fn from_environment() -> Self {
        let environment = Environment::of_process();
        let app = App::of(&environment, Vec::new()).patient(PATIENCE_WITH_STORE);
        let post = Post::new(app.outside.reaches_itself(), post::PATIENCE);
        Self { app, queue: Queue::of(&environment), post }
    }

    /// Work a lane off, as far as its time has come.
    ///
    /// # Errors
    ///
    /// When the table or the queue cannot be reached: then the message comes again.
    pub async fn deliver(&self, wake: &Wake) -> Result<()> {
        let by = Operator { tenant: wake.tenant.clone(), command: "webhooks", zone: Zone::UTC };
        let end = self.app.outside.now() + Duration::seconds(LONGEST_WORK);
        loop {
            let now = self.app.outside.now();
            match by.carry_out(&self.app, &TAKE, wake, &|_, _| Ok(())).await? {
                Taken::Nothing => return Ok(()),
                Taken::Again => {}
                // Whoever left it waiting has sent a message that comes when its time does; that one is sent on.
                Taken::Later(due) if wake.waits => return self.queue.wake(wake, due - now).await,
                Taken::Later(_) => return Ok(()),
                Taken::Busy(until) => return self.queue.wake(wake, until - now).await,
                Taken::Send(parcel) => {
                    if let Some(due) = self.send(&by, wake, &parcel).await? {
                        tracing::info!(tenant = wake.tenant.id(), webhook = wake.webhook, %due, "to be delivered later");
                        return Ok(());
                    }
                }
            }
            if self.app.outside.now() >= end {
                return self.queue.wake(&Wake { waits: false, ..wake.clone() }, Duration::zero()).await;
            }
        }
    }

    /// Send a parcel and settle it; when to try again, where that is to be.
    async fn send(&self, by: &Operator, wake: &Wake, parcel: &Parcel) -> Result<Option<Instant>> {
        let outside = &self.app.outside;
        let (at, began) = (outside.now(), outside.exactly_now());
        let heard = self.post.send(parcel).await;
        let took = (outside.exactly_now() - began).num_milliseconds();
        let outcome = self.outcome(parcel, &heard);
        if let Outcome::Retry(due) = outcome {
            // Before it is written that the lane waits: so whatever waits is woken.
            self.queue.wake(&Wake { waits: true, ..wake.clone() }, due - outside.now()).await?;
        }
        let attempt = Attempt {
            at,
            status_code: heard.status,
            error: heard.error,
            answer: heard.answer,
            duration_ms: u64::try_from(took).unwrap_or(0),
        };
        by.carry_out(&self.app, &SETTLE, &parcel.settled(attempt, outcome), &|_, _| Ok(())).await?;
        Ok(match outcome {
            Outcome::Retry(due) => Some(due),
            Outcome::Delivered | Outcome::Dead | Outcome::Gone => None,
        })
    }

    fn outcome(&self, parcel: &Parcel, heard: &Heard) -> Outcome {
        match heard.status {
            Some(200..=299) => Outcome::Delivered,
            Some(GONE) => Outcome::Gone,
            _ => {
                let now = self.app.outside.now();
                let rest = heard.retry_after.as_ref().and_then(|header| schedule::rest(header, now));
                let random = |bound| self.app.outside.random_below(bound);
                schedule::next(parcel.tries + 1, rest, now, random).map_or(Outcome::Dead, Outcome::Retry)
            }
        }
    }

    /// The messages of one event, side by side; those that failed are named, and come again.
    async fn answer_all(&self, event: &Value) -> Result<Value> {
        let records = event["Records"].as_array().ok_or_else(|| Error::internal("the event has no records"))?;
        let one = |record: &Value| {
            let wake = serde_json::from_str::<Wake>(record["body"].as_str().unwrap_or_default());
            let id = record["messageId"].clone();
            async move {
                let done = match wake {
                    Ok(wake) => self.deliver(&wake).await,
                    Err(_) => Err(Error::internal("a message is not of the documented form")),
                };
                done.err().map(|error| {
                    tracing::error!(trouble = error.logged, told = ?error.told, "a message was not worked on");
                    json!({"itemIdentifier": id})
                })
            }
        };
        let failed: Vec<Value> =
            futures_util::future::join_all(records.iter().map(one)).await.into_iter().flatten().collect();
        Ok(json!({"batchItemFailures": failed}))
    }
}

impl Answers for Deliverer {
    fn answer<'a>(&'a self, event: &'a Value) -> Working<'a, Value> {
        Box::pin(self.answer_all(event))
    }
}
