//! Every key of the table, and nothing else.
//!
//! One table: `PK` (string), `SK` (string), time to live on `expires` (epoch seconds). No index: every
//! list is a Query on one partition, and what a list must filter by stands in a compact row of its own.
//! A partition key begins with the tenant, so a query without a tenant does not compile. Three kinds of
//! record are looked up before a tenant is known (who presents this secret? whose login is this?); they
//! stand under `-`, which no tenant can be called.
//!
//! | entity | PK | SK | who reads it | units, read strongly |
//! | --- | --- | --- | --- | --- |
//! | credential | `-#credential#<hmac>` | `A` | every request, once; the request's rate limit is counted in the same write | 1 write, or 1 read where the dialect has no limit |
//! | login | `-#login#<login>` | `<tenant>#<user>` | the two token calls | 1 read |
//! | sign-in attempts | `-#attempt#<sha>` | `A` | the two token calls, which count in it | 1 write |
//! | site | `-#site` | `A` | calls that ask for no credential and name no tenant: the domain check, gateways' notices, the lead form | 1 read |
//! | sandbox | `-#sandbox` | `A` | every request in a sandbox: whether it is being reset | 1 read |
//! | sandbox fixture | `-#fixture` | `<sha>` | the reset: a copy of each item | |
//! | clock | `<t>#clock` | `A` | every request in a sandbox: what the tenant's clock shows | 1 read |
//! | tenant | `<t>#tenant` | `A` | every operation, in the batch with its record; holds currencies and resellers | 1 read per 4 KB |
//! | fixture loaded | `<t>#tenant` | `loaded` | the loader | |
//! | user | `<t>#user` | id | bearer JWT, RackNap's sessions, token calls; lists | 1 read |
//! | sequence | `<t>#sequence` | entity | creates (last id drawn), lists (total) | 1 read |
//! | holes | `<t>#holes` | entity | lists: how many ids are gone, per run of 4,096 | 1 read per 4 KB |
//! | holes of one run | `<t>#holes#<entity>` | run | the list page that begins in this run: which ids are gone | 1 read per 4 KB |
//! | customer | `<t>#customer` | id | read, list pages | 1 read per 4 KB |
//! | record | `<t>#product`, `<t>#catalog`, `<t>#variant`, `<t>#tld`, `<t>#coupon`, `<t>#quote`, `<t>#order`, `<t>#service`, `<t>#registrant`, `<t>#client-account`, `<t>#rate-table`, `<t>#usage-rate`, `<t>#ticket`, `<t>#lead`, `<t>#supplier`, `<t>#purchase`, `<t>#credential`, `<t>#payment-profile`, `<t>#gateway`, `<t>#webhook` | id | read, list pages | 1 read per 4 KB |
//! | record index | `<t>#product-index`, `<t>#catalog-index`, `<t>#variant-index`, `<t>#tld-index`, `<t>#coupon-index`, `<t>#quote-index`, `<t>#order-index`, `<t>#service-index`, `<t>#registrant-index`, `<t>#client-account-index`, `<t>#rate-table-index`, `<t>#usage-rate-index`, `<t>#ticket-index`, `<t>#lead-index`, `<t>#supplier-index`, `<t>#purchase-index`, `<t>#user-index`, `<t>#credential-index`, `<t>#payment-profile-index`, `<t>#gateway-index`, `<t>#webhook-index` | id | filtered and sorted lists: one row of some 250 bytes a record | 1 read per 4 KB |
//! | record index of a customer | `<t>#quote-index#<customer>`, `<t>#order-index#<customer>`, `<t>#service-index#<customer>`, `<t>#registrant-index#<customer>`, `<t>#client-account-index#<customer>`, `<t>#ticket-index#<customer>`, `<t>#payment-profile-index#<customer>` | id | lists of one customer's records | 1 read per 4 KB |
//! | deleted record | `<t>#product-deleted`, `<t>#catalog-deleted`, `<t>#variant-deleted`, `<t>#tld-deleted`, `<t>#coupon-deleted`, `<t>#quote-deleted`, `<t>#order-deleted`, `<t>#service-deleted`, `<t>#registrant-deleted`, `<t>#client-account-deleted`, `<t>#rate-table-deleted`, `<t>#usage-rate-deleted`, `<t>#ticket-deleted`, `<t>#lead-deleted`, `<t>#supplier-deleted`, `<t>#purchase-deleted`, `<t>#user-deleted`, `<t>#credential-deleted`, `<t>#payment-profile-deleted`, `<t>#gateway-deleted`, `<t>#webhook-deleted` | id | nobody while serving; kept for what refers to it | |
//! | ticket message | `<t>#ticket-message#<ticket>` | id | a ticket with all that was said to it | 1 read per 4 KB |
//! | agenda | `<t>#agenda#<what>` | `<date>#<id>` | billing runs: services to renew, registrants that expire, invoices to look after | 1 read per 4 KB |
//! | customer index | `<t>#customer-index` | id | filtered and sorted lists: one row of some 200 bytes a customer | 1 read per 4 KB |
//! | deleted customer | `<t>#customer-deleted` | id | nobody while serving; kept for the ledger | |
//! | claim | `<t>#claim#<what>` | value | creates and updates: how many customers bear this value; gateways' notices: whether a payment is booked | 1 read |
//! | exchange rate | `<t>#rate` | id | rate lists, read by id | 1 read |
//! | exchange rate by instant | `<t>#rate-at#<from>#<to>` | `<instant>#<id>` | the rate in force at an instant | 1 read |
//! | books | `<t>#tenant` | `books` | every operation on documents, in the batch with its record: accounts, categories, departments, tax rates, number series | 1 read per 4 KB |
//! | invoice | `<t>#invoice` | id | read, list pages, payments | 1 read per 4 KB |
//! | transaction | `<t>#transaction` | id | the same; receipts, refunds, incomes, expenses, credit and debit notes | 1 read per 4 KB |
//! | deleted document | `<t>#invoice-deleted`, `<t>#transaction-deleted` | id | the register, `verify` | |
//! | document index | `<t>#invoice-index`, `<t>#transaction-index` | `<date>#<id>` | lists by date and filtered lists: one row of some 200 bytes a document | 1 read per 4 KB |
//! | document index of a customer | `<t>#invoice-index#<customer>`, `<t>#transaction-index#<customer>` | `<date>#<id>` | lists of one customer's documents, what is open | 1 read per 4 KB |
//! | number series | `<t>#series` | `<kind>` | issuing: the last number drawn, by period | 1 read |
//! | register | `<t>#register#<kind>` | `<number, its digits padded>` | the register; a number's claim | 1 read per 4 KB |
//! | journal | `<t>#journal#<customer>` | `<date>#<id>` | statements, `verify`; customer 0 is nobody | 1 read per 4 KB |
//! | balance | `<t>#balance` | `<customer>` | every operation on the customer's documents; the customer | 1 read |
//! | trial balance | `<t>#trial` | `A` | accounts, reports: every ledger account's sum by currency | 1 read per 4 KB |
//! | figures | `<t>#figures#<reseller>` | `month#<yyyy>`, `revenue#<yyyy>-<half>`, `due#<yyyy>-<half>` or `due#credit` | reports | 1 read per 4 KB |
//! | import | `<t>#import#<system>#<kind>` | `<id>` | imports: what a record of another system became here | 1 read |
//! | restore | `<t>#restore` | `A` | `import` of an export: how far it has come | 1 read |
//! | turn | `<t>#turn` | `A` | those whose commits collided, to line up; kept a day | 1 write for a ticket and for giving it back, 1 read for each look |
//! | idempotency | `<t>#idempotency#<credential>` | `<sha>` or `<sha>#<step>` | the commit itself, by condition; kept 24 hours | 0, 1 on a replay |
//! | audit | `<t>#audit#<yyyymm>` | `<instant>#<id>` | nobody while serving | |
//! | outbox | `<t>#outbox` | `<id>` | the table's stream; kept 7 days | |
//! | webhook message | `<t>#webhook-message` | `<id>` | the deliverer; kept 30 days | 1 read per 4 KB |
//! | webhook delivery | `<t>#webhook-delivery#<webhook>` | `<message>` | the deliverer, lists of deliveries; kept 30 days | 1 read per 4 KB |
//! | webhook sequence | `<t>#webhook-sequence#<webhook>` | `<object>#<id>` | fanning out: the last number told of an object | 1 read |
//! | webhook lane | `<t>#webhook-lane#<webhook>#<object>#<id>` | `<sequence>` or `<sequence>#<id>` | the table's stream, the deliverer: what is to be delivered next | 1 read |
//!
//! Ids in sort keys are padded to twelve digits, so that text order is number order.

