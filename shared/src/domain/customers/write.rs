//! Create, update, archive and delete customers.
//!
//! A value that some dialect wants to be unique (the e-mail address; in JeraSoft the name within a reseller)
//! is counted: how many customers bear it. Who wants it unique adds to the count on condition that it is 0;
//! who does not, just adds. So a rule of one dialect never stands in the way of another's clients.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::domain::customers::ENTITY;
use crate::domain::customers::entity::{Change, Customer, Status, Text};
use crate::domain::customers::list::with_tenant;
use crate::domain::customers::shown::Shown;
use crate::domain::documents::entity::IndexRow as DocumentRow;
use crate::domain::documents::ledger::Balance;
use crate::domain::records::BEARERS;
use crate::domain::tenants::{Reach, TenantCurrency, TenantRecord, of_item, own};
use crate::machinery::changes::Changes;
use crate::machinery::keys::{self, CUSTOMER, INVOICE, Key, TRANSACTION};
use crate::machinery::listing::{self, Ids};
use crate::machinery::operation::{Context, Done, Op, Scope, Working};
use crate::machinery::store::{Item, number_of, record};
use crate::words::error::{Error, Result, Rule, Told, Violation};

/// The most customers of a batch.
pub const MOST_IN_BATCH: usize = 100;
/// Customers made in one commit of a batch: four changes each and five more for the commit stay below 100.
const MADE_AT_ONCE: usize = 23;

/// Make a customer.
pub static CREATE: Op<New, Shown> =
    Op::write("customers.create", ENTITY, Scope::Reseller, |cx, new| Box::pin(create(cx, new))).also(new_also);
/// Change a customer.
pub static UPDATE: Op<Update, Shown> =
    Op::write("customers.update", ENTITY, Scope::Reseller, |cx, change| Box::pin(update(cx, change))).also(update_also);
/// Close a customer; the number of customers closed.
pub static ARCHIVE: Op<u64, u64> =
    Op::write("customers.archive", ENTITY, Scope::Reseller, |cx, id| Box::pin(archive(cx, *id)));
/// Delete a customer; the number of customers deleted.
pub static DELETE: Op<Deletion, u64> =
    Op::write("customers.delete", ENTITY, Scope::Reseller, |cx, deletion| Box::pin(delete(cx, deletion)));
/// Make many customers, each by itself, in order.
pub static CREATE_MANY: Op<Batch, Vec<Made>> =
    Op::write("customers.create_many", ENTITY, Scope::Reseller, |cx, batch| Box::pin(create_many(cx, batch)));

/// What must be unique.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Unique {
    /// The name, within the reseller.
    pub name: bool,
    /// The e-mail address, within the tenant.
    pub email: bool,
}

/// What to make.
#[derive(Debug, Clone, Default)]
pub struct New {
    /// What it is made of.
    pub change: Change,
    /// What must be unique.
    pub unique: Unique,
    /// Whether the reseller must be named, unless the caller has just one.
    pub names_reseller: bool,
    /// A password for the portal, not yet hashed.
    pub password: Option<String>,
}

/// What to change.
#[derive(Debug, Clone, Default)]
pub struct Update {
    /// The customer.
    pub id: u64,
    /// The change.
    pub change: Change,
    /// What must be unique.
    pub unique: Unique,
    /// A new password for the portal, not yet hashed.
    pub password: Option<String>,
}

/// What to delete.
#[derive(Debug, Clone, Default)]
pub struct Deletion {
    /// The customer.
    pub id: u64,
    /// Whether its e-mail address stays taken.
    pub keeps_email: bool,
    /// Whether it may go while its documents stay (contract billmora §9.1), as long as nothing is open of them;
    /// otherwise a customer with documents is not deleted.
    pub leaves_documents: bool,
}

/// What to make, many times. A faulty entry fails alone.
#[derive(Debug, Clone, Default)]
pub struct Batch {
    /// Each entry, or what was found wrong when it was read.
    pub entries: Vec<Entry>,
}

/// One entry of a batch.
pub type Entry = std::result::Result<New, Vec<Violation>>;

/// What became of one entry of a batch.
#[derive(Debug, Clone)]
pub enum Made {
    /// Made.
    Customer(Box<Shown>),
    /// Not made; the fields are the operation's or, where reading failed, the dialect's.
    Refused(Vec<Violation>),
}

