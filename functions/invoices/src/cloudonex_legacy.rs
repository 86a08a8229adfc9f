//! Invoices in CloudOnex's older dialect: other names, codes for due dates, a discount on the whole invoice, bare
//! records (contract cloudonex §12).

use serde_json::{Value, json};
use shared::domain::documents::change::Update;
use shared::domain::documents::list::GET_INVOICE;
use shared::domain::documents::write::{MOST_LINES, New, NewLine, NewTaxes};
use shared::domain::documents::{Kind, Shown, Status};
use shared::domain::settlement::documents::{CREATE_INVOICE, UPDATE_INVOICE};
use shared::machinery::dialect::Dialect::Cloudonex;
use shared::machinery::reader::Reader;
use shared::machinery::reply::{Reply, View};
use shared::machinery::route::Row;
use shared::words::error::Rule;
use shared::words::money::{Decimal, rounded};

use crate::cloudonex::{LARGEST_DOCUMENT, STATUSES, invoice, read_currency};

const NAMES: &[(&str, &str)] = &[
    ("customer", "cid"),
    ("number", "cn"),
    ("date", "idate"),
    ("due_date", "duedate"),
    ("quantity", "qty"),
    ("unit_price", "amount"),
    ("discount", "discount_amount"),
];
/// Due dates as days after the invoice's (contract §12; the vendor's remark on the last says 50).
const DUE: &[(&str, u32)] = &[
    ("due_on_receipt", 0),
    ("days3", 3),
    ("days5", 5),
    ("days7", 7),
    ("days10", 10),
    ("days15", 15),
    ("days30", 30),
    ("days45", 45),
    ("days60", 60),
];
const NEW_STATUSES: &[(&str, Status)] = &[("Published", Status::Unpaid), ("Draft", Status::Draft)];
/// How a discount is meant.
const DISCOUNTS: &[(&str, bool)] = &[("p", true), ("f", false)];

pub(crate) fn rows() -> Vec<Row> {
    const ONE: &str = "/api/v2/invoice/{id}";
    vec![
        Row::new(Cloudonex, "POST", "/api/v2/invoice", &CREATE_INVOICE, read_new, write_created, NAMES)
            .largest_body(LARGEST_DOCUMENT),
        Row::new(Cloudonex, "GET", ONE, &GET_INVOICE, |r| r.own_id("id"), write_one, NAMES),
        Row::new(Cloudonex, "PUT", ONE, &UPDATE_INVOICE, read_update, write_one, NAMES),
    ]
}

fn read_new(r: &mut Reader<'_>) -> New {
    let mut new = New::of(Kind::Invoice);
    new.customer = Some(r.id("cid").required());
    new.status = r.choice("status", NEW_STATUSES).optional();
    new.currency = read_currency(r);
    let number = r.scalar("cn").optional().filter(|number| !number.is_empty());
    let prefix = r.text("invoicenum").max(40).optional().unwrap_or_default();
    new.number = number.map(|number| format!("{prefix}{number}"));
    new.day = r.day("idate").optional();
    let days = r.choice("duedate", DUE).optional().unwrap_or(0);
    new.due_days = Some(days);
    new.due_after_date = true;
    if r.integer("repeat").within(0, 1).optional() == Some(1) {
        r.violate("repeat", Rule::NotOneOf(vec!["0".into()]));
    }
    let percent = r.choice("discount_type", DISCOUNTS).optional().unwrap_or(false);
    let discount = r.decimal("discount_amount").optional().unwrap_or_default();
    new.notes = r.text("notes").max(4000).optional();
    new.lines = r.each("items", 1, MOST_LINES).into_iter().map(|entry| read_line(r, entry)).collect();
    let rest = take_off(&mut new.lines, percent, discount);
    if discount.is_sign_negative() || !rest.is_zero() {
        r.violate("discount_amount", Rule::TooLarge("the sum of the items".into()));
    }
    new
}

fn read_line(r: &mut Reader<'_>, mut entry: Reader<'_>) -> NewLine {
    let positive = |amount: &Decimal| *amount > Decimal::ZERO;
    let mut line = NewLine { description: entry.text("description").max(1000).required(), ..NewLine::default() };
    line.unit = entry.decimal("amount").bound(Rule::NotPositive, positive).required();
    line.quantity = entry.decimal("qty").bound(Rule::NotPositive, positive).optional().unwrap_or(Decimal::ONE);
    if let Some(code) = entry.scalar("item_code").optional().filter(|code| !code.is_empty()) {
        line.description = format!("{code} {}", line.description);
    }
    // The dialect names no tax: what is taxed is taxed as its customer's tax profile says.
    let taxed = entry.flag("taxed").optional().unwrap_or(false);
    line.taxes = if taxed { NewTaxes::Profile } else { NewTaxes::None };
    r.absorb(entry);
    line
}

/// Take a discount off the lines: a percentage off each, an amount off one after the other. What is left of it is
/// more than the lines come to.
fn take_off(lines: &mut [NewLine], percent: bool, discount: Decimal) -> Decimal {
    let mut rest = discount;
    for line in lines {
        let whole = line.unit.checked_mul(line.quantity).map_or(Decimal::ZERO, |whole| rounded(whole, 2));
        line.discount = if percent {
            whole.checked_mul(discount).map_or(Decimal::ZERO, |part| rounded(part / Decimal::ONE_HUNDRED, 2))
        } else {
            rest.min(whole).max(Decimal::ZERO)
        };
        rest -= if percent { Decimal::ZERO } else { line.discount };
    }
    match percent {
        true if discount <= Decimal::ONE_HUNDRED => Decimal::ZERO,
        _ => rest,
    }
}

fn read_update(r: &mut Reader<'_>) -> Update {
    let mut update = Update { id: r.own_id("id"), ..Update::default() };
    let words: Vec<(&'static str, Status)> = STATUSES.iter().chain(NEW_STATUSES).copied().collect();
    update.status = r.text("status").present().and_then(|given| {
        let meant = words.iter().find(|(word, _)| *word == given).map(|(_, status)| *status);
        if meant.is_none() {
            r.violate("status", Rule::NotOneOf(words.iter().map(|(word, _)| (*word).to_owned()).collect()));
        }
        meant
    });
    update.notes = r.text("notes").max(4000).patch();
    update
}

fn write_one(_: View, shown: Shown) -> Reply {
    Reply::whole(record(&shown))
}

fn write_created(_: View, shown: Shown) -> Reply {
    let mut value = record(&shown);
    if let Some(members) = value.as_object_mut() {
        members.insert("error".into(), false.into());
    }
    Reply::whole(value).status(201)
}

/// Today's record with the older names beside today's.
fn record(shown: &Shown) -> Value {
    let mut value = invoice(shown);
    let document = &shown.document;
    if let Some(members) = value.as_object_mut() {
        members.insert("cid".into(), json!(document.customer));
        members.insert("invoicenum".into(), json!(document.number));
        members.insert("idate".into(), json!(document.day.date.to_string()));
        members.insert("duedate".into(), json!(document.due.map(|due| due.date.to_string())));
    }
    value
}
