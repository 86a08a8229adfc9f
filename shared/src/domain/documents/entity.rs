//! The document: an invoice, or one of the six kinds of transaction.
//!
//! What a document has posted to the ledger, and what it adds to the tenant's figures, are functions of what
//! it says now (see [`posting`](super::posting)); a change posts the difference.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

pub use crate::domain::documents::credited::Credited;
pub use crate::domain::documents::kind::{Kind, Ref, Stage, Status};
use crate::domain::documents::line::tax_totals;
pub use crate::domain::documents::line::{Line, Sums, TaxRow};
use crate::domain::documents::standing::Gap;
use crate::domain::documents::sums::Rounding;
use crate::words::money::{Currency, Money};
use crate::words::time::{Date, Day, Instant};

/// The carried attribute that names the system a document was imported from.
pub const IMPORTED: &str = "imported_from";

/// A part of one document set against a part of another: a payment against an invoice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Allocation {
    /// The other document.
    pub other: Ref,
    /// Its number.
    pub number: Option<String>,
    /// How much, above 0, in minor units of the currency of both.
    pub amount: i64,
    /// What that is in the base currency at the ratio of the one that asks for money …
    pub base_debit: i64,
    /// … and of the one that brings it. What differs is an exchange difference.
    pub base_credit: i64,
    /// Whether this is a charge that came onto an invoice, which asks for its money since.
    #[serde(default)]
    pub charged: bool,
}

/// A document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Document {
    /// The id, dense among the tenant's invoices or transactions.
    pub id: u64,
    /// What it is.
    pub kind: Kind,
    /// How far it has come.
    pub stage: Stage,
    /// Its number, once it is issued.
    pub number: Option<String>,
    /// Whose it is.
    pub customer: Option<u64>,
    /// The reseller whose books it is in: the customer's when it was made.
    pub reseller: u64,
    /// The accounting day.
    pub day: Day,
    /// When it is due; invoices only.
    pub due: Option<Day>,
    /// The id of its currency in the tenant.
    pub currency: u64,
    /// That currency.
    pub iso: Currency,
    /// The currency of the books.
    pub base: Currency,
    /// Units of its currency for one of the base currency.
    #[serde(with = "rust_decimal::serde::str")]
    pub ratio: Decimal,
    /// Whether its prices include their taxes.
    pub inclusive: bool,
    /// How its header is made of its lines.
    pub rounding: Rounding,
    /// Its lines; none for money that comes or goes.
    pub lines: Vec<Line>,
    /// What they come to.
    pub sums: Sums,
    /// What other documents it was set against.
    pub allocations: Vec<Allocation>,
    /// Settled with money that no transaction tells of (a status that was just set), and what that is in
    /// the base currency.
    pub marked: (i64, i64),
    /// Given back in cash by the status `refunded`, and what that is in the base currency. It stays when the invoice is
    /// reopened, which then asks for it again: money that left does not come back by itself.
    #[serde(default, skip_serializing_if = "is_nothing")]
    pub returned: (i64, i64),
    /// How much of that no receipt had brought: it had been marked as paid.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub returned_marked: i64,
    /// What the exchange rate had brought until then of the money that was given back, in minor units of the base
    /// currency: below 0 where it had cost some.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub returned_difference: i64,
    /// What the lines below 0 of a dearer plan's invoice take back something of, see [`Credited`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub took_back: Vec<Ref>,
    /// What it took back of those until it gave its own money back: taken back again where it is asked for again.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gave_over: Vec<(Ref, Credited)>,
    /// The credit notes that were taken back together with it, which stand again when it does.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub withdrawn: Vec<u64>,
    /// The credit notes that concern it and stand; of invoices and debit notes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub credited: Vec<Credited>,
    /// When it was last paid in full.
    pub paid_at: Option<Instant>,
    /// The day it was taken back.
    pub closed_on: Option<Date>,
    /// The times in which it did not stand, before it was reopened.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gaps: Vec<Gap>,
    /// The account the money comes to or goes from.
    pub account: Option<u64>,
    /// The category, of incomes and expenses.
    pub category: Option<u64>,
    /// What it is about.
    pub description: String,
    /// Notes.
    pub notes: Option<String>,
    /// How it was paid.
    pub method: Option<String>,
    /// The payment's reference at a gateway.
    pub reference: Option<String>,
    /// The invoice a note concerns: its id and number.
    pub invoice: Option<(u64, Option<String>)>,
    /// The debit note (JeraSoft's charge) that a credit note concerns, where that is on no invoice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub charge: Option<u64>,
    /// The order it asks the money of: its id and number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<(u64, String)>,
    /// The user who made it; absent where the system did.
    pub user: Option<u64>,
    /// What one dialect knows and nothing here acts upon, as JSON text.
    pub carried: BTreeMap<String, String>,
    /// When it was made, UTC.
    pub created_at: Instant,
    /// When it was last changed, UTC.
    pub updated_at: Instant,
    /// Counts the changes, from 1.
    pub version: u64,
}

