//! `/api-keys` (contract cloudonex §2) and `/tokens` (contract billmora §2.2–§2.4), in CloudOnex's habits. A secret
//! stands in the answer that makes it, as `key` or `token`, and nowhere else.

use serde_json::{Value, json};
use shared::domain::records::List;
use shared::domain::users::credentials::list::{GET, SEARCH, Shown};
use shared::domain::users::credentials::write::{
    CREATE, Issued, LONGEST_OVERLAP, OVERLAP, REVOKE, ROTATE, UPDATE, Update, Wish,
};
use shared::domain::users::role::is_permission;
use shared::machinery::credential::Kind;
use shared::machinery::dialect::Dialect::Cloudonex;
use shared::machinery::dialect::cloudonex::{search, window};
use shared::machinery::reader::Reader;
use shared::machinery::reply::{Reply, View};
use shared::machinery::route::Row;
use shared::words::error::{Kind as ValueKind, Rule};
use shared::words::page::Page;
use shared::words::time::utc_seconds;

/// What the dialect calls the operations' fields.
const KEY_NAMES: &[(&str, &str)] = &[("user", "user_id"), ("abilities", "permissions"), ("addresses", "allowed_ips")];
const TOKEN_NAMES: &[(&str, &str)] = &[("user", "user_id"), ("label", "name"), ("addresses", "whitelist_ips")];
/// What Billmora's rows ask for (contract billmora §2.3): a resource and what is done to it.
const RESOURCES: [(&str, &[&str]); 10] = [
    ("users", ALL_FOUR),
    ("services", &["view", "update", "delete"]),
    ("registrants", &["view", "update", "delete"]),
    ("invoices", ALL_FOUR),
    ("orders", ALL_FOUR),
    ("tickets", ALL_FOUR),
    ("packages", ALL_FOUR),
    ("catalogs", ALL_FOUR),
    ("variants", ALL_FOUR),
    ("tlds", ALL_FOUR),
];
const ALL_FOUR: &[&str] = &["view", "create", "update", "delete"];
/// The most requests in a window of an API key, which is an hour.
const MOST_IN_AN_HOUR: i64 = 1_000_000;
/// The most requests in a window of a token, which is a minute (contract billmora §2.4).
const MOST_IN_A_MINUTE: i64 = 1000;
/// The most addresses of a credential.
const MOST_ADDRESSES: usize = 50;

pub(super) fn rows() -> Vec<Row> {
    const KEYS: [&str; 3] = ["/api/v2/api-keys", "/api/v2/api-keys/{id}", "/api/v2/api-keys/{id}/rotate"];
    const TOKENS: [&str; 3] = ["/api/v2/tokens", "/api/v2/tokens/{id}", "/api/v2/tokens/{id}/rotate"];
    let key_id = |r: &mut Reader<'_>| (Kind::Key, r.own_id("id"));
    let token_id = |r: &mut Reader<'_>| (Kind::Token, r.own_id("id"));
    let list = |_: View, page: Page<Shown>| Reply::page(page, |one| view(&one));
    let one = |_: View, shown: Shown| Reply::one(view(&shown));
    vec![
        Row::new(Cloudonex, "GET", KEYS[0], &SEARCH, |r| (Kind::Key, read_list(r)), list, KEY_NAMES),
        Row::new(Cloudonex, "POST", KEYS[0], &CREATE, read_new_key, write_key, KEY_NAMES)
            .shows_once(&["key", "signing_secret"]),
        Row::new(Cloudonex, "GET", KEYS[1], &GET, key_id, one, KEY_NAMES),
        Row::new(Cloudonex, "PUT", KEYS[1], &UPDATE, read_key, one, KEY_NAMES),
        Row::new(Cloudonex, "DELETE", KEYS[1], &REVOKE, key_id, |_, _| Reply::done("API key revoked"), KEY_NAMES),
        Row::new(Cloudonex, "POST", KEYS[2], &ROTATE, |r| read_rotation(r, Kind::Key), write_rotated_key, KEY_NAMES)
            .shows_once(&["key", "signing_secret"]),
        Row::new(Cloudonex, "GET", TOKENS[0], &SEARCH, |r| (Kind::Token, read_list(r)), list, TOKEN_NAMES),
        Row::new(Cloudonex, "POST", TOKENS[0], &CREATE, read_new_token, write_token, TOKEN_NAMES)
            .shows_once(&["token"]),
        Row::new(Cloudonex, "GET", TOKENS[1], &GET, token_id, one, TOKEN_NAMES),
        Row::new(Cloudonex, "PUT", TOKENS[1], &UPDATE, read_token, one, TOKEN_NAMES),
        Row::new(Cloudonex, "DELETE", TOKENS[1], &REVOKE, token_id, |_, _| Reply::done("Token revoked"), TOKEN_NAMES),
        Row::new(
            Cloudonex,
            "POST",
            TOKENS[2],
            &ROTATE,
            |r| read_rotation(r, Kind::Token),
            write_rotated_token,
            TOKEN_NAMES,
        )
        .shows_once(&["token"]),
    ]
}

