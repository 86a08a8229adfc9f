//! Which customers, in what order.

use std::cmp::Ordering;

use crate::domain::customers::ENTITY;
use crate::domain::customers::entity::{Customer, IndexRow, Status};
use crate::domain::customers::shown::Shown;
use crate::domain::documents::ledger::Balance;
use crate::domain::tenants::{Reach, TenantRecord, of_item};
use crate::machinery::keys::{self, CUSTOMER, Key};
use crate::machinery::listing::{self, Ids};
use crate::machinery::operation::{Context, Done, Op, Scope};
use crate::machinery::store::record;
use crate::words::error::{Error, Result};
use crate::words::page::{Page, Window};
use crate::words::pattern::Pattern;

/// List customers.
pub static SEARCH: Op<List, Page<Shown>> =
    Op::read("customers.search", ENTITY, Scope::Reseller, |cx, list| Box::pin(search(cx, list)));
/// Read a customer.
pub static GET: Op<u64, Shown> = Op::read("customers.get", ENTITY, Scope::Reseller, |cx, id| Box::pin(get(cx, *id)));

/// Which customers to list. Filters combine with AND; an empty list filters nothing.
#[derive(Debug, Clone)]
pub struct List {
    /// The window.
    pub window: Window,
    /// Whether the answer shows balances, which are one more call.
    pub balances: bool,
    /// What to sort by, the first counts most; then by id.
    pub order: Vec<(Order, bool)>,
    /// Only those one of whose searched fields matches.
    pub search: Option<(Pattern, Vec<Searched>)>,
    /// Only these ids.
    pub ids: Option<Vec<u64>>,
    /// Only this name, without regard to case.
    pub name: Option<String>,
    /// Only those that stand here; `Some` of nothing is none.
    pub statuses: Option<Vec<Status>>,
    /// Only of these resellers.
    pub resellers: Vec<u64>,
    /// Only in these currencies.
    pub currencies: Vec<u64>,
    /// Only of these owners.
    pub owners: Vec<u64>,
    /// Only with these payment terms.
    pub payment_terms: Vec<u64>,
}

impl List {
    /// All, in the order of ids.
    pub fn all(window: Window) -> Self {
        Self {
            window,
            balances: false,
            order: Vec::new(),
            search: None,
            ids: None,
            name: None,
            statuses: None,
            resellers: Vec::new(),
            currencies: Vec::new(),
            owners: Vec::new(),
            payment_terms: Vec::new(),
        }
    }
}

/// A column to sort by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// The id.
    Id,
    /// The name, without regard to case.
    Name,
    /// The status.
    Status,
    /// The reseller.
    Reseller,
    /// The currency.
    Currency,
}

/// A field that is searched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Searched {
    /// The whole name.
    Name,
    /// The first part of the name.
    First,
    /// The last part of the name.
    Last,
    /// The e-mail address.
    Email,
    /// The telephone number.
    Phone,
    /// The company.
    Company,
}

async fn search(cx: &Context, list: &List) -> Result<Done<Page<Shown>>> {
    let [sequence, holes] = Ids::keys(cx, CUSTOMER);
    let mut items = cx.store.get_items(&[keys::tenant(cx.tenant()), sequence, holes]).await?.into_iter();
    let tenant = of_item(cx, items.next().flatten())?;
    let ids = Ids::of(items.next().flatten().as_ref(), items.next().flatten().as_ref());
    let reach = tenant.reach(&cx.caller);
    let page: Page<Customer> = if wants_all(list, &reach) {
        listing::page(cx, CUSTOMER, &ids, list.window).await?
    } else {
        let mut rows: Vec<IndexRow> = listing::index(cx, keys::index(cx.tenant(), CUSTOMER)).await?;
        rows.retain(|row| reach.covers(row.reseller) && wanted(list, row));
        rows.sort_by(|left, right| compare(list, left, right));
        let ids: Vec<u64> = rows.iter().map(|row| row.id).collect();
        listing::chosen(cx, CUSTOMER, &ids, list.window).await?
    };
    let balances = if list.balances { balances_of(cx, &page.rows).await? } else { Vec::new() };
    Ok(Done::read(shown(page, &tenant, &balances)?))
}

/// The balances of some customers, in their order. One call for each hundred.
async fn balances_of(cx: &Context, customers: &[Customer]) -> Result<Vec<Option<Balance>>> {
    let wanted: Vec<Key> = customers.iter().map(|customer| keys::balance(cx.tenant(), customer.id)).collect();
    cx.store.get_items(&wanted).await?.into_iter().map(|item| item.map(record).transpose()).collect()
}

async fn get(cx: &Context, id: u64) -> Result<Done<Shown>> {
    let (tenant, customer, balance) = with_tenant(cx, id).await?;
    Ok(Done::read(Shown::of(customer, &tenant, &balance)?))
}

