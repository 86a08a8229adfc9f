//! What another system tells, in one form for all of them. Ids are that system's own; amounts are minor units of
//! the currency that stands beside them.

use std::collections::BTreeMap;

use serde_json::Value;
use shared::domain::customers::Change;
use shared::domain::documents::entity::{Line, TaxRow};
use shared::domain::documents::sums;
use shared::domain::documents::{Kind, Status};
use shared::words::money::{Currency, Decimal, parse_decimal};
use shared::words::time::{Day, Instant};

/// Everything that was read.
#[derive(Debug, Clone, Default)]
pub struct Extract {
    /// The system's name.
    pub system: &'static str,
    /// Currencies: code and name.
    pub currencies: Vec<(Currency, String)>,
    /// Exchange rates.
    pub rates: Vec<Rate>,
    /// Tax rates: id, name, percent.
    pub tax_rates: Vec<(u64, String, Decimal)>,
    /// Accounts that money comes to and goes from.
    pub accounts: Vec<Account>,
    /// Categories: id, name, whether they are of incomes.
    pub categories: Vec<(u64, String, bool)>,
    /// What is sold.
    pub products: Vec<Product>,
    /// Customers by their ids.
    pub customers: BTreeMap<u64, Change>,
    /// Documents of all kinds.
    pub documents: Vec<Document>,
    /// What customers have to their credit (positive) or owe, where the system tells it; for the check at the end.
    pub balances: Vec<(u64, Currency, i64)>,
    /// What was read and cannot be brought over: kind, id, reason.
    pub skipped: Vec<(String, String, String)>,
}

/// An exchange rate.
#[derive(Debug, Clone)]
pub struct Rate {
    /// The id.
    pub id: u64,
    /// From this currency …
    pub from: Currency,
    /// … to this one.
    pub to: Currency,
    /// How much of `to` one of `from` is.
    pub rate: Decimal,
    /// Since when, UTC.
    pub at: Instant,
}

/// An account that money comes to and goes from.
#[derive(Debug, Clone)]
pub struct Account {
    /// The id.
    pub id: u64,
    /// The name.
    pub name: String,
    /// Its currency.
    pub currency: Currency,
    /// What it held when it was opened.
    pub opening: Decimal,
}

/// Something that is sold, with its first price.
#[derive(Debug, Clone)]
pub struct Product {
    /// The id.
    pub id: u64,
    /// The name.
    pub name: String,
    /// What it is.
    pub description: String,
    /// Whether it is a service.
    pub is_service: bool,
    /// The stock keeping unit.
    pub sku: Option<String>,
    /// Percent of tax.
    pub tax: Decimal,
    /// Its price and the price's currency.
    pub price: Option<(Decimal, Currency)>,
}

/// A document.
#[derive(Debug, Clone)]
pub struct Document {
    /// What it is.
    pub kind: Kind,
    /// The id among invoices or among transactions.
    pub id: u64,
    /// Its number, once it is issued.
    pub number: Option<String>,
    /// Whose it is.
    pub customer: Option<u64>,
    /// Its day; today when it is not told.
    pub day: Option<Day>,
    /// When it is due.
    pub due: Option<Day>,
    /// Its currency.
    pub currency: Currency,
    /// Units of its currency for one of the base currency, where it is told.
    pub ratio: Option<Decimal>,
    /// Whether its prices include their taxes.
    pub inclusive: bool,
    /// Its lines, worked out.
    pub lines: Vec<Line>,
    /// What it comes to, with taxes.
    pub total: i64,
    /// Where it stands.
    pub status: Status,
    /// The account the money came to or went from.
    pub account: Option<u64>,
    /// The category.
    pub category: Option<u64>,
    /// What it is about.
    pub description: String,
    /// Notes.
    pub notes: Option<String>,
    /// How it was paid.
    pub method: Option<String>,
    /// The payment's reference at a gateway.
    pub reference: Option<String>,
    /// The invoice it concerns.
    pub concerns: Option<u64>,
    /// The invoice that asks for its money (a charge).
    pub charged_to: Option<u64>,
    /// What this money is set against: kind, id, and how much; as much as fits where that is not told.
    pub against: Vec<(Kind, u64, Option<i64>)>,
}

impl Document {
    /// A document of which little is known yet.
    pub fn of(kind: Kind, id: u64, currency: Currency) -> Self {
        Self {
            kind,
            id,
            number: None,
            customer: None,
            day: None,
            due: None,
            currency,
            ratio: None,
            inclusive: false,
            lines: Vec::new(),
            total: 0,
            status: Status::Unpaid,
            account: None,
            category: None,
            description: String::new(),
            notes: None,
            method: None,
            reference: None,
            concerns: None,
            charged_to: None,
            against: Vec::new(),
        }
    }

    /// What it is called in maps and reports: notes and money share one series of ids, invoices have their own.
    pub fn name(&self) -> String {
        name(self.kind, self.id)
    }
}

/// See [`Document::name`].
pub fn name(kind: Kind, id: u64) -> String {
    format!("{}-{id}", kind.name())
}

/// A line of which the price and what it comes to are known; the rest follows.
pub fn line(
    description: &str,
    (quantity, unit): (Decimal, Decimal),
    discount: i64,
    taxes: Vec<TaxRow>,
    amount: i64,
) -> Line {
    let taxable = amount - taxes.iter().map(|tax| tax.amount).sum::<i64>();
    let subtotal = taxable + discount;
    let description = description.to_owned();
    Line {
        description,
        quantity: quantity.normalize(),
        unit,
        subtotal,
        discount,
        taxable,
        taxes,
        amount,
        ..Line::default()
    }
}

/// A tax whose rate is not one of ours.
pub fn tax(name: &str, percent: Decimal, amount: i64) -> TaxRow {
    TaxRow { tax: 0, name: name.to_owned(), percent: percent.normalize(), amount, given: false }
}

/// Percent that a tax is of what it is put on, to four places; 0 where that is nothing.
pub fn percent_of(tax: i64, net: i64) -> Decimal {
    let share =
        Decimal::from(tax).checked_mul(Decimal::ONE_HUNDRED).and_then(|tax| tax.checked_div(Decimal::from(net)));
    share.unwrap_or_default().abs().round_dp(4).min(Decimal::ONE_HUNDRED).normalize()
}

/// The members of an answer's objects, whatever a system writes them as.
pub trait Members {
    /// A text that is not empty; numbers count as text.
    fn text(&self, name: &str) -> Option<String>;
    /// A decimal, as a number or a text.
    fn decimal(&self, name: &str) -> Option<Decimal>;
    /// An id above 0.
    fn id(&self, name: &str) -> Option<u64>;
    /// An amount in minor units.
    fn minor(&self, name: &str, currency: Currency) -> Option<i64>;
    /// A list's entries; none where there is no list.
    fn list(&self, name: &str) -> &[Value];
}

impl Members for Value {
    fn text(&self, name: &str) -> Option<String> {
        match &self[name] {
            Value::String(text) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        }
    }

    fn decimal(&self, name: &str) -> Option<Decimal> {
        self.text(name).and_then(|text| parse_decimal(&text))
    }

    fn id(&self, name: &str) -> Option<u64> {
        self.text(name).and_then(|text| text.parse().ok()).filter(|id| *id > 0)
    }

    fn minor(&self, name: &str, currency: Currency) -> Option<i64> {
        sums::minor(self.decimal(name)?, currency)
    }

    fn list(&self, name: &str) -> &[Value] {
        self[name].as_array().map(Vec::as_slice).unwrap_or_default()
    }
}
