//! The customer.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::domain::tenants::{CurrencyRef, TenantRecord};
use crate::words::error::{Rule, Violation};
use crate::words::money::{Currency, Money, NoAmount};
use crate::words::patch::Patch;
use crate::words::time::{Instant, Zone};

/// A change to a customer, or what a new one is made of: what is not mentioned stays, or is left unset.
#[derive(Debug, Clone, Default)]
pub struct Change {
    /// The whole name, where the dialect has one field for it.
    pub name: Option<String>,
    /// The first part of the name, where it has two.
    pub first_name: Option<String>,
    /// The last part of the name, where it has two.
    pub last_name: Option<String>,
    /// Where it stands.
    pub status: Option<Status>,
    /// The reseller it belongs to.
    pub reseller: Option<u64>,
    /// The currency it is billed in.
    pub currency: Option<CurrencyRef>,
    /// How far the balance may go below zero; cleared means without limit.
    pub credit_limit: Patch<Decimal>,
    /// Whether its credit pays new invoices.
    pub auto_credit_payment: Option<bool>,
    /// The user who owns it.
    pub owner: Patch<u64>,
    /// The zone of its local times.
    pub timezone: Patch<Zone>,
    /// The plain texts.
    pub texts: BTreeMap<Text, Patch<String>>,
    /// Free fields: the whole map.
    pub custom_fields: Patch<BTreeMap<String, String>>,
    /// Hash of the portal password.
    pub password_hash: Option<String>,
    /// Carried attributes, as JSON text.
    pub carried: BTreeMap<String, String>,
}

/// A customer's plain texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Text {
    /// Where mail goes; also the portal's user name. Unique where a dialect says so.
    Email,
    /// Where invoices go.
    EmailBilling,
    /// Where rate notices go.
    EmailRates,
    /// Where technical notices go.
    EmailTech,
    /// Telephone.
    Phone,
    /// The company's legal name.
    Company,
    /// Street and number.
    Address,
    /// City.
    City,
    /// State or region.
    State,
    /// Postal code.
    Zip,
    /// Country, as given.
    Country,
    /// The tenant's own number for it.
    AccountNumber,
    /// Its number in a register of companies.
    RegistrationNumber,
    /// Its tax number.
    TaxNumber,
    /// What it signs in to a portal with, where that is not the e-mail address.
    PortalLogin,
    /// Its language.
    Language,
    /// Notes of the staff.
    Notes,
}

/// A name in two parts, of which the second may be empty. Dialects that know one field see both parts with
/// a blank between; what they write is cut at its last blank, and joined again it is what they wrote.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Name {
    /// Everything before the last part.
    pub first: String,
    /// The last part.
    pub last: String,
}

impl Name {
    /// From one field.
    pub fn whole(text: &str) -> Self {
        let text = text.trim();
        match text.rsplit_once(' ') {
            Some((first, last)) => Self { first: first.to_owned(), last: last.to_owned() },
            None => Self { first: text.to_owned(), last: String::new() },
        }
    }

    /// From two fields.
    pub fn parts(first: &str, last: &str) -> Self {
        Self { first: first.trim().to_owned(), last: last.trim().to_owned() }
    }

    /// Both parts.
    pub fn full(&self) -> String {
        if self.last.is_empty() { self.first.clone() } else { format!("{} {}", self.first, self.last) }
    }
}

/// Where a customer stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// In business.
    Active,
    /// Barred for now.
    Suspended,
    /// Kept for the record only.
    Closed,
}

/// A customer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Customer {
    /// The id, dense in the tenant.
    pub id: u64,
    /// The name.
    pub name: Name,
    /// Where it stands.
    pub status: Status,
    /// The reseller it belongs to.
    pub reseller: u64,
    /// The id of the currency it is billed in.
    pub currency: u64,
    /// How far the balance may go below zero, in minor units of its currency; absent means without limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub credit_limit: Option<Money>,
    /// Whether its credit pays new invoices, where the tenant allows it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub auto_credit_payment: bool,
    /// The user who owns it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<u64>,
    /// The zone of its local times.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timezone: Option<Zone>,
    /// The plain texts that are set.
    #[serde(default)]
    pub texts: BTreeMap<Text, String>,
    /// Free fields.
    #[serde(default)]
    pub custom_fields: BTreeMap<String, String>,
    /// Argon2id of the portal password, in PHC form.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub password_hash: Option<String>,
    /// What one dialect knows, by that dialect's name, as JSON text. The few that a rule acts upon have a method
    /// below ([`tax_profile`](Self::tax_profile)).
    #[serde(default)]
    pub carried: BTreeMap<String, String>,
    /// When it was made, UTC.
    pub created_at: Instant,
    /// When it was last changed, UTC.
    pub updated_at: Instant,
    /// Counts the changes, from 1.
    pub version: u64,
}

impl Customer {
    /// A customer of which nothing is known yet.
    pub fn blank(id: u64, reseller: u64, currency: u64, iso: Currency, now: Instant) -> Self {
        Self {
            id,
            name: Name::default(),
            status: Status::Active,
            reseller,
            currency,
            credit_limit: Some(Money::zero(iso)),
            auto_credit_payment: false,
            owner: None,
            timezone: None,
            texts: BTreeMap::new(),
            custom_fields: BTreeMap::new(),
            password_hash: None,
            carried: BTreeMap::new(),
            created_at: now,
            updated_at: now,
            version: 1,
        }
    }

