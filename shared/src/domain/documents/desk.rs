//! The desk: what a write of documents reads, and what it writes beside them.
//!
//! An operation opens a desk, takes the documents it changes from it and puts them back; the desk draws ids
//! and numbers, keeps index rows and register, posts to the ledger and keeps the customer's balance, all in
//! one commit.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::domain::books::Books;
use crate::domain::customers::Customer;
use crate::domain::documents::entity::{Document, Kind, Ref, Stage, Status};
use crate::domain::documents::ledger::{Balance, Ledger, out_of_range};
use crate::domain::documents::numbered::Registered;
use crate::domain::documents::shown::Shown;
use crate::domain::documents::standing::close;
use crate::domain::tenants::{Reach, TenantRecord, of_item};
use crate::machinery::changes::{Act, Changes, item_of};
use crate::machinery::keys::{self, CUSTOMER, Entity, INVOICE, Key, TRANSACTION};
use crate::machinery::listing;
use crate::machinery::operation::Context;
use crate::machinery::store::{Item, number_of, record};
use crate::machinery::turn::is_crowded;
use crate::words::error::{Error, Result};
use crate::words::time::{Date, Day, Instant};

/// The most actions of one commit of documents: a transaction has 100, of which the spine takes up to five.
const MOST_ACTIONS: usize = 94;

/// A document in hand: as it was read, and as it will be.
#[derive(Debug, Clone)]
pub(crate) struct Held {
    /// As it was read; absent when it is new.
    pub(crate) before: Option<Document>,
    /// As it will be.
    pub(crate) after: Document,
}

impl Held {
    /// One that was read.
    pub(crate) fn read(document: Document) -> Self {
        Self { before: Some(document.clone()), after: document }
    }
}

/// What an operation on documents comes to.
pub(crate) struct Written<'c, T> {
    /// Its answer, true once the desk is settled and committed.
    pub(crate) answer: T,
    /// The desk with what it wrote, for [`settle`](crate::domain::settlement::settle); absent where nothing changes.
    pub(crate) desk: Option<Desk<'c>>,
}

impl<'c, T> Written<'c, T> {
    /// An answer, and the desk that makes it true.
    pub(crate) fn on(desk: Desk<'c>, answer: T) -> Self {
        Self { answer, desk: Some(desk) }
    }
}

/// See the head of this file. What was tried on a copy of it can be left undone.
#[derive(Clone)]
pub(crate) struct Desk<'c> {
    pub(crate) cx: &'c Context,
    /// The tenant.
    pub(crate) tenant: TenantRecord,
    /// Its books' settings.
    pub(crate) books: Books,
    /// Which resellers' documents the caller may see.
    pub(crate) reach: Reach,
    /// Whose documents these are …
    whose: Option<u64>,
    /// … and the customer itself, unless it was deleted meanwhile.
    pub(crate) customer: Option<Customer>,
    /// What that customer owes.
    pub(crate) balance: Balance,
    /// The ledger.
    pub(crate) ledger: Ledger<'c>,
    /// The changes so far.
    pub(crate) changes: Changes,
    /// Last id by entity, and how many were drawn here.
    ids: BTreeMap<&'static str, (Entity, u64, u64)>,
    /// The series that were read, by the kind whose numbers they give.
    pub(super) series: BTreeMap<Kind, Option<Item>>,
    /// Last number by kind and attribute, and how many were drawn here.
    pub(super) drawn: BTreeMap<(Kind, String), (u64, u64)>,
    /// Numbers that the register has where a series comes to them, in its own writing.
    pub(super) taken: BTreeMap<(Kind, String), Registered>,
    /// Numbers that documents still to be brought from another system bear already.
    pub(super) left_out: Arc<BTreeSet<(Kind, String)>>,
    /// Numbers of another system that were kept: kind, attribute, the last number known, and the one kept.
    pub(super) kept: Vec<(Kind, String, u64, u64)>,
    holes: BTreeMap<&'static str, (Entity, Vec<u64>)>,
    /// Customers whose documents were changed here before the one in hand.
    others: BTreeMap<u64, (Option<Customer>, Balance)>,
    /// Invoices of less than nothing by customer, and whether they have something of it left.
    credit_invoices: BTreeMap<u64, BTreeMap<u64, bool>>,
    /// Invoices that became paid here and bring something to life.
    pub(crate) paid: Vec<Document>,
    /// Orders whose invoice is not asked for any more, or is again, and whether it is.
    pub(crate) reservations: BTreeMap<u64, bool>,
    /// Invoices whose payment does not stand any more, and that something lives on.
    pub(crate) lapsed: Vec<Document>,
    /// Documents that were put back here, as they are now.
    pub(crate) in_hand: BTreeMap<Ref, Document>,
}

