//! All credentials of one user.

use crate::domain::records::{List, Removal, find_all, indexed, put};
use crate::domain::tenants::Reach;
use crate::domain::users::credentials::entity::ApiCredential;
use crate::domain::users::entity::User;
use crate::machinery::changes::Changes;
use crate::machinery::keys::{self, CREDENTIAL};
use crate::machinery::operation::Context;
use crate::words::error::Result;
use crate::words::page::Window;

/// The most of one user: what becomes of the user becomes of all of them in one commit.
pub(super) const MOST: usize = 20;

/// All credentials of one user.
pub(crate) struct Held(pub(super) Vec<ApiCredential>);

impl Held {
    /// Those of a user.
    pub(crate) async fn of(cx: &Context, user: u64) -> Result<Self> {
        let list = List { parents: vec![user], ..List::all(Window::whole()) };
        let rows = indexed(cx, CREDENTIAL, &list, &Reach::Everything).await?;
        let ids: Vec<u64> = rows.iter().map(|row| row.id).collect();
        Ok(Self(find_all::<ApiCredential>(cx, &ids).await?.into_iter().flatten().collect()))
    }

    /// They know of the user what is true after a change.
    pub(crate) fn follow(&self, cx: &Context, changes: &mut Changes, user: &User) -> Result<()> {
        for one in &self.0 {
            for digest in one.digests(cx.wall) {
                changes.write(keys::credential(digest), &one.stored(cx.tenant(), user, digest))?;
            }
            // The version guards the rows above also where nothing of the record itself changes.
            let after = ApiCredential { reseller: user.reseller, ..one.clone() };
            if after == *one {
                changes.check(keys::row(cx.tenant(), CREDENTIAL, one.stamps.id), one.stamps.version);
            } else {
                put(cx, changes, Some(one), after, "credential.updated")?;
            }
        }
        Ok(())
    }

    /// They are revoked.
    pub(crate) fn end(&self, cx: &Context, changes: &mut Changes) -> Result<()> {
        let mut removal = Removal::default();
        for one in &self.0 {
            for digest in one.digests(cx.wall) {
                changes.erase(keys::credential(digest));
            }
            removal.take(cx, changes, one, "credential.revoked")?;
        }
        removal.into_changes(cx, changes);
        Ok(())
    }
}
