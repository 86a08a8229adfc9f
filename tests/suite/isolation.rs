//! Nobody sees or touches what is not theirs: every row of the route table, every wrong credential.

use serde_json::{Value, json};
use shared::machinery::caller::Tenant;
use shared::machinery::operation::Scope;
use shared::machinery::route::Row;
use tests::{ADMIN, Answer, Call, LIMITED, OTHER, TOKEN, TOKEN_LIMITED, TOKEN_NOTHING, TOKEN_OTHER, TOKEN_OVER, World};

use crate::bodies::{delivered, path, sold};

/// What no stranger may ever read.
const MARK: &str = "ACME-SECRET";

async fn prepared() -> World {
    let world = World::new().await;
    for (key, name, company) in [(ADMIN, MARK, 3), (ADMIN, "ACME-SECRET Two", 1), (OTHER, "Other One", 3)] {
        let new = json!({"name": name, "companies_id": company, "currencies_id": 1, "notes": name, "c_email": format!("{company}@{}.example", name.replace(' ', "").to_lowercase())});
        world.send(Call::new("POST", "/api/clients").key(key).json(&new)).await.expect(200);
    }
    // Documents of a customer of reseller 3; transaction 1 is a receipt, then as the rows' order below has it.
    let line = json!([{"description": MARK, "amount": 10, "qty": 1}]);
    for (path, body) in [
        ("invoices", json!({"customer_id": 1, "items": line, "notes": MARK})),
        ("receipts", json!({"customer_id": 1, "amount": 50, "description": MARK})),
        ("refunds", json!({"customer_id": 1, "amount": 5, "description": MARK})),
        ("credit-notes", json!({"customer_id": 1, "date": "2026-02-01", "description": MARK, "items": line})),
        ("debit-notes", json!({"customer_id": 1, "date": "2026-02-01", "description": MARK, "items": line})),
    ] {
        world.send(Call::new("POST", &format!("/api/v2/{path}")).bearer(ADMIN).json(&body)).await.expect(201);
    }
    for (path, body) in [
        ("accounts", json!({"name": MARK})),
        ("categories", json!({"name": MARK, "type": "Income"})),
        ("tax-rates", json!({"name": MARK, "percent": 1})),
    ] {
        world.send(Call::new("POST", &format!("/api/v2/{path}")).bearer(ADMIN).json(&body)).await.expect(201);
    }
    world
        .send(
            Call::new("PUT", "/api/v2/numbering/1")
                .bearer(ADMIN)
                .json(&json!({"template": "ACME-SECRET-{seq}", "reset": "never"})),
        )
        .await
        .expect(200);
    // A currency and rates that only acme has.
    world
        .send(Call::new("POST", "/api/v2/currencies").bearer(ADMIN).json(&json!({"code": "EUR", "name": MARK})))
        .await
        .expect(201);
    world
        .send(
            Call::new("POST", "/api/v2/exchange-rates")
                .bearer(ADMIN)
                .json(&json!({"from": "EUR", "to": "USD", "rate": "1.111"})),
        )
        .await
        .expect(201);
    catalogue(&world).await;
    world
}

