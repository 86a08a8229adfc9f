//! Invoices that were not paid in time: what lives on them is suspended, and in the end terminated.

use std::collections::BTreeSet;

use crate::domain::agenda::{self, LAPSED, Note, OVERDUE, Row, first};
use crate::domain::billing::report::{Action, Report};
use crate::domain::billing::run::{Work, present};
use crate::domain::documents::change::reach;
use crate::domain::documents::desk::{Desk, Held};
use crate::domain::documents::entity::{Document, Kind, Ref, Stage, Status as Paid};
use crate::domain::documents::line::Line;
use crate::domain::documents::pay::others_of;
use crate::domain::documents::write::updated;
use crate::domain::sales::goods::Goods;
use crate::domain::sales::service::Status;
use crate::domain::settlement::settle;
use crate::machinery::changes::Changes;
use crate::machinery::operation::Context;
use crate::words::error::{Result, Told};
use crate::words::time::{Date, Day, Duration, Zone};

/// Which part of an invoice may be left unpaid without anything being barred or ended for it.
const TRIFLE: i128 = 100;
/// After how many days such an invoice is looked at again.
const AGAIN_DAYS: i64 = 7;

/// By which due date an invoice is looked at, so many days after it.
fn by(desk: &Desk<'_>, report: &Report, days: u32) -> Date {
    present(desk, report).checked_sub_signed(Duration::days(i64::from(days))).unwrap_or(Date::MIN)
}

/// The invoice to look at next: one at a time, with all that lives on it.
pub(crate) async fn next(cx: &Context, desk: &Desk<'_>, report: &Report) -> Result<Option<Work>> {
    let settings = &desk.books.settings;
    // What is never suspended may still be terminated.
    if let Some(days) = settings.suspend_days.or(settings.terminate_days)
        && let Some(row) = first(cx, OVERDUE, by(desk, report, days), 1).await?.pop()
    {
        return Ok(Some(Work::Overdue(row)));
    }
    if let Some(days) = settings.terminate_days
        && let Some(row) = first(cx, LAPSED, by(desk, report, days), 1).await?.pop()
    {
        return Ok(Some(Work::Lapsed(row)));
    }
    Ok(None)
}

/// Suspend what lives on an invoice.
pub(crate) async fn overdue(cx: &Context, mut desk: Desk<'_>, row: &Row, report: &mut Report) -> Result<Changes> {
    let mut goods = Goods::none(cx, &desk.tenant);
    let open = open(&mut desk, row).await?;
    if open.as_ref().is_some_and(is_trifle) {
        let later = later(&desk, report, row);
        row.put_off(cx, &mut desk.changes, later)?;
        return settle(desk).await;
    }
    row.take(cx, &mut desk.changes);
    if let Some(invoice) = open {
        goods = living_on(cx, &desk, &invoice).await?;
        if desk.books.settings.suspend_days.is_some() {
            let suspended = move_all(&mut goods, Status::Active, Status::Suspended);
            report.suspended += suspended.len() as u64;
            suspended.iter().for_each(|id| report.plan(Action::Suspend, "service", *id, Some(invoice.id)));
            bar(&mut goods, (invoice.id, row.note.day));
        }
        if desk.books.settings.terminate_days.is_some() {
            let note = Note { id: row.note.id, day: row.note.day };
            agenda::put(cx, &mut desk.changes, LAPSED, row.note.day, &note)?;
        }
    }
    goods.into_changes(&mut desk.changes)?;
    settle(desk).await
}

/// Terminate what lived on an invoice.
pub(crate) async fn lapsed(cx: &Context, mut desk: Desk<'_>, row: &Row, report: &mut Report) -> Result<Changes> {
    let open = open(&mut desk, row).await?;
    if open.as_ref().is_some_and(is_trifle) {
        let later = later(&desk, report, row);
        row.put_off(cx, &mut desk.changes, later)?;
        return settle(desk).await;
    }
    row.take(cx, &mut desk.changes);
    let mut goods = Goods::none(cx, &desk.tenant);
    if let Some(invoice) = open {
        goods = living_on(cx, &desk, &invoice).await?;
        let barred = if desk.books.settings.suspend_days.is_some() { Status::Suspended } else { Status::Active };
        let ended = move_all(&mut goods, barred, Status::Terminated);
        report.terminated += ended.len() as u64;
        ended.iter().for_each(|id| report.plan(Action::Terminate, "service", *id, Some(invoice.id)));
        // Nobody is asked any more for what is not there any more, unless part of it is paid.
        let over =
            !ended.is_empty() || ended_for(&goods, &invoice) || never_served(&goods, &invoice, desk.tenant.timezone);
        if over && invoice.status() == Paid::Unpaid {
            let (id, whole) = (invoice.id, desk.clone());
            match cancel(&mut desk, invoice).await {
                Ok(()) => {
                    report.plan(Action::Cancel, "invoice", id, None);
                    // What never came to life is here already.
                    desk.reservations.clear();
                    release_pending(&mut goods);
                }
                // What was credited of it was used elsewhere: like one that is paid in part, it stays.
                Err(error) if matches!(error.told, Told::Refused { .. }) => desk = whole,
                Err(error) => return Err(error),
            }
        }
    }
    goods.into_changes(&mut desk.changes)?;
    settle(desk).await
}

