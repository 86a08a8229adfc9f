//! Reading records.

use std::cmp::Ordering;

use crate::domain::records::{IndexRow, Record};
use crate::domain::tenants::{Reach, TenantRecord, of_item};
use crate::machinery::keys::{self, Entity, Key};
use crate::machinery::listing::{self, Ids};
use crate::machinery::operation::Context;
use crate::machinery::store::record;
use crate::words::error::{Error, Result};
use crate::words::page::{Page, Window};
use crate::words::pattern::Pattern;
use crate::words::time::Instant;

/// Customers whose partitions a list reads one by one; for more, all rows are read.
const FEW: usize = 10;

/// Which records to list. Filters combine with AND; an empty list filters nothing.
#[derive(Debug, Clone)]
pub struct List {
    /// The window.
    pub window: Window,
    /// What to sort by, the first counts most, each descending or not; then by id.
    pub order: Vec<(Column, bool)>,
    /// Only these ids.
    pub ids: Option<Vec<u64>>,
    /// Only those whose number or name matches.
    pub search: Option<Pattern>,
    /// Only those that stand here, in the entity's own words; `Some` of nothing is none.
    pub statuses: Option<Vec<String>>,
    /// Only of these customers.
    pub customers: Vec<u64>,
    /// Only of these resellers.
    pub resellers: Vec<u64>,
    /// Only parts of these.
    pub parents: Vec<u64>,
    /// Only made at or after the first and at or before the second instant.
    pub between: (Option<Instant>, Option<Instant>),
}

/// A column to sort by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Column {
    /// The id.
    Id,
    /// The name, without regard to case.
    Name,
    /// The number.
    Number,
    /// Where it stands.
    Status,
    /// The rank.
    Rank,
    /// When it began or was made, to the second.
    At,
    /// The first day of its period.
    Span,
    /// The reseller.
    Reseller,
}

impl List {
    /// All, in the order of ids.
    pub fn all(window: Window) -> Self {
        Self {
            window,
            order: Vec::new(),
            ids: None,
            search: None,
            statuses: None,
            customers: Vec::new(),
            resellers: Vec::new(),
            parents: Vec::new(),
            between: (None, None),
        }
    }

    fn filters_nothing(&self) -> bool {
        self.order.is_empty()
            && self.ids.is_none()
            && self.search.is_none()
            && self.statuses.is_none()
            && [&self.customers, &self.resellers, &self.parents].iter().all(|list| list.is_empty())
            && self.between == (None, None)
    }

    fn wants(&self, row: &IndexRow) -> bool {
        let among =
            |filter: &[u64], value: Option<u64>| filter.is_empty() || value.is_some_and(|v| filter.contains(&v));
        let matches = |pattern: &Pattern| {
            pattern.matches(&row.name) || row.number.as_ref().is_some_and(|number| pattern.matches(number))
        };
        self.ids.as_ref().is_none_or(|ids| ids.contains(&row.id))
            && self.search.as_ref().is_none_or(matches)
            && self.statuses.as_ref().is_none_or(|statuses| statuses.contains(&row.status))
            && among(&self.customers, row.customer)
            && among(&self.resellers, row.reseller)
            && among(&self.parents, row.parent)
            && self.between.0.is_none_or(|from| row.at >= from)
            && self.between.1.is_none_or(|to| row.at <= to)
    }
}

fn covers(reach: &Reach, row: &IndexRow) -> bool {
    row.reseller.is_none_or(|reseller| reach.covers(reseller))
}

/// A record that the caller may see, with the tenant, in one call.
pub async fn find<R: Record>(cx: &Context, id: u64) -> Result<(TenantRecord, R)> {
    let wanted = [keys::tenant(cx.tenant()), keys::row(cx.tenant(), R::ENTITY, id)];
    let mut items = cx.store.get_items(&wanted).await?.into_iter();
    let tenant = of_item(cx, items.next().flatten())?;
    let found: Option<R> = items.next().flatten().map(record).transpose()?;
    let reach = tenant.reach(&cx.caller);
    let found = found.filter(|found| covers(&reach, &found.index_row()));
    Ok((tenant, found.ok_or_else(|| Error::not_found(R::NAME, id))?))
}

/// Records by their ids, in the same order, whether or not the caller may see them. One call for each hundred.
pub async fn find_all<R: Record>(cx: &Context, ids: &[u64]) -> Result<Vec<Option<R>>> {
    let wanted: Vec<Key> = ids.iter().map(|id| keys::row(cx.tenant(), R::ENTITY, *id)).collect();
    cx.store.get_items(&wanted).await?.into_iter().map(|item| item.map(record).transpose()).collect()
}

/// A page of records, with the tenant.
pub async fn search<R: Record>(cx: &Context, list: &List) -> Result<(TenantRecord, Page<R>)> {
    let [sequence, holes] = Ids::keys(cx, R::ENTITY);
    let mut items = cx.store.get_items(&[keys::tenant(cx.tenant()), sequence, holes]).await?.into_iter();
    let tenant = of_item(cx, items.next().flatten())?;
    let ids = Ids::of(items.next().flatten().as_ref(), items.next().flatten().as_ref());
    let reach = tenant.reach(&cx.caller);
    let page = if reach == Reach::Everything && list.filters_nothing() {
        listing::page(cx, R::ENTITY, &ids, list.window).await?
    } else {
        let mut rows = indexed(cx, R::ENTITY, list, &reach).await?;
        rows.sort_by(|left, right| compare(list, left, right));
        let ids: Vec<u64> = rows.iter().map(|row| row.id).collect();
        listing::chosen(cx, R::ENTITY, &ids, list.window).await?
    };
    Ok((tenant, page))
}

/// The index rows that a list wants and the caller may see, in the order of ids.
pub async fn indexed(cx: &Context, entity: Entity, list: &List, reach: &Reach) -> Result<Vec<IndexRow>> {
    let partitions: Vec<Option<u64>> = match list.customers.as_slice() {
        few @ [_, ..] if few.len() <= FEW => few.iter().copied().map(Some).collect(),
        _ => vec![None],
    };
    let mut rows: Vec<IndexRow> = Vec::new();
    for partition in partitions {
        rows.extend(listing::index::<IndexRow>(cx, keys::index_of(cx.tenant(), entity, partition)).await?);
    }
    rows.retain(|row| covers(reach, row) && list.wants(row));
    rows.sort_by_key(|row| row.id);
    rows.dedup_by_key(|row| row.id);
    Ok(rows)
}

/// How two rows stand to each other in a list's order.
pub(crate) fn compare(list: &List, left: &IndexRow, right: &IndexRow) -> Ordering {
    for (column, descending) in &list.order {
        let way = match column {
            Column::Id => left.id.cmp(&right.id),
            Column::Name => left.name.to_lowercase().cmp(&right.name.to_lowercase()),
            Column::Number => left.number.cmp(&right.number),
            Column::Status => left.status.cmp(&right.status),
            Column::Rank => left.rank.cmp(&right.rank),
            Column::At => left.at.timestamp().cmp(&right.at.timestamp()),
            Column::Span => left.span.cmp(&right.span),
            Column::Reseller => left.reseller.cmp(&right.reseller),
        };
        let way = if *descending { way.reverse() } else { way };
        if way.is_ne() {
            return way;
        }
    }
    let by_id = left.id.cmp(&right.id);
    if list.window.newest_first { by_id.reverse() } else { by_id }
}
