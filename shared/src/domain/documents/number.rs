//! Numbers of documents: templates with a counter, and when the counter begins anew.

use std::collections::BTreeSet;

use chrono::Datelike;
use serde::{Deserialize, Serialize};

use crate::words::text::plain_number;
use crate::words::time::{Date, plausible_years};

/// The longest template, and the longest number, in characters.
pub const LONGEST: usize = 60;
/// The most digits a counter is padded to.
const MOST_DIGITS: usize = 12;

/// When a counter begins at 1 again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reset {
    /// Never.
    Never,
    /// With the calendar year.
    Year,
    /// With the tenant's fiscal year.
    FiscalYear,
    /// With the month.
    Month,
}

/// How the numbers of one kind of document are made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Series {
    /// The template: literals and `{yyyy}`, `{yy}`, `{mm}`, `{dd}`, `{fy}` (the fiscal year as `19-20`),
    /// and once `{seq}` or `{seq:N}`, the counter padded to N digits.
    pub template: String,
    /// When the counter begins anew.
    pub reset: Reset,
}

/// A part of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Literal(String),
    Year,
    ShortYear,
    Month,
    Day,
    FiscalYear,
    Counter(usize),
}

/// Why a template is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoTemplate {
    /// A brace without its other, or a word between braces that means nothing.
    Unreadable,
    /// Not exactly one counter.
    Counter,
    /// The counter begins anew in a period that the number does not name, so that numbers would repeat.
    Repeats,
    /// Too long, or with letters that are not printable ASCII.
    Letters,
}

impl Series {
    /// A series, when its numbers can never repeat.
    pub fn new(template: &str, reset: Reset) -> Result<Self, NoTemplate> {
        if template.is_empty() || template.len() > LONGEST || !template.bytes().all(|b| (b' '..=b'~').contains(&b)) {
            return Err(NoTemplate::Letters);
        }
        let parts = parts(template).ok_or(NoTemplate::Unreadable)?;
        if parts.iter().filter(|part| matches!(part, Part::Counter(_))).count() != 1 {
            return Err(NoTemplate::Counter);
        }
        let names = |part: Part| parts.contains(&part);
        let year = names(Part::Year) || names(Part::ShortYear);
        let told = match reset {
            Reset::Never => true,
            Reset::Year => year,
            Reset::FiscalYear => names(Part::FiscalYear),
            Reset::Month => year && names(Part::Month),
        };
        // A digit next to the counter would make 1|12 and 11|2 one number.
        let digit = |part: &Part, last: bool| match part {
            Part::Literal(text) => {
                let letter = if last { text.bytes().last() } else { text.bytes().next() };
                letter.is_some_and(|letter| letter.is_ascii_digit())
            }
            Part::Counter(_) => false,
            _ => true,
        };
        let place = parts.iter().position(|part| matches!(part, Part::Counter(_))).unwrap_or(0);
        let before = place.checked_sub(1).and_then(|place| parts.get(place)).is_some_and(|part| digit(part, true));
        let after = parts.get(place + 1).is_some_and(|part| digit(part, false));
        if !told || before || after {
            return Err(NoTemplate::Repeats);
        }
        Ok(Self { template: template.to_owned(), reset })
    }

    /// The attribute that holds the last number drawn for documents of a date's period: `last2026`, or `last`
    /// where the counter never begins anew.
    pub fn attribute(&self, date: Date, fiscal_year_start: u32) -> String {
        let period = match self.reset {
            Reset::Never => String::new(),
            Reset::Year => format!("{:04}", date.year()),
            Reset::FiscalYear => fiscal_year(date, fiscal_year_start),
            Reset::Month => format!("{:04}-{:02}", date.year(), date.month()),
        };
        format!("last{period}")
    }

    /// The number of a document of a date.
    pub fn number(&self, date: Date, fiscal_year_start: u32, counter: u64) -> String {
        written(&parts(&self.template).unwrap_or_default(), date, fiscal_year_start, counter)
    }
}

impl Series {
    /// The counter of a number that this series gives, or will give, to a document of a date.
    pub fn counter_of(&self, date: Date, fiscal_year_start: u32, number: &str) -> Option<u64> {
        // The counter is the only digits that are not there with every other counter.
        let (one, other) = (self.number(date, fiscal_year_start, 0), self.number(date, fiscal_year_start, 1));
        let before = one.bytes().zip(other.bytes()).take_while(|(one, other)| one == other).count();
        let digits = parts(&self.template)?.iter().find_map(|part| match part {
            Part::Counter(digits) => Some(*digits),
            _ => None,
        })?;
        let (head, tail) = (one.get(..before + 1 - digits)?, one.get(before + 1..)?);
        let counter: u64 = number.strip_prefix(head)?.strip_suffix(tail)?.parse().ok()?;
        (counter > 0 && self.number(date, fiscal_year_start, counter) == number).then_some(counter)
    }
}

