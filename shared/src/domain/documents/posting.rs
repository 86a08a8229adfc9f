//! What a document has posted to the ledger, and what it adds to the tenant's figures.
//!
//! Both are functions of what the document says now. Who changes a document posts the difference between
//! after and before: an issue is a difference to nothing, a void is a difference back to it (a reversal), a
//! payment on an invoice is what the payment posts. So books, balances and figures can be worked out anew
//! from the documents alone, which is what [`verify`](crate::domain::reports::verify) does.
//!
//! Amounts are debits when positive; every document's postings add up to 0, in its own currency and in the
//! base currency.

use std::collections::BTreeMap;
use std::fmt;

use chrono::Datelike;

use crate::domain::documents::accrual::{Month, Term};
use crate::domain::documents::entity::{Document, Kind, Stage};
use crate::domain::documents::leaving::carried;
use crate::words::time::Date;

/// An account of the ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Account {
    /// What customers owe; each customer's part is their balance, turned round.
    Receivable,
    /// What was earned by invoices and notes.
    Revenue,
    /// Taxes that are owed to the state.
    Tax,
    /// A bank or cash account of the tenant, by its id.
    Bank(u64),
    /// Money that no account was named for.
    Clearing,
    /// Income from elsewhere than customers.
    OtherIncome,
    /// What was spent.
    Expense,
    /// What the ratio of a currency brought or took between a document and its payment.
    ExchangeDifference,
    /// What the accounts held when they were opened.
    Opening,
}

impl Account {
    /// Its kind, as balance sheets sort it.
    pub fn class(self) -> &'static str {
        match self {
            Self::Receivable | Self::Bank(_) | Self::Clearing => "asset",
            Self::Tax => "liability",
            Self::Revenue | Self::OtherIncome => "income",
            Self::Expense | Self::ExchangeDifference => "expense",
            Self::Opening => "equity",
        }
    }

    /// From its code.
    pub fn from_code(code: &str) -> Option<Self> {
        let plain = [
            Self::Receivable,
            Self::Revenue,
            Self::Tax,
            Self::Clearing,
            Self::OtherIncome,
            Self::Expense,
            Self::ExchangeDifference,
            Self::Opening,
        ];
        let bank = code.strip_prefix("bank:").and_then(|id| id.parse().ok()).map(Self::Bank);
        bank.or_else(|| plain.into_iter().find(|account| account.to_string() == code))
    }
}

impl fmt::Display for Account {
    /// Its code (`receivable`, `bank:1`).
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Receivable => f.write_str("receivable"),
            Self::Revenue => f.write_str("revenue"),
            Self::Tax => f.write_str("tax"),
            Self::Bank(id) => write!(f, "bank:{id}"),
            Self::Clearing => f.write_str("clearing"),
            Self::OtherIncome => f.write_str("other_income"),
            Self::Expense => f.write_str("expense"),
            Self::ExchangeDifference => f.write_str("exchange_difference"),
            Self::Opening => f.write_str("opening"),
        }
    }
}

/// An amount in a document's currency and in the base currency, both in minor units.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Both {
    /// In the document's currency.
    pub amount: i64,
    /// In the base currency.
    pub base: i64,
}

/// Sums by account. Accounts whose sums are 0 are left out.
pub type Postings = BTreeMap<Account, Both>;

fn post(postings: &mut Postings, account: Account, amount: i64, base: i64) {
    let sum = postings.entry(account).or_default();
    sum.amount += amount;
    sum.base += base;
}

