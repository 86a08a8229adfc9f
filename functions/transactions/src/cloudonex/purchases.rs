//! `/purchases` (contract cloudonex §8.10): purchase orders and their steps. Items are those of invoices, each
//! with its `line` and what of it was `received`.

use invoices::cloudonex::{LARGEST_DOCUMENT, amount, item, read_currency, read_line};
use serde_json::{Value, json};
use shared::domain::documents::write::MOST_LINES;
use shared::domain::purchases::entity::{Arrival, Item, Purchase};
use shared::domain::purchases::list::{GET, SEARCH, Wanted};
use shared::domain::purchases::stage::Stage;
use shared::domain::purchases::write::{CREATE, DELETE, MOVE, New, RECEIVE, UPDATE, Update};
use shared::domain::records::List;
use shared::machinery::dialect::Dialect::Cloudonex;
use shared::machinery::dialect::cloudonex::{days, search, window};
use shared::machinery::dialect::{number, word};
use shared::machinery::reader::Reader;
use shared::machinery::reply::{Reply, View};
use shared::machinery::route::Row;
use shared::words::error::Rule;
use shared::words::money::{Currency, Decimal};
use shared::words::page::Page;
use shared::words::time::utc_seconds;

/// What the dialect calls the operations' fields.
const NAMES: &[(&str, &str)] = &[("supplier", "supplier_id"), ("quantity", "qty"), ("unit_price", "amount")];
/// Where a purchase order stands.
const STATUSES: &[(&str, Stage)] = &[
    ("Draft", Stage::Draft),
    ("Sent", Stage::Sent),
    ("Acknowledged", Stage::Acknowledged),
    ("Partially Received", Stage::PartiallyReceived),
    ("Fully Received", Stage::FullyReceived),
    ("Cancelled", Stage::Cancelled),
    ("Closed", Stage::Closed),
];
/// What a new purchase order may be made as.
const NEW_STATUSES: &[(&str, bool)] = &[("Draft", false), ("Sent", true)];
/// Decimal places of quantities: as many as those ordered have.
const PLACES: u32 = 6;

pub(super) fn rows() -> Vec<Row> {
    const ALL: &str = "/api/v2/purchases";
    const ONE: &str = "/api/v2/purchases/{id}";
    let id = |r: &mut Reader<'_>| r.own_id("id");
    let step = |path, reader: fn(&mut Reader<'_>) -> (u64, Stage)| {
        Row::new(Cloudonex, "POST", path, &MOVE, reader, write_one, NAMES)
    };
    vec![
        Row::new(Cloudonex, "GET", ALL, &SEARCH, read_list, write_list, NAMES),
        Row::new(Cloudonex, "POST", ALL, &CREATE, read_new, write_created, NAMES).largest_body(LARGEST_DOCUMENT),
        Row::new(Cloudonex, "GET", ONE, &GET, id, write_one, NAMES),
        Row::new(Cloudonex, "PUT", ONE, &UPDATE, read_update, write_one, NAMES).largest_body(LARGEST_DOCUMENT),
        Row::new(Cloudonex, "DELETE", ONE, &DELETE, id, |_, _| Reply::done("Purchase deleted"), NAMES),
        step("/api/v2/purchases/{id}/send", |r| (r.own_id("id"), Stage::Sent)),
        step("/api/v2/purchases/{id}/acknowledge", |r| (r.own_id("id"), Stage::Acknowledged)),
        step("/api/v2/purchases/{id}/cancel", |r| (r.own_id("id"), Stage::Cancelled)),
        step("/api/v2/purchases/{id}/close", |r| (r.own_id("id"), Stage::Closed)),
        Row::new(Cloudonex, "POST", "/api/v2/purchases/{id}/receive", &RECEIVE, read_arrivals, write_one, NAMES),
    ]
}

fn read_list(r: &mut Reader<'_>) -> Wanted {
    let mut list = List::all(window(r, true));
    list.parents = r.id("supplier_id").optional().into_iter().collect();
    list.search = search(r);
    list.statuses = r.choice("status", STATUSES).optional().map(|stage| vec![stage.word().to_owned()]);
    Wanted { list, days: days(r) }
}

