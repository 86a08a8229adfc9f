//! A tenant with documents of every kind in four currencies, as all four dialects make them.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use shared::words::money::{Decimal, parse_decimal};
use tests::{ADMIN, Call, Dice, TOKEN, World};

async fn made(world: &World, path: &str, body: Value) -> u64 {
    let call = Call::new("POST", &format!("/api/v2/{path}")).bearer(ADMIN).json(&body);
    let answer = world.send(call).await.expect(201);
    answer["data"]["id"].as_u64().unwrap()
}

async fn changed(world: &World, path: &str, body: Value) {
    world.send(Call::new("PUT", &format!("/api/v2/{path}")).bearer(ADMIN).json(&body)).await.expect(200);
}

async fn charge(world: &World, client: u64, amount: &str, notes: &str) {
    let body = json!({"clients_id": client, "type": "charge", "amount": amount, "notes": notes, "dt": "2026-02-05"});
    world.send(Call::new("POST", "/api/accounting/transactions").key(ADMIN).json(&body)).await.expect(200);
}

/// Documents of every kind in four currencies. Customers 1 to 4 have everything, only the fourth has refunds; 5 and 6
/// have invoices and what pays them.
pub(crate) async fn filled() -> World {
    let world = World::new().await;
    world.customers(6).await;
    made(&world, "currencies", json!({"code": "KWD"})).await;
    for (to, rate, at) in
        [("JPY", "150.25", "2019-12-01"), ("KWD", "0.307", "2019-12-01"), ("INR", "83.5", "2026-02-20")]
    {
        made(
            &world,
            "exchange-rates",
            json!({"from": "USD", "to": to, "rate": rate, "date": format!("{at}T00:00:00Z")}),
        )
        .await;
    }
    made(&world, "accounts", json!({"name": "Kuwait", "currency": "KWD", "opening_balance": "12.345"})).await;
    made(&world, "products", json!({"name": "Hosting", "price": 20, "tax_rate": 18, "type": "service"})).await;
    let mut dice = Dice::new(20_260_722);
    let mut invoices: BTreeMap<(u64, &str), Vec<u64>> = BTreeMap::new();
    for turn in 0..36_u64 {
        let customer = 1 + turn % 6;
        let code = ["USD", "INR", "JPY", "KWD"][usize::try_from(turn / 6 % 4).unwrap()];
        let places = [2, 2, 0, 3][usize::try_from(turn / 6 % 4).unwrap()];
        let price = |dice: &mut Dice| Decimal::new(100 + dice.below(99_999) as i64, places).to_string();
        let mut items = vec![
            json!({"description": "Hosting, \"big\"", "amount": price(&mut dice), "qty": 1 + dice.below(3), "taxes": ["SGST", "CGST"]}),
        ];
        if turn % 3 == 0 {
            items.push(json!({"description": "Support", "amount": price(&mut dice), "qty": "1.5", "tax_rate": "7.7",
                "billing_cycle": "Annually", "period_start": "2026-02-03"}));
        }
        let mut body = json!({"customer_id": customer, "date": format!("2026-02-{:02}", 1 + turn % 20), "due_date": "2026-03-15",
            "currency": code, "items": items, "tax_inclusive": turn % 4 == 0});
        if turn == 7 {
            body["invoice_number"] = json!("SPECIAL/7");
        }
        let id = made(&world, "invoices", body).await;
        invoices.entry((customer, code)).or_default().push(id);
    }
    // Payments: in part, of several, more than enough, at another ratio.
    for ((customer, code), ids) in &invoices {
        if *customer < 5 {
            let allocations: Vec<Value> = ids
                .iter()
                .map(|id| json!({"invoice_id": id, "amount": if *code == "JPY" { json!(50) } else { json!("0.5") }}))
                .collect();
            let amount = if *code == "JPY" { "1000" } else { "25.50" };
            let receipt = made(
                &world,
                "receipts",
                json!({"customer_id": customer, "amount": amount, "currency": code, "method": "wire",
                "reference": format!("R{customer}"), "date": "2026-02-25", "allocations": allocations}),
            )
            .await;
            // Once more, later: what differs between the two ratios is an entry of its own.
            if (*customer, *code) == (2, "INR") {
                let more = json!({"allocations": [{"invoice_id": ids[0], "amount": "20"}]});
                let path = format!("/api/v2/receipts/{receipt}/allocations");
                world.send(Call::new("POST", &path).bearer(ADMIN).json(&more)).await.expect(200);
            }
        } else {
            let body =
                world.send(Call::new("GET", &format!("/api/v2/invoices/{}", ids[0])).bearer(ADMIN)).await.expect(200);
            made(&world, "receipts", json!({"customer_id": customer, "amount": body["data"]["amount"], "currency": code, "invoice_id": ids[0]})).await;
        }
    }
    let line = |taxes: Value| json!([{"description": "Outage", "amount": "3.10", "qty": 1, "taxes": taxes}]);
    let (charged, lines) = (line(json!(["SGST", "CGST"])), line(json!(["IGST"])));
    for customer in 1..=4 {
        let own = invoices[&(customer, "USD")][0];
        made(&world, "credit-notes", json!({"customer_id": customer, "invoice_id": own, "description": "Outage", "date": "2026-02-26", "items": charged})).await;
        made(
            &world,
            "credit-notes",
            json!({"customer_id": customer, "description": "Goodwill", "date": "2026-02-27", "currency": "INR", "items": lines}),
        )
        .await;
        let debit = made(&world, "debit-notes", json!({"customer_id": customer, "description": "More", "date": "2026-02-27", "items": [{"description": "More", "amount": 9, "qty": 1}]})).await;
        if customer % 2 == 0 {
            made(&world, "receipts", json!({"customer_id": customer, "amount": 4, "account_id": 1, "allocations": [{"debit_note_id": debit, "amount": 3}]})).await;
        }
    }
    // Who is paid out owes nothing any more.
    let owes = world.send(Call::new("GET", "/api/clients/4").key(ADMIN)).await.expect(200)["balance"].to_string();
    let owes = parse_decimal(owes.trim_start_matches('-')).unwrap() + Decimal::TWO;
    made(&world, "receipts", json!({"customer_id": 4, "amount": owes.to_string(), "account_id": 1})).await;
    made(&world, "refunds", json!({"customer_id": 4, "amount": "2.00", "account_id": 1})).await;
    // Where invoices come to by their status alone.
    for (place, status) in ["Paid", "Void", "Cancelled"].into_iter().enumerate() {
        let id = made(
            &world,
            "invoices",
            json!({"customer_id": 5, "items": [{"description": status, "amount": 10 + place}]}),
        )
        .await;
        changed(&world, &format!("invoices/{id}"), json!({"status": status})).await;
    }
    for paid in [true, false] {
        let id = made(
            &world,
            "invoices",
            json!({"customer_id": 6, "currency": "KWD", "items": [{"description": "x", "amount": "7.125"}]}),
        )
        .await;
        if paid {
            made(
                &world,
                "receipts",
                json!({"customer_id": 6, "amount": "7.125", "currency": "KWD", "invoice_id": id, "account_id": 3}),
            )
            .await;
        } else {
            changed(&world, &format!("invoices/{id}"), json!({"status": "Paid"})).await;
        }
        changed(&world, &format!("invoices/{id}"), json!({"status": "Refunded"})).await;
    }
    made(&world, "invoices", json!({"customer_id": 1, "status": "Draft", "items": lines})).await;
    let gone = made(&world, "invoices", json!({"customer_id": 1, "items": lines})).await;
    world.send(Call::new("DELETE", &format!("/api/v2/invoices/{gone}")).bearer(ADMIN)).await.expect(200);
    // Sums that are rounded at the end, and charges that come onto an invoice.
    let items = json!([{"description": "a", "quantity": 1, "unit_price": "0.335"}, {"description": "b", "quantity": 1, "unit_price": "0.335"}]);
    let body = json!({"user_id": 2, "due_date": "2026-04-01", "currency": "USD", "items": items});
    world.send(Call::new("POST", "/api/v1/invoices").bearer(TOKEN).json(&body)).await.expect(201);
    for (amount, notes) in [("-12.5", "calls"), ("-3", "more calls"), ("2.25", "a bonus")] {
        charge(&world, 3, amount, notes).await;
    }
    let body = json!({"clients_id": 3, "start_dt": "2026-02-05", "stop_dt": "2026-02-06",
        "items": [{"description": "Base fee", "amount": 5}]});
    world.send(Call::new("POST", "/api/accounting/invoices").key(ADMIN).json(&body)).await.expect(200);
    charge(&world, 3, "-8", "not invoiced yet").await;
    for (kind, category) in [("Income", 1), ("Expense", 2)] {
        made(
            &world,
            "transactions",
            json!({"type": kind, "account_id": 1, "amount": "31.40", "category_id": category, "description": "Other"}),
        )
        .await;
    }
    world.books("acme").await;
    world
}
