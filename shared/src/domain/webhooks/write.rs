//! Making webhooks, changing them, making their secret anew, trying them out.

use chrono::Duration;

use crate::domain::records::{Drawer, Stamps, find, put, remove};
use crate::domain::tenants::own;
use crate::domain::webhooks::entity::{Signing, Webhook};
use crate::domain::webhooks::event::{TEST, objects};
use crate::domain::webhooks::fan_out::webhooks;
use crate::domain::webhooks::signature::SigningKey;
use crate::machinery::changes::Changes;
use crate::machinery::destination::destination;
use crate::machinery::keys::{self, WEBHOOK};
use crate::machinery::operation::{Context, Done, Op, Scope};
use crate::words::error::{Error, Result, Rule};

/// The most webhooks of a tenant: one message's deliveries are made in one commit.
pub const MOST: usize = 20;
/// How long the secret before is signed with when nothing else is said, in seconds: a day.
pub const OVERLAP: i64 = 24 * 3600;
/// The longest such time, in seconds: thirty days.
pub const LONGEST_OVERLAP: i64 = 30 * 24 * 3600;
/// The most secrets at once.
const MOST_SECRETS: usize = 5;

/// Make a webhook; its secret is in the answer and nowhere else.
pub static CREATE: Op<Change, (Webhook, String)> =
    Op::write("webhooks.create", "webhook", Scope::Reseller, |cx, new| Box::pin(create(cx, new)));
/// Change a webhook.
pub static UPDATE: Op<(u64, Change), Webhook> =
    Op::write("webhooks.update", "webhook", Scope::Reseller, |cx, (id, change)| Box::pin(update(cx, *id, change)));
/// Make its secret anew; the old one is signed with besides for so many seconds.
pub static ROTATE: Op<(u64, i64), (Webhook, String)> =
    Op::write("webhooks.rotate", "webhook", Scope::Reseller, |cx, (id, overlap)| Box::pin(rotate(cx, *id, *overlap)));
/// Delete a webhook; the number deleted. What was not delivered yet never will be.
pub static DELETE: Op<u64, u64> =
    Op::write("webhooks.delete", "webhook", Scope::Reseller, |cx, id| Box::pin(delete(cx, *id)));
/// Send a webhook an event that is only for trying it out.
pub static TRY: Op<u64, Webhook> =
    Op::write("webhooks.try", "webhook", Scope::Reseller, |cx, id| Box::pin(try_out(cx, *id)));

/// What to make, or to change: what is not mentioned stays.
#[derive(Debug, Clone, Default)]
pub struct Change {
    /// The address; needed to make one.
    pub url: Option<String>,
    /// What it is told of; needed to make one.
    pub events: Option<Vec<String>>,
    /// What it is for.
    pub description: Option<String>,
    /// Whether it is told anything.
    pub active: Option<bool>,
}

impl Change {
    /// The webhook as it stands then. Who makes it must be permitted to look at all that it is told of.
    fn apply(&self, cx: &Context, webhook: &mut Webhook) -> Result<()> {
        if let Some(url) = &self.url {
            let good = destination(url, cx.outside.reaches_itself());
            webhook.url = good.ok_or_else(|| Error::field("url", Rule::PublicUrl))?.into();
        }
        if let Some(events) = &self.events {
            webhook.events.clone_from(events);
        }
        for object in webhook.events.iter().flat_map(|one| objects(one)) {
            cx.caller.must_be_permitted(object.permission)?;
        }
        webhook.description = self.description.clone().unwrap_or_else(|| webhook.description.clone());
        if let Some(active) = self.active {
            webhook.active = active;
            webhook.disabled_reason = None;
        }
        Ok(())
    }
}

fn signing(cx: &Context) -> Signing {
    Signing { nonce: cx.outside.fresh_id(), until: None }
}

