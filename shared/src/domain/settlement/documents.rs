//! The operations on documents as the dialects call them: each writes on the desk, and what its payments bring about goes
//! into the same commit.

use std::future::Future;

use crate::domain::documents::Kind;
use crate::domain::documents::change::{self, Deletion, Update};
use crate::domain::documents::desk::Written;
use crate::domain::documents::list::Shown;
use crate::domain::documents::pay::{self, Allocate};
use crate::domain::documents::write::{self, New};
use crate::domain::settlement::settle;
use crate::machinery::operation::{Done, Op, Scope};
use crate::words::error::Result;

async fn settled<'c, O>(work: impl Future<Output = Result<Written<'c, O>>>) -> Result<Done<O>> {
    let Written { answer, desk } = work.await?;
    Ok(match desk {
        Some(desk) => Done::changed(answer, settle(desk).await?),
        None => Done::read(answer),
    })
}

macro_rules! creates {
    ($(#[$doc:meta] $name:ident: $op:literal, $entity:literal;)*) => {
        $(#[$doc] pub static $name: Op<New, Shown> =
            Op::write($op, $entity, Scope::Reseller, |cx, new| Box::pin(settled(write::create(cx, new)))).also(write::new_also);)*
    };
}
creates! {
    /// Make an invoice.
    CREATE_INVOICE: "invoices.create", "invoice";
    /// Make a transaction of any kind.
    CREATE_TRANSACTION: "transactions.create", "transaction";
    /// Take a customer's money, for invoices or on account.
    CREATE_RECEIPT: "receipts.create", "receipt";
    /// Give a customer's credit back.
    CREATE_REFUND: "refunds.create", "refund";
    /// Take back what was asked of a customer.
    CREATE_CREDIT_NOTE: "credit_notes.create", "credit_note";
    /// Ask a customer for more.
    CREATE_DEBIT_NOTE: "debit_notes.create", "debit_note";
}

/// Change an invoice.
pub static UPDATE_INVOICE: Op<Update, Shown> = Op::write("invoices.update", "invoice", Scope::Reseller, |cx, input| {
    Box::pin(settled(change::update(cx, input, true)))
});
/// Change a transaction.
pub static UPDATE_TRANSACTION: Op<Update, Shown> =
    Op::write("transactions.update", "transaction", Scope::Reseller, |cx, input| {
        Box::pin(settled(change::update(cx, input, false)))
    });
/// Take an invoice away; the number of invoices taken away.
pub static DELETE_INVOICE: Op<Deletion, u64> = Op::write("invoices.delete", "invoice", Scope::Reseller, |cx, input| {
    Box::pin(settled(change::delete(cx, input, true)))
});
/// Take a transaction away; the number of transactions taken away.
pub static DELETE_TRANSACTION: Op<Deletion, u64> =
    Op::write("transactions.delete", "transaction", Scope::Reseller, |cx, input| {
        Box::pin(settled(change::delete(cx, input, false)))
    });

/// Set a customer's money against invoices and debit notes.
pub static ALLOCATE: Op<Allocate, Shown> =
    Op::write("allocations.create", "transaction", Scope::Reseller, |cx, input| {
        Box::pin(settled(pay::allocate_to(cx, input)))
    });
/// Take back what a document is set against, the oldest first: all of it, or the first 25; called again it
/// goes on.
pub static RELEASE: Op<(u64, &'static [Kind]), Shown> =
    Op::write("allocations.delete", "transaction", Scope::Reseller, |cx, (id, kinds)| {
        Box::pin(settled(pay::release_all(cx, *id, kinds)))
    });
