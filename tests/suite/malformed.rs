//! Ten thousand malformed requests from a seed: never a 5xx, always the dialect's own envelope, and the
//! table as sound afterwards as before.

use serde_json::{Value, json};
use tests::{ADMIN, Answer, Call, Dice, TOKEN, World};

const FIELDS: &[&str] = &[
    "id",
    "name",
    "account",
    "email",
    "c_email",
    "first_name",
    "last_name",
    "password",
    "status",
    "currency",
    "companies_id",
    "currencies_id",
    "credit",
    "owner_users_id",
    "tz",
    "custom_fields",
    "cp_modules",
    "orig_capacity",
    "autoinvoice_last",
    "customers",
    "limit",
    "offset",
    "order",
    "page",
    "per_page",
    "q",
    "search",
    "rate",
    "from",
    "to",
    "from_currencies_id",
    "to_currencies_id",
    "dt",
    "date",
    "code",
    "symbol",
    "rates_precision",
    "__tz",
    "__idempotency_key",
    "login",
    "username",
    "phone",
    "unknown",
    "clients_id",
    "customer_id",
    "user_id",
    "items",
    "amount",
    "qty",
    "quantity",
    "unit_price",
    "discount",
    "taxes",
    "taxes_state",
    "tax_rate",
    "billing_cycle",
    "period_start",
    "period_end",
    "due_date",
    "due_dt",
    "invoice_dt",
    "invoice_number",
    "start_dt",
    "stop_dt",
    "type",
    "account_id",
    "category_id",
    "allocations",
    "invoice_id",
    "invoices_id",
    "description",
    "notes",
    "template",
    "reset",
    "percent",
    "opening_balance",
    "return_fields",
    "filters",
    "startdate",
    "enddate",
    "pid",
    "as_of",
    "year",
    "month",
    "slug",
    "price",
    "prices",
    "rates",
    "options",
    "variant_ids",
    "catalog_id",
    "product_ids",
    "tld_ids",
    "sku",
    "stock",
    "per_user_limit",
    "allow_quantity",
    "prorata_day",
    "provisioning_config",
    "sort_order",
    "time_interval",
    "setup_fee",
    "tld",
    "min_years",
    "register_price",
    "value",
    "max_uses",
    "start_at",
    "expires_at",
    "period",
    "fees",
    "discounts",
    "priority",
    "effective_from",
    "advance_renew",
    "rate_tables_id",
    "src_code",
    "code_name",
    "origin_name",
    "end_date",
    "time_profiles_id",
    "services_id",
    "num_length_min",
    "parent_rate_tables_id",
    "remote_settings",
    "mail_auto_import",
    "tag",
    "auth_type",
    "ips",
    "state",
    "valid_until",
    "until",
    "package_items",
    "domain_items",
    "package_id",
    "billing_id",
    "variant_options",
    "variant_selections",
    "configuration",
    "nameservers",
    "domains",
    "domain",
    "years",
    "coupon",
    "product_id",
    "price_id",
    "next_due_date",
    "stop_at",
    "packages_id",
    "planid",
    "serviceid",
    "billingcycle",
    "nextduedate",
    "recuring_amount",
    "invoice_days",
    "suspend_days",
    "commits",
    "department",
    "department_id",
    "subject",
    "message",
    "author",
    "assigned_to",
    "role",
    "roles_id",
    "allowed_ips",
    "permissions",
    "abilities",
    "whitelist_ips",
    "rate_limit",
    "overlap_seconds",
    "overlap",
    "label",
    "legacy",
    "signed",
    "parent_companies_id",
    "grace_period",
    "notify_before",
    "mode",
    "days",
    "taxes_profiles_id",
    "amountGross",
    "payment_systems_id",
    "external_id",
    "is_default",
    "autocharge_amount",
    "timestamp",
    "signature",
    "cid",
    "idate",
    "duedate",
    "discount_type",
    "discount_amount",
    "repeat",
    "cn",
    "fullname",
    "user_type",
    "category",
    "supplier_id",
    "expected_date",
    "lead_capture",
    "tenant",
    "new_owner_users_id",
];

