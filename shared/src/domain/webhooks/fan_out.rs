//! From an outbox item to deliveries.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::domain::webhooks::delivery::{Delivery, Message, forgotten};
use crate::domain::webhooks::entity::Webhook;
use crate::domain::webhooks::event::{Object, TEST, published};
use crate::machinery::caller::Tenant;
use crate::machinery::changes::Changes;
use crate::machinery::keys::{self, Key, WEBHOOK};
use crate::machinery::operation::{Context, Done, Op, Scope};
use crate::machinery::store::{Item, Range, Store, number_of, record, text_of};
use crate::words::error::Result;
use crate::words::time::Instant;

/// The longest text of an object that is told, in bytes; of a longer one only the id is. A delivery must fit an item
/// of the table (400 KB), and receivers need not take more.
const LONGEST_DATA: usize = 200_000;

/// Make the deliveries of a message at these webhooks, once; how many were made.
pub static FAN_OUT: Op<(Message, Vec<u64>), u64> =
    Op::write("webhooks.fan_out", "webhook", Scope::Tenant, |cx, (message, webhooks)| {
        Box::pin(fan_out(cx, message, webhooks))
    });

/// What one commit told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outbox {
    /// Whose it is.
    pub tenant: Tenant,
    /// Its id.
    pub id: String,
    /// What happened, in order.
    pub told: Vec<Told>,
    /// When, UTC.
    pub at: Instant,
}

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Told {
    /// Its name.
    pub name: String,
    /// The object's id.
    pub id: u64,
}

/// A message that is not rendered yet, and who wants it.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// The message's id.
    pub id: String,
    /// The event.
    pub event: String,
    /// The object it is about; none for a trial.
    pub object: Option<&'static Object>,
    /// The object's id.
    pub object_id: u64,
    /// The webhooks that want it.
    pub webhooks: Vec<u64>,
}

#[derive(Deserialize)]
struct Stored {
    at: Instant,
    events: Vec<Told>,
}

impl Outbox {
    /// An item of the outbox, as the table's stream has it; nothing when it is another item.
    ///
    /// # Errors
    ///
    /// When it is of the outbox, and not of its form.
    pub fn of(item: Item) -> Result<Option<Self>> {
        let pk = text_of(&item, "PK").unwrap_or_default();
        let id = text_of(&item, "SK").unwrap_or_default().to_owned();
        let Some(tenant) = keys::tenant_of(pk).filter(|tenant| keys::outbox(tenant, "").pk == pk) else {
            return Ok(None);
        };
        let stored: Stored = record(item)?;
        Ok(Some(Self { tenant, id, told: stored.events, at: stored.at }))
    }

    /// The messages that some webhook wants, in the order in which it is to be told.
    pub fn wanted(&self, webhooks: &[Webhook]) -> Vec<Wanted> {
        let mut all = Vec::new();
        for (place, told) in self.told.iter().enumerate() {
            let (names, object) = published(&told.name);
            if object.is_none() && told.name != TEST {
                continue;
            }
            for (more, event) in names.iter().enumerate() {
                let wants = webhooks.iter().filter(|webhook| webhook.wants(event, told.id));
                let webhooks: Vec<u64> = wants.map(|webhook| webhook.stamps.id).collect();
                // Ids begin with the time of the commit, so that their order is the order of time.
                let id = format!("msg_{}{place:02x}{more:x}", self.id.replace('-', ""));
                let event = (*event).to_owned();
                all.extend((!webhooks.is_empty()).then_some(Wanted {
                    id,
                    event,
                    object,
                    object_id: told.id,
                    webhooks,
                }));
            }
        }
        all
    }
}

impl Wanted {
    /// The message, with the object as it is shown; `None` where it is not shown any more.
    pub fn message(&self, shown: Option<&Value>, at: Instant, now: Instant) -> Message {
        let only_id = || json!({"id": self.object_id});
        let data = shown.filter(|_| self.object.is_some()).map_or_else(|| only_id().to_string(), Value::to_string);
        let data = if data.len() > LONGEST_DATA { only_id().to_string() } else { data };
        Message {
            id: self.id.clone(),
            event: self.event.clone(),
            object: self.object.map_or("webhook", |object| object.name).to_owned(),
            object_id: self.object_id,
            at,
            data,
            expires: forgotten(now),
        }
    }
}

/// A tenant's webhooks.
///
/// # Errors
///
/// When the table cannot be read.
pub async fn webhooks(store: &Store, tenant: &Tenant) -> Result<Vec<Webhook>> {
    let items = store.query(&Range::whole(keys::rows(tenant, WEBHOOK))).await?;
    items.into_iter().map(record).collect()
}

async fn fan_out(cx: &Context, message: &Message, webhooks: &[u64]) -> Result<Done<u64>> {
    let t = cx.tenant();
    let lane = keys::lane_name(&message.object, message.object_id);
    let mut wanted: Vec<Key> = vec![keys::webhook_message(t, &message.id)];
    wanted.extend(webhooks.iter().map(|webhook| keys::webhook_sequence(t, *webhook, &lane)));
    let mut items = cx.store.get_items(&wanted).await?.into_iter();
    // The stream tells of an item at least once.
    if items.next().flatten().is_some() {
        return Ok(Done::read(0));
    }
    let mut changes = Changes { unaudited: true, ..Changes::default() };
    changes.insert(keys::webhook_message(t, &message.id), message)?;
    for (webhook, item) in webhooks.iter().zip(items) {
        let last = number_of(item.as_ref(), "last");
        changes.draw(keys::webhook_sequence(t, *webhook, &lane), "last", last, 1);
        let delivery = Delivery::new(message, *webhook, last + 1, cx.wall);
        changes.insert(keys::webhook_delivery(t, *webhook, &message.id), &delivery)?;
        let entry = super::lane::Entry::of(&delivery);
        changes.insert(keys::webhook_lane_entry(t, *webhook, &lane, last + 1, None), &entry)?;
    }
    Ok(Done::changed(webhooks.len() as u64, changes))
}
