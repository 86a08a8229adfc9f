//! Dates that clients send: those that were read and are sent back, those that no document has, and paths of one kind
//! of document with the id of another.

use serde_json::{Value, json};
use tests::{ADMIN, Answer, Call, TOKEN, World};

use crate::documents::{ask, invoice, make, world};

async fn get(world: &World, path: &str) -> Value {
    ask(world, "GET", path, &Value::Null).await.expect(200)["data"].clone()
}

async fn jerasoft(world: &World, verb: &str, path: &str, body: &Value) -> Answer {
    world.send(Call::new(verb, &format!("/api/{path}")).key(ADMIN).json(body)).await
}

async fn billmora(world: &World, verb: &str, path: &str, body: &Value) -> Answer {
    world.send(Call::new(verb, &format!("/api/v1{path}")).bearer(TOKEN).json(body)).await
}

/// An invoice that was made without a date has the time of day it was made at; what a client reads and sends back is
/// no change, with payments or without.
#[tokio::test(flavor = "multi_thread")]
async fn unchanged_is_unchanged() {
    let world = world().await;
    make(&world, "/invoices", json!({"customer_id": 1, "items": [{"description": "x", "amount": 100, "discount": 5}]}))
        .await;
    make(&world, "/receipts", json!({"customer_id": 1, "amount": 40, "invoice_id": 1})).await;
    let before = world.truth("acme");
    let read = get(&world, "/invoices/1").await;
    assert_eq!(ask(&world, "PUT", "/invoices/1", &read).await.expect(200)["data"], read);
    for zone in ["UTC", "America/New_York", "Pacific/Auckland"] {
        let path = format!("accounting/invoices/1?__tz={zone}");
        let read = jerasoft(&world, "GET", &path, &Value::Null).await.expect(200);
        let same =
            json!({"invoice_dt": read["invoice_dt"], "due_dt": read["due_dt"], "invoice_no": read["invoice_no"]});
        jerasoft(&world, "PATCH", &path, &same).await.expect(200);
    }
    let read = billmora(&world, "GET", "/invoices/1", &Value::Null).await.expect(200)["data"].clone();
    let same = json!({"due_date": read["due_date"], "status": read["status"]});
    billmora(&world, "PUT", "/invoices/1", &same).await.expect(200);
    assert!(tests::differing(&world.truth("acme"), &before).is_empty(), "nothing changed");
    // Taxed lines come back as they were read, those of a draft too.
    let taxed = json!({"customer_id": 1, "tax_inclusive": true, "items": [
        {"description": "x", "amount": 100, "discount": 5, "taxes": ["SGST", "CGST"]}, {"description": "y", "amount": 1, "tax_rate": 7}]});
    for status in ["Unpaid", "Draft"] {
        let mut taxed = taxed.clone();
        taxed["status"] = json!(status);
        let read = make(&world, "/invoices", taxed).await;
        let path = format!("/invoices/{}", read["id"]);
        assert_eq!(ask(&world, "PUT", &path, &read).await.expect(200)["data"], read, "{status}");
    }
    // Another day is another day, and other lines, or another customer, are none of this invoice's.
    let told = ask(&world, "PUT", "/invoices/1", &json!({"date": "2026-02-28"})).await.expect(409);
    assert_eq!(told["message"], "The date of a document with payments cannot be changed");
    jerasoft(&world, "PATCH", "accounting/invoices/1", &json!({"invoice_dt": "2026-02-28"})).await.expect(422);
    let other = json!({"items": [{"description": "x", "amount": 101, "discount": 5}]});
    ask(&world, "PUT", "/invoices/1", &other).await.expect(422);
    let told = ask(&world, "PUT", "/invoices/1", &json!({"customer_id": 2})).await.expect(422);
    assert!(told["errors"]["customer_id"].is_string(), "{told}");
}

