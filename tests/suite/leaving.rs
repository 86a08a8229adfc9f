//! What may leave: what an invoice gives back and what a customer is paid out, in every dialect that can do it. The right
//! values are the trade's: no more goes back than came in, and nothing goes back twice.

use serde_json::{Value, json};
use shared::words::money::{Decimal, parse_decimal};
use tests::{ADMIN, Answer, Call, TOKEN, World};

use crate::documents::{ask, invoice, make, world};

async fn get(world: &World, path: &str) -> Value {
    ask(world, "GET", path, &Value::Null).await.expect(200)["data"].clone()
}

/// JeraSoft.
async fn jera(world: &World, verb: &str, path: &str, body: &Value) -> Answer {
    world.send(Call::new(verb, &format!("/api{path}")).key(ADMIN).json(body)).await
}

/// Billmora.
async fn bill(world: &World, verb: &str, path: &str, body: &Value) -> Answer {
    let call = Call::new(verb, &format!("/api/v1{path}")).bearer(TOKEN).header("accept", "application/json");
    world.send(call.json(body)).await
}

async fn balance(world: &World, customer: u64) -> String {
    jera(world, "GET", &format!("/clients/{customer}"), &Value::Null).await.expect(200)["balance"].to_string()
}

/// An account's sum in the base currency, a debit when above 0; 0 where it never had one.
async fn sum(world: &World, account: &str) -> Decimal {
    let trial = get(world, "/reports/trial-balance").await;
    let rows = trial["in_base_currency"].as_array().unwrap();
    let Some(row) = rows.iter().find(|row| row["account"] == account) else { return Decimal::ZERO };
    let side = |name: &str| parse_decimal(&row[name].to_string()).unwrap();
    side("debit") - side("credit")
}

fn receipt(customer: u64, amount: &str, invoice: Option<u64>) -> Value {
    let mut body = json!({"customer_id": customer, "account_id": 1, "amount": amount});
    if let Some(invoice) = invoice {
        body["invoice_id"] = invoice.into();
    }
    body
}

fn refund(customer: u64, amount: &str) -> Value {
    json!({"customer_id": customer, "account_id": 1, "amount": amount})
}

/// A note on an invoice with one line, without taxes.
fn note(customer: u64, invoice: Option<u64>, amount: &str) -> Value {
    json!({"customer_id": customer, "invoice_id": invoice, "date": "2026-03-01", "description": "Back",
        "items": [{"description": "Back", "amount": amount, "qty": 1}]})
}

fn deposit(customer: u64, amount: &str) -> Value {
    json!({"user_id": customer, "due_date": "2026-03-15",
        "items": [{"description": "Credit Deposit", "quantity": 1, "unit_price": amount}]})
}

fn taxed(customer: u64, amount: &str) -> Value {
    let mut body = invoice(customer, amount);
    body["items"][0]["taxes"] = json!(["IGST"]);
    body
}

/// Nothing more can be paid out to a customer.
async fn nothing_left(world: &World, customer: u64) {
    let said = ask(world, "POST", "/refunds", &refund(customer, "0.01")).await.expect(422);
    assert_eq!(said["errors"]["amount"], "Amount must be at most 0.00");
    let said = jera(world, "POST", "/accounting/transactions", &payment(customer, "-0.01")).await.expect(422);
    assert_eq!(said["error"]["data"]["code"], "LowBalanceError", "{said}");
}

