//! `/services` and `/registrants`.

use catalog::cloudonex::dated;
use catalog::common::{UNITS, kept};
use invoices::cloudonex::amount;
use serde_json::{Value, json};
use shared::domain::catalog::Cycle;
use shared::domain::registrants;
use shared::domain::sales::registrant::Status as DomainStatus;
use shared::domain::sales::service::{Scaling, Service, Status};
use shared::domain::services::list::{GET, SEARCH, Shown, Wanted};
use shared::domain::services::plan::{SCALE, Scale};
use shared::domain::services::write::{MOVE, Move, UPDATE, Update};
use shared::machinery::dialect::Dialect::Cloudonex;
use shared::machinery::dialect::word;
use shared::machinery::reader::Reader;
use shared::machinery::reply::{Reply, View};
use shared::machinery::route::Row;
use shared::words::page::Page;
use shared::words::time::utc_seconds;

use super::{NAMES, read_list};

/// Where a service stands.
const STATUSES: &[(&str, Status)] = &[
    ("Pending", Status::Pending),
    ("Active", Status::Active),
    ("Suspended", Status::Suspended),
    ("Terminated", Status::Terminated),
    ("Cancelled", Status::Cancelled),
];
/// Where a registered domain stands.
const DOMAIN_STATUSES: &[(&str, DomainStatus)] = &[
    ("Pending", DomainStatus::Pending),
    ("Pending transfer", DomainStatus::PendingTransfer),
    ("Active", DomainStatus::Active),
    ("Expired", DomainStatus::Expired),
    ("Suspended", DomainStatus::Suspended),
    ("Cancelled", DomainStatus::Cancelled),
];

pub(super) fn rows() -> Vec<Row> {
    const ALL: &str = "/api/v2/services";
    const ONE: &str = "/api/v2/services/{id}";
    const DOMAINS: &str = "/api/v2/registrants";
    const DOMAIN: &str = "/api/v2/registrants/{id}";
    let step =
        |path, reader: fn(&mut Reader<'_>) -> Move| Row::new(Cloudonex, "POST", path, &MOVE, reader, write_one, NAMES);
    let services = |r: &mut Reader<'_>| {
        let mut list = read_list(r, STATUSES, Status::word);
        list.parents = r.id("product_id").optional().into_iter().collect();
        Wanted::of(list)
    };
    vec![
        Row::new(Cloudonex, "GET", ALL, &SEARCH, services, write_list, NAMES),
        Row::new(Cloudonex, "GET", ONE, &GET, |r| r.own_id("id"), write_one, NAMES),
        Row::new(Cloudonex, "PUT", ONE, &UPDATE, read_update, write_one, NAMES),
        step("/api/v2/services/{id}/suspend", |r| read_move(r, Status::Suspended)),
        step("/api/v2/services/{id}/unsuspend", |r| read_move(r, Status::Active)),
        step("/api/v2/services/{id}/terminate", |r| read_move(r, Status::Terminated)),
        Row::new(Cloudonex, "POST", "/api/v2/services/{id}/plan", &SCALE, read_scale, write_one, NAMES),
        Row::new(
            Cloudonex,
            "GET",
            DOMAINS,
            &registrants::SEARCH,
            |r| read_list(r, DOMAIN_STATUSES, DomainStatus::word),
            |_, page: Page<registrants::Shown>| Reply::page(page, |shown| registrant(&shown)),
            NAMES,
        ),
        Row::new(Cloudonex, "GET", DOMAIN, &registrants::GET, |r| r.own_id("id"), write_domain, NAMES),
        Row::new(Cloudonex, "PUT", DOMAIN, &registrants::UPDATE, read_domain, write_domain, NAMES),
    ]
}

fn read_update(r: &mut Reader<'_>) -> Update {
    let mut update = Update { id: r.own_id("id"), ..Update::default() };
    update.name = r.text("name").min(1).present();
    update.next_due = r.day("next_due_date").present();
    update.fee = r.decimal("price").present();
    update.stop = r.period_moment("stop_at").patch();
    r.read_only(&["customer_id", "product_id", "status", "currency"]);
    update
}

