//! An electronic invoice as EN 16931 models it, made of a document. The names of the standard's terms (BT-1, BG-3)
//! stand beside the fields; amounts are minor units of the document's currency.

use std::collections::BTreeMap;

use shared::domain::books::TaxRate;
use shared::domain::books::seller::Fact;
use shared::domain::books::vat::VatCategory;
use shared::domain::customers::entity::Text;
use shared::domain::documents::accrual::Term;
use shared::domain::documents::line::Line as Given;
use shared::domain::documents::{Document, Kind, Stage};
use shared::domain::printing::Parties;
use shared::words::money::{Currency, Decimal};

use super::codes::vat_number;

/// A party: the seller (BG-4) or the buyer (BG-7).
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Party {
    pub(crate) name: Option<String>,
    /// The person to ask for, where the name is a company's.
    pub(crate) contact: Option<String>,
    pub(crate) address: Option<String>,
    pub(crate) city: Option<String>,
    pub(crate) state: Option<String>,
    pub(crate) zip: Option<String>,
    /// As given; the rules want two letters.
    pub(crate) country: Option<String>,
    pub(crate) vat_id: Option<String>,
    pub(crate) tax_number: Option<String>,
    pub(crate) registration: Option<String>,
    pub(crate) email: Option<String>,
    pub(crate) phone: Option<String>,
}

/// What a line or an allowance is taxed as (BG-30).
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Vat {
    /// `None` where nobody has said it.
    pub(crate) category: Option<VatCategory>,
    pub(crate) percent: Decimal,
    /// Why nothing is charged, where that was said.
    pub(crate) reason: Option<String>,
    /// How many taxes the document has here; the standard knows one.
    pub(crate) taxes: usize,
}

/// A line (BG-25).
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Line {
    pub(crate) name: String,
    pub(crate) quantity: Decimal,
    /// The price of [`base_quantity`](Self::base_quantity) without tax (BT-146).
    pub(crate) price: Decimal,
    /// How many the price is for (BT-149).
    pub(crate) base_quantity: Decimal,
    pub(crate) allowance: i64,
    /// BT-131.
    pub(crate) net: i64,
    pub(crate) period: Option<Term>,
    pub(crate) vat: Vat,
}

/// An allowance on the whole document (BG-20).
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Allowance {
    pub(crate) amount: i64,
    pub(crate) reason: String,
    pub(crate) vat: Vat,
}

/// A row of the tax breakdown (BG-23).
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Breakdown {
    pub(crate) vat: Vat,
    pub(crate) taxable: i64,
    pub(crate) tax: i64,
}

/// The totals (BG-22).
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Totals {
    /// BT-106.
    pub(crate) lines: i64,
    /// BT-107.
    pub(crate) allowances: i64,
    /// BT-109.
    pub(crate) net: i64,
    /// BT-110.
    pub(crate) tax: i64,
    /// BT-112.
    pub(crate) gross: i64,
    /// BT-113: paid, or set against other documents.
    pub(crate) paid: i64,
    /// BT-114.
    pub(crate) rounding: i64,
    /// BT-115.
    pub(crate) payable: i64,
}

/// An invoice (380) or a credit note (381).
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Invoice {
    pub(crate) is_credit_note: bool,
    /// BT-1; `None` of a draft.
    pub(crate) number: Option<String>,
    /// BT-2.
    pub(crate) issued: String,
    /// BT-9.
    pub(crate) due: Option<String>,
    /// BT-5.
    pub(crate) currency: Currency,
    /// BT-22.
    pub(crate) notes: Option<String>,
    /// BT-25: the invoice that a credit note takes back.
    pub(crate) preceding: Option<Option<String>>,
    /// BG-14: from the first to the last day that a line is for.
    pub(crate) period: Option<Term>,
    pub(crate) seller: Party,
    pub(crate) buyer: Party,
    /// BT-84, and BT-86.
    pub(crate) account: Option<(String, Option<String>)>,
    pub(crate) lines: Vec<Line>,
    pub(crate) allowances: Vec<Allowance>,
    pub(crate) breakdown: Vec<Breakdown>,
    pub(crate) totals: Totals,
}

/// A document as an electronic invoice. Whether it is a good one is for the rules to say.
pub(crate) fn of(document: &Document, parties: &Parties) -> Invoice {
    let vat = |line: &Given| vat_of(line, parties);
    let (minus, plus): (Vec<&Given>, Vec<&Given>) = document.lines.iter().partition(|line| line.is_discount());
    let lines: Vec<Line> = plus.iter().map(|given| line(given, document, vat(given))).collect();
    let allowance =
        |given: &&Given| Allowance { amount: -given.taxable, reason: plain(&given.description), vat: vat(given) };
    let allowances: Vec<Allowance> = minus.iter().map(allowance).collect();
    let out_of_scope = document.lines.iter().all(|line| vat(line).category == Some(VatCategory::OutOfScope));
    let mut buyer = buyer(parties);
    if out_of_scope {
        // BR-O-02: what is not subject to the tax names nobody's identifier for it.
        buyer.vat_id = None;
    }
    let terms = || document.lines.iter().filter_map(|line| line.term);
    let period = terms().map(|term| term.start).min().zip(terms().map(|term| term.end).max());
    Invoice {
        is_credit_note: document.kind == Kind::CreditNote,
        number: document.number.clone().filter(|_| document.stage != Stage::Draft),
        issued: document.day.date.to_string(),
        due: document.due.map(|due| due.date.to_string()),
        currency: document.iso,
        notes: document.notes.as_deref().map(plain).filter(|notes| !notes.is_empty()),
        preceding: document.invoice.as_ref().map(|(_, number)| number.clone()),
        period: period.map(|(start, end)| Term { start, end }),
        seller: seller(parties),
        buyer,
        account: parties
            .seller
            .fact(Fact::Iban)
            .map(|iban| (iban.to_owned(), parties.seller.fact(Fact::Bic).map(str::to_owned))),
        breakdown: breakdown(document, vat),
        totals: totals(document, &lines, &allowances),
        lines,
        allowances,
    }
}