use std::fmt;

use chrono::Datelike;

use crate::machinery::caller::Tenant;
use crate::machinery::secrets::sha256;
use crate::words::text::plain_number;
use crate::words::time::{Date, Instant, utc_micros};

/// The full key of one item.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    /// Partition key.
    pub pk: String,
    /// Sort key.
    pub sk: String,
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} / {}", self.pk, self.sk)
    }
}

/// A kind of record that has dense integer ids, and so pages with exact totals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entity(pub &'static str);

/// Customers of the tenant.
pub const CUSTOMER: Entity = Entity("customer");
/// Exchange rates.
pub const RATE: Entity = Entity("rate");

/// Invoices.
pub const INVOICE: Entity = Entity("invoice");
/// Receipts, refunds, incomes, expenses, credit and debit notes: one series of ids (contract racknap §7.1).
pub const TRANSACTION: Entity = Entity("transaction");

/// Quotes.
pub const QUOTE: Entity = Entity("quote");
/// What is sold: products, which Billmora and JeraSoft call packages.
pub const PRODUCT: Entity = Entity("product");
/// Prices of products; ids only.
pub const PRICE: Entity = Entity("price");
/// Groups of products (Billmora).
pub const CATALOG: Entity = Entity("catalog");
/// Choices that products are sold with (Billmora).
pub const VARIANT: Entity = Entity("variant");
/// Options of variants; ids only.
pub const OPTION: Entity = Entity("option");
/// Top-level domains and their prices (Billmora).
pub const TLD: Entity = Entity("tld");
/// Coupons.
pub const COUPON: Entity = Entity("coupon");
/// Orders.
pub const ORDER: Entity = Entity("order");
/// What customers have: services, which JeraSoft calls subscriptions.
pub const SERVICE: Entity = Entity("service");
/// Registered domains.
pub const REGISTRANT: Entity = Entity("registrant");
/// Identities of customers (JeraSoft).
pub const CLIENT_ACCOUNT: Entity = Entity("client-account");
/// Rate tables (JeraSoft).
pub const RATE_TABLE: Entity = Entity("rate-table");
/// Rates of rate tables (JeraSoft).
pub const USAGE_RATE: Entity = Entity("usage-rate");

