//! Exchange rates: dated, from one currency to another, each with its reverse.
//!
//! Making a rate makes the reverse too, `1 / rate` at the same instant (contract jerasoft §4.5). The rate in
//! force at an instant is the latest one at or before it. Rates are not changed; a wrong one is deleted,
//! with its reverse, and a right one made.

use rust_decimal::{Decimal, RoundingStrategy};
use serde::{Deserialize, Serialize};

use crate::domain::tenants::{CurrencyRef, TenantCurrency, TenantRecord, of_item, own};
use crate::machinery::changes::Changes;
use crate::machinery::keys::{self, RATE};
use crate::machinery::listing::{self, Ids};
use crate::machinery::operation::{Context, Done, Op, Scope, Working};
use crate::machinery::store::{Range, record};
use crate::words::error::{Error, Result, Rule, Told, Violation};
use crate::words::page::{Page, Window};
use crate::words::time::Instant;

const ENTITY: &str = "rate";
/// Significant digits that a reverse is kept with: more than the twelve the contract asks for, and few
/// enough that reverse times rate is 1 to that many places.
const SIGNIFICANT: u32 = 18;
/// The largest rate either way.
const LARGEST: i64 = 1_000_000_000_000;

/// List rates, in the order of their ids.
pub static SEARCH: Op<List, Page<Shown>> =
    Op::read("rates.search", ENTITY, Scope::Tenant, |cx, list| Box::pin(search(cx, list)));
/// Read a rate.
pub static GET: Op<u64, Shown> = Op::read("rates.get", ENTITY, Scope::Tenant, |cx, id| Box::pin(get(cx, *id)));
/// The rate in force at an instant.
pub static AT: Op<Asked, Decimal> =
    Op::read("rates.at", ENTITY, Scope::Tenant, |cx, asked| Box::pin(at(cx, asked))).also(asked_also);
/// Make a rate and its reverse; the answer is the rate.
pub static CREATE: Op<New, Shown> =
    Op::write("rates.create", ENTITY, Scope::Tenant, |cx, new| Box::pin(create(cx, new))).also(new_also);
/// Delete a rate and its reverse; the number of rates deleted.
pub static DELETE: Op<u64, u64> = Op::write("rates.delete", ENTITY, Scope::Tenant, |cx, id| Box::pin(delete(cx, *id)));

/// Which rates to list.
#[derive(Debug, Clone)]
pub struct List {
    /// The window.
    pub window: Window,
    /// Only these ids.
    pub ids: Option<Vec<u64>>,
    /// Only from these currencies.
    pub from: Vec<CurrencyRef>,
    /// Only to these currencies.
    pub to: Vec<CurrencyRef>,
    /// Only at or after the first and at or before the second instant.
    pub between: (Option<Instant>, Option<Instant>),
}

/// Which rate is asked for.
#[derive(Debug, Clone, Default)]
pub struct Asked {
    /// From this currency.
    pub from: CurrencyRef,
    /// To this currency.
    pub to: CurrencyRef,
    /// At this instant; now when missing.
    pub at: Option<Instant>,
}

/// What to make.
#[derive(Debug, Clone, Default)]
pub struct New {
    /// From, to, and since when; now when missing.
    pub asked: Asked,
    /// How much of `to` one of `from` is; above 0.
    pub rate: Decimal,
}

async fn search(cx: &Context, list: &List) -> Result<Done<Page<Shown>>> {
    let all = list.ids.is_none() && list.from.is_empty() && list.to.is_empty() && list.between == (None, None);
    let [sequence, holes] = Ids::keys(cx, RATE);
    let mut items = cx.store.get_items(&[keys::tenant(cx.tenant()), sequence, holes]).await?.into_iter();
    let tenant = of_item(cx, items.next().flatten())?;
    let page = if all {
        let ids = Ids::of(items.next().flatten().as_ref(), items.next().flatten().as_ref());
        listing::page(cx, RATE, &ids, list.window).await?
    } else {
        let resolve = |refs: &[CurrencyRef]| {
            refs.iter().filter_map(|one| one.find(&tenant)).map(|one| one.id).collect::<Vec<_>>()
        };
        let (from, to) = (resolve(&list.from), resolve(&list.to));
        let wanted = |rate: &Rate| {
            list.ids.as_ref().is_none_or(|ids| ids.contains(&rate.id))
                && (list.from.is_empty() || from.contains(&rate.from))
                && (list.to.is_empty() || to.contains(&rate.to))
                && list.between.0.is_none_or(|start| rate.at >= start)
                && list.between.1.is_none_or(|end| rate.at <= end)
        };
        // A rate's row is small: the rows are their own index.
        let mut rows: Vec<Rate> = listing::index(cx, keys::rows(cx.tenant(), RATE)).await?;
        rows.retain(wanted);
        Page::cut(rows, list.window)
    };
    let Page { rows, total, window } = page;
    let rows = rows.into_iter().map(|rate| shown(rate, &tenant)).collect::<Result<_>>()?;
    Ok(Done::read(Page { rows, total, window }))
}

