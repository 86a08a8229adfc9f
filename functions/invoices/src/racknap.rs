//! `POST /invoice/list` (contract racknap §5–§8), and what every list of this dialect has in common.

use serde_json::{Map, Value, json};
use shared::domain::customers::entity::Text;
use shared::domain::documents::accrual::{Begin, accrual};
use shared::domain::documents::entity::{Line, TaxRow};
use shared::domain::documents::list::{INVOICES, List, SEARCH_INVOICES, Sort};
use shared::domain::documents::{Document, Kind, Shown, Status};
use shared::machinery::dialect::Dialect::Racknap;
use shared::machinery::dialect::racknap::date_time;
use shared::machinery::dialect::{at_least, number, two_places};
use shared::machinery::reader::Reader;
use shared::machinery::reply::{Reply, View};
use shared::machinery::route::Row;
use shared::words::error::Rule;
use shared::words::money::{Currency, Decimal, Money};
use shared::words::page::{Page, Window};
use shared::words::time::{Date, Day, Zone};

use crate::line_id;

/// What the dialect calls the operations' fields.
pub const NAMES: &[(&str, &str)] = &[("customer", "customer_id")];

pub(crate) fn rows() -> Vec<Row> {
    vec![Row::new(Racknap, "POST", "/api/v2/invoice/list", &SEARCH_INVOICES, read_list, write_list, NAMES)]
}

fn read_list(r: &mut Reader<'_>) -> List {
    read(r, &INVOICES, &[Status::Unpaid, Status::PartPaid, Status::Paid, Status::Cancelled, Status::Refunded])
}

/// The parameters of every list (§6). What is not issued, or void, is not listed.
pub fn read(r: &mut Reader<'_>, kinds: &[Kind], statuses: &[Status]) -> List {
    let mut list = List::all(kinds, read_page(r), Sort::Newest);
    list.statuses = Some(statuses.to_vec());
    list.customers = form_id(r, "customer_id").into_iter().collect();
    let from = r.filter_day_first("startdate").optional().map(|day| day.date);
    let to = r.filter_day_first("enddate").optional().map(|day| day.date);
    if from.zip(to).is_some_and(|(from, to)| from > to) {
        r.violate("startdate", Rule::Reversed);
    }
    list.days = (from, to);
    // 0 is the main venture, whose token sees all that it may see.
    list.resellers = form_id(r, "pid").filter(|pid| *pid != 0).into_iter().collect();
    (list.as_of, list.since) = (to, from);
    list
}

/// The window: everything, unless `limit` says otherwise, newest first.
pub fn read_page(r: &mut Reader<'_>) -> Window {
    let page = r.integer("page").within(1, i64::MAX).optional().and_then(|page| u64::try_from(page).ok());
    let limit = r.integer("limit").within(1, i64::MAX).optional().and_then(|limit| u64::try_from(limit).ok());
    match limit {
        None => Window { offset: 0, limit: u64::MAX, newest_first: true },
        Some(limit) => Window::of_page(page.unwrap_or(1), limit, true),
    }
}

/// An id of a form, where an empty text is none.
pub fn form_id(r: &mut Reader<'_>, name: &str) -> Option<u64> {
    match r.loose(name) {
        Some(text) if text.trim().is_empty() => None,
        _ => r.id(name).optional(),
    }
}

fn write_list(view: View, page: Page<Shown>) -> Reply {
    Reply::page(page, |shown| invoice(view, &shown))
}

/// A ratio with three decimal places at least.
pub fn ratio(ratio: Decimal) -> String {
    at_least(ratio.normalize(), 3).to_string()
}

/// The id of the reseller whose books a document is in; 0 for the main venture.
pub fn partner(shown: &Shown) -> u64 {
    if shown.of_main_reseller { 0 } else { shown.document.reseller }
}

/// The numbers of the documents of one kind that a document is set against, each once, as one text. A receipt is
/// set against debit notes and refunds too, and an invoice against credit notes: those have no column here.
pub fn numbers(document: &Document, kind: Kind) -> Option<String> {
    let mut numbers: Vec<&str> = Vec::new();
    for one in document.allocations.iter().filter(|one| one.other.kind == kind) {
        match one.number.as_deref() {
            Some(number) if !numbers.contains(&number) => numbers.push(number),
            _ => {}
        }
    }
    (!numbers.is_empty()).then(|| numbers.join(","))
}

/// The customer's company.
pub fn company(shown: &Shown) -> Option<String> {
    shown.customer.as_ref().and_then(|customer| customer.text(Text::Company)).map(str::to_owned)
}

/// Tax rows whose ids follow from their owner's.
pub fn tax_rows(document: &Document, owner: u64, taxes: &[TaxRow]) -> Value {
    plain_tax_rows(document.iso, owner, taxes)
}

