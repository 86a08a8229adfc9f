//! The clock of a sandbox's tenant: set, it stands still; what is dated, billed and overdue goes by it, and nothing
//! that guards the tenant does (credentials, limits, idempotency keys, webhooks' signatures). In a live stage it is
//! as if there were no such calls.

use chrono::{Days, NaiveTime};

use crate::machinery::changes::Changes;
use crate::machinery::keys;
use crate::machinery::operation::{Context, Done, Op, Scope};
use crate::machinery::sandbox::SetClock;
use crate::words::error::{Error, Result, Rule, Told};
use crate::words::time::{Instant, Zone, parse_moment};

/// The clock.
pub const GET: Op<(), Clock> = Op::read("clock.get", "clock", Scope::Tenant, |cx, ()| Box::pin(get(cx)));
/// Set it.
pub const SET: Op<Instant, Clock> =
    Op::write("clock.update", "clock", Scope::Tenant, |cx, now| Box::pin(set(cx, *now)));
/// Let it go with the machine's again.
pub const CLEAR: Op<(), Clock> = Op::write("clock.delete", "clock", Scope::Tenant, |cx, ()| Box::pin(clear(cx)));

/// The earliest time that a clock may show, and the first that is too late: within, every date that is reckoned from it
/// is one.
pub const BOUNDS: (&str, &str) = ("2000-01-01T00:00:00Z", "2100-01-01T00:00:00Z");

/// A tenant's clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Clock {
    /// What it shows, UTC.
    pub now: Instant,
    /// Whether it was set, and stands still.
    pub frozen: bool,
    /// What the machine's shows, UTC.
    pub wall: Instant,
}

impl Clock {
    /// When the sandbox is reset next, UTC.
    pub fn resets_at(&self) -> Instant {
        next_reset(self.wall)
    }
}

/// When a sandbox is reset next: at midnight, UTC.
pub fn next_reset(wall: Instant) -> Instant {
    let tomorrow = wall.date_naive().checked_add_days(Days::new(1)).unwrap_or(wall.date_naive());
    tomorrow.and_time(NaiveTime::MIN).and_utc()
}

/// In a live stage there is no such route.
fn in_sandbox(cx: &Context) -> Result<()> {
    if cx.outside.is_sandbox() { Ok(()) } else { Err(Error::told(Told::NoRoute)) }
}

/// Who is limited to a reseller does not move everybody's clock.
fn of_the_whole_tenant(cx: &Context) -> Result<()> {
    match cx.caller.reseller {
        None => Ok(()),
        Some(_) => Err(Error::refused("clock_of_tenant", "The clock is all resellers', and you may not set it")),
    }
}

async fn get(cx: &Context) -> Result<Done<Clock>> {
    in_sandbox(cx)?;
    let set: Option<SetClock> = cx.store.get(&keys::clock(cx.tenant())).await?;
    Ok(Done::read(Clock { now: cx.now, frozen: set.is_some(), wall: cx.wall }))
}

async fn set(cx: &Context, now: Instant) -> Result<Done<Clock>> {
    in_sandbox(cx)?;
    of_the_whole_tenant(cx)?;
    let bound = |text: &str| parse_moment(text, Zone::UTC);
    if bound(BOUNDS.0).is_none_or(|first| now < first) || bound(BOUNDS.1).is_none_or(|end| now >= end) {
        let (first, end) = BOUNDS;
        return Err(Error::field("now", Rule::Sentence(format!("Now must be from {first} on and before {end}"))));
    }
    let mut changes = Changes::default();
    changes.write(keys::clock(cx.tenant()), &SetClock { now })?;
    Ok(Done::changed(Clock { now, frozen: true, wall: cx.wall }, changes))
}

async fn clear(cx: &Context) -> Result<Done<Clock>> {
    in_sandbox(cx)?;
    of_the_whole_tenant(cx)?;
    let mut changes = Changes::default();
    changes.erase(keys::clock(cx.tenant()));
    Ok(Done::changed(Clock { now: cx.wall, frozen: false, wall: cx.wall }, changes))
}
