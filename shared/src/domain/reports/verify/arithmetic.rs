//! The arithmetic of single documents, by this file's own sums and by nothing that makes documents.
//!
//! A line is quantity times price less discount and taxes; each tax is its percent of what it is on, rounded as the
//! document rounds; the header is the sum of the lines; amounts in the base currency are those of the document at its
//! ratio; and the ratio is one that was in force by the document's day.

use std::collections::BTreeMap;

use rust_decimal::{Decimal, RoundingStrategy};

use super::Report;
use crate::domain::documents::entity::{Document, Line, TaxRow};
use crate::domain::documents::sums::Rounding;
use crate::domain::rates::Rate;

/// The rates that a tenant entered, and whether none of them was deleted since.
pub(super) struct Rates {
    pub(super) rows: Vec<Rate>,
    pub(super) whole: bool,
    /// The id of the base currency.
    pub(super) base: u64,
}

impl Rates {
    /// Whether a document's ratio may be right: a rate by its day says it. A rate that was entered since may be in force on
    /// that day now, and one that was deleted is not known any more.
    fn knows(&self, document: &Document) -> bool {
        let says = |rate: &Rate| {
            (rate.from, rate.to) == (self.base, document.currency)
                && rate.at <= document.day.at
                && rate.rate == document.ratio
        };
        if document.iso == document.base {
            return document.ratio == Decimal::ONE;
        }
        // A note bears its invoice's ratio.
        let own = document.invoice.is_none() && !document.is_imported();
        !own || !self.whole || self.rows.iter().any(says)
    }
}

/// A tax as documents tell it apart.
pub(super) type Tax = (String, Decimal);

pub(super) fn tax_of(row: &TaxRow) -> Tax {
    (row.name.clone(), row.percent.normalize())
}

fn rounded(amount: Decimal, places: u32) -> Decimal {
    amount.round_dp_with_strategy(places, RoundingStrategy::MidpointAwayFromZero)
}

/// Look at a document, which may be a deleted one.
pub(super) fn check(document: &Document, rates: &Rates, report: &mut Report) {
    // Another system's arithmetic is its own.
    if document.is_imported() {
        return;
    }
    let own = document.own_ref();
    if !rates.knows(document) {
        report.differ(|| format!("no rate by its day says the ratio {} of {own}", document.ratio));
    }
    if document.ratio <= Decimal::ZERO {
        return report.differ(|| format!("the ratio of {own} is {}", document.ratio));
    }
    if !document.kind.is_cash() {
        header(document, report);
        for (place, line) in document.lines.iter().enumerate() {
            line_of(document, line, &format!("line {} of {own}", place + 1), report);
        }
        taxes(document, report);
    }
    in_base(document, report);
}

fn header(document: &Document, report: &mut Report) {
    let (own, header) = (document.own_ref(), &document.sums);
    let tax: i64 = document.lines.iter().flat_map(|line| &line.taxes).map(|row| row.amount).sum();
    report.same(|| format!("the tax of {own}, by its lines,"), header.tax, tax);
    report.same(
        || format!("the total of {own}, by its header,"),
        header.total,
        header.subtotal - header.discount + header.tax,
    );
    let places = document.iso.places();
    if document.rounding == Rounding::Sums {
        // Subtotal, discount and total are each rounded by themselves (contract billmora §10.1).
        let exact: Decimal = document.lines.iter().map(|line| line.quantity * line.unit).sum();
        let is = Decimal::new(header.total - tax, places);
        if is != rounded(exact, places) {
            report.differ(|| format!("the total of {own} without taxes is {is} and its lines come to {exact}"));
        }
    } else {
        let total: i64 = document.lines.iter().map(|line| line.amount).sum();
        report.same(|| format!("the total of {own}, by its lines,"), header.total, total);
    }
}

