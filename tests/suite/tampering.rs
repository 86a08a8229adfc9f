//! Somebody changes one stored item without a commit. Whatever it is, the check of the books names it: by the item's seal,
//! and where the seal was worked out anew, by what does not make sense any more.

use serde_json::{Value, json};
use shared::domain::reports::verify::verify;
use shared::machinery::caller::Tenant;
use shared::machinery::store::{sealed, wire};
use tests::{ADMIN, Call, World};

use crate::faults::prepared;
use crate::orders::shop;
use crate::periods::{ordered, pay, product};
use crate::plans::change;

/// The invoices that are credited in part, and in euros.
const CREDITED: u64 = 8;
const FOREIGN: u64 = 9;

/// What only a seal tells: texts that nothing else says, and figures that stand for themselves.
const SEAL_ALONE: &str = "";

/// Partition, how the sort key begins, the path of an attribute, its new value in the store's words (without one a digit
/// is added to what is there), and what is named by the rules alone.
type Case = (&'static str, &'static str, &'static str, Option<Value>, &'static str);

fn cases() -> Vec<Case> {
    let s = |text: &str| Some(json!({"S": text}));
    let n = |number: &str| Some(json!({"N": number}));
    vec![
        // A document's lines …
        ("invoice", "000000000001", "lines.0.unit", s("41"), "quantity times price is 41"),
        ("invoice", "000000000001", "lines.0.quantity", s("2"), "quantity times price is 80"),
        ("invoice", "000000000001", "lines.0.subtotal", None, "what is taxable of line 1 of invoice 1"),
        ("invoice", "000000000001", "lines.0.discount", n("1"), "what is taxable of line 1 of invoice 1"),
        ("invoice", "000000000001", "lines.0.taxable", None, "what is taxable of line 1 of invoice 1"),
        ("invoice", "000000000001", "lines.0.amount", None, "the amount of line 1 of invoice 1"),
        ("invoice", "000000000001", "lines.0.base", None, "the line of invoice 1 in the base currency"),
        ("invoice", "000000000001", "lines.0.taxes.0.percent", s("19"), "IGST 19 % on line 1 of invoice 1 is"),
        ("invoice", "000000000001", "lines.0.taxes.0.amount", None, "the amount of line 1 of invoice 1"),
        ("invoice", "000000000008", "lines.0.taxes.0.name", s("VAT"), "give back 18000 of its 0 IGST 18 %"),
        ("invoice", "000000000001", "lines.0.term.end", s("2026-12-31"), "of reseller 1"),
        ("invoice", "000000000001", "lines.0.description", s("y"), SEAL_ALONE),
        // … its header …
        ("invoice", "000000000001", "sums.subtotal", None, "the total of invoice 1, by its header"),
        ("invoice", "000000000001", "sums.discount", n("1"), "the total of invoice 1, by its header"),
        ("invoice", "000000000001", "sums.tax", None, "the tax of invoice 1, by its lines"),
        ("invoice", "000000000001", "sums.total", None, "the total of invoice 1, by its lines"),
        ("invoice", "000000000001", "sums.base_net", None, "the net of invoice 1 in the base currency"),
        ("invoice", "000000000001", "sums.base_tax", None, "the tax of invoice 1 in the base currency"),
        ("invoice", "000000000009", "ratio", s("0.81"), "no rate by its day says the ratio 0.81 of invoice 9"),
        ("invoice", "000000000001", "rounding", s("document"), SEAL_ALONE),
        ("invoice", "000000000001", "day.date", s("2026-01-16"), "what the journal has of invoice 1 on"),
        ("invoice", "000000000001", "due.date", s("2027-01-16"), "the index row at"),
        ("invoice", "000000000001", "stage", s("void"), "the receivable account, by what is open, is"),
        ("invoice", "000000000001", "customer", n("1"), "what customer 1 owes in"),
        ("invoice", "000000000001", "number", s("INV-2026-777"), "is not in the register"),
        ("invoice", "000000000001", "reseller", n("2"), "01:sold:USD:net of reseller 1 is"),
        ("invoice", "000000000001", "description", s("y"), SEAL_ALONE),
        // … and what became of it.
        ("invoice", "000000000002", "allocations.0.amount", None, "is set against"),
        ("invoice", "000000000001", "marked.0", n("1"), "what the journal has of invoice 1 on clearing"),
        ("invoice", "000000000008", "credited.0.net", None, "invoice 8 and credit note"),
        // Money.
        ("transaction", "000000000001", "sums.total", None, "what the journal has of receipt 1 on"),
        ("transaction", "000000000001", "account", n("2"), "what the journal has of receipt 1 on bank:2"),
        ("transaction", "000000000001", "kind", s("income"), "what the journal has of income 1 on"),
        ("transaction", "000000000001", "method", s("cheque"), SEAL_ALONE),
        ("transaction", "000000000001", "reference", s("other"), SEAL_ALONE),
        // The journal.
        ("journal#000000000002", "2026-01-15", "date", s("2026-01-16"), "says 2026-01-16 and lies under 2026-01-15"),
        ("journal#000000000002", "2026-01-15", "event", s("invoice.forged"), "which cannot happen"),
        ("journal#000000000002", "2026-01-15", "of", s("invoice 99"), "is of no document"),
        ("journal#000000000002", "2026-01-15", "number", s("INV-9"), "the journal has the number INV-9 for"),
        ("journal#000000000002", "2026-01-15", "customer", n("1"), "says customer 1 and lies under 2"),
        ("journal#000000000002", "2026-01-15", "postings.0.amount", None, "does not balance"),
        ("journal#000000000002", "2026-01-15", "postings.0.account", s("bank:1"), "what the journal has of invoice"),
        // Rates of the past.
        ("rate", "000000000001", "rate", s("0.81"), "rate 1 and its reverse 2 do not agree"),
        ("rate", "000000000001", "at", s("2026-01-20T00:00:00Z"), "rate 1 is not the one at its place in time"),
        ("rate-at#", "", "rate", s("0.9"), "is not the one at its place in time"),
        // What is kept beside: sums, balances, figures, index rows, registers.
        ("trial", "A", "receivable|USD", None, "account receivable|USD is"),
        ("balance", "000000000002", "owed.USD", None, "what customer 2 owes in USD is"),
        ("figures#000000000001", "due#credit", "open", None, "figure due#credit open of reseller 1"),
        ("invoice-index", "2026-01-15", "open", None, "the index row at acme#invoice-index / 2026-01-15"),
        (
            "register#invoice",
            "INV-2026-001",
            "document",
            n("9"),
            "number INV-2026-001 of invoice 1 is not in the register",
        ),
        ("series", "invoice", "last2026", None, "how many numbers invoice has"),
        // What is sold.
        ("order", "000000000001", "total", None, "the total of order 1, by its figures"),
        ("order", "000000000001", "discount", n("5"), "the total of order 1, by its figures"),
        ("order", "000000000001", "notes", s("x"), SEAL_ALONE),
        ("service", "000000000001", "fee", None, SEAL_ALONE),
        ("service", "000000000001", "name", s("x"), SEAL_ALONE),
        ("product", "000000000001", "name", s("x"), SEAL_ALONE),
        ("customer", "000000000002", "version", None, SEAL_ALONE),
    ]
}