/// The same of what is no document.
pub fn plain_tax_rows(currency: Currency, owner: u64, taxes: &[TaxRow]) -> Value {
    let row = |(place, tax): (usize, &TaxRow)| {
        json!({"id": owner * 100 + place as u64 + 1, "tax_type": tax.name, "tax_val": percent(tax.percent),
            "tax_amount": two_places(Money { minor: tax.amount, currency })})
    };
    taxes.iter().enumerate().map(row).collect()
}

fn percent(percent: Decimal) -> String {
    at_least(percent.normalize(), 2).to_string()
}

/// What of a line is earned (§8.3): the three accrual fields.
pub fn accruals(shown: &Shown, line: &Line, begin: Begin) -> Map<String, Value> {
    let document = &shown.document;
    let money = |minor| Value::from(two_places(document.base_money(minor)));
    let blank = || Value::from("");
    let got = accrual(line.base, line.term, document.day.date, shown.as_of, begin, shown.since);
    let months = got.months.iter().map(|(month, value)| (month.name(), value.map_or_else(blank, money)));
    Map::from_iter([
        ("current_financial_amount".to_owned(), got.current.map_or_else(blank, money)),
        ("future_financial_amount".to_owned(), money(got.future)),
        ("monthly_accural_details".to_owned(), Value::Object(months.collect())),
    ])
}

/// A document's day as its local time, which stays on that day in whatever zone it is read.
pub fn moment(day: Day, zone: Zone) -> String {
    if Day::of(day.at, zone).date == day.date { date_time(day.at, zone) } else { format!("{} 00:00:00", day.date) }
}

/// A day of a billing period.
pub fn day(date: Option<Date>) -> Option<String> {
    date.map(|date| format!("{date} 00:00:00"))
}

fn invoice(view: View, shown: &Shown) -> Value {
    let document = &shown.document;
    let money = |minor| two_places(document.money(minor));
    let at = |at| date_time(at, view.zone);
    let status = match document.status() {
        Status::Paid => "Paid",
        Status::Cancelled => "Cancelled",
        Status::Refunded => "Refunded",
        Status::Draft | Status::Unpaid | Status::PartPaid | Status::Void => "Unpaid",
    };
    json!({
        "id": document.id,
        "invoicenum": document.number,
        "customer_id": document.customer,
        "description": description(document),
        "amount": money(document.sums.total),
        "subtotal": money(document.sums.net()),
        "creation_date": moment(document.day, view.zone),
        "paid_date": document.paid_at.map(at),
        "status": status,
        "currencyid": document.currency,
        "currencycnratio": ratio(document.ratio),
        "invoice_type": "F",
        "custom_invoice": 1,
        "single_invoice": 1,
        "pid": partner(shown),
        "nextduedate": document.due.map(|due| moment(due, view.zone)),
        "is_bundle": 0,
        "currency": document.iso.code(),
        "ordernum": document.order.as_ref().map(|(_, number)| number),
        "transaction_num": numbers(document, Kind::Receipt),
        "base_sub_total": two_places(document.base_money(document.sums.base_net)),
        "discount": money(document.sums.discount),
        "invoice_item": document.lines.iter().enumerate().map(|(place, line)| item(shown, place, line)).collect::<Vec<_>>(),
        "company_info": company(shown),
    })
}

/// `1.) Backup Gold ( 100 GB ) Billing Cycle : Monthly`.
fn description(document: &Document) -> String {
    let one = |(place, line): (usize, &Line)| {
        let cycle = line.cycle.as_ref().map(|cycle| format!(" Billing Cycle : {cycle}")).unwrap_or_default();
        format!("{}.) {}{cycle}", place + 1, line.description)
    };
    document.lines.iter().enumerate().map(one).collect::<Vec<_>>().join(" ")
}

fn item(shown: &Shown, place: usize, line: &Line) -> Value {
    let document = &shown.document;
    let money = |minor| two_places(document.money(minor));
    let unit = shared::domain::documents::sums::minor(line.unit, document.iso).unwrap_or(0);
    let id = line_id(document, place);
    let mut item = json!({
        "id": id,
        "type": "other",
        "description": line.description,
        // Net: the sample's item amount is its subtotal (§7.2).
        "amount": money(line.taxable),
        "subtotal": money(line.subtotal),
        "start_billing_date": day(line.term.map(|term| term.start)),
        "end_billing_date": day(line.term.map(|term| term.end)),
        "billingcycle": line.cycle,
        "quantity": number(line.quantity.normalize()),
        "planid": line.product.unwrap_or(0),
        "serviceid": line.service.unwrap_or(0),
        "item_uom": null,
        "per_unit_price": money(unit),
        "is_bundle": 0,
        "discount": money(line.discount),
        "rate": money(unit),
        "base_sub_total": two_places(document.base_money(line.base)),
    });
    if let Some(members) = item.as_object_mut() {
        members.extend(accruals(shown, line, Begin::Term));
        members.insert("invoice_item_taxes".into(), tax_rows(document, id, &line.taxes));
    }
    item
}
