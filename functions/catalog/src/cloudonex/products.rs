//! `/products` (contract cloudonex §8.4), with what Billmora's packages have besides.

use serde_json::{Value, json};
use shared::domain::catalog::product::Shelf;
use shared::domain::catalog::products::{Change, DELETE, Plain};
use shared::domain::catalog::whole::{CREATE, GET, SEARCH, Shown, UPDATE};
use shared::domain::records::List;
use shared::machinery::dialect::Dialect::Cloudonex;
use shared::machinery::dialect::{number, word};
use shared::machinery::reader::Reader;
use shared::machinery::reply::{Reply, View};
use shared::machinery::route::Row;
use shared::words::error::Rule;
use shared::words::money::Decimal;
use shared::words::page::Page;

use super::prices::{money, read_prices};
use super::{NAMES, dated, read_list};
use crate::LARGEST_RECORD;
use crate::common::{columns, or_unset, read_columns, read_description, read_name, read_slug};

const TYPES: &[(&str, bool)] = &[("service", true), ("product", false)];
const SHELVES: &[(&str, Shelf)] =
    &[("visible", Shelf::Visible), ("hidden", Shelf::Hidden), ("archived", Shelf::Archived)];

/// The most variants of a product: they are shown with it.
const MOST_VARIANTS: usize = 50;

pub(super) fn rows() -> Vec<Row> {
    const ALL: &str = "/api/v2/products";
    const ONE: &str = "/api/v2/products/{id}";
    vec![
        Row::new(Cloudonex, "GET", ALL, &SEARCH, read_products, write_list, NAMES),
        Row::new(Cloudonex, "POST", ALL, &CREATE, read_new, write_created, NAMES).largest_body(LARGEST_RECORD),
        Row::new(Cloudonex, "GET", ONE, &GET, |r| r.own_id("id"), write_one, NAMES),
        Row::new(Cloudonex, "PUT", ONE, &UPDATE, read_update, write_one, NAMES).largest_body(LARGEST_RECORD),
        Row::new(Cloudonex, "DELETE", ONE, &DELETE, |r| r.own_id("id"), |_, _| Reply::done("Product deleted"), NAMES),
    ]
}

fn read_products(r: &mut Reader<'_>) -> List {
    let mut list = read_list(r);
    list.statuses = r.choice("status", SHELVES).optional().map(|shelf| vec![shelf.word().to_owned()]);
    list.parents = r.id("catalog_id").optional().into_iter().collect();
    list
}

fn read_new(r: &mut Reader<'_>) -> Change {
    let name = read_name(r, true);
    if !r.has("price") && !r.has("prices") {
        r.violate("price", Rule::Required);
    }
    Change { name, ..read_change(r) }
}

fn read_update(r: &mut Reader<'_>) -> (u64, Change) {
    let id = r.own_id("id");
    let name = read_name(r, false);
    (id, Change { name, ..read_change(r) })
}

fn read_change(r: &mut Reader<'_>) -> Change {
    let price = r.decimal("price").bound(Rule::TooSmall("0".into()), |price| *price >= Decimal::ZERO).present();
    let mut change =
        Change { plain: price.map(|price| Plain { price: Some(price), ..Plain::default() }), ..Change::default() };
    change.description = read_description(r);
    change.is_service = r.choice("type", TYPES).present();
    change.tax = or_unset(r.decimal("tax_rate").patch(), Decimal::ZERO);
    change.sku = r.text("sku").min(1).max(255).patch();
    change.slug = read_slug(r);
    change.catalog = r.id("catalog_id").patch();
    change.shelf = r.choice("status", SHELVES).present();
    read_columns(r, &mut change);
    let few = |ids: &Vec<u64>| ids.len() <= MOST_VARIANTS;
    change.variants = or_unset(r.ids("variant_ids").bound(Rule::TooMany(MOST_VARIANTS), few).patch(), Vec::new());
    if r.has("prices") {
        if r.has("price") {
            r.violate("price", Rule::Contradicts);
        }
        change.prices = Some(read_prices(r, 1));
    }
    change
}

fn write_list(_: View, page: Page<Shown>) -> Reply {
    Reply::page(page, |shown| product(&shown))
}

fn write_one(_: View, shown: Shown) -> Reply {
    Reply::one(product(&shown))
}

fn write_created(_: View, shown: Shown) -> Reply {
    Reply::one(product(&shown)).status(201).message("Product created")
}

fn product(shown: &Shown) -> Value {
    let product = &shown.product;
    let code = shown.plain.iso.code();
    let mut value = json!({
        "id": product.stamps.id,
        "name": product.name,
        "price": money(shown.plain.price, code),
        "currency": code,
        "description": product.description,
        "type": word(TYPES, &product.is_service),
        "tax_rate": number(product.tax),
        "sku": product.sku,
        "slug": product.slug,
        "status": product.shelf.word(),
        "catalog_id": product.catalog,
        "icon": product.icon,
    });
    if let Some(members) = value.as_object_mut() {
        members.extend(columns(product));
        members.insert("variant_ids".into(), json!(product.variants));
        members.insert("prices".into(), super::prices::view(&product.prices));
    }
    dated(value, &product.stamps)
}