/// Items that somebody takes away: partition, how the sort key begins, what is named.
const TAKEN: [(&str, &str, &str); 8] = [
    ("invoice", "000000000001", "invoice 1 is not there, and nobody deleted it"),
    ("transaction", "000000000002", "is not there, and nobody deleted it"),
    ("journal#000000000002", "2026-01-15", "what the journal has of invoice"),
    ("rate", "000000000001", "rate 1 is not there, and nobody deleted it"),
    ("register#invoice", "INV-2026-001", "number INV-2026-001 of invoice 1 is not in the register"),
    ("balance", "000000000002", "what customer 2 owes in USD is"),
    ("order", "000000000001", "order 1 is not there, and nobody deleted it"),
    ("customer", "000000000001", "customer 1 is not there, and nobody deleted it"),
];

/// Sets an attribute, or adds a digit to it.
pub(crate) fn spoil(item: &mut Value, path: &str, new: Option<Value>) {
    let mut at = item;
    for part in path.split('.') {
        at = match part.parse::<usize>() {
            Ok(place) if at.get("L").is_some() => &mut at["L"][place],
            _ if at.get("M").is_some() => &mut at["M"][part],
            _ => &mut at[part],
        };
    }
    let before = at.clone();
    *at = match (new, before["N"].as_str(), before["S"].as_str()) {
        (Some(new), _, _) => new,
        (None, Some(number), _) => json!({"N": (number.parse::<i64>().unwrap() + 1).to_string()}),
        (None, None, Some(text)) => json!({"S": format!("{text}9")}),
        _ => panic!("{path}: {before}"),
    };
    assert_ne!(*at, before, "{path} is changed");
}

async fn differences(world: &World) -> Vec<String> {
    let tenant = Tenant::named("acme").unwrap();
    verify(&world.app.store, &tenant, &mut |_| {}).await.unwrap_or_else(|e| panic!("{e:?}")).differences
}

