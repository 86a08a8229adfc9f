//! `/catalogs` and `/variants` (contract billmora §8.7, §8.8, §9.7, §9.8).

use serde_json::{Value, json};
use shared::domain::catalog::Product;
use shared::domain::catalog::catalogs::{self, Catalog};
use shared::domain::catalog::variants::{self, Choice, Variant};
use shared::machinery::dialect::Dialect::Billmora;
use shared::machinery::dialect::word;
use shared::machinery::reader::Reader;
use shared::machinery::reply::{Reply, View};
use shared::machinery::route::Row;
use shared::words::page::Page;

use super::packages::{bare, rates};
use super::{NAMES, dated, read_list};
use crate::LARGEST_RECORD;
use crate::common::{SHELVES, STYLES, or_unset, read_description, read_name, read_slug, read_sort_order, two_words};

pub(super) fn rows() -> Vec<Row> {
    const ALL: [&str; 2] = ["/api/v1/catalogs", "/api/v1/variants"];
    const ONE: [&str; 2] = ["/api/v1/catalogs/{id}", "/api/v1/variants/{id}"];
    let id = |r: &mut Reader<'_>| r.own_id("id");
    vec![
        Row::new(Billmora, "GET", ALL[0], &catalogs::SEARCH, read_list, write_catalogs, NAMES).ability("catalogs.view"),
        Row::new(Billmora, "POST", ALL[0], &catalogs::CREATE_NAMED, read_new_catalog, write_new_catalog, NAMES)
            .ability("catalogs.create")
            .largest_body(LARGEST_RECORD),
        Row::new(Billmora, "GET", ONE[0], &catalogs::GET_WHOLE, id, write_whole_catalog, NAMES)
            .ability("catalogs.view"),
        Row::new(Billmora, "PUT", ONE[0], &catalogs::UPDATE, read_catalog, |_, one| Reply::one(catalog(&one)), NAMES)
            .ability("catalogs.update")
            .largest_body(LARGEST_RECORD),
        Row::new(
            Billmora,
            "DELETE",
            ONE[0],
            &catalogs::DELETE,
            id,
            |_, _| Reply::done("Catalog deleted successfully."),
            NAMES,
        )
        .ability("catalogs.delete"),
        Row::new(Billmora, "GET", ALL[1], &variants::SEARCH, read_list, write_variants, NAMES).ability("variants.view"),
        Row::new(Billmora, "POST", ALL[1], &variants::CREATE, read_new_variant, write_new_variant, NAMES)
            .ability("variants.create"),
        Row::new(Billmora, "GET", ONE[1], &variants::GET, id, |_, one| Reply::one(variant(&one)), NAMES)
            .ability("variants.view"),
        Row::new(Billmora, "PUT", ONE[1], &variants::UPDATE, read_variant, |_, one| Reply::one(variant(&one)), NAMES)
            .ability("variants.update"),
        Row::new(
            Billmora,
            "DELETE",
            ONE[1],
            &variants::DELETE,
            id,
            |_, _| Reply::done("Variant deleted successfully."),
            NAMES,
        )
        .ability("variants.delete"),
    ]
}

fn read_new_catalog(r: &mut Reader<'_>) -> catalogs::Change {
    catalogs::Change {
        name: read_name(r, true),
        slug: read_slug(r),
        description: read_description(r),
        icon: r.text("icon").max(255).patch(),
        shelf: r.choice("status", SHELVES).optional(),
        sort_order: read_sort_order(r),
    }
}

fn read_catalog(r: &mut Reader<'_>) -> (u64, catalogs::Change) {
    let id = r.own_id("id");
    let change = catalogs::Change {
        name: read_name(r, false),
        slug: read_slug(r),
        description: read_description(r),
        icon: r.text("icon").max(255).patch(),
        shelf: r.choice("status", SHELVES).present(),
        sort_order: read_sort_order(r),
    };
    (id, change)
}

/// The original wants a `type` in storage and takes none; here it is optional (defect D15).
fn read_new_variant(r: &mut Reader<'_>) -> variants::Change {
    variants::Change {
        name: read_name(r, true),
        code: r.text("code").max(255).optional(),
        shelf: r.choice("status", SHELVES).optional(),
        is_scalable: r.flag("is_scalable").optional(),
        style: r.choice("type", STYLES).optional(),
        ..variants::Change::default()
    }
}

fn read_variant(r: &mut Reader<'_>) -> (u64, variants::Change) {
    let id = r.own_id("id");
    let change = variants::Change {
        name: read_name(r, false),
        code: or_unset(r.text("code").max(255).patch(), String::new()),
        shelf: r.choice("status", SHELVES).present(),
        is_scalable: r.flag("is_scalable").present(),
        style: r.choice("type", STYLES).present(),
        ..variants::Change::default()
    };
    (id, change)
}

fn write_catalogs(_: View, page: Page<Catalog>) -> Reply {
    Reply::page(page, |one| catalog(&one))
}

fn write_new_catalog(_: View, one: Catalog) -> Reply {
    Reply::one(catalog(&one)).status(201)
}

fn write_whole_catalog(_: View, (one, products): (Catalog, Vec<Product>)) -> Reply {
    let packages: Vec<Value> = products.iter().map(bare).collect();
    Reply::one(view(&one, Some(packages)))
}

/// A catalog without its packages.
pub(crate) fn catalog(one: &Catalog) -> Value {
    view(one, None)
}

fn view(one: &Catalog, packages: Option<Vec<Value>>) -> Value {
    let mut value = json!({
        "id": one.stamps.id,
        "name": one.name,
        "slug": one.slug.clone().unwrap_or_default(),
        "description": one.description,
        "icon": one.icon,
        "status": word(SHELVES, &two_words(one.shelf)),
        "sort_order": one.sort_order,
    });
    if let (Some(members), Some(packages)) = (value.as_object_mut(), packages) {
        members.insert("packages".into(), packages.into());
    }
    dated(value, &one.stamps)
}

fn write_variants(_: View, page: Page<Variant>) -> Reply {
    Reply::page(page, |one| variant(&one))
}

fn write_new_variant(_: View, one: Variant) -> Reply {
    Reply::one(variant(&one)).status(201)
}

/// A variant with its options and their prices. Options and prices are changed with their variant.
pub(crate) fn variant(one: &Variant) -> Value {
    let option = |option: &Choice| {
        let price = |price: &shared::domain::catalog::Price| {
            dated(json!({"id": price.id, "rates": rates(&price.rates)}), &one.stamps)
        };
        let prices: Vec<Value> = option.prices.iter().map(price).collect();
        let stamps = shared::domain::records::Stamps { created_at: option.created_at, ..one.stamps.clone() };
        dated(json!({"id": option.id, "name": option.name, "value": option.value, "prices": prices}), &stamps)
    };
    let options: Vec<Value> = one.options.iter().map(option).collect();
    let value = json!({
        "id": one.stamps.id,
        "name": one.name,
        "code": one.code,
        "status": word(SHELVES, &two_words(one.shelf)),
        "is_scalable": one.is_scalable,
        "options": options,
    });
    dated(value, &one.stamps)
}
