//! `clients.subscriptions.*` (contract jerasoft §4.3).

use serde_json::{Value, json};
use shared::domain::records::{Column, List};
use shared::domain::sales::service::Status;
use shared::domain::services::list::{GET, Named, SEARCH, Shown, State, Wanted};
use shared::domain::services::make::{SUBSCRIBE, Subscribe};
use shared::domain::services::write::{DELETE, Deletion, UPDATE, Update};
use shared::machinery::dialect::Dialect::Jerasoft;
use shared::machinery::dialect::jerasoft::{order, several, window};
use shared::machinery::dialect::word;
use shared::machinery::reader::Reader;
use shared::machinery::reply::{Reply, View};
use shared::machinery::route::Row;
use shared::words::page::Page;
use shared::words::pattern::Pattern;
use shared::words::time::{Date, Day};

/// What the dialect calls the operations' fields.
const NAMES: &[(&str, &str)] = &[
    ("customer", "clients_id"),
    ("product", "packages_id"),
    ("account", "accounts_id"),
    ("start", "start_dt"),
    ("stop", "stop_dt"),
];
/// What a subscription is like now; worked out, not stored.
const STATUSES: &[(&str, State)] =
    &[("pending", State::Pending), ("active", State::Active), ("archive", State::Archive)];
/// What is stored.
const CONDITIONS: &[(&str, &[Status])] = &[
    ("new", &[Status::Pending]),
    ("activated", &[Status::Active, Status::Suspended]),
    ("deactivated", &[Status::Terminated, Status::Cancelled]),
];

/// A column to sort by.
#[derive(Debug, Clone, Copy)]
enum By {
    Name(Named),
    Column(Column),
}

const COLUMNS: &[(&str, By)] = &[
    ("clients_name", By::Name(Named::Customer)),
    ("id", By::Column(Column::Id)),
    ("packages_name", By::Name(Named::Product)),
    ("periods_start_dt", By::Column(Column::Span)),
    ("start_dt", By::Column(Column::At)),
    ("status", By::Column(Column::Status)),
];

pub(crate) fn rows() -> Vec<Row> {
    const ALL: &str = "/api/clients/subscriptions";
    const ONE: &str = "/api/clients/subscriptions/{id}";
    let id = |r: &mut Reader<'_>| r.own_id("id");
    vec![
        Row::new(Jerasoft, "GET", ALL, &SEARCH, read_list, write_list, NAMES).rpc("clients.subscriptions.search"),
        Row::new(Jerasoft, "POST", ALL, &SUBSCRIBE, read_new, write_one, NAMES).rpc("clients.subscriptions.create"),
        Row::new(Jerasoft, "GET", ONE, &GET, id, write_one, NAMES).rpc("clients.subscriptions.get"),
        Row::new(Jerasoft, "PATCH", ONE, &UPDATE, read_update, |_, _| Reply::one(true), NAMES)
            .rpc("clients.subscriptions.update"),
        Row::new(Jerasoft, "DELETE", ONE, &DELETE, read_deletion, |_, count| Reply::one(count), NAMES)
            .rpc("clients.subscriptions.delete"),
    ]
}

fn read_list(r: &mut Reader<'_>) -> Wanted {
    let mut wanted = Wanted::of(List::all(window(r)));
    for (by, descending) in order(r, COLUMNS) {
        match by {
            By::Name(named) => wanted.by_name.push((named, descending)),
            By::Column(column) => wanted.list.order.push((column, descending)),
        }
    }
    let list = &mut wanted.list;
    list.ids = r.ids("id").optional();
    list.search = r.text("q").optional().filter(|text| !text.is_empty()).map(|text| Pattern::star(&text));
    list.customers = r.ids("clients_id").optional().unwrap_or_default();
    list.parents = r.ids("packages_id").optional().unwrap_or_default();
    list.resellers = r.ids("companies_id").optional().unwrap_or_default();
    wanted.accounts = r.ids("accounts_id").optional().unwrap_or_default();
    wanted.owner = r.id("owner_users_id").optional();
    wanted.states = several(r, "status", STATUSES);
    let conditions = several(r, "condition", CONDITIONS);
    let words = |of: Vec<&[Status]>| of.into_iter().flatten().map(|status| status.word().to_owned()).collect();
    wanted.list.statuses = conditions.map(words);
    wanted
}

fn read_new(r: &mut Reader<'_>) -> Subscribe {
    Subscribe {
        customer: r.id("clients_id").required(),
        product: r.id("packages_id").required(),
        start: r.period_moment("start_dt").optional(),
        stop: r.period_moment("stop_dt").optional(),
        account: r.id("accounts_id").optional(),
    }
}

fn read_update(r: &mut Reader<'_>) -> Update {
    let mut update = Update { id: r.own_id("id"), ..Update::default() };
    update.start = r.period_moment("start_dt").present();
    update.stop = r.period_moment("stop_dt").patch();
    update.account = r.id("accounts_id").patch();
    r.read_only(&["clients_id", "packages_id", "companies_id", "condition", "status"]);
    update
}

fn read_deletion(r: &mut Reader<'_>) -> Deletion {
    Deletion { id: r.own_id("id"), charged_too: false }
}

fn write_list(view: View, page: Page<Shown>) -> Reply {
    Reply::page(page, |shown| subscription(view, &shown))
}

fn write_one(view: View, shown: Shown) -> Reply {
    Reply::one(subscription(view, &shown))
}

fn subscription(view: View, shown: &Shown) -> Value {
    let service = &shown.service;
    let condition = CONDITIONS.iter().find(|(_, statuses)| statuses.contains(&service.status)).map(|(word, _)| *word);
    let midnight = |date: Date| Day::midnight(date, view.zone).map(|day| view.zone.stamp(day.at));
    let period = service.period();
    // A period ends where the next one begins.
    let end = period.and_then(|term| term.end.succ_opt());
    json!({
        "id": service.stamps.id,
        "clients_id": service.customer,
        "clients_name": shown.customer.as_ref().map(|(customer, _)| customer.name.full()),
        "accounts_id": service.account,
        "packages_id": service.product,
        "packages_name": shown.product.as_ref().map_or(&service.name, |product| &product.name),
        "companies_id": service.reseller,
        "condition": condition,
        "status": word(STATUSES, &shown.state),
        "start_dt": view.zone.stamp(service.start),
        "stop_dt": service.stop.map(|stop| view.zone.stamp(stop)),
        "periods_start_dt": period.and_then(|term| midnight(term.start)),
        "periods_stop_dt": end.and_then(midnight),
        "renew_due": null,
        "c_dt": view.zone.stamp(service.stamps.created_at),
    })
}
