//! The order.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::domain::catalog::cycle::Cycle;
use crate::domain::documents::line::TaxRow;
use crate::domain::records::{IndexRow, Record, Stamps, stamped};
use crate::machinery::keys::{Entity, ORDER};
use crate::words::money::{Currency, Money};
use crate::words::time::Instant;

/// How far an order has come. Any stage may follow any other (contract billmora §10.5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Stage {
    /// Waiting for its payment.
    #[default]
    Pending,
    /// Being seen to.
    Processing,
    /// Everything it asked for is there.
    Completed,
    /// Given up.
    Cancelled,
    /// Could not be carried out.
    Failed,
}

impl Stage {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Pending, Self::Processing, Self::Completed, Self::Cancelled, Self::Failed];

    /// The word, as index rows and dialects have it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Processing => "processing",
            Self::Completed => "completed",
            Self::Cancelled => "cancelled",
            Self::Failed => "failed",
        }
    }
}

/// What an item asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum What {
    /// Services.
    Service,
    /// A registered domain.
    Domain,
}

/// An item of an order. Amounts are minor units of the order's currency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    /// What it asks for.
    pub what: What,
    /// The product's name, or the domain's.
    pub description: String,
    /// How many.
    pub quantity: u32,
    /// How often it is paid for; of a domain for how many years.
    pub cycle: Cycle,
    /// The price of one; of a domain less its discount.
    pub unit: i64,
    /// The fee for setting one up.
    pub setup_fee: i64,
    /// What all of it costs before discounts and taxes; of a domain less its discount.
    pub amount: i64,
    /// Of that the days before its first whole period, where that begins later.
    #[serde(default)]
    pub part: i64,
    /// What a coupon takes off all of it.
    pub discount: i64,
    /// Its taxes.
    pub taxes: Vec<TaxRow>,
    /// The product; 0 of a domain.
    pub product: u64,
}

/// An order. Amounts are minor units of its currency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// Id, dates and version.
    pub stamps: Stamps,
    /// Who ordered.
    pub customer: u64,
    /// The customer's reseller when it was made.
    pub reseller: u64,
    /// How far it has come.
    pub stage: Stage,
    /// The id of its currency in the tenant.
    pub currency: u64,
    /// That currency.
    pub iso: Currency,
    /// The currency of the books.
    pub base: Currency,
    /// Units of its currency for one of the base currency.
    #[serde(with = "rust_decimal::serde::str")]
    pub ratio: Decimal,
    /// Its items at their prices, without setup fees.
    pub subtotal: i64,
    /// What a coupon takes off.
    pub discount: i64,
    /// Setup fees.
    pub setup_fee: i64,
    /// Taxes.
    pub tax: i64,
    /// What it comes to.
    pub total: i64,
    /// The same without taxes in minor units of the base currency.
    pub base_net: i64,
    /// The coupon: its id and code.
    pub coupon: Option<(u64, String)>,
    /// Notes.
    pub notes: Option<String>,
    /// What it asks for.
    pub items: Vec<Item>,
    /// The services it brought about.
    pub services: Vec<u64>,
    /// The registered domains it brought about.
    pub registrants: Vec<u64>,
    /// Its invoice: id and number.
    pub invoice: Option<(u64, Option<String>)>,
    /// When it was completed, UTC.
    pub completed_at: Option<Instant>,
    /// When it was given up, UTC.
    pub cancelled_at: Option<Instant>,
}

impl Item {
    /// What all of it costs before discounts and taxes, in minor units.
    pub fn gross(&self) -> i64 {
        self.amount + if self.what == What::Domain { self.discount } else { 0 }
    }
}

impl Order {
    /// Its number (`ORD-0001`): ids are dense, and so are the numbers made of them.
    pub fn number(&self) -> String {
        number(self.stamps.id)
    }

    /// An amount of it.
    pub fn money(&self, minor: i64) -> Money {
        Money { minor, currency: self.iso }
    }
}

/// The number of the order with an id.
pub fn number(id: u64) -> String {
    format!("ORD-{id:04}")
}

impl Record for Order {
    const ENTITY: Entity = ORDER;
    const NAME: &'static str = "order";
    stamped!();

    fn index_row(&self) -> IndexRow {
        IndexRow {
            id: self.stamps.id,
            number: Some(self.number()),
            status: self.stage.word().to_owned(),
            reseller: Some(self.reseller),
            customer: Some(self.customer),
            at: self.stamps.created_at,
            ..IndexRow::default()
        }
    }
}
