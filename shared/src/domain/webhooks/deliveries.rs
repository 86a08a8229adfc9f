//! Reading deliveries, and delivering once more what was delivered or given up.

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::domain::records::find;
use crate::domain::webhooks::delivery::{Delivery, Message, State, forgotten};
use crate::domain::webhooks::entity::Webhook;
use crate::domain::webhooks::lane::Entry;
use crate::machinery::changes::Changes;
use crate::machinery::keys;
use crate::machinery::operation::{Context, Done, Op, Scope};
use crate::machinery::store::{Range, number_of, record};
use crate::words::error::{Error, Result};
use crate::words::page::{Page, Window};
use crate::words::time::Instant;

/// The most deliveries that one list goes through, the newest of its time; for older ones, ask for an earlier time.
pub const MOST_LISTED: u64 = 10_000;
/// The most deliveries that one request replays; the answer says where to go on.
pub const MOST_REPLAYED: u64 = 500;
/// How many of them in one commit, which holds 100 changes.
const AT_ONCE: usize = 20;
/// How many are looked at for one commit.
const LOOKED_AT: u64 = 200;

/// List the deliveries of a webhook, the newest first.
pub static SEARCH: Op<Wanted, Page<Delivery>> =
    Op::read("webhooks.deliveries", "webhook", Scope::Reseller, |cx, wanted| Box::pin(all(cx, wanted)));
/// Read a delivery of a webhook, with what was told.
pub static GET: Op<(u64, String), (Delivery, Message)> =
    Op::read("webhooks.delivery", "webhook", Scope::Reseller, |cx, (webhook, id)| Box::pin(get(cx, *webhook, id)));
/// Deliver once more what was delivered or given up.
pub static REPLAY: Op<(u64, String), Delivery> =
    Op::write("webhooks.replay", "webhook", Scope::Reseller, |cx, (webhook, id)| Box::pin(replay(cx, *webhook, id)));
/// The same for all of a time.
pub static REPLAY_ALL: Op<Span, Replayed> =
    Op::write("webhooks.replay_all", "webhook", Scope::Reseller, |cx, span| Box::pin(replay_all(cx, span)));

/// Which deliveries to list.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// The webhook.
    pub webhook: u64,
    /// The window.
    pub window: Window,
    /// Only those that stand so.
    pub state: Option<State>,
    /// Only of this event.
    pub event: Option<String>,
    /// Only of changes at or after the first and at or before the second instant.
    pub between: (Option<Instant>, Option<Instant>),
}

/// Which deliveries to replay.
#[derive(Debug, Clone)]
pub struct Span {
    /// The webhook.
    pub webhook: u64,
    /// Only those that stand so: given up, or delivered.
    pub state: State,
    /// Of changes at or after the first and at or before the second instant.
    pub between: (Option<Instant>, Option<Instant>),
    /// Only those behind this one.
    pub after: Option<String>,
}

/// What was replayed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Replayed {
    /// How many deliveries.
    pub count: u64,
    /// The last one that was looked at, where there may be more.
    pub next: Option<String>,
}

/// The part of a webhook's deliveries that tells of changes of a time: ids begin with it.
fn within(cx: &Context, webhook: u64, between: (Option<Instant>, Option<Instant>)) -> Range {
    let millis = |at: Instant| format!("msg_{:012x}", at.timestamp_millis().max(0));
    Range {
        from: between.0.map(millis),
        // The whole second.
        to: between.1.map(|at| millis(at + chrono::Duration::milliseconds(999)) + "~"),
        ..Range::whole(keys::webhook_deliveries(cx.tenant(), webhook))
    }
}

/// What the table is late to forget is forgotten.
fn is_kept(cx: &Context, delivery: &Delivery) -> bool {
    delivery.expires > cx.wall.timestamp()
}

async fn all(cx: &Context, wanted: &Wanted) -> Result<Done<Page<Delivery>>> {
    find::<Webhook>(cx, wanted.webhook).await?;
    let range = within(cx, wanted.webhook, wanted.between);
    let items = cx.store.query(&Range { forward: false, limit: Some(MOST_LISTED), ..range }).await?;
    let mut rows: Vec<Delivery> = items.into_iter().map(record).collect::<Result<_>>()?;
    rows.retain(|one| {
        is_kept(cx, one)
            && wanted.state.is_none_or(|state| state == one.state)
            && wanted.event.as_ref().is_none_or(|event| *event == one.event)
    });
    Ok(Done::read(Page::cut(rows, Window { newest_first: false, ..wanted.window })))
}

