//! What gateways tell of payments: no money that came is dropped, and none is booked twice.

use serde_json::{Value, json};
use shared::machinery::secrets::{hex, mac};
use shared::words::time::{Zone, parse_moment};
use tests::{Answer, Call, World};

use crate::documents::{ask, invoice, make, world};

/// A gateway with its secret, in account 1.
async fn gateway(world: &World) -> (u64, String) {
    let made = make(world, "/gateways", json!({"name": "Payo", "account_id": 1})).await;
    (made["id"].as_u64().unwrap(), made["secret"].as_str().unwrap().to_owned())
}

/// A notice of a payment, signed as docs/gateways.md says.
async fn tell(world: &World, gateway: &(u64, String), number: &str, amount: &str, reference: &str) -> Answer {
    let timestamp = parse_moment(tests::START, Zone::UTC).unwrap().timestamp();
    let text = format!("{number}\nsuccess\n{amount}\n{reference}\n{timestamp}");
    let signature = hex(&mac(gateway.1.as_bytes(), text.as_bytes()));
    let body = json!({"tenant": "acme", "invoice_number": number, "status": "success", "amount": amount,
        "reference": reference, "timestamp": timestamp.to_string(), "signature": signature});
    world.send(Call::new("POST", &format!("/api/gateways/{}/webhook", gateway.0)).json(&body)).await
}

/// What a notice must be answered whose money is in the books.
async fn pays(world: &World, gateway: &(u64, String), number: &str, amount: &str, reference: &str) {
    let answer = tell(world, gateway, number, amount, reference).await.expect(200);
    assert_eq!(answer["message"], "Payment processed successfully", "{number} {reference}");
}

/// A customer's balance, and what of each receipt is not set against anything, the oldest first.
async fn money(world: &World) -> (String, Vec<(String, String)>) {
    let customer = world.send(Call::new("GET", "/api/clients/1").key(tests::ADMIN)).await.expect(200);
    let list = ask(world, "GET", "/receipts", &Value::Null).await.expect(200);
    let row = |one: &Value| (one["amount"].to_string(), one["unallocated"].to_string());
    let mut receipts: Vec<_> = list["data"].as_array().unwrap().iter().collect();
    receipts.sort_by_key(|one| one["id"].as_u64());
    (customer["balance"].to_string(), receipts.into_iter().map(row).collect())
}

fn rows(list: &[(&str, &str)]) -> Vec<(String, String)> {
    list.iter().map(|(amount, open)| ((*amount).to_owned(), (*open).to_owned())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn references_that_differ_in_capitals_are_two_payments() {
    let world = world().await;
    let payo = gateway(&world).await;
    make(&world, "/invoices", invoice(1, "100.00")).await;
    pays(&world, &payo, "INV-2026-001", "100.00", "ch_A").await;
    // Told again it is the same payment.
    pays(&world, &payo, "INV-2026-001", "100.00", "ch_A").await;
    assert_eq!(money(&world).await, ("0.00".into(), rows(&[("100.00", "0.00")])));
    pays(&world, &payo, "INV-2026-001", "100.00", "ch_a").await;
    pays(&world, &payo, "INV-2026-001", "100.00", "ch_a").await;
    assert_eq!(money(&world).await, ("100.00".into(), rows(&[("100.00", "0.00"), ("100.00", "100.00")])));
    world.books("acme").await;
}
