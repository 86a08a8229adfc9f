//! `services.*` (contract jerasoft §4.15): a read-only list, ours.

use serde_json::{Value, json};
use shared::domain::rating::services::{GET, List, SEARCH};
use shared::machinery::dialect::Dialect::Jerasoft;
use shared::machinery::dialect::jerasoft::{search, window};
use shared::machinery::reader::Reader;
use shared::machinery::reply::{Reply, View};
use shared::machinery::route::Row;
use shared::words::page::Page;

pub(super) fn rows() -> Vec<Row> {
    let id = |r: &mut Reader<'_>| r.own_id("id");
    vec![
        Row::new(Jerasoft, "GET", "/api/services", &SEARCH, read_services, write_list, &[]).rpc("services.search"),
        Row::new(Jerasoft, "GET", "/api/services/{id}", &GET, id, |_, one| Reply::one(service(&one)), &[])
            .rpc("services.get"),
    ]
}

fn read_services(r: &mut Reader<'_>) -> List {
    List { window: window(r), search: search(r), ids: r.ids("id").optional() }
}

fn write_list(_: View, page: Page<(u64, &'static str)>) -> Reply {
    Reply::page(page, |one| service(&one))
}

fn service((id, name): &(u64, &'static str)) -> Value {
    json!({"id": id, "name": name})
}
