//! JeraSoft CoreAPI as a source. It tells no items of invoices, so each has one line; payments name their invoices
//! and not how much of each they pay, so each pays as much as fits, in the order in which they are named.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use shared::domain::customers::entity::Text;
use shared::domain::customers::{Change, Status as CustomerStatus};
use shared::domain::documents::entity::Line;
use shared::domain::documents::{Kind, Status};
use shared::domain::tenants::CurrencyRef;
use shared::words::money::{Currency, Decimal, Money};
use shared::words::patch::Patch;
use shared::words::time::{Zone, parse_moment};

use super::{Access, PAGE, Rows, charges, currency, day_at};
use crate::transfer::Tell;
use crate::transfer::client::Client;
use crate::transfer::extract::{Document, Extract, Members, Product, Rate, line, percent_of, tax};

const TEXTS: [(&str, Text); 12] = [
    ("c_email", Text::Email),
    ("c_email_billing", Text::EmailBilling),
    ("c_email_rates", Text::EmailRates),
    ("c_email_tech", Text::EmailTech),
    ("c_company", Text::Company),
    ("c_address", Text::Address),
    ("c_account", Text::AccountNumber),
    ("reg_id", Text::RegistrationNumber),
    ("tax_id", Text::TaxNumber),
    ("locale", Text::Language),
    ("cp_login", Text::PortalLogin),
    ("notes", Text::Notes),
];

pub(super) async fn read(client: &mut Client, access: &Access, zone: Zone, tell: Tell<'_>) -> Result<Extract, String> {
    match (&access.key, &access.login) {
        (Some(key), _) => client.header("x-api-key", key.clone()),
        (None, Some((login, password))) => {
            let form = [("login", login.as_str()), ("password", password.as_str())];
            let signed = client.post("/api/iam/auth/jwt/authenticate", &form, tell).await?.expect("signing in")?;
            client.header("authorization", format!("Bearer {}", signed.text("token").ok_or("no token")?));
        }
        (None, None) => return Err("JeraSoft wants an API key or a login: --key, or --login and --password".into()),
    }
    let mut extract = Extract { system: "jerasoft", ..Extract::default() };
    let mut currencies: BTreeMap<u64, Currency> = BTreeMap::new();
    for row in rows(client, "accounting/currencies", tell).await?.values() {
        let own = currency(row.text("code").or(row.text("name")))?;
        currencies.insert(row.id("id").unwrap_or(0), own);
        extract.currencies.push((own, row.text("name").unwrap_or_default()));
    }
    for row in rows(client, "accounting/currencies/rates", tell).await?.values() {
        extract.rates.extend(rate(row, &currencies, zone));
    }
    for row in rows(client, "packages", tell).await?.values() {
        extract.products.push(package(row, &currencies));
    }
    for row in rows(client, "clients", tell).await?.values() {
        let id = row.id("id").unwrap_or(0);
        extract.customers.insert(id, customer(row, &currencies));
        let own = row.id("currencies_id").and_then(|id| currencies.get(&id));
        extract.balances.extend(own.and_then(|own| Some((id, *own, row.minor("balance", *own)?))));
    }
    for row in rows(client, "accounting/transactions", tell).await?.values() {
        extract.documents.push(transaction(row, &currencies, zone)?);
    }
    let invoices = rows(client, "accounting/invoices", tell).await?;
    let mut paid = BTreeMap::new();
    for row in invoices.values() {
        let made = invoice(row, &currencies, zone)?;
        paid.insert(made.id, row.minor("paid_amount", made.currency).unwrap_or(0));
        extract.documents.push(made);
    }
    charges::tell_apart(&mut extract, &paid);
    let all = extract.documents.clone();
    extract.documents.iter_mut().filter(|one| one.kind == Kind::Invoice).for_each(|one| without_charges(one, &all));
    Ok(extract)
}

