//! What follows from an invoice that changed, for those who look after it: billing runs, and the stock of its order.

use std::collections::BTreeSet;

use crate::domain::agenda::{self, Note, OVERDUE};
use crate::domain::documents::desk::Desk;
use crate::domain::documents::entity::{Document, Kind, Stage, Status};
use crate::machinery::keys;
use crate::words::error::Result;
use crate::words::time::{Date, Duration};

impl Desk<'_> {
    /// What an order reserved is free while nobody is asked for its money.
    pub(super) fn look_at_stock(&mut self, before: Option<&Document>, after: &Document) {
        let asks = |one: &Document| !matches!(one.stage, Stage::Void | Stage::Cancelled);
        let Some((order, _)) = after.order.as_ref().filter(|_| after.kind == Kind::Invoice) else { return };
        // What is paid at once comes to life, and takes from the stock by itself.
        let turned = before.is_some_and(|before| asks(before) != asks(after));
        if turned && !(asks(after) && after.status() == Status::Paid) {
            self.reservations.insert(*order, asks(after));
        }
    }

    /// What is not paid in time is looked after by the billing runs, if something lives on it.
    pub(super) fn look_after(&mut self, before: Option<&Document>, after: &Document) -> Result<()> {
        let looked_after = |one: &Document| {
            one.due.map(|due| due.date).filter(|_| one.sustains() && one.stage == Stage::Issued && one.due_amount() > 0)
        };
        let (was, is) = (before.and_then(looked_after), looked_after(after));
        // One that asks for more again, since a payment was taken back, is looked at anew, whatever a run made of it before.
        let more = before.is_some_and(|before| before.due_amount() < after.due_amount());
        if was == is && !(more && is.is_some()) {
            return Ok(());
        }
        let t = self.cx.tenant();
        // The row of a later stage, if there is one, is taken away when its day comes.
        if let Some(was) = was.filter(|_| was != is) {
            self.changes.erase(keys::agenda_row(t, OVERDUE, was, after.id));
        }
        is.map_or(Ok(()), |day| agenda::put(self.cx, &mut self.changes, OVERDUE, day, &Note { id: after.id, day }))
    }

    /// Invoices that bar what goes on all the same, with the days they are due: a run looks at them again from tomorrow on,
    /// and so bars it again.
    pub(crate) fn look_again(&mut self, invoices: &BTreeSet<(u64, Date)>) -> Result<()> {
        let days = self.books.settings.suspend_days.or(self.books.settings.terminate_days).unwrap_or(0);
        let from = self.today().date + Duration::days(1) - Duration::days(i64::from(days));
        for (id, day) in invoices {
            agenda::put(self.cx, &mut self.changes, OVERDUE, from, &Note { id: *id, day: *day })?;
        }
        Ok(())
    }
}
