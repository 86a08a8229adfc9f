//! The sandbox: strangers to the live stage and the live stage strangers to it, reset to the letter, its clocks.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use local::faults::Fault;
use local::fixture::Fixture;
use local::gateway::Gateway;
use local::template::{BUILT_IN, Template};
use serde_json::{Value, json};
use shared::domain::sandbox::reset;
use shared::machinery::sandbox::of;
use tests::{ADMIN, Answer, Call, Does, LIMITED, OTHER, Receiver, TOKEN, TOKEN_60, World, fixture};
use tokio::net::TcpListener;

use crate::gateway::ask;

/// Every item but how the sandbox stands and what expires, by its key.
fn content(world: &World) -> BTreeMap<String, Value> {
    let own = |item: &Value| item["PK"]["S"] == "-#sandbox" || item.get("expires").is_some();
    let key = |item: &Value| format!("{} {}", item["PK"]["S"], item["SK"]["S"]);
    let mut items = world.items();
    // What was put back is sealed, what was added to is not.
    items.iter_mut().for_each(|item| _ = item.as_object_mut().unwrap().remove("seal"));
    items.into_iter().filter(|item| !own(item)).map(|item| (key(&item), item)).collect()
}

async fn reset(world: &World) -> reset::Report {
    reset::reset(&world.app.store, &world.app.outside, Duration::ZERO).await.unwrap()
}

async fn cloudonex(world: &World, verb: &str, path: &str, body: &Value) -> Answer {
    let call = Call::new(verb, &format!("/api/v2/{path}")).bearer(ADMIN);
    world.send(if body.is_null() { call } else { call.json(body) }).await
}

async fn set_clock(world: &World, now: &str) {
    cloudonex(world, "PUT", "clock", &json!({"now": now})).await.expect(200);
}

/// What the function answers the schedule's event after a customer was made, on a clock that does not wait.
pub(crate) fn daily(event: &Value) -> Value {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    runtime.block_on(async {
        let world = World::sandbox().await;
        world.customers(1).await;
        let before = tokio::time::Instant::now();
        let said = reset::answer(&world.app, event).await.unwrap();
        assert!(before.elapsed() >= reset::GRACE, "those who were served before are done");
        said
    })
}

/// The same secrets with other words, for the other stage.
fn own(text: &str) -> String {
    text.replace("acme", "sand").replace("Acme", "Sand")
}

