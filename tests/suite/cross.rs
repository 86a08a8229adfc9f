//! One customer, written in one dialect, reads correctly in the others.

use serde_json::{Value, json};
use shared::words::money::Decimal;
use tests::{ADMIN, Call, TOKEN, World};

async fn read(world: &World, id: u64) -> (Value, Value, Value) {
    let jerasoft = world.send(Call::new("GET", &format!("/api/clients/{id}")).key(ADMIN)).await.expect(200);
    let cloudonex =
        world.send(Call::new("GET", &format!("/api/v2/customers/{id}")).bearer(ADMIN)).await.expect(200)["data"]
            .clone();
    let billmora =
        world.send(Call::new("GET", &format!("/api/v1/users/{id}")).bearer(TOKEN)).await.expect(200)["data"].clone();
    (jerasoft, cloudonex, billmora)
}

/// What every dialect must say of the same customer.
fn agree(
    (jerasoft, cloudonex, billmora): &(Value, Value, Value),
    name: &str,
    first: &str,
    last: &str,
    email: Option<&str>,
) {
    assert_eq!(jerasoft["name"], name);
    assert_eq!(cloudonex["account"], name);
    assert_eq!(
        (&billmora["first_name"], &billmora["last_name"], &billmora["fullname"]),
        (&json!(first), &json!(last), &json!(name))
    );
    assert_eq!(jerasoft["c_email"], json!(email));
    assert_eq!(cloudonex["email"], json!(email));
    assert_eq!(billmora["email"], json!(email.unwrap_or_default()));
}

