//! The one error type.
//!
//! An [`Error`] has two halves. [`Told`] is what the client may read; each dialect turns it into its own
//! status, envelope and wording with a `match` that has no catch-all arm, so a new kind of error visits
//! every dialect. `logged` is what the operator reads, in the spine's one log line, and nowhere else.
//! The type has no `Display`: the wrong half cannot be printed by accident.
//!
//! Which one to use: a field that reads wrong is a [`Violation`]; a business rule that says no is
//! [`Told::Refused`] with the rule's name; everything the client cannot mend is [`Error::internal`].

use serde::{Deserialize, Serialize};

use crate::words::limit::Limit;

/// The result of anything that can be told to a client.
pub type Result<T> = std::result::Result<T, Error>;

/// What went wrong: one half for the client, one for the operator.
#[derive(Debug, Clone)]
pub struct Error {
    /// What the client may read.
    pub told: Told,
    /// What only the log may hold.
    pub logged: Option<String>,
}

/// What a client may be told.
#[derive(Debug, Clone, PartialEq)]
pub enum Told {
    /// The body is not what its dialect calls a body (bad JSON, bad UTF-8, nested too deep).
    Malformed(String),
    /// One or more parameters are wrong; every violation found, in the reader's order.
    Invalid(Vec<Violation>),
    /// The body is longer than the limit, in bytes.
    TooLarge(usize),
    /// No route has this path.
    NoRoute,
    /// The path exists, the verb does not; the verbs that do, in the route table's order.
    WrongVerb(Vec<&'static str>),
    /// Who is asking is not known.
    Unauthenticated(Stranger),
    /// The credential may not be used from this address.
    AddressRefused,
    /// The credential lacks this ability (`users.view`).
    AbilityMissing(String),
    /// The credential has used up its own limit.
    TooMany(Limit),
    /// No such record, or none that this caller may see: the two are never told apart.
    NotFound {
        /// The entity's domain name (`customer`).
        entity: &'static str,
        /// The id as the client gave it.
        id: String,
    },
    /// A business rule says no.
    Refused {
        /// The rule's name, a stable word (`currency_in_use`).
        rule: &'static str,
        /// One sentence for a person.
        text: String,
    },
    /// The idempotency key was used before with another request.
    KeyReused,
    /// The answer would be longer than Lambda can return; the limit in bytes.
    AnswerTooLarge(usize),
    /// Too many writers at once; nothing happened, and the same request may be sent again after so many seconds.
    Busy(u64),
    /// The store did not answer in time; nothing happened, and the same request may be sent again.
    Unavailable,
    /// Time was up before it was certain what became of a write: it may have happened, in whole or in part, or may yet.
    Unknown(Asking),
    /// A call of a batch for which no time was left; nothing of it happened.
    NotBegun,
    /// The sandbox is being reset, and answers again when it is done.
    Resetting,
    /// Unexpected; says nothing.
    Internal,
}

/// How a client finds out what became of a write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asking {
    /// The request's id, which its audit entry and the log have too.
    pub request: String,
    /// Whether it came with an idempotency key: then it is sent again under the same.
    pub keyed: bool,
}

impl Asking {
    /// One sentence for a person that says how.
    pub fn how(&self) -> String {
        let Self { request, keyed } = self;
        if *keyed {
            format!("send it again with the same Idempotency-Key, and nothing is done twice (request {request})")
        } else {
            format!("look whether it was done before sending it again (request {request})")
        }
    }
}

/// Why a credential was not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Stranger {
    /// No credential came, or not in the dialect's form.
    Missing,
    /// The credential is not known, or is another dialect's.
    Unknown,
    /// The credential was known once.
    Expired,
    /// Login and password do not fit.
    BadLogin,
    /// A bearer token where the dialect has a code of its own for it.
    BadToken,
    /// The credential wants its requests signed, and this one is not, or not so.
    BadSignature,
}

/// One thing wrong with one parameter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Violation {
    /// The parameter, dotted where nested (`customers.0.email`).
    pub field: String,
    /// What it broke.
    pub rule: Rule,
}

impl Violation {
    /// A parameter that refers to something that is not there.
    pub fn missing(field: impl Into<String>, collection: impl Into<String>, id: impl ToString) -> Self {
        let rule = Rule::Missing { collection: collection.into(), id: id.to_string() };
        Self { field: field.into(), rule }
    }
}

impl From<Violation> for Error {
    fn from(violation: Violation) -> Self {
        Self::told(Told::Invalid(vec![violation]))
    }
}

/// What a parameter can break. The words for it are the dialect's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Rule {
    /// Missing, null or empty where a value is needed.
    Required,
    /// Of the wrong type; what it should be.
    Kind(Kind),
    /// Longer than so many characters.
    TooLong(usize),
    /// Shorter than so many characters.
    TooShort(usize),
    /// More than so many entries.
    TooMany(usize),
    /// Fewer than so many entries.
    TooFew(usize),
    /// Not above 0.
    NotPositive,
    /// 0 where any other number may stand.
    Zero,
    /// Below the smallest allowed value, in decimal text.
    TooSmall(String),
    /// Above the largest allowed value, in decimal text.
    TooLarge(String),
    /// Not one of these words.
    NotOneOf(Vec<String>),
    /// Not an e-mail address.
    Email,
    /// Not an address that anybody could reach over HTTPS.
    PublicUrl,
    /// Not a name of the Olson database.
    Zone,
    /// More decimal places than the currency has; how many it has.
    Precision(u32),
    /// Refers to something that is not there: the collection's name and the id given.
    Missing {
        /// The collection (`currencies`).
        collection: String,
        /// The id as given.
        id: String,
    },
    /// Another record has this value already.
    Taken,
    /// Says something else than the path does.
    Mismatch,
    /// Cannot stand beside another parameter that was sent.
    Contradicts,
    /// The first end of a range lies after the second.
    Reversed,
    /// Known, but not open to change through this call.
    ReadOnly,
    /// What no other rule says, as a whole sentence: a code of a wrong form, a rule of a standard by its id.
    Sentence(String),
}

/// What a parameter is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Kind {
    /// A string.
    Text,
    /// A whole number.
    Integer,
    /// A decimal number.
    Decimal,
    /// True or false.
    Flag,
    /// An instant or a date.
    Moment,
    /// A list.
    List,
    /// An object.
    Object,
}

impl Error {
    /// What the client is told; nothing for the log.
    pub fn told(told: Told) -> Self {
        Self { told, logged: None }
    }

    /// Something unexpected: the client learns nothing, the log everything.
    pub fn internal(logged: impl Into<String>) -> Self {
        Self { told: Told::Internal, logged: Some(logged.into()) }
    }

    /// One wrong parameter.
    pub fn field(field: impl Into<String>, rule: Rule) -> Self {
        Violation { field: field.into(), rule }.into()
    }

    /// No such record, or none this caller may see.
    pub fn not_found(entity: &'static str, id: impl ToString) -> Self {
        Self::told(Told::NotFound { entity, id: id.to_string() })
    }

    /// A business rule that says no.
    pub fn refused(rule: &'static str, text: impl Into<String>) -> Self {
        Self::told(Told::Refused { rule, text: text.into() })
    }

    /// The credential was not accepted.
    pub fn stranger(why: Stranger) -> Self {
        Self::told(Told::Unauthenticated(why))
    }
}
