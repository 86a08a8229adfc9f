//! A document's lines, and what they come to.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::domain::documents::accrual::Term;

/// A tax on a line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaxRow {
    /// The id of the tax rate; 0 where the tax is none of the tenant's rates.
    pub tax: u64,
    /// What it is called.
    pub name: String,
    /// Percent of the taxable value.
    #[serde(with = "rust_decimal::serde::str")]
    pub percent: Decimal,
    /// Minor units of the document's currency.
    pub amount: i64,
    /// Whether the amount was given, and not worked out from the percent (contract jerasoft §4.6).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub given: bool,
}

/// A line. Amounts are minor units of the document's currency.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Line {
    /// What it is for.
    pub description: String,
    /// How many.
    #[serde(with = "rust_decimal::serde::str")]
    pub quantity: Decimal,
    /// The price of one, as it was given; below 0 where the line is a discount.
    #[serde(with = "rust_decimal::serde::str")]
    pub unit: Decimal,
    /// Quantity times price, without taxes.
    pub subtotal: i64,
    /// Taken off the subtotal.
    pub discount: i64,
    /// Subtotal less discount.
    pub taxable: i64,
    /// The taxes on the taxable value.
    pub taxes: Vec<TaxRow>,
    /// Taxable value and taxes.
    pub amount: i64,
    /// The taxable value in minor units of the base currency.
    pub base: i64,
    /// The billing cycle's word (`Annually`).
    pub cycle: Option<String>,
    /// The billing period.
    pub term: Option<Term>,
    /// The product it sells.
    pub product: Option<u64>,
    /// The transaction (a charge) that this line of an invoice stands for, which was posted by itself.
    pub charge: Option<u64>,
    /// The service whose period it asks for: when it is paid, that service goes on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<u64>,
    /// Whether it is what a change of the service's plan costs or gives back, and not a period of it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub change: bool,
    /// The registered domain whose renewal it asks for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub registrant: Option<u64>,
    /// Whether it buys credit: once it is paid, a credit note gives its amount back as the customer's credit.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub deposit: bool,
    /// Whether it is a fee for setting something up.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub setup: bool,
}

impl Line {
    /// The sum of its taxes.
    pub fn tax(&self) -> i64 {
        self.taxes.iter().map(|tax| tax.amount).sum()
    }

    /// The percents of its taxes.
    pub fn tax_percents(&self) -> Vec<Decimal> {
        self.taxes.iter().map(|tax| tax.percent).collect()
    }

    /// Whether it is a discount.
    pub fn is_discount(&self) -> bool {
        self.unit.is_sign_negative() && !self.unit.is_zero()
    }
}

/// Taxes by name and rate, in the order of their first appearance, with their sums over all lines (contract racknap
/// §8.1).
pub fn tax_totals(lines: &[Line]) -> Vec<TaxRow> {
    let mut totals: Vec<TaxRow> = Vec::new();
    for tax in lines.iter().flat_map(|line| &line.taxes) {
        match totals.iter_mut().find(|total| total.name == tax.name && total.percent == tax.percent) {
            Some(total) => total.amount += tax.amount,
            None => totals.push(tax.clone()),
        }
    }
    totals
}

/// A document's header amounts: minor units of its currency, or of the base currency where it says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Sums {
    /// Lines before discounts and taxes.
    pub subtotal: i64,
    /// Discounts.
    pub discount: i64,
    /// Taxes.
    pub tax: i64,
    /// What is asked for, taxes included.
    pub total: i64,
    /// Total less taxes, in the base currency.
    pub base_net: i64,
    /// Taxes in the base currency.
    pub base_tax: i64,
    /// Of the total, what charges have posted by themselves already …
    #[serde(default)]
    pub charged: i64,
    /// … and of that what is net of taxes, in the base currency; …
    #[serde(default)]
    pub charged_base_net: i64,
    /// … and taxes, in the document's …
    #[serde(default)]
    pub charged_tax: i64,
    /// … and the base currency.
    #[serde(default)]
    pub charged_base_tax: i64,
}

impl Sums {
    /// Total less taxes.
    pub fn net(&self) -> i64 {
        self.total - self.tax
    }

    /// Total less taxes, without what charges have posted by themselves.
    pub fn own_net(&self) -> i64 {
        self.net() - (self.charged - self.charged_tax)
    }

    /// Taxes, without those of charges.
    pub fn own_tax(&self) -> i64 {
        self.tax - self.charged_tax
    }

    /// The same as [`own_net`](Self::own_net), in the base currency.
    pub fn own_base_net(&self) -> i64 {
        self.base_net - self.charged_base_net
    }

    /// The same as [`own_tax`](Self::own_tax), in the base currency.
    pub fn own_base_tax(&self) -> i64 {
        self.base_tax - self.charged_base_tax
    }

    /// The total in the base currency.
    pub fn base_total(&self) -> i64 {
        self.base_net + self.base_tax
    }
}
