//! What customers have and pay for: services, which JeraSoft calls subscriptions.
//!
//! A service comes of an order, or is made by itself. What brings it to life, suspends and ends it is one state
//! machine for every dialect ([`moves`]); what one change of a service entails for its order and its product's
//! stock is seen to by [`goods`].
//!
//! * [`write`], [`make`], [`plan`]: the operations that change something; [`list`]: those that read;
//! * [`moves`]: the state machine;
//! * [`charges`]: what was charged for its days, and by which documents; [`adjust`]: the documents of another price;
//! * [`goods`]: services, registered domains, orders and products that change together;
//! * [`entity`]: the service.

pub(crate) mod adjust;
pub mod charges;
pub mod entity;
pub mod goods;
pub mod list;
pub mod make;
pub mod moves;
pub mod plan;
pub mod write;

pub use entity::{Service, Status};
