//! The fixture: tenants with their users, keys and tokens, from a JSON file.
//!
//! An unknown key is refused with its path. What no API can create is written here, each tenant in one
//! commit; exchange rates and the `records` go through the API itself, under idempotency keys, so that a
//! load which was cut short goes on where it stopped. A tenant that is complete is left as it is.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Deserializer};
use serde_json::{Value, json};
use shared::domain::tenants::{MOST_CURRENCIES, MOST_RESELLERS, Precisions, Reseller, TenantCurrency, TenantRecord};
use shared::machinery::app::App;
use shared::machinery::auth::Standing;
use shared::machinery::caller::{Abilities, Caller, Tenant};
use shared::machinery::changes::Changes;
use shared::machinery::credential::{Credential, Kind, User, hash_password};
use shared::machinery::keys;
use shared::machinery::request::Request;
use shared::machinery::secrets::Secret;
use shared::machinery::store::{Committed, Item, MOST_ACTIONS, text_of};
use shared::words::error::Error;
use shared::words::money::{Currency, Decimal, parse_decimal};
use shared::words::time::{Zone, parse_moment, utc_seconds};

/// Requests an hour for an API key (contract cloudonex §6).
const KEY_LIMIT: u64 = 1000;

/// A whole fixture.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fixture {
    /// The tenants.
    pub tenants: Vec<TenantEntry>,
}

/// A tenant with everything that belongs to it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TenantEntry {
    id: Tenant,
    name: String,
    #[serde(deserialize_with = "currency")]
    base_currency: Currency,
    timezone: Zone,
    #[serde(default)]
    resellers: Vec<ResellerEntry>,
    users: Vec<UserEntry>,
    #[serde(default)]
    tokens: Vec<TokenEntry>,
    currencies: Vec<CurrencyEntry>,
    #[serde(default)]
    exchange_rates: Vec<RateEntry>,
    // Checked here; the resource families that use them are not built yet.
    #[serde(default)]
    #[expect(dead_code, reason = "read for its checks")]
    tax_rates: Vec<TaxRateEntry>,
    #[serde(default)]
    #[expect(dead_code, reason = "read for its checks")]
    accounts: Vec<AccountEntry>,
    #[serde(default)]
    #[expect(dead_code, reason = "read for its checks")]
    categories: Vec<CategoryEntry>,
    #[serde(default)]
    #[expect(dead_code, reason = "read for its checks")]
    departments: Vec<DepartmentEntry>,
    #[serde(default)]
    records: Records,
}

/// What no seed's API can create, and data to begin with.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Records {
    /// Bodies of `POST /api/v2/customers`.
    #[serde(default)]
    customers: Vec<Value>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ResellerEntry {
    id: u64,
    name: String,
    parent_id: Option<u64>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct UserEntry {
    id: u64,
    login: String,
    password: String,
    name: String,
    email: Option<String>,
    timezone: Option<Zone>,
    reseller_id: Option<u64>,
    api_key: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct TokenEntry {
    id: u64,
    user_id: u64,
    #[serde(rename = "name")]
    _name: String,
    secret: String,
    abilities: Vec<String>,
    #[serde(default = "sixty")]
    rate_limit: u64,
    #[serde(default)]
    whitelist_ips: Vec<String>,
    #[serde(default)]
    expires_at: Option<String>,
}

fn sixty() -> u64 {
    60
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct CurrencyEntry {
    id: u64,
    #[serde(deserialize_with = "currency")]
    code: Currency,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RateEntry {
    #[serde(deserialize_with = "currency")]
    from: Currency,
    #[serde(deserialize_with = "currency")]
    to: Currency,
    #[serde(deserialize_with = "decimal")]
    rate: Decimal,
    at: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "read for its checks")]
struct TaxRateEntry {
    name: String,
    #[serde(deserialize_with = "decimal")]
    percent: Decimal,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "read for its checks")]
struct AccountEntry {
    id: u64,
    name: String,
    #[serde(deserialize_with = "currency")]
    currency: Currency,
    #[serde(deserialize_with = "decimal")]
    opening_balance: Decimal,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "read for its checks")]
struct CategoryEntry {
    id: u64,
    name: String,
    r#type: CategoryType,
}

#[derive(Debug, Deserialize)]
enum CategoryType {
    Income,
    Expense,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "read for its checks")]
