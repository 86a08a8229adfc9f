//! Turns: those of a tenant whose commits collide go one after the other.
//!
//! Whoever draws the same number, or changes the same record, collides: one commit goes through and the
//! others run again. Left to chance, some of many collide again and again, and their callers wait for
//! seconds (docs/decisions.md has the figures). So whoever collided once takes a ticket and runs again when
//! the tickets before it are done. What holds is still decided by the commit's own conditions: a turn
//! orders the tries and guards nothing, so that it may be done without.
//!
//! Nothing is waited for that does not come. Who gives up, or whose client hung up, says so and is passed over. Of a
//! process that died nobody hears: when nobody is done for half a second, who waits sweeps the line, which voids every
//! ticket in it, and who is still there takes a new one. So the dead cost one wait, however many there are and wherever
//! they stood. Who waited for too long tries without a turn, so that not even a line that never moves stops a tenant.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::time::Instant;

use crate::machinery::keys::Key;
use crate::machinery::outside::Outside;
use crate::machinery::store::{Item, Line, Step, Store};
use crate::words::error::{Error, Result, Told};

/// How long a run is taken to be until one was measured, in milliseconds.
const FIRST_MS: u64 = 20;
/// The bounds of what is measured, in milliseconds.
const BOUNDS_MS: (u64, u64) = (4, 400);
/// How often who is next looks at the line, in milliseconds at most.
const NEXT_MS: u64 = 8;
/// The longest sleep before the line is looked at again, in milliseconds.
const LONGEST_SLEEP_MS: u64 = 200;
/// How long nobody may be done before the line is swept: so long, or so many runs.
const STUCK: (Duration, u32) = (Duration::from_millis(500), 8);
/// How much later each who waits further behind sweeps, so that one does, and the most of it.
const STAGGER_MS: (u64, u64) = (5, 100);
/// The longest line that anyone joins, and the longest that anyone waits in it: below what a request has.
const LONGEST: Duration = Duration::from_secs(7);
/// How long an idle line is kept, in seconds.
const KEPT_SECONDS: i64 = 24 * 3600;

/// Whether anyone is in line, by its item, which who wants to know reads with others.
pub(crate) fn is_crowded(line: Option<&Item>) -> bool {
    Line::of(line).length() > 0
}

/// How long a run takes that goes through, in sixteenths of a millisecond, as this process has seen it: a moving mean of
/// its own runs, and of how fast the lines moved that it waited in.
pub struct Pace(AtomicU64);

impl Default for Pace {
    fn default() -> Self {
        Self(AtomicU64::new(FIRST_MS * 16))
    }
}

impl Pace {
    fn millis(&self) -> u64 {
        self.0.load(Ordering::Relaxed) / 16
    }

    /// How long nobody may be done in a line that moves.
    fn stuck(&self) -> Duration {
        STUCK.0.max(Duration::from_millis(self.millis()) * STUCK.1)
    }

    /// A run took so long.
    pub(crate) fn took(&self, time: Duration) {
        let new = u64::try_from(time.as_millis()).unwrap_or(u64::MAX).clamp(BOUNDS_MS.0, BOUNDS_MS.1) * 16;
        let old = self.0.load(Ordering::Relaxed);
        self.0.store((old * 7 + new) / 8, Ordering::Relaxed);
    }
}

/// A place in the line, or a turn.
pub(crate) struct Turn {
    store: Store,
    key: Key,
    until: i64,
    /// `None` when it was given back.
    ticket: Option<u64>,
}

impl Turn {
    /// Take a ticket and wait for its turn; nothing when it does not come in time. Where the line is too long nothing is
    /// taken, and the client is asked to come again when it will have passed.
    pub(crate) async fn take(store: &Store, key: Key, outside: &Outside, pace: &Pace) -> Result<Option<Self>> {
        let (began, until) = (Instant::now(), outside.now().timestamp() + KEPT_SECONDS);
        let longest = LONGEST.min(store.left() / 3 * 2);
        not_too_long(store, &key, longest, until, pace).await?;
        while began.elapsed() < longest {
            let Some(line) = store.step(&key, &Step::Take, until).await? else { return Ok(None) };
            let (store, key, ticket) = (store.clone(), key.clone(), line.taken);
            let mut turn = Self { store, key, until, ticket: Some(ticket) };
            match turn.comes(ticket, line, began + longest, outside, pace).await {
                Ok(Waited::Came) => return Ok(Some(turn)),
                Ok(Waited::Swept) => turn.ticket = None,
                waited => {
                    turn.give_back().await;
                    waited?;
                }
            }
        }
        Ok(None)
    }

