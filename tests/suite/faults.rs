//! What goes wrong goes wrong whole: a process that dies before or after any call to the store leaves
//! nothing half done, and the same request sent again has one effect.

use std::collections::BTreeSet;

use local::faults::Fault;
use serde_json::{Value, json};
use shared::machinery::route::Row;
use tests::{ADMIN, Answer, Call, TOKEN, World, send};

use crate::bodies::{delivered, path, sold};

/// One request for every row that writes, by operation and dialect.
pub(crate) fn request(row: &Row) -> Call {
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
        ("sessions.open", _) => json!({"login": "admin", "password": "admin password"}),
        ("invoices.create", "jerasoft") => json!({"clients_id": 2, "start_dt": "2026-01-01", "stop_dt": "2026-03-01"}),
        ("invoices.create", "billmora") => {
            json!({"user_id": 2, "due_date": "2026-04-01", "status": "paid", "items": [{"description": "x", "quantity": 1, "unit_price": 5}]})
        }
        ("invoices.update", "jerasoft") => json!({"invoice_dt": "2026-01-20", "invoice_no": "X-1"}),
        ("invoices.update", "billmora") => json!({"status": "refunded"}),
        ("invoices.update", _) => json!({"status": "Paid"}),
        ("transactions.create", "jerasoft") => {
            json!({"clients_id": 2, "type": "payment", "amount": 5, "invoices_id": 1})
        }
        ("transactions.create", _) => {
            json!({"type": "Income", "account_id": 1, "amount": 5, "description": "x", "invoice_id": 1})
        }
        ("transactions.update", "jerasoft") => json!({"notes": "changed"}),
        ("transactions.update", _) => json!({"description": "changed"}),
        ("receipts.create", _) => {
            // It pays an order too, and so brings its service and its domain to life.
            json!({"customer_id": 2, "amount": 36, "allocations": [{"invoice_id": 3}, {"invoice_id": 1}, {"invoice_id": 2}]})
        }
        ("refunds.create", _) => json!({"customer_id": 2, "amount": 20}),
        ("invoices.create" | "credit_notes.create" | "debit_notes.create", _) => {
            let invoice = if row.operation == "invoices.create" { Value::Null } else { json!(1) };
            json!({"customer_id": 2, "invoice_id": invoice, "date": "2026-02-01", "description": "x", "items": [{"description": "x", "qty": 1, "amount": 5,
                "taxes": ["IGST"], "billing_cycle": "Annually", "period_start": "2026-02-01"}]})
        }
        ("allocations.create", _) => json!({"allocations": [{"invoice_id": 1, "amount": 1}]}),
        ("accounts.create", _) => json!({"name": "New", "opening_balance": 7}),
        ("accounts.update" | "categories.update" | "tax_rates.update", _) => json!({"name": "changed"}),
        ("categories.create", _) => json!({"name": "New", "type": "Income"}),
        ("tax_rates.create", _) => json!({"name": "New", "percent": 3}),
        ("numbering.update", _) => json!({"template": "T{seq}", "reset": "never"}),
        // More than one commit holds.
        ("usage_rates.create", _) if !row.path.contains("special") => {
            json!({"rate_tables_id": 1, "code": "44(00-59)", "value": 1, "effective_from": "2026-01-01", "time_profiles_id": 1})
        }
        ("quotes.update", _) => json!({"notes": "changed", "status": "Sent"}),
        ("orders.create", "billmora") => order("pending", "K1"),
        ("orders.create", _) => json!({"customer_id": 2, "items": [{"product_id": 3, "price_id": 3}]}),
        ("orders.update", "billmora") => json!({"status": "completed"}),
        ("orders.update", _) => json!({"status": "Cancelled"}),
        ("services.update", "jerasoft") => json!({"stop_dt": "2027-01-01"}),
        ("services.update", "billmora") => json!({"status": "terminated"}),
        ("services.update", _) => json!({"price": 7}),
        ("services.move", "racknap") if row.path.ends_with("unsuspend") => json!({"serviceid": 3}),
        ("services.move", "racknap") => json!({"serviceid": 2}),
        ("services.scale", _) => json!({"price_id": 4}),
        ("services.subscribe", _) => json!({"clients_id": 2, "packages_id": 3}),
        ("billing.run", _) => json!({"until": "2026-04-20"}),
        ("gateways.told", _) => notice(),
        (_, _) => json!({}),
    };
    let body = sold(row, 1, 2).unwrap_or(body);
    let noun = row.path.trim_start_matches("/api/v2/").split('/').next().unwrap();
    let id = match (row.operation, noun) {
        ("currencies.delete" | "resellers.delete", _) => "3",
        (_, "api-keys") => "10",
        (operation, _) if operation.starts_with("customers.") => "3",
        (operation, _) if operation.starts_with("usage_rates.") && row.path.contains("special") => "3",
        (_, "refunds") => "3",
        ("allocations.create", "receipts") => "1",
        ("invoices.delete", "invoices") => "1",
        ("invoices.update", _) if row.dialect.name() == "jerasoft" => "1",
        ("allocations.create" | "allocations.delete", "invoices") => "6",
        (_, "credit-notes") => "4",
        (_, "debit-notes") => "5",
        ("orders.update", _) => "1",
        ("services.move", _) if row.path.ends_with("unsuspend") => "3",
        ("purchases.move", _) if row.path.ends_with("acknowledge") => "3",
        ("purchases.move", _) if row.path.ends_with("close") => "4",
        ("purchases.receive", _) => "3",
        ("services.delete", _) if row.dialect.name() == "jerasoft" => "4",
        _ => "2",
    };
    let call = Call::new(row.verb, &path(row, id)).json(&body);
    match row.dialect.name() {
        "jerasoft" => call.key(ADMIN),
        "billmora" => call.bearer(TOKEN),
        "racknap" if row.operation != "sessions.token" => call.operator("acme"),
        _ => call.bearer(ADMIN),
    }
}

