//! Writing what another system tells: each record once, in the commit that also notes what it became.
//!
//! Records go in by the domain's own operations, one commit each, so that ledger, balances and numbers are right
//! after every one of them. A run that was stopped is simply run again: what is noted is known and left alone.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use shared::domain::customers::{self, Change};
use shared::domain::documents::Kind;
use shared::domain::documents::ledger::Balance;
use shared::domain::tenants::TenantRecord;
use shared::machinery::app::App;
use shared::machinery::caller::Tenant;
use shared::machinery::changes::Changes;
use shared::machinery::command::Operator;
use shared::machinery::keys;
use shared::machinery::operation::Op;
use shared::machinery::store::{number, record};
use shared::words::error::{Error, Result as Done, Told};
use shared::words::money::{Currency, Money};
use shared::words::time::Zone;

use super::extract::Extract;
use super::report::{MOST_REASONS, Report};
use super::{Tell, say};

/// How many lookups are made at once.
const AT_ONCE: usize = 500;

/// An import at work.
pub struct Importer<'a> {
    pub(super) app: &'a App,
    pub(super) operator: Operator,
    pub(super) system: &'static str,
    pub(super) tenant: TenantRecord,
    pub(super) report: Report,
    /// The numbers that the other system's documents bear, by their kind: none of them is drawn for another one.
    pub(super) numbers: Arc<BTreeSet<(Kind, String)>>,
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
    let numbers = Arc::default();
    let mut importer = Importer { app, operator, system, tenant: record, report, numbers, known, tell };
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

pub(super) async fn own(app: &App, tenant: &Tenant) -> Result<TenantRecord, String> {
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

    pub(super) fn note(&mut self, noted: &'static str, id: &str, ours: u64) {
        self.known.insert((noted, id.to_owned()), ours);
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
            changes.insert_or_tell(key.clone(), &BTreeMap::from([("id", id_of(answer))]), taken)
        };
        match self.operator.carry_out(self.app, op, input, &beside).await {
            Ok(answer) => {
                let ours = id_of(&answer);
                self.known.insert((noted, id.to_owned()), ours);
                self.report.count(kind).created += 1;
                Ok(Some(ours))
            }
            // The store's own trouble, which the next run may not have; everything else is about the record.
            Err(error)
                if matches!(error.told, Told::Internal | Told::Busy(_) | Told::Unavailable | Told::Unknown(_)) =>
            {
                Err(say(&error))
            }
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
