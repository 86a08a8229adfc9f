//! What a document's lines come to: exact, and rounded half away from zero at the places the contracts name.
//!
//! * Each tax of a line is rounded by itself (contract racknap §8.1: 845 x 9 % = 76.05, twice), unless the tenant
//!   rounds taxes by document: then each is rounded once for all lines of its rate.
//! * A price that includes its taxes gives them up as one: net = gross / (1 + all rates), so that net and taxes are
//!   the gross again (contract jerasoft §4.6) and equal rates equal amounts: see [`taxes`](super::taxes).
//! * A document's header is the sum of its rounded lines, but for Billmora's, whose subtotal, discount and
//!   total are each the rounded sum of exact lines (contract billmora §10.1).

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::domain::documents::entity::{Document, Line, Sums, TaxRow};
use crate::domain::documents::taxes::{share_out, taken_out};
use crate::words::error::{Rule, Violation};
use crate::words::money::{Currency, Money, NoAmount, rounded};

/// The largest quantity and the largest unit price.
const LARGEST: i64 = 1_000_000_000;
/// The largest amount of a document, in minor units: 9,999,999,999,999.99 where there are two places (contract
/// billmora §7). Thousands of such amounts still add up to what 64 bits hold.
pub const LARGEST_AMOUNT: i64 = 999_999_999_999_999;
/// Decimal places of quantities and unit prices.
const PLACES: u32 = 6;

/// How a header is made of its lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Rounding {
    /// The sum of the rounded lines.
    #[default]
    Lines,
    /// The same, where each tax is rounded once for all lines of a rate and shared out among them (EN 16931, BR-CO-17).
    Document,
    /// The rounded sum of the exact lines.
    Sums,
}

/// A line's numbers before they are worked out.
#[derive(Debug, Clone, Default)]
pub struct Priced {
    /// How many; above 0.
    pub quantity: Decimal,
    /// The price of one; below 0 for a line that is a discount.
    pub unit: Decimal,
    /// What is taken off the line.
    pub discount: Decimal,
    /// The taxes: id, name, percent.
    pub taxes: Vec<(u64, String, Decimal)>,
}

/// What the sums of one document are worked out in.
#[derive(Debug, Clone, Copy)]
pub struct Terms {
    /// The document's currency.
    pub currency: Currency,
    /// The currency of the books.
    pub base: Currency,
    /// Units of the document's currency for one of the base (contract racknap §8.2).
    pub ratio: Decimal,
    /// Whether prices include their taxes.
    pub inclusive: bool,
    /// How the header is made.
    pub rounding: Rounding,
}

impl Terms {
    /// Those that a document was worked out in.
    pub fn of(document: &Document) -> Self {
        let Document { iso, base, ratio, inclusive, rounding, .. } = document;
        Self { currency: *iso, base: *base, ratio: *ratio, inclusive: *inclusive, rounding: *rounding }
    }
}

/// A decimal as minor units of a currency, rounded half away from zero; `None` when it is out of range.
pub fn minor(amount: Decimal, currency: Currency) -> Option<i64> {
    let rounded = rounded(amount, currency.places());
    Money::exactly(rounded, currency).ok().map(|money| money.minor).filter(|minor| minor.abs() <= LARGEST_AMOUNT)
}

/// What an amount in the document's currency is in the base currency, rounded: amount / ratio.
pub fn in_base(amount: i64, terms: &Terms) -> Option<i64> {
    minor(decimal(amount, terms.currency).checked_div(terms.ratio)?, terms.base)
}

pub(super) fn decimal(minor: i64, currency: Currency) -> Decimal {
    Money { minor, currency }.decimal()
}

pub(super) fn percent(amount: i64, percent: Decimal, currency: Currency) -> Option<i64> {
    minor(decimal(amount, currency).checked_mul(percent)?.checked_div(Decimal::ONE_HUNDRED)?, currency)
}

/// What is wrong with the percent of a tax, written without trailing zeros: it is 0 to 100, with up to four
/// decimal places.
pub fn percent_fault(percent: Decimal) -> Option<Rule> {
    if percent < Decimal::ZERO {
        Some(Rule::TooSmall("0".into()))
    } else if percent > Decimal::ONE_HUNDRED {
        Some(Rule::TooLarge("100".into()))
    } else {
        (percent.scale() > 4).then_some(Rule::Precision(4))
    }
}

/// `amount x part / whole`, rounded half away from zero; `part` lies between 0 and `whole`.
pub(crate) fn share(amount: i64, part: i64, whole: i64) -> i64 {
    let product = i128::from(amount) * i128::from(part) * 2 + i128::from(whole) * i128::from(amount.signum());
    i64::try_from(product / (i128::from(whole.max(1)) * 2)).unwrap_or(0)
}

