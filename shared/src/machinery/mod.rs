//! The machinery: everything that is the same for every operation.

pub mod app;
pub(crate) mod arrival;
pub mod auth;
pub mod body;
pub mod caller;
pub mod changes;
pub mod command;
pub(crate) mod company;
pub mod credential;
pub mod dialect;
pub mod gateway;
pub mod idempotency;
pub mod keys;
pub mod listing;
pub mod operation;
pub mod outside;
pub mod reader;
pub mod reply;
pub mod request;
pub mod route;
pub mod rpc;
pub mod secrets;
pub mod signature;
pub mod spine;
pub mod store;
pub(crate) mod turn;
