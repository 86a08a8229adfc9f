//! Suppliers: from whom the tenant buys.

use serde::{Deserialize, Serialize};

use crate::domain::records::{Drawer, IndexRow, List, Record, Stamps, find, put, remove, search, stamped};
use crate::domain::tenants::own;
use crate::machinery::changes::Changes;
use crate::machinery::keys::{Entity, SUPPLIER};
use crate::machinery::operation::{Context, Done, Op, Scope};
use crate::words::error::{Error, Result};
use crate::words::page::Page;
use crate::words::patch::Patch;

/// List suppliers.
pub static SEARCH: Op<List, Page<Supplier>> =
    Op::read("suppliers.search", "supplier", Scope::Reseller, |cx, list| Box::pin(all(cx, list)));
/// Read a supplier.
pub static GET: Op<u64, Supplier> =
    Op::read("suppliers.get", "supplier", Scope::Reseller, |cx, id| Box::pin(get(cx, *id)));
/// Make a supplier.
pub static CREATE: Op<Change, Supplier> =
    Op::write("suppliers.create", "supplier", Scope::Reseller, |cx, new| Box::pin(create(cx, new)));
/// Change a supplier.
pub static UPDATE: Op<(u64, Change), Supplier> =
    Op::write("suppliers.update", "supplier", Scope::Reseller, |cx, (id, change)| Box::pin(update(cx, *id, change)));
/// Delete a supplier from whom nothing was ordered; the number deleted.
pub static DELETE: Op<u64, u64> =
    Op::write("suppliers.delete", "supplier", Scope::Reseller, |cx, id| Box::pin(delete(cx, *id)));

/// A supplier.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Supplier {
    /// Id, dates and version.
    pub stamps: Stamps,
    /// The reseller who buys from them.
    pub reseller: u64,
    /// The name.
    pub name: String,
    /// E-mail address.
    pub email: Option<String>,
    /// Telephone.
    pub phone: Option<String>,
    /// Company.
    pub company: Option<String>,
    /// Street and number.
    pub address: Option<String>,
    /// City.
    pub city: Option<String>,
    /// State or province.
    pub state: Option<String>,
    /// Postal code.
    pub zip: Option<String>,
    /// Country.
    pub country: Option<String>,
    /// Their number at the tax office.
    pub tax_number: Option<String>,
    /// Notes of the staff.
    pub notes: Option<String>,
    /// How many purchase orders name them. It stands here so that an order and a deletion that meet collide on
    /// this record, and no order is left without its supplier.
    pub purchases: u64,
}

impl Record for Supplier {
    const ENTITY: Entity = SUPPLIER;
    const NAME: &'static str = "supplier";
    stamped!();

    fn index_row(&self) -> IndexRow {
        // All that a list is searched in.
        let words = [Some(&self.name), self.company.as_ref(), self.email.as_ref()];
        IndexRow {
            id: self.stamps.id,
            name: words.into_iter().flatten().map(String::as_str).collect::<Vec<_>>().join(" "),
            number: self.phone.clone(),
            reseller: Some(self.reseller),
            at: self.stamps.created_at,
            ..IndexRow::default()
        }
    }
}

/// What to make, or to change: what is not mentioned stays, or is left unset.
#[derive(Debug, Clone, Default)]
pub struct Change {
    /// The name; needed to make one.
    pub name: Option<String>,
    /// E-mail address.
    pub email: Patch<String>,
    /// Telephone.
    pub phone: Patch<String>,
    /// Company.
    pub company: Patch<String>,
    /// Street and number.
    pub address: Patch<String>,
    /// City.
    pub city: Patch<String>,
    /// State or province.
    pub state: Patch<String>,
    /// Postal code.
    pub zip: Patch<String>,
    /// Country.
    pub country: Patch<String>,
    /// Their number at the tax office.
    pub tax_number: Patch<String>,
    /// Notes of the staff.
    pub notes: Patch<String>,
}

impl Change {
    /// The supplier as it stands then; an empty text unsets.
    fn apply(&self, supplier: &mut Supplier) {
        supplier.name = self.name.clone().unwrap_or_else(|| supplier.name.clone());
        for (patch, field) in [
            (&self.email, &mut supplier.email),
            (&self.phone, &mut supplier.phone),
            (&self.company, &mut supplier.company),
            (&self.address, &mut supplier.address),
            (&self.city, &mut supplier.city),
            (&self.state, &mut supplier.state),
            (&self.zip, &mut supplier.zip),
            (&self.country, &mut supplier.country),
            (&self.tax_number, &mut supplier.tax_number),
            (&self.notes, &mut supplier.notes),
        ] {
            patch.clone().apply(field);
            *field = field.take().filter(|text| !text.is_empty());
        }
    }
}

async fn all(cx: &Context, list: &List) -> Result<Done<Page<Supplier>>> {
    Ok(Done::read(search(cx, list).await?.1))
}

async fn get(cx: &Context, id: u64) -> Result<Done<Supplier>> {
    Ok(Done::read(find(cx, id).await?.1))
}

async fn create(cx: &Context, new: &Change) -> Result<Done<Supplier>> {
    let tenant = own(cx).await?;
    let mut ids = Drawer::open(cx, &[SUPPLIER]).await?;
    let stamps = Stamps::new(ids.next(SUPPLIER), cx.now);
    let mut supplier = Supplier { stamps, reseller: tenant.default_reseller(&cx.caller), ..Supplier::default() };
    new.apply(&mut supplier);
    let mut changes = Changes::default();
    ids.into_changes(cx, &mut changes);
    let supplier = put(cx, &mut changes, None, supplier, "supplier.created")?;
    Ok(Done::changed(supplier, changes))
}

async fn update(cx: &Context, id: u64, change: &Change) -> Result<Done<Supplier>> {
    let (_, before) = find::<Supplier>(cx, id).await?;
    let mut after = before.clone();
    change.apply(&mut after);
    let mut changes = Changes::default();
    let after = put(cx, &mut changes, Some(&before), after, "supplier.updated")?;
    Ok(Done::changed(after, changes))
}

async fn delete(cx: &Context, id: u64) -> Result<Done<u64>> {
    let (_, supplier) = find::<Supplier>(cx, id).await?;
    if supplier.purchases > 0 {
        return Err(Error::refused("in_use", "The supplier has purchase orders and cannot be deleted"));
    }
    let mut changes = Changes::default();
    remove(cx, &mut changes, &supplier, "supplier.deleted")?;
    Ok(Done::changed(1, changes))
}

/// Count an order more, or one less, on the supplier it names.
pub(crate) fn count(cx: &Context, changes: &mut Changes, before: &Supplier, more: bool) -> Result<()> {
    let purchases = if more { before.purchases.saturating_add(1) } else { before.purchases.saturating_sub(1) };
    put(cx, changes, Some(before), Supplier { purchases, ..before.clone() }, "supplier.updated")?;
    Ok(())
}