async fn read(cx: &Context, webhook: u64, id: &str) -> Result<(Delivery, Message)> {
    find::<Webhook>(cx, webhook).await?;
    let places = [keys::webhook_delivery(cx.tenant(), webhook, id), keys::webhook_message(cx.tenant(), id)];
    let mut items = cx.store.get_items(&places).await?.into_iter();
    let missing = || Error::not_found("delivery", id);
    // A message may be there without a delivery to this webhook: it was told to others.
    let mut next = || items.next().flatten().ok_or_else(missing);
    let (delivery, message) = (next()?, next()?);
    let (delivery, message): (Delivery, Message) = (record(delivery)?, record(message)?);
    if is_kept(cx, &delivery) { Ok((delivery, message)) } else { Err(missing()) }
}

async fn get(cx: &Context, webhook: u64, id: &str) -> Result<Done<(Delivery, Message)>> {
    Ok(Done::read(read(cx, webhook, id).await?))
}

async fn replay(cx: &Context, webhook: u64, id: &str) -> Result<Done<Delivery>> {
    let (before, message) = read(cx, webhook, id).await?;
    if before.state == State::Pending {
        return Err(Error::refused("delivery_pending", "The delivery is under way"));
    }
    let mut changes = Changes::default();
    let sequence = keys::webhook_sequence(cx.tenant(), webhook, &before.lane());
    let last = number_of(cx.store.get_items(&[sequence]).await?.first().and_then(Option::as_ref), "last");
    let after = queue(cx, &mut changes, &before, last)?;
    // It lives as long as its delivery.
    changes.write(keys::webhook_message(cx.tenant(), id), &Message { expires: after.expires, ..message })?;
    Ok(Done::changed(after, changes))
}

/// Queue a delivery behind what its lane holds, of which `last` is the last number.
fn queue(cx: &Context, changes: &mut Changes, before: &Delivery, last: u64) -> Result<Delivery> {
    let (t, lane) = (cx.tenant(), before.lane());
    let after = Delivery {
        state: State::Pending,
        tries: 0,
        due: None,
        delivered_at: None,
        version: before.version + 1,
        expires: forgotten(cx.wall),
        ..before.clone()
    };
    changes.replace(keys::webhook_delivery(t, before.webhook, &before.id), &after, before.version)?;
    let place = keys::webhook_lane_entry(t, before.webhook, &lane, last, Some(&cx.outside.fresh_id()));
    changes.insert(place, &Entry::of(before))?;
    Ok(after)
}

async fn replay_all(cx: &Context, span: &Span) -> Result<Done<Replayed>> {
    find::<Webhook>(cx, span.webhook).await?;
    let mut replayed: Replayed = match &cx.progress {
        None => Replayed { count: 0, next: span.after.clone() },
        Some(progress) => {
            serde_json::from_value(progress.clone()).map_err(|e| Error::internal(format!("replay: {e}")))?
        }
    };
    if replayed.count >= MOST_REPLAYED {
        return Ok(Done::read(replayed));
    }
    let mut range = Range { limit: Some(LOOKED_AT), ..within(cx, span.webhook, span.between) };
    // A space stands before everything that an id goes on with.
    range.from = replayed.next.take().map(|id| id + " ").max(range.from);
    let items = cx.store.query(&range).await?;
    let more = items.len() as u64 == LOOKED_AT;
    let rows: Vec<Delivery> = items.into_iter().map(record).collect::<Result<_>>()?;
    let mut chosen: Vec<&Delivery> = Vec::new();
    let mut seen = 0;
    for one in &rows {
        if chosen.len() == AT_ONCE {
            break;
        }
        seen += 1;
        replayed.next = Some(one.id.clone());
        chosen.extend((one.state == span.state && is_kept(cx, one)).then_some(one));
    }
    let over = !more && seen == rows.len();
    let mut changes = Changes::default();
    let t = cx.tenant();
    let sequences: Vec<_> = chosen.iter().map(|one| keys::webhook_sequence(t, span.webhook, &one.lane())).collect();
    let messages: Vec<_> = chosen.iter().map(|one| keys::webhook_message(t, &one.id)).collect();
    let lasts = cx.store.get_items(&sequences).await?;
    let messages = cx.store.get_items(&messages).await?;
    for ((one, last), message) in chosen.iter().zip(lasts).zip(messages) {
        let Some(message) = message else { continue };
        let after = queue(cx, &mut changes, one, number_of(last.as_ref(), "last"))?;
        let message: Message = record(message)?;
        changes.write(keys::webhook_message(t, &one.id), &Message { expires: after.expires, ..message })?;
        replayed.count += 1;
    }
    if over {
        replayed.next = None;
        return Ok(Done::changed(replayed, changes));
    }
    Ok(Done { progress: Some(json!(replayed)), answer: replayed, changes })
}
