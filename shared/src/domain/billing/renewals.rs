//! Services whose next period begins soon: an invoice, or a charge, for each period, exactly once.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;

use crate::domain::agenda::{CHARGES, RENEWALS, Row, WAITING, first};
use crate::domain::billing::report::{Action, Report};
use crate::domain::billing::run::{Work, dates, horizon, present};
use crate::domain::catalog::Product;
use crate::domain::customers::Customer;
use crate::domain::documents::accrual::Term;
use crate::domain::documents::desk::Desk;
use crate::domain::documents::entity::{Document, Kind, Status as Paid};
use crate::domain::documents::ledger::Balance;
use crate::domain::documents::lines::NewLine;
use crate::domain::documents::sums::share;
use crate::domain::documents::write::{New, compose};
use crate::domain::sales::charges::Charge;
use crate::domain::sales::goods::Goods;
use crate::domain::sales::moves;
use crate::domain::sales::service::{Service, Status};
use crate::domain::settlement::adjust::uncharged;
use crate::domain::settlement::charge::{charge, taxes};
use crate::domain::settlement::settle;
use crate::domain::tenants::CurrencyRef;
use crate::machinery::changes::Changes;
use crate::machinery::keys::{self, CUSTOMER, Key, PRODUCT};
use crate::machinery::operation::Context;
use crate::machinery::store::record;
use crate::words::error::{Result, Told};
use crate::words::time::{Day, Duration, Instant};

/// Rows looked at in one step; as many as fit go into its commit.
const MOST_ROWS: u64 = 12;
/// Actions that one renewal takes at most.
const NEEDED: usize = 22;

/// The services to look at next.
pub(crate) async fn next(cx: &Context, desk: &Desk<'_>, report: &Report) -> Result<Option<Work>> {
    let mut rows = first(cx, RENEWALS, horizon(desk, report), MOST_ROWS).await?;
    if rows.is_empty() {
        rows = first(cx, CHARGES, report.until, MOST_ROWS).await?;
    }
    if !rows.is_empty() {
        return Ok(Some(Work::Renewals(rows)));
    }
    let rows = first(cx, WAITING, present(desk, report), MOST_ROWS).await?;
    Ok((!rows.is_empty()).then_some(Work::Waiting(rows)))
}

/// Ask for the next periods of as many services as fit in one commit.
pub(crate) async fn attempt(cx: &Context, mut desk: Desk<'_>, rows: &[Row], report: &mut Report) -> Result<Changes> {
    let ids: Vec<u64> = rows.iter().map(|row| row.note.id).collect();
    let mut goods = Goods::alone(cx, &desk.tenant, &ids).await?;
    let beside = Beside::read(cx, &goods).await?;
    // An end concerns the order and the stock too.
    let ends = |service: &Service| {
        !beside.customers.contains_key(&service.customer) || service.stop.is_some_and(|stop| stop <= cx.now)
    };
    if goods.services.values().any(|held| ends(&held.after)) {
        goods = Goods::open(cx, &desk.tenant, &[], &ids, &[]).await?;
    }
    let mut seen = BTreeSet::new();
    for row in rows {
        // A row that was put off may name a service once more: it is seen to in the next commit.
        if !seen.insert(row.note.id) {
            continue;
        }
        if desk.room().saturating_sub(goods.actions()) < NEEDED {
            break;
        }
        let alone = renew(cx, &mut desk, &mut goods, &beside, row, report).await?;
        if alone {
            break;
        }
    }
    // What was paid from credit has gone on already.
    desk.paid.clear();
    goods.into_changes(&mut desk.changes)?;
    settle(desk).await
}

/// Services that were put off are looked at again: those whose time is over end, the others are billed.
pub(crate) async fn resume(cx: &Context, mut desk: Desk<'_>, rows: &[Row], report: &mut Report) -> Result<Changes> {
    let ids: Vec<u64> = rows.iter().map(|row| row.note.id).collect();
    // An end concerns the order and the stock too.
    let mut goods = Goods::open(cx, &desk.tenant, &[], &ids, &[]).await?;
    for row in rows {
        if desk.room().saturating_sub(goods.actions()) < NEEDED {
            break;
        }
        let service = goods.services.get(&row.note.id).map(|held| held.after.clone());
        match service.filter(|service| service.renews_on() == Some(row.note.day)) {
            None => row.take(cx, &mut desk.changes),
            Some(service) if service.stop.is_some_and(|stop| stop <= cx.now && ends_by(stop, row, &desk)) => {
                row.take(cx, &mut desk.changes);
                end(&mut goods, row.note.id, report);
            }
            Some(service) => row.move_to(cx, &mut desk.changes, service.agenda(), row.note.day)?,
        }
    }
    goods.into_changes(&mut desk.changes)?;
    settle(desk).await
}

