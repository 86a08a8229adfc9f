//! Numbers that are taken where a series comes to them, and documents that never get one.

use std::collections::BTreeMap;

use local::transfer::extract::{Document, Extract, line};
use local::transfer::importer::import;
use serde_json::{Value, json};
use shared::domain::documents::{Kind, Status};
use shared::words::money::{Currency, Decimal};
use shared::words::time::{Day, Zone};
use tests::{ADMIN, Call, World};

use crate::documents::{ask, make, world};
use crate::einvoices::cloudonex;
use crate::orders::data;
use crate::transfer::tenant;

fn invoice(date: &str) -> Value {
    json!({"customer_id": 1, "date": date, "items": [{"description": "x", "amount": 1}]})
}

async fn number(world: &World, date: &str) -> String {
    make(world, "/invoices", invoice(date)).await["invoice_number"].as_str().unwrap().to_owned()
}

async fn register(world: &World) -> Vec<(String, bool, bool)> {
    let rows = ask(world, "GET", "/numbering/1/register", &Value::Null).await.expect(200)["data"].clone();
    let row =
        |row: &Value| (row["number"].as_str().unwrap().to_owned(), row["by_hand"] == true, row["passed_over"] == true);
    rows.as_array().unwrap().iter().map(row).collect()
}

/// A number of next year's, chosen on a document of this one, would have stood in the way of all of next year's.
#[tokio::test(flavor = "multi_thread")]
async fn a_number_of_any_period_is_the_series_own() {
    let world = world().await;
    make(&world, "/invoices", invoice("2026-02-15")).await;
    make(&world, "/invoices", invoice("2026-02-15")).await;
    for number in ["INV-2027-001", "inv-2027-1", "INV-2027-9999", "INV-1999-5", "INV-2200-10000", "INV-2026-003"] {
        let call = Call::new("PATCH", "/api/accounting/invoices/2").key(ADMIN).json(&json!({"invoice_no": number}));
        // JeraSoft has one code for whatever is refused.
        assert_eq!(world.send(call).await.status, 422, "JeraSoft {number}");
        let told = ask(&world, "PUT", "/invoices/2", &json!({"invoice_number": number})).await.expect(409);
        assert!(told["message"].as_str().unwrap().contains("belongs to the series"), "{told}");
        let mut new = invoice("2026-02-15");
        new["invoice_number"] = json!(number);
        assert_eq!(ask(&world, "POST", "/invoices", &new).await.status, 409, "{number}");
        let older = json!({"cid": 1, "cn": number, "items": [{"description": "x", "amount": 1}]});
        assert_eq!(ask(&world, "POST", "/invoice", &older).await.status, 409, "{number}");
    }
    assert_eq!(
        (number(&world, "2027-01-10").await, number(&world, "2026-03-01").await),
        ("INV-2027-001".into(), "INV-2026-003".into())
    );
    // Far from what the series comes to, or none of its numbers at all.
    for number in ["INV-2027-10002", "INV-27-001", "2027/1"] {
        ask(&world, "PUT", "/invoices/2", &json!({"invoice_number": number})).await.expect(200);
    }
    world.books("acme").await;
}

/// What was numbered before a series had its template may stand where it comes to.
#[tokio::test(flavor = "multi_thread")]
async fn a_number_that_is_taken_is_passed_over() {
    let world = world().await;
    make(&world, "/invoices", invoice("2026-02-15")).await;
    for (id, number) in [(2, "X-2026-2"), (3, "x-2026-03"), (4, "X-2026-5"), (5, "X-2027-001")] {
        let mut new = invoice("2026-02-15");
        new["invoice_number"] = json!(number);
        assert_eq!(make(&world, "/invoices", new).await["id"], id);
    }
    let series = json!({"template": "X-{yyyy}-{seq}", "reset": "year"});
    let set = ask(&world, "PUT", "/numbering/1", &series).await.expect(200);
    assert_eq!(set["data"]["next_number"], "X-2026-4");
    assert_eq!(number(&world, "2026-02-20").await, "X-2026-4");
    assert_eq!(
        (number(&world, "2026-02-21").await, number(&world, "2026-02-21").await),
        ("X-2026-6".into(), "X-2026-7".into())
    );
    assert_eq!(number(&world, "2027-02-20").await, "X-2027-2");
    // A draft that is issued, and one in Billmora and JeraSoft's words, are numbered by the same rule.
    let mut draft = invoice("2027-03-01");
    draft["status"] = json!("Draft");
    let draft = make(&world, "/invoices", draft).await["id"].clone();
    let issued = ask(&world, "PUT", &format!("/invoices/{draft}"), &json!({"status": "Unpaid"})).await.expect(200);
    assert_eq!(issued["data"]["invoice_number"], "X-2027-3");
    let rows = register(&world).await;
    let passed: Vec<&str> =
        rows.iter().filter(|(_, _, passed)| *passed).map(|(number, _, _)| number.as_str()).collect();
    assert_eq!(passed, ["X-2026-2", "x-2026-03", "X-2026-5", "X-2027-001"]);
    assert!(rows.iter().filter(|(_, _, passed)| *passed).all(|(_, by_hand, _)| *by_hand));
    world.books("acme").await;
    // A counter that begins once more under the same template finds a whole year taken.
    let series = json!({"template": "X-{yyyy}-{seq}", "reset": "never"});
    ask(&world, "PUT", "/numbering/1", &series).await.expect(200);
    assert_eq!(number(&world, "2026-02-22").await, "X-2026-1");
    assert_eq!(number(&world, "2026-02-22").await, "X-2026-8");
    world.books("acme").await;
    let until = cloudonex("POST", "/billing/run").json(&json!({}));
    assert_eq!(data(&world, until, 200).await["failed"], 0);
}

