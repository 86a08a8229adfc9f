//! What is sold, and at which prices.
//!
//! * [`product`]: the product, [`products`]: what can be said of it, [`whole`]: its operations;
//! * [`catalogs`], [`variants`], [`tlds`], [`coupons`]: what Billmora sorts, refines and discounts it by;
//! * [`cycle`]: how often a price is asked for;
//! * [`edit`]: the operations that simple records share.

pub mod catalogs;
pub mod coupons;
pub mod cycle;
pub mod edit;
pub mod prices;
pub mod product;
pub mod products;
pub mod tlds;
pub mod variants;
pub mod whole;

pub use cycle::{Cycle, Unit};
pub use product::{Price, Product, Rate, Rates, Shelf};
