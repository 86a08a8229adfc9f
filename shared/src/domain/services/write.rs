//! Changing services: their fields, their status, their plan; and taking them away.

use rust_decimal::Decimal;

use crate::domain::catalog::Product;
use crate::domain::catalog::edit::refuse;
use crate::domain::catalog::prices::fault;
use crate::domain::documents::desk::Desk;
use crate::domain::documents::entity::Kind;
use crate::domain::documents::lines::{NewLine, NewTaxes};
use crate::domain::documents::sums::{minor, share};
use crate::domain::documents::write::{New as NewDocument, compose};
use crate::domain::orders::entity::Stage;
use crate::domain::records::{find, find_all, remove};
use crate::domain::registrants::touched;
use crate::domain::services::entity::{Scaling, Service, Status};
use crate::domain::services::goods::Goods;
use crate::domain::services::list::{Shown, shown};
use crate::domain::tenants::{CurrencyRef, TenantRecord};
use crate::machinery::changes::Changes;
use crate::machinery::keys;
use crate::machinery::operation::{Context, Done, Op, Scope};
use crate::words::error::{Error, Result, Rule, Violation};
use crate::words::patch::Patch;
use crate::words::time::{Day, Instant};

/// Change a service.
pub static UPDATE: Op<Update, Shown> =
    Op::write("services.update", "service", Scope::Reseller, |cx, update| Box::pin(update_service(cx, update)));
/// Suspend, unsuspend or end a service.
pub static MOVE: Op<Move, Shown> =
    Op::write("services.move", "service", Scope::Reseller, |cx, step| Box::pin(move_service(cx, step)));
/// Change a service to another product or price.
pub static SCALE: Op<Scale, Shown> =
    Op::write("services.scale", "service", Scope::Reseller, |cx, scale| Box::pin(scale_service(cx, scale)));
/// Take a service away; the number of services taken away.
pub static DELETE: Op<Deletion, u64> =
    Op::write("services.delete", "service", Scope::Reseller, |cx, deletion| Box::pin(delete(cx, deletion)));

/// What to change: what is not mentioned stays.
#[derive(Debug, Clone, Default)]
pub struct Update {
    /// The service.
    pub id: u64,
    /// Where it shall stand. Its dates do not say so (contract billmora §9.2).
    pub status: Option<Status>,
    /// What it is called.
    pub name: Option<String>,
    /// When the next payment is due: the next period begins then.
    pub next_due: Option<Day>,
    /// What a period costs from the next one on.
    pub fee: Option<Decimal>,
    /// The plugin.
    pub plugin: Patch<u64>,
    /// The options chosen of each variant.
    pub selections: Patch<Vec<(u64, Vec<u64>)>>,
    /// What it is configured with, as JSON text.
    pub configuration: Patch<String>,
    /// When it begins; before it has begun only.
    pub start: Option<Instant>,
    /// When it shall end.
    pub stop: Patch<Instant>,
    /// The customer's account it is for.
    pub account: Patch<u64>,
}

/// A move of the state machine.
#[derive(Debug, Clone, Default)]
pub struct Move {
    /// The service.
    pub id: u64,
    /// Where it shall stand.
    pub status: Status,
    /// Why.
    pub reason: Option<String>,
}

/// A change of plan.
#[derive(Debug, Clone, Default)]
pub struct Scale {
    /// The service.
    pub id: u64,
    /// The product; the same when missing.
    pub product: Option<u64>,
    /// The id of its price.
    pub price: u64,
}

/// What to take away.
#[derive(Debug, Clone, Default)]
pub struct Deletion {
    /// The service.
    pub id: u64,
    /// Whether one that was asked money for is taken away too.
    pub charged_too: bool,
}

/// A service in hand with its order and product.
async fn hold(cx: &Context, id: u64) -> Result<(TenantRecord, Service, Goods<'_>)> {
    let (tenant, before) = find::<Service>(cx, id).await?;
    let goods = Goods::open(cx, &tenant, &[], &[id], &[]).await?;
    Ok((tenant, before, goods))
}

