//! The signing keys: from AWS Secrets Manager in the cloud, from a file on one machine.
//!
//! One JSON secret a stage: `{"jwt_keys": ["<newest>", "<older>"], "pepper": "<text>"}`, each at least 32
//! characters. Tokens are signed with the first key and accepted from any. A function goes on with the secret
//! it fetched for up to 15 minutes, so a rotation is: put the new key last; after 15 minutes put it first;
//! after 75 more (a token's hour, and 15 minutes) remove the old one. While there is no key, one that
//! is derived from the pepper signs, since CloudFormation can make up only one text for a secret. The pepper
//! keys the digests that credentials are stored under; it is not rotated, since digests cannot be re-made
//! without the secrets.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::error::DisplayErrorContext;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::machinery::outside::Outside;
use crate::words::error::{Error, Result};
use crate::words::time::Instant;

/// How long a fetched secret is used before it is fetched again, in seconds.
const KEPT_SECONDS: i64 = 900;

/// The signing keys. Has no `Debug`, so that no log line can hold it.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Secret {
    jwt_keys: Vec<String>,
    pepper: String,
}

impl Secret {
    /// New random keys.
    pub fn generate(outside: &Outside) -> Self {
        let key = || hex(&outside.random::<32>());
        Self { jwt_keys: vec![key()], pepper: key() }
    }

    /// The secret as its JSON text.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// The secret of a JSON text.
    pub fn from_json(text: &str) -> Result<Self> {
        // The parser's own words could quote the secret.
        let mut secret: Self =
            serde_json::from_str(text).map_err(|_| Error::internal("the secret is not of the documented form"))?;
        if secret.jwt_keys.is_empty() {
            // Not a digest of the kind that credentials are stored under, which a client could ask for.
            secret.jwt_keys.push(sha256(format!("jwt-key:{}", secret.pepper).as_bytes()));
        }
        let short = secret.jwt_keys.iter().chain([&secret.pepper]).any(|key| key.len() < 32);
        if short {
            Err(Error::internal("a key of the secret is missing or shorter than 32 characters"))
        } else {
            Ok(secret)
        }
    }

    /// The digest a credential is stored under, in hexadecimal.
    pub fn digest(&self, secret: &str) -> String {
        self.digest_of(secret.as_bytes())
    }

    /// The same of bytes.
    pub fn digest_of(&self, bytes: &[u8]) -> String {
        hex(&mac(self.pepper.as_bytes(), bytes))
    }

    /// The value of a tenant's API Gateway key, 40 letters and digits; `-` for those without a tenant.
    pub fn usage_key(&self, tenant: &str) -> String {
        let mut key = self.digest(&format!("usage-plan:{tenant}"));
        key.truncate(40);
        key
    }

    /// The key that requests of a credential are signed with, made of what is stored beside the credential: it
    /// is shown once and stored nowhere.
    pub fn signing_key(&self, nonce: &str) -> String {
        self.digest(&format!("request-signing:{nonce}"))
    }

    /// A key that a webhook's deliveries are signed with, made of what is stored beside the webhook.
    pub fn webhook_key(&self, nonce: &str) -> [u8; 32] {
        mac(self.pepper.as_bytes(), format!("webhook:{nonce}").as_bytes())
    }

    /// The signature of a text with the newest key.
    pub fn sign(&self, text: &str) -> [u8; 32] {
        self.jwt_keys.first().map_or([0; 32], |key| mac(key.as_bytes(), text.as_bytes()))
    }

    /// Whether a text was signed with any of the keys; takes the same time whatever the signature.
    pub fn signed(&self, text: &str, signature: &[u8]) -> bool {
        let same = |key: &String| same(&mac(key.as_bytes(), text.as_bytes()), signature);
        self.jwt_keys.iter().filter(|key| same(key)).count() > 0
    }
}

/// The HMAC-SHA256 of a text.
pub fn mac(key: &[u8], text: &[u8]) -> [u8; 32] {
    // A key of any length is accepted: longer ones are hashed first (RFC 2104).
    let Ok(mut mac) = <Hmac<Sha256> as KeyInit>::new_from_slice(key) else {
        return [0; 32];
    };
    mac.update(text);
    mac.finalize().into_bytes().into()
}

/// Compares in a time that does not depend on where the two differ.
pub fn same(left: &[u8], right: &[u8]) -> bool {
    subtle::ConstantTimeEq::ct_eq(left, right).into()
}