thread_local! {
    /// The secret of the gateway in the world that this test prepared last, of which its others are twins. It is drawn
    /// at random, so that the tests beside this one have others: a test prepares its world on its own thread.
    static GATEWAY: std::cell::RefCell<String> = const { std::cell::RefCell::new(String::new()) };
}

/// What gateway 2 tells of invoice 1.
fn notice() -> Value {
    let timestamp =
        shared::words::time::parse_moment(tests::START, shared::words::time::Zone::UTC).unwrap().timestamp();
    let text = format!("INV-2026-001\nsuccess\n\nref-1\n{timestamp}");
    let signature = GATEWAY.with_borrow(|secret| shared::machinery::secrets::mac(secret.as_bytes(), text.as_bytes()));
    json!({"invoice_number": "INV-2026-001", "status": "success", "amount": "", "reference": "ref-1",
        "timestamp": timestamp.to_string(), "signature": shared::machinery::secrets::hex(&signature)})
}

/// A service and a domain.
fn order(status: &str, coupon: &str) -> Value {
    json!({"user_id": 2, "currency": "USD", "coupon": coupon, "status": status, "package_items": [{"package_id": 3, "billing_id": 3}],
        "domain_items": [{"type": "register", "domain": "x.t1", "tld_id": 1, "years": 1}]})
}

/// Customers, and documents of the second: invoices 1 and 2, receipts 1 and 2 (the second set against invoice
/// 2), refund 3, credit note 4, debit note 5, charge 6; invoice 6 below 0, set against invoice 7 in part.
pub(crate) async fn prepared() -> World {
    let world = World::new().await;
    world.customers(3).await;
    let line = json!([{"description": "x", "qty": 1, "amount": 40, "taxes": ["IGST"], "billing_cycle": "Annually", "period_start": "2026-01-15"}]);
    for (path, body) in [
        ("invoices", json!({"customer_id": 2, "date": "2026-01-15", "items": line})),
        ("invoices", json!({"customer_id": 2, "date": "2026-01-15", "items": line})),
        ("receipts", json!({"customer_id": 2, "amount": 5000, "account_id": 1})),
        ("receipts", json!({"customer_id": 2, "amount": 30, "account_id": 1, "invoice_id": 2})),
        ("refunds", json!({"customer_id": 2, "amount": 5, "account_id": 1, "receipt_id": 1})),
        ("credit-notes", json!({"customer_id": 2, "date": "2026-02-01", "description": "x", "items": line})),
        ("debit-notes", json!({"customer_id": 2, "date": "2026-04-01", "description": "x", "items": line})),
    ] {
        world.send(Call::new("POST", &format!("/api/v2/{path}")).bearer(ADMIN).json(&body)).await.expect(201);
    }
    let charge = json!({"clients_id": 2, "type": "charge", "amount": -12, "dt": "2026-02-10"});
    world.send(Call::new("POST", "/api/accounting/transactions").key(ADMIN).json(&charge)).await.expect(200);
    catalogue(&world).await;
    // Invoice 6 brings credit, of which a part is set against invoice 7.
    let below = json!({"user_id": 2, "due_date": "2026-03-31", "status": "unpaid", "items": [{"description": "x", "quantity": 1, "unit_price": -5}]});
    let made = world.send(Call::new("POST", "/api/v1/invoices").bearer(TOKEN).json(&below)).await.expect(201);
    assert_eq!(made["data"]["id"], 6);
    let other = json!({"customer_id": 2, "items": [{"description": "x", "amount": 3}]});
    let other = world.send(Call::new("POST", "/api/v2/invoices").bearer(ADMIN).json(&other)).await.expect(201);
    let set = json!({"allocations": [{"invoice_id": other["data"]["id"], "amount": 1}]});
    world.send(Call::new("POST", "/api/v2/invoices/6/allocations").bearer(ADMIN).json(&set)).await.expect(200);
    world
}

