//! An answer between its dialect's envelope and the response.

use crate::machinery::idempotency::Record;
use crate::machinery::request::{Request, Response};
use crate::machinery::secrets::sha256;
use crate::words::error::{Error, Result};

/// An answer in its envelope.
#[derive(Debug, Clone)]
pub(crate) struct Rendered {
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
    /// Where the body is a file and no JSON: the file's name, if it has one.
    pub(crate) file: Option<Option<String>>,
}

impl Rendered {
    pub(crate) fn json(status: u16, body: String) -> Self {
        Self { status, body: body.into_bytes(), file: None }
    }

    /// The body, where it is no file of bytes.
    pub(crate) fn text(self) -> Result<String> {
        String::from_utf8(self.body).map_err(|_| Error::internal("a file stands where text is wanted"))
    }

    /// The bytes that it takes in what a function returns: what is no text is sent as base64.
    pub(crate) fn length(&self) -> usize {
        if std::str::from_utf8(&self.body).is_ok() { self.body.len() } else { self.body.len().div_ceil(3) * 4 }
    }
}

/// An answer that stands: committed, or found to have been.
pub(crate) struct Settled {
    pub(crate) answer: Rendered,
    pub(crate) replayed: bool,
    pub(crate) media: Option<&'static str>,
}

impl Settled {
    /// What an earlier request with the same key was answered.
    pub(crate) fn again(record: Record) -> Self {
        Self { answer: Rendered::json(record.status, record.body), replayed: true, media: None }
    }

    /// As it answers a request; a file that the client has already is not sent again.
    pub(crate) fn response(self, request: &Request) -> Response {
        let Rendered { status, body, file } = self.answer;
        let media = self.media.filter(|_| file.is_some()).unwrap_or("application/json").to_owned();
        let response = Response { status, headers: vec![("content-type".to_owned(), media)], body };
        let response = if self.replayed { response.with("idempotent-replayed", "true") } else { response };
        let Some(name) = file else { return response };
        let tag = format!("\"{}\"", sha256(&response.body));
        if request.has_already(&tag) {
            return Response { status: 304, ..Response::default() }.with("etag", tag);
        }
        let response = response.with("etag", tag);
        match name {
            Some(name) => response.with("content-disposition", disposition(&name)),
            None => response,
        }
    }
}

/// What a file is to be saved as (RFC 6266): for all clients in ASCII, for those who can in full.
fn disposition(name: &str) -> String {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "-._ ".contains(letter);
    let ascii: String = name.chars().map(|letter| if plain(letter) { letter } else { '-' }).collect();
    let full = percent_encoding::utf8_percent_encode(name, percent_encoding::NON_ALPHANUMERIC);
    if ascii == name {
        format!("inline; filename=\"{ascii}\"")
    } else {
        format!("inline; filename=\"{ascii}\"; filename*=UTF-8''{full}")
    }
}