pub(crate) async fn create(cx: &Context, new: &New) -> Result<Done<Shown>> {
    let [sequence, _] = Ids::keys(cx, CUSTOMER);
    let mut items = cx.store.get_items(&[keys::tenant(cx.tenant()), sequence]).await?.into_iter();
    let tenant = of_item(cx, items.next().flatten())?;
    let last = Ids::of(items.next().flatten().as_ref(), None).last;
    let found = references(cx, &tenant, &new.change, new.names_reseller).await?;
    let customer = made(cx, &tenant, new, last + 1, found)?;
    let mut changes = Changes::default();
    listing::draw(&mut changes, cx, CUSTOMER, last, 1);
    let mut claims = Claims::default();
    claims.take(cx, &customer, new.unique);
    insert(cx, &mut changes, &customer)?;
    claims.into_changes(&mut changes);
    Ok(Done::changed(Shown::of(customer, &tenant, &Balance::default())?, changes))
}

async fn update(cx: &Context, update: &Update) -> Result<Done<Shown>> {
    let (tenant, before, balance) = with_tenant(cx, update.id).await?;
    let mut found = references(cx, &tenant, &update.change, false).await?;
    let mut after = before.clone();
    let mut change = update.change.clone();
    change.password_hash = hashed(cx, update.password.as_deref())?;
    found.extend(after.apply(&change, &tenant));
    if !found.is_empty() {
        return Err(Error::told(Told::Invalid(found)));
    }
    if after == before {
        return Ok(Done::read(Shown::of(before, &tenant, &balance)?));
    }
    let mut changes = replace(cx, &before, &mut after, update.unique, "customer.updated")?;
    if after.currency != before.currency {
        if balance.version > 0 {
            return Err(in_use("The customer has documents, so its currency cannot be changed"));
        }
        changes.check_absent(keys::balance(cx.tenant(), after.id));
    }
    Ok(Done::changed(Shown::of(after, &tenant, &balance)?, changes))
}

async fn archive(cx: &Context, id: u64) -> Result<Done<u64>> {
    let (_, before, _) = with_tenant(cx, id).await?;
    if before.status == Status::Closed {
        return Ok(Done::read(0));
    }
    let mut after = Customer { status: Status::Closed, ..before.clone() };
    let changes = replace(cx, &before, &mut after, Unique::default(), "customer.archived")?;
    Ok(Done::changed(1, changes))
}

async fn delete(cx: &Context, deletion: &Deletion) -> Result<Done<u64>> {
    let (_, customer, balance) = with_tenant(cx, deletion.id).await?;
    let mut changes = Changes::default();
    let (books, version) = (keys::balance(cx.tenant(), customer.id), balance.version);
    match version {
        0 => changes.check_absent(books),
        _ if !deletion.leaves_documents => return Err(in_use("The customer has documents and cannot be deleted")),
        // Who owes money, or has some to get, stays until that is settled.
        _ if has_open(cx, customer.id).await? || balance.owed.values().any(|owed| *owed != 0) => {
            let text = "The customer has open invoices or credit and cannot be deleted";
            return Err(Error::refused("in_use", text));
        }
        _ => changes.check(books, version),
    }
    changes.delete(keys::row(cx.tenant(), CUSTOMER, customer.id), customer.version);
    changes.erase(keys::index_row(cx.tenant(), CUSTOMER, customer.id));
    changes.write(keys::deleted(cx.tenant(), CUSTOMER, customer.id), &customer)?;
    listing::make_holes(&mut changes, cx, CUSTOMER, &[customer.id]);
    let mut claims = Claims::default();
    claims.leave(cx, &customer, deletion.keeps_email);
    claims.into_changes(&mut changes);
    changes.tell("customer.deleted", customer.id, customer.version + 1);
    Ok(Done::changed(1, changes))
}

