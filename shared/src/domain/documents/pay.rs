//! Setting documents against each other: payments and refunds.

use rust_decimal::Decimal;

use crate::domain::documents::desk::{Desk, Held, Written};
use crate::domain::documents::entity::{Document, IndexRow, Kind, Ref, Stage};
use crate::domain::documents::leaving;
use crate::domain::documents::list::{Shown, with_document};
use crate::domain::documents::moves::{allocate, is_returned, release};
use crate::domain::documents::payout;
use crate::domain::documents::standing::latest;
use crate::domain::documents::sums::amount;
use crate::domain::documents::write::{New, invalid, updated};
use crate::machinery::keys::{self, INVOICE, TRANSACTION};
use crate::machinery::listing;
use crate::machinery::operation::Context;
use crate::words::error::{Error, Result, Rule, Violation};
use crate::words::money::Money;
use crate::words::text::spoken;

/// The most documents that one may be set against in one step.
pub const MOST_AT_ONCE: usize = 20;
/// The most receipts and credit notes that pay an invoice by themselves: its commit may bring an order to life too.
const MOST_CREDITS: usize = 5;
/// The most documents that one may be set against in all.
const MOST_IN_ALL: usize = 200;
/// The most documents that change beside one: three actions each of the 100 of a commit.
pub(super) const MOST_OTHERS: usize = 25;

/// What is set against which documents.
#[derive(Debug, Clone)]
pub struct Allocate {
    /// The receipt or credit note, or the invoice below 0.
    pub id: u64,
    /// Which of them is meant; a receipt or credit note where an import does not tell.
    pub kinds: &'static [Kind],
    /// The others.
    pub against: Vec<Against>,
    /// Whether it is no fault when nothing is left to be set: another system has seen to it.
    pub lenient: bool,
}

/// A document that another is set against.
#[derive(Debug, Clone)]
pub struct Against {
    /// The document.
    pub other: Ref,
    /// How much; as much as fits when missing.
    pub amount: Option<Decimal>,
    /// What the request calls it (`allocations.0`, or nothing where its fields stand alone).
    pub at: String,
}

impl Against {
    /// As much of a document as fits, where the request's own fields name it.
    pub fn whole(kind: Kind, id: u64) -> Self {
        Self { other: Ref { kind, id }, amount: None, at: String::new() }
    }

    fn field(&self, name: &str) -> String {
        if self.at.is_empty() { name.to_owned() } else { format!("{}.{name}", self.at) }
    }
}

/// Those that are not there, or another customer's: one answer for both.
pub(crate) fn missing(against: &[Against], documents: &[Option<Document>], customer: Option<u64>) -> Vec<Violation> {
    let wrong = |(against, document): (&Against, &Option<Document>)| {
        let kind = against.other.kind;
        let good =
            document.as_ref().is_some_and(|one| one.kind == kind && one.customer.is_some() && one.customer == customer);
        let (field, collection) = (against.field(kind.name()), format!("{}s", kind.name()));
        (!good).then(|| Violation::missing(field, collection, against.other.id))
    };
    against.iter().zip(documents).filter_map(wrong).collect()
}

/// Set a new document against what it was made for.
pub(crate) async fn settle(
    cx: &Context,
    desk: &mut Desk<'_>,
    document: &mut Document,
    new: &New,
    held: &mut Vec<Held>,
) -> Result<()> {
    match new.kind {
        Kind::Receipt => against_each(cx, document, &new.against, held),
        Kind::CreditNote => {
            let invoice = document.invoice.as_ref().map(|(id, _)| Ref { kind: Kind::Invoice, id: *id });
            let invoice = invoice.and_then(|invoice| held.iter_mut().find(|one| one.after.own_ref() == invoice));
            if let Some(invoice) = invoice {
                let fits = document.open().min(invoice.after.open());
                if fits > 0 && invoice.after.is_debit() {
                    bounded(&invoice.after)?;
                    allocate(document, &mut invoice.after, fits, cx.now)?;
                }
            }
            against_each(cx, document, &new.against, held)
        }
        Kind::Refund => payout::pay_out(cx, desk, document, &new.against, held, new.low_balance).await,
        Kind::Invoice | Kind::DebitNote | Kind::Income | Kind::Expense => Ok(()),
    }
}

