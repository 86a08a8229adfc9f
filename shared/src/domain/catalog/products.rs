//! Products: list, read, create, change, delete.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use crate::domain::catalog::catalogs::Catalog;
use crate::domain::catalog::cycle::Cycle;
use crate::domain::catalog::edit::{Editable, operations};
use crate::domain::catalog::prices::{self, NewPrice};
use crate::domain::catalog::product::{Price, Product, Rate, Rates, Shelf};
use crate::domain::catalog::variants::Variant;
use crate::domain::documents::sums::percent_fault;
use crate::domain::records::{Drawer, List, Stamps, find_all, indexed};
use crate::domain::tenants::{CurrencyRef, Reach, TenantRecord};
use crate::machinery::keys::{Entity, PRICE, SERVICE};
use crate::machinery::operation::{Context, Scope, Working};
use crate::words::error::Violation;
use crate::words::page::Window;
use crate::words::patch::Patch;
use crate::words::time::Instant;

operations!(Product, Scope::Reseller, "product", [SEARCH, GET, CREATE, UPDATE, DELETE]);

/// What can be said of a product.
#[derive(Debug, Clone, Default)]
pub struct Change {
    /// The name.
    pub name: Option<String>,
    /// What it is.
    pub description: Option<String>,
    /// Whether it is a service.
    pub is_service: Option<bool>,
    /// The stock keeping unit.
    pub sku: Patch<String>,
    /// Percent of tax.
    pub tax: Option<Decimal>,
    /// Whether it can be chosen.
    pub shelf: Option<Shelf>,
    /// Whether `Hidden` also means what is archived: a dialect has one word for both.
    pub hidden_or_archived: bool,
    /// The reseller who sells it.
    pub reseller: Option<u64>,
    /// The catalog.
    pub catalog: Patch<u64>,
    /// Its name in addresses.
    pub slug: Patch<String>,
    /// A picture.
    pub icon: Patch<String>,
    /// How many there are.
    pub stock: Option<i64>,
    /// How many a customer may have.
    pub per_user_limit: Option<i64>,
    /// Whether customers may cancel it.
    pub allow_cancellation: Option<bool>,
    /// Whether one item may ask for several.
    pub allow_several: Option<bool>,
    /// The day of the month to which first periods are cut; 0 is none.
    pub prorata_day: Patch<u32>,
    /// See [`Product::prorata_next_month_day`]; 0 is none.
    pub prorata_next_month_day: Patch<u32>,
    /// Whether a paid order brings it to life.
    pub auto_provision: Option<bool>,
    /// See [`Product::sold_from`].
    pub sold_from: Patch<Instant>,
    /// See [`Product::sold_till`].
    pub sold_till: Patch<Instant>,
    /// See [`Product::charged_before`].
    pub charged_before: Option<bool>,
    /// Where it stands in its catalog.
    pub sort_order: Option<i64>,
    /// The plugin.
    pub plugin: Patch<u64>,
    /// What the plugin is told, as JSON text.
    pub provisioning: Patch<String>,
    /// All of its prices.
    pub prices: Option<Vec<NewPrice>>,
    /// Its first price alone, where a dialect knows but one.
    pub plain: Option<Plain>,
    /// Its variants.
    pub variants: Option<Vec<u64>>,
    /// Carried attributes, as JSON text.
    pub carried: BTreeMap<String, String>,
}

/// The one price of a product, of which what is not mentioned stays.
#[derive(Debug, Clone, Default)]
pub struct Plain {
    /// How often; once when nothing was said ever.
    pub cycle: Option<Cycle>,
    /// In which currency; the base currency when nothing was said ever.
    pub currency: Option<CurrencyRef>,
    /// How much.
    pub price: Option<Decimal>,
    /// What is asked for once, with the first.
    pub setup_fee: Option<Decimal>,
}

