//! Users and what they sign in with: shown once, rotated with an overlap, revoked at once, no more than was given.

use serde_json::{Value, json};
use shared::domain::users::role::{ACTIONS, MODULES};
use shared::machinery::operation::Scope;
use shared::machinery::request::Request;
use shared::machinery::secrets::{hex, mac};
use shared::machinery::signature;
use tests::{ADMIN, Answer, Call, LIMITED, TOKEN, World};

async fn make(world: &World, path: &str, body: &Value) -> Value {
    world.send(Call::new("POST", &format!("/api/v2/{path}")).bearer(ADMIN).json(body)).await.expect(201)["data"].clone()
}

async fn looks(world: &World, key: &str) -> u16 {
    world.send(Call::new("GET", "/api/v2/customers").bearer(key)).await.status
}

fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value[name].as_str().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_is_shown_once_and_stored_nowhere() {
    let world = World::new().await;
    let new = || Call::new("POST", "/api/v2/api-keys").bearer(ADMIN).json(&json!({"label": "Shop"})).once("k");
    let made = world.send(new()).await.expect(201)["data"].clone();
    let again = world.send(new()).await;
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
    assert_eq!(again.json["data"]["id"], made["id"], "one key, however often it is asked for");
    assert_eq!(again.json["data"]["key"], Value::Null);
    let token = make(&world, "tokens", &json!({"name": "Panel"})).await;
    let secret = text(&token, "token").split_once('|').unwrap().1.to_owned();
    for item in world.items() {
        let stored = item.to_string();
        assert!(!stored.contains(text(&made, "key")) && !stored.contains(&secret), "{}", item["PK"]);
    }
    for path in ["/api/v2/api-keys", "/api/v2/tokens", &format!("/api/v2/api-keys/{}", made["id"])] {
        let shown = world.send(Call::new("GET", path).bearer(ADMIN)).await;
        assert!(!shown.text.contains(text(&made, "key")) && !shown.text.contains(&secret));
    }
    world.verify();
}

