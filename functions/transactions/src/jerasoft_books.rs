//! `accounting.payment_terms.*`, `accounting.taxes_profiles.*` and `rating.getTaxes` (contract jerasoft §4.8, §4.14).
//! The values of a profile are the tenant's tax rates that bear its id.

use serde_json::{Value, json};
use shared::domain::books::TaxRate;
use shared::domain::books::entries::{
    CREATE_TAX_RATE, Change, DELETE_TAX_RATE, List, TAX_RATE, TAX_RATES, UPDATE_TAX_RATE,
};
use shared::domain::books::terms::{
    CREATE_PROFILE, CREATE_TERM, DELETE_PROFILE, DELETE_TERM, Mode, PROFILE, PROFILES, PaymentTerm, ProfileChange,
    TERM, TERMS, TaxProfile, TermChange, UPDATE_PROFILE, UPDATE_TERM,
};
use shared::domain::rating::taxes::{Gross, MOST_TAXES, Split, TAXES};
use shared::machinery::dialect::Dialect::Jerasoft;
use shared::machinery::dialect::jerasoft::{search, window};
use shared::machinery::dialect::{number, word};
use shared::machinery::reader::Reader;
use shared::machinery::reply::{Reply, View};
use shared::machinery::route::Row;
use shared::words::page::Page;

/// What the dialect calls the operations' fields.
const NAMES: &[(&str, &str)] =
    &[("percent", "value"), ("profile", "taxes_profiles_id"), ("resellers", "companies_id"), ("amount", "amountGross")];
const MODES: &[(&str, Mode)] = &[("every", Mode::Every), ("on", Mode::On)];
const STATUSES: &[(&str, bool)] = &[("active", false), ("archive", true)];
/// Taxes that a service elsewhere works out cannot be had here.
const TYPES: &[(&str, ())] = &[("internal", ())];
/// The most days of payment terms.
const MOST_DAYS: i64 = 3650;
/// The most days in one of their lists.
const MOST_NOTICES: usize = 20;

pub(crate) fn rows() -> Vec<Row> {
    const TERM_PATHS: [&str; 2] = ["/api/accounting/payment_terms", "/api/accounting/payment_terms/{id}"];
    const PROFILE_PATHS: [&str; 2] = ["/api/accounting/taxes_profiles", "/api/accounting/taxes_profiles/{id}"];
    const VALUES: [&str; 2] = ["/api/accounting/taxes_profiles/values", "/api/accounting/taxes_profiles/values/{id}"];
    const CALCULATE: &str = "/api/accounting/taxes_profiles/calculate";
    let id = |r: &mut Reader<'_>| r.own_id("id");
    let count = |_: View, count: u64| Reply::one(count);
    vec![
        Row::new(
            Jerasoft,
            "GET",
            TERM_PATHS[0],
            &TERMS,
            read_list,
            |_, page| Reply::page(page, |one| term(&one)),
            NAMES,
        )
        .rpc("accounting.payment_terms.search"),
        Row::new(Jerasoft, "POST", TERM_PATHS[0], &CREATE_TERM, read_term, |_, one| Reply::one(term(&one)), NAMES)
            .rpc("accounting.payment_terms.create"),
        Row::new(Jerasoft, "GET", TERM_PATHS[1], &TERM, id, |_, one| Reply::one(term(&one)), NAMES)
            .rpc("accounting.payment_terms.get"),
        Row::new(Jerasoft, "PATCH", TERM_PATHS[1], &UPDATE_TERM, read_term_change, |_, _| Reply::one(true), NAMES)
            .rpc("accounting.payment_terms.update"),
        Row::new(Jerasoft, "DELETE", TERM_PATHS[1], &DELETE_TERM, id, count, NAMES)
            .rpc("accounting.payment_terms.delete"),
        Row::new(Jerasoft, "GET", PROFILE_PATHS[0], &PROFILES, read_list, write_profiles, NAMES)
            .rpc("accounting.taxes_profiles.search"),
        Row::new(Jerasoft, "POST", PROFILE_PATHS[0], &CREATE_PROFILE, read_profile, write_profile, NAMES)
            .rpc("accounting.taxes_profiles.create"),
        Row::new(Jerasoft, "GET", PROFILE_PATHS[1], &PROFILE, id, write_profile, NAMES)
            .rpc("accounting.taxes_profiles.get"),
        Row::new(
            Jerasoft,
            "PATCH",
            PROFILE_PATHS[1],
            &UPDATE_PROFILE,
            read_profile_change,
            |_, _| Reply::one(true),
            NAMES,
        )
        .rpc("accounting.taxes_profiles.update"),
        Row::new(Jerasoft, "DELETE", PROFILE_PATHS[1], &DELETE_PROFILE, id, count, NAMES)
            .rpc("accounting.taxes_profiles.delete"),
        Row::new(Jerasoft, "GET", VALUES[0], &TAX_RATES, read_values, write_values, NAMES)
            .rpc("accounting.taxes_profiles.values.search"),
        Row::new(Jerasoft, "POST", VALUES[0], &CREATE_TAX_RATE, read_value, |_, one| Reply::one(value(&one)), NAMES)
            .rpc("accounting.taxes_profiles.values.create"),
        Row::new(Jerasoft, "GET", VALUES[1], &TAX_RATE, id, |_, one| Reply::one(value(&one)), NAMES)
            .rpc("accounting.taxes_profiles.values.get"),
        Row::new(Jerasoft, "PATCH", VALUES[1], &UPDATE_TAX_RATE, read_value_change, |_, _| Reply::one(true), NAMES)
            .rpc("accounting.taxes_profiles.values.update"),
        Row::new(Jerasoft, "DELETE", VALUES[1], &DELETE_TAX_RATE, id, count, NAMES)
            .rpc("accounting.taxes_profiles.values.delete"),
        Row::new(Jerasoft, "POST", CALCULATE, &TAXES, read_gross, write_split, NAMES).rpc("rating.getTaxes"),
    ]
}

