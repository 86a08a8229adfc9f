//! Reports, and the check of the books.
//!
//! What a report adds up is kept up to date by the commits that change it (see
//! [`posting`](crate::domain::documents::posting)), so a report reads a few records for each reseller and
//! year and never a transaction; a customer's statement and receivables read that customer's own rows. What was
//! charged line by line, and what is in use, is read from the records themselves, no more than [`MOST_ROWS`].
//!
//! * [`figures`]: income and expenses, revenue, receivables, the trial balance;
//! * [`sales`]: what was sold and bought;
//! * [`sessions`]: what is in use now; [`usage`]: what was charged, line by line;
//! * [`statement`]: what happened between a customer and the tenant;
//! * [`verify`]: everything worked out anew from the documents, and held to the rules of the trade.

pub mod figures;
pub mod sales;
pub mod sessions;
pub mod statement;
pub mod usage;
pub mod verify;

/// The most rows that a report reads one by one. Ten times as many would take longer than a client waits.
pub const MOST_ROWS: usize = 5_000;

/// What of its rows a report shows, in its dialect's words; operations hand it through.
#[derive(Debug, Clone, Default)]
pub struct Layout {
    /// The fields.
    pub fields: Vec<String>,
    /// The fields that it is sorted by, each descending or not.
    pub order: Vec<(String, bool)>,
    /// Rows to skip and to return.
    pub window: (u64, u64),
}
