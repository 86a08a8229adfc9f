//! Reports, and the check of the books.
//!
//! What a report adds up is kept up to date by the commits that change it (see
//! [`posting`](crate::domain::documents::posting)), so a report reads a few records for each reseller and
//! year and never a transaction; a customer's statement and receivables read that customer's own rows.
//!
//! * [`figures`]: income and expenses, revenue, receivables, the trial balance;
//! * [`sales`]: what was sold and bought;
//! * [`statement`]: what happened between a customer and the tenant;
//! * [`verify`]: everything worked out anew from the documents.

pub mod figures;
pub mod sales;
pub mod statement;
pub mod verify;
