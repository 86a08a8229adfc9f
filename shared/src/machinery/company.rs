//! What rides along with the changes of a commit: the audit entry and the events.

use serde::Serialize;

use crate::machinery::changes::{Act, Change, Changes, Event, Expect, Otherwise, item_of};
use crate::machinery::effect::Run;
use crate::machinery::keys::{self, Key};
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
    /// The run of the operation that made it (`effect`), where it was not the first.
    #[serde(skip_serializing_if = "is_first")]
    run: u32,
}

fn is_first(run: &u32) -> bool {
    *run == 1
}

#[derive(Serialize)]
struct Message<'a> {
    at: String,
    dialect: &'static str,
    events: &'a [Event],
    expires: i64,
}

/// The changes, and with them the audit entry, whose key is the request's identity and given too, and the events.
pub(crate) fn with_company(
    cx: &Context,
    changes: Changes,
    about: &About<'_>,
    run: &Run,
) -> Result<(Vec<Change>, Option<Key>)> {
    changes.checked()?;
    let Changes { mut list, events, on_behalf, unaudited, .. } = changes;
    let tenant = on_behalf.as_ref().unwrap_or(&cx.caller.tenant);
    let mut audit = None;
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
            run: run.number,
        };
        let key = keys::audit(tenant, cx.now, &run.identity);
        add(&mut list, key.clone(), item_of(&entry)?);
        audit = Some(key);
    }
    if !events.is_empty() {
        let message = Message {
            at: utc_micros(cx.now),
            dialect: about.dialect,
            events: &events,
            expires: cx.wall.timestamp() + OUTBOX_SECONDS,
        };
        add(&mut list, keys::outbox(tenant, &run.id), item_of(&message)?);
    }
    Ok((list, audit))
}
