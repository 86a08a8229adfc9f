//! The house stays as it is drawn: template and route table agree, the saved events work, every key is one
//! that the head of keys.rs lists, and nobody names what is not theirs to name.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use local::faults::Fault;
use local::template::{BUILT_IN, Template};
use serde_json::{Value, json};
use shared::machinery::gateway::{authorize, invoke, invoke_requests};
use tests::{ADMIN, Call, TOKEN, World};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path, ending));
        } else if path.to_string_lossy().ends_with(ending) {
            found.push(path);
        }
    }
    found.sort();
    found
}

#[test]
fn every_row_is_served_by_its_familys_function() {
    let template = Template::read(BUILT_IN).unwrap();
    let families = [
        ("auth", paths(&auth::rows())),
        ("customers", paths(&customers::rows())),
        ("currencies", paths(&currencies::rows())),
        ("catalog", paths(&catalog::rows())),
        ("invoices", paths(&invoices::rows())),
        ("quotes", paths(&quotes::rows())),
        ("orders", paths(&orders::rows())),
        ("transactions", paths(&transactions::rows())),
        ("reports", paths(&reports::rows())),
        ("support", paths(&support::rows())),
        ("users", paths(&users::rows())),
        ("webhooks", paths(&webhooks::rows())),
        ("printing", paths(&printing::rows())),
    ];
    let mut count = 0;
    for (family, paths) in families {
        for path in paths {
            let (_, binary, _) =
                template.route(&path.replace("{id}", "1").replace("{delivery}", "x")).expect("a route");
            assert_eq!(binary, family, "{path}");
            count += 1;
        }
    }
    assert_eq!(count, local::rows().len(), "every family is linked");
    assert_eq!(template.route("/api").unwrap().1, "rpc");
    println!("template: {count} rows lead to their family's function");
}

