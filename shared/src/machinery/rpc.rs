//! JSON-RPC 2.0 over `POST /api/`, dispatched to the same rows as REST.
//!
//! To the letter of the specification: an id is echoed as it came, whatever number or text it is; a call
//! without one is a notification and is answered with nothing; a batch is done in order, each call by
//! itself; what is no call inside a batch is answered with an error of its own. Parameters are by name.
//! Every answer is HTTP 200, but for an invalid API key (401), a body that is no JSON (400), and nothing
//! to say (204).
//!
//! A batch has the time of one request. When what is left would be short for a call, it and all after it are answered as
//! not begun; each call has its own identity, as each has its own idempotency key.
//!
//! `__tz` and `__idempotency_key` in the parameters are extensions of the protocol, as `__tz` is
//! JeraSoft's own. Without the latter the header's key counts, in a batch with the call's place added.

use std::time::Duration;

use serde_json::{Map, Value, json};

use crate::machinery::answer::Rendered;
use crate::machinery::arrival::EARLY_KEY;
use crate::machinery::body;
use crate::machinery::dialect::jerasoft::rpc_failure;
use crate::machinery::dialect::{early, retry_after};
use crate::machinery::idempotency::{HEADER, Idempotency};
use crate::machinery::reader::Params;
use crate::machinery::reply::{Content, Reply};
use crate::machinery::request::{LARGEST_ANSWER, LARGEST_BODY, Request, Response};
use crate::machinery::route::Row;
use crate::machinery::spine::{Visit, take_zone};
use crate::words::error::{Error, Kind, Result, Rule, Stranger, Told};

/// The most calls in a batch.
pub const MOST_CALLS: usize = 100;

/// How much time must be left for a call of a batch: what a read that is not answered takes at most is more, but what is
/// answered in time is done in a fraction of it.
const LEAST_FOR_A_CALL: Duration = Duration::from_secs(4);

/// The method that answers the API document (OpenRPC).
const DISCOVER: &str = "rpc.discover";
const PARSE_ERROR: i32 = -32700;
const INVALID_REQUEST: i32 = -32600;
const NO_METHOD: i32 = -32601;
const INVALID_PARAMS: i32 = -32602;

/// Whether a request goes to the JSON-RPC endpoint.
pub fn is_endpoint(request: &Request) -> bool {
    request.verb == "POST" && request.plain_path() == "/api"
}

struct Call {
    /// `None` for a notification.
    id: Option<Value>,
    method: String,
    /// `None` when they came by position.
    params: Option<Map<String, Value>>,
}

/// The answer to one call: its JSON, as text, since a replayed result is given again byte for byte. With an error, after
/// how many seconds the call is worth sending again, if it is.
enum Answer {
    Result { id: Value, result: String, replayed: bool },
    Error { id: Value, error: Value, again: Option<i64> },
}

impl Answer {
    fn text(&self) -> String {
        match self {
            Self::Result { id, result, .. } => format!("{{\"jsonrpc\":\"2.0\",\"id\":{id},\"result\":{result}}}"),
            Self::Error { id, error, .. } => format!("{{\"jsonrpc\":\"2.0\",\"id\":{id},\"error\":{error}}}"),
        }
    }
}

fn fault(id: Value, code: i32, message: &str) -> Answer {
    Answer::Error { id, error: json!({"code": code, "message": message}), again: None }
}

fn failed(id: Value, told: &Told) -> Answer {
    Answer::Error { id, error: rpc_failure(told), again: retry_after(told) }
}

