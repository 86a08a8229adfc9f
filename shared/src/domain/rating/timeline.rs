//! When rates hold: until their end, or until the next rate of the same code begins.

use std::collections::BTreeMap;

use crate::domain::records::IndexRow;
use crate::words::time::Instant;

/// Where a rate stands in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It holds now.
    Current,
    /// It will.
    Future,
    /// It did, or never will.
    Past,
}

/// The end of every rate, by id; rates that nothing ends are left out.
#[derive(Debug, Clone, Default)]
pub struct Timeline(BTreeMap<u64, Instant>);

impl Timeline {
    /// From the index rows of whole tables.
    pub fn of<'a>(rows: impl Iterator<Item = &'a IndexRow>) -> Self {
        let mut all: Vec<&IndexRow> = rows.collect();
        let series = |row: &IndexRow| (row.parent, row.status.clone(), row.name.clone(), row.number.clone());
        all.sort_by_cached_key(|row| (series(row), row.at, row.id));
        let mut ends = BTreeMap::new();
        for (place, row) in all.iter().enumerate() {
            let next = all.get(place + 1).filter(|next| series(next) == series(row)).map(|next| next.at);
            let end = [row.until, next].into_iter().flatten().min();
            ends.extend(end.map(|end| (row.id, end)));
        }
        Self(ends)
    }

    /// Until when a rate holds.
    pub fn end(&self, id: u64) -> Option<Instant> {
        self.0.get(&id).copied()
    }

    /// Where a rate that begins at an instant stands now.
    pub fn state(&self, id: u64, from: Instant, now: Instant) -> State {
        if self.end(id).is_some_and(|end| end <= now || end <= from) {
            State::Past
        } else if from > now {
            State::Future
        } else {
            State::Current
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::time::{Zone, parse_moment};

    fn at(text: &str) -> Instant {
        parse_moment(text, Zone::UTC).unwrap()
    }

    fn row(id: u64, name: &str, from: &str, until: Option<&str>) -> IndexRow {
        IndexRow { id, name: name.into(), at: at(from), until: until.map(at), parent: Some(1), ..IndexRow::default() }
    }

    #[test]
    fn a_rate_ends_with_its_end_or_with_the_next_of_its_code() {
        let rows = [
            row(1, "44", "2026-01-01", None),
            row(2, "44", "2026-03-01", Some("2026-04-01")),
            row(3, "44", "2026-06-01", None),
            row(4, "45", "2026-02-01", None),
            row(5, "44", "2026-06-01", None),
        ];
        let line = Timeline::of(rows.iter());
        let ends: Vec<_> = (1..=5).map(|id| line.end(id)).collect();
        assert_eq!(ends, [Some(at("2026-03-01")), Some(at("2026-04-01")), Some(at("2026-06-01")), None, None]);
        let states: Vec<_> = rows.iter().map(|row| line.state(row.id, row.at, at("2026-03-15"))).collect();
        assert_eq!(states, [State::Past, State::Current, State::Past, State::Current, State::Future]);
    }
}
