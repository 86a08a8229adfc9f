//! `/transactions`, `/receipts` and `/refunds`: money that comes and goes.

use invoices::cloudonex::{NAMES, allocations, dates, money, read_currency, read_filters, status, text_patch};
use invoices::cloudonex_allocations::{read_against, read_allocate};
use serde_json::{Value, json};
use shared::domain::books::Direction;
use shared::domain::documents::change::{Deletion, Update};
use shared::domain::documents::list::{GET_TRANSACTION, List, SEARCH_TRANSACTIONS, Sort};
use shared::domain::documents::pay::Against;
use shared::domain::documents::write::New;
use shared::domain::documents::{Document, Kind, Shown, Status};
use shared::domain::settlement::documents::{
    ALLOCATE, CREATE_RECEIPT, CREATE_REFUND, CREATE_TRANSACTION, DELETE_TRANSACTION, RELEASE, UPDATE_TRANSACTION,
};
use shared::machinery::dialect::Dialect::Cloudonex;
use shared::machinery::dialect::cloudonex::window;
use shared::machinery::reader::Reader;
use shared::machinery::reply::{Reply, View};
use shared::machinery::route::Row;
use shared::words::error::Rule;
use shared::words::money::Decimal;
use shared::words::page::Page;

/// Money that comes or goes.
const CASH: [Kind; 4] = [Kind::Receipt, Kind::Income, Kind::Refund, Kind::Expense];
const RECEIPT: [Kind; 1] = [Kind::Receipt];
const REFUND: [Kind; 1] = [Kind::Refund];
/// Which way it goes. A receipt is an income, a refund an expense.
const TYPES: &[(&str, Direction)] = &[("Income", Direction::Income), ("Expense", Direction::Expense)];
/// What stands on the books or did; a draft is a payment that waits for approval (JeraSoft).
const ISSUED: [Status; 3] = [Status::Unpaid, Status::PartPaid, Status::Paid];

pub(crate) fn rows() -> Vec<Row> {
    const TRANSACTIONS: &str = "/api/v2/transactions";
    const TRANSACTION: &str = "/api/v2/transactions/{id}";
    const RECEIPTS: &str = "/api/v2/receipts";
    const ONE_RECEIPT: &str = "/api/v2/receipts/{id}";
    const AGAINST: &str = "/api/v2/receipts/{id}/allocations";
    const REFUNDS: &str = "/api/v2/refunds";
    const ONE_REFUND: &str = "/api/v2/refunds/{id}";
    let deleted = |_: View, _: u64| Reply::done("Transaction deleted");
    vec![
        Row::new(Cloudonex, "GET", TRANSACTIONS, &SEARCH_TRANSACTIONS, read_list, write_list, NAMES),
        Row::new(Cloudonex, "POST", TRANSACTIONS, &CREATE_TRANSACTION, read_new, write_created, NAMES),
        Row::new(Cloudonex, "GET", TRANSACTION, &GET_TRANSACTION, |r| (r.own_id("id"), &CASH as _), write_one, NAMES),
        Row::new(Cloudonex, "PUT", TRANSACTION, &UPDATE_TRANSACTION, |r| read_update(r, &CASH), write_one, NAMES),
        Row::new(Cloudonex, "DELETE", TRANSACTION, &DELETE_TRANSACTION, |r| read_deletion(r, &CASH), deleted, NAMES),
        Row::new(Cloudonex, "GET", RECEIPTS, &SEARCH_TRANSACTIONS, |r| read_kind(r, Kind::Receipt), write_list, NAMES),
        Row::new(Cloudonex, "POST", RECEIPTS, &CREATE_RECEIPT, read_receipt, write_created, NAMES),
        Row::new(
            Cloudonex,
            "GET",
            ONE_RECEIPT,
            &GET_TRANSACTION,
            |r| (r.own_id("id"), &RECEIPT as _),
            write_one,
            NAMES,
        ),
        Row::new(Cloudonex, "PUT", ONE_RECEIPT, &UPDATE_TRANSACTION, |r| read_update(r, &RECEIPT), write_one, NAMES),
        Row::new(
            Cloudonex,
            "DELETE",
            ONE_RECEIPT,
            &DELETE_TRANSACTION,
            |r| read_deletion(r, &RECEIPT),
            |_, _| Reply::done("Receipt deleted"),
            NAMES,
        ),
        Row::new(Cloudonex, "POST", "/api/v2/income", &CREATE_TRANSACTION, read_income, write_created, NAMES),
        Row::new(Cloudonex, "POST", AGAINST, &ALLOCATE, |r| read_allocate(r, &RECEIPT), write_one, NAMES),
        Row::new(Cloudonex, "DELETE", AGAINST, &RELEASE, |r| (r.own_id("id"), &RECEIPT as _), write_one, NAMES),
        Row::new(Cloudonex, "GET", REFUNDS, &SEARCH_TRANSACTIONS, |r| read_kind(r, Kind::Refund), write_list, NAMES),
        Row::new(Cloudonex, "POST", REFUNDS, &CREATE_REFUND, read_refund, write_created, NAMES),
        Row::new(Cloudonex, "GET", ONE_REFUND, &GET_TRANSACTION, |r| (r.own_id("id"), &REFUND as _), write_one, NAMES),
        Row::new(
            Cloudonex,
            "DELETE",
            ONE_REFUND,
            &DELETE_TRANSACTION,
            |r| read_deletion(r, &REFUND),
            |_, _| Reply::done("Refund deleted"),
            NAMES,
        ),
    ]
}

