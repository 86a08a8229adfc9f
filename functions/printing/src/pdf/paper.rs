//! What stands on the paper, as texts: every figure is the document's own, written as the API writes it, with commas.

use shared::domain::books::seller::Fact;
use shared::domain::customers::entity::Text;
use shared::domain::documents::line::{Line, Sums, TaxRow, tax_totals};
use shared::domain::documents::{Document, Kind, Stage, Status};
use shared::domain::printing::{Of, Parties, Printed};
use shared::domain::quotes::{Quote, Stage as QuoteStage};
use shared::words::money::{Currency, Decimal, Money};
use shared::words::time::Instant;

/// A printed document.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Paper {
    /// `Invoice`.
    pub(crate) title: String,
    pub(crate) number: String,
    /// What is said of it in a word, where there is more to say than that it is valid.
    pub(crate) mark: Option<&'static str>,
    /// The seller's name, then its address and numbers.
    pub(crate) seller: Vec<String>,
    /// What the buyer's block is called, and the block.
    pub(crate) to: &'static str,
    pub(crate) buyer: Vec<String>,
    /// Dates and references.
    pub(crate) facts: Vec<(&'static str, String)>,
    pub(crate) columns: Vec<&'static str>,
    pub(crate) rows: Vec<Row>,
    /// Names and amounts below the table; the last is the one that counts.
    pub(crate) sums: Vec<(String, String)>,
    /// What is said at the end, each with a title.
    pub(crate) remarks: Vec<(&'static str, String)>,
    /// At the foot of each page.
    pub(crate) foot: String,
    /// When what it says was last changed.
    pub(crate) made: Option<Instant>,
}

/// A row of the table: a text with small print below, and figures to its right.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Row {
    pub(crate) text: String,
    pub(crate) small: Vec<String>,
    pub(crate) figures: Vec<String>,
}

/// A document or a quote on paper.
pub(crate) fn of(printed: &Printed) -> Paper {
    let parties = &printed.parties;
    let mut paper = match &printed.of {
        Of::Document(document) => of_document(document),
        Of::Quote(quote, stage) => of_quote(quote, *stage),
    };
    let name = parties.seller.fact(Fact::Name).unwrap_or(&parties.reseller_name).to_owned();
    paper.seller = [name].into_iter().chain(seller(parties)).collect();
    paper.buyer = buyer(parties);
    paper.foot = foot(parties, &paper.seller);
    if let Of::Document(document) = &printed.of
        && document.due_amount() > 0
    {
        paper.remarks.splice(0..0, pay_to(parties, &paper.number));
    }
    paper
}

fn seller(parties: &Parties) -> Vec<String> {
    let fact = |which| parties.seller.fact(which).map(str::to_owned);
    let mut lines = address([Fact::Address, Fact::Zip, Fact::City, Fact::State, Fact::CountryCode].map(fact));
    lines.extend(fact(Fact::VatId).map(|id| format!("VAT ID {id}")));
    lines.extend(fact(Fact::TaxNumber).map(|number| format!("Tax number {number}")));
    lines.extend([Fact::Email, Fact::Phone].into_iter().filter_map(fact));
    lines
}

/// Street; postal code and city; region and country.
fn address([street, zip, city, state, country]: [Option<String>; 5]) -> Vec<String> {
    let joined = |parts: [Option<String>; 2]| {
        let parts: Vec<String> = parts.into_iter().flatten().filter(|part| !part.trim().is_empty()).collect();
        parts.join(" ")
    };
    let lines = [street.unwrap_or_default(), joined([zip, city]), joined([state, country])];
    lines.into_iter().filter(|line| !line.trim().is_empty()).collect()
}

fn buyer(parties: &Parties) -> Vec<String> {
    let Some(customer) = &parties.customer else { return Vec::new() };
    let text = |which| customer.text(which).map(str::to_owned);
    let person = customer.name.full();
    let company = text(Text::Company).filter(|company| *company != person && !company.is_empty());
    let mut lines: Vec<String> = company.into_iter().chain([person]).collect();
    lines.extend(address([Text::Address, Text::Zip, Text::City, Text::State, Text::Country].map(text)));
    lines
        .extend(text(Text::TaxNumber).filter(|number| !number.is_empty()).map(|number| format!("Tax number {number}")));
    lines
}

fn foot(parties: &Parties, seller: &[String]) -> String {
    let registered = parties.seller.fact(Fact::RegistrationNumber).map(str::to_owned);
    let vat = parties.seller.fact(Fact::VatId).map(|id| format!("VAT ID {id}"));
    seller.first().cloned().into_iter().chain(registered).chain(vat).collect::<Vec<_>>().join("  ·  ")
}

