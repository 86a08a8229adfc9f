//! Where the data are: the embedded store in a folder or in memory, or a DynamoDB elsewhere.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use local::engine::Engine;
use shared::machinery::app::https_client;
use shared::machinery::outside::Outside;
use shared::machinery::secrets::{Reach, Secret, Secrets};
use shared::machinery::store::{Place, Store};
use shared::words::time::{Instant, Zone, parse_moment};

/// How the place is named on the command line.
#[derive(Args, Clone)]
pub(crate) struct PlaceArgs {
    /// Keep nothing: everything is forgotten at the end
    #[arg(long, global = true, conflicts_with_all = ["data", "endpoint"])]
    pub(crate) memory: bool,
    /// Folder the data and the signing keys are kept in
    #[arg(long, global = true, value_name = "DIR", default_value = ".tessera")]
    pub(crate) data: PathBuf,
    /// Use the DynamoDB at this address, with credentials and region from the environment
    #[arg(long, global = true, value_name = "URL")]
    pub(crate) endpoint: Option<String>,
    /// Name of the table
    #[arg(long, global = true, default_value = "tessera")]
    pub(crate) table: String,
    /// ARN of the secret in Secrets Manager; without it the keys are kept in the data folder
    #[arg(long, global = true, value_name = "ARN", requires = "endpoint")]
    pub(crate) secret: Option<String>,
    /// The sandbox instead of the live stage: its tenants, its keys, its clocks
    #[arg(long, global = true)]
    pub(crate) sandbox: bool,
    /// Fix the time, for example 2020-01-01T00:00:00Z
    #[arg(long, global = true, value_name = "INSTANT", value_parser = instant)]
    pub(crate) clock: Option<Instant>,
}

impl PlaceArgs {
    /// The folder of the stage's data and keys: the sandbox's lies within the live one's.
    fn folder(&self) -> PathBuf {
        if self.sandbox { self.data.join("sandbox") } else { self.data.clone() }
    }

    /// The other stage of this folder, where there is one: the sandbox's of the live one, and the live one's of the sandbox.
    pub(crate) fn other(&self) -> Option<Self> {
        let other = Self { sandbox: !self.sandbox, ..self.clone() };
        (self.is_embedded() && !self.memory && other.folder().join("tessera.db").exists()).then_some(other)
    }

    /// The place of the sandbox that is served beside this one.
    pub(crate) fn beside(&self) -> Self {
        let table = if self.endpoint.is_some() { format!("{}-sandbox", self.table) } else { self.table.clone() };
        Self { sandbox: true, table, secret: None, ..self.clone() }
    }

    /// Whether the store is the embedded one, which nobody else is on.
    pub(crate) fn is_embedded(&self) -> bool {
        self.endpoint.is_none()
    }
}

fn instant(text: &str) -> Result<Instant, String> {
    parse_moment(text, Zone::UTC).ok_or_else(|| "not an instant such as 2020-01-01T00:00:00Z".into())
}

/// What becomes of a table that is not there. The embedded engine's is always made.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Table {
    /// It is made.
    Made,
    /// It must be there: a mistyped name is no reason to make one.
    Existing,
}

/// The store, the secret, and the engine where it is the embedded one.
pub(crate) async fn open(
    place: &PlaceArgs,
    outside: &Outside,
    table: Table,
) -> Result<(Store, Arc<Secrets>, Option<Engine>), String> {
    let (at, secrets, engine) = match &place.endpoint {
        Some(endpoint) => {
            let (at, secrets) = elsewhere(place, endpoint, outside)?;
            (at, secrets, None)
        }
        None => {
            let engine = if place.memory { Engine::in_memory()? } else { Engine::at(&place.folder())? };
            let secrets = if place.memory {
                Secrets::fixed(Secret::generate(outside))
            } else {
                kept_secret(&place.folder(), outside)?
            };
            let at = Place {
                table: place.table.clone(),
                region: "local".into(),
                credentials: ("local".into(), "local".into(), None),
                endpoint: None,
                http: engine.http_client(),
            };
            (at, secrets, Some(engine))
        }
    };
    let store = Store::connect(&at);
    if engine.is_some() || table == Table::Made {
        let made = store.create_table(engine.is_none()).await;
        made.map_err(|e| e.logged.unwrap_or_else(|| "the table cannot be made".into()))?;
    }
    Ok((store, Arc::new(secrets), engine))
}

/// A DynamoDB that is not embedded.
#[allow(clippy::disallowed_methods, reason = "the operator's credentials, read once at start-up")]
fn elsewhere(place: &PlaceArgs, endpoint: &str, outside: &Outside) -> Result<(Place, Secrets), String> {
    let variable = |name: &str, otherwise: &str| std::env::var(name).unwrap_or_else(|_| otherwise.to_owned());
    let region = variable("AWS_REGION", "us-east-1");
    let credentials = (
        variable("AWS_ACCESS_KEY_ID", "local"),
        variable("AWS_SECRET_ACCESS_KEY", "local"),
        std::env::var("AWS_SESSION_TOKEN").ok(),
    );
    let http = https_client();
    let secrets = match &place.secret {
        None => kept_secret(&place.folder(), outside)?,
        Some(id) => {
            let reach =
                Reach { region: region.clone(), credentials: credentials.clone(), endpoint: None, http: http.clone() };
            Secrets::from_manager(id.clone(), reach)
        }
    };
    Ok((Place { table: place.table.clone(), region, credentials, endpoint: Some(endpoint.to_owned()), http }, secrets))
}

/// The signing keys of the data folder, made when there are none. Readable by their owner only.
fn kept_secret(folder: &Path, outside: &Outside) -> Result<Secrets, String> {
    let file = folder.join("secret.json");
    if !file.exists() {
        std::fs::create_dir_all(folder).map_err(|e| format!("{} cannot be made: {e}", folder.display()))?;
        let mut options = std::fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let written =
            options.open(&file).and_then(|mut opened| opened.write_all(Secret::generate(outside).to_json().as_bytes()));
        written.map_err(|e| format!("{} cannot be written: {e}", file.display()))?;
    }
    Ok(Secrets::from_file(file))
}
