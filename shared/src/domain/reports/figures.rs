//! Reports of sums that are kept up to date.

use std::collections::BTreeMap;

use crate::domain::customers;
use crate::domain::documents::accrual::Month;
use crate::domain::documents::entity::{Document, IndexRow};
use crate::domain::documents::ledger::{BASE, Trial};
use crate::domain::documents::posting::{Account, CREDIT};
use crate::domain::tenants::{Reach, TenantRecord, own};
use crate::machinery::keys::{self, CUSTOMER, INVOICE, Key, TRANSACTION};
use crate::machinery::listing;
use crate::machinery::operation::{Context, Done, Op, Scope};
use crate::machinery::store::{Range, record, sums, text_of};
use crate::words::error::{Error, Result, Violation};
use crate::words::money::{Currency, Money};
use crate::words::time::Date;

/// Money in and out, and what is outstanding (contract cloudonex §8.9).
pub static FINANCIAL: Op<Period, Financial> =
    Op::read("reports.financial", "report", Scope::Reseller, |cx, period| Box::pin(financial(cx, *period)));
/// Revenue by month as of a day: what is earned, and what is still deferred.
pub static REVENUE: Op<Option<Date>, Revenue> =
    Op::read("reports.revenue", "report", Scope::Reseller, |cx, as_of| Box::pin(revenue(cx, *as_of)));
/// What customers owe, by how long it is overdue.
pub static RECEIVABLES: Op<Aged, Receivables> =
    Op::read("reports.receivables", "report", Scope::Reseller, |cx, aged| Box::pin(receivables(cx, aged)));
/// The sum of every account of the ledger.
pub static TRIAL_BALANCE: Op<(), Vec<Sum>> =
    Op::read("reports.trial_balance", "report", Scope::Reseller, |cx, ()| Box::pin(trial_balance(cx)));
/// Which period; all time when both are missing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Period {
    /// The year.
    pub year: Option<i32>,
    /// The month, 1 to 12; of the current year when that is missing.
    pub month: Option<u32>,
}

/// Amounts in the currency of the books.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Financial {
    /// Money that came in.
    pub income: Money,
    /// Money that went out.
    pub expenses: Money,
    /// What the invoices of the period still ask for.
    pub outstanding: Money,
}

/// The records of a kind of all resellers the caller may see: record and attribute to sum. One call for each
/// reseller.
pub(super) async fn read(
    cx: &Context,
    tenant: &TenantRecord,
    kind: &str,
    year: Option<i32>,
) -> Result<BTreeMap<(String, String), i64>> {
    let reach = tenant.reach(&cx.caller);
    let mut all = BTreeMap::new();
    for reseller in tenant.resellers.iter().filter(|reseller| reach.covers(reseller.id)) {
        let (from, to) = match year {
            Some(year) => (format!("{kind}#{year:04}"), format!("{kind}#{year:04}~")),
            None => (format!("{kind}#"), format!("{kind}#~")),
        };
        let pk = keys::figures(cx.tenant(), reseller.id);
        let range = Range { from: Some(from), to: Some(to), ..Range::whole(pk) };
        for item in cx.store.query(&range).await? {
            let record = text_of(&item, "SK").unwrap_or_default().to_owned();
            for (attribute, amount) in sums(Some(&item)) {
                *all.entry((record.clone(), attribute)).or_insert(0) += amount;
            }
        }
    }
    Ok(all)
}

async fn financial(cx: &Context, period: Period) -> Result<Done<Financial>> {
    let tenant = own(cx).await?;
    let currency = tenant.base()?.iso;
    let year = period.year.or(period.month.map(|_| Month::of(tenant.today(cx).date).year));
    let all = read(cx, &tenant, "month", year).await?;
    let wanted = period.month.map(|month| format!("{month:02}:"));
    let sum = |what: &str| {
        let own = all.iter().filter(|((_, attribute), _)| {
            attribute.get(3..) == Some(what) && wanted.as_ref().is_none_or(|month| attribute.starts_with(month))
        });
        Money { minor: own.map(|(_, amount)| *amount).sum(), currency }
    };
    Ok(Done::read(Financial { income: sum("income"), expenses: sum("expenses"), outstanding: sum("outstanding") }))
}

/// One month's revenue, in minor units of the currency of the books.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MonthsRevenue {
    /// The month.
    pub month: Month,
    /// Earned in it, up to the day of the report.
    pub recognised: Money,
    /// To be earned in it after that day.
    pub deferred: Money,
}

/// Revenue as of a day. It counts every document issued until now; the day parts what they earn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revenue {
    /// The day.
    pub as_of: Date,
    /// Earned up to and including it.
    pub recognised: Money,
    /// Billed and not earned by then.
    pub deferred: Money,
    /// The months, in order, that earn anything.
    pub months: Vec<MonthsRevenue>,
}

/// The day an attribute of a half-year's record stands for.
fn day_of(record: &str, attribute: &str) -> Option<Date> {
    let year: i32 = record.split('#').nth(1)?.get(..4)?.parse().ok()?;
    Date::from_ymd_opt(year, attribute.get(..2)?.parse().ok()?, attribute.get(2..4)?.parse().ok()?)
}

