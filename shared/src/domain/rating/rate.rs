//! A rate: what a unit of use costs, for one code, from an instant on.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::domain::rating::services::is_service;
use crate::domain::rating::tables::NO_TAG;
use crate::domain::records::{IndexRow, Record, Stamps, stamped};
use crate::machinery::keys::{Entity, USAGE_RATE};
use crate::words::error::{Rule, Violation};
use crate::words::patch::Patch;
use crate::words::time::Instant;

/// The largest value of a rate, either way.
const LARGEST_VALUE: i64 = 999_999_999;

/// Whose use it is for; at most one is said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// Use that comes from this code.
    Code(String),
    /// Use that comes from a code of this name.
    CodeName(String),
    /// Use of this origin, by the table's deck.
    Origin(String),
}

/// A rate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UsageRate {
    /// Id, dates and version.
    pub stamps: Stamps,
    /// Its table …
    pub table: u64,
    /// … and the table's reseller.
    pub reseller: u64,
    /// Whether it is a special rate.
    pub special: bool,
    /// The code it is for …
    pub code: Option<String>,
    /// … or the name of its codes.
    pub code_name: Option<String>,
    /// Whose use it is for.
    pub source: Option<Source>,
    /// The price of a unit.
    #[serde(with = "rust_decimal::serde::str")]
    pub value: Decimal,
    /// From when on, UTC.
    pub from: Instant,
    /// Until when, UTC; absent for until the next rate of its code.
    pub until: Option<Instant>,
    /// When in the week it holds.
    pub time_profile: u64,
    /// What is used.
    pub service: u64,
    /// The volume that is charged at least.
    pub min_volume: u64,
    /// In which steps volume beyond that is charged.
    pub pay_interval: u64,
    /// What is charged once, where there is any volume.
    #[serde(with = "rust_decimal::serde::str")]
    pub pay_setup: Decimal,
    /// The volume below which nothing is charged.
    pub grace_volume: u64,
    /// The tag of the use it is for.
    pub tag: String,
    /// The fewest digits of a number it is for.
    pub length_min: Option<u64>,
    /// The most digits.
    pub length_max: Option<u64>,
    /// Notes.
    pub notes: Option<String>,
}

/// What can be said of a rate.
#[derive(Debug, Clone, Default)]
pub struct Change {
    /// Its table; only of a new rate.
    pub table: Option<u64>,
    /// The code; takes the place of a name.
    pub code: Option<String>,
    /// The name of its codes; takes the place of a code.
    pub code_name: Option<String>,
    /// Whose use it is for.
    pub source: Patch<Source>,
    /// The price of a unit.
    pub value: Option<Decimal>,
    /// From when on.
    pub from: Option<Instant>,
    /// Until when.
    pub until: Patch<Instant>,
    /// When in the week it holds.
    pub time_profile: Option<u64>,
    /// What is used.
    pub service: Option<u64>,
    /// The volume that is charged at least.
    pub min_volume: Option<u64>,
    /// In which steps.
    pub pay_interval: Option<u64>,
    /// What is charged once.
    pub pay_setup: Option<Decimal>,
    /// The volume below which nothing is charged.
    pub grace_volume: Option<u64>,
    /// The tag.
    pub tag: Patch<String>,
    /// The fewest digits.
    pub length_min: Patch<u64>,
    /// The most digits.
    pub length_max: Patch<u64>,
    /// Notes.
    pub notes: Patch<String>,
}

impl UsageRate {
    /// A rate of which nothing is known yet, with the contract's defaults.
    pub fn blank(stamps: Stamps, special: bool, now: Instant) -> Self {
        Self {
            stamps,
            table: 0,
            reseller: 0,
            special,
            code: None,
            code_name: None,
            source: None,
            value: Decimal::ZERO,
            from: now,
            until: None,
            time_profile: 0,
            service: 1,
            min_volume: 1,
            pay_interval: 1,
            pay_setup: Decimal::ZERO,
            grace_volume: 0,
            tag: NO_TAG.to_owned(),
            length_min: None,
            length_max: None,
            notes: None,
        }
    }

    /// Apply a change; everything that is wrong with it.
    pub fn apply(&mut self, change: &Change) -> Vec<Violation> {
        let c = change.clone();
        let mut found = Vec::new();
        // A rate stays in its table, whose currency it is in.
        if self.table != 0 && c.table.is_some_and(|table| table != self.table) {
            found.push(Violation { field: "table".into(), rule: Rule::ReadOnly });
        }
        if c.code.is_some() || c.code_name.is_some() {
            (self.code, self.code_name) = (c.code, c.code_name);
        }
        macro_rules! set {
            ($($field:ident),*) => { $(if let Some(value) = c.$field { self.$field = value; })* };
        }
        set!(value, from, time_profile, service, min_volume, pay_interval, pay_setup, grace_volume);
        c.source.apply(&mut self.source);
        c.until.apply(&mut self.until);
        c.tag.apply_or(&mut self.tag, NO_TAG.to_owned());
        c.length_min.apply(&mut self.length_min);
        c.length_max.apply(&mut self.length_max);
        c.notes.apply(&mut self.notes);
        found.extend(self.faults());
        found
    }

