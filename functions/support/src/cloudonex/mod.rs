//! `/tickets`, `/departments` and `/leads` (contract cloudonex §8.6, §8.7).

mod departments;
mod leads;
mod tickets;

use shared::machinery::route::Row;

pub(crate) fn rows() -> Vec<Row> {
    [tickets::rows(), departments::rows(), leads::rows()].into_iter().flatten().collect()
}
