//! `/transactions`, `/receipts`, `/refunds`, `/credit-notes`, `/debit-notes` (contract cloudonex §8.3; the
//! last four in its habits, the original has none), what the books are kept by, and what is bought: `/suppliers`
//! and `/purchases` (contract cloudonex §8.10).

mod books;
mod gateways;
mod money;
mod notes;
mod purchases;
mod suppliers;

use shared::machinery::route::Row;

pub(crate) fn rows() -> Vec<Row> {
    [money::rows(), notes::rows(), books::rows(), gateways::rows(), suppliers::rows(), purchases::rows()]
        .into_iter()
        .flatten()
        .collect()
}
