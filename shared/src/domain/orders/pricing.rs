//! What an order costs (contract billmora §10.3): exact decimals, rounded where a figure is stored.

use rust_decimal::Decimal;

use crate::domain::catalog::coupons::Coupon;
use crate::domain::catalog::cycle::{Cycle, Unit};
use crate::domain::documents::accrual::Term;
use crate::domain::documents::lines::{NewLine, NewTaxes};
use crate::domain::documents::sums::minor;
use crate::domain::registrants::lines::years_of;
use crate::words::money::Currency;
use crate::words::time::Date;

/// A chosen option, with what it costs in the order's currency.
#[derive(Debug, Clone, PartialEq)]
pub struct ChosenOption {
    /// `<variant>: <option>`.
    pub label: String,
    /// Per period.
    pub price: Decimal,
    /// Once.
    pub setup_fee: Decimal,
}

/// Services to price.
#[derive(Debug, Clone, PartialEq)]
pub struct Package {
    /// The product's name.
    pub name: String,
    /// The same with its catalog's before it.
    pub title: String,
    /// How many.
    pub quantity: u32,
    /// How often they are paid for.
    pub cycle: Cycle,
    /// Per period.
    pub price: Decimal,
    /// Once.
    pub setup_fee: Decimal,
    /// The options chosen, in their order.
    pub options: Vec<ChosenOption>,
    /// The taxes on top.
    pub taxes: NewTaxes,
    /// The product.
    pub product: u64,
    /// Whether the coupon is for it.
    pub discounted: bool,
    /// The day of the month to which the first period is cut, where it is.
    pub prorata_day: Option<u32>,
    /// From which day of the month on a cycle more is free of dues.
    pub prorata_next_month_day: Option<u32>,
}

/// A domain to price.
#[derive(Debug, Clone, PartialEq)]
pub struct Domain {
    /// The name.
    pub domain: String,
    /// Whether it comes from another registrar.
    pub transfer: bool,
    /// For how many years.
    pub years: u32,
    /// What a year costs.
    pub fee: Decimal,
    /// Whether the coupon is for it.
    pub discounted: bool,
}

/// A first period that is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cut {
    /// The day on which the first full period begins.
    pub until: Date,
    /// What the days before it cost, in minor units, of one.
    pub part: i64,
    /// How many days the whole price is for, of which those are a part.
    pub of: i64,
    /// The day on which the next payment is due.
    pub due: Date,
}

/// What a package comes to, of one unless it says otherwise.
#[derive(Debug, Clone)]
pub struct PricedPackage {
    /// Price with options.
    pub unit: Decimal,
    /// Setup fee with those of options.
    pub setup_fee: Decimal,
    /// What the coupon takes off.
    pub discount: Decimal,
    /// What it takes off all of them, in minor units.
    pub off: i64,
    /// The cut first period, where there is one.
    pub cut: Option<Cut>,
    /// The first whole period, where it recurs.
    pub term: Option<Term>,
    /// The invoice's lines for all of it.
    pub lines: Vec<NewLine>,
}

impl PricedPackage {
    /// What of the discount is for the period; the rest is for setting it up.
    pub fn discount_of_period(&self) -> Decimal {
        let whole = self.unit + self.setup_fee;
        if whole.is_zero() { Decimal::ZERO } else { self.discount * self.unit / whole }
    }
}

/// What a domain comes to.
#[derive(Debug, Clone)]
pub struct PricedDomain {
    /// For all years, before the discount.
    pub amount: Decimal,
    /// What the coupon takes off.
    pub discount: Decimal,
    /// The same in minor units.
    pub off: i64,
    /// The invoice's line.
    pub line: NewLine,
}

pub(crate) fn line(description: String, quantity: u32, unit: Decimal, taxes: &NewTaxes) -> NewLine {
    NewLine { description, quantity: Decimal::from(quantity), unit, taxes: taxes.clone(), ..NewLine::default() }
}

