//! How a document moves from one status to another: one state machine for every dialect.
//!
//! ```text
//! draft ── issue ──▶ unpaid ◀── payments ──▶ part-paid ◀── payments ──▶ paid
//!   │                 │  ▲                       │                       │  │
//!   │          cancel │  └────────── reopen ─────┴───────────────────────┘  │ refund
//!   ▼                 ▼                                                     ▼
//! void ◀── void ── unpaid, draft    cancelled ── reopen ──▶ unpaid ◀── reopen ── refunded
//! ```
//!
//! A payment is a receipt set against the document; `mark paid` settles what is open without one, against
//! the clearing account. Void is for good.

use crate::domain::documents::entity::{Allocation, Document, Kind, Stage, Status};
use crate::domain::documents::leaving::{cash, cash_difference};
use crate::domain::documents::standing::{close, reopen};
use crate::domain::documents::sums::share;
use crate::words::error::{Error, Result};
use crate::words::time::{Date, Instant};

/// A move.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Move {
    /// A draft becomes a document.
    Issue,
    /// What is open counts as paid.
    MarkPaid,
    /// Nothing counts as paid or taken back any more.
    Reopen,
    /// Take back.
    Cancel,
    /// Take back for good.
    Void,
    /// Take back, and give back the money.
    Refund,
}

impl Move {
    /// What is said of the document it is refused for.
    fn participle(self) -> &'static str {
        match self {
            Self::Issue => "issued",
            Self::MarkPaid => "marked as paid",
            Self::Reopen => "reopened",
            Self::Cancel => "cancelled",
            Self::Void => "voided",
            Self::Refund => "refunded",
        }
    }
}

/// Whether a document may make a move.
pub fn may(status: Status, step: Move) -> bool {
    match step {
        Move::Issue => status == Status::Draft,
        Move::MarkPaid => matches!(status, Status::Unpaid | Status::PartPaid),
        Move::Reopen => matches!(status, Status::PartPaid | Status::Paid | Status::Cancelled | Status::Refunded),
        Move::Cancel | Move::Void => matches!(status, Status::Draft | Status::Unpaid),
        Move::Refund => status == Status::Paid,
    }
}

/// The moves from one status to another; `None` when there is no way. A dialect that lets a client write
/// any status over any other goes the whole way; one that does not allows one move at most.
pub fn way(from: Status, to: Status) -> Option<Vec<Move>> {
    use Status::{Cancelled, Draft, Paid, PartPaid, Refunded, Unpaid, Void};
    if from == to {
        return Some(Vec::new());
    }
    let first = match from {
        Void => return None,
        Draft if matches!(to, Cancelled | Void) => None,
        Draft => Some(Move::Issue),
        Unpaid => None,
        PartPaid if matches!(to, Paid | Refunded) => None,
        Paid if to == Refunded => None,
        PartPaid | Paid | Cancelled | Refunded => Some(Move::Reopen),
    };
    let last: &[Move] = match to {
        Draft | PartPaid => return None,
        Unpaid => &[],
        Paid => &[Move::MarkPaid],
        Cancelled => &[Move::Cancel],
        Void => &[Move::Void],
        Refunded if from == Paid => &[Move::Refund],
        Refunded => &[Move::MarkPaid, Move::Refund],
    };
    Some(first.into_iter().chain(last.iter().copied()).collect())
}

/// The moves from where a document stands to a status: what only credit is set against is taken back at once.
pub fn way_of(document: &Document, to: Status) -> Option<Vec<Move>> {
    // What asks for no money is never open: what it pays for stays paid.
    if to == Status::Unpaid && document.stage == Stage::Issued && document.sums.total <= 0 {
        return Some(Vec::new());
    }
    let takes_back = matches!(to, Status::Cancelled | Status::Void);
    let unpaid = takes_back && (is_empty(document) || is_only_credited(document));
    way(if unpaid { Status::Unpaid } else { document.status() }, to)
}

/// A status word a document cannot come to from where it stands.
pub fn no_way(document: &Document, to: Status) -> Error {
    refused(document, &format!("become {}", words(to)))
}

fn refused(document: &Document, what: &str) -> Error {
    let (kind, status) = (document.kind.words(), words(document.status()));
    let article = if document.kind == Kind::Invoice { "An" } else { "A" };
    Error::refused("illegal_move", format!("{article} {kind} that is {status} cannot {what}"))
}

fn words(status: Status) -> &'static str {
    match status {
        Status::Draft => "a draft",
        Status::Unpaid => "unpaid",
        Status::PartPaid => "partially paid",
        Status::Paid => "paid",
        Status::Void => "void",
        Status::Cancelled => "cancelled",
        Status::Refunded => "refunded",
    }
}

/// Whether what never asked for money counts as paid: it is taken back as if it were not.
fn is_empty(document: &Document) -> bool {
    document.sums.total <= 0 && document.stage == Stage::Issued && !document.is_settled()
}

/// Whether nothing but credit notes and invoices below 0 are set against what asks for money, beside what was given back
/// already: it can be taken back, and the credit is free again.
fn is_only_credited(document: &Document) -> bool {
    let note = |allocation: &Allocation| match allocation.other.kind {
        Kind::CreditNote | Kind::Invoice => true,
        _ => is_returned(document),
    };
    document.is_debit()
        && document.stage == Stage::Issued
        && cash(document).0 == 0
        && document.allocations.iter().all(note)
}