/// Contract cloudonex §8.2: the due date is not before the date.
#[tokio::test(flavor = "multi_thread")]
async fn a_date_does_not_pass_the_due_date() {
    let world = world().await;
    make(&world, "/invoices", invoice(1, "100")).await;
    let field = async |body: Value| {
        let told = ask(&world, "PUT", "/invoices/1", &body).await.expect(422);
        told["errors"].as_object().unwrap().iter().map(|(name, text)| format!("{name}: {text}")).collect::<String>()
    };
    assert_eq!(field(json!({"date": "2026-03-16"})).await, "date: \"Date must be at most 2026-03-15\"");
    assert_eq!(field(json!({"due_date": "2026-02-14"})).await, "due_date: \"Due date must be at least 2026-02-15\"");
    let both = json!({"date": "2026-04-02", "due_date": "2026-04-01"});
    assert_eq!(field(both).await, "due_date: \"Due date must be at least 2026-04-02\"");
    // JeraSoft's field is another, the rule the same.
    jerasoft(&world, "PATCH", "accounting/invoices/1", &json!({"invoice_dt": "2026-03-16"})).await.expect(400);
    jerasoft(&world, "PATCH", "accounting/invoices/1", &json!({"due_dt": "2026-02-14"})).await.expect(400);
    let early = json!({"clients_id": 1, "start_dt": "2026-01-01", "stop_dt": "2026-02-01", "invoice_dt": "2026-02-02", "due_dt": "2026-02-01"});
    jerasoft(&world, "POST", "accounting/invoices", &early).await.expect(400);
    ask(&world, "PUT", "/invoices/1", &json!({"date": "2026-03-15"})).await.expect(200);
    // One whose due date was never set moves on with its date.
    make(&world, "/invoices", json!({"customer_id": 1, "items": [{"description": "x", "amount": 1}]})).await;
    let moved = ask(&world, "PUT", "/invoices/2", &json!({"date": "2026-05-01"})).await.expect(200);
    assert_eq!((&moved["data"]["date"], &moved["data"]["due_date"]), (&json!("2026-05-01"), &json!("2026-05-01")));
    world.books("acme").await;
}

/// A year that nobody means is refused wherever a document or a period is dated; what is looked for by a date is not.
#[tokio::test(flavor = "multi_thread")]
async fn years_that_nobody_means_are_refused() {
    let world = world().await;
    make(&world, "/invoices", invoice(1, "100")).await;
    let before = world.truth("acme");
    let items = json!([{"description": "x", "amount": 1, "qty": 1}]);
    for date in ["0001-01-01", "1969-12-31", "2201-01-01", "9999-12-31"] {
        let period = |start: &str, end: &str| json!([{"description": "x", "amount": 1, "period_start": start, "period_end": end}]);
        let cloudonex = [
            ("POST", "/invoices", json!({"customer_id": 1, "date": date, "due_date": "9998-01-01", "items": items})),
            ("POST", "/invoices", json!({"customer_id": 1, "due_date": date, "items": items})),
            ("POST", "/invoices", json!({"customer_id": 1, "items": period(date, date)})),
            ("POST", "/invoice", json!({"cid": 1, "idate": date, "items": items})),
            ("PUT", "/invoices/1", json!({"date": date})),
            ("PUT", "/invoices/1", json!({"due_date": date})),
            ("POST", "/receipts", json!({"customer_id": 1, "amount": 1, "date": date})),
            ("POST", "/refunds", json!({"customer_id": 1, "amount": 1, "date": date})),
            (
                "POST",
                "/transactions",
                json!({"type": "Expense", "account_id": 1, "amount": 1, "description": "x", "date": date}),
            ),
            ("POST", "/income", json!({"amount": 1, "description": "x", "date": date})),
            ("POST", "/credit-notes", json!({"customer_id": 1, "date": date, "description": "x", "items": items})),
            ("POST", "/debit-notes", json!({"customer_id": 1, "date": date, "description": "x", "items": items})),
            ("POST", "/quotes", json!({"customer_id": 1, "date": date, "valid_until": date, "items": items})),
            ("POST", "/billing/run", json!({"until": date})),
        ];
        for (verb, path, body) in cloudonex {
            let answer = ask(&world, verb, path, &body).await;
            assert_eq!(answer.status, 422, "{verb} {path} {body}: {}", answer.text);
            assert!(
                answer.text.contains("1970-01-01") || answer.text.contains("2200-12-31"),
                "{path}: {}",
                answer.text
            );
        }
        let stop = if date < "1970" { "2026-01-01" } else { date };
        for (verb, path, body) in [
            (
                "POST",
                "accounting/invoices",
                json!({"clients_id": 1, "start_dt": "2026-01-01", "stop_dt": "2026-02-01", "invoice_dt": date}),
            ),
            (
                "POST",
                "accounting/invoices",
                json!({"clients_id": 1, "start_dt": "2026-01-01", "stop_dt": "2026-02-01", "due_dt": date}),
            ),
            (
                "POST",
                "accounting/invoices",
                json!({"clients_id": 1, "start_dt": date.min("2026-01-01"), "stop_dt": stop}),
            ),
            ("PATCH", "accounting/invoices/1", json!({"invoice_dt": date})),
            ("PATCH", "accounting/invoices/1", json!({"due_dt": date})),
            ("POST", "accounting/transactions", json!({"clients_id": 1, "type": "payment", "amount": 1, "dt": date})),
            ("POST", "accounting/transactions", json!({"clients_id": 1, "type": "charge", "amount": -1, "dt": date})),
        ] {
            let answer = jerasoft(&world, verb, path, &body).await;
            assert_eq!(answer.status, 400, "{verb} {path} {body}: {}", answer.text);
        }
        let unpaid =
            json!({"user_id": 1, "due_date": date, "items": [{"description": "x", "quantity": 1, "unit_price": 1}]});
        billmora(&world, "POST", "/invoices", &unpaid).await.expect(422);
        billmora(&world, "PUT", "/invoices/1", &json!({"due_date": date})).await.expect(422);
        // Looking for something is free.
        get(&world, &format!("/invoices?date_from={date}&date_to={date}")).await;
        get(&world, &format!("/reports/revenue?as_of={date}")).await;
        get(&world, &format!("/reports/receivables?as_of={date}")).await;
    }
    assert!(tests::differing(&world.truth("acme"), &before).is_empty(), "nothing changed");
    make(&world, "/invoices", json!({"customer_id": 1, "date": "1970-01-01", "items": items})).await;
    make(&world, "/invoices", json!({"customer_id": 1, "date": "2200-12-31", "items": items})).await;
}

