//! A document's dates: when they may change, and what changes with them.

use crate::domain::documents::change::Update;
use crate::domain::documents::desk::Desk;
use crate::domain::documents::entity::{Document, Kind, Status};
use crate::domain::documents::ledger::out_of_range;
use crate::domain::documents::sums::{Terms, in_base};
use crate::words::error::{Error, Result, Rule, Violation};
use crate::words::time::{Day, implausible};

/// What is wrong with the dates of a document: a year that cannot be meant, which draws a number of its own period.
pub(crate) fn faults(day: Day, due: Option<Day>) -> Vec<Violation> {
    let fault = |(field, day): (&str, Day)| Some(Violation { field: field.to_owned(), rule: implausible(day.date)? });
    [("date", Some(day)), ("due_date", due)].into_iter().filter_map(|(field, day)| fault((field, day?))).collect()
}

/// Give a document the dates that an update names. One that is said once more as it is, is no change, whatever time of
/// day it is said with. What the document comes to in the base currency goes by the ratio of its day: of another day
/// where it moves, and of its own anew where it is issued only now.
pub(crate) async fn change(desk: &mut Desk<'_>, document: &mut Document, update: &Update) -> Result<()> {
    let day = update.day.filter(|day| !day.is_same(document.day));
    let due = update.due.filter(|due| document.due.is_none_or(|own| !due.is_same(own)));
    if let Some(day) = day {
        if document.is_settled() {
            return Err(Error::refused("has_payments", "The date of a document with payments cannot be changed"));
        }
        // What gave back what it charged did so at its ratio, and is not of an earlier day.
        if !document.credited.is_empty() {
            return Err(Error::refused("has_notes", "The date of an invoice that was credited cannot be changed"));
        }
        // A due date that was never set by hand moves with the date.
        if update.due.is_none() && document.due.is_some_and(|due| due.date == document.day.date) {
            document.due = Some(day);
        }
        document.day = day;
    }
    document.due = due.or(document.due);
    let date = document.day.date;
    if let Some(until) = document.due.filter(|until| update.due_after_date && until.date < date)
        && (day.is_some() || due.is_some())
    {
        let (field, rule) = match update.due {
            Some(_) => ("due_date", Rule::TooSmall(date.to_string())),
            None => ("date", Rule::TooLarge(until.date.to_string())),
        };
        return Err(Error::field(field, rule));
    }
    let stays = |status: &Status| matches!(status, Status::Draft | Status::Void | Status::Cancelled);
    let issued = update.pending == Some(false) || update.status.is_some_and(|status| !stays(&status));
    let first = issued && document.number.is_none() && Kind::NUMBERED.contains(&document.kind);
    if first {
        desk.look_ahead(document.kind, document.day.date).await?;
    }
    if day.is_some() || first {
        let currency = desk.tenant.currency_of(document.currency)?.clone();
        let ratio = desk.ledger.ratio(&currency, document.day.at).await?;
        if ratio != document.ratio {
            document.ratio = ratio;
            rebase(document)?;
        }
    }
    Ok(())
}

/// Work out anew what a document comes to in the base currency, at its ratio. What charges have posted by themselves
/// stays as it was posted.
fn rebase(document: &mut Document) -> Result<()> {
    let terms = Terms::of(document);
    let base = |amount: i64| in_base(amount, &terms).ok_or_else(out_of_range);
    for line in document.lines.iter_mut().filter(|line| line.charge.is_none()) {
        line.base = base(line.taxable)?;
    }
    let sums = &mut document.sums;
    sums.base_net = base(sums.own_net())? + sums.charged_base_net;
    sums.base_tax = base(sums.own_tax())? + sums.charged_base_tax;
    Ok(())
}
