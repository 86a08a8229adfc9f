//! What is in use now. There are no calls in this ledger: an active session is a service that is in use.

use crate::domain::customers::Customer;
use crate::domain::customers::accounts::ClientAccount;
use crate::domain::customers::shown::by_id;
use crate::domain::records::{List, find_all, indexed};
use crate::domain::reports::{Layout, MOST_ROWS};
use crate::domain::sales::service::{Service, Status};
use crate::domain::tenants::own;
use crate::machinery::keys::SERVICE;
use crate::machinery::operation::{Context, Done, Op, Scope};
use crate::words::error::{Error, Result, Rule};
use crate::words::page::Window;

/// Services in use.
pub static ACTIVE_SESSIONS: Op<Asked, Sessions> =
    Op::read("reports.active_sessions", "report", Scope::Reseller, |cx, asked| Box::pin(sessions(cx, asked)));

/// Which sessions. Filters combine with AND; an empty list filters nothing.
#[derive(Debug, Clone, Default)]
pub struct Asked {
    /// Only of these resellers.
    pub resellers: Vec<u64>,
    /// Only of customers of these users.
    pub owners: Vec<u64>,
    /// Only of these customers.
    pub customers: Vec<u64>,
    /// Only for these accounts.
    pub accounts: Vec<u64>,
    /// Whether something is asked for that no session here has, such as a side that it ends at.
    pub nothing: bool,
    /// How the answer looks.
    pub layout: Layout,
}

/// A service in use.
#[derive(Debug, Clone, PartialEq)]
pub struct Session {
    /// The service.
    pub service: Service,
    /// Its customer, unless that was deleted.
    pub customer: Option<Customer>,
    /// The account it is for.
    pub account: Option<ClientAccount>,
    /// For how long it is in use, in whole seconds.
    pub seconds: i64,
}

/// The sessions with what their dialect asked for.
#[derive(Debug, Clone)]
pub struct Sessions {
    /// The sessions, in the order of their services' ids.
    pub rows: Vec<Session>,
    /// As asked.
    pub layout: Layout,
}

async fn sessions(cx: &Context, asked: &Asked) -> Result<Done<Sessions>> {
    let layout = asked.layout.clone();
    if asked.nothing {
        return Ok(Done::read(Sessions { rows: Vec::new(), layout }));
    }
    let tenant = own(cx).await?;
    let mut list = List::all(Window { offset: 0, limit: MOST_ROWS as u64, newest_first: false });
    list.statuses = Some(vec![Status::Active.word().to_owned()]);
    list.customers.clone_from(&asked.customers);
    list.resellers.clone_from(&asked.resellers);
    let mut rows = indexed(cx, SERVICE, &list, &tenant.reach(&cx.caller)).await?;
    rows.retain(|row| {
        row.until.is_none_or(|until| until > cx.now)
            && (asked.accounts.is_empty() || row.account.is_some_and(|id| asked.accounts.contains(&id)))
    });
    // Their records are read one by one.
    if rows.len() > MOST_ROWS {
        return Err(Error::field("filters.orig_clients_id", Rule::TooMany(MOST_ROWS)));
    }
    let ids: Vec<u64> = rows.iter().map(|row| row.id).collect();
    let services: Vec<Service> = find_all(cx, &ids).await?.into_iter().flatten().collect();
    let customers = by_id(cx, &tenant, services.iter().map(|service| service.customer)).await?;
    let mut ids: Vec<u64> = services.iter().filter_map(|service| service.account).collect();
    ids.sort_unstable();
    ids.dedup();
    let accounts = find_all::<ClientAccount>(cx, &ids).await?;
    let session = |service: Service| {
        let place = service.account.and_then(|id| ids.binary_search(&id).ok());
        let since = service.activated_at.unwrap_or(service.start);
        Session {
            customer: customers.get(&service.customer).map(|(customer, _)| customer.clone()),
            account: place.and_then(|place| accounts.get(place).cloned().flatten()),
            seconds: cx.now.signed_duration_since(since).num_seconds().max(0),
            service,
        }
    };
    let mut rows: Vec<Session> = services.into_iter().map(session).collect();
    let owner = |row: &Session| row.customer.as_ref().and_then(|customer| customer.owner);
    rows.retain(|row| asked.owners.is_empty() || owner(row).is_some_and(|id| asked.owners.contains(&id)));
    Ok(Done::read(Sessions { rows, layout }))
}
