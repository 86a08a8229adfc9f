//! What a coupon takes off an order, shared out to its items and lines to the last unit.

use rust_decimal::Decimal;

use crate::domain::documents::accrual::Term;
use crate::domain::documents::lines::NewLine;
use crate::domain::documents::sums::{minor, share};
use crate::domain::orders::pricing::{Domain, Package, PricedDomain, PricedPackage};
use crate::words::money::{Currency, Money};

impl PricedPackage {
    /// Of which of its lines the coupon takes something: all but the cut first period (contract billmora §10.3).
    fn discounted(&mut self) -> &mut [NewLine] {
        let first = usize::from(self.cut.is_some()).min(self.lines.len());
        self.lines.get_mut(first..).unwrap_or_default()
    }

    /// What the coupon takes off each of those lines, in minor units: each its part of all of it.
    fn parts(&mut self, currency: Currency) -> Vec<i64> {
        let off = self.off;
        let amounts: Vec<i64> = self.discounted().iter().map(|line| whole(line, currency)).collect();
        let sum: i64 = amounts.iter().sum();
        let (mut before, mut taken) = (0, 0);
        let part = |amount: &i64| {
            before += amount;
            let upto = share(off, before, sum);
            let part = upto - taken;
            taken = upto;
            part
        };
        amounts.iter().map(part).collect()
    }

    /// Take what the coupon takes off the lines themselves, so that their taxes are those of what is left.
    pub fn take_off(&mut self, currency: Currency) {
        let parts = self.parts(currency);
        for (line, part) in self.discounted().iter_mut().zip(parts) {
            line.discount = Money { minor: part, currency }.decimal();
        }
    }

    /// What the coupon takes off, in minor units, with the period of what it is taken off: a discount is earned over the
    /// same days.
    pub fn taken(&self, currency: Currency) -> Vec<(Option<Term>, i64)> {
        let mut own = self.clone();
        let parts = own.parts(currency);
        let term = |line: &NewLine| line.start.zip(line.end).map(|(start, end)| Term { start, end });
        own.discounted().iter().map(term).zip(parts).collect()
    }
}

/// What a line comes to before discount and taxes, in minor units.
fn whole(line: &NewLine, currency: Currency) -> i64 {
    line.quantity.checked_mul(line.unit).and_then(|amount| minor(amount, currency)).unwrap_or(0)
}

/// What the coupon takes off each item, in minor units, so that the items' discounts are together the rounded discount
/// of the whole order (contract billmora §10.3), and nothing costs less than nothing.
pub(crate) fn round(
    packages: &mut [(Package, PricedPackage)],
    domains: &mut [(Domain, PricedDomain)],
    currency: Currency,
) -> Option<()> {
    let (mut exact, mut given) = (Decimal::ZERO, 0);
    let mut next = |discount: Decimal, most: i64| {
        exact = exact.checked_add(discount)?;
        let off = (minor(exact, currency)? - given).clamp(0, most);
        given += off;
        Some(off)
    };
    for (of, priced) in packages {
        let most = priced.discounted().iter().map(|line| whole(line, currency)).sum();
        priced.off = next(priced.discount.checked_mul(Decimal::from(of.quantity))?, most)?;
    }
    for (_, priced) in domains {
        priced.off = next(priced.discount, whole(&priced.line, currency))?;
    }
    Some(())
}

/// The lines that take off what the coupon takes of untaxed items (contract billmora §10.3), in minor units: one for each
/// period.
pub(crate) fn lines(code: &str, taken: &[(Option<Term>, i64)], currency: Currency) -> Vec<NewLine> {
    let mut groups: Vec<(Option<Term>, i64)> = Vec::new();
    for (term, off) in taken {
        match groups.iter_mut().find(|(known, _)| known == term) {
            Some((_, sum)) => *sum += off,
            None => groups.push((*term, *off)),
        }
    }
    let line = |(term, off): (Option<Term>, i64)| NewLine {
        description: format!("Discount - Coupon: {code}"),
        quantity: Decimal::ONE,
        unit: -Money { minor: off, currency }.decimal(),
        start: term.map(|term| term.start),
        end: term.map(|term| term.end),
        ..NewLine::default()
    };
    groups.into_iter().filter(|(_, off)| *off > 0).map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::catalog::coupons::{Coupon, Off};
    use crate::domain::catalog::{Cycle, Unit};
    use crate::domain::orders::pricing::package;
    use crate::words::money::parse_decimal;
    use crate::words::time::Date;

    fn of(text: &str) -> Decimal {
        parse_decimal(text).unwrap()
    }

    fn at(price: &str, setup_fee: &str, tax: &str) -> Package {
        Package {
            name: "Studio".into(),
            title: "Studio".into(),
            quantity: 1,
            cycle: Cycle::every(1, Unit::Month).unwrap(),
            price: of(price),
            setup_fee: of(setup_fee),
            options: Vec::new(),
            taxes: crate::domain::documents::lines::NewTaxes::percent(of(tax)),
            product: 4,
            discounted: true,
            prorata_day: None,
            prorata_next_month_day: None,
        }
    }

    /// A hundred percent leaves nothing, of the tax neither; a part is shared out to the last unit.
    #[test]
    fn a_discount_is_shared_out_to_the_last_unit() {
        let (usd, today) = (Currency::from_code("USD").unwrap(), "2026-11-20".parse::<Date>().unwrap());
        for (value, wanted) in [("100", ["10.03", "10.03"]), ("50", ["5.02", "5.01"]), ("0.05", ["0.01", "0.00"])] {
            let coupon = Coupon { off: Off::Percentage, value: of(value), ..Coupon::default() };
            let taxed = at("10.03", "10.03", "19");
            let priced = package(&taxed, Some(&coupon), usd, today).unwrap();
            let mut all = [(taxed, priced)];
            round(&mut all, &mut [], usd).unwrap();
            all[0].1.take_off(usd);
            let taken: Vec<String> = all[0].1.lines.iter().map(|line| line.discount.to_string()).collect();
            assert_eq!(taken, wanted, "{value}");
        }
    }

    /// Contract billmora §10.3: the discount of the order is the sum of the exact ones, rounded.
    #[test]
    fn the_discounts_of_items_are_together_the_rounded_discount_of_the_order() {
        let (usd, today) = (Currency::from_code("USD").unwrap(), "2026-11-20".parse::<Date>().unwrap());
        let coupon = Coupon { off: Off::Percentage, value: of("25"), ..Coupon::default() };
        let one = at("10.01", "0", "0");
        let mut all: Vec<_> =
            (0..3).map(|_| (one.clone(), package(&one, Some(&coupon), usd, today).unwrap())).collect();
        round(&mut all, &mut [], usd).unwrap();
        // 3 x 2.5025 = 7.5075.
        assert_eq!(all.iter().map(|(_, priced)| priced.off).collect::<Vec<_>>(), [250, 251, 250]);
    }
}
