//! Reading purchase orders.

use crate::domain::purchases::entity::Purchase;
use crate::domain::records::{self, List, compare, find, indexed};
use crate::domain::tenants::own;
use crate::machinery::keys::PURCHASE;
use crate::machinery::listing;
use crate::machinery::operation::{Context, Done, Op, Scope};
use crate::words::error::Result;
use crate::words::page::Page;
use crate::words::time::Date;

/// List purchase orders.
pub static SEARCH: Op<Wanted, Page<Purchase>> =
    Op::read("purchases.search", "purchase", Scope::Reseller, |cx, wanted| Box::pin(search(cx, wanted)));
/// Read a purchase order.
pub static GET: Op<u64, Purchase> =
    Op::read("purchases.get", "purchase", Scope::Reseller, |cx, id| Box::pin(get(cx, *id)));

/// Which purchase orders to list.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// Filters; a supplier is a parent.
    pub list: List,
    /// Only dated from the first day and to the second.
    pub days: (Option<Date>, Option<Date>),
}

async fn get(cx: &Context, id: u64) -> Result<Done<Purchase>> {
    Ok(Done::read(find(cx, id).await?.1))
}

async fn search(cx: &Context, wanted: &Wanted) -> Result<Done<Page<Purchase>>> {
    let (from, to) = wanted.days;
    if (from, to) == (None, None) {
        return Ok(Done::read(records::search(cx, &wanted.list).await?.1));
    }
    let tenant = own(cx).await?;
    let mut rows = indexed(cx, PURCHASE, &wanted.list, &tenant.reach(&cx.caller)).await?;
    rows.retain(|row| {
        let date = row.span.unwrap_or_default().0;
        from.is_none_or(|from| date >= from) && to.is_none_or(|to| date <= to)
    });
    rows.sort_by(|left, right| compare(&wanted.list, left, right));
    let ids: Vec<u64> = rows.iter().map(|row| row.id).collect();
    Ok(Done::read(listing::chosen(cx, PURCHASE, &ids, wanted.list.window).await?))
}
