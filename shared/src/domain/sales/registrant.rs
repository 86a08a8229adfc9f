//! The registered domain.

use serde::{Deserialize, Serialize};

use crate::domain::records::{Claim, IndexRow, Record, Stamps, stamped};
use crate::machinery::keys::{Entity, REGISTRANT};
use crate::words::money::{Currency, Money};
use crate::words::time::{Date, Instant, Zone};

/// Where a registered domain stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Not registered yet.
    #[default]
    Pending,
    /// On its way from another registrar.
    PendingTransfer,
    /// In use.
    Active,
    /// Past its end.
    Expired,
    /// Barred.
    Suspended,
    /// Given up before it was registered.
    Cancelled,
}

impl Status {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Pending, Self::PendingTransfer, Self::Active, Self::Suspended, Self::Expired, Self::Cancelled];

    /// The word, as index rows and dialects have it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::PendingTransfer => "pending_transfer",
            Self::Active => "active",
            Self::Expired => "expired",
            Self::Suspended => "suspended",
            Self::Cancelled => "cancelled",
        }
    }
}

/// A registered domain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Registrant {
    /// Id, dates and version.
    pub stamps: Stamps,
    /// Whose it is.
    pub customer: u64,
    /// The customer's reseller when it was made.
    pub reseller: u64,
    /// The order it comes of.
    pub order: Option<u64>,
    /// Its top-level domain.
    pub tld: u64,
    /// The whole name, in lower case.
    pub domain: String,
    /// Where it stands.
    pub status: Status,
    /// Whether it comes from another registrar.
    pub transfer: bool,
    /// The code that registrar gave out.
    pub epp_code: Option<String>,
    /// For how many years.
    pub years: u32,
    /// The id of its currency in the tenant.
    pub currency: u64,
    /// That currency.
    pub iso: Currency,
    /// What all those years cost, in minor units.
    pub price: i64,
    /// Whether it is renewed when it ends.
    pub auto_renew: bool,
    /// Its name servers.
    pub nameservers: Option<Vec<Option<String>>>,
    /// When it was registered, UTC.
    pub registered_at: Option<Instant>,
    /// When it ends, UTC.
    pub expires_at: Option<Instant>,
    /// The invoice of its next renewal, while that is asked for.
    pub renewal: Option<u64>,
    /// The invoices whose payment let it go on and stands, each with the years it asked for …
    #[serde(default)]
    pub renewed: Vec<(u64, u32)>,
    /// … and when it would end without them, UTC.
    #[serde(default)]
    pub ends_without: Option<Instant>,
    /// When it was barred, UTC.
    pub suspended_at: Option<Instant>,
    /// When it was given up, UTC.
    pub cancelled_at: Option<Instant>,
}

impl Registrant {
    /// Its number (`DOM-0001`): ids are dense, and so are the numbers made of them.
    pub fn number(&self) -> String {
        format!("DOM-{:04}", self.stamps.id)
    }

    /// An amount of it.
    pub fn money(&self, minor: i64) -> Money {
        Money { minor, currency: self.iso }
    }

    /// The day on which it ends, while it is in use, UTC.
    pub fn ends_on(&self) -> Option<Date> {
        self.expires_at.filter(|_| self.status == Status::Active).map(|at| Zone::UTC.local(at).date())
    }

    /// Let it begin: for its years, from now on.
    pub fn activate(&mut self, now: Instant) {
        self.status = Status::Active;
        self.registered_at = self.registered_at.or(Some(now));
        self.expires_at = years_after(now, self.years);
        self.renewed.clear();
    }

    /// Let it go on for its years, since an invoice was paid: once for each payment that stands.
    pub fn renew(&mut self, invoice: u64, now: Instant) {
        if self.renewed.iter().any(|(id, _)| *id == invoice) {
            return;
        }
        if self.renewed.is_empty() {
            self.ends_without = Some(self.expires_at.unwrap_or(now));
        }
        self.renewed.push((invoice, self.years));
        self.reckon();
        self.renewal = None;
        if self.status == Status::Expired {
            self.status = Status::Active;
        }
    }

