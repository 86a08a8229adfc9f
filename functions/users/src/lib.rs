//! Users, roles, API keys, access tokens and resellers: what the world sees of them.
//!
//! Billmora's `/users` are customers; its access tokens are made here, since its own API has no call for them.

mod cloudonex;
mod jerasoft;

use shared::machinery::route::Row;

/// The family's route table.
pub fn rows() -> Vec<Row> {
    [jerasoft::rows(), cloudonex::rows()].into_iter().flatten().collect()
}
