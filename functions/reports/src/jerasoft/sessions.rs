//! `reports.active_sessions.query` over services in use. The originating side is the customer and the account
//! that a service is for; it ends nowhere, runs on no equipment, and has no code that it is rated by.

use serde_json::Value;
use shared::domain::reports::sessions::{ACTIVE_SESSIONS, Asked, Session, Sessions};
use shared::machinery::dialect::Dialect::Jerasoft;
use shared::machinery::reader::Reader;
use shared::machinery::reply::{Reply, View};
use shared::machinery::route::Row;
use shared::words::money::Decimal;

use super::table::Field::{self, Aggregate, Dimension};
use super::table::{Cell, Fields, grouped, read_layout};

const FIELDS: &Fields<Session> = &[
    ("session_id", Dimension(|one| Cell::Text(one.service.number()))),
    ("session_setup_time", Dimension(|one| Cell::At(one.service.stamps.created_at))),
    ("session_start_time", Dimension(|one| Cell::At(one.service.activated_at.unwrap_or(one.service.start)))),
    ("equipment_id", NULL),
    ("equipment_name", NULL),
    ("orig_leg_id", NULL),
    ("orig_src_party_id", NULL),
    ("orig_dst_party_id", NULL),
    ("orig_companies_id", Dimension(|one| Cell::id(Some(one.service.reseller)))),
    ("orig_owner_users_id", Dimension(|one| Cell::id(one.customer.as_ref().and_then(|customer| customer.owner)))),
    ("orig_clients_id", Dimension(|one| Cell::id(Some(one.service.customer)))),
    ("orig_clients_name", Dimension(|one| Cell::text(one.customer.as_ref().map(|customer| customer.name.full())))),
    ("orig_accounts_id", Dimension(|one| Cell::id(one.service.account))),
    ("orig_accounts_name", Dimension(|one| Cell::text(one.account.as_ref().map(|account| account.name.clone())))),
    ("orig_accounts_ident", Dimension(|one| Cell::text(ident(one)))),
    ("orig_rates_code", NULL),
    ("orig_rates_code_name", NULL),
    ("term_leg_id", NULL),
    ("term_src_party_id", NULL),
    ("term_dst_party_id", NULL),
    ("term_companies_id", NULL),
    ("term_owner_users_id", NULL),
    ("term_clients_id", NULL),
    ("term_clients_name", NULL),
    ("term_accounts_id", NULL),
    ("term_accounts_name", NULL),
    ("term_accounts_ident", NULL),
    ("term_rates_code", NULL),
    ("term_rates_code_name", NULL),
    ("quantity", Aggregate(|all| Cell::Number(all.len().into()))),
    ("duration", Aggregate(|all| Cell::Number(all.iter().map(|one| Decimal::from(one.seconds)).sum()))),
];
/// What no service has.
const NULL: Field<Session> = Dimension(|_| Cell::Null);

pub(super) fn rows() -> Vec<Row> {
    vec![
        Row::new(Jerasoft, "POST", "/api/reports/active_sessions", &ACTIVE_SESSIONS, read, write, &[])
            .rpc("reports.active_sessions.query"),
    ]
}

fn read(r: &mut Reader<'_>) -> Asked {
    let layout = read_layout(r, FIELDS);
    let mut filters = r.object("filters");
    let mut ids = |name: &str| filters.ids(name).optional().unwrap_or_default();
    let mut asked = Asked {
        resellers: ids("orig_companies_id"),
        owners: ids("orig_owner_users_id"),
        customers: ids("orig_clients_id"),
        accounts: ids("orig_accounts_id"),
        nothing: false,
        layout,
    };
    let others = ["term_companies_id", "term_owner_users_id", "term_clients_id", "term_accounts_id"].map(&mut ids);
    let codes = ["orig_rates_code", "orig_rates_code_name", "term_rates_code", "term_rates_code_name"];
    let codes = codes.map(|name| filters.texts(name).optional().unwrap_or_default());
    asked.nothing = others.iter().any(|one| !one.is_empty()) || codes.iter().any(|one| !one.is_empty());
    r.absorb(filters);
    asked
}

fn write(view: View, sessions: Sessions) -> Reply {
    grouped(&sessions.rows, &sessions.layout, FIELDS, view.zone)
}

/// By what the account is recognised: its number, its addresses or its name.
fn ident(one: &Session) -> Option<String> {
    let account = one.account.as_ref()?;
    let carried = |name: &str| {
        let text = account.carried.get(name)?;
        serde_json::from_str::<Value>(text).ok()
    };
    match carried("auth_type").as_ref().and_then(Value::as_str).unwrap_or("ani") {
        "name" => Some(account.name.clone()),
        "ip" => {
            let all = carried("ips")?;
            let all: Vec<&str> = all.as_array()?.iter().filter_map(Value::as_str).collect();
            Some(all.join(","))
        }
        _ => carried("ani")?.as_str().map(str::to_owned),
    }
}
