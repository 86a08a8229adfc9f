//! Products: list, read, create, change, delete.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use crate::domain::catalog::catalogs::Catalog;
use crate::domain::catalog::cycle::Cycle;
use crate::domain::catalog::edit::{Editable, operations};
use crate::domain::catalog::prices::{self, NewPrice};
use crate::domain::catalog::product::{Price, Product, Shelf};
use crate::domain::catalog::variants::Variant;
use crate::domain::documents::sums::percent_fault;
use crate::domain::records::{Drawer, List, Stamps, find, find_all, indexed};
use crate::domain::tenants::{CurrencyRef, Reach, TenantRecord};
use crate::machinery::keys::{Entity, PRICE, SERVICE};
use crate::machinery::operation::{Context, Done, Op, Scope, Working};
use crate::words::error::{Result, Violation};
use crate::words::page::{Page, Window};
use crate::words::patch::Patch;

operations!(Product, Scope::Reseller, "product", [SEARCH, GET, CREATE, UPDATE, DELETE]);

/// A product with what Billmora shows beside it.
#[derive(Debug, Clone, PartialEq)]
pub struct Shown {
    /// The product.
    pub product: Product,
    /// Its catalog; absent where it has none, or where that was deleted.
    pub catalog: Option<Catalog>,
    /// Its variants.
    pub variants: Vec<Variant>,
}

/// Read a product with its catalog and its variants.
pub static GET_WHOLE: Op<u64, Shown> =
    Op::read("products.get", "product", Scope::Reseller, |cx, id| Box::pin(get_whole(cx, *id)));
/// List products with their catalogs.
pub static SEARCH_WHOLE: Op<List, Page<Shown>> =
    Op::read("products.search", "product", Scope::Reseller, |cx, list| Box::pin(search_whole(cx, list)));
/// Make a product, and read it with its catalog.
pub static CREATE_WHOLE: Op<Change, Shown> =
    Op::write("products.create", "product", Scope::Reseller, |cx, change| Box::pin(create_whole(cx, change)))
        .also(crate::domain::catalog::edit::also::<Product>);
/// Change a product, and read it with its catalog.
pub static UPDATE_WHOLE: Op<(u64, Change), Shown> =
    Op::write("products.update", "product", Scope::Reseller, |cx, input| Box::pin(update_whole(cx, input)))
        .also(crate::domain::catalog::edit::also_update::<Product>);

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
        set!(name, description, is_service, tax, shelf, reseller, stock, per_user_limit, allow_cancellation);
        set!(allow_several, auto_provision, charged_before, sort_order, variants);
        for (patch, field) in [(c.sku, &mut self.sku), (c.slug, &mut self.slug), (c.icon, &mut self.icon)] {
            patch.apply(field);
        }
        c.catalog.apply(&mut self.catalog);
        c.plugin.apply(&mut self.plugin);
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
            if let Some(id) =
                change.reseller.filter(|id| tenant.reseller(*id).is_none() || !tenant.reach(&cx.caller).covers(*id))
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
        let known = was.as_ref().and_then(|price| price.rates.keys().next().cloned());
        let currency = match &plain.currency {
            Some(given) => given.find(tenant),
            None => known.and_then(|code| tenant.currency_by_code(&code)).or_else(|| tenant.base().ok()),
        };
        let Some(currency) = currency else { return };
        let cycle = plain.cycle.or(was.as_ref().map(|price| price.cycle)).unwrap_or(Cycle::Once);
        let old = was.as_ref().and_then(|price| price.rates.values().next());
        let amount = plain.price.or(old.and_then(|rate| rate.price)).unwrap_or_default();
        let setup = plain.setup_fee.or(old.and_then(|rate| rate.setup_fee));
        for (field, given) in [("price", Some(amount)), ("setup_fee", setup)] {
            found.extend(given.and_then(|given| prices::fault(field, given, currency.iso)));
        }
        let code = currency.iso.code();
        let name = cycle.word().map_or_else(|| "Default".to_owned(), str::to_owned);
        match self.prices.first_mut() {
            None => {
                let rates = prices::single(code, amount, setup);
                self.prices.push(Price { id: ids.next(PRICE), name, cycle, rates });
            }
            Some(price) => {
                let renamed = plain.cycle.is_some_and(|cycle| cycle != price.cycle);
                if renamed {
                    price.name = name;
                }
                price.cycle = cycle;
                if plain.currency.is_some() {
                    price.rates.clear();
                }
                price.rates.extend(prices::single(code, amount, setup));
            }
        }
    }

    /// Price and setup fee of its first price, with the currency's code: in the base currency where it has one.
    pub fn plain_price(&self, base: &str) -> (String, Decimal, Decimal) {
        let rates = self.prices.first().map(|price| &price.rates);
        let rate = rates.and_then(|rates| rates.get_key_value(base).or_else(|| rates.iter().next()));
        rate.map_or_else(
            || (base.to_owned(), Decimal::ZERO, Decimal::ZERO),
            |(code, rate)| (code.clone(), rate.price.unwrap_or_default(), rate.setup_fee.unwrap_or_default()),
        )
    }
}

