//! Time. Everything inside is a UTC instant; a zone exists only at the edge, and this file is the only
//! one that names the zone database.
//!
//! The zone of a request is `__tz`, else the user's, else the tenant's. A value that brings its own
//! offset is taken as it is. A local time that a clock change skips is moved forward by the gap; one
//! that a clock change repeats means its first occurrence.

use chrono::{
    DateTime, Datelike, FixedOffset, LocalResult, NaiveDate, NaiveDateTime, NaiveTime, Offset, SecondsFormat, TimeZone,
    Utc,
};
pub use chrono::{Duration, NaiveDate as Date};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use crate::words::error::Rule;

/// An instant, UTC.
pub type Instant = DateTime<Utc>;

/// A zone of the Olson database, serialised as its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Zone(Tz);

impl Zone {
    /// Coordinated universal time.
    pub const UTC: Self = Self(Tz::UTC);

    /// The zone of an Olson name, in the database's own spelling (`America/New_York`).
    pub fn from_name(name: &str) -> Option<Self> {
        name.parse().ok().map(Self)
    }

    /// The Olson name.
    pub fn name(self) -> &'static str {
        self.0.name()
    }

    /// Every name of the database.
    pub fn all_names() -> impl Iterator<Item = &'static str> {
        chrono_tz::TZ_VARIANTS.iter().map(|zone| zone.name())
    }

    /// The instant at which clocks in this zone show `local`.
    pub fn instant_of(self, local: NaiveDateTime) -> Option<Instant> {
        match self.0.from_local_datetime(&local) {
            LocalResult::Single(at) | LocalResult::Ambiguous(at, _) => Some(at.with_timezone(&Utc)),
            // Skipped by a clock change: read with the offset that held before it, which lands as far
            // behind the gap as the time lay in it. One day back is before any gap (the longest is 24 h).
            LocalResult::None => {
                let before = local.checked_sub_signed(Duration::days(1))?;
                let offset = self.0.offset_from_utc_datetime(&before).fix();
                Some(Utc.from_utc_datetime(&local.checked_sub_offset(offset)?))
            }
        }
    }

    /// What clocks in this zone show at an instant.
    pub fn local(self, at: Instant) -> NaiveDateTime {
        at.with_timezone(&self.0).naive_local()
    }

    /// `2026-07-01 09:30:00-0400`: the wall clock of this zone with its offset.
    pub fn stamp(self, at: Instant) -> String {
        at.with_timezone(&self.0).format("%Y-%m-%d %H:%M:%S%z").to_string()
    }
}

impl TryFrom<String> for Zone {
    type Error = String;
    fn try_from(name: String) -> Result<Self, String> {
        Self::from_name(&name).ok_or_else(|| format!("{name} is not a name of the Olson database"))
    }
}

impl From<Zone> for String {
    fn from(zone: Zone) -> Self {
        zone.name().to_owned()
    }
}

/// A day on the calendar with the instant that stands for it: a document's date is the day its books show,
/// its instant what a dialect with times of day shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
pub struct Day {
    /// The instant, UTC: the day's midnight in some zone, or the very moment.
    pub at: Instant,
    /// The day in that zone.
    pub date: Date,
}

impl Day {
    /// The day that clocks in a zone show at an instant.
    pub fn of(at: Instant, zone: Zone) -> Self {
        Self { at, date: zone.local(at).date() }
    }

    /// Whether this is the same day said once more: the same date, or the same instant (to the second) that another
    /// zone shows as another date. What a client read is sent back so.
    pub fn is_same(self, other: Self) -> bool {
        self.date == other.date || self.at.timestamp() == other.at.timestamp()
    }

    /// A day from its midnight on.
    pub fn midnight(date: Date, zone: Zone) -> Option<Self> {
        let at = zone.instant_of(date.and_time(NaiveTime::MIN))?;
        Some(Self { at, date })
    }
}

/// The first year in which a document or a period may lie, and …
const FIRST_YEAR: i32 = 1970;
/// … the last one. Another is a slip, and would draw a number of its own series' period (`INV-0001-001`).
const LAST_YEAR: i32 = 2200;

