//! `rates.*` and `rates.special.*` (contract jerasoft §4.12).

use serde_json::{Value, json};
use shared::domain::rating::codes::expand;
use shared::domain::rating::rate::{Change, Source};
use shared::domain::rating::rates::{CREATE, DELETE, GET, New, SEARCH, Search, Shown, UPDATE, Which};
use shared::domain::rating::timeline::State;
use shared::domain::records::Column;
use shared::machinery::dialect::Dialect::Jerasoft;
use shared::machinery::dialect::jerasoft::{order, search, window};
use shared::machinery::dialect::{number, word};
use shared::machinery::reader::Reader;
use shared::machinery::reply::{Reply, View};
use shared::machinery::route::Row;
use shared::words::error::Rule;
use shared::words::money::Decimal;
use shared::words::page::Page;
use shared::words::patch::Patch;

use super::{dated, write_count, write_true};
use crate::common::{LARGEST, or_unset};

/// What the dialect calls the operations' fields.
const NAMES: &[(&str, &str)] = &[
    ("table", "rate_tables_id"),
    ("from", "effective_from"),
    ("until", "end_date"),
    ("service", "services_id"),
    ("length_max", "num_length_max"),
    ("origin", "origin_name"),
];
const COLUMNS: &[(&str, Column)] = &[("id", Column::Id), ("code", Column::Name), ("effective_from", Column::At)];
const STATES: &[(&str, State)] = &[("current", State::Current), ("future", State::Future), ("past", State::Past)];
/// The most rates of one call: their answer must fit an idempotency record, and each is some 700 bytes of it.
const MOST_RATES: usize = 500;
/// The longest text with codes, in characters.
const LONGEST_CODES: usize = 4000;
/// The longest notes and names of a rate, in characters: one call may make many rates of them.
const LONGEST_NOTES: usize = 255;

pub(super) fn rows() -> Vec<Row> {
    const ALL: [&str; 2] = ["/api/rates", "/api/rates/special"];
    const ONE: [&str; 2] = ["/api/rates/{id}", "/api/rates/special/{id}"];
    vec![
        Row::new(Jerasoft, "GET", ALL[0], &SEARCH, |r| read_list(r, false), write_list, NAMES).rpc("rates.search"),
        Row::new(Jerasoft, "POST", ALL[0], &CREATE, read_new, write_all, NAMES).rpc("rates.create"),
        Row::new(Jerasoft, "GET", ONE[0], &GET, |r| which(r, false), write_one, NAMES).rpc("rates.get"),
        Row::new(Jerasoft, "PATCH", ONE[0], &UPDATE, |r| read_update(r, false), write_true, NAMES).rpc("rates.update"),
        Row::new(Jerasoft, "DELETE", ONE[0], &DELETE, |r| which(r, false), write_count, NAMES).rpc("rates.delete"),
        Row::new(Jerasoft, "GET", ALL[1], &SEARCH, |r| read_list(r, true), write_list, NAMES)
            .rpc("rates.special.search"),
        Row::new(Jerasoft, "POST", ALL[1], &CREATE, read_special, write_first, NAMES).rpc("rates.special.create"),
        Row::new(Jerasoft, "GET", ONE[1], &GET, |r| which(r, true), write_one, NAMES).rpc("rates.special.get"),
        Row::new(Jerasoft, "PATCH", ONE[1], &UPDATE, |r| read_update(r, true), write_true, NAMES)
            .rpc("rates.special.update"),
        Row::new(Jerasoft, "DELETE", ONE[1], &DELETE, |r| which(r, true), write_count, NAMES)
            .rpc("rates.special.delete"),
    ]
}

fn which(r: &mut Reader<'_>, special: bool) -> Which {
    Which { id: r.own_id("id"), special }
}

