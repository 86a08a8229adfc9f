//! The store: five verbs on one table. The only file that names the DynamoDB SDK.
//!
//! Every read is strongly consistent: what an answer said is true for the next request, whichever function
//! serves it. There is no Scan. A commit is one transaction; whether it failed because a condition says
//! something (tell the client), or because others write too (run the operation again), is decided here from
//! the reasons that DynamoDB gives for each item, and only when *every* reason is contention is it contention.

use std::sync::Arc;
use std::sync::Mutex;
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::config::{BehaviorVersion, Builder, Credentials, Region, SharedHttpClient};
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, AttributeValue, BillingMode, CancellationReason, ConsumedCapacity, Delete, KeySchemaElement, KeyType,
    KeysAndAttributes, Put, ReturnConsumedCapacity, ReturnValue, ReturnValuesOnConditionCheckFailure as OnFailure, ScalarAttributeType,
    StreamSpecification, StreamViewType, TimeToLiveSpecification, TransactWriteItem, Update,
};
use rust_decimal::Decimal;
use serde::de::DeserializeOwned;
use serde_dynamo::aws_sdk_dynamodb_1::from_item;

use crate::machinery::changes::{Act, Change, Expect, Otherwise};
use crate::machinery::keys::Key;
use crate::machinery::limit::{self, SLOTS};
use crate::words::error::{Error, Result, Told};
use crate::words::money::parse_decimal;

/// An item's attributes.
#[allow(clippy::disallowed_types, reason = "the SDK's own type")]
pub type Item = std::collections::HashMap<String, AttributeValue>;

#[allow(clippy::disallowed_types, reason = "the SDK's own type")]
type Names = std::collections::HashMap<String, String>;

/// The most actions one transaction may hold.
pub const MOST_ACTIONS: usize = 100;

/// Where the table is, and how to reach it.
#[derive(Clone)]
pub struct Place {
    /// The table's name.
    pub table: String,
    /// The region.
    pub region: String,
    /// Access key id, secret key and session token.
    pub credentials: (String, String, Option<String>),
    /// Another endpoint than the region's own.
    pub endpoint: Option<String>,
    /// The HTTP client: TLS to DynamoDB in the cloud, the embedded engine on one machine.
    pub http: SharedHttpClient,
}

/// What one request has cost.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cost {
    /// Calls to the store, by the verb of this file.
    pub calls: Vec<&'static str>,
    /// Read request units.
    pub read_units: Decimal,
    /// Write request units.
    pub write_units: Decimal,
}

/// A handle on the table that knows what it has cost so far.
#[derive(Clone)]
pub struct Store {
    client: Client,
    table: String,
    cost: Arc<Mutex<Cost>>,
}

/// Part of a partition, in order.
#[derive(Debug, Clone)]
pub struct Range {
    /// The partition.
    pub pk: String,
    /// The first sort key wanted, inclusive; for a backward range the last.
    pub from: Option<String>,
    /// Whether the lowest key comes first.
    pub forward: bool,
    /// How many rows at most.
    pub limit: Option<u64>,
}

/// What became of a commit.
#[derive(Debug)]
pub enum Committed {
    /// All of it is true now.
    Done,
    /// Nothing happened, since others write too: run the operation again.
    Contended,
    /// Nothing happened, since the conditions of the changes at these places failed; with each the item
    /// that stood in the way, where there was one.
    Failed(Vec<(usize, Option<Item>)>),
}

/// What became of a count.
#[derive(Debug)]
pub enum Counted {
    /// There is no such item.
    Unknown,
    /// Counted: the item after it, the window's number and the count.
    Within(Item, u64, u64),
    /// Not counted, since the window is used up or the credential may not be used: the item and the
    /// window's number.
    Refused(Item, u64),
}

/// What is counted in an item, and how large a window is.
#[derive(Debug, Clone, Copy)]
pub enum Size<'a> {
    /// Uses of a credential: as many as its `rate_limit` says. It must exist, be of this kind, not be past
    /// its `expires_at`, and allow this address; a use that is refused for one of these is not counted.
    Credential {
        /// The `kind` it must be of.
        kind: &'a str,
        /// The address it is used from.
        address: &'a str,
    },
    /// This many of anything; the item comes into being with the first count and expires after this
    /// instant (epoch seconds).
    Fixed(u64, i64),
}

