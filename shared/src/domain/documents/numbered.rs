//! Numbers on the desk: drawn from a series, chosen by hand, or kept from another system.

use crate::domain::documents::desk::{Desk, Registered};
use crate::domain::documents::entity::{Document, Kind};
use crate::domain::documents::number::Series;
use crate::machinery::keys;
use crate::machinery::store::number_of;
use crate::words::error::{Error, Result};

/// How many months a document of another system may be away from the day on which it got its number.
const MOST_MONTHS: u32 = 24;

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

    /// Give a document its number: the next of its series, or one that was chosen by hand.
    pub(crate) fn give_number(&mut self, document: &mut Document, by_hand: Option<&str>) -> Result<()> {
        let kind = document.kind;
        if !Kind::NUMBERED.contains(&kind) {
            return Ok(());
        }
        let date = document.day.date;
        let series: Series = self.books.series(kind);
        let start = self.books.fiscal_year_start();
        let attribute = series.attribute(date, start);
        let known = self.last_number(kind, &attribute)?;
        let (number, drawn) = match by_hand {
            Some(number) => {
                // One that the series will come to would stand in its way.
                let last = self.drawn.get(&(kind, attribute.clone())).map_or(known, |(last, drawn)| last + drawn);
                let ahead = (last + 1..=last + 10_000).any(|next| series.number(date, start, next) == number);
                if ahead {
                    let text = format!("The number {number} belongs to the series and will be given in its turn");
                    return Err(Error::refused("number_reserved", text));
                }
                (number.to_owned(), None)
            }
            None => {
                let (last, drawn) = self.drawn.entry((kind, attribute.clone())).or_insert((known, 0));
                *drawn += 1;
                let counter = *last + *drawn;
                (series.number(date, start, counter), Some((attribute, counter)))
            }
        };
        self.register(document, number, drawn)
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
        }
        self.register(document, number.to_owned(), drawn)
    }

    fn register(&mut self, document: &mut Document, number: String, drawn: Option<(String, u64)>) -> Result<()> {
        let (kind, date) = (document.kind, document.day.date);
        let key = keys::registered(self.cx.tenant(), kind.name(), &number);
        let taken = Error::refused("number_taken", format!("The number {number} is another document's"));
        let reseller = document.reseller;
        let row = Registered { number: number.clone(), document: document.id, drawn, date, reseller };
        self.changes.insert_or_tell(key, &row, taken)?;
        document.number = Some(number);
        Ok(())
    }
}
