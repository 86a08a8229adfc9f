//! Products with what is shown beside them.

use rust_decimal::Decimal;

use crate::domain::catalog::catalogs::Catalog;
use crate::domain::catalog::edit;
use crate::domain::catalog::product::{Product, Shelf};
use crate::domain::catalog::products::Change;
use crate::domain::catalog::variants::Variant;
use crate::domain::records::{BEARERS, List, find, find_all, put, search};
use crate::domain::tenants::{TenantRecord, own};
use crate::machinery::changes::Changes;
use crate::machinery::keys;
use crate::machinery::operation::{Context, Done, Op, Scope};
use crate::machinery::store::number_of;
use crate::words::error::{Error, Result};
use crate::words::money::Currency;
use crate::words::page::Page;
use crate::words::patch::Patch;

/// Read a product with its catalog and its variants.
pub static GET: Op<u64, Shown> = Op::read("products.get", "product", Scope::Reseller, |cx, id| Box::pin(get(cx, *id)));
/// List products with their catalogs.
pub static SEARCH: Op<List, Page<Shown>> =
    Op::read("products.search", "product", Scope::Reseller, |cx, list| Box::pin(list_all(cx, list)));
/// Make a product, and read it with its catalog.
pub static CREATE: Op<Change, Shown> =
    Op::write("products.create", "product", Scope::Reseller, |cx, change| Box::pin(create(cx, change)))
        .also(edit::also::<Product>);
/// Change a product, and read it with its catalog.
pub static UPDATE: Op<(u64, Change), Shown> =
    Op::write("products.update", "product", Scope::Reseller, |cx, input| Box::pin(update(cx, input)))
        .also(edit::also_update::<Product>);
/// Put a product away; the number of products put away.
pub static ARCHIVE: Op<u64, u64> =
    Op::write("products.archive", "product", Scope::Reseller, |cx, id| Box::pin(archive(cx, *id)));

/// A product with what is shown beside it.
#[derive(Debug, Clone, PartialEq)]
pub struct Shown {
    /// The product.
    pub product: Product,
    /// Its catalog; absent where it has none, or where that was deleted.
    pub catalog: Option<Catalog>,
    /// Its variants, where one product was asked for.
    pub variants: Vec<Variant>,
    /// Its reseller's name.
    pub reseller_name: String,
    /// Its first price, for dialects that know but one.
    pub plain: Plainly,
}

/// The first price of a product, in the base currency where it has one in it.
#[derive(Debug, Clone, PartialEq)]
pub struct Plainly {
    /// The id of the currency in the tenant.
    pub currency: u64,
    /// The currency.
    pub iso: Currency,
    /// The price.
    pub price: Decimal,
    /// What is asked for once, with the first.
    pub setup_fee: Decimal,
}

impl Plainly {
    fn of(product: &Product, tenant: &TenantRecord) -> Result<Self> {
        let base = tenant.base()?;
        let (code, price, setup_fee) = product.plain_price(base.iso.code());
        // Also one that was deleted since.
        let currency = tenant.currencies.iter().find(|currency| currency.iso.code() == code).unwrap_or(base);
        Ok(Self { currency: currency.id, iso: currency.iso, price, setup_fee })
    }
}

async fn beside(cx: &Context, tenant: &TenantRecord, products: Vec<Product>) -> Result<Vec<Shown>> {
    let mut catalogs: Vec<u64> = products.iter().filter_map(|product| product.catalog).collect();
    catalogs.sort_unstable();
    catalogs.dedup();
    let found = find_all::<Catalog>(cx, &catalogs).await?;
    let mut shown = Vec::with_capacity(products.len());
    for product in products {
        let place = product.catalog.and_then(|id| catalogs.binary_search(&id).ok());
        let catalog = place.and_then(|place| found.get(place).cloned().flatten());
        let reseller = tenant.reseller(product.reseller);
        let reseller_name = reseller.map(|reseller| reseller.name.clone()).unwrap_or_default();
        let plain = Plainly::of(&product, tenant)?;
        shown.push(Shown { product, catalog, variants: Vec::new(), reseller_name, plain });
    }
    Ok(shown)
}

async fn one(cx: &Context, tenant: &TenantRecord, product: Product) -> Result<Shown> {
    let mut shown = beside(cx, tenant, vec![product]).await?;
    shown.pop().ok_or_else(|| Error::internal("a product that is not there"))
}

async fn get(cx: &Context, id: u64) -> Result<Done<Shown>> {
    let (tenant, product) = find::<Product>(cx, id).await?;
    let mut shown = one(cx, &tenant, product).await?;
    shown.variants = find_all::<Variant>(cx, &shown.product.variants).await?.into_iter().flatten().collect();
    Ok(Done::read(shown))
}

async fn list_all(cx: &Context, list: &List) -> Result<Done<Page<Shown>>> {
    let (tenant, page) = search::<Product>(cx, list).await?;
    let Page { rows, total, window } = page;
    Ok(Done::read(Page { rows: beside(cx, &tenant, rows).await?, total, window }))
}

async fn create(cx: &Context, change: &Change) -> Result<Done<Shown>> {
    let mut change = change.clone();
    // Its name in addresses comes of its name, where none was chosen (contract billmora, defect D13).
    if change.slug.value().is_none() {
        change.slug = Patch::Set(slug(cx, "product-slug", change.name.as_deref().unwrap_or_default()).await?);
    }
    let Done { answer, changes, .. } = edit::create::<Product>(cx, &change).await?;
    Ok(Done::changed(one(cx, &own(cx).await?, answer).await?, changes))
}

async fn update(cx: &Context, input: &(u64, Change)) -> Result<Done<Shown>> {
    let Done { answer, changes, .. } = edit::update::<Product>(cx, input).await?;
    Ok(Done::changed(one(cx, &own(cx).await?, answer).await?, changes))
}

async fn archive(cx: &Context, id: u64) -> Result<Done<u64>> {
    let (_, before) = find::<Product>(cx, id).await?;
    if before.shelf == Shelf::Archived {
        return Ok(Done::read(0));
    }
    let after = Product { shelf: Shelf::Archived, ..before.clone() };
    let mut changes = Changes::default();
    put(cx, &mut changes, Some(&before), after, "product.archived")?;
    Ok(Done::changed(1, changes))
}

/// A name for addresses that nobody has: made of a name, with a number behind it where that is taken. A name
/// without Latin letters gives way to what it is the name of.
pub(crate) async fn slug(cx: &Context, what: &str, name: &str) -> Result<String> {
    let mut plain = String::new();
    for letter in name.chars().take(200) {
        if letter.is_ascii_alphanumeric() {
            plain.push(letter.to_ascii_lowercase());
        } else if !plain.is_empty() && !plain.ends_with('-') {
            plain.push('-');
        }
    }
    let plain = if plain.is_empty() { what.trim_end_matches("-slug") } else { plain.trim_end_matches('-') };
    let tries: Vec<String> = (1..=20).map(|n| if n == 1 { plain.to_owned() } else { format!("{plain}-{n}") }).collect();
    let wanted: Vec<_> = tries.iter().map(|slug| keys::claim(cx.tenant(), what, slug)).collect();
    let found = cx.store.get_items(&wanted).await?;
    let place = found.iter().position(|item| number_of(item.as_ref(), BEARERS) == 0);
    let free = place.and_then(|place| tries.into_iter().nth(place));
    Ok(free.unwrap_or_else(|| format!("{plain}-{}", cx.outside.fresh_id())))
}