/// Bytes in hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The SHA-256 of bytes in hexadecimal.
pub fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

enum Source {
    Manager(Box<Client>, String),
    File(PathBuf),
    Fixed(Arc<Secret>),
}

/// Where the secret comes from, and the last one fetched.
pub struct Secrets {
    source: Source,
    kept: Mutex<Option<(Instant, Arc<Secret>)>>,
}

/// How to reach Secrets Manager.
pub struct Reach {
    /// The region.
    pub region: String,
    /// Access key id, secret key and session token.
    pub credentials: (String, String, Option<String>),
    /// Another endpoint than the region's own.
    pub endpoint: Option<String>,
    /// The HTTP client, shared with the store.
    pub http: SharedHttpClient,
}

impl Secrets {
    /// From Secrets Manager, by name or ARN.
    pub fn from_manager(id: String, reach: Reach) -> Self {
        use aws_sdk_secretsmanager::config::{BehaviorVersion, Builder, Credentials, Region};
        let (key, secret, session) = reach.credentials;
        let mut config = Builder::new()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(reach.region))
            .credentials_provider(Credentials::new(key, secret, session, None, "environment"))
            .http_client(reach.http);
        config.set_endpoint_url(reach.endpoint);
        Self::new(Source::Manager(Box::new(Client::from_conf(config.build())), id))
    }

    /// From a file.
    pub fn from_file(path: PathBuf) -> Self {
        Self::new(Source::File(path))
    }

    /// This one, for tests and for an engine in memory.
    pub fn fixed(secret: Secret) -> Self {
        Self::new(Source::Fixed(Arc::new(secret)))
    }

    fn new(source: Source) -> Self {
        Self { source, kept: Mutex::new(None) }
    }

    /// The secret; fetched when there is none yet or it is too old. When fetching again fails, the old one
    /// goes on being used.
    pub async fn get(&self, now: Instant) -> Result<Arc<Secret>> {
        let kept = self.kept.lock().ok().and_then(|kept| kept.clone());
        let fresh = |(at, _): &(Instant, Arc<Secret>)| (now - *at).num_seconds().abs() < KEPT_SECONDS;
        if let Some((_, secret)) = kept.as_ref().filter(|kept| fresh(kept)) {
            return Ok(Arc::clone(secret));
        }
        match (self.fetch().await, kept) {
            (Ok(secret), _) => {
                if let Ok(mut kept) = self.kept.lock() {
                    *kept = Some((now, Arc::clone(&secret)));
                }
                Ok(secret)
            }
            (Err(_), Some((_, old))) => Ok(old),
            (Err(error), None) => Err(error),
        }
    }

    async fn fetch(&self) -> Result<Arc<Secret>> {
        let text = match &self.source {
            Source::Fixed(secret) => return Ok(Arc::clone(secret)),
            Source::File(path) => std::fs::read_to_string(path)
                .map_err(|e| Error::internal(format!("{} cannot be read: {e}", path.display())))?,
            Source::Manager(client, id) => {
                let got = client.get_secret_value().secret_id(id).send().await;
                let got = got.map_err(|e| Error::internal(format!("secret: {}", DisplayErrorContext(e))))?;
                got.secret_string.ok_or_else(|| Error::internal("the secret holds no text"))?
            }
        };
        Secret::from_json(&text).map(Arc::new)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_depend_on_the_pepper_and_usage_keys_fit_api_gateway() {
        let outside = Outside::real();
        let (one, two) = (Secret::generate(&outside), Secret::generate(&outside));
        assert_ne!(one.digest("key"), two.digest("key"));
        let key = one.usage_key("acme");
        assert!(key.len() == 40 && key.bytes().all(|b| b.is_ascii_alphanumeric()));
        assert!(Secret::from_json(&one.to_json()).is_ok());
        assert!(Secret::from_json(r#"{"jwt_keys": ["short"], "pepper": "short"}"#).is_err());
    }

    #[test]
    fn an_older_key_still_verifies() {
        let outside = Outside::real();
        let old = Secret::generate(&outside);
        let signature = old.sign("text");
        let mut rotated = Secret::generate(&outside);
        rotated.jwt_keys.extend(old.jwt_keys);
        assert!(rotated.signed("text", &signature));
        assert!(!rotated.signed("other", &signature));
    }
}