/// The next commit of a batch: up to [`MADE_AT_ONCE`] customers, after those its progress tells of.
async fn create_many(cx: &Context, batch: &Batch) -> Result<Done<Vec<Made>>> {
    let mut told: Vec<Reported> = match &cx.progress {
        None => Vec::new(),
        Some(progress) => {
            serde_json::from_value(progress.clone()).map_err(|e| Error::internal(format!("batch: {e}")))?
        }
    };
    let entries: Vec<&Entry> = batch.entries.iter().skip(told.len()).take(MADE_AT_ONCE).collect();
    // The tenant, the sequence, and the claims that must be free, in one read.
    let mut wanted = vec![keys::tenant(cx.tenant()), keys::sequence(cx.tenant(), CUSTOMER)];
    let email_of =
        |entry: &Entry| entry.as_ref().ok().and_then(|new| new.change.texts.get(&Text::Email)?.value().cloned());
    let mut emails: Vec<Key> =
        entries.iter().filter_map(|entry| email_of(entry)).map(|email| email_claim(cx, &email)).collect();
    emails.sort();
    emails.dedup();
    wanted.extend(emails.iter().cloned());
    let mut items = cx.store.get_items(&wanted).await?.into_iter();
    let tenant = of_item(cx, items.next().flatten())?;
    let last = number_of(items.next().flatten().as_ref(), "last");
    let taken: Vec<Key> = emails
        .into_iter()
        .zip(items)
        .filter(|(_, item)| number_of(item.as_ref(), BEARERS) > 0)
        .map(|(key, _)| key)
        .collect();

    let mut changes = Changes::default();
    let mut claims = Claims::default();
    let mut made_now = 0;
    for entry in entries {
        let outcome = match entry {
            Err(violations) => Err(violations.clone()),
            Ok(new) => match references(cx, &tenant, &new.change, new.names_reseller).await {
                Err(error) => return Err(error),
                Ok(found) => match made(cx, &tenant, new, last + made_now + 1, found) {
                    Ok(customer) => claims.take_free(cx, &customer, new.unique, &taken).map(|()| customer),
                    Err(Error { told: Told::Invalid(found), .. }) => Err(found),
                    Err(error) => return Err(error),
                },
            },
        };
        told.push(match outcome {
            Ok(customer) => {
                insert(cx, &mut changes, &customer)?;
                made_now += 1;
                Reported::Made(Box::new(customer))
            }
            Err(violations) => Reported::Refused(violations),
        });
    }
    if made_now > 0 {
        listing::draw(&mut changes, cx, CUSTOMER, last, made_now);
    }
    claims.into_changes(&mut changes);
    if told.len() < batch.entries.len() {
        let progress = serde_json::to_value(&told).map_err(|e| Error::internal(format!("batch: {e}")))?;
        return Ok(Done { answer: Vec::new(), changes, progress: Some(progress) });
    }
    let shown = told.into_iter().map(|one| match one {
        Reported::Made(customer) => Ok(Made::Customer(Box::new(Shown::of(*customer, &tenant, &Balance::default())?))),
        Reported::Refused(found) => Ok(Made::Refused(found)),
    });
    Ok(Done::changed(shown.collect::<Result<_>>()?, changes))
}

/// What became of an entry, as the next commit must know it.
#[derive(Serialize, Deserialize)]
enum Reported {
    Made(Box<Customer>),
    Refused(Vec<Violation>),
}

fn new_also<'a>(cx: &'a Context, new: &'a New) -> Working<'a, Vec<Violation>> {
    Box::pin(async move {
        let tenant = own(cx).await?;
        let mut found = references(cx, &tenant, &new.change, new.names_reseller).await?;
        let mut wanted = Customer::blank(
            0,
            new.change.reseller.unwrap_or_else(|| tenant.default_reseller(&cx.caller)),
            0,
            base(&tenant)?.iso,
            cx.now,
        );
        wanted.apply(&new.change, &tenant);
        found.extend(taken(cx, &wanted, None, new.unique).await?);
        Ok(found)
    })
}

fn update_also<'a>(cx: &'a Context, update: &'a Update) -> Working<'a, Vec<Violation>> {
    Box::pin(async move {
        let (tenant, before, _) = with_tenant(cx, update.id).await?;
        let mut found = references(cx, &tenant, &update.change, false).await?;
        let mut wanted = before.clone();
        wanted.apply(&update.change, &tenant);
        found.extend(taken(cx, &wanted, Some(&before), update.unique).await?);
        Ok(found)
    })
}

