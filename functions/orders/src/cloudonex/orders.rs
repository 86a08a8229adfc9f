//! `/orders`: checked more closely than Billmora's, whose staff may order what it pleases.

use std::collections::BTreeMap;

use catalog::cloudonex::dated;
use invoices::cloudonex::{amount, read_currency};
use serde_json::{Value, json};
use shared::domain::orders::change::{DELETE, UPDATE, Update};
use shared::domain::orders::choose::{DomainItem, MOST_UNITS, MOST_YEARS, New, PackageItem};
use shared::domain::orders::create::CREATE;
use shared::domain::orders::list::{GET, SEARCH, Shown};
use shared::domain::sales::order::Stage;
use shared::domain::sales::order::{Item, What};
use shared::machinery::dialect::Dialect::Cloudonex;
use shared::machinery::dialect::word;
use shared::machinery::reader::Reader;
use shared::machinery::reply::{Reply, View};
use shared::machinery::route::Row;
use shared::words::error::Rule;
use shared::words::page::Page;
use shared::words::time::utc_seconds;

use super::{NAMES, read_list};

/// How far an order has come, in the application's words (contract §8.10).
const STATUSES: &[(&str, Stage)] = &[
    ("Awaiting payment", Stage::Pending),
    ("Processing", Stage::Processing),
    ("Completed", Stage::Completed),
    ("Cancelled", Stage::Cancelled),
    ("Failed", Stage::Failed),
    // Two of the application's stages (contract §8.10) that this ledger does not tell from the two above.
    ("New", Stage::Pending),
    ("Ready for delivery", Stage::Processing),
];
/// How a domain comes.
const TYPES: &[(&str, bool)] = &[("register", false), ("transfer", true)];
/// The most items of one kind: a client that sends more hears of the bound on units.
const MOST_ITEMS: usize = 50;

pub(super) fn rows() -> Vec<Row> {
    const ALL: &str = "/api/v2/orders";
    const ONE: &str = "/api/v2/orders/{id}";
    let id = |r: &mut Reader<'_>| r.own_id("id");
    vec![
        Row::new(Cloudonex, "GET", ALL, &SEARCH, |r| read_list(r, STATUSES, Stage::word), write_list, NAMES),
        Row::new(Cloudonex, "POST", ALL, &CREATE, read_new, write_created, NAMES),
        Row::new(Cloudonex, "GET", ONE, &GET, id, write_one, NAMES),
        Row::new(Cloudonex, "PUT", ONE, &UPDATE, read_update, write_one, NAMES),
        Row::new(Cloudonex, "DELETE", ONE, &DELETE, id, |_, _| Reply::done("Order deleted"), NAMES),
    ]
}

fn read_new(r: &mut Reader<'_>) -> New {
    let mut new = New { customer: r.id("customer_id").required(), strict: true, ..New::default() };
    new.own_currency = !r.has("currency");
    new.currency = read_currency(r).unwrap_or_default();
    new.coupon = r.text("coupon").optional().filter(|code| !code.trim().is_empty());
    let entries = r.each("items", 0, MOST_ITEMS);
    new.packages = entries.into_iter().map(|entry| read_item(r, entry)).collect();
    let entries = r.each("domains", 0, MOST_ITEMS);
    new.domains = entries.into_iter().map(|entry| read_domain(r, entry)).collect();
    new.notes = r.text("notes").max(4000).optional();
    if new.packages.is_empty() && new.domains.is_empty() && !r.has("items") && !r.has("domains") {
        r.violate("items", Rule::Required);
    }
    new
}

fn read_item(r: &mut Reader<'_>, mut entry: Reader<'_>) -> PackageItem {
    let product = entry.id("product_id").required();
    let price = entry.id("price_id").required();
    let quantity = entry.integer("qty").within(1, i64::from(MOST_UNITS)).optional().unwrap_or(1);
    let mut options: BTreeMap<u64, Vec<u64>> = BTreeMap::new();
    for mut chosen in entry.each("options", 0, MOST_ITEMS) {
        let (variant, option) = (chosen.id("variant_id").required(), chosen.id("option_id").required());
        options.entry(variant).or_default().push(option);
        entry.absorb(chosen);
    }
    r.absorb(entry);
    PackageItem { product, price, quantity: u32::try_from(quantity).unwrap_or(1), options }
}

fn read_domain(r: &mut Reader<'_>, mut entry: Reader<'_>) -> DomainItem {
    let domain = entry.text("domain").required();
    let tld = entry.id("tld_id").required();
    let years = entry.integer("years").within(1, i64::from(MOST_YEARS)).optional().unwrap_or(1);
    let transfer = entry.choice("type", TYPES).optional().unwrap_or(false);
    let epp_code = entry.text("epp_code").optional();
    r.absorb(entry);
    DomainItem { transfer, domain, tld, years: u32::try_from(years).unwrap_or(1), epp_code }
}

fn read_update(r: &mut Reader<'_>) -> Update {
    let id = r.own_id("id");
    r.read_only(&["customer_id", "items", "domains", "currency", "coupon"]);
    Update { id, stage: r.choice("status", STATUSES).present(), notes: r.text("notes").max(4000).patch(), strict: true }
}

fn write_list(_: View, page: Page<Shown>) -> Reply {
    Reply::page(page, |shown| order(&shown))
}

fn write_one(_: View, shown: Shown) -> Reply {
    Reply::one(order(&shown))
}

fn write_created(_: View, shown: Shown) -> Reply {
    Reply::one(order(&shown)).status(201).message("Order created")
}

fn order(shown: &Shown) -> Value {
    let order = &shown.order;
    let money = |minor| amount(order.iso, minor);
    let (invoice, invoice_number) = order.invoice.clone().map_or((None, None), |(id, number)| (Some(id), number));
    let value = json!({
        "id": order.stamps.id,
        "order_number": order.number(),
        "customer_id": order.customer,
        "status": word(STATUSES, &order.stage),
        "currency": order.iso.code(),
        "subtotal": money(order.subtotal),
        "setup_fee": money(order.setup_fee),
        "discount": money(order.discount),
        "tax": money(order.tax),
        "amount": money(order.total),
        "coupon": order.coupon.as_ref().map(|(_, code)| code),
        "items": order.items.iter().map(|one| item(shown, one)).collect::<Vec<_>>(),
        "service_ids": order.services,
        "registrant_ids": order.registrants,
        "invoice_id": invoice,
        "invoice_number": invoice_number,
        "notes": order.notes,
        "completed_at": order.completed_at.map(utc_seconds),
        "cancelled_at": order.cancelled_at.map(utc_seconds),
    });
    dated(value, &order.stamps)
}

fn item(shown: &Shown, item: &Item) -> Value {
    let money = |minor| amount(shown.order.iso, minor);
    json!({
        "type": if item.what == What::Domain { "domain" } else { "service" },
        "description": item.description,
        "qty": item.quantity,
        "billing_cycle": item.cycle.word(),
        "product_id": Some(item.product).filter(|id| *id != 0),
        "amount": money(item.unit),
        "setup_fee": money(item.setup_fee),
        "discount": money(item.discount),
        "total": money(item.gross() - item.discount),
    })
}
