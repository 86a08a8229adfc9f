//! `/webhooks` (contract cloudonex §9) and their deliveries. A secret stands in the answer that makes it, and nowhere
//! else.

use serde_json::{Value, json};
use shared::domain::records::List;
use shared::domain::webhooks::deliveries::{self, REPLAY, REPLAY_ALL, Span, Wanted};
use shared::domain::webhooks::event::{is_subscription, names};
use shared::domain::webhooks::list::{GET, SEARCH};
use shared::domain::webhooks::write::{CREATE, Change, DELETE, LONGEST_OVERLAP, OVERLAP, ROTATE, TRY, UPDATE};
use shared::domain::webhooks::{Attempt, Delivery, Message, State, Webhook};
use shared::machinery::destination::LONGEST;
use shared::machinery::dialect::Dialect::Cloudonex;
use shared::machinery::dialect::cloudonex::{search, window};
use shared::machinery::dialect::word;
use shared::machinery::reader::Reader;
use shared::machinery::reply::{Reply, View};
use shared::machinery::route::Row;
use shared::words::error::Rule;
use shared::words::page::Page;
use shared::words::time::{Instant, utc_seconds};

/// What the dialect calls the states of a delivery.
const STATES: &[(&str, State)] = &[("pending", State::Pending), ("delivered", State::Delivered), ("dead", State::Dead)];
/// What can be replayed.
const REPLAYABLE: &[(&str, State)] = &[("dead", State::Dead), ("delivered", State::Delivered)];
/// The most subscriptions of a webhook.
const MOST_EVENTS: usize = 100;

pub(crate) fn rows() -> Vec<Row> {
    const ALL: &str = "/api/v2/webhooks";
    const ONE: &str = "/api/v2/webhooks/{id}";
    const DELIVERIES: &str = "/api/v2/webhooks/{id}/deliveries";
    const DELIVERY: &str = "/api/v2/webhooks/{id}/deliveries/{delivery}";
    const AGAIN: &str = "/api/v2/webhooks/{id}/deliveries/{delivery}/replay";
    let id = |r: &mut Reader<'_>| r.own_id("id");
    let one = |_: View, one: Webhook| Reply::one(view(&one));
    vec![
        Row::new(Cloudonex, "GET", ALL, &SEARCH, read_list, |_, page| Reply::page(page, |one| view(&one)), &[]),
        Row::new(Cloudonex, "POST", ALL, &CREATE, read_new, write_created, &[]).shows_once(&["secret"]),
        Row::new(Cloudonex, "GET", ONE, &GET, id, one, &[]),
        Row::new(Cloudonex, "PUT", ONE, &UPDATE, read_update, one, &[]),
        Row::new(Cloudonex, "DELETE", ONE, &DELETE, id, |_, _| Reply::done("Webhook deleted"), &[]),
        Row::new(Cloudonex, "POST", "/api/v2/webhooks/{id}/rotate", &ROTATE, read_rotation, write_rotated, &[])
            .shows_once(&["secret"]),
        Row::new(Cloudonex, "POST", "/api/v2/webhooks/{id}/test", &TRY, id, write_tried, &[]),
        Row::new(Cloudonex, "POST", "/api/v2/webhooks/{id}/replay", &REPLAY_ALL, read_span, write_replayed, &[]),
        Row::new(Cloudonex, "GET", DELIVERIES, &deliveries::SEARCH, read_wanted, write_deliveries, &[]),
        Row::new(Cloudonex, "GET", DELIVERY, &deliveries::GET, read_delivery, write_delivery, &[]),
        Row::new(Cloudonex, "POST", AGAIN, &REPLAY, read_delivery, write_queued, &[]),
    ]
}

fn read_list(r: &mut Reader<'_>) -> List {
    let mut list = List::all(window(r, false));
    list.search = search(r);
    list.statuses = r.flag("active").optional().map(|is| vec![if is { "active" } else { "inactive" }.to_owned()]);
    list
}

fn read_new(r: &mut Reader<'_>) -> Change {
    let url = Some(r.text("url").max(LONGEST).required());
    let events = r.texts("events").required();
    check_events(r, &events);
    Change { url, events: Some(events), ..read_rest(r) }
}

fn read_update(r: &mut Reader<'_>) -> (u64, Change) {
    let id = r.own_id("id");
    let url = r.text("url").min(1).max(LONGEST).present();
    let events = r.texts("events").present();
    if let Some(events) = &events {
        check_events(r, events);
    }
    (id, Change { url, events, ..read_rest(r) })
}

