//! Charges that come onto an invoice (contract jerasoft §4.7): it asks for their money instead of them.

use crate::domain::documents::desk::{Desk, Held};
use crate::domain::documents::entity::{Allocation, Document, Kind, Line, Ref};
use crate::domain::documents::lines::{MOST_LINES, MOST_TEXT};
use crate::domain::documents::pay::{MOST_OTHERS, open_documents};
use crate::machinery::operation::Context;
use crate::words::error::{Error, Result};
use crate::words::time::Instant;

/// Bring the charges of an interval onto an invoice: debit notes that ask for money by themselves, and
/// credit notes with something left. What they ask for the invoice asks for instead.
pub(crate) async fn take_charges(
    desk: &mut Desk<'_>,
    cx: &Context,
    invoice: &mut Document,
    (from, before): (Instant, Instant),
) -> Result<Vec<Held>> {
    let mut rows = open_documents(cx, invoice.customer, &[Kind::DebitNote, Kind::CreditNote]).await?;
    rows.retain(|row| row.at >= from && row.at < before && row.currency == invoice.currency);
    if rows.len() > MOST_OTHERS {
        let text = format!("More than {MOST_OTHERS} charges lie in the interval: choose a shorter one");
        return Err(Error::refused("too_many_charges", text));
    }
    let refs: Vec<Ref> = rows.iter().map(|row| Ref { kind: row.kind, id: row.id }).collect();
    bring(desk, invoice, &refs).await
}

/// Bring charges that are named onto an invoice: of another system, where they stand on it already.
pub(crate) async fn take_named(desk: &mut Desk<'_>, invoice: &mut Document, charges: &[u64]) -> Result<Vec<Held>> {
    if charges.is_empty() {
        return Ok(Vec::new());
    }
    // Notes of both kinds lie under one series of ids, so the kind does not matter here.
    let refs: Vec<Ref> = charges.iter().map(|id| Ref { kind: Kind::DebitNote, id: *id }).collect();
    bring(desk, invoice, &refs).await
}

async fn bring(desk: &mut Desk<'_>, invoice: &mut Document, refs: &[Ref]) -> Result<Vec<Held>> {
    let charges = desk.more(None, refs).await?;
    let text = charges.iter().flatten().flat_map(|charge| &charge.lines).map(|line| line.description.len());
    let count = charges.iter().flatten().map(|charge| charge.lines.len()).sum::<usize>() + invoice.lines.len();
    if count > MOST_LINES || text.sum::<usize>() > MOST_TEXT {
        return Err(Error::refused(
            "too_many_charges",
            "The charges of the interval have more lines than an invoice can",
        ));
    }
    // One that is paid in part stays by itself.
    let here =
        |note: Ref| charges.iter().flatten().any(|other| other.own_ref() == note && other.allocations.is_empty());
    // So does one of which something was given back, unless that comes with it.
    let given_back = |charge: &Document| !charge.credited.iter().all(|note| here(note.by));
    let whole = |charge: &&Document| charge.allocations.is_empty() && charge.sums.charged == 0 && !given_back(charge);
    let charges: Vec<Held> = charges.iter().flatten().filter(whole).cloned().map(Held::read).collect();
    for Held { after: charge, .. } in &charges {
        let sign = charge.kind.sign();
        for line in &charge.lines {
            invoice.lines.push(turned(line, sign, charge.id));
        }
        let (sums, own) = (&mut invoice.sums, &charge.sums);
        if sign > 0 {
            sums.subtotal += own.subtotal;
            sums.discount += own.discount;
        } else {
            sums.discount += own.net();
        }
        sums.tax += sign * own.tax;
        sums.total += sign * own.total;
        sums.base_net += sign * own.base_net;
        sums.base_tax += sign * own.base_tax;
        sums.charged += sign * own.total;
        sums.charged_tax += sign * own.tax;
        sums.charged_base_net += sign * own.base_net;
        sums.charged_base_tax += sign * own.base_tax;
    }
    Ok(charges)
}

/// A charge's line on an invoice: what a credit takes off stands with a negative price. It buys no credit: one that did is
/// that credit already.
fn turned(line: &Line, sign: i64, charge: u64) -> Line {
    let mut line = Line { charge: Some(charge), deposit: false, ..line.clone() };
    if sign < 0 {
        line.unit = -line.unit;
        for amount in [&mut line.subtotal, &mut line.discount, &mut line.taxable, &mut line.amount, &mut line.base] {
            *amount = -*amount;
        }
        line.taxes.iter_mut().for_each(|tax| tax.amount = -tax.amount);
    }
    line
}

/// Nothing of a charge is open any more: its invoice asks for it.
pub(crate) fn charged_to(invoice: &Document, held: &mut [Held]) {
    let charges: std::collections::BTreeSet<u64> = invoice.lines.iter().filter_map(|line| line.charge).collect();
    for one in held.iter_mut().filter(|one| one.after.kind != Kind::Invoice && charges.contains(&one.after.id)) {
        let (amount, base) = (one.after.open(), one.after.base_open());
        let other = invoice.own_ref();
        let number = invoice.number.clone();
        one.after.allocations.push(Allocation {
            other,
            number,
            amount,
            base_debit: base,
            base_credit: base,
            charged: true,
        });
    }
}
