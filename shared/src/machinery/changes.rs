//! What an operation wants to be true: changes with conditions, and what a failed condition means.
//!
//! The operation that decides says here, at the place where it decides, which uniqueness or version it
//! relied on and what the client is told when that no longer holds. The spine commits all of it, with the
//! audit entry, the events and the idempotency record, in one DynamoDB transaction.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_dynamo::aws_sdk_dynamodb_1::to_item;

use crate::machinery::caller::Tenant;
pub use crate::machinery::joined::Attributes;
use crate::machinery::keys::Key;
use crate::machinery::store::Item;
use crate::words::error::{Error, Result};

/// What must hold of an item for a change to happen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expect {
    /// Nothing.
    Anything,
    /// There is no such item.
    Absent,
    /// There is no such item, or one that expired before this instant (epoch seconds): the table forgets
    /// what has expired within days, not at once.
    AbsentOrExpired(i64),
    /// The item is there in this version.
    Version(u64),
    /// These number attributes are this; a missing item or attribute counts as 0.
    Numbers(BTreeMap<String, u64>),
}

impl Expect {
    /// One number attribute is this.
    pub fn number(attribute: &str, number: u64) -> Self {
        Self::Numbers(BTreeMap::from([(attribute.to_owned(), number)]))
    }
}

/// What is done to an item.
#[derive(Debug, Clone)]
pub enum Act {
    /// Replace the whole item.
    Put(Item),
    /// Remove the item.
    Delete,
    /// Nothing; only its condition counts.
    Check,
    /// Change attributes, and leave the others as they are.
    Update(Attributes),
}

/// What a failed condition means.
#[derive(Debug, Clone)]
pub enum Otherwise {
    /// Somebody was faster: run the operation again.
    Again,
    /// Tell the client this.
    Tell(Error),
    /// Tell the client this when nothing else stood in the way, and run the operation again otherwise.
    TellAlone(Error),
}

impl Otherwise {
    pub(super) fn is_again(&self) -> bool {
        matches!(self, Self::Again)
    }
}

/// One change to one item.
#[derive(Debug, Clone)]
pub struct Change {
    /// The item.
    pub key: Key,
    /// What is done to it.
    pub act: Act,
    /// What must hold of it.
    pub expect: Expect,
    /// What it means when that does not hold.
    pub otherwise: Otherwise,
}

/// Something that happened to an object, for those who listen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Event {
    /// What happened (`customer.created`).
    pub name: &'static str,
    /// The object's id.
    pub id: u64,
    /// The object's version after it: its sequence number, gap-free per object.
    pub version: u64,
}

/// Everything one operation wants to change. Empty when it only reads.
#[derive(Debug, Clone, Default)]
pub struct Changes {
    /// The changes, at most one for each item.
    pub list: Vec<Change>,
    /// The events.
    pub events: Vec<Event>,
    /// Whether others wait in line to change the same things: then this waits for its turn first.
    pub crowded: bool,
    /// The tenant that audit and events belong to, where the caller has none yet (signing in).
    pub on_behalf: Option<Tenant>,
    /// Whether no audit entry is written: nothing but the deliveries of webhooks changes, which keep their own log.
    pub unaudited: bool,
    /// Why this can never be committed, where that is so: for the log.
    pub impossible: Option<String>,
    /// Where the change of an item stands in the list.
    pub places: BTreeMap<Key, usize>,
}

impl Changes {
    /// Whether there is nothing to commit.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// The changes, one for each item.
    ///
    /// # Errors
    ///
    /// When two of them cannot both be made.
    pub fn checked(&self) -> Result<&[Change]> {
        match &self.impossible {
            None => Ok(&self.list),
            Some(why) => Err(Error::internal(why.clone())),
        }
    }

    /// Say that this can never be committed, and why, for the log.
    pub fn refuse(&mut self, why: impl FnOnce() -> String) {
        self.impossible.get_or_insert_with(why);
    }

    fn push(&mut self, key: Key, act: Act, expect: Expect, otherwise: Otherwise) {
        self.take(Change { key, act, expect, otherwise });
    }

    /// Take in one more change. A transaction has one action for each item: a second one becomes part of the
    /// first, or else nothing of it is ever committed.
    fn take(&mut self, change: Change) {
        if self.places.len() != self.list.len() {
            self.places = self.list.iter().enumerate().map(|(place, change)| (change.key.clone(), place)).collect();
        }
        let place = self.places.get(&change.key).copied();
        let Some(known) = place.and_then(|place| self.list.get_mut(place)) else {
            self.places.insert(change.key.clone(), self.list.len());
            self.list.push(change);
            return;
        };
        let key = change.key.clone();
        if !known.join(change) {
            self.refuse(|| format!("two changes of {key} in one commit that do not go together"));
        }
    }

    /// Take in the changes and events of another part of the same commit.
    pub fn append(&mut self, more: Self) {
        more.list.into_iter().for_each(|change| self.take(change));
        self.events.extend(more.events);
        if let Some(why) = more.impossible {
            self.refuse(|| why);
        }
    }

