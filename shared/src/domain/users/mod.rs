//! Who works with the tenant's books, and what their programs sign in with.
//!
//! * [`entity`]: the user; [`role`]: what users are there for; [`list`], [`write`], [`archive`]: the operations;
//! * [`credentials`]: API keys and access tokens, shown once, rotated with an overlap, revoked at once.

pub mod archive;
pub mod credentials;
pub mod entity;
pub mod list;
pub mod role;
pub mod write;

pub use entity::{Status, User};
pub use role::Role;
