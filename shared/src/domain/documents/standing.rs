//! When a document stood, and so on which day what it posted counts: one rule for the journal, the reports of revenue
//! and sales, and the statement.
//!
//! * What an issue posts counts on the document's date, whenever it is issued.
//! * What takes it back (a void, a cancellation, a refund, a deletion), and what lets it stand again, counts on the day
//!   that is done, but not before the document's date.
//! * What settles it (marked as paid, set against another document) counts on the day that is done, but not before
//!   the date of either.
//!
//! So nothing that was taken back or paid ahead of its date is seen before that date, and a day that is over stays as
//! it was reported: a document that is reopened keeps the days on which it did not stand.

use serde::{Deserialize, Serialize};

use crate::domain::documents::entity::{Document, Kind, Stage};
use crate::domain::documents::leaving::carried;
use crate::words::time::Date;

/// What was taken back of a document: minor units of its currency, or of the base currency where it says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Taken {
    /// Without taxes.
    pub net: i64,
    /// Taxes.
    pub tax: i64,
    /// Without taxes, in the base currency.
    pub base_net: i64,
    /// Taxes, in the base currency.
    pub base_tax: i64,
}

/// A time in which a document that stands again did not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gap {
    /// The day it was taken back.
    pub from: Date,
    /// The day it was reopened.
    pub until: Date,
    /// What was taken back.
    pub taken: Taken,
}

/// A time in which a document stood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spell {
    /// The first day: its date, or the day it was reopened …
    pub from: Date,
    /// … and what it asked for again then.
    pub again: Option<Taken>,
    /// The day it was taken back, and what was.
    pub until: Option<(Date, Taken)>,
}

/// Whether a document was ever issued. One that never was has no number.
pub fn was_issued(document: &Document) -> bool {
    document.stage != Stage::Draft && (document.number.is_some() || !Kind::NUMBERED.contains(&document.kind))
}

/// What is taken back of a document that does not stand.
fn taken(document: &Document) -> Taken {
    let sums = &document.sums;
    match document.stage {
        // All that credit notes had not given back before, its charges with it.
        Stage::Refunded => {
            let left = carried(document);
            Taken { net: left.net, tax: left.tax(), base_net: left.base_net, base_tax: left.base_tax }
        }
        _ => Taken {
            net: sums.own_net(),
            tax: sums.own_tax(),
            base_net: sums.own_base_net(),
            base_tax: sums.own_base_tax(),
        },
    }
}

/// The times in which a document stood, the first one first; none of what was never issued.
pub fn spells(document: &Document) -> Vec<Spell> {
    if !was_issued(document) {
        return Vec::new();
    }
    let date = document.day.date;
    let mut all = vec![Spell { from: date, again: None, until: None }];
    for gap in &document.gaps {
        if let Some(last) = all.last_mut() {
            last.until = Some((gap.from.max(date), gap.taken));
        }
        all.push(Spell { from: gap.until.max(date), again: Some(gap.taken), until: None });
    }
    if let (Some(closed), Some(last)) = (document.closed_on, all.last_mut()) {
        last.until = Some((closed.max(date), taken(document)));
    }
    all
}

/// The day on which what is done to some documents together counts: `on`, but not before the date of any.
pub fn latest<'d>(on: Date, documents: impl Iterator<Item = &'d Document>) -> Date {
    documents.map(|document| document.day.date).fold(on, Date::max)
}

/// Take a document back on a day. What was reopened on the same day has been closed since its last closing; what is
/// closed already stays closed since then.
pub fn close(document: &mut Document, stage: Stage, on: Date) {
    if document.stage == Stage::Refunded {
        reopen(document, on);
    }
    document.stage = stage;
    if document.closed_on.is_none() {
        let taken = taken(document);
        let reopened = document.gaps.pop_if(|gap| gap.until == on && gap.taken == taken);
        document.closed_on = Some(reopened.map_or(on, |gap| gap.from));
    }
}

/// Let a document stand again from a day on.
pub fn reopen(document: &mut Document, on: Date) {
    let taken = taken(document);
    if let Some(from) = document.closed_on.take().filter(|from| *from < on && was_issued(document)) {
        document.gaps.push(Gap { from, until: on, taken });
    }
    document.stage = Stage::Issued;
}
