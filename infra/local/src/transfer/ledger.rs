//! What the books of a tenant are exported from: its documents, its journal, and the names they go by.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use shared::domain::books::Books;
use shared::domain::customers::Customer;
use shared::domain::documents::Document;
use shared::domain::documents::ledger::{Balance, Entry, Trial};
use shared::domain::tenants::TenantRecord;
use shared::machinery::caller::Tenant;
use shared::machinery::keys::{self, CUSTOMER, Entity};
use shared::machinery::store::{Store, record, text_of};

use super::{Pages, Tell, say};

/// A tenant's books, in memory.
#[derive(Debug, Clone)]
pub struct Ledger {
    /// The tenant.
    pub tenant: TenantRecord,
    /// What it keeps its books by.
    pub books: Books,
    /// Customers by id, deleted ones included.
    pub customers: BTreeMap<u64, Customer>,
    /// What each owes.
    pub balances: BTreeMap<u64, Balance>,
    /// The sums of all accounts.
    pub trial: Trial,
    /// The journal, by date, then by when an entry was written.
    pub entries: Vec<Entry>,
}

/// Every record of a partition.
pub(super) async fn all<T: DeserializeOwned>(store: &Store, partition: String) -> Result<Vec<T>, String> {
    let mut pages = Pages::of(store, partition);
    let mut found = Vec::new();
    loop {
        let page = pages.next().await?;
        if page.is_empty() {
            return Ok(found);
        }
        for item in page {
            found.push(record(item).map_err(|e| say(&e))?);
        }
    }
}

/// Documents of an entity by id, with whether they were deleted.
pub(super) async fn documents(store: &Store, t: &Tenant, entity: Entity) -> Result<Vec<(Document, bool)>, String> {
    let mut found: Vec<(Document, bool)> = Vec::new();
    for (partition, deleted) in [(keys::rows(t, entity), false), (keys::deleted(t, entity, 0).pk, true)] {
        let own: Vec<Document> = all(store, partition).await?;
        found.extend(own.into_iter().map(|document| (document, deleted)));
    }
    found.sort_by_key(|(document, _)| document.id);
    Ok(found)
}

impl Ledger {
    /// Read a tenant's books.
    ///
    /// # Errors
    ///
    /// When there is no such tenant, or the table cannot be read.
    pub async fn read(store: &Store, t: &Tenant, tell: Tell<'_>) -> Result<Self, String> {
        let found = store.get_items(&[keys::tenant(t), keys::books(t), keys::trial(t)]).await.map_err(|e| say(&e))?;
        let mut found = found.into_iter();
        let mut next = || found.next().flatten();
        let tenant: TenantRecord =
            next().map(record).transpose().map_err(|e| say(&e))?.ok_or(format!("there is no tenant {t}"))?;
        let books = Books::of_item(next()).map_err(|e| say(&e))?;
        let trial = Trial::of_item(next().as_ref());
        let mut customers = BTreeMap::new();
        for partition in [keys::deleted(t, CUSTOMER, 0).pk, keys::rows(t, CUSTOMER)] {
            let own: Vec<Customer> = all(store, partition).await?;
            customers.extend(own.into_iter().map(|customer| (customer.id, customer)));
        }
        tell(&format!("{} customers", customers.len()));
        let mut balances = BTreeMap::new();
        let mut pages = Pages::of(store, keys::balances(t));
        loop {
            let page = pages.next().await?;
            if page.is_empty() {
                break;
            }
            for item in page {
                let id = text_of(&item, "SK").and_then(|id| id.parse().ok()).unwrap_or(0);
                balances.insert(id, record(item).map_err(|e| say(&e))?);
            }
        }
        let mut entries: Vec<Entry> = all(store, keys::journal(t, 0)).await?;
        for customer in balances.keys() {
            entries.extend(all::<Entry>(store, keys::journal(t, *customer)).await?);
        }
        entries.sort_by(|one, other| (one.date, one.at, &one.id).cmp(&(other.date, other.at, &other.id)));
        tell(&format!("{} journal entries", entries.len()));
        Ok(Self { tenant, books, customers, balances, trial, entries })
    }
}
