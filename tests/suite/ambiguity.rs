//! When nobody answers: whatever becomes of a commit whose answer did not come, one request has one effect and the right
//! answer, or is told that nobody knows and how to ask.
//!
//! The faults follow DynamoDB's documentation: a transaction whose connection is lost may take effect later; while it is
//! in progress, one with its token is told so (`TransactionInProgressException`), and is done without a second effect
//! once it is done; a token counts for ten minutes; after a throttle, a status of 500 or a lost connection a write may
//! have happened. Time is paused: what waits in here waits in no time.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use local::faults::Fault;
use serde_json::{Value, json};
use shared::domain::customers;
use shared::machinery::caller::Tenant;
use shared::machinery::command::Operator;
use shared::machinery::route::Row;
use shared::words::error::Told;
use shared::words::time::Zone;
use tests::{ADMIN, Answer, Call, World};
use tokio::time::Instant;

use crate::faults::{prepared, request};

/// What happens to the first commits of a request, in order; the next ones go well.
const COURSES: [(&str, &[Fault]); 18] = [
    ("lost before it arrived", &[Fault::LoseCall]),
    ("its answer lost", &[Fault::LoseAnswer]),
    ("its answer lost twice", &[Fault::LoseAnswer, Fault::LoseAnswer]),
    ("throttled before", &[Fault::Throttle]),
    ("throttled after", &[Fault::ThrottleAfter]),
    ("failed before", &[Fault::Fail]),
    ("failed after", &[Fault::FailAfter]),
    ("no answer", &[Fault::Silence]),
    ("in progress, done before the retry", &[Fault::Underway(0)]),
    ("in progress, done during the retry", &[Fault::Underway(1)]),
    ("in progress, done after three retries", &[Fault::Underway(3)]),
    ("in progress for five seconds", &[Fault::Underway(9)]),
    ("late, after the retry was done", &[Fault::Straggling(1)]),
    ("late, after the retry was cancelled", &[Fault::Straggling(0), Fault::Conflict]),
    ("late, when it was run again", &[Fault::Straggling(1), Fault::Conflict]),
    ("late, long after", &[Fault::Straggling(99), Fault::Conflict]),
    ("lost, then its answer lost", &[Fault::LoseCall, Fault::LoseAnswer]),
    ("in progress, then throttled after", &[Fault::Underway(1), Fault::Throttle, Fault::ThrottleAfter]),
];

