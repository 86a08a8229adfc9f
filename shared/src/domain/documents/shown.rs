//! A document with what its readers see beside it.

use crate::domain::books::Books;
use crate::domain::customers::Customer;
use crate::domain::documents::entity::Document;
use crate::domain::tenants::TenantRecord;
use crate::words::error::Result;
use crate::words::time::Date;

/// A document with what it refers to.
#[derive(Debug, Clone, PartialEq)]
pub struct Shown {
    /// The document.
    pub document: Document,
    /// Its customer; absent where it has none, or where the customer was deleted.
    pub customer: Option<Customer>,
    /// The name of the reseller whose books it is in.
    pub reseller_name: String,
    /// The tenant's name of its currency.
    pub currency_name: String,
    /// Whether the reseller is the tenant's first.
    pub of_main_reseller: bool,
    /// The name of its account.
    pub account_name: Option<String>,
    /// The name of its category.
    pub category_name: Option<String>,
    /// Today, where the tenant keeps its books.
    pub today: Date,
    /// The day as of which revenue is earned.
    pub as_of: Date,
    /// The day with which the months of earned revenue begin, where the request says so.
    pub since: Option<Date>,
}

impl Shown {
    /// A document with what it refers to, looked up in its tenant and books.
    pub fn of(
        document: Document,
        customer: Option<Customer>,
        tenant: &TenantRecord,
        books: &Books,
        today: Date,
    ) -> Result<Self> {
        let account = document.account.and_then(|id| books.accounts.iter().find(|account| account.meta.id == id));
        let category = document.category.and_then(|id| books.categories.iter().find(|one| one.meta.id == id));
        Ok(Self {
            reseller_name: tenant.reseller(document.reseller).map(|reseller| reseller.name.clone()).unwrap_or_default(),
            currency_name: tenant.currency_of(document.currency)?.name.clone(),
            of_main_reseller: tenant.first_reseller() == document.reseller,
            account_name: account.map(|account| account.meta.name.clone()),
            category_name: category.map(|category| category.meta.name.clone()),
            customer: customer.filter(|customer| Some(customer.id) == document.customer),
            document,
            today,
            as_of: today,
            since: None,
        })
    }
}
