//! What the console stands on: a person's session, which permits what their role does, and pages that cross the gateway.

use local::template::BUILT_IN;
use serde_json::{Value, json};
use tests::{ADMIN, Answer, Call, TOKEN_OTHER, World};

use crate::gateway::{ask, start};

async fn open(world: &World, login: &str, password: &str) -> Answer {
    let body = json!({"login": login, "password": password});
    world.send(Call::new("POST", "/api/v2/sessions").json(&body)).await
}

fn token(opened: &Value) -> String {
    opened["data"]["token"].as_str().unwrap().to_owned()
}

async fn user(world: &World, name: &str, role: &str) -> u64 {
    let body = json!({"name": name, "email": format!("{name}@x.example"), "password": "long enough", "role": role});
    let made = world.send(Call::new("POST", "/api/v2/users").bearer(ADMIN).json(&body)).await.expect(201);
    made["data"]["id"].as_u64().unwrap()
}

async fn status(world: &World, verb: &str, path: &str, token: &str) -> u16 {
    world.send(Call::new(verb, path).bearer(token).json(&json!({}))).await.status
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_permits_what_the_role_does() {
    let world = World::new().await;
    for (role, expected) in [
        // customers, make a customer, invoices, keys, make a key, users: what is refused for its body is permitted
        ("administrator", [200, 422, 200, 200, 422, 200]),
        ("accountant", [200, 403, 200, 403, 403, 403]),
        ("support", [200, 422, 200, 403, 403, 403]),
        ("viewer", [200, 403, 200, 200, 403, 200]),
    ] {
        user(&world, role, role).await;
        let opened = open(&world, &format!("{role}@x.example"), "long enough").await.expect(201);
        assert_eq!((&opened["data"]["user"]["role"], &opened["data"]["timezone"]), (&json!(role), &json!("UTC")));
        let token = token(&opened);
        let mut found = Vec::new();
        for (verb, path) in [
            ("GET", "/api/v2/customers"),
            ("POST", "/api/v2/customers"),
            ("GET", "/api/v2/invoices"),
            ("GET", "/api/v2/api-keys"),
            ("POST", "/api/v2/api-keys"),
            ("GET", "/api/v2/users"),
        ] {
            found.push(status(&world, verb, path, &token).await);
        }
        assert_eq!(found, expected, "{role}");
    }
    // An administrator's session makes keys, which are the administrator's own.
    let opened = open(&world, "admin", "admin password").await.expect(201);
    let body = json!({"label": "Made in a session"});
    let made = world.send(Call::new("POST", "/api/v2/api-keys").bearer(&token(&opened)).json(&body)).await.expect(201);
    assert_eq!((&made["data"]["user_id"], &opened["data"]["user"]["id"]), (&json!(1), &json!(1)));
    world.verify();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_ends_with_its_hour_its_password_its_user_and_its_role() {
    let world = World::new().await;
    let id = user(&world, "clerk", "accountant").await;
    let signed_in = async || token(&open(&world, "clerk@x.example", "long enough").await.expect(201));
    let change = async |body: Value| {
        let call = Call::new("PUT", &format!("/api/v2/users/{id}")).bearer(ADMIN).json(&body);
        world.send(call).await.expect(200);
    };
    let looks = async |token: &str| status(&world, "GET", "/api/v2/invoices", token).await;
    let first = signed_in().await;
    world.pass(3599);
    assert_eq!(looks(&first).await, 200);
    world.pass(1);
    assert_eq!(looks(&first).await, 401, "its hour is over");
    let second = signed_in().await;
    world.pass(1);
    change(json!({"role": "viewer"})).await;
    assert_eq!(looks(&second).await, 401, "it was opened with another role");
    let third = signed_in().await;
    change(json!({"status": "Inactive"})).await;
    assert_eq!((looks(&third).await, open(&world, "clerk@x.example", "long enough").await.status), (401, 401));
    change(json!({"status": "Active", "allowed_ips": ["198.51.100.0/24"]})).await;
    assert_eq!(looks(&third).await, 403, "from another network");
    change(json!({"allowed_ips": []})).await;
    assert_eq!(looks(&third).await, 200);
    world.pass(1);
    change(json!({"password": "another one"})).await;
    assert_eq!(looks(&third).await, 401, "a new password");
    world.verify();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_is_taken_where_it_belongs_and_nowhere_else() {
    let world = World::new().await;
    let opened = open(&world, "limited", "limited password").await.expect(201);
    let session = token(&opened);
    let seen = world.send(Call::new("GET", "/api/v2/customers").bearer(&session)).await;
    // 5,000 an hour, counted like a key's requests; the listing says how many were.
    assert_eq!((seen.header("x-ratelimit-limit"), seen.header("x-ratelimit-remaining")), (Some("5000"), Some("4999")));
    let by_address = Call::new("GET", &format!("/api/v2/customers?api_key={session}"));
    assert_eq!(world.send(by_address).await.status, 401, "an address is kept in too many places");
    assert_eq!(world.send(Call::new("GET", "/api/clients").key(&session)).await.status, 401);
    assert_eq!(world.send(Call::new("GET", "/api/clients").bearer(&session)).await.status, 401);
    assert_eq!(world.send(Call::new("GET", "/api/v1/users").bearer(&session)).await.status, 401);
    // RackNap's own sessions know no roles, so they do not open CloudOnex.
    let racknap = world.session("admin").await;
    assert_eq!(status(&world, "GET", "/api/v2/customers", &racknap).await, 401);
    for (login, password) in [("admin", "wrong"), ("nobody", "admin password"), ("other/admin", "admin password")] {
        assert_eq!(open(&world, login, password).await.status, 401, "{login}");
    }
    let empty = world.send(Call::new("POST", "/api/v2/sessions").json(&json!({}))).await;
    assert_eq!((empty.status, empty.json["errors"].as_object().unwrap().len()), (422, 2));
    let stored = json!(world.items()).to_string();
    assert!(!stored.contains(&session), "a session is stored as a digest");
    let strangers = world.send(Call::new("GET", "/api/v1/users").bearer(TOKEN_OTHER)).await.expect(200);
    assert_eq!(strangers["data"], json!([]));
    world.verify();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_list_of_keys_says_how_far_their_limit_is_used() {
    let world = World::new().await;
    let used = async |id: u64| {
        let one = world.send(Call::new("GET", &format!("/api/v2/api-keys/{id}")).operator("acme")).await.expect(200);
        one["data"]["requests_used"].as_u64().unwrap()
    };
    let made = world.send(Call::new("POST", "/api/v2/api-keys").bearer(ADMIN).json(&json!({"label": "Shop"}))).await;
    let made = made.expect(201)["data"].clone();
    let (id, key) = (made["id"].as_u64().unwrap(), made["key"].as_str().unwrap().to_owned());
    assert_eq!((made["requests_used"].as_u64(), used(id).await), (Some(0), 0));
    for count in 1..=3 {
        assert_eq!(status(&world, "GET", "/api/v2/customers", &key).await, 200);
        assert_eq!(used(id).await, count);
    }
    world.pass(3600);
    assert_eq!(used(id).await, 0, "another hour");
    world.verify();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_pages_cross_the_gateway() {
    let world = World::new().await;
    let at = start(&world, BUILT_IN).await;
    let get = async |path: &str, header: &str| ask(&at, &format!("GET {path} HTTP/1.1\nhost: {at}{header}"), b"").await;
    for path in ["/console", "/api/docs"] {
        let (status, head, _) = get(path, "").await;
        assert_eq!(status, 200, "{path}");
        assert!(
            head.contains("content-type: text/html") && head.contains("content-security-policy: default-src 'none'")
        );
        let tag = head.split("etag: ").nth(1).and_then(|rest| rest.lines().next()).unwrap();
        assert_eq!(get(path, &format!("\nif-none-match: {tag}")).await.0, 304, "{path}");
        assert_eq!(get(&format!("{path}/nothing.js"), "").await.0, 404, "{path}");
    }
    let (status, head, _) = get("/api/docs/swagger-ui-5.35.0/swagger-ui-bundle.js", "").await;
    assert!(status == 200 && head.contains("immutable") && head.contains("text/javascript"), "{head}");
    let (status, head, _) = ask(&at, &format!("POST /console HTTP/1.1\nhost: {at}"), b"").await;
    assert!(status == 405 && head.contains("allow: get, head"), "{head}");
    // What only looks like a page is answered as before, by whom it belongs to.
    assert_eq!(get("/consoles", "").await.0, 404);
}
