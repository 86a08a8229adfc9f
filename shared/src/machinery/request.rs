//! A request and a response as the spine sees them, whatever brought them.

use std::collections::BTreeMap;

/// The longest body that is read, in bytes: what Lambda can be handed, 6 MB, where bodies come as base64.
pub const LARGEST_BODY: usize = 4 * 1024 * 1024;
/// The longest answer, in bytes: what Lambda can return, less room for headers and escapes.
pub const LARGEST_ANSWER: usize = 5 * 1024 * 1024;

/// A request.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// The verb, in capitals.
    pub verb: String,
    /// The path, percent-encoded as sent, without the query.
    pub path: String,
    /// The path as the client wrote it, where a stage or a base path stands before it.
    pub shown_path: Option<String>,
    /// The query's pairs, decoded, in order.
    pub query: Vec<(String, String)>,
    /// The headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
    /// The client's address.
    pub address: String,
    /// An id for the log line.
    pub id: String,
    /// What the authorizer found out, when there was one.
    pub authorized: BTreeMap<String, String>,
}

impl Request {
    /// A header's value, by its lower-case name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(header, _)| header == name).map(|(_, value)| value.as_str())
    }

    /// Whether the client has what has this entity tag already, and need not be sent it again: `If-None-Match` names
    /// the tag or anything at all. A weak tag is as good as a strong one (RFC 9110, 13.1.2), since whoever stands between
    /// may have made it weak. Tags with a comma in them are never found.
    pub fn has_already(&self, tag: &str) -> bool {
        fn opaque(tag: &str) -> &str {
            tag.strip_prefix("W/").unwrap_or(tag)
        }
        let sent =
            self.headers.iter().filter(|(name, _)| name == "if-none-match").flat_map(|(_, tags)| tags.split(','));
        sent.map(str::trim).any(|one| one == "*" || opaque(one) == opaque(tag))
    }

    /// The path with its last slash removed, as routes are written.
    pub fn plain_path(&self) -> &str {
        match self.path.trim_end_matches('/') {
            "" => "/",
            path => path,
        }
    }

    /// `https://billing.example.com`: where the client thinks it is talking to.
    pub fn origin(&self) -> String {
        let scheme = self.header("x-forwarded-proto").filter(|scheme| *scheme == "http").unwrap_or("https");
        format!("{scheme}://{}", self.header("host").unwrap_or("localhost"))
    }
}

/// A response.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Response {
    /// The HTTP status.
    pub status: u16,
    /// The headers.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Response {
    /// A JSON answer.
    pub fn json(status: u16, body: &serde_json::Value) -> Self {
        let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
        Self { status, headers, body: body.to_string().into_bytes() }
    }

    /// The same with another header.
    pub fn with(mut self, name: &str, value: impl ToString) -> Self {
        self.headers.push((name.to_owned(), value.to_string()));
        self
    }

    /// A header's value, by its lower-case name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(header, _)| header == name).map(|(_, value)| value.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_found_among_those_that_are_sent() {
        let has = |sent: &[&str], tag: &str| {
            let headers = sent.iter().map(|tags| ("if-none-match".to_owned(), (*tags).to_owned())).collect();
            Request { headers, ..Request::default() }.has_already(tag)
        };
        for sent in ["\"a\"", "W/\"a\"", "\"b\", \"a\"", "\"b\",W/\"a\" ", "*"] {
            assert!(has(&[sent], "\"a\""), "{sent}");
            assert!(has(&[sent], "W/\"a\""), "{sent}");
            assert!(has(&["\"b\"", sent], "\"a\""), "{sent}, in a header of its own");
        }
        for sent in ["", "a", "\"A\"", "\"b\"", "w/\"a\"", "W/W/\"a\"", "\"*\"", "\"a"] {
            assert!(!has(&[sent], "\"a\""), "{sent}");
        }
        assert!(!has(&[], "\"a\""));
    }
}
