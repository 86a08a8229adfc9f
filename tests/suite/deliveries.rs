//! Nothing that was told is lost: not by receivers that fail, and not by a process that dies at any point.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use deliverer::Post;
use local::faults::Fault;
use serde_json::json;
use tests::{Dice, Does, Got, Hooks, Receiver, SHORT, World};

use crate::webhooks::{ask, deliveries, webhook};

/// How many events are told: `TESSERA_EVENTS`, else a thousand.
#[allow(clippy::disallowed_methods, reason = "how a test run is told to take longer")]
fn events() -> u64 {
    std::env::var("TESSERA_EVENTS").ok().and_then(|text| text.parse().ok()).unwrap_or(1000)
}

/// Objects that the events are about.
const OBJECTS: u64 = 50;

/// What was seen of a receiver that fails three times in ten, in every way.
#[derive(Default)]
struct Seen {
    /// Objects that something is under way for.
    under_way: Mutex<BTreeSet<u64>>,
    /// How often two were.
    crowded: AtomicUsize,
    /// The numbers that were accepted, by object, in order.
    accepted: Mutex<BTreeMap<u64, Vec<u64>>>,
    /// How often it failed, by what it did.
    failed: Mutex<BTreeMap<&'static str, u64>>,
}

async fn moody(seen: &Arc<Seen>, calm: &Arc<AtomicBool>) -> Receiver {
    let (seen, calm) = (Arc::clone(seen), Arc::clone(calm));
    let dice = Mutex::new(Dice::new(20_261_121));
    let told = AtomicUsize::new(0);
    Receiver::start(move |got| {
        let (object, number) = (got.json["object"]["id"].as_u64().unwrap(), got.json["sequence"].as_u64().unwrap());
        if !seen.under_way.lock().unwrap().insert(object) {
            seen.crowded.fetch_add(1, Ordering::SeqCst);
        }
        let roll = dice.lock().unwrap().below(100);
        let gone = told.fetch_add(1, Ordering::SeqCst) % 400 == 399;
        let (what, does) = match roll {
            _ if calm.load(Ordering::SeqCst) => ("", Does::Answers(200, "")),
            _ if gone => ("410", Does::Answers(410, "")),
            0..15 => ("5xx", Does::Answers(if roll.is_multiple_of(2) { 500 } else { 503 }, "")),
            15..18 => ("time-out", Does::Hangs),
            18..23 => ("reset", Does::Resets),
            23..28 => ("429", Does::Answers(429, "retry-after: 30\r\n")),
            28..30 => ("redirect", Does::Answers(307, "location: /\r\n")),
            _ => ("", Does::Answers(200, "")),
        };
        if what.is_empty() {
            seen.accepted.lock().unwrap().entry(object).or_default().push(number);
        } else {
            *seen.failed.lock().unwrap().entry(what).or_default() += 1;
        }
        seen.under_way.lock().unwrap().remove(&object);
        does
    })
    .await
}

/// Work off all there is; who was told to be quiet is told again.
async fn until_settled(world: &World, hooks: &Hooks, id: u64) {
    loop {
        hooks.dispatch().await;
        let some = hooks.deliver_some(8).await;
        let active = json!({"active": true});
        let call = tests::Call::new("PUT", &format!("/api/v2/webhooks/{id}")).operator("acme").json(&active);
        world.send(call).await.expect(200);
        if some == 0 && !hooks.go_on(world) {
            return;
        }
    }
}