fn pay_to(parties: &Parties, number: &str) -> Vec<(&'static str, String)> {
    let Some(iban) = parties.seller.fact(Fact::Iban) else { return Vec::new() };
    let letters: Vec<char> = iban.chars().collect();
    let groups: Vec<String> = letters.chunks(4).map(|group| group.iter().collect()).collect();
    let bic = parties.seller.fact(Fact::Bic).map(|bic| format!("\nBIC {bic}")).unwrap_or_default();
    vec![("Payment", format!("IBAN {}{bic}\nReference {number}", groups.join(" ")))]
}

/// An amount as a person reads it: the API's text with commas between thousands.
fn amount(money: Money) -> String {
    grouped(&money.to_string())
}

fn grouped(number: &str) -> String {
    let (sign, rest) = number.strip_prefix('-').map_or(("", number), |rest| ("-", rest));
    let (whole, part) = rest.split_at(rest.find('.').unwrap_or(rest.len()));
    let head = whole.len() % 3;
    let mut groups: Vec<&str> = whole.get(..head).filter(|head| !head.is_empty()).into_iter().collect();
    groups.extend((head..whole.len()).step_by(3).filter_map(|at| whole.get(at..at + 3)));
    format!("{sign}{}{part}", groups.join(","))
}

fn percents(taxes: &[TaxRow]) -> String {
    if taxes.is_empty() {
        return "–".into();
    }
    taxes.iter().map(|tax| format!("{} %", tax.percent.normalize())).collect::<Vec<_>>().join(" + ")
}

fn price(unit: Decimal, currency: Currency) -> String {
    let unit = unit.normalize();
    let places = unit.scale().max(currency.places());
    let mut whole = unit;
    whole.rescale(places);
    grouped(&whole.to_string())
}

/// The columns of documents with lines.
const LINES: [&str; 5] = ["Description", "Quantity", "Unit price", "Tax", "Amount"];

fn row(line: &Line, currency: Currency, inclusive: bool) -> Row {
    let money = |minor| amount(Money { minor, currency });
    let mut small: Vec<String> = Vec::new();
    small.extend(line.term.map(|term| format!("{} to {}", term.start, term.end)));
    if line.discount != 0 {
        small.push(format!("Discount {}", money(-line.discount)));
    }
    let shown = if inclusive { line.amount } else { line.taxable };
    let quantity = grouped(&line.quantity.normalize().to_string());
    let figures = vec![quantity, price(line.unit, currency), percents(&line.taxes), money(shown)];
    Row { text: line.description.clone(), small, figures }
}

/// The figures that a document and a quote have in common.
fn sums(sums: &Sums, taxes: &[TaxRow], currency: Currency) -> Vec<(String, String)> {
    let money = |minor| amount(Money { minor, currency });
    let mut rows = vec![("Subtotal".to_owned(), money(sums.subtotal))];
    if sums.discount != 0 {
        rows.push(("Discount".to_owned(), money(-sums.discount)));
    }
    let taxes = taxes.iter().map(|tax| (format!("{} {} %", tax.name, tax.percent.normalize()), money(tax.amount)));
    rows.extend(taxes);
    // Where each sum is rounded by itself (contract billmora §10.1), a unit may be left over.
    let rounding = sums.total - (sums.subtotal - sums.discount + sums.tax);
    if rounding != 0 {
        rows.push(("Rounding".to_owned(), money(rounding)));
    }
    rows.push((format!("Total {}", currency.code()), money(sums.total)));
    rows
}

fn remarks(notes: Option<&String>, inclusive: bool) -> Vec<(&'static str, String)> {
    let mut remarks = Vec::new();
    if inclusive {
        remarks.push(("Prices", "Unit prices and amounts of the lines include tax.".to_owned()));
    }
    remarks.extend(notes.filter(|notes| !notes.trim().is_empty()).map(|notes| ("Notes", notes.clone())));
    remarks
}

fn of_document(document: &Document) -> Paper {
    let (title, to) = match document.kind {
        Kind::Invoice => ("Invoice", "Bill to"),
        Kind::Receipt => ("Receipt", "Received from"),
        Kind::Refund => ("Refund", "Paid to"),
        Kind::Income => ("Income", "Received from"),
        Kind::Expense => ("Expense", "Paid to"),
        Kind::CreditNote => ("Credit note", "Credit to"),
        Kind::DebitNote => ("Debit note", "Bill to"),
    };
    let mark = match document.stage {
        Stage::Draft => Some("Draft"),
        Stage::Void => Some("Void"),
        Stage::Cancelled => Some("Cancelled"),
        Stage::Refunded => Some("Refunded"),
        Stage::Issued => {
            let asks = matches!(document.kind, Kind::Invoice | Kind::DebitNote);
            (asks && document.status() == Status::Paid).then_some("Paid")
        }
    };
    let mut facts = vec![("Date", document.day.date.to_string())];
    facts.extend(document.due.filter(|_| document.stage != Stage::Void).map(|due| ("Due date", due.date.to_string())));
    if let Some((id, number)) = &document.invoice {
        facts.push(("Invoice", number.clone().unwrap_or_else(|| id.to_string())));
    }
    facts.extend(document.order.as_ref().map(|(_, number)| ("Order", number.clone())));
    facts.extend(document.method.clone().map(|method| ("Method", method)));
    facts.extend(document.reference.clone().map(|reference| ("Reference", reference)));
    facts.push(("Currency", document.iso.code().to_owned()));
    let mut paper = Paper {
        title: title.into(),
        number: document.number.clone().unwrap_or_else(|| format!("No. {}", document.id)),
        mark,
        to,
        facts,
        made: Some(document.updated_at),
        ..Paper::default()
    };
    if document.kind.is_cash() {
        cash(document, &mut paper);
    } else {
        lines(document, &mut paper);
    }
    paper
}

