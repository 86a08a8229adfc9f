//! Quotes: what something would cost, until a day. One that is accepted becomes an invoice, once.
//!
//! * [`write`]: the operations that change something; [`list`]: those that read;
//! * [`entity`]: the quote and its state machine.

pub mod entity;
pub mod list;
pub mod write;

pub use entity::{Quote, Stage};
