//! What holds of cash and of credit notes over all documents, by this file's own sums.
//!
//! * An invoice's credit notes come to its net and to each of its taxes at most, and it knows each of them.
//! * No more cash leaves for an invoice than came in for it, nor for a customer than came in, or was granted by notes without
//!   an invoice.
//! * What a dearer plan's invoice takes back of others counts as given back of those, less what its notes charged again.
//! * A customer's credit can be used: an invoice below 0 that has something left stands with its balance.

use std::collections::{BTreeMap, BTreeSet};

use super::Report;
use super::arithmetic::{Tax, tax_of};
use crate::domain::documents::entity::{Document, Kind, Line, Ref, Stage};

/// A customer's money in a currency, in minor units.
#[derive(Default)]
struct Flow {
    /// What came in, and what was granted without anything coming in.
    came: i64,
    left: i64,
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

/// The same of an invoice, without what a change of plan takes back on it by lines below 0: notes can give back what it
/// charged, whatever it took back of others.
fn charged_itself(invoice: &Document) -> Charged {
    let mut all = charged(invoice);
    let taking = |line: &&Line| line.change && line.taxable < 0 && invoice.kind == Kind::Invoice;
    for line in invoice.lines.iter().filter(taking) {
        all.net -= line.taxable;
        for row in &line.taxes {
            *all.taxes.entry(tax_of(row)).or_insert(0) -= row.amount;
        }
    }
    all
}

/// What a dearer plan's invoice takes back by lines below 0, without taxes, in minor units.
#[derive(Default)]
struct Swap {
    /// What its lines say, and what its credit notes charged again.
    takes: i64,
    again: i64,
    /// What the documents that had charged it say.
    taken: i64,
    /// By how much rounding may be off.
    units: i64,
}

fn units(document: &Document) -> i64 {
    (document.lines.len() + document.credited.len()) as i64
}

/// What a document's lines of a change of plan come to below 0.
fn swapped(document: &Document) -> i64 {
    let change = |line: &&Line| line.change && line.charge.is_none() && line.taxable < 0;
    -document.lines.iter().filter(change).map(|line| line.taxable).sum::<i64>()
}

/// What is gathered of all documents.
#[derive(Default)]
pub(super) struct Cash {
    /// What invoices charged, and what notes that stand gave back of it.
    charged: BTreeMap<Ref, Charged>,
    given: BTreeMap<Ref, Charged>,
    /// What each note that stands gives back (net, taxes), by invoice and note: as the note says, and as the invoice does.
    notes: BTreeMap<(Ref, u64), (i64, i64)>,
    known: BTreeMap<(Ref, u64), (i64, i64)>,
    /// What a dearer plan's invoice took back of another document: as that one says, and as the invoice does.
    taken: BTreeSet<(Ref, u64)>,
    takes: BTreeSet<(Ref, u64)>,
    swaps: BTreeMap<u64, Swap>,
    flows: BTreeMap<(u64, &'static str), Flow>,
    /// Customers' invoices below 0 that have something left.
    credit: BTreeSet<(u64, u64)>,
}

impl Cash {
    /// Look at a document, which may be a deleted one.
    pub(super) fn add(&mut self, document: &Document, report: &mut Report) {
        let issued = document.stage == Stage::Issued;
        let invoice = document.invoice.as_ref().map(|(id, _)| Ref { kind: Kind::Invoice, id: *id });
        let charge = document.charge.map(|id| Ref { kind: Kind::DebitNote, id });
        match (document.kind, invoice.or(charge)) {
            (Kind::Invoice | Kind::DebitNote, _) => {
                let own = document.own_ref();
                self.charged.insert(own, charged_itself(document));
                let taken = document.credited.iter().filter(|note| note.by_invoice());
                for note in taken {
                    self.taken.insert((own, note.by.id));
                    let swap = self.swaps.entry(note.by.id).or_default();
                    swap.taken += note.net;
                    swap.units += units(document);
                }
                if issued && document.kind == Kind::Invoice && swapped(document) > 0 {
                    let swap = self.swaps.entry(document.id).or_default();
                    swap.takes += swapped(document);
                    swap.units += units(document);
                }
                self.takes.extend(document.took_back.iter().map(|of| (*of, document.id)));
                for note in document.credited.iter().filter(|note| !note.by_invoice()) {
                    let tax = note.taxes.iter().map(|row| row.amount).sum();
                    self.known.insert((own, note.by.id), (note.net, tax));
                }
                let set: i64 = document.allocations.iter().map(|one| one.amount).sum();
                if issued && document.kind == Kind::Invoice && -document.sums.total > set {
                    self.credit.insert((document.customer.unwrap_or(0), document.id));
                }
            }
            (Kind::CreditNote, Some(of)) if issued => {
                let own = charged(document);
                self.notes.insert((of, document.id), (own.net, document.sums.tax));
                if of.kind == Kind::Invoice && swapped(document) > 0 {
                    self.swaps.entry(of.id).or_default().again += swapped(document);
                }
                let given = self.given.entry(of).or_default();
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
            Kind::CreditNote if issued && document.invoice.is_none() && document.charge.is_none() => flow.came += total,
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
    }

    /// What holds of all documents together.
    pub(super) fn finish(&self, report: &mut Report) {
        for (invoice, given) in &self.given {
            let Some(charged) = self.charged.get(invoice) else {
                report.differ(|| format!("credit notes concern {invoice}, which is not there"));
                continue;
            };
            if given.net > charged.net {
                report.differ(|| format!("the credit notes of {invoice} come to {} of its {}", given.net, charged.net));
            }
            for (tax, amount) in &given.taxes {
                let had = charged.taxes.get(tax).copied().unwrap_or(0);
                if *amount > had {
                    let (name, percent) = tax;
                    report.differ(|| {
                        format!("the credit notes of {invoice} give back {amount} of its {had} {name} {percent} %")
                    });
                }
            }
        }
        let names: BTreeSet<&(Ref, u64)> = self.notes.keys().chain(self.known.keys()).collect();
        for name in names.into_iter().filter(|name| self.notes.get(*name) != self.known.get(*name)) {
            let (invoice, note) = name;
            report.differ(|| format!("{invoice} and credit note {note} do not agree"));
        }
        for (of, by) in self.taken.symmetric_difference(&self.takes) {
            report.differ(|| format!("{of} and invoice {by}, which takes some of it back, do not agree"));
        }
        for (invoice, swap) in &self.swaps {
            let Swap { takes, again, taken, units } = swap;
            if *takes > 0 && taken > takes || taken + units < takes - again {
                report.differ(|| {
                    format!(
                        "invoice {invoice} takes back {takes} less {again}, and {taken} is taken of what charged it"
                    )
                });
            }
        }
        for ((customer, code), flow) in &self.flows {
            if flow.left > flow.came {
                let Flow { came, left, .. } = flow;
                report.differ(|| format!("{left} {code} of cash left for customer {customer}, and {came} came in"));
            }
        }
    }

    /// What each customer's documents brought less what they gave back, by currency, is what its balance says.
    pub(super) fn is_brought(&self, known: &BTreeMap<(u64, String), i64>, report: &mut Report) {
        let own: BTreeMap<(u64, String), i64> = self
            .flows
            .iter()
            .map(|((customer, code), flow)| ((*customer, (*code).to_owned()), flow.came - flow.left))
            .filter(|(_, sum)| *sum != 0)
            .collect();
        let names: BTreeSet<&(u64, String)> = own.keys().chain(known.keys()).collect();
        for name in names {
            let (is, should) = (known.get(name).copied().unwrap_or(0), own.get(name).copied().unwrap_or(0));
            report.same(|| format!("what customer {} brought in {}", name.0, name.1), is, should);
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
