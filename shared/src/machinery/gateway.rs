//! From API Gateway's events to the spine and back. The only file that names lambda_http.

use std::time::Duration;

use lambda_http::request::LambdaRequest;
use lambda_http::request::RequestContext;
use lambda_http::{Adapter, Body, Context, Request as Event, RequestExt, Service, service_fn};
use lambda_runtime::LambdaEvent;
use serde_json::{Value, json};

use crate::machinery::app::App;
use crate::machinery::operation::Working;
use crate::machinery::request::{Request, Response};
use crate::machinery::route::Row;
use crate::words::error::{Error, Told};

/// How long one request of a function that answers events is worked on: it has minutes, and nobody waits.
const PATIENCE_OF_EVENTS: Duration = Duration::from_secs(60);

/// How long the authorizer asks its store: the function behind it has a whole request's time, and the client waits for
/// both.
pub const PATIENCE_OF_AUTHORIZER: Duration = Duration::from_secs(5);

/// A function's whole `main`: serve these rows until Lambda ends the process.
pub async fn serve(rows: Vec<Row>) -> Result<(), lambda_http::Error> {
    serve_with(|| App::from_environment(rows)).await
}

/// The same with an app of one's own.
pub async fn serve_with(make: impl FnOnce() -> App) -> Result<(), lambda_http::Error> {
    lambda_http::tracing::init_default_subscriber();
    let app = make();
    let app = &app;
    lambda_http::run(service_fn(move |event: Event| async move {
        Ok::<_, std::convert::Infallible>(respond(app, event).await)
    }))
    .await
}

/// The authorizer's whole `main`.
pub async fn serve_authorizer() -> Result<(), lambda_runtime::Error> {
    lambda_http::tracing::init_default_subscriber();
    let app = App::from_environment(Vec::new()).patient(PATIENCE_OF_AUTHORIZER);
    let app = &app;
    lambda_runtime::run(lambda_runtime::service_fn(move |event: LambdaEvent<Value>| async move {
        authorize(app, &event.payload).await
    }))
    .await
}

/// What answers an event that is no API request.
pub type AnswerEvent = for<'a> fn(&'a App, &'a Value) -> Working<'a, Value>;

/// A function that answers events that are no API requests, and needs more than an app to do so.
pub trait Answers {
    /// The answer to an event.
    fn answer<'a>(&'a self, event: &'a Value) -> Working<'a, Value>;
}

/// The whole `main` of such a function.
pub async fn serve_answers(make: impl FnOnce() -> Box<dyn Answers>) -> Result<(), lambda_runtime::Error> {
    lambda_http::tracing::init_default_subscriber();
    let service = make();
    let service = &*service;
    lambda_runtime::run(lambda_runtime::service_fn(move |event: LambdaEvent<Value>| async move {
        service.answer(&event.payload).await.map_err(unanswered)
    }))
    .await
}

fn unanswered(error: Error) -> lambda_runtime::Error {
    tracing::error!(trouble = error.logged, told = ?error.told, "the event was not answered");
    lambda_runtime::Error::from("the event was not answered")
}

/// The whole `main` of a function that is invoked directly or by a schedule.
pub async fn serve_events(answer: AnswerEvent) -> Result<(), lambda_runtime::Error> {
    serve_events_with(Vec::new(), answer).await
}

/// The same for one that sends itself requests for these rows.
pub async fn serve_events_with(rows: Vec<Row>, answer: AnswerEvent) -> Result<(), lambda_runtime::Error> {
    lambda_http::tracing::init_default_subscriber();
    let app = App::from_environment(rows).patient(PATIENCE_OF_EVENTS);
    let app = &app;
    lambda_runtime::run(lambda_runtime::service_fn(move |event: LambdaEvent<Value>| async move {
        answer(app, &event.payload).await.map_err(unanswered)
    }))
    .await
}

/// What answers an API request that is none of the spine's.
pub type AnswerRequest = fn(&Request) -> Response;

/// The whole `main` of a function that answers requests by itself: it has no rows, and knows neither store nor secret.
pub async fn serve_requests(answer: AnswerRequest) -> Result<(), lambda_http::Error> {
    lambda_http::tracing::init_default_subscriber();
    lambda_http::run(service_fn(move |event: Event| async move {
        Ok::<_, std::convert::Infallible>(response_of(answer(&request_of(&event))))
    }))
    .await
}

/// One event, as JSON, through the spine and back: what Lambda does with a function, without Lambda.
pub async fn invoke(app: &App, event: &str) -> Result<String, serde_json::Error> {
    through(event, |event| respond(app, event)).await
}

/// The same for a function that answers requests by itself.
pub async fn invoke_requests(answer: AnswerRequest, event: &str) -> Result<String, serde_json::Error> {
    through(event, |event| std::future::ready(response_of(answer(&request_of(&event))))).await
}

async fn through<F>(event: &str, respond: impl Fn(Event) -> F + Sync) -> Result<String, serde_json::Error>
where
    F: Future<Output = lambda_http::Response<Body>> + Send,
{
    let event: LambdaRequest = serde_json::from_str(event)?;
    let respond = &respond;
    let service =
        service_fn(move |event: Event| async move { Ok::<_, std::convert::Infallible>(respond(event).await) });
    let Ok(response) = Adapter::from(service).call(LambdaEvent::new(event, Context::default())).await;
    serde_json::to_string(&response)
}

