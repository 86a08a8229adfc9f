//! What is true. In each file: operations on top, pure decisions below them, the entity at the end.
//!
//! ```text
//! agenda                   what billing runs look at, and when
//! documents                the ledger: it does not know what an invoice is for
//! sales                    what is sold: orders, services, registered domains, their states and charges
//! settlement               what money brings about: an invoice is paid, a service begins
//! orders services registrants quotes gateways    the operations on them
//! billing                  the billing runs
//! ```
//!
//! Each of these knows those above it in this table only; a test of the house holds that. None knows a dialect or HTTP.

pub mod agenda;
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
pub mod sales;
pub mod sandbox;
pub mod services;
pub mod sessions;
pub mod settlement;
pub mod support;
pub mod tenants;
pub mod users;
pub mod webhooks;