/// The years in which a document may lie.
pub fn plausible_years() -> std::ops::RangeInclusive<i32> {
    FIRST_YEAR..=LAST_YEAR
}

/// What is wrong with a day of a document, or of a period that it is for.
pub fn implausible(date: Date) -> Option<Rule> {
    if date.year() < FIRST_YEAR {
        Some(Rule::TooSmall(format!("{FIRST_YEAR}-01-01")))
    } else {
        (date.year() > LAST_YEAR).then(|| Rule::TooLarge(format!("{LAST_YEAR}-12-31")))
    }
}

/// The day a text names, as [`parse_moment`] reads it. A bare date is that day whatever the zone.
pub fn parse_day(text: &str, zone: Zone) -> Option<Day> {
    let at = parse_moment(text, zone)?;
    let bare = Date::parse_from_str(text.trim(), "%Y-%m-%d").ok();
    Some(bare.map_or_else(|| Day::of(at, zone), |date| Day { at, date }))
}

/// `30/07/2019`: day, month, year.
pub fn parse_day_first(text: &str, zone: Zone) -> Option<Day> {
    let date = Date::parse_from_str(text.trim(), "%d/%m/%Y").ok().filter(|date| (1..=9999).contains(&date.year()))?;
    Day::midnight(date, zone)
}

/// `2024-01-15T10:00:00Z`: UTC, whole seconds.
pub fn utc_seconds(at: Instant) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// `2024-01-15T10:00:00.000000Z`: UTC, six places.
pub fn utc_micros(at: Instant) -> String {
    at.format("%Y-%m-%dT%H:%M:%S%.6fZ").to_string()
}

/// The instant a text names: a date, or a date and a time (blank or `T` between, an optional fraction),
/// each with an optional offset (`Z`, `+0200`, `+02:00`, a blank allowed before it). Without an offset
/// the text is the wall clock of `zone`; a bare date is its midnight. Years 1 to 9999.
pub fn parse_moment(text: &str, zone: Zone) -> Option<Instant> {
    let text = text.trim();
    let date = NaiveDate::parse_from_str(text.get(..10)?, "%Y-%m-%d").ok()?;
    let rest = text.get(10..)?;
    let (time, offset) = match rest.strip_prefix(['T', 't', ' ']) {
        Some(clock) if clock.starts_with(|c: char| c.is_ascii_digit()) => {
            let end = clock.find(|c: char| !(c.is_ascii_digit() || c == ':' || c == '.')).unwrap_or(clock.len());
            let (clock, offset) = clock.split_at(end);
            (parse_clock(clock)?, offset)
        }
        _ => (NaiveTime::MIN, rest),
    };
    let local = date.and_time(time);
    let at = match offset.trim() {
        "" => zone.instant_of(local)?,
        offset => Utc.from_utc_datetime(&local.checked_sub_offset(parse_offset(offset)?)?),
    };
    (1..=9999).contains(&at.year()).then_some(at)
}

/// The last second that a text which ends a range covers: of a bare date its whole day in `zone`.
pub fn parse_until(text: &str, zone: Zone) -> Option<Instant> {
    let text = text.trim();
    match NaiveDate::parse_from_str(text, "%Y-%m-%d") {
        Ok(date) if text.len() == 10 => {
            let next = zone.instant_of(date.succ_opt()?.and_time(NaiveTime::MIN))?;
            next.checked_sub_signed(Duration::seconds(1)).filter(|at| (1..=9999).contains(&at.year()))
        }
        _ => parse_moment(text, zone),
    }
}

fn parse_clock(text: &str) -> Option<NaiveTime> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let digits = !fraction.is_empty() && fraction.len() <= 9 && fraction.bytes().all(|b| b.is_ascii_digit());
    let time =
        NaiveTime::parse_from_str(whole, "%H:%M:%S").or_else(|_| NaiveTime::parse_from_str(whole, "%H:%M")).ok()?;
    digits.then_some(time)
}

