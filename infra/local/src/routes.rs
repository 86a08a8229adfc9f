//! `routes`: every operation in every dialect.

use serde_json::json;

use crate::print;

/// Print the route table.
pub(crate) fn print_all(as_json: bool) -> Result<(), String> {
    let rows = local::rows();
    let row = |row: &shared::machinery::route::Row| {
        json!({"dialect": row.dialect.name(), "verb": row.verb, "path": row.path, "rpc": row.rpc, "operation": row.operation,
               "ability": row.ability, "writes": row.writes})
    };
    if as_json {
        return print(&serde_json::to_string_pretty(&rows.iter().map(row).collect::<Vec<_>>()).unwrap_or_default());
    }
    rows.iter().try_for_each(|row| {
        print(&format!(
            "{:10} {:6} {:45} {:40} {}",
            row.dialect.name(),
            row.verb,
            row.path,
            row.rpc.unwrap_or("-"),
            row.operation
        ))
    })
}