fn payment(customer: u64, amount: &str) -> Value {
    json!({"clients_id": customer, "type": "payment", "amount": serde_json::from_str::<Value>(amount).unwrap()})
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_paid_out_is_set_against_what_it_gives_back() {
    let world = world().await;
    // Money in and out by JeraSoft, and then out once more by CloudOnex.
    jera(&world, "POST", "/accounting/transactions", &payment(1, "30")).await.expect(200);
    jera(&world, "POST", "/accounting/transactions", &payment(1, "-30")).await.expect(200);
    nothing_left(&world, 1).await;
    // The receipt that was given back pays nothing, and neither it nor what it was given back by is forgotten.
    make(&world, "/invoices", invoice(1, "30.00")).await;
    let set =
        ask(&world, "POST", "/receipts/1/allocations", &json!({"allocations": [{"invoice_id": 1, "amount": 30}]}))
            .await;
    assert_eq!(set.status, 422, "{}", set.text);
    ask(&world, "DELETE", "/receipts/1", &Value::Null).await.expect(409);
    ask(&world, "DELETE", "/receipts/1/allocations", &Value::Null).await.expect(409);
    jera(&world, "DELETE", "/accounting/transactions/1", &Value::Null).await.expect(422);
    nothing_left(&world, 1).await;
    // A refund that was made by mistake is taken away, and its money is credit again.
    jera(&world, "DELETE", "/accounting/transactions/2", &Value::Null).await.expect(200);
    assert_eq!(balance(&world, 1).await, "0.00");
    // What is owed comes first: of 100 in credit with 60 open, 40 are paid out.
    make(&world, "/invoices", invoice(2, "60.00")).await;
    make(&world, "/receipts", receipt(2, "100", None)).await;
    let said = ask(&world, "POST", "/refunds", &refund(2, "40.01")).await.expect(422);
    assert_eq!(said["errors"]["amount"], "Amount must be at most 40.00");
    jera(&world, "POST", "/accounting/transactions", &payment(2, "-40.01")).await.expect(422);
    make(&world, "/refunds", refund(2, "40")).await;
    nothing_left(&world, 2).await;
    world.books("acme").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refund_that_waited_for_approval_is_covered_when_it_is_approved() {
    let world = world().await;
    let mut waits = payment(1, "-30");
    waits["status"] = "pending".into();
    let made = jera(&world, "POST", "/accounting/transactions", &waits).await.expect(200);
    let path = format!("/accounting/transactions/{}", made["id"]);
    jera(&world, "PATCH", &path, &json!({"status": "approved"})).await.expect(422);
    jera(&world, "POST", "/accounting/transactions", &payment(1, "30")).await.expect(200);
    jera(&world, "PATCH", &path, &json!({"status": "approved"})).await.expect(200);
    nothing_left(&world, 1).await;
    assert_eq!(balance(&world, 1).await, "0.00");
    world.books("acme").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invoice_is_credited_no_more_than_it_charged() {
    let world = world().await;
    make(&world, "/invoices", invoice(1, "100.00")).await;
    let said = ask(&world, "POST", "/credit-notes", &note(1, Some(1), "5000")).await.expect(422);
    assert_eq!(said["errors"]["amount"], "Amount must be at most 100.00");
    make(&world, "/credit-notes", note(1, Some(1), "60")).await;
    let said = ask(&world, "POST", "/credit-notes", &note(1, Some(1), "100")).await.expect(422);
    assert_eq!(said["errors"]["amount"], "Amount must be at most 40.00");
    // A tax that the invoice never had.
    let mut with_tax = note(1, Some(1), "10");
    with_tax["items"][0]["taxes"] = json!(["IGST"]);
    let said = ask(&world, "POST", "/credit-notes", &with_tax).await.expect(422);
    assert_eq!(said["errors"]["taxes"], "Taxes must be at most 0.00");
    // An earlier day, another currency.
    let mut early = note(1, Some(1), "10");
    early["date"] = "2026-02-14".into();
    assert!(ask(&world, "POST", "/credit-notes", &early).await.expect(422)["errors"]["date"].is_string());
    let mut rupees = note(1, Some(1), "10");
    rupees["currency"] = "INR".into();
    ask(&world, "POST", "/credit-notes", &rupees).await.expect(409);
    // What is taken away can be given again, and what is left to the cent.
    ask(&world, "DELETE", "/credit-notes/1", &Value::Null).await.expect(200);
    make(&world, "/credit-notes", note(1, Some(1), "100")).await;
    ask(&world, "POST", "/credit-notes", &note(1, Some(1), "0.01")).await.expect(422);
    assert_eq!((balance(&world, 1).await.as_str(), sum(&world, "revenue").await), ("0.00", Decimal::ZERO));
    // Without an invoice a note stays possible, and says so.
    let free = ask(&world, "POST", "/credit-notes", &note(1, None, "5")).await.expect(201);
    assert_eq!(free["data"]["invoice_id"], Value::Null);
    assert_eq!(free["message"], "Credit note created; it concerns no invoice");
    world.books("acme").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_note_concerns_an_invoice_that_stands() {
    let world = world().await;
    let states = [("Draft", None), ("Unpaid", Some("Void")), ("Unpaid", Some("Cancelled")), ("Paid", Some("Refunded"))];
    for (place, (made, moved)) in states.into_iter().enumerate() {
        let mut body = invoice(1, "100.00");
        body["status"] = made.into();
        let made = make(&world, "/invoices", body).await;
        if let Some(status) = moved {
            ask(&world, "PUT", &format!("/invoices/{}", made["id"]), &json!({"status": status})).await.expect(200);
        }
        let id = made["id"].as_u64().unwrap();
        for path in ["/credit-notes", "/debit-notes"] {
            ask(&world, "POST", path, &note(1, Some(id), "10")).await.expect(409);
        }
        assert_eq!(id, place as u64 + 1);
    }
    world.books("acme").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_taxes_of_parts_add_up_to_those_of_the_whole() {
    let world = world().await;
    // 1.03 at 18 %: 0.19. Its parts: 0.26 (0.05), 0.26 (0.05), 0.26 (0.05) and 0.25 (0.05, of which 0.04 are left).
    make(&world, "/invoices", taxed(1, "1.03")).await;
    for (amount, tax) in [("0.26", "0.05"), ("0.26", "0.05"), ("0.26", "0.05"), ("0.25", "0.04")] {
        let mut part = note(1, Some(1), amount);
        part["items"][0]["taxes"] = json!(["IGST"]);
        let made = make(&world, "/credit-notes", part).await;
        assert_eq!(made["tax"].to_string(), tax, "{made}");
    }
    assert_eq!(balance(&world, 1).await, "0.00");
    for account in ["revenue", "tax", "receivable"] {
        assert_eq!(sum(&world, account).await, Decimal::ZERO, "{account}");
    }
    assert_eq!(get(&world, "/invoices/1").await["status"], "Paid");
    world.books("acme").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_credited_is_not_refunded() {
    let world = world().await;
    make(&world, "/invoices", taxed(1, "100.00")).await;
    let mut whole = note(1, Some(1), "100");
    whole["items"][0]["taxes"] = json!(["IGST"]);
    make(&world, "/credit-notes", whole).await;
    assert_eq!(get(&world, "/invoices/1").await["status"], "Paid");
    ask(&world, "PUT", "/invoices/1", &json!({"status": "Refunded"})).await.expect(409);
    bill(&world, "PUT", "/invoices/1", &json!({"status": "refunded"})).await.expect(422);
    for account in ["clearing", "revenue", "tax", "receivable"] {
        assert_eq!(sum(&world, account).await, Decimal::ZERO, "{account}");
    }
    // Paid by money, credited in part, and the credit paid out: the status gives back no part of it again.
    make(&world, "/invoices", invoice(2, "100.00")).await;
    make(&world, "/receipts", receipt(2, "100", Some(2))).await;
    make(&world, "/credit-notes", note(2, Some(2), "30")).await;
    make(&world, "/refunds", refund(2, "30")).await;
    ask(&world, "PUT", "/invoices/2", &json!({"status": "Refunded"})).await.expect(409);
    make(&world, "/credit-notes", note(2, Some(2), "70")).await;
    make(&world, "/refunds", refund(2, "70")).await;
    nothing_left(&world, 2).await;
    ask(&world, "PUT", "/invoices/2", &json!({"status": "Refunded"})).await.expect(409);
    bill(&world, "PUT", "/invoices/2", &json!({"status": "refunded"})).await.expect(422);
    world.books("acme").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_refunded_stays_refunded() {
    let world = world().await;
    for (customer, by_receipt) in [(1, true), (2, false)] {
        let made = make(&world, "/invoices", invoice(customer, "100.00")).await;
        let id = made["id"].as_u64().unwrap();
        let path = format!("/invoices/{id}");
        if by_receipt {
            make(&world, "/receipts", receipt(customer, "100", Some(id))).await;
        } else {
            bill(&world, "PUT", &path, &json!({"status": "paid"})).await.expect(200);
        }
        let clearing = sum(&world, "clearing").await;
        bill(&world, "PUT", &path, &json!({"status": "refunded"})).await.expect(200);
        assert_eq!(clearing - sum(&world, "clearing").await, Decimal::from(100));
        // The money is gone: nobody takes the invoice away, nor pays it out again.
        ask(&world, "DELETE", &path, &Value::Null).await.expect(409);
        bill(&world, "DELETE", &path, &Value::Null).await.expect(422);
        jera(&world, "DELETE", &format!("/accounting/invoices/{id}"), &Value::Null).await.expect(422);
        nothing_left(&world, customer).await;
        // Opened again it asks for the money that was given back; cancelled then, nothing is owed and nothing credit.
        bill(&world, "PUT", &path, &json!({"status": "unpaid"})).await.expect(200);
        assert_eq!(balance(&world, customer).await, "-100.00");
        assert_eq!(get(&world, &path).await["amount_due"].to_string(), "100.00");
        nothing_left(&world, customer).await;
        ask(&world, "DELETE", &path, &Value::Null).await.expect(409);
        bill(&world, "PUT", &path, &json!({"status": "cancelled"})).await.expect(200);
        assert_eq!(balance(&world, customer).await, "0.00");
        nothing_left(&world, customer).await;
        world.books("acme").await;
        // Paid and refunded a second time: each is money of its own.
        bill(&world, "PUT", &path, &json!({"status": "paid"})).await.expect(200);
        assert_eq!(balance(&world, customer).await, "0.00");
        nothing_left(&world, customer).await;
        bill(&world, "PUT", &path, &json!({"status": "refunded"})).await.expect(200);
        nothing_left(&world, customer).await;
        world.books("acme").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deposit_is_credit_once_and_only_what_billmora_calls_one() {
    let world = world().await;
    // The tenant's first credit note is drawn by whoever pays.
    let made = bill(&world, "POST", "/invoices", &deposit(1, "100")).await.expect(201);
    let id = made["data"]["id"].as_u64().unwrap();
    let path = format!("/invoices/{id}");
    bill(&world, "PUT", &path, &json!({"status": "paid"})).await.expect(200);
    assert_eq!(balance(&world, 1).await, "100.00");
    // Unpaid and paid again it is bought once.
    bill(&world, "PUT", &path, &json!({"status": "unpaid"})).await.expect(200);
    assert_eq!(balance(&world, 1).await, "0.00");
    bill(&world, "PUT", &path, &json!({"status": "paid"})).await.expect(200);
    assert_eq!(balance(&world, 1).await, "100.00");
    // Refunded it is no credit any more.
    bill(&world, "PUT", &path, &json!({"status": "refunded"})).await.expect(200);
    assert_eq!(balance(&world, 1).await, "0.00");
    nothing_left(&world, 1).await;
    // The credit paid out, it is not refunded.
    let made = bill(&world, "POST", "/invoices", &deposit(2, "100")).await.expect(201);
    let path = format!("/invoices/{}", made["data"]["id"]);
    bill(&world, "PUT", &path, &json!({"status": "paid"})).await.expect(200);
    make(&world, "/refunds", refund(2, "100")).await;
    bill(&world, "PUT", &path, &json!({"status": "refunded"})).await.expect(422);
    bill(&world, "PUT", &path, &json!({"status": "cancelled"})).await.expect(422);
    bill(&world, "DELETE", &path, &Value::Null).await.expect(422);
    nothing_left(&world, 2).await;
    // Cancelled before the credit is used, nothing is left of it.
    let made = bill(&world, "POST", "/invoices", &deposit(3, "100")).await.expect(201);
    let path = format!("/invoices/{}", made["data"]["id"]);
    bill(&world, "PUT", &path, &json!({"status": "paid"})).await.expect(200);
    bill(&world, "PUT", &path, &json!({"status": "cancelled"})).await.expect(200);
    assert_eq!(balance(&world, 3).await, "0.00");
    nothing_left(&world, 3).await;
    world.books("acme").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_way_of_paying_a_deposit_makes_it_credit() {
    for way in ["bm", "cx", "made", "receipt", "allocation", "js", "note"] {
        let world = world().await;
        let mut body = deposit(1, "100");
        // What stands beside it is sold, and only its own amount is credit.
        body["items"].as_array_mut().unwrap().push(json!({"description": "Hosting", "quantity": 1, "unit_price": "7"}));
        if way == "made" {
            body["status"] = "paid".into();
        }
        bill(&world, "POST", "/invoices", &body).await.expect(201);
        match way {
            "bm" => drop(bill(&world, "PUT", "/invoices/1", &json!({"status": "paid"})).await.expect(200)),
            "cx" => drop(ask(&world, "PUT", "/invoices/1", &json!({"status": "Paid"})).await.expect(200)),
            "receipt" => drop(make(&world, "/receipts", receipt(1, "107", Some(1))).await),
            "allocation" | "note" => {
                let path = if way == "note" {
                    make(&world, "/credit-notes", note(1, None, "107")).await;
                    "/credit-notes/1/allocations"
                } else {
                    make(&world, "/receipts", receipt(1, "107", None)).await;
                    "/receipts/1/allocations"
                };
                ask(&world, "POST", path, &json!({"allocations": [{"invoice_id": 1}]})).await.expect(200);
            }
            "js" => {
                let mut body = payment(1, "107");
                body["invoices_id"] = json!([1]);
                jera(&world, "POST", "/accounting/transactions", &body).await.expect(200);
            }
            _ => {}
        }
        assert_eq!(balance(&world, 1).await, "100.00", "{way}");
        assert_eq!(get(&world, "/invoices/1").await["status"], "Paid", "{way}");
        world.books("acme").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_called_a_deposit_elsewhere_is_a_sale() {
    let world = world().await;
    let mut box_rental = invoice(1, "100.00");
    box_rental["items"][0]["description"] = "Credit Deposit box rental".into();
    make(&world, "/invoices", box_rental).await;
    make(&world, "/receipts", receipt(1, "100", Some(1))).await;
    assert_eq!(balance(&world, 1).await, "0.00");
    assert_eq!(get(&world, "/credit-notes").await, json!([]));
    nothing_left(&world, 1).await;
    world.books("acme").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invoice_below_nothing_is_credit_like_any_other() {
    let world = world().await;
    let body = json!({"user_id": 1, "due_date": "2026-03-15", "items": [
        {"description": "Hosting", "quantity": 1, "unit_price": "10"}, {"description": "Loyalty", "quantity": 1, "unit_price": "-15"}]});
    bill(&world, "POST", "/invoices", &body).await.expect(201);
    assert_eq!(balance(&world, 1).await, "5.00");
    let said = ask(&world, "POST", "/refunds", &refund(1, "5.01")).await.expect(422);
    assert_eq!(said["errors"]["amount"], "Amount must be at most 5.00");
    make(&world, "/refunds", refund(1, "2")).await;
    jera(&world, "POST", "/accounting/transactions", &payment(1, "-3")).await.expect(200);
    nothing_left(&world, 1).await;
    assert_eq!(balance(&world, 1).await, "0.00");
    // Paid out, it is not taken back.
    bill(&world, "PUT", "/invoices/1", &json!({"status": "cancelled"})).await.expect(422);
    bill(&world, "DELETE", "/invoices/1", &Value::Null).await.expect(422);
    world.books("acme").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_who_owes_or_has_credit_is_not_deleted() {
    let world = world().await;
    make(&world, "/invoices", invoice(1, "100.00")).await;
    make(&world, "/receipts", receipt(1, "30", None)).await;
    bill(&world, "DELETE", "/users/1", &Value::Null).await.expect(409);
    make(&world, "/receipts", receipt(1, "70", None)).await;
    // The balance is 0, and both are open.
    assert_eq!(balance(&world, 1).await, "0.00");
    bill(&world, "DELETE", "/users/1", &Value::Null).await.expect(409);
    for id in [1, 2] {
        let path = format!("/receipts/{id}/allocations");
        ask(&world, "POST", &path, &json!({"allocations": [{"invoice_id": 1}]})).await.expect(200);
    }
    bill(&world, "DELETE", "/users/1", &Value::Null).await.expect(200);
    world.books("acme").await;
}