/// Look at a service again tomorrow.
pub(crate) fn wait(cx: &Context, desk: &mut Desk<'_>, row: &Row, report: &Report) -> Result<()> {
    let tomorrow = present(desk, report) + Duration::days(1);
    row.move_to(cx, &mut desk.changes, WAITING, tomorrow)
}

/// Whether a service stops before the period of a row begins.
fn ends_by(stop: Instant, row: &Row, desk: &Desk<'_>) -> bool {
    Day::midnight(row.note.day, desk.tenant.timezone).is_some_and(|begin| stop <= begin.at)
}

fn end(goods: &mut Goods<'_>, id: u64, report: &mut Report) {
    goods.move_to(id, Status::Terminated, true);
    report.ended += 1;
    report.plan(Action::End, "service", id, None);
}

/// What services refer to, read in one call.
struct Beside {
    customers: BTreeMap<u64, Customer>,
    balances: BTreeMap<u64, Balance>,
    products: BTreeMap<u64, Product>,
}

impl Beside {
    async fn read(cx: &Context, goods: &Goods<'_>) -> Result<Self> {
        let t = cx.tenant();
        let services = || goods.services.values().map(|held| &held.after);
        let customers: Vec<u64> = services().map(|one| one.customer).collect::<BTreeSet<_>>().into_iter().collect();
        let products: Vec<u64> = services().map(|one| one.product).collect::<BTreeSet<_>>().into_iter().collect();
        let mut wanted: Vec<Key> = customers.iter().map(|id| keys::row(t, CUSTOMER, *id)).collect();
        wanted.extend(customers.iter().map(|id| keys::balance(t, *id)));
        wanted.extend(products.iter().map(|id| keys::row(t, PRODUCT, *id)));
        let mut items = cx.store.get_items(&wanted).await?.into_iter();
        let mut all = Self { customers: BTreeMap::new(), balances: BTreeMap::new(), products: BTreeMap::new() };
        for id in &customers {
            if let Some(item) = items.next().flatten() {
                all.customers.insert(*id, record(item)?);
            }
        }
        for id in &customers {
            if let Some(item) = items.next().flatten() {
                all.balances.insert(*id, record(item)?);
            }
        }
        for id in products {
            if let Some(item) = items.next().flatten() {
                all.products.insert(id, record(item)?);
            }
        }
        Ok(all)
    }
}

