//! A billing run: commit after commit, until nothing is left to look at, or for as long as one request may take.

use serde_json::Value;

use crate::domain::agenda::Row;
use crate::domain::billing::report::Report;
use crate::domain::billing::{domains, renewals, unpaid};
use crate::domain::documents::desk::Desk;
use crate::domain::documents::entity::Kind;
use crate::domain::settlement::settle;
use crate::domain::tenants::own;
use crate::machinery::changes::Changes;
use crate::machinery::operation::{Context, Done, Op, Scope};
use crate::words::error::{Error, Result};
use crate::words::time::{Date, Day, Duration};

/// Issue what is due by a day, and see to what was not paid.
pub static RUN: Op<Run, Report> =
    Op::write("billing.run", "billing_run", Scope::Tenant, |cx, run| Box::pin(work(cx, run)));

/// The most commits of one request: some seconds' work, well below what a function may take.
pub const MOST_COMMITS: u64 = 50;

/// What to do.
#[derive(Debug, Clone, Default)]
pub struct Run {
    /// By which day to issue; today when missing.
    pub until: Option<Date>,
    /// After how many commits to stop and tell how far it came.
    pub commits: u64,
    /// Whether nothing is written: what would be done is told.
    pub dry: bool,
}

/// The day by which is suspended and ended: what is not due yet is issued ahead, but nothing is taken from anybody
/// before its day.
pub(crate) fn present(desk: &Desk<'_>, report: &Report) -> Date {
    report.until.min(desk.today().date)
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
            Report { until, dry: run.dry, ..Report::default() }
        }
    };
    if run.dry {
        return rehearse(cx, run, report).await.map(Done::read);
    }
    if report.commits >= run.commits {
        return Ok(Done::read(report));
    }
    match step(cx, &mut report).await? {
        Some(changes) => {
            report.commits += 1;
            let progress: Value =
                serde_json::to_value(&report).map_err(|e| Error::internal(format!("billing: {e}")))?;
            Ok(Done { answer: report, changes, progress: Some(progress) })
        }
        None => {
            report.complete = true;
            Ok(Done::read(report))
        }
    }
}

/// The same steps on a draft of the table.
async fn rehearse(cx: &Context, run: &Run, mut report: Report) -> Result<Report> {
    let cx = Context { store: cx.store.draft(), ..cx.clone() };
    while report.commits < run.commits {
        match step(&cx, &mut report).await? {
            Some(changes) => {
                cx.store.commit(changes.checked()?, &cx.outside.fresh_id()).await?;
                report.commits += 1;
            }
            None => {
                report.complete = true;
                break;
            }
        }
    }
    Ok(report)
}

/// What is to be looked at in one commit.
pub(crate) enum Work {
    /// Services whose next period begins soon.
    Renewals(Vec<Row>),
    /// Services that were put off.
    Waiting(Vec<Row>),
    /// A registered domain that ends soon.
    Domain(Row),
    /// A registered domain that has ended, or was put off.
    Expiry(Row),
    /// An invoice that was not paid in time.
    Overdue(Row),
    /// One that was not paid after what lives on it was suspended.
    Lapsed(Row),
}

impl Work {
    fn rows(&self) -> &[Row] {
        match self {
            Self::Renewals(rows) | Self::Waiting(rows) => rows,
            Self::Domain(row) | Self::Expiry(row) | Self::Overdue(row) | Self::Lapsed(row) => std::slice::from_ref(row),
        }
    }

    /// Only the first of it.
    fn first(self) -> Self {
        let one = |mut rows: Vec<Row>| {
            rows.truncate(1);
            rows
        };
        match self {
            Self::Renewals(rows) => Self::Renewals(one(rows)),
            Self::Waiting(rows) => Self::Waiting(one(rows)),
            alone => alone,
        }
    }

    /// What one of it is, where it cannot be done.
    fn what(&self) -> &'static str {
        match self {
            Self::Renewals(_) | Self::Waiting(_) => "service",
            Self::Domain(_) | Self::Expiry(_) => "registrant",
            Self::Overdue(_) | Self::Lapsed(_) => "invoice",
        }
    }
}

async fn opened(cx: &Context) -> Result<Desk<'_>> {
    Ok(Desk::open(cx, &[Kind::Invoice, Kind::DebitNote, Kind::CreditNote], None, &[]).await?.0)
}

/// The next commit; nothing when there is nothing left to look at.
///
/// What cannot be done is named, put off, and hides nothing else: of several each is tried by itself. Only where the
/// putting off fails too, since the table does not answer, the run ends.
async fn step(cx: &Context, report: &mut Report) -> Result<Option<Changes>> {
    let desk = opened(cx).await?;
    let Some(work) = next(cx, &desk, report).await? else { return Ok(None) };
    let before = report.clone();
    let mut error = match attempt(cx, desk, &work, report).await {
        Ok(changes) => return Ok(Some(changes)),
        Err(error) => error,
    };
    report.clone_from(&before);
    let several = work.rows().len() > 1;
    let work = work.first();
    let Some(row) = work.rows().first() else { return Err(error) };
    if several {
        error = match attempt(cx, opened(cx).await?, &work, report).await {
            Ok(changes) => return Ok(Some(changes)),
            Err(error) => error,
        };
        report.clone_from(&before);
    }
    report.fail(cx, work.what(), row.note.id, error)?;
    let mut desk = opened(cx).await?;
    match &work {
        Work::Renewals(_) | Work::Waiting(_) => renewals::wait(cx, &mut desk, row, report)?,
        Work::Domain(_) | Work::Expiry(_) => domains::wait(cx, &mut desk, row, report)?,
        Work::Overdue(_) | Work::Lapsed(_) => unpaid::wait(cx, &mut desk, &work, row, report)?,
    }
    Ok(Some(settle(desk).await?))
}

/// What is to be looked at next.
async fn next(cx: &Context, desk: &Desk<'_>, report: &Report) -> Result<Option<Work>> {
    // What is barred is not asked for more: a run that comes late asks for no period that daily runs would not have.
    if let Some(work) = unpaid::next(cx, desk, report).await? {
        return Ok(Some(work));
    }
    if let Some(work) = renewals::next(cx, desk, report).await? {
        return Ok(Some(work));
    }
    domains::next(cx, desk, report).await
}

async fn attempt(cx: &Context, desk: Desk<'_>, work: &Work, report: &mut Report) -> Result<Changes> {
    match work {
        Work::Renewals(rows) => renewals::attempt(cx, desk, rows, report).await,
        Work::Waiting(rows) => renewals::resume(cx, desk, rows, report).await,
        Work::Domain(row) => domains::renewal(cx, desk, row, report).await,
        Work::Expiry(row) => domains::expiry(cx, desk, row, report).await,
        Work::Overdue(row) => unpaid::overdue(cx, desk, row, report).await,
        Work::Lapsed(row) => unpaid::lapsed(cx, desk, row, report).await,
    }
}
