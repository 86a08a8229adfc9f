//! The words everything else is said in: errors, money, time, pages. They know nothing of HTTP, JSON,
//! a dialect or the table.

pub mod error;
pub mod limit;
pub mod money;
pub mod page;
pub mod patch;
pub mod pattern;
pub mod text;
pub mod time;
