//! A change of plan at other taxes: what its invoice or its credit notes take back and charge again, written down on the
//! documents that had charged it, so that each gives back what it charged, and once.

use std::collections::BTreeSet;

use rust_decimal::Decimal;

use crate::domain::documents::desk::Held;
use crate::domain::documents::entity::{Document, Ref, TaxRow};
use crate::domain::documents::leaving::carried;
use crate::domain::documents::sums::share;
use crate::domain::documents::taken_over::{self, At};
use crate::domain::sales::charges::{Layer, Part, Taxes};
use crate::domain::settlement::adjust::credited_already;
use crate::words::error::Result;

/// What a dearer plan's invoice takes back, at other taxes, counts as given back of the documents that charged it, the
/// newest first.
pub(super) fn take_over(invoice: &mut Document, charged: &[Layer], anew: &[Part], held: &mut [Held]) -> Result<()> {
    for part in anew.iter().filter(|part| part.net < 0) {
        let covers = |layer: &&Layer| layer.term.start <= part.term.start && part.term.end <= layer.term.end;
        let own: Vec<&Layer> = charged.iter().filter(covers).collect();
        let of_days = |of: Ref, taxes: &Taxes| -> i64 {
            let same = own.iter().filter(|layer| layer.of == of && layer.taxes == *taxes);
            same.map(|layer| share(layer.fee, part.term.days(), layer.days)).sum()
        };
        let (mut left, mut rounding, mut charging) = (-part.net, 0, None);
        for at in (0..held.len()).rev() {
            let of = held[at].after.own_ref();
            let most = of_days(of, &part.taxes);
            if most <= 0 {
                continue;
            }
            charging = charging.or(Some(at));
            // Each share of a line may have been rounded up.
            rounding += i64::try_from(held[at].after.lines.len() + held[at].after.credited.len()).unwrap_or(i64::MAX);
            let take = left.min(most);
            let others: BTreeSet<&Taxes> = own
                .iter()
                .filter(|layer| layer.of == of && layer.taxes != part.taxes)
                .map(|layer| &layer.taxes)
                .collect();
            let took = others.into_iter().map(|taxes| (-of_days(of, taxes), rows(taxes))).filter(|(net, _)| *net > 0);
            let mut took: Vec<At> = took.collect();
            // Of a part no more than what the rest of the document could not bear.
            let mut needed = if take == most { i64::MAX } else { (take - carried(&held[at].after).net).max(0) };
            for (net, _) in &mut took {
                *net = (*net).min(needed);
                needed -= *net;
            }
            let again = instead(invoice, at, took, held);
            left -= taken_over::take_over(invoice, &mut held[at].after, &(take, rows(&part.taxes)), &again)?;
        }
        // Credit notes by hand have given it back: it is not given back once more.
        if left > rounding {
            return Err(credited_already(charging.map_or(&*invoice, |at| &held[at].after)));
        }
    }
    Ok(())
}

/// What a document had taken back itself of others, an invoice takes back in its stead; how much it was.
fn instead(invoice: &mut Document, at: usize, took: Vec<At>, held: &mut [Held]) -> Vec<At> {
    let by = held[at].after.clone();
    let mut all = Vec::new();
    for (net, taxes) in took {
        let mut left = net;
        for of in held.iter_mut().rev().filter(|of| by.took_back.contains(&of.after.own_ref())) {
            left -= taken_over::take_instead(invoice, &mut of.after, &by, &(left, taxes.clone()));
        }
        all.push((net - left, taxes));
    }
    all
}

/// What an invoice of a dearer plan took back, and a further change charges again, is no more given back of what had
/// charged it.
pub(super) fn charge_again(of: Ref, parts: &[Part], held: &mut [Held]) {
    let took = held.iter().find(|one| one.after.own_ref() == of).map(|one| one.after.took_back.clone());
    for part in parts.iter().filter(|part| part.net > 0) {
        let (mut left, taxes) = (part.net, rows(&part.taxes));
        for from in took.iter().flatten() {
            if let Some(from) = held.iter_mut().find(|one| one.after.own_ref() == *from) {
                left -= taken_over::charge_again(&mut from.after, of, left, &taxes);
            }
        }
    }
}

fn rows(taxes: &Taxes) -> Vec<TaxRow> {
    let row = |(tax, name, percent): &(u64, String, Decimal)| TaxRow {
        tax: *tax,
        name: name.clone(),
        percent: *percent,
        amount: 0,
        given: false,
    };
    taxes.iter().map(row).collect()
}