fn read_rest(r: &mut Reader<'_>) -> Change {
    Change {
        description: r.text("description").max(500).present(),
        active: r.flag("active").present(),
        ..Change::default()
    }
}

fn check_events(r: &mut Reader<'_>, events: &[String]) {
    if events.is_empty() {
        r.violate("events", Rule::Required);
    } else if events.len() > MOST_EVENTS {
        r.violate("events", Rule::TooMany(MOST_EVENTS));
    } else if events.iter().any(|event| !is_subscription(event)) {
        let every = [names(), vec!["<object>.*".into(), "*".into()]].concat();
        r.violate("events", Rule::NotOneOf(every));
    }
}

fn read_rotation(r: &mut Reader<'_>) -> (u64, i64) {
    let id = r.own_id("id");
    (id, r.integer("overlap_seconds").within(0, LONGEST_OVERLAP).optional().unwrap_or(OVERLAP))
}

fn read_between(r: &mut Reader<'_>) -> (Option<Instant>, Option<Instant>) {
    let between = (r.moment("from").optional(), r.moment_until("to").optional());
    if matches!(between, (Some(from), Some(to)) if from > to) {
        r.violate("to", Rule::Reversed);
    }
    between
}

fn read_wanted(r: &mut Reader<'_>) -> Wanted {
    Wanted {
        webhook: r.own_id("id"),
        window: window(r, true),
        state: r.choice("status", STATES).optional(),
        event: r.text("event").optional(),
        between: read_between(r),
    }
}

fn read_delivery(r: &mut Reader<'_>) -> (u64, String) {
    (r.own_id("id"), r.own_text("delivery"))
}

fn read_span(r: &mut Reader<'_>) -> Span {
    Span {
        webhook: r.own_id("id"),
        state: r.choice("status", REPLAYABLE).optional().unwrap_or(State::Dead),
        between: read_between(r),
        after: r.text("after").max(100).optional(),
    }
}

fn write_created(_: View, (one, secret): (Webhook, String)) -> Reply {
    Reply::one(with_secret(&one, &secret)).status(201).message("Webhook created")
}

fn write_rotated(_: View, (one, secret): (Webhook, String)) -> Reply {
    Reply::one(with_secret(&one, &secret)).message("Secret made anew")
}

fn write_tried(_: View, one: Webhook) -> Reply {
    Reply::one(view(&one)).status(202).message("Test event queued")
}

fn write_replayed(_: View, replayed: deliveries::Replayed) -> Reply {
    let complete = replayed.next.is_none();
    Reply::one(json!({"replayed": replayed.count, "complete": complete, "next": replayed.next}))
        .message("Deliveries queued")
}

fn write_deliveries(_: View, page: Page<Delivery>) -> Reply {
    Reply::page(page, |one| delivery(&one))
}

fn write_delivery(_: View, (one, message): (Delivery, Message)) -> Reply {
    let mut value = delivery(&one);
    let payload: Value = serde_json::from_str(&message.body(one.sequence)).unwrap_or_default();
    if let Some(members) = value.as_object_mut() {
        members.insert("payload".into(), payload);
    }
    Reply::one(value)
}

fn write_queued(_: View, one: Delivery) -> Reply {
    Reply::one(delivery(&one)).status(202).message("Delivery queued")
}

fn view(one: &Webhook) -> Value {
    json!({
        "id": one.stamps.id,
        "url": one.url,
        "events": one.events,
        "description": one.description,
        "active": one.active,
        "disabled_reason": one.disabled_reason,
        "created_at": utc_seconds(one.stamps.created_at),
        "updated_at": utc_seconds(one.stamps.updated_at),
    })
}

fn with_secret(one: &Webhook, secret: &str) -> Value {
    let mut value = view(one);
    if let Some(members) = value.as_object_mut() {
        members.insert("secret".into(), secret.into());
    }
    value
}

fn delivery(one: &Delivery) -> Value {
    let attempt = |one: &Attempt| {
        json!({
            "at": utc_seconds(one.at),
            "status_code": one.status_code,
            "error": one.error,
            "answer": one.answer,
            "duration_ms": one.duration_ms,
        })
    };
    json!({
        "id": one.id,
        "event": one.event,
        "object": one.object,
        "object_id": one.object_id,
        "sequence": one.sequence,
        "status": word(STATES, &one.state),
        "attempts": one.attempts.iter().map(attempt).collect::<Vec<_>>(),
        "next_attempt_at": one.due.map(utc_seconds),
        "created_at": utc_seconds(one.created_at),
        "delivered_at": one.delivered_at.map(utc_seconds),
    })
}
