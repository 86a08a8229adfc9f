//! `/orders`, `/services`, `/registrants` and the domain check (contract billmora §8.2, §8.4, §8.9, §9.2, §9.4,
//! §9.9, §9.11, §10.3–§10.5).

mod orders;
mod registrants;
mod services;

use serde_json::Value;
use shared::domain::customers::Customer;
use shared::domain::records::List;
use shared::machinery::dialect::billmora::{filter, window};
use shared::machinery::reader::Reader;
use shared::machinery::route::Row;
use shared::words::money::Currency;
use shared::words::pattern::Pattern;

/// What the dialect calls the operations' fields.
pub(crate) const NAMES: &[(&str, &str)] = &[
    ("customer", "user_id"),
    ("packages", "package_items"),
    ("domains", "domain_items"),
    ("product", "package_id"),
    ("price", "billing_id"),
    ("tld", "tld_id"),
];

pub(crate) fn rows() -> Vec<Row> {
    [orders::rows(), services::rows(), registrants::rows()].into_iter().flatten().collect()
}

/// A list, newest first: `search`, `status` and `user_id`. A word that is no status matches nothing.
pub(crate) fn read_list(r: &mut Reader<'_>) -> List {
    let mut list = List::all(window(r));
    list.search = filter(r, "search").map(|text| Pattern::like(&text));
    list.statuses = filter(r, "status").map(|word| vec![word]);
    // Nobody has the id 0.
    list.customers = filter(r, "user_id").map(|id| id.parse().unwrap_or(0)).into_iter().collect();
    list
}

/// A user inside another resource; null where it was deleted.
pub(crate) fn user(customer: Option<&(Customer, Currency)>) -> Value {
    customer.map(|(customer, currency)| customers::billmora::view(customer, currency.code())).into()
}