/// What customers ask.
pub const TICKET: Entity = Entity("ticket");
/// What is said to tickets; rows of their own.
pub const TICKET_MESSAGE: Entity = Entity("ticket-message");
/// Who may become a customer.
pub const LEAD: Entity = Entity("lead");

/// From whom the tenant buys.
pub const SUPPLIER: Entity = Entity("supplier");
/// What is ordered from suppliers.
pub const PURCHASE: Entity = Entity("purchase");

/// Users of the tenant.
pub const USER: Entity = Entity("user");
/// API keys and access tokens, as their users know them.
pub const CREDENTIAL: Entity = Entity("credential");

/// Saved payment details of customers (JeraSoft).
pub const PAYMENT_PROFILE: Entity = Entity("payment-profile");
/// Payment gateways (Billmora).
pub const GATEWAY: Entity = Entity("gateway");

/// Addresses that are told of changes.
pub const WEBHOOK: Entity = Entity("webhook");

/// How many ids one record of holes speaks for.
pub const RUN: u64 = 4096;

const ONLY: &str = "A";

fn key(pk: String, sk: impl Into<String>) -> Key {
    Key { pk, sk: sk.into() }
}

/// An id as a sort key.
pub fn padded(id: u64) -> String {
    format!("{id:012}")
}

/// Who presents the secret with this digest.
pub fn credential(digest: &str) -> Key {
    key(format!("-#credential#{digest}"), ONLY)
}

