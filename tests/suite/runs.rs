//! Billing runs that are asked for by a slip, of things that cannot be billed, and without writing anything.

use serde_json::{Value, json};
use tests::{Call, World};

use crate::billing::{bill, prepared, take_over};
use crate::orders::{billmora, cloudonex, data, shop};

async fn run(world: &World, body: &Value) -> Value {
    data(world, cloudonex("POST", "/billing/run").json(body), 200).await
}

async fn status(world: &World, service: u64) -> Value {
    data(world, cloudonex("GET", &format!("/services/{service}")), 200).await["status"].clone()
}

/// A day, from 1 March 2026 on.
const DAY: i64 = 24 * 3600;

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_barred_before_the_day_whatever_the_run_was_asked_for() {
    let world = shop().await;
    let new = json!({"user_id": 1, "currency": "USD", "coupon": null, "status": "completed", "package_items": [{"package_id": 1, "billing_id": 2, "quantity": 2, "variant_options": {"1": [1]}}],
        "domain_items": [{"type": "register", "domain": "noor.dev", "tld_id": 1, "years": 1}]});
    data(&world, billmora("POST", "/orders").json(&new), 201).await;
    data(&world, billmora("PUT", "/registrants/1").json(&json!({"auto_renew": false})), 200).await;
    let stop = json!({"stop_at": "2026-05-20T00:00:00Z"});
    data(&world, cloudonex("PUT", "/services/2").json(&stop), 200).await;
    // A year ahead by a slip: everything is asked for by its own date, and nothing else happens.
    let slip = run(&world, &json!({"until": "2027-03-10"})).await;
    let counts = ["suspended", "terminated", "ended", "expired", "failed"].map(|name| slip[name].as_u64().unwrap());
    assert_eq!(counts, [0, 0, 0, 0, 0], "{slip}");
    // Twelve more periods of the one; April and May, up to its end, of the other.
    assert_eq!(slip["invoices"], 14, "{slip}");
    for id in [1, 2] {
        assert_eq!(status(&world, id).await, "Active");
    }
    let domain = data(&world, billmora("GET", "/registrants/1"), 200).await;
    assert_eq!(domain["status"], "active");
    // Each on its day, by the runs of those days.
    world.pass(33 * DAY);
    assert_eq!(run(&world, &json!({"until": "2027-03-10"})).await["suspended"], 0);
    world.pass(DAY);
    let day = run(&world, &json!({"until": "2027-03-10"})).await;
    assert_eq!((&day["suspended"], &day["terminated"]), (&json!(2), &json!(0)), "{day}");
    world.pass(4 * DAY);
    let day = run(&world, &json!({})).await;
    assert_eq!((&day["suspended"], &day["terminated"]), (&json!(0), &json!(2)), "{day}");
    world.books("acme").await;
    world.verify();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_ends_on_its_day_and_not_a_week_before() {
    let world = shop().await;
    let new = json!({"user_id": 1, "currency": "USD", "coupon": null, "status": "completed", "package_items": [{"package_id": 1, "billing_id": 2, "quantity": 2, "variant_options": {"1": [1]}}]});
    data(&world, billmora("POST", "/orders").json(&new), 201).await;
    for (id, stop) in [(1, "2026-04-01T00:00:00Z"), (2, "2026-03-30T18:00:00Z")] {
        data(&world, cloudonex("PUT", &format!("/services/{id}")).json(&json!({"stop_at": stop})), 200).await;
    }
    world.pass(24 * DAY);
    let early = run(&world, &json!({})).await;
    assert_eq!((&early["ended"], &early["invoices"]), (&json!(0), &json!(0)), "{early}");
    assert_eq!((status(&world, 1).await, status(&world, 2).await), (json!("Active"), json!("Active")));
    // The second one is to stop later than it was: it goes on, and April is asked for after all.
    data(&world, cloudonex("PUT", "/services/2").json(&json!({"stop_at": "2026-04-20T00:00:00Z"})), 200).await;
    world.pass(5 * DAY);
    let day = run(&world, &json!({})).await;
    assert_eq!((&day["ended"], &day["invoices"]), (&json!(0), &json!(1)), "{day}");
    world.pass(2 * DAY);
    let day = run(&world, &json!({})).await;
    assert_eq!((&day["ended"], &day["invoices"]), (&json!(1), &json!(0)), "{day}");
    assert_eq!((status(&world, 1).await, status(&world, 2).await), (json!("Terminated"), json!("Active")));
    world.books("acme").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_run_would_do_is_told_and_not_done() {
    let world = shop().await;
    let new = json!({"user_id": 1, "currency": "USD", "coupon": null, "status": "completed", "package_items": [{"package_id": 1, "billing_id": 2, "variant_options": {"1": [1]}}]});
    for _ in 0..2 {
        data(&world, billmora("POST", "/orders").json(&new), 201).await;
    }
    // April is asked for, and not paid for the first one.
    bill(&world, "2026-03-25").await;
    let paid = json!({"customer_id": 1, "account_id": 1, "amount": 22, "invoice_id": 4});
    data(&world, cloudonex("POST", "/receipts").json(&paid), 201).await;
    world.pass(34 * DAY);
    for until in [json!(null), json!("2026-07-10")] {
        let mut body = json!({"dry_run": true});
        if until.is_string() {
            body["until"] = until.clone();
        }
        let before = world.truth("acme");
        let dry = run(&world, &body).await;
        assert!(world.truth("acme") == before, "something was written");
        let again = run(&world, &body).await;
        assert_eq!(dry, again);
        let twin = world.twin().await;
        // Whatever it said is what the run does.
        body["dry_run"] = json!(false);
        let done = run(&twin, &body).await;
        for name in
            ["until", "complete", "invoices", "charges", "suspended", "terminated", "ended", "expired", "failed"]
        {
            assert_eq!(dry[name], done[name], "{name}: {dry}");
        }
        assert!(done["would"].is_null() && done["dry_run"].is_null());
        assert_eq!((&dry["dry_run"], &dry["suspended"]), (&json!(true), &json!(1)), "{dry}");
        assert_eq!(dry["would"]["suspend"], json!([{"type": "service", "id": 1, "invoice_id": 3}]));
        assert_eq!(dry["would"]["terminate"], json!([]));
        let issued = dry["would"]["issue"].as_array().unwrap();
        assert_eq!(issued.len() as u64, dry["invoices"].as_u64().unwrap());
        if until.is_string() {
            // May, June and July of the second; the first is suspended, and not asked for more.
            assert_eq!(issued.len(), 3, "{dry}");
            let first = &issued[0];
            let shown = ["type", "date", "due_date", "currency"].map(|name| first[name].as_str().unwrap());
            assert_eq!(shown, ["service", "2026-04-24", "2026-05-01", "USD"]);
            assert_eq!((&first["customer_id"], first["amount"].to_string()), (&json!(1), "22.00".into()));
        }
    }
    // The command's and the function's own way goes to the end of it.
    let event = json!({"tenant": "acme", "until": "2026-07-10", "dry_run": true});
    let before = world.truth("acme");
    let told = orders::run::answer(&world.another_process(), &event).await.unwrap();
    assert!(world.truth("acme") == before, "something was written");
    assert_eq!((&told["tenant"], &told["invoices"], &told["complete"]), (&json!("acme"), &json!(3), &json!(true)));
    world.books("acme").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_billed_is_named_and_hides_nothing() {
    let world = prepared(0, 4).await;
    let never = json!({"suspend_days": 3, "terminate_days": 7});
    data(&world, cloudonex("PUT", "/settings").json(&never), 200).await;
    // The first one's currency has no rate.
    let sek = data(&world, cloudonex("POST", "/currencies").json(&json!({"code": "SEK", "name": "Krona"})), 201).await;
    let client = json!({"name": "Norr", "companies_id": 1, "currencies_id": sek["id"]});
    let call = json!({"jsonrpc": "2.0", "id": 1, "method": "clients.create", "params": client});
    world.send(Call::rpc(&call).key(tests::ADMIN)).await.expect(200);
    let session = world.session("admin").await;
    for customer in [5, 2, 3, 4] {
        take_over(&world, &session, customer, "Monthly", "05/03/2026", "5.00").await;
    }
    // The second one's record cannot be read any more.
    let tenant = shared::machinery::caller::Tenant::named("acme").unwrap();
    let mut changes = shared::machinery::changes::Changes::default();
    let key = shared::machinery::keys::row(&tenant, shared::machinery::keys::SERVICE, 2);
    changes.write(key, &std::collections::BTreeMap::from([("status", "melted")])).unwrap();
    world.app.store.commit(changes.checked().unwrap(), "a token of its own").await.unwrap();
    let done = run(&world, &json!({})).await;
    assert_eq!((&done["invoices"], &done["failed"], &done["complete"]), (&json!(2), &json!(2), &json!(true)), "{done}");
    let mut failures: Vec<(u64, String)> = done["failures"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["id"].as_u64().unwrap(), one["message"].as_str().unwrap().to_owned()))
        .collect();
    failures.sort();
    assert_eq!(failures[0].0, 1);
    assert!(failures[0].1.contains("SEK"), "{failures:?}");
    assert_eq!(failures[1], (2, "Unexpected: it was logged".to_owned()));
    // The same day it is not tried again; on the next one it is, until the reason is mended.
    assert_eq!(run(&world, &json!({})).await["failed"], 0);
    world.pass(DAY);
    assert_eq!(run(&world, &json!({"until": "2026-03-20"})).await["failed"], 2);
    let rate = json!({"from": "USD", "to": "SEK", "rate": "10", "date": "2026-02-20"});
    let answer = world.send(cloudonex("POST", "/exchange-rates").json(&rate)).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    world.pass(DAY);
    let mended = run(&world, &json!({})).await;
    assert_eq!((&mended["invoices"], &mended["failed"]), (&json!(1), &json!(1)), "{mended}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_domain_that_cannot_be_renewed_is_tried_again_before_it_ends() {
    let world = shop().await;
    let order = |name: &str| json!({"user_id": 1, "currency": "USD", "coupon": null, "status": "completed", "domain_items": [{"type": "register", "domain": name, "tld_id": 1, "years": 1}]});
    for name in ["one.dev", "two.dev"] {
        data(&world, billmora("POST", "/orders").json(&order(name)), 201).await;
    }
    // Dearer than an amount may be, for the first one's ten years.
    let dear = json!({"prices": {"USD": {"register_price": "10.00", "renew_price": "9999999999.00", "transfer_price": "8.00"}}});
    data(&world, cloudonex("PUT", "/tlds/1").json(&dear), 200).await;
    world.pass(358 * DAY);
    let day = run(&world, &json!({})).await;
    assert_eq!((&day["invoices"], &day["failed"], &day["expired"]), (&json!(0), &json!(2), &json!(0)), "{day}");
    assert_eq!((&day["failures"][0]["type"], &day["failures"][0]["id"]), (&json!("registrant"), &json!(1)));
    assert_eq!(run(&world, &json!({})).await["failed"], 0);
    let fair =
        json!({"prices": {"USD": {"register_price": "10.00", "renew_price": "12.00", "transfer_price": "8.00"}}});
    data(&world, cloudonex("PUT", "/tlds/1").json(&fair), 200).await;
    world.pass(DAY);
    let day = run(&world, &json!({})).await;
    assert_eq!((&day["invoices"], &day["failed"], &day["expired"]), (&json!(2), &json!(0), &json!(0)), "{day}");
    world.books("acme").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_subscription_that_has_not_begun_does_not_begin_ahead() {
    let world = World::new().await;
    let rpc = |method: &str, params: Value| {
        Call::rpc(&json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})).key(tests::ADMIN)
    };
    world.send(rpc("clients.create", json!({"name": "Blue", "companies_id": 1, "currencies_id": 1}))).await.expect(200);
    let package = json!({"name": "Office 20", "companies_id": 1, "currencies_id": 1, "period": "P1M",
        "fees": [{"type": "subscription", "name": "Fee", "amount": 20}]});
    let package = world.send(rpc("packages.create", package)).await.expect(200)["result"].clone();
    let new = json!({"clients_id": 1, "packages_id": package["id"], "start_dt": "2026-04-01"});
    world.send(rpc("clients.subscriptions.create", new)).await.expect(200);
    let condition = async || {
        let found = world.send(rpc("clients.subscriptions.search", json!({"clients_id": 1}))).await.expect(200);
        found["result"][0]["condition"].clone()
    };
    assert_eq!(run(&world, &json!({"until": "2026-06-15"})).await["charges"], 0);
    assert_eq!(condition().await, "new");
    world.pass(31 * DAY);
    assert_eq!(run(&world, &json!({})).await["charges"], 1);
    assert_eq!(condition().await, "activated");
    world.books("acme").await;
}