/// A plan: these faults for the first commits, from the commit of a number on.
fn course(faults: &'static [Fault], from: usize) -> impl FnMut(u64, &str) -> Fault + Send + 'static {
    let mut commits = 0;
    move |_, operation| {
        if operation != "TransactWriteItems" {
            return Fault::None;
        }
        commits += 1;
        (commits - 1usize).checked_sub(from).and_then(|place| faults.get(place).copied()).unwrap_or(Fault::None)
    }
}

pub(crate) fn good(answer: &Answer) -> bool {
    (200..300).contains(&answer.status) && answer.json.get("error").is_none()
}

/// The rows that are tried: some of every kind that moves money, and one of every other kind, in all dialects.
fn sample() -> Vec<Row> {
    let mut seen = BTreeMap::new();
    let money = [
        "invoices.",
        "transactions.",
        "receipts.",
        "refunds.",
        "credit_notes.",
        "orders.",
        "services.",
        "gateways.told",
        "billing.run",
    ];
    let wanted = |row: &Row| {
        let all = money.iter().any(|name| row.operation.starts_with(name));
        let times = seen.entry((row.dialect, row.operation)).or_insert(0);
        *times += 1;
        let kind = row.operation.split('.').next() == Some("customers") || row.operation == "customers.create_many";
        row.writes && (all || kind) && *times == 1
    };
    local::rows().into_iter().filter(wanted_once(wanted)).collect()
}

fn wanted_once(mut wanted: impl FnMut(&Row) -> bool) -> impl FnMut(&Row) -> bool {
    move |row| wanted(row)
}

#[tokio::test(start_paused = true)]
async fn whatever_becomes_of_a_commit_there_is_one_effect_and_the_right_answer() {
    let start = prepared().await;
    let image = start.image();
    let (mut boundaries, mut operations) = (0, BTreeSet::new());
    for row in sample() {
        let what = format!("{} {} {}", row.dialect.name(), row.verb, row.path);
        operations.insert(what.clone());
        for keyed in [false, true] {
            let call = || if keyed { request(&row).once("good") } else { request(&row) };
            let world = start.twin_of(&image).await;
            let (right, cost) = world.cost(call()).await;
            assert!(good(&right), "{what}: {}", right.text);
            let done = world.image();
            let (after, traces) = (done.truth("acme"), done.traces("acme"));
            // Of what is drawn at random no two answers are alike.
            let alike = start.twin_of(&image).await.send(call()).await.text == right.text;
            let commits = cost.calls.iter().filter(|verb| **verb == "commit").count();
            for from in 0..commits {
                for (name, faults) in COURSES {
                    boundaries += 1;
                    let what =
                        format!("{what}, commit {from}, {name}, {}", if keyed { "keyed" } else { "without a key" });
                    let world = start.twin_of(&image).await;
                    world.faulty.plan(course(faults, from));
                    let began = Instant::now();
                    let answer = world.send(call()).await;
                    assert!(began.elapsed() < Duration::from_secs(12), "{what}: {:?}", began.elapsed());
                    let answered = format!("{} {}", answer.status, answer.text);
                    assert!(good(&answer), "{what}: {answered}");
                    assert!(!alike || answer.text == right.text, "{what}: {answered}");
                    // What a billing run did is found under its key, where its commit came late.
                    let found = keyed && row.operation == "billing.run";
                    let replayed = answer.header("idempotent-replayed");
                    assert!(replayed.is_none() || found, "{what}: it is the first answer");
                    world.faulty.plan(|_, _| Fault::None);
                    world.faulty.land_all();
                    let done = world.image();
                    let other = tests::differing(&done.truth("acme"), &after);
                    assert!(other.is_empty(), "{what}: one effect: {other:?}");
                    assert_eq!(done.traces("acme"), traces, "{what}: one audit entry, one event");
                    done.verify();
                    if keyed && row.recorded {
                        let again = world.send(call()).await;
                        assert_eq!((again.status, again.text), (answer.status, answer.text), "{what}: sent again");
                    }
                }
            }
            world.books("acme").await;
        }
    }
    println!("ambiguity: {} writes, {boundaries} boundaries, one effect and the right answer each", operations.len());
}

fn batch(count: usize) -> Value {
    let call = |n: usize| json!({"jsonrpc": "2.0", "id": n, "method": "clients.create", "params": {"name": format!("b {n}"), "companies_id": 1, "currencies_id": 1}});
    (0..count).map(call).collect()
}

#[tokio::test(start_paused = true)]
async fn each_call_of_a_batch_has_one_effect_and_a_batch_has_a_deadline() {
    for (name, faults) in COURSES {
        for from in 0..3 {
            let world = World::new().await;
            world.faulty.plan(course(faults, from));
            let answer = world.send(Call::rpc(&batch(3)).key(ADMIN)).await;
            world.faulty.plan(|_, _| Fault::None);
            world.faulty.land_all();
            let ids: Vec<&Value> = answer.json.as_array().unwrap().iter().map(|one| &one["result"]["id"]).collect();
            assert_eq!(ids, [&json!(1), &json!(2), &json!(3)], "{name} at call {from}: {}", answer.text);
            world.verify();
            let all = world.send(Call::new("GET", "/api/clients").key(ADMIN)).await.expect(200);
            assert_eq!(all.as_array().unwrap().len(), 3, "{name} at call {from}");
        }
    }
    // The second call's outcome stays unknown for as long as there is time.
    let world = World::new().await;
    let mut commits = 0;
    world.faulty.plan(move |_, operation| {
        commits += usize::from(operation == "TransactWriteItems");
        if operation == "TransactWriteItems" && commits > 1 { Fault::Silence } else { Fault::None }
    });
    let began = Instant::now();
    let answer = world.send(Call::rpc(&batch(10)).key(ADMIN).once("k")).await;
    assert!(began.elapsed() < Duration::from_secs(14), "{:?}", began.elapsed());
    let codes: Vec<&str> = answer
        .json
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["error"]["data"]["code"].as_str().unwrap_or("done"))
        .collect();
    assert_eq!(codes[..3], ["done", "outcome_unknown", "not_begun"]);
    assert!(codes[3..].iter().all(|code| *code == "not_begun"), "{codes:?}");
    assert_eq!(answer.header("retry-after"), Some("5"));
    world.faulty.plan(|_, _| Fault::None);
    let again = world.send(Call::rpc(&batch(10)).key(ADMIN).once("k")).await;
    let ids: Vec<u64> = again.json.as_array().unwrap().iter().filter_map(|one| one["result"]["id"].as_u64()).collect();
    assert_eq!(ids, (1..=10).collect::<Vec<_>>(), "sent again under its key: {}", again.text);
    world.verify();
}

