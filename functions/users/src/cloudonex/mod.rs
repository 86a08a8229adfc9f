//! `/users`, `/roles`, `/api-keys` and `/tokens` (contract cloudonex §8.8, §2; billmora §2.4).

mod credentials;
mod legacy;
mod users;

use shared::machinery::route::Row;

pub(crate) fn rows() -> Vec<Row> {
    [users::rows(), credentials::rows(), legacy::rows()].into_iter().flatten().collect()
}
