//! What each operation on documents costs: calls to the store and request units, counted. The table in
//! `docs/costs.md` is this test's; `UPDATE_GOLDEN=1 cargo test -p tests costs` writes it anew.

use std::fmt::Write;
use std::path::PathBuf;

use serde_json::{Value, json};
use tests::{ADMIN, Call, TOKEN, World};

fn cloudonex(verb: &str, path: &str, body: &Value) -> Call {
    let call = Call::new(verb, &format!("/api/v2{path}")).bearer(ADMIN);
    if body.is_null() { call } else { call.json(body).once(&key(body)) }
}

/// A key for each body, of one length.
fn key(body: &Value) -> String {
    shared::machinery::secrets::sha256(body.to_string().as_bytes())
}

fn lines(count: usize) -> Value {
    let line =
        |n: usize| json!({"description": format!("Line {n}"), "amount": 10, "qty": 1, "taxes": ["SGST", "CGST"]});
    (0..count).map(line).collect()
}

async fn prepared() -> World {
    let world = World::new().await;
    world.customers(3).await;
    for _ in 0..24 {
        let body = json!({"customer_id": 1, "date": "2026-02-01", "due_date": "2026-03-15", "items": lines(1)});
        world.send(Call::new("POST", "/api/v2/invoices").bearer(ADMIN).json(&body)).await.expect(201);
    }
    let receipt = json!({"customer_id": 1, "account_id": 1, "amount": 500});
    world.send(Call::new("POST", "/api/v2/receipts").bearer(ADMIN).json(&receipt)).await.expect(201);
    world
}

fn file() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("docs/costs.md")
}

#[tokio::test(flavor = "multi_thread")]
async fn what_operations_on_documents_cost() {
    let world = prepared().await;
    let session = world.session("admin").await;
    let dated =
        |items: Value| json!({"customer_id": 1, "date": "2026-02-03", "due_date": "2026-03-03", "items": items});
    let mut term = lines(1);
    term[0]["billing_cycle"] = json!("Annually");
    term[0]["period_start"] = json!("2026-02-03");
    let twenty: Vec<Value> = (1..=12).map(|id| json!({"invoice_id": id, "amount": 1})).collect();
    let note = json!({"customer_id": 1, "date": "2026-02-03", "description": "n", "invoice_id": 1, "items": lines(1)});
    let racknap = |path: &str, body: Value| Call::new("POST", path).validate(&session).json(&body);
    let jerasoft = |verb: &str, path: &str, body: &Value| {
        let call = Call::new(verb, &format!("/api{path}")).key(ADMIN);
        if body.is_null() { call } else { call.json(body).once(&key(body)) }
    };
    let billed = json!({"user_id": 2, "due_date": "2026-04-01", "items": [{"description": "x", "quantity": 1, "unit_price": 80}]});
    let none = Value::Null;
    let calls = [
        ("issue an invoice of 1 line, CloudOnex", cloudonex("POST", "/invoices", &dated(lines(1)))),
        ("issue an invoice of 10 lines, CloudOnex", cloudonex("POST", "/invoices", &dated(lines(10)))),
        ("issue an invoice of 1 line over a year, CloudOnex", cloudonex("POST", "/invoices", &dated(term))),
        (
            "issue an invoice in a foreign currency, CloudOnex",
            cloudonex("POST", "/invoices", &json!({"customer_id": 2, "currency": "INR", "items": lines(1)})),
        ),
        ("issue an invoice, Billmora", Call::new("POST", "/api/v1/invoices").bearer(TOKEN).json(&billed).once("b")),
        (
            "record a charge, JeraSoft",
            jerasoft(
                "POST",
                "/accounting/transactions",
                &json!({"clients_id": 2, "type": "charge", "amount": -5, "dt": "2026-02-10"}),
            ),
        ),
        (
            "issue an invoice of one charge, JeraSoft",
            jerasoft(
                "POST",
                "/accounting/invoices",
                &json!({"clients_id": 2, "start_dt": "2026-02-01", "stop_dt": "2026-03-01"}),
            ),
        ),
        ("read an invoice, CloudOnex", cloudonex("GET", "/invoices/1", &none)),
        ("list invoices, first page, CloudOnex", cloudonex("GET", "/invoices", &none)),
        (
            "list a customer's unpaid invoices, CloudOnex",
            cloudonex("GET", "/invoices?customer_id=1&status=Unpaid", &none),
        ),
        (
            "list a month's invoices, RackNap",
            racknap("/api/v2/invoice/list", json!({"startdate": "01/02/2026", "enddate": "28/02/2026"})),
        ),
        (
            "pay an invoice, CloudOnex",
            cloudonex("POST", "/receipts", &json!({"customer_id": 1, "account_id": 1, "amount": 5, "invoice_id": 1})),
        ),
        (
            "pay twelve invoices at once, CloudOnex",
            cloudonex(
                "POST",
                "/receipts",
                &json!({"customer_id": 1, "account_id": 1, "amount": 20, "allocations": twenty}),
            ),
        ),
        (
            "record a payment, JeraSoft",
            jerasoft("POST", "/accounting/transactions", &json!({"clients_id": 1, "type": "payment", "amount": 5})),
        ),
        (
            "set credit against an invoice, CloudOnex",
            cloudonex("POST", "/receipts/1/allocations", &json!({"allocations": [{"invoice_id": 2, "amount": 1}]})),
        ),
        ("refund, CloudOnex", cloudonex("POST", "/refunds", &json!({"customer_id": 1, "account_id": 1, "amount": 1}))),
        ("credit note on an invoice, CloudOnex", cloudonex("POST", "/credit-notes", &note)),
        (
            "record an expense, CloudOnex",
            cloudonex(
                "POST",
                "/transactions",
                &json!({"type": "Expense", "account_id": 1, "amount": 9, "description": "x"}),
            ),
        ),
        ("void an invoice, CloudOnex", cloudonex("PUT", "/invoices/24", &json!({"status": "Void"}))),
        ("delete an invoice, CloudOnex", cloudonex("DELETE", "/invoices/23", &none).once("d")),
        ("financial report of a year, CloudOnex", cloudonex("GET", "/reports/financial?year=2026", &none)),
        ("revenue as of today, CloudOnex", cloudonex("GET", "/reports/revenue", &none)),
        ("aged receivables, CloudOnex", cloudonex("GET", "/reports/receivables", &none)),
        ("a customer's statement, CloudOnex", cloudonex("GET", "/reports/statement?customer_id=1", &none)),
        (
            "summary, JeraSoft",
            jerasoft(
                "POST",
                "/reports/summary",
                &json!({"return_fields": ["record_origin", "currencies_id", "cost_rated"]}),
            ),
        ),
    ];
    told("counted", &counted(&world, calls, 1).await);
}

