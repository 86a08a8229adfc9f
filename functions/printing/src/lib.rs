//! Documents as files: PDF to print, UBL to send. CloudOnex alone asks for them.
//!
//! A function of its own, since what sets type and the fonts take megabytes that no other function should start with.

mod cloudonex;
mod pdf;
mod ubl;

use shared::machinery::route::Row;

/// The family's route table.
pub fn rows() -> Vec<Row> {
    cloudonex::rows()
}
