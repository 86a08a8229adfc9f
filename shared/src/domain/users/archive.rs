//! Archiving a user (contract jerasoft §4.11): the customers the user owns move to a new owner, some at a time, and
//! then the user signs in no more. Without a new owner, who still owns customers is not archived.

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::domain::customers::write::give;
use crate::domain::customers::{Status as CustomerStatus, owned_by};
use crate::domain::records::find;
use crate::domain::tenants::TenantRecord;
use crate::domain::users::entity::{Status, User};
use crate::domain::users::write::{Change, changed};
use crate::machinery::changes::Changes;
use crate::machinery::keys::{self, CUSTOMER};
use crate::machinery::operation::{Context, Done, Op, Scope};
use crate::words::error::{Error, Result, Violation};

/// Customers that move in one commit: each is two changes.
const AT_ONCE: usize = 40;

/// Archive a user; how many of each kind moved to the new owner.
pub static ARCHIVE: Op<(u64, Option<u64>), Moved> =
    Op::write("users.archive", "user", Scope::Reseller, |cx, (id, owner)| Box::pin(archive(cx, *id, *owner)));

/// How many ownerships moved.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moved {
    /// Customers.
    pub customers: u64,
}

async fn archive(cx: &Context, id: u64, owner: Option<u64>) -> Result<Done<Moved>> {
    let (tenant, user) = find::<User>(cx, id).await?;
    if let Some(owner) = owner {
        let missing = || Error::from(Violation::missing("new_owner", "users", owner));
        let heir = find::<User>(cx, owner).await.map_err(|_| missing())?.1;
        if owner == id || !heir.active {
            return Err(missing());
        }
    }
    let mut moved: Moved = match &cx.progress {
        None => Moved::default(),
        Some(progress) => {
            serde_json::from_value(progress.clone()).map_err(|e| Error::internal(format!("archive: {e}")))?
        }
    };
    let owned = owned_by(cx, id).await?;
    let Some(owner) = owner else {
        if owned.iter().any(|row| row.status != CustomerStatus::Closed) {
            return Err(Error::refused("user_owns_clients", "The user owns active customers; name a new owner"));
        }
        return end(cx, &tenant, &user, moved).await;
    };
    if owned.is_empty() {
        return end(cx, &tenant, &user, moved).await;
    }
    let ids: Vec<_> = owned.iter().take(AT_ONCE).map(|row| keys::row(cx.tenant(), CUSTOMER, row.id)).collect();
    let mut changes = Changes::default();
    for item in cx.store.get_items(&ids).await?.into_iter().flatten() {
        give(cx, &mut changes, item, owner)?;
        moved.customers += 1;
    }
    Ok(Done { answer: moved, changes, progress: Some(json!(moved)) })
}

async fn end(cx: &Context, tenant: &TenantRecord, user: &User, moved: Moved) -> Result<Done<Moved>> {
    let change = Change { status: Some(Status::Archived), ..Change::default() };
    let (_, changes) = changed(cx, tenant, user, &change, "user.archived").await?;
    Ok(Done::changed(moved, changes))
}
