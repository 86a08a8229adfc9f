//! `/invoices` (contract billmora §8.3, §9.3, §10.1, §10.2).

use serde_json::{Value, json};
use shared::domain::documents::change::{Deletion, Update};
use shared::domain::documents::entity::Line;
use shared::domain::documents::list::{GET_INVOICE, INVOICES, List, SEARCH_INVOICES, Sort};
use shared::domain::documents::sums::{Rounding, minor};
use shared::domain::documents::write::{MOST_LINES, New, NewLine, NewTaxes};
use shared::domain::documents::{Document, Kind, Shown, Status};
use shared::domain::settlement::documents::{CREATE_INVOICE, DELETE_INVOICE, UPDATE_INVOICE};
use shared::domain::tenants::CurrencyRef;
use shared::machinery::dialect::Dialect::Billmora;
use shared::machinery::dialect::billmora::{filter, window};
use shared::machinery::dialect::{number, two_places};
use shared::machinery::reader::Reader;
use shared::machinery::reply::{Reply, View};
use shared::machinery::route::Row;
use shared::words::money::{Decimal, Money};
use shared::words::page::Page;
use shared::words::pattern::Pattern;
use shared::words::time::utc_micros;

use crate::cloudonex::{LARGEST_DOCUMENT, read_extras};
use crate::line_id;

/// What the dialect calls the operations' fields.
const NAMES: &[(&str, &str)] = &[("customer", "user_id"), ("number", "invoice_number")];
/// How the description of what a coupon takes off begins (§10.3).
const COUPON: &str = "Discount - Coupon: ";
/// The statuses a client may write.
const STATUSES: &[(&str, Status)] = &[
    ("unpaid", Status::Unpaid),
    ("paid", Status::Paid),
    ("cancelled", Status::Cancelled),
    ("refunded", Status::Refunded),
];

pub(crate) fn rows() -> Vec<Row> {
    const ALL: &str = "/api/v1/invoices";
    const ONE: &str = "/api/v1/invoices/{id}";
    vec![
        Row::new(Billmora, "GET", ALL, &SEARCH_INVOICES, read_list, write_list, NAMES).ability("invoices.view"),
        Row::new(Billmora, "POST", ALL, &CREATE_INVOICE, read_new, write_created, NAMES)
            .ability("invoices.create")
            .largest_body(LARGEST_DOCUMENT),
        Row::new(Billmora, "GET", ONE, &GET_INVOICE, |r| r.own_id("id"), write_one, NAMES).ability("invoices.view"),
        Row::new(Billmora, "PUT", ONE, &UPDATE_INVOICE, read_update, write_one, NAMES).ability("invoices.update"),
        Row::new(Billmora, "DELETE", ONE, &DELETE_INVOICE, read_deletion, write_deleted, NAMES)
            .ability("invoices.delete"),
    ]
}

fn read_list(r: &mut Reader<'_>) -> List {
    let mut list = List::all(&INVOICES, window(r), Sort::Id);
    list.number = filter(r, "search").map(|text| Pattern::like(&text));
    // A word that is no status matches nothing.
    list.statuses = filter(r, "status").map(|word| match word.as_str() {
        "unpaid" => vec![Status::Draft, Status::Unpaid, Status::PartPaid],
        "paid" => vec![Status::Paid],
        "cancelled" => vec![Status::Cancelled, Status::Void],
        "refunded" => vec![Status::Refunded],
        _ => Vec::new(),
    });
    // Nobody has the id 0.
    list.customers = filter(r, "user_id").map(|id| id.parse().unwrap_or(0)).into_iter().collect();
    list
}

fn read_new(r: &mut Reader<'_>) -> New {
    let mut new = New::of(Kind::Invoice);
    new.customer = Some(r.id("user_id").required());
    new.due = Some(r.day("due_date").required());
    new.status = r.choice("status", STATUSES).optional().filter(|status| *status != Status::Unpaid);
    new.currency = r.text("currency").max(10).optional().map(CurrencyRef::Code);
    new.notes = r.text("notes").max(4000).optional();
    let entries = r.each("items", 1, MOST_LINES);
    for mut entry in entries {
        let description = entry.text("description").max(1000).required();
        let quantity = Decimal::from(entry.integer("quantity").within(1, 1_000_000_000).required());
        let unit = entry.decimal("unit_price").required();
        // What begins so buys credit (§10.2).
        let deposit = description.starts_with("Credit Deposit") && unit > Decimal::ZERO;
        let mut line = NewLine { description, quantity, unit, deposit, ..NewLine::default() };
        read_extras(&mut entry, &mut line);
        new.lines.push(line);
        r.absorb(entry);
    }
    // No mail is sent from here, so that there is nothing to leave out.
    r.flag("send_email").optional();
    // The original knows neither taxes nor discounts of a line, and rounds sums.
    let plain = |line: &NewLine| line.discount.is_zero() && matches!(line.taxes, NewTaxes::None);
    new.rounding = if new.lines.iter().all(plain) { Rounding::Sums } else { Rounding::Lines };
    new
}

