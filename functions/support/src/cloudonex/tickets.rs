//! `/tickets` and what is said to them (contract cloudonex §8.6).

use serde_json::{Value, json};
use shared::domain::records::List;
use shared::domain::support::tickets::list::{GET, MESSAGES, SEARCH, Shown, Wanted, Whole};
use shared::domain::support::tickets::write::{
    CREATE, DELETE, Department, New, REPLY, Reply as Answer, UPDATE, Update,
};
use shared::domain::support::tickets::{Author, Message, Priority, Status};
use shared::machinery::dialect::Dialect::Cloudonex;
use shared::machinery::dialect::cloudonex::{search, window};
use shared::machinery::dialect::word;
use shared::machinery::reader::Reader;
use shared::machinery::reply::{Reply, View};
use shared::machinery::route::Row;
use shared::words::page::Page;
use shared::words::patch::Patch;
use shared::words::time::utc_seconds;

/// What the dialect calls the operations' fields.
const NAMES: &[(&str, &str)] = &[("customer", "customer_id"), ("department", "department_id")];
/// The dialect's three words; each stands for what waits for the same side.
const STATUSES: &[(&str, &[Status])] = &[
    ("Open", &[Status::Open, Status::CustomerReply]),
    ("Pending", &[Status::OnHold, Status::Answered]),
    ("Closed", &[Status::Closed]),
];
pub(super) const PRIORITIES: &[(&str, Priority)] =
    &[("Low", Priority::Low), ("Medium", Priority::Medium), ("High", Priority::High), ("Critical", Priority::Critical)];
/// Who says something.
const AUTHORS: &[(&str, bool)] = &[("staff", false), ("customer", true)];
/// The longest message, in characters.
const LONGEST_MESSAGE: usize = 20_000;

pub(super) fn rows() -> Vec<Row> {
    const ALL: &str = "/api/v2/tickets";
    const ONE: &str = "/api/v2/tickets/{id}";
    const REPLIES: &str = "/api/v2/tickets/{id}/replies";
    let id = |r: &mut Reader<'_>| r.own_id("id");
    vec![
        Row::new(Cloudonex, "GET", ALL, &SEARCH, read_list, write_list, NAMES),
        Row::new(Cloudonex, "POST", ALL, &CREATE, read_new, write_created, NAMES),
        Row::new(Cloudonex, "GET", ONE, &GET, id, write_one, NAMES),
        Row::new(Cloudonex, "PUT", ONE, &UPDATE, read_update, write_one, NAMES),
        Row::new(Cloudonex, "DELETE", ONE, &DELETE, id, |_, _| Reply::done("Ticket deleted"), NAMES),
        Row::new(
            Cloudonex,
            "GET",
            REPLIES,
            &MESSAGES,
            |r| (r.own_id("id"), window(r, false)),
            |_, page: Page<Message>| Reply::page(page, |one| message(&one)),
            NAMES,
        ),
        Row::new(Cloudonex, "POST", REPLIES, &REPLY, read_reply, write_reply, NAMES),
        Row::new(
            Cloudonex,
            "POST",
            "/api/v2/tickets/{id}/close",
            &UPDATE,
            |r| moved(r, Status::Closed),
            write_one,
            NAMES,
        ),
        Row::new(
            Cloudonex,
            "POST",
            "/api/v2/tickets/{id}/reopen",
            &UPDATE,
            |r| moved(r, Status::Open),
            write_one,
            NAMES,
        ),
    ]
}

fn moved(r: &mut Reader<'_>, status: Status) -> Update {
    Update { id: r.own_id("id"), status: Some(status), ..Update::default() }
}

fn read_list(r: &mut Reader<'_>) -> Wanted {
    let mut list = List::all(window(r, true));
    list.customers = r.id("customer_id").optional().into_iter().collect();
    list.parents = r.id("department_id").optional().into_iter().collect();
    list.search = search(r);
    let meant = r.choice("status", STATUSES).optional();
    list.statuses = meant.map(|all| all.iter().map(|one| one.word().to_owned()).collect());
    Wanted { list, priorities: r.choice("priority", PRIORITIES).optional().map(|one| vec![one]) }
}

fn read_new(r: &mut Reader<'_>) -> New {
    New {
        customer: r.id("customer_id").required(),
        subject: r.text("subject").max(255).required(),
        message: r.text("message").max(LONGEST_MESSAGE).required(),
        department: r.id("department_id").optional().map(Department::Id),
        priority: r.choice("priority", PRIORITIES).optional().unwrap_or_default(),
    }
}

fn read_update(r: &mut Reader<'_>) -> Update {
    let mut update = Update { id: r.own_id("id"), ..Update::default() };
    update.subject = r.text("subject").min(1).max(255).present();
    update.department = match r.id("department_id").patch() {
        Patch::Set(id) => Patch::Set(Department::Id(id)),
        Patch::Clear => Patch::Clear,
        Patch::Keep => Patch::Keep,
    };
    update.priority = r.choice("priority", PRIORITIES).present();
    update.status = r.choice("status", STATUSES).present().and_then(|all| all.first().copied());
    update.assigned_to = r.id("assigned_to").patch();
    r.read_only(&["customer_id", "message", "ticket_number"]);
    update
}

fn read_reply(r: &mut Reader<'_>) -> Answer {
    Answer {
        id: r.own_id("id"),
        message: r.text("message").max(LONGEST_MESSAGE).required(),
        by_customer: r.choice("author", AUTHORS).optional().unwrap_or(false),
    }
}

fn write_list(_: View, page: Page<Shown>) -> Reply {
    Reply::page(page, |shown| ticket(&shown))
}

fn write_one(_: View, whole: Whole) -> Reply {
    Reply::one(with_messages(&whole))
}

fn write_created(_: View, whole: Whole) -> Reply {
    Reply::one(with_messages(&whole)).status(201).message("Ticket created")
}

fn write_reply(_: View, whole: Whole) -> Reply {
    Reply::one(with_messages(&whole)).status(201).message("Reply added")
}

fn with_messages(whole: &Whole) -> Value {
    let mut value = ticket(&whole.shown);
    if let Some(members) = value.as_object_mut() {
        members.insert("message".into(), whole.messages.first().map(|first| first.text.clone()).into());
        members.insert("replies".into(), whole.messages.iter().skip(1).map(message).collect());
    }
    value
}

fn ticket(shown: &Shown) -> Value {
    let one = &shown.ticket;
    let status = STATUSES.iter().find(|(_, all)| all.contains(&one.status)).map(|(word, _)| *word);
    json!({
        "id": one.stamps.id,
        "ticket_number": one.number(),
        "customer_id": one.customer,
        "subject": one.subject,
        "department_id": one.department_id,
        "department": one.department,
        "priority": word(PRIORITIES, &one.priority),
        "status": status,
        "assigned_to": one.assigned_to,
        "messages": one.messages,
        "last_reply_at": one.last_reply_at.map(utc_seconds),
        "closed_at": one.closed_at.map(utc_seconds),
        "created_at": utc_seconds(one.stamps.created_at),
        "updated_at": utc_seconds(one.stamps.updated_at),
    })
}

fn message(one: &Message) -> Value {
    let (author, user) = match one.author {
        Author::Customer => ("customer", None),
        Author::Staff(user) => ("staff", Some(user)),
    };
    json!({"id": one.id, "message": one.text, "author": author, "user_id": user, "created_at": utc_seconds(one.at)})
}