/// What a document has posted.
pub fn postings(document: &Document) -> Postings {
    let mut all = Postings::new();
    let cash_of_invoice = |all: &mut Postings| {
        // What was marked as paid came in, what a status gave back left, whatever became of the invoice.
        let ((marked, marked_base), (left, left_base)) = (document.marked, document.returned);
        post(all, Account::Clearing, marked - left, marked_base - left_base);
        post(all, Account::Receivable, left - marked, left_base - marked_base);
    };
    if !matches!(document.stage, Stage::Issued | Stage::Refunded) {
        cash_of_invoice(&mut all);
        all.retain(|_, sum| *sum != Both::default());
        return all;
    }
    let sums = &document.sums;
    let (total, base_total) = (sums.total, sums.base_total());
    let cash = document.account.map_or(Account::Clearing, Account::Bank);
    let sign = document.kind.sign();
    match document.kind {
        Kind::Invoice | Kind::DebitNote | Kind::CreditNote => {
            // Charges on an invoice have posted themselves when they were made.
            let (mut net, mut tax) = (sums.own_net(), sums.own_tax());
            let (mut base_net, mut base_tax) = (sums.own_base_net(), sums.own_base_tax());
            if document.stage == Stage::Refunded {
                // All that credit notes had not given back before.
                let left = carried(document);
                (net, tax) = (net - left.net, tax - left.tax());
                (base_net, base_tax) = (base_net - left.base_net, base_tax - left.base_tax);
            }
            post(&mut all, Account::Receivable, sign * (net + tax), sign * (base_net + base_tax));
            post(&mut all, Account::Revenue, -sign * net, -sign * base_net);
            post(&mut all, Account::Tax, -sign * tax, -sign * base_tax);
            cash_of_invoice(&mut all);
        }
        Kind::Receipt | Kind::Refund => {
            post(&mut all, Account::Receivable, sign * total, sign * base_total);
            post(&mut all, cash, -sign * total, -sign * base_total);
        }
        Kind::Income => {
            post(&mut all, cash, total, base_total);
            post(&mut all, Account::OtherIncome, -total, -base_total);
        }
        Kind::Expense => {
            post(&mut all, Account::Expense, total, base_total);
            post(&mut all, cash, -total, -base_total);
        }
    }
    // The side that brings the money bears the exchange difference.
    if !document.is_debit() {
        for allocation in &document.allocations {
            let difference = allocation.base_debit - allocation.base_credit;
            post(&mut all, Account::Receivable, 0, -difference);
            post(&mut all, Account::ExchangeDifference, 0, difference);
        }
    }
    all.retain(|_, sum| *sum != Both::default());
    all
}

/// What postings became: after less before, accounts without a change left out.
pub fn difference(before: &Postings, after: &Postings) -> Postings {
    let mut all = after.clone();
    for (account, sum) in before {
        post(&mut all, *account, -sum.amount, -sum.base);
    }
    all.retain(|_, sum| *sum != Both::default());
    all
}

/// Numbers by record and attribute: see [`keys`](crate::machinery::keys), figures.
pub type Figures = BTreeMap<(String, String), i64>;

/// The attribute of the one record of credit that is not set against anything.
pub const CREDIT: (&str, &str) = ("due#credit", "open");

/// What figures of sales are named by, and those of purchases.
pub const SOLD: &str = "sold";
/// See [`SOLD`].
pub const BOUGHT: &str = "bought";

/// The record of a day's figures of a kind (`revenue`, `due`): one for each half of a year.
pub fn half_of(kind: &str, date: Date) -> String {
    format!("{kind}#{:04}-{}", date.year(), if date.month() <= 6 { 1 } else { 2 })
}

/// The record of a month's figures: one for each year.
pub fn year_of(date: Date) -> String {
    format!("month#{:04}", date.year())
}

