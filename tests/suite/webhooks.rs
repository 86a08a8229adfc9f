//! Webhooks: what is told, to whom, signed how, and what becomes of it when a receiver does not take it.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use serde_json::{Value, json};
use shared::domain::webhooks::event;
use shared::machinery::dialect::Dialect;
use shared::machinery::route::Found;
use shared::machinery::secrets::{hex, mac};
use tests::{ADMIN, Answer, Call, Does, Got, LIMITED, Receiver, TOKEN, World};

pub(crate) async fn ask(world: &World, verb: &str, path: &str, body: Value) -> Answer {
    let call = Call::new(verb, &format!("/api/v2/{path}")).bearer(ADMIN);
    world.send(if body.is_null() { call } else { call.json(&body) }).await
}

/// A webhook for these events at a receiver: its id and its secret.
pub(crate) async fn webhook(world: &World, url: &str, events: &[&str]) -> (u64, String) {
    let made = ask(world, "POST", "webhooks", json!({"url": url, "events": events})).await.expect(201);
    (made["data"]["id"].as_u64().unwrap(), made["data"]["secret"].as_str().unwrap().to_owned())
}

async fn customer(world: &World, name: &str) -> u64 {
    let made = ask(world, "POST", "customers", json!({"account": name})).await.expect(201);
    made["data"]["id"].as_u64().unwrap()
}

pub(crate) async fn deliveries(world: &World, webhook: u64, query: &str) -> Vec<Value> {
    let list = ask(world, "GET", &format!("webhooks/{webhook}/deliveries?limit=100&{query}"), Value::Null).await;
    list.expect(200)["data"].as_array().unwrap().clone()
}

fn events(got: &[Got]) -> Vec<&str> {
    got.iter().map(|one| one.json["event"].as_str().unwrap()).collect()
}