/// The table of some calls, made one after the other.
async fn counted<const N: usize>(world: &World, calls: [(&str, Call); N], most_commits: usize) -> String {
    let mut table = String::from("| operation | calls | read units | write units |\n| --- | --- | --- | --- |\n");
    for (what, call) in calls {
        let (answer, cost) = world.cost(call).await;
        assert!(answer.status < 300, "{what}: {}", answer.text);
        let commits = cost.calls.iter().filter(|verb| **verb == "commit").count();
        assert!(commits <= most_commits && !cost.calls.contains(&"scan"), "{what}: {:?}", cost.calls);
        if what.starts_with("issue an invoice of 10 lines") {
            assert!(commits == 1 && cost.calls.len() - commits <= 3, "{what}: {:?}", cost.calls);
        }
        let verbs = cost.calls.join(", ");
        writeln!(
            table,
            "| {what} | {}: {verbs} | {} | {} |",
            cost.calls.len(),
            cost.read_units.normalize(),
            cost.write_units.normalize()
        )
        .unwrap();
    }
    table
}

/// Two tests write the one file.
static WRITING: std::sync::Mutex<()> = std::sync::Mutex::new(());

/// A table of the file is what was counted, or becomes it.
fn told(name: &str, table: &str) {
    let _alone = WRITING.lock();
    let text = std::fs::read_to_string(file()).unwrap();
    let (head, rest) = text.split_once(&format!("<!-- {name} -->\n")).expect("the table's place");
    let (kept, tail) = rest.split_once("<!-- end -->").expect("the table's end");
    if std::env::vars().any(|(name, _)| name == "UPDATE_GOLDEN") {
        std::fs::write(file(), format!("{head}<!-- {name} -->\n{table}<!-- end -->{tail}")).unwrap();
    } else {
        assert_eq!(kept, table, "docs/costs.md is not what was counted");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_operations_on_orders_cost() {
    let world = crate::orders::shop().await;
    let session = world.session("admin").await;
    for n in 0..6 {
        let body = json!({"customer_id": 1 + n % 3, "quantity": 1, "planid": 1, "regdate": "20/02/2026", "nextduedate": "20/03/2026",
            "billingcycle": "Monthly", "plan_billing_cycle": "Monthly", "amount": 22, "recuring_amount": 22, "first_plan_price": 22,
            "recuring_plan_price": 22, "firstpayment": 22});
        let call = Call::new("POST", "/api/v2/service/create").validate(&session).json(&body);
        world.send(call).await.expect(200);
    }
    let quote = json!({"customer_id": 1, "valid_until": "2026-03-31", "items": lines(10)});
    world.send(Call::new("POST", "/api/v2/quotes").bearer(ADMIN).json(&quote)).await.expect(201);
    let billmora = |verb: &str, path: &str| Call::new(verb, &format!("/api/v1{path}")).bearer(TOKEN);
    let paid = json!({"customer_id": 1, "account_id": 1, "amount": 67.5, "invoice_id": 1});
    let none = Value::Null;
    let calls = [
        (
            "make an order of two services and a domain, Billmora",
            billmora("POST", "/orders").json(&crate::orders::the_order()).once("o"),
        ),
        ("pay it: all three come to life, CloudOnex", cloudonex("POST", "/receipts", &paid)),
        ("read an order with all that it brought about, Billmora", billmora("GET", "/orders/1")),
        ("list orders, CloudOnex", cloudonex("GET", "/orders", &none)),
        ("list a customer's services, Billmora", billmora("GET", "/services?user_id=1")),
        ("suspend a service, CloudOnex", cloudonex("POST", "/services/7/suspend", &json!({"reason": "abuse"}))),
        (
            "subscribe, and charge the first fee, JeraSoft",
            Call::new("POST", "/api/clients/subscriptions")
                .key(ADMIN)
                .json(&json!({"clients_id": 2, "packages_id": 1}))
                .once("s"),
        ),
        ("convert a quote of 10 lines, CloudOnex", cloudonex("POST", "/quotes/1/convert", &json!({}))),
        ("a billing run of six renewals", cloudonex("POST", "/billing/run", &json!({"until": "2026-03-13"}))),
        ("a billing run that finds nothing to do", cloudonex("POST", "/billing/run", &json!({"until": "2026-03-12"}))),
    ];
    told("sold", &counted(&world, calls, 2).await);
    let invoices = world.send(cloudonex("GET", "/invoices", &none)).await.expect(200);
    assert_eq!(invoices["meta"]["total_records"], 8, "an order's, a quote's and six renewals'");
}

/// Ten documents or two hundred: a report reads the same.
#[tokio::test(flavor = "multi_thread")]
async fn a_report_costs_the_same_however_many_transactions_there_are() {
    let world = World::new().await;
    world.customers(3).await;
    let reports = [
        "/reports/financial?year=2026",
        "/reports/financial",
        "/reports/revenue",
        "/reports/receivables",
        "/reports/trial-balance",
    ];
    let mut before: Option<Vec<(usize, String)>> = None;
    for round in 0..2 {
        for n in 0..if round == 0 { 10 } else { 190 } {
            let body = json!({"customer_id": 1 + n % 3, "date": "2026-02-03", "due_date": "2026-03-03",
                "items": [{"description": "x", "amount": 10, "taxes": ["SGST"], "billing_cycle": "Annually", "period_start": "2026-02-03"}]});
            let made = world.send(Call::new("POST", "/api/v2/invoices").bearer(ADMIN).json(&body)).await.expect(201);
            let paid =
                json!({"customer_id": 1 + n % 3, "account_id": 1, "amount": 4, "invoice_id": made["data"]["id"]});
            world.send(Call::new("POST", "/api/v2/receipts").bearer(ADMIN).json(&paid)).await.expect(201);
        }
        let mut costs = Vec::new();
        for report in reports {
            let (answer, cost) = world.cost(cloudonex("GET", report, &Value::Null)).await;
            answer.expect(200);
            costs.push((cost.calls.len(), cost.read_units.normalize().to_string()));
        }
        match &before {
            None => before = Some(costs),
            Some(before) => {
                println!("reports: the same calls and read units after 20 and after 400 documents: {costs:?}");
                assert_eq!(*before, costs);
            }
        }
    }
}
