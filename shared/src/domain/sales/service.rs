//! The service.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::domain::agenda::{CHARGES, RENEWALS};
use crate::domain::catalog::cycle::Cycle;
use crate::domain::documents::accrual::Term;
use crate::domain::records::{IndexRow, Record, Stamps, stamped};
use crate::domain::sales::charges::Charge;
use crate::machinery::keys::{Entity, SERVICE};
use crate::words::error::{Error, Result};
use crate::words::money::{Currency, Money};
use crate::words::time::{Date, Day, Instant};

/// The most charges of days that are not over: a year of daily ones, and some.
const MOST_CHARGES: usize = 400;

/// The most spans of days that nobody was asked for.
const MOST_UNASKED: usize = 60;

/// Where a service stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Not begun.
    #[default]
    Pending,
    /// In use.
    Active,
    /// Barred, since it was not paid or somebody said so.
    Suspended,
    /// Ended.
    Terminated,
    /// Ended before it began, or by its customer.
    Cancelled,
}

impl Status {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Pending, Self::Active, Self::Suspended, Self::Terminated, Self::Cancelled];

    /// The word, as index rows and dialects have it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Active => "active",
            Self::Suspended => "suspended",
            Self::Terminated => "terminated",
            Self::Cancelled => "cancelled",
        }
    }

    /// Whether it is over.
    pub fn is_over(self) -> bool {
        matches!(self, Self::Terminated | Self::Cancelled)
    }
}

/// Whether a service has a unit of its product's stock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Stock {
    /// Nobody reserved one: it takes one when it comes to life, and gives one back when it is over (contract billmora
    /// §10.4).
    #[default]
    Counted,
    /// It has one of this product.
    Held(u64),
    /// It has none, and so gives none back.
    Free,
}

/// A change from one product or price to another (Billmora's scaling).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scaling {
    /// The place among the service's, from 1.
    pub number: u64,
    /// Whether it was carried out; absent while its invoice is unpaid.
    pub completed_at: Option<Instant>,
    /// The product and its price, before …
    pub old: (u64, u64),
    /// … and after.
    pub new: (u64, u64),
    /// The fee of a period, before …
    pub old_fee: i64,
    /// … and after, in minor units.
    pub new_fee: i64,
    /// The options chosen of each variant afterwards …
    #[serde(default)]
    pub selections: Option<Vec<(u64, Vec<u64>)>>,
    /// … and what it is configured with then, as JSON text.
    #[serde(default)]
    pub configuration: Option<String>,
    /// The invoice of what it costs for the rest of what was asked for, where it costs anything.
    pub invoice: Option<u64>,
    /// The first day that was not asked for when the change was …
    #[serde(default)]
    pub until: Option<Date>,
    /// … and the invoice of what periods cost more that were asked for since, until it was carried out.
    #[serde(default)]
    pub made_up: Option<u64>,
    /// When it was asked for, UTC.
    pub created_at: Instant,
}

/// A service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Service {
    /// Id, dates and version.
    pub stamps: Stamps,
    /// Whose it is.
    pub customer: u64,
    /// The customer's reseller when it was made.
    pub reseller: u64,
    /// The order it comes of.
    pub order: Option<u64>,
    /// What it is …
    pub product: u64,
    /// … at which of its prices; 0 where it has a price of its own.
    pub price: u64,
    /// What it is called.
    pub name: String,
    /// Where it stands.
    pub status: Status,
    /// The id of its currency in the tenant.
    pub currency: u64,
    /// That currency.
    pub iso: Currency,
    /// How often it is paid for.
    pub cycle: Cycle,
    /// How many there are of it.
    pub quantity: u32,
    /// What a period costs, all of it together, in minor units.
    pub fee: i64,
    /// What setting it up cost, in minor units.
    pub setup_fee: i64,
    /// The first day of its first period; absent before it has one.
    pub anchor: Option<Date>,
    /// How many periods were asked for.
    pub periods: u32,
    /// When the next payment is due, as dialects show it.
    pub next_due: Option<Day>,
    /// When it begins, or began, UTC.
    pub start: Instant,
    /// When it shall end, UTC.
    pub stop: Option<Instant>,
    /// Whether its periods are charged to the customer's balance instead of invoiced (JeraSoft).
    pub charged: bool,
    /// The customer's account it is for (JeraSoft).
    pub account: Option<u64>,
    /// When it was last activated, UTC.
    pub activated_at: Option<Instant>,
    /// When it was last suspended, UTC.
    pub suspended_at: Option<Instant>,
    /// When it was terminated, UTC.
    pub terminated_at: Option<Instant>,
    /// When it was cancelled, UTC.
    pub cancelled_at: Option<Instant>,
    /// The options chosen of each variant; absent where nothing was ever chosen.
    pub selections: Option<Vec<(u64, Vec<u64>)>>,
    /// What it is configured with, as JSON text.
    pub configuration: Option<String>,
    /// The plugin that provisions it.
    pub plugin: Option<u64>,
    /// Whether it has a unit of its product's stock.
    #[serde(default)]
    pub stock: Stock,
    /// Changes of product or price, the oldest first.
    pub scalings: Vec<Scaling>,
    /// What was charged for days that are not over yet, the oldest first. Empty where that is not known: of services
    /// of other systems, and of those older than these notes.
    #[serde(default)]
    pub charges: Vec<Charge>,
    /// The unpaid invoices that it is barred for, each with the day it was due, while it is suspended.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub barred_by: Vec<(u64, Date)>,
    /// The last day that was ever charged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub charged_until: Option<Date>,
    /// Days that nobody was asked money for and nobody will be: periods in which it was barred or cost nothing, and what
    /// lies between the days asked for and a due date that was moved; the oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unasked: Vec<Term>,
    /// What one dialect knows and nothing here acts upon, as JSON text.
    pub carried: BTreeMap<String, String>,
}

