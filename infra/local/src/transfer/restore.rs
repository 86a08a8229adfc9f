//! `import FILE.jsonl`: an export brought back into an empty tenant.
//!
//! The whole file is checked before anything is written. Items are written in batches, each in one commit with how
//! far it has come, so that a restore that was stopped goes on there; the tenant itself comes last, so that nobody
//! can use half of it.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader, Lines};
use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use shared::domain::holdings::login_of;
use shared::machinery::caller::Tenant;
use shared::machinery::changes::{Act, Change, Changes, Expect, Otherwise};
use shared::machinery::keys::{self, Key};
use shared::machinery::outside::Outside;
use shared::machinery::store::{Committed, Range, Store, wire};

use super::export::{FORMAT, SECRET, VERSION};
use super::{Tell, chained, say};

/// Changes of one commit: below the 100 that a transaction has, with room for logins and the progress.
const MOST_ACTIONS: usize = 90;
/// Text of one commit, in bytes: a transaction holds 4 MB.
const MOST_TEXT: usize = 1_500_000;
/// How often a commit is tried while others write too.
const MOST_TRIES: u32 = 20;

/// How far a restore has come.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Progress {
    /// The file's digest.
    digest: String,
    /// Lines of items that are done.
    lines: u64,
    /// Whether the tenant is there.
    complete: bool,
    /// Counts the commits.
    version: u64,
}

/// What became of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Restored {
    /// The tenant.
    pub tenant: String,
    /// Items in the file.
    pub items: u64,
    /// Items that were written now.
    pub written: u64,
}

/// What a file says of itself.
struct Contents {
    tenant: Tenant,
    items: u64,
    digest: String,
}

/// Bring a tenant back, under its own name or another one.
///
/// # Errors
///
/// When the file is no whole export, when the tenant has other data, or when the table cannot be written.
pub async fn restore(store: &Store, file: &Path, named: Option<&Tenant>, tell: Tell<'_>) -> Result<Restored, String> {
    let contents = check(file).map_err(|why| format!("{}: {why}", file.display()))?;
    let tenant = named.unwrap_or(&contents.tenant);
    let marker = keys::restored(tenant);
    let found: Option<Progress> = store.get(&marker).await.map_err(|e| say(&e))?;
    let mut progress = match found {
        Some(found) if found.digest != contents.digest => {
            return Err(format!("tenant {tenant} was restored from another file"));
        }
        Some(found) => found,
        None => {
            empty(store, tenant).await?;
            Progress { digest: contents.digest.clone(), ..Progress::default() }
        }
    };
    let mut restored = Restored { tenant: tenant.id().to_owned(), items: contents.items, written: 0 };
    if progress.complete {
        tell("all of it is there already");
        return Ok(restored);
    }
    let before = progress.lines;
    let mut batch = Batch { store, tenant, marker, changes: Vec::new(), text: 0 };
    let mut own = None;
    let mut lines = open(file)?;
    // The header was read when the file was checked.
    lines.next();
    for place in 1..=contents.items {
        let text = lines.next().ok_or("the file became shorter meanwhile")?.map_err(|e| e.to_string())?;
        let line: Value = serde_json::from_str(&text).map_err(|e| e.to_string())?;
        if line["pk"] == "tenant" && line["sk"] == keys::tenant(tenant).sk {
            own = Some(line);
        } else if place > before {
            batch.add(&line, text.len())?;
        }
        if place > before && (batch.changes.len() >= MOST_ACTIONS || batch.text >= MOST_TEXT) {
            progress.lines = place;
            batch.commit(&mut progress).await?;
            tell(&format!("{place} of {} items", contents.items));
        }
    }
    let mut own = own.ok_or("the file has no tenant")?;
    own["item"]["id"] = json!({"S": tenant.id()});
    batch.add(&own, 0)?;
    (progress.lines, progress.complete) = (contents.items, true);
    batch.commit(&mut progress).await?;
    site(store, tenant).await?;
    tell(&format!("{} of {} items", contents.items, contents.items));
    restored.written = contents.items - before;
    Ok(restored)
}

fn open(file: &Path) -> Result<Lines<BufReader<File>>, String> {
    Ok(BufReader::new(File::open(file).map_err(|e| format!("{}: {e}", file.display()))?).lines())
}

