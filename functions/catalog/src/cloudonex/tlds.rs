//! `/tlds`: ours, after Billmora's, with the prices that it cannot write.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use shared::domain::catalog::tlds::{CREATE, Change, DELETE, Fees, GET, SEARCH, Tld, UPDATE};
use shared::domain::tenants::MOST_CURRENCIES;
use shared::machinery::dialect::Dialect::Cloudonex;
use shared::machinery::dialect::word;
use shared::machinery::reader::Reader;
use shared::machinery::reply::{Reply, View};
use shared::machinery::route::Row;
use shared::words::page::Page;

use super::prices::money;
use super::{NAMES, dated, read_shelved};
use crate::LARGEST_RECORD;
use crate::common::{LARGEST, SHELVES, or_unset, read_sort_order, small, two_words};

pub(super) fn rows() -> Vec<Row> {
    const ALL: &str = "/api/v2/tlds";
    const ONE: &str = "/api/v2/tlds/{id}";
    vec![
        Row::new(Cloudonex, "GET", ALL, &SEARCH, read_shelved, write_list, NAMES),
        Row::new(Cloudonex, "POST", ALL, &CREATE, read_new, write_created, NAMES).largest_body(LARGEST_RECORD),
        Row::new(Cloudonex, "GET", ONE, &GET, |r| r.own_id("id"), write_one, NAMES),
        Row::new(Cloudonex, "PUT", ONE, &UPDATE, read_update, write_one, NAMES).largest_body(LARGEST_RECORD),
        Row::new(Cloudonex, "DELETE", ONE, &DELETE, |r| r.own_id("id"), |_, _| Reply::done("TLD deleted"), NAMES),
    ]
}

fn read_new(r: &mut Reader<'_>) -> Change {
    let tld = Some(r.text("tld").max(20).required());
    Change { tld, ..read_change(r) }
}

fn read_update(r: &mut Reader<'_>) -> (u64, Change) {
    let id = r.own_id("id");
    let tld = r.text("tld").max(20).present();
    (id, Change { tld, ..read_change(r) })
}

fn read_change(r: &mut Reader<'_>) -> Change {
    Change {
        tld: None,
        shelf: r.choice("status", SHELVES).present(),
        plugin: r.id("plugin_id").patch(),
        min_years: r.integer("min_years").within(1, LARGEST).present().map(small),
        max_years: r.integer("max_years").within(1, LARGEST).present().map(small),
        grace_days: or_unset(r.integer("grace_period_days").within(0, 3650).patch().map(small), 0),
        redemption_days: or_unset(r.integer("redemption_period_days").within(0, 3650).patch().map(small), 0),
        sort_order: read_sort_order(r),
        fees: r.has("prices").then(|| read_fees(r)),
    }
}

fn read_fees(r: &mut Reader<'_>) -> BTreeMap<String, Fees> {
    let mut fees = BTreeMap::new();
    for (code, mut one) in r.members("prices", MOST_CURRENCIES) {
        let register = one.decimal("register_price").required();
        let renew = one.decimal("renew_price").required();
        let transfer = one.decimal("transfer_price").required();
        fees.insert(code, Fees { register, renew, transfer });
        r.absorb(one);
    }
    fees
}

fn write_list(_: View, page: Page<Tld>) -> Reply {
    Reply::page(page, |one| tld(&one))
}

fn write_one(_: View, one: Tld) -> Reply {
    Reply::one(tld(&one))
}

fn write_created(_: View, one: Tld) -> Reply {
    Reply::one(tld(&one)).status(201).message("TLD created")
}

fn tld(one: &Tld) -> Value {
    let fees = |(code, fees): (&String, &Fees)| {
        let value = json!({"register_price": money(fees.register, code), "renew_price": money(fees.renew, code),
            "transfer_price": money(fees.transfer, code)});
        (code.clone(), value)
    };
    let prices: Map<String, Value> = one.fees.iter().map(fees).collect();
    let value = json!({"id": one.stamps.id, "tld": one.tld, "status": word(SHELVES, &two_words(one.shelf)),
        "plugin_id": one.plugin, "min_years": one.min_years, "max_years": one.max_years,
        "grace_period_days": one.grace_days, "redemption_period_days": one.redemption_days,
        "sort_order": one.sort_order, "prices": prices});
    dated(value, &one.stamps)
}
