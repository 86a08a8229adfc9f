//! What holds of cash and of credit notes over all documents, by this file's own sums.
//!
//! * An invoice's credit notes come to its net and to each of its taxes at most, and it knows each of them.
//! * No more cash leaves for an invoice than came in for it, nor for a customer than came in, was granted by notes without
//!   an invoice, or is asked for again.
//! * A customer's credit can be used: an invoice below 0 that has something left stands with its balance.

use std::collections::{BTreeMap, BTreeSet};

use super::Report;
use super::arithmetic::{Tax, tax_of};
use crate::domain::documents::entity::{Document, Kind, Line, Stage};

/// A customer's cash in a currency, in minor units.
#[derive(Default)]
struct Flow {
    /// What came in, and what was granted without anything coming in.
    came: i64,
    left: i64,
    /// What is asked for and not settled.
    owed: i64,
}

#[derive(Default)]
struct Charged {
    net: i64,
    taxes: BTreeMap<Tax, i64>,
}

fn charged(document: &Document) -> Charged {
    let mut all = Charged { net: document.sums.total - document.sums.tax, taxes: BTreeMap::new() };
    for row in document.lines.iter().flat_map(|line: &Line| &line.taxes) {
        *all.taxes.entry(tax_of(row)).or_insert(0) += row.amount;
    }
    all
}

/// What is gathered of all documents.
#[derive(Default)]
pub(super) struct Cash {
    /// What invoices charged, and what notes that stand gave back of it.
    invoices: BTreeMap<u64, Charged>,
    given: BTreeMap<u64, Charged>,
    /// What each note that stands gives back (net, taxes), by invoice and note: as the note says, and as the invoice does.
    notes: BTreeMap<(u64, u64), (i64, i64)>,
    known: BTreeMap<(u64, u64), (i64, i64)>,
    flows: BTreeMap<(u64, &'static str), Flow>,
    /// Customers' invoices below 0 that have something left.
    credit: BTreeSet<(u64, u64)>,
}

impl Cash {
    /// Look at a document, which may be a deleted one.
    pub(super) fn add(&mut self, document: &Document, report: &mut Report) {
        let issued = document.stage == Stage::Issued;
        match (document.kind, &document.invoice) {
            (Kind::Invoice, _) => {
                self.invoices.insert(document.id, charged(document));
                for note in &document.credited {
                    let tax = note.taxes.iter().map(|row| row.amount).sum();
                    self.known.insert((document.id, note.note), (note.net, tax));
                }
                let set: i64 = document.allocations.iter().map(|one| one.amount).sum();
                if issued && -document.sums.total > set {
                    self.credit.insert((document.customer.unwrap_or(0), document.id));
                }
            }
            (Kind::CreditNote, Some((invoice, _))) if issued => {
                let own = charged(document);
                self.notes.insert((*invoice, document.id), (own.net, document.sums.tax));
                let given = self.given.entry(*invoice).or_default();
                given.net += own.net;
                for (tax, amount) in own.taxes {
                    *given.taxes.entry(tax).or_insert(0) += amount;
                }
            }
            _ => {}
        }
        self.flow(document, report);
    }

    fn flow(&mut self, document: &Document, report: &mut Report) {
        let Some(customer) = document.customer else { return };
        let flow = self.flows.entry((customer, document.iso.code())).or_default();
        let issued = document.stage == Stage::Issued;
        let total = document.sums.total;
        match document.kind {
            Kind::Receipt if issued => flow.came += total,
            Kind::Refund if issued => flow.left += total,
            Kind::CreditNote if issued && document.invoice.is_none() => flow.came += total,
            Kind::Invoice => {
                flow.came += document.marked.0 + if issued { (-total).max(0) } else { 0 };
                flow.left += document.returned.0;
                let receipts = document.allocations.iter().filter(|one| one.other.kind == Kind::Receipt);
                let came = receipts.map(|one| one.amount).sum::<i64>() + document.marked.0;
                if document.returned.0 > came {
                    let (left, own) = (document.returned.0, document.own_ref());
                    report.differ(|| format!("{left} of cash left for {own}, and {came} came in for it"));
                }
            }
            _ => {}
        }
        // What is asked for and open is owed, also where cash left for it.
        if issued && document.kind.sign() * total > 0 && document.kind != Kind::Refund {
            let set: i64 = document.allocations.iter().map(|one| one.amount).sum();
            flow.owed += total.abs() - set - document.marked.0 + document.returned.0;
        }
    }

    /// What holds of all documents together.
    pub(super) fn finish(&self, report: &mut Report) {
        for (invoice, given) in &self.given {
            let Some(charged) = self.invoices.get(invoice) else {
                report.differ(|| format!("credit notes concern invoice {invoice}, which is not there"));
                continue;
            };
            if given.net > charged.net {
                report.differ(|| {
                    format!("the credit notes of invoice {invoice} come to {} of its {}", given.net, charged.net)
                });
            }
            for (tax, amount) in &given.taxes {
                let had = charged.taxes.get(tax).copied().unwrap_or(0);
                if *amount > had {
                    let (name, percent) = tax;
                    report.differ(|| {
                        format!(
                            "the credit notes of invoice {invoice} give back {amount} of its {had} {name} {percent} %"
                        )
                    });
                }
            }
        }
        let names: BTreeSet<&(u64, u64)> = self.notes.keys().chain(self.known.keys()).collect();
        for name in names.into_iter().filter(|name| self.notes.get(*name) != self.known.get(*name)) {
            let (invoice, note) = name;
            report.differ(|| format!("invoice {invoice} and credit note {note} do not agree"));
        }
        for ((customer, code), flow) in &self.flows {
            if flow.left > flow.came + flow.owed.max(0) {
                let Flow { came, left, .. } = flow;
                report.differ(|| format!("{left} {code} of cash left for customer {customer}, and {came} came in"));
            }
        }
    }

    /// The customers' invoices below 0 that have something left are those that their balances know.
    pub(super) fn is_usable(&self, known: &BTreeSet<(u64, u64)>, report: &mut Report) {
        for (customer, invoice) in self.credit.symmetric_difference(known) {
            report.differ(|| {
                format!("the credit of invoice {invoice} and the balance of customer {customer} do not agree")
            });
        }
    }
}
