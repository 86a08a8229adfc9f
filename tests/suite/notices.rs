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

/// Who paid an invoice that was taken back meanwhile has the money as credit, once, however often it is told.
#[tokio::test(flavor = "multi_thread")]
async fn what_comes_for_an_invoice_that_was_deleted_is_on_account() {
    let world = world().await;
    let payo = gateway(&world).await;
    for _ in 0..3 {
        make(&world, "/invoices", invoice(1, "100.00")).await;
    }
    ask(&world, "DELETE", "/invoices/1", &Value::Null).await.expect(200);
    world.send(Call::new("DELETE", "/api/v1/invoices/2").bearer(tests::TOKEN)).await.expect(200);
    world.send(Call::new("DELETE", "/api/accounting/invoices/3").key(tests::ADMIN)).await.expect(200);
    for number in ["INV-2026-001", "INV-2026-002", "INV-2026-003"] {
        pays(&world, &payo, number, "100.00", "ch_1").await;
        pays(&world, &payo, number, "100.00", "ch_1").await;
    }
    let three = [("100.00", "100.00"); 3];
    assert_eq!(money(&world).await, ("300.00".into(), rows(&three)));
    // A number that was never given is nobody's, and so is one that only looks like it.
    for number in ["INV-2026-004", "INV-2026-1", "", &"1a".repeat(200)] {
        let answer = tell(&world, &payo, number, "100.00", "ch_2").await.expect(404);
        assert_eq!(answer["error"], "Invoice not found.", "{number}");
    }
    assert_eq!(money(&world).await.0, "300.00");
    world.books("acme").await;
}

/// Without a reference the second notice for what was taken back is the first once more.
#[tokio::test(flavor = "multi_thread")]
async fn without_a_reference_what_comes_for_an_invoice_taken_back_is_booked_once() {
    let world = world().await;
    let payo = gateway(&world).await;
    for _ in 0..3 {
        make(&world, "/invoices", invoice(1, "100.00")).await;
    }
    ask(&world, "DELETE", "/invoices/1", &Value::Null).await.expect(200);
    ask(&world, "PUT", "/invoices/2", &json!({"status": "Cancelled"})).await.expect(200);
    for number in ["INV-2026-001", "INV-2026-002"] {
        pays(&world, &payo, number, "", "").await;
        pays(&world, &payo, number, "", "").await;
    }
    assert_eq!(money(&world).await, ("100.00".into(), rows(&[("100.00", "100.00"); 2])));
    // What pays in parts says no more of the second part than of the first.
    for _ in 0..3 {
        pays(&world, &payo, "INV-2026-003", "50.00", "").await;
    }
    let all = [("100.00", "100.00"), ("100.00", "100.00"), ("50.00", "0.00"), ("50.00", "0.00")];
    assert_eq!(money(&world).await, ("200.00".into(), rows(&all)));
    world.books("acme").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invoice_that_was_renumbered_is_paid_by_its_old_number_too() {
    let world = world().await;
    let payo = gateway(&world).await;
    make(&world, "/invoices", invoice(1, "100.00")).await;
    ask(&world, "PUT", "/invoices/1", &json!({"invoice_number": "HAND-1"})).await.expect(200);
    pays(&world, &payo, "INV-2026-001", "60.00", "ch_1").await;
    // The same payment, under the number of today.
    pays(&world, &payo, "HAND-1", "60.00", "ch_1").await;
    assert_eq!(money(&world).await, ("-40.00".into(), rows(&[("60.00", "0.00")])));
    pays(&world, &payo, "HAND-1", "60.00", "ch_2").await;
    assert_eq!(ask(&world, "GET", "/invoices/1", &Value::Null).await.expect(200)["data"]["status"], "Paid");
    assert_eq!(money(&world).await, ("20.00".into(), rows(&[("60.00", "0.00"), ("60.00", "20.00")])));
    world.books("acme").await;
}

/// The gateway's account has dollars, the invoice asks for rupees: the money is here, and no account of it is known.
#[tokio::test(flavor = "multi_thread")]
async fn money_in_another_currency_than_the_gateways_account_is_clearing() {
    let world = world().await;
    let payo = gateway(&world).await;
    let mut rupees = invoice(1, "100.00");
    rupees["currency"] = json!("INR");
    make(&world, "/invoices", rupees).await;
    pays(&world, &payo, "INV-2026-001", "100.00", "ch_1").await;
    assert_eq!(ask(&world, "GET", "/invoices/1", &Value::Null).await.expect(200)["data"]["status"], "Paid");
    let receipt = ask(&world, "GET", "/receipts/1", &Value::Null).await.expect(200)["data"].clone();
    assert_eq!(
        (&receipt["account_id"], &receipt["currency"], receipt["amount"].to_string().as_str()),
        (&Value::Null, &json!("INR"), "100.00")
    );
    let trial = ask(&world, "GET", "/reports/trial-balance", &Value::Null).await.expect(200)["data"].clone();
    let clearing = trial["accounts"].as_array().unwrap().iter().find(|row| row["account"] == "clearing").unwrap();
    assert_eq!((&clearing["currency"], clearing["debit"].to_string().as_str()), (&json!("INR"), "100.00"));
    world.books("acme").await;
}

/// What docs/gateways.md shows is what a gateway must sign.
#[test]
fn the_example_of_the_documentation_is_signed_as_it_says() {
    let page = include_str!("../../docs/gateways.md");
    let secret = "a4be1779072fc1d926b10dbbc8929951ebb1bedef69f0003e39f319074a41258";
    let signature = hex(&mac(secret.as_bytes(), b"INV-2026-001\nsuccess\n30.00\npay-1\n1772366400"));
    assert_eq!(signature, "c9fd7fb156f851fb830bf105883a28f47b4f5da4d14d740d3ebc073bffb1e61d");
    for shown in [secret, &signature, "\"timestamp\": \"1772366400\"", "\"amount\": \"30.00\""] {
        assert!(page.contains(shown), "{shown}");
    }
}
