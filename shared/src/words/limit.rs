//! Rate limits: a fixed window per credential, exact under concurrency, in one conditional update.
//!
//! The count lives in the credential's own item, so that looking the credential up and counting the
//! request are one write. Windows begin at a phase of the credential's own, so that resets spread.
//!
//! The window's number picks one of [`SLOTS`] attributes; a counting update adds 1 to its window's slot and
//! removes all the others. A new window therefore finds its slot empty and needs no write to open it. The
//! exception: a credential that was idle for an exact multiple of [`SLOTS`] windows finds its old slot, and
//! pays a second write once.

use serde::{Deserialize, Serialize};

/// How many windows are told apart without opening one.
pub const SLOTS: u64 = 16;

/// The state of a limit after a request was counted, or refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limit {
    /// Requests in a window.
    pub size: u64,
    /// Requests left after this one.
    pub remaining: u64,
    /// The window's end, in epoch seconds.
    pub reset: i64,
    /// Whole seconds until then, at least 1.
    pub retry_after: i64,
}

/// A window of time, as a credential sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// Seconds a window is long.
    pub seconds: i64,
    /// Seconds the windows are shifted, 0 to `seconds`.
    pub phase: i64,
}

impl Span {
    /// Windows of `seconds`, with the phase that a digest (hexadecimal) gives.
    pub fn of(seconds: i64, digest: &str) -> Self {
        let number = digest.get(..8).and_then(|hex| i64::from_str_radix(hex, 16).ok()).unwrap_or(0);
        Self { seconds, phase: number % seconds }
    }

    /// The number of the window that an instant (epoch seconds) lies in.
    pub fn window(self, now: i64) -> u64 {
        u64::try_from((now + self.phase).div_euclid(self.seconds)).unwrap_or(0)
    }

    /// The state after `used` requests of `size` in window number `window`, seen at `now`.
    pub fn state(self, window: u64, now: i64, used: u64, size: u64) -> Limit {
        let end = i64::try_from(window).unwrap_or(0).saturating_add(1).saturating_mul(self.seconds) - self.phase;
        Limit { size, remaining: size.saturating_sub(used), reset: end, retry_after: (end - now).max(1) }
    }
}

/// The attribute that counts a window.
pub fn slot(window: u64) -> String {
    format!("n{}", window % SLOTS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_follow_each_other_and_end_when_they_say() {
        let span = Span::of(60, "0000002a00");
        assert_eq!(span.phase, 42);
        let window = span.window(1_000_000);
        let limit = span.state(window, 1_000_000, 1, 60);
        assert_eq!(limit.remaining, 59);
        assert_eq!(span.window(limit.reset - 1), window);
        assert_eq!(span.window(limit.reset), window + 1);
        assert_eq!(limit.retry_after, limit.reset - 1_000_000);
    }
}