/// The partition of the users, of any tenant, who sign in with this login.
pub fn logins(login: &str) -> String {
    format!("-#login#{}", login.to_lowercase())
}

/// One user who signs in with this login.
pub fn login(login: &str, tenant: &Tenant, user: u64) -> Key {
    key(logins(login), format!("{tenant}#{user}"))
}

/// Sign-in attempts with one login.
pub fn attempts(digest: &str) -> Key {
    key(format!("-#attempt#{digest}"), ONLY)
}

/// The tenant that those mean who name none.
pub fn site() -> Key {
    key("-#site".to_owned(), ONLY)
}

/// How the sandbox stands; in its table only.
pub fn sandbox() -> Key {
    key("-#sandbox".to_owned(), ONLY)
}

/// The partition of the copies that a sandbox's fixture is kept as.
pub fn fixture() -> String {
    "-#fixture".to_owned()
}

/// The copy of an item.
pub fn copy_of(of: &Key) -> Key {
    key(fixture(), sha256(format!("{} {}", of.pk, of.sk).as_bytes()))
}

/// What a tenant's clock shows, in a sandbox.
pub fn clock(t: &Tenant) -> Key {
    key(format!("{t}#clock"), ONLY)
}

/// The tenant itself.
pub fn tenant(t: &Tenant) -> Key {
    key(format!("{t}#tenant"), ONLY)
}

/// That the tenant's fixture was loaded to its end.
pub fn loaded(t: &Tenant) -> Key {
    key(format!("{t}#tenant"), "loaded")
}

/// The line of those whose commits collided.
pub fn turn(t: &Tenant) -> Key {
    key(format!("{t}#turn"), ONLY)
}

/// What a record of another system became here. The id is that system's own.
pub fn imported(t: &Tenant, system: &str, kind: &str, id: &str) -> Key {
    key(format!("{t}#import#{system}#{kind}"), id)
}

/// How far an export of a tenant was brought back.
pub fn restored(t: &Tenant) -> Key {
    key(format!("{t}#restore"), ONLY)
}

/// What the tenant keeps its books by.
pub fn books(t: &Tenant) -> Key {
    key(format!("{t}#tenant"), "books")
}

/// The partition of a customer's, or of all, index rows of an entity.
pub fn index_of(t: &Tenant, entity: Entity, customer: Option<u64>) -> String {
    match customer {
        None => index(t, entity),
        Some(customer) => format!("{}#{}", index(t, entity), padded(customer)),
    }
}

/// An index row of a record.
pub fn record_index_row(t: &Tenant, entity: Entity, customer: Option<u64>, id: u64) -> Key {
    key(index_of(t, entity, customer), padded(id))
}

/// The partition of what was said to a ticket.
pub fn ticket_messages(t: &Tenant, ticket: u64) -> String {
    format!("{}#{}", rows(t, TICKET_MESSAGE), padded(ticket))
}

/// Something that was said to a ticket.
pub fn ticket_message(t: &Tenant, ticket: u64, id: u64) -> Key {
    key(ticket_messages(t, ticket), padded(id))
}

/// The partition of what billing runs look at.
pub fn agenda(t: &Tenant, what: &str) -> String {
    format!("{t}#agenda#{what}")
}

/// What to look at from a day on.
pub fn agenda_row(t: &Tenant, what: &str, date: Date, id: u64) -> Key {
    key(agenda(t, what), format!("{date}#{}", padded(id)))
}

