//! Unchanged is unchanged: whatever a record's own GET answers can be sent back by PUT of the same dialect, and changes
//! nothing. Who reads, changes one thing and sends back the whole changes that one thing.

use serde_json::{Value, json};
use shared::machinery::dialect::Dialect;
use shared::machinery::route::Row;
use shared::words::money::Decimal;
use tests::{ADMIN, Answer, Call, World};

use crate::documents::{ask, make};
use crate::faults::prepared;

/// What is sent is not what a record shows, but what shall be done: a clock goes on between reading and setting it.
const COMMANDS: [&str; 1] = ["/api/v2/clock"];

/// One of each kind more than [`prepared`] has, and of some kinds those that only another dialect makes.
async fn world() -> World {
    let world = prepared().await;
    for (path, body) in [
        ("/customers", json!({"account": "Without an address"})),
        (
            "/transactions",
            json!({"type": "Income", "account_id": 1, "amount": "12.50", "category_id": 1, "description": "i"}),
        ),
        (
            "/transactions",
            json!({"type": "Expense", "account_id": 1, "amount": "2.50", "category_id": 2, "description": "e"}),
        ),
        ("/invoices", json!({"customer_id": 2, "status": "Draft", "items": [{"description": "x", "amount": "1.10"}]})),
        ("/orders", json!({"customer_id": 2, "coupon": "K1", "items": [{"product_id": 3, "price_id": 3}]})),
        ("/api-keys", json!({"label": "X"})),
        ("/tokens", json!({"name": "X", "abilities": ["users.view"]})),
        ("/users", json!({"name": "New", "email": "new@staff.example", "password": "long enough", "role": "viewer"})),
    ] {
        make(&world, path, body).await;
    }
    for id in [1, 2] {
        ask(&world, "PUT", &format!("/quotes/{id}"), &json!({"status": "Sent"})).await.expect(200);
    }
    ask(&world, "PUT", "/quotes/2", &json!({"status": "Accepted"})).await.expect(200);
    ask(&world, "POST", "/purchases/3/acknowledge", &Value::Null).await.expect(200);
    // Lines below 0, and an invoice without lines.
    negative(&world).await;
    let empty = json!({"clients_id": 3, "start_dt": "2026-01-01", "stop_dt": "2026-12-31"});
    world.send(Call::new("POST", "/api/accounting/invoices").key(ADMIN).json(&empty)).await.expect(200);
    world
}

/// Billmora's invoice with a discount as a line of its own; its id.
async fn negative(world: &World) -> Value {
    let items = json!([{"description": "Work", "quantity": 1, "unit_price": 60}, {"description": "Disc", "quantity": 1, "unit_price": -5}]);
    let body = json!({"user_id": 3, "due_date": "2026-03-15", "items": items});
    world.send(Call::new("POST", "/api/v1/invoices").bearer(tests::TOKEN).json(&body)).await.expect(201)["data"]["id"]
        .clone()
}

async fn send(world: &World, verb: &str, path: &str, body: &Value) -> Answer {
    world.send(Call::new(verb, path).json(body).operator("acme")).await
}

/// Numbers as a client has them that reads them as binary numbers: without the zeros at their end.
fn shortened(value: &Value) -> Value {
    match value {
        Value::Number(number) => match number.to_string().parse::<Decimal>() {
            Ok(decimal) => serde_json::from_str(&decimal.normalize().to_string()).unwrap(),
            Err(_) => value.clone(),
        },
        Value::Array(list) => list.iter().map(shortened).collect(),
        Value::Object(members) => members.iter().map(|(name, value)| (name.clone(), shortened(value))).collect(),
        _ => value.clone(),
    }
}

/// The record in an answer, in the dialect's envelope or without one.
fn record(answer: &Value) -> Value {
    answer.get("data").unwrap_or(answer).clone()
}

