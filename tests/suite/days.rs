//! On which day what counts: a document's date, its ratio, what is taken back and what is paid, the same in the journal,
//! in revenue, on the statement and among receivables; and dates that are no dates of a document.

use serde_json::{Value, json};
use tests::{ADMIN, Answer, Call, TOKEN, World};

use crate::documents::{ask, make, world};

/// Seconds of a day.
const DAY: i64 = 86_400;

async fn get(world: &World, path: &str) -> Value {
    ask(world, "GET", path, &Value::Null).await.expect(200)["data"].clone()
}

async fn jerasoft(world: &World, verb: &str, path: &str, body: &Value) -> Answer {
    world.send(Call::new(verb, &format!("/api/{path}")).key(ADMIN).json(body)).await
}

async fn billmora(world: &World, verb: &str, path: &str, body: &Value) -> Answer {
    world.send(Call::new(verb, &format!("/api/v1{path}")).bearer(TOKEN).json(body)).await
}

/// An invoice of customer 1 over an amount, from CloudOnex.
fn invoice(date: &str, amount: &str) -> Value {
    let amount: Value = serde_json::from_str(amount).unwrap();
    json!({"customer_id": 1, "date": date, "items": [{"description": "x", "amount": amount}]})
}

/// An account's sum in the base currency, debits positive.
async fn in_base(world: &World, account: &str) -> String {
    let trial = get(world, "/reports/trial-balance").await;
    let row = trial["in_base_currency"].as_array().unwrap().iter().find(|row| row["account"] == account).cloned();
    let row = row.unwrap_or_else(|| json!({"debit": "0.00", "credit": 0}));
    if row["credit"].to_string().trim_matches(['0', '.']).is_empty() {
        row["debit"].to_string()
    } else {
        format!("-{}", row["credit"])
    }
}

async fn recognised(world: &World, as_of: &str) -> String {
    get(world, &format!("/reports/revenue?as_of={as_of}")).await["recognised"].to_string()
}

/// The statement of customer 1 until a day: date and amount of each line.
async fn statement(world: &World, to: &str) -> Vec<(String, String)> {
    let lines = get(world, &format!("/reports/statement?customer_id=1&date_to={to}")).await["lines"].clone();
    let line = |line: &Value| (line["date"].as_str().unwrap().to_owned(), line["amount"].to_string());
    lines.as_array().unwrap().iter().map(line).collect()
}

fn lines(all: &[(&str, &str)]) -> Vec<(String, String)> {
    all.iter().map(|(date, amount)| ((*date).to_owned(), (*amount).to_owned())).collect()
}

/// A world in which 1 USD is 0.80 EUR, and 0.50 from 15 February on.
async fn with_euro() -> World {
    let world = world().await;
    make(&world, "/currencies", json!({"code": "EUR", "name": "Euro"})).await;
    for (rate, date) in [("0.80", "2026-01-01"), ("0.50", "2026-02-15")] {
        make(&world, "/exchange-rates", json!({"from": "USD", "to": "EUR", "rate": rate, "date": date})).await;
    }
    world
}

fn in_euro(date: &str) -> Value {
    json!({"customer_id": 1, "date": date, "currency": "EUR",
        "items": [{"description": "x", "amount": 100, "tax_rate": 20}]})
}

/// Who keeps the books in dollars has 150.00 to come of 120.00 EUR at 0.80, and 240.00 at 0.50.
#[tokio::test(flavor = "multi_thread")]
async fn a_document_has_the_ratio_of_its_day_wherever_it_moves() {
    let world = with_euro().await;
    let made = make(&world, "/invoices", in_euro("2026-03-01")).await;
    assert_eq!(
        (made["exchange_rate"].to_string().as_str(), in_base(&world, "receivable").await.as_str()),
        ("0.5", "240.00")
    );
    // CloudOnex.
    let moved = ask(&world, "PUT", "/invoices/1", &json!({"date": "2026-02-01"})).await.expect(200);
    assert_eq!(moved["data"]["exchange_rate"].to_string(), "0.8");
    let sums = [in_base(&world, "receivable").await, in_base(&world, "revenue").await, in_base(&world, "tax").await];
    assert_eq!(sums, ["150.00", "-125.00", "-25.00"]);
    assert_eq!(recognised(&world, "2026-02-01").await, "125.00");
    // JeraSoft, there and back.
    for (date, ratio, base) in [("2026-02-20", "0.5", "240.00"), ("2026-02-14", "0.8", "150.00")] {
        jerasoft(&world, "PATCH", "accounting/invoices/1", &json!({"invoice_dt": date})).await.expect(200);
        assert_eq!(get(&world, "/invoices/1").await["exchange_rate"].to_string(), ratio);
        assert_eq!(in_base(&world, "receivable").await, base);
    }
    // A draft that is issued on another day.
    let mut draft = in_euro("2026-03-01");
    draft["status"] = json!("Draft");
    make(&world, "/invoices", draft).await;
    let issued = json!({"date": "2026-02-01", "status": "Unpaid"});
    let issued = ask(&world, "PUT", "/invoices/2", &issued).await.expect(200);
    assert_eq!(
        (issued["data"]["exchange_rate"].to_string().as_str(), in_base(&world, "receivable").await.as_str()),
        ("0.8", "300.00")
    );
    // A draft whose day got another ratio before it is issued, by CloudOnex, and a charge that waits for approval.
    let mut draft = in_euro("2026-02-25");
    draft["status"] = json!("Draft");
    make(&world, "/invoices", draft).await;
    let euro = get(&world, "/currencies").await;
    let euro = euro.as_array().unwrap().iter().find(|one| one["code"] == "EUR").unwrap()["id"].clone();
    let charge = json!({"clients_id": 1, "type": "charge", "amount": "-100", "currencies_id": euro, "dt": "2026-02-25", "status": "pending"});
    let charge = jerasoft(&world, "POST", "accounting/transactions", &charge).await.expect(200)["id"].clone();
    make(&world, "/exchange-rates", json!({"from": "USD", "to": "EUR", "rate": "0.40", "date": "2026-02-20"})).await;
    let issued = ask(&world, "PUT", "/invoices/3", &json!({"status": "Unpaid"})).await.expect(200);
    assert_eq!(issued["data"]["exchange_rate"].to_string(), "0.4");
    jerasoft(&world, "PATCH", &format!("accounting/transactions/{charge}"), &json!({"status": "approved"}))
        .await
        .expect(200);
    assert_eq!(in_base(&world, "receivable").await, "850.00");
    world.books("acme").await;
}