/// All records of a collection.
async fn rows(client: &Client, path: &str, tell: Tell<'_>) -> Result<Rows, String> {
    let mut rows = Rows::default();
    let mut offset = 0;
    loop {
        let body =
            client.get(&format!("/api/{path}?limit={PAGE}&offset={offset}&order=id"), tell).await?.expect(path)?;
        let page = body.as_array().map(Vec::as_slice).unwrap_or_default();
        let more = rows.take(page);
        tell(&format!("{path}: {}", rows.0.len()));
        if !more || (page.len() as u64) < PAGE {
            return Ok(rows);
        }
        offset += PAGE;
    }
}

fn rate(row: &Value, currencies: &BTreeMap<u64, Currency>, zone: Zone) -> Option<Rate> {
    Some(Rate {
        id: row.id("id")?,
        from: *currencies.get(&row.id("from_currencies_id")?)?,
        to: *currencies.get(&row.id("to_currencies_id")?)?,
        rate: row.decimal("rate")?,
        at: parse_moment(&row.text("dt")?, zone)?,
    })
}

fn package(row: &Value, currencies: &BTreeMap<u64, Currency>) -> Product {
    let fees = row.list("fees").iter().filter(|fee| fee.text("type").as_deref() != Some("activation"));
    let price: Decimal = fees.filter_map(|fee| fee.decimal("amount").or(fee.decimal("price"))).sum();
    Product {
        id: row.id("id").unwrap_or(0),
        name: row.text("name").unwrap_or_default(),
        description: row.text("notes").unwrap_or_default(),
        is_service: true,
        sku: None,
        tax: Decimal::ZERO,
        price: row.id("currencies_id").and_then(|id| currencies.get(&id)).map(|currency| (price, *currency)),
    }
}

fn customer(row: &Value, currencies: &BTreeMap<u64, Currency>) -> Change {
    let texts = TEXTS.iter().filter_map(|(name, which)| Some((*which, Patch::Set(row.text(name)?))));
    let own = row.id("currencies_id").and_then(|id| currencies.get(&id));
    let fields = row["custom_fields"].as_object().into_iter().flatten();
    let fields = fields.filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())));
    Change {
        name: row.text("name"),
        status: Some(match row.text("status").as_deref() {
            Some("disabled") => CustomerStatus::Suspended,
            Some("archive") => CustomerStatus::Closed,
            _ => CustomerStatus::Active,
        }),
        currency: own.map(|own| CurrencyRef::Code(own.code().to_owned())),
        credit_limit: row.decimal("credit").map_or(Patch::Clear, Patch::Set),
        timezone: row.text("tz").and_then(|name| Zone::from_name(&name)).into(),
        texts: texts.collect(),
        custom_fields: Patch::Set(fields.collect()),
        // Kept for the client who reads it there; our own tax rates have other ids, so that it taxes nothing.
        carried: row
            .id("payment_terms_id")
            .map(|id| ("payment_terms_id".to_owned(), json!(id).to_string()))
            .into_iter()
            .collect(),
        ..Change::default()
    }
}

fn own_currency(row: &Value, currencies: &BTreeMap<u64, Currency>) -> Result<Currency, String> {
    let id = row.id("currencies_id").ok_or("a record without a currency")?;
    currencies.get(&id).copied().ok_or_else(|| format!("currency {id} is not listed"))
}

