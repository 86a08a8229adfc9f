//! Signing in: JeraSoft's JWT calls, RackNap's token call, and a person's session in CloudOnex. What the world sees of it.

mod cloudonex;
mod jerasoft;
mod racknap;

use shared::machinery::route::Row;

/// The family's route table.
pub fn rows() -> Vec<Row> {
    [jerasoft::rows(), racknap::rows(), cloudonex::rows()].into_iter().flatten().collect()
}
