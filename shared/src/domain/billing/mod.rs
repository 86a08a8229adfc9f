//! Money that is asked for without anybody asking: the billing runs (contract billmora §10.9).
//!
//! A run looks at the [`agenda`](crate::domain::agenda): services whose next period begins soon, registered domains that end soon,
//! invoices that were not paid in time. Each of its commits takes rows from the agenda and puts back what comes
//! next, together with the invoice and the service that moved: so a run that is stopped anywhere goes on where it
//! was, two that meet do everything once, and a period is asked for exactly once.
//!
//! * [`run`]: the operation, [`report`]: what it answers; [`renewals`], [`domains`], [`unpaid`]: what it looks at;
//! * fees that go to the customer's balance (JeraSoft): [`settlement`](crate::domain::settlement).

pub(crate) mod domains;
pub(crate) mod renewals;
pub mod report;
pub mod run;
pub(crate) mod unpaid;