/// Every delivery of a webhook, by where it stands.
fn all(world: &World) -> BTreeMap<String, Vec<(u64, u64)>> {
    let mut all: BTreeMap<String, Vec<(u64, u64)>> = BTreeMap::new();
    for item in world.items().iter().filter(|item| item["PK"]["S"].as_str().unwrap().contains("#webhook-delivery#")) {
        let number = |name: &str| item[name]["N"].as_str().unwrap().parse().unwrap();
        let state = item["state"]["S"].as_str().unwrap().to_owned();
        all.entry(state).or_default().push((number("object_id"), number("sequence")));
    }
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn a_moody_receiver_gets_everything_or_it_is_kept() {
    let count = events();
    let world = World::new().await;
    let hooks = world.hooks_with(Post::new(true, SHORT));
    let (seen, calm) = (Arc::new(Seen::default()), Arc::new(AtomicBool::new(false)));
    let receiver = moody(&seen, &calm).await;
    world.customers(OBJECTS).await;
    let (id, _) = webhook(&world, &receiver.url, &["customer.updated"]).await;
    for n in 0..count {
        let change = json!({"phone": format!("+4420{n:06}")});
        let call = tests::Call::new("PUT", &format!("/api/v2/customers/{}", 1 + n % OBJECTS));
        world.send(call.operator("acme").json(&change)).await.expect(200);
        // Some of it is delivered while more is told.
        if n % 100 == 99 {
            hooks.dispatch().await;
            hooks.deliver_some(50).await;
        }
    }
    until_settled(&world, &hooks, id).await;
    let told = all(&world);
    let size = |state: &str| told.get(state).map_or(0, |list| list.len() as u64);
    let (delivered, dead) = (size("delivered"), size("dead"));
    assert_eq!((delivered + dead, told.keys().filter(|state| *state == "pending").count()), (count, 0), "none lost");
    let mut numbers: BTreeMap<u64, BTreeSet<u64>> = BTreeMap::new();
    for (object, number) in told.values().flatten() {
        assert!(numbers.entry(*object).or_default().insert(*number), "number {number} of {object} twice");
    }
    for (object, numbers) in &numbers {
        let wanted: BTreeSet<u64> = (1..=numbers.len() as u64).collect();
        assert_eq!(*numbers, wanted, "the numbers of {object} have gaps");
    }
    for (object, accepted) in seen.accepted.lock().unwrap().iter() {
        let mut first = accepted.clone();
        first.dedup();
        assert!(first.is_sorted(), "out of order for {object}: {accepted:?}");
    }
    assert_eq!(seen.crowded.load(Ordering::SeqCst), 0, "two under way for one object");
    let failed = seen.failed.lock().unwrap().clone();
    let attempts = receiver.got().len();
    // What died is not lost: calmed down, the receiver gets it.
    calm.store(true, Ordering::SeqCst);
    let mut replayed = 0;
    loop {
        let some = ask(&world, "POST", &format!("webhooks/{id}/replay"), json!({})).await.expect(200);
        replayed += some["data"]["replayed"].as_u64().unwrap();
        hooks.work_off(&world, 16).await;
        if some["data"]["complete"] == true {
            break;
        }
    }
    let states: Vec<String> = all(&world).into_keys().collect();
    assert_eq!((replayed, states), (dead, vec!["delivered".to_owned()]));
    let ids: BTreeSet<String> = receiver.got().iter().map(|one: &Got| one.headers["webhook-id"].clone()).collect();
    assert_eq!(ids.len() as u64, count);
    println!(
        "webhooks: {count} events about {OBJECTS} objects, {attempts} attempts ({failed:?}): {delivered} delivered, {dead} kept and then replayed, none lost; numbers without gaps, in order, never two under way for an object"
    );
}

/// Do all that can be done now, until a function fails at something.
async fn until_one_fails(hooks: &Hooks) {
    loop {
        let records = hooks.all().unread();
        let messages = if records.is_empty() { hooks.all().queue().take(1) } else { Vec::new() };
        let body = |message: &local::queue::Message| json!({"messageId": message.id, "body": message.body});
        let (function, event) = match (records.is_empty(), messages.first()) {
            (false, _) => ("dispatcher", json!({"Records": records})),
            (true, Some(message)) => ("deliverer", json!({"Records": [body(message)]})),
            (true, None) => return,
        };
        let answer = hooks.all().answer(function, &event).await.unwrap();
        if answer["batchItemFailures"] != json!([]) {
            return;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_at_any_boundary_of_the_way_loses_nothing() {
    let mut boundaries = 0;
    let mut repeated = 0;
    for stop in [Fault::StopBefore, Fault::StopAfter, Fault::LoseAnswer, Fault::Conflict, Fault::Throttle] {
        for call in 0.. {
            let world = World::new().await;
            let hooks = world.hooks();
            let receiver = Receiver::start(|_| Does::Answers(200, "")).await;
            let (first, _) = webhook(&world, &receiver.url, &["customer.*"]).await;
            let (second, _) = webhook(&world, &receiver.url, &["*"]).await;
            let one =
                ask(&world, "POST", "customers", json!({"account": "One"})).await.expect(201)["data"]["id"].clone();
            ask(&world, "PUT", &format!("customers/{one}"), json!({"phone": "1"})).await.expect(200);
            world.faulty.plan(move |number, _| if number == call { stop } else { Fault::None });
            until_one_fails(&hooks).await;
            if world.faulty.made() <= call {
                break;
            }
            boundaries += 1;
            world.faulty.plan(|_, _| Fault::None);
            // Another process goes on, with what stands in the table.
            let hooks = world.hooks();
            hooks.all().take_up("tessera").unwrap();
            hooks.work_off(&world, 1).await;
            for id in [first, second] {
                let list = deliveries(&world, id, "").await;
                let mut told: Vec<_> =
                    list.iter().map(|one| (one["status"].clone(), one["sequence"].clone())).collect();
                told.sort_by_key(|(_, number)| number.as_u64());
                let wanted = [(json!("delivered"), json!(1)), (json!("delivered"), json!(2))];
                assert_eq!(told, wanted, "{stop:?} at call {call}: {list:?}");
            }
            let lanes = world
                .items()
                .iter()
                .filter(|item| item["PK"]["S"].as_str().unwrap().contains("#webhook-lane#"))
                .count();
            assert_eq!(lanes, 0, "{stop:?} at call {call}");
            let got = receiver.got();
            let ids: BTreeSet<_> = got.iter().map(|one| one.headers["webhook-id"].clone()).collect();
            assert_eq!(ids.len(), 2, "{stop:?} at call {call}");
            repeated += got.len() - 4;
            world.verify();
        }
    }
    assert!(boundaries > 60, "{boundaries}");
    println!(
        "webhooks: {boundaries} boundaries from the outbox to the receiver, none loses anything; {repeated} deliveries came twice, with the same id"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_process_left_is_taken_up_by_the_next() {
    let world = World::new().await;
    let receiver = Receiver::start(|_| Does::Answers(200, "")).await;
    let hooks = world.hooks();
    let (id, _) = webhook(&world, &receiver.url, &["customer.*"]).await;
    let (late, _) = webhook(&world, "http://127.0.0.1:1/", &["customer.created"]).await;
    ask(&world, "POST", "customers", json!({"account": "Fanned out"})).await.expect(201);
    hooks.dispatch().await;
    ask(&world, "POST", "customers", json!({"account": "Told"})).await.expect(201);
    // The process dies with its queue and what it had not read; the next one finds both in the table.
    drop(hooks);
    let next = world.twin().await;
    let hooks = next.hooks();
    hooks.all().take_up("tessera").unwrap();
    hooks.work().await;
    assert_eq!(deliveries(&next, id, "status=delivered").await.len(), 2);
    assert_eq!(receiver.got().len(), 2);
    // And once more, while a delivery waits for its time.
    let again = next.twin().await;
    let hooks = again.hooks();
    hooks.all().take_up("tessera").unwrap();
    hooks.work_off(&again, 1).await;
    assert_eq!(deliveries(&again, late, "status=dead").await.len(), 2);
    assert_eq!(receiver.got().len(), 2, "nothing is delivered twice");
}
