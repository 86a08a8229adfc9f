//! The lines of a document to make: their taxes and periods looked up, their numbers worked out.

use rust_decimal::Decimal;

use crate::domain::customers::Customer;
use crate::domain::documents::accrual::{CYCLES, Term, end_of_cycle};
use crate::domain::documents::desk::Desk;
use crate::domain::documents::entity::{Document, Line, Sums, TaxRow};
use crate::domain::documents::leaving::carried;
use crate::domain::documents::ledger::out_of_range;
use crate::domain::documents::sums::{self, LARGEST_AMOUNT, Priced, Terms, amount, header, percent_fault};
use crate::domain::documents::write::invalid;
use crate::words::error::{Error, Result, Rule, Violation};
use crate::words::money::Money;
use crate::words::time::{Date, Duration, implausible};

/// The most lines of a document.
pub const MOST_LINES: usize = 200;
/// The most bytes of their descriptions: a document must fit an item of the table, and its answer the record of
/// an idempotency key.
pub const MOST_TEXT: usize = 96 * 1024;
/// The longest billing period, in days: ten years and what leap years and clocks may add.
pub const LONGEST_TERM: i64 = 3660;
/// The taxes of a line to make.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum NewTaxes {
    /// None.
    #[default]
    None,
    /// These of the tenant's rates, by name.
    Named(Vec<String>),
    /// One that is none of the tenant's rates.
    Percent(Decimal),
    /// All rates of the customer's tax profile.
    Profile,
    /// These rates as they were on another document: id, name, percent.
    Rates(Vec<(u64, String, Decimal)>),
    /// These amounts, by the id of the rate.
    Amounts(Vec<(u64, Decimal)>),
}

impl NewTaxes {
    /// A product's own tax; none where it is 0 percent.
    pub(crate) fn percent(percent: Decimal) -> Self {
        if percent.is_zero() { Self::None } else { Self::Percent(percent) }
    }
}

/// A line to make.
#[derive(Debug, Clone, Default)]
pub struct NewLine {
    /// What it is for.
    pub description: String,
    /// How many.
    pub quantity: Decimal,
    /// The price of one.
    pub unit: Decimal,
    /// Taken off the line.
    pub discount: Decimal,
    /// Its taxes.
    pub taxes: NewTaxes,
    /// The billing cycle's word.
    pub cycle: Option<String>,
    /// The billing period's first day …
    pub start: Option<Date>,
    /// … and last day; without it the cycle says how long the period is.
    pub end: Option<Date>,
    /// The product it sells.
    pub product: Option<u64>,
    /// The service whose period it asks for.
    pub service: Option<u64>,
    /// Whether it asks for what a change of that service's plan costs.
    pub change: bool,
    /// The registered domain whose renewal it asks for.
    pub registrant: Option<u64>,
    /// Whether it buys credit (contract billmora §10.2).
    pub deposit: bool,
    /// Whether it is a fee for setting something up.
    pub setup: bool,
}

fn violation(field: impl Into<String>, rule: Rule) -> Violation {
    Violation { field: field.into(), rule }
}