/// What a package comes to when it is ordered on a day.
pub fn package(of: &Package, coupon: Option<&Coupon>, currency: Currency, today: Date) -> Option<PricedPackage> {
    let unit = of.price + of.options.iter().map(|option| option.price).sum::<Decimal>();
    let setup_fee = of.setup_fee + of.options.iter().map(|option| option.setup_fee).sum::<Decimal>();
    let discount = coupon.filter(|_| of.discounted).map_or(Decimal::ZERO, |coupon| coupon.takes(unit + setup_fee));
    let term = of.cycle.period(today, 0);
    let with_term = |mut line: NewLine, term: Option<Term>| {
        (line.product, line.cycle) = (Some(of.product), of.cycle.word().map(str::to_owned));
        (line.start, line.end) = (term.map(|term| term.start), term.map(|term| term.end));
        line
    };
    let long = |term: Term| format!("{} – {}", term.start.format("%d %b %Y"), term.end.format("%d %b %Y"));
    let cut = cut(of, unit, currency, today)?;
    let mut lines = Vec::new();
    match cut {
        Some(cut) => {
            let before = Term { start: today, end: cut.until.pred_opt()? };
            let part = rust_decimal::Decimal::new(cut.part, currency.places());
            let text = format!("{} - Prorated ({})", of.title, long(before));
            lines.push(with_term(line(text, of.quantity, part, &of.taxes), Some(before)));
            let whole = of.cycle.period(cut.until, 0)?;
            let text = format!("{} ({})", of.title, long(whole));
            lines.push(with_term(line(text, of.quantity, unit, &of.taxes), Some(whole)));
        }
        None => {
            let title = term.map_or_else(|| of.title.clone(), |term| format!("{} ({term})", of.title));
            lines.push(with_term(line(title, of.quantity, of.price, &of.taxes), term));
            for option in of.options.iter().filter(|option| option.price > Decimal::ZERO) {
                lines.push(with_term(line(option.label.clone(), of.quantity, option.price, &of.taxes), term));
            }
        }
    }
    let own = (of.setup_fee > Decimal::ZERO).then(|| (of.name.clone(), of.setup_fee));
    let options = of.options.iter().filter(|option| option.setup_fee > Decimal::ZERO);
    for (name, fee) in own.into_iter().chain(options.map(|option| (option.label.clone(), option.setup_fee))) {
        let fee = line(format!("Setup Fee - {name}"), of.quantity, fee, &of.taxes);
        lines.push(NewLine { setup: true, product: Some(of.product), ..fee });
    }
    let term = cut.map_or(term, |cut| of.cycle.period(cut.until, 0));
    Some(PricedPackage { unit, setup_fee, discount, off: 0, cut, term, lines })
}

/// The first period is cut to the next day of the month that the product names, unless that is today. `None`
/// beyond the calendar.
fn cut(of: &Package, unit: Decimal, currency: Currency, today: Date) -> Option<Option<Cut>> {
    let by_month = matches!(of.cycle, Cycle::Every { unit: Unit::Month | Unit::Year, .. });
    let Some(day) = of.prorata_day.filter(|_| by_month) else { return Some(None) };
    let until = next_day_of_month(today, day)?;
    if until == today {
        return Some(None);
    }
    let days = (until - today).num_days();
    let cycle = match of.cycle {
        Cycle::Every { count, unit: Unit::Year } => 365 * i64::from(count),
        cycle => (cycle.start(until, 1)? - until).num_days(),
    };
    let part = minor(unit * Decimal::from(days) / Decimal::from(cycle.max(1)), currency)?;
    let later = of.prorata_next_month_day.is_some_and(|from| chrono::Datelike::day(&today) >= from);
    let due = if later { of.cycle.start(until, 1)? } else { until };
    Some(Some(Cut { until, part, of: cycle.max(1), due }))
}

/// The next day with a day of the month, today included; in a month that is shorter, its last day.
fn next_day_of_month(today: Date, day: u32) -> Option<Date> {
    let in_month = |first: Date| (1..=day.min(31)).rev().find_map(|day| chrono::Datelike::with_day(&first, day));
    let first = chrono::Datelike::with_day(&today, 1)?;
    in_month(first)
        .filter(|date| *date >= today)
        .or_else(|| in_month(first.checked_add_months(chrono::Months::new(1))?))
}