async fn get(cx: &Context, id: u64) -> Result<Done<Shown>> {
    let mut items =
        cx.store.get_items(&[keys::tenant(cx.tenant()), keys::row(cx.tenant(), RATE, id)]).await?.into_iter();
    let tenant = of_item(cx, items.next().flatten())?;
    let rate = items.next().flatten().ok_or_else(|| Error::not_found(ENTITY, id))?;
    Ok(Done::read(shown(record(rate)?, &tenant)?))
}

async fn at(cx: &Context, asked: &Asked) -> Result<Done<Decimal>> {
    let tenant = own(cx).await?;
    let (from, to) = both(&tenant, asked)?;
    let pair = || format!("{}/{}", from.iso.code(), to.iso.code());
    let rate = in_force(cx, from.id, to.id, asked.at.unwrap_or(cx.now)).await?;
    rate.map(Done::read).ok_or_else(|| Error::not_found(ENTITY, pair()))
}

/// How much of one currency (id) another (id) is at an instant: 1 of itself; `None` where no rate was made
/// that early. One call, none for a currency to itself.
pub(crate) async fn in_force(cx: &Context, from: u64, to: u64, at: Instant) -> Result<Option<Decimal>> {
    if from == to {
        return Ok(Some(Decimal::ONE));
    }
    let range = Range {
        to: Some(keys::rate_bound(at)),
        forward: false,
        limit: Some(1),
        ..Range::whole(keys::rates_between(cx.tenant(), from, to))
    };
    let latest = cx.store.query(&range).await?.pop().map(record::<Rate>).transpose()?;
    Ok(latest.map(|rate| rate.rate))
}

async fn create(cx: &Context, new: &New) -> Result<Done<Shown>> {
    let [sequence, _] = Ids::keys(cx, RATE);
    let mut items = cx.store.get_items(&[keys::tenant(cx.tenant()), sequence]).await?.into_iter();
    let tenant = of_item(cx, items.next().flatten())?;
    let last = Ids::of(items.next().flatten().as_ref(), None).last;
    let (from, to) = both(&tenant, &new.asked)?;
    if from.id == to.id {
        return Err(Error::refused("same_currency", "A currency has no rate to itself"));
    }
    let reverse = reverse(new.rate)?;
    let at = new.asked.at.unwrap_or(cx.now);
    let rate = |id, other, from, to, rate| Rate { id, other, from, to, rate, at, created_at: cx.now, version: 1 };
    let forward = rate(last + 1, last + 2, from.id, to.id, new.rate.normalize());
    let backward = rate(last + 2, last + 1, to.id, from.id, reverse);
    let mut changes = Changes::default();
    listing::draw(&mut changes, cx, RATE, last, 2);
    for rate in [&forward, &backward] {
        changes.insert(keys::row(cx.tenant(), RATE, rate.id), rate)?;
        changes.insert(keys::rate_at(cx.tenant(), rate.from, rate.to, rate.at, rate.id), rate)?;
        changes.tell("rate.created", rate.id, 1);
    }
    Ok(Done::changed(shown(forward, &tenant)?, changes))
}

async fn delete(cx: &Context, id: u64) -> Result<Done<u64>> {
    let rate: Option<Rate> = cx.store.get(&keys::row(cx.tenant(), RATE, id)).await?;
    let rate = rate.ok_or_else(|| Error::not_found(ENTITY, id))?;
    let mut changes = Changes::default();
    // A pair is made together and deleted together, so the other one is this one turned round.
    for (id, from, to) in [(rate.id, rate.from, rate.to), (rate.other, rate.to, rate.from)] {
        changes.delete(keys::row(cx.tenant(), RATE, id), 1);
        changes.erase(keys::rate_at(cx.tenant(), from, to, rate.at, id));
        changes.tell("rate.deleted", id, 2);
    }
    listing::make_holes(&mut changes, cx, RATE, &[rate.id, rate.other]);
    Ok(Done::changed(2, changes))
}

