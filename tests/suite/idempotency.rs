//! One key, one effect, and its answer byte for byte.

use serde_json::{Value, json};
use tests::{ADMIN, Answer, Call, LIMITED, TOKEN, World, send};

fn total(answer: &Value) -> u64 {
    answer["meta"]["total_records"].as_u64().unwrap()
}

async fn customers(world: &World) -> u64 {
    total(&world.send(Call::new("GET", "/api/v2/customers").bearer(ADMIN)).await.expect(200))
}

#[tokio::test(flavor = "multi_thread")]
async fn one_key_of_100_concurrent_requests_has_one_effect() {
    let world = World::new().await;
    let create = || {
        Call::new("POST", "/api/v2/customers")
            .bearer(ADMIN)
            .json(&json!({"account": "Once", "email": "once@x.example"}))
            .once("only-once")
    };
    let clients: Vec<_> = (0..100)
        .map(|_| {
            let app = world.another_process();
            tokio::spawn(async move { send(&app, create()).await })
        })
        .collect();
    let mut answers: Vec<Answer> = Vec::new();
    for client in clients {
        answers.push(client.await.unwrap());
    }
    let first = answers.iter().filter(|answer| answer.header("idempotent-replayed").is_none()).count();
    println!("idempotency: 100 concurrent requests with one key: {first} effect, {} replays", answers.len() - first);
    assert_eq!(first, 1);
    assert!(answers.iter().all(|answer| answer.status == 201 && answer.text == answers[0].text), "byte for byte");
    assert_eq!(customers(&world).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_key_in_every_dialect() {
    let world = World::new().await;
    world.customers(3).await;
    let rpc = |params: Value| {
        Call::rpc(&json!({"jsonrpc": "2.0", "id": "a", "method": "clients.create", "params": params})).key(ADMIN)
    };
    let client = |name: &str| json!({"name": name, "companies_id": 1, "currencies_id": 1});
    let keyed = |name: &str, key: &str| {
        let mut params = client(name);
        params["__idempotency_key"] = json!(key);
        params
    };
    let user = |name: &str| json!({"first_name": name, "last_name": "L", "email": format!("{name}@x.example"), "password": "long enough"});
    let pairs: Vec<(&str, Call, Call)> = vec![
        (
            "jerasoft",
            Call::new("POST", "/api/clients").key(ADMIN).json(&client("a")).once("j1"),
            Call::new("POST", "/api/clients").key(ADMIN).json(&client("b")).once("j1"),
        ),
        ("json-rpc, header", rpc(client("c")).once("j2"), rpc(client("d")).once("j2")),
        ("json-rpc, parameter", rpc(keyed("e", "j3")), rpc(keyed("f", "j3"))),
        (
            "jerasoft update",
            Call::new("PATCH", "/api/clients/1").key(ADMIN).json(&json!({"credit": 5})).once("j4"),
            Call::new("PATCH", "/api/clients/1").key(ADMIN).json(&json!({"credit": 6})).once("j4"),
        ),
        (
            "jerasoft delete",
            Call::new("DELETE", "/api/clients/2").key(ADMIN).once("j5"),
            Call::new("DELETE", "/api/clients/3").key(ADMIN).once("j5"),
        ),
        (
            "cloudonex",
            Call::new("POST", "/api/v2/customers").bearer(ADMIN).json(&json!({"account": "g"})).once("c1"),
            Call::new("POST", "/api/v2/customers").bearer(ADMIN).json(&json!({"account": "h"})).once("c1"),
        ),
        (
            "billmora",
            Call::new("POST", "/api/v1/users").bearer(TOKEN).json(&user("i")).once("b1"),
            Call::new("POST", "/api/v1/users").bearer(TOKEN).json(&user("k")).once("b1"),
        ),
    ];
    for (what, call, other) in pairs {
        let first = world.send(call.clone()).await;
        assert!((200..300).contains(&first.status) && first.json.get("error").is_none(), "{what}: {}", first.text);
        assert_eq!(first.header("idempotent-replayed"), None, "{what}");
        world.pass(1);
        let again = world.send(call).await;
        assert_eq!((again.status, &again.text), (first.status, &first.text), "{what}");
        assert_eq!(again.header("idempotent-replayed"), Some("true"), "{what}");
        let count = customers(&world).await;
        let mixed = world.send(other).await;
        let refused = if what.starts_with("json-rpc") {
            mixed.json["error"]["data"]["code"] == "idempotency_key_reused"
        } else {
            mixed.status == 422
        };
        assert!(refused, "{what}: {}", mixed.text);
        assert_eq!(customers(&world).await, count, "{what}: no effect");
    }
    world.pass(24 * 3600 + 60);
    assert_eq!(
        world
            .send(Call::new("POST", "/api/v2/customers").bearer(ADMIN).json(&json!({"account": "h"})).once("c1"))
            .await
            .status,
        201,
        "kept 24 hours"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_its_credentials_own_and_has_bounds() {
    let world = World::new().await;
    let create =
        |key: &str| Call::new("POST", "/api/v2/customers").bearer(key).json(&json!({"account": "Same"})).once("shared");
    assert_eq!(world.send(create(ADMIN)).await.header("idempotent-replayed"), None);
    assert_eq!(
        world.send(create(LIMITED)).await.header("idempotent-replayed"),
        None,
        "another credential's key is another key"
    );
    let long = "x".repeat(256);
    for bad in ["", long.as_str(), "tab\there", "ümlaut"] {
        let answer = world
            .send(Call::new("POST", "/api/v2/customers").bearer(ADMIN).json(&json!({"account": "X"})).once(bad))
            .await;
        assert_eq!(answer.status, 422, "{bad:?}: {}", answer.text);
        assert!(answer.json["errors"].get("Idempotency-Key").is_some(), "{}", answer.text);
    }
    let refused = Call::new("POST", "/api/v2/customers").bearer(ADMIN).json(&json!({"account": ""})).once("mended");
    assert_eq!(world.send(refused).await.status, 422);
    let mended = Call::new("POST", "/api/v2/customers").bearer(ADMIN).json(&json!({"account": "Now"})).once("mended");
    assert_eq!(world.send(mended).await.status, 201, "what was refused left no record");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_is_shown_once_and_kept_under_no_key() {
    let world = World::new().await;
    let sign_in = || {
        Call::new("POST", "/api/v2/auth/token")
            .json(&json!({"username": "admin", "password": "admin password"}))
            .once("r1")
    };
    let (one, two) = (world.send(sign_in()).await.expect(200), world.send(sign_in()).await.expect(200));
    assert_ne!(one["data"]["token"], two["data"]["token"]);
    let everything = json!(world.items()).to_string();
    for secret in [one["data"]["token"].as_str().unwrap(), "admin password", ADMIN, TOKEN.split_once('|').unwrap().1] {
        assert!(!everything.contains(secret), "{secret} is stored in clear");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_batch_is_mended_gone_on_with_and_never_begun_anew() {
    let world = World::new().await;
    let batch = |entries: &[Value]| {
        Call::new("POST", "/api/v2/batch/customers").bearer(ADMIN).json(&json!({"customers": entries})).once("b")
    };
    let bad = vec![json!({"account": ""}); 60];
    assert_eq!(world.send(batch(&bad)).await.status, 422);
    // Mended under the same key. The first 40 are refused, since somebody has their address.
    world
        .send(
            Call::new("POST", "/api/v2/customers")
                .bearer(ADMIN)
                .json(&json!({"account": "Has it", "email": "taken@x.example"})),
        )
        .await
        .expect(201);
    let taken = vec![json!({"account": "Late", "email": "taken@x.example"}); 40];
    let good: Vec<Value> = (0..20).map(|n| json!({"account": format!("G {n}")})).collect();
    let mended = [taken, good].concat();
    let first = world.send(batch(&mended)).await;
    assert_eq!((first.status, &first.json["meta"]["created"]), (200, &json!(20)));
    // Now the address is free: sent again, the batch is what it was.
    world.send(Call::new("DELETE", "/api/v2/customers/1").bearer(ADMIN)).await.expect(200);
    let again = world.send(batch(&mended)).await;
    assert_eq!((again.text, again.headers.get("idempotent-replayed").map(String::as_str)), (first.text, Some("true")));
    assert_eq!(customers(&world).await, 20);
    world.verify();
}

#[tokio::test(flavor = "multi_thread")]
async fn each_call_of_a_json_rpc_batch_has_its_own_record() {
    let world = World::new().await;
    let call = |id: u64, name: &str| json!({"jsonrpc": "2.0", "id": id, "method": "clients.create", "params": {"name": name, "companies_id": 1, "currencies_id": 1}});
    let batch = json!([call(1, "a"), call(2, "b"), call(3, "a")]);
    let first = world.send(Call::rpc(&batch).key(ADMIN).once("batch")).await;
    assert!(first.json[2].get("error").is_some(), "a name is taken: {}", first.text);
    let again = world.send(Call::rpc(&batch).key(ADMIN).once("batch")).await;
    assert_eq!(again.text, first.text);
    assert_eq!(customers(&world).await, 2);
}
