//! What is true. In each file: operations on top, pure decisions below them, the entity at the end.
//!
//! Modules may know each other, since billing is cyclic by nature; none knows a dialect, HTTP or JSON.

pub mod currencies;
pub mod customers;
pub mod rates;
pub mod sessions;
pub mod tenants;
