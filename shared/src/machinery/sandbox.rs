//! The sandbox: a stage with credentials and data of its own, which is reset to its fixture every day, and whose
//! tenants set their clocks (docs/sandbox.md). What every request must know of it stands here; what it does is in
//! `domain::sandbox`. In a live stage none of it costs a call.

use serde::{Deserialize, Serialize};

use crate::machinery::caller::Tenant;
use crate::machinery::keys;
use crate::machinery::outside::Outside;
use crate::machinery::store::Store;
use crate::words::error::{Error, Result, Told};
use crate::words::time::Instant;

/// How a sandbox stands. That there is such an item tells a sandbox's table from a live one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sandbox {
    /// Whether it is being reset or filled: then nobody is served.
    pub resetting: bool,
    /// When it was last as its fixture says, UTC; never yet while it is filled for the first time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Instant>,
    /// The digest of the fixture's text.
    pub fixture: String,
}

/// What a tenant's clock shows.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SetClock {
    /// The time at which it stands, UTC.
    pub now: Instant,
}

/// The sandbox of a table, where it is one.
///
/// # Errors
///
/// What the store says.
pub async fn of(store: &Store) -> Result<Option<Sandbox>> {
    store.get(&keys::sandbox()).await
}

/// Nothing, or [`Told::Resetting`] in a sandbox that is being reset.
pub(crate) async fn is_open(store: &Store, outside: &Outside) -> Result<()> {
    if outside.is_sandbox() && of(store).await?.is_some_and(|sandbox| sandbox.resetting) {
        return Err(Error::told(Told::Resetting));
    }
    Ok(())
}

/// The time by a tenant's clock, when it is `wall` by the machine's: the same but in a sandbox whose tenant set it.
pub(crate) async fn now(store: &Store, outside: &Outside, tenant: &Tenant, wall: Instant) -> Result<Instant> {
    if !outside.is_sandbox() || *tenant == Tenant::nobody() {
        return Ok(wall);
    }
    Ok(store.get::<SetClock>(&keys::clock(tenant)).await?.map_or(wall, |clock| clock.now))
}
