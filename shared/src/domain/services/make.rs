//! Making services that come of no order: taken over from elsewhere (RackNap), or assigned as subscriptions
//! whose fees are charged to the customer's balance (JeraSoft).

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use crate::domain::catalog::edit::refuse;
use crate::domain::catalog::prices::fault;
use crate::domain::catalog::{Cycle, Product};
use crate::domain::customers::Customer;
use crate::domain::documents::desk::Desk;
use crate::domain::documents::entity::Kind;
use crate::domain::documents::sums::minor;
use crate::domain::records::{Drawer, Stamps, find_all, touched};
use crate::domain::sales::goods::Goods;
use crate::domain::sales::service::{Service, Status, Stock};
use crate::domain::services::list::{Shown, shown};
use crate::domain::settlement::charge::charge;
use crate::domain::settlement::settle;
use crate::domain::tenants::TenantCurrency;
use crate::machinery::changes::Changes;
use crate::machinery::keys::{self, CLIENT_ACCOUNT, CUSTOMER, SERVICE};
use crate::machinery::operation::{Context, Done, Op, Scope, Working};
use crate::words::error::{Error, Result, Rule, Told, Violation};
use crate::words::time::{Day, Instant};

/// Take over a service that is in use already.
pub static CREATE: Op<New, Shown> =
    Op::write("services.create", "service", Scope::Reseller, |cx, new| Box::pin(create(cx, new))).also(new_also);
/// Assign a product to a customer; its fees are charged to the customer's balance.
pub static SUBSCRIBE: Op<Subscribe, Shown> =
    Op::write("services.subscribe", "service", Scope::Reseller, |cx, new| Box::pin(subscribe(cx, new)))
        .also(subscribe_also);

/// A service to take over.
#[derive(Debug, Clone, Default)]
pub struct New {
    /// Whose it is.
    pub customer: u64,
    /// What it is.
    pub product: u64,
    /// How many.
    pub quantity: u32,
    /// How often it is paid for.
    pub cycle: Cycle,
    /// What a period costs.
    pub fee: Decimal,
    /// When it began.
    pub start: Day,
    /// When the next payment is due: the next period begins then.
    pub next_due: Day,
    /// Carried attributes, as JSON text.
    pub carried: BTreeMap<String, String>,
}

/// A subscription to make.
#[derive(Debug, Clone, Default)]
pub struct Subscribe {
    /// Whose it is.
    pub customer: u64,
    /// The product.
    pub product: u64,
    /// When it begins; now when missing.
    pub start: Option<Instant>,
    /// When it shall end.
    pub stop: Option<Instant>,
    /// The customer's account it is for.
    pub account: Option<u64>,
}

fn new_also<'a>(cx: &'a Context, new: &'a New) -> Working<'a, Vec<Violation>> {
    Box::pin(async move {
        let (desk, _) = Desk::open(cx, &[], Some(new.customer), &[]).await?;
        Ok(references(cx, &desk, new.customer, new.product, None).await?.0)
    })
}

fn subscribe_also<'a>(cx: &'a Context, new: &'a Subscribe) -> Working<'a, Vec<Violation>> {
    Box::pin(async move {
        let (desk, _) = Desk::open(cx, &[], Some(new.customer), &[]).await?;
        Ok(references(cx, &desk, new.customer, new.product, new.account).await?.0)
    })
}

/// What is not there, and the product where it is.
async fn references(
    cx: &Context,
    desk: &Desk<'_>,
    customer: u64,
    product: u64,
    account: Option<u64>,
) -> Result<(Vec<Violation>, Option<Product>)> {
    let mut found = Vec::new();
    if desk.customer.is_none() {
        found.push(Violation::missing("customer", "customers", customer));
    }
    let there = find_all::<Product>(cx, &[product]).await?.pop().flatten();
    let there = there.filter(|product| desk.reach.covers(product.reseller));
    if there.is_none() {
        found.push(Violation::missing("product", "products", product));
    }
    if let Some(account) = account {
        found.extend(account_fault(cx, customer, account).await?);
    }
    Ok((found, there))
}

/// What is wrong with an account that a customer's service is to be for.
pub(crate) async fn account_fault(cx: &Context, customer: u64, account: u64) -> Result<Option<Violation>> {
    let key = keys::row(cx.tenant(), CLIENT_ACCOUNT, account);
    let item = cx.store.get_items(&[key]).await?.pop().flatten();
    let own = item.is_some_and(|item| crate::machinery::store::number(&item, "customer") == customer);
    Ok((!own).then(|| Violation::missing("account", "accounts", account)))
}

struct Begun<'b> {
    customer: &'b Customer,
    product: &'b Product,
    currency: &'b TenantCurrency,
    cycle: Cycle,
    fee: i64,
}

fn begun(cx: &Context, id: u64, of: &Begun<'_>, start: Instant) -> Service {
    Service {
        stamps: Stamps::new(id, cx.now),
        customer: of.customer.id,
        reseller: of.customer.reseller,
        order: None,
        product: of.product.stamps.id,
        price: 0,
        name: of.product.name.clone(),
        status: Status::Pending,
        currency: of.currency.id,
        iso: of.currency.iso,
        cycle: of.cycle,
        quantity: 1,
        fee: of.fee,
        setup_fee: 0,
        anchor: None,
        periods: 0,
        next_due: None,
        start,
        stop: None,
        charged: false,
        account: None,
        activated_at: None,
        suspended_at: None,
        terminated_at: None,
        cancelled_at: None,
        selections: None,
        configuration: None,
        plugin: of.product.plugin,
        // It was sold elsewhere, or is a subscription: it took nothing from the stock, and gives nothing back.
        stock: Stock::Free,
        scalings: Vec::new(),
        barred_by: Vec::new(),
        charged_until: None,
        unasked: Vec::new(),
        charges: Vec::new(),
        carried: BTreeMap::new(),
    }
}