/// Pay a new invoice from the customer's credit, where the tenant and the customer want it so and the credit is
/// enough for all of it (contract billmora §10.2). What buys credit is not paid with it.
pub(crate) async fn from_credit(
    cx: &Context,
    desk: &mut Desk<'_>,
    document: &mut Document,
    held: &mut Vec<Held>,
) -> Result<()> {
    let wanted = desk.books.settings.credit_auto_payment
        && desk.customer.as_ref().is_some_and(|customer| customer.auto_credit_payment);
    let deposit = document.lines.iter().any(|line| line.deposit);
    if !wanted || deposit || document.kind != Kind::Invoice || document.due_amount() == 0 {
        return Ok(());
    }
    let mut open = payout::open_credit(cx, desk, document.customer).await?;
    open.retain(|row| row.currency == document.currency && !held.iter().any(|one| one.after.own_ref().id == row.id));
    let mut enough = 0;
    let needed = open.iter().take_while(|row| {
        let before = enough;
        enough += row.open;
        before < document.due_amount()
    });
    let refs: Vec<Ref> = needed.map(|row| Ref { kind: row.kind, id: row.id }).collect();
    if enough < document.due_amount() || refs.len() > MOST_CREDITS {
        return Ok(());
    }
    for credit in desk.more(None, &refs).await?.into_iter().flatten() {
        let mut credit = Held::read(credit);
        let fits = credit.after.open().min(document.due_amount());
        if fits > 0 {
            bounded(&credit.after)?;
            allocate(&mut credit.after, document, fits, cx.now)?;
        }
        held.push(credit);
    }
    Ok(())
}

/// Money in: what was named first is paid first, and what is left is the customer's credit.
fn against_each(cx: &Context, document: &mut Document, against: &[Against], held: &mut [Held]) -> Result<()> {
    for one in against {
        let Some(other) = held.iter_mut().find(|held| held.after.own_ref() == one.other) else { continue };
        let other = &mut other.after;
        same_currency(document, other)?;
        if other.stage != Stage::Issued {
            let text = format!("{} cannot be paid: it is not issued", spoken(&other.own_ref().to_string()));
            return Err(Error::refused("not_payable", text));
        }
        let fits = document.open().min(other.due_amount());
        let wanted = match one.amount {
            None => fits,
            Some(given) => {
                let wanted = amount(&one.field("amount"), given, document.iso)?;
                if wanted <= 0 {
                    return Err(Error::field(one.field("amount"), Rule::NotPositive));
                }
                if wanted > fits {
                    let most = Money { minor: fits, currency: document.iso }.to_string();
                    return Err(Error::field(one.field("amount"), Rule::TooLarge(most)));
                }
                wanted
            }
        };
        if wanted > 0 {
            bounded(other)?;
            allocate(document, other, wanted, cx.now)?;
        }
    }
    Ok(())
}

fn same_currency(one: &Document, other: &Document) -> Result<()> {
    if one.currency == other.currency {
        return Ok(());
    }
    let text = format!("{} is in {}", spoken(&other.own_ref().to_string()), other.iso.code());
    Err(Error::refused("currency_mismatch", text))
}

pub(super) fn bounded(document: &Document) -> Result<()> {
    if document.allocations.len() < MOST_IN_ALL {
        return Ok(());
    }
    let text = format!("{} has {MOST_IN_ALL} payments already", spoken(&document.own_ref().to_string()));
    Err(Error::refused("too_many_payments", text))
}

/// A customer's documents of some kinds with something open, oldest first. One call for each megabyte of the
/// customer's transactions.
pub(super) async fn open_documents(cx: &Context, customer: Option<u64>, kinds: &[Kind]) -> Result<Vec<IndexRow>> {
    let partition = keys::index_of(cx.tenant(), TRANSACTION, Some(customer.unwrap_or(0)));
    let mut rows: Vec<IndexRow> = listing::index(cx, partition).await?;
    rows.retain(|row| row.open > 0 && kinds.contains(&row.kind));
    Ok(rows)
}

/// Set a receipt or credit note against documents.
pub(crate) async fn allocate_to<'c>(cx: &'c Context, input: &Allocate) -> Result<Written<'c, Shown>> {
    let refs: Vec<Ref> = input.against.iter().map(|against| against.other).collect();
    let (mut desk, document) = credit(cx, input.id, input.kinds).await?;
    let others = desk.more(document.customer, &refs).await?;
    let found = missing(&input.against, &others, document.customer);
    if !found.is_empty() {
        return Err(invalid(found));
    }
    let mut credit = Held::read(document);
    bounded(&credit.after)?;
    let mut held: Vec<Held> = others.into_iter().flatten().map(Held::read).collect();
    against_each(cx, &mut credit.after, &input.against, &mut held)?;
    if credit.before.as_ref() == Some(&credit.after) && !input.lenient {
        let none = Money { minor: 0, currency: credit.after.iso }.to_string();
        let field = |one: &Against| Violation { field: one.field("amount"), rule: Rule::TooLarge(none.clone()) };
        return Err(invalid(input.against.iter().map(field).collect()));
    }
    done(desk, &credit, held)
}

