//! `cargo run` without a command: everything on one address, the sandbox beside the live stage.

use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use deliverer::{PATIENCE, Post};
use local::engine::Engine;
use local::fixture::Fixture;
use local::gateway::Gateway;
use local::template::{BUILT_IN, Template};
use local::webhooks::Webhooks;
use shared::machinery::app::App;
use shared::machinery::outside::Outside;
use shared::machinery::secrets::Secrets;
use shared::machinery::store::Store;
use tokio::net::TcpListener;

use crate::place::{PlaceArgs, Table, open};
use crate::{Cli, fixture, print, read, sandbox};

const DEMO: &str = include_str!("../demo.json");

/// Serve until interrupted.
pub(crate) async fn serve(cli: &Cli, outside: &Outside) -> Result<(), String> {
    let Cli { place, listen, load, load_sandbox, .. } = cli;
    let (store, secrets, engine) = open(place, outside, Table::Made).await?;
    let demo = fill(place, &store, &secrets, outside, load.as_deref()).await?;
    let mut gateway = Gateway::new(Template::read(BUILT_IN)?, &store, &secrets, outside);
    run_beside(place, engine, &store, &secrets, outside)?;
    let has_sandbox = place.is_embedded() || load_sandbox.is_some();
    if has_sandbox {
        let live = App::new(store, secrets, outside.clone(), Vec::new());
        let text = sandbox::text(load_sandbox.as_deref(), demo.then_some(DEMO))?;
        let (store, secrets, engine) = sandbox::open(&place.beside(), text.as_deref(), &live).await?;
        let outside = outside.clone().sandboxed();
        run_beside(place, engine, &store, &secrets, &outside)?;
        gateway = gateway.with_sandbox(&store, &secrets, &outside);
        if place.clock.is_none() {
            tokio::spawn(sandbox::reset_daily(store, outside));
        }
    }
    let gateway = Arc::new(gateway);
    let listener = TcpListener::bind(listen).await.map_err(|e| format!("cannot listen on {listen}: {e}"))?;
    let address = listener.local_addr().map_err(|e| e.to_string())?;
    let serving = tokio::spawn(gateway.serve(listener));
    // Whoever started this may stop listening to it after the first line.
    let _ = print(&format!("listening on http://{address}"));
    if demo {
        let _ = print(&examples(&format!("http://{address}")));
    }
    let _ = print(&format!("  console    http://{address}/console\n  reference  http://{address}/api/docs"));
    if has_sandbox {
        let _ = print(&sandbox::example(address.port(), load_sandbox.is_none() && demo));
    }
    tokio::select! {
        served = serving => served.map_err(|e| e.to_string())?.map_err(|e| e.to_string()),
        _ = tokio::signal::ctrl_c() => Ok(()),
    }
}

/// What is no answer to a request: the webhooks of an embedded store, and forgetting.
fn run_beside(
    place: &PlaceArgs,
    engine: Option<Engine>,
    store: &Store,
    secrets: &Arc<Secrets>,
    outside: &Outside,
) -> Result<(), String> {
    let Some(engine) = engine else { return Ok(()) };
    if place.clock.is_none() {
        tokio::spawn(forget_what_expired(engine.clone()));
    }
    let post = Post::new(outside.reaches_itself(), PATIENCE);
    let webhooks = Webhooks::new(&Template::read(BUILT_IN)?, &engine, store, secrets, outside, post);
    webhooks.take_up(&place.table)?;
    tokio::spawn(Arc::new(webhooks).run());
    Ok(())
}

/// The engine forgets by the machine's clock, so not when the API's is fixed.
async fn forget_what_expired(engine: Engine) {
    loop {
        tokio::time::sleep(Duration::from_secs(600)).await;
        let engine = engine.clone();
        let _ = tokio::task::spawn_blocking(move || engine.sweep()).await;
    }
}

/// Load the fixture, or else the demo tenant into a store of one's own; whether the demo tenant is there.
pub(crate) async fn fill(
    place: &PlaceArgs,
    store: &Store,
    secrets: &Arc<Secrets>,
    outside: &Outside,
    load: Option<&Path>,
) -> Result<bool, String> {
    sandbox::refuse(store).await?;
    let app = App::new(store.clone(), Arc::clone(secrets), outside.clone(), rpc::rows());
    let (fixture, demo) = match load {
        Some(file) => (fixture(file, &read(file)?)?, false),
        None if place.endpoint.is_some() => return Ok(false),
        None => (Fixture::read(DEMO)?, true),
    };
    for line in fixture.load(&app).await? {
        let _ = writeln!(std::io::stderr(), "{line}");
    }
    Ok(demo)
}

fn examples(origin: &str) -> String {
    let token = "1|demoDemoDemoDemoDemoDemoDemoDemoDemoDemo73a1c0de";
    format!(
        "\
demo tenant: API key demo-admin-key, token {token}, login admin, password \"correct horse\"
  jerasoft   curl {origin}/api/clients/42 -H 'X-Api-Key: demo-admin-key'
  racknap    curl {origin}/api/v2/auth/token -d 'username=admin&password=correct horse'
  cloudonex  curl {origin}/api/v2/customers -H 'Authorization: Bearer demo-admin-key'
  billmora   curl {origin}/api/v1/users -H 'Accept: application/json' -H 'Authorization: Bearer {token}'"
    )
}
