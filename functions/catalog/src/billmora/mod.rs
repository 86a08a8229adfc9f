//! `/packages`, `/catalogs`, `/variants` and `/tlds` (contract billmora §8.6 to §8.10, §9.6 to §9.10).

mod groups;
pub mod packages;
pub mod tlds;

use serde_json::Value;
use shared::domain::catalog::product::Shelf;
use shared::domain::records::{Column, List, Stamps};
use shared::machinery::dialect::billmora::{filter, window};
use shared::machinery::reader::Reader;
use shared::machinery::route::Row;
use shared::words::pattern::Pattern;
use shared::words::time::utc_micros;

/// What the dialect calls the operations' fields.
pub(crate) const NAMES: &[(&str, &str)] = &[("catalog", "catalog_id")];

pub(crate) fn rows() -> Vec<Row> {
    [packages::rows(), groups::rows(), tlds::rows()].into_iter().flatten().collect()
}

/// A list: newest first, what was made in the same second by its place and then its id (§6.2).
pub(crate) fn read_list(r: &mut Reader<'_>) -> List {
    let mut list = List::all(window(r));
    list.order = vec![(Column::At, true), (Column::Rank, false), (Column::Id, false)];
    list.search = filter(r, "search").map(|text| Pattern::like(&text));
    // A word that is no status matches nothing.
    list.statuses = filter(r, "status").map(|word| match word.as_str() {
        "visible" => vec![Shelf::Visible.word().to_owned()],
        "hidden" => vec![Shelf::Hidden.word().to_owned(), Shelf::Archived.word().to_owned()],
        _ => Vec::new(),
    });
    list
}

/// A view with the record's dates.
pub fn dated(mut value: Value, stamps: &Stamps) -> Value {
    if let Some(members) = value.as_object_mut() {
        members.insert("created_at".into(), utc_micros(stamps.created_at).into());
        members.insert("updated_at".into(), utc_micros(stamps.updated_at).into());
    }
    value
}
