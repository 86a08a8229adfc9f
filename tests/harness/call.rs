//! Requests and answers.

use std::collections::BTreeMap;

use serde_json::Value;
use shared::machinery::auth::Standing;
use shared::machinery::request::{Request, Response};

use crate::operator;

/// A request being written.
#[derive(Debug, Clone)]
pub struct Call {
    /// What will be sent.
    pub request: Request,
}

impl Call {
    /// A verb and a path, with its query.
    pub fn new(verb: &str, target: &str) -> Self {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let request = Request {
            verb: verb.into(),
            path: path.into(),
            query: shared::machinery::body::pairs(query),
            headers: vec![("host".into(), "api.example".into())],
            address: "203.0.113.9".into(),
            id: "test".into(),
            ..Request::default()
        };
        Self { request }
    }

    /// A JSON-RPC request.
    pub fn rpc(message: &Value) -> Self {
        Self::new("POST", "/api/").json(message)
    }

    /// With a header.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.request.headers.push((name.into(), value.into()));
        self
    }

    /// With JeraSoft's key header.
    pub fn key(self, key: &str) -> Self {
        self.header("x-api-key", key)
    }

    /// With a bearer credential.
    pub fn bearer(self, token: &str) -> Self {
        self.header("authorization", &format!("Bearer {token}"))
    }

    /// With RackNap's header.
    pub fn validate(self, token: &str) -> Self {
        self.header("validate", &format!("Bearer {token}"))
    }

    /// As the operator of a tenant, whom no limit stops.
    pub fn operator(mut self, tenant: &str) -> Self {
        let standing = Standing::known(operator(tenant), None);
        self.request.authorized.insert("standing".into(), serde_json::to_string(&standing).unwrap());
        self
    }

    /// With an idempotency key.
    pub fn once(self, key: &str) -> Self {
        self.header("idempotency-key", key)
    }

    /// With a JSON body.
    pub fn json(self, body: &Value) -> Self {
        self.header("content-type", "application/json").body(body.to_string().as_bytes())
    }

    /// With any body.
    pub fn body(mut self, body: &[u8]) -> Self {
        self.request.body = body.to_vec();
        self
    }

    /// From another address.
    pub fn from(mut self, address: &str) -> Self {
        self.request.address = address.into();
        self
    }
}

/// An answer that came.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: BTreeMap<String, String>,
    /// The body, as text.
    pub text: String,
    /// The body, as JSON; null when it is none.
    pub json: Value,
}

impl Answer {
    /// From a response.
    pub fn of(response: Response) -> Self {
        // Bytes are shown as how many they are.
        let text = String::from_utf8(response.body).unwrap_or_else(|e| format!("({} bytes)", e.as_bytes().len()));
        let json = serde_json::from_str(&text).unwrap_or(Value::Null);
        Self { status: response.status, headers: response.headers.into_iter().collect(), text, json }
    }

    /// The JSON, when the status is the one expected.
    #[track_caller]
    pub fn expect(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.text);
        self.json
    }

    /// A header's value.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }
}