async fn respond(app: &App, event: Event) -> lambda_http::Response<Body> {
    let request = request_of(&event);
    response_of(app.handle(&request).await)
}

fn request_of(event: &Event) -> Request {
    let context = event.request_context_ref();
    let (address, id) = match context {
        Some(RequestContext::ApiGatewayV1(context)) => (context.identity.source_ip.clone(), context.request_id.clone()),
        Some(RequestContext::ApiGatewayV2(context)) => (context.http.source_ip.clone(), context.request_id.clone()),
        _ => (None, None),
    };
    // On the API's own host it begins with the stage, on a domain of one's own with its base path.
    let shown_path = match context {
        Some(RequestContext::ApiGatewayV1(context)) => context.path.clone(),
        _ => None,
    };
    let authorized = context.and_then(RequestContext::authorizer).map(|authorizer| {
        let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        authorizer.fields.iter().map(|(name, value)| (name.clone(), text(value))).collect()
    });
    let query = event
        .query_string_parameters_ref()
        .map(|query| query.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect());
    let headers = event
        .headers()
        .iter()
        .map(|(name, value)| (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned()));
    let headers: Vec<(String, String)> = headers.collect();
    let body = match event.body() {
        Body::Text(text) => text.clone().into_bytes(),
        Body::Binary(bytes) => bytes.clone(),
        _ => Vec::new(),
    };
    Request {
        verb: event.method().as_str().to_ascii_uppercase(),
        path: event.raw_http_path().to_owned(),
        shown_path,
        query: query.unwrap_or_default(),
        headers,
        body,
        address: address.unwrap_or_default(),
        id: id.unwrap_or_default(),
        authorized: authorized.unwrap_or_default(),
    }
}

fn response_of(response: Response) -> lambda_http::Response<Body> {
    let mut built = lambda_http::Response::builder().status(response.status);
    for (name, value) in &response.headers {
        built = built.header(name, value);
    }
    let body = String::from_utf8(response.body).map_or_else(|e| Body::Binary(e.into_bytes()), Body::Text);
    // Every header is our own and well-formed; a builder that says otherwise is answered without them.
    built.body(body).unwrap_or_else(|_| lambda_http::Response::new(Body::Empty))
}

/// The authorizer: who sent the request that API Gateway describes, as an IAM policy with context.
///
/// It always allows: a stranger is answered by the function, in its dialect's words, from the context. The
/// key it returns decides which usage plan throttles the request; strangers share one, with a plan of their
/// own. Where the store does not answer in time it says nothing: then the function asks it once more, and answers in its
/// dialect's words. Only when it cannot even read the secret does it fail, which API Gateway answers 500.
pub async fn authorize(app: &App, event: &Value) -> Result<Value, lambda_runtime::Error> {
    let failed = |error: Error| {
        tracing::error!(trouble = error.logged, "authorizer failed");
        lambda_runtime::Error::from("the authorizer could not reach its store")
    };
    let secret = app.secrets.get(app.outside.now()).await.map_err(failed)?;
    let standing = match app.authorize(&request_of_authorizer(event), &secret).await {
        Ok(standing) => Some(standing),
        Err(error) if error.told == Told::Unavailable => None,
        Err(error) => return Err(failed(error)),
    };
    let tenant = standing.as_ref().map_or("-", |standing| standing.tenant.as_str());
    let mut context = json!({"tenant": tenant});
    if let Some(standing) = &standing {
        let text = serde_json::to_string(standing).map_err(|e| lambda_runtime::Error::from(e.to_string()))?;
        context["standing"] = text.into();
    }
    // The policy covers the whole stage: API Gateway may keep it for other methods of the same caller.
    let arn = event["methodArn"].as_str().unwrap_or("*");
    let stage = arn.splitn(3, '/').take(2).collect::<Vec<_>>().join("/");
    Ok(json!({
        "principalId": tenant,
        "policyDocument": {
            "Version": "2012-10-17",
            "Statement": [{"Action": "execute-api:Invoke", "Effect": "Allow", "Resource": format!("{stage}/*")}],
        },
        "context": context,
        "usageIdentifierKey": secret.usage_key(tenant),
    }))
}

fn request_of_authorizer(event: &Value) -> Request {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let lists = |many: &str, one: &str| -> Vec<(String, String)> {
        let pairs = |name: &String, value: &Value| -> Vec<(String, String)> {
            let values = value.as_array().cloned().unwrap_or_else(|| vec![value.clone()]);
            values.iter().filter_map(text).map(|value| (name.clone(), value)).collect()
        };
        let map = event[many].as_object().filter(|map| !map.is_empty()).or_else(|| event[one].as_object());
        map.into_iter().flatten().flat_map(|(name, value)| pairs(name, value)).collect()
    };
    let headers =
        lists("multiValueHeaders", "headers").into_iter().map(|(name, value)| (name.to_ascii_lowercase(), value));
    Request {
        verb: text(&event["httpMethod"]).unwrap_or_default(),
        path: text(&event["path"]).unwrap_or_default(),
        shown_path: None,
        query: lists("multiValueQueryStringParameters", "queryStringParameters"),
        headers: headers.collect(),
        body: Vec::new(),
        address: text(&event["requestContext"]["identity"]["sourceIp"]).unwrap_or_default(),
        id: text(&event["requestContext"]["requestId"]).unwrap_or_default(),
        authorized: std::collections::BTreeMap::new(),
    }
}
