//! What may leave: the one rule for what an invoice gives back and for what a customer is paid out. Whoever credits,
//! refunds or pays out asks here, in every dialect.
//!
//! * **An invoice gives back what it still carries**: as credit what it charged and was not credited, by net and by each
//!   tax; in cash what was paid in cash and was not given back. The amounts are those of the invoice that charged them.
//! * **A customer is paid out at most its net credit** in a currency: what it has to its credit less all that it owes,
//!   the balance that every dialect shows.
//! * **What is taken back takes its credit notes along.** A note whose credit was used elsewhere stands in the way.

use crate::domain::documents::entity::{Allocation, Credited, Document, Kind, Line, Ref, Stage, TaxRow};
use crate::domain::documents::ledger::out_of_range;
use crate::domain::documents::line::tax_totals;
use crate::domain::documents::moves::{allocate, release};
use crate::domain::documents::standing::{close, reopen};
use crate::domain::documents::sums::{Rounding, Terms, in_base};
use crate::words::error::{Error, Result, Rule, Violation};
use crate::words::text::spoken;
use crate::words::time::{Date, Instant};

/// The most credit notes that concern one invoice: all of them change when it is taken back.
const MOST_NOTES: usize = 20;

/// What of an invoice's charge is not credited, in minor units.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Carried {
    /// Without taxes.
    pub net: i64,
    /// Its taxes by name and rate.
    pub taxes: Vec<TaxRow>,
    /// The net in the base currency …
    pub base_net: i64,
    /// … and the taxes.
    pub base_tax: i64,
}

impl Carried {
    /// The sum of the taxes.
    pub fn tax(&self) -> i64 {
        self.taxes.iter().map(|tax| tax.amount).sum()
    }

    /// Net and taxes.
    pub fn total(&self) -> i64 {
        self.net + self.tax()
    }

    /// The net and taxes in the base currency.
    pub fn base_total(&self) -> i64 {
        self.base_net + self.base_tax
    }
}

pub(super) fn same_tax(one: &TaxRow, other: &TaxRow) -> bool {
    one.name == other.name && one.percent == other.percent
}

/// As much of a tax as is left of it.
pub fn at_most(tax: &TaxRow, left: &Carried) -> Option<TaxRow> {
    let most = left.taxes.iter().find(|one| same_tax(one, tax))?.amount.max(0);
    Some(TaxRow { amount: tax.amount.min(most), ..tax.clone() })
}

/// What an invoice charged and no credit note gave back.
pub fn carried(invoice: &Document) -> Carried {
    let mut taxes = tax_totals(&invoice.lines);
    for given in invoice.credited.iter().flat_map(|note| &note.taxes) {
        match taxes.iter_mut().find(|tax| same_tax(tax, given)) {
            Some(tax) => tax.amount -= given.amount,
            None => taxes.push(TaxRow { amount: -given.amount, ..given.clone() }),
        }
    }
    Carried {
        net: invoice.sums.net() - invoice.credited_net(),
        taxes,
        base_net: invoice.sums.base_net - invoice.credited_base_net(),
        base_tax: invoice.sums.base_tax - invoice.credited_base_tax(),
    }
}

/// Whether the credit notes of a document that asks for money come to its net and to each of its taxes at most.
pub fn is_within(document: &Document) -> bool {
    let own = tax_totals(&document.lines);
    let charged = |tax: &TaxRow| own.iter().find(|one| same_tax(one, tax)).map_or(0, |one| one.amount);
    let left = carried(document);
    left.net >= document.sums.net().min(0) && left.taxes.iter().all(|tax| tax.amount >= charged(tax).min(0))
}

fn is_cash(allocation: &&Allocation) -> bool {
    allocation.other.kind == Kind::Receipt
}

/// What was paid of an invoice in cash and not given back, in minor units and in the base currency.
pub fn cash(invoice: &Document) -> (i64, i64) {
    let receipts = || invoice.allocations.iter().filter(is_cash);
    let amount = receipts().map(|one| one.amount).sum::<i64>();
    let base = receipts().map(|one| one.base_debit).sum::<i64>();
    (amount + invoice.marked.0 - invoice.returned.0, base + invoice.marked.1 - invoice.returned.1)
}

/// What the exchange rate brought of that cash, in minor units of the base currency: what it was worth when it came
/// less what the invoice asked for.
pub fn cash_difference(invoice: &Document) -> i64 {
    let receipts = invoice.allocations.iter().filter(is_cash);
    receipts.map(|one| one.base_credit - one.base_debit).sum::<i64>() - invoice.returned_difference
}

