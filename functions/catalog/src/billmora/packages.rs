//! `/packages` (contract billmora §8.6, §9.6).

use serde_json::{Map, Value, json};
use shared::domain::catalog::Product;
use shared::domain::catalog::product::{Price, Rates};
use shared::domain::catalog::products::{Change, DELETE};
use shared::domain::catalog::whole::{CREATE, GET, SEARCH, Shown, UPDATE};
use shared::domain::records::Stamps;
use shared::machinery::dialect::Dialect::Billmora;
use shared::machinery::dialect::word;
use shared::machinery::reader::Reader;
use shared::machinery::reply::{Reply, View};
use shared::machinery::route::Row;
use shared::words::page::Page;
use shared::words::patch::Patch;

use super::groups::{catalog, variant};
use super::{NAMES, dated, read_list};
use crate::LARGEST_RECORD;
use crate::common::{SHELVES, columns, cycle, read_columns, read_description, read_name, read_slug, two_words};

pub(super) fn rows() -> Vec<Row> {
    const ALL: &str = "/api/v1/packages";
    const ONE: &str = "/api/v1/packages/{id}";
    vec![
        Row::new(Billmora, "GET", ALL, &SEARCH, read_list, write_list, NAMES).ability("packages.view"),
        Row::new(Billmora, "POST", ALL, &CREATE, read_new, write_created, NAMES)
            .ability("packages.create")
            .largest_body(LARGEST_RECORD),
        Row::new(Billmora, "GET", ONE, &GET, |r| r.own_id("id"), write_whole, NAMES).ability("packages.view"),
        Row::new(Billmora, "PUT", ONE, &UPDATE, read_update, write_one, NAMES)
            .ability("packages.update")
            .largest_body(LARGEST_RECORD),
        Row::new(Billmora, "DELETE", ONE, &DELETE, |r| r.own_id("id"), write_deleted, NAMES).ability("packages.delete"),
    ]
}

fn read_new(r: &mut Reader<'_>) -> Change {
    let mut change = Change { name: read_name(r, true), slug: read_slug(r), ..Change::default() };
    change.description = read_description(r);
    change.catalog = Patch::Set(r.id("catalog_id").required());
    change.shelf = r.choice("status", SHELVES).optional();
    read_columns(r, &mut change);
    change
}

fn read_update(r: &mut Reader<'_>) -> (u64, Change) {
    let id = r.own_id("id");
    let mut change = Change { name: read_name(r, false), slug: read_slug(r), ..Change::default() };
    change.description = read_description(r);
    change.catalog = r.id("catalog_id").present().into();
    // Sending back what was read changes nothing.
    change.hidden_or_archived = true;
    change.shelf = r.choice("status", SHELVES).present();
    read_columns(r, &mut change);
    (id, change)
}

fn write_list(_: View, page: Page<Shown>) -> Reply {
    Reply::page(page, |shown| with_catalog(&shown))
}

fn write_one(_: View, shown: Shown) -> Reply {
    Reply::one(with_catalog(&shown))
}

fn write_created(_: View, shown: Shown) -> Reply {
    Reply::one(with_catalog(&shown)).status(201)
}

fn write_deleted(_: View, _: u64) -> Reply {
    Reply::done("Package deleted successfully.")
}

fn write_whole(_: View, shown: Shown) -> Reply {
    let product = &shown.product;
    let prices: Vec<Value> = product.prices.iter().map(|one| price(one, &product.stamps)).collect();
    let variants: Vec<Value> = shown.variants.iter().map(variant).collect();
    let relations = [
        ("catalog", shown.catalog.as_ref().map(catalog).into()),
        ("prices", prices.into()),
        ("variants", variants.into()),
    ];
    Reply::one(view(product, relations))
}

fn with_catalog(shown: &Shown) -> Value {
    view(&shown.product, [("catalog", shown.catalog.as_ref().map(catalog).into())])
}

/// A package without any of its relations, as it stands inside other resources.
pub fn bare(product: &Product) -> Value {
    view(product, [])
}

fn view<const N: usize>(product: &Product, relations: [(&'static str, Value); N]) -> Value {
    let mut value = json!({
        "id": product.stamps.id,
        "name": product.name,
        "slug": product.slug.clone().unwrap_or_default(),
        "description": product.description,
        "icon": product.icon,
        "status": word(SHELVES, &two_words(product.shelf)),
    });
    if let Some(members) = value.as_object_mut() {
        members.extend(columns(product));
        members.extend(relations.map(|(name, value)| (name.to_owned(), value)));
    }
    dated(value, &product.stamps)
}

/// A price of a package. It is enabled where it can be chosen in any currency (defect D9).
fn price(price: &Price, stamps: &Stamps) -> Value {
    let (kind, interval, period) = cycle(price);
    let value = json!({
        "id": price.id,
        "name": price.name,
        "type": kind,
        "billing_period": period,
        "billing_interval": interval,
        "enabled": price.rates.values().any(|rate| rate.enabled),
        "rates": rates(&price.rates),
    });
    dated(value, stamps)
}

/// Rates by currency, their amounts as they were given (§7); an empty map is a list.
pub(crate) fn rates(rates: &Rates) -> Value {
    if rates.is_empty() {
        return json!([]);
    }
    let one = |(code, rate): (&String, &shared::domain::catalog::Rate)| {
        let value = json!({"currency": code, "price": rate.price.map(|price| price.to_string()),
            "setup_fee": rate.setup_fee.map(|fee| fee.to_string()), "enabled": rate.enabled});
        (code.clone(), value)
    };
    Value::Object(rates.iter().map(one).collect::<Map<_, _>>())
}
