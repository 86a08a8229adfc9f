//! A lane: what a webhook is still to be sent about one object. Its first entry is taken, sent, and settled.

use chrono::Duration;
use serde::{Deserialize, Serialize};

use crate::domain::webhooks::delivery::{Attempt, Delivery, Message, State};
use crate::domain::webhooks::entity::Webhook;
use crate::domain::webhooks::signature;
use crate::machinery::caller::Tenant;
use crate::machinery::changes::Changes;
use crate::machinery::keys::{self, Key, WEBHOOK};
use crate::machinery::operation::{Context, Done, Op, Scope};
use crate::machinery::store::{Item, Range, record, text_of, wire};
use crate::words::error::Result;
use crate::words::time::Instant;

/// How long who took a delivery may be at it, in seconds: well beyond the longest attempt.
const CLAIM_SECONDS: i64 = 60;

/// Take the first delivery of a lane.
pub static TAKE: Op<Wake, Taken> =
    Op::write("webhooks.take", "webhook", Scope::Tenant, |cx, wake| Box::pin(take(cx, wake)));
/// Say what became of it.
pub static SETTLE: Op<Settlement, ()> =
    Op::write("webhooks.settle", "webhook", Scope::Tenant, |cx, settlement| Box::pin(settle(cx, settlement)));

/// An entry of a lane.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// The webhook.
    pub webhook: u64,
    /// The lane.
    pub lane: String,
    /// The message to be delivered.
    pub message: String,
}

/// What wakes the deliverer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wake {
    /// Whose lane.
    pub tenant: Tenant,
    /// The webhook.
    pub webhook: u64,
    /// The lane.
    pub lane: String,
    /// Whether it was sent because the lane waits for its time, and so must be sent again while it does.
    #[serde(default)]
    pub waits: bool,
}

/// What there is to do in a lane.
pub enum Taken {
    /// Nothing: the lane is empty.
    Nothing,
    /// Something that could not be delivered was put away: look again.
    Again,
    /// Nothing before this instant.
    Later(Instant),
    /// Nothing before this instant: somebody is at it.
    Busy(Instant),
    /// This is to be sent.
    Send(Box<Parcel>),
}

/// A delivery to send. Has no `Debug`, since its headers are signed.
pub struct Parcel {
    /// Where to.
    pub url: String,
    /// The headers, signed for this instant.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: String,
    /// How often it was tried since it was queued.
    pub tries: usize,
    key: Key,
    entry: Key,
    version: u64,
}

/// What became of a delivery.
#[derive(Debug, Clone)]
pub struct Settlement {
    /// The attempt.
    pub attempt: Attempt,
    /// What follows from it.
    pub outcome: Outcome,
    key: Key,
    entry: Key,
    version: u64,
}

/// What follows from an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The receiver has it.
    Delivered,
    /// It is to be tried again at this instant.
    Retry(Instant),
    /// It was tried often enough.
    Dead,
    /// The receiver wants to be told no more.
    Gone,
}

impl Entry {
    /// The entry of a delivery.
    pub fn of(delivery: &Delivery) -> Self {
        Self { webhook: delivery.webhook, lane: delivery.lane(), message: delivery.id.clone() }
    }
}

impl Wake {
    /// What a new item of the table wakes: the lane it is an entry of, if it is one.
    ///
    /// # Errors
    ///
    /// When it is an entry, and not of its form.
    pub fn of(item: Item) -> Result<Option<Self>> {
        let Some(tenant) = text_of(&item, "PK").and_then(keys::tenant_of) else { return Ok(None) };
        let pk = wire::key(&item)?.pk;
        let (Some(_), Some(_)) = (item.get("webhook"), item.get("lane")) else { return Ok(None) };
        let entry: Entry = record(item)?;
        let is_lane = keys::webhook_lane(&tenant, entry.webhook, &entry.lane) == pk;
        Ok(is_lane.then_some(Self { tenant, webhook: entry.webhook, lane: entry.lane, waits: false }))
    }
}

impl Parcel {
    /// What is settled with.
    pub fn settled(&self, attempt: Attempt, outcome: Outcome) -> Settlement {
        Settlement { attempt, outcome, key: self.key.clone(), entry: self.entry.clone(), version: self.version }
    }
}

