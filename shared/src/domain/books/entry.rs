//! Entries of the tenant's short lists: list, read, create, update, delete, whatever they are. They belong to no
//! reseller.

use crate::domain::books::entries::List;
use crate::domain::books::record::{Books, MOST_ENTRIES, Meta};
use crate::machinery::changes::Changes;
use crate::machinery::operation::{Context, Done};
use crate::words::error::{Error, Result, Rule};
use crate::words::page::Page;

/// What a change says of an entry's name.
pub(super) trait Named: Send + Sync {
    /// The name; needed to make one.
    fn name(&self) -> Option<&str>;
}

/// A kind of entry.
pub(super) trait Entry: Clone + PartialEq + Send + Sync {
    /// What makes and changes one.
    type Change: Named;
    const ENTITY: &'static str;
    const EVENTS: [&'static str; 3];
    fn all(books: &mut Books) -> &mut Vec<Self>;
    fn meta(&self) -> &Meta;
    fn meta_mut(&mut self) -> &mut Meta;
    fn made(meta: Meta, change: &Self::Change) -> Result<Self>;
    fn apply(&mut self, change: &Self::Change) -> Result<()>;
    fn wanted(&self, _: &List) -> bool {
        true
    }
    /// The highest id that is taken though no entry has it.
    fn reserved(_: &Books) -> u64 {
        0
    }
}

pub(super) async fn search<E: Entry>(cx: &Context, list: &List) -> Result<Done<Page<E>>> {
    let mut books = Books::own(cx).await?;
    let mut rows = std::mem::take(E::all(&mut books));
    let named = |meta: &Meta| {
        list.ids.as_ref().is_none_or(|ids| ids.contains(&meta.id))
            && list.search.as_ref().is_none_or(|pattern| pattern.matches(&meta.name))
    };
    rows.retain(|entry| !entry.meta().deleted && named(entry.meta()) && entry.wanted(list));
    Ok(Done::read(Page::cut(rows, list.window)))
}

pub(super) async fn get<E: Entry>(cx: &Context, id: u64) -> Result<Done<E>> {
    let mut books = Books::own(cx).await?;
    find::<E>(&mut books, id).map(|entry| Done::read(entry.clone()))
}

fn find<E: Entry>(books: &mut Books, id: u64) -> Result<&mut E> {
    let found = E::all(books).iter_mut().find(|entry| entry.meta().id == id && !entry.meta().deleted);
    found.ok_or_else(|| Error::not_found(E::ENTITY, id))
}

/// Names are unique among the entries of a kind, in any case.
pub(super) fn is_free<'m>(metas: impl IntoIterator<Item = &'m Meta>, id: u64, name: &str) -> Result<()> {
    let taken = |meta: &Meta| meta.id != id && !meta.deleted && meta.name.to_lowercase() == name.to_lowercase();
    if metas.into_iter().any(taken) { Err(Error::field("name", Rule::Taken)) } else { Ok(()) }
}

/// The id of the next entry.
pub(super) fn next_id<'m>(metas: impl IntoIterator<Item = &'m Meta>) -> Result<u64> {
    let (count, last) = metas.into_iter().fold((0, 0), |(count, last), meta| (count + 1, meta.id.max(last)));
    if count >= MOST_ENTRIES {
        return Err(Error::refused("too_many_entries", format!("A tenant has at most {MOST_ENTRIES} of them")));
    }
    Ok(last + 1)
}

pub(super) async fn create<E: Entry>(cx: &Context, change: &E::Change) -> Result<Done<E>> {
    let mut books = Books::own(cx).await?;
    let reserved = E::reserved(&books);
    let all = E::all(&mut books);
    let name = change.name().unwrap_or_default().trim();
    is_free(all.iter().map(E::meta), 0, name)?;
    let made = E::made(Meta::new(next_id(all.iter().map(E::meta))?.max(reserved + 1), name, cx.now), change)?;
    all.push(made.clone());
    done(cx, books, E::EVENTS[0], made)
}

pub(super) async fn update<E: Entry>(cx: &Context, (id, change): &(u64, E::Change)) -> Result<Done<E>> {
    let mut books = Books::own(cx).await?;
    let before = find::<E>(&mut books, *id)?.clone();
    if let Some(name) = change.name() {
        is_free(E::all(&mut books).iter().map(E::meta), *id, name.trim())?;
    }
    let entry = find::<E>(&mut books, *id)?;
    entry.apply(change)?;
    if let Some(name) = change.name() {
        entry.meta_mut().name = name.trim().to_owned();
    }
    if *entry == before {
        return Ok(Done::read(before));
    }
    let after = touched(entry, cx);
    done(cx, books, E::EVENTS[1], after)
}

pub(super) async fn delete<E: Entry>(cx: &Context, id: u64) -> Result<Done<u64>> {
    let mut books = Books::own(cx).await?;
    let entry = find::<E>(&mut books, id)?;
    entry.meta_mut().deleted = true;
    let gone = touched(entry, cx);
    let Done { changes, .. } = done(cx, books, E::EVENTS[2], gone)?;
    Ok(Done::changed(1, changes))
}

fn touched<E: Entry>(entry: &mut E, cx: &Context) -> E {
    entry.meta_mut().touch(cx.now);
    entry.clone()
}

fn done<E: Entry>(cx: &Context, books: Books, event: &'static str, entry: E) -> Result<Done<E>> {
    let mut changes = Changes::default();
    books.save(cx, &mut changes)?;
    changes.tell(event, entry.meta().id, entry.meta().version);
    Ok(Done::changed(entry, changes))
}
