//! One request, one effect.
//!
//! A request has one identity, drawn once; it stands in each of its commits as the key of the audit entry, which must
//! not be there yet. The operation may run many times, under a client request token for each run, but of all its commits
//! one goes through: whatever is still on its way when another has gone through finds the entry in its way, and so does
//! the other when the first has. The entry names the run that made it, and that run's answer is the request's.
//!
//! What is refused after a run of whose commit no certain answer came is refused only when the entry stands there as a
//! bar: from then on nothing of the request can happen. When time is up before, the client is told that nobody knows.
//! What writes no audit entry (a webhook's deliveries) has no identity; each of its changes is conditional on a version.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::machinery::changes::{Act, Change, Expect, Otherwise, item_of};
use crate::machinery::keys::Key;
use crate::machinery::outside::Outside;
use crate::machinery::store::{Committed, Item, Store, Tried, number};
use crate::words::error::{Asking, Error, Result, Told};
use crate::words::time::utc_micros;

/// The attribute of an audit entry that names the run; without it, it was the first; 0 for a bar.
const RUN: &str = "run";
/// How often the same condition may fail on the same data: an operation reads afresh each time, so that it cannot.
const MOST_ALIKE: u32 = 3;
/// How long beyond the deadline a bar is put up, in milliseconds: a function has that much left.
const GRACE_MS: u64 = 1_500;
/// How long a bar is kept, in seconds; no commit is on its way for longer.
const BAR_SECONDS: i64 = 24 * 3600;

/// The effect of one request, or of one step of a long one. `A` is what a run answers.
pub(crate) struct Effect<A> {
    outside: Outside,
    asking: Asking,
    identity: Option<String>,
    entry: Option<Key>,
    runs: u32,
    doubtful: Vec<(u32, A)>,
    alike: BTreeMap<Key, (Option<Item>, u32)>,
}

/// One run of an operation.
pub(crate) struct Run {
    /// The identity of the request.
    pub(crate) identity: String,
    /// The run's own id, which is its commit's client request token.
    pub(crate) id: String,
    /// Which run it is, from 1.
    pub(crate) number: u32,
}

/// What a commit came to.
pub(crate) enum Came<A> {
    /// It went through, or an earlier run's had: the answer.
    Through(A),
    /// Nothing happened, since others write too.
    Contended,
    /// Nothing happened, since these conditions failed.
    Failed(Vec<(usize, Option<Item>)>),
}

#[derive(Serialize)]
struct Bar<'a> {
    at: String,
    request: &'a str,
    operation: &'a str,
    effects: [(); 0],
    run: u32,
    expires: i64,
}

/// The run that an audit entry names.
fn run_of(entry: &Item) -> u64 {
    if entry.contains_key(RUN) { number(entry, RUN) } else { 1 }
}

impl<A> Effect<A> {
    /// An effect that has not happened.
    pub(crate) fn new(outside: &Outside, asking: Asking) -> Self {
        Self {
            outside: outside.clone(),
            asking,
            identity: None,
            entry: None,
            runs: 0,
            doubtful: Vec::new(),
            alike: BTreeMap::new(),
        }
    }

    /// The next run, whose changes are about to be committed.
    pub(crate) fn run(&mut self) -> Run {
        self.runs += 1;
        let id = self.outside.fresh_id();
        Run { identity: self.identity.get_or_insert_with(|| id.clone()).clone(), id, number: self.runs }
    }

    /// Whether something of an earlier run may still happen, or have happened.
    pub(crate) fn is_doubtful(&self) -> bool {
        !self.doubtful.is_empty()
    }