/// The newest secret, as its owner knows it.
fn secret(cx: &Context, webhook: &Webhook) -> String {
    webhook.keys(&cx.secret, cx.wall).first().map(SigningKey::text).unwrap_or_default()
}

async fn create(cx: &Context, new: &Change) -> Result<Done<(Webhook, String)>> {
    let tenant = own(cx).await?;
    // What a webhook is told is of the whole tenant.
    if cx.caller.reseller.is_some() {
        return Err(Error::refused("webhooks_of_tenant", "A webhook is told of all resellers, which you may not see"));
    }
    let mut ids = Drawer::open(cx, &[WEBHOOK]).await?;
    if webhooks(&cx.store, cx.tenant()).await?.len() >= MOST {
        return Err(Error::refused("too_many_webhooks", format!("{} has at most {MOST} webhooks", tenant.name)));
    }
    let mut webhook = Webhook {
        stamps: Stamps::new(ids.next(WEBHOOK), cx.now),
        url: String::new(),
        events: Vec::new(),
        description: String::new(),
        active: true,
        disabled_reason: None,
        secrets: vec![signing(cx)],
    };
    new.apply(cx, &mut webhook)?;
    let mut changes = Changes::default();
    ids.into_changes(cx, &mut changes);
    let webhook = put(cx, &mut changes, None, webhook, "webhook.created")?;
    let secret = secret(cx, &webhook);
    Ok(Done::changed((webhook, secret), changes))
}

async fn update(cx: &Context, id: u64, change: &Change) -> Result<Done<Webhook>> {
    let (_, before) = find::<Webhook>(cx, id).await?;
    let mut after = before.clone();
    change.apply(cx, &mut after)?;
    let mut changes = Changes::default();
    let after = put(cx, &mut changes, Some(&before), after, "webhook.updated")?;
    Ok(Done::changed(after, changes))
}

async fn rotate(cx: &Context, id: u64, overlap: i64) -> Result<Done<(Webhook, String)>> {
    let (_, before) = find::<Webhook>(cx, id).await?;
    let mut after = before.clone();
    let until = cx.wall + Duration::seconds(overlap);
    for old in &mut after.secrets {
        old.until = Some(old.until.map_or(until, |end| end.min(until)));
    }
    after.secrets.insert(0, signing(cx));
    after.secrets.retain(|one| one.until.is_none_or(|until| until > cx.wall));
    after.secrets.truncate(MOST_SECRETS);
    let mut changes = Changes::default();
    let after = put(cx, &mut changes, Some(&before), after, "webhook.rotated")?;
    let secret = secret(cx, &after);
    Ok(Done::changed((after, secret), changes))
}

async fn delete(cx: &Context, id: u64) -> Result<Done<u64>> {
    let (_, before) = find::<Webhook>(cx, id).await?;
    let mut changes = Changes::default();
    remove(cx, &mut changes, &before, "webhook.deleted")?;
    Ok(Done::changed(1, changes))
}

async fn try_out(cx: &Context, id: u64) -> Result<Done<Webhook>> {
    let (_, webhook) = find::<Webhook>(cx, id).await?;
    if !webhook.active {
        return Err(Error::refused("webhook_inactive", "The webhook is not active"));
    }
    let mut changes = Changes::default();
    changes.check(keys::row(cx.tenant(), WEBHOOK, id), webhook.stamps.version);
    changes.tell(TEST, id, webhook.stamps.version);
    Ok(Done::changed(webhook, changes))
}

/// Tell a webhook nothing any more, for this reason.
pub(super) async fn disable(cx: &Context, changes: &mut Changes, id: u64, reason: &str) -> Result<()> {
    // Deleted meanwhile, it is told nothing anyway.
    let Ok((_, before)) = find::<Webhook>(cx, id).await else { return Ok(()) };
    let after = Webhook { active: false, disabled_reason: Some(reason.to_owned()), ..before.clone() };
    put(cx, changes, Some(&before), after, "webhook.disabled").map(|_| ())
}