async fn world() -> World {
    let world = prepared().await;
    let send = async |path: &str, body: Value| {
        world.send(Call::new("POST", &format!("/api/v2/{path}")).bearer(ADMIN).json(&body)).await.expect(201)
    };
    // One that is credited, and one in another currency.
    let items = json!([{"description": "x", "qty": 1, "amount": 1000, "taxes": ["IGST"]}]);
    let credited = send("invoices", json!({"customer_id": 2, "date": "2026-02-10", "items": items})).await;
    let note = json!({"customer_id": 2, "date": "2026-02-10", "description": "n", "invoice_id": credited["data"]["id"], "items": items});
    send("credit-notes", note).await;
    send("currencies", json!({"code": "EUR", "name": "Euro"})).await;
    send("exchange-rates", json!({"from": "USD", "to": "EUR", "rate": "0.80", "date": "2026-01-01"})).await;
    let foreign =
        send("invoices", json!({"customer_id": 2, "date": "2026-02-10", "currency": "EUR", "items": items})).await;
    assert_eq!((&credited["data"]["id"], &foreign["data"]["id"]), (&json!(CREDITED), &json!(FOREIGN)));
    world.books("acme").await;
    world
}

fn find(world: &World, pk: &str, sk: &str) -> Value {
    let whole = format!("acme#{pk}");
    let found = |item: &Value| {
        let own = item["PK"]["S"].as_str().unwrap();
        let here = own == whole || pk.ends_with('#') && own.starts_with(&whole);
        here && (item["SK"]["S"].as_str().unwrap().starts_with(sk) || item["number"]["S"] == sk)
    };
    world.items().into_iter().find(found).unwrap_or_else(|| panic!("{pk} / {sk}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_one_item_says_that_no_commit_wrote_is_named() {
    let world = world().await;
    assert_eq!(differences(&world).await, Vec::<String>::new());
    let image = world.image();
    let (mut seals, mut rules) = (0, 0);
    let mut missed = Vec::new();
    for (pk, sk, path, new, told) in cases() {
        let mut item = find(&world, pk, sk);
        spoil(&mut item, path, new);
        let mut sealed_anew = item.clone();
        sealed_anew["seal"] = json!({"S": sealed(wire::whole(&item).unwrap())["seal"].as_s().unwrap()});
        // What is added to has no seal.
        let has_seal = item.get("seal").is_some();
        for (what, item, told) in [("seal", item, "its seal differs"), ("rules", sealed_anew, told)] {
            if told == SEAL_ALONE || what == "seal" && !has_seal {
                continue;
            }
            let world = world.twin_of(&image).await;
            world.engine.import("tessera", vec![item]).unwrap();
            let found = differences(&world).await;
            if found.iter().any(|one| one.contains(told)) {
                *(if what == "seal" { &mut seals } else { &mut rules }) += 1;
            } else {
                missed.push(format!("{pk} / {sk} {path}, {what}: {found:?}"));
            }
        }
    }
    for (pk, sk, told) in TAKEN {
        let item = find(&world, pk, sk);
        let (pk, sk) = (item["PK"]["S"].as_str().unwrap(), item["SK"]["S"].as_str().unwrap());
        let world = world.twin_without(pk, sk).await;
        let found = differences(&world).await;
        if !found.iter().any(|one| one.contains(told)) {
            missed.push(format!("{pk} / {sk} taken away: {found:?}"));
        }
    }
    assert!(missed.is_empty(), "{}", missed.join("\n"));
    println!(
        "verify: {} single changes, {seals} named by a seal, {rules} by the rules too where the seal was forged; {} items taken away, each named",
        cases().len(),
        TAKEN.len()
    );
}

/// What a dearer plan's invoice takes back at other taxes stands on two documents, which must say the same.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_change_of_plan_took_back_is_named_where_only_one_side_says_so() {
    let world = shop().await;
    let (old, new) = (product(&world, "Old", "10", "0").await, product(&world, "New", "19.99", "19").await);
    ordered(&world, 1, &old).await;
    pay(&world, 1, 1, "10").await;
    change(&world, &new).await;
    assert_eq!(differences(&world).await, Vec::<String>::new());
    let image = world.image();
    let takes = |by: &str, taken: &str| format!("invoice 2 takes back {by} less 0, and {taken} is taken");
    for (invoice, path, new, told) in [
        ("000000000001", "credited.0.net", json!({"N": "900"}), takes("1000", "900")),
        ("000000000001", "credited.0.net", json!({"N": "1100"}), takes("1000", "1100")),
        ("000000000002", "took_back", json!({"L": []}), "which takes some of it back, do not agree".to_owned()),
    ] {
        let mut found = find(&world, "invoice", invoice);
        spoil(&mut found, path, Some(new));
        found["seal"] = json!({"S": sealed(wire::whole(&found).unwrap())["seal"].as_s().unwrap()});
        let world = world.twin_of(&image).await;
        world.engine.import("tessera", vec![found]).unwrap();
        let differences = differences(&world).await;
        assert!(differences.iter().any(|one| one.contains(&told)), "{path}: {differences:?}");
    }
}
