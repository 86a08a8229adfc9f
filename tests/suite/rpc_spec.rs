//! JSON-RPC 2.0: every example of the specification's section 7, and its fine print.
//!
//! The specification's own methods are put into a route table of this test. Parameters by position are
//! refused here by decision, so the examples that use them expect that refusal.

use serde_json::{Value, json};
use shared::machinery::dialect::Dialect::Jerasoft;
use shared::machinery::operation::{Done, Op, Scope};
use shared::machinery::reply::Reply;
use shared::machinery::route::{Row, as_is};
use tests::{ADMIN, Answer, Call, World, fixture};

static SUBTRACT: Op<(i64, i64), Value> =
    Op::read("spec.subtract", "number", Scope::Tenant, |_, (minuend, subtrahend)| {
        Box::pin(async move { Ok(Done::read(json!(minuend - subtrahend))) })
    });
static NOTHING: Op<(), Value> =
    Op::read("spec.nothing", "number", Scope::Tenant, |_, ()| Box::pin(async { Ok(Done::read(json!(["hello", 5]))) }));

fn rows() -> Vec<Row> {
    vec![
        Row::new(
            Jerasoft,
            "POST",
            "/api/spec/subtract",
            &SUBTRACT,
            |r| (r.integer("minuend").required(), r.integer("subtrahend").required()),
            as_is,
            &[],
        )
        .rpc("subtract"),
        Row::new(Jerasoft, "POST", "/api/spec/update", &NOTHING, |_| (), as_is, &[]).rpc("update"),
        Row::new(Jerasoft, "POST", "/api/spec/sum", &NOTHING, |_| (), as_is, &[]).rpc("sum"),
        Row::new(Jerasoft, "POST", "/api/spec/hello", &NOTHING, |_| (), |_, _| Reply::one(7), &[]).rpc("notify_hello"),
        Row::new(Jerasoft, "POST", "/api/spec/data", &NOTHING, |_| (), as_is, &[]).rpc("get_data"),
    ]
}

async fn say(world: &World, body: &str) -> Answer {
    world.send(Call::new("POST", "/api/").key(ADMIN).body(body.as_bytes())).await
}

fn error(id: Value, code: i32, message: &str) -> Value {
    json!({"jsonrpc": "2.0", "id": id, "error": {"code": code, "message": message}})
}

fn by_position(id: Value) -> Value {
    json!({"jsonrpc": "2.0", "id": id, "error": {"code": -32602, "message": "Invalid request", "data": {"params": "Parameters go by name"}}})
}

fn result(id: Value, result: Value) -> Value {
    json!({"jsonrpc": "2.0", "id": id, "result": result})
}

