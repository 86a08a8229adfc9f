//! Quotes: what the world sees of them. Of the four dialects only CloudOnex has any.

mod cloudonex;

use shared::machinery::route::Row;

/// The family's route table.
pub fn rows() -> Vec<Row> {
    cloudonex::rows()
}
