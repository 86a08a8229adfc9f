//! What can be used. The contract has a read-only list and no way to write it (§4.15), so the three services that
//! rates know are fixed here.

use crate::machinery::operation::{Context, Done, Op, Scope};
use crate::words::error::{Error, Result};
use crate::words::page::{Page, Window};

/// The services: id and name.
pub const SERVICES: [(u64, &str); 3] = [(1, "Voice"), (2, "SMS"), (3, "Data")];

/// List services.
pub static SEARCH: Op<List, Page<(u64, &'static str)>> =
    Op::read("usage_services.search", "usage_service", Scope::Tenant, |_, list| Box::pin(search(list)));
/// Read a service.
pub static GET: Op<u64, (u64, &'static str)> =
    Op::read("usage_services.get", "usage_service", Scope::Tenant, |cx, id| Box::pin(get(cx, *id)));

/// Which services to list.
#[derive(Debug, Clone)]
pub struct List {
    /// The window.
    pub window: Window,
    /// Only these ids.
    pub ids: Option<Vec<u64>>,
    /// Only those whose name matches.
    pub search: Option<crate::words::pattern::Pattern>,
}

/// Whether there is such a service.
pub fn is_service(id: u64) -> bool {
    SERVICES.iter().any(|(known, _)| *known == id)
}

async fn search(list: &List) -> Result<Done<Page<(u64, &'static str)>>> {
    let mut rows = SERVICES.to_vec();
    rows.retain(|(id, name)| {
        list.ids.as_ref().is_none_or(|ids| ids.contains(id))
            && list.search.as_ref().is_none_or(|pattern| pattern.matches(name))
    });
    Ok(Done::read(Page::cut(rows, list.window)))
}

async fn get(_: &Context, id: u64) -> Result<Done<(u64, &'static str)>> {
    let found = SERVICES.iter().find(|(known, _)| *known == id);
    found.copied().map(Done::read).ok_or_else(|| Error::not_found("usage_service", id))
}