fn value(dice: &mut Dice, depth: usize) -> Value {
    let huge: Value = serde_json::from_str("1e999999").unwrap();
    let digits: Value = serde_json::from_str("123456789012345678901234567890.12345678901234567890").unwrap();
    match dice.roll(if depth > 3 { 18 } else { 22 }) {
        0 => Value::Null,
        1 => json!(true),
        2 => json!(0),
        3 => json!(-1),
        4 => huge,
        5 => digits,
        6 => json!(i64::MIN),
        7 => json!(""),
        8 => json!("x".repeat(5000)),
        9 => json!("\u{0}\u{7f}\u{202e}💥"),
        10 => json!("1.5"),
        11 => json!("2026-02-30 25:61:61"),
        12 => json!("Mars/Olympus"),
        13 => json!("a@b@c"),
        14 => json!("' OR 1=1 --"),
        15 => json!("acme#customer"),
        16 => json!([]),
        17 => json!({}),
        18 => json!([value(dice, depth + 1), value(dice, depth + 1)]),
        19 => json!({"0": value(dice, depth + 1), "id": value(dice, depth + 1)}),
        20 => json!([{"account": value(dice, depth + 1), "email": value(dice, depth + 1)}]),
        _ => json!(["2026-01-01", value(dice, depth + 1)]),
    }
}

fn object(dice: &mut Dice) -> Value {
    let count = dice.roll(7);
    let members = (0..count).map(|_| ((*dice.pick(FIELDS)).to_owned(), value(dice, 0)));
    Value::Object(members.collect())
}

fn body(dice: &mut Dice) -> Vec<u8> {
    match dice.roll(12) {
        0 => Vec::new(),
        1 => b"{".to_vec(),
        2 => b"{\"name\": \"\xff\xfe\"}".to_vec(),
        3 => "[".repeat(100_000).into_bytes(),
        4 => format!("{}1{}", "{\"a\":".repeat(500), "}".repeat(500)).into_bytes(),
        5 => b"items[0][qty]=1&items[0][[x]]=2&a[=1&]=&%zz=%&customers[0][account]=".to_vec(),
        6 => value(dice, 0).to_string().into_bytes(),
        7 => format!("{{\"name\": {}}}", "9".repeat(2000)).into_bytes(),
        _ => object(dice).to_string().into_bytes(),
    }
}