impl Series {
    /// Where this series comes to a number, whatever the document's date: the attribute of the counter of each such
    /// period, and the counter. Numbers that differ in capitals or leading zeros only are one.
    pub fn places(&self, fiscal_year_start: u32, number: &str) -> BTreeSet<(String, u64)> {
        let parts = parts(&self.template).unwrap_or_default();
        let names = |part: Part| parts.contains(&part);
        let place = parts.iter().position(|part| matches!(part, Part::Counter(_))).unwrap_or(0);
        let (head, tail) = parts.split_at(place);
        let tail = tail.get(1..).unwrap_or_default();
        let monthly = names(Part::Month) || names(Part::Day) || names(Part::FiscalYear);
        let (months, days) = (if monthly { 12 } else { 1 }, if names(Part::Day) { 31 } else { 1 });
        // No digit stands next to the counter, so that it is a run of digits by itself.
        let plain = plain_number(number);
        let counter = |date: Date| {
            let text = |parts: &[Part]| plain_number(&written(parts, date, fiscal_year_start, 0));
            let digits = plain.strip_prefix(&text(head))?.strip_suffix(&text(tail))?;
            let counter: u64 = digits.bytes().all(|digit| digit.is_ascii_digit()).then(|| digits.parse().ok())??;
            (counter > 0).then(|| (self.attribute(date, fiscal_year_start), counter))
        };
        let possible = |year: &i32| !names(Part::Year) || number.contains(&format!("{year:04}"));
        let years = plausible_years().filter(possible);
        let dates = years.flat_map(|year| (1..=months).map(move |month| (year, month)));
        let dates = dates.flat_map(|(year, month)| (1..=days).map(move |day| (year, month, day)));
        dates.filter_map(|(year, month, day)| counter(Date::from_ymd_opt(year, month, day)?)).collect()
    }
}

fn written(parts: &[Part], date: Date, fiscal_year_start: u32, counter: u64) -> String {
    let part = |part: &Part| match part {
        Part::Literal(text) => text.clone(),
        Part::Year => format!("{:04}", date.year()),
        Part::ShortYear => format!("{:02}", date.year().rem_euclid(100)),
        Part::Month => format!("{:02}", date.month()),
        Part::Day => format!("{:02}", date.day()),
        Part::FiscalYear => fiscal_year(date, fiscal_year_start),
        Part::Counter(digits) => format!("{counter:0digits$}"),
    };
    parts.iter().map(part).collect()
}

/// The fiscal year a date lies in, when it begins with this month: `19-20`, or `20` where it is the
/// calendar year (contract racknap §10).
pub fn fiscal_year(date: Date, start: u32) -> String {
    let first = if date.month() >= start { date.year() } else { date.year() - 1 };
    let short = |year: i32| format!("{:02}", year.rem_euclid(100));
    if start <= 1 { short(first) } else { format!("{}-{}", short(first), short(first + 1)) }
}