fn line_of(document: &Document, line: &Line, name: &str, report: &mut Report) {
    let taxes: i64 = line.taxes.iter().map(|row| row.amount).sum();
    report.same(|| format!("what is taxable of {name}"), line.taxable, line.subtotal - line.discount);
    report.same(|| format!("the amount of {name}"), line.amount, line.taxable + taxes);
    let places = document.iso.places();
    let should = rounded(line.quantity * line.unit, places);
    let own: i64 = line.taxes.iter().filter(|row| !row.given).map(|row| row.amount).sum();
    // A price with its taxes in it is that of the whole amount. What a discount takes off it is not told apart, but in
    // proportion: gross before the discount to gross after it is net before to net after, to the rounding of each.
    let (is, slack) = if document.inclusive && own != 0 {
        let gross = line.taxable + own;
        if line.discount == 0 {
            (Decimal::new(gross, places), Decimal::ZERO)
        } else {
            let before =
                Decimal::new(line.subtotal, places) * Decimal::from(gross) / Decimal::from(line.taxable.max(1));
            let per_unit = Decimal::from(gross.abs()) / Decimal::from(line.taxable.abs().max(1));
            (
                before,
                Decimal::new(2, places)
                    * per_unit
                    * (Decimal::ONE + should.abs() / Decimal::new(gross.abs().max(1), places)),
            )
        }
    } else {
        (Decimal::new(line.subtotal, places), Decimal::ZERO)
    };
    if line.charge.is_none() && (is - should).abs() > slack {
        report.differ(|| format!("{name} is {is} and quantity times price is {should}"));
    }
}

/// Each tax is its percent of what it is on: of each line, or once of all lines of its rate.
fn taxes(document: &Document, report: &mut Report) {
    let places = document.iso.places();
    let minor = |amount: i64| Decimal::new(amount, places);
    let of = |on: i64, percent: Decimal| rounded(minor(on) * percent / Decimal::ONE_HUNDRED, places);
    // A credit note takes what is left of a tax, and is held to its invoice; an order's discount takes its share.
    if document.invoice.is_some() {
        return;
    }
    let shared = document.inclusive;
    let mut all: BTreeMap<Tax, (i64, i64, i64)> = BTreeMap::new();
    for (place, line) in document.lines.iter().enumerate().filter(|(_, line)| line.charge.is_none()) {
        let discounted = document.order.is_some() && line.taxable < 0;
        for row in line.taxes.iter().filter(|row| !row.given) {
            let sum = all.entry(tax_of(row)).or_default();
            (sum.0, sum.1, sum.2) = (sum.0 + line.taxable, sum.1 + row.amount, sum.2 + 1);
            let slack = minor(i64::from(shared || discounted));
            let should = of(line.taxable, row.percent);
            if document.rounding != Rounding::Document && (minor(row.amount) - should).abs() > slack {
                let (name, percent, is) = (&row.name, row.percent, minor(row.amount));
                let own = document.own_ref();
                report.differ(|| {
                    format!("{name} {percent} % on line {} of {own} is {is} and should be {should}", place + 1)
                });
            }
        }
    }
    if document.rounding == Rounding::Document {
        for ((name, percent), (on, is, lines)) in all {
            let (is, should) = (minor(is), of(on, percent));
            let slack = minor(if shared { lines } else { 0 });
            if (is - should).abs() > slack {
                let own = document.own_ref();
                report.differ(|| format!("{name} {percent} % of {own} is {is} and should be {should}"));
            }
        }
    }
}

/// Amounts in the base currency are those of the document at its ratio.
fn in_base(document: &Document, report: &mut Report) {
    let (places, base) = (document.iso.places(), document.base.places());
    let name = document.own_ref();
    let mut same = |what: &str, amount: i64, is: i64, slack: i64| {
        let should = rounded(Decimal::new(amount, places) / document.ratio, base);
        let is = Decimal::new(is, base);
        if (is - should).abs() > Decimal::new(slack, base) {
            report.differ(|| format!("the {what} of {name} in the base currency is {is} and should be {should}"));
        }
    };
    let header = &document.sums;
    let (charged_net, charged_tax) = (header.charged - header.charged_tax, header.charged_tax);
    // The last credit note of an invoice takes what the others left: up to half a unit of each.
    let slack = if document.invoice.is_some() { 20 } else { 0 };
    let (net, tax) = (header.total - header.tax - charged_net, header.tax - charged_tax);
    same("net", net, header.base_net - header.charged_base_net, slack);
    same("tax", tax, header.base_tax - header.charged_base_tax, slack);
    for line in document.lines.iter().filter(|line| line.charge.is_none()) {
        same("line", line.taxable, line.base, 0);
    }
}
