//! `/orders` (contract billmora §8.4, §9.4, §10.3, §10.5).

use std::collections::BTreeMap;

use catalog::billmora::dated;
use catalog::common::UNITS;
use serde_json::{Value, json};
use shared::domain::catalog::{Cycle, Unit};
use shared::domain::orders::change::{DELETE, UPDATE, Update};
use shared::domain::orders::choose::{DomainItem, MOST_UNITS, MOST_YEARS, New, PackageItem};
use shared::domain::orders::create::CREATE;
use shared::domain::orders::list::{GET, SEARCH, Shown};
use shared::domain::sales::order::Stage;
use shared::domain::sales::order::{Item, What};
use shared::domain::tenants::CurrencyRef;
use shared::machinery::dialect::Dialect::Billmora;
use shared::machinery::dialect::{two_places, word};
use shared::machinery::reader::Reader;
use shared::machinery::reply::{Reply, View};
use shared::machinery::route::Row;
use shared::words::error::{Kind, Rule};
use shared::words::page::Page;
use shared::words::time::utc_micros;

use super::{NAMES, read_list, registrants, services, user};

/// How far an order has come.
const STATUSES: &[(&str, Stage)] = &[
    ("pending", Stage::Pending),
    ("processing", Stage::Processing),
    ("completed", Stage::Completed),
    ("cancelled", Stage::Cancelled),
    ("failed", Stage::Failed),
];
/// How a domain comes.
const TYPES: &[(&str, bool)] = &[("register", false), ("transfer", true)];
/// The most items of one kind: a client that sends more hears of the bound on units.
const MOST_ITEMS: usize = 50;

pub(super) fn rows() -> Vec<Row> {
    const ALL: &str = "/api/v1/orders";
    const ONE: &str = "/api/v1/orders/{id}";
    let id = |r: &mut Reader<'_>| r.own_id("id");
    let deleted = |_: View, _: u64| Reply::done("Order deleted successfully.");
    vec![
        Row::new(Billmora, "GET", ALL, &SEARCH, read_list, write_list, NAMES).ability("orders.view"),
        Row::new(Billmora, "POST", ALL, &CREATE, read_new, write_created, NAMES).ability("orders.create"),
        Row::new(Billmora, "GET", ONE, &GET, id, write_one, NAMES).ability("orders.view"),
        Row::new(Billmora, "PUT", ONE, &UPDATE, read_update, write_one, NAMES).ability("orders.update"),
        Row::new(Billmora, "DELETE", ONE, &DELETE, id, deleted, NAMES).ability("orders.delete"),
    ]
}

fn read_new(r: &mut Reader<'_>) -> New {
    let mut new = New { customer: r.id("user_id").required(), ..New::default() };
    new.currency = CurrencyRef::Code(r.text("currency").max(10).required());
    new.coupon = r.text("coupon").optional();
    new.stage = r.choice("status", STATUSES).required();
    let entries = r.each("package_items", 0, MOST_ITEMS);
    new.packages = entries.into_iter().map(|entry| read_package(r, entry)).collect();
    let entries = r.each("domain_items", 0, MOST_ITEMS);
    new.domains = entries.into_iter().map(|entry| read_domain(r, entry)).collect();
    new.notes = r.text("notes").max(4000).optional();
    new
}

fn read_package(r: &mut Reader<'_>, mut entry: Reader<'_>) -> PackageItem {
    let product = entry.id("package_id").required();
    let price = entry.id("billing_id").required();
    let quantity = entry.integer("quantity").within(1, i64::from(u32::MAX)).optional().unwrap_or(1);
    let options = read_options(&mut entry);
    // Kept for packages whose plugin asks for it; there is none here.
    entry.structure("configuration").optional();
    r.absorb(entry);
    PackageItem { product, price, quantity: u32::try_from(quantity).unwrap_or(MOST_UNITS), options }
}

/// A map of variant ids to option ids, or lists of them; an empty list is an empty map.
pub(super) fn read_options(r: &mut Reader<'_>) -> BTreeMap<u64, Vec<u64>> {
    let Some(text) = r.structure("variant_options").optional() else { return BTreeMap::new() };
    options(&text).unwrap_or_else(|| {
        r.violate("variant_options", Rule::Kind(Kind::Object));
        BTreeMap::new()
    })
}

