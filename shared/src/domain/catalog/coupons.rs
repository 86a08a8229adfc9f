//! Coupons (contract billmora §10.3, §11).

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::domain::catalog::edit::{Editable, operations};
use crate::domain::catalog::product::Product;
use crate::domain::catalog::tlds::Tld;
use crate::domain::records::{Claim, Drawer, IndexRow, Record, Stamps, find_all, stamped};
use crate::domain::tenants::TenantRecord;
use crate::machinery::keys::{COUPON, Entity};
use crate::machinery::operation::{Context, Scope, Working};
use crate::words::error::{Rule, Violation};
use crate::words::patch::Patch;
use crate::words::time::Instant;

operations!(Coupon, Scope::Tenant, "coupon", [SEARCH, GET, CREATE, UPDATE, DELETE]);

/// What a coupon takes off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Off {
    /// So many percent.
    #[default]
    Percentage,
    /// So much of every unit.
    FixedAmount,
}

/// A coupon.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Coupon {
    /// Id, dates and version.
    pub stamps: Stamps,
    /// What a customer enters; unique, and case does not count.
    pub code: String,
    /// What it takes off …
    pub off: Off,
    /// … and how much.
    #[serde(with = "rust_decimal::serde::str")]
    pub value: Decimal,
    /// How often it may be used; absent for any number.
    pub max_uses: Option<u64>,
    /// How often a customer may use it; absent for any number.
    pub max_uses_per_user: Option<u64>,
    /// From when on, UTC.
    pub start_at: Option<Instant>,
    /// Until when, UTC.
    pub expires_at: Option<Instant>,
    /// The products it is for; none means all.
    pub products: Vec<u64>,
    /// The top-level domains it is for; none means all.
    pub tlds: Vec<u64>,
    /// How often it was used.
    pub uses: u64,
}

/// What can be said of a coupon.
#[derive(Debug, Clone, Default)]
pub struct Change {
    /// The code.
    pub code: Option<String>,
    /// What it takes off.
    pub off: Option<Off>,
    /// How much.
    pub value: Option<Decimal>,
    /// How often it may be used.
    pub max_uses: Patch<u64>,
    /// How often a customer may use it.
    pub max_uses_per_user: Patch<u64>,
    /// From when on.
    pub start_at: Patch<Instant>,
    /// Until when.
    pub expires_at: Patch<Instant>,
    /// The products it is for.
    pub products: Option<Vec<u64>>,
    /// The top-level domains it is for.
    pub tlds: Option<Vec<u64>>,
}

impl Coupon {
    /// What it takes off an amount, never more than all of it, unrounded.
    pub fn takes(&self, amount: Decimal) -> Decimal {
        match self.off {
            Off::Percentage => amount * self.value / Decimal::ONE_HUNDRED,
            Off::FixedAmount => self.value.min(amount),
        }
    }

    /// Why it cannot be used now, in one sentence.
    pub fn refusal(&self, now: Instant, used_by_customer: u64) -> Option<&'static str> {
        if self.start_at.is_some_and(|start| now < start) {
            Some("The coupon is not valid yet")
        } else if self.expires_at.is_some_and(|end| now > end) {
            Some("The coupon has expired")
        } else if self.max_uses.is_some_and(|most| self.uses >= most) {
            Some("The coupon has been used up")
        } else if self.max_uses_per_user.is_some_and(|most| used_by_customer >= most) {
            Some("The customer has used the coupon as often as allowed")
        } else {
            None
        }
    }
}

impl Record for Coupon {
    const ENTITY: Entity = COUPON;
    const NAME: &'static str = "coupon";
    stamped!();

    fn index_row(&self) -> IndexRow {
        IndexRow {
            id: self.stamps.id,
            name: self.code.clone(),
            status: "active".to_owned(),
            at: self.stamps.created_at,
            until: self.expires_at,
            ..IndexRow::default()
        }
    }

    fn claims(&self) -> Vec<Claim> {
        vec![Claim { what: "coupon", value: self.code.clone(), field: "code" }]
    }
}

impl Editable for Coupon {
    type Change = Change;
    const EVENTS: [&'static str; 3] = ["coupon.created", "coupon.updated", "coupon.deleted"];

    fn blank(_: &Context, _: &TenantRecord, stamps: Stamps, _: &Change) -> Self {
        Self { stamps, ..Self::default() }
    }

    fn apply(&mut self, _: &Context, _: &TenantRecord, change: &Change, _: &mut Drawer) -> Vec<Violation> {
        let mut found = Vec::new();
        let c = change.clone();
        self.code = c.code.map_or_else(|| self.code.clone(), |code| code.trim().to_owned());
        self.off = c.off.unwrap_or(self.off);
        self.value = c.value.unwrap_or(self.value).normalize();
        c.max_uses.apply(&mut self.max_uses);
        c.max_uses_per_user.apply(&mut self.max_uses_per_user);
        c.start_at.apply(&mut self.start_at);
        c.expires_at.apply(&mut self.expires_at);
        self.products = c.products.unwrap_or_else(|| self.products.clone());
        self.tlds = c.tlds.unwrap_or_else(|| self.tlds.clone());
        let mut note = |rule| found.push(Violation { field: "value".into(), rule });
        if self.value <= Decimal::ZERO {
            note(Rule::NotPositive);
        } else if self.value.scale() > 2 {
            note(Rule::Precision(2));
        } else if self.off == Off::Percentage && self.value > Decimal::ONE_HUNDRED {
            note(Rule::TooLarge("100".into()));
        } else if self.value > Decimal::from(99_999_999) {
            note(Rule::TooLarge("99999999".into()));
        }
        if self.start_at.zip(self.expires_at).is_some_and(|(start, end)| start > end) {
            found.push(Violation { field: "expires_at".into(), rule: Rule::Reversed });
        }
        found
    }

    fn dangling<'a>(cx: &'a Context, tenant: &'a TenantRecord, change: &'a Change) -> Working<'a, Vec<Violation>> {
        Box::pin(async move {
            let reach = tenant.reach(&cx.caller);
            let mut found = Vec::new();
            let products = change.products.clone().unwrap_or_default();
            let there = find_all::<Product>(cx, &products).await?;
            for (place, (id, product)) in products.iter().zip(there).enumerate() {
                if !product.is_some_and(|product| reach.covers(product.reseller)) {
                    found.push(Violation::missing(format!("products.{place}"), "products", id));
                }
            }
            let tlds = change.tlds.clone().unwrap_or_default();
            let there = find_all::<Tld>(cx, &tlds).await?;
            let gone = tlds.iter().zip(there).enumerate().filter(|(_, (_, tld))| tld.is_none());
            found.extend(gone.map(|(place, (id, _))| Violation::missing(format!("tlds.{place}"), "tlds", id)));
            Ok(found)
        })
    }
}
