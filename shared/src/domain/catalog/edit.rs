//! Create, read, change and delete records that need little more than that.

use crate::domain::records::{Drawer, List, Record, Stamps, find, put, remove, search, taken};
use crate::domain::tenants::TenantRecord;
use crate::machinery::changes::Changes;
use crate::machinery::keys::Entity;
use crate::machinery::operation::{Context, Done, Working};
use crate::words::error::{Error, Result, Told, Violation};
use crate::words::page::Page;

/// A record that is made and changed by one kind of change.
pub trait Editable: Record {
    /// What can be said of it: what is not mentioned stays.
    type Change: Clone + Send + Sync + 'static;
    /// Further ids that a change may draw.
    const DRAWS: &'static [Entity] = &[];
    /// What happened when it was made, changed and deleted.
    const EVENTS: [&'static str; 3];

    /// A record of which nothing is known yet.
    fn blank(cx: &Context, tenant: &TenantRecord, stamps: Stamps, change: &Self::Change) -> Self;

    /// Apply a change; everything that is wrong with it.
    fn apply(&mut self, cx: &Context, tenant: &TenantRecord, change: &Self::Change, ids: &mut Drawer)
    -> Vec<Violation>;

    /// What a change refers to and is not there.
    fn dangling<'a>(
        _cx: &'a Context,
        _tenant: &'a TenantRecord,
        _change: &'a Self::Change,
    ) -> Working<'a, Vec<Violation>> {
        Box::pin(async { Ok(Vec::new()) })
    }

    /// What is wrong with how it stands among the others after a change; before it was made there is no `before`.
    fn among<'a>(
        &'a self,
        _cx: &'a Context,
        _tenant: &'a TenantRecord,
        _before: Option<&'a Self>,
    ) -> Working<'a, Vec<Violation>> {
        Box::pin(async { Ok(Vec::new()) })
    }

    /// Why it cannot be deleted, in one sentence; nothing when it can.
    fn in_use<'a>(&'a self, _cx: &'a Context) -> Working<'a, Option<String>> {
        Box::pin(async { Ok(None) })
    }
}

/// Make a record.
pub async fn create<R: Editable>(cx: &Context, change: &R::Change) -> Result<Done<R>> {
    let tenant = crate::domain::tenants::own(cx).await?;
    let entities: Vec<Entity> = [R::ENTITY].iter().chain(R::DRAWS).copied().collect();
    let mut ids = Drawer::open(cx, &entities).await?;
    let stamps = Stamps::new(ids.next(R::ENTITY), cx.now);
    let mut made = R::blank(cx, &tenant, stamps, change);
    refuse(faults(cx, &tenant, None, &mut made, change, &mut ids).await?)?;
    let mut changes = Changes::default();
    ids.into_changes(cx, &mut changes);
    let made = put(cx, &mut changes, None, made, R::EVENTS[0])?;
    Ok(Done::changed(made, changes))
}

/// Change a record.
pub async fn update<R: Editable>(cx: &Context, (id, change): &(u64, R::Change)) -> Result<Done<R>> {
    let (tenant, before) = find::<R>(cx, *id).await?;
    let mut ids = if R::DRAWS.is_empty() { Drawer::default() } else { Drawer::open(cx, R::DRAWS).await? };
    let mut after = before.clone();
    refuse(faults(cx, &tenant, Some(&before), &mut after, change, &mut ids).await?)?;
    if after == before {
        return Ok(Done::read(before));
    }
    let mut changes = Changes::default();
    ids.into_changes(cx, &mut changes);
    let after = put(cx, &mut changes, Some(&before), after, R::EVENTS[1])?;
    Ok(Done::changed(after, changes))
}

/// Apply a change; everything that is wrong with it. A value that somebody else has is looked for only beside
/// other faults: alone, the condition of the commit finds it.
async fn faults<R: Editable>(
    cx: &Context,
    tenant: &TenantRecord,
    before: Option<&R>,
    record: &mut R,
    change: &R::Change,
    ids: &mut Drawer,
) -> Result<Vec<Violation>> {
    let mut found = R::dangling(cx, tenant, change).await?;
    found.extend(record.apply(cx, tenant, change, ids));
    found.extend(record.among(cx, tenant, before).await?);
    if !found.is_empty() {
        found.extend(taken(cx, before, record).await?);
    }
    Ok(found)
}

/// Delete a record that nothing needs; the number of records deleted.
pub async fn delete<R: Editable>(cx: &Context, id: u64) -> Result<Done<u64>> {
    let (_, record) = find::<R>(cx, id).await?;
    if let Some(why) = record.in_use(cx).await? {
        return Err(Error::refused("in_use", why));
    }
    let mut changes = Changes::default();
    remove(cx, &mut changes, &record, R::EVENTS[2])?;
    Ok(Done::changed(1, changes))
}