/// The chosen options of a JSON text; nothing when it is none.
pub(super) fn options(text: &str) -> Option<BTreeMap<u64, Vec<u64>>> {
    let id = |value: &Value| match value {
        Value::Number(number) => number.as_u64(),
        Value::String(text) => text.parse().ok(),
        _ => None,
    };
    let chosen = |value: &Value| match value {
        Value::Array(list) => list.iter().map(id).collect(),
        Value::Null => Some(Vec::new()),
        one => Some(vec![id(one)?]),
    };
    match serde_json::from_str::<Value>(text).ok()? {
        Value::Object(map) => {
            map.iter().map(|(variant, value)| Some((variant.parse().ok()?, chosen(value)?))).collect()
        }
        Value::Array(list) if list.is_empty() => Some(BTreeMap::new()),
        _ => None,
    }
}

fn read_domain(r: &mut Reader<'_>, mut entry: Reader<'_>) -> DomainItem {
    let transfer = entry.choice("type", TYPES).required();
    let domain = entry.text("domain").required();
    let tld = entry.id("tld_id").required();
    let years = entry.integer("years").within(1, i64::from(MOST_YEARS)).required();
    let epp_code = entry.text("epp_code").optional();
    r.absorb(entry);
    DomainItem { transfer, domain, tld, years: u32::try_from(years).unwrap_or(1), epp_code }
}

fn read_update(r: &mut Reader<'_>) -> Update {
    let id = r.own_id("id");
    Update { id, stage: Some(r.choice("status", STATUSES).required()), ..Update::default() }
}

fn write_list(_: View, page: Page<Shown>) -> Reply {
    Reply::page(page, |shown| order(&shown, false))
}

fn write_one(_: View, shown: Shown) -> Reply {
    Reply::one(order(&shown, true))
}

fn write_created(_: View, shown: Shown) -> Reply {
    Reply::one(order(&shown, true)).status(201)
}

fn order(shown: &Shown, whole: bool) -> Value {
    let order = &shown.order;
    let money = |minor| two_places(order.money(minor));
    let mut value = json!({
        "id": order.stamps.id,
        "order_number": order.number(),
        "status": word(STATUSES, &order.stage),
        "subtotal": money(order.subtotal),
        "discount": money(order.discount),
        "setup_fee": money(order.setup_fee),
        "tax": money(order.tax),
        "total": money(order.total),
        "currency": order.iso.code(),
        "notes": order.notes,
        "completed_at": order.completed_at.map(utc_micros),
        "cancelled_at": order.cancelled_at.map(utc_micros),
        "user": user(shown.customer.as_ref()),
    });
    if let Some(members) = value.as_object_mut().filter(|_| whole) {
        let items = order.items.iter().enumerate().map(|(place, one)| item(shown, place, one)).collect();
        members.insert("items".into(), items);
        members.insert("services".into(), shown.services.iter().map(services::bare).collect());
        members.insert("registrants".into(), shown.registrants.iter().map(registrants::bare).collect());
        members.insert("invoices".into(), shown.invoices.iter().map(invoices::billmora::bare).collect());
    }
    dated(value, &order.stamps)
}

fn item(shown: &Shown, place: usize, item: &Item) -> Value {
    let money = |minor| two_places(shown.order.money(minor));
    // A domain is asked for once, for so many years.
    let (kind, interval, unit) = match (item.what, item.cycle) {
        (_, Cycle::Free) => ("free", None, None),
        (_, Cycle::Once) => ("onetime", None, None),
        (What::Domain, Cycle::Every { count, .. }) => ("onetime", Some(count), word(UNITS, &Unit::Year)),
        (What::Service, Cycle::Every { count, unit }) => ("recurring", Some(count), word(UNITS, &unit)),
    };
    json!({
        "id": shown.order.stamps.id * 1000 + place as u64 + 1,
        "item_type": if item.what == What::Domain { "domain" } else { "service" },
        "description": item.description,
        "quantity": item.quantity,
        "billing_type": kind,
        "billing_period": unit,
        "billing_interval": interval,
        "unit_price": money(item.unit),
        "setup_fee": money(item.setup_fee),
        // The part of a cut first period is in the order's subtotal alone (contract §10.3).
        "amount": money(item.amount - item.part),
    })
}
