//! What kinds of document there are, and where one can stand.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::machinery::keys::{Entity, INVOICE, TRANSACTION};
use crate::words::time::{Date, Day};

/// What kind of document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Asks a customer for money.
    Invoice,
    /// Money from a customer.
    Receipt,
    /// Money back to a customer.
    Refund,
    /// Money from elsewhere.
    Income,
    /// Money spent.
    Expense,
    /// Takes back what was asked of a customer.
    CreditNote,
    /// Asks a customer for more.
    DebitNote,
}

impl Kind {
    /// The kinds that have numbers, in the order of their series' ids.
    pub const NUMBERED: [Self; 5] = [Self::Invoice, Self::Receipt, Self::CreditNote, Self::DebitNote, Self::Refund];

    /// The name, as keys and events have it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Invoice => "invoice",
            Self::Receipt => "receipt",
            Self::Refund => "refund",
            Self::Income => "income",
            Self::Expense => "expense",
            Self::CreditNote => "credit_note",
            Self::DebitNote => "debit_note",
        }
    }

    /// The name as a person reads it: `credit note`.
    pub fn words(self) -> String {
        self.name().replace('_', " ")
    }

    /// The entity whose ids it has.
    pub fn entity(self) -> Entity {
        if self == Self::Invoice { INVOICE } else { TRANSACTION }
    }

    /// 1 where its total is what a customer owes more for it, -1 where it is what they owe less, 0 where no
    /// customer's balance is concerned.
    pub fn sign(self) -> i64 {
        match self {
            Self::Invoice | Self::DebitNote | Self::Refund => 1,
            Self::Receipt | Self::CreditNote => -1,
            Self::Income | Self::Expense => 0,
        }
    }

    /// Whether it is money that comes in or goes out.
    pub fn is_cash(self) -> bool {
        matches!(self, Self::Receipt | Self::Refund | Self::Income | Self::Expense)
    }
}

/// Names one document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Ref {
    /// Its kind.
    pub kind: Kind,
    /// Its id.
    pub id: u64,
}

impl Ref {
    /// Whether it names this invoice.
    pub fn is_invoice(self, id: u64) -> bool {
        self == Self { kind: Kind::Invoice, id }
    }
}

impl fmt::Display for Ref {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind.name(), self.id)
    }
}

/// How far a document has come, apart from what is paid of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Not issued: has no number and has posted nothing.
    Draft,
    /// Issued.
    Issued,
    /// Taken back for good. Its number stays its own.
    Void,
    /// Taken back; may be reopened.
    Cancelled,
    /// Paid, taken back, and the money returned.
    Refunded,
}

/// Where an invoice stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Not issued.
    Draft,
    /// Issued, nothing paid.
    Unpaid,
    /// Part of it is paid.
    PartPaid,
    /// All of it is paid, or there was nothing to pay.
    Paid,
    /// Taken back for good.
    Void,
    /// Taken back.
    Cancelled,
    /// Paid and given back.
    Refunded,
}

impl Status {
    /// Whether what stands here should have been paid before this day.
    pub fn is_overdue(self, due: Option<Day>, today: Date) -> bool {
        matches!(self, Self::Unpaid | Self::PartPaid) && due.is_some_and(|due| due.date < today)
    }
}
