//! CloudOnex's older dialect where the golden exchanges do not reach: discounts on the whole invoice, due dates.

use serde_json::{Value, json};
use tests::{ADMIN, Answer, Call, World};

async fn invoice(world: &World, more: Value) -> Answer {
    let mut body = json!({"cid": 1, "idate": "2026-02-01", "items": [
        {"description": "Hosting", "qty": 2, "amount": 10}, {"description": "Setup", "amount": 5}]});
    for (name, value) in more.as_object().unwrap() {
        body[name] = value.clone();
    }
    world.send(Call::new("POST", "/api/v2/invoice").bearer(ADMIN).json(&body)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_discount_on_the_whole_invoice_is_taken_off_its_lines() {
    let world = World::new().await;
    world.customers(1).await;
    for (kind, discount, off, total) in
        [("p", "10", "2.50", "22.50"), ("f", "21", "21.00", "4.00"), ("f", "25", "25.00", "0.00")]
    {
        let made = invoice(&world, json!({"discount_type": kind, "discount_amount": discount})).await.expect(201);
        assert_eq!(
            (made["discount"].to_string(), made["amount"].to_string()),
            (off.into(), total.into()),
            "{kind} {discount}"
        );
    }
    for (kind, discount) in [("p", "101"), ("f", "25.01"), ("f", "-1")] {
        let refused = invoice(&world, json!({"discount_type": kind, "discount_amount": discount})).await;
        assert_eq!(refused.status, 422, "{kind} {discount}");
        assert!(refused.json["errors"]["discount_amount"].is_string(), "{}", refused.text);
    }
    world.books("acme").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_says_when_an_invoice_is_due() {
    let world = World::new().await;
    world.customers(1).await;
    for (code, due) in [("due_on_receipt", "2026-02-01"), ("days30", "2026-03-03"), ("days60", "2026-04-02")] {
        let made = invoice(&world, json!({"duedate": code})).await.expect(201);
        assert_eq!(made["due_date"], due, "{code}");
    }
    let today = world
        .send(Call::new("POST", "/api/v2/invoice").bearer(ADMIN).json(&json!({"cid": 1, "duedate": "days3",
        "items": [{"description": "x", "amount": 1}]})))
        .await
        .expect(201);
    assert_eq!((&today["date"], &today["due_date"]), (&json!("2026-03-01"), &json!("2026-03-04")), "from today on");
}