/// The id of one kind of document leads nowhere on another kind's path.
#[tokio::test(flavor = "multi_thread")]
async fn a_path_knows_its_own_kind_only() {
    let world = world().await;
    make(&world, "/invoices", invoice(1, "100")).await;
    let note = json!({"customer_id": 1, "date": "2026-02-15", "description": "x", "items": [{"description": "x", "amount": 10, "qty": 1}]});
    make(&world, "/receipts", json!({"customer_id": 1, "amount": 300})).await;
    make(&world, "/credit-notes", note.clone()).await;
    make(&world, "/debit-notes", note).await;
    make(&world, "/refunds", json!({"customer_id": 1, "amount": 5})).await;
    let paths = ["receipts", "credit-notes", "debit-notes", "refunds"];
    let before = world.truth("acme");
    for (place, path) in paths.iter().enumerate() {
        for other in (1..=paths.len()).filter(|id| *id != place + 1) {
            for (verb, body) in [("GET", Value::Null), ("PUT", json!({"notes": "x"})), ("DELETE", Value::Null)] {
                let answer = ask(&world, verb, &format!("/{path}/{other}"), &body).await;
                // A refund is never changed, whosever its id is.
                let none = *path == "refunds" && verb == "PUT";
                assert_eq!(answer.status, if none { 405 } else { 404 }, "{verb} /{path}/{other}: {}", answer.text);
            }
        }
    }
    let against = json!({"allocations": [{"invoice_id": 1, "amount": 5}]});
    for (path, own) in [("receipts", 1), ("credit-notes", 2)] {
        for other in (1..=4).filter(|id| *id != own) {
            for (verb, body) in [("POST", &against), ("DELETE", &Value::Null)] {
                let answer = ask(&world, verb, &format!("/{path}/{other}/allocations"), body).await;
                assert_eq!(answer.status, 404, "{verb} /{path}/{other}/allocations: {}", answer.text);
            }
        }
    }
    assert!(tests::differing(&world.truth("acme"), &before).is_empty(), "nothing changed");
    // What gives a receipt's money back stands in the way of its release.
    ask(&world, "DELETE", "/refunds/4", &Value::Null).await.expect(200);
    for (path, own) in [("receipts", 1), ("credit-notes", 2)] {
        ask(&world, "POST", &format!("/{path}/{own}/allocations"), &against).await.expect(200);
        ask(&world, "DELETE", &format!("/{path}/{own}/allocations"), &Value::Null).await.expect(200);
    }
    world.books("acme").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_used_up_is_set_against_nothing() {
    let world = world().await;
    make(&world, "/invoices", invoice(1, "100")).await;
    make(&world, "/invoices", invoice(1, "100")).await;
    let note = json!({"customer_id": 1, "date": "2026-02-15", "description": "x", "items": [{"description": "x", "amount": 10, "qty": 1}]});
    make(&world, "/receipts", json!({"customer_id": 1, "amount": 100, "invoice_id": 1})).await;
    make(&world, "/credit-notes", note).await;
    ask(&world, "POST", "/credit-notes/2/allocations", &json!({"allocations": [{"invoice_id": 2}]})).await.expect(200);
    for (path, body, field) in [
        ("/credit-notes/2/allocations", json!({"allocations": [{"invoice_id": 2}]}), "allocations.0.amount"),
        ("/receipts/1/allocations", json!({"invoice_id": 2}), "amount"),
        // Nothing is open of the first.
        ("/receipts/1/allocations", json!({"allocations": [{"invoice_id": 1}]}), "allocations.0.amount"),
    ] {
        let told = ask(&world, "POST", path, &body).await.expect(422);
        let text = told["errors"][field].as_str().unwrap_or_default();
        assert!(text.ends_with("must be at most 0.00"), "{path} {body}: {told}");
    }
    world.books("acme").await;
}
