//! Whether anything was changed without a commit: seals of what documents depend on, and ids without gaps.

use std::collections::{BTreeMap, BTreeSet};

use serde::de::DeserializeOwned;

use super::arithmetic::Rates;
use super::periods::Periods;
use super::{Pages, Report};
use crate::domain::rates::Rate;
use crate::domain::sales::order::Order;
use crate::domain::sales::service::Service;
use crate::domain::tenants::TenantRecord;
use crate::machinery::caller::Tenant;
use crate::machinery::keys::{
    self, COUPON, CUSTOMER, Entity, INVOICE, ORDER, PRODUCT, QUOTE, RATE, REGISTRANT, SERVICE, TLD, TRANSACTION,
};
use crate::machinery::listing::Ids;
use crate::machinery::store::{Item, Store, number_of, record};
use crate::words::error::Result;

/// What documents are made of, beside rates, orders and services.
const OTHERS: [Entity; 6] = [CUSTOMER, PRODUCT, COUPON, TLD, QUOTE, REGISTRANT];

/// The ids that were drawn, by entity.
pub(super) struct Drawn(BTreeMap<&'static str, Ids>);

impl Drawn {
    /// One call.
    pub(super) async fn read(store: &Store, t: &Tenant) -> Result<Self> {
        let entities = [INVOICE, TRANSACTION, RATE, ORDER, SERVICE].into_iter().chain(OTHERS);
        let wanted: Vec<_> =
            entities.clone().flat_map(|entity| [keys::sequence(t, entity), keys::holes(t, entity)]).collect();
        let items = store.get_items(&wanted).await?;
        let ids = |pair: &[Option<Item>]| match pair {
            [sequence, holes] => Ids::of(sequence.as_ref(), holes.as_ref()),
            _ => Ids::default(),
        };
        Ok(Self(entities.map(|entity| entity.0).zip(items.chunks(2).map(ids)).collect()))
    }

    /// Every id that was drawn is a row (`ids`) or was deleted. A call for each 4,096 ids of which some were.
    pub(super) async fn check(
        &self,
        store: &Store,
        t: &Tenant,
        entity: Entity,
        ids: &BTreeSet<u64>,
        report: &mut Report,
    ) -> Result<()> {
        let Some(known) = self.0.get(entity.0) else { return Ok(()) };
        let mut gone = BTreeSet::new();
        for (run, _) in &known.holes {
            let run = store.get_items(&[keys::holes_of_run(t, entity, *run)]).await?.pop().flatten();
            gone.extend(Ids::gone(run.as_ref()));
        }
        for id in (1..=known.last).filter(|id| !ids.contains(id) && !gone.contains(id)) {
            report.differ(|| format!("{} {id} is not there, and nobody deleted it", entity.0));
        }
        for id in ids.iter().filter(|id| gone.contains(id) || **id > known.last) {
            report.differ(|| format!("{} {id} is there, and its id was deleted or never drawn", entity.0));
        }
        Ok(())
    }
}

/// The rates, each with its reverse and its place in time.
pub(super) async fn rates(store: &Store, t: &Tenant, drawn: &Drawn, report: &mut Report) -> Result<Rates> {
    let tenant: Option<TenantRecord> = store.get(&keys::tenant(t)).await?;
    let rows: Vec<Rate> = all(store, t, RATE, drawn, report).await?;
    let (mut by_time, base) = (BTreeSet::new(), tenant.as_ref().map_or(0, |tenant| tenant.base_currency));
    for from in tenant.iter().flat_map(|tenant| &tenant.currencies) {
        for to in tenant.iter().flat_map(|tenant| &tenant.currencies).filter(|to| to.id != from.id) {
            let mut pages = Pages::of(store, keys::rates_between(t, from.id, to.id));
            while let Some(items) = pages.next(report).await? {
                for item in items {
                    let rate: Rate = record(item)?;
                    if !rows.contains(&rate) {
                        report.differ(|| format!("rate {} is not the one at its place in time", rate.id));
                    }
                    by_time.insert(rate.id);
                }
            }
        }
    }
    for rate in &rows {
        if !by_time.contains(&rate.id) {
            report.differ(|| format!("rate {} has no place in time", rate.id));
        }
        let back = rows.iter().find(|other| other.id == rate.other);
        let fits = |other: &Rate| {
            (other.from, other.to, other.at) == (rate.to, rate.from, rate.at)
                && (other.rate * rate.rate).round_dp(9) == rust_decimal::Decimal::ONE
        };
        if !back.is_some_and(fits) {
            report.differ(|| format!("rate {} and its reverse {} do not agree", rate.id, rate.other));
        }
    }
    let whole = drawn.0.get(RATE.0).is_some_and(|ids| ids.holes.is_empty());
    Ok(Rates { rows, whole, base })
}

/// Everything else: orders and services, which are told to `periods`, and what documents are made of.
pub(super) async fn others(
    store: &Store,
    t: &Tenant,
    drawn: &Drawn,
    report: &mut Report,
    periods: &mut Periods,
) -> Result<()> {
    for order in all::<Order>(store, t, ORDER, drawn, report).await? {
        periods.order(&order, report);
    }
    for service in all::<Service>(store, t, SERVICE, drawn, report).await? {
        periods.service(service);
    }
    for entity in OTHERS {
        all::<serde::de::IgnoredAny>(store, t, entity, drawn, report).await?;
    }
    Ok(())
}

/// The rows of an entity; every id that was drawn is a row or was deleted.
async fn all<T: DeserializeOwned>(
    store: &Store,
    t: &Tenant,
    entity: Entity,
    drawn: &Drawn,
    report: &mut Report,
) -> Result<Vec<T>> {
    let (mut rows, mut ids) = (Vec::new(), BTreeSet::new());
    let mut pages = Pages::of(store, keys::rows(t, entity));
    while let Some(items) = pages.next(report).await? {
        for item in items {
            ids.insert(number_of(Some(&item), "id"));
            rows.push(record(item)?);
        }
    }
    drawn.check(store, t, entity, &ids, report).await?;
    Ok(rows)
}
