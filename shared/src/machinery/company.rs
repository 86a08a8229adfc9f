//! What rides along with the changes of a commit: the audit entry and the events.

use serde::Serialize;

use crate::machinery::changes::{Act, Change, Changes, Event, Expect, Otherwise, item_of};
use crate::machinery::keys;
use crate::machinery::operation::Context;
use crate::machinery::store::Item;
use crate::words::error::Result;
use crate::words::time::utc_micros;

/// How long an outbox item is kept, in seconds: a week, well past the stream's own 24 hours.
const OUTBOX_SECONDS: i64 = 7 * 24 * 3600;

/// What a commit was asked for by.
pub(crate) struct About<'a> {
    /// The request's id.
    pub(crate) request: &'a str,
    /// The dialect it came in.
    pub(crate) dialect: &'static str,
    /// The operation.
    pub(crate) operation: &'static str,
}

#[derive(Serialize)]
struct AuditEntry<'a> {
    at: String,
    request: &'a str,
    user: u64,
    credential: &'a str,
    dialect: &'static str,
    operation: &'static str,
    effects: &'a [Event],
}

#[derive(Serialize)]
struct Message<'a> {
    at: String,
    dialect: &'static str,
    events: &'a [Event],
    expires: i64,
}

/// The changes, and with them the audit entry and the events.
pub(crate) fn with_company(cx: &Context, changes: Changes, about: &About<'_>) -> Result<Vec<Change>> {
    changes.checked()?;
    let Changes { mut list, events, on_behalf, unaudited, .. } = changes;
    let tenant = on_behalf.as_ref().unwrap_or(&cx.caller.tenant);
    let id = cx.outside.fresh_id();
    let add = |list: &mut Vec<Change>, key, item: Item| {
        list.push(Change { key, act: Act::Put(item), expect: Expect::Absent, otherwise: Otherwise::Again });
    };
    if !list.is_empty() && !unaudited {
        let entry = AuditEntry {
            at: utc_micros(cx.now),
            request: about.request,
            user: cx.caller.user,
            credential: &cx.caller.credential,
            dialect: about.dialect,
            operation: about.operation,
            effects: &events,
        };
        add(&mut list, keys::audit(tenant, cx.now, &id), item_of(&entry)?);
    }
    if !events.is_empty() {
        let message = Message {
            at: utc_micros(cx.now),
            dialect: about.dialect,
            events: &events,
            expires: cx.wall.timestamp() + OUTBOX_SECONDS,
        };
        add(&mut list, keys::outbox(tenant, &id), item_of(&message)?);
    }
    Ok(list)
}
