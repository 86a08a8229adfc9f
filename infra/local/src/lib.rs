//! Tessera on one machine: API Gateway, the functions and DynamoDB in one process.
//!
//! * [`engine`]: the embedded DynamoDB, plugged in as the SDK's HTTP client;
//! * [`faults`]: what can go wrong between the SDK and the engine, on purpose;
//! * [`template`], [`plan`], [`gateway`]: API Gateway, from template.yaml;
//! * [`stream`], [`queue`], [`webhooks`]: the table's stream, SQS, and the two functions behind them;
//! * [`fixture`]: tenants to begin with;
//! * [`transfer`]: export and import;
//! * [`endpoint`]: the engine over a socket, for functions in processes of their own.

use shared::machinery::route::Row;

pub mod endpoint;
pub mod engine;
pub mod faults;
pub mod fixture;
pub mod gateway;
pub mod plan;
pub mod queue;
pub mod stream;
pub mod template;
pub mod transfer;
mod underway;
pub mod webhooks;

/// The rows of all functions. `rpc` links all families but one: what prints is too large for it.
pub fn rows() -> Vec<Row> {
    rpc::rows().into_iter().chain(printing::rows()).collect()
}
