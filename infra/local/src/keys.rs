//! `key` and `token`: API keys and access tokens of a tenant, made by its operator.

use clap::{Args, Subcommand};
use local::fixture::ask;
use serde_json::{Map, Value, json};
use shared::machinery::app::App;
use shared::machinery::auth::Standing;
use shared::machinery::caller::{Caller, Tenant};
use shared::machinery::keys;
use shared::words::time::Zone;

use crate::print;

/// What is done to a key or a token.
#[derive(Subcommand)]
pub(crate) enum Action {
    /// List them; secrets are never shown
    List(List),
    /// Make one; its secret is printed this once
    New(New),
    /// Make its secret anew; the old one is accepted for a while
    Rotate(Rotate),
    /// Take it away; it is refused from the next request on
    Revoke(Which),
}

/// Whose are listed.
#[derive(Args)]
pub(crate) struct List {
    /// The tenant
    #[arg(long, default_value = "demo")]
    tenant: String,
    /// Only this user's
    #[arg(long, value_name = "ID")]
    user: Option<u64>,
    /// As JSON
    #[arg(long)]
    json: bool,
}

/// What is made.
#[derive(Args)]
pub(crate) struct New {
    /// What it is for
    label: String,
    /// Whose it is
    #[arg(long, value_name = "ID", default_value_t = 1)]
    user: u64,
    /// The tenant
    #[arg(long, default_value = "demo")]
    tenant: String,
    /// What it permits, with commas: of a key `invoices.view` or `customers.*`, of a token Billmora's abilities
    #[arg(long, value_delimiter = ',')]
    permit: Vec<String>,
    /// Requests in a window: an hour of a key, a minute of a token
    #[arg(long, value_name = "REQUESTS")]
    limit: Option<u64>,
    /// The only addresses it may be used from, with commas
    #[arg(long, value_delimiter = ',')]
    from: Vec<String>,
    /// When it ends, for example 2027-01-01
    #[arg(long, value_name = "INSTANT")]
    expires: Option<String>,
    /// Of a key: its requests must be signed
    #[arg(long)]
    signed: bool,
    /// Of a key: a client of CloudOnex's older dialect presents it
    #[arg(long)]
    legacy: bool,
    /// As JSON
    #[arg(long)]
    json: bool,
}

/// Which one.
#[derive(Args)]
pub(crate) struct Which {
    /// Its id, as `list` shows it
    id: u64,
    /// The tenant
    #[arg(long, default_value = "demo")]
    tenant: String,
    /// As JSON
    #[arg(long)]
    json: bool,
}

/// Which one, and for how long the old secret goes on.
#[derive(Args)]
pub(crate) struct Rotate {
    #[command(flatten)]
    which: Which,
    /// Seconds for which the old secret is accepted
    #[arg(long, value_name = "SECONDS", default_value_t = 86_400)]
    overlap: u64,
}

/// The two kinds.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// API keys (JeraSoft, CloudOnex).
    Key,
    /// Access tokens (Billmora).
    Token,
}

impl Kind {
    fn path(self) -> &'static str {
        if self == Self::Key { "/api/v2/api-keys" } else { "/api/v2/tokens" }
    }

    fn secret(self) -> &'static str {
        if self == Self::Key { "key" } else { "token" }
    }
}

