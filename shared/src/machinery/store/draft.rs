//! Commits that are kept instead of sent: what an operation would do is seen by letting it do so, and nothing is
//! written.
//!
//! Whoever reads through the same handle sees what was kept; the table and everybody else do not. Conditions are not
//! looked at: nobody else writes to a draft.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};

use aws_sdk_dynamodb::types::AttributeValue;

use super::items::{Item, key_item, key_of, number_set};
use super::{Committed, Range, Store};
use crate::machinery::changes::{Act, Attributes, Change};
use crate::machinery::keys::Key;
use crate::words::error::{Error, Result};

/// Items as they would stand; `None` where one would be gone.
type Kept = BTreeMap<Key, Option<Item>>;

/// What was kept so far.
#[derive(Clone, Default)]
pub(super) struct Draft(Arc<Mutex<Kept>>);

impl Draft {
    fn kept(&self) -> Result<MutexGuard<'_, Kept>> {
        self.0.lock().map_err(|_| Error::internal("a draft broke"))
    }

    /// The range that must be read so that enough of it is left.
    pub(super) fn wider(&self, range: &Range) -> Result<Range> {
        let gone = self.kept()?.iter().filter(|(key, item)| key.pk == range.pk && item.is_none()).count();
        Ok(Range { limit: range.limit.map(|limit| limit + gone as u64), ..range.clone() })
    }

    /// The items of a range, as they would stand.
    pub(super) fn over_range(&self, range: &Range, read: Vec<Item>) -> Result<Vec<Item>> {
        let mut all = BTreeMap::new();
        for item in read {
            all.insert(key_of(&item)?.sk, item);
        }
        let within = |sk: &String| {
            range.from.as_ref().is_none_or(|from| sk >= from) && range.to.as_ref().is_none_or(|to| sk <= to)
        };
        for (key, item) in self.kept()?.iter().filter(|(key, _)| key.pk == range.pk && within(&key.sk)) {
            match item {
                Some(item) => all.insert(key.sk.clone(), item.clone()),
                None => all.remove(&key.sk),
            };
        }
        let most = range.limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(usize::MAX);
        let items = all.into_values();
        Ok(if range.forward { items.take(most).collect() } else { items.rev().take(most).collect() })
    }
}

impl Store {
    /// The same table, to which this handle only seems to write.
    pub fn draft(&self) -> Self {
        Self { draft: Some(Draft::default()), ..self.clone() }
    }

    /// Items that were read, as they would stand.
    pub(super) fn as_drafted(&self, keys: &[Key], mut items: Vec<Option<Item>>) -> Result<Vec<Option<Item>>> {
        let Some(draft) = &self.draft else { return Ok(items) };
        let kept = draft.kept()?;
        for (key, item) in keys.iter().zip(&mut items) {
            if let Some(would) = kept.get(key) {
                item.clone_from(would);
            }
        }
        Ok(items)
    }

    /// Keep changes.
    pub(super) async fn keep(&self, draft: &Draft, changes: &[Change]) -> Result<Committed> {
        let keys: Vec<Key> = changes.iter().map(|change| change.key.clone()).collect();
        let updated = |change: &&Change| matches!(change.act, Act::Update(_));
        let based: Vec<Key> = changes.iter().filter(updated).map(|change| change.key.clone()).collect();
        let found = if based.is_empty() { Vec::new() } else { self.get_items(&based).await? };
        let mut bases: BTreeMap<Key, Option<Item>> = based.into_iter().zip(found).collect();
        let mut kept = draft.kept()?;
        for (key, change) in keys.into_iter().zip(changes) {
            let stands = match &change.act {
                Act::Check => continue,
                Act::Delete => None,
                Act::Put(item) => Some(item.clone()),
                Act::Update(attributes) => {
                    Some(updated_item(bases.remove(&key).flatten().unwrap_or_default(), attributes))
                }
            };
            let item = stands.map(|mut item| {
                item.extend(key_item(&key));
                item
            });
            kept.insert(key, item);
        }
        Ok(Committed::Done)
    }
}

fn updated_item(mut item: Item, attributes: &Attributes) -> Item {
    for (name, number) in &attributes.set {
        item.insert(name.clone(), AttributeValue::N(number.to_string()));
    }
    for (name, by) in &attributes.add {
        let was = item.get(name).and_then(|value| value.as_n().ok()).and_then(|n| n.parse::<i64>().ok());
        item.insert(name.clone(), AttributeValue::N(was.unwrap_or(0).saturating_add(*by).to_string()));
    }
    for (name, numbers) in &attributes.include {
        let set: BTreeSet<u64> = number_set(Some(&item), name).into_iter().chain(numbers.iter().copied()).collect();
        item.insert((*name).to_owned(), AttributeValue::Ns(set.iter().map(u64::to_string).collect()));
    }
    item
}
