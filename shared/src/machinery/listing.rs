//! Lists of dense ids: any page, at any depth, for the price of the first, with an exact total.
//!
//! Ids of an entity are 1, 2, 3, … without gaps, because each is drawn in the commit that creates its
//! record. What is deleted leaves a hole: one number in the record of its run of 4,096 ids, and one more in
//! the count of that run. So the total is the last id less the holes, and the row at any rank is found by
//! walking the counts (one small item for 100 million ids) and then one run. That is at most three reads,
//! then one Query for the rows, however deep the page lies.
//!
//! Lists that filter or sort read the entity's index partition whole, one call for each megabyte (some
//! 5,000 records), and fetch the page's records by key.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;

use crate::machinery::changes::Changes;
use crate::machinery::keys::{self, Entity, Key, RUN};
use crate::machinery::operation::Context;
use crate::machinery::store::{Item, Range, number_of, number_set, numbers, record};
use crate::words::error::Result;
use crate::words::page::{Page, Window};

/// The attribute that holds the last id drawn.
const LAST: &str = "last";
/// The attributes that count the holes of a run begin with this.
const COUNT: &str = "run";
/// The attribute that holds the ids gone from a run.
const GONE: &str = "gone";

/// An entity's ids: the last one drawn, and how many are gone from which run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ids {
    /// The last id drawn.
    pub last: u64,
    /// Run to number of holes, ascending; runs without holes are left out.
    pub holes: Vec<(u64, u64)>,
}

impl Ids {
    /// The keys this is read from; [`Ids::of`] wants their items in this order.
    pub fn keys(cx: &Context, entity: Entity) -> [Key; 2] {
        [keys::sequence(cx.tenant(), entity), keys::holes(cx.tenant(), entity)]
    }

    /// From the items of [`Ids::keys`].
    pub fn of(sequence: Option<&Item>, holes: Option<&Item>) -> Self {
        Self { last: number_of(sequence, LAST), holes: numbers(holes, COUNT) }
    }

    /// The ids gone from a run, from its item.
    pub fn gone(run: Option<&Item>) -> Vec<u64> {
        number_set(run, GONE)
    }

    /// How many records there are.
    pub fn total(&self) -> u64 {
        self.last.saturating_sub(self.holes.iter().map(|(_, count)| count).sum())
    }

    /// The run in which the record of a rank (from 0) lies, and its rank among that run's records.
    fn run_of(&self, rank: u64) -> Option<(u64, u64)> {
        if rank >= self.total() {
            return None;
        }
        let mut before = 0;
        let mut next_run = 0;
        for (run, count) in &self.holes {
            // Whole runs up to this one.
            let whole = (run - next_run) * RUN;
            if rank < before + whole {
                break;
            }
            let here = self.size(*run).saturating_sub(*count);
            if rank < before + whole + here {
                return Some((*run, rank - before - whole));
            }
            before += whole + here;
            next_run = run + 1;
        }
        let left = rank - before;
        Some((next_run + left / RUN, left % RUN))
    }

    /// How many ids were drawn of a run.
    fn size(&self, run: u64) -> u64 {
        self.last.saturating_sub(run * RUN).min(RUN)
    }

    fn has_holes(&self, run: u64) -> bool {
        self.holes.binary_search_by_key(&run, |(run, _)| *run).is_ok()
    }
}

/// The id of the record with a rank in its run, when these ids (ascending) are gone from it.
fn id_in_run(run: u64, rank: u64, gone: &[u64]) -> u64 {
    let mut id = run * RUN + 1 + rank;
    for hole in gone {
        if *hole <= id {
            id += 1;
        } else {
            break;
        }
    }
    id
}

/// Draw the next `count` ids after `last`.
pub fn draw(changes: &mut Changes, cx: &Context, entity: Entity, last: u64, count: u64) {
    changes.draw(keys::sequence(cx.tenant(), entity), LAST, last, count);
}

