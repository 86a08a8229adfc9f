//! A whole billing run of a tenant, as its schedule or its operator asks for it: request after request, each the
//! same as `POST /api/v2/billing/run`, until nothing is due; or, without writing anything, what that would do.

use std::time::Duration;

use serde_json::{Value, json};
use shared::domain::billing::run::{RUN, Run};
use shared::machinery::app::App;
use shared::machinery::caller::{Caller, Tenant};
use shared::machinery::command::{Operator, request};
use shared::machinery::operation::Working;
use shared::machinery::request::Request;
use shared::words::error::{Error, Result};
use shared::words::time::Zone;

use crate::cloudonex::told;

/// The counts of a report, which add up over requests.
const COUNTS: [&str; 7] = ["invoices", "charges", "suspended", "terminated", "ended", "expired", "failed"];

/// How often a request is sent again when others write too much.
const MOST_AGAIN: u32 = 30;

/// Run a tenant's billing until a day (today when missing). `tell` hears the report so far after each request.
pub async fn run(
    app: &App,
    tenant: &Tenant,
    until: Option<&str>,
    tell: &mut (dyn FnMut(&Value) + Send),
) -> Result<Value> {
    let caller = Caller::operator(tenant.clone(), "billing", Zone::UTC);
    let body = until.map_or_else(|| json!({}), |until| json!({"until": until}));
    let request = Request {
        headers: vec![("content-type".into(), "application/json".into())],
        body: body.to_string().into_bytes(),
        ..request(caller, "POST", "/api/v2/billing/run")?
    };
    let mut whole = json!({"tenant": tenant.id(), "failures": []});
    let mut again = 0;
    loop {
        let response = Box::pin(app.handle(&request)).await;
        // Too many others write, or the store does not answer: nothing has happened, and the same request may be sent
        // again. Where nobody knows, there is no such header, and the run ends: what it did is in no report.
        let rest = response.header("retry-after").and_then(|seconds| seconds.parse().ok());
        if let (503, Some(seconds), true) = (response.status, rest, again < MOST_AGAIN) {
            again += 1;
            tokio::time::sleep(Duration::from_secs(seconds)).await;
            continue;
        }
        again = 0;
        let answer: Value = serde_json::from_slice(&response.body).unwrap_or_default();
        if response.status != 200 {
            let message = answer["message"].as_str().unwrap_or("no answer").to_owned();
            let errors = answer.get("errors").map(|errors| format!(" {errors}")).unwrap_or_default();
            return Err(Error::internal(format!("the billing run of {}: {message}{errors}", tenant.id())));
        }
        let report = &answer["data"];
        for name in COUNTS {
            let sum = whole[name].as_u64().unwrap_or(0) + report[name].as_u64().unwrap_or(0);
            whole[name] = sum.into();
        }
        if let (Some(all), Some(more)) = (whole["failures"].as_array_mut(), report["failures"].as_array()) {
            all.extend(more.iter().cloned());
            all.truncate(50);
        }
        (whole["until"], whole["complete"]) = (report["until"].clone(), report["complete"].clone());
        tell(&whole);
        if report["complete"] == true {
            return Ok(whole);
        }
    }
}

/// What a run would do, to its end: its report, with nothing written.
///
/// # Errors
///
/// When the day is none, or the table cannot be read.
pub async fn rehearse(app: &App, tenant: &Tenant, until: Option<&str>) -> Result<Value> {
    let day = |text: &str| text.parse().map_err(|_| Error::internal(format!("{text:?} is no day")));
    let until = until.map(day).transpose()?;
    let operator = Operator { tenant: tenant.clone(), command: "billing", zone: Zone::UTC };
    let run = Run { until, commits: u64::MAX, dry: true };
    let report = operator.carry_out(app, &RUN, &run, &|_, _| Ok(())).await?;
    let mut told = told(&report);
    if let Some(members) = told.as_object_mut() {
        members.insert("tenant".into(), tenant.id().into());
    }
    Ok(told)
}

/// The answer to an event.
pub fn answer<'a>(app: &'a App, event: &'a Value) -> Working<'a, Value> {
    Box::pin(async move {
        let tenant = event["tenant"].as_str().and_then(Tenant::named);
        let tenant = tenant.ok_or_else(|| Error::internal("the event names no tenant"))?;
        let until = event["until"].as_str();
        if event["dry_run"] == true {
            return rehearse(app, &tenant, until).await;
        }
        run(app, &tenant, until, &mut |_| {}).await
    })
}
