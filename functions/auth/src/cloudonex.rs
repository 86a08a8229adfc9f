//! `POST /api/v2/sessions`, an addition of ours: a person signs in, for the console. The token it answers is presented
//! as `Authorization: Bearer`, like a key, and permits what the user's role does.

use serde_json::json;
use shared::domain::sessions::{Issued, OPEN, SignIn};
use shared::machinery::dialect::Dialect::Cloudonex;
use shared::machinery::reader::Reader;
use shared::machinery::reply::{Reply, View};
use shared::machinery::route::Row;
use shared::words::time::utc_seconds;

pub(crate) fn rows() -> Vec<Row> {
    vec![Row::new(Cloudonex, "POST", "/api/v2/sessions", &OPEN, read_sign_in, write_opened, &[]).unrecorded()]
}

fn read_sign_in(r: &mut Reader<'_>) -> SignIn {
    SignIn { login: r.text("login").required(), password: r.untrimmed("password").max(1024).required() }
}

fn write_opened(_: View, opened: Issued) -> Reply {
    let user = &opened.user;
    Reply::one(json!({
        "token": opened.token,
        "expires_at": utc_seconds(opened.expires_at),
        "user": {"id": user.stamps.id, "name": user.name, "login": user.login, "role": user.role.name()},
        "permissions": opened.abilities,
        "timezone": user.zone.name(),
        "sandbox": opened.in_sandbox,
    }))
    .status(201)
    .message("Signed in")
}