async fn create(cx: &Context, new: &New) -> Result<Done<Shown>> {
    let (desk, _) = Desk::open(cx, &[], Some(new.customer), &[]).await?;
    let (mut found, product) = references(cx, &desk, new.customer, new.product, None).await?;
    let (Some(customer), Some(product)) = (&desk.customer, product) else {
        return Err(Error::told(Told::Invalid(found)));
    };
    let currency = desk.tenant.currency_of(customer.currency)?;
    found.extend(fault("fee", new.fee, currency.iso));
    if new.next_due.date < new.start.date {
        found.push(Violation { field: "next_due".into(), rule: Rule::TooSmall(new.start.date.to_string()) });
    }
    refuse(found)?;
    let mut ids = Drawer::open(cx, &[SERVICE]).await?;
    let fee = minor(new.fee, currency.iso).unwrap_or(0);
    let of = Begun { customer, product: &product, currency, cycle: new.cycle, fee };
    let mut service = begun(cx, ids.next(SERVICE), &of, new.start.at);
    service.status = Status::Active;
    service.quantity = new.quantity;
    service.activated_at = Some(new.start.at);
    service.next_due = Some(new.next_due);
    service.carried.clone_from(&new.carried);
    if new.cycle.recurs() {
        service.anchor_at(new.next_due.date);
    }
    let mut changes = Changes::default();
    // A customer that has services is not deleted unnoticed.
    changes.check(keys::row(cx.tenant(), CUSTOMER, customer.id), customer.version);
    ids.into_changes(cx, &mut changes);
    let mut goods = Goods::none(cx, &desk.tenant);
    let answer = Service { stamps: touched(cx, &service.stamps), ..service.clone() };
    goods.add_service(service);
    goods.into_changes(&mut changes)?;
    Ok(Done::changed(shown(cx, &desk.tenant, answer).await?, changes))
}

async fn subscribe(cx: &Context, new: &Subscribe) -> Result<Done<Shown>> {
    let (mut desk, _) = Desk::open(cx, &[Kind::DebitNote], Some(new.customer), &[]).await?;
    let (mut found, product) = references(cx, &desk, new.customer, new.product, new.account).await?;
    let start = new.start.unwrap_or(cx.now);
    if new.stop.is_some_and(|stop| stop <= start) {
        found.push(Violation { field: "stop".into(), rule: Rule::Reversed });
    }
    let (Some(customer), Some(product)) = (desk.customer.clone(), product) else {
        return Err(Error::told(Told::Invalid(found)));
    };
    refuse(found)?;
    let price = product.prices.iter().find(|price| price.cycle.recurs());
    let price = price.ok_or_else(|| Error::refused("not_recurring", "The package has no renewal period"))?;
    if product.shelf != crate::domain::catalog::Shelf::Visible {
        return Err(Error::refused("not_sold", "The package is not active"));
    }
    let too_early = product.sold_from.is_some_and(|from| start < from);
    if too_early || product.sold_till.is_some_and(|till| start > till) {
        return Err(Error::refused("not_sold", "The package is not effective when the subscription begins"));
    }
    let own = desk.tenant.currency_of(customer.currency)?.iso;
    let (code, fee, setup) = product.plain_price(own.code());
    let currency = desk.tenant.currency_by_code(&code).cloned();
    let currency = currency.ok_or_else(|| Error::refused("currency", format!("{code} is no currency any more")))?;
    let minor = |amount| minor(amount, currency.iso).unwrap_or(0);
    let mut ids = Drawer::open(cx, &[SERVICE]).await?;
    let of = Begun { customer: &customer, product: &product, currency: &currency, cycle: price.cycle, fee: minor(fee) };
    let mut service = begun(cx, ids.next(SERVICE), &of, start);
    service.price = price.id;
    service.setup_fee = minor(setup);
    (service.charged, service.account, service.stop) = (true, new.account, new.stop);
    service.anchor_at(Day::of(start, desk.tenant.timezone).date);
    service.next_due = service.anchor.and_then(|date| Day::midnight(date, desk.tenant.timezone));
    let begins = start <= cx.now;
    if begins {
        let today = desk.today();
        // The first fee counts when it begins, whatever the others do.
        charge(cx, &mut desk, &mut service, &product, today).await?;
    } else {
        let key = keys::row(cx.tenant(), CUSTOMER, customer.id);
        desk.changes.check(key, customer.version);
    }
    let mut changes = std::mem::take(&mut desk.changes);
    ids.into_changes(cx, &mut changes);
    let tenant = desk.tenant.clone();
    let mut goods = Goods::none(cx, &tenant);
    let answer = Service { stamps: touched(cx, &service.stamps), ..service.clone() };
    goods.add_service(service);
    goods.into_changes(&mut changes)?;
    let shown = shown(cx, &tenant, answer).await?;
    if begins {
        desk.changes = changes;
        changes = settle(desk).await?;
    }
    Ok(Done::changed(shown, changes))
}
