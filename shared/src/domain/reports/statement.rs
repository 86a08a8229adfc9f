//! A customer's statement: what happened between the customer and the tenant, out of the journal.

use crate::domain::customers::{Customer, ENTITY};
use crate::domain::documents::ledger::{Balance, Entry};
use crate::domain::documents::posting::Account;
use crate::domain::tenants::{CurrencyRef, of_item};
use crate::machinery::keys::{self, CUSTOMER};
use crate::machinery::operation::{Context, Done, Op, Scope};
use crate::machinery::store::{Range, record};
use crate::words::error::{Result, Violation};
use crate::words::money::Money;
use crate::words::time::Date;

/// A customer's statement.
pub static STATEMENT: Op<Asked, Statement> =
    Op::read("reports.statement", ENTITY, Scope::Reseller, |cx, asked| Box::pin(statement(cx, asked)));

/// Which statement.
#[derive(Debug, Clone, Default)]
pub struct Asked {
    /// The customer.
    pub customer: u64,
    /// The first day; from the beginning when missing.
    pub from: Option<Date>,
    /// The last day; until the end when missing.
    pub to: Option<Date>,
    /// The currency; the customer's own when missing.
    pub currency: Option<CurrencyRef>,
}

/// A line. What the customer owes more is a debit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The day.
    pub date: Date,
    /// The document (`invoice 7`).
    pub of: String,
    /// Its number.
    pub number: Option<String>,
    /// What happened.
    pub event: String,
    /// By how much the balance fell (negative) or rose.
    pub change: Money,
    /// The balance afterwards: to the customer's credit when positive.
    pub balance: Money,
}

/// A statement. Balances are to the customer's credit when positive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// The customer.
    pub customer: u64,
    /// The first and the last day.
    pub days: (Option<Date>, Option<Date>),
    /// The balance before the first day.
    pub opening: Money,
    /// The balance after the last day.
    pub closing: Money,
    /// The lines, in order.
    pub lines: Vec<Line>,
}

async fn statement(cx: &Context, asked: &Asked) -> Result<Done<Statement>> {
    let t = cx.tenant();
    let wanted = [keys::tenant(t), keys::row(t, CUSTOMER, asked.customer), keys::balance(t, asked.customer)];
    let mut items = cx.store.get_items(&wanted).await?.into_iter();
    let tenant = of_item(cx, items.next().flatten())?;
    let customer: Option<Customer> = items.next().flatten().map(record).transpose()?;
    let reach = tenant.reach(&cx.caller);
    let missing = || Violation::missing("customer", "customers", asked.customer);
    let customer = customer.filter(|customer| reach.covers(customer.reseller)).ok_or_else(missing)?;
    let balance: Balance = items.next().flatten().map(record).transpose()?.unwrap_or_default();
    let currency = match &asked.currency {
        None => tenant.currency_of(customer.currency)?,
        Some(given) => given.resolve(&tenant)?,
    };
    // All entries since the first day: those after the last one tell what the balance was before.
    let range = Range { from: asked.from.map(keys::day_from), ..Range::whole(keys::journal(t, customer.id)) };
    let entries = cx.store.query(&range).await?.into_iter().map(record::<Entry>).collect::<Result<Vec<_>>>()?;
    let receivable = Account::Receivable.to_string();
    let change = |entry: &Entry| -> i64 {
        let own = entry.postings.iter().filter(|one| one.account == receivable && one.currency == currency.iso);
        -own.map(|one| one.amount).sum::<i64>()
    };
    let money = |minor| Money { minor, currency: currency.iso };
    let opening = balance.of(currency.iso) - entries.iter().map(change).sum::<i64>();
    let mut now = opening;
    let mut lines = Vec::new();
    for entry in entries.iter().filter(|entry| asked.to.is_none_or(|to| entry.date <= to)) {
        let change = change(entry);
        if change == 0 {
            continue;
        }
        now += change;
        lines.push(Line {
            date: entry.date,
            of: entry.of.clone(),
            number: entry.number.clone(),
            event: entry.event.clone(),
            change: money(change),
            balance: money(now),
        });
    }
    let days = (asked.from, asked.to);
    let (opening, closing) = (money(opening), money(now));
    Ok(Done::read(Statement { customer: customer.id, days, opening, closing, lines }))
}
