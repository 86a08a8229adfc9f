//! `accounting.invoices.*` (contract jerasoft §4.7). An invoice takes in the charges of its interval; items of
//! its own are our addition.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use shared::domain::documents::change::{Deletion, Update};
use shared::domain::documents::list::{GET_INVOICE, INVOICES, List, Order, SEARCH_INVOICES, Sort};
use shared::domain::documents::write::{MOST_LINES, New};
use shared::domain::documents::{Document, Kind, Shown, Status};
use shared::domain::settlement::documents::{CREATE_INVOICE, DELETE_INVOICE, UPDATE_INVOICE};
use shared::machinery::dialect::Dialect::Jerasoft;
use shared::machinery::dialect::jerasoft::{order, search, several, window};
use shared::machinery::dialect::{number, word};
use shared::machinery::reader::Reader;
use shared::machinery::reply::{Reply, View};
use shared::machinery::route::Row;
use shared::words::error::Rule;
use shared::words::page::{Page, Window};
use shared::words::time::{Instant, Zone, parse_moment, utc_seconds};

use crate::html;

use crate::cloudonex::{LARGEST_DOCUMENT, read_line};

/// What the dialect calls the operations' fields.
const NAMES: &[(&str, &str)] = &[
    ("customer", "clients_id"),
    ("date", "invoice_dt"),
    ("due_date", "due_dt"),
    ("number", "invoice_no"),
    ("quantity", "qty"),
    ("unit_price", "amount"),
];
const STATUSES: &[(&str, Status)] = &[
    ("draft", Status::Draft),
    ("unpaid", Status::Unpaid),
    ("part_paid", Status::PartPaid),
    ("paid", Status::Paid),
    ("void", Status::Void),
    ("cancelled", Status::Cancelled),
    ("refunded", Status::Refunded),
];
const STATES: &[(&str, &str)] = &[("verify", "verify"), ("to_send", "to_send"), ("sent", "sent"), ("normal", "normal")];
/// This ledger sends invoices; it does not take them in.
const TYPES: &[(&str, &str)] = &[("outgoing", "outgoing")];
/// What a list may be asked for all the same: incoming ones are none.
const ALL_TYPES: [&str; 2] = ["outgoing", "incoming"];
const COLUMNS: &[(&str, Order)] =
    &[("id", Order::Id), ("invoice_dt", Order::Date), ("clients_id", Order::Customer), ("invoice_no", Order::Number)];
/// Known, but made by the system, or fixed once an invoice is made.
const FIXED: [&str; 18] = [
    "clients_id",
    "companies_id",
    "currencies_id",
    "start_dt",
    "stop_dt",
    "type",
    "total",
    "total_net",
    "total_taxes",
    "paid_amount",
    "is_paid",
    "status",
    "invoices_templates_id",
    "items",
    "clients_name",
    "companies_name",
    "currencies_name",
    "c_dt",
];

pub(crate) fn rows() -> Vec<Row> {
    const ALL: &str = "/api/accounting/invoices";
    const ONE: &str = "/api/accounting/invoices/{id}";
    vec![
        Row::new(Jerasoft, "GET", ALL, &SEARCH_INVOICES, read_list, write_list, NAMES)
            .rpc("accounting.invoices.search"),
        Row::new(Jerasoft, "POST", ALL, &CREATE_INVOICE, read_new, write_one, NAMES)
            .rpc("accounting.invoices.create")
            .largest_body(LARGEST_DOCUMENT),
        Row::new(Jerasoft, "GET", ONE, &GET_INVOICE, |r| r.own_id("id"), write_one, NAMES)
            .rpc("accounting.invoices.get"),
        Row::new(Jerasoft, "PATCH", ONE, &UPDATE_INVOICE, read_update, |_, _| Reply::one(true), NAMES)
            .rpc("accounting.invoices.update"),
        Row::new(Jerasoft, "DELETE", ONE, &DELETE_INVOICE, read_deletion, |_, count| Reply::one(count), NAMES)
            .rpc("accounting.invoices.delete"),
        Row::new(
            Jerasoft,
            "GET",
            "/api/accounting/invoices/{id}/file",
            &GET_INVOICE,
            |r| r.own_id("id"),
            |_, shown| Reply::file(html::page(&shown)),
            NAMES,
        )
        .rpc("accounting.invoices.download")
        .media("text/html; charset=utf-8"),
    ]
}

/// The order of a list, in which a plain one by id needs no index.
pub fn read_order(r: &mut Reader<'_>, columns: &[(&'static str, Order)], window: &mut Window) -> Sort {
    match order(r, columns).as_slice() {
        [] => Sort::Id,
        [(Order::Id, descending)] => {
            window.newest_first = *descending;
            Sort::Id
        }
        columns => Sort::Columns(columns.to_vec()),
    }
}

