//! From order to service: the worked examples of the contracts, the status machine, stock, and what a payment
//! brings to life.

use serde_json::{Value, json};
use tests::{ADMIN, Answer, Call, TOKEN, World};

pub(crate) fn billmora(verb: &str, path: &str) -> Call {
    Call::new(verb, &format!("/api/v1{path}")).bearer(TOKEN)
}

pub(crate) fn cloudonex(verb: &str, path: &str) -> Call {
    Call::new(verb, &format!("/api/v2{path}")).bearer(ADMIN)
}

/// What contract billmora §15.5 sells: catalog "Hosting" with package 1 "Studio" (price 1: monthly 18.00 and 6.00
/// for setting up), variant 1 "Backup" with option 1 "Daily" (4.00 and 2.00), `.dev` at 10.00 a year, and a coupon
/// of 25 %. Package 2 is free; package 3 is cut to the 25th.
pub(crate) async fn shop() -> World {
    let world = World::new().await;
    world.customers(3).await;
    let monthly = |price: &str, fee: &str| {
        json!({"name": "Monthly", "type": "recurring", "time_interval": 1, "billing_period": "monthly",
        "rates": {"USD": {"price": price, "setup_fee": fee, "enabled": true}}})
    };
    for (path, body) in [
        ("/catalogs", json!({"name": "Hosting"})),
        (
            "/variants",
            json!({"name": "Backup", "code": "backup", "type": "select", "options": [{"name": "Daily", "value": "1", "prices": [monthly("4.00", "2.00")]}]}),
        ),
        (
            "/tlds",
            json!({"tld": ".dev", "status": "visible", "min_years": 1, "max_years": 5,
            "prices": {"USD": {"register_price": "10.00", "renew_price": "12.00", "transfer_price": "8.00"}}}),
        ),
        (
            "/products",
            json!({"name": "Studio", "type": "service", "catalog_id": 1, "stock": 5, "allow_quantity": "multiple", "variant_ids": [1], "prices": [monthly("18.00", "6.00")]}),
        ),
        ("/products", json!({"name": "Gift", "prices": [{"name": "Free", "type": "free"}]})),
        ("/products", json!({"name": "Cut", "prorata_day": 25, "prices": [monthly("30.00", "0.00")]})),
        ("/coupons", json!({"code": "QUARTER", "type": "percentage", "value": "25"})),
    ] {
        world.send(cloudonex("POST", path).json(&body)).await.expect(201);
    }
    world
}

pub(crate) fn the_order() -> Value {
    json!({"user_id": 1, "currency": "USD", "coupon": "QUARTER", "status": "pending",
        "package_items": [{"package_id": 1, "billing_id": 1 + 1, "quantity": 2, "variant_options": {"1": [1]}}],
        "domain_items": [{"type": "register", "domain": "noor.dev", "tld_id": 1, "years": 3}]})
}

