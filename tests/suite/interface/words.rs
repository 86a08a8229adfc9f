//! What operations are called in the API documents: in the words of their dialect, which are those of the path.

use shared::machinery::route::Row;

/// Parts of paths that only group others.
const GROUPS: [&str; 5] = ["api", "v1", "v2", "iam", "accounting"];

/// What there is one of, or what is its own plural.
const UNCOUNTED: [&str; 6] = ["settings", "numbering", "reports", "billing", "clock", "income"];

/// The record an operation is about, as a schema is named: `credit_notes.create` is about a `CreditNote`. A webhook's
/// deliveries are records of their own.
pub(crate) fn record(operation: &str) -> String {
    match operation {
        "webhooks.deliveries" | "webhooks.delivery" | "webhooks.replay" => "Delivery".into(),
        "tickets.messages" | "tickets.reply" => "Reply".into(),
        "leads.convert" => "Customer".into(),
        "quotes.convert" => "Invoice".into(),
        _ => {
            let module = operation.split('.').next().unwrap_or(operation);
            singular(&module.replace('_', " ")).split(' ').map(capital).collect()
        }
    }
}

/// The first letter as a capital.
pub(crate) fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// What an operation does to what: `receipts_list`, `services_suspend`. No two of a dialect have the same.
pub(crate) fn id(row: &Row) -> String {
    let (nouns, action) = said(row);
    [nouns, vec![action]].concat().join("_").replace('-', "_")
}

/// What an operation stands beside.
pub(crate) fn tag(row: &Row) -> String {
    let (nouns, action) = said(row);
    let first = nouns.first().copied().unwrap_or(action);
    capital(&match first {
        "auth" | "sessions" => "signing in".into(),
        "batch" => "customers".into(),
        "create-lead" => "leads".into(),
        "income" => "transactions".into(),
        _ => meant(&[first]).1,
    })
}

/// The nouns of a path, and what is done: a word for what is the same everywhere, else the path's last.
fn said(row: &Row) -> (Vec<&'static str>, &'static str) {
    let parts: Vec<&'static str> =
        row.path.split('/').filter(|part| !part.is_empty() && !GROUPS.contains(part)).collect();
    let is_param = |part: &str| part.starts_with('{');
    let mut nouns: Vec<&'static str> = parts.iter().filter(|part| !is_param(part)).copied().collect();
    let ends_in_param = parts.last().is_some_and(|part| is_param(part));
    let of_one = !ends_in_param && parts.iter().any(|part| is_param(part));
    let common = match row.operation.split_once('.').map_or("", |(_, action)| action) {
        "search" | "list" | "deliveries" | "messages" => "list",
        "get" | "delivery" if !of_one => "get",
        "create" | "subscribe" | "open" | "reply" => "create",
        "update" if !of_one => "update",
        "delete" | "revoke" => "delete",
        _ => "",
    };
    let last = nouns.last().copied().unwrap_or_default();
    // RackNap's paths end in what is done, in the same words.
    if common.is_empty() || (last == common && !ends_in_param) {
        nouns.pop();
        return (nouns, last);
    }
    (nouns, common)
}

fn plain(part: &str) -> String {
    part.replace(['_', '-'], " ")
}

fn singular(word: &str) -> String {
    match word {
        _ if UNCOUNTED.contains(&word) => word.into(),
        _ => match word.strip_suffix("ies") {
            Some(stem) => format!("{stem}y"),
            None => word.strip_suffix('s').unwrap_or(word).into(),
        },
    }
}

/// One and many of what nouns mean, where it is not the last of them.
fn meant(nouns: &[&str]) -> (String, String) {
    let both = |one: &str, many: &str| (one.to_owned(), many.to_owned());
    match nouns {
        ["tlds"] => both("top-level domain", "top-level domains"),
        ["api-keys"] => both("API key", "API keys"),
        ["numbering"] => both("number series", "number series"),
        ["clients", "accounts"] => both("client's account", "accounts of clients"),
        ["clients", "payment_systems", "profiles"] => both("payment profile", "payment profiles"),
        ["currencies", "rates"] => both("exchange rate", "exchange rates"),
        ["rates", "tables"] => both("rate table", "rate tables"),
        ["rates", "special"] => both("special rate", "special rates"),
        ["taxes_profiles", "values"] => both("tax", "taxes"),
        ["taxes_profiles"] => both("tax profile", "tax profiles"),
        ["transactions", "prepaid"] => both("prepaid transaction", "prepaid transactions"),
        ["transaction", "credit_note"] => both("credit note", "credit notes"),
        ["transaction", "debit_note"] => both("debit note", "debit notes"),
        [.., last] => {
            let many = plain(last);
            let one = singular(&many);
            // RackNap's and the older dialect's nouns are singular.
            let many = if one == many && !UNCOUNTED.contains(last) { format!("{many}s") } else { many };
            (one, many)
        }
        [] => both("", ""),
    }
}

