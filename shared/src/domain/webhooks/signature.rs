//! What a receiver checks: the Standard Webhooks specification's signature, and the contract's own beside it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::machinery::secrets::{Secret, hex, mac};

/// What the text of every secret begins with (Standard Webhooks).
const PREFIX: &str = "whsec_";

/// A key that deliveries are signed with. Has no `Debug`, so that no log line can hold it.
#[derive(Clone)]
pub struct SigningKey([u8; 32]);

impl SigningKey {
    /// The key that is made of what is stored beside a webhook.
    pub fn derived(secret: &Secret, nonce: &str) -> Self {
        Self(secret.webhook_key(nonce))
    }

    /// The key as its owner knows it: `whsec_` and Base64.
    pub fn text(&self) -> String {
        format!("{PREFIX}{}", STANDARD.encode(self.0))
    }
}

/// The headers by which a receiver knows who sent a delivery, when, and that nobody changed it. `seconds` is the time
/// of this attempt, Unix seconds. Every key signs in `webhook-signature`; the contract's header (cloudonex §9) has
/// room for one signature, which is the newest key's, and its key is the secret's whole text.
pub fn headers(keys: &[SigningKey], id: &str, event: &str, seconds: i64, body: &str) -> Vec<(&'static str, String)> {
    let signed = format!("{id}.{seconds}.{body}");
    let one = |key: &SigningKey| format!("v1,{}", STANDARD.encode(mac(&key.0, signed.as_bytes())));
    let all: Vec<String> = keys.iter().map(one).collect();
    let contract = keys.first().map(|key| hex(&mac(key.text().as_bytes(), format!("{seconds}.{body}").as_bytes())));
    let mut headers = vec![
        ("webhook-id", id.to_owned()),
        ("webhook-timestamp", seconds.to_string()),
        ("webhook-signature", all.join(" ")),
        ("x-webhook-event", event.to_owned()),
        ("x-webhook-id", id.to_owned()),
        ("x-webhook-timestamp", seconds.to_string()),
    ];
    headers.extend(contract.map(|signature| ("x-webhook-signature", format!("sha256={signature}"))));
    headers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_as_the_specification_does() {
        // The values that the reference libraries' own tests use.
        let key = STANDARD.decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let mac = mac(&key, b"msg_p5jXN8AQM9LWM0D4loKWxJek.1614265330.{\"test\": 2432232314}");
        assert_eq!(STANDARD.encode(mac), "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn every_key_signs_and_the_newest_for_the_contract() {
        let keys = [SigningKey([1; 32]), SigningKey([2; 32])];
        let headers = headers(&keys, "msg_1", "invoice.paid", 17, "{}");
        let value = |name: &str| headers.iter().find(|(one, _)| *one == name).map(|(_, value)| value.clone()).unwrap();
        assert_eq!(value("webhook-signature").split(' ').filter(|one| one.starts_with("v1,")).count(), 2);
        let text = keys[0].text();
        assert!(text.starts_with("whsec_AQEB"), "{text}");
        assert_eq!(value("x-webhook-signature"), format!("sha256={}", hex(&mac(text.as_bytes(), b"17.{}"))));
    }
}
