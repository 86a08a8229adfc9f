//! The harness: the whole application in this process, on an engine that forgets, with a fixed clock.
//!
//! A test calls the application as a function: a request in, a response out, through the same authorizer,
//! spine and SDK as in the cloud. A [`World`] has two tenants that look alike, so that whatever leaks from
//! one into the other is seen.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a harness fails loudly")]

mod call;
mod dice;
mod hooks;
mod verify;

pub use call::{Answer, Call};
pub use dice::Dice;
pub use hooks::{Does, Got, Hooks, Receiver, SHORT};
pub use verify::{Image, differing};

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use local::engine::Engine;
use local::faults::Faulty;
use local::fixture::Fixture;
use serde_json::{Value, json};
use shared::domain::sandbox::reset;
use shared::machinery::app::{App, https_client};
use shared::machinery::outside::Outside;
use shared::machinery::route::Row;
use shared::machinery::secrets::{Secret, Secrets};
use shared::machinery::store::{Cost, Place, Store};
use shared::words::time::{Instant, Zone, parse_moment};

/// When every world begins.
pub const START: &str = "2026-03-01T12:00:00Z";

/// API key of acme's administrator.
pub const ADMIN: &str = "acme-admin-key";
/// API key of acme's user who is limited to reseller 2 (North-East, below North).
pub const LIMITED: &str = "acme-limited-key";
/// API key of the other tenant's administrator.
pub const OTHER: &str = "other-admin-key";
/// Billmora token of acme with every ability and a high limit.
pub const TOKEN: &str = "1|acmeAcmeAcmeAcmeAcmeAcmeAcmeAcmeAcmeAcme11111111";
/// Billmora token of acme with a limit of 60.
pub const TOKEN_60: &str = "2|sixtySixtySixtySixtySixtySixtySixtySixty22222222";
/// Billmora token of acme that may only view users.
pub const TOKEN_VIEW: &str = "3|viewViewViewViewViewViewViewViewViewView33333333";
/// Billmora token of acme that is over.
pub const TOKEN_OVER: &str = "4|overOverOverOverOverOverOverOverOverOver44444444";
/// Billmora token of acme for one address only.
pub const TOKEN_HERE: &str = "5|hereHereHereHereHereHereHereHereHereHere55555555";
/// Billmora token of acme without any ability.
pub const TOKEN_NOTHING: &str = "6|noneNoneNoneNoneNoneNoneNoneNoneNoneNone66666666";
/// Billmora token of the other tenant.
pub const TOKEN_OTHER: &str = "1|otherOtherOtherOtherOtherOtherOtherOther77777777";
/// Billmora token of acme's limited user.
pub const TOKEN_LIMITED: &str = "8|limitLimitLimitLimitLimitLimitLimitLimit88888888";

/// The fixture of every world.
pub fn fixture() -> Value {
    let secret = |token: &str| token.split_once('|').unwrap().1.to_owned();
    let token = |id: u64, user: u64, text: &str, abilities: Value, limit: u64| {
        json!({"id": id, "user_id": user, "name": format!("t{id}"), "secret": secret(text), "abilities": abilities, "rate_limit": limit,
               "whitelist_ips": [], "expires_at": null})
    };
    let tenant = |id: &str, users: Value, tokens: Value| {
        json!({"id": id, "name": format!("{id} Hosting"), "base_currency": "USD", "timezone": "UTC",
            "resellers": [{"id": 1, "name": "North", "parent_id": null}, {"id": 2, "name": "North-East", "parent_id": 1},
                          {"id": 3, "name": "South", "parent_id": null}],
            "users": users, "tokens": tokens,
            "currencies": [{"id": 1, "code": "USD"}, {"id": 2, "code": "INR"}, {"id": 3, "code": "JPY"}],
            "exchange_rates": [{"from": "USD", "to": "INR", "rate": "71.160", "at": "2019-12-01T00:00:00Z"}],
            "tax_rates": [{"name": "SGST", "percent": "9.00"}, {"name": "CGST", "percent": "9.00"}, {"name": "IGST", "percent": "18.00"}],
            "accounts": [{"id": 1, "name": "Bank", "currency": "USD", "opening_balance": "1000.00"},
                         {"id": 2, "name": "Till", "currency": "USD", "opening_balance": "0.00"}],
            "categories": [{"id": 1, "name": "Sales", "type": "Income"}, {"id": 2, "name": "Hosting", "type": "Expense"}],
            "departments": [{"id": 1, "name": "Support"}, {"id": 2, "name": "Billing"}],
            "records": {}})
    };
    let user = |id: u64, login: &str, key: &str, zone: Value, reseller: Value| {
        json!({"id": id, "login": login, "password": format!("{login} password"), "name": login, "email": format!("{login}@x.example"),
               "timezone": zone, "reseller_id": reseller, "api_key": key})
    };
    let mut over = token(4, 1, TOKEN_OVER, json!(["*"]), 1000);
    over["expires_at"] = json!("2026-02-01T00:00:00Z");
    let mut here = token(5, 1, TOKEN_HERE, json!(["*"]), 1000);
    here["whitelist_ips"] = json!(["198.51.100.7"]);
    json!({"tenants": [
        tenant("acme",
            json!([user(1, "admin", ADMIN, Value::Null, Value::Null), user(2, "limited", LIMITED, json!("America/New_York"), json!(2))]),
            json!([token(1, 1, TOKEN, json!(["*"]), 1_000_000), token(2, 1, TOKEN_60, json!(["*"]), 60),
                   token(3, 1, TOKEN_VIEW, json!(["users.view"]), 1_000_000), over, here,
                   token(6, 1, TOKEN_NOTHING, json!([]), 1_000_000), token(8, 2, TOKEN_LIMITED, json!(["*"]), 1_000_000)])),
        tenant("other", json!([user(1, "admin2", OTHER, Value::Null, Value::Null)]), json!([token(1, 1, TOKEN_OTHER, json!(["*"]), 1_000_000)])),
    ]})
}

