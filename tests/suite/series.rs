//! Many writers on one number series: no gap, no number twice, everyone gets through.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use local::faults::Fault;
use serde_json::{Value, json};
use shared::machinery::app::App;
use tests::{ADMIN, Call, Dice, TOKEN, World, send};

/// Writers at once, each a process of its own, and how many invoices they issue in all.
const ROUNDS: [(usize, usize); 4] = [(1, 64), (8, 192), (64, 256), (200, 400)];

fn call(writer: usize, number: usize) -> Call {
    let body = json!({"customer_id": 1 + writer % 60, "date": "2026-02-15", "items": [{"description": format!("{writer}.{number}"), "amount": 1}]});
    Call::new("POST", "/api/v2/invoices").json(&body).once(&format!("{writer}-{number}")).operator("acme")
}

fn counter(answer: &Value) -> u64 {
    answer["data"]["invoice_number"].as_str().unwrap().rsplit('-').next().unwrap().parse().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn many_writers_share_one_series() {
    for (writers, invoices) in ROUNDS {
        let world = World::new().await;
        world.customers(60).await;
        let mut dice = Dice::new(writers as u64);
        let faulty = writers > 1;
        world.faulty.plan(move |_, operation| match (faulty, dice.below(50)) {
            (true, 0) if operation == "TransactWriteItems" => Fault::Conflict,
            (true, 1) => Fault::Throttle,
            _ => Fault::None,
        });
        let each = invoices / writers;
        let began = Instant::now();
        let tasks: Vec<_> = (0..writers)
            .map(|writer| {
                let app = world.another_process();
                tokio::spawn(async move {
                    let (mut done, mut again) = (Vec::new(), 0);
                    for number in 0..each {
                        let began = Instant::now();
                        let (counter, more) = insisting(&app, writer, number).await;
                        again += more;
                        done.push((counter, began.elapsed()));
                    }
                    (done, again)
                })
            })
            .collect();
        let (mut numbers, mut times, mut again) = (BTreeSet::new(), Vec::new(), 0);
        for task in tasks {
            let (done, more) = task.await.unwrap();
            again += more;
            for (counter, took) in done {
                assert!(numbers.insert(counter), "number {counter} twice");
                times.push(took);
            }
        }
        let took = began.elapsed();
        world.faulty.plan(|_, _| Fault::None);
        assert_eq!(numbers, (1..=invoices as u64).collect(), "no gap");
        times.sort_unstable();
        let at = |percent: usize| times[(times.len() * percent / 100).min(times.len() - 1)].as_millis();
        println!(
            "series: {writers} writers, {invoices} invoices, {again} asked to try again: p50 {} ms, p99 {} ms, slowest {} ms, {} ms in all",
            at(50),
            at(99),
            at(100),
            took.as_millis()
        );
        world.books("acme").await;
        world.verify();
    }
}

/// Send again, when asked to come again, after as many seconds as asked; the counter, and how often that was.
async fn insisting(app: &App, writer: usize, number: usize) -> (u64, u64) {
    let mut again = 0;
    loop {
        let answer = send(app, call(writer, number)).await;
        if answer.status == 201 {
            return (counter(&answer.json), again);
        }
        // Anything but a number is an error that says when to try again.
        let seconds = answer.header("retry-after").and_then(|text| text.parse().ok());
        assert!(answer.status == 503 && seconds.is_some_and(|seconds| seconds > 0), "{}", answer.text);
        again += 1;
        tokio::time::sleep(Duration::from_secs(seconds.unwrap())).await;
    }
}

/// The line of acme, of which so many tickets are taken and so many done with.
fn line_of(taken: u64, done: u64) -> Value {
    json!({"PK": {"S": "acme#turn"}, "SK": {"S": "A"}, "taken": {"N": taken.to_string()}, "done": {"N": done.to_string()}})
}

/// A world in whose line so many hold a ticket and will never be done.
async fn with_dead_holders(count: u64) -> World {
    let world = World::new().await;
    world.customers(1).await;
    world.engine.import("tessera", vec![line_of(count, 0)]).unwrap();
    world
}

/// The line as it stands: tickets taken, and done with.
fn line(world: &World) -> (u64, u64) {
    let line = world.items().into_iter().find(|item| item["PK"]["S"] == "acme#turn").unwrap();
    let number = |name: &str| line[name]["N"].as_str().map_or(0, |text| text.parse().unwrap());
    assert!(line["left"].is_null(), "{line}");
    (number("taken"), number("done"))
}

/// Forty clients hang up in line and forty processes are killed there, and twenty-four clients come that do as they are
/// told.
#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn who_dies_in_line_leaves_nothing_behind() {
    let world = World::new().await;
    world.customers(60).await;
    let before = world.truth("acme");
    world.faulty.plan(|_, operation| if operation == "TransactWriteItems" { Fault::Conflict } else { Fault::None });
    let dying: Vec<_> = (0..40)
        .map(|writer| {
            let app = world.another_process();
            tokio::spawn(async move { send(&app, call(1000 + writer, 0)).await })
        })
        .collect();
    tokio::time::sleep(Duration::from_millis(700)).await;
    for process in dying {
        process.abort();
        let _ = process.await;
    }
    world.faulty.plan(|_, _| Fault::None);
    assert!(tests::differing(&world.truth("acme"), &before).is_empty(), "they wrote nothing");
    // Who is dropped gives its ticket back; who is killed does not: forty tickets that nobody returns.
    tokio::time::sleep(Duration::from_millis(300)).await;
    world.engine.import("tessera", vec![line_of(40, 0)]).unwrap();
    let began = Instant::now();
    let clients: Vec<_> = (0..24)
        .map(|writer| {
            let app = world.another_process();
            tokio::spawn(async move {
                let (mut counters, mut again, mut first) = (Vec::new(), 0, Duration::ZERO);
                for number in 0..8 {
                    let (counter, more) = insisting(&app, writer, number).await;
                    if number == 0 {
                        first = began.elapsed();
                    }
                    counters.push(counter);
                    again += more;
                }
                (counters, again, first)
            })
        })
        .collect();
    let (mut counters, mut again, mut first) = (BTreeSet::new(), 0, Duration::ZERO);
    for client in clients {
        let (own, more, its_first) = client.await.unwrap();
        counters.extend(own);
        again += more;
        first = first.max(its_first);
    }
    println!(
        "line: 40 dead, then 24 clients with 192 invoices: each wrote within {} ms, all within {} ms, {again} asked to come again",
        first.as_millis(),
        began.elapsed().as_millis()
    );
    assert_eq!(counters, (1..=192).collect(), "no gap");
    assert!(first < Duration::from_secs(8), "{first:?}");
    world.books("acme").await;
}

