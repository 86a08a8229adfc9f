//! Purchases: what the tenant orders from its suppliers, and what of it has arrived.
//!
//! A purchase order posts nothing to the ledger, whatever becomes of it: it says what was asked for, and at
//! which price. What was spent is an expense transaction, made when the money goes.
//!
//! * [`suppliers`]: from whom is bought;
//! * [`entity`]: the purchase order; [`stage`]: its state machine;
//! * [`list`]: the operations on purchase orders that read; [`write`]: those that change something.

pub mod entity;
pub mod list;
pub mod stage;
pub mod suppliers;
pub mod write;

pub use entity::Purchase;
pub use stage::Stage;
