//! The ticket and what was said to it.

use serde::{Deserialize, Serialize};

use crate::domain::records::{IndexRow, Record, Stamps, stamped};
use crate::machinery::keys::{Entity, TICKET};
use crate::words::error::{Error, Result};
use crate::words::time::Instant;

/// Where a ticket stands. CloudOnex knows three of these words, Billmora five.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// Nobody has answered yet.
    #[default]
    Open,
    /// The staff has said the last word so far.
    Answered,
    /// The customer has.
    CustomerReply,
    /// It waits for something else.
    OnHold,
    /// Done.
    Closed,
}

impl Status {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Open, Self::Answered, Self::CustomerReply, Self::OnHold, Self::Closed];

    /// The word, as index rows have it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Answered => "answered",
            Self::CustomerReply => "customer-reply",
            Self::OnHold => "on-hold",
            Self::Closed => "closed",
        }
    }
}

/// How much a ticket presses, from least to most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Priority {
    /// It can wait.
    Low,
    /// As usual.
    #[default]
    Medium,
    /// It should not wait.
    High,
    /// It must not wait.
    Critical,
}

impl Priority {
    /// Its place among them, from 0.
    pub fn rank(self) -> i64 {
        self as i64
    }
}

/// A ticket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ticket {
    /// Id, dates and version.
    pub stamps: Stamps,
    /// Who asks.
    pub customer: u64,
    /// The customer's reseller when it was made.
    pub reseller: u64,
    /// What it is about.
    pub subject: String,
    /// The department's name, as it was given.
    pub department: Option<String>,
    /// The department, where it is one of the tenant's.
    pub department_id: Option<u64>,
    /// Where it stands.
    pub status: Status,
    /// How much it presses.
    pub priority: Priority,
    /// The user who looks after it.
    pub assigned_to: Option<u64>,
    /// How many messages it has.
    pub messages: u64,
    /// How long they are together, in bytes.
    pub bytes: u64,
    /// When something was last said after the first message, UTC.
    pub last_reply_at: Option<Instant>,
    /// When it was closed, UTC.
    pub closed_at: Option<Instant>,
}

/// The most messages of a ticket.
pub const MOST_MESSAGES: u64 = 1000;
/// The most bytes of a ticket's messages: all of them fit one answer, in the dialect that shows all.
pub const MOST_BYTES: u64 = 2 * 1024 * 1024;

impl Ticket {
    /// Its number (`TKT-0001`): ids are dense, and so are the numbers made of them.
    pub fn number(&self) -> String {
        format!("TKT-{:04}", self.stamps.id)
    }

    /// Let it stand elsewhere. One that is closed remembers since when; one that is opened again forgets it.
    pub fn become_(&mut self, status: Status, now: Instant) {
        if status == Status::Closed {
            self.closed_at = self.closed_at.or(Some(now));
        } else {
            self.closed_at = None;
        }
        self.status = status;
    }

    /// Count a message in, or refuse it where there is no room.
    pub fn hear(&mut self, text: &str) -> Result<()> {
        let bytes = self.bytes + text.len() as u64;
        if self.messages >= MOST_MESSAGES || bytes > MOST_BYTES {
            let text = format!("A ticket has at most {MOST_MESSAGES} messages and {MOST_BYTES} bytes of them");
            return Err(Error::refused("ticket_full", text));
        }
        (self.messages, self.bytes) = (self.messages + 1, bytes);
        Ok(())
    }
}

impl Record for Ticket {
    const ENTITY: Entity = TICKET;
    const NAME: &'static str = "ticket";
    stamped!();

    fn index_row(&self) -> IndexRow {
        IndexRow {
            id: self.stamps.id,
            number: Some(self.number()),
            name: self.subject.clone(),
            status: self.status.word().to_owned(),
            reseller: Some(self.reseller),
            customer: Some(self.customer),
            parent: self.department_id,
            rank: self.priority.rank(),
            at: self.stamps.created_at,
            ..IndexRow::default()
        }
    }
}

/// Who said something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Author {
    /// The customer.
    Customer,
    /// This user.
    Staff(u64),
}

/// Something that was said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// The id, dense in the tenant.
    pub id: u64,
    /// To which ticket.
    pub ticket: u64,
    /// By whom.
    pub author: Author,
    /// What.
    pub text: String,
    /// When, UTC.
    pub at: Instant,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::time::{Zone, parse_moment};

    #[test]
    fn a_ticket_remembers_when_it_was_closed_and_forgets_it_when_opened() {
        let at = |text| parse_moment(text, Zone::UTC).unwrap();
        let (first, later) = (at("2026-03-01T10:00:00Z"), at("2026-03-02T10:00:00Z"));
        let mut ticket = Ticket {
            stamps: Stamps::new(7, first),
            customer: 1,
            reseller: 1,
            subject: "x".into(),
            department: None,
            department_id: None,
            status: Status::Open,
            priority: Priority::Medium,
            assigned_to: None,
            messages: 0,
            bytes: 0,
            last_reply_at: None,
            closed_at: None,
        };
        ticket.become_(Status::Closed, first);
        ticket.become_(Status::Closed, later);
        assert_eq!((ticket.closed_at, ticket.number().as_str()), (Some(first), "TKT-0007"));
        ticket.become_(Status::Open, later);
        assert_eq!(ticket.closed_at, None);
        let long = "x".repeat(usize::try_from(MOST_BYTES).unwrap());
        assert!(ticket.hear(&long).is_ok() && ticket.hear("x").is_err());
        assert_eq!((ticket.messages, ticket.bytes), (1, MOST_BYTES), "what was refused was not counted");
    }
}
