//! What was charged for the days of a service and by which documents, and what another price makes of it: pure
//! figures. What is given back is worked out from here, never from a price list.
//!
//! The charges of a day lie on top of each other: an order's or a renewal's line, the differences that changes of
//! plan asked for, less those they gave back. Each counts as long as its document stands.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::domain::documents::accrual::Term;
use crate::domain::documents::entity::{Document, Line, Ref, Stage};
use crate::domain::documents::sums::share;
use crate::words::time::Date;

/// Days of a service that a line of a document charged for, or gave back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Charge {
    /// The invoice, debit note or credit note …
    pub by: Ref,
    /// … and its line, from 0, whose taxes it bears.
    pub line: usize,
    /// The document whose money it is part of: the same, or the one that the credit note concerns.
    pub of: Ref,
    /// The days, both ends included.
    pub term: Term,
    /// What so many `days` cost by it: net, after discounts, in minor units; below 0 where it gives back.
    pub fee: i64,
    /// See [`fee`](Self::fee).
    pub days: i64,
}

impl Charge {
    /// The charge of a new document's own line.
    pub(crate) fn own(by: Ref, line: usize, term: Term, fee: i64, days: i64) -> Self {
        Self { by, line, of: by, term, fee, days }
    }

    /// Whether days are among its own.
    pub(crate) fn meets(&self, term: Term) -> bool {
        self.term.start <= term.end && term.start <= self.term.end
    }
}

/// Taxes as a line has them: id, name, percent.
pub(crate) type Taxes = Vec<(u64, String, Decimal)>;

/// A charge whose documents stand.
#[derive(Debug, Clone)]
pub(crate) struct Layer {
    pub(crate) of: Ref,
    pub(crate) term: Term,
    pub(crate) fee: i64,
    pub(crate) days: i64,
    pub(crate) taxes: Taxes,
}

/// The invoice that asks for a charge's money in its stead (JeraSoft).
pub(crate) fn asked_by(charge: &Document) -> Option<Ref> {
    charge.allocations.iter().find(|allocation| allocation.charged).map(|allocation| allocation.other)
}

/// The charges that count, by the documents that were read for them.
pub(crate) fn layers(charges: &[Charge], documents: &BTreeMap<Ref, Document>) -> Vec<Layer> {
    let issued = |one: Ref| documents.get(&one).filter(|document| document.stage == Stage::Issued);
    // Of a charge that is on an invoice, that one must stand too, if it was read.
    let stands = |one: Ref| {
        let asks = |document: &&Document| match asked_by(document) {
            Some(invoice) => !documents.contains_key(&invoice) || issued(invoice).is_some(),
            None => true,
        };
        issued(one).filter(asks)
    };
    let layer = |charge: &Charge| {
        let of = asked_by(stands(charge.of)?).unwrap_or(charge.of);
        let line: &Line = stands(charge.by)?.lines.get(charge.line)?;
        let taxes = line.taxes.iter().map(|tax| (tax.tax, tax.name.clone(), tax.percent)).collect();
        Some(Layer { of, term: charge.term, fee: charge.fee, days: charge.days, taxes })
    };
    charges.iter().filter_map(layer).collect()
}

/// What the days of a service shall cost.
#[derive(Debug, Clone)]
pub(crate) struct Wanted {
    /// A period, net in minor units.
    pub(crate) fee: i64,
    /// The taxes on it.
    pub(crate) taxes: Taxes,
}

/// A change of what is charged for some days.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Part {
    /// The document on which it is given back; absent where it is charged anew.
    pub(crate) of: Option<Ref>,
    /// The days.
    pub(crate) term: Term,
    /// The change of what so many `days` cost; below 0 where it is given back.
    pub(crate) fee: i64,
    pub(crate) days: i64,
    /// The change for the days of the term: net, in minor units.
    pub(crate) net: i64,
    pub(crate) taxes: Taxes,
    /// Whether nothing else changes for these days.
    pub(crate) alone: bool,
}

impl Part {
    /// With its taxes, exactly.
    pub(crate) fn gross(&self) -> Decimal {
        gross(self.net, &self.taxes)
    }
}

fn gross(net: i64, taxes: &Taxes) -> Decimal {
    let rate: Decimal = taxes.iter().map(|(_, _, percent)| *percent).sum();
    Decimal::from(net) * (Decimal::ONE + rate / Decimal::ONE_HUNDRED)
}

/// Fees by their taxes.
type Fees = Vec<(Taxes, i64)>;

fn add(fees: &mut Fees, taxes: &Taxes, fee: i64) {
    match fees.iter_mut().find(|(known, _)| known == taxes) {
        Some((_, sum)) => *sum += fee,
        None => fees.push((taxes.clone(), fee)),
    }
}

fn all_of(groups: &[(Ref, Fees)]) -> Fees {
    let mut all = Fees::new();
    groups.iter().flat_map(|(_, fees)| fees).for_each(|(taxes, fee)| add(&mut all, taxes, *fee));
    all
}

