//! The spine: everything that happens around an operation, once.
//!
//! Find the route → limit the body → credential → caller → rate limit → ability → read → run → render →
//! commit changes, events, audit entry and idempotency record in one transaction → envelope, headers, one
//! log line. The answer is rendered before the commit, so the record holds it byte for byte; on contention
//! the operation runs again, since nothing has happened yet. A crash has one place: between nothing and
//! everything.

use std::sync::Arc;

use serde_json::Value;

use crate::machinery::answer::{Rendered, Settled};
use crate::machinery::app::App;
use crate::machinery::arrival;
use crate::machinery::auth::{Desk, Standing, authenticate, nobody};
use crate::machinery::body;
use crate::machinery::caller::Caller;
use crate::machinery::changes::{Change, Changes};
use crate::machinery::company::{self, About};
use crate::machinery::dialect::{Dialect, Facts};
use crate::machinery::idempotency::{HEADER, Idempotency, Stood};
use crate::machinery::keys::{self, Key};
use crate::machinery::operation::{Context, Scope};
use crate::machinery::reader::Params;
use crate::machinery::reply::{Content, File, Reply};
use crate::machinery::request::{LARGEST_ANSWER, Request, Response};
use crate::machinery::route::{Found, Row};
use crate::machinery::rpc;
use crate::machinery::sandbox;
use crate::machinery::secrets::Secret;
use crate::machinery::signature;
use crate::machinery::store::{Committed, Cost, Store, meaning};
use crate::machinery::turn::Turn;
use crate::words::error::{Error, Result, Rule, Told, Violation};
use crate::words::time::{Instant, Zone};

/// The most times an operation is run for one request.
pub(crate) const MOST_RUNS: u32 = 60;

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
        let store = self.store.for_one_request();
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
        let mut response = visit.answer().await;
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
    pub async fn authorize(&self, request: &Request) -> Result<(Standing, Arc<Secret>)> {
        let request = &*arrival::meant(request);
        let now = self.outside.now();
        let secret = self.secrets.get(now).await?;
        let store = self.store.for_one_request();
        let desk = Desk { store: &store, secret: &secret, now, refused: &self.refused };
        let standing = authenticate(&desk, Dialect::of(request), request).await?;
        Ok((standing, secret))
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
        if self.request.body.len() > row.largest_body {
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
        match row.ability {
            Some(ability) => caller.must_hold(ability)?,
            None => caller.must_be_permitted(&row.permission())?,
        }
        Ok(caller)
    }

    /// Run an operation and commit what it wants, again and again while others write too.
    pub(crate) async fn perform(
        &mut self,
        row: &Row,
        caller: Caller,
        zone: Zone,
        params: &Params,
        idempotency: Option<Idempotency>,
        render: &(dyn Fn(Reply) -> Rendered + Sync),
    ) -> Result<Settled> {
        let now = sandbox::now(&self.store, &self.app.outside, &caller.tenant, self.now).await?;
        let mut cx = Context {
            caller,
            store: self.store.clone(),
            now,
            wall: self.now,
            zone,
            outside: self.app.outside.clone(),
            secret: Arc::clone(&self.secret),
            progress: None,
        };
        let mut turn = None;
        let settled = self.try_on(row, &mut cx, params, idempotency, render, &mut turn).await;
        if let Some(turn) = turn {
            turn.pass_on(self.now).await;
        }
        settled
    }

    /// The tries of [`perform`](Self::perform). Who collides takes a turn, which the caller passes on.
    async fn try_on(
        &mut self,
        row: &Row,
        cx: &mut Context,
        params: &Params,
        idempotency: Option<Idempotency>,
        render: &(dyn Fn(Reply) -> Rendered + Sync),
        turn: &mut Option<Turn>,
    ) -> Result<Settled> {
        let mut step = 0;
        let mut runs = 0;
        loop {
            let done = match row.run(cx, params).await {
                Ok(done) => done,
                // What would be refused now may have been granted before, under the same key.
                Err(error) => {
                    return match self.granted_before(cx, idempotency.as_ref(), None).await? {
                        Some(Stood::Answer(record) | Stood::Progress(record)) => Ok(Settled::again(record)),
                        None => Err(error),
                    };
                }
            };
            if done.changes.crowded && turn.is_none() && runs == 0 {
                runs += 1;
                self.line_up(cx, turn, runs).await?;
                continue;
            }
            let long = done.progress.is_some();
            let answer = match &done.progress {
                Some(progress) => Rendered::json(202, progress.to_string()),
                None => render(done.answer),
            };
            if answer.length() > LARGEST_ANSWER {
                return Err(Error::told(Told::AnswerTooLarge(LARGEST_ANSWER)));
            }
            let step_now = long.then_some(step);
            // What changed nothing leaves a record only when it is an answer and no refusal. Without a commit
            // that would fail on it, an older record is looked up.
            let idle = done.changes.is_empty();
            let outcome = if idle && (idempotency.is_none() || long || answer.status >= 400) {
                self.granted_before(cx, idempotency.as_ref(), Some(step)).await?.map_or(Outcome::Done, Outcome::Stood)
            } else {
                let changes = self.with_company(cx, row, done.changes, idempotency.as_ref(), step_now, &answer)?;
                outcome(&changes, self.store.commit(&changes).await?, idempotency.as_ref().map(|key| (key, step_now)))
                    .map_err(|error| row.in_its_names(error))?
            };
            match outcome {
                Outcome::Done if long => {
                    // Others get their turn before the next step.
                    if let Some(turn) = turn.take() {
                        turn.pass_on(self.now).await;
                    }
                    cx.progress = done.progress;
                    (step, runs) = (step + u32::from(!idle), 0);
                }
                Outcome::Done => {
                    return Ok(Settled { answer, replayed: false, media: row.media });
                }
                Outcome::Stood(Stood::Answer(record)) => return Ok(Settled::again(record)),
                Outcome::Stood(Stood::Progress(record)) => {
                    cx.progress = Some(
                        serde_json::from_str(&record.body).map_err(|e| Error::internal(format!("progress: {e}")))?,
                    );
                    (step, runs) = (step + 1, 0);
                }
                Outcome::Again if runs + 1 >= MOST_RUNS => {
                    return Err(Error { told: Told::Busy, logged: Some(format!("contended {MOST_RUNS} times")) });
                }
                Outcome::Again => {
                    runs += 1;
                    self.line_up(cx, turn, runs).await?;
                }
            }
        }
    }

    /// Wait for one's turn; who has it, or cannot have it, pauses a little.
    async fn line_up(&self, cx: &Context, turn: &mut Option<Turn>, runs: u32) -> Result<()> {
        // Without a tenant (signing in) there is no line.
        if turn.is_none() && runs == 1 && cx.caller.tenant != nobody().tenant {
            let key = keys::turn(&cx.caller.tenant);
            *turn = match Turn::take(&self.store, key, &self.app.outside, self.now).await {
                Err(error) if error.told == Told::Busy => return Err(error),
                taken => taken.ok().flatten(),
            };
        } else {
            self.pause(if turn.is_some() { 1 } else { runs }).await;
        }
        Ok(())
    }

    /// A pause that grows, of random length, so that those who collided do not meet again.
    async fn pause(&self, runs: u32) {
        tokio::time::sleep(self.app.outside.pause_after(runs)).await;
    }

    /// What stands under the key: the answer, or how far the write came at this step.
    async fn granted_before(
        &self,
        cx: &Context,
        idempotency: Option<&Idempotency>,
        step: Option<u32>,
    ) -> Result<Option<Stood>> {
        let Some(idempotency) = idempotency else { return Ok(None) };
        let steps: Vec<Option<u32>> = [Some(None), step.map(Some)].into_iter().flatten().collect();
        let places: Vec<Key> = steps.iter().map(|step| idempotency.place(&cx.caller, *step)).collect();
        let found = self.store.get_items(&places).await?;
        for (step, item) in steps.into_iter().zip(found) {
            let stood = item.map(|item| idempotency.standing(item, step, cx.wall)).transpose()?.flatten();
            if stood.is_some() {
                return Ok(stood);
            }
        }
        Ok(None)
    }

    /// The changes with what rides along: events, audit entry, idempotency record. The record comes last.
    fn with_company(
        &self,
        cx: &Context,
        row: &Row,
        changes: Changes,
        idempotency: Option<&Idempotency>,
        step: Option<u32>,
        answer: &Rendered,
    ) -> Result<Vec<Change>> {
        let about = About { request: &self.request.id, dialect: self.dialect.name(), operation: row.operation };
        let mut list = company::with_company(cx, changes, &about)?;
        if let Some(idempotency) = idempotency {
            list.extend(step.map(|_| idempotency.unfinished(&cx.caller, cx.wall)));
            let kept = row.without_secrets(&answer.clone().text()?);
            list.push(idempotency.change(&cx.caller, step, answer.status, kept, cx.wall)?);
        }
        Ok(list)
    }
}

