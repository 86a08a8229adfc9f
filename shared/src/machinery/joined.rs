//! Several changes of one item in one commit: a transaction of DynamoDB has one action for each item, so they become
//! one, or are refused.

use std::collections::BTreeMap;

use crate::machinery::changes::{Act, Change, Expect};

/// What is done to single attributes of an item. No attribute stands in two of these.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Attributes {
    /// Numbers that are set.
    pub set: BTreeMap<String, u64>,
    /// Numbers that are added to; a missing item or attribute counts as 0.
    pub add: BTreeMap<String, i64>,
    /// Numbers that are put into a set.
    pub include: BTreeMap<&'static str, Vec<u64>>,
}

impl Attributes {
    /// Numbers that are added to.
    pub(super) fn adding(counts: Vec<(String, i64)>) -> Self {
        let mut add = BTreeMap::new();
        for (attribute, by) in counts {
            *add.entry(attribute).or_insert(0) += by;
        }
        Self { add, ..Self::default() }
    }

    /// Take in what else is done to the same item; whether one does not undo what the other does.
    fn join(&mut self, more: Self) -> bool {
        let clash = more.set.keys().any(|name| self.set.contains_key(name) || self.add.contains_key(name))
            || more.add.keys().any(|name| self.set.contains_key(name));
        self.set.extend(more.set);
        for (attribute, by) in more.add {
            let sum = self.add.entry(attribute).or_insert(0);
            *sum = sum.saturating_add(by);
        }
        for (attribute, numbers) in more.include {
            self.include.entry(attribute).or_default().extend(numbers);
        }
        !clash
    }
}

impl Change {
    /// Take in a second change of the same item; whether both are true then, or neither.
    ///
    /// Rows that another change of the commit guards are as they were written last. Attributes may change beside each
    /// other. A condition alone goes with the change that relies on the same condition.
    pub(super) fn join(&mut self, more: Self) -> bool {
        let guarded = more.expect == Expect::Anything && more.otherwise.is_again();
        let same = more.expect == self.expect && more.otherwise.is_again() && self.otherwise.is_again();
        match (&mut self.act, more.act) {
            (Act::Check, act) if same || (guarded && !matches!(act, Act::Update(_))) => self.act = act,
            (_, Act::Check) if same => {}
            (Act::Put(_) | Act::Delete, act @ (Act::Put(_) | Act::Delete)) if guarded => self.act = act,
            (Act::Update(own), Act::Update(more_of_it)) => {
                let known = std::mem::replace(&mut self.expect, Expect::Anything);
                let (expect, fits) = both(known, more.expect);
                let tells = !self.otherwise.is_again() || !more.otherwise.is_again();
                // Of two conditions nobody could say which one failed, and so what the client is told.
                let one = matches!(expect, Expect::Anything) || !tells;
                self.expect = expect;
                return own.join(more_of_it) && fits && one;
            }
            _ => return false,
        }
        true
    }
}

/// Both conditions on attributes of one item, and whether they can hold at once.
fn both(one: Expect, other: Expect) -> (Expect, bool) {
    match (one, other) {
        (Expect::Anything, expect) | (expect, Expect::Anything) => (expect, true),
        (Expect::Numbers(mut known), Expect::Numbers(more)) => {
            let fits = more.iter().all(|(name, number)| known.get(name).is_none_or(|known| known == number));
            known.extend(more);
            (Expect::Numbers(known), fits)
        }
        (expect, other) => {
            let fits = expect == other;
            (expect, fits)
        }
    }
}
