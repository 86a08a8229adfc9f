//! Signing in: JeraSoft's JWT calls and RackNap's token call. What the world sees of it.

mod jerasoft;
mod racknap;

use shared::machinery::route::Row;

/// The family's route table.
pub fn rows() -> Vec<Row> {
    [jerasoft::rows(), racknap::rows()].into_iter().flatten().collect()
}
