//! The store's questions, put to the embedded engine, and with `TESSERA_TEST_ENDPOINT` to another one:
//! AWS's own DynamoDB Local, as a second, independent opinion.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use shared::domain::sandbox::reset;
use shared::machinery::caller::Tenant;
use shared::machinery::changes::{Act, Change, Changes, Expect, Otherwise};
use shared::machinery::keys::{self, CUSTOMER, Key};
use shared::machinery::outside::Outside;
use shared::machinery::store::{Committed, Counted, Item, Range, Size, Store, number_of, number_set, record, wire};
use tests::{ADMIN, Call, TOKEN_60, World, elsewhere};

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Record {
    version: u64,
    text: String,
}

fn record_of(version: u64) -> Record {
    Record { version, text: "ü💥".into() }
}

fn key(sk: &str) -> Key {
    Key { pk: "acme#test".into(), sk: sk.into() }
}

fn fresh() -> String {
    Outside::real().fresh_id()
}

async fn commit(store: &Store, changes: Changes) -> Committed {
    store.commit(&changes.list, &fresh()).await.unwrap_or_else(|e| panic!("{e:?}"))
}

fn changes(fill: impl FnOnce(&mut Changes)) -> Changes {
    let mut changes = Changes::default();
    fill(&mut changes);
    changes
}

async fn number(store: &Store, key: &Key, attribute: &str) -> u64 {
    number_of(
        store.get_items(std::slice::from_ref(key)).await.unwrap_or_else(|e| panic!("{e:?}"))[0].as_ref(),
        attribute,
    )
}

