//! What becomes of what is not paid: services are suspended and end, and go on when the payment comes.

use serde_json::json;

use crate::billing::{bill, periods, prepared, take_over};
use crate::orders::{billmora, cloudonex, data, shop};

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_paid_is_suspended_and_ends_and_what_is_paid_goes_on() {
    let world = shop().await;
    let new = |customer: u64| json!({"user_id": customer, "currency": "USD", "coupon": null, "status": "completed", "package_items": [{"package_id": 1, "billing_id": 2, "variant_options": {"1": [1]}}]});
    for customer in [1, 2] {
        data(&world, billmora("POST", "/orders").json(&new(customer)), 201).await;
    }
    let service = async |id: u64| data(&world, billmora("GET", &format!("/services/{id}")), 200).await;
    assert_eq!(service(1).await["next_due_date"], "2026-04-01T12:00:00.000000Z");
    // Too early: nothing.
    assert_eq!(bill(&world, "2026-03-24").await["invoices"], 0);
    assert_eq!(bill(&world, "2026-03-25").await["invoices"], 2);
    let invoice = data(&world, billmora("GET", "/invoices/3"), 200).await;
    assert_eq!(
        (&invoice["total"], &invoice["due_date"], &invoice["items"][0]["service_id"]),
        (&json!("22.00"), &json!("2026-04-01T00:00:00.000000Z"), &json!(1))
    );
    assert_eq!(bill(&world, "2026-03-25").await["invoices"], 0);
    // The first is paid, the second is not.
    world.pass(30 * 24 * 3600);
    let paid = json!({"customer_id": 1, "account_id": 1, "amount": 22, "invoice_id": 3});
    world.send(cloudonex("POST", "/receipts").json(&paid)).await.expect(201);
    assert_eq!(service(1).await["next_due_date"], "2026-05-01T00:00:00.000000Z");
    assert_eq!(bill(&world, "2026-04-04").await["suspended"], 0, "not before its day");
    world.pass(3 * 24 * 3600);
    assert_eq!(bill(&world, "2026-04-03").await["suspended"], 0);
    world.pass(24 * 3600);
    assert_eq!(bill(&world, "2026-04-04").await["suspended"], 1);
    assert_eq!(
        (service(1).await["status"].clone(), service(2).await["status"].clone()),
        (json!("active"), json!("suspended"))
    );
    world.pass(3 * 24 * 3600);
    assert_eq!(bill(&world, "2026-04-08").await["terminated"], 0, "not before its day");
    world.pass(24 * 3600);
    let stock = data(&world, billmora("GET", "/packages/1"), 200).await["stock"].as_i64().unwrap();
    assert_eq!(bill(&world, "2026-04-08").await["terminated"], 1);
    assert_eq!(service(2).await["status"], "terminated");
    assert_eq!(data(&world, billmora("GET", "/invoices/4"), 200).await["status"], "cancelled");
    assert_eq!(data(&world, billmora("GET", "/packages/1"), 200).await["stock"], stock + 1);
    // The first goes on.
    assert_eq!(bill(&world, "2026-04-30").await["invoices"], 1);
    world.books("acme").await;
    world.verify();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_issued_ahead_for_a_service_that_ends_is_not_owed() {
    let world = prepared(0, 1).await;
    // Invoices go out two months ahead, so that more are open when the first one is a week late.
    let settings = json!({"invoice_days": 60, "suspend_days": 3, "terminate_days": 7});
    data(&world, cloudonex("PUT", "/settings").json(&settings), 200).await;
    take_over(&world, &world.session("admin").await, 1, "Monthly", "02/03/2026", "5.00").await;
    assert_eq!(bill(&world, "2026-03-01").await["invoices"], 2);
    // Nobody pays; the night runs.
    let status =
        async |id: u64| data(&world, cloudonex("GET", &format!("/invoices/{id}")), 200).await["status"].clone();
    for day in 2..=12 {
        world.pass(24 * 3600);
        bill(&world, &format!("2026-03-{day:02}")).await;
    }
    assert_eq!(data(&world, cloudonex("GET", "/services/1"), 200).await["status"], "Terminated");
    assert_eq!((status(1).await, status(2).await), (json!("Cancelled"), json!("Unpaid")));
    // The second was for April, in which the service was over: it lapses when its own time is over.
    world.pass(26 * 24 * 3600);
    bill(&world, "2026-04-07").await;
    assert_eq!(status(2).await, "Unpaid");
    world.pass(3 * 24 * 3600);
    bill(&world, "2026-04-10").await;
    assert_eq!(status(2).await, "Cancelled");
    world.books("acme").await;
    world.verify();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_unsuspends_and_the_time_barred_is_not_asked_for() {
    let world = prepared(1, 1).await;
    data(&world, cloudonex("PUT", "/settings").json(&json!({"suspend_days": 3})), 200).await;
    let first = data(&world, cloudonex("GET", "/services/1"), 200).await["next_due_date"].as_str().unwrap().to_owned();
    bill(&world, &first).await;
    world.pass(106 * 24 * 3600);
    assert_eq!(bill(&world, "2026-06-15").await["suspended"], 1);
    let before = periods(&world)[&1].len();
    // Three months later the oldest invoice is paid: it goes on from the period it is in by then.
    world.pass(4 * 24 * 3600);
    let open = data(&world, cloudonex("GET", "/invoices/1"), 200).await;
    let paid = json!({"customer_id": 1, "account_id": 1, "amount": open["amount"], "invoice_id": 1});
    world.send(cloudonex("POST", "/receipts").json(&paid)).await.expect(201);
    assert_eq!(data(&world, cloudonex("GET", "/services/1"), 200).await["status"], "Active");
    let again = periods(&world)[&1].len();
    assert_eq!(before, again);
    world.books("acme").await;
}
