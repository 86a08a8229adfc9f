//! Reading quotes.

use crate::domain::quotes::entity::{Quote, Stage};
use crate::domain::records::{IndexRow, List, compare, find, indexed};
use crate::domain::tenants::own;
use crate::machinery::keys::QUOTE;
use crate::machinery::listing;
use crate::machinery::operation::{Context, Done, Op, Scope};
use crate::words::error::Result;
use crate::words::page::Page;
use crate::words::time::Date;

/// List quotes.
pub static SEARCH: Op<Wanted, Page<Shown>> =
    Op::read("quotes.search", "quote", Scope::Reseller, |cx, wanted| Box::pin(search(cx, wanted)));
/// Read a quote.
pub static GET: Op<u64, Shown> = Op::read("quotes.get", "quote", Scope::Reseller, |cx, id| Box::pin(get(cx, *id)));

/// Which quotes to list.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// Filters; newest date first.
    pub list: List,
    /// Only those that stand here today.
    pub stage: Option<Stage>,
    /// Only from the first day and to the second.
    pub days: (Option<Date>, Option<Date>),
}

/// A quote as it stands today.
#[derive(Debug, Clone, PartialEq)]
pub struct Shown {
    /// The quote.
    pub quote: Quote,
    /// Where it stands.
    pub stage: Stage,
}

impl Shown {
    /// A quote on a day.
    pub fn of(quote: Quote, today: Date) -> Self {
        Self { stage: quote.stage_on(today), quote }
    }
}

async fn get(cx: &Context, id: u64) -> Result<Done<Shown>> {
    let (tenant, quote) = find::<Quote>(cx, id).await?;
    Ok(Done::read(Shown::of(quote, tenant.today(cx).date)))
}

async fn search(cx: &Context, wanted: &Wanted) -> Result<Done<Page<Shown>>> {
    let tenant = own(cx).await?;
    let today = tenant.today(cx).date;
    let mut rows = indexed(cx, QUOTE, &wanted.list, &tenant.reach(&cx.caller)).await?;
    rows.retain(|row| {
        let (date, until) = row.span.unwrap_or_default();
        let expired = ["draft", "sent"].contains(&row.status.as_str()) && until < today;
        let status = if expired { Stage::Expired.word() } else { row.status.as_str() };
        wanted.stage.is_none_or(|stage| stage.word() == status)
            && wanted.days.0.is_none_or(|from| date >= from)
            && wanted.days.1.is_none_or(|to| date <= to)
    });
    let date = |row: &IndexRow| row.span.map(|(date, _)| date);
    rows.sort_by(|left, right| date(right).cmp(&date(left)).then_with(|| compare(&wanted.list, left, right)));
    let ids: Vec<u64> = rows.iter().map(|row| row.id).collect();
    let page: Page<Quote> = listing::chosen(cx, QUOTE, &ids, wanted.list.window).await?;
    Ok(Done::read(page.map(|quote| Shown::of(quote, today))))
}
