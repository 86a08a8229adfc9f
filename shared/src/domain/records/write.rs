//! Writing records: ids, rows, index rows, claims and events, as changes of one commit.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::domain::records::{Claim, Record};
use crate::machinery::changes::Changes;
use crate::machinery::keys::{self, Entity, Key};
use crate::machinery::listing;
use crate::machinery::operation::Context;
use crate::machinery::store::{Item, number_of};
use crate::words::error::{Error, Result, Rule, Violation};

/// The attribute that counts the bearers of a value.
pub(crate) const BEARERS: &str = "bearers";

/// A record as its row: id and version also stand where the conditions of commits look for them.
#[derive(Serialize)]
struct Row<'r, R> {
    id: u64,
    version: u64,
    #[serde(flatten)]
    record: &'r R,
}

impl<'r, R: Record> Row<'r, R> {
    fn of(record: &'r R) -> Self {
        Self { id: record.stamps().id, version: record.stamps().version, record }
    }
}

/// Draws ids for one commit: by entity the last one known, where it was read, and how many were drawn here.
#[derive(Debug, Default)]
pub struct Drawer(BTreeMap<&'static str, (Entity, Option<u64>, u64)>);

impl Drawer {
    /// The keys this is read from; [`Drawer::of`] wants their items in this order.
    pub fn keys(cx: &Context, entities: &[Entity]) -> Vec<Key> {
        entities.iter().map(|entity| keys::sequence(cx.tenant(), *entity)).collect()
    }

    /// From the items of [`Drawer::keys`].
    pub fn of(entities: &[Entity], items: impl Iterator<Item = Option<Item>>) -> Self {
        let last = entities.iter().zip(items).map(|(entity, item)| (*entity, number_of(item.as_ref(), "last")));
        Self(last.map(|(entity, last)| (entity.0, (entity, Some(last), 0))).collect())
    }

    /// Read the last ids of some entities. One call.
    pub async fn open(cx: &Context, entities: &[Entity]) -> Result<Self> {
        let items = cx.store.get_items(&Self::keys(cx, entities)).await?;
        Ok(Self::of(entities, items.into_iter()))
    }

    /// The last id that was drawn before.
    pub fn last(&self, entity: Entity) -> u64 {
        self.0.get(entity.0).and_then(|(_, last, _)| *last).unwrap_or(0)
    }

    /// The next id of an entity that was read. Of one that was not, it serves for looking at faults only: its draw
    /// cannot be committed.
    pub fn next(&mut self, entity: Entity) -> u64 {
        let (_, last, drawn) = self.0.entry(entity.0).or_insert((entity, None, 0));
        *drawn += 1;
        last.unwrap_or(0) + *drawn
    }

    /// The draws as changes.
    pub fn into_changes(self, cx: &Context, changes: &mut Changes) {
        for (entity, last, drawn) in self.0.into_values().filter(|(_, _, drawn)| *drawn > 0) {
            match last {
                Some(last) => listing::draw(changes, cx, entity, last, drawn),
                None => changes.refuse(|| format!("an id of {} is wanted, whose sequence was not read", entity.0)),
            }
        }
    }
}

/// Put a record back, or in for the first time; as it will stand then. What did not change is not written.
pub fn put<R: Record>(
    cx: &Context,
    changes: &mut Changes,
    before: Option<&R>,
    mut after: R,
    event: &'static str,
) -> Result<R> {
    if before == Some(&after) {
        return Ok(after);
    }
    let t = cx.tenant();
    let id = after.stamps().id;
    let was = before.map_or(0, |before| before.stamps().version);
    let stamps = after.stamps_mut();
    (stamps.updated_at, stamps.version) = (cx.now, was + 1);
    let key = keys::row(t, R::ENTITY, id);
    if before.is_some() {
        changes.replace(key, &Row::of(&after), was)?;
    } else {
        changes.insert(key, &Row::of(&after))?;
    }
    let row = after.index_row();
    let old = before.map(Record::index_row);
    if old.as_ref() != Some(&row) {
        for of in partitions(row.customer) {
            changes.write(keys::record_index_row(t, R::ENTITY, of, id), &row)?;
        }
    }
    let (left, taken) = (before.map(Record::claims).unwrap_or_default(), after.claims());
    claim(cx, changes, &left, &taken);
    changes.tell(event, id, was + 1);
    Ok(after)
}

/// A record as a fixture brings it, with an id of its own: written whatever stood there.
pub fn load<R: Record>(cx: &Context, changes: &mut Changes, mut record: R) -> Result<()> {
    let t = cx.tenant();
    let id = record.stamps().id;
    record.stamps_mut().version = 1;
    changes.write(keys::row(t, R::ENTITY, id), &Row::of(&record))?;
    let row = record.index_row();
    for of in partitions(row.customer) {
        changes.write(keys::record_index_row(t, R::ENTITY, of, id), &row)?;
    }
    for claim in record.claims() {
        changes.write(keys::claim(t, claim.what, &claim.value), &BTreeMap::from([(BEARERS, 1)]))?;
    }
    Ok(())
}

/// The ids that a fixture brought: the last one is the sequence's, and those it left out are holes.
pub fn load_ids(cx: &Context, changes: &mut Changes, entity: Entity, ids: &[u64]) -> Result<()> {
    let Some(last) = ids.iter().max() else { return Ok(()) };
    changes.write(keys::sequence(cx.tenant(), entity), &BTreeMap::from([("last", last)]))?;
    let gone: Vec<u64> = (1..=*last).filter(|id| !ids.contains(id)).collect();
    if !gone.is_empty() {
        listing::make_holes(changes, cx, entity, &gone);
    }
    Ok(())
}

/// Take a record away. It is kept for what refers to it, and found by nobody else.
pub fn remove<R: Record>(cx: &Context, changes: &mut Changes, record: &R, event: &'static str) -> Result<()> {
    let mut removal = Removal::default();
    removal.take(cx, changes, record, event)?;
    removal.into_changes(cx, changes);
    Ok(())
}

/// Takes several records away in one commit.
#[derive(Debug, Default)]
pub struct Removal(BTreeMap<&'static str, (Entity, Vec<u64>)>);

impl Removal {
    /// Take one away.
    pub fn take<R: Record>(
        &mut self,
        cx: &Context,
        changes: &mut Changes,
        record: &R,
        event: &'static str,
    ) -> Result<()> {
        let t = cx.tenant();
        let (id, version) = (record.stamps().id, record.stamps().version);
        changes.delete(keys::row(t, R::ENTITY, id), version);
        changes.write(keys::deleted(t, R::ENTITY, id), &Row::of(record))?;
        for of in partitions(record.index_row().customer) {
            changes.erase(keys::record_index_row(t, R::ENTITY, of, id));
        }
        claim(cx, changes, &record.claims(), &[]);
        changes.tell(event, id, version + 1);
        self.0.entry(R::ENTITY.0).or_insert_with(|| (R::ENTITY, Vec::new())).1.push(id);
        Ok(())
    }

    /// The holes they leave, as changes.
    pub fn into_changes(self, cx: &Context, changes: &mut Changes) {
        for (entity, ids) in self.0.into_values() {
            listing::make_holes(changes, cx, entity, &ids);
        }
    }
}

fn partitions(customer: Option<u64>) -> Vec<Option<u64>> {
    let mut all = vec![None];
    all.extend(customer.map(Some));
    all
}

/// Leave what is no longer borne, and take what is new, which must be free.
fn claim(cx: &Context, changes: &mut Changes, left: &[Claim], taken: &[Claim]) {
    let key = |claim: &Claim| keys::claim(cx.tenant(), claim.what, &claim.value);
    let among = |claim: &Claim, others: &[Claim]| others.iter().any(|other| key(other) == key(claim));
    for old in left.iter().filter(|old| !among(old, taken)) {
        changes.add(key(old), vec![(BEARERS.to_owned(), -1)]);
    }
    for new in taken.iter().filter(|new| !among(new, left)) {
        changes.add_to_none(key(new), BEARERS, 1, Error::field(new.field, Rule::Taken));
    }
}

/// Which values that only one record may bear somebody else bears already. For telling of all faults at once;
/// what decides is the condition in the commit.
pub async fn taken<R: Record>(cx: &Context, before: Option<&R>, after: &R) -> Result<Vec<Violation>> {
    let own = before.map(Record::claims).unwrap_or_default();
    let same =
        |one: &Claim, other: &Claim| one.what == other.what && one.value.to_lowercase() == other.value.to_lowercase();
    let mut new = after.claims();
    new.retain(|claim| !claim.value.is_empty() && !own.iter().any(|own| same(own, claim)));
    if new.is_empty() {
        return Ok(Vec::new());
    }
    let keys: Vec<Key> = new.iter().map(|claim| keys::claim(cx.tenant(), claim.what, &claim.value)).collect();
    let borne = cx.store.get_items(&keys).await?;
    let found = new.into_iter().zip(borne).filter(|(_, item)| number_of(item.as_ref(), BEARERS) > 0);
    Ok(found.map(|(claim, _)| Violation { field: claim.field.to_owned(), rule: Rule::Taken }).collect())
}
