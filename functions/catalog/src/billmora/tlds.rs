//! `/tlds` (contract billmora §8.10, §9.10).

use serde_json::{Value, json};
use shared::domain::catalog::tlds::{CREATE, Change, DELETE, Fees, GET, SEARCH, Tld, UPDATE};
use shared::machinery::dialect::Dialect::Billmora;
use shared::machinery::dialect::{at_least, word};
use shared::machinery::reader::Reader;
use shared::machinery::reply::{Reply, View};
use shared::machinery::route::Row;
use shared::words::money::Decimal;
use shared::words::page::Page;

use super::{NAMES, dated, read_list};
use crate::common::{LARGEST, SHELVES, read_sort_order, small, two_words};

pub(super) fn rows() -> Vec<Row> {
    const ALL: &str = "/api/v1/tlds";
    const ONE: &str = "/api/v1/tlds/{id}";
    vec![
        Row::new(Billmora, "GET", ALL, &SEARCH, read_list, write_list, NAMES).ability("tlds.view"),
        Row::new(Billmora, "POST", ALL, &CREATE, read_new, write_created, NAMES).ability("tlds.create"),
        Row::new(Billmora, "GET", ONE, &GET, |r| r.own_id("id"), write_whole, NAMES).ability("tlds.view"),
        Row::new(Billmora, "PUT", ONE, &UPDATE, read_update, write_whole, NAMES).ability("tlds.update"),
        Row::new(Billmora, "DELETE", ONE, &DELETE, |r| r.own_id("id"), write_deleted, NAMES).ability("tlds.delete"),
    ]
}

fn read_new(r: &mut Reader<'_>) -> Change {
    Change {
        tld: Some(r.text("tld").max(20).required()),
        shelf: Some(r.choice("status", SHELVES).required()),
        plugin: r.id("plugin_id").patch(),
        min_years: Some(small(r.integer("min_years").within(1, LARGEST).required())),
        max_years: Some(small(r.integer("max_years").within(1, LARGEST).required())),
        sort_order: read_sort_order(r),
        ..Change::default()
    }
}

fn read_update(r: &mut Reader<'_>) -> (u64, Change) {
    let id = r.own_id("id");
    let change = Change {
        tld: r.text("tld").max(20).present(),
        shelf: r.choice("status", SHELVES).present(),
        plugin: r.id("plugin_id").patch(),
        min_years: r.integer("min_years").within(1, LARGEST).present().map(small),
        max_years: r.integer("max_years").within(1, LARGEST).present().map(small),
        sort_order: read_sort_order(r),
        ..Change::default()
    };
    (id, change)
}

fn write_list(_: View, page: Page<Tld>) -> Reply {
    Reply::page(page, |one| bare(&one))
}

fn write_created(_: View, one: Tld) -> Reply {
    Reply::one(bare(&one)).status(201)
}

fn write_whole(_: View, one: Tld) -> Reply {
    let prices = one.fees.iter().map(|(code, fees)| price(&one, code, fees)).collect();
    Reply::one(view(&one, Some(prices)))
}

fn write_deleted(_: View, _: u64) -> Reply {
    Reply::done("TLD deleted successfully.")
}

/// A top-level domain without its prices, as it stands inside other resources.
pub fn bare(tld: &Tld) -> Value {
    view(tld, None)
}

fn view(tld: &Tld, prices: Option<Vec<Value>>) -> Value {
    let mut value = json!({
        "id": tld.stamps.id,
        "tld": tld.tld,
        "status": word(SHELVES, &two_words(tld.shelf)),
        "plugin_id": tld.plugin,
        "min_years": tld.min_years,
        "max_years": tld.max_years,
        "grace_period_days": tld.grace_days,
        "redemption_period_days": tld.redemption_days,
        "sort_order": tld.sort_order,
        "auto_renew": null,
    });
    if let (Some(members), Some(prices)) = (value.as_object_mut(), prices) {
        members.insert("prices".into(), prices.into());
    }
    dated(value, &tld.stamps)
}

fn price(tld: &Tld, code: &str, fees: &Fees) -> Value {
    let money = |amount: Decimal| at_least(amount.normalize(), 2).to_string();
    // The id follows from the domain's and the code's three letters, and needs no counter.
    let letters = code.bytes().fold(0, |sum, letter| sum * 26 + u64::from(letter.saturating_sub(b'A') % 26));
    let value = json!({
        "id": tld.stamps.id * 26_u64.pow(3) + letters,
        "currency": code,
        "register_price": money(fees.register),
        "renew_price": money(fees.renew),
        "transfer_price": money(fees.transfer),
    });
    dated(value, &tld.stamps)
}