/// Read a record.
pub async fn get<R: Record>(cx: &Context, id: u64) -> Result<Done<R>> {
    Ok(Done::read(find::<R>(cx, id).await?.1))
}

/// List records.
pub async fn list<R: Record>(cx: &Context, list: &List) -> Result<Done<Page<R>>> {
    Ok(Done::read(search::<R>(cx, list).await?.1))
}

/// Refuses when anything was found wrong.
pub fn refuse(found: Vec<Violation>) -> Result<()> {
    if found.is_empty() { Ok(()) } else { Err(Error::told(Told::Invalid(found))) }
}

/// What is wrong beside the fields that were read wrong: for [`also`](crate::machinery::operation::Op::also).
pub fn also<'a, R: Editable>(cx: &'a Context, change: &'a R::Change) -> Working<'a, Vec<Violation>> {
    Box::pin(async move {
        let tenant = crate::domain::tenants::own(cx).await?;
        let mut record = R::blank(cx, &tenant, Stamps::new(0, cx.now), change);
        let mut found = faults(cx, &tenant, None, &mut record, change, &mut Drawer::default()).await?;
        if found.is_empty() {
            found = taken(cx, None, &record).await?;
        }
        Ok(found)
    })
}

/// The same for a change of a record that is there.
pub fn also_update<'a, R: Editable>(
    cx: &'a Context,
    (id, change): &'a (u64, R::Change),
) -> Working<'a, Vec<Violation>> {
    Box::pin(async move {
        let (tenant, before) = find::<R>(cx, *id).await?;
        let mut record = before.clone();
        let mut found = faults(cx, &tenant, Some(&before), &mut record, change, &mut Drawer::default()).await?;
        if found.is_empty() {
            found = taken(cx, Some(&before), &record).await?;
        }
        Ok(found)
    })
}

/// The five operations of a kind of record, as statics.
macro_rules! operations {
    ($record:ty, $scope:expr, $name:literal, [$search:ident, $get:ident, $create:ident, $update:ident, $delete:ident]) => {
        operations!($record, $scope, $name, $name, [$search, $get, $create, $update, $delete]);
    };
    ($record:ty, $scope:expr, $name:literal, $entity:literal, [$search:ident, $get:ident, $create:ident, $update:ident, $delete:ident]) => {
        #[doc = concat!("List: ", $name, "s.")]
        pub static $search: crate::machinery::operation::Op<
            crate::domain::records::List,
            crate::words::page::Page<$record>,
        > = crate::machinery::operation::Op::read(concat!($name, "s.search"), $entity, $scope, |cx, list| {
            Box::pin(crate::domain::catalog::edit::list::<$record>(cx, list))
        });
        #[doc = concat!("Read one: ", $name, ".")]
        pub static $get: crate::machinery::operation::Op<u64, $record> =
            crate::machinery::operation::Op::read(concat!($name, "s.get"), $entity, $scope, |cx, id| {
                Box::pin(crate::domain::catalog::edit::get::<$record>(cx, *id))
            });
        #[doc = concat!("Make one: ", $name, ".")]
        pub static $create: crate::machinery::operation::Op<
            <$record as crate::domain::catalog::edit::Editable>::Change,
            $record,
        > = crate::machinery::operation::Op::write(concat!($name, "s.create"), $entity, $scope, |cx, change| {
            Box::pin(crate::domain::catalog::edit::create::<$record>(cx, change))
        })
        .also(crate::domain::catalog::edit::also::<$record>);
        #[doc = concat!("Change one: ", $name, ".")]
        pub static $update: crate::machinery::operation::Op<
            (u64, <$record as crate::domain::catalog::edit::Editable>::Change),
            $record,
        > = crate::machinery::operation::Op::write(concat!($name, "s.update"), $entity, $scope, |cx, input| {
            Box::pin(crate::domain::catalog::edit::update::<$record>(cx, input))
        })
        .also(crate::domain::catalog::edit::also_update::<$record>);
        #[doc = concat!("Delete one: ", $name, "; the number deleted.")]
        pub static $delete: crate::machinery::operation::Op<u64, u64> =
            crate::machinery::operation::Op::write(concat!($name, "s.delete"), $entity, $scope, |cx, id| {
                Box::pin(crate::domain::catalog::edit::delete::<$record>(cx, *id))
            });
    };
}
pub(crate) use operations;