fn paths(rows: &[shared::machinery::route::Row]) -> Vec<&'static str> {
    rows.iter().map(|row| row.path).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_saved_event_works() {
    let demo: Value =
        serde_json::from_str(&std::fs::read_to_string(root().join("infra/local/demo.json")).unwrap()).unwrap();
    let mut count = 0;
    let functions = [
        "authorizer",
        "auth",
        "customers",
        "currencies",
        "catalog",
        "invoices",
        "quotes",
        "orders",
        "transactions",
        "reports",
        "support",
        "users",
        "webhooks",
        "dispatcher",
        "deliverer",
        "printing",
        "pages",
        "verify",
        "billing",
        "reset",
        "rpc",
    ];
    for function in functions {
        let events = files(&root().join("events").join(function), ".json");
        assert!(!events.is_empty(), "{function} has no event");
        for file in events {
            let world = World::with(&demo, local::rows()).await;
            let name = file.file_stem().unwrap().to_string_lossy().into_owned();
            let text = std::fs::read_to_string(&file).unwrap();
            if function == "authorizer" {
                let said = authorize(&world.app, &serde_json::from_str(&text).unwrap()).await.unwrap();
                let expected = if name.starts_with("racknap") { "-" } else { "demo" };
                assert_eq!(said["principalId"], expected, "{name}");
                assert_eq!(said["policyDocument"]["Statement"][0]["Effect"], "Allow");
                assert_eq!(said["usageIdentifierKey"].as_str().unwrap().len(), 40);
            } else if function == "verify" {
                let event = serde_json::from_str(&text).unwrap();
                let said = shared::domain::reports::verify::answer(&world.app, &event).await.unwrap();
                assert_eq!((&said["tenant"], &said["count"]), (&json!("demo"), &json!(0)));
            } else if function == "dispatcher" || function == "deliverer" {
                let hooks = world.hooks();
                let said = hooks.all().answer(function, &serde_json::from_str(&text).unwrap()).await.unwrap();
                assert_eq!(said["batchItemFailures"], json!([]), "{function}/{name}");
            } else if function == "pages" {
                let said: Value = serde_json::from_str(&invoke_requests(pages::answer, &text).await.unwrap()).unwrap();
                let expected = if name.contains("unknown") { 404 } else { 200 };
                assert_eq!(
                    (&said["statusCode"], &said["isBase64Encoded"]),
                    (&json!(expected), &json!(false)),
                    "{name}"
                );
            } else if function == "billing" {
                let said = orders::run::answer(&world.app, &serde_json::from_str(&text).unwrap()).await.unwrap();
                assert_eq!((&said["tenant"], &said["complete"]), (&json!("demo"), &json!(true)));
            } else if function == "reset" {
                let event = serde_json::from_str(&text).unwrap();
                let said = tokio::task::spawn_blocking(move || crate::sandbox::daily(&event)).await.unwrap();
                assert!(said["removed"].as_u64().unwrap() > 0, "{said}");
            } else if function == "printing" && !name.contains("unknown") {
                let body = json!({"customer_id": 1, "items": [{"description": "Studio", "amount": 18}]});
                world.send(Call::new("POST", "/api/v2/invoices").operator("demo").json(&body)).await.expect(201);
                let answer: Value = serde_json::from_str(&invoke(&world.app, &text).await.unwrap()).unwrap();
                assert_eq!((&answer["statusCode"], &answer["isBase64Encoded"]), (&json!(200), &json!(true)), "{name}");
                assert_eq!(answer["multiValueHeaders"]["content-type"], json!(["application/pdf"]));
                // %PDF
                assert!(answer["body"].as_str().unwrap().starts_with("JVBERi"), "{name}");
            } else {
                let answer: Value = serde_json::from_str(&invoke(&world.app, &text).await.unwrap()).unwrap();
                let good = if name.contains("unknown") {
                    answer["statusCode"] == 404
                } else {
                    answer["statusCode"].as_u64().unwrap() < 300
                };
                assert!(good, "{function}/{name}: {answer}");
                let body: Value = serde_json::from_str(answer["body"].as_str().unwrap()).unwrap();
                assert!(body.get("error").is_none() || name.contains("unknown"), "{function}/{name}: {body}");
            }
            count += 1;
        }
    }
    println!("events: {count} saved events executed");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_stored_key_is_one_that_keys_rs_lists() {
    let world = World::new().await;
    let hooks = world.hooks();
    let webhook = json!({"url": "http://127.0.0.1:1/", "events": ["customer.created"]});
    world.send(Call::new("POST", "/api/v2/webhooks").bearer(ADMIN).json(&webhook)).await.expect(201);
    world.customers(3).await;
    hooks.dispatch().await;
    world
        .send(
            Call::new("POST", "/api/v2/auth/token")
                .json(&json!({"username": "admin", "password": "admin password"}))
                .once("k"),
        )
        .await
        .expect(200);
    world.send(Call::new("DELETE", "/api/clients/2").key(ADMIN).once("k")).await.expect(200);
    let batch: Vec<Value> = (0..30).map(|n| json!({"account": format!("B {n}")})).collect();
    world
        .send(Call::new("POST", "/api/v2/batch/customers").bearer(ADMIN).json(&json!({"customers": batch})).once("k2"))
        .await
        .expect(201);
    world.send(Call::new("GET", "/api/v1/users").bearer(TOKEN)).await.expect(200);
    for _ in 0..2 {
        let catalog = json!({"name": "Hosting"});
        world.send(Call::new("POST", "/api/v2/catalogs").bearer(ADMIN).json(&catalog)).await.expect(201);
        let account = json!({"clients_id": 1, "name": "trunk"});
        world.send(Call::new("POST", "/api/clients/accounts").key(ADMIN).json(&account)).await.expect(200);
    }
    world.send(Call::new("DELETE", "/api/v2/catalogs/1").bearer(ADMIN)).await.expect(200);
    let package = json!({"name": "Office", "companies_id": 1, "currencies_id": 1, "period": "P1M"});
    world.send(Call::new("POST", "/api/packages").key(ADMIN).json(&package)).await.expect(200);
    let subscription = json!({"clients_id": 1, "packages_id": 1});
    world.send(Call::new("POST", "/api/clients/subscriptions").key(ADMIN).json(&subscription)).await.expect(200);
    let ticket = json!({"customer_id": 1, "subject": "x", "message": "x"});
    world.send(Call::new("POST", "/api/v2/tickets").bearer(ADMIN).json(&ticket)).await.expect(201);
    let invoice = json!({"customer_id": 1, "items": [{"description": "x", "amount": 1, "period_start": "2026-01-01", "period_end": "2026-02-01"}]});
    for _ in 0..2 {
        world.send(Call::new("POST", "/api/v2/invoices").bearer(ADMIN).json(&invoice)).await.expect(201);
    }
    world.send(Call::new("DELETE", "/api/v2/invoices/1").bearer(ADMIN)).await.expect(200);
    let receipt = json!({"customer_id": 1, "amount": 5});
    world.send(Call::new("POST", "/api/v2/receipts").bearer(ADMIN).json(&receipt)).await.expect(201);
    // Two who collide line up.
    world.faulty.plan(|number, _| if number == 2 { Fault::Conflict } else { Fault::None });
    world.send(Call::new("POST", "/api/v2/receipts").bearer(ADMIN).json(&receipt)).await.expect(201);
    // Everything but what passes is exported; brought back, and imported from elsewhere, it leaves its notes.
    crate::transfer::covers(&world, "acme").await;
    crate::transfer::copied(&world, "acme", "copy").await;
    crate::imports::customer(&world, "copy").await;
    crate::transfer::covers(&world, "copy").await;
    let head = std::fs::read_to_string(root().join("shared/src/machinery/keys.rs")).unwrap();
    // Rows of the table at the head of keys.rs: | entity | `PK` | `SK` | …
    let mut listed = Vec::new();
    for line in head.lines().filter(|line| line.starts_with("//! | ") && line.contains('`')) {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        // Several keys of one entity stand one after the other.
        let keys = |cell: &str| -> Vec<_> {
            cell.split(['`'])
                .filter(|part| part.contains(['#', '<']) || !part.trim_matches([' ', ',']).is_empty())
                .filter(|part| ![" or ", ", "].contains(part))
                .map(shape)
                .collect()
        };
        listed.push((cells[1].to_owned(), keys(cells[2]), keys(cells[3])));
    }
    let mut seen = BTreeSet::new();
    let sandbox = World::sandbox().await;
    let clock = json!({"now": "2027-01-31T09:00:00Z"});
    sandbox.send(Call::new("PUT", "/api/v2/clock").bearer(ADMIN).json(&clock)).await.expect(200);
    for item in world.items().into_iter().chain(sandbox.items()) {
        let (pk, sk) = (item["PK"]["S"].as_str().unwrap(), item["SK"]["S"].as_str().unwrap());
        let found = listed.iter().find(|(_, pks, sks)| {
            pks.iter().any(|listed| fits(listed, pk)) && sks.iter().any(|listed| fits(listed, sk))
        });
        seen.insert(found.unwrap_or_else(|| panic!("not listed: {pk} / {sk}")).0.clone());
    }
    let all: BTreeSet<String> = listed.into_iter().map(|(entity, _, _)| entity).collect();
    assert_eq!(seen, all, "every listed entity is stored here");
    println!("keys: {} kinds of item, all listed, all stored", all.len());
}

/// A listed key as its parts: a word stands for itself, `<…>` and bare words without backticks for anything.
fn shape(listed: &str) -> Vec<Option<String>> {
    listed
        .split('#')
        .map(|part| (!part.contains('<') && !["id", "entity", "run", "value"].contains(&part)).then(|| part.to_owned()))
        .collect()
}

fn fits(shape: &[Option<String>], key: &str) -> bool {
    let parts: Vec<&str> = key.split('#').collect();
    parts.len() == shape.len()
        && shape.iter().zip(parts).all(|(listed, part)| listed.as_ref().is_none_or(|word| word == part))
}

#[test]
fn nobody_names_what_is_not_theirs() {
    let own = |word: &str, owner: &str| {
        for folder in ["shared/src", "functions"] {
            for file in files(&root().join(folder), ".rs") {
                let path = file.strip_prefix(root()).unwrap().to_string_lossy().into_owned();
                let text = std::fs::read_to_string(&file).unwrap();
                let code =
                    text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
                let theirs = owner.split('|').any(|owner| path.contains(owner));
                assert!(!code.contains(word) || theirs, "{path} names {word}, which is {owner}'s");
            }
        }
    };
    own("aws_sdk_dynamodb::", "machinery/store/");
    own("aws_sdk_secretsmanager", "machinery/secrets.rs");
    own("aws_sdk_sqs", "deliverer/src/queue.rs");
    own("TcpStream", "deliverer/src/post.rs");
    own("chrono_tz", "words/time.rs");
    own("lambda_http", "machinery/gateway.rs");
    own(".scan()", "machinery/store/whole.rs");
    own(".page(", "domain/sandbox/reset.rs|store/whole.rs");
    // Words of one dialect that once stood in an operation.
    own("LowBalanceError", "dialect/jerasoft.rs");
    own("origination", "reports/src/jerasoft/");
    own("taxes_profiles_id", "/customers/|transactions/src/jerasoft_books.rs");
}

/// The layers of the domain, each of which knows those before it only (the head of `domain/mod.rs`).
#[test]
fn layers_know_those_below_them() {
    let layers: [&[&str]; 6] = [
        &["agenda"],
        &["documents", "catalog", "customers", "books"],
        &["sales"],
        &["settlement"],
        &["orders", "services", "registrants", "quotes", "gateways"],
        &["billing"],
    ];
    let domain = root().join("shared/src/domain");
    for (level, layer) in layers.iter().enumerate() {
        let above: Vec<String> = layers[level + 1..].concat().iter().map(|name| format!("domain::{name}::")).collect();
        for module in *layer {
            let mut own = vec![domain.join(format!("{module}.rs"))];
            own.retain(|file| file.exists());
            own.extend(if own.is_empty() { files(&domain.join(module), ".rs") } else { Vec::new() });
            assert!(!own.is_empty(), "{module} is not there");
            for file in own {
                let text = std::fs::read_to_string(&file).unwrap();
                let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
                for line in code {
                    let names = above.iter().find(|name| line.contains(*name));
                    assert!(names.is_none(), "{} names what stands above it: {line}", file.display());
                }
            }
        }
    }
}

/// Files stay short enough to be read; one that is longer says why here.
#[test]
fn files_are_short() {
    let longer = [
        ("shared/src/machinery/reader/mod.rs", 520, "every type a field can have, and the tests of the builder"),
        ("shared/src/domain/customers/write.rs", 490, "the writes that share claims and references"),
        ("infra/local/src/fixture/mod.rs", 500, "the fixture's form beside what is made of it"),
        ("shared/src/machinery/keys.rs", 500, "every key, and the table of them"),
        ("shared/src/domain/documents/desk.rs", 430, "all that a write of documents reads and writes besides"),
        ("shared/src/domain/documents/write.rs", 390, "how a document of any kind is made, in one order"),
        ("tests/suite/sandbox.rs", 360, "one story after the other"),
        ("tests/suite/einvoices.rs", 360, "what a thousand documents are made of"),
        ("tests/suite/leaving.rs", 400, "one rule, by every way that money leaves"),
        ("tests/suite/plans.rs", 420, "one rule, by every way that a plan changes"),
        ("tests/suite/malformed.rs", 540, "a table of faults"),
        ("tests/suite/isolation.rs", 520, "one matrix"),
        ("tests/suite/chain.rs", 380, "a model is one thing"),
        ("tests/suite/faults.rs", 420, "one request for every row that writes"),
        ("tests/suite/orders.rs", 360, "one story after the other"),
        ("tests/suite/documents.rs", 420, "one story after the other"),
    ];
    for folder in ["shared/src", "functions", "infra", "tests/harness", "tests/suite"] {
        for file in files(&root().join(folder), ".rs") {
            let path = file.strip_prefix(root()).unwrap().to_string_lossy().into_owned();
            let lines = std::fs::read_to_string(&file).unwrap().lines().count();
            let most = longer.iter().find(|(long, _, _)| *long == path).map_or(350, |(_, most, _)| *most);
            assert!(lines <= most, "{path} has {lines} lines, at most {most}");
        }
    }
}
