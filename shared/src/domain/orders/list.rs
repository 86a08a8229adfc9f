//! Reading orders.

use std::collections::BTreeMap;

use crate::domain::customers::Customer;
use crate::domain::documents::desk::Desk;
use crate::domain::documents::entity::{Document, Kind, Ref};
use crate::domain::documents::ledger::Balance;
use crate::domain::records::{List, find, find_all, search};
use crate::domain::sales::goods::Goods;
use crate::domain::sales::order::Order;
use crate::domain::sales::registrant::Registrant;
use crate::domain::sales::service::Service;
use crate::domain::tenants::TenantRecord;
use crate::machinery::keys::{self, Key};
use crate::machinery::operation::{Context, Done, Op, Scope};
use crate::machinery::store::record;
use crate::words::error::{Error, Result};
use crate::words::money::Currency;
use crate::words::page::Page;

/// List orders, with their customers and what those owe.
pub static SEARCH: Op<List, Page<Shown>> =
    Op::read("orders.search", "order", Scope::Reseller, |cx, list| Box::pin(list_all(cx, list)));
/// Read an order with all that it brought about.
pub static GET: Op<u64, Shown> = Op::read("orders.get", "order", Scope::Reseller, |cx, id| Box::pin(get(cx, *id)));

/// An order with what it refers to.
#[derive(Debug, Clone, PartialEq)]
pub struct Shown {
    /// The order.
    pub order: Order,
    /// Its customer with the customer's currency; absent where it was deleted.
    pub customer: Option<(Customer, Currency)>,
    /// What the customer has to its credit (positive) or owes (negative) in the order's currency, in minor units.
    pub balance: i64,
    /// Whether the reseller is the tenant's first.
    pub of_main_reseller: bool,
    /// The tenant's name of its currency.
    pub currency_name: String,
    /// Its services; empty in lists.
    pub services: Vec<Service>,
    /// Its registered domains; empty in lists.
    pub registrants: Vec<Registrant>,
    /// Its invoices; empty in lists.
    pub invoices: Vec<Document>,
}

fn of(
    order: Order,
    tenant: &TenantRecord,
    customers: &BTreeMap<u64, (Customer, Currency)>,
    balances: &BTreeMap<u64, Balance>,
) -> Result<Shown> {
    Ok(Shown {
        customer: customers.get(&order.customer).cloned(),
        balance: balances.get(&order.customer).map_or(0, |balance| balance.of(order.iso)),
        of_main_reseller: tenant.first_reseller() == order.reseller,
        currency_name: tenant.currency_of(order.currency)?.name.clone(),
        services: Vec::new(),
        registrants: Vec::new(),
        invoices: Vec::new(),
        order,
    })
}

async fn balances(cx: &Context, orders: &[Order]) -> Result<BTreeMap<u64, Balance>> {
    let ids: std::collections::BTreeSet<u64> = orders.iter().map(|order| order.customer).collect();
    let wanted: Vec<Key> = ids.iter().map(|id| keys::balance(cx.tenant(), *id)).collect();
    let items = cx.store.get_items(&wanted).await?;
    let pairs = ids.into_iter().zip(items).filter_map(|(id, item)| Some((id, item?)));
    pairs.map(|(id, item)| Ok((id, record(item)?))).collect()
}

async fn list_all(cx: &Context, list: &List) -> Result<Done<Page<Shown>>> {
    let (tenant, page) = search::<Order>(cx, list).await?;
    let Page { rows, total, window } = page;
    let customers = crate::domain::customers::shown::by_id(cx, &tenant, rows.iter().map(|row| row.customer)).await?;
    let balances = balances(cx, &rows).await?;
    let rows = rows.into_iter().map(|order| of(order, &tenant, &customers, &balances)).collect::<Result<_>>()?;
    Ok(Done::read(Page { rows, total, window }))
}

async fn get(cx: &Context, id: u64) -> Result<Done<Shown>> {
    let (tenant, order) = find::<Order>(cx, id).await?;
    Ok(Done::read(whole(cx, &tenant, order).await?))
}

/// An order with all that it brought about.
pub(crate) async fn whole(cx: &Context, tenant: &TenantRecord, order: Order) -> Result<Shown> {
    let customers = crate::domain::customers::shown::by_id(cx, tenant, [order.customer].into_iter()).await?;
    let balances = balances(cx, std::slice::from_ref(&order)).await?;
    let services = find_all::<Service>(cx, &order.services).await?.into_iter().flatten().collect();
    let registrants = find_all::<Registrant>(cx, &order.registrants).await?.into_iter().flatten().collect();
    let wanted: Vec<Key> =
        order.invoice.iter().map(|(id, _)| keys::row(cx.tenant(), Kind::Invoice.entity(), *id)).collect();
    let found = cx.store.get_items(&wanted).await?.into_iter().flatten();
    let invoices = found.map(record::<Document>).collect::<Result<Vec<_>>>()?;
    let shown = of(order, tenant, &customers, &balances)?;
    Ok(Shown { services, registrants, invoices, ..shown })
}

/// A new order, as it will be once it is committed.
pub(crate) fn shown(desk: &Desk<'_>, goods: &Goods<'_>, id: u64, invoices: Vec<Document>) -> Result<Shown> {
    let order = goods.orders.get(&id).ok_or_else(|| Error::internal("an order that is not there"))?.after.clone();
    let customer = desk.customer.clone();
    let customer = match customer {
        None => None,
        Some(customer) => {
            let currency = desk.tenant.currency_of(customer.currency)?.iso;
            Some((customer, currency))
        }
    };
    Ok(Shown {
        customer,
        balance: -desk.will_owe(order.iso.code()),
        of_main_reseller: desk.tenant.first_reseller() == order.reseller,
        currency_name: desk.tenant.currency_of(order.currency)?.name.clone(),
        services: goods.services.values().map(|held| held.after.clone()).collect(),
        registrants: goods.registrants.values().map(|held| held.after.clone()).collect(),
        invoices,
        order,
    })
}

/// The name of an order's invoice.
pub fn invoice_of(order: &Order) -> Option<Ref> {
    order.invoice.as_ref().map(|(id, _)| Ref { kind: Kind::Invoice, id: *id })
}
