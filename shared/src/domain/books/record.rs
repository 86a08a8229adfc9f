//! The item that holds a tenant's books' settings.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::domain::books::settings::Settings;
use crate::domain::books::terms::{PaymentTerm, TaxProfile};
use crate::domain::books::vat::VatCategory;
use crate::domain::documents::entity::Kind;
use crate::domain::documents::number::{Reset, Series};
use crate::domain::tenants::{TenantRecord, of_item};
use crate::machinery::changes::Changes;
use crate::machinery::keys;
use crate::machinery::operation::Context;
use crate::machinery::store::{Item, record};
use crate::words::error::Result;
use crate::words::money::Currency;
use crate::words::time::Instant;

/// The most entries of a kind, deleted ones included: the item stays well below the 400 KB one may have.
pub const MOST_ENTRIES: usize = 500;
/// The month a fiscal year begins with unless the tenant says otherwise (contract racknap §10: April).
const FISCAL_YEAR_START: u32 = 4;

/// What every entry has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Meta {
    /// The id, unique among the tenant's entries of the kind.
    pub id: u64,
    /// The name.
    pub name: String,
    /// Whether it was deleted: kept for those who refer to it, found by nobody else.
    pub deleted: bool,
    /// When it was made, UTC.
    pub created_at: Instant,
    /// When it was last changed, UTC.
    pub updated_at: Instant,
    /// Counts the changes, from 1.
    pub version: u64,
}

impl Meta {
    /// A new entry's.
    pub fn new(id: u64, name: &str, now: Instant) -> Self {
        Self { id, name: name.to_owned(), deleted: false, created_at: now, updated_at: now, version: 1 }
    }

    /// Count a change.
    pub fn touch(&mut self, now: Instant) {
        (self.updated_at, self.version) = (now, self.version + 1);
    }
}

/// An account that money comes to and goes from: at a bank, or a till.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BankAccount {
    /// Id, name and dates.
    pub meta: Meta,
    /// The id of its currency in the tenant.
    pub currency: u64,
    /// That currency.
    pub iso: Currency,
    /// What it held when it was opened, in minor units.
    pub opening: i64,
}

/// Whether money comes in or goes out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// In.
    Income,
    /// Out.
    Expense,
}

/// What incomes and expenses are sorted by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Category {
    /// Id, name and dates.
    pub meta: Meta,
    /// Which of the two it sorts.
    pub direction: Direction,
}

/// A tax and its rate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaxRate {
    /// Id, name and dates.
    pub meta: Meta,
    /// Percent of the taxable value, 0 to 100, up to four decimal places.
    #[serde(with = "rust_decimal::serde::str")]
    pub percent: Decimal,
    /// The tax profile it belongs to (JeraSoft): a customer with this profile is charged all its rates.
    pub profile: Option<u64>,
    /// In what order it is charged beside others of its profile.
    #[serde(default)]
    pub priority: i64,
    /// Its VAT category, where somebody has said it; it stays as it was first said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<VatCategory>,
    /// Why nothing is charged, where the category wants a reason.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exemption: Option<String>,
}

/// Whom tickets are for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Department {
    /// Id, name and dates.
    pub meta: Meta,
}

/// A tenant's books' settings.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Books {
    /// Accounts, in the order of their ids.
    pub accounts: Vec<BankAccount>,
    /// Categories, in the order of their ids.
    pub categories: Vec<Category>,
    /// Departments, in the order of their ids.
    #[serde(default)]
    pub departments: Vec<Department>,
    /// Payment terms, in the order of their ids.
    #[serde(default)]
    pub payment_terms: Vec<PaymentTerm>,
    /// Tax profiles that were made as such, in the order of their ids.
    #[serde(default)]
    pub tax_profiles: Vec<TaxProfile>,
    /// Tax rates, in the order of their ids.
    pub tax_rates: Vec<TaxRate>,
    /// Series that are not the default.
    pub series: BTreeMap<Kind, Series>,
    /// The month (1 to 12) a fiscal year begins with, where it was set.
    pub fiscal_year_start: Option<u32>,
    /// How money is asked for without anybody asking.
    #[serde(default)]
    pub settings: Settings,
    /// Counts the changes; 0 before the first.
    pub version: u64,
}

