//! `/leads` (contract cloudonex §8.7), and making a customer of one.

use serde_json::{Value, json};
use shared::domain::records::List;
use shared::domain::support::leads::{CAPTURE, CONVERT, CREATE, Change, DELETE, GET, Lead, SEARCH, Status, UPDATE};
use shared::machinery::dialect::Dialect::Cloudonex;
use shared::machinery::dialect::cloudonex::{search, window};
use shared::machinery::dialect::word;
use shared::machinery::reader::Reader;
use shared::machinery::reply::{Reply, View};
use shared::machinery::route::Row;
use shared::words::error::Rule;
use shared::words::page::Page;
use shared::words::patch::Patch;
use shared::words::time::utc_seconds;

const STATUSES: &[(&str, Status)] = &[
    ("New", Status::New),
    ("Contacted", Status::Contacted),
    ("In Progress", Status::InProgress),
    ("Qualified", Status::Qualified),
    ("Proposal Sent", Status::ProposalSent),
    ("Negotiation", Status::Negotiation),
    ("Lost", Status::Lost),
    ("Won", Status::Won),
];

pub(super) fn rows() -> Vec<Row> {
    const ALL: &str = "/api/v2/leads";
    const ONE: &str = "/api/v2/leads/{id}";
    let id = |r: &mut Reader<'_>| r.own_id("id");
    vec![
        Row::new(Cloudonex, "GET", ALL, &SEARCH, read_list, write_list, &[]),
        Row::new(Cloudonex, "POST", ALL, &CREATE, read_new, write_created, &[]),
        // The public form (contract §8.7), which the tenant's settings turn on; who fills it in reads nothing back.
        Row::new(
            Cloudonex,
            "POST",
            "/api/create-lead",
            &CAPTURE,
            |r| (r.loose("tenant"), Change { status: None, ..read_new(r) }),
            |_, _| Reply::done("Lead created").status(201),
            &[],
        ),
        Row::new(Cloudonex, "GET", ONE, &GET, id, |_, one| Reply::one(lead(&one)), &[]),
        Row::new(Cloudonex, "PUT", ONE, &UPDATE, read_update, |_, one| Reply::one(lead(&one)), &[]),
        Row::new(Cloudonex, "DELETE", ONE, &DELETE, id, |_, _| Reply::done("Lead deleted"), &[]),
        Row::new(
            Cloudonex,
            "POST",
            "/api/v2/leads/{id}/convert",
            &CONVERT,
            id,
            |_, made| Reply::one(customers::cloudonex::view(&made)).status(201).message("Lead converted"),
            &[],
        ),
    ]
}

fn read_list(r: &mut Reader<'_>) -> List {
    let mut list = List::all(window(r, true));
    list.search = search(r);
    list.statuses = r.choice("status", STATUSES).optional().map(|one| vec![one.word().to_owned()]);
    list
}

fn read_new(r: &mut Reader<'_>) -> Change {
    let names = (r.text("first_name").max(128).required(), r.text("last_name").max(128).required());
    let change = read_rest(r);
    // One of the two is how they are reached (contract §8.7).
    if !matches!(&change.email, Patch::Set(_)) && !matches!(&change.phone, Patch::Set(text) if !text.is_empty()) {
        r.violate("email", Rule::Required);
    }
    Change { first_name: Some(names.0), last_name: Some(names.1), ..change }
}

fn read_update(r: &mut Reader<'_>) -> (u64, Change) {
    let id = r.own_id("id");
    let first_name = r.text("first_name").min(1).max(128).present();
    let last_name = r.text("last_name").min(1).max(128).present();
    (id, Change { first_name, last_name, ..read_rest(r) })
}

fn read_rest(r: &mut Reader<'_>) -> Change {
    Change {
        email: r.email("email").patch(),
        phone: r.text("phone").max(64).patch(),
        company: r.text("company").patch(),
        position: r.text("position").patch(),
        source: r.text("source").max(128).patch(),
        address: r.text("address").max(1000).patch(),
        notes: r.text("notes").max(4000).patch(),
        status: r.choice("status", STATUSES).present(),
        ..Change::default()
    }
}

fn write_list(_: View, page: Page<Lead>) -> Reply {
    Reply::page(page, |one| lead(&one))
}

fn write_created(_: View, one: Lead) -> Reply {
    Reply::one(lead(&one)).status(201).message("Lead created")
}

fn lead(one: &Lead) -> Value {
    json!({
        "id": one.stamps.id,
        "first_name": one.first_name,
        "last_name": one.last_name,
        "email": one.email,
        "phone": one.phone,
        "company": one.company,
        "position": one.position,
        "source": one.source,
        "address": one.address,
        "status": word(STATUSES, &one.status),
        "notes": one.notes,
        "customer_id": one.became,
        "created_at": utc_seconds(one.stamps.created_at),
        "updated_at": utc_seconds(one.stamps.updated_at),
    })
}
