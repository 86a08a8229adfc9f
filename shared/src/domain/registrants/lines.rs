//! The line that asks for a domain's years, whether it begins or goes on.

use rust_decimal::Decimal;

use crate::domain::catalog::cycle::{Cycle, Unit};
use crate::domain::documents::lines::NewLine;
use crate::words::time::Date;

/// The most years whose revenue is spread over their term: a line's may be no longer.
const LONGEST_TERM_YEARS: u32 = 10;

/// `Register - noor.dev (3 years)`: so many years of a domain, from a day on.
pub(crate) fn years_of(what: &str, domain: &str, years: u32, amount: Decimal, from: Date) -> NewLine {
    let spread = Cycle::every(years, Unit::Year).filter(|_| years <= LONGEST_TERM_YEARS);
    let term = spread.and_then(|cycle| cycle.period(from, 0));
    NewLine {
        description: format!("{what} - {domain} ({years} {})", if years == 1 { "year" } else { "years" }),
        quantity: Decimal::ONE,
        unit: amount,
        start: term.map(|term| term.start),
        end: term.map(|term| term.end),
        ..NewLine::default()
    }
}
