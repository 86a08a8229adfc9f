//! What is stored about those who may ask: credentials, users, passwords, signed tokens.
//!
//! A credential is stored under a keyed digest of its secret, never the secret. Finding the digest is the
//! comparison; it is compared once more in constant time. Passwords are hashed with Argon2id.

use std::net::IpAddr;

use argon2::password_hash::phc::PasswordHash;
use argon2::{Argon2, PasswordHasher, PasswordVerifier};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ipnet::IpNet;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::machinery::caller::{Abilities, Caller, Tenant};
use crate::machinery::outside::Outside;
use crate::machinery::secrets::Secret;
use crate::words::error::{Error, Result};
use crate::words::time::{Instant, Zone};

/// What a credential is, and so which dialects take it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A user's API key: JeraSoft, CloudOnex.
    Key,
    /// A personal access token: Billmora.
    Token,
    /// A session token: RackNap, and CloudOnex where it is a person's ([`OF_A_PERSON`]).
    Session,
}

impl Kind {
    /// The stored word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Key => "key",
            Self::Token => "token",
            Self::Session => "session",
        }
    }
}

/// What the token of a person's session begins with. CloudOnex, which knows no sessions, tells them from API keys by it;
/// a session of RackNap's does not have it, so that CloudOnex does not take that for one.
pub const OF_A_PERSON: &str = "session_";

/// A stored credential.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Credential {
    /// What it is.
    pub kind: Kind,
    /// The digest it is stored under.
    pub digest: String,
    /// Whose it is.
    pub tenant: Tenant,
    /// The user it belongs to.
    pub user: u64,
    /// Its name for logs and audit, unique in the tenant (`key-1`, `token-3`).
    pub name: String,
    /// For a token: the id that stands before the bar.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token_id: Option<u64>,
    /// The reseller the user is limited to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reseller: Option<u64>,
    /// What it may do.
    pub abilities: Vec<String>,
    /// The user's zone, else the tenant's.
    pub zone: Zone,
    /// Requests in a window.
    pub rate_limit: u64,
    /// Whether the user may not sign in now, and so this is not accepted.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub suspended: bool,
    /// Whether a client of CloudOnex's older dialect presents it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub legacy: bool,
    /// What its signing key is derived from, where its requests must be signed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signing: Option<String>,
    /// The only addresses and subnets that the user's credentials may be used from; absent for any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub networks: Option<Vec<String>>,
    /// When it was made, epoch seconds; only of sessions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issued_at: Option<i64>,
    /// The only addresses it may be used from; absent for any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub addresses: Option<Vec<String>>,
    /// The first instant at which it is no longer accepted, epoch seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<i64>,
    /// When the table may forget it, epoch seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires: Option<i64>,
}

impl Credential {
    /// The caller it stands for.
    pub fn caller(&self) -> Caller {
        Caller {
            tenant: self.tenant.clone(),
            user: self.user,
            credential: self.name.clone(),
            reseller: self.reseller,
            abilities: Abilities(self.abilities.iter().cloned().collect()),
            zone: self.zone,
            legacy: self.legacy,
        }
    }
}

/// Of a stored user, what signing in wants to know; all of it is in `domain::users`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Principal {
    /// The id, unique in the tenant.
    pub id: u64,
    /// Argon2id in PHC form.
    pub password_hash: String,
    /// Whether the user may sign in and their tokens are accepted.
    pub active: bool,
    /// The reseller the user is limited to.
    pub reseller: Option<u64>,
    /// The user's own zone, else the tenant's.
    pub zone: Zone,
    /// The only addresses and subnets it may be used from; none for any.
    #[serde(default)]
    pub networks: Vec<String>,
    /// What was signed or issued before this is no longer accepted, epoch seconds.
    #[serde(default)]
    pub sessions_from: i64,
}

/// Whether an address is one of these addresses and subnets; any address is, where there are none.
pub fn is_among(networks: &[String], address: &str) -> bool {
    let Ok(address) = address.parse::<IpAddr>().map(|address| address.to_canonical()) else {
        return networks.is_empty();
    };
    networks.is_empty() || networks.iter().filter_map(|text| network(text)).any(|network| network.contains(&address))
}

/// An address or a subnet (`192.0.2.0/24`).
pub fn network(text: &str) -> Option<IpNet> {
    text.parse::<IpNet>().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from))
}

impl Principal {
    /// The caller a token of this user stands for.
    pub fn caller(&self, tenant: &Tenant, credential: String) -> Caller {
        Caller {
            tenant: tenant.clone(),
            user: self.id,
            credential,
            reseller: self.reseller,
            abilities: Abilities::all(),
            zone: self.zone,
            legacy: false,
        }
    }
}

