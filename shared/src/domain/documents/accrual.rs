//! Revenue accrual (contract racknap §8.3): straight line per day over the inclusive days of a term.
//!
//! What is earned up to a day is `round(base x days so far / days of the term)`, half away from zero; a
//! month's value is what was earned up to its last day less what was earned before it. So the months always
//! add up to the whole, and a closed month never changes.

use std::fmt;

use chrono::Datelike;
use serde::{Deserialize, Serialize};

use crate::domain::documents::sums::share;
use crate::words::time::{Date, Duration};

/// A billing period: both days are part of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Term {
    /// The first day.
    pub start: Date,
    /// The last day.
    pub end: Date,
}

/// A month on the calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Month {
    /// The year.
    pub year: i32,
    /// 1 to 12.
    pub month: u32,
}

impl Month {
    /// The month a day lies in.
    pub fn of(date: Date) -> Self {
        Self { year: date.year(), month: date.month() }
    }

    /// The month after it.
    pub fn next(self) -> Self {
        if self.month == 12 { Self { year: self.year + 1, month: 1 } } else { Self { month: self.month + 1, ..self } }
    }

    /// Its first day; the calendar's last where it has none.
    pub fn first_day(self) -> Date {
        Date::from_ymd_opt(self.year, self.month, 1).unwrap_or(Date::MAX)
    }

    /// Its last day.
    pub fn last_day(self) -> Date {
        self.next().first_day().pred_opt().unwrap_or(Date::MAX)
    }

    /// `January-2020`.
    pub fn name(self) -> String {
        self.first_day().format("%B-%Y").to_string()
    }

    /// `2020-01`.
    pub fn short(self) -> String {
        format!("{:04}-{:02}", self.year, self.month)
    }
}

/// What of an item's base amount is earned as of a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accrual {
    /// The months listed, in order; `None` where a month lies outside the term.
    pub months: Vec<(Month, Option<i64>)>,
    /// Earned so far, in minor units of the base currency; `None` before the term.
    pub current: Option<i64>,
    /// Not earned yet.
    pub future: i64,
}

/// Which month the list begins with where the request does not say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Begin {
    /// January of the year in which the term begins (notes).
    January,
    /// The month in which the term begins (invoices).
    Term,
}

impl fmt::Display for Term {
    /// Both days, as lines of documents write them (`31/01/2026 - 27/02/2026`).
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} - {}", self.start.format("%d/%m/%Y"), self.end.format("%d/%m/%Y"))
    }
}

impl Term {
    /// How many days it has.
    pub fn days(self) -> i64 {
        (self.end - self.start).num_days() + 1
    }

    /// What is earned of `base` up to and including a day.
    pub fn earned(self, base: i64, until: Date) -> i64 {
        let days = ((until.min(self.end) - self.start).num_days() + 1).max(0);
        share(base, days, self.days())
    }

    /// What each day of the term earns; days that earn nothing are left out.
    pub fn daily(self, base: i64) -> impl Iterator<Item = (Date, i64)> {
        let whole = self.days();
        let on = move |day: i64| share(base, day + 1, whole) - share(base, day, whole);
        (0..whole).map(move |day| (self.start + Duration::days(day), on(day))).filter(|(_, earned)| *earned != 0)
    }
}

/// The accrual of an item as of a day. `since` is the day a request's list of months begins with; an item
/// without a term is earned whole on its document's date.
pub fn accrual(
    base: i64,
    term: Option<Term>,
    document: Date,
    as_of: Date,
    begin: Begin,
    since: Option<Date>,
) -> Accrual {
    let term = term.unwrap_or(Term { start: document, end: document });
    let own = Month::of(term.start);
    let first = match (since, begin) {
        (Some(since), _) => own.min(Month::of(since)),
        (None, Begin::January) => Month { month: 1, ..own },
        (None, Begin::Term) => own,
    };
    if as_of < term.start {
        return Accrual { months: Vec::new(), current: None, future: base };
    }
    let last = Month::of(as_of.min(term.end));
    let mut months = Vec::new();
    let (mut month, mut before) = (first, 0);
    while month <= last {
        let value = (month >= own).then(|| {
            let until = term.earned(base, as_of.min(month.last_day()));
            let value = until - before;
            before = until;
            value
        });
        months.push((month, value));
        month = month.next();
    }
    let current = term.earned(base, as_of);
    Accrual { months, current: Some(current), future: base - current }
}

/// The billing cycles by their words, with their months (contract racknap §9).
pub const CYCLES: [(&str, Option<u32>); 13] = [
    ("Free", None),
    ("Free Trial", None),
    ("One Time", None),
    ("Hourly", None),
    ("Monthly", Some(1)),
    ("Quarterly", Some(3)),
    ("Semi-Annually", Some(6)),
    ("Annually", Some(12)),
    ("Biennially", Some(24)),
    ("Triennially", Some(36)),
    ("Quadrennial", Some(48)),
    ("Quinquennial", Some(60)),
    ("Decennial", Some(120)),
];

