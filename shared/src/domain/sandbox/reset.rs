//! Filling a sandbox, and resetting it to its fixture.
//!
//! The fixture is kept as copies of the items that it was loaded as, in a partition of the same table: a reset needs
//! neither the fixture's text nor any secret in clear. It compares the whole table with the copies, removes what is
//! in none and puts back what differs; stopped anywhere and run again, it ends in the same. It reads the whole table,
//! which nothing that serves does, and goes past the operations, which nothing else may.
//!
//! Only a table that was empty when it was first filled as a sandbox is ever reset: a live one has no such item.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::machinery::app::App;
use crate::machinery::changes::{Act, Change, Changes, Expect, Otherwise};
use crate::machinery::keys::{self, Key};
use crate::machinery::operation::Working;
use crate::machinery::outside::Outside;
use crate::machinery::sandbox::{Sandbox, of};
use crate::machinery::store::{Committed, MOST_ACTIONS, Range, Store, record, wire};
use crate::words::error::{Error, Result};
use crate::words::time::utc_seconds;

/// How long the reset waits after it has closed the sandbox: longer than a request, a fan-out or a delivery may
/// take, so that whatever began before is done.
pub const GRACE: Duration = Duration::from_secs(65);

/// The most bytes of items in one commit; DynamoDB takes four megabytes.
const MOST_BYTES: usize = 2 * 1024 * 1024;
/// How often the table is compared with the fixture at most. Once is enough, but for a client that knocks meanwhile,
/// whose tries are counted.
const MOST_PASSES: usize = 5;
/// How often a commit is tried that others are in the way of, and the pause between.
const MOST_TRIES: usize = 20;
const PAUSE: Duration = Duration::from_millis(200);
/// The attribute by which DynamoDB forgets an item: what has one is no part of a fixture.
const EXPIRES: &str = "expires";

/// A copy of an item.
#[derive(Serialize, Deserialize)]
struct Copy {
    of: (String, String),
    /// As JSON text, types kept.
    item: String,
}

/// What a reset did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Items that were removed.
    pub removed: usize,
    /// Items that were put back.
    pub restored: usize,
}

/// Make a table the sandbox of a fixture: everything that is in it goes, `load` fills it, and what it looks like then is
/// kept. `digest` tells the fixture from others.
///
/// # Errors
///
/// When the table holds data and is no sandbox's; what the store or `load` say.
pub async fn fill<T>(
    app: &App,
    grace: Duration,
    digest: &str,
    load: impl Future<Output = std::result::Result<T, String>>,
) -> std::result::Result<T, String> {
    let (store, outside) = (&app.store, &app.outside);
    let say = |e: Error| e.logged.unwrap_or_else(|| format!("{:?}", e.told));
    if of(store).await.map_err(say)?.is_none() && !store.page(None).await.map_err(say)?.0.is_empty() {
        return Err("the table holds data that are no sandbox's; a sandbox wants a table of its own".into());
    }
    let closed = Sandbox { resetting: true, at: None, fixture: digest.to_owned() };
    put(store, outside, &closed).await.map_err(say)?;
    tokio::time::sleep(grace).await;
    bring(store, outside, &BTreeMap::new(), |key| *key == keys::sandbox()).await.map_err(say)?;
    let told = load.await?;
    keep(store, outside).await.map_err(say)?;
    put(store, outside, &opened(closed, &app.outside)).await.map_err(say)?;
    Ok(told)
}

/// Reset a sandbox to its fixture.
///
/// # Errors
///
/// When the table is no sandbox's, or was never filled to the end; what the store says.
pub async fn reset(store: &Store, outside: &Outside, grace: Duration) -> Result<Report> {
    let sandbox = of(store).await?.ok_or_else(|| Error::internal("the table is no sandbox's"))?;
    if sandbox.at.is_none() {
        return Err(Error::internal("the sandbox was never filled to the end: load its fixture again"));
    }
    put(store, outside, &Sandbox { resetting: true, ..sandbox.clone() }).await?;
    tokio::time::sleep(grace).await;
    let copies = copies(store).await?;
    let mut all = Report { removed: 0, restored: 0 };
    for _ in 0..MOST_PASSES {
        let Report { removed, restored } = bring(store, outside, &copies, is_ours).await?;
        (all.removed, all.restored) = (all.removed + removed, all.restored + restored);
        if removed + restored == 0 {
            break;
        }
    }
    put(store, outside, &opened(sandbox, outside)).await?;
    Ok(all)
}

/// The answer to the event of the schedule, whatever it says: what the reset did.
pub fn answer<'a>(app: &'a App, _: &'a Value) -> Working<'a, Value> {
    Box::pin(async move {
        let Report { removed, restored } = reset(&app.store, &app.outside, GRACE).await?;
        Ok(json!({"removed": removed, "restored": restored, "at": utc_seconds(app.outside.now())}))
    })
}