impl<'c> Desk<'c> {
    /// Read what a write needs: the ids and numbers of the kinds it makes, a customer, documents. One call.
    /// The documents come in the order of their names; one the caller may not see is not there.
    pub(crate) async fn open(
        cx: &'c Context,
        makes: &[Kind],
        whose: Option<u64>,
        documents: &[Ref],
    ) -> Result<(Self, Vec<Option<Document>>)> {
        let t = cx.tenant();
        let mut wanted = vec![
            keys::tenant(t),
            keys::books(t),
            keys::sequence(t, INVOICE),
            keys::sequence(t, TRANSACTION),
            keys::row(t, CUSTOMER, whose.unwrap_or(0)),
            keys::balance(t, whose.unwrap_or(0)),
            keys::turn(t),
        ];
        wanted.extend(makes.iter().map(|kind| keys::series(t, kind.name())));
        wanted.extend(documents.iter().map(|one| keys::row(t, one.kind.entity(), one.id)));
        let mut items = cx.store.get_items(&wanted).await?.into_iter();
        let mut next = || items.next().flatten();
        let tenant = of_item(cx, next())?;
        let books = Books::of_item(next())?;
        let mut ids = BTreeMap::new();
        for entity in [INVOICE, TRANSACTION] {
            ids.insert(entity.0, (entity, number_of(next().as_ref(), "last"), 0));
        }
        let reach = tenant.reach(&cx.caller);
        let customer: Option<Customer> = next().map(record).transpose()?;
        let balance: Balance = next().map(record).transpose()?.unwrap_or_default();
        let crowded = is_crowded(next().as_ref());
        let series = makes.iter().map(|kind| (*kind, next())).collect();
        let documents = documents.iter().map(|_| document(next(), &reach)).collect::<Result<Vec<_>>>()?;
        let ledger = Ledger::new(cx, &tenant)?;
        let customer = customer.filter(|customer| reach.covers(customer.reseller));
        let changes = Changes { crowded, ..Changes::default() };
        let desk = Self {
            cx,
            tenant,
            books,
            reach,
            whose,
            customer,
            balance,
            ledger,
            changes,
            ids,
            series,
            drawn: BTreeMap::new(),
            taken: BTreeMap::new(),
            left_out: Arc::default(),
            kept: Vec::new(),
            holes: BTreeMap::new(),
            others: BTreeMap::new(),
            credit_invoices: BTreeMap::new(),
            paid: Vec::new(),
            reservations: BTreeMap::new(),
            lapsed: Vec::new(),
            in_hand: BTreeMap::new(),
        };
        Ok((desk, documents))
    }

    /// Read a customer, whether or not the caller may see it, and more documents. One call.
    pub(crate) async fn more(&mut self, customer: Option<u64>, documents: &[Ref]) -> Result<Vec<Option<Document>>> {
        let t = self.cx.tenant();
        let mut wanted: Vec<Key> = Vec::new();
        wanted.extend(customer.map(|id| keys::row(t, CUSTOMER, id)));
        wanted.extend(customer.map(|id| keys::balance(t, id)));
        wanted.extend(documents.iter().map(|one| keys::row(t, one.kind.entity(), one.id)));
        let mut items = self.cx.store.get_items(&wanted).await?.into_iter();
        if customer.is_some() {
            self.whose = customer;
            self.customer = items.next().flatten().map(record).transpose()?;
            self.balance = items.next().flatten().map(record).transpose()?.unwrap_or_default();
        }
        documents.iter().map(|_| document(items.next().flatten(), &self.reach)).collect()
    }

    /// Turn to another customer, who was read by somebody else: what follows is the new one's.
    pub(crate) fn turn_to(&mut self, whose: u64, customer: Option<Customer>, balance: Balance) {
        if self.whose == Some(whose) {
            return;
        }
        let (customer, balance) = self.others.remove(&whose).unwrap_or((customer, balance));
        let customer = std::mem::replace(&mut self.customer, customer);
        let balance = std::mem::replace(&mut self.balance, balance);
        if let Some(before) = self.whose.replace(whose) {
            self.others.insert(before, (customer, balance));
        }
    }

    /// How many more actions the commit has room for.
    pub(crate) fn room(&self) -> usize {
        let series: BTreeSet<Kind> = self.drawn.keys().map(|(kind, _)| *kind).collect();
        let own = self.changes.list.len() + self.ledger.actions() + series.len() + 2 * (self.others.len() + 2);
        MOST_ACTIONS.saturating_sub(own)
    }

    /// The time of the request.
    pub(crate) fn now(&self) -> Instant {
        self.cx.now
    }

