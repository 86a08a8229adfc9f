//! An API key or an access token.

use serde::{Deserialize, Serialize};

use crate::domain::records::{IndexRow, Record, Stamps, stamped};
use crate::domain::users::entity::{OF_ALL_RESELLERS, User};
use crate::machinery::caller::Tenant;
use crate::machinery::credential::{Credential, Kind};
use crate::machinery::keys::{CREDENTIAL, Entity};
use crate::words::time::Instant;

/// Requests in a window of a new API key: an hour's (contract cloudonex §6).
pub const KEY_LIMIT: u64 = 1000;
/// Requests in a window of a new access token: a minute's (contract billmora §2.4).
pub const TOKEN_LIMIT: u64 = 60;

/// An API key or an access token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiCredential {
    /// Id, dates and version.
    pub stamps: Stamps,
    /// What it is.
    pub kind: Kind,
    /// Whose it is.
    pub user: u64,
    /// The reseller that user is limited to.
    pub reseller: Option<u64>,
    /// What it is for, in its user's words.
    pub label: String,
    /// Its name in logs and audit, unique in the tenant; no secret.
    pub name: String,
    /// What it permits.
    pub abilities: Vec<String>,
    /// Requests in a window.
    pub rate_limit: u64,
    /// The only addresses it may be used from; none for any.
    pub addresses: Vec<String>,
    /// The first instant at which it is no longer accepted, UTC.
    pub expires_at: Option<Instant>,
    /// Whether a client of CloudOnex's older dialect presents it.
    pub legacy: bool,
    /// What its signing key is derived from, where its requests must be signed.
    pub signing: Option<String>,
    /// The digest of its secret.
    pub digest: String,
    /// The last characters of its secret, to tell it from others.
    pub hint: String,
    /// When its secret was last made anew, UTC.
    pub rotated_at: Option<Instant>,
    /// The digest of the secret before, and the first instant at which that is no longer accepted, UTC.
    pub before: Option<(String, Instant)>,
}

impl ApiCredential {
    /// The digests it is found under now.
    pub fn digests(&self, now: Instant) -> Vec<&str> {
        let before = self.before.as_ref().filter(|(_, until)| *until > now).map(|(digest, _)| digest.as_str());
        [Some(self.digest.as_str()), before].into_iter().flatten().collect()
    }

    /// What is stored under one of its digests, for a user who stands as this one does.
    pub fn stored(&self, tenant: &Tenant, user: &User, digest: &str) -> Credential {
        let old = self.before.as_ref().filter(|(before, _)| before == digest).map(|(_, until)| *until);
        let ends = [self.expires_at, old].into_iter().flatten().min();
        Credential {
            kind: self.kind,
            digest: digest.to_owned(),
            tenant: tenant.clone(),
            user: self.user,
            name: self.name.clone(),
            token_id: (self.kind == Kind::Token).then_some(self.stamps.id),
            reseller: user.reseller,
            abilities: self.abilities.clone(),
            zone: user.zone,
            rate_limit: self.rate_limit,
            suspended: !user.active,
            legacy: self.legacy,
            signing: self.signing.clone(),
            networks: (!user.networks.is_empty()).then(|| user.networks.clone()),
            issued_at: None,
            addresses: (!self.addresses.is_empty()).then(|| self.addresses.clone()),
            expires_at: ends.map(|at| at.timestamp()),
            // What was rotated away is forgotten a day after it is over; the rest stays until it is revoked.
            expires: old.map(|at| at.timestamp() + 24 * 3600),
        }
    }
}

impl Record for ApiCredential {
    const ENTITY: Entity = CREDENTIAL;
    const NAME: &'static str = "credential";
    stamped!();

    fn index_row(&self) -> IndexRow {
        IndexRow {
            id: self.stamps.id,
            name: self.label.clone(),
            status: self.kind.word().to_owned(),
            reseller: Some(self.reseller.unwrap_or(OF_ALL_RESELLERS)),
            parent: Some(self.user),
            at: self.stamps.created_at,
            ..IndexRow::default()
        }
    }
}
