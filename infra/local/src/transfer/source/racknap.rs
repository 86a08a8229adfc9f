//! RackNap Billing API as a source. It has no list of customers and none of refunds: customers are those whom
//! documents name. Receipts and notes name invoices by their numbers and not how much of each they pay.

use std::collections::BTreeMap;

use serde_json::Value;
use shared::domain::customers::Change;
use shared::domain::customers::entity::Text;
use shared::domain::documents::accrual::Term;
use shared::domain::documents::entity::{Line, TaxRow};
use shared::domain::documents::{Kind, Status};
use shared::domain::tenants::CurrencyRef;
use shared::words::money::{Currency, Decimal};
use shared::words::patch::Patch;
use shared::words::time::{Date, Zone};

use super::{Access, PAGE, Rows, currency, day_at};
use crate::transfer::Tell;
use crate::transfer::client::Client;
use crate::transfer::extract::{Document, Extract, Members, line, tax};

pub(super) async fn read(client: &mut Client, access: &Access, zone: Zone, tell: Tell<'_>) -> Result<Extract, String> {
    sign_in(client, access, tell).await?;
    let mut extract = Extract { system: "racknap", ..Extract::default() };
    for (path, kind) in [
        ("invoice/list", Kind::Invoice),
        ("transaction/credit_note", Kind::CreditNote),
        ("transaction/debit_note", Kind::DebitNote),
        ("receipt/list", Kind::Receipt),
    ] {
        for row in rows(client, access, path, tell).await?.values() {
            extract.documents.push(document(row, kind, zone)?);
            let Some(id) = row.id("customer_id") else { continue };
            let own = extract.customers.entry(id).or_insert_with(|| Change {
                name: Some(format!("Customer {id}")),
                currency: row.text("currency").map(CurrencyRef::Code),
                ..Change::default()
            });
            if let Some(company) = row.text("company_info") {
                own.name = Some(company.clone());
                own.texts.insert(Text::Company, Patch::Set(company));
            }
        }
    }
    against_invoices(&mut extract.documents);
    Ok(extract)
}

async fn sign_in(client: &mut Client, access: &Access, tell: Tell<'_>) -> Result<(), String> {
    let token = match (&access.login, &access.token) {
        (Some((login, password)), _) => {
            let form = [("username", login.as_str()), ("password", password.as_str())];
            let signed = client.post("/api/v2/auth/token", &form, tell).await?.expect("signing in")?;
            signed["data"].text("token").ok_or("no token came")?
        }
        (None, Some(token)) => token.clone(),
        (None, None) => return Err("RackNap wants a login: --login and --password, or --token".into()),
    };
    client.header("validate", format!("Bearer {token}"));
    Ok(())
}

/// All records of a list. A session that has ended is begun anew.
async fn rows(client: &mut Client, access: &Access, path: &str, tell: Tell<'_>) -> Result<Rows, String> {
    let mut rows = Rows::default();
    let (mut page, mut again) = (1, false);
    loop {
        let (number, size) = (page.to_string(), PAGE.to_string());
        let form = [("page", number.as_str()), ("limit", size.as_str())];
        let answer = client.post(&format!("/api/v2/{path}"), &form, tell).await?;
        if answer.status == 401 && access.login.is_some() && !again {
            again = true;
            sign_in(client, access, tell).await?;
            continue;
        }
        again = false;
        let body = answer.expect(path)?;
        let list = body.list("data");
        let more = rows.take(list);
        tell(&format!("{path}: {}", rows.0.len()));
        if !more || (list.len() as u64) < PAGE {
            return Ok(rows);
        }
        page += 1;
    }
}

