//! What is sold: what the world sees of it. Billmora and JeraSoft call products packages.

pub mod billmora;
pub mod cloudonex;
pub mod common;
mod jerasoft;

use shared::machinery::route::Row;

/// The longest body of a record, in bytes: it must fit one item, and its answer an idempotency record.
pub(crate) const LARGEST_RECORD: usize = 48 * 1024;

/// The family's route table.
pub fn rows() -> Vec<Row> {
    [jerasoft::rows(), cloudonex::rows(), billmora::rows()].into_iter().flatten().collect()
}
