//! What the items of an order mean, and whether they may be ordered (contract billmora §9.4).

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::catalog::catalogs::Catalog;
use crate::domain::catalog::coupons::Coupon;
use crate::domain::catalog::tlds::{Fees, Tld};
use crate::domain::catalog::variants::{Choice, Style, Variant};
use crate::domain::catalog::{Cycle, Price, Product, Shelf};
use crate::domain::records::{IndexRow, List, Record, find_all, indexed};
use crate::domain::sales::order::Stage;
use crate::domain::tenants::{CurrencyRef, Reach};
use crate::machinery::keys::{self, COUPON};
use crate::machinery::listing;
use crate::machinery::operation::Context;
use crate::machinery::store::number_of;
use crate::words::error::{Error, Result, Violation};
use crate::words::page::Window;

/// The most services and domains of an order: its payment brings all of them to life in one commit.
pub const MOST_UNITS: u32 = 12;
/// The most years of a domain.
pub const MOST_YEARS: u32 = 100;

/// Services to order.
#[derive(Debug, Clone, Default)]
pub struct PackageItem {
    /// The product …
    pub product: u64,
    /// … and the id of one of its prices.
    pub price: u64,
    /// How many.
    pub quantity: u32,
    /// The options chosen of each variant.
    pub options: BTreeMap<u64, Vec<u64>>,
}

/// A domain to order.
#[derive(Debug, Clone, Default)]
pub struct DomainItem {
    /// Whether it comes from another registrar.
    pub transfer: bool,
    /// The name.
    pub domain: String,
    /// Its top-level domain.
    pub tld: u64,
    /// For how many years.
    pub years: u32,
    /// The other registrar's code.
    pub epp_code: Option<String>,
}

/// An order to make.
#[derive(Debug, Clone, Default)]
pub struct New {
    /// Who orders.
    pub customer: u64,
    /// In which currency …
    pub currency: CurrencyRef,
    /// … or in the customer's own.
    pub own_currency: bool,
    /// The coupon's code.
    pub coupon: Option<String>,
    /// What it is made as.
    pub stage: Stage,
    /// Notes.
    pub notes: Option<String>,
    /// Services.
    pub packages: Vec<PackageItem>,
    /// Domains.
    pub domains: Vec<DomainItem>,
    /// Whether stock, limits, the coupon's terms and the domain's years are looked at: Billmora's own orders are
    /// its staff's, who may do as they please (contract billmora §9.4).
    pub strict: bool,
}

/// A service that was chosen.
#[derive(Debug, Clone)]
pub struct ChosenPackage {
    /// As it was asked for.
    pub item: PackageItem,
    /// The product.
    pub product: Product,
    /// Its price.
    pub price: Price,
    /// The catalog's name.
    pub catalog: Option<String>,
    /// The options, each with its variant and its price.
    pub options: Vec<(Variant, Choice, Price)>,
}

/// Everything that was chosen.
#[derive(Debug, Clone, Default)]
pub struct Chosen {
    /// Services.
    pub packages: Vec<ChosenPackage>,
    /// Domains with what a year costs.
    pub domains: Vec<(DomainItem, Tld, Fees)>,
    /// The coupon.
    pub coupon: Option<Coupon>,
}

/// What an order refers to and is not there, beside its customer and its currency. `prices` is the last id of a
/// price that was drawn: one that is above it was never there. A product that the caller may not see is not there.
pub async fn references(cx: &Context, new: &New, prices: u64, reach: &Reach) -> Result<(Vec<Violation>, Found)> {
    let mut violations = Vec::new();
    let coupon = match &new.coupon {
        None => None,
        Some(code) => {
            let found = coupon(cx, code).await?;
            if found.is_none() {
                violations.push(Violation::missing("coupon", "coupons", code));
            }
            found
        }
    };
    let unique = |ids: Vec<u64>| -> Vec<u64> { ids.into_iter().collect::<BTreeSet<_>>().into_iter().collect() };
    let products = unique(new.packages.iter().map(|item| item.product).collect());
    let tlds = unique(new.domains.iter().map(|item| item.tld).collect());
    let mut products = found::<Product>(cx, &products).await?;
    products.retain(|_, product| reach.covers(product.reseller));
    let tlds = found::<Tld>(cx, &tlds).await?;
    for (place, item) in new.packages.iter().enumerate() {
        if !products.contains_key(&item.product) {
            violations.push(Violation::missing(format!("packages.{place}.product"), "products", item.product));
        }
    }
    for (place, item) in new.packages.iter().enumerate() {
        if item.price == 0 || item.price > prices {
            violations.push(Violation::missing(format!("packages.{place}.price"), "prices", item.price));
        }
    }
    for (place, item) in new.domains.iter().enumerate() {
        if !tlds.contains_key(&item.tld) {
            violations.push(Violation::missing(format!("domains.{place}.tld"), "tlds", item.tld));
        }
    }
    Ok((violations, Found { products, tlds, coupon }))
}

