//! The accounts of the ledger.

use std::fmt;

/// An account of the ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Account {
    /// What customers owe; each customer's part is their balance, turned round.
    Receivable,
    /// What was earned by invoices and notes.
    Revenue,
    /// Taxes that are owed to the state.
    Tax,
    /// A bank or cash account of the tenant, by its id.
    Bank(u64),
    /// Money that no account was named for.
    Clearing,
    /// Income from elsewhere than customers.
    OtherIncome,
    /// What was spent.
    Expense,
    /// What the ratio of a currency brought or took between a document and its payment.
    ExchangeDifference,
    /// What the accounts held when they were opened.
    Opening,
}

impl Account {
    /// Its kind, as balance sheets sort it.
    pub fn class(self) -> &'static str {
        match self {
            Self::Receivable | Self::Bank(_) | Self::Clearing => "asset",
            Self::Tax => "liability",
            Self::Revenue | Self::OtherIncome => "income",
            Self::Expense | Self::ExchangeDifference => "expense",
            Self::Opening => "equity",
        }
    }

    /// From its code.
    pub fn from_code(code: &str) -> Option<Self> {
        let plain = [
            Self::Receivable,
            Self::Revenue,
            Self::Tax,
            Self::Clearing,
            Self::OtherIncome,
            Self::Expense,
            Self::ExchangeDifference,
            Self::Opening,
        ];
        let bank = code.strip_prefix("bank:").and_then(|id| id.parse().ok()).map(Self::Bank);
        bank.or_else(|| plain.into_iter().find(|account| account.to_string() == code))
    }
}

impl fmt::Display for Account {
    /// Its code (`receivable`, `bank:1`).
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Receivable => f.write_str("receivable"),
            Self::Revenue => f.write_str("revenue"),
            Self::Tax => f.write_str("tax"),
            Self::Bank(id) => write!(f, "bank:{id}"),
            Self::Clearing => f.write_str("clearing"),
            Self::OtherIncome => f.write_str("other_income"),
            Self::Expense => f.write_str("expense"),
            Self::ExchangeDifference => f.write_str("exchange_difference"),
            Self::Opening => f.write_str("opening"),
        }
    }
}