/// Lines with their numbers, and the header, or everything that is wrong with them.
pub(crate) fn priced(desk: &Desk<'_>, lines: &[NewLine], terms: &Terms) -> Result<(Vec<Line>, Sums)> {
    if lines.iter().map(|line| line.description.len()).sum::<usize>() > MOST_TEXT {
        let text = format!("The descriptions of the lines are longer than {MOST_TEXT} bytes together");
        return Err(Error::refused("lines_too_long", text));
    }
    let mut found = Vec::new();
    let mut made = Vec::with_capacity(lines.len());
    for (place, line) in lines.iter().enumerate() {
        let at = format!("items.{place}");
        let term = term_of(&at, line, &mut found);
        let taxes = taxes_of(desk, &at, line, &mut found);
        let priced = Priced { quantity: line.quantity, unit: line.unit, discount: line.discount, taxes };
        let faults = sums::faults(&at, &priced, terms);
        if !faults.is_empty() {
            found.extend(faults);
            continue;
        }
        let Some(mut numbers) = sums::line(&priced, terms) else {
            // The quantity is above 0, or it would have been a fault already.
            let largest = Money { minor: LARGEST_AMOUNT, currency: terms.currency }.decimal();
            let most = largest.checked_div(line.quantity).unwrap_or(largest).trunc_with_scale(terms.currency.places());
            found.push(violation(format!("{at}.unit_price"), Rule::TooLarge(most.to_string())));
            continue;
        };
        if let NewTaxes::Amounts(amounts) = &line.taxes {
            given_taxes(desk, &at, amounts, terms, &mut numbers, &mut found);
        }
        made.push(Line {
            description: line.description.clone(),
            cycle: line.cycle.clone(),
            term,
            product: line.product,
            service: line.service,
            change: line.change,
            registrant: line.registrant,
            deposit: line.deposit,
            setup: line.setup,
            ..numbers
        });
    }
    if !found.is_empty() {
        return Err(invalid(found));
    }
    let given = |line: &NewLine| matches!(line.taxes, NewTaxes::Amounts(_));
    let mut worked_out: Vec<&mut Line> =
        made.iter_mut().zip(lines).filter(|(_, line)| !given(line)).map(|(made, _)| made).collect();
    sums::by_document(&mut worked_out, terms).ok_or_else(out_of_range)?;
    let sums = header(&made, terms).ok_or_else(out_of_range)?;
    Ok((made, sums))
}

/// The lines of a credit note that concerns an invoice: the name of a tax means the one that stands there, at its rate
/// (which need be none of the tenant's), and so does a percent that one of them has. Where several are called the same it
/// is the first of which something is left.
pub(crate) fn by_invoice(lines: &[NewLine], invoice: &Document) -> Vec<NewLine> {
    let rows = carried(invoice).taxes;
    let rate = |fits: &dyn Fn(&TaxRow) -> bool| {
        let left = rows.iter().find(|row| row.amount > 0 && fits(row));
        left.or_else(|| rows.iter().find(|row| fits(row))).map(|row| (row.tax, row.name.clone(), row.percent))
    };
    let taxes = |taxes: &NewTaxes| {
        let rates: Option<Vec<_>> = match taxes {
            NewTaxes::Named(names) => {
                names.iter().map(|name| rate(&|row| row.name.eq_ignore_ascii_case(name))).collect()
            }
            NewTaxes::Percent(percent) if !percent.is_zero() => {
                rate(&|row| row.percent == *percent).map(|rate| vec![rate])
            }
            _ => None,
        };
        rates.map_or_else(|| taxes.clone(), NewTaxes::Rates)
    };
    lines.iter().map(|line| NewLine { taxes: taxes(&line.taxes), ..line.clone() }).collect()
}

/// Whether lines that were sent are those that a document has: what a client read and sends back.
pub(crate) fn same(sent: &[NewLine], document: &Document) -> bool {
    let taxed = |taxes: &NewTaxes, line: &Line| match taxes {
        NewTaxes::None => line.taxes.is_empty(),
        NewTaxes::Named(names) => {
            names.len() == line.taxes.len()
                && names.iter().zip(&line.taxes).all(|(name, tax)| name.eq_ignore_ascii_case(&tax.name))
        }
        NewTaxes::Percent(percent) => line.tax_percents() == [percent.normalize()],
        NewTaxes::Profile | NewTaxes::Amounts(_) | NewTaxes::Rates(_) => false,
    };
    let one = |(sent, own): (&NewLine, &Line)| {
        sent.description == own.description
            && (sent.quantity, sent.unit) == (own.quantity, own.unit)
            && sent.discount == document.money(own.discount).decimal()
            && (sent.cycle == own.cycle && sent.product == own.product)
            && (sent.start, sent.end) == (own.term.map(|term| term.start), own.term.map(|term| term.end))
            && taxed(&sent.taxes, own)
    };
    sent.len() == document.lines.len() && sent.iter().zip(&document.lines).all(one)
}

