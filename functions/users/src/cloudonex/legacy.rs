//! Users and roles in CloudOnex's older dialect: bare records (contract cloudonex §12). A role's id there is 0 for
//! the administrator, and the others' own.

use serde_json::{Value, json};
use shared::domain::users::Role;
use shared::domain::users::list::Shown;
use shared::domain::users::write::{CREATE, Change, Made, New};
use shared::machinery::dialect::Dialect::Cloudonex;
use shared::machinery::reader::Reader;
use shared::machinery::reader::is_email;
use shared::machinery::reply::{Reply, View};
use shared::machinery::route::Row;
use shared::words::error::Rule;
use shared::words::patch::Patch;

const NAMES: &[(&str, &str)] = &[("login", "username"), ("name", "fullname"), ("email", "username")];

pub(super) fn rows() -> Vec<Row> {
    vec![Row::new(Cloudonex, "POST", "/api/v2/user", &CREATE, read_new, write_made, NAMES)]
}

fn read_new(r: &mut Reader<'_>) -> New {
    let login = r.text("username").max(128).required();
    let name = Some(r.text("fullname").required());
    let password = Some(r.untrimmed("password").min(8).max(1024).required());
    let id = r.integer("user_type").within(0, i64::MAX).optional().unwrap_or(0);
    let role = if id == 0 { Some(Role::Administrator) } else { u64::try_from(id).ok().and_then(Role::of_id) };
    if role.is_none() {
        r.violate("user_type", Rule::Missing { collection: "roles".into(), id: id.to_string() });
    }
    let email = if is_email(&login) { Patch::Set(login.clone()) } else { Patch::Keep };
    New { change: Change { login: Some(login), name, password, role, email, ..Change::default() }, with_key: false }
}

fn write_made(_: View, made: Made) -> Reply {
    let mut value = user(&made.shown);
    if let Some(members) = value.as_object_mut() {
        members.insert("error".into(), false.into());
    }
    Reply::whole(value).status(201)
}

/// What `GET users` answers a key of this dialect.
pub(super) fn users(all: &[Shown]) -> Reply {
    Reply::whole(all.iter().map(user).collect())
}

/// What `GET roles` answers a key of this dialect.
pub(super) fn roles(all: &[Role]) -> Reply {
    Reply::whole(all.iter().map(|role| json!({"id": id(*role), "rname": role.name()})).collect())
}

fn id(role: Role) -> u64 {
    if role == Role::Administrator { 0 } else { role.id() }
}

fn user(shown: &Shown) -> Value {
    let one = &shown.user;
    json!({"id": one.stamps.id, "fullname": one.name, "username": one.login, "user_type": id(one.role)})
}
