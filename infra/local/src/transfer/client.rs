//! The HTTP client of imports: patient with limits and with systems that are busy.

use std::collections::BTreeMap;
use std::time::Duration;

use aws_smithy_runtime_api::client::http::{HttpConnector, SharedHttpConnector};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;
use serde_json::Value;
use shared::machinery::app::https_connector;

use super::Tell;

/// How long one answer may take.
const PATIENCE: Duration = Duration::from_secs(60);
/// How often a call is made again that failed on the other side or on the way.
const MOST_TRIES: u32 = 6;
/// How often one call waits for a limit.
const MOST_WAITS: u32 = 200;
/// The longest wait for a limit that is taken seriously, in seconds.
const LONGEST_WAIT: u64 = 3700;
/// How long to wait for a limit where the system does not say, in seconds.
const WAIT: u64 = 30;

/// An answer.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The body as JSON; null where it is none.
    pub body: Value,
}

impl Answer {
    /// The body of a success.
    ///
    /// # Errors
    ///
    /// What the system said instead.
    pub fn expect(self, what: &str) -> Result<Value, String> {
        if (200..300).contains(&self.status) {
            return Ok(self.body);
        }
        let said: String = self.body.to_string().chars().take(300).collect();
        Err(format!("{what}: the system answered {} {said}", self.status))
    }
}

/// A client of one system.
pub struct Client {
    connector: SharedHttpConnector,
    base: String,
    headers: BTreeMap<&'static str, String>,
    /// Pause before a failed call is made again the first time; doubled each time.
    pause: Duration,
}

impl Client {
    /// A client of the system at an address (`https://billing.example`).
    ///
    /// # Errors
    ///
    /// When it is none, or would send a credential over the network in the clear.
    pub fn new(url: &str) -> Result<Self, String> {
        let base = url.trim_end_matches('/').to_owned();
        let parsed: http::Uri = base.parse().map_err(|_| format!("{url:?} is no address"))?;
        let host = parsed.host().unwrap_or_default();
        let here = ["localhost", "127.0.0.1", "[::1]", "::1"].contains(&host);
        match parsed.scheme_str() {
            Some("https") => {}
            Some("http") if here => {}
            Some("http") => return Err(format!("{url}: a credential is sent over https only, but for this machine")),
            _ => return Err(format!("{url:?} is no address such as https://billing.example")),
        }
        let pause = Duration::from_millis(500);
        Ok(Self { connector: https_connector(), base, headers: BTreeMap::new(), pause })
    }

    /// Send a header with every call from now on.
    pub fn header(&mut self, name: &'static str, value: String) {
        self.headers.insert(name, value);
    }

    /// Wait less before a failed call is made again: for tests.
    pub fn hurry(&mut self) {
        self.pause = Duration::from_millis(5);
    }

    /// Get a path with its query.
    ///
    /// # Errors
    ///
    /// When no answer comes.
    pub async fn get(&self, path: &str, tell: Tell<'_>) -> Result<Answer, String> {
        self.call("GET", path, None, tell).await
    }

    /// Post a form.
    ///
    /// # Errors
    ///
    /// When no answer comes.
    pub async fn post(&self, path: &str, form: &[(&str, &str)], tell: Tell<'_>) -> Result<Answer, String> {
        let pairs: Vec<String> = form.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
        self.call("POST", path, Some(pairs.join("&")), tell).await
    }

    async fn call(&self, verb: &str, path: &str, form: Option<String>, tell: Tell<'_>) -> Result<Answer, String> {
        let (mut tries, mut waits) = (0, 0);
        loop {
            let said = match self.once(verb, path, form.as_deref()).await {
                Ok((429, retry, _)) if waits < MOST_WAITS => {
                    waits += 1;
                    let seconds = retry.unwrap_or(WAIT).clamp(1, LONGEST_WAIT);
                    tell(&format!("the system's limit is used up, waiting {seconds} s"));
                    tokio::time::sleep(Duration::from_secs(seconds)).await;
                    continue;
                }
                Ok((status, _, body)) if status < 500 => return Ok(Answer { status, body }),
                Ok((status, retry, body)) => {
                    if let Some(seconds) = retry.filter(|_| tries < MOST_TRIES) {
                        tokio::time::sleep(Duration::from_secs(seconds.min(WAIT))).await;
                    }
                    format!("the system answered {status} {body}")
                }
                Err(why) => why,
            };
            tries += 1;
            if tries >= MOST_TRIES {
                return Err(format!("{path}: {said}"));
            }
            tell(&format!("{path}: trying again"));
            tokio::time::sleep(self.pause * 2_u32.pow(tries - 1)).await;
        }
    }

    /// One call: status, seconds to wait where the system says so, and the body.
    async fn once(&self, verb: &str, path: &str, form: Option<&str>) -> Result<(u16, Option<u64>, Value), String> {
        let mut request = http::Request::builder().method(verb).uri(format!("{}{path}", self.base));
        request = request.header("accept", "application/json");
        for (name, value) in &self.headers {
            request = request.header(*name, value);
        }
        if form.is_some() {
            request = request.header("content-type", "application/x-www-form-urlencoded");
        }
        let body = form.map_or_else(SdkBody::empty, SdkBody::from);
        let request = request.body(body).map_err(|e| e.to_string())?;
        let request = HttpRequest::try_from(request).map_err(|e| e.to_string())?;
        let answer = tokio::time::timeout(PATIENCE, async {
            let response = self.connector.call(request).await.map_err(|e| e.to_string())?;
            let status = response.status().as_u16();
            let retry = response.headers().get("retry-after").and_then(|seconds| seconds.trim().parse().ok());
            let body = ByteStream::new(response.into_body()).collect().await.map_err(|e| e.to_string())?;
            Ok((status, retry, serde_json::from_slice(&body.into_bytes()).unwrap_or(Value::Null)))
        });
        answer.await.map_err(|_| "no answer came in time".to_owned())?
    }
}

/// A value of a form: everything but letters, digits and `-._~` as `%41`.
fn encoded(value: &str) -> String {
    let letter = |byte: u8| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            char::from(byte).to_string()
        } else {
            format!("%{byte:02X}")
        }
    };
    value.bytes().map(letter).collect()
}
