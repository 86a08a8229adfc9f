//! Billing cycles: how often a price is asked for, and when its periods begin.
//!
//! Periods are counted from an anchor, the first day of the first one: period `n` begins `n` cycles after it.
//! Where that month is shorter than the anchor's day, the period begins on the month's last day, and the next
//! one on the anchor's day again (31 January, 28 February, 31 March): nothing drifts.

use serde::{Deserialize, Serialize};

use crate::domain::documents::accrual::{CYCLES, Term};
use crate::words::time::{Date, Duration};

/// The most units of a cycle: a period is at most ten years (the longest a line may have).
pub const MOST_UNITS: u32 = 3650;

/// What a cycle is counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Unit {
    /// Days.
    Day,
    /// Weeks.
    Week,
    /// Months on the calendar.
    Month,
    /// Years on the calendar.
    Year,
}

impl Unit {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Day, Self::Week, Self::Month, Self::Year];
}

/// How often something is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", tag = "type")]
pub enum Cycle {
    /// Never.
    #[default]
    Free,
    /// Once.
    Once,
    /// Again and again, after so many units.
    Every {
        /// How many; above 0.
        count: u32,
        /// Of what.
        unit: Unit,
    },
}

impl Cycle {
    /// A recurring cycle, if its period is no longer than ten years.
    pub fn every(count: u32, unit: Unit) -> Option<Self> {
        let most = match unit {
            Unit::Day => MOST_UNITS,
            Unit::Week => MOST_UNITS / 7,
            Unit::Month => 120,
            Unit::Year => 10,
        };
        (1..=most).contains(&count).then_some(Self::Every { count, unit })
    }

    /// Whether it comes again.
    pub fn recurs(self) -> bool {
        matches!(self, Self::Every { .. })
    }

    /// The first day of period `n`, counted from 0, after an anchor; `None` where nothing recurs, and beyond the
    /// calendar.
    pub fn start(self, anchor: Date, n: u32) -> Option<Date> {
        let Self::Every { count, unit } = self else { return None };
        let units = count.checked_mul(n)?;
        match unit {
            Unit::Day => anchor.checked_add_signed(Duration::days(i64::from(units))),
            Unit::Week => anchor.checked_add_signed(Duration::weeks(i64::from(units))),
            Unit::Month => anchor.checked_add_months(chrono::Months::new(units)),
            Unit::Year => anchor.checked_add_months(chrono::Months::new(units.checked_mul(12)?)),
        }
    }

    /// Period `n`: from its first day to the day before the next one begins (contract racknap §8.4).
    pub fn period(self, anchor: Date, n: u32) -> Option<Term> {
        Some(Term { start: self.start(anchor, n)?, end: self.start(anchor, n.checked_add(1)?)?.pred_opt()? })
    }

    /// The number of the period that a day lies in; 0 before the anchor.
    pub fn number_at(self, anchor: Date, day: Date) -> u32 {
        let mut n = 0;
        while self.start(anchor, n + 1).is_some_and(|next| next <= day) {
            n += 1;
        }
        n
    }

    /// Months of a period; `None` where it is counted in days.
    pub fn months(self) -> Option<u32> {
        match self {
            Self::Every { count, unit: Unit::Month } => Some(count),
            Self::Every { count, unit: Unit::Year } => Some(count * 12),
            Self::Every { .. } | Self::Free | Self::Once => None,
        }
    }