/// Which values that must be unique somebody else bears. For telling of all faults at once; what decides is
/// the condition in the commit.
async fn taken(cx: &Context, wanted: &Customer, before: Option<&Customer>, unique: Unique) -> Result<Vec<Violation>> {
    let mut claims = Claims::default();
    before.iter().for_each(|before| claims.leave(cx, before, false));
    claims.take(cx, wanted, unique);
    // A value that is missing is no value.
    let new = claims.0.into_iter().filter(|(key, claim)| claim.by > 0 && !key.sk.is_empty());
    let claims: Vec<(Key, &str)> = new.filter_map(|(key, claim)| Some((key, claim.unique?))).collect();
    if claims.is_empty() {
        return Ok(Vec::new());
    }
    let keys: Vec<Key> = claims.iter().map(|(key, _)| key.clone()).collect();
    let borne = cx.store.get_items(&keys).await?;
    let found = claims.into_iter().zip(borne).filter(|(_, item)| number_of(item.as_ref(), BEARERS) > 0);
    Ok(found.map(|((_, field), _)| Violation { field: field.to_owned(), rule: Rule::Taken }).collect())
}

/// What a change refers to and is not there, or not the caller's to use. The owner alone needs a read.
async fn references(
    cx: &Context,
    tenant: &TenantRecord,
    change: &Change,
    names_reseller: bool,
) -> Result<Vec<Violation>> {
    let reach = tenant.reach(&cx.caller);
    let mut found = Vec::new();
    match change.reseller {
        Some(id) if tenant.open_reseller(id).is_none() || !reach.covers(id) => {
            found.push(Violation::missing("reseller", "resellers", id.to_string()));
        }
        None if names_reseller && !only_one(tenant, &reach) => {
            found.push(Violation { field: "reseller".into(), rule: Rule::Required });
        }
        Some(_) | None => {}
    }
    if let Some(currency) = change.currency.as_ref().filter(|currency| currency.find(tenant).is_none()) {
        found.push(Violation::missing("currency", "currencies", currency.given()));
    }
    if let Some(owner) = change.owner.value()
        && cx.store.get_items(&[keys::user(cx.tenant(), *owner)]).await?.pop().flatten().is_none()
    {
        found.push(Violation::missing("owner", "users", owner.to_string()));
    }
    Ok(found)
}

fn only_one(tenant: &TenantRecord, reach: &Reach) -> bool {
    tenant.resellers.iter().filter(|reseller| reseller.is_open() && reach.covers(reseller.id)).count() == 1
}

/// A new customer, or everything that is wrong with it.
fn made(cx: &Context, tenant: &TenantRecord, new: &New, id: u64, mut found: Vec<Violation>) -> Result<Customer> {
    let reseller = new.change.reseller.unwrap_or_else(|| tenant.default_reseller(&cx.caller));
    let base = base(tenant)?;
    let mut customer = Customer::blank(id, reseller, base.id, base.iso, cx.now);
    let mut change = new.change.clone();
    change.password_hash = hashed(cx, new.password.as_deref())?;
    found.extend(customer.apply(&change, tenant));
    if found.is_empty() { Ok(customer) } else { Err(Error::told(Told::Invalid(found))) }
}

fn in_use(text: &str) -> Error {
    Error::refused("customer_in_use", text)
}

fn base(tenant: &TenantRecord) -> Result<&TenantCurrency> {
    tenant.currency_of(tenant.base_currency)
}

fn hashed(cx: &Context, password: Option<&str>) -> Result<Option<String>> {
    password.map(|password| crate::machinery::credential::hash_password(password, &cx.outside)).transpose()
}

fn insert(cx: &Context, changes: &mut Changes, customer: &Customer) -> Result<()> {
    changes.insert(keys::row(cx.tenant(), CUSTOMER, customer.id), customer)?;
    changes.insert(keys::index_row(cx.tenant(), CUSTOMER, customer.id), &customer.index_row())?;
    changes.tell("customer.created", customer.id, customer.version);
    Ok(())
}

