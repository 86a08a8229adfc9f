//! What goes wrong goes wrong whole: a process that dies before or after any call to the store leaves
//! nothing half done, and the same request sent again has one effect.

use std::collections::BTreeSet;

use local::faults::Fault;
use serde_json::{Value, json};
use shared::machinery::route::Row;
use tests::{ADMIN, Answer, Call, TOKEN, World, send};

/// One request for every row that writes, by operation and dialect.
fn request(row: &Row) -> Call {
    let customer = match row.dialect.name() {
        "jerasoft" => {
            json!({"name": "New One", "companies_id": 1, "currencies_id": 1, "credit": 10, "c_email": "new@x.example"})
        }
        "cloudonex" => json!({"account": "New One", "email": "new@x.example"}),
        _ => json!({"first_name": "New", "last_name": "One", "email": "new@x.example", "password": "long enough"}),
    };
    let entries: Vec<Value> =
        (0..30).map(|n| json!({"account": format!("N {n}"), "email": format!("n{n}@x.example")})).collect();
    let body = match (row.operation, row.dialect.name()) {
        ("customers.create" | "customers.update", _) => customer,
        ("customers.create_many", _) => json!({"customers": entries}),
        ("currencies.create", _) => json!({"name": "EUR", "code": "EUR"}),
        ("currencies.update", _) => json!({"name": "Rupee", "symbol": "R"}),
        ("rates.create", "jerasoft") => json!({"from_currencies_id": 1, "to_currencies_id": 3, "rate": 150}),
        ("rates.create", _) => json!({"from": "USD", "to": "JPY", "rate": 150}),
        ("sessions.token", _) => json!({"username": "admin", "password": "admin password"}),
        (_, _) => json!({}),
    };
    let id = if row.operation == "currencies.delete" { "3" } else { "2" };
    let call = Call::new(row.verb, &row.path.replace("{id}", id)).json(&body);
    match row.dialect.name() {
        "jerasoft" => call.key(ADMIN),
        "billmora" => call.bearer(TOKEN),
        _ => call.bearer(ADMIN),
    }
}

async fn prepared() -> World {
    let world = World::new().await;
    world.customers(3).await;
    world
}

fn good(answer: &Answer) -> bool {
    (200..300).contains(&answer.status)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_at_any_boundary_of_any_write_leaves_all_or_nothing() {
    let mut boundaries = 0;
    let mut operations = BTreeSet::new();
    let rows = rpc::rows();
    for row in rows.iter().filter(|row| row.writes) {
        let what = format!("{} {} {}", row.dialect.name(), row.verb, row.path);
        operations.insert(format!("{} {}", row.dialect.name(), row.operation));
        let world = prepared().await;
        let before = world.truth("acme");
        world.faulty.plan(|_, _| Fault::None);
        let answer = world.send(request(row).once("good")).await;
        assert!(good(&answer), "{what}: {}", answer.text);
        let calls = world.faulty.made();
        let (after, traces) = (world.truth("acme"), world.traces("acme"));
        world.verify();
        for call in 0..calls {
            for stop in [Fault::StopBefore, Fault::StopAfter] {
                boundaries += 1;
                let world = prepared().await;
                world.faulty.plan(move |number, _| if number == call { stop } else { Fault::None });
                send(&world.another_process(), request(row).once("good")).await;
                world.faulty.plan(|_, _| Fault::None);
                world.verify();
                let half = world.truth("acme");
                let long = row.operation == "customers.create_many";
                assert!(half == before || half == after || long, "{what}: {stop:?} at call {call}: half done");
                let again = send(&world.another_process(), request(row).once("good")).await;
                assert!(good(&again), "{what}: {stop:?} at call {call}: {}", again.text);
                assert_eq!(world.truth("acme"), after, "{what}: {stop:?} at call {call}: one effect");
                // What holds a secret is not kept: signing in again is signing in twice.
                let expected = if row.recorded { traces } else { world.traces("acme") };
                assert_eq!(
                    world.traces("acme"),
                    expected,
                    "{what}: {stop:?} at call {call}: one audit entry, one event"
                );
                world.verify();
            }
        }
    }
    println!(
        "faults: {} write operations, {boundaries} boundaries, nothing half done, every retry has one effect",
        operations.len()
    );
}

/// The same numbers for the same seed.
fn noise(seed: u64) -> impl FnMut(u64, &str) -> Fault + Send + 'static {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    move |_, _| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        match state % 20 {
            0 | 1 => Fault::Conflict,
            2 => Fault::Throttle,
            3 => Fault::LoseAnswer,
            _ => Fault::None,
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn contention_throttles_and_lost_answers_are_weathered() {
    let world = World::new().await;
    world.faulty.plan(noise(7));
    let mut made = 0;
    let mut retries = 0;
    let clients: Vec<_> = (0..8)
        .map(|client| {
            let app = world.another_process();
            tokio::spawn(async move {
                let mut retries = 0;
                for n in 0..25 {
                    let call = Call::new("POST", "/api/clients")
                        .key(ADMIN)
                        .json(&json!({"name": format!("c {client} {n}"), "companies_id": 1, "currencies_id": 1}));
                    let call = call.once(&format!("{client}-{n}"));
                    while !good(&send(&app, call.clone()).await) {
                        retries += 1;
                        assert!(retries < 1000);
                    }
                }
                retries
            })
        })
        .collect();
    for client in clients {
        retries += client.await.unwrap();
        made += 25;
    }
    world.faulty.plan(|_, _| Fault::None);
    let items = world.verify();
    let all = world.send(Call::new("GET", "/api/clients?limit=1000").key(ADMIN)).await.expect(200);
    assert_eq!(all.as_array().unwrap().len(), made);
    println!(
        "faults: {made} creates by 8 clients with one call in five going wrong: {made} customers, {retries} requests sent again, {items} items verified"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn many_writers_all_get_through_with_dense_ids() {
    let world = World::new().await;
    let clients: Vec<_> = (0..64)
        .map(|client| {
            let app = world.another_process();
            tokio::spawn(async move {
                let call = Call::new("POST", "/api/clients")
                    .key(ADMIN)
                    .json(&json!({"name": format!("writer {client}"), "companies_id": 1, "currencies_id": 1}));
                send(&app, call).await.expect(200)["id"].as_u64().unwrap()
            })
        })
        .collect();
    let mut ids = BTreeSet::new();
    for client in clients {
        ids.insert(client.await.unwrap());
    }
    assert_eq!(ids, (1..=64).collect());
    world.verify();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_is_gone_is_an_error_in_the_dialects_words() {
    let world = World::new().await;
    world.faulty.plan(|_, _| Fault::StopBefore);
    for (call, body) in [
        (Call::new("GET", "/api/clients").key(ADMIN), json!({"error": {"message": "Internal error", "data": {}}})),
        (
            Call::new("GET", "/api/v2/customers").bearer(ADMIN),
            json!({"success": false, "message": "Internal server error", "error_code": "SRV_001"}),
        ),
        (Call::new("GET", "/api/v1/users").bearer(TOKEN), json!({"message": "Server Error"})),
        (
            Call::new("POST", "/api/v2/auth/token").json(&json!({"username": "a", "password": "b"})),
            json!({"status": "Error", "error_code": 9001, "message": "internal error"}),
        ),
    ] {
        let answer = world.send(call).await;
        assert_eq!((answer.status, answer.json), (500, body));
    }
    let rpc = world.send(Call::rpc(&json!({"jsonrpc": "2.0", "id": 1, "method": "clients.search"})).key(ADMIN)).await;
    assert_eq!(rpc.json["error"]["code"], -32603);
}
