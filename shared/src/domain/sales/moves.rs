//! How a service moves from one status to another (contract billmora §10.4): any may follow any other.
//!
//! | change | what happens | stock of the product |
//! | --- | --- | --- |
//! | suspended → active | unsuspended | stays |
//! | any other → active | activated | one less, unless there is none or any number |
//! | → suspended | suspended | stays |
//! | → terminated or cancelled | ended | one more, unless there is any number |
//! | → pending | nothing | stays |

use crate::domain::sales::service::{Service, Status};
use crate::words::time::{Date, Day, Instant};

/// What a move was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moved {
    /// It came to life.
    Activated,
    /// It goes on.
    Unsuspended,
    /// It is barred.
    Suspended,
    /// It is over.
    Ended,
    /// It has not begun any more.
    Reset,
}

impl Moved {
    /// What is told of it.
    pub fn event(self) -> &'static str {
        match self {
            Self::Activated => "service.activated",
            Self::Unsuspended => "service.unsuspended",
            Self::Suspended => "service.suspended",
            Self::Ended => "service.terminated",
            Self::Reset => "service.updated",
        }
    }
}

/// The move from one status to another; nothing when they are the same.
pub fn between(from: Status, to: Status) -> Option<Moved> {
    if from == to {
        return None;
    }
    Some(match to {
        Status::Active if from == Status::Suspended => Moved::Unsuspended,
        Status::Active => Moved::Activated,
        Status::Suspended => Moved::Suspended,
        // What is over already is not over once more.
        Status::Terminated | Status::Cancelled if from.is_over() => Moved::Reset,
        Status::Terminated | Status::Cancelled => Moved::Ended,
        Status::Pending => Moved::Reset,
    })
}

/// A product's stock after a move; -1 is any number, and it never falls below 0.
pub fn stock_after(stock: i64, moved: Moved) -> i64 {
    match moved {
        Moved::Activated if stock > 0 => stock - 1,
        Moved::Ended if stock >= 0 => stock + 1,
        _ => stock,
    }
}

/// Let a service's dates say when it moved.
pub fn stamp(service: &mut Service, moved: Moved, now: Instant) {
    match moved {
        Moved::Activated => (service.activated_at, service.cancelled_at) = (Some(now), None),
        Moved::Unsuspended => service.suspended_at = None,
        Moved::Suspended => service.suspended_at = Some(now),
        Moved::Ended if service.status == Status::Terminated => service.terminated_at = Some(now),
        Moved::Ended => service.cancelled_at = Some(now),
        Moved::Reset => {}
    }
}

/// A service that comes to life without any period begins its first one today. One that goes on is not asked for
/// the whole periods in which it was barred: the next one asked for is the one today lies in.
pub fn take_up(service: &mut Service, moved: Moved, today: Day) {
    if !service.cycle.recurs() {
        return;
    }
    match (moved, service.anchor) {
        (Moved::Activated, None) => {
            service.anchor_at(today.date);
            service.next_due = Some(today);
        }
        (Moved::Activated | Moved::Unsuspended, Some(anchor)) => {
            let now = service.cycle.number_at(anchor, today.date);
            let asked = service.asked_until();
            service.periods = service.periods.max(now);
            service.leave_out(asked, service.asked_until());
        }
        _ => {}
    }
}

/// Put off the day on which the next payment is due by one cycle (contract billmora §10.2).
pub fn put_off(service: &mut Service, midnight: impl Fn(Date) -> Option<Day>) {
    let Some((anchor, due)) = service.anchor.zip(service.next_due) else { return };
    let mut n = service.cycle.number_at(anchor, due.date);
    // Of a due date that lies between two periods the next one is meant.
    if service.cycle.start(anchor, n).is_some_and(|start| start <= due.date) {
        n += 1;
    }
    if let Some(next) = service.cycle.start(anchor, n).and_then(midnight) {
        service.next_due = Some(next);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stock_is_taken_once_and_given_back_once_and_never_negative() {
        for start in [-1, 0, 1, 5] {
            for from in Status::ALL {
                for to in Status::ALL {
                    let after = between(from, to).map_or(start, |moved| stock_after(start, moved));
                    assert!(after >= 0 || start == -1 && after == -1, "{from:?} to {to:?}");
                    assert!((after - start).abs() <= 1);
                }
            }
        }
        assert_eq!(stock_after(3, Moved::Activated), 2);
        assert_eq!(stock_after(0, Moved::Activated), 0);
        assert_eq!(stock_after(0, Moved::Ended), 1);
        assert_eq!(between(Status::Terminated, Status::Cancelled), Some(Moved::Reset));
        assert_eq!(between(Status::Active, Status::Active), None);
    }
}
