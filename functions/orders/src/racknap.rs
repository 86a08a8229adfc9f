//! `POST /order/list` and `/service/…` (contract racknap §7.4, §9).

use std::collections::BTreeMap;

use invoices::racknap::{form_id, moment, plain_tax_rows, ratio, read_page};
use serde_json::{Value, json};
use shared::domain::catalog::Cycle;
use shared::domain::customers::entity::Text;
use shared::domain::documents::accrual::CYCLES;
use shared::domain::documents::sums::{Rounding, Terms, in_base};
use shared::domain::orders::list::{SEARCH, Shown};
use shared::domain::records::List;
use shared::domain::sales::order::Stage;
use shared::domain::sales::order::{Item, Order, What};
use shared::domain::sales::service::Status;
use shared::domain::services::list::{self, Wanted};
use shared::domain::services::make::{CREATE, New};
use shared::domain::services::write::{MOVE, Move};
use shared::machinery::dialect::Dialect::Racknap;
use shared::machinery::dialect::racknap::date_time;
use shared::machinery::dialect::two_places;
use shared::machinery::reader::Reader;
use shared::machinery::reply::{Reply, View};
use shared::machinery::route::Row;
use shared::words::error::Rule;
use shared::words::money::{Decimal, Money};
use shared::words::page::Page;
use shared::words::time::{Date, Day, Instant};

/// What the dialect calls the operations' fields.
const NAMES: &[(&str, &str)] = &[
    ("customer", "customer_id"),
    ("product", "planid"),
    ("fee", "recuring_amount"),
    ("next_due", "nextduedate"),
    ("start", "regdate"),
];
/// What of a new service is kept and acts upon nothing.
const KEPT: [&str; 5] = ["amount", "first_plan_price", "recuring_plan_price", "plan_billing_cycle", "firstpayment"];

pub(crate) fn rows() -> Vec<Row> {
    let step =
        |path, reader: fn(&mut Reader<'_>) -> Move| Row::new(Racknap, "POST", path, &MOVE, reader, write_moved, NAMES);
    vec![
        Row::new(Racknap, "POST", "/api/v2/order/list", &SEARCH, read_orders, write_orders, NAMES),
        Row::new(Racknap, "POST", "/api/v2/service/create", &CREATE, read_new, write_new, NAMES),
        step("/api/v2/service/suspend", |r| read_move(r, Status::Suspended)),
        step("/api/v2/service/unsuspend", |r| read_move(r, Status::Active)),
        step("/api/v2/service/terminate", |r| read_move(r, Status::Terminated)),
        Row::new(Racknap, "POST", "/api/v2/service/list", &list::SEARCH, read_services, write_services, NAMES),
    ]
}

/// The parameters of every list (§6), over the instants at which records were made.
fn read_list(r: &mut Reader<'_>) -> List {
    let mut list = List::all(read_page(r));
    list.customers = form_id(r, "customer_id").into_iter().collect();
    let from = r.filter_day_first("startdate").optional();
    let to = r.filter_day_first("enddate").optional();
    if from.zip(to).is_some_and(|(from, to)| from.date > to.date) {
        r.violate("startdate", Rule::Reversed);
    }
    // The last day is part of the range.
    let zone = r.zone();
    let end = |day: Day| {
        Day::midnight(day.date.succ_opt()?, zone)?.at.checked_sub_signed(shared::words::time::Duration::seconds(1))
    };
    list.between = (from.map(|day| day.at), to.and_then(end));
    list.resellers = form_id(r, "pid").filter(|pid| *pid != 0).into_iter().collect();
    list
}

fn read_orders(r: &mut Reader<'_>) -> List {
    read_list(r)
}

fn read_services(r: &mut Reader<'_>) -> Wanted {
    Wanted::of(read_list(r))
}

fn read_new(r: &mut Reader<'_>) -> New {
    let mut new = New { customer: r.id("customer_id").required(), ..New::default() };
    let quantity = r.integer("quantity").within(1, 1_000_000).required();
    new.quantity = u32::try_from(quantity).unwrap_or(1);
    new.product = r.id("planid").required();
    new.start = r.day_first("regdate").required();
    new.fee = r.decimal("recuring_amount").required();
    new.next_due = r.day_first("nextduedate").required();
    let word = r.text("billingcycle").required();
    new.cycle = read_cycle(r, "billingcycle", &word);
    let mut carried: BTreeMap<String, String> = BTreeMap::new();
    for name in KEPT {
        let kept = if name == "plan_billing_cycle" {
            let word = r.text(name).required();
            read_cycle(r, name, &word);
            Value::from(word)
        } else {
            Value::from(r.decimal(name).required().to_string())
        };
        carried.insert(name.to_owned(), kept.to_string());
    }
    for name in ["slserverid", "serverid"] {
        carried.extend(r.loose(name).map(|text| (name.to_owned(), Value::from(text).to_string())));
    }
    form_id(r, "pid");
    new.carried = carried;
    new
}

fn read_cycle(r: &mut Reader<'_>, name: &str, word: &str) -> Cycle {
    Cycle::of_word(word).unwrap_or_else(|| {
        if !word.is_empty() {
            r.violate(name, Rule::NotOneOf(CYCLES.iter().map(|(word, _)| (*word).to_owned()).collect()));
        }
        Cycle::Free
    })
}

fn read_move(r: &mut Reader<'_>, status: Status) -> Move {
    let id = r.id("serviceid").required();
    let reason = r.text("reason").max(1000).optional();
    form_id(r, "pid");
    Move { id, status, reason }
}

fn write_new(_: View, shown: list::Shown) -> Reply {
    Reply::one(json!({"serviceid": shown.service.stamps.id}))
}

fn write_moved(_: View, shown: list::Shown) -> Reply {
    Reply::one(json!({"serviceid": shown.service.stamps.id, "status": status(shown.service.status)}))
}

fn write_services(view: View, page: Page<list::Shown>) -> Reply {
    Reply::page(page, |shown| service(view, &shown))
}

fn status(status: Status) -> &'static str {
    match status {
        Status::Pending => "Pending",
        Status::Active => "Active",
        Status::Suspended => "Suspended",
        Status::Terminated => "Terminated",
        Status::Cancelled => "Cancelled",
    }
}

