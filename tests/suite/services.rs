//! Services by themselves: prices and plans that change, what a whole order may hold, and the other dialects' ways
//! to make, list and end them.

use serde_json::{Value, json};
use tests::{ADMIN, Call, LIMITED, World};

use crate::billing::bill;
use crate::orders::{billmora, cloudonex, data, shop};

async fn in_use(world: &World) -> Value {
    let order = json!({"user_id": 1, "currency": "USD", "coupon": null, "status": "completed", "package_items": [{"package_id": 3, "billing_id": 4}]});
    data(world, cloudonex("PUT", "/products/3").json(&json!({"prorata_day": null})), 200).await;
    data(world, billmora("POST", "/orders").json(&order), 201).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_price_changes_with_the_next_period_and_not_by_itself() {
    let world = shop().await;
    in_use(&world).await;
    let priced = |price: &str| json!({"prices": [{"name": "Monthly", "type": "recurring", "time_interval": 1, "billing_period": "monthly", "rates": {"USD": {"price": price}}}]});
    // What is sold becomes dearer: who has it keeps the price.
    data(&world, cloudonex("PUT", "/products/3").json(&priced("40.00")), 200).await;
    bill(&world, "2026-03-25").await;
    assert_eq!(data(&world, billmora("GET", "/invoices/2"), 200).await["total"], "30.00");
    // The service's own price is another one from the next period on.
    let service = data(&world, cloudonex("PUT", "/services/1").json(&json!({"price": 33})), 200).await;
    assert_eq!(service["price"].to_string(), "33.00");
    world.pass(31 * 24 * 3600);
    bill(&world, "2026-04-24").await;
    assert_eq!(data(&world, billmora("GET", "/invoices/3"), 200).await["total"], "33.00");
    world.books("acme").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_larger_plan_is_paid_for_the_rest_of_the_period_and_a_smaller_one_credited() {
    let world = shop().await;
    in_use(&world).await;
    let month = |name: &str, price: &str| json!({"name": name, "type": "recurring", "time_interval": 1, "billing_period": "monthly", "rates": {"USD": {"price": price}}});
    let larger = json!({"name": "Larger", "prices": [month("Monthly", "61.00")]});
    let larger = data(&world, cloudonex("POST", "/products").json(&larger), 201).await;
    let price = larger["prices"][0]["id"].clone();
    // On the 11th of March 21 of its 31 days are left: 21/31 of 31.00.
    world.pass(10 * 24 * 3600);
    let plan = json!({"product_id": larger["id"], "price_id": price});
    let service = data(&world, cloudonex("POST", "/services/1/plan").json(&plan), 200).await;
    assert_eq!((&service["product_id"], &service["plan_changes"][0]["status"]), (&json!(3), &json!("pending")));
    let invoice = data(&world, billmora("GET", "/invoices/2"), 200).await;
    assert_eq!((&invoice["total"], &invoice["items"][0]["service_id"]), (&json!("21.00"), &json!(1)));
    let again = world.send(cloudonex("POST", "/services/1/plan").json(&plan)).await;
    assert_eq!(
        (again.status, &again.json["message"]),
        (409, &json!("The service waits for the payment of another change"))
    );
    let paid = json!({"customer_id": 1, "account_id": 1, "amount": 21, "invoice_id": 2});
    world.send(cloudonex("POST", "/receipts").json(&paid)).await.expect(201);
    let service = data(&world, billmora("GET", "/services/1"), 200).await;
    assert_eq!(
        (&service["price"], &service["scalings"][0]["status"], &service["next_due_date"]),
        (&json!("61.00"), &json!("completed"), &json!("2026-04-01T12:00:00.000000Z"))
    );
    // Barred since that invoice was late, or not: its payment lets it go on. Here it never was.
    assert_eq!(service["status"], "active");
    // Back again, ten days later: 11/31 of 31.00 are given back.
    world.pass(10 * 24 * 3600);
    let service =
        data(&world, cloudonex("POST", "/services/1/plan").json(&json!({"product_id": 3, "price_id": 4})), 200).await;
    assert_eq!((&service["product_id"], &service["plan_changes"][1]["status"]), (&json!(3), &json!("completed")));
    let note = data(&world, cloudonex("GET", "/credit-notes"), 200).await[0].clone();
    assert_eq!(note["amount"].to_string(), "11.00");
    bill(&world, "2026-03-25").await;
    assert_eq!(data(&world, billmora("GET", "/invoices/3"), 200).await["total"], "30.00");
    world.books("acme").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_of_plan_that_is_late_or_given_up_or_concerns_what_was_asked_for_ahead() {
    let world = shop().await;
    let order = json!({"user_id": 1, "currency": "USD", "coupon": null, "status": "completed", "package_items": [{"package_id": 1, "billing_id": 2, "variant_options": {"1": [1]}}]});
    data(&world, billmora("POST", "/orders").json(&order), 201).await;
    let month = |name: &str, price: &str| json!({"name": name, "type": "recurring", "time_interval": 1, "billing_period": "monthly", "rates": {"USD": {"price": price}}});
    let prices = json!({"prices": [{"name": "Monthly", "type": "recurring", "time_interval": 1, "billing_period": "monthly", "rates": {"USD": {"price": "18.00", "setup_fee": "6.00"}}}, month("Large", "49.00")]});
    let studio = data(&world, cloudonex("PUT", "/products/1").json(&prices), 200).await;
    // The option is not sold with it.
    let large = studio["prices"][1]["id"].clone();
    let refused = world.send(cloudonex("POST", "/services/1/plan").json(&json!({"price_id": large}))).await;
    assert_eq!(
        (refused.status, &refused.json["message"]),
        (409, &json!("The option Daily is not sold with the new price"))
    );
    let other = json!({"name": "Other", "prices": [month("Monthly", "53.00")]});
    let other = data(&world, cloudonex("POST", "/products").json(&other), 201).await;
    let plan = json!({"product_id": other["id"], "price_id": other["prices"][0]["id"]});
    // The next period is asked for already: this one and that one are 31.00 dearer.
    bill(&world, "2026-03-25").await;
    data(&world, cloudonex("POST", "/services/1/plan").json(&plan), 200).await;
    assert_eq!(data(&world, billmora("GET", "/invoices/3"), 200).await["total"], "62.00");
    // Its invoice is taken back, and with it the change; the next one is asked for anew.
    data(&world, cloudonex("PUT", "/invoices/3").json(&json!({"status": "Void"})), 200).await;
    let service = data(&world, cloudonex("POST", "/services/1/plan").json(&plan), 200).await;
    assert_eq!(service["plan_changes"].as_array().unwrap().len(), 1);
    // Not paid in time it bars the service; paid, the service goes on with the new plan and without the option.
    world.pass(4 * 24 * 3600);
    assert_eq!(bill(&world, "2026-03-05").await["suspended"], 1);
    let paid = json!({"customer_id": 1, "account_id": 1, "amount": 62, "invoice_id": 4});
    world.send(cloudonex("POST", "/receipts").json(&paid)).await.expect(201);
    let service = data(&world, billmora("GET", "/services/1"), 200).await;
    assert_eq!(
        (&service["status"], &service["price"], &service["package"]["name"]),
        (&json!("active"), &json!("53.00"), &json!("Other"))
    );
    assert_eq!((&service["variant_selections"], &service["configuration"]), (&json!([]), &json!([])));
    world.books("acme").await;
    world.verify();
}

/// Twelve services of twelve products, each the last in stock: what an order may hold at most is paid and comes to
/// life in one commit, with a coupon and from five payments on account too.
#[tokio::test(flavor = "multi_thread")]
async fn the_largest_order_is_paid_in_one_commit() {
    let world = shop().await;
    let month = json!({"name": "Monthly", "type": "recurring", "time_interval": 1, "billing_period": "monthly", "rates": {"USD": {"price": "10.00"}}});
    let mut items = Vec::new();
    for n in 0..12 {
        let product = json!({"name": format!("P {n}"), "stock": 3, "prices": [month]});
        let product = data(&world, cloudonex("POST", "/products").json(&product), 201).await;
        items.push(json!({"product_id": product["id"], "price_id": product["prices"][0]["id"]}));
    }
    let order = json!({"customer_id": 1, "coupon": "QUARTER", "items": items});
    let made = data(&world, cloudonex("POST", "/orders").json(&order), 201).await;
    assert_eq!(made["amount"].to_string(), "90.00");
    let paid = json!({"customer_id": 1, "account_id": 1, "amount": 90, "invoice_id": made["invoice_id"]});
    world.send(cloudonex("POST", "/receipts").json(&paid)).await.expect(201);
    assert_eq!(data(&world, cloudonex("GET", "/orders/1"), 200).await["status"], "Completed");
    // Staff completes one; another one is paid from credit as it is made.
    let made = data(&world, cloudonex("POST", "/orders").json(&order), 201).await;
    data(&world, cloudonex("PUT", &format!("/orders/{}", made["id"])).json(&json!({"status": "Completed"})), 200).await;
    data(&world, cloudonex("PUT", "/settings").json(&json!({"credit_auto_payment": true})), 200).await;
    data(&world, cloudonex("PUT", "/customers/2").json(&json!({"auto_credit_payment": true})), 200).await;
    for _ in 0..5 {
        let receipt = json!({"customer_id": 2, "account_id": 1, "amount": 20});
        world.send(cloudonex("POST", "/receipts").json(&receipt)).await.expect(201);
    }
    let order = json!({"customer_id": 2, "coupon": "QUARTER", "items": items});
    let made = data(&world, cloudonex("POST", "/orders").json(&order), 201).await;
    assert_eq!(made["status"], "Completed");
    for id in 4..=15 {
        assert_eq!(data(&world, cloudonex("GET", &format!("/products/{id}")), 200).await["stock"], 0);
    }
    world.books("acme").await;
    world.verify();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_domain_is_renewed_from_credit() {
    let world = shop().await;
    data(&world, cloudonex("PUT", "/settings").json(&json!({"credit_auto_payment": true})), 200).await;
    data(&world, cloudonex("PUT", "/customers/1").json(&json!({"auto_credit_payment": true})), 200).await;
    let order = json!({"user_id": 1, "currency": "USD", "coupon": null, "status": "completed", "domain_items": [{"type": "register", "domain": "noor.dev", "tld_id": 1, "years": 1}]});
    data(&world, billmora("POST", "/orders").json(&order), 201).await;
    world
        .send(cloudonex("POST", "/receipts").json(&json!({"customer_id": 1, "account_id": 1, "amount": 50})))
        .await
        .expect(201);
    assert_eq!(bill(&world, "2027-02-22").await["invoices"], 1);
    let domain = data(&world, billmora("GET", "/registrants/1"), 200).await;
    assert_eq!((&domain["status"], &domain["expires_at"]), (&json!("active"), &json!("2028-03-01T12:00:00.000000Z")));
    world.books("acme").await;
    world.verify();
}

#[tokio::test(flavor = "multi_thread")]
async fn racknaps_services_and_orders() {
    let world = shop().await;
    let session = world.session("admin").await;
    let post = |path: &str, body: &Value| Call::new("POST", &format!("/api/v2/{path}")).validate(&session).json(body);
    let new = json!({"customer_id": 1, "quantity": 3, "planid": 3, "regdate": "23/07/2025", "nextduedate": "23/07/2026", "billingcycle": "Annually",
        "plan_billing_cycle": "Annually", "amount": "528.14", "recuring_amount": "528.14", "first_plan_price": 1, "recuring_plan_price": 1, "firstpayment": 1});
    let made = world.send(post("service/create", &new)).await.expect(200);
    assert_eq!(made, json!({"status": "Success", "data": {"serviceid": 1}}));
    for (step, status) in [("suspend", "Suspended"), ("unsuspend", "Active"), ("terminate", "Terminated")] {
        let moved =
            world.send(post(&format!("service/{step}"), &json!({"serviceid": 1, "reason": "asked"}))).await.expect(200);
        assert_eq!(moved["data"]["status"], status);
    }
    let refused = world.send(post("service/suspend", &json!({"serviceid": 1}))).await;
    assert_eq!(
        (refused.status, &refused.json["message"]),
        (409, &json!("A service that is terminated cannot be suspended"))
    );
    let wrong = world.send(post("service/create", &json!({"customer_id": 1, "billingcycle": "Sometimes"}))).await;
    assert_eq!((wrong.status, &wrong.json["error_code"]), (400, &json!(2004)));
    let listed = world.send(post("service/list", &json!({"customer_id": 1}))).await.expect(200);
    assert_eq!((&listed["data"][0]["quantity"], &listed["data"][0]["recuring_amount"]), (&json!(3), &json!("528.14")));
    // Orders with what the customer owes now.
    let order = json!({"customer_id": 1, "items": [{"product_id": 3, "price_id": 4}]});
    data(&world, cloudonex("PUT", "/products/3").json(&json!({"prorata_day": null, "tax_rate": 18})), 200).await;
    data(&world, cloudonex("POST", "/orders").json(&order), 201).await;
    let listed = world.send(post("order/list", &json!({"customer_id": 1}))).await.expect(200);
    let order = &listed["data"][0];
    let shown = ["ordernum", "amount", "subtotal", "status", "current_balance", "invoice_num"]
        .map(|name| order[name].as_str().unwrap());
    assert_eq!(shown, ["ORD-0001", "35.40", "30.00", "Pending", "-35.40", "INV-2026-001"]);
    assert_eq!(order["order_item"][0]["order_item_taxes"][0]["tax_amount"], "5.40");
    assert_eq!(
        world.send(post("order/list", &json!({"startdate": "02/03/2026"}))).await.expect(200)["data"],
        json!([])
    );
    assert_eq!(world.send(post("invoice/list", &json!({}))).await.expect(200)["data"][0]["ordernum"], "ORD-0001");
    world.books("acme").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_another_reseller_sells_cannot_be_ordered() {
    let world = shop().await;
    let own = data(&world, cloudonex("POST", "/customers").json(&json!({"account": "x"})), 201).await;
    assert_eq!(own["id"], 4);
    let mine = world
        .send(Call::new("POST", "/api/v2/customers").bearer(LIMITED).json(&json!({"account": "mine"})))
        .await
        .expect(201);
    let order = json!({"customer_id": mine["data"]["id"], "items": [{"product_id": 3, "price_id": 4}]});
    let refused = world.send(Call::new("POST", "/api/v2/orders").bearer(LIMITED).json(&order)).await;
    assert_eq!(
        (refused.status, &refused.json["errors"]),
        (422, &json!({"items.0.product_id": "Product id 3 does not exist"}))
    );
    let rpc = json!({"jsonrpc": "2.0", "id": 1, "method": "clients.subscriptions.create", "params": {"clients_id": mine["data"]["id"], "packages_id": 3}});
    let refused = world.send(Call::rpc(&rpc).key(LIMITED)).await;
    assert_eq!(refused.json["error"]["data"], json!({"packages_id": "Object \"packages(3)\" was not found!"}));
    let there = world.send(Call::rpc(&rpc).key(ADMIN)).await;
    assert!(there.json["result"]["id"].is_number(), "{}", there.text);
}
