//! Reading services.

use std::collections::BTreeMap;

use crate::domain::catalog::Product;
use crate::domain::customers::Customer;
use crate::domain::records::{IndexRow, List, find, find_all, indexed};
use crate::domain::sales::service::{Service, Status};
use crate::domain::tenants::{TenantRecord, own};
use crate::machinery::keys::{self, CUSTOMER, PRODUCT, SERVICE};
use crate::machinery::listing;
use crate::machinery::operation::{Context, Done, Op, Scope};
use crate::words::error::{Error, Result};
use crate::words::money::Currency;
use crate::words::page::Page;
use crate::words::time::{Date, Instant};

/// List services.
pub static SEARCH: Op<Wanted, Page<Shown>> =
    Op::read("services.search", "service", Scope::Reseller, |cx, wanted| Box::pin(search(cx, wanted)));
/// Read a service.
pub static GET: Op<u64, Shown> = Op::read("services.get", "service", Scope::Reseller, |cx, id| Box::pin(get(cx, *id)));

/// Where a subscription stands at an instant (contract jerasoft §4.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// No period covers the instant, and it is not over.
    Pending,
    /// It is in use, and a period covers the instant.
    Active,
    /// It is over.
    Archive,
}

/// What a service is like at an instant.
pub fn state(status: Status, span: Option<(Date, Date)>, until: Option<Instant>, now: (Instant, Date)) -> State {
    if status.is_over() || until.is_some_and(|until| until <= now.0) {
        State::Archive
    } else if status != Status::Pending && span.is_some_and(|(start, end)| start <= now.1 && now.1 <= end) {
        State::Active
    } else {
        State::Pending
    }
}

/// Which services to list.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// Filters and order.
    pub list: List,
    /// Only for these accounts.
    pub accounts: Vec<u64>,
    /// Only those that are like this now.
    pub states: Option<Vec<State>>,
    /// Only of customers of this user.
    pub owner: Option<u64>,
    /// Names to sort by before everything else: of the customer or of the product, each descending or not.
    pub by_name: Vec<(Named, bool)>,
}

/// Whose name is sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Named {
    /// The customer's.
    Customer,
    /// The product's.
    Product,
}

impl Wanted {
    /// As a list says.
    pub fn of(list: List) -> Self {
        Self { list, accounts: Vec::new(), states: None, owner: None, by_name: Vec::new() }
    }
}

/// A service with what it refers to.
#[derive(Debug, Clone, PartialEq)]
pub struct Shown {
    /// The service.
    pub service: Service,
    /// Its customer with the customer's currency; absent where it was deleted.
    pub customer: Option<(Customer, Currency)>,
    /// Its product; absent where it was deleted.
    pub product: Option<Product>,
    /// What it is like now.
    pub state: State,
    /// The tenant's name of its currency.
    pub currency_name: String,
    /// Whether the reseller is the tenant's first.
    pub of_main_reseller: bool,
}

async fn beside(cx: &Context, tenant: &TenantRecord, rows: Vec<Service>) -> Result<Vec<Shown>> {
    let customers = crate::domain::customers::shown::by_id(cx, tenant, rows.iter().map(|row| row.customer)).await?;
    let mut ids: Vec<u64> = rows.iter().map(|row| row.product).collect();
    ids.sort_unstable();
    ids.dedup();
    let found = find_all::<Product>(cx, &ids).await?;
    let today = tenant.today(cx).date;
    let one = |service: Service| {
        let place = ids.binary_search(&service.product).ok();
        let span = service.period().map(|term| (term.start, term.end));
        Ok(Shown {
            customer: customers.get(&service.customer).cloned(),
            product: place.and_then(|place| found.get(place).cloned().flatten()),
            state: state(service.status, span, service.stop, (cx.now, today)),
            currency_name: tenant.currency_of(service.currency)?.name.clone(),
            of_main_reseller: tenant.first_reseller() == service.reseller,
            service,
        })
    };
    rows.into_iter().map(one).collect()
}

