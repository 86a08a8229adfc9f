//! `/invoices` (contract cloudonex §8.2), and what every document of this dialect has in common.

use serde_json::{Map, Value, json};
use shared::domain::documents::change::{Deletion, Update};
use shared::domain::documents::entity::{Line, TaxRow};
use shared::domain::documents::list::{GET_INVOICE, INVOICES, List, SEARCH_INVOICES, Sort};
use shared::domain::documents::write::{MOST_LINES, New, NewLine, NewTaxes};
use shared::domain::documents::{Document, Kind, Shown, Status};
use shared::domain::settlement::documents::{CREATE_INVOICE, DELETE_INVOICE, UPDATE_INVOICE};
use shared::domain::tenants::CurrencyRef;
use shared::machinery::dialect::Dialect::Cloudonex;
use shared::machinery::dialect::cloudonex::{days, search, window};
use shared::machinery::dialect::{at_least, number, word};
use shared::machinery::reader::Reader;
use shared::machinery::reply::{Reply, View};
use shared::machinery::route::Row;
use shared::words::error::Rule;
use shared::words::money::{Currency, Decimal, Money};
use shared::words::page::Page;
use shared::words::patch::Patch;
use shared::words::time::utc_seconds;

/// What the dialect calls the operations' fields.
pub const NAMES: &[(&str, &str)] = &[
    ("customer", "customer_id"),
    ("account", "account_id"),
    ("category", "category_id"),
    ("invoice", "invoice_id"),
    ("debit_note", "debit_note_id"),
    ("number", "invoice_number"),
    ("quantity", "qty"),
    ("unit_price", "amount"),
];
/// The statuses, as the dialect calls them. The first three are what payments make of an invoice.
pub const STATUSES: &[(&str, Status)] = &[
    ("Unpaid", Status::Unpaid),
    ("Partially Paid", Status::PartPaid),
    ("Paid", Status::Paid),
    ("Draft", Status::Draft),
    ("Cancelled", Status::Cancelled),
    ("Void", Status::Void),
    ("Refunded", Status::Refunded),
];
/// What a new invoice may be made as.
const NEW_STATUSES: &[(&str, Status)] = &[("Unpaid", Status::Unpaid), ("Draft", Status::Draft), ("Paid", Status::Paid)];
/// The longest body of a document, in bytes: its answer must fit an idempotency record.
pub const LARGEST_DOCUMENT: usize = 96 * 1024;

pub(crate) fn rows() -> Vec<Row> {
    const ALL: &str = "/api/v2/invoices";
    const ONE: &str = "/api/v2/invoices/{id}";
    vec![
        Row::new(Cloudonex, "GET", ALL, &SEARCH_INVOICES, read_list, write_list, NAMES),
        Row::new(Cloudonex, "POST", ALL, &CREATE_INVOICE, read_new, write_created_invoice, NAMES)
            .largest_body(LARGEST_DOCUMENT),
        Row::new(Cloudonex, "GET", ONE, &GET_INVOICE, |r| r.own_id("id"), write_one, NAMES),
        Row::new(Cloudonex, "PUT", ONE, &UPDATE_INVOICE, read_update, write_one, NAMES).largest_body(LARGEST_DOCUMENT),
        Row::new(
            Cloudonex,
            "DELETE",
            ONE,
            &DELETE_INVOICE,
            read_deletion,
            |_, _| Reply::done("Invoice deleted"),
            NAMES,
        ),
    ]
}

fn read_list(r: &mut Reader<'_>) -> List {
    let mut list = List::all(&INVOICES, window(r, true), Sort::Newest);
    list.statuses = r.choice("status", STATUSES).optional().map(|status| vec![status]);
    list.overdue = r.flag("overdue").optional();
    read_filters(r, &mut list);
    list
}

/// The filters that every list of documents has.
pub fn read_filters(r: &mut Reader<'_>, list: &mut List) {
    list.customers = r.id("customer_id").optional().into_iter().collect();
    list.number = search(r);
    list.days = days(r);
}

