//! `export --format beancount`: the journal for plain-text accounting, as `bean-check` accepts it.
//!
//! Every entry is a transaction. A posting in a foreign currency has its worth in the base currency beside it
//! (`@@`), so that entries balance in the base currency to the last minor unit. What changes the worth alone (an
//! exchange difference) stands on an account of its own, `Assets:Valuation:…`, so that the customer's account says
//! exactly what the customer owes. At the end that is asserted, from the balances that are kept and not from the
//! journal.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io::Write;

use chrono::Datelike;
use shared::domain::documents::ledger::{BASE, Entry, Posting, Trial};
use shared::domain::documents::posting::Account;
use shared::words::money::{Currency, Money};
use shared::words::time::Date;

use super::ledger::Ledger;
use super::say;

/// The years that beancount reads.
const YEARS: std::ops::RangeInclusive<i32> = 1700..=2099;

/// Write the journal; how many transactions there are.
///
/// # Errors
///
/// When an entry does not balance or lies in a year that beancount does not read, or nothing can be written.
pub fn export(ledger: &Ledger, out: &mut dyn Write) -> Result<u64, String> {
    let base = ledger.tenant.base().map_err(|e| say(&e))?.iso;
    let mut text = String::new();
    let mut put = |text: &mut String| {
        let written = out.write_all(text.as_bytes()).map_err(|e| e.to_string());
        text.clear();
        written
    };
    let journal = Journal { ledger, base };
    journal.head(&mut text);
    put(&mut text)?;
    for entry in &ledger.entries {
        journal.transaction(entry, &mut text)?;
        put(&mut text)?;
    }
    journal.balances(&mut text)?;
    put(&mut text)?;
    out.flush().map_err(|e| e.to_string())?;
    Ok(ledger.entries.len() as u64)
}

struct Journal<'l> {
    ledger: &'l Ledger,
    base: Currency,
}

