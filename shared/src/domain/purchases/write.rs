//! Writing purchase orders: make, change, send, acknowledge, receive, cancel, close, delete.

use crate::domain::documents::desk::Desk;
use crate::domain::documents::lines::{NewLine, priced};
use crate::domain::documents::sums::{Rounding, Terms};
use crate::domain::purchases::entity::{Arrival, Item, Purchase};
use crate::domain::purchases::stage::Stage;
use crate::domain::purchases::suppliers::{Supplier, count};
use crate::domain::records::{Drawer, Stamps, find, put, remove};
use crate::domain::tenants::{CurrencyRef, Reach};
use crate::machinery::changes::Changes;
use crate::machinery::keys::{self, PURCHASE, SUPPLIER};
use crate::machinery::operation::{Context, Done, Op, Scope, Working};
use crate::words::error::{Error, Result, Rule, Told, Violation};
use crate::words::patch::Patch;
use crate::words::time::Day;

/// Make a purchase order.
pub static CREATE: Op<New, Purchase> =
    Op::write("purchases.create", "purchase", Scope::Reseller, |cx, new| Box::pin(create(cx, new))).also(also);
/// Change a purchase order that the supplier has not acknowledged yet.
pub static UPDATE: Op<Update, Purchase> =
    Op::write("purchases.update", "purchase", Scope::Reseller, |cx, update| Box::pin(change(cx, update)));
/// Send, acknowledge, cancel or close a purchase order.
pub static MOVE: Op<(u64, Stage), Purchase> =
    Op::write("purchases.move", "purchase", Scope::Reseller, |cx, (id, stage)| Box::pin(move_to(cx, *id, *stage)));
/// Take in what has arrived of a purchase order; all that is expected where nothing is named.
pub static RECEIVE: Op<(u64, Vec<Arrival>), Purchase> =
    Op::write("purchases.receive", "purchase", Scope::Reseller, |cx, (id, all)| Box::pin(receive(cx, *id, all)));
/// Delete a purchase order that is a draft or was cancelled; the number deleted.
pub static DELETE: Op<u64, u64> =
    Op::write("purchases.delete", "purchase", Scope::Reseller, |cx, id| Box::pin(delete(cx, *id)));

/// A purchase order to make.
#[derive(Debug, Clone, Default)]
pub struct New {
    /// From whom.
    pub supplier: u64,
    /// Its date; today when missing.
    pub day: Option<Day>,
    /// When the goods are expected.
    pub expected: Option<Day>,
    /// The currency; that of the books when missing.
    pub currency: Option<CurrencyRef>,
    /// Whether prices include their taxes.
    pub inclusive: bool,
    /// Its lines.
    pub lines: Vec<NewLine>,
    /// Notes.
    pub notes: Option<String>,
    /// Made as a draft, or sent already.
    pub sent: bool,
}

/// What to change: what is not mentioned stays.
#[derive(Debug, Clone, Default)]
pub struct Update {
    /// The purchase order.
    pub id: u64,
    /// Its date.
    pub day: Option<Day>,
    /// When the goods are expected.
    pub expected: Patch<Day>,
    /// All of its lines.
    pub lines: Option<Vec<NewLine>>,
    /// Notes.
    pub notes: Patch<String>,
    /// Where it shall stand.
    pub stage: Option<Stage>,
}

/// The supplier, if the caller may see it.
async fn supplier(cx: &Context, id: u64, reach: &Reach) -> Result<Option<Supplier>> {
    let found: Option<Supplier> = cx.store.get(&keys::row(cx.tenant(), SUPPLIER, id)).await?;
    Ok(found.filter(|supplier| reach.covers(supplier.reseller)))
}

fn also<'a>(cx: &'a Context, new: &'a New) -> Working<'a, Vec<Violation>> {
    Box::pin(async move {
        let (desk, _) = Desk::open(cx, &[], None, &[]).await?;
        let supplier = supplier(cx, new.supplier, &desk.tenant.reach(&cx.caller)).await?;
        Ok(references(&desk, supplier.as_ref(), new))
    })
}

fn references(desk: &Desk<'_>, supplier: Option<&Supplier>, new: &New) -> Vec<Violation> {
    let mut found = Vec::new();
    if supplier.is_none() {
        found.push(Violation::missing("supplier", "suppliers", new.supplier));
    }
    if let Some(currency) = new.currency.as_ref().filter(|currency| currency.find(&desk.tenant).is_none()) {
        found.push(Violation::missing("currency", "currencies", currency.given()));
    }
    found
}

fn arrives(day: Day, expected: Option<Day>) -> Result<()> {
    match expected {
        Some(expected) if expected.date < day.date => {
            Err(Error::field("expected_date", Rule::TooSmall(day.date.to_string())))
        }
        _ => Ok(()),
    }
}