#[tokio::test(start_paused = true)]
async fn an_operators_command_has_one_effect() {
    let by = Operator { tenant: Tenant::named("acme").unwrap(), command: "test", zone: Zone::UTC };
    let new = |name: &str| {
        let change = customers::Change { name: Some(name.to_owned()), ..customers::Change::default() };
        customers::New { change, ..customers::New::default() }
    };
    let mut boundaries = 0;
    for (name, faults) in COURSES {
        boundaries += 1;
        let world = World::new().await;
        let (audits, events) = world.traces("acme");
        world.faulty.plan(course(faults, 0));
        let made = by.carry_out(&world.app, &customers::CREATE, &new("Operated"), &|_, _| Ok(())).await;
        assert_eq!(made.unwrap_or_else(|e| panic!("{name}: {e:?}")).customer.id, 1, "{name}");
        world.faulty.land_all();
        assert_eq!(world.traces("acme"), (audits + 1, events + 1), "{name}: one audit entry, one event");
        world.faulty.plan(|_, _| Fault::None);
        let next = by.carry_out(&world.app, &customers::CREATE, &new("Next"), &|_, _| Ok(())).await.unwrap();
        assert_eq!(next.customer.id, 2, "{name}");
        world.verify();
    }
    let world = World::new().await;
    world.faulty.plan(|_, operation| if operation == "TransactWriteItems" { Fault::Silence } else { Fault::None });
    let failed =
        by.carry_out(&world.app, &customers::CREATE, &new("Nobody knows"), &|_, _| Ok(())).await.err().unwrap();
    assert!(matches!(failed.told, Told::Unknown(_)), "{failed:?}");
    println!("ambiguity: an operator's command: {boundaries} boundaries, one effect each");
}

#[tokio::test(start_paused = true)]
async fn a_billing_run_bills_once_and_reports_what_it_billed() {
    let start = prepared().await;
    let image = start.image();
    let acme = Tenant::named("acme").unwrap();
    let until = Some("2026-04-20");
    let world = start.twin_of(&image).await;
    let (app, _) = (world.another_process(), world.faulty.plan(|_, _| Fault::None));
    let right = orders::run::run(&app, &acme, until, &mut |_| {}).await.unwrap();
    let after = world.truth("acme");
    let mut boundaries = 0;
    for (name, faults) in COURSES {
        for from in 0..3 {
            boundaries += 1;
            let world = start.twin_of(&image).await;
            world.faulty.plan(course(faults, from));
            let report = orders::run::run(&world.another_process(), &acme, until, &mut |_| {}).await;
            let report = report.unwrap_or_else(|e| panic!("{name} at commit {from}: {e:?}"));
            world.faulty.plan(|_, _| Fault::None);
            world.faulty.land_all();
            assert_eq!(report, right, "{name} at commit {from}");
            let other = tests::differing(&world.truth("acme"), &after);
            assert!(other.is_empty(), "{name} at commit {from}: {other:?}");
            world.books("acme").await;
        }
    }
    println!("ambiguity: a billing run: {boundaries} boundaries, billed once each");
}
