//! The check of the books: everything is worked out anew from the documents, and every difference is named.
//!
//! It reads a tenant's documents, journal, balances, register and figures, page by page, and writes nothing.
//! Run while others write, it may name what was in between: run it again, or when nothing else runs.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::Value;

use crate::domain::documents::entity::{Document, IndexRow, Kind, Ref, Stage};
use crate::domain::documents::ledger::{Balance, Entry, Trial};
use crate::domain::documents::posting::{Account, Both, figures, issues, postings};
use crate::domain::reports::registers::registers;
use crate::machinery::app::App;
use crate::machinery::caller::Tenant;
use crate::machinery::keys::{self, Entity, INVOICE, Key, TRANSACTION};
use crate::machinery::operation::Working;
use crate::machinery::store::{Item, Range, Store, record, sums, text_of};
use crate::words::error::{Error, Result, Rule};
use crate::words::time::Date;

/// Rows that are read at once.
const AT_ONCE: u64 = 1000;
/// The most differences that are named; more are only counted.
const MOST_NAMED: usize = 100;

/// What was found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// The tenant.
    pub tenant: String,
    /// Documents looked at, deleted ones included.
    pub documents: u64,
    /// Journal entries looked at.
    pub entries: u64,
    /// Customers with a balance.
    pub balances: u64,
    /// Numbers in the registers.
    pub numbers: u64,
    /// Every difference, the first hundred in words.
    pub differences: Vec<String>,
    /// How many differences there are.
    pub count: u64,
}

impl Report {
    pub(super) fn differ(&mut self, what: impl FnOnce() -> String) {
        self.count += 1;
        if self.differences.len() < MOST_NAMED {
            self.differences.push(what());
        }
    }

    pub(super) fn same(&mut self, what: impl FnOnce() -> String, is: i64, should: i64) {
        if is != should {
            self.differ(|| format!("{} is {is} and should be {should}", what()));
        }
    }
}

/// What the documents add up to.
#[derive(Default)]
struct Sums {
    trial: Trial,
    owed: BTreeMap<(u64, String), i64>,
    open: BTreeMap<(u64, String), i64>,
    figures: BTreeMap<(u64, String, String), i64>,
    /// Postings by document and account, in the document's and the base currency.
    of: BTreeMap<(String, String), (i64, i64)>,
    /// What documents have posted by being issued or taken back, by document, account and day, in the base currency.
    days: BTreeMap<(String, String, Date), i64>,
    pairs: BTreeMap<(Ref, Ref), i64>,
    /// Charges and the invoices they say they came onto …
    charged: BTreeSet<(u64, u64)>,
    /// … and the charges that invoices have among their lines.
    invoiced: BTreeSet<(u64, u64)>,
    numbers: BTreeMap<(Kind, String), u64>,
    resellers: BTreeSet<u64>,
}

/// Work out a tenant's books anew and compare. `tell` hears how far it has come.
///
/// # Errors
///
/// When the table cannot be read; a difference is no error.
pub async fn verify(store: &Store, tenant: &Tenant, tell: &mut (dyn FnMut(&str) + Send)) -> Result<Report> {
    let mut report = Report { tenant: tenant.id().to_owned(), ..Report::default() };
    let mut all = Sums::default();
    for entity in [INVOICE, TRANSACTION] {
        documents(store, tenant, entity, &mut report, &mut all).await?;
        tell(&format!("{} documents", report.documents));
    }
    for ((one, other), amount) in &all.pairs {
        let back = all.pairs.get(&(*other, *one)).copied().unwrap_or(0);
        report.same(|| format!("what {other} is set against {one}"), back, *amount);
    }
    for (charge, invoice) in all.charged.symmetric_difference(&all.invoiced) {
        report.differ(|| format!("charge {charge} and invoice {invoice} do not agree"));
    }
    journal(store, tenant, &mut report, &mut all).await?;
    tell(&format!("{} journal entries", report.entries));
    accounts(store, tenant, &mut report, &all).await?;
    balances(store, tenant, &mut report, &all).await?;
    registers(store, tenant, &mut report, &all.numbers).await?;
    tell(&format!("{} balances, {} numbers", report.balances, report.numbers));
    kept_figures(store, tenant, &mut report, &all).await?;
    Ok(report)
}

/// Answer the event `{"tenant": "acme"}` with what was found. Differences are logged as an error too, so that
/// the alarm on errors hears of them.
pub fn answer<'a>(app: &'a App, event: &'a Value) -> Working<'a, Value> {
    Box::pin(async move {
        let tenant = event["tenant"].as_str().and_then(Tenant::named);
        let tenant = tenant.ok_or_else(|| Error::field("tenant", Rule::Required))?;
        let report = verify(&app.store, &tenant, &mut |_| {}).await?;
        if report.count > 0 {
            tracing::error!(tenant = tenant.id(), differences = report.count, "the books do not agree");
        }
        serde_json::to_value(&report).map_err(|e| Error::internal(format!("report: {e}")))
    })
}

