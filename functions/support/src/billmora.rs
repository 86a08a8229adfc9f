//! `/tickets` (contract billmora §8.5, §9.5).

use serde_json::{Value, json};
use shared::domain::records::List;
use shared::domain::support::tickets::list::{GET, SEARCH, Shown, Wanted, Whole};
use shared::domain::support::tickets::write::{CREATE, DELETE, Department, New, UPDATE, Update};
use shared::domain::support::tickets::{Author, Message, Priority, Status};
use shared::machinery::dialect::Dialect::Billmora;
use shared::machinery::dialect::billmora::{filter, window};
use shared::machinery::dialect::word;
use shared::machinery::reader::Reader;
use shared::machinery::reply::{Reply, View};
use shared::machinery::route::Row;
use shared::words::page::Page;
use shared::words::patch::Patch;
use shared::words::pattern::Pattern;
use shared::words::time::utc_micros;

/// What the dialect calls the operations' fields.
const NAMES: &[(&str, &str)] = &[("customer", "user_id")];
/// The words that may be written.
const STATUSES: &[(&str, Status)] = &[
    ("open", Status::Open),
    ("answered", Status::Answered),
    ("customer-reply", Status::CustomerReply),
    ("closed", Status::Closed),
];
/// The words that may be written; what is critical elsewhere is shown as high.
const PRIORITIES: &[(&str, Priority)] =
    &[("low", Priority::Low), ("medium", Priority::Medium), ("high", Priority::High)];
/// The longest message, in characters.
const LONGEST_MESSAGE: usize = 20_000;

pub(crate) fn rows() -> Vec<Row> {
    const ALL: &str = "/api/v1/tickets";
    const ONE: &str = "/api/v1/tickets/{id}";
    let id = |r: &mut Reader<'_>| r.own_id("id");
    let deleted = |_: View, _: u64| Reply::done("Ticket deleted successfully.");
    vec![
        Row::new(Billmora, "GET", ALL, &SEARCH, read_list, write_list, NAMES).ability("tickets.view"),
        Row::new(Billmora, "POST", ALL, &CREATE, read_new, write_created, NAMES).ability("tickets.create"),
        Row::new(Billmora, "GET", ONE, &GET, id, write_one, NAMES).ability("tickets.view"),
        Row::new(Billmora, "PUT", ONE, &UPDATE, read_update, write_one, NAMES).ability("tickets.update"),
        Row::new(Billmora, "DELETE", ONE, &DELETE, id, deleted, NAMES).ability("tickets.delete"),
    ]
}

/// A word that is no status or no priority matches nothing (contract §6.1).
fn read_list(r: &mut Reader<'_>) -> Wanted {
    let mut list = List::all(window(r));
    list.search = filter(r, "search").map(|text| Pattern::like(&text));
    list.statuses = filter(r, "status").map(|text| {
        let meant = Status::ALL.into_iter().filter(|one| status(*one) == text);
        meant.map(|one| one.word().to_owned()).collect()
    });
    list.customers = filter(r, "user_id").map(|id| id.parse().unwrap_or(0)).into_iter().collect();
    let all = [Priority::Low, Priority::Medium, Priority::High, Priority::Critical];
    let priorities = filter(r, "priority").map(|text| all.into_iter().filter(|one| priority(*one) == text).collect());
    Wanted { list, priorities }
}

fn read_new(r: &mut Reader<'_>) -> New {
    New {
        customer: r.id("user_id").required(),
        subject: r.text("subject").max(255).required(),
        department: Some(Department::Named(r.text("department").max(255).required())),
        priority: r.choice("priority", PRIORITIES).required(),
        message: r.text("message").max(LONGEST_MESSAGE).required(),
    }
}

fn read_update(r: &mut Reader<'_>) -> Update {
    let mut update = Update { id: r.own_id("id"), ..Update::default() };
    update.status = r.choice("status", STATUSES).present();
    update.priority = r.choice("priority", PRIORITIES).present();
    let department = r.text("department").max(255).present();
    update.department = department.map_or(Patch::Keep, |name| Patch::Set(Department::Named(name)));
    update.assigned_to = r.id("assigned_to").patch();
    update
}

fn write_list(_: View, page: Page<Shown>) -> Reply {
    Reply::page(page, |shown| ticket(&shown))
}

fn write_one(_: View, whole: Whole) -> Reply {
    Reply::one(with_messages(&whole))
}

fn write_created(_: View, whole: Whole) -> Reply {
    Reply::one(with_messages(&whole)).status(201)
}

fn with_messages(whole: &Whole) -> Value {
    let mut value = ticket(&whole.shown);
    let user = user(&whole.shown);
    if let Some(members) = value.as_object_mut() {
        let said = whole.messages.iter().map(|one| message(one, &user)).collect();
        members.insert("messages".into(), said);
    }
    value
}

/// Who asks; null where it was deleted.
fn user(shown: &Shown) -> Value {
    shown.customer.as_ref().map(|(customer, currency)| customers::billmora::view(customer, currency.code())).into()
}

fn status(status: Status) -> &'static str {
    match status {
        Status::OnHold => "on_hold",
        other => word(STATUSES, &other).unwrap_or_default(),
    }
}

fn priority(priority: Priority) -> &'static str {
    word(PRIORITIES, &priority).unwrap_or("high")
}

fn ticket(shown: &Shown) -> Value {
    let one = &shown.ticket;
    json!({
        "id": one.stamps.id,
        "ticket_number": one.number(),
        "subject": one.subject,
        "status": status(one.status),
        "priority": priority(one.priority),
        "department": one.department,
        "last_reply_at": one.last_reply_at.map(utc_micros),
        "closed_at": one.closed_at.map(utc_micros),
        "user": user(shown),
        "created_at": utc_micros(one.stamps.created_at),
        "updated_at": utc_micros(one.stamps.updated_at),
    })
}

/// The staff are no users of this dialect, so theirs is null.
fn message(one: &Message, customer: &Value) -> Value {
    let staff = matches!(one.author, Author::Staff(_));
    let user = if staff { Value::Null } else { customer.clone() };
    json!({"id": one.id, "message": one.text, "is_staff_reply": staff, "user": user, "created_at": utc_micros(one.at)})
}
