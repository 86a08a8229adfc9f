//! `bill`: issue what is due, and see to what was not paid.

use std::io::Write;

use serde_json::Value;
use shared::machinery::app::App;
use shared::machinery::caller::Tenant;
use shared::machinery::keys;
use shared::words::time::Date;

use crate::print;

/// Bill some tenants until a day, or say what that would do. What could not be billed makes it fail, so that a script
/// hears of it.
pub(crate) async fn bill(
    app: &App,
    tenants: Vec<String>,
    until: Option<Date>,
    dry: bool,
    json: bool,
) -> Result<(), String> {
    if tenants.is_empty() {
        return Err("name the tenants to bill".into());
    }
    let until = until.map(|day| day.to_string());
    let mut reports = Vec::new();
    for tenant in tenants {
        let tenant = Tenant::named(&tenant).ok_or_else(|| format!("{tenant:?} is no tenant's id"))?;
        let there = app.store.get_items(&[keys::tenant(&tenant)]).await.map_err(|e| e.logged.unwrap_or_default())?;
        if there.first().is_none_or(Option::is_none) {
            return Err(format!("there is no tenant {}", tenant.id()));
        }
        let mut tell = |report: &Value| {
            let _ = writeln!(std::io::stderr(), "{}", line(report));
        };
        let report = if dry {
            orders::run::rehearse(app, &tenant, until.as_deref()).await
        } else {
            orders::run::run(app, &tenant, until.as_deref(), &mut tell).await
        };
        reports.push(report.map_err(|e| e.logged.unwrap_or_else(|| format!("{:?}", e.told)))?);
    }
    if json {
        print(&serde_json::to_string_pretty(&reports).unwrap_or_default())?;
    }
    for report in reports.iter().filter(|_| !json) {
        for (action, one) in planned(report) {
            print(&format!("{}: would {action} {}", text(report), step(one)))?;
        }
        for one in report["failures"].as_array().into_iter().flatten() {
            let why = one["message"].as_str().unwrap_or_default();
            print(&format!("{}: {} {}: {why}", text(report), one["type"].as_str().unwrap_or_default(), one["id"]))?;
        }
        print(&line(report))?;
    }
    match reports.iter().filter_map(|report| report["failed"].as_u64()).sum::<u64>() {
        0 => Ok(()),
        count => Err(format!("{count} could not be billed, and will be tried again on another day")),
    }
}

/// What would be done, one by one.
fn planned(report: &Value) -> impl Iterator<Item = (&String, &Value)> {
    let lists = report["would"].as_object().into_iter().flatten();
    lists.flat_map(|(action, list)| list.as_array().into_iter().flatten().map(move |one| (action, one)))
}

fn step(one: &Value) -> String {
    let word = |name: &str| one[name].as_str().unwrap_or_default();
    let what = format!("{} {}", word("type"), one["id"]);
    if one["amount"].is_null() {
        let invoice = one["invoice_id"].as_u64().map(|id| format!(", since invoice {id} is not paid"));
        return what + &invoice.unwrap_or_default();
    }
    let due = one["due_date"].as_str().map(|due| format!(", due {due}")).unwrap_or_default();
    format!("{what}: {} {}, dated {}{due}: {}", word("currency"), one["amount"], word("date"), word("description"))
}

fn text(report: &Value) -> &str {
    report["tenant"].as_str().unwrap_or_default()
}

fn line(report: &Value) -> String {
    let count = |name: &str| report[name].as_u64().unwrap_or(0);
    format!(
        "{}: until {}: {} invoices, {} charges, {} suspended, {} terminated, {} ended, {} expired, {} failed",
        text(report),
        report["until"].as_str().unwrap_or_default(),
        count("invoices"),
        count("charges"),
        count("suspended"),
        count("terminated"),
        count("ended"),
        count("expired"),
        count("failed")
    )
}
