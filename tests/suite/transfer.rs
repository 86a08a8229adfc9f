//! Export and restore: a tenant with documents of every kind comes back as it was, to the letter, wherever the restore
//! was stopped; its books read as beancount and as CSV.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use local::faults::Fault;
use local::transfer::ledger::Ledger;
use local::transfer::{beancount, csv, export, restore};
use serde_json::{Value, json};
use shared::machinery::caller::Tenant;
use tests::{ADMIN, Call, Dice, TOKEN, World};

pub(crate) fn tenant(id: &str) -> Tenant {
    Tenant::named(id).unwrap()
}

pub(crate) fn folder(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("target/transfer").join(name);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

async fn made(world: &World, path: &str, body: Value) -> u64 {
    let call = Call::new("POST", &format!("/api/v2/{path}")).bearer(ADMIN).json(&body);
    let answer = world.send(call).await.expect(201);
    answer["data"]["id"].as_u64().unwrap()
}

async fn changed(world: &World, path: &str, body: Value) {
    world.send(Call::new("PUT", &format!("/api/v2/{path}")).bearer(ADMIN).json(&body)).await.expect(200);
}

async fn charge(world: &World, client: u64, amount: &str, notes: &str) {
    let body = json!({"clients_id": client, "type": "charge", "amount": amount, "notes": notes, "dt": "2026-02-05"});
    world.send(Call::new("POST", "/api/accounting/transactions").key(ADMIN).json(&body)).await.expect(200);
}

/// Documents of every kind in four currencies. Customers 1 to 4 have everything, only the fourth has refunds; 5 and 6
/// have invoices and what pays them.
pub(crate) async fn filled() -> World {
    let world = World::new().await;
    world.customers(6).await;
    made(&world, "currencies", json!({"code": "KWD"})).await;
    for (to, rate, at) in
        [("JPY", "150.25", "2019-12-01"), ("KWD", "0.307", "2019-12-01"), ("INR", "83.5", "2026-02-20")]
    {
        made(
            &world,
            "exchange-rates",
            json!({"from": "USD", "to": to, "rate": rate, "date": format!("{at}T00:00:00Z")}),
        )
        .await;
    }
    made(&world, "accounts", json!({"name": "Kuwait", "currency": "KWD", "opening_balance": "12.345"})).await;
    made(&world, "products", json!({"name": "Hosting", "price": 20, "tax_rate": 18, "type": "service"})).await;
    let mut dice = Dice::new(20_260_722);
    let mut invoices: BTreeMap<(u64, &str), Vec<u64>> = BTreeMap::new();
    for turn in 0..36_u64 {
        let customer = 1 + turn % 6;
        let code = ["USD", "INR", "JPY", "KWD"][usize::try_from(turn / 6 % 4).unwrap()];
        let places = [2, 2, 0, 3][usize::try_from(turn / 6 % 4).unwrap()];
        let price =
            |dice: &mut Dice| shared::words::money::Decimal::new(100 + dice.below(99_999) as i64, places).to_string();
        let mut items = vec![
            json!({"description": "Hosting, \"big\"", "amount": price(&mut dice), "qty": 1 + dice.below(3), "taxes": ["SGST", "CGST"]}),
        ];
        if turn % 3 == 0 {
            items.push(json!({"description": "Support", "amount": price(&mut dice), "qty": "1.5", "tax_rate": "7.7",
                "billing_cycle": "Annually", "period_start": "2026-02-03"}));
        }
        let mut body = json!({"customer_id": customer, "date": format!("2026-02-{:02}", 1 + turn % 20), "due_date": "2026-03-15",
            "currency": code, "items": items, "tax_inclusive": turn % 4 == 0});
        if turn == 7 {
            body["invoice_number"] = json!("SPECIAL/7");
        }
        let id = made(&world, "invoices", body).await;
        invoices.entry((customer, code)).or_default().push(id);
    }
    // Payments: in part, of several, more than enough, at another ratio.
    for ((customer, code), ids) in &invoices {
        if *customer < 5 {
            let allocations: Vec<Value> = ids
                .iter()
                .map(|id| json!({"invoice_id": id, "amount": if *code == "JPY" { json!(50) } else { json!("0.5") }}))
                .collect();
            let amount = if *code == "JPY" { "1000" } else { "25.50" };
            made(
                &world,
                "receipts",
                json!({"customer_id": customer, "amount": amount, "currency": code, "method": "wire",
                "reference": format!("R{customer}"), "date": "2026-02-25", "allocations": allocations}),
            )
            .await;
        } else {
            let body =
                world.send(Call::new("GET", &format!("/api/v2/invoices/{}", ids[0])).bearer(ADMIN)).await.expect(200);
            made(&world, "receipts", json!({"customer_id": customer, "amount": body["data"]["amount"], "currency": code, "invoice_id": ids[0]})).await;
        }
    }
    let lines = json!([{"description": "Outage", "amount": "3.10", "qty": 1, "taxes": ["IGST"]}]);
    for customer in 1..=4 {
        let own = invoices[&(customer, "USD")][0];
        made(&world, "credit-notes", json!({"customer_id": customer, "invoice_id": own, "description": "Outage", "date": "2026-02-26", "items": lines})).await;
        made(
            &world,
            "credit-notes",
            json!({"customer_id": customer, "description": "Goodwill", "date": "2026-02-27", "currency": "INR", "items": lines}),
        )
        .await;
        let debit = made(&world, "debit-notes", json!({"customer_id": customer, "description": "More", "date": "2026-02-27", "items": [{"description": "More", "amount": 9, "qty": 1}]})).await;
        if customer % 2 == 0 {
            made(&world, "receipts", json!({"customer_id": customer, "amount": 4, "account_id": 1, "allocations": [{"debit_note_id": debit, "amount": 3}]})).await;
        }
    }
    made(&world, "refunds", json!({"customer_id": 4, "amount": "2.00", "account_id": 1})).await;
    // Where invoices come to by their status alone.
    for (place, status) in ["Paid", "Void", "Cancelled"].into_iter().enumerate() {
        let id = made(
            &world,
            "invoices",
            json!({"customer_id": 5, "items": [{"description": status, "amount": 10 + place}]}),
        )
        .await;
        changed(&world, &format!("invoices/{id}"), json!({"status": status})).await;
    }
    for paid in [true, false] {
        let id = made(
            &world,
            "invoices",
            json!({"customer_id": 6, "currency": "KWD", "items": [{"description": "x", "amount": "7.125"}]}),
        )
        .await;
        if paid {
            made(
                &world,
                "receipts",
                json!({"customer_id": 6, "amount": "7.125", "currency": "KWD", "invoice_id": id, "account_id": 3}),
            )
            .await;
        } else {
            changed(&world, &format!("invoices/{id}"), json!({"status": "Paid"})).await;
        }
        changed(&world, &format!("invoices/{id}"), json!({"status": "Refunded"})).await;
    }
    made(&world, "invoices", json!({"customer_id": 1, "status": "Draft", "items": lines})).await;
    let gone = made(&world, "invoices", json!({"customer_id": 1, "items": lines})).await;
    world.send(Call::new("DELETE", &format!("/api/v2/invoices/{gone}")).bearer(ADMIN)).await.expect(200);
    // Sums that are rounded at the end, and charges that come onto an invoice.
    let items = json!([{"description": "a", "quantity": 1, "unit_price": "0.335"}, {"description": "b", "quantity": 1, "unit_price": "0.335"}]);
    let body = json!({"user_id": 2, "due_date": "2026-04-01", "currency": "USD", "items": items});
    world.send(Call::new("POST", "/api/v1/invoices").bearer(TOKEN).json(&body)).await.expect(201);
    for (amount, notes) in [("-12.5", "calls"), ("-3", "more calls"), ("2.25", "a bonus")] {
        charge(&world, 3, amount, notes).await;
    }
    let body = json!({"clients_id": 3, "start_dt": "2026-02-05", "stop_dt": "2026-02-06",
        "items": [{"description": "Base fee", "amount": 5}]});
    world.send(Call::new("POST", "/api/accounting/invoices").key(ADMIN).json(&body)).await.expect(200);
    charge(&world, 3, "-8", "not invoiced yet").await;
    for (kind, category) in [("Income", 1), ("Expense", 2)] {
        made(
            &world,
            "transactions",
            json!({"type": kind, "account_id": 1, "amount": "31.40", "category_id": category, "description": "Other"}),
        )
        .await;
    }
    world.books("acme").await;
    world
}

pub(crate) async fn text_of(world: &World, id: &str, credentials: bool) -> String {
    let mut out = Vec::new();
    let now = world.app.outside.now();
    export::export(&world.app.store, &tenant(id), now, credentials, &mut out, &mut |_| {}).await.unwrap();
    String::from_utf8(out).unwrap()
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
        if parts.next() != Some(id) || parts.next().is_some_and(|kind| passing.contains(&kind)) {
            continue;
        }
        assert!(told.contains(&(pk.to_owned(), sk.to_owned())), "{pk} / {sk} is not exported");
        count += 1;
    }
    assert_eq!(count, told.len());
    count
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
        text.contains(":Valuation")
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
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '"' => quoted = !quoted,
            ',' if !quoted => cells += 1,
            '\n' if !quoted => {
                assert_eq!(cells, columns, "record {count}");
                (count, cells) = (count + 1, 1);
            }
            '\n' | '\r' => {}
            _ => {}
        }
    }
    count
}
