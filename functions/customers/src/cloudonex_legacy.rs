//! Customers in CloudOnex's older dialect: singular nouns and bare records (contract cloudonex §12). Which fields of
//! the original's ninety a record has, the contract says; secrets are null.

use serde_json::{Value, json};
use shared::domain::customers::entity::Text;
use shared::domain::customers::{self, Change, New, Shown, Status, Unique};
use shared::machinery::dialect::Dialect::Cloudonex;
use shared::machinery::reader::Reader;
use shared::machinery::reply::{Reply, View};
use shared::machinery::route::Row;
use shared::words::patch::Patch;
use shared::words::time::{Instant, Zone};

use crate::cloudonex::read_change;

const NAMES: &[(&str, &str)] = &[("name", "account")];

pub(crate) fn rows() -> Vec<Row> {
    vec![
        Row::new(Cloudonex, "POST", "/api/v2/customer", &customers::CREATE, read_new, write_created, NAMES),
        Row::new(
            Cloudonex,
            "GET",
            "/api/v2/customer/{id}",
            &customers::GET,
            |r| r.own_id("id"),
            |_, shown| Reply::whole(record(&shown)),
            NAMES,
        ),
    ]
}

fn read_new(r: &mut Reader<'_>) -> New {
    let name = Some(r.text("account").required());
    let password = r.untrimmed("password").max(1024).optional().filter(|password| !password.is_empty());
    // 0 is nobody.
    let owner = r.integer("owner_id").within(0, i64::MAX).optional().and_then(|id| u64::try_from(id).ok());
    let owner = owner.filter(|id| *id > 0).map_or(Patch::Keep, Patch::Set);
    let change = Change { name, owner, ..read_change(r) };
    New { change, unique: Unique { name: false, email: true }, password, ..New::default() }
}

fn write_created(_: View, shown: Shown) -> Reply {
    Reply::whole(json!({"error": false, "contact_id": shown.customer.id, "msg": "Customer created"})).status(201)
}

/// What `GET customers` answers a key of this dialect.
pub(crate) fn list(all: &[Shown]) -> Reply {
    Reply::whole(all.iter().map(record).collect())
}

fn stamp(at: Instant) -> String {
    Zone::UTC.local(at).format("%Y-%m-%d %H:%M:%S").to_string()
}

fn record(shown: &Shown) -> Value {
    let customer = &shown.customer;
    let text = |which| customer.text(which);
    let status = if customer.status == Status::Active { "Active" } else { "Inactive" };
    json!({
        "id": customer.id,
        "account": customer.name.full(),
        "fname": customer.name.first,
        "lname": customer.name.last,
        "company": text(Text::Company),
        "email": text(Text::Email),
        "phone": text(Text::Phone),
        "address": text(Text::Address),
        "city": text(Text::City),
        "state": text(Text::State),
        "zip": text(Text::Zip),
        "country": text(Text::Country),
        "balance": shared::machinery::dialect::two_places(shown.balance),
        "status": status,
        "gname": "Default",
        "gid": 0,
        "cid": 0,
        "o": customer.owner.unwrap_or(0),
        "currency": customer.currency,
        "type": "Customer",
        "notes": text(Text::Notes),
        "password": null,
        "token": null,
        "autologin": null,
        "created_at": stamp(customer.created_at),
        "updated_at": stamp(customer.updated_at),
    })
}
