//! Invoices: what the world sees of them.

pub mod billmora;
pub mod cloudonex;
pub mod cloudonex_allocations;
mod cloudonex_legacy;
mod html;
pub mod jerasoft;
pub mod racknap;

use shared::machinery::route::Row;

/// The family's route table.
pub fn rows() -> Vec<Row> {
    [
        jerasoft::rows(),
        racknap::rows(),
        cloudonex::rows(),
        cloudonex_allocations::rows(),
        cloudonex_legacy::rows(),
        billmora::rows(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// The id of a line, which follows from its document's: unique, and no counter that writers would wait for.
pub fn line_id(document: &shared::domain::documents::Document, place: usize) -> u64 {
    document.id * 1000 + place as u64 + 1
}
