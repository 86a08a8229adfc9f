//! Transactions: money that comes and goes, credit and debit notes, and what they are kept by (accounts,
//! categories, tax rates, number series).

mod billmora;
mod cloudonex;
mod jerasoft;
mod jerasoft_books;
mod racknap;

use shared::machinery::route::Row;

/// The family's route table.
pub fn rows() -> Vec<Row> {
    [jerasoft::rows(), jerasoft_books::rows(), racknap::rows(), cloudonex::rows(), billmora::rows()]
        .into_iter()
        .flatten()
        .collect()
}
