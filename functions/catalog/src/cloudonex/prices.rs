//! Prices, of products and of the options of variants.

use serde_json::{Map, Value, json};
use shared::domain::catalog::prices::{MOST_PRICES, NewPrice};
use shared::domain::catalog::product::{Price, Rate, Rates};
use shared::domain::catalog::{Cycle, Unit};
use shared::domain::tenants::MOST_CURRENCIES;
use shared::machinery::reader::Reader;
use shared::words::error::Rule;
use shared::words::money::{Currency, Decimal};

use crate::common::{UNITS, cycle, small};

#[derive(Clone, Copy)]
enum Type {
    Free,
    Once,
    Recurring,
}

const TYPES: &[(&str, Option<Type>)] =
    &[("free", Some(Type::Free)), ("onetime", Some(Type::Once)), ("recurring", Some(Type::Recurring))];

/// The prices of a record that has sent some.
pub(crate) fn read_prices(r: &mut Reader<'_>, least: usize) -> Vec<NewPrice> {
    let mut prices = Vec::new();
    for mut entry in r.each("prices", least, MOST_PRICES) {
        let name = entry.text("name").max(255).required();
        let cycle = read_cycle(&mut entry);
        let mut rates = Rates::new();
        for (code, mut one) in entry.members("rates", MOST_CURRENCIES) {
            let price = Some(one.decimal("price").required());
            let setup_fee = one.decimal("setup_fee").optional();
            let enabled = one.flag("enabled").optional().unwrap_or(true);
            rates.insert(code, Rate { price, setup_fee, enabled });
            entry.absorb(one);
        }
        prices.push(NewPrice { name, cycle, rates });
        r.absorb(entry);
    }
    prices
}

fn read_cycle(entry: &mut Reader<'_>) -> Cycle {
    match entry.choice("type", TYPES).required() {
        Some(Type::Once) => Cycle::Once,
        Some(Type::Recurring) => {
            let count = small(entry.integer("time_interval").within(1, 3650).optional().unwrap_or(1));
            let unit = entry.choice("billing_period", UNITS).optional();
            let Some(unit) = unit else {
                if !entry.has("billing_period") {
                    entry.violate("billing_period", Rule::Required);
                }
                return Cycle::Free;
            };
            Cycle::every(count, unit).unwrap_or_else(|| {
                entry.violate("time_interval", Rule::TooLarge(most(unit).into()));
                Cycle::Free
            })
        }
        Some(Type::Free) | None => Cycle::Free,
    }
}

/// A period is ten years at most.
fn most(unit: Unit) -> &'static str {
    match unit {
        Unit::Day => "3650",
        Unit::Week => "521",
        Unit::Month => "120",
        Unit::Year => "10",
    }
}

/// Prices as they are shown.
pub(crate) fn view(prices: &[Price]) -> Value {
    let one = |price: &Price| {
        let (kind, interval, period) = cycle(price);
        let rates: Map<String, Value> =
            price.rates.iter().map(|(code, rate)| (code.clone(), rate_view(code, rate))).collect();
        json!({"id": price.id, "name": price.name, "type": kind, "time_interval": interval,
            "billing_period": period, "rates": rates})
    };
    prices.iter().map(one).collect()
}

fn rate_view(code: &str, rate: &Rate) -> Value {
    let shown = |amount: Option<Decimal>| amount.map_or(Value::Null, |amount| money(amount, code));
    json!({"price": shown(rate.price), "setup_fee": shown(rate.setup_fee), "enabled": rate.enabled})
}

/// An amount as the JSON number with the places of the currency of a code.
pub(crate) fn money(amount: Decimal, code: &str) -> Value {
    crate::common::money(amount, Currency::from_code(code).map_or(2, Currency::places))
}
