//! Stock: what is ordered closely is reserved, once, and is free again when the order is given up.

use serde_json::{Value, json};
use tests::{World, send};

use crate::orders::{billmora, cloudonex, data, shop};

fn studio(qty: u64) -> Value {
    json!({"customer_id": 1, "items": [{"product_id": 1, "price_id": 2, "qty": qty, "options": [{"variant_id": 1, "option_id": 1}]}]})
}

async fn left(world: &World) -> i64 {
    data(world, cloudonex("GET", "/products/1"), 200).await["stock"].as_i64().unwrap()
}

async fn order(world: &World, qty: u64) -> Value {
    data(world, cloudonex("POST", "/orders").json(&studio(qty)), 201).await
}

async fn sold_out(world: &World) {
    let answer = world.send(cloudonex("POST", "/orders").json(&studio(1))).await;
    assert_eq!((answer.status, &answer.json["message"]), (409, &json!("Studio is out of stock: 0 left")));
}

#[tokio::test(flavor = "multi_thread")]
async fn of_five_in_stock_five_are_sold_and_no_more() {
    let world = shop().await;
    let (mut accepted, mut refused) = (Vec::new(), 0);
    for _ in 0..48 {
        let answer = world.send(cloudonex("POST", "/orders").json(&studio(1))).await;
        match answer.status {
            201 => accepted.push(answer.json["data"]["invoice_id"].clone()),
            _ => refused += usize::from(answer.status == 409),
        }
    }
    assert_eq!((accepted.len(), refused, left(&world).await), (5, 43, 0));
    // Each is taken once: its payment takes none.
    for invoice in &accepted {
        let paid = json!({"customer_id": 1, "account_id": 1, "amount": 30, "invoice_id": invoice});
        data(&world, cloudonex("POST", "/receipts").json(&paid), 201).await;
    }
    assert_eq!(left(&world).await, 0);
    for id in 1..=5 {
        assert_eq!(data(&world, cloudonex("GET", &format!("/services/{id}")), 200).await["status"], "Active");
    }
    // And given back once, when it ends.
    data(&world, cloudonex("POST", "/services/1/terminate").json(&json!({})), 200).await;
    assert_eq!(left(&world).await, 1);
    data(&world, billmora("PUT", "/services/1").json(&json!({"status": "cancelled"})), 200).await;
    assert_eq!(left(&world).await, 1);
    data(&world, billmora("PUT", "/services/1").json(&json!({"status": "active"})), 200).await;
    assert_eq!(left(&world).await, 0);
    world.books("acme").await;
    world.verify();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_is_given_up_gives_its_stock_back() {
    let world = shop().await;
    // Cancelled or failed: everything it reserved is free, and taken again when it is taken up again.
    for status in ["Cancelled", "Failed"] {
        let id = order(&world, 5).await["id"].clone();
        sold_out(&world).await;
        let path = format!("/orders/{id}");
        let put =
            async |status: &str| data(&world, cloudonex("PUT", &path).json(&json!({"status": status})), 200).await;
        put(status).await;
        assert_eq!(left(&world).await, 5, "{status}");
        put(status).await;
        assert_eq!(left(&world).await, 5, "{status} twice");
        put("Awaiting payment").await;
        assert_eq!(left(&world).await, 0, "taken up again");
        put("Completed").await;
        assert_eq!(left(&world).await, 0);
        put(status).await;
        assert_eq!(left(&world).await, 5);
    }
    // It is not taken up again when somebody else has bought meanwhile.
    let first = order(&world, 5).await["id"].clone();
    let path = format!("/orders/{first}");
    data(&world, cloudonex("PUT", &path).json(&json!({"status": "Cancelled"})), 200).await;
    let second = order(&world, 5).await;
    for status in ["Awaiting payment", "Completed"] {
        let answer = world.send(cloudonex("PUT", &path).json(&json!({"status": status}))).await;
        assert_eq!((answer.status, &answer.json["message"]), (409, &json!("Studio is out of stock")), "{status}");
    }
    assert_eq!(left(&world).await, 0);
    // Taken away.
    data(&world, cloudonex("DELETE", &format!("/orders/{}", second["id"])), 200).await;
    assert_eq!(left(&world).await, 5);
    let third = order(&world, 2).await;
    let service = third["service_ids"][0].clone();
    assert_eq!(left(&world).await, 3);
    world.send(billmora("DELETE", &format!("/services/{service}"))).await.expect(200);
    assert_eq!(left(&world).await, 4);
    world.books("acme").await;
    world.verify();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_nobody_is_asked_to_pay_for_reserves_nothing() {
    let world = shop().await;
    for (verb, status) in [("PUT", "Void"), ("PUT", "Cancelled"), ("DELETE", "")] {
        let invoice = order(&world, 5).await["invoice_id"].clone();
        assert_eq!(left(&world).await, 0);
        let path = format!("/invoices/{invoice}");
        let call = cloudonex(verb, &path);
        let call = if verb == "PUT" { call.json(&json!({"status": status})) } else { call };
        world.send(call).await.expect(200);
        assert_eq!(left(&world).await, 5, "{verb} {status}");
        if status == "Cancelled" {
            // Asked for again, it is reserved again; and its payment brings it to life.
            data(&world, cloudonex("PUT", &path).json(&json!({"status": "Unpaid"})), 200).await;
            assert_eq!(left(&world).await, 0);
            data(&world, cloudonex("PUT", &path).json(&json!({"status": "Cancelled"})), 200).await;
            assert_eq!(left(&world).await, 5);
        }
    }
    // From cancelled to paid in one step, which Billmora may.
    let invoice = order(&world, 5).await["invoice_id"].clone();
    for (status, stock) in [("cancelled", 5), ("paid", 0)] {
        let body = json!({"status": status});
        data(&world, billmora("PUT", &format!("/invoices/{invoice}")).json(&body), 200).await;
        assert_eq!(left(&world).await, stock, "{status}");
    }
    world.books("acme").await;
    world.verify();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn the_last_one_is_sold_once() {
    let world = shop().await;
    order(&world, 4).await;
    let buyers: Vec<_> = (0..12)
        .map(|_| {
            let app = world.another_process();
            tokio::spawn(async move {
                send(&app, cloudonex("POST", "/orders").json(&studio(1)).operator("acme")).await.status
            })
        })
        .collect();
    let mut got = Vec::new();
    for buyer in buyers {
        got.push(buyer.await.unwrap());
    }
    let count = |status: u16| got.iter().filter(|one| **one == status).count();
    assert_eq!((count(201), count(409), left(&world).await), (1, 11, 0), "{got:?}");
    world.books("acme").await;
    world.verify();
}

/// Contract billmora §9.4: staff's orders are not checked for stock; §10.4: a service takes one when it comes to life,
/// never below 0, and gives one back when it is over.
#[tokio::test(flavor = "multi_thread")]
async fn billmoras_staff_orders_what_it_pleases() {
    let world = shop().await;
    order(&world, 5).await;
    let body = json!({"user_id": 2, "currency": "USD", "coupon": null, "status": "pending", "package_items": [{"package_id": 1, "billing_id": 2, "quantity": 2, "variant_options": {"1": [1]}}]});
    let made = data(&world, billmora("POST", "/orders").json(&body), 201).await;
    assert_eq!(left(&world).await, 0);
    let put = async |status: &str| {
        data(&world, billmora("PUT", &format!("/orders/{}", made["id"])).json(&json!({"status": status})), 200).await
    };
    put("completed").await;
    assert_eq!(left(&world).await, 0);
    put("cancelled").await;
    assert_eq!(left(&world).await, 2);
    world.books("acme").await;
    world.verify();
}