fn read_update(r: &mut Reader<'_>) -> Update {
    let mut update = Update { id: r.own_id("id"), any_status: true, ..Update::default() };
    update.due = r.day("due_date").present();
    update.status = r.choice("status", STATUSES).present();
    // Sending back what was read changes nothing: one word here stands for several statuses.
    update.stands = match update.status {
        Some(Status::Unpaid) => vec![Status::Draft, Status::Unpaid, Status::PartPaid],
        Some(Status::Cancelled) => vec![Status::Cancelled, Status::Void],
        _ => Vec::new(),
    };
    update.notes = r.text("notes").max(4000).patch();
    update
}

fn read_deletion(r: &mut Reader<'_>) -> Deletion {
    Deletion { id: r.own_id("id"), releases: true, ..Deletion::default() }
}

fn write_list(_: View, page: Page<Shown>) -> Reply {
    Reply::page(page, |shown| invoice(&shown, false))
}

fn write_one(_: View, shown: Shown) -> Reply {
    Reply::one(invoice(&shown, true))
}

fn write_created(_: View, shown: Shown) -> Reply {
    Reply::one(invoice(&shown, true)).status(201)
}

fn write_deleted(_: View, _: u64) -> Reply {
    Reply::done("Invoice deleted successfully.")
}

fn status(document: &Document) -> &'static str {
    match document.status() {
        Status::Draft | Status::Unpaid | Status::PartPaid => "unpaid",
        Status::Paid => "paid",
        Status::Void | Status::Cancelled => "cancelled",
        Status::Refunded => "refunded",
    }
}

/// What an invoice still asks for by its transactions alone, whatever its status was set to (§10.1).
fn due_by_transactions(document: &Document) -> Money {
    // What was given back is asked for again once the invoice is open again.
    let returned = if document.status() == Status::Refunded { 0 } else { document.returned.0 };
    document.money((document.sums.total - (document.allocated() - returned).max(0)).max(0))
}

fn invoice(shown: &Shown, with_items: bool) -> Value {
    let document = &shown.document;
    let user = shown.customer.as_ref().map(|customer| customers::billmora::view(customer, document.iso.code()));
    let items = || items(document).into_iter().map(|(place, line)| item(document, place, &line)).collect();
    let relations = [("user", Some(user.into())), ("items", with_items.then(items))];
    view(document, relations.into_iter().filter_map(|(name, value)| Some((name, value?))))
}

/// An invoice without any of its relations, as it stands inside an order.
pub fn bare(document: &Document) -> Value {
    view(document, std::iter::empty())
}

fn view(document: &Document, relations: impl Iterator<Item = (&'static str, Value)>) -> Value {
    let money = |minor| two_places(document.money(minor));
    let sums = &document.sums;
    // Fees for setting up are asked for, and not in the subtotal (§10.3, §15.5).
    let setup: i64 = document.lines.iter().filter(|line| line.setup).map(|line| line.subtotal).sum();
    let mut value = json!({
        "id": document.id,
        "invoice_number": document.number,
        "status": status(document),
        "subtotal": money(sums.subtotal - setup),
        "discount": money(sums.discount),
        "tax": money(sums.tax),
        "total": money(sums.total),
        "currency": document.iso.code(),
        "notes": document.notes,
        "due_date": document.due.map(|due| utc_micros(due.at)),
        "paid_at": document.paid_at.map(utc_micros),
        "amount_due": number(due_by_transactions(document).decimal().normalize()),
    });
    if let Some(members) = value.as_object_mut() {
        members.extend(relations.map(|(name, value)| (name.to_owned(), value)));
        members.insert("created_at".into(), utc_micros(document.created_at).into());
        members.insert("updated_at".into(), utc_micros(document.updated_at).into());
    }
    value
}

/// The lines with their places. What a coupon takes off is one line here, for whatever periods it is (§10.3).
fn items(document: &Document) -> Vec<(usize, Line)> {
    let mut all: Vec<(usize, Line)> = Vec::with_capacity(document.lines.len());
    for (place, line) in document.lines.iter().enumerate() {
        let same = |known: &&mut (usize, Line)| known.1.is_discount() && known.1.description == line.description;
        match all.last_mut().filter(|_| line.description.starts_with(COUPON)).filter(same) {
            Some((_, known)) => (known.unit, known.amount) = (known.unit + line.unit, known.amount + line.amount),
            None => all.push((place, line.clone())),
        }
    }
    all
}

fn item(document: &Document, place: usize, line: &Line) -> Value {
    let unit = minor(line.unit, document.iso).unwrap_or(0);
    json!({
        "id": line_id(document, place),
        "service_id": line.service,
        "registrant_id": line.registrant,
        "description": line.description,
        "quantity": number(line.quantity.normalize()),
        "unit_price": two_places(document.money(unit)),
        "amount": two_places(document.money(line.amount)),
    })
}
