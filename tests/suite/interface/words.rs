//! What operations are called in the API documents.

/// The record an operation is about, as a schema is named: `credit_notes.create` is about a `CreditNote`.
pub(crate) fn record(operation: &str) -> String {
    let module = operation.split('.').next().unwrap_or(operation);
    singular(module).split(['_', ' ']).map(capital).collect()
}

/// The words of a module: `credit notes`.
pub(crate) fn module(operation: &str) -> String {
    operation.split('.').next().unwrap_or(operation).replace('_', " ")
}

fn singular(module: &str) -> String {
    match module {
        "tlds" => "tld".into(),
        "currencies" => "currency".into(),
        "categories" => "category".into(),
        "settings" | "numbering" | "reports" | "billing" => module.into(),
        "sessions" => "session".into(),
        _ => module.strip_suffix('s').unwrap_or(module).into(),
    }
}

/// The first letter as a capital.
pub(crate) fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// One line of what an operation does.
pub(crate) fn summary(operation: &str) -> String {
    let (module_word, action) = operation.split_once('.').unwrap_or((operation, ""));
    let (many, one) = (module_word.replace('_', " "), singular(module_word).replace('_', " "));
    match action {
        "search" | "list" => format!("List {many}"),
        "get" => format!("Read {} {one}", article(&one)),
        "create" => format!("Create {} {one}", article(&one)),
        "create_many" => format!("Create several {many} in one request"),
        "update" => format!("Change {} {one}", article(&one)),
        "delete" => format!("Delete {} {one}", article(&one)),
        "archive" => format!("Archive {} {one}", article(&one)),
        _ => capital(&format!("{}: {}", many, action.replace('_', " "))),
    }
}

fn article(word: &str) -> &'static str {
    if word.starts_with(['a', 'e', 'i', 'o']) { "an" } else { "a" }
}
