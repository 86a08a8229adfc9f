//! Categories, tax rates and departments: list, read, create, update, delete. They belong to no reseller.

use rust_decimal::Decimal;

use crate::domain::books::record::{Books, Category, Department, Direction, MOST_ENTRIES, Meta, TaxRate};
use crate::domain::documents::sums::percent_fault;
use crate::machinery::changes::Changes;
use crate::machinery::operation::{Context, Done, Op, Scope};
use crate::words::error::{Error, Result, Rule};
use crate::words::page::{Page, Window};
use crate::words::patch::Patch;

/// List categories.
pub static CATEGORIES: Op<List, Page<Category>> =
    Op::read("categories.search", "category", Scope::Tenant, |cx, list| Box::pin(search::<Category>(cx, list)));
/// Read a category.
pub static CATEGORY: Op<u64, Category> =
    Op::read("categories.get", "category", Scope::Tenant, |cx, id| Box::pin(get::<Category>(cx, *id)));
/// Make a category.
pub static CREATE_CATEGORY: Op<Change, Category> =
    Op::write("categories.create", "category", Scope::Tenant, |cx, new| Box::pin(create::<Category>(cx, new)));
/// Change a category.
pub static UPDATE_CATEGORY: Op<(u64, Change), Category> =
    Op::write("categories.update", "category", Scope::Tenant, |cx, input| Box::pin(update::<Category>(cx, input)));
/// Delete a category.
pub static DELETE_CATEGORY: Op<u64, u64> =
    Op::write("categories.delete", "category", Scope::Tenant, |cx, id| Box::pin(delete::<Category>(cx, *id)));

/// List tax rates.
pub static TAX_RATES: Op<List, Page<TaxRate>> =
    Op::read("tax_rates.search", "tax_rate", Scope::Tenant, |cx, list| Box::pin(search::<TaxRate>(cx, list)));
/// Read a tax rate.
pub static TAX_RATE: Op<u64, TaxRate> =
    Op::read("tax_rates.get", "tax_rate", Scope::Tenant, |cx, id| Box::pin(get::<TaxRate>(cx, *id)));
/// Make a tax rate.
pub static CREATE_TAX_RATE: Op<Change, TaxRate> =
    Op::write("tax_rates.create", "tax_rate", Scope::Tenant, |cx, new| Box::pin(create::<TaxRate>(cx, new)));
/// Change a tax rate. Documents keep the rate they were made with.
pub static UPDATE_TAX_RATE: Op<(u64, Change), TaxRate> =
    Op::write("tax_rates.update", "tax_rate", Scope::Tenant, |cx, input| Box::pin(update::<TaxRate>(cx, input)));
/// Delete a tax rate.
pub static DELETE_TAX_RATE: Op<u64, u64> =
    Op::write("tax_rates.delete", "tax_rate", Scope::Tenant, |cx, id| Box::pin(delete::<TaxRate>(cx, *id)));

/// List departments.
pub static DEPARTMENTS: Op<List, Page<Department>> =
    Op::read("departments.search", "department", Scope::Tenant, |cx, list| Box::pin(search::<Department>(cx, list)));
/// Read a department.
pub static DEPARTMENT: Op<u64, Department> =
    Op::read("departments.get", "department", Scope::Tenant, |cx, id| Box::pin(get::<Department>(cx, *id)));
/// Make a department.
pub static CREATE_DEPARTMENT: Op<Change, Department> =
    Op::write("departments.create", "department", Scope::Tenant, |cx, new| Box::pin(create::<Department>(cx, new)));
/// Rename a department. Tickets keep the name they were made with.
pub static UPDATE_DEPARTMENT: Op<(u64, Change), Department> =
    Op::write("departments.update", "department", Scope::Tenant, |cx, input| Box::pin(update::<Department>(cx, input)));
/// Delete a department; its tickets keep its name.
pub static DELETE_DEPARTMENT: Op<u64, u64> =
    Op::write("departments.delete", "department", Scope::Tenant, |cx, id| Box::pin(delete::<Department>(cx, *id)));

/// Which entries to list.
#[derive(Debug, Clone)]
pub struct List {
    /// The window.
    pub window: Window,
    /// Only categories of this direction.
    pub direction: Option<Direction>,
}

/// What to make, or to change.
#[derive(Debug, Clone, Default)]
pub struct Change {
    /// The name; needed to make one.
    pub name: Option<String>,
    /// A category's direction; needed to make one.
    pub direction: Option<Direction>,
    /// A tax rate's percent; needed to make one.
    pub percent: Option<Decimal>,
    /// A tax rate's profile.
    pub profile: Patch<u64>,
}