    /// Today, where the tenant keeps its books.
    pub(crate) fn today(&self) -> Day {
        self.tenant.today(self.cx)
    }

    /// The next id of a kind.
    pub(crate) fn next_id(&mut self, kind: Kind) -> u64 {
        let entity = kind.entity();
        let (_, last, drawn) = self.ids.entry(entity.0).or_insert((entity, 0, 0));
        *drawn += 1;
        *last + *drawn
    }

    /// Put a document back, if it changed. `on` is the day on which what settles it counts, unless its date is later:
    /// see [`standing`](super::standing).
    pub(crate) fn put(&mut self, held: &Held, event: &'static str, on: Date) -> Result<Document> {
        let Held { before, after } = held;
        let mut after = after.clone();
        if before.as_ref() == Some(&after) {
            return Ok(after);
        }
        let t = self.cx.tenant();
        let entity = after.kind.entity();
        let key = keys::row(t, entity, after.id);
        match before {
            None => self.changes.insert(key, &after)?,
            // What was put back here before is written once, as it is now.
            Some(before) if self.in_hand.get(&after.own_ref()) == Some(before) => self.amend(&after)?,
            Some(before) => {
                (after.updated_at, after.version) = (self.cx.now, before.version + 1);
                self.changes.replace(key, &after, before.version)?;
            }
        }
        let row = after.index_row();
        let was = before.as_ref().map(Document::index_row);
        for of in partitions(&after) {
            let place = keys::document_index_row(t, entity, of, row.date, row.id);
            if let Some(was) = was.as_ref().filter(|was| was.date != row.date) {
                self.changes.erase(keys::document_index_row(t, entity, of, was.date, was.id));
            }
            if was.as_ref() != Some(&row) {
                self.changes.write(place, &row)?;
            }
        }
        self.ledger.post(before.as_ref(), &after, event, on)?;
        self.changes.tell(event, after.id, after.version);
        let paid = |document: &Document| document.kind == Kind::Invoice && document.status() == Status::Paid;
        if paid(&after) && !before.as_ref().is_some_and(paid) {
            self.changes.tell("invoice.paid", after.id, after.version);
        }
        let (did, does) = (before.as_ref().is_some_and(Document::earns), after.earns());
        if does && !did {
            let deposit = after.lines.iter().any(|line| line.deposit);
            self.paid.extend((!after.is_imported() && (after.sustains() || deposit)).then(|| after.clone()));
        }
        if after.is_credit_invoice() {
            let (whose, left) = (after.customer.unwrap_or(0), after.open() > 0);
            self.credit_invoices.entry(whose).or_default().insert(after.id, left);
        }
        let lapses = did && !does && !after.is_imported() && after.sustains();
        self.lapsed.extend(lapses.then(|| after.clone()));
        self.look_after(before.as_ref(), &after)?;
        self.look_at_stock(before.as_ref(), &after);
        self.in_hand.insert(after.own_ref(), after.clone());
        Ok(after)
    }

    /// Write down more on a document that was put back here already: what changes neither its postings nor its index
    /// row.
    pub(crate) fn amend(&mut self, document: &Document) -> Result<()> {
        let key = keys::row(self.cx.tenant(), document.kind.entity(), document.id);
        let put = self.changes.list.iter_mut().find(|change| change.key == key);
        let put = put.ok_or_else(|| Error::internal(format!("{} was not put back", document.own_ref())))?;
        put.act = Act::Put(item_of(document)?);
        self.in_hand.insert(document.own_ref(), document.clone());
        Ok(())
    }

    /// The customer's invoices that came to less than nothing and have something of it left.
    pub(super) fn credit_invoices(&self) -> impl Iterator<Item = u64> {
        self.balance.credit_invoices.iter().copied()
    }

    /// Take a document away: it is void, and nobody finds it any more but the register and the books.
    pub(crate) fn remove(&mut self, held: &Held, event: &'static str, on: Date) -> Result<()> {
        let Some(before) = &held.before else { return Ok(()) };
        let mut after = held.after.clone();
        close(&mut after, Stage::Void, on);
        (after.updated_at, after.version) = (self.cx.now, before.version + 1);
        let t = self.cx.tenant();
        let entity = after.kind.entity();
        self.changes.delete(keys::row(t, entity, after.id), before.version);
        self.changes.write(keys::deleted(t, entity, after.id), &after)?;
        for of in partitions(&after) {
            self.changes.erase(keys::document_index_row(t, entity, of, before.day.date, before.id));
        }
        if after.is_credit_invoice() {
            self.credit_invoices.entry(after.customer.unwrap_or(0)).or_default().insert(after.id, false);
        }
        self.holes.entry(entity.0).or_insert_with(|| (entity, Vec::new())).1.push(after.id);
        self.ledger.post(Some(before), &after, event, on)?;
        self.changes.tell(event, after.id, after.version);
        self.look_at_stock(Some(before), &after);
        let lapses = before.earns();
        self.lapsed.extend((lapses && !after.is_imported() && after.sustains()).then_some(after));
        Ok(())
    }

