//! Billing runs: every period asked for exactly once, month ends and leap days, wherever a run is stopped and
//! however many run at once.

use std::collections::BTreeMap;

use local::faults::Fault;
use serde_json::{Value, json};
use shared::domain::documents::Document;
use shared::domain::sales::service::Service;
use tests::{ADMIN, Call, Dice, World};

use crate::orders::{billmora, cloudonex, data, shop};

/// One run to its end, as the schedule's function makes it.
pub(crate) async fn bill(world: &World, until: &str) -> Value {
    let tenant = shared::machinery::caller::Tenant::named("acme").unwrap();
    let report = orders::run::run(&world.another_process(), &tenant, Some(until), &mut |_| {}).await;
    report.unwrap_or_else(|e| panic!("{e:?}"))
}

/// Every record of an entity, as it is stored.
pub(crate) fn stored<T: serde::de::DeserializeOwned>(world: &World, entity: &str) -> Vec<T> {
    let own = world.items().into_iter().filter(|item| item["PK"]["S"] == format!("acme#{entity}"));
    own.map(|item| {
        let item: std::collections::BTreeMap<String, Value> = serde_json::from_value(item).unwrap();
        serde_json::from_value(plain(&json!(item))["M"].clone()).unwrap_or_else(|e| panic!("{entity}: {e}"))
    })
    .collect()
}

/// A stored item as plain JSON below `M`.
fn plain(item: &Value) -> Value {
    fn value(typed: &Value) -> Value {
        let (kind, inner) = typed.as_object().and_then(|typed| typed.iter().next()).unwrap();
        match kind.as_str() {
            "N" => inner.as_str().unwrap().parse::<i64>().unwrap().into(),
            "L" => inner.as_array().unwrap().iter().map(value).collect(),
            "M" => inner.as_object().unwrap().iter().map(|(name, one)| (name.clone(), value(one))).collect(),
            "NULL" => Value::Null,
            _ => inner.clone(),
        }
    }
    let members: serde_json::Map<String, Value> =
        item.as_object().unwrap().iter().map(|(name, one)| (name.clone(), value(one))).collect();
    json!({"M": members})
}

/// The periods that were asked for of each service, from the documents.
pub(crate) fn periods(world: &World) -> BTreeMap<u64, Vec<(String, String)>> {
    let mut all: BTreeMap<u64, Vec<(String, String)>> = BTreeMap::new();
    for entity in ["invoice", "transaction"] {
        for document in stored::<Document>(world, entity) {
            for line in &document.lines {
                if let (Some(service), Some(term)) = (line.service, line.term) {
                    all.entry(service).or_default().push((term.start.to_string(), term.end.to_string()));
                }
            }
        }
    }
    all.values_mut().for_each(|periods| periods.sort());
    all
}

/// Services taken over from elsewhere, of customers in turn, each with the day its next period begins.
async fn subscriptions(world: &World, count: u64, customers: u64) {
    let session = world.session("admin").await;
    let mut dice = Dice::new(4);
    let words = ["Monthly", "Monthly", "Monthly", "Quarterly", "Semi-Annually", "Annually"];
    for n in 0..count {
        let day = 1 + dice.below(31);
        let month = if day > 28 { 3 } else { 2 + dice.below(2) };
        let (day, month) = if month == 2 && day < 8 { (day, 3) } else { (day, month) };
        let word = dice.pick(&words);
        let fee = format!("{}.{:02}", 5 + dice.below(60), dice.below(100));
        take_over(world, &session, 1 + n % customers, word, &format!("{day:02}/{month:02}/2026"), &fee).await;
    }
}

