//! The route table: a value that can be read.
//!
//! A row binds a verb and a path, and a JSON-RPC name where there is one, to an operation, with one
//! function that reads a request and one that writes the answer. The router, the RPC method list, the check
//! of template.yaml, the isolation matrix and the API documents are loops over the rows.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::machinery::caller::Caller;
use crate::machinery::dialect::Dialect;
use crate::machinery::operation::{Context, Done, Op, Scope, Working};
use crate::machinery::reader::{Described, Manner, Params, Reader};
use crate::machinery::reply::{Reply, View, Written};
use crate::machinery::request::LARGEST_BODY;
use crate::words::error::{Error, Result, Told, Violation};
use crate::words::time::Zone;

type Run = Box<dyn for<'a> Fn(&'a Context, &'a Params) -> Working<'a, Done<Reply>> + Send + Sync>;
type Describe = Box<dyn Fn() -> Vec<Described> + Send + Sync>;

/// One row of the route table.
pub struct Row {
    /// The dialect.
    pub dialect: Dialect,
    /// `GET`, `POST`, `PUT`, `PATCH` or `DELETE`.
    pub verb: &'static str,
    /// The whole path, parameters in braces (`/api/clients/{id}`).
    pub path: &'static str,
    /// The JSON-RPC name.
    pub rpc: Option<&'static str>,
    /// The ability a credential needs.
    pub ability: Option<&'static str>,
    /// Whether its answer may be kept under an idempotency key. Not where the answer holds a secret, which
    /// is shown once and stored nowhere.
    pub recorded: bool,
    /// What its answer is when it is a file and no JSON.
    pub media: Option<&'static str>,
    /// Members of its answer that hold a secret, which is shown once: what is kept under an idempotency key has
    /// null there.
    pub secrets: &'static [&'static str],
    /// The longest body, in bytes.
    pub largest_body: usize,
    /// The operation's name.
    pub operation: &'static str,
    /// Who may call it.
    pub scope: Scope,
    /// Whether it may change anything.
    pub writes: bool,
    names: &'static [(&'static str, &'static str)],
    run: Run,
    describe: Describe,
}

impl Row {
    /// A row: how `op` is called in `dialect`. `names` says what the dialect calls the operation's fields,
    /// where it calls them differently.
    pub fn new<I: Send + Sync, O: Send, W: Written + 'static>(
        dialect: Dialect,
        verb: &'static str,
        path: &'static str,
        op: &'static Op<I, O>,
        read: fn(&mut Reader<'_>) -> I,
        write: fn(View, O) -> W,
        names: &'static [(&'static str, &'static str)],
    ) -> Self {
        let manner = dialect.manner();
        let run: Run = Box::new(move |cx, params| {
            Box::pin(async move {
                let manner = Manner { legacy: cx.caller.legacy, ..manner };
                let mut reader = Reader::new(params, manner, cx.zone);
                let input = read(&mut reader);
                let order = reader.names();
                let finished = reader.finish(op.entity);
                if let (Err(Error { told: Told::Invalid(found), .. }), Some(also)) = (&finished, op.also) {
                    let mut all = found.clone();
                    let more = also(cx, &input).await?.into_iter().map(|violation| renamed(violation, names));
                    all.extend(more.filter(|more| found.iter().all(|one| one.field != more.field)));
                    return Err(in_order(Error::told(Told::Invalid(all)), &order));
                }
                finished?;
                let Done { answer, changes, progress } = (op.run)(cx, &input)
                    .await
                    .map_err(|error| in_order(in_the_dialects_names(error, names), &order))?;
                let answer = write(View { zone: cx.zone, legacy: cx.caller.legacy }, answer).written()?;
                Ok(Done { answer, changes, progress })
            })
        });
        let describe: Describe = Box::new(move || {
            let params = Params { describing: true, ..Params::default() };
            let mut reader = Reader::new(&params, manner, Zone::UTC);
            read(&mut reader);
            reader.described()
        });
        Self {
            dialect,
            verb,
            path,
            rpc: None,
            ability: None,
            recorded: op.writes,
            media: None,
            secrets: &[],
            largest_body: LARGEST_BODY,
            operation: op.name,
            scope: op.scope,
            writes: op.writes,
            names,
            run,
            describe,
        }
    }

