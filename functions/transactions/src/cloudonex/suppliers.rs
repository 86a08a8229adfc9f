//! `/suppliers` (contract cloudonex §8.10), in the habits of the dialect's other lists.

use serde_json::{Value, json};
use shared::domain::purchases::suppliers::{CREATE, Change, DELETE, GET, SEARCH, Supplier, UPDATE};
use shared::domain::records::List;
use shared::machinery::dialect::Dialect::Cloudonex;
use shared::machinery::dialect::cloudonex::{search, window};
use shared::machinery::reader::Reader;
use shared::machinery::reply::{Reply, View};
use shared::machinery::route::Row;
use shared::words::page::Page;
use shared::words::time::utc_seconds;

pub(super) fn rows() -> Vec<Row> {
    const ALL: &str = "/api/v2/suppliers";
    const ONE: &str = "/api/v2/suppliers/{id}";
    let id = |r: &mut Reader<'_>| r.own_id("id");
    vec![
        Row::new(Cloudonex, "GET", ALL, &SEARCH, read_list, write_list, &[]),
        Row::new(Cloudonex, "POST", ALL, &CREATE, read_new, write_created, &[]),
        Row::new(Cloudonex, "GET", ONE, &GET, id, |_, one| Reply::one(supplier(&one)), &[]),
        Row::new(Cloudonex, "PUT", ONE, &UPDATE, read_update, |_, one| Reply::one(supplier(&one)), &[]),
        Row::new(Cloudonex, "DELETE", ONE, &DELETE, id, |_, _| Reply::done("Supplier deleted"), &[]),
    ]
}

fn read_list(r: &mut Reader<'_>) -> List {
    let mut list = List::all(window(r, true));
    list.search = search(r);
    list
}

fn read_new(r: &mut Reader<'_>) -> Change {
    let name = Some(r.text("name").required());
    Change { name, ..read_rest(r) }
}

fn read_update(r: &mut Reader<'_>) -> (u64, Change) {
    let id = r.own_id("id");
    let name = r.text("name").min(1).present();
    (id, Change { name, ..read_rest(r) })
}

fn read_rest(r: &mut Reader<'_>) -> Change {
    Change {
        name: None,
        email: r.email("email").patch(),
        phone: r.text("phone").max(64).patch(),
        company: r.text("company").patch(),
        address: r.text("address").max(1000).patch(),
        city: r.text("city").patch(),
        state: r.text("state").patch(),
        zip: r.text("zip").max(32).patch(),
        country: r.text("country").patch(),
        tax_number: r.text("tax_number").max(64).patch(),
        notes: r.text("notes").max(4000).patch(),
    }
}

fn write_list(_: View, page: Page<Supplier>) -> Reply {
    Reply::page(page, |one| supplier(&one))
}

fn write_created(_: View, one: Supplier) -> Reply {
    Reply::one(supplier(&one)).status(201).message("Supplier created")
}

fn supplier(one: &Supplier) -> Value {
    json!({
        "id": one.stamps.id,
        "name": one.name,
        "email": one.email,
        "phone": one.phone,
        "company": one.company,
        "address": one.address,
        "city": one.city,
        "state": one.state,
        "zip": one.zip,
        "country": one.country,
        "tax_number": one.tax_number,
        "notes": one.notes,
        "purchases": one.purchases,
        "created_at": utc_seconds(one.stamps.created_at),
        "updated_at": utc_seconds(one.stamps.updated_at),
    })
}