/// Answer a request to the endpoint.
pub(crate) async fn answer(visit: &mut Visit<'_>) -> Response {
    visit.operation = "rpc";
    if visit.request.body.len() > LARGEST_BODY {
        return one(413, &failed(Value::Null, &Told::TooLarge(LARGEST_BODY)));
    }
    match body::json(&visit.request.body) {
        Err(_) => one(400, &fault(Value::Null, PARSE_ERROR, "Parse error")),
        Ok(Value::Array(calls)) if calls.is_empty() => {
            one(200, &fault(Value::Null, INVALID_REQUEST, "Invalid Request"))
        }
        Ok(Value::Array(calls)) if calls.len() > MOST_CALLS => {
            one(200, &fault(Value::Null, INVALID_REQUEST, "Invalid Request: more than 100 calls"))
        }
        Ok(Value::Array(calls)) => {
            let mut answers = Vec::new();
            let mut length = 0;
            for (place, call) in calls.into_iter().enumerate() {
                let mut answer = one_call(visit, call, Some(place)).await;
                if let Some(text) = answer.as_ref().map(Answer::text) {
                    length += text.len();
                    if let (true, Some(Answer::Result { id, .. })) = (length > LARGEST_ANSWER, &answer) {
                        // Too much for one answer: this call's result is left out, and says so.
                        length -= text.len();
                        answer = Some(failed(id.clone(), &Told::AnswerTooLarge(LARGEST_ANSWER)));
                    }
                }
                answers.extend(answer);
            }
            respond(visit, &answers, true)
        }
        Ok(call) => {
            let answers: Vec<Answer> = one_call(visit, call, None).await.into_iter().collect();
            respond(visit, &answers, false)
        }
    }
}

fn one(status: u16, answer: &Answer) -> Response {
    let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
    Response { status, headers, body: answer.text().into_bytes() }
}

fn respond(visit: &Visit<'_>, answers: &[Answer], batch: bool) -> Response {
    let texts: Vec<String> = answers.iter().map(Answer::text).collect();
    let body = match (texts.as_slice(), batch) {
        ([], _) => String::new(),
        ([text], false) => text.clone(),
        (texts, _) => format!("[{}]", texts.join(",")),
    };
    // An invalid API key is HTTP 401; an invalid bearer token is JSON-RPC's own business.
    let key_refused = visit.standing.as_ref().and_then(|standing| standing.caller().err()).is_some_and(|error| {
        matches!(
            error.told,
            Told::Unauthenticated(Stranger::Missing | Stranger::Unknown | Stranger::BadSignature)
                | Told::AddressRefused
        )
    });
    let all_refused = key_refused && answers.iter().all(|answer| matches!(answer, Answer::Error { .. }));
    let status = if all_refused {
        401
    } else if body.is_empty() {
        204
    } else {
        200
    };
    let response = Response { status, headers: Vec::new(), body: body.into_bytes() };
    let response = if status == 204 { response } else { response.with("content-type", "application/json") };
    let replayed =
        !answers.is_empty() && answers.iter().all(|answer| matches!(answer, Answer::Result { replayed: true, .. }));
    let again = answers.iter().filter_map(|answer| match answer {
        Answer::Error { again, .. } => *again,
        Answer::Result { .. } => None,
    });
    let response = match again.max() {
        Some(seconds) => response.with("retry-after", seconds),
        None => response,
    };
    if replayed { response.with("idempotent-replayed", "true") } else { response }
}

/// One call; `None` when there is nothing to answer.
async fn one_call(visit: &mut Visit<'_>, value: Value, place: Option<usize>) -> Option<Answer> {
    let call = match understood(value) {
        Ok(call) => call,
        Err(answer) => return Some(*answer),
    };
    let Call { id, method, params } = call;
    let (method, params) = match params {
        // The early generation's names (contract jerasoft §4.14).
        Some(params) => {
            let (method, params) = early::current(method, params);
            (method, Some(params))
        }
        None => (method, None),
    };
    // The OpenRPC specification's own method; what it answers is no secret.
    if let Some(document) = visit.app.discovery.filter(|_| method == DISCOVER) {
        let result = document.to_owned();
        return id.map(|id| Answer::Result { id, result, replayed: false });
    }
    let Some(row) = visit.app.routes.method(&method) else {
        return id.map(|id| fault(id, NO_METHOD, "Method not found"));
    };
    let Some(params) = params else {
        let error =
            json!({"code": INVALID_PARAMS, "message": "Invalid request", "data": {"params": "Parameters go by name"}});
        return id.map(|id| Answer::Error { id, error, again: None });
    };
    visit.operation = row.operation;
    if place.is_some() && visit.store.left() < LEAST_FOR_A_CALL {
        return id.map(|id| failed(id, &Told::NotBegun));
    }
    let done = perform(visit, row, params, place).await;
    let done = done.map_err(|error| {
        visit.logged.extend(error.logged);
        error.told
    });
    let id = id?;
    Some(match done {
        Ok((result, replayed)) => Answer::Result { id, result, replayed },
        Err(told) => failed(id, &told),
    })
}

