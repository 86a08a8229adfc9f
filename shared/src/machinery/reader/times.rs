//! Instants, days and zones.

use serde_json::{Value, json};

use super::values::entries;
use super::{Field, Reader};
use crate::words::error::{Kind, Rule};
use crate::words::time::{Date, Day, Instant, Zone, parse_day, parse_day_first, parse_moment, parse_until};

impl<'p> Reader<'p> {
    /// A text that stands for a time in the request's zone.
    fn time<T: 'p>(&mut self, name: &str, schema: Value, parse: fn(&str, Zone) -> Option<T>) -> Field<'_, 'p, T> {
        let zone = self.zone;
        self.field(name, schema, move |value| {
            value.as_str().and_then(|text| parse(text, zone)).ok_or(Rule::Kind(Kind::Moment))
        })
    }

    /// An instant; without an offset of its own, in the request's zone.
    pub fn moment(&mut self, name: &str) -> Field<'_, 'p, Instant> {
        self.time(name, json!({"type": "string", "format": "date-time"}), parse_moment)
    }

    /// An instant that ends a range: a bare date means all of its day, in the request's zone.
    pub fn moment_until(&mut self, name: &str) -> Field<'_, 'p, Instant> {
        self.time(name, json!({"type": "string", "format": "date-time"}), parse_until)
    }

    /// A day: a date, or an instant whose day is the one clocks in the request's zone show.
    pub fn day(&mut self, name: &str) -> Field<'_, 'p, Day> {
        self.time(name, json!({"type": "string", "format": "date"}), parse_day)
    }

    /// A day without its instant.
    pub fn date(&mut self, name: &str) -> Field<'_, 'p, Date> {
        self.time(name, json!({"type": "string", "format": "date"}), |text, zone| Some(parse_day(text, zone)?.date))
    }

    /// A day written `dd/mm/yyyy`. An empty text counts as null, since a form cannot send one.
    pub fn day_first(&mut self, name: &str) -> Field<'_, 'p, Day> {
        let mut field = self.time(name, json!({"type": "string", "pattern": "dd/mm/yyyy"}), parse_day_first);
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
