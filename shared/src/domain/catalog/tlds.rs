//! Top-level domains, and what it costs to register under them (contract billmora §8.10, §9.10).

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::domain::catalog::edit::{Editable, operations};
use crate::domain::catalog::prices::fault;
use crate::domain::catalog::product::Shelf;
use crate::domain::records::{Claim, Drawer, IndexRow, List, Record, Stamps, indexed, stamped};
use crate::domain::tenants::{Reach, TenantRecord};
use crate::machinery::keys::{Entity, REGISTRANT, TLD};
use crate::machinery::operation::{Context, Scope, Working};
use crate::words::error::{Rule, Violation};
use crate::words::page::Window;
use crate::words::patch::Patch;

operations!(Tld, Scope::Tenant, "tld", [SEARCH, GET, CREATE, UPDATE, DELETE]);

/// What a year costs in one currency.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Fees {
    /// To register.
    #[serde(with = "rust_decimal::serde::str")]
    pub register: Decimal,
    /// To renew.
    #[serde(with = "rust_decimal::serde::str")]
    pub renew: Decimal,
    /// To take over from another registrar.
    #[serde(with = "rust_decimal::serde::str")]
    pub transfer: Decimal,
}

/// A top-level domain.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Tld {
    /// Id, dates and version.
    pub stamps: Stamps,
    /// With its leading dot (`.com`); unique.
    pub tld: String,
    /// Whether it can be chosen.
    pub shelf: Shelf,
    /// The plugin that registers.
    pub plugin: Option<u64>,
    /// The fewest years.
    pub min_years: u32,
    /// The most years.
    pub max_years: u32,
    /// Days after its end in which a domain can be renewed.
    pub grace_days: u32,
    /// Days after those in which it can be won back.
    pub redemption_days: u32,
    /// Where it stands among the others.
    pub sort_order: i64,
    /// Fees by currency code.
    pub fees: BTreeMap<String, Fees>,
}

/// What can be said of a top-level domain.
#[derive(Debug, Clone, Default)]
pub struct Change {
    /// With or without its leading dot.
    pub tld: Option<String>,
    /// Whether it can be chosen.
    pub shelf: Option<Shelf>,
    /// The plugin.
    pub plugin: Patch<u64>,
    /// The fewest years.
    pub min_years: Option<u32>,
    /// The most years.
    pub max_years: Option<u32>,
    /// Days of grace.
    pub grace_days: Option<u32>,
    /// Days of redemption.
    pub redemption_days: Option<u32>,
    /// Where it stands among the others.
    pub sort_order: Option<i64>,
    /// All fees, by currency code.
    pub fees: Option<BTreeMap<String, Fees>>,
}

impl Record for Tld {
    const ENTITY: Entity = TLD;
    const NAME: &'static str = "tld";
    stamped!();

    fn index_row(&self) -> IndexRow {
        IndexRow {
            id: self.stamps.id,
            name: self.tld.clone(),
            status: self.shelf.word().to_owned(),
            rank: self.sort_order,
            at: self.stamps.created_at,
            ..IndexRow::default()
        }
    }

    fn claims(&self) -> Vec<Claim> {
        vec![Claim { what: "tld", value: self.tld.clone(), field: "tld" }]
    }
}

impl Editable for Tld {
    type Change = Change;
    const EVENTS: [&'static str; 3] = ["tld.created", "tld.updated", "tld.deleted"];

    fn blank(_: &Context, _: &TenantRecord, stamps: Stamps, _: &Change) -> Self {
        Self { stamps, min_years: 1, max_years: 10, ..Self::default() }
    }

    fn apply(&mut self, _: &Context, tenant: &TenantRecord, change: &Change, _: &mut Drawer) -> Vec<Violation> {
        let mut found = Vec::new();
        let c = change.clone();
        if let Some(tld) = c.tld {
            let bare = tld.trim().trim_start_matches('.');
            if bare.is_empty() {
                found.push(Violation { field: "tld".into(), rule: Rule::Required });
            }
            self.tld = format!(".{}", bare.to_lowercase());
        }
        self.shelf = c.shelf.unwrap_or(self.shelf);
        self.min_years = c.min_years.unwrap_or(self.min_years);
        self.max_years = c.max_years.unwrap_or(self.max_years);
        self.grace_days = c.grace_days.unwrap_or(self.grace_days);
        self.redemption_days = c.redemption_days.unwrap_or(self.redemption_days);
        self.sort_order = c.sort_order.unwrap_or(self.sort_order);
        found.extend(c.plugin.value().map(|id| Violation::missing("plugin_id", "plugins", id)));
        if let Some(fees) = c.fees {
            self.fees.clear();
            for (code, one) in fees {
                let Some(currency) = tenant.currency_by_code(&code) else {
                    found.push(Violation::missing(format!("prices.{code}.currency"), "currencies", code));
                    continue;
                };
                for (name, fee) in [("register", one.register), ("renew", one.renew), ("transfer", one.transfer)] {
                    found.extend(fault(&format!("prices.{code}.{name}_price"), fee, currency.iso));
                }
                self.fees.insert(currency.iso.code().to_owned(), one);
            }
        }
        found
    }

    fn in_use<'a>(&'a self, cx: &'a Context) -> Working<'a, Option<String>> {
        Box::pin(async move {
            let one = Window { offset: 0, limit: 1, newest_first: false };
            let list = List { parents: vec![self.stamps.id], ..List::all(one) };
            let domains = indexed(cx, REGISTRANT, &list, &Reach::Everything).await?;
            Ok((!domains.is_empty()).then(|| "The TLD has registrants and cannot be deleted.".to_owned()))
        })
    }
}