fn read_list(r: &mut Reader<'_>) -> List {
    let mut list = List::all(window(r, false));
    list.parents = r.id("user_id").optional().into_iter().collect();
    list.search = search(r);
    list
}

fn read_new_key(r: &mut Reader<'_>) -> Wish {
    Wish {
        kind: Kind::Key,
        label: r.text("label").max(255).required(),
        user: r.id("user_id").optional(),
        abilities: read_abilities(r, "permissions", is_permission),
        rate_limit: read_limit(r, MOST_IN_AN_HOUR),
        addresses: read_addresses(r, "allowed_ips").unwrap_or_default(),
        expires_at: r.moment("expires_at").optional(),
        legacy: r.flag("legacy").optional().unwrap_or(false),
        signed: r.flag("signed").optional().unwrap_or(false),
    }
}

fn read_new_token(r: &mut Reader<'_>) -> Wish {
    Wish {
        kind: Kind::Token,
        label: r.text("name").max(255).required(),
        user: r.id("user_id").optional(),
        // None ticked means all (contract billmora §2.4).
        abilities: read_abilities(r, "abilities", is_ability).filter(|all| !all.is_empty()),
        rate_limit: read_limit(r, MOST_IN_A_MINUTE),
        addresses: read_addresses(r, "whitelist_ips").unwrap_or_default(),
        expires_at: r.moment("expires_at").optional(),
        ..Wish::default()
    }
}

fn read_key(r: &mut Reader<'_>) -> Update {
    let id = r.own_id("id");
    r.read_only(&["user_id", "signed"]);
    Update {
        id,
        kind: Kind::Key,
        label: r.text("label").min(1).max(255).present(),
        abilities: read_abilities(r, "permissions", is_permission),
        rate_limit: read_limit(r, MOST_IN_AN_HOUR),
        addresses: read_addresses(r, "allowed_ips"),
        expires_at: r.moment("expires_at").patch(),
        legacy: r.flag("legacy").present(),
    }
}

fn read_token(r: &mut Reader<'_>) -> Update {
    let id = r.own_id("id");
    r.read_only(&["user_id"]);
    let abilities = read_abilities(r, "abilities", is_ability);
    Update {
        id,
        kind: Kind::Token,
        label: r.text("name").min(1).max(255).present(),
        abilities: abilities.map(|all| if all.is_empty() { vec!["*".into()] } else { all }),
        rate_limit: read_limit(r, MOST_IN_A_MINUTE),
        addresses: read_addresses(r, "whitelist_ips"),
        expires_at: r.moment("expires_at").patch(),
        legacy: None,
    }
}

fn read_rotation(r: &mut Reader<'_>, kind: Kind) -> (Kind, u64, i64) {
    let id = r.own_id("id");
    (kind, id, r.integer("overlap_seconds").within(0, LONGEST_OVERLAP).optional().unwrap_or(OVERLAP))
}