/// A whole application with its surroundings.
pub struct World {
    /// The application: every family's rows.
    pub app: Arc<App>,
    /// The engine, with whatever faults are planned.
    pub faulty: Faulty,
    /// The engine itself.
    pub engine: Engine,
    seconds: Arc<AtomicI64>,
}

impl World {
    /// A world of the fixture, with every family's rows.
    pub async fn new() -> Self {
        Self::with(&fixture(), local::rows()).await
    }

    /// A world of another fixture and other rows.
    pub async fn with(fixture: &Value, rows: Vec<Row>) -> Self {
        let real = Outside::real();
        Self::made(fixture, rows, None, &real, Secret::generate(&real)).await
    }

    /// A world in which nothing is left to chance: two of them give the same answers to the letter.
    pub async fn golden() -> Self {
        let (outside, secret) = golden();
        Self::made(&fixture(), local::rows(), None, &outside, secret).await
    }

    /// A world on the engine that `TESSERA_TEST_ENDPOINT` names, in a table of its own; without it on the
    /// embedded one.
    pub async fn somewhere() -> Self {
        let real = Outside::real();
        Self::made(&fixture(), local::rows(), elsewhere(), &real, Secret::generate(&real)).await
    }

    async fn made(
        fixture: &Value,
        rows: Vec<Row>,
        endpoint: Option<String>,
        outside: &Outside,
        secret: Secret,
    ) -> Self {
        let world = Self::empty(rows, endpoint, outside, 0, Arc::new(Secrets::fixed(secret))).await;
        Fixture::read(&fixture.to_string()).unwrap().load(&world.loader(outside)).await.unwrap();
        world
    }

    /// A sandbox of the fixture, filled as its operator fills it.
    pub async fn sandbox() -> Self {
        let real = Outside::real();
        Self::made_sandbox(None, &real, Secret::generate(&real)).await
    }

    /// The same on the engine that `TESSERA_TEST_ENDPOINT` names.
    pub async fn sandbox_somewhere() -> Self {
        let real = Outside::real();
        Self::made_sandbox(elsewhere(), &real, Secret::generate(&real)).await
    }

    /// The same where nothing is left to chance.
    pub async fn golden_sandbox() -> Self {
        let (outside, secret) = golden();
        Self::made_sandbox(None, &outside, secret).await
    }

    async fn made_sandbox(endpoint: Option<String>, outside: &Outside, secret: Secret) -> Self {
        let (sandboxed, secrets) = (outside.clone().sandboxed(), Arc::new(Secrets::fixed(secret)));
        let world = Self::empty(local::rows(), endpoint, &sandboxed, 0, secrets).await;
        world.fill(&fixture()).await.unwrap();
        world
    }

    /// Fill this sandbox anew.
    pub async fn fill(&self, fixture: &Value) -> Result<(), String> {
        let loader = self.loader(&Outside::real());
        let fixture = Fixture::read(&fixture.to_string())?;
        reset::fill(&self.app, Duration::ZERO, "a fixture", fixture.load(&loader)).await.map(|_| ())
    }

    /// What loads fixtures: their own writes need the families that write them, also while a sandbox is closed.
    fn loader(&self, outside: &Outside) -> App {
        let outside = clocked(outside, &self.seconds);
        App::new(self.app.store.clone(), Arc::clone(&self.app.secrets), outside, local::rows())
    }

    /// A world with an empty table, so many seconds after the beginning.
    async fn empty(
        rows: Vec<Row>,
        endpoint: Option<String>,
        outside: &Outside,
        seconds: i64,
        secrets: Arc<Secrets>,
    ) -> Self {
        let engine = Engine::in_memory().unwrap();
        let faulty = Faulty::new(engine.clone());
        let table = endpoint.as_ref().map_or("tessera".into(), |_| format!("tessera-{}", outside.fresh_id()));
        let place = Place {
            table,
            region: "local".into(),
            credentials: ("local".into(), "local".into(), None),
            http: if endpoint.is_some() { https_client() } else { faulty.http_client() },
            endpoint,
        };
        let seconds = Arc::new(AtomicI64::new(seconds));
        let outside = clocked(outside, &seconds);
        let store = Store::connect(&place);
        store.create_table(false).await.unwrap_or_else(|e| panic!("{e:?}"));
        let app = App::new(store, secrets, outside, rows);
        Self { app: Arc::new(app), faulty, engine, seconds }
    }

