//! `/catalogs` and `/variants`: ours, after Billmora's.

use serde_json::{Value, json};
use shared::domain::catalog::catalogs::{self, Catalog};
use shared::domain::catalog::variants::{self, Choice, MOST_OPTIONS, NewChoice, Variant};
use shared::machinery::dialect::Dialect::Cloudonex;
use shared::machinery::dialect::word;
use shared::machinery::reader::Reader;
use shared::machinery::reply::{Reply, View};
use shared::machinery::route::Row;
use shared::words::page::Page;

use super::prices::read_prices;
use super::{NAMES, dated, read_shelved};
use crate::LARGEST_RECORD;
use crate::common::{
    LONGEST_DESCRIPTION, SHELVES, STYLES, or_unset, read_description, read_name, read_slug, read_sort_order, two_words,
};

pub(super) fn rows() -> Vec<Row> {
    const ALL: [&str; 2] = ["/api/v2/catalogs", "/api/v2/variants"];
    const ONE: [&str; 2] = ["/api/v2/catalogs/{id}", "/api/v2/variants/{id}"];
    let id = |r: &mut Reader<'_>| r.own_id("id");
    vec![
        Row::new(Cloudonex, "GET", ALL[0], &catalogs::SEARCH, read_shelved, write_catalogs, NAMES),
        Row::new(Cloudonex, "POST", ALL[0], &catalogs::CREATE_NAMED, read_new_catalog, write_new_catalog, NAMES)
            .largest_body(LARGEST_RECORD),
        Row::new(Cloudonex, "GET", ONE[0], &catalogs::GET, id, |_, one| Reply::one(catalog(&one)), NAMES),
        Row::new(
            Cloudonex,
            "PUT",
            ONE[0],
            &catalogs::UPDATE,
            |r| (r.own_id("id"), read_catalog(r, false)),
            |_, one| Reply::one(catalog(&one)),
            NAMES,
        )
        .largest_body(LARGEST_RECORD),
        Row::new(Cloudonex, "DELETE", ONE[0], &catalogs::DELETE, id, |_, _| Reply::done("Catalog deleted"), NAMES),
        Row::new(Cloudonex, "GET", ALL[1], &variants::SEARCH, read_shelved, write_variants, NAMES),
        Row::new(Cloudonex, "POST", ALL[1], &variants::CREATE, |r| read_variant(r, true), write_new_variant, NAMES)
            .largest_body(LARGEST_RECORD),
        Row::new(Cloudonex, "GET", ONE[1], &variants::GET, id, |_, one| Reply::one(variant(&one)), NAMES),
        Row::new(
            Cloudonex,
            "PUT",
            ONE[1],
            &variants::UPDATE,
            |r| (r.own_id("id"), read_variant(r, false)),
            |_, one| Reply::one(variant(&one)),
            NAMES,
        )
        .largest_body(LARGEST_RECORD),
        Row::new(Cloudonex, "DELETE", ONE[1], &variants::DELETE, id, |_, _| Reply::done("Variant deleted"), NAMES),
    ]
}

fn read_new_catalog(r: &mut Reader<'_>) -> catalogs::Change {
    read_catalog(r, true)
}

fn read_catalog(r: &mut Reader<'_>, is_new: bool) -> catalogs::Change {
    catalogs::Change {
        name: read_name(r, is_new),
        slug: read_slug(r),
        description: read_description(r),
        icon: r.text("icon").max(255).patch(),
        shelf: r.choice("status", SHELVES).present(),
        sort_order: read_sort_order(r),
    }
}

fn read_variant(r: &mut Reader<'_>, is_new: bool) -> variants::Change {
    let mut change = variants::Change {
        name: read_name(r, is_new),
        code: or_unset(r.text("code").max(255).patch(), String::new()),
        description: or_unset(r.text("description").max(LONGEST_DESCRIPTION).patch(), String::new()),
        style: r.choice("type", STYLES).present(),
        shelf: r.choice("status", SHELVES).present(),
        is_scalable: or_unset(r.flag("is_scalable").patch(), false),
        sort_order: read_sort_order(r),
        options: None,
    };
    if r.has("options") {
        let mut options = Vec::new();
        for mut entry in r.each("options", 0, MOST_OPTIONS) {
            let name = entry.text("name").max(255).required();
            let value = entry.text("value").max(255).required();
            options.push(NewChoice { name, value, prices: read_prices(&mut entry, 0) });
            r.absorb(entry);
        }
        change.options = Some(options);
    }
    change
}

fn write_catalogs(_: View, page: Page<Catalog>) -> Reply {
    Reply::page(page, |one| catalog(&one))
}

fn write_new_catalog(_: View, one: Catalog) -> Reply {
    Reply::one(catalog(&one)).status(201).message("Catalog created")
}

fn catalog(one: &Catalog) -> Value {
    let value = json!({"id": one.stamps.id, "name": one.name, "slug": one.slug, "description": one.description,
        "icon": one.icon, "status": word(SHELVES, &two_words(one.shelf)), "sort_order": one.sort_order});
    dated(value, &one.stamps)
}

fn write_variants(_: View, page: Page<Variant>) -> Reply {
    Reply::page(page, |one| variant(&one))
}

fn write_new_variant(_: View, one: Variant) -> Reply {
    Reply::one(variant(&one)).status(201).message("Variant created")
}

fn variant(one: &Variant) -> Value {
    let option = |option: &Choice| json!({"id": option.id, "name": option.name, "value": option.value, "prices": super::prices::view(&option.prices)});
    let options: Vec<Value> = one.options.iter().map(option).collect();
    let value = json!({"id": one.stamps.id, "name": one.name, "code": one.code, "description": one.description,
        "type": word(STYLES, &one.style), "status": word(SHELVES, &two_words(one.shelf)), "is_scalable": one.is_scalable,
        "sort_order": one.sort_order, "options": options});
    dated(value, &one.stamps)
}
