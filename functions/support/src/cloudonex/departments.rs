//! `/departments`, in CloudOnex's habits: what a ticket's `department_id` means.

use serde_json::{Value, json};
use shared::domain::books::Department;
use shared::domain::books::entries::{
    CREATE_DEPARTMENT, Change, DELETE_DEPARTMENT, DEPARTMENT, DEPARTMENTS, List, UPDATE_DEPARTMENT,
};
use shared::machinery::dialect::Dialect::Cloudonex;
use shared::machinery::dialect::cloudonex::window;
use shared::machinery::reader::Reader;
use shared::machinery::reply::Reply;
use shared::machinery::route::Row;
use shared::words::time::utc_seconds;

pub(super) fn rows() -> Vec<Row> {
    const ALL: &str = "/api/v2/departments";
    const ONE: &str = "/api/v2/departments/{id}";
    let id = |r: &mut Reader<'_>| r.own_id("id");
    vec![
        Row::new(Cloudonex, "GET", ALL, &DEPARTMENTS, read_list, |_, page| Reply::page(page, |one| view(&one)), &[]),
        Row::new(
            Cloudonex,
            "POST",
            ALL,
            &CREATE_DEPARTMENT,
            |r| Change { name: Some(r.text("name").max(128).required()), ..Change::default() },
            |_, one| Reply::one(view(&one)).status(201).message("Department created"),
            &[],
        ),
        Row::new(Cloudonex, "GET", ONE, &DEPARTMENT, id, |_, one| Reply::one(view(&one)), &[]),
        Row::new(Cloudonex, "PUT", ONE, &UPDATE_DEPARTMENT, read_change, |_, one| Reply::one(view(&one)), &[]),
        Row::new(Cloudonex, "DELETE", ONE, &DELETE_DEPARTMENT, id, |_, _| Reply::done("Department deleted"), &[]),
    ]
}

fn read_list(r: &mut Reader<'_>) -> List {
    List::all(window(r, false))
}

fn read_change(r: &mut Reader<'_>) -> (u64, Change) {
    (r.own_id("id"), Change { name: r.text("name").min(1).max(128).present(), ..Change::default() })
}

fn view(one: &Department) -> Value {
    json!({"id": one.meta.id, "name": one.meta.name, "created_at": utc_seconds(one.meta.created_at),
        "updated_at": utc_seconds(one.meta.updated_at)})
}