/// A service with what it refers to.
pub(crate) async fn shown(cx: &Context, tenant: &TenantRecord, service: Service) -> Result<Shown> {
    let mut shown = beside(cx, tenant, vec![service]).await?;
    shown.pop().ok_or_else(|| Error::internal("a service that is not there"))
}

async fn get(cx: &Context, id: u64) -> Result<Done<Shown>> {
    let (tenant, service) = find::<Service>(cx, id).await?;
    Ok(Done::read(shown(cx, &tenant, service).await?))
}

async fn search(cx: &Context, wanted: &Wanted) -> Result<Done<Page<Shown>>> {
    let plain =
        wanted.accounts.is_empty() && wanted.states.is_none() && wanted.owner.is_none() && wanted.by_name.is_empty();
    if plain {
        let (tenant, page) = crate::domain::records::search::<Service>(cx, &wanted.list).await?;
        let Page { rows, total, window } = page;
        return Ok(Done::read(Page { rows: beside(cx, &tenant, rows).await?, total, window }));
    }
    let tenant = own(cx).await?;
    let mut rows = indexed(cx, SERVICE, &wanted.list, &tenant.reach(&cx.caller)).await?;
    let now = (cx.now, tenant.today(cx).date);
    let like = |row: &IndexRow| {
        let status = Status::ALL.into_iter().find(|status| status.word() == row.status).unwrap_or_default();
        state(status, row.span, row.until, now)
    };
    rows.retain(|row| wanted.states.as_ref().is_none_or(|states| states.contains(&like(row))));
    rows.retain(|row| wanted.accounts.is_empty() || row.account.is_some_and(|id| wanted.accounts.contains(&id)));
    if wanted.owner.is_some() || wanted.by_name.iter().any(|(named, _)| *named == Named::Customer) {
        let all: Vec<crate::domain::customers::entity::IndexRow> =
            listing::index(cx, keys::index(cx.tenant(), CUSTOMER)).await?;
        let customers: BTreeMap<u64, _> = all.into_iter().map(|row| (row.id, row)).collect();
        let of = |row: &IndexRow| row.customer.and_then(|id| customers.get(&id));
        rows.retain(|row| wanted.owner.is_none() || of(row).is_some_and(|customer| customer.owner == wanted.owner));
        let name = |row: &IndexRow| of(row).map(|customer| customer.name.to_lowercase());
        sort(&mut rows, wanted, Named::Customer, name);
    }
    if wanted.by_name.iter().any(|(named, _)| *named == Named::Product) {
        let all: Vec<IndexRow> = listing::index(cx, keys::index(cx.tenant(), PRODUCT)).await?;
        let names: BTreeMap<u64, String> = all.into_iter().map(|row| (row.id, row.name.to_lowercase())).collect();
        sort(&mut rows, wanted, Named::Product, |row| row.parent.and_then(|id| names.get(&id).cloned()));
    }
    if wanted.by_name.is_empty() {
        rows.sort_by(|left, right| crate::domain::records::compare(&wanted.list, left, right));
    }
    let ids: Vec<u64> = rows.iter().map(|row| row.id).collect();
    let page: Page<Service> = listing::chosen(cx, SERVICE, &ids, wanted.list.window).await?;
    let Page { rows, total, window } = page;
    Ok(Done::read(Page { rows: beside(cx, &tenant, rows).await?, total, window }))
}

/// Sort by a name, and where it is the same as the list says.
fn sort(rows: &mut [IndexRow], wanted: &Wanted, by: Named, name: impl Fn(&IndexRow) -> Option<String>) {
    let Some((_, descending)) = wanted.by_name.iter().find(|(named, _)| *named == by) else { return };
    rows.sort_by(|left, right| {
        let way = name(left).cmp(&name(right));
        let way = if *descending { way.reverse() } else { way };
        way.then_with(|| crate::domain::records::compare(&wanted.list, left, right))
    });
}