impl Store {
    /// A store at a place.
    pub fn connect(place: &Place) -> Self {
        let (id, secret, session) = place.credentials.clone();
        let mut config = Builder::new()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(place.region.clone()))
            .credentials_provider(Credentials::new(id, secret, session, None, "environment"))
            .retry_config(RetryConfig::standard().with_max_attempts(3).with_initial_backoff(Duration::from_millis(20)))
            .timeout_config(
                TimeoutConfig::builder()
                    .connect_timeout(Duration::from_secs(1))
                    .operation_attempt_timeout(Duration::from_secs(3))
                    .operation_timeout(Duration::from_secs(10))
                    .build(),
            )
            .http_client(place.http.clone());
        config.set_endpoint_url(place.endpoint.clone());
        Self { client: Client::from_conf(config.build()), table: place.table.clone(), cost: Arc::default() }
    }

    /// The same table with a cost of its own, for one request.
    pub fn for_one_request(&self) -> Self {
        Self { client: self.client.clone(), table: self.table.clone(), cost: Arc::default() }
    }

    /// What this handle has cost so far.
    pub fn cost(&self) -> Cost {
        self.cost.lock().map(|cost| cost.clone()).unwrap_or_default()
    }

    fn spend<'a>(&self, verb: &'static str, reads: bool, capacity: impl IntoIterator<Item = &'a ConsumedCapacity>) {
        // The SDK counts units in floats; their text is exact, since a unit is a multiple of a half.
        let units: Decimal = capacity
            .into_iter()
            .filter_map(ConsumedCapacity::capacity_units)
            .filter_map(|units| parse_decimal(&units.to_string()))
            .sum();
        if let Ok(mut cost) = self.cost.lock() {
            cost.calls.push(verb);
            let total = if reads { &mut cost.read_units } else { &mut cost.write_units };
            *total += units;
        }
    }

    /// One record, or `None`.
    pub async fn get<T: DeserializeOwned>(&self, key: &Key) -> Result<Option<T>> {
        self.get_items(std::slice::from_ref(key)).await?.pop().flatten().map(record).transpose()
    }

    /// The items of these keys, in the same order. One call for each hundred keys.
    pub async fn get_items(&self, keys: &[Key]) -> Result<Vec<Option<Item>>> {
        if let [key] = keys {
            let got = self.client.get_item().table_name(&self.table).set_key(Some(key_item(key))).consistent_read(true);
            let got = got.return_consumed_capacity(ReturnConsumedCapacity::Total).send().await.map_err(|e| trouble("get", &e))?;
            self.spend("get", true, got.consumed_capacity());
            return Ok(vec![got.item]);
        }
        let mut found = std::collections::BTreeMap::new();
        for chunk in keys.chunks(100) {
            let mut wanted: Vec<Item> = chunk.iter().map(key_item).collect();
            let mut rounds = 0;
            while !wanted.is_empty() {
                rounds += 1;
                if rounds > 8 {
                    return Err(Error { told: Told::Busy, logged: Some("a batch of reads was throttled eight times".into()) });
                }
                let ask = KeysAndAttributes::builder().set_keys(Some(wanted)).consistent_read(true).build();
                let ask = ask.map_err(|e| Error::internal(format!("batch of reads: {e}")))?;
                let got = self.client.batch_get_item().request_items(&self.table, ask);
                let got = got.return_consumed_capacity(ReturnConsumedCapacity::Total).send().await.map_err(|e| trouble("get_many", &e))?;
                self.spend("get_many", true, got.consumed_capacity());
                for item in got.responses.unwrap_or_default().into_values().flatten() {
                    found.insert(key_of(&item)?, item);
                }
                wanted = got.unprocessed_keys.unwrap_or_default().into_values().flat_map(|rest| rest.keys).collect();
            }
        }
        Ok(keys.iter().map(|key| found.get(key).cloned()).collect())
    }

    /// The items of a range, in order. One call for each megabyte.
    pub async fn query(&self, range: &Range) -> Result<Vec<Item>> {
        let mut items = Vec::new();
        let mut start = None;
        loop {
            let left = range.limit.map(|limit| limit.saturating_sub(items.len() as u64));
            if left == Some(0) {
                return Ok(items);
            }
            let mut ask = self
                .client
                .query()
                .table_name(&self.table)
                .consistent_read(true)
                .scan_index_forward(range.forward)
                .return_consumed_capacity(ReturnConsumedCapacity::Total)
                .expression_attribute_values(":pk", text(&range.pk))
                .set_exclusive_start_key(start)
                .set_limit(left.map(|left| i32::try_from(left).unwrap_or(i32::MAX)));
            ask = match (&range.from, range.forward) {
                (None, _) => ask.key_condition_expression("PK = :pk"),
                (Some(sk), true) => ask.key_condition_expression("PK = :pk AND SK >= :sk").expression_attribute_values(":sk", text(sk)),
                (Some(sk), false) => ask.key_condition_expression("PK = :pk AND SK <= :sk").expression_attribute_values(":sk", text(sk)),
            };
            let got = ask.send().await.map_err(|e| trouble("query", &e))?;
            self.spend("query", true, got.consumed_capacity());
            items.extend(got.items.unwrap_or_default());
            start = got.last_evaluated_key;
            if start.is_none() {
                return Ok(items);
            }
        }
    }

    /// Make all of these changes true, or none.
    pub async fn commit(&self, changes: &[Change]) -> Result<Committed> {
        let items = changes.iter().map(|change| self.action(change)).collect::<Result<Vec<_>>>()?;
        let sent = self.client.transact_write_items().set_transact_items(Some(items));
        let sent = sent.return_consumed_capacity(ReturnConsumedCapacity::Total).send().await;
        self.spend("commit", false, sent.iter().flat_map(|done| done.consumed_capacity()));
        match sent {
            Ok(_) => Ok(Committed::Done),
            Err(failed) => match failed.as_service_error() {
                Some(TransactWriteItemsError::TransactionCanceledException(why)) => {
                    verdict(why.cancellation_reasons()).ok_or_else(|| trouble("commit", &failed))
                }
                Some(TransactWriteItemsError::TransactionInProgressException(_)) => Ok(Committed::Contended),
                _ if is_throttled(&failed) => Ok(Committed::Contended),
                _ => Err(trouble("commit", &failed)),
            },
        }
    }

    fn action(&self, change: &Change) -> Result<TransactWriteItem> {
        let built = |e: aws_sdk_dynamodb::error::BuildError| Error::internal(format!("a change cannot be built: {e}"));
        let mut names = Names::new();
        let mut values = Item::new();
        let condition = condition(change.expect, &mut values);
        if let Expect::Number(attribute, _) = change.expect {
            names.insert("#n".into(), attribute.to_owned());
        }
        let expression = match &change.act {
            Act::Put(item) => {
                let mut item = item.clone();
                item.extend(key_item(&change.key));
                let put = Put::builder().table_name(&self.table).set_item(Some(item)).set_condition_expression(condition);
                let put = put.set_expression_attribute_names(some_names(names)).set_expression_attribute_values(some(values));
                let put = put.return_values_on_condition_check_failure(OnFailure::AllOld).build().map_err(built)?;
                return Ok(TransactWriteItem::builder().put(put).build());
            }
            Act::Delete => {
                let delete = Delete::builder().table_name(&self.table).set_key(Some(key_item(&change.key)));
                let delete = delete.set_condition_expression(condition).set_expression_attribute_names(some_names(names));
                let delete = delete.set_expression_attribute_values(some(values)).build().map_err(built)?;
                return Ok(TransactWriteItem::builder().delete(delete).build());
            }
            Act::Add(counts) => {
                let mut parts = Vec::new();
                for (place, (attribute, by)) in counts.iter().enumerate() {
                    names.insert(format!("#a{place}"), attribute.clone());
                    values.insert(format!(":by{place}"), AttributeValue::N(by.to_string()));
                    parts.push(format!("#a{place} :by{place}"));
                }
                format!("ADD {}", parts.join(", "))
            }
            Act::Include(attribute, numbers) => {
                names.insert("#a".into(), (*attribute).to_owned());
                values.insert(":by".into(), AttributeValue::Ns(numbers.iter().map(u64::to_string).collect()));
                "ADD #a :by".to_owned()
            }
            Act::Set(attribute, number) => {
                names.insert("#a".into(), (*attribute).to_owned());
                values.insert(":by".into(), AttributeValue::N(number.to_string()));
                "SET #a = :by".to_owned()
            }
        };
        let update = Update::builder().table_name(&self.table).set_key(Some(key_item(&change.key)));
        let update = update.update_expression(expression).set_condition_expression(condition);
        let update = update.set_expression_attribute_names(some_names(names)).set_expression_attribute_values(some(values));
        Ok(TransactWriteItem::builder().update(update.build().map_err(built)?).build())
    }

    /// Count one request in the window `window` of an item, and give the item back. One write, but for
    /// what the head of [`limit`](crate::machinery::limit) says.
    pub async fn count(&self, key: &Key, window: u64, now: i64, size: Size<'_>) -> Result<Counted> {
        let mut window = window;
        let mut reopen = false;
        for _ in 0..6 {
            let slot = limit::slot(window);
            let others: Vec<String> = (0..SLOTS).map(limit::slot).filter(|other| *other != slot).collect();
            let mut ask = self
                .client
                .update_item()
                .table_name(&self.table)
                .set_key(Some(key_item(key)))
                .expression_attribute_names("#slot", &slot)
                .expression_attribute_names("#at", "window")
                .expression_attribute_names("#used", "last_used_at")
                .expression_attribute_values(":one", AttributeValue::N("1".into()))
                .expression_attribute_values(":at", AttributeValue::N(window.to_string()))
                .expression_attribute_values(":now", AttributeValue::N(now.to_string()))
                .return_values(ReturnValue::AllNew)
                .return_values_on_condition_check_failure(OnFailure::AllOld)
                .return_consumed_capacity(ReturnConsumedCapacity::Total);
            let (guard, expires, most) = match size {
                Size::Credential { kind, address } => {
                    ask = ask.expression_attribute_values(":kind", text(kind)).expression_attribute_values(":address", text(address));
                    (
                        "kind = :kind AND (attribute_not_exists(expires_at) OR expires_at > :now) \
                         AND (attribute_not_exists(addresses) OR contains(addresses, :address)) AND ",
                        "",
                        "rate_limit",
                    )
                }
                Size::Fixed(most, until) => {
                    ask = ask.expression_attribute_values(":until", AttributeValue::N(until.to_string()));
                    ask = ask.expression_attribute_values(":most", AttributeValue::N(most.to_string()));
                    ("", ", expires = :until", ":most")
                }
            };
            let remove = others.join(", ");
            let (update, condition) = if reopen {
                // The slot still holds a window that is long over.
                ask = ask.expression_attribute_values(":zero", AttributeValue::N("0".into()));
                (
                    format!("SET #at = :at, #used = :now{expires}, #slot = :one REMOVE {remove}"),
                    format!("{guard}#at < :at AND {most} > :zero"),
                )
            } else {
                let fresh = "(attribute_not_exists(#at) OR #at = :at OR (#at < :at AND attribute_not_exists(#slot)))";
                (
                    format!("SET #at = :at, #used = :now{expires} ADD #slot :one REMOVE {remove}"),
                    format!("{guard}{fresh} AND (attribute_not_exists(#slot) OR #slot < {most})"),
                )
            };
            let sent = ask.update_expression(update).condition_expression(condition).send().await;
            self.spend("count", false, sent.iter().filter_map(|done| done.consumed_capacity()));
            let failed = match sent {
                Ok(done) => {
                    let item = done.attributes.unwrap_or_default();
                    let used = number(&item, &slot);
                    return Ok(Counted::Within(item, window, used));
                }
                Err(failed) => failed,
            };
            let Some(refused) = failed.as_service_error().filter(|e| e.is_conditional_check_failed_exception()) else {
                return Err(trouble("count", &failed));
            };
            let aws_sdk_dynamodb::operation::update_item::UpdateItemError::ConditionalCheckFailedException(refused) = refused else {
                return Err(trouble("count", &failed));
            };
            let Some(item) = refused.item().filter(|item| !item.is_empty()).cloned() else { return Ok(Counted::Unknown) };
            let at = number(&item, "window");
            if !admits(&item, size, now) {
                return Ok(Counted::Refused(item, window));
            } else if at > window {
                // Another machine's clock is ahead: its window is the one that counts.
                window = at;
                reopen = false;
            } else if at < window {
                reopen = true;
            } else {
                return Ok(Counted::Refused(item, window));
            }
        }
        Err(Error { told: Told::Busy, logged: Some(format!("the count at {key} did not settle")) })
    }

    /// Make the table with its time to live, where there is none. A stream only where it is wanted: the
    /// embedded engine numbers a stream's records by counting them all, for every write.
    pub async fn create_table(&self, streamed: bool) -> Result<()> {
        let attribute = |name: &str| {
            AttributeDefinition::builder().attribute_name(name).attribute_type(ScalarAttributeType::S).build()
        };
        let element = |name: &str, kind| KeySchemaElement::builder().attribute_name(name).key_type(kind).build();
        let built = |e: aws_sdk_dynamodb::error::BuildError| Error::internal(format!("the table cannot be described: {e}"));
        let stream = StreamSpecification::builder().stream_enabled(true).stream_view_type(StreamViewType::NewAndOldImages);
        let stream = stream.build().map_err(built)?;
        let made = self
            .client
            .create_table()
            .table_name(&self.table)
            .billing_mode(BillingMode::PayPerRequest)
            .attribute_definitions(attribute("PK").map_err(built)?)
            .attribute_definitions(attribute("SK").map_err(built)?)
            .key_schema(element("PK", KeyType::Hash).map_err(built)?)
            .key_schema(element("SK", KeyType::Range).map_err(built)?)
            .set_stream_specification(streamed.then_some(stream))
            .send()
            .await;
        match made {
            Ok(_) => {}
            Err(failed) if failed.as_service_error().is_some_and(|e| e.is_resource_in_use_exception()) => return Ok(()),
            Err(failed) => return Err(trouble("create_table", &failed)),
        }
        let live = TimeToLiveSpecification::builder().enabled(true).attribute_name("expires").build().map_err(built)?;
        let set = self.client.update_time_to_live().table_name(&self.table).time_to_live_specification(live).send().await;
        set.map(|_| ()).map_err(|e| trouble("update_time_to_live", &e))
    }
}

