//! The store: five verbs on one table. The only folder that names the DynamoDB SDK.
//!
//! Every read is strongly consistent: what an answer said is true for the next request, whichever function
//! serves it. Nothing that serves reads by Scan. A commit is one transaction; whether it failed because a condition says
//! something (tell the client), or because others write too (run the operation again), is decided here from
//! the reasons that DynamoDB gives for each item, and only when *every* reason is contention is it contention. What it
//! means when no answer came is decided in `commit`.
//!
//! A function has 15 seconds. A handle for a request has a deadline before that, behind which no call waits; a read is
//! tried three times of three seconds within seven, so that a commit behind it has time to find out what became of it.

mod action;
mod commit;
mod count;
mod draft;
mod items;
mod line;
mod seal;
mod table;
mod whole;
pub mod wire;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::config::{BehaviorVersion, Builder, Credentials, Region, SharedHttpClient};
use aws_sdk_dynamodb::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::types::{ConsumedCapacity, KeysAndAttributes, ReturnConsumedCapacity};
use rust_decimal::Decimal;
use serde::de::DeserializeOwned;
use tokio::time::Instant;

pub use self::commit::{Committed, Tried, meaning};
pub use self::count::{Counted, Size, admits};
use self::draft::Draft;
pub use self::items::{Item, number, number_of, number_set, numbers, record, sums, text_of};
use self::items::{key_item, key_of, text};
pub use self::line::{Line, Step};
pub use self::seal::{is_intact, sealed};
use crate::machinery::keys::Key;
use crate::words::error::{Error, Result, Told};
use crate::words::money::parse_decimal;

/// The most actions one transaction may hold.
pub const MOST_ACTIONS: usize = 100;
/// The longest that one call waits for its answer.
const LONGEST_CALL: Duration = Duration::from_secs(3);
/// The longest that the SDK tries a read.
const LONGEST_READ: Duration = Duration::from_secs(7);

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
    /// Tries again by itself: what is read, and what may be counted twice.
    client: Client,
    /// Tries once: commits.
    once: Client,
    table: String,
    cost: Arc<Mutex<Cost>>,
    /// Where commits are kept instead of sent.
    draft: Option<Draft>,
    until: Option<Instant>,
}

/// Part of a partition, in order.
#[derive(Debug, Clone)]
pub struct Range {
    /// The partition.
    pub pk: String,
    /// The lowest sort key wanted, inclusive.
    pub from: Option<String>,
    /// The highest sort key wanted, inclusive.
    pub to: Option<String>,
    /// Whether the lowest key comes first.
    pub forward: bool,
    /// How many rows at most.
    pub limit: Option<u64>,
}

impl Range {
    /// A whole partition, lowest key first.
    pub fn whole(pk: String) -> Self {
        Self { pk, from: None, to: None, forward: true, limit: None }
    }
}

impl Store {
    /// A store at a place.
    pub fn connect(place: &Place) -> Self {
        let client = |retries: RetryConfig, whole: Duration| {
            let (id, secret, session) = place.credentials.clone();
            let mut config = Builder::new()
                .behavior_version(BehaviorVersion::latest())
                .region(Region::new(place.region.clone()))
                .credentials_provider(Credentials::new(id, secret, session, None, "environment"))
                .retry_config(retries)
                .timeout_config(
                    TimeoutConfig::builder()
                        .connect_timeout(Duration::from_secs(1))
                        .operation_attempt_timeout(LONGEST_CALL)
                        .operation_timeout(whole)
                        .build(),
                )
                .http_client(place.http.clone());
            config.set_endpoint_url(place.endpoint.clone());
            Client::from_conf(config.build())
        };
        let often = RetryConfig::standard().with_max_attempts(3).with_initial_backoff(Duration::from_millis(20));
        Self {
            client: client(often, LONGEST_READ),
            once: client(RetryConfig::disabled(), LONGEST_CALL),
            table: place.table.clone(),
            cost: Arc::default(),
            draft: None,
            until: None,
        }
    }

    /// The same table with a cost of its own, for one request.
    pub fn for_one_request(&self) -> Self {
        Self { cost: Arc::default(), ..self.clone() }
    }

    /// The same handle with a deadline, behind which no call waits.
    pub fn until(self, until: Instant) -> Self {
        Self { until: Some(until), ..self }
    }

    /// The same handle with a deadline that is so much later, and not yet passed.
    pub fn with_grace(&self, grace: Duration) -> Self {
        Self { until: self.until.map(|until| until.max(Instant::now()) + grace), ..self.clone() }
    }

    /// How much time is left before the deadline.
    pub fn left(&self) -> Duration {
        self.until.map_or(Duration::MAX, |until| until.saturating_duration_since(Instant::now()))
    }