#[tokio::test(flavor = "multi_thread")]
async fn written_in_each_read_in_all() {
    let world = World::new().await;
    let new = json!({"name": "Blue Harbour Ltd", "companies_id": 1, "currencies_id": 2, "credit": 250, "c_email": "ap@blue.example",
                     "c_company": "Blue Harbour Limited", "locale": "de_DE", "status": "disabled"});
    world.send(Call::new("POST", "/api/clients").key(ADMIN).json(&new)).await.expect(200);
    let seen = read(&world, 1).await;
    agree(&seen, "Blue Harbour Ltd", "Blue Harbour", "Ltd", Some("ap@blue.example"));
    assert_eq!(seen.1["company"], "Blue Harbour Limited");
    assert_eq!(
        (&seen.2["status"], &seen.2["currency"], &seen.2["language"]),
        (&json!("suspended"), &json!("INR"), &json!("de_DE"))
    );

    let new =
        json!({"account": "Jane Smith", "email": "jane@example.com", "phone": "1234567890", "company": "Smith & Co"});
    world.send(Call::new("POST", "/api/v2/customers").bearer(ADMIN).json(&new)).await.expect(201);
    let seen = read(&world, 2).await;
    agree(&seen, "Jane Smith", "Jane", "Smith", Some("jane@example.com"));
    assert_eq!(
        (&seen.0["c_company"], &seen.0["status"], &seen.0["currencies_name"]),
        (&json!("Smith & Co"), &json!("active"), &json!("USD"))
    );

    let new = json!({"first_name": "Mary Ann", "last_name": "van Dyke", "email": "mary@example.com", "password": "correct-horse", "currency": "JPY", "status": "closed"});
    let made = world.send(Call::new("POST", "/api/v1/users").bearer(TOKEN).json(&new)).await.expect(201);
    assert!(!made.to_string().contains("correct-horse"));
    let seen = read(&world, 3).await;
    agree(&seen, "Mary Ann van Dyke", "Mary Ann", "van Dyke", Some("mary@example.com"));
    assert_eq!(
        (&seen.0["status"], &seen.0["currencies_id"], &seen.0["credit"].to_string()),
        (&json!("archive"), &json!(3), &"0".to_owned())
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn changed_in_one_changed_in_all() {
    let world = World::new().await;
    let new = json!({"first_name": "Mary Ann", "last_name": "van Dyke", "email": "mary@example.com", "password": "correct-horse"});
    world.send(Call::new("POST", "/api/v1/users").bearer(TOKEN).json(&new)).await.expect(201);
    // The whole name written unchanged keeps its parts.
    world
        .send(
            Call::new("PATCH", "/api/clients/1").key(ADMIN).json(&json!({"name": "Mary Ann van Dyke", "credit": 1000})),
        )
        .await
        .expect(200);
    agree(&read(&world, 1).await, "Mary Ann van Dyke", "Mary Ann", "van Dyke", Some("mary@example.com"));
    world
        .send(
            Call::new("PUT", "/api/v2/customers/1").bearer(ADMIN).json(&json!({"account": "Mary Dyke", "email": null})),
        )
        .await
        .expect(200);
    agree(&read(&world, 1).await, "Mary Dyke", "Mary", "Dyke", None);
    world
        .send(Call::new("PUT", "/api/v1/users/1").bearer(TOKEN).json(&json!({"last_name": "Poppins"})))
        .await
        .expect(200);
    let seen = read(&world, 1).await;
    agree(&seen, "Mary Poppins", "Mary", "Poppins", None);
    assert_eq!(seen.0["credit"].to_string(), "1000.00");
    // A customer deleted in one dialect is gone in all.
    world.send(Call::new("DELETE", "/api/v2/customers/1").bearer(ADMIN)).await.expect(200);
    for call in [Call::new("GET", "/api/clients/1").key(ADMIN), Call::new("GET", "/api/v1/users/1").bearer(TOKEN)] {
        world.send(call).await.expect(404);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn uniqueness_is_each_dialects_own() {
    let world = World::new().await;
    let cloudonex = |body: Value| Call::new("POST", "/api/v2/customers").bearer(ADMIN).json(&body);
    let jerasoft = |body: Value| Call::new("POST", "/api/clients").key(ADMIN).json(&body);
    let billmora = |email: &str| {
        Call::new("POST", "/api/v1/users")
            .bearer(TOKEN)
            .json(&json!({"first_name": "A", "last_name": "B", "email": email, "password": "long enough"}))
    };
    world.send(cloudonex(json!({"account": "Twin", "email": "Twin@x.example"}))).await.expect(201);
    world.send(cloudonex(json!({"account": "Twin"}))).await.expect(201);
    let taken = world.send(cloudonex(json!({"account": "Third", "email": "tWIN@x.example"}))).await;
    assert_eq!(
        (taken.status, &taken.json["error_code"], &taken.json["errors"]["email"]),
        (409, &json!("RES_002"), &json!("Email is already in use"))
    );
    let taken = world.send(billmora("twin@X.example")).await;
    assert_eq!((taken.status, &taken.json["errors"]), (422, &json!({"email": ["The email has already been taken."]})));
    let client = |name: &str, company: u64| json!({"name": name, "companies_id": company, "currencies_id": 1, "c_email": "twin@x.example"});
    let taken = world.send(jerasoft(client("TWIN", 1))).await;
    assert_eq!((taken.status, &taken.json["error"]["data"]), (400, &json!({"name": "Value is already in use"})));
    world.send(jerasoft(client("TWIN", 3))).await.expect(200);
    // Deleted in CloudOnex an address is free again; deleted in Billmora it stays taken.
    world.send(cloudonex(json!({"account": "Free", "email": "free@x.example"}))).await.expect(201);
    world.send(Call::new("DELETE", "/api/v2/customers/4").bearer(ADMIN)).await.expect(200);
    world.send(billmora("free@x.example")).await.expect(201);
    world.send(Call::new("DELETE", "/api/v1/users/5").bearer(TOKEN)).await.expect(200);
    assert_eq!(world.send(billmora("free@x.example")).await.status, 422);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_longest_names_in_the_widest_letters_are_stored_whole() {
    let world = World::new().await;
    let wide = "𝔸".repeat(255);
    let new = json!({"first_name": wide, "last_name": wide, "email": "wide@x.example", "password": "long enough"});
    let made = world.send(Call::new("POST", "/api/v1/users").bearer(TOKEN).json(&new)).await.expect(201);
    assert_eq!(made["data"]["fullname"], format!("{wide} {wide}"));
    world.send(Call::new("DELETE", "/api/v1/users/1").bearer(TOKEN)).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_tells_of_each_entry() {
    let world = World::new().await;
    let batch = |entries: Value| {
        Call::new("POST", "/api/v2/batch/customers").bearer(ADMIN).json(&json!({"customers": entries}))
    };
    let all = world.send(batch(json!([{"account": "Customer 1", "email": "customer1@example.com"}, {"account": "Customer 2", "email": "customer2@example.com"}]))).await.expect(201);
    assert_eq!(all["meta"], json!({"total": 2, "created": 2, "failed": 0}));
    let mixed = json!([{"account": "Delta", "email": "info@delta.example"}, {"account": "", "email": "nope"}, {"account": "Again", "email": "CUSTOMER1@example.com"},
                       {"account": "Delta", "email": "INFO@delta.example"}, 7, {"account": "Echo"}]);
    let some = world.send(batch(mixed)).await.expect(200);
    assert_eq!(some["meta"], json!({"total": 6, "created": 2, "failed": 4}));
    assert_eq!(some["data"]["created"][1]["id"], 4);
    assert_eq!(some["message"], "Batch completed with errors");
    let failed =
        |index: u64, errors: Value, message: &str| json!({"index": index, "errors": errors, "message": message});
    assert_eq!(
        some["data"]["failed"],
        json!([
            failed(1, json!({"account": "Account is required", "email": "Invalid email format"}), "Validation failed"),
            failed(2, json!({"email": "Email is already in use"}), "Resource conflict"),
            failed(3, json!({"email": "Email is already in use"}), "Resource conflict"),
            failed(
                4,
                json!({"customers.4": "Customers must be an object", "account": "Account is required"}),
                "Validation failed"
            ),
        ])
    );
    let none = world.send(batch(json!([{"account": ""}, {"email": "x"}]))).await.expect(422);
    assert_eq!(
        none["errors"],
        json!({"customers.0.account": "Account is required", "customers.1.account": "Account is required", "customers.1.email": "Invalid email format"})
    );
    for bad in [json!([]), json!("x"), Value::Null, json!(vec![json!({"account": "x"}); 101])] {
        let refused = world.send(batch(bad)).await.expect(422);
        assert!(refused["errors"].get("customers").is_some(), "{refused}");
    }
    // A long batch is several commits; ids stay dense and in order.
    let many: Vec<Value> = (0..100)
        .map(|n| {
            if n % 10 == 9 {
                json!({"account": ""})
            } else {
                json!({"account": format!("M {n}"), "email": format!("m{n}@x.example")})
            }
        })
        .collect();
    let long = world.send(batch(json!(many)).once("long")).await.expect(200);
    let ids: Vec<u64> =
        long["data"]["created"].as_array().unwrap().iter().map(|made| made["id"].as_u64().unwrap()).collect();
    assert_eq!(ids, (5..95).collect::<Vec<_>>());
}

/// What every dialect must say of the same product: name, price, setup fee, how often, and where it stands.
async fn product(world: &World, id: u64) -> [(Value, Value, Value, Value, Value); 3] {
    let jerasoft = world.send(Call::new("GET", &format!("/api/packages/{id}")).key(ADMIN)).await.expect(200);
    let cloudonex = world.send(Call::new("GET", &format!("/api/v2/products/{id}")).bearer(ADMIN)).await.expect(200);
    let billmora = world.send(Call::new("GET", &format!("/api/v1/packages/{id}")).bearer(TOKEN)).await.expect(200);
    let (cloudonex, billmora) = (&cloudonex["data"], &billmora["data"]);
    let sum = |kind: &str| {
        let fees = jerasoft["fees"].as_array().unwrap().iter().filter(|fee| fee["type"] == kind);
        json!(fees.map(|fee| decimal(&fee["amount"])).sum::<Decimal>().normalize().to_string())
    };
    let plain = |value: &Value| json!(decimal(value).normalize().to_string());
    let period = |price: &Value, count: &str| {
        let unit = price["billing_period"].as_str().unwrap_or_default();
        let letter = unit.chars().next().unwrap_or_default().to_ascii_uppercase();
        price[count].as_u64().map_or(Value::Null, |count| json!(format!("P{count}{letter}")))
    };
    let shelf = match jerasoft["status"].as_str().unwrap() {
        "active" => "visible",
        "disabled" => "hidden",
        other => other,
    };
    let (own, rate) = (&cloudonex["prices"][0], &billmora["prices"][0]["rates"]["USD"]);
    let hidden = if cloudonex["status"] == "archived" { json!("hidden") } else { cloudonex["status"].clone() };
    let fee = |value: &Value| if value.is_null() { json!("0") } else { plain(value) };
    [
        (
            jerasoft["name"].clone(),
            sum("subscription"),
            sum("activation"),
            jerasoft["period"].clone(),
            if shelf == "archive" { json!("hidden") } else { json!(shelf) },
        ),
        (
            cloudonex["name"].clone(),
            plain(&cloudonex["price"]),
            fee(&own["rates"]["USD"]["setup_fee"]),
            period(own, "time_interval"),
            hidden,
        ),
        (
            billmora["name"].clone(),
            plain(&rate["price"]),
            fee(&rate["setup_fee"]),
            period(&billmora["prices"][0], "billing_interval"),
            billmora["status"].clone(),
        ),
    ]
}

fn decimal(value: &Value) -> Decimal {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned).parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_product_is_the_same_in_every_dialect() {
    let world = World::new().await;
    let said = |name: &str, price: &str, setup: &str, period: Value, status: &str| {
        (json!(name), json!(price), json!(setup), period, json!(status))
    };
    let same = async |id: u64, expected: (Value, Value, Value, Value, Value)| {
        for (place, one) in product(&world, id).await.into_iter().enumerate() {
            assert_eq!(one, expected, "product {id}, dialect {place}");
        }
    };
    world.send(Call::new("POST", "/api/v2/catalogs").bearer(ADMIN).json(&json!({"name": "All"}))).await.expect(201);
    let rates = json!({"USD": {"price": "18.00", "setup_fee": 6}, "INR": {"price": 1300}});
    let new = json!({"name": "Starter", "catalog_id": 1, "prices": [
        {"name": "Monthly", "type": "recurring", "billing_period": "monthly", "rates": rates},
        {"name": "Yearly", "type": "recurring", "billing_period": "yearly", "rates": {"USD": {"price": 180}}}]});
    world.send(Call::new("POST", "/api/v2/products").bearer(ADMIN).json(&new)).await.expect(201);
    same(1, said("Starter", "18", "6", json!("P1M"), "visible")).await;

    let fees = json!([{"type": "subscription", "amount": 10}, {"type": "subscription", "amount": "2.50"}, {"type": "activation", "amount": 5}]);
    let new = json!({"companies_id": 1, "name": "Voice", "period": "P2W", "currencies_id": 1, "fees": fees, "status": "disabled"});
    world.send(Call::new("POST", "/api/packages").key(ADMIN).json(&new)).await.expect(200);
    same(2, said("Voice", "12.5", "5", json!("P2W"), "hidden")).await;

    // Each changes what it knows, and leaves the rest.
    world
        .send(
            Call::new("PUT", "/api/v1/packages/2")
                .bearer(TOKEN)
                .json(&json!({"name": "Voice Two", "status": "visible"})),
        )
        .await
        .expect(200);
    world.send(Call::new("PUT", "/api/v2/products/2").bearer(ADMIN).json(&json!({"price": 13}))).await.expect(200);
    same(2, said("Voice Two", "13", "5", json!("P2W"), "visible")).await;
    let fees = json!({"fees": [{"type": "subscription", "name": "All", "amount": 19}], "period": "P3M"});
    world.send(Call::new("PATCH", "/api/packages/1").key(ADMIN).json(&fees)).await.expect(200);
    same(1, said("Starter", "19", "0", json!("P3M"), "visible")).await;
    let kept = world.send(Call::new("GET", "/api/v2/products/1").bearer(ADMIN)).await.expect(200);
    assert_eq!(kept["data"]["prices"][1]["rates"]["USD"]["price"].to_string(), "180.00", "other prices stay");
    assert_eq!(kept["data"]["prices"][0]["rates"]["INR"]["price"].to_string(), "1300.00", "and other currencies");
    // What JeraSoft reads and sends back changes nothing, also of what it does not see.
    let read = world.send(Call::new("GET", "/api/packages/1").key(ADMIN)).await.expect(200);
    let whole = async || world.send(Call::new("GET", "/api/v2/products/1").bearer(ADMIN)).await.expect(200);
    let before = whole().await;
    world.send(Call::new("PATCH", "/api/packages/1").key(ADMIN).json(&read)).await.expect(200);
    assert_eq!(whole().await, before);
    world.send(Call::new("POST", "/api/packages/1/archive").key(ADMIN)).await.expect(200);
    same(1, said("Starter", "19", "0", json!("P3M"), "hidden")).await;
}
