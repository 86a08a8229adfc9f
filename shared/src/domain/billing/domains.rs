//! Registered domains that end soon: an invoice for their renewal, and their end where it is not paid.

use rust_decimal::Decimal;

use crate::domain::agenda::{self, DOMAINS, EXPIRIES, Note, Row, first};
use crate::domain::billing::report::{Action, Report};
use crate::domain::billing::run::{Work, dates, horizon, present};
use crate::domain::catalog::tlds::Tld;
use crate::domain::customers::Customer;
use crate::domain::documents::desk::Desk;
use crate::domain::documents::entity::{Document, Kind};
use crate::domain::documents::lines::NewLine;
use crate::domain::documents::write::{New, compose};
use crate::domain::records::find_all;
use crate::domain::registrants::lines::years_of;
use crate::domain::sales::goods::Goods;
use crate::domain::sales::registrant::{Registrant, Status};
use crate::domain::settlement::settle;
use crate::domain::tenants::CurrencyRef;
use crate::machinery::changes::Changes;
use crate::machinery::keys::{self, CUSTOMER};
use crate::machinery::operation::Context;
use crate::words::error::Result;
use crate::words::time::Day;

/// The domain to look at next: one at a time, there are few.
pub(crate) async fn next(cx: &Context, desk: &Desk<'_>, report: &Report) -> Result<Option<Work>> {
    if let Some(row) = first(cx, DOMAINS, horizon(desk, report), 1).await?.pop() {
        return Ok(Some(Work::Domain(row)));
    }
    // A domain is there on the whole day it ends on.
    let present = present(desk, report);
    let yesterday = present.pred_opt().unwrap_or(present);
    Ok(first(cx, EXPIRIES, yesterday, 1).await?.pop().map(Work::Expiry))
}

/// Ask for the renewal of a domain.
pub(crate) async fn renewal(cx: &Context, mut desk: Desk<'_>, row: &Row, report: &mut Report) -> Result<Changes> {
    let mut goods = Goods::open(cx, &desk.tenant, &[], &[], &[row.note.id]).await?;
    renew(cx, &mut desk, &mut goods, row, report).await?;
    desk.paid.clear();
    goods.into_changes(&mut desk.changes)?;
    settle(desk).await
}

/// Let a domain expire, unless its renewal is still owed.
pub(crate) async fn expiry(cx: &Context, mut desk: Desk<'_>, row: &Row, report: &mut Report) -> Result<Changes> {
    let mut goods = Goods::open(cx, &desk.tenant, &[], &[], &[row.note.id]).await?;
    expire(cx, &mut desk, &mut goods, row, report).await?;
    goods.into_changes(&mut desk.changes)?;
    settle(desk).await
}

/// Look at a domain again tomorrow: before its end its renewal is asked for once more.
pub(crate) fn wait(cx: &Context, desk: &mut Desk<'_>, row: &Row, report: &Report) -> Result<()> {
    // Who stands here under a day is looked at on the next one.
    let present = present(desk, report);
    row.move_to(cx, &mut desk.changes, EXPIRIES, present)
}

/// The registered domain of a row; one that is gone, or that ends on another day by now, has no use for the row.
fn meant<'g>(cx: &Context, desk: &mut Desk<'_>, goods: &'g mut Goods<'_>, row: &Row) -> Option<&'g mut Registrant> {
    let held = goods.registrants.get_mut(&row.note.id);
    let registrant = held.map(|held| &mut held.after).filter(|one| one.ends_on() == Some(row.note.day));
    if registrant.is_none() {
        row.take(cx, &mut desk.changes);
    }
    registrant
}

async fn renew(cx: &Context, desk: &mut Desk<'_>, goods: &mut Goods<'_>, row: &Row, report: &mut Report) -> Result<()> {
    let Some(registrant) = meant(cx, desk, goods, row) else { return Ok(()) };
    let customer = cx.store.get::<Customer>(&keys::row(cx.tenant(), CUSTOMER, registrant.customer)).await?;
    if let Some(customer) = customer.filter(|_| registrant.auto_renew && registrant.renewal.is_none()) {
        let balance = cx.store.get(&keys::balance(cx.tenant(), registrant.customer)).await?.unwrap_or_default();
        desk.turn_to(registrant.customer, Some(customer), balance);
        let made = invoice(cx, desk, registrant, row).await?;
        registrant.renewal = Some(made.id);
        report.invoices += 1;
        report.plan_document(Action::Issue, "registrant", row.note.id, &made);
        // Paid from credit: it ends on another day, and its row goes with that.
        if made.status() == crate::domain::documents::Status::Paid {
            registrant.renew(made.id, cx.now);
            return Ok(());
        }
    }
    row.take(cx, &mut desk.changes);
    agenda::put(cx, &mut desk.changes, EXPIRIES, row.note.day, &Note { id: row.note.id, day: row.note.day })
}

async fn invoice(cx: &Context, desk: &mut Desk<'_>, registrant: &Registrant, row: &Row) -> Result<Document> {
    let tld = find_all::<Tld>(cx, &[registrant.tld]).await?.pop().flatten();
    let fee = tld.and_then(|tld| tld.fees.get(registrant.iso.code()).map(|fees| fees.renew));
    // Of a top-level domain without a price in its currency the domain's own stays.
    let price =
        fee.map_or_else(|| registrant.money(registrant.price).decimal(), |fee| fee * Decimal::from(registrant.years));
    let begin = Day::midnight(row.note.day, desk.tenant.timezone).unwrap_or_default();
    let (day, due) = dates(desk, begin);
    let mut new = New::of(Kind::Invoice);
    new.customer = Some(registrant.customer);
    new.currency = Some(CurrencyRef::Id(registrant.currency));
    (new.day, new.due) = (Some(day), Some(due));
    let line = years_of("Renew", &registrant.domain, registrant.years, price, row.note.day);
    new.lines = vec![NewLine { registrant: Some(registrant.stamps.id), ..line }];
    compose(cx, desk, &new, &mut Vec::new()).await
}

/// A domain that is past its end, and whose renewal nobody still owes money for, is over.
async fn expire(
    cx: &Context,
    desk: &mut Desk<'_>,
    goods: &mut Goods<'_>,
    row: &Row,
    report: &mut Report,
) -> Result<()> {
    let Some(registrant) = meant(cx, desk, goods, row) else { return Ok(()) };
    // It has not ended yet: its renewal could not be asked for, and is tried again.
    if row.note.day >= present(desk, report) {
        return row.move_to(cx, &mut desk.changes, DOMAINS, row.note.day);
    }
    let owed = match registrant.renewal {
        None => false,
        Some(id) => {
            let key = keys::row(cx.tenant(), Kind::Invoice.entity(), id);
            cx.store.get::<Document>(&key).await?.is_some_and(|invoice| invoice.due_amount() > 0)
        }
    };
    if owed {
        let tomorrow = present(desk, report).max(row.from);
        return row.put_off(cx, &mut desk.changes, tomorrow);
    }
    row.take(cx, &mut desk.changes);
    registrant.status = Status::Expired;
    report.expired += 1;
    report.plan(Action::Expire, "registrant", row.note.id, None);
    Ok(())
}
