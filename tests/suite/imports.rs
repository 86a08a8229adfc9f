//! Import from each of the four dialects of our own server, over HTTP: balances and numbers are equal, the books hold,
//! a second import makes nothing, and one that was stopped anywhere comes to the same.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use local::faults::Fault;
use local::gateway::Gateway;
use local::template::{BUILT_IN, Template};
use local::transfer::client::Client;
use local::transfer::extract::Extract;
use local::transfer::importer::import;
use local::transfer::report::Report;
use local::transfer::source::{self, Access, System};
use serde_json::{Value, json};
use shared::words::time::Zone;
use tests::{ADMIN, Dice, TOKEN, World};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::filled::filled;
use crate::transfer::{covers, tenant, text_of};

/// One customer from elsewhere.
pub(crate) async fn customer(world: &World, id: &str) {
    let change = shared::domain::customers::Change { name: Some("From elsewhere".into()), ..Default::default() };
    let extract = Extract { system: "cloudonex", customers: BTreeMap::from([(7, change)]), ..Extract::default() };
    assert_eq!(import(&world.app, &tenant(id), extract, &mut |_| {}).await.unwrap().created(), 1);
}

async fn serve(world: &World) -> String {
    let template = Template::read(BUILT_IN).unwrap();
    let gateway = Gateway::new(template, &world.app.store, &world.app.secrets, &world.app.outside);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(Arc::new(gateway).serve(listener));
    format!("http://{address}")
}

async fn read(url: &str, system: System) -> Extract {
    let mut client = Client::new(url).unwrap();
    let access = Access {
        key: Some(ADMIN.into()),
        token: Some(TOKEN.into()),
        login: Some(("admin".into(), "admin password".into())),
    };
    let access = match system {
        System::Jerasoft | System::Cloudonex => Access { key: access.key, ..Access::default() },
        System::Billmora => Access { token: access.token, ..Access::default() },
        System::Racknap => Access { login: access.login, ..Access::default() },
    };
    source::read(system, &mut client, &access, Zone::UTC, &mut |_| {}).await.unwrap()
}

/// A world with a tenant that has nothing but its base currency, and the rates that two of the systems do not tell.
async fn target(rates: bool) -> World {
    let codes = if rates { &["USD", "INR", "JPY", "KWD"][..] } else { &["USD"] };
    let currencies: Vec<Value> =
        codes.iter().enumerate().map(|(place, code)| json!({"id": place + 1, "code": code})).collect();
    let rate = |(to, rate): (&str, &str)| json!({"from": "USD", "to": to, "rate": rate, "at": "2019-12-01T00:00:00Z"});
    let rates: Vec<Value> = match rates {
        true => [("INR", "71.160"), ("JPY", "150.25"), ("KWD", "0.307")].into_iter().map(rate).collect(),
        false => Vec::new(),
    };
    World::with(
        &json!({"tenants": [{"id": "new", "name": "New", "base_currency": "USD", "timezone": "UTC", "users": [],
            "currencies": currencies, "exchange_rates": rates}]}),
        rpc::rows(),
    )
    .await
}

async fn run(world: &World, extract: &Extract) -> Result<Report, String> {
    import(&world.app, &tenant("new"), extract.clone(), &mut |_| {}).await
}

/// What customers owe by currency; nothing is left out but zeros.
fn owed(world: &World, id: &str) -> BTreeMap<(u64, String), String> {
    let mut all = BTreeMap::new();
    for item in world.items().iter().filter(|item| item["PK"]["S"] == format!("{id}#balance")) {
        let customer: u64 = item["SK"]["S"].as_str().unwrap().parse().unwrap();
        for (code, sum) in item["owed"]["M"].as_object().unwrap().iter().filter(|(_, sum)| sum["N"] != "0") {
            all.insert((customer, code.clone()), sum["N"].as_str().unwrap().to_owned());
        }
    }
    all
}