    /// The same data seen by a process that has just started.
    pub fn another_process(&self) -> Arc<App> {
        Arc::new(App::new(
            self.app.store.clone(),
            Arc::clone(&self.app.secrets),
            self.app.outside.clone(),
            local::rows(),
        ))
    }

    /// A world just like this one, but with nothing in its table.
    async fn without_items(&self) -> Self {
        let seconds = self.seconds.load(Ordering::SeqCst);
        let secrets = Arc::clone(&self.app.secrets);
        Self::empty(local::rows(), None, &self.app.outside, seconds, secrets).await
    }

    /// Check the books of a tenant; panics with the differences.
    pub async fn books(&self, tenant: &str) -> shared::domain::reports::verify::Report {
        let tenant = shared::machinery::caller::Tenant::named(tenant).unwrap();
        let report = shared::domain::reports::verify::verify(&self.app.store, &tenant, &mut |_| {}).await;
        let report = report.unwrap_or_else(|e| panic!("{e:?}"));
        assert_eq!(report.count, 0, "{:#?}", report.differences);
        report
    }

    /// A session of RackNap's for a user of the fixture.
    pub async fn session(&self, login: &str) -> String {
        let body = json!({"username": login, "password": format!("{login} password")});
        let answer = self.send(Call::new("POST", "/api/v2/auth/token").json(&body)).await.expect(200);
        answer["data"]["token"].as_str().unwrap().to_owned()
    }

    /// Move the clock forward.
    pub fn pass(&self, seconds: i64) {
        self.seconds.fetch_add(seconds, Ordering::SeqCst);
    }

    /// Send a request.
    pub async fn send(&self, call: Call) -> Answer {
        send(&self.app, call).await
    }

    /// Send a request and say what it cost.
    pub async fn cost(&self, call: Call) -> (Answer, Cost) {
        let before = self.app.store.for_one_request();
        let app = App::new(before, Arc::clone(&self.app.secrets), self.app.outside.clone(), local::rows());
        let (response, cost) = app.handle_and_count(&call.request).await;
        (Answer::of(response), cost)
    }

    /// Every item of the table, for looking behind the scenes.
    pub fn items(&self) -> Vec<Value> {
        self.engine.items("tessera").unwrap()
    }

    /// A world of its own that is just like this one but for one item, which it lacks.
    pub async fn twin_without(&self, pk: &str, sk: &str) -> Self {
        let twin = self.without_items().await;
        let mut items = self.items();
        items.retain(|item| (&item["PK"]["S"], &item["SK"]["S"]) != (&json!(pk), &json!(sk)));
        twin.engine.import("tessera", items).unwrap();
        twin
    }

    /// Customers made through CloudOnex, so many, named `Customer 1` and on; in batches.
    pub async fn customers(&self, count: u64) {
        let entry = |n: u64| json!({"account": format!("Customer {n}"), "email": format!("customer{n}@x.example")});
        let all: Vec<Value> = (1..=count).map(entry).collect();
        for chunk in all.chunks(100) {
            let call = Call::new("POST", "/api/v2/batch/customers").json(&json!({"customers": chunk}));
            assert_eq!(self.send(call.operator("acme")).await.status, 201);
        }
    }
}

/// The operator of a tenant, who needs no credential.
pub fn operator(tenant: &str) -> shared::machinery::caller::Caller {
    let tenant = shared::machinery::caller::Tenant::named(tenant).unwrap();
    shared::machinery::caller::Caller::operator(tenant, "operator", Zone::UTC)
}

/// Another engine than the embedded one, if one was named.
#[allow(clippy::disallowed_methods, reason = "how a test run is told of another engine")]
pub fn elsewhere() -> Option<String> {
    std::env::var("TESSERA_TEST_ENDPOINT").ok()
}

fn clocked(outside: &Outside, seconds: &Arc<AtomicI64>) -> Outside {
    let start: Instant = parse_moment(START, Zone::UTC).unwrap();
    let seconds = Arc::clone(seconds);
    // A receiver of webhooks is on this machine.
    outside
        .clone()
        .reaching_itself()
        .with_clock(move || start + shared::words::time::Duration::seconds(seconds.load(Ordering::SeqCst)))
}

/// Send a request to an application.
pub async fn send(app: &App, call: Call) -> Answer {
    Answer::of(app.handle(&call.request).await)
}

/// Randomness that is counted, and signing keys that are always the same.
fn golden() -> (Outside, Secret) {
    let drawn = AtomicI64::new(0);
    let counted = move |bytes: &mut [u8]| {
        let number = drawn.fetch_add(1, Ordering::SeqCst).to_be_bytes();
        bytes.iter_mut().enumerate().for_each(|(place, byte)| *byte = number[place % 8]);
    };
    let secret =
        json!({"jwt_keys": ["golden golden golden golden golden"], "pepper": "golden pepper golden pepper golden"});
    (Outside::real().with_randomness(counted), Secret::from_json(&secret.to_string()).unwrap())
}
