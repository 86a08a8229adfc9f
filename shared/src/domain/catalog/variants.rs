//! Variants: choices that products are sold with, each with options and their prices (contract billmora §8.8).

use serde::{Deserialize, Serialize};

use crate::domain::catalog::edit::{Editable, operations};
use crate::domain::catalog::prices::{self, NewPrice};
use crate::domain::catalog::product::{Price, Shelf};
use crate::domain::records::{Drawer, IndexRow, Record, Stamps, stamped};
use crate::domain::tenants::TenantRecord;
use crate::machinery::keys::{Entity, OPTION, PRICE, VARIANT};
use crate::machinery::operation::{Context, Scope};
use crate::words::error::Violation;
use crate::words::time::Instant;

operations!(Variant, Scope::Tenant, "variant", [SEARCH, GET, CREATE, UPDATE, DELETE]);

/// The most options of a variant.
pub const MOST_OPTIONS: usize = 50;

/// How a choice is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Style {
    /// One of a list.
    #[default]
    Select,
    /// One of a few.
    Radio,
    /// One on a scale.
    Slider,
    /// Any number of them, also none.
    Checkbox,
}

/// One of a variant's options.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Choice {
    /// The id, unique among the tenant's options.
    pub id: u64,
    /// The name.
    pub name: String,
    /// What the service is configured with when it is chosen.
    pub value: String,
    /// What it costs beside the product's price of the same name.
    pub prices: Vec<Price>,
    /// When it was made, UTC.
    pub created_at: Instant,
}

/// A choice that products are sold with.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Variant {
    /// Id, dates and version.
    pub stamps: Stamps,
    /// The name.
    pub name: String,
    /// What its value is called in a service's configuration.
    pub code: String,
    /// What it is.
    pub description: Option<String>,
    /// How the choice is made.
    pub style: Style,
    /// Whether it can be chosen.
    pub shelf: Shelf,
    /// Whether it may be changed later.
    pub is_scalable: bool,
    /// Where it stands among the others.
    pub sort_order: i64,
    /// Its options, in their order.
    pub options: Vec<Choice>,
}

/// An option to make.
#[derive(Debug, Clone, Default)]
pub struct NewChoice {
    /// The name.
    pub name: String,
    /// The value.
    pub value: String,
    /// Its prices.
    pub prices: Vec<NewPrice>,
}

/// What can be said of a variant.
#[derive(Debug, Clone, Default)]
pub struct Change {
    /// The name.
    pub name: Option<String>,
    /// What its value is called; made of the name when missing or empty.
    pub code: Option<String>,
    /// What it is.
    pub description: Option<String>,
    /// How the choice is made.
    pub style: Option<Style>,
    /// Whether it can be chosen.
    pub shelf: Option<Shelf>,
    /// Whether it may be changed later.
    pub is_scalable: Option<bool>,
    /// Where it stands among the others.
    pub sort_order: Option<i64>,
    /// All of its options: one of the same name keeps its id.
    pub options: Option<Vec<NewChoice>>,
}

impl Record for Variant {
    const ENTITY: Entity = VARIANT;
    const NAME: &'static str = "variant";
    stamped!();

    fn index_row(&self) -> IndexRow {
        IndexRow {
            id: self.stamps.id,
            name: self.name.clone(),
            status: self.shelf.word().to_owned(),
            rank: self.sort_order,
            at: self.stamps.created_at,
            ..IndexRow::default()
        }
    }
}

impl Editable for Variant {
    type Change = Change;
    const DRAWS: &'static [Entity] = &[OPTION, PRICE];
    const EVENTS: [&'static str; 3] = ["variant.created", "variant.updated", "variant.deleted"];

    fn blank(_: &Context, _: &TenantRecord, stamps: Stamps, _: &Change) -> Self {
        Self { stamps, ..Self::default() }
    }

    fn apply(&mut self, cx: &Context, tenant: &TenantRecord, change: &Change, ids: &mut Drawer) -> Vec<Violation> {
        let mut found = Vec::new();
        let c = change.clone();
        self.name = c.name.unwrap_or_else(|| self.name.clone());
        self.code = c.code.unwrap_or_else(|| self.code.clone());
        if self.code.is_empty() {
            self.code = code_of(&self.name);
        }
        // Where there is none, an empty one is none.
        let description = c.description.filter(|text| self.description.is_some() || !text.is_empty());
        self.description = description.or_else(|| self.description.clone());
        self.style = c.style.unwrap_or(self.style);
        self.shelf = c.shelf.unwrap_or(self.shelf);
        self.is_scalable = c.is_scalable.unwrap_or(self.is_scalable);
        self.sort_order = c.sort_order.unwrap_or(self.sort_order);
        if let Some(wanted) = &c.options {
            let mut was = std::mem::take(&mut self.options);
            for (place, new) in wanted.iter().enumerate() {
                // Two may be of one name: each old one is found once.
                let same = was.iter().position(|option| option.name.to_lowercase() == new.name.to_lowercase());
                let old = same.map(|same| was.remove(same));
                let prices = old.as_ref().map_or(&[][..], |old| &old.prices);
                let at = format!("options.{place}.prices");
                let prices = prices::replaced(&at, prices, &new.prices, tenant, ids, &mut found);
                self.options.push(Choice {
                    id: old.as_ref().map_or_else(|| ids.next(OPTION), |old| old.id),
                    name: new.name.clone(),
                    value: new.value.clone(),
                    prices,
                    created_at: old.map_or(cx.now, |old| old.created_at),
                });
            }
        }
        found
    }
}

/// `Disk space` is `disk_space`.
fn code_of(name: &str) -> String {
    let letter = |c: char| if c.is_alphanumeric() { c.to_lowercase().next().unwrap_or(c) } else { '_' };
    name.chars().take(255).map(letter).collect()
}
