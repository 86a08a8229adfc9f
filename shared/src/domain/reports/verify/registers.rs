//! The check of the registers: every number is there, and what is not was passed over.

use std::collections::{BTreeMap, BTreeSet};

use super::{Pages, Report};
use crate::domain::documents::Kind;
use crate::domain::documents::numbered::Registered;
use crate::machinery::caller::Tenant;
use crate::machinery::changes::passed_over;
use crate::machinery::keys;
use crate::machinery::store::{Store, record, sums};
use crate::words::error::Result;

/// Every number of a document is in its register, and of what was drawn nothing is missing.
pub(super) async fn registers(
    store: &Store,
    t: &Tenant,
    report: &mut Report,
    numbers: &BTreeMap<(Kind, String), u64>,
    told: &BTreeSet<(String, String)>,
) -> Result<()> {
    for kind in Kind::NUMBERED {
        let mut drawn: BTreeMap<String, BTreeSet<u64>> = BTreeMap::new();
        let mut listed: BTreeMap<String, u64> = BTreeMap::new();
        let mut passed: BTreeMap<String, BTreeSet<u64>> = BTreeMap::new();
        let mut pages = Pages::of(store, keys::register(t, kind.name()));
        while let Some(items) = pages.next(report).await? {
            for item in items {
                let row: Registered = record(item)?;
                report.numbers += 1;
                if let Some((period, counter)) = row.drawn
                    && !drawn.entry(period).or_default().insert(counter)
                {
                    report.differ(|| format!("number {counter} of {} was drawn twice", kind.name()));
                }
                if let Some((period, counter)) = row.passed_over {
                    passed.entry(period).or_default().insert(counter);
                }
                listed.insert(row.number, row.document);
            }
        }
        let own = |of: &String| of.strip_prefix(kind.name())?.strip_prefix(' ')?.parse::<u64>().ok();
        for (of, number) in told.iter().filter(|(of, _)| own(of).is_some()) {
            if listed.get(number).copied() != own(of) {
                report.differ(|| format!("the journal has the number {number} for {of}, and the register has not"));
            }
        }
        for ((_, number), id) in numbers.iter().filter(|((of, _), _)| *of == kind) {
            if listed.get(number) != Some(id) {
                report.differ(|| format!("number {number} of {} {id} is not in the register", kind.name()));
            }
        }
        let series = store.get_items(&[keys::series(t, kind.name())]).await?.pop().flatten();
        let series = sums(series.as_ref());
        for (period, last) in series.iter().filter(|(name, _)| name.starts_with("last")) {
            let own = drawn.remove(period).unwrap_or_default();
            // Numbers that were kept from another system may leave some out, and some were taken already.
            let left_out = series.get(&passed_over(period)).copied().unwrap_or(0);
            let given = last - left_out;
            let taken = passed.remove(period).unwrap_or_default();
            if i64::try_from(taken.len()).unwrap_or(i64::MAX) > left_out || !taken.is_disjoint(&own) {
                report.differ(|| format!("{} passed over numbers in period {period:?} that it gave", kind.name()));
            }
            report.same(
                || format!("how many numbers {} has in period {period:?}", kind.name()),
                i64::try_from(own.len()).unwrap_or(0),
                given,
            );
            if own.last().is_some_and(|highest| i64::try_from(*highest).is_ok_and(|highest| highest > *last)) {
                report.differ(|| format!("{} has a number beyond its last in period {period:?}", kind.name()));
            }
        }
        for period in passed.keys() {
            report.differ(|| {
                format!("{} passed over numbers of period {period:?}, of which none was drawn", kind.name())
            });
        }
        for period in drawn.keys() {
            report.differ(|| format!("{} has numbers of period {period:?}, of which none was drawn", kind.name()));
        }
    }
    Ok(())
}
