//! Reading webhooks: everything but their secrets.

use crate::domain::records::{List, find, search};
use crate::domain::webhooks::entity::Webhook;
use crate::machinery::operation::{Context, Done, Op, Scope};
use crate::words::error::Result;
use crate::words::page::Page;

/// List webhooks.
pub static SEARCH: Op<List, Page<Webhook>> =
    Op::read("webhooks.search", "webhook", Scope::Reseller, |cx, list| Box::pin(all(cx, list)));
/// Read a webhook.
pub static GET: Op<u64, Webhook> =
    Op::read("webhooks.get", "webhook", Scope::Reseller, |cx, id| Box::pin(get(cx, *id)));

async fn all(cx: &Context, list: &List) -> Result<Done<Page<Webhook>>> {
    // By their index rows, never by counting ids: those of a restored tenant's webhooks are drawn, and they are not
    // there (docs/transfer.md).
    let both = || Some(vec!["active".to_owned(), "inactive".to_owned()]);
    let list = List { statuses: list.statuses.clone().or_else(both), ..list.clone() };
    Ok(Done::read(search(cx, &list).await?.1))
}

async fn get(cx: &Context, id: u64) -> Result<Done<Webhook>> {
    Ok(Done::read(find(cx, id).await?.1))
}
