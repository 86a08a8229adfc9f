//! The sandbox on one machine: a store of its own beside the live one, filled from its fixture, reset every day.

use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use local::engine::Engine;
use local::fixture::Fixture;
use serde_json::json;
use shared::domain::sandbox::clock::next_reset;
use shared::domain::sandbox::reset::{self, GRACE};
use shared::machinery::app::App;
use shared::machinery::outside::Outside;
use shared::machinery::sandbox::of;
use shared::machinery::secrets::{Secrets, sha256};
use shared::machinery::store::Store;
use shared::words::error::Error;

use crate::place::{PlaceArgs, Table};
use crate::{print, read};

/// How long a server waits that resets its own sandbox: longer than any request takes on one machine.
const HERE: Duration = Duration::from_secs(5);

/// What tells the demo tenant's credentials in the sandbox from the live ones.
const OWN: [(&str, &str); 3] = [
    ("demo-admin-key", "sandbox-admin-key"),
    ("demo-south-key", "sandbox-south-key"),
    ("demoDemoDemoDemoDemoDemoDemoDemoDemoDemo73a1c0de", "sandSandSandSandSandSandSandSandSandSand5a4db0c5"),
];

/// The text of the sandbox's fixture: a file's, or the demo tenant with credentials of its own, or none.
pub(crate) fn text(file: Option<&Path>, demo: Option<&str>) -> Result<Option<String>, String> {
    match file {
        Some(file) => read(file).map(Some),
        None => Ok(demo.map(|text| OWN.iter().fold(text.to_owned(), |text, (live, own)| text.replace(live, own)))),
    }
}

/// The sandbox's store, filled when its fixture is another one than before, and reset when a day has passed.
pub(crate) async fn open(
    place: &PlaceArgs,
    text: Option<&str>,
    live: &App,
) -> Result<(Store, Arc<Secrets>, Option<Engine>), String> {
    let opened = crate::place::open(place, &live.outside, Table::Made).await?;
    let (store, secrets, _) = &opened;
    let now = live.outside.now();
    if let Some(text) = text {
        parsed(text)?.shares_none_with(live).await?;
    }
    let sandbox = of(store).await.map_err(say)?;
    let is_of =
        |text: &str| sandbox.as_ref().is_some_and(|one| one.at.is_some() && one.fixture == sha256(text.as_bytes()));
    if let Some(text) = text.filter(|text| !is_of(text)) {
        let app = App::new(store.clone(), Arc::clone(secrets), live.outside.clone(), Vec::new());
        for line in fill(place, &app, text).await? {
            let _ = writeln!(std::io::stderr(), "sandbox: {line}");
        }
    } else if sandbox.and_then(|one| one.at).is_some_and(|at| next_reset(at) <= now) {
        reset::reset(store, &live.outside, Duration::ZERO).await.map_err(say)?;
    }
    Ok(opened)
}

/// Fill the sandbox from its fixture: nothing else stays in it.
pub(crate) async fn fill(place: &PlaceArgs, app: &App, text: &str) -> Result<Vec<String>, String> {
    let fixture = parsed(text)?;
    // The loader sends requests, and a sandbox that is being filled answers none.
    let outside = Outside::real();
    let now = app.outside.now();
    let outside = if place.clock.is_some() { outside.with_clock(move || now) } else { outside };
    let loader = App::new(app.store.clone(), Arc::clone(&app.secrets), outside, rpc::rows());
    reset::fill(app, grace(place), &sha256(text.as_bytes()), fixture.load(&loader)).await
}

/// Refuse a live command on a sandbox's table.
pub(crate) async fn refuse(store: &Store) -> Result<(), String> {
    match of(store).await.map_err(say)? {
        None => Ok(()),
        Some(_) => Err("the table is a sandbox's: say --sandbox".into()),
    }
}

/// Reset it, and say what was done.
pub(crate) async fn reset_now(
    place: &PlaceArgs,
    store: &Store,
    outside: &Outside,
    as_json: bool,
) -> Result<(), String> {
    let done = reset::reset(store, outside, grace(place)).await.map_err(say)?;
    if as_json {
        return print(&json!(done).to_string());
    }
    print(&format!("the sandbox is as its fixture says: {} items removed, {} put back", done.removed, done.restored))
}

/// Reset it at every midnight, UTC.
pub(crate) async fn reset_daily(store: Store, outside: Outside) {
    loop {
        let now = outside.exactly_now();
        tokio::time::sleep((next_reset(now) - now).to_std().unwrap_or_default()).await;
        match reset::reset(&store, &outside, HERE).await {
            Ok(done) => tracing::info!(done.removed, done.restored, "the sandbox was reset"),
            Err(error) => tracing::error!(why = say(error), "the sandbox was not reset"),
        }
    }
}

/// How to reach it, for those who have just started it.
pub(crate) fn example(port: u16, demo: bool) -> String {
    let origin = format!("http://sandbox.localhost:{port}");
    let (_, token) = OWN[2];
    if demo {
        format!(
            "  sandbox    curl {origin}/api/v2/clock -H 'Authorization: Bearer sandbox-admin-key'\n             token 1|{token}; reset daily at 00:00 UTC"
        )
    } else {
        format!("  sandbox    {origin}, reset daily at 00:00 UTC")
    }
}

/// Whoever was served when the sandbox closed is done after this; on an embedded store nobody else is.
fn grace(place: &PlaceArgs) -> Duration {
    if place.is_embedded() {
        return Duration::ZERO;
    }
    let _ =
        writeln!(std::io::stderr(), "the sandbox is closed; waiting {} seconds for those it serves", GRACE.as_secs());
    GRACE
}

fn parsed(text: &str) -> Result<Fixture, String> {
    Fixture::read(text).map_err(|why| format!("the sandbox's fixture: {why}"))
}

fn say(error: Error) -> String {
    error.logged.unwrap_or_else(|| format!("{:?}", error.told))
}