#[tokio::test(flavor = "multi_thread")]
async fn both_secrets_work_while_they_overlap_and_none_when_revoked() {
    let world = World::new().await;
    let made = make(&world, "api-keys", &json!({"label": "Shop"})).await;
    let (id, first) = (made["id"].as_u64().unwrap(), text(&made, "key").to_owned());
    let rotate = |seconds: u64| {
        let body = json!({"overlap_seconds": seconds});
        Call::new("POST", &format!("/api/v2/api-keys/{id}/rotate")).bearer(ADMIN).json(&body)
    };
    let second = text(&world.send(rotate(3600)).await.expect(200)["data"], "key").to_owned();
    assert_eq!((looks(&world, &first).await, looks(&world, &second).await), (200, 200));
    world.pass(3600);
    assert_eq!((looks(&world, &first).await, looks(&world, &second).await), (401, 200), "the overlap is over");
    let third = text(&world.send(rotate(60)).await.expect(200)["data"], "key").to_owned();
    let fourth = text(&world.send(rotate(60)).await.expect(200)["data"], "key").to_owned();
    assert_eq!(looks(&world, &second).await, 401, "the one before the last is over");
    assert_eq!((looks(&world, &third).await, looks(&world, &fourth).await), (200, 200));
    world.send(Call::new("DELETE", &format!("/api/v2/api-keys/{id}")).bearer(ADMIN)).await.expect(200);
    for key in [&first, &second, &third, &fourth] {
        assert_eq!(looks(&world, key).await, 401);
    }
    let token = make(&world, "tokens", &json!({"name": "Panel", "abilities": ["users.view"]})).await;
    let path = format!("/api/v2/tokens/{}", token["id"]);
    let call = |token: &Value, path: &str| Call::new("GET", path).bearer(text(token, "token"));
    world.send(call(&token, "/api/v1/users")).await.expect(200);
    assert_eq!(world.send(call(&token, "/api/v1/invoices")).await.status, 403);
    let anew = Call::new("POST", &format!("{path}/rotate")).bearer(ADMIN).json(&json!({"overlap_seconds": 0}));
    let anew = world.send(anew).await.expect(200)["data"].clone();
    assert_eq!(world.send(call(&token, "/api/v1/users")).await.status, 401);
    world.send(call(&anew, "/api/v1/users")).await.expect(200);
    world.send(Call::new("DELETE", &path).bearer(ADMIN)).await.expect(200);
    assert_eq!(world.send(call(&anew, "/api/v1/users")).await.status, 401);
    world.verify();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_becomes_of_a_user_becomes_of_all_they_sign_in_with() {
    let world = World::new().await;
    let body = json!({"login": "clerk", "password": "clerk password", "allowed_ips": ["198.51.100.0/24"]});
    let made = world.send(Call::new("POST", "/api/iam/users").key(ADMIN).json(&body)).await.expect(200);
    let (id, key) = (made["id"].as_u64().unwrap(), text(&made, "api_key").to_owned());
    let from = |call: Call| call.from("198.51.100.7");
    let session =
        from(Call::new("POST", "/api/v2/auth/token")).json(&json!({"username": "clerk", "password": "clerk password"}));
    let session = text(&world.send(session).await.expect(200)["data"], "token").to_owned();
    let jwt = from(Call::new("POST", "/api/iam/auth/jwt/authenticate"))
        .json(&json!({"login": "clerk", "password": "clerk password"}));
    let jwt = text(&world.send(jwt).await.expect(200), "token").to_owned();
    let calls = || {
        [
            Call::new("GET", "/api/clients").key(&key),
            Call::new("POST", "/api/v2/invoice/list").validate(&session),
            Call::new("GET", "/api/clients").bearer(&jwt),
        ]
    };
    for call in calls() {
        world.send(from(call.clone())).await.expect(200);
        let elsewhere = world.send(call).await;
        assert!([401, 403].contains(&elsewhere.status), "from another network: {}", elsewhere.text);
    }
    let change = async |body: Value| {
        world.send(Call::new("PATCH", &format!("/api/iam/users/{id}")).key(ADMIN).json(&body)).await.expect(200)
    };
    change(json!({"status": "disabled"})).await;
    for call in calls() {
        assert_eq!(world.send(from(call)).await.status, 401, "disabled");
    }
    change(json!({"status": "active", "allowed_ips": []})).await;
    for call in calls() {
        world.send(call).await.expect(200);
    }
    world.pass(1);
    change(json!({"password": "another password"})).await;
    let [by_key, by_session, by_jwt] = calls();
    world.send(by_key).await.expect(200);
    assert_eq!((world.send(by_session).await.status, world.send(by_jwt).await.status), (401, 401), "a new password");
    change(json!({"companies_id": 2})).await;
    let south = json!({"name": "South only", "companies_id": 3, "currencies_id": 1});
    world.send(Call::new("POST", "/api/clients").key(ADMIN).json(&south)).await.expect(200);
    assert_eq!(world.send(Call::new("GET", "/api/clients").key(&key)).await.json, json!([]), "limited to a reseller");
    world.verify();
}

#[tokio::test(flavor = "multi_thread")]
async fn archiving_a_user_gives_what_they_own_to_another() {
    let world = World::new().await;
    let owner = json!({"login": "owner", "password": "long enough"});
    let id = world.send(Call::new("POST", "/api/iam/users").key(ADMIN).json(&owner)).await.expect(200)["id"].clone();
    for n in 0..90 {
        let body = json!({"name": format!("C {n}"), "companies_id": 1, "currencies_id": 1, "owner_users_id": id});
        world.send(Call::new("POST", "/api/clients").key(ADMIN).json(&body)).await.expect(200);
    }
    let archive = |body: Value| Call::new("POST", &format!("/api/iam/users/{id}/archive")).key(ADMIN).json(&body);
    let refused = world.send(archive(json!({}))).await;
    assert_eq!((refused.status, &refused.json["error"]["data"]["code"]), (422, &json!("user_owns_clients")));
    let moved = world.send(archive(json!({"new_owner_users_id": 2}))).await.expect(200);
    assert_eq!(moved, json!({"clients": 90, "rate_tables": 0, "stored_queries": 0}));
    let owned = world.send(Call::new("GET", "/api/clients?owner_users_id=2&limit=1000").key(ADMIN)).await.expect(200);
    assert_eq!(owned.as_array().unwrap().len(), 90);
    let user = world.send(Call::new("GET", &format!("/api/iam/users/{id}")).key(ADMIN)).await.expect(200);
    assert_eq!(user["status"], "archive");
    world.verify();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_permits_what_it_was_given_in_every_dialect_and_gives_away_no_more() {
    let world = World::new().await;
    let wish = json!({"label": "x", "permissions": ["departments.view"], "rate_limit": 100_000});
    let key = text(&make(&world, "api-keys", &wish).await, "key").to_owned();
    let (mut refused, mut open) = (0, 0);
    for row in local::rows().iter().filter(|row| row.ability.is_none() && row.scope != Scope::Open) {
        let permission = row.permission();
        let (module, action) = permission.split_once('.').unwrap();
        assert!(MODULES.contains(&module) && ACTIONS.contains(&action), "{} {permission}", row.path);
        let call = Call::new(row.verb, &crate::bodies::path(row, 1)).json(&json!({}));
        let call = match row.dialect.name() {
            "jerasoft" => call.key(&key),
            "racknap" => continue,
            _ => call.bearer(&key),
        };
        let answer = world.send(call).await;
        if permission == "departments.view" {
            assert_eq!(answer.status, 200, "{}", answer.text);
            open += 1;
        } else {
            assert_eq!(answer.status, 403, "{} {}: {}", row.verb, row.path, answer.text);
            refused += 1;
        }
    }
    // Who may make users and keys makes none that may do more.
    let clerk = make(&world, "api-keys", &json!({"label": "y", "permissions": ["users.*", "credentials.*"]})).await;
    let ask = async |path: &str, body: Value| -> Answer {
        world.send(Call::new("POST", &format!("/api/v2/{path}")).bearer(text(&clerk, "key")).json(&body)).await
    };
    let more = [
        ("api-keys", json!({"label": "z", "permissions": ["invoices.view"]})),
        ("api-keys", json!({"label": "z"})),
        ("tokens", json!({"name": "z"})),
        ("tokens", json!({"name": "z", "abilities": ["users.view"]})),
        ("users", json!({"name": "N", "email": "n@x.example", "password": "long enough", "role": "viewer"})),
        ("api-keys/9/rotate", json!({})),
    ];
    for (path, body) in more {
        let answer = ask(path, body).await;
        assert_eq!(answer.status, 403, "{path}: {}", answer.text);
    }
    ask("api-keys", json!({"label": "z", "permissions": ["users.view"]})).await.expect(201);
    // Who is limited to a reseller makes nobody who is not, and sees none of the others' keys.
    let own = json!({"name": "N", "email": "n@x.example", "password": "long enough", "role": "viewer"});
    let own = world.send(Call::new("POST", "/api/v2/users").bearer(LIMITED).json(&own)).await.expect(201);
    assert_eq!(own["data"]["reseller_id"], 2);
    let seen = world.send(Call::new("GET", "/api/v2/api-keys").bearer(LIMITED)).await.expect(200);
    assert_eq!(seen["meta"]["total_records"], 1);
    assert_eq!(world.send(Call::new("GET", "/api/v2/users/1").bearer(LIMITED)).await.status, 404);
    println!("access: {open} rows open to a key of one permission, {refused} rows refused");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_wants_signatures_is_worth_nothing_alone() {
    let world = World::new().await;
    let key = make(&world, "api-keys", &json!({"label": "Erp", "signed": true})).await;
    let (key, secret) = (text(&key, "key").to_owned(), text(&key, "signing_secret").to_owned());
    let signed = |call: Call, at: i64, secret: &str| {
        let request: &Request = &call.request;
        let signature = hex(&mac(secret.as_bytes(), signature::text(request, &at.to_string()).as_bytes()));
        call.clone().header("x-timestamp", &at.to_string()).header("x-signature", &signature)
    };
    let now = world.app.outside.now().timestamp();
    let call = || Call::new("POST", "/api/v2/customers?b=2&a=1").bearer(&key).json(&json!({"account": "A"}));
    world.send(signed(call(), now, &secret)).await.expect(201);
    world.send(signed(call(), now - 300, &secret)).await.expect(201);
    let other = signed(call(), now, &secret).json(&json!({"account": "B"}));
    for (what, bad) in [
        ("none", call()),
        ("old", signed(call(), now - 301, &secret)),
        ("another key", signed(call(), now, "00")),
        ("another body", other),
    ] {
        let answer = world.send(bad).await;
        assert_eq!((answer.status, &answer.json["error_code"]), (401, &json!("AUTH_003")), "{what}");
    }
    // It opens no other door either.
    assert_eq!(world.send(Call::new("GET", "/api/clients").key(&key)).await.status, 401);
    let rpc = Call::rpc(&json!({"jsonrpc": "2.0", "id": 1, "method": "clients.search"})).key(&key);
    assert_eq!(world.send(rpc).await.status, 401);
    world.send(signed(Call::new("GET", "/api/clients?limit=5").key(&key), now, &secret)).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_in_parts_is_read_like_any_other() {
    let world = World::new().await;
    let part =
        |name: &str, value: &str| format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
    let body = part("customer_id", "1")
        + &part("items[0][description]", "Überweisung")
        + &part("items[0][amount]", "4.25")
        + &part("items[0][qty]", "12")
        + "--b--\r\n";
    world.customers(1).await;
    let send = |body: String| {
        let call = Call::new("POST", "/api/v2/invoices").bearer(ADMIN).body(body.as_bytes());
        call.header("content-type", "multipart/form-data; boundary=b")
    };
    let made = world.send(send(body.clone())).await.expect(201);
    assert_eq!(
        (&made["data"]["amount"].to_string(), text(&made["data"]["items"][0], "description")),
        (&"51.00".to_owned(), "Überweisung")
    );
    let cut = world.send(send(body.replace("--b--", ""))).await;
    assert_eq!((cut.status, &cut.json["error_code"]), (400, &json!("REQ_001")), "{}", cut.text);
    let put = Call::new("POST", "/api/v1/users/1?_method=PUT")
        .bearer(TOKEN)
        .body((part("last_name", "Pal") + "--b--\r\n").as_bytes());
    let put = world.send(put.header("content-type", "multipart/form-data; boundary=b")).await.expect(200);
    assert_eq!(put["data"]["last_name"], "Pal");
}