/// A payment, or a charge: a note with one line.
fn transaction(row: &Value, currencies: &BTreeMap<u64, Currency>, zone: Zone) -> Result<Document, String> {
    let iso = own_currency(row, currencies)?;
    let id = row.id("id").unwrap_or(0);
    let amount = row.minor("amount", iso).ok_or_else(|| format!("transaction {id} has no amount"))?;
    let kind = match (row.text("type").as_deref() == Some("payment"), amount >= 0) {
        (true, true) => Kind::Receipt,
        (true, false) => Kind::Refund,
        (false, true) => Kind::CreditNote,
        (false, false) => Kind::DebitNote,
    };
    let mut document = Document::of(kind, id, iso);
    document.number = row.text("number");
    document.customer = row.id("clients_id");
    document.day = day_at(row.text("dt"), zone);
    document.description = row.text("notes").unwrap_or_default();
    document.inclusive = row.text("taxes_state").as_deref() == Some("included");
    if row.text("status").as_deref() == Some("pending") {
        document.status = Status::Draft;
        document.number = None;
    }
    let taxes = row.list("taxes").iter().filter_map(|one| Some((one.get(0)?.to_string(), one.get(1)?.to_string())));
    let taxes: Vec<(String, i64)> = taxes
        .filter_map(|(id, tax)| {
            let tax = shared::words::money::parse_decimal(tax.trim_matches('"'))?;
            Some((id, shared::domain::documents::sums::minor(tax, iso)?.abs()))
        })
        .collect();
    let all: i64 = taxes.iter().map(|(_, tax)| tax).sum();
    document.total = amount.abs() + if document.inclusive || kind.is_cash() { 0 } else { all };
    let invoices: Vec<u64> = row.list("invoices_id").iter().filter_map(Value::as_u64).collect();
    if kind.is_cash() {
        if kind == Kind::Receipt {
            document.against = invoices.into_iter().map(|id| (Kind::Invoice, id, None)).collect();
        }
        return Ok(document);
    }
    let net = document.total - all;
    let rows = taxes.iter().map(|(id, amount)| tax(&format!("Tax {id}"), percent_of(*amount, net), *amount)).collect();
    let unit = Money { minor: amount.abs(), currency: iso }.decimal();
    document.lines = vec![line(&document.description, (Decimal::ONE, unit), 0, rows, document.total)];
    // A debit note that names an invoice is a charge that came onto it.
    match (kind, invoices.as_slice()) {
        (Kind::DebitNote, [one, ..]) => document.charged_to = Some(*one),
        (_, all) => document.against = all.iter().map(|id| (Kind::Invoice, *id, None)).collect(),
    }
    Ok(document)
}

fn invoice(row: &Value, currencies: &BTreeMap<u64, Currency>, zone: Zone) -> Result<Document, String> {
    let iso = own_currency(row, currencies)?;
    let mut document = Document::of(Kind::Invoice, row.id("id").unwrap_or(0), iso);
    document.number = row.text("invoice_no");
    document.customer = row.id("clients_id");
    document.day = day_at(row.text("invoice_dt"), zone);
    document.due = day_at(row.text("due_dt"), zone);
    document.notes = row.text("notes");
    document.total = row.minor("total", iso).ok_or_else(|| format!("{} has no total", document.name()))?;
    document.status = match row.text("status").as_deref() {
        Some("draft") => Status::Draft,
        Some("void") => Status::Void,
        Some("cancelled") => Status::Cancelled,
        Some("refunded") => Status::Refunded,
        Some("paid") => Status::Paid,
        _ if row["is_paid"] == true => Status::Paid,
        _ => Status::Unpaid,
    };
    let taxes = row.minor("total_taxes", iso).unwrap_or(0);
    document.lines = one_line(&document, document.total, taxes);
    Ok(document)
}

/// All that is known of an invoice's items.
fn one_line(document: &Document, total: i64, taxes: i64) -> Vec<Line> {
    let net = total - taxes;
    let words = format!("Invoice {}", document.number.clone().unwrap_or_else(|| document.id.to_string()));
    let rows = if taxes == 0 { Vec::new() } else { vec![tax("Tax", percent_of(taxes, net), taxes)] };
    let unit = Money { minor: net, currency: document.currency }.decimal();
    vec![line(&words, (Decimal::ONE, unit), 0, rows, total)]
}

/// What charges ask for comes with them; the line is for the rest.
fn without_charges(invoice: &mut Document, all: &[Document]) {
    let charges = all.iter().filter(|one| one.kind != Kind::Invoice && one.charged_to == Some(invoice.id));
    let (mut total, mut taxes) = (invoice.total, invoice.lines.iter().map(Line::tax).sum::<i64>());
    let mut some = false;
    for charge in charges {
        some = true;
        total -= charge.kind.sign() * charge.total;
        taxes -= charge.kind.sign() * charge.lines.iter().map(Line::tax).sum::<i64>();
    }
    if some {
        let all_of_it = total == 0 && taxes == 0;
        invoice.lines = if all_of_it { Vec::new() } else { one_line(invoice, total, taxes) };
    }
}