/// The paths of all records that a row can change.
async fn paths(world: &World, row: &Row) -> Vec<String> {
    let Some(collection) = row.path.strip_suffix("/{id}") else { return vec![row.path.to_owned()] };
    // The older dialect lists its invoices where today's are.
    let list = if collection == "/api/v2/invoice" { "/api/v2/invoices" } else { collection };
    let list = send(world, "GET", &format!("{list}?limit=100&per_page=100"), &Value::Null).await.expect(200);
    let ids = record(&list);
    let ids: Vec<String> = ids.as_array().unwrap().iter().map(|one| one["id"].to_string()).collect();
    assert!(!ids.is_empty(), "there is none of {}", row.path);
    ids.iter().map(|id| format!("{collection}/{}", id.trim_matches('"'))).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_record_can_be_sent_back_as_it_was_read() {
    let world = world().await;
    let rows = local::rows();
    let (mut kinds, mut records) = (0, 0);
    for row in rows.iter().filter(|row| row.verb == "PUT" && !COMMANDS.contains(&row.path)) {
        let what = format!("{} {}", row.dialect.name(), row.path);
        let shows = |other: &&Row| other.verb == "GET" && other.path == row.path && other.dialect == row.dialect;
        assert!(rows.iter().any(|other| shows(&other)), "{what} can be changed and not be read");
        kinds += 1;
        for path in paths(&world, row).await {
            let shown = record(&send(&world, "GET", &path, &Value::Null).await.expect(200));
            let (before, traces) = (world.truth("acme"), world.traces("acme"));
            for sent in [shown.clone(), shortened(&shown)] {
                let answer = send(&world, "PUT", &path, &sent).await;
                assert_eq!(answer.status, 200, "{what} {path}: {} of {sent}", answer.text);
            }
            let other = tests::differing(&world.truth("acme"), &before);
            assert!(other.is_empty(), "{what} {path} {shown}: {other:?}");
            assert_eq!(world.traces("acme"), traces, "{what} {path}: no audit entry, no event");
            records += 1;
        }
    }
    world.books("acme").await;
    world.verify();
    println!("unchanged: {records} records of {kinds} kinds sent back as they were read, nothing written");
}

/// All but JeraSoft's rows that change a record are PUT, so that the walk above sees them.
#[test]
fn what_changes_a_record_is_put_or_jerasofts() {
    for row in local::rows().iter().filter(|row| row.verb == "PATCH") {
        assert_eq!(row.dialect, Dialect::Jerasoft, "{}", row.path);
    }
    assert!(local::rows().iter().all(|row| row.verb != "PUT" || row.dialect != Dialect::Jerasoft));
}

/// What differs is refused by its name, alone among all that was sent back as it was.
#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_changed_and_differs_is_refused_by_its_name() {
    let world = world().await;
    for (path, field, value, said) in [
        ("/receipts/1", "amount", json!("4000.00"), "Amount cannot be changed"),
        ("/receipts/1", "date", json!("2026-02-28"), "Date cannot be changed"),
        ("/credit-notes/4", "customer_id", json!(1), "Customer id cannot be changed"),
        ("/accounts/1", "balance", json!("0.00"), "Balance cannot be changed"),
        ("/services/2", "product_id", json!(1), "Product id cannot be changed"),
        ("/quotes/1", "currency", json!("INR"), "Currency cannot be changed"),
        ("/purchases/1", "supplier_id", json!(2), "Supplier id cannot be changed"),
        ("/orders/2", "items", json!([]), "Items cannot be changed"),
        ("/registrants/1", "nameservers", json!(7), "Nameservers must be a string"),
    ] {
        let mut sent = ask(&world, "GET", path, &Value::Null).await.expect(200)["data"].clone();
        sent[field] = value;
        let before = world.truth("acme");
        let refused = ask(&world, "PUT", path, &sent).await;
        assert_eq!(refused.status, 422, "{path} {field}: {}", refused.text);
        let errors = refused.json["errors"].as_object().unwrap();
        assert_eq!(errors.keys().collect::<Vec<_>>(), [field], "{path}: {}", refused.text);
        assert_eq!(errors[field], said, "{path}");
        assert!(tests::differing(&world.truth("acme"), &before).is_empty());
    }
}

/// The due date of an invoice that Billmora made with a discount can be changed by who sends back the whole.
#[tokio::test(flavor = "multi_thread")]
async fn one_thing_changed_in_the_whole_is_that_one_thing() {
    let world = world().await;
    let id = negative(&world).await;
    let path = format!("/invoices/{id}");
    let mut sent = ask(&world, "GET", &path, &Value::Null).await.expect(200)["data"].clone();
    assert_eq!(sent["items"][1]["amount"].to_string(), "-5.00");
    sent["due_date"] = json!("2026-04-30");
    sent["notes"] = json!("Paid by instalments");
    let changed = ask(&world, "PUT", &path, &sent).await.expect(200)["data"].clone();
    assert_eq!((&changed["due_date"], &changed["notes"]), (&json!("2026-04-30"), &json!("Paid by instalments")));
    assert_eq!((&changed["items"], changed["amount"].to_string().as_str()), (&sent["items"], "55.00"));
    // A product's first price is one of its prices: who changes those sends the old one along.
    let mut product = ask(&world, "GET", "/products/3", &Value::Null).await.expect(200)["data"].clone();
    assert_eq!(product["price"].to_string(), "20.00");
    product["prices"][0]["rates"]["USD"]["price"] = json!("25.00");
    let changed = ask(&world, "PUT", "/products/3", &product).await.expect(200)["data"].clone();
    assert_eq!(changed["price"].to_string(), "25.00");
    world.books("acme").await;
}

/// Contract billmora §10.5: a status moves an order's services, also the one it has, when it is sent by itself. The whole
/// order sent back as it was read moves nothing: a service that was suspended stays so.
#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_is_sent_back_moves_none_of_its_services() {
    let world = world().await;
    let service = ask(&world, "GET", "/services/3", &Value::Null).await.expect(200)["data"].clone();
    assert_eq!(service["status"], "Suspended");
    let path = format!("/api/v1/orders/{}", service["order_id"]);
    let shown = send(&world, "GET", &path, &Value::Null).await.expect(200);
    let before = world.truth("acme");
    assert_eq!(send(&world, "PUT", &path, &record(&shown)).await.expect(200), shown);
    assert!(tests::differing(&world.truth("acme"), &before).is_empty());
    let moved = record(&send(&world, "PUT", &path, &json!({"status": "completed"})).await.expect(200));
    assert_eq!(moved["services"][0]["status"], "active");
}

