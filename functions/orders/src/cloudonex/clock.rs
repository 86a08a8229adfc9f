//! `/clock`: what a sandbox's tenant's clock shows. In a live stage there is no such path.

use serde_json::json;
use shared::domain::sandbox::clock::{CLEAR, Clock, GET, SET};
use shared::machinery::dialect::Dialect::Cloudonex;
use shared::machinery::reader::Reader;
use shared::machinery::reply::{Reply, View};
use shared::machinery::route::Row;
use shared::words::time::utc_seconds;

use super::NAMES;

pub(super) fn rows() -> Vec<Row> {
    const CLOCK: &str = "/api/v2/clock";
    vec![
        Row::new(Cloudonex, "GET", CLOCK, &GET, |_| (), write, NAMES),
        Row::new(Cloudonex, "PUT", CLOCK, &SET, |r: &mut Reader<'_>| r.moment("now").required(), write, NAMES),
        Row::new(Cloudonex, "DELETE", CLOCK, &CLEAR, |_| (), write, NAMES),
    ]
}

fn write(_: View, clock: Clock) -> Reply {
    Reply::one(json!({
        "now": utc_seconds(clock.now),
        "frozen": clock.frozen,
        "machine_time": utc_seconds(clock.wall),
        "resets_at": utc_seconds(clock.resets_at()),
    }))
}