fn is_nothing(amount: &(i64, i64)) -> bool {
    *amount == (0, 0)
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "the form that serde calls")]
fn is_zero(amount: &i64) -> bool {
    *amount == 0
}

impl Document {
    /// Its name.
    pub fn own_ref(&self) -> Ref {
        Ref { kind: self.kind, id: self.id }
    }

    /// An amount of it.
    pub fn money(&self, minor: i64) -> Money {
        Money { minor, currency: self.iso }
    }

    /// An amount in the currency of the books.
    pub fn base_money(&self, minor: i64) -> Money {
        Money { minor, currency: self.base }
    }

    /// Set against other documents, in minor units.
    pub fn allocated(&self) -> i64 {
        self.allocations.iter().map(|allocation| allocation.amount).sum()
    }

    /// Whether it asks its customer for money (an invoice) rather than bringing some (a receipt).
    pub fn is_debit(&self) -> bool {
        self.kind.sign() * self.sums.total > 0
    }

    /// What counts as paid of it: set against it or marked as paid, and not given back; in minor units.
    pub fn settled(&self) -> i64 {
        self.allocated() + self.marked.0 - self.returned.0
    }

    /// What the credit notes that concern it gave back without taxes, in minor units.
    pub fn credited_net(&self) -> i64 {
        self.credited.iter().map(|note| note.net).sum()
    }

    /// The same for taxes.
    pub fn credited_tax(&self) -> i64 {
        self.credited.iter().map(Credited::tax).sum()
    }

    /// What the credit notes that concern it gave back without taxes, in the base currency.
    pub fn credited_base_net(&self) -> i64 {
        self.credited.iter().map(|note| note.base_net).sum()
    }

    /// The same for taxes.
    pub fn credited_base_tax(&self) -> i64 {
        self.credited.iter().map(|note| note.base_tax).sum()
    }

    /// Whether it is an invoice that brings its customer credit, as its discounts exceed what it charges.
    pub fn is_credit_invoice(&self) -> bool {
        self.kind == Kind::Invoice && self.sums.total < 0
    }

    /// Whether its customer's balance is concerned as long as it stands.
    pub fn stands(&self) -> bool {
        self.stage == Stage::Issued && self.kind.sign() != 0
    }

    /// What is not yet set against anything, at least 0, in minor units: what an invoice still asks for,
    /// what of a receipt is its customer's credit.
    pub fn open(&self) -> i64 {
        if self.stands() { self.sums.total.abs() - self.settled() } else { 0 }
    }

    /// The same in the base currency.
    pub fn base_open(&self) -> i64 {
        if !self.stands() {
            return 0;
        }
        let side = |one: &Allocation| if self.is_debit() { one.base_debit } else { one.base_credit };
        let settled = self.allocations.iter().map(side).sum::<i64>() + self.marked.1 - self.returned.1;
        self.sums.base_total().abs() - settled
    }

