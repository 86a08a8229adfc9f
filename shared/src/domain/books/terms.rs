//! Payment terms and tax profiles (contract jerasoft §4.8): list, read, create, update, delete.
//!
//! A term says how long after its date a customer's invoice is due. A profile is a set of tax rates, which bear its
//! id; a customer with the profile is charged all of them. Rates of a profile that nobody made as such are still a
//! profile: its number is known, and nothing else.

use serde::{Deserialize, Serialize};

use crate::domain::books::entries::List;
use crate::domain::books::entry::{Entry, Named, create, delete, get, search, update};
use crate::domain::books::record::{Books, Meta};
use crate::machinery::operation::{Context, Done, Op, Scope};
use crate::words::error::{Error, Result};
use crate::words::page::Page;
use crate::words::patch::Patch;

/// List payment terms.
pub static TERMS: Op<List, Page<PaymentTerm>> =
    Op::read("payment_terms.search", "payment_term", Scope::Tenant, |cx, list| {
        Box::pin(search::<PaymentTerm>(cx, list))
    });
/// Read payment terms.
pub static TERM: Op<u64, PaymentTerm> =
    Op::read("payment_terms.get", "payment_term", Scope::Tenant, |cx, id| Box::pin(get::<PaymentTerm>(cx, *id)));
/// Make payment terms.
pub static CREATE_TERM: Op<TermChange, PaymentTerm> =
    Op::write("payment_terms.create", "payment_term", Scope::Tenant, |cx, new| {
        Box::pin(create::<PaymentTerm>(cx, new))
    });
/// Change payment terms. Invoices keep the day on which they are due.
pub static UPDATE_TERM: Op<(u64, TermChange), PaymentTerm> =
    Op::write("payment_terms.update", "payment_term", Scope::Tenant, |cx, input| {
        Box::pin(update::<PaymentTerm>(cx, input))
    });
/// Delete payment terms; customers that have them are billed as if they had none.
pub static DELETE_TERM: Op<u64, u64> =
    Op::write("payment_terms.delete", "payment_term", Scope::Tenant, |cx, id| Box::pin(delete::<PaymentTerm>(cx, *id)));

/// List tax profiles.
pub static PROFILES: Op<List, Page<TaxProfile>> =
    Op::read("tax_profiles.search", "tax_profile", Scope::Tenant, |cx, list| Box::pin(profiles(cx, list)));
/// Read a tax profile.
pub static PROFILE: Op<u64, TaxProfile> =
    Op::read("tax_profiles.get", "tax_profile", Scope::Tenant, |cx, id| Box::pin(profile(cx, *id)));
/// Make a tax profile.
pub static CREATE_PROFILE: Op<ProfileChange, TaxProfile> =
    Op::write("tax_profiles.create", "tax_profile", Scope::Tenant, |cx, new| Box::pin(create::<TaxProfile>(cx, new)));
/// Change a tax profile.
pub static UPDATE_PROFILE: Op<(u64, ProfileChange), TaxProfile> =
    Op::write("tax_profiles.update", "tax_profile", Scope::Tenant, |cx, input| {
        Box::pin(update::<TaxProfile>(cx, input))
    });
/// Delete a tax profile without rates.
pub static DELETE_PROFILE: Op<u64, u64> =
    Op::write("tax_profiles.delete", "tax_profile", Scope::Tenant, |cx, id| Box::pin(delete_profile(cx, *id)));

/// How the days of payment terms are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// An invoice every so many days.
    #[default]
    Every,
    /// One on this day of each month, 28 at most.
    On,
}

/// Payment terms.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentTerm {
    /// Id, name and dates.
    pub meta: Meta,
    /// How the days are meant.
    pub mode: Mode,
    /// Days between invoices, or the day of the month.
    pub days: u32,
    /// Days after its date on which an invoice is due.
    pub grace_period: u32,
    /// Days before that day on which the customer is reminded; kept, and not acted upon.
    pub notify_before: Vec<u64>,
    /// Days after it; kept, and not acted upon.
    pub notify_after: Vec<u64>,
}

/// The last day of every month (contract jerasoft §4.8).
const LAST_DAY: u32 = 28;

/// Payment terms to make, or what to change of some.
#[derive(Debug, Clone, Default)]
pub struct TermChange {
    /// The name; needed to make some.
    pub name: Option<String>,
    /// How the days are meant.
    pub mode: Option<Mode>,
    /// Days between invoices, or the day of the month.
    pub days: Option<u32>,
    /// Days after its date on which an invoice is due.
    pub grace_period: Option<u32>,
    /// Days before that day.
    pub notify_before: Option<Vec<u64>>,
    /// Days after it.
    pub notify_after: Option<Vec<u64>>,
}

impl Named for TermChange {
    fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }
}

