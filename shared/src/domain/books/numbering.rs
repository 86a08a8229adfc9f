//! The number series, and the register of their numbers.
//!
//! A number is drawn in the commit that issues its document, so a series has no gap and no number twice. A
//! document that is taken back keeps its number; the register lists every number with what became of it.

use crate::domain::books::record::Books;
use crate::domain::documents::entity::{Document, Kind, Status};
use crate::domain::documents::number::{NoTemplate, Reset, Series};
use crate::domain::documents::numbered::Registered;
use crate::domain::documents::numbered::{FOREIGN, taken_from};
use crate::domain::tenants::own;
use crate::machinery::changes::Changes;
use crate::machinery::keys;
use crate::machinery::listing;
use crate::machinery::operation::{Context, Done, Op, Scope};
use crate::machinery::store::{number_of, record};
use crate::words::error::{Error, Result};
use crate::words::page::{Page, Window};
use crate::words::time::Date;

const ENTITY: &str = "series";

/// List the series, with the number each gives next.
pub static SEARCH: Op<Window, Page<Shown>> =
    Op::read("numbering.search", ENTITY, Scope::Tenant, |cx, window| Box::pin(search(cx, *window)));
/// Read a series.
pub static GET: Op<u64, Shown> = Op::read("numbering.get", ENTITY, Scope::Tenant, |cx, id| Box::pin(get(cx, *id)));
/// Change a series, or the month with which fiscal years begin, which all series share.
pub static UPDATE: Op<Change, Shown> =
    Op::write("numbering.update", ENTITY, Scope::Tenant, |cx, change| Box::pin(update(cx, change)));
/// Every number of a series with what became of it, as far as the caller may see the documents.
pub static REGISTER: Op<(u64, Window), Page<Entry>> =
    Op::read("numbering.register", ENTITY, Scope::Tenant, |cx, (id, window)| Box::pin(register(cx, *id, *window)));

/// What to change.
#[derive(Debug, Clone, Default)]
pub struct Change {
    /// The series: the place of its kind among [`Kind::NUMBERED`], from 1.
    pub id: u64,
    /// The template.
    pub template: Option<String>,
    /// When the counter begins anew.
    pub reset: Option<Reset>,
    /// The month, 1 to 12.
    pub fiscal_year_start: Option<u32>,
}

/// A series as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// The id.
    pub id: u64,
    /// The kind of document.
    pub kind: Kind,
    /// The series.
    pub series: Series,
    /// The month with which fiscal years begin.
    pub fiscal_year_start: u32,
    /// The number a document of today would get.
    pub next_number: String,
}

/// A number and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The number.
    pub number: String,
    /// Whether it was chosen by hand.
    pub by_hand: bool,
    /// Whether the series came to it later, and passed it over.
    pub passed_over: bool,
    /// When it was given.
    pub date: Date,
    /// The document it was given to.
    pub document: u64,
    /// Where that document stands.
    pub status: Status,
    /// Whether the document was deleted.
    pub deleted: bool,
    /// The number the document has now, where it was given another.
    pub replaced_by: Option<String>,
}

fn kind_of(id: u64) -> Result<Kind> {
    let place = usize::try_from(id).ok().and_then(|id| id.checked_sub(1));
    let kind = place.and_then(|place| Kind::NUMBERED.get(place)).copied();
    kind.ok_or_else(|| Error::not_found(ENTITY, id))
}

/// `changed`: whether the series are others than those that gave the numbers until now.
async fn shown(cx: &Context, books: &Books, today: Date, kinds: &[Kind], changed: bool) -> Result<Vec<Shown>> {
    let wanted: Vec<_> = kinds.iter().map(|kind| keys::series(cx.tenant(), kind.name())).collect();
    let items = cx.store.get_items(&wanted).await?;
    let start = books.fiscal_year_start();
    let mut all = Vec::with_capacity(kinds.len());
    for (kind, item) in kinds.iter().zip(items) {
        let series = books.series(*kind);
        let number = |counter: u64| series.number(today, start, counter);
        let mut next = number_of(item.as_ref(), &series.attribute(today, start)) + 1;
        if changed || number_of(item.as_ref(), FOREIGN) > 0 {
            next += taken_from(cx, *kind, number, next).await?.len() as u64;
        }
        let place = Kind::NUMBERED.iter().position(|other| other == kind).unwrap_or(0);
        let (id, next_number) = (place as u64 + 1, number(next));
        all.push(Shown { id, kind: *kind, next_number, series, fiscal_year_start: start });
    }
    Ok(all)
}

