//! What an invoice knows of what gave some of it back.

use serde::{Deserialize, Serialize};

use crate::domain::documents::line::TaxRow;

/// A credit note that concerns an invoice, as long as it stands: what it gave back of what the invoice charged, in
/// minor units.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Credited {
    /// The note.
    pub note: u64,
    /// Its number.
    pub number: Option<String>,
    /// Without taxes.
    pub net: i64,
    /// Its taxes by name and rate.
    pub taxes: Vec<TaxRow>,
    /// The net in the base currency …
    pub base_net: i64,
    /// … and the taxes.
    pub base_tax: i64,
    /// Whether it turned a paid deposit into credit.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub deposit: bool,
    /// Whether a change of plan gave it back: what is left of the price was paid for, whatever that is.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub change: bool,
    /// Whether it is no credit note but a line below 0 of an invoice: a dearer plan's, which takes back what was charged
    /// at other taxes.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub by_invoice: bool,
}

impl Credited {
    /// The sum of its taxes.
    pub fn tax(&self) -> i64 {
        self.taxes.iter().map(|tax| tax.amount).sum()
    }

    /// Net and taxes.
    pub fn total(&self) -> i64 {
        self.net + self.tax()
    }
}
