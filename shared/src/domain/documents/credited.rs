//! What an invoice knows of what gave some of it back.

use serde::{Deserialize, Serialize};

use crate::domain::documents::kind::{Kind, Ref};
use crate::domain::documents::line::TaxRow;

/// What gave back some of what an invoice charged, as long as it stands, in minor units: a credit note that concerns it, or
/// a dearer plan's invoice, which takes back by a line below 0 what was charged at other taxes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Credited {
    /// The credit note, or that invoice. Both have ids of their own, so the kind counts.
    pub by: Ref,
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
}

impl Credited {
    /// Whether it is no credit note.
    pub fn by_invoice(&self) -> bool {
        self.by.kind == Kind::Invoice
    }

    /// The sum of its taxes.
    pub fn tax(&self) -> i64 {
        self.taxes.iter().map(|tax| tax.amount).sum()
    }

    /// Net and taxes.
    pub fn total(&self) -> i64 {
        self.net + self.tax()
    }
}
