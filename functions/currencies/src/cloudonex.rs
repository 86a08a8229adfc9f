//! `/currencies` and `/exchange-rates`, in CloudOnex's habits; the original has neither.

use serde_json::{Value, json};
use shared::domain::currencies::{self, Change, List};
use shared::domain::rates::{self, Asked, New, Shown};
use shared::domain::tenants::{CurrencyRef, TenantCurrency};
use shared::machinery::dialect::Dialect::Cloudonex;
use shared::machinery::dialect::cloudonex::window;
use shared::machinery::dialect::number;
use shared::machinery::reader::Reader;
use shared::machinery::reply::{Reply, View};
use shared::machinery::route::Row;
use shared::words::error::Rule;
use shared::words::page::Page;
use shared::words::pattern::Pattern;
use shared::words::time::utc_seconds;

/// What the dialect calls the operations' fields.
const NAMES: &[(&str, &str)] = &[("at", "date")];

pub(crate) fn rows() -> Vec<Row> {
    const CURRENCIES: &str = "/api/v2/currencies";
    const CURRENCY: &str = "/api/v2/currencies/{id}";
    const RATES: &str = "/api/v2/exchange-rates";
    const RATE: &str = "/api/v2/exchange-rates/{id}";
    vec![
        Row::new(Cloudonex, "GET", CURRENCIES, &currencies::SEARCH, read_list, write_list, NAMES),
        Row::new(Cloudonex, "POST", CURRENCIES, &currencies::CREATE, read_new, write_created, NAMES),
        Row::new(Cloudonex, "GET", CURRENCY, &currencies::GET, read_id, write_one, NAMES),
        Row::new(Cloudonex, "PUT", CURRENCY, &currencies::UPDATE, read_update, write_one, NAMES),
        Row::new(
            Cloudonex,
            "DELETE",
            CURRENCY,
            &currencies::DELETE,
            read_id,
            |_, _| Reply::done("Currency deleted"),
            NAMES,
        ),
        Row::new(Cloudonex, "GET", RATES, &rates::SEARCH, read_rates, write_rates, NAMES),
        Row::new(Cloudonex, "POST", RATES, &rates::CREATE, read_new_rate, write_created_rate, NAMES),
        Row::new(Cloudonex, "GET", RATE, &rates::GET, read_id, |_, shown| Reply::one(rate_value(&shown)), NAMES),
        Row::new(
            Cloudonex,
            "DELETE",
            RATE,
            &rates::DELETE,
            read_id,
            |_, _| Reply::done("Exchange rate deleted"),
            NAMES,
        ),
    ]
}

fn read_id(r: &mut Reader<'_>) -> u64 {
    r.own_id("id")
}

fn read_list(r: &mut Reader<'_>) -> List {
    let window = window(r, false);
    List { window, ids: None, search: r.text("search").optional().map(|text| Pattern::plain(&text)) }
}

fn read_new(r: &mut Reader<'_>) -> Change {
    Change { code: Some(r.text("code").max(3).required()), ..read_change(r) }
}

fn read_update(r: &mut Reader<'_>) -> (u64, Change) {
    let id = r.own_id("id");
    (id, Change { code: r.text("code").max(3).optional(), ..read_change(r) })
}

fn read_change(r: &mut Reader<'_>) -> Change {
    Change {
        name: r.text("name").min(1).max(128).optional(),
        symbol: r.text("symbol").max(8).patch(),
        ..Change::default()
    }
}

fn read_rates(r: &mut Reader<'_>) -> rates::List {
    let window = window(r, true);
    let refs = |code: Option<String>| code.into_iter().map(CurrencyRef::Code).collect();
    let from = refs(r.text("from").max(3).optional());
    let to = refs(r.text("to").max(3).optional());
    let since = r.moment("date_from").optional();
    let until = r.moment_until("date_to").optional();
    if since.zip(until).is_some_and(|(since, until)| since > until) {
        r.violate("date_to", Rule::Reversed);
    }
    rates::List { window, ids: None, from, to, between: (since, until) }
}

fn read_new_rate(r: &mut Reader<'_>) -> New {
    let asked = Asked {
        from: CurrencyRef::Code(r.text("from").max(3).required()),
        to: CurrencyRef::Code(r.text("to").max(3).required()),
        at: None,
    };
    let rate = r.decimal("rate").required();
    New { asked: Asked { at: r.moment("date").optional(), ..asked }, rate }
}

fn write_list(_: View, page: Page<TenantCurrency>) -> Reply {
    Reply::page(page, |currency| currency_value(&currency))
}

fn write_one(_: View, currency: TenantCurrency) -> Reply {
    Reply::one(currency_value(&currency))
}

fn write_created(_: View, currency: TenantCurrency) -> Reply {
    Reply::one(currency_value(&currency)).status(201).message("Currency created")
}

fn write_rates(_: View, page: Page<Shown>) -> Reply {
    Reply::page(page, |shown| rate_value(&shown))
}

fn write_created_rate(_: View, shown: Shown) -> Reply {
    Reply::one(rate_value(&shown)).status(201).message("Exchange rate created")
}

fn currency_value(currency: &TenantCurrency) -> Value {
    json!({
        "id": currency.id,
        "code": currency.iso.code(),
        "name": currency.name,
        "symbol": currency.symbol,
        "decimal_places": currency.iso.places(),
        "created_at": utc_seconds(currency.created_at),
        "updated_at": utc_seconds(currency.updated_at),
    })
}

fn rate_value(shown: &Shown) -> Value {
    json!({
        "id": shown.rate.id,
        "from": shown.from_code,
        "to": shown.to_code,
        "rate": number(shown.rate.rate),
        "date": utc_seconds(shown.rate.at),
        "created_at": utc_seconds(shown.rate.created_at),
        "updated_at": utc_seconds(shown.rate.created_at),
    })
}