/// An exact amount of a currency, or what is wrong with it.
pub fn amount(field: &str, given: Decimal, currency: Currency) -> Result<i64, Violation> {
    let broken = match Money::exactly(given, currency) {
        Ok(money) if money.minor.abs() <= LARGEST_AMOUNT => return Ok(money.minor),
        Err(NoAmount::TooPrecise) => Rule::Precision(currency.places()),
        Ok(_) | Err(NoAmount::OutOfRange) => Rule::TooLarge(Money { minor: LARGEST_AMOUNT, currency }.to_string()),
    };
    Err(Violation { field: field.to_owned(), rule: broken })
}

/// Everything wrong with a line's numbers; `at` is the line's name (`items.0`).
pub fn faults(at: &str, line: &Priced, terms: &Terms) -> Vec<Violation> {
    let mut found = Vec::new();
    let mut note = |field: &str, rule| found.push(Violation { field: format!("{at}.{field}"), rule });
    let largest = Decimal::from(LARGEST);
    if line.quantity <= Decimal::ZERO {
        note("quantity", Rule::NotPositive);
    }
    for (field, value) in [("quantity", line.quantity), ("unit_price", line.unit)] {
        if value.normalize().scale() > PLACES {
            note(field, Rule::Precision(PLACES));
        }
        if value.abs() > largest {
            note(field, Rule::TooLarge(LARGEST.to_string()));
        }
    }
    if line.discount < Decimal::ZERO {
        note("discount", Rule::TooSmall("0".into()));
    }
    match Money::exactly(line.discount, terms.currency) {
        Err(_) => note("discount", Rule::Precision(terms.currency.places())),
        Ok(discount) if found.is_empty() => {
            let whole = line.quantity.checked_mul(line.unit).and_then(|whole| minor(whole, terms.currency));
            let most = whole.unwrap_or(0).max(0);
            if discount.minor > most {
                let most = Money { minor: most, currency: terms.currency }.to_string();
                found.push(Violation { field: format!("{at}.discount"), rule: Rule::TooLarge(most) });
            }
        }
        Ok(_) => {}
    }
    found
}

/// The numbers of a line: subtotal, discount, taxable value, taxes, amount, and the taxable value in the
/// base currency. `None` when one of them is out of range.
pub fn line(priced: &Priced, terms: &Terms) -> Option<Line> {
    let currency = terms.currency;
    let before = minor(priced.quantity.checked_mul(priced.unit)?, currency)?;
    let off = minor(priced.discount, currency)?;
    let row = |(tax, name, percent): &(u64, String, Decimal), amount| TaxRow {
        tax: *tax,
        name: name.clone(),
        percent: *percent,
        amount,
        given: false,
    };
    let after = before - off;
    let percents: Vec<Decimal> = priced.taxes.iter().map(|(_, _, percent)| *percent).collect();
    let (subtotal, taxable, taxes) = if terms.inclusive && !percents.is_empty() {
        let (taxable, taxes) = taken_out(after, &percents, currency)?;
        // What is taken off never comes to less than nothing, whatever rounding makes of it.
        let subtotal = if off == 0 { taxable } else { taken_out(before, &percents, currency)?.0.max(taxable) };
        (subtotal, taxable, taxes)
    } else {
        let taxes = percents.iter().map(|one| percent(after, *one, currency));
        (before, after, taxes.collect::<Option<Vec<i64>>>()?)
    };
    let taxes: Vec<TaxRow> = priced.taxes.iter().zip(taxes).map(|(tax, amount)| row(tax, amount)).collect();
    let amount = taxable + taxes.iter().map(|tax| tax.amount).sum::<i64>();
    let line = Line {
        quantity: priced.quantity.normalize(),
        unit: priced.unit,
        subtotal,
        discount: subtotal - taxable,
        taxable,
        taxes,
        amount,
        base: in_base(taxable, terms)?,
        ..Line::default()
    };
    (amount.abs() <= LARGEST_AMOUNT).then_some(line)
}

/// The lines of a document, worked out one by one before, with their taxes as the document rounds them. Taxes whose
/// amounts were given are none of these lines. `None` when something is out of range.
pub fn by_document(lines: &mut [&mut Line], terms: &Terms) -> Option<()> {
    if terms.rounding != Rounding::Document {
        return Some(());
    }
    share_out(lines, terms)?;
    lines.iter().all(|line| line.amount.abs() <= LARGEST_AMOUNT).then_some(())
}

