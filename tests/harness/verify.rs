//! What must be true of the table whenever nothing is running, checked by looking at every item.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::World;

/// The entities that are records.
const RECORDS: [&str; 21] = [
    "product",
    "catalog",
    "variant",
    "tld",
    "coupon",
    "quote",
    "order",
    "service",
    "registrant",
    "client-account",
    "rate-table",
    "usage-rate",
    "ticket",
    "lead",
    "supplier",
    "purchase",
    "user",
    "credential",
    "payment-profile",
    "gateway",
    "webhook",
];
/// What records claim: the name of the claim, the entity, the attribute.
const CLAIMED: [(&str, &str, &str); 8] = [
    ("product-slug", "product", "slug"),
    ("product-sku", "product", "sku"),
    ("catalog-slug", "catalog", "slug"),
    ("tld", "tld", "tld"),
    ("coupon", "coupon", "code"),
    ("domain", "registrant", "domain"),
    ("user-login", "user", "login"),
    ("user-email", "user", "email"),
];

/// What an entity's partition may look like: text of an attribute.
fn text<'v>(item: &'v Value, name: &str) -> &'v str {
    item[name]["S"].as_str().unwrap_or_default()
}

fn number(item: &Value, name: &str) -> u64 {
    item[name]["N"].as_str().and_then(|n| n.parse().ok()).unwrap_or(0)
}

/// Every item of a table at one moment.
pub struct Image {
    items: Vec<Value>,
}

impl World {
    /// The table as it is now.
    pub fn image(&self) -> Image {
        Image { items: self.items() }
    }

    /// Checks everything; panics with what does not fit. Gives the number of items looked at.
    pub fn verify(&self) -> usize {
        self.image().verify()
    }

    /// What is true of a tenant.
    pub fn truth(&self, tenant: &str) -> BTreeMap<String, Value> {
        self.image().truth(tenant)
    }

    /// How many audit entries and outbox items a tenant has.
    pub fn traces(&self, tenant: &str) -> (usize, usize) {
        self.image().traces(tenant)
    }

    /// A world of its own that is just like this one.
    pub async fn twin(&self) -> Self {
        self.twin_of(&self.image()).await
    }

    /// The same, as this one was at that moment.
    pub async fn twin_of(&self, image: &Image) -> Self {
        let twin = self.without_items().await;
        twin.engine.import("tessera", image.items.clone()).unwrap();
        twin
    }
}

impl Image {
    /// Checks everything; panics with what does not fit. Gives the number of items looked at.
    pub fn verify(&self) -> usize {
        let items = table(&self.items);
        for tenant in ["acme", "other"] {
            let records = RECORDS.iter().copied();
            for entity in ["customer", "rate", "invoice", "transaction"].into_iter().chain(records) {
                ids_fit(&items, tenant, entity);
            }
            index_fits(&items, tenant);
            RECORDS.iter().for_each(|entity| record_index_fits(&items, tenant, entity));
            claims_fit(&items, tenant);
            record_claims_fit(&items, tenant);
            agenda_fits(&items, tenant);
            rates_fit(&items, tenant);
        }
        self.items.len()
    }

    /// The items of a tenant that say what is true of it: not its audit, outbox or idempotency records, and
    /// of a password only that there is one, since its hash is salted.
    pub fn truth(&self, tenant: &str) -> BTreeMap<String, Value> {
        let kept = |pk: &str| {
            let own = pk.strip_prefix(tenant).is_some_and(|rest| rest.starts_with('#'));
            own && ["#audit", "#outbox", "#idempotency", "#turn"].iter().all(|word| !pk.contains(word))
        };
        let items = self.items.iter().filter(|item| kept(text(item, "PK"))).cloned();
        let plain = |mut item: Value| {
            // A seal is that of the whole item, and so of what is drawn at random too.
            item.as_object_mut().and_then(|item| item.remove("seal"));
            if let Some(hash) = item.get_mut("password_hash") {
                *hash = Value::Bool(true);
            }
            // A secret is drawn at random, so that of it too only counts whether there is one.
            if text(&item, "PK").ends_with("#credential") {
                for random in ["digest", "hint", "before", "signing"] {
                    item[random] = Value::Bool(item.get(random).is_some_and(|value| value.get("NULL").is_none()));
                }
            }
            if text(&item, "PK").ends_with("#gateway") {
                item["nonce"] = Value::Bool(true);
            }
            if ["#webhook", "#webhook-deleted"].iter().any(|end| text(&item, "PK").ends_with(end)) {
                for secret in item["secrets"]["L"].as_array_mut().into_iter().flatten() {
                    secret["M"]["nonce"] = Value::Bool(true);
                }
            }
            // What is replayed stands behind what was told until then, in a random order.
            if text(&item, "PK").contains("#webhook-lane#") {
                let told = text(&item, "SK").split('#').next().unwrap_or_default().to_owned();
                item["SK"] = json!({"S": told});
            }
            // A journal entry's id is drawn at random.
            if text(&item, "PK").contains("#journal#") {
                let date = text(&item, "SK").split('#').next().unwrap_or_default().to_owned();
                let (of, event) = (text(&item, "of").to_owned(), text(&item, "event").to_owned());
                item["SK"] = Value::Null;
                item["id"] = Value::Null;
                let postings = sorted(&item["postings"]);
                return (format!("{} / {date} {of} {event} {postings}", text(&item, "PK")), item);
            }
            (format!("{} / {}", text(&item, "PK"), text(&item, "SK")), item)
        };
        items.map(plain).collect()
    }

