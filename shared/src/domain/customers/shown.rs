//! A customer with what its readers see beside it.

use crate::domain::customers::entity::Customer;
use crate::domain::documents::ledger::Balance;
use crate::domain::tenants::TenantRecord;
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