    /// Everything wrong with it by itself.
    pub fn faults(&self) -> Vec<Violation> {
        let mut found = Vec::new();
        let mut note = |field: &str, rule| found.push(Violation { field: field.to_owned(), rule });
        for (field, amount) in [("value", self.value), ("pay_setup", self.pay_setup)] {
            if amount.abs() > Decimal::from(LARGEST_VALUE) {
                let negative = amount < Decimal::ZERO;
                let most = LARGEST_VALUE.to_string();
                note(field, if negative { Rule::TooSmall(format!("-{most}")) } else { Rule::TooLarge(most) });
            }
        }
        if self.until.is_some_and(|until| until <= self.from) {
            note("until", Rule::Reversed);
        }
        for (field, count) in [("min_volume", self.min_volume), ("pay_interval", self.pay_interval)] {
            if count == 0 {
                note(field, Rule::TooSmall("1".into()));
            }
        }
        if self.length_min.zip(self.length_max).is_some_and(|(min, max)| min > max) {
            note("length_max", Rule::Reversed);
        }
        if !is_service(self.service) {
            found.push(Violation::missing("service", "usage_services", self.service));
        }
        found
    }

    /// What tells it from other rates of its code that hold at the same time: each of these has a timeline.
    fn series(&self) -> String {
        let source = self.source.as_ref().map(|source| match source {
            Source::Code(text) => ("c", text.as_str()),
            Source::CodeName(text) => ("n", text.as_str()),
            Source::Origin(text) => ("o", text.as_str()),
        });
        let (kind, text) = source.unwrap_or_default();
        let named = u8::from(self.code.is_none());
        format!("{named}/{}/{}/{}/{kind}{text}", self.service, self.time_profile, self.tag)
    }
}

impl Record for UsageRate {
    const ENTITY: Entity = USAGE_RATE;
    const NAME: &'static str = "usage_rate";
    stamped!();

    fn index_row(&self) -> IndexRow {
        IndexRow {
            id: self.stamps.id,
            number: Some(self.series()),
            name: self.code.clone().or_else(|| self.code_name.clone()).unwrap_or_default(),
            status: if self.special { "special" } else { "regular" }.to_owned(),
            reseller: Some(self.reseller),
            parent: Some(self.table),
            at: self.from,
            until: self.until,
            ..IndexRow::default()
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

    fn told(change: &Change) -> Vec<(String, Rule)> {
        let mut rate = UsageRate::blank(Stamps::new(1, at("2026-01-01")), false, at("2026-01-01"));
        rate.apply(change).into_iter().map(|one| (one.field, one.rule)).collect()
    }

    #[test]
    fn a_rate_is_valid_or_says_why_not() {
        let value = |text: &str| Change { value: Some(text.parse().unwrap()), ..Change::default() };
        assert!(told(&value("999999999")).is_empty() && told(&value("-999999999")).is_empty());
        assert_eq!(told(&value("999999999.01")), [("value".into(), Rule::TooLarge("999999999".into()))]);
        assert_eq!(told(&value("-1000000000")), [("value".into(), Rule::TooSmall("-999999999".into()))]);
        let ends = Change { until: Patch::Set(at("2026-01-01")), ..Change::default() };
        assert_eq!(told(&ends), [("until".into(), Rule::Reversed)]);
        let lengths = Change { length_min: Patch::Set(5), length_max: Patch::Set(4), ..Change::default() };
        assert_eq!(told(&lengths), [("length_max".into(), Rule::Reversed)]);
        let none = Change { min_volume: Some(0), pay_interval: Some(0), service: Some(9), ..Change::default() };
        let fields: Vec<String> = told(&none).into_iter().map(|(field, _)| field).collect();
        assert_eq!(fields, ["min_volume", "pay_interval", "service"]);
    }

    #[test]
    fn a_code_takes_the_place_of_a_name_and_the_table_stays() {
        let mut rate = UsageRate::blank(Stamps::new(1, at("2026-01-01")), false, at("2026-01-01"));
        rate.code_name = Some("UK".into());
        rate.table = 1;
        assert!(rate.apply(&Change { code: Some("44".into()), table: Some(1), ..Change::default() }).is_empty());
        assert_eq!((rate.code.as_deref(), rate.code_name.as_deref()), (Some("44"), None));
        let moved = rate.apply(&Change { table: Some(2), ..Change::default() });
        assert_eq!(moved.first().map(|one| one.rule.clone()), Some(Rule::ReadOnly));
    }
}
