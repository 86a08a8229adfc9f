//! Reading documents.

use std::collections::BTreeMap;

use crate::domain::books::Books;
use crate::domain::customers::Customer;
use crate::domain::documents::desk::Desk;
use crate::domain::documents::entity::{Document, IndexRow, Kind, Ref, Status};
use crate::domain::documents::numbered::Registered;
pub use crate::domain::documents::shown::Shown;
use crate::domain::tenants::{Reach, TenantRecord, of_item};
use crate::machinery::keys::{self, CUSTOMER, Entity, INVOICE, Key, TRANSACTION};
use crate::machinery::listing::{self, Ids};
use crate::machinery::operation::{Context, Done, Op, Scope};
use crate::machinery::store::{Range, record};
use crate::words::error::{Error, Result};
use crate::words::page::{Page, Window};
use crate::words::pattern::Pattern;
use crate::words::time::{Date, Instant};

/// No number is longer, in bytes; a longer one would be no sort key.
const LONGEST_NUMBER: usize = 120;
/// Invoices alone.
pub const INVOICES: [Kind; 1] = [Kind::Invoice];
/// Money from customers, and what counts like it.
pub const MONEY_IN: [Kind; 2] = [Kind::Receipt, Kind::CreditNote];
/// Every kind of transaction.
pub const ANY_TRANSACTION: [Kind; 6] =
    [Kind::Receipt, Kind::Refund, Kind::Income, Kind::Expense, Kind::CreditNote, Kind::DebitNote];

/// List invoices.
pub static SEARCH_INVOICES: Op<List, Page<Shown>> =
    Op::read("invoices.search", "invoice", Scope::Reseller, |cx, list| Box::pin(search(cx, list, INVOICE)));
/// Read an invoice.
pub static GET_INVOICE: Op<u64, Shown> =
    Op::read("invoices.get", "invoice", Scope::Reseller, |cx, id| Box::pin(get(cx, *id, INVOICE, &INVOICES)));
/// List transactions.
pub static SEARCH_TRANSACTIONS: Op<List, Page<Shown>> =
    Op::read("transactions.search", "transaction", Scope::Reseller, |cx, list| Box::pin(search(cx, list, TRANSACTION)));
/// Read a transaction of one of some kinds.
pub static GET_TRANSACTION: Op<(u64, &'static [Kind]), Shown> =
    Op::read("transactions.get", "transaction", Scope::Reseller, |cx, (id, kinds)| {
        Box::pin(get(cx, *id, TRANSACTION, kinds))
    });

/// The order of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sort {
    /// By date, newest first; of one date the highest id first.
    Newest,
    /// By id; the window says which end comes first.
    Id,
    /// By these columns, the first counts most, each descending or not; then by id.
    Columns(Vec<(Order, bool)>),
}

/// A column to sort by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// The id.
    Id,
    /// The accounting day.
    Date,
    /// The customer.
    Customer,
    /// The number.
    Number,
}

/// Which documents to list. Filters combine with AND; an empty list filters nothing.
#[derive(Debug, Clone)]
pub struct List {
    /// The window.
    pub window: Window,
    /// The order.
    pub sort: Sort,
    /// Only these kinds.
    pub kinds: Vec<Kind>,
    /// Only these ids.
    pub ids: Option<Vec<u64>>,
    /// Only of these customers.
    pub customers: Vec<u64>,
    /// Only in these resellers' books.
    pub resellers: Vec<u64>,
    /// Only in these currencies.
    pub currencies: Vec<u64>,
    /// Only through these accounts.
    pub accounts: Vec<u64>,
    /// Only those that stand here; `Some` of nothing is none.
    pub statuses: Option<Vec<Status>>,
    /// Only those that should have been paid before today, or only those that should not.
    pub overdue: Option<bool>,
    /// Only those whose number matches.
    pub number: Option<Pattern>,
    /// Only from the first day and to the second.
    pub days: (Option<Date>, Option<Date>),
    /// Only at or after the first and at or before the second instant.
    pub between: (Option<Instant>, Option<Instant>),
    /// Only due at or after the first and at or before the second instant.
    pub due: (Option<Instant>, Option<Instant>),
    /// The day as of which revenue is shown as earned; today when missing.
    pub as_of: Option<Date>,
    /// The day with which the months of that list begin, where the request says so.
    pub since: Option<Date>,
}

impl List {
    /// All of some kinds.
    pub fn all(kinds: &[Kind], window: Window, sort: Sort) -> Self {
        Self {
            window,
            sort,
            kinds: kinds.to_vec(),
            ids: None,
            customers: Vec::new(),
            resellers: Vec::new(),
            currencies: Vec::new(),
            accounts: Vec::new(),
            statuses: None,
            overdue: None,
            number: None,
            days: (None, None),
            between: (None, None),
            due: (None, None),
            as_of: None,
            since: None,
        }
    }

    fn filters_nothing(&self) -> bool {
        let lists = [&self.customers, &self.resellers, &self.currencies, &self.accounts];
        lists.iter().all(|list| list.is_empty())
            && (self.ids.is_none() && self.statuses.is_none() && self.overdue.is_none() && self.number.is_none())
            && self.days == (None, None)
            && self.between == (None, None)
            && self.due == (None, None)
    }

