//! What was charged, line by line. There are no calls in this ledger: a usage row is a line of an issued invoice
//! or debit note, over the period it asks for.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use crate::domain::documents::entity::{Document, IndexRow, Kind, Line, Status};
use crate::domain::records::find_all;
use crate::domain::reports::{Layout, MOST_ROWS};
use crate::domain::sales::service::Service;
use crate::domain::tenants::{TenantRecord, own};
use crate::machinery::keys::{self, INVOICE, Key, TRANSACTION};
use crate::machinery::operation::{Context, Done, Op, Scope};
use crate::machinery::store::{Range, record};
use crate::words::error::{Error, Result, Rule};
use crate::words::money::{Currency, Money};
use crate::words::time::{Date, Day, Instant, Zone};

/// The rows themselves.
pub static XDRS_LIST: Op<Asked, Usage> =
    Op::read("reports.xdrs_list", "report", Scope::Reseller, |cx, asked| Box::pin(usage(cx, asked)));
/// The same rows, for who adds them up.
pub static ORIGTERM: Op<Asked, Usage> =
    Op::read("reports.origterm", "report", Scope::Reseller, |cx, asked| Box::pin(usage(cx, asked)));

/// Customers whose partitions are read one by one; for more, all documents of the days are read.
const FEW: usize = 10;

/// Which rows. Filters combine with AND; an empty list filters nothing.
#[derive(Debug, Clone, Default)]
pub struct Asked {
    /// Only of documents at or after the first and at or before the second instant.
    pub between: (Option<Instant>, Option<Instant>),
    /// Only of these customers.
    pub customers: Vec<u64>,
    /// Only of services for these accounts.
    pub accounts: Vec<u64>,
    /// Whether something is asked for that no row here has, such as what was bought.
    pub nothing: bool,
    /// How the answer looks.
    pub layout: Layout,
}

/// A charged line.
#[derive(Debug, Clone, PartialEq)]
pub struct UsageRow {
    /// The first instant of its period, or its document's.
    pub start: Instant,
    /// The instant at which its period is over, or its document's.
    pub stop: Instant,
    /// How many; 0 of a discount, which is no use of anything.
    pub volume: Decimal,
    /// Who is charged.
    pub customer: Option<u64>,
    /// The service it is for, unless that was deleted.
    pub service: Option<Service>,
    /// The currency's id in the tenant.
    pub currency: u64,
    /// Net of taxes and discounts.
    pub net: Money,
    /// Taxes.
    pub tax: Money,
}

/// The rows with what their dialect asked for.
#[derive(Debug, Clone)]
pub struct Usage {
    /// The rows, the earliest document's first.
    pub rows: Vec<UsageRow>,
    /// As asked.
    pub layout: Layout,
}

fn too_many() -> Error {
    Error::field("filters.date", Rule::TooMany(MOST_ROWS))
}

async fn usage(cx: &Context, asked: &Asked) -> Result<Done<Usage>> {
    let layout = asked.layout.clone();
    if asked.nothing {
        return Ok(Done::read(Usage { rows: Vec::new(), layout }));
    }
    let tenant = own(cx).await?;
    let documents = documents(cx, asked, &tenant).await?;
    // A line without a service can be for no account.
    let counts = |line: &Line| line.charge.is_none() && (asked.accounts.is_empty() || line.service.is_some());
    let mut rows: Vec<(UsageRow, Option<u64>)> = Vec::new();
    // Documents are long: some are read, and turned into rows, before the next.
    for some in documents.chunks(100) {
        let wanted: Vec<Key> = some.iter().map(|row| keys::row(cx.tenant(), row.kind.entity(), row.id)).collect();
        for item in cx.store.get_items(&wanted).await?.into_iter().flatten() {
            let document: Document = record(item)?;
            let lines = document.lines.iter().filter(|line| counts(line));
            rows.extend(lines.map(|line| (row_of(&document, line, tenant.timezone), line.service)));
        }
        if rows.len() > MOST_ROWS {
            return Err(too_many());
        }
    }
    let services = services(cx, rows.iter().filter_map(|(_, service)| *service)).await?;
    let with_service =
        |(row, id): (UsageRow, Option<u64>)| UsageRow { service: id.and_then(|id| services.get(&id).cloned()), ..row };
    let mut rows: Vec<UsageRow> = rows.into_iter().map(with_service).collect();
    if !asked.accounts.is_empty() {
        let account = |row: &UsageRow| row.service.as_ref().and_then(|service| service.account);
        rows.retain(|row| account(row).is_some_and(|id| asked.accounts.contains(&id)));
    }
    Ok(Done::read(Usage { rows, layout }))
}

