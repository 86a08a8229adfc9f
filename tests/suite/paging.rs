//! Page numbers at any depth: exact, and no dearer than the first.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use shared::words::money::Decimal;
use tests::{ADMIN, Call, TOKEN, World};

async fn page(world: &World, target: &str) -> (Vec<u64>, Value, Decimal) {
    let call = if target.starts_with("/api/v1") {
        Call::new("GET", target).bearer(TOKEN)
    } else {
        Call::new("GET", target).bearer(ADMIN)
    };
    let (answer, cost) = world.cost(call).await;
    let json = answer.expect(200);
    let ids = json["data"].as_array().unwrap().iter().map(|row| row["id"].as_u64().unwrap()).collect();
    (ids, json["meta"].clone(), cost.read_units)
}

/// 100,000 customers, 2 % of them deleted, written straight into the engine: what the API would have left.
fn fill(world: &World, count: u64, gone: &BTreeSet<u64>) {
    let template = world.items().into_iter().find(|item| item["PK"]["S"] == "acme#customer").unwrap();
    let row = |id: u64| {
        let mut item = template.clone();
        item["SK"] = json!({"S": format!("{id:012}")});
        item["id"] = json!({"N": id.to_string()});
        item
    };
    let mut items: Vec<Value> = (1..=count).filter(|id| !gone.contains(id)).map(row).collect();
    let mut runs: std::collections::BTreeMap<u64, Vec<u64>> = std::collections::BTreeMap::new();
    for id in gone {
        runs.entry((id - 1) / 4096).or_default().push(*id);
    }
    let mut counts = json!({"PK": {"S": "acme#holes"}, "SK": {"S": "customer"}});
    for (run, ids) in &runs {
        counts[format!("run{run}")] = json!({"N": ids.len().to_string()});
        let set: Vec<String> = ids.iter().map(u64::to_string).collect();
        items.push(json!({"PK": {"S": "acme#holes#customer"}, "SK": {"S": format!("{run:012}")}, "gone": {"NS": set}}));
    }
    items.push(counts);
    items.push(json!({"PK": {"S": "acme#sequence"}, "SK": {"S": "customer"}, "last": {"N": count.to_string()}}));
    world.engine.import("tessera", items).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn page_4000_costs_what_page_2_costs() {
    let world = World::new().await;
    world.customers(1).await;
    let count = 102_100;
    let gone: BTreeSet<u64> = (1..=count).filter(|id| id % 50 == 17).collect();
    fill(&world, count, &gone);
    let left: Vec<u64> = (1..=count).filter(|id| !gone.contains(id)).collect();
    let expected = |page: usize| left.iter().skip((page - 1) * 25).take(25).copied().collect::<Vec<_>>();
    let mut units = Vec::new();
    for number in [2, 4000] {
        let (ids, meta, cost) = page(&world, &format!("/api/v2/customers?limit=25&page={number}")).await;
        assert_eq!(ids, expected(number), "page {number}");
        assert_eq!(
            (&meta["total_records"], &meta["total_pages"]),
            (&json!(left.len()), &json!(left.len().div_ceil(25)))
        );
        units.push(cost);
    }
    println!(
        "paging: {} rows, {} deleted: page 2 uses {} read units, page 4000 uses {}",
        count,
        gone.len(),
        units[0],
        units[1]
    );
    assert!(units[1] * Decimal::from(10) <= units[0] * Decimal::from(11), "{units:?}");
    // Newest first, from the other end.
    let (ids, meta, _) = page(&world, "/api/v1/users?per_page=25&page=4000").await;
    let newest: Vec<u64> = left.iter().rev().skip(3999 * 25).take(25).copied().collect();
    assert_eq!((ids, &meta["total"]), (newest, &json!(left.len())));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_of_a_list_with_holes_is_the_list() {
    let world = World::new().await;
    world.customers(60).await;
    let mut left: Vec<u64> = (1..=60).collect();
    for gone in [1, 2, 3, 20, 21, 22, 23, 24, 25, 40, 59, 60] {
        world.send(Call::new("DELETE", &format!("/api/v2/customers/{gone}")).bearer(ADMIN)).await.expect(200);
        left.retain(|id| *id != gone);
    }
    world.customers(0).await;
    for size in [1, 7, 20, 48, 100] {
        let mut seen = Vec::new();
        for number in 1..=48_usize.div_ceil(size) {
            let (ids, meta, _) = page(&world, &format!("/api/v2/customers?limit={size}&page={number}")).await;
            assert_eq!(meta["total_records"], 48);
            seen.extend(ids);
        }
        assert_eq!(seen, left, "pages of {size}");
        let mut newest = Vec::new();
        for number in 1..=48_usize.div_ceil(size) {
            newest.extend(page(&world, &format!("/api/v1/users?per_page={size}&page={number}")).await.0);
        }
        newest.reverse();
        assert_eq!(newest, left, "pages of {size}, newest first");
    }
    let (ids, meta, _) = page(&world, "/api/v2/customers?page=9999999").await;
    assert_eq!((ids.len(), meta), (0, json!({"current_page": 9_999_999, "total_pages": 3, "total_records": 48})));
    // JeraSoft clients mean everything when they say a milliard.
    let all = world.send(Call::new("GET", "/api/clients?limit=1000000000").key(ADMIN)).await.expect(200);
    assert_eq!(all.as_array().unwrap().len(), 48);
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_filter_search_and_sort_as_each_dialect_says() {
    let world = World::new().await;
    let clients = [
        ("Zephyr", 1, 1, "active"),
        ("blue harbour", 2, 2, "disabled"),
        ("Blue Sky", 3, 1, "active"),
        ("Amber 100%", 1, 1, "archive"),
    ];
    for (name, company, currency, status) in clients {
        let new = json!({"name": name, "companies_id": company, "currencies_id": currency, "status": status, "c_email": format!("{company}@x.example"), "payment_terms_id": company});
        world.send(Call::new("POST", "/api/clients").key(ADMIN).json(&new)).await.expect(200);
    }
    let jerasoft = [
        ("order=name", vec![4, 2, 3, 1]),
        ("order=-name", vec![1, 3, 2, 4]),
        ("order=-id&limit=2", vec![4, 3]),
        ("order=status,-id", vec![3, 1, 2, 4]),
        ("q=blue", vec![2, 3]),
        ("q=blue*", vec![2, 3]),
        ("q=*SKY", vec![3]),
        ("q=2@x", vec![2]),
        ("status=active", vec![1, 3]),
        ("status=active&status=disabled&companies_id=1,2", vec![1, 2]),
        ("id[]=1&id[]=4&id[]=99", vec![1, 4]),
        ("currencies_id=2", vec![2]),
        ("payment_terms_id=3", vec![3]),
        ("name=BLUE%20SKY", vec![3]),
        ("limit=2&offset=1", vec![2, 3]),
        ("q=nobody", vec![]),
    ];
    for (query, ids) in jerasoft {
        let list = world.send(Call::new("GET", &format!("/api/clients?{query}")).key(ADMIN)).await.expect(200);
        let seen: Vec<u64> = list.as_array().unwrap().iter().map(|row| row["id"].as_u64().unwrap()).collect();
        assert_eq!(seen, ids, "{query}");
    }
    // Documented as a body on GET; the body wins.
    let body = world
        .send(Call::new("GET", "/api/clients?limit=1").key(ADMIN).json(&json!({"limit": 3, "order": ["-id"]})))
        .await
        .expect(200);
    assert_eq!(body.as_array().unwrap().len(), 3);
    let others = [
        ("/api/v2/customers?search=BLUE", vec![2, 3]),
        ("/api/v2/customers?search=100%25", vec![4]),
        ("/api/v2/customers?search=", vec![1, 2, 3, 4]),
        ("/api/v2/customers?search=b&limit=1&page=2", vec![3]),
        ("/api/v1/users?search=b_ue", vec![3, 2]),
        ("/api/v1/users?search=sky&status=active", vec![3]),
        ("/api/v1/users?status=odd", vec![]),
        ("/api/v1/users?status=0&search=0", vec![4, 3, 2, 1]),
        ("/api/v1/users?per_page=-3&page=x", vec![4, 3, 2, 1]),
        ("/api/v1/users?per_page=2.5", vec![4, 3]),
    ];
    for (target, ids) in others {
        assert_eq!(page(&world, target).await.0, ids, "{target}");
    }
    for (bad, field) in [
        ("limit=0", "limit"),
        ("limit=x", "limit"),
        ("offset=-1", "offset"),
        ("order=colour", "order"),
        ("status=odd", "status"),
        ("limit=99999999999999999999", "limit"),
    ] {
        let refused = world.send(Call::new("GET", &format!("/api/clients?{bad}")).key(ADMIN)).await.expect(400);
        assert!(refused["error"]["data"].get(field).is_some(), "{bad}: {refused}");
    }
    for bad in ["page=0", "page=x", "limit=101", "limit=0", "page=-1", "page=99999999999999999999"] {
        world.send(Call::new("GET", &format!("/api/v2/customers?{bad}")).bearer(ADMIN)).await.expect(400);
    }
}