async fn with_books(cx: &Context) -> Result<(Books, Date)> {
    let (tenant, books) = Books::with_tenant(cx).await?;
    Ok((books, tenant.today(cx).date))
}

async fn search(cx: &Context, window: Window) -> Result<Done<Page<Shown>>> {
    let (books, today) = with_books(cx).await?;
    Ok(Done::read(Page::cut(shown(cx, &books, today, &Kind::NUMBERED, false).await?, window)))
}

async fn one(cx: &Context, books: &Books, today: Date, kind: Kind, changed: bool) -> Result<Shown> {
    shown(cx, books, today, &[kind], changed).await?.pop().ok_or_else(|| Error::internal("a series that is not there"))
}

async fn get(cx: &Context, id: u64) -> Result<Done<Shown>> {
    let kind = kind_of(id)?;
    let (books, today) = with_books(cx).await?;
    Ok(Done::read(one(cx, &books, today, kind, false).await?))
}

async fn update(cx: &Context, change: &Change) -> Result<Done<Shown>> {
    let kind = kind_of(change.id)?;
    let (mut books, today) = with_books(cx).await?;
    let was = books.clone();
    let series = books.series(kind);
    let template = change.template.clone().unwrap_or_else(|| series.template.clone());
    let series = Series::new(&template, change.reset.unwrap_or(series.reset)).map_err(refused)?;
    books.series.insert(kind, series);
    books.fiscal_year_start = change.fiscal_year_start.or(books.fiscal_year_start);
    let years = books.fiscal_year_start() != was.fiscal_year_start();
    let changed = years || books.series(kind) != was.series(kind);
    let answer = one(cx, &books, today, kind, changed).await?;
    if !changed && books.fiscal_year_start == was.fiscal_year_start {
        return Ok(Done::read(answer));
    }
    let mut changes = Changes::default();
    let version = books.version + 1;
    books.save(cx, &mut changes)?;
    // What was numbered until now may stand where the series comes to.
    for kind in Kind::NUMBERED.iter().filter(|other| changed && (years || **other == kind)) {
        changes.add(keys::series(cx.tenant(), kind.name()), vec![(FOREIGN.to_owned(), 1)]);
    }
    changes.tell("numbering.updated", change.id, version);
    Ok(Done::changed(answer, changes))
}

fn refused(why: NoTemplate) -> Error {
    let text = match why {
        NoTemplate::Unreadable => {
            "Template may hold literals, {yyyy}, {yy}, {mm}, {dd}, {fy}, and once {seq} or {seq:N} with N from 1 to 12"
        }
        NoTemplate::Counter => "Template must hold the counter {seq} exactly once",
        NoTemplate::Repeats => {
            "Numbers of this template would repeat: it must name the period in which its counter begins anew, and no digit may stand next to the counter"
        }
        NoTemplate::Letters => "Template must be 1 to 60 printable ASCII characters",
    };
    Error::refused("template", text)
}

async fn register(cx: &Context, id: u64, window: Window) -> Result<Done<Page<Entry>>> {
    let kind = kind_of(id)?;
    let tenant = own(cx).await?;
    let reach = tenant.reach(&cx.caller);
    let mut rows: Vec<Registered> = listing::index(cx, keys::register(cx.tenant(), kind.name())).await?;
    rows.retain(|row| reach.covers(row.reseller));
    let page = Page::cut(rows, window);
    let t = cx.tenant();
    let both = |row: &Registered| [keys::row, keys::deleted].map(|key| key(t, kind.entity(), row.document));
    let wanted: Vec<_> = page.rows.iter().flat_map(both).collect();
    let mut items = cx.store.get_items(&wanted).await?.into_iter();
    let mut entries = Vec::with_capacity(page.rows.len());
    for row in page.rows {
        let (own, gone) = (items.next().flatten(), items.next().flatten());
        let deleted = own.is_none();
        let item = own.or(gone);
        let item = item.ok_or_else(|| Error::internal(format!("the document of number {} is gone", row.number)))?;
        let document: Document = record(item)?;
        let replaced_by = document.number.clone().filter(|number| *number != row.number);
        let (number, status) = (row.number, document.status());
        let (by_hand, passed_over) = (row.drawn.is_none(), row.passed_over.is_some());
        entries.push(Entry {
            number,
            by_hand,
            passed_over,
            date: row.date,
            document: row.document,
            status,
            deleted,
            replaced_by,
        });
    }
    Ok(Done::read(Page { rows: entries, total: page.total, window: page.window }))
}