fn read_list(r: &mut Reader<'_>, special: bool) -> Search {
    Search {
        window: window(r),
        special,
        order: order(r, COLUMNS),
        ids: r.ids("id").optional(),
        tables: r.ids("rate_tables_id").optional().unwrap_or_default(),
        codes: r.texts(if special { "code_name" } else { "code" }).optional().unwrap_or_default(),
        search: search(r),
        state: r.choice("state", STATES).optional(),
    }
}

fn read_new(r: &mut Reader<'_>) -> New {
    let table = r.id("rate_tables_id").required();
    let codes = r.scalar("code").max(LONGEST_CODES).optional();
    let code_name = r.text("code_name").min(1).optional();
    match (&codes, &code_name) {
        (None, None) => r.violate("code", Rule::Required),
        (Some(_), Some(_)) => r.violate("code_name", Rule::Contradicts),
        (Some(_), None) | (None, Some(_)) => {}
    }
    let (source, sources) = read_source(r);
    let change = Change { code_name, source, ..read_terms(r, table) };
    let most = most_rates(&change);
    let codes = codes.map_or_else(Vec::new, |text| expanded(r, "code", &text, most));
    let each = most / codes.len().max(1);
    let sources = sources.map_or_else(Vec::new, |text| expanded(r, "src_code", &text, each));
    New { special: false, change, codes, sources }
}

fn read_special(r: &mut Reader<'_>) -> New {
    let table = r.id("rate_tables_id").required();
    let code_name = Some(r.text("code_name").required());
    let (source, sources) = read_source(r);
    let sources = sources.map_or_else(Vec::new, |text| expanded(r, "src_code", &text, 1));
    New { special: true, change: Change { code_name, source, ..read_terms(r, table) }, codes: Vec::new(), sources }
}

fn read_update(r: &mut Reader<'_>, special: bool) -> (Which, Change) {
    let which = which(r, special);
    let code = if special { None } else { r.scalar("code").max(LONGEST_CODES).present() };
    let code = code.and_then(|text| expanded(r, "code", &text, 1).pop());
    let code_name = r.text("code_name").min(1).present();
    if code.is_some() && code_name.is_some() {
        r.violate("code_name", Rule::Contradicts);
    }
    let (mut source, sources) = read_source(r);
    if let Some(one) = sources.and_then(|text| expanded(r, "src_code", &text, 1).pop()) {
        source = Patch::Set(Source::Code(one));
    }
    let change = Change {
        table: r.id("rate_tables_id").present(),
        code,
        code_name,
        source,
        value: r.decimal("value").present(),
        from: r.moment("effective_from").present(),
        time_profile: r.id("time_profiles_id").present(),
        ..read_rest(r)
    };
    (which, change)
}

/// What a new rate needs.
fn read_terms(r: &mut Reader<'_>, table: u64) -> Change {
    Change {
        table: Some(table),
        value: Some(r.decimal("value").required()),
        from: Some(r.moment("effective_from").required()),
        time_profile: Some(r.id("time_profiles_id").required()),
        ..read_rest(r)
    }
}

/// What has a default, which null brings back.
fn read_rest(r: &mut Reader<'_>) -> Change {
    let mut count = |name: &str, least: i64| {
        or_unset(r.integer(name).within(least, LARGEST).patch().map(i64::unsigned_abs), least.unsigned_abs())
    };
    let (min_volume, pay_interval, grace_volume) =
        (count("min_volume", 1), count("pay_interval", 1), count("grace_volume", 0));
    Change {
        until: r.moment("end_date").patch(),
        service: or_unset(r.id("services_id").patch(), 1),
        min_volume,
        pay_interval,
        grace_volume,
        pay_setup: or_unset(r.decimal("pay_setup").patch(), Decimal::ZERO),
        tag: r.text("tag").min(1).max(64).patch(),
        length_min: r.integer("num_length_min").within(1, LARGEST).patch().map(i64::unsigned_abs),
        length_max: r.integer("num_length_max").within(1, LARGEST).patch().map(i64::unsigned_abs),
        notes: r.text("notes").max(LONGEST_NOTES).patch(),
        ..Change::default()
    }
}

