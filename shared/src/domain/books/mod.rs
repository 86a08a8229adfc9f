//! What a tenant keeps its books by: accounts, categories, tax rates and number series.
//!
//! They are few (bounded here) and change seldom, so they stand in one item beside the tenant's own, which
//! every operation on documents reads in the batch with its record. Nothing in it is ever removed, only
//! marked deleted: a document that refers to an entry still means something.
//!
//! * [`record`]: the item and its entries;
//! * [`accounts`], [`entries`]: list, read, create, update and delete them;
//! * [`numbering`]: the series, and the register of their numbers;
//! * [`settings`]: how money is asked for without anybody asking, and [`seller`], who asks for it;
//! * [`vat`]: the categories of value-added tax.

pub mod accounts;
pub mod entries;
mod entry;
pub mod numbering;
pub mod record;
pub mod seller;
pub mod settings;
pub mod terms;
pub mod vat;

pub use record::{BankAccount, Books, Category, Department, Direction, TaxRate};
