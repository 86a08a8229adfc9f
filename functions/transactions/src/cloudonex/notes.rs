//! `/credit-notes` and `/debit-notes`, in CloudOnex's habits; the original has neither.

use invoices::cloudonex::{
    LARGEST_DOCUMENT, NAMES, allocations, dates, item, money, read_extras, read_filters, read_lines, status, sums,
};
use invoices::cloudonex_allocations::read_allocate;
use serde_json::{Value, json};
use shared::domain::documents::list::{GET_TRANSACTION, List, SEARCH_TRANSACTIONS, Sort};
use shared::domain::documents::write::{New, NewLine};
use shared::domain::documents::{Kind, Shown};
use shared::domain::settlement::documents::{
    ALLOCATE, CREATE_CREDIT_NOTE, CREATE_DEBIT_NOTE, DELETE_TRANSACTION, RELEASE, UPDATE_TRANSACTION,
};
use shared::machinery::dialect::Dialect::Cloudonex;
use shared::machinery::dialect::cloudonex::window;
use shared::machinery::reader::Reader;
use shared::machinery::reply::{Reply, View};
use shared::machinery::route::Row;
use shared::words::error::Rule;
use shared::words::money::Decimal;
use shared::words::page::Page;

use super::money::{read_deletion, read_update};

const CREDIT: [Kind; 1] = [Kind::CreditNote];
const DEBIT: [Kind; 1] = [Kind::DebitNote];

pub(crate) fn rows() -> Vec<Row> {
    const CREDITS: &str = "/api/v2/credit-notes";
    const ONE_CREDIT: &str = "/api/v2/credit-notes/{id}";
    const AGAINST: &str = "/api/v2/credit-notes/{id}/allocations";
    const DEBITS: &str = "/api/v2/debit-notes";
    const ONE_DEBIT: &str = "/api/v2/debit-notes/{id}";
    vec![
        Row::new(
            Cloudonex,
            "GET",
            CREDITS,
            &SEARCH_TRANSACTIONS,
            |r| read_list(r, Kind::CreditNote),
            write_list,
            NAMES,
        ),
        Row::new(
            Cloudonex,
            "POST",
            CREDITS,
            &CREATE_CREDIT_NOTE,
            |r| read_new(r, Kind::CreditNote),
            write_created,
            NAMES,
        )
        .largest_body(LARGEST_DOCUMENT),
        Row::new(Cloudonex, "GET", ONE_CREDIT, &GET_TRANSACTION, |r| (r.own_id("id"), &CREDIT as _), write_one, NAMES),
        Row::new(Cloudonex, "PUT", ONE_CREDIT, &UPDATE_TRANSACTION, |r| read_update(r, &CREDIT), write_one, NAMES),
        Row::new(
            Cloudonex,
            "DELETE",
            ONE_CREDIT,
            &DELETE_TRANSACTION,
            |r| read_deletion(r, &CREDIT),
            |_, _| Reply::done("Credit note deleted"),
            NAMES,
        ),
        Row::new(Cloudonex, "POST", AGAINST, &ALLOCATE, |r| read_allocate(r, &CREDIT), write_one, NAMES),
        Row::new(Cloudonex, "DELETE", AGAINST, &RELEASE, |r| (r.own_id("id"), &CREDIT as _), write_one, NAMES),
        Row::new(Cloudonex, "GET", DEBITS, &SEARCH_TRANSACTIONS, |r| read_list(r, Kind::DebitNote), write_list, NAMES),
        Row::new(Cloudonex, "POST", DEBITS, &CREATE_DEBIT_NOTE, |r| read_new(r, Kind::DebitNote), write_created, NAMES)
            .largest_body(LARGEST_DOCUMENT),
        Row::new(Cloudonex, "GET", ONE_DEBIT, &GET_TRANSACTION, |r| (r.own_id("id"), &DEBIT as _), write_one, NAMES),
        Row::new(Cloudonex, "PUT", ONE_DEBIT, &UPDATE_TRANSACTION, |r| read_update(r, &DEBIT), write_one, NAMES),
        Row::new(
            Cloudonex,
            "DELETE",
            ONE_DEBIT,
            &DELETE_TRANSACTION,
            |r| read_deletion(r, &DEBIT),
            |_, _| Reply::done("Debit note deleted"),
            NAMES,
        ),
    ]
}

fn read_list(r: &mut Reader<'_>, kind: Kind) -> List {
    let mut list = List::all(&[kind], window(r, true), Sort::Newest);
    read_filters(r, &mut list);
    list
}

fn read_new(r: &mut Reader<'_>, kind: Kind) -> New {
    let mut new = New::of(kind);
    new.customer = Some(r.id("customer_id").required());
    new.invoice = r.id("invoice_id").optional();
    new.day = Some(r.day("date").required());
    new.description = r.text("description").max(1000).required();
    read_lines(r, &mut new, read_line);
    new
}

fn read_line(r: &mut Reader<'_>, mut entry: Reader<'_>) -> NewLine {
    let mut line = NewLine { description: entry.text("description").max(1000).required(), ..NewLine::default() };
    line.quantity = entry.decimal("qty").bound(Rule::NotPositive, |qty| *qty > Decimal::ZERO).required();
    line.unit = entry.decimal("amount").bound(Rule::NotPositive, |amount| *amount > Decimal::ZERO).required();
    read_extras(&mut entry, &mut line);
    r.absorb(entry);
    line
}

fn write_list(_: View, page: Page<Shown>) -> Reply {
    Reply::page(page, |shown| note(&shown))
}

fn write_one(_: View, shown: Shown) -> Reply {
    Reply::one(note(&shown))
}

fn write_created(_: View, shown: Shown) -> Reply {
    let message = match (shown.document.kind, &shown.document.invoice) {
        (Kind::CreditNote, Some(_)) => "Credit note created",
        (Kind::CreditNote, None) => "Credit note created; it concerns no invoice",
        _ => "Debit note created",
    };
    Reply::one(note(&shown)).status(201).message(message)
}

pub(super) fn note(shown: &Shown) -> Value {
    let document = &shown.document;
    let concerned = document.invoice.as_ref();
    let mut value = json!({
        "id": document.id,
        "number": document.number,
        "customer_id": document.customer,
        "invoice_id": concerned.map(|(id, _)| id),
        "invoice_number": concerned.and_then(|(_, number)| number.clone()),
        "date": document.day.date.to_string(),
        "description": document.description,
        "amount": money(document, document.sums.total),
        "status": status(document),
        "items": document.lines.iter().map(|line| item(document.iso, line)).collect::<Vec<_>>(),
    });
    if let Some(members) = value.as_object_mut() {
        members.extend(sums(document));
        members.insert("allocations".into(), allocations(document));
        members.insert("unallocated".into(), money(document, document.open()));
        members.insert("notes".into(), document.notes.clone().into());
        members.extend(dates(document));
    }
    value
}