async fn create(cx: &Context, new: &New) -> Result<Done<Purchase>> {
    let (desk, _) = Desk::open(cx, &[], None, &[]).await?;
    let supplier = supplier(cx, new.supplier, &desk.tenant.reach(&cx.caller)).await?;
    let found = references(&desk, supplier.as_ref(), new);
    let (Some(supplier), true) = (supplier, found.is_empty()) else {
        return Err(Error::told(Told::Invalid(found)));
    };
    let currency = match &new.currency {
        Some(given) => given.resolve(&desk.tenant)?,
        None => desk.tenant.base()?,
    };
    let day = new.day.unwrap_or_else(|| desk.today());
    arrives(day, new.expected)?;
    let ratio = desk.ledger.ratio(currency, day.at).await?;
    let (base, inclusive) = (desk.ledger.base(), new.inclusive);
    let terms = Terms { currency: currency.iso, base, ratio, inclusive, rounding: Rounding::Lines };
    let (lines, sums) = priced(&desk, &new.lines, &terms)?;
    let mut ids = Drawer::open(cx, &[PURCHASE]).await?;
    let purchase = Purchase {
        stamps: Stamps::new(ids.next(PURCHASE), cx.now),
        supplier: supplier.stamps.id,
        supplier_name: supplier.name.clone(),
        reseller: supplier.reseller,
        stage: if new.sent { Stage::Sent } else { Stage::Draft },
        day,
        expected: new.expected,
        currency: currency.id,
        iso: currency.iso,
        ratio,
        inclusive,
        items: lines.into_iter().map(|line| Item { line, ..Item::default() }).collect(),
        sums,
        notes: new.notes.clone(),
        sent_at: new.sent.then_some(cx.now),
        acknowledged_at: None,
        received_at: None,
        closed_at: None,
    };
    let mut changes = Changes::default();
    ids.into_changes(cx, &mut changes);
    count(cx, &mut changes, &supplier, true)?;
    let purchase = put(cx, &mut changes, None, purchase, "purchase.created")?;
    Ok(Done::changed(purchase, changes))
}

async fn change(cx: &Context, update: &Update) -> Result<Done<Purchase>> {
    let (_, before) = find::<Purchase>(cx, update.id).await?;
    let mut after = before.clone();
    if let Some(lines) = &update.lines {
        let (desk, _) = Desk::open(cx, &[], None, &[]).await?;
        let (base, inclusive) = (desk.ledger.base(), before.inclusive);
        let rounding = Rounding::Lines;
        let terms = Terms { currency: before.iso, base, ratio: before.ratio, inclusive, rounding };
        let (lines, sums) = priced(&desk, lines, &terms)?;
        // What has arrived of an acknowledged order stays beside its line, so that the same lines are no change.
        let received = |place: usize| before.items.get(place).map(|item| item.received).unwrap_or_default();
        let item = |(place, line)| Item { line, received: received(place) };
        (after.items, after.sums) = (lines.into_iter().enumerate().map(item).collect(), sums);
    }
    after.day = update.day.unwrap_or(before.day);
    update.expected.clone().apply(&mut after.expected);
    arrives(after.day, after.expected)?;
    // What the supplier has said yes to stays as it is; notes do not count.
    if after != before && !before.stage.is_open() {
        let text = format!("A purchase order that is {} cannot be changed", before.stage.spoken());
        return Err(Error::refused("purchase_acknowledged", text));
    }
    update.notes.clone().apply(&mut after.notes);
    if let Some(stage) = update.stage {
        become_(cx, &mut after, stage)?;
    }
    finish(cx, &before, after, "purchase.updated")
}

fn become_(cx: &Context, purchase: &mut Purchase, stage: Stage) -> Result<()> {
    purchase.stage.may_become(stage)?;
    if purchase.stage == stage {
        return Ok(());
    }
    match stage {
        Stage::PartiallyReceived => {
            let text = "What has arrived of a purchase order is said by receiving it";
            return Err(Error::refused("illegal_move", text));
        }
        Stage::FullyReceived => {
            purchase.receive(&[])?;
            purchase.received_at = Some(cx.now);
        }
        Stage::Sent => purchase.sent_at = Some(cx.now),
        Stage::Acknowledged => purchase.acknowledged_at = Some(cx.now),
        Stage::Cancelled | Stage::Closed => purchase.closed_at = Some(cx.now),
        Stage::Draft => {}
    }
    purchase.stage = stage;
    Ok(())
}

fn finish(cx: &Context, before: &Purchase, after: Purchase, event: &'static str) -> Result<Done<Purchase>> {
    if after == *before {
        return Ok(Done::read(after));
    }
    let mut changes = Changes::default();
    let after = put(cx, &mut changes, Some(before), after, event)?;
    Ok(Done::changed(after, changes))
}

async fn move_to(cx: &Context, id: u64, stage: Stage) -> Result<Done<Purchase>> {
    let (_, before) = find::<Purchase>(cx, id).await?;
    let mut after = before.clone();
    become_(cx, &mut after, stage)?;
    let event = match stage {
        Stage::Sent => "purchase.sent",
        Stage::Acknowledged => "purchase.acknowledged",
        Stage::PartiallyReceived | Stage::FullyReceived => "purchase.received",
        Stage::Cancelled => "purchase.cancelled",
        Stage::Closed => "purchase.closed",
        Stage::Draft => "purchase.updated",
    };
    finish(cx, &before, after, event)
}

async fn receive(cx: &Context, id: u64, arrivals: &[Arrival]) -> Result<Done<Purchase>> {
    let (_, before) = find::<Purchase>(cx, id).await?;
    let mut after = before.clone();
    after.receive(arrivals)?;
    after.received_at = Some(cx.now);
    finish(cx, &before, after, "purchase.received")
}

async fn delete(cx: &Context, id: u64) -> Result<Done<u64>> {
    let (_, purchase) = find::<Purchase>(cx, id).await?;
    if !matches!(purchase.stage, Stage::Draft | Stage::Cancelled) {
        let text = format!("A purchase order that is {} cannot be deleted", purchase.stage.spoken());
        return Err(Error::refused("purchase_sent", text));
    }
    // A supplier that has orders is there; the caller's reach, which has changed since, does not count.
    let supplier = supplier(cx, purchase.supplier, &Reach::Everything).await?;
    let mut changes = Changes::default();
    remove(cx, &mut changes, &purchase, "purchase.deleted")?;
    if let Some(supplier) = supplier {
        count(cx, &mut changes, &supplier, false)?;
    }
    Ok(Done::changed(1, changes))
}
