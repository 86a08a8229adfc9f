//! JeraSoft's early generation (contract jerasoft §4.14): other names for some methods, over JSON-RPC alone.

use serde_json::{Map, Value, json};

/// The early names and today's.
const NAMES: [(&str, &str); 7] = [
    ("accounts.search", "clients.accounts.search"),
    ("accounts.create", "clients.accounts.create"),
    ("accounts.update", "clients.accounts.update"),
    ("accounts.delete", "clients.accounts.delete"),
    ("transactions.search", "accounting.transactions.search"),
    ("clients_packages.assign", "clients.subscriptions.create"),
    ("reports.xdrs", "reports.xdrs_list.query"),
];
/// What the early report of usage showed, since its callers do not say.
const USAGE_FIELDS: [&str; 7] =
    ["start_time", "stop_time", "src_party_id_ext", "dst_party_id_ext", "volume", "subscriber_host", "subscriber_id"];

/// A call as it is made today; every other one is left as it is.
pub(crate) fn current(method: String, params: Map<String, Value>) -> (String, Map<String, Value>) {
    let Some((_, name)) = NAMES.iter().find(|(early, _)| *early == method) else {
        return (method, params);
    };
    let params = if method == "reports.xdrs" { usage(params) } else { params };
    ((*name).to_owned(), params)
}

/// `accounts_id` and `dt` were parameters, and are filters now.
fn usage(mut params: Map<String, Value>) -> Map<String, Value> {
    let mut filters = match params.shift_remove("filters") {
        Some(Value::Object(filters)) => filters,
        _ => Map::new(),
    };
    for (early, filter) in [("accounts_id", "billed_accounts_id"), ("clients_id", "billed_clients_id"), ("dt", "date")]
    {
        if let Some(value) = params.shift_remove(early) {
            filters.insert(filter.into(), value);
        }
    }
    params.insert("filters".into(), Value::Object(filters));
    params.entry("return_fields").or_insert_with(|| json!(USAGE_FIELDS));
    params
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_early_call_is_made_as_it_is_made_today() {
        let params = |value: Value| value.as_object().cloned().unwrap_or_default();
        let (name, given) =
            current("reports.xdrs".into(), params(json!({"accounts_id": [1], "dt": ["a", "b"], "limit": 5})));
        assert_eq!(name, "reports.xdrs_list.query");
        assert_eq!(
            Value::Object(given),
            json!({"limit": 5, "filters": {"billed_accounts_id": [1], "date": ["a", "b"]}, "return_fields": USAGE_FIELDS})
        );
        assert_eq!(current("accounts.search".into(), Map::new()).0, "clients.accounts.search");
        assert_eq!(current("clients.get".into(), Map::new()).0, "clients.get");
    }
}
