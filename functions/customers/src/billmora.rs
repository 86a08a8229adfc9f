//! `/users` (contract billmora §8.1, §9.1).

use serde_json::{Value, json};
use shared::domain::customers::entity::Text;
use shared::domain::customers::list::Searched;
use shared::domain::customers::{self, Change, Customer, Deletion, List, New, Shown, Status, Unique, Update};
use shared::domain::tenants::CurrencyRef;
use shared::machinery::dialect::Dialect::Billmora;
use shared::machinery::dialect::billmora::{filter, window};
use shared::machinery::dialect::word;
use shared::machinery::reader::Reader;
use shared::machinery::reply::{Reply, View};
use shared::machinery::route::Row;
use shared::words::patch::Patch;
use shared::words::pattern::Pattern;
use shared::words::time::utc_micros;

/// What the dialect calls the operations' fields. All its own names are the operations' names.
const NAMES: &[(&str, &str)] = &[("name", "first_name")];
const UNIQUE: Unique = Unique { name: false, email: true };
const STATUSES: &[(&str, Status)] =
    &[("active", Status::Active), ("suspended", Status::Suspended), ("closed", Status::Closed)];

pub(crate) fn rows() -> Vec<Row> {
    const USERS: &str = "/api/v1/users";
    const USER: &str = "/api/v1/users/{id}";
    vec![
        Row::new(Billmora, "GET", USERS, &customers::SEARCH, read_list, write_list, NAMES).ability("users.view"),
        Row::new(Billmora, "POST", USERS, &customers::CREATE, read_new, write_created, NAMES).ability("users.create"),
        Row::new(Billmora, "GET", USER, &customers::GET, |r| r.own_id("id"), write_one, NAMES).ability("users.view"),
        Row::new(Billmora, "PUT", USER, &customers::UPDATE, read_update, write_one, NAMES).ability("users.update"),
        Row::new(Billmora, "DELETE", USER, &customers::DELETE, read_deletion, write_deleted, NAMES)
            .ability("users.delete"),
    ]
}

fn read_list(r: &mut Reader<'_>) -> List {
    let mut list = List::all(window(r));
    let fields = vec![Searched::Email, Searched::First, Searched::Last];
    list.search = filter(r, "search").map(|text| (Pattern::like(&text), fields));
    // A word that is no status matches nobody.
    let statuses =
        |word: String| STATUSES.iter().filter(|(known, _)| *known == word).map(|(_, status)| *status).collect();
    list.statuses = filter(r, "status").map(statuses);
    list
}

fn read_new(r: &mut Reader<'_>) -> New {
    let first = r.text("first_name").max(255).required();
    let last = r.text("last_name").max(255).required();
    let email = r.email("email").required();
    let password = r.untrimmed("password").min(8).max(1024).required();
    let status = r.choice("status", STATUSES).optional();
    let currency = r.text("currency").max(10).optional().map(CurrencyRef::Code);
    let language = r.text("language").max(10).optional();
    let mut change = Change { first_name: Some(first), last_name: Some(last), status, currency, ..Change::default() };
    change.texts.insert(Text::Email, Patch::Set(email));
    change.texts.insert(Text::Language, language.into());
    New { change, unique: UNIQUE, names_reseller: false, password: Some(password) }
}

fn read_update(r: &mut Reader<'_>) -> Update {
    let id = r.own_id("id");
    let first = r.text("first_name").max(255).present();
    let last = r.text("last_name").max(255).present();
    let email = r.email("email").present();
    let password = r.untrimmed("password").min(8).max(1024).present();
    let status = r.choice("status", STATUSES).present();
    let currency = r.text("currency").max(10).present().map(CurrencyRef::Code);
    let language = r.text("language").max(10).present();
    let mut change = Change { first_name: first, last_name: last, status, currency, ..Change::default() };
    change.texts.insert(Text::Email, email.into());
    change.texts.insert(Text::Language, language.into());
    Update { id, change, unique: UNIQUE, password }
}

/// A deleted user's address stays taken (contract §9.1).
fn read_deletion(r: &mut Reader<'_>) -> Deletion {
    Deletion { id: r.own_id("id"), keeps_email: true, leaves_documents: true }
}

fn write_list(_: View, page: shared::words::page::Page<Shown>) -> Reply {
    Reply::page(page, |shown| user(&shown))
}

fn write_one(_: View, shown: Shown) -> Reply {
    Reply::one(user(&shown))
}

fn write_created(_: View, shown: Shown) -> Reply {
    Reply::one(user(&shown)).status(201)
}

fn write_deleted(_: View, _: u64) -> Reply {
    Reply::done("User deleted successfully.")
}

fn user(shown: &Shown) -> Value {
    view(&shown.customer, shown.currency.code())
}

/// A user as it stands inside other resources too.
pub fn view(customer: &Customer, currency: &str) -> Value {
    let status = word(STATUSES, &customer.status);
    json!({
        "id": customer.id,
        "first_name": customer.name.first,
        "last_name": customer.name.last,
        "fullname": customer.name.full(),
        // A customer without an address can only come from another dialect; here the field is never null.
        "email": customer.text(Text::Email).unwrap_or_default(),
        "status": status,
        "currency": currency,
        "language": customer.text(Text::Language).unwrap_or("en_US"),
        "auto_credit_payment": customer.auto_credit_payment,
        "email_verified_at": null,
        "created_at": utc_micros(customer.created_at),
        "updated_at": utc_micros(customer.updated_at),
    })
}