    /// The payment of an invoice does not stand any more: its years are taken back. `asks` is whether the invoice
    /// still asks for its money.
    pub fn take_back(&mut self, invoice: u64, asks: bool) {
        let known = self.renewed.len();
        self.renewed.retain(|(id, _)| *id != invoice);
        if self.renewed.len() < known {
            self.reckon();
        } else {
            // Years that were given before payments were noted here stay, and are not given once more.
            self.ends_without = self.ends_without.filter(|_| known > 0).or(self.expires_at);
            self.renewed.push((invoice, 0));
        }
        if asks {
            self.renewal = self.renewal.or(Some(invoice));
        }
    }

    /// When it ends, by the payments that stand.
    fn reckon(&mut self) {
        let years = self.renewed.iter().map(|(_, years)| *years).sum();
        self.expires_at = self.ends_without.and_then(|at| years_after(at, years));
    }
}

/// So many years later, on the last day of February where there is no 29th.
fn years_after(at: Instant, years: u32) -> Option<Instant> {
    at.checked_add_months(chrono::Months::new(years.checked_mul(12)?))
}

impl Record for Registrant {
    const ENTITY: Entity = REGISTRANT;
    const NAME: &'static str = "registrant";
    stamped!();

    fn index_row(&self) -> IndexRow {
        IndexRow {
            id: self.stamps.id,
            number: Some(self.number()),
            name: self.domain.clone(),
            status: self.status.word().to_owned(),
            reseller: Some(self.reseller),
            customer: Some(self.customer),
            parent: Some(self.tld),
            at: self.stamps.created_at,
            until: self.expires_at,
            ..IndexRow::default()
        }
    }
}

/// How many registered domains bear a name: for checking whether it is free. More than one may, since an order
/// does not ask.
pub fn name_claim(domain: &str) -> Claim {
    Claim { what: "domain", value: domain.to_owned(), field: "domain" }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn domain(ends: &str) -> Registrant {
        let json = format!(
            r#"{{"stamps": {{"id": 1, "created_at": "{ends}", "updated_at": "{ends}", "version": 1}}, "customer": 1, "reseller": 1,
            "order": null, "tld": 1, "domain": "noor.dev", "status": "active", "transfer": false, "epp_code": null, "years": 1,
            "currency": 1, "iso": "USD", "price": 1000, "auto_renew": true, "nameservers": null, "registered_at": "{ends}",
            "expires_at": "{ends}", "renewal": 7, "suspended_at": null, "cancelled_at": null}}"#
        );
        serde_json::from_str(&json).unwrap()
    }

    #[test]
    fn a_year_for_each_payment_that_stands() {
        let now = domain("2028-02-29T12:00:00Z").expires_at.unwrap();
        let mut one = domain("2028-02-29T12:00:00Z");
        let ends = |one: &Registrant| one.expires_at.unwrap().to_rfc3339();
        one.renew(7, now);
        one.renew(7, now);
        assert_eq!((ends(&one), one.renewal), ("2029-02-28T12:00:00+00:00".into(), None));
        one.take_back(7, true);
        assert_eq!((ends(&one), one.renewal), ("2028-02-29T12:00:00+00:00".into(), Some(7)));
        for invoice in 7..11 {
            one.renew(invoice, now);
        }
        // Nothing drifts: four years after a leap day it is there again.
        assert_eq!(ends(&one), "2032-02-29T12:00:00+00:00");
        one.take_back(8, false);
        assert_eq!((ends(&one), one.renewal), ("2031-02-28T12:00:00+00:00".into(), None));
        // A payment of which nothing was noted is not counted once more.
        let mut older = domain("2030-01-01T00:00:00Z");
        older.take_back(3, true);
        older.renew(3, now);
        assert_eq!(ends(&older), "2030-01-01T00:00:00+00:00");
    }
}