/// Do it, as the tenant's operator.
pub(crate) async fn run(app: &App, kind: Kind, action: Action) -> Result<(), String> {
    let (tenant, json) = match &action {
        Action::List(list) => (&list.tenant, list.json),
        Action::New(new) => (&new.tenant, new.json),
        Action::Rotate(rotate) => (&rotate.which.tenant, rotate.which.json),
        Action::Revoke(which) => (&which.tenant, which.json),
    };
    let standing = standing(app, tenant).await?;
    let once = app.outside.fresh_id();
    let send = async |verb: &str, path: String, body: Value| ask(app, &standing, verb, &path, &body, &once).await;
    match action {
        Action::List(list) => {
            let user = list.user.map_or_else(|| json!({}), |id| json!({"user_id": id}));
            let mut rows = Vec::new();
            for page in 1.. {
                let mut query = user.as_object().cloned().unwrap_or_default();
                query.extend(Map::from_iter([("page".to_owned(), json!(page)), ("limit".to_owned(), json!(100))]));
                let answer = send("GET", kind.path().to_owned(), Value::Object(query)).await?;
                rows.extend(answer["data"].as_array().cloned().unwrap_or_default());
                if answer["meta"]["total_pages"].as_u64().unwrap_or(0) <= page {
                    break;
                }
            }
            if json {
                return print(&serde_json::to_string_pretty(&rows).unwrap_or_default());
            }
            rows.iter().try_for_each(|row| print(&line(row)))
        }
        Action::New(new) => {
            let made = send("POST", kind.path().to_owned(), body(kind, &new)).await?;
            shown(kind, &made["data"], json)
        }
        Action::Rotate(rotate) => {
            let path = format!("{}/{}/rotate", kind.path(), rotate.which.id);
            let made = send("POST", path, json!({"overlap_seconds": rotate.overlap})).await?;
            shown(kind, &made["data"], json)
        }
        Action::Revoke(which) => {
            let answer = send("DELETE", format!("{}/{}", kind.path(), which.id), json!({})).await?;
            print(&if json { answer.to_string() } else { format!("{} {} is revoked", kind.secret(), which.id) })
        }
    }
}

async fn standing(app: &App, tenant: &str) -> Result<String, String> {
    let tenant = Tenant::named(tenant).ok_or_else(|| format!("{tenant:?} is no tenant's id"))?;
    let there = app.store.get_items(&[keys::tenant(&tenant)]).await.map_err(|e| e.logged.unwrap_or_default())?;
    if there.first().is_none_or(Option::is_none) {
        return Err(format!("there is no tenant {}", tenant.id()));
    }
    let caller = Caller::operator(tenant, "command-line", Zone::UTC);
    serde_json::to_string(&Standing::known(caller, None)).map_err(|e| e.to_string())
}

fn body(kind: Kind, new: &New) -> Value {
    let mut body = json!({"user_id": new.user, "rate_limit": new.limit, "expires_at": new.expires});
    let (label, permits, addresses) = match kind {
        Kind::Key => ("label", "permissions", "allowed_ips"),
        Kind::Token => ("name", "abilities", "whitelist_ips"),
    };
    body[label] = json!(new.label);
    if !new.permit.is_empty() {
        body[permits] = json!(new.permit);
    }
    if !new.from.is_empty() {
        body[addresses] = json!(new.from);
    }
    if kind == Kind::Key {
        body["signed"] = json!(new.signed);
        body["legacy"] = json!(new.legacy);
    }
    body
}

fn shown(kind: Kind, made: &Value, json: bool) -> Result<(), String> {
    if json {
        return print(&serde_json::to_string_pretty(made).unwrap_or_default());
    }
    print(&line(made))?;
    print(made[kind.secret()].as_str().unwrap_or_default())?;
    match made["signing_secret"].as_str() {
        Some(secret) => print(&format!("signing secret {secret}")),
        None => Ok(()),
    }
}

fn line(row: &Value) -> String {
    let text = |names: &[&str]| {
        let found = names.iter().find_map(|name| row[*name].as_str());
        found.unwrap_or("-").to_owned()
    };
    let permits = ["permissions", "abilities"].iter().find_map(|name| row[*name].as_array());
    let permits: Vec<&str> = permits.into_iter().flatten().filter_map(Value::as_str).collect();
    format!(
        "{:>6}  user {}  …{}  {}  permits {}  last used {}  ends {}",
        row["id"],
        row["user_id"],
        text(&["ends_with"]),
        text(&["label", "name"]),
        permits.join(","),
        text(&["last_used_at"]),
        text(&["expires_at"])
    )
}
