//! `export --format jsonl`: every item of a tenant, one a line, in one order and with its types.
//!
//! The first line says what it is, the last how many items there are and the digest of all lines before. Partition
//! keys stand without the tenant, so that a tenant can be brought back under another name.

use std::io::Write;

use serde_json::{Value, json};
use shared::domain::holdings::partitions;
use shared::machinery::caller::Tenant;
use shared::machinery::store::{Store, wire};
use shared::words::time::Instant;

use super::{Pages, Tell, chained, say};

/// What the first line calls the format.
pub const FORMAT: &str = "tessera-export";
/// The version of the format that is written, and the only one that is read.
pub const VERSION: u64 = 1;
/// The attribute that holds the hash of a user's or customer's password.
pub(super) const SECRET: &str = "password_hash";

/// Write a tenant's items; how many there are.
///
/// # Errors
///
/// When there is no such tenant, or something cannot be read or written.
pub async fn export(
    store: &Store,
    tenant: &Tenant,
    now: Instant,
    with_credentials: bool,
    out: &mut (dyn Write + Send),
    tell: Tell<'_>,
) -> Result<u64, String> {
    let mut lines = Lines { out, digest: String::new() };
    let header = json!({"format": FORMAT, "version": VERSION, "tenant": tenant.id(), "credentials": with_credentials});
    lines.write(&header)?;
    let all = partitions(store, tenant, now).await.map_err(|e| say(&e))?;
    let prefix = format!("{tenant}#");
    let mut items = 0;
    for (place, partition) in all.iter().enumerate() {
        let mut pages = Pages::of(store, partition.clone());
        loop {
            let page = pages.next().await?;
            if page.is_empty() {
                break;
            }
            for item in &page {
                let key = wire::key(item).map_err(|e| say(&e))?;
                let mut value = wire::to_json(item).map_err(|e| say(&e))?;
                if !with_credentials && let Some(attributes) = value.as_object_mut() {
                    attributes.shift_remove(SECRET);
                }
                let partition = key.pk.strip_prefix(&prefix).unwrap_or(&key.pk);
                lines.write(&json!({"pk": partition, "sk": key.sk, "item": value}))?;
                items += 1;
            }
            tell(&format!("{items} items, partition {} of {}", place + 1, all.len()));
        }
    }
    let digest = lines.digest.clone();
    lines.write(&json!({"items": items, "digest": digest}))?;
    lines.out.flush().map_err(|e| e.to_string())?;
    Ok(items)
}

struct Lines<'a> {
    out: &'a mut (dyn Write + Send),
    digest: String,
}

impl Lines<'_> {
    fn write(&mut self, line: &Value) -> Result<(), String> {
        let text = line.to_string();
        self.digest = chained(&self.digest, &text);
        writeln!(self.out, "{text}").map_err(|e| e.to_string())
    }
}