/// A line's billing period.
fn term_of(at: &str, line: &NewLine, found: &mut Vec<Violation>) -> Option<Term> {
    let mut note = |field: &str, rule| found.push(violation(format!("{at}.{field}"), rule));
    let months = match &line.cycle {
        None => None,
        Some(word) => match CYCLES.iter().find(|(known, _)| known == word) {
            Some((_, months)) => *months,
            None => {
                note("billing_cycle", Rule::NotOneOf(CYCLES.iter().map(|(word, _)| (*word).to_owned()).collect()));
                None
            }
        },
    };
    let (start, end) = match (line.start, line.end) {
        (None, None) => return None,
        (None, Some(_)) => {
            note("period_start", Rule::Required);
            return None;
        }
        (Some(start), Some(end)) => (start, end),
        (Some(start), None) => match months.and_then(|months| end_of_cycle(start, months)) {
            Some(end) => (start, end),
            None => {
                note("period_end", Rule::Required);
                return None;
            }
        },
    };
    let term = Term { start, end };
    for (field, date) in [("period_start", start), ("period_end", end)] {
        if let Some(rule) = implausible(date).filter(|_| line.end.is_some() || field == "period_start") {
            note(field, rule);
            return None;
        }
    }
    if end < start {
        note("period_end", Rule::TooSmall(start.to_string()));
    } else if term.days() > LONGEST_TERM {
        note("period_end", Rule::TooLarge((start + Duration::days(LONGEST_TERM - 1)).to_string()));
    } else {
        return Some(term);
    }
    None
}

/// The rates of taxes, as lines have them: id, name, percent.
pub(crate) fn rates_of(desk: &Desk<'_>, taxes: &NewTaxes) -> Vec<(u64, String, Decimal)> {
    let line = NewLine { taxes: taxes.clone(), ..NewLine::default() };
    taxes_of(desk, "", &line, &mut Vec::new())
}

/// The rates of a line's taxes.
fn taxes_of(desk: &Desk<'_>, at: &str, line: &NewLine, found: &mut Vec<Violation>) -> Vec<(u64, String, Decimal)> {
    let row = |rate: &crate::domain::books::TaxRate| (rate.meta.id, rate.meta.name.clone(), rate.percent);
    match &line.taxes {
        NewTaxes::None | NewTaxes::Amounts(_) => Vec::new(),
        NewTaxes::Rates(rates) => rates.clone(),
        NewTaxes::Percent(percent) => {
            let percent = percent.normalize();
            let fault = percent_fault(percent);
            let good = fault.is_none() && !percent.is_zero();
            found.extend(fault.map(|rule| violation(format!("{at}.tax_rate"), rule)));
            if good { vec![(0, "Tax".to_owned(), percent)] } else { Vec::new() }
        }
        NewTaxes::Named(names) => {
            let mut rows: Vec<(u64, String, Decimal)> = Vec::new();
            for name in names {
                match desk.books.tax_named(name) {
                    None => found.push(Violation::missing(format!("{at}.taxes"), "tax_rates", name)),
                    // The same tax twice is one tax.
                    Some(rate) if rows.iter().any(|(id, _, _)| *id == rate.meta.id) => {}
                    Some(rate) => rows.push(row(rate)),
                }
            }
            rows
        }
        NewTaxes::Profile => {
            let id = desk.customer.as_ref().and_then(Customer::tax_profile);
            id.map_or_else(Vec::new, |id| desk.books.profile(id).into_iter().map(row).collect())
        }
    }
}

/// Taxes whose amounts were given: they come on top.
fn given_taxes(
    desk: &Desk<'_>,
    at: &str,
    amounts: &[(u64, Decimal)],
    terms: &Terms,
    line: &mut Line,
    found: &mut Vec<Violation>,
) {
    for (id, given) in amounts {
        let Some(rate) = desk.books.tax(*id) else {
            found.push(Violation::missing(format!("{at}.taxes"), "tax_rates", id));
            continue;
        };
        match amount(&format!("{at}.taxes"), *given, terms.currency) {
            Err(fault) => found.push(fault),
            Ok(amount) => {
                let (name, percent) = (rate.meta.name.clone(), rate.percent);
                line.taxes.push(TaxRow { tax: *id, name, percent, amount, given: true });
                line.amount += amount;
            }
        }
    }
}