/// What a document brought of its customer's money, less what it gave back, in minor units: cash, and what was granted
/// without any, by a credit note that concerns no invoice or an invoice below 0. All documents of a customer together
/// are never below 0: nobody is paid out more than came.
pub fn brought(document: &Document) -> i64 {
    let issued = document.stage == Stage::Issued;
    match document.kind {
        Kind::Receipt if issued => document.sums.total,
        Kind::Refund if issued => -document.sums.total,
        Kind::CreditNote if issued && document.invoice.is_none() && document.charge.is_none() => document.sums.total,
        Kind::Invoice => {
            let granted = if issued { (-document.sums.total).max(0) } else { 0 };
            document.marked.0 - document.returned.0 + granted
        }
        _ => 0,
    }
}

/// What a customer who owes this much is paid out at most.
pub fn payable(owed: i64) -> i64 {
    (-owed).max(0)
}

/// Refuses the status `refunded` where the cash that came in is not all that the invoice still charges: nothing came
/// in, it was credited already, or credit paid for it. What the customer owes for other invoices stays as it is.
pub fn check_refund(invoice: &Document) -> Result<()> {
    let (held, left) = (cash(invoice).0, carried(invoice).total());
    let number = invoice.number.as_deref().unwrap_or_default();
    let refused = |text: String| Err(Error::refused("nothing_to_refund", text));
    if held <= 0 {
        return refused(format!("Invoice {number} cannot be refunded: no money came in for it"));
    }
    if left != held {
        let (held, left) = (invoice.money(held), invoice.money(left.max(0)));
        let text = format!(
            "Invoice {number} cannot be refunded whole: {held} came in for it, and {left} is not credited yet; \
             refund the credit instead"
        );
        return refused(text);
    }
    Ok(())
}

/// Whether a note may concern an invoice at all: it stands, is in its currency and is not of an earlier day.
pub fn check_concerned(note: &Document, invoice: &Document) -> Result<()> {
    if invoice.stage != Stage::Issued {
        let text = format!("{} is not issued, or was taken back", spoken(&invoice.own_ref().to_string()));
        return Err(Error::refused("not_creditable", text));
    }
    if note.currency != invoice.currency {
        let text = format!("{} is in {}", spoken(&invoice.own_ref().to_string()), invoice.iso.code());
        return Err(Error::refused("currency_mismatch", text));
    }
    if note.day.date < invoice.day.date {
        return Err(Error::field("date", Rule::TooSmall(invoice.day.date.to_string())));
    }
    Ok(())
}

/// Let a credit note give back a part of what an invoice charged. What the rounding of parts makes too much or too little
/// of a tax, up to a minor unit for each line, is put right, so that an invoice can be credited to the last cent.
pub fn credit(note: &mut Document, invoice: &mut Document) -> Result<()> {
    let left = carried(invoice);
    let over = |field: &str, most: i64| Violation {
        field: field.to_owned(),
        rule: Rule::TooLarge(invoice.money(most.max(0)).to_string()),
    };
    // What an invoice took back of others may be more than its net is: a change of plan has seen to what it can give.
    let swaps = !invoice.took_back.is_empty() && note.lines.iter().all(|line| line.change);
    if note.sums.net() > left.net && !swaps {
        return Err(over("amount", left.net).into());
    }
    let rounding = i64::try_from(note.lines.len() + invoice.credited.len()).unwrap_or(i64::MAX);
    // What is charged again at other taxes can come to the same net as what is left, and be none of it.
    let is_left = |tax: &TaxRow| {
        let known = left.taxes.iter().find(|one| same_tax(one, tax)).map_or(0, |one| one.amount);
        (tax.amount - known).abs() <= rounding
    };
    let all = note.sums.net() == left.net && (!swaps || tax_totals(&note.lines).iter().all(is_left));
    // The same holds for each of its taxes.
    if all || !swaps {
        fit_taxes(note, &left, all, rounding).map_err(|rule| Error::field("taxes", rule))?;
    }
    let terms = Terms {
        currency: note.iso,
        base: note.base,
        ratio: note.ratio,
        inclusive: note.inclusive,
        rounding: Rounding::Lines,
    };
    if all && note.sums.tax == left.tax() {
        (note.sums.base_net, note.sums.base_tax) = (left.base_net, left.base_tax);
    } else {
        // The sum of what is left says nothing of one part where another is below 0.
        let mixed = swaps || left.taxes.iter().any(|tax| tax.amount < 0);
        let base = |amount: i64, most: i64| {
            let base = in_base(amount, &terms).ok_or_else(out_of_range)?;
            Ok::<_, Error>(if mixed { base } else { base.min(most.max(0)) })
        };
        note.sums.base_net = base(note.sums.net(), left.base_net)?;
        note.sums.base_tax = base(note.sums.tax, left.base_tax)?;
    }
    if invoice.credited.len() >= MOST_NOTES {
        let text = format!("{} has {MOST_NOTES} credit notes already", spoken(&invoice.own_ref().to_string()));
        return Err(Error::refused("too_many_notes", text));
    }
    register(note, invoice);
    Ok(())
}

