//! A customer with what its readers see beside it.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::customers::entity::Customer;
use crate::domain::documents::ledger::Balance;
use crate::domain::tenants::TenantRecord;
use crate::machinery::keys::{self, CUSTOMER, Key};
use crate::machinery::operation::Context;
use crate::machinery::store::record;
use crate::words::error::Result;
use crate::words::money::{Currency, Money};

/// A customer with what it refers to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// The customer.
    pub customer: Customer,
    /// Its reseller's name.
    pub reseller_name: String,
    /// Its currency's name in the tenant.
    pub currency_name: String,
    /// Its currency.
    pub currency: Currency,
    /// What it has to its credit (positive) or owes (negative) in its currency; what it owes in others stands
    /// on its statement.
    pub balance: Money,
}

impl Shown {
    /// A customer with what it refers to, looked up in its tenant.
    pub fn of(customer: Customer, tenant: &TenantRecord, balance: &Balance) -> Result<Self> {
        let currency = tenant.currency_of(customer.currency)?;
        Ok(Self {
            reseller_name: tenant.reseller(customer.reseller).map(|reseller| reseller.name.clone()).unwrap_or_default(),
            currency_name: currency.name.clone(),
            currency: currency.iso,
            balance: Money { minor: balance.of(currency.iso), currency: currency.iso },
            customer,
        })
    }
}

/// Customers by their ids with their currencies, whether or not the caller may see them; one that was deleted is
/// missing. One call for each hundred.
pub(crate) async fn by_id(
    cx: &Context,
    tenant: &TenantRecord,
    ids: impl Iterator<Item = u64>,
) -> Result<BTreeMap<u64, (Customer, Currency)>> {
    let ids: BTreeSet<u64> = ids.collect();
    let wanted: Vec<Key> = ids.iter().map(|id| keys::row(cx.tenant(), CUSTOMER, *id)).collect();
    let mut found = BTreeMap::new();
    for item in cx.store.get_items(&wanted).await?.into_iter().flatten() {
        let customer: Customer = record(item)?;
        let currency = tenant.currency_of(customer.currency)?.iso;
        found.insert(customer.id, (customer, currency));
    }
    Ok(found)
}
