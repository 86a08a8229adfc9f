//! Reports: what the world sees of them.

mod cloudonex;
mod jerasoft;

use shared::machinery::route::Row;

/// The family's route table.
pub fn rows() -> Vec<Row> {
    [jerasoft::rows(), cloudonex::rows()].into_iter().flatten().collect()
}
