//! `accounting.currencies.*` and `accounting.currencies.rates.*` (contract jerasoft §4.5).

use serde_json::{Value, json};
use shared::domain::currencies::{self, Change, List};
use shared::domain::rates::{self, Asked, New, Shown};
use shared::domain::tenants::{CurrencyRef, TenantCurrency};
use shared::machinery::dialect::Dialect::Jerasoft;
use shared::machinery::dialect::jerasoft::{order, search, window};
use shared::machinery::dialect::number;
use shared::machinery::reader::Reader;
use shared::machinery::reply::{Reply, View};
use shared::machinery::route::Row;
use shared::words::money::Decimal;

/// What the dialect calls the operations' fields.
const NAMES: &[(&str, &str)] = &[("from", "from_currencies_id"), ("to", "to_currencies_id"), ("at", "dt")];

pub(crate) fn rows() -> Vec<Row> {
    const CURRENCIES: &str = "/api/accounting/currencies";
    const CURRENCY: &str = "/api/accounting/currencies/{id}";
    const RATES: &str = "/api/accounting/currencies/rates";
    const RATE: &str = "/api/accounting/currencies/rates/{id}";
    vec![
        Row::new(Jerasoft, "GET", CURRENCIES, &currencies::SEARCH, read_list, write_list, NAMES)
            .rpc("accounting.currencies.search"),
        Row::new(Jerasoft, "GET", CURRENCY, &currencies::GET, read_id, write_one, NAMES)
            .rpc("accounting.currencies.get"),
        Row::new(Jerasoft, "POST", CURRENCIES, &currencies::CREATE, read_new, write_one, NAMES)
            .rpc("accounting.currencies.create"),
        Row::new(Jerasoft, "PATCH", CURRENCY, &currencies::UPDATE, read_update, write_true, NAMES)
            .rpc("accounting.currencies.update"),
        Row::new(Jerasoft, "DELETE", CURRENCY, &currencies::DELETE, read_id, write_count, NAMES)
            .rpc("accounting.currencies.delete"),
        Row::new(
            Jerasoft,
            "GET",
            "/api/accounting/currencies/exchange-rate",
            &rates::AT,
            read_asked,
            write_decimal,
            NAMES,
        )
        .rpc("accounting.currencies.get_rate"),
        Row::new(Jerasoft, "GET", RATES, &rates::SEARCH, read_rates, write_rates, NAMES)
            .rpc("accounting.currencies.rates.search"),
        Row::new(Jerasoft, "GET", RATE, &rates::GET, read_id, write_rate, NAMES).rpc("accounting.currencies.rates.get"),
        Row::new(Jerasoft, "POST", RATES, &rates::CREATE, read_new_rate, write_rate, NAMES)
            .rpc("accounting.currencies.rates.create"),
        Row::new(Jerasoft, "DELETE", RATE, &rates::DELETE, read_id, write_count, NAMES)
            .rpc("accounting.currencies.rates.delete"),
    ]
}

fn read_id(r: &mut Reader<'_>) -> u64 {
    r.own_id("id")
}

fn read_list(r: &mut Reader<'_>) -> List {
    let mut window = window(r);
    // There is one column to sort by.
    window.newest_first = order(r, &[("id", ())]).first().is_some_and(|(_, descending)| *descending);
    let search = search(r);
    List { window, ids: r.ids("id").optional(), search }
}

fn read_new(r: &mut Reader<'_>) -> Change {
    Change { name: Some(r.text("name").max(128).required()), ..read_change(r) }
}

fn read_update(r: &mut Reader<'_>) -> (u64, Change) {
    let id = r.own_id("id");
    (id, Change { name: r.text("name").min(1).max(128).present(), ..read_change(r) })
}

fn read_change(r: &mut Reader<'_>) -> Change {
    let places = |r: &mut Reader<'_>, name: &str| {
        r.integer(name).within(0, 12).optional().and_then(|places| u32::try_from(places).ok())
    };
    Change {
        name: None,
        code: r.text("code").max(3).optional(),
        symbol: r.text("symbol").max(8).patch(),
        rates_precision: places(r, "rates_precision"),
        details_precision: places(r, "details_precision"),
        totals_precision: places(r, "totals_precision"),
    }
}

fn read_asked(r: &mut Reader<'_>) -> Asked {
    Asked {
        from: CurrencyRef::Id(r.id("from_currencies_id").required()),
        to: CurrencyRef::Id(r.id("to_currencies_id").required()),
        at: r.moment("dt").optional(),
    }
}

fn read_rates(r: &mut Reader<'_>) -> rates::List {
    let mut window = window(r);
    window.newest_first = order(r, &[("id", ())]).first().is_some_and(|(_, descending)| *descending);
    let refs = |ids: Option<Vec<u64>>| ids.unwrap_or_default().into_iter().map(CurrencyRef::Id).collect();
    rates::List {
        window,
        ids: r.ids("id").optional(),
        from: refs(r.ids("from_currencies_id").optional()),
        to: refs(r.ids("to_currencies_id").optional()),
        between: r.span("dt").optional().unwrap_or((None, None)),
    }
}

fn read_new_rate(r: &mut Reader<'_>) -> New {
    New { asked: read_asked(r), rate: r.decimal("rate").required() }
}

fn write_list(view: View, page: shared::words::page::Page<TenantCurrency>) -> Reply {
    Reply::page(page, |currency| currency_value(view, &currency))
}

fn write_one(view: View, currency: TenantCurrency) -> Reply {
    Reply::one(currency_value(view, &currency))
}

fn write_true(_: View, _: TenantCurrency) -> Reply {
    Reply::one(true)
}

fn write_count(_: View, count: u64) -> Reply {
    Reply::one(count)
}

fn write_decimal(_: View, rate: Decimal) -> Reply {
    Reply::one(number(rate))
}

fn write_rates(view: View, page: shared::words::page::Page<Shown>) -> Reply {
    Reply::page(page, |shown| rate_value(view, &shown))
}

fn write_rate(view: View, shown: Shown) -> Reply {
    Reply::one(rate_value(view, &shown))
}

fn currency_value(view: View, currency: &TenantCurrency) -> Value {
    json!({
        "id": currency.id,
        "name": currency.name,
        "code": currency.iso.code(),
        "symbol": currency.symbol,
        "rates_precision": currency.precisions.rates,
        "details_precision": currency.precisions.details,
        "totals_precision": currency.precisions.totals,
        "c_dt": view.zone.stamp(currency.created_at),
    })
}

fn rate_value(view: View, shown: &Shown) -> Value {
    json!({
        "id": shown.rate.id,
        "from_currencies_id": shown.rate.from,
        "from_currencies_name": shown.from_code,
        "to_currencies_id": shown.rate.to,
        "to_currencies_name": shown.to_code,
        "rate": number(shown.rate.rate),
        "dt": view.zone.stamp(shown.rate.at),
    })
}