fn document(row: &Value, kind: Kind, zone: Zone) -> Result<Document, String> {
    let iso = currency(row.text("currency"))?;
    let mut document = Document::of(kind, row.id("id").unwrap_or(0), iso);
    let invoice = kind == Kind::Invoice;
    document.number = row.text(if invoice { "invoicenum" } else { "tran_no" });
    document.customer = row.id("customer_id");
    document.day = day_at(row.text(if invoice { "creation_date" } else { "tdate" }), zone);
    document.due = day_at(row.text("nextduedate"), zone);
    document.ratio = row.decimal("currencycnratio");
    document.total = row.minor("amount", iso).ok_or_else(|| format!("{} has no amount", document.name()))?;
    document.status = match row.text("status").as_deref() {
        Some("Paid") => Status::Paid,
        Some("Cancelled") => Status::Cancelled,
        Some("Refunded") => Status::Refunded,
        _ => Status::Unpaid,
    };
    document.method = row.text("paymentmethod");
    document.reference = row.text("tran_id");
    if invoice {
        let taxes = "invoice_item_taxes";
        document.lines = row.list("invoice_item").iter().filter_map(|item| item_line(item, taxes, iso)).collect();
    } else {
        document.description = row.text("description").unwrap_or_default();
        let taxes = "transaction_item_taxes";
        document.lines = row.list("transaction_item").iter().filter_map(|item| item_line(item, taxes, iso)).collect();
        // Numbers of invoices, until all invoices are known.
        document.notes = row.text("invoice_num");
    }
    Ok(document)
}

fn item_line(item: &Value, taxes: &str, iso: Currency) -> Option<Line> {
    let taxes: Vec<TaxRow> = item
        .list(taxes)
        .iter()
        .filter_map(|one| Some(tax(&one.text("tax_type")?, one.decimal("tax_val")?, one.minor("tax_amount", iso)?)))
        .collect();
    // An invoice's item amount is net (§7.2), a note's is not.
    let net = item.minor("taxable_value", iso).or_else(|| item.minor("amount", iso))?;
    let total = net + taxes.iter().map(|tax| tax.amount).sum::<i64>();
    let quantity = item.decimal("quantity").unwrap_or(Decimal::ONE);
    let unit = item.decimal("per_unit_price")?;
    let words = item.text("description").unwrap_or_default();
    let mut made = line(&words, (quantity, unit), item.minor("discount", iso).unwrap_or(0), taxes, total);
    made.cycle = item.text("billingcycle");
    let date = |name: &str| item.text(name)?.get(..10)?.parse::<Date>().ok();
    made.term = date("start_billing_date").zip(date("end_billing_date")).map(|(start, end)| Term { start, end });
    Some(made)
}

/// What receipts and credit notes pay, and which debit notes are charges: those whose line stands on the invoice
/// that they name.
fn against_invoices(documents: &mut [Document]) {
    let mut numbers: BTreeMap<String, u64> = BTreeMap::new();
    let mut lines: BTreeMap<u64, Vec<(String, i64)>> = BTreeMap::new();
    for invoice in documents.iter().filter(|one| one.kind == Kind::Invoice) {
        numbers.extend(invoice.number.clone().map(|number| (number, invoice.id)));
        let own = invoice.lines.iter().map(|line| (line.description.clone(), line.amount));
        lines.insert(invoice.id, own.collect());
    }
    for document in documents.iter_mut().filter(|one| one.kind != Kind::Invoice) {
        let named = document.notes.take().unwrap_or_default();
        let invoices: Vec<u64> = named.split(',').filter_map(|number| numbers.get(number.trim()).copied()).collect();
        let sign = document.kind.sign();
        let stands_on = |invoice: &u64| {
            let on = lines.get(invoice).map(Vec::as_slice).unwrap_or_default();
            let found = |line: &Line| on.contains(&(line.description.clone(), sign * line.amount));
            !document.lines.is_empty() && document.lines.iter().all(found)
        };
        let charged = invoices.first().copied().filter(|_| document.kind != Kind::Receipt).filter(stands_on);
        match document.kind {
            Kind::DebitNote | Kind::CreditNote if charged.is_some() => document.charged_to = charged,
            Kind::DebitNote => document.concerns = invoices.first().copied(),
            _ => {
                document.concerns = invoices.first().copied().filter(|_| document.kind == Kind::CreditNote);
                document.against = invoices.into_iter().map(|id| (Kind::Invoice, id, None)).collect();
            }
        }
    }
}
