//! JSON-RPC 2.0 over every family's rows, and the answer to paths that lead nowhere.
//!
//! It links every family's route table but the one that prints, which is too large for it: a call is dispatched in-process, and an unknown path or verb is
//! answered in the words of the dialect it looks like.

use shared::machinery::route::Row;

/// Every family's route table but `printing`'s.
pub fn rows() -> Vec<Row> {
    [
        auth::rows(),
        customers::rows(),
        currencies::rows(),
        catalog::rows(),
        invoices::rows(),
        quotes::rows(),
        orders::rows(),
        transactions::rows(),
        reports::rows(),
        support::rows(),
        users::rows(),
        webhooks::rows(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// The OpenRPC document of JSON-RPC, which `rpc.discover` answers.
pub const DOCUMENT: &str = include_str!("../../../infra/documents/openrpc.json");