    /// Commit the changes of a run that answers so; `entry` is its audit entry's key among them.
    pub(crate) async fn commit(
        &mut self,
        store: &Store,
        run: &Run,
        changes: &[Change],
        entry: Option<Key>,
        answer: A,
    ) -> Result<Came<A>> {
        self.entry = entry;
        let Tried { committed, doubtful } = Box::pin(store.attempt(changes, &run.id)).await?;
        let failed = match committed {
            Committed::Done => return Ok(Came::Through(answer)),
            Committed::Unknown(why) => {
                self.doubtful.push((run.number, answer));
                return Err(self.unknown(&why));
            }
            Committed::Contended => None,
            Committed::Failed(failed) => Some(failed),
        };
        let stands = failed.iter().flatten().find_map(|(place, item)| {
            let change = changes.get(*place).filter(|change| Some(&change.key) == self.entry.as_ref())?;
            Some((change, item.as_ref().map(run_of)))
        });
        // Whatever was sent of this run before the store said no may still be under way.
        let stood = match stands {
            Some((_, Some(number))) if number == u64::from(run.number) => return Ok(Came::Through(answer)),
            Some((change, number)) => Some((change.key.clone(), number)),
            None => None,
        };
        if doubtful {
            self.doubtful.push((run.number, answer));
        }
        match (stood, failed) {
            (Some((key, number)), _) => self.of_run(number.unwrap_or(0), &key).map(Came::Through),
            (None, Some(failed)) => Ok(Came::Failed(failed)),
            (None, None) => Ok(Came::Contended),
        }
    }

    /// The answer of the run that an entry names.
    fn of_run(&mut self, number: u64, key: &Key) -> Result<A> {
        let place = self.doubtful.iter().position(|(run, _)| u64::from(*run) == number);
        match place {
            Some(place) => Ok(self.doubtful.swap_remove(place).1),
            None => Err(Error::internal(format!("{key} is of a run that nobody made: {number}"))),
        }
    }

    /// These conditions failed and nobody is told: the operation is to run again, unless one of them failed on the same
    /// data before, and before that.
    pub(crate) fn again(&mut self, changes: &[Change], failed: Vec<(usize, Option<Item>)>) -> Result<()> {
        let mut before = std::mem::take(&mut self.alike);
        for (place, item) in failed {
            let Some(change) = changes.get(place) else { continue };
            let times = match before.remove(&change.key) {
                Some((then, times)) if then == item => times + 1,
                _ => 1,
            };
            if times >= MOST_ALIKE {
                let why = format!(
                    "the condition on {} failed {times} times on the same data: {:?}",
                    change.key, change.expect
                );
                return Err(Error::internal(why));
            }
            self.alike.insert(change.key.clone(), (item, times));
        }
        Ok(())
    }

    /// Before anything else is answered than what a commit came to: the answer of the run that went through after all;
    /// nothing when none has and none will.
    pub(crate) async fn settle(&mut self, store: &Store, operation: &str) -> Result<Option<A>> {
        let (false, Some(entry)) = (self.doubtful.is_empty(), self.entry.clone()) else { return Ok(None) };
        let now = self.outside.now();
        let bar = Bar {
            at: utc_micros(now),
            request: &self.asking.request,
            operation,
            effects: [],
            run: 0,
            expires: now.timestamp() + BAR_SECONDS,
        };
        let act = Act::Put(item_of(&bar)?);
        let bar = [Change { key: entry.clone(), act, expect: Expect::Absent, otherwise: Otherwise::Again }];
        let store = store.with_grace(std::time::Duration::from_millis(GRACE_MS));
        for run in 0.. {
            match store.attempt(&bar, &self.outside.fresh_id()).await?.committed {
                Committed::Done => break,
                Committed::Failed(failed) => {
                    let item = failed.into_iter().next().and_then(|(_, item)| item);
                    match item.as_ref().map_or(0, run_of) {
                        0 => break,
                        number => return self.of_run(number, &entry).map(Some),
                    }
                }
                // A transaction is still at it.
                Committed::Contended if !store.left().is_zero() => {
                    tokio::time::sleep(self.outside.pause_after(run)).await;
                }
                Committed::Contended => return Err(self.unknown("contended")),
                Committed::Unknown(why) => return Err(self.unknown(&why)),
            }
        }
        self.doubtful.clear();
        Ok(None)
    }

    fn unknown(&self, why: &str) -> Error {
        let told = Told::Unknown(self.asking.clone());
        Error { told, logged: Some(format!("the outcome is not known after {} runs: {why}", self.runs)) }
    }
}
