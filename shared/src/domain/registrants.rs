//! Registered domains, which Billmora calls registrants (contract billmora §8.9, §9.9, §9.11).

use serde::{Deserialize, Serialize};

use crate::domain::catalog::tlds::Tld;
use crate::domain::customers::Customer;
use crate::domain::records::{Claim, IndexRow, List, Record, Stamps, find, find_all, search, stamped};
use crate::domain::services::goods::Goods;
use crate::machinery::caller::{Caller, Tenant};
use crate::machinery::changes::Changes;
use crate::machinery::keys::{self, Entity, REGISTRANT, TLD};
use crate::machinery::listing;
use crate::machinery::operation::{Context, Done, Op, Scope};
use crate::machinery::store::{number_of, text_of};
use crate::words::error::{Error, Result};
use crate::words::money::{Currency, Money};
use crate::words::page::Page;
use crate::words::time::{Date, Instant, Zone};

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

/// Whether a name is free: needs no credential (contract billmora §9.11).
pub static CHECK: Op<Check, Availability> =
    Op::read("domains.check", "domain", Scope::Open, |cx, wanted| Box::pin(check(cx, wanted)));

/// Where a registered domain stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Not registered yet.
    #[default]
    Pending,
    /// On its way from another registrar.
    PendingTransfer,
    /// In use.
    Active,
    /// Past its end.
    Expired,
    /// Barred.
    Suspended,
    /// Given up before it was registered.
    Cancelled,
}

impl Status {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Pending, Self::PendingTransfer, Self::Active, Self::Suspended, Self::Expired, Self::Cancelled];

    /// The word, as index rows and dialects have it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::PendingTransfer => "pending_transfer",
            Self::Active => "active",
            Self::Expired => "expired",
            Self::Suspended => "suspended",
            Self::Cancelled => "cancelled",
        }
    }
}

/// A registered domain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Registrant {
    /// Id, dates and version.
    #[serde(flatten)]
    pub stamps: Stamps,
    /// Whose it is.
    pub customer: u64,
    /// The customer's reseller when it was made.
    pub reseller: u64,
    /// The order it comes of.
    pub order: Option<u64>,
    /// Its top-level domain.
    pub tld: u64,
    /// The whole name, in lower case.
    pub domain: String,
    /// Where it stands.
    pub status: Status,
    /// Whether it comes from another registrar.
    pub transfer: bool,
    /// The code that registrar gave out.
    pub epp_code: Option<String>,
    /// For how many years.
    pub years: u32,
    /// The id of its currency in the tenant.
    pub currency: u64,
    /// That currency.
    pub iso: Currency,
    /// What all those years cost, in minor units.
    pub price: i64,
    /// Whether it is renewed when it ends.
    pub auto_renew: bool,
    /// Its name servers.
    pub nameservers: Option<Vec<Option<String>>>,
    /// When it was registered, UTC.
    pub registered_at: Option<Instant>,
    /// When it ends, UTC.
    pub expires_at: Option<Instant>,
    /// The invoice of its next renewal, while that is asked for.
    pub renewal: Option<u64>,
    /// When it was barred, UTC.
    pub suspended_at: Option<Instant>,
    /// When it was given up, UTC.
    pub cancelled_at: Option<Instant>,
}

impl Registrant {
    /// Its number (`DOM-0001`): ids are dense, and so are the numbers made of them.
    pub fn number(&self) -> String {
        format!("DOM-{:04}", self.stamps.id)
    }

    /// An amount of it.
    pub fn money(&self, minor: i64) -> Money {
        Money { minor, currency: self.iso }
    }

    /// The day on which it ends, while it is in use, UTC.
    pub fn ends_on(&self) -> Option<Date> {
        self.expires_at.filter(|_| self.status == Status::Active).map(|at| Zone::UTC.local(at).date())
    }

    /// Let it begin: for its years, from now on.
    pub fn activate(&mut self, now: Instant) {
        self.status = Status::Active;
        self.registered_at = self.registered_at.or(Some(now));
        self.expires_at = years_after(now, self.years);
    }

    /// Let it go on for its years.
    pub fn renew(&mut self, now: Instant) {
        self.expires_at = years_after(self.expires_at.unwrap_or(now), self.years);
        self.renewal = None;
        if self.status == Status::Expired {
            self.status = Status::Active;
        }
    }
}

/// So many years later, on the last day of February where there is no 29th.
fn years_after(at: Instant, years: u32) -> Option<Instant> {
    at.checked_add_months(chrono::Months::new(years.checked_mul(12)?))
}

impl Record for Registrant {
    const ENTITY: Entity = REGISTRANT;
    const NAME: &'static str = "registrant";
    stamped!();

