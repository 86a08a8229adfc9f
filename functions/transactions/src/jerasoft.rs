//! `accounting.transactions.*` (contract jerasoft §4.6): money and charges of a client. What credits the
//! client is positive, what debits it negative.

use invoices::jerasoft::read_order;
use serde_json::{Value, json};
use shared::domain::documents::change::{Deletion, Update};
use shared::domain::documents::list::{GET_TRANSACTION, List, Order, SEARCH_TRANSACTIONS};
use shared::domain::documents::pay::{Against, MOST_AT_ONCE};
use shared::domain::documents::write::{New, NewLine, NewTaxes};
use shared::domain::documents::{Document, Kind, Shown, Status};
use shared::domain::settlement::documents::{CREATE_TRANSACTION, DELETE_TRANSACTION, UPDATE_TRANSACTION};
use shared::domain::tenants::CurrencyRef;
use shared::machinery::dialect::Dialect::Jerasoft;
use shared::machinery::dialect::jerasoft::{several, window};
use shared::machinery::dialect::number;
use shared::machinery::reader::Reader;
use shared::machinery::reply::{Reply, View};
use shared::machinery::route::Row;
use shared::words::error::Rule;
use shared::words::money::Decimal;
use shared::words::page::Page;

/// What the dialect calls the operations' fields. A charge is a note with one line.
const NAMES: &[(&str, &str)] = &[
    ("customer", "clients_id"),
    ("account", "payment_accounts_id"),
    ("currency", "currencies_id"),
    ("invoice", "invoices_id"),
    ("date", "dt"),
    ("items.0.unit_price", "amount"),
    ("items.0.quantity", "amount"),
    ("items.0.taxes", "taxes"),
];
/// The kinds that concern a client.
const KINDS: [Kind; 4] = [Kind::Receipt, Kind::Refund, Kind::CreditNote, Kind::DebitNote];
const TYPES: &[(&str, bool)] = &[("payment", true), ("charge", false)];
const STATUSES: &[(&str, bool)] = &[("pending", true), ("approved", false)];
const PENDING: &[Status] = &[Status::Draft];
/// Whatever is no draft is shown as approved, and so found as approved.
const APPROVED: &[Status] =
    &[Status::Unpaid, Status::PartPaid, Status::Paid, Status::Void, Status::Cancelled, Status::Refunded];
const TAXES: &[(&str, bool)] = &[("included", true), ("excluded", false)];
const COLUMNS: &[(&str, Order)] = &[("id", Order::Id), ("dt", Order::Date), ("clients_id", Order::Customer)];
/// Known, but fixed once a transaction is made.
const FIXED: [&str; 15] = [
    "clients_id",
    "amount",
    "taxes_state",
    "taxes",
    "taxes_amount",
    "type",
    "payment_accounts_id",
    "currencies_id",
    "companies_id",
    "dt",
    "users_id",
    "invoices_id",
    "clients_name",
    "number",
    "c_dt",
];

pub(crate) fn rows() -> Vec<Row> {
    const ALL: &str = "/api/accounting/transactions";
    const ONE: &str = "/api/accounting/transactions/{id}";
    vec![
        Row::new(Jerasoft, "GET", ALL, &SEARCH_TRANSACTIONS, read_list, write_list, NAMES)
            .rpc("accounting.transactions.search"),
        Row::new(Jerasoft, "POST", ALL, &CREATE_TRANSACTION, read_new, write_one, NAMES)
            .rpc("accounting.transactions.create"),
        Row::new(
            Jerasoft,
            "POST",
            "/api/accounting/transactions/prepaid",
            &CREATE_TRANSACTION,
            read_prepaid,
            write_one,
            NAMES,
        )
        .rpc("accounting.transactions.create_no_negative"),
        Row::new(Jerasoft, "GET", ONE, &GET_TRANSACTION, |r| (r.own_id("id"), &KINDS as _), write_one, NAMES)
            .rpc("accounting.transactions.get"),
        Row::new(Jerasoft, "PATCH", ONE, &UPDATE_TRANSACTION, read_update, |_, _| Reply::one(true), NAMES)
            .rpc("accounting.transactions.update"),
        Row::new(Jerasoft, "DELETE", ONE, &DELETE_TRANSACTION, read_deletion, |_, count| Reply::one(count), NAMES)
            .rpc("accounting.transactions.delete"),
    ]
}

fn read_list(r: &mut Reader<'_>) -> List {
    let mut window = window(r);
    let sort = read_order(r, COLUMNS, &mut window);
    let mut list = List::all(&KINDS, window, sort);
    list.ids = r.ids("id").optional();
    list.customers = r.ids("clients_id").optional().unwrap_or_default();
    list.resellers = r.ids("companies_id").optional().unwrap_or_default();
    // An empty list filters nothing; taken as the kinds, it would let in those that concern no client.
    if let Some(types) = several(r, "type", TYPES).filter(|types| !types.is_empty()) {
        let meant = |payment: bool| {
            if payment { [Kind::Receipt, Kind::Refund] } else { [Kind::CreditNote, Kind::DebitNote] }
        };
        list.kinds = types.into_iter().flat_map(meant).collect();
    }
    if let Some(statuses) = several(r, "status", STATUSES) {
        let meant = |pending: bool| if pending { PENDING } else { APPROVED };
        list.statuses = Some(statuses.into_iter().flat_map(meant).copied().collect());
    }
    list.between = r.span("dt").optional().unwrap_or_default();
    list
}

