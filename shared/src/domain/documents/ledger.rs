//! The ledger: a journal of balanced entries that are never changed, the sums of its accounts, the customers'
//! balances and the figures of the reports, all written in the commit of what they tell of.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::domain::books::record::BankAccount;
use crate::domain::documents::entity::{Document, Kind};
use crate::domain::documents::leaving::brought;
use crate::domain::documents::posting::{Account, Both, Figures, Postings, changes, figures};
use crate::domain::documents::sums::{Rounding, Terms, in_base};
use crate::domain::rates;
use crate::domain::tenants::{TenantCurrency, TenantRecord};
use crate::machinery::changes::Changes;
use crate::machinery::keys::{self, Key};
use crate::machinery::operation::Context;
use crate::machinery::store::{Item, sums};
use crate::words::error::{Error, Result};
use crate::words::money::Currency;
use crate::words::time::{Date, Day, Instant};

/// One account's part of an entry: a debit when positive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Posting {
    /// The account's code (`receivable`, `bank:1`).
    pub account: String,
    /// The currency of the document.
    pub currency: Currency,
    /// Minor units of it.
    pub amount: i64,
    /// Minor units of the base currency.
    pub base: i64,
}

/// A journal entry. Its postings add up to 0 in both currencies. Entries are not changed: what is taken back
/// is posted once more the other way round.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// The id.
    pub id: String,
    /// The day it counts on.
    pub date: Date,
    /// When it was written, UTC.
    pub at: Instant,
    /// What it tells of: a document (`invoice 7`) or an account (`account 1`).
    pub of: String,
    /// The document's number.
    pub number: Option<String>,
    /// What happened to it (`invoice.created`).
    pub event: String,
    /// The customer it concerns; 0 for nobody.
    pub customer: u64,
    /// The postings.
    pub postings: Vec<Posting>,
}

impl Entry {
    /// Whether its postings add up to 0.
    pub fn balances(&self) -> bool {
        let mut by_currency: BTreeMap<&str, i64> = BTreeMap::new();
        self.postings.iter().for_each(|one| *by_currency.entry(one.currency.code()).or_insert(0) += one.amount);
        by_currency.values().all(|sum| *sum == 0) && self.postings.iter().map(|one| one.base).sum::<i64>() == 0
    }
}

/// What a customer owes by currency, in minor units; the customer's balance turned round.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Balance {
    /// Currency code to receivable.
    pub owed: BTreeMap<String, i64>,
    /// The invoices that came to less than nothing and have something of it left: they are credit like any other.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub credit_invoices: BTreeSet<u64>,
    /// By currency code what its documents brought less what they gave back
    /// ([`brought`](crate::domain::documents::leaving::brought)), in minor units. Never below 0.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub brought: BTreeMap<String, i64>,
    /// Counts the changes; 0 before the first.
    pub version: u64,
}

impl Balance {
    /// Add what more documents brought: by currency how much, and whether it takes something back. What came in is not taken
    /// back once it was paid out: the payout is deleted first.
    pub fn bring(&mut self, more: BTreeMap<&'static str, (i64, bool)>) -> Result<()> {
        for (code, (more, taken_back)) in more {
            let sum = self.brought.entry(code.to_owned()).or_insert(0);
            *sum = sum.checked_add(more).ok_or_else(out_of_range)?;
            if *sum < 0 && taken_back {
                let text = "That money was paid out to the customer since: delete that refund first";
                return Err(Error::refused("paid_out", text));
            }
        }
        self.brought.retain(|_, sum| *sum != 0);
        Ok(())
    }

    /// What the customer has to its credit (positive) or owes (negative) in a currency.
    pub fn of(&self, currency: Currency) -> i64 {
        -self.owed.get(currency.code()).copied().unwrap_or(0)
    }
}

/// The sums of all accounts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Trial(pub BTreeMap<String, i64>);

impl Trial {
    /// From its item.
    pub fn of_item(item: Option<&Item>) -> Self {
        Self(sums(item))
    }

    /// Add what was posted to an account: once in the currency it was posted in, once in the base currency.
    pub fn add(&mut self, account: &str, currency: Currency, both: Both) {
        *self.0.entry(format!("{account}|{}", currency.code())).or_insert(0) += both.amount;
        *self.0.entry(format!("{account}|{BASE}")).or_insert(0) += both.base;
    }

