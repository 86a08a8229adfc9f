//! A commit, and what is known of it when the answer did not come.
//!
//! Of a transaction that was sent there are two certain answers: it was done, or it was cancelled. Everything else (a
//! throttle, `TransactionInProgressException`, a status from 500 on, a lost connection, no answer in time) says nothing
//! about its effect: it may have happened, or happen later. So the same transaction is sent again with the same client
//! request token, which DynamoDB recognises for ten minutes: either it is done then, and has one effect, or it is
//! cancelled. One that is still in progress is taken up by a repetition from five seconds after the first on (API
//! Reference, `TransactionInProgressException`). The SDK sends a commit once; the repetitions are ours, so that each
//! answer is heard.

use std::time::Duration;

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::transact_write_items::{TransactWriteItemsError, TransactWriteItemsOutput};
use aws_sdk_dynamodb::types::{CancellationReason, ReturnConsumedCapacity};

use super::items::Item;
use super::{Store, is_unanswered, trouble, why};
use crate::machinery::changes::{Change, Otherwise};
use crate::words::error::{Error, Result};

/// The first pause before a transaction is sent again, in milliseconds; it doubles.
const FIRST_PAUSE_MS: u64 = 50;
/// The longest such pause, in milliseconds.
const LONGEST_PAUSE_MS: u64 = 1_000;
/// How long a commit without a deadline is asked about.
const PATIENCE: Duration = Duration::from_secs(30);

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
    /// Nobody knows: time was up before the store gave a certain answer. What it said last, for the log.
    Unknown(String),
}

/// What became of a commit, and how certain a "no" is.
#[derive(Debug)]
pub struct Tried {
    /// What became of it.
    pub committed: Committed,
    /// Whether the transaction was sent before without a certain answer. Then what was sent first may still be on its
    /// way, and arrive after the answer to what was sent last.
    pub doubtful: bool,
}

enum Heard {
    Sure(Committed),
    /// Refused for what it is; it will not be otherwise the next time.
    Wrong(Error),
    /// No certain answer: why, for the log.
    Nothing(String),
}

impl Store {
    /// Make all of these changes true, or none. The token is this commit's own.
    ///
    /// # Errors
    ///
    /// When the store refuses the transaction for what it is.
    pub async fn commit(&self, changes: &[Change], token: &str) -> Result<Committed> {
        Ok(self.attempt(changes, token).await?.committed)
    }

    /// The same, with how certain it is.
    ///
    /// # Errors
    ///
    /// When the store refuses the transaction for what it is.
    pub async fn attempt(&self, changes: &[Change], token: &str) -> Result<Tried> {
        if let Some(draft) = &self.draft {
            return Ok(Tried { committed: self.keep(draft, changes).await?, doubtful: false });
        }
        let items = changes.iter().map(|change| self.action(change)).collect::<Result<Vec<_>>>()?;
        let ask = self.once.transact_write_items().set_transact_items(Some(items)).client_request_token(token);
        let ask = ask.return_consumed_capacity(ReturnConsumedCapacity::Total);
        let until = self.until.unwrap_or_else(|| tokio::time::Instant::now() + PATIENCE);
        let mut doubtful = false;
        for tries in 0.. {
            let heard = match tokio::time::timeout_at(until, ask.clone().send()).await {
                Ok(sent) => {
                    self.spend("commit", false, sent.iter().flat_map(TransactWriteItemsOutput::consumed_capacity));
                    heard(sent)
                }
                Err(_) => {
                    self.spend("commit", false, []);
                    Heard::Nothing("no answer in time".to_owned())
                }
            };
            let last = match heard {
                Heard::Sure(committed) => return Ok(Tried { committed, doubtful }),
                Heard::Wrong(error) if !doubtful => return Err(error),
                Heard::Wrong(error) => {
                    let committed = Committed::Unknown(error.logged.unwrap_or_default());
                    return Ok(Tried { committed, doubtful });
                }
                Heard::Nothing(why) => why,
            };
            doubtful = true;
            let pause = pause(token, tries);
            if tokio::time::Instant::now() + pause >= until {
                return Ok(Tried { committed: Committed::Unknown(last), doubtful });
            }
            tokio::time::sleep(pause).await;
        }
        Ok(Tried { committed: Committed::Unknown(String::new()), doubtful })
    }
}

/// The pause after so many tries: it doubles, and is up to a quarter shorter by chance, which the token brings.
fn pause(token: &str, tries: u32) -> Duration {
    let whole = (FIRST_PAUSE_MS << tries.min(10)).min(LONGEST_PAUSE_MS);
    let chance = token.bytes().fold(u64::from(tries), |sum, byte| sum.wrapping_mul(31).wrapping_add(u64::from(byte)));
    Duration::from_millis(whole - chance % (whole / 4).max(1))
}

fn heard(sent: std::result::Result<TransactWriteItemsOutput, SdkError<TransactWriteItemsError>>) -> Heard {
    let Err(failed) = sent else { return Heard::Sure(Committed::Done) };
    match failed.as_service_error() {
        Some(TransactWriteItemsError::TransactionCanceledException(reasons)) => {
            match verdict(reasons.cancellation_reasons()) {
                Some(committed) => Heard::Sure(committed),
                None => Heard::Wrong(trouble("commit", &failed)),
            }
        }
        Some(TransactWriteItemsError::TransactionInProgressException(_)) => {
            Heard::Nothing(failed.code().unwrap_or("in progress").to_owned())
        }
        _ if is_unanswered(&failed) => Heard::Nothing(why(&failed)),
        _ => Heard::Wrong(trouble("commit", &failed)),
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

/// What a failed change means for the client; `alone` when no other change failed.
pub fn meaning(change: &Change, alone: bool) -> Option<Error> {
    match &change.otherwise {
        Otherwise::Again => None,
        Otherwise::Tell(error) => Some(error.clone()),
        Otherwise::TellAlone(error) => alone.then(|| error.clone()),
    }
}