/// A partition's items, page by page.
pub(super) async fn pages(store: &Store, pk: String, after: &mut Option<String>) -> Result<Option<Vec<Item>>> {
    // Sort keys are ASCII, so the key that follows another is that key with the lowest letter behind it.
    let from = after.as_ref().map(|last| format!("{last}\u{1}"));
    let items = store.query(&Range { from, limit: Some(AT_ONCE), ..Range::whole(pk) }).await?;
    *after = items.last().and_then(|item| text_of(item, "SK")).map(str::to_owned);
    Ok((!items.is_empty()).then_some(items))
}

async fn documents(store: &Store, t: &Tenant, entity: Entity, report: &mut Report, all: &mut Sums) -> Result<()> {
    let gone = keys::deleted(t, entity, 0).pk;
    for (partition, is_gone) in [(keys::rows(t, entity), false), (gone, true)] {
        let mut after = None;
        while let Some(items) = pages(store, partition.clone(), &mut after).await? {
            let read: Vec<Document> = items.into_iter().map(record).collect::<Result<_>>()?;
            if !is_gone {
                indexed(store, t, entity, &read, report).await?;
            }
            for document in &read {
                add(document, report, all);
            }
        }
    }
    Ok(())
}

/// Every document's index rows say what the document says.
async fn indexed(store: &Store, t: &Tenant, entity: Entity, read: &[Document], report: &mut Report) -> Result<()> {
    let mut wanted: Vec<Key> = Vec::new();
    let mut rows: Vec<IndexRow> = Vec::new();
    for document in read {
        let row = document.index_row();
        for of in [None].into_iter().chain(document.customer.map(Some)) {
            wanted.push(keys::document_index_row(t, entity, of, row.date, row.id));
            rows.push(row.clone());
        }
    }
    for ((key, row), item) in wanted.iter().zip(rows).zip(store.get_items(&wanted).await?) {
        let found: Option<IndexRow> = item.map(record).transpose()?;
        if found.as_ref() != Some(&row) {
            report.differ(|| format!("the index row at {key} is not its document's"));
        }
    }
    Ok(())
}

fn add(document: &Document, report: &mut Report, all: &mut Sums) {
    report.documents += 1;
    let (own, code) = (document.own_ref(), document.iso.code());
    all.resellers.insert(document.reseller);
    if document.open() < 0 || document.base_open() < 0 && document.open() > 0 {
        report.differ(|| format!("{own} is set against more than it comes to"));
    }
    for (account, both) in postings(document) {
        all.trial.add(&account.to_string(), document.iso, both);
        all.of.insert((own.to_string(), account.to_string()), (both.amount, both.base));
        if let (Account::Receivable, Some(customer)) = (account, document.customer) {
            *all.owed.entry((customer, code.to_owned())).or_insert(0) += both.amount;
        }
    }
    for (day, postings) in issues(document) {
        for (account, both) in postings.into_iter().filter(|(account, _)| is_dated(&account.to_string())) {
            *all.days.entry((own.to_string(), account.to_string(), day)).or_insert(0) += both.base;
        }
    }
    if let Some(customer) = document.customer {
        let sign = if document.is_debit() { 1 } else { -1 };
        *all.open.entry((customer, code.to_owned())).or_insert(0) += sign * document.open();
    }
    for ((record, attribute), amount) in figures(document) {
        *all.figures.entry((document.reseller, record, attribute)).or_insert(0) += amount;
    }
    for allocation in &document.allocations {
        if allocation.charged {
            all.charged.insert((own.id, allocation.other.id));
        } else {
            *all.pairs.entry((own, allocation.other)).or_insert(0) += allocation.amount;
        }
    }
    if matches!(document.stage, Stage::Issued | Stage::Refunded) {
        all.invoiced.extend(document.lines.iter().filter_map(|line| Some((line.charge?, own.id))));
    }
    if let Some(number) = &document.number {
        all.numbers.insert((document.kind, number.clone()), document.id);
    }
}

/// Whether all that stands on an account was posted by an issue, or by taking one back: what settles a document moves
/// other accounts.
fn is_dated(account: &str) -> bool {
    let settled = [Account::Receivable, Account::Clearing, Account::ExchangeDifference];
    !settled.iter().any(|other| other.to_string() == account)
}

