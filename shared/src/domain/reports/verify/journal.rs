//! The check of the journal.

use std::collections::{BTreeMap, BTreeSet};

use super::posted::{Sums, is_dated};
use super::{Pages, Report};
use crate::domain::documents::ledger::Entry;
use crate::domain::documents::posting::Both;
use crate::machinery::caller::Tenant;
use crate::machinery::keys;
use crate::machinery::store::{Store, record, text_of};
use crate::words::error::Result;
use crate::words::time::Date;

/// What can happen to documents and accounts (docs/ledger.md).
const EVENTS: [&str; 19] = [
    "account.created",
    "account.updated",
    "invoice.created",
    "invoice.updated",
    "invoice.deleted",
    "invoice.imported",
    "payment.received",
    "receipt.updated",
    "refund.created",
    "refund.updated",
    "transaction.created",
    "transaction.updated",
    "transaction.deleted",
    "credit_note.created",
    "credit_note.updated",
    "credit_note.deleted",
    "debit_note.created",
    "debit_note.updated",
    "debit_note.deleted",
];

/// An entry lies under its day and customer, tells of something that can happen, and has its document's number.
fn told(entry: &Entry, customer: u64, key: &str, all: &mut Sums, report: &mut Report) {
    let name = || format!("the journal entry {} of {}", entry.id, entry.of);
    if key != format!("{}#{}", entry.date, entry.id) {
        report.differ(|| format!("{} says {} and lies under {key}", name(), entry.date));
    }
    if entry.customer != customer {
        report.differ(|| format!("{} says customer {} and lies under {customer}", name(), entry.customer));
    }
    if !EVENTS.contains(&entry.event.as_str()) {
        report.differ(|| format!("{} tells of {:?}, which cannot happen", name(), entry.event));
    }
    if entry.of.starts_with("account ") {
        return;
    }
    match all.names.get(&entry.of) {
        None => report.differ(|| format!("{} is of no document", name())),
        // One that was renumbered has entries of each number, all of which the register knows.
        Some(number) => {
            let other = entry.number.clone().filter(|own| Some(own) != number.as_ref());
            all.told.extend(other.map(|number| (entry.of.clone(), number)));
        }
    }
}

/// Every entry balances, and a document's entries come to what it has posted, on the days on which it counts.
/// `customers` are those with a balance.
pub(super) async fn journal(
    store: &Store,
    t: &Tenant,
    mut customers: BTreeSet<u64>,
    report: &mut Report,
    all: &mut Sums,
) -> Result<()> {
    customers.extend(all.owed.keys().map(|(customer, _)| *customer));
    customers.insert(0);
    let mut posted: BTreeMap<(String, String), (i64, i64)> = BTreeMap::new();
    let mut days: BTreeMap<(String, String, Date), i64> = BTreeMap::new();
    for customer in customers {
        let mut pages = Pages::of(store, keys::journal(t, customer));
        while let Some(items) = pages.next(report).await? {
            for item in items {
                let key = text_of(&item, "SK").unwrap_or_default().to_owned();
                let entry: Entry = record(item)?;
                told(&entry, customer, &key, all, report);
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
