//! Records that are no documents: products, orders, services and the like. One machinery for all of them.
//!
//! A record has a dense id, a row of its own, and a compact row that lists filter and sort by; a customer's
//! records have that row once more in the customer's partition. What must be unique is claimed in the commit
//! that writes it. An operation reads with [`find`] and [`search`], decides, and puts what changed back with
//! [`put`] and [`remove`].

mod list;
mod write;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

pub(crate) use self::list::compare;
pub use self::list::{Column, List, find, find_all, indexed, search};
pub(crate) use self::write::BEARERS;
pub use self::write::{Drawer, Removal, load, load_ids, put, remove, taken};
use crate::machinery::keys::Entity;
use crate::machinery::operation::Context;
use crate::words::time::{Date, Instant};

/// A record's stamps after its next change.
pub(crate) fn touched(cx: &Context, stamps: &Stamps) -> Stamps {
    Stamps { updated_at: cx.now, version: stamps.version + 1, ..stamps.clone() }
}

/// What every record has.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Stamps {
    /// The id, dense in the tenant.
    pub id: u64,
    /// When it was made, UTC.
    pub created_at: Instant,
    /// When it was last changed, UTC.
    pub updated_at: Instant,
    /// Counts the changes, from 1; 0 before it is written.
    pub version: u64,
}

impl Stamps {
    /// A new record's.
    pub fn new(id: u64, now: Instant) -> Self {
        Self { id, created_at: now, updated_at: now, version: 0 }
    }
}

/// A kind of record.
pub trait Record: Serialize + DeserializeOwned + Clone + PartialEq + Send + Sync + 'static {
    /// Whose ids it has.
    const ENTITY: Entity;
    /// What not-found answers call it.
    const NAME: &'static str;
    /// Id, dates and version.
    fn stamps(&self) -> &Stamps;
    /// The same, to be changed.
    fn stamps_mut(&mut self) -> &mut Stamps;
    /// What lists filter and sort by.
    fn index_row(&self) -> IndexRow;
    /// What no other record of the kind may have.
    fn claims(&self) -> Vec<Claim> {
        Vec::new()
    }
}

/// A value that only one record may bear.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// What it is (`product-slug`).
    pub what: &'static str,
    /// The value; case does not count.
    pub value: String,
    /// The field to name when somebody else bears it.
    pub field: &'static str,
}

/// What lists filter and sort by: some 250 bytes a record.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct IndexRow {
    /// The id.
    pub id: u64,
    /// Its number, where it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<String>,
    /// Its name.
    pub name: String,
    /// Where it stands, in the entity's own word.
    pub status: String,
    /// The reseller whose it is; absent where it belongs to none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reseller: Option<u64>,
    /// Whose it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer: Option<u64>,
    /// What it is part of: a product's catalog, a service's product, a rate's table.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<u64>,
    /// The customer's account it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<u64>,
    /// What it is sorted by beside the rest.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub rank: i64,
    /// When it began or was made, UTC.
    pub at: Instant,
    /// The first and the last day of its period, where it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub span: Option<(Date, Date)>,
    /// The instant from which on it is over, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Instant>,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde's own form")]
fn is_zero(rank: &i64) -> bool {
    *rank == 0
}

/// Implements [`Record`]'s access to the stamps of a struct with a field `stamps`.
macro_rules! stamped {
    () => {
        fn stamps(&self) -> &crate::domain::records::Stamps {
            &self.stamps
        }
        fn stamps_mut(&mut self) -> &mut crate::domain::records::Stamps {
            &mut self.stamps
        }
    };
}
pub(crate) use stamped;
