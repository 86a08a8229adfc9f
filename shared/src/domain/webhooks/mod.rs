//! Webhooks: addresses that are told of changes, whichever dialect asked for them (contract cloudonex §9).
//!
//! A commit leaves what happened in the outbox, in the same transaction. The table's stream hands that to the
//! dispatcher, which *fans it out*: for each webhook that wants an event there is a [`Delivery`], with a sequence
//! number that has no gaps for this webhook and object, and an entry in that object's *lane*. An entry that is new,
//! whoever made it, wakes the deliverer through a queue. The queue only wakes: what is to be delivered, in which order
//! and when stands in the table, so that a message that comes twice, late or never does no harm.
//!
//! Only the first entry of a lane is delivered, and its delivery is claimed by version before anything is sent: at
//! most one is under way for an object. One that fails is tried again, later and later, for 75 hours; then, or when
//! the address is gone, it is dead, kept for [`KEPT_DAYS`] and may be replayed, and the lane goes on.
//!
//! * [`event`]: what can be subscribed to; [`entity`]: the webhook; [`write`] and [`list`]: its operations;
//! * [`delivery`]: what is kept of a delivery; [`deliveries`]: reading and replaying them;
//! * [`fan_out`]: from an outbox item to deliveries; [`lane`]: taking the first of a lane, and settling it;
//! * [`schedule`]: when to try again; [`signature`]: what a receiver checks.

pub mod deliveries;
pub mod delivery;
pub mod entity;
pub mod event;
pub mod fan_out;
pub mod lane;
pub mod list;
pub mod schedule;
pub mod signature;
pub mod write;

pub use self::delivery::{Attempt, Delivery, KEPT_DAYS, Message, State};
pub use self::entity::Webhook;