#[tokio::test(start_paused = true)]
async fn the_dead_cost_one_wait_however_many_there_are() {
    for dead in [1, 2, 40, 400, 100_000] {
        let world = with_dead_holders(dead).await;
        let began = tokio::time::Instant::now();
        assert_eq!(counter(&send(&world.another_process(), call(0, 0)).await.expect(201)), 1);
        let took = began.elapsed();
        assert!(took < Duration::from_millis(800), "{dead}: {took:?}");
        let (taken, done) = line(&world);
        assert_eq!(taken, done, "nobody is left in line");
        let began = tokio::time::Instant::now();
        assert_eq!(counter(&world.send(call(0, 1)).await.expect(201)), 2);
        assert!(began.elapsed() < Duration::from_millis(50), "the next one waits for nobody");
        world.books("acme").await;
    }
}

/// Among twenty who wait, every second one's client hangs up: they are passed over, and nobody waits for them.
#[tokio::test(start_paused = true)]
async fn who_gives_up_leaves_nothing_behind() {
    let world = with_dead_holders(1).await;
    let clients: Vec<_> = (0..20)
        .map(|writer| {
            let app = world.another_process();
            tokio::spawn(async move { send(&app, call(0, writer)).await })
        })
        .collect();
    tokio::time::sleep(Duration::from_millis(300)).await;
    let mut staying = Vec::new();
    for (place, client) in clients.into_iter().enumerate() {
        if place % 2 == 0 {
            client.abort();
            let _ = client.await;
        } else {
            staying.push(client);
        }
    }
    let began = tokio::time::Instant::now();
    let mut counters = BTreeSet::new();
    for client in staying {
        counters.insert(counter(&client.await.unwrap().expect(201)));
    }
    assert_eq!(counters, (1..=10).collect());
    assert!(began.elapsed() < Duration::from_secs(1), "one wait for the dead holder: {:?}", began.elapsed());
    let (taken, done) = line(&world);
    assert_eq!(taken, done);
    world.books("acme").await;
}

