//! `rates.tables.*` (contract jerasoft §4.12).

use serde_json::{Value, json};
use shared::domain::rating::tables::{CREATE, Change, DELETE, GET, RateTable, SEARCH, UPDATE};
use shared::domain::records::{Column, List};
use shared::domain::tenants::CurrencyRef;
use shared::machinery::dialect::Dialect::Jerasoft;
use shared::machinery::dialect::carried::{self, Attribute, Carried};
use shared::machinery::reader::Reader;
use shared::machinery::reply::{Reply, View};
use shared::machinery::route::Row;
use shared::words::page::Page;

use super::{dated, read_list, write_count, write_true};
use crate::common::or_unset;

/// What the dialect calls the operations' fields.
const NAMES: &[(&str, &str)] = &[
    ("reseller", "companies_id"),
    ("currency", "currencies_id"),
    ("parent", "parent_rate_tables_id"),
    ("mail_template", "mail_import_template_id"),
    ("mail_credentials", "credentials_id"),
    ("mail_settings", "remote_settings"),
];
const COLUMNS: &[(&str, Column)] = &[("id", Column::Id), ("name", Column::Name), ("companies_id", Column::Reseller)];
const CARRIED: &[Attribute] = &[
    ("code_decks_id", Carried::Id, "null"),
    ("agreements_id", Carried::Id, "null"),
    ("rates_generators_id", Carried::Id, "null"),
    ("rates_generation_auto", Carried::Flag, "false"),
];

pub(super) fn rows() -> Vec<Row> {
    const ALL: &str = "/api/rates/tables";
    const ONE: &str = "/api/rates/tables/{id}";
    let id = |r: &mut Reader<'_>| r.own_id("id");
    vec![
        Row::new(Jerasoft, "GET", ALL, &SEARCH, read_tables, write_list, NAMES).rpc("rates.tables.search"),
        Row::new(Jerasoft, "POST", ALL, &CREATE, read_new, write_one, NAMES).rpc("rates.tables.create"),
        Row::new(Jerasoft, "GET", ONE, &GET, id, write_one, NAMES).rpc("rates.tables.get"),
        Row::new(Jerasoft, "PATCH", ONE, &UPDATE, read_update, write_true, NAMES).rpc("rates.tables.update"),
        Row::new(Jerasoft, "DELETE", ONE, &DELETE, id, write_count, NAMES).rpc("rates.tables.delete"),
    ]
}

fn read_tables(r: &mut Reader<'_>) -> List {
    let mut list = read_list(r, COLUMNS);
    list.parents = r.ids("parent_rate_tables_id").optional().unwrap_or_default();
    list
}

fn read_new(r: &mut Reader<'_>) -> Change {
    let name = Some(r.text("name").max(128).required());
    let currency = Some(CurrencyRef::Id(r.id("currencies_id").required()));
    Change { name, currency, ..read_change(r) }
}

fn read_update(r: &mut Reader<'_>) -> (u64, Change) {
    let id = r.own_id("id");
    let name = r.text("name").min(1).max(128).present();
    let currency = r.id("currencies_id").present().map(CurrencyRef::Id);
    (id, Change { name, currency, ..read_change(r) })
}

fn read_change(r: &mut Reader<'_>) -> Change {
    Change {
        name: None,
        currency: None,
        reseller: r.id("companies_id").present(),
        parent: r.id("parent_rate_tables_id").patch(),
        tag: r.text("tag").min(1).max(64).patch(),
        with_taxes: or_unset(r.flag("with_taxes").patch(), false),
        notes: r.text("notes").max(4000).patch(),
        source_deck: r.id("src_code_decks_id").patch(),
        mail_auto: or_unset(r.flag("mail_auto_import").patch(), false),
        mail_template: r.id("mail_import_template_id").patch(),
        mail_credentials: r.id("credentials_id").patch(),
        mail_settings: r.record("remote_settings").patch(),
        carried: carried::read(r, CARRIED),
    }
}

fn write_list(view: View, page: Page<RateTable>) -> Reply {
    Reply::page(page, |one| table(view, &one))
}

fn write_one(view: View, one: RateTable) -> Reply {
    Reply::one(table(view, &one))
}

fn table(view: View, one: &RateTable) -> Value {
    let settings = one.mail.settings.as_deref().and_then(|text| serde_json::from_str::<Value>(text).ok());
    let mut value = json!({
        "id": one.stamps.id,
        "name": one.name,
        "companies_id": one.reseller,
        "currencies_id": one.currency,
        "tag": one.tag,
        "parent_rate_tables_id": one.parent,
        "src_code_decks_id": one.source_deck,
        "with_taxes": one.with_taxes,
        "notes": one.notes,
        "mail_auto_import": one.mail.auto,
        "mail_import_template_id": one.mail.template,
        "credentials_id": one.mail.credentials,
        "remote_settings": settings,
    });
    if let Some(members) = value.as_object_mut() {
        members.extend(carried::write(view, CARRIED, &one.carried));
    }
    dated(view, value, &one.stamps)
}
