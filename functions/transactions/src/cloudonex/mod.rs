//! `/transactions`, `/receipts`, `/refunds`, `/credit-notes`, `/debit-notes` (contract cloudonex §8.3; the
//! last four in its habits, the original has none), and what the books are kept by.

mod books;
mod gateways;
mod money;
mod notes;

use shared::machinery::route::Row;

pub(crate) fn rows() -> Vec<Row> {
    [money::rows(), notes::rows(), books::rows(), gateways::rows()].into_iter().flatten().collect()
}
