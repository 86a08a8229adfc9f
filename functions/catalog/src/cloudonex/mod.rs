//! `/products` (contract cloudonex §8.4), and in its habits what the other dialects need and cannot make.

mod coupons;
mod groups;
mod prices;
mod products;
mod tlds;

use serde_json::Value;
use shared::domain::catalog::product::Shelf;
use shared::domain::records::{List, Stamps};
use shared::machinery::dialect::cloudonex::{search, window};
use shared::machinery::reader::Reader;
use shared::machinery::route::Row;
use shared::words::time::utc_seconds;

use crate::common::SHELVES;

/// What the dialect calls the operations' fields.
pub(crate) const NAMES: &[(&str, &str)] = &[
    ("catalog", "catalog_id"),
    ("variants", "variant_ids"),
    ("products", "product_ids"),
    ("tlds", "tld_ids"),
    ("grace_days", "grace_period_days"),
];

pub(crate) fn rows() -> Vec<Row> {
    [products::rows(), groups::rows(), tlds::rows(), coupons::rows()].into_iter().flatten().collect()
}

/// A list, newest first, with its search.
pub(crate) fn read_list(r: &mut Reader<'_>) -> List {
    let mut list = List::all(window(r, true));
    list.search = search(r);
    list
}

/// The same of what can be visible or hidden.
pub(crate) fn read_shelved(r: &mut Reader<'_>) -> List {
    let mut list = read_list(r);
    list.statuses = r.choice("status", SHELVES).optional().map(|shelf: Shelf| vec![shelf.word().to_owned()]);
    list
}

/// A view with the record's dates.
pub fn dated(mut value: Value, stamps: &Stamps) -> Value {
    if let Some(members) = value.as_object_mut() {
        members.insert("created_at".into(), utc_seconds(stamps.created_at).into());
        members.insert("updated_at".into(), utc_seconds(stamps.updated_at).into());
    }
    value
}
