//! Currencies of a tenant. They belong to no reseller: everyone of the tenant sees them all.

use crate::domain::customers;
use crate::domain::documents::ledger::Trial;
use crate::domain::tenants::{MOST_CURRENCIES, Precisions, TenantCurrency, TenantRecord, own};
use crate::machinery::changes::Changes;
use crate::machinery::keys;
use crate::machinery::operation::{Context, Done, Op, Scope};
use crate::words::error::{Error, Result, Rule, Violation};
use crate::words::money::Currency;
use crate::words::page::{Page, Window};
use crate::words::patch::Patch;
use crate::words::pattern::Pattern;
use crate::words::time::Instant;

const ENTITY: &str = "currency";

/// List currencies, in the order of their ids.
pub static SEARCH: Op<List, Page<TenantCurrency>> =
    Op::read("currencies.search", ENTITY, Scope::Tenant, |cx, list| Box::pin(search(cx, list)));
/// Read a currency.
pub static GET: Op<u64, TenantCurrency> =
    Op::read("currencies.get", ENTITY, Scope::Tenant, |cx, id| Box::pin(get(cx, *id)));
/// Make a currency.
pub static CREATE: Op<Change, TenantCurrency> =
    Op::write("currencies.create", ENTITY, Scope::Tenant, |cx, change| Box::pin(create(cx, change)));
/// Change a currency. What it is (its ISO code) stays.
pub static UPDATE: Op<(u64, Change), TenantCurrency> =
    Op::write("currencies.update", ENTITY, Scope::Tenant, |cx, (id, change)| Box::pin(update(cx, *id, change)));
/// Delete a currency that nothing uses; the number of currencies deleted.
pub static DELETE: Op<u64, u64> =
    Op::write("currencies.delete", ENTITY, Scope::Tenant, |cx, id| Box::pin(delete(cx, *id)));

/// Which currencies to list.
#[derive(Debug, Clone)]
pub struct List {
    /// The window.
    pub window: Window,
    /// Only these ids.
    pub ids: Option<Vec<u64>>,
    /// Only those whose name or code matches.
    pub search: Option<Pattern>,
}

/// What to make, or to change.
#[derive(Debug, Clone, Default)]
pub struct Change {
    /// The name; needed to make one unless the code is given.
    pub name: Option<String>,
    /// The ISO 4217 code; when missing, the name must be one.
    pub code: Option<String>,
    /// The sign.
    pub symbol: Patch<String>,
    /// Decimal places shown of rates.
    pub rates_precision: Option<u32>,
    /// Decimal places shown of details.
    pub details_precision: Option<u32>,
    /// Decimal places shown of totals.
    pub totals_precision: Option<u32>,
}

async fn search(cx: &Context, list: &List) -> Result<Done<Page<TenantCurrency>>> {
    let wanted = |currency: &TenantCurrency| {
        let by_id = list.ids.as_ref().is_none_or(|ids| ids.contains(&currency.id));
        let by_text = |pattern: &Pattern| pattern.matches(&currency.name) || pattern.matches(currency.iso.code());
        !currency.deleted && by_id && list.search.as_ref().is_none_or(by_text)
    };
    let rows = own(cx).await?.currencies.into_iter().filter(wanted).collect();
    Ok(Done::read(Page::cut(rows, list.window)))
}

async fn get(cx: &Context, id: u64) -> Result<Done<TenantCurrency>> {
    let tenant = own(cx).await?;
    tenant.currency(id).cloned().map(Done::read).ok_or_else(|| Error::not_found(ENTITY, id))
}

async fn create(cx: &Context, change: &Change) -> Result<Done<TenantCurrency>> {
    let mut tenant = own(cx).await?;
    let made = made(&tenant, change, cx.now)?;
    tenant.currencies.push(made.clone());
    done(cx, tenant, "currency.created", made)
}

async fn update(cx: &Context, id: u64, change: &Change) -> Result<Done<TenantCurrency>> {
    let mut tenant = own(cx).await?;
    let Some(currency) = tenant.currencies.iter_mut().find(|currency| currency.id == id && !currency.deleted) else {
        return Err(Error::not_found(ENTITY, id));
    };
    let before = currency.clone();
    changed(currency, change)?;
    if *currency == before {
        return Ok(Done::read(before));
    }
    (currency.updated_at, currency.version) = (cx.now, currency.version + 1);
    let after = currency.clone();
    done(cx, tenant, "currency.updated", after)
}

