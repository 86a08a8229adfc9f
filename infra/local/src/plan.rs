//! Usage plans: a token bucket and a daily quota for each key, as API Gateway has them.

use std::collections::BTreeMap;
use std::sync::Mutex;

use shared::words::time::Instant;

use crate::template::Plan;

/// What a plan says of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Let in.
    Admitted,
    /// Too many a second.
    Throttled,
    /// Too many a day.
    QuotaExceeded,
}

/// The state of every key.
#[derive(Default)]
pub struct Meters(Mutex<BTreeMap<String, Meter>>);

struct Meter {
    /// Thousandths of a request that may still come at once.
    tokens: u64,
    /// When that was so, epoch milliseconds.
    at: i64,
    /// The day (days since the epoch, UTC) and the requests of it.
    day: (i64, u64),
}

impl Meters {
    /// Count a request of a key.
    pub fn admit(&self, key: &str, plan: Plan, now: Instant) -> Verdict {
        let millis = now.timestamp_millis();
        let today = millis.div_euclid(24 * 3600 * 1000);
        let full = plan.burst.saturating_mul(1000);
        let Ok(mut meters) = self.0.lock() else {
            return Verdict::Throttled;
        };
        let meter = meters.entry(key.to_owned()).or_insert(Meter { tokens: full, at: millis, day: (today, 0) });
        let passed = u64::try_from(millis - meter.at).unwrap_or(0);
        meter.tokens = meter.tokens.saturating_add(passed.saturating_mul(plan.rate)).min(full);
        meter.at = millis;
        if meter.day.0 != today {
            meter.day = (today, 0);
        }
        if plan.quota.is_some_and(|quota| meter.day.1 >= quota) {
            return Verdict::QuotaExceeded;
        }
        if meter.tokens < 1000 {
            return Verdict::Throttled;
        }
        meter.tokens -= 1000;
        meter.day.1 += 1;
        Verdict::Admitted
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::words::time::{Duration, Zone, parse_moment};

    #[test]
    fn burst_then_rate_then_quota() {
        let meters = Meters::default();
        let plan = Plan { rate: 2, burst: 3, quota: Some(6) };
        let start = parse_moment("2026-01-01T23:00:00Z", Zone::UTC).unwrap();
        let ask = |seconds| meters.admit("k", plan, start + Duration::seconds(seconds));
        use Verdict::{Admitted, QuotaExceeded, Throttled};
        assert_eq!([ask(0), ask(0), ask(0), ask(0)], [Admitted, Admitted, Admitted, Throttled]);
        assert_eq!([ask(1), ask(1), ask(1)], [Admitted, Admitted, Throttled]);
        assert_eq!([ask(9), ask(10)], [Admitted, QuotaExceeded]);
        assert_eq!(ask(3600), Admitted, "the next day");
        assert_eq!(meters.admit("other", plan, start), Admitted);
    }
}