/// A text on one line, without what XML cannot hold.
fn plain(text: &str) -> String {
    let words = text.split(|letter: char| letter.is_whitespace() || letter.is_control());
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    words.join(" ").replace(['\u{fffe}', '\u{ffff}'], "")
}

fn seller(parties: &Parties) -> Party {
    let fact = |which| parties.seller.fact(which).map(plain);
    Party {
        name: fact(Fact::Name),
        contact: None,
        address: fact(Fact::Address),
        city: fact(Fact::City),
        state: fact(Fact::State),
        zip: fact(Fact::Zip),
        country: fact(Fact::CountryCode),
        vat_id: fact(Fact::VatId),
        tax_number: fact(Fact::TaxNumber),
        registration: fact(Fact::RegistrationNumber),
        email: fact(Fact::Email),
        phone: fact(Fact::Phone),
    }
}

fn buyer(parties: &Parties) -> Party {
    let Some(customer) = &parties.customer else { return Party::default() };
    let text = |which| customer.text(which).map(plain).filter(|text| !text.is_empty());
    let person = Some(plain(&customer.name.full())).filter(|name| !name.is_empty());
    let company = text(Text::Company);
    Party {
        contact: person.clone().filter(|person| company.as_ref().is_some_and(|company| company != person)),
        name: company.or(person),
        address: text(Text::Address),
        city: text(Text::City),
        state: text(Text::State),
        zip: text(Text::Zip),
        country: text(Text::Country).map(|country| country.to_ascii_uppercase()),
        // A number of another form is no VAT identifier (BR-CO-09), and nothing demands one of most buyers.
        vat_id: customer.text(Text::TaxNumber).and_then(vat_number),
        tax_number: None,
        registration: text(Text::RegistrationNumber),
        email: text(Text::Email),
        phone: text(Text::Phone),
    }
}

fn vat_of(line: &Given, parties: &Parties) -> Vat {
    let Some(tax) = line.taxes.first() else {
        let reason = parties.seller.fact(Fact::UntaxedReason).map(plain);
        return Vat { category: parties.seller.untaxed, percent: Decimal::ZERO, reason, taxes: 0 };
    };
    let rate: Option<&TaxRate> = parties.rates.iter().find(|rate| rate.meta.id == tax.tax);
    let usual = if tax.percent.is_zero() { None } else { Some(VatCategory::Standard) };
    Vat {
        category: rate.and_then(|rate| rate.category).or(usual),
        percent: tax.percent.normalize(),
        reason: rate.and_then(|rate| rate.exemption.as_deref()).map(plain),
        taxes: line.taxes.len(),
    }
}

fn line(given: &Given, document: &Document, vat: Vat) -> Line {
    // A price that includes its taxes is no price of the standard's: what is without them is the line's subtotal,
    // so that is the price of the whole quantity.
    let whole = document.inclusive && !given.taxes.is_empty();
    let (price, base_quantity) = if whole {
        (document.money(given.subtotal).decimal(), given.quantity)
    } else {
        (given.unit.normalize(), Decimal::ONE)
    };
    Line {
        name: plain(&given.description),
        quantity: given.quantity.normalize(),
        price,
        base_quantity: base_quantity.normalize(),
        allowance: given.discount,
        net: given.taxable,
        period: given.term,
        vat,
    }
}

/// Lines and allowances by category and rate.
fn breakdown(document: &Document, vat: impl Fn(&Given) -> Vat) -> Vec<Breakdown> {
    let mut rows: BTreeMap<(Option<VatCategory>, Decimal), Breakdown> = BTreeMap::new();
    for given in &document.lines {
        let vat = vat(given);
        let fresh = || Breakdown { vat: vat.clone(), taxable: 0, tax: 0 };
        let row = rows.entry((vat.category, vat.percent)).or_insert_with(fresh);
        row.taxable += given.taxable;
        row.tax += given.tax();
        row.vat.reason = joined(row.vat.reason.take(), vat.reason);
    }
    rows.into_values().collect()
}

/// Both reasons, where they differ.
fn joined(was: Option<String>, more: Option<String>) -> Option<String> {
    match (was, more) {
        (Some(was), Some(more)) if !was.split("; ").any(|one| one == more) => Some(format!("{was}; {more}")),
        (was, more) => was.or(more),
    }
}

fn totals(document: &Document, lines: &[Line], allowances: &[Allowance]) -> Totals {
    let sum: i64 = lines.iter().map(|line| line.net).sum();
    let off: i64 = allowances.iter().map(|one| one.amount).sum();
    let (net, tax, total) = (sum - off, document.sums.tax, document.sums.total);
    let payable = total.signum() * document.open();
    Totals {
        lines: sum,
        allowances: off,
        net,
        tax,
        gross: net + tax,
        paid: total - payable,
        // A header that is not the sum of its rounded lines (Billmora) differs from it by what was rounded.
        rounding: total - net - tax,
        payable,
    }
}
