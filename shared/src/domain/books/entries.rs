//! Categories, tax rates and departments: list, read, create, update, delete. They belong to no reseller.

use rust_decimal::Decimal;

use crate::domain::books::entry::{Entry, Named, create, delete, get, search, update};
use crate::domain::books::record::{Books, Category, Department, Direction, Meta, TaxRate};
use crate::domain::books::vat::VatCategory;
use crate::domain::documents::sums::percent_fault;
use crate::machinery::operation::{Op, Scope};
use crate::words::error::{Error, Result, Rule};
use crate::words::page::{Page, Window};
use crate::words::patch::Patch;
use crate::words::pattern::Pattern;

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
    /// Only these ids.
    pub ids: Option<Vec<u64>>,
    /// Only those whose name matches.
    pub search: Option<Pattern>,
    /// Only tax rates of these profiles; none filters nothing.
    pub profiles: Vec<u64>,
}

impl List {
    /// All of a kind.
    pub fn all(window: Window) -> Self {
        Self { window, direction: None, ids: None, search: None, profiles: Vec::new() }
    }
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
    /// In what order a tax rate is charged beside others of its profile.
    pub priority: Option<i64>,
    /// A tax rate's VAT category.
    pub category: Option<VatCategory>,
    /// Why a tax rate of 0 charges nothing.
    pub exemption: Option<String>,
}

impl Named for Change {
    fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }
}

impl Entry for Category {
    type Change = Change;
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
    type Change = Change;
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
        let profile = change.profile.value().copied();
        let (category, exemption) = (change.category, change.exemption.clone());
        let priority = change.priority.unwrap_or_default();
        let made = Self { meta, percent: rate(percent)?, profile, priority, category, exemption };
        made.agrees().map(|()| made)
    }
    fn apply(&mut self, change: &Change) -> Result<()> {
        // Documents refer to it: what their taxes were must not change after the fact.
        self.category = first(self.category, change.category, "category")?;
        self.exemption = first(self.exemption.take(), change.exemption.clone(), "exemption_reason")?;
        self.percent = rate(change.percent.unwrap_or(self.percent))?;
        self.agrees()?;
        change.profile.clone().apply(&mut self.profile);
        self.priority = change.priority.unwrap_or(self.priority);
        Ok(())
    }
    fn wanted(&self, list: &List) -> bool {
        list.profiles.is_empty() || self.profile.is_some_and(|profile| list.profiles.contains(&profile))
    }
}

impl Entry for Department {
    type Change = Change;
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

impl TaxRate {
    /// Refuses a category that does not go with the percent.
    fn agrees(&self) -> Result<()> {
        let standard = self.category.map(|category| category == VatCategory::Standard);
        if standard.is_some_and(|standard| standard == self.percent.is_zero()) {
            return Err(Error::field("category", Rule::Contradicts));
        }
        Ok(())
    }
}

/// What was said first, unless something else is said now.
fn first<T: PartialEq>(was: Option<T>, now: Option<T>, field: &str) -> Result<Option<T>> {
    if was.is_some() && now.is_some() && was != now {
        return Err(Error::field(field, Rule::ReadOnly));
    }
    Ok(was.or(now))
}

/// A rate's percent, or what is wrong with it.
fn rate(percent: Decimal) -> Result<Decimal> {
    let percent = percent.normalize();
    match percent_fault(percent) {
        None => Ok(percent),
        Some(broken) => Err(Error::field("percent", broken)),
    }
}