/// Put a service back, and answer with it as it will be.
async fn done(
    cx: &Context,
    tenant: &TenantRecord,
    before: Service,
    goods: Goods<'_>,
    mut changes: Changes,
) -> Result<Done<Shown>> {
    let id = before.stamps.id;
    let after = goods.services.get(&id).map_or_else(|| before.clone(), |held| held.after.clone());
    if after == before && changes.is_empty() {
        return Ok(Done::read(shown(cx, tenant, before).await?));
    }
    let answer = Service { stamps: if after == before { before.stamps } else { touched(cx, &before.stamps) }, ..after };
    goods.into_changes(&mut changes)?;
    Ok(Done::changed(shown(cx, tenant, answer).await?, changes))
}

async fn update_service(cx: &Context, update: &Update) -> Result<Done<Shown>> {
    let (tenant, before, mut goods) = hold(cx, update.id).await?;
    let mut found = Vec::new();
    found.extend(update.plugin.value().map(|id| Violation::missing("plugin_id", "plugins", id)));
    if let Some(account) = update.account.value() {
        found.extend(crate::domain::services::make::account_fault(cx, before.customer, *account).await?);
    }
    if let Some(held) = goods.services.get_mut(&update.id) {
        let after = &mut held.after;
        if let Some(fee) = update.fee {
            found.extend(fault("price", fee, after.iso));
            after.fee = minor(fee, after.iso).unwrap_or(after.fee);
        }
        if let Some(name) = &update.name {
            after.name.clone_from(name);
        }
        if let Some(due) = update.next_due.filter(|due| Some(*due) != after.next_due) {
            after.next_due = Some(due);
            if after.cycle.recurs() {
                after.anchor_at(due.date);
            }
        }
        if let Some(start) = update.start.filter(|start| *start != after.start) {
            if after.status != Status::Pending || !after.charged {
                found.push(Violation { field: "start".into(), rule: Rule::ReadOnly });
            }
            after.start = start;
            after.anchor_at(Day::of(start, tenant.timezone).date);
        }
        update.stop.clone().apply(&mut after.stop);
        if after.stop.is_some_and(|stop| stop < after.start) {
            found.push(Violation { field: "stop".into(), rule: Rule::Reversed });
        }
        update.account.clone().apply(&mut after.account);
        update.selections.clone().apply(&mut after.selections);
        update.configuration.clone().apply(&mut after.configuration);
        // What shall have ended by now ends here.
        if after.stop.is_some_and(|stop| stop <= cx.now) && !after.status.is_over() && found.is_empty() {
            goods.move_to(update.id, Status::Terminated, true);
        }
    }
    refuse(found)?;
    if let Some(status) = update.status {
        goods.move_to(update.id, status, false);
    }
    done(cx, &tenant, before, goods, Changes::default()).await
}

async fn move_service(cx: &Context, step: &Move) -> Result<Done<Shown>> {
    let (tenant, before, mut goods) = hold(cx, step.id).await?;
    let allowed: &[Status] = match step.status {
        Status::Active => &[Status::Suspended],
        Status::Suspended => &[Status::Active],
        Status::Terminated | Status::Cancelled => &[Status::Pending, Status::Active, Status::Suspended],
        Status::Pending => &[],
    };
    if before.status != step.status && !allowed.contains(&before.status) {
        let (from, to) =
            (before.status.word(), if step.status == Status::Active { "unsuspended" } else { step.status.word() });
        return Err(Error::refused("illegal_move", format!("A service that is {from} cannot be {to}")));
    }
    goods.move_to(step.id, step.status, true);
    if let (Some(reason), Some(held)) = (&step.reason, goods.services.get_mut(&step.id))
        && held.after.status != before.status
    {
        held.after.carried.insert("reason".into(), serde_json::Value::from(reason.as_str()).to_string());
    }
    done(cx, &tenant, before, goods, Changes::default()).await
}

