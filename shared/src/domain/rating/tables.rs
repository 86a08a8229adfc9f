//! Rate tables: the rates of one currency, of one reseller.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::domain::catalog::edit::{Editable, operations};
use crate::domain::records::{Drawer, IndexRow, List, Record, Stamps, find_all, indexed, stamped};
use crate::domain::tenants::{CurrencyRef, Reach, TenantRecord};
use crate::machinery::keys::{Entity, RATE_TABLE, USAGE_RATE};
use crate::machinery::operation::{Context, Scope, Working};
use crate::words::error::{Result, Rule, Violation};
use crate::words::page::Window;
use crate::words::patch::Patch;

operations!(RateTable, Scope::Reseller, "rate_table", [SEARCH, GET, CREATE, UPDATE, DELETE]);

/// The tag of what has no other.
pub const NO_TAG: &str = "@";
/// How far up a table's parents are followed.
const MOST_PARENTS: usize = 20;

/// A rate table.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct RateTable {
    /// Id, dates and version.
    pub stamps: Stamps,
    /// The reseller whose it is.
    pub reseller: u64,
    /// The name.
    pub name: String,
    /// The currency of its rates.
    pub currency: u64,
    /// The table whose rates hold where this one has none.
    pub parent: Option<u64>,
    /// The tag of its rates that have none of their own.
    pub tag: String,
    /// Whether its rates contain taxes.
    pub with_taxes: bool,
    /// Notes.
    pub notes: Option<String>,
    /// The deck that names origins: without one no rate is for an origin.
    pub source_deck: Option<u64>,
    /// How rates come in by mail.
    pub mail: Mail,
    /// What one dialect knows and nothing here acts upon, as JSON text.
    pub carried: BTreeMap<String, String>,
}

/// How rates come in by mail. Kept whole, since one part needs the others.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Mail {
    /// Whether they do.
    pub auto: bool,
    /// By which template.
    pub template: Option<u64>,
    /// With which credentials.
    pub credentials: Option<u64>,
    /// From where, as JSON text.
    pub settings: Option<String>,
}

/// What can be said of a rate table.
#[derive(Debug, Clone, Default)]
pub struct Change {
    /// The reseller; only of a new table.
    pub reseller: Option<u64>,
    /// The name.
    pub name: Option<String>,
    /// The currency.
    pub currency: Option<CurrencyRef>,
    /// The table above it.
    pub parent: Patch<u64>,
    /// The tag.
    pub tag: Patch<String>,
    /// Whether its rates contain taxes.
    pub with_taxes: Option<bool>,
    /// Notes.
    pub notes: Patch<String>,
    /// The deck that names origins.
    pub source_deck: Patch<u64>,
    /// Whether rates come in by mail.
    pub mail_auto: Option<bool>,
    /// By which template.
    pub mail_template: Patch<u64>,
    /// With which credentials.
    pub mail_credentials: Patch<u64>,
    /// From where, as JSON text.
    pub mail_settings: Patch<String>,
    /// Carried attributes, as JSON text.
    pub carried: BTreeMap<String, String>,
}

impl Record for RateTable {
    const ENTITY: Entity = RATE_TABLE;
    const NAME: &'static str = "rate_table";
    stamped!();

    fn index_row(&self) -> IndexRow {
        IndexRow {
            id: self.stamps.id,
            name: self.name.clone(),
            reseller: Some(self.reseller),
            parent: self.parent,
            at: self.stamps.created_at,
            ..IndexRow::default()
        }
    }
}