/// Read the whole file: what it is, that nothing is missing, and that nothing was changed.
fn check(file: &Path) -> Result<Contents, String> {
    let mut lines = open(file)?;
    let mut digest = String::new();
    let mut next = || lines.next().transpose().map_err(|e| e.to_string());
    let first = next()?.ok_or("the file is empty")?;
    let header: Value = serde_json::from_str(&first).map_err(|_| "this is no export: its first line is no header")?;
    if header["format"] != FORMAT {
        return Err("this is no export: its first line is no header".into());
    }
    if header["version"] != VERSION {
        return Err(format!("an export of version {}; this reads version {VERSION}", header["version"]));
    }
    let tenant = header["tenant"].as_str().and_then(Tenant::named).ok_or("the header names no tenant")?;
    digest = chained(&digest, &first);
    let mut items = 0;
    while let Some(text) = next()? {
        let line: Value = serde_json::from_str(&text).map_err(|e| format!("line {}: {e}", items + 2))?;
        if let Some(told) = line["digest"].as_str() {
            if line["items"] != items || told != digest {
                return Err("the file was changed, or lines of it are missing".into());
            }
            return Ok(Contents { tenant, items, digest });
        }
        if line["pk"].as_str().is_none() || line["sk"].as_str().is_none() || !line["item"].is_object() {
            return Err(format!("line {}: this is no item", items + 2));
        }
        digest = chained(&digest, &text);
        items += 1;
    }
    Err("the file is not whole: its last line is missing".into())
}

/// Refuses a tenant that is there, or of which anything is there.
async fn empty(store: &Store, tenant: &Tenant) -> Result<(), String> {
    let one = |pk: String| Range { limit: Some(1), ..Range::whole(pk) };
    for partition in [keys::tenant(tenant).pk, keys::user(tenant, 0).pk, keys::sequence(tenant, keys::CUSTOMER).pk] {
        if !store.query(&one(partition)).await.map_err(|e| say(&e))?.is_empty() {
            return Err(format!("tenant {tenant} has data already; an export is restored into an empty tenant"));
        }
    }
    Ok(())
}

/// The first tenant of all is the one that those mean who name none.
async fn site(store: &Store, tenant: &Tenant) -> Result<(), String> {
    let mut changes = Changes::default();
    changes.insert(keys::site(), &BTreeMap::from([("tenant", tenant.id())])).map_err(|e| say(&e))?;
    store.commit(&changes.list, &Outside::real().fresh_id()).await.map(drop).map_err(|e| say(&e))
}

/// Items to write in one commit.
struct Batch<'a> {
    store: &'a Store,
    tenant: &'a Tenant,
    marker: Key,
    changes: Vec<Change>,
    text: usize,
}

impl Batch<'_> {
    fn add(&mut self, line: &Value, text: usize) -> Result<(), String> {
        let part = |name: &str| line[name].as_str().unwrap_or_default();
        let key = Key { pk: format!("{}#{}", self.tenant, part("pk")), sk: part("sk").to_owned() };
        let mut value = line["item"].clone();
        let user = part("pk") == "user";
        if user && value.get(SECRET).is_none() {
            // Nobody signs in with a hash that is none.
            value[SECRET] = json!({"S": ""});
        }
        let item = wire::from_json(&key, &value).map_err(|e| format!("{key}: {}", say(&e)))?;
        if user {
            let (login, id) = login_of(item.clone()).map_err(|e| say(&e))?;
            let mut changes = Changes::default();
            changes.write(keys::login(&login, self.tenant, id), &BTreeMap::<&str, &str>::new()).map_err(|e| say(&e))?;
            self.changes.extend(changes.list);
        }
        self.changes.push(Change { key, act: Act::Put(item), expect: Expect::Absent, otherwise: Otherwise::Again });
        self.text += text;
        Ok(())
    }

    async fn commit(&mut self, progress: &mut Progress) -> Result<(), String> {
        let mut changes = Changes { list: std::mem::take(&mut self.changes), ..Changes::default() };
        self.text = 0;
        let was = progress.version;
        progress.version += 1;
        let marked = match was {
            0 => changes.insert(self.marker.clone(), progress),
            was => changes.replace(self.marker.clone(), progress, was),
        };
        marked.map_err(|e| say(&e))?;
        for _ in 0..MOST_TRIES {
            match self.store.commit(&changes.list, &Outside::real().fresh_id()).await.map_err(|e| say(&e))? {
                Committed::Done => return Ok(()),
                Committed::Unknown(why) => {
                    return Err(format!("it is not known what was written: {why}; run it again, it goes on there"));
                }
                Committed::Contended => tokio::time::sleep(std::time::Duration::from_millis(100)).await,
                Committed::Failed(failed) => {
                    let place = failed.first().and_then(|(place, _)| changes.list.get(*place));
                    let at = place.map(|change| change.key.to_string()).unwrap_or_default();
                    return Err(format!("{at} is there already: is another import running?"));
                }
            }
        }
        Err("the table is busy, please try again: it goes on where it stopped".into())
    }
}