    /// A record that must be new. Its key is drawn from a sequence in the same commit, so finding it taken
    /// means that somebody was faster.
    pub fn insert<T: Serialize>(&mut self, key: Key, record: &T) -> Result<()> {
        let item = item_of(record)?;
        self.push(key, Act::Put(item), Expect::Absent, Otherwise::Again);
        Ok(())
    }

    /// A record that must be new, or else the client is told why not, unless somebody was faster anyway.
    pub fn insert_or_tell<T: Serialize>(&mut self, key: Key, record: &T, otherwise: Error) -> Result<()> {
        let item = item_of(record)?;
        self.push(key, Act::Put(item), Expect::Absent, Otherwise::TellAlone(otherwise));
        Ok(())
    }

    /// A record that replaces the version that was read.
    pub fn replace<T: Serialize>(&mut self, key: Key, record: &T, version: u64) -> Result<()> {
        let item = item_of(record)?;
        self.push(key, Act::Put(item), Expect::Version(version), Otherwise::Again);
        Ok(())
    }

    /// A record written whatever stood there. Only for rows that another change of the same commit guards.
    pub fn write<T: Serialize>(&mut self, key: Key, record: &T) -> Result<()> {
        let item = item_of(record)?;
        self.push(key, Act::Put(item), Expect::Anything, Otherwise::Again);
        Ok(())
    }

    /// Remove the version that was read.
    pub fn delete(&mut self, key: Key, version: u64) {
        self.push(key, Act::Delete, Expect::Version(version), Otherwise::Again);
    }

    /// Remove a row that another change of the same commit guards.
    pub fn erase(&mut self, key: Key) {
        self.push(key, Act::Delete, Expect::Anything, Otherwise::Again);
    }

    /// Draw the numbers `last + 1 ..= last + count` from a sequence (an attribute of an item) whose last
    /// number was `last`.
    pub fn draw(&mut self, key: Key, attribute: &str, last: u64, count: u64) {
        let set = BTreeMap::from([(attribute.to_owned(), last + count)]);
        let act = Act::Update(Attributes { set, ..Attributes::default() });
        self.push(key, act, Expect::number(attribute, last), Otherwise::Again);
    }

    /// Let a number of a sequence be one that was given elsewhere: the sequence goes on behind it, and how many
    /// numbers it passed over is counted.
    pub fn keep(&mut self, key: Key, attribute: &str, last: u64, number: u64) {
        let skipped = passed_over(attribute);
        if number <= last {
            // One of those that were passed over, or else its place in the register is taken.
            return self.add(key, vec![(skipped, -1)]);
        }
        let more = i64::try_from(number - last - 1).unwrap_or(i64::MAX);
        let set = BTreeMap::from([(attribute.to_owned(), number)]);
        let act = Act::Update(Attributes { set, ..Attributes::adding(vec![(skipped, more)]) });
        self.push(key, act, Expect::number(attribute, last), Otherwise::Again);
    }

    /// Add to counters of one item.
    pub fn add(&mut self, key: Key, counts: Vec<(String, i64)>) {
        self.push(key, Act::Update(Attributes::adding(counts)), Expect::Anything, Otherwise::Again);
    }

    /// Nothing is changed, but the item must be there in the version that was read.
    pub fn check(&mut self, key: Key, version: u64) {
        self.push(key, Act::Check, Expect::Version(version), Otherwise::Again);
    }

    /// Nothing is changed, but there must be no such item, or else the operation runs again.
    pub fn check_absent(&mut self, key: Key) {
        self.push(key, Act::Check, Expect::Absent, Otherwise::Again);
    }

    /// Add to a counter that must read 0, or else the client is told why not.
    pub fn add_to_none(&mut self, key: Key, attribute: &'static str, by: i64, otherwise: Error) {
        let act = Act::Update(Attributes::adding(vec![(attribute.to_owned(), by)]));
        self.push(key, act, Expect::number(attribute, 0), Otherwise::Tell(otherwise));
    }

    /// Add to a counter that must read 0, or else the operation runs again.
    pub fn add_to_none_or_again(&mut self, key: Key, attribute: &'static str, by: i64) {
        let act = Act::Update(Attributes::adding(vec![(attribute.to_owned(), by)]));
        self.push(key, act, Expect::number(attribute, 0), Otherwise::Again);
    }

    /// Put numbers into a set.
    pub fn include(&mut self, key: Key, attribute: &'static str, numbers: Vec<u64>) {
        let include = BTreeMap::from([(attribute, numbers)]);
        let act = Act::Update(Attributes { include, ..Attributes::default() });
        self.push(key, act, Expect::Anything, Otherwise::Again);
    }

    /// Say that something happened.
    pub fn tell(&mut self, name: &'static str, id: u64, version: u64) {
        self.events.push(Event { name, id, version });
    }
}

/// The attribute that counts the numbers which a sequence passed over, by the attribute of its last number.
pub fn passed_over(attribute: &str) -> String {
    format!("passed_over_{attribute}")
}

/// A record as an item's attributes, without its key.
pub fn item_of<T: Serialize>(record: &T) -> Result<Item> {
    to_item(record).map_err(|e| Error::internal(format!("a record cannot be stored: {e}")))
}