struct DepartmentEntry {
    id: u64,
    name: String,
}

fn currency<'de, D: Deserializer<'de>>(from: D) -> Result<Currency, D::Error> {
    Currency::try_from(String::deserialize(from)?).map_err(serde::de::Error::custom)
}

fn decimal<'de, D: Deserializer<'de>>(from: D) -> Result<Decimal, D::Error> {
    let text = String::deserialize(from)?;
    parse_decimal(&text).ok_or_else(|| {
        serde::de::Error::custom(format!("{text:?} is not a decimal number (money is written as a string)"))
    })
}

impl Fixture {
    /// From JSON text.
    ///
    /// # Errors
    ///
    /// The path of what is wrong, and why.
    pub fn read(text: &str) -> Result<Self, String> {
        let mut from = serde_json::Deserializer::from_str(text);
        serde_path_to_error::deserialize(&mut from).map_err(|e| format!("{}: {}", e.path(), e.inner()))
    }

    /// Load every tenant that is not there yet; one line about each.
    ///
    /// # Errors
    ///
    /// What stood in the way, with the tenant.
    pub async fn load(&self, app: &App) -> Result<Vec<String>, String> {
        let secret = app.secrets.get(app.outside.now()).await.map_err(|e| say(&e))?;
        let mut lines = Vec::new();
        for entry in &self.tenants {
            let line = entry.load(app, &secret).await.map_err(|why| format!("tenant {}: {why}", entry.id))?;
            lines.push(format!("tenant {}: {line}", entry.id));
        }
        Ok(lines)
    }
}

impl TenantEntry {
    async fn load(&self, app: &App, secret: &Secret) -> Result<String, String> {
        let complete = keys::loaded(&self.id);
        let found = app.store.get_items(&[keys::tenant(&self.id), complete.clone()]).await.map_err(|e| say(&e))?;
        let there: Vec<bool> = found.iter().map(Option::is_some).collect();
        if there == [true, true] {
            return Ok("is there already and was left as it is".into());
        }
        let record = self.record(app)?;
        if there != [true, false] {
            self.write(app, secret, &record).await?;
        }
        let standing = self.standing();
        for (place, rate) in self.exchange_rates.iter().enumerate() {
            let at = parse_moment(&rate.at, self.timezone)
                .ok_or(format!("exchange_rates[{place}].at: {:?} is not an instant", rate.at))?;
            let body = json!({"from": rate.from.code(), "to": rate.to.code(), "rate": rate.rate.to_string(), "date": utc_seconds(at)});
            send(app, &standing, "/api/v2/exchange-rates", &body, &format!("fixture-rate-{place}")).await?;
        }
        for (place, chunk) in self.records.customers.chunks(100).enumerate() {
            let answer = send(
                app,
                &standing,
                "/api/v2/batch/customers",
                &json!({"customers": chunk}),
                &format!("fixture-customers-{place}"),
            )
            .await?;
            if let Some(failed) = answer["data"]["failed"].as_array().and_then(|failed| failed.first()) {
                return Err(format!("records.customers: {failed}"));
            }
        }
        let mut changes = Changes::default();
        changes.write(complete, &BTreeMap::from([("at", utc_seconds(app.outside.now()))])).map_err(|e| say(&e))?;
        app.store.commit(&changes.list).await.map_err(|e| say(&e))?;
        let (users, tokens, customers) = (self.users.len(), self.tokens.len(), self.records.customers.len());
        Ok(format!("loaded ({users} users, {tokens} tokens, {customers} customers)"))
    }

    /// Everything that no API can create, in as few commits as fit; the tenant itself in the last.
    async fn write(&self, app: &App, secret: &Secret, record: &TenantRecord) -> Result<(), String> {
        let mut changes = Changes::default();
        for user in &self.users {
            self.user(app, secret, user, &mut changes)?;
        }
        for token in &self.tokens {
            self.token(secret, token, &mut changes).map_err(|why| format!("tokens: {}: {why}", token.id))?;
        }
        changes.write(keys::tenant(&self.id), record).map_err(|e| say(&e))?;
        self.own_credentials(app, &changes).await?;
        for chunk in changes.list.chunks(MOST_ACTIONS) {
            match app.store.commit(chunk).await.map_err(|e| say(&e))? {
                Committed::Done => {}
                Committed::Contended => return Err("the table is busy, please try again".into()),
                Committed::Failed(_) => return Err("the tenant changed meanwhile, please try again".into()),
            }
        }
        Ok(())
    }