/// What is sold, by reseller 3 where it is a reseller's: one of each, and a special rate beside the rate.
async fn catalogue(world: &World) {
    for (path, body) in [
        ("catalogs", json!({"name": MARK})),
        ("variants", json!({"name": MARK, "options": [{"name": MARK, "value": "1"}]})),
        ("tlds", json!({"tld": ".acme-secret"})),
        ("coupons", json!({"code": MARK, "type": "percentage", "value": 5})),
    ] {
        world.send(Call::new("POST", &format!("/api/v2/{path}")).bearer(ADMIN).json(&body)).await.expect(201);
    }
    let rate = json!({"rate_tables_id": 1, "code_name": MARK, "value": 1, "effective_from": "2026-01-01", "time_profiles_id": 1});
    for (path, body) in [
        ("packages", json!({"companies_id": 3, "name": MARK, "period": "P1M", "currencies_id": 1})),
        ("rates/tables", json!({"companies_id": 3, "name": MARK, "currencies_id": 1})),
        ("rates", rate.clone()),
        ("rates/special", rate),
        ("clients/accounts", json!({"clients_id": 1, "name": MARK})),
    ] {
        world.send(Call::new("POST", &format!("/api/{path}")).key(ADMIN).json(&body)).await.expect(200);
    }
    // A quote, and an order with a service and a domain, of the customer of reseller 3.
    let line = json!([{"description": MARK, "amount": 10, "qty": 1}]);
    let quote = json!({"customer_id": 1, "valid_until": "2026-12-31", "items": line, "subject": MARK});
    world.send(Call::new("POST", "/api/v2/quotes").bearer(ADMIN).json(&quote)).await.expect(201);
    world.send(Call::new("POST", "/api/v1/orders").bearer(TOKEN).json(&order())).await.expect(201);
    for (path, body) in [
        ("accounting/payment_terms", json!({"name": MARK})),
        ("accounting/taxes_profiles", json!({"name": MARK, "notes": MARK})),
        ("clients/payment_systems/profiles", json!({"clients_id": 1, "payment_systems_id": 1, "external_id": MARK})),
    ] {
        world.send(Call::new("POST", &format!("/api/{path}")).key(ADMIN).json(&body)).await.expect(200);
    }
    let gateway = json!({"name": MARK, "account_id": 1});
    world.send(Call::new("POST", "/api/v2/gateways").bearer(ADMIN).json(&gateway)).await.expect(201);
    // A user of reseller 3 with a key (11) and a token (12), and that reseller.
    for (path, body) in [
        (
            "users",
            json!({"name": MARK, "email": "user@acme.example", "password": "long enough", "role": "viewer", "reseller_id": 3}),
        ),
        ("api-keys", json!({"label": MARK, "user_id": 3})),
        ("tokens", json!({"name": MARK, "user_id": 3})),
    ] {
        world.send(Call::new("POST", &format!("/api/v2/{path}")).bearer(ADMIN).json(&body)).await.expect(201);
    }
    let webhook = json!({"url": "https://acme-secret.example/", "events": ["*"], "description": MARK});
    world.send(Call::new("POST", "/api/v2/webhooks").bearer(ADMIN).json(&webhook)).await.expect(201);
    delivered(world, 1, MARK);
    world.send(Call::new("PATCH", "/api/resellers/3").key(ADMIN).json(&json!({"name": MARK}))).await.expect(200);
    // A ticket of that customer, a department, a lead and a supplier with an order; they are of the first reseller.
    for (path, body) in [
        ("departments", json!({"name": MARK})),
        ("tickets", json!({"customer_id": 1, "subject": MARK, "message": MARK, "department_id": 3})),
        ("leads", json!({"first_name": MARK, "last_name": MARK, "email": "lead@acme.example", "notes": MARK})),
        ("suppliers", json!({"name": MARK, "email": "supplier@acme.example", "notes": MARK})),
        ("purchases", json!({"supplier_id": 1, "items": line, "notes": MARK})),
    ] {
        world.send(Call::new("POST", &format!("/api/v2/{path}")).bearer(ADMIN).json(&body)).await.expect(201);
    }
}

/// What only acme can order.
fn order() -> Value {
    json!({"user_id": 1, "currency": "USD", "coupon": null, "status": "completed", "notes": MARK,
        "package_items": [{"package_id": 1, "billing_id": 1}],
        "domain_items": [{"type": "register", "domain": "acme-secret.example", "tld_id": 1, "years": 1}]})
}

/// The id of something only acme has: customer 1 is of reseller 3, currency 4 and rate 3 of no other tenant.
fn id(row: &Row) -> u64 {
    let noun = row.path.trim_start_matches("/api/v2/").split('/').next().unwrap();
    match (row.operation.split('.').next().unwrap(), noun) {
        ("users" | "resellers", _) => 3,
        ("credentials", "tokens") => 12,
        ("credentials", _) => 11,
        ("currencies", _) => 4,
        ("rates", _) => 3,
        (_, "refunds") => 2,
        (_, "credit-notes") => 3,
        (_, "debit-notes") => 4,
        ("accounts", _) => 3,
        ("categories" | "departments", _) => 3,
        ("tax_rates", _) => 4,
        ("usage_rates", _) if row.path.contains("special") => 2,
        _ => 1,
    }
}

