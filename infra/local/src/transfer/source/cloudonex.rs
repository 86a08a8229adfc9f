//! CloudOnex Business Suite as a source: it tells everything that moves money, with what is set against what.

use std::collections::BTreeSet;

use serde_json::Value;
use shared::domain::customers::Change;
use shared::domain::customers::entity::Text;
use shared::domain::documents::accrual::Term;
use shared::domain::documents::entity::{Line, TaxRow};
use shared::domain::documents::{Kind, Status};
use shared::words::money::{Currency, Decimal};
use shared::words::patch::Patch;
use shared::words::time::{Date, Day, Zone, parse_moment};

use super::{Access, PAGE, Rows, currency};
use crate::transfer::Tell;
use crate::transfer::client::Client;
use crate::transfer::extract::{Account, Document, Extract, Members, Product, Rate, line, tax};

const TEXTS: [(&str, Text); 8] = [
    ("email", Text::Email),
    ("phone", Text::Phone),
    ("address", Text::Address),
    ("city", Text::City),
    ("state", Text::State),
    ("zip", Text::Zip),
    ("country", Text::Country),
    ("company", Text::Company),
];

pub(super) async fn read(client: &mut Client, access: &Access, zone: Zone, tell: Tell<'_>) -> Result<Extract, String> {
    let key = access.key.as_ref().or(access.token.as_ref()).ok_or("CloudOnex wants an API key: --key")?;
    client.header("authorization", format!("Bearer {key}"));
    let mut extract = Extract { system: "cloudonex", ..Extract::default() };
    // What the original does not have answers 404 there, and is left out.
    for row in rows(client, "currencies", tell).await?.values() {
        extract.currencies.push((currency(row.text("code"))?, row.text("name").unwrap_or_default()));
    }
    for row in rows(client, "exchange-rates", tell).await?.values() {
        extract.rates.extend(rate(row));
    }
    for row in rows(client, "tax-rates", tell).await?.values() {
        let both = row.text("name").zip(row.decimal("percent"));
        extract.tax_rates.extend(both.map(|(name, percent)| (row.id("id").unwrap_or(0), name, percent)));
    }
    for row in rows(client, "accounts", tell).await?.values() {
        extract.accounts.push(Account {
            id: row.id("id").unwrap_or(0),
            name: row.text("name").unwrap_or_default(),
            currency: currency(row.text("currency"))?,
            opening: row.decimal("opening_balance").unwrap_or_default(),
        });
    }
    for row in rows(client, "categories", tell).await?.values() {
        let income = row.text("type").as_deref() == Some("Income");
        extract.categories.push((row.id("id").unwrap_or(0), row.text("name").unwrap_or_default(), income));
    }
    for row in rows(client, "products", tell).await?.values() {
        extract.products.push(product(row));
    }
    for row in rows(client, "customers", tell).await?.values() {
        extract.customers.insert(row.id("id").unwrap_or(0), customer(row));
    }
    let mut payments = BTreeSet::new();
    for (path, kind) in [
        ("invoices", Some(Kind::Invoice)),
        ("credit-notes", Some(Kind::CreditNote)),
        ("debit-notes", Some(Kind::DebitNote)),
        ("transactions", None),
    ] {
        for row in rows(client, path, tell).await?.values() {
            payments.extend(credits(row));
            extract.documents.push(document(row, kind, zone)?);
        }
    }
    credit_charges(&mut extract.documents, &payments);
    Ok(extract)
}

/// All records of a collection.
async fn rows(client: &Client, path: &str, tell: Tell<'_>) -> Result<Rows, String> {
    let mut rows = Rows::default();
    for page in 1.. {
        let answer = client.get(&format!("/api/v2/{path}?page={page}&limit={PAGE}"), tell).await?;
        if answer.status == 404 {
            tell(&format!("{path}: not told by this system"));
            break;
        }
        let body = answer.expect(path)?;
        rows.take(body.list("data"));
        let (pages, total) = (body["meta"].id("total_pages").unwrap_or(0), body["meta"].id("total_records"));
        tell(&format!("{path}: {} of {}", rows.0.len(), total.unwrap_or(rows.0.len() as u64)));
        if page >= pages {
            break;
        }
    }
    Ok(rows)
}

fn rate(row: &Value) -> Option<Rate> {
    Some(Rate {
        id: row.id("id")?,
        from: Currency::from_code(&row.text("from")?)?,
        to: Currency::from_code(&row.text("to")?)?,
        rate: row.decimal("rate")?,
        at: parse_moment(&row.text("date")?, Zone::UTC)?,
    })
}

fn product(row: &Value) -> Product {
    let code = row.text("currency").and_then(|code| Currency::from_code(&code));
    Product {
        id: row.id("id").unwrap_or(0),
        name: row.text("name").unwrap_or_default(),
        description: row.text("description").unwrap_or_default(),
        is_service: row.text("type").as_deref() == Some("service"),
        sku: row.text("sku"),
        tax: row.decimal("tax_rate").unwrap_or_default(),
        price: row.decimal("price").zip(code),
    }
}

fn customer(row: &Value) -> Change {
    let texts = TEXTS.iter().filter_map(|(name, which)| Some((*which, Patch::Set(row.text(name)?))));
    Change {
        name: row.text("account"),
        texts: texts.collect(),
        auto_credit_payment: row["auto_credit_payment"].as_bool(),
        ..Change::default()
    }
}

