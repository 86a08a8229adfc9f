//! Export and import of a tenant (docs/transfer.md).
//!
//! * [`export`], [`restore`]: everything a tenant has as JSON Lines, and back;
//! * [`csv`], [`beancount`]: its books for other programs; [`ledger`]: what both read;
//! * [`source`]: another system, read through its own API with [`client`];
//! * [`extract`]: what any of the systems tells; [`importer`], `basics`, [`documents`]: writing that,
//!   each record once; [`report`]: what came of it.

mod basics;
pub mod beancount;
pub mod client;
pub mod csv;
pub mod documents;
pub mod export;
pub mod extract;
pub mod importer;
pub mod ledger;
pub mod report;
pub mod restore;
pub mod source;

use shared::machinery::secrets::sha256;
use shared::machinery::store::{Item, Range, Store};
use shared::words::error::{Error, Told};

/// Hears how far something has come, a line at a time.
pub type Tell<'a> = &'a mut (dyn FnMut(&str) + Send);

/// Items that are read at once.
const AT_ONCE: u64 = 1000;

/// An error in an operator's words.
pub(crate) fn say(error: &Error) -> String {
    match (&error.logged, &error.told) {
        (Some(logged), _) => logged.clone(),
        (None, Told::Refused { text, .. }) => text.clone(),
        (None, told) => format!("{told:?}"),
    }
}

/// A partition, page by page.
pub(crate) struct Pages<'s> {
    store: &'s Store,
    partition: String,
    after: Option<String>,
    over: bool,
}

impl<'s> Pages<'s> {
    pub(crate) fn of(store: &'s Store, partition: String) -> Self {
        Self { store, partition, after: None, over: false }
    }

    /// The next items; none when there are no more.
    pub(crate) async fn next(&mut self) -> Result<Vec<Item>, String> {
        if self.over {
            return Ok(Vec::new());
        }
        // The key that follows another is that key with the lowest letter behind it.
        let from = self.after.as_ref().map(|last| format!("{last}\u{1}"));
        let range = Range { from, limit: Some(AT_ONCE), ..Range::whole(self.partition.clone()) };
        let items = self.store.query(&range).await.map_err(|e| say(&e))?;
        self.over = (items.len() as u64) < AT_ONCE;
        self.after = items.last().and_then(|item| shared::machinery::store::text_of(item, "SK")).map(str::to_owned);
        Ok(items)
    }
}

/// The digest of a text of which only the last line is at hand: each line's digest takes in the one before.
pub(crate) fn chained(before: &str, line: &str) -> String {
    sha256(format!("{before}{line}").as_bytes())
}
