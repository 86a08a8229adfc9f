//! The categories of value-added tax that EN 16931 knows (BT-118, BT-151; a part of UNCL 5305).

use serde::{Deserialize, Serialize};

/// A category. Which of the two is asked for, a rate above 0 or one of 0, follows from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum VatCategory {
    /// `S`: the standard rate or a reduced one; above 0.
    #[serde(rename = "S")]
    Standard,
    /// `Z`: zero rated.
    #[serde(rename = "Z")]
    Zero,
    /// `E`: exempt, for a reason that is said.
    #[serde(rename = "E")]
    Exempt,
    /// `AE`: the customer accounts for it (reverse charge).
    #[serde(rename = "AE")]
    ReverseCharge,
    /// `K`: a supply to another country of the European Union.
    #[serde(rename = "K")]
    IntraCommunity,
    /// `G`: an export out of the Union.
    #[serde(rename = "G")]
    Export,
    /// `O`: not subject to the tax.
    #[serde(rename = "O")]
    OutOfScope,
}

impl VatCategory {
    /// The codes, as dialects and documents write them.
    pub const CODES: [(&'static str, Self); 7] = [
        ("S", Self::Standard),
        ("Z", Self::Zero),
        ("E", Self::Exempt),
        ("AE", Self::ReverseCharge),
        ("K", Self::IntraCommunity),
        ("G", Self::Export),
        ("O", Self::OutOfScope),
    ];

    /// The code.
    pub fn code(self) -> &'static str {
        Self::CODES.iter().find(|(_, category)| *category == self).map_or("S", |(code, _)| code)
    }
}
