//! `resellers.*`, and the same as `companies.*` (contract jerasoft §4.10).

use serde_json::{Value, json};
use shared::domain::resellers::{ARCHIVE, CREATE, Change, DELETE, GET, List, SEARCH, Shown, UPDATE};
use shared::domain::tenants::CurrencyRef;
use shared::machinery::dialect::Dialect::Jerasoft;
use shared::machinery::dialect::jerasoft::{order, search, several, window};
use shared::machinery::dialect::number;
use shared::machinery::reader::Reader;
use shared::machinery::reply::{Reply, View};
use shared::machinery::route::Row;
use shared::words::page::Page;

/// What the dialect calls the operations' fields.
const NAMES: &[(&str, &str)] = &[("parent", "parent_companies_id"), ("currency", "currencies_id")];
const STATUSES: &[(&str, bool)] = &[("active", false), ("deleted", true)];

pub(super) fn rows() -> Vec<Row> {
    let resellers = ["/api/resellers", "/api/resellers/{id}", "/api/resellers/{id}/archive"];
    let companies = ["/api/companies", "/api/companies/{id}", "/api/companies/{id}/archive"];
    const RESELLERS: [&str; 6] = [
        "resellers.search",
        "resellers.create",
        "resellers.get",
        "resellers.update",
        "resellers.delete",
        "resellers.archive",
    ];
    const COMPANIES: [&str; 6] = [
        "companies.search",
        "companies.create",
        "companies.get",
        "companies.update",
        "companies.delete",
        "companies.archive",
    ];
    [under(resellers, RESELLERS), under(companies, COMPANIES)].into_iter().flatten().collect()
}

fn under([all, one, archive]: [&'static str; 3], names: [&'static str; 6]) -> Vec<Row> {
    let id = |r: &mut Reader<'_>| r.own_id("id");
    let count = |_: View, count: u64| Reply::one(count);
    vec![
        Row::new(Jerasoft, "GET", all, &SEARCH, read_list, write_list, NAMES).rpc(names[0]),
        Row::new(Jerasoft, "POST", all, &CREATE, read_new, write_one, NAMES).rpc(names[1]),
        Row::new(Jerasoft, "GET", one, &GET, id, write_one, NAMES).rpc(names[2]),
        Row::new(Jerasoft, "PATCH", one, &UPDATE, read_update, |_, _| Reply::one(true), NAMES).rpc(names[3]),
        Row::new(Jerasoft, "DELETE", one, &DELETE, id, count, NAMES).rpc(names[4]),
        Row::new(Jerasoft, "POST", archive, &ARCHIVE, id, count, NAMES).rpc(names[5]),
    ]
}

fn read_list(r: &mut Reader<'_>) -> List {
    let archived = several(r, "status", STATUSES);
    List {
        window: window(r),
        ids: r.ids("id").optional(),
        search: search(r),
        // Both words are no filter.
        archived: archived.and_then(|all| match all.as_slice() {
            [first, rest @ ..] if rest.iter().all(|one| one == first) => Some(*first),
            _ => None,
        }),
        order: order(r, &[("id", false), ("name", true)]),
    }
}

fn read_new(r: &mut Reader<'_>) -> Change {
    let name = Some(r.text("name").max(128).required());
    Change { name, ..read_rest(r) }
}

fn read_update(r: &mut Reader<'_>) -> (u64, Change) {
    let id = r.own_id("id");
    let name = r.text("name").min(1).max(128).present();
    (id, Change { name, ..read_rest(r) })
}

fn read_rest(r: &mut Reader<'_>) -> Change {
    Change {
        name: None,
        parent: r.id("parent_companies_id").patch(),
        currency: r.id("currencies_id").present().map(CurrencyRef::Id),
        credit: r.decimal("credit").patch(),
    }
}

fn write_list(view: View, page: Page<Shown>) -> Reply {
    Reply::page(page, |one| reseller(view, &one))
}

fn write_one(view: View, one: Shown) -> Reply {
    Reply::one(reseller(view, &one))
}

fn reseller(view: View, shown: &Shown) -> Value {
    let one = &shown.reseller;
    json!({
        "id": one.id,
        "name": one.name,
        "status": if one.archived { "deleted" } else { "active" },
        "parent_companies_id": one.parent,
        "currencies_id": shown.currency,
        "credit": shown.credit.map(number),
        "users_count": shown.users,
        "clients_count": shown.clients,
        "c_dt": one.created_at.map(|at| view.zone.stamp(at)),
    })
}
