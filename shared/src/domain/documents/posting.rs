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

use chrono::Datelike;

pub use crate::domain::documents::account::Account;
use crate::domain::documents::accrual::{Month, Term};
use crate::domain::documents::entity::{Document, Kind};
use crate::domain::documents::standing::{Taken, spells, was_issued};
use crate::words::time::Date;

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

/// What a document has posted by now.
pub fn postings(document: &Document) -> Postings {
    let mut all = settlement(document);
    for (account, sum) in issues(document).values().flatten() {
        post(&mut all, *account, sum.amount, sum.base);
    }
    all.retain(|_, sum| *sum != Both::default());
    all
}

/// What a document has posted by being issued, taken back and issued again, by the day it counts on.
pub fn issues(document: &Document) -> BTreeMap<Date, Postings> {
    let mut days: BTreeMap<Date, Postings> = BTreeMap::new();
    for spell in spells(document) {
        let day = days.entry(spell.from).or_default();
        match &spell.again {
            None => issue(day, document),
            Some(taken) => take_back(day, document, taken, 1),
        }
        if let Some((until, taken)) = &spell.until {
            take_back(days.entry(*until).or_default(), document, taken, -1);
        }
    }
    days.values_mut().for_each(|day| day.retain(|_, sum| *sum != Both::default()));
    days
}

fn issue(all: &mut Postings, document: &Document) {
    let sums = &document.sums;
    let (total, base_total, sign) = (sums.total, sums.base_total(), document.kind.sign());
    let cash = cash_of(document);
    match document.kind {
        Kind::Invoice | Kind::DebitNote | Kind::CreditNote => {
            // Charges on an invoice have posted themselves when they were made.
            let (net, tax) = (sums.own_net(), sums.own_tax());
            let (base_net, base_tax) = (sums.own_base_net(), sums.own_base_tax());
            post(all, Account::Receivable, sign * (net + tax), sign * (base_net + base_tax));
            post(all, Account::Revenue, -sign * net, -sign * base_net);
            post(all, Account::Tax, -sign * tax, -sign * base_tax);
        }
        Kind::Receipt | Kind::Refund => {
            post(all, Account::Receivable, sign * total, sign * base_total);
            post(all, cash, -sign * total, -sign * base_total);
        }
        Kind::Income => {
            post(all, cash, total, base_total);
            post(all, Account::OtherIncome, -total, -base_total);
        }
        Kind::Expense => {
            post(all, Account::Expense, total, base_total);
            post(all, cash, -total, -base_total);
        }
    }
}

/// What taking a document back posts (`way` is -1), and what asks for it again (1).
fn take_back(all: &mut Postings, document: &Document, taken: &Taken, way: i64) {
    if !matches!(document.kind, Kind::Invoice | Kind::DebitNote | Kind::CreditNote) {
        let mut whole = Postings::new();
        issue(&mut whole, document);
        whole.iter().for_each(|(account, sum)| post(all, *account, way * sum.amount, way * sum.base));
        return;
    }
    let sign = way * document.kind.sign();
    post(all, Account::Receivable, sign * (taken.net + taken.tax), sign * (taken.base_net + taken.base_tax));
    post(all, Account::Revenue, -sign * taken.net, -sign * taken.base_net);
    post(all, Account::Tax, -sign * taken.tax, -sign * taken.base_tax);
}

