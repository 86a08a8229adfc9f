//! A request as the routes know it. Three of the originals have other ways to write one:
//!
//! * CloudOnex's front controller: `/?ng=api/v2/customers&page=2` is `/api/v2/customers?page=2`;
//! * Billmora's `_method`, in the query or the body of a `POST`: the verb that is meant;
//! * JeraSoft's early `AUTH`, among the parameters of a JSON-RPC call: the API key.

use std::borrow::Cow;

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use serde_json::Value;

use crate::machinery::body;
use crate::machinery::dialect::Dialect;
use crate::machinery::request::Request;
use crate::machinery::rpc;

/// What a path may not hold as it is.
const IN_A_PATH: &AsciiSet = &CONTROLS.add(b' ').add(b'"').add(b'#').add(b'<').add(b'>').add(b'?').add(b'`').add(b'%');
/// The parameter of JeraSoft's early generation that holds the API key (contract jerasoft §4.14).
pub(crate) const EARLY_KEY: &str = "AUTH";
/// The parameter that holds the verb that is meant (contract billmora §1).
const METHOD: &str = "_method";

/// The request that is meant.
pub(crate) fn meant(request: &Request) -> Cow<'_, Request> {
    if let Some(found) = front_controller(request) {
        return Cow::Owned(found);
    }
    if let Some(verb) = other_verb(request) {
        return Cow::Owned(Request { verb, ..request.clone() });
    }
    if let Some(key) = early_key(request) {
        let mut found = request.clone();
        found.headers.push(("x-api-key".into(), key));
        // The authorizer sees no body, so that it took the sender for a stranger.
        found.authorized.clear();
        return Cow::Owned(found);
    }
    Cow::Borrowed(request)
}

/// `?ng=api/v2/…`, which CloudOnex documents beside the paths (contract cloudonex §1). What else the query holds
/// stays; so does what follows a `?` inside the value, as some clients write it.
fn front_controller(request: &Request) -> Option<Request> {
    if request.plain_path() != "/" {
        return None;
    }
    let route = request.query.iter().find(|(name, _)| name == "ng").map(|(_, value)| value.trim_matches('/'))?;
    let (path, more) = route.split_once('?').unwrap_or((route, ""));
    if path != "api/v2" && !path.starts_with("api/v2/") {
        return None;
    }
    let mut query = body::pairs(more);
    query.extend(request.query.iter().filter(|(name, _)| name != "ng").cloned());
    let path = format!("/{}", utf8_percent_encode(path.trim_end_matches('/'), IN_A_PATH));
    Some(Request { path, shown_path: None, query, ..request.clone() })
}

fn other_verb(request: &Request) -> Option<String> {
    if request.verb != "POST" || Dialect::of(request) != Dialect::Billmora {
        return None;
    }
    let in_query = request.query.iter().find(|(name, _)| name == METHOD).map(|(_, value)| value.clone());
    let verb = in_query.or_else(|| {
        // Looked for before it is parsed: few requests have it.
        let there = request.body.windows(METHOD.len()).any(|part| part == METHOD.as_bytes());
        let given = there.then(|| body::plainly(request)).flatten()?;
        given.get(METHOD).and_then(Value::as_str).map(str::to_owned)
    })?;
    let verb = verb.trim().to_ascii_uppercase();
    ["PUT", "PATCH", "DELETE"].contains(&verb.as_str()).then_some(verb)
}

/// The first call's key speaks for the request; `rpc` refuses a call that brings another one.
fn early_key(request: &Request) -> Option<String> {
    let quoted = b"\"AUTH\"";
    if !rpc::is_endpoint(request)
        || request.header("x-api-key").is_some()
        || !request.body.windows(quoted.len()).any(|part| part == quoted)
    {
        return None;
    }
    let of = |call: &Value| call.get("params")?.get(EARLY_KEY)?.as_str().map(str::to_owned);
    match body::json(&request.body).ok()? {
        Value::Array(calls) => calls.iter().find_map(of),
        call => of(&call),
    }
    .filter(|key| !key.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(verb: &str, path: &str, query: &[(&str, &str)], body: &str) -> Request {
        Request {
            verb: verb.into(),
            path: path.into(),
            query: query.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
            body: body.as_bytes().to_vec(),
            ..Request::default()
        }
    }

    #[test]
    fn the_front_controller_leads_to_paths_of_its_own_dialect_only() {
        for (ng, path, query) in [
            ("api/v2/customers", "/api/v2/customers", vec![("page", "2")]),
            ("/api/v2/customers/7/", "/api/v2/customers/7", vec![("page", "2")]),
            ("api/v2/customers?limit=5", "/api/v2/customers", vec![("limit", "5"), ("page", "2")]),
            ("api/v2/customers/ü x", "/api/v2/customers/%C3%BC%20x", vec![("page", "2")]),
        ] {
            let found = meant(&request("GET", "/", &[("ng", ng), ("page", "2")], "")).into_owned();
            let query: Vec<_> = query.into_iter().map(|(n, v): (&str, &str)| (n.to_owned(), v.to_owned())).collect();
            assert_eq!((found.path.as_str(), found.query), (path, query), "{ng}");
        }
        for (path, ng) in [("/", "api/v1/users"), ("/", "api/v22"), ("/", "clients"), ("/x", "api/v2/customers")] {
            assert!(matches!(meant(&request("GET", path, &[("ng", ng)], "")), Cow::Borrowed(_)), "{ng}");
        }
    }

    #[test]
    fn a_post_may_mean_another_verb_in_billmora_alone() {
        let verb =
            |path: &str, query: &[(&str, &str)], body: &str| meant(&request("POST", path, query, body)).verb.clone();
        assert_eq!(verb("/api/v1/users/1", &[("_method", "put")], ""), "PUT");
        assert_eq!(verb("/api/v1/users/1", &[], r#"{"_method": "DELETE"}"#), "DELETE");
        assert_eq!(verb("/api/v1/users/1", &[("_method", "GET")], ""), "POST");
        assert_eq!(verb("/api/v2/customers/1", &[("_method", "PUT")], ""), "POST");
    }

    #[test]
    fn an_early_key_is_the_api_key() {
        let call = r#"[{"jsonrpc":"2.0","id":1,"method":"x","params":{"AUTH":"k-1"}}]"#;
        assert_eq!(meant(&request("POST", "/api", &[], call)).header("x-api-key"), Some("k-1"));
        assert_eq!(meant(&request("POST", "/api/clients", &[], call)).header("x-api-key"), None);
    }
}
