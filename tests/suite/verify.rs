//! The check of the books sees what is wrong: every kind of record is spoilt in turn, and named.

use serde_json::{Value, json};
use shared::domain::reports::verify::{Report, verify};
use shared::machinery::caller::Tenant;
use tests::{ADMIN, Call, World};

use crate::tampering::spoil;

async fn check(world: &World) -> Report {
    verify(&world.app.store, &Tenant::named("acme").unwrap(), &mut |_| {}).await.unwrap_or_else(|e| panic!("{e:?}"))
}

async fn prepared() -> World {
    let world = World::new().await;
    world.customers(2).await;
    let items = json!([{"description": "x", "qty": 1, "amount": 100, "taxes": ["IGST"], "billing_cycle": "Annually", "period_start": "2026-02-03"}]);
    for (path, body) in [
        ("invoices", json!({"customer_id": 1, "date": "2026-02-03", "items": items})),
        ("receipts", json!({"customer_id": 1, "account_id": 1, "amount": 50, "invoice_id": 1})),
        ("credit-notes", json!({"customer_id": 2, "date": "2026-02-03", "description": "n", "items": items})),
    ] {
        world.send(Call::new("POST", &format!("/api/v2/{path}")).bearer(ADMIN).json(&body)).await.expect(201);
    }
    world
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_spoilt_is_named() {
    let world = prepared().await;
    let clean = check(&world).await;
    assert_eq!((clean.count, clean.documents, clean.numbers), (0, 3, 3), "{:?}", clean.differences);
    let cases = [
        ("acme#trial", "A", "revenue|USD", "account revenue|USD is 1 and should be 0"),
        ("acme#trial", "A", "bank:1|base", "account bank:1|base is "),
        ("acme#balance", "000000000001", "owed.USD", "what customer 1 owes in USD is "),
        ("acme#figures#000000000001", "month#2026", "02:outstanding", "figure month#2026 02:outstanding of reseller 1"),
        ("acme#figures#000000000001", "revenue#2026-1", "0310", "figure revenue#2026-1 0310 of reseller 1"),
        ("acme#figures#000000000001", "due#credit", "open", "figure due#credit open of reseller 1"),
        ("acme#journal#000000000001", "2026-02-03", "postings.0.amount", "does not balance"),
        ("acme#invoice", "000000000001", "sums.total", "what the journal has of invoice 1 on"),
        ("acme#invoice", "000000000001", "allocations.0.amount", "is set against"),
        ("acme#transaction", "000000000001", "sums.base_net", "what the journal has of receipt 1 on"),
        ("acme#invoice-index", "2026-02-03", "open", "the index row at acme#invoice-index / 2026-02-03#000000000001"),
        ("acme#invoice-index#000000000001", "2026-02-03", "number", "the index row at"),
        ("acme#series", "invoice", "last2026", "how many numbers invoice has"),
        ("acme#register#invoice", "inv-", "document", "number INV-2026-001 of invoice 1 is not in the register"),
    ];
    for (pk, sk, path, told) in cases {
        let world = world.twin().await;
        let found = |item: &Value| item["PK"]["S"] == pk && item["SK"]["S"].as_str().unwrap().starts_with(sk);
        let mut item = world.items().into_iter().find(found).unwrap_or_else(|| panic!("{pk} / {sk}"));
        spoil(&mut item, path, None);
        world.engine.import("tessera", vec![item]).unwrap();
        let report = check(&world).await;
        assert!(
            report.differences.iter().any(|one| one.contains(told)),
            "{pk} / {sk} {path}: {:?}",
            report.differences
        );
    }
    println!("verify: {} ways to spoil the books, each named", cases.len());
}