/// Whether a credential may be used at all: the conditions of a count that are not about the window.
pub fn admits(item: &Item, size: Size<'_>, now: i64) -> bool {
    let Size::Credential { kind, address } = size else { return true };
    let expires = item.get("expires_at").and_then(|value| value.as_n().ok()).and_then(|n| n.parse::<i64>().ok());
    let addresses = item.get("addresses").and_then(|value| value.as_l().ok());
    let from_here = addresses.is_none_or(|list| list.iter().any(|one| one.as_s().is_ok_and(|one| one == address)));
    text_of(item, "kind") == Some(kind) && expires.is_none_or(|at| at > now) && from_here
}

fn text(value: &str) -> AttributeValue {
    AttributeValue::S(value.to_owned())
}

fn some(values: Item) -> Option<Item> {
    (!values.is_empty()).then_some(values)
}

fn some_names(names: Names) -> Option<Names> {
    (!names.is_empty()).then_some(names)
}

fn key_item(key: &Key) -> Item {
    Item::from([("PK".into(), text(&key.pk)), ("SK".into(), text(&key.sk))])
}

fn key_of(item: &Item) -> Result<Key> {
    let part = |name| item.get(name).and_then(|value: &AttributeValue| value.as_s().ok()).cloned();
    match (part("PK"), part("SK")) {
        (Some(pk), Some(sk)) => Ok(Key { pk, sk }),
        _ => Err(Error::internal("an item came back without its key")),
    }
}