/// What is sold: two of each, the second of which nothing needs; rates 1 and 2, and special rate 3.
async fn catalogue(world: &World) {
    let rate = json!({"rate_tables_id": 1, "code_name": "UK", "value": 1, "effective_from": "2026-01-01", "time_profiles_id": 1});
    for n in 1..=2 {
        for (path, body) in [
            ("catalogs", json!({"name": format!("C {n}")})),
            ("variants", json!({"name": format!("V {n}"), "options": [{"name": "A", "value": "1"}]})),
            (
                "tlds",
                json!({"tld": format!(".t{n}"), "prices": {"USD": {"register_price": 1, "renew_price": 1, "transfer_price": 1}}}),
            ),
            ("coupons", json!({"code": format!("K{n}"), "type": "percentage", "value": 5})),
            ("products", json!({"name": format!("P {n}"), "price": 5, "catalog_id": 1, "sku": format!("S{n}")})),
        ] {
            world.send(Call::new("POST", &format!("/api/v2/{path}")).bearer(ADMIN).json(&body)).await.expect(201);
        }
        for (path, body) in [
            ("rates/tables", json!({"name": format!("T {n}"), "currencies_id": 1})),
            ("rates", rate.clone()),
            ("clients/accounts", json!({"clients_id": 2, "name": format!("A {n}")})),
        ] {
            world.send(Call::new("POST", &format!("/api/{path}")).key(ADMIN).json(&body)).await.expect(200);
        }
    }
    world.send(Call::new("POST", "/api/rates/special").key(ADMIN).json(&rate)).await.expect(200);
    sales(world).await;
}

/// Two quotes; product 3 with a plan and a larger one; orders whose services are pending, in use and suspended
/// (1 to 3), each with a domain, and a subscription that has not begun (4). Invoice 3 is the first order's: 21.00.
async fn sales(world: &World) {
    let price = |name: &str, price: u64| json!({"name": name, "type": "recurring", "time_interval": 1, "billing_period": "monthly", "rates": {"USD": {"price": price}}});
    let plan = json!({"name": "Plan", "stock": 9, "prices": [price("Monthly", 20), price("Large", 50)]});
    world.send(Call::new("POST", "/api/v2/products").bearer(ADMIN).json(&plan)).await.expect(201);
    for _ in 0..2 {
        let quote =
            json!({"customer_id": 2, "valid_until": "2026-12-31", "items": [{"description": "x", "amount": 5}]});
        world.send(Call::new("POST", "/api/v2/quotes").bearer(ADMIN).json(&quote)).await.expect(201);
    }
    for status in ["pending", "completed", "completed"] {
        let mut new = order(status, "");
        new["coupon"] = Value::Null;
        world.send(Call::new("POST", "/api/v1/orders").bearer(TOKEN).json(&new)).await.expect(201);
    }
    world.send(Call::new("POST", "/api/v2/services/3/suspend").bearer(ADMIN)).await.expect(200);
    let later = json!({"clients_id": 2, "packages_id": 3, "start_dt": "2026-05-01"});
    world.send(Call::new("POST", "/api/clients/subscriptions").key(ADMIN).json(&later)).await.expect(200);
    for n in 1..=2 {
        for (path, body) in [
            ("tickets", json!({"customer_id": 2, "subject": "x", "message": "x", "department_id": 1})),
            ("gateways", json!({"name": format!("G {n}"), "account_id": 1})),
            ("webhooks", json!({"url": "https://x.example/", "events": ["customer.*"]})),
            ("leads", json!({"first_name": "L", "last_name": "M", "email": format!("lead{n}@x.example")})),
            ("suppliers", json!({"name": format!("S {n}")})),
        ] {
            let made = world.send(Call::new("POST", &format!("/api/v2/{path}")).bearer(ADMIN).json(&body)).await;
            if let (2, "gateways", Some(secret)) = (n, path, made.expect(201)["data"]["secret"].as_str()) {
                GATEWAY.set(secret.to_owned());
            }
        }
        for (path, body) in [
            ("accounting/payment_terms", json!({"name": format!("T {n}")})),
            ("accounting/taxes_profiles", json!({"name": format!("P {n}")})),
            (
                "clients/payment_systems/profiles",
                json!({"clients_id": 2, "payment_systems_id": 1, "external_id": format!("cus_{n}")}),
            ),
        ] {
            world.send(Call::new("POST", &format!("/api/{path}")).key(ADMIN).json(&body)).await.expect(200);
        }
    }
    delivered(world, 2, "x");
    let settings = json!({"lead_capture": true});
    world.send(Call::new("PUT", "/api/v2/settings").bearer(ADMIN).json(&settings)).await.expect(200);
    purchases(world).await;
}