/// The customers here by their ids there.
fn customers(world: &World, system: &str) -> BTreeMap<u64, u64> {
    let items = world.items();
    let notes = items.iter().filter(|item| item["PK"]["S"] == format!("new#import#{system}#customer"));
    notes
        .map(|item| {
            (item["SK"]["S"].as_str().unwrap().parse().unwrap(), item["id"]["N"].as_str().unwrap().parse().unwrap())
        })
        .collect()
}

/// Kind, number, currency and total of documents that were not deleted, with their stage.
fn documents(world: &World, id: &str, kinds: &[&str]) -> Vec<String> {
    let text = |value: &Value| value["S"].as_str().unwrap_or("-").to_owned();
    let mut all: Vec<String> = world
        .items()
        .iter()
        .filter(|item| [format!("{id}#invoice"), format!("{id}#transaction")].iter().any(|pk| item["PK"]["S"] == *pk))
        .filter(|item| kinds.contains(&item["kind"]["S"].as_str().unwrap()))
        .map(|item| {
            let total = item["sums"]["M"]["total"]["N"].as_str().unwrap();
            format!(
                "{} {} {total} {} {}",
                text(&item["kind"]),
                text(&item["number"]),
                text(&item["iso"]),
                text(&item["stage"])
            )
        })
        .collect();
    all.sort();
    all
}

/// The customers whose balances a system tells enough of.
async fn equal(system: System, name: &str, compared: &[u64], kinds: &[&str], stages: &[&str]) {
    let source = filled().await;
    let extract = read(&serve(&source).await, system).await;
    let world = target(matches!(system, System::Billmora)).await;
    let report = run(&world, &extract).await.unwrap();
    assert_eq!((report.refused(), &report.differences), (0, &Vec::new()), "{name}: {:#?}", report.failed);
    world.books("new").await;
    let ids = customers(&world, name);
    let (there, here) = (owed(&source, "acme"), owed(&world, "new"));
    for customer in compared {
        let of = |all: &BTreeMap<(u64, String), String>, id: u64| -> Vec<(String, String)> {
            all.iter().filter(|((own, _), _)| *own == id).map(|((_, code), sum)| (code.clone(), sum.clone())).collect()
        };
        assert_eq!(of(&here, ids[customer]), of(&there, *customer), "{name}: customer {customer}");
    }
    let stands = |all: Vec<String>| -> Vec<String> {
        all.into_iter().filter(|one| stages.iter().any(|stage| one.ends_with(stage))).collect()
    };
    let (own, other) = (stands(documents(&world, "new", kinds)), stands(documents(&source, "acme", kinds)));
    let differ = || {
        (
            own.iter().filter(|one| !other.contains(one)).collect::<Vec<_>>(),
            other.iter().filter(|one| !own.contains(one)).collect::<Vec<_>>(),
        )
    };
    assert_eq!(own, other, "{name}: {:#?}", differ());
    // Again: nothing is made.
    let before = world.items().len();
    let again = run(&world, &extract).await.unwrap();
    assert_eq!((again.created(), again.refused(), world.items().len()), (0, 0, before), "{name}");
    // What is made here goes on behind the numbers that were kept.
    let call = tests::Call::new("POST", "/api/v2/invoices").operator("new");
    let made = world.send(call.json(&json!({"customer_id": 1, "items": [{"description": "x", "amount": 1}]}))).await;
    made.expect(201);
    world.books("new").await;
    covers(&world, "new").await;
    println!(
        "transfer: {name}: {} balances, {} documents equal, {} records made",
        compared.len(),
        own.len(),
        report.created()
    );
}

const ALL: [&str; 7] = ["invoice", "receipt", "refund", "income", "expense", "credit_note", "debit_note"];
const STAGES: [&str; 5] = ["draft", "issued", "void", "cancelled", "refunded"];

