//! `clients.*` (contract jerasoft §4.1).

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use shared::domain::customers::entity::Text;
use shared::domain::customers::list::Searched;
use shared::domain::customers::{self, Change, Deletion, List, New, Order, Shown, Status, Unique, Update};
use shared::domain::tenants::CurrencyRef;
use shared::machinery::dialect::Dialect::Jerasoft;
use shared::machinery::dialect::carried::{self, Attribute, Carried};
use shared::machinery::dialect::jerasoft::{order, search, several, window};
use shared::machinery::dialect::{number, word};
use shared::machinery::reader::Reader;
use shared::machinery::reply::{Reply, View};
use shared::machinery::route::Row;
use shared::words::money::Money;
use shared::words::page::Page;
use shared::words::time::Zone;

/// What the dialect calls the operations' fields.
const NAMES: &[(&str, &str)] = &[
    ("reseller", "companies_id"),
    ("currency", "currencies_id"),
    ("owner", "owner_users_id"),
    ("credit_limit", "credit"),
    ("email", "c_email"),
];
const UNIQUE: Unique = Unique { name: true, email: false };
const STATUSES: &[(&str, Status)] =
    &[("active", Status::Active), ("disabled", Status::Suspended), ("archive", Status::Closed)];
const COLUMNS: &[(&str, Order)] = &[
    ("id", Order::Id),
    ("name", Order::Name),
    ("status", Order::Status),
    ("companies_id", Order::Reseller),
    ("currencies_id", Order::Currency),
];

/// The plain texts, as the dialect calls them, with their longest length.
const TEXTS: &[(&str, Text, usize)] = &[
    ("c_company", Text::Company, 255),
    ("c_address", Text::Address, 1000),
    ("c_account", Text::AccountNumber, 255),
    ("reg_id", Text::RegistrationNumber, 255),
    ("tax_id", Text::TaxNumber, 255),
    ("locale", Text::Language, 10),
    ("cp_login", Text::PortalLogin, 255),
    ("notes", Text::Notes, 4000),
];
const EMAILS: &[(&str, Text)] = &[
    ("c_email", Text::Email),
    ("c_email_billing", Text::EmailBilling),
    ("c_email_rates", Text::EmailRates),
    ("c_email_tech", Text::EmailTech),
];

/// What this dialect alone knows, with what an unset one shows.
const CARRIED: &[Attribute] = &[
    ("payment_terms_id", Carried::Id, "null"),
    ("taxes_profiles_id", Carried::Id, "null"),
    ("invoices_templates_id", Carried::Id, "null"),
    ("invoice_no_tpl", Carried::Text, "null"),
    ("autoinvoice_enabled", Carried::Flag, "false"),
    ("autoinvoice_last", Carried::Moment, "null"),
    ("bill_by_time", Carried::Word(&[("setup", "setup"), ("disconnect", "disconnect")]), "\"disconnect\""),
    ("low_balance_threshold", Carried::Decimal, "null"),
    ("low_balance_athreshold", Carried::Decimal, "null"),
    ("low_balance_capacity", Carried::Count, "null"),
    ("orig_rate_table", Carried::Id, "null"),
    ("term_rate_table", Carried::Id, "null"),
    ("orig_capacity", Carried::Count, "null"),
    ("term_capacity", Carried::Count, "null"),
    ("dr_plans_id", Carried::Id, "null"),
    ("cp_modules", Carried::Words, "[]"),
    ("rates_notify_format", Carried::Text, "\"csv\""),
    ("rates_notify_type", Carried::Text, "\"all\""),
];

pub(crate) fn rows() -> Vec<Row> {
    const CLIENTS: &str = "/api/clients";
    const CLIENT: &str = "/api/clients/{id}";
    vec![
        Row::new(Jerasoft, "GET", CLIENTS, &customers::SEARCH, read_list, write_list, NAMES).rpc("clients.search"),
        Row::new(Jerasoft, "POST", CLIENTS, &customers::CREATE, read_new, write_one, NAMES).rpc("clients.create"),
        Row::new(Jerasoft, "GET", CLIENT, &customers::GET, |r| r.own_id("id"), write_one, NAMES).rpc("clients.get"),
        Row::new(Jerasoft, "PATCH", CLIENT, &customers::UPDATE, read_update, |_, _| Reply::one(true), NAMES)
            .rpc("clients.update"),
        Row::new(Jerasoft, "DELETE", CLIENT, &customers::DELETE, read_deletion, write_count, NAMES)
            .rpc("clients.delete"),
        Row::new(
            Jerasoft,
            "POST",
            "/api/clients/{id}/archive",
            &customers::ARCHIVE,
            |r| r.own_id("id"),
            write_count,
            NAMES,
        )
        .rpc("clients.archive"),
    ]
}