fn read_list(r: &mut Reader<'_>) -> List {
    let mut list = List::all(window(r));
    list.ids = r.ids("id").optional();
    list.search = search(r);
    list
}

fn read_values(r: &mut Reader<'_>) -> List {
    let mut list = read_list(r);
    list.profiles = r.ids("taxes_profiles_id").optional().unwrap_or_default();
    list
}

fn read_term(r: &mut Reader<'_>) -> TermChange {
    let name = Some(r.text("name").max(128).required());
    TermChange { name, ..read_term_rest(r) }
}

fn read_term_change(r: &mut Reader<'_>) -> (u64, TermChange) {
    let id = r.own_id("id");
    let name = r.text("name").min(1).max(128).present();
    (id, TermChange { name, ..read_term_rest(r) })
}

fn read_term_rest(r: &mut Reader<'_>) -> TermChange {
    let days = |r: &mut Reader<'_>, name: &str, least| {
        r.integer(name).within(least, MOST_DAYS).present().and_then(|days| u32::try_from(days).ok())
    };
    let notices = |r: &mut Reader<'_>, name: &str| {
        let given = r.ids(name).present();
        if given.as_ref().is_some_and(|all| all.len() > MOST_NOTICES) {
            r.violate(name, shared::words::error::Rule::TooMany(MOST_NOTICES));
        }
        given
    };
    TermChange {
        name: None,
        mode: r.choice("mode", MODES).present(),
        days: days(r, "days", 1),
        grace_period: days(r, "grace_period", 0),
        notify_before: notices(r, "notify_before"),
        notify_after: notices(r, "notify_after"),
    }
}

fn term(one: &PaymentTerm) -> Value {
    json!({"id": one.meta.id, "name": one.meta.name, "mode": word(MODES, &one.mode), "days": one.days,
        "grace_period": one.grace_period, "notify_before": one.notify_before, "notify_after": one.notify_after})
}

fn read_profile(r: &mut Reader<'_>) -> ProfileChange {
    let name = Some(r.text("name").max(128).required());
    r.choice("type", TYPES).optional();
    ProfileChange { name, ..read_profile_rest(r) }
}

fn read_profile_change(r: &mut Reader<'_>) -> (u64, ProfileChange) {
    let id = r.own_id("id");
    let name = r.text("name").min(1).max(128).present();
    r.read_only(&["type"]);
    (id, ProfileChange { name, ..read_profile_rest(r) })
}

fn read_profile_rest(r: &mut Reader<'_>) -> ProfileChange {
    ProfileChange {
        name: None,
        resellers: r.ids("companies_id").present(),
        archived: r.choice("status", STATUSES).present(),
        invoice_notes: r.text("invoice_notes").max(4000).patch(),
        notes: r.text("notes").max(4000).patch(),
        sort_order: r.integer("sort_order").within(i32::MIN.into(), i32::MAX.into()).present(),
    }
}

fn write_profiles(_: View, page: Page<TaxProfile>) -> Reply {
    Reply::page(page, |one| profile(&one))
}

fn write_profile(_: View, one: TaxProfile) -> Reply {
    Reply::one(profile(&one))
}

fn profile(one: &TaxProfile) -> Value {
    json!({"id": one.meta.id, "name": one.meta.name, "companies_id": one.resellers, "type": "internal",
        "status": word(STATUSES, &one.archived), "invoice_notes": one.invoice_notes, "notes": one.notes,
        "sort_order": one.sort_order})
}

fn read_value(r: &mut Reader<'_>) -> Change {
    let profile = shared::words::patch::Patch::Set(r.id("taxes_profiles_id").required());
    let name = Some(r.text("name").max(64).required());
    let percent = Some(r.decimal("value").required());
    Change { name, percent, profile, priority: read_priority(r), ..Change::default() }
}

fn read_value_change(r: &mut Reader<'_>) -> (u64, Change) {
    let id = r.own_id("id");
    let name = r.text("name").min(1).max(64).present();
    let percent = r.decimal("value").present();
    let profile = r.id("taxes_profiles_id").patch();
    (id, Change { name, percent, profile, priority: read_priority(r), ..Change::default() })
}

fn read_priority(r: &mut Reader<'_>) -> Option<i64> {
    r.integer("priority").within(0, 1000).present()
}

fn write_values(_: View, page: Page<TaxRate>) -> Reply {
    Reply::page(page, |one| value(&one))
}

fn value(one: &TaxRate) -> Value {
    json!({"id": one.meta.id, "taxes_profiles_id": one.profile, "name": one.meta.name, "priority": one.priority,
        "value": number(one.percent)})
}

fn read_gross(r: &mut Reader<'_>) -> Gross {
    let amount = r.decimal("amountGross").required();
    let taxes = r.each("taxes", 0, MOST_TAXES).into_iter().map(|mut entry| {
        let priority = entry.integer("priority").within(0, 1000).optional().unwrap_or(0);
        let percent = entry.decimal("value").required();
        r.absorb(entry);
        (priority, percent)
    });
    Gross { amount, taxes: taxes.collect() }
}

fn write_split(_: View, split: Split) -> Reply {
    let one = |(priority, percent, amount): &(i64, _, _)| {
        let (value, amount): (&shared::words::money::Decimal, &shared::words::money::Decimal) = (percent, amount);
        json!({"priority": priority, "value": number(value), "amount": number(amount)})
    };
    let taxes: Vec<Value> = split.taxes.iter().map(one).collect();
    Reply::one(json!({"amountNet": number(split.net), "taxes": taxes}))
}
