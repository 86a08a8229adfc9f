//! Taxes to the cent: taken out of prices that include them, and rounded by line or by document, as the tenant wants.

use serde_json::{Value, json};
use tests::{ADMIN, Call, TOKEN, World};

use crate::documents::{ask, make, world};
use crate::einvoices::{cloudonex, prepared};
use crate::orders::data;

fn text(value: &Value) -> String {
    value.to_string()
}

/// 100 with 9 % and 9 % in it: 84.74 + 7.63 + 7.63, whoever asks for it.
#[tokio::test(flavor = "multi_thread")]
async fn equal_rates_in_a_price_are_equal_amounts() {
    let world = world().await;
    let lines = json!({"customer_id": 1, "date": "2026-02-15", "description": "x", "tax_inclusive": true,
        "items": [{"description": "x", "amount": 100, "qty": 1, "taxes": ["SGST", "CGST"]}]});
    for path in ["/invoices", "/credit-notes", "/debit-notes"] {
        let made = make(&world, path, lines.clone()).await;
        let taxes: Vec<String> = made["taxes"].as_array().unwrap().iter().map(|tax| text(&tax["amount"])).collect();
        assert_eq!(
            (text(&made["subtotal"]), text(&made["discount"]), text(&made["amount"])),
            ("84.74".into(), "0.00".into(), "100.00".into()),
            "{path}"
        );
        assert_eq!(taxes, ["7.63", "7.63"], "{path}");
    }
    // JeraSoft, where the taxes are those of the client's profile.
    for name in ["A", "B"] {
        make(&world, "/tax-rates", json!({"name": name, "percent": 9, "profile_id": 7})).await;
    }
    let key = |verb: &str, path: &str| Call::new(verb, &format!("/api/{path}")).key(ADMIN);
    world.send(key("PATCH", "clients/1").json(&json!({"taxes_profiles_id": 7}))).await.expect(200);
    let charge = json!({"clients_id": 1, "type": "charge", "amount": "-100", "taxes_state": "included"});
    let charge = world.send(key("POST", "accounting/transactions").json(&charge)).await.expect(200);
    assert_eq!((text(&charge["amount"]), text(&charge["taxes_amount"])), ("-100.00".into(), "-15.26".into()));
    let taxes: Vec<String> = charge["taxes"].as_array().unwrap().iter().map(|tax| text(&tax[1])).collect();
    assert_eq!(taxes, ["-7.63", "-7.63"]);
    // A price less a discount gives its taxes up as what is left of it.
    let mut less = lines.clone();
    less["items"][0]["amount"] = json!("110");
    less["items"][0]["discount"] = json!("10");
    let made = make(&world, "/invoices", less).await;
    assert_eq!((text(&made["amount"]), text(&made["tax"])), ("100.00".into(), "15.26".into()));
    world.books("acme").await;
}

async fn by_document(world: &World) {
    let set = data(world, cloudonex("PUT", "/settings").json(&json!({"tax_rounding": "document"})), 200).await;
    assert_eq!(set["tax_rounding"], "document");
}

/// Two hundred lines of 0.02 at 25 %.
fn small_lines() -> Vec<Value> {
    (0..200)
        .map(|n| json!({"description": format!("call {n}"), "amount": "0.02", "qty": 1, "taxes": ["VAT 25"]}))
        .collect()
}

