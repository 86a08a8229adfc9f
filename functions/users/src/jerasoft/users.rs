//! `iam.users.*` and `iam.roles.*` (contract jerasoft §4.11). An API key is shown by the call that makes it, and by
//! none that reads: what is stored is its digest.

use serde_json::{Value, json};
use shared::domain::records::{Column, List};
use shared::domain::users::archive::{ARCHIVE, Moved};
use shared::domain::users::credentials::write::{Issued, LONGEST_OVERLAP, OVERLAP, ROTATE_OF_USER};
use shared::domain::users::list::{GET, ROLE, ROLES, SEARCH, Shown, Wanted};
use shared::domain::users::write::{CREATE, Change, DELETE, Made, New, UPDATE};
use shared::domain::users::{Role, Status};
use shared::machinery::dialect::Dialect::Jerasoft;
use shared::machinery::dialect::jerasoft::{order, search, several, window};
use shared::machinery::dialect::word;
use shared::machinery::reader::Reader;
use shared::machinery::reply::{Reply, View};
use shared::machinery::route::Row;
use shared::words::error::Violation;
use shared::words::page::Page;
use shared::words::time::Zone;

/// What the dialect calls the operations' fields.
const NAMES: &[(&str, &str)] =
    &[("reseller", "companies_id"), ("networks", "allowed_ips"), ("new_owner", "new_owner_users_id")];
const STATUSES: &[(&str, Status)] =
    &[("active", Status::Active), ("disabled", Status::Disabled), ("archive", Status::Archived)];
const ORDER: &[(&str, Column)] =
    &[("id", Column::Id), ("name", Column::Name), ("login", Column::Number), ("status", Column::Status)];
/// The shortest password, in characters.
const SHORTEST_PASSWORD: usize = 8;

pub(super) fn rows() -> Vec<Row> {
    const ALL: &str = "/api/iam/users";
    const ONE: &str = "/api/iam/users/{id}";
    let id = |r: &mut Reader<'_>| r.own_id("id");
    let done = |_: View, _: Shown| Reply::one(true);
    vec![
        Row::new(Jerasoft, "GET", ALL, &SEARCH, read_list, write_list, NAMES).rpc("iam.users.search"),
        Row::new(Jerasoft, "POST", ALL, &CREATE, read_new, write_made, NAMES)
            .rpc("iam.users.create")
            .shows_once(&["api_key"]),
        Row::new(Jerasoft, "GET", ONE, &GET, id, |view, one| Reply::one(user(view, &one)), NAMES).rpc("iam.users.get"),
        Row::new(Jerasoft, "PATCH", ONE, &UPDATE, read_update, done, NAMES).rpc("iam.users.update"),
        Row::new(Jerasoft, "DELETE", ONE, &DELETE, id, |_, count| Reply::one(count), NAMES).rpc("iam.users.delete"),
        Row::new(Jerasoft, "POST", "/api/iam/users/{id}/archive", &ARCHIVE, read_archive, write_moved, NAMES)
            .rpc("iam.users.archive"),
        Row::new(Jerasoft, "POST", "/api/iam/users/{id}/rotate_key", &ROTATE_OF_USER, read_rotation, write_key, NAMES)
            .rpc("iam.users.rotate_key")
            .shows_once(&["api_key"]),
        Row::new(Jerasoft, "GET", "/api/iam/roles", &ROLES, window, write_roles, NAMES).rpc("iam.roles.search"),
        Row::new(Jerasoft, "GET", "/api/iam/roles/{id}", &ROLE, id, |_, one| Reply::one(role(one)), NAMES)
            .rpc("iam.roles.get"),
    ]
}

fn read_list(r: &mut Reader<'_>) -> Wanted {
    let mut list = List::all(window(r));
    list.ids = r.ids("id").optional();
    list.search = search(r);
    list.resellers = r.ids("companies_id").optional().unwrap_or_default();
    list.parents = r.ids("roles_id").optional().unwrap_or_default();
    let statuses = several(r, "status", STATUSES);
    list.statuses = statuses.map(|all| all.into_iter().map(|one| one.word().to_owned()).collect());
    list.order = order(r, ORDER);
    Wanted { list, login: r.text("login").optional() }
}

fn read_new(r: &mut Reader<'_>) -> New {
    let login = Some(r.text("login").max(128).required());
    let password = Some(r.untrimmed("password").min(SHORTEST_PASSWORD).max(1024).required());
    let change = read_rest(r);
    let name = change.name.clone().or_else(|| login.clone());
    New { change: Change { login, password, name, ..change }, with_key: true }
}

fn read_update(r: &mut Reader<'_>) -> (u64, Change) {
    let id = r.own_id("id");
    let login = r.text("login").min(1).max(128).present();
    let password = r.untrimmed("password").min(SHORTEST_PASSWORD).max(1024).present();
    r.read_only(&["api_key"]);
    (id, Change { login, password, ..read_rest(r) })
}

fn read_rest(r: &mut Reader<'_>) -> Change {
    let role = r.id("roles_id").present();
    let meant = role.and_then(Role::of_id);
    if let Some(id) = role.filter(|_| meant.is_none()) {
        let Violation { rule, .. } = Violation::missing("roles_id", "roles", id);
        r.violate("roles_id", rule);
    }
    Change {
        name: r.text("name").max(128).present(),
        email: r.email("email").patch(),
        role: meant,
        status: r.choice("status", STATUSES).present(),
        reseller: r.id("companies_id").patch(),
        timezone: r.zone_name("tz").patch(),
        networks: r.texts("allowed_ips").present(),
        ..Change::default()
    }
}

fn read_archive(r: &mut Reader<'_>) -> (u64, Option<u64>) {
    (r.own_id("id"), r.id("new_owner_users_id").optional())
}

fn read_rotation(r: &mut Reader<'_>) -> (u64, i64) {
    let id = r.own_id("id");
    (id, r.integer("overlap").within(0, LONGEST_OVERLAP).optional().unwrap_or(OVERLAP))
}

fn write_list(view: View, page: Page<Shown>) -> Reply {
    Reply::page(page, |one| user(view, &one))
}

fn write_made(view: View, made: Made) -> Reply {
    let mut value = user(view, &made.shown);
    if let Some(members) = value.as_object_mut() {
        members.insert("api_key".into(), made.key.map(|key| key.secret).into());
    }
    Reply::one(value)
}

fn write_key(view: View, issued: Issued) -> Reply {
    let until = issued.shown.credential.before.as_ref().map(|(_, until)| view.zone.stamp(*until));
    Reply::one(json!({"users_id": issued.shown.credential.user, "api_key": issued.secret,
        "previous_valid_until": until}))
}

fn write_moved(_: View, moved: Moved) -> Reply {
    // Rate tables and stored queries have no owner here.
    Reply::one(json!({"clients": moved.customers, "rate_tables": 0, "stored_queries": 0}))
}

fn write_roles(_: View, page: Page<Role>) -> Reply {
    Reply::page(page, role)
}

fn role(one: Role) -> Value {
    json!({"id": one.id(), "name": one.name(), "permissions": one.permissions()})
}

fn user(view: View, shown: &Shown) -> Value {
    let one = &shown.user;
    json!({
        "id": one.stamps.id,
        "login": one.login,
        "name": one.name,
        "email": one.email,
        "roles_id": one.role.id(),
        "roles_name": one.role.name(),
        "companies_id": one.reseller,
        "companies_name": shown.reseller_name,
        "status": word(STATUSES, &one.status),
        "allowed_ips": one.networks,
        "tz": one.timezone.map(Zone::name),
        "c_dt": view.zone.stamp(one.stamps.created_at),
    })
}