/// More than a register can be told of in one commit.
#[tokio::test(flavor = "multi_thread")]
async fn a_long_run_of_taken_numbers_is_passed_over() {
    let world = world().await;
    for _ in 0..130 {
        make(&world, "/invoices", invoice("2026-02-15")).await;
    }
    let series = json!({"template": "INV-{yyyy}-{seq}", "reset": "never"});
    let set = ask(&world, "PUT", "/numbering/1", &series).await.expect(200);
    assert_eq!(set["data"]["next_number"], "INV-2026-131");
    assert_eq!(
        (number(&world, "2026-02-22").await, number(&world, "2026-02-22").await),
        ("INV-2026-131".into(), "INV-2026-132".into())
    );
    world.books("acme").await;
}

/// Wherever a draft is taken back, it has no number and none is drawn for it.
#[tokio::test(flavor = "multi_thread")]
async fn a_draft_that_is_taken_back_has_no_number() {
    let world = world().await;
    for _ in 0..4 {
        let mut draft = invoice("2026-02-15");
        draft["status"] = json!("Draft");
        make(&world, "/invoices", draft).await;
    }
    ask(&world, "PUT", "/invoices/1", &json!({"status": "Cancelled"})).await.expect(200);
    ask(&world, "PUT", "/invoices/2", &json!({"status": "Void"})).await.expect(200);
    ask(&world, "DELETE", "/invoices/3", &Value::Null).await.expect(200);
    let call = Call::new("PUT", "/api/v1/invoices/4").bearer(tests::TOKEN).json(&json!({"status": "cancelled"}));
    world.send(call).await.expect(200);
    assert_eq!(register(&world).await, Vec::new());
    assert_eq!(number(&world, "2026-02-15").await, "INV-2026-001");
    // One that is opened again is issued at last.
    let opened = ask(&world, "PUT", "/invoices/1", &json!({"status": "Unpaid"})).await.expect(200);
    assert_eq!(opened["data"]["invoice_number"], "INV-2026-002");
    world.books("acme").await;
}

/// The source's cancelled draft, an issued invoice that it tells no number of, and the invoice INV-2026-001.
#[tokio::test(flavor = "multi_thread")]
async fn an_import_keeps_the_numbers_that_are_known() {
    let world = World::new().await;
    let usd = Currency::from_code("USD").unwrap();
    let document = |id: u64, number: Option<&str>, status: Status| {
        let mut document = Document::of(Kind::Invoice, id, usd);
        document.number = number.map(str::to_owned);
        document.customer = Some(7);
        document.day = Day::midnight("2026-02-15".parse().unwrap(), Zone::UTC);
        document.status = status;
        document.total = 100;
        document.lines = vec![line("x", (Decimal::ONE, Decimal::ONE), 0, Vec::new(), 100)];
        document
    };
    let change = shared::domain::customers::Change { name: Some("From elsewhere".into()), ..Default::default() };
    let documents = vec![
        document(1, None, Status::Cancelled),
        document(2, None, Status::Void),
        document(3, None, Status::Unpaid),
        document(4, Some("INV-2026-001"), Status::Unpaid),
        document(5, Some("INV-2026-003"), Status::Cancelled),
        document(6, None, Status::Draft),
    ];
    let extract =
        Extract { system: "cloudonex", customers: BTreeMap::from([(7, change)]), documents, ..Extract::default() };
    for _ in 0..2 {
        let report = import(&world.app, &tenant("acme"), extract.clone(), &mut |_| {}).await.unwrap();
        assert_eq!(report.refused(), 0, "{:#?}", report.failed);
    }
    let all = ask(&world, "GET", "/invoices?sort=id", &Value::Null).await.expect(200)["data"].clone();
    let mut numbers: Vec<(u64, Value, Value)> = all
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["id"].as_u64().unwrap(), one["invoice_number"].clone(), one["status"].clone()))
        .collect();
    numbers.sort_by_key(|(id, _, _)| *id);
    let expected = [
        (1, Value::Null, json!("Cancelled")),
        (2, Value::Null, json!("Void")),
        (3, json!("INV-2026-002"), json!("Unpaid")),
        (4, json!("INV-2026-001"), json!("Unpaid")),
        (5, json!("INV-2026-003"), json!("Cancelled")),
        (6, Value::Null, json!("Draft")),
    ];
    assert_eq!(numbers, expected);
    world.books("acme").await;
    assert_eq!(number(&world, "2026-02-20").await, "INV-2026-004");
    world.books("acme").await;
}