    /// An account's sum in a currency, in minor units.
    pub fn sum(&self, account: Account, currency: Currency) -> i64 {
        self.0.get(&format!("{account}|{}", currency.code())).copied().unwrap_or(0)
    }

    /// Whether anything was ever posted in a currency.
    pub fn knows(&self, currency: Currency) -> bool {
        self.0.keys().any(|name| Self::parts(name).1 == currency.code())
    }

    /// The account's and the currency's code that the attribute of a sum names; the latter is [`BASE`] for what
    /// adds up all currencies.
    pub fn parts(name: &str) -> (&str, &str) {
        name.split_once('|').unwrap_or((name, ""))
    }
}

/// What stands for the base currency in the name of a sum, whatever currency was posted in.
pub const BASE: &str = "base";

/// What one commit posts.
#[derive(Clone)]
pub struct Ledger<'c> {
    cx: &'c Context,
    base: (u64, Currency),
    entries: Vec<(Key, Entry)>,
    trial: Trial,
    figures: BTreeMap<u64, Figures>,
    /// Change of what each customer owes.
    owed: BTreeMap<(u64, &'static str), i64>,
    /// Change of what each customer's documents brought, and whether some of it was taken back rather than paid out.
    brought: BTreeMap<(u64, &'static str), (i64, bool)>,
}

impl<'c> Ledger<'c> {
    /// A ledger on which nothing is posted yet.
    pub fn new(cx: &'c Context, tenant: &TenantRecord) -> Result<Self> {
        let base = (tenant.base_currency, tenant.base()?.iso);
        let (entries, trial) = (Vec::new(), Trial::default());
        let (figures, owed, brought) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        Ok(Self { cx, base, entries, trial, figures, owed, brought })
    }

    /// The currency of the books.
    pub fn base(&self) -> Currency {
        self.base.1
    }

    /// Units of a currency for one of the base currency at an instant. One call, none for the base currency.
    pub async fn ratio(&self, currency: &TenantCurrency, at: Instant) -> Result<Decimal> {
        let ratio = rates::in_force(self.cx, self.base.0, currency.id, at).await?;
        ratio.ok_or_else(|| {
            let (from, to) = (self.base.1.code(), currency.iso.code());
            Error::refused("no_exchange_rate", format!("There is no exchange rate from {from} to {to} on that date"))
        })
    }

    /// An amount of a currency in the base currency at an instant.
    async fn in_base(&self, amount: i64, currency: &TenantCurrency, at: Instant) -> Result<i64> {
        let ratio = self.ratio(currency, at).await?;
        let rounding = Rounding::Lines;
        let terms = Terms { currency: currency.iso, base: self.base.1, ratio, inclusive: false, rounding };
        in_base(amount, &terms).ok_or_else(out_of_range)
    }

    /// Post what a document became, each part on the day it counts on; what settles it on `on`, or on the document's
    /// date where that is later.
    pub fn post(&mut self, before: Option<&Document>, after: &Document, event: &str, on: Date) -> Result<()> {
        for (day, postings) in changes(before, after, on) {
            self.write(after, &postings, event, day)?;
        }
        if let Some(customer) = after.customer {
            let more = brought(after) - before.map_or(0, brought);
            let pays_out =
                after.kind == Kind::Refund || after.returned.0 > before.map_or(0, |before| before.returned.0);
            let sum = self.brought.entry((customer, after.iso.code())).or_default();
            *sum = (sum.0 + more, sum.1 || more < 0 && !pays_out);
        }
        let sums = self.figures.entry(after.reseller).or_default();
        for (key, amount) in before.map(figures).unwrap_or_default() {
            *sums.entry(key).or_insert(0) -= amount;
        }
        for (key, amount) in figures(after) {
            *sums.entry(key).or_insert(0) += amount;
        }
        Ok(())
    }

    /// Post what an account held when it was opened, at the ratio of that day.
    pub async fn post_opening(&mut self, account: &BankAccount, currency: &TenantCurrency, day: Day) -> Result<()> {
        let amount = account.opening;
        let base = self.in_base(amount, currency, day.at).await?;
        let postings = Postings::from([
            (Account::Bank(account.meta.id), Both { amount, base }),
            (Account::Opening, Both { amount: -amount, base: -base }),
        ]);
        let of = format!("account {}", account.meta.id);
        self.enter((of, None, 0, account.iso), &postings, "account.created", day.date)
    }

    fn write(&mut self, document: &Document, postings: &Postings, event: &str, date: Date) -> Result<()> {
        let customer = document.customer.unwrap_or(0);
        let of = (document.own_ref().to_string(), document.number.clone(), customer, document.iso);
        self.enter(of, postings, event, date)
    }

    fn enter(
        &mut self,
        (of, number, customer, currency): (String, Option<String>, u64, Currency),
        postings: &Postings,
        event: &str,
        date: Date,
    ) -> Result<()> {
        let line = |(account, both): (&Account, &Both)| Posting {
            account: account.to_string(),
            currency,
            amount: both.amount,
            base: both.base,
        };
        let rows: Vec<Posting> =
            postings.iter().filter(|(_, both)| both.amount != 0 || both.base != 0).map(line).collect();
        if rows.is_empty() {
            return Ok(());
        }
        for row in &rows {
            self.trial.add(&row.account, currency, Both { amount: row.amount, base: row.base });
        }
        if let Some(both) = postings.get(&Account::Receivable).filter(|_| customer != 0) {
            *self.owed.entry((customer, currency.code())).or_insert(0) += both.amount;
        }
        let (id, event, at) = (self.cx.outside.fresh_id(), event.to_owned(), self.cx.now);
        let entry = Entry { id, date, at, of, number, event, customer, postings: rows };
        if !entry.balances() {
            return Err(Error::internal(format!("the entry of {} does not balance", entry.of)));
        }
        let key = keys::journal_entry(self.cx.tenant(), customer, date, &entry.id);
        self.entries.push((key, entry));
        Ok(())
    }

    /// By how much more a customer owes after this.
    pub fn owes_more(&self, customer: u64) -> BTreeMap<&'static str, i64> {
        let own = self.owed.iter().filter(|((id, _), change)| *id == customer && **change != 0);
        own.map(|((_, code), change)| (*code, *change)).collect()
    }

    /// How much more a customer's documents brought after this by currency, and whether what came was taken back.
    pub fn brought_more(&self, customer: u64) -> BTreeMap<&'static str, (i64, bool)> {
        let own = self.brought.iter().filter(|((id, _), (more, _))| *id == customer && *more != 0);
        own.map(|((_, code), more)| (*code, *more)).collect()
    }

    /// How many actions [`into_changes`](Self::into_changes) will add at most.
    pub fn actions(&self) -> usize {
        let records = |figures: &Figures| {
            let changed = figures.iter().filter(|(_, amount)| **amount != 0);
            changed.map(|((record, _), _)| record).collect::<std::collections::BTreeSet<_>>().len()
        };
        1 + self.entries.len() + self.figures.values().map(records).sum::<usize>()
    }

    /// Entries, sums and figures as changes; the customers' balances are their caller's.
    pub fn into_changes(self, changes: &mut Changes) -> Result<()> {
        let t = self.cx.tenant();
        for (key, entry) in &self.entries {
            changes.insert(key.clone(), entry)?;
        }
        let some = |sums: BTreeMap<String, i64>| -> Vec<(String, i64)> {
            sums.into_iter().filter(|(_, amount)| *amount != 0).collect()
        };
        let trial = some(self.trial.0);
        if !trial.is_empty() {
            changes.add(keys::trial(t), trial);
        }
        for (reseller, figures) in self.figures {
            let mut records: BTreeMap<String, BTreeMap<String, i64>> = BTreeMap::new();
            for ((record, attribute), amount) in figures {
                records.entry(record).or_default().insert(attribute, amount);
            }
            for (record, sums) in records {
                let sums = some(sums);
                if !sums.is_empty() {
                    changes.add(keys::figure(t, reseller, &record), sums);
                }
            }
        }
        Ok(())
    }
}

/// What is told when a sum leaves what can be stored.
pub fn out_of_range() -> Error {
    Error::refused("amount_out_of_range", "An amount is out of range")
}
