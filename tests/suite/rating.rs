//! What usage costs and by what it is recognised, where one exchange cannot show it.

use local::fixture::Fixture;
use serde_json::{Value, json};
use tests::{ADMIN, Call, LIMITED, World, fixture};

async fn table(world: &World) {
    let table = json!({"name": "Retail", "currencies_id": 1});
    world.send(Call::new("POST", "/api/rates/tables").key(ADMIN).json(&table)).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn many_codes_make_many_rates_once() {
    let world = World::new().await;
    table(&world).await;
    let new = json!({"rate_tables_id": 1, "code": "44(000-499)", "value": "0.01", "effective_from": "2026-01-01", "time_profiles_id": 1});
    let call = || Call::new("POST", "/api/rates").key(ADMIN).json(&new).once("k");
    let made = world.send(call()).await.expect(200);
    let codes: Vec<&str> = made.as_array().unwrap().iter().map(|rate| rate["code"].as_str().unwrap()).collect();
    assert_eq!((codes.len(), codes[0], codes[499]), (500, "44000", "44499"));
    let again = world.send(call()).await;
    assert_eq!((again.status, again.header("idempotent-replayed"), &again.json), (200, Some("true"), &made));
    let all = world.send(Call::new("GET", "/api/rates?limit=1000&state=current").key(ADMIN)).await.expect(200);
    assert_eq!(all.as_array().unwrap().len(), 500);
    world.verify();
    // Long notes in each of them leave room for fewer.
    let long = json!({"rate_tables_id": 1, "code": "44(000-499)", "value": 1, "effective_from": "2026-01-01", "time_profiles_id": 1, "notes": "\u{1}".repeat(255)});
    let refused = world.send(Call::new("POST", "/api/rates").key(ADMIN).json(&long)).await.expect(400);
    assert_eq!(refused["error"]["data"], json!({"code": "More than 156 entries are not allowed"}));
    let mut fits = long;
    fits["code"] = json!("44(000-155)");
    world.send(Call::new("POST", "/api/rates").key(ADMIN).json(&fits).once("k2")).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_goes_where_its_client_goes() {
    let world = World::new().await;
    let client = json!({"name": "Mover", "companies_id": 3, "currencies_id": 1});
    world.send(Call::new("POST", "/api/clients").key(ADMIN).json(&client)).await.expect(200);
    let account = json!({"clients_id": 1, "name": "trunk"});
    world.send(Call::new("POST", "/api/clients/accounts").key(ADMIN).json(&account)).await.expect(200);
    let seen = async |key: &str| {
        let all = world.send(Call::new("GET", "/api/clients/accounts").key(key)).await.expect(200);
        let of_it = world.send(Call::new("GET", "/api/clients/accounts?clients_id=1").key(key)).await.expect(200);
        let one = world.send(Call::new("GET", "/api/clients/accounts/1").key(key)).await;
        let count = |list: &Value| list.as_array().unwrap().len();
        assert_eq!(count(&all), count(&of_it));
        assert_eq!(one.status == 200, count(&all) == 1, "{}", one.text);
        count(&all)
    };
    assert_eq!((seen(ADMIN).await, seen(LIMITED).await), (1, 0));
    world.send(Call::new("PATCH", "/api/clients/1").key(ADMIN).json(&json!({"companies_id": 2}))).await.expect(200);
    assert_eq!((seen(ADMIN).await, seen(LIMITED).await), (1, 1));
    world.send(Call::new("DELETE", "/api/clients/1").key(ADMIN)).await.expect(200);
    assert_eq!((seen(ADMIN).await, seen(LIMITED).await), (0, 0), "it is gone with its client");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fixture_says_which_ids_it_counts_on() {
    let with = |products: Value| {
        let mut one = fixture();
        one["tenants"] = json!([one["tenants"][0].clone()]);
        one["tenants"][0]["id"] = json!("sold");
        one["tenants"][0]["users"] = json!([]);
        one["tenants"][0]["tokens"] = json!([]);
        one["tenants"][0]["records"] = json!({
            "products": products,
            "coupons": [{"code": "TEN", "type": "percentage", "value": "10.00", "product_ids": [1]}],
            "catalogs": [{"id": 1, "name": "Hosting"}],
            "variants": [{"name": "Disk", "options": [{"id": 1, "name": "10 GB", "value": "10", "prices": [{"id": 1, "name": "Once", "type": "onetime"}]}]}],
            "tlds": [{"id": 1, "tld": ".com"}],
        });
        one
    };
    let world = World::new().await;
    let load = async |one: Value| Fixture::read(&one.to_string()).unwrap().load(&world.app).await;
    let product = |id: u64, price: u64| json!([{"id": id, "name": "P", "catalog_id": 1, "variant_ids": [1], "prices": [{"id": price, "name": "Once", "type": "onetime", "rates": {"USD": {"price": "1.00"}}}]}]);
    let why = load(with(product(1, 7))).await.unwrap_err();
    assert!(why.contains("records.products[0].prices[0].id: 7 was wanted, and 2 "), "{why}");
    let why = load(with(product(3, 2))).await.unwrap_err();
    assert!(why.contains("records.products[0].id: 3 was wanted, and 1 "), "{why}");
    // What was made before stays, and the mended file goes on from there.
    let said = load(with(product(1, 2))).await.unwrap();
    assert!(said[0].starts_with("tenant sold: loaded"), "{said:?}");
}
