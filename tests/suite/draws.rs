//! Numbers and ids that commits draw: of several periods at once, of series that an operation did not expect to need,
//! and never of one that nobody read.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use shared::machinery::changes::Changes;
use shared::machinery::keys::Key;
use shared::machinery::store::number_of;
use tests::{ADMIN, Call, World};

use crate::billing::{bill, prepared, take_over};
use crate::orders::{billmora, cloudonex, data, shop};

async fn numbers(world: &World) -> Vec<String> {
    let all = world.send(cloudonex("GET", "/invoices?limit=100&sort=id&order=asc")).await.expect(200);
    let number = |one: &Value| one["invoice_number"].as_str().unwrap().to_owned();
    let mut all: Vec<String> = all["data"].as_array().unwrap().iter().map(number).collect();
    all.sort();
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_over_the_end_of_a_year_numbers_each_invoice_in_its_own() {
    let world = prepared(0, 3).await;
    let session = world.session("admin").await;
    for customer in 1..=3 {
        take_over(&world, &session, customer, "Monthly", "15/11/2026", "5.00").await;
    }
    // Issued on 8 November and 8 December 2026, and on 8 January 2027: nine invoices, in a single commit.
    let run = bill(&world, "2027-01-10").await;
    assert_eq!((&run["invoices"], &run["failed"]), (&json!(9), &json!(0)), "{run}");
    let wanted = [1, 2, 3, 4, 5, 6].map(|n| format!("INV-2026-{n:03}"));
    let next_year = [1, 2, 3].map(|n| format!("INV-2027-{n:03}"));
    assert_eq!(numbers(&world).await, [wanted.as_slice(), next_year.as_slice()].concat());
    world.books("acme").await;
    world.verify();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_over_months_that_each_have_a_counter_of_their_own() {
    let world = prepared(0, 1).await;
    let monthly = json!({"template": "{yyyy}{mm}-{seq}", "reset": "month"});
    data(&world, cloudonex("PUT", "/numbering/1").json(&monthly), 200).await;
    let session = world.session("admin").await;
    for _ in 0..2 {
        take_over(&world, &session, 1, "Monthly", "10/03/2026", "5.00").await;
    }
    let run = bill(&world, "2026-06-03").await;
    assert_eq!((&run["invoices"], &run["failed"]), (&json!(8), &json!(0)), "{run}");
    let wanted = ["03", "04", "05", "06"].map(|month| ["1", "2"].map(|n| format!("2026{month}-{n}")));
    assert_eq!(numbers(&world).await, wanted.concat());
    world.books("acme").await;
    world.verify();
}

/// What buys credit takes it back with a credit note, whose number nobody expected to need: also once there are
/// credit notes already.
#[tokio::test(flavor = "multi_thread")]
async fn a_deposit_is_paid_after_the_first_credit_note_however_it_is_paid() {
    let world = shop().await;
    let note = json!({"customer_id": 3, "date": "2026-02-03", "description": "Goodwill", "items": [{"description": "Goodwill", "amount": 5, "qty": 1}]});
    world.send(cloudonex("POST", "/credit-notes").json(&note)).await.expect(201);
    let deposit = json!({"user_id": 1, "due_date": "2026-03-02", "items": [{"description": "Credit Deposit", "quantity": 1, "unit_price": 100}]});
    let mut wanted = 0;
    for way in ["billmora", "made as paid", "cloudonex", "receipt", "allocation", "jerasoft"] {
        let status = if way == "made as paid" { "paid" } else { "unpaid" };
        let mut body = deposit.clone();
        body["status"] = json!(status);
        let id = data(&world, billmora("POST", "/invoices").json(&body), 201).await["id"].clone();
        let receipt = json!({"customer_id": 1, "account_id": 1, "amount": 100});
        match way {
            "billmora" => {
                data(&world, billmora("PUT", &format!("/invoices/{id}")).json(&json!({"status": "paid"})), 200).await;
            }
            "cloudonex" => {
                data(&world, cloudonex("PUT", &format!("/invoices/{id}")).json(&json!({"status": "Paid"})), 200).await;
            }
            "receipt" => {
                let mut body = receipt.clone();
                body["invoice_id"] = id;
                data(&world, cloudonex("POST", "/receipts").json(&body), 201).await;
            }
            "allocation" => {
                let made = data(&world, cloudonex("POST", "/receipts").json(&receipt), 201).await["id"].clone();
                let body = json!({"allocations": [{"invoice_id": id, "amount": 100}]});
                let path = format!("/receipts/{made}/allocations");
                world.send(cloudonex("POST", &path).json(&body)).await.expect(200);
            }
            "jerasoft" => {
                let params = json!({"clients_id": 1, "type": "payment", "amount": 100, "payment_accounts_id": 1, "invoices_id": [id]});
                let call =
                    json!({"jsonrpc": "2.0", "id": 1, "method": "accounting.transactions.create", "params": params});
                let answer = world.send(Call::rpc(&call).key(ADMIN)).await.expect(200);
                assert!(answer["error"].is_null(), "{answer}");
            }
            _ => {}
        }
        wanted += 100;
        let client = world.send(Call::new("GET", "/api/clients/1").key(ADMIN)).await.expect(200);
        assert_eq!(client["balance"].to_string(), format!("{wanted}.00"), "{way}");
    }
    world.books("acme").await;
    world.verify();
}

fn n(n: u64) -> BTreeMap<&'static str, u64> {
    BTreeMap::from([("n", n)])
}

/// One transaction has one action for each item: several draws of it are one, and what cannot be both is refused
/// before anything is sent.
#[tokio::test(flavor = "multi_thread")]
async fn an_item_is_changed_once_in_a_commit_or_not_at_all() {
    let world = World::somewhere().await;
    let store = &world.app.store;
    let key = Key { pk: "acme#test".into(), sk: "series".into() };
    let mut changes = Changes::default();
    changes.draw(key.clone(), "last2026", 0, 2);
    changes.keep(key.clone(), "last2027", 0, 4);
    changes.add(key.clone(), vec![("passed_over_last2027".into(), -1), ("other".into(), 5)]);
    changes.include(key.clone(), "gone", vec![3]);
    changes.include(key.clone(), "gone", vec![4]);
    assert_eq!(changes.list.len(), 1);
    store.commit(changes.checked().unwrap(), &world.app.outside.fresh_id()).await.unwrap();
    let item = store.get_items(std::slice::from_ref(&key)).await.unwrap().pop().flatten();
    let read = |name: &str| number_of(item.as_ref(), name);
    assert_eq!((read("last2026"), read("last2027")), (2, 4));
    assert_eq!((read("passed_over_last2027"), read("other")), (2, 5));
    assert_eq!(shared::machinery::store::number_set(item.as_ref(), "gone"), [3, 4]);
    // Every one of the conditions counts.
    for (first, second) in [(2, 3), (1, 4)] {
        let mut late = Changes::default();
        late.draw(key.clone(), "last2026", first, 1);
        late.draw(key.clone(), "last2027", second, 1);
        let committed = store.commit(late.checked().unwrap(), &world.app.outside.fresh_id()).await.unwrap();
        assert!(matches!(committed, shared::machinery::store::Committed::Failed(_)), "{committed:?}");
    }
    // A row that is taken away and put back is put back; one that is guarded may be written once more.
    let mut moved = Changes::default();
    moved.erase(key.clone());
    moved.write(key.clone(), &n(1)).unwrap();
    moved.write(key.clone(), &n(2)).unwrap();
    assert_eq!(moved.list.len(), 1);
    store.commit(moved.checked().unwrap(), &world.app.outside.fresh_id()).await.unwrap();
    let item = store.get_items(std::slice::from_ref(&key)).await.unwrap().pop().flatten();
    assert_eq!((number_of(item.as_ref(), "n"), number_of(item.as_ref(), "last2026")), (2, 0));
    // The same number twice, two versions of one record, a record that is changed and counted.
    type Fill = fn(&mut Changes, Key);
    let clashes: [Fill; 4] = [
        |changes, key| {
            changes.draw(key.clone(), "last", 4, 1);
            changes.draw(key, "last", 4, 1);
        },
        |changes, key| {
            changes.replace(key.clone(), &n(1), 1).unwrap();
            changes.replace(key, &n(2), 1).unwrap();
        },
        |changes, key| {
            changes.insert(key.clone(), &n(1)).unwrap();
            changes.add(key, vec![("n".into(), 1)]);
        },
        |changes, key| {
            changes.check(key.clone(), 1);
            changes.replace(key, &n(2), 2).unwrap();
        },
    ];
    for clash in clashes {
        let mut changes = Changes::default();
        clash(&mut changes, key.clone());
        let error = changes.checked().unwrap_err();
        let logged = error.logged.unwrap_or_default();
        assert!(logged.contains("acme#test"), "{logged}");
    }
}