/// What the tax office was told of a day stays true: 365.00 for 2026, taken back on 11 January.
#[tokio::test(flavor = "multi_thread")]
async fn a_closed_day_never_changes() {
    let world = world().await;
    world.pass(-59 * DAY);
    let year = json!({"customer_id": 1, "date": "2026-01-01", "items": [{"description": "x", "amount": 365,
        "period_start": "2026-01-01", "period_end": "2026-12-31"}]});
    for _ in 0..4 {
        make(&world, "/invoices", year.clone()).await;
    }
    assert_eq!(recognised(&world, "2026-02-15").await, "184.00");
    world.pass(10 * DAY);
    for id in 1..=4 {
        ask(&world, "PUT", &format!("/invoices/{id}"), &json!({"status": "Cancelled"})).await.expect(200);
    }
    world.pass(49 * DAY);
    let days = ["2026-01-10", "2026-01-11", "2026-02-15", "2026-02-28"];
    let closed = ["40.00", "0.00", "0.00", "0.00"];
    // Deleted in CloudOnex and Billmora, reopened in CloudOnex, made refunded (and so opened, paid and closed) in Billmora.
    ask(&world, "DELETE", "/invoices/1", &Value::Null).await.expect(200);
    billmora(&world, "DELETE", "/invoices/2", &Value::Null).await.expect(200);
    ask(&world, "PUT", "/invoices/3", &json!({"status": "Unpaid"})).await.expect(200);
    for (day, recognised_then) in days.iter().zip(closed) {
        assert_eq!(recognised(&world, day).await, recognised_then, "{day}");
    }
    // What was reopened makes up for the 60 days until then, and goes on.
    assert_eq!(
        (recognised(&world, "2026-03-01").await, recognised(&world, "2026-03-02").await),
        ("60.00".into(), "61.00".into())
    );
    assert_eq!(recognised(&world, "2026-12-31").await, "365.00");
    world.pass(DAY);
    ask(&world, "PUT", "/invoices/3", &json!({"status": "Void"})).await.expect(200);
    let after = [recognised(&world, "2026-03-01").await, recognised(&world, "2026-03-02").await];
    assert_eq!(after, ["60.00", "0.00"]);
    assert_eq!(recognised(&world, "2026-02-15").await, "0.00");
    // The journal tells the same: issued, taken back, issued and taken back again.
    let own: Vec<(String, String)> = statement(&world, "2026-12-31").await;
    assert_eq!(own.iter().filter(|(date, _)| date == "2026-03-01").count(), 1);
    assert_eq!(own.iter().filter(|(date, _)| date == "2026-03-02").count(), 1);
    world.books("acme").await;
}

