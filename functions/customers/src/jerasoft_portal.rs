//! What a client's portal asks: `clients.authenticate`, `clients.balance`, `clients.notify_rates` and
//! `clients.payment_systems.profiles.*` (contract jerasoft §4.1, §4.4, §4.9).

use serde_json::{Value, json};
use shared::domain::customers::payment_profiles::{CREATE, Change, DELETE, GET, PaymentProfile, SEARCH, UPDATE};
use shared::domain::customers::portal::{AUTHENTICATE, NOTIFY_RATES};
use shared::domain::customers::{self, Shown};
use shared::domain::records::{Column, List};
use shared::machinery::dialect::Dialect::Jerasoft;
use shared::machinery::dialect::jerasoft::{order, search, window};
use shared::machinery::dialect::number;
use shared::machinery::reader::Reader;
use shared::machinery::reply::{Reply, View};
use shared::machinery::route::Row;
use shared::words::page::Page;
use shared::words::patch::Patch;

use crate::jerasoft::{balances, write_one};

/// What the dialect calls the operations' fields.
const NAMES: &[(&str, &str)] = &[("customer", "clients_id"), ("rate_table", "rate_tables_id")];
const COLUMNS: &[(&str, Column)] = &[("id", Column::Id), ("title", Column::Name)];

pub(crate) fn rows() -> Vec<Row> {
    const ALL: &str = "/api/clients/payment_systems/profiles";
    const ONE: &str = "/api/clients/payment_systems/profiles/{id}";
    let id = |r: &mut Reader<'_>| r.own_id("id");
    let one = |view: View, one: PaymentProfile| Reply::one(profile(view, &one));
    vec![
        Row::new(Jerasoft, "POST", "/api/clients/authenticate", &AUTHENTICATE, read_sign_in, write_one, NAMES)
            .rpc("clients.authenticate"),
        Row::new(Jerasoft, "GET", "/api/clients/{id}/balance", &customers::GET, id, write_balance, NAMES)
            .rpc("clients.balance"),
        Row::new(
            Jerasoft,
            "POST",
            "/api/clients/{id}/notify_rates",
            &NOTIFY_RATES,
            |r| (r.own_id("id"), r.id("rate_tables_id").optional()),
            |_, ()| Reply::one(true),
            NAMES,
        )
        .rpc("clients.notify_rates"),
        Row::new(Jerasoft, "GET", ALL, &SEARCH, read_list, write_list, NAMES)
            .rpc("clients.payment_systems.profiles.search"),
        Row::new(Jerasoft, "POST", ALL, &CREATE, read_new, one, NAMES).rpc("clients.payment_systems.profiles.create"),
        Row::new(Jerasoft, "GET", ONE, &GET, id, one, NAMES).rpc("clients.payment_systems.profiles.get"),
        Row::new(Jerasoft, "PATCH", ONE, &UPDATE, read_update, |_, _| Reply::one(true), NAMES)
            .rpc("clients.payment_systems.profiles.update"),
        Row::new(Jerasoft, "DELETE", ONE, &DELETE, id, |_, count| Reply::one(count), NAMES)
            .rpc("clients.payment_systems.profiles.delete"),
    ]
}

fn read_sign_in(r: &mut Reader<'_>) -> (String, String) {
    (r.text("login").required(), r.untrimmed("password").max(1024).required())
}

fn write_balance(_: View, shown: Shown) -> Reply {
    let mut value = balances(&shown);
    value.insert("credit".into(), shown.customer.credit_limit.map(number).into());
    value.insert("currencies_id".into(), shown.customer.currency.into());
    Reply::one(Value::Object(value))
}

fn read_list(r: &mut Reader<'_>) -> List {
    let mut list = List::all(window(r));
    list.order = order(r, COLUMNS);
    list.search = search(r);
    list.ids = r.ids("id").optional();
    list.customers = r.ids("clients_id").optional().unwrap_or_default();
    list.parents = r.ids("payment_systems_id").optional().unwrap_or_default();
    list
}

fn read_new(r: &mut Reader<'_>) -> Change {
    let customer = Some(r.id("clients_id").required());
    let system = Some(r.id("payment_systems_id").required());
    let external_id = Some(r.text("external_id").max(255).required());
    Change { customer, system, external_id, ..read_rest(r) }
}

fn read_update(r: &mut Reader<'_>) -> (u64, Change) {
    let id = r.own_id("id");
    r.read_only(&["clients_id"]);
    let system = r.id("payment_systems_id").present();
    let external_id = r.text("external_id").min(1).max(255).present();
    (id, Change { system, external_id, ..read_rest(r) })
}

fn read_rest(r: &mut Reader<'_>) -> Change {
    let decimal = |r: &mut Reader<'_>, name: &str| match r.decimal(name).patch() {
        Patch::Set(amount) => Patch::Set(amount.to_string()),
        Patch::Clear => Patch::Clear,
        Patch::Keep => Patch::Keep,
    };
    Change {
        title: r.text("title").max(128).patch(),
        is_default: r.flag("is_default").present(),
        autocharge: r.flag("autocharge_enabled").present(),
        autocharge_amount: decimal(r, "autocharge_amount"),
        autocharge_threshold: decimal(r, "autocharge_threshold"),
        ..Change::default()
    }
}

fn write_list(view: View, page: Page<PaymentProfile>) -> Reply {
    Reply::page(page, |one| profile(view, &one))
}

fn profile(view: View, one: &PaymentProfile) -> Value {
    json!({
        "id": one.stamps.id,
        "clients_id": one.customer,
        "payment_systems_id": one.system,
        "external_id": one.external_id,
        "title": one.title,
        "is_default": one.is_default,
        "autocharge_enabled": one.autocharge,
        "autocharge_amount": one.autocharge_amount.as_ref().map(number),
        "autocharge_threshold": one.autocharge_threshold.as_ref().map(number),
        "c_dt": view.zone.stamp(one.stamps.created_at),
    })
}
