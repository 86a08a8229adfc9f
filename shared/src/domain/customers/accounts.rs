//! Identities of customers: by what their use is recognised (contract jerasoft §4.2).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::domain::catalog::edit::refuse;
use crate::domain::customers::entity::{Customer, IndexRow as CustomerRow};
use crate::domain::records::{Drawer, IndexRow, List, Record, Stamps, find, put, remove, search, stamped};
use crate::domain::tenants::{TenantRecord, own};
use crate::machinery::changes::Changes;
use crate::machinery::keys::{self, CLIENT_ACCOUNT, CUSTOMER, Entity};
use crate::machinery::listing;
use crate::machinery::operation::{Context, Done, Op, Scope, Working};
use crate::machinery::store::record;
use crate::words::error::{Error, Result, Rule, Violation};
use crate::words::page::Page;

const ENTITY: &str = "client_account";

/// List accounts.
pub static SEARCH: Op<List, Page<Shown>> =
    Op::read("client_accounts.search", ENTITY, Scope::Reseller, |cx, list| Box::pin(list_all(cx, list)));
/// Read an account.
pub static GET: Op<u64, Shown> =
    Op::read("client_accounts.get", ENTITY, Scope::Reseller, |cx, id| Box::pin(get(cx, *id)));
/// Make an account.
pub static CREATE: Op<Change, Shown> =
    Op::write("client_accounts.create", ENTITY, Scope::Reseller, |cx, change| Box::pin(create(cx, change)))
        .also(new_also);
/// Change an account.
pub static UPDATE: Op<(u64, Change), Shown> =
    Op::write("client_accounts.update", ENTITY, Scope::Reseller, |cx, input| Box::pin(update(cx, input)));
/// Delete an account; the number of accounts deleted.
pub static DELETE: Op<u64, u64> =
    Op::write("client_accounts.delete", ENTITY, Scope::Reseller, |cx, id| Box::pin(delete(cx, *id)));

/// An account. Nothing here acts upon what it is recognised by.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ClientAccount {
    /// Id, dates and version.
    pub stamps: Stamps,
    /// Whose it is. Its reseller is the customer's, wherever the customer moves.
    pub customer: u64,
    /// The name.
    pub name: String,
    /// What the dialect knows of it, as JSON text.
    pub carried: BTreeMap<String, String>,
}

/// What can be said of an account.
#[derive(Debug, Clone, Default)]
pub struct Change {
    /// Whose it is; only of a new one.
    pub customer: Option<u64>,
    /// The name.
    pub name: Option<String>,
    /// What the dialect knows of it, as JSON text.
    pub carried: BTreeMap<String, String>,
}

/// An account as its readers see it.
#[derive(Debug, Clone, PartialEq)]
pub struct Shown {
    /// The account.
    pub account: ClientAccount,
    /// Its customer's name.
    pub customer_name: String,
}

impl Record for ClientAccount {
    const ENTITY: Entity = CLIENT_ACCOUNT;
    const NAME: &'static str = ENTITY;
    stamped!();

    fn index_row(&self) -> IndexRow {
        IndexRow {
            id: self.stamps.id,
            name: self.name.clone(),
            customer: Some(self.customer),
            at: self.stamps.created_at,
            ..IndexRow::default()
        }
    }
}

/// Customers that are there and in the caller's reach, of these ids.
async fn customers(cx: &Context, tenant: &TenantRecord, ids: &[u64]) -> Result<Vec<Customer>> {
    let wanted: Vec<_> = ids.iter().map(|id| keys::row(cx.tenant(), CUSTOMER, *id)).collect();
    let reach = tenant.reach(&cx.caller);
    let found = cx.store.get_items(&wanted).await?.into_iter().flatten().map(record);
    let found: Vec<Customer> = found.collect::<Result<_>>()?;
    Ok(found.into_iter().filter(|customer| reach.covers(customer.reseller)).collect())
}

/// The account, where its customer is there and in the caller's reach.
async fn found(cx: &Context, id: u64) -> Result<Shown> {
    let (tenant, account) = find::<ClientAccount>(cx, id).await?;
    let customer = customers(cx, &tenant, &[account.customer]).await?.pop();
    let customer = customer.ok_or_else(|| Error::not_found(ENTITY, id))?;
    Ok(Shown { account, customer_name: customer.name.full() })
}

