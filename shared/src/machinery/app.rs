//! What lives as long as the process: the store, the secret, the routes, the outside.

use std::path::PathBuf;
use std::sync::Arc;

use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::{Builder, Connector, tls};
use aws_smithy_runtime_api::client::http::SharedHttpConnector;

use crate::machinery::auth::Refused;
use crate::machinery::outside::Outside;
use crate::machinery::route::{Routes, Row};
use crate::machinery::secrets::{Reach, Secrets};
use crate::machinery::store::{Place, Store};

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
}

impl App {
    /// An app of these parts.
    pub fn new(store: Store, secrets: Arc<Secrets>, outside: Outside, rows: Vec<Row>) -> Self {
        Self { store, secrets, routes: Routes::new(rows), outside, refused: Arc::default() }
    }

    /// A Lambda function's app: everything from the environment that template.yaml and Lambda set.
    ///
    /// | variable | meaning |
    /// | --- | --- |
    /// | `TESSERA_TABLE` | the table's name |
    /// | `TESSERA_SECRET` | the secret's ARN, or `file:` and a path |
    /// | `AWS_REGION`, `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN` | set by Lambda |
    /// | `AWS_ENDPOINT_URL_DYNAMODB`, `AWS_ENDPOINT_URL_SECRETS_MANAGER` | other endpoints, for running locally |
    ///
    /// # Panics
    ///
    /// When a variable is missing: at start-up, where Lambda reports it as a failed initialisation.
    #[allow(clippy::disallowed_methods, clippy::panic, reason = "the one place where the environment is read")]
    pub fn from_environment(rows: Vec<Row>) -> Self {
        let optional = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let needed = |name: &str| optional(name).unwrap_or_else(|| panic!("{name} is not set"));
        let http = https_client();
        let credentials = (needed("AWS_ACCESS_KEY_ID"), needed("AWS_SECRET_ACCESS_KEY"), optional("AWS_SESSION_TOKEN"));
        let region = needed("AWS_REGION");
        let place = Place {
            table: needed("TESSERA_TABLE"),
            region: region.clone(),
            credentials: credentials.clone(),
            endpoint: optional("AWS_ENDPOINT_URL_DYNAMODB"),
            http: http.clone(),
        };
        let secret = needed("TESSERA_SECRET");
        let secrets = match secret.strip_prefix("file:") {
            Some(path) => Secrets::from_file(PathBuf::from(path)),
            None => {
                let reach = Reach { region, credentials, endpoint: optional("AWS_ENDPOINT_URL_SECRETS_MANAGER"), http };
                Secrets::from_manager(secret, reach)
            }
        };
        Self::new(Store::connect(&place), Arc::new(secrets), Outside::real(), rows)
    }
}

/// The HTTPS client of every AWS call: rustls on ring, one connection pool.
pub fn https_client() -> aws_smithy_runtime_api::client::http::SharedHttpClient {
    Builder::new().tls_provider(tls::Provider::Rustls(CryptoMode::Ring)).build_https()
}

/// The same for other systems than AWS: what imports read them with.
pub fn https_connector() -> SharedHttpConnector {
    SharedHttpConnector::new(Connector::builder().tls_provider(tls::Provider::Rustls(CryptoMode::Ring)).build())
}