async fn beside(cx: &Context, products: Vec<Product>, variants: bool) -> Result<Vec<Shown>> {
    let mut catalogs: Vec<u64> = products.iter().filter_map(|product| product.catalog).collect();
    catalogs.sort_unstable();
    catalogs.dedup();
    let found = find_all::<Catalog>(cx, &catalogs).await?;
    let mut shown = Vec::with_capacity(products.len());
    for product in products {
        let place = product.catalog.and_then(|id| catalogs.binary_search(&id).ok());
        let catalog = place.and_then(|place| found.get(place).cloned().flatten());
        let variants = if variants { find_all::<Variant>(cx, &product.variants).await? } else { Vec::new() };
        shown.push(Shown { product, catalog, variants: variants.into_iter().flatten().collect() });
    }
    Ok(shown)
}

async fn one(cx: &Context, product: Product, variants: bool) -> Result<Shown> {
    let mut shown = beside(cx, vec![product], variants).await?;
    shown.pop().ok_or_else(|| crate::words::error::Error::internal("a product that is not there"))
}

async fn get_whole(cx: &Context, id: u64) -> Result<Done<Shown>> {
    let (_, product) = find::<Product>(cx, id).await?;
    Ok(Done::read(one(cx, product, true).await?))
}

async fn search_whole(cx: &Context, list: &List) -> Result<Done<Page<Shown>>> {
    let (_, page) = crate::domain::records::search::<Product>(cx, list).await?;
    let Page { rows, total, window } = page;
    Ok(Done::read(Page { rows: beside(cx, rows, false).await?, total, window }))
}

async fn create_whole(cx: &Context, change: &Change) -> Result<Done<Shown>> {
    let mut change = change.clone();
    // Its name in addresses comes of its name, where none was chosen (contract billmora, defect D13).
    if change.slug == Patch::Keep || change.slug == Patch::Clear {
        change.slug = Patch::from(slug(cx, "product-slug", change.name.as_deref().unwrap_or_default()).await?);
    }
    let Done { answer, changes, .. } = crate::domain::catalog::edit::create::<Product>(cx, &change).await?;
    Ok(Done::changed(one(cx, answer, false).await?, changes))
}

async fn update_whole(cx: &Context, input: &(u64, Change)) -> Result<Done<Shown>> {
    let Done { answer, changes, .. } = crate::domain::catalog::edit::update::<Product>(cx, input).await?;
    Ok(Done::changed(one(cx, answer, false).await?, changes))
}

/// A name for addresses that nobody has: made of a name, with a number behind it where that is taken; nothing
/// when the name has no letters.
pub(crate) async fn slug(cx: &Context, what: &str, name: &str) -> Result<Option<String>> {
    let mut plain = String::new();
    for letter in name.chars().take(200) {
        if letter.is_ascii_alphanumeric() {
            plain.push(letter.to_ascii_lowercase());
        } else if !plain.is_empty() && !plain.ends_with('-') {
            plain.push('-');
        }
    }
    let plain = plain.trim_end_matches('-').to_owned();
    if plain.is_empty() {
        return Ok(None);
    }
    let tries: Vec<String> = (1..=20).map(|n| if n == 1 { plain.clone() } else { format!("{plain}-{n}") }).collect();
    let keys: Vec<_> = tries.iter().map(|slug| crate::machinery::keys::claim(cx.tenant(), what, slug)).collect();
    let found = cx.store.get_items(&keys).await?;
    let free = |item: &Option<_>| crate::machinery::store::number_of(item.as_ref(), "bearers") == 0;
    let place = found.iter().position(free);
    Ok(Some(
        place
            .and_then(|place| tries.get(place).cloned())
            .unwrap_or_else(|| format!("{plain}-{}", cx.outside.fresh_id())),
    ))
}
