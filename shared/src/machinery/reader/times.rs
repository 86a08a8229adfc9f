//! Instants, days and zones.

use serde_json::{Value, json};

use super::values::entries;
use super::{Field, Reader};
use crate::words::error::{Kind, Rule};
use crate::words::time::{
    Date, Day, Instant, Zone, implausible, parse_day, parse_day_first, parse_moment, parse_until,
};

/// The schema of a date.
fn date_schema() -> Value {
    json!({"type": "string", "format": "date"})
}

/// The schema of an instant.
fn moment_schema() -> Value {
    json!({"type": "string", "format": "date-time"})
}

/// The schema of a date written day first.
fn day_first_schema() -> Value {
    json!({"type": "string", "pattern": "dd/mm/yyyy"})
}

impl<'p> Reader<'p> {
    /// A text that stands for a time in the request's zone.
    fn time<T: 'p>(&mut self, name: &str, schema: Value, parse: fn(&str, Zone) -> Option<T>) -> Field<'_, 'p, T> {
        let zone = self.zone;
        self.field(name, schema, move |value| {
            value.as_str().and_then(|text| parse(text, zone)).ok_or(Rule::Kind(Kind::Moment))
        })
    }

    /// The same of a document, or of a period that it is for: a year that cannot be meant is refused.
    fn dated<T: 'p>(
        &mut self,
        name: &str,
        schema: Value,
        parse: fn(&str, Zone) -> Option<T>,
        date: fn(&T, Zone) -> Date,
    ) -> Field<'_, 'p, T> {
        let zone = self.zone;
        self.field(name, schema, move |value| {
            let parsed = value.as_str().and_then(|text| parse(text, zone)).ok_or(Rule::Kind(Kind::Moment))?;
            implausible(date(&parsed, zone)).map_or(Ok(parsed), Err)
        })
    }

    /// An instant; without an offset of its own, in the request's zone.
    pub fn moment(&mut self, name: &str) -> Field<'_, 'p, Instant> {
        self.time(name, moment_schema(), parse_moment)
    }

    /// The same, where a period begins or ends that somebody is billed for.
    pub fn period_moment(&mut self, name: &str) -> Field<'_, 'p, Instant> {
        self.dated(name, moment_schema(), parse_moment, |at, zone| zone.local(*at).date())
    }

    /// An instant that ends a range: a bare date means all of its day, in the request's zone.
    pub fn moment_until(&mut self, name: &str) -> Field<'_, 'p, Instant> {
        self.time(name, moment_schema(), parse_until)
    }

    /// The day of a document: a date, or an instant whose day is the one clocks in the request's zone show.
    pub fn day(&mut self, name: &str) -> Field<'_, 'p, Day> {
        self.dated(name, date_schema(), parse_day, |day, _| day.date)
    }

    /// The same without its instant.
    pub fn date(&mut self, name: &str) -> Field<'_, 'p, Date> {
        self.dated(name, date_schema(), |text, zone| Some(parse_day(text, zone)?.date), |date, _| *date)
    }

    /// A date that something is looked for by, or looked at as of: any.
    pub fn filter_date(&mut self, name: &str) -> Field<'_, 'p, Date> {
        self.time(name, date_schema(), |text, zone| Some(parse_day(text, zone)?.date))
    }

    /// The day of a document written `dd/mm/yyyy`. An empty text counts as null, since a form cannot send one.
    pub fn day_first(&mut self, name: &str) -> Field<'_, 'p, Day> {
        let mut field = self.dated(name, day_first_schema(), parse_day_first, |day, _| day.date);
        field.blank_is_null = true;
        field
    }

    /// The same where something is looked for by it: any.
    pub fn filter_day_first(&mut self, name: &str) -> Field<'_, 'p, Day> {
        let mut field = self.time(name, day_first_schema(), parse_day_first);
        field.blank_is_null = true;
        field
    }

    /// The zone that local times are read in.
    pub fn zone(&self) -> Zone {
        self.zone
    }

    /// A name of the Olson database.
    pub fn zone_name(&mut self, name: &str) -> Field<'_, 'p, Zone> {
        self.field(name, json!({"type": "string", "description": "Olson zone name"}), |value| {
            Zone::from_name(value.as_str().ok_or(Rule::Kind(Kind::Text))?).ok_or(Rule::Zone)
        })
    }

    /// Two instants, either of which may be null: `[from, to]`.
    pub fn span(&mut self, name: &str) -> Field<'_, 'p, (Option<Instant>, Option<Instant>)> {
        let zone = self.zone;
        let end = json!({"type": ["string", "null"], "format": "date-time"});
        self.field(name, json!({"type": "array", "items": end, "minItems": 2, "maxItems": 2}), move |value| {
            let ends = entries(value)?;
            let [from, to] = ends.as_slice() else {
                return Err(Rule::Kind(Kind::List));
            };
            let end = |value: &Value| match value {
                Value::Null => Ok(None),
                value => {
                    value.as_str().and_then(|text| parse_moment(text, zone)).map(Some).ok_or(Rule::Kind(Kind::Moment))
                }
            };
            match (end(from)?, end(to)?) {
                (Some(from), Some(to)) if from > to => Err(Rule::Reversed),
                ends => Ok(ends),
            }
        })
    }
}