fn replace(
    cx: &Context,
    before: &Customer,
    after: &mut Customer,
    unique: Unique,
    event: &'static str,
) -> Result<Changes> {
    (after.updated_at, after.version) = (cx.now, before.version + 1);
    let mut changes = Changes::default();
    changes.replace(keys::row(cx.tenant(), CUSTOMER, after.id), after, before.version)?;
    if after.index_row() != before.index_row() {
        changes.write(keys::index_row(cx.tenant(), CUSTOMER, after.id), &after.index_row())?;
    }
    let mut claims = Claims::default();
    claims.leave(cx, before, false);
    claims.take(cx, after, unique);
    claims.into_changes(&mut changes);
    changes.tell(event, after.id, after.version);
    Ok(changes)
}

/// Whether anything of a customer's documents is open. A query of each of its two indexes.
async fn has_open(cx: &Context, customer: u64) -> Result<bool> {
    for entity in [INVOICE, TRANSACTION] {
        let rows: Vec<DocumentRow> = listing::index(cx, keys::index_of(cx.tenant(), entity, Some(customer))).await?;
        if rows.iter().any(|row| row.open > 0) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Give a customer, as it was read, another owner.
pub(crate) fn give(cx: &Context, changes: &mut Changes, item: Item, owner: u64) -> Result<()> {
    let before: Customer = record(item)?;
    let mut after = Customer { owner: Some(owner), ..before.clone() };
    let more = replace(cx, &before, &mut after, Unique::default(), "customer.updated")?;
    changes.append(more);
    Ok(())
}

fn email_claim(cx: &Context, email: &str) -> Key {
    keys::claim(cx.tenant(), "customer-email", email)
}

fn name_claim(cx: &Context, customer: &Customer) -> Key {
    keys::claim(cx.tenant(), &format!("customer-name-{}", customer.reseller), &customer.name.full())
}

/// The values that customers take and leave in one commit, added up.
#[derive(Default)]
struct Claims(BTreeMap<Key, Claim>);

#[derive(Default)]
struct Claim {
    by: i64,
    /// The field to name when somebody else bears the value.
    unique: Option<&'static str>,
}

impl Claims {
    fn add(&mut self, key: Key, by: i64, unique: Option<&'static str>) {
        let claim = self.0.entry(key).or_default();
        claim.by += by;
        claim.unique = claim.unique.or(unique);
    }

    fn take(&mut self, cx: &Context, customer: &Customer, unique: Unique) {
        if let Some(email) = customer.text(Text::Email) {
            self.add(email_claim(cx, email), 1, unique.email.then_some("email"));
        }
        self.add(name_claim(cx, customer), 1, unique.name.then_some("name"));
    }

    fn leave(&mut self, cx: &Context, customer: &Customer, keeps_email: bool) {
        if let Some(email) = customer.text(Text::Email).filter(|_| !keeps_email) {
            self.add(email_claim(cx, email), -1, None);
        }
        self.add(name_claim(cx, customer), -1, None);
    }

    /// The same as [`take`](Self::take), refused here and now when the address is taken already.
    fn take_free(
        &mut self,
        cx: &Context,
        customer: &Customer,
        unique: Unique,
        taken: &[Key],
    ) -> std::result::Result<(), Vec<Violation>> {
        let email = customer.text(Text::Email).filter(|_| unique.email).map(|email| email_claim(cx, email));
        if email.is_some_and(|key| taken.contains(&key) || self.0.contains_key(&key)) {
            return Err(vec![Violation { field: "email".into(), rule: Rule::Taken }]);
        }
        // That it was free is checked again by the commit; when it no longer is, the batch looks again.
        self.take(cx, customer, Unique::default());
        if let Some(email) = customer.text(Text::Email).filter(|_| unique.email) {
            self.add(email_claim(cx, email), 0, Some(AGAIN));
        }
        Ok(())
    }

    fn into_changes(self, changes: &mut Changes) {
        for (key, claim) in self.0 {
            match claim.unique {
                _ if claim.by == 0 => {}
                Some(AGAIN) => changes.add_to_none_or_again(key, BEARERS, claim.by),
                Some(field) => changes.add_to_none(key, BEARERS, claim.by, Error::field(field, Rule::Taken)),
                None => changes.add(key, vec![(BEARERS.to_owned(), claim.by)]),
            }
        }
    }
}

/// No field: when the value is taken by now, the operation runs again.
const AGAIN: &str = "";
