//! Resellers of a tenant, which JeraSoft also calls companies: in whose books customers, packages and rate tables
//! are. They stand in the tenant's own item, since every operation checks against them.

use rust_decimal::Decimal;
use std::collections::BTreeMap;

use crate::domain::customers::customers_of;
use crate::domain::documents::sums::amount;
use crate::domain::records::{List as Records, indexed};
use crate::domain::tenants::{CurrencyRef, MOST_RESELLERS, Reseller, TenantRecord, own};
use crate::machinery::changes::Changes;
use crate::machinery::keys::{self, USER};
use crate::machinery::operation::{Context, Done, Op, Scope};
use crate::words::error::{Error, Result, Rule, Told, Violation};
use crate::words::money::Money;
use crate::words::page::{Page, Window};
use crate::words::patch::Patch;
use crate::words::pattern::Pattern;

const ENTITY: &str = "reseller";

/// List resellers, in the order of their ids.
pub static SEARCH: Op<List, Page<Shown>> =
    Op::read("resellers.search", ENTITY, Scope::Reseller, |cx, list| Box::pin(search(cx, list)));
/// Read a reseller.
pub static GET: Op<u64, Shown> = Op::read("resellers.get", ENTITY, Scope::Reseller, |cx, id| Box::pin(get(cx, *id)));
/// Make a reseller.
pub static CREATE: Op<Change, Shown> =
    Op::write("resellers.create", ENTITY, Scope::Reseller, |cx, change| Box::pin(create(cx, change)));
/// Change a reseller.
pub static UPDATE: Op<(u64, Change), Shown> =
    Op::write("resellers.update", ENTITY, Scope::Reseller, |cx, (id, change)| Box::pin(update(cx, *id, change)));
/// Close a reseller's books; how many were. What is in them stays.
pub static ARCHIVE: Op<u64, u64> =
    Op::write("resellers.archive", ENTITY, Scope::Reseller, |cx, id| Box::pin(archive(cx, *id)));
/// Delete a reseller that nothing refers to; how many were.
pub static DELETE: Op<u64, u64> =
    Op::write("resellers.delete", ENTITY, Scope::Reseller, |cx, id| Box::pin(delete(cx, *id)));

/// Which resellers to list.
#[derive(Debug, Clone)]
pub struct List {
    /// The window.
    pub window: Window,
    /// Only these ids.
    pub ids: Option<Vec<u64>>,
    /// Only those whose name matches.
    pub search: Option<Pattern>,
    /// Only those that are archived, or that are not.
    pub archived: Option<bool>,
    /// What to sort by: the name (true) or the id, each descending or not.
    pub order: Vec<(bool, bool)>,
}

/// What to make, or to change.
#[derive(Debug, Clone, Default)]
pub struct Change {
    /// The name; needed to make one, unique in the tenant.
    pub name: Option<String>,
    /// The reseller above it.
    pub parent: Patch<u64>,
    /// The currency of its credit.
    pub currency: Option<CurrencyRef>,
    /// How far its balance may go below zero; cleared is without limit.
    pub credit: Patch<Decimal>,
}

/// A reseller with what is counted of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// The reseller.
    pub reseller: Reseller,
    /// The id of its currency in the tenant; the base currency where it has none of its own.
    pub currency: u64,
    /// How far its balance may go below zero; none for without limit.
    pub credit: Option<Money>,
    /// How many users are limited to it.
    pub users: u64,
    /// How many customers are in its books.
    pub clients: u64,
}

struct Counted {
    users: BTreeMap<u64, u64>,
    clients: BTreeMap<u64, u64>,
}

async fn counted(cx: &Context, tenant: &TenantRecord) -> Result<Counted> {
    let mut counted = Counted { users: BTreeMap::new(), clients: BTreeMap::new() };
    for row in indexed(cx, USER, &Records::all(Window::whole()), &tenant.reach(&cx.caller)).await? {
        *counted.users.entry(row.reseller.unwrap_or_default()).or_default() += 1;
    }
    for reseller in customers_of(cx).await? {
        *counted.clients.entry(reseller).or_default() += 1;
    }
    Ok(counted)
}

