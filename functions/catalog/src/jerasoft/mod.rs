//! `packages.*`, `services.*` and `rates.*` (contract jerasoft §4.3, §4.12, §4.15).

mod packages;
mod rates;
mod services;
mod tables;

use serde_json::Value;
use shared::domain::records::{Column, List, Stamps};
use shared::machinery::dialect::jerasoft::{order, search, window};
use shared::machinery::reader::Reader;
use shared::machinery::reply::{Reply, View};
use shared::machinery::route::Row;

pub(crate) fn rows() -> Vec<Row> {
    [packages::rows(), services::rows(), tables::rows(), rates::rows()].into_iter().flatten().collect()
}

/// A list of records of resellers: window, order, search and the filters that all have.
pub(crate) fn read_list(r: &mut Reader<'_>, columns: &[(&'static str, Column)]) -> List {
    let mut list = List::all(window(r));
    list.order = order(r, columns);
    list.search = search(r);
    list.ids = r.ids("id").optional();
    list.resellers = r.ids("companies_id").optional().unwrap_or_default();
    list
}

/// A view with the record's date.
pub(crate) fn dated(view: View, mut value: Value, stamps: &Stamps) -> Value {
    if let Some(members) = value.as_object_mut() {
        members.insert("c_dt".into(), view.zone.stamp(stamps.created_at).into());
    }
    value
}

/// An update answers that it is done.
pub(crate) fn write_true<T>(_: View, _: T) -> Reply {
    Reply::one(true)
}

/// A deletion answers how many.
pub(crate) fn write_count(_: View, count: u64) -> Reply {
    Reply::one(count)
}
