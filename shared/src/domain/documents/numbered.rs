//! Numbers on the desk: drawn from a series, chosen by hand, or kept from another system.
//!
//! A number that a series comes to may be taken already: chosen by hand long before, or given under another template.
//! Such a number is passed over, which the register says of it, and counted, so that the register can be checked. Only
//! where something like that can be (the series' item says so) is the register read before a number is drawn.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::domain::documents::desk::Desk;
use crate::domain::documents::entity::{Document, Kind};
use crate::domain::documents::number::Series;
use crate::machinery::changes::passed_over;
use crate::machinery::keys;
use crate::machinery::operation::Context;
use crate::machinery::store::{number_of, record};
use crate::words::error::{Error, Result};
use crate::words::text::plain_number;
use crate::words::time::Date;

/// How many months a document of another system may be away from the day on which it got its number.
const MOST_MONTHS: u32 = 24;
/// How many numbers that a series gives next are its own: nobody chooses one of them by hand.
const RESERVED: u64 = 10_000;
/// The most numbers in a row that may be taken where a series comes to them.
const MOST_TAKEN: usize = 20_000;
/// The most numbers that the register is asked for at once.
const AT_ONCE: usize = 100;
/// How much room a commit keeps for what else it does: as long as it has more, it says of each number in the register
/// that it was passed over. Further ones are only counted.
const KEPT_ROOM: usize = 40;
/// The attribute of a series' item that counts why the register must be read before a number is drawn.
pub(crate) const FOREIGN: &str = "foreign";

/// Numbers of a series in a row, from one on, that are taken in the register. One call for each hundred or less.
pub(crate) async fn taken_from(
    cx: &Context,
    kind: Kind,
    number_of: impl Fn(u64) -> String,
    first: u64,
) -> Result<Vec<Registered>> {
    let mut taken = Vec::new();
    let (mut next, mut count) = (first, 1);
    while taken.len() < MOST_TAKEN {
        let key = |counter: u64| keys::registered(cx.tenant(), kind.name(), &number_of(counter));
        let wanted: Vec<_> = (next..next + count as u64).map(key).collect();
        for item in cx.store.get_items(&wanted).await? {
            match item {
                Some(item) => taken.push(record(item)?),
                None => return Ok(taken),
            }
        }
        (next, count) = (next + count as u64, (count * 4).min(AT_ONCE));
    }
    Err(Error::refused("numbers_taken", "The next numbers of the series are all taken: give it another template"))
}

/// What became of a number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Registered {
    /// The number, as it is printed.
    pub(crate) number: String,
    /// The document it was given to.
    pub(crate) document: u64,
    /// The counter and its period, where it was drawn from the series.
    pub(crate) drawn: Option<(String, u64)>,
    /// The document's date when it was given.
    pub(crate) date: Date,
    /// The reseller whose books the document is in.
    pub(crate) reseller: u64,
    /// The counter and its period of which the series came to this number, and passed it over since it was taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) passed_over: Option<(String, u64)>,
}

