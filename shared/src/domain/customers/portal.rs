//! What a customer's portal asks: whether somebody is a customer, and what the customer has (contract jerasoft §4.1,
//! §4.9).

use crate::domain::customers::entity::{Customer, IndexRow, Status, Text};
use crate::domain::customers::list::with_tenant;
use crate::domain::customers::shown::Shown;
use crate::domain::rating::RateTable;
use crate::domain::records::find;
use crate::domain::sessions::{NOBODYS_HASH, count_attempt, fits};
use crate::domain::tenants::own;
use crate::machinery::changes::Changes;
use crate::machinery::keys::{self, CUSTOMER};
use crate::machinery::listing;
use crate::machinery::operation::{Context, Done, Op, Scope};
use crate::words::error::{Error, Result, Stranger};

const ENTITY: &str = "customer";
/// The most customers that one login is tried for.
const MOST_NAMESAKES: usize = 8;

/// The customer that a login and a password of the portal are of.
pub static AUTHENTICATE: Op<(String, String), Shown> =
    Op::read("customers.authenticate", ENTITY, Scope::Reseller, |cx, (login, password)| {
        Box::pin(authenticate(cx, login, password))
    });
/// Queue a notice of the rates of a customer; whoever listens to events sends it.
pub static NOTIFY_RATES: Op<(u64, Option<u64>), ()> =
    Op::write("customers.notify_rates", ENTITY, Scope::Reseller, |cx, (id, table)| Box::pin(notify(cx, *id, *table)));

/// An unknown login costs a password check too, and the words are the same.
async fn authenticate(cx: &Context, login: &str, password: &str) -> Result<Done<Shown>> {
    count_attempt(cx, &format!("portal:{}:{login}", cx.tenant())).await?;
    let reach = own(cx).await?.reach(&cx.caller);
    let wanted = login.trim().to_lowercase();
    let same = |text: &Option<String>| text.as_ref().is_some_and(|text| text.to_lowercase() == wanted);
    let mut rows: Vec<IndexRow> = listing::index(cx, keys::index(cx.tenant(), CUSTOMER)).await?;
    rows.retain(|row| {
        row.status == Status::Active && reach.covers(row.reseller) && (same(&row.portal_login) || same(&row.email))
    });
    let mut fitting = Vec::new();
    for row in rows.iter().take(MOST_NAMESAKES) {
        let (tenant, customer, balance) = with_tenant(cx, row.id).await?;
        // Who has a login of the portal's own does not sign in with the address.
        let by_login = customer.text(Text::PortalLogin).is_none_or(|own| own.to_lowercase() == wanted);
        let hash = customer.password_hash.as_deref().filter(|_| by_login);
        if fits(password, hash.unwrap_or(NOBODYS_HASH)).await? && hash.is_some() {
            fitting.push(Shown::of(customer, &tenant, &balance)?);
        }
    }
    if rows.is_empty() {
        fits(password, NOBODYS_HASH).await?;
    }
    match (fitting.pop(), fitting.is_empty()) {
        (Some(one), true) => Ok(Done::read(one)),
        _ => Err(Error::stranger(Stranger::BadLogin)),
    }
}

async fn notify(cx: &Context, id: u64, table: Option<u64>) -> Result<Done<()>> {
    let (_, customer, _): (_, Customer, _) = with_tenant(cx, id).await?;
    if let Some(table) = table {
        let missing = |_| Error::from(crate::words::error::Violation::missing("rate_table", "rate_tables", table));
        find::<RateTable>(cx, table).await.map_err(missing)?;
    }
    let mut changes = Changes::default();
    changes.check(keys::row(cx.tenant(), CUSTOMER, id), customer.version);
    changes.tell("customer.rates_notified", id, customer.version);
    Ok(Done::changed((), changes))
}