/// What a commit came to.
pub(crate) enum Outcome {
    Done,
    Again,
    Stood(Stood),
}

/// What became of a commit, in the order in which its failures count: the key was used; a condition that
/// the client is told of; everything else is contention.
pub(crate) fn outcome(
    changes: &[Change],
    committed: Committed,
    key: Option<(&Idempotency, Option<u32>)>,
) -> Result<Outcome> {
    let failed = match committed {
        Committed::Done => return Ok(Outcome::Done),
        Committed::Contended => return Ok(Outcome::Again),
        Committed::Failed(failed) => failed,
    };
    if let Some((key, step)) = key {
        let stood = |from_the_end: usize| failed.iter().find(|(place, _)| place + from_the_end == changes.len());
        // Before a step's record comes the condition that the whole is not finished.
        if let (Some(_), Some((_, Some(item)))) = (step, stood(2)) {
            return key.stood(item.clone(), None).map(Outcome::Stood);
        }
        if let Some((_, Some(item))) = stood(1) {
            return key.stood(item.clone(), step).map(Outcome::Stood);
        }
    }
    let told: Vec<Error> = failed
        .iter()
        .filter_map(|(place, _)| changes.get(*place).and_then(|change| meaning(change, failed.len() == 1)))
        .collect();
    match merged(told) {
        Some(error) => Err(error),
        None => Ok(Outcome::Again),
    }
}

/// Several failed conditions as one error: all their violations, where they are violations.
fn merged(told: Vec<Error>) -> Option<Error> {
    let mut violations: Vec<Violation> = Vec::new();
    for error in &told {
        match &error.told {
            Told::Invalid(more) => violations.extend(more.iter().cloned()),
            _ => return Some(error.clone()),
        }
    }
    (!violations.is_empty()).then(|| Error::told(Told::Invalid(violations)))
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