/// What an order refers to.
#[derive(Debug, Clone, Default)]
pub struct Found {
    products: BTreeMap<u64, Product>,
    tlds: BTreeMap<u64, Tld>,
    coupon: Option<Coupon>,
}

async fn found<R: Record>(cx: &Context, ids: &[u64]) -> Result<BTreeMap<u64, R>> {
    if ids.is_empty() {
        return Ok(BTreeMap::new());
    }
    let there = find_all::<R>(cx, ids).await?;
    Ok(there.into_iter().flatten().map(|one| (one.stamps().id, one)).collect())
}

async fn coupon(cx: &Context, code: &str) -> Result<Option<Coupon>> {
    let rows: Vec<IndexRow> = listing::index(cx, keys::index(cx.tenant(), COUPON)).await?;
    let Some(row) = rows.iter().find(|row| row.name.to_lowercase() == code.trim().to_lowercase()) else {
        return Ok(None);
    };
    Ok(find_all::<Coupon>(cx, &[row.id]).await?.pop().flatten())
}

/// What was chosen, or why it cannot be ordered, in the contract's order of checks.
pub async fn choose(cx: &Context, new: &New, code: &str, found: Found) -> Result<Chosen> {
    let refused = |text: &str| Error::refused("order", text);
    if new.packages.is_empty() && new.domains.is_empty() {
        return Err(refused("At least one package or domain item is required."));
    }
    let units = new.packages.iter().map(|item| item.quantity).fold(0_u32, u32::saturating_add);
    let units = units.saturating_add(u32::try_from(new.domains.len()).unwrap_or(u32::MAX));
    if units > MOST_UNITS {
        let text = format!("An order can hold at most {MOST_UNITS} services and domains, this one asks for {units}.");
        return Err(Error::refused("too_many_units", text));
    }
    let used: BTreeSet<u64> = found.products.values().flat_map(|product| product.variants.clone()).collect();
    let variants = self::found::<Variant>(cx, &used.into_iter().collect::<Vec<_>>()).await?;
    let catalogs: BTreeSet<u64> = found.products.values().filter_map(|product| product.catalog).collect();
    let catalogs = self::found::<Catalog>(cx, &catalogs.into_iter().collect::<Vec<_>>()).await?;
    let mut packages = Vec::with_capacity(new.packages.len());
    for item in &new.packages {
        let Some(product) = found.products.get(&item.product).cloned() else { continue };
        let price = product.price(item.price).cloned();
        let price = price.ok_or_else(|| refused("Invalid billing cycle for package."))?;
        if price.sold(code).is_none() {
            return Err(refused("The selected billing cycle is not available for your selected currency."));
        }
        let own = product.variants.iter().filter_map(|id| variants.get(id));
        let own: Vec<&Variant> = own.filter(|variant| variant.shelf == Shelf::Visible).collect();
        let options = options(item, &price, &own, code).map_err(|text| refused(&text))?;
        let catalog = product.catalog.and_then(|id| catalogs.get(&id)).map(|catalog| catalog.name.clone());
        packages.push(ChosenPackage { item: item.clone(), product, price, catalog, options });
    }
    let mut domains = Vec::with_capacity(new.domains.len());
    for item in &new.domains {
        let Some(tld) = found.tlds.get(&item.tld).cloned() else { continue };
        let fees = tld.fees.get(code).cloned();
        if new.strict && fees.is_none() {
            return Err(refused(&format!("Domains under {} are not sold in {code}.", tld.tld)));
        }
        domains.push((item.clone(), tld, fees.unwrap_or_default()));
    }
    let chosen = Chosen { packages, domains, coupon: found.coupon };
    if new.strict {
        look_closely(cx, new, &chosen).await?;
    }
    Ok(chosen)
}