fn read_move(r: &mut Reader<'_>, status: Status) -> Move {
    Move { id: r.own_id("id"), status, reason: r.text("reason").max(1000).optional() }
}

fn read_scale(r: &mut Reader<'_>) -> Scale {
    Scale { id: r.own_id("id"), product: r.id("product_id").optional(), price: r.id("price_id").required() }
}

fn read_domain(r: &mut Reader<'_>) -> registrants::Change {
    let mut change = registrants::Change { id: r.own_id("id"), ..registrants::Change::default() };
    change.status = r.choice("status", DOMAIN_STATUSES).present();
    change.auto_renew = r.flag("auto_renew").present();
    let servers = r.texts("nameservers").present();
    change.nameservers = servers.map(|names| names.into_iter().map(Some).collect());
    change
}

fn write_list(_: View, page: Page<Shown>) -> Reply {
    Reply::page(page, |shown| service(&shown.service))
}

fn write_one(_: View, shown: Shown) -> Reply {
    Reply::one(service(&shown.service))
}

fn service(service: &Service) -> Value {
    let (count, unit) = match service.cycle {
        Cycle::Every { count, unit } => (Some(count), word(UNITS, &unit)),
        Cycle::Free | Cycle::Once => (None, None),
    };
    let term = service.period();
    let at = |at: Option<shared::words::time::Instant>| at.map(utc_seconds);
    let value = json!({
        "id": service.stamps.id,
        "service_number": service.number(),
        "customer_id": service.customer,
        "order_id": service.order,
        "product_id": service.product,
        "price_id": Some(service.price).filter(|id| *id != 0),
        "name": service.name,
        "status": word(STATUSES, &service.status),
        "billing_cycle": service.cycle.word(),
        "time_interval": count,
        "billing_period": unit,
        "qty": service.quantity,
        "price": amount(service.iso, service.fee),
        "setup_fee": amount(service.iso, service.setup_fee),
        "currency": service.iso.code(),
        "period_start": term.map(|term| term.start.to_string()),
        "period_end": term.map(|term| term.end.to_string()),
        "next_due_date": service.next_due.map(|due| due.date.to_string()),
        "start_at": utc_seconds(service.start),
        "stop_at": at(service.stop),
        "activated_at": at(service.activated_at),
        "suspended_at": at(service.suspended_at),
        "terminated_at": at(service.terminated_at),
        "cancelled_at": at(service.cancelled_at),
        "configuration": kept(service.configuration.as_deref()),
        "plan_changes": service.scalings.iter().map(|one| scaling(service, one)).collect::<Vec<_>>(),
    });
    dated(value, &service.stamps)
}

fn scaling(service: &Service, one: &Scaling) -> Value {
    json!({
        "status": if one.completed_at.is_some() { "completed" } else { "pending" },
        "old_product_id": one.old.0,
        "new_product_id": one.new.0,
        "old_price": amount(service.iso, one.old_fee),
        "new_price": amount(service.iso, one.new_fee),
        "invoice_id": one.invoice,
        "created_at": utc_seconds(one.created_at),
        "completed_at": one.completed_at.map(utc_seconds),
    })
}

fn write_domain(_: View, shown: registrants::Shown) -> Reply {
    Reply::one(registrant(&shown))
}

fn registrant(shown: &registrants::Shown) -> Value {
    let one = &shown.registrant;
    let value = json!({
        "id": one.stamps.id,
        "registrant_number": one.number(),
        "customer_id": one.customer,
        "order_id": one.order,
        "domain": one.domain,
        "tld_id": one.tld,
        "status": word(DOMAIN_STATUSES, &one.status),
        "type": if one.transfer { "transfer" } else { "register" },
        "years": one.years,
        "price": amount(one.iso, one.price),
        "currency": one.iso.code(),
        "auto_renew": one.auto_renew,
        "nameservers": one.nameservers,
        "registered_at": one.registered_at.map(utc_seconds),
        "expires_at": one.expires_at.map(utc_seconds),
    });
    dated(value, &one.stamps)
}