fn body(row: &Row) -> Value {
    if let Some(body) = sold(row, 3, 1) {
        return body;
    }
    match (row.operation, row.dialect.name()) {
        ("customers.create", "jerasoft") => json!({"name": "X", "companies_id": 3, "currencies_id": 1}),
        ("customers.update", "jerasoft") => json!({"credit": 666, "notes": "touched"}),
        ("customers.create" | "customers.update", "cloudonex") => json!({"account": "X"}),
        ("customers.create" | "customers.update", _) => {
            json!({"first_name": "X", "last_name": "Y", "email": "x@y.example", "password": "long enough"})
        }
        ("customers.create_many", _) => json!({"customers": [{"account": "X"}]}),
        ("currencies.create", _) => json!({"name": "KWD", "code": "KWD"}),
        ("currencies.update", _) => json!({"name": "touched"}),
        ("rates.create", "jerasoft") => json!({"from_currencies_id": 4, "to_currencies_id": 1, "rate": 9}),
        ("rates.create", _) => json!({"from": "EUR", "to": "USD", "rate": 9}),
        ("rates.at", _) => json!({"from_currencies_id": 4, "to_currencies_id": 1}),
        ("invoices.create", "jerasoft") => json!({"clients_id": 1, "start_dt": "2026-01-01", "stop_dt": "2026-03-01"}),
        ("invoices.create", "billmora") => {
            json!({"user_id": 1, "due_date": "2026-04-01", "items": [{"description": "x", "quantity": 1, "unit_price": 5}]})
        }
        ("invoices.update", "billmora") => json!({"status": "paid"}),
        ("invoices.update", _) => json!({"notes": "touched"}),
        ("transactions.create", "jerasoft") => json!({"clients_id": 1, "type": "payment", "amount": 5}),
        ("transactions.create", _) => {
            json!({"type": "Income", "account_id": 1, "amount": 5, "description": "x", "customer_id": 1})
        }
        ("transactions.update", "jerasoft") => json!({"notes": "touched"}),
        ("transactions.update", _) => json!({"description": "touched"}),
        ("receipts.create" | "refunds.create", _) => json!({"customer_id": 1, "amount": 1}),
        ("invoices.create" | "credit_notes.create" | "debit_notes.create", _) => {
            json!({"customer_id": 1, "date": "2026-02-01", "description": "x", "items": [{"description": "x", "qty": 1, "amount": 5}]})
        }
        ("allocations.create", _) => json!({"allocations": [{"invoice_id": 1, "amount": 1}]}),
        ("accounts.create" | "accounts.update", _) => json!({"name": "touched"}),
        ("categories.create", _) => json!({"name": "touched", "type": "Income"}),
        ("tax_rates.create", _) => json!({"name": "touched", "percent": 3}),
        ("categories.update" | "tax_rates.update", _) => json!({"name": "touched"}),
        ("numbering.update", _) => json!({"template": "T{seq}", "reset": "never"}),
        ("orders.create", "billmora") => order(),
        ("orders.create", _) => json!({"customer_id": 1, "items": [{"product_id": 1, "price_id": 1}]}),
        ("orders.update", "billmora") => json!({"status": "cancelled"}),
        ("orders.update", _) => json!({"notes": "touched"}),
        ("services.update", "jerasoft") => json!({"stop_dt": "2027-01-01"}),
        ("services.update", _) => json!({"name": "touched"}),
        ("services.move", "racknap") => json!({"serviceid": 1}),
        ("services.scale", _) => json!({"price_id": 1}),
        ("services.subscribe", _) => json!({"clients_id": 1, "packages_id": 1}),
        ("reports.statement", _) => json!({"customer_id": 1}),
        ("reports.summary", _) => json!({"return_fields": ["record_origin", "quantity"]}),
        (_, _) => json!({}),
    }
}

/// The ways to reach a row: REST, and JSON-RPC where it has a name.
fn ways(row: &Row) -> Vec<Call> {
    let rest = Call::new(row.verb, &path(row, id(row))).json(&body(row));
    let by_name = row.rpc.map(|name| {
        let mut params = body(row);
        if row.path.contains("{id}") {
            params["id"] = json!(id(row));
        }
        Call::rpc(&json!({"jsonrpc": "2.0", "id": 1, "method": name, "params": params}))
    });
    [Some(rest), by_name].into_iter().flatten().collect()
}