/// A kind of entry.
trait Entry: Clone + PartialEq + Send + Sync {
    const ENTITY: &'static str;
    const EVENTS: [&'static str; 3];
    fn all(books: &mut Books) -> &mut Vec<Self>;
    fn meta(&self) -> &Meta;
    fn meta_mut(&mut self) -> &mut Meta;
    fn made(meta: Meta, change: &Change) -> Result<Self>;
    fn apply(&mut self, change: &Change) -> Result<()>;
    fn wanted(&self, _: &List) -> bool {
        true
    }
}

impl Entry for Category {
    const ENTITY: &'static str = "category";
    const EVENTS: [&'static str; 3] = ["category.created", "category.updated", "category.deleted"];
    fn all(books: &mut Books) -> &mut Vec<Self> {
        &mut books.categories
    }
    fn meta(&self) -> &Meta {
        &self.meta
    }
    fn meta_mut(&mut self) -> &mut Meta {
        &mut self.meta
    }
    fn made(meta: Meta, change: &Change) -> Result<Self> {
        let direction = change.direction.ok_or_else(|| Error::field("type", Rule::Required))?;
        Ok(Self { meta, direction })
    }
    fn apply(&mut self, change: &Change) -> Result<()> {
        if change.direction.is_some_and(|direction| direction != self.direction) {
            return Err(Error::field("type", Rule::ReadOnly));
        }
        Ok(())
    }
    fn wanted(&self, list: &List) -> bool {
        list.direction.is_none_or(|direction| direction == self.direction)
    }
}

impl Entry for TaxRate {
    const ENTITY: &'static str = "tax_rate";
    const EVENTS: [&'static str; 3] = ["tax_rate.created", "tax_rate.updated", "tax_rate.deleted"];
    fn all(books: &mut Books) -> &mut Vec<Self> {
        &mut books.tax_rates
    }
    fn meta(&self) -> &Meta {
        &self.meta
    }
    fn meta_mut(&mut self) -> &mut Meta {
        &mut self.meta
    }
    fn made(meta: Meta, change: &Change) -> Result<Self> {
        let percent = change.percent.ok_or_else(|| Error::field("percent", Rule::Required))?;
        Ok(Self { meta, percent: rate(percent)?, profile: change.profile.value().copied() })
    }
    fn apply(&mut self, change: &Change) -> Result<()> {
        self.percent = rate(change.percent.unwrap_or(self.percent))?;
        change.profile.clone().apply(&mut self.profile);
        Ok(())
    }
}

impl Entry for Department {
    const ENTITY: &'static str = "department";
    const EVENTS: [&'static str; 3] = ["department.created", "department.updated", "department.deleted"];
    fn all(books: &mut Books) -> &mut Vec<Self> {
        &mut books.departments
    }
    fn meta(&self) -> &Meta {
        &self.meta
    }
    fn meta_mut(&mut self) -> &mut Meta {
        &mut self.meta
    }
    fn made(meta: Meta, _: &Change) -> Result<Self> {
        Ok(Self { meta })
    }
    fn apply(&mut self, _: &Change) -> Result<()> {
        Ok(())
    }
}

/// A rate's percent, or what is wrong with it.
fn rate(percent: Decimal) -> Result<Decimal> {
    let percent = percent.normalize();
    match percent_fault(percent) {
        None => Ok(percent),
        Some(broken) => Err(Error::field("percent", broken)),
    }
}

async fn search<E: Entry>(cx: &Context, list: &List) -> Result<Done<Page<E>>> {
    let mut books = Books::own(cx).await?;
    let mut rows = std::mem::take(E::all(&mut books));
    rows.retain(|entry| !entry.meta().deleted && entry.wanted(list));
    Ok(Done::read(Page::cut(rows, list.window)))
}

async fn get<E: Entry>(cx: &Context, id: u64) -> Result<Done<E>> {
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

async fn create<E: Entry>(cx: &Context, change: &Change) -> Result<Done<E>> {
    let mut books = Books::own(cx).await?;
    let all = E::all(&mut books);
    let name = change.name.as_deref().unwrap_or_default().trim();
    is_free(all.iter().map(E::meta), 0, name)?;
    let made = E::made(Meta::new(next_id(all.iter().map(E::meta))?, name, cx.now), change)?;
    all.push(made.clone());
    done(cx, books, E::EVENTS[0], made)
}

async fn update<E: Entry>(cx: &Context, (id, change): &(u64, Change)) -> Result<Done<E>> {
    let mut books = Books::own(cx).await?;
    let before = find::<E>(&mut books, *id)?.clone();
    if let Some(name) = &change.name {
        is_free(E::all(&mut books).iter().map(E::meta), *id, name.trim())?;
    }
    let entry = find::<E>(&mut books, *id)?;
    entry.apply(change)?;
    if let Some(name) = &change.name {
        entry.meta_mut().name = name.trim().to_owned();
    }
    if *entry == before {
        return Ok(Done::read(before));
    }
    let after = touched(entry, cx);
    done(cx, books, E::EVENTS[1], after)
}

async fn delete<E: Entry>(cx: &Context, id: u64) -> Result<Done<u64>> {
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
