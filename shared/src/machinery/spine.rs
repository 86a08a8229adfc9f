//! The spine: everything that happens around an operation, once.
//!
//! Find the route → limit the body → credential → caller → rate limit → ability → read → run → render →
//! commit changes, events, audit entry and idempotency record in one transaction → envelope, headers, one
//! log line. The answer is rendered before the commit, so the record holds it byte for byte; on contention
//! the operation runs again, since nothing has happened yet (`perform`, `effect`). A crash has one place: between
//! nothing and everything.

use std::sync::Arc;

use serde_json::Value;

use crate::machinery::answer::{Rendered, Settled};
use crate::machinery::app::App;
use crate::machinery::arrival;
use crate::machinery::auth::{Desk, Standing, authenticate, nobody};
use crate::machinery::body;
use crate::machinery::caller::Caller;
use crate::machinery::dialect::{Dialect, Facts};
use crate::machinery::idempotency::{HEADER, Idempotency};
use crate::machinery::operation::Scope;
use crate::machinery::reader::Params;
use crate::machinery::reply::{Content, File, Reply};
use crate::machinery::request::{LARGEST_BODY, Request, Response};
use crate::machinery::route::{Found, Row};
use crate::machinery::rpc;
use crate::machinery::sandbox;
use crate::machinery::secrets::Secret;
use crate::machinery::signature;
use crate::machinery::store::{Cost, Store};
use crate::words::error::{Error, Result, Rule, Told};
use crate::words::time::{Instant, Zone};

/// A request on its way.
pub(crate) struct Visit<'a> {
    pub(crate) app: &'a App,
    pub(crate) request: &'a Request,
    pub(crate) dialect: Dialect,
    pub(crate) store: Store,
    pub(crate) secret: Arc<Secret>,
    pub(crate) now: Instant,
    pub(crate) standing: Option<Standing>,
    pub(crate) operation: &'static str,
    pub(crate) logged: Vec<String>,
}

impl App {
    /// Answer a request. Never fails: whatever happens is an answer in the request's dialect.
    pub async fn handle(&self, request: &Request) -> Response {
        self.handle_and_count(request).await.0
    }

    /// The same, with what it cost.
    pub async fn handle_and_count(&self, request: &Request) -> (Response, Cost) {
        let request = &*arrival::meant(request);
        let store = self.store_for_one_request();
        let dialect = Dialect::of(request);
        let now = self.outside.now();
        let secret = match self.secrets.get(now).await {
            Ok(secret) => secret,
            Err(error) => {
                log(request, dialect, "none", None, 500, &store, error.logged.as_slice());
                return (dialect.failure(&error, &facts(request)), store.cost());
            }
        };
        let mut visit = Visit {
            app: self,
            request,
            dialect,
            store,
            secret,
            now,
            standing: None,
            operation: "none",
            logged: Vec::new(),
        };
        let mut response = Box::pin(visit.answer()).await;
        let limit = visit.standing.as_ref().and_then(|standing| standing.limit);
        for (name, value) in dialect.headers(limit) {
            response = response.with(name, value);
        }
        if request.verb == "HEAD" {
            response.body.clear();
        }
        log(request, dialect, visit.operation, visit.standing.as_ref(), response.status, &visit.store, &visit.logged);
        (response, visit.store.cost())
    }

    /// Who sent a request: what the authorizer says. Spends the request from the sender's limit.
    pub async fn authorize(&self, request: &Request, secret: &Secret) -> Result<Standing> {
        let request = &*arrival::meant(request);
        let now = self.outside.now();
        let store = self.store_for_one_request();
        let desk = Desk { store: &store, secret, now, refused: &self.refused };
        authenticate(&desk, Dialect::of(request), request).await
    }
}