fn parts(template: &str) -> Option<Vec<Part>> {
    let mut parts = Vec::new();
    let mut rest = template;
    while let Some(open) = rest.find('{') {
        let close = rest.find('}').filter(|close| *close > open)?;
        let literal = rest.get(..open)?;
        if literal.contains('}') {
            return None;
        }
        if !literal.is_empty() {
            parts.push(Part::Literal(literal.to_owned()));
        }
        parts.push(match rest.get(open + 1..close)? {
            "yyyy" => Part::Year,
            "yy" => Part::ShortYear,
            "mm" => Part::Month,
            "dd" => Part::Day,
            "fy" => Part::FiscalYear,
            "seq" => Part::Counter(1),
            word => {
                let digits = word.strip_prefix("seq:")?.parse().ok()?;
                Part::Counter(Some(digits).filter(|digits| (1..=MOST_DIGITS).contains(digits))?)
            }
        });
        rest = rest.get(close + 1..)?;
    }
    if rest.contains('}') {
        return None;
    }
    if !rest.is_empty() {
        parts.push(Part::Literal(rest.to_owned()));
    }
    Some(parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(template: &str, reset: Reset, date: &str, counter: u64) -> String {
        Series::new(template, reset).unwrap().number(date.parse().unwrap(), 4, counter)
    }

    #[test]
    fn the_seeds_numbers() {
        assert_eq!(number("INV-{yyyy}-{seq:3}", Reset::Year, "2024-01-15", 1), "INV-2024-001");
        assert_eq!(number("INV-{yyyy}-{seq:3}", Reset::Year, "2024-01-15", 1234), "INV-2024-1234");
        assert_eq!(number("CR/{fy}/{seq}", Reset::Never, "2019-12-04", 285), "CR/19-20/285");
        assert_eq!(number("DR/{fy}/{seq}", Reset::Never, "2019-11-13", 47), "DR/19-20/47");
        assert_eq!(number("RED/ORDER/15-16/{seq}", Reset::Never, "2019-11-13", 4059), "RED/ORDER/15-16/4059");
        assert_eq!(number("INV-{seq:4}", Reset::Never, "2019-11-13", 1), "INV-0001");
    }

    #[test]
    fn fiscal_years() {
        for (date, year) in [("2020-03-31", "19-20"), ("2020-04-01", "20-21"), ("1999-04-01", "99-00")] {
            assert_eq!(fiscal_year(date.parse().unwrap(), 4), year);
        }
        assert_eq!(fiscal_year("2020-03-31".parse().unwrap(), 1), "20");
    }

    #[test]
    fn a_number_tells_its_counter() {
        let date = "2024-01-15".parse().unwrap();
        for (template, reset) in [
            ("INV-{yyyy}-{seq:3}", Reset::Year),
            ("CR/{fy}/{seq}", Reset::Never),
            ("{seq:5} of {mm}.{yy}", Reset::Month),
            ("{seq}", Reset::Never),
        ] {
            let series = Series::new(template, reset).unwrap();
            for counter in [1, 9, 10, 999, 1000, 123_456] {
                let number = series.number(date, 4, counter);
                assert_eq!(series.counter_of(date, 4, &number), Some(counter), "{number}");
            }
            for other in ["", "INV-2023-001", "INV-2024-01", "CR/23-24/", "CR/23-24/01", "CR/23-24/0", "x", "0", "+1"] {
                assert_eq!(series.counter_of(date, 4, other), None, "{template} {other}");
            }
        }
    }

    #[test]
    fn a_number_belongs_to_every_period_that_comes_to_it() {
        let places = |template: &str, reset: Reset, number: &str| -> Vec<(String, u64)> {
            Series::new(template, reset).unwrap().places(4, number).into_iter().collect()
        };
        let one = |attribute: &str, counter: u64| vec![(attribute.to_owned(), counter)];
        let year = "INV-{yyyy}-{seq:3}";
        assert_eq!(places(year, Reset::Year, "INV-2027-001"), one("last2027", 1));
        assert_eq!(places(year, Reset::Year, "inv-2027-1"), one("last2027", 1));
        assert_eq!(places(year, Reset::Never, "INV-2027-012"), one("last", 12));
        assert_eq!(places("CR/{fy}/{seq}", Reset::FiscalYear, "CR/29-30/7"), one("last29-30", 7));
        assert_eq!(places("{seq:5} of {mm}.{yyyy}", Reset::Month, "12 of 2.2031"), one("last2031-02", 12));
        assert_eq!(places("{yyyy}{mm}{dd}-{seq}", Reset::Never, "20260229-1"), Vec::new());
        assert_eq!(places("{yyyy}{mm}{dd}-{seq}", Reset::Never, "20280229-1"), one("last", 1));
        let twice = places("A{yy}-{seq}", Reset::Year, "A27-5");
        assert_eq!(twice, [("last2027".to_owned(), 5), ("last2127".to_owned(), 5)]);
        for other in ["INV-0001-001", "INV-2027-", "INV-2027-0", "INV-2027-1x", "XINV-2027-1", "2027"] {
            assert_eq!(places(year, Reset::Year, other), Vec::new(), "{other}");
        }
    }

    #[test]
    fn a_template_whose_numbers_would_repeat_is_refused() {
        for (template, reset, why) in [
            ("INV-{seq}", Reset::Year, NoTemplate::Repeats),
            ("INV-{yyyy}-{seq}", Reset::Month, NoTemplate::Repeats),
            ("INV-{yyyy}-{seq}", Reset::FiscalYear, NoTemplate::Repeats),
            ("INV-{yyyy}{seq}", Reset::Never, NoTemplate::Repeats),
            ("INV-{seq}7", Reset::Never, NoTemplate::Repeats),
            ("INV-{yyyy}", Reset::Never, NoTemplate::Counter),
            ("{seq}-{seq}", Reset::Never, NoTemplate::Counter),
            ("INV-{number}", Reset::Never, NoTemplate::Unreadable),
            ("INV-}{seq}", Reset::Never, NoTemplate::Unreadable),
            ("INV-{seq:0}", Reset::Never, NoTemplate::Unreadable),
            ("INV-{seq", Reset::Never, NoTemplate::Unreadable),
            ("", Reset::Never, NoTemplate::Letters),
            ("Ünv-{seq}", Reset::Never, NoTemplate::Letters),
        ] {
            assert_eq!(Series::new(template, reset), Err(why), "{template}");
        }
    }
}
