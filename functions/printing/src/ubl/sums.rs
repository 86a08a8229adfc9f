//! The rules on figures: they add up (BR-CO-10 to BR-CO-17), and have two decimal places at most (BR-DEC).

use shared::domain::books::vat::VatCategory;
use shared::words::money::{Currency, Decimal, Money, rounded};

use super::model::{Breakdown, Invoice};
use super::rules::{Broken, two_places};

/// By how much a tax may differ from its rate times its base, exclusively: each line's tax is rounded by itself, and the
/// standard's own checks allow as much.
const TOLERANCE: Decimal = Decimal::ONE;

pub(super) fn check(invoice: &Invoice, broken: &mut Broken) {
    added(invoice, broken);
    for row in &invoice.breakdown {
        taxed(row, invoice.currency, broken);
    }
    places(invoice, broken);
}

fn added(invoice: &Invoice, broken: &mut Broken) {
    let totals = &invoice.totals;
    let sum = |amounts: &mut dyn Iterator<Item = i64>| amounts.sum::<i64>();
    let lines = sum(&mut invoice.lines.iter().map(|line| line.net));
    let allowances = sum(&mut invoice.allowances.iter().map(|one| one.amount));
    let taxes = sum(&mut invoice.breakdown.iter().map(|row| row.tax));
    let bases = sum(&mut invoice.breakdown.iter().map(|row| row.taxable));
    let text = "The figures of the document do not add up.";
    for (rule, stated, worked_out) in [
        ("BR-CO-10", totals.lines, lines),
        ("BR-CO-11", totals.allowances, allowances),
        ("BR-CO-13", totals.net, totals.lines - totals.allowances),
        ("BR-CO-14", totals.tax, taxes),
        ("BR-CO-15", totals.gross, totals.net + totals.tax),
        ("BR-CO-16", totals.payable, totals.gross - totals.paid + totals.rounding),
        ("BR-S-08", totals.net, bases),
    ] {
        broken.unless(stated == worked_out, rule, "amount", text);
    }
}

fn taxed(row: &Breakdown, currency: Currency, broken: &mut Broken) {
    let decimal = |minor| Money { minor, currency }.decimal();
    let percent = row.vat.percent;
    let worked_out = decimal(row.taxable).checked_mul(percent).map(|tax| rounded(tax / Decimal::ONE_HUNDRED, 2));
    let near = worked_out.is_some_and(|tax| (decimal(row.tax) - tax).abs() < TOLERANCE);
    let text = format!("{} % of {} is not {}.", percent, decimal(row.taxable), decimal(row.tax));
    broken.unless(near, "BR-CO-17", "taxes", &text);
    let charges = matches!(row.vat.category, None | Some(VatCategory::Standard));
    broken.unless(charges || row.tax == 0, "BR-CO-17", "taxes", &text);
}

fn places(invoice: &Invoice, broken: &mut Broken) {
    let mut check = |rule: &str, minor: i64| {
        let money = Money { minor, currency: invoice.currency };
        let text = format!("{money} {} has more than two decimal places.", money.currency.code());
        broken.unless(two_places(money), rule, "currency", text);
    };
    for line in &invoice.lines {
        check("BR-DEC-23", line.net);
        check("BR-DEC-24", line.allowance);
    }
    for allowance in &invoice.allowances {
        check("BR-DEC-01", allowance.amount);
    }
    for row in &invoice.breakdown {
        check("BR-DEC-19", row.taxable);
        check("BR-DEC-20", row.tax);
    }
    let totals = &invoice.totals;
    for (rule, minor) in [
        ("BR-DEC-09", totals.lines),
        ("BR-DEC-10", totals.allowances),
        ("BR-DEC-12", totals.net),
        ("BR-DEC-13", totals.tax),
        ("BR-DEC-14", totals.gross),
        ("BR-DEC-16", totals.paid),
        ("BR-DEC-17", totals.rounding),
        ("BR-DEC-18", totals.payable),
    ] {
        check(rule, minor);
    }
}
