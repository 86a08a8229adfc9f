//! `reports.xdrs_list.query` and `reports.origterm.query` over charged lines. Nothing here is a call: there are
//! no parties, nothing is rated by the second, and no line is of one of the usage services.

use shared::domain::reports::usage::{Asked, ORIGTERM, Usage, UsageRow, XDRS_LIST, cost};
use shared::machinery::dialect::Dialect::Jerasoft;
use shared::machinery::dialect::jerasoft::several;
use shared::machinery::reader::Reader;
use shared::machinery::reply::{Reply, View};
use shared::machinery::route::Row;
use shared::words::error::Rule;
use shared::words::money::{Decimal, rounded};

use super::ORIGINS;
use super::table::Field::{self, Aggregate, Dimension};
use super::table::{Cell, Fields, grouped, listed, read_layout};

/// The fields of a row.
const ROW: &Fields<UsageRow> = &[
    ("start_time", Dimension(|row| Cell::At(row.start))),
    ("stop_time", Dimension(|row| Cell::At(row.stop))),
    ("src_party_id_ext", NULL),
    ("dst_party_id_ext", NULL),
    ("volume", Dimension(|row| Cell::Number(row.volume.normalize()))),
    ("subscriber_host", Dimension(|row| Cell::text(row.service.as_ref().map(|service| service.name.clone())))),
    (
        "subscriber_id",
        Dimension(|row| Cell::text(row.service.as_ref().map(shared::domain::sales::service::Service::number))),
    ),
    // Only what is sold is listed.
    ("origin", Dimension(|_| Cell::text(ORIGINS.first().map(|(word, _)| *word)))),
    ("billed_clients_id", Dimension(|row| Cell::id(row.customer))),
    ("billed_accounts_id", Dimension(account)),
    ("currencies_id", Dimension(|row| Cell::id(Some(row.currency)))),
    ("cost_rated", Dimension(|row| Cell::money(row.net))),
    ("cost_taxes", Dimension(|row| Cell::money(row.tax))),
];
/// The fields of added up rows. The originating side is who is charged; there is no other.
const SUMS: &Fields<UsageRow> = &[
    ("services_id", NULL),
    ("orig_clients_id", Dimension(|row| Cell::id(row.customer))),
    ("orig_accounts_id", Dimension(account)),
    ("term_clients_id", NULL),
    ("term_accounts_id", NULL),
    ("currencies_id", Dimension(|row| Cell::id(Some(row.currency)))),
    ("quantity", Aggregate(|rows| Cell::Number(rows.len().into()))),
    ("volume_total", Aggregate(|rows| Cell::Number(volume(rows).normalize()))),
    ("orig_volume_rated", Aggregate(|rows| Cell::Number(volume(rows).normalize()))),
    ("term_volume_rated", Aggregate(|_| Cell::Number(Decimal::ZERO))),
    ("orig_rates_value_avg", Aggregate(average)),
    ("term_rates_value_avg", Aggregate(|_| Cell::Null)),
    ("acd_std", Aggregate(|_| Cell::Null)),
    ("acd_cur", Aggregate(|_| Cell::Null)),
];
/// What no line here has.
const NULL: Field<UsageRow> = Dimension(|_| Cell::Null);
/// What means nothing without the service it is counted in.
const BY_VOLUME: [&str; 7] = [
    "volume_total",
    "orig_volume_rated",
    "term_volume_rated",
    "orig_rates_value_avg",
    "term_rates_value_avg",
    "acd_std",
    "acd_cur",
];
/// Decimal places of an average price.
const PLACES: u32 = 6;

pub(super) fn rows() -> Vec<Row> {
    vec![
        Row::new(Jerasoft, "POST", "/api/reports/xdrs_list", &XDRS_LIST, read_list, write_list, &[])
            .rpc("reports.xdrs_list.query"),
        Row::new(Jerasoft, "POST", "/api/reports/origterm", &ORIGTERM, read_sums, write_sums, &[])
            .rpc("reports.origterm.query"),
    ]
}

fn read_list(r: &mut Reader<'_>) -> Asked {
    let layout = read_layout(r, ROW);
    let mut filters = r.object("filters");
    let between = filters.span("date").optional().unwrap_or_default();
    let origins = several(&mut filters, "origin", ORIGINS).unwrap_or_default();
    let customers = filters.ids("billed_clients_id").optional().unwrap_or_default();
    let accounts = filters.ids("billed_accounts_id").optional().unwrap_or_default();
    r.absorb(filters);
    Asked { between, customers, accounts, nothing: origins == [false], layout }
}

fn read_sums(r: &mut Reader<'_>) -> Asked {
    let layout = read_layout(r, SUMS);
    let returned = |field: &str| layout.fields.iter().any(|one| one == field);
    if BY_VOLUME.into_iter().any(returned) && !returned("services_id") {
        r.violate("services_id", Rule::Required);
    }
    let mut filters = r.object("filters");
    let between = filters.span("date").optional().unwrap_or_default();
    let mut ids = |name: &str| filters.ids(name).optional().unwrap_or_default();
    let (customers, accounts) = (ids("orig_clients_id"), ids("orig_accounts_id"));
    let others = ["services_id", "term_clients_id", "term_accounts_id"].map(&mut ids);
    r.absorb(filters);
    Asked { between, customers, accounts, nothing: others.iter().any(|one| !one.is_empty()), layout }
}

fn write_list(view: View, usage: Usage) -> Reply {
    listed(&usage.rows, &usage.layout, ROW, view.zone)
}

fn write_sums(view: View, usage: Usage) -> Reply {
    grouped(&usage.rows, &usage.layout, SUMS, view.zone)
}

fn account(row: &UsageRow) -> Cell {
    Cell::id(row.service.as_ref().and_then(|service| service.account))
}

fn volume(rows: &[&UsageRow]) -> Decimal {
    rows.iter().map(|row| row.volume).sum()
}

/// What one of them costs, net of taxes, where all are in one currency.
fn average(rows: &[&UsageRow]) -> Cell {
    let cost = cost(rows.iter().copied()).and_then(|cost| cost.decimal().checked_div(volume(rows)));
    cost.map_or(Cell::Null, |one| Cell::Number(rounded(one, PLACES).normalize()))
}
