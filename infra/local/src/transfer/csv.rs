//! `export --format csv`: a file for each kind of row, as RFC 4180 has it.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use shared::domain::customers::Status;
use shared::domain::customers::entity::Text;
use shared::domain::documents::Document;
use shared::domain::documents::entity::Status as DocumentStatus;
use shared::machinery::caller::Tenant;
use shared::machinery::keys::{INVOICE, TRANSACTION};
use shared::machinery::store::Store;
use shared::words::money::{Currency, Money};

use super::Tell;
use super::ledger::{Ledger, documents};

/// One file.
struct Table {
    out: BufWriter<File>,
    rows: u64,
}

impl Table {
    fn new(folder: &Path, name: &str, columns: &[&str]) -> Result<Self, String> {
        let path = folder.join(name);
        let file = File::create(&path).map_err(|e| format!("{}: {e}", path.display()))?;
        let mut table = Self { out: BufWriter::new(file), rows: 0 };
        table.line(columns.iter().map(|column| (*column).to_owned()))?;
        Ok(table)
    }

    fn line(&mut self, cells: impl IntoIterator<Item = String>) -> Result<(), String> {
        let cells: Vec<String> = cells.into_iter().map(quoted).collect();
        write!(self.out, "{}\r\n", cells.join(",")).map_err(|e| e.to_string())
    }

    fn row(&mut self, cells: Vec<String>) -> Result<(), String> {
        self.rows += 1;
        self.line(cells)
    }
}

fn quoted(cell: String) -> String {
    if cell.contains(['"', ',', '\r', '\n']) { format!("\"{}\"", cell.replace('"', "\"\"")) } else { cell }
}

fn or_empty<T: ToString>(value: Option<T>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}

fn amount(minor: i64, currency: Currency) -> String {
    Money { minor, currency }.to_string()
}