/// What is rounded line by line is 2.00 of tax on 4.00, and no electronic invoice; by document it is 1.00.
#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_small_lines() {
    let world = prepared().await;
    assert_eq!(data(&world, cloudonex("GET", "/settings"), 200).await["tax_rounding"], "line");
    make(&world, "/tax-rates", json!({"name": "VAT 25", "percent": 25, "category": "S"})).await;
    let body = json!({"customer_id": 1, "date": "2026-02-15", "due_date": "2026-03-15", "items": small_lines()});
    let ubl = async |id: u64| world.send(cloudonex("GET", &format!("/invoices/{id}/ubl"))).await;
    let made = make(&world, "/invoices", body.clone()).await;
    assert_eq!(
        (text(&made["subtotal"]), text(&made["tax"]), text(&made["amount"])),
        ("4.00".into(), "2.00".into(), "6.00".into())
    );
    assert!(ubl(1).await.text.contains("BR-CO-17"), "{}", ubl(1).await.text);
    by_document(&world).await;
    let made = make(&world, "/invoices", body.clone()).await;
    assert_eq!(
        (text(&made["subtotal"]), text(&made["tax"]), text(&made["amount"])),
        ("4.00".into(), "1.00".into(), "5.00".into())
    );
    let taxes: Vec<i64> = made["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| text(&item["taxes"][0]["amount"]).replace("0.0", "").parse().unwrap())
        .collect();
    assert_eq!((taxes.iter().sum::<i64>(), taxes.iter().max(), taxes.iter().min()), (100, Some(&1), Some(&0)));
    let sent = ubl(2).await;
    assert_eq!(sent.status, 200, "{}", sent.text);
    // The first one stays as it was made.
    assert_eq!(text(&data(&world, cloudonex("GET", "/invoices/1"), 200).await["tax"]), "2.00");
    // The same by every dialect that has lines: JeraSoft's invoice, Billmora's, a note, a quote that becomes an invoice,
    // a draft that gets its lines later.
    let billmora: Vec<Value> = (0..200)
        .map(|n| json!({"description": format!("call {n}"), "quantity": 1, "unit_price": "0.02", "taxes": ["VAT 25"]}))
        .collect();
    let made = world
        .send(
            Call::new("POST", "/api/v1/invoices")
                .bearer(TOKEN)
                .json(&json!({"user_id": 1, "due_date": "2026-03-15", "items": billmora})),
        )
        .await
        .expect(201);
    assert_eq!((&made["data"]["tax"], &made["data"]["total"]), (&json!("1.00"), &json!("5.00")));
    let own = json!({"clients_id": 1, "start_dt": "2026-01-01", "stop_dt": "2026-01-02", "items": small_lines()});
    let made = world.send(Call::new("POST", "/api/accounting/invoices").key(ADMIN).json(&own)).await.expect(200);
    assert_eq!((text(&made["total_taxes"]), text(&made["total"])), ("1.00".into(), "5.00".into()));
    let mut note = body.clone();
    note["description"] = json!("x");
    let made = make(&world, "/credit-notes", note).await;
    assert_eq!((text(&made["tax"]), text(&made["amount"])), ("1.00".into(), "5.00".into()));
    let mut quote = body.clone();
    quote["valid_until"] = json!("2026-05-01");
    let quote = make(&world, "/quotes", quote).await;
    assert_eq!(text(&quote["tax"]), "1.00");
    data(&world, cloudonex("PUT", "/settings").json(&json!({"tax_rounding": "line"})), 200).await;
    let made = data(&world, cloudonex("POST", &format!("/quotes/{}/convert", quote["id"])), 201).await;
    assert_eq!(text(&made["tax"]), "1.00");
    by_document(&world).await;
    let draft = json!({"customer_id": 1, "status": "Draft", "items": [{"description": "x", "amount": 1}]});
    let draft = make(&world, "/invoices", draft).await["id"].clone();
    let put = ask(&world, "PUT", &format!("/invoices/{draft}"), &json!({"items": small_lines()})).await.expect(200);
    assert_eq!(text(&put["data"]["tax"]), "1.00");
    world.books("acme").await;
}

/// Prices that include their taxes, and lines that take something off, by document: the gross stays, and the parts add up.
#[tokio::test(flavor = "multi_thread")]
async fn lines_with_taxes_in_them_keep_their_gross() {
    let world = world().await;
    by_document(&world).await;
    let lines: Vec<Value> = (0..10)
        .map(|n| json!({"description": format!("{n}"), "amount": "0.99", "qty": 1, "taxes": ["SGST", "CGST"]}))
        .collect();
    let made = make(&world, "/invoices", json!({"customer_id": 1, "tax_inclusive": true, "items": lines})).await;
    // 9.90 / 1.18 = 8.39; 8.39 x 9 % = 0.7551.
    let taxes: Vec<String> = made["taxes"].as_array().unwrap().iter().map(|tax| text(&tax["amount"])).collect();
    assert_eq!((text(&made["subtotal"]), text(&made["amount"])), ("8.38".into(), "9.90".into()));
    assert_eq!(taxes, ["0.76", "0.76"]);
    assert!(made["items"].as_array().unwrap().iter().all(|item| text(&item["total"]) == "0.99"));
    let word = ask(&world, "PUT", "/settings", &json!({"tax_rounding": "cents"})).await.expect(422);
    assert!(word["errors"]["tax_rounding"].is_string(), "{word}");
    world.books("acme").await;
}
