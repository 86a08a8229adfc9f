//! The local gateway over HTTP: template, authorizer, usage plan, real proxy events.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use local::gateway::Gateway;
use local::template::{BUILT_IN, Template};
use serde_json::{Value, json};
use shared::machinery::app::https_client;
use shared::machinery::secrets::{Reach, Secrets};
use tests::{ADMIN, OTHER, World};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

pub(crate) async fn start(world: &World, template: &str) -> String {
    let template = Template::read(template).unwrap();
    let gateway = Gateway::new(template, &world.app.store, &world.app.secrets, &world.app.outside);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(Arc::new(gateway).serve(listener));
    address
}

pub(crate) async fn ask(address: &str, head: &str, body: &[u8]) -> (u16, String, Value) {
    let answer = String::from_utf8(ask_bytes(address, head, body).await).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, head.to_lowercase(), serde_json::from_str(body).unwrap_or(Value::Null))
}

/// The whole answer.
async fn ask_bytes(address: &str, head: &str, body: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let length = format!("content-length: {}\r\nconnection: close\r\n\r\n", body.len());
    stream.write_all(format!("{}\r\n{length}", head.replace('\n', "\r\n")).as_bytes()).await.unwrap();
    // A server that has heard enough hangs up before the body's end.
    let _ = stream.write_all(body).await;
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    answer
}

