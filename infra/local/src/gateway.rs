//! API Gateway on one machine.
//!
//! For each HTTP request: find the route in template.yaml, call the authorizer, apply the usage plan that
//! its key belongs to, build the very event that API Gateway would send, and hand it to the function's own
//! handler in this process. What the function returns is the response event, read back into HTTP.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{Request, Response};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use shared::machinery::app::App;
use shared::machinery::body::pairs;
use shared::machinery::gateway::{PATIENCE_OF_AUTHORIZER, authorize, invoke, invoke_requests};
use shared::machinery::outside::Outside;
use shared::machinery::secrets::Secrets;
use shared::machinery::store::Store;
use tokio::net::TcpListener;

use crate::plan::{Meters, Verdict};
use crate::template::{GatewayResponse, Template};

/// API Gateway's own limit, in bytes; the functions' is lower, and they say so in their dialect.
const LARGEST_REQUEST: usize = 10 * 1024 * 1024;

/// The function that has no rows, and no store.
const PAGES: &str = "pages";

/// The host of a sandbox begins with this.
const SANDBOX_HOST: &str = "sandbox.";

/// The functions of a stage, and what was used up of its plans.
struct Stage {
    name: &'static str,
    functions: BTreeMap<&'static str, App>,
    authorizer: App,
    meters: Meters,
}

/// The whole bundle.
pub struct Gateway {
    template: Template,
    live: Stage,
    sandbox: Option<Stage>,
    /// Usage plans follow the machine's clock, also when the API's is fixed.
    outside: Outside,
}

impl Stage {
    fn new(name: &'static str, store: &Store, secrets: &Arc<Secrets>, outside: &Outside) -> Self {
        let app = |rows| App::new(store.clone(), Arc::clone(secrets), outside.clone(), rows);
        let functions = BTreeMap::from([
            ("rpc", app(rpc::rows()).discovered_by(rpc::DOCUMENT)),
            ("auth", app(auth::rows())),
            ("customers", app(customers::rows())),
            ("currencies", app(currencies::rows())),
            ("catalog", app(catalog::rows())),
            ("invoices", app(invoices::rows())),
            ("quotes", app(quotes::rows())),
            ("orders", app(orders::rows())),
            ("transactions", app(transactions::rows())),
            ("reports", app(reports::rows())),
            ("support", app(support::rows())),
            ("users", app(users::rows())),
            ("webhooks", app(webhooks::rows())),
            ("printing", app(printing::rows())),
        ]);
        Self { name, functions, authorizer: app(Vec::new()).patient(PATIENCE_OF_AUTHORIZER), meters: Meters::default() }
    }
}

impl Gateway {
    /// Every function on one store.
    pub fn new(template: Template, store: &Store, secrets: &Arc<Secrets>, outside: &Outside) -> Self {
        let live = Stage::new("live", store, secrets, outside);
        Self { template, live, sandbox: None, outside: Outside::real() }
    }

    /// The same with a sandbox on a store of its own, for the hosts that begin with `sandbox.`.
    pub fn with_sandbox(self, store: &Store, secrets: &Arc<Secrets>, outside: &Outside) -> Self {
        Self { sandbox: Some(Stage::new("sandbox", store, secrets, outside)), ..self }
    }

    /// Serve until the task is dropped.
    ///
    /// # Errors
    ///
    /// When connections can no longer be accepted.
    pub async fn serve(self: Arc<Self>, listener: TcpListener) -> std::io::Result<()> {
        loop {
            let (stream, peer) = listener.accept().await?;
            let gateway = Arc::clone(&self);
            tokio::spawn(async move {
                let service = service_fn(move |request| {
                    let gateway = Arc::clone(&gateway);
                    async move { Ok::<_, Infallible>(gateway.answer(request, peer).await) }
                });
                // A client that hangs up is no concern of ours.
                let _ =
                    hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
            });
        }
    }

    /// The stage that a request's host leads to.
    fn stage(&self, head: &http::request::Parts) -> Option<&Stage> {
        let host = head.headers.get("host").map(|host| String::from_utf8_lossy(host.as_bytes()).to_ascii_lowercase());
        if host.is_some_and(|host| host.starts_with(SANDBOX_HOST)) { self.sandbox.as_ref() } else { Some(&self.live) }
    }

