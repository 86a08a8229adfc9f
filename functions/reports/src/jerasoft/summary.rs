//! `reports.summary.query` (contract jerasoft §4.13) over sales and purchases. Nothing is rated by usage
//! here, so volumes are 0 and rates null.

use std::cmp::Ordering;

use serde_json::{Map, Value};
use shared::domain::documents::accrual::Month;
use shared::domain::reports::sales::{Dimension, SALES, Sales, SalesReport, SalesRow};
use shared::machinery::dialect::Dialect::Jerasoft;
use shared::machinery::dialect::jerasoft::several;
use shared::machinery::dialect::{number, word};
use shared::machinery::reader::Reader;
use shared::machinery::reply::{Reply, View};
use shared::machinery::route::Row;
use shared::words::error::Rule;
use shared::words::money::{Currency, Money};
use shared::words::time::Day;

use super::ORIGINS;
use super::table::{read_order, read_window};

/// What groups.
const DIMENSIONS: &[(&str, Option<Dimension>)] = &[
    ("record_origin", Some(Dimension::Origin)),
    ("currencies_id", Some(Dimension::Currency)),
    ("month", Some(Dimension::Month)),
    ("year", Some(Dimension::Year)),
    // No sale is of a rated service.
    ("services_id", None),
];
const BY_CURRENCY: [&str; 9] = [
    "rates_value",
    "rates_pay_setup",
    "rates_value_additive",
    "rates_value_avg",
    "cost_rated",
    "cost_package",
    "cost_rated_additive",
    "cost_taxes",
    "cost_rated_pay_setup",
];
const BY_VOLUME: [&str; 6] =
    ["volume_total", "volume_rated", "volume_package", "rates_value_avg", "acd_std", "acd_cur"];
pub(super) fn rows() -> Vec<Row> {
    vec![
        Row::new(Jerasoft, "POST", "/api/reports/summary", &SALES, read, write, &[("currency", "currencies_id")])
            .rpc("reports.summary.query"),
    ]
}

fn read(r: &mut Reader<'_>) -> Sales {
    let fields = r.texts("return_fields").required();
    let known = |field: &str| {
        DIMENSIONS.iter().any(|(name, _)| *name == field)
            || BY_CURRENCY.contains(&field)
            || BY_VOLUME.contains(&field)
            || field == "quantity"
    };
    if !fields.iter().all(|field| known(field)) {
        let names = DIMENSIONS.iter().map(|(name, _)| *name).chain(BY_CURRENCY).chain(BY_VOLUME).chain(["quantity"]);
        r.violate("return_fields", Rule::NotOneOf(names.map(str::to_owned).collect()));
    }
    let mut sales = Sales { currencies: r.id("currencies_id").optional().into_iter().collect(), ..Sales::default() };
    let mut filters = r.object("filters");
    if let Some([one]) = several(&mut filters, "record_origin", ORIGINS).as_deref() {
        sales.sold = Some(*one);
    }
    let only = filters.ids("currencies_id").optional();
    if sales.currencies.is_empty() {
        sales.currencies = only.unwrap_or_default();
    }
    // What is added up is added up by month.
    let zone = filters.zone();
    let (from, to) = filters.span("date").optional().unwrap_or_default();
    let month = |at| Month::of(Day::of(at, zone).date);
    sales.months = (from.map(month), to.map(month));
    r.absorb(filters);
    let returned = |field: &str| fields.iter().any(|one| one == field);
    if !returned("record_origin") && sales.sold.is_none() {
        r.violate("record_origin", Rule::Required);
    }
    let in_one_currency = returned("currencies_id") || sales.currencies.len() == 1;
    if fields.iter().any(|field| BY_CURRENCY.contains(&field.as_str())) && !in_one_currency {
        r.violate("currencies_id", Rule::Required);
    }
    if fields.iter().any(|field| BY_VOLUME.contains(&field.as_str())) && !returned("services_id") {
        r.violate("services_id", Rule::Required);
    }
    sales.order = read_order(r, &fields);
    sales.window = read_window(r);
    sales.by = DIMENSIONS.iter().filter(|(name, _)| returned(name)).filter_map(|(_, by)| *by).collect();
    sales.fields = fields;
    sales
}

fn write(_: View, report: SalesReport) -> Reply {
    let SalesReport { mut rows, asked } = report;
    rows.sort_by(|left, right| {
        let ways = asked.order.iter().map(|(field, descending)| {
            let way = compare(field, left, right);
            if *descending { way.reverse() } else { way }
        });
        ways.fold(Ordering::Equal, Ordering::then)
    });
    let (offset, limit) = asked.window;
    let (skip, take) = (usize::try_from(offset).unwrap_or(usize::MAX), usize::try_from(limit).unwrap_or(usize::MAX));
    let one = |row: &SalesRow| {
        Value::Object(Map::from_iter(asked.fields.iter().map(|field| (field.clone(), value(field, row)))))
    };
    Reply::one(rows.iter().skip(skip).take(take).map(one).collect::<Vec<_>>())
}

fn compare(field: &str, left: &SalesRow, right: &SalesRow) -> Ordering {
    match field {
        "record_origin" => left.sold.cmp(&right.sold).reverse(),
        "currencies_id" => left.currency.cmp(&right.currency),
        "month" | "year" => left.month.cmp(&right.month),
        "cost_rated" | "cost_rated_additive" => left.net.cmp(&right.net),
        "cost_taxes" => left.tax.cmp(&right.tax),
        "quantity" => left.count.cmp(&right.count),
        _ => Ordering::Equal,
    }
}

fn value(field: &str, row: &SalesRow) -> Value {
    let money = |minor: i64| match row.iso.and_then(Currency::from_code) {
        Some(currency) => number(Money { minor, currency }),
        None => Value::Null,
    };
    match field {
        "record_origin" => row.sold.and_then(|sold| word(ORIGINS, &sold)).into(),
        "currencies_id" => row.currency.into(),
        "month" => row.month.map(|(year, month)| format!("{year:04}-{month:02}")).into(),
        "year" => row.month.map(|(year, _)| year).into(),
        "cost_rated" | "cost_rated_additive" => money(row.net),
        "cost_taxes" => money(row.tax),
        "cost_package" | "cost_rated_pay_setup" => money(0),
        "quantity" => row.count.into(),
        "volume_total" | "volume_rated" | "volume_package" => 0.into(),
        _ => Value::Null,
    }
}
