//! What the documents add up to, with the functions that post, and that their index rows and what they are set against
//! agree.

use std::collections::{BTreeMap, BTreeSet};

use super::arithmetic::{self, Rates};
use super::cash::Cash;
use super::kept::Drawn;
use super::periods::Periods;
use super::{Pages, Report};
use crate::domain::documents::entity::{Document, IndexRow, Kind, Ref, Stage};
use crate::domain::documents::ledger::Trial;
use crate::domain::documents::posting::{Account, figures, issues, postings};
use crate::machinery::caller::Tenant;
use crate::machinery::keys::{self, Entity, Key};
use crate::machinery::store::{Store, record};
use crate::words::error::Result;
use crate::words::time::Date;

/// What the documents add up to.
#[derive(Default)]
pub(super) struct Sums {
    pub(super) trial: Trial,
    pub(super) owed: BTreeMap<(u64, String), i64>,
    pub(super) open: BTreeMap<(u64, String), i64>,
    pub(super) figures: BTreeMap<(u64, String, String), i64>,
    /// Postings by document and account, in the document's and the base currency.
    pub(super) of: BTreeMap<(String, String), (i64, i64)>,
    /// What documents have posted by being issued or taken back, by document, account and day, in the base currency.
    pub(super) days: BTreeMap<(String, String, Date), i64>,
    pairs: BTreeMap<(Ref, Ref), i64>,
    /// Charges and the invoices they say they came onto …
    charged: BTreeSet<(u64, u64)>,
    /// … and the charges that invoices have among their lines.
    invoiced: BTreeSet<(u64, u64)>,
    pub(super) numbers: BTreeMap<(Kind, String), u64>,
    /// The number of each document, by its name.
    pub(super) names: BTreeMap<String, Option<String>>,
    /// Other numbers that journal entries have of documents.
    pub(super) told: BTreeSet<(String, String)>,
    pub(super) resellers: BTreeSet<u64>,
    /// What documents ask for less what they bring, as far as it is open, in the base currency.
    receivable: i64,
    /// What holds of cash and credit notes, and of periods, over all documents.
    pub(super) cash: Cash,
    pub(super) periods: Periods,
}

impl Sums {
    /// What must hold between documents.
    pub(super) fn finish(&self, report: &mut Report) {
        for ((one, other), amount) in &self.pairs {
            let back = self.pairs.get(&(*other, *one)).copied().unwrap_or(0);
            report.same(|| format!("what {other} is set against {one}"), back, *amount);
        }
        for (charge, invoice) in self.charged.symmetric_difference(&self.invoiced) {
            report.differ(|| format!("charge {charge} and invoice {invoice} do not agree"));
        }
        self.cash.finish(report);
    }

    /// What the report of receivables shows, what is asked for less what is credit, is the receivable account.
    pub(super) fn is_receivable(&self, account: i64, report: &mut Report) {
        report.same(|| "the receivable account, by what is open,".to_owned(), account, self.receivable);
    }
}

/// Look at every document, deleted ones too.
pub(super) async fn documents(
    store: &Store,
    t: &Tenant,
    entity: Entity,
    (drawn, rates): (&Drawn, &Rates),
    report: &mut Report,
    all: &mut Sums,
) -> Result<()> {
    let (gone, mut ids) = (keys::deleted(t, entity, 0).pk, BTreeSet::new());
    for (partition, is_gone) in [(keys::rows(t, entity), false), (gone, true)] {
        let mut pages = Pages::of(store, partition);
        while let Some(items) = pages.next(report).await? {
            let read: Vec<Document> = items.into_iter().map(record).collect::<Result<_>>()?;
            if !is_gone {
                ids.extend(read.iter().map(|document| document.id));
                indexed(store, t, entity, &read, report).await?;
            }
            for document in &read {
                add(document, report, all);
                arithmetic::check(document, rates, report);
                all.cash.add(document, report);
                all.periods.add(document, is_gone);
            }
        }
    }
    drawn.check(store, t, entity, &ids, report).await
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
        item.iter().for_each(|item| report.look_at_seal(item));
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
        all.receivable += sign * document.base_open();
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
    all.names.insert(own.to_string(), document.number.clone());
    if let Some(number) = &document.number {
        all.numbers.insert((document.kind, number.clone()), document.id);
    }
}

/// Whether all that stands on an account was posted by an issue, or by taking one back: what settles a document moves
/// other accounts.
pub(super) fn is_dated(account: &str) -> bool {
    let settled = [Account::Receivable, Account::Clearing, Account::ExchangeDifference];
    !settled.iter().any(|other| other.to_string() == account)
}
