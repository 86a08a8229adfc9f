//! `/customers` and `/batch/customers` (contract cloudonex §8.1, §10).

use serde_json::{Value, json};
use shared::domain::customers::entity::Text;
use shared::domain::customers::list::Searched;
use shared::domain::customers::write::MOST_IN_BATCH;
use shared::domain::customers::{self, Batch, Change, Deletion, List, Made, New, Shown, Unique, Update};
use shared::machinery::dialect::Dialect::Cloudonex;
use shared::machinery::dialect::cloudonex::{errors, search, window};
use shared::machinery::reader::Reader;
use shared::machinery::reply::{Reply, View};
use shared::machinery::route::Row;
use shared::words::error::{Rule, Violation};
use shared::words::page::Page;
use shared::words::time::utc_seconds;

/// What the dialect calls the operations' fields.
const NAMES: &[(&str, &str)] = &[("name", "account")];
const UNIQUE: Unique = Unique { name: false, email: true };
/// The plain texts of a customer, as the dialect calls them, in the order of its answers.
const TEXTS: &[(&str, Text)] = &[
    ("phone", Text::Phone),
    ("address", Text::Address),
    ("city", Text::City),
    ("state", Text::State),
    ("zip", Text::Zip),
    ("country", Text::Country),
    ("company", Text::Company),
];
/// The longest body of a batch, in bytes: its answer must fit an idempotency record.
const LARGEST_BATCH: usize = 256 * 1024;

pub(crate) fn rows() -> Vec<Row> {
    const CUSTOMERS: &str = "/api/v2/customers";
    const CUSTOMER: &str = "/api/v2/customers/{id}";
    vec![
        Row::new(Cloudonex, "GET", CUSTOMERS, &customers::SEARCH, read_list, write_list, NAMES),
        Row::new(Cloudonex, "POST", CUSTOMERS, &customers::CREATE, read_new, write_created, NAMES),
        Row::new(Cloudonex, "GET", CUSTOMER, &customers::GET, |r| r.own_id("id"), write_one, NAMES),
        Row::new(Cloudonex, "PUT", CUSTOMER, &customers::UPDATE, read_update, write_one, NAMES),
        Row::new(
            Cloudonex,
            "DELETE",
            CUSTOMER,
            &customers::DELETE,
            read_deletion,
            |_, _| Reply::done("Customer deleted"),
            NAMES,
        ),
        Row::new(Cloudonex, "POST", "/api/v2/batch/customers", &customers::CREATE_MANY, read_batch, write_batch, NAMES)
            .largest_body(LARGEST_BATCH),
    ]
}

fn read_list(r: &mut Reader<'_>) -> List {
    let mut list = List::all(window(r, false));
    list.search = search(r).map(|text| (text, vec![Searched::Name, Searched::Email, Searched::Phone]));
    list
}

fn read_new(r: &mut Reader<'_>) -> New {
    let name = Some(r.text("account").required());
    New { change: Change { name, ..read_change(r) }, unique: UNIQUE, ..New::default() }
}

fn read_update(r: &mut Reader<'_>) -> Update {
    let id = r.own_id("id");
    let name = if r.has("account") { Some(r.text("account").required()) } else { None };
    Update { id, change: Change { name, ..read_change(r) }, unique: UNIQUE, password: None }
}

pub(crate) fn read_change(r: &mut Reader<'_>) -> Change {
    let mut change = Change::default();
    change.texts.insert(Text::Email, r.email("email").patch());
    for (name, which) in TEXTS {
        change.texts.insert(*which, r.text(name).patch());
    }
    change.auto_credit_payment = r.flag("auto_credit_payment").present();
    change
}

fn read_deletion(r: &mut Reader<'_>) -> Deletion {
    Deletion { id: r.own_id("id"), ..Deletion::default() }
}

fn read_batch(r: &mut Reader<'_>) -> Batch {
    let read = |mut reader: Reader<'_>| {
        let new = read_new(&mut reader);
        let found = reader.violations();
        if found.is_empty() { Ok(new) } else { Err(found) }
    };
    Batch { entries: r.each("customers", 1, MOST_IN_BATCH).into_iter().map(read).collect() }
}

fn write_list(view_: View, page: Page<Shown>) -> Reply {
    if view_.legacy {
        return crate::cloudonex_legacy::list(&page.rows);
    }
    Reply::page(page, |shown| view(&shown))
}

fn write_one(_: View, shown: Shown) -> Reply {
    Reply::one(view(&shown))
}

fn write_created(_: View, shown: Shown) -> Reply {
    Reply::one(view(&shown)).status(201).message("Customer created")
}

/// Contract §10: 201 when all were made, 200 when some were, 422 when none was.
fn write_batch(_: View, made: Vec<Made>) -> Reply {
    let total = made.len();
    let (mut created, mut failed, mut all) = (Vec::new(), Vec::new(), Vec::new());
    for (index, one) in made.into_iter().enumerate() {
        match one {
            Made::Customer(shown) => created.push(view(&shown)),
            Made::Refused(found) => {
                let found: Vec<Violation> = found.into_iter().map(|violation| in_entry(index, violation)).collect();
                let message =
                    if found.iter().all(|v| v.rule == Rule::Taken) { "Resource conflict" } else { "Validation failed" };
                let prefix = format!("customers.{index}.");
                let bare = |violation: &Violation| Violation {
                    field: violation.field.strip_prefix(&prefix).unwrap_or(&violation.field).to_owned(),
                    rule: violation.rule.clone(),
                };
                let own: Vec<Violation> = found.iter().map(bare).collect();
                failed.push(json!({"index": index, "errors": errors(&own), "message": message}));
                all.extend(found);
            }
        }
    }
    let meta = json!({"total": total, "created": created.len(), "failed": failed.len()});
    let (status, message) = match (created.len(), failed.len()) {
        (_, 0) => (201, "Batch completed"),
        (0, _) => return Reply::faults(422, all),
        _ => (200, "Batch completed with errors"),
    };
    let mut reply = Reply::one(json!({"created": created, "failed": failed})).status(status).message(message);
    reply.meta = Some(meta);
    reply
}

/// A violation of one entry, named as the dialect names it inside the batch.
fn in_entry(index: usize, violation: Violation) -> Violation {
    let prefix = format!("customers.{index}");
    if violation.field.starts_with(&prefix) {
        return violation;
    }
    let name =
        NAMES.iter().find(|(field, _)| *field == violation.field).map_or(violation.field.as_str(), |(_, name)| name);
    Violation { field: format!("{prefix}.{name}"), rule: violation.rule }
}

/// A customer as the dialect shows it.
pub fn view(shown: &Shown) -> Value {
    let customer = &shown.customer;
    let mut value = json!({"id": customer.id, "account": customer.name.full(), "email": customer.text(Text::Email)});
    if let Some(members) = value.as_object_mut() {
        members.extend(TEXTS.iter().map(|(name, which)| ((*name).to_owned(), json!(customer.text(*which)))));
        members.insert("auto_credit_payment".into(), customer.auto_credit_payment.into());
        members.insert("created_at".into(), utc_seconds(customer.created_at).into());
        members.insert("updated_at".into(), utc_seconds(customer.updated_at).into());
    }
    value
}
