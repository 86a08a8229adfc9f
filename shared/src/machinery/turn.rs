//! Turns: those of a tenant whose commits collide line up.
//!
//! Whoever draws the same number, or changes the same record, collides: one commit goes through and the
//! others run again. Left to chance, some of many collide again and again, and their callers wait for
//! seconds (docs/decisions.md has the figures). So whoever collided once takes a ticket and runs again when
//! the tickets before it are done. What holds is still decided by the commit's own conditions: a turn
//! orders the tries and guards nothing, so a holder that dies is passed over after a while, and a turn that
//! cannot be taken is done without.

use std::time::Duration;

use crate::machinery::keys::Key;
use crate::machinery::outside::Outside;
use crate::machinery::store::{Item, Store, number, number_of};
use crate::words::error::{Error, Result, Told};
use crate::words::time::Instant;

/// The last ticket taken.
const TAKEN: &str = "taken";
/// The last ticket done with.
const DONE: &str = "done";
/// How long a waiter sleeps for each ticket before it, in milliseconds: about what a commit takes.
const STEP_MS: u64 = 8;
/// The longest sleep, in milliseconds.
const LONGEST_MS: u64 = 200;
/// How long nobody may be done before the first in line is passed over, in milliseconds.
const STUCK_MS: u64 = 500;
/// How long anyone waits in all, in milliseconds: below the 15 seconds that a function may take.
const PATIENCE_MS: u64 = 8_000;
/// How long an idle line is kept, in seconds.
const KEPT_SECONDS: i64 = 24 * 3600;

/// Whether anyone is in line, by its item, which who wants to know reads with others.
pub(crate) fn is_crowded(line: Option<&Item>) -> bool {
    number_of(line, TAKEN) > number_of(line, DONE)
}

/// A place in the line.
pub(crate) struct Turn {
    store: Store,
    key: Key,
    ticket: u64,
}

impl Turn {
    /// Take a ticket and wait for its turn. When it does not come in time the client is asked to come again.
    pub(crate) async fn take(store: &Store, key: Key, outside: &Outside, now: Instant) -> Result<Option<Self>> {
        let until = now.timestamp() + KEPT_SECONDS;
        let Some(item) = store.advance(&key, TAKEN, None, until).await? else { return Ok(None) };
        let turn = Self { store: store.clone(), key, ticket: number(&item, TAKEN) };
        let mut done = number(&item, DONE);
        let (mut waited, mut unchanged) = (0, 0);
        while done + 1 < turn.ticket {
            let ahead = turn.ticket - 1 - done;
            // Who is next looks more often.
            let sleep = ((ahead - 1) * STEP_MS).min(LONGEST_MS) + 1 + outside.random_below(STEP_MS / 2);
            tokio::time::sleep(Duration::from_millis(sleep)).await;
            (waited, unchanged) = (waited + sleep, unchanged + sleep);
            let before = done;
            done = store
                .get_items(std::slice::from_ref(&turn.key))
                .await?
                .pop()
                .flatten()
                .map_or(0, |item| number(&item, DONE));
            if done != before {
                unchanged = 0;
            } else if unchanged > STUCK_MS {
                unchanged = 0;
                store.advance(&turn.key, DONE, Some(done), until).await?;
            }
            if waited > PATIENCE_MS {
                return Err(Error { told: Told::Busy, logged: Some(format!("waited {waited} ms in line")) });
            }
        }
        Ok(Some(turn))
    }

    /// Let the next one have its turn.
    pub(crate) async fn pass_on(self, now: Instant) {
        // When this fails the next one waits a little longer.
        let until = now.timestamp() + KEPT_SECONDS;
        let _ = self.store.advance(&self.key, DONE, Some(self.ticket - 1), until).await;
    }
}
