//! A billing run: commit after commit, until nothing is left to look at, or for as long as one request may take.

use serde::{Deserialize, Serialize};

use crate::domain::billing::{domains, renewals, unpaid};
use crate::domain::documents::desk::Desk;
use crate::domain::documents::entity::Kind;
use crate::domain::tenants::own;
use crate::machinery::changes::Changes;
use crate::machinery::operation::{Context, Done, Op, Scope};
use crate::words::error::{Error, Result, Told};
use crate::words::time::{Date, Day, Duration};

/// Issue what is due by a day, and see to what was not paid.
pub static RUN: Op<Run, Report> =
    Op::write("billing.run", "billing_run", Scope::Tenant, |cx, run| Box::pin(work(cx, run)));

/// The most commits of one request: some seconds' work, well below what a function may take.
pub const MOST_COMMITS: u64 = 50;
/// The most failures that a report names.
const MOST_FAILURES: usize = 50;

/// What to do.
#[derive(Debug, Clone, Default)]
pub struct Run {
    /// By which day; today when missing.
    pub until: Option<Date>,
    /// After how many commits to stop and tell how far it came.
    pub commits: u64,
}

/// What a run did.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// By which day.
    pub until: Date,
    /// Invoices issued.
    pub invoices: u64,
    /// Charges made.
    pub charges: u64,
    /// Services ended since their time was over.
    pub ended: u64,
    /// Services suspended.
    pub suspended: u64,
    /// Services terminated.
    pub terminated: u64,
    /// Registered domains that expired.
    pub expired: u64,
    /// What could not be done, and is tried again the day after.
    pub failed: u64,
    /// The first of those.
    pub failures: Vec<Failure>,
    /// Commits made.
    pub commits: u64,
    /// Whether nothing is left to do by that day.
    pub complete: bool,
}

/// Something that could not be done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// What (`service`, `registrant`).
    pub what: String,
    /// Its id.
    pub id: u64,
    /// Why not.
    pub why: String,
}

impl Report {
    /// Note something that could not be done for a reason the tenant can mend; anything else is an error.
    pub(crate) fn fail(&mut self, what: &str, id: u64, error: Error) -> Result<()> {
        let why = match &error.told {
            Told::Refused { text, .. } => text.clone(),
            Told::Invalid(violations) => {
                let one =
                    |violation: &crate::words::error::Violation| format!("{}: {:?}", violation.field, violation.rule);
                violations.iter().map(one).collect::<Vec<_>>().join(", ")
            }
            _ => return Err(error),
        };
        self.failed += 1;
        if self.failures.len() < MOST_FAILURES {
            self.failures.push(Failure { what: what.to_owned(), id, why });
        }
        Ok(())
    }
}

/// Until which beginning of a period a run looks ahead.
pub(crate) fn horizon(desk: &Desk<'_>, report: &Report) -> Date {
    report.until.checked_add_signed(lead(desk)).unwrap_or(report.until)
}

/// The date and the due date of the invoice of a period: it bears the day on which a daily run would have issued it,
/// or today where that is past, and is due when the period begins.
pub(crate) fn dates(desk: &Desk<'_>, begin: Day) -> (Day, Day) {
    let today = desk.today();
    let scheduled = begin.date.checked_sub_signed(lead(desk));
    let scheduled = scheduled.and_then(|date| Day::midnight(date, desk.tenant.timezone));
    let day = scheduled.filter(|day| day.date > today.date).unwrap_or(today);
    (day, if begin.date >= day.date { begin } else { day })
}

fn lead(desk: &Desk<'_>) -> Duration {
    Duration::days(i64::from(desk.books.settings.invoice_days))
}

async fn work(cx: &Context, run: &Run) -> Result<Done<Report>> {
    let mut report = match &cx.progress {
        Some(progress) => {
            serde_json::from_value(progress.clone()).map_err(|e| Error::internal(format!("billing: {e}")))?
        }
        None => {
            let until = match run.until {
                Some(until) => until,
                None => own(cx).await?.today(cx).date,
            };
            Report { until, ..Report::default() }
        }
    };
    if report.commits >= run.commits {
        return Ok(Done::read(report));
    }
    match step(cx, &mut report).await? {
        Some(changes) => {
            report.commits += 1;
            let progress = serde_json::to_value(&report).map_err(|e| Error::internal(format!("billing: {e}")))?;
            Ok(Done { answer: report, changes, progress: Some(progress) })
        }
        None => {
            report.complete = true;
            Ok(Done::read(report))
        }
    }
}

/// The next commit; nothing when there is nothing left to look at.
async fn step(cx: &Context, report: &mut Report) -> Result<Option<Changes>> {
    let (desk, _) = Desk::open(cx, &[Kind::Invoice, Kind::DebitNote, Kind::CreditNote], None, &[]).await?;
    let desk = match renewals::step(cx, desk, report).await? {
        Step::Commit(changes) => return Ok(Some(changes)),
        Step::Nothing(desk) => *desk,
    };
    let desk = match domains::step(cx, desk, report).await? {
        Step::Commit(changes) => return Ok(Some(changes)),
        Step::Nothing(desk) => *desk,
    };
    match unpaid::step(cx, desk, report).await? {
        Step::Commit(changes) => Ok(Some(changes)),
        Step::Nothing(_) => Ok(None),
    }
}

/// What came of looking.
pub(crate) enum Step<'c> {
    /// Something to commit.
    Commit(Changes),
    /// Nothing to do; the desk for whoever looks next.
    Nothing(Box<Desk<'c>>),
}