fn condition(expect: Expect, values: &mut Item) -> Option<String> {
    let number = |values: &mut Item, n: u64| values.insert(":was".into(), AttributeValue::N(n.to_string()));
    match expect {
        Expect::Anything => None,
        Expect::Absent => Some("attribute_not_exists(PK)".into()),
        Expect::AbsentOrExpired(now) => {
            values.insert(":was".into(), AttributeValue::N(now.to_string()));
            Some("attribute_not_exists(PK) OR expires <= :was".into())
        }
        Expect::Version(version) => {
            number(values, version);
            Some("version = :was".into())
        }
        Expect::Number(_, 0) => {
            number(values, 0);
            Some("attribute_not_exists(#n) OR #n = :was".into())
        }
        Expect::Number(_, was) => {
            number(values, was);
            Some("#n = :was".into())
        }
    }
}

/// What the reasons of a cancelled transaction say. Conditions speak first: when one says no, the client is
/// told, whatever else stood in the way. `None` when a reason is neither.
fn verdict(reasons: &[CancellationReason]) -> Option<Committed> {
    let mut failed = Vec::new();
    let mut contended = false;
    for (place, reason) in reasons.iter().enumerate() {
        match reason.code().unwrap_or("None") {
            "None" => {}
            "ConditionalCheckFailed" => failed.push((place, reason.item().filter(|item| !item.is_empty()).cloned())),
            "TransactionConflict" | "ThrottlingError" | "ProvisionedThroughputExceeded" => contended = true,
            _ => return None,
        }
    }
    match (failed.is_empty(), contended) {
        (false, _) => Some(Committed::Failed(failed)),
        (true, true) => Some(Committed::Contended),
        (true, false) => None,
    }
}

