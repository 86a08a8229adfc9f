//! The tenant: its currencies and its resellers, in one item that every operation reads beside its record.
//!
//! Both are few (bounded here) and change seldom; kept together they cost one small read, and a reference
//! to either is checked without another. Nothing in the item is ever removed, only marked deleted: a record
//! that refers to it, written while it was being deleted, still means something.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::machinery::caller::{Caller, Tenant};
use crate::machinery::keys;
use crate::machinery::operation::Context;
use crate::machinery::store::{Item, record, text_of};
use crate::words::error::{Error, Result, Violation};
use crate::words::money::Currency;
use crate::words::time::{Day, Instant, Zone};

/// The most currencies of a tenant, deleted ones included.
pub const MOST_CURRENCIES: usize = 500;
/// The most resellers of a tenant.
pub const MOST_RESELLERS: usize = 2000;

/// The caller's tenant.
pub async fn own(cx: &Context) -> Result<TenantRecord> {
    let item = cx.store.get_items(&[keys::tenant(cx.tenant())]).await?.pop().flatten();
    of_item(cx, item)
}

/// The tenant that is named, or else the site's: for calls that bring no credential.
pub async fn named_or_site(cx: &Context, named: Option<&str>) -> Result<Option<Tenant>> {
    if let Some(id) = named {
        return Ok(Tenant::named(id));
    }
    let site = cx.store.get_items(&[keys::site()]).await?.pop().flatten();
    Ok(site.as_ref().and_then(|site| text_of(site, "tenant")).and_then(Tenant::named))
}

/// The caller's tenant, from an item that was read with others.
pub fn of_item(cx: &Context, item: Option<Item>) -> Result<TenantRecord> {
    let item = item.ok_or_else(|| Error::internal(format!("tenant {} has credentials but no record", cx.tenant())))?;
    record(item)
}

/// Which resellers' records a caller may see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reach {
    /// All.
    Everything,
    /// These: the caller's own and all below it.
    Resellers(BTreeSet<u64>),
}

impl Reach {
    /// Whether a record of this reseller may be seen.
    pub fn covers(&self, reseller: u64) -> bool {
        match self {
            Self::Everything => true,
            Self::Resellers(ids) => ids.contains(&reseller),
        }
    }
}

impl TenantRecord {
    /// Which resellers' records a caller may see. A parent sees its children's, at any depth.
    pub fn reach(&self, caller: &Caller) -> Reach {
        caller.reseller.map_or(Reach::Everything, |own| Reach::Resellers(self.below(own)))
    }

    /// A reseller and all below it, at any depth.
    pub fn below(&self, own: u64) -> BTreeSet<u64> {
        let mut reached = BTreeSet::from([own]);
        loop {
            let below = |reseller: &&Reseller| reseller.parent.is_some_and(|parent| reached.contains(&parent));
            let more: BTreeSet<u64> = self.resellers.iter().filter(below).map(|reseller| reseller.id).collect();
            let before = reached.len();
            reached.extend(more);
            if reached.len() == before {
                return reached;
            }
        }
    }

    /// A reseller.
    pub fn reseller(&self, id: u64) -> Option<&Reseller> {
        self.resellers.iter().find(|reseller| reseller.id == id)
    }

    /// A reseller into whose books something may be put.
    pub fn open_reseller(&self, id: u64) -> Option<&Reseller> {
        self.reseller(id).filter(|reseller| reseller.is_open())
    }

    /// The id of the tenant's first reseller, in whose books a record is unless something says otherwise.
    pub fn first_reseller(&self) -> u64 {
        self.resellers.iter().filter(|reseller| reseller.is_open()).map(|reseller| reseller.id).min().unwrap_or(1)
    }

    /// The reseller of a new record when none is named: the caller's, else the tenant's first.
    pub fn default_reseller(&self, caller: &Caller) -> u64 {
        caller.reseller.unwrap_or_else(|| self.first_reseller())
    }

    /// The day that clocks show now where the tenant keeps its books.
    pub fn today(&self, cx: &Context) -> Day {
        Day::of(cx.now, self.timezone)
    }

    /// The currency of the books.
    pub fn base(&self) -> Result<&TenantCurrency> {
        self.currency_of(self.base_currency)
    }

    /// A currency that may be used.
    pub fn currency(&self, id: u64) -> Option<&TenantCurrency> {
        self.currencies.iter().find(|currency| currency.id == id && !currency.deleted)
    }