/// Write a tenant's books into a folder; the rows of each file.
///
/// # Errors
///
/// When there is no such tenant, or something cannot be read or written.
pub async fn export(
    store: &Store,
    tenant: &Tenant,
    folder: &Path,
    tell: Tell<'_>,
) -> Result<Vec<(&'static str, u64)>, String> {
    std::fs::create_dir_all(folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    let ledger = Ledger::read(store, tenant, tell).await?;
    let mut rows = vec![
        ("customers.csv", customers(folder, &ledger)?),
        ("balances.csv", balances(folder, &ledger)?),
        ("journal.csv", journal(folder, &ledger)?),
    ];
    let mut allocations = Allocations::new(folder)?;
    for (entity, file, lines_file) in
        [(INVOICE, "invoices.csv", "invoice_lines.csv"), (TRANSACTION, "transactions.csv", "transaction_lines.csv")]
    {
        let mut table = Table::new(folder, file, &DOCUMENT)?;
        let mut lines = Table::new(folder, lines_file, &LINE)?;
        for (document, deleted) in documents(store, tenant, entity).await? {
            table.row(document_row(&document, deleted))?;
            for (place, _) in document.lines.iter().enumerate() {
                lines.row(line_row(&document, place))?;
            }
            allocations.of(&document)?;
        }
        tell(&format!("{file}: {} rows", table.rows));
        rows.extend([(file, table.rows), (lines_file, lines.rows)]);
    }
    rows.push(("allocations.csv", allocations.table.rows));
    Ok(rows)
}

fn customers(folder: &Path, ledger: &Ledger) -> Result<u64, String> {
    const TEXTS: [(&str, Text); 9] = [
        ("email", Text::Email),
        ("phone", Text::Phone),
        ("company", Text::Company),
        ("address", Text::Address),
        ("city", Text::City),
        ("state", Text::State),
        ("zip", Text::Zip),
        ("country", Text::Country),
        ("tax_number", Text::TaxNumber),
    ];
    let mut columns = vec!["id", "name", "status", "reseller_id", "currency", "credit_limit"];
    columns.extend(TEXTS.iter().map(|(name, _)| *name));
    let mut table = Table::new(folder, "customers.csv", &columns)?;
    for customer in ledger.customers.values() {
        let currency =
            ledger.tenant.currency_of(customer.currency).map(|currency| currency.iso.code()).unwrap_or_default();
        let status = match customer.status {
            Status::Active => "active",
            Status::Suspended => "suspended",
            Status::Closed => "closed",
        };
        let mut row = vec![
            customer.id.to_string(),
            customer.name.full(),
            status.to_owned(),
            customer.reseller.to_string(),
            currency.to_owned(),
            or_empty(customer.credit_limit),
        ];
        row.extend(TEXTS.iter().map(|(_, which)| customer.text(*which).unwrap_or_default().to_owned()));
        table.row(row)?;
    }
    Ok(table.rows)
}

fn balances(folder: &Path, ledger: &Ledger) -> Result<u64, String> {
    let mut table = Table::new(folder, "balances.csv", &["customer_id", "currency", "balance"])?;
    for (customer, balance) in &ledger.balances {
        for (code, owed) in &balance.owed {
            let currency = Currency::from_code(code).ok_or_else(|| format!("{code} is no currency"))?;
            table.row(vec![customer.to_string(), code.clone(), amount(-owed, currency)])?;
        }
    }
    Ok(table.rows)
}

fn journal(folder: &Path, ledger: &Ledger) -> Result<u64, String> {
    let columns = [
        "entry_id",
        "date",
        "written_at",
        "of",
        "number",
        "event",
        "customer_id",
        "account",
        "currency",
        "amount",
        "base_currency",
        "base_amount",
    ];
    let mut table = Table::new(folder, "journal.csv", &columns)?;
    let base = ledger.tenant.base().map_err(|e| super::say(&e))?.iso;
    for entry in &ledger.entries {
        for one in &entry.postings {
            table.row(vec![
                entry.id.clone(),
                entry.date.to_string(),
                shared::words::time::utc_seconds(entry.at),
                entry.of.clone(),
                or_empty(entry.number.clone()),
                entry.event.clone(),
                entry.customer.to_string(),
                one.account.clone(),
                one.currency.code().to_owned(),
                amount(one.amount, one.currency),
                base.code().to_owned(),
                amount(one.base, base),
            ])?;
        }
    }
    Ok(table.rows)
}

const DOCUMENT: [&str; 27] = [
    "id",
    "kind",
    "number",
    "status",
    "deleted",
    "customer_id",
    "reseller_id",
    "date",
    "due_date",
    "currency",
    "exchange_rate",
    "tax_inclusive",
    "subtotal",
    "discount",
    "tax",
    "total",
    "open",
    "base_currency",
    "base_net",
    "base_tax",
    "account_id",
    "category_id",
    "method",
    "reference",
    "invoice_id",
    "description",
    "notes",
];

fn document_row(document: &Document, deleted: bool) -> Vec<String> {
    let own = |minor| amount(minor, document.iso);
    let sums = &document.sums;
    let status = match document.status() {
        DocumentStatus::Draft => "draft",
        DocumentStatus::Unpaid => "unpaid",
        DocumentStatus::PartPaid => "part_paid",
        DocumentStatus::Paid => "paid",
        DocumentStatus::Void => "void",
        DocumentStatus::Cancelled => "cancelled",
        DocumentStatus::Refunded => "refunded",
    };
    vec![
        document.id.to_string(),
        document.kind.name().to_owned(),
        or_empty(document.number.clone()),
        status.to_owned(),
        deleted.to_string(),
        or_empty(document.customer),
        document.reseller.to_string(),
        document.day.date.to_string(),
        or_empty(document.due.map(|due| due.date)),
        document.iso.code().to_owned(),
        document.ratio.to_string(),
        document.inclusive.to_string(),
        own(sums.subtotal),
        own(sums.discount),
        own(sums.tax),
        own(sums.total),
        own(document.open()),
        document.base.code().to_owned(),
        amount(sums.base_net, document.base),
        amount(sums.base_tax, document.base),
        or_empty(document.account),
        or_empty(document.category),
        or_empty(document.method.clone()),
        or_empty(document.reference.clone()),
        or_empty(document.invoice.as_ref().map(|(id, _)| *id)),
        document.description.clone(),
        or_empty(document.notes.clone()),
    ]
}

const LINE: [&str; 16] = [
    "document_id",
    "line",
    "description",
    "quantity",
    "unit_price",
    "currency",
    "subtotal",
    "discount",
    "taxable",
    "taxes",
    "tax",
    "total",
    "billing_cycle",
    "period_start",
    "period_end",
    "product_id",
];

fn line_row(document: &Document, place: usize) -> Vec<String> {
    let Some(line) = document.lines.get(place) else { return Vec::new() };
    let own = |minor| amount(minor, document.iso);
    let taxes: Vec<String> =
        line.taxes.iter().map(|tax| format!("{} {}%: {}", tax.name, tax.percent, own(tax.amount))).collect();
    vec![
        document.id.to_string(),
        (place + 1).to_string(),
        line.description.clone(),
        line.quantity.to_string(),
        line.unit.to_string(),
        document.iso.code().to_owned(),
        own(line.subtotal),
        own(line.discount),
        own(line.taxable),
        taxes.join("; "),
        own(line.tax()),
        own(line.amount),
        or_empty(line.cycle.clone()),
        or_empty(line.term.map(|term| term.start)),
        or_empty(line.term.map(|term| term.end)),
        or_empty(line.product),
    ]
}

/// What is set against what, each pair once: from the side that brings the money, and charges from their own.
struct Allocations {
    table: Table,
}

impl Allocations {
    fn new(folder: &Path) -> Result<Self, String> {
        let columns =
            ["kind", "id", "number", "against_kind", "against_id", "against_number", "currency", "amount", "charged"];
        Ok(Self { table: Table::new(folder, "allocations.csv", &columns)? })
    }

    fn of(&mut self, document: &Document) -> Result<(), String> {
        for one in &document.allocations {
            if document.is_debit() && !one.charged {
                continue;
            }
            self.table.row(vec![
                document.kind.name().to_owned(),
                document.id.to_string(),
                or_empty(document.number.clone()),
                one.other.kind.name().to_owned(),
                one.other.id.to_string(),
                or_empty(one.number.clone()),
                document.iso.code().to_owned(),
                amount(one.amount, document.iso),
                one.charged.to_string(),
            ])?;
        }
        Ok(())
    }
}