/// A change of plan costs, or gives back, the difference for the days that are left of the period that was asked
/// for. What costs something waits until its invoice is paid.
async fn scale_service(cx: &Context, scale: &Scale) -> Result<Done<Shown>> {
    let (tenant, before, mut goods) = hold(cx, scale.id).await?;
    let refused = |text: &str| Err(Error::refused("scaling", text));
    if before.status != Status::Active || !before.cycle.recurs() {
        return refused("Only a service in use with a recurring price can change its plan");
    }
    if before.scalings.iter().any(|one| one.completed_at.is_none()) {
        return refused("The service waits for the payment of another change");
    }
    let product = scale.product.unwrap_or(before.product);
    let found = find_all::<Product>(cx, &[product]).await?.pop().flatten();
    let reach = tenant.reach(&cx.caller);
    let Some(found) = found.filter(|found| reach.covers(found.reseller)) else { return Err(Violation::missing("product", "products", product).into()) };
    let Some(price) = found.price(scale.price) else {
        return Err(Violation::missing("price", "prices", scale.price).into());
    };
    if price.cycle != before.cycle {
        return refused("The new price must have the billing cycle of the old one");
    }
    let Some((fee, _)) = price.sold(before.iso.code()) else {
        return refused("The new price is not sold in the currency of the service");
    };
    let new_fee = minor(fee * Decimal::from(before.quantity), before.iso).unwrap_or(before.fee);
    let (desk, _) = Desk::open(cx, &[Kind::Invoice, Kind::CreditNote], Some(before.customer), &[]).await?;
    let mut desk = desk;
    let today = desk.today().date;
    let left = before.period().filter(|term| term.start <= today && today <= term.end);
    let part: i64 = left.map_or(0, |term| share(new_fee - before.fee, (term.end - today).num_days() + 1, term.days()));
    let mut scaling = Scaling {
        number: before.scalings.len() as u64 + 1,
        completed_at: None,
        old: (before.product, before.price),
        new: (product, scale.price),
        old_fee: before.fee,
        new_fee,
        invoice: None,
        created_at: cx.now,
    };
    if part != 0 {
        let mut document = NewDocument::of(if part > 0 { Kind::Invoice } else { Kind::CreditNote });
        document.customer = Some(before.customer);
        document.currency = Some(CurrencyRef::Id(before.currency));
        let text = format!("{} - {} to {}", before.number(), before.name, found.name);
        document.description.clone_from(&text);
        let taxes = if found.tax.is_zero() { NewTaxes::None } else { NewTaxes::Percent(found.tax) };
        document.lines = vec![NewLine {
            description: text,
            quantity: Decimal::ONE,
            unit: before.money(part.abs()).decimal(),
            taxes,
            start: Some(today),
            end: left.map(|term| term.end),
            product: Some(product),
            service: (part > 0).then_some(before.stamps.id),
            ..NewLine::default()
        }];
        let made = compose(cx, &mut desk, &document, &mut Vec::new()).await?;
        scaling.invoice = (part > 0).then_some(made.id);
        // Paid from credit at once.
        if made.status() == crate::domain::documents::Status::Paid {
            scaling.invoice = None;
        }
        desk.paid.clear();
    }
    let waits = scaling.invoice.is_some();
    if let Some(held) = goods.services.get_mut(&scale.id) {
        held.after.scalings.push(scaling);
        if !waits {
            carry_out(&mut held.after, cx.now);
        }
    }
    let changes = if part == 0 { Changes::default() } else { desk.finish().await? };
    done(cx, &tenant, before, goods, changes).await
}

/// Carry out the change of plan that waits.
pub(crate) fn carry_out(service: &mut Service, now: Instant) {
    let Some(scaling) = service.pending_scaling() else { return };
    scaling.completed_at = Some(now);
    let (product, price, fee) = (scaling.new.0, scaling.new.1, scaling.new_fee);
    (service.product, service.price, service.fee) = (product, price, fee);
}

async fn delete(cx: &Context, deletion: &Deletion) -> Result<Done<u64>> {
    let (_, service, mut goods) = hold(cx, deletion.id).await?;
    if !deletion.charged_too && service.periods > 0 {
        return Err(Error::refused("service_charged", "Fees were charged for the subscription: let it stop instead"));
    }
    let mut changes = Changes::default();
    remove(cx, &mut changes, &service, "service.deleted")?;
    if let Some(day) = service.renews_on() {
        changes.erase(keys::agenda_row(cx.tenant(), service.agenda(), day, service.stamps.id));
    }
    goods.services.clear();
    // Its order is given up with it (contract billmora §9.2).
    if let Some(held) = service.order.and_then(|id| goods.orders.get_mut(&id)) {
        let order = &mut held.after;
        order.services.retain(|id| *id != deletion.id);
        if order.stage != Stage::Cancelled {
            (order.stage, order.cancelled_at) = (Stage::Cancelled, Some(cx.now));
        }
    }
    goods.into_changes(&mut changes)?;
    Ok(Done::changed(1, changes))
}