impl Editable for Product {
    type Change = Change;
    const DRAWS: &'static [Entity] = &[PRICE];
    const EVENTS: [&'static str; 3] = ["product.created", "product.updated", "product.deleted"];

    fn blank(cx: &Context, tenant: &TenantRecord, stamps: Stamps, change: &Change) -> Self {
        Self::blank(stamps, change.reseller.unwrap_or_else(|| tenant.default_reseller(&cx.caller)))
    }

    fn apply(&mut self, _: &Context, tenant: &TenantRecord, change: &Change, ids: &mut Drawer) -> Vec<Violation> {
        let mut found = Vec::new();
        let c = change.clone();
        macro_rules! set {
            ($($field:ident),*) => { $(if let Some(value) = c.$field { self.$field = value; })* };
        }
        let stays = c.hidden_or_archived && self.shelf == Shelf::Archived && c.shelf == Some(Shelf::Hidden);
        if let Some(shelf) = c.shelf.filter(|_| !stays) {
            self.shelf = shelf;
        }
        set!(name, description, is_service, tax, reseller, stock, per_user_limit, allow_cancellation);
        set!(allow_several, auto_provision, charged_before, sort_order, variants);
        for (patch, field) in [(c.sku, &mut self.sku), (c.slug, &mut self.slug), (c.icon, &mut self.icon)] {
            patch.apply(field);
        }
        c.catalog.apply(&mut self.catalog);
        c.plugin.apply(&mut self.plugin);
        c.sold_from.apply(&mut self.sold_from);
        c.sold_till.apply(&mut self.sold_till);
        c.provisioning.apply(&mut self.provisioning);
        c.prorata_day.apply(&mut self.prorata_day);
        c.prorata_next_month_day.apply(&mut self.prorata_next_month_day);
        for day in [&mut self.prorata_day, &mut self.prorata_next_month_day] {
            *day = day.filter(|day| *day > 0);
        }
        self.tax = self.tax.normalize();
        found.extend(percent_fault(self.tax).map(|rule| Violation { field: "tax_rate".into(), rule }));
        self.carried.extend(c.carried);
        if let Some(wanted) = &c.prices {
            self.prices = prices::replaced("prices", &self.prices, wanted, tenant, ids, &mut found);
        }
        if let Some(plain) = &c.plain {
            self.plain(plain, tenant, ids, &mut found);
        }
        found
    }

    fn dangling<'a>(cx: &'a Context, tenant: &'a TenantRecord, change: &'a Change) -> Working<'a, Vec<Violation>> {
        Box::pin(async move {
            let mut found = Vec::new();
            if let Some(id) = change
                .reseller
                .filter(|id| tenant.open_reseller(*id).is_none() || !tenant.reach(&cx.caller).covers(*id))
            {
                found.push(Violation::missing("reseller", "resellers", id));
            }
            if let Some(currency) = change.plain.as_ref().and_then(|plain| plain.currency.as_ref())
                && currency.find(tenant).is_none()
            {
                found.push(Violation::missing("currency", "currencies", currency.given()));
            }
            if let Some(id) = change.catalog.value()
                && find_all::<Catalog>(cx, &[*id]).await?.iter().all(Option::is_none)
            {
                found.push(Violation::missing("catalog", "catalogs", id));
            }
            let wanted = change.variants.clone().unwrap_or_default();
            let there = find_all::<Variant>(cx, &wanted).await?;
            let gone = wanted.iter().zip(there).enumerate().filter(|(_, (_, variant))| variant.is_none());
            found.extend(gone.map(|(place, (id, _))| Violation::missing(format!("variants.{place}"), "variants", id)));
            // Plugins have no place here: none is there to be named.
            found.extend(change.plugin.value().map(|id| Violation::missing("plugin_id", "plugins", id)));
            Ok(found)
        })
    }

    fn in_use<'a>(&'a self, cx: &'a Context) -> Working<'a, Option<String>> {
        Box::pin(async move {
            let one = Window { offset: 0, limit: 1, newest_first: false };
            let list = List { parents: vec![self.stamps.id], ..List::all(one) };
            let services = indexed(cx, SERVICE, &list, &Reach::Everything).await?;
            Ok((!services.is_empty()).then(|| "The product has services and cannot be deleted".to_owned()))
        })
    }
}

impl Product {
    fn plain(&mut self, plain: &Plain, tenant: &TenantRecord, ids: &mut Drawer, found: &mut Vec<Violation>) {
        let was = self.prices.first().cloned();
        let base = tenant.base().map_or_else(|_| String::new(), |base| base.iso.code().to_owned());
        let old = was.as_ref().and_then(|price| price.plain(&base));
        let currency = match &plain.currency {
            Some(given) => given.find(tenant),
            None => old.and_then(|(code, _)| tenant.currency_by_code(code)).or_else(|| tenant.base().ok()),
        };
        let Some(currency) = currency else { return };
        let amount = plain.price.or(old.and_then(|(_, rate)| rate.price)).unwrap_or_default();
        let setup = plain.setup_fee.or(old.and_then(|(_, rate)| rate.setup_fee));
        for (field, given) in [("price", Some(amount)), ("setup_fee", setup)] {
            found.extend(given.and_then(|given| prices::fault(field, given, currency.iso)));
        }
        let code = currency.iso.code();
        let is_same = old.is_some_and(|(known, _)| known == code);
        let enabled = old.is_none_or(|(_, rate)| !is_same || rate.enabled);
        let rate = Rate { price: Some(amount), setup_fee: setup, enabled };
        // What was free and costs something now is asked for once.
        let stays = |cycle: &Cycle| *cycle != Cycle::Free || amount.is_zero();
        let known = was.as_ref().map(|price| price.cycle).filter(stays);
        let cycle = plain.cycle.or(known).unwrap_or(Cycle::Once);
        let name = cycle.word().map_or_else(|| "Default".to_owned(), str::to_owned);
        let is_taken = self.prices.iter().skip(1).any(|other| other.name.eq_ignore_ascii_case(&name));
        match self.prices.first_mut() {
            None => self.prices.push(Price { id: ids.next(PRICE), name, cycle, rates: Rates::new() }),
            Some(price) if price.cycle != cycle => {
                price.cycle = cycle;
                // It goes by its new cycle's word, unless another price of the product does already.
                if !is_taken {
                    price.name = name;
                }
            }
            Some(_) => {}
        }
        if let Some(price) = self.prices.first_mut() {
            if plain.currency.is_some() && !is_same {
                price.rates.clear();
            }
            price.rates.insert(code.to_owned(), rate);
        }
    }

    /// Price and setup fee of its first price, with the currency's code: in the base currency where it has one.
    pub fn plain_price(&self, base: &str) -> (String, Decimal, Decimal) {
        self.prices.first().and_then(|price| price.plain(base)).map_or_else(
            || (base.to_owned(), Decimal::ZERO, Decimal::ZERO),
            |(code, rate)| (code.clone(), rate.price.unwrap_or_default(), rate.setup_fee.unwrap_or_default()),
        )
    }
}
