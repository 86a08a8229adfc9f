//! Reading tickets and what was said to them.

use crate::domain::customers::Customer;
use crate::domain::customers::shown::by_id;
use crate::domain::records::{List, compare, find, indexed};
use crate::domain::support::tickets::entity::{Message, Priority, Ticket};
use crate::domain::tenants::{TenantRecord, own};
use crate::machinery::keys::{self, TICKET};
use crate::machinery::listing;
use crate::machinery::operation::{Context, Done, Op, Scope};
use crate::machinery::store::{Range, record};
use crate::words::error::{Error, Result};
use crate::words::money::Currency;
use crate::words::page::{Page, Window};

/// List tickets.
pub static SEARCH: Op<Wanted, Page<Shown>> =
    Op::read("tickets.search", "ticket", Scope::Reseller, |cx, wanted| Box::pin(search(cx, wanted)));
/// Read a ticket with all that was said to it.
pub static GET: Op<u64, Whole> = Op::read("tickets.get", "ticket", Scope::Reseller, |cx, id| Box::pin(get(cx, *id)));
/// List what was said to a ticket, oldest first.
pub static MESSAGES: Op<(u64, Window), Page<Message>> =
    Op::read("tickets.messages", "ticket", Scope::Reseller, |cx, (id, window)| Box::pin(messages(cx, *id, *window)));

/// Which tickets to list.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// Filters and window; `parents` are departments.
    pub list: List,
    /// Only of these priorities; `Some` of nothing is none.
    pub priorities: Option<Vec<Priority>>,
}

/// A ticket with who asks.
#[derive(Debug, Clone, PartialEq)]
pub struct Shown {
    /// The ticket.
    pub ticket: Ticket,
    /// Its customer and what that is billed in; absent where it was deleted.
    pub customer: Option<(Customer, Currency)>,
}

/// A ticket with all that was said to it.
#[derive(Debug, Clone, PartialEq)]
pub struct Whole {
    /// The ticket and who asks.
    pub shown: Shown,
    /// What was said, oldest first.
    pub messages: Vec<Message>,
}

/// Tickets with their customers, in the same order.
pub(super) async fn beside(cx: &Context, tenant: &TenantRecord, tickets: Vec<Ticket>) -> Result<Vec<Shown>> {
    let customers = by_id(cx, tenant, tickets.iter().map(|ticket| ticket.customer)).await?;
    let one = |ticket: Ticket| Shown { customer: customers.get(&ticket.customer).cloned(), ticket };
    Ok(tickets.into_iter().map(one).collect())
}

/// One ticket with its customer and these messages.
pub(super) async fn whole(
    cx: &Context,
    tenant: &TenantRecord,
    ticket: Ticket,
    messages: Vec<Message>,
) -> Result<Whole> {
    let shown = beside(cx, tenant, vec![ticket]).await?.pop();
    let shown = shown.ok_or_else(|| Error::internal("a ticket that is not there"))?;
    Ok(Whole { shown, messages })
}

/// What was said to a ticket, oldest first.
pub(super) async fn said(cx: &Context, ticket: u64) -> Result<Vec<Message>> {
    let range = Range::whole(keys::ticket_messages(cx.tenant(), ticket));
    cx.store.query(&range).await?.into_iter().map(record).collect()
}

async fn search(cx: &Context, wanted: &Wanted) -> Result<Done<Page<Shown>>> {
    let tenant = own(cx).await?;
    let list = &wanted.list;
    let mut rows = indexed(cx, TICKET, list, &tenant.reach(&cx.caller)).await?;
    let ranks = wanted.priorities.as_ref().map(|some| some.iter().map(|one| one.rank()).collect::<Vec<_>>());
    rows.retain(|row| ranks.as_ref().is_none_or(|ranks| ranks.contains(&row.rank)));
    rows.sort_by(|left, right| compare(list, left, right));
    let ids: Vec<u64> = rows.iter().map(|row| row.id).collect();
    let Page { rows, total, window } = listing::chosen(cx, TICKET, &ids, list.window).await?;
    Ok(Done::read(Page { rows: beside(cx, &tenant, rows).await?, total, window }))
}

async fn get(cx: &Context, id: u64) -> Result<Done<Whole>> {
    let (tenant, ticket) = find::<Ticket>(cx, id).await?;
    let messages = said(cx, id).await?;
    Ok(Done::read(whole(cx, &tenant, ticket, messages).await?))
}

async fn messages(cx: &Context, id: u64, window: Window) -> Result<Done<Page<Message>>> {
    find::<Ticket>(cx, id).await?;
    Ok(Done::read(Page::cut(said(cx, id).await?, window)))
}
