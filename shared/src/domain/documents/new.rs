//! A document to make.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rust_decimal::Decimal;

use crate::domain::documents::entity::{Kind, Line, Status};
use crate::domain::documents::lines::NewLine;
use crate::domain::documents::pay::Against;
use crate::domain::documents::sums::Rounding;
use crate::domain::tenants::CurrencyRef;
use crate::words::time::{Day, Instant};

/// What to make.
#[derive(Debug, Clone)]
pub struct New {
    /// The kind.
    pub kind: Kind,
    /// Whose it is; of a receipt for an invoice the invoice's when missing.
    pub customer: Option<u64>,
    /// The reseller whose books it comes into; the customer's when missing.
    pub reseller: Option<u64>,
    /// The accounting day; today when missing.
    pub day: Option<Day>,
    /// When it is due; the accounting day when missing.
    pub due: Option<Day>,
    /// When it is due, as days after its accounting day; where no day is said.
    pub due_days: Option<u32>,
    /// Whether it is due when the customer's payment terms say, where no day is said (contract jerasoft §4.7).
    pub due_by_terms: bool,
    /// Whether it may not be due before its date.
    pub due_after_date: bool,
    /// The currency; the customer's when missing, else the account's, else the base currency.
    pub currency: Option<CurrencyRef>,
    /// The lines of an invoice or note.
    pub lines: Vec<NewLine>,
    /// Lines that were worked out before, in place of those: of a quote that was accepted.
    pub quoted: Option<Vec<Line>>,
    /// Whether prices include their taxes.
    pub inclusive: bool,
    /// How the header is made.
    pub rounding: Rounding,
    /// The amount of money that comes or goes.
    pub amount: Option<Decimal>,
    /// A number chosen by hand.
    pub number: Option<String>,
    /// What it is made as; issued when missing.
    pub status: Option<Status>,
    /// The account.
    pub account: Option<u64>,
    /// The category.
    pub category: Option<u64>,
    /// The category by its name.
    pub category_named: Option<String>,
    /// Whether it goes to the tenant's first account, where none is named.
    pub first_account: bool,
    /// The invoice a note concerns: it gives back what that charged, and is set against it as far as it is open.
    pub invoice: Option<u64>,
    /// The debit note that a credit note concerns, where that is on no invoice.
    pub charge: Option<u64>,
    /// Units of its currency for one of the base currency, where another document says so; what is in force on its day
    /// when missing.
    pub ratio: Option<Decimal>,
    /// The order an invoice asks the money of: its id and number.
    pub order: Option<(u64, String)>,
    /// What it is about.
    pub description: String,
    /// Notes.
    pub notes: Option<String>,
    /// How it was paid.
    pub method: Option<String>,
    /// The payment's reference at a gateway.
    pub reference: Option<String>,
    /// What money is set against, and a credit note beside the invoice it concerns.
    pub against: Vec<Against>,
    /// Whether a refund that the customer's credit does not cover is refused as a low balance (contract jerasoft §4.6)
    /// rather than as a fault of its amount.
    pub low_balance: bool,
    /// Whether the balance with the credit limit may not fall below 0.
    pub no_negative: bool,
    /// An invoice of the charges from one instant to before another (JeraSoft).
    pub charges: Option<(Instant, Instant)>,
    /// Carried attributes, as JSON text.
    pub carried: BTreeMap<String, String>,
    /// What is brought from another system, where it was worked out already.
    pub imported: Option<Imported>,
}

/// What comes from another system: its number is kept even where the series would come to it, nothing is paid or
/// brought to life by itself, and what it is set against is said afterwards.
#[derive(Debug, Clone, Default)]
pub struct Imported {
    /// The system.
    pub system: &'static str,
    /// Units of the document's currency for one of the base currency; what is in force here when missing.
    pub ratio: Option<Decimal>,
    /// The numbers, as the register sorts them, that documents of the system bear: none of them is drawn.
    pub known: Arc<BTreeSet<(Kind, String)>>,
    /// Notes (by their ids here) whose money this invoice asks for.
    pub charges: Vec<u64>,
    /// The invoice it concerns: its id here and its number.
    pub concerns: Option<(u64, Option<String>)>,
}

impl New {
    /// A document of a kind, of which nothing is known yet.
    pub fn of(kind: Kind) -> Self {
        Self {
            kind,
            customer: None,
            reseller: None,
            day: None,
            due: None,
            due_days: None,
            due_by_terms: false,
            due_after_date: false,
            currency: None,
            lines: Vec::new(),
            quoted: None,
            inclusive: false,
            rounding: Rounding::Lines,
            amount: None,
            number: None,
            status: None,
            account: None,
            category: None,
            category_named: None,
            first_account: false,
            invoice: None,
            charge: None,
            ratio: None,
            order: None,
            description: String::new(),
            notes: None,
            method: None,
            reference: None,
            against: Vec::new(),
            low_balance: false,
            no_negative: false,
            charges: None,
            carried: BTreeMap::new(),
            imported: None,
        }
    }
}