fn lines(document: &Document, paper: &mut Paper) {
    let money = |minor| amount(document.money(minor));
    paper.columns = LINES.to_vec();
    paper.rows = document.lines.iter().map(|line| row(line, document.iso, document.inclusive)).collect();
    paper.sums = sums(&document.sums, &document.tax_totals(), document.iso);
    let code = document.iso.code();
    if document.stage == Stage::Issued && document.is_debit() {
        paper.sums.push(("Paid".into(), money(document.due_amount() - document.sums.total)));
        paper.sums.push((format!("Amount due {code}"), money(document.due_amount())));
    } else if document.stage == Stage::Issued && document.kind == Kind::CreditNote {
        paper.sums.push(("Used".into(), money(document.open() - document.sums.total)));
        paper.sums.push((format!("Open credit {code}"), money(document.open())));
    }
    if !document.description.is_empty() {
        paper.remarks.push(("About", document.description.clone()));
    }
    paper.remarks.extend(remarks(document.notes.as_ref(), document.inclusive));
}

/// Money that came or went: what it was for.
fn cash(document: &Document, paper: &mut Paper) {
    let money = |minor| amount(document.money(minor));
    paper.columns = vec!["For", "Amount"];
    let about = if document.description.is_empty() { paper.title.clone() } else { document.description.clone() };
    if document.allocations.is_empty() {
        paper.rows.push(Row { text: about, small: Vec::new(), figures: vec![money(document.sums.total)] });
    } else {
        let row = |one: &shared::domain::documents::entity::Allocation| {
            let number = one.number.clone().unwrap_or_else(|| one.other.id.to_string());
            let kind = one.other.kind.words();
            let mut letters = kind.chars();
            let first = letters.next().map(|letter| letter.to_uppercase().to_string()).unwrap_or_default();
            let text = format!("{first}{} {number}", letters.as_str());
            Row { text, small: Vec::new(), figures: vec![money(one.amount)] }
        };
        paper.rows = document.allocations.iter().map(row).collect();
        if document.open() > 0 {
            let figures = vec![money(document.open())];
            paper.rows.push(Row { text: "On account".into(), small: Vec::new(), figures });
        }
        if !document.description.is_empty() {
            paper.remarks.push(("About", document.description.clone()));
        }
    }
    paper.sums = vec![(format!("Total {}", document.iso.code()), money(document.sums.total))];
    paper.remarks.extend(remarks(document.notes.as_ref(), false));
}

fn of_quote(quote: &Quote, stage: QuoteStage) -> Paper {
    let mark = match stage {
        QuoteStage::Draft => Some("Draft"),
        QuoteStage::Sent => None,
        QuoteStage::Accepted => Some("Accepted"),
        QuoteStage::Declined => Some("Declined"),
        QuoteStage::Expired => Some("Expired"),
        QuoteStage::Converted => Some("Invoiced"),
    };
    let mut facts = vec![("Date", quote.day.date.to_string()), ("Valid until", quote.valid_until.date.to_string())];
    facts.push(("Currency", quote.iso.code().to_owned()));
    let mut remarks_of = remarks(quote.notes.as_ref(), quote.inclusive);
    remarks_of.splice(0..0, quote.subject.clone().map(|subject| ("Subject", subject)));
    Paper {
        title: "Quote".into(),
        number: quote.number(),
        mark,
        to: "Prepared for",
        facts,
        columns: LINES.to_vec(),
        rows: quote.lines.iter().map(|line| row(line, quote.iso, quote.inclusive)).collect(),
        sums: sums(&quote.sums, &tax_totals(&quote.lines), quote.iso),
        remarks: remarks_of,
        made: Some(quote.stamps.updated_at),
        ..Paper::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_set_apart() {
        for (number, shown) in [
            ("0", "0"),
            ("999.50", "999.50"),
            ("1000", "1,000"),
            ("-1234567.001", "-1,234,567.001"),
            ("9999999999999.99", "9,999,999,999,999.99"),
        ] {
            assert_eq!(grouped(number), shown);
        }
    }
}
