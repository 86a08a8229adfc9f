//! Prices to make: how they are checked, and how they keep their ids.

use rust_decimal::Decimal;

use crate::domain::catalog::cycle::Cycle;
use crate::domain::catalog::product::{Price, Rates};
use crate::domain::documents::sums::amount;
use crate::domain::records::Drawer;
use crate::domain::tenants::TenantRecord;
use crate::machinery::keys::PRICE;
use crate::words::error::{Rule, Violation};

/// The most prices of a product or an option.
pub const MOST_PRICES: usize = 30;

/// A price to make.
#[derive(Debug, Clone, Default)]
pub struct NewPrice {
    /// The name.
    pub name: String,
    /// How often.
    pub cycle: Cycle,
    /// How much, by currency code.
    pub rates: Rates,
}

/// Prices in the place of those that were there: one of the same name keeps its id. `at` is the list's name.
pub fn replaced(
    at: &str,
    was: &[Price],
    wanted: &[NewPrice],
    tenant: &TenantRecord,
    ids: &mut Drawer,
    found: &mut Vec<Violation>,
) -> Vec<Price> {
    let mut prices: Vec<Price> = Vec::with_capacity(wanted.len());
    for (place, new) in wanted.iter().enumerate() {
        let at = format!("{at}.{place}");
        let same = |price: &&Price| price.name.to_lowercase() == new.name.to_lowercase();
        if prices.iter().any(|price| same(&price)) {
            found.push(Violation { field: format!("{at}.name"), rule: Rule::Taken });
        }
        let mut rates = Rates::new();
        for (code, rate) in &new.rates {
            let Some(currency) = tenant.currency_by_code(code) else {
                found.push(Violation::missing(format!("{at}.rates.{code}.currency"), "currencies", code));
                continue;
            };
            for (name, given) in [("price", rate.price), ("setup_fee", rate.setup_fee)] {
                found.extend(given.and_then(|given| fault(&format!("{at}.rates.{code}.{name}"), given, currency.iso)));
            }
            rates.insert(currency.iso.code().to_owned(), rate.clone());
        }
        let id = was.iter().find(same).map_or_else(|| ids.next(PRICE), |price| price.id);
        prices.push(Price { id, name: new.name.clone(), cycle: new.cycle, rates });
    }
    prices
}

/// What is wrong with a price: it is an amount of its currency, 0 at least.
pub fn fault(field: &str, given: Decimal, currency: crate::words::money::Currency) -> Option<Violation> {
    if given < Decimal::ZERO {
        return Some(Violation { field: field.to_owned(), rule: Rule::TooSmall("0".into()) });
    }
    amount(field, given, currency).err()
}
