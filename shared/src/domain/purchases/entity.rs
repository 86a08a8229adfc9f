//! The purchase order. It posts nothing to the ledger at any stage; the money that is paid for it is an
//! expense transaction.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::domain::documents::line::{Line, Sums};
use crate::domain::purchases::stage::Stage;
use crate::domain::records::{IndexRow, Record, Stamps, stamped};
use crate::machinery::keys::{Entity, PURCHASE};
use crate::words::error::{Error, Result, Rule, Told, Violation};
use crate::words::money::Currency;
use crate::words::time::{Day, Instant};

/// A line of a purchase order.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Item {
    /// What is ordered, how many and at which price.
    pub line: Line,
    /// How many of them have arrived; at most as many as were ordered.
    #[serde(with = "rust_decimal::serde::str")]
    pub received: Decimal,
}

impl Item {
    /// How many are still expected.
    pub fn outstanding(&self) -> Decimal {
        self.line.quantity - self.received
    }
}

/// What has arrived of one line.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Arrival {
    /// The line's place in the order, from 1.
    pub line: u64,
    /// How many; above 0.
    pub quantity: Decimal,
}

/// A purchase order. Amounts are minor units of its currency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Purchase {
    /// Id, dates and version.
    pub stamps: Stamps,
    /// From whom it is ordered …
    pub supplier: u64,
    /// … and what they were called when it was.
    pub supplier_name: String,
    /// The supplier's reseller, who buys.
    pub reseller: u64,
    /// How far it has come.
    pub stage: Stage,
    /// Its date.
    pub day: Day,
    /// When the goods are expected.
    pub expected: Option<Day>,
    /// The id of its currency in the tenant.
    pub currency: u64,
    /// That currency.
    pub iso: Currency,
    /// Units of its currency for one of the base currency, when it was made.
    #[serde(with = "rust_decimal::serde::str")]
    pub ratio: Decimal,
    /// Whether its prices include their taxes.
    pub inclusive: bool,
    /// Its lines, with what has arrived.
    pub items: Vec<Item>,
    /// What they come to.
    pub sums: Sums,
    /// Notes.
    pub notes: Option<String>,
    /// When it was sent, UTC.
    pub sent_at: Option<Instant>,
    /// When the supplier said yes, UTC.
    pub acknowledged_at: Option<Instant>,
    /// When something last arrived, UTC.
    pub received_at: Option<Instant>,
    /// When it was cancelled or closed, UTC.
    pub closed_at: Option<Instant>,
}

impl Purchase {
    /// Its number (`PO-0001`): ids are dense, and so are the numbers made of them.
    pub fn number(&self) -> String {
        format!("PO-{:04}", self.stamps.id)
    }

    /// Take in what has arrived: these quantities, or everything still expected where none is named. One line
    /// may be named more than once, as it may arrive in several boxes.
    pub fn receive(&mut self, arrivals: &[Arrival]) -> Result<()> {
        self.stage.may_become(Stage::PartiallyReceived)?;
        let mut faults = Vec::new();
        for (place, arrival) in arrivals.iter().enumerate() {
            let index = usize::try_from(arrival.line).ok().and_then(|line| line.checked_sub(1));
            match index.and_then(|index| self.items.get_mut(index)) {
                None => faults.push(Violation::missing(format!("items.{place}.line"), "items", arrival.line)),
                Some(item) if arrival.quantity > item.outstanding() => {
                    let rule = Rule::TooLarge(item.outstanding().normalize().to_string());
                    faults.push(Violation { field: format!("items.{place}.quantity"), rule });
                }
                Some(item) => item.received += arrival.quantity,
            }
        }
        if !faults.is_empty() {
            return Err(Error::told(Told::Invalid(faults)));
        }
        if arrivals.is_empty() {
            self.items.iter_mut().for_each(|item| item.received = item.line.quantity);
        }
        let whole = self.items.iter().all(|item| item.outstanding().is_zero());
        self.stage = if whole { Stage::FullyReceived } else { Stage::PartiallyReceived };
        Ok(())
    }
}

impl Record for Purchase {
    const ENTITY: Entity = PURCHASE;
    const NAME: &'static str = "purchase";
    stamped!();

    fn index_row(&self) -> IndexRow {
        IndexRow {
            id: self.stamps.id,
            number: Some(self.number()),
            name: self.supplier_name.clone(),
            status: self.stage.word().to_owned(),
            reseller: Some(self.reseller),
            parent: Some(self.supplier),
            at: self.day.at,
            span: Some((self.day.date, self.expected.unwrap_or(self.day).date)),
            ..IndexRow::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(quantity: u32) -> Item {
        Item { line: Line { quantity: quantity.into(), ..Line::default() }, ..Item::default() }
    }

    fn arrival(line: u64, quantity: u32) -> Arrival {
        Arrival { line, quantity: quantity.into() }
    }

    fn purchase(stage: Stage) -> Purchase {
        Purchase {
            stamps: Stamps::default(),
            supplier: 1,
            supplier_name: "S".into(),
            reseller: 1,
            stage,
            day: Day::default(),
            expected: None,
            currency: 1,
            iso: Currency::from_code("USD").unwrap(),
            ratio: Decimal::ONE,
            inclusive: false,
            items: vec![item(2), item(5)],
            sums: Sums::default(),
            notes: None,
            sent_at: None,
            acknowledged_at: None,
            received_at: None,
            closed_at: None,
        }
    }

    #[test]
    fn goods_arrive_in_parts_until_all_are_there() {
        let mut one = purchase(Stage::Sent);
        one.receive(&[arrival(2, 1), arrival(2, 2)]).unwrap();
        assert_eq!((one.stage, one.items[1].outstanding()), (Stage::PartiallyReceived, 2.into()));
        one.receive(&[]).unwrap();
        assert_eq!(
            (one.stage, one.items[0].received, one.items[1].received),
            (Stage::FullyReceived, 2.into(), 5.into())
        );
        assert!(one.receive(&[]).is_err());
        assert!(purchase(Stage::Draft).receive(&[]).is_err());
    }

    #[test]
    fn more_than_is_expected_does_not_arrive() {
        let told =
            purchase(Stage::Acknowledged).receive(&[arrival(1, 3), arrival(0, 1), arrival(3, 1)]).unwrap_err().told;
        let Told::Invalid(found) = told else { panic!("{told:?}") };
        let fields: Vec<&str> = found.iter().map(|one| one.field.as_str()).collect();
        assert_eq!(fields, ["items.0.quantity", "items.1.line", "items.2.line"]);
    }
}