fn with(call: Call, row: &Row, credential: &str) -> Call {
    match row.dialect.name() {
        "jerasoft" if credential.contains("eyJ") => call.bearer(credential),
        "jerasoft" => call.key(credential),
        "racknap" => call.validate(credential),
        _ => call.bearer(credential),
    }
}

fn refused(answer: &Answer) -> bool {
    let by_rpc = answer.json["error"]["code"].as_i64().is_some_and(|code| [-32003, -32005].contains(&code));
    answer.status == 401 || by_rpc
}

/// A credential of CloudOnex's and JeraSoft's kind that is over.
fn expired_key(world: &World) -> &'static str {
    let mut item =
        world.items().into_iter().find(|item| item["name"]["S"] == "key-1" && item["tenant"]["S"] == "acme").unwrap();
    let rt = world.app.outside.now();
    let secret = "acme-expired-key";
    let digest = futures(world.app.secrets.get(rt)).digest(secret);
    item["PK"] = json!({"S": format!("-#credential#{digest}")});
    item["digest"] = json!({"S": digest});
    item["expires_at"] = json!({"N": (rt.timestamp() - 1).to_string()});
    world.engine.import("tessera", vec![item]).unwrap();
    secret
}

fn futures<T>(work: impl Future<Output = shared::words::error::Result<T>>) -> T {
    tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(work)).unwrap_or_else(|e| panic!("{e:?}"))
}

