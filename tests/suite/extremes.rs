//! Documents of extreme amounts, and much at once: done exactly, in steps, or refused by name.

use serde_json::{Value, json};
use tests::{ADMIN, Call, Dice, World};

use crate::documents::{ask, invoice, make, world};

/// Documents that are nearly right, with the largest and the smallest numbers: booked exactly or refused.
#[tokio::test(flavor = "multi_thread")]
async fn extreme_amounts_are_booked_or_refused() {
    let world = World::new().await;
    world.customers(3).await;
    for rate in [("INR", "0.000000000001"), ("JPY", "150")] {
        let body = json!({"from": "USD", "to": rate.0, "rate": rate.1, "date": "2026-02-20"});
        world.send(Call::new("POST", "/api/v2/exchange-rates").bearer(ADMIN).json(&body)).await.expect(201);
    }
    let mut dice = Dice::new(0xE17);
    let numbers = [
        "0.000001",
        "0.01",
        "0.005",
        "0.0049999",
        "1",
        "0.1",
        "3.333333",
        "999999999",
        "1000000000",
        "1000000001",
        "9999999999999.99",
        "10000000000000",
        "99999999999999999999",
        "-1",
        "-999999999",
        "0",
        "12345.678901",
        "1e9",
        "1e-6",
        "1e18",
    ];
    let dates = ["0001-01-01", "9999-12-31", "2026-02-28", "2026-03-01", "1969-12-31"];
    let (mut booked, mut refused) = (0, 0);
    for n in 0..1500_u64 {
        let number = |dice: &mut Dice| -> Value { serde_json::from_str(dice.pick(&numbers)).unwrap() };
        let customer = 1 + n % 3;
        let date = dice.pick(&dates);
        let taxes: &[&str] = [&[][..], &["SGST", "CGST"], &["IGST", "SGST", "CGST"]][dice.roll(3)];
        let mut line = json!({"description": "x", "amount": number(&mut dice), "qty": number(&mut dice), "discount": number(&mut dice), "taxes": taxes});
        if dice.roll(2) == 0 {
            line["period_start"] = json!(dice.pick(&dates));
            line["billing_cycle"] = json!(dice.pick(&["Monthly", "Annually", "Decennial", "Free"]));
        }
        if dice.roll(3) > 0 {
            line["discount"] = Value::Null;
        }
        let currency = dice.pick(&["USD", "INR", "JPY"]);
        let lines = json!([line, {"description": "y", "amount": number(&mut dice), "qty": 1}]);
        let (path, body) = match dice.roll(5) {
            0 => (
                "/api/v2/invoices",
                json!({"customer_id": customer, "date": date, "currency": currency, "items": lines, "tax_inclusive": n % 2 == 0}),
            ),
            1 => (
                "/api/v2/credit-notes",
                json!({"customer_id": customer, "date": date, "description": "n", "currency": currency, "items": lines}),
            ),
            2 => (
                "/api/v2/receipts",
                json!({"customer_id": customer, "date": date, "amount": number(&mut dice), "currency": currency}),
            ),
            3 => {
                let item = json!({"description": "x", "quantity": 1 + dice.roll(1_000_000_000), "unit_price": number(&mut dice)});
                (
                    "/api/v1/invoices",
                    json!({"user_id": customer, "due_date": date, "currency": currency, "items": [item]}),
                )
            }
            _ => (
                "/api/accounting/transactions",
                json!({"clients_id": customer, "type": dice.pick(&["payment", "charge"]), "amount": number(&mut dice), "dt": date}),
            ),
        };
        let answer = world.send(Call::new("POST", path).json(&body).operator("acme")).await;
        assert!(answer.status < 500, "{path} {body}: {}", answer.text);
        if answer.status < 300 { booked += 1 } else { refused += 1 }
    }
    world.books("acme").await;
    world.verify();
    println!("extremes: {booked} documents booked, {refused} refused, no 5xx, the books agree");
}

/// What one commit cannot hold is refused by name, or done in steps.
#[tokio::test(flavor = "multi_thread")]
async fn much_at_once() {
    let world = world().await;
    for n in 0..28_u64 {
        let charge = json!({"clients_id": 2, "type": "charge", "amount": -1, "dt": format!("2026-0{}-03", 1 + n / 14)});
        world.send(Call::new("POST", "/api/accounting/transactions").key(ADMIN).json(&charge)).await.expect(200);
    }
    let of = |start: &str, stop: &str| {
        let body = json!({"clients_id": 2, "start_dt": start, "stop_dt": stop});
        world.send(Call::new("POST", "/api/accounting/invoices").key(ADMIN).json(&body))
    };
    let refused = of("2026-01-01", "2026-03-01").await.expect(422);
    assert_eq!(refused["error"]["data"]["code"], "too_many_charges");
    assert_eq!(of("2026-01-01", "2026-02-01").await.expect(200)["total"].to_string(), "14.00");
    // Twenty invoices in one payment, ten more in the next step, and all of it taken back in two.
    for month in 1..=12 {
        for day in [1, 11, 21] {
            let mut body = invoice(1, "3.00");
            (body["date"], body["due_date"]) =
                (json!(format!("2024-{month:02}-{day:02}")), json!(format!("2025-{month:02}-{day:02}")));
            make(&world, "/invoices", body).await;
        }
    }
    let some = |ids: std::ops::RangeInclusive<u64>| ids.map(|id| json!({"invoice_id": id})).collect::<Vec<_>>();
    let receipt = json!({"customer_id": 1, "account_id": 1, "amount": 100, "allocations": some(2..=21)});
    let receipt = make(&world, "/receipts", receipt).await;
    let path = format!("/receipts/{}/allocations", receipt["id"]);
    let more = ask(&world, "POST", &path, &json!({"allocations": some(22..=31)})).await.expect(200);
    assert_eq!(
        (more["data"]["unallocated"].to_string().as_str(), more["data"]["allocations"].as_array().unwrap().len()),
        ("10.00", 30)
    );
    let refused = ask(&world, "DELETE", &format!("/receipts/{}", receipt["id"]), &Value::Null).await.expect(409);
    assert_eq!(refused["message"], "Receipt 29 has too many payments: release them first");
    for left in [5, 0] {
        let released = ask(&world, "DELETE", &path, &Value::Null).await.expect(200);
        assert_eq!(released["data"]["allocations"].as_array().unwrap().len(), left);
    }
    ask(&world, "DELETE", &format!("/receipts/{}", receipt["id"]), &Value::Null).await.expect(200);
    let long: Vec<Value> =
        (0..110).map(|n| json!({"description": format!("{n}{}", "x".repeat(990)), "amount": 1})).collect();
    let body = json!({"jsonrpc": "2.0", "id": 1, "method": "accounting.invoices.create",
        "params": {"clients_id": 1, "start_dt": "2026-01-01", "stop_dt": "2026-02-01", "items": long}});
    let refused = world.send(Call::rpc(&body).key(ADMIN)).await;
    assert_eq!(refused.json["error"]["data"]["code"], "lines_too_long", "{}", refused.text);
    world.books("acme").await;
    world.verify();
}
