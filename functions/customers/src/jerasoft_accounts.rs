//! `clients.accounts.*` (contract jerasoft §4.2).

use serde_json::{Value, json};
use shared::domain::customers::accounts::{CREATE, Change, DELETE, GET, SEARCH, Shown, UPDATE};
use shared::domain::records::{Column, List};
use shared::machinery::dialect::Dialect::Jerasoft;
use shared::machinery::dialect::carried::{self, Attribute, Carried};
use shared::machinery::dialect::jerasoft::{order, search, window};
use shared::machinery::reader::Reader;
use shared::machinery::reply::{Reply, View};
use shared::machinery::route::Row;
use shared::words::page::Page;

/// What the dialect calls the operations' fields.
const NAMES: &[(&str, &str)] = &[("customer", "clients_id")];
const COLUMNS: &[(&str, Column)] = &[("id", Column::Id), ("name", Column::Name)];
const AUTH_TYPES: &[(&str, &str)] = &[("ani", "ani"), ("ip", "ip"), ("name", "name")];
const CARRIED: &[Attribute] = &[
    ("auth_type", Carried::Word(AUTH_TYPES), "\"ani\""),
    ("ani", Carried::Text, "null"),
    ("ips", Carried::Words, "[]"),
    ("protocol", Carried::Text, "null"),
    ("orig_enabled", Carried::Flag, "true"),
    ("term_enabled", Carried::Flag, "true"),
    ("orig_rate_table", Carried::Id, "null"),
    ("term_rate_table", Carried::Id, "null"),
    ("orig_capacity", Carried::Count, "null"),
    ("term_capacity", Carried::Count, "null"),
    ("dr_plans_id", Carried::Id, "null"),
    ("orig_tags", Carried::Words, "[]"),
    ("term_tags", Carried::Words, "[]"),
];

pub(crate) fn rows() -> Vec<Row> {
    const ALL: &str = "/api/clients/accounts";
    const ONE: &str = "/api/clients/accounts/{id}";
    let id = |r: &mut Reader<'_>| r.own_id("id");
    vec![
        Row::new(Jerasoft, "GET", ALL, &SEARCH, read_list, write_list, NAMES).rpc("clients.accounts.search"),
        Row::new(Jerasoft, "POST", ALL, &CREATE, read_new, write_one, NAMES).rpc("clients.accounts.create"),
        Row::new(Jerasoft, "GET", ONE, &GET, id, write_one, NAMES).rpc("clients.accounts.get"),
        Row::new(Jerasoft, "PATCH", ONE, &UPDATE, read_update, |_, _| Reply::one(true), NAMES)
            .rpc("clients.accounts.update"),
        Row::new(Jerasoft, "DELETE", ONE, &DELETE, id, |_, count| Reply::one(count), NAMES)
            .rpc("clients.accounts.delete"),
    ]
}

fn read_list(r: &mut Reader<'_>) -> List {
    let mut list = List::all(window(r));
    list.order = order(r, COLUMNS);
    list.search = search(r);
    list.ids = r.ids("id").optional();
    list.customers = r.ids("clients_id").optional().unwrap_or_default();
    list
}

fn read_new(r: &mut Reader<'_>) -> Change {
    let customer = Some(r.id("clients_id").required());
    let name = Some(r.text("name").max(128).required());
    Change { customer, name, carried: carried::read(r, CARRIED) }
}

fn read_update(r: &mut Reader<'_>) -> (u64, Change) {
    let id = r.own_id("id");
    let customer = r.id("clients_id").present();
    let name = r.text("name").min(1).max(128).present();
    (id, Change { customer, name, carried: carried::read(r, CARRIED) })
}

fn write_list(view: View, page: Page<Shown>) -> Reply {
    Reply::page(page, |shown| account(view, &shown))
}

fn write_one(view: View, shown: Shown) -> Reply {
    Reply::one(account(view, &shown))
}

fn account(view: View, shown: &Shown) -> Value {
    let account = &shown.account;
    let mut value = json!({
        "id": account.stamps.id,
        "name": account.name,
        "clients_id": account.customer,
        "clients_name": shown.customer_name,
    });
    if let Some(members) = value.as_object_mut() {
        members.extend(carried::write(view, CARRIED, &account.carried));
        members.insert("c_dt".into(), view.zone.stamp(account.stamps.created_at).into());
    }
    value
}