fn is_ability(text: &str) -> bool {
    let (resource, action) = text.split_once('.').unwrap_or((text, ""));
    text == "*" || RESOURCES.iter().any(|(known, actions)| *known == resource && actions.contains(&action))
}

fn read_abilities(r: &mut Reader<'_>, name: &str, known: fn(&str) -> bool) -> Option<Vec<String>> {
    let given = r.texts(name).optional();
    if let Some(bad) = given.iter().flatten().find(|text| !known(text)) {
        r.violate(name, Rule::NotOneOf(vec![format!("* or what the documentation lists, and not {bad}")]));
    }
    given
}

fn read_limit(r: &mut Reader<'_>, most: i64) -> Option<u64> {
    r.integer("rate_limit").within(1, most).optional().and_then(|limit| u64::try_from(limit).ok())
}

/// Exact addresses; a list, or text with commas (contract billmora §2.4).
fn read_addresses(r: &mut Reader<'_>, name: &str) -> Option<Vec<String>> {
    let given = r.texts(name).optional()?;
    let trimmed = given.iter().map(|text| text.trim()).filter(|text| !text.is_empty());
    let parsed: Vec<_> = trimmed.map(str::parse::<std::net::IpAddr>).collect();
    if parsed.len() > MOST_ADDRESSES {
        r.violate(name, Rule::TooMany(MOST_ADDRESSES));
    } else if parsed.iter().any(Result::is_err) {
        r.violate(name, Rule::Kind(ValueKind::Text));
    }
    Some(parsed.into_iter().flatten().map(|address| address.to_string()).collect())
}

fn write_key(_: View, issued: Issued) -> Reply {
    Reply::one(with_secret(&issued, "key")).status(201).message("API key created; it is shown this once")
}

fn write_rotated_key(_: View, issued: Issued) -> Reply {
    Reply::one(with_secret(&issued, "key")).message("API key rotated; it is shown this once")
}

fn write_token(_: View, issued: Issued) -> Reply {
    Reply::one(with_secret(&issued, "token")).status(201).message("Token created; it is shown this once")
}

fn write_rotated_token(_: View, issued: Issued) -> Reply {
    Reply::one(with_secret(&issued, "token")).message("Token rotated; it is shown this once")
}

fn with_secret(issued: &Issued, name: &str) -> Value {
    let mut value = view(&issued.shown);
    if let Some(members) = value.as_object_mut() {
        members.insert(name.to_owned(), issued.secret.clone().into());
        if let Some(secret) = &issued.signing_secret {
            members.insert("signing_secret".into(), secret.clone().into());
        }
    }
    value
}

fn view(shown: &Shown) -> Value {
    let one = &shown.credential;
    let until = one.before.as_ref().map(|(_, until)| utc_seconds(*until));
    let mut value = json!({"id": one.stamps.id});
    let more = match one.kind {
        Kind::Token => json!({"name": one.label, "user_id": one.user, "abilities": one.abilities,
            "rate_limit": one.rate_limit, "whitelist_ips": one.addresses}),
        Kind::Key | Kind::Session => json!({"label": one.label, "user_id": one.user, "permissions": one.abilities,
            "rate_limit": one.rate_limit, "allowed_ips": one.addresses, "legacy": one.legacy,
            "signed": one.signing.is_some()}),
    };
    let dates = json!({"ends_with": one.hint, "expires_at": one.expires_at.map(utc_seconds),
        "last_used_at": shown.last_used_at.map(utc_seconds), "requests_used": shown.used, "rotated_at": one.rotated_at.map(utc_seconds),
        "previous_valid_until": until, "created_at": utc_seconds(one.stamps.created_at),
        "updated_at": utc_seconds(one.stamps.updated_at)});
    if let Some(members) = value.as_object_mut() {
        members.extend([more, dates].into_iter().filter_map(|part| part.as_object().cloned()).flatten());
    }
    value
}
