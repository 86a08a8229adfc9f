//! The sandbox: its fixture, the daily reset, and the clocks of its tenants.

pub mod clock;
pub mod reset;
