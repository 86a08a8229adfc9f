//! Orders: what a customer asks for, with the invoice that asks for its money, and the services and registered
//! domains that its payment brings to life.
//!
//! ```text
//! order ──▶ invoice ──▶ payment ──▶ services and domains active ──▶ order completed
//!  one commit                one commit
//! ```
//!
//! * [`create`]: making one; [`change`]: moving it, taking it away; [`list`]: reading;
//! * [`choose`]: what its items mean, and whether they may be ordered; [`pricing`]: what they cost; [`discount`]: what a coupon takes off; [`ask`]: the
//!   invoice that asks for it; [`made`]: the order with its services and domains;
//! * what a payment brings about: [`settlement`](crate::domain::settlement).

pub(crate) mod ask;
pub mod change;
pub mod choose;
pub mod create;
pub(crate) mod discount;
pub mod list;
pub(crate) mod made;
pub mod pricing;
