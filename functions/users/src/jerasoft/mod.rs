//! `iam.users`, `iam.roles` and `resellers`, which are also `companies` (contract jerasoft §4.10, §4.11).

mod resellers;
mod users;

use shared::machinery::route::Row;

pub(crate) fn rows() -> Vec<Row> {
    [users::rows(), resellers::rows()].into_iter().flatten().collect()
}