/// Ask for a service's next period; whether nothing else may be in the same commit.
async fn renew(
    cx: &Context,
    desk: &mut Desk<'_>,
    goods: &mut Goods<'_>,
    beside: &Beside,
    row: &Row,
    report: &mut Report,
) -> Result<bool> {
    let id = row.note.id;
    let Some(mut service) = goods.services.get(&id).map(|held| held.after.clone()) else {
        row.take(cx, &mut desk.changes);
        return Ok(false);
    };
    // What moved since has another row.
    if service.renews_on() != Some(row.note.day) {
        row.take(cx, &mut desk.changes);
        return Ok(false);
    }
    let Some(customer) = beside.customers.get(&service.customer) else {
        end(goods, id, report);
        row.take(cx, &mut desk.changes);
        return Ok(false);
    };
    let begin = Day::midnight(row.note.day, desk.tenant.timezone).unwrap_or_default();
    // Nothing ends, or begins, before its day, however far ahead is issued.
    let tomorrow = desk.today().date + Duration::days(1);
    if let Some(stop) = service.stop.filter(|stop| *stop <= begin.at) {
        if stop <= cx.now {
            end(goods, id, report);
            row.take(cx, &mut desk.changes);
        } else {
            let day = Day::of(stop, desk.tenant.timezone).date;
            row.move_to(cx, &mut desk.changes, WAITING, day.max(tomorrow))?;
        }
        return Ok(false);
    }
    if service.status == Status::Pending && begin.date >= tomorrow {
        row.move_to(cx, &mut desk.changes, WAITING, begin.date)?;
        return Ok(false);
    }
    let auto = desk.books.settings.credit_auto_payment && customer.auto_credit_payment;
    if auto && desk.changes.list.len() + goods.actions() > 0 {
        return Ok(true);
    }
    let before = desk.clone();
    let balance = beside.balances.get(&service.customer).cloned().unwrap_or_default();
    desk.turn_to(service.customer, Some(customer.clone()), balance);
    let blank = Product { name: service.name.clone(), ..Product::default() };
    let product = beside.products.get(&service.product).unwrap_or(&blank);
    let made = if service.charged {
        let day = charged_on(product, begin, desk);
        charge(cx, desk, &mut service, product, day).await
    } else {
        invoice(cx, desk, &mut service, product, begin).await
    };
    match made {
        Ok(made) => {
            let action = if service.charged { Action::Charge } else { Action::Issue };
            *(if service.charged { &mut report.charges } else { &mut report.invoices }) += 1;
            if let Some(made) = &made {
                report.plan_document(action, "service", id, made);
            }
            // Its row stands under the day it had; one that was put off stands elsewhere.
            if row.from != row.note.day {
                row.take(cx, &mut desk.changes);
            }
            if let Some(held) = goods.services.get_mut(&id) {
                held.after = service;
            }
        }
        Err(error) if matches!(error.told, Told::Internal) => return Err(error),
        // Nothing of it is left on the desk.
        Err(error) => {
            *desk = before;
            report.fail(cx, "service", id, error)?;
            wait(cx, desk, row, report)?;
        }
    }
    Ok(auto)
}

/// The accounting day of a charge: the day before the period, or its first (contract jerasoft §4.3).
fn charged_on(product: &Product, begin: Day, desk: &Desk<'_>) -> Day {
    let before = begin.date.pred_opt().and_then(|date| Day::midnight(date, desk.tenant.timezone));
    if product.charged_before { before.unwrap_or(begin) } else { begin }
}

/// The invoice of a service's next period; whether there is one, since days that were charged are not charged again.
async fn invoice(
    cx: &Context,
    desk: &mut Desk<'_>,
    service: &mut Service,
    product: &Product,
    begin: Day,
) -> Result<Option<Document>> {
    let Some(term) = service.anchor.and_then(|anchor| service.cycle.period(anchor, service.periods)) else {
        return Ok(None);
    };
    let (day, due) = dates(desk, begin);
    // A service that stops within the period is asked for its days only.
    let end = service.stop.map(|stop| Day::of(stop, desk.tenant.timezone).date).filter(|date| *date < term.end);
    let last = end.unwrap_or(term.end);
    let Some(asked) = uncharged(desk, service, Term { start: term.start, end: last }).await? else {
        service.periods += 1;
        return Ok(None);
    };
    let fee = share(service.fee, asked.days(), term.days());
    let mut new = New::of(Kind::Invoice);
    new.customer = Some(service.customer);
    new.currency = Some(CurrencyRef::Id(service.currency));
    (new.day, new.due) = (Some(day), Some(due));
    new.lines = vec![NewLine {
        description: format!("{} ({asked})", service.name),
        quantity: Decimal::ONE,
        unit: service.money(fee).decimal(),
        taxes: taxes(product, desk.customer.as_ref()),
        cycle: service.cycle.word().map(str::to_owned),
        start: Some(asked.start),
        end: Some(asked.end),
        product: Some(service.product).filter(|id| *id != 0),
        service: Some(service.stamps.id),
        ..NewLine::default()
    }];
    let made = compose(cx, desk, &new, &mut Vec::new()).await?;
    service.periods += 1;
    service.charged(Charge::own(made.own_ref(), 0, asked, service.fee, term.days()), desk.today().date)?;
    service.leave_out(asked.end.succ_opt(), service.asked_until());
    if made.status() == Paid::Paid {
        let zone = desk.tenant.timezone;
        moves::put_off(service, |date| Day::midnight(date, zone));
    }
    Ok(Some(made))
}
