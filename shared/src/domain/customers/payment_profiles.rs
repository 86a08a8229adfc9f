//! Saved payment details of customers at processors elsewhere (contract jerasoft §4.4): what a processor calls them,
//! and never what is on a card.

use serde::{Deserialize, Serialize};

use crate::domain::customers::Customer;
use crate::domain::records::{
    Drawer, IndexRow, List, Record, Stamps, find, find_all, indexed, put, remove, search, stamped,
};
use crate::domain::tenants::{Reach, own};
use crate::machinery::changes::Changes;
use crate::machinery::keys::{self, CUSTOMER, Entity, PAYMENT_PROFILE};
use crate::machinery::operation::{Context, Done, Op, Scope};
use crate::machinery::store::record;
use crate::words::error::{Error, Result, Rule, Violation};
use crate::words::page::{Page, Window};
use crate::words::patch::Patch;

const ENTITY: &str = "payment_profile";
/// The most of one customer: making one the default one changes another.
const MOST: usize = 20;

/// List saved payment details.
pub static SEARCH: Op<List, Page<PaymentProfile>> =
    Op::read("payment_profiles.search", ENTITY, Scope::Reseller, |cx, list| {
        Box::pin(async move { Ok(Done::read(search(cx, list).await?.1)) })
    });
/// Read saved payment details.
pub static GET: Op<u64, PaymentProfile> = Op::read("payment_profiles.get", ENTITY, Scope::Reseller, |cx, id| {
    Box::pin(async move { Ok(Done::read(find(cx, *id).await?.1)) })
});
/// Save payment details.
pub static CREATE: Op<Change, PaymentProfile> =
    Op::write("payment_profiles.create", ENTITY, Scope::Reseller, |cx, new| Box::pin(create(cx, new)));
/// Change saved payment details.
pub static UPDATE: Op<(u64, Change), PaymentProfile> =
    Op::write("payment_profiles.update", ENTITY, Scope::Reseller, |cx, (id, change)| Box::pin(update(cx, *id, change)));
/// Forget payment details; the number forgotten.
pub static DELETE: Op<u64, u64> =
    Op::write("payment_profiles.delete", ENTITY, Scope::Reseller, |cx, id| Box::pin(delete(cx, *id)));

/// Saved payment details.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct PaymentProfile {
    /// Id, dates and version.
    pub stamps: Stamps,
    /// Whose they are.
    pub customer: u64,
    /// The customer's reseller when they were saved.
    pub reseller: u64,
    /// The processor.
    pub system: u64,
    /// What the processor calls them.
    pub external_id: String,
    /// What the customer calls them.
    pub title: Option<String>,
    /// Whether they are used where none are named; one of a customer's is.
    pub is_default: bool,
    /// Whether the processor charges by itself; kept, since no processor is asked here.
    pub autocharge: bool,
    /// How much it charges then, as decimal text.
    pub autocharge_amount: Option<String>,
    /// Below which balance it does, as decimal text.
    pub autocharge_threshold: Option<String>,
}

impl Record for PaymentProfile {
    const ENTITY: Entity = PAYMENT_PROFILE;
    const NAME: &'static str = ENTITY;
    stamped!();

    fn index_row(&self) -> IndexRow {
        IndexRow {
            id: self.stamps.id,
            name: self.title.clone().unwrap_or_default(),
            reseller: Some(self.reseller),
            customer: Some(self.customer),
            parent: Some(self.system),
            at: self.stamps.created_at,
            ..IndexRow::default()
        }
    }
}

/// What to save, or to change: what is not mentioned stays.
#[derive(Debug, Clone, Default)]
pub struct Change {
    /// Whose; only of new ones.
    pub customer: Option<u64>,
    /// The processor.
    pub system: Option<u64>,
    /// What the processor calls them.
    pub external_id: Option<String>,
    /// What the customer calls them.
    pub title: Patch<String>,
    /// Whether they are used where none are named.
    pub is_default: Option<bool>,
    /// Whether the processor charges by itself.
    pub autocharge: Option<bool>,
    /// How much it charges then, as decimal text.
    pub autocharge_amount: Patch<String>,
    /// Below which balance it does, as decimal text.
    pub autocharge_threshold: Patch<String>,
}

/// Whether a text holds what may be a card's number: 13 to 19 digits, blanks and hyphens aside, whose check digit
/// is right (ISO/IEC 7812-1, Luhn).
pub fn looks_like_a_card(text: &str) -> bool {
    let digits: Vec<u32> = text.chars().filter(|c| !matches!(c, ' ' | '-')).map_while(|c| c.to_digit(10)).collect();
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(place, digit)| if place % 2 == 0 { *digit } else { digit * 2 / 10 + digit * 2 % 10 })
        .sum();
    (13..=19).contains(&digits.len()) && sum.is_multiple_of(10)
}

