//! Customers: what the world sees of them. JeraSoft calls them clients, Billmora users.

pub mod billmora;
pub mod cloudonex;
mod cloudonex_legacy;
mod jerasoft;
mod jerasoft_accounts;
mod jerasoft_portal;

use shared::machinery::route::Row;

/// The family's route table.
pub fn rows() -> Vec<Row> {
    [
        jerasoft::rows(),
        jerasoft_accounts::rows(),
        jerasoft_portal::rows(),
        cloudonex::rows(),
        cloudonex_legacy::rows(),
        billmora::rows(),
    ]
    .into_iter()
    .flatten()
    .collect()
}