fn read_new(r: &mut Reader<'_>) -> New {
    let customer = Some(r.id("clients_id").required());
    let amount = r.decimal("amount").bound(Rule::Zero, |amount| !amount.is_zero()).required();
    let payment = r.choice("type", TYPES).required();
    let kind = match (payment, amount > Decimal::ZERO) {
        (true, true) => Kind::Receipt,
        (true, false) => Kind::Refund,
        (false, true) => Kind::CreditNote,
        (false, false) => Kind::DebitNote,
    };
    let mut new = New { customer, low_balance: true, ..New::of(kind) };
    let included = r.choice("taxes_state", TAXES).optional();
    // An empty list is no tax: that is how a payment shows.
    let taxes = r.amounts("taxes").optional().filter(|taxes| !taxes.is_empty());
    if payment && (included.is_some() || taxes.is_some()) {
        r.violate(if included.is_some() { "taxes_state" } else { "taxes" }, Rule::ReadOnly);
    }
    if included.is_some() && taxes.is_some() {
        r.violate("taxes", Rule::Contradicts);
    }
    let account = r.id("payment_accounts_id").optional();
    new.currency = r.id("currencies_id").optional().map(CurrencyRef::Id);
    new.day = r.day("dt").optional();
    new.description = r.text("notes").max(1000).optional().unwrap_or_default();
    new.status = r.choice("status", STATUSES).optional().filter(|pending| *pending).map(|_| Status::Draft);
    let invoices = r.ids("invoices_id").optional().unwrap_or_default();
    if invoices.len() > MOST_AT_ONCE {
        r.violate("invoices_id", Rule::TooMany(MOST_AT_ONCE));
    }
    // Only money that is here can be set against an invoice.
    if !invoices.is_empty() && (kind != Kind::Receipt || new.status.is_some()) {
        r.violate("invoices_id", Rule::Contradicts);
    }
    new.amount = Some(amount.abs());
    if payment {
        new.account = account;
        new.against = invoices.into_iter().map(|id| Against::whole(Kind::Invoice, id)).collect();
    } else {
        // Which of the two accounts for charges it is decides nothing here.
        new.carried.extend(account.map(|id| ("payment_accounts_id".to_owned(), id.to_string())));
        new.inclusive = included == Some(true);
        let taxes = match (taxes, included) {
            (Some(given), _) => {
                if given.iter().any(|(_, tax)| !tax.is_zero() && tax.is_sign_negative() != amount.is_sign_negative()) {
                    r.violate("taxes", Rule::Contradicts);
                }
                NewTaxes::Amounts(given.into_iter().map(|(id, tax)| (id, tax.abs())).collect())
            }
            (None, Some(_)) => NewTaxes::Profile,
            (None, None) => NewTaxes::None,
        };
        let (description, quantity, unit) = (new.description.clone(), Decimal::ONE, amount.abs());
        new.lines = vec![NewLine { description, quantity, unit, taxes, ..NewLine::default() }];
    }
    new
}

/// The balance is asked now, so that nothing may wait for approval.
fn read_prepaid(r: &mut Reader<'_>) -> New {
    let new = read_new(r);
    if new.status.is_some() {
        r.violate("status", Rule::Contradicts);
    }
    New { no_negative: true, ..new }
}

fn read_update(r: &mut Reader<'_>) -> Update {
    let mut update = Update { id: r.own_id("id"), kinds: KINDS.to_vec(), ..Update::default() };
    let notes = r.text("notes").max(1000).patch();
    update.description = invoices::cloudonex::text_patch(notes);
    let status = r.choice("status", STATUSES).present();
    update.pending = status;
    r.read_only(&FIXED);
    update
}

fn read_deletion(r: &mut Reader<'_>) -> Deletion {
    Deletion { id: r.own_id("id"), kinds: KINDS.to_vec(), releases: true }
}

fn write_list(view: View, page: Page<Shown>) -> Reply {
    Reply::page(page, |shown| transaction(view, &shown))
}

fn write_one(view: View, shown: Shown) -> Reply {
    Reply::one(transaction(view, &shown))
}

fn transaction(view: View, shown: &Shown) -> Value {
    let document = &shown.document;
    // A debit of the client is negative.
    let signed = |minor: i64| number(document.money(-document.kind.sign() * minor));
    let payment = document.kind.is_cash();
    let amount = if payment || document.inclusive { document.sums.total } else { document.sums.net() };
    let taxes: Vec<Value> =
        document.lines.iter().flat_map(|line| &line.taxes).map(|tax| json!([tax.tax, signed(tax.amount)])).collect();
    let taxes_state = match (document.inclusive, taxes.is_empty()) {
        (true, _) => Some("included"),
        (false, false) => Some("excluded"),
        (false, true) => None,
    };
    let account = document.account.or_else(|| document.carried.get("payment_accounts_id")?.parse().ok());
    json!({
        "id": document.id,
        "clients_id": document.customer,
        "clients_name": shown.customer.as_ref().map(|customer| customer.name.full()),
        "companies_id": document.reseller,
        "currencies_id": document.currency,
        "type": if payment { "payment" } else { "charge" },
        "status": if document.status() == Status::Draft { "pending" } else { "approved" },
        "amount": signed(amount),
        "taxes_state": taxes_state,
        "taxes": taxes,
        "taxes_amount": signed(document.sums.tax),
        "payment_accounts_id": account,
        "dt": view.zone.stamp(document.day.at),
        "notes": document.description,
        "number": document.number,
        "invoices_id": invoices_of(document),
        "users_id": document.user,
        "c_dt": view.zone.stamp(document.created_at),
    })
}

/// The invoices it is set against, or came onto; each once, though it may be set against one in several steps.
fn invoices_of(document: &Document) -> Vec<u64> {
    let mut ids = Vec::new();
    for other in document.allocations.iter().map(|one| one.other).filter(|other| other.kind == Kind::Invoice) {
        if !ids.contains(&other.id) {
            ids.push(other.id);
        }
    }
    ids
}