    /// The cycle's word where it has one (`Annually`, contract racknap §9).
    pub fn word(self) -> Option<&'static str> {
        match self {
            Self::Free => Some("Free"),
            Self::Once => Some("One Time"),
            Self::Every { .. } => {
                let months = self.months()?;
                CYCLES.iter().find(|(_, known)| *known == Some(months)).map(|(word, _)| *word)
            }
        }
    }

    /// The cycle of a word; words without a length of time are free or asked for once.
    pub fn of_word(word: &str) -> Option<Self> {
        let (word, months) = CYCLES.iter().find(|(known, _)| *known == word)?;
        match months {
            Some(count) => Self::every(*count, Unit::Month),
            None if word.starts_with("Free") => Some(Self::Free),
            None => Some(Self::Once),
        }
    }

    /// The cycle of an ISO 8601 duration of one unit (`P1M`, `P2W`).
    pub fn of_duration(text: &str) -> Option<Self> {
        let rest = text.strip_prefix('P')?;
        let (count, unit) = rest.split_at_checked(rest.len().checked_sub(1)?)?;
        let unit = match unit {
            "D" => Unit::Day,
            "W" => Unit::Week,
            "M" => Unit::Month,
            "Y" => Unit::Year,
            _ => return None,
        };
        Self::every(count.parse().ok().filter(|_| count.bytes().all(|b| b.is_ascii_digit()))?, unit)
    }

    /// The ISO 8601 duration; `None` where nothing recurs.
    pub fn duration(self) -> Option<String> {
        let Self::Every { count, unit } = self else { return None };
        let letter = match unit {
            Unit::Day => 'D',
            Unit::Week => 'W',
            Unit::Month => 'M',
            Unit::Year => 'Y',
        };
        Some(format!("P{count}{letter}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn date(text: &str) -> Date {
        text.parse().unwrap()
    }

    fn starts(cycle: Cycle, anchor: &str, count: u32) -> Vec<String> {
        (0..count).map(|n| cycle.start(date(anchor), n).unwrap().to_string()).collect()
    }

    #[test]
    fn month_ends_and_leap_days_do_not_drift() {
        let monthly = Cycle::every(1, Unit::Month).unwrap();
        assert_eq!(
            starts(monthly, "2026-01-31", 6),
            ["2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30", "2026-05-31", "2026-06-30"]
        );
        assert_eq!(starts(monthly, "2027-12-31", 3), ["2027-12-31", "2028-01-31", "2028-02-29"]);
        let yearly = Cycle::every(1, Unit::Year).unwrap();
        assert_eq!(
            starts(yearly, "2024-02-29", 5),
            ["2024-02-29", "2025-02-28", "2026-02-28", "2027-02-28", "2028-02-29"]
        );
        assert_eq!(starts(Cycle::every(2, Unit::Week).unwrap(), "2026-12-25", 2), ["2026-12-25", "2027-01-08"]);
    }

    /// Contract racknap §8.4.
    #[test]
    fn periods_end_on_the_day_before_the_next() {
        for (start, word, end) in [
            ("2019-12-04", "Annually", "2020-12-03"),
            ("2019-09-16", "Annually", "2020-09-15"),
            ("2020-01-27", "Monthly", "2020-02-26"),
            ("2023-01-31", "Monthly", "2023-02-27"),
        ] {
            let term = Cycle::of_word(word).unwrap().period(date(start), 0).unwrap();
            assert_eq!((term.start, term.end), (date(start), date(end)));
        }
    }

    #[test]
    fn durations_and_words() {
        for (text, word) in
            [("P1M", Some("Monthly")), ("P1Y", Some("Annually")), ("P12M", Some("Annually")), ("P2W", None)]
        {
            let cycle = Cycle::of_duration(text).unwrap();
            assert_eq!((cycle.duration().as_deref(), cycle.word()), (Some(text), word));
        }
        for text in ["", "P", "PM", "P0M", "P1", "1M", "P-1M", "P+1M", "PT1H", "P1M2D", "P11Y", "P99999999999M", "P1é"]
        {
            assert_eq!(Cycle::of_duration(text), None, "{text}");
        }
        for (word, months) in CYCLES {
            let cycle = Cycle::of_word(word).unwrap();
            assert_eq!(cycle.months(), months, "{word}");
        }
    }

    proptest! {
        /// Periods meet: each begins on the day after the one before it ended, and every day lies in one.
        #[test]
        fn periods_meet(days in 0..20_000_i64, count in 1..13_u32, unit in 0..4_usize, later in 0..4000_i64) {
            let anchor = date("1990-01-01") + Duration::days(days);
            let Some(cycle) = Cycle::every(count.min(10), Unit::ALL[unit]) else { return Ok(()) };
            let mut before = cycle.period(anchor, 0).unwrap();
            prop_assert_eq!(before.start, anchor);
            for n in 1..40 {
                let term = cycle.period(anchor, n).unwrap();
                prop_assert_eq!(before.end.succ_opt(), Some(term.start));
                prop_assert!(term.start <= term.end);
                before = term;
            }
            let day = anchor + Duration::days(later);
            let term = cycle.period(anchor, cycle.number_at(anchor, day)).unwrap();
            prop_assert!(term.start <= day && day <= term.end);
        }
    }
}