impl PaymentProfile {
    fn apply(&mut self, change: &Change) -> Result<()> {
        self.system = change.system.unwrap_or(self.system);
        self.external_id = change.external_id.clone().unwrap_or_else(|| self.external_id.clone());
        change.title.clone().apply(&mut self.title);
        self.is_default = change.is_default.unwrap_or(self.is_default);
        self.autocharge = change.autocharge.unwrap_or(self.autocharge);
        change.autocharge_amount.clone().apply(&mut self.autocharge_amount);
        change.autocharge_threshold.clone().apply(&mut self.autocharge_threshold);
        for (field, text) in [("external_id", Some(&self.external_id)), ("title", self.title.as_ref())] {
            if text.is_some_and(|text| looks_like_a_card(text)) {
                return Err(Error::field(field, Rule::NotOneOf(vec!["anything but a card's number".into()])));
            }
        }
        Ok(())
    }
}

async fn of_customer(cx: &Context, customer: u64) -> Result<Vec<PaymentProfile>> {
    let list = List { customers: vec![customer], ..List::all(Window::whole()) };
    let rows = indexed(cx, PAYMENT_PROFILE, &list, &Reach::Everything).await?;
    let ids: Vec<u64> = rows.iter().map(|row| row.id).collect();
    Ok(find_all(cx, &ids).await?.into_iter().flatten().collect())
}

/// One of a customer's is the default one, and no more than one.
fn only_default(
    cx: &Context,
    changes: &mut Changes,
    others: Vec<PaymentProfile>,
    own: &mut PaymentProfile,
) -> Result<()> {
    let others: Vec<_> = others.into_iter().filter(|one| one.stamps.id != own.stamps.id).collect();
    if others.iter().all(|one| !one.is_default) {
        own.is_default = true;
    }
    for one in others.iter().filter(|one| own.is_default && one.is_default) {
        let after = PaymentProfile { is_default: false, ..one.clone() };
        put(cx, changes, Some(one), after, "payment_profile.updated")?;
    }
    Ok(())
}

async fn create(cx: &Context, new: &Change) -> Result<Done<PaymentProfile>> {
    let tenant = own(cx).await?;
    let id = new.customer.unwrap_or_default();
    let item = cx.store.get_items(&[keys::row(cx.tenant(), CUSTOMER, id)]).await?.pop().flatten();
    let customer: Option<Customer> = item.map(record).transpose()?;
    let reach = tenant.reach(&cx.caller);
    let Some(customer) = customer.filter(|customer| reach.covers(customer.reseller)) else {
        return Err(Violation::missing("customer", "customers", id).into());
    };
    let others = of_customer(cx, id).await?;
    if others.len() >= MOST {
        return Err(Error::refused("too_many_profiles", format!("A client has at most {MOST} payment profiles")));
    }
    let mut ids = Drawer::open(cx, &[PAYMENT_PROFILE]).await?;
    let mut one = PaymentProfile {
        stamps: Stamps::new(ids.next(PAYMENT_PROFILE), cx.now),
        customer: id,
        reseller: customer.reseller,
        ..PaymentProfile::default()
    };
    one.apply(new)?;
    let mut changes = Changes::default();
    only_default(cx, &mut changes, others, &mut one)?;
    ids.into_changes(cx, &mut changes);
    changes.check(keys::row(cx.tenant(), CUSTOMER, id), customer.version);
    let one = put(cx, &mut changes, None, one, "payment_profile.created")?;
    Ok(Done::changed(one, changes))
}

async fn update(cx: &Context, id: u64, change: &Change) -> Result<Done<PaymentProfile>> {
    let (_, before) = find::<PaymentProfile>(cx, id).await?;
    let mut after = before.clone();
    after.apply(change)?;
    let mut changes = Changes::default();
    only_default(cx, &mut changes, of_customer(cx, before.customer).await?, &mut after)?;
    let after = put(cx, &mut changes, Some(&before), after, "payment_profile.updated")?;
    Ok(Done::changed(after, changes))
}

async fn delete(cx: &Context, id: u64) -> Result<Done<u64>> {
    let (_, one) = find::<PaymentProfile>(cx, id).await?;
    let mut changes = Changes::default();
    // The oldest of the others takes its place.
    let others = of_customer(cx, one.customer).await?;
    if let Some(heir) = others.iter().find(|other| one.is_default && other.stamps.id != id) {
        let after = PaymentProfile { is_default: true, ..heir.clone() };
        put(cx, &mut changes, Some(heir), after, "payment_profile.updated")?;
    }
    remove(cx, &mut changes, &one, "payment_profile.deleted")?;
    Ok(Done::changed(1, changes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cards_number_is_seen() {
        for (text, is) in [
            ("4111 1111 1111 1111", true),
            ("4111-1111-1111-1111", true),
            ("378282246310005", true),
            ("4111111111111112", false),
            ("cus_4111111111111111", false),
            ("123456", false),
            ("", false),
        ] {
            assert_eq!(looks_like_a_card(text), is, "{text}");
        }
    }
}
