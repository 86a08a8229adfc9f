//! What CloudOnex and Billmora read and write alike: our additions to the first follow the second.

use serde_json::{Map, Value, json};
use shared::domain::catalog::product::{Price, Shelf};
use shared::domain::catalog::products::Change;
use shared::domain::catalog::variants::Style;
use shared::domain::catalog::{Cycle, Product, Unit};
use shared::machinery::dialect::{at_least, number, word};
use shared::machinery::reader::Reader;
use shared::words::money::Decimal;
use shared::words::patch::Patch;

/// Whether something can be chosen.
pub(crate) const SHELVES: &[(&str, Shelf)] = &[("visible", Shelf::Visible), ("hidden", Shelf::Hidden)];
/// The units of a recurring price.
pub const UNITS: &[(&str, Unit)] =
    &[("daily", Unit::Day), ("weekly", Unit::Week), ("monthly", Unit::Month), ("yearly", Unit::Year)];
/// How a choice is made.
pub(crate) const STYLES: &[(&str, Style)] =
    &[("select", Style::Select), ("radio", Style::Radio), ("slider", Style::Slider), ("checkbox", Style::Checkbox)];
const SEVERAL: &[(&str, bool)] = &[("single", false), ("multiple", true)];
/// The longest description, in characters.
pub(crate) const LONGEST_DESCRIPTION: usize = 10_000;
/// The largest whole number.
pub(crate) const LARGEST: i64 = i32::MAX as i64;

/// A name: needed for a new record, and never empty.
pub(crate) fn read_name(r: &mut Reader<'_>, is_new: bool) -> Option<String> {
    if is_new { Some(r.text("name").max(255).required()) } else { r.text("name").max(255).min(1).present() }
}

/// A name in addresses. Once there is one, it is not taken away (contract billmora, defect D13).
pub(crate) fn read_slug(r: &mut Reader<'_>) -> Patch<String> {
    match r.text("slug").min(1).max(255).patch() {
        Patch::Clear => Patch::Keep,
        other => other,
    }
}

/// A description; null empties it.
pub(crate) fn read_description(r: &mut Reader<'_>) -> Option<String> {
    or_unset(r.text("description").max(LONGEST_DESCRIPTION).patch(), String::new())
}

/// A new value, where null means the one that an unset field has.
pub(crate) fn or_unset<T>(patch: Patch<T>, unset: T) -> Option<T> {
    match patch {
        Patch::Keep => None,
        Patch::Clear => Some(unset),
        Patch::Set(value) => Some(value),
    }
}

/// A whole number from 0, which no bound lets be too large.
pub(crate) fn small(n: i64) -> u32 {
    u32::try_from(n).unwrap_or_default()
}

/// Where a record stands among the others.
pub(crate) fn read_sort_order(r: &mut Reader<'_>) -> Option<i64> {
    or_unset(r.integer("sort_order").within(-LARGEST, LARGEST).patch(), 0)
}

/// The columns of a package that follow its status, in the order of contract billmora §9.6.
pub(crate) fn read_columns(r: &mut Reader<'_>, change: &mut Change) {
    change.icon = r.text("icon").max(255).patch();
    change.stock = or_unset(r.integer("stock").within(-1, LARGEST).patch(), -1);
    change.per_user_limit = or_unset(r.integer("per_user_limit").within(-1, LARGEST).patch(), -1);
    change.allow_cancellation = or_unset(r.flag("allow_cancellation").patch(), true);
    change.auto_provision = or_unset(r.flag("auto_provision").patch(), true);
    change.allow_several = or_unset(r.choice("allow_quantity", SEVERAL).patch(), false);
    change.prorata_day = r.integer("prorata_day").within(0, 31).patch().map(small);
    change.prorata_next_month_day = r.integer("prorata_next_month_day").within(0, 31).patch().map(small);
    change.sort_order = read_sort_order(r);
    change.plugin = r.id("plugin_id").patch();
    change.provisioning = r.structure("provisioning_config").patch();
}

/// The same columns as they are shown.
pub(crate) fn columns(product: &Product) -> Map<String, Value> {
    Map::from_iter([
        ("stock".to_owned(), product.stock.into()),
        ("per_user_limit".to_owned(), product.per_user_limit.into()),
        ("allow_cancellation".to_owned(), product.allow_cancellation.into()),
        ("allow_quantity".to_owned(), json!(word(SEVERAL, &product.allow_several))),
        ("prorata_day".to_owned(), json!(product.prorata_day)),
        ("prorata_next_month_day".to_owned(), json!(product.prorata_next_month_day)),
        ("auto_provision".to_owned(), product.auto_provision.into()),
        ("sort_order".to_owned(), product.sort_order.into()),
        ("plugin_id".to_owned(), json!(product.plugin)),
        ("provisioning_config".to_owned(), kept(product.provisioning.as_deref())),
    ])
}

/// JSON that was kept as text; an empty map is a list.
pub fn kept(text: Option<&str>) -> Value {
    let value = text.and_then(|text| serde_json::from_str(text).ok()).unwrap_or(Value::Null);
    if value.as_object().is_some_and(Map::is_empty) { json!([]) } else { value }
}

/// The type, the number of units and the unit of a price.
pub fn cycle(price: &Price) -> (&'static str, Option<u32>, Option<&'static str>) {
    match price.cycle {
        Cycle::Free => ("free", None, None),
        Cycle::Once => ("onetime", None, None),
        Cycle::Every { count, unit } => ("recurring", Some(count), word(UNITS, &unit)),
    }
}

/// What is archived shows as hidden where there is no third word.
pub(crate) fn two_words(shelf: Shelf) -> Shelf {
    match shelf {
        Shelf::Visible => Shelf::Visible,
        Shelf::Hidden | Shelf::Archived => Shelf::Hidden,
    }
}

/// An amount as a JSON number with so many places at least.
pub(crate) fn money(amount: Decimal, places: u32) -> Value {
    number(at_least(amount.normalize(), places))
}