fn opened(sandbox: Sandbox, outside: &Outside) -> Sandbox {
    Sandbox { resetting: false, at: Some(outside.now()), ..sandbox }
}

/// What is the sandbox's own, and in no fixture.
fn is_ours(key: &Key) -> bool {
    *key == keys::sandbox() || key.pk == keys::fixture()
}

async fn put(store: &Store, outside: &Outside, sandbox: &Sandbox) -> Result<()> {
    let mut changes = Changes::default();
    changes.write(keys::sandbox(), sandbox)?;
    commit(store, outside, &changes.list).await
}

/// Keep a copy of every item but those that expire.
async fn keep(store: &Store, outside: &Outside) -> Result<()> {
    let mut after = None;
    loop {
        let (items, next) = store.page(after.as_ref()).await?;
        let mut changes = Changes::default();
        for item in items.iter().filter(|item| !item.contains_key(EXPIRES)) {
            let of = wire::key(item)?;
            if !is_ours(&of) {
                let copy = Copy { of: (of.pk.clone(), of.sk.clone()), item: wire::to_json(item)?.to_string() };
                changes.write(keys::copy_of(&of), &copy)?;
            }
        }
        in_commits(store, outside, changes.list).await?;
        after = next;
        if after.is_none() {
            return Ok(());
        }
    }
}

/// The kept items.
async fn copies(store: &Store) -> Result<BTreeMap<Key, Value>> {
    let items = store.query(&Range::whole(keys::fixture())).await?;
    items
        .into_iter()
        .map(|item| {
            let Copy { of: (pk, sk), item } = record(item)?;
            let item =
                serde_json::from_str(&item).map_err(|e| Error::internal(format!("the copy of {pk} / {sk}: {e}")))?;
            Ok((Key { pk, sk }, item))
        })
        .collect()
}

/// Let the table hold these items and no others, but for those that are left alone.
async fn bring(
    store: &Store,
    outside: &Outside,
    wanted: &BTreeMap<Key, Value>,
    left_alone: fn(&Key) -> bool,
) -> Result<Report> {
    let mut missing: BTreeMap<&Key, &Value> = wanted.iter().collect();
    let (mut removed, mut after) = (0, None);
    loop {
        let (items, next) = store.page(after.as_ref()).await?;
        let mut gone = Vec::new();
        for item in items {
            let key = wire::key(&item)?;
            match wanted.get(&key) {
                _ if left_alone(&key) => {}
                Some(kept) => {
                    if wire::to_json(&item)? == *kept {
                        missing.remove(&key);
                    }
                }
                None => gone.push(change(key, Act::Delete)),
            }
        }
        removed += gone.len();
        in_commits(store, outside, gone).await?;
        after = next;
        if after.is_none() {
            break;
        }
    }
    let restored = missing.len();
    let put = |(key, item): (&Key, &Value)| Ok(change(key.clone(), Act::Put(wire::from_json(key, item)?)));
    in_commits(store, outside, missing.into_iter().map(put).collect::<Result<Vec<_>>>()?).await?;
    Ok(Report { removed, restored })
}

fn change(key: Key, act: Act) -> Change {
    Change { key, act, expect: Expect::Anything, otherwise: Otherwise::Again }
}

/// All of these changes, in as few commits as fit.
async fn in_commits(store: &Store, outside: &Outside, changes: Vec<Change>) -> Result<()> {
    let (mut batch, mut bytes) = (Vec::new(), 0);
    for change in changes {
        let size = match &change.act {
            Act::Put(item) => wire::to_json(item)?.to_string().len(),
            _ => 0,
        };
        if batch.len() == MOST_ACTIONS || bytes + size > MOST_BYTES {
            commit(store, outside, &batch).await?;
            (batch, bytes) = (Vec::new(), 0);
        }
        batch.push(change);
        bytes += size;
    }
    if batch.is_empty() { Ok(()) } else { commit(store, outside, &batch).await }
}

async fn commit(store: &Store, outside: &Outside, changes: &[Change]) -> Result<()> {
    for _ in 0..MOST_TRIES {
        match store.commit(changes, &outside.fresh_id()).await? {
            Committed::Done => return Ok(()),
            Committed::Contended => tokio::time::sleep(PAUSE).await,
            Committed::Failed(_) => return Err(Error::internal("a change without a condition failed on one")),
            Committed::Unknown(why) => return Err(Error::internal(format!("it is not known what was written: {why}"))),
        }
    }
    Err(Error::internal(format!("contended {MOST_TRIES} times")))
}
