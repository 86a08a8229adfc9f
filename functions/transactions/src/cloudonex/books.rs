//! `/accounts`, `/categories`, `/tax-rates` and `/numbering`, in CloudOnex's habits.

use serde_json::{Value, json};
use shared::domain::books::accounts::{
    ACCOUNT, ACCOUNTS, CREATE_ACCOUNT, DELETE_ACCOUNT, Held, NewAccount, UPDATE_ACCOUNT,
};
use shared::domain::books::entries::{
    CATEGORIES, CATEGORY, CREATE_CATEGORY, CREATE_TAX_RATE, Change, DELETE_CATEGORY, DELETE_TAX_RATE, List, TAX_RATE,
    TAX_RATES, UPDATE_CATEGORY, UPDATE_TAX_RATE,
};
use shared::domain::books::numbering::{self, Entry, GET, REGISTER, SEARCH, Shown, UPDATE};
use shared::domain::books::record::Meta;
use shared::domain::books::vat::VatCategory;
use shared::domain::books::{Category, Direction, TaxRate};
use shared::domain::documents::number::Reset;
use shared::machinery::dialect::Dialect::Cloudonex;
use shared::machinery::dialect::cloudonex::window;
use shared::machinery::dialect::{number, word};
use shared::machinery::reader::Reader;
use shared::machinery::reply::{Reply, View};
use shared::machinery::route::Row;
use shared::words::error::Rule;
use shared::words::page::Page;
use shared::words::time::utc_seconds;

use invoices::cloudonex::{STATUSES, read_currency};

const NAMES: &[(&str, &str)] = &[("direction", "type")];
const TYPES: &[(&str, Direction)] = &[("Income", Direction::Income), ("Expense", Direction::Expense)];
const RESETS: &[(&str, Reset)] =
    &[("never", Reset::Never), ("year", Reset::Year), ("fiscal_year", Reset::FiscalYear), ("month", Reset::Month)];

pub(crate) fn rows() -> Vec<Row> {
    const ALL: [&str; 3] = ["/api/v2/accounts", "/api/v2/categories", "/api/v2/tax-rates"];
    const ONE: [&str; 3] = ["/api/v2/accounts/{id}", "/api/v2/categories/{id}", "/api/v2/tax-rates/{id}"];
    const SERIES: &str = "/api/v2/numbering";
    const ONE_SERIES: &str = "/api/v2/numbering/{id}";
    let id = |r: &mut Reader<'_>| r.own_id("id");
    vec![
        Row::new(Cloudonex, "GET", ALL[0], &ACCOUNTS, read_list, write_accounts, NAMES),
        Row::new(Cloudonex, "POST", ALL[0], &CREATE_ACCOUNT, read_account, write_new_account, NAMES),
        Row::new(Cloudonex, "GET", ONE[0], &ACCOUNT, id, write_account, NAMES),
        Row::new(Cloudonex, "PUT", ONE[0], &UPDATE_ACCOUNT, read_rename, write_account, NAMES),
        Row::new(Cloudonex, "DELETE", ONE[0], &DELETE_ACCOUNT, id, |_, _| Reply::done("Account deleted"), NAMES),
        Row::new(Cloudonex, "GET", ALL[1], &CATEGORIES, read_list, write_categories, NAMES),
        Row::new(Cloudonex, "POST", ALL[1], &CREATE_CATEGORY, read_category, write_new_category, NAMES),
        Row::new(Cloudonex, "GET", ONE[1], &CATEGORY, id, |_, one| Reply::one(category(&one)), NAMES),
        Row::new(Cloudonex, "PUT", ONE[1], &UPDATE_CATEGORY, read_change, |_, one| Reply::one(category(&one)), NAMES),
        Row::new(Cloudonex, "DELETE", ONE[1], &DELETE_CATEGORY, id, |_, _| Reply::done("Category deleted"), NAMES),
        Row::new(Cloudonex, "GET", ALL[2], &TAX_RATES, read_list, write_tax_rates, NAMES),
        Row::new(Cloudonex, "POST", ALL[2], &CREATE_TAX_RATE, read_tax_rate, write_new_tax_rate, NAMES),
        Row::new(Cloudonex, "GET", ONE[2], &TAX_RATE, id, |_, one| Reply::one(tax_rate(&one)), NAMES),
        Row::new(Cloudonex, "PUT", ONE[2], &UPDATE_TAX_RATE, read_change, |_, one| Reply::one(tax_rate(&one)), NAMES),
        Row::new(Cloudonex, "DELETE", ONE[2], &DELETE_TAX_RATE, id, |_, _| Reply::done("Tax rate deleted"), NAMES),
        Row::new(Cloudonex, "GET", SERIES, &SEARCH, |r| window(r, false), write_all_series, NAMES),
        Row::new(Cloudonex, "GET", ONE_SERIES, &GET, id, |_, one| Reply::one(series(&one)), NAMES),
        Row::new(Cloudonex, "PUT", ONE_SERIES, &UPDATE, read_series, |_, one| Reply::one(series(&one)), NAMES),
        Row::new(
            Cloudonex,
            "GET",
            "/api/v2/numbering/{id}/register",
            &REGISTER,
            |r| (r.own_id("id"), window(r, false)),
            |_, page: Page<Entry>| Reply::page(page, |entry| register(&entry)),
            NAMES,
        ),
    ]
}

