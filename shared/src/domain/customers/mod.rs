//! Customers: whom the tenant bills. JeraSoft calls them clients, Billmora users.
//!
//! One customer has one name, one address, one currency and one credit limit, whatever dialect wrote them;
//! what only one dialect knows is carried for it (see [`Customer::carried`]).
//!
//! * [`list`]: which customers, in what order;
//! * [`write`]: create, update, archive, delete; one by one and in batches;
//! * [`accounts`]: by what their use is recognised;
//! * [`portal`]: what a customer's portal asks; [`payment_profiles`]: saved payment details;
//! * [`entity`]: the customer, and how a change is applied to it; [`shown`]: what its readers see beside it.

pub mod accounts;
pub mod entity;
pub mod list;
pub mod payment_profiles;
pub mod portal;
pub mod shown;
pub mod write;

pub use entity::{Change, Customer, IndexRow, Name, Status};
pub use list::{GET, List, Order, SEARCH, any_in_currency};
pub(crate) use list::{customers_of, owned_by};
pub use shown::Shown;
pub use write::{ARCHIVE, Batch, CREATE, CREATE_MANY, DELETE, Deletion, Entry, Made, New, UPDATE, Unique, Update};

/// The entity, as not-found answers name it.
pub(crate) const ENTITY: &str = "customer";
