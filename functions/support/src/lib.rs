//! Support: tickets, departments, leads; what the world sees of them. JeraSoft and RackNap have none.

mod billmora;
mod cloudonex;

use shared::machinery::route::Row;

/// The family's route table.
pub fn rows() -> Vec<Row> {
    [cloudonex::rows(), billmora::rows()].into_iter().flatten().collect()
}
