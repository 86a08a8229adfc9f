//! What money brings about: where the ledger and what is sold meet.
//!
//! The ledger ([`documents`](crate::domain::documents)) does not know what an invoice is for. It notes on its desk which
//! invoices became paid, lapsed, or are asked for again; [`settle`] sees to what follows from that for orders, services
//! and domains ([`sales`](crate::domain::sales)), all in the commit of the payment. Operations on orders and services, the
//! billing runs and the gateways' notices stand above it.
//!
//! * [`documents`]: the operations on documents;
//! * `fulfil`: what a payment brings about; `scaling`: a change of plan that waited for it;
//! * `adjust`: the documents of another price, `other_taxes`: what they take back at other taxes; `charge`: fees that go to the customer's balance.

pub(crate) mod adjust;
pub(crate) mod charge;
pub mod documents;
pub(crate) mod fulfil;
mod other_taxes;
pub(crate) mod scaling;

use crate::domain::documents::desk::Desk;
use crate::machinery::changes::Changes;
use crate::words::error::Result;

/// What was written on a desk as changes, with what the payments made there bring about.
pub(crate) async fn settle(mut desk: Desk<'_>) -> Result<Changes> {
    let cx = desk.cx;
    let (paid, lapsed) = (std::mem::take(&mut desk.paid), std::mem::take(&mut desk.lapsed));
    if !paid.is_empty() || !lapsed.is_empty() {
        fulfil::paid(cx, &mut desk, &paid, &lapsed).await?;
    }
    let reservations = std::mem::take(&mut desk.reservations);
    if !reservations.is_empty() {
        fulfil::keep_stock(cx, &mut desk, &reservations).await?;
    }
    desk.close()
}