#[tokio::test(flavor = "multi_thread")]
async fn bytes_cross_the_gateway_both_ways() {
    let world = World::new().await;
    world.customers(1).await;
    let at = start(&world, BUILT_IN).await;
    let head = |line: &str| format!("{line} HTTP/1.1\nhost: {at}\nauthorization: Bearer {ADMIN}");
    let body = json!({"customer_id": 1, "items": [{"description": "Größe", "amount": 1}]}).to_string();
    let (status, _, _) = ask(&at, &head("POST /api/v2/invoices"), body.as_bytes()).await;
    assert_eq!(status, 201);
    let answer = ask_bytes(&at, &head("GET /api/v2/invoices/1/pdf"), b"").await;
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n").unwrap() + 4;
    let said = String::from_utf8_lossy(&answer[..end]).to_lowercase();
    assert!(said.starts_with("http/1.1 200") && said.contains("content-type: application/pdf"), "{said}");
    let direct = world.app.handle(&tests::Call::new("GET", "/api/v2/invoices/1/pdf").operator("acme").request).await;
    assert!(answer[end..] == direct.body, "the bytes of the function");
    // What is no UTF-8 arrives as it was sent, so that the function says where.
    let (status, _, said) = ask(&at, &head("POST /api/v2/customers"), b"{\"account\": \"\xff\"}").await;
    assert!(status == 400 && said.to_string().contains("UTF-8 at byte"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_crosses_the_template_and_the_authorizer() {
    let world = World::new().await;
    let at = start(&world, BUILT_IN).await;
    let (status, _, made) = ask(
        &at,
        &format!("POST /api/clients HTTP/1.1\nhost: {at}\nx-api-key: {ADMIN}"),
        br#"{"name": "N", "currencies_id": 1, "companies_id": 1}"#,
    )
    .await;
    assert_eq!((status, &made["id"]), (200, &json!(1)));
    let (status, head, list) = ask(
        &at,
        &format!("GET /api/v2/customers?search=n&limit=5 HTTP/1.1\nhost: {at}\nauthorization: Bearer {ADMIN}"),
        b"",
    )
    .await;
    assert_eq!((status, &list["meta"]["total_records"]), (200, &json!(1)));
    assert!(head.contains("x-ratelimit-remaining: 999"), "{head}");
    let (_, _, page) =
        ask(&at, &format!("GET /api/v1/users HTTP/1.1\nhost: {at}\nauthorization: Bearer {}", tests::TOKEN), b"").await;
    assert_eq!(page["links"]["first"], format!("http://{at}/api/v1/users?page=1"));
    // A tenant cannot dress up as another by sending what the authorizer would say.
    let (status, _, _) =
        ask(&at, &format!("GET /api/clients/1 HTTP/1.1\nhost: {at}\nstanding: x\nx-api-key: {OTHER}"), b"").await;
    assert_eq!(status, 404);
    for (head, body, status, words) in [
        ("GET /api/v1/nope HTTP/1.1".to_owned(), &b""[..], 404, "could not be found"),
        ("GET / HTTP/1.1".to_owned(), b"", 404, "Method not found"),
        (format!("GET /?ng=api/v2/customers HTTP/1.1\nauthorization: Bearer {ADMIN}"), b"", 200, "total_records"),
        ("OPTIONS /api/v1/users HTTP/1.1".to_owned(), b"", 204, ""),
        (format!("POST /api/clients HTTP/1.1\nx-api-key: {ADMIN}"), b"{\"name\": \"\xff\"}", 400, "UTF-8"),
        (format!("GET /api/clients?__tz=%zz HTTP/1.1\nx-api-key: {ADMIN}"), b"", 400, "Unknown timezone"),
        (format!("POST /api/clients HTTP/1.1\nx-api-key: {ADMIN}"), &vec![b' '; 7 * 1024 * 1024], 413, "4194304 bytes"),
        (
            format!("POST /api/clients HTTP/1.1\nx-api-key: {ADMIN}"),
            &vec![b' '; 11 * 1024 * 1024],
            413,
            "Request Too Long",
        ),
    ] {
        let (got, _, json) = ask(&at, &format!("{head}\nhost: {at}"), body).await;
        assert_eq!(got, status, "{head}: {json}");
        assert!(json.to_string().contains(words), "{head}: {json}");
    }
    let (status, _, _) = ask(&at, &format!("GET /api/clients HTTP/1.1\nhost: a b\"c\nx-api-key: {ADMIN}"), b"").await;
    assert_eq!(status, 200, "a host that is none does no harm");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_usage_plan_throttles_each_tenant_by_itself() {
    let world = World::new().await;
    // One request a day is the rate's slowest; a burst of 5, a quota of 8.
    let text = BUILT_IN
        .replace("Default: 500\n", "Default: 1\n")
        .replace("Default: 1000\n", "Default: 5\n")
        .replace("Default: 1000000\n", "Default: 8\n");
    assert_ne!(text, BUILT_IN);
    let at = start(&world, &text).await;
    let (passed, throttled) = (Arc::new(AtomicU32::new(0)), Arc::new(AtomicU32::new(0)));
    let clients: Vec<_> = (0..20)
        .map(|_| {
            let (at, passed, throttled) = (at.clone(), Arc::clone(&passed), Arc::clone(&throttled));
            tokio::spawn(async move {
                let (status, head, json) =
                    ask(&at, &format!("GET /api/clients HTTP/1.1\nhost: {at}\nx-api-key: {ADMIN}"), b"").await;
                if status == 200 {
                    passed.fetch_add(1, Ordering::SeqCst);
                } else {
                    assert_eq!((status, &json["message"]), (429, &json!("Too Many Requests")));
                    assert!(head.contains("retry-after: "), "{head}");
                    throttled.fetch_add(1, Ordering::SeqCst);
                }
            })
        })
        .collect();
    for client in clients {
        client.await.unwrap();
    }
    let (passed, throttled) = (passed.load(Ordering::SeqCst), throttled.load(Ordering::SeqCst));
    println!("usage plan: burst 5, quota 8: {passed} of 20 passed, {throttled} throttled");
    assert!((5..=8).contains(&passed) && throttled >= 12, "{passed} {throttled}");
    let (status, _, _) = ask(&at, &format!("GET /api/clients HTTP/1.1\nhost: {at}\nx-api-key: {OTHER}"), b"").await;
    assert_eq!(status, 200, "the other tenant has a plan of its own");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_secret_comes_from_secrets_manager_and_is_kept_for_15_minutes() {
    let world = World::new().await;
    let now = world.app.outside.now();
    let secret = world.app.secrets.get(now).await.unwrap_or_else(|e| panic!("{e:?}"));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let serving = tokio::spawn(local::endpoint::serve(world.engine.clone(), (*secret).clone(), listener));
    let reach = Reach {
        region: "local".into(),
        credentials: ("local".into(), "local".into(), None),
        endpoint: Some(endpoint),
        http: https_client(),
    };
    let secrets = Secrets::from_manager("tessera".into(), reach);
    let fetched = secrets.get(now).await.unwrap_or_else(|e| panic!("{e:?}"));
    assert_eq!(fetched.digest("x"), secret.digest("x"));
    serving.abort();
    let _ = serving.await;
    // Kept for a quarter of an hour; and when it cannot be fetched again then, the old one goes on.
    for minutes in [14, 16] {
        let later = now + shared::words::time::Duration::minutes(minutes);
        assert_eq!(secrets.get(later).await.unwrap_or_else(|e| panic!("{e:?}")).digest("x"), secret.digest("x"));
    }
}
