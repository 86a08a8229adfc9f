//! `reports.*.query` (contract jerasoft §4.13).

mod sessions;
mod summary;
mod table;
mod usage;

use shared::machinery::route::Row;

/// Sold, or bought: which way the money goes.
const ORIGINS: &[(&str, bool)] = &[("origination", true), ("termination", false)];

pub(crate) fn rows() -> Vec<Row> {
    [summary::rows(), usage::rows(), sessions::rows()].into_iter().flatten().collect()
}