    fn wants(&self, row: &IndexRow, reach: &Reach, today: Date) -> bool {
        fn among<T: PartialEq>(filter: &[T], value: Option<&T>) -> bool {
            filter.is_empty() || value.is_some_and(|value| filter.contains(value))
        }
        fn within<T: PartialOrd>((from, to): &(Option<T>, Option<T>), value: Option<T>) -> bool {
            match value {
                None => from.is_none() && to.is_none(),
                Some(value) => {
                    from.as_ref().is_none_or(|from| value >= *from) && to.as_ref().is_none_or(|to| value <= *to)
                }
            }
        }
        reach.covers(row.reseller)
            && among(&self.kinds, Some(&row.kind))
            && self.ids.as_ref().is_none_or(|ids| ids.contains(&row.id))
            && among(&self.customers, row.customer.as_ref())
            && among(&self.resellers, Some(&row.reseller))
            && among(&self.currencies, Some(&row.currency))
            && among(&self.accounts, row.account.as_ref())
            && self.statuses.as_ref().is_none_or(|statuses| statuses.contains(&row.status))
            && self.overdue.is_none_or(|overdue| overdue == row.is_overdue(today))
            && self.number.as_ref().is_none_or(|one| row.number.as_ref().is_some_and(|number| one.matches(number)))
            && within(&self.days, Some(row.date))
            && within(&self.between, Some(row.at))
            && within(&self.due, row.due.map(|due| due.at))
    }
}

/// A document the caller may see, with a desk to change it on, in one call.
pub(crate) async fn with_document<'c>(
    cx: &'c Context,
    makes: &[Kind],
    entity: Entity,
    id: u64,
    kinds: &[Kind],
    name: &'static str,
) -> Result<(Desk<'c>, Document)> {
    let kind = if entity == INVOICE { Kind::Invoice } else { Kind::Receipt };
    let (desk, mut found) = Desk::open(cx, makes, None, &[Ref { kind, id }]).await?;
    let document = found.pop().flatten().filter(|document| kinds.contains(&document.kind));
    Ok((desk, document.ok_or_else(|| Error::not_found(name, id))?))
}

/// The invoice that was given a number, whoever asks: the register knows it also when it bears another number by now, and
/// when it was deleted, which made it void.
pub(crate) async fn invoice_given(cx: &Context, number: &str) -> Result<Option<Document>> {
    let (t, number) = (cx.tenant(), number.trim());
    if number.is_empty() || number.len() > LONGEST_NUMBER {
        return Ok(None);
    }
    let registered = cx.store.get_items(&[keys::registered(t, Kind::Invoice.name(), number)]).await?.pop().flatten();
    let Some(registered) = registered.map(record::<Registered>).transpose()? else { return Ok(None) };
    // Leading zeros count here: what is told in other words may be another's.
    if !registered.number.eq_ignore_ascii_case(number) {
        return Ok(None);
    }
    let id = registered.document;
    let items = cx.store.get_items(&[keys::row(t, INVOICE, id), keys::deleted(t, INVOICE, id)]).await?;
    items.into_iter().flatten().next().map(record).transpose()
}

/// A document with what it refers to.
pub(crate) struct Found {
    pub(crate) document: Document,
    pub(crate) customer: Option<Customer>,
    pub(crate) tenant: TenantRecord,
    pub(crate) books: Books,
}

async fn get(cx: &Context, id: u64, entity: Entity, kinds: &[Kind]) -> Result<Done<Shown>> {
    let Found { document, customer, tenant, books } = find(cx, id, entity, kinds).await?;
    let today = tenant.today(cx).date;
    Ok(Done::read(Shown::of(document, customer, &tenant, &books, today)?))
}

/// A document of one of these kinds that the caller may see. Two calls, or one where it is nobody's.
pub(crate) async fn find(cx: &Context, id: u64, entity: Entity, kinds: &[Kind]) -> Result<Found> {
    let t = cx.tenant();
    let wanted = [keys::tenant(t), keys::books(t), keys::row(t, entity, id)];
    let mut items = cx.store.get_items(&wanted).await?.into_iter();
    let tenant = of_item(cx, items.next().flatten())?;
    let books = Books::of_item(items.next().flatten())?;
    let document: Option<Document> = items.next().flatten().map(record).transpose()?;
    let reach = tenant.reach(&cx.caller);
    let document = document.filter(|document| kinds.contains(&document.kind) && reach.covers(document.reseller));
    let name = if kinds.len() == 1 { kinds.first().map_or("transaction", |kind| kind.name()) } else { "transaction" };
    let document = document.ok_or_else(|| Error::not_found(name, id))?;
    let customer = match document.customer {
        Some(id) => cx.store.get(&keys::row(t, CUSTOMER, id)).await?,
        None => None,
    };
    Ok(Found { document, customer, tenant, books })
}

