//! Export and restore: a tenant with documents of every kind comes back as it was, to the letter, wherever the restore
//! was stopped; its books read as beancount and as CSV.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use local::faults::Fault;
use local::transfer::ledger::Ledger;
use local::transfer::{beancount, csv, export, restore};
use serde_json::{Value, json};
use shared::machinery::caller::Tenant;
use tests::{ADMIN, Call, Dice, World};

use crate::filled::filled;

pub(crate) fn tenant(id: &str) -> Tenant {
    Tenant::named(id).unwrap()
}

pub(crate) fn folder(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("target/transfer").join(name);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

pub(crate) async fn text_of(world: &World, id: &str, credentials: bool) -> String {
    let mut out = Vec::new();
    let now = world.app.outside.now();
    export::export(&world.app.store, &tenant(id), now, credentials, &mut out, &mut |_| {}).await.unwrap();
    String::from_utf8(out).unwrap()
}

/// What is bound to this installation: what users know of their credentials, webhooks and their deliveries.
fn bound(kind: &str) -> bool {
    let of = |word: &str| kind == word || kind.starts_with(&format!("{word}-"));
    of("credential") || of("webhook")
}

/// Every item of a tenant but what passes is in its export.
pub(crate) async fn covers(world: &World, id: &str) -> usize {
    let text = text_of(world, id, true).await;
    let told: BTreeSet<(String, String)> = text
        .lines()
        .filter_map(|line| {
            let line: Value = serde_json::from_str(line).unwrap();
            Some((format!("{id}#{}", line["pk"].as_str()?), line["sk"].as_str()?.to_owned()))
        })
        .collect();
    let passing = ["idempotency", "outbox", "turn", "restore"];
    let mut count = 0;
    for item in world.items() {
        let (pk, sk) = (item["PK"]["S"].as_str().unwrap(), item["SK"]["S"].as_str().unwrap());
        let mut parts = pk.split('#');
        if parts.next() != Some(id) || parts.next().is_some_and(|kind| passing.contains(&kind) || bound(kind)) {
            continue;
        }
        assert!(told.contains(&(pk.to_owned(), sk.to_owned())), "{pk} / {sk} is not exported");
        count += 1;
    }
    assert_eq!(count, told.len());
    count
}

/// A tenant once more beside itself, under another name.
pub(crate) async fn copied(world: &World, id: &str, other: &str) {
    let file = folder("copied").join(format!("{id}-{other}.jsonl"));
    std::fs::write(&file, text_of(world, id, false).await).unwrap();
    restore::restore(&world.app.store, &file, Some(&tenant(other)), &mut |_| {}).await.unwrap();
}

pub(crate) async fn empty() -> World {
    World::with(&json!({"tenants": []}), rpc::rows()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_comes_back_as_it_was() {
    let world = filled().await;
    let items = covers(&world, "acme").await;
    let folder = folder("whole");
    for credentials in [false, true] {
        let text = text_of(&world, "acme", credentials).await;
        assert_eq!(text.contains("argon2id"), credentials, "hashes of passwords");
        assert!(!text.contains("pepper") && !text.contains(ADMIN));
        let file = folder.join("acme.jsonl");
        std::fs::write(&file, &text).unwrap();
        let other = empty().await;
        let store = &other.app.store;
        let restored = restore::restore(store, &file, None, &mut |_| {}).await.unwrap();
        assert_eq!((restored.written, restored.items), (items as u64, items as u64));
        assert_eq!(text_of(&other, "acme", credentials).await, text, "byte-equal");
        other.books("acme").await;
        let again = restore::restore(store, &file, None, &mut |_| {}).await.unwrap();
        assert_eq!(again.written, 0);
        // Under another name beside it, and that one is as good.
        let copy = tenant("copy");
        restore::restore(store, &file, Some(&copy), &mut |_| {}).await.unwrap();
        other.books("copy").await;
        assert_eq!(covers(&other, "copy").await, items);
        // Into a tenant with other data it is refused.
        let why = restore::restore(&world.app.store, &file, None, &mut |_| {}).await.unwrap_err();
        assert_eq!(why, "tenant acme has data already; an export is restored into an empty tenant");
        // A user signs in where the hashes came along.
        let body = json!({"username": "admin", "password": "admin password"});
        let renamed = empty().await;
        restore::restore(&renamed.app.store, &file, None, &mut |_| {}).await.unwrap();
        let signed = renamed.send(Call::new("POST", "/api/v2/auth/token").json(&body)).await;
        assert_eq!(signed.status, if credentials { 200 } else { 401 }, "{}", signed.text);
    }
    println!("transfer: {items} items exported, restored and exported again, byte-equal");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restore_that_is_stopped_goes_on() {
    let world = filled().await;
    let text = text_of(&world, "acme", false).await;
    let file = folder("stopped").join("acme.jsonl");
    std::fs::write(&file, &text).unwrap();
    let mut dice = Dice::new(11);
    let mut stops = 0;
    for _ in 0..6 {
        let other = empty().await;
        let mut runs = 0;
        loop {
            let (at, after) = (dice.below(9), dice.below(2) == 0);
            let fault = if after { Fault::StopAfter } else { Fault::StopBefore };
            other.faulty.plan(move |number, _| if number == at { fault } else { Fault::None });
            runs += 1;
            match restore::restore(&other.app.store, &file, None, &mut |_| {}).await {
                Ok(_) => break,
                Err(_) if runs < 200 => stops += 1,
                Err(why) => panic!("{why}"),
            }
        }
        other.faulty.plan(|_, _| Fault::None);
        assert_eq!(text_of(&other, "acme", false).await, text);
    }
    assert!(stops > 10);
    println!("transfer: 6 restores stopped {stops} times, each byte-equal in the end");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_not_whole_is_refused() {
    let world = filled().await;
    let text = text_of(&world, "acme", false).await;
    let lines: Vec<&str> = text.lines().collect();
    let without = |place: usize| {
        let mut lines = lines.clone();
        lines.remove(place);
        lines.join("\n")
    };
    let file = folder("broken").join("acme.jsonl");
    let other = empty().await;
    for (text, words) in [
        (String::new(), "the file is empty"),
        ("x\n".to_owned(), "this is no export"),
        (text.replacen("\"version\":1", "\"version\":2", 1), "an export of version 2"),
        (without(0), "this is no export"),
        (without(5), "the file was changed"),
        (without(lines.len() - 1), "its last line is missing"),
        (text.replacen("Customer 3", "Customer 4", 1), "the file was changed"),
    ] {
        std::fs::write(&file, text).unwrap();
        let why = restore::restore(&other.app.store, &file, None, &mut |_| {}).await.unwrap_err();
        assert!(why.contains(words), "{why}");
    }
    assert!(other.items().is_empty());
}

/// The transactions of a journal, each as its postings' worth in the base currency; and the check that they are 0.
fn balanced(text: &str) -> usize {
    let decimal = |text: &str| text.parse::<shared::words::money::Decimal>().unwrap();
    let mut count = 0;
    for block in text.split("\n\n").filter(|block| block.contains(" * ")) {
        let mut sum = shared::words::money::Decimal::ZERO;
        for line in block.lines().filter(|line| line.starts_with("  ") && !line.contains(": \"")) {
            let words: Vec<&str> = line.split_whitespace().collect();
            let (amount, code) = (decimal(words[1]), words[2]);
            sum += match words.get(4) {
                Some(worth) if amount.is_sign_negative() => -decimal(worth),
                Some(worth) => decimal(worth),
                None => {
                    assert_eq!(code, "USD", "{line}");
                    amount
                }
            };
        }
        assert!(sum.is_zero(), "{sum}: {block}");
        count += 1;
    }
    count
}

#[tokio::test(flavor = "multi_thread")]
async fn the_books_read_as_beancount_and_csv() {
    let world = filled().await;
    let ledger = Ledger::read(&world.app.store, &tenant("acme"), &mut |_| {}).await.unwrap();
    let mut out = Vec::new();
    let count = beancount::export(&ledger, &mut out).unwrap();
    let text = String::from_utf8(out).unwrap();
    assert_eq!(balanced(&text) as u64, count);
    assert!(
        text.contains(":Valuation:")
            && text.contains("Expenses:ExchangeDifference ")
            && text.contains("@@")
            && text.contains(" balance ")
    );
    // .ci/run gives this file to bean-check.
    std::fs::write(folder("beancount").join("acme.beancount"), &text).unwrap();
    let folder = folder("csv");
    let rows: BTreeMap<_, _> =
        csv::export(&world.app.store, &tenant("acme"), &folder, &mut |_| {}).await.unwrap().into_iter().collect();
    for (name, rows) in &rows {
        let text = std::fs::read_to_string(folder.join(name)).unwrap();
        let columns = text.lines().next().unwrap().split(',').count();
        assert_eq!(records(&text, columns), rows + 1, "{name}");
    }
    let journal = std::fs::read_to_string(folder.join("journal.csv")).unwrap();
    assert!(journal.contains(",KWD,12.345,USD,40.21\r\n"), "the currency's places");
    println!("transfer: {count} transactions for bean-check, all balanced; csv {rows:?}");
}

/// Records of a CSV text, each with so many columns.
fn records(text: &str, columns: usize) -> u64 {
    let (mut count, mut cells, mut quoted) = (0, 1, false);
    for letter in text.chars() {
        match letter {
            '"' => quoted = !quoted,
            ',' if !quoted => cells += 1,
            '\n' if !quoted => {
                assert_eq!(cells, columns, "record {count}");
                (count, cells) = (count + 1, 1);
            }
            _ => {}
        }
    }
    count
}