fn shown(tenant: &TenantRecord, counted: &Counted, reseller: &Reseller) -> Result<Shown> {
    let currency = tenant.currency_of(reseller.currency.unwrap_or(tenant.base_currency))?;
    let of = |map: &BTreeMap<u64, u64>| map.get(&reseller.id).copied().unwrap_or_default();
    Ok(Shown {
        currency: currency.id,
        credit: reseller.credit.map(|minor| Money { minor, currency: currency.iso }),
        users: of(&counted.users),
        clients: of(&counted.clients),
        reseller: reseller.clone(),
    })
}

async fn search(cx: &Context, list: &List) -> Result<Done<Page<Shown>>> {
    let tenant = own(cx).await?;
    let counted = counted(cx, &tenant).await?;
    let reach = tenant.reach(&cx.caller);
    let mut rows = Vec::new();
    for one in tenant.resellers.iter().filter(|one| !one.deleted && reach.covers(one.id)) {
        let by_id = list.ids.as_ref().is_none_or(|ids| ids.contains(&one.id));
        let by_name = list.search.as_ref().is_none_or(|pattern| pattern.matches(&one.name));
        if by_id && by_name && list.archived.is_none_or(|archived| archived == one.archived) {
            rows.push(shown(&tenant, &counted, one)?);
        }
    }
    rows.sort_by_key(|row| row.reseller.id);
    for (by_name, descending) in list.order.iter().rev() {
        rows.sort_by(|left, right| {
            let way = match by_name {
                true => left.reseller.name.to_lowercase().cmp(&right.reseller.name.to_lowercase()),
                false => left.reseller.id.cmp(&right.reseller.id),
            };
            if *descending { way.reverse() } else { way }
        });
    }
    Ok(Done::read(Page::cut(rows, list.window)))
}

/// A reseller that the caller may see.
fn visible(cx: &Context, tenant: &TenantRecord, id: u64) -> Result<Reseller> {
    let found = tenant.reseller(id).filter(|one| !one.deleted && tenant.reach(&cx.caller).covers(one.id));
    found.cloned().ok_or_else(|| Error::not_found(ENTITY, id))
}

async fn get(cx: &Context, id: u64) -> Result<Done<Shown>> {
    let tenant = own(cx).await?;
    let reseller = visible(cx, &tenant, id)?;
    Ok(Done::read(shown(&tenant, &counted(cx, &tenant).await?, &reseller)?))
}

/// The reseller as it stands then, or everything that is wrong with it.
fn apply(cx: &Context, tenant: &TenantRecord, reseller: &mut Reseller, change: &Change) -> Result<()> {
    let mut found = Vec::new();
    if let Some(name) = &change.name {
        let same = |one: &&Reseller| {
            one.id != reseller.id && !one.deleted && one.name.to_lowercase() == name.trim().to_lowercase()
        };
        if tenant.resellers.iter().any(|one| same(&one)) {
            found.push(Violation { field: "name".into(), rule: Rule::Taken });
        }
        reseller.name = name.trim().to_owned();
    }
    let reach = tenant.reach(&cx.caller);
    change.parent.clone().apply(&mut reseller.parent);
    if let Some(parent) = change.parent.value() {
        let there = tenant.open_reseller(*parent).is_some() && reach.covers(*parent);
        if !there || tenant.below(reseller.id).contains(parent) {
            found.push(Violation::missing("parent", "resellers", parent));
        }
    } else if cx.caller.reseller.is_some() && reseller.parent.is_none() {
        // Who is limited to a reseller sees nothing but what is below it.
        reseller.parent = cx.caller.reseller.filter(|own| *own != reseller.id);
    }
    match change.currency.as_ref().map(|given| given.find(tenant).ok_or(given)) {
        Some(Err(given)) => found.push(Violation::missing("currency", "currencies", given.given())),
        Some(Ok(currency)) => reseller.currency = Some(currency.id),
        None => {}
    }
    let currency = tenant.currency_of(reseller.currency.unwrap_or(tenant.base_currency))?;
    match &change.credit {
        Patch::Keep => {}
        Patch::Clear => reseller.credit = None,
        Patch::Set(credit) => match amount("credit", *credit, currency.iso) {
            Ok(minor) => reseller.credit = Some(minor),
            Err(fault) => found.push(fault),
        },
    }
    if found.is_empty() { Ok(()) } else { Err(Error::told(Told::Invalid(found))) }
}

