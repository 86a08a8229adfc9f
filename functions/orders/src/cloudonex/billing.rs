//! `POST /billing/run` and `/settings`.

use invoices::cloudonex::amount;
use serde_json::{Map, Value, json};
use shared::domain::billing::report::{Action, Failure, Planned, Report};
use shared::domain::billing::run::{MOST_COMMITS, RUN, Run};
use shared::domain::books::seller::{self, Fact, Seller};
use shared::domain::books::settings::{Change, GET, Settings, UPDATE};
use shared::domain::books::vat::VatCategory;
use shared::domain::documents::sums::Rounding;
use shared::machinery::dialect::Dialect::Cloudonex;
use shared::machinery::dialect::word;
use shared::machinery::reader::Reader;
use shared::machinery::reply::{Reply, View};
use shared::machinery::route::Row;
use shared::words::patch::Patch;

use super::NAMES;

/// How taxes are rounded: each line's by itself, or each rate's once for the document.
const ROUNDINGS: &[(&str, Rounding)] = &[("line", Rounding::Lines), ("document", Rounding::Document)];
/// The most days that a setting may name.
const MOST_DAYS: i64 = 365;

pub(super) fn rows() -> Vec<Row> {
    const SETTINGS: &str = "/api/v2/settings";
    vec![
        Row::new(Cloudonex, "POST", "/api/v2/billing/run", &RUN, read_run, write_report, NAMES),
        Row::new(Cloudonex, "GET", SETTINGS, &GET, |_| (), |_, one| Reply::one(settings(&one)), NAMES),
        Row::new(Cloudonex, "PUT", SETTINGS, &UPDATE, read_settings, |_, one| Reply::one(settings(&one)), NAMES),
    ]
}

fn read_run(r: &mut Reader<'_>) -> Run {
    let most = i64::try_from(MOST_COMMITS).unwrap_or(i64::MAX);
    let commits = r.integer("commits").within(1, most).optional().and_then(|n| u64::try_from(n).ok());
    let dry = r.flag("dry_run").present().unwrap_or(false);
    Run { until: r.date("until").optional(), commits: commits.unwrap_or(MOST_COMMITS), dry }
}

fn write_report(_: View, report: Report) -> Reply {
    let message = match (report.dry, report.complete) {
        (false, true) => "Billing run complete",
        (false, false) => "More is due: run again",
        (true, true) => "Nothing was written: this is what a billing run would do",
        (true, false) => "Nothing was written: this is the beginning of what a billing run would do",
    };
    Reply::one(told(&report)).message(message)
}

/// A report, as answers and the command line show it.
pub(crate) fn told(report: &Report) -> Value {
    let failure = |one: &Failure| json!({"type": one.what, "id": one.id, "message": one.why});
    let mut value = json!({
        "until": report.until.to_string(),
        "complete": report.complete,
        "invoices": report.invoices,
        "charges": report.charges,
        "suspended": report.suspended,
        "terminated": report.terminated,
        "ended": report.ended,
        "expired": report.expired,
        "failed": report.failed,
        "failures": report.failures.iter().map(failure).collect::<Vec<_>>(),
    });
    if let Some(members) = value.as_object_mut().filter(|_| report.dry) {
        members.insert("dry_run".into(), true.into());
        members.insert("would".into(), would(&report.planned));
    }
    value
}

/// What would be done, in a list for each kind of it.
fn would(planned: &[Planned]) -> Value {
    const ACTIONS: [(&str, Action); 7] = [
        ("issue", Action::Issue),
        ("charge", Action::Charge),
        ("suspend", Action::Suspend),
        ("terminate", Action::Terminate),
        ("end", Action::End),
        ("expire", Action::Expire),
        ("cancel", Action::Cancel),
    ];
    let list = |action: Action| planned.iter().filter(|one| one.action == action).map(step).collect::<Vec<_>>();
    ACTIONS.iter().map(|(name, action)| ((*name).to_owned(), list(*action).into())).collect::<Map<_, _>>().into()
}

fn step(one: &Planned) -> Value {
    let mut value = json!({"type": one.what, "id": one.id});
    if let (Some(members), Some(invoice)) = (value.as_object_mut(), one.invoice) {
        members.insert("invoice_id".into(), invoice.into());
    }
    if let (Some(members), Some(asked)) = (value.as_object_mut(), &one.asked) {
        members.insert("customer_id".into(), asked.customer.into());
        members.insert("description".into(), asked.description.clone().into());
        members.insert("date".into(), asked.date.to_string().into());
        members.insert("due_date".into(), asked.due.map(|due| due.to_string()).into());
        members.insert("currency".into(), asked.total.currency.code().into());
        members.insert("amount".into(), amount(asked.total.currency, asked.total.minor));
    }
    value
}

fn read_settings(r: &mut Reader<'_>) -> Change {
    let mut days = |name: &str| {
        let patch = r.integer(name).within(0, MOST_DAYS).patch();
        patch.map(|days| u32::try_from(days).unwrap_or_default())
    };
    let invoice = days("invoice_days");
    let (suspend_days, terminate_days) = (days("suspend_days"), days("terminate_days"));
    let invoice_days = match invoice {
        Patch::Set(days) => Some(days),
        Patch::Keep | Patch::Clear => None,
    };
    let credit_auto_payment = r.flag("credit_auto_payment").present();
    let lead_capture = r.flag("lead_capture").present();
    let tax_rounding = r.choice("tax_rounding", ROUNDINGS).present();
    let seller = read_seller(r);
    Change { invoice_days, suspend_days, terminate_days, credit_auto_payment, lead_capture, tax_rounding, seller }
}

fn read_seller(r: &mut Reader<'_>) -> seller::Change {
    let mut entry = r.object("seller");
    let facts = Fact::ALL.iter().map(|(name, fact, most)| (*fact, entry.text(name).max(*most).patch())).collect();
    let untaxed = entry.choice("untaxed_category", &VatCategory::CODES).patch();
    r.absorb(entry);
    seller::Change { facts, untaxed }
}

fn seller(seller: &Seller) -> Value {
    let facts = Fact::ALL.iter().map(|(name, fact, _)| ((*name).to_owned(), seller.fact(*fact).into()));
    let untaxed = ("untaxed_category".to_owned(), seller.untaxed.map(VatCategory::code).into());
    facts.chain([untaxed]).collect::<Map<_, _>>().into()
}

fn settings(settings: &Settings) -> Value {
    json!({
        "invoice_days": settings.invoice_days,
        "suspend_days": settings.suspend_days,
        "terminate_days": settings.terminate_days,
        "credit_auto_payment": settings.credit_auto_payment,
        "lead_capture": settings.lead_capture,
        "tax_rounding": word(ROUNDINGS, &settings.tax_rounding),
        "seller": seller(&settings.seller),
    })
}
