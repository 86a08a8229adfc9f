//! The embedded engine over a socket, in AWS's protocol: DynamoDB, and Secrets Manager's one call.
//!
//! For functions that run in processes of their own, under `cargo lambda watch`: they are the very
//! functions of the cloud, with `AWS_ENDPOINT_URL_DYNAMODB` and `AWS_ENDPOINT_URL_SECRETS_MANAGER` set.

use std::convert::Infallible;
use std::sync::Arc;

use http::{Request, Response};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::json;
use shared::machinery::secrets::Secret;
use tokio::net::TcpListener;

use crate::engine::Engine;

/// DynamoDB's own limit, in bytes.
const LARGEST_REQUEST: usize = 16 * 1024 * 1024;

/// Serve until the task is dropped.
///
/// # Errors
///
/// When connections can no longer be accepted.
pub async fn serve(engine: Engine, secret: Secret, listener: TcpListener) -> std::io::Result<()> {
    let secret = Arc::new(secret.to_json());
    loop {
        let (stream, _) = listener.accept().await?;
        let (engine, secret) = (engine.clone(), Arc::clone(&secret));
        tokio::spawn(async move {
            let service = service_fn(move |request| {
                let (engine, secret) = (engine.clone(), Arc::clone(&secret));
                async move { Ok::<_, Infallible>(answer(engine, &secret, request).await) }
            });
            // A client that hangs up is no concern of ours.
            let _ = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

async fn answer(engine: Engine, secret: &str, request: Request<Incoming>) -> Response<Full<Bytes>> {
    let target =
        request.headers().get("x-amz-target").and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    let body = match Limited::new(request.into_body(), LARGEST_REQUEST).collect().await {
        Ok(body) => body.to_bytes(),
        Err(_) => return respond(413, "{}".into()),
    };
    if target == "secretsmanager.GetSecretValue" {
        return respond(200, json!({"Name": "tessera", "VersionId": "local", "SecretString": secret}).to_string());
    }
    let served = tokio::task::spawn_blocking(move || engine.serve_target(&target, &body)).await;
    let (status, answer) = served.unwrap_or_else(|_| (500, r#"{"__type":"InternalServerError"}"#.into()));
    respond(status, answer)
}

fn respond(status: u16, body: String) -> Response<Full<Bytes>> {
    let built = Response::builder().status(status).header("content-type", "application/x-amz-json-1.0");
    built.body(Full::from(body)).unwrap_or_default()
}