/// Make holes where ids were.
pub fn make_holes(changes: &mut Changes, cx: &Context, entity: Entity, ids: &[u64]) {
    let mut runs: BTreeMap<u64, Vec<u64>> = BTreeMap::new();
    for id in ids {
        runs.entry(id.saturating_sub(1) / RUN).or_default().push(*id);
    }
    let count =
        |(run, gone): (&u64, &Vec<u64>)| (format!("{COUNT}{run}"), i64::try_from(gone.len()).unwrap_or(i64::MAX));
    changes.add(keys::holes(cx.tenant(), entity), runs.iter().map(count).collect());
    for (run, gone) in runs {
        changes.include(keys::holes_of_run(cx.tenant(), entity, run), GONE, gone);
    }
}

/// One page of an unfiltered list in the order of ids.
pub async fn page<T: DeserializeOwned>(cx: &Context, entity: Entity, ids: &Ids, window: Window) -> Result<Page<T>> {
    let total = ids.total();
    let rank = if window.newest_first { total.checked_sub(window.offset + 1) } else { Some(window.offset) };
    let Some((run, rank)) = rank.and_then(|rank| ids.run_of(rank)) else {
        return Ok(Page { rows: Vec::new(), total, window });
    };
    let gone = if ids.has_holes(run) {
        let item = cx.store.get_items(&[keys::holes_of_run(cx.tenant(), entity, run)]).await?.pop().flatten();
        Ids::gone(item.as_ref())
    } else {
        Vec::new()
    };
    let range = Range {
        pk: keys::rows(cx.tenant(), entity),
        from: (!window.newest_first).then(|| keys::padded(id_in_run(run, rank, &gone))),
        to: window.newest_first.then(|| keys::padded(id_in_run(run, rank, &gone))),
        forward: !window.newest_first,
        limit: Some(window.limit.min(total)),
    };
    let rows = cx.store.query(&range).await?.into_iter().map(record).collect::<Result<_>>()?;
    Ok(Page { rows, total, window })
}

/// Every index row of an entity, in the order of ids.
pub async fn index<T: DeserializeOwned>(cx: &Context, partition: String) -> Result<Vec<T>> {
    cx.store.query(&Range::whole(partition)).await?.into_iter().map(record).collect()
}

/// The page of records that these ids are, in their order. An id whose record is gone meanwhile is left out.
pub async fn chosen<T: DeserializeOwned>(cx: &Context, entity: Entity, ids: &[u64], window: Window) -> Result<Page<T>> {
    let skip = usize::try_from(window.offset).unwrap_or(usize::MAX);
    let take = usize::try_from(window.limit).unwrap_or(usize::MAX);
    let wanted: Vec<Key> = ids.iter().skip(skip).take(take).map(|id| keys::row(cx.tenant(), entity, *id)).collect();
    let items = cx.store.get_items(&wanted).await?;
    let rows = items.into_iter().flatten().map(record).collect::<Result<_>>()?;
    Ok(Page { rows, total: ids.len() as u64, window })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Against the plain way: list what is left, and count.
        #[test]
        fn every_rank_leads_to_its_id(last in 0..40_000_u64, mut gone in proptest::collection::btree_set(1..40_001_u64, 0..400), ranks in proptest::collection::vec(0..40_000_u64, 20)) {
            gone.retain(|id| *id <= last);
            let mut holes = std::collections::BTreeMap::new();
            for id in &gone {
                *holes.entry((id - 1) / RUN).or_insert(0) += 1;
            }
            let ids = Ids { last, holes: holes.into_iter().collect() };
            let left: Vec<u64> = (1..=last).filter(|id| !gone.contains(id)).collect();
            prop_assert_eq!(ids.total(), left.len() as u64);
            for rank in ranks {
                let found = ids.run_of(rank).map(|(run, rank)| {
                    let here: Vec<u64> = gone.iter().copied().filter(|id| (id - 1) / RUN == run).collect();
                    id_in_run(run, rank, &here)
                });
                prop_assert_eq!(found, left.get(usize::try_from(rank).unwrap()).copied());
            }
        }
    }
}
