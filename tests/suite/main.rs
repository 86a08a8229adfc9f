//! One test program. Each module asks one question of the whole application.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "tests fail loudly and print their figures"
)]

mod access;
mod ambiguity;
mod billing;
mod bodies;
mod calls;
mod chain;
mod conformance;
mod console;
mod costs;
mod cross;
mod dates;
mod days;
mod deliveries;
mod destinations;
mod documents;
mod draws;
mod einvoices;
mod extremes;
mod faults;
mod figures;
mod filled;
mod gateway;
mod golden;
mod house;
mod idempotency;
mod imports;
mod interface;
mod isolation;
mod leaving;
mod limits;
mod malformed;
mod notices;
mod numbers;
mod older;
mod oracle;
mod orders;
mod outages;
mod overdue;
mod paging;
mod periods;
mod plans;
mod printing;
mod purchases;
mod quotes;
mod rating;
mod rpc_spec;
mod runs;
mod sandbox;
mod sequences;
mod series;
mod services;
mod stock;
mod store;
mod tampering;
mod tax_rounding;
mod transfer;
mod unchanged;
mod usage;
mod verify;
mod webhooks;
mod zones;
