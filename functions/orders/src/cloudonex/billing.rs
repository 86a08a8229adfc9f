//! `POST /billing/run` and `/settings`.

use serde_json::{Map, Value, json};
use shared::domain::billing::run::{MOST_COMMITS, RUN, Report, Run};
use shared::domain::books::seller::{self, Fact, Seller};
use shared::domain::books::settings::{Change, GET, Settings, UPDATE};
use shared::domain::books::vat::VatCategory;
use shared::machinery::dialect::Dialect::Cloudonex;
use shared::machinery::reader::Reader;
use shared::machinery::reply::{Reply, View};
use shared::machinery::route::Row;
use shared::words::patch::Patch;

use super::NAMES;

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
    Run { until: r.date("until").optional(), commits: commits.unwrap_or(MOST_COMMITS) }
}

fn write_report(_: View, report: Report) -> Reply {
    let message = if report.complete { "Billing run complete" } else { "More is due: run again" };
    Reply::one(json!({
        "until": report.until.to_string(),
        "complete": report.complete,
        "invoices": report.invoices,
        "charges": report.charges,
        "suspended": report.suspended,
        "terminated": report.terminated,
        "ended": report.ended,
        "expired": report.expired,
        "failed": report.failed,
        "failures": report.failures.iter().map(|one| json!({"type": one.what, "id": one.id, "message": one.why})).collect::<Vec<_>>(),
    }))
    .message(message)
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
    let seller = read_seller(r);
    Change { invoice_days, suspend_days, terminate_days, credit_auto_payment, lead_capture, seller }
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
        "seller": seller(&settings.seller),
    })
}
