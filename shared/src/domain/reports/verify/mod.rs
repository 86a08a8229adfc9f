//! The check of the books: everything is worked out anew from the documents, and every difference is named.
//!
//! It reads a tenant's documents, journal, balances, registers and figures, and what they depend on, page by page, and
//! writes nothing. Run while others write, it may name what was in between: run it again, or when nothing else runs.
//!
//! Three kinds of check, so that a mistake in one is seen by another:
//! * `posted`: what the books keep is what documents have posted (the journal, accounts, balances, `figures`,
//!   `registers`), worked out with the functions that post.
//! * `arithmetic`, `cash`, `periods`: whether the documents make economic sense, worked out with nothing that makes
//!   documents.
//! * `kept`: whether anything was changed without a commit: every item's seal, and ids without gaps.

mod accounts;
mod arithmetic;
mod cash;
mod journal;
mod kept;
mod periods;
mod posted;
mod registers;

use serde::Serialize;
use serde_json::Value;

use crate::machinery::app::App;
use crate::machinery::caller::Tenant;
use crate::machinery::keys::{INVOICE, TRANSACTION};
use crate::machinery::operation::Working;
use crate::machinery::store::{Item, Range, Store, is_intact, text_of};
use crate::words::error::{Error, Result, Rule};

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
    /// Items whose seals were looked at.
    pub seals: u64,
    /// Every difference, the first hundred in words.
    pub differences: Vec<String>,
    /// How many differences there are.
    pub count: u64,
}

impl Report {
    fn differ(&mut self, what: impl FnOnce() -> String) {
        self.count += 1;
        if self.differences.len() < MOST_NAMED {
            self.differences.push(what());
        }
    }

    fn same(&mut self, what: impl FnOnce() -> String, is: i64, should: i64) {
        if is != should {
            self.differ(|| format!("{} is {is} and should be {should}", what()));
        }
    }

    /// Look at an item's seal.
    fn look_at_seal(&mut self, item: &Item) {
        self.seals += 1;
        let place = || format!("{} / {}", text_of(item, "PK").unwrap_or("?"), text_of(item, "SK").unwrap_or("?"));
        match is_intact(item) {
            Some(true) => {}
            Some(false) => self.differ(|| format!("the item at {} is not what was written: its seal differs", place())),
            None => self.differ(|| format!("the item at {} has no seal: no commit wrote it", place())),
        }
    }
}

/// Work out a tenant's books anew and compare. `tell` hears how far it has come.
///
/// # Errors
///
/// When the table cannot be read; a difference is no error.
pub async fn verify(store: &Store, tenant: &Tenant, tell: &mut (dyn FnMut(&str) + Send)) -> Result<Report> {
    let mut report = Report { tenant: tenant.id().to_owned(), ..Report::default() };
    let mut all = posted::Sums::default();
    let drawn = kept::Drawn::read(store, tenant).await?;
    let rates = kept::rates(store, tenant, &drawn, &mut report).await?;
    for entity in [INVOICE, TRANSACTION] {
        posted::documents(store, tenant, entity, (&drawn, &rates), &mut report, &mut all).await?;
        tell(&format!("{} documents", report.documents));
    }
    all.finish(&mut report);
    let customers = accounts::balances(store, tenant, &mut report, &all).await?;
    journal::journal(store, tenant, customers, &mut report, &mut all).await?;
    tell(&format!("{} journal entries", report.entries));
    accounts::accounts(store, tenant, &mut report, &all).await?;
    registers::registers(store, tenant, &mut report, &all.numbers, &all.told).await?;
    tell(&format!("{} balances, {} numbers", report.balances, report.numbers));
    accounts::figures(store, tenant, &mut report, &all).await?;
    kept::others(store, tenant, &drawn, &mut report, &mut all.periods).await?;
    all.periods.finish(&mut report);
    tell(&format!("{} seals", report.seals));
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

/// A partition's items, page by page; each item's seal is looked at.
struct Pages<'s> {
    store: &'s Store,
    /// What is read next; nothing at the end.
    range: Option<Range>,
}

impl<'s> Pages<'s> {
    fn of(store: &'s Store, pk: String) -> Self {
        Self { store, range: Some(Range { limit: Some(AT_ONCE), ..Range::whole(pk) }) }
    }

    async fn next(&mut self, report: &mut Report) -> Result<Option<Vec<Item>>> {
        let Some(range) = self.range.take() else { return Ok(None) };
        let items = self.store.query(&range).await?;
        items.iter().for_each(|item| report.look_at_seal(item));
        let last = items.last().and_then(|item| text_of(item, "SK"));
        if let Some(last) = last.filter(|_| items.len() as u64 == AT_ONCE) {
            // Sort keys are ASCII, so the key that follows another is that key with the lowest letter behind it.
            self.range = Some(Range { from: Some(format!("{last}\u{1}")), ..range });
        }
        Ok((!items.is_empty()).then_some(items))
    }
}