    /// One of the plain texts.
    pub fn text(&self, which: Text) -> Option<&str> {
        self.texts.get(&which).map(String::as_str)
    }

    /// The tax profile whose rates it is charged where a line says so.
    pub fn tax_profile(&self) -> Option<u64> {
        self.carried_id("taxes_profiles_id")
    }

    /// The payment terms it has (JeraSoft).
    pub fn payment_terms(&self) -> Option<u64> {
        self.carried_id("payment_terms_id")
    }

    /// An id among the carried attributes, which have their dialect's names.
    fn carried_id(&self, name: &str) -> Option<u64> {
        self.carried.get(name).and_then(|json| json.parse().ok())
    }

    /// The row that filtered and sorted lists read.
    pub fn index_row(&self) -> IndexRow {
        let text = |which| self.text(which).map(str::to_owned);
        IndexRow {
            id: self.id,
            name: self.name.full(),
            first: self.name.first.chars().count() as u64,
            status: self.status,
            reseller: self.reseller,
            currency: self.currency,
            owner: self.owner,
            email: text(Text::Email),
            phone: text(Text::Phone),
            company: text(Text::Company),
            payment_terms: self.payment_terms(),
            portal_login: text(Text::PortalLogin),
        }
    }

    /// Apply a change to references that were found good, or say what is wrong with the rest.
    pub fn apply(&mut self, change: &Change, tenant: &TenantRecord) -> Vec<Violation> {
        let mut found = Vec::new();
        // Written whole, the name keeps its parts as long as it stays the same.
        if let Some(name) = change.name.as_ref().filter(|name| name.trim() != self.name.full()) {
            self.name = Name::whole(name);
        }
        let part = |new: &Option<String>, old: &str| new.clone().unwrap_or_else(|| old.to_owned());
        self.name = Name::parts(&part(&change.first_name, &self.name.first), &part(&change.last_name, &self.name.last));
        self.status = change.status.unwrap_or(self.status);
        self.reseller = change.reseller.unwrap_or(self.reseller);
        if let Some(currency) = change.currency.as_ref().and_then(|currency| currency.find(tenant)) {
            self.currency = currency.id;
            let limit = self.credit_limit.filter(|limit| limit.currency != currency.iso);
            if let Some(limit) = limit.filter(|_| change.credit_limit == Patch::Keep) {
                self.credit_limit = amount(limit.decimal(), currency.iso, &mut found);
            }
        }
        match (&change.credit_limit, tenant.currency_of(self.currency)) {
            (Patch::Clear, _) => self.credit_limit = None,
            (Patch::Set(limit), Ok(currency)) => self.credit_limit = amount(*limit, currency.iso, &mut found),
            (Patch::Keep, _) | (_, Err(_)) => {}
        }
        self.auto_credit_payment = change.auto_credit_payment.unwrap_or(self.auto_credit_payment);
        change.owner.clone().apply(&mut self.owner);
        change.timezone.clone().apply(&mut self.timezone);
        for (which, patch) in &change.texts {
            match patch {
                Patch::Keep => {}
                Patch::Clear => drop(self.texts.remove(which)),
                Patch::Set(text) => drop(self.texts.insert(*which, text.clone())),
            }
        }
        change.custom_fields.clone().apply_or(&mut self.custom_fields, BTreeMap::new());
        if let Some(hash) = &change.password_hash {
            self.password_hash = Some(hash.clone());
        }
        self.carried.extend(change.carried.clone());
        found
    }
}

fn amount(limit: Decimal, currency: Currency, found: &mut Vec<Violation>) -> Option<Money> {
    let broken = match Money::exactly(limit, currency) {
        Ok(money) => return Some(money),
        Err(NoAmount::TooPrecise) => Rule::Precision(currency.places()),
        Err(NoAmount::OutOfRange) => {
            let largest = Money { minor: Money::LARGEST_MINOR, currency };
            Rule::TooLarge(largest.to_string())
        }
    };
    found.push(Violation { field: "credit_limit".into(), rule: broken });
    None
}

/// What lists filter and sort by: some 200 bytes a customer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IndexRow {
    /// The id.
    pub id: u64,
    /// The whole name.
    pub name: String,
    /// How many characters of it are the first part.
    pub first: u64,
    /// Where it stands.
    pub status: Status,
    /// The reseller.
    pub reseller: u64,
    /// The currency.
    pub currency: u64,
    /// The owner.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<u64>,
    /// The e-mail address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// The telephone number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// The company.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub company: Option<String>,
    /// The payment terms JeraSoft carries.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payment_terms: Option<u64>,
    /// What it signs in to a portal with, where that is not the e-mail address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub portal_login: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_name_written_whole_reads_whole(text in "[a-zé]{0,6}( {1,2}[a-zé]{1,6}){0,3}") {
            prop_assert_eq!(Name::whole(&text).full(), text.trim());
        }

        #[test]
        fn a_name_written_in_parts_reads_in_parts(first in "[a-z]{1,6}( [a-z]{1,4})?", last in "[a-z]{0,6}") {
            let name = Name::parts(&first, &last);
            prop_assert_eq!((name.first.clone(), name.last.clone()), (first, last));
        }
    }
}