async fn delete(cx: &Context, id: u64) -> Result<Done<u64>> {
    let mut tenant = own(cx).await?;
    if tenant.base_currency == id {
        return Err(Error::refused("currency_in_use", "The currency is the base currency and cannot be deleted"));
    }
    let Some(currency) = tenant.currencies.iter_mut().find(|currency| currency.id == id && !currency.deleted) else {
        return Err(Error::not_found(ENTITY, id));
    };
    if customers::any_in_currency(cx, id).await? {
        return Err(Error::refused("currency_in_use", "The currency is used by customers and cannot be deleted"));
    }
    let trial = Trial::of_item(cx.store.get_items(&[keys::trial(cx.tenant())]).await?.pop().flatten().as_ref());
    if trial.knows(currency.iso) {
        return Err(Error::refused("currency_in_use", "The currency is used by documents and cannot be deleted"));
    }
    (currency.deleted, currency.updated_at, currency.version) = (true, cx.now, currency.version + 1);
    let gone = currency.clone();
    let Done { changes, .. } = done(cx, tenant, "currency.deleted", gone)?;
    Ok(Done::changed(1, changes))
}

/// The tenant's item with the change in it.
fn done(
    cx: &Context,
    mut tenant: TenantRecord,
    event: &'static str,
    currency: TenantCurrency,
) -> Result<Done<TenantCurrency>> {
    let mut changes = Changes::default();
    let was = tenant.version;
    tenant.version += 1;
    changes.replace(keys::tenant(cx.tenant()), &tenant, was)?;
    changes.tell(event, currency.id, currency.version);
    Ok(Done::changed(currency, changes))
}

/// A new currency, or what is wrong with it.
fn made(tenant: &TenantRecord, change: &Change, now: Instant) -> Result<TenantCurrency> {
    let (field, code) = match (&change.code, &change.name) {
        (Some(code), _) => ("code", code),
        (None, Some(name)) => ("name", name),
        (None, None) => return Err(Error::field("name", Rule::Required)),
    };
    let Some(iso) = Currency::from_code(code) else {
        // A name of its own is welcome, but then the code must say which currency it is.
        let missing = if field == "name" { Error::field("code", Rule::Required) } else { unknown(code) };
        return Err(missing);
    };
    if tenant.currency_by_code(iso.code()).is_some() {
        return Err(Error::field(field, Rule::Taken));
    }
    if tenant.currencies.len() >= MOST_CURRENCIES {
        return Err(Error::refused(
            "too_many_currencies",
            format!("A tenant has at most {MOST_CURRENCIES} currencies"),
        ));
    }
    let id = tenant.currencies.iter().map(|currency| currency.id).max().unwrap_or(0) + 1;
    let mut currency = TenantCurrency {
        id,
        name: iso.code().to_owned(),
        iso,
        symbol: None,
        precisions: Precisions::default(),
        deleted: false,
        created_at: now,
        updated_at: now,
        version: 1,
    };
    changed(&mut currency, &Change { code: None, ..change.clone() })?;
    Ok(currency)
}

fn unknown(code: &str) -> Error {
    Violation::missing("code", "currencies", code).into()
}

fn changed(currency: &mut TenantCurrency, change: &Change) -> Result<()> {
    if let Some(code) = &change.code
        && !code.eq_ignore_ascii_case(currency.iso.code())
    {
        return Err(Error::field("code", Rule::ReadOnly));
    }
    if let Some(name) = &change.name {
        currency.name.clone_from(name);
    }
    change.symbol.clone().apply(&mut currency.symbol);
    let precisions = &mut currency.precisions;
    precisions.rates = change.rates_precision.unwrap_or(precisions.rates);
    precisions.details = change.details_precision.unwrap_or(precisions.details);
    precisions.totals = change.totals_precision.unwrap_or(precisions.totals);
    Ok(())
}