fn parse_offset(text: &str) -> Option<FixedOffset> {
    if text.eq_ignore_ascii_case("z") {
        return FixedOffset::east_opt(0);
    }
    let (sign, digits) = match text.as_bytes().first()? {
        b'+' => (1, text.get(1..)?),
        b'-' => (-1, text.get(1..)?),
        _ => return None,
    };
    let digits: String = match digits.len() {
        4 => digits.into(),
        5 if digits.as_bytes().get(2) == Some(&b':') => digits.replacen(':', "", 1),
        _ => return None,
    };
    if !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let (hours, minutes): (i32, i32) = (digits.get(..2)?.parse().ok()?, digits.get(2..)?.parse().ok()?);
    (hours <= 18 && minutes <= 59).then(|| FixedOffset::east_opt(sign * (hours * 3600 + minutes * 60)))?
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utc(text: &str, zone: &str) -> Option<String> {
        parse_moment(text, Zone::from_name(zone).unwrap()).map(utc_seconds)
    }

    #[test]
    fn the_contracts_worked_conversions() {
        let zone = Zone::from_name("America/New_York").unwrap();
        for (sent, stored, returned) in [
            ("2026-07-01 09:30:00", "2026-07-01T13:30:00Z", "2026-07-01 09:30:00-0400"),
            ("2026-07-01", "2026-07-01T04:00:00Z", "2026-07-01 00:00:00-0400"),
            ("2026-07-01T09:30:00+02:00", "2026-07-01T07:30:00Z", "2026-07-01 03:30:00-0400"),
        ] {
            let at = parse_moment(sent, zone).unwrap();
            assert_eq!((utc_seconds(at).as_str(), zone.stamp(at).as_str()), (stored, returned), "{sent}");
        }
    }

    #[test]
    fn every_accepted_spelling_and_what_is_refused() {
        for text in [
            "2026-03-01 08:00:00Z",
            "2026-03-01T08:00:00+0000",
            "2026-03-01T08:00:00 +00:00",
            "2026-03-01 10:00:00 +0200",
            "2026-03-01T08:00:00.123Z",
            "2026-03-01T08:00:00.123456789",
            "2026-03-01 08:00:00",
            "2026-03-01 08:00",
        ] {
            assert_eq!(utc(text, "UTC").as_deref(), Some("2026-03-01T08:00:00Z"), "{text}");
        }
        for text in [
            "",
            "2026",
            "2026-02-30",
            "2026-13-01",
            "2026-03-01 25:00:00",
            "2026-03-01 08:00:00+2",
            "2026-03-01 08:00:00+99:00",
            "2026-03-01 08:00:00.",
            "tomorrow",
            "01/03/2026",
            "2026-03-01X",
            "2026-03-01 08:00:00 CET",
            "२०२६-०३-०१",
        ] {
            assert_eq!(utc(text, "UTC"), None, "{text}");
        }
    }

    #[test]
    fn a_gap_moves_forward_and_an_overlap_is_its_first_occurrence() {
        assert_eq!(utc("2026-03-08 02:30:00", "America/New_York").as_deref(), Some("2026-03-08T07:30:00Z"));
        assert_eq!(utc("2026-11-01 01:30:00", "America/New_York").as_deref(), Some("2026-11-01T05:30:00Z"));
        // A whole day that never was.
        assert_eq!(utc("2011-12-30 12:00:00", "Pacific/Apia").as_deref(), Some("2011-12-30T22:00:00Z"));
    }

    #[test]
    fn every_zone_of_the_database_has_a_way_back() {
        let at = parse_moment("2026-06-15T12:34:56Z", Zone::UTC).unwrap();
        let mut zones = 0;
        for name in Zone::all_names() {
            let zone = Zone::from_name(name).unwrap();
            assert_eq!(zone.name(), name);
            assert_eq!(parse_moment(&zone.stamp(at), Zone::UTC), Some(at), "{name}");
            zones += 1;
        }
        assert!(zones > 590, "{zones} zones");
        for name in ["Mars/Olympus", "america/new_york ", "", "UTC+1", "../etc/passwd"] {
            assert_eq!(Zone::from_name(name), None, "{name}");
        }
    }
}
