//! Every day of a service is charged once: by no two documents that stand, and between the first day charged and the
//! last by one at least, unless it was taken back, or the service says that nobody was asked for it. And an order comes
//! to what its invoice asks for.

use std::collections::{BTreeMap, BTreeSet};

use super::Report;
use crate::domain::documents::accrual::Term;
use crate::domain::documents::entity::{Document, Kind, Ref, Stage};
use crate::domain::sales::order::Order;
use crate::domain::sales::service::Service;

/// Days that a line charged for.
struct Charged {
    by: Ref,
    term: Term,
    stands: bool,
}

/// What a line of an order's invoice says beside its days.
struct Ordered {
    product: Option<u64>,
    cycle: Option<String>,
    charged: Charged,
}

/// What an order's invoice comes to.
struct Asked {
    id: u64,
    total: i64,
    tax: i64,
}

/// What is gathered of documents, orders and services.
#[derive(Default)]
pub(super) struct Periods {
    of_services: BTreeMap<u64, Vec<Charged>>,
    of_orders: BTreeMap<u64, Vec<Ordered>>,
    asked: BTreeMap<u64, Asked>,
    services: Vec<Service>,
}

impl Periods {
    /// Look at a document, which may be a deleted one.
    pub(super) fn add(&mut self, document: &Document, is_gone: bool) {
        let by = document.own_ref();
        let stands = !is_gone && document.stage == Stage::Issued;
        if !matches!(document.kind, Kind::Invoice | Kind::DebitNote) || document.is_imported() {
            return;
        }
        let order = document.order.as_ref().map(|(order, _)| *order);
        for line in document.lines.iter().filter(|line| !line.is_discount() && line.charge.is_none() && !line.change) {
            let Some(term) = line.term else { continue };
            let charged = Charged { by, term, stands };
            match (line.service, order) {
                (Some(service), _) => self.of_services.entry(service).or_default().push(charged),
                (None, Some(order)) => {
                    let ordered = Ordered { product: line.product, cycle: line.cycle.clone(), charged };
                    self.of_orders.entry(order).or_default().push(ordered);
                }
                (None, None) => {}
            }
        }
        if let Some(order) = order.filter(|_| !is_gone && document.kind == Kind::Invoice) {
            let (total, tax) = (document.sums.total, document.sums.tax);
            self.asked.insert(order, Asked { id: document.id, total, tax });
        }
    }

    /// Look at an order: its own figures add up, and are its invoice's.
    pub(super) fn order(&self, order: &Order, report: &mut Report) {
        let id = order.stamps.id;
        let total = order.subtotal - order.discount + order.setup_fee + order.tax;
        report.same(|| format!("the total of order {id}, by its figures,"), order.total, total);
        let Some(invoice) =
            self.asked.get(&id).filter(|asked| order.invoice.as_ref().is_some_and(|(own, _)| *own == asked.id))
        else {
            return;
        };
        report.same(|| format!("the total of order {id}, by its invoice,"), order.total, invoice.total);
        report.same(|| format!("the tax of order {id}, by its invoice,"), order.tax, invoice.tax);
    }

    /// Look at a service.
    pub(super) fn service(&mut self, service: Service) {
        self.services.push(service);
    }

    /// What holds of all of them together.
    pub(super) fn finish(&self, report: &mut Report) {
        for service in &self.services {
            let own = self.days_of(service);
            twice(service, &own, report);
            never(service, &own, report);
        }
    }

    /// The days charged for a service at its full price, in their order; without what a change of plan asked for besides.
    fn days_of<'p>(&'p self, service: &Service) -> Vec<&'p Charged> {
        let product = service.scalings.first().map_or(service.product, |first| first.old.0);
        let word = service.cycle.word();
        let of_order = service.order.and_then(|order| self.of_orders.get(&order)).into_iter().flatten();
        let ordered =
            of_order.filter(|one| one.product == Some(product) && one.cycle.as_deref() == word).map(|one| &one.charged);
        let named = self.of_services.get(&service.stamps.id).into_iter().flatten();
        let mut seen = BTreeSet::new();
        let mut own: Vec<&Charged> = ordered.chain(named).collect();
        // An order's invoice has a line for each of several services of one product.
        own.retain(|one| seen.insert((one.by, one.term.start, one.term.end)));
        own.sort_by_key(|one| (one.term.start, one.term.end));
        own
    }
}

fn twice(service: &Service, own: &[&Charged], report: &mut Report) {
    let mut last: Option<&Charged> = None;
    for one in own.iter().filter(|one| one.stands) {
        if let Some(last) = last.filter(|last| last.term.end >= one.term.start) {
            let (id, day, by, other) = (service.stamps.id, one.term.start, last.by, one.by);
            report.differ(|| format!("service {id} is charged twice from {day} on: by {by} and {other}"));
        }
        if last.is_none_or(|last| last.term.end < one.term.end) {
            last = Some(one);
        }
    }
}

fn never(service: &Service, own: &[&Charged], report: &mut Report) {
    let mut spans: Vec<Term> = own.iter().map(|one| one.term).collect();
    let Some((first, end)) = spans.first().map(|term| term.start).zip(spans.iter().map(|term| term.end).max()) else {
        return;
    };
    spans.extend(service.unasked.iter().copied());
    spans.sort_by_key(|term| term.start);
    let mut next = first;
    for term in spans.into_iter().filter(|term| term.end >= first) {
        if term.start > next && next <= end {
            let (id, day) = (service.stamps.id, next);
            report.differ(|| format!("nobody was asked for service {id} from {day} on, until {}", term.start));
        }
        next = next.max(term.end.succ_opt().unwrap_or(term.end));
    }
}
