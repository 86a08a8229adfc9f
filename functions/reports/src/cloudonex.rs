//! `/reports/*` (contract cloudonex §8.9 for `financial`; the others in its habits).

use serde_json::{Value, json};
use shared::domain::reports::figures::{
    Aged, BUCKETS, FINANCIAL, Financial, Period, RECEIVABLES, REVENUE, Receivables, Revenue, Sum, TRIAL_BALANCE,
};
use shared::domain::reports::statement::{Asked, STATEMENT, Statement};
use shared::domain::tenants::CurrencyRef;
use shared::machinery::dialect::Dialect::Cloudonex;
use shared::machinery::dialect::cloudonex::days;
use shared::machinery::dialect::number;
use shared::machinery::reader::Reader;
use shared::machinery::reply::{Reply, View};
use shared::machinery::route::Row;
use shared::words::money::Money;

const NAMES: &[(&str, &str)] = &[("customer", "customer_id")];

pub(crate) fn rows() -> Vec<Row> {
    vec![
        Row::new(Cloudonex, "GET", "/api/v2/reports/financial", &FINANCIAL, read_period, write_financial, NAMES),
        Row::new(
            Cloudonex,
            "GET",
            "/api/v2/reports/revenue",
            &REVENUE,
            |r| r.filter_date("as_of").optional(),
            write_revenue,
            NAMES,
        ),
        Row::new(Cloudonex, "GET", "/api/v2/reports/statement", &STATEMENT, read_statement, write_statement, NAMES),
        Row::new(Cloudonex, "GET", "/api/v2/reports/receivables", &RECEIVABLES, read_aged, write_receivables, NAMES),
        Row::new(Cloudonex, "GET", "/api/v2/reports/trial-balance", &TRIAL_BALANCE, |_| (), write_trial, NAMES),
    ]
}

fn read_period(r: &mut Reader<'_>) -> Period {
    let year = r.integer("year").within(1, 9999).optional().and_then(|year| i32::try_from(year).ok());
    let month = r.integer("month").within(1, 12).optional().and_then(|month| u32::try_from(month).ok());
    Period { year, month }
}

fn write_financial(_: View, report: Financial) -> Reply {
    let profit = Money { minor: report.income.minor - report.expenses.minor, ..report.income };
    Reply::one(json!({
        "income": number(report.income),
        "expenses": number(report.expenses),
        "profit": number(profit),
        "outstanding_invoices": number(report.outstanding),
        "currency": report.income.currency.code(),
    }))
}

fn write_revenue(_: View, report: Revenue) -> Reply {
    let months: Vec<Value> = report
        .months
        .iter()
        .map(|one| {
            json!({"month": one.month.short(), "recognised": number(one.recognised), "deferred": number(one.deferred)})
        })
        .collect();
    Reply::one(json!({
        "as_of": report.as_of.to_string(),
        "currency": report.recognised.currency.code(),
        "recognised": number(report.recognised),
        "deferred": number(report.deferred),
        "months": months,
    }))
}

fn read_statement(r: &mut Reader<'_>) -> Asked {
    let customer = r.id("customer_id").required();
    let (from, to) = days(r);
    Asked { customer, from, to, currency: r.text("currency").max(3).optional().map(CurrencyRef::Code) }
}

fn write_statement(_: View, report: Statement) -> Reply {
    let lines: Vec<Value> = report
        .lines
        .iter()
        .map(|line| {
            // `invoice 7`: what it is and its id.
            let (kind, id) = line.of.split_once(' ').unwrap_or((line.of.as_str(), ""));
            json!({"date": line.date.to_string(), "type": kind, "id": id.parse::<u64>().ok(), "number": line.number,
                "event": line.event, "amount": number(line.change), "balance": number(line.balance)})
        })
        .collect();
    let day = |day: Option<shared::words::time::Date>| day.map(|day| day.to_string());
    Reply::one(json!({
        "customer_id": report.customer,
        "date_from": day(report.days.0),
        "date_to": day(report.days.1),
        "currency": report.opening.currency.code(),
        "opening_balance": number(report.opening),
        "closing_balance": number(report.closing),
        "lines": lines,
    }))
}

fn read_aged(r: &mut Reader<'_>) -> Aged {
    Aged { as_of: r.filter_date("as_of").optional(), customer: r.id("customer_id").optional() }
}

fn write_receivables(_: View, report: Receivables) -> Reply {
    let bucket = |((from, to), amount): ((i64, i64), Money)| {
        let to = (to != i64::MAX).then_some(to);
        json!({"from_days": from, "to_days": to, "amount": number(amount)})
    };
    let overdue: Vec<Value> = BUCKETS.into_iter().zip(report.overdue).map(bucket).collect();
    Reply::one(json!({
        "as_of": report.as_of.to_string(),
        "currency": report.total.currency.code(),
        "current": number(report.current),
        "overdue": overdue,
        "total": number(report.total),
        "unallocated_credit": number(report.credit),
    }))
}

fn write_trial(_: View, sums: Vec<Sum>) -> Reply {
    let row = |sum: &Sum| {
        let none = Money { minor: 0, ..sum.amount };
        let (debit, credit) = if sum.amount.minor >= 0 {
            (sum.amount, none)
        } else {
            (none, Money { minor: -sum.amount.minor, ..sum.amount })
        };
        json!({"account": sum.account, "class": sum.class, "currency": sum.amount.currency.code(),
            "debit": number(debit), "credit": number(credit)})
    };
    let (base, own): (Vec<&Sum>, Vec<&Sum>) = sums.iter().partition(|sum| sum.in_base);
    let rows = |sums: Vec<&Sum>| sums.into_iter().map(row).collect::<Vec<_>>();
    Reply::one(json!({"accounts": rows(own), "in_base_currency": rows(base)}))
}