    /// The same with a JSON-RPC name.
    pub fn rpc(mut self, name: &'static str) -> Self {
        self.rpc = Some(name);
        self
    }

    /// The same for credentials with an ability only.
    pub fn ability(mut self, ability: &'static str) -> Self {
        self.ability = Some(ability);
        self
    }

    /// The same, its answer never kept.
    pub fn unrecorded(mut self) -> Self {
        self.recorded = false;
        self
    }

    /// The same, its answer a file of this kind.
    pub fn media(mut self, media: &'static str) -> Self {
        self.media = Some(media);
        self
    }

    /// The same, with these members of its answer shown once.
    pub fn shows_once(mut self, secrets: &'static [&'static str]) -> Self {
        self.secrets = secrets;
        self
    }

    /// An answer as it may be kept.
    pub fn without_secrets(&self, body: &str) -> String {
        fn hide(value: &mut Value, secrets: &[&str]) {
            match value {
                Value::Object(members) => members.iter_mut().for_each(|(name, value)| {
                    if secrets.contains(&name.as_str()) { *value = Value::Null } else { hide(value, secrets) }
                }),
                Value::Array(list) => list.iter_mut().for_each(|value| hide(value, secrets)),
                _ => {}
            }
        }
        match serde_json::from_str::<Value>(body) {
            Ok(mut value) if !self.secrets.is_empty() => {
                hide(&mut value, self.secrets);
                value.to_string()
            }
            _ => body.to_owned(),
        }
    }

    /// The same with a shorter longest body, in bytes.
    pub fn largest_body(mut self, bytes: usize) -> Self {
        self.largest_body = bytes;
        self
    }

    /// What a credential must permit where the dialect's own abilities do not say: the operation's module, and
    /// whether it looks at, makes, changes or takes away something (`invoices.view`).
    pub fn permission(&self) -> String {
        let (module, action) = self.operation.split_once('.').unwrap_or((self.operation, ""));
        let begins = |words: &[&str]| words.iter().any(|word| action.starts_with(word));
        let action = match self.writes {
            false => "view",
            true if begins(&["create", "subscribe"]) => "create",
            true if begins(&["delete", "archive", "revoke"]) => "delete",
            true => "update",
        };
        format!("{module}.{action}")
    }

    /// Refuses a caller whose credential does not permit this.
    pub(crate) fn admits(&self, caller: &Caller) -> Result<()> {
        match self.ability {
            Some(ability) => caller.must_hold(ability),
            None => caller.must_be_permitted(&self.permission()),
        }
    }

    /// Read the request, run the operation, write the answer. Nothing is committed.
    pub fn run<'a>(&'a self, cx: &'a Context, params: &'a Params) -> Working<'a, Done<Reply>> {
        (self.run)(cx, params)
    }

    /// An operation's error with its fields named as the dialect names them.
    pub fn in_its_names(&self, error: Error) -> Error {
        in_the_dialects_names(error, self.names)
    }

    /// The parameters it reads, for the API documents.
    pub fn describe(&self) -> Vec<Described> {
        (self.describe)()
    }
}

fn renamed(violation: Violation, names: &[(&'static str, &'static str)]) -> Violation {
    let called = |field: &str| names.iter().find(|(own, _)| *own == field).map(|(_, name)| *name);
    if let Some(name) = called(&violation.field) {
        return Violation { field: name.to_owned(), ..violation };
    }
    // Of a nested field (`items.0.unit_price`) each part may be called differently.
    let parts: Vec<&str> = violation.field.split('.').map(|part| called(part).unwrap_or(part)).collect();
    Violation { field: parts.join("."), ..violation }
}

/// The violations in the order in which their fields were read.
fn in_order(error: Error, order: &[String]) -> Error {
    let Told::Invalid(mut violations) = error.told else { return error };
    let place = |field: &str| order.iter().position(|name| Some(name.as_str()) == field.split('.').next());
    violations.sort_by_key(|violation| place(&violation.field));
    Error { told: Told::Invalid(violations), ..error }
}

