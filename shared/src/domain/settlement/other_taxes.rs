//! A change of plan at other taxes: what its invoice or its credit notes take back and charge again, written down on the
//! documents that had charged it, so that each gives back what it charged, and once.

use rust_decimal::Decimal;

use crate::domain::documents::desk::Held;
use crate::domain::documents::entity::{Document, Ref, TaxRow};
use crate::domain::documents::sums::share;
use crate::domain::documents::taken_over;
use crate::domain::sales::charges::{Layer, Part, Taxes};
use crate::domain::settlement::adjust::credited_already;
use crate::words::error::Result;

/// What a document charged for the days of a part at its taxes, less what it gave back, in minor units.
fn of_days(charged: &[Layer], of: Ref, part: &Part) -> i64 {
    let covers = |layer: &&Layer| layer.term.start <= part.term.start && part.term.end <= layer.term.end;
    let own = charged.iter().filter(|layer| layer.of == of && layer.taxes == part.taxes).filter(covers);
    own.map(|layer| share(layer.fee, part.term.days(), layer.days)).sum()
}

/// What a dearer plan's invoice takes back, at other taxes, counts as given back of the documents that charged it, the
/// newest first.
pub(super) fn take_over(invoice: &mut Document, charged: &[Layer], anew: &[Part], held: &mut [Held]) -> Result<()> {
    for part in anew.iter().filter(|part| part.net < 0) {
        let (mut left, mut rounding, mut charging) = (-part.net, 0, None);
        for at in (0..held.len()).rev() {
            let of = held[at].after.own_ref();
            let most = of_days(charged, of, part);
            if most <= 0 {
                continue;
            }
            charging = charging.or(Some(at));
            // Each share of a line may have been rounded up.
            rounding += i64::try_from(held[at].after.lines.len() + held[at].after.credited.len()).unwrap_or(i64::MAX);
            let (taken, still) = ((left.min(most), rows(&part.taxes)), still_taken(of, held));
            left -= taken_over::take_over(invoice, &mut held[at].after, &taken, still)?;
        }
        // Credit notes by hand have given it back: it is not given back once more.
        if left > rounding {
            return Err(credited_already(charging.map_or(&*invoice, |at| &held[at].after)));
        }
    }
    Ok(())
}

/// What a dearer plan's invoice goes on taking back of other documents, without taxes, in minor units.
pub(super) fn still_taken(by: Ref, held: &[Held]) -> i64 {
    held.iter().map(|of| taken_over::taken_from(&of.after, by)).sum()
}

/// How much of these parts charges again what a document took back of others, without taxes, in minor units.
pub(super) fn charging_again(by: Ref, charged: &[Layer], parts: &[Part], held: &[Held]) -> i64 {
    let again = |part: &Part| {
        let taxes = rows(&part.taxes);
        let of =
            |of: &Held| taken_over::taken_at(&of.after, by, &taxes).min(of_days(charged, of.after.own_ref(), part));
        part.net.min(held.iter().map(of).filter(|took| *took > 0).sum())
    };
    parts.iter().filter(|part| part.net > 0).map(again).sum()
}

/// What an invoice of a dearer plan took back, and a further change charges again, is no more given back of what had
/// charged it: of each as much as it charged for these days.
pub(super) fn charge_again(of: Ref, charged: &[Layer], parts: &[Part], held: &mut [Held]) {
    let took = held.iter().find(|one| one.after.own_ref() == of).map(|one| one.after.took_back.clone());
    for part in parts.iter().filter(|part| part.net > 0) {
        let (mut left, taxes) = (part.net, rows(&part.taxes));
        for name in took.iter().flatten() {
            if let Some(from) = held.iter_mut().find(|one| one.after.own_ref() == *name) {
                let (own, taken) = (of_days(charged, *name, part), taken_over::taken_at(&from.after, of, &taxes));
                // Rounding can be a unit off: nothing of it is left behind.
                let most = left.min(if (taken - own).abs() <= 1 { taken } else { own });
                left -= taken_over::charge_again(&mut from.after, of, most.max(0), &taxes);
            }
        }
    }
}

/// What one document charges again and the one that it took it from gives back, for the same days, can stay as it is.
pub(super) fn left_taken(mut parts: Vec<Part>, held: &[Held]) -> Vec<Part> {
    let took = |by: &Part, of: &Part| {
        let from = held.iter().find(|one| Some(one.after.own_ref()) == of.of);
        let taken = from.zip(by.of).map_or(0, |(from, by)| taken_over::taken_at(&from.after, by, &rows(&of.taxes)));
        taken > 0 && by.term == of.term && by.taxes == of.taxes
    };
    for again in 0..parts.len() {
        for given in 0..parts.len() {
            let less = parts[again].net.min(-parts[given].net);
            if less > 0 && took(&parts[again], &parts[given]) {
                for (at, by) in [(again, -less), (given, less)] {
                    let part = &mut parts[at];
                    part.net += by;
                    part.fee = share(part.net, part.days, part.term.days());
                }
            }
        }
    }
    parts.retain(|part| part.net != 0);
    parts
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
