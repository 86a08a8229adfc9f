//! Purchase orders: what arrives of them, and what they leave alone.

use serde_json::{Value, json};
use tests::World;

use crate::orders::{cloudonex, data};

async fn prepared() -> World {
    let world = World::new().await;
    for n in 1..=2 {
        let supplier = json!({"name": format!("Supplier {n}")});
        data(&world, cloudonex("POST", "/suppliers").json(&supplier), 201).await;
    }
    world
}

fn new(supplier: u64) -> Value {
    json!({"supplier_id": supplier, "date": "2026-03-01", "status": "Sent",
        "items": [{"description": "Cable", "amount": 3.35, "qty": 3, "tax_rate": 25}, {"description": "Switch", "amount": 410}]})
}

#[tokio::test(flavor = "multi_thread")]
async fn goods_arrive_in_parts_and_the_books_hear_nothing() {
    let world = prepared().await;
    let trial = data(&world, cloudonex("GET", "/reports/trial-balance"), 200).await;
    let made = data(&world, cloudonex("POST", "/purchases").json(&new(1)), 201).await;
    // 3 x 3.35 and a quarter of it, and 410.
    let sums = ["amount", "subtotal", "tax"].map(|name| made[name].to_string());
    assert_eq!(sums, ["422.56", "420.05", "2.51"]);
    assert_eq!((&made["purchase_number"], &made["supplier_name"]), (&json!("PO-0001"), &json!("Supplier 1")));
    let some = json!({"items": [{"line": 1, "qty": 1}, {"line": 1, "qty": 1}]});
    let part = data(&world, cloudonex("POST", "/purchases/1/receive").json(&some), 200).await;
    assert_eq!((&part["status"], &part["items"][0]["received"]), (&json!("Partially Received"), &json!(2)));
    let more = world.send(cloudonex("POST", "/purchases/1/receive").json(&some)).await.expect(422);
    assert_eq!(more["errors"]["items.1.qty"], "Qty must be at most 0");
    let whole = data(&world, cloudonex("POST", "/purchases/1/receive"), 200).await;
    assert_eq!((&whole["status"], &whole["items"][1]["received"]), (&json!("Fully Received"), &json!(1)));
    for (verb, path) in [("POST", "/purchases/1/receive"), ("POST", "/purchases/1/cancel"), ("DELETE", "/purchases/1")]
    {
        world.send(cloudonex(verb, path)).await.expect(409);
    }
    let closed = data(&world, cloudonex("PUT", "/purchases/1").json(&json!({"status": "Closed"})), 200).await;
    assert_eq!(closed["status"], "Closed");
    assert_eq!(data(&world, cloudonex("GET", "/reports/trial-balance"), 200).await, trial);
    world.books("acme").await;
    world.verify();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_supplier_goes_when_nothing_was_ordered_from_it() {
    let world = prepared().await;
    data(&world, cloudonex("POST", "/purchases").json(&new(2)), 201).await;
    let supplier = data(&world, cloudonex("GET", "/suppliers/2"), 200).await;
    assert_eq!(supplier["purchases"], 1);
    world.send(cloudonex("DELETE", "/suppliers/2")).await.expect(409);
    data(&world, cloudonex("POST", "/purchases/1/cancel"), 200).await;
    data(&world, cloudonex("DELETE", "/purchases/1"), 200).await;
    data(&world, cloudonex("DELETE", "/suppliers/2"), 200).await;
    let refused = world.send(cloudonex("POST", "/purchases").json(&new(2))).await.expect(422);
    assert_eq!(refused["errors"]["supplier_id"], "Supplier id 2 does not exist");
    world.verify();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_and_a_deletion_that_meet_leave_no_order_without_its_supplier() {
    let world = prepared().await;
    for _ in 0..20 {
        let supplier = data(&world, cloudonex("POST", "/suppliers").json(&json!({"name": "Brief"})), 201).await;
        let id = supplier["id"].as_u64().unwrap();
        let order = tests::send(&world.app, cloudonex("POST", "/purchases").json(&new(id)));
        let other = world.another_process();
        let deletion = tests::send(&other, cloudonex("DELETE", &format!("/suppliers/{id}")));
        let (order, deletion) = tokio::join!(order, deletion);
        let outcome = (order.status, deletion.status);
        assert!([(201, 409), (422, 200)].contains(&outcome), "{outcome:?}");
    }
    world.verify();
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_filter_by_what_an_order_says() {
    let world = prepared().await;
    for (supplier, date) in [(1, "2026-02-01"), (2, "2026-03-01"), (2, "2026-03-31")] {
        let mut order = new(supplier);
        order["date"] = json!(date);
        data(&world, cloudonex("POST", "/purchases").json(&order), 201).await;
    }
    data(&world, cloudonex("POST", "/purchases/3/acknowledge"), 200).await;
    for (query, ids) in [
        ("", json!([3, 2, 1])),
        ("?supplier_id=2", json!([3, 2])),
        ("?status=Acknowledged", json!([3])),
        ("?search=supplier%201", json!([1])),
        ("?search=PO-0002", json!([2])),
        ("?date_from=2026-03-01", json!([3, 2])),
        ("?date_to=2026-03-01&supplier_id=2", json!([2])),
        ("?page=2&limit=2", json!([1])),
    ] {
        let found = data(&world, cloudonex("GET", &format!("/purchases{query}")), 200).await;
        let found: Value = found.as_array().unwrap().iter().map(|one| one["id"].clone()).collect();
        assert_eq!(found, ids, "{query}");
    }
}
