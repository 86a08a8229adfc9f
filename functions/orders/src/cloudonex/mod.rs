//! `/orders`, `/services`, `/registrants`, `/billing/run`, `/settings` and `/clock`, in CloudOnex's habits: the original names
//! orders without describing them (contract cloudonex §8.10), and has none of the others.

mod billing;
mod clock;
mod orders;
mod services;

pub(crate) use self::billing::told;
use shared::domain::records::List;
use shared::machinery::dialect::cloudonex::{search, window};
use shared::machinery::reader::Reader;
use shared::machinery::route::Row;

/// What the dialect calls the operations' fields.
pub(crate) const NAMES: &[(&str, &str)] = &[
    ("customer", "customer_id"),
    ("packages", "items"),
    ("product", "product_id"),
    ("price", "price_id"),
    ("tld", "tld_id"),
    ("fee", "price"),
];

pub(crate) fn rows() -> Vec<Row> {
    [orders::rows(), services::rows(), billing::rows(), clock::rows()].into_iter().flatten().collect()
}

/// A list, newest first: `customer_id`, `search`, and `status` among these words.
pub(crate) fn read_list<T: Copy + 'static>(
    r: &mut Reader<'_>,
    statuses: &'static [(&'static str, T)],
    own: fn(T) -> &'static str,
) -> List {
    let mut list = List::all(window(r, true));
    list.customers = r.id("customer_id").optional().into_iter().collect();
    list.search = search(r);
    list.statuses = r.choice("status", statuses).optional().map(|status| vec![own(status).to_owned()]);
    list
}
