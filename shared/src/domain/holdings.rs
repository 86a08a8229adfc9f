//! Everything that a tenant has: the partitions of all its records, found by what other records say, since
//! nothing scans the table. `export` reads them.
//!
//! Left out is what passes: idempotency records, the outbox, turns, and how far a restore has come. Credentials
//! and logins stand under no tenant ([`keys`]), so they are not here either; nor is what users know of their
//! credentials, which would be nothing without them. Nor are webhooks and their deliveries: a copy of a tenant must
//! not tell its receivers anything, and their secrets are this installation's own.

use std::collections::BTreeSet;

use crate::domain::agenda;
use crate::domain::documents::Kind;
use crate::domain::tenants::TenantRecord;
use crate::domain::users::User;
use crate::machinery::caller::Tenant;
use crate::machinery::keys::{
    self, CATALOG, CLIENT_ACCOUNT, COUPON, CREDENTIAL, CUSTOMER, Entity, GATEWAY, INVOICE, LEAD, OPTION, ORDER,
    PAYMENT_PROFILE, PRICE, PRODUCT, PURCHASE, QUOTE, RATE, RATE_TABLE, REGISTRANT, SERVICE, SUPPLIER, TICKET,
    TICKET_MESSAGE, TLD, TRANSACTION, USAGE_RATE, USER, VARIANT, WEBHOOK,
};
use crate::machinery::store::{Item, Range, Store, number_of, record, text_of};
use crate::words::error::{Error, Result};
use crate::words::time::Instant;

/// Every kind of record with ids.
const ENTITIES: [Entity; 26] = [
    CUSTOMER,
    RATE,
    INVOICE,
    TRANSACTION,
    QUOTE,
    PRODUCT,
    PRICE,
    CATALOG,
    VARIANT,
    OPTION,
    TLD,
    COUPON,
    ORDER,
    SERVICE,
    REGISTRANT,
    CLIENT_ACCOUNT,
    RATE_TABLE,
    USAGE_RATE,
    TICKET,
    TICKET_MESSAGE,
    LEAD,
    USER,
    PAYMENT_PROFILE,
    GATEWAY,
    SUPPLIER,
    PURCHASE,
];
/// Records that stand once more in their customer's partition.
const OF_CUSTOMERS: [Entity; 7] = [QUOTE, ORDER, SERVICE, REGISTRANT, CLIENT_ACCOUNT, TICKET, PAYMENT_PROFILE];
/// What is unique, and so claimed; names of customers are claimed for each reseller besides.
const CLAIMS: [&str; 10] = [
    "customer-email",
    "product-slug",
    "product-sku",
    "catalog-slug",
    "coupon",
    "coupon-use",
    "tld",
    "domain",
    "user-login",
    "user-email",
];
/// What billing runs look at.
const AGENDAS: [&str; 7] = [
    agenda::RENEWALS,
    agenda::CHARGES,
    agenda::WAITING,
    agenda::DOMAINS,
    agenda::EXPIRIES,
    agenda::OVERDUE,
    agenda::LAPSED,
];
/// The systems that records were imported from, and the kinds that were.
pub const SYSTEMS: [&str; 4] = ["jerasoft", "racknap", "cloudonex", "billmora"];
/// See [`SYSTEMS`].
pub const IMPORTED: [&str; 10] =
    ["currency", "rate", "tax_rate", "account", "category", "product", "customer", "document", "allocation", "status"];

