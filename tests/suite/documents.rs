//! Documents in CloudOnex's words: what they come to, how they move, what they are set against.

use serde_json::{Value, json};
use tests::{ADMIN, Answer, Call, World};

pub(crate) async fn world() -> World {
    let world = World::new().await;
    world.customers(3).await;
    world
}

pub(crate) async fn ask(world: &World, verb: &str, path: &str, body: &Value) -> Answer {
    world.send(Call::new(verb, &format!("/api/v2{path}")).bearer(ADMIN).json(body)).await
}

pub(crate) async fn make(world: &World, path: &str, body: Value) -> Value {
    ask(world, "POST", path, &body).await.expect(201)["data"].clone()
}

async fn get(world: &World, path: &str) -> Value {
    ask(world, "GET", path, &Value::Null).await.expect(200)["data"].clone()
}

async fn balance(world: &World, customer: u64) -> String {
    let call = Call::new("GET", &format!("/api/clients/{customer}")).key(ADMIN);
    world.send(call).await.expect(200)["balance"].to_string()
}

pub(crate) fn invoice(customer: u64, amount: &str) -> Value {
    let amount: Value = serde_json::from_str(amount).unwrap();
    json!({"customer_id": customer, "date": "2026-02-15", "due_date": "2026-03-15",
        "items": [{"description": "Web Development", "amount": amount, "qty": 1}], "notes": "Payment due within 30 days"})
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invoice_from_issue_to_payment() {
    let world = world().await;
    let made = make(&world, "/invoices", invoice(1, "1500.00")).await;
    assert_eq!(
        (&made["id"], &made["invoice_number"], &made["status"], made["amount"].to_string().as_str()),
        (&json!(1), &json!("INV-2026-001"), &json!("Unpaid"), "1500.00")
    );
    assert_eq!((&made["date"], &made["due_date"]), (&json!("2026-02-15"), &json!("2026-03-15")));
    assert_eq!(balance(&world, 1).await, "-1500.00");
    // A part of it, then more than the rest: what is left is the customer's credit.
    let part = make(
        &world,
        "/transactions",
        json!({"type": "Income", "account_id": 1, "amount": 500, "category_id": 1, "description": "INV-2026-001", "invoice_id": 1}),
    )
    .await;
    assert_eq!((&part["kind"], &part["invoice_id"], &part["customer_id"]), (&json!("receipt"), &json!(1), &json!(1)));
    assert_eq!(get(&world, "/invoices/1").await["status"], "Partially Paid");
    let rest =
        make(&world, "/receipts", json!({"customer_id": 1, "account_id": 1, "amount": "1100.00", "invoice_id": 1}))
            .await;
    assert_eq!((rest["unallocated"].to_string().as_str(), &rest["number"]), ("100.00", &json!("RCPT/25-26/2")));
    let paid = get(&world, "/invoices/1").await;
    assert_eq!((&paid["status"], paid["amount_due"].to_string().as_str()), (&json!("Paid"), "0.00"));
    assert_eq!(paid["payments"].as_array().unwrap().len(), 2);
    assert_eq!(balance(&world, 1).await, "100.00");
    assert_eq!(get(&world, "/accounts/1").await["balance"].to_string(), "2600.00");
    // The credit pays for another one, and what is left of it goes back.
    make(&world, "/invoices", invoice(1, "60.00")).await;
    let set =
        ask(&world, "POST", "/receipts/2/allocations", &json!({"allocations": [{"invoice_id": 2}]})).await.expect(200);
    assert_eq!(set["data"]["unallocated"].to_string(), "40.00");
    let refund = make(&world, "/refunds", json!({"customer_id": 1, "account_id": 1, "amount": 40})).await;
    assert_eq!((&refund["kind"], &refund["number"]), (&json!("refund"), &json!("RFND/25-26/1")));
    let more =
        ask(&world, "POST", "/refunds", &json!({"customer_id": 1, "account_id": 1, "amount": 1})).await.expect(422);
    assert_eq!(more["errors"]["amount"], "Amount must be at most 0.00");
    assert_eq!(balance(&world, 1).await, "0.00");
    let report = get(&world, "/reports/financial?year=2026").await;
    assert_eq!(
        (report["income"].to_string(), report["expenses"].to_string(), report["outstanding_invoices"].to_string()),
        ("1600.00".into(), "40.00".into(), "0.00".into())
    );
    world.books("acme").await;
    world.verify();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_set_against_more_than_is_open_is_refused() {
    let world = world().await;
    for amount in ["100.00", "50.00"] {
        make(&world, "/invoices", invoice(1, amount)).await;
    }
    make(&world, "/invoices", invoice(2, "70.00")).await;
    let receipt =
        |allocations: Value| json!({"customer_id": 1, "account_id": 1, "amount": 120, "allocations": allocations});
    let refused = |body: Value| {
        let world = &world;
        async move { ask(world, "POST", "/receipts", &body).await.expect(422)["errors"].clone() }
    };
    assert_eq!(
        refused(receipt(json!([{"invoice_id": 1, "amount": 100.01}]))).await,
        json!({"allocations.0.amount": "Amount must be at most 100.00"})
    );
    assert_eq!(
        refused(receipt(json!([{"invoice_id": 1, "amount": 100}, {"invoice_id": 2, "amount": 20.01}]))).await,
        json!({"allocations.1.amount": "Amount must be at most 20.00"})
    );
    // Another customer's invoice, and one that is not there: one answer.
    assert_eq!(
        refused(receipt(json!([{"invoice_id": 3}, {"invoice_id": 9}]))).await,
        json!({"allocations.0.invoice_id": "Invoice id 3 does not exist", "allocations.1.invoice_id": "Invoice id 9 does not exist"})
    );
    let two = make(&world, "/receipts", receipt(json!([{"invoice_id": 1}, {"invoice_id": 2}]))).await;
    assert_eq!(two["allocations"][1]["amount"].to_string(), "20.00");
    // One invoice over several payments; the same money is not set twice.
    let again =
        ask(&world, "POST", "/receipts/1/allocations", &json!({"allocations": [{"invoice_id": 2, "amount": 1}]}))
            .await
            .expect(422);
    assert_eq!(again["errors"]["allocations.0.amount"], "Amount must be at most 0.00");
    ask(&world, "DELETE", "/receipts/1/allocations", &Value::Null).await.expect(200);
    assert_eq!(get(&world, "/invoices/1").await["status"], "Unpaid");
    assert_eq!(get(&world, "/receipts/1").await["unallocated"].to_string(), "120.00");
    world.books("acme").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn moves_that_are_not_legal_are_refused_by_name() {
    let world = world().await;
    for amount in ["10.00", "20.00", "30.00"] {
        make(&world, "/invoices", invoice(1, amount)).await;
    }
    let put = |id: u64, status: &'static str| {
        let world = &world;
        async move { ask(world, "PUT", &format!("/invoices/{id}"), &json!({"status": status})).await }
    };
    put(1, "Void").await.expect(200);
    let refused = put(1, "Paid").await.expect(409);
    assert_eq!(refused["message"], "An invoice that is void cannot become paid");
    put(2, "Paid").await.expect(200);
    assert_eq!(put(2, "Void").await.expect(409)["message"], "An invoice that is paid cannot become void");
    assert_eq!(put(2, "Draft").await.expect(409)["message"], "An invoice that is paid cannot become a draft");
    put(2, "Refunded").await.expect(200);
    put(3, "Cancelled").await.expect(200);
    put(3, "Unpaid").await.expect(200);
    let draft = json!({"status": "Draft", "customer_id": 1, "items": [{"description": "x", "amount": 5}]});
    let draft = make(&world, "/invoices", draft).await;
    assert_eq!((&draft["invoice_number"], &draft["status"]), (&Value::Null, &json!("Draft")));
    let issued = put(4, "Unpaid").await.expect(200);
    assert_eq!(issued["data"]["invoice_number"], "INV-2026-004");
    // A payment that is taken away leaves its invoice unpaid; an invoice with payments is not deleted.
    make(&world, "/receipts", json!({"customer_id": 1, "amount": 5, "invoice_id": 4})).await;
    assert_eq!(
        ask(&world, "DELETE", "/invoices/4", &Value::Null).await.expect(409)["message"],
        "The invoice has payments and cannot be deleted"
    );
    ask(&world, "DELETE", "/receipts/1", &Value::Null).await.expect(200);
    assert_eq!(get(&world, "/invoices/4").await["status"], "Unpaid");
    ask(&world, "DELETE", "/invoices/4", &Value::Null).await.expect(200);
    ask(&world, "GET", "/invoices/4", &Value::Null).await.expect(404);
    let register = get(&world, "/numbering/1/register").await;
    let told: Vec<(String, String, bool)> = register
        .as_array()
        .unwrap()
        .iter()
        .map(|row| {
            (row["number"].as_str().unwrap().into(), row["status"].as_str().unwrap().into(), row["deleted"] == true)
        })
        .collect();
    let row = |number: &str, status: &str, deleted| (number.to_owned(), status.to_owned(), deleted);
    assert_eq!(
        told,
        [
            row("INV-2026-001", "Void", false),
            row("INV-2026-002", "Refunded", false),
            row("INV-2026-003", "Unpaid", false),
            row("INV-2026-004", "Void", true)
        ]
    );
    assert_eq!(balance(&world, 1).await, "-30.00");
    world.books("acme").await;
    world.verify();
}

#[tokio::test(flavor = "multi_thread")]
async fn taxes_discounts_and_currencies() {
    let world = world().await;
    let lines = json!({"customer_id": 1, "date": "2026-02-15", "currency": "INR", "items": [
        {"description": "Backup Gold", "amount": 8900, "taxes": ["IGST"], "billing_cycle": "Monthly", "period_start": "2026-03-05"},
        {"description": "Seats", "amount": 12.345, "qty": 3, "discount": "1.00", "taxes": ["SGST", "CGST"]}]});
    let made = make(&world, "/invoices", lines).await;
    assert_eq!(made["exchange_rate"].to_string(), "71.16");
    assert_eq!(
        [&made["subtotal"], &made["discount"], &made["tax"], &made["amount"]].map(Value::to_string),
        ["8937.04", "1.00", "1608.48", "10544.52"]
    );
    assert_eq!(made["items"][0]["period_end"], "2026-04-04");
    assert_eq!(made["items"][1]["amount"].to_string(), "12.345");
    let inclusive = json!({"customer_id": 1, "tax_inclusive": true, "items": [{"description": "x", "amount": 118, "taxes": ["SGST", "CGST"]}]});
    let made = make(&world, "/invoices", inclusive).await;
    assert_eq!([&made["subtotal"], &made["tax"], &made["amount"]].map(Value::to_string), ["100.00", "18.00", "118.00"]);
    // The customer's balance is in its own currency; the other currency stands on its own statement.
    assert_eq!(balance(&world, 1).await, "-118.00");
    let statement = get(&world, "/reports/statement?customer_id=1&currency=INR").await;
    assert_eq!(statement["closing_balance"].to_string(), "-10544.52");
    let wrong = json!({"customer_id": 9, "currency": "XXX", "due_date": "2020-01-01", "items": [
        {"description": "", "amount": 0}, {"description": "x", "amount": 1, "taxes": ["VAT"], "qty": -1, "discount": 5}]});
    let refused = ask(&world, "POST", "/invoices", &wrong).await.expect(422);
    assert_eq!(
        refused["errors"],
        json!({"customer_id": "Customer id 9 does not exist", "currency": "Currency XXX does not exist",
            "items.0.description": "Description is required", "items.0.amount": "Amount must be greater than 0",
            "items.1.qty": "Qty must be greater than 0"})
    );
    let wrong = json!({"customer_id": 1, "items": [{"description": "x", "amount": 1, "taxes": ["VAT"], "qty": 1, "discount": 5,
        "billing_cycle": "Sometimes", "period_start": "2026-01-01"}]});
    let refused = ask(&world, "POST", "/invoices", &wrong).await.expect(422);
    let fields: Vec<&String> = refused["errors"].as_object().unwrap().keys().collect();
    let nobody = json!({"customer_id": 0, "items": [{"description": "x", "amount": 1}]});
    assert_eq!(
        ask(&world, "POST", "/invoices", &nobody).await.expect(422)["errors"],
        json!({"customer_id": "Customer id 0 does not exist"})
    );
    assert_eq!(fields, ["items.0.billing_cycle", "items.0.period_end", "items.0.taxes", "items.0.discount"]);
    world.books("acme").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_exchange_difference_is_posted_when_the_ratio_moved() {
    let world = world().await;
    make(&world, "/invoices", json!({"customer_id": 1, "date": "2026-02-01", "currency": "INR", "items": [{"description": "x", "amount": 7116}]})).await;
    make(&world, "/exchange-rates", json!({"from": "USD", "to": "INR", "rate": "80", "date": "2026-02-20"})).await;
    make(
        &world,
        "/receipts",
        json!({"customer_id": 1, "date": "2026-02-25", "currency": "INR", "amount": 7116, "invoice_id": 1}),
    )
    .await;
    let trial = get(&world, "/reports/trial-balance").await;
    let row = trial["in_base_currency"]
        .as_array()
        .unwrap()
        .iter()
        .find(|row| row["account"] == "exchange_difference")
        .unwrap()
        .clone();
    // 100.00 was asked for, 88.95 came.
    assert_eq!(row["debit"].to_string(), "11.05");
    world.books("acme").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_with_documents_stays() {
    let world = world().await;
    make(&world, "/invoices", invoice(1, "10.00")).await;
    assert_eq!(
        ask(&world, "DELETE", "/customers/1", &Value::Null).await.expect(409)["message"],
        "The customer has documents and cannot be deleted"
    );
    ask(&world, "DELETE", "/customers/2", &Value::Null).await.expect(200);
    let refused = world
        .send(Call::new("PATCH", "/api/clients/1").key(ADMIN).json(&json!({"currencies_id": 2})))
        .await
        .expect(422);
    assert_eq!(refused["error"]["data"]["code"], "customer_in_use");
    world.verify();
}

/// Billmora deletes softly (contract billmora §9.1): the documents stay, and still move.
#[tokio::test(flavor = "multi_thread")]
async fn documents_of_a_customer_who_is_gone_still_move() {
    let world = world().await;
    make(&world, "/invoices", invoice(1, "10.00")).await;
    make(&world, "/receipts", json!({"customer_id": 1, "amount": 4, "invoice_id": 1})).await;
    // Not before it is settled.
    world.send(Call::new("DELETE", "/api/v1/users/1").bearer(tests::TOKEN)).await.expect(409);
    make(&world, "/receipts", json!({"customer_id": 1, "amount": 6, "invoice_id": 1})).await;
    world.send(Call::new("DELETE", "/api/v1/users/1").bearer(tests::TOKEN)).await.expect(200);
    let read = world.send(Call::new("GET", "/api/v1/invoices/1").bearer(tests::TOKEN)).await.expect(200);
    assert_eq!((&read["data"]["user"], &read["data"]["amount_due"]), (&Value::Null, &json!(0)));
    ask(&world, "DELETE", "/receipts/2", &Value::Null).await.expect(200);
    ask(&world, "DELETE", "/receipts/1", &Value::Null).await.expect(200);
    ask(&world, "PUT", "/invoices/1", &json!({"status": "Void"})).await.expect(200);
    ask(&world, "POST", "/invoices", &invoice(1, "1.00")).await.expect(422);
    world.books("acme").await;
    world.verify();
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_limited_to_a_reseller_sees_its_books_alone() {
    let world = world().await;
    let own = world
        .send(Call::new("POST", "/api/v2/customers").bearer(tests::LIMITED).json(&json!({"account": "own"})))
        .await
        .expect(201);
    make(&world, "/invoices", invoice(1, "10.00")).await;
    make(&world, "/invoices", invoice(own["data"]["id"].as_u64().unwrap(), "5.00")).await;
    let seen = |path: &'static str| {
        let world = &world;
        async move { world.send(Call::new("GET", &format!("/api/v2{path}")).bearer(tests::LIMITED)).await }
    };
    assert_eq!(seen("/invoices").await.expect(200)["meta"]["total_records"], 1);
    assert_eq!(seen("/numbering/1/register").await.expect(200)["data"][0]["number"], "INV-2026-002");
    assert_eq!(seen("/reports/financial").await.expect(200)["data"]["outstanding_invoices"].to_string(), "5.00");
    assert_eq!(seen("/reports/receivables").await.expect(200)["data"]["total"].to_string(), "5.00");
    seen("/reports/trial-balance").await.expect(404);
    seen("/reports/statement?customer_id=1").await.expect(422);
    seen("/invoices/1").await.expect(404);
    // A day stays that day where clocks show another one at its midnight.
    let session = world.session("limited").await;
    let list = world.send(Call::new("POST", "/api/v2/invoice/list").validate(&session)).await.expect(200);
    assert_eq!(list["data"][0]["creation_date"], "2026-02-15 00:00:00");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_books_are_kept_by() {
    let world = world().await;
    let account =
        make(&world, "/accounts", json!({"name": "Savings", "currency": "INR", "opening_balance": "711.60"})).await;
    assert_eq!((&account["id"], account["balance"].to_string().as_str()), (&json!(3), "711.60"));
    assert_eq!(
        ask(&world, "DELETE", "/accounts/3", &Value::Null).await.expect(409)["message"],
        "The account holds money and cannot be deleted"
    );
    ask(&world, "DELETE", "/accounts/2", &Value::Null).await.expect(200);
    assert_eq!(get(&world, "/accounts").await.as_array().unwrap().len(), 2);
    assert_eq!(
        ask(&world, "POST", "/categories", &json!({"name": "sales", "type": "Income"})).await.expect(409)["errors"]["name"],
        "Name is already in use"
    );
    make(&world, "/tax-rates", json!({"name": "VAT", "percent": 19.5})).await;
    assert_eq!(
        ask(&world, "PUT", "/tax-rates/4", &json!({"percent": 101})).await.expect(422)["errors"]["percent"],
        "Percent must be at most 100"
    );
    // A series of one's own, and a number chosen by hand that is not in its way.
    let series = ask(&world, "PUT", "/numbering/1", &json!({"template": "R{yy}-{seq:5}"})).await.expect(200);
    assert_eq!(series["data"]["next_number"], "R26-00001");
    assert_eq!(
        ask(&world, "PUT", "/numbering/1", &json!({"template": "R-{seq}"})).await.expect(409)["message"]
            .as_str()
            .unwrap()
            .get(..35),
        Some("Numbers of this template would repea"[..35].into())
    );
    let by_hand = |number: &str| {
        let mut body = invoice(1, "1.00");
        body["invoice_number"] = json!(number);
        body
    };
    make(&world, "/invoices", by_hand("OLD-7")).await;
    assert_eq!(
        ask(&world, "POST", "/invoices", &by_hand("OLD-07")).await.expect(409)["message"],
        "The number OLD-07 is another document's"
    );
    assert_eq!(ask(&world, "POST", "/invoices", &by_hand("R26-00003")).await.expect(409)["error_code"], "RES_002");
    assert_eq!(make(&world, "/invoices", invoice(1, "1.00")).await["invoice_number"], "R26-00001");
    world.books("acme").await;
}

/// Contract racknap §12, over the wire: a note made by CloudOnex, listed by RackNap as of `enddate`.
#[tokio::test(flavor = "multi_thread")]
async fn the_worked_example_of_the_racknap_contract() {
    let world = world().await;
    let note = json!({"customer_id": 1, "date": "2021-06-10", "description": "credit note created against invoice no. INV/21-22/318",
        "items": [{"description": "example.in ( Mailbox Standard )", "qty": 4, "amount": "300.00", "taxes": ["SGST", "CGST"],
            "billing_cycle": "Annually", "period_start": "2021-06-10"}]});
    make(&world, "/credit-notes", note).await;
    let session = world.session("admin").await;
    let call = Call::new("POST", "/api/v2/transaction/credit_note").validate(&session);
    let call = call.header("content-type", "application/x-www-form-urlencoded");
    let answer =
        world.send(call.body(b"customer_id=1&startdate=01/04/2021&enddate=30/09/2021&pid=0")).await.expect(200);
    let note = &answer["data"][0];
    assert_eq!(
        (&answer["status"], &note["tran_no"], &note["tdate"]),
        (&json!("Success"), &json!("CR/21-22/1"), &json!("2021-06-10 00:00:00"))
    );
    assert_eq!(
        [&note["amount"], &note["sub_total"], &note["base_sub_total"], &note["currencycnratio"]],
        [&json!("1416.00"), &json!("1200.00"), &json!("1200.00"), &json!("1.000")]
    );
    let item = &note["transaction_item"][0];
    assert_eq!(
        [&item["quantity"], &item["per_unit_price"], &item["taxable_value"], &item["taxamount"], &item["amount"]],
        [&json!(4), &json!("300.00"), &json!("1200.00"), &json!("216.00"), &json!("1416.00")]
    );
    assert_eq!(
        (&item["start_billing_date"], &item["end_billing_date"]),
        (&json!("2021-06-10 00:00:00"), &json!("2022-06-09 00:00:00"))
    );
    assert_eq!(
        (&item["current_financial_amount"], &item["future_financial_amount"]),
        (&json!("371.51"), &json!("828.49"))
    );
    assert_eq!(
        item["monthly_accural_details"],
        json!({"April-2021": "", "May-2021": "", "June-2021": "69.04", "July-2021": "101.92", "August-2021": "101.92", "September-2021": "98.63"})
    );
}