impl Entry for PaymentTerm {
    type Change = TermChange;
    const ENTITY: &'static str = "payment_term";
    const EVENTS: [&'static str; 3] = ["payment_term.created", "payment_term.updated", "payment_term.deleted"];
    fn all(books: &mut Books) -> &mut Vec<Self> {
        &mut books.payment_terms
    }
    fn meta(&self) -> &Meta {
        &self.meta
    }
    fn meta_mut(&mut self) -> &mut Meta {
        &mut self.meta
    }
    fn made(meta: Meta, change: &TermChange) -> Result<Self> {
        let (mode, lists) = (Mode::Every, Vec::new());
        let mut made =
            Self { meta, mode, days: 30, grace_period: 0, notify_before: lists.clone(), notify_after: lists };
        made.apply(change)?;
        Ok(made)
    }
    fn apply(&mut self, change: &TermChange) -> Result<()> {
        self.mode = change.mode.unwrap_or(self.mode);
        self.days = change.days.unwrap_or(self.days).max(1);
        if self.mode == Mode::On {
            self.days = self.days.min(LAST_DAY);
        }
        self.grace_period = change.grace_period.unwrap_or(self.grace_period);
        self.notify_before = change.notify_before.clone().unwrap_or_else(|| self.notify_before.clone());
        self.notify_after = change.notify_after.clone().unwrap_or_else(|| self.notify_after.clone());
        Ok(())
    }
}

/// A tax profile: a set of tax rates.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaxProfile {
    /// Id, name and dates.
    pub meta: Meta,
    /// The resellers it is for; none for all.
    pub resellers: Vec<u64>,
    /// Whether it is archived.
    pub archived: bool,
    /// What its invoices say at their end.
    pub invoice_notes: Option<String>,
    /// Notes of the staff.
    pub notes: Option<String>,
    /// Where it stands in lists that people choose from.
    pub sort_order: i64,
}

/// A tax profile to make, or what to change of one.
#[derive(Debug, Clone, Default)]
pub struct ProfileChange {
    /// The name; needed to make one.
    pub name: Option<String>,
    /// The resellers it is for.
    pub resellers: Option<Vec<u64>>,
    /// Whether it is archived.
    pub archived: Option<bool>,
    /// What its invoices say at their end.
    pub invoice_notes: Patch<String>,
    /// Notes of the staff.
    pub notes: Patch<String>,
    /// Where it stands in lists.
    pub sort_order: Option<i64>,
}

impl Named for ProfileChange {
    fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }
}

impl Entry for TaxProfile {
    type Change = ProfileChange;
    const ENTITY: &'static str = "tax_profile";
    const EVENTS: [&'static str; 3] = ["tax_profile.created", "tax_profile.updated", "tax_profile.deleted"];
    fn all(books: &mut Books) -> &mut Vec<Self> {
        &mut books.tax_profiles
    }
    fn meta(&self) -> &Meta {
        &self.meta
    }
    fn meta_mut(&mut self) -> &mut Meta {
        &mut self.meta
    }
    fn made(meta: Meta, change: &ProfileChange) -> Result<Self> {
        let mut made =
            Self { meta, resellers: Vec::new(), archived: false, invoice_notes: None, notes: None, sort_order: 0 };
        made.apply(change)?;
        Ok(made)
    }
    fn apply(&mut self, change: &ProfileChange) -> Result<()> {
        self.resellers = change.resellers.clone().unwrap_or_else(|| self.resellers.clone());
        self.archived = change.archived.unwrap_or(self.archived);
        change.invoice_notes.clone().apply(&mut self.invoice_notes);
        change.notes.clone().apply(&mut self.notes);
        self.sort_order = change.sort_order.unwrap_or(self.sort_order);
        Ok(())
    }
    fn reserved(books: &Books) -> u64 {
        books.tax_rates.iter().filter_map(|rate| rate.profile).max().unwrap_or(0)
    }
}

/// Profiles that rates bear the id of and nobody made as such.
fn implied(books: &Books) -> Vec<TaxProfile> {
    let made = |id: u64| books.tax_profiles.iter().any(|profile| profile.meta.id == id);
    let mut found: Vec<TaxProfile> = Vec::new();
    for rate in books.tax_rates.iter().filter(|rate| !rate.meta.deleted) {
        let Some(id) = rate.profile.filter(|id| !made(*id) && !found.iter().any(|one| one.meta.id == *id)) else {
            continue;
        };
        let meta = Meta { id, name: format!("Profile {id}"), ..rate.meta.clone() };
        let (resellers, notes) = (Vec::new(), None);
        found.push(TaxProfile { meta, resellers, archived: false, invoice_notes: None, notes, sort_order: 0 });
    }
    found
}

async fn profiles(cx: &Context, list: &List) -> Result<Done<Page<TaxProfile>>> {
    let books = Books::own(cx).await?;
    let mut rows: Vec<TaxProfile> =
        books.tax_profiles.iter().filter(|profile| !profile.meta.deleted).cloned().chain(implied(&books)).collect();
    rows.retain(|row| {
        list.ids.as_ref().is_none_or(|ids| ids.contains(&row.meta.id))
            && list.search.as_ref().is_none_or(|pattern| pattern.matches(&row.meta.name))
    });
    rows.sort_by_key(|row| row.meta.id);
    Ok(Done::read(Page::cut(rows, list.window)))
}

async fn profile(cx: &Context, id: u64) -> Result<Done<TaxProfile>> {
    let books = Books::own(cx).await?;
    let mut all = books.tax_profiles.iter().filter(|profile| !profile.meta.deleted).cloned().chain(implied(&books));
    let found = all.find(|one| one.meta.id == id);
    found.map(Done::read).ok_or_else(|| Error::not_found("tax_profile", id))
}

async fn delete_profile(cx: &Context, id: u64) -> Result<Done<u64>> {
    if !Books::own(cx).await?.profile(id).is_empty() {
        return Err(Error::refused("in_use", "The profile has tax rates; delete or move them first"));
    }
    delete::<TaxProfile>(cx, id).await
}