fn in_the_dialects_names(error: Error, names: &[(&'static str, &'static str)]) -> Error {
    match error.told {
        Told::Invalid(violations) => {
            let told = Told::Invalid(violations.into_iter().map(|violation| renamed(violation, names)).collect());
            Error { told, ..error }
        }
        _ => error,
    }
}

/// Where a request leads.
pub enum Found<'t> {
    /// To a row, with what stood in the path.
    Row(&'t Row, BTreeMap<String, String>),
    /// The path exists, with these verbs.
    WrongVerb(Vec<&'static str>),
    /// Nowhere.
    Nothing,
}

/// All rows, findable by verb and path and by JSON-RPC name.
#[derive(Default)]
pub struct Routes {
    rows: Vec<Row>,
    paths: matchit::Router<Vec<usize>>,
    names: BTreeMap<&'static str, usize>,
}

impl Routes {
    /// A table of these rows.
    ///
    /// # Panics
    ///
    /// When two rows have the same verb and path, or the same JSON-RPC name: at start-up, in every test.
    #[allow(clippy::panic, reason = "a contradiction in our own table, found at start-up")]
    pub fn new(rows: Vec<Row>) -> Self {
        let mut by_path: BTreeMap<&'static str, Vec<usize>> = BTreeMap::new();
        let mut names = BTreeMap::new();
        for (place, row) in rows.iter().enumerate() {
            let same = by_path.entry(row.path).or_default();
            if same.iter().any(|other| rows.get(*other).is_some_and(|other| other.verb == row.verb)) {
                panic!("two rows for {} {}", row.verb, row.path);
            }
            same.push(place);
            if let Some(name) = row.rpc
                && names.insert(name, place).is_some()
            {
                panic!("two rows for {name}");
            }
        }
        let mut paths = matchit::Router::new();
        for (path, places) in by_path {
            if let Err(why) = paths.insert(path, places) {
                panic!("{path}: {why}");
            }
        }
        Self { rows, paths, names }
    }

    /// All rows, in the order they were given.
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// A dialect's row of a verb and a path (percent-encoded, without a last slash). `HEAD` finds what `GET` does. Two
    /// dialects share nouns, so that one's path may look like the other's.
    pub fn find(&self, dialect: Dialect, verb: &str, path: &str) -> Found<'_> {
        let Ok(matched) = self.paths.at(path) else {
            return Found::Nothing;
        };
        let rows = matched.value.iter().filter_map(|place| self.rows.get(*place));
        let rows: Vec<&Row> = rows.filter(|row| row.dialect == dialect).collect();
        if rows.is_empty() {
            return Found::Nothing;
        }
        let wanted = if verb == "HEAD" { "GET" } else { verb };
        match rows.iter().find(|row| row.verb == wanted) {
            None => {
                let mut verbs = Vec::new();
                for verb in ["GET", "POST", "PUT", "PATCH", "DELETE"] {
                    if rows.iter().any(|row| row.verb == verb) {
                        verbs.push(verb);
                        verbs.extend((verb == "GET").then_some("HEAD"));
                    }
                }
                Found::WrongVerb(verbs)
            }
            Some(row) => {
                let decode = |text: &str| percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned();
                Found::Row(row, matched.params.iter().map(|(name, value)| (name.to_owned(), decode(value))).collect())
            }
        }
    }

    /// The row that reads what a row changes: the same path of the same dialect.
    pub(crate) fn shows(&self, row: &Row) -> Option<&Row> {
        let changes = ["PUT", "PATCH"].contains(&row.verb);
        let same = |other: &&Row| other.verb == "GET" && other.path == row.path && other.dialect == row.dialect;
        self.rows.iter().filter(|_| changes).find(same)
    }

    /// Whether a row takes a record back as it is shown.
    pub(crate) fn takes_back(&self, row: &Row) -> bool {
        row.verb == "PUT" && self.shows(row).is_some()
    }

    /// The row of a JSON-RPC name.
    pub fn method(&self, name: &str) -> Option<&Row> {
        self.names.get(name).and_then(|place| self.rows.get(*place))
    }
}

/// A writer for answers that are JSON already.
pub fn as_is(_: View, answer: Value) -> Reply {
    Reply::one(answer)
}
