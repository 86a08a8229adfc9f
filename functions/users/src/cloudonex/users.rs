//! `/users` and `/roles` (contract cloudonex §8.8). A user's e-mail address is what the user signs in with.

use serde_json::{Value, json};
use shared::domain::records::List;
use shared::domain::users::list::{GET, ROLE, ROLES, SEARCH, Shown, Wanted};
use shared::domain::users::write::{CREATE, Change, DELETE, Made, New, UPDATE};
use shared::domain::users::{Role, Status};
use shared::machinery::dialect::Dialect::Cloudonex;
use shared::machinery::dialect::cloudonex::{search, window};
use shared::machinery::dialect::word;
use shared::machinery::reader::Reader;
use shared::machinery::reply::{Reply, View};
use shared::machinery::route::Row;
use shared::words::page::Page;
use shared::words::patch::Patch;
use shared::words::time::utc_seconds;

/// What the dialect calls the operations' fields.
const NAMES: &[(&str, &str)] = &[("login", "email"), ("reseller", "reseller_id"), ("networks", "allowed_ips")];
pub(super) const ROLES_BY_NAME: &[(&str, Role)] = &[
    ("administrator", Role::Administrator),
    ("accountant", Role::Accountant),
    ("support", Role::Support),
    ("viewer", Role::Viewer),
];
const STATUSES: &[(&str, Status)] =
    &[("Active", Status::Active), ("Inactive", Status::Disabled), ("Archived", Status::Archived)];
/// The shortest password, in characters (contract §8.8).
const SHORTEST_PASSWORD: usize = 8;

pub(super) fn rows() -> Vec<Row> {
    const ALL: &str = "/api/v2/users";
    const ONE: &str = "/api/v2/users/{id}";
    let id = |r: &mut Reader<'_>| r.own_id("id");
    vec![
        Row::new(Cloudonex, "GET", ALL, &SEARCH, read_list, write_list, NAMES),
        Row::new(Cloudonex, "POST", ALL, &CREATE, read_new, write_created, NAMES),
        Row::new(Cloudonex, "GET", ONE, &GET, id, |_, one| Reply::one(user(&one)), NAMES),
        Row::new(Cloudonex, "PUT", ONE, &UPDATE, read_update, |_, one| Reply::one(user(&one)), NAMES),
        Row::new(Cloudonex, "DELETE", ONE, &DELETE, id, |_, _| Reply::done("User deleted"), NAMES),
        Row::new(Cloudonex, "GET", "/api/v2/roles", &ROLES, |r| window(r, false), write_roles, &[]),
        Row::new(Cloudonex, "GET", "/api/v2/roles/{id}", &ROLE, id, |_, one| Reply::one(role(one)), &[]),
    ]
}

fn read_list(r: &mut Reader<'_>) -> Wanted {
    let mut list = List::all(window(r, false));
    list.search = search(r);
    list.parents = r.choice("role", ROLES_BY_NAME).optional().map(Role::id).into_iter().collect();
    list.statuses = r.choice("status", STATUSES).optional().map(|one| vec![one.word().to_owned()]);
    Wanted { list, login: None }
}

fn read_new(r: &mut Reader<'_>) -> New {
    let name = Some(r.text("name").required());
    let email = r.email("email").required();
    let password = Some(r.untrimmed("password").min(SHORTEST_PASSWORD).max(1024).required());
    let role = Some(r.choice("role", ROLES_BY_NAME).required());
    let change = Change { name, role, password, ..read_rest(r) };
    New { change: Change { login: Some(email.clone()), email: Patch::Set(email), ..change }, with_key: false }
}

fn read_update(r: &mut Reader<'_>) -> (u64, Change) {
    let id = r.own_id("id");
    let name = r.text("name").min(1).present();
    let email = r.email("email").present();
    let password = r.untrimmed("password").min(SHORTEST_PASSWORD).max(1024).present();
    let role = r.choice("role", ROLES_BY_NAME).present();
    let change = Change { name, role, password, ..read_rest(r) };
    let email = email.map(|email| (email.clone(), email));
    let (login, email) = email.map_or((None, Patch::Keep), |(login, email)| (Some(login), Patch::Set(email)));
    (id, Change { login, email, ..change })
}

fn read_rest(r: &mut Reader<'_>) -> Change {
    Change {
        status: r.choice("status", STATUSES).present(),
        reseller: r.id("reseller_id").patch(),
        timezone: r.zone_name("timezone").patch(),
        networks: r.texts("allowed_ips").present(),
        ..Change::default()
    }
}

fn write_list(view: View, page: Page<Shown>) -> Reply {
    if view.legacy {
        return super::legacy::users(&page.rows);
    }
    Reply::page(page, |one| user(&one))
}

fn write_created(_: View, made: Made) -> Reply {
    Reply::one(user(&made.shown)).status(201).message("User created")
}

fn write_roles(view: View, page: Page<Role>) -> Reply {
    if view.legacy {
        return super::legacy::roles(&page.rows);
    }
    Reply::page(page, role)
}

fn role(one: Role) -> Value {
    json!({"id": one.id(), "name": one.name(), "permissions": one.permissions()})
}

fn user(shown: &Shown) -> Value {
    let one = &shown.user;
    json!({
        "id": one.stamps.id,
        "name": one.name,
        "email": one.email,
        "login": one.login,
        "role": one.role.name(),
        "role_id": one.role.id(),
        "status": word(STATUSES, &one.status),
        "reseller_id": one.reseller,
        "timezone": one.timezone.map(shared::words::time::Zone::name),
        "allowed_ips": one.networks,
        "created_at": utc_seconds(one.stamps.created_at),
        "updated_at": utc_seconds(one.stamps.updated_at),
    })
}