/// What a document adds to its reseller's figures, in minor units of the base currency unless the
/// attribute names another: money in and out by month, what is outstanding by the month of the invoice and
/// by the day it is due, revenue by the day on which it is earned, sales by month and currency.
pub fn figures(document: &Document) -> Figures {
    let mut all = Figures::new();
    let mut add = |record: String, attribute: String, amount: i64| {
        *all.entry((record, attribute)).or_insert(0) += amount;
    };
    // What was never issued has no number.
    if document.stage == Stage::Draft || (Kind::NUMBERED.contains(&document.kind) && document.number.is_none()) {
        return all;
    }
    let date = document.day.date;
    let month = |what: &str, date: Date| format!("{:02}:{what}", date.month());
    let sums = &document.sums;
    if document.kind.is_cash() && document.stage == Stage::Issued {
        let inwards = matches!(document.kind, Kind::Receipt | Kind::Income);
        add(year_of(date), month(if inwards { "income" } else { "expenses" }, date), sums.base_total());
        if document.kind == Kind::Expense {
            let code = document.iso.code();
            add(year_of(date), month(&format!("{BOUGHT}:{code}:net"), date), sums.total);
            add(year_of(date), month(&format!("{BOUGHT}:{code}:count"), date), 1);
        }
    }
    if document.stands() {
        let open = document.base_open();
        if !document.is_debit() {
            add(CREDIT.0.to_owned(), CREDIT.1.to_owned(), open);
        } else if document.kind != Kind::Refund {
            let due = document.due.map_or(date, |due| due.date);
            add(half_of("due", due), due.format("%m%d").to_string(), open);
            if document.kind == Kind::Invoice {
                add(year_of(date), month("outstanding", date), open);
            }
        }
    }
    if matches!(document.kind, Kind::Invoice | Kind::DebitNote | Kind::CreditNote) {
        let sign = document.kind.sign();
        for (day, earned) in earned(document) {
            add(half_of("revenue", day), day.format("%m%d").to_string(), sign * earned);
        }
        // What charges have posted by themselves was counted with them.
        let code = document.iso.code();
        let lines = document.lines.iter().filter(|line| line.charge.is_none()).count();
        let lines = i64::try_from(lines).unwrap_or(0);
        let mut sales = |date: Date, sign: i64, (net, tax): (i64, i64)| {
            for (what, amount) in [("net", net), ("tax", tax), ("count", lines)] {
                add(year_of(date), month(&format!("{SOLD}:{code}:{what}"), date), sign * amount);
            }
        };
        sales(date, sign, (sums.own_net(), sums.own_tax()));
        if let Some(closed) = document.closed_on {
            // A refund gives back what credit notes had not given back before.
            let left = carried(document);
            let refunded = document.stage == Stage::Refunded;
            let given = if refunded { (left.net, left.tax()) } else { (sums.own_net(), sums.own_tax()) };
            sales(closed.max(date), -sign, given);
        }
    }
    all.retain(|_, amount| *amount != 0);
    all
}

/// What a document earns on which day, in the base currency: each line over its term or on the document's
/// date, and on that date too what the rounding of sums leaves. What is taken back takes back on that day
/// what was earned until then, and earns nothing afterwards.
fn earned(document: &Document) -> BTreeMap<Date, i64> {
    let mut days: BTreeMap<Date, i64> = BTreeMap::new();
    let date = document.day.date;
    let own = document.lines.iter().filter(|line| line.charge.is_none());
    let mut left = document.sums.own_base_net();
    for line in own {
        left -= line.base;
        let term = line.term.unwrap_or(Term { start: date, end: date });
        for (day, earned) in term.daily(line.base) {
            *days.entry(day).or_insert(0) += earned;
        }
    }
    *days.entry(date).or_insert(0) += left;
    if let Some(closed) = document.closed_on {
        let closed = closed.max(date);
        let after = days.split_off(&closed.succ_opt().unwrap_or(Date::MAX));
        drop(after);
        let so_far: i64 = days.values().sum();
        // What credit notes gave back before a refund they have taken back themselves.
        let stays = match document.stage {
            Stage::Refunded => document.credited_base_net() - document.sums.charged_base_net,
            _ => 0,
        };
        *days.entry(closed).or_insert(0) += stays - so_far;
    }
    days
}

/// How many records of figures a document's revenue lies in, which bounds its commit.
pub fn halves(document: &Document) -> usize {
    let records: std::collections::BTreeSet<String> =
        document.lines.iter().filter_map(|line| line.term).flat_map(halves_of).collect();
    records.len()
}

fn halves_of(term: Term) -> Vec<String> {
    let mut records = Vec::new();
    let mut month = Month::of(term.start);
    while month <= Month::of(term.end) {
        records.push(half_of("revenue", month.first_day()));
        month = month.next();
    }
    records
}
