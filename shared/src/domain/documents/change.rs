//! Changing documents, moving them from status to status, and taking them away.

use std::collections::BTreeMap;

use crate::domain::documents::dated;
use crate::domain::documents::desk::{Desk, Held, Written};
use crate::domain::documents::entity::{Document, Kind, Ref, Stage, Status};
use crate::domain::documents::leaving;
use crate::domain::documents::lines::{NewLine, priced, same};
use crate::domain::documents::list::{ANY_TRANSACTION, INVOICES, Shown, with_document};
use crate::domain::documents::moves::{Move, check, is_returned, make, no_way, release, way_of};
use crate::domain::documents::pay::{from_credit, may_release, others_of};
use crate::domain::documents::payout;
use crate::domain::documents::standing::latest;
use crate::domain::documents::sums::{Rounding, Terms};
use crate::domain::documents::taken_over;
use crate::domain::documents::write::updated;
use crate::machinery::keys::{INVOICE, TRANSACTION};
use crate::machinery::operation::Context;
use crate::words::error::{Error, Result, Rule, Violation};
use crate::words::patch::Patch;
use crate::words::time::{Date, Day};

/// What to change: what is not mentioned stays.
#[derive(Debug, Clone, Default)]
pub struct Update {
    /// The document.
    pub id: u64,
    /// Which kinds of transaction are meant; all when empty.
    pub kinds: Vec<Kind>,
    /// The status it shall have.
    pub status: Option<Status>,
    /// Whether it shall wait for approval (JeraSoft): a draft that does not is issued.
    pub pending: Option<bool>,
    /// Whether any status may follow any other, by as many moves as it takes (contract billmora §10.2).
    pub any_status: bool,
    /// Where it may stand already, in the dialect's eyes: then its status stays.
    pub stands: Vec<Status>,
    /// Whose it is: what a client sends back with the rest. It stays.
    pub customer: Option<u64>,
    /// Its accounting day.
    pub day: Option<Day>,
    /// When it is due.
    pub due: Option<Day>,
    /// Whether it may not be due before its date.
    pub due_after_date: bool,
    /// Its number; nothing is a draft's.
    pub number: Patch<String>,
    /// The lines; of a draft, or as they are.
    pub lines: Option<Vec<NewLine>>,
    /// What it is about.
    pub description: Option<String>,
    /// Notes.
    pub notes: Patch<String>,
    /// The category.
    pub category: Patch<u64>,
    /// Carried attributes, as JSON text.
    pub carried: BTreeMap<String, String>,
}

/// What to take away.
#[derive(Debug, Clone, Default)]
pub struct Deletion {
    /// The document.
    pub id: u64,
    /// Which kinds of transaction are meant; all when empty.
    pub kinds: Vec<Kind>,
    /// Whether what it is set against is released first; otherwise it is not taken away.
    pub releases: bool,
}

async fn find<'c>(cx: &'c Context, id: u64, kinds: &[Kind], invoice: bool) -> Result<(Desk<'c>, Document)> {
    if invoice {
        with_document(cx, &[Kind::Invoice], INVOICE, id, &INVOICES, "invoice").await
    } else {
        let (kinds, entity) = match kinds {
            [] => (ANY_TRANSACTION.as_slice(), "transaction"),
            [one, ..] => (kinds, one.name()),
        };
        with_document(cx, &ANY_TRANSACTION, TRANSACTION, id, kinds, entity).await
    }
}

