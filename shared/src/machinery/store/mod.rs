//! The store: five verbs on one table. The only folder that names the DynamoDB SDK.
//!
//! Every read is strongly consistent: what an answer said is true for the next request, whichever function
//! serves it. Nothing that serves reads by Scan. A commit is one transaction; whether it failed because a condition says
//! something (tell the client), or because others write too (run the operation again), is decided here from
//! the reasons that DynamoDB gives for each item, and only when *every* reason is contention is it contention.

mod action;
mod count;
mod draft;
mod items;
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
use aws_sdk_dynamodb::operation::transact_write_items::{TransactWriteItemsError, TransactWriteItemsOutput};
use aws_sdk_dynamodb::types::{CancellationReason, ConsumedCapacity, KeysAndAttributes, ReturnConsumedCapacity};
use rust_decimal::Decimal;
use serde::de::DeserializeOwned;

pub use self::count::{Counted, Size, admits};
use self::draft::Draft;
pub use self::items::{Item, number, number_of, number_set, numbers, record, sums, text_of};
use self::items::{key_item, key_of, text};
use crate::machinery::changes::{Change, Otherwise};
use crate::machinery::keys::Key;
use crate::words::error::{Error, Result, Told};
use crate::words::money::parse_decimal;

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
    /// Where commits are kept instead of sent.
    draft: Option<Draft>,
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
        Self {
            client: Client::from_conf(config.build()),
            table: place.table.clone(),
            cost: Arc::default(),
            draft: None,
        }
    }

    /// The same table with a cost of its own, for one request.
    pub fn for_one_request(&self) -> Self {
        Self { client: self.client.clone(), table: self.table.clone(), cost: Arc::default(), draft: self.draft.clone() }
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
            let got = got
                .return_consumed_capacity(ReturnConsumedCapacity::Total)
                .send()
                .await
                .map_err(|e| trouble("get", &e))?;
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
                        told: Told::Busy,
                        logged: Some("a batch of reads was throttled eight times".into()),
                    });
                }
                let ask = KeysAndAttributes::builder().set_keys(Some(wanted)).consistent_read(true).build();
                let ask = ask.map_err(|e| Error::internal(format!("batch of reads: {e}")))?;
                let got = self.client.batch_get_item().request_items(&self.table, ask);
                let got = got
                    .return_consumed_capacity(ReturnConsumedCapacity::Total)
                    .send()
                    .await
                    .map_err(|e| trouble("get_many", &e))?;
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
        if let Some(draft) = &self.draft {
            return self.keep(draft, changes).await;
        }
        let items = changes.iter().map(|change| self.action(change)).collect::<Result<Vec<_>>>()?;
        let sent = self.client.transact_write_items().set_transact_items(Some(items));
        let sent = sent.return_consumed_capacity(ReturnConsumedCapacity::Total).send().await;
        self.spend("commit", false, sent.iter().flat_map(TransactWriteItemsOutput::consumed_capacity));
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

fn is_throttled<E: ProvideErrorMetadata, R>(failed: &SdkError<E, R>) -> bool {
    let code = failed.as_service_error().and_then(ProvideErrorMetadata::code);
    matches!(
        code,
        Some(
            "ThrottlingException"
                | "ProvisionedThroughputExceededException"
                | "RequestLimitExceeded"
                | "TransactionConflictException"
        )
    )
}

/// A call that failed for the store's own reasons: the client may try again when it was throttled, and
/// learns nothing otherwise.
fn trouble<E, R>(verb: &str, failed: &SdkError<E, R>) -> Error
where
    E: std::error::Error + ProvideErrorMetadata + 'static,
    R: std::fmt::Debug,
{
    let told = if is_throttled(failed) { Told::Busy } else { Told::Internal };
    let why = match failed {
        // The raw answer may hold items, and a log line must not.
        SdkError::ServiceError(_) => {
            format!("{}: {}", failed.code().unwrap_or("no code"), failed.message().unwrap_or("no message"))
        }
        SdkError::ResponseError(_) => "the answer was not understood".to_owned(),
        _ => DisplayErrorContext(failed).to_string(),
    };
    let logged = format!("{verb}: {why}");
    Error { told, logged: Some(logged) }
}

/// What a failed change means for the client; `alone` when no other change failed.
pub fn meaning(change: &Change, alone: bool) -> Option<Error> {
    match &change.otherwise {
        Otherwise::Again => None,
        Otherwise::Tell(error) => Some(error.clone()),
        Otherwise::TellAlone(error) => alone.then(|| error.clone()),
    }
}
