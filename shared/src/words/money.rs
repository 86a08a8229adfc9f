//! Money and decimals. No float on the way in, inside or out.
//!
//! An amount is a whole number of minor units (cents) of a currency that knows how many decimal places
//! it has (ISO 4217: USD 2, JPY 0, KWD 3). Rates and percentages are [`Decimal`]s. A client's number is
//! read from its text, so `1500.00` keeps its zeros and `1e999999` is refused instead of becoming infinity.

use iso_currency::Currency as Iso;
pub use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// A currency with a known number of decimal places. Serialised as its ISO 4217 code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Currency(Iso);

impl Currency {
    /// The currency of an ISO 4217 code in any case; `None` for an unknown code and for one without minor
    /// units (gold, special drawing rights, test codes), which no amount can be counted in.
    pub fn from_code(code: &str) -> Option<Self> {
        let iso = Iso::from_code(&code.to_ascii_uppercase())?;
        iso.exponent().map(|_| Self(iso))
    }

    /// The three-letter code.
    pub fn code(self) -> &'static str {
        self.0.code()
    }

    /// How many decimal places an amount has.
    pub fn places(self) -> u32 {
        self.0.exponent().map_or(2, u32::from)
    }
}

impl TryFrom<String> for Currency {
    type Error = String;
    fn try_from(code: String) -> Result<Self, String> {
        Self::from_code(&code).ok_or_else(|| format!("{code} is not a currency with minor units"))
    }
}

impl From<Currency> for String {
    fn from(currency: Currency) -> Self {
        currency.code().to_owned()
    }
}

/// Why a text is no amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoAmount {
    /// More decimal places than the currency has.
    TooPrecise,
    /// Beyond what can be stored (eighteen digits of minor units).
    OutOfRange,
}

/// An exact amount: minor units of a currency, positive or negative.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Money {
    /// Minor units (cents for USD, yen for JPY, fils for KWD).
    pub minor: i64,
    /// The currency the units are of.
    pub currency: Currency,
}

impl Money {
    /// The largest amount either way, in minor units: eighteen nines, well inside 64 bits, so that sums
    /// of a few amounts cannot overflow before they are checked.
    pub const LARGEST_MINOR: i64 = 999_999_999_999_999_999;

    /// Nothing, in a currency.
    pub fn zero(currency: Currency) -> Self {
        Self { minor: 0, currency }
    }

    /// The amount a decimal names, exactly; nothing is rounded.
    pub fn exactly(amount: Decimal, currency: Currency) -> Result<Self, NoAmount> {
        let amount = amount.normalize();
        if amount.scale() > currency.places() {
            return Err(NoAmount::TooPrecise);
        }
        let factor = Decimal::from(10_u64.pow(currency.places()));
        let minor =
            amount.checked_mul(factor).and_then(|minor| i64::try_from(minor).ok()).ok_or(NoAmount::OutOfRange)?;
        if minor.abs() > Self::LARGEST_MINOR {
            return Err(NoAmount::OutOfRange);
        }
        Ok(Self { minor, currency })
    }

    /// The amount as a decimal with the currency's places.
    pub fn decimal(self) -> Decimal {
        Decimal::new(self.minor, self.currency.places())
    }
}

impl std::fmt::Display for Money {
    /// The decimal text with the currency's places: `1500.00`, `-7.04`, `70` (JPY).
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.decimal())
    }
}

/// A decimal with so many places, half away from zero.
pub fn rounded(decimal: Decimal, places: u32) -> Decimal {
    decimal.round_dp_with_strategy(places, rust_decimal::RoundingStrategy::MidpointAwayFromZero)
}

/// The decimal a text names: digits, a point, a sign, an exponent as JSON has it. `None` for anything
/// else and for what 28 digits cannot hold exactly.
pub fn parse_decimal(text: &str) -> Option<Decimal> {
    let text = text.trim();
    if text.is_empty() || text.len() > 64 {
        return None;
    }
    // The parser below would take `1_000` as well.
    if !text.bytes().all(|b| b.is_ascii_digit() || b"+-.eE".contains(&b)) {
        return None;
    }
    let plain = text.strip_prefix('+').unwrap_or(text);
    match plain.split_once(['e', 'E']) {
        None => Decimal::from_str_exact(plain).ok(),
        Some((mantissa, exponent)) => {
            let mantissa = Decimal::from_str_exact(mantissa).ok()?;
            let exponent: i32 = exponent.strip_prefix('+').unwrap_or(exponent).parse().ok()?;
            let ten = |power: i32| u32::try_from(power).ok().filter(|p| *p <= 28).and_then(|p| 10_i128.checked_pow(p));
            if mantissa.is_zero() {
                Some(mantissa)
            } else if exponent >= 0 {
                mantissa.checked_mul(Decimal::try_from_i128_with_scale(ten(exponent)?, 0).ok()?)
            } else {
                let scale = mantissa.scale().checked_add(exponent.unsigned_abs())?;
                Decimal::try_from_i128_with_scale(mantissa.mantissa(), scale).ok()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn currency(code: &str) -> Currency {
        Currency::from_code(code).unwrap()
    }

    #[test]
    fn a_currency_knows_its_places_and_one_without_minor_units_is_refused() {
        let places = ["USD", "JPY", "KWD", "inr"].map(|code| currency(code).places());
        assert_eq!(places, [2, 0, 3, 2]);
        for code in ["XAU", "XDR", "XTS", "QQQ", ""] {
            assert!(Currency::from_code(code).is_none(), "{code}");
        }
    }

    #[test]
    fn amounts_are_exact_or_refused() {
        let read =
            |text: &str, code| Money::exactly(parse_decimal(text).unwrap(), currency(code)).map(|m| m.to_string());
        assert_eq!(read("1500.00", "USD"), Ok("1500.00".into()));
        assert_eq!(read("0.1", "USD"), Ok("0.10".into()));
        assert_eq!(read("-7.040", "USD"), Ok("-7.04".into()));
        assert_eq!(read("70", "JPY"), Ok("70".into()));
        assert_eq!(read("1.5e3", "KWD"), Ok("1500.000".into()));
        assert_eq!(read("0.001", "USD"), Err(NoAmount::TooPrecise));
        assert_eq!(read("0.5", "JPY"), Err(NoAmount::TooPrecise));
        assert_eq!(read("9999999999999999.99", "USD"), Ok("9999999999999999.99".into()));
        assert_eq!(read("10000000000000000.00", "USD"), Err(NoAmount::OutOfRange));
    }

    #[test]
    fn a_number_that_is_none_is_refused() {
        for text in [
            "",
            "1e999999",
            "1e-999999",
            "NaN",
            "inf",
            "0x10",
            "1,5",
            "--1",
            "1.2.3",
            "१२",
            "1_000",
            "1e",
            "1e99999999999",
        ] {
            assert_eq!(parse_decimal(text), None, "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn text_and_amount_go_both_ways(minor in -Money::LARGEST_MINOR..=Money::LARGEST_MINOR, code in 0..4_usize) {
            let money = Money { minor, currency: currency(["USD", "JPY", "KWD", "INR"][code]) };
            let again = Money::exactly(parse_decimal(&money.to_string()).unwrap(), money.currency);
            proptest::prop_assert_eq!(again, Ok(money));
        }
    }
}
