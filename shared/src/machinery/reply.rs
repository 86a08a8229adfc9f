//! What a route's writer gives back, before its dialect puts it into an envelope.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use crate::words::error::{Result, Violation};
use crate::words::page::Page;
use crate::words::time::Zone;

/// What a writer may need to know of the request.
#[derive(Debug, Clone, Copy)]
pub struct View {
    /// The zone that local times are written in.
    pub zone: Zone,
    /// Whether the client is one of CloudOnex's older dialect.
    pub legacy: bool,
}

/// The content of an answer.
#[derive(Debug, Clone)]
pub enum Content {
    /// One value.
    One(Value),
    /// A list with page numbers and totals.
    Page(Page<Value>),
    /// The whole body, without the dialect's envelope.
    Whole(Value),
    /// A file; the row says what kind of file.
    File(File),
    /// Nothing but that it is done.
    Nothing,
    /// Nothing was done, since all of it was wrong in these ways.
    Faults(Vec<Violation>),
}

/// A file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// What it is called where somebody keeps it; absent for what is only looked at.
    pub name: Option<String>,
    /// What is in it.
    pub bytes: Vec<u8>,
}

impl File {
    /// As it goes over JSON (contract jerasoft §4.7).
    pub fn base64(&self) -> Value {
        Value::String(STANDARD.encode(&self.bytes))
    }
}

/// What a writer gives: an answer, or why it cannot be written.
pub trait Written {
    /// Either.
    fn written(self) -> Result<Reply>;
}

impl Written for Reply {
    fn written(self) -> Result<Reply> {
        Ok(self)
    }
}

impl Written for Result<Reply> {
    fn written(self) -> Result<Reply> {
        self
    }
}

/// An answer without its envelope.
#[derive(Debug, Clone)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// The content.
    pub content: Content,
    /// A sentence for a person, where the dialect has a place for one.
    pub message: Option<String>,
    /// Further facts beside the content, where the dialect has a place for them.
    pub meta: Option<Value>,
}

impl Reply {
    /// One value, status 200.
    pub fn one(value: impl Into<Value>) -> Self {
        Self { status: 200, content: Content::One(value.into()), message: None, meta: None }
    }

    /// A whole body, status 200.
    pub fn whole(value: Value) -> Self {
        Self { status: 200, content: Content::Whole(value), message: None, meta: None }
    }

    /// A file, status 200.
    pub fn file(bytes: impl Into<Vec<u8>>) -> Self {
        let content = Content::File(File { name: None, bytes: bytes.into() });
        Self { status: 200, content, message: None, meta: None }
    }

    /// A file to keep, under this name, status 200.
    pub fn download(name: String, bytes: Vec<u8>) -> Self {
        Self { status: 200, content: Content::File(File { name: Some(name), bytes }), message: None, meta: None }
    }

    /// A page, status 200.
    pub fn page<T>(page: Page<T>, view: impl FnMut(T) -> Value) -> Self {
        Self { status: 200, content: Content::Page(page.map(view)), message: None, meta: None }
    }

    /// Done, status 200.
    pub fn done(message: &str) -> Self {
        Self { status: 200, content: Content::Nothing, message: Some(message.to_owned()), meta: None }
    }

    /// All of it was wrong.
    pub fn faults(status: u16, faults: Vec<Violation>) -> Self {
        Self { status, content: Content::Faults(faults), message: None, meta: None }
    }

    /// The same with another status.
    pub fn status(mut self, status: u16) -> Self {
        self.status = status;
        self
    }

    /// The same with a sentence for a person.
    pub fn message(mut self, message: &str) -> Self {
        self.message = Some(message.to_owned());
        self
    }
}