impl Visit<'_> {
    async fn answer(&mut self) -> Response {
        if self.request.verb == "OPTIONS" && self.dialect == Dialect::Billmora {
            let leave = Response { status: 204, ..Response::default() };
            return leave.with("access-control-allow-methods", "*").with("access-control-allow-headers", "*");
        }
        if rpc::is_endpoint(self.request) {
            return rpc::answer(self).await;
        }
        match self.over_rest().await {
            Ok(settled) => settled.response(self.request),
            Err(error) => self.failure(&error),
        }
    }

    pub(crate) fn failure(&mut self, error: &Error) -> Response {
        self.logged.extend(error.logged.clone());
        self.dialect.failure(error, &facts(self.request))
    }

    async fn over_rest(&mut self) -> Result<Settled> {
        let (row, path) = match self.app.routes.find(self.dialect, &self.request.verb, self.request.plain_path()) {
            Found::Row(row, path) => (row, path),
            Found::WrongVerb(allowed) => return self.unknown(Told::WrongVerb(allowed)).await,
            Found::Nothing => return self.unknown(Told::NoRoute).await,
        };
        self.operation = row.operation;
        let caller = self.caller_for(row).await?;
        // A record that is sent back as it was read may be longer than what it was made of.
        let largest = if self.app.routes.takes_back(row) { LARGEST_BODY } else { row.largest_body };
        if self.request.body.len() > largest {
            return Err(Error::told(Told::TooLarge(row.largest_body)));
        }
        let given = body::given(self.request, self.dialect).await?;
        let mut params = Params { path, given, describing: false };
        let idempotency = match self.request.header(HEADER).filter(|_| row.recorded) {
            None => None,
            Some(key) => {
                let meaning =
                    [self.request.verb.as_bytes(), self.request.plain_path().as_bytes(), &body::meaning(&params)]
                        .join(&b' ');
                Some(Idempotency::new(key.trim(), &meaning, &self.secret)?)
            }
        };
        let zone = take_zone(&mut params, &caller)?;
        let dialect = self.dialect;
        let about = facts(self.request);
        let render = move |reply: Reply| {
            if let Content::File(File { name, bytes }) = reply.content {
                return Rendered { status: reply.status, body: bytes, file: Some(name) };
            }
            let (status, body) = dialect.success(reply, &about);
            Rendered::json(status, body.to_string())
        };
        self.perform(row, caller, zone, &params, idempotency, &render).await
    }

    /// A route that is not there. CloudOnex shows the limit on every answer, so there it is counted.
    async fn unknown(&mut self, told: Told) -> Result<Settled> {
        if self.dialect == Dialect::Cloudonex {
            self.stand().await?;
        }
        Err(Error::told(told))
    }

    /// Who is asking, found out once for a request: from the authorizer's context, or here.
    pub(crate) async fn stand(&mut self) -> Result<&Standing> {
        if self.standing.is_none() {
            let standing = match self.request.authorized.get("standing") {
                Some(text) => {
                    serde_json::from_str(text).map_err(|e| Error::internal(format!("the authorizer's context: {e}")))?
                }
                None => {
                    let desk =
                        Desk { store: &self.store, secret: &self.secret, now: self.now, refused: &self.app.refused };
                    authenticate(&desk, self.dialect, self.request).await?
                }
            };
            self.standing = Some(standing);
        }
        self.standing.as_ref().ok_or_else(|| Error::internal("nobody stands here"))
    }

    pub(crate) async fn caller_for(&mut self, row: &Row) -> Result<Caller> {
        sandbox::is_open(&self.store, &self.app.outside).await?;
        if row.scope == Scope::Open {
            return Ok(nobody());
        }
        let standing = self.stand().await?.clone();
        let caller = standing.caller()?.clone();
        if let Some(nonce) = &standing.signing {
            let signed = signature::check(self.request, nonce, &self.secret, self.now);
            if signed.is_err() {
                self.standing = Some(standing.clone().unsigned());
            }
            signed?;
        }
        row.admits(&caller)?;
        Ok(caller)
    }
}

/// The zone of a request: `__tz`, else the user's, else the tenant's. It is no parameter of any operation.
pub(crate) fn take_zone(params: &mut Params, caller: &Caller) -> Result<Zone> {
    match params.given.shift_remove("__tz") {
        None | Some(Value::Null) => Ok(caller.zone),
        Some(name) => name.as_str().and_then(Zone::from_name).ok_or_else(|| Error::field("__tz", Rule::Zone)),
    }
}

pub(crate) fn facts(request: &Request) -> Facts {
    let path = request.plain_path();
    Facts {
        url: format!("{}{}", request.origin(), request.shown_path.as_deref().unwrap_or(path).trim_end_matches('/')),
        path: path.trim_start_matches('/').to_owned(),
        verb: request.verb.clone(),
    }
}

/// The one log line of a request. No body, no query, no credential, no address.
fn log(
    request: &Request,
    dialect: Dialect,
    operation: &str,
    standing: Option<&Standing>,
    status: u16,
    store: &Store,
    logged: &[String],
) {
    let cost = store.cost();
    let caller = standing.and_then(|standing| standing.who.as_ref().ok());
    let (tenant, credential) = caller.map_or(("-", "-"), |caller| (caller.tenant.id(), caller.credential.as_str()));
    let (dialect, verb) = (dialect.name(), request.verb.as_str());
    let (calls, read_units, write_units) =
        (cost.calls.len(), cost.read_units.to_string(), cost.write_units.to_string());
    let trouble = (!logged.is_empty()).then(|| logged.join("; "));
    // A level is fixed where it is written, so the fields are named once and the line twice.
    macro_rules! line {
        ($level:ident, $message:literal) => {
            tracing::$level!(
                request = request.id,
                tenant,
                credential,
                dialect,
                verb,
                operation,
                status,
                calls,
                read_units,
                write_units,
                trouble,
                $message
            )
        };
    }
    if status >= 500 { line!(error, "request failed") } else { line!(info, "request") }
}
