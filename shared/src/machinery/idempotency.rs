//! Idempotency keys: the first effect is the only one, and its answer is given again byte for byte.
//!
//! The record of a key is one change of the effect's own transaction, on condition that there is none.
//! Nothing is looked up beforehand: when the key was used, the commit fails, and what failed it is the
//! record itself, with the answer. Twins in flight race for that record; the loser gives the winner's
//! answer. Only a request that changed something leaves a record, so a refused request may be mended and
//! sent again under its key.
//!
//! A key belongs to one credential of one tenant, and is kept 24 hours. A long write (a batch) leaves a
//! record for each commit on its way that changed something; sent again, it goes on after the last one. An
//! answer that holds a secret is not kept: signing in twice under one key gives two tokens.

use serde::{Deserialize, Serialize};

use crate::machinery::caller::Caller;
use crate::machinery::changes::{Act, Change, Expect, Otherwise, item_of};
use crate::machinery::keys::{self, Key};
use crate::machinery::secrets::{Secret, sha256};
use crate::machinery::store::{Item, record};
use crate::words::error::{Error, Result, Rule, Told};
use crate::words::time::Instant;

/// How long a record is kept, in seconds.
pub const KEPT_SECONDS: i64 = 24 * 3600;
/// The longest key, in characters.
pub const LONGEST_KEY: usize = 255;
/// The header it comes in, and how it is named when it is wrong.
pub const HEADER: &str = "idempotency-key";

/// What is kept of an effect.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// The keyed digest of the request, which may hold a password.
    pub request: String,
    /// The status of the answer.
    pub status: u16,
    /// The body of the answer; for a step on the way, what to go on from.
    pub body: String,
    /// When the table may forget it, epoch seconds.
    pub expires: i64,
}

/// An idempotency key with the request it came with.
#[derive(Debug, Clone)]
pub struct Idempotency {
    key: String,
    request: String,
}

/// What stands under a key already.
#[derive(Debug)]
pub enum Stood {
    /// The answer of the same request.
    Answer(Record),
    /// How far the same request came.
    Progress(Record),
}

impl Idempotency {
    /// The key of a request whose meaning is `request` (verb, path, parameters). The key is 1 to
    /// [`LONGEST_KEY`] visible ASCII characters.
    pub fn new(key: &str, request: &[u8], secret: &Secret) -> Result<Self> {
        if key.is_empty() {
            return Err(Error::field("Idempotency-Key", Rule::Required));
        }
        if key.len() > LONGEST_KEY {
            return Err(Error::field("Idempotency-Key", Rule::TooLong(LONGEST_KEY)));
        }
        if !key.bytes().all(|b| (0x20..0x7f).contains(&b)) {
            return Err(Error::field("Idempotency-Key", Rule::Kind(crate::words::error::Kind::Text)));
        }
        Ok(Self { key: sha256(key.as_bytes()), request: secret.digest_of(request) })
    }

    /// Where the record of the last commit (`None`) or of a step on the way stands.
    pub fn place(&self, caller: &Caller, step: Option<u32>) -> Key {
        keys::idempotency(&caller.tenant, &caller.credential, &self.key, step)
    }

    /// The change that leaves the record.
    pub fn change(
        &self,
        caller: &Caller,
        step: Option<u32>,
        status: u16,
        body: String,
        now: Instant,
    ) -> Result<Change> {
        let record = Record { request: self.request.clone(), status, body, expires: now.timestamp() + KEPT_SECONDS };
        let act = Act::Put(item_of(&record)?);
        Ok(Change {
            key: self.place(caller, step),
            act,
            expect: Expect::AbsentOrExpired(now.timestamp()),
            otherwise: Otherwise::Again,
        })
    }

    /// The condition that the last commit of a long write has not been made: a step on the way rides with it,
    /// so that what was finished under the key is not begun anew.
    pub fn unfinished(&self, caller: &Caller, now: Instant) -> Change {
        let expect = Expect::AbsentOrExpired(now.timestamp());
        Change { key: self.place(caller, None), act: Act::Check, expect, otherwise: Otherwise::Again }
    }

    /// What a record that was looked up means for this request, unless it has expired.
    pub fn standing(&self, item: Item, step: Option<u32>, now: Instant) -> Result<Option<Stood>> {
        let found: Record = record(item.clone())?;
        if found.expires <= now.timestamp() { Ok(None) } else { self.stood(item, step).map(Some) }
    }

    /// What a record that failed a commit means for this request.
    pub fn stood(&self, item: Item, step: Option<u32>) -> Result<Stood> {
        let found: Record = record(item)?;
        if found.request != self.request {
            return Err(Error::told(Told::KeyReused));
        }
        Ok(if step.is_some() { Stood::Progress(found) } else { Stood::Answer(found) })
    }
}