fn read_new(r: &mut Reader<'_>) -> New {
    let supplier = r.id("supplier_id").required();
    let day = r.day("date").optional();
    let expected = r.day("expected_date").optional();
    let currency = read_currency(r);
    let inclusive = r.flag("tax_inclusive").optional().unwrap_or(false);
    let entries = r.each("items", 1, MOST_LINES);
    let lines = entries.into_iter().map(|entry| read_line(r, entry)).collect();
    let notes = r.text("notes").max(4000).optional();
    let sent = r.choice("status", NEW_STATUSES).optional().unwrap_or(false);
    New { supplier, day, expected, currency, inclusive, lines, notes, sent }
}

fn read_update(r: &mut Reader<'_>) -> Update {
    let mut update = Update { id: r.own_id("id"), ..Update::default() };
    update.day = r.day("date").present();
    update.expected = r.day("expected_date").patch();
    if r.has("items") {
        let entries = r.each("items", 1, MOST_LINES);
        update.lines = Some(entries.into_iter().map(|entry| read_line(r, entry)).collect());
    }
    update.notes = r.text("notes").max(4000).patch();
    update.stage = r.choice("status", STATUSES).present();
    r.read_only(&["supplier_id", "currency", "purchase_number"]);
    update
}

fn read_arrivals(r: &mut Reader<'_>) -> (u64, Vec<Arrival>) {
    let id = r.own_id("id");
    let entries = r.each("items", 0, MOST_LINES);
    // No list is everything; an empty one is nobody's wish.
    if entries.is_empty() && r.has("items") {
        r.violate("items", Rule::Required);
    }
    let mut arrivals = Vec::with_capacity(entries.len());
    for mut entry in entries {
        let line = entry.id("line").required();
        let quantity = entry.decimal("qty").bound(Rule::NotPositive, |qty| *qty > Decimal::ZERO);
        let quantity = quantity.bound(Rule::Precision(PLACES), |qty| qty.normalize().scale() <= PLACES).required();
        arrivals.push(Arrival { line, quantity });
        r.absorb(entry);
    }
    (id, arrivals)
}

fn write_list(_: View, page: Page<Purchase>) -> Reply {
    Reply::page(page, |one| purchase(&one))
}

fn write_one(_: View, one: Purchase) -> Reply {
    Reply::one(purchase(&one))
}

fn write_created(_: View, one: Purchase) -> Reply {
    Reply::one(purchase(&one)).status(201).message("Purchase created")
}

fn purchase(one: &Purchase) -> Value {
    let money = |minor| amount(one.iso, minor);
    json!({
        "id": one.stamps.id,
        "purchase_number": one.number(),
        "supplier_id": one.supplier,
        "supplier_name": one.supplier_name,
        "date": one.day.date.to_string(),
        "expected_date": one.expected.map(|day| day.date.to_string()),
        "amount": money(one.sums.total),
        "status": word(STATUSES, &one.stage),
        "items": one.items.iter().enumerate().map(|(place, line)| ordered(one.iso, place, line)).collect::<Vec<_>>(),
        "notes": one.notes,
        "currency": one.iso.code(),
        "exchange_rate": number(one.ratio),
        "subtotal": money(one.sums.subtotal),
        "discount": money(one.sums.discount),
        "tax": money(one.sums.tax),
        "tax_inclusive": one.inclusive,
        "sent_at": one.sent_at.map(utc_seconds),
        "acknowledged_at": one.acknowledged_at.map(utc_seconds),
        "received_at": one.received_at.map(utc_seconds),
        "closed_at": one.closed_at.map(utc_seconds),
        "created_at": utc_seconds(one.stamps.created_at),
        "updated_at": utc_seconds(one.stamps.updated_at),
    })
}

/// An item with its place in the order, by which what arrives of it is told.
fn ordered(currency: Currency, place: usize, ordered: &Item) -> Value {
    let mut value = item(currency, &ordered.line);
    if let Some(members) = value.as_object_mut() {
        members.insert("line".into(), (place + 1).into());
        members.insert("received".into(), number(ordered.received.normalize()));
    }
    value
}
