//! `packages.*` (contract jerasoft §4.3): products, of which this dialect knows the first price.

use serde_json::{Value, json};
use shared::domain::catalog::Cycle;
use shared::domain::catalog::product::Shelf;
use shared::domain::catalog::products::{Change, DELETE, Plain};
use shared::domain::catalog::whole::{ARCHIVE, CREATE, GET, SEARCH, Shown, UPDATE};
use shared::domain::records::{Column, List};
use shared::domain::tenants::CurrencyRef;
use shared::machinery::dialect::Dialect::Jerasoft;
use shared::machinery::dialect::carried::{self, Attribute, Carried};
use shared::machinery::dialect::jerasoft::several;
use shared::machinery::dialect::word;
use shared::machinery::reader::Reader;
use shared::machinery::reply::{Reply, View};
use shared::machinery::route::Row;
use shared::words::error::Rule;
use shared::words::money::{Decimal, parse_decimal};
use shared::words::page::Page;
use shared::words::patch::Patch;
use shared::words::time::{Zone, parse_moment};

use super::{dated, read_list, write_count, write_true};
use crate::common::money;

/// What the dialect calls the operations' fields.
const NAMES: &[(&str, &str)] =
    &[("reseller", "companies_id"), ("currency", "currencies_id"), ("price", "fees"), ("setup_fee", "fees")];
const STATUSES: &[(&str, Shelf)] =
    &[("active", Shelf::Visible), ("disabled", Shelf::Hidden), ("archive", Shelf::Archived)];
const COLUMNS: &[(&str, Column)] =
    &[("id", Column::Id), ("name", Column::Name), ("status", Column::Status), ("companies_id", Column::Reseller)];
/// Fees: those of the activation are asked for once, those of the subscription with every period.
const FEES: &[(&str, bool)] = &[("activation", false), ("subscription", true)];
const CHARGING: &[(&str, &str)] = &[("pre_activation", "pre_activation"), ("period_start", "period_start")];
/// The most fees of a package.
const MOST_FEES: usize = 50;
/// The largest fee.
const LARGEST_FEE: i64 = 1_000_000_000_000;

/// What this dialect alone knows. Names the contract does not give are ours.
const CARRIED: &[Attribute] = &[
    ("priority", Carried::Whole, "0"),
    ("effective_from", Carried::Moment, "null"),
    ("effective_till", Carried::Moment, "null"),
    ("tag_add", Carried::Text, "null"),
    ("charge_on_event", Carried::Flag, "false"),
    ("charging", Carried::Word(CHARGING), "\"pre_activation\""),
    ("charge_setup_fee", Carried::Flag, "true"),
    ("discounts", Carried::List, "[]"),
    ("entitlements", Carried::List, "[]"),
    ("full_first_period", Carried::Flag, "false"),
    ("advance_renew", Carried::Duration, "\"PT1H\""),
    ("renew_due", Carried::Duration, "null"),
    ("with_taxes", Carried::Flag, "false"),
    ("align_payment_terms", Carried::Flag, "false"),
];

pub(super) fn rows() -> Vec<Row> {
    const ALL: &str = "/api/packages";
    const ONE: &str = "/api/packages/{id}";
    let id = |r: &mut Reader<'_>| r.own_id("id");
    vec![
        Row::new(Jerasoft, "GET", ALL, &SEARCH, read_packages, write_list, NAMES).rpc("packages.search"),
        Row::new(Jerasoft, "POST", ALL, &CREATE, read_new, write_one, NAMES).rpc("packages.create"),
        Row::new(Jerasoft, "GET", ONE, &GET, id, write_one, NAMES).rpc("packages.get"),
        Row::new(Jerasoft, "PATCH", ONE, &UPDATE, read_update, write_true, NAMES).rpc("packages.update"),
        Row::new(Jerasoft, "DELETE", ONE, &DELETE, id, write_count, NAMES).rpc("packages.delete"),
        Row::new(Jerasoft, "POST", "/api/packages/{id}/archive", &ARCHIVE, id, write_count, NAMES)
            .rpc("packages.archive"),
    ]
}

fn read_packages(r: &mut Reader<'_>) -> List {
    let mut list = read_list(r, COLUMNS);
    let statuses = several(r, "status", STATUSES);
    list.statuses = statuses.map(|shelves| shelves.into_iter().map(|shelf| shelf.word().to_owned()).collect());
    list
}

fn read_new(r: &mut Reader<'_>) -> Change {
    let reseller = Some(r.id("companies_id").required());
    let name = Some(r.text("name").max(128).required());
    if !r.has("period") {
        r.violate("period", Rule::Required);
    }
    let currency = Some(CurrencyRef::Id(r.id("currencies_id").required()));
    let mut change = read_change(r, currency);
    // Sold by the period, a package is a service.
    (change.reseller, change.name, change.is_service) = (reseller, name, Some(true));
    change.charged_before = change.charged_before.or(Some(true));
    change
}

fn read_update(r: &mut Reader<'_>) -> (u64, Change) {
    let id = r.own_id("id");
    let reseller = r.id("companies_id").present();
    let name = r.text("name").min(1).max(128).present();
    let currency = r.id("currencies_id").present().map(CurrencyRef::Id);
    (id, Change { reseller, name, ..read_change(r, currency) })
}