#[tokio::test(start_paused = true)]
async fn a_line_that_is_too_long_refuses_at_once_and_says_when_it_has_passed() {
    let world = with_dead_holders(400).await;
    // Somebody is at work there, and done every twenty milliseconds.
    let engine = world.engine.clone();
    let working = tokio::spawn(async move {
        for done in 0_u64.. {
            tokio::time::sleep(Duration::from_millis(20)).await;
            engine.import("tessera", vec![line_of(400 + done, done)]).unwrap();
        }
    });
    let before = world.truth("acme");
    let invoice = |path: &str| Call::new("POST", path);
    let items = json!([{"description": "x", "quantity": 1, "unit_price": 5}]);
    let billmora = json!({"user_id": 1, "due_date": "2026-04-01", "items": items});
    let payment = json!({"clients_id": 1, "type": "payment", "amount": 5});
    let rpc = json!({"jsonrpc": "2.0", "id": 1, "method": "accounting.transactions.create", "params": payment});
    for (what, call, status) in [
        ("cloudonex", call(0, 0), 503),
        ("billmora", invoice("/api/v1/invoices").bearer(TOKEN).json(&billmora), 503),
        ("jerasoft", invoice("/api/accounting/transactions").key(ADMIN).json(&payment), 503),
        ("json-rpc", Call::rpc(&rpc).key(ADMIN), 200),
    ] {
        let began = tokio::time::Instant::now();
        let answer = send(&world.another_process(), call).await;
        // 400 before it, 20 ms each.
        assert_eq!((answer.status, answer.header("retry-after")), (status, Some("8")), "{what}: {}", answer.text);
        assert!(answer.text.contains("oo many writers"), "{what}: {}", answer.text);
        assert!(began.elapsed() < Duration::from_millis(100), "{what}: at once");
    }
    working.abort();
    assert!(tests::differing(&world.truth("acme"), &before).is_empty(), "nothing happened");
    world.books("acme").await;
}

/// A line that moves, and never so far: who waited for seven seconds tries without a turn.
#[tokio::test(start_paused = true)]
async fn no_line_stops_a_tenant() {
    let world = with_dead_holders(50).await;
    let engine = world.engine.clone();
    let working = tokio::spawn(async move {
        for done in 0_u64.. {
            tokio::time::sleep(Duration::from_millis(300)).await;
            engine.import("tessera", vec![line_of(200 + done, done)]).unwrap();
        }
    });
    let began = tokio::time::Instant::now();
    assert_eq!(counter(&send(&world.another_process(), call(0, 0)).await.expect(201)), 1);
    assert!(began.elapsed() < Duration::from_secs(8), "{:?}", began.elapsed());
    working.abort();
    world.books("acme").await;
}

/// A ticket whose answer is lost is taken twice: one of the two is nobody's, which costs the wait for the dead.
#[tokio::test(start_paused = true)]
async fn a_ticket_that_is_taken_twice_costs_one_wait() {
    let world = with_dead_holders(1).await;
    let mut steps = 0;
    world.faulty.plan(move |_, operation| {
        steps += usize::from(operation == "UpdateItem");
        if operation == "UpdateItem" && steps == 1 { Fault::LoseAnswer } else { Fault::None }
    });
    let began = tokio::time::Instant::now();
    assert_eq!(counter(&world.send(call(0, 0)).await.expect(201)), 1);
    assert_eq!(counter(&world.send(call(0, 1)).await.expect(201)), 2);
    assert!(began.elapsed() < Duration::from_millis(1600), "{:?}", began.elapsed());
    world.books("acme").await;
}