    fn index_row(&self) -> IndexRow {
        IndexRow {
            id: self.stamps.id,
            number: Some(self.number()),
            name: self.domain.clone(),
            status: self.status.word().to_owned(),
            reseller: Some(self.reseller),
            customer: Some(self.customer),
            parent: Some(self.tld),
            at: self.stamps.created_at,
            until: self.expires_at,
            ..IndexRow::default()
        }
    }
}

/// How many registered domains bear a name: for checking whether it is free. More than one may, since an order
/// does not ask.
pub fn name_claim(domain: &str) -> Claim {
    Claim { what: "domain", value: domain.to_owned(), field: "domain" }
}

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

/// A record's stamps after its next change.
pub(crate) fn touched(cx: &Context, stamps: &Stamps) -> Stamps {
    Stamps { updated_at: cx.now, version: stamps.version + 1, ..stamps.clone() }
}

async fn delete(cx: &Context, id: u64) -> Result<Done<u64>> {
    let (_, registrant) = find::<Registrant>(cx, id).await?;
    let mut changes = Changes::default();
    crate::domain::records::remove(cx, &mut changes, &registrant, "registrant.deleted")?;
    if let Some(day) = registrant.ends_on() {
        changes.erase(keys::agenda_row(cx.tenant(), crate::domain::billing::agenda::DOMAINS, day, id));
    }
    let claim = name_claim(&registrant.domain);
    changes.add(keys::claim(cx.tenant(), claim.what, &claim.value), vec![("bearers".to_owned(), -1)]);
    Ok(Done::changed(1, changes))
}

/// Whether the tenant's own records show a name as free, and under which top-level domain it would be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Availability {
    /// The whole name, in lower case.
    pub domain: String,
    /// Whether nobody here has it.
    pub free: bool,
    /// Its top-level domain.
    pub tld: u64,
}

/// A name to look up.
#[derive(Debug, Clone, Default)]
pub struct Check {
    /// The name.
    pub domain: String,
    /// The tenant among whose top-level domains it is looked up; the site's when missing.
    pub tenant: Option<String>,
}

async fn check(cx: &Context, check: &Check) -> Result<Done<Availability>> {
    let domain = check.domain.trim().to_lowercase();
    let refused = |text: &str| Error::refused("domain_check", text);
    let tld = parts(&domain).ok_or_else(|| refused("Invalid domain name format."))?;
    let site = match &check.tenant {
        Some(_) => None,
        None => cx.store.get_items(&[keys::site()]).await?.pop().flatten(),
    };
    let named = check.tenant.clone().or_else(|| text_of(&site?, "tenant").map(str::to_owned));
    let tenant = named.and_then(|id| Tenant::named(&id)).ok_or_else(|| refused("TLD is not supported."))?;
    let cx = &Context { caller: Caller { tenant, ..cx.caller.clone() }, ..cx.clone() };
    let rows: Vec<IndexRow> = listing::index(cx, keys::index(cx.tenant(), TLD)).await?;
    let found = rows.iter().find(|row| row.name == tld && row.status == "visible");
    let found = found.ok_or_else(|| refused("TLD is not supported."))?;
    let claim = name_claim(&domain);
    let item = cx.store.get_items(&[keys::claim(cx.tenant(), claim.what, &claim.value)]).await?.pop().flatten();
    let free = number_of(item.as_ref(), "bearers") == 0;
    Ok(Done::read(Availability { tld: found.id, free, domain: domain.clone() }))
}

/// Everything from the first dot on, of a name that is one: a label of two characters at least (letters, digits,
/// inner hyphens), a dot, and one or two parts of letters (contract billmora §9.11).
fn parts(domain: &str) -> Option<&str> {
    let at = domain.find('.')?;
    let (label, tld) = domain.split_at_checked(at)?;
    let letter = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
    let good = (2..=63).contains(&label.len())
        && label.bytes().all(letter)
        && !label.starts_with('-')
        && !label.ends_with('-');
    let rest: Vec<&str> = tld.trim_start_matches('.').split('.').collect();
    let letters = |part: &&str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphabetic());
    (good && rest.len() <= 2 && rest.iter().all(letters)).then_some(tld)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_taken_apart() {
        for (name, tld) in [
            ("noor.dev", Some(".dev")),
            ("a1.co.uk", Some(".co.uk")),
            ("my-shop.com", Some(".com")),
            ("a.com", None),
            ("-ab.com", None),
            ("ab-.com", None),
            ("ab", None),
            ("ab.", None),
            ("ab.c0m", None),
            ("a.b.c.d", None),
            ("ab.co.uk.x", None),
            ("ab c.com", None),
        ] {
            assert_eq!(parts(name), tld, "{name}");
        }
    }
}