/// Change an invoice or a transaction.
pub(crate) async fn update<'c>(cx: &'c Context, input: &Update, invoice: bool) -> Result<Written<'c, Shown>> {
    let (mut desk, document) = find(cx, input.id, &input.kinds, invoice).await?;
    let today = desk.today().date;
    let mut others = if input.status.is_some() || input.pending.is_some() {
        others_of(&mut desk, document.customer, &document).await?
    } else {
        desk.more(document.customer, &[]).await?;
        Vec::new()
    };
    let mut held = Held::read(document);
    let document = &mut held.after;
    if input.customer.is_some() && input.customer != document.customer {
        return Err(Error::field("customer", Rule::ReadOnly));
    }
    if let Some(lines) = &input.lines {
        match document.status() {
            _ if same(lines, document) => {}
            Status::Draft => {
                let rounding = match document.rounding {
                    Rounding::Document => Rounding::Document,
                    Rounding::Lines | Rounding::Sums => Rounding::Lines,
                };
                let terms = Terms { rounding, ..Terms::of(document) };
                (document.lines, document.sums) = priced(&desk, lines, &terms)?;
                document.rounding = rounding;
            }
            _ => return Err(Error::field("items", Rule::ReadOnly)),
        }
    }
    dated::change(&mut desk, document, input).await?;
    if let Some(text) = &input.description {
        // A charge is a note whose one line says the same.
        if let [line] = document.lines.as_mut_slice()
            && line.description == document.description
        {
            line.description.clone_from(text);
        }
        document.description.clone_from(text);
    }
    input.notes.clone().apply(&mut document.notes);
    if let Some(id) = input.category.value().filter(|id| desk.books.category(**id).is_none()) {
        return Err(Violation::missing("category", "categories", id).into());
    }
    input.category.clone().apply(&mut document.category);
    document.carried.extend(input.carried.clone());
    if input.number == Patch::Clear && document.number.is_some() {
        return Err(Error::field("number", Rule::Required));
    }
    if let Some(number) = input.number.value().filter(|number| Some(*number) != document.number.as_ref()) {
        if document.status() == Status::Draft {
            return Err(Error::field("number", Rule::ReadOnly));
        }
        desk.give_number(document, Some(number))?;
    }
    match (input.pending, document.status() == Status::Draft) {
        (Some(true), false) => return Err(no_way(document, Status::Draft)),
        (Some(false), true) => {
            reach(&mut desk, document, &mut others, Status::Unpaid, today)?;
            if document.kind == Kind::Refund {
                payout::pay_out(cx, &mut desk, document, &[], &mut others, true).await?;
            }
        }
        _ => {}
    }
    if let Some(status) = input.status.filter(|_| !input.stands.contains(&document.status())) {
        let steps = way_of(document, status).ok_or_else(|| no_way(document, status))?;
        if steps.len() > 1 && !input.any_status {
            return Err(no_way(document, status));
        }
        reach(&mut desk, document, &mut others, status, today)?;
    }
    // Credit pays a draft once it is issued, as it pays an invoice that is issued at once.
    let issued = |one: &Document| one.stage == Stage::Issued;
    if held.before.as_ref().is_some_and(|before| before.stage == Stage::Draft) && issued(&held.after) {
        from_credit(cx, &mut desk, &mut held.after, &mut others).await?;
    }
    let on = latest(today, others.iter().map(|other| &other.after).chain([&held.after]));
    for other in others {
        desk.put(&other, updated(other.after.kind), on)?;
    }
    let document = desk.put(&held, updated(held.after.kind), on)?;
    let shown = desk.shown(document)?;
    // Nothing but the documents themselves is written for a change that changes nothing.
    Ok(if held.before.as_ref() == Some(&held.after) {
        Written { answer: shown, desk: None }
    } else {
        Written::on(desk, shown)
    })
}

/// Go the way to a status. `others` are what the document is set against and the charges it stands for;
/// they change with it.
pub(crate) fn reach(
    desk: &mut Desk<'_>,
    document: &mut Document,
    others: &mut [Held],
    status: Status,
    today: Date,
) -> Result<()> {
    let steps = way_of(document, status).ok_or_else(|| no_way(document, status))?;
    for step in steps {
        // Its notes, which stand again with it, may pay for all of it.
        if step == Move::MarkPaid && document.status() == Status::Paid {
            continue;
        }
        if step == Move::Refund {
            take_back_deposits(document, others, today.max(document.day.date));
            leaving::check_refund(document)?;
        }
        step_to(desk, document, others, step, today)?;
    }
    Ok(())
}

fn step_to(desk: &mut Desk<'_>, document: &mut Document, others: &mut [Held], step: Move, today: Date) -> Result<()> {
    let charged: Vec<u64> = document.lines.iter().filter_map(|line| line.charge).collect();
    let is_charge = |other: &Held| other.after.kind != Kind::Invoice && charged.contains(&other.after.id);
    let on = today.max(document.day.date);
    check(document, step)?;
    // Nobody can pay, or be paid, whose customer was deleted.
    if matches!(step, Move::Issue | Move::Reopen) && document.customer.is_some() && desk.customer.is_none() {
        let text = "The customer was deleted: nothing can be asked of it any more";
        return Err(Error::refused("customer_deleted", text));
    }
    match step {
        // Its charges ask for their money themselves again, and may be on another invoice by now.
        Move::Reopen if document.status() == Status::Cancelled && !charged.is_empty() => {
            return Err(no_way(document, Status::Unpaid));
        }
        // The change was given up with its invoice, and another one may have been made since.
        Move::Reopen if document.status() == Status::Cancelled && document.lines.iter().any(|line| line.change) => {
            let text = "The change of plan that this invoice asks for was given up: ask for the change again";
            return Err(Error::refused("change_given_up", text));
        }
        // What was paid before the money was given back stays paid, and is asked for again.
        Move::Reopen if is_returned(document) => {}
        Move::Reopen => {
            let against: Vec<&Document> = others.iter().map(|other| &other.after).collect();
            leaving::check_given_back(document, against)?;
            others.iter_mut().filter(|other| !is_charge(other)).for_each(|other| release(document, &mut other.after));
        }
        Move::Cancel | Move::Void => {
            charges_are_whole(document)?;
            taken_over::check_taken_over(document)?;
            let notes: Vec<Ref> = leaving::notes_of(document).collect();
            for other in others.iter_mut().filter(|other| notes.contains(&other.after.own_ref())) {
                leaving::take_back(&mut other.after, document, on)?;
            }
            let credit =
                |other: &&mut Held| is_charge(other) || matches!(other.after.kind, Kind::CreditNote | Kind::Invoice);
            others.iter_mut().filter(credit).for_each(|other| release(document, &mut other.after));
        }
        Move::Issue | Move::MarkPaid | Move::Refund => {}
    }
    make(document, step, desk.now(), on);
    if matches!(step, Move::Cancel | Move::Void | Move::Refund) {
        others.iter_mut().for_each(|other| taken_over::give_over(document, &mut other.after));
    }
    if step == Move::Reopen {
        taken_over::take_again(document, others.iter_mut().map(|other| &mut other.after))?;
        for other in others.iter_mut().filter(|other| other.after.kind == Kind::CreditNote) {
            if document.withdrawn.contains(&other.after.id) {
                leaving::restore(&mut other.after, document, on, desk.now())?;
            }
        }
    }
    // Whatever stands issued has a number: a draft gets its own now.
    if matches!(step, Move::Issue | Move::Reopen) && document.number.is_none() {
        desk.give_number(document, None)?;
    }
    Ok(())
}