fn read_list(r: &mut Reader<'_>) -> List {
    let mut list = List::all(&CASH, window(r, true), Sort::Newest);
    list.kinds = match r.choice("type", TYPES).optional() {
        None => CASH.to_vec(),
        Some(Direction::Income) => vec![Kind::Receipt, Kind::Income],
        Some(Direction::Expense) => vec![Kind::Refund, Kind::Expense],
    };
    read_cash_filters(r, &mut list);
    list
}

fn read_cash_filters(r: &mut Reader<'_>, list: &mut List) {
    list.statuses = Some(ISSUED.to_vec());
    list.accounts = r.id("account_id").optional().into_iter().collect();
    read_filters(r, list);
}

fn read_kind(r: &mut Reader<'_>, kind: Kind) -> List {
    let mut list = List::all(&[kind], window(r, true), Sort::Newest);
    read_cash_filters(r, &mut list);
    list
}

fn read_new(r: &mut Reader<'_>) -> New {
    let direction = if r.has("type") { r.choice("type", TYPES).present() } else { None };
    if !r.has("type") {
        r.violate("type", Rule::Required);
    }
    let mut new = New::of(if direction == Some(Direction::Expense) { Kind::Expense } else { Kind::Income });
    new.account = Some(r.id("account_id").required());
    read_money(r, &mut new);
    new.category = r.id("category_id").optional();
    new.description = r.text("description").max(1000).required();
    new.customer = r.id("customer_id").optional();
    if let Some(id) = r.id("invoice_id").optional() {
        new.against = vec![Against::whole(Kind::Invoice, id)];
    }
    // An income of a customer is a payment, on account unless it names an invoice.
    let payment = new.customer.is_some() || !new.against.is_empty();
    match (new.kind, payment) {
        (Kind::Income, true) => new.kind = Kind::Receipt,
        (Kind::Expense, true) => r.violate("invoice_id", Rule::ReadOnly),
        _ => {}
    }
    new
}

/// The short form (contract §8.3): a category by its name, and no account.
fn read_income(r: &mut Reader<'_>) -> New {
    let mut new = New::of(Kind::Income);
    new.first_account = true;
    read_money(r, &mut new);
    new.description = r.text("description").max(1000).required();
    new.category_named = r.text("category").max(128).optional().filter(|name| !name.is_empty());
    new
}

