//! The whole table, page by page: for filling and resetting a sandbox, and for nothing that serves. Scan is a
//! permission of its own, which template.yaml gives to one function.

use aws_sdk_dynamodb::types::ReturnConsumedCapacity;

use super::items::{Item, key_item, key_of};
use super::{Store, trouble};
use crate::machinery::keys::Key;
use crate::words::error::Result;

impl Store {
    /// A page of the table's items, up to a megabyte, in the table's own order: those behind a key, or the first; and the
    /// key behind which the next page begins.
    ///
    /// # Errors
    ///
    /// What the store says.
    pub async fn page(&self, after: Option<&Key>) -> Result<(Vec<Item>, Option<Key>)> {
        let ask = self.client.scan().table_name(&self.table).consistent_read(true);
        let ask =
            ask.set_exclusive_start_key(after.map(key_item)).return_consumed_capacity(ReturnConsumedCapacity::Total);
        let got = self.in_time("scan", ask.send()).await?.map_err(|e| trouble("scan", &e))?;
        self.spend("scan", true, got.consumed_capacity());
        let next = got.last_evaluated_key.as_ref().map(key_of).transpose()?;
        Ok((got.items.unwrap_or_default(), next))
    }
}
