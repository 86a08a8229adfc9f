//! Changing services: their fields and their status; and taking them away.

use rust_decimal::Decimal;

use crate::domain::catalog::edit::refuse;
use crate::domain::catalog::prices::fault;
use crate::domain::documents::sums::minor;
use crate::domain::records::{find, remove, touched};
use crate::domain::sales::goods::Goods;
use crate::domain::sales::order::Stage;
use crate::domain::sales::service::{Service, Status};
use crate::domain::services::list::{Shown, shown};
use crate::domain::services::make::account_fault;
use crate::domain::tenants::TenantRecord;
use crate::machinery::changes::Changes;
use crate::machinery::keys;
use crate::machinery::operation::{Context, Done, Op, Scope, Working};
use crate::words::error::{Error, Result, Rule, Violation};
use crate::words::patch::Patch;
use crate::words::time::{Day, Instant};

/// Change a service.
pub static UPDATE: Op<Update, Shown> =
    Op::write("services.update", "service", Scope::Reseller, |cx, update| Box::pin(update_service(cx, update)))
        .also(update_also);
/// Suspend, unsuspend or end a service.
pub static MOVE: Op<Move, Shown> =
    Op::write("services.move", "service", Scope::Reseller, |cx, step| Box::pin(move_service(cx, step)));
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

/// What to take away.
#[derive(Debug, Clone, Default)]
pub struct Deletion {
    /// The service.
    pub id: u64,
    /// Whether one that was asked money for is taken away too.
    pub charged_too: bool,
}

/// A service in hand with its order and product.
pub(crate) async fn hold(cx: &Context, id: u64) -> Result<(TenantRecord, Service, Goods<'_>)> {
    let (tenant, before) = find::<Service>(cx, id).await?;
    let goods = Goods::open(cx, &tenant, &[], &[id], &[]).await?;
    Ok((tenant, before, goods))
}

/// Put a service back, and answer with it as it will be.
pub(crate) async fn done(
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

fn update_also<'a>(cx: &'a Context, update: &'a Update) -> Working<'a, Vec<Violation>> {
    Box::pin(async move {
        let (_, before) = find::<Service>(cx, update.id).await?;
        faults(cx, &before, update).await
    })
}

/// What is wrong with a change beside the fields that read wrong.
async fn faults(cx: &Context, before: &Service, update: &Update) -> Result<Vec<Violation>> {
    let mut found = Vec::new();
    found.extend(update.fee.and_then(|fee| fault("fee", fee, before.iso)));
    found.extend(update.plugin.value().map(|id| Violation::missing("plugin_id", "plugins", id)));
    if let Some(account) = update.account.value() {
        found.extend(account_fault(cx, before.customer, *account).await?);
    }
    Ok(found)
}

async fn update_service(cx: &Context, update: &Update) -> Result<Done<Shown>> {
    let (tenant, before, mut goods) = hold(cx, update.id).await?;
    let mut found = faults(cx, &before, update).await?;
    if let Some(held) = goods.services.get_mut(&update.id) {
        let after = &mut held.after;
        if let Some(fee) = update.fee {
            after.fee = minor(fee, after.iso).unwrap_or(after.fee);
        }
        if let Some(name) = &update.name {
            after.name.clone_from(name);
        }
        if let Some(due) = update.next_due.filter(|due| Some(*due) != after.next_due) {
            let begin = Day::of(after.start, tenant.timezone).date;
            if due.date < begin {
                found.push(Violation { field: "next_due".into(), rule: Rule::TooSmall(begin.to_string()) });
            }
            after.next_due = Some(due);
            if after.cycle.recurs() {
                after.leave_out(after.asked_until(), Some(due.date));
                after.anchor_at(due.date);
            }
        }
        // A dialect shows it to the second.
        if let Some(start) = update.start.filter(|start| start.timestamp() != after.start.timestamp()) {
            if after.status != Status::Pending || !after.charged {
                found.push(Violation { field: "start".into(), rule: Rule::ReadOnly });
            }
            after.start = start;
            after.anchor_at(Day::of(start, tenant.timezone).date);
        }
        let stop = after.stop;
        update.stop.clone().apply(&mut after.stop);
        if after.stop != stop {
            after.ask_for_the_rest();
        }
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
    goods.release(deletion.id);
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