    /// What it still asks for, in minor units; 0 of what brings money.
    pub fn due_amount(&self) -> i64 {
        if self.is_debit() { self.open() } else { 0 }
    }

    /// Whether anything was ever paid of it, or it was set against anything.
    pub fn is_settled(&self) -> bool {
        !self.allocations.is_empty() || self.marked.0 != 0 || self.returned.0 != 0
    }

    /// Where it stands.
    pub fn status(&self) -> Status {
        match self.stage {
            Stage::Draft => Status::Draft,
            Stage::Void => Status::Void,
            Stage::Cancelled => Status::Cancelled,
            Stage::Refunded => Status::Refunded,
            Stage::Issued if self.sums.total <= 0 || self.open() == 0 => Status::Paid,
            Stage::Issued if self.settled() > 0 => Status::PartPaid,
            Stage::Issued => Status::Unpaid,
        }
    }

    /// Whether it should have been paid before this day.
    pub fn is_overdue(&self, today: Date) -> bool {
        self.status().is_overdue(self.due, today)
    }

    /// Whether it came from another system, which has seen to all that its payment brings about.
    pub fn is_imported(&self) -> bool {
        self.carried.contains_key(IMPORTED)
    }

    /// Whether what it asks for was paid, so that it brings about what it is for. Where credit notes that concern it gave
    /// back all that it charged, nothing was paid for.
    pub fn earns(&self) -> bool {
        let notes = self.credited.iter().filter(|note| !note.change);
        let given_back = notes.map(Credited::total).sum::<i64>();
        let bought = self.credited.iter().any(|note| note.deposit);
        self.kind == Kind::Invoice
            && self.status() == Status::Paid
            && (self.sums.total <= 0 || given_back < self.sums.total || bought)
    }

    /// Whether anything comes to life, or goes on living, when it is paid.
    pub fn sustains(&self) -> bool {
        let sustains = |line: &Line| line.service.is_some() || line.registrant.is_some();
        self.kind == Kind::Invoice && (self.order.is_some() || self.lines.iter().any(sustains))
    }

    /// The numbers of the documents it was set against.
    pub fn others(&self) -> Vec<String> {
        self.allocations.iter().filter_map(|allocation| allocation.number.clone()).collect()
    }

    /// Taxes by name and rate, with their sums over all lines.
    pub fn tax_totals(&self) -> Vec<TaxRow> {
        tax_totals(&self.lines)
    }

    /// The row that lists read.
    pub fn index_row(&self) -> IndexRow {
        IndexRow {
            id: self.id,
            kind: self.kind,
            status: self.status(),
            number: self.number.clone(),
            customer: self.customer,
            reseller: self.reseller,
            currency: self.currency,
            account: self.account,
            date: self.day.date,
            at: self.day.at,
            due: self.due,
            open: self.open(),
        }
    }
}

/// What lists filter and sort by: some 200 bytes a document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IndexRow {
    /// The id.
    pub id: u64,
    /// What it is.
    pub kind: Kind,
    /// Where it stands.
    pub status: Status,
    /// Its number.
    pub number: Option<String>,
    /// Whose it is.
    pub customer: Option<u64>,
    /// The reseller whose books it is in.
    pub reseller: u64,
    /// Its currency.
    pub currency: u64,
    /// The account the money comes to or goes from.
    pub account: Option<u64>,
    /// The accounting day …
    pub date: Date,
    /// … and its instant.
    pub at: Instant,
    /// When it is due.
    pub due: Option<Day>,
    /// What is not yet set against anything, in minor units.
    pub open: i64,
}

impl IndexRow {
    /// Whether the document should have been paid before this day.
    pub fn is_overdue(&self, today: Date) -> bool {
        self.status.is_overdue(self.due, today)
    }
}