fn read_new(r: &mut Reader<'_>) -> New {
    let mut new = New::of(Kind::Invoice);
    new.customer = Some(r.id("customer_id").required());
    new.number = r.text("invoice_number").min(1).max(60).optional();
    new.day = r.day("date").optional();
    new.due = r.day("due_date").optional();
    new.due_after_date = true;
    new.status = r.choice("status", NEW_STATUSES).optional();
    read_lines(r, &mut new, read_line);
    new.notes = r.text("notes").max(4000).optional();
    if new.status == Some(Status::Draft) && new.number.is_some() {
        r.violate("invoice_number", Rule::ReadOnly);
    }
    new
}

/// The currency of a new document.
pub fn read_currency(r: &mut Reader<'_>) -> Option<CurrencyRef> {
    r.text("currency").max(3).optional().map(CurrencyRef::Code)
}

/// The currency, whether prices include taxes, and the lines of a new document.
pub fn read_lines(r: &mut Reader<'_>, new: &mut New, read_line: fn(&mut Reader<'_>, Reader<'_>) -> NewLine) {
    new.currency = read_currency(r);
    new.inclusive = r.flag("tax_inclusive").optional().unwrap_or(false);
    let entries = r.each("items", 1, MOST_LINES);
    new.lines = entries.into_iter().map(|entry| read_line(r, entry)).collect();
}

/// A line of an invoice or a note.
pub fn read_line(r: &mut Reader<'_>, mut entry: Reader<'_>) -> NewLine {
    let mut line = NewLine { description: entry.text("description").max(1000).required(), ..NewLine::default() };
    line.unit = entry.decimal("amount").bound(Rule::NotPositive, |amount| *amount > Decimal::ZERO).required();
    let positive = |qty: &Decimal| *qty > Decimal::ZERO;
    line.quantity = entry.decimal("qty").bound(Rule::NotPositive, positive).optional().unwrap_or(Decimal::ONE);
    read_extras(&mut entry, &mut line);
    r.absorb(entry);
    line
}

/// What any line may have besides.
pub fn read_extras(entry: &mut Reader<'_>, line: &mut NewLine) {
    line.discount = entry.decimal("discount").optional().unwrap_or_default();
    let names = entry.named("taxes").optional();
    let percent = entry.decimal("tax_rate").optional();
    line.taxes = match (names, percent) {
        (Some(names), None) => NewTaxes::Named(names),
        (None, Some(percent)) => NewTaxes::Percent(percent),
        (None, None) => NewTaxes::None,
        (Some(_), Some(_)) => {
            entry.violate("tax_rate", Rule::Contradicts);
            NewTaxes::None
        }
    };
    line.cycle = entry.text("billing_cycle").max(40).optional();
    line.start = entry.date("period_start").optional();
    line.end = entry.date("period_end").optional();
    line.product = entry.id("product_id").optional();
}

fn read_update(r: &mut Reader<'_>) -> Update {
    let mut update = Update { id: r.own_id("id"), ..Update::default() };
    update.customer = r.id("customer_id").present();
    update.status = r.choice("status", STATUSES).present();
    update.number = r.text("invoice_number").min(1).max(60).patch();
    update.day = r.day("date").present();
    update.due = r.day("due_date").present();
    update.due_after_date = true;
    if r.has("items") {
        let entries = r.each("items", 1, MOST_LINES);
        update.lines = Some(entries.into_iter().map(|entry| read_line(r, entry)).collect());
    }
    update.notes = r.text("notes").max(4000).patch();
    update
}

fn read_deletion(r: &mut Reader<'_>) -> Deletion {
    Deletion { id: r.own_id("id"), ..Deletion::default() }
}

fn write_list(_: View, page: Page<Shown>) -> Reply {
    Reply::page(page, |shown| invoice(&shown))
}

pub(crate) fn write_one(_: View, shown: Shown) -> Reply {
    Reply::one(invoice(&shown))
}

/// A new invoice.
pub fn write_created_invoice(_: View, shown: Shown) -> Reply {
    Reply::one(invoice(&shown)).status(201).message("Invoice created")
}

/// An amount as the JSON number with the currency's places.
pub fn money(document: &Document, minor: i64) -> Value {
    amount(document.iso, minor)
}

/// The same of what is no document.
pub fn amount(currency: Currency, minor: i64) -> Value {
    number(Money { minor, currency })
}