    /// How many audit entries and outbox items a tenant has.
    pub fn traces(&self, tenant: &str) -> (usize, usize) {
        let count = |prefix: String| self.items.iter().filter(|item| text(item, "PK").starts_with(&prefix)).count();
        (count(format!("{tenant}#audit")), count(format!("{tenant}#outbox")))
    }
}

/// A value as text, with the members of its objects in order: an engine returns them in any.
fn sorted(value: &Value) -> String {
    match value {
        Value::Object(members) => {
            let members: BTreeMap<&String, String> =
                members.iter().map(|(name, value)| (name, sorted(value))).collect();
            format!("{members:?}")
        }
        Value::Array(list) => format!("{:?}", list.iter().map(sorted).collect::<Vec<_>>()),
        plain => plain.to_string(),
    }
}

/// What differs between two truths, by key.
pub fn differing(one: &BTreeMap<String, Value>, other: &BTreeMap<String, Value>) -> Vec<String> {
    let keys: BTreeSet<&String> = one.keys().chain(other.keys()).collect();
    keys.into_iter().filter(|key| one.get(*key) != other.get(*key)).cloned().collect()
}

/// The table by partitions: every check looks at a few of them, thousands of times in some tests.
type Table<'i> = BTreeMap<&'i str, Vec<&'i Value>>;

fn table(items: &[Value]) -> Table<'_> {
    let mut table = Table::new();
    for item in items {
        table.entry(text(item, "PK")).or_default().push(item);
    }
    table
}

fn of<'i>(items: &Table<'i>, pk: &str) -> Vec<&'i Value> {
    items.get(pk).cloned().unwrap_or_default()
}

/// The items of all partitions that begin so.
fn under<'i>(items: &Table<'i>, prefix: &str) -> Vec<&'i Value> {
    let partitions = items.range(prefix..).take_while(|(pk, _)| pk.starts_with(prefix));
    partitions.flat_map(|(_, items)| items.iter().copied()).collect()
}

/// Every id drawn is a row or a hole, and never both.
fn ids_fit(items: &Table<'_>, tenant: &str, entity: &str) {
    let rows: BTreeSet<u64> = of(items, &format!("{tenant}#{entity}")).iter().map(|row| number(row, "id")).collect();
    let last = of(items, &format!("{tenant}#sequence"))
        .iter()
        .find(|item| text(item, "SK") == entity)
        .map_or(0, |item| number(item, "last"));
    let mut holes = BTreeSet::new();
    for run in of(items, &format!("{tenant}#holes#{entity}")) {
        let gone: Vec<u64> =
            run["gone"]["NS"].as_array().unwrap().iter().map(|n| n.as_str().unwrap().parse().unwrap()).collect();
        let counted = of(items, &format!("{tenant}#holes"));
        let counted = counted.iter().find(|item| text(item, "SK") == entity).unwrap();
        let run: u64 = text(run, "SK").parse().unwrap();
        assert_eq!(number(counted, &format!("run{run}")), gone.len() as u64, "{tenant} {entity}: holes of run {run}");
        holes.extend(gone);
    }
    let all: BTreeSet<u64> = rows.union(&holes).copied().collect();
    assert!(rows.is_disjoint(&holes), "{tenant} {entity}: a hole is a row");
    assert_eq!(all, (1..=last).collect(), "{tenant} {entity}: ids are dense");
    let kept: BTreeSet<u64> =
        of(items, &format!("{tenant}#{entity}-deleted")).iter().map(|row| number(row, "id")).collect();
    assert!(kept.is_subset(&holes), "{tenant} {entity}: what was deleted is a hole");
}

/// Every record has its index row and a customer's record another one, and there are no others.
fn record_index_fits(items: &Table<'_>, tenant: &str, entity: &str) {
    let ids = |pk: &str| of(items, pk).iter().map(|row| number(row, "id")).collect::<BTreeSet<u64>>();
    let rows = of(items, &format!("{tenant}#{entity}"));
    let index = format!("{tenant}#{entity}-index");
    assert_eq!(ids(&format!("{tenant}#{entity}")), ids(&index), "{tenant} {entity}: index rows");
    let own = |row: &&&Value| row.get("customer").is_some();
    let of_customers = under(items, &format!("{index}#")).len();
    assert_eq!(rows.iter().filter(own).count(), of_customers, "{tenant} {entity}: index rows of customers");
}