fn service(view: View, shown: &list::Shown) -> Value {
    let service = &shown.service;
    let at = |at: Option<Instant>| at.map(|at| date_time(at, view.zone));
    let day = |date: Option<Date>| date.map(|date| format!("{date} 00:00:00"));
    let term = service.period();
    json!({
        "serviceid": service.stamps.id,
        "servicenum": service.number(),
        "customer_id": service.customer,
        "planid": service.product,
        "name": service.name,
        "quantity": service.quantity,
        "status": status(service.status),
        "billingcycle": service.cycle.word(),
        "recuring_amount": two_places(service.money(service.fee)),
        "setup_amount": two_places(service.money(service.setup_fee)),
        "currencyid": service.currency,
        "currency": service.iso.code(),
        "regdate": date_time(service.start, view.zone),
        "nextduedate": service.next_due.map(|due| moment(due, view.zone)),
        "start_billing_date": day(term.map(|term| term.start)),
        "end_billing_date": day(term.map(|term| term.end)),
        "suspended_date": at(service.suspended_at),
        "terminated_date": at(service.terminated_at),
        "pid": if shown.of_main_reseller { 0 } else { service.reseller },
        "company_info": shown.customer.as_ref().and_then(|(customer, _)| customer.text(Text::Company)),
    })
}

fn write_orders(view: View, page: Page<Shown>) -> Reply {
    Reply::page(page, |shown| order(view, &shown))
}

fn order(view: View, shown: &Shown) -> Value {
    let order = &shown.order;
    let money = |minor| two_places(order.money(minor));
    let stage = match order.stage {
        Stage::Pending | Stage::Processing => "Pending",
        Stage::Completed => "Active",
        Stage::Cancelled | Stage::Failed => "Cancelled",
    };
    json!({
        "id": order.stamps.id,
        "ordernum": order.number(),
        "customer_id": order.customer,
        "description": description(order),
        "amount": money(order.total),
        "subtotal": money(order.total - order.tax),
        "order_date": date_time(order.stamps.created_at, view.zone),
        "status": stage,
        "currencyid": order.currency,
        "currencycnratio": ratio(order.ratio),
        "currency": order.iso.code(),
        "pid": if shown.of_main_reseller { 0 } else { order.reseller },
        "invoice_num": order.invoice.as_ref().and_then(|(_, number)| number.clone()),
        "base_sub_total": two_places(Money { minor: order.base_net, currency: order.base }),
        "discount": money(order.discount),
        "current_balance": money(shown.balance),
        "order_item": order.items.iter().enumerate().map(|(place, one)| item(order, place, one)).collect::<Vec<_>>(),
        "company_info": shown.customer.as_ref().and_then(|(customer, _)| customer.text(Text::Company)),
    })
}

/// `1.) Studio Billing Cycle : Monthly`, as invoices describe their lines.
fn description(order: &Order) -> String {
    let one = |(place, item): (usize, &Item)| {
        let cycle = item.cycle.word().filter(|_| item.what == What::Service);
        let cycle = cycle.map(|cycle| format!(" Billing Cycle : {cycle}")).unwrap_or_default();
        format!("{}.) {}{cycle}", place + 1, item.description)
    };
    order.items.iter().enumerate().map(one).collect::<Vec<_>>().join(" ")
}

fn item(order: &Order, place: usize, item: &Item) -> Value {
    let money = |minor| two_places(order.money(minor));
    let id = order.stamps.id * 1000 + place as u64 + 1;
    // A domain's price is less its discount already. There is no column for the setup fee, nor for the days before
    // the first whole period: they are part of the price.
    let off = item.gross() - item.amount;
    let net = item.gross() - item.discount;
    let part = item.part / i64::from(item.quantity.max(1));
    let terms = Terms {
        currency: order.iso,
        base: order.base,
        ratio: order.ratio,
        inclusive: false,
        rounding: Rounding::Lines,
    };
    let base = in_base(net, &terms).unwrap_or(0);
    let quantity = Decimal::from(item.quantity);
    json!({
        "id": id,
        "type": if item.what == What::Domain { "domain" } else { "other" },
        "description": item.description,
        "quantity": shared::machinery::dialect::number(quantity),
        "per_unit_price": money(item.unit + item.setup_fee + part + off),
        "subtotal": money(item.gross()),
        "discount": money(item.discount),
        "amount": money(net),
        "billingcycle": item.cycle.word(),
        "planid": item.product,
        "serviceid": 0,
        "base_sub_total": two_places(Money { minor: base, currency: order.base }),
        "order_item_taxes": plain_tax_rows(order.iso, id, &item.taxes),
    })
}