fn is_throttled<E: aws_sdk_dynamodb::error::ProvideErrorMetadata, R>(failed: &SdkError<E, R>) -> bool {
    let code = failed.as_service_error().and_then(aws_sdk_dynamodb::error::ProvideErrorMetadata::code);
    matches!(
        code,
        Some("ThrottlingException" | "ProvisionedThroughputExceededException" | "RequestLimitExceeded" | "TransactionConflictException")
    )
}

/// A call that failed for the store's own reasons: the client may try again when it was throttled, and
/// learns nothing otherwise.
fn trouble<E, R>(verb: &str, failed: &SdkError<E, R>) -> Error
where
    E: std::error::Error + aws_sdk_dynamodb::error::ProvideErrorMetadata + 'static,
    R: std::fmt::Debug,
{
    let told = if is_throttled(failed) { Told::Busy } else { Told::Internal };
    let logged = format!("{verb}: {}", aws_sdk_dynamodb::error::DisplayErrorContext(failed));
    Error { told, logged: Some(logged) }
}

/// A number attribute; a missing one counts as 0.
pub fn number(item: &Item, attribute: &str) -> u64 {
    item.get(attribute).and_then(|value| value.as_n().ok()).and_then(|n| n.parse().ok()).unwrap_or(0)
}

/// A number attribute of an item that may be missing.
pub fn number_of(item: Option<&Item>, attribute: &str) -> u64 {
    item.map_or(0, |item| number(item, attribute))
}