async fn get(cx: &Context, id: u64) -> Result<Done<Shown>> {
    Ok(Done::read(found(cx, id).await?))
}

async fn list_all(cx: &Context, list: &List) -> Result<Done<Page<Shown>>> {
    let tenant = own(cx).await?;
    let reach = tenant.reach(&cx.caller);
    let mut list = list.clone();
    // Those of a customer that was deleted are gone with it.
    list.customers = if list.customers.is_empty() {
        let rows: Vec<CustomerRow> = listing::index(cx, keys::index(cx.tenant(), CUSTOMER)).await?;
        rows.iter().filter(|row| reach.covers(row.reseller)).map(|row| row.id).collect()
    } else {
        customers(cx, &tenant, &list.customers).await?.iter().map(|customer| customer.id).collect()
    };
    // An empty list of customers would filter nothing.
    if list.customers.is_empty() {
        return Ok(Done::read(Page { rows: Vec::new(), total: 0, window: list.window }));
    }
    let (_, page) = search::<ClientAccount>(cx, &list).await?;
    Ok(Done::read(beside(cx, &tenant, page).await?))
}

/// The accounts with the names of their customers.
async fn beside(cx: &Context, tenant: &TenantRecord, page: Page<ClientAccount>) -> Result<Page<Shown>> {
    let mut ids: Vec<u64> = page.rows.iter().map(|account| account.customer).collect();
    ids.sort_unstable();
    ids.dedup();
    let there = customers(cx, tenant, &ids).await?;
    Ok(page.map(|account| {
        let customer = there.iter().find(|customer| customer.id == account.customer);
        Shown { customer_name: customer.map(|customer| customer.name.full()).unwrap_or_default(), account }
    }))
}

async fn create(cx: &Context, change: &Change) -> Result<Done<Shown>> {
    let tenant = own(cx).await?;
    let id = change.customer.unwrap_or_default();
    let Some(customer) = customers(cx, &tenant, &[id]).await?.pop() else {
        return Err(Violation::missing("customer", "customers", id).into());
    };
    let mut ids = Drawer::open(cx, &[CLIENT_ACCOUNT]).await?;
    let mut account = ClientAccount {
        stamps: Stamps::new(ids.next(CLIENT_ACCOUNT), cx.now),
        customer: id,
        ..ClientAccount::default()
    };
    account.apply(change);
    let mut changes = Changes::default();
    ids.into_changes(cx, &mut changes);
    // The customer must not be deleted meanwhile.
    changes.check(keys::row(cx.tenant(), CUSTOMER, id), customer.version);
    let account = put(cx, &mut changes, None, account, "client_account.created")?;
    Ok(Done::changed(Shown { account, customer_name: customer.name.full() }, changes))
}

async fn update(cx: &Context, (id, change): &(u64, Change)) -> Result<Done<Shown>> {
    let Shown { account: before, customer_name } = found(cx, *id).await?;
    if change.customer.is_some_and(|customer| customer != before.customer) {
        refuse(vec![Violation { field: "customer".into(), rule: Rule::ReadOnly }])?;
    }
    let mut after = before.clone();
    after.apply(change);
    let mut changes = Changes::default();
    let account = put(cx, &mut changes, Some(&before), after, "client_account.updated")?;
    Ok(Done::changed(Shown { account, customer_name }, changes))
}

async fn delete(cx: &Context, id: u64) -> Result<Done<u64>> {
    let account = found(cx, id).await?.account;
    let mut changes = Changes::default();
    remove(cx, &mut changes, &account, "client_account.deleted")?;
    Ok(Done::changed(1, changes))
}

impl ClientAccount {
    fn apply(&mut self, change: &Change) {
        self.name = change.name.clone().unwrap_or_else(|| self.name.clone());
        self.carried.extend(change.carried.clone());
    }
}

fn new_also<'a>(cx: &'a Context, change: &'a Change) -> Working<'a, Vec<Violation>> {
    Box::pin(async move {
        let Some(id) = change.customer else { return Ok(Vec::new()) };
        let there = customers(cx, &own(cx).await?, &[id]).await?;
        Ok(if there.is_empty() { vec![Violation::missing("customer", "customers", id)] } else { Vec::new() })
    })
}
