//! What a payment brings about (contract billmora §10.2): in the commit of the payment.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::documents::desk::Desk;
use crate::domain::documents::entity::{Document, Kind, Line};
use crate::domain::documents::leaving;
use crate::domain::documents::line;
use crate::domain::documents::write::{New, compose};
use crate::domain::sales::goods::Goods;
use crate::domain::sales::moves;
use crate::domain::sales::registrant::Status as DomainStatus;
use crate::domain::sales::service::{Status, Stock};
use crate::domain::settlement::scaling::{carry_out, make_up};
use crate::domain::tenants::{CurrencyRef, TenantRecord};
use crate::machinery::operation::Context;
use crate::words::error::{Error, Result};
use crate::words::time::{Date, Day};

/// Invoices became paid: what they were for comes to life, or goes on living. Of those that are not paid any more
/// (`lapsed`) what their payment added is taken back.
pub(crate) async fn paid(cx: &Context, desk: &mut Desk<'_>, invoices: &[Document], lapsed: &[Document]) -> Result<()> {
    let mut goods = Goods::none(cx, &desk.tenant);
    let further = bring_about(cx, desk, &mut goods, invoices, lapsed).await?;
    if goods.actions() > desk.room() {
        let text = "This pays for more at once than can be brought to life in one step: pay fewer invoices at a time";
        return Err(Error::refused("too_much_at_once", text));
    }
    goods.into_changes(&mut desk.changes)?;
    for invoice in invoices.iter().chain(&further) {
        deposit(cx, desk, invoice).await?;
    }
    Ok(())
}

/// The same to what is in hand, and what else it concerns. What else became paid by it: a change of plan that is carried
/// out may give back what pays another invoice, or ask for what is paid from credit at once.
pub(crate) async fn bring_about(
    cx: &Context,
    desk: &mut Desk<'_>,
    goods: &mut Goods<'_>,
    invoices: &[Document],
    lapsed: &[Document],
) -> Result<Vec<Document>> {
    let mut further = Vec::new();
    follow(cx, desk, goods, invoices, lapsed).await?;
    loop {
        let (paid, lapsed) = (std::mem::take(&mut desk.paid), std::mem::take(&mut desk.lapsed));
        if paid.is_empty() && lapsed.is_empty() {
            return Ok(further);
        }
        follow(cx, desk, goods, &paid, &lapsed).await?;
        further.extend(paid);
    }
}

/// One round of it.
async fn follow(
    cx: &Context,
    desk: &mut Desk<'_>,
    goods: &mut Goods<'_>,
    invoices: &[Document],
    lapsed: &[Document],
) -> Result<()> {
    let orders: BTreeSet<u64> = invoices.iter().filter_map(|one| one.order.as_ref().map(|(id, _)| *id)).collect();
    let lines = || invoices.iter().flat_map(|invoice| invoice.lines.iter().map(|line| (invoice.id, line)));
    let both = || invoices.iter().chain(lapsed).flat_map(|invoice| &invoice.lines);
    let services: BTreeSet<u64> = both().filter_map(|line| line.service).collect();
    let registrants: BTreeSet<u64> = both().filter_map(|line| line.registrant).collect();
    let list = |set: &BTreeSet<u64>| set.iter().copied().collect::<Vec<_>>();
    let (orders, services, registrants) = (list(&orders), list(&services), list(&registrants));
    goods.more(&orders, &services, &registrants).await?;
    let mut others = BTreeSet::new();
    for order in &orders {
        let Some(order) = goods.orders.get(order) else { continue };
        let (services, registrants) = (order.after.services.clone(), order.after.registrants.clone());
        // What was barred since the order's own invoice was not paid goes on.
        let barred = |id: &&u64| goods.services.get(*id).is_some_and(|held| held.after.status == Status::Suspended);
        let barred: Vec<u64> = services.iter().filter(barred).copied().collect();
        barred.into_iter().for_each(|id| go_on(goods, id, invoices, &mut others));
        bring_to_life(cx, goods, &services, &registrants, &desk.tenant);
    }
    let zone = desk.tenant.timezone;
    let midnight = |date| Day::midnight(date, zone);
    for invoice in lapsed {
        take_back(goods, invoice, midnight);
    }
    let mut carried = Vec::new();
    for (invoice, line) in lines() {
        if let Some(held) = line.service.and_then(|id| goods.services.get_mut(&id)) {
            let scaled = held.after.pending_scaling().is_some_and(|one| one.invoice == Some(invoice));
            let id = held.after.stamps.id;
            if scaled {
                carry_out(&mut held.after, cx.now);
                carried.push(id);
            } else if matches!(held.after.status, Status::Active | Status::Suspended) && !line.change {
                moves::put_off(&mut held.after, midnight);
            }
            // Whatever was owed for it, what was barred goes on.
            if matches!(held.after.status, Status::Active | Status::Suspended) {
                go_on(goods, id, invoices, &mut others);
            }
        }
        if let Some(held) = line.registrant.and_then(|id| goods.registrants.get_mut(&id)) {
            held.after.renew(invoice, cx.now);
        }
    }
    desk.look_again(&others)?;
    for id in carried {
        if let Some(held) = goods.services.get_mut(&id) {
            make_up(cx, desk, &mut held.after).await?;
        }
    }
    Ok(())
}