fn gross_of(fees: &Fees) -> Decimal {
    fees.iter().map(|(taxes, fee)| gross(*fee, taxes)).sum()
}

/// What has to be charged and given back so that the days from one on cost what is wanted, wherever they were charged
/// for. What costs less is given back on the newest document first, and never more of one, at any tax, than it charged.
pub(crate) fn parts(layers: &[Layer], wanted: &Wanted, from: Date) -> Vec<Part> {
    let ends = layers.iter().filter_map(|layer| layer.term.end.succ_opt()).filter(|end| *end > from);
    let starts = layers.iter().map(|layer| layer.term.start.max(from));
    let days: BTreeSet<Date> = ends.chain(starts).collect();
    let days: Vec<Date> = days.into_iter().collect();
    let mut all = Vec::new();
    for pair in days.windows(2) {
        let [start, next] = pair else { continue };
        let Some(term) = next.pred_opt().map(|end| Term { start: *start, end }) else { continue };
        let own: Vec<&Layer> =
            layers.iter().filter(|layer| layer.term.start <= term.start && term.end <= layer.term.end).collect();
        all.extend(of_days(term, &own, wanted));
    }
    all
}

/// The same for days that all layers have.
fn of_days(term: Term, layers: &[&Layer], wanted: &Wanted) -> Vec<Part> {
    let Some(days) = layers.first().map(|layer| layer.days) else { return Vec::new() };
    let mut groups: Vec<(Ref, Fees)> = Vec::new();
    for layer in layers {
        match groups.iter_mut().find(|(of, _)| *of == layer.of) {
            Some((_, fees)) => add(fees, &layer.taxes, layer.fee),
            None => groups.push((layer.of, vec![(layer.taxes.clone(), layer.fee)])),
        }
    }
    let part = |of: Option<Ref>, taxes: Taxes, fee: i64| {
        let net = share(fee, term.days(), days);
        Part { of, term, fee, days, net, taxes, alone: false }
    };
    let back = |of: Ref, own: Fees| -> Vec<Part> {
        own.into_iter().filter(|(_, fee)| *fee != 0).map(|(taxes, fee)| part(Some(of), taxes, -fee)).collect()
    };
    let aim = gross(wanted.fee, &wanted.taxes);
    let mut all: Vec<Part> = Vec::new();
    loop {
        let is = all_of(&groups);
        let mut missing: Fees = is.iter().map(|(taxes, fee)| (taxes.clone(), -fee)).collect();
        add(&mut missing, &wanted.taxes, wanted.fee);
        missing.retain(|(_, fee)| *fee != 0);
        if missing.is_empty() {
            break;
        }
        let newest = if aim > gross_of(&is) { None } else { groups.pop() };
        let Some((of, own)) = newest else {
            all.extend(missing.into_iter().map(|(taxes, fee)| part(None, taxes, fee)));
            break;
        };
        let at_its_taxes = |fees: &Fees| fees.iter().all(|(taxes, fee)| *taxes == wanted.taxes || *fee == 0);
        let rest = all_of(&groups);
        if gross_of(&rest) >= aim {
            // Without this document it is still too much, or just enough: all of it is given back.
            all.extend(back(of, own));
        } else if at_its_taxes(&rest) {
            all.extend(missing.into_iter().map(|(taxes, fee)| part(Some(of), taxes, fee)));
            break;
        } else {
            // Older documents bear other taxes. Each is given back where it was charged, and the rest is charged anew.
            groups.push((of, own));
            let (kept, other): (Vec<_>, Vec<_>) = groups.into_iter().partition(|(_, fees)| at_its_taxes(fees));
            for (of, own) in other.into_iter().rev() {
                all.extend(back(of, own));
            }
            let anew = wanted.fee - all_of(&kept).iter().map(|(_, fee)| fee).sum::<i64>();
            all.push(part(Some(of).filter(|_| anew < 0), wanted.taxes.clone(), anew));
            break;
        }
    }
    all.retain(|part| part.net != 0);
    let alone = all.len() == 1;
    all.iter_mut().for_each(|part| part.alone = alone);
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::documents::entity::Kind;
    use proptest::prelude::*;

    fn date(text: &str) -> Date {
        text.parse().unwrap()
    }

    fn invoice(id: u64) -> Ref {
        Ref { kind: Kind::Invoice, id }
    }

    fn taxes(percent: i64) -> Taxes {
        if percent == 0 { Vec::new() } else { vec![(0, "Tax".into(), Decimal::from(percent))] }
    }

    fn layer(of: u64, from: &str, to: &str, fee: i64, percent: i64) -> Layer {
        let term = Term { start: date(from), end: date(to) };
        Layer { of: invoice(of), term, fee, days: 31, taxes: taxes(percent) }
    }

    fn march(of: u64, fee: i64, percent: i64) -> Layer {
        layer(of, "2026-03-01", "2026-03-31", fee, percent)
    }

    fn changed(layers: &[Layer], fee: i64, percent: i64, from: &str) -> Vec<(Option<u64>, i64, usize)> {
        let parts = parts(layers, &Wanted { fee, taxes: taxes(percent) }, date(from));
        parts.into_iter().map(|part| (part.of.map(|of| of.id), part.net, part.taxes.len())).collect()
    }

    #[test]
    fn a_dearer_plan_asks_for_the_difference_and_a_cheaper_one_gives_it_back_on_what_charged_it() {
        // 30 to 60 with eight days left; 60 to 10 with six.
        assert_eq!(changed(&[march(1, 3000, 0)], 6000, 0, "2026-03-24"), [(None, 774, 0)]);
        assert_eq!(changed(&[march(1, 6000, 0)], 1000, 0, "2026-03-26"), [(Some(1), -968, 0)]);
        // The newest first, and of each no more than it charged.
        let dearer = [march(1, 3000, 0), layer(2, "2026-03-11", "2026-03-31", 3100, 0)];
        assert_eq!(changed(&dearer, 3000, 0, "2026-03-21"), [(Some(2), -1100, 0)]);
        assert_eq!(changed(&dearer, 1000, 0, "2026-03-11"), [(Some(2), -2100, 0), (Some(1), -1355, 0)]);
        assert_eq!(changed(&dearer, 6100, 0, "2026-03-21"), []);
        // What was given back already is not given back again.
        let cheaper = [march(1, 6000, 0), layer(1, "2026-03-26", "2026-03-31", -5000, 0)];
        assert_eq!(changed(&cheaper, 0, 0, "2026-03-30"), [(Some(1), -65, 0)]);
        assert_eq!(changed(&[march(1, 6000, 0)], 0, 0, "2026-04-01"), []);
    }

    #[test]
    fn each_at_its_own_tax() {
        assert_eq!(changed(&[march(1, 1999, 19)], 1000, 0, "2026-03-01"), [(Some(1), -1999, 1), (Some(1), 1000, 0)]);
        assert_eq!(changed(&[march(1, 6000, 0)], 999, 19, "2026-03-01"), [(Some(1), -6000, 0), (Some(1), 999, 1)]);
        let dearer = [march(1, 1000, 0), march(2, -1000, 0), march(2, 1999, 19)];
        assert_eq!(changed(&[march(1, 1000, 0)], 1999, 19, "2026-03-01"), [(None, -1000, 0), (None, 1999, 1)]);
        // All of the second invoice, and what is left of the first.
        assert_eq!(
            changed(&dearer, 500, 0, "2026-03-01"),
            [(Some(2), 1000, 0), (Some(2), -1999, 1), (Some(1), -500, 0)]
        );
        assert_eq!(changed(&dearer, 1200, 0, "2026-03-01"), [(Some(2), 1200, 0), (Some(2), -1999, 1)]);
    }

    proptest! {
        /// Whatever the way of changes: the days cost what is wanted in the end, and no document gives back more than
        /// it charged.
        #[test]
        fn what_is_charged_is_what_is_wanted(way in prop::collection::vec((0..9_i64, 0..3_i64, 0..6_i64), 1..9), first in 1..9_i64) {
            let mut layers = vec![march(1, first * 1000, 0)];
            // What each document charged, or took back, when it was made.
            let mut made = vec![(invoice(1), taxes(0), first * 1000)];
            let mut day = date("2026-03-01");
            for (next, (fee, percent, later)) in (2..).zip(way) {
                day += crate::words::time::Duration::days(later);
                let wanted = Wanted { fee: fee * 1000, taxes: taxes(percent * 19) };
                for part in parts(&layers, &wanted, day) {
                    let of = part.of.unwrap_or(invoice(next));
                    if part.of.is_none() {
                        made.push((of, part.taxes.clone(), part.fee));
                    }
                    layers.push(Layer { of, term: part.term, fee: part.fee, days: part.days, taxes: part.taxes });
                }
                prop_assert_eq!(parts(&layers, &wanted, day), Vec::new());
                for id in 1..=next {
                    let own: Decimal = layers.iter().filter(|layer| layer.of == invoice(id) && layer.term.end >= day)
                        .filter(|layer| layer.term.start <= day)
                        .map(|layer| gross(layer.fee, &layer.taxes)).sum();
                    prop_assert!(own >= Decimal::ZERO, "document {id} gave back more than it charged");
                }
                for (of, taxes, _) in &made {
                    let own = made.iter().filter(|one| one.0 == *of && one.1 == *taxes).map(|one| one.2).sum::<i64>();
                    let left = layers.iter().filter(|layer| layer.of == *of && layer.taxes == *taxes)
                        .filter(|layer| layer.term.start <= day && layer.term.end >= day).map(|layer| layer.fee).sum::<i64>();
                    prop_assert!(left >= own.min(0), "document {of:?} gave back {left} of {own} at {taxes:?}");
                }
            }
        }
    }
}
