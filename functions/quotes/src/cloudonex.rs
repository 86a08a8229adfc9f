//! `/quotes` (contract cloudonex §8.5).

use invoices::cloudonex::{LARGEST_DOCUMENT, amount, item, read_currency, read_line, write_created_invoice};
use serde_json::{Value, json};
use shared::domain::documents::write::MOST_LINES;
use shared::domain::quotes::Stage;
use shared::domain::quotes::list::{GET, SEARCH, Shown, Wanted};
use shared::domain::quotes::write::{CONVERT, CREATE, Convert, DELETE, MOVE, New, UPDATE, Update};
use shared::domain::records::List;
use shared::machinery::dialect::Dialect::Cloudonex;
use shared::machinery::dialect::cloudonex::{days, search, window};
use shared::machinery::dialect::{number, word};
use shared::machinery::reader::Reader;
use shared::machinery::reply::{Reply, View};
use shared::machinery::route::Row;
use shared::words::page::Page;
use shared::words::time::utc_seconds;

/// What the dialect calls the operations' fields.
const NAMES: &[(&str, &str)] = &[("customer", "customer_id"), ("quantity", "qty"), ("unit_price", "amount")];
/// Where a quote stands.
const STATUSES: &[(&str, Stage)] = &[
    ("Draft", Stage::Draft),
    ("Sent", Stage::Sent),
    ("Accepted", Stage::Accepted),
    ("Declined", Stage::Declined),
    ("Expired", Stage::Expired),
    ("Converted to Invoice", Stage::Converted),
];
/// What a new quote may be made as.
const NEW_STATUSES: &[(&str, bool)] = &[("Draft", false), ("Sent", true)];

pub(crate) fn rows() -> Vec<Row> {
    const ALL: &str = "/api/v2/quotes";
    const ONE: &str = "/api/v2/quotes/{id}";
    let id = |r: &mut Reader<'_>| r.own_id("id");
    let step = |path, reader: fn(&mut Reader<'_>) -> (u64, Stage)| {
        Row::new(Cloudonex, "POST", path, &MOVE, reader, write_one, NAMES)
    };
    vec![
        Row::new(Cloudonex, "GET", ALL, &SEARCH, read_list, write_list, NAMES),
        Row::new(Cloudonex, "POST", ALL, &CREATE, read_new, write_created, NAMES).largest_body(LARGEST_DOCUMENT),
        Row::new(Cloudonex, "GET", ONE, &GET, id, write_one, NAMES),
        Row::new(Cloudonex, "PUT", ONE, &UPDATE, read_update, write_one, NAMES).largest_body(LARGEST_DOCUMENT),
        Row::new(Cloudonex, "DELETE", ONE, &DELETE, id, |_, _| Reply::done("Quote deleted"), NAMES),
        step("/api/v2/quotes/{id}/send", |r| (r.own_id("id"), Stage::Sent)),
        step("/api/v2/quotes/{id}/accept", |r| (r.own_id("id"), Stage::Accepted)),
        step("/api/v2/quotes/{id}/decline", |r| (r.own_id("id"), Stage::Declined)),
        step("/api/v2/quotes/{id}/expire", |r| (r.own_id("id"), Stage::Expired)),
        Row::new(
            Cloudonex,
            "POST",
            "/api/v2/quotes/{id}/convert",
            &CONVERT,
            read_convert,
            write_created_invoice,
            invoices::cloudonex::NAMES,
        ),
    ]
}

fn read_list(r: &mut Reader<'_>) -> Wanted {
    let mut list = List::all(window(r, true));
    list.customers = r.id("customer_id").optional().into_iter().collect();
    list.search = search(r);
    Wanted { list, stage: r.choice("status", STATUSES).optional(), days: days(r) }
}

fn read_new(r: &mut Reader<'_>) -> New {
    let customer = r.id("customer_id").required();
    let day = r.day("date").optional();
    let valid_until = r.day("valid_until").required();
    let currency = read_currency(r);
    let inclusive = r.flag("tax_inclusive").optional().unwrap_or(false);
    let entries = r.each("items", 1, MOST_LINES);
    let lines = entries.into_iter().map(|entry| read_line(r, entry)).collect();
    let subject = r.text("subject").optional();
    let notes = r.text("notes").max(4000).optional();
    let sent = r.choice("status", NEW_STATUSES).optional().unwrap_or(false);
    New { customer, day, valid_until, subject, currency, inclusive, lines, notes, sent }
}

fn read_update(r: &mut Reader<'_>) -> Update {
    let mut update = Update { id: r.own_id("id"), ..Update::default() };
    update.day = r.day("date").present();
    update.valid_until = r.day("valid_until").present();
    if r.has("items") {
        let entries = r.each("items", 1, MOST_LINES);
        update.lines = Some(entries.into_iter().map(|entry| read_line(r, entry)).collect());
    }
    update.subject = r.text("subject").patch();
    update.notes = r.text("notes").max(4000).patch();
    update.stage = r.choice("status", STATUSES).present();
    r.read_only(&["customer_id", "currency", "quote_number"]);
    update
}

fn read_convert(r: &mut Reader<'_>) -> Convert {
    Convert { id: r.own_id("id"), day: r.day("date").optional(), due: r.day("due_date").optional() }
}

fn write_list(_: View, page: Page<Shown>) -> Reply {
    Reply::page(page, |shown| quote(&shown))
}

fn write_one(_: View, shown: Shown) -> Reply {
    Reply::one(quote(&shown))
}

fn write_created(_: View, shown: Shown) -> Reply {
    Reply::one(quote(&shown)).status(201).message("Quote created")
}

fn quote(shown: &Shown) -> Value {
    let quote = &shown.quote;
    let money = |minor| amount(quote.iso, minor);
    let (invoice, invoice_number) = quote.invoice.clone().map_or((None, None), |(id, number)| (Some(id), number));
    json!({
        "id": quote.stamps.id,
        "quote_number": quote.number(),
        "customer_id": quote.customer,
        "subject": quote.subject,
        "date": quote.day.date.to_string(),
        "valid_until": quote.valid_until.date.to_string(),
        "amount": money(quote.sums.total),
        "status": word(STATUSES, &shown.stage),
        "items": quote.lines.iter().map(|line| item(quote.iso, line)).collect::<Vec<_>>(),
        "notes": quote.notes,
        "currency": quote.iso.code(),
        "exchange_rate": number(quote.ratio),
        "subtotal": money(quote.sums.subtotal),
        "discount": money(quote.sums.discount),
        "tax": money(quote.sums.tax),
        "tax_inclusive": quote.inclusive,
        "invoice_id": invoice,
        "invoice_number": invoice_number,
        "sent_at": quote.sent_at.map(utc_seconds),
        "answered_at": quote.answered_at.map(utc_seconds),
        "created_at": utc_seconds(quote.stamps.created_at),
        "updated_at": utc_seconds(quote.stamps.updated_at),
    })
}
