//! Writing what another system tells: each record once, in the commit that also notes what it became.
//!
//! Records go in by the domain's own operations, one commit each, so that ledger, balances and numbers are right
//! after every one of them. A run that was stopped is simply run again: what is noted is known and left alone.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::json;
use shared::domain::books::accounts::{CREATE_ACCOUNT, NewAccount};
use shared::domain::books::entries::{self, CREATE_CATEGORY, CREATE_TAX_RATE};
use shared::domain::books::{Books, Direction};
use shared::domain::catalog::products::{self, Plain};
use shared::domain::customers::{self, Change};
use shared::domain::documents::ledger::Balance;
use shared::domain::tenants::{CurrencyRef, TenantRecord};
use shared::domain::{currencies, rates};
use shared::machinery::app::App;
use shared::machinery::caller::Tenant;
use shared::machinery::changes::Changes;
use shared::machinery::command::Operator;
use shared::machinery::keys;
use shared::machinery::operation::Op;
use shared::machinery::store::{number, record};
use shared::words::error::{Error, Result as Done, Told};
use shared::words::money::{Currency, Money};
use shared::words::patch::Patch;
use shared::words::time::Zone;

use super::extract::Extract;
use super::{Tell, say};

/// How many lookups are made at once.
const AT_ONCE: usize = 500;
/// The most reasons that are kept of one kind; more are only counted.
const MOST_REASONS: usize = 200;

/// What became of the records of one kind.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Count {
    /// Read from the system.
    pub read: u64,
    /// Made here.
    pub created: u64,
    /// Made by an earlier run, or here already under the same name.
    pub known: u64,
    /// Left out.
    pub skipped: u64,
    /// Refused by our own rules.
    pub failed: u64,
}

/// Why a record was left out or refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reason {
    /// The kind of record.
    pub kind: String,
    /// Its id in the other system.
    pub id: String,
    /// Why.
    pub reason: String,
}

/// What an import did.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// The tenant.
    pub tenant: String,
    /// The system.
    pub from: String,
    /// By kind of record.
    pub kinds: BTreeMap<String, Count>,
    /// Balances that the system tells and that were compared with those here …
    pub balances: u64,
    /// … and those that differ, in words.
    pub differences: Vec<String>,
    /// Why records were left out, the first of them.
    pub skipped: Vec<Reason>,
    /// Why records were refused, the first of them.
    pub failed: Vec<Reason>,
}

impl Report {
    /// Records that were made.
    pub fn created(&self) -> u64 {
        self.kinds.values().map(|count| count.created).sum()
    }

    /// Records that were refused.
    pub fn refused(&self) -> u64 {
        self.kinds.values().map(|count| count.failed).sum()
    }

    pub(super) fn count(&mut self, kind: &str) -> &mut Count {
        self.kinds.entry(kind.to_owned()).or_default()
    }

    pub(super) fn skip(&mut self, kind: &str, id: &str, reason: &str) {
        self.count(kind).skipped += 1;
        if self.skipped.len() < MOST_REASONS {
            self.skipped.push(Reason { kind: kind.to_owned(), id: id.to_owned(), reason: reason.to_owned() });
        }
    }

    pub(super) fn fail(&mut self, kind: &str, id: &str, reason: String) {
        self.count(kind).failed += 1;
        if self.failed.len() < MOST_REASONS {
            self.failed.push(Reason { kind: kind.to_owned(), id: id.to_owned(), reason });
        }
    }
}

/// An import at work.
pub struct Importer<'a> {
    pub(super) app: &'a App,
    pub(super) operator: Operator,
    pub(super) system: &'static str,
    pub(super) tenant: TenantRecord,
    pub(super) report: Report,
    /// What became of the other system's records: kind and id to our id.
    known: BTreeMap<(&'static str, String), u64>,
    pub(super) tell: Tell<'a>,
}

/// What the notes of an import are sorted by: kind in the report, kind of the note, id in the other system.
pub(super) struct Source<'s> {
    pub(super) kind: &'s str,
    pub(super) noted: &'static str,
    pub(super) id: &'s str,
}

