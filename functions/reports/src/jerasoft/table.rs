//! What the reports over rows have in common: which fields are returned, grouping, order, window.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use serde_json::Value;
use shared::domain::reports::Layout;
use shared::machinery::dialect::number;
use shared::machinery::reader::Reader;
use shared::machinery::reply::Reply;
use shared::words::error::Rule;
use shared::words::money::{Decimal, Money};
use shared::words::time::{Instant, Zone};

/// A value that can be grouped and sorted by.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Cell {
    /// Nothing.
    Null,
    /// A number, exact.
    Number(Decimal),
    /// An instant, shown in the request's zone.
    At(Instant),
    /// A text.
    Text(String),
}

impl Cell {
    /// An id, or nothing.
    pub(super) fn id(id: Option<u64>) -> Self {
        id.map_or(Self::Null, |id| Self::Number(id.into()))
    }

    /// A text, or nothing.
    pub(super) fn text(text: Option<impl Into<String>>) -> Self {
        text.map_or(Self::Null, |text| Self::Text(text.into()))
    }

    /// An amount with its currency's places.
    pub(super) fn money(amount: Money) -> Self {
        Self::Number(amount.decimal())
    }

    fn value(&self, zone: Zone) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Number(decimal) => number(decimal),
            Self::At(at) => zone.stamp(*at).into(),
            Self::Text(text) => text.clone().into(),
        }
    }
}

/// What a field shows.
pub(super) enum Field<T: 'static> {
    /// Of one row; rows that agree in all of these are one group.
    Dimension(fn(&T) -> Cell),
    /// Of all rows of a group.
    Aggregate(fn(&[&T]) -> Cell),
}

/// The fields of a report, by name.
pub(super) type Fields<T> = [(&'static str, Field<T>)];

/// `return_fields`, `order`, `limit` and `offset` of a report.
pub(super) fn read_layout<T>(r: &mut Reader<'_>, known: &Fields<T>) -> Layout {
    let fields = r.texts("return_fields").required();
    let is_known = |field: &String| known.iter().any(|(name, _)| name == field);
    let unknown: Vec<&str> = fields.iter().filter(|field| !is_known(field)).map(String::as_str).collect();
    if !unknown.is_empty() {
        let rule = Rule::Missing { collection: "return_fields".into(), id: unknown.join(", ") };
        r.violate("return_fields", rule);
    }
    let order = read_order(r, &fields);
    Layout { order, window: read_window(r), fields }
}

/// Only by what is returned.
pub(super) fn read_order(r: &mut Reader<'_>, fields: &[String]) -> Vec<(String, bool)> {
    let words = r.texts("order").optional().unwrap_or_default();
    let part = |word: &String| match word.strip_prefix('-') {
        Some(name) => (name.to_owned(), true),
        None => (word.clone(), false),
    };
    let order: Vec<(String, bool)> = words.iter().map(part).collect();
    if !order.iter().all(|(name, _)| fields.contains(name)) {
        r.violate("order", Rule::NotOneOf(fields.to_vec()));
    }
    order
}

/// Rows to skip and to return.
pub(super) fn read_window(r: &mut Reader<'_>) -> (u64, u64) {
    let limit = r.integer("limit").within(1, i64::MAX).optional().unwrap_or(1000);
    let offset = r.integer("offset").within(0, i64::MAX).optional().unwrap_or(0);
    (u64::try_from(offset).unwrap_or(0), u64::try_from(limit).unwrap_or(1))
}

/// The groups of rows, as the layout wants them: those that agree in every dimension that is returned.
pub(super) fn grouped<T>(rows: &[T], layout: &Layout, known: &Fields<T>, zone: Zone) -> Reply {
    let mut groups: BTreeMap<Vec<Cell>, Vec<&T>> = BTreeMap::new();
    for row in rows {
        let dimension = |(_, field): (_, &Field<T>)| match field {
            Field::Dimension(cell) => Some(cell(row)),
            Field::Aggregate(_) => None,
        };
        let key = returned(layout, known).filter_map(dimension).collect();
        groups.entry(key).or_default().push(row);
    }
    shown(groups.into_values().collect(), layout, known, zone)
}

/// Every row by itself, as the layout wants it.
pub(super) fn listed<T>(rows: &[T], layout: &Layout, known: &Fields<T>, zone: Zone) -> Reply {
    shown(rows.iter().map(|row| vec![row]).collect(), layout, known, zone)
}

/// The returned fields, in the order in which they were asked for.
fn returned<'a, T>(layout: &'a Layout, known: &'a Fields<T>) -> impl Iterator<Item = (&'static str, &'a Field<T>)> {
    let field = |name: &String| known.iter().find(|(known, _)| known == name).map(|(name, field)| (*name, field));
    layout.fields.iter().filter_map(field)
}

fn shown<T>(groups: Vec<Vec<&T>>, layout: &Layout, known: &Fields<T>, zone: Zone) -> Reply {
    let cell = |group: &[&T], field: &Field<T>| match field {
        Field::Dimension(cell) => group.first().map_or(Cell::Null, |row| cell(row)),
        Field::Aggregate(cell) => cell(group),
    };
    let mut rows: Vec<BTreeMap<&str, Cell>> = groups
        .iter()
        .map(|group| returned(layout, known).map(|(name, field)| (name, cell(group, field))).collect())
        .collect();
    rows.sort_by(|left, right| {
        let ways = layout.order.iter().map(|(name, descending)| {
            let way = left.get(name.as_str()).cmp(&right.get(name.as_str()));
            if *descending { way.reverse() } else { way }
        });
        ways.fold(Ordering::Equal, Ordering::then)
    });
    let (offset, limit) = layout.window;
    let (skip, take) = (usize::try_from(offset).unwrap_or(usize::MAX), usize::try_from(limit).unwrap_or(usize::MAX));
    let one = |row: &BTreeMap<&str, Cell>| {
        let value = |name: &str| row.get(name).map_or(Value::Null, |cell| cell.value(zone));
        Value::Object(returned(layout, known).map(|(name, _)| (name.to_owned(), value(name))).collect())
    };
    Reply::one(rows.iter().skip(skip).take(take).map(one).collect::<Vec<_>>())
}