/// Write down on an invoice what a note that concerns it gave back.
pub fn register(note: &Document, invoice: &mut Document) {
    invoice.credited.push(Credited {
        by: note.own_ref(),
        number: note.number.clone(),
        net: note.sums.net(),
        taxes: tax_totals(&note.lines),
        base_net: note.sums.base_net,
        base_tax: note.sums.base_tax,
        deposit: note.lines.iter().any(|line| line.deposit),
        change: note.lines.iter().any(|line| line.change),
    });
}

/// Fit a note's taxes to what is left of each; how much of one must be given back, or may be, where it does not fit.
/// `most` is by how much the rounding of the notes so far can have made one too large, in minor units.
fn fit_taxes(note: &mut Document, left: &Carried, all: bool, most: i64) -> std::result::Result<(), Rule> {
    let totals = tax_totals(&note.lines);
    for tax in &totals {
        let known = left.taxes.iter().find(|one| same_tax(one, tax)).map(|one| one.amount);
        // Whoever takes the last of the net takes exactly what is left of its tax, more or less than its rate says. A line
        // that charges again what had other taxes bears them.
        let last = all && known.is_some() && !tax.given;
        let limit = known.unwrap_or(0).max(0);
        let by = tax.amount - if last { known.unwrap_or(0) } else { limit };
        if by > 0 && !last && (tax.given || limit == 0 || by > most) {
            return Err(Rule::TooLarge(note.money(limit).to_string()));
        }
        if by > 0 || last {
            let row = |line: &&mut Line| line.taxes.iter().any(|one| same_tax(one, tax));
            if let Some(line) = note.lines.iter_mut().rev().find(row) {
                line.taxes.iter_mut().filter(|one| same_tax(one, tax)).take(1).for_each(|one| one.amount -= by);
                line.amount -= by;
                note.sums.tax -= by;
                note.sums.total -= by;
            }
        }
    }
    // A tax is not left behind on nothing: no note could ever give it back.
    let stranded = |tax: &&TaxRow| tax.amount > 0 && !totals.iter().any(|one| same_tax(one, tax));
    match left.taxes.iter().find(stranded).filter(|_| all && left.net > 0) {
        Some(tax) => Err(Rule::TooSmall(note.money(tax.amount).to_string())),
        None => Ok(()),
    }
}

/// Whether money was given back for a document that is set against these, so that it can be neither released nor taken
/// away.
pub fn check_given_back<'d>(document: &Document, others: impl IntoIterator<Item = &'d Document>) -> Result<()> {
    if document.kind == Kind::Refund {
        return Ok(());
    }
    match others.into_iter().find(|other| other.kind == Kind::Refund) {
        None => Ok(()),
        Some(refund) => {
            let text =
                format!("{} gave its money back: delete that refund first", spoken(&refund.own_ref().to_string()));
            Err(Error::refused("given_back", text))
        }
    }
}

/// Take a credit note back together with the invoice it concerns. One that is set against anything else stays, and the
/// invoice with it.
pub fn take_back(note: &mut Document, invoice: &mut Document, on: Date) -> Result<()> {
    let own = invoice.own_ref();
    if let Some(other) = note.allocations.iter().find(|allocation| allocation.other != own) {
        let (number, other) = (note.number.clone().unwrap_or_default(), spoken(&other.other.to_string()));
        let text = format!("Credit note {number} of this invoice is set against {other}: take that back first");
        return Err(Error::refused("credit_used", text));
    }
    release(note, invoice);
    // A deposit becomes credit anew when it is paid anew.
    let own = note.own_ref();
    let deposit = invoice.credited.iter().any(|credited| credited.by == own && credited.deposit);
    invoice.credited.retain(|credited| credited.by != own);
    invoice.withdrawn.extend((!deposit).then_some(note.id));
    close(note, Stage::Void, on.max(note.day.date));
    Ok(())
}

/// Let a credit note that was taken back together with an invoice stand again with it, set against what the invoice asks
/// for.
pub fn restore(note: &mut Document, invoice: &mut Document, on: Date, now: Instant) -> Result<()> {
    invoice.withdrawn.retain(|id| *id != note.id);
    if note.stage != Stage::Void || note.invoice.as_ref().map(|(id, _)| *id) != Some(invoice.id) {
        return Ok(());
    }
    reopen(note, on.max(note.day.date));
    register(note, invoice);
    let fits = note.open().min(invoice.due_amount());
    if fits > 0 { allocate(note, invoice, fits, now) } else { Ok(()) }
}

/// The credit notes that concern an invoice, those that were taken back with it too.
pub fn notes_of(invoice: &Document) -> impl Iterator<Item = Ref> {
    let standing = invoice.credited.iter().filter(|note| !note.by_invoice()).map(|note| note.by);
    standing.chain(invoice.withdrawn.iter().map(|id| Ref { kind: Kind::CreditNote, id: *id }))
}
