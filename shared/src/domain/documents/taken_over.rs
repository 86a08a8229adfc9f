//! What the invoice of a dearer plan takes back of what another document charged at other taxes, by a line below 0: it
//! counts as given back of that document, so that it is given back once ([`leaving`](super::leaving)).

use crate::domain::documents::entity::{Credited, Document, Kind, Ref, Stage, TaxRow};
use crate::domain::documents::leaving::{carried, is_within, same_tax};
use crate::domain::documents::ledger::out_of_range;
use crate::domain::documents::sums::{Rounding, Terms, in_base, percent, share};
use crate::words::error::{Error, Result};

/// An amount without taxes, in minor units, and the taxes on it by name and rate.
pub(crate) type At = (i64, Vec<TaxRow>);

/// Write down that an invoice takes back some of what another document charged, so that this is given back once. What that
/// one takes back itself of others (`still`, without taxes), it bears beside what is left of it. What is not left is not
/// taken; how much was.
pub(crate) fn take_over(invoice: &mut Document, of: &mut Document, taken: &At, still: i64) -> Result<i64> {
    let left = carried(of);
    let net = taken.0.min(left.net + still);
    if net <= 0 {
        return Ok(0);
    }
    let terms = Terms { rounding: Rounding::Lines, ..Terms::of(of) };
    let share = |tax: &TaxRow| percent(net, tax.percent, of.iso).map(|amount| TaxRow { amount, ..tax.clone() });
    let taxes = taken.1.iter().map(share).collect::<Option<Vec<_>>>().ok_or_else(out_of_range)?;
    let tax = taxes.iter().map(|tax| tax.amount).sum();
    let base = |amount: i64| in_base(amount, &terms).ok_or_else(out_of_range);
    let all = (net, tax) == (left.net, left.tax());
    let (base_net, base_tax) = if all { (left.base_net, left.base_tax) } else { (base(net)?, base(tax)?) };
    let (by, number) = (invoice.own_ref(), invoice.number.clone());
    of.credited.push(Credited { by, number, net, taxes, base_net, base_tax, deposit: false, change: true });
    if !invoice.took_back.contains(&of.own_ref()) {
        invoice.took_back.push(of.own_ref());
    }
    Ok(net)
}

/// What an invoice has taken back of a document and not charged again, without taxes, in minor units.
pub(crate) fn taken_from(of: &Document, by: Ref) -> i64 {
    of.credited.iter().filter(|entry| entry.by == by).map(|entry| entry.net).filter(|net| *net > 0).sum()
}

/// The same at some taxes.
pub(crate) fn taken_at(of: &Document, by: Ref, taxes: &[TaxRow]) -> i64 {
    of.credited.iter().filter(|entry| is_at(entry, by, taxes)).map(|entry| entry.net).sum()
}

fn is_at(entry: &Credited, by: Ref, taxes: &[TaxRow]) -> bool {
    let own = entry.taxes.iter();
    entry.by == by && entry.net > 0 && own.len() == taxes.len() && own.zip(taxes).all(|(a, b)| same_tax(a, b))
}

/// A credit note of a further change of plan charges again what an invoice took back of a document: `net` in minor units at
/// most. How much that is.
pub(crate) fn charge_again(of: &mut Document, by: Ref, net: i64, taxes: &[TaxRow]) -> i64 {
    let mut left = net;
    for entry in of.credited.iter_mut().filter(|entry| is_at(entry, by, taxes)) {
        let (less, whole) = (left.min(entry.net), entry.net);
        let rest = |amount: i64| share(amount, whole - less, whole);
        (entry.net, entry.base_net, entry.base_tax) = (whole - less, rest(entry.base_net), rest(entry.base_tax));
        entry.taxes.iter_mut().for_each(|tax| tax.amount = rest(tax.amount));
        left -= less;
    }
    net - left
}

/// Refuses to take a document back of which a dearer plan's invoice took back some: that is taken back first.
pub(crate) fn check_taken_over(document: &Document) -> Result<()> {
    let taken = |note: &&Credited| note.by_invoice() && note.net != 0;
    let Some(by) = document.credited.iter().find(taken) else { return Ok(()) };
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

/// An invoice does not stand any more: what it took back is charged again.
pub(crate) fn give_over(invoice: &mut Document, of: &mut Document) {
    let (own, by) = (of.own_ref(), invoice.own_ref());
    if invoice.took_back.contains(&own) {
        invoice.gave_over.extend(of.credited.extract_if(.., |entry| entry.by == by).map(|entry| (own, entry)));
        invoice.took_back.retain(|one| *one != own);
    }
}

/// An invoice stands again: what it took back until it gave its money back, it takes back again of those others. Refused
/// where that was given back otherwise meanwhile, or does not stand any more.
pub(crate) fn take_again<'d>(invoice: &mut Document, others: impl Iterator<Item = &'d mut Document>) -> Result<()> {
    let gave = std::mem::take(&mut invoice.gave_over);
    let mut taken = 0;
    for of in others {
        let (own, before, known) = (of.own_ref(), is_within(of), of.credited.len());
        of.credited.extend(gave.iter().filter(|(from, _)| *from == own).map(|(_, entry)| entry.clone()));
        let again = of.credited.len() - known;
        if again > 0 && of.stage == Stage::Issued && (is_within(of) || !before) {
            invoice.took_back.push(own);
            taken += again;
        }
    }
    if taken == gave.len() {
        return Ok(());
    }
    let number = invoice.number.as_deref().unwrap_or_default();
    let text = format!("What invoice {number} took back was given back otherwise since: change the plan instead");
    Err(Error::refused("given_back_since", text))
}
