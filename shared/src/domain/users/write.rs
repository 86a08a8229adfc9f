//! Writing users: make, change, delete. What their credentials know of them changes in the same commit.

use std::collections::BTreeMap;

use crate::domain::customers::owned_by;
use crate::domain::records::{Drawer, Stamps, find, put, remove, taken};
use crate::domain::tenants::{TenantRecord, own};
use crate::domain::users::credentials::held::Held;
use crate::domain::users::credentials::write::{Issued, Wish, issue};
use crate::domain::users::entity::{Status, User};
use crate::domain::users::list::Shown;
use crate::domain::users::role::Role;
use crate::machinery::changes::Changes;
use crate::machinery::credential::{Kind, hash_password, network};
use crate::machinery::keys::{self, CREDENTIAL, USER};
use crate::machinery::operation::{Context, Done, Op, Scope, Working};
use crate::words::error::{Error, Kind as ValueKind, Result, Rule, Told, Violation};
use crate::words::patch::Patch;
use crate::words::time::Zone;

/// The most addresses and subnets of a user.
pub const MOST_NETWORKS: usize = 50;

/// Make a user, with an API key where that is wished for.
pub static CREATE: Op<New, Made> =
    Op::write("users.create", "user", Scope::Reseller, |cx, new| Box::pin(create(cx, new))).also(also);
/// Change a user.
pub static UPDATE: Op<(u64, Change), Shown> =
    Op::write("users.update", "user", Scope::Reseller, |cx, (id, change)| Box::pin(update(cx, *id, change)));
/// Delete a user who owns no customers; the number deleted. Credentials end with the user.
pub static DELETE: Op<u64, u64> =
    Op::write("users.delete", "user", Scope::Reseller, |cx, id| Box::pin(delete(cx, *id)));

/// What to make, or to change: what is not mentioned stays, or is left unset.
#[derive(Clone, Default)]
pub struct Change {
    /// What the user signs in with; needed to make one.
    pub login: Option<String>,
    /// The person's name.
    pub name: Option<String>,
    /// The person's address.
    pub email: Patch<String>,
    /// A new password, not yet hashed; needed to make one.
    pub password: Option<String>,
    /// What the user is there for.
    pub role: Option<Role>,
    /// Whether the user may sign in.
    pub status: Option<Status>,
    /// The reseller to limit the user to.
    pub reseller: Patch<u64>,
    /// The user's own zone.
    pub timezone: Patch<Zone>,
    /// The only addresses and subnets the user may come from.
    pub networks: Option<Vec<String>>,
}

/// A user to make.
#[derive(Clone, Default)]
pub struct New {
    /// What it is made of.
    pub change: Change,
    /// Whether it gets an API key that permits everything (contract jerasoft §2.1, §2.3).
    pub with_key: bool,
}

/// A user that was made.
pub struct Made {
    /// The user.
    pub shown: Shown,
    /// The API key, shown this once.
    pub key: Option<Issued>,
}

/// What is wrong with a change, whoever it is for.
fn faults(cx: &Context, tenant: &TenantRecord, change: &Change) -> Vec<Violation> {
    let mut found = Vec::new();
    if let Some(reseller) = change
        .reseller
        .value()
        .filter(|id| tenant.open_reseller(**id).is_none() || !tenant.reach(&cx.caller).covers(**id))
    {
        found.push(Violation::missing("reseller", "resellers", reseller));
    }
    let networks = change.networks.as_deref().unwrap_or_default();
    if networks.len() > MOST_NETWORKS {
        found.push(Violation { field: "networks".into(), rule: Rule::TooMany(MOST_NETWORKS) });
    } else if networks.iter().any(|text| network(text).is_none()) {
        found.push(Violation { field: "networks".into(), rule: Rule::Kind(ValueKind::Text) });
    }
    found
}

/// Whoever can sign in with a password may do everything in JeraSoft, whose API ignores roles (contract jerasoft
/// §2.3). So only who may do everything makes users, gives them passwords, or lets them in again.
fn may_everything(cx: &Context) -> Result<()> {
    cx.caller.must_be_permitted("*")
}

/// The user as it stands then.
fn apply(cx: &Context, tenant: &TenantRecord, user: &mut User, change: &Change) -> Result<()> {
    user.login = change.login.clone().unwrap_or_else(|| user.login.clone()).trim().to_owned();
    user.name = change.name.clone().unwrap_or_else(|| user.name.clone());
    change.email.clone().apply(&mut user.email);
    if let Some(password) = &change.password {
        user.password_hash = hash_password(password, &cx.outside)?;
        (user.password_at, user.sessions_from) = (Some(cx.wall), cx.wall.timestamp());
    }
    if let Some(role) = change.role.filter(|role| *role != user.role) {
        // What a person may do in a session was written down when it was opened.
        (user.role, user.sessions_from) = (role, cx.wall.timestamp());
    }
    user.status = change.status.unwrap_or(user.status);
    user.active = user.status == Status::Active;
    change.reseller.clone().apply(&mut user.reseller);
    if user.reseller.is_none() {
        // Who is limited to a reseller makes nobody who sees them all.
        user.reseller = cx.caller.reseller;
    }
    change.timezone.clone().apply(&mut user.timezone);
    user.zone = user.timezone.unwrap_or(tenant.timezone);
    user.networks = change.networks.clone().unwrap_or_else(|| user.networks.clone());
    Ok(())
}

