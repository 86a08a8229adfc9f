//! `/registrants` and `POST /api/domains/check` (contract billmora §8.9, §9.9, §9.11).

use catalog::billmora::dated;
use serde_json::{Value, json};
use shared::domain::registrants::check::{Availability, CHECK, Check};
use shared::domain::registrants::{Change, DELETE, GET, SEARCH, Shown, UPDATE};
use shared::domain::sales::registrant::{Registrant, Status};
use shared::machinery::dialect::Dialect::Billmora;
use shared::machinery::dialect::{two_places, word};
use shared::machinery::reader::Reader;
use shared::machinery::reply::{Reply, View};
use shared::machinery::route::Row;
use shared::words::error::{Kind, Rule};
use shared::words::page::Page;
use shared::words::time::utc_micros;

use super::{NAMES, read_list, user};

/// Where a registered domain stands.
const STATUSES: &[(&str, Status)] = &[
    ("pending", Status::Pending),
    ("pending_transfer", Status::PendingTransfer),
    ("active", Status::Active),
    ("suspended", Status::Suspended),
    ("expired", Status::Expired),
    ("cancelled", Status::Cancelled),
];
/// The most name servers.
const MOST_SERVERS: usize = 5;

pub(super) fn rows() -> Vec<Row> {
    const ALL: &str = "/api/v1/registrants";
    const ONE: &str = "/api/v1/registrants/{id}";
    let id = |r: &mut Reader<'_>| r.own_id("id");
    let deleted = |_: View, _: u64| Reply::done("Registrant deleted successfully.");
    vec![
        Row::new(Billmora, "GET", ALL, &SEARCH, read_list, write_list, NAMES).ability("registrants.view"),
        Row::new(Billmora, "GET", ONE, &GET, id, write_one, NAMES).ability("registrants.view"),
        Row::new(Billmora, "PUT", ONE, &UPDATE, read_update, write_one, NAMES).ability("registrants.update"),
        Row::new(Billmora, "DELETE", ONE, &DELETE, id, deleted, NAMES).ability("registrants.delete"),
        Row::new(Billmora, "POST", "/api/domains/check", &CHECK, read_check, write_check, NAMES),
    ]
}

fn read_update(r: &mut Reader<'_>) -> Change {
    let mut change = Change { id: r.own_id("id"), ..Change::default() };
    change.status = r.choice("status", STATUSES).present();
    change.auto_renew = r.flag("auto_renew").present();
    change.nameservers = r.structure("nameservers").present().and_then(|text| servers(r, &text));
    change
}

/// One to five names, each of which may be null.
fn servers(r: &mut Reader<'_>, text: &str) -> Option<Vec<Option<String>>> {
    let list = match serde_json::from_str::<Value>(text) {
        Ok(Value::Array(list)) => list,
        Ok(Value::Object(map)) => map.into_iter().map(|(_, value)| value).collect(),
        _ => Vec::new(),
    };
    if list.is_empty() {
        r.violate("nameservers", Rule::TooFew(1));
    } else if list.len() > MOST_SERVERS {
        r.violate("nameservers", Rule::TooMany(MOST_SERVERS));
    }
    let mut servers = Vec::with_capacity(list.len());
    for (place, value) in list.into_iter().enumerate() {
        let rule = match &value {
            Value::Null => None,
            Value::String(text) if text.chars().count() > 255 => Some(Rule::TooLong(255)),
            Value::String(_) => None,
            _ => Some(Rule::Kind(Kind::Text)),
        };
        match rule {
            Some(rule) => r.violate(&format!("nameservers.{place}"), rule),
            None => servers.push(value.as_str().map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())),
        }
    }
    Some(servers)
}

fn read_check(r: &mut Reader<'_>) -> Check {
    Check { domain: r.text("domain").required(), tenant: r.loose("tenant") }
}

/// What the tenant's own records know of a name; no registrar is asked.
fn write_check(_: View, found: Availability) -> Reply {
    let message = if found.free { "Domain is available." } else { "Domain is not available." };
    Reply::whole(json!({"domain": found.domain, "available": found.free, "premium": false, "price": null,
        "message": message, "tld_id": found.tld, "success": true}))
}

fn write_list(_: View, page: Page<Shown>) -> Reply {
    Reply::page(page, |shown| registrant(&shown))
}

fn write_one(_: View, shown: Shown) -> Reply {
    Reply::one(registrant(&shown))
}

fn registrant(shown: &Shown) -> Value {
    let tld = shown.tld.as_ref().map(catalog::billmora::tlds::bare);
    view(&shown.registrant, [("user", user(shown.customer.as_ref())), ("tld", tld.into())])
}

/// A registered domain without any of its relations, as it stands inside an order.
pub(super) fn bare(registrant: &Registrant) -> Value {
    view(registrant, [])
}

fn view<const N: usize>(registrant: &Registrant, relations: [(&'static str, Value); N]) -> Value {
    let mut value = json!({
        "id": registrant.stamps.id,
        "registrant_number": registrant.number(),
        "domain": registrant.domain,
        "status": word(STATUSES, &registrant.status),
        "registration_type": if registrant.transfer { "transfer" } else { "register" },
        "years": registrant.years,
        "price": two_places(registrant.money(registrant.price)),
        "currency": registrant.iso.code(),
        "auto_renew": registrant.auto_renew,
        "nameservers": registrant.nameservers,
        "configuration": null,
        "registered_at": registrant.registered_at.map(utc_micros),
        "expires_at": registrant.expires_at.map(utc_micros),
        "suspended_at": registrant.suspended_at.map(utc_micros),
        "cancelled_at": registrant.cancelled_at.map(utc_micros),
    });
    if let Some(members) = value.as_object_mut() {
        members.extend(relations.map(|(name, value)| (name.to_owned(), value)));
    }
    dated(value, &registrant.stamps)
}
