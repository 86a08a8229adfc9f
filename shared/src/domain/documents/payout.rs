//! Paying a customer out: what of its credit leaves, and what that is set against.

use crate::domain::documents::desk::{Desk, Held};
use crate::domain::documents::entity::{Document, IndexRow, Kind, Ref};
use crate::domain::documents::leaving;
use crate::domain::documents::list::MONEY_IN;
use crate::domain::documents::moves::allocate;
use crate::domain::documents::pay::{Against, MOST_AT_ONCE, bounded, open_documents};
use crate::machinery::keys;
use crate::machinery::operation::Context;
use crate::machinery::store::record;
use crate::words::error::{Error, Result, Rule};
use crate::words::money::Money;

/// Pay a customer out: at most its net credit, and out of the credit that was named, else the oldest first.
/// `low_balance`: what is not covered is refused as a low balance rather than as a fault of the amount.
pub(crate) async fn pay_out(
    cx: &Context,
    desk: &mut Desk<'_>,
    document: &mut Document,
    against: &[Against],
    held: &mut Vec<Held>,
    low_balance: bool,
) -> Result<()> {
    if against.is_empty() {
        let mut open = open_credit(cx, desk, document.customer).await?;
        open.retain(|row| row.currency == document.currency);
        let refs: Vec<Ref> = open.iter().take(MOST_AT_ONCE).map(|row| Ref { kind: row.kind, id: row.id }).collect();
        held.extend(desk.more(None, &refs).await?.into_iter().flatten().map(Held::read));
    }
    // Nothing is given back before it came, and no credit before its day.
    let date = document.day.date;
    let later = |one: &Held| one.after.day.date > date && !one.after.is_debit();
    let first = held.iter().filter(|one| later(one) && one.after.open() > 0).map(|one| one.after.day.date).min();
    held.retain(|one| !later(one));
    let credit = |one: &&Held| {
        let named = against.is_empty() || against.iter().any(|named| named.other == one.after.own_ref());
        named && !one.after.is_debit() && one.after.currency == document.currency
    };
    let covered: i64 = held.iter().filter(credit).map(|one| one.after.open()).sum();
    let most = covered.min(leaving::payable(desk.will_owe(document.iso.code())));
    if document.sums.total > most {
        if let Some(first) = first.filter(|_| !low_balance && covered < document.sums.total) {
            return Err(Error::field("date", Rule::TooSmall(first.to_string())));
        }
        let most = Money { minor: most, currency: document.iso }.to_string();
        return Err(if low_balance {
            Error::refused("low_balance", format!("The customer can be paid out {most} at most"))
        } else {
            Error::field("amount", Rule::TooLarge(most))
        });
    }
    backed(cx, document, against, held)?;
    if desk.customer.is_none() {
        let given_back = document.allocations.first().map(|allocation| allocation.other);
        let from = held.iter().find(|one| Some(one.after.own_ref()) == given_back);
        document.reseller = from.map_or(document.reseller, |one| one.after.reseller);
    }
    Ok(())
}

/// Money back comes out of credit.
fn backed(cx: &Context, document: &mut Document, against: &[Against], held: &mut [Held]) -> Result<()> {
    for one in held.iter_mut() {
        let named = against.iter().find(|named| named.other == one.after.own_ref());
        if named.is_some() || against.is_empty() {
            let fits = document.open().min(one.after.open());
            if fits > 0 && one.after.currency == document.currency && !one.after.is_debit() {
                bounded(&one.after)?;
                allocate(&mut one.after, document, fits, cx.now)?;
            }
        }
    }
    let left = document.open();
    if left > 0 {
        let most = Money { minor: document.sums.total - left, currency: document.iso }.to_string();
        return Err(Error::field("amount", Rule::TooLarge(most)));
    }
    Ok(())
}

/// What a customer has to its credit, oldest first: receipts, credit notes, and invoices that came to less than nothing.
pub(super) async fn open_credit(cx: &Context, desk: &Desk<'_>, customer: Option<u64>) -> Result<Vec<IndexRow>> {
    let mut rows = open_documents(cx, customer, &MONEY_IN).await?;
    let invoices: Vec<Ref> = desk.credit_invoices().map(|id| Ref { kind: Kind::Invoice, id }).collect();
    if !invoices.is_empty() {
        let places: Vec<_> = invoices.iter().map(|one| keys::row(cx.tenant(), one.kind.entity(), one.id)).collect();
        for item in cx.store.get_items(&places).await?.into_iter().flatten() {
            let invoice: Document = record(item)?;
            rows.push(invoice.index_row());
        }
        rows.sort_by_key(|row| (row.date, row.id));
    }
    Ok(rows)
}