/// The lowest sort key of a day's documents.
pub fn day_from(date: Date) -> String {
    date.to_string()
}

/// The highest sort key of a day's documents.
pub fn day_to(date: Date) -> String {
    format!("{date}#~")
}

/// A document's index row.
pub fn document_index_row(t: &Tenant, entity: Entity, customer: Option<u64>, date: Date, id: u64) -> Key {
    key(index_of(t, entity, customer), format!("{date}#{}", padded(id)))
}

/// The last numbers drawn from the series of a kind of document.
pub fn series(t: &Tenant, kind: &str) -> Key {
    key(format!("{t}#series"), kind)
}

/// The partition of the register of a kind of document.
pub fn register(t: &Tenant, kind: &str) -> String {
    format!("{t}#register#{kind}")
}

/// One number's place in the register.
pub fn registered(t: &Tenant, kind: &str, number: &str) -> Key {
    key(register(t, kind), plain_number(number))
}

/// The partition of the journal entries that concern a customer (0: nobody).
pub fn journal(t: &Tenant, customer: u64) -> String {
    format!("{t}#journal#{}", padded(customer))
}

/// One journal entry.
pub fn journal_entry(t: &Tenant, customer: u64, date: Date, id: &str) -> Key {
    key(journal(t, customer), format!("{date}#{id}"))
}

/// The partition of the customers' balances.
pub fn balances(t: &Tenant) -> String {
    format!("{t}#balance")
}

/// A customer's balance.
pub fn balance(t: &Tenant, customer: u64) -> Key {
    key(balances(t), padded(customer))
}

/// The sum of every ledger account.
pub fn trial(t: &Tenant) -> Key {
    key(format!("{t}#trial"), ONLY)
}

/// The partition of a reseller's figures.
pub fn figures(t: &Tenant, reseller: u64) -> String {
    format!("{t}#figures#{}", padded(reseller))
}

/// One record of figures.
pub fn figure(t: &Tenant, reseller: u64, sk: &str) -> Key {
    key(figures(t, reseller), sk)
}

/// A user of the tenant.
pub fn user(t: &Tenant, id: u64) -> Key {
    row(t, USER, id)
}

/// The last id drawn for an entity.
pub fn sequence(t: &Tenant, entity: Entity) -> Key {
    key(format!("{t}#sequence"), entity.0)
}

/// How many ids of an entity are gone, per run.
pub fn holes(t: &Tenant, entity: Entity) -> Key {
    key(format!("{t}#holes"), entity.0)
}

/// Which ids of one run are gone. Run `n` covers the ids `n * RUN + 1 ..= (n + 1) * RUN`.
pub fn holes_of_run(t: &Tenant, entity: Entity, run: u64) -> Key {
    key(format!("{t}#holes#{}", entity.0), padded(run))
}

/// The partition of an entity's rows.
pub fn rows(t: &Tenant, entity: Entity) -> String {
    format!("{t}#{}", entity.0)
}

/// One row of an entity.
pub fn row(t: &Tenant, entity: Entity, id: u64) -> Key {
    key(rows(t, entity), padded(id))
}

/// The partition of an entity's index rows.
pub fn index(t: &Tenant, entity: Entity) -> String {
    format!("{t}#{}-index", entity.0)
}

/// One index row.
pub fn index_row(t: &Tenant, entity: Entity, id: u64) -> Key {
    key(index(t, entity), padded(id))
}

/// What is kept of a row that was deleted.
pub fn deleted(t: &Tenant, entity: Entity, id: u64) -> Key {
    key(format!("{t}#{}-deleted", entity.0), padded(id))
}

/// How many records bear a value that some dialect wants to be unique. The value is lower-cased, since
/// uniqueness disregards case everywhere.
pub fn claim(t: &Tenant, what: &str, value: &str) -> Key {
    claimed(t, what, value.to_lowercase())
}

/// The partition of the payments that a gateway told of.
pub fn gateway_payments(t: &Tenant, gateway: u64) -> String {
    gateway_payment(t, gateway, 0, "").pk
}

