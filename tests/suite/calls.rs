//! How many calls to the store a request makes, each counted where the SDK's HTTP client would be.

use serde_json::json;
use tests::{ADMIN, Call, TOKEN, World};

async fn count(world: &World, what: &str, most: u64, call: Call, status: u16) {
    world.faulty.plan(|_, operation| {
        assert_ne!(operation, "Scan", "a request scanned");
        local::faults::Fault::None
    });
    let (answer, cost) = world.cost(call).await;
    assert_eq!(answer.status, status, "{what}: {}", answer.text);
    let made = world.faulty.made();
    println!(
        "store calls: {what}: {made} (at most {most}), {} read units, {} write units: {:?}",
        cost.read_units, cost.write_units, cost.calls
    );
    assert_eq!(made, cost.calls.len() as u64, "{what}: the log line would tell another number");
    assert!(made <= most, "{what}: {made} calls");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_request_makes_more_calls_than_it_may() {
    let world = World::new().await;
    world.customers(50).await;
    let rpc = |method: &str, params: serde_json::Value| {
        Call::rpc(&json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})).key(ADMIN)
    };
    count(&world, "read by id, jerasoft", 2, Call::new("GET", "/api/clients/7").key(ADMIN), 200).await;
    count(&world, "read by id, json-rpc", 2, rpc("clients.get", json!({"id": 7})), 200).await;
    count(&world, "read by id, cloudonex", 2, Call::new("GET", "/api/v2/customers/7").bearer(ADMIN), 200).await;
    count(&world, "read by id, billmora", 2, Call::new("GET", "/api/v1/users/7").bearer(TOKEN), 200).await;
    count(&world, "read a currency, cloudonex", 2, Call::new("GET", "/api/v2/currencies/1").bearer(ADMIN), 200).await;
    count(&world, "list page 1, jerasoft", 4, Call::new("GET", "/api/clients").key(ADMIN), 200).await;
    count(
        &world,
        "list page 3, cloudonex",
        4,
        Call::new("GET", "/api/v2/customers?page=3&limit=10").bearer(ADMIN),
        200,
    )
    .await;
    count(&world, "list page 3, billmora", 4, Call::new("GET", "/api/v1/users?page=3&per_page=10").bearer(TOKEN), 200)
        .await;
    count(&world, "search, cloudonex", 4, Call::new("GET", "/api/v2/customers?search=customer1").bearer(ADMIN), 200)
        .await;
    count(
        &world,
        "search sorted by name, jerasoft",
        5, // one of them for the balances
        Call::new("GET", "/api/clients?q=custo*&order=-name").key(ADMIN),
        200,
    )
    .await;
    count(
        &world,
        "exchange rate at an instant",
        3,
        Call::new("GET", "/api/accounting/currencies/exchange-rate?from_currencies_id=1&to_currencies_id=2").key(ADMIN),
        200,
    )
    .await;
    let new = json!({"name": "One", "companies_id": 1, "currencies_id": 1, "credit": 10, "c_email": "one@x.example"});
    count(&world, "create, jerasoft", 3, Call::new("POST", "/api/clients").key(ADMIN).json(&new).once("k1"), 200).await;
    let new = json!({"account": "Two", "email": "two@x.example"});
    count(
        &world,
        "create, cloudonex",
        3,
        Call::new("POST", "/api/v2/customers").bearer(ADMIN).json(&new).once("k2"),
        201,
    )
    .await;
    let new = json!({"first_name": "T", "last_name": "Hree", "email": "three@x.example", "password": "long enough"});
    count(&world, "create, billmora", 3, Call::new("POST", "/api/v1/users").bearer(TOKEN).json(&new).once("k3"), 201)
        .await;
    count(
        &world,
        "update, jerasoft",
        3,
        Call::new("PATCH", "/api/clients/7").key(ADMIN).json(&json!({"credit": 1000})),
        200,
    )
    .await;
    count(&world, "delete, cloudonex", 3, Call::new("DELETE", "/api/v2/customers/8").bearer(ADMIN), 200).await;
    count(
        &world,
        "list page 3 with holes, cloudonex",
        4,
        Call::new("GET", "/api/v2/customers?page=3&limit=10").bearer(ADMIN),
        200,
    )
    .await;
    count(
        &world,
        "create a rate and its reverse",
        3,
        Call::new("POST", "/api/v2/exchange-rates")
            .bearer(ADMIN)
            .json(&json!({"from": "USD", "to": "JPY", "rate": "150"})),
        201,
    )
    .await;
    let entries: Vec<_> =
        (0..100).map(|n| json!({"account": format!("B {n}"), "email": format!("b{n}@x.example")})).collect();
    count(
        &world,
        "batch of 100 customers",
        12,
        Call::new("POST", "/api/v2/batch/customers").bearer(ADMIN).json(&json!({"customers": entries})).once("k4"),
        201,
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn knowing_who_asks_and_counting_it_is_one_write_at_most() {
    let world = World::new().await;
    for minute in 0..200 {
        let (answer, cost) = world.cost(Call::new("GET", "/api/v2/customers/1").bearer(ADMIN)).await;
        assert_eq!(answer.status, 404);
        let counted = cost.calls.iter().filter(|verb| **verb == "count").count();
        assert_eq!(counted, 1, "minute {minute}: {:?}", cost.calls);
        world.pass(20 * 60);
    }
}