/// The document of one of some kinds that brings credit.
async fn credit<'c>(cx: &'c Context, id: u64, kinds: &[Kind]) -> Result<(Desk<'c>, Document)> {
    let entity = if kinds.contains(&Kind::Invoice) { INVOICE } else { TRANSACTION };
    let name = kinds.first().map_or("transaction", |kind| kind.name());
    let (desk, document) = with_document(cx, &[], entity, id, kinds, name).await?;
    if document.is_debit() {
        let text = format!("{} asks for money, and brings none", spoken(&document.own_ref().to_string()));
        return Err(Error::refused("no_credit", text));
    }
    Ok((desk, document))
}

/// Take back what a document is set against, the oldest first: all of it, or the first 25.
pub(crate) async fn release_all<'c>(cx: &'c Context, id: u64, kinds: &[Kind]) -> Result<Written<'c, Shown>> {
    let (mut desk, document) = credit(cx, id, kinds).await?;
    let customer = document.customer;
    let mut credit = Held::read(document);
    let first = credit.after.allocations.iter().take(MOST_OTHERS).cloned().collect();
    let mut held = others_of(&mut desk, customer, &Document { allocations: first, ..credit.after.clone() }).await?;
    may_release(&credit.after, &held)?;
    held.iter_mut().for_each(|one| release(&mut credit.after, &mut one.after));
    done(desk, &credit, held)
}

/// Put a document and those it was set against back.
fn done<'c>(mut desk: Desk<'c>, one: &Held, held: Vec<Held>) -> Result<Written<'c, Shown>> {
    let on = latest(desk.today().date, held.iter().map(|other| &other.after).chain([&one.after]));
    for other in held {
        desk.put(&other, updated(other.after.kind), on)?;
    }
    let document = desk.put(one, updated(one.after.kind), on)?;
    let shown = desk.shown(document)?;
    Ok(Written::on(desk, shown))
}

/// Refuses to release a transaction from an invoice that has given its money back, and a charge from the
/// invoice that asks for it.
pub(crate) fn may_release(document: &Document, others: &[Held]) -> Result<()> {
    let name = |other: Ref| spoken(&other.to_string());
    if let Some(charged) = document.allocations.iter().find(|allocation| allocation.charged) {
        let text = format!("{} asks for this charge: delete it first", name(charged.other));
        return Err(Error::refused("charge_invoiced", text));
    }
    leaving::check_given_back(document, others.iter().map(|other| &other.after))?;
    if let Some(refunded) = others.iter().find(|other| is_returned(&other.after)) {
        let text = format!("{} was refunded: its payments stay", name(refunded.after.own_ref()));
        return Err(Error::refused("invoice_refunded", text));
    }
    Ok(())
}

/// What a document is set against, and the charges it stands for. Reads the customer too.
pub(crate) async fn others_of(desk: &mut Desk<'_>, customer: Option<u64>, document: &Document) -> Result<Vec<Held>> {
    let mut refs: Vec<Ref> = document.allocations.iter().map(|allocation| allocation.other).collect();
    // Notes of both kinds lie under one series of ids, so the kind does not matter here.
    let charges = document.lines.iter().filter_map(|line| line.charge);
    refs.extend(charges.map(|id| Ref { kind: Kind::DebitNote, id }));
    refs.extend(leaving::notes_of(document));
    // The invoice that a credit note concerns knows what it gave back.
    let concerned = document.invoice.as_ref().filter(|_| document.kind == Kind::CreditNote);
    refs.extend(concerned.map(|(id, _)| Ref { kind: Kind::Invoice, id: *id }));
    refs.extend(document.took_back.iter().copied());
    refs.extend(document.gave_over.iter().map(|(of, _)| *of));
    refs.extend(document.charge.map(|id| Ref { kind: Kind::DebitNote, id }));
    refs.sort_unstable_by_key(|one| (one.kind == Kind::Invoice, one.id));
    refs.dedup_by_key(|one| (one.kind == Kind::Invoice, one.id));
    if refs.len() > MOST_OTHERS {
        let text = format!("{} has too many payments: release them first", spoken(&document.own_ref().to_string()));
        return Err(Error::refused("too_many_payments", text));
    }
    Ok(desk.more(customer, &refs).await?.into_iter().flatten().map(Held::read).collect())
}