async fn revenue(cx: &Context, as_of: Option<Date>) -> Result<Done<Revenue>> {
    let tenant = own(cx).await?;
    let currency = tenant.base()?.iso;
    let as_of = as_of.unwrap_or_else(|| tenant.today(cx).date);
    let mut months: BTreeMap<Month, (i64, i64)> = BTreeMap::new();
    for ((record, attribute), amount) in read(cx, &tenant, "revenue", None).await? {
        let Some(day) = day_of(&record, &attribute) else { continue };
        let (recognised, deferred) = months.entry(Month::of(day)).or_default();
        *if day <= as_of { recognised } else { deferred } += amount;
    }
    let money = |minor| Money { minor, currency };
    let row = |(month, (recognised, deferred)): (Month, (i64, i64))| MonthsRevenue {
        month,
        recognised: money(recognised),
        deferred: money(deferred),
    };
    let (recognised, deferred) = months.values().fold((0, 0), |sum, month| (sum.0 + month.0, sum.1 + month.1));
    let months = months.into_iter().filter(|(_, sums)| *sums != (0, 0)).map(row).collect();
    Ok(Done::read(Revenue { as_of, recognised: money(recognised), deferred: money(deferred), months }))
}

/// Which receivables.
#[derive(Debug, Clone, Default)]
pub struct Aged {
    /// The day from which lateness is counted; today when missing. What is open is open now.
    pub as_of: Option<Date>,
    /// Only this customer's.
    pub customer: Option<u64>,
}

/// The first and last days overdue of each bucket after the first.
pub const BUCKETS: [(i64, i64); 4] = [(1, 30), (31, 60), (61, 90), (91, i64::MAX)];

/// What is owed, in the currency of the books at each document's own ratio.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receivables {
    /// The day.
    pub as_of: Date,
    /// Not due before that day.
    pub current: Money,
    /// Overdue, by [`BUCKETS`].
    pub overdue: [Money; 4],
    /// Customers' money that is not set against anything.
    pub credit: Money,
    /// Current and overdue.
    pub total: Money,
}

async fn receivables(cx: &Context, aged: &Aged) -> Result<Done<Receivables>> {
    let tenant = own(cx).await?;
    let currency = tenant.base()?.iso;
    let as_of = aged.as_of.unwrap_or_else(|| tenant.today(cx).date);
    let mut open: BTreeMap<Date, i64> = BTreeMap::new();
    let mut credit = 0;
    match aged.customer {
        None => {
            for ((record, attribute), amount) in read(cx, &tenant, "due", None).await? {
                if (record.as_str(), attribute.as_str()) == CREDIT {
                    credit += amount;
                } else if let Some(day) = day_of(&record, &attribute) {
                    *open.entry(day).or_insert(0) += amount;
                }
            }
        }
        Some(customer) => {
            for document in open_of(cx, &tenant.reach(&cx.caller), customer).await? {
                let amount = document.base_open();
                if document.is_debit() {
                    *open.entry(document.due.map_or(document.day.date, |due| due.date)).or_insert(0) += amount;
                } else {
                    credit += amount;
                }
            }
        }
    }
    let money = |minor| Money { minor, currency };
    let late = |from: i64, to: i64| {
        let own = open.iter().filter(|(day, _)| (from..=to).contains(&(as_of - **day).num_days()));
        money(own.map(|(_, amount)| *amount).sum())
    };
    let overdue = BUCKETS.map(|(from, to)| late(from, to));
    let (current, total) = (late(i64::MIN, 0), money(open.values().sum()));
    Ok(Done::read(Receivables { as_of, current, overdue, credit: money(credit), total }))
}

/// A customer's documents with something open.
async fn open_of(cx: &Context, reach: &Reach, customer: u64) -> Result<Vec<Document>> {
    let t = cx.tenant();
    let found: Option<customers::Customer> = cx.store.get(&keys::row(t, CUSTOMER, customer)).await?;
    if found.filter(|found| reach.covers(found.reseller)).is_none() {
        return Err(Violation::missing("customer", "customers", customer).into());
    }
    let mut wanted: Vec<Key> = Vec::new();
    for entity in [INVOICE, TRANSACTION] {
        let rows: Vec<IndexRow> = listing::index(cx, keys::index_of(t, entity, Some(customer))).await?;
        let open = rows.iter().filter(|row| row.open != 0);
        wanted.extend(open.map(|row| keys::row(t, entity, row.id)));
    }
    cx.store.get_items(&wanted).await?.into_iter().flatten().map(record).collect()
}

/// An account's sum in one currency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sum {
    /// The account's code.
    pub account: String,
    /// Asset, liability, income, expense or equity.
    pub class: &'static str,
    /// The sum, a debit when positive.
    pub amount: Money,
    /// Whether it is in the currency of the books, over all currencies the account was posted in.
    pub in_base: bool,
}

async fn trial_balance(cx: &Context) -> Result<Done<Vec<Sum>>> {
    let wanted = [keys::tenant(cx.tenant()), keys::trial(cx.tenant())];
    let mut items = cx.store.get_items(&wanted).await?.into_iter();
    let tenant = crate::domain::tenants::of_item(cx, items.next().flatten())?;
    let trial = Trial::of_item(items.next().flatten().as_ref());
    // It adds up all resellers' books, so that it is nobody's who may see some of them only.
    if tenant.reach(&cx.caller) != Reach::Everything {
        return Err(Error::not_found("report", "trial-balance"));
    }
    let base = tenant.base()?.iso;
    let row = |(name, minor): (&String, &i64)| {
        let (account, code) = Trial::parts(name);
        let in_base = code == BASE;
        let currency = if in_base { base } else { Currency::from_code(code)? };
        let class = Account::from_code(account)?.class();
        Some(Sum { account: account.to_owned(), class, amount: Money { minor: *minor, currency }, in_base })
    };
    Ok(Done::read(trial.0.iter().filter_map(row).collect()))
}