/// A decimal as a JSON number: a price keeps two places at least, a quantity no needless ones.
fn price(currency: Currency, unit: Decimal) -> Value {
    number(at_least(unit.normalize(), currency.places()))
}

/// The word for a status.
pub fn status(document: &Document) -> Option<&'static str> {
    word(STATUSES, &document.status())
}

pub(crate) fn invoice(shown: &Shown) -> Value {
    let document = &shown.document;
    let mut value = json!({
        "id": document.id,
        "invoice_number": document.number,
        "customer_id": document.customer,
        "date": document.day.date.to_string(),
        "due_date": document.due.map(|due| due.date.to_string()),
        "amount": money(document, document.sums.total),
        "status": status(document),
        "items": document.lines.iter().map(|line| item(document.iso, line)).collect::<Vec<_>>(),
        "notes": document.notes,
    });
    if let Some(members) = value.as_object_mut() {
        members.extend(sums(document));
        members.insert("amount_due".into(), money(document, document.due_amount()));
        members.extend(document.order.as_ref().map(|(id, _)| ("order_id".to_owned(), Value::from(*id))));
        members.insert("overdue".into(), document.is_overdue(shown.today).into());
        members.insert("payments".into(), allocations(document));
        members.extend(dates(document));
    }
    value
}

/// The header amounts and the currency of a document with lines.
pub fn sums(document: &Document) -> Map<String, Value> {
    let sums = &document.sums;
    let taxes: Vec<Value> = document.tax_totals().iter().map(|one| tax(document.iso, one)).collect();
    Map::from_iter([
        ("currency".to_owned(), document.iso.code().into()),
        ("exchange_rate".to_owned(), number(document.ratio)),
        ("subtotal".to_owned(), money(document, sums.subtotal)),
        ("discount".to_owned(), money(document, sums.discount)),
        ("tax".to_owned(), money(document, sums.tax)),
        ("taxes".to_owned(), taxes.into()),
        ("tax_inclusive".to_owned(), document.inclusive.into()),
    ])
}

fn tax(currency: Currency, tax: &TaxRow) -> Value {
    json!({"name": tax.name, "percent": number(tax.percent), "amount": amount(currency, tax.amount)})
}

/// A line. What is not set is left out, so that the plain line is the contract's own three fields.
pub fn item(currency: Currency, line: &Line) -> Value {
    let mut item = Map::from_iter([
        ("description".to_owned(), Value::from(line.description.clone())),
        ("amount".to_owned(), price(currency, line.unit)),
        ("qty".to_owned(), number(line.quantity.normalize())),
    ]);
    if line.discount != 0 {
        item.insert("discount".into(), amount(currency, line.discount));
    }
    if !line.taxes.is_empty() {
        item.insert("taxes".into(), line.taxes.iter().map(|one| tax(currency, one)).collect());
    }
    item.extend(line.cycle.clone().map(|cycle| ("billing_cycle".to_owned(), cycle.into())));
    if let Some(term) = line.term {
        item.insert("period_start".into(), term.start.to_string().into());
        item.insert("period_end".into(), term.end.to_string().into());
    }
    let ids = [("product_id", line.product), ("service_id", line.service), ("registrant_id", line.registrant)];
    item.extend(ids.into_iter().filter_map(|(name, id)| Some((name.to_owned(), id?.into()))));
    item.insert("total".into(), amount(currency, line.amount));
    Value::Object(item)
}

/// What a document is set against.
pub fn allocations(document: &Document) -> Value {
    let one = |one: &shared::domain::documents::entity::Allocation| json!({"type": one.other.kind.name(), "id": one.other.id, "number": one.number, "amount": money(document, one.amount)});
    document.allocations.iter().map(one).collect()
}

/// When a document was made and last changed.
pub fn dates(document: &Document) -> Map<String, Value> {
    Map::from_iter([
        ("created_at".to_owned(), utc_seconds(document.created_at).into()),
        ("updated_at".to_owned(), utc_seconds(document.updated_at).into()),
    ])
}

/// A text that a partial update changes; null empties it.
pub fn text_patch(patch: Patch<String>) -> Option<String> {
    match patch {
        Patch::Keep => None,
        Patch::Clear => Some(String::new()),
        Patch::Set(text) => Some(text),
    }
}
