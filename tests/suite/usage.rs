//! JeraSoft's reports over rows: which lines they have, and what comes of them.

use serde_json::{Value, json};
use tests::{ADMIN, Call, LIMITED, World};

use crate::orders::{cloudonex, data};

async fn report(world: &World, name: &str, body: &Value, status: u16) -> Value {
    world.send(Call::new("POST", &format!("/api/reports/{name}")).key(ADMIN).json(body)).await.expect(status)
}

/// Two issued invoices, a draft and a debit note of customer 1; one more invoice of customer 2.
async fn charged() -> World {
    let world = World::new().await;
    world.customers(2).await;
    let month = json!([{"description": "Line", "amount": 30, "qty": 2, "period_start": "2026-02-01", "period_end": "2026-02-28"},
        {"description": "Less", "amount": 5, "qty": 3, "discount": 1}]);
    let one = json!([{"description": "One", "amount": 7, "qty": 1.5}]);
    for (path, body) in [
        ("invoices", json!({"customer_id": 1, "date": "2026-02-01", "items": month})),
        ("invoices", json!({"customer_id": 1, "date": "2026-02-10", "items": one})),
        ("invoices", json!({"customer_id": 1, "date": "2026-02-10", "items": one, "status": "Draft"})),
        ("invoices", json!({"customer_id": 2, "date": "2026-02-11", "items": one})),
        ("debit-notes", json!({"customer_id": 1, "date": "2026-02-12", "description": "x", "items": one})),
        ("receipts", json!({"customer_id": 1, "amount": 5})),
    ] {
        data(&world, cloudonex("POST", &format!("/{path}")).json(&body), 201).await;
    }
    world
}

#[tokio::test(flavor = "multi_thread")]
async fn usage_is_the_lines_of_what_was_issued() {
    let world = charged().await;
    let fields = json!(["start_time", "stop_time", "volume", "billed_clients_id", "cost_rated", "subscriber_id"]);
    let rows = report(&world, "xdrs_list", &json!({"return_fields": fields}), 200).await;
    let volumes: Vec<String> = rows.as_array().unwrap().iter().map(|row| row["volume"].to_string()).collect();
    assert_eq!(volumes, ["2", "3", "1.5", "1.5", "1.5"]);
    assert_eq!(
        rows[0].to_string(),
        r#"{"start_time":"2026-02-01 00:00:00+0000","stop_time":"2026-03-01 00:00:00+0000","volume":2,"billed_clients_id":1,"cost_rated":60.00,"subscriber_id":null}"#
    );
    assert_eq!(rows[1]["cost_rated"].to_string(), "14.00");
    for (filters, count) in [
        (json!({"date": ["2026-02-10", "2026-02-11"]}), 2),
        (json!({"date": [null, "2026-02-09"]}), 2),
        (json!({"billed_clients_id": 2}), 1),
        (json!({"billed_accounts_id": [1]}), 0),
        (json!({"origin": "termination"}), 0),
        (json!({"origin": ["origination", "termination"]}), 5),
    ] {
        let asked = json!({"return_fields": ["volume"], "filters": filters});
        let rows = report(&world, "xdrs_list", &asked, 200).await;
        assert_eq!(rows.as_array().unwrap().len(), count, "{asked}");
    }
    let page = json!({"return_fields": ["volume"], "order": ["-volume"], "limit": 1, "offset": 1});
    assert_eq!(report(&world, "xdrs_list", &page, 200).await[0]["volume"].to_string(), "2");
    let seen = Call::new("POST", "/api/reports/xdrs_list").key(LIMITED).json(&json!({"return_fields": ["volume"]}));
    assert_eq!(world.send(seen).await.expect(200), json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn usage_adds_up_by_what_is_returned() {
    let world = charged().await;
    let fields = ["services_id", "orig_clients_id", "quantity", "volume_total", "orig_rates_value_avg", "acd_std"];
    let rows = report(&world, "origterm", &json!({"return_fields": fields, "order": ["-orig_clients_id"]}), 200).await;
    // (60 + 14 + 10.50 + 10.50) / 8, and 10.50 / 1.5.
    assert_eq!(
        rows.to_string(),
        r#"[{"services_id":null,"orig_clients_id":2,"quantity":1,"volume_total":1.5,"orig_rates_value_avg":7,"acd_std":null},{"services_id":null,"orig_clients_id":1,"quantity":4,"volume_total":8,"orig_rates_value_avg":11.875,"acd_std":null}]"#
    );
    for (asked, field) in [
        (json!({"return_fields": ["orig_clients_id", "acd_cur"]}), "services_id"),
        (json!({"return_fields": ["orig_clients_id", "colour"]}), "return_fields"),
        (json!({"return_fields": ["orig_clients_id"], "order": ["quantity"]}), "order"),
        (json!({"filters": {}}), "return_fields"),
        (json!({"return_fields": ["quantity"], "filters": {"date": ["x", null]}}), "filters.date"),
    ] {
        let refused = report(&world, "origterm", &asked, 400).await;
        assert!(refused["error"]["data"].get(field).is_some(), "{asked}: {refused}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_is_a_service_in_use() {
    let world = World::new().await;
    world.customers(1).await;
    for (path, body) in [
        ("packages", json!({"name": "Office", "companies_id": 1, "currencies_id": 1, "period": "P1M"})),
        ("clients/accounts", json!({"clients_id": 1, "name": "trunk", "auth_type": "ip", "ips": ["192.0.2.1"]})),
        ("clients/subscriptions", json!({"clients_id": 1, "packages_id": 1, "accounts_id": 1})),
        ("clients/subscriptions", json!({"clients_id": 1, "packages_id": 1, "start_dt": "2027-01-01"})),
    ] {
        world.send(Call::new("POST", &format!("/api/{path}")).key(ADMIN).json(&body)).await.expect(200);
    }
    world.pass(90);
    let fields = ["session_id", "orig_accounts_name", "orig_accounts_ident", "term_clients_id", "quantity", "duration"];
    let rows = report(&world, "active_sessions", &json!({"return_fields": fields}), 200).await;
    assert_eq!(
        rows,
        json!([{"session_id": "SVC-0001", "orig_accounts_name": "trunk", "orig_accounts_ident": "192.0.2.1",
            "term_clients_id": null, "quantity": 1, "duration": 90}])
    );
    for (filters, count) in [
        (json!({"orig_clients_id": [1], "orig_accounts_id": [1]}), 1),
        (json!({"orig_companies_id": [2]}), 0),
        (json!({"orig_owner_users_id": [1]}), 0),
        (json!({"term_clients_id": [1]}), 0),
        (json!({"orig_rates_code": ["44"]}), 0),
    ] {
        let asked = json!({"return_fields": ["orig_clients_id", "duration"], "filters": filters});
        let rows = report(&world, "active_sessions", &asked, 200).await;
        assert_eq!(rows.as_array().unwrap().len(), count, "{asked}");
    }
}
