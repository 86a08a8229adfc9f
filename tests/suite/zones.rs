//! Time zones: `__tz` wherever parameters go, the user's zone, the tenant's, and values with offsets.

use serde_json::{Value, json};
use shared::words::time::Zone;
use tests::{ADMIN, Call, LIMITED, World};

async fn created_at(world: &World, call: Call) -> String {
    let json = world.send(call).await.expect(200);
    let one = if json["result"].is_object() { &json["result"] } else { &json };
    one["c_dt"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_zone_of_a_request_is_its_own_else_the_users_else_the_tenants() {
    let world = World::new().await;
    world
        .send(
            Call::new("POST", "/api/clients")
                .key(ADMIN)
                .json(&json!({"name": "a", "companies_id": 2, "currencies_id": 1})),
        )
        .await
        .expect(200);
    let get = |query: &str| Call::new("GET", &format!("/api/clients/1{query}"));
    let rpc = |params: Value| Call::rpc(&json!({"jsonrpc": "2.0", "id": 1, "method": "clients.get", "params": params}));
    assert_eq!(created_at(&world, get("").key(ADMIN)).await, "2026-03-01 12:00:00+0000", "the tenant's");
    assert_eq!(created_at(&world, get("").key(LIMITED)).await, "2026-03-01 07:00:00-0500", "the user's");
    assert_eq!(
        created_at(&world, get("?__tz=Asia/Tokyo").key(LIMITED)).await,
        "2026-03-01 21:00:00+0900",
        "in the query"
    );
    assert_eq!(
        created_at(&world, get("").key(LIMITED).json(&json!({"__tz": "Asia/Kolkata"}))).await,
        "2026-03-01 17:30:00+0530",
        "in the body"
    );
    assert_eq!(
        created_at(&world, rpc(json!({"id": 1, "__tz": "Europe/Lisbon"})).key(LIMITED)).await,
        "2026-03-01 12:00:00+0000",
        "in the parameters"
    );
    for (bad, status) in [(json!("Mars/Olympus"), 400), (json!(7), 400), (json!(""), 400), (json!("utc+1"), 400)] {
        let answer = world.send(get("").key(ADMIN).json(&json!({"__tz": bad}))).await;
        assert_eq!((answer.status, &answer.json["error"]["data"]), (status, &json!({"__tz": "Unknown timezone"})));
        let answer = world.send(rpc(json!({"id": 1, "__tz": bad})).key(ADMIN)).await;
        assert_eq!(
            (&answer.json["error"]["code"], &answer.json["error"]["data"]),
            (&json!(-32602), &json!({"__tz": "Unknown timezone"}))
        );
    }
    let mut zones = 0;
    for name in Zone::all_names() {
        world.send(rpc(json!({"id": 1, "__tz": name})).key(ADMIN)).await.expect(200)["result"]["c_dt"]
            .as_str()
            .unwrap();
        zones += 1;
    }
    println!("time zones: {zones} Olson names accepted");
}

#[tokio::test(flavor = "multi_thread")]
async fn values_come_in_and_go_out_in_the_zone() {
    let world = World::new().await;
    let cases = [
        ("2026-07-01 09:30:00", "2026-07-01 09:30:00-0400", "2026-07-01T13:30:00Z"),
        ("2026-07-01", "2026-07-01 00:00:00-0400", "2026-07-01T04:00:00Z"),
        ("2026-07-01T09:30:00+02:00", "2026-07-01 03:30:00-0400", "2026-07-01T07:30:00Z"),
        ("2026-03-08 02:30:00", "2026-03-08 03:30:00-0400", "2026-03-08T07:30:00Z"),
        ("2026-11-01 01:30:00", "2026-11-01 01:30:00-0400", "2026-11-01T05:30:00Z"),
    ];
    for (sent, returned, utc) in cases {
        let body = json!({"from_currencies_id": 1, "to_currencies_id": 3, "rate": 150, "dt": sent, "__tz": "America/New_York"});
        let rate =
            world.send(Call::new("POST", "/api/accounting/currencies/rates").key(ADMIN).json(&body)).await.expect(200);
        assert_eq!(rate["dt"], returned, "{sent}");
        let same = world
            .send(Call::new("GET", &format!("/api/v2/exchange-rates/{}", rate["id"])).bearer(ADMIN))
            .await
            .expect(200);
        assert_eq!(same["data"]["date"], utc, "{sent}");
    }
    let bad = json!({"from_currencies_id": 1, "to_currencies_id": 3, "rate": 150, "dt": "2026-02-30"});
    let refused =
        world.send(Call::new("POST", "/api/accounting/currencies/rates").key(ADMIN).json(&bad)).await.expect(400);
    assert_eq!(refused["error"]["data"], json!({"dt": "Value should be a date-time"}));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rate_holds_from_its_instant_and_has_a_reverse() {
    let world = World::new().await;
    let rate = |body: Value| Call::new("POST", "/api/accounting/currencies/rates").key(ADMIN).json(&body);
    let first = world
        .send(rate(json!({"from_currencies_id": 2, "to_currencies_id": 1, "rate": 1.25, "dt": "2026-02-01"})))
        .await
        .expect(200);
    assert_eq!((&first["dt"], first["rate"].to_string()), (&json!("2026-02-01 00:00:00+0000"), "1.25".into()));
    world
        .send(rate(json!({"from_currencies_id": 2, "to_currencies_id": 1, "rate": 1.5, "dt": "2026-02-10 12:00:00"})))
        .await
        .expect(200);
    let at = |from: u64, to: u64, dt: &str| {
        Call::new(
            "GET",
            &format!(
                "/api/accounting/currencies/exchange-rate?from_currencies_id={from}&to_currencies_id={to}&dt={dt}"
            ),
        )
        .key(ADMIN)
    };
    for (from, to, dt, value) in [
        (1, 2, "2026-02-04", "0.8"),
        (2, 1, "2026-02-01", "1.25"),
        (2, 1, "2026-02-10%2011:59:59", "1.25"),
        (2, 1, "2026-02-10%2012:00:00", "1.5"),
        (1, 2, "2026-03-01", "0.666666666666666667"),
        (1, 2, "2020-01-01", "71.16"),
        (3, 3, "2026-01-01", "1"),
    ] {
        let answer = world.send(at(from, to, dt)).await;
        assert_eq!((answer.status, answer.text.as_str()), (200, value), "{from}/{to} at {dt}");
    }
    assert_eq!(world.send(at(2, 3, "2026-02-04")).await.status, 404);
    assert_eq!(world.send(at(1, 2, "2019-11-30")).await.status, 404);
    let by_name = json!({"jsonrpc": "2.0", "id": 1, "method": "accounting.currencies.get_rate", "params": {"from_currencies_id": 1, "to_currencies_id": 2, "dt": "2026-02-04"}});
    assert_eq!(world.send(Call::rpc(&by_name).key(ADMIN)).await.text, r#"{"jsonrpc":"2.0","id":1,"result":0.8}"#);
    // Deleting one deletes its reverse.
    let gone =
        world.send(Call::new("DELETE", &format!("/api/accounting/currencies/rates/{}", first["id"])).key(ADMIN)).await;
    assert_eq!(gone.text, "2");
    assert_eq!(world.send(at(1, 2, "2026-02-04")).await.text, "71.16");
    let list = |query: &str| Call::new("GET", &format!("/api/accounting/currencies/rates?{query}")).key(ADMIN);
    for (query, count) in [
        ("", 4),
        ("from_currencies_id=2", 2),
        ("from_currencies_id=2&to_currencies_id=1&dt[]=2026-01-01&dt[]=2026-12-31", 1),
        ("dt[]=2027-01-01&dt[]=2027-12-31", 0),
    ] {
        assert_eq!(world.send(list(query)).await.expect(200).as_array().unwrap().len(), count, "{query}");
    }
    // A currency in use stays; one that is not goes, and its id is not there any more.
    world
        .send(
            Call::new("POST", "/api/clients")
                .key(ADMIN)
                .json(&json!({"name": "a", "companies_id": 1, "currencies_id": 2})),
        )
        .await
        .expect(200);
    for (id, status) in [(1, 422), (2, 422), (3, 200), (3, 404), (9, 404)] {
        assert_eq!(
            world.send(Call::new("DELETE", &format!("/api/accounting/currencies/{id}")).key(ADMIN)).await.status,
            status,
            "currency {id}"
        );
    }
    world.verify();
}
