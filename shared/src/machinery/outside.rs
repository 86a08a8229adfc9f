//! What the outside world gives: the time, randomness. Nothing else may ask for them (clippy holds it), so
//! that a test fixes them and an operation can be run again.

use std::sync::Arc;
use std::time::Duration;

use chrono::{Timelike, Utc};

use crate::words::time::Instant;

type Clock = Arc<dyn Fn() -> Instant + Send + Sync>;
type Fill = Arc<dyn Fn(&mut [u8]) + Send + Sync>;

/// The longest pause between two runs, in milliseconds.
const LONGEST_PAUSE_MS: u64 = 250;

/// The clock and the source of randomness.
#[derive(Clone)]
pub struct Outside {
    clock: Clock,
    fill: Fill,
    reaches_itself: bool,
    sandbox: bool,
}

impl Outside {
    /// The machine's own.
    #[allow(clippy::disallowed_methods, clippy::expect_used, reason = "the one place where the outside is asked")]
    pub fn real() -> Self {
        Self {
            clock: Arc::new(Utc::now),
            fill: Arc::new(|bytes| getrandom::fill(bytes).expect("the system has no randomness")),
            reaches_itself: false,
            sandbox: false,
        }
    }

    /// The same with another clock.
    pub fn with_clock(self, clock: impl Fn() -> Instant + Send + Sync + 'static) -> Self {
        Self { clock: Arc::new(clock), ..self }
    }

    /// The same with another source of randomness.
    pub fn with_randomness(self, fill: impl Fn(&mut [u8]) + Send + Sync + 'static) -> Self {
        Self { fill: Arc::new(fill), ..self }
    }

    /// The same where webhooks may lead to this machine itself: on one machine, never in the cloud.
    pub fn reaching_itself(self) -> Self {
        Self { reaches_itself: true, ..self }
    }

    /// Whether webhooks may lead to this machine itself.
    pub fn reaches_itself(&self) -> bool {
        self.reaches_itself
    }

    /// The same in a sandbox: a stage with data of its own that are reset, whose tenants set their clocks.
    pub fn sandboxed(self) -> Self {
        Self { sandbox: true, ..self }
    }

    /// Whether this is a sandbox.
    pub fn is_sandbox(&self) -> bool {
        self.sandbox
    }

    /// The time, in whole seconds: no dialect shows more, and two answers about one instant agree.
    pub fn now(&self) -> Instant {
        let now = (self.clock)();
        now.with_nanosecond(0).unwrap_or(now)
    }

    /// The time as exactly as the clock has it.
    pub fn exactly_now(&self) -> Instant {
        (self.clock)()
    }

    /// So many random bytes.
    pub fn random<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        (self.fill)(&mut bytes);
        bytes
    }

    /// A random number below `bound`, for jitter.
    pub fn random_below(&self, bound: u64) -> u64 {
        u64::from_be_bytes(self.random::<8>()) % bound.max(1)
    }

    /// How long to wait after so many runs that collided: it grows, and is of random length, so that those who met do
    /// not meet again.
    pub fn pause_after(&self, runs: u32) -> Duration {
        Duration::from_millis(self.random_below((4_u64 << runs.min(10)).min(LONGEST_PAUSE_MS)))
    }

    /// A new id that sorts by the time it was made (UUID version 7).
    pub fn fresh_id(&self) -> String {
        let millis = u64::try_from(self.exactly_now().timestamp_millis()).unwrap_or(0);
        uuid::Builder::from_unix_timestamp_millis(millis, &self.random()).into_uuid().to_string()
    }
}