/// A value as a call, or the answer to what is none.
fn understood(value: Value) -> std::result::Result<Call, Box<Answer>> {
    let invalid = |id: Option<&Value>| {
        let id = id.filter(|id| matches!(id, Value::String(_) | Value::Number(_))).cloned().unwrap_or(Value::Null);
        Box::new(fault(id, INVALID_REQUEST, "Invalid Request"))
    };
    let Value::Object(mut members) = value else {
        return Err(invalid(None));
    };
    let id = members.shift_remove("id");
    if !matches!(id, None | Some(Value::Null | Value::String(_) | Value::Number(_)))
        || members.get("jsonrpc").and_then(Value::as_str) != Some("2.0")
    {
        return Err(invalid(id.as_ref()));
    }
    let Some(method) = members.get("method").and_then(Value::as_str).map(str::to_owned) else {
        return Err(invalid(id.as_ref()));
    };
    match members.shift_remove("params") {
        None => Ok(Call { id, method, params: Some(Map::new()) }),
        Some(Value::Object(params)) => Ok(Call { id, method, params: Some(params) }),
        Some(Value::Array(_)) => Ok(Call { id, method, params: None }),
        Some(_) => Err(invalid(id.as_ref())),
    }
}

async fn perform(
    visit: &mut Visit<'_>,
    row: &Row,
    mut given: Map<String, Value>,
    place: Option<usize>,
) -> Result<(String, bool)> {
    if let Some(key) = given.shift_remove(EARLY_KEY) {
        // The request's key is the first call's; another one is nobody's here.
        if key.as_str() != visit.request.header("x-api-key") {
            return Err(Error::stranger(Stranger::Unknown));
        }
    }
    let caller = visit.caller_for(row).await?;
    let own_key = match given.shift_remove("__idempotency_key") {
        None | Some(Value::Null) => None,
        Some(Value::String(key)) => Some(key),
        Some(_) => return Err(Error::field("__idempotency_key", Rule::Kind(Kind::Text))),
    };
    let key = own_key.or_else(|| {
        let header = visit.request.header(HEADER)?.trim();
        Some(place.map_or_else(|| header.to_owned(), |place| format!("{header}#{place}")))
    });
    let mut params = Params { given, ..Params::default() };
    let idempotency = match key.filter(|_| row.recorded) {
        None => None,
        Some(key) => {
            let meaning = [row.rpc.unwrap_or_default().as_bytes(), &body::meaning(&params)].join(&b' ');
            Some(Idempotency::new(&key, &meaning, &visit.secret)?)
        }
    };
    let zone = take_zone(&mut params, &caller)?;
    let settled = visit.perform(row, caller, zone, &params, idempotency, &render).await?;
    Ok((settled.answer.text()?, settled.replayed))
}

fn render(reply: Reply) -> Rendered {
    let value = match reply.content {
        Content::One(value) | Content::Whole(value) => value,
        Content::File(file) => file.base64(),
        Content::Page(page) => Value::Array(page.rows),
        Content::Nothing => Value::Bool(true),
        // No operation with a JSON-RPC name answers with faults.
        Content::Faults(_) => Value::Null,
    };
    Rendered::json(200, value.to_string())
}
