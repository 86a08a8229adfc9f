//! The taxes of lines: taken out of prices that include them, and shared out where a document rounds each tax once.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use crate::domain::documents::line::{Line, TaxRow};
use crate::domain::documents::sums::{Terms, decimal, in_base, minor, percent};
use crate::words::money::Currency;

/// What a gross amount, in minor units, gives up: its net, and each tax by its percent. They are the gross again.
///
/// The net is gross / (1 + all rates), rounded. Where the taxes of that net, each rounded by itself, do not come to the
/// rest, a net next to it is taken with which they do; where there is none, each tax is its share of the gross and the
/// net takes what rounding leaves. So equal rates are equal amounts. `None` when something is out of range.
pub(super) fn taken_out(gross: i64, percents: &[Decimal], currency: Currency) -> Option<(i64, Vec<i64>)> {
    let all: Decimal = percents.iter().copied().sum();
    let whole = Decimal::ONE_HUNDRED.checked_add(all)?;
    let nearest = minor(decimal(gross, currency).checked_mul(Decimal::ONE_HUNDRED)?.checked_div(whole)?, currency)?;
    if percents.len() <= 1 {
        return Some((nearest, percents.iter().map(|_| gross - nearest).collect()));
    }
    let most = i64::try_from(percents.len()).ok()?;
    let others = (1..=most).flat_map(|step| [nearest - step, nearest + step]);
    for net in std::iter::once(nearest).chain(others) {
        let taxes = percents.iter().map(|one| percent(net, *one, currency)).collect::<Option<Vec<i64>>>()?;
        if net + taxes.iter().sum::<i64>() == gross {
            return Some((net, taxes));
        }
    }
    let part = |one: &Decimal| minor(decimal(gross, currency).checked_mul(*one)?.checked_div(whole)?, currency);
    let taxes = percents.iter().map(part).collect::<Option<Vec<i64>>>()?;
    Some((gross - taxes.iter().sum::<i64>(), taxes))
}

/// Round each tax once for all lines of its rate, and share it out among them: a line's share is what the tax comes to
/// up to that line, less what it came to before it. Lines keep what their prices say: the net, or the gross where
/// prices include their taxes. `None` when something is out of range.
pub(super) fn share_out(lines: &mut [&mut Line], terms: &Terms) -> Option<()> {
    if terms.inclusive { share_gross(lines, terms) } else { share_net(lines, terms) }
}

/// A tax: its id, name and percent.
type Rate = (u64, String, Decimal);

fn rate_of(tax: &TaxRow) -> Rate {
    (tax.tax, tax.name.clone(), tax.percent.normalize())
}

fn share_net(lines: &mut [&mut Line], terms: &Terms) -> Option<()> {
    let mut so_far: BTreeMap<Rate, (i64, i64)> = BTreeMap::new();
    for line in lines.iter_mut() {
        let taxable = line.taxable;
        for tax in &mut line.taxes {
            let (base, before) = so_far.entry(rate_of(tax)).or_default();
            *base = base.checked_add(taxable)?;
            let until = percent(*base, tax.percent, terms.currency)?;
            tax.amount = until - std::mem::replace(before, until);
        }
        line.amount = taxable.checked_add(line.tax())?;
    }
    Some(())
}

fn share_gross(lines: &mut [&mut Line], terms: &Terms) -> Option<()> {
    let currency = terms.currency;
    let mut groups: BTreeMap<Vec<Rate>, Vec<usize>> = BTreeMap::new();
    for (place, line) in lines.iter().enumerate().filter(|(_, line)| !line.taxes.is_empty()) {
        groups.entry(line.taxes.iter().map(rate_of).collect()).or_default().push(place);
    }
    for (rates, places) in groups {
        let percents: Vec<Decimal> = rates.iter().map(|(_, _, percent)| *percent).collect();
        let whole = Decimal::ONE_HUNDRED.checked_add(percents.iter().copied().sum())?;
        let (mut gross, mut before) = (0_i64, vec![0_i64; rates.len()]);
        for (number, place) in places.iter().enumerate() {
            let line = lines.get_mut(*place)?;
            gross = gross.checked_add(line.amount)?;
            // The last line takes what the whole comes to, which is what one line of that price would.
            let until = if number + 1 == places.len() {
                taken_out(gross, &percents, currency)?.1
            } else {
                let part =
                    |one: &Decimal| minor(decimal(gross, currency).checked_mul(*one)?.checked_div(whole)?, currency);
                percents.iter().map(part).collect::<Option<Vec<i64>>>()?
            };
            for ((tax, until), before) in line.taxes.iter_mut().zip(&until).zip(&mut before) {
                tax.amount = until - std::mem::replace(before, *until);
            }
            let taxable = line.amount - line.tax();
            line.subtotal += taxable - line.taxable;
            line.taxable = taxable;
            line.base = in_base(taxable, terms)?;
        }
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(gross: i64, percents: &[&str]) -> (i64, Vec<i64>) {
        let percents: Vec<Decimal> = percents.iter().map(|one| one.parse().unwrap()).collect();
        taken_out(gross, &percents, Currency::from_code("USD").unwrap()).unwrap()
    }

    #[test]
    fn equal_rates_are_equal_amounts_and_nothing_is_lost() {
        assert_eq!(taken(10_000, &["9", "9"]), (8474, vec![763, 763]));
        assert_eq!(taken(10_000, &["19"]), (8403, vec![1597]));
        assert_eq!(taken(-10_000, &["9", "9"]), (-8474, vec![-763, -763]));
        assert_eq!(taken(0, &["9", "9"]), (0, vec![0, 0]));
        for percents in [&["9", "9"][..], &["50", "50"], &["9", "9", "0.5"], &["19", "7", "7"], &["2.5", "2.5"]] {
            for gross in 0..5_000 {
                let (net, taxes) = taken(gross, percents);
                assert_eq!(net + taxes.iter().sum::<i64>(), gross, "{gross} {percents:?}");
                for (one, left) in percents.iter().zip(&taxes) {
                    let same = percents.iter().zip(&taxes).filter(|(other, _)| *other == one);
                    assert!(same.clone().all(|(_, tax)| tax == left), "{gross} {percents:?} {taxes:?}");
                }
            }
        }
    }
}
