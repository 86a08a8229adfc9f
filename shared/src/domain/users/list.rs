//! Reading users and roles.

use crate::domain::records::{List, compare, find, indexed};
use crate::domain::tenants::{TenantRecord, own};
use crate::domain::users::entity::User;
use crate::domain::users::role::Role;
use crate::machinery::keys::USER;
use crate::machinery::listing;
use crate::machinery::operation::{Context, Done, Op, Scope};
use crate::words::error::{Error, Result};
use crate::words::page::{Page, Window};

/// List users.
pub static SEARCH: Op<Wanted, Page<Shown>> =
    Op::read("users.search", "user", Scope::Reseller, |cx, wanted| Box::pin(search(cx, wanted)));
/// Read a user.
pub static GET: Op<u64, Shown> = Op::read("users.get", "user", Scope::Reseller, |cx, id| Box::pin(get(cx, *id)));
/// List roles.
pub static ROLES: Op<Window, Page<Role>> = Op::read("roles.search", "role", Scope::Tenant, |_, window| {
    let window = *window;
    Box::pin(async move { Ok(Done::read(Page::cut(Role::ALL.to_vec(), window))) })
});
/// Read a role.
pub static ROLE: Op<u64, Role> = Op::read("roles.get", "role", Scope::Tenant, |_, id| {
    let id = *id;
    Box::pin(async move { Role::of_id(id).map(Done::read).ok_or_else(|| Error::not_found("role", id)) })
});

/// Which users to list.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// Filters and window; `parents` are roles.
    pub list: List,
    /// Only this login, in any case.
    pub login: Option<String>,
}

/// A user with the name of the reseller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// The user.
    pub user: User,
    /// The reseller's name, where the user is limited to one.
    pub reseller_name: Option<String>,
}

impl Shown {
    /// A user with what it refers to, looked up in its tenant.
    pub fn of(user: User, tenant: &TenantRecord) -> Self {
        let reseller = user.reseller.and_then(|id| tenant.reseller(id));
        Self { reseller_name: reseller.map(|reseller| reseller.name.clone()), user }
    }
}

async fn get(cx: &Context, id: u64) -> Result<Done<Shown>> {
    let (tenant, user) = find::<User>(cx, id).await?;
    Ok(Done::read(Shown::of(user, &tenant)))
}

async fn search(cx: &Context, wanted: &Wanted) -> Result<Done<Page<Shown>>> {
    let tenant = own(cx).await?;
    let mut rows = indexed(cx, USER, &wanted.list, &tenant.reach(&cx.caller)).await?;
    let same = |login: &String, number: &Option<String>| {
        number.as_ref().is_some_and(|number| number.to_lowercase() == login.to_lowercase())
    };
    rows.retain(|row| wanted.login.as_ref().is_none_or(|login| same(login, &row.number)));
    rows.sort_by(|left, right| compare(&wanted.list, left, right));
    let ids: Vec<u64> = rows.iter().map(|row| row.id).collect();
    let page: Page<User> = listing::chosen(cx, USER, &ids, wanted.list.window).await?;
    Ok(Done::read(page.map(|user| Shown::of(user, &tenant))))
}
