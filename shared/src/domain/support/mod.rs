//! Support: what customers ask, and who may become one.
//!
//! * [`tickets`]: a customer's question and all that was said to it;
//! * [`leads`]: somebody who may become a customer, and becomes one.
//!
//! Departments stand with the tenant's other short lists, in `books`.

pub mod leads;
pub mod tickets;
