//! When a delivery that failed is tried again: the Standard Webhooks specification's schedule.

use chrono::{DateTime, Duration};

use crate::words::time::Instant;

/// Seconds between one attempt and the next: 75 hours, 35 minutes and 5 seconds in all.
const PAUSES: [i64; 9] = [5, 5 * 60, 30 * 60, 2 * 3600, 5 * 3600, 10 * 3600, 14 * 3600, 20 * 3600, 24 * 3600];
/// Attempts in all.
pub const MOST_ATTEMPTS: usize = PAUSES.len() + 1;
/// The longest that a receiver may ask to be left alone, in seconds: a day.
const LONGEST_REST: i64 = 24 * 3600;

/// When to try again after so many attempts; never, when they were enough. A pause is shortened by up to a fifth at
/// random (`random_below` gives a number below its argument), so that what failed together does not come back
/// together, and is never shorter than what the receiver asked for.
pub fn next(
    attempts: usize,
    rest: Option<i64>,
    now: Instant,
    random_below: impl FnOnce(u64) -> u64,
) -> Option<Instant> {
    let pause = *PAUSES.get(attempts.checked_sub(1)?)?;
    let shorter = i64::try_from(random_below(pause.unsigned_abs() / 5 + 1)).unwrap_or(0);
    let rest = rest.unwrap_or(0).clamp(0, LONGEST_REST);
    Some(now + Duration::seconds((pause - shorter).max(rest)))
}

/// Seconds that a receiver asks for in `Retry-After`: a number, or a date.
pub fn rest(header: &str, now: Instant) -> Option<i64> {
    let header = header.trim();
    if header.bytes().all(|byte| byte.is_ascii_digit()) {
        // More digits than fit are as good as for ever.
        return (!header.is_empty()).then(|| header.parse().unwrap_or(LONGEST_REST));
    }
    let until = DateTime::parse_from_rfc2822(header).ok()?;
    Some((until.to_utc() - now).num_seconds().max(0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::time::{Zone, parse_moment};

    fn noon() -> Instant {
        parse_moment("2026-03-01T12:00:00Z", Zone::UTC).unwrap()
    }

    #[test]
    fn seventy_five_hours_later_it_is_over() {
        let last: i64 = (1..).map_while(|n| next(n, None, noon(), |_| 0)).map(|at| (at - noon()).num_seconds()).sum();
        assert_eq!(last, 75 * 3600 + 35 * 60 + 5);
        assert_eq!(next(MOST_ATTEMPTS, None, noon(), |_| 0), None);
        assert_eq!(next(0, None, noon(), |_| 0), None);
        // At most a fifth sooner.
        let sooner = next(2, None, noon(), |bound| bound - 1).unwrap();
        assert_eq!((sooner - noon()).num_seconds(), 240);
    }

    #[test]
    fn the_receiver_is_left_alone_as_it_asks() {
        assert_eq!(next(1, Some(90), noon(), |_| 0), Some(noon() + Duration::seconds(90)));
        assert_eq!(next(3, Some(90), noon(), |_| 0), Some(noon() + Duration::seconds(1800)));
        assert_eq!(next(1, Some(10_000_000), noon(), |_| 0), Some(noon() + Duration::seconds(LONGEST_REST)));
        for (header, seconds) in [
            ("120", Some(120)),
            (" 7 ", Some(7)),
            ("Sun, 01 Mar 2026 12:02:00 GMT", Some(120)),
            ("Sun, 01 Mar 2026 11:00:00 GMT", Some(0)),
            ("99999999999999999999", Some(LONGEST_REST)),
            ("soon", None),
            ("", None),
            ("-5", None),
        ] {
            assert_eq!(rest(header, noon()), seconds, "{header}");
        }
    }
}