impl Service {
    /// Its number (`SVC-0001`): ids are dense, and so are the numbers made of them.
    pub fn number(&self) -> String {
        format!("SVC-{:04}", self.stamps.id)
    }

    /// An amount of it.
    pub fn money(&self, minor: i64) -> Money {
        Money { minor, currency: self.iso }
    }

    /// The first day that was not asked for yet, while it is in use, or waits for its beginning, and there is one.
    pub fn renews_on(&self) -> Option<Date> {
        // What comes of an order waits for its payment, and not for a day.
        let waits = self.status == Status::Pending && self.charged;
        (self.status == Status::Active || waits).then_some(())?;
        self.asked_until()
    }

    /// The agenda that its next period stands on.
    pub fn agenda(&self) -> &'static str {
        if self.charged { CHARGES } else { RENEWALS }
    }

    /// The first day that was not asked for yet, wherever it stands.
    pub fn asked_until(&self) -> Option<Date> {
        self.cycle.start(self.anchor?, self.periods)
    }

    /// The period that was asked for last.
    pub fn period(&self) -> Option<Term> {
        self.cycle.period(self.anchor?, self.periods.checked_sub(1)?)
    }

    /// Let its periods begin on a day, from which on nothing was asked for yet.
    pub fn anchor_at(&mut self, day: Date) {
        (self.anchor, self.periods) = (Some(day), 0);
    }

    /// Note what a document charged for some of its days. Days that are over are forgotten.
    pub(crate) fn charged(&mut self, charge: Charge, today: Date) -> Result<()> {
        self.charges.retain(|known| known.term.end >= today);
        if self.charges.len() >= MOST_CHARGES {
            return Err(Error::refused("too_far_ahead", "The service was asked for too many periods ahead"));
        }
        self.charged_until = self.charged_until.max(Some(charge.term.end));
        self.charges.push(charge);
        Ok(())
    }

    /// Note that nobody is asked money for the days from one up to, and not including, another.
    pub(crate) fn leave_out(&mut self, from: Option<Date>, until: Option<Date>) {
        let end = until.and_then(|until| until.pred_opt());
        let Some(term) = from.zip(end).map(|(start, end)| Term { start, end }).filter(|term| term.start <= term.end)
        else {
            return;
        };
        let many = self.unasked.len() >= MOST_UNASKED;
        match self.unasked.last_mut() {
            // Where there are too many, what lies between the last two counts as one.
            Some(last) if last.end.succ_opt() == Some(term.start) || many => {
                last.end = last.end.max(term.end);
            }
            _ => self.unasked.push(term),
        }
    }

    /// It goes on after a day on which it should have stopped: the rest of the period that was asked for up to that day
    /// is asked for too.
    pub(crate) fn ask_for_the_rest(&mut self) {
        let Some((rest, period)) = self.unasked.last().copied().zip(self.period()) else { return };
        if rest.end == period.end && rest.start > period.start {
            self.unasked.pop();
            self.periods -= 1;
        }
    }

    /// The last change that is not carried out.
    pub fn pending_scaling(&mut self) -> Option<&mut Scaling> {
        self.scalings.iter_mut().rev().find(|scaling| scaling.completed_at.is_none())
    }
}

impl Record for Service {
    const ENTITY: Entity = SERVICE;
    const NAME: &'static str = "service";
    stamped!();

    fn index_row(&self) -> IndexRow {
        IndexRow {
            id: self.stamps.id,
            number: Some(self.number()),
            name: self.name.clone(),
            status: self.status.word().to_owned(),
            reseller: Some(self.reseller),
            customer: Some(self.customer),
            parent: Some(self.product),
            account: self.account,
            at: self.start,
            span: self.period().map(|term| (term.start, term.end)),
            until: self.stop,
            ..IndexRow::default()
        }
    }
}