/// Look at an invoice again tomorrow.
pub(crate) fn wait(cx: &Context, desk: &mut Desk<'_>, work: &Work, row: &Row, report: &Report) -> Result<()> {
    let settings = &desk.books.settings;
    let days = match work {
        Work::Lapsed(_) => settings.terminate_days,
        _ => settings.suspend_days.or(settings.terminate_days),
    };
    let tomorrow = by(desk, report, days.unwrap_or(0)) + Duration::days(1);
    row.put_off(cx, &mut desk.changes, tomorrow)
}

/// What waits for its payment needs no unit of its product's stock any more.
fn release_pending(goods: &mut Goods<'_>) {
    let pending = goods.services.values().filter(|held| held.after.status == Status::Pending);
    let pending: Vec<u64> = pending.map(|held| held.after.stamps.id).collect();
    pending.into_iter().for_each(|id| goods.release(id));
}

/// Note on what is barred that it is for this invoice too.
fn bar(goods: &mut Goods<'_>, invoice: (u64, Date)) {
    for held in goods.services.values_mut().filter(|held| held.after.status == Status::Suspended) {
        if !held.after.barred_by.contains(&invoice) {
            held.after.barred_by.push(invoice);
        }
    }
}

/// Whether so little is left of an invoice that nobody is barred for it: one part in a hundred, or less.
fn is_trifle(invoice: &Document) -> bool {
    i128::from(invoice.due_amount()) * TRIFLE <= i128::from(invoice.sums.total)
}

/// When an invoice with a trifle left is looked at again, since it may owe more by then.
fn later(desk: &Desk<'_>, report: &Report, row: &Row) -> Date {
    present(desk, report).max(row.from) + Duration::days(AGAIN_DAYS)
}

/// The invoice of a row, if it is still unpaid and due on that day.
async fn open(desk: &mut Desk<'_>, row: &Row) -> Result<Option<Document>> {
    let found = desk.more(None, &[Ref { kind: Kind::Invoice, id: row.note.id }]).await?.pop().flatten();
    let due = |invoice: &Document| invoice.due.map(|due| due.date) == Some(row.note.day);
    Ok(found.filter(|invoice| invoice.stage == Stage::Issued && invoice.due_amount() > 0 && due(invoice)))
}

async fn living_on<'c>(cx: &'c Context, desk: &Desk<'c>, invoice: &Document) -> Result<Goods<'c>> {
    let orders: Vec<u64> = invoice.order.iter().map(|(id, _)| *id).collect();
    let services: BTreeSet<u64> = invoice.lines.iter().filter_map(|line| line.service).collect();
    let mut goods = Goods::open(cx, &desk.tenant, &orders, &services.iter().copied().collect::<Vec<_>>(), &[]).await?;
    // Its order's services, and those it names; not the others of their orders.
    let mine: BTreeSet<u64> = orders
        .iter()
        .filter_map(|id| goods.orders.get(id))
        .flat_map(|held| held.after.services.clone())
        .chain(services)
        .collect();
    goods.services.retain(|id, _| mine.contains(id));
    Ok(goods)
}

/// Whether an invoice asks only for periods of terminated services that were barred before those began: it was issued
/// ahead, while an older one was still to be paid.
fn never_served(goods: &Goods<'_>, invoice: &Document, zone: Zone) -> bool {
    let never = |line: &Line| {
        let service = line.service.and_then(|id| goods.services.get(&id)).map(|held| &held.after);
        let over = service.filter(|service| service.status == Status::Terminated);
        let barred = over.and_then(|service| service.suspended_at.into_iter().chain(service.terminated_at).min());
        barred.zip(line.term).is_some_and(|(at, term)| Day::of(at, zone).date <= term.start)
    };
    !invoice.lines.is_empty() && invoice.lines.iter().all(never)
}

/// Move all that stand at one status to another; which ones they were.
fn move_all(goods: &mut Goods<'_>, from: Status, to: Status) -> Vec<u64> {
    let ids: Vec<u64> =
        goods.services.values().filter(|held| held.after.status == from).map(|held| held.after.stamps.id).collect();
    ids.iter().for_each(|id| goods.move_to(*id, to, true));
    ids
}

/// Whether all that an invoice names was barred for it too, and has ended since: for another invoice that was no younger.
fn ended_for(goods: &Goods<'_>, invoice: &Document) -> bool {
    let ended = |id: u64| {
        let service = goods.services.get(&id).map(|held| &held.after);
        service.is_some_and(|service| {
            service.status == Status::Terminated && service.barred_by.iter().any(|(by, _)| *by == invoice.id)
        })
    };
    let mut named = invoice.lines.iter().filter_map(|line| line.service).peekable();
    named.peek().is_some() && named.all(ended)
}

async fn cancel(desk: &mut Desk<'_>, invoice: Document) -> Result<()> {
    let today = desk.today().date;
    let mut others = others_of(desk, invoice.customer, &invoice).await?;
    let mut held = Held::read(invoice);
    reach(desk, &mut held.after, &mut others, Paid::Cancelled, today)?;
    for other in others {
        desk.put(&other, updated(other.after.kind), today)?;
    }
    desk.put(&held, "invoice.updated", today)?;
    Ok(())
}