fn envelope_fits(call: &Call, answer: &Answer) -> bool {
    let json = &answer.json;
    let path = call.request.plain_path().to_owned();
    let error = |error: &Value| error["code"].is_i64() && error["message"].is_string();
    if path == "/api" && call.request.verb == "POST" {
        let one = |one: &Value| {
            one["jsonrpc"] == "2.0" && one.get("id").is_some() && (one.get("result").is_some() != error(&one["error"]))
        };
        return answer.text.is_empty()
            || one(json)
            || json.as_array().is_some_and(|list| !list.is_empty() && list.iter().all(one));
    }
    if answer.status < 400 || call.request.verb == "HEAD" {
        return true;
    }
    match shared::machinery::dialect::Dialect::of(&call.request).name() {
        "jerasoft" => json["error"]["message"].is_string() && json["error"]["data"].is_object(),
        "racknap" => json["status"] == "Error" && json["error_code"].is_u64() && json["message"].is_string(),
        "cloudonex" => json["success"] == false && json["message"].is_string() && json["error_code"].is_string(),
        _ => json["message"].is_string() && json.get("errors").is_none_or(Value::is_object),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_malformed_requests_are_answered_in_the_dialects_words() {
    let world = World::new().await;
    world.customers(5).await;
    let mut dice = Dice::new(0x7E55_E12A);
    let rows = local::rows();
    let mut statuses = std::collections::BTreeMap::new();
    for number in 0..10_000 {
        let row = &rows[dice.roll(rows.len())];
        let id = *dice.pick(&[
            &"1",
            &"99",
            &"0",
            &"-1",
            &"x",
            &"%00",
            &"..%2f",
            &"18446744073709551616",
            &"%F0%9F%92%A5",
            &"1.0",
        ]);
        let path = match dice.roll(10) {
            0 => dice
                .pick(&[
                    "/api/v1/nope",
                    "/api/v2/nope/1",
                    "/api/nope",
                    "/",
                    "//",
                    "/api/v2",
                    "/api/v1/users/1/2",
                    "/api/v2/invoice/nope",
                    "/%ff",
                ])
                .to_owned(),
            1 => "/api/".to_owned(),
            _ => crate::bodies::path(row, id),
        };
        let verb = if dice.roll(8) == 0 {
            dice.pick(&["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "BREW", ""])
        } else {
            row.verb
        };
        let query = match dice.roll(4) {
            0 => format!(
                "?{}={}&page={}&limit={}",
                dice.pick(FIELDS),
                dice.pick(&["", "x", "-1", "%ff", "1,2,x"]),
                dice.pick(&["0", "x", "9e9", "99999999999999999999"]),
                dice.pick(&["-5", "1e3", "100000000000"])
            ),
            1 => {
                format!("?{}[{}]={}", dice.pick(FIELDS), dice.pick(&["", "0", "a][b][c][d][e][f][g][h][i", "]["]), "v")
            }
            _ => String::new(),
        };
        let mut call = Call::new(verb, &format!("{path}{query}")).body(&body(&mut dice));
        if dice.roll(3) == 0 {
            let by_name = json!({"jsonrpc": "2.0", "id": number, "method": row.rpc.unwrap_or("no.such"), "params": object(&mut dice)});
            call = Call::new("POST", "/api/").body(by_name.to_string().as_bytes());
        }
        let kind = dice.pick(&[
            "application/json",
            "application/x-www-form-urlencoded",
            "text/plain",
            "multipart/form-data; boundary=x",
            "",
            "\u{fffd}",
        ]);
        call = call.header("content-type", kind);
        match dice.roll(12) {
            0 => {}
            1 => call = call.key("wrong").bearer("wrong").validate("wrong"),
            2 => call = call.header("authorization", "Bearer").header("validate", "Bear er"),
            3 => call = call.key(ADMIN).bearer(TOKEN),
            _ => call = call.operator("acme"),
        }
        if dice.roll(6) == 0 {
            let long = "k".repeat(300);
            call = call.once(dice.pick(&["k1", "k2", "", long.as_str(), "\u{1}"]));
        }
        let answer = world.send(call.clone()).await;
        let said = || {
            format!(
                "{number}: {} {} {:?} -> {} {}",
                call.request.verb,
                call.request.path,
                String::from_utf8_lossy(&call.request.body[..call.request.body.len().min(200)]),
                answer.status,
                &answer.text[..answer.text.len().min(300)]
            )
        };
        assert!(answer.status < 500, "{}", said());
        assert!(envelope_fits(&call, &answer), "{}", said());
        *statuses.entry(answer.status).or_insert(0) += 1;
    }
    world.verify();
    world.books("acme").await;
    println!("malformed: 10000 requests, no 5xx, every error in its dialect's envelope: {statuses:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_is_named() {
    let world = World::new().await;
    world.customers(1).await;
    let large = vec![b' '; 4 * 1024 * 1024 + 1];
    let deep = "[".repeat(1000);
    let cases: Vec<(Call, u16, &str)> = vec![
        (Call::new("POST", "/api/clients").key(ADMIN).body(b"{\"name\": }"), 400, "line 1 column 10"),
        (Call::new("POST", "/api/clients").key(ADMIN).body(b"{\"name\": \"\xff\"}"), 400, "UTF-8 at byte 10"),
        (Call::new("POST", "/api/clients").key(ADMIN).body(b"[1]"), 400, "must be a JSON object"),
        (Call::new("POST", "/api/clients").key(ADMIN).body(deep.as_bytes()), 400, "not valid JSON"),
        (Call::new("POST", "/api/clients").key(ADMIN).body(&large), 413, "4194304 bytes"),
        (
            Call::new("POST", "/api/clients")
                .key(ADMIN)
                .json(&json!({"name": 7, "companies_id": 1, "currencies_id": 1})),
            400,
            "\"name\":\"Value should be a string\"",
        ),
        (
            Call::new("POST", "/api/clients")
                .key(ADMIN)
                .body(b"{\"name\":\"a\",\"companies_id\":1,\"currencies_id\":1,\"credit\":1e999999}"),
            400,
            "\"credit\":\"Value should be a number\"",
        ),
        (
            Call::new("POST", "/api/clients")
                .key(ADMIN)
                .body(b"{\"name\":\"a\",\"companies_id\":1,\"currencies_id\":1,\"credit\":0.001}"),
            400,
            "\"credit\":\"No more than 2 decimal places are allowed\"",
        ),
        (
            Call::new("POST", "/api/clients")
                .key(ADMIN)
                .body(b"{\"name\":\"a\",\"companies_id\":1,\"currencies_id\":3,\"credit\":0.5}"),
            400,
            "\"credit\":\"No more than 0 decimal places are allowed\"",
        ),
        (
            Call::new("POST", "/api/clients")
                .key(ADMIN)
                .body(b"{\"name\":\"a\",\"companies_id\":1,\"currencies_id\":1,\"credit\":99999999999999999999}"),
            400,
            "\"credit\":\"Value should not be greater than 9999999999999999.99\"",
        ),
        (
            Call::new("POST", "/api/clients")
                .key(ADMIN)
                .json(&json!({"name": "", "companies_id": 6, "currencies_id": 77})),
            400,
            "{\"error\":{\"message\":\"Invalid request\",\"data\":{\"name\":\"Empty value is not allowed\",\"companies_id\":\"Object \\\"companies(6)\\\" was not found!\",\"currencies_id\":\"Object \\\"currencies(77)\\\" was not found!\"}}}",
        ),
        (
            Call::new("POST", "/api/clients")
                .key(ADMIN)
                .json(&json!({"name": "a", "companies_id": 1, "currencies_id": 1, "owner_users_id": 9, "tz": "Mars"})),
            400,
            "\"owner_users_id\":\"Object \\\"users(9)\\\" was not found!\"",
        ),
        (
            Call::new("PATCH", "/api/clients/1").key(ADMIN).json(&json!({"id": 2, "credit": 5})),
            400,
            "\"id\":\"Value differs from the one in the path\"",
        ),
        (
            Call::new("GET", "/api/clients?__tz=Mars/Olympus").key(ADMIN),
            400,
            "{\"error\":{\"message\":\"Invalid request\",\"data\":{\"__tz\":\"Unknown timezone\"}}}",
        ),
        (Call::new("GET", "/api/clients/x").key(ADMIN), 404, "clients(x)"),
        (Call::new("PUT", "/api/clients/1").key(ADMIN), 405, "Method not allowed"),
        (Call::new("GET", "/api/nowhere").key(ADMIN), 404, "Method not found"),
        (Call::new("POST", "/api/v2/customers").bearer(ADMIN).body(b"{"), 400, "REQ_001"),
        (
            Call::new("POST", "/api/v2/customers").bearer(ADMIN).json(&json!({"account": "a", "email": "invalid"})),
            422,
            "{\"success\":false,\"errors\":{\"email\":\"Invalid email format\"},\"message\":\"Validation failed\",\"error_code\":\"VAL_001\"}",
        ),
        (
            Call::new("POST", "/api/v2/exchange-rates")
                .bearer(ADMIN)
                .json(&json!({"from": "USD", "to": "INR", "rate": 0})),
            422,
            "\"rate\":\"Rate must be greater than 0\"",
        ),
        (Call::new("POST", "/api/v1/users").bearer(TOKEN).body(b"{"), 422, "\"errors\":{\"body\":"),
        (
            Call::new("POST", "/api/v1/users")
                .bearer(TOKEN)
                .json(&json!({"first_name": "  ", "email": "x", "password": "short"})),
            422,
            "The first name field is required. (and 3 more errors)",
        ),
        (
            Call::new("PUT", "/api/v1/users/9").bearer(TOKEN).json(&json!({"status": "active"})),
            404,
            "No query results for model [App\\\\Models\\\\User] 9",
        ),
        (
            Call::new("GET", "/api/v2/auth/token"),
            405,
            "{\"status\":\"Error\",\"error_code\":1005,\"message\":\"only POST is allowed\"}",
        ),
        (Call::new("POST", "/api/v2/auth/token").body(b"username=admin"), 400, "not valid JSON"),
        (
            Call::new("POST", "/api/v2/auth/token")
                .header("content-type", "application/x-www-form-urlencoded")
                .body(b"username=admin"),
            400,
            "{\"status\":\"Error\",\"error_code\":2004,\"message\":\"password is required\"}",
        ),
        (
            Call::new("POST", "/api/v2/service/nope").validate("x"),
            404,
            "{\"status\":\"Error\",\"error_code\":1007,\"message\":\"no such endpoint\"}",
        ),
    ];
    for (call, status, words) in cases {
        let what = format!(
            "{} {} {}",
            call.request.verb,
            call.request.path,
            String::from_utf8_lossy(&call.request.body[..call.request.body.len().min(80)])
        );
        let answer = world.send(call).await;
        assert_eq!(answer.status, status, "{what}: {}", answer.text);
        assert!(answer.text.contains(words), "{what}: {}", answer.text);
    }
    assert_eq!(world.verify(), world.items().len());
    assert_eq!(
        world.send(Call::new("GET", "/api/clients").key(ADMIN)).await.expect(200).as_array().unwrap().len(),
        1,
        "nothing was half written"
    );
}
