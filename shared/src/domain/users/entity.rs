//! The user.

use serde::{Deserialize, Serialize};

use crate::domain::records::{Claim, IndexRow, Record, Stamps, stamped};
use crate::domain::users::role::Role;
use crate::machinery::keys::{Entity, USER};
use crate::words::time::{Instant, Zone};

/// Whether a user may sign in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// The user may.
    #[default]
    Active,
    /// Not for now.
    Disabled,
    /// Not any more.
    Archived,
}

impl Status {
    /// The word, as index rows have it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Disabled => "disabled",
            Self::Archived => "archived",
        }
    }
}

/// A user. Signing in reads some of this as `machinery::credential::Principal`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// Id, dates and version.
    pub stamps: Stamps,
    /// What the user signs in with; unique in the tenant, whatever the case.
    pub login: String,
    /// The person's name.
    pub name: String,
    /// The person's address; unique in the tenant.
    pub email: Option<String>,
    /// Argon2id in PHC form.
    pub password_hash: String,
    /// What the user is there for.
    pub role: Role,
    /// Whether the user may sign in.
    pub status: Status,
    /// The same, as signing in reads it.
    pub active: bool,
    /// The reseller the user is limited to; none for all.
    pub reseller: Option<u64>,
    /// The user's own zone.
    pub timezone: Option<Zone>,
    /// That zone, else the tenant's.
    pub zone: Zone,
    /// The only addresses and subnets the user may come from; none for any.
    pub networks: Vec<String>,
    /// Sessions and signed tokens that were made before this are over, epoch seconds.
    pub sessions_from: i64,
    /// When the password was last set, UTC.
    pub password_at: Option<Instant>,
}

impl User {
    /// What their credentials know of the user: when it changes, they change.
    pub fn known_to_credentials(&self) -> (bool, Option<u64>, Zone, &[String]) {
        (self.active, self.reseller, self.zone, &self.networks)
    }
}

/// The reseller that stands in an index row of what all resellers share: nobody's, so that who is limited to
/// one does not see it.
pub const OF_ALL_RESELLERS: u64 = 0;

impl Record for User {
    const ENTITY: Entity = USER;
    const NAME: &'static str = "user";
    stamped!();

    fn index_row(&self) -> IndexRow {
        IndexRow {
            id: self.stamps.id,
            number: Some(self.login.clone()),
            name: [Some(&self.name), self.email.as_ref()]
                .into_iter()
                .flatten()
                .map(String::as_str)
                .collect::<Vec<_>>()
                .join(" "),
            status: self.status.word().to_owned(),
            reseller: Some(self.reseller.unwrap_or(OF_ALL_RESELLERS)),
            parent: Some(self.role.id()),
            at: self.stamps.created_at,
            ..IndexRow::default()
        }
    }

    fn claims(&self) -> Vec<Claim> {
        let email = self.email.as_ref().map(|email| Claim { what: "user-email", value: email.clone(), field: "email" });
        [Some(Claim { what: "user-login", value: self.login.clone(), field: "login" }), email]
            .into_iter()
            .flatten()
            .collect()
    }
}