/// The index rows of the issued documents that ask for money, by date. Of no more rows than may be read: there
/// may be any number of documents, and whoever asks for all of them has to choose shorter ranges.
async fn documents(cx: &Context, asked: &Asked, tenant: &TenantRecord) -> Result<Vec<IndexRow>> {
    let (from, to) = asked.between;
    // A document's date is a day in the zone of who made it, which may be the day before or after.
    let day = |at: Instant| Day::of(at, tenant.timezone).date;
    let before = |date: Date| date.pred_opt().unwrap_or(date);
    let after = |date: Date| date.succ_opt().unwrap_or(date);
    let mut customers = asked.customers.clone();
    customers.sort_unstable();
    customers.dedup();
    let partitions: Vec<Option<u64>> =
        if (1..=FEW).contains(&customers.len()) { customers.into_iter().map(Some).collect() } else { vec![None] };
    let mut rows: Vec<IndexRow> = Vec::new();
    for entity in [INVOICE, TRANSACTION] {
        for partition in &partitions {
            let range = Range {
                from: from.map(|at| keys::day_from(before(day(at)))),
                to: to.map(|at| keys::day_to(after(day(at)))),
                limit: Some((MOST_ROWS + 1).saturating_sub(rows.len()) as u64),
                ..Range::whole(keys::index_of(cx.tenant(), entity, *partition))
            };
            for item in cx.store.query(&range).await? {
                rows.push(record(item)?);
            }
            if rows.len() > MOST_ROWS {
                return Err(too_many());
            }
        }
    }
    let reach = tenant.reach(&cx.caller);
    let issued = |status: Status| matches!(status, Status::Unpaid | Status::PartPaid | Status::Paid);
    rows.retain(|row| {
        matches!(row.kind, Kind::Invoice | Kind::DebitNote)
            && issued(row.status)
            && reach.covers(row.reseller)
            && (asked.customers.is_empty() || row.customer.is_some_and(|id| asked.customers.contains(&id)))
            && from.is_none_or(|from| row.at >= from)
            && to.is_none_or(|to| row.at <= to)
    });
    rows.sort_by_key(|row| (row.at, row.kind, row.id));
    Ok(rows)
}

fn row_of(document: &Document, line: &Line, zone: Zone) -> UsageRow {
    let midnight = |date: Date| Day::midnight(date, zone).map_or(document.day.at, |day| day.at);
    // A period ends where the next one begins.
    let (start, stop) = line.term.map_or((document.day.at, document.day.at), |term| {
        (midnight(term.start), midnight(term.end.succ_opt().unwrap_or(term.end)))
    });
    UsageRow {
        start,
        stop,
        volume: if line.is_discount() { Decimal::ZERO } else { line.quantity },
        customer: document.customer,
        service: None,
        currency: document.currency,
        net: document.money(line.taxable),
        tax: document.money(line.tax()),
    }
}

async fn services(cx: &Context, ids: impl Iterator<Item = u64>) -> Result<BTreeMap<u64, Service>> {
    let mut ids: Vec<u64> = ids.collect();
    ids.sort_unstable();
    ids.dedup();
    let found = find_all::<Service>(cx, &ids).await?;
    Ok(found.into_iter().flatten().map(|service| (service.stamps.id, service)).collect())
}

/// What some rows cost together, where they are in one currency; `None` where they are in several, or there are
/// none. Amounts of minor units add up within 64 bits: each is below 10^15, and there are at most 5,000.
pub fn cost<'r>(rows: impl Iterator<Item = &'r UsageRow>) -> Option<Money> {
    let mut sum: Option<(Currency, i64)> = None;
    for row in rows {
        match &mut sum {
            None => sum = Some((row.net.currency, row.net.minor)),
            Some((currency, minor)) if *currency == row.net.currency => *minor = minor.checked_add(row.net.minor)?,
            Some(_) => return None,
        }
    }
    sum.map(|(currency, minor)| Money { minor, currency })
}
