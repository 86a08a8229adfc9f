//! Faults, injected where the network would be: between the SDK and the engine.
//!
//! No emulator raises real contention, throttles, loses an answer, or commits after its caller has gone; here each is
//! raised from a seed, or at a chosen call. The SDK's own retries see them as they would see AWS's.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpClient, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use serde_json::json;

use crate::engine::{Engine, respond};
use crate::underway::{Meets, Underway};

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
    /// The call takes effect, and the answer is that it was throttled.
    ThrottleAfter,
    /// Another transaction holds one of the items. A read is throttled instead.
    Conflict,
    /// The connection is lost before the call takes effect.
    LoseCall,
    /// The call takes effect and its answer is lost.
    LoseAnswer,
    /// The call has no effect, and the answer is that the store failed.
    Fail,
    /// The call takes effect, and the answer is that the store failed.
    FailAfter,
    /// No answer ever comes, and the call has no effect.
    Silence,
    /// The connection is lost while the transaction is in progress; so many further transactions are told or served
    /// before it takes effect. Any other call is lost.
    Underway(u32),
    /// The connection is lost and the transaction arrives late, when so many further ones were served. Any other call is
    /// lost.
    Straggling(u32),
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
    underway: Arc<Mutex<Underway>>,
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
            underway: Arc::default(),
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

    /// Let every transaction that is still under way have its effect now. How many that were.
    pub fn land_all(&self) -> usize {
        self.underway.lock().map_or(0, |mut underway| underway.land_all(&self.engine))
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

    /// What a call with this fault does to the table, and what of the transactions under way it meets.
    async fn served(&self, fault: Fault, request: HttpRequest) -> Result<HttpResponse, ConnectorError> {
        let target = request.headers().get("x-amz-target").unwrap_or_default().to_owned();
        let transaction = target.ends_with(".TransactWriteItems");
        let body = request.body().bytes().unwrap_or_default().to_vec();
        if transaction {
            let meets = self.underway.lock().map_or(Meets::Nothing, |mut all| all.before(&self.engine, &body));
            match meets {
                Meets::Nothing => {}
                Meets::Itself => return in_progress(),
                Meets::Another => return conflict(),
            }
        }
        match fault {
            Fault::Underway(left) | Fault::Straggling(left) => {
                let arrived = matches!(fault, Fault::Underway(_));
                if let (true, Ok(mut underway)) = (transaction, self.underway.lock()) {
                    underway.add(&target, &body, left, arrived);
                }
                lost()
            }
            _ => self.engine.call(request).await,
        }
    }
}

impl HttpConnector for Faulty {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let target = request.headers().get("x-amz-target").unwrap_or_default();
        let operation = target.rsplit('.').next().unwrap_or_default().to_owned();
        let fault = self.fault(&operation);
        let transaction = operation == "TransactWriteItems";
        let this = self.clone();
        HttpConnectorFuture::new(async move {
            match fault {
                Fault::None | Fault::Underway(_) | Fault::Straggling(_) => this.served(fault, request).await,
                Fault::StopBefore => dead(),
                Fault::LoseCall => lost(),
                Fault::Fail => failed(),
                Fault::Silence => std::future::pending().await,
                Fault::Conflict if transaction => conflict(),
                Fault::Throttle | Fault::Conflict => throttled(),
                Fault::StopAfter => this.served(fault, request).await.and_then(|_| dead()),
                Fault::LoseAnswer => this.served(fault, request).await.and_then(|_| lost()),
                Fault::ThrottleAfter => this.served(fault, request).await.and_then(|_| throttled()),
                Fault::FailAfter => this.served(fault, request).await.and_then(|_| failed()),
            }
        })
    }
}

fn refused(status: u16, kind: &str, message: &str) -> Result<HttpResponse, ConnectorError> {
    let kind = format!("com.amazonaws.dynamodb.v20120810#{kind}");
    respond(status, json!({"__type": kind, "message": message}).to_string())
}

fn conflict() -> Result<HttpResponse, ConnectorError> {
    let reasons = json!([{"Code": "TransactionConflict", "Message": "Transaction is ongoing for the item"}]);
    let kind = "com.amazonaws.dynamodb.v20120810#TransactionCanceledException";
    let body = json!({"__type": kind, "Message": "Transaction cancelled", "CancellationReasons": reasons});
    respond(400, body.to_string())
}

fn throttled() -> Result<HttpResponse, ConnectorError> {
    refused(
        400,
        "ProvisionedThroughputExceededException",
        "The level of configured provisioned throughput was exceeded",
    )
}

fn in_progress() -> Result<HttpResponse, ConnectorError> {
    refused(
        400,
        "TransactionInProgressException",
        "The transaction with the given request token is already in progress.",
    )
}

fn failed() -> Result<HttpResponse, ConnectorError> {
    refused(500, "InternalServerError", "The request processing has failed")
}

fn lost() -> Result<HttpResponse, ConnectorError> {
    Err(ConnectorError::io("the connection was lost".into()))
}

/// What a call of a dead process gets: an error that nobody retries.
fn dead() -> Result<HttpResponse, ConnectorError> {
    respond(400, r#"{"__type":"com.tessera.test#ProcessStopped","message":"the process was stopped"}"#.into())
}
