//! Sales and purchases, added up by the month of their documents.

use std::collections::BTreeMap;

use crate::domain::documents::accrual::Month;
use crate::domain::documents::posting::{BOUGHT, SOLD};
use crate::domain::reports::figures::read;
use crate::domain::tenants::own;
use crate::machinery::operation::{Context, Done, Op, Scope};
use crate::words::error::Result;

/// Sales and purchases by month, currency and direction.
pub static SALES: Op<Sales, SalesReport> =
    Op::read("reports.summary", "report", Scope::Reseller, |cx, sales| Box::pin(sales_report(cx, sales)));

/// What sales can be grouped by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Dimension {
    /// Sold or bought.
    Origin,
    /// The currency.
    Currency,
    /// The month.
    Month,
    /// The year.
    Year,
}

/// Which sales, grouped by what.
#[derive(Debug, Clone, Default)]
pub struct Sales {
    /// Group by these.
    pub by: Vec<Dimension>,
    /// Only sold (`true`) or bought (`false`).
    pub sold: Option<bool>,
    /// Only in these currencies (ids); all when empty.
    pub currencies: Vec<u64>,
    /// Only from the first month to the second.
    pub months: (Option<Month>, Option<Month>),
    /// What the answer shows, in its dialect's words.
    pub fields: Vec<String>,
    /// What it is sorted by, each descending or not.
    pub order: Vec<(String, bool)>,
    /// Rows to skip and to return.
    pub window: (u64, u64),
}

/// One group. What it is not grouped by is absent.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct SalesRow {
    /// Whether it was sold.
    pub sold: Option<bool>,
    /// The currency's id.
    pub currency: Option<u64>,
    /// The month, or the year with month 0.
    pub month: Option<(i32, u32)>,
    /// The amounts' decimal places, where they are of one currency.
    pub iso: Option<&'static str>,
    /// Net of taxes, in minor units.
    pub net: i64,
    /// Taxes, in minor units.
    pub tax: i64,
    /// How many lines.
    pub count: i64,
}

/// The groups with what their dialect asked for.
#[derive(Debug, Clone)]
pub struct SalesReport {
    /// The groups.
    pub rows: Vec<SalesRow>,
    /// As asked.
    pub asked: Sales,
}

/// Direction, currency and month of a group.
type Group = (Option<bool>, Option<u64>, Option<(i32, u32)>);

async fn sales_report(cx: &Context, asked: &Sales) -> Result<Done<SalesReport>> {
    let tenant = own(cx).await?;
    let mut groups: BTreeMap<Group, SalesRow> = BTreeMap::new();
    for ((record, attribute), amount) in read(cx, &tenant, "month", None).await? {
        let Some((month, sold, code, what)) = parts(&record, &attribute) else { continue };
        let Some(currency) = tenant.currencies.iter().find(|one| one.iso.code() == code) else { continue };
        let outside = asked.months.0.is_some_and(|from| month < from) || asked.months.1.is_some_and(|to| month > to);
        let other = asked.sold.is_some_and(|only| only != sold);
        if outside || other || !(asked.currencies.is_empty() || asked.currencies.contains(&currency.id)) {
            continue;
        }
        let by = |dimension| asked.by.contains(&dimension);
        let period = if by(Dimension::Month) {
            Some((month.year, month.month))
        } else {
            by(Dimension::Year).then_some((month.year, 0))
        };
        let key = (
            by(Dimension::Origin).then_some(sold),
            (by(Dimension::Currency) || asked.currencies.len() == 1).then_some(currency.id),
            period,
        );
        let iso = key.1.map(|_| currency.iso.code());
        let blank = SalesRow { sold: key.0, currency: key.1, month: key.2, iso, net: 0, tax: 0, count: 0 };
        let row = groups.entry(key).or_insert(blank);
        match what {
            "net" => row.net += amount,
            "tax" => row.tax += amount,
            _ => row.count += amount,
        }
    }
    Ok(Done::read(SalesReport { rows: groups.into_values().collect(), asked: asked.clone() }))
}

/// `month#2026`, `03:sold:USD:net`.
fn parts<'a>(record: &str, attribute: &'a str) -> Option<(Month, bool, &'a str, &'a str)> {
    let year = record.split('#').nth(1)?.parse().ok()?;
    let mut parts = attribute.split(':');
    let month = parts.next()?.parse().ok()?;
    let sold = match parts.next()? {
        SOLD => true,
        BOUGHT => false,
        _ => return None,
    };
    Some((Month { year, month }, sold, parts.next()?, parts.next()?))
}