fn read_list(r: &mut Reader<'_>) -> List {
    let mut window = window(r);
    let sort = read_order(r, COLUMNS, &mut window);
    let mut list = List::all(&INVOICES, window, sort);
    list.ids = r.ids("id").optional();
    list.customers = r.ids("clients_id").optional().unwrap_or_default();
    list.resellers = r.ids("companies_id").optional().unwrap_or_default();
    list.number = search(r);
    list.statuses = several(r, "status", STATUSES);
    read_types(r, &mut list);
    list.between = r.span("invoice_dt").optional().unwrap_or_default();
    list.due = r.span("due_dt").optional().unwrap_or_default();
    list
}

/// Every invoice here is outgoing, so that the filter leaves all or nothing.
fn read_types(r: &mut Reader<'_>, list: &mut List) {
    let words = r.texts("type").optional().unwrap_or_default();
    if words.iter().any(|word| !ALL_TYPES.contains(&word.as_str())) {
        r.violate("type", Rule::NotOneOf(ALL_TYPES.iter().map(|word| (*word).to_owned()).collect()));
    } else if !words.is_empty() && !words.iter().any(|word| word == "outgoing") {
        list.statuses = Some(Vec::new());
    }
}

fn read_new(r: &mut Reader<'_>) -> New {
    let mut new = New::of(Kind::Invoice);
    new.customer = Some(r.id("clients_id").required());
    r.choice("type", TYPES).optional();
    let (start, stop) = (r.period_moment("start_dt").required(), r.period_moment("stop_dt").required());
    if r.has("start_dt") && r.has("stop_dt") && stop <= start {
        r.violate("stop_dt", Rule::Reversed);
    }
    new.charges = Some((start, stop));
    new.day = r.day("invoice_dt").optional();
    new.due = r.day("due_dt").optional();
    (new.due_by_terms, new.due_after_date) = (true, true);
    let entries = r.each("items", 0, MOST_LINES);
    new.lines = entries.into_iter().map(|entry| read_line(r, entry)).collect();
    new.notes = r.text("notes").max(4000).optional();
    let template = r.id("invoices_templates_id").optional();
    let json = |value: Value| value.to_string();
    new.carried.insert("start_dt".into(), json(utc_seconds(start).into()));
    new.carried.insert("stop_dt".into(), json(utc_seconds(stop).into()));
    new.carried.extend(template.map(|id| ("invoices_templates_id".to_owned(), json(id.into()))));
    new
}

fn read_update(r: &mut Reader<'_>) -> Update {
    let mut update = Update { id: r.own_id("id"), ..Update::default() };
    update.number = r.text("invoice_no").min(1).max(60).patch();
    update.day = r.day("invoice_dt").present();
    update.due = r.day("due_dt").present();
    update.due_after_date = true;
    let state = r.choice("state", STATES).present();
    update.carried = BTreeMap::from_iter(state.map(|state| ("state".to_owned(), Value::from(state).to_string())));
    update.notes = r.text("notes").max(4000).patch();
    r.read_only(&FIXED);
    update
}

fn read_deletion(r: &mut Reader<'_>) -> Deletion {
    Deletion { id: r.own_id("id"), releases: true, ..Deletion::default() }
}

fn write_list(view: View, page: Page<Shown>) -> Reply {
    Reply::page(page, |shown| invoice(view, &shown))
}

fn write_one(view: View, shown: Shown) -> Reply {
    Reply::one(invoice(view, &shown))
}

/// What this dialect alone knows.
fn carried(document: &Document, name: &str) -> Value {
    document.carried.get(name).and_then(|json| serde_json::from_str(json).ok()).unwrap_or(Value::Null)
}

fn invoice(view: View, shown: &Shown) -> Value {
    let document = &shown.document;
    let money = |minor| number(document.money(minor));
    // An invoice of another dialect has no interval: its own day, to the day it is due.
    let moment = |name: &str, otherwise: Option<Instant>| {
        let own = carried(document, name).as_str().and_then(|text| parse_moment(text, Zone::UTC));
        own.or(otherwise).map(|at| view.zone.stamp(at))
    };
    let due = document.due.map(|due| due.at);
    let state = carried(document, "state");
    json!({
        "id": document.id,
        "invoice_no": document.number,
        "type": "outgoing",
        "clients_id": document.customer,
        "clients_name": shown.customer.as_ref().map(|customer| customer.name.full()),
        "companies_id": document.reseller,
        "companies_name": shown.reseller_name,
        "currencies_id": document.currency,
        "currencies_name": shown.currency_name,
        "start_dt": moment("start_dt", Some(document.day.at)),
        "stop_dt": moment("stop_dt", due),
        "total_net": money(document.sums.net()),
        "total_taxes": money(document.sums.tax),
        "total": money(document.sums.total),
        "paid_amount": money(document.settled()),
        "invoice_dt": view.zone.stamp(document.day.at),
        "due_dt": due.map(|due| view.zone.stamp(due)),
        "state": if state.is_null() { Value::from("normal") } else { state },
        "status": word(STATUSES, &document.status()),
        "is_paid": document.status() == Status::Paid,
        "invoices_templates_id": carried(document, "invoices_templates_id"),
        "notes": document.notes,
        "c_dt": view.zone.stamp(document.created_at),
    })
}
