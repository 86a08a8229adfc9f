//! `POST /transaction/credit_note`, `/transaction/debit_note` and `/receipt/list` (contract racknap §6–§8).

use invoices::line_id;
use invoices::racknap::{NAMES, accruals, company, day, moment, numbers, ratio, read, tax_rows};
use serde_json::{Map, Value, json};
use shared::domain::documents::accrual::Begin;
use shared::domain::documents::entity::Line;
use shared::domain::documents::list::{List, SEARCH_TRANSACTIONS};
use shared::domain::documents::sums::minor;
use shared::domain::documents::{Kind, Shown, Status};
use shared::machinery::dialect::Dialect::Racknap;
use shared::machinery::dialect::{number, two_places};
use shared::machinery::reader::Reader;
use shared::machinery::reply::{Reply, View};
use shared::machinery::route::Row;
use shared::words::page::Page;

pub(crate) fn rows() -> Vec<Row> {
    let row = |path, reader: fn(&mut Reader<'_>) -> List| {
        Row::new(Racknap, "POST", path, &SEARCH_TRANSACTIONS, reader, write_list, NAMES)
    };
    vec![
        row("/api/v2/transaction/credit_note", |r| read_list(r, Kind::CreditNote)),
        row("/api/v2/transaction/debit_note", |r| read_list(r, Kind::DebitNote)),
        row("/api/v2/receipt/list", |r| read_list(r, Kind::Receipt)),
    ]
}

fn read_list(r: &mut Reader<'_>, kind: Kind) -> List {
    read(r, &[kind], &[Status::Unpaid, Status::PartPaid, Status::Paid])
}

fn write_list(view: View, page: Page<Shown>) -> Reply {
    Reply::page(page, |shown| transaction(view, &shown))
}

/// A note, or a receipt, which has the same header and no items.
fn transaction(view: View, shown: &Shown) -> Value {
    let document = &shown.document;
    let money = |minor| Value::from(two_places(document.money(minor)));
    let note = document.kind != Kind::Receipt;
    // The key really differs between the calls (§7.1).
    let net = if document.kind == Kind::DebitNote { "subtotal" } else { "sub_total" };
    let mut members = Map::from_iter([
        ("id".to_owned(), Value::from(document.id)),
        ("tran_no".to_owned(), document.number.clone().into()),
        ("tdate".to_owned(), moment(document.day, view.zone).into()),
        ("description".to_owned(), document.description.clone().into()),
        ("tran_id".to_owned(), document.reference.clone().into()),
        ("amount".to_owned(), money(document.sums.total)),
        ("paymentmethod".to_owned(), document.method.clone().into()),
        ("customer_id".to_owned(), document.customer.into()),
        ("currencyid".to_owned(), document.currency.into()),
        ("currencycnratio".to_owned(), ratio(document.ratio).into()),
        ("invoice_num".to_owned(), invoice_numbers(shown).into()),
        ("is_tax".to_owned(), 0.into()),
        ("currency".to_owned(), document.iso.code().into()),
        (net.to_owned(), money(document.sums.net())),
        ("base_sub_total".to_owned(), two_places(document.base_money(document.sums.base_net)).into()),
        ("company_info".to_owned(), company(shown).into()),
        ("transaction_taxes".to_owned(), tax_rows(document, document.id, &document.tax_totals())),
    ]);
    if note {
        let items = document.lines.iter().enumerate().map(|(place, line)| item(shown, place, line));
        members.insert("transaction_item".into(), items.collect());
    }
    Value::Object(members)
}

/// The number of the invoice it concerns, else of those it is set against.
fn invoice_numbers(shown: &Shown) -> Option<String> {
    let document = &shown.document;
    let own = document.invoice.as_ref().and_then(|(_, number)| number.clone());
    own.or_else(|| numbers(document, Kind::Invoice))
}

fn item(shown: &Shown, place: usize, line: &Line) -> Value {
    let document = &shown.document;
    let money = |minor| two_places(document.money(minor));
    let id = line_id(document, place);
    let mut item = json!({
        "id": id,
        "transactionid": document.id,
        "type": "other",
        "quantity": number(line.quantity.normalize()),
        "description": line.description,
        "subtotal": money(line.subtotal),
        "discount": money(line.discount),
        "taxable_value": money(line.taxable),
        "taxamount": money(line.tax()),
        "amount": money(line.amount),
        "billingcycle": line.cycle,
        "serviceid": line.service.unwrap_or(0),
        "start_billing_date": day(line.term.map(|term| term.start)),
        "end_billing_date": day(line.term.map(|term| term.end)),
        "planid": line.product.unwrap_or(0),
        "per_unit_price": money(minor(line.unit, document.iso).unwrap_or(0)),
        "item_sac": null,
        "item_uom": null,
        "is_bundle": 0,
        "rel_bundleid": 0,
        "bundleid": null,
        "base_sub_total": two_places(document.base_money(line.base)),
    });
    if let Some(members) = item.as_object_mut() {
        members.extend(accruals(shown, line, Begin::January));
        members.insert("transaction_item_taxes".into(), tax_rows(document, id, &line.taxes));
    }
    item
}
