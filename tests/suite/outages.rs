//! When the store is ill: who asks is told in time and in its dialect's words what is known, and when it is well again
//! everything is as before. Time is paused: what waits in here waits in no time.

use std::time::Duration;

use local::faults::Fault;
use serde_json::json;
use shared::machinery::app::App;
use shared::machinery::changes::Changes;
use shared::machinery::dialect::Dialect;
use shared::machinery::keys::{self, CUSTOMER};
use shared::machinery::operation::{Done, Op, Scope};
use shared::machinery::reply::Reply;
use shared::machinery::route::Row;
use tests::{ADMIN, Answer, Call, TOKEN, TOKEN_60, World, send};
use tokio::time::Instant;

use crate::ambiguity::good;
use crate::faults::{prepared, request};

fn receipt() -> Call {
    let body = json!({"customer_id": 2, "amount": 7, "account_id": 1});
    Call::new("POST", "/api/v2/receipts").bearer(ADMIN).json(&body)
}

/// A write of each dialect that makes something new.
fn writes() -> [(&'static str, Call); 5] {
    let client = json!({"name": "New One", "companies_id": 1, "currencies_id": 1});
    let user = json!({"first_name": "New", "last_name": "One", "email": "new@x.example", "password": "long enough"});
    let rpc = json!({"jsonrpc": "2.0", "id": 1, "method": "clients.create", "params": client});
    let service = json!({"clients_id": 2, "type": "payment", "amount": 5});
    [
        ("cloudonex", receipt()),
        ("jerasoft", Call::new("POST", "/api/accounting/transactions").key(ADMIN).json(&service)),
        ("billmora", Call::new("POST", "/api/v1/users").bearer(TOKEN).json(&user)),
        (
            "racknap",
            Call::new("POST", "/api/v2/client/create")
                .operator("acme")
                .json(&json!({"firstname": "N", "lastname": "O", "email": "rn@x.example"})),
        ),
        ("json-rpc", Call::rpc(&rpc).key(ADMIN)),
    ]
}

/// What a client is told when nobody knows: 503, and how to ask.
fn unknown(what: &str, answer: &Answer, keyed: bool) {
    let over_rpc = what == "json-rpc";
    assert_eq!(answer.status, if over_rpc { 200 } else { 503 }, "{what}: {}", answer.text);
    assert!(answer.text.to_lowercase().contains("outcome is not known"), "{what}: {}", answer.text);
    assert!(answer.text.contains("(request test)"), "{what}: the request's id: {}", answer.text);
    assert_eq!(answer.text.contains("same Idempotency-Key"), keyed, "{what}: {}", answer.text);
    // Nothing invites to send again what might be done twice.
    assert_eq!(answer.header("retry-after"), keyed.then_some("5"), "{what}");
}

#[tokio::test(start_paused = true)]
async fn when_time_is_up_the_client_is_told_that_nobody_knows_and_how_to_ask() {
    let start = prepared().await;
    let image = start.image();
    let rows = local::rows();
    let racknap = rows.iter().find(|row| row.dialect.name() == "racknap" && row.operation == "services.move").unwrap();
    for (what, call) in writes() {
        let call = if what == "racknap" { request(racknap) } else { call };
        let world = start.twin_of(&image).await;
        let right = world.send(call.clone()).await;
        assert!(good(&right), "{what}: {}", right.text);
        let after = world.truth("acme");
        for fault in
            [Fault::Underway(999), Fault::Straggling(999), Fault::LoseAnswer, Fault::ThrottleAfter, Fault::Silence]
        {
            for keyed in [false, true] {
                let world = start.twin_of(&image).await;
                let before = world.truth("acme");
                let mut first = true;
                world.faulty.plan(move |_, operation| match operation {
                    "TransactWriteItems" if std::mem::take(&mut first) => fault,
                    "TransactWriteItems" => Fault::Silence,
                    _ => Fault::None,
                });
                let sent = if keyed { call.clone().once("k") } else { call.clone() };
                let began = Instant::now();
                let answer = world.send(sent.clone()).await;
                unknown(what, &answer, keyed);
                let took = began.elapsed();
                assert!((Duration::from_secs(9)..Duration::from_secs(14)).contains(&took), "{what}: {took:?}");
                world.faulty.plan(|_, _| Fault::None);
                world.faulty.land_all();
                let now = world.truth("acme");
                let happened = tests::differing(&now, &after).is_empty();
                assert!(happened || tests::differing(&now, &before).is_empty(), "{what} {fault:?}: all or nothing");
                assert_eq!(happened, fault != Fault::Silence, "{what} {fault:?}");
                // It can be found by the request's id, which the answer had.
                let told = world
                    .items()
                    .iter()
                    .filter(|item| {
                        item["PK"]["S"].as_str().unwrap().starts_with("acme#audit")
                            && item["request"]["S"] == "test"
                            && item["at"]["S"].as_str().unwrap().starts_with("2026-03-01T12:00")
                    })
                    .count();
                assert!(told > 0 || !happened, "{what}: the audit knows the request");
                if keyed {
                    let again = world.send(sent).await;
                    assert_eq!(again.text, right.text, "{what} {fault:?}: the key tells");
                    assert_eq!(again.header("idempotent-replayed").is_some(), happened, "{what} {fault:?}");
                    let other = tests::differing(&world.truth("acme"), &after);
                    assert!(other.is_empty(), "{what} {fault:?}: {other:?}");
                }
                world.books("acme").await;
            }
        }
    }
}

/// A refusal after a commit that nobody answered for: it is one only when nothing of the request can happen any more.
#[tokio::test(start_paused = true)]
async fn a_refusal_is_given_only_when_nothing_can_happen_any_more() {
    for (lands, status) in [(1, 200), (99, 404)] {
        let world = prepared().await;
        let other = world.another_process();
        // The first commit of the update straggles; before its repetition is cancelled, another one deletes the customer.
        let mut commits = 0;
        world.faulty.plan(move |_, operation| {
            if operation != "TransactWriteItems" {
                return Fault::None;
            }
            commits += 1;
            match commits {
                1 => Fault::Straggling(lands),
                2 => Fault::Silence,
                _ => Fault::None,
            }
        });
        let change = json!({"name": "Changed", "companies_id": 1, "currencies_id": 1});
        let updated = tokio::spawn({
            let app = world.another_process();
            async move { send(&app, Call::new("PATCH", "/api/clients/3").key(ADMIN).json(&change)).await }
        });
        tokio::time::sleep(Duration::from_secs(1)).await;
        let deleted = send(&other, Call::new("DELETE", "/api/v2/customers/3").bearer(ADMIN)).await;
        assert_eq!(deleted.status, 200, "{}", deleted.text);
        let updated = updated.await.unwrap();
        world.faulty.land_all();
        // Either it was changed and then deleted, or it was deleted and there was nothing to change.
        let gone = world.items().into_iter().find(|item| item["PK"]["S"] == "acme#customer-deleted").unwrap();
        let changed = gone.to_string().contains("Changed");
        assert_eq!((updated.status == 200, changed), (changed, changed), "{}", updated.text);
        assert!(updated.status == status || updated.status == 200 || updated.status == 404, "{}", updated.text);
        world.verify();
        world.books("acme").await;
    }
}

/// An operation that is wrong: it draws an id without having looked which was the last.
static BLIND: Op<(), ()> = Op::write("customers.blind", "customer", Scope::Tenant, |cx, ()| {
    Box::pin(async {
        let mut changes = Changes::default();
        changes.draw(keys::sequence(cx.tenant(), CUSTOMER), "last", 0, 1);
        Ok(Done::changed((), changes))
    })
});

#[tokio::test(start_paused = true)]
async fn a_conflict_that_cannot_resolve_is_found_at_once() {
    let blind =
        || Row::new(Dialect::Cloudonex, "POST", "/api/v2/blind", &BLIND, |_| (), |_, ()| Reply::done("done"), &[]);
    let rows = local::rows().into_iter().chain([blind()]).collect();
    let world = World::with(&tests::fixture(), rows).await;
    let call = || Call::new("POST", "/api/v2/blind").bearer(ADMIN);
    world.send(call()).await.expect(200);
    let (answer, cost) = {
        let app = App::new(
            world.app.store.for_one_request(),
            std::sync::Arc::clone(&world.app.secrets),
            world.app.outside.clone(),
            vec![blind()],
        );
        let (response, cost) = app.handle_and_count(&call().request).await;
        (Answer::of(response), cost)
    };
    assert_eq!((answer.status, &answer.json["error_code"]), (500, &json!("SRV_001")), "{}", answer.text);
    assert_eq!(cost.calls.iter().filter(|verb| **verb == "commit").count(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_store_that_does_not_answer_in_time_is_503_in_the_dialects_words() {
    let world = World::new().await;
    let session = world.session("admin").await;
    let client = json!({"name": "New One", "companies_id": 1, "currencies_id": 1});
    let calls = [
        (Call::new("GET", "/api/clients").key(ADMIN), "\"unavailable\""),
        (Call::new("POST", "/api/clients").key(ADMIN).json(&client), "\"unavailable\""),
        (Call::new("GET", "/api/v2/customers").bearer(ADMIN), "SRV_004"),
        (Call::new("POST", "/api/v2/customers").bearer(ADMIN).json(&json!({"account": "A"})), "SRV_004"),
        (Call::new("GET", "/api/v1/users").bearer(TOKEN), "temporarily unavailable"),
        (Call::new("POST", "/api/v2/invoice/list").validate(&session), "9004"),
        (
            Call::new("POST", "/api/v2/auth/token").json(&json!({"username": "admin", "password": "admin password"})),
            "9004",
        ),
    ];
    for fault in [Fault::Silence, Fault::Throttle, Fault::LoseCall, Fault::Fail] {
        world.faulty.plan(move |_, operation| if operation == "TransactWriteItems" { Fault::None } else { fault });
        for (call, word) in calls.clone() {
            let began = Instant::now();
            let answer = world.send(call).await;
            assert!(answer.status == 503 && answer.text.contains(word), "{fault:?}: {} {}", answer.status, answer.text);
            assert_eq!(answer.header("retry-after"), Some("1"), "{}", answer.text);
            assert!(began.elapsed() <= Duration::from_secs(12), "{:?}", began.elapsed());
        }
        let rpc = json!({"jsonrpc": "2.0", "id": 1, "method": "clients.search"});
        let answer = world.send(Call::rpc(&rpc).key(ADMIN)).await;
        assert_eq!(answer.json["error"]["data"]["code"], "unavailable", "{}", answer.text);
    }
    // The authorizer says nothing then, and the function answers.
    let event = json!({"path": "/api/clients", "httpMethod": "GET", "methodArn": "arn:aws:execute-api:eu-west-1:1:api/live/GET/api/clients",
        "headers": {"X-Api-Key": ADMIN}});
    let said = shared::machinery::gateway::authorize(&world.app, &event).await.unwrap();
    assert_eq!((&said["context"], said["principalId"].as_str()), (&json!({"tenant": "-"}), Some("-")));
}

/// What is counted outside a commit may be counted twice when an answer is lost, and is never not counted.
#[tokio::test(start_paused = true)]
async fn a_lost_answer_lets_nobody_exceed_a_limit() {
    let world = World::new().await;
    let mut n = 0;
    world.faulty.plan(move |_, operation| {
        n += usize::from(operation == "UpdateItem");
        if operation == "UpdateItem" && n % 7 == 1 { Fault::LoseAnswer } else { Fault::None }
    });
    let mut passed = 0;
    for _ in 0..80 {
        let answer = world.send(Call::new("GET", "/api/v1/users").bearer(TOKEN_60)).await;
        assert!([200, 429].contains(&answer.status), "{}", answer.text);
        passed += usize::from(answer.status == 200);
    }
    assert!((45..60).contains(&passed), "60 are allowed, and some were counted twice: {passed}");
}

/// Ten seconds in which the store throttles, is silent and fails, with twenty-four clients at work; then it is well again.
#[tokio::test(start_paused = true)]
async fn after_a_brown_out_a_tenant_writes_normally_within_seconds() {
    for keyed in [true, false] {
        let world = prepared().await;
        let before = receipts(&world);
        let begin = Instant::now();
        let mut n = 0_u32;
        world.faulty.plan(move |_, _| {
            n += 1;
            let since = Instant::now() - begin;
            match (since.as_millis(), n % 5) {
                (2_000..5_000, _) => Fault::Throttle,
                (5_000..12_000, 0 | 1) => Fault::Silence,
                (5_000..12_000, 2) => Fault::FailAfter,
                (5_000..12_000, 3) => Fault::LoseAnswer,
                (5_000..12_000, _) => Fault::Fail,
                _ => Fault::None,
            }
        });
        let well = begin + Duration::from_secs(12);
        let clients: Vec<_> = (0..24)
            .map(|client| {
                let app = world.another_process();
                tokio::spawn(async move { one_client(&app, client, keyed, well).await })
            })
            .collect();
        let (mut done, mut doubtful, mut first) = (0, 0, Duration::ZERO);
        for client in clients {
            let (own, unknown, its_first) = client.await.unwrap();
            (done, doubtful, first) = (done + own, doubtful + unknown, first.max(its_first));
        }
        world.faulty.land_all();
        let made = receipts(&world) - before;
        let name = if keyed { "with keys" } else { "without keys" };
        println!(
            "brown-out, {name}: {made} receipts, {done} answered, {doubtful} told that nobody knows; every client wrote {} ms after it at the latest",
            first.as_millis()
        );
        assert!((done..=done + doubtful).contains(&made), "{name}: {made} made, {done} answered, {doubtful} unknown");
        assert!(!keyed || (made == done), "{name}: {made} made, {done} answered");
        assert!(first < Duration::from_secs(5), "{name}: {first:?}");
        world.verify();
        world.books("acme").await;
    }
}

/// Receipts, one each second until a while after the store is well; how many were answered and how many nobody knows of,
/// and how long after that moment the first one was made.
async fn one_client(app: &App, client: usize, keyed: bool, well: Instant) -> (usize, usize, Duration) {
    let (mut done, mut unknown, mut first) = (0, 0, None);
    for number in 0..40 {
        if Instant::now() > well + Duration::from_secs(10) {
            break;
        }
        let call = if keyed { receipt().once(&format!("{client} {number}")) } else { receipt() };
        loop {
            let answer = send(app, call.clone()).await;
            if answer.status == 201 {
                done += 1;
                if Instant::now() > well {
                    first.get_or_insert(Instant::now() - well);
                }
                break;
            }
            assert_eq!(answer.status, 503, "{}", answer.text);
            match answer.header("retry-after").and_then(|seconds| seconds.parse().ok()) {
                Some(seconds) => tokio::time::sleep(Duration::from_secs(seconds)).await,
                None => {
                    unknown += 1;
                    break;
                }
            }
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    (done, unknown, first.unwrap_or(Duration::MAX))
}

/// How many receipts there are.
fn receipts(world: &World) -> usize {
    let items = world.items();
    items.iter().filter(|item| item["PK"]["S"] == "acme#transaction" && item["kind"]["S"] == "receipt").count()
}