    /// Refuses a credential that is somebody else's. One of this tenant's own is left from a load cut short.
    async fn own_credentials(&self, app: &App, changes: &Changes) -> Result<(), String> {
        let credentials =
            changes.list.iter().map(|change| change.key.clone()).filter(|key| key.pk.starts_with("-#credential"));
        let keys: Vec<_> = credentials.collect();
        unique("api_key or secret", keys.iter().map(|key| key.pk.clone()))
            .map_err(|_| "two users or tokens have one secret")?;
        if keys.is_empty() {
            return Ok(());
        }
        let found = app.store.get_items(&keys).await.map_err(|e| say(&e))?;
        let foreign = |item: &Item| text_of(item, "tenant") != Some(self.id.id());
        if found.iter().flatten().any(foreign) {
            Err("an API key or a token's secret is somebody's already".into())
        } else {
            Ok(())
        }
    }

    fn record(&self, app: &App) -> Result<TenantRecord, String> {
        let now = app.outside.now();
        unique("currencies", self.currencies.iter().map(|c| c.id))?;
        unique("currencies", self.currencies.iter().map(|c| c.code.code()))?;
        unique("resellers", self.resellers.iter().map(|r| r.id))?;
        unique("users", self.users.iter().map(|u| u.id))?;
        unique("users", self.users.iter().map(|u| u.login.to_lowercase()))?;
        unique("tokens", self.tokens.iter().map(|t| t.id))?;
        if self.resellers.len() > MOST_RESELLERS || self.currencies.len() > MOST_CURRENCIES {
            return Err(format!("at most {MOST_RESELLERS} resellers and {MOST_CURRENCIES} currencies"));
        }
        let base = self.currencies.iter().find(|currency| currency.code == self.base_currency);
        let base = base.ok_or(format!("base_currency: {} is not among the currencies", self.base_currency.code()))?.id;
        let currency = |entry: &CurrencyEntry| TenantCurrency {
            id: entry.id,
            name: entry.code.code().to_owned(),
            iso: entry.code,
            symbol: None,
            precisions: Precisions::default(),
            deleted: false,
            created_at: now,
            updated_at: now,
            version: 1,
        };
        let reseller =
            |entry: &ResellerEntry| Reseller { id: entry.id, name: entry.name.clone(), parent: entry.parent_id };
        let mut resellers: Vec<Reseller> = self.resellers.iter().map(reseller).collect();
        if resellers.is_empty() {
            resellers.push(Reseller { id: 1, name: self.name.clone(), parent: None });
        }
        let known = |id: Option<u64>| id.is_none_or(|id| resellers.iter().any(|reseller| reseller.id == id));
        if let Some(bad) = resellers.iter().find(|reseller| !known(reseller.parent)) {
            return Err(format!("resellers: {}: its parent is not among them", bad.id));
        }
        if let Some(bad) = self.users.iter().find(|user| !known(user.reseller_id)) {
            return Err(format!("users: {}: its reseller is not among them", bad.id));
        }
        let mut currencies: Vec<TenantCurrency> = self.currencies.iter().map(currency).collect();
        currencies.sort_by_key(|currency| currency.id);
        Ok(TenantRecord {
            id: self.id.clone(),
            name: self.name.clone(),
            base_currency: base,
            timezone: self.timezone,
            resellers,
            currencies,
            version: 1,
        })
    }

    fn user(&self, app: &App, secret: &Secret, entry: &UserEntry, changes: &mut Changes) -> Result<(), String> {
        let user = User {
            id: entry.id,
            login: entry.login.clone(),
            name: entry.name.clone(),
            email: entry.email.clone(),
            password_hash: hash_password(&entry.password, &app.outside).map_err(|e| say(&e))?,
            active: true,
            reseller: entry.reseller_id,
            timezone: entry.timezone,
            zone: entry.timezone.unwrap_or(self.timezone),
            version: 1,
        };
        changes.write(keys::user(&self.id, user.id), &user).map_err(|e| say(&e))?;
        let nothing: BTreeMap<&str, &str> = BTreeMap::new();
        changes.write(keys::login(&user.login, &self.id, user.id), &nothing).map_err(|e| say(&e))?;
        let Some(key) = &entry.api_key else { return Ok(()) };
        let credential = Credential {
            kind: Kind::Key,
            digest: secret.digest(key),
            tenant: self.id.clone(),
            user: user.id,
            name: format!("key-{}", user.id),
            token_id: None,
            reseller: user.reseller,
            abilities: vec!["*".into()],
            zone: user.zone,
            rate_limit: KEY_LIMIT,
            addresses: None,
            expires_at: None,
            expires: None,
        };
        changes.write(keys::credential(&credential.digest), &credential).map_err(|e| say(&e))
    }