impl Books {
    /// From an item that was read with others.
    pub fn of_item(item: Option<Item>) -> Result<Self> {
        item.map_or_else(|| Ok(Self::default()), record)
    }

    /// The caller's tenant's.
    pub async fn own(cx: &Context) -> Result<Self> {
        Ok(cx.store.get(&keys::books(cx.tenant())).await?.unwrap_or_default())
    }

    /// The caller's tenant and its books' settings, in one call.
    pub async fn with_tenant(cx: &Context) -> Result<(TenantRecord, Self)> {
        let mut items = cx.store.get_items(&[keys::tenant(cx.tenant()), keys::books(cx.tenant())]).await?.into_iter();
        Ok((of_item(cx, items.next().flatten())?, Self::of_item(items.next().flatten())?))
    }

    /// The changes that put this in the place of the version it was made from.
    pub fn save(mut self, cx: &Context, changes: &mut Changes) -> Result<()> {
        let was = self.version;
        self.version += 1;
        let key = keys::books(cx.tenant());
        if was == 0 { changes.insert(key, &self) } else { changes.replace(key, &self, was) }
    }

    /// An account that may be used.
    pub fn account(&self, id: u64) -> Option<&BankAccount> {
        self.accounts.iter().find(|account| account.meta.id == id && !account.meta.deleted)
    }

    /// A category that may be used.
    pub fn category(&self, id: u64) -> Option<&Category> {
        self.categories.iter().find(|category| category.meta.id == id && !category.meta.deleted)
    }

    /// A department that may be used.
    pub fn department(&self, id: u64) -> Option<&Department> {
        self.departments.iter().find(|one| one.meta.id == id && !one.meta.deleted)
    }

    /// A department that may be used, by its name in any case.
    pub fn department_named(&self, name: &str) -> Option<&Department> {
        let same = |one: &&Department| one.meta.name.eq_ignore_ascii_case(name.trim()) && !one.meta.deleted;
        self.departments.iter().find(same)
    }

    /// A tax rate that may be used, by its name in any case.
    pub fn tax_named(&self, name: &str) -> Option<&TaxRate> {
        self.tax_rates.iter().find(|rate| rate.meta.name.eq_ignore_ascii_case(name) && !rate.meta.deleted)
    }

    /// A tax rate that may be used.
    pub fn tax(&self, id: u64) -> Option<&TaxRate> {
        self.tax_rates.iter().find(|rate| rate.meta.id == id && !rate.meta.deleted)
    }

    /// Payment terms that may be used.
    pub fn payment_term(&self, id: u64) -> Option<&PaymentTerm> {
        self.payment_terms.iter().find(|term| term.meta.id == id && !term.meta.deleted)
    }

    /// The tax rates of a profile.
    pub fn profile(&self, id: u64) -> Vec<&TaxRate> {
        self.tax_rates.iter().filter(|rate| rate.profile == Some(id) && !rate.meta.deleted).collect()
    }

    /// The month a fiscal year begins with.
    pub fn fiscal_year_start(&self) -> u32 {
        self.fiscal_year_start.unwrap_or(FISCAL_YEAR_START)
    }

    /// The series of a kind. The defaults are the seeds' own numbers (`INV-2024-001`, `CR/19-20/285`).
    pub fn series(&self, kind: Kind) -> Series {
        let default = || {
            let (template, reset) = match kind {
                Kind::Invoice => ("INV-{yyyy}-{seq:3}", Reset::Year),
                Kind::Receipt => ("RCPT/{fy}/{seq}", Reset::Never),
                Kind::CreditNote => ("CR/{fy}/{seq}", Reset::Never),
                Kind::DebitNote => ("DR/{fy}/{seq}", Reset::Never),
                Kind::Refund | Kind::Income | Kind::Expense => ("RFND/{fy}/{seq}", Reset::Never),
            };
            Series { template: template.into(), reset }
        };
        self.series.get(&kind).cloned().unwrap_or_else(default)
    }
}
