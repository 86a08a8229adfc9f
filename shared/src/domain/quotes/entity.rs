//! The quote.
//!
//! ```text
//! draft ── send ──▶ sent ── accept ──▶ accepted ──┐
//!   │                │ └── decline ──▶ declined   │ convert
//!   └── accept, decline, convert ─────────────────┴──────────▶ converted
//! ```
//!
//! One whose day is past and that was neither accepted nor declined has expired, without anybody saying so.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::domain::documents::line::{Line, Sums};
use crate::domain::documents::sums::Rounding;
use crate::domain::records::{IndexRow, Record, Stamps, stamped};
use crate::machinery::keys::{Entity, QUOTE};
use crate::words::error::{Error, Result};
use crate::words::money::{Currency, Money};
use crate::words::time::{Date, Day, Instant};

/// How far a quote has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Stage {
    /// Being written.
    #[default]
    Draft,
    /// With the customer.
    Sent,
    /// The customer wants it.
    Accepted,
    /// The customer does not want it.
    Declined,
    /// Its day is past, or somebody said so.
    Expired,
    /// It has become an invoice.
    Converted,
}

impl Stage {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Draft, Self::Sent, Self::Accepted, Self::Declined, Self::Expired, Self::Converted];

    /// The word, as index rows have it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Sent => "sent",
            Self::Accepted => "accepted",
            Self::Declined => "declined",
            Self::Expired => "expired",
            Self::Converted => "converted",
        }
    }

    /// Whether the customer may still say something to it.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Draft | Self::Sent)
    }

    /// Refuses a stage that cannot follow this one.
    pub fn may_become(self, next: Self) -> Result<()> {
        let may = match next {
            Self::Draft => false,
            Self::Sent => self == Self::Draft,
            Self::Accepted | Self::Declined | Self::Expired => self.is_open(),
            Self::Converted => self.is_open() || self == Self::Accepted,
        };
        if may || self == next {
            return Ok(());
        }
        let text = format!("A quote that is {} cannot become {}", self.word(), next.word());
        Err(Error::refused("illegal_move", text))
    }
}

/// A quote. Amounts are minor units of its currency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quote {
    /// Id, dates and version.
    pub stamps: Stamps,
    /// For whom it is.
    pub customer: u64,
    /// The customer's reseller when it was made.
    pub reseller: u64,
    /// How far it has come; see [`Quote::stage_on`].
    pub stage: Stage,
    /// Its date.
    pub day: Day,
    /// The last day on which it holds.
    pub valid_until: Day,
    /// What it is about.
    pub subject: Option<String>,
    /// The id of its currency in the tenant.
    pub currency: u64,
    /// That currency.
    pub iso: Currency,
    /// Units of its currency for one of the base currency, when it was made.
    #[serde(with = "rust_decimal::serde::str")]
    pub ratio: Decimal,
    /// Whether its prices include their taxes.
    pub inclusive: bool,
    /// How its header is made of its lines.
    pub rounding: Rounding,
    /// Its lines.
    pub lines: Vec<Line>,
    /// What they come to.
    pub sums: Sums,
    /// Notes.
    pub notes: Option<String>,
    /// The invoice it has become: id and number.
    pub invoice: Option<(u64, Option<String>)>,
    /// When it was sent, UTC.
    pub sent_at: Option<Instant>,
    /// When it was accepted or declined, UTC.
    pub answered_at: Option<Instant>,
}

impl Quote {
    /// Its number (`QUOTE-0001`): ids are dense, and so are the numbers made of them.
    pub fn number(&self) -> String {
        format!("QUOTE-{:04}", self.stamps.id)
    }

    /// An amount of it.
    pub fn money(&self, minor: i64) -> Money {
        Money { minor, currency: self.iso }
    }

    /// Where it stands on a day.
    pub fn stage_on(&self, today: Date) -> Stage {
        if self.stage.is_open() && self.valid_until.date < today { Stage::Expired } else { self.stage }
    }
}

impl Record for Quote {
    const ENTITY: Entity = QUOTE;
    const NAME: &'static str = "quote";
    stamped!();

    fn index_row(&self) -> IndexRow {
        IndexRow {
            id: self.stamps.id,
            number: Some(self.number()),
            name: self.subject.clone().unwrap_or_default(),
            status: self.stage.word().to_owned(),
            reseller: Some(self.reseller),
            customer: Some(self.customer),
            at: self.day.at,
            span: Some((self.day.date, self.valid_until.date)),
            ..IndexRow::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_move_that_is_allowed() {
        let mut allowed = Vec::new();
        for from in Stage::ALL {
            for to in Stage::ALL {
                if from != to && from.may_become(to).is_ok() {
                    allowed.push(format!("{} {}", from.word(), to.word()));
                }
            }
        }
        assert_eq!(
            allowed,
            [
                "draft sent",
                "draft accepted",
                "draft declined",
                "draft expired",
                "draft converted",
                "sent accepted",
                "sent declined",
                "sent expired",
                "sent converted",
                "accepted converted"
            ]
        );
    }
}
