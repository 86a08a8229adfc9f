//! `/coupons`: ours, after Billmora's table (contract billmora §11); Billmora itself has no endpoint for them.

use serde_json::{Value, json};
use shared::domain::catalog::coupons::{CREATE, Change, Coupon, DELETE, GET, Off, SEARCH, UPDATE};
use shared::machinery::dialect::Dialect::Cloudonex;
use shared::machinery::dialect::{number, word};
use shared::machinery::reader::Reader;
use shared::machinery::reply::{Reply, View};
use shared::machinery::route::Row;
use shared::words::error::Rule;
use shared::words::page::Page;
use shared::words::patch::Patch;
use shared::words::time::utc_seconds;

use super::{NAMES, dated, read_list};
use crate::common::{LARGEST, or_unset};

const TYPES: &[(&str, Off)] = &[("percentage", Off::Percentage), ("fixed_amount", Off::FixedAmount)];

pub(super) fn rows() -> Vec<Row> {
    const ALL: &str = "/api/v2/coupons";
    const ONE: &str = "/api/v2/coupons/{id}";
    vec![
        Row::new(Cloudonex, "GET", ALL, &SEARCH, read_list, write_list, NAMES),
        Row::new(Cloudonex, "POST", ALL, &CREATE, read_new, write_created, NAMES),
        Row::new(Cloudonex, "GET", ONE, &GET, |r| r.own_id("id"), write_one, NAMES),
        Row::new(Cloudonex, "PUT", ONE, &UPDATE, read_update, write_one, NAMES),
        Row::new(Cloudonex, "DELETE", ONE, &DELETE, |r| r.own_id("id"), |_, _| Reply::done("Coupon deleted"), NAMES),
    ]
}

fn read_new(r: &mut Reader<'_>) -> Change {
    let code = Some(r.text("code").max(255).required());
    for needed in ["type", "value"] {
        if !r.has(needed) {
            r.violate(needed, Rule::Required);
        }
    }
    Change { code, ..read_change(r) }
}

fn read_update(r: &mut Reader<'_>) -> (u64, Change) {
    let id = r.own_id("id");
    let blank = |code: &String| !code.trim().is_empty();
    let code = r.text("code").max(255).bound(Rule::Required, blank).present();
    (id, Change { code, ..read_change(r) })
}

fn read_change(r: &mut Reader<'_>) -> Change {
    Change {
        code: None,
        off: r.choice("type", TYPES).present(),
        value: r.decimal("value").present(),
        max_uses: read_count(r, "max_uses"),
        max_uses_per_user: read_count(r, "max_uses_per_user"),
        start_at: r.moment("start_at").patch(),
        expires_at: r.moment("expires_at").patch(),
        products: or_unset(r.ids("product_ids").patch(), Vec::new()),
        tlds: or_unset(r.ids("tld_ids").patch(), Vec::new()),
    }
}

fn read_count(r: &mut Reader<'_>, name: &str) -> Patch<u64> {
    r.integer(name).within(1, LARGEST).patch().map(i64::unsigned_abs)
}

fn write_list(_: View, page: Page<Coupon>) -> Reply {
    Reply::page(page, |one| coupon(&one))
}

fn write_one(_: View, one: Coupon) -> Reply {
    Reply::one(coupon(&one))
}

fn write_created(_: View, one: Coupon) -> Reply {
    Reply::one(coupon(&one)).status(201).message("Coupon created")
}

fn coupon(one: &Coupon) -> Value {
    let value = json!({"id": one.stamps.id, "code": one.code, "type": word(TYPES, &one.off), "value": number(one.value),
        "max_uses": one.max_uses, "max_uses_per_user": one.max_uses_per_user,
        "start_at": one.start_at.map(utc_seconds), "expires_at": one.expires_at.map(utc_seconds),
        "product_ids": one.products, "tld_ids": one.tlds, "total_uses": one.uses});
    dated(value, &one.stamps)
}
