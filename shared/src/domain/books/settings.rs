//! How money is asked for without anybody asking: when renewals are invoiced, and what becomes of services
//! whose invoices stay unpaid (contract billmora §10.9, with its defaults).

use serde::{Deserialize, Serialize};

use crate::domain::books::Books;
use crate::domain::books::seller::{self, Seller};
use crate::domain::documents::sums::Rounding;
use crate::machinery::changes::Changes;
use crate::machinery::operation::{Context, Done, Op, Scope};
use crate::words::error::{Error, Result, Told};
use crate::words::patch::Patch;

/// Read the settings.
pub static GET: Op<(), Settings> = Op::read("settings.get", "settings", Scope::Tenant, |cx, ()| Box::pin(get(cx)));
/// Change the settings.
pub static UPDATE: Op<Change, Settings> =
    Op::write("settings.update", "settings", Scope::Tenant, |cx, change| Box::pin(update(cx, change)));

/// A tenant's settings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    /// Days before a period begins on which its invoice is issued; an order's invoice is due after as many.
    pub invoice_days: u32,
    /// Days after its due date on which an unpaid invoice suspends what it is for; absent for never.
    pub suspend_days: Option<u32>,
    /// Days after its due date on which an unpaid invoice ends what it is for; absent for never.
    pub terminate_days: Option<u32>,
    /// Whether customers' credit pays new invoices, of those customers who want it so.
    pub credit_auto_payment: bool,
    /// Whether anybody may leave a lead without a credential.
    #[serde(default)]
    pub lead_capture: bool,
    /// Whether the taxes of new documents are rounded line by line, or once for all lines of a rate. Documents keep
    /// what they were made with.
    #[serde(default)]
    pub tax_rounding: Rounding,
    /// Who the seller is.
    #[serde(default)]
    pub seller: Seller,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            invoice_days: 7,
            suspend_days: Some(3),
            terminate_days: Some(7),
            credit_auto_payment: false,
            lead_capture: false,
            // Contracts racknap §8.1, jerasoft §4.6 and cloudonex §8.2 round each line's taxes.
            tax_rounding: Rounding::Lines,
            seller: Seller::default(),
        }
    }
}

/// What to change.
#[derive(Debug, Clone, Default)]
pub struct Change {
    /// See [`Settings::invoice_days`].
    pub invoice_days: Option<u32>,
    /// See [`Settings::suspend_days`].
    pub suspend_days: Patch<u32>,
    /// See [`Settings::terminate_days`].
    pub terminate_days: Patch<u32>,
    /// See [`Settings::credit_auto_payment`].
    pub credit_auto_payment: Option<bool>,
    /// See [`Settings::lead_capture`].
    pub lead_capture: Option<bool>,
    /// See [`Settings::tax_rounding`].
    pub tax_rounding: Option<Rounding>,
    /// See [`Settings::seller`].
    pub seller: seller::Change,
}

async fn get(cx: &Context) -> Result<Done<Settings>> {
    Ok(Done::read(Books::own(cx).await?.settings))
}

async fn update(cx: &Context, change: &Change) -> Result<Done<Settings>> {
    let mut books = Books::own(cx).await?;
    let was = books.settings.clone();
    let settings = &mut books.settings;
    settings.invoice_days = change.invoice_days.unwrap_or(was.invoice_days);
    settings.credit_auto_payment = change.credit_auto_payment.unwrap_or(was.credit_auto_payment);
    settings.lead_capture = change.lead_capture.unwrap_or(was.lead_capture);
    settings.tax_rounding = change.tax_rounding.unwrap_or(was.tax_rounding);
    change.suspend_days.clone().apply(&mut settings.suspend_days);
    change.terminate_days.clone().apply(&mut settings.terminate_days);
    let found = settings.seller.apply(&change.seller);
    if !found.is_empty() {
        return Err(Error::told(Told::Invalid(found)));
    }
    let now = settings.clone();
    if now == was {
        return Ok(Done::read(now));
    }
    let mut changes = Changes::default();
    let version = books.version + 1;
    books.save(cx, &mut changes)?;
    changes.tell("settings.updated", 1, version);
    Ok(Done::changed(now, changes))
}