    /// A document of this customer as its readers see it.
    pub(crate) fn shown(&self, document: Document) -> Result<Shown> {
        Shown::of(document, self.customer.clone(), &self.tenant, &self.books, self.today().date)
    }

    /// What the customer will owe in a currency once this is committed, in minor units.
    pub(crate) fn will_owe(&self, code: &str) -> i64 {
        let more = self.whose.and_then(|customer| self.ledger.owes_more(customer).get(code).copied());
        self.balance.owed.get(code).copied().unwrap_or(0) + more.unwrap_or(0)
    }

    /// Whether the customer in hand was deleted and has credit all the same: a payment came in since.
    pub(super) fn owes_the_deleted(&self) -> bool {
        self.customer.is_none() && self.reach == Reach::Everything && self.balance.owed.values().any(|owed| *owed < 0)
    }

    /// Everything as changes. Only [`settle`](crate::domain::settlement::settle) calls it, which first sees to what the
    /// payments made here bring about.
    pub(crate) fn close(mut self) -> Result<Changes> {
        if !(self.paid.is_empty() && self.lapsed.is_empty() && self.reservations.is_empty()) {
            return Err(Error::internal("payments of the desk are not settled"));
        }
        let t = self.cx.tenant();
        for (entity, last, drawn) in self.ids.into_values().filter(|(_, _, drawn)| *drawn > 0) {
            listing::draw(&mut self.changes, self.cx, entity, last, drawn);
        }
        for (kind, attribute, last, counter) in std::mem::take(&mut self.kept) {
            self.changes.keep(keys::series(t, kind.name()), &attribute, last, counter);
        }
        for ((kind, attribute), (last, drawn)) in self.drawn {
            self.changes.draw(keys::series(t, kind.name()), &attribute, last, drawn);
        }
        for (entity, ids) in self.holes.into_values() {
            listing::make_holes(&mut self.changes, self.cx, entity, &ids);
        }
        let mut customers = std::mem::take(&mut self.others);
        customers.extend(self.whose.map(|whose| (whose, (self.customer.take(), std::mem::take(&mut self.balance)))));
        for (whose, (customer, mut balance)) in customers {
            let more = self.ledger.owes_more(whose);
            let was = balance.version;
            let credit = self.credit_invoices.remove(&whose).unwrap_or_default();
            let changed = credit.iter().any(|(id, left)| balance.credit_invoices.contains(id) != *left);
            // A customer with documents has a balance, and so cannot be deleted; whose first document this
            // is must still be there.
            let brought = self.ledger.brought_more(whose);
            if !more.is_empty() || !brought.is_empty() || changed || (was == 0 && customer.is_some()) {
                balance.bring(brought)?;
                for (id, left) in credit {
                    if left {
                        balance.credit_invoices.insert(id)
                    } else {
                        balance.credit_invoices.remove(&id)
                    };
                }
                for (code, change) in more {
                    let owed = balance.owed.entry(code.to_owned()).or_insert(0);
                    *owed = owed.checked_add(change).ok_or_else(out_of_range)?;
                }
                balance.version += 1;
                let key = keys::balance(t, whose);
                if was == 0 {
                    self.changes.insert(key, &balance)?;
                } else {
                    self.changes.replace(key, &balance, was)?;
                }
            }
            if let Some(customer) = customer.filter(|_| was == 0) {
                self.changes.check(keys::row(t, CUSTOMER, whose), customer.version);
            }
        }
        if self.changes.list.len() + self.ledger.actions() > MOST_ACTIONS {
            let text =
                "This changes more at once than can be done in one step: name fewer documents or shorter periods";
            return Err(Error::refused("too_much_at_once", text));
        }
        self.ledger.into_changes(&mut self.changes)?;
        Ok(self.changes)
    }
}

/// A document, if the caller may see it.
fn document(item: Option<Item>, reach: &Reach) -> Result<Option<Document>> {
    let found: Option<Document> = item.map(record).transpose()?;
    Ok(found.filter(|found| reach.covers(found.reseller)))
}

/// The index partitions a document stands in.
fn partitions(document: &Document) -> Vec<Option<u64>> {
    let mut all = vec![None];
    all.extend(document.customer.map(Some));
    all
}
