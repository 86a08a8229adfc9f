//! Quotes: their state machine, their conversion, and a hundred clients at the same moment.

use serde_json::{Value, json};
use tests::{Call, World};

use crate::orders::{cloudonex, data};

async fn prepared() -> World {
    let world = World::new().await;
    world.customers(2).await;
    world
}

fn new() -> Value {
    json!({"customer_id": 1, "date": "2026-03-01", "valid_until": "2026-03-31", "subject": "Website",
        "items": [{"description": "Design", "amount": 100, "qty": 3, "taxes": ["SGST", "CGST"]}, {"description": "Hosting", "amount": 9.99, "qty": 12}]})
}

#[tokio::test(flavor = "multi_thread")]
async fn a_quote_becomes_an_invoice_of_the_same_lines_once() {
    let world = prepared().await;
    let quote = data(&world, cloudonex("POST", "/quotes").json(&new()), 201).await;
    assert_eq!(
        (&quote["quote_number"], &quote["status"], quote["amount"].to_string()),
        (&json!("QUOTE-0001"), &json!("Draft"), "473.88".into())
    );
    for (step, status) in [("send", "Sent"), ("accept", "Accepted")] {
        let quote = data(&world, cloudonex("POST", &format!("/quotes/1/{step}")), 200).await;
        assert_eq!(quote["status"], status);
    }
    // The tax is another one by now: what was quoted holds.
    data(&world, cloudonex("PUT", "/tax-rates/1").json(&json!({"percent": 12})), 200).await;
    let invoice =
        data(&world, cloudonex("POST", "/quotes/1/convert").json(&json!({"due_date": "2026-04-01"})), 201).await;
    assert_eq!(
        (invoice["amount"].to_string(), &invoice["due_date"], &invoice["items"]),
        ("473.88".into(), &json!("2026-04-01"), &quote["items"])
    );
    let quote = data(&world, cloudonex("GET", "/quotes/1"), 200).await;
    assert_eq!((&quote["status"], &quote["invoice_id"]), (&json!("Converted to Invoice"), &invoice["id"]));
    let again = world.send(cloudonex("POST", "/quotes/1/convert")).await;
    assert_eq!((again.status, &again.json["message"]), (409, &json!("QUOTE-0001 has become invoice INV-2026-001")));
    for (verb, path) in [("DELETE", "/quotes/1"), ("POST", "/quotes/1/decline")] {
        world.send(cloudonex(verb, path)).await.expect(409);
    }
    world.books("acme").await;
    world.verify();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_may_follow_what() {
    let world = prepared().await;
    for (steps, refused) in [
        (vec!["send", "decline"], "accept"),
        (vec!["accept"], "send"),
        (vec!["expire"], "accept"),
        (vec!["send", "expire"], "convert"),
        (vec!["decline"], "convert"),
    ] {
        let id = data(&world, cloudonex("POST", "/quotes").json(&new()), 201).await["id"].clone();
        for step in steps {
            data(&world, cloudonex("POST", &format!("/quotes/{id}/{step}")), 200).await;
            // Said twice, it is said once.
            data(&world, cloudonex("POST", &format!("/quotes/{id}/{step}")), 200).await;
        }
        world.send(cloudonex("POST", &format!("/quotes/{id}/{refused}"))).await.expect(409);
    }
    // One that was answered is not changed any more; one that was not, is.
    let changed = data(&world, cloudonex("PUT", "/quotes/1").json(&json!({"notes": "later"})), 200).await;
    assert_eq!(changed["notes"], "later");
    world
        .send(cloudonex("PUT", "/quotes/1").json(&json!({"items": [{"description": "x", "amount": 1}]})))
        .await
        .expect(409);
    let id = data(&world, cloudonex("POST", "/quotes").json(&new()), 201).await["id"].clone();
    let change = json!({"items": [{"description": "x", "amount": 1}], "valid_until": "2026-03-02", "status": "Sent"});
    let changed = data(&world, cloudonex("PUT", &format!("/quotes/{id}")).json(&change), 200).await;
    assert_eq!((changed["amount"].to_string(), &changed["status"]), ("1.00".into(), &json!("Sent")));
    // Its day passes.
    let sent =
        async |world: &World| data(world, cloudonex("GET", "/quotes?status=Sent"), 200).await.as_array().unwrap().len();
    assert_eq!(sent(&world).await, 1);
    world.pass(2 * 24 * 3600);
    assert_eq!(sent(&world).await, 0);
    assert_eq!(data(&world, cloudonex("GET", &format!("/quotes/{id}")), 200).await["status"], "Expired");
    world.send(cloudonex("POST", &format!("/quotes/{id}/accept"))).await.expect(409);
    world.books("acme").await;
}

/// Send the same request a hundred times at once; how often each status came.
async fn hundred(world: &World, call: Call) -> std::collections::BTreeMap<u16, usize> {
    let tasks: Vec<_> = (0..100)
        .map(|_| {
            let (app, call) = (world.another_process(), call.clone().operator("acme"));
            tokio::spawn(async move { tests::send(&app, call).await.status })
        })
        .collect();
    let mut statuses = std::collections::BTreeMap::new();
    for task in tasks {
        *statuses.entry(task.await.unwrap()).or_insert(0) += 1;
    }
    statuses
}

#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn a_hundred_clients_at_the_same_moment_have_one_effect() {
    let world = crate::orders::shop().await;
    data(&world, cloudonex("POST", "/quotes").json(&new()), 201).await;
    let accepted = hundred(&world, cloudonex("POST", "/quotes/1/accept")).await;
    assert_eq!(accepted.get(&200), Some(&100), "{accepted:?}");
    let events = |name: &str| {
        world
            .items()
            .iter()
            .filter(|item| item["PK"]["S"] == "acme#outbox" && item["events"].to_string().contains(name))
            .count()
    };
    assert_eq!(events("quote.accepted"), 1);
    let converted = hundred(&world, cloudonex("POST", "/quotes/1/convert")).await;
    assert_eq!((converted.get(&201), converted.get(&409)), (Some(&1), Some(&99)), "{converted:?}");
    assert_eq!((events("quote.converted"), events("invoice.created")), (1, 1));
    // An order is completed by its payment, by a hundred who say that it is paid.
    let order = json!({"customer_id": 1, "items": [{"product_id": 1, "price_id": 2, "qty": 2, "options": [{"variant_id": 1, "option_id": 1}]}]});
    let order = data(&world, cloudonex("POST", "/orders").json(&order), 201).await;
    let paid = hundred(
        &world,
        cloudonex("PUT", &format!("/invoices/{}", order["invoice_id"])).json(&json!({"status": "Paid"})),
    )
    .await;
    assert_eq!(paid.get(&200), Some(&100), "{paid:?}");
    assert_eq!((events("order.completed"), events("service.activated"), events("invoice.paid")), (1, 1, 1));
    let stock = data(&world, cloudonex("GET", "/products/1"), 200).await["stock"].clone();
    assert_eq!(stock, 3);
    // And by staff that completes the next one.
    let order = json!({"customer_id": 1, "items": [{"product_id": 1, "price_id": 2, "options": [{"variant_id": 1, "option_id": 1}]}]});
    data(&world, cloudonex("POST", "/orders").json(&order), 201).await;
    let done = hundred(&world, cloudonex("PUT", "/orders/2").json(&json!({"status": "Completed"}))).await;
    assert_eq!(done.get(&200), Some(&100), "{done:?}");
    let stock = data(&world, cloudonex("GET", "/products/1"), 200).await["stock"].clone();
    assert_eq!((events("service.activated"), stock), (2, json!(2)));
    world.books("acme").await;
    world.verify();
    println!("a hundred at once: a quote accepted and converted, two orders completed: one effect each");
}
