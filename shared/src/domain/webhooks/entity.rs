//! A webhook.

use serde::{Deserialize, Serialize};

use crate::domain::records::{IndexRow, Record, Stamps, stamped};
use crate::domain::users::entity::OF_ALL_RESELLERS;
use crate::domain::webhooks::event::{TEST, covers};
use crate::domain::webhooks::signature::SigningKey;
use crate::machinery::keys::{Entity, WEBHOOK};
use crate::machinery::secrets::Secret;
use crate::words::time::Instant;

/// An address that is told of events.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Webhook {
    /// Id, dates and version.
    pub stamps: Stamps,
    /// The address.
    pub url: String,
    /// What it is told of: events, `<object>.*` or `*`.
    pub events: Vec<String>,
    /// What it is for, in its owner's words.
    pub description: String,
    /// Whether it is told anything.
    pub active: bool,
    /// Why it was made inactive, where that was not its owner's doing.
    pub disabled_reason: Option<String>,
    /// What its secrets are derived from, the newest first.
    pub secrets: Vec<Signing>,
}

/// What one secret is derived from; the secret itself is stored nowhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signing {
    /// What it is derived from.
    pub nonce: String,
    /// The first instant at which nothing is signed with it any more, UTC.
    pub until: Option<Instant>,
}

impl Webhook {
    /// Whether it is to be told of an event about the object of this id.
    pub fn wants(&self, event: &str, id: u64) -> bool {
        let tried = event == TEST && id == self.stamps.id;
        self.active && (tried || (event != TEST && self.events.iter().any(|one| covers(one, event))))
    }

    /// What deliveries are signed with now, the newest first.
    pub fn keys(&self, secret: &Secret, now: Instant) -> Vec<SigningKey> {
        let good = self.secrets.iter().filter(|one| one.until.is_none_or(|until| until > now));
        good.map(|one| SigningKey::derived(secret, &one.nonce)).collect()
    }
}

impl Record for Webhook {
    const ENTITY: Entity = WEBHOOK;
    const NAME: &'static str = "webhook";
    stamped!();

    fn index_row(&self) -> IndexRow {
        IndexRow {
            id: self.stamps.id,
            name: self.url.clone(),
            status: if self.active { "active" } else { "inactive" }.into(),
            // Told of everything, it is not for those who are limited to a reseller.
            reseller: Some(OF_ALL_RESELLERS),
            at: self.stamps.created_at,
            ..IndexRow::default()
        }
    }
}