/// The partitions of all that a tenant has, in order; some of them are empty.
///
/// # Errors
///
/// When there is no such tenant, or the table cannot be read.
pub async fn partitions(store: &Store, t: &Tenant, now: Instant) -> Result<Vec<String>> {
    let tenant: TenantRecord =
        store.get(&keys::tenant(t)).await?.ok_or_else(|| Error::internal(format!("there is no tenant {t}")))?;
    let mut all = BTreeSet::from([keys::tenant(t).pk, keys::user(t, 0).pk, keys::balances(t), keys::trial(t).pk]);
    all.insert(keys::sequence(t, CUSTOMER).pk);
    all.insert(keys::holes(t, CUSTOMER).pk);
    all.insert(keys::series(t, "").pk);
    // Their ids are never given again, though they are not here themselves.
    all.extend([CREDENTIAL, WEBHOOK].map(|entity| keys::holes_of_run(t, entity, 0).pk));
    for entity in ENTITIES {
        all.extend([keys::rows(t, entity), keys::index(t, entity), keys::deleted(t, entity, 0).pk]);
        all.insert(keys::holes_of_run(t, entity, 0).pk);
    }
    all.extend(CLAIMS.iter().map(|what| keys::claim(t, what, "").pk));
    all.extend(AGENDAS.iter().map(|what| keys::agenda(t, what)));
    all.extend(Kind::NUMBERED.iter().map(|kind| keys::register(t, kind.name())));
    for reseller in &tenant.resellers {
        all.insert(keys::claim(t, &format!("customer-name-{}", reseller.id), "").pk);
        all.insert(keys::figures(t, reseller.id));
    }
    for from in &tenant.currencies {
        all.extend(tenant.currencies.iter().map(|to| keys::rates_between(t, from.id, to.id)));
    }
    for system in SYSTEMS {
        all.extend(IMPORTED.iter().map(|kind| keys::imported(t, system, kind, "").pk));
    }
    all.extend(of_parents(store, t).await?);
    all.extend(of_customers(store, t).await?);
    all.extend(audited(store, t, &tenant, now).await?);
    Ok(all.into_iter().collect())
}

/// Partitions of single tickets, deleted ones too, and what gateways have told of.
async fn of_parents(store: &Store, t: &Tenant) -> Result<Vec<String>> {
    let mut all = Vec::new();
    for partition in [keys::index(t, TICKET), keys::deleted(t, TICKET, 0).pk] {
        let rows = store.query(&Range::whole(partition)).await?;
        all.extend(rows.iter().map(|row| keys::ticket_messages(t, number_of(Some(row), "id"))));
    }
    for partition in [keys::index(t, GATEWAY), keys::deleted(t, GATEWAY, 0).pk] {
        let rows = store.query(&Range::whole(partition)).await?;
        all.extend(rows.iter().map(|row| keys::gateway_payments(t, number_of(Some(row), "id"))));
    }
    Ok(all)
}

/// Partitions of single customers. Whoever has a document has a balance, so nobody is asked for in vain.
async fn of_customers(store: &Store, t: &Tenant) -> Result<BTreeSet<String>> {
    // What concerns nobody stands under 0.
    let mut all = BTreeSet::from([keys::journal(t, 0)]);
    let balances = store.query(&Range::whole(keys::balances(t))).await?;
    for customer in balances.iter().filter_map(|item| text_of(item, "SK")?.parse().ok()) {
        all.insert(keys::journal(t, customer));
        all.extend([INVOICE, TRANSACTION].map(|entity| keys::index_of(t, entity, Some(customer))));
    }
    let customer = |item: &Item| Some(number_of(Some(item), "customer")).filter(|customer| *customer != 0);
    for entity in OF_CUSTOMERS {
        let rows = store.query(&Range::whole(keys::index(t, entity))).await?;
        all.extend(rows.iter().filter_map(customer).map(|customer| keys::index_of(t, entity, Some(customer))));
    }
    Ok(all)
}

/// Months with audit entries: from the tenant's first on, and beyond the present as long as there are some, for
/// clocks that were set.
async fn audited(store: &Store, t: &Tenant, tenant: &TenantRecord, now: Instant) -> Result<Vec<String>> {
    let first = tenant.currencies.iter().map(|currency| currency.created_at).min().unwrap_or(now);
    let (mut month, last) = (first.date_naive(), now.date_naive());
    let mut all = Vec::new();
    loop {
        let partition = keys::audit_of(t, month);
        let some = store.query(&Range { limit: Some(1), ..Range::whole(partition.clone()) }).await?;
        if some.is_empty() && month > last {
            return Ok(all);
        }
        all.push(partition);
        month = match month.checked_add_months(chrono::Months::new(1)) {
            Some(next) => next,
            None => return Ok(all),
        };
    }
}

/// A user's login, which stands under no tenant.
///
/// # Errors
///
/// When the item is no user.
pub fn login_of(item: Item) -> Result<(String, u64)> {
    let user: User = record(item)?;
    Ok((user.login, user.stamps.id))
}