fn read_list(r: &mut Reader<'_>) -> List {
    let mut list = List { balances: true, ..List::all(window(r)) };
    list.order = order(r, COLUMNS);
    if let [(Order::Id, descending)] = list.order.as_slice() {
        list.window.newest_first = *descending;
    }
    list.search = search(r).map(|text| (text, vec![Searched::Name, Searched::Email, Searched::Company]));
    list.ids = r.ids("id").optional();
    list.name = r.text("name").optional();
    list.statuses = several(r, "status", STATUSES);
    list.resellers = r.ids("companies_id").optional().unwrap_or_default();
    list.currencies = r.ids("currencies_id").optional().unwrap_or_default();
    list.owners = r.ids("owner_users_id").optional().unwrap_or_default();
    list.payment_terms = r.ids("payment_terms_id").optional().unwrap_or_default();
    list
}

fn read_new(r: &mut Reader<'_>) -> New {
    let name = Some(r.text("name").max(128).required());
    let reseller = r.id("companies_id").optional();
    let currency = Some(CurrencyRef::Id(r.id("currencies_id").required()));
    let (change, password) = read_change(r);
    New { change: Change { name, reseller, currency, ..change }, unique: UNIQUE, names_reseller: true, password }
}

fn read_update(r: &mut Reader<'_>) -> Update {
    let id = r.own_id("id");
    let name = if r.has("name") { Some(r.text("name").max(128).required()) } else { None };
    let reseller = r.id("companies_id").present();
    let currency = r.id("currencies_id").present().map(CurrencyRef::Id);
    let (change, password) = read_change(r);
    Update { id, change: Change { name, reseller, currency, ..change }, unique: UNIQUE, password }
}

/// Everything but name, reseller and currency, with the portal password.
fn read_change(r: &mut Reader<'_>) -> (Change, Option<String>) {
    let mut change = Change {
        status: r.choice("status", STATUSES).optional(),
        credit_limit: r.decimal("credit").patch(),
        owner: r.id("owner_users_id").patch(),
        timezone: r.zone_name("tz").patch(),
        custom_fields: r.text_map("custom_fields").patch(),
        ..Change::default()
    };
    for (name, which) in EMAILS {
        change.texts.insert(*which, r.email(name).patch());
    }
    for (name, which, longest) in TEXTS {
        change.texts.insert(*which, r.text(name).max(*longest).patch());
    }
    change.carried = carried::read(r, CARRIED);
    (change, r.untrimmed("cp_password").min(1).max(1024).optional())
}

fn read_deletion(r: &mut Reader<'_>) -> Deletion {
    Deletion { id: r.own_id("id"), ..Deletion::default() }
}

fn write_list(view: View, page: Page<Shown>) -> Reply {
    Reply::page(page, |shown| client(view, &shown))
}

pub(crate) fn write_one(view: View, shown: Shown) -> Reply {
    Reply::one(client(view, &shown))
}

fn write_count(_: View, count: u64) -> Reply {
    Reply::one(count)
}

fn client(view: View, shown: &Shown) -> Value {
    let customer = &shown.customer;
    let status = word(STATUSES, &customer.status);
    let mut client = Map::from_iter([
        ("id".to_owned(), customer.id.into()),
        ("name".to_owned(), customer.name.full().into()),
        ("status".to_owned(), status.into()),
        ("companies_id".to_owned(), customer.reseller.into()),
        ("companies_name".to_owned(), shown.reseller_name.clone().into()),
        ("owner_users_id".to_owned(), customer.owner.into()),
        ("currencies_id".to_owned(), customer.currency.into()),
        ("currencies_name".to_owned(), shown.currency_name.clone().into()),
        ("credit".to_owned(), customer.credit_limit.map_or(Value::Null, number)),
    ]);
    client.extend(balances(shown));
    client.extend(carried::write(view, CARRIED, &customer.carried));
    client.extend(EMAILS.iter().map(|(name, which)| ((*name).to_owned(), json!(customer.text(*which)))));
    client.extend(TEXTS.iter().map(|(name, which, _)| ((*name).to_owned(), json!(customer.text(*which)))));
    client.insert("tz".into(), customer.timezone.map(Zone::name).into());
    client.insert("custom_fields".into(), custom_fields(&customer.custom_fields));
    client.insert("c_dt".into(), view.zone.stamp(customer.created_at).into());
    Value::Object(client)
}

/// What a client has: in all, by its documents, and with its credit.
pub(crate) fn balances(shown: &Shown) -> Map<String, Value> {
    let limit = shown.customer.credit_limit;
    let available = limit.map(|limit| Money { minor: shown.balance.minor + limit.minor, ..limit });
    Map::from_iter([
        ("balance".to_owned(), number(shown.balance)),
        ("balance_accountant".to_owned(), number(shown.balance)),
        ("balance_available".to_owned(), available.map_or(Value::Null, number)),
    ])
}

fn custom_fields(fields: &BTreeMap<String, String>) -> Value {
    Value::Object(fields.iter().map(|(name, text)| (name.clone(), text.clone().into())).collect())
}
