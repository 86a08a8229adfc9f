//! API keys (JeraSoft, CloudOnex) and access tokens (Billmora), as their users know them.
//!
//! A secret is shown in the answer that makes it and stored nowhere: the table has its keyed digest. *Rotating*
//! makes a new secret while the old one is accepted for a while; *revoking* ends both at once, from the next
//! request on.
//!
//! * [`entity`]: what is kept; [`write`]: make, change, rotate, revoke; [`list`]: read;
//! * [`held`]: all of one user's, which follow what becomes of the user.

pub mod entity;
pub(super) mod held;
pub mod list;
pub mod write;

pub use entity::ApiCredential;