/// Write what a system tells into a tenant that is there.
///
/// # Errors
///
/// When the tenant is not there or the table cannot be used; run again, it goes on. A record that is refused is no
/// error: the report names it.
pub async fn import(app: &App, tenant: &Tenant, extract: Extract, tell: Tell<'_>) -> Result<Report, String> {
    let record = own(app, tenant).await?;
    let operator = Operator { tenant: tenant.clone(), command: "import", zone: record.timezone };
    let report = Report { tenant: tenant.id().to_owned(), from: extract.system.to_owned(), ..Report::default() };
    let (system, known) = (extract.system, BTreeMap::new());
    let mut importer = Importer { app, operator, system, tenant: record, report, known, tell };
    for (kind, id, reason) in &extract.skipped {
        importer.report.count(kind).read += 1;
        importer.report.skip(kind, id, reason);
    }
    importer.look_up(&extract).await?;
    importer.same_base(&extract)?;
    importer.currencies(&extract).await?;
    importer.rates(&extract).await?;
    importer.books(&extract).await?;
    importer.products(&extract).await?;
    importer.customers(&extract).await?;
    let balances = extract.balances.clone();
    importer.documents(extract).await?;
    importer.compare(&balances).await?;
    Ok(importer.report)
}

/// The tenant's zone, which days are read in.
///
/// # Errors
///
/// When there is no such tenant.
pub async fn zone(app: &App, tenant: &Tenant) -> Result<Zone, String> {
    own(app, tenant).await.map(|record| record.timezone)
}

async fn own(app: &App, tenant: &Tenant) -> Result<TenantRecord, String> {
    let found = app.store.get(&keys::tenant(tenant)).await.map_err(|e| say(&e))?;
    found.ok_or_else(|| format!("there is no tenant {tenant}: load one first, with its base currency and users"))
}

