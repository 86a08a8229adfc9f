//! What billing runs look at, and from which day on.

use serde::{Deserialize, Serialize};

use crate::machinery::changes::Changes;
use crate::machinery::keys;
use crate::machinery::operation::Context;
use crate::machinery::store::{Range, record, text_of};
use crate::words::error::{Error, Result};
use crate::words::time::Date;

/// Services whose next period is invoiced, by its first day.
pub const RENEWALS: &str = "renewals";
/// Services whose next period is charged to the balance, by its first day.
pub const CHARGES: &str = "charges";
/// Services that are to be looked at again on a later day, not before: what could not be billed, and what ends then.
pub const WAITING: &str = "waiting";
/// Registered domains that are renewed, by the day they end on.
pub const DOMAINS: &str = "domains";
/// Registered domains that were asked money for, by the day they end on, or whose renewal is tried again the day after.
pub const EXPIRIES: &str = "expiries";
/// Unpaid invoices that something lives on, by the day they are due.
pub const OVERDUE: &str = "overdue";
/// The same, once what lives on them was suspended.
pub const LAPSED: &str = "lapsed";

/// What to look at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// The id of the service, registered domain or invoice.
    pub id: u64,
    /// The day that made it due. When that has changed since, the row says nothing any more.
    pub day: Date,
}

/// A row of the agenda.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    what: &'static str,
    /// From which day on it is looked at.
    pub from: Date,
    /// What to look at.
    pub note: Note,
}

/// The first rows that are to be looked at by a day. One call.
pub async fn first(cx: &Context, what: &'static str, by: Date, most: u64) -> Result<Vec<Row>> {
    let range =
        Range { to: Some(keys::day_to(by)), limit: Some(most), ..Range::whole(keys::agenda(cx.tenant(), what)) };
    let row = |item| {
        let from = text_of(&item, "SK").and_then(|sk| sk.split('#').next()?.parse().ok());
        let from = from.ok_or_else(|| Error::internal("a row of the agenda without a day"))?;
        Ok(Row { what, from, note: record(item)? })
    };
    cx.store.query(&range).await?.into_iter().map(row).collect()
}

/// Put something on the agenda.
pub fn put(cx: &Context, changes: &mut Changes, what: &'static str, from: Date, note: &Note) -> Result<()> {
    changes.write(keys::agenda_row(cx.tenant(), what, from, note.id), note)
}

impl Row {
    /// Take it from the agenda.
    pub fn take(&self, cx: &Context, changes: &mut Changes) {
        changes.erase(keys::agenda_row(cx.tenant(), self.what, self.from, self.note.id));
    }

    /// Look at it again on a later day.
    pub fn put_off(&self, cx: &Context, changes: &mut Changes, until: Date) -> Result<()> {
        self.move_to(cx, changes, self.what, until)
    }

    /// Put it on another agenda.
    pub fn move_to(&self, cx: &Context, changes: &mut Changes, what: &'static str, from: Date) -> Result<()> {
        self.take(cx, changes);
        put(cx, changes, what, from, &self.note)
    }
}