fn document(row: &Value, kind: Option<Kind>, zone: Zone) -> Result<Document, String> {
    let kind = kind.unwrap_or(match row.text("kind").as_deref() {
        Some("receipt") => Kind::Receipt,
        Some("refund") => Kind::Refund,
        // The original tells incomes and expenses only; an income of a customer is a payment.
        _ if row.text("type").as_deref() == Some("Expense") => Kind::Expense,
        _ if row.id("customer_id").or(row.id("invoice_id")).is_some() => Kind::Receipt,
        _ => Kind::Income,
    });
    let iso = currency(row.text("currency"))?;
    let mut document = Document::of(kind, row.id("id").unwrap_or(0), iso);
    document.number = row.text(if kind == Kind::Invoice { "invoice_number" } else { "number" });
    document.customer = row.id("customer_id");
    document.day = day(row, zone);
    document.due = date(row, "due_date").and_then(|date| Day::midnight(date, zone));
    document.ratio = row.decimal("exchange_rate");
    document.inclusive = row["tax_inclusive"].as_bool().unwrap_or(false);
    document.total = row.minor("amount", iso).ok_or_else(|| format!("{} has no amount", document.name()))?;
    document.status = match row.text("status").as_deref() {
        Some("Draft") => Status::Draft,
        Some("Void") => Status::Void,
        Some("Cancelled") => Status::Cancelled,
        Some("Refunded") => Status::Refunded,
        Some("Paid") => Status::Paid,
        _ => Status::Unpaid,
    };
    document.account = row.id("account_id");
    document.category = row.id("category_id");
    document.description = row.text("description").unwrap_or_default();
    document.notes = row.text("notes");
    document.method = row.text("method");
    document.reference = row.text("reference");
    document.lines = row.list("items").iter().filter_map(|item| item_line(item, iso)).collect();
    if !kind.is_cash() && kind != Kind::Invoice {
        document.concerns = row.id("invoice_id");
    }
    for one in row.list("allocations") {
        let (Some(id), Some(amount)) = (one.id("id"), one.minor("amount", iso)) else { continue };
        match (kind, one.text("type").as_deref()) {
            // Only a charge has its money asked for by an invoice.
            (Kind::DebitNote, Some("invoice")) => document.charged_to = Some(id),
            (Kind::Receipt | Kind::CreditNote, Some("invoice")) => add(&mut document, Kind::Invoice, id, amount),
            (Kind::Receipt | Kind::CreditNote, Some("debit_note")) => add(&mut document, Kind::DebitNote, id, amount),
            (Kind::Receipt | Kind::CreditNote, Some("refund")) => add(&mut document, Kind::Refund, id, amount),
            _ => {}
        }
    }
    Ok(document)
}

/// Set against one document in several steps, it is set against it once here.
fn add(document: &mut Document, kind: Kind, id: u64, amount: i64) {
    let same = document.against.iter_mut().find(|(other, own, _)| *other == kind && *own == id);
    match same {
        Some((_, _, Some(sum))) => *sum += amount,
        _ => document.against.push((kind, id, Some(amount))),
    }
}

/// A credit note that came onto an invoice says so like one that is set against it; the invoice tells them apart,
/// since only the latter is among its payments.
fn credit_charges(documents: &mut [Document], payments: &BTreeSet<(u64, u64)>) {
    for note in documents.iter_mut().filter(|one| one.kind == Kind::CreditNote) {
        let charged = note.against.iter().find_map(|(kind, invoice, _)| {
            (*kind == Kind::Invoice && !payments.contains(&(*invoice, note.id))).then_some(*invoice)
        });
        if charged.is_some() {
            note.charged_to = charged;
            note.against.clear();
        }
    }
}

/// The credit notes among an invoice's payments: invoice and note.
fn credits(row: &Value) -> impl Iterator<Item = (u64, u64)> {
    let credit = |one: &&Value| one.text("type").as_deref() == Some("credit_note");
    row.list("payments").iter().filter(credit).filter_map(|one| Some((row.id("id")?, one.id("id")?)))
}

fn date(row: &Value, name: &str) -> Option<Date> {
    row.text(name)?.get(..10)?.parse().ok()
}

/// The day, and the moment it was made where that is on it: rates count from a moment on.
fn day(row: &Value, zone: Zone) -> Option<Day> {
    let date = date(row, "date")?;
    let made = row.text("created_at").and_then(|text| parse_moment(&text, zone)).map(|at| Day::of(at, zone));
    made.filter(|made| made.date == date).or_else(|| Day::midnight(date, zone))
}

fn item_line(item: &Value, iso: Currency) -> Option<Line> {
    let taxes: Vec<TaxRow> = item
        .list("taxes")
        .iter()
        .filter_map(|one| Some(tax(&one.text("name")?, one.decimal("percent")?, one.minor("amount", iso)?)))
        .collect();
    let (unit, quantity) = (item.decimal("amount")?, item.decimal("qty").unwrap_or(Decimal::ONE));
    let total = item.minor("total", iso).or_else(|| {
        let whole = quantity.checked_mul(unit)?;
        shared::domain::documents::sums::minor(whole, iso)
    })?;
    let discount = item.minor("discount", iso).unwrap_or(0);
    let words = item.text("description").unwrap_or_default();
    let mut made = line(&words, (quantity, unit), discount, taxes, total);
    made.cycle = item.text("billing_cycle");
    made.term = date(item, "period_start").zip(date(item, "period_end")).map(|(start, end)| Term { start, end });
    Some(made)
}
