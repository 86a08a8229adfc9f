//! What taxes a gross amount holds (contract jerasoft §4.14, `rating.getTaxes`): worked out, and nothing stored.
//!
//! Taxes of one priority are charged on the same amount; those of a higher one also on what the lower ones came to.

use rust_decimal::Decimal;

use crate::domain::documents::sums::percent_fault;
use crate::machinery::operation::{Done, Op, Scope};
use crate::words::error::{Error, Result, Rule};
use crate::words::money::rounded;

/// Work out the taxes in a gross amount.
pub static TAXES: Op<Gross, Split> = Op::read("tax_profiles.calculate", "tax", Scope::Tenant, |_, gross| {
    Box::pin(async move { split(gross).map(Done::read) })
});

/// The most taxes at once.
pub const MOST_TAXES: usize = 50;
/// Places that amounts are rounded to.
const PLACES: u32 = 2;

/// A gross amount and its taxes.
#[derive(Debug, Clone, Default)]
pub struct Gross {
    /// The amount, all taxes in it.
    pub amount: Decimal,
    /// Each tax: its priority and its percent.
    pub taxes: Vec<(i64, Decimal)>,
}

/// What a gross amount is made of; net and taxes add up to it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Split {
    /// Without any tax.
    pub net: Decimal,
    /// Each tax, in the order they came: priority, percent, amount.
    pub taxes: Vec<(i64, Decimal, Decimal)>,
}

fn split(gross: &Gross) -> Result<Split> {
    for (place, (_, percent)) in gross.taxes.iter().enumerate() {
        if let Some(rule) = percent_fault(percent.normalize()) {
            return Err(Error::field(format!("taxes.{place}.value"), rule));
        }
    }
    worked_out(gross).ok_or_else(|| Error::field("amountGross", Rule::TooLarge("what 28 digits hold".into())))
}

fn worked_out(gross: &Gross) -> Option<Split> {
    let mut priorities: Vec<i64> = gross.taxes.iter().map(|(priority, _)| *priority).collect();
    priorities.sort_unstable();
    priorities.dedup();
    // What one unit of net grows to, priority by priority.
    let mut bases = Vec::with_capacity(priorities.len());
    let mut grown = Decimal::ONE;
    for priority in &priorities {
        let rates = gross.taxes.iter().filter(|(one, _)| one == priority).map(|(_, percent)| *percent);
        bases.push((*priority, grown));
        grown =
            grown.checked_mul(Decimal::ONE.checked_add(rates.sum::<Decimal>().checked_div(Decimal::ONE_HUNDRED)?)?)?;
    }
    let net = gross.amount.checked_div(grown)?;
    let mut taxes = Vec::with_capacity(gross.taxes.len());
    for (priority, percent) in &gross.taxes {
        let (_, base) = bases.iter().find(|(one, _)| one == priority)?;
        let exact = net.checked_mul(*base)?.checked_mul(*percent)?.checked_div(Decimal::ONE_HUNDRED)?;
        let mut amount = rounded(exact, PLACES);
        amount.rescale(PLACES);
        taxes.push((*priority, *percent, amount));
    }
    // The rounding stays with the net, so that all of it adds up to the gross amount.
    let sum: Decimal = taxes.iter().map(|(_, _, amount)| *amount).sum();
    Some(Split { net: gross.amount.checked_sub(sum)?, taxes })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taxes(amount: &str, taxes: &[(i64, &str)]) -> (String, Vec<String>) {
        let taxes = taxes.iter().map(|(priority, percent)| (*priority, percent.parse().unwrap())).collect();
        let split = split(&Gross { amount: amount.parse().unwrap(), taxes }).unwrap();
        (split.net.to_string(), split.taxes.iter().map(|(_, _, amount)| amount.to_string()).collect())
    }

    #[test]
    fn net_and_taxes_add_up() {
        assert_eq!(taxes("118.00", &[(1, "9"), (1, "9")]), ("100.00".into(), vec!["9.00".into(), "9.00".into()]));
        // 100, 10 % of it, and 5 % of 110.
        assert_eq!(taxes("115.50", &[(2, "5"), (1, "10")]), ("100.00".into(), vec!["5.50".into(), "10.00".into()]));
        assert_eq!(taxes("10.00", &[(1, "19")]), ("8.40".into(), vec!["1.60".into()]));
        assert_eq!(taxes("7.00", &[]), ("7.00".into(), vec![]));
        let wrong = split(&Gross { amount: Decimal::ONE, taxes: vec![(1, Decimal::from(-3))] });
        assert!(wrong.is_err());
    }
}