/// Whether one of the signatures is the secret's, as the Standard Webhooks specification has it.
fn is_signed(got: &Got, secret: &str) -> bool {
    use base64::Engine as _;
    let engine = base64::engine::general_purpose::STANDARD;
    let key = engine.decode(secret.strip_prefix("whsec_").unwrap()).unwrap();
    let text = format!("{}.{}.{}", got.headers["webhook-id"], got.headers["webhook-timestamp"], got.text);
    let wanted = format!("v1,{}", engine.encode(mac(&key, text.as_bytes())));
    got.headers["webhook-signature"].split(' ').any(|one| one == wanted)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_in_any_dialect_is_told_as_cloudonex_shows_it() {
    let world = World::new().await;
    let hooks = world.hooks();
    let receiver = Receiver::start(|_| Does::Answers(204, "")).await;
    let (id, secret) = webhook(&world, &receiver.url, &["*"]).await;
    let one = customer(&world, "By CloudOnex").await;
    let jerasoft = json!({"name": "By JeraSoft", "companies_id": 1, "currencies_id": 1});
    world.send(Call::new("POST", "/api/clients").key(ADMIN).json(&jerasoft)).await.expect(200);
    let rpc = json!({"jsonrpc": "2.0", "id": 1, "method": "clients.update", "params": {"id": one, "notes": "x"}});
    world.send(Call::rpc(&rpc).key(ADMIN)).await.expect(200);
    let billmora =
        json!({"first_name": "By", "last_name": "Billmora", "email": "b@x.example", "password": "long enough"});
    world.send(Call::new("POST", "/api/v1/users").bearer(TOKEN).json(&billmora)).await.expect(201);
    let session = world.session("admin").await;
    let plan = json!({"name": "Plan", "prices": [{"name": "Monthly", "type": "recurring", "time_interval": 1,
        "billing_period": "monthly", "rates": {"USD": {"price": 5}}}]});
    ask(&world, "POST", "products", plan).await.expect(201);
    let service = json!({"customer_id": one, "quantity": 1, "planid": 1, "regdate": "01/01/2026", "nextduedate": "01/04/2026",
        "billingcycle": "Monthly", "plan_billing_cycle": "Monthly", "amount": 5, "recuring_amount": 5, "first_plan_price": 5,
        "recuring_plan_price": 5, "firstpayment": 5});
    world.send(Call::new("POST", "/api/v2/service/create").validate(&session).json(&service)).await.expect(200);
    let invoice = json!({"customer_id": one, "items": [{"description": "x", "amount": "12.30", "qty": 1}]});
    ask(&world, "POST", "invoices", invoice).await.expect(201);
    let receipt = json!({"customer_id": one, "amount": "12.30", "allocations": [{"invoice_id": 1}]});
    ask(&world, "POST", "receipts", receipt).await.expect(201);
    hooks.work().await;
    let got = receiver.got();
    let told = events(&got);
    for event in [
        "customer.created",
        "customer.updated",
        "product.created",
        "service.created",
        "invoice.created",
        "payment.received",
        "transaction.created",
        "invoice.updated",
        "invoice.paid",
    ] {
        assert!(told.contains(&event), "{event}: {told:?}");
    }
    assert_eq!(told.iter().filter(|event| **event == "customer.created").count(), 3);
    for one in &got {
        assert!(is_signed(one, &secret), "{one:?}");
        let text = format!("{}.{}", one.headers["x-webhook-timestamp"], one.text);
        let contract = format!("sha256={}", hex(&mac(secret.as_bytes(), text.as_bytes())));
        assert_eq!(one.headers["x-webhook-signature"], contract);
        assert_eq!(one.headers["x-webhook-event"], one.json["event"].as_str().unwrap());
        assert_eq!(one.headers["webhook-id"], one.json["id"].as_str().unwrap());
    }
    // Each is the object as its own route shows it.
    let paid = got.iter().find(|one| one.json["event"] == "invoice.paid").unwrap();
    assert_eq!(paid.json["data"], ask(&world, "GET", "invoices/1", Value::Null).await.expect(200)["data"]);
    assert_eq!((&paid.json["object"], &paid.json["sequence"]), (&json!({"type": "invoice", "id": 1}), &json!(3)));
    assert!(deliveries(&world, id, "status=delivered").await.len() == got.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn every_event_that_is_told_of_a_published_object_is_listed() {
    let world = crate::filled::filled().await;
    let names = event::names();
    let mut told = BTreeSet::new();
    for item in world.items().iter().filter(|item| item["PK"]["S"].as_str().unwrap().ends_with("#outbox")) {
        for one in item["events"]["L"].as_array().unwrap() {
            told.insert(one["M"]["name"]["S"].as_str().unwrap().to_owned());
        }
    }
    assert!(told.len() > 10, "{told:?}");
    for name in told {
        let (published, object) = event::published(&name);
        let own = event::OBJECTS.iter().any(|object| name.starts_with(&format!("{}.", object.name)));
        assert_eq!(own || published != [name.as_str()], object.is_some(), "{name}");
        let all = published.iter().all(|one| names.iter().any(|known| known == one));
        assert!(object.is_none() || all, "{name} is told as {published:?}");
    }
}

#[test]
fn every_object_of_an_event_is_shown_by_a_route() {
    let routes = shared::machinery::route::Routes::new(rpc::rows());
    for object in event::OBJECTS {
        let place = dispatcher::place(object, 7);
        let found = routes.find(Dialect::Cloudonex, "GET", &place);
        assert!(matches!(found, Found::Row(row, _) if row.path.ends_with("/{id}")), "{place}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_was_subscribed_to_is_told_and_only_its_tenant() {
    let world = World::new().await;
    let hooks = world.hooks();
    let receiver = Receiver::start(|_| Does::Answers(200, "")).await;
    webhook(&world, &format!("{}/a", receiver.url), &["customer.deleted"]).await;
    let (inactive, _) = webhook(&world, &format!("{}/b", receiver.url), &["customer.*"]).await;
    ask(&world, "PUT", &format!("webhooks/{inactive}"), json!({"active": false})).await.expect(200);
    let other = Call::new("POST", "/api/v2/webhooks").bearer(tests::OTHER);
    let theirs = json!({"url": format!("{}/other", receiver.url), "events": ["*"]});
    world.send(other.json(&theirs)).await.expect(201);
    let id = customer(&world, "Short").await;
    ask(&world, "DELETE", &format!("customers/{id}"), Value::Null).await.expect(200);
    hooks.work().await;
    let got = receiver.got();
    assert_eq!((events(&got), got[0].path.as_str()), (vec!["customer.deleted"], "/a"));
    // Nobody shows it any more; its id is what is left.
    assert_eq!(got[0].json["data"], json!({"id": id}));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_is_made_by_those_who_may_see_what_it_is_told() {
    let world = World::new().await;
    let limited = json!({"url": "https://x.example/", "events": ["customer.*"]});
    let refused = world.send(Call::new("POST", "/api/v2/webhooks").bearer(LIMITED).json(&limited)).await;
    assert_eq!(refused.status, 409, "{}", refused.text);
    let key = json!({"label": "x", "permissions": ["webhooks.*", "invoices.view"]});
    let key = ask(&world, "POST", "api-keys", key).await.expect(201)["data"]["key"].as_str().unwrap().to_owned();
    let make = |events: Value| {
        let body = json!({"url": "https://x.example/", "events": events});
        Call::new("POST", "/api/v2/webhooks").bearer(&key).json(&body)
    };
    assert_eq!(world.send(make(json!(["invoice.*"]))).await.status, 201);
    for events in [json!(["invoice.paid", "lead.created"]), json!(["*"]), json!(["payment.received"])] {
        assert_eq!(world.send(make(events.clone())).await.status, 403, "{events}");
    }
    for _ in 2..=20 {
        webhook(&world, "https://x.example/", &["*"]).await;
    }
    let full = ask(&world, "POST", "webhooks", json!({"url": "https://x.example/", "events": ["*"]})).await;
    assert_eq!((full.status, full.json["message"].as_str().unwrap().contains("at most 20")), (409, true));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_fails_is_tried_again_in_order_and_dies_after_75_hours() {
    let world = World::new().await;
    let hooks = world.hooks();
    let receiver = Receiver::start(|_| Does::Answers(500, "")).await;
    let (id, _) = webhook(&world, &receiver.url, &["customer.*"]).await;
    let began = world.app.outside.now();
    let one = customer(&world, "One").await;
    ask(&world, "PUT", &format!("customers/{one}"), json!({"phone": "1"})).await.expect(200);
    hooks.work().await;
    assert_eq!(events(&receiver.got()), ["customer.created"], "the second waits for the first");
    let waiting = deliveries(&world, id, "status=pending").await;
    assert_eq!(waiting.len(), 2);
    hooks.work_off(&world, 1).await;
    let got = receiver.got();
    assert_eq!(events(&got), [vec!["customer.created"; 10], vec!["customer.updated"; 10]].concat());
    assert_eq!(got.iter().map(|one| &one.headers["webhook-id"]).collect::<BTreeSet<_>>().len(), 2);
    assert_eq!(got.iter().map(|one| &one.text).collect::<BTreeSet<_>>().len(), 2, "the same text in every attempt");
    let dead = deliveries(&world, id, "status=dead").await;
    assert_eq!(dead.len(), 2);
    let attempts = dead[1]["attempts"].as_array().unwrap();
    assert_eq!((attempts.len(), &attempts[9]["status_code"], &attempts[9]["answer"]), (10, &json!(500), &json!("ok")));
    let hours = (world.app.outside.now() - began).num_hours();
    assert!((2 * 60..=2 * 76).contains(&hours), "two after another, each at most 75.6 hours: {hours}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_is_left_alone_as_it_asks_and_for_ever_when_it_is_gone() {
    let world = World::new().await;
    let hooks = world.hooks();
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    let busy = Receiver::start(move |_| match count.fetch_add(1, Ordering::SeqCst) {
        0 => Does::Answers(429, "retry-after: 120\r\n"),
        1 => Does::Answers(302, "location: http://127.0.0.1:1/\r\n"),
        _ => Does::Answers(201, ""),
    })
    .await;
    let gone = Receiver::start(|_| Does::Answers(410, "")).await;
    let (patient, _) = webhook(&world, &busy.url, &["customer.*"]).await;
    let (over, _) = webhook(&world, &gone.url, &["customer.*"]).await;
    let one = customer(&world, "One").await;
    ask(&world, "PUT", &format!("customers/{one}"), json!({"phone": "1"})).await.expect(200);
    hooks.work().await;
    let due = deliveries(&world, patient, "event=customer.created").await[0]["next_attempt_at"].clone();
    assert_eq!(due, "2026-03-01T12:02:00Z");
    world.pass(119);
    hooks.work().await;
    assert_eq!(asked.load(Ordering::SeqCst), 1, "not before it wants to be asked");
    hooks.work_off(&world, 4).await;
    assert_eq!(events(&busy.got()), ["customer.created", "customer.created", "customer.created", "customer.updated"]);
    // A redirect is no success, and is not followed.
    let first = deliveries(&world, patient, "event=customer.created").await.remove(0);
    let codes: Vec<_> = first["attempts"].as_array().unwrap().iter().map(|one| one["status_code"].clone()).collect();
    assert_eq!(codes, [429, 302, 201]);
    assert_eq!(gone.got().len(), 1, "told once, and never again");
    let webhook = ask(&world, "GET", &format!("webhooks/{over}"), Value::Null).await.expect(200);
    assert_eq!((&webhook["data"]["active"], webhook["data"]["disabled_reason"].is_string()), (&json!(false), true));
    assert_eq!(deliveries(&world, over, "status=dead").await.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_secret_signs_until_it_is_over() {
    let world = World::new().await;
    let hooks = world.hooks();
    let receiver = Receiver::start(|_| Does::Answers(200, "")).await;
    let (id, old) = webhook(&world, &receiver.url, &["customer.*"]).await;
    let rotated =
        ask(&world, "POST", &format!("webhooks/{id}/rotate"), json!({"overlap_seconds": 60})).await.expect(200);
    let new = rotated["data"]["secret"].as_str().unwrap().to_owned();
    customer(&world, "One").await;
    hooks.work().await;
    world.pass(61);
    customer(&world, "Two").await;
    hooks.work().await;
    let got = receiver.got();
    assert!(is_signed(&got[0], &old) && is_signed(&got[0], &new));
    assert!(!is_signed(&got[1], &old) && is_signed(&got[1], &new));
    // At once, when nothing else is wanted.
    ask(&world, "POST", &format!("webhooks/{id}/rotate"), json!({"overlap_seconds": 0})).await.expect(200);
    customer(&world, "Three").await;
    hooks.work().await;
    assert!(!is_signed(&receiver.got()[2], &new));
    assert!(!world.items().iter().any(|item| item.to_string().contains("whsec_")), "no secret is stored");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_died_is_replayed_with_its_own_id_and_number() {
    let world = World::new().await;
    let hooks = world.hooks();
    let up = Arc::new(AtomicBool::new(false));
    let is_up = Arc::clone(&up);
    let receiver =
        Receiver::start(move |_| Does::Answers(if is_up.load(Ordering::SeqCst) { 200 } else { 503 }, "")).await;
    let (id, _) = webhook(&world, &receiver.url, &["customer.created"]).await;
    for n in 0..45 {
        customer(&world, &format!("C {n}")).await;
    }
    hooks.work_off(&world, 8).await;
    assert_eq!(deliveries(&world, id, "status=dead").await.len(), 45);
    up.store(true, Ordering::SeqCst);
    receiver.got.lock().unwrap().clear();
    let one = deliveries(&world, id, "status=dead").await[7]["id"].as_str().unwrap().to_owned();
    ask(&world, "POST", &format!("webhooks/{id}/deliveries/{one}/replay"), json!({})).await.expect(202);
    let again = ask(&world, "POST", &format!("webhooks/{id}/deliveries/{one}/replay"), json!({})).await;
    assert_eq!(again.status, 409, "it is under way: {}", again.text);
    hooks.work().await;
    let ids: Vec<String> = receiver.got().iter().map(|one| one.headers["webhook-id"].clone()).collect();
    assert_eq!(ids, std::slice::from_ref(&one));
    let replayed = ask(&world, "POST", &format!("webhooks/{id}/replay"), json!({"status": "dead"})).await.expect(200);
    assert_eq!(replayed["data"], json!({"replayed": 44, "complete": true, "next": null}));
    hooks.work().await;
    let got = receiver.got();
    assert_eq!(got.len(), 45);
    assert!(got.iter().all(|one| one.json["sequence"] == 1));
    assert_eq!(got.iter().map(|one| one.headers["webhook-id"].clone()).collect::<BTreeSet<_>>().len(), 45);
    assert_eq!(deliveries(&world, id, "status=delivered").await.len(), 45);
    // Thirty days after it was queued it is forgotten.
    world.pass(30 * 24 * 3600 + 1);
    assert!(deliveries(&world, id, "").await.is_empty());
}