#[tokio::test(flavor = "multi_thread")]
async fn the_credentials_of_one_stage_are_unknown_in_the_other() {
    let (live, sandbox) = (World::new().await, World::sandbox().await);
    let own_fixture = own(&fixture().to_string()).replace("\"id\":\"sand\"", "\"id\":\"acme\"");
    sandbox.fill(&serde_json::from_str(&own_fixture).unwrap()).await.unwrap();
    let gateway = |world: &World| {
        Gateway::new(Template::read(BUILT_IN).unwrap(), &world.app.store, &world.app.secrets, &world.app.outside)
    };
    let serve = async |gateway: Gateway| {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        tokio::spawn(Arc::new(gateway).serve(listener));
        address
    };
    let both = gateway(&live).with_sandbox(&sandbox.app.store, &sandbox.app.secrets, &sandbox.app.outside);
    let at = serve(both).await;
    let hosts = ["billing.example", "sandbox.billing.example:8080"];
    // What a request bears: the key, the token and whatever signing in gives, of each stage.
    let mut borne: [Vec<String>; 2] = Default::default();
    for (host, borne) in hosts.iter().zip(&mut borne) {
        let is_sandbox = host.starts_with("sandbox");
        let (key, token) = if is_sandbox { (own(ADMIN), own(TOKEN)) } else { (ADMIN.into(), TOKEN.into()) };
        let signed_in = async |path: &str, body: Value, place: &str| {
            let head = format!("POST {path} HTTP/1.1\nhost: {host}\ncontent-type: application/json");
            let (status, _, answer) = ask(&at, &head, body.to_string().as_bytes()).await;
            assert!(status < 300, "{path} {answer}");
            answer.pointer(place).and_then(Value::as_str).unwrap_or_else(|| panic!("{answer}")).to_owned()
        };
        let person = json!({"username": "admin", "password": "admin password"});
        let session = signed_in("/api/v2/auth/token", person, "/data/token").await;
        let person = json!({"login": "admin", "password": "admin password"});
        let jwt = signed_in("/api/iam/auth/jwt/authenticate", person.clone(), "/token").await;
        let console = signed_in("/api/v2/sessions", person, "/data/token").await;
        *borne = vec![key.clone(), jwt, session, key.clone(), key, console, token];
    }
    let bearing = [
        "GET /api/clients HTTP/1.1\nx-api-key: {}",
        "GET /api/clients HTTP/1.1\nauthorization: Bearer {}",
        "POST /api/v2/invoice/list HTTP/1.1\nvalidate: Bearer {}",
        "GET /api/v2/customers HTTP/1.1\nauthorization: Bearer {}",
        "GET /api/v2/customers?api_key={} HTTP/1.1",
        "GET /api/v2/customers HTTP/1.1\nauthorization: Bearer {}",
        "GET /api/v1/users HTTP/1.1\naccept: application/json\nauthorization: Bearer {}",
    ];
    let mut refused = 0;
    for (place, host) in hosts.iter().enumerate() {
        for ((head, own), foreign) in bearing.iter().zip(&borne[place]).zip(&borne[1 - place]) {
            let with = async |secret: &str| {
                let (status, _, answer) = ask(&at, &format!("{}\nhost: {host}", head.replace("{}", secret)), b"").await;
                (status, answer)
            };
            let (status, answer) = with(own).await;
            assert!(status != 401 && status < 500, "{host} {head}: {status} {answer}");
            let refusal = with(foreign).await;
            assert_eq!(refusal.0, 401, "{host} {head}: {}", refusal.1);
            // A credential that was never anybody's gets the same words.
            let nobodys = format!("{}000000", &foreign[..foreign.len() - 6]);
            assert_eq!(with(&nobodys).await, refusal, "{host} {head}");
            refused += 1;
        }
    }
    // Where there is no sandbox its hosts lead nowhere.
    let at = serve(gateway(&live)).await;
    let head = format!("GET /api/v2/customers HTTP/1.1\nhost: sandbox.x\nauthorization: Bearer {ADMIN}");
    assert_eq!(ask(&at, &head, b"").await.0, 403);
    println!("sandbox: {refused} credentials of the other stage refused as unknown");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fixture_with_a_secret_of_the_other_stage_is_refused() {
    let live = World::new().await;
    let refused = async |text: &str| Fixture::read(text).unwrap().shares_none_with(&live.app).await.err();
    let renamed = fixture().to_string().replace("-key\"", "-own\"").replace("\"secret\":\"", "\"secret\":\"own");
    assert_eq!(refused(&renamed).await, None);
    for (own, known) in [("other-admin-own", OTHER), (&*TOKEN_60.replace("2|", "own"), &TOKEN_60[2..])] {
        let why = refused(&renamed.replace(own, known)).await;
        assert!(renamed.contains(own) && why.is_some_and(|why| why.contains("other stage's")), "{known}");
    }
}

/// What a day of work leaves behind: everything that a tenant can make, change and take away.
async fn work(world: &World) {
    set_clock(world, "2027-05-31T12:00:00Z").await;
    world.customers(3).await;
    let item = json!([{"description": "x", "amount": 5, "qty": 1}]);
    for n in 1..=3 {
        cloudonex(world, "POST", "invoices", &json!({"customer_id": n, "items": item})).await.expect(201);
    }
    cloudonex(world, "POST", "receipts", &json!({"customer_id": 1, "amount": 5})).await.expect(201);
    cloudonex(world, "DELETE", "customers/3", &Value::Null).await;
    cloudonex(world, "POST", "exchange-rates", &json!({"from": "USD", "to": "INR", "rate": "80"})).await.expect(201);
    cloudonex(world, "PUT", "settings", &json!({"lead_capture": true})).await.expect(200);
    cloudonex(world, "POST", "webhooks", &json!({"url": "http://127.0.0.1:1/", "events": ["*"]})).await.expect(201);
    let user = json!({"login": "new", "password": "long enough, is it", "name": "New", "email": "n@x.example", "role": "viewer"});
    cloudonex(world, "POST", "users", &user).await.expect(201);
    let currency = json!({"name": "Euro", "code": "EUR"});
    world.send(Call::new("POST", "/api/accounting/currencies").key(ADMIN).json(&currency)).await.expect(200);
    world.send(Call::new("GET", "/api/v1/users").bearer(TOKEN_60)).await.expect(200);
    world.session("admin").await;
    let hooks = world.hooks();
    cloudonex(world, "POST", "customers", &json!({"account": "Told of"})).await.expect(201);
    hooks.dispatch().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reset_brings_the_fixture_back_to_the_letter() {
    let world = World::sandbox().await;
    let before = content(&world);
    assert_eq!(reset(&world).await.restored, 0, "what expires is no part of it, and goes");
    assert_eq!(reset(&world).await, reset::Report { removed: 0, restored: 0 }, "nothing to do");
    work(&world).await;
    let key = json!({"label": "made here"});
    let made = cloudonex(&world, "POST", "api-keys", &key).await.expect(201);
    let made = made["data"]["key"].as_str().unwrap_or_else(|| panic!("{made}")).to_owned();
    let with_made = || world.send(Call::new("GET", "/api/v2/customers").bearer(&made));
    with_made().await.expect(200);
    let report = reset(&world).await;
    assert!(report.removed > 50 && report.restored > 5, "{report:?}");
    let differing: Vec<_> = content(&world).into_iter().filter(|(key, item)| before.get(key) != Some(item)).collect();
    assert!(differing.is_empty() && content(&world).len() == before.len(), "{differing:?}");
    assert_eq!(with_made().await.status, 401, "what was made is gone");
    world.customers(1).await;
    let invoice = json!({"customer_id": 1, "items": [{"description": "x", "amount": 1}]});
    let first = cloudonex(&world, "POST", "invoices", &invoice).await.expect(201);
    assert_eq!(
        (&first["data"]["id"], &first["data"]["date"]),
        (&json!(1), &json!("2026-03-01")),
        "numbers and time too"
    );
    println!("sandbox: {} items removed, {} put back, {} as before", report.removed, report.restored, before.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reset_that_is_stopped_anywhere_is_made_up_for() {
    let start = World::sandbox().await;
    let before = content(&start);
    work(&start).await;
    let count = start.twin().await;
    count.faulty.plan(|_, _| Fault::None);
    reset(&count).await;
    let calls = count.faulty.made();
    for call in 0..calls {
        for stop in [Fault::StopBefore, Fault::StopAfter, Fault::LoseAnswer, Fault::Throttle, Fault::Conflict] {
            let world = start.twin().await;
            world.faulty.plan(move |number, _| if number == call { stop } else { Fault::None });
            let done = reset::reset(&world.app.store, &world.app.outside, Duration::ZERO).await;
            world.faulty.plan(|_, _| Fault::None);
            let stopped = matches!(stop, Fault::StopBefore | Fault::StopAfter);
            assert!(done.is_ok() || stopped, "{stop:?} at call {call}: {done:?}");
            // Half reset it serves nobody: whole as it was, or whole as it is to be, or closed.
            // Before anybody asks, whose use is counted.
            let whole = content(&world) == before;
            let is_open = cloudonex(&world, "GET", "clock", &Value::Null).await.status != 503;
            assert!(!is_open || whole || call <= 1, "{stop:?} at call {call}: served half reset");
            reset(&world).await;
            assert!(content(&world) == before, "{stop:?} at call {call}: not as the fixture");
            assert!(!of(&world.app.store).await.unwrap().unwrap().resetting);
        }
    }
    println!("sandbox: a reset of {calls} calls, stopped or disturbed at each: made up for by the next");
}

#[tokio::test(flavor = "multi_thread")]
async fn while_it_is_reset_every_dialect_says_so() {
    let world = World::sandbox().await;
    let session = world.session("admin").await;
    // A load that fails leaves it closed, and loading again opens it.
    let broken = json!({"tenants": [{"id": "acme", "name": "A", "base_currency": "EUR", "timezone": "UTC", "currencies": [], "users": []}]});
    assert!(world.fill(&broken).await.unwrap_err().contains("base_currency"));
    let person = json!({"username": "admin", "password": "admin password"});
    let method = json!({"jsonrpc": "2.0", "id": 1, "method": "clients.search"});
    for (call, status, word) in [
        (Call::new("GET", "/api/clients").key(ADMIN), 503, "resetting"),
        (Call::rpc(&method).key(ADMIN), 200, "resetting"),
        (Call::new("POST", "/api/v2/auth/token").json(&person), 503, "9003"),
        (Call::new("POST", "/api/v2/invoice/list").validate(&session), 503, "9003"),
        (Call::new("GET", "/api/v2/customers").bearer(ADMIN), 503, "SRV_003"),
        (Call::new("GET", "/api/v1/users").bearer(TOKEN), 503, "being reset"),
        (Call::new("GET", "/api/v1/users"), 503, "being reset"),
    ] {
        let answer = world.send(call).await;
        assert_eq!(answer.status, status, "{}", answer.text);
        assert!(answer.text.contains(word) && answer.text.contains("sandbox"), "{}", answer.text);
        assert!(status == 200 || answer.header("retry-after") == Some("60"), "{:?}", answer.headers);
    }
    assert!(
        reset::reset(&world.app.store, &world.app.outside, Duration::ZERO).await.is_err(),
        "there is nothing to reset to"
    );
    world.fill(&fixture()).await.unwrap();
    cloudonex(&world, "GET", "customers", &Value::Null).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_live_table_is_never_reset_nor_filled() {
    let world = World::new().await;
    world.customers(2).await;
    let before = world.items();
    assert!(reset::answer(&world.app, &json!({})).await.is_err());
    let why = world.fill(&fixture()).await.unwrap_err();
    assert!(why.contains("table of its own"), "{why}");
    assert_eq!(world.items(), before);
    for (verb, body) in [("GET", Value::Null), ("PUT", json!({"now": "2030-01-01T00:00:00Z"})), ("DELETE", Value::Null)]
    {
        let answer = cloudonex(&world, verb, "clock", &body).await;
        let unknown = cloudonex(&world, verb, "no-such-thing", &body).await;
        assert_eq!((answer.status, answer.text), (unknown.status, unknown.text), "in a live stage there is no clock");
    }
    let one = || Call::new("GET", "/api/v2/customers/1").bearer(ADMIN);
    let (_, cost) = world.cost(one()).await;
    assert!(cost.calls.len() <= 2, "a live stage asks for no sandbox and no clock: {:?}", cost.calls);
    let sandbox = World::sandbox().await;
    sandbox.customers(2).await;
    let (_, there) = sandbox.cost(one()).await;
    assert_eq!(there.calls.len(), cost.calls.len() + 2, "a sandbox asks for both: {:?}", there.calls);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_dated_goes_by_the_tenants_clock_and_what_guards_it_by_the_machines() {
    let world = World::sandbox().await;
    let hooks = world.hooks();
    let receiver = Receiver::start(|_| Does::Answers(204, "")).await;
    cloudonex(&world, "POST", "webhooks", &json!({"url": receiver.url, "events": ["invoice.created"]}))
        .await
        .expect(201);
    world.customers(1).await;
    world.send(Call::new("POST", "/api/v2/customers").bearer(OTHER).json(&json!({"account": "x"}))).await.expect(201);
    set_clock(&world, "2090-01-31T23:30:00Z").await;
    let invoice = json!({"customer_id": 1, "items": [{"description": "x", "amount": 1}], "due_date": "2090-02-02"});
    let post = |who: &str, key: &str| Call::new("POST", "/api/v2/invoices").bearer(who).json(&invoice).once(key);
    let made = world.send(post(ADMIN, "one")).await.expect(201);
    assert_eq!(made["data"]["date"], "2090-01-31");
    // The other tenant's clock goes on as it did.
    let foreign = world.send(post(OTHER, "one")).await.expect(201);
    assert_eq!(foreign["data"]["date"], "2026-03-01");
    // The same key is the same request, however far the clock went; after a day of the machine's it is a new one.
    set_clock(&world, "2090-02-05T00:00:00Z").await;
    assert_eq!(world.send(post(ADMIN, "one")).await.expect(201), made);
    world.pass(25 * 3600);
    // Now it is a new request, for an invoice that would have been due before the clock.
    world.send(post(ADMIN, "one")).await.expect(422);
    let undated = json!({"customer_id": 1, "items": [{"description": "x", "amount": 1}]});
    cloudonex(&world, "POST", "invoices", &undated).await.expect(201);
    assert_eq!(cloudonex(&world, "GET", "invoices/1", &Value::Null).await.expect(200)["data"]["overdue"], true);
    // A clock that is set back to before the credentials were made ends none and makes none too new.
    for now in ["2000-01-01T00:00:00Z", "2099-12-31T23:59:59Z"] {
        set_clock(&world, now).await;
        let session = world.session("admin").await;
        let list = Call::new("POST", "/api/v2/invoice/list").validate(&session);
        assert_ne!(world.send(list).await.status, 401, "{now}");
        world.send(Call::new("GET", "/api/v1/users").bearer(TOKEN)).await.expect(200);
        world.send(Call::new("GET", "/api/clients").key(ADMIN)).await.expect(200);
    }
    hooks.work().await;
    let got = receiver.got();
    assert_eq!(got.len(), 2, "of this tenant's invoices");
    let wall = world.app.outside.now().timestamp().to_string();
    assert!(got.iter().all(|one| one.headers["webhook-timestamp"] == wall), "signatures are of now");
    let limited = Call::new("DELETE", "/api/v2/clock").bearer(LIMITED);
    assert!(world.send(limited).await.text.contains("all resellers"));
    let clear = cloudonex(&world, "DELETE", "clock", &Value::Null).await.expect(200);
    assert_eq!((&clear["data"]["frozen"], &clear["data"]["now"]), (&json!(false), &json!("2026-03-02T13:00:00Z")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_year_of_renewals_is_billed_in_a_minute() {
    let world = World::sandbox().await;
    world.customers(1).await;
    let plan = json!({"name": "Studio", "prices": [{"name": "Monthly", "type": "recurring", "time_interval": 1,
        "billing_period": "monthly", "rates": {"USD": {"price": 18}}}]});
    cloudonex(&world, "POST", "products", &plan).await.expect(201);
    let order = json!({"customer_id": 1, "items": [{"product_id": 1, "price_id": 1}]});
    let order = cloudonex(&world, "POST", "orders", &order).await.expect(201);
    let invoice = order["data"]["invoice_id"].as_u64().unwrap_or_else(|| panic!("{order}"));
    let pay = async |invoice: u64| {
        let receipt = json!({"customer_id": 1, "amount": 18, "allocations": [{"invoice_id": invoice}]});
        cloudonex(&world, "POST", "receipts", &receipt).await.expect(201);
    };
    pay(invoice).await;
    let mut dates = Vec::new();
    for month in 1..=12 {
        let (year, month) = if month + 3 > 12 { (2027, month - 9) } else { (2026, month + 3) };
        set_clock(&world, &format!("{year}-{month:02}-01T00:00:00Z")).await;
        let run = cloudonex(&world, "POST", "billing/run", &Value::Null).await.expect(200);
        assert_eq!(run["data"]["failed"], 0, "{run}");
        let list = cloudonex(&world, "GET", "invoices?limit=100", &Value::Null).await.expect(200);
        for one in list["data"].as_array().unwrap().iter().filter(|one| one["status"] == "Unpaid") {
            dates.push(one["date"].as_str().unwrap().to_owned());
            pay(one["id"].as_u64().unwrap()).await;
        }
    }
    assert_eq!(dates.len(), 12, "{dates:?}");
    world.books("acme").await;
}