/// Let a service go on, whatever else is owed for it (contract billmora §10.2); for what other invoices it was barred.
fn go_on(goods: &mut Goods<'_>, id: u64, paid: &[Document], others: &mut BTreeSet<(u64, Date)>) {
    if let Some(held) = goods.services.get(&id) {
        let unpaid = |(invoice, _): &&(u64, Date)| !paid.iter().any(|one| one.id == *invoice);
        others.extend(held.after.barred_by.iter().filter(unpaid));
    }
    goods.move_to(id, Status::Active, true);
}

/// What the payment of an invoice added, which does not stand any more: years of domains are taken back, and of a
/// service the payment for that period is due again.
fn take_back(goods: &mut Goods<'_>, invoice: &Document, midnight: impl Fn(Date) -> Option<Day>) {
    for line in &invoice.lines {
        if let Some(held) = line.service.and_then(|id| goods.services.get_mut(&id))
            && !line.change
            && let Some(due) = line.term.and_then(|term| midnight(term.start))
            && held.after.next_due.is_some_and(|next| next.date > due.date)
        {
            held.after.next_due = Some(due);
        }
        if let Some(held) = line.registrant.and_then(|id| goods.registrants.get_mut(&id)) {
            held.after.take_back(invoice.id, invoice.due_amount() > 0);
        }
    }
}

/// The services and domains of a paid order that wait for it.
pub(crate) fn bring_to_life(
    cx: &Context,
    goods: &mut Goods<'_>,
    services: &[u64],
    registrants: &[u64],
    tenant: &TenantRecord,
) {
    for id in services {
        let Some(held) = goods.services.get(id) else { continue };
        let (status, product) = (held.after.status, held.after.product);
        let provision = goods.products.get(&product).is_none_or(|product| product.after.auto_provision);
        if status == Status::Pending && provision {
            goods.move_to(*id, Status::Active, true);
            let Some(held) = goods.services.get_mut(id) else { continue };
            // Its first period is paid: the next payment is due when the next one begins.
            let next = held.after.asked_until();
            if let Some(day) = next.and_then(|date| Day::midnight(date, tenant.timezone)) {
                held.after.next_due = Some(day);
            }
        }
    }
    for id in registrants {
        let Some(held) = goods.registrants.get_mut(id) else { continue };
        if held.after.status == DomainStatus::Pending {
            held.after.activate(cx.now);
        }
    }
}

/// Invoices of orders are not asked for any more, or are again: what the order reserved and did not bring to life is
/// free, or is taken again while there is some.
pub(crate) async fn keep_stock(cx: &Context, desk: &mut Desk<'_>, orders: &BTreeMap<u64, bool>) -> Result<()> {
    let ids: Vec<u64> = orders.keys().copied().collect();
    let mut goods = Goods::open(cx, &desk.tenant, &ids, &[], &[]).await?;
    let pending: Vec<(u64, bool)> = goods
        .services
        .values()
        .filter(|held| held.after.status == Status::Pending && held.after.stock != Stock::Counted)
        .filter_map(|held| Some((held.after.stamps.id, *orders.get(&held.after.order?)?)))
        .collect();
    for (id, asked) in pending {
        if asked { goods.reserve(id) } else { goods.release(id) }
    }
    goods.into_changes(&mut desk.changes)
}

/// Lines that buy credit: a credit note gives back what they charged, so that the money is the customer's credit. Once
/// for each invoice, and no more than it still carries.
async fn deposit(cx: &Context, desk: &mut Desk<'_>, invoice: &Document) -> Result<()> {
    let mut lines: Vec<Line> = invoice.lines.iter().filter(|line| line.deposit).cloned().collect();
    let left = leaving::carried(invoice);
    if lines.is_empty() || left.net <= 0 || left.total() <= 0 || invoice.credited.iter().any(|note| note.deposit) {
        return Ok(());
    }
    let net = lines.iter().map(|line| line.taxable).sum::<i64>();
    // Where nothing else is sold all of it is credit, however the invoice is rounded; what a credit note gave back before
    // is not given back again.
    let all = invoice.lines.iter().all(|line| line.deposit) && invoice.credited.is_empty();
    if net > left.net || all && net != left.net {
        let taxes = line::tax_totals(&lines);
        lines.truncate(1);
        for line in &mut lines {
            (line.quantity, line.unit) = (1.into(), invoice.money(left.net).decimal());
            (line.subtotal, line.discount, line.taxable) = (left.net, 0, left.net);
            line.taxes = taxes.iter().filter_map(|own| leaving::at_most(own, &left)).collect();
            line.amount = left.net + line.tax();
        }
    }
    let mut note = New::of(Kind::CreditNote);
    note.customer = invoice.customer;
    note.currency = Some(CurrencyRef::Id(invoice.currency));
    note.ratio = Some(invoice.ratio);
    note.description = format!("Deposit of invoice {}", invoice.number.as_deref().unwrap_or_default());
    note.quoted = Some(lines);
    note.invoice = Some(invoice.id);
    let mut note = Box::pin(compose(cx, desk, &note, &mut Vec::new())).await?;
    note.invoice = Some((invoice.id, invoice.number.clone()));
    desk.amend(&note)?;
    let mut invoice = invoice.clone();
    leaving::register(&note, &mut invoice);
    desk.amend(&invoice)
}
