//! Counting in windows, and telling at once who is counted: the rate limit's one write.

use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{
    AttributeValue, ReturnConsumedCapacity, ReturnValue, ReturnValuesOnConditionCheckFailure as OnFailure,
};

use super::items::{Item, key_item, number, text, text_of};
use super::{Store, trouble};
use crate::machinery::keys::Key;
use crate::words::error::{Error, Result, Told};
use crate::words::limit::{self, SLOTS};

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
    /// Count one request in the window `window` of an item, and give the item back. One write, but for
    /// what the head of [`limit`](crate::words::limit) says. The SDK sends it again when its answer was lost, so that
    /// one request may be counted twice, and never not at all: who asks may be refused one request early.
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
                    ask = ask
                        .expression_attribute_values(":kind", text(kind))
                        .expression_attribute_values(":address", text(address));
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
            let sent = ask.update_expression(update).condition_expression(condition).send();
            let sent = self.in_time("count", sent).await?;
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
            let UpdateItemError::ConditionalCheckFailedException(refused) = refused else {
                return Err(trouble("count", &failed));
            };
            let Some(item) = refused.item().filter(|item| !item.is_empty()).cloned() else {
                return Ok(Counted::Unknown);
            };
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
        Err(Error { told: Told::Unavailable, logged: Some(format!("the count at {key} did not settle")) })
    }
}

/// Whether a credential may be used at all: the conditions of a count that are not about the window.
pub fn admits(item: &Item, size: Size<'_>, now: i64) -> bool {
    let Size::Credential { kind, address } = size else {
        return true;
    };
    let expires = item.get("expires_at").and_then(|value| value.as_n().ok()).and_then(|n| n.parse::<i64>().ok());
    let addresses = item.get("addresses").and_then(|value| value.as_l().ok());
    let from_here = addresses.is_none_or(|list| list.iter().any(|one| one.as_s().is_ok_and(|one| one == address)));
    text_of(item, "kind") == Some(kind) && expires.is_none_or(|at| at > now) && from_here
}