/// A customer that the caller may see, with the tenant and the customer's balance, in one call.
pub(crate) async fn with_tenant(cx: &Context, id: u64) -> Result<(TenantRecord, Customer, Balance)> {
    let t = cx.tenant();
    let wanted = [keys::tenant(t), keys::row(t, CUSTOMER, id), keys::balance(t, id)];
    let mut items = cx.store.get_items(&wanted).await?.into_iter();
    let tenant = of_item(cx, items.next().flatten())?;
    let customer: Option<Customer> = items.next().flatten().map(record).transpose()?;
    let balance: Balance = items.next().flatten().map(record).transpose()?.unwrap_or_default();
    let reach = tenant.reach(&cx.caller);
    let customer =
        customer.filter(|customer| reach.covers(customer.reseller)).ok_or_else(|| Error::not_found(ENTITY, id))?;
    Ok((tenant, customer, balance))
}

/// Whether any customer is billed in a currency.
pub async fn any_in_currency(cx: &Context, currency: u64) -> Result<bool> {
    let rows: Vec<IndexRow> = listing::index(cx, keys::index(cx.tenant(), CUSTOMER)).await?;
    Ok(rows.iter().any(|row| row.currency == currency))
}

/// The customers that a user owns, whosever they are.
pub(crate) async fn owned_by(cx: &Context, user: u64) -> Result<Vec<IndexRow>> {
    let mut rows: Vec<IndexRow> = listing::index(cx, keys::index(cx.tenant(), CUSTOMER)).await?;
    rows.retain(|row| row.owner == Some(user));
    Ok(rows)
}

/// Of each customer the reseller.
pub(crate) async fn customers_of(cx: &Context) -> Result<Vec<u64>> {
    let rows: Vec<IndexRow> = listing::index(cx, keys::index(cx.tenant(), CUSTOMER)).await?;
    Ok(rows.into_iter().map(|row| row.reseller).collect())
}

fn shown(page: Page<Customer>, tenant: &TenantRecord, balances: &[Option<Balance>]) -> Result<Page<Shown>> {
    let Page { rows, total, window } = page;
    let one = |(place, customer)| {
        let balance = balances.get(place).cloned().flatten().unwrap_or_default();
        Shown::of(customer, tenant, &balance)
    };
    let rows = rows.into_iter().enumerate().map(one).collect::<Result<_>>()?;
    Ok(Page { rows, total, window })
}

/// Whether a list is every customer in the order of ids, which needs no index.
fn wants_all(list: &List, reach: &Reach) -> bool {
    let all = List::all(list.window);
    let by_id =
        list.order.iter().all(|(order, descending)| *order == Order::Id && *descending == list.window.newest_first);
    *reach == Reach::Everything
        && by_id
        && (list.search.is_none() && list.ids == all.ids && list.name == all.name && list.statuses == all.statuses)
        && [&list.resellers, &list.currencies, &list.owners, &list.payment_terms].iter().all(|filter| filter.is_empty())
}

fn wanted(list: &List, row: &IndexRow) -> bool {
    let among =
        |filter: &[u64], value: Option<u64>| filter.is_empty() || value.is_some_and(|value| filter.contains(&value));
    let lower = |text: &str| text.to_lowercase();
    list.ids.as_ref().is_none_or(|ids| ids.contains(&row.id))
        && list.name.as_ref().is_none_or(|name| lower(name) == lower(&row.name))
        && list.statuses.as_ref().is_none_or(|statuses| statuses.contains(&row.status))
        && among(&list.resellers, Some(row.reseller))
        && among(&list.currencies, Some(row.currency))
        && among(&list.owners, row.owner)
        && among(&list.payment_terms, row.payment_terms)
        && list.search.as_ref().is_none_or(|(pattern, fields)| fields.iter().any(|field| matches(pattern, *field, row)))
}

fn matches(pattern: &Pattern, field: Searched, row: &IndexRow) -> bool {
    let first = usize::try_from(row.first).unwrap_or(0);
    let found = match field {
        Searched::Name => Some(row.name.clone()),
        Searched::First => Some(row.name.chars().take(first).collect()),
        Searched::Last => Some(row.name.chars().skip(first + 1).collect()),
        Searched::Email => row.email.clone(),
        Searched::Phone => row.phone.clone(),
        Searched::Company => row.company.clone(),
    };
    found.is_some_and(|text| pattern.matches(&text))
}

fn compare(list: &List, left: &IndexRow, right: &IndexRow) -> Ordering {
    for (order, descending) in &list.order {
        let way = match order {
            Order::Id => left.id.cmp(&right.id),
            Order::Name => left.name.to_lowercase().cmp(&right.name.to_lowercase()),
            Order::Status => left.status.cmp(&right.status),
            Order::Reseller => left.reseller.cmp(&right.reseller),
            Order::Currency => left.currency.cmp(&right.currency),
        };
        let way = if *descending { way.reverse() } else { way };
        if way != Ordering::Equal {
            return way;
        }
    }
    let by_id = left.id.cmp(&right.id);
    if list.window.newest_first { by_id.reverse() } else { by_id }
}