/// Every customer has its index row, and it says the same.
fn index_fits(items: &Table<'_>, tenant: &str) {
    let rows = of(items, &format!("{tenant}#customer"));
    let index = of(items, &format!("{tenant}#customer-index"));
    assert_eq!(rows.len(), index.len(), "{tenant}: index rows");
    for row in rows {
        let entry = index.iter().find(|entry| text(entry, "SK") == text(row, "SK")).expect("an index row");
        assert_eq!(entry["name"]["S"].as_str().unwrap(), whole_name(row));
        for same in ["status", "reseller", "currency"] {
            assert_eq!(entry[same], row[same], "{tenant}: {same}");
        }
        assert_eq!(entry["email"], row["texts"]["M"]["email"], "{tenant}: email");
    }
}

fn whole_name(row: &Value) -> String {
    let part = |name: &str| row["name"]["M"][name]["S"].as_str().unwrap_or_default().to_owned();
    if part("last").is_empty() { part("first") } else { format!("{} {}", part("first"), part("last")) }
}

/// Every claim of customers counts its bearers. A deleted customer may go on bearing its e-mail address.
fn claims_fit(items: &Table<'_>, tenant: &str) {
    let mut emails: BTreeMap<String, u64> = BTreeMap::new();
    let mut names: BTreeMap<(String, String), u64> = BTreeMap::new();
    for row in of(items, &format!("{tenant}#customer")) {
        if let Some(email) = row["texts"]["M"]["email"]["S"].as_str() {
            *emails.entry(email.to_lowercase()).or_default() += 1;
        }
        let reseller = row["reseller"]["N"].as_str().unwrap().to_owned();
        *names.entry((reseller, whole_name(row).to_lowercase())).or_default() += 1;
    }
    for claim in under(items, &format!("{tenant}#claim#")) {
        let (kind, value) = (text(claim, "PK").rsplit('#').next().unwrap(), text(claim, "SK"));
        let counted = number(claim, "bearers");
        match kind.strip_prefix("customer-name-") {
            None if kind != "customer-email" => {}
            Some(reseller) => {
                let borne = names.remove(&(reseller.to_owned(), value.to_owned())).unwrap_or(0);
                assert_eq!(counted, borne, "{tenant}: name {value}");
            }
            None => {
                let borne = emails.remove(value).unwrap_or(0);
                let kept = of(items, &format!("{tenant}#customer-deleted"));
                let kept = kept
                    .iter()
                    .filter(|row| {
                        row["texts"]["M"]["email"]["S"].as_str().is_some_and(|email| email.to_lowercase() == value)
                    })
                    .count();
                assert!(
                    (borne..=borne + kept as u64).contains(&counted),
                    "{tenant}: e-mail {value}: {counted}, {borne} and {kept} deleted"
                );
            }
        }
    }
    let all = emails.is_empty() && names.is_empty();
    assert!(all, "{tenant}: without a claim: {emails:?} {names:?}");
}

/// Every claim of records counts its bearers.
fn record_claims_fit(items: &Table<'_>, tenant: &str) {
    for (kind, entity, attribute) in CLAIMED {
        let mut borne: BTreeMap<String, u64> = BTreeMap::new();
        for row in of(items, &format!("{tenant}#{entity}")) {
            if let Some(value) = row[attribute]["S"].as_str() {
                *borne.entry(value.to_lowercase()).or_default() += 1;
            }
        }
        for claim in of(items, &format!("{tenant}#claim#{kind}")) {
            let counted = borne.remove(text(claim, "SK")).unwrap_or(0);
            assert_eq!(number(claim, "bearers"), counted, "{tenant}: {kind} {}", text(claim, "SK"));
        }
        assert!(borne.is_empty(), "{tenant}: {kind} without a claim: {borne:?}");
    }
}

/// Every service in use that renews stands on the agenda, and every registered domain in use.
fn agenda_fits(items: &Table<'_>, tenant: &str) {
    let on = |what: &str| -> BTreeSet<u64> {
        of(items, &format!("{tenant}#agenda#{what}")).iter().map(|row| number(row, "id")).collect()
    };
    let (renewed, domains) = (&on("renewals") | &on("charges"), &on("domains") | &on("expiries"));
    for service in of(items, &format!("{tenant}#service")) {
        let renews =
            text(service, "status") == "active" && service.get("anchor").is_some_and(|one| one.get("S").is_some());
        let id = number(service, "id");
        assert!(!renews || renewed.contains(&id), "{tenant}: service {id} is on no agenda");
    }
    for domain in of(items, &format!("{tenant}#registrant")) {
        let id = number(domain, "id");
        assert!(text(domain, "status") != "active" || domains.contains(&id), "{tenant}: domain {id} is on no agenda");
    }
}

/// Every rate has its reverse and its place in time.
fn rates_fit(items: &Table<'_>, tenant: &str) {
    let rates = of(items, &format!("{tenant}#rate"));
    let by_time = under(items, &format!("{tenant}#rate-at#"));
    assert_eq!(rates.len(), by_time.len(), "{tenant}: rates by time");
    for rate in &rates {
        let other = rates.iter().find(|other| other["id"] == rate["other"]).expect("the reverse");
        assert_eq!((&other["from"], &other["to"], &other["at"]), (&rate["to"], &rate["from"], &rate["at"]));
        assert!(by_time.iter().any(|entry| entry["id"] == rate["id"] && entry["rate"] == rate["rate"]));
    }
}
