//! The documents that move money: invoices, and the transactions (receipts, refunds, incomes, expenses,
//! credit and debit notes).
//!
//! One entity with one machinery. A document says what it has posted ([`posting`]), so whoever changes one
//! posts the difference, and the books can be checked against the documents at any time. Whatever asks a
//! customer for money (an invoice, a debit note, a refund) and whatever brings some (a receipt, a credit
//! note) is set against each other by allocations; what is left open of the one is receivable, of the other
//! the customer's credit.
//!
//! * [`write`], [`change`], [`pay`]: what changes something (the operations themselves stand in
//!   [`settlement`](crate::domain::settlement), which knows what a payment brings about); [`new`]: what to make; `dated`: a
//!   document's dates;
//! * [`list`]: those that read;
//! * [`moves`]: the state machine, and setting documents against each other;
//! * [`leaving`]: what an invoice gives back, and what a customer is paid out; `payout`: paying it;
//! * [`sums`], `taxes`, [`accrual`], [`number`]: the arithmetic; `numbered`: how a document gets its number;
//! * [`account`], [`posting`], [`ledger`]: the books; [`standing`]: on which day what counts;
//! * [`desk`]: what a write reads and what it writes besides; `watched`: who looks after what changed;
//! * [`entity`]: the document; [`kind`], [`line`]: its parts.

pub mod account;
pub mod accrual;
pub mod change;
mod charges;
mod credited;
mod dated;
pub(crate) mod desk;
pub mod entity;
pub mod kind;
pub mod leaving;
pub mod ledger;
pub mod line;
pub mod lines;
pub mod list;
pub mod moves;
pub mod new;
pub mod number;
pub(crate) mod numbered;
pub mod pay;
mod payout;
pub mod posting;
pub mod shown;
pub mod standing;
pub mod sums;
pub(crate) mod taken_over;
mod taxes;
mod watched;
pub mod write;

pub use entity::{Document, Kind, Ref, Stage, Status};
pub use list::{List, Shown};
