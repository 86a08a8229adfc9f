//! Orders, services, registered domains and billing runs: what the world sees of them.

pub mod billmora;
mod cloudonex;
mod jerasoft;
mod racknap;
pub mod run;

use shared::machinery::route::Row;

/// The family's route table.
pub fn rows() -> Vec<Row> {
    [jerasoft::rows(), racknap::rows(), cloudonex::rows(), billmora::rows()].into_iter().flatten().collect()
}
