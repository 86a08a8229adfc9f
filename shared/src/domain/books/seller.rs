//! Who the seller is: what the head and the foot of a printed document say, and what EN 16931 demands of a seller.
//!
//! A tenant has one seller, its first reseller; what another reseller sells is printed with that reseller's name only.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::domain::books::vat::VatCategory;
use crate::words::error::{Rule, Violation};
use crate::words::patch::Patch;

/// What is known of a seller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fact {
    /// The legal name (BT-27).
    Name,
    /// Street and number (BT-35).
    Address,
    /// City (BT-37).
    City,
    /// State or region (BT-39).
    State,
    /// Postal code (BT-38).
    Zip,
    /// Country, two letters of ISO 3166-1 (BT-40).
    CountryCode,
    /// VAT identifier, which begins with the letters of its country (BT-31).
    VatId,
    /// The number at the local tax office, where there is no VAT identifier (BT-32).
    TaxNumber,
    /// The number in the register of companies (BT-30).
    RegistrationNumber,
    /// E-mail address (BT-43).
    Email,
    /// Telephone (BT-42).
    Phone,
    /// The account that transfers go to (BT-84).
    Iban,
    /// The bank of that account (BT-86).
    Bic,
    /// Why lines without a tax bear none (BT-120), where the category wants a reason.
    UntaxedReason,
}

/// A seller.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seller {
    /// What is known.
    pub facts: BTreeMap<Fact, String>,
    /// The VAT category of lines without a tax; absent where nobody has said it.
    pub untaxed: Option<VatCategory>,
}

/// What to change of a seller.
#[derive(Debug, Clone, Default)]
pub struct Change {
    /// The facts that are mentioned.
    pub facts: Vec<(Fact, Patch<String>)>,
    /// The VAT category of lines without a tax.
    pub untaxed: Patch<VatCategory>,
}

impl Seller {
    /// One of which only the name is known.
    pub fn named(name: &str) -> Self {
        Self { facts: BTreeMap::from([(Fact::Name, name.to_owned())]), untaxed: None }
    }

    /// A fact, where it is known.
    pub fn fact(&self, which: Fact) -> Option<&str> {
        self.facts.get(&which).map(String::as_str)
    }

    /// Apply a change, or say what is wrong with it; `seller.iban` is the field of the IBAN.
    pub(crate) fn apply(&mut self, change: &Change) -> Vec<Violation> {
        let mut found = Vec::new();
        for (which, patch) in &change.facts {
            match patch {
                Patch::Keep => {}
                Patch::Clear => drop(self.facts.remove(which)),
                Patch::Set(text) if text.trim().is_empty() => drop(self.facts.remove(which)),
                Patch::Set(text) => {
                    let text = which.tidied(text);
                    if let Some(fault) = which.fault(&text) {
                        let rule = Rule::Sentence(fault.to_owned());
                        found.push(Violation { field: format!("seller.{}", which.field()), rule });
                    }
                    self.facts.insert(*which, text);
                }
            }
        }
        change.untaxed.clone().apply(&mut self.untaxed);
        if self.untaxed == Some(VatCategory::Standard) {
            let rule = Rule::Sentence("A line without a tax has no standard rate".into());
            found.push(Violation { field: "seller.untaxed_category".into(), rule });
        }
        found
    }
}

impl Fact {
    /// All of them, in the order in which dialects show them, each with its field and its longest text.
    pub const ALL: [(&'static str, Self, usize); 14] = [
        ("name", Self::Name, 200),
        ("address", Self::Address, 200),
        ("city", Self::City, 100),
        ("state", Self::State, 100),
        ("zip_code", Self::Zip, 20),
        ("country_code", Self::CountryCode, 2),
        ("vat_id", Self::VatId, 20),
        ("tax_number", Self::TaxNumber, 40),
        ("registration_number", Self::RegistrationNumber, 60),
        ("email", Self::Email, 255),
        ("phone", Self::Phone, 40),
        ("iban", Self::Iban, 42),
        ("bic", Self::Bic, 11),
        ("untaxed_reason", Self::UntaxedReason, 200),
    ];

    /// Its field.
    pub fn field(self) -> &'static str {
        Self::ALL.iter().find(|(_, fact, _)| *fact == self).map_or("", |(field, _, _)| field)
    }