/// Whether its money was given back, at least once.
pub fn is_returned(document: &Document) -> bool {
    document.returned.0 != 0
}

/// Refuses, by name, a move that a document may not make.
pub fn check(document: &Document, step: Move) -> Result<()> {
    let empty = is_empty(document);
    let takes_back = matches!(step, Move::Cancel | Move::Void);
    let unpaid = empty || (takes_back && is_only_credited(document));
    let status = if unpaid { Status::Unpaid } else { document.status() };
    // More receipts than what was given back had come by: of those since nobody could tell any more that they came.
    let receipts = cash(document).0 + document.returned.0 - document.marked.0;
    if step == Move::Reopen && is_returned(document) && receipts > document.returned.0 - document.returned_marked {
        let text = "Money was given back for this invoice and came in again by receipts: it stays as it is";
        return Err(Error::refused("invoice_refunded", text));
    }
    if may(status, step) || (empty && step == Move::Reopen) {
        return Ok(());
    }
    Err(refused(document, &format!("be {}", step.participle())))
}

/// Make a move that was checked. What the document was set against is released before it is reopened, and
/// its number is given afterwards, by the caller. `today` is not before the document's date.
pub fn make(document: &mut Document, step: Move, now: Instant, today: Date) {
    match step {
        Move::Issue => document.stage = Stage::Issued,
        // Nothing is open of what asks for no money.
        Move::MarkPaid if is_empty(document) => {}
        Move::MarkPaid => {
            let (open, base) = (document.open(), document.base_open());
            document.marked = (document.marked.0 + open, document.marked.1 + base);
            document.paid_at = Some(now);
        }
        Move::Reopen => {
            // What was given back is asked for again; what came in until then came in.
            document.marked = if is_returned(document) {
                let (held, base) = if document.stage == Stage::Issued { cash(document) } else { (0, 0) };
                (document.marked.0 - held, document.marked.1 - base)
            } else {
                (0, 0)
            };
            document.paid_at = None;
            reopen(document, today);
        }
        Move::Cancel | Move::Void | Move::Refund => {
            if step == Move::Refund {
                let (held, base) = cash(document);
                document.returned_difference += cash_difference(document);
                document.returned = (document.returned.0 + held, document.returned.1 + base);
                document.returned_marked = document.marked.0;
            }
            let stage = match step {
                Move::Cancel => Stage::Cancelled,
                Move::Void => Stage::Void,
                _ => Stage::Refunded,
            };
            close(document, stage, today);
        }
    }
}

/// Set a part of a document that brings money against one that asks for it. The amount is what both have
/// open at most: the caller has told the client where it is more.
pub fn allocate(credit: &mut Document, debit: &mut Document, amount: i64, now: Instant) -> Result<()> {
    let fits = amount > 0 && amount <= credit.open().min(debit.open());
    if !fits || credit.is_debit() || !debit.is_debit() || credit.currency != debit.currency {
        return Err(Error::internal(format!("{} cannot be set against {}", credit.own_ref(), debit.own_ref())));
    }
    let (base_debit, base_credit) = (base_share(debit, amount), base_share(credit, amount));
    let one = |other: &Document| Allocation {
        other: other.own_ref(),
        number: other.number.clone(),
        amount,
        base_debit,
        base_credit,
        charged: false,
    };
    let (to, from) = (one(debit), one(credit));
    credit.allocations.push(to);
    debit.allocations.push(from);
    for document in [credit, debit] {
        if document.open() == 0 {
            document.paid_at = Some(now);
        }
    }
    Ok(())
}

/// What an amount of a document is in the base currency: its share of what is open, and so all of it when it
/// is all that is open, so that nothing is left over.
fn base_share(document: &Document, amount: i64) -> i64 {
    share(document.base_open(), amount, document.open())
}

/// Undo what two documents were set against each other for.
pub fn release(one: &mut Document, other: &mut Document) {
    let (own, others) = (one.own_ref(), other.own_ref());
    one.allocations.retain(|allocation| allocation.other != others);
    other.allocations.retain(|allocation| allocation.other != own);
    for document in [one, other] {
        if document.open() > 0 {
            document.paid_at = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Status::{Cancelled, Draft, Paid, PartPaid, Refunded, Unpaid, Void};

    #[test]
    fn every_way_is_made_of_legal_moves() {
        let all = [Draft, Unpaid, PartPaid, Paid, Void, Cancelled, Refunded];
        let after = |status, step| match step {
            Move::Issue | Move::Reopen => Unpaid,
            Move::MarkPaid => Paid,
            Move::Cancel => Cancelled,
            Move::Void => Void,
            Move::Refund if status == Paid => Refunded,
            Move::Refund => Void,
        };
        let mut ways = 0;
        for from in all {
            for to in all {
                let Some(moves) = way(from, to) else { continue };
                ways += 1;
                let mut status = from;
                for step in moves {
                    assert!(may(status, step), "{from:?} to {to:?}: {step:?} from {status:?}");
                    status = after(status, step);
                }
                assert_eq!(status, to, "{from:?}");
            }
        }
        // From void nowhere, to draft and part-paid from themselves only.
        assert_eq!(ways, 1 + 6 * 5 + 2);
    }
}