    /// A currency that may be used, by its code in any case.
    pub fn currency_by_code(&self, code: &str) -> Option<&TenantCurrency> {
        self.currencies.iter().find(|currency| currency.iso.code().eq_ignore_ascii_case(code) && !currency.deleted)
    }

    /// A currency that a record refers to, deleted or not.
    pub fn currency_of(&self, id: u64) -> Result<&TenantCurrency> {
        let found = self.currencies.iter().find(|currency| currency.id == id);
        found.ok_or_else(|| Error::internal(format!("currency {id} is referred to and was never there")))
    }
}

/// A way to name a currency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CurrencyRef {
    /// By its id in the tenant.
    Id(u64),
    /// By its ISO 4217 code, in any case.
    Code(String),
}

impl Default for CurrencyRef {
    fn default() -> Self {
        Self::Id(0)
    }
}

impl CurrencyRef {
    /// The currency meant, if it may be used.
    pub fn find<'t>(&self, tenant: &'t TenantRecord) -> Option<&'t TenantCurrency> {
        match self {
            Self::Id(id) => tenant.currency(*id),
            Self::Code(code) => tenant.currency_by_code(code),
        }
    }

    /// The currency meant, or that the field `currency` names none.
    pub fn resolve<'t>(&self, tenant: &'t TenantRecord) -> Result<&'t TenantCurrency> {
        self.find(tenant).ok_or_else(|| Violation::missing("currency", "currencies", self.given()).into())
    }

    /// As it was given.
    pub fn given(&self) -> String {
        match self {
            Self::Id(id) => id.to_string(),
            Self::Code(code) => code.clone(),
        }
    }
}

/// The tenant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TenantRecord {
    /// The id, with which all its keys begin.
    pub id: Tenant,
    /// The name.
    pub name: String,
    /// The id of the currency the books are in.
    pub base_currency: u64,
    /// The zone of local times, where a user has none.
    pub timezone: Zone,
    /// The resellers; never none.
    pub resellers: Vec<Reseller>,
    /// The currencies, in the order of their ids; deleted ones stay.
    pub currencies: Vec<TenantCurrency>,
    /// Counts the changes, from 1.
    pub version: u64,
}

/// A reseller, which JeraSoft also calls a company or a partition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reseller {
    /// The id, unique in the tenant.
    pub id: u64,
    /// The name.
    pub name: String,
    /// The reseller above it.
    pub parent: Option<u64>,
    /// The id of its currency in the tenant, where it has one of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<u64>,
    /// How far its balance may go below zero, in minor units of that currency; none for without limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credit: Option<i64>,
    /// Whether it was archived: kept for those who refer to it, and nothing new is put into its books.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub archived: bool,
    /// Whether it was deleted: its id is never given again, and nobody finds it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub deleted: bool,
    /// When it was made, UTC; unknown of those that a fixture brought.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_at: Option<Instant>,
    /// Counts the changes, from 1.
    #[serde(default = "one")]
    pub version: u64,
}

fn one() -> u64 {
    1
}

impl Reseller {
    /// Whether something may be put into its books.
    pub fn is_open(&self) -> bool {
        !self.archived && !self.deleted
    }

    /// A reseller without a currency of its own.
    pub fn new(id: u64, name: &str, parent: Option<u64>) -> Self {
        let name = name.to_owned();
        Self {
            id,
            name,
            parent,
            currency: None,
            credit: None,
            archived: false,
            deleted: false,
            created_at: None,
            version: 1,
        }
    }
}

/// A currency of a tenant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TenantCurrency {
    /// The id, unique in the tenant.
    pub id: u64,
    /// What it is called.
    pub name: String,
    /// Which currency it is.
    pub iso: Currency,
    /// Its sign.
    pub symbol: Option<String>,
    /// Decimal places that rates, details and totals are shown with.
    pub precisions: Precisions,
    /// Whether it was deleted: kept for those who refer to it, found by nobody else.
    pub deleted: bool,
    /// When it was made, UTC.
    pub created_at: Instant,
    /// When it was last changed, UTC.
    pub updated_at: Instant,
    /// Counts the changes, from 1.
    pub version: u64,
}

/// How many decimal places a currency is shown with (contract jerasoft §4.5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Precisions {
    /// Of rates.
    pub rates: u32,
    /// Of details.
    pub details: u32,
    /// Of totals.
    pub totals: u32,
}

impl Default for Precisions {
    fn default() -> Self {
        Self { rates: 4, details: 4, totals: 2 }
    }
}