    /// Codes have no blanks and no small letters.
    fn tidied(self, text: &str) -> String {
        match self {
            Self::CountryCode | Self::VatId | Self::Iban | Self::Bic => text
                .chars()
                .filter(|letter| !letter.is_whitespace())
                .map(|letter| letter.to_ascii_uppercase())
                .collect(),
            _ => text.trim().to_owned(),
        }
    }

    fn fault(self, text: &str) -> Option<&'static str> {
        let letters = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_uppercase());
        let word = |text: &str| text.bytes().all(|b| b.is_ascii_alphanumeric());
        match self {
            Self::CountryCode if text.len() != 2 || !letters(text) => Some("The country is written with two letters"),
            Self::VatId if text.len() < 4 || !text.get(..2).is_some_and(letters) || !word(text) => {
                Some("A VAT identifier begins with the two letters of its country")
            }
            Self::Iban if !is_iban(text) => Some("This is no IBAN"),
            Self::Bic if !matches!(text.len(), 8 | 11) || !word(text) => Some("A BIC has 8 or 11 letters and digits"),
            Self::Email if !crate::machinery::reader::is_email(text) => Some("This is no e-mail address"),
            _ => None,
        }
    }
}

/// Whether a text is an international bank account number: country, two check digits, at most 30 more; read as a
/// number, with its head moved to its end and letters as 10 to 35, it leaves 1 when divided by 97 (ISO 13616).
fn is_iban(text: &str) -> bool {
    let form = text.bytes().enumerate().all(|(place, b)| match place {
        0 | 1 => b.is_ascii_uppercase(),
        2 | 3 => b.is_ascii_digit(),
        _ => b.is_ascii_uppercase() || b.is_ascii_digit(),
    });
    if !form || !(15..=34).contains(&text.len()) {
        return false;
    }
    let (head, tail) = text.split_at(4);
    let digits = tail.chars().chain(head.chars()).filter_map(|letter| letter.to_digit(36));
    let rest =
        digits.fold(0, |rest, digit| if digit > 9 { (rest * 100 + digit) % 97 } else { (rest * 10 + digit) % 97 });
    rest == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn applied(which: Fact, text: &str) -> (Seller, Vec<Violation>) {
        let mut seller = Seller::default();
        let change = Change { facts: vec![(which, Patch::Set(text.into()))], untaxed: Patch::Keep };
        let found = seller.apply(&change);
        (seller, found)
    }

    #[test]
    fn codes_are_tidied_and_checked() {
        for (which, good, bad) in [
            (Fact::Iban, "de89 3704 0044 0532 0130 00", "DE89 3704 0044 0532 0130 01"),
            (Fact::Iban, "GB82WEST12345698765432", "GB82WEST1234569876543"),
            (Fact::Bic, "cobadeffxxx", "COBADE"),
            (Fact::VatId, "de 123456789", "123456789"),
            (Fact::CountryCode, "de", "D1"),
            (Fact::Email, "a@b.example", "a b"),
        ] {
            let (seller, found) = applied(which, good);
            assert!(found.is_empty(), "{good}: {found:?}");
            assert!(seller.fact(which).is_some());
            assert_eq!(applied(which, bad).1.len(), 1, "{bad}");
        }
        assert_eq!(
            applied(Fact::Iban, "de89 3704 0044 0532 0130 00").0.fact(Fact::Iban),
            Some("DE89370400440532013000")
        );
        assert_eq!(applied(Fact::Name, " ").0, Seller::default());
    }
}
