//! Many writers on one number series: no gap, no number twice, everyone gets through.

use std::collections::BTreeSet;
use std::time::Instant;

use local::faults::Fault;
use serde_json::{Value, json};
use tests::{Call, Dice, World, send};

/// Writers at once, each a process of its own, and how many invoices they issue in all.
const ROUNDS: [(usize, usize); 3] = [(1, 64), (8, 192), (64, 256)];

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
                        let counter = loop {
                            let answer = send(&app, call(writer, number)).await;
                            if answer.status == 201 {
                                break counter(&answer.json);
                            }
                            // Anything but a number is an error that says: try again.
                            assert_eq!(
                                (answer.status, answer.header("retry-after")),
                                (503, Some("1")),
                                "{}",
                                answer.text
                            );
                            again += 1;
                        };
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

/// A world in whose line so many hold a ticket and will never be done.
async fn with_dead_holders(count: u64) -> World {
    let world = World::new().await;
    world.customers(1).await;
    let line = json!({"PK": {"S": "acme#turn"}, "SK": {"S": "A"}, "taken": {"N": count.to_string()}});
    world.engine.import("tessera", vec![line]).unwrap();
    world
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_that_nobody_holds_is_passed_over() {
    let world = with_dead_holders(2).await;
    let made = world.send(call(0, 0)).await.expect(201);
    assert_eq!(counter(&made), 1);
    let line = world.items().into_iter().find(|item| item["PK"]["S"] == "acme#turn").unwrap();
    assert_eq!((&line["taken"]["N"], &line["done"]["N"]), (&json!("3"), &json!("3")), "nobody is left in line");
    world.books("acme").await;
}

/// Half a second is waited for each who will never be done, eight in all: twenty are too many.
#[tokio::test(flavor = "multi_thread")]
async fn who_waits_too_long_in_line_is_asked_to_come_again() {
    let world = with_dead_holders(20).await;
    let before = world.truth("acme");
    let answer = world.send(call(0, 0)).await;
    assert_eq!((answer.status, answer.header("retry-after")), (503, Some("1")), "{}", answer.text);
    assert!(tests::differing(&world.truth("acme"), &before).is_empty(), "nothing happened");
    // It passed over those it waited for, so that whoever comes again finds a shorter line.
    assert_eq!(counter(&world.send(call(0, 0)).await.expect(201)), 1);
    world.books("acme").await;
}
