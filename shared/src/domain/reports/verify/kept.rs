//! Whether anything was changed without a commit: seals of what documents depend on, and ids without gaps.

use std::collections::BTreeSet;

use serde::de::DeserializeOwned;

use super::arithmetic::Rates;
use super::periods::Periods;
use super::{Report, pages};
use crate::domain::orders::Order;
use crate::domain::rates::Rate;
use crate::domain::services::entity::Service;
use crate::domain::tenants::TenantRecord;
use crate::machinery::caller::Tenant;
use crate::machinery::keys::{self, COUPON, CUSTOMER, Entity, ORDER, PRODUCT, QUOTE, RATE, REGISTRANT, SERVICE, TLD};
use crate::machinery::listing::Ids;
use crate::machinery::store::{Item, Store, number_of, record};
use crate::words::error::Result;

/// What documents are made of, beside rates, orders and services.
const OTHERS: [Entity; 6] = [CUSTOMER, PRODUCT, COUPON, TLD, QUOTE, REGISTRANT];

/// The rates, each with its reverse and its place in time.
pub(super) async fn rates(store: &Store, t: &Tenant, report: &mut Report) -> Result<Rates> {
    let tenant: Option<TenantRecord> = store.get(&keys::tenant(t)).await?;
    let rows: Vec<Rate> = all(store, t, RATE, report).await?;
    let (mut by_time, base) = (BTreeSet::new(), tenant.as_ref().map_or(0, |tenant| tenant.base_currency));
    for from in tenant.iter().flat_map(|tenant| &tenant.currencies) {
        for to in tenant.iter().flat_map(|tenant| &tenant.currencies).filter(|to| to.id != from.id) {
            let mut after = None;
            while let Some(items) = pages(store, keys::rates_between(t, from.id, to.id), &mut after, report).await? {
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
    let holes = store.get_items(&[keys::holes(t, RATE)]).await?.pop().flatten();
    Ok(Rates { rows, whole: Ids::of(None, holes.as_ref()).holes.is_empty(), base })
}

/// Everything else: orders and services, which are told to `periods`, and what documents are made of.
pub(super) async fn others(store: &Store, t: &Tenant, report: &mut Report, periods: &mut Periods) -> Result<()> {
    for order in all::<Order>(store, t, ORDER, report).await? {
        periods.order(&order, report);
    }
    for service in all::<Service>(store, t, SERVICE, report).await? {
        periods.service(service);
    }
    for entity in OTHERS {
        all::<serde::de::IgnoredAny>(store, t, entity, report).await?;
    }
    Ok(())
}

/// The rows of an entity; every id that was drawn is a row or was deleted.
async fn all<T: DeserializeOwned>(store: &Store, t: &Tenant, entity: Entity, report: &mut Report) -> Result<Vec<T>> {
    let (mut rows, mut ids, mut after) = (Vec::new(), BTreeSet::new(), None);
    while let Some(items) = pages(store, keys::rows(t, entity), &mut after, report).await? {
        for item in items {
            ids.insert(number_of(Some(&item), "id"));
            rows.push(record(item)?);
        }
    }
    dense(store, t, entity, &ids, report).await?;
    Ok(rows)
}

/// Every id that was drawn is a row (`ids`) or was deleted.
pub(super) async fn dense(
    store: &Store,
    t: &Tenant,
    entity: Entity,
    ids: &BTreeSet<u64>,
    report: &mut Report,
) -> Result<()> {
    let items: Vec<Option<Item>> = store.get_items(&[keys::sequence(t, entity), keys::holes(t, entity)]).await?;
    let known = Ids::of(items.first().and_then(Option::as_ref), items.get(1).and_then(Option::as_ref));
    let mut gone = BTreeSet::new();
    for (run, _) in &known.holes {
        gone.extend(Ids::gone(store.get_items(&[keys::holes_of_run(t, entity, *run)]).await?.pop().flatten().as_ref()));
    }
    for id in (1..=known.last).filter(|id| !ids.contains(id) && !gone.contains(id)) {
        report.differ(|| format!("{} {id} is not there, and nobody deleted it", entity.0));
    }
    for id in ids.iter().filter(|id| gone.contains(id) || **id > known.last) {
        report.differ(|| format!("{} {id} is there, and its id was deleted or never drawn", entity.0));
    }
    Ok(())
}