/// What a domain comes to when it is ordered on a day.
pub fn domain(of: &Domain, coupon: Option<&Coupon>, today: Date) -> PricedDomain {
    let amount = of.fee * Decimal::from(of.years);
    let discount = coupon.filter(|_| of.discounted).map_or(Decimal::ZERO, |coupon| coupon.takes(amount));
    let what = if of.transfer { "Transfer" } else { "Register" };
    PricedDomain { amount, discount, off: 0, line: years_of(what, &of.domain, of.years, amount, today) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::catalog::coupons::Off;
    use crate::words::money::parse_decimal;

    fn of(text: &str) -> Decimal {
        parse_decimal(text).unwrap()
    }

    fn monthly(prorata_day: Option<u32>, next: Option<u32>) -> Package {
        Package {
            name: "Studio".into(),
            title: "Hosting - Studio".into(),
            quantity: 1,
            cycle: Cycle::every(1, Unit::Month).unwrap(),
            price: of("30"),
            setup_fee: Decimal::ZERO,
            options: Vec::new(),
            taxes: NewTaxes::None,
            product: 4,
            discounted: true,
            prorata_day,
            prorata_next_month_day: next,
        }
    }

    /// Contract billmora §10.3: the check values of proration.
    #[test]
    fn the_check_values_of_proration() {
        let (usd, today) = (Currency::from_code("USD").unwrap(), "2026-11-20".parse::<Date>().unwrap());
        for (day, next, wanted) in [
            (Some(25), None, Some(("2026-11-25", 500, "2026-11-25"))),
            (Some(25), Some(15), Some(("2026-11-25", 500, "2026-12-25"))),
            (Some(25), Some(21), Some(("2026-11-25", 500, "2026-11-25"))),
            (Some(5), None, Some(("2026-12-05", 1452, "2026-12-05"))),
            (Some(20), None, None),
            (None, None, None),
        ] {
            let priced = package(&monthly(day, next), None, usd, today).unwrap();
            let got = priced.cut.map(|cut| (cut.until.to_string(), cut.part, cut.due.to_string()));
            assert_eq!(got, wanted.map(|(until, part, due)| (until.to_owned(), part, due.to_owned())), "{day:?}");
            assert_eq!(priced.lines.len(), if wanted.is_some() { 2 } else { 1 });
        }
        let yearly = Package { cycle: Cycle::every(1, Unit::Year).unwrap(), ..monthly(Some(25), None) };
        // 30 / 365 x 5.
        assert_eq!(package(&yearly, None, usd, today).unwrap().cut.unwrap().part, 41);
        let daily = Package { cycle: Cycle::every(1, Unit::Day).unwrap(), ..monthly(Some(25), None) };
        assert_eq!(package(&daily, None, usd, today).unwrap().cut, None);
    }

    #[test]
    fn the_day_of_a_shorter_month_is_its_last() {
        for (today, day, next) in [
            ("2026-02-10", 31, "2026-02-28"),
            ("2026-01-31", 31, "2026-01-31"),
            ("2026-01-31", 30, "2026-02-28"),
            ("2026-12-31", 1, "2027-01-01"),
        ] {
            assert_eq!(next_day_of_month(today.parse().unwrap(), day).unwrap().to_string(), next);
        }
    }

    /// Contract billmora §15.5.
    #[test]
    fn the_worked_example() {
        let coupon = Coupon { off: Off::Percentage, value: of("25"), ..Coupon::default() };
        let (usd, today) = (Currency::from_code("USD").unwrap(), "2026-11-20".parse::<Date>().unwrap());
        let option = ChosenOption { label: "Backup: Daily".into(), price: of("4.00"), setup_fee: of("2.00") };
        let studio = Package {
            price: of("18.00"),
            setup_fee: of("6.00"),
            quantity: 2,
            options: vec![option],
            ..monthly(None, None)
        };
        let priced = package(&studio, Some(&coupon), usd, today).unwrap();
        assert_eq!((priced.unit, priced.setup_fee, priced.discount), (of("22.00"), of("8.00"), of("7.50")));
        let texts: Vec<_> = priced.lines.iter().map(|line| line.description.as_str()).collect();
        assert_eq!(
            texts,
            [
                "Hosting - Studio (20/11/2026 - 19/12/2026)",
                "Backup: Daily",
                "Setup Fee - Studio",
                "Setup Fee - Backup: Daily"
            ]
        );
        let name = Domain { domain: "noor.dev".into(), transfer: false, years: 3, fee: of("10.00"), discounted: true };
        let priced = domain(&name, Some(&coupon), today);
        assert_eq!((priced.amount, priced.discount), (of("30.00"), of("7.50")));
        assert_eq!(priced.line.description, "Register - noor.dev (3 years)");
        let off = crate::domain::orders::discount::lines("QUARTER", &[(None, 2250)], usd);
        assert_eq!((off.len(), off[0].unit), (1, of("-22.50")));
    }
}