/// What settles a document has posted: marks as paid, money that a status gave back, whatever became of the document
/// since, and the exchange differences of what it is set against.
pub fn settlement(document: &Document) -> Postings {
    let mut all = Postings::new();
    let ((marked, marked_base), (left, left_base)) = (document.marked, document.returned);
    post(&mut all, Account::Clearing, marked - left, marked_base - left_base);
    post(&mut all, Account::Receivable, left - marked, left_base - marked_base);
    // What came in for it goes out again, and with it what the exchange rate had brought.
    post(&mut all, Account::Clearing, 0, -document.returned_difference);
    post(&mut all, Account::ExchangeDifference, 0, document.returned_difference);
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

/// The account that a document's money comes to or goes from.
fn cash_of(document: &Document) -> Account {
    document.account.map_or(Account::Clearing, Account::Bank)
}

/// What a change posts, by the day it counts on: what was issued or taken back on its own days, what was settled on
/// `on` or the document's date, whichever is later.
pub fn changes(before: Option<&Document>, after: &Document, on: Date) -> BTreeMap<Date, Postings> {
    let mut days = issues(after);
    for (day, was) in before.map(issues).unwrap_or_default() {
        let is = days.entry(day).or_default();
        *is = difference(&was, is);
    }
    let settled = difference(&before.map(settlement).unwrap_or_default(), &settlement(after));
    let day = days.entry(on.max(after.day.date)).or_default();
    settled.iter().for_each(|(account, sum)| post(day, *account, sum.amount, sum.base));
    days.values_mut().for_each(|day| day.retain(|_, sum| *sum != Both::default()));
    days.retain(|_, day| !day.is_empty());
    days
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
    if !was_issued(document) {
        return all;
    }
    let date = document.day.date;
    let month = |what: &str, date: Date| format!("{:02}:{what}", date.month());
    let (sums, base_total) = (&document.sums, document.sums.base_total());
    if document.kind.is_cash() {
        let inwards = matches!(document.kind, Kind::Receipt | Kind::Income);
        let code = document.iso.code();
        let mut cash = |date: Date, sign: i64| {
            let sums = [("net", sums.total), ("count", 1)];
            let bought = sums.map(|(what, amount)| (format!("{BOUGHT}:{code}:{what}"), amount));
            add(year_of(date), month(if inwards { "income" } else { "expenses" }, date), sign * base_total);
            for (what, amount) in bought.into_iter().filter(|_| document.kind == Kind::Expense) {
                add(year_of(date), month(&what, date), sign * amount);
            }
        };
        for spell in spells(document) {
            cash(spell.from, 1);
            spell.until.iter().for_each(|(until, _)| cash(*until, -1));
        }
    }
    if document.stands() {
        let open = document.base_open();
        if !document.is_debit() {
            add(CREDIT.0.to_owned(), CREDIT.1.to_owned(), open);
        } else {
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
        let mut sales = |date: Date, (net, tax): (i64, i64), sign: i64| {
            for (what, amount) in [("net", net), ("tax", tax), ("count", lines)] {
                add(year_of(date), month(&format!("{SOLD}:{code}:{what}"), date), sign * amount);
            }
        };
        for spell in spells(document) {
            let asked = spell.again.map_or((sums.own_net(), sums.own_tax()), |taken| (taken.net, taken.tax));
            sales(spell.from, asked, sign);
            spell.until.iter().for_each(|(until, taken)| sales(*until, (taken.net, taken.tax), -sign));
        }
    }
    all.retain(|_, amount| *amount != 0);
    all
}

/// What a document earns on which day, in the base currency: each line over its term or on the document's
/// date, and on that date too what the rounding of sums leaves. What is taken back takes back on that day
/// what was earned until then, and earns nothing until it is reopened, which makes up for what it missed.
fn earned(document: &Document) -> BTreeMap<Date, i64> {
    let mut days: BTreeMap<Date, i64> = BTreeMap::new();
    let date = document.day.date;
    let own = document.lines.iter().filter(|line| line.charge.is_none());
    let whole = document.sums.own_base_net();
    let mut left = whole;
    for line in own {
        left -= line.base;
        let term = line.term.unwrap_or(Term { start: date, end: date });
        for (day, earned) in term.daily(line.base) {
            *days.entry(day).or_insert(0) += earned;
        }
    }
    *days.entry(date).or_insert(0) += left;
    let mut all: BTreeMap<Date, i64> = BTreeMap::new();
    let mut so_far = 0;
    for spell in spells(document) {
        if spell.again.is_some() {
            let missed: i64 = days.range(..=spell.from).map(|(_, earned)| *earned).sum();
            *all.entry(spell.from).or_insert(0) += missed - so_far;
            so_far = missed;
        }
        // What was taken back by the day it counts from never stood, whatever days its terms lie on.
        let stood = spell.until.is_none_or(|(until, _)| until > spell.from);
        let since = |day: &Date| stood && (spell.again.is_none() || *day > spell.from);
        let until = |day: &Date| spell.until.is_none_or(|(until, _)| *day <= until);
        for (day, earned) in days.iter().filter(|(day, _)| since(day) && until(day)) {
            *all.entry(*day).or_insert(0) += earned;
            so_far += earned;
        }
        if let Some((until, taken)) = spell.until {
            let stays = whole - taken.base_net;
            *all.entry(until).or_insert(0) += stays - so_far;
            so_far = stays;
        }
    }
    all
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
