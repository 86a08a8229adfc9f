//! Faults, injected where the network would be: between the SDK and the engine.
//!
//! No emulator raises real contention, throttles, or loses an answer; here each is raised from a seed, or at
//! a chosen call. The SDK's own retries see them as they would see AWS's.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpClient, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::result::ConnectorError;

use crate::engine::{Engine, respond};

/// What goes wrong with a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Nothing.
    None,
    /// The process dies before the call is made: it and all later ones fail, and nothing is retried.
    StopBefore,
    /// The process dies after the call took effect: its answer is lost, and all later calls fail.
    StopAfter,
    /// The call is throttled.
    Throttle,
    /// Another transaction holds one of the items. A read is throttled instead.
    Conflict,
    /// The call takes effect and its answer is lost; the SDK tries again.
    LoseAnswer,
}

/// Decides what goes wrong with the call of a number (from 0) and an operation (`GetItem`).
type Plan = Box<dyn FnMut(u64, &str) -> Fault + Send>;

/// An engine with faults.
#[derive(Clone)]
pub struct Faulty {
    engine: Engine,
    plan: Arc<Mutex<Plan>>,
    made: Arc<AtomicU64>,
    stopped: Arc<AtomicBool>,
}

impl std::fmt::Debug for Faulty {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Faulty")
    }
}

impl Faulty {
    /// An engine without faults so far.
    pub fn new(engine: Engine) -> Self {
        Self {
            engine,
            plan: Arc::new(Mutex::new(Box::new(|_, _| Fault::None))),
            made: Arc::default(),
            stopped: Arc::default(),
        }
    }

    /// Count the calls from 0 again, let the process live again, and plan what goes wrong.
    pub fn plan(&self, plan: impl FnMut(u64, &str) -> Fault + Send + 'static) {
        if let Ok(mut current) = self.plan.lock() {
            *current = Box::new(plan);
        }
        self.made.store(0, Ordering::SeqCst);
        self.stopped.store(false, Ordering::SeqCst);
    }

    /// How many calls were made since the last plan.
    pub fn made(&self) -> u64 {
        self.made.load(Ordering::SeqCst)
    }

    /// The SDK's HTTP client whose calls come through here.
    pub fn http_client(&self) -> SharedHttpClient {
        let connector = SharedHttpConnector::new(self.clone());
        http_client_fn(move |_, _| connector.clone())
    }

    fn fault(&self, operation: &str) -> Fault {
        let number = self.made.fetch_add(1, Ordering::SeqCst);
        if self.stopped.load(Ordering::SeqCst) {
            return Fault::StopBefore;
        }
        let fault = self.plan.lock().map_or(Fault::None, |mut plan| plan(number, operation));
        if matches!(fault, Fault::StopBefore | Fault::StopAfter) {
            self.stopped.store(true, Ordering::SeqCst);
        }
        fault
    }
}

impl HttpConnector for Faulty {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let target = request.headers().get("x-amz-target").unwrap_or_default();
        let operation = target.rsplit('.').next().unwrap_or_default().to_owned();
        let fault = self.fault(&operation);
        let transaction = operation == "TransactWriteItems";
        let engine = self.engine.clone();
        HttpConnectorFuture::new(async move {
            match fault {
                Fault::None => engine.call(request).await,
                Fault::StopBefore => dead(),
                Fault::StopAfter => {
                    engine.call(request).await?;
                    dead()
                }
                Fault::Conflict if transaction => {
                    let reasons = r#"[{"Code":"TransactionConflict","Message":"Transaction is ongoing for the item"}]"#;
                    let kind = "com.amazonaws.dynamodb.v20120810#TransactionCanceledException";
                    let body = format!(
                        r#"{{"__type":"{kind}","Message":"Transaction cancelled","CancellationReasons":{reasons}}}"#
                    );
                    respond(400, body)
                }
                Fault::Throttle | Fault::Conflict => {
                    let kind = "com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException";
                    respond(
                        400,
                        format!(
                            r#"{{"__type":"{kind}","message":"The level of configured provisioned throughput was exceeded"}}"#
                        ),
                    )
                }
                Fault::LoseAnswer => {
                    engine.call(request).await?;
                    Err(ConnectorError::io("the answer was lost".into()))
                }
            }
        })
    }
}

/// What a call of a dead process gets: an error that nobody retries.
fn dead() -> Result<aws_smithy_runtime_api::client::orchestrator::HttpResponse, ConnectorError> {
    respond(400, r#"{"__type":"com.tessera.test#ProcessStopped","message":"the process was stopped"}"#.into())
}
