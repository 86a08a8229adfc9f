//! Other systems as sources: what each tells through its own API, and how it is paged.

mod billmora;
mod charges;
mod cloudonex;
mod jerasoft;
mod racknap;

use std::collections::BTreeMap;

use serde_json::Value;
use shared::words::money::Currency;
use shared::words::time::{Day, Zone, parse_moment};

use super::Tell;
use super::client::Client;
use super::extract::{Extract, Members};

/// Records asked for at once.
const PAGE: u64 = 100;

/// A system that can be imported from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum System {
    /// JeraSoft CoreAPI, REST.
    Jerasoft,
    /// RackNap Billing API.
    Racknap,
    /// CloudOnex Business Suite.
    Cloudonex,
    /// Billmora.
    Billmora,
}

/// What a client of the system presents; which of them depends on the system.
#[derive(Debug, Clone, Default)]
pub struct Access {
    /// An API key (JeraSoft, CloudOnex).
    pub key: Option<String>,
    /// A token (Billmora, RackNap).
    pub token: Option<String>,
    /// A login with its password (JeraSoft, RackNap).
    pub login: Option<(String, String)>,
}

/// Read everything that a system tells.
///
/// # Errors
///
/// When the system cannot be reached, refuses the credential, or answers with what is not understood.
pub async fn read(
    system: System,
    client: &mut Client,
    access: &Access,
    zone: Zone,
    tell: Tell<'_>,
) -> Result<Extract, String> {
    match system {
        System::Jerasoft => jerasoft::read(client, access, zone, tell).await,
        System::Racknap => racknap::read(client, access, zone, tell).await,
        System::Cloudonex => cloudonex::read(client, access, zone, tell).await,
        System::Billmora => billmora::read(client, access, zone, tell).await,
    }
}

/// Records by their ids: a record that moved to another page while it was read is there once.
#[derive(Debug, Default)]
struct Rows(BTreeMap<u64, Value>);

impl Rows {
    /// Take a page in; whether there was anything new on it.
    fn take(&mut self, page: &[Value]) -> bool {
        let before = self.0.len();
        self.0.extend(page.iter().filter_map(|row| Some((row.id("id")?, row.clone()))));
        self.0.len() > before
    }

    fn values(&self) -> impl Iterator<Item = &Value> {
        self.0.values()
    }
}

/// The currency of a code, or why there is none.
fn currency(code: Option<String>) -> Result<Currency, String> {
    let code = code.ok_or("a record without a currency")?;
    Currency::from_code(&code).ok_or_else(|| format!("{code} is no currency with minor units"))
}

/// A day of which a text tells date and time.
fn day_at(text: Option<String>, zone: Zone) -> Option<Day> {
    Some(Day::of(parse_moment(&text?, zone)?, zone))
}
