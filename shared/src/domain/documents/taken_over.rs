//! What the invoice of a dearer plan takes back of what another document charged at other taxes, by a line below 0: it
//! counts as given back of that document, so that it is given back once ([`leaving`](super::leaving)).

use crate::domain::documents::entity::{Credited, Document, Kind, Ref, TaxRow};
use crate::domain::documents::leaving::{carried, same_tax};
use crate::domain::documents::ledger::out_of_range;
use crate::domain::documents::sums::{Rounding, Terms, in_base, percent, share};
use crate::words::error::{Error, Result};

/// An amount without taxes, in minor units, and the taxes on it by name and rate.
pub(crate) type At = (i64, Vec<TaxRow>);

/// Write down that an invoice takes back some of what another document charged, so that this is given back once. What that
/// one had taken back itself (`again`) is taken back in its stead, so it charges that again. What is not left is not taken;
/// how much was.
pub(crate) fn take_over(invoice: &mut Document, of: &mut Document, taken: &At, again: &[At]) -> Result<i64> {
    let left = carried(of);
    let more = again.iter().map(|(net, _)| net).sum::<i64>();
    let taken = (taken.0.min(left.net + more), taken.1.clone());
    if taken.0 <= 0 {
        return Ok(0);
    }
    let terms = Terms { rounding: Rounding::Lines, ..Terms::of(of) };
    let mut rows: Vec<TaxRow> = Vec::new();
    for (sign, (net, taxes)) in [(1, &taken)].into_iter().chain(again.iter().map(|one| (-1, one))) {
        for tax in taxes {
            let amount = percent(*net, tax.percent, of.iso).ok_or_else(out_of_range)?;
            rows.push(TaxRow { amount: sign * amount, ..tax.clone() });
        }
    }
    let (net, tax) = (taken.0 - more, rows.iter().map(|tax| tax.amount).sum());
    let base =
        |amount: i64, most: i64| in_base(amount, &terms).map(|base| base.min(most.max(0))).ok_or_else(out_of_range);
    let (base_net, base_tax) = (base(net, left.base_net)?, base(tax, left.base_tax)?);
    let (by, number) = (invoice.own_ref(), invoice.number.clone());
    let entry = Credited { by, number, net, taxes: rows, base_net, base_tax, ..Credited::of_change(by) };
    of.credited.push(entry);
    take_from(invoice, of);
    Ok(taken.0)
}

fn take_from(invoice: &mut Document, of: &Document) {
    if !invoice.took_back.contains(&of.own_ref()) {
        invoice.took_back.push(of.own_ref());
    }
}

fn is_at(entry: &Credited, by: Ref, taxes: &[TaxRow]) -> bool {
    let own = entry.taxes.iter();
    entry.by == by && entry.net > 0 && own.len() == taxes.len() && own.zip(taxes).all(|(a, b)| same_tax(a, b))
}

/// Take some of an entry away, `net` in minor units at most: what was taken, in proportion.
fn split(entry: &mut Credited, net: i64) -> Credited {
    let (less, whole) = (net.min(entry.net), entry.net);
    let mut part = entry.clone();
    let cut = |own: &mut i64, part: &mut i64| {
        *part = share(*own, less, whole);
        *own -= *part;
    };
    cut(&mut entry.base_net, &mut part.base_net);
    cut(&mut entry.base_tax, &mut part.base_tax);
    entry.taxes.iter_mut().zip(&mut part.taxes).for_each(|(own, part)| cut(&mut own.amount, &mut part.amount));
    (entry.net, part.net) = (whole - less, less);
    part
}

/// What one invoice (`by`) had taken back of a document, `net` in minor units at most, another takes back in its stead. How
/// much that is.
pub(crate) fn take_instead(invoice: &mut Document, of: &mut Document, by: &Document, what: &At) -> i64 {
    let (mut left, mut moved) = (what.0, Vec::new());
    for entry in of.credited.iter_mut().filter(|entry| is_at(entry, by.own_ref(), &what.1)) {
        let mut part = split(entry, left);
        left -= part.net;
        part.instead_of.push((by.own_ref(), by.number.clone()));
        (part.by, part.number) = (invoice.own_ref(), invoice.number.clone());
        moved.push(part);
    }
    moved.retain(|part| part.net > 0);
    if !moved.is_empty() {
        take_from(invoice, of);
    }
    of.credited.retain(|entry| !(is_at_nothing(entry) && entry.by == by.own_ref()));
    of.credited.extend(moved);
    what.0 - left
}

/// Whether nothing of an entry is left.
fn is_at_nothing(entry: &Credited) -> bool {
    entry.net == 0 && entry.tax() == 0
}

/// A credit note of a further change of plan charges again what an invoice took back of a document: `net` in minor units at
/// most. How much that is.
pub(crate) fn charge_again(of: &mut Document, by: Ref, net: i64, taxes: &[TaxRow]) -> i64 {
    let mut left = net;
    for entry in of.credited.iter_mut().filter(|entry| is_at(entry, by, taxes)) {
        left -= split(entry, left).net;
    }
    net - left
}

/// Refuses to take a document back of which a dearer plan's invoice took back some: that is taken back first.
pub(crate) fn check_taken_over(document: &Document) -> Result<()> {
    let Some(by) = document.credited.iter().find(|note| note.by_invoice()) else { return Ok(()) };
    let number = by.number.as_deref().unwrap_or_default();
    let text = format!("Invoice {number} of a change of plan took back some of this: take that back first");
    Err(Error::refused("taken_over", text))
}

/// Refuses to take a credit note away that charges again what an invoice took back: the document that had charged it may have
/// given it back since.
pub(crate) fn check_charges_again(note: &Document) -> Result<()> {
    let charges = note.kind == Kind::CreditNote && note.lines.iter().any(|line| line.change && line.taxable < 0);
    if !charges {
        return Ok(());
    }
    let number = note.number.as_deref().unwrap_or_default();
    let text = format!("Credit note {number} of a change of plan charges other taxes again: change the plan instead");
    Err(Error::refused("charges_again", text))
}

/// An invoice does not stand any more: what it took back is charged again, or taken back by whoever had done so before.
pub(crate) fn give_over(invoice: &mut Document, of: &mut Document) {
    let own = of.own_ref();
    if invoice.took_back.contains(&own) {
        for entry in of.credited.iter_mut().filter(|entry| entry.by == invoice.own_ref()) {
            if let Some((by, number)) = entry.instead_of.pop() {
                (entry.by, entry.number) = (by, number);
            }
        }
        of.credited.retain(|note| note.by != invoice.own_ref());
        invoice.took_back.retain(|one| *one != own);
    }
}
