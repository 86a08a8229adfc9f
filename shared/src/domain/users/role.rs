//! Roles: what users are there for. They are fixed; a key that is made for a user permits what the user's role
//! does, unless it is made with less.

use serde::{Deserialize, Serialize};

/// What operations are about: the first word of their permissions (`invoices.view`).
pub const MODULES: &[&str] = &[
    "accounts",
    "allocations",
    "billing",
    "catalogs",
    "categories",
    "client_accounts",
    "clock",
    "coupons",
    "credentials",
    "credit_notes",
    "currencies",
    "customers",
    "debit_notes",
    "departments",
    "domains",
    "gateways",
    "invoices",
    "leads",
    "numbering",
    "orders",
    "payment_profiles",
    "payment_terms",
    "products",
    "purchases",
    "quotes",
    "rate_tables",
    "rates",
    "receipts",
    "refunds",
    "registrants",
    "reports",
    "resellers",
    "roles",
    "services",
    "sessions",
    "settings",
    "suppliers",
    "tax_profiles",
    "tax_rates",
    "tickets",
    "tlds",
    "transactions",
    "usage_rates",
    "usage_services",
    "users",
    "variants",
    "webhooks",
];
/// What operations do: the second word of their permissions.
pub const ACTIONS: [&str; 4] = ["view", "create", "update", "delete"];

/// Whether a text is a permission: a module or `*`, a dot, an action or `*`; or `*` alone.
pub fn is_permission(text: &str) -> bool {
    let Some((module, action)) = text.split_once('.') else {
        return text == "*";
    };
    let known = |word: &str, all: &[&str]| word == "*" || all.contains(&word);
    known(module, MODULES) && known(action, &ACTIONS) && text != "*.*"
}

/// A role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Everything.
    #[default]
    Administrator,
    /// Money: documents, the books, reports.
    Accountant,
    /// Customers, tickets, leads, quotes.
    Support,
    /// Looks, and changes nothing.
    Viewer,
}

impl Role {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Administrator, Self::Accountant, Self::Support, Self::Viewer];

    /// Its id, from 1.
    pub fn id(self) -> u64 {
        self as u64 + 1
    }

    /// The role of an id.
    pub fn of_id(id: u64) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.id() == id)
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Administrator => "administrator",
            Self::Accountant => "accountant",
            Self::Support => "support",
            Self::Viewer => "viewer",
        }
    }

    /// What it permits.
    pub fn permissions(self) -> Vec<String> {
        let words: &[&str] = match self {
            Self::Administrator => &["*"],
            Self::Accountant => &[
                "accounts.*",
                "allocations.*",
                "billing.*",
                "categories.*",
                "clock.view",
                "credit_notes.*",
                "currencies.*",
                "customers.view",
                "debit_notes.*",
                "invoices.*",
                "numbering.*",
                "orders.*",
                "payment_terms.*",
                "products.view",
                "purchases.*",
                "quotes.*",
                "rates.*",
                "receipts.*",
                "refunds.*",
                "reports.*",
                "services.*",
                "settings.view",
                "suppliers.*",
                "tax_profiles.*",
                "tax_rates.*",
                "transactions.*",
            ],
            Self::Support => &[
                "clock.view",
                "customers.*",
                "departments.view",
                "invoices.view",
                "leads.*",
                "orders.view",
                "products.view",
                "quotes.*",
                "registrants.view",
                "services.view",
                "tickets.*",
            ],
            Self::Viewer => &["*.view"],
        };
        words.iter().map(|word| (*word).to_owned()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_role_permits_are_permissions() {
        for role in Role::ALL {
            assert_eq!(Role::of_id(role.id()), Some(role));
            for permission in role.permissions() {
                assert!(is_permission(&permission), "{permission}");
            }
        }
        for text in ["invoices", "invoices.look", "nothing.view", "*.*", "", ".", "invoices.view.x"] {
            assert!(!is_permission(text), "{text}");
        }
    }
}