impl Importer<'_> {
    /// What earlier runs have made.
    async fn look_up(&mut self, extract: &Extract) -> Result<(), String> {
        let text = |id: &u64| id.to_string();
        let mut wanted: Vec<(&'static str, String)> = Vec::new();
        wanted.extend(extract.rates.iter().map(|rate| ("rate", text(&rate.id))));
        wanted.extend(extract.tax_rates.iter().map(|(id, _, _)| ("tax_rate", text(id))));
        wanted.extend(extract.accounts.iter().map(|one| ("account", text(&one.id))));
        wanted.extend(extract.categories.iter().map(|(id, _, _)| ("category", text(id))));
        wanted.extend(extract.products.iter().map(|one| ("product", text(&one.id))));
        wanted.extend(extract.customers.keys().map(|id| ("customer", text(id))));
        for document in &extract.documents {
            let own = super::documents::notes(document);
            wanted.extend(own);
            wanted.extend(document.customer.map(|id| ("customer", id.to_string())));
        }
        wanted.sort();
        wanted.dedup();
        for chunk in wanted.chunks(AT_ONCE) {
            let keys: Vec<_> =
                chunk.iter().map(|(kind, id)| keys::imported(&self.operator.tenant, self.system, kind, id)).collect();
            let found = self.app.store.get_items(&keys).await.map_err(|e| say(&e))?;
            let there = chunk.iter().zip(found).filter_map(|(name, item)| Some((name.clone(), number(&item?, "id"))));
            self.known.extend(there);
        }
        (self.tell)(&format!("{} records are known", self.known.len()));
        Ok(())
    }

    /// What a record of the other system became here.
    pub(super) fn ours(&self, noted: &'static str, id: &str) -> Option<u64> {
        self.known.get(&(noted, id.to_owned())).copied()
    }

    /// Make a record, unless an earlier run has; its id here.
    pub(super) async fn once<I: Sync, O>(
        &mut self,
        source: Source<'_>,
        op: &Op<I, O>,
        input: &I,
        id_of: fn(&O) -> u64,
    ) -> Result<Option<u64>, String> {
        let Source { kind, noted, id } = source;
        if let Some(ours) = self.ours(noted, id) {
            self.report.count(kind).known += 1;
            return Ok(Some(ours));
        }
        let key = keys::imported(&self.operator.tenant, self.system, noted, id);
        let beside = |answer: &O, changes: &mut Changes| -> Done<()> {
            let taken = Error::refused("imported", "another import of the same system is running");
            changes.insert_or_tell(key.clone(), &json!({"id": id_of(answer)}), taken)
        };
        match self.operator.carry_out(self.app, op, input, &beside).await {
            Ok(answer) => {
                let ours = id_of(&answer);
                self.known.insert((noted, id.to_owned()), ours);
                self.report.count(kind).created += 1;
                Ok(Some(ours))
            }
            // The store's own trouble, which the next run may not have; everything else is about the record.
            Err(error) if matches!(error.told, Told::Internal | Told::Busy) => Err(say(&error)),
            Err(error) => {
                self.report.fail(kind, id, say(&error));
                Ok(None)
            }
        }
    }

    /// Refuses a system that keeps its books in another currency, where that can be seen.
    fn same_base(&self, extract: &Extract) -> Result<(), String> {
        let base = self.tenant.base().map_err(|e| say(&e))?.iso;
        let other = extract.documents.iter().find(|document| {
            document.currency == base && document.ratio.is_some_and(|ratio| ratio.normalize() != 1.into())
        });
        match other {
            None => Ok(()),
            Some(document) => Err(format!(
                "the system keeps its books in another currency than the tenant's {}: its {} has the ratio {}",
                base.code(),
                document.name(),
                document.ratio.unwrap_or_default()
            )),
        }
    }

    async fn currencies(&mut self, extract: &Extract) -> Result<(), String> {
        let mut wanted: BTreeMap<&str, &str> = extract.documents.iter().map(|one| (one.currency.code(), "")).collect();
        wanted.extend(extract.currencies.iter().map(|(currency, name)| (currency.code(), name.as_str())));
        for (code, name) in wanted {
            self.report.count("currency").read += 1;
            if self.tenant.currency_by_code(code).is_some() {
                self.report.count("currency").known += 1;
                continue;
            }
            let name = Some(name.to_owned()).filter(|name| !name.is_empty());
            let change = currencies::Change { code: Some(code.to_owned()), name, ..currencies::Change::default() };
            let source = Source { kind: "currency", noted: "currency", id: code };
            self.once(source, &currencies::CREATE, &change, |made| made.id).await?;
        }
        self.tenant = own(self.app, &self.operator.tenant).await?;
        Ok(())
    }

    /// A rate makes its reverse too, and both are listed: of a pair the one that was made counts.
    async fn rates(&mut self, extract: &Extract) -> Result<(), String> {
        let mut rates: Vec<_> = extract.rates.iter().collect();
        rates.sort_by_key(|rate| rate.id);
        let mut made: Vec<(&str, &str, _)> = Vec::new();
        for rate in rates {
            self.report.count("rate").read += 1;
            let (from, to) = (rate.from.code(), rate.to.code());
            let id = rate.id.to_string();
            if let Some(place) = made.iter().position(|one| *one == (to, from, rate.at)) {
                made.swap_remove(place);
                self.report.skip("rate", &id, "the reverse of another rate, which makes it");
                continue;
            }
            made.push((from, to, rate.at));
            let code = |code: &str| CurrencyRef::Code(code.to_owned());
            let asked = rates::Asked { from: code(from), to: code(to), at: Some(rate.at) };
            let new = rates::New { asked, rate: rate.rate };
            self.once(Source { kind: "rate", noted: "rate", id: &id }, &rates::CREATE, &new, |made| made.rate.id)
                .await?;
        }
        Ok(())
    }

    /// Tax rates, accounts and categories: one of the same name is taken for the same.
    async fn books(&mut self, extract: &Extract) -> Result<(), String> {
        let item = self.app.store.get_items(&[keys::books(&self.operator.tenant)]).await.map_err(|e| say(&e))?;
        let books: Books =
            item.into_iter().flatten().next().map(record).transpose().map_err(|e| say(&e))?.unwrap_or_default();
        let same = |name: &str, other: &str| name.trim().to_lowercase() == other.to_lowercase();
        for (id, name, percent) in &extract.tax_rates {
            let ours = books.tax_rates.iter().find(|one| !one.meta.deleted && same(name, &one.meta.name));
            if !self.is_there("tax_rate", &id.to_string(), ours.map(|one| one.meta.id)) {
                let (name, percent) = (Some(name.clone()), Some(*percent));
                let change = entries::Change { name, percent, ..entries::Change::default() };
                let id = id.to_string();
                let source = Source { kind: "tax_rate", noted: "tax_rate", id: &id };
                self.once(source, &CREATE_TAX_RATE, &change, |made| made.meta.id).await?;
            }
        }
        for one in &extract.accounts {
            let id = one.id.to_string();
            let ours = books
                .accounts
                .iter()
                .find(|own| !own.meta.deleted && own.iso == one.currency && same(&one.name, &own.meta.name));
            if !self.is_there("account", &id, ours.map(|one| one.meta.id)) {
                let currency = Some(CurrencyRef::Code(one.currency.code().to_owned()));
                let new = NewAccount { name: one.name.clone(), currency, opening: one.opening };
                let source = Source { kind: "account", noted: "account", id: &id };
                self.once(source, &CREATE_ACCOUNT, &new, |made| made.account.meta.id).await?;
            }
        }
        for (id, name, income) in &extract.categories {
            let direction = if *income { Direction::Income } else { Direction::Expense };
            let ours = books
                .categories
                .iter()
                .find(|own| !own.meta.deleted && own.direction == direction && same(name, &own.meta.name));
            if !self.is_there("category", &id.to_string(), ours.map(|one| one.meta.id)) {
                let (name, direction) = (Some(name.clone()), Some(direction));
                let change = entries::Change { name, direction, ..entries::Change::default() };
                let id = id.to_string();
                let source = Source { kind: "category", noted: "category", id: &id };
                self.once(source, &CREATE_CATEGORY, &change, |made| made.meta.id).await?;
            }
        }
        Ok(())
    }

    /// Whether one of our own stands for a record that no run has made; it is read in any case.
    fn is_there(&mut self, kind: &'static str, id: &str, ours: Option<u64>) -> bool {
        self.report.count(kind).read += 1;
        let Some(ours) = ours.filter(|_| self.ours(kind, id).is_none()) else { return false };
        self.known.insert((kind, id.to_owned()), ours);
        self.report.count(kind).known += 1;
        true
    }

    async fn products(&mut self, extract: &Extract) -> Result<(), String> {
        for product in &extract.products {
            self.report.count("product").read += 1;
            let plain = product.price.map(|(price, currency)| Plain {
                price: Some(price),
                currency: Some(CurrencyRef::Code(currency.code().to_owned())),
                ..Plain::default()
            });
            let change = products::Change {
                name: Some(product.name.clone()),
                description: Some(product.description.clone()),
                is_service: Some(product.is_service),
                sku: Patch::from(product.sku.clone()),
                tax: Some(product.tax),
                plain,
                ..products::Change::default()
            };
            let id = product.id.to_string();
            let source = Source { kind: "product", noted: "product", id: &id };
            self.once(source, &products::CREATE, &change, |made| made.stamps.id).await?;
        }
        Ok(())
    }

    async fn customers(&mut self, extract: &Extract) -> Result<(), String> {
        for (place, (id, change)) in extract.customers.iter().enumerate() {
            self.customer(*id, change.clone()).await?;
            if (place + 1) % 100 == 0 {
                (self.tell)(&format!("{} of {} customers", place + 1, extract.customers.len()));
            }
        }
        // Whose documents are there and who is not told of: deleted there, or never listed.
        let named: std::collections::BTreeSet<u64> = extract.documents.iter().filter_map(|one| one.customer).collect();
        for id in named.into_iter().filter(|id| !extract.customers.contains_key(id)) {
            let status = Some(customers::Status::Closed);
            self.customer(id, Change { name: Some(format!("Customer {id}")), status, ..Change::default() }).await?;
        }
        Ok(())
    }

    async fn customer(&mut self, id: u64, change: Change) -> Result<(), String> {
        self.report.count("customer").read += 1;
        // Addresses may be shared: what the other system lets stand is not refused here.
        let new = customers::New { change, ..customers::New::default() };
        let id = id.to_string();
        let source = Source { kind: "customer", noted: "customer", id: &id };
        self.once(source, &customers::CREATE, &new, |made| made.customer.id).await.map(drop)
    }

    /// Whether customers owe here what they owe there.
    async fn compare(&mut self, balances: &[(u64, Currency, i64)]) -> Result<(), String> {
        for chunk in balances.chunks(AT_ONCE) {
            let keys: Vec<_> = chunk
                .iter()
                .map(|(id, _, _)| {
                    keys::balance(&self.operator.tenant, self.ours("customer", &id.to_string()).unwrap_or(0))
                })
                .collect();
            let found = self.app.store.get_items(&keys).await.map_err(|e| say(&e))?;
            for ((id, currency, there), item) in chunk.iter().zip(found) {
                let own: Balance = item.map(record).transpose().map_err(|e| say(&e))?.unwrap_or_default();
                let here = own.of(*currency);
                self.report.balances += 1;
                if here != *there && self.report.differences.len() < MOST_REASONS {
                    let money = |minor| Money { minor, currency: *currency };
                    let (here, there, code) = (money(here), money(*there), currency.code());
                    self.report.differences.push(format!("customer {id}: {here} {code} here, {there} there"));
                }
            }
        }
        Ok(())
    }
}