fn read_money(r: &mut Reader<'_>, new: &mut New) {
    new.amount = Some(r.decimal("amount").bound(Rule::NotPositive, |amount| *amount > Decimal::ZERO).required());
    new.day = r.day("date").optional();
    new.method = r.text("method").optional();
    new.reference = r.text("reference").optional();
}

/// Money from or to a customer.
fn read_customers(r: &mut Reader<'_>, kind: Kind) -> New {
    let mut new = New::of(kind);
    new.customer = Some(r.id("customer_id").required());
    new.account = r.id("account_id").optional();
    read_money(r, &mut new);
    new.description = r.text("description").max(1000).optional().unwrap_or_default();
    new.currency = read_currency(r);
    new
}

fn read_receipt(r: &mut Reader<'_>) -> New {
    let mut new = read_customers(r, Kind::Receipt);
    new.against = read_against(r, 0);
    new
}

fn read_refund(r: &mut Reader<'_>) -> New {
    let mut new = read_customers(r, Kind::Refund);
    let receipt = r.id("receipt_id").optional().map(|id| Against::whole(Kind::Receipt, id));
    let note = r.id("credit_note_id").optional().map(|id| Against::whole(Kind::CreditNote, id));
    new.against = receipt.into_iter().chain(note).collect();
    new
}

pub(super) fn read_update(r: &mut Reader<'_>, kinds: &[Kind]) -> Update {
    let mut update = Update { id: r.own_id("id"), kinds: kinds.to_vec(), ..Update::default() };
    update.description = text_patch(r.text("description").max(1000).patch());
    update.category = r.id("category_id").patch();
    update.notes = r.text("notes").max(4000).patch();
    r.read_only(&["type", "account_id", "amount", "date", "customer_id", "invoice_id", "items"]);
    update
}

pub(super) fn read_deletion(r: &mut Reader<'_>, kinds: &[Kind]) -> Deletion {
    // A payment taken away leaves its invoices unpaid again.
    Deletion { id: r.own_id("id"), kinds: kinds.to_vec(), releases: true }
}

fn write_list(_: View, page: Page<Shown>) -> Reply {
    Reply::page(page, |shown| transaction(&shown))
}

fn write_one(_: View, shown: Shown) -> Reply {
    Reply::one(transaction(&shown))
}

fn write_created(_: View, shown: Shown) -> Reply {
    Reply::one(transaction(&shown)).status(201).message("Transaction recorded")
}

fn transaction(shown: &Shown) -> Value {
    let document = &shown.document;
    // A credit or debit note is shown as such.
    if !document.kind.is_cash() {
        return super::notes::note(shown);
    }
    let income = matches!(document.kind, Kind::Receipt | Kind::Income);
    let mut value = json!({
        "id": document.id,
        "type": if income { "Income" } else { "Expense" },
        "account_id": document.account,
        "amount": money(document, document.sums.total),
        "category_id": document.category,
        "description": document.description,
        "date": document.day.date.to_string(),
        "invoice_id": invoice_of(document),
        "kind": document.kind.name(),
        "number": document.number,
        "customer_id": document.customer,
        "currency": document.iso.code(),
        "method": document.method,
        "reference": document.reference,
    });
    if let Some(members) = value.as_object_mut() {
        if document.customer.is_some() {
            members.insert("status".into(), status(document).into());
            members.insert("allocations".into(), allocations(document));
            members.insert("unallocated".into(), money(document, document.open()));
        }
        members.extend(dates(document));
    }
    value
}

/// The invoice it is set against, where it is one.
fn invoice_of(document: &Document) -> Option<u64> {
    let mut invoices = document.allocations.iter().filter(|one| one.other.kind == Kind::Invoice);
    invoices.next().map(|one| one.other.id).filter(|_| invoices.next().is_none())
}