/// The tenant's item with the reseller in it.
fn save(cx: &Context, mut tenant: TenantRecord, reseller: Reseller, event: &'static str) -> Result<Changes> {
    let mut changes = Changes::default();
    changes.tell(event, reseller.id, reseller.version);
    match tenant.resellers.iter_mut().find(|one| one.id == reseller.id) {
        Some(place) => *place = reseller,
        None => tenant.resellers.push(reseller),
    }
    let was = tenant.version;
    tenant.version += 1;
    changes.replace(keys::tenant(cx.tenant()), &tenant, was)?;
    Ok(changes)
}

async fn create(cx: &Context, change: &Change) -> Result<Done<Shown>> {
    let tenant = own(cx).await?;
    if tenant.resellers.len() >= MOST_RESELLERS {
        let text = format!("A tenant has at most {MOST_RESELLERS} resellers");
        return Err(Error::refused("too_many_resellers", text));
    }
    let id = tenant.resellers.iter().map(|one| one.id).max().unwrap_or(0) + 1;
    let mut reseller = Reseller { created_at: Some(cx.now), credit: Some(0), ..Reseller::new(id, "", None) };
    apply(cx, &tenant, &mut reseller, change)?;
    let nobody = Counted { users: BTreeMap::new(), clients: BTreeMap::new() };
    let answer = shown(&tenant, &nobody, &reseller)?;
    Ok(Done::changed(answer, save(cx, tenant, reseller, "reseller.created")?))
}

async fn update(cx: &Context, id: u64, change: &Change) -> Result<Done<Shown>> {
    let tenant = own(cx).await?;
    let before = visible(cx, &tenant, id)?;
    let mut after = before.clone();
    apply(cx, &tenant, &mut after, change)?;
    let counted = counted(cx, &tenant).await?;
    if after == before {
        return Ok(Done::read(shown(&tenant, &counted, &before)?));
    }
    after.version += 1;
    let answer = shown(&tenant, &counted, &after)?;
    Ok(Done::changed(answer, save(cx, tenant, after, "reseller.updated")?))
}

/// Refuses to take the last reseller away: every record is in the books of one.
fn not_the_last(tenant: &TenantRecord, id: u64) -> Result<()> {
    if tenant.resellers.iter().any(|one| one.id != id && one.is_open()) {
        return Ok(());
    }
    Err(Error::refused("last_reseller", "The last reseller of a tenant stays"))
}

async fn archive(cx: &Context, id: u64) -> Result<Done<u64>> {
    let tenant = own(cx).await?;
    let before = visible(cx, &tenant, id)?;
    if before.archived {
        return Ok(Done::read(0));
    }
    not_the_last(&tenant, id)?;
    let after = Reseller { archived: true, version: before.version + 1, ..before };
    Ok(Done::changed(1, save(cx, tenant, after, "reseller.archived")?))
}

/// Statistics would no longer add up (contract jerasoft §4.10), so that one with anything is archived instead; and
/// since packages, leads and figures refer to it by its id too, its row stays in the tenant's item for good.
async fn delete(cx: &Context, id: u64) -> Result<Done<u64>> {
    let tenant = own(cx).await?;
    let before = visible(cx, &tenant, id)?;
    not_the_last(&tenant, id)?;
    let counted = counted(cx, &tenant).await?;
    let found = shown(&tenant, &counted, &before)?;
    let above = tenant.resellers.iter().any(|one| one.parent == Some(id) && !one.deleted);
    if found.users + found.clients > 0 || above {
        return Err(Error::refused("reseller_in_use", "The reseller has users, clients or resellers below it"));
    }
    let after = Reseller { deleted: true, version: before.version + 1, ..before };
    Ok(Done::changed(1, save(cx, tenant, after, "reseller.deleted")?))
}