fn asked_also<'a>(cx: &'a Context, asked: &'a Asked) -> Working<'a, Vec<Violation>> {
    Box::pin(async move { Ok(violations(both(&own(cx).await?, asked).err())) })
}

fn new_also<'a>(cx: &'a Context, new: &'a New) -> Working<'a, Vec<Violation>> {
    asked_also(cx, &new.asked)
}

fn violations(error: Option<Error>) -> Vec<Violation> {
    match error.map(|error| error.told) {
        Some(Told::Invalid(found)) => found,
        _ => Vec::new(),
    }
}

/// Both currencies, or which of them is not there.
fn both<'t>(tenant: &'t TenantRecord, asked: &Asked) -> Result<(&'t TenantCurrency, &'t TenantCurrency)> {
    let missing = |field: &str, given: &CurrencyRef| Violation::missing(field, "currencies", given.given());
    match (asked.from.find(tenant), asked.to.find(tenant)) {
        (Some(from), Some(to)) => Ok((from, to)),
        (from, to) => {
            let mut found = Vec::new();
            found.extend(from.is_none().then(|| missing("from", &asked.from)));
            found.extend(to.is_none().then(|| missing("to", &asked.to)));
            Err(Error::told(Told::Invalid(found)))
        }
    }
}

/// The reverse of a rate, half away from zero at [`SIGNIFICANT`] digits, or what is wrong with the rate.
fn reverse(rate: Decimal) -> Result<Decimal> {
    if rate <= Decimal::ZERO {
        return Err(Error::field("rate", Rule::NotPositive));
    }
    let largest = Decimal::from(LARGEST);
    if rate > largest {
        return Err(Error::field("rate", Rule::TooLarge(LARGEST.to_string())));
    }
    let whole = Decimal::ONE.checked_div(rate).filter(|reverse| *reverse <= largest);
    let whole = whole.ok_or_else(|| Error::field("rate", Rule::TooSmall(format!("0.{:0>12}", 1))))?;
    let rounded = whole.round_sf_with_strategy(SIGNIFICANT, RoundingStrategy::MidpointAwayFromZero).unwrap_or(whole);
    Ok(rounded.normalize())
}

fn shown(rate: Rate, tenant: &TenantRecord) -> Result<Shown> {
    let code = |id| tenant.currency_of(id).map(|currency| currency.iso.code());
    Ok(Shown { from_code: code(rate.from)?, to_code: code(rate.to)?, rate })
}

/// A rate with the codes of its currencies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// The rate.
    pub rate: Rate,
    /// ISO 4217 code of the currency it is from.
    pub from_code: &'static str,
    /// ISO 4217 code of the currency it is to.
    pub to_code: &'static str,
}

/// How much of one currency another is, since an instant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rate {
    /// The id.
    pub id: u64,
    /// The id of the reverse.
    pub other: u64,
    /// One of this currency (id) …
    pub from: u64,
    /// … is so many of this one (id).
    pub to: u64,
    /// How many; above 0.
    #[serde(with = "rust_decimal::serde::str")]
    pub rate: Decimal,
    /// Since when, UTC.
    pub at: Instant,
    /// When it was entered, UTC.
    pub created_at: Instant,
    /// Always 1: rates are not changed.
    pub version: u64,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::money::parse_decimal;

    #[test]
    fn the_reverse_is_exact_where_it_can_be() {
        let reversed =
            |text: &str| reverse(parse_decimal(text).unwrap()).map(|reverse| reverse.to_string()).map_err(|e| e.told);
        assert_eq!(reversed("4"), Ok("0.25".into()));
        assert_eq!(reversed("1.25"), Ok("0.8".into()));
        assert_eq!(reversed("3"), Ok("0.333333333333333333".into()));
        assert_eq!(reversed("71.160"), Ok("0.0140528386734120292".into()));
        assert_eq!(reversed("0.000000000001"), Ok("1000000000000".into()));
        for bad in ["0", "-1", "1000000000001", "0.0000000000001"] {
            assert!(reversed(bad).is_err(), "{bad}");
        }
    }
}