/// One line of what an operation does.
pub(crate) fn summary(row: &Row) -> String {
    if let Some(own) = own_summary(row) {
        return own.into();
    }
    let (nouns, action) = said(row);
    let (one, many) = meant(&nouns);
    let parts: Vec<&str> = row.path.split('/').collect();
    let owner = nouns.len() > 1
        && parts
            .iter()
            .position(|part| part.starts_with('{'))
            .is_some_and(|at| at + 1 < parts.len() && parts.get(at + 1) == nouns.last());
    let of = if owner { format!(" of {}", with_article(&singular(&plain(nouns[0])))) } else { String::new() };
    let verb = match action {
        "list" => return format!("List {many}{of}"),
        "get" => "Read",
        "create" => "Create",
        "update" => "Change",
        "delete" => "Delete",
        "pdf" => return format!("Read {} as PDF", with_article(&one)),
        "ubl" => return format!("Read {} as UBL", with_article(&one)),
        _ => &capital(&plain(action)),
    };
    format!("{verb} {}{of}", with_article(&one))
}

/// What is said better than path and verb do.
fn own_summary(row: &Row) -> Option<&'static str> {
    Some(match (row.operation, row.path.rsplit('/').next().unwrap_or_default()) {
        ("sessions.authenticate" | "sessions.token" | "sessions.open", _) => "Sign in",
        ("sessions.refresh", _) => "Get a new token for one that still holds",
        ("customers.authenticate", _) => "Check a client's login and password",
        ("customers.create_many", _) => "Create many customers in one request",
        ("customers.get", "balance") => "Read a client's balance",
        ("customers.notify_rates", _) => "Send a client its rates",
        ("rates.at", _) => "Read the exchange rate in force at a moment",
        ("usage_services.search", _) => "List kinds of usage",
        ("usage_services.get", _) => "Read a kind of usage",
        ("tax_profiles.calculate", _) => "Calculate the taxes of an amount",
        ("invoices.get", "file") => "Read an invoice as a page that prints",
        ("transactions.create", "income") => "Record an income",
        ("services.scale", _) => "Change the plan of a service",
        ("billing.run", _) => "Issue what is due",
        ("settings.get", _) => "Read the settings",
        ("settings.update", _) => "Change the settings",
        ("clock.get", _) => "Read the clock, in a sandbox",
        ("clock.update", _) => "Set the clock, in a sandbox",
        ("clock.delete", _) => "Let the clock go with the real time, in a sandbox",
        ("numbering.register", _) => "Read the register of a number series",
        ("gateways.rotate" | "webhooks.rotate", _) => "Make a new secret",
        ("credentials.rotate" | "users.rotate_key", _) => "Make a new secret for a key or token",
        ("gateways.told", _) => "Tell of a payment, as a gateway",
        ("leads.capture", _) => "Send a lead from a public form",
        ("domains.check", _) => "Find out whether a domain is free",
        ("webhooks.try", _) => "Send a test event to a webhook",
        ("webhooks.replay_all", _) => "Replay a webhook's deliveries of a time",
        ("reports.summary", _) => "Report sums of usage",
        ("reports.xdrs_list", _) => "Report records of usage",
        ("reports.origterm", _) => "Report usage by origination and termination",
        ("reports.active_sessions", _) => "Report active sessions",
        ("reports.financial", _) => "Report income and expenses",
        ("reports.revenue", _) => "Report recognised and deferred revenue",
        ("reports.statement", _) => "Report a customer's statement",
        ("reports.receivables", _) => "Report receivables by age",
        ("reports.trial_balance", _) => "Report the trial balance",
        _ => return None,
    })
}

/// What an operation needs said beyond its fields.
pub(crate) fn explanation(row: &Row) -> Option<&'static str> {
    match row.operation {
        "gateways.told" => Some(
            "`signature` is the HMAC-SHA256, in hexadecimal, of the values of `invoice_number`, `status`, `amount`, \
             `reference` and `timestamp` in this order, joined by line feeds; what is missing counts as an empty line. \
             Its key is the gateway's secret, as the text that was shown. `timestamp` is in Unix seconds, at most 300 from \
             the server's time.",
        ),
        _ => None,
    }
}

fn with_article(word: &str) -> String {
    let an = word.starts_with(['a', 'e', 'i', 'o', 'A']);
    format!("{} {word}", if an { "an" } else { "a" })
}