fn failed(committed: &Committed) -> Vec<usize> {
    match committed {
        Committed::Failed(places) => places.iter().map(|(place, _)| *place).collect(),
        Committed::Done | Committed::Contended | Committed::Unknown(_) => panic!("{committed:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn store_commits_all_or_nothing_and_says_what_stood_in_the_way() {
    let world = World::somewhere().await;
    let store = &world.app.store;
    let (a, b, c) = (key("a"), key("b"), key("c"));
    assert!(matches!(commit(store, changes(|ch| ch.insert(a.clone(), &record_of(1)).unwrap())).await, Committed::Done));
    assert_eq!(store.get::<Record>(&a).await.unwrap(), Some(record_of(1)));
    // One of three conditions fails: nothing happens, and the item in the way is told.
    let mixed = changes(|ch| {
        ch.insert(b.clone(), &record_of(1)).unwrap();
        ch.insert(a.clone(), &record_of(9)).unwrap();
        ch.add(c.clone(), vec![("n".into(), 5)]);
    });
    let Committed::Failed(places) = commit(store, mixed).await else { panic!("it was committed") };
    assert_eq!(places.len(), 1);
    assert_eq!((places[0].0, record::<Record>(places[0].1.clone().unwrap()).unwrap()), (1, record_of(1)));
    assert_eq!(store.get::<Record>(&b).await.unwrap(), None);
    assert_eq!(number(store, &c, "n").await, 0);
    // Versions.
    assert!(matches!(
        commit(store, changes(|ch| ch.replace(a.clone(), &record_of(2), 1).unwrap())).await,
        Committed::Done
    ));
    assert_eq!(failed(&commit(store, changes(|ch| ch.replace(a.clone(), &record_of(3), 1).unwrap())).await), [0]);
    assert_eq!(failed(&commit(store, changes(|ch| ch.delete(b.clone(), 1))).await), [0]);
    assert!(matches!(commit(store, changes(|ch| ch.delete(a.clone(), 2))).await, Committed::Done));
    assert_eq!(store.get::<Record>(&a).await.unwrap(), None);
    // Sequences, counters and sets begin at nothing.
    assert!(matches!(commit(store, changes(|ch| ch.draw(c.clone(), "last", 0, 3))).await, Committed::Done));
    assert_eq!(failed(&commit(store, changes(|ch| ch.draw(c.clone(), "last", 0, 1))).await), [0]);
    assert!(matches!(commit(store, changes(|ch| ch.draw(c.clone(), "last", 3, 1))).await, Committed::Done));
    assert_eq!(number(store, &c, "last").await, 4);
    let taken = shared::words::error::Error::internal("taken");
    assert!(matches!(
        commit(store, changes(|ch| ch.add_to_none(b.clone(), "bearers", 1, taken.clone()))).await,
        Committed::Done
    ));
    assert_eq!(failed(&commit(store, changes(|ch| ch.add_to_none(b.clone(), "bearers", 1, taken.clone()))).await), [0]);
    assert!(matches!(
        commit(store, changes(|ch| ch.add(b.clone(), vec![("bearers".into(), -1), ("other".into(), 7)]))).await,
        Committed::Done
    ));
    assert!(matches!(
        commit(store, changes(|ch| ch.add_to_none(b.clone(), "bearers", 1, taken))).await,
        Committed::Done
    ));
    for set in [vec![5, 3], vec![3, 1]] {
        assert!(matches!(commit(store, changes(|ch| ch.include(key("set"), "gone", set))).await, Committed::Done));
    }
    assert_eq!(number_set(store.get_items(&[key("set")]).await.unwrap()[0].as_ref(), "gone"), [1, 3, 5]);
    // What has expired is as good as absent.
    let put = |expires: u64, now: i64| {
        let item =
            shared::machinery::changes::item_of(&std::collections::BTreeMap::from([("expires", expires)])).unwrap();
        vec![Change {
            key: key("old"),
            act: Act::Put(item),
            expect: Expect::AbsentOrExpired(now),
            otherwise: Otherwise::Again,
        }]
    };
    assert!(matches!(store.commit(&put(100, 50), &fresh()).await.unwrap(), Committed::Done));
    assert_eq!(failed(&store.commit(&put(200, 99), &fresh()).await.unwrap()), [0]);
    assert!(matches!(store.commit(&put(200, 100), &fresh()).await.unwrap(), Committed::Done));
}

/// What the repetition of a commit relies on: the same transaction under the same token is done once.
#[tokio::test(flavor = "multi_thread")]
async fn store_does_a_transaction_once_for_its_token() {
    let world = World::somewhere().await;
    let store = &world.app.store;
    let counted = |by: i64| changes(|ch| ch.add(key("counter"), vec![("n".into(), by)])).list;
    let (token, other) = (fresh(), fresh());
    for _ in 0..3 {
        assert!(matches!(store.commit(&counted(1), &token).await.unwrap(), Committed::Done));
    }
    assert_eq!(number(store, &key("counter"), "n").await, 1, "once");
    // One that must find nothing there is done, too, when it was: its own effect is not in its way.
    let insert = changes(|ch| ch.insert(key("once"), &record_of(1)).unwrap()).list;
    for _ in 0..2 {
        assert!(matches!(store.commit(&insert, &other).await.unwrap(), Committed::Done));
    }
    assert_eq!(failed(&store.commit(&insert, &fresh()).await.unwrap()), [0], "under another token it is another one");
    // The same token is no other transaction's.
    assert!(store.commit(&counted(5), &token).await.is_err());
    assert_eq!(number(store, &key("counter"), "n").await, 1);
    // One that was cancelled is tried anew.
    let token = fresh();
    let (replace, mended) = (changes(|ch| ch.replace(key("late"), &record_of(2), 1).unwrap()).list, fresh());
    assert_eq!(failed(&store.commit(&replace, &token).await.unwrap()), [0]);
    let there = changes(|ch| ch.insert(key("late"), &record_of(1)).unwrap()).list;
    assert!(matches!(store.commit(&there, &mended).await.unwrap(), Committed::Done));
    assert!(matches!(store.commit(&replace, &token).await.unwrap(), Committed::Done));
}

#[tokio::test(flavor = "multi_thread")]
async fn store_reads_many_and_ranges_both_ways() {
    let world = World::somewhere().await;
    let store = &world.app.store;
    let acme = Tenant::named("acme").unwrap();
    let keys: Vec<Key> = (1..=150).map(|id| keys::row(&acme, CUSTOMER, id)).collect();
    for chunk in keys.chunks(100) {
        let full = changes(|ch| chunk.iter().for_each(|key| ch.insert(key.clone(), &record_of(1)).unwrap()));
        assert!(matches!(commit(store, full).await, Committed::Done), "a hundred actions fit");
    }
    let mut wanted = keys.clone();
    wanted.insert(7, key("not there"));
    let got = store.get_items(&wanted).await.unwrap();
    assert_eq!((got.len(), got.iter().filter(|item| item.is_none()).count(), got[7].is_none()), (151, 1, true));
    // A batch may not name a key twice; who asks may.
    for twice in [vec![keys[0].clone(), keys[1].clone(), keys[0].clone()], vec![keys[0].clone(); 3]] {
        let got = store.get_items(&twice).await.unwrap();
        assert_eq!((got.len(), got[0].is_some(), got[0] == got[2]), (3, true, true));
    }
    assert!(store.get_items(&[]).await.unwrap().is_empty());
    let range = |from: Option<u64>, forward, limit| Range {
        pk: keys::rows(&acme, CUSTOMER),
        from: from.filter(|_| forward).map(keys::padded),
        to: from.filter(|_| !forward).map(keys::padded),
        forward,
        limit,
    };
    let between = Range { from: Some(keys::padded(3)), to: Some(keys::padded(5)), ..range(None, true, None) };
    assert_eq!(store.query(&between).await.unwrap().len(), 3);
    for (range, first, count) in [
        (range(None, true, None), 1, 150),
        (range(Some(149), true, None), 149, 2),
        (range(Some(3), false, Some(2)), 3, 2),
        (range(None, false, Some(1)), 150, 1),
        (range(Some(900), true, None), 0, 0),
        (range(None, true, Some(500)), 1, 150),
    ] {
        let items = store.query(&range).await.unwrap();
        let id = items.first().map_or(0, |item| item["SK"].as_s().unwrap().parse().unwrap());
        assert_eq!((id, items.len()), (first, count), "{range:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn store_counts_in_windows() {
    let world = World::somewhere().await;
    let store = &world.app.store;
    let at = key("count");
    let size = Size::Fixed(3, 9_999_999_999);
    let count = async |window| match store.count(&at, window, 1, size).await.unwrap() {
        Counted::Within(_, window, used) => (window, used),
        Counted::Refused(_, window) => (window, 99),
        Counted::Unknown => (0, 0),
    };
    assert_eq!([count(5).await, count(5).await, count(5).await, count(5).await], [(5, 1), (5, 2), (5, 3), (5, 99)]);
    assert_eq!([count(6).await, count(6).await], [(6, 1), (6, 2)]);
    assert_eq!(count(5).await, (6, 3), "a clock that lags counts in the later window");
    assert_eq!(count(6 + 16).await, (22, 1), "a slot that still holds a window long over is opened anew");
    assert_eq!(count(23).await, (23, 1));
    let unknown = store.count(&key("nobody"), 5, 1, Size::Credential { kind: "key", address: "" }).await.unwrap();
    assert!(matches!(unknown, Counted::Unknown), "{unknown:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn store_carries_whole_requests() {
    let world = World::somewhere().await;
    let create = |n: u64| {
        Call::new("POST", "/api/v2/customers")
            .bearer(ADMIN)
            .json(&json!({"account": format!("C {n}"), "email": format!("c{n}@x.example")}))
            .once(&n.to_string())
    };
    let clients: Vec<_> = (0..32)
        .map(|n| {
            let app = world.another_process();
            tokio::spawn(
                async move { tests::send(&app, create(n / 2)).await.expect(201)["data"]["id"].as_u64().unwrap() },
            )
        })
        .collect();
    let mut ids = std::collections::BTreeSet::new();
    for client in clients {
        ids.insert(client.await.unwrap());
    }
    assert_eq!(ids, (1..=16).collect(), "two requests with each key, sixteen customers");
    for gone in [2, 3, 16] {
        world.send(Call::new("DELETE", &format!("/api/clients/{gone}")).key(ADMIN)).await.expect(200);
    }
    let page = world.send(Call::new("GET", "/api/v2/customers?limit=5&page=2").bearer(ADMIN)).await.expect(200);
    let seen: Vec<u64> = page["data"].as_array().unwrap().iter().map(|row| row["id"].as_u64().unwrap()).collect();
    assert_eq!((seen, &page["meta"]["total_records"]), (vec![8, 9, 10, 11, 12], &json!(13)));
    let clients: Vec<_> = (0..64)
        .map(|_| {
            let app = world.another_process();
            tokio::spawn(
                async move { tests::send(&app, Call::new("GET", "/api/v1/users").bearer(TOKEN_60)).await.status },
            )
        })
        .collect();
    let mut passed = 0;
    for client in clients {
        passed += u32::from(client.await.unwrap() == 200);
    }
    assert_eq!(passed, 60);
    println!(
        "store: the same questions put to {}",
        elsewhere().map_or("the embedded engine".into(), |endpoint| endpoint)
    );
}

/// Documents with everything that their commits hold: numbers, index rows, entries, half-years of 184 sums.
#[tokio::test(flavor = "multi_thread")]
async fn store_takes_documents() {
    let world = World::somewhere().await;
    world.customers(2).await;
    let send = |verb: &'static str, path: String, body: serde_json::Value| {
        let call = Call::new(verb, &format!("/api/v2{path}")).bearer(ADMIN).json(&body);
        world.send(call)
    };
    let line = |cycle: &str| json!({"description": "x", "amount": 99.99, "qty": 3, "taxes": ["SGST", "CGST"], "billing_cycle": cycle, "period_start": "2026-01-31"});
    let items = json!([line("Decennial"), line("Annually"), line("Monthly")]);
    for customer in [1, 1, 2] {
        let body = json!({"customer_id": customer, "date": "2026-02-03", "items": items});
        send("POST", "/invoices".into(), body).await.expect(201);
    }
    let body = json!({"customer_id": 1, "account_id": 1, "amount": 500, "allocations": [{"invoice_id": 1}, {"invoice_id": 2}]});
    send("POST", "/receipts".into(), body).await.expect(201);
    send("PUT", "/invoices/3".into(), json!({"status": "Void"})).await.expect(200);
    let list =
        send("GET", "/invoices?date_from=2026-02-03&date_to=2026-02-03&limit=2".into(), json!({})).await.expect(200);
    assert_eq!((&list["meta"]["total_records"], &list["data"][0]["id"]), (&json!(3), &json!(3)));
    let report = world.books("acme").await;
    assert_eq!((report.documents, report.entries), (4, 6));
    // Those who collide line up.
    let writers: Vec<_> = (0..12)
        .map(|n| {
            let app = world.another_process();
            let body =
                json!({"customer_id": 2, "date": "2026-02-03", "items": [{"description": "y", "amount": 1 + n}]});
            let call = Call::new("POST", "/api/v2/invoices").bearer(ADMIN).json(&body);
            tokio::spawn(async move {
                tests::send(&app, call).await.expect(201)["data"]["invoice_number"].as_str().unwrap().to_owned()
            })
        })
        .collect();
    let mut numbers = std::collections::BTreeSet::new();
    for writer in writers {
        numbers.insert(writer.await.unwrap());
    }
    assert_eq!(numbers.len(), 12);
    assert_eq!((numbers.first().unwrap().as_str(), numbers.last().unwrap().as_str()), ("INV-2026-004", "INV-2026-015"));
    world.books("acme").await;
}

/// Every item but how the sandbox stands and what expires.
async fn whole(world: &World) -> BTreeMap<Key, Item> {
    let (mut items, mut after) = (BTreeMap::new(), None);
    loop {
        let (page, next) = world.app.store.page(after.as_ref()).await.unwrap();
        items.extend(page.into_iter().map(|item| (wire::key(&item).unwrap(), item)));
        after = next;
        if after.is_none() {
            items.retain(|key, item| key.pk != "-#sandbox" && !item.contains_key("expires"));
            return items;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sandbox_is_reset_to_the_letter() {
    let world = World::sandbox_somewhere().await;
    let before = whole(&world).await;
    // More than one page of the table and more than one commit.
    let notes = "x".repeat(2000);
    let many: Vec<Value> = (0..400).map(|n| json!({"account": format!("C {n}"), "notes": notes})).collect();
    for chunk in many.chunks(100) {
        let call = Call::new("POST", "/api/v2/batch/customers").operator("acme");
        world.send(call.json(&json!({"customers": chunk}))).await.expect(201);
    }
    world.send(Call::new("DELETE", "/api/v2/customers/1").bearer(ADMIN)).await.expect(200);
    let report = reset::reset(&world.app.store, &world.app.outside, Duration::ZERO).await.unwrap();
    assert!(report.removed > 800 && report.restored > 0, "{report:?}");
    assert!(whole(&world).await == before);
    println!("store: a sandbox is reset, {} items removed, {} put back", report.removed, report.restored);
}
