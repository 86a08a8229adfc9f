//! Who is asking. A [`Tenant`] comes into being here and in the authorizer only, and every key wants one:
//! what a stranger may read does not compile.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::words::error::{Error, Result, Told};
use crate::words::time::Zone;

/// A tenant's id: 1 to 32 of `a-z`, `0-9`, `-`, beginning with a letter or a digit.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Tenant(String);

impl Tenant {
    /// The tenant of this id, if the id is one. The caller vouches for it: requests get theirs from a
    /// credential, the fixture and the operator's commands from the operator.
    pub fn named(id: &str) -> Option<Self> {
        let good = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        let fits = (1..=32).contains(&id.len()) && id.bytes().all(good) && !id.starts_with('-');
        fits.then(|| Self(id.to_owned()))
    }

    /// The tenant of those who have none.
    pub(crate) fn nobody() -> Self {
        Self("-".to_owned())
    }

    /// The id.
    pub fn id(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Tenant {
    type Error = String;
    fn try_from(id: String) -> std::result::Result<Self, String> {
        Self::named(&id).ok_or_else(|| format!("{id:?} is not a tenant id (1 to 32 of a-z, 0-9, -)"))
    }
}

impl From<Tenant> for String {
    fn from(tenant: Tenant) -> Self {
        tenant.0
    }
}

impl fmt::Display for Tenant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a credential may do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Abilities(pub BTreeSet<String>);

impl Abilities {
    /// Everything.
    pub fn all() -> Self {
        Self(BTreeSet::from(["*".to_owned()]))
    }

    /// Whether this ability is among them: the exact word, or `*`; no other wildcard (contract billmora §2.3).
    pub fn hold(&self, ability: &str) -> bool {
        self.0.contains("*") || self.0.contains(ability)
    }

    /// Whether they permit something (`invoices.view`): it, all of its module (`invoices.*`), its action on all
    /// modules (`*.view`), or everything.
    pub fn permit(&self, permission: &str) -> bool {
        let (module, action) = permission.split_once('.').unwrap_or((permission, ""));
        self.hold(permission) || self.0.contains(&format!("{module}.*")) || self.0.contains(&format!("*.{action}"))
    }

    /// Whether they permit all that others do, so that who has these may give those away.
    pub fn include<'a>(&self, others: impl IntoIterator<Item = &'a String>) -> bool {
        others.into_iter().all(|other| self.permit(other))
    }
}

/// Who is asking, resolved from a credential.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Caller {
    /// The tenant, which every key begins with.
    pub tenant: Tenant,
    /// The user the credential belongs to.
    pub user: u64,
    /// The credential's name for logs and audit (`key-1`, `token-3`), unique in the tenant; no secret.
    pub credential: String,
    /// The reseller the user is limited to, with all below it; `None` for all resellers.
    pub reseller: Option<u64>,
    /// What the credential may do.
    pub abilities: Abilities,
    /// The user's zone, else the tenant's.
    pub zone: Zone,
    /// Whether the credential is a client's of CloudOnex's older dialect.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub legacy: bool,
}

impl Caller {
    /// The operator, who may do everything in a tenant; `credential` says in logs who that was.
    pub fn operator(tenant: Tenant, credential: &str, zone: Zone) -> Self {
        let (abilities, credential) = (Abilities::all(), credential.to_owned());
        Self { tenant, user: 0, credential, reseller: None, abilities, zone, legacy: false }
    }

    /// Refuses when the credential lacks an ability.
    pub fn must_hold(&self, ability: &str) -> Result<()> {
        if self.abilities.hold(ability) {
            return Ok(());
        }
        Err(Error::told(Told::AbilityMissing(ability.to_owned())))
    }

    /// Refuses when the credential does not permit something (`invoices.view`).
    pub fn must_be_permitted(&self, permission: &str) -> Result<()> {
        if self.abilities.permit(permission) {
            return Ok(());
        }
        Err(Error::told(Told::AbilityMissing(permission.to_owned())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_abilities_permit_and_may_give_away() {
        let some = |words: &[&str]| Abilities(words.iter().map(|word| (*word).to_owned()).collect());
        let clerk = some(&["invoices.*", "*.view", "tickets.update"]);
        for (permission, may) in [
            ("invoices.delete", true),
            ("customers.view", true),
            ("tickets.update", true),
            ("tickets.delete", false),
            ("customers.update", false),
            ("invoices.*", true),
            ("*.view", true),
            ("*.delete", false),
            ("*", false),
        ] {
            assert_eq!(clerk.permit(permission), may, "{permission}");
        }
        assert!(Abilities::all().include(&clerk.0) && !clerk.include(&Abilities::all().0));
        assert!(!some(&[]).permit("invoices.view"));
    }
}