#[tokio::test(flavor = "multi_thread")]
async fn every_example_of_section_7() {
    let world = World::with(&fixture(), rows()).await;
    let invalid = || error(Value::Null, -32600, "Invalid Request");
    let parse = || error(Value::Null, -32700, "Parse error");
    let mixed = r#"[{"jsonrpc": "2.0", "method": "sum", "params": [1,2,4], "id": "1"}, {"jsonrpc": "2.0", "method": "notify_hello", "params": [7]},
        {"jsonrpc": "2.0", "method": "subtract", "params": [42,23], "id": "2"}, {"foo": "boo"},
        {"jsonrpc": "2.0", "method": "foo.get", "params": {"name": "myself"}, "id": "5"}, {"jsonrpc": "2.0", "method": "get_data", "id": "9"}]"#;
    let mixed_by_name = r#"[{"jsonrpc": "2.0", "method": "sum", "params": {}, "id": "1"}, {"jsonrpc": "2.0", "method": "notify_hello", "params": {"n": 7}},
        {"jsonrpc": "2.0", "method": "subtract", "params": {"minuend": 42, "subtrahend": 23}, "id": "2"}, {"foo": "boo"},
        {"jsonrpc": "2.0", "method": "foo.get", "params": {"name": "myself"}, "id": "5"}, {"jsonrpc": "2.0", "method": "get_data", "id": "9"}]"#;
    let hello = || json!(["hello", 5]);
    let examples: Vec<(&str, u16, Value)> = vec![
        (r#"{"jsonrpc": "2.0", "method": "subtract", "params": [42, 23], "id": 1}"#, 200, by_position(json!(1))),
        (r#"{"jsonrpc": "2.0", "method": "subtract", "params": [23, 42], "id": 2}"#, 200, by_position(json!(2))),
        (
            r#"{"jsonrpc": "2.0", "method": "subtract", "params": {"subtrahend": 23, "minuend": 42}, "id": 3}"#,
            200,
            result(json!(3), json!(19)),
        ),
        (
            r#"{"jsonrpc": "2.0", "method": "subtract", "params": {"minuend": 42, "subtrahend": 23}, "id": 4}"#,
            200,
            result(json!(4), json!(19)),
        ),
        (r#"{"jsonrpc": "2.0", "method": "update", "params": [1,2,3,4,5]}"#, 204, Value::Null),
        (r#"{"jsonrpc": "2.0", "method": "foobar"}"#, 204, Value::Null),
        (r#"{"jsonrpc": "2.0", "method": "foobar", "id": "1"}"#, 200, error(json!("1"), -32601, "Method not found")),
        (r#"{"jsonrpc": "2.0", "method": "foobar, "params": "bar", "baz]"#, 400, parse()),
        (r#"{"jsonrpc": "2.0", "method": 1, "params": "bar"}"#, 200, invalid()),
        (
            r#"[{"jsonrpc": "2.0", "method": "sum", "params": [1,2,4], "id": "1"}, {"jsonrpc": "2.0", "method"]"#,
            400,
            parse(),
        ),
        ("[]", 200, invalid()),
        ("[1]", 200, json!([invalid()])),
        ("[1,2,3]", 200, json!([invalid(), invalid(), invalid()])),
        (
            mixed,
            200,
            json!([
                by_position(json!("1")),
                by_position(json!("2")),
                invalid(),
                error(json!("5"), -32601, "Method not found"),
                result(json!("9"), hello())
            ]),
        ),
        (
            mixed_by_name,
            200,
            json!([
                result(json!("1"), hello()),
                result(json!("2"), json!(19)),
                invalid(),
                error(json!("5"), -32601, "Method not found"),
                result(json!("9"), hello())
            ]),
        ),
        (
            r#"[{"jsonrpc": "2.0", "method": "notify_sum", "params": [1,2,4]}, {"jsonrpc": "2.0", "method": "notify_hello", "params": [7]}]"#,
            204,
            Value::Null,
        ),
    ];
    let count = examples.len();
    for (sent, status, expected) in examples {
        let answer = say(&world, sent).await;
        assert_eq!((answer.status, answer.json), (status, expected), "{sent}");
        assert!(status != 204 || answer.text.is_empty());
    }
    println!("json-rpc: {count} exchanges of the specification's section 7");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_id_is_echoed_as_it_came() {
    let world = World::with(&fixture(), rows()).await;
    for id in [
        "1",
        "-1",
        "1.5",
        "0",
        "12345678901234567890123",
        "\"a\"",
        "\"\"",
        "null",
        "\"0f8fad5bd9cb469fa165708667289 50e\"",
        "1.50",
    ] {
        let answer = say(&world, &format!(r#"{{"jsonrpc":"2.0","method":"get_data","id":{id}}}"#)).await;
        assert_eq!(answer.text, format!(r#"{{"jsonrpc":"2.0","id":{id},"result":["hello",5]}}"#));
    }
    for (bad, echoed) in [
        (r#"{"jsonrpc":"2.0","method":"get_data","id":true}"#, "null"),
        (r#"{"jsonrpc":"2.0","method":"get_data","id":[1]}"#, "null"),
        (r#"{"jsonrpc":"1.0","method":"get_data","id":7}"#, "7"),
        (r#"{"method":"get_data","id":"x"}"#, "\"x\""),
        (r#"{"jsonrpc":"2.0","id":3}"#, "3"),
        (r#"{"jsonrpc":"2.0","method":"get_data","params":"x","id":4}"#, "4"),
        (r#"{"jsonrpc":"2.0","method":"get_data","params":null,"id":5}"#, "5"),
        ("7", "null"),
        ("null", "null"),
        ("\"x\"", "null"),
    ] {
        let answer = say(&world, bad).await;
        assert_eq!(
            answer.text,
            format!(r#"{{"jsonrpc":"2.0","id":{echoed},"error":{{"code":-32600,"message":"Invalid Request"}}}}"#),
            "{bad}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_has_at_most_100_calls_and_each_is_by_itself() {
    let world = World::new().await;
    let call = |n: usize| json!({"jsonrpc": "2.0", "id": n, "method": "clients.search"});
    let full: Vec<Value> = (0..100).map(call).collect();
    assert_eq!(world.send(Call::rpc(&json!(full)).key(ADMIN)).await.expect(200).as_array().unwrap().len(), 100);
    let over: Vec<Value> = (0..101).map(call).collect();
    assert_eq!(world.send(Call::rpc(&json!(over)).key(ADMIN)).await.expect(200)["error"]["code"], -32600);
    let client = |name: &str| json!({"name": name, "companies_id": 1, "currencies_id": 1});
    let batch = json!([
        {"jsonrpc": "2.0", "id": 1, "method": "clients.create", "params": client("a")},
        {"jsonrpc": "2.0", "id": 2, "method": "clients.create", "params": client("A")},
        {"jsonrpc": "2.0", "method": "clients.create", "params": client("silent")},
        {"jsonrpc": "2.0", "id": 3, "method": "clients.get", "params": {"id": 2}},
        {"jsonrpc": "2.0", "id": 4, "method": "clients.get", "params": {"id": 77}},
    ]);
    let answer = world.send(Call::rpc(&batch).key(ADMIN)).await.expect(200);
    assert_eq!(answer[0]["result"]["id"], 1);
    assert_eq!(
        (&answer[1]["error"]["code"], &answer[1]["error"]["data"]),
        (&json!(-32602), &json!({"name": "Value is already in use"}))
    );
    assert_eq!(answer[2]["result"]["name"], "silent");
    assert_eq!(
        (&answer[3]["error"]["code"], &answer[3]["error"]["message"]),
        (&json!(-32001), &json!("Object \"clients(77)\" was not found!"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asks_is_told_by_http_or_by_json_rpc() {
    let world = World::new().await;
    let call = json!({"jsonrpc": "2.0", "id": 1, "method": "clients.search"});
    let none = world.send(Call::rpc(&call)).await;
    assert_eq!((none.status, &none.json["error"]["code"]), (401, &json!(-32003)));
    let wrong = world.send(Call::rpc(&call).key("wrong")).await;
    assert_eq!((wrong.status, &wrong.json["id"], &wrong.json["error"]["code"]), (401, &json!(1), &json!(-32003)));
    let token = world.send(Call::rpc(&call).bearer("wrong")).await;
    assert_eq!((token.status, &token.json["error"]["code"]), (200, &json!(-32005)));
    let rest = world.send(Call::new("GET", "/api/clients").bearer("wrong")).await;
    assert_eq!(rest.status, 401);
    // Signing in needs no credential, and what it gives is one.
    let sign_in = |login: &str, password: &str| json!({"jsonrpc": "2.0", "id": 1, "method": "iam.auth.jwt.authenticate", "params": {"login": login, "password": password}});
    let signed = world.send(Call::rpc(&sign_in("admin", "admin password"))).await.expect(200);
    let token = signed["result"]["token"].as_str().unwrap();
    assert_eq!(signed["result"]["expires_at"], "2026-03-01 13:00:00+0000");
    assert_eq!(world.send(Call::rpc(&call).bearer(token)).await.expect(200)["result"], json!([]));
    let refreshed = world
        .send(Call::rpc(&json!({"jsonrpc": "2.0", "id": 1, "method": "iam.auth.jwt.refresh"})).bearer(token))
        .await
        .expect(200);
    assert_ne!(refreshed["result"]["token"], signed["result"]["token"]);
    let unknown = world.send(Call::rpc(&sign_in("nobody", "x"))).await.expect(200);
    let wrong = world.send(Call::rpc(&sign_in("admin", "x"))).await.expect(200);
    assert_eq!((&unknown["error"], &unknown["error"]["code"]), (&wrong["error"], &json!(-32003)));
    // Several tenants may have the same login: the password decides, or the tenant before a slash.
    assert!(
        world.send(Call::rpc(&sign_in("acme/admin", "admin password"))).await.expect(200)["result"]["token"]
            .is_string()
    );
    assert_eq!(
        world.send(Call::rpc(&sign_in("other/admin", "admin password"))).await.expect(200)["error"]["code"],
        -32003
    );
    let mut told = 200;
    for _ in 0..40 {
        told = world
            .send(Call::new("POST", "/api/iam/auth/jwt/authenticate").json(&json!({"login": "guess", "password": "x"})))
            .await
            .status;
    }
    assert_eq!(told, 429, "guessing is slowed");
}
