//! The operations on services, which JeraSoft calls subscriptions.
//!
//! * [`write`], [`make`], [`plan`]: those that change something; [`list`]: those that read.

pub mod list;
pub mod make;
pub mod plan;
pub mod write;
