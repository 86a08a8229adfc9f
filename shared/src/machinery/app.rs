//! What lives as long as the process: the store, the secret, the routes, the outside.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::{Builder, Connector, tls};
use aws_smithy_runtime_api::client::http::{SharedHttpClient, SharedHttpConnector};
use tokio::time::Instant;

use crate::machinery::auth::Refused;
use crate::machinery::outside::Outside;
use crate::machinery::route::{Routes, Row};
use crate::machinery::secrets::{Reach, Secrets};
use crate::machinery::store::{Place, Store};
use crate::machinery::turn::Pace;

/// How long a request is worked on: what a function may take (15 seconds, template.yaml), less what is needed behind it.
const PATIENCE: Duration = Duration::from_secs(12);

/// A function, or all of them.
pub struct App {
    /// The table.
    pub store: Store,
    /// The signing keys.
    pub secrets: Arc<Secrets>,
    /// The route table.
    pub routes: Routes,
    /// Clock and randomness.
    pub outside: Outside,
    /// Who was refused.
    pub refused: Arc<Refused>,
    /// How long a run takes.
    pub pace: Arc<Pace>,
    /// How long a request is worked on before it is answered that nobody knows, or that it may come again.
    pub patience: Duration,
    /// What `rpc.discover` answers: the OpenRPC document as JSON text, where there is one.
    pub discovery: Option<&'static str>,
}

impl App {
    /// An app of these parts.
    pub fn new(store: Store, secrets: Arc<Secrets>, outside: Outside, rows: Vec<Row>) -> Self {
        let (routes, refused, pace) = (Routes::new(rows), Arc::default(), Arc::default());
        Self { store, secrets, routes, outside, refused, pace, patience: PATIENCE, discovery: None }
    }

    /// The same where nobody waits for an answer within 15 seconds.
    pub fn patient(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    /// A handle on the table for one request, which has its time from now on.
    pub(crate) fn store_for_one_request(&self) -> Store {
        self.store.for_one_request().until(Instant::now() + self.patience)
    }

    /// The same with the document that `rpc.discover` answers.
    pub fn discovered_by(self, document: &'static str) -> Self {
        Self { discovery: Some(document), ..self }
    }

    /// A Lambda function's app: everything from the environment that template.yaml and Lambda set.
    ///
    /// | variable | meaning |
    /// | --- | --- |
    /// | `TESSERA_TABLE` | the table's name |
    /// | `TESSERA_SECRET` | the secret's ARN, or `file:` and a path |
    /// | `TESSERA_SANDBOX` | `yes` where the stage is a sandbox |
    /// | `TESSERA_LOOPBACK` | `allow` where webhooks may lead to this machine itself: on one machine only |
    /// | `AWS_REGION`, `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN` | set by Lambda |
    /// | `AWS_ENDPOINT_URL_DYNAMODB`, `AWS_ENDPOINT_URL_SECRETS_MANAGER` | other endpoints, for running locally |
    ///
    /// # Panics
    ///
    /// When a variable is missing: at start-up, where Lambda reports it as a failed initialisation.
    pub fn from_environment(rows: Vec<Row>) -> Self {
        Self::of(&Environment::of_process(), rows)
    }

    /// The same, of an environment that was read.
    ///
    /// # Panics
    ///
    /// When a variable is missing.
    pub fn of(environment: &Environment, rows: Vec<Row>) -> Self {
        let place = Place {
            table: environment.needed("TESSERA_TABLE"),
            region: environment.region(),
            credentials: environment.credentials(),
            endpoint: environment.optional("AWS_ENDPOINT_URL_DYNAMODB"),
            http: environment.http.clone(),
        };
        let secret = environment.needed("TESSERA_SECRET");
        let secrets = match secret.strip_prefix("file:") {
            Some(path) => Secrets::from_file(PathBuf::from(path)),
            None => {
                let reach = Reach {
                    region: environment.region(),
                    credentials: environment.credentials(),
                    endpoint: environment.optional("AWS_ENDPOINT_URL_SECRETS_MANAGER"),
                    http: environment.http.clone(),
                };
                Secrets::from_manager(secret, reach)
            }
        };
        let outside = Outside::real();
        let is = |name: &str, word: &str| environment.optional(name).is_some_and(|it| it == word);
        let outside = if is("TESSERA_LOOPBACK", "allow") { outside.reaching_itself() } else { outside };
        let outside = if is("TESSERA_SANDBOX", "yes") { outside.sandboxed() } else { outside };
        Self::new(Store::connect(&place), Arc::new(secrets), outside, rows)
    }
}

/// What a process is told by its environment.
pub struct Environment {
    /// The HTTPS client of all its AWS calls.
    pub http: SharedHttpClient,
}

#[allow(clippy::disallowed_methods, clippy::panic, reason = "the one place where the environment is read")]
impl Environment {
    /// This process's.
    pub fn of_process() -> Self {
        Self { http: https_client() }
    }

    /// A variable, where it is set and not empty.
    pub fn optional(&self, name: &str) -> Option<String> {
        std::env::var(name).ok().filter(|value| !value.is_empty())
    }

    /// A variable.
    ///
    /// # Panics
    ///
    /// When it is not set: at start-up, where Lambda reports it as a failed initialisation.
    pub fn needed(&self, name: &str) -> String {
        self.optional(name).unwrap_or_else(|| panic!("{name} is not set"))
    }

    /// The region.
    pub fn region(&self) -> String {
        self.needed("AWS_REGION")
    }

    /// Access key id, secret key and session token, as Lambda hands them over.
    pub fn credentials(&self) -> (String, String, Option<String>) {
        let optional = self.optional("AWS_SESSION_TOKEN");
        (self.needed("AWS_ACCESS_KEY_ID"), self.needed("AWS_SECRET_ACCESS_KEY"), optional)
    }
}

/// The HTTPS client of every AWS call: rustls on ring, one connection pool.
pub fn https_client() -> SharedHttpClient {
    Builder::new().tls_provider(tls::Provider::Rustls(CryptoMode::Ring)).build_https()
}

/// The same for other systems than AWS: what imports read them with.
pub fn https_connector() -> SharedHttpConnector {
    SharedHttpConnector::new(Connector::builder().tls_provider(tls::Provider::Rustls(CryptoMode::Ring)).build())
}
