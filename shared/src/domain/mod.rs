//! What is true. In each file: operations on top, pure decisions below them, the entity at the end.
//!
//! Modules may know each other, since billing is cyclic by nature; none knows a dialect, HTTP or JSON.

pub mod billing;
pub mod books;
pub mod catalog;
pub mod currencies;
pub mod customers;
pub mod documents;
pub mod gateways;
pub mod holdings;
pub mod orders;
pub mod printing;
pub mod purchases;
pub mod quotes;
pub mod rates;
pub mod rating;
pub mod records;
pub mod registrants;
pub mod reports;
pub mod resellers;
pub mod sandbox;
pub mod services;
pub mod sessions;
pub mod support;
pub mod tenants;
pub mod users;
pub mod webhooks;