/// A payment that a gateway told of: the invoice's id, and the gateway's reference to the letter, since gateways tell
/// payments apart by capitals too; an empty one for a payment without a reference.
pub fn gateway_payment(t: &Tenant, gateway: u64, invoice: u64, reference: &str) -> Key {
    claimed(t, &format!("gateway-{gateway}"), format!("{invoice}\n{reference}"))
}

/// A value that is too long for a sort key (1,024 bytes) stands as its digest.
fn claimed(t: &Tenant, what: &str, value: String) -> Key {
    let value = if value.len() > 512 { format!("sha256:{}", sha256(value.as_bytes())) } else { value };
    key(format!("{t}#claim#{what}"), value)
}

/// The partition of the rates from one currency to another.
pub fn rates_between(t: &Tenant, from: u64, to: u64) -> String {
    format!("{t}#rate-at#{from}#{to}")
}

/// The sort key below which all rates of an instant and before it lie.
pub fn rate_bound(at: Instant) -> String {
    format!("{}#~", utc_micros(at))
}

/// One rate by its instant.
pub fn rate_at(t: &Tenant, from: u64, to: u64, at: Instant, id: u64) -> Key {
    key(rates_between(t, from, to), format!("{}#{}", utc_micros(at), padded(id)))
}

/// The record of one idempotency key of one credential; `step` for all but the last commit of a long write.
pub fn idempotency(t: &Tenant, credential: &str, digest: &str, step: Option<u32>) -> Key {
    let sk = step.map_or_else(|| digest.to_owned(), |step| format!("{digest}#{step:04}"));
    key(format!("{t}#idempotency#{credential}"), sk)
}

/// The partition of a month's audit entries.
pub fn audit_of(t: &Tenant, date: Date) -> String {
    format!("{t}#audit#{:04}{:02}", date.year(), date.month())
}

/// One commit's audit entry.
pub fn audit(t: &Tenant, at: Instant, id: &str) -> Key {
    key(audit_of(t, at.date_naive()), format!("{}#{id}", utc_micros(at)))
}

/// One commit's events.
pub fn outbox(t: &Tenant, id: &str) -> Key {
    key(format!("{t}#outbox"), id)
}

/// What is told to webhooks, once for all of them.
pub fn webhook_message(t: &Tenant, id: &str) -> Key {
    key(format!("{t}#webhook-message"), id)
}

/// The partition of what was or will be delivered to a webhook.
pub fn webhook_deliveries(t: &Tenant, webhook: u64) -> String {
    format!("{t}#webhook-delivery#{}", padded(webhook))
}

/// One delivery.
pub fn webhook_delivery(t: &Tenant, webhook: u64, message: &str) -> Key {
    key(webhook_deliveries(t, webhook), message)
}

/// An object's name among a webhook's lanes.
pub fn lane_name(object: &str, id: u64) -> String {
    format!("{object}#{}", padded(id))
}

/// How many messages about an object a webhook was sent.
pub fn webhook_sequence(t: &Tenant, webhook: u64, lane: &str) -> Key {
    key(format!("{t}#webhook-sequence#{}", padded(webhook)), lane)
}

/// The partition of what a webhook is still to be sent about an object, in order.
pub fn webhook_lane(t: &Tenant, webhook: u64, lane: &str) -> String {
    format!("{t}#webhook-lane#{}#{lane}", padded(webhook))
}

/// An entry of a lane. What is replayed stands behind all that was told until then.
pub fn webhook_lane_entry(t: &Tenant, webhook: u64, lane: &str, sequence: u64, replayed: Option<&str>) -> Key {
    let behind = replayed.map(|id| format!("#{id}")).unwrap_or_default();
    key(webhook_lane(t, webhook, lane), format!("{}{behind}", padded(sequence)))
}

/// The tenant whose item this is.
pub fn tenant_of(pk: &str) -> Option<Tenant> {
    pk.split_once('#').and_then(|(tenant, _)| Tenant::named(tenant))
}
