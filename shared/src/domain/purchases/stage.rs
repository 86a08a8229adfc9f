//! Where a purchase order stands.
//!
//! ```text
//! draft ── send ──▶ sent ── acknowledge ──▶ acknowledged
//!   │                │                        │
//!   └──── cancel ────┼──▶ cancelled ◀─────────┤
//!                    └── receive ─────────────┴──▶ partially received ──▶ fully received
//!                                                       └──── close ───────────┴──▶ closed
//! ```

use serde::{Deserialize, Serialize};

use crate::words::error::{Error, Result};

/// How far a purchase order has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Being written.
    #[default]
    Draft,
    /// With the supplier.
    Sent,
    /// The supplier has said yes.
    Acknowledged,
    /// Some of it has arrived.
    PartiallyReceived,
    /// All of it has arrived.
    FullyReceived,
    /// It was called off before anything arrived.
    Cancelled,
    /// Nothing more is expected of it.
    Closed,
}

impl Stage {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Draft,
        Self::Sent,
        Self::Acknowledged,
        Self::PartiallyReceived,
        Self::FullyReceived,
        Self::Cancelled,
        Self::Closed,
    ];

    /// The word, as index rows have it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Sent => "sent",
            Self::Acknowledged => "acknowledged",
            Self::PartiallyReceived => "partially_received",
            Self::FullyReceived => "fully_received",
            Self::Cancelled => "cancelled",
            Self::Closed => "closed",
        }
    }

    /// The word as a person reads it: `partially received`.
    pub fn spoken(self) -> String {
        self.word().replace('_', " ")
    }

    /// Whether what is ordered may still be changed: the supplier has not said yes to it.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Draft | Self::Sent)
    }

    /// Refuses a stage that cannot follow this one.
    pub fn may_become(self, next: Self) -> Result<()> {
        let may = match next {
            Self::Draft => false,
            Self::Sent => self == Self::Draft,
            Self::Acknowledged => self == Self::Sent,
            Self::PartiallyReceived | Self::FullyReceived => {
                matches!(self, Self::Sent | Self::Acknowledged | Self::PartiallyReceived)
            }
            Self::Cancelled => matches!(self, Self::Draft | Self::Sent | Self::Acknowledged),
            Self::Closed => matches!(self, Self::PartiallyReceived | Self::FullyReceived),
        };
        if may || self == next {
            return Ok(());
        }
        let text = format!("A purchase order that is {} cannot become {}", self.spoken(), next.spoken());
        Err(Error::refused("illegal_move", text))
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
                "draft cancelled",
                "sent acknowledged",
                "sent partially_received",
                "sent fully_received",
                "sent cancelled",
                "acknowledged partially_received",
                "acknowledged fully_received",
                "acknowledged cancelled",
                "partially_received fully_received",
                "partially_received closed",
                "fully_received closed"
            ]
        );
    }
}
