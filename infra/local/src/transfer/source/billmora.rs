//! Billmora as a source. It tells users and invoices, and no payments: what an invoice no longer asks for came as
//! money, so a receipt of our own stands for it.

use serde_json::Value;
use shared::domain::customers::entity::Text;
use shared::domain::customers::{Change, Status as CustomerStatus};
use shared::domain::documents::{Kind, Status};
use shared::domain::tenants::CurrencyRef;
use shared::words::money::{Currency, Decimal};
use shared::words::patch::Patch;
use shared::words::time::Zone;

use super::{Access, PAGE, Rows, currency, day_at};
use crate::transfer::Tell;
use crate::transfer::client::Client;
use crate::transfer::extract::{Document, Extract, Members, Product, line, percent_of, tax};

pub(super) async fn read(client: &mut Client, access: &Access, zone: Zone, tell: Tell<'_>) -> Result<Extract, String> {
    let token = access.token.as_ref().or(access.key.as_ref()).ok_or("Billmora wants a token: --token")?;
    client.header("authorization", format!("Bearer {token}"));
    let mut extract = Extract { system: "billmora", ..Extract::default() };
    for row in rows(client, "packages", tell).await?.values() {
        extract.products.push(Product {
            id: row.id("id").unwrap_or(0),
            name: row.text("name").unwrap_or_default(),
            description: row.text("description").unwrap_or_default(),
            is_service: true,
            sku: None,
            tax: Decimal::ZERO,
            price: None,
        });
    }
    for row in rows(client, "users", tell).await?.values() {
        extract.customers.insert(row.id("id").unwrap_or(0), customer(row));
    }
    let invoices = rows(client, "invoices", tell).await?;
    for (place, id) in invoices.0.keys().enumerate() {
        // The list tells no items.
        let body = client.get(&format!("/api/v1/invoices/{id}"), tell).await?.expect("invoices")?;
        let made = invoice(&body["data"], zone)?;
        extract.documents.extend(receipt(&body["data"], &made, zone));
        extract.documents.push(made);
        if (place + 1) % 50 == 0 {
            tell(&format!("invoices: the items of {} of {}", place + 1, invoices.0.len()));
        }
    }
    Ok(extract)
}

/// All records of a collection.
async fn rows(client: &Client, path: &str, tell: Tell<'_>) -> Result<Rows, String> {
    let mut rows = Rows::default();
    for page in 1.. {
        let body = client.get(&format!("/api/v1/{path}?page={page}&per_page={PAGE}"), tell).await?.expect(path)?;
        let more = rows.take(body.list("data"));
        // The paginator stands in `meta` where the original wraps resources, and beside the data where it does not.
        let last = body["meta"].id("last_page").or(body.id("last_page")).unwrap_or(0);
        tell(&format!("{path}: {}", rows.0.len()));
        if !more || page >= last {
            break;
        }
    }
    Ok(rows)
}

fn customer(row: &Value) -> Change {
    let mut change = Change {
        first_name: row.text("first_name"),
        last_name: row.text("last_name"),
        status: Some(match row.text("status").as_deref() {
            Some("suspended") => CustomerStatus::Suspended,
            Some("closed") => CustomerStatus::Closed,
            _ => CustomerStatus::Active,
        }),
        currency: row.text("currency").map(CurrencyRef::Code),
        auto_credit_payment: row["auto_credit_payment"].as_bool(),
        ..Change::default()
    };
    for (name, which) in [("email", Text::Email), ("language", Text::Language)] {
        change.texts.extend(row.text(name).map(|text| (which, Patch::Set(text))));
    }
    change
}

fn invoice(row: &Value, zone: Zone) -> Result<Document, String> {
    let iso = currency(row.text("currency"))?;
    let mut document = Document::of(Kind::Invoice, row.id("id").unwrap_or(0), iso);
    document.number = row.text("invoice_number");
    document.customer = row["user"].id("id").or(row.id("user_id"));
    document.day = day_at(row.text("created_at"), zone);
    document.due = day_at(row.text("due_date"), zone);
    document.notes = row.text("notes");
    document.total = row.minor("total", iso).ok_or_else(|| format!("{} has no total", document.name()))?;
    document.status = match row.text("status").as_deref() {
        Some("paid") => Status::Paid,
        Some("cancelled") => Status::Cancelled,
        Some("refunded") => Status::Refunded,
        // One without a number is not issued.
        _ if document.number.is_none() => Status::Draft,
        _ => Status::Unpaid,
    };
    let items = row.list("items");
    let taxes = shares(row.minor("tax", iso).unwrap_or(0), items, iso);
    for (item, own) in items.iter().zip(taxes) {
        let amount = item.minor("amount", iso).unwrap_or(0);
        let unit = item.decimal("unit_price").unwrap_or_default();
        let quantity = item.decimal("quantity").unwrap_or(Decimal::ONE);
        let rows = if own == 0 { Vec::new() } else { vec![tax("Tax", percent_of(own, amount - own), own)] };
        document.lines.push(line(&item.text("description").unwrap_or_default(), (quantity, unit), 0, rows, amount));
    }
    Ok(document)
}

/// An invoice's tax by its items, which do not tell their own: by what they come to, so that the parts add up; all of
/// it on the largest where some are discounts.
fn shares(tax: i64, items: &[Value], iso: Currency) -> Vec<i64> {
    let amounts: Vec<i64> = items.iter().map(|item| item.minor("amount", iso).unwrap_or(0)).collect();
    let whole: i64 = amounts.iter().sum();
    if amounts.iter().any(|amount| *amount < 0) || whole <= 0 {
        let largest = amounts.iter().enumerate().max_by_key(|(_, amount)| **amount).map(|(place, _)| place);
        return (0..amounts.len()).map(|place| if Some(place) == largest { tax } else { 0 }).collect();
    }
    let mut before = 0;
    let mut given = 0;
    let share = |amount: &i64| {
        before += amount;
        let until = i64::try_from(i128::from(tax) * i128::from(before) / i128::from(whole)).unwrap_or(0);
        let own = until - given;
        given = until;
        own
    };
    amounts.iter().map(share).collect()
}

/// What the invoice no longer asks for, as money that came.
fn receipt(row: &Value, invoice: &Document, zone: Zone) -> Option<Document> {
    if matches!(invoice.status, Status::Draft | Status::Cancelled) {
        return None;
    }
    let paid = invoice.total - row.minor("amount_due", invoice.currency)?;
    let mut receipt = Document::of(Kind::Receipt, invoice.id, invoice.currency);
    receipt.customer = invoice.customer;
    receipt.day = day_at(row.text("paid_at"), zone).or(invoice.day);
    receipt.total = paid;
    receipt.description = format!("Payment of {}", invoice.number.clone().unwrap_or_default());
    receipt.against = vec![(Kind::Invoice, invoice.id, Some(paid))];
    (paid > 0).then_some(receipt)
}
