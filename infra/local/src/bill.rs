//! `bill`: issue what is due, and see to what was not paid.

use std::io::Write;

use serde_json::Value;
use shared::machinery::app::App;
use shared::machinery::caller::Tenant;
use shared::machinery::keys;
use shared::words::time::Date;

use crate::print;

/// Bill some tenants until a day. What could not be billed makes it fail, so that a script hears of it.
pub(crate) async fn bill(app: &App, tenants: Vec<String>, until: Option<Date>, json: bool) -> Result<(), String> {
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
        let report = orders::run::run(app, &tenant, until.as_deref(), &mut tell).await;
        reports.push(report.map_err(|e| e.logged.unwrap_or_else(|| format!("{:?}", e.told)))?);
    }
    if json {
        print(&serde_json::to_string_pretty(&reports).unwrap_or_default())?;
    }
    for report in reports.iter().filter(|_| !json) {
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
