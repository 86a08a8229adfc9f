//! Tickets: what a customer asks, and all that is said to it (contracts cloudonex §8.6, billmora §8.5, §9.5).
//!
//! * [`write`]: the operations that change something; [`list`]: those that read;
//! * [`entity`]: the ticket and its messages.

pub mod entity;
pub mod list;
pub mod write;

pub use entity::{Author, Message, Priority, Status, Ticket};