/// Every entry balances, and a document's entries come to what it has posted, on the days on which it counts.
async fn journal(store: &Store, t: &Tenant, report: &mut Report, all: &mut Sums) -> Result<()> {
    let mut customers: BTreeSet<u64> = all.owed.keys().map(|(customer, _)| *customer).collect();
    let mut after = None;
    while let Some(items) = pages(store, keys::balances(t), &mut after).await? {
        customers.extend(items.iter().filter_map(|item| text_of(item, "SK")?.parse::<u64>().ok()));
    }
    customers.insert(0);
    let mut posted: BTreeMap<(String, String), (i64, i64)> = BTreeMap::new();
    let mut days: BTreeMap<(String, String, Date), i64> = BTreeMap::new();
    for customer in customers {
        let mut after = None;
        while let Some(items) = pages(store, keys::journal(t, customer), &mut after).await? {
            for item in items {
                let entry: Entry = record(item)?;
                report.entries += 1;
                if !entry.balances() {
                    report.differ(|| format!("the journal entry {} of {} does not balance", entry.id, entry.of));
                }
                for one in entry.postings {
                    let sum = posted.entry((entry.of.clone(), one.account.clone())).or_default();
                    (sum.0, sum.1) = (sum.0 + one.amount, sum.1 + one.base);
                    if is_dated(&one.account) && !entry.of.starts_with("account ") {
                        *days.entry((entry.of.clone(), one.account.clone(), entry.date)).or_insert(0) += one.base;
                    }
                    // What accounts were opened with is told by the journal alone.
                    if entry.of.starts_with("account ") {
                        all.trial.add(&one.account, one.currency, Both { amount: one.amount, base: one.base });
                    }
                }
            }
        }
    }
    let names: BTreeSet<(String, String)> = posted.keys().chain(all.of.keys()).cloned().collect();
    for name in names.into_iter().filter(|(of, _)| !of.starts_with("account ")) {
        let (is, should) =
            (posted.get(&name).copied().unwrap_or_default(), all.of.get(&name).copied().unwrap_or_default());
        report.same(|| format!("what the journal has of {} on {}", name.0, name.1), is.0, should.0);
        report.same(|| format!("what the journal has of {} on {}, in base currency", name.0, name.1), is.1, should.1);
    }
    let names: BTreeSet<&(String, String, Date)> = days.keys().chain(all.days.keys()).collect();
    for name in names {
        let (is, should) = (days.get(name).copied().unwrap_or(0), all.days.get(name).copied().unwrap_or(0));
        report.same(|| format!("what the journal has of {} on {} on {}", name.0, name.1, name.2), is, should);
    }
    Ok(())
}

/// The sums of the accounts, and that debits are credits in every currency.
async fn accounts(store: &Store, t: &Tenant, report: &mut Report, all: &Sums) -> Result<()> {
    let kept = Trial::of_item(store.get_items(&[keys::trial(t)]).await?.pop().flatten().as_ref()).0;
    let names: BTreeSet<&String> = kept.keys().chain(all.trial.0.keys()).collect();
    let mut by_currency: BTreeMap<&str, i64> = BTreeMap::new();
    for name in names {
        let (is, should) = (kept.get(name).copied().unwrap_or(0), all.trial.0.get(name).copied().unwrap_or(0));
        report.same(|| format!("account {name}"), is, should);
        *by_currency.entry(Trial::parts(name).1).or_insert(0) += is;
    }
    for (currency, sum) in by_currency {
        report.same(|| format!("the sum of all accounts in {currency}"), sum, 0);
    }
    Ok(())
}

async fn balances(store: &Store, t: &Tenant, report: &mut Report, all: &Sums) -> Result<()> {
    let mut kept: BTreeMap<(u64, String), i64> = BTreeMap::new();
    let mut after = None;
    while let Some(items) = pages(store, keys::balances(t), &mut after).await? {
        for item in items {
            let Some(customer) = text_of(&item, "SK").and_then(|id| id.parse().ok()) else { continue };
            report.balances += 1;
            let balance: Balance = record(item)?;
            kept.extend(balance.owed.into_iter().map(|(code, owed)| ((customer, code), owed)));
        }
    }
    let names: BTreeSet<&(u64, String)> = kept.keys().chain(all.owed.keys()).chain(all.open.keys()).collect();
    for name in names {
        let is = kept.get(name).copied().unwrap_or(0);
        let should = all.owed.get(name).copied().unwrap_or(0);
        report.same(|| format!("what customer {} owes in {}", name.0, name.1), is, should);
        let open = all.open.get(name).copied().unwrap_or(0);
        report.same(|| format!("what customer {} owes in {}, by what is open", name.0, name.1), is, open);
    }
    Ok(())
}

async fn kept_figures(store: &Store, t: &Tenant, report: &mut Report, all: &Sums) -> Result<()> {
    for reseller in &all.resellers {
        let mut kept: BTreeMap<(String, String), i64> = BTreeMap::new();
        for item in store.query(&Range::whole(keys::figures(t, *reseller))).await? {
            let record = text_of(&item, "SK").unwrap_or_default().to_owned();
            kept.extend(sums(Some(&item)).into_iter().map(|(attribute, sum)| ((record.clone(), attribute), sum)));
        }
        let own =
            all.figures.range((*reseller, String::new(), String::new())..(*reseller + 1, String::new(), String::new()));
        let should: BTreeMap<(String, String), i64> =
            own.map(|((_, record, attribute), sum)| ((record.clone(), attribute.clone()), *sum)).collect();
        let names: BTreeSet<&(String, String)> = kept.keys().chain(should.keys()).collect();
        for name in names {
            let (is, should) = (kept.get(name).copied().unwrap_or(0), should.get(name).copied().unwrap_or(0));
            report.same(|| format!("figure {} {} of reseller {reseller}", name.0, name.1), is, should);
        }
    }
    Ok(())
}
