//! What is sold: the order, the service and the registered domain, and what moves them.
//!
//! A service comes of an order, or is made by itself. What brings it to life, suspends and ends it is one state machine
//! for every dialect ([`moves`]); what one change entails for its order and its product's stock is seen to by [`goods`].
//!
//! * [`order`], [`service`], [`registrant`]: the entities;
//! * [`moves`]: the state machine of services; [`goods`]: all of them, and their products, that change together;
//! * [`charges`]: what was charged for the days of a service, and by which documents.

pub mod charges;
pub mod goods;
pub mod moves;
pub mod order;
pub mod registrant;
pub mod service;