fn read_list(r: &mut Reader<'_>) -> List {
    let mut list = List::all(window(r, false));
    list.direction = r.choice("type", TYPES).optional();
    list
}

fn read_account(r: &mut Reader<'_>) -> NewAccount {
    NewAccount {
        name: r.text("name").max(128).required(),
        currency: read_currency(r),
        opening: r.decimal("opening_balance").optional().unwrap_or_default(),
    }
}

fn read_rename(r: &mut Reader<'_>) -> (u64, Option<String>) {
    let id = r.own_id("id");
    r.read_only(&["currency", "opening_balance", "balance"]);
    (id, r.text("name").min(1).max(128).present())
}

fn read_category(r: &mut Reader<'_>) -> Change {
    let name = Some(r.text("name").max(128).required());
    if !r.has("type") {
        r.violate("type", Rule::Required);
    }
    Change { name, direction: r.choice("type", TYPES).present(), ..Change::default() }
}

fn read_tax_rate(r: &mut Reader<'_>) -> Change {
    let name = Some(r.text("name").max(64).required());
    Change {
        name,
        percent: Some(r.decimal("percent").required()),
        profile: r.id("profile_id").patch(),
        category: r.choice("category", &VatCategory::CODES).optional(),
        exemption: r.text("exemption_reason").max(200).optional(),
        ..Change::default()
    }
}

fn read_change(r: &mut Reader<'_>) -> (u64, Change) {
    let id = r.own_id("id");
    let name = r.text("name").min(1).max(64).present();
    let direction = r.choice("type", TYPES).present();
    let percent = r.decimal("percent").present();
    let profile = r.id("profile_id").patch();
    let category = r.choice("category", &VatCategory::CODES).optional();
    let exemption = r.text("exemption_reason").max(200).optional();
    (id, Change { name, direction, percent, profile, priority: None, category, exemption })
}

fn read_series(r: &mut Reader<'_>) -> numbering::Change {
    let id = r.own_id("id");
    let month = r.integer("fiscal_year_start_month").within(1, 12).present();
    numbering::Change {
        id,
        template: r.text("template").min(1).max(60).present(),
        reset: r.choice("reset", RESETS).present(),
        fiscal_year_start: month.and_then(|month| u32::try_from(month).ok()),
    }
}

fn dated(mut value: Value, meta: &Meta) -> Value {
    if let Some(members) = value.as_object_mut() {
        members.insert("created_at".into(), utc_seconds(meta.created_at).into());
        members.insert("updated_at".into(), utc_seconds(meta.updated_at).into());
    }
    value
}

fn write_accounts(_: View, page: Page<Held>) -> Reply {
    Reply::page(page, |held| account(&held))
}

fn write_account(_: View, held: Held) -> Reply {
    Reply::one(account(&held))
}

fn write_new_account(_: View, held: Held) -> Reply {
    Reply::one(account(&held)).status(201).message("Account created")
}

fn account(held: &Held) -> Value {
    let own = &held.account;
    let opening = shared::words::money::Money { minor: own.opening, currency: own.iso };
    let value = json!({"id": own.meta.id, "name": own.meta.name, "currency": own.iso.code(),
        "opening_balance": number(opening), "balance": number(held.balance)});
    dated(value, &own.meta)
}

fn write_categories(_: View, page: Page<Category>) -> Reply {
    Reply::page(page, |one| category(&one))
}

fn write_new_category(_: View, one: Category) -> Reply {
    Reply::one(category(&one)).status(201).message("Category created")
}

fn category(one: &Category) -> Value {
    let direction = word(TYPES, &one.direction);
    dated(json!({"id": one.meta.id, "name": one.meta.name, "type": direction}), &one.meta)
}

fn write_tax_rates(_: View, page: Page<TaxRate>) -> Reply {
    Reply::page(page, |one| tax_rate(&one))
}

fn write_new_tax_rate(_: View, one: TaxRate) -> Reply {
    Reply::one(tax_rate(&one)).status(201).message("Tax rate created")
}

fn tax_rate(one: &TaxRate) -> Value {
    let value = json!({"id": one.meta.id, "name": one.meta.name, "percent": number(one.percent), "profile_id": one.profile,
        "category": one.category.map(VatCategory::code), "exemption_reason": one.exemption});
    dated(value, &one.meta)
}

fn write_all_series(_: View, page: Page<Shown>) -> Reply {
    Reply::page(page, |one| series(&one))
}

fn series(one: &Shown) -> Value {
    let reset = word(RESETS, &one.series.reset);
    json!({"id": one.id, "type": one.kind.name(), "template": one.series.template, "reset": reset,
        "fiscal_year_start_month": one.fiscal_year_start, "next_number": one.next_number})
}

fn register(entry: &Entry) -> Value {
    let status = word(STATUSES, &entry.status);
    json!({"number": entry.number, "document_id": entry.document, "date": entry.date.to_string(), "status": status,
        "deleted": entry.deleted, "replaced_by": entry.replaced_by, "by_hand": entry.by_hand,
        "passed_over": entry.passed_over})
}
