//! What an import did: for people as lines, for programs as JSON.

use std::collections::BTreeMap;

use serde::Serialize;

/// The most reasons that are kept of one kind; more are only counted.
pub(super) const MOST_REASONS: usize = 200;

/// What became of the records of one kind.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Count {
    /// Read from the system.
    pub read: u64,
    /// Made here.
    pub created: u64,
    /// Made by an earlier run, or here already under the same name.
    pub known: u64,
    /// Left out.
    pub skipped: u64,
    /// Refused by our own rules.
    pub failed: u64,
}

/// Why a record was left out or refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reason {
    /// The kind of record.
    pub kind: String,
    /// Its id in the other system.
    pub id: String,
    /// Why.
    pub reason: String,
}

/// What an import did.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// The tenant.
    pub tenant: String,
    /// The system.
    pub from: String,
    /// By kind of record.
    pub kinds: BTreeMap<String, Count>,
    /// Balances that the system tells and that were compared with those here …
    pub balances: u64,
    /// … and those that differ, in words.
    pub differences: Vec<String>,
    /// Why records were left out, the first of them.
    pub skipped: Vec<Reason>,
    /// Why records were refused, the first of them.
    pub failed: Vec<Reason>,
}

impl Report {
    /// The report in lines.
    pub fn lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        for (kind, count) in &self.kinds {
            let Count { read, created, known, skipped, failed } = count;
            lines.push(format!(
                "{kind}: {read} read, {created} created, {known} known, {skipped} skipped, {failed} failed"
            ));
        }
        for (what, reasons) in [("skipped", &self.skipped), ("failed", &self.failed)] {
            lines.extend(reasons.iter().map(|one| format!("{what}: {} {}: {}", one.kind, one.id, one.reason)));
        }
        if self.balances > 0 {
            let same = self.balances - self.differences.len() as u64;
            lines.push(format!("balances: {same} of {} are the same here and there", self.balances));
        }
        lines.extend(self.differences.iter().map(|one| format!("differs: {one}")));
        lines
    }

    /// Records that were made.
    pub fn created(&self) -> u64 {
        self.kinds.values().map(|count| count.created).sum()
    }

    /// Records that were refused.
    pub fn refused(&self) -> u64 {
        self.kinds.values().map(|count| count.failed).sum()
    }

    pub(super) fn count(&mut self, kind: &str) -> &mut Count {
        self.kinds.entry(kind.to_owned()).or_default()
    }

    pub(super) fn skip(&mut self, kind: &str, id: &str, reason: &str) {
        self.count(kind).skipped += 1;
        if self.skipped.len() < MOST_REASONS {
            self.skipped.push(Reason { kind: kind.to_owned(), id: id.to_owned(), reason: reason.to_owned() });
        }
    }

    pub(super) fn fail(&mut self, kind: &str, id: &str, reason: String) {
        self.count(kind).failed += 1;
        if self.failed.len() < MOST_REASONS {
            self.failed.push(Reason { kind: kind.to_owned(), id: id.to_owned(), reason });
        }
    }
}