async fn jerasoft(world: &World, verb: &str, path: &str, body: &Value) -> Answer {
    world.send(Call::new(verb, &format!("/api/{path}")).key(ADMIN).json(body)).await
}

/// Contract jerasoft §3: a date alone is its midnight in the caller's zone. The day that this caller read is no change, for
/// all that the books' day is another: a document would move to another month, or be refused, as it has payments.
#[tokio::test(flavor = "multi_thread")]
async fn a_day_as_jerasofts_caller_read_it_is_no_change() {
    let world = prepared().await;
    let now = json!({"customer_id": 2, "items": [{"description": "x", "amount": "100.00"}]});
    let id = make(&world, "/invoices", now).await["id"].clone();
    make(&world, "/receipts", json!({"customer_id": 2, "amount": 30, "account_id": 1, "invoice_id": id})).await;
    let paid = format!("accounting/invoices/{id}");
    for (path, zone, field, read) in [
        // Of 15 January, at midnight UTC.
        ("accounting/invoices/1", "America/Los_Angeles", "invoice_dt", "2026-01-14 16:00:00-0800"),
        ("accounting/invoices/1", "America/Los_Angeles", "due_dt", "2026-01-14 16:00:00-0800"),
        // Of now, and paid in part.
        (&paid, "Pacific/Kiritimati", "invoice_dt", "2026-03-02 02:00:00+1400"),
        // A subscription that begins on 1 May, at midnight UTC.
        ("clients/subscriptions/4", "America/Los_Angeles", "start_dt", "2026-04-30 17:00:00-0700"),
    ] {
        let shown = jerasoft(&world, "GET", &format!("{path}?__tz={zone}"), &Value::Null).await.expect(200);
        assert_eq!(shown[field], read, "{path}");
        let before = world.truth("acme");
        for day in [&read[..10], read] {
            let sent = json!({field: day, "__tz": zone});
            let answer = jerasoft(&world, "PATCH", path, &sent).await;
            assert_eq!((answer.status, &answer.json), (200, &json!(true)), "{path} {sent}: {}", answer.text);
        }
        let other = tests::differing(&world.truth("acme"), &before);
        assert!(other.is_empty(), "{path} {field}: {other:?}");
    }
    // The same by its JSON-RPC name.
    let before = world.truth("acme");
    let call = json!({"jsonrpc": "2.0", "id": 1, "method": "accounting.invoices.update",
        "params": {"id": 1, "invoice_dt": "2026-01-14", "__tz": "America/Los_Angeles"}});
    assert_eq!(world.send(Call::rpc(&call).key(ADMIN)).await.expect(200)["result"], true);
    assert!(tests::differing(&world.truth("acme"), &before).is_empty());
    // Another day is another day.
    let other = json!({"invoice_dt": "2026-01-13", "__tz": "America/Los_Angeles"});
    jerasoft(&world, "PATCH", "accounting/invoices/1", &other).await.expect(200);
    let shown = ask(&world, "GET", "/invoices/1", &Value::Null).await.expect(200);
    assert_eq!(shown["data"]["date"], "2026-01-13");
    // What is read-only stays refused, as its contract has it (§4.7).
    jerasoft(&world, "PATCH", "accounting/invoices/1", &json!({"c_dt": "2026-03-01"})).await.expect(400);
}

/// What an invoice is made of may be 96 KB long (docs/quirks.md); what it shows is longer, and is taken back all the same.
#[tokio::test(flavor = "multi_thread")]
async fn a_record_that_shows_more_than_it_was_made_of_can_be_sent_back() {
    let world = prepared().await;
    let line = json!({"description": "é".repeat(220), "amount": "10.01", "qty": 1, "taxes": ["SGST", "CGST"]});
    let new = json!({"customer_id": 1, "items": vec![line; 180]});
    assert!(new.to_string().len() < 98_304, "{}", new.to_string().len());
    let mut shown = make(&world, "/invoices", new).await;
    assert!(shown.to_string().len() > 98_304, "{}", shown.to_string().len());
    let path = format!("/invoices/{}", shown["id"]);
    shown["notes"] = json!("Paid by instalments");
    let changed = ask(&world, "PUT", &path, &shown).await.expect(200)["data"].clone();
    assert_eq!(changed["notes"], "Paid by instalments");
    shown.as_object_mut().unwrap().remove("id");
    shown["notes"] = json!("Paid");
    assert_eq!(ask(&world, "PUT", &path, &shown).await.expect(200)["data"]["notes"], "Paid");
    // What is to be changed is bound as ever.
    shown["items"][0]["amount"] = json!("11.00");
    ask(&world, "PUT", &path, &shown).await.expect(413);
}
