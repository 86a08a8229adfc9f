//! What an invoice knows of what gave some of it back.

use serde::{Deserialize, Serialize};

use crate::domain::documents::kind::{Kind, Ref};
use crate::domain::documents::line::TaxRow;

/// What gave back some of what an invoice charged, as long as it stands, in minor units: a credit note that concerns it, or
/// a dearer plan's invoice, which takes back by a line below 0 what was charged at other taxes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Stored")]
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

/// An entry as a table may have it: older ones name what gave it back by `note`, an id, and `by_invoice`.
#[derive(Deserialize)]
struct Stored {
    by: Option<Ref>,
    note: Option<u64>,
    #[serde(default)]
    by_invoice: bool,
    number: Option<String>,
    net: i64,
    taxes: Vec<TaxRow>,
    base_net: i64,
    base_tax: i64,
    #[serde(default)]
    deposit: bool,
    #[serde(default)]
    change: bool,
}

impl TryFrom<Stored> for Credited {
    type Error = &'static str;

    fn try_from(stored: Stored) -> Result<Self, Self::Error> {
        let Stored { by, note, by_invoice, number, net, taxes, base_net, base_tax, deposit, change } = stored;
        let kind = if by_invoice { Kind::Invoice } else { Kind::CreditNote };
        let by = by.or(note.map(|id| Ref { kind, id })).ok_or("nothing is named that gave it back")?;
        Ok(Self { by, number, net, taxes, base_net, base_tax, deposit, change })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_was_stored_before_kinds_were_told_apart_is_still_read() {
        let stored = |more: serde_json::Value| {
            let mut entry = json!({"number": "INV-1", "net": 100, "taxes": [], "base_net": 100, "base_tax": 0});
            entry.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            serde_json::from_value::<Credited>(entry)
        };
        let named = |kind| Ref { kind, id: 7 };
        assert_eq!(stored(json!({"note": 7})).unwrap().by, named(Kind::CreditNote));
        assert_eq!(stored(json!({"note": 7, "by_invoice": true, "change": true})).unwrap().by, named(Kind::Invoice));
        let now = stored(json!({"by": named(Kind::Invoice)})).unwrap();
        assert_eq!(serde_json::from_value::<Credited>(serde_json::to_value(&now).unwrap()).unwrap(), now);
        assert!(stored(json!({})).is_err());
    }
}
