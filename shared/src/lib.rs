//! What every function shares.
//!
//! Three floors, each knowing only the ones below it:
//!
//! * [`words`]: errors, money, time, pages;
//! * [`machinery`]: the spine and what it is made of: route table, reader, credentials, rate limits, keys,
//!   store, idempotency, JSON-RPC, the four dialects' envelopes;
//! * [`domain`]: what is true: operations on top, pure decisions below them, the entity at the end.
//!
//! What the world sees of a resource family is not here but in `functions/<family>`.

pub mod domain;
pub mod machinery;
pub mod words;
