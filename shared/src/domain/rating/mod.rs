//! What usage costs: rate tables and their rates (contract jerasoft §4.12).
//!
//! * [`tables`]: rate tables; [`services`]: what can be used;
//! * [`rate`]: a rate and what can be said of it; [`rates`]: its operations; [`timeline`]: when it holds;
//! * [`codes`]: how several codes are written in one text.

pub mod codes;
pub mod rate;
pub mod rates;
pub mod services;
pub mod tables;
pub mod taxes;
pub mod timeline;

pub use rate::{Source, UsageRate};
pub use tables::RateTable;