fn quiet() -> Changes {
    Changes { unaudited: true, ..Changes::default() }
}

async fn take(cx: &Context, wake: &Wake) -> Result<Done<Taken>> {
    let t = cx.tenant();
    let lane = Range { limit: Some(1), ..Range::whole(keys::webhook_lane(t, wake.webhook, &wake.lane)) };
    let Some(first) = cx.store.query(&lane).await?.pop() else { return Ok(Done::read(Taken::Nothing)) };
    let place = wire::key(&first)?;
    let entry: Entry = record(first)?;
    let key = keys::webhook_delivery(t, wake.webhook, &entry.message);
    let wanted = [key.clone(), keys::webhook_message(t, &entry.message), keys::row(t, WEBHOOK, wake.webhook)];
    let mut items = cx.store.get_items(&wanted).await?.into_iter().map(Option::unwrap_or_default);
    let mut next = || items.next().filter(|item| !item.is_empty());
    let delivery: Option<Delivery> = next().map(record).transpose()?;
    let message: Option<Message> = next().map(record).transpose()?;
    let webhook: Option<Webhook> = next().map(record).transpose()?;
    let mut changes = quiet();
    let pending = |one: &Delivery| one.state == State::Pending;
    let (Some(before), Some(message)) = (delivery.filter(pending), message) else {
        // Forgotten before it could be delivered, or settled already.
        changes.erase(place);
        return Ok(Done::changed(Taken::Again, changes));
    };
    if let Some(until) = before.claimed_until.filter(|until| *until > cx.wall) {
        return Ok(Done::read(Taken::Busy(until)));
    }
    let mut after = Delivery { version: before.version + 1, ..before.clone() };
    let Some(webhook) = webhook.filter(|webhook| webhook.active) else {
        let error = Some("the webhook is not active".to_owned());
        let attempt = Attempt { at: cx.wall, status_code: None, error, answer: String::new(), duration_ms: 0 };
        after.tried(attempt);
        (after.state, after.due, after.claimed_until) = (State::Dead, None, None);
        changes.replace(key, &after, before.version)?;
        changes.erase(place);
        return Ok(Done::changed(Taken::Again, changes));
    };
    if let Some(due) = before.due.filter(|due| *due > cx.wall) {
        return Ok(Done::read(Taken::Later(due)));
    }
    after.claimed_until = Some(cx.wall + Duration::seconds(CLAIM_SECONDS));
    changes.replace(key.clone(), &after, before.version)?;
    let body = message.body(after.sequence);
    let keys = webhook.keys(&cx.secret, cx.wall);
    let headers = signature::headers(&keys, &message.id, &message.event, cx.wall.timestamp(), &body);
    let parcel =
        Parcel { url: webhook.url, headers, body, tries: before.tries, key, entry: place, version: after.version };
    Ok(Done::changed(Taken::Send(Box::new(parcel)), changes))
}

async fn settle(cx: &Context, settlement: &Settlement) -> Result<Done<()>> {
    let Settlement { attempt, outcome, key, entry, version } = settlement;
    let found: Option<Delivery> = cx.store.get(key).await?;
    // Whoever was thought lost and is not may still say that the receiver has it; nothing else, since another is at it.
    let ours = |one: &Delivery| one.version == *version || *outcome == Outcome::Delivered;
    let Some(before) = found.filter(|one| one.state == State::Pending && ours(one)) else {
        return Ok(Done::read(()));
    };
    let mut after = Delivery { version: before.version + 1, claimed_until: None, due: None, ..before.clone() };
    after.tried(attempt.clone());
    let mut changes = quiet();
    match outcome {
        Outcome::Retry(due) => after.due = Some(*due),
        Outcome::Delivered => (after.state, after.delivered_at) = (State::Delivered, Some(cx.wall)),
        Outcome::Dead | Outcome::Gone => after.state = State::Dead,
    }
    if after.state != State::Pending {
        changes.erase(entry.clone());
    }
    changes.replace(key.clone(), &after, before.version)?;
    if *outcome == Outcome::Gone {
        super::write::disable(cx, &mut changes, before.webhook, "The address answered 410 Gone").await?;
    }
    Ok(Done::changed((), changes))
}