/// Refuses to take back an invoice that asks for charges of which something was given back, since the charges would ask
/// for all of their money again; and a charge of which something was given back.
fn charges_are_whole(invoice: &Document) -> Result<()> {
    let number = invoice.number.as_deref().unwrap_or_default();
    let charges = invoice.lines.iter().any(|line| line.charge.is_some());
    let text = match invoice.kind {
        Kind::DebitNote if !invoice.credited.is_empty() => {
            format!("A change of plan gave back some of debit note {number}: delete its credit notes first")
        }
        Kind::Invoice if charges && (!invoice.credited.is_empty() || is_returned(invoice)) => {
            format!("Invoice {number} asks for charges and gave some of them back: delete its credit notes first")
        }
        _ => return Ok(()),
    };
    Err(Error::refused("charges_credited", text))
}

/// A deposit that is refunded buys no credit any more, as long as none of it was used.
fn take_back_deposits(document: &mut Document, others: &mut [Held], on: Date) {
    let notes: Vec<Ref> = document.credited.iter().filter(|note| note.deposit).map(|note| note.by).collect();
    let deposits = others.iter_mut().filter(|one| notes.contains(&one.after.own_ref()));
    for note in deposits {
        // One that was used stays, and what it gave back is not given back again.
        let _used = leaving::take_back(&mut note.after, document, on);
    }
}

/// Take an invoice or a transaction away; how many were taken away.
pub(crate) async fn delete<'c>(cx: &'c Context, input: &Deletion, invoice: bool) -> Result<Written<'c, u64>> {
    let (mut desk, document) = find(cx, input.id, &input.kinds, invoice).await?;
    let today = desk.today().date;
    if document.is_settled() && !input.releases {
        let kind = document.kind.words();
        return Err(Error::refused("has_payments", format!("The {kind} has payments and cannot be deleted")));
    }
    if is_returned(&document) {
        let number = document.number.as_deref().unwrap_or_default();
        let text = format!("Money was given back for invoice {number}: it cannot be deleted");
        return Err(Error::refused("invoice_refunded", text));
    }
    charges_are_whole(&document)?;
    taken_over::check_taken_over(&document)?;
    taken_over::check_charges_again(&document)?;
    let mut others = others_of(&mut desk, document.customer, &document).await?;
    let mut held = Held::read(document);
    if !invoice {
        may_release(&held.after, &others)?;
    }
    leaving::check_given_back(&held.after, others.iter().map(|other| &other.after))?;
    let on = today.max(held.after.day.date);
    let (notes, concerned) =
        (leaving::notes_of(&held.after).collect::<Vec<_>>(), held.after.invoice.as_ref().map(|(id, _)| *id));
    for other in &mut others {
        if notes.contains(&other.after.own_ref()) {
            leaving::take_back(&mut other.after, &mut held.after, on)?;
        }
        let invoice = other.after.kind == Kind::Invoice && concerned == Some(other.after.id);
        if invoice || other.after.kind == Kind::DebitNote && held.after.charge == Some(other.after.id) {
            let before = leaving::is_within(&other.after);
            other.after.credited.retain(|note| note.by != held.after.own_ref());
            if before && !leaving::is_within(&other.after) {
                let text = "A later credit note gives back what this one charged: delete that one first";
                return Err(Error::refused("credited_since", text));
            }
        }
        taken_over::give_over(&mut held.after, &mut other.after);
        release(&mut held.after, &mut other.after);
    }
    held.after.marked = (0, 0);
    let on = latest(today, others.iter().map(|other| &other.after).chain([&held.after]));
    for other in others {
        desk.put(&other, updated(other.after.kind), on)?;
    }
    let event = match held.after.kind {
        Kind::Invoice => "invoice.deleted",
        Kind::CreditNote => "credit_note.deleted",
        Kind::DebitNote => "debit_note.deleted",
        _ => "transaction.deleted",
    };
    desk.remove(&held, event, on)?;
    Ok(Written::on(desk, 1))
}
