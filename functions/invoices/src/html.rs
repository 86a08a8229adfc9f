//! An invoice as a page that prints: what `accounting.invoices.download` gives (contract jerasoft §4.7). One file,
//! with nothing from anywhere else.

use std::fmt::Write;

use shared::domain::customers::entity::Text;
use shared::domain::documents::{Document, Shown};

const STYLE: &str = "body{font:14px/1.5 system-ui,sans-serif;max-width:48rem;margin:2rem auto;padding:0 1rem;color:#111;background:#fff}\
h1{font-size:1.6rem;margin:0 0 1rem}table{width:100%;border-collapse:collapse;margin:1.5rem 0}\
th,td{padding:.4rem .5rem;border-bottom:1px solid #ddd;text-align:left;vertical-align:top}.n{text-align:right;white-space:nowrap}\
tfoot td{border:0}tfoot tr:last-child td{font-weight:700;border-top:2px solid #111}dl{display:grid;grid-template-columns:max-content 1fr;gap:.2rem 1rem;margin:0}\
dt{color:#555}dd{margin:0}p.notes{white-space:pre-wrap}@media print{body{margin:0}}";

/// A text that stands for itself in a page.
fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => plain.push_str("&amp;"),
            '<' => plain.push_str("&lt;"),
            '>' => plain.push_str("&gt;"),
            '"' => plain.push_str("&quot;"),
            '\'' => plain.push_str("&#39;"),
            other => plain.push(other),
        }
    }
    plain
}

/// The page of an invoice.
pub(crate) fn page(shown: &Shown) -> String {
    let document = &shown.document;
    let number = plain(document.number.as_deref().unwrap_or("Draft"));
    let code = document.iso.code();
    let mut page = format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" \
         content=\"width=device-width\"><title>Invoice {number}</title><style>{STYLE}</style></head><body>\n\
         <h1>Invoice {number}</h1>\n<dl>"
    );
    let mut fact = |name: &str, value: &str| {
        let _ = write!(page, "<dt>{name}</dt><dd>{}</dd>", plain(value));
    };
    fact("From", &shown.reseller_name);
    if let Some(customer) = &shown.customer {
        let lines = [Text::Company, Text::Address, Text::City, Text::Zip, Text::Country, Text::TaxNumber];
        let address = lines.into_iter().filter_map(|which| customer.text(which));
        let name = customer.name.full();
        let whole: Vec<&str> = [name.as_str()].into_iter().chain(address).collect();
        fact("To", &whole.join(", "));
    }
    fact("Date", &document.day.date.to_string());
    if let Some(due) = &document.due {
        fact("Due", &due.date.to_string());
    }
    fact("Currency", code);
    page.push_str("</dl>\n<table><thead><tr><th>Description</th><th class=\"n\">Quantity</th><th class=\"n\">Price</th><th class=\"n\">Amount</th></tr></thead>\n<tbody>");
    for line in &document.lines {
        let period = line.term.map(|term| format!(" ({} to {})", term.start, term.end)).unwrap_or_default();
        let _ = writeln!(
            page,
            "<tr><td>{}{period}</td><td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td></tr>",
            plain(&line.description),
            line.quantity.normalize(),
            line.unit.normalize(),
            document.money(line.amount)
        );
    }
    page.push_str("</tbody>\n<tfoot>");
    for (name, value) in sums(document) {
        let _ =
            writeln!(page, "<tr><td colspan=\"3\" class=\"n\">{}</td><td class=\"n\">{value}</td></tr>", plain(&name));
    }
    page.push_str("</tfoot></table>\n");
    if let Some(notes) = &document.notes {
        let _ = writeln!(page, "<p class=\"notes\">{}</p>", plain(notes));
    }
    page.push_str("</body></html>\n");
    page
}

fn sums(document: &Document) -> Vec<(String, String)> {
    let money = |minor| document.money(minor).to_string();
    let mut rows = vec![("Subtotal".to_owned(), money(document.sums.subtotal))];
    if document.sums.discount != 0 {
        rows.push(("Discount".to_owned(), money(-document.sums.discount)));
    }
    let taxes = document.tax_totals();
    rows.extend(taxes.iter().map(|tax| (format!("{} {} %", tax.name, tax.percent.normalize()), money(tax.amount))));
    // Where each sum is rounded by itself (contract billmora §10.1), a unit may be left over.
    let sums = &document.sums;
    let rounding = sums.total - (sums.subtotal - sums.discount + sums.tax);
    if rounding != 0 {
        rows.push(("Rounding".to_owned(), money(rounding)));
    }
    rows.push(("Total".to_owned(), money(document.sums.total)));
    rows.push(("Paid".to_owned(), money(document.sums.total - document.due_amount())));
    rows.push((format!("To pay, {}", document.iso.code()), money(document.due_amount())));
    rows
}
