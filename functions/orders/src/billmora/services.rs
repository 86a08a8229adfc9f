//! `/services` (contract billmora §8.2, §9.2, §10.4).

use catalog::billmora::dated;
use catalog::common::{UNITS, kept};
use serde_json::{Value, json};
use shared::domain::catalog::{Cycle, Unit};
use shared::domain::sales::service::{Scaling, Service, Status};
use shared::domain::services::list::{GET, SEARCH, Shown, Wanted};
use shared::domain::services::write::{DELETE, Deletion, UPDATE, Update};
use shared::machinery::dialect::Dialect::Billmora;
use shared::machinery::dialect::{two_places, word};
use shared::machinery::reader::Reader;
use shared::machinery::reply::{Reply, View};
use shared::machinery::route::Row;
use shared::words::error::{Kind, Rule};
use shared::words::page::Page;
use shared::words::patch::Patch;
use shared::words::time::utc_micros;

use super::orders::options;
use super::{NAMES, read_list, user};

/// Where a service stands.
const STATUSES: &[(&str, Status)] = &[
    ("active", Status::Active),
    ("suspended", Status::Suspended),
    ("terminated", Status::Terminated),
    ("cancelled", Status::Cancelled),
    ("pending", Status::Pending),
];

pub(super) fn rows() -> Vec<Row> {
    const ALL: &str = "/api/v1/services";
    const ONE: &str = "/api/v1/services/{id}";
    let deleted = |_: View, _: u64| Reply::done("Service deleted successfully.");
    vec![
        Row::new(Billmora, "GET", ALL, &SEARCH, |r| Wanted::of(read_list(r)), write_list, NAMES)
            .ability("services.view"),
        Row::new(Billmora, "GET", ONE, &GET, |r| r.own_id("id"), write_one, NAMES).ability("services.view"),
        Row::new(Billmora, "PUT", ONE, &UPDATE, read_update, write_one, NAMES).ability("services.update"),
        Row::new(Billmora, "DELETE", ONE, &DELETE, read_deletion, deleted, NAMES).ability("services.delete"),
    ]
}

fn read_update(r: &mut Reader<'_>) -> Update {
    let mut update = Update { id: r.own_id("id"), ..Update::default() };
    update.status = r.choice("status", STATUSES).present();
    update.name = r.text("name").min(1).present();
    update.next_due = r.day("next_due_date").present();
    update.plugin = r.id("plugin_id").patch();
    update.selections = match r.structure("variant_selections").patch() {
        Patch::Keep => Patch::Keep,
        Patch::Clear => Patch::Clear,
        Patch::Set(text) => match options(&text) {
            Some(chosen) => Patch::Set(chosen.into_iter().collect()),
            None => {
                r.violate("variant_selections", Rule::Kind(Kind::Object));
                Patch::Keep
            }
        },
    };
    update.configuration = r.structure("configuration").patch();
    update
}

fn read_deletion(r: &mut Reader<'_>) -> Deletion {
    Deletion { id: r.own_id("id"), charged_too: true }
}

fn write_list(_: View, page: Page<Shown>) -> Reply {
    Reply::page(page, |shown| service(&shown))
}

fn write_one(_: View, shown: Shown) -> Reply {
    Reply::one(service(&shown))
}

fn service(shown: &Shown) -> Value {
    let service = &shown.service;
    let package = shown.product.as_ref().map(catalog::billmora::packages::bare);
    let relations = [
        ("user", user(shown.customer.as_ref())),
        ("package", package.into()),
        ("scalings", service.scalings.iter().map(|one| scaling(service, one)).collect()),
    ];
    view(service, relations)
}

/// A service without any of its relations, as it stands inside an order.
pub(super) fn bare(service: &Service) -> Value {
    view(service, [])
}

fn view<const N: usize>(service: &Service, relations: [(&'static str, Value); N]) -> Value {
    let (kind, interval, unit) = match service.cycle {
        Cycle::Free => ("free", None, None),
        Cycle::Once => ("onetime", None, None),
        Cycle::Every { count, unit } => ("recurring", Some(count), word(UNITS, &unit)),
    };
    // The map's keys are lost on the wire (§7).
    let selections =
        service.selections.as_ref().map(|chosen| chosen.iter().map(|(_, options)| options.clone()).collect::<Vec<_>>());
    let mut value = json!({
        "id": service.stamps.id,
        "service_number": service.number(),
        "status": word(STATUSES, &service.status),
        "name": service.name,
        "billing_type": kind,
        "billing_period": unit,
        "billing_interval": interval,
        "price": two_places(service.money(service.fee)),
        "setup_fee": two_places(service.money(service.setup_fee)),
        "currency": service.iso.code(),
        "cycle_label": label(service),
        "activated_at": service.activated_at.map(utc_micros),
        "next_due_date": service.next_due.map(|due| utc_micros(due.at)),
        "suspended_at": service.suspended_at.map(utc_micros),
        "terminated_at": service.terminated_at.map(utc_micros),
        "cancelled_at": service.cancelled_at.map(utc_micros),
        "plugin_id": service.plugin,
        "variant_selections": selections,
        "configuration": kept(service.configuration.as_deref()),
    });
    if let Some(members) = value.as_object_mut() {
        members.extend(relations.map(|(name, value)| (name.to_owned(), value)));
    }
    dated(value, &service.stamps)
}

/// `Monthly`, `Every 3 Month(s)` (§8.2).
fn label(service: &Service) -> String {
    match service.cycle {
        _ if service.fee == 0 => "Free".to_owned(),
        Cycle::Free => "Free".to_owned(),
        Cycle::Once => "One Time".to_owned(),
        Cycle::Every { count: 1, unit } => match unit {
            Unit::Day => "Daily",
            Unit::Week => "Weekly",
            Unit::Month => "Monthly",
            Unit::Year => "Annually",
        }
        .to_owned(),
        Cycle::Every { count, unit } => {
            let unit = match unit {
                Unit::Day => "Day",
                Unit::Week => "Week",
                Unit::Month => "Month",
                Unit::Year => "Year",
            };
            format!("Every {count} {unit}(s)")
        }
    }
}

/// A change of plan.
fn scaling(service: &Service, one: &Scaling) -> Value {
    let money = |minor| two_places(service.money(minor));
    let changed = one.completed_at.unwrap_or(one.created_at);
    json!({
        "id": service.stamps.id * 1000 + one.number,
        "service_id": service.stamps.id,
        "status": if one.completed_at.is_some() { "completed" } else { "pending" },
        "old_package_id": one.old.0,
        "new_package_id": one.new.0,
        "old_price": money(one.old_fee),
        "new_price": money(one.new_fee),
        "currency": service.iso.code(),
        "error_message": null,
        "created_at": utc_micros(one.created_at),
        "updated_at": utc_micros(changed),
    })
}