async fn jwt(world: &World, login: &str) -> String {
    let body = json!({"login": login, "password": format!("{login} password")});
    world.send(Call::new("POST", "/api/iam/auth/jwt/authenticate").json(&body)).await.expect(200)["token"]
        .as_str()
        .unwrap()
        .to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_row_refuses_every_wrong_credential() {
    let world = prepared().await;
    let expired = expired_key(&world);
    let (session, other_session, limited_session) =
        (world.session("admin").await, world.session("admin2").await, world.session("limited").await);
    let (own_jwt, other_jwt, limited_jwt) =
        (jwt(&world, "admin").await, jwt(&world, "admin2").await, jwt(&world, "limited").await);
    let old_jwt = own_jwt.clone();
    let truth = world.truth("acme");
    let rows = local::rows();
    let (mut cells, mut nothing_to_refuse) = (0, 0);
    for (place, row) in rows.iter().enumerate().filter(|(_, row)| row.scope != Scope::Open) {
        let jerasoft = row.dialect.name() == "jerasoft";
        let billmora = row.dialect.name() == "billmora";
        let racknap = row.dialect.name() == "racknap";
        for call in ways(row) {
            let what =
                |cell: &str| format!("{cell}: {} {} {}", row.dialect.name(), call.request.verb, call.request.path);
            // No credential, a wrong one, one that is over, another dialect's: not known.
            let mut strangers = vec![
                ("none", String::new()),
                ("wrong", "7|wrong-wrong-wrong".into()),
                ("wrong", "eyJhbGciOiJIUzI1NiJ9.e30.x".into()),
            ];
            strangers.push(("expired", if billmora { TOKEN_OVER.into() } else { expired.to_owned() }));
            for foreign in [ADMIN, TOKEN, &session, &own_jwt] {
                let own = (foreign == ADMIN && !billmora && !racknap)
                    || (foreign == session && racknap)
                    || (foreign == TOKEN && billmora)
                    || (foreign == own_jwt && jerasoft);
                strangers.extend((!own).then(|| ("other dialect's", foreign.to_owned())));
            }
            for (cell, credential) in strangers {
                let call = if credential.is_empty() { call.clone() } else { with(call.clone(), row, &credential) };
                // Strangers are counted by address, so that each row has one of its own.
                let answer = world.send(call.from(&format!("203.0.{}.{}", place / 250, place % 250 + 1))).await;
                assert!(refused(&answer), "{}: {} {}", what(cell), answer.status, answer.text);
                assert!(!answer.text.contains(MARK), "{}", what(cell));
                cells += 1;
            }
            // Another tenant's: knows itself, and nothing of acme.
            let others: Vec<&str> = if billmora {
                vec![TOKEN_OTHER]
            } else if jerasoft {
                vec![OTHER, &other_jwt]
            } else if racknap {
                vec![&other_session]
            } else {
                vec![OTHER]
            };
            for other in others {
                let answer = world.send(with(call.clone(), row, other)).await;
                assert!(
                    !answer.text.contains(MARK) && !answer.text.contains("1.111"),
                    "{}: {}",
                    what("other tenant's"),
                    answer.text
                );
                cells += 1;
            }
            // Another reseller's: what is not limited to resellers may be seen, the rest is not there.
            let limited: Vec<&str> = if billmora {
                vec![TOKEN_LIMITED]
            } else if jerasoft {
                vec![LIMITED, &limited_jwt]
            } else if racknap {
                vec![&limited_session]
            } else {
                vec![LIMITED]
            };
            for other in limited {
                if row.scope == Scope::Tenant {
                    nothing_to_refuse += 1;
                    continue;
                }
                let creates = [
                    "customers.create",
                    "customers.create_many",
                    "products.create",
                    "leads.create",
                    "suppliers.create",
                    "credentials.create",
                ]
                .contains(&row.operation);
                let own = ["/api/v2/income", "/api/v2/user"].contains(&row.path);
                if (creates && !jerasoft) || own {
                    nothing_to_refuse += 1; // What is new is the caller's own reseller's.
                    continue;
                }
                let answer = world.send(with(call.clone(), row, other)).await;
                assert!(!answer.text.contains(MARK), "{}: {}", what("other reseller's"), answer.text);
                if row.path.contains("{id}") {
                    let gone = answer.status == 404 || answer.json["error"]["code"] == -32001;
                    assert!(gone, "{}: {} {}", what("other reseller's"), answer.status, answer.text);
                }
                cells += 1;
            }
            // Without the ability.
            match row.ability {
                None => nothing_to_refuse += 1,
                Some(ability) => {
                    let answer = world.send(with(call.clone(), row, TOKEN_NOTHING)).await;
                    assert_eq!(
                        (answer.status, &answer.json["message"]),
                        (403, &json!(format!("This token does not have the required permission: {ability}")))
                    );
                    cells += 1;
                }
            }
        }
    }
    let touched = tests::differing(&world.truth("acme"), &truth);
    assert!(touched.is_empty(), "somebody touched what was not theirs: {touched:?}");
    // Over by the clock: a signed token, a session.
    world.pass(3601);
    for row in rows.iter().filter(|row| row.scope != Scope::Open && row.dialect.name() == "jerasoft") {
        for call in ways(row) {
            let answer = world.send(call.bearer(&old_jwt)).await;
            assert!(refused(&answer) && !answer.text.contains(MARK), "{} {}", answer.status, answer.text);
            cells += 1;
        }
    }
    // A header cannot make one dialect's row another's.
    for row in &rows {
        let call = with(Call::new(row.verb, &path(row, 1)), row, "x").validate(&session);
        assert_eq!(shared::machinery::dialect::Dialect::of(&call.request), row.dialect, "{}", row.path);
    }
    println!(
        "isolation: {} rows, {cells} cells, 0 leaks ({nothing_to_refuse} cells have nothing to refuse)",
        rows.len()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_yours_and_what_is_not_there_are_one_answer() {
    let world = prepared().await;
    for (there, not_there) in [
        (Call::new("GET", "/api/clients/1").key(LIMITED), Call::new("GET", "/api/clients/9").key(LIMITED)),
        (
            Call::new("DELETE", "/api/v2/customers/1").bearer(LIMITED),
            Call::new("DELETE", "/api/v2/customers/9").bearer(LIMITED),
        ),
        (
            Call::new("PUT", "/api/v1/users/1").bearer(TOKEN_LIMITED).json(&json!({"first_name": ""})),
            Call::new("PUT", "/api/v1/users/9").bearer(TOKEN_LIMITED).json(&json!({"first_name": ""})),
        ),
    ] {
        let (there, not_there) = (world.send(there).await, world.send(not_there).await);
        assert_eq!((there.status, there.text.replace('1', "9")), (not_there.status, not_there.text.replace('1', "9")));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_parent_reseller_sees_its_childrens_and_a_child_not_its_parents() {
    let world = World::new().await;
    for company in [1, 2, 3] {
        world
            .send(
                Call::new("POST", "/api/clients")
                    .key(ADMIN)
                    .json(&json!({"name": format!("of {company}"), "companies_id": company, "currencies_id": 1})),
            )
            .await
            .expect(200);
    }
    let seen = |list: Value| {
        list.as_array().unwrap().iter().map(|row| row["companies_id"].as_u64().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(seen(world.send(Call::new("GET", "/api/clients").key(LIMITED)).await.expect(200)), [2]);
    let refused = world
        .send(
            Call::new("POST", "/api/clients")
                .key(LIMITED)
                .json(&json!({"name": "x", "companies_id": 1, "currencies_id": 1})),
        )
        .await;
    assert_eq!(
        (refused.status, &refused.json["error"]["data"]["companies_id"]),
        (400, &json!("Object \"companies(1)\" was not found!"))
    );
    // The user's reseller is the default, and the only one.
    let own = world
        .send(Call::new("POST", "/api/clients").key(LIMITED).json(&json!({"name": "own", "currencies_id": 1})))
        .await
        .expect(200);
    assert_eq!(own["companies_id"], 2);
    let made = world
        .send(Call::new("POST", "/api/v2/customers").bearer(LIMITED).json(&json!({"account": "mine"})))
        .await
        .expect(201);
    let id = made["data"]["id"].as_u64().unwrap();
    assert_eq!(
        world.send(Call::new("GET", &format!("/api/clients/{id}")).key(ADMIN)).await.expect(200)["companies_id"],
        2
    );
    assert_eq!(
        world.send(Call::new("GET", "/api/v2/customers").bearer(LIMITED)).await.expect(200)["meta"]["total_records"],
        3
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_credential_is_refused_from_the_next_request_on() {
    let world = prepared().await;
    for (call, credential) in [
        (Call::new("GET", "/api/v1/users/1").bearer(TOKEN), "token-1"),
        (Call::new("GET", "/api/clients/1").key(ADMIN), "key-1"),
    ] {
        world.send(call.clone()).await.expect(200);
        let item = world
            .items()
            .into_iter()
            .find(|item| item["name"]["S"] == credential && item["tenant"]["S"] == "acme")
            .unwrap();
        let delete = json!({"TransactItems": [{"Delete": {"TableName": "tessera", "Key": {"PK": item["PK"], "SK": item["SK"]}}}]});
        assert_eq!(
            world.engine.serve_target("DynamoDB_20120810.TransactWriteItems", delete.to_string().as_bytes()).0,
            200
        );
        world.send(call).await.expect(401);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_bound_to_its_addresses_and_its_id() {
    let world = prepared().await;
    let ask = |token: &str| Call::new("GET", "/api/v1/users").bearer(token);
    let here = world.send(ask(tests::TOKEN_HERE).from("198.51.100.7")).await;
    assert_eq!((here.status, here.header("x-ratelimit-remaining")), (200, Some("999")));
    let elsewhere = world.send(ask(tests::TOKEN_HERE)).await;
    assert_eq!(
        (elsewhere.status, &elsewhere.json["message"]),
        (403, &json!("Your IP address is not allowed to use this token."))
    );
    assert_eq!(
        world.send(ask(tests::TOKEN_HERE).from("198.51.100.7")).await.header("x-ratelimit-remaining"),
        Some("998"),
        "the refusal was not counted"
    );
    let secret = TOKEN.split_once('|').unwrap().1;
    assert_eq!(world.send(ask(secret)).await.status, 200, "the secret alone");
    for bad in [
        format!("2|{secret}"),
        format!("x|{secret}"),
        format!("|{secret}"),
        "1|".into(),
        format!("1|{secret}x"),
        format!("1 {secret}"),
    ] {
        assert_eq!(world.send(ask(&bad)).await.status, 401, "{bad}");
    }
    assert!(Tenant::named("-").is_none() && Tenant::named("a#b").is_none() && Tenant::named("").is_none());
}