fn add(values: impl Iterator<Item = i64>) -> Option<i64> {
    let mut values = values;
    values.try_fold(0_i64, i64::checked_add).filter(|sum| sum.abs() <= LARGEST_AMOUNT)
}

/// A document's header. Lines with a negative price count as discount.
pub fn header(lines: &[Line], terms: &Terms) -> Option<Sums> {
    let tax = add(lines.iter().map(Line::tax))?;
    let (subtotal, discount, total) = match terms.rounding {
        Rounding::Lines | Rounding::Document => {
            let (plus, minus): (Vec<&Line>, Vec<&Line>) = lines.iter().partition(|line| !line.is_discount());
            let off = add(minus.iter().map(|line| -line.subtotal))?;
            let subtotal = add(plus.iter().map(|line| line.subtotal))?;
            let discount = add(plus.iter().map(|line| line.discount))?.checked_add(off)?;
            (subtotal, discount, add(lines.iter().map(|line| line.amount))?)
        }
        Rounding::Sums => {
            let (mut plus, mut minus) = (Decimal::ZERO, Decimal::ZERO);
            for line in lines {
                let exact = line.quantity.checked_mul(line.unit)?;
                let side = if line.is_discount() { &mut minus } else { &mut plus };
                *side = side.checked_add(exact.abs())?;
            }
            let rounded = |amount| minor(amount, terms.currency);
            (rounded(plus)?, rounded(minus)?, rounded(plus.checked_sub(minus)?)?.checked_add(tax)?)
        }
    };
    let (base_net, base_tax) = (in_base(total.checked_sub(tax)?, terms)?, in_base(tax, terms)?);
    Some(Sums { subtotal, discount, tax, total, base_net, base_tax, ..Sums::default() })
}

/// Lines that were worked out before, with what they come to now in the base currency.
pub fn again(lines: &[Line], terms: &Terms) -> Option<(Vec<Line>, Sums)> {
    let line = |line: &Line| Some(Line { base: in_base(line.taxable, terms)?, ..line.clone() });
    let lines = lines.iter().map(line).collect::<Option<Vec<_>>>()?;
    let sums = header(&lines, terms)?;
    Some((lines, sums))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::money::parse_decimal;

    fn terms(rounding: Rounding) -> Terms {
        let currency = Currency::from_code("INR").unwrap();
        let base = Currency::from_code("USD").unwrap();
        Terms { currency, base, ratio: parse_decimal("71.160").unwrap(), inclusive: false, rounding }
    }

    fn priced(quantity: &str, unit: &str, taxes: &[&str]) -> Priced {
        let of = |text: &str| parse_decimal(text).unwrap();
        let taxes = taxes.iter().map(|percent| (1, "T".to_owned(), of(percent))).collect();
        Priced { quantity: of(quantity), unit: of(unit), discount: Decimal::ZERO, taxes }
    }

    #[test]
    fn the_figures_of_the_racknap_page() {
        let terms = terms(Rounding::Lines);
        for (net, tax, gross) in [("800", 7200, 94_400), ("400", 3600, 47_200), ("845", 7605, 99_710)] {
            let line = line(&priced("1", net, &["9.00", "9.00"]), &terms).unwrap();
            assert_eq!((line.taxes[0].amount, line.taxes[1].amount, line.amount), (tax, tax, gross));
        }
        assert_eq!(in_base(12_000, &terms), Some(169));
        let line = line(&priced("1", "8900.00", &["18"]), &terms).unwrap();
        assert_eq!((line.base, line.amount), (12_507, 1_050_200));
    }

    #[test]
    fn the_check_value_of_billmora() {
        let terms = terms(Rounding::Sums);
        let items = [priced("1", "40", &[]), priced("3", "12.345", &[]), priced("1", "-7.04", &[])];
        let lines: Vec<Line> = items.iter().map(|item| line(item, &terms).unwrap()).collect();
        let sums = header(&lines, &terms).unwrap();
        assert_eq!((sums.subtotal, sums.discount, sums.total, lines[1].amount), (7704, 704, 7000, 3704));
    }

    #[test]
    fn a_price_with_its_taxes_in_it_gives_them_up_exactly() {
        let terms = Terms { inclusive: true, ..terms(Rounding::Lines) };
        let line = line(&priced("3", "33.33", &["9.00", "9.00", "0.5"]), &terms).unwrap();
        assert_eq!(line.amount, 9999);
        assert_eq!(line.taxable + line.tax(), 9999);
    }
}