pub(crate) async fn data(world: &World, call: Call, status: u16) -> Value {
    let answer: Answer = world.send(call).await;
    assert_eq!(answer.status, status, "{}", answer.text);
    answer.json["data"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_worked_example_of_billmora_to_the_cent() {
    let world = shop().await;
    let order = data(&world, billmora("POST", "/orders").json(&the_order()), 201).await;
    let sums = ["subtotal", "setup_fee", "discount", "total", "tax"].map(|name| order[name].as_str().unwrap());
    assert_eq!(sums, ["74.00", "16.00", "22.50", "67.50", "0.00"]);
    assert_eq!(order["status"], "pending");
    let item = |place: usize| order["items"][place].clone();
    let shown = |item: Value| {
        ["item_type", "description", "billing_type", "billing_period", "unit_price", "setup_fee", "amount"]
            .map(|name| item[name].as_str().unwrap().to_owned())
    };
    assert_eq!(shown(item(0)), ["service", "Studio", "recurring", "monthly", "22.00", "8.00", "60.00"]);
    assert_eq!(shown(item(1)), ["domain", "noor.dev", "onetime", "yearly", "22.50", "0.00", "22.50"]);
    assert_eq!((&item(0)["quantity"], &item(1)["billing_interval"]), (&json!(2), &json!(3)));
    let services = order["services"].as_array().unwrap();
    assert_eq!(services.len(), 2);
    for service in services {
        let fields = ["status", "price", "setup_fee", "cycle_label"].map(|name| service[name].as_str().unwrap());
        assert_eq!(fields, ["pending", "22.00", "8.00", "Monthly"]);
        assert_eq!((&service["variant_selections"], &service["configuration"]), (&json!([[1]]), &json!({"backup": 1})));
    }
    let domain = &order["registrants"][0];
    assert_eq!(
        (&domain["status"], &domain["price"], &domain["years"]),
        (&json!("pending"), &json!("22.50"), &json!(3))
    );
    let invoice = &order["invoices"][0];
    let sums = ["status", "subtotal", "discount", "total"].map(|name| invoice[name].as_str().unwrap());
    assert_eq!(sums, ["unpaid", "74.00", "22.50", "67.50"]);
    assert_eq!(
        (invoice["amount_due"].to_string(), &invoice["due_date"]),
        ("67.5".into(), &json!("2026-03-08T12:00:00.000000Z"))
    );
    let whole = data(&world, billmora("GET", "/invoices/1"), 200).await;
    let lines: Vec<String> = whole["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|line| {
            format!(
                "{}x{} {}",
                line["quantity"],
                line["unit_price"].as_str().unwrap(),
                line["description"].as_str().unwrap()
            )
        })
        .collect();
    // The domain stands before its discount, so that the lines add up (defect D17).
    assert_eq!(
        lines,
        [
            "2x18.00 Hosting - Studio (01/03/2026 - 31/03/2026)",
            "2x4.00 Backup: Daily",
            "2x6.00 Setup Fee - Studio",
            "2x2.00 Setup Fee - Backup: Daily",
            "1x30.00 Register - noor.dev (3 years)",
            "1x-22.50 Discount - Coupon: QUARTER"
        ]
    );
    world.books("acme").await;
    // Its payment brings it to life.
    data(&world, billmora("PUT", "/invoices/1").json(&json!({"status": "paid"})), 200).await;
    let order = data(&world, billmora("GET", "/orders/1"), 200).await;
    assert_eq!(order["status"], "completed");
    assert!(order["services"].as_array().unwrap().iter().all(|service| service["status"] == "active"));
    assert_eq!(order["registrants"][0]["status"], "active");
    assert_eq!(order["registrants"][0]["expires_at"], "2029-03-01T12:00:00.000000Z");
    assert_eq!(data(&world, billmora("GET", "/packages/1"), 200).await["stock"], 3);
    world.books("acme").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_can_be_made_at_every_stage() {
    let world = shop().await;
    for (status, service, domain, invoice) in [
        ("pending", "pending", "pending", "unpaid"),
        ("processing", "pending", "pending", "unpaid"),
        ("completed", "active", "active", "paid"),
        ("cancelled", "cancelled", "cancelled", "cancelled"),
        ("failed", "cancelled", "cancelled", "unpaid"),
    ] {
        let mut new = the_order();
        new["status"] = json!(status);
        let order = data(&world, billmora("POST", "/orders").json(&new), 201).await;
        let got = [
            &order["status"],
            &order["services"][0]["status"],
            &order["registrants"][0]["status"],
            &order["invoices"][0]["status"],
        ];
        assert_eq!(got.map(|value| value.as_str().unwrap()), [status, service, domain, invoice], "{order}");
        assert_eq!(order["completed_at"].is_string(), status == "completed");
        assert_eq!(order["cancelled_at"].is_string(), ["cancelled", "failed"].contains(&status));
        if status == "completed" {
            assert_eq!(order["services"][0]["next_due_date"], "2026-04-01T12:00:00.000000Z");
        }
    }
    // Creating an active service does not touch the stock.
    assert_eq!(data(&world, billmora("GET", "/packages/1"), 200).await["stock"], 5);
    world.books("acme").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_free_order_is_completed_when_it_is_made() {
    let world = shop().await;
    let new = json!({"user_id": 1, "currency": "USD", "coupon": null, "status": "pending", "package_items": [{"package_id": 2, "billing_id": 3}]});
    let made = data(&world, billmora("POST", "/orders").json(&new), 201).await;
    let order = data(&world, billmora("GET", &format!("/orders/{}", made["id"])), 200).await;
    assert_eq!(
        (&order["status"], &order["services"][0]["status"], &order["invoices"][0]["status"]),
        (&json!("completed"), &json!("active"), &json!("paid"))
    );
    assert_eq!(order["total"], "0.00");
}

#[tokio::test(flavor = "multi_thread")]
async fn proration_on_the_contracts_clock() {
    let world = shop().await;
    // From 1 March to 20 November 2026.
    world.pass(264 * 24 * 3600);
    let new = json!({"user_id": 1, "currency": "USD", "coupon": null, "status": "pending", "package_items": [{"package_id": 3, "billing_id": 4}]});
    for (day, next, total, due) in [
        (25, None, "35.00", "2026-11-25"),
        (25, Some(15), "35.00", "2026-12-25"),
        (5, None, "44.52", "2026-12-05"),
        (20, None, "30.00", "2026-11-20"),
    ] {
        let change = json!({"prorata_day": day, "prorata_next_month_day": next});
        data(&world, billmora("PUT", "/packages/3").json(&change), 200).await;
        let order = data(&world, billmora("POST", "/orders").json(&new), 201).await;
        assert_eq!((&order["total"], &order["invoices"][0]["total"]), (&json!(total), &json!(total)), "day {day}");
        let shown = order["services"][0]["next_due_date"].as_str().unwrap().to_owned();
        assert!(shown.starts_with(due), "day {day}: {shown}");
    }
    world.books("acme").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_refusal_of_an_order_in_the_contracts_words() {
    let world = shop().await;
    let refuse = async |change: fn(&mut Value), message: &str| {
        let mut new = the_order();
        change(&mut new);
        let answer = world.send(billmora("POST", "/orders").json(&new)).await;
        assert_eq!((answer.status, answer.json["message"].as_str()), (422, Some(message)), "{}", answer.text);
    };
    refuse(
        |new| (new["package_items"], new["domain_items"]) = (json!([]), Value::Null),
        "At least one package or domain item is required.",
    )
    .await;
    refuse(|new| new["package_items"][0]["billing_id"] = json!(4), "Invalid billing cycle for package.").await;
    refuse(
        |new| new["currency"] = json!("INR"),
        "The selected billing cycle is not available for your selected currency.",
    )
    .await;
    refuse(|new| new["package_items"][0]["variant_options"] = json!({"9": [1]}), "The Backup field is required.").await;
    refuse(
        |new| new["package_items"][0]["variant_options"] = json!({"1": [1], "9": [1]}),
        "One or more selected variants do not belong to this package.",
    )
    .await;
    refuse(
        |new| new["package_items"][0]["variant_options"] = json!({"1": [7]}),
        "One or more selected options are invalid or do not belong to this package.",
    )
    .await;
    refuse(
        |new| new["package_items"][0]["quantity"] = json!(40),
        "An order can hold at most 12 services and domains, this one asks for 41.",
    )
    .await;
    refuse(|new| new["user_id"] = json!(99), "The selected user id is invalid.").await;
    refuse(|new| new["coupon"] = json!("NONE"), "The selected coupon is invalid.").await;
    refuse(|new| new["currency"] = json!("XXX"), "The selected currency is invalid.").await;
    refuse(
        |new| new["package_items"][0]["package_id"] = json!(99),
        "The selected package_items.0.package_id is invalid.",
    )
    .await;
    refuse(
        |new| new["package_items"][0]["billing_id"] = json!(99),
        "The selected package_items.0.billing_id is invalid.",
    )
    .await;
    refuse(|new| new["domain_items"][0]["tld_id"] = json!(99), "The selected domain_items.0.tld_id is invalid.").await;
    refuse(|new| new["domain_items"][0]["years"] = json!(0), "The domain_items.0.years field must be at least 1.")
        .await;
    refuse(|new| new["status"] = json!("done"), "The selected status is invalid.").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn orders_of_our_own_look_closely() {
    let world = shop().await;
    let ask = |items: Value, domains: Value| json!({"customer_id": 1, "items": items, "domains": domains});
    let studio = |qty: u64| json!([{"product_id": 1, "price_id": 2, "qty": qty, "options": [{"variant_id": 1, "option_id": 1}]}]);
    let dev = |domain: &str, years: u64| json!([{"domain": domain, "tld_id": 1, "years": years}]);
    for (body, message) in [
        (ask(studio(6), json!([])), "Studio is out of stock: 5 left"),
        (ask(json!([{"product_id": 3, "price_id": 4, "qty": 2}]), json!([])), "Cut is sold one at a time"),
        (ask(json!([]), dev("noor.com", 1)), "noor.com does not end with .dev"),
        (ask(json!([]), dev("noor.dev", 9)), ".dev is registered for 1 to 5 years"),
    ] {
        let answer = world.send(cloudonex("POST", "/orders").json(&body)).await;
        assert_eq!((answer.status, answer.json["message"].as_str()), (409, Some(message)), "{}", answer.text);
    }
    let order = data(&world, cloudonex("POST", "/orders").json(&ask(studio(2), dev("noor.dev", 2))), 201).await;
    assert_eq!(order["amount"].to_string(), "80.00");
    let paid = json!({"customer_id": 1, "account_id": 1, "amount": 80, "invoice_id": order["invoice_id"]});
    data(&world, cloudonex("POST", "/receipts").json(&paid), 201).await;
    let order = data(&world, cloudonex("GET", "/orders/1"), 200).await;
    assert_eq!(order["status"], "Completed");
    let service = data(&world, cloudonex("GET", "/services/1"), 200).await;
    assert_eq!((&service["status"], &service["next_due_date"]), (&json!("Active"), &json!("2026-04-01")));
    world.books("acme").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_status_machine_of_orders_and_services() {
    let world = shop().await;
    let order = data(&world, billmora("POST", "/orders").json(&the_order()), 201).await;
    let stock = async || data(&world, billmora("GET", "/packages/1"), 200).await["stock"].as_i64().unwrap();
    let put = async |status: &str| {
        data(&world, billmora("PUT", &format!("/orders/{}", order["id"])).json(&json!({"status": status})), 200).await
    };
    let done = put("completed").await;
    assert_eq!(
        (&done["services"][0]["status"], &done["registrants"][0]["status"], stock().await),
        (&json!("active"), &json!("active"), 3)
    );
    assert!(done["completed_at"].is_string() && done["cancelled_at"].is_null());
    let gone = put("cancelled").await;
    assert_eq!(
        (&gone["services"][1]["status"], &gone["registrants"][0]["status"], stock().await),
        (&json!("cancelled"), &json!("cancelled"), 5)
    );
    assert!(gone["cancelled_at"].is_string() && gone["completed_at"].is_null());
    let again = put("pending").await;
    assert_eq!(
        (&again["services"][0]["status"], &again["services"][0]["next_due_date"]),
        (&json!("pending"), &Value::Null)
    );
    // Its invoice stays as it was (defect D18).
    assert_eq!(again["invoices"][0]["status"], "unpaid");
    // One service after the other: the order is completed with the last.
    for id in [1, 2] {
        let service =
            data(&world, billmora("PUT", &format!("/services/{id}")).json(&json!({"status": "active"})), 200).await;
        assert_eq!((&service["status"], &service["activated_at"]), (&json!("active"), &Value::Null));
        let order = data(&world, billmora("GET", "/orders/1"), 200).await;
        assert_eq!(order["status"] == "completed", id == 2);
    }
    // Taking one away gives up its order, and no other service.
    assert_eq!(
        world.send(billmora("DELETE", "/services/1")).await.expect(200)["message"],
        "Service deleted successfully."
    );
    let order = data(&world, billmora("GET", "/orders/1"), 200).await;
    assert_eq!((&order["status"], order["services"].as_array().unwrap().len()), (&json!("cancelled"), 1));
    assert_eq!(order["services"][0]["status"], "active");
    world.send(billmora("DELETE", "/orders/1")).await.expect(200);
    world.send(billmora("GET", "/services/2")).await.expect(404);
    let domain = data(&world, billmora("GET", "/registrants/1"), 200).await;
    assert_eq!(domain["domain"], "noor.dev");
    world.books("acme").await;
    world.verify();
}

#[tokio::test(flavor = "multi_thread")]
async fn credit_pays_by_itself_where_it_may() {
    let world = shop().await;
    data(&world, cloudonex("PUT", "/settings").json(&json!({"credit_auto_payment": true})), 200).await;
    data(&world, cloudonex("PUT", "/customers/1").json(&json!({"auto_credit_payment": true})), 200).await;
    // Credit is bought: what was asked for it is taken back by a credit note once it is paid.
    let deposit = json!({"user_id": 1, "due_date": "2026-03-02", "items": [{"description": "Credit Deposit", "quantity": 1, "unit_price": 100}]});
    let invoice = data(&world, billmora("POST", "/invoices").json(&deposit), 201).await;
    assert_eq!(invoice["status"], "unpaid");
    data(&world, billmora("PUT", "/invoices/1").json(&json!({"status": "paid"})), 200).await;
    world.books("acme").await;
    let order = data(&world, billmora("POST", "/orders").json(&the_order()), 201).await;
    let order = data(&world, billmora("GET", &format!("/orders/{}", order["id"])), 200).await;
    assert_eq!((&order["status"], &order["invoices"][0]["status"]), (&json!("completed"), &json!("paid")));
    assert_eq!(order["invoices"][0]["amount_due"].to_string(), "0");
    // 32.50 is left: not enough for another one.
    let order = data(&world, billmora("POST", "/orders").json(&the_order()), 201).await;
    assert_eq!((&order["status"], &order["invoices"][0]["status"]), (&json!("pending"), &json!("unpaid")));
    let client = world.send(Call::new("GET", "/api/clients/1").key(ADMIN)).await.expect(200);
    assert_eq!(client["balance"].to_string(), "-35.00");
    world.books("acme").await;
}