/// The options chosen of a package, each with its price.
fn options(
    item: &PackageItem,
    price: &Price,
    own: &[&Variant],
    code: &str,
) -> std::result::Result<Vec<(Variant, Choice, Price)>, String> {
    let mut chosen = Vec::new();
    if item.options.values().all(Vec::is_empty) {
        return Ok(chosen);
    }
    let some = |id: u64| item.options.get(&id).is_some_and(|options| !options.is_empty());
    if let Some(variant) = own.iter().find(|variant| variant.style != Style::Checkbox && !some(variant.stamps.id)) {
        return Err(format!("The {} field is required.", variant.name));
    }
    if item.options.keys().any(|id| own.iter().all(|variant| variant.stamps.id != *id)) {
        return Err("One or more selected variants do not belong to this package.".into());
    }
    for id in item.options.values().flatten() {
        let of = own.iter().find_map(|variant| Some((*variant, variant.options.iter().find(|one| one.id == *id)?)));
        let (variant, choice) =
            of.ok_or("One or more selected options are invalid or do not belong to this package.")?;
        let own_price = choice.prices.iter().find(|one| one.name.eq_ignore_ascii_case(&price.name));
        let own_price =
            own_price.ok_or("One or more selected variants do not have prices for the selected billing cycle.")?;
        if price.cycle != Cycle::Free && own_price.sold(code).is_none() {
            let name = &choice.name;
            let text = format!("The option \"{name}\" is not available for the selected billing cycle and currency.");
            return Err(text);
        }
        chosen.push((variant.clone(), choice.clone(), own_price.clone()));
    }
    Ok(chosen)
}

/// Stock, limits, the coupon's terms, the domain's years: what our own orders look at.
async fn look_closely(cx: &Context, new: &New, chosen: &Chosen) -> Result<()> {
    let refused = |rule: &'static str, text: String| Err(Error::refused(rule, text));
    for package in &chosen.packages {
        let (product, quantity) = (&package.product, i64::from(package.item.quantity));
        let name = &product.name;
        let asked = chosen.packages.iter().filter(|other| other.product.stamps.id == product.stamps.id);
        let asked: i64 = asked.map(|other| i64::from(other.item.quantity)).sum();
        if product.shelf == Shelf::Archived {
            return refused("not_sold", format!("{name} is not sold any more"));
        }
        if quantity > 1 && !product.allow_several {
            return refused("one_only", format!("{name} is sold one at a time"));
        }
        if product.stock >= 0 && asked > product.stock {
            return refused("out_of_stock", format!("{name} is out of stock: {} left", product.stock));
        }
        if product.per_user_limit >= 0 {
            let all = List::all(Window { offset: 0, limit: 1, newest_first: false });
            let list = List { customers: vec![new.customer], parents: vec![product.stamps.id], ..all };
            let rows = indexed(cx, keys::SERVICE, &list, &Reach::Everything).await?;
            let has = rows.iter().filter(|row| !["terminated", "cancelled"].contains(&row.status.as_str())).count();
            if i64::try_from(has).unwrap_or(i64::MAX).saturating_add(asked) > product.per_user_limit {
                return refused("limit_reached", format!("A customer may have {} of {name}", product.per_user_limit));
            }
        }
    }
    for (item, tld, _) in &chosen.domains {
        if !item.domain.to_lowercase().ends_with(&tld.tld) || item.domain.len() <= tld.tld.len() {
            return refused("domain_tld", format!("{} does not end with {}", item.domain, tld.tld));
        }
        if !(tld.min_years..=tld.max_years).contains(&item.years) {
            let text = format!("{} is registered for {} to {} years", tld.tld, tld.min_years, tld.max_years);
            return refused("domain_years", text);
        }
    }
    if let Some(coupon) = &chosen.coupon {
        let key = uses_of(cx, coupon, new.customer);
        let used = number_of(cx.store.get_items(&[key]).await?.pop().flatten().as_ref(), USES);
        if let Some(why) = coupon.refusal(cx.now, used) {
            return refused("coupon", why.to_owned());
        }
        let fits = chosen.packages.iter().any(|one| is_for(&coupon.products, one.product.stamps.id))
            || chosen.domains.iter().any(|(item, _, _)| is_for(&coupon.tlds, item.tld));
        if !fits {
            return refused("coupon", "The coupon is for none of these items".to_owned());
        }
    }
    Ok(())
}

/// Whether a coupon with a list is for one; without a list it is for all.
pub fn is_for(listed: &[u64], id: u64) -> bool {
    listed.is_empty() || listed.contains(&id)
}

/// The attribute that counts how often a customer used a coupon.
pub(crate) const USES: &str = "bearers";

/// Where that stands.
pub(crate) fn uses_of(cx: &Context, coupon: &Coupon, customer: u64) -> crate::machinery::keys::Key {
    keys::claim(cx.tenant(), "coupon-use", &format!("{}-{customer}", coupon.stamps.id))
}
