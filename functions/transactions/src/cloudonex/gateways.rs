//! `/gateways`, in CloudOnex's habits: who may tell of payments at Billmora's `POST /api/gateways/{id}/webhook`.

use serde_json::{Value, json};
use shared::domain::gateways::{CREATE, Change, DELETE, GET, Gateway, ROTATE, SEARCH, UPDATE};
use shared::domain::records::List;
use shared::machinery::dialect::Dialect::Cloudonex;
use shared::machinery::dialect::cloudonex::window;
use shared::machinery::reader::Reader;
use shared::machinery::reply::{Reply, View};
use shared::machinery::route::Row;
use shared::words::page::Page;
use shared::words::time::utc_seconds;

/// What the dialect calls the operations' fields.
const NAMES: &[(&str, &str)] = &[("account", "account_id")];

pub(super) fn rows() -> Vec<Row> {
    const ALL: &str = "/api/v2/gateways";
    const ONE: &str = "/api/v2/gateways/{id}";
    let id = |r: &mut Reader<'_>| r.own_id("id");
    let one = |_: View, one: Gateway| Reply::one(view(&one));
    vec![
        Row::new(Cloudonex, "GET", ALL, &SEARCH, |r| List::all(window(r, false)), write_list, NAMES),
        Row::new(Cloudonex, "POST", ALL, &CREATE, read_new, write_made, NAMES).shows_once(&["secret"]),
        Row::new(Cloudonex, "GET", ONE, &GET, id, one, NAMES),
        Row::new(Cloudonex, "PUT", ONE, &UPDATE, read_update, one, NAMES),
        Row::new(Cloudonex, "DELETE", ONE, &DELETE, id, |_, _| Reply::done("Gateway deleted"), NAMES),
        Row::new(Cloudonex, "POST", "/api/v2/gateways/{id}/rotate", &ROTATE, id, write_rotated, NAMES)
            .shows_once(&["secret"]),
    ]
}

fn read_new(r: &mut Reader<'_>) -> Change {
    Change {
        name: Some(r.text("name").max(128).required()),
        account: Some(r.id("account_id").required()),
        active: r.flag("active").optional(),
    }
}

fn read_update(r: &mut Reader<'_>) -> (u64, Change) {
    let id = r.own_id("id");
    let name = r.text("name").min(1).max(128).present();
    (id, Change { name, account: r.id("account_id").present(), active: r.flag("active").present() })
}

fn write_list(_: View, page: Page<Gateway>) -> Reply {
    Reply::page(page, |one| view(&one))
}

fn write_made(_: View, (one, secret): (Gateway, String)) -> Reply {
    Reply::one(with_secret(&one, secret)).status(201).message("Gateway created; its secret is shown this once")
}

fn write_rotated(_: View, (one, secret): (Gateway, String)) -> Reply {
    Reply::one(with_secret(&one, secret)).message("Secret made anew; it is shown this once")
}

fn with_secret(one: &Gateway, secret: String) -> Value {
    let mut value = view(one);
    if let Some(members) = value.as_object_mut() {
        members.insert("secret".into(), secret.into());
    }
    value
}

fn view(one: &Gateway) -> Value {
    json!({"id": one.stamps.id, "name": one.name, "account_id": one.account, "active": one.active,
        "created_at": utc_seconds(one.stamps.created_at), "updated_at": utc_seconds(one.stamps.updated_at)})
}