#[tokio::test(flavor = "multi_thread")]
async fn cloudonex_tells_everything() {
    equal(System::Cloudonex, "cloudonex", &[1, 2, 3, 4, 5, 6], &ALL, &STAGES).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn jerasoft_tells_what_concerns_clients() {
    let kinds = ["invoice", "receipt", "refund", "credit_note", "debit_note"];
    equal(System::Jerasoft, "jerasoft", &[1, 2, 3, 4, 5, 6], &kinds, &STAGES).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn racknap_tells_no_refunds() {
    let kinds = ["invoice", "receipt", "credit_note", "debit_note"];
    equal(System::Racknap, "racknap", &[1, 2, 3, 5, 6], &kinds, &["issued", "cancelled", "refunded"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn billmora_tells_invoices() {
    equal(System::Billmora, "billmora", &[5, 6], &["invoice"], &["draft", "issued", "refunded"]).await;
}

/// What an import left, without what is new each time: ids of entries and audit.
async fn left(world: &World) -> BTreeSet<String> {
    let text = text_of(world, "new", true).await;
    let lines =
        text.lines().filter(|line| !["journal#", "audit#"].iter().any(|pk| line.contains(&format!("\"pk\":\"{pk}"))));
    lines.filter(|line| !line.contains("\"digest\"")).map(str::to_owned).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_that_is_stopped_anywhere_comes_to_the_same() {
    let source = filled().await;
    let extract = read(&serve(&source).await, System::Cloudonex).await;
    let whole = target(false).await;
    run(&whole, &extract).await.unwrap();
    let mut dice = Dice::new(5);
    let mut stops = 0;
    for _ in 0..3 {
        let world = target(false).await;
        loop {
            let (at, after) = (20 + dice.below(120), dice.below(2) == 0);
            let fault = if after { Fault::StopAfter } else { Fault::StopBefore };
            world.faulty.plan(move |number, _| if number == at { fault } else { Fault::None });
            match run(&world, &extract).await {
                Ok(report) => {
                    assert_eq!(report.refused(), 0, "{:#?}", report.failed);
                    break;
                }
                Err(_) => stops += 1,
            }
        }
        world.faulty.plan(|_, _| Fault::None);
        world.books("new").await;
        let (own, other) = (left(&world).await, left(&whole).await);
        let differ: Vec<_> = own.symmetric_difference(&other).take(4).collect();
        assert!(differ.is_empty(), "{differ:#?}");
    }
    assert!(stops > 6);
    println!("transfer: 3 imports stopped {stops} times, each the same in the end");
}

/// A system that is out of patience twice and broken once, then answers.
#[tokio::test(flavor = "multi_thread")]
async fn limits_and_troubles_are_waited_for() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let asked = Arc::new(AtomicU32::new(0));
    let counter = Arc::clone(&asked);
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let number = counter.fetch_add(1, Ordering::SeqCst);
            let mut buffer = [0; 4096];
            let _ = stream.read(&mut buffer).await;
            let answer = match number {
                0 | 1 => {
                    "HTTP/1.1 429 Too Many Requests\r\nretry-after: 1\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
                }
                2 => "HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
                3 => "",
                _ => "HTTP/1.1 200 OK\r\ncontent-length: 9\r\nconnection: close\r\n\r\n{\"a\": 12}",
            };
            let _ = stream.write_all(answer.as_bytes()).await;
        }
    });
    let mut client = Client::new(&format!("http://{address}")).unwrap();
    client.hurry();
    let mut heard = Vec::new();
    let answer = client.get("/x", &mut |what: &str| heard.push(what.to_owned())).await.unwrap();
    assert_eq!((answer.status, answer.body.to_string().as_str()), (200, r#"{"a":12}"#));
    assert_eq!(heard.iter().filter(|what| what.contains("waiting 1 s")).count(), 2, "{heard:?}");
    assert_eq!(asked.load(Ordering::SeqCst), 5);
    for (url, words) in [
        ("http://billing.example", "over https only"),
        ("billing.example", "is no address such as"),
        ("ftp://billing.example", "is no address such as"),
    ] {
        let why = Client::new(url).err().unwrap();
        assert!(why.contains(words), "{why}");
    }
}