/// Of the first supplier, so that the second has none: two drafts, one that is sent (3), and one of which some has
/// arrived (4).
async fn purchases(world: &World) {
    for status in ["Draft", "Draft", "Sent", "Sent"] {
        let items = json!([{"description": "x", "amount": 5, "qty": 2}]);
        let purchase = json!({"supplier_id": 1, "items": items, "status": status});
        world.send(Call::new("POST", "/api/v2/purchases").bearer(ADMIN).json(&purchase)).await.expect(201);
    }
    let some = json!({"items": [{"line": 1, "qty": 1}]});
    world.send(Call::new("POST", "/api/v2/purchases/4/receive").bearer(ADMIN).json(&some)).await.expect(200);
}

fn good(answer: &Answer) -> bool {
    (200..300).contains(&answer.status)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_at_any_boundary_of_any_write_leaves_all_or_nothing() {
    let mut boundaries = 0;
    let mut operations = BTreeSet::new();
    let rows = local::rows();
    let (live, sandbox) = (prepared().await, World::sandbox().await);
    let (image_of_live, image_of_sandbox) = (live.image(), sandbox.image());
    for row in rows.iter().filter(|row| row.writes) {
        let clock = row.operation.starts_with("clock.");
        let (start, image) = if clock { (&sandbox, &image_of_sandbox) } else { (&live, &image_of_live) };
        let what = format!("{} {} {}", row.dialect.name(), row.verb, row.path);
        operations.insert(format!("{} {} {}", row.dialect.name(), row.operation, row.path));
        let world = start.twin_of(image).await;
        let before = image.truth("acme");
        world.faulty.plan(|_, _| Fault::None);
        let answer = world.send(request(row).once("good")).await;
        assert!(good(&answer), "{what}: {}", answer.text);
        let calls = world.faulty.made();
        let done = world.image();
        let (after, traces) = (done.truth("acme"), done.traces("acme"));
        done.verify();
        world.books("acme").await;
        for call in 0..calls {
            for stop in [Fault::StopBefore, Fault::StopAfter] {
                boundaries += 1;
                let world = start.twin_of(image).await;
                world.faulty.plan(move |number, _| if number == call { stop } else { Fault::None });
                send(&world.another_process(), request(row).once("good")).await;
                world.faulty.plan(|_, _| Fault::None);
                let stopped = world.image();
                stopped.verify();
                let half = stopped.truth("acme");
                let long = ["customers.create_many", "usage_rates.create", "billing.run"].contains(&row.operation);
                assert!(half == before || half == after || long, "{what}: {stop:?} at call {call}: half done");
                let again = send(&world.another_process(), request(row).once("good")).await;
                assert!(good(&again), "{what}: {stop:?} at call {call}: {}", again.text);
                let done = world.image();
                let other = tests::differing(&done.truth("acme"), &after);
                assert!(other.is_empty(), "{what}: {stop:?} at call {call}: one effect: {other:?}");
                // What holds a secret is not kept: signing in again is signing in twice.
                let expected = if row.recorded { traces } else { done.traces("acme") };
                assert_eq!(
                    done.traces("acme"),
                    expected,
                    "{what}: {stop:?} at call {call}: one audit entry, one event"
                );
                done.verify();
                world.books("acme").await;
            }
        }
    }
    println!(
        "faults: {} writes, {boundaries} boundaries, nothing half done, every retry has one effect",
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