    fn token(&self, secret: &Secret, entry: &TokenEntry, changes: &mut Changes) -> Result<(), String> {
        let owner = self.users.iter().find(|user| user.id == entry.user_id).ok_or("user_id: no such user")?;
        if entry.secret.is_empty() || entry.secret.len() > 255 {
            return Err("secret: 1 to 255 characters".into());
        }
        if entry.rate_limit == 0 {
            return Err("rate_limit: at least 1".into());
        }
        let expires_at = match &entry.expires_at {
            None => None,
            Some(text) => Some(parse_moment(text, self.timezone).ok_or("expires_at: not an instant")?.timestamp()),
        };
        let credential = Credential {
            kind: Kind::Token,
            digest: secret.digest(&entry.secret),
            tenant: self.id.clone(),
            user: owner.id,
            name: format!("token-{}", entry.id),
            token_id: Some(entry.id),
            reseller: owner.reseller_id,
            abilities: entry.abilities.clone(),
            zone: owner.timezone.unwrap_or(self.timezone),
            rate_limit: entry.rate_limit,
            addresses: (!entry.whitelist_ips.is_empty()).then(|| entry.whitelist_ips.clone()),
            expires_at,
            expires: None,
        };
        changes.write(keys::credential(&credential.digest), &credential).map_err(|e| say(&e))
    }

    /// The operator, who may do everything in this tenant.
    fn standing(&self) -> String {
        let caller = Caller {
            tenant: self.id.clone(),
            user: 0,
            credential: "fixture".into(),
            reseller: None,
            abilities: Abilities::all(),
            zone: self.timezone,
        };
        serde_json::to_string(&Standing::known(caller, None)).unwrap_or_default()
    }
}

fn unique<T: Ord + std::fmt::Display + Clone>(what: &str, values: impl Iterator<Item = T>) -> Result<(), String> {
    let mut seen = BTreeSet::new();
    for value in values {
        if !seen.insert(value.clone()) {
            return Err(format!("{what}: {value} is there twice"));
        }
    }
    Ok(())
}

async fn send(app: &App, standing: &str, path: &str, body: &Value, key: &str) -> Result<Value, String> {
    let request = Request {
        verb: "POST".into(),
        path: path.into(),
        headers: vec![("content-type".into(), "application/json".into()), ("idempotency-key".into(), key.into())],
        body: body.to_string().into_bytes(),
        id: key.into(),
        authorized: BTreeMap::from([("standing".into(), standing.into())]),
        ..Request::default()
    };
    let response = app.handle(&request).await;
    let text = String::from_utf8_lossy(&response.body).into_owned();
    if response.status >= 400 {
        return Err(format!("{path}: {text}"));
    }
    serde_json::from_str(&text).map_err(|e| format!("{path}: {e}"))
}

fn say(error: &Error) -> String {
    error.logged.clone().unwrap_or_else(|| format!("{:?}", error.told))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_key_is_refused_with_its_path() {
        let wrong = |text: &str| Fixture::read(text).unwrap_err();
        assert!(
            wrong(r#"{"tenants": [{"id": "a", "colour": "red"}]}"#).starts_with("tenants[0].colour: unknown field")
        );
        let base = r#""name": "A", "base_currency": "USD", "timezone": "UTC", "currencies": [], "users": []"#;
        assert!(wrong(&format!(r#"{{"tenants": [{{"id": "A!", {base}}}]}}"#)).starts_with("tenants[0].id: "));
        let accounts = r#""accounts": [{"id": 1, "name": "Bank", "currency": "USD", "opening_balance": 0.5}]"#;
        let why = wrong(&format!(r#"{{"tenants": [{{"id": "a", {base}, {accounts}}}]}}"#));
        assert!(why.starts_with("tenants[0].accounts[0].opening_balance: "), "{why}");
    }
}