async fn search(cx: &Context, list: &List, entity: Entity) -> Result<Done<Page<Shown>>> {
    let t = cx.tenant();
    let [sequence, holes] = Ids::keys(cx, entity);
    let mut items = cx.store.get_items(&[keys::tenant(t), keys::books(t), sequence, holes]).await?.into_iter();
    let tenant = of_item(cx, items.next().flatten())?;
    let books = Books::of_item(items.next().flatten())?;
    let ids = Ids::of(items.next().flatten().as_ref(), items.next().flatten().as_ref());
    let today = tenant.today(cx).date;
    let reach = tenant.reach(&cx.caller);
    let every_kind = entity == INVOICE || list.kinds.len() == ANY_TRANSACTION.len();
    let all = reach == Reach::Everything && every_kind && list.filters_nothing();
    let page: Page<Document> = match &list.sort {
        Sort::Id if all => listing::page(cx, entity, &ids, list.window).await?,
        Sort::Newest if all => newest(cx, entity, &ids, list.window).await?,
        sort => {
            let mut rows = index_rows(cx, list, entity).await?;
            rows.retain(|row| list.wants(row, &reach, today));
            order(&mut rows, sort, list.window.newest_first);
            let ids: Vec<u64> = rows.iter().map(|row| row.id).collect();
            listing::chosen(cx, entity, &ids, list.window).await?
        }
    };
    let mut customers = customers_of(cx, &page.rows).await?;
    let Page { rows, total, window } = page;
    let shown = |document: Document| {
        let customer = document.customer.and_then(|id| customers.get_mut(&id).cloned());
        let shown = Shown::of(document, customer, &tenant, &books, today)?;
        Ok(Shown { as_of: list.as_of.unwrap_or(today), since: list.since, ..shown })
    };
    let rows = rows.into_iter().map(shown).collect::<Result<_>>()?;
    Ok(Done::read(Page { rows, total, window }))
}

/// A page of all documents by date: the index rows before it are read past.
async fn newest(cx: &Context, entity: Entity, ids: &Ids, window: Window) -> Result<Page<Document>> {
    let total = ids.total();
    if window.offset >= total {
        return Ok(Page { rows: Vec::new(), total, window });
    }
    let range = Range {
        forward: false,
        limit: Some(window.offset.saturating_add(window.limit).min(total)),
        ..Range::whole(keys::index_of(cx.tenant(), entity, None))
    };
    let rows: Vec<IndexRow> = cx.store.query(&range).await?.into_iter().map(record).collect::<Result<_>>()?;
    let ids: Vec<u64> = rows.iter().map(|row| row.id).collect();
    let page = listing::chosen(cx, entity, &ids, window).await?;
    Ok(Page { total, ..page })
}

/// The index rows that may be wanted: of one customer's partition where the list names one, and of its days.
async fn index_rows(cx: &Context, list: &List, entity: Entity) -> Result<Vec<IndexRow>> {
    let mut rows = Vec::new();
    let partitions: Vec<Option<u64>> = match list.customers.as_slice() {
        [] => vec![None],
        few if few.len() <= 10 => few.iter().copied().map(Some).collect(),
        _ => vec![None],
    };
    for partition in partitions {
        let range = Range {
            from: list.days.0.map(keys::day_from),
            to: list.days.1.map(keys::day_to),
            ..Range::whole(keys::index_of(cx.tenant(), entity, partition))
        };
        for item in cx.store.query(&range).await? {
            rows.push(record(item)?);
        }
    }
    Ok(rows)
}

fn order(rows: &mut [IndexRow], sort: &Sort, newest_first: bool) {
    match sort {
        Sort::Newest => rows.sort_by_key(|row| std::cmp::Reverse((row.date, row.id))),
        Sort::Id if newest_first => rows.sort_by_key(|row| std::cmp::Reverse(row.id)),
        Sort::Id => rows.sort_by_key(|row| row.id),
        Sort::Columns(columns) => rows.sort_by(|left, right| {
            for (column, descending) in columns {
                let way = match column {
                    Order::Id => left.id.cmp(&right.id),
                    Order::Date => left.at.cmp(&right.at),
                    Order::Customer => left.customer.cmp(&right.customer),
                    Order::Number => left.number.cmp(&right.number),
                };
                let way = if *descending { way.reverse() } else { way };
                if way.is_ne() {
                    return way;
                }
            }
            left.id.cmp(&right.id)
        }),
    }
}

/// The customers of some documents, by id. One call for each hundred.
async fn customers_of(cx: &Context, documents: &[Document]) -> Result<BTreeMap<u64, Customer>> {
    let mut ids: Vec<u64> = documents.iter().filter_map(|document| document.customer).collect();
    ids.sort_unstable();
    ids.dedup();
    let wanted: Vec<Key> = ids.iter().map(|id| keys::row(cx.tenant(), CUSTOMER, *id)).collect();
    let found = cx.store.get_items(&wanted).await?.into_iter().flatten();
    let customers = found.map(record::<Customer>).collect::<Result<Vec<_>>>()?;
    Ok(customers.into_iter().map(|customer| (customer.id, customer)).collect())
}
