//! Rate limits: exact under concurrency, in the dialect's own words.

use std::sync::Arc;

use serde_json::json;
use tests::{ADMIN, Call, TOKEN_60, World, send};

#[tokio::test(flavor = "multi_thread")]
async fn of_64_parallel_clients_on_a_limit_of_60_exactly_60_pass() {
    let world = World::new().await;
    for round in 0..4 {
        // Each client in a process of its own, so that nothing is remembered between them.
        let clients: Vec<_> = (0..64)
            .map(|_| {
                let app = world.another_process();
                tokio::spawn(async move { send(&app, Call::new("GET", "/api/v1/users").bearer(TOKEN_60)).await })
            })
            .collect();
        let mut answers = Vec::new();
        for client in clients {
            answers.push(client.await.unwrap());
        }
        let passed = answers.iter().filter(|answer| answer.status == 200).count();
        println!("rate limit: round {round}: {passed} of 64 parallel clients passed a limit of 60");
        assert_eq!(passed, 60);
        let mut remaining: Vec<u64> = answers
            .iter()
            .filter(|answer| answer.status == 200)
            .map(|answer| answer.header("x-ratelimit-remaining").unwrap().parse().unwrap())
            .collect();
        remaining.sort_unstable();
        assert_eq!(remaining, (0..60).collect::<Vec<_>>(), "every count was told once");
        for refused in answers.iter().filter(|answer| answer.status != 200) {
            assert_eq!(refused.status, 429);
            assert_eq!(refused.json, json!({"message": "Too many requests. Please try again later."}));
            assert_eq!(
                (refused.header("x-ratelimit-limit"), refused.header("x-ratelimit-remaining")),
                (Some("60"), Some("0"))
            );
            let wait: i64 = refused.header("retry-after").unwrap().parse().unwrap();
            assert!((1..=60).contains(&wait), "{wait}");
        }
        world.pass(60);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn cloudonex_shows_its_limit_on_every_answer() {
    let world = World::new().await;
    let calls = [
        (Call::new("GET", "/api/v2/customers").bearer(ADMIN), 200, "999"),
        (Call::new("GET", "/api/v2/customers/77").bearer(ADMIN), 404, "998"),
        (Call::new("POST", "/api/v2/customers").bearer(ADMIN).json(&json!({})), 422, "997"),
        (Call::new("GET", "/api/v2/nowhere").bearer(ADMIN), 404, "996"),
        (Call::new("PATCH", "/api/v2/customers").bearer(ADMIN), 405, "995"),
        (Call::new("GET", "/api/v2/customers?api_key=acme-admin-key"), 200, "994"),
        (Call::new("GET", "/api/v2/customers"), 401, "999"),
    ];
    for (call, status, remaining) in calls {
        let answer = world.send(call).await;
        assert_eq!(answer.status, status, "{}", answer.text);
        assert_eq!(
            (answer.header("x-ratelimit-limit"), answer.header("x-ratelimit-remaining")),
            (Some("1000"), Some(remaining))
        );
        let reset: i64 = answer.header("x-ratelimit-reset").unwrap().parse().unwrap();
        assert!((1..=3600).contains(&(reset - world.app.outside.now().timestamp())));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_costs_nothing_the_second_time_and_the_window_ends() {
    let world = World::new().await;
    let ask = || Call::new("GET", "/api/v1/users").bearer(TOKEN_60);
    for _ in 0..60 {
        assert_eq!(world.send(ask()).await.status, 200);
    }
    assert_eq!(world.send(ask()).await.status, 429);
    world.faulty.plan(|_, _| local::faults::Fault::None);
    let refused = world.send(ask()).await;
    assert_eq!((refused.status, world.faulty.made()), (429, 0));
    world.pass(refused.header("retry-after").unwrap().parse().unwrap());
    assert_eq!(world.send(ask()).await.header("x-ratelimit-remaining"), Some("59"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_lags_behind_opens_no_second_window() {
    let world = World::new().await;
    let ask = || Call::new("GET", "/api/v1/users").bearer(TOKEN_60);
    let ahead = world.another_process();
    world.pass(90);
    for left in (50..60).rev() {
        assert_eq!(send(&ahead, ask()).await.header("x-ratelimit-remaining"), Some(left.to_string().as_str()));
    }
    world.pass(-60);
    assert_eq!(world.send(ask()).await.header("x-ratelimit-remaining"), Some("49"), "counted in the later window");
    world.pass(60);
    assert_eq!(send(&ahead, ask()).await.header("x-ratelimit-remaining"), Some("48"));
    let _ = Arc::strong_count(&ahead);
}
