//! Moving an order from status to status, and taking it away (contract billmora §9.4, §10.5).

use crate::domain::orders::list::{Shown, whole};
use crate::domain::records::touched;
use crate::domain::records::{Removal, find};
use crate::domain::sales::goods::Goods;
use crate::domain::sales::order::{Order, Stage};
use crate::domain::sales::registrant::Status as DomainStatus;
use crate::domain::sales::service::Status;
use crate::machinery::changes::Changes;
use crate::machinery::keys;
use crate::machinery::operation::{Context, Done, Op, Scope};
use crate::words::error::{Error, Result};

/// Move an order, with its services and registered domains. Its invoice stays as it is.
pub static UPDATE: Op<Update, Shown> =
    Op::write("orders.update", "order", Scope::Reseller, |cx, update| Box::pin(update_order(cx, update)));
/// Take an order away, with its services; the number of orders taken away.
pub static DELETE: Op<u64, u64> =
    Op::write("orders.delete", "order", Scope::Reseller, |cx, id| Box::pin(delete(cx, *id)));

/// What to change.
#[derive(Debug, Clone, Default)]
pub struct Update {
    /// The order.
    pub id: u64,
    /// How far it shall have come.
    pub stage: Option<Stage>,
    /// Notes.
    pub notes: crate::words::patch::Patch<String>,
    /// Whether what was given up is taken up again only while there is stock: Billmora's own orders are not looked at so
    /// closely (contract billmora §9.4, §10.5).
    pub strict: bool,
}

async fn update_order(cx: &Context, update: &Update) -> Result<Done<Shown>> {
    let (tenant, before) = find::<Order>(cx, update.id).await?;
    let mut goods = Goods::open(cx, &tenant, &[update.id], &[], &[]).await?;
    if let Some(held) = goods.orders.get_mut(&update.id) {
        update.notes.clone().apply(&mut held.after.notes);
    }
    if let Some(stage) = update.stage {
        move_to(cx, &mut goods, &before, stage);
    }
    if let Some(product) = goods.sold_out().filter(|_| update.strict) {
        return Err(Error::refused("out_of_stock", format!("{} is out of stock", product.name)));
    }
    let held = goods.orders.get(&update.id).ok_or_else(|| Error::not_found("order", update.id))?;
    let changed = held.after != before;
    let order = Order {
        stamps: if changed { touched(cx, &before.stamps) } else { before.stamps.clone() },
        ..held.after.clone()
    };
    let mut answer = whole(cx, &tenant, order).await?;
    for service in &mut answer.services {
        if let Some(held) = goods.services.get(&service.stamps.id).filter(|held| held.after != *service) {
            *service =
                crate::domain::sales::service::Service { stamps: touched(cx, &service.stamps), ..held.after.clone() };
        }
    }
    for registrant in &mut answer.registrants {
        if let Some(held) = goods.registrants.get(&registrant.stamps.id).filter(|held| held.after != *registrant) {
            let stamps = touched(cx, &registrant.stamps);
            *registrant = crate::domain::sales::registrant::Registrant { stamps, ..held.after.clone() };
        }
    }
    let mut changes = Changes::default();
    goods.into_changes(&mut changes)?;
    Ok(if changes.is_empty() { Done::read(answer) } else { Done::changed(answer, changes) })
}

/// The order's stamps, and what becomes of its services and domains (contract billmora §10.5).
fn move_to(cx: &Context, goods: &mut Goods<'_>, order: &Order, stage: Stage) {
    let now = cx.now;
    let id = order.stamps.id;
    if let Some(held) = goods.orders.get_mut(&id) {
        held.after.stage = stage;
        (held.after.completed_at, held.after.cancelled_at) = match stage {
            Stage::Completed => (Some(order.completed_at.filter(|_| order.stage == stage).unwrap_or(now)), None),
            Stage::Cancelled | Stage::Failed => {
                (None, Some(order.cancelled_at.filter(|_| order.stage == stage).unwrap_or(now)))
            }
            Stage::Pending | Stage::Processing => (None, None),
        };
    }
    for service in &order.services {
        match stage {
            Stage::Completed => goods.move_to(*service, Status::Active, true),
            Stage::Cancelled | Stage::Failed => goods.move_to(*service, Status::Cancelled, true),
            Stage::Pending | Stage::Processing => {
                goods.move_to(*service, Status::Pending, false);
                if let Some(held) = goods.services.get_mut(service) {
                    let after = &mut held.after;
                    (after.activated_at, after.next_due) = (None, None);
                    (after.cancelled_at, after.terminated_at) = (None, None);
                }
            }
        }
        if let Some(held) = goods.services.get_mut(service).filter(|_| stage == Stage::Completed) {
            let after = &mut held.after;
            after.next_due = after.next_due.or_else(|| {
                let next = after.asked_until()?;
                crate::words::time::Day::midnight(next, cx.zone)
            });
        }
    }
    for id in &order.registrants {
        let Some(held) = goods.registrants.get_mut(id) else { continue };
        let domain = &mut held.after;
        match stage {
            Stage::Completed if domain.status == DomainStatus::Pending => domain.activate(now),
            Stage::Completed => {}
            Stage::Cancelled | Stage::Failed => {
                if domain.status != DomainStatus::Cancelled {
                    (domain.status, domain.cancelled_at) = (DomainStatus::Cancelled, Some(now));
                }
            }
            Stage::Pending | Stage::Processing => {
                (domain.status, domain.cancelled_at) = (DomainStatus::Pending, None);
            }
        }
    }
}

async fn delete(cx: &Context, id: u64) -> Result<Done<u64>> {
    let (tenant, order) = find::<Order>(cx, id).await?;
    let mut goods = Goods::open(cx, &tenant, &[id], &[], &[]).await?;
    for id in &order.services {
        goods.release(*id);
    }
    let mut changes = Changes::default();
    let mut removal = Removal::default();
    removal.take(cx, &mut changes, &order, "order.deleted")?;
    for held in goods.services.values() {
        removal.take(cx, &mut changes, &held.after, "service.deleted")?;
        if let Some(day) = held.after.renews_on() {
            changes.erase(keys::agenda_row(cx.tenant(), held.after.agenda(), day, held.after.stamps.id));
        }
    }
    removal.into_changes(cx, &mut changes);
    goods.services.clear();
    goods.orders.clear();
    // Its registered domains stay, without it.
    for (_, held) in std::mem::take(&mut goods.registrants) {
        let before = held.after.clone();
        let after = crate::domain::sales::registrant::Registrant { order: None, ..held.after };
        crate::domain::records::put(cx, &mut changes, Some(&before), after, "registrant.updated")?;
    }
    goods.into_changes(&mut changes)?;
    // So does its invoice.
    if let Some(one) = crate::domain::orders::list::invoice_of(&order) {
        let key = keys::row(cx.tenant(), one.kind.entity(), one.id);
        if let Some(invoice) = cx.store.get::<crate::domain::documents::Document>(&key).await? {
            let version = invoice.version;
            let after =
                crate::domain::documents::Document { order: None, updated_at: cx.now, version: version + 1, ..invoice };
            changes.replace(key, &after, version)?;
            changes.tell("invoice.updated", after.id, after.version);
        }
    }
    Ok(Done::changed(1, changes))
}
