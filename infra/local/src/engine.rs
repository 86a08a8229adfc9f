//! The embedded engine: a DynamoDB in this process, plugged into the SDK as its HTTP client.
//!
//! The SDK builds and signs the same requests, retries the same errors and parses the same answers as
//! against AWS; between the two there is a function call where there would be a socket. `serve_target` is
//! the whole of it, and `infra/local aws` offers the same over a socket, for functions in processes of
//! their own.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpClient, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use dynoxide::Database;
use dynoxide::errors::DynoxideError;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::stream::Stream;

/// The engine.
#[derive(Clone)]
pub struct Engine {
    db: Database,
    /// What is new in the table.
    pub stream: Arc<Stream>,
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Engine")
    }
}

impl Engine {
    /// An engine that forgets.
    ///
    /// # Errors
    ///
    /// What the engine says.
    pub fn in_memory() -> Result<Self, String> {
        Database::memory().map(Self::of).map_err(|e| e.to_string())
    }

    fn of(db: Database) -> Self {
        Self { db, stream: Arc::default() }
    }

    /// An engine that keeps its data in a file.
    ///
    /// # Errors
    ///
    /// When the folder cannot be made or the file cannot be opened.
    pub fn at(folder: &Path) -> Result<Self, String> {
        std::fs::create_dir_all(folder).map_err(|e| format!("{} cannot be made: {e}", folder.display()))?;
        let file = folder.join("tessera.db");
        Database::new(&file.to_string_lossy())
            .map(Self::of)
            .map_err(|e| format!("{} cannot be opened: {e}", file.display()))
    }

    /// Put many items at once, past every condition: for tests that need a large table.
    ///
    /// # Errors
    ///
    /// What the engine says.
    pub fn import(&self, table: &str, items: Vec<Value>) -> Result<usize, String> {
        let items =
            items.into_iter().map(serde_json::from_value).collect::<Result<_, _>>().map_err(|e| e.to_string())?;
        let imported = self.db.import_items(table, items, dynoxide::ImportOptions::default());
        imported.map(|imported| imported.items_imported).map_err(|e| e.to_string())
    }

    /// Forget what has expired, as DynamoDB does by itself; how many items.
    pub fn sweep(&self) -> usize {
        self.db.sweep_ttl().unwrap_or(0)
    }

    /// Every item, for those who look into the data.
    ///
    /// # Errors
    ///
    /// What the engine says.
    pub fn items(&self, table: &str) -> Result<Vec<Value>, String> {
        let (mut items, mut start) = (Vec::new(), Value::Null);
        loop {
            let mut ask = json!({"TableName": table});
            if !start.is_null() {
                ask["ExclusiveStartKey"] = start;
            }
            let ask = serde_json::from_value(ask).map_err(|e| e.to_string())?;
            let answer = self.db.scan(ask).map_err(|e| e.to_string())?;
            let mut answer = serde_json::to_value(&answer).map_err(|e| e.to_string())?;
            if let Value::Array(page) = answer["Items"].take() {
                items.extend(page);
            }
            start = answer["LastEvaluatedKey"].take();
            if start.is_null() {
                return Ok(items);
            }
        }
    }

    /// The SDK's HTTP client whose calls end in this engine.
    pub fn http_client(&self) -> SharedHttpClient {
        let connector = SharedHttpConnector::new(self.clone());
        http_client_fn(move |_, _| connector.clone())
    }

    /// One call: the target (`DynamoDB_20120810.GetItem`) and the JSON body; the status and the JSON answer.
    pub fn serve_target(&self, target: &str, body: &[u8]) -> (u16, String) {
        let operation = target.rsplit('.').next().unwrap_or_default();
        let run = || self.run(operation, body);
        let done = if operation == "TransactWriteItems" { self.stream.along(body, run) } else { run() };
        match done {
            Ok(answer) => (200, answer),
            Err(refused) => (refused.status_code(), refused.to_json()),
        }
    }

    fn run(&self, operation: &str, body: &[u8]) -> Result<String, DynoxideError> {
        let db = &self.db;
        match operation {
            "GetItem" => call(body, |request| db.get_item(request)),
            "BatchGetItem" => call(body, |request| db.batch_get_item(request)),
            "Query" => call(body, |request| db.query(request)),
            "UpdateItem" => call(body, |request| db.update_item(request)),
            "TransactWriteItems" => call(body, |request| db.transact_write_items(request)),
            "CreateTable" => call(body, |request| db.create_table(request)),
            "UpdateTimeToLive" => call(body, |request| db.update_time_to_live(request)),
            "DescribeTable" => call(body, |request| db.describe_table(request)),
            // For those who look into the data; nothing that serves a request calls it.
            "Scan" => call(body, |request| db.scan(request)),
            _ => Err(DynoxideError::ValidationException(format!("{operation} is not called by Tessera"))),
        }
    }
}

fn call<I: DeserializeOwned, O: Serialize>(
    body: &[u8],
    run: impl FnOnce(I) -> Result<O, DynoxideError>,
) -> Result<String, DynoxideError> {
    let wrong = |e: serde_json::Error| DynoxideError::ValidationException(e.to_string());
    let answer = run(serde_json::from_slice(body).map_err(wrong)?)?;
    serde_json::to_string(&answer).map_err(wrong)
}

impl HttpConnector for Engine {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let engine = self.clone();
        HttpConnectorFuture::new(async move {
            // The engine waits for its disk, so it has a thread of its own.
            let served = tokio::task::spawn_blocking(move || {
                let target = request.headers().get("x-amz-target").unwrap_or_default();
                engine.serve_target(target, request.body().bytes().unwrap_or_default())
            });
            let (status, answer) = served.await.map_err(|e| ConnectorError::other(e.into(), None))?;
            respond(status, answer)
        })
    }
}

/// An answer as the SDK wants it.
///
/// # Errors
///
/// When the status is none.
pub fn respond(status: u16, body: String) -> Result<HttpResponse, ConnectorError> {
    let status = status
        .try_into()
        .map_err(|e: aws_smithy_runtime_api::http::HttpError| ConnectorError::other(e.into(), None))?;
    let mut response = HttpResponse::new(status, SdkBody::from(body));
    response.headers_mut().insert("content-type", "application/x-amz-json-1.0");
    Ok(response)
}