impl Desk<'_> {
    /// Read the series of a kind, unless that was done already. At most one call.
    pub(crate) async fn read_series(&mut self, kind: Kind) -> Result<()> {
        if Kind::NUMBERED.contains(&kind) && !self.series.contains_key(&kind) {
            let key = keys::series(self.cx.tenant(), kind.name());
            let item = self.cx.store.get_items(&[key]).await?.pop().flatten();
            self.series.insert(kind, item);
        }
        Ok(())
    }

    /// The last number of a series that was read. A number is never drawn from one that was not: its condition
    /// would fail for ever.
    pub(super) fn last_number(&self, kind: Kind, attribute: &str) -> Result<u64> {
        let unread =
            || Error::internal(format!("a number of the series {} is wanted, which was not read", kind.name()));
        Ok(number_of(self.series.get(&kind).ok_or_else(unread)?.as_ref(), attribute))
    }

    /// Read what a number for a document of this date needs: its series, and whether the next numbers are taken.
    pub(crate) async fn look_ahead(&mut self, kind: Kind, date: Date) -> Result<()> {
        self.read_series(kind).await?;
        if !Kind::NUMBERED.contains(&kind) || self.last_number(kind, FOREIGN)? == 0 {
            return Ok(());
        }
        let (series, start) = (self.books.series(kind), self.books.fiscal_year_start());
        let last = self.last_drawn(kind, &series.attribute(date, start))?;
        let taken = taken_from(self.cx, kind, |counter| series.number(date, start, counter), last + 1).await?;
        self.taken.extend(taken.into_iter().map(|row| ((kind, plain_number(&row.number)), row)));
        Ok(())
    }

    /// Leave numbers out that documents still to come bear already.
    pub(crate) fn leave_out(&mut self, numbers: &Arc<BTreeSet<(Kind, String)>>) {
        self.left_out = Arc::clone(numbers);
    }

    /// The last number of a series, with those drawn here.
    fn last_drawn(&self, kind: Kind, attribute: &str) -> Result<u64> {
        match self.drawn.get(&(kind, attribute.to_owned())) {
            Some((last, drawn)) => Ok(last + drawn),
            None => self.last_number(kind, attribute),
        }
    }

    /// Give a document its number: the next of its series that is free, or one that was chosen by hand.
    pub(crate) fn give_number(&mut self, document: &mut Document, by_hand: Option<&str>) -> Result<()> {
        let kind = document.kind;
        if !Kind::NUMBERED.contains(&kind) {
            return Ok(());
        }
        let date = document.day.date;
        let (series, start): (Series, u32) = (self.books.series(kind), self.books.fiscal_year_start());
        if let Some(number) = by_hand {
            self.may_choose(kind, &series, number)?;
            return self.register(document, number.to_owned(), None);
        }
        let attribute = series.attribute(date, start);
        let known = self.last_number(kind, &attribute)?;
        loop {
            let (last, drawn) = self.drawn.entry((kind, attribute.clone())).or_insert((known, 0));
            *drawn += 1;
            let counter = *last + *drawn;
            let number = series.number(date, start, counter);
            let name = (kind, plain_number(&number));
            let row = self.taken.remove(&name);
            if row.is_none() && !self.left_out.contains(&name) {
                return self.register(document, number, Some((attribute, counter)));
            }
            self.changes.add(keys::series(self.cx.tenant(), kind.name()), vec![(passed_over(&attribute), 1)]);
            if let Some(row) = row.filter(|_| self.room() > KEPT_ROOM) {
                let key = keys::registered(self.cx.tenant(), kind.name(), &row.number);
                self.changes.write(key, &Registered { passed_over: Some((attribute.clone(), counter)), ..row })?;
            }
        }
    }

    /// Refuses a number chosen by hand that the series will come to, in whatever period: it would stand in the way.
    fn may_choose(&mut self, kind: Kind, series: &Series, number: &str) -> Result<()> {
        let places = series.places(self.books.fiscal_year_start(), number);
        for (attribute, counter) in &places {
            let last = self.last_drawn(kind, attribute)?;
            if (last + 1..=last + RESERVED).contains(counter) {
                let text = format!("The number {number} belongs to the series and will be given in its turn");
                return Err(Error::refused("number_reserved", text));
            }
        }
        if !places.is_empty() {
            self.changes.add(keys::series(self.cx.tenant(), kind.name()), vec![(FOREIGN.to_owned(), 1)]);
        }
        Ok(())
    }

    /// Let a document of another system keep its number. One that the series would come to counts as drawn, and
    /// the series goes on behind it; what it passed over is counted, so that the register can be checked.
    pub(crate) fn keep_number(&mut self, document: &mut Document, number: &str) -> Result<()> {
        let kind = document.kind;
        let (series, start) = (self.books.series(kind), self.books.fiscal_year_start());
        let date = document.day.date;
        // Its date may have been changed since, into another period.
        let months = |count| [date.checked_sub_months(count), date.checked_add_months(count)].into_iter().flatten();
        let dates = (0..=MOST_MONTHS).flat_map(|count| months(chrono::Months::new(count)));
        let counted = |date| Some((series.attribute(date, start), series.counter_of(date, start, number)?));
        let drawn = dates.into_iter().find_map(counted);
        if let Some((attribute, counter)) = &drawn {
            let known = self.last_number(kind, attribute)?;
            self.kept.push((kind, attribute.clone(), known, *counter));
        } else if !series.places(start, number).is_empty() {
            self.changes.add(keys::series(self.cx.tenant(), kind.name()), vec![(FOREIGN.to_owned(), 1)]);
        }
        self.register(document, number.to_owned(), drawn)
    }

    fn register(&mut self, document: &mut Document, number: String, drawn: Option<(String, u64)>) -> Result<()> {
        let (kind, date) = (document.kind, document.day.date);
        let key = keys::registered(self.cx.tenant(), kind.name(), &number);
        let taken = Error::refused("number_taken", format!("The number {number} is another document's"));
        let (reseller, passed_over) = (document.reseller, None);
        let row = Registered { number: number.clone(), document: document.id, drawn, date, reseller, passed_over };
        self.changes.insert_or_tell(key, &row, taken)?;
        document.number = Some(number);
        Ok(())
    }
}