fn read_change(r: &mut Reader<'_>, currency: Option<CurrencyRef>) -> Change {
    let cycle = read_period(r);
    let shelf = r.choice("status", STATUSES).present();
    let mut carried = carried::read(r, CARRIED);
    let mut plain = Plain { cycle, currency, ..Plain::default() };
    if r.has("fees") {
        let (price, setup_fee, json) = read_fees(r);
        (plain.price, plain.setup_fee) = (Some(price), Some(setup_fee));
        carried.insert("fees".to_owned(), json);
    }
    let is_said = plain.cycle.is_some() || plain.currency.is_some() || plain.price.is_some();
    let mut change = Change { shelf, plain: is_said.then_some(plain), ..Change::default() };
    // What subscriptions act upon; it is shown as it was sent.
    let said = |name: &str| carried.get(name).and_then(|json| serde_json::from_str::<Value>(json).ok());
    let moment = |name: &str| match said(name) {
        None => Patch::Keep,
        Some(value) => value.as_str().and_then(|text| parse_moment(text, Zone::UTC)).map_or(Patch::Clear, Patch::Set),
    };
    (change.sold_from, change.sold_till) = (moment("effective_from"), moment("effective_till"));
    change.charged_before = said("charging").map(|word| word == "pre_activation");
    change.carried = carried;
    change
}

/// A period of one unit: `P1M`, `P2W`.
fn read_period(r: &mut Reader<'_>) -> Option<Cycle> {
    let text = r.text("period").present()?;
    let cycle = Cycle::of_duration(&text);
    if cycle.is_none() {
        let known = ["P<n>D", "P<n>W", "P<n>M", "P<n>Y", "up to ten years"].map(str::to_owned);
        r.violate("period", Rule::NotOneOf(known.to_vec()));
    }
    cycle
}

/// The sum of the subscription's fees, the sum of the activation's, and all of them as JSON text.
fn read_fees(r: &mut Reader<'_>) -> (Decimal, Decimal, String) {
    let (mut price, mut setup_fee, mut kept) = (Decimal::ZERO, Decimal::ZERO, Vec::new());
    for mut entry in r.each("fees", 0, MOST_FEES) {
        let kind = entry.choice("type", FEES).required();
        let name = entry.text("name").optional();
        let largest = Decimal::from(LARGEST_FEE);
        let too_large = Rule::TooLarge(LARGEST_FEE.to_string());
        let amount = entry
            .decimal("amount")
            .bound(Rule::TooSmall("0".into()), |amount| *amount >= Decimal::ZERO)
            .bound(too_large, move |amount| *amount <= largest)
            .required();
        *(if kind { &mut price } else { &mut setup_fee }) += amount;
        kept.push(json!({"type": word(FEES, &kind), "name": name, "amount": amount.to_string()}));
        r.absorb(entry);
    }
    (price, setup_fee, Value::Array(kept).to_string())
}

fn write_list(view: View, page: Page<Shown>) -> Reply {
    Reply::page(page, |shown| package(view, &shown))
}

fn write_one(view: View, shown: Shown) -> Reply {
    Reply::one(package(view, &shown))
}

fn package(view: View, shown: &Shown) -> Value {
    let product = &shown.product;
    let period = product.prices.first().and_then(|price| price.cycle.duration());
    let mut value = json!({
        "id": product.stamps.id,
        "name": product.name,
        "status": word(STATUSES, &product.shelf),
        "companies_id": product.reseller,
        "companies_name": shown.reseller_name,
        "period": period,
        "currencies_id": shown.plain.currency,
        "currencies_name": shown.plain.iso.code(),
        "fees": fees(shown),
    });
    if let Some(members) = value.as_object_mut() {
        members.extend(carried::write(view, CARRIED, &product.carried));
    }
    dated(view, value, &product.stamps)
}

/// The fees as they were sent, unless another dialect has changed the price since: then one for the price and one
/// for what is asked for once.
fn fees(shown: &Shown) -> Value {
    let (plain, places) = (&shown.plain, shown.plain.iso.places());
    let one =
        |kind: &str, name: Value, amount: Decimal| json!({"type": kind, "name": name, "amount": money(amount, places)});
    let kept: Vec<(String, Value, Decimal)> = kept_fees(shown);
    let sum =
        |wanted: &str| kept.iter().filter(|(kind, _, _)| kind == wanted).map(|(_, _, amount)| *amount).sum::<Decimal>();
    if sum("subscription") == plain.price && sum("activation") == plain.setup_fee {
        return kept.into_iter().map(|(kind, name, amount)| one(&kind, name, amount)).collect();
    }
    let name = shown.product.prices.first().map(|price| price.name.clone());
    let all = [("subscription", json!(name), plain.price), ("activation", json!("Setup"), plain.setup_fee)];
    all.into_iter()
        .filter(|(_, _, amount)| !amount.is_zero())
        .map(|(kind, name, amount)| one(kind, name, amount))
        .collect()
}

fn kept_fees(shown: &Shown) -> Vec<(String, Value, Decimal)> {
    let text = shown.product.carried.get("fees").map_or("[]", String::as_str);
    let list: Vec<Value> = serde_json::from_str(text).unwrap_or_default();
    let one = |fee: &Value| {
        let amount = fee.get("amount")?.as_str().and_then(parse_decimal)?;
        Some((fee.get("type")?.as_str()?.to_owned(), fee.get("name")?.clone(), amount))
    };
    list.iter().filter_map(one).collect()
}