/// Whose use a rate is for: at most one of three. Source codes come as a text, since one may stand for several.
fn read_source(r: &mut Reader<'_>) -> (Patch<Source>, Option<String>) {
    let code = r.scalar("src_code").min(1).max(LONGEST_CODES).patch();
    let name = r.text("src_code_name").min(1).patch();
    let origin = r.text("origin_name").min(1).patch();
    let sent = [("src_code", code.value()), ("src_code_name", name.value()), ("origin_name", origin.value())];
    for (field, _) in sent.iter().filter(|(_, value)| value.is_some()).skip(1) {
        r.violate(field, Rule::Contradicts);
    }
    // Null takes away what there is, unless another one takes its place.
    let cleared = [&code, &name, &origin].iter().any(|patch| **patch == Patch::Clear);
    let source = match (name, origin) {
        (Patch::Set(name), _) => Patch::Set(Source::CodeName(name)),
        (_, Patch::Set(origin)) => Patch::Set(Source::Origin(origin)),
        _ if cleared => Patch::Clear,
        _ => Patch::Keep,
    };
    (source, code.value().cloned())
}

/// How many rates of these terms one answer can hold.
fn most_rates(change: &Change) -> usize {
    let texts = [change.tag.value(), change.notes.value(), change.code_name.as_ref()];
    let long: usize = texts.into_iter().flatten().map(|text| json!(text).to_string().len()).sum();
    (MOST_RATES * 700) / (700 + long)
}

fn expanded(r: &mut Reader<'_>, name: &str, text: &str, most: usize) -> Vec<String> {
    expand(text, most).unwrap_or_else(|rule| {
        r.violate(name, rule);
        Vec::new()
    })
}

fn write_list(view: View, page: Page<Shown>) -> Reply {
    Reply::page(page, |one| rate(view, &one))
}

fn write_one(view: View, one: Shown) -> Reply {
    Reply::one(rate(view, &one))
}

/// The one create that answers an array (contract §4.12).
fn write_all(view: View, all: Vec<Shown>) -> Reply {
    Reply::one(all.iter().map(|one| rate(view, one)).collect::<Value>())
}

fn write_first(view: View, all: Vec<Shown>) -> Reply {
    Reply::one(all.first().map_or(Value::Null, |one| rate(view, one)))
}

fn rate(view: View, shown: &Shown) -> Value {
    let rate = &shown.rate;
    let stamp = |at: Option<shared::words::time::Instant>| at.map(|at| view.zone.stamp(at));
    let source = |wanted: fn(&Source) -> Option<&String>| rate.source.as_ref().and_then(wanted);
    let value = json!({
        "id": rate.stamps.id,
        "rate_tables_id": rate.table,
        "rate_tables_name": shown.table_name,
        "currencies_id": shown.currency,
        "services_id": rate.service,
        "code": rate.code,
        "code_name": rate.code_name,
        "src_code": source(|source| if let Source::Code(text) = source { Some(text) } else { None }),
        "src_code_name": source(|source| if let Source::CodeName(text) = source { Some(text) } else { None }),
        "origin_name": source(|source| if let Source::Origin(text) = source { Some(text) } else { None }),
        "value": number(rate.value.normalize()),
        "effective_from": view.zone.stamp(rate.from),
        "end_date": stamp(rate.until),
        "effective_till": stamp(shown.till),
        "time_profiles_id": rate.time_profile,
        "min_volume": rate.min_volume,
        "pay_interval": rate.pay_interval,
        "pay_setup": number(rate.pay_setup.normalize()),
        "grace_volume": rate.grace_volume,
        "tag": rate.tag,
        "num_length_min": rate.length_min,
        "num_length_max": rate.length_max,
        "notes": rate.notes,
        "status": "active",
        "state": word(STATES, &shown.state),
        "policy": if rate.special { "special" } else { "regular" },
    });
    dated(view, value, &rate.stamps)
}