    /// Wait until it is this ticket's turn.
    async fn comes(&self, ticket: u64, line: Line, end: Instant, outside: &Outside, pace: &Pace) -> Result<Waited> {
        let (mut line, mut since) = (line, Instant::now());
        let (began, all) = (since, line.before(ticket));
        loop {
            if line.done >= ticket {
                return Ok(Waited::Swept);
            }
            let before = line.before(ticket);
            if line.done + 1 == ticket || before == 0 {
                if all > 0 {
                    pace.took(began.elapsed() / u32::try_from(all).unwrap_or(u32::MAX));
                }
                return Ok(Waited::Came);
            }
            if Instant::now() >= end {
                return Ok(Waited::TooLong);
            }
            let stuck = pace.stuck() + Duration::from_millis((STAGGER_MS.0 * (before - 1)).min(STAGGER_MS.1));
            // When others were faster nothing was voided, and this ticket still counts.
            let sweep = Step::Sweep(line.done, line.taken);
            if since.elapsed() > stuck && self.store.step(&self.key, &sweep, self.until).await?.is_some() {
                return Ok(Waited::Swept);
            }
            // Who is next looks more often.
            let sleep = (before - 1) * pace.millis() * 3 / 4 + 1 + outside.random_below(NEXT_MS);
            let sleep = Duration::from_millis(sleep.min(LONGEST_SLEEP_MS));
            tokio::time::sleep(sleep.min(stuck.saturating_sub(since.elapsed()) + Duration::from_millis(1))).await;
            let now = self.store.line(&self.key).await?;
            if now.done != line.done {
                since = Instant::now();
            }
            line = now;
        }
    }

    /// Let the next one have its turn.
    pub(crate) async fn pass_on(mut self) {
        self.give_back().await;
    }

    async fn give_back(&mut self) {
        if let Some(ticket) = self.ticket.take() {
            // When this fails the next one waits a little longer.
            let _ = returned(&self.store, &self.key, ticket, self.until).await;
        }
    }
}

impl Drop for Turn {
    /// Who is dropped in line, or in its turn, gives it back too: on one machine that is a client that hung up.
    fn drop(&mut self) {
        let (Some(ticket), Ok(runtime)) = (self.ticket.take(), tokio::runtime::Handle::try_current()) else { return };
        let (store, key, until) = (self.store.for_one_request(), self.key.clone(), self.until);
        runtime.spawn(async move { returned(&store, &key, ticket, until).await.map(drop) });
    }
}

enum Waited {
    Came,
    /// All tickets were voided.
    Swept,
    TooLong,
}

/// Refuses when a line is too long that moves. One that does not move is swept: its tickets are nobody's.
async fn not_too_long(store: &Store, key: &Key, longest: Duration, until: i64, pace: &Pace) -> Result<()> {
    let (mut line, began) = (store.line(key).await?, Instant::now());
    loop {
        let expected = line.length().saturating_mul(pace.millis());
        if u128::from(expected) <= longest.as_millis() {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis((pace.millis() * 2).min(LONGEST_SLEEP_MS))).await;
        let now = store.line(key).await?;
        if now.done > line.done && now.length() > line.length() / 2 {
            let told = Told::Busy(expected.div_ceil(1000));
            return Err(Error { told, logged: Some(format!("a line of {expected} ms")) });
        }
        if now.done == line.done && began.elapsed() > pace.stuck() {
            store.step(key, &Step::Sweep(now.done, now.taken), until).await?;
            return Ok(());
        }
        line = now;
    }
}

/// Give a ticket back: the turn, with those behind it who left, or a place further behind.
async fn returned(store: &Store, key: &Key, ticket: u64, until: i64) -> Result<()> {
    // Who had its turn is behind `ticket - 1`, or behind others who left before it.
    let mut line = match store.step(key, &Step::Done(ticket - 1, ticket), until).await? {
        Some(line) => line,
        None => {
            let line = store.line(key).await?;
            if line.done >= ticket {
                return Ok(());
            }
            let own = if line.before(ticket) == 0 { Step::Done(line.done, ticket) } else { Step::Leave(ticket) };
            match store.step(key, &own, until).await? {
                Some(line) => line,
                None => return Ok(()),
            }
        }
    };
    while line.left.contains(&(line.done + 1)) {
        let gone = (line.done + 1..).take_while(|ticket| line.left.contains(ticket)).last().unwrap_or(line.done + 1);
        match store.step(key, &Step::Done(line.done, gone), until).await? {
            Some(now) => line = now,
            None => return Ok(()),
        }
    }
    Ok(())
}
