//! Catalogs: groups of products (contract billmora §8.7, §9.7).

use serde::{Deserialize, Serialize};

use crate::domain::catalog::edit::{Editable, operations};
use crate::domain::catalog::product::{Product, Shelf};
use crate::domain::catalog::whole::slug;
use crate::domain::records::{Claim, Drawer, IndexRow, List, Record, Stamps, find, indexed, search, stamped};
use crate::domain::tenants::{Reach, TenantRecord};
use crate::machinery::keys::{CATALOG, Entity, PRODUCT};
use crate::machinery::operation::{Context, Done, Op, Scope, Working};
use crate::words::error::{Result, Violation};
use crate::words::page::Window;
use crate::words::patch::Patch;

operations!(Catalog, Scope::Tenant, "catalog", [SEARCH, GET, CREATE, UPDATE, DELETE]);

/// Make a catalog with a name for addresses made of its name, where none was chosen.
pub static CREATE_NAMED: Op<Change, Catalog> =
    Op::write("catalogs.create", "catalog", Scope::Tenant, |cx, change| Box::pin(create_named(cx, change)))
        .also(crate::domain::catalog::edit::also::<Catalog>);
/// Read a catalog with its products, as far as the caller may see them.
pub static GET_WHOLE: Op<u64, (Catalog, Vec<Product>)> =
    Op::read("catalogs.get", "catalog", Scope::Tenant, |cx, id| Box::pin(get_whole(cx, *id)));

/// The most products shown beside a catalog.
const MOST_SHOWN: u64 = 1000;

/// A group of products.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Catalog {
    /// Id, dates and version.
    pub stamps: Stamps,
    /// The name.
    pub name: String,
    /// Its name in addresses; unique.
    pub slug: Option<String>,
    /// What it holds.
    pub description: String,
    /// A picture.
    pub icon: Option<String>,
    /// Whether it can be chosen from.
    pub shelf: Shelf,
    /// Where it stands among the others.
    pub sort_order: i64,
}

/// What can be said of a catalog.
#[derive(Debug, Clone, Default)]
pub struct Change {
    /// The name.
    pub name: Option<String>,
    /// Its name in addresses.
    pub slug: Patch<String>,
    /// What it holds.
    pub description: Option<String>,
    /// A picture.
    pub icon: Patch<String>,
    /// Whether it can be chosen from.
    pub shelf: Option<Shelf>,
    /// Where it stands among the others.
    pub sort_order: Option<i64>,
}

impl Record for Catalog {
    const ENTITY: Entity = CATALOG;
    const NAME: &'static str = "catalog";
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

    fn claims(&self) -> Vec<Claim> {
        let claim = |slug: &String| Claim { what: "catalog-slug", value: slug.clone(), field: "slug" };
        self.slug.iter().map(claim).collect()
    }
}

impl Editable for Catalog {
    type Change = Change;
    const EVENTS: [&'static str; 3] = ["catalog.created", "catalog.updated", "catalog.deleted"];

    fn blank(_: &Context, _: &TenantRecord, stamps: Stamps, _: &Change) -> Self {
        Self { stamps, ..Self::default() }
    }

    fn apply(&mut self, _: &Context, _: &TenantRecord, change: &Change, _: &mut Drawer) -> Vec<Violation> {
        let c = change.clone();
        self.name = c.name.unwrap_or_else(|| self.name.clone());
        self.description = c.description.unwrap_or_else(|| self.description.clone());
        self.shelf = c.shelf.unwrap_or(self.shelf);
        self.sort_order = c.sort_order.unwrap_or(self.sort_order);
        c.slug.apply(&mut self.slug);
        c.icon.apply(&mut self.icon);
        Vec::new()
    }

    fn in_use<'a>(&'a self, cx: &'a Context) -> Working<'a, Option<String>> {
        Box::pin(async move {
            let list = List { parents: vec![self.stamps.id], ..List::all(first(1)) };
            let products = indexed(cx, PRODUCT, &list, &Reach::Everything).await?;
            Ok((!products.is_empty()).then(|| "The catalog has packages and cannot be deleted.".to_owned()))
        })
    }
}

fn first(limit: u64) -> Window {
    Window { offset: 0, limit, newest_first: false }
}

async fn create_named(cx: &Context, change: &Change) -> Result<Done<Catalog>> {
    let mut change = change.clone();
    if change.slug.value().is_none() {
        change.slug = Patch::Set(slug(cx, "catalog-slug", change.name.as_deref().unwrap_or_default()).await?);
    }
    crate::domain::catalog::edit::create(cx, &change).await
}

async fn get_whole(cx: &Context, id: u64) -> Result<Done<(Catalog, Vec<Product>)>> {
    let (_, catalog) = find::<Catalog>(cx, id).await?;
    let list = List { parents: vec![id], ..List::all(first(MOST_SHOWN)) };
    let (_, products) = search::<Product>(cx, &list).await?;
    Ok(Done::read((catalog, products.rows)))
}