    /// What a call comes to, or that no answer came before the deadline.
    async fn in_time<T>(&self, verb: &str, call: impl Future<Output = T>) -> Result<T> {
        let Some(until) = self.until else { return Ok(call.await) };
        let late = |_| Error { told: Told::Unavailable, logged: Some(format!("{verb}: no answer in time")) };
        tokio::time::timeout_at(until, call).await.map_err(late)
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

    /// The items of these keys, in the same order. One call for each hundred different keys, none for no key. A
    /// key that is named twice is read once, since a batch may not repeat one.
    pub async fn get_items(&self, keys: &[Key]) -> Result<Vec<Option<Item>>> {
        let items = self.read_items(keys).await?;
        self.as_drafted(keys, items)
    }

    async fn read_items(&self, keys: &[Key]) -> Result<Vec<Option<Item>>> {
        let mut named = BTreeSet::new();
        let different: Vec<&Key> = keys.iter().filter(|key| named.insert(*key)).collect();
        if let [key] = different.as_slice() {
            let got = self.client.get_item().table_name(&self.table).set_key(Some(key_item(key))).consistent_read(true);
            let got = got.return_consumed_capacity(ReturnConsumedCapacity::Total).send();
            let got = self.in_time("get", got).await?.map_err(|e| trouble("get", &e))?;
            self.spend("get", true, got.consumed_capacity());
            return Ok(vec![got.item; keys.len()]);
        }
        let mut found = BTreeMap::new();
        for chunk in different.chunks(100) {
            let mut wanted: Vec<Item> = chunk.iter().map(|key| key_item(key)).collect();
            let mut rounds = 0;
            while !wanted.is_empty() {
                rounds += 1;
                if rounds > 8 {
                    return Err(Error {
                        told: Told::Unavailable,
                        logged: Some("a batch of reads was throttled eight times".into()),
                    });
                }
                let ask = KeysAndAttributes::builder().set_keys(Some(wanted)).consistent_read(true).build();
                let ask = ask.map_err(|e| Error::internal(format!("batch of reads: {e}")))?;
                let got = self.client.batch_get_item().request_items(&self.table, ask);
                let got = got.return_consumed_capacity(ReturnConsumedCapacity::Total).send();
                let got = self.in_time("get_many", got).await?.map_err(|e| trouble("get_many", &e))?;
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
        match &self.draft {
            None => self.read_range(range).await,
            Some(draft) => draft.over_range(range, self.read_range(&draft.wider(range)?).await?),
        }
    }

    async fn read_range(&self, range: &Range) -> Result<Vec<Item>> {
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
            let condition = match (&range.from, &range.to) {
                (None, None) => "PK = :pk",
                (Some(_), None) => "PK = :pk AND SK >= :from",
                (None, Some(_)) => "PK = :pk AND SK <= :to",
                (Some(_), Some(_)) => "PK = :pk AND SK BETWEEN :from AND :to",
            };
            ask = ask.key_condition_expression(condition);
            for (name, bound) in [(":from", &range.from), (":to", &range.to)] {
                if let Some(sk) = bound {
                    ask = ask.expression_attribute_values(name, text(sk));
                }
            }
            let got = self.in_time("query", ask.send()).await?.map_err(|e| trouble("query", &e))?;
            self.spend("query", true, got.consumed_capacity());
            items.extend(got.items.unwrap_or_default());
            start = got.last_evaluated_key;
            if start.is_none() {
                return Ok(items);
            }
        }
    }
}

/// Whether a call failed without a certain answer: throttled, an error of the store's own, nothing heard in time, a lost
/// connection. Of a read nothing is lost; a write may have happened.
fn is_unanswered<E: ProvideErrorMetadata>(failed: &SdkError<E>) -> bool {
    match failed {
        SdkError::ServiceError(refused) => {
            let throttled = [
                "ThrottlingException",
                "ProvisionedThroughputExceededException",
                "RequestLimitExceeded",
                "TransactionConflictException",
                "TransactionInProgressException",
                "RequestTimeout",
                "RequestTimeoutException",
            ];
            refused.raw().status().as_u16() >= 500 || refused.err().code().is_some_and(|code| throttled.contains(&code))
        }
        SdkError::ConstructionFailure(_) => false,
        // A timeout, a failed dispatch, an answer that was cut off.
        _ => true,
    }
}

/// A call that failed for the store's own reasons: the client may try again when there was no answer, and
/// learns nothing otherwise.
fn trouble<E>(verb: &str, failed: &SdkError<E>) -> Error
where
    E: std::error::Error + ProvideErrorMetadata + 'static,
{
    let told = if is_unanswered(failed) { Told::Unavailable } else { Told::Internal };
    Error { told, logged: Some(format!("{verb}: {}", why(failed))) }
}

/// What the store said, for the log.
fn why<E>(failed: &SdkError<E>) -> String
where
    E: std::error::Error + ProvideErrorMetadata + 'static,
{
    match failed {
        // The raw answer may hold items, and a log line must not.
        SdkError::ServiceError(_) => {
            format!("{}: {}", failed.code().unwrap_or("no code"), failed.message().unwrap_or("no message"))
        }
        SdkError::ResponseError(_) => "the answer was not understood".to_owned(),
        _ => DisplayErrorContext(failed).to_string(),
    }
}