fn blank(cx: &Context, tenant: &TenantRecord, id: u64) -> User {
    User {
        stamps: Stamps::new(id, cx.now),
        login: String::new(),
        name: String::new(),
        email: None,
        password_hash: String::new(),
        role: Role::Administrator,
        status: Status::Active,
        active: true,
        reseller: None,
        timezone: None,
        zone: tenant.timezone,
        networks: Vec::new(),
        sessions_from: 0,
        password_at: None,
    }
}

fn also<'a>(cx: &'a Context, new: &'a New) -> Working<'a, Vec<Violation>> {
    Box::pin(async move {
        let tenant = own(cx).await?;
        let mut found = faults(cx, &tenant, &new.change);
        let mut wanted = blank(cx, &tenant, 0);
        wanted.login = new.change.login.clone().unwrap_or_default();
        wanted.email = new.change.email.value().cloned();
        found.extend(taken(cx, None, &wanted).await?);
        Ok(found)
    })
}

async fn create(cx: &Context, new: &New) -> Result<Done<Made>> {
    may_everything(cx)?;
    let tenant = own(cx).await?;
    let found = faults(cx, &tenant, &new.change);
    if !found.is_empty() {
        return Err(Error::told(Told::Invalid(found)));
    }
    let mut ids = Drawer::open(cx, &[USER, CREDENTIAL]).await?;
    let mut user = blank(cx, &tenant, ids.next(USER));
    let change = Change { role: Some(new.change.role.unwrap_or_default()), ..new.change.clone() };
    apply(cx, &tenant, &mut user, &change)?;
    let mut changes = Changes::default();
    let login = keys::login(&user.login, cx.tenant(), user.stamps.id);
    changes.write(login, &BTreeMap::<&str, &str>::new())?;
    let key = match new.with_key {
        false => None,
        true => {
            let wish = Wish { kind: Kind::Key, label: "API key".into(), ..Wish::of(user.stamps.id) };
            Some(issue(cx, &mut changes, &mut ids, &user, &wish)?)
        }
    };
    ids.into_changes(cx, &mut changes);
    let user = put(cx, &mut changes, None, user, "user.created")?;
    Ok(Done::changed(Made { shown: Shown::of(user, &tenant), key }, changes))
}

/// A change of a user, with what follows for the credentials, as changes of one commit.
pub(super) async fn changed(
    cx: &Context,
    tenant: &TenantRecord,
    before: &User,
    change: &Change,
    event: &'static str,
) -> Result<(User, Changes)> {
    may_everything(cx)?;
    let found = faults(cx, tenant, change);
    if !found.is_empty() {
        return Err(Error::told(Told::Invalid(found)));
    }
    let mut after = before.clone();
    apply(cx, tenant, &mut after, change)?;
    let mut changes = Changes::default();
    if after.login.to_lowercase() != before.login.to_lowercase() {
        changes.erase(keys::login(&before.login, cx.tenant(), before.stamps.id));
        let login = keys::login(&after.login, cx.tenant(), after.stamps.id);
        changes.write(login, &BTreeMap::<&str, &str>::new())?;
    }
    if before.known_to_credentials() != after.known_to_credentials() {
        Held::of(cx, before.stamps.id).await?.follow(cx, &mut changes, &after)?;
    }
    let after = put(cx, &mut changes, Some(before), after, event)?;
    Ok((after, changes))
}

async fn update(cx: &Context, id: u64, change: &Change) -> Result<Done<Shown>> {
    let (tenant, before) = find::<User>(cx, id).await?;
    let (after, changes) = changed(cx, &tenant, &before, change, "user.updated").await?;
    Ok(Done::changed(Shown::of(after, &tenant), changes))
}

async fn delete(cx: &Context, id: u64) -> Result<Done<u64>> {
    may_everything(cx)?;
    let (_, user) = find::<User>(cx, id).await?;
    if id == cx.caller.user {
        return Err(Error::refused("in_use", "Nobody deletes the user whose credential they present"));
    }
    if !owned_by(cx, id).await?.is_empty() {
        return Err(Error::refused("in_use", "The user owns customers; archive it with a new owner first"));
    }
    let mut changes = Changes::default();
    Held::of(cx, id).await?.end(cx, &mut changes)?;
    changes.erase(keys::login(&user.login, cx.tenant(), id));
    remove(cx, &mut changes, &user, "user.deleted")?;
    Ok(Done::changed(1, changes))
}