/// A service that another system sold, and the day on which its next period begins.
pub(crate) async fn take_over(world: &World, session: &str, customer: u64, cycle: &str, next: &str, fee: &str) {
    let body = json!({"customer_id": customer, "quantity": 1, "planid": 1, "regdate": "01/01/2025", "nextduedate": next,
        "billingcycle": cycle, "plan_billing_cycle": cycle, "amount": fee, "recuring_amount": fee, "first_plan_price": fee,
        "recuring_plan_price": fee, "firstpayment": fee});
    let call = Call::new("POST", "/api/v2/service/create").validate(session).json(&body);
    let answer = world.send(call).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
}

pub(crate) async fn prepared(count: u64, customers: u64) -> World {
    let world = World::new().await;
    world.customers(customers).await;
    world.send(cloudonex("POST", "/products").json(&json!({"name": "Mailbox", "price": 5}))).await.expect(201);
    // What is not paid here shall not end.
    let never = json!({"suspend_days": null, "terminate_days": null});
    world.send(cloudonex("PUT", "/settings").json(&never)).await.expect(200);
    subscriptions(&world, count, customers).await;
    world
}

/// The last days of 24 months, each with the seconds from noon of 1 March 2026 to its noon.
fn month_ends() -> Vec<(String, i64)> {
    let first: shared::words::time::Date = "2026-03-01".parse().unwrap();
    (1..=24)
        .map(|n| {
            let day = first.checked_add_months(chrono::Months::new(n)).unwrap().pred_opt().unwrap();
            (day.to_string(), (day - first).num_seconds())
        })
        .collect()
}

/// How many services the long test has; the figure is 1,000.
const SUBSCRIPTIONS: u64 = 1000;

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_subscriptions_over_two_years_stopped_anywhere() {
    let start = prepared(SUBSCRIPTIONS, 200).await;
    let began = std::time::Instant::now();
    let mut truths = Vec::new();
    let mut stops = 0;
    for stopped in [false, true] {
        let world = start.twin().await;
        let mut dice = Dice::new(11);
        let mut passed = 0;
        let mut asked = 0;
        for (day, seconds) in month_ends() {
            world.pass(seconds - passed);
            passed = seconds;
            // The process dies before or after a call, and another one goes on.
            while stopped && dice.below(3) > 0 {
                let (at, fault) = (dice.below(120), *dice.of(&[Fault::StopBefore, Fault::StopAfter]));
                world.faulty.plan(move |number, _| if number == at { fault } else { Fault::None });
                let body = json!({"until": day});
                let answer = world.send(cloudonex("POST", "/billing/run").json(&body).operator("acme")).await;
                stops += usize::from(answer.status == 500);
                world.faulty.plan(|_, _| Fault::None);
            }
            let report = bill(&world, &day).await;
            assert_eq!((&report["failed"], &report["complete"]), (&json!(0), &json!(true)), "{report}");
            asked += report["invoices"].as_u64().unwrap();
        }
        if !stopped {
            let invoices = stored::<Document>(&world, "invoice").len() as u64;
            assert_eq!(asked, invoices);
            println!("billing: {SUBSCRIPTIONS} subscriptions over 24 months: {invoices} invoices");
            every_period_once(&world);
            let report = world.books("acme").await;
            println!("billing: {} journal entries, {} numbers: the books agree", report.entries, report.numbers);
        }
        truths.push(world.truth("acme"));
    }
    let differing = tests::differing(&truths[0], &truths[1]);
    assert!(differing.is_empty(), "{stops} stops: {:?}", &differing[..differing.len().min(20)]);
    println!("billing: stopped {stops} times and gone on: the same books, in {} s", began.elapsed().as_secs());
}