    async fn answer(&self, request: Request<Incoming>, peer: SocketAddr) -> Response<Full<Bytes>> {
        let (head, body) = request.into_parts();
        let body = match Limited::new(body, LARGEST_REQUEST).collect().await {
            Ok(body) => body.to_bytes(),
            // API Gateway's own words, which cannot be changed.
            Err(_) => return plain(413, r#"{"message":"Request Too Long"}"#),
        };
        let Some(stage) = self.stage(&head) else {
            // What API Gateway says at a domain that leads nowhere.
            return plain(403, r#"{"message":"Forbidden"}"#);
        };
        let event = self.describe(&head, &body, peer, stage.name);
        let Some((_, binary, _)) = self.template.route(head.uri.path()) else {
            return own(&self.template.response("MISSING_AUTHENTICATION_TOKEN"));
        };
        let function = stage.functions.get(binary);
        if function.is_none() && binary != PAGES {
            return plain(500, r#"{"message":"the template names a function that is not linked here"}"#);
        }
        let event = match self.admitted(stage, event).await {
            Ok(event) => event.to_string(),
            Err(response) => return response,
        };
        let invoked = match function {
            Some(app) => invoke(app, &event).await,
            None => invoke_requests(pages::answer, &event).await,
        };
        match invoked {
            Ok(answer) => respond(&answer),
            Err(why) => {
                tracing::error!(%why, "the event was not understood");
                plain(502, r#"{"message":"Internal server error"}"#)
            }
        }
    }

    /// The event with what the authorizer says of it, or the refusal of the usage plan.
    async fn admitted(&self, stage: &Stage, mut event: Value) -> Result<Value, Response<Full<Bytes>>> {
        let said = authorize(&stage.authorizer, &event)
            .await
            .map_err(|_| own(&self.template.response("AUTHORIZER_FAILURE")))?;
        let stranger = said["principalId"] == "-";
        let plan = if stranger { self.template.anonymous_plan } else { self.template.tenant_plan };
        let key = said["usageIdentifierKey"].as_str().unwrap_or_default();
        match stage.meters.admit(key, plan, self.outside.exactly_now()) {
            Verdict::Admitted => {}
            Verdict::Throttled => return Err(own(&self.template.response("THROTTLED"))),
            Verdict::QuotaExceeded => return Err(own(&self.template.response("QUOTA_EXCEEDED"))),
        }
        let mut context = said["context"].clone();
        context["principalId"] = said["principalId"].clone();
        event["requestContext"]["authorizer"] = context;
        Ok(event)
    }

    /// The REST proxy event of a request.
    fn describe(&self, head: &http::request::Parts, body: &Bytes, peer: SocketAddr, stage: &str) -> Value {
        let path = head.uri.path();
        let (resource, proxy) =
            self.template.route(path).map_or((path, None), |(resource, _, proxy)| (resource, proxy));
        let mut headers: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (name, value) in &head.headers {
            headers
                .entry(name.as_str().to_owned())
                .or_default()
                .push(String::from_utf8_lossy(value.as_bytes()).into_owned());
        }
        // What a load balancer's name would be; a host that is none would not have led here.
        let host = headers.get("host").and_then(|hosts| hosts.first()).filter(|host| is_host(host)).cloned();
        headers.insert("host".into(), vec![host.unwrap_or_else(|| "localhost".into())]);
        headers.insert("x-forwarded-proto".into(), vec!["http".into()]);
        headers.insert("x-forwarded-for".into(), vec![peer.ip().to_string()]);
        let mut query: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (name, value) in pairs(head.uri.query().unwrap_or_default()) {
            query.entry(name).or_default().push(value);
        }
        let last = |many: &BTreeMap<String, Vec<String>>| -> Value {
            many.iter()
                .map(|(name, values)| (name.clone(), json!(values.last())))
                .collect::<serde_json::Map<_, _>>()
                .into()
        };
        let or_null = |value: Value, empty: bool| if empty { Value::Null } else { value };
        let (text, encoded) = match std::str::from_utf8(body) {
            _ if body.is_empty() => (Value::Null, false),
            Ok(text) if !self.template.is_binary => (text.into(), false),
            // Without binary media types API Gateway would replace what is no UTF-8.
            _ => (STANDARD.encode(body).into(), true),
        };
        let now = self.outside.now();
        let verb = head.method.as_str();
        json!({
            "type": "REQUEST",
            "methodArn": format!("arn:aws:execute-api:local:000000000000:local/{stage}/{verb}{path}"),
            "resource": resource,
            "path": path,
            "httpMethod": verb,
            "headers": last(&headers),
            "multiValueHeaders": headers,
            "queryStringParameters": or_null(last(&query), query.is_empty()),
            "multiValueQueryStringParameters": or_null(json!(query), query.is_empty()),
            "pathParameters": proxy.map_or(Value::Null, |proxy| json!({"proxy": proxy})),
            "stageVariables": null,
            "requestContext": {
                "accountId": "000000000000",
                "apiId": "local",
                "authorizer": {},
                "domainName": "localhost",
                "httpMethod": verb,
                "identity": {"sourceIp": peer.ip().to_string(), "userAgent": headers.get("user-agent").and_then(|agents| agents.first())},
                "path": path, // as on a domain of one's own, without the stage
                "protocol": "HTTP/1.1",
                "requestId": self.outside.fresh_id(),
                "requestTime": now.format("%d/%b/%Y:%H:%M:%S +0000").to_string(),
                "requestTimeEpoch": now.timestamp_millis(),
                "resourceId": "local",
                "resourcePath": resource,
                "stage": stage,
            },
            "body": text,
            "isBase64Encoded": encoded,
        })
    }
}

fn is_host(host: &str) -> bool {
    let letter = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':' | '[' | ']');
    !host.is_empty() && host.len() <= 255 && host.chars().all(letter) && http::uri::Authority::try_from(host).is_ok()
}

fn own(response: &GatewayResponse) -> Response<Full<Bytes>> {
    let mut built = Response::builder().status(response.status).header("content-type", "application/json");
    for (name, value) in &response.headers {
        built = built.header(name, value);
    }
    built.body(Full::from(response.body.clone())).unwrap_or_default()
}

fn plain(status: u16, body: &str) -> Response<Full<Bytes>> {
    own(&GatewayResponse { status, headers: Vec::new(), body: body.to_owned() })
}

/// A response event as HTTP.
fn respond(event: &str) -> Response<Full<Bytes>> {
    let Ok(event) = serde_json::from_str::<Value>(event) else {
        return plain(502, r#"{"message":"Internal server error"}"#);
    };
    let status = event["statusCode"].as_u64().and_then(|status| u16::try_from(status).ok()).unwrap_or(502);
    let mut built = Response::builder().status(status);
    for (name, values) in event["multiValueHeaders"].as_object().into_iter().flatten() {
        for value in values.as_array().into_iter().flatten().filter_map(Value::as_str) {
            built = built.header(name, value);
        }
    }
    let text = event["body"].as_str().unwrap_or_default();
    let body = if event["isBase64Encoded"] == true {
        STANDARD.decode(text).unwrap_or_default()
    } else {
        text.as_bytes().to_vec()
    };
    built.body(Full::from(body)).unwrap_or_default()
}