impl Editable for RateTable {
    type Change = Change;
    const EVENTS: [&'static str; 3] = ["rate_table.created", "rate_table.updated", "rate_table.deleted"];

    fn blank(cx: &Context, tenant: &TenantRecord, stamps: Stamps, change: &Change) -> Self {
        let reseller = change.reseller.unwrap_or_else(|| tenant.default_reseller(&cx.caller));
        Self { stamps, reseller, tag: NO_TAG.to_owned(), ..Self::default() }
    }

    fn apply(&mut self, _: &Context, tenant: &TenantRecord, change: &Change, _: &mut Drawer) -> Vec<Violation> {
        let mut found = Vec::new();
        let c = change.clone();
        // Its rates lie where it lies.
        if c.reseller.is_some_and(|reseller| reseller != self.reseller) {
            found.push(Violation { field: "reseller".into(), rule: Rule::ReadOnly });
        }
        self.name = c.name.unwrap_or_else(|| self.name.clone());
        if let Some(currency) = c.currency.as_ref().and_then(|currency| currency.find(tenant)) {
            self.currency = currency.id;
        }
        c.parent.apply(&mut self.parent);
        c.tag.apply_or(&mut self.tag, NO_TAG.to_owned());
        self.with_taxes = c.with_taxes.unwrap_or(self.with_taxes);
        c.notes.apply(&mut self.notes);
        c.source_deck.apply(&mut self.source_deck);
        self.mail.auto = c.mail_auto.unwrap_or(self.mail.auto);
        c.mail_template.apply(&mut self.mail.template);
        c.mail_credentials.apply(&mut self.mail.credentials);
        c.mail_settings.apply(&mut self.mail.settings);
        self.carried.extend(c.carried);
        found
            .extend(self.mail.lacks().into_iter().map(|field| Violation { field: field.into(), rule: Rule::Required }));
        found
    }

    fn dangling<'a>(cx: &'a Context, tenant: &'a TenantRecord, change: &'a Change) -> Working<'a, Vec<Violation>> {
        Box::pin(async move {
            let reach = tenant.reach(&cx.caller);
            let mut found = Vec::new();
            let gone = |id: &u64| tenant.open_reseller(*id).is_none() || !reach.covers(*id);
            found.extend(change.reseller.filter(gone).map(|id| Violation::missing("reseller", "resellers", id)));
            if let Some(currency) = change.currency.as_ref().filter(|currency| currency.find(tenant).is_none()) {
                found.push(Violation::missing("currency", "currencies", currency.given()));
            }
            Ok(found)
        })
    }

    fn among<'a>(
        &'a self,
        cx: &'a Context,
        tenant: &'a TenantRecord,
        before: Option<&'a Self>,
    ) -> Working<'a, Vec<Violation>> {
        Box::pin(async move {
            let mut found = Vec::new();
            if let Some(parent) = self.parent.filter(|parent| before.and_then(|b| b.parent) != Some(*parent)) {
                found.extend(self.below(cx, &tenant.reach(&cx.caller), parent).await?);
            }
            // Parent and child share a currency (contract §4.12).
            let moved = before.is_some_and(|before| before.currency != self.currency);
            if moved && (self.parent.is_some() || holds(cx, RATE_TABLE, self.stamps.id).await?) {
                found.push(Violation { field: "currency".into(), rule: Rule::Contradicts });
            }
            Ok(found)
        })
    }

    fn in_use<'a>(&'a self, cx: &'a Context) -> Working<'a, Option<String>> {
        Box::pin(async move {
            if holds(cx, USAGE_RATE, self.stamps.id).await? {
                return Ok(Some("The rate table has rates and cannot be deleted".to_owned()));
            }
            let has_children = holds(cx, RATE_TABLE, self.stamps.id).await?;
            Ok(has_children.then(|| "The rate table is the parent of others and cannot be deleted".to_owned()))
        })
    }
}

impl RateTable {
    /// What is wrong with standing below another table.
    async fn below(&self, cx: &Context, reach: &Reach, parent: u64) -> Result<Option<Violation>> {
        let mut above = Some(parent);
        for step in 0..MOST_PARENTS {
            let Some(id) = above else { return Ok(None) };
            let table = find_all::<Self>(cx, &[id]).await?.pop().flatten();
            let Some(table) = table.filter(|table| reach.covers(table.reseller)) else {
                return Ok((step == 0).then(|| Violation::missing("parent", "rate_tables", id)));
            };
            if table.stamps.id == self.stamps.id || table.currency != self.currency {
                return Ok(Some(Violation { field: "parent".into(), rule: Rule::Contradicts }));
            }
            above = table.parent;
        }
        Ok(Some(Violation { field: "parent".into(), rule: Rule::TooMany(MOST_PARENTS) }))
    }
}

impl Mail {
    /// What is missing for rates to come in by mail.
    fn lacks(&self) -> Vec<&'static str> {
        let parts = [
            ("mail_template", self.template.is_some()),
            ("mail_credentials", self.credentials.is_some()),
            ("mail_settings", self.settings.is_some()),
        ];
        parts.into_iter().filter(|(_, is_there)| self.auto && !is_there).map(|(name, _)| name).collect()
    }
}

/// Whether anything is part of a table.
async fn holds(cx: &Context, entity: Entity, table: u64) -> Result<bool> {
    let one = Window { offset: 0, limit: 1, newest_first: false };
    let list = List { parents: vec![table], ..List::all(one) };
    Ok(!indexed(cx, entity, &list, &Reach::Everything).await?.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_by_mail_need_all_of_it() {
        let mut mail = Mail { template: Some(1), ..Mail::default() };
        assert!(mail.lacks().is_empty());
        mail.auto = true;
        assert_eq!(mail.lacks(), ["mail_credentials", "mail_settings"]);
        mail.credentials = Some(2);
        mail.settings = Some("{}".into());
        assert!(mail.lacks().is_empty());
    }
}