/// The periods of every service follow each other without gap or overlap, from the day it was due on to the first
/// one that begins later than a week after the last run.
fn every_period_once(world: &World) {
    let asked = periods(world);
    let mut count = 0;
    for service in stored::<Service>(world, "service") {
        let own = &asked[&service.stamps.id];
        let anchor = service.anchor.unwrap();
        let wanted: Vec<(String, String)> = (0..service.periods)
            .map(|n| service.cycle.period(anchor, n).unwrap())
            .map(|term| (term.start.to_string(), term.end.to_string()))
            .collect();
        assert_eq!(own, &wanted, "service {}", service.stamps.id);
        let last: shared::words::time::Date = "2028-03-07".parse().unwrap();
        assert!(service.cycle.start(anchor, service.periods).unwrap() > last, "service {}", service.stamps.id);
        assert!(service.cycle.start(anchor, service.periods - 1).unwrap() <= last, "service {}", service.stamps.id);
        count += wanted.len();
    }
    println!("billing: {count} periods, each asked for once");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn a_hundred_runs_at_once_bill_once() {
    let world = prepared(40, 20).await;
    let tasks: Vec<_> = (0..100)
        .map(|_| {
            let app = world.another_process();
            tokio::spawn(async move {
                let tenant = shared::machinery::caller::Tenant::named("acme").unwrap();
                let run = orders::run::run(&app, &tenant, Some("2026-04-30"), &mut |_| {}).await;
                // One that waits too long says so, and has done nothing wrong.
                run.map_or(0, |report| report["invoices"].as_u64().unwrap())
            })
        })
        .collect();
    let mut told = 0;
    for task in tasks {
        told += task.await.unwrap();
    }
    bill(&world, "2026-04-30").await;
    let asked = periods(&world);
    let unique = asked.values().all(|periods| periods.windows(2).all(|pair| pair[0] < pair[1]));
    assert!(unique && asked.len() == 40, "{asked:?}");
    let invoices = stored::<Document>(&world, "invoice").len() as u64;
    assert!(told <= invoices);
    world.books("acme").await;
    println!("billing: 100 runs at once: {invoices} invoices, each period once");
}

#[tokio::test(flavor = "multi_thread")]
async fn domains_are_renewed_or_expire() {
    let world = shop().await;
    let order = |name: &str| json!({"user_id": 1, "currency": "USD", "coupon": null, "status": "completed", "domain_items": [{"type": "register", "domain": name, "tld_id": 1, "years": 1}]});
    for name in ["paid.dev", "unpaid.dev", "given-up.dev"] {
        data(&world, billmora("POST", "/orders").json(&order(name)), 201).await;
    }
    data(&world, billmora("PUT", "/registrants/3").json(&json!({"auto_renew": false})), 200).await;
    let domain = async |id: u64| data(&world, billmora("GET", &format!("/registrants/{id}")), 200).await;
    assert_eq!(bill(&world, "2027-02-21").await["invoices"], 0);
    assert_eq!(bill(&world, "2027-02-22").await["invoices"], 2);
    let invoice = data(&world, billmora("GET", "/invoices/4"), 200).await;
    assert_eq!((&invoice["total"], &invoice["items"][0]["registrant_id"]), (&json!("12.00"), &json!(1)));
    world
        .send(
            cloudonex("POST", "/receipts")
                .json(&json!({"customer_id": 1, "account_id": 1, "amount": 12, "invoice_id": 4})),
        )
        .await
        .expect(201);
    assert_eq!(domain(1).await["expires_at"], "2028-03-01T12:00:00.000000Z");
    // Its last day is its own, and none ends ahead of it; whose renewal is still owed waits.
    world.pass(365 * 24 * 3600);
    assert_eq!(bill(&world, "2027-03-09").await["expired"], 0);
    world.pass(24 * 3600);
    assert_eq!(bill(&world, "2027-03-02").await["expired"], 1);
    assert_eq!(
        (domain(2).await["status"].clone(), domain(3).await["status"].clone()),
        (json!("active"), json!("expired"))
    );
    data(&world, billmora("PUT", "/invoices/5").json(&json!({"status": "cancelled"})), 200).await;
    world.pass(2 * 24 * 3600);
    assert_eq!(bill(&world, "2027-03-04").await["expired"], 1);
    assert_eq!(domain(2).await["status"], "expired");
    world.books("acme").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_domain_of_more_years_than_a_line_may_spread_is_renewed() {
    let world = shop().await;
    data(&world, cloudonex("PUT", "/tlds/1").json(&json!({"max_years": 12})), 200).await;
    let order = json!({"user_id": 1, "currency": "USD", "coupon": null, "status": "completed", "domain_items": [{"type": "register", "domain": "long.dev", "tld_id": 1, "years": 12}]});
    data(&world, billmora("POST", "/orders").json(&order), 201).await;
    let run = bill(&world, "2038-02-22").await;
    assert_eq!((&run["invoices"], &run["failed"]), (&json!(1), &json!(0)), "{run}");
    assert_eq!(data(&world, billmora("GET", "/invoices/2"), 200).await["total"], "144.00");
    world.books("acme").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn subscriptions_are_charged_to_the_balance() {
    let world = World::new().await;
    let rpc = |method: &str, params: Value| {
        Call::rpc(&json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})).key(ADMIN)
    };
    let client = json!({"name": "Blue Harbour", "companies_id": 1, "currencies_id": 1});
    world.send(rpc("clients.create", client)).await.expect(200);
    let package = json!({"name": "Office 20", "companies_id": 1, "currencies_id": 1, "period": "P1M",
        "fees": [{"type": "activation", "name": "Start", "amount": 10}, {"type": "subscription", "name": "Fee", "amount": 20}]});
    let package = world.send(rpc("packages.create", package)).await.expect(200)["result"].clone();
    let made = world
        .send(rpc(
            "clients.subscriptions.create",
            json!({"clients_id": 1, "packages_id": package["id"], "start_dt": "2026-01-31"}),
        ))
        .await;
    let made = made.expect(200)["result"].clone();
    assert_eq!(
        (&made["condition"], &made["periods_start_dt"], &made["periods_stop_dt"]),
        (&json!("activated"), &json!("2026-01-31 00:00:00+0000"), &json!("2026-02-28 00:00:00+0000")),
        "{made}"
    );
    let later = world
        .send(rpc(
            "clients.subscriptions.create",
            json!({"clients_id": 1, "packages_id": package["id"], "start_dt": "2026-04-01"}),
        ))
        .await;
    assert_eq!(later.expect(200)["result"]["condition"], "new");
    let balance =
        async || world.send(rpc("clients.get", json!({"id": 1}))).await.expect(200)["result"]["balance"].to_string();
    assert_eq!(balance().await, "-30.00");
    // February's period and March's are due by 1 March; then one a month, and the second one begins.
    assert_eq!(bill(&world, "2026-03-31").await["charges"], 2);
    assert_eq!(balance().await, "-70.00");
    world.pass(31 * 24 * 3600);
    assert_eq!(bill(&world, "2026-04-01").await["charges"], 1);
    assert_eq!(balance().await, "-100.00");
    let list = world
        .send(rpc(
            "clients.subscriptions.search",
            json!({"clients_id": 1, "status": ["active"], "order": ["-start_dt"]}),
        ))
        .await;
    let list = list.expect(200)["result"].clone();
    assert_eq!(list.as_array().unwrap().iter().map(|one| one["id"].as_u64().unwrap()).collect::<Vec<_>>(), [2, 1]);
    // It stops: what is left is not charged; and one that was charged is not deleted.
    let refused = world.send(rpc("clients.subscriptions.delete", json!({"id": 1}))).await;
    assert_eq!(refused.json["error"]["data"]["code"], "service_charged");
    world.send(rpc("clients.subscriptions.update", json!({"id": 1, "stop_dt": "2026-04-15"}))).await.expect(200);
    let report = bill(&world, "2026-06-01").await;
    assert_eq!((&report["ended"], &report["charges"]), (&json!(0), &json!(2)), "not before its day");
    world.pass(14 * 24 * 3600);
    assert_eq!(bill(&world, "2026-06-01").await["ended"], 1);
    world.books("acme").await;
}