/// The hash a password is stored as. Takes some 19 MiB and tens of milliseconds, on purpose.
pub fn hash_password(password: &str, outside: &Outside) -> Result<String> {
    let hash = Argon2::default().hash_password_with_salt(password.as_bytes(), &outside.random::<16>());
    hash.map(|hash| hash.to_string()).map_err(|e| Error::internal(format!("a password cannot be hashed: {e}")))
}

/// Whether a password is the one that was hashed.
pub fn password_fits(password: &str, hash: &str) -> bool {
    let Ok(hash) = PasswordHash::new(hash) else {
        return false;
    };
    Argon2::default().verify_password(password.as_bytes(), &hash).is_ok()
}

/// Seconds a signed token is accepted.
pub const JWT_SECONDS: i64 = 3600;

/// What a signed token says (contract jerasoft §2.2: clients read `uid` and `exp`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    /// The user.
    pub uid: u64,
    /// The tenant.
    pub tid: Tenant,
    /// When it was made, epoch seconds.
    pub iat: i64,
    /// The first instant at which it is no longer accepted, epoch seconds.
    pub exp: i64,
    /// The token's own id.
    pub jti: String,
}

/// A token for a user, HS256.
pub fn sign_jwt(tenant: &Tenant, user: u64, now: Instant, outside: &Outside, secret: &Secret) -> (String, i64) {
    let iat = now.timestamp();
    let exp = iat + JWT_SECONDS;
    let part = |value: &serde_json::Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let claims = json!({"uid": user, "tid": tenant.id(), "iat": iat, "exp": exp, "jti": outside.fresh_id()});
    let text = format!("{}.{}", part(&json!({"alg": "HS256", "typ": "JWT"})), part(&claims));
    let signature = URL_SAFE_NO_PAD.encode(secret.sign(&text));
    (format!("{text}.{signature}"), exp)
}

/// What a token says, when it was signed with one of our keys and is not over.
pub fn read_jwt(token: &str, now: Instant, secret: &Secret) -> Option<Claims> {
    #[derive(Deserialize)]
    struct Header {
        alg: String,
    }
    if token.len() > 4096 {
        return None;
    }
    let (text, signature) = token.rsplit_once('.')?;
    let (header, claims) = text.split_once('.')?;
    let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
    if !secret.signed(text, &signature) {
        return None;
    }
    let header: Header = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(header).ok()?).ok()?;
    let claims: Claims = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).ok()?).ok()?;
    (header.alg == "HS256" && claims.exp > now.timestamp()).then_some(claims)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::time::parse_moment;

    #[test]
    fn a_token_is_ours_whole_and_in_time() {
        let outside = Outside::real();
        let secret = Secret::generate(&outside);
        let now = parse_moment("2026-01-01T00:00:00Z", Zone::UTC).unwrap();
        let tenant = Tenant::named("acme").unwrap();
        let (token, exp) = sign_jwt(&tenant, 7, now, &outside, &secret);
        assert_eq!(exp, now.timestamp() + JWT_SECONDS);
        assert_eq!(read_jwt(&token, now, &secret).map(|claims| (claims.uid, claims.tid)), Some((7, tenant)));
        let later = now + chrono::Duration::seconds(JWT_SECONDS);
        assert_eq!(read_jwt(&token, later, &secret), None, "over");
        assert_eq!(read_jwt(&token, now, &Secret::generate(&outside)), None, "another key");
        let (text, signature) = token.rsplit_once('.').unwrap();
        let unsigned = format!("{}.{}.", URL_SAFE_NO_PAD.encode(r#"{"alg":"none"}"#), text.split_once('.').unwrap().1);
        let changed = format!("{text}A.{signature}");
        for bad in [unsigned.as_str(), &changed, text, "", ".", "..", "a.b.c", &token[1..]] {
            assert_eq!(read_jwt(bad, now, &secret), None, "{bad}");
        }
    }

    #[test]
    fn an_address_is_among_addresses_and_subnets() {
        let some = |all: &[&str]| all.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        let office = some(&["192.0.2.0/24", "2001:db8::/32", "203.0.113.7"]);
        for (address, within) in [
            ("192.0.2.255", true),
            ("192.0.3.0", false),
            ("203.0.113.7", true),
            ("203.0.113.8", false),
            ("2001:db8:1::7", true),
            ("2001:db9::7", false),
            ("::ffff:192.0.2.9", true),
            ("", false),
            ("not an address", false),
        ] {
            assert_eq!(is_among(&office, address), within, "{address}");
        }
        assert!(is_among(&[], "198.51.100.1") && is_among(&[], "") && network("192.0.2.0/33").is_none());
    }

    #[test]
    fn a_password_fits_its_hash_only() {
        let hash = hash_password("correct horse", &Outside::real()).unwrap();
        assert!(hash.starts_with("$argon2id$"));
        assert!(password_fits("correct horse", &hash));
        assert!(!password_fits("correct horse ", &hash) && !password_fits("", &hash) && !password_fits("x", "no hash"));
    }
}
