//! What a billing run did, or would do.

use serde::{Deserialize, Serialize};

use crate::domain::documents::entity::Document;
use crate::machinery::operation::Context;
use crate::words::error::{Error, Result, Told, Violation};
use crate::words::money::Money;
use crate::words::time::Date;

/// The most failures that a report names.
const MOST_FAILURES: usize = 50;

/// What a run did.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// By which day.
    pub until: Date,
    /// Whether nothing of it was written.
    #[serde(default)]
    pub dry: bool,
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
    /// What would be done, one by one, where nothing was written.
    #[serde(default)]
    pub planned: Vec<Planned>,
}

/// Something that could not be done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// What (`service`, `registrant`, `invoice`).
    pub what: String,
    /// Its id.
    pub id: u64,
    /// Why not.
    pub why: String,
}

/// What is done to something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// An invoice is issued for it.
    Issue,
    /// A charge is made for it.
    Charge,
    /// It is suspended.
    Suspend,
    /// It is terminated, since it was not paid.
    Terminate,
    /// It ends, since its time is over.
    End,
    /// It expires.
    Expire,
    /// An invoice that nobody has to pay any more is cancelled.
    Cancel,
}

/// Something that would be done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Planned {
    /// What would be done …
    pub action: Action,
    /// … to which kind of thing (`service`, `registrant`, `invoice`) …
    pub what: String,
    /// … with which id.
    pub id: u64,
    /// The unpaid invoice that is the reason.
    pub invoice: Option<u64>,
    /// What would be asked for.
    pub asked: Option<Asked>,
}

/// What an invoice or a charge would ask for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    /// Of whom.
    pub customer: Option<u64>,
    /// What for.
    pub description: String,
    /// Its date.
    pub date: Date,
    /// When it would be due.
    pub due: Option<Date>,
    /// The total with its taxes.
    pub total: Money,
}

impl Report {
    /// Note something that could not be done. What only a moment later can bring is an error of the whole run.
    pub(crate) fn fail(&mut self, cx: &Context, what: &'static str, id: u64, error: Error) -> Result<()> {
        let why = match &error.told {
            Told::Refused { text, .. } => text.clone(),
            Told::Invalid(violations) => {
                let one = |violation: &Violation| format!("{}: {:?}", violation.field, violation.rule);
                violations.iter().map(one).collect::<Vec<_>>().join(", ")
            }
            Told::NotFound { entity, id } => format!("The {entity} {id} does not exist"),
            Told::Internal => {
                let (tenant, trouble) = (cx.tenant().id(), error.logged.as_deref().unwrap_or_default());
                tracing::error!(tenant, what, id, trouble, "a step of a billing run failed");
                "Unexpected: it was logged".to_owned()
            }
            _ => return Err(error),
        };
        self.failed += 1;
        if self.failures.len() < MOST_FAILURES {
            self.failures.push(Failure { what: what.to_owned(), id, why });
        }
        Ok(())
    }

    /// Note what is done, where it is only told.
    pub(crate) fn plan(&mut self, action: Action, what: &'static str, id: u64, invoice: Option<u64>) {
        if self.dry {
            self.planned.push(Planned { action, what: what.to_owned(), id, invoice, asked: None });
        }
    }

    /// Note what is asked for, where it is only told.
    pub(crate) fn plan_document(&mut self, action: Action, what: &'static str, id: u64, made: &Document) {
        if self.dry {
            let line = made.lines.first().map(|line| line.description.clone());
            let asked = Asked {
                customer: made.customer,
                description: line.unwrap_or_else(|| made.description.clone()),
                date: made.day.date,
                due: made.due.map(|due| due.date),
                total: made.money(made.sums.total),
            };
            self.planned.push(Planned { action, what: what.to_owned(), id, invoice: None, asked: Some(asked) });
        }
    }
}
