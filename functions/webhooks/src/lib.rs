//! Webhooks and their deliveries; what the world sees of them. Only CloudOnex's dialect has them, and they are told
//! of changes in every dialect.

mod cloudonex;

use shared::machinery::route::Row;

/// The family's route table.
pub fn rows() -> Vec<Row> {
    cloudonex::rows()
}