/// The last day of a period of so many months from a day on: the same day of the month, or its last where
/// the month is shorter, less one (contract racknap §8.4).
pub fn end_of_cycle(start: Date, months: u32) -> Option<Date> {
    start.checked_add_months(chrono::Months::new(months))?.pred_opt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn date(text: &str) -> Date {
        text.parse().unwrap()
    }

    fn term(start: &str, end: &str) -> Term {
        Term { start: date(start), end: date(end) }
    }

    fn values(accrual: &Accrual) -> Vec<i64> {
        accrual.months.iter().filter_map(|(_, value)| *value).collect()
    }

    /// Contract §8.3: the figures printed on the page that it calls consistent.
    #[test]
    fn the_figures_of_the_racknap_page() {
        let as_of = date("2020-01-01");
        let credit = accrual(80_000, Some(term("2019-12-04", "2020-12-03")), as_of, as_of, Begin::January, None);
        assert_eq!((values(&credit), credit.current, credit.future), (vec![6120, 219], Some(6339), 73_661));
        assert_eq!((credit.months.len(), credit.months[0].0.name().as_str()), (13, "January-2019"));
        let debit = accrual(40_000, Some(term("2019-09-16", "2020-09-15")), as_of, as_of, Begin::January, None);
        assert_eq!(values(&debit), [1639, 3388, 3279, 3388, 109]);
        assert_eq!((debit.current, debit.future, debit.months.len()), (Some(11_803), 28_197, 13));
        let invoice = accrual(60_000, Some(term("2019-12-04", "2020-06-03")), as_of, as_of, Begin::Term, None);
        assert_eq!((values(&invoice), invoice.months.len()), (vec![9180, 328], 2));
        let later = accrual(169, Some(term("2020-01-27", "2020-02-26")), as_of, as_of, Begin::Term, None);
        assert_eq!((later.months.len(), later.current, later.future), (0, None, 169));
    }

    /// Contract §12.
    #[test]
    fn the_contracts_vectors() {
        let check = |base, (start, end), as_of, months: &[i64], current, future| {
            let got = accrual(base, Some(term(start, end)), date(start), date(as_of), Begin::Term, None);
            assert_eq!((values(&got).as_slice(), got.current, got.future), (months, current, future), "{base} {as_of}");
        };
        let (year, december) = (("2021-06-10", "2022-06-09"), ("2019-12-04", "2020-12-03"));
        check(125_000, year, "2021-09-30", &[7192, 10_616, 10_617, 10_274], Some(38_699), 86_301);
        check(150_000, year, "2021-09-30", &[8630, 12_740, 12_740, 12_328], Some(46_438), 103_562);
        check(120_000, year, "2021-09-30", &[6904, 10_192, 10_192, 9863], Some(37_151), 82_849);
        let half = [6120, 6776, 6339, 6776, 6557, 6776, 6558];
        check(80_000, december, "2020-06-30", &half, Some(45_902), 34_098);
        let whole = [half.as_slice(), &[6776, 6776, 6557, 6776, 6557, 656]].concat();
        check(80_000, december, "2020-12-03", &whole, Some(80_000), 0);
        check(80_000, december, "2019-12-03", &[], None, 80_000);
        check(10_000, ("2023-01-31", "2023-04-29"), "2023-04-29", &[112, 3146, 3484, 3258], Some(10_000), 0);
        check(169, ("2020-01-27", "2020-02-26"), "2020-01-31", &[27], Some(27), 142);
    }

    #[test]
    fn a_period_ends_the_day_before_the_same_day() {
        for (start, months, end) in [
            ("2019-12-04", 12, "2020-12-03"),
            ("2019-09-16", 12, "2020-09-15"),
            ("2020-01-27", 1, "2020-02-26"),
            ("2023-01-31", 1, "2023-02-27"),
            ("2024-01-31", 1, "2024-02-28"),
        ] {
            assert_eq!(end_of_cycle(date(start), months), Some(date(end)));
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]
        #[test]
        fn days_and_months_add_up(base in -9_999_999_i64..9_999_999, from in 0..4000_i64, length in 0..1200_i64, at in -50..1400_i64) {
            let start = date("2019-01-01") + Duration::days(from);
            let term = Term { start, end: start + Duration::days(length) };
            let as_of = start + Duration::days(at);
            let got = accrual(base, Some(term), start, as_of, Begin::January, None);
            prop_assert_eq!(values(&got).iter().sum::<i64>(), got.current.unwrap_or(0));
            prop_assert_eq!(got.current.unwrap_or(0) + got.future, base);
            prop_assert_eq!(term.daily(base).map(|(_, earned)| earned).sum::<i64>(), base);
            let until: i64 = term.daily(base).filter(|(day, _)| *day <= as_of).map(|(_, earned)| earned).sum();
            prop_assert_eq!(until, got.current.unwrap_or(0));
            prop_assert_eq!(term.earned(base, term.end), base);
        }
    }
}