/// All number attributes whose names begin with `prefix`, with the number that follows it.
pub fn numbers(item: Option<&Item>, prefix: &str) -> Vec<(u64, u64)> {
    let mut found: Vec<(u64, u64)> = item
        .into_iter()
        .flatten()
        .filter_map(|(name, value)| Some((name.strip_prefix(prefix)?.parse().ok()?, value.as_n().ok()?.parse().ok()?)))
        .collect();
    found.sort_unstable();
    found
}

/// A set of numbers, ascending; a missing one is empty.
pub fn number_set(item: Option<&Item>, attribute: &str) -> Vec<u64> {
    let set = item.and_then(|item| item.get(attribute)).and_then(|value| value.as_ns().ok());
    let mut set: Vec<u64> = set.into_iter().flatten().filter_map(|n| n.parse().ok()).collect();
    set.sort_unstable();
    set
}

/// A text attribute.
pub fn text_of<'a>(item: &'a Item, attribute: &str) -> Option<&'a str> {
    item.get(attribute).and_then(|value| value.as_s().ok()).map(String::as_str)
}

/// An item as its record.
pub fn record<T: DeserializeOwned>(item: Item) -> Result<T> {
    let place = key_of(&item)?;
    from_item(item).map_err(|e| Error::internal(format!("the item at {place} cannot be read: {e}")))
}

/// What a failed change means for the client.
pub fn meaning(change: &Change) -> Option<Error> {
    match &change.otherwise {
        Otherwise::Again => None,
        Otherwise::Tell(error) => Some(error.clone()),
    }
}
