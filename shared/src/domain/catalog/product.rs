//! The product: what is sold. CloudOnex calls it a product, Billmora and JeraSoft a package, RackNap a plan.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::domain::catalog::cycle::Cycle;
use crate::domain::records::{Claim, IndexRow, Record, Stamps, stamped};
use crate::machinery::keys::{Entity, PRODUCT};
use crate::words::time::Instant;

/// What a price is in one currency, as it was given: Billmora shows it so (contract billmora §7).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Rate {
    /// The price of a period, or of one.
    #[serde(default, with = "rust_decimal::serde::str_option", skip_serializing_if = "Option::is_none")]
    pub price: Option<Decimal>,
    /// Asked for once, with the first.
    #[serde(default, with = "rust_decimal::serde::str_option", skip_serializing_if = "Option::is_none")]
    pub setup_fee: Option<Decimal>,
    /// Whether it may be chosen.
    pub enabled: bool,
}

/// Prices by currency code.
pub type Rates = BTreeMap<String, Rate>;

/// One way to pay for a product, or for an option of a variant.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Price {
    /// The id, unique among the tenant's prices.
    pub id: u64,
    /// The name; the price of an option goes with the product's price of the same name.
    pub name: String,
    /// How often.
    pub cycle: Cycle,
    /// How much.
    pub rates: Rates,
}

impl Price {
    /// What it is in one currency, with the code, for dialects that know but one: in the base currency where
    /// it has one in it.
    pub fn plain(&self, base: &str) -> Option<(&String, &Rate)> {
        self.rates.get_key_value(base).or_else(|| self.rates.iter().next())
    }

    /// Price and setup fee in a currency, both 0 where it is free; `None` where it is not sold in it (contract
    /// billmora §10.3).
    pub fn sold(&self, code: &str) -> Option<(Decimal, Decimal)> {
        if self.cycle == Cycle::Free {
            return Some((Decimal::ZERO, Decimal::ZERO));
        }
        let rate = self.rates.get(code).filter(|rate| rate.enabled)?;
        Some((rate.price?, rate.setup_fee.unwrap_or_default()))
    }
}

/// Whether something can be chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Shelf {
    /// It can.
    #[default]
    Visible,
    /// Not by customers.
    Hidden,
    /// Not any more.
    Archived,
}

impl Shelf {
    /// The word, as index rows have it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Visible => "visible",
            Self::Hidden => "hidden",
            Self::Archived => "archived",
        }
    }
}

/// What is sold.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Product {
    /// Id, dates and version.
    pub stamps: Stamps,
    /// The reseller who sells it.
    pub reseller: u64,
    /// The name.
    pub name: String,
    /// What it is.
    pub description: String,
    /// Whether it is a service rather than a thing.
    pub is_service: bool,
    /// The stock keeping unit.
    pub sku: Option<String>,
    /// Percent of tax that its prices bear on top.
    #[serde(with = "rust_decimal::serde::str")]
    pub tax: Decimal,
    /// Whether it can be chosen.
    pub shelf: Shelf,
    /// The catalog it stands in.
    pub catalog: Option<u64>,
    /// Its name in addresses; unique.
    pub slug: Option<String>,
    /// A picture.
    pub icon: Option<String>,
    /// How many there are; -1 for any number.
    pub stock: i64,
    /// How many a customer may have; -1 for any number.
    pub per_user_limit: i64,
    /// Whether customers may cancel it.
    pub allow_cancellation: bool,
    /// Whether one item of an order may ask for several.
    pub allow_several: bool,
    /// The day of the month to which first periods are cut.
    pub prorata_day: Option<u32>,
    /// From which day of the month on the cut period is followed by another one free of dues.
    pub prorata_next_month_day: Option<u32>,
    /// Whether a paid order brings it to life.
    pub auto_provision: bool,
    /// Where it stands in its catalog.
    pub sort_order: i64,
    /// From when on it can be assigned as a subscription, UTC; absent for ever.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sold_from: Option<Instant>,
    /// Until when, UTC; absent for ever.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sold_till: Option<Instant>,
    /// Whether a period's fee counts on the day before it begins, where it is charged (contract jerasoft §4.3).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub charged_before: bool,
    /// The plugin that provisions it.
    pub plugin: Option<u64>,
    /// What that plugin is told, as JSON text.
    pub provisioning: Option<String>,
    /// Its prices, in their order.
    pub prices: Vec<Price>,
    /// The variants it is sold with.
    pub variants: Vec<u64>,
    /// What one dialect knows and nothing here acts upon, as JSON text.
    pub carried: BTreeMap<String, String>,
}

impl Product {
    /// A product of which nothing is known yet, with the defaults of contract billmora §9.6.
    pub fn blank(stamps: Stamps, reseller: u64) -> Self {
        Self {
            stamps,
            reseller,
            stock: -1,
            per_user_limit: -1,
            allow_cancellation: true,
            auto_provision: true,
            ..Self::default()
        }
    }

    /// One of its prices.
    pub fn price(&self, id: u64) -> Option<&Price> {
        self.prices.iter().find(|price| price.id == id)
    }
}

impl Record for Product {
    const ENTITY: Entity = PRODUCT;
    const NAME: &'static str = "product";
    stamped!();

    fn index_row(&self) -> IndexRow {
        IndexRow {
            id: self.stamps.id,
            number: self.sku.clone(),
            name: self.name.clone(),
            status: self.shelf.word().to_owned(),
            reseller: Some(self.reseller),
            parent: self.catalog,
            rank: self.sort_order,
            at: self.stamps.created_at,
            ..IndexRow::default()
        }
    }

    fn claims(&self) -> Vec<Claim> {
        let slug = self.slug.iter().map(|slug| Claim { what: "product-slug", value: slug.clone(), field: "slug" });
        let sku = self.sku.iter().map(|sku| Claim { what: "product-sku", value: sku.clone(), field: "sku" });
        slug.chain(sku).collect()
    }
}