/// Money that came in and was taken back: what January reported as its income stays January's.
#[tokio::test(flavor = "multi_thread")]
async fn a_payment_taken_back_is_taken_back_on_that_day() {
    let world = world().await;
    world.pass(-40 * DAY);
    make(&world, "/receipts", json!({"customer_id": 1, "amount": 50, "date": "2026-01-20"})).await;
    world.pass(40 * DAY);
    ask(&world, "DELETE", "/receipts/1", &Value::Null).await.expect(200);
    let income = async |month: u32| {
        get(&world, &format!("/reports/financial?year=2026&month={month}")).await["income"].to_string()
    };
    assert_eq!((income(1).await, income(3).await), ("50.00".into(), "-50.00".into()));
    assert_eq!(statement(&world, "2026-12-31").await, lines(&[("2026-01-20", "50.00"), ("2026-03-01", "-50.00")]));
    world.books("acme").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_issue_counts_on_the_documents_date() {
    let world = world().await;
    let mut draft = invoice("2025-12-15", "100");
    draft["status"] = json!("Draft");
    make(&world, "/invoices", draft).await;
    assert_eq!(statement(&world, "2026-12-31").await, lines(&[]));
    ask(&world, "PUT", "/invoices/1", &json!({"status": "Unpaid"})).await.expect(200);
    assert_eq!(statement(&world, "2025-12-31").await, lines(&[("2025-12-15", "-100.00")]));
    assert_eq!(
        (recognised(&world, "2025-12-14").await, recognised(&world, "2025-12-15").await),
        ("0.00".into(), "100.00".into())
    );
    let aged = get(&world, "/reports/receivables?as_of=2026-03-01").await;
    assert_eq!(
        (aged["overdue"][2]["amount"].to_string(), aged["total"].to_string()),
        ("100.00".into(), "100.00".into())
    );
    // Made as paid it counts on its date too; marked as paid later, on that day.
    let mut paid = invoice("2025-11-01", "30");
    paid["status"] = json!("Paid");
    make(&world, "/invoices", paid).await;
    ask(&world, "PUT", "/invoices/1", &json!({"status": "Paid"})).await.expect(200);
    assert_eq!(statement(&world, "2026-12-31").await, lines(&[("2025-12-15", "-100.00"), ("2026-03-01", "100.00")]));
    world.books("acme").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_seen_before_its_date() {
    let world = world().await;
    let (today, then) = ("2026-05-31", "2026-12-31");
    for _ in 0..5 {
        make(&world, "/invoices", invoice("2026-06-01", "100")).await;
    }
    // Voided, cancelled, marked as paid, deleted by JeraSoft, and paid by money that is here.
    ask(&world, "PUT", "/invoices/1", &json!({"status": "Void"})).await.expect(200);
    ask(&world, "PUT", "/invoices/2", &json!({"status": "Cancelled"})).await.expect(200);
    billmora(&world, "PUT", "/invoices/3", &json!({"status": "paid"})).await.expect(200);
    jerasoft(&world, "DELETE", "accounting/invoices/4", &Value::Null).await.expect(200);
    assert_eq!(statement(&world, today).await, lines(&[]));
    assert_eq!(recognised(&world, today).await, "0.00");
    assert_eq!(recognised(&world, then).await, "200.00");
    make(&world, "/receipts", json!({"customer_id": 1, "amount": 100, "invoice_id": 5})).await;
    assert_eq!(statement(&world, today).await, lines(&[("2026-03-01", "100.00")]));
    let all = statement(&world, then).await;
    assert!(all.iter().skip(1).all(|(date, _)| date == "2026-06-01"), "{all:?}");
    assert_eq!(
        get(&world, &format!("/reports/statement?customer_id=1&date_to={then}")).await["closing_balance"].to_string(),
        "0.00"
    );
    world.books("acme").await;
}

/// Open credit of every kind: the report says what the account says.
#[tokio::test(flavor = "multi_thread")]
async fn receivables_are_the_receivable_account() {
    let world = with_euro().await;
    let agree = async |net: &str| {
        let report = get(&world, "/reports/receivables").await;
        let of = |name: &str| report[name].to_string().parse::<shared::words::money::Decimal>().unwrap();
        assert_eq!((of("total") - of("unallocated_credit")).to_string(), net);
        let own = get(&world, "/reports/receivables?customer_id=1").await;
        assert_eq!((&own["total"], &own["unallocated_credit"]), (&report["total"], &report["unallocated_credit"]));
        assert_eq!(in_base(&world, "receivable").await, net);
    };
    make(&world, "/receipts", json!({"customer_id": 1, "amount": 100})).await;
    agree("-100.00").await;
    // JeraSoft pays out, which is set against nothing.
    let refund = json!({"clients_id": 1, "type": "payment", "amount": "-30"});
    jerasoft(&world, "POST", "accounting/transactions", &refund).await.expect(200);
    agree("-70.00").await;
    // Billmora's invoice of less than nothing, a charge and a credit of JeraSoft's, a note, a draft, euros.
    let less = json!({"user_id": 1, "due_date": "2026-04-01", "items": [{"description": "x", "quantity": 1, "unit_price": -5}]});
    billmora(&world, "POST", "/invoices", &less).await.expect(201);
    agree("-75.00").await;
    for amount in ["-12", "7"] {
        let charge = json!({"clients_id": 1, "type": "charge", "amount": amount});
        jerasoft(&world, "POST", "accounting/transactions", &charge).await.expect(200);
    }
    agree("-70.00").await;
    make(&world, "/invoices", in_euro("2026-02-01")).await;
    agree("80.00").await;
    let paid = json!({"customer_id": 1, "amount": 60, "currency": "EUR", "date": "2026-03-01", "invoice_id": 2});
    make(&world, "/receipts", paid).await;
    agree("5.00").await;
    let mut draft = invoice("2026-03-01", "100");
    draft["status"] = json!("Draft");
    make(&world, "/invoices", draft).await;
    agree("5.00").await;
    world.books("acme").await;
}
