//! Registered domains, which Billmora calls registrants (contract billmora §8.9, §9.9, §9.11).
//!
//! * here: the operations on one; [`check`]: whether a name is free; `lines`: the line that asks for a domain's years.

pub mod check;
pub(crate) mod lines;

use crate::domain::catalog::tlds::Tld;
use crate::domain::customers::Customer;
use crate::domain::records::{BEARERS, List, find, find_all, search, touched};
use crate::domain::sales::goods::Goods;
use crate::domain::sales::registrant::{Registrant, Status, name_claim};
use crate::machinery::changes::Changes;
use crate::machinery::keys;
use crate::machinery::operation::{Context, Done, Op, Scope};
use crate::words::error::{Error, Result};
use crate::words::money::Currency;
use crate::words::page::Page;

/// List registered domains.
pub static SEARCH: Op<List, Page<Shown>> =
    Op::read("registrants.search", "registrant", Scope::Reseller, |cx, list| Box::pin(list_all(cx, list)));
/// Read a registered domain.
pub static GET: Op<u64, Shown> =
    Op::read("registrants.get", "registrant", Scope::Reseller, |cx, id| Box::pin(get(cx, *id)));
/// Change a registered domain: no registrar is called.
pub static UPDATE: Op<Change, Shown> =
    Op::write("registrants.update", "registrant", Scope::Reseller, |cx, change| Box::pin(update(cx, change)));
/// Take a registered domain away; the number taken away.
pub static DELETE: Op<u64, u64> =
    Op::write("registrants.delete", "registrant", Scope::Reseller, |cx, id| Box::pin(delete(cx, *id)));

/// A registered domain with what it refers to.
#[derive(Debug, Clone, PartialEq)]
pub struct Shown {
    /// The registered domain.
    pub registrant: Registrant,
    /// Its customer; absent where it was deleted.
    pub customer: Option<(Customer, Currency)>,
    /// Its top-level domain; absent where it was deleted.
    pub tld: Option<Tld>,
}

/// What to change.
#[derive(Debug, Clone, Default)]
pub struct Change {
    /// The registered domain.
    pub id: u64,
    /// Where it shall stand.
    pub status: Option<Status>,
    /// Whether it is renewed when it ends.
    pub auto_renew: Option<bool>,
    /// Its name servers.
    pub nameservers: Option<Vec<Option<String>>>,
}

async fn beside(
    cx: &Context,
    tenant: &crate::domain::tenants::TenantRecord,
    rows: Vec<Registrant>,
) -> Result<Vec<Shown>> {
    let customers = crate::domain::customers::shown::by_id(cx, tenant, rows.iter().map(|row| row.customer)).await?;
    let mut tlds: Vec<u64> = rows.iter().map(|row| row.tld).collect();
    tlds.sort_unstable();
    tlds.dedup();
    let found = find_all::<Tld>(cx, &tlds).await?;
    let tld = |id: u64| tlds.binary_search(&id).ok().and_then(|place| found.get(place).cloned().flatten());
    let one = |registrant: Registrant| Shown {
        customer: customers.get(&registrant.customer).cloned(),
        tld: tld(registrant.tld),
        registrant,
    };
    Ok(rows.into_iter().map(one).collect())
}

async fn one(cx: &Context, tenant: &crate::domain::tenants::TenantRecord, registrant: Registrant) -> Result<Shown> {
    let mut shown = beside(cx, tenant, vec![registrant]).await?;
    shown.pop().ok_or_else(|| Error::internal("a registrant that is not there"))
}

async fn list_all(cx: &Context, list: &List) -> Result<Done<Page<Shown>>> {
    let (tenant, page) = search::<Registrant>(cx, list).await?;
    let Page { rows, total, window } = page;
    Ok(Done::read(Page { rows: beside(cx, &tenant, rows).await?, total, window }))
}

async fn get(cx: &Context, id: u64) -> Result<Done<Shown>> {
    let (tenant, registrant) = find::<Registrant>(cx, id).await?;
    Ok(Done::read(one(cx, &tenant, registrant).await?))
}

async fn update(cx: &Context, change: &Change) -> Result<Done<Shown>> {
    let (tenant, before) = find::<Registrant>(cx, change.id).await?;
    let mut goods = Goods::open(cx, &tenant, &[], &[], &[change.id]).await?;
    let Some(held) = goods.registrants.get_mut(&change.id) else {
        return Err(Error::not_found("registrant", change.id));
    };
    let after = &mut held.after;
    after.status = change.status.unwrap_or(after.status);
    after.auto_renew = change.auto_renew.unwrap_or(after.auto_renew);
    if let Some(nameservers) = &change.nameservers {
        after.nameservers = Some(nameservers.clone());
    }
    if *after == before {
        return Ok(Done::read(one(cx, &tenant, before).await?));
    }
    let answer = Registrant { stamps: touched(cx, &before.stamps), ..after.clone() };
    let mut changes = Changes::default();
    goods.into_changes(&mut changes)?;
    Ok(Done::changed(one(cx, &tenant, answer).await?, changes))
}

async fn delete(cx: &Context, id: u64) -> Result<Done<u64>> {
    let (_, registrant) = find::<Registrant>(cx, id).await?;
    let mut changes = Changes::default();
    crate::domain::records::remove(cx, &mut changes, &registrant, "registrant.deleted")?;
    if let Some(day) = registrant.ends_on() {
        changes.erase(keys::agenda_row(cx.tenant(), crate::domain::agenda::DOMAINS, day, id));
    }
    let claim = name_claim(&registrant.domain);
    changes.add(keys::claim(cx.tenant(), claim.what, &claim.value), vec![(BEARERS.to_owned(), -1)]);
    Ok(Done::changed(1, changes))
}
