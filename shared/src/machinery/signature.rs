//! Signed requests (contract cloudonex §2): for keys that want it, so that a key which was overheard alone is
//! worth nothing, and a request that was overheard only for a few minutes.
//!
//! `X-Signature` is the hexadecimal HMAC-SHA256, with the key's signing secret, of four lines: the verb, the path
//! with its query, `X-Timestamp` (Unix seconds) and the hexadecimal SHA-256 of the body. API Gateway hands a
//! query on as a map, so that the order in which it was sent is lost: in the signed line the pairs stand sorted
//! by name and value, percent-encoded (RFC 3986), without `api_key`.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::machinery::request::Request;
use crate::machinery::secrets::{Secret, hex, mac, same, sha256};
use crate::words::error::{Error, Result, Stranger};
use crate::words::time::Instant;

/// How far a client's clock may be off, in seconds.
const TOLERANCE: i64 = 300;
/// What RFC 3986 leaves as it is.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The text that is signed.
pub fn text(request: &Request, timestamp: &str) -> String {
    let encode = |part: &str| utf8_percent_encode(part, RESERVED).to_string();
    let pairs = request.query.iter().filter(|(name, _)| name != "api_key");
    let mut pairs: Vec<String> = pairs.map(|(name, value)| format!("{}={}", encode(name), encode(value))).collect();
    pairs.sort();
    let query = if pairs.is_empty() { String::new() } else { format!("?{}", pairs.join("&")) };
    format!("{}\n{}{query}\n{timestamp}\n{}", request.verb, request.path, sha256(&request.body))
}

/// Refuses a request that is not signed with the key made of `nonce`, or not of now.
pub fn check(request: &Request, nonce: &str, secret: &Secret, now: Instant) -> Result<()> {
    let given = request.header("x-timestamp").zip(request.header("x-signature"));
    let holds = given.is_some_and(|(timestamp, signature)| {
        let wanted = hex(&mac(secret.signing_key(nonce).as_bytes(), text(request, timestamp.trim()).as_bytes()));
        let near = timestamp.trim().parse::<i64>().is_ok_and(|at| at.abs_diff(now.timestamp()) <= TOLERANCE as u64);
        same(wanted.as_bytes(), signature.trim().to_ascii_lowercase().as_bytes()) && near
    });
    if holds { Ok(()) } else { Err(Error::stranger(Stranger::BadSignature)) }
}