impl Journal<'_> {
    fn head(&self, text: &mut String) {
        let first = self.ledger.entries.first().map_or(Date::MIN, |entry| entry.date);
        let first = if YEARS.contains(&first.year()) { first } else { Date::from_ymd_opt(1970, 1, 1).unwrap_or(first) };
        let _ = writeln!(text, "option \"title\" \"{}\"", escaped(&self.ledger.tenant.name));
        let _ = writeln!(text, "option \"operating_currency\" \"{}\"", self.base.code());
        // A worth is written as a whole and divided by the amount when it is read: what that leaves is far less.
        let _ = writeln!(text, "option \"inferred_tolerance_default\" \"*:0.0000001\"\n");
        let codes: BTreeSet<&str> =
            [self.base.code()].into_iter().chain(self.postings().map(|one| one.currency.code())).collect();
        for code in codes {
            let _ = writeln!(text, "{first} commodity {code}");
        }
        let mut accounts: BTreeMap<String, Option<String>> = BTreeMap::new();
        for entry in &self.ledger.entries {
            for one in &entry.postings {
                let (own, valuation) = self.accounts(entry, one);
                if self.valuation(one).is_some() {
                    accounts.entry(valuation).or_default();
                }
                accounts.insert(own, self.name(&one.account, entry.customer));
            }
        }
        for (account, name) in accounts {
            let _ = writeln!(text, "{first} open {account}");
            if let Some(name) = name {
                let _ = writeln!(text, "  name: \"{}\"", escaped(&name));
            }
        }
    }

    fn postings(&self) -> impl Iterator<Item = &Posting> {
        self.ledger.entries.iter().flat_map(|entry| &entry.postings)
    }

    /// The account of a posting, and the one that bears what changes its worth alone.
    fn accounts(&self, entry: &Entry, one: &Posting) -> (String, String) {
        let own = account(&one.account, entry.customer);
        // An exchange difference is nothing but worth.
        let valuation = match Account::from_code(&one.account) {
            Some(Account::ExchangeDifference) => own.clone(),
            // Beside it and not below: an account's balance takes in those below.
            _ => own.replacen(':', ":Valuation:", 1),
        };
        (own, valuation)
    }

    /// The name of a bank account's or customer's account.
    fn name(&self, code: &str, customer: u64) -> Option<String> {
        match Account::from_code(code)? {
            Account::Bank(id) => {
                self.ledger.books.accounts.iter().find(|bank| bank.meta.id == id).map(|bank| bank.meta.name.clone())
            }
            Account::Receivable => self.ledger.customers.get(&customer).map(|customer| customer.name.full()),
            _ => None,
        }
    }

    /// What of a posting changes the worth alone: all of it where no money moves in its own currency, or where the
    /// two go different ways.
    fn valuation(&self, one: &Posting) -> Option<i64> {
        let apart = if one.currency == self.base {
            one.base - one.amount
        } else if one.amount.signum() == one.base.signum() {
            0
        } else {
            one.base
        };
        (apart != 0).then_some(apart)
    }

    fn transaction(&self, entry: &Entry, text: &mut String) -> Result<(), String> {
        if !entry.balances() {
            return Err(format!("the entry {} of {} does not balance", entry.id, entry.of));
        }
        if !YEARS.contains(&entry.date.year()) {
            return Err(format!("{} is dated {}: beancount reads the years 1700 to 2099", entry.of, entry.date));
        }
        let payee = self.ledger.customers.get(&entry.customer).map(|customer| customer.name.full());
        let payee = payee.map(|name| format!("\"{}\" ", escaped(&name))).unwrap_or_default();
        let _ = writeln!(text, "\n{} * {payee}\"{} ({})\"", entry.date, escaped(&entry.of), escaped(&entry.event));
        let _ = writeln!(text, "  entry: \"{}\"", escaped(&entry.id));
        if let Some(number) = &entry.number {
            let _ = writeln!(text, "  number: \"{}\"", escaped(number));
        }
        for one in &entry.postings {
            let (own, valuation) = self.accounts(entry, one);
            let apart = self.valuation(one);
            let amount = Money { minor: one.amount, currency: one.currency };
            if one.amount != 0 {
                let worth = if one.currency == self.base {
                    String::new()
                } else {
                    let minor = if apart.is_some() { 0 } else { one.base.abs() };
                    format!(" @@ {} {}", Money { minor, currency: self.base }, self.base.code())
                };
                let _ = writeln!(text, "  {own}  {amount} {}{worth}", one.currency.code());
            }
            if let Some(minor) = apart {
                let apart = Money { minor, currency: self.base };
                let _ = writeln!(text, "  {valuation}  {apart} {}", self.base.code());
            }
        }
        Ok(())
    }

    /// What is kept of customers' balances and of the other accounts, asserted the day after the last entry.
    fn balances(&self, text: &mut String) -> Result<(), String> {
        let Some(last) = self.ledger.entries.last().and_then(|entry| entry.date.succ_opt()) else { return Ok(()) };
        let used: BTreeSet<(String, &str)> = self
            .ledger
            .entries
            .iter()
            .flat_map(|entry| {
                entry.postings.iter().map(|one| (account(&one.account, entry.customer), one.currency.code()))
            })
            .collect();
        text.push('\n');
        let mut assert = |own: String, code: &str, minor: i64| -> Result<(), String> {
            let currency = Currency::from_code(code).ok_or_else(|| format!("{code} is no currency"))?;
            if used.contains(&(own.clone(), currency.code())) {
                let _ = writeln!(text, "{last} balance {own}  {} {code}", Money { minor, currency });
            }
            Ok(())
        };
        for (customer, balance) in &self.ledger.balances {
            for (code, owed) in &balance.owed {
                assert(account(&Account::Receivable.to_string(), *customer), code, *owed)?;
            }
        }
        for (name, sum) in &self.ledger.trial.0 {
            let (code, currency) = Trial::parts(name);
            let skipped = [Account::Receivable, Account::ExchangeDifference].map(|account| account.to_string());
            if currency != BASE && !skipped.iter().any(|skipped| skipped == code) {
                assert(account(code, 0), currency, *sum)?;
            }
        }
        Ok(())
    }
}

/// What an account of the ledger is called.
fn account(code: &str, customer: u64) -> String {
    match Account::from_code(code) {
        Some(Account::Receivable) if customer == 0 => "Assets:Receivable:Nobody".to_owned(),
        Some(Account::Receivable) => format!("Assets:Receivable:C{customer:06}"),
        Some(Account::Bank(id)) => format!("Assets:Bank:B{id:03}"),
        Some(Account::Clearing) => "Assets:Clearing".to_owned(),
        Some(Account::Tax) => "Liabilities:Tax".to_owned(),
        Some(Account::Revenue) => "Income:Revenue".to_owned(),
        Some(Account::OtherIncome) => "Income:Other".to_owned(),
        Some(Account::ExchangeDifference) => "Expenses:ExchangeDifference".to_owned(),
        Some(Account::Opening) => "Equity:Opening".to_owned(),
        Some(Account::Expense) | None => "Expenses:Other".to_owned(),
    }
}

/// A text between quotation marks, on one line.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace(['\r', '\n'], " ")
}
