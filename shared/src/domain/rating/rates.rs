//! Rates: list, read, create, change, delete.

use crate::domain::catalog::edit::refuse;
use crate::domain::rating::rate::{Change, Source, UsageRate};
use crate::domain::rating::tables::RateTable;
use crate::domain::rating::timeline::{State, Timeline};
use crate::domain::records::{Column, Drawer, IndexRow, List, Stamps, compare, find, find_all, indexed, put, remove};
use crate::domain::tenants::{Reach, TenantRecord, own};
use crate::machinery::changes::Changes;
use crate::machinery::keys::USAGE_RATE;
use crate::machinery::listing;
use crate::machinery::operation::{Context, Done, Op, Scope, Working};
use crate::words::error::{Error, Result, Rule, Violation};
use crate::words::page::{Page, Window};
use crate::words::pattern::Pattern;

const ENTITY: &str = "usage_rate";
/// Rates made in one commit: two changes each, and five more for the commit, stay below 100.
const MADE_AT_ONCE: usize = 45;

/// List rates.
pub static SEARCH: Op<Search, Page<Shown>> =
    Op::read("usage_rates.search", ENTITY, Scope::Reseller, |cx, wanted| Box::pin(search(cx, wanted)));
/// Read a rate.
pub static GET: Op<Which, Shown> =
    Op::read("usage_rates.get", ENTITY, Scope::Reseller, |cx, which| Box::pin(get(cx, *which)));
/// Make a rate for each of some codes.
pub static CREATE: Op<New, Vec<Shown>> =
    Op::write("usage_rates.create", ENTITY, Scope::Reseller, |cx, new| Box::pin(create(cx, new))).also(new_also);
/// Change a rate.
pub static UPDATE: Op<(Which, Change), Shown> =
    Op::write("usage_rates.update", ENTITY, Scope::Reseller, |cx, input| Box::pin(update(cx, input))).also(update_also);
/// Delete a rate; the number of rates deleted.
pub static DELETE: Op<Which, u64> =
    Op::write("usage_rates.delete", ENTITY, Scope::Reseller, |cx, which| Box::pin(delete(cx, *which)));

/// A rate among the special ones, or among the others.
#[derive(Debug, Clone, Copy, Default)]
pub struct Which {
    /// Its id.
    pub id: u64,
    /// Whether it is a special one.
    pub special: bool,
}

/// Which rates to list.
#[derive(Debug, Clone)]
pub struct Search {
    /// The window.
    pub window: Window,
    /// Whether the special ones, or the others.
    pub special: bool,
    /// What to sort by; then by id.
    pub order: Vec<(Column, bool)>,
    /// Only these ids.
    pub ids: Option<Vec<u64>>,
    /// Only of these tables.
    pub tables: Vec<u64>,
    /// Only of these codes, or names of codes.
    pub codes: Vec<String>,
    /// Only those whose code or name of codes matches.
    pub search: Option<Pattern>,
    /// Only those that stand here in time.
    pub state: Option<State>,
}

/// What to make.
#[derive(Debug, Clone, Default)]
pub struct New {
    /// Whether special rates.
    pub special: bool,
    /// What they are made of.
    pub change: Change,
    /// The codes, one rate for each; without any one rate of what the change says.
    pub codes: Vec<String>,
    /// The source codes, one rate for each with each code; without any one of what the change says.
    pub sources: Vec<String>,
}

/// A rate as its readers see it.
#[derive(Debug, Clone, PartialEq)]
pub struct Shown {
    /// The rate.
    pub rate: UsageRate,
    /// The currency of its table.
    pub currency: u64,
    /// Its table's name.
    pub table_name: String,
    /// Until when it holds.
    pub till: Option<crate::words::time::Instant>,
    /// Where it stands in time.
    pub state: State,
}

impl New {
    /// The rates to make: each code with each source code.
    fn each(&self) -> Vec<Change> {
        let some = |codes: &[String]| -> Vec<Option<String>> {
            if codes.is_empty() { vec![None] } else { codes.iter().cloned().map(Some).collect() }
        };
        let sources = some(&self.sources);
        let one = |code: &Option<String>, source: &Option<String>| {
            let mut change = self.change.clone();
            change.code = code.clone().or(change.code);
            if let Some(source) = source {
                change.source = crate::words::patch::Patch::Set(Source::Code(source.clone()));
            }
            change
        };
        some(&self.codes).iter().flat_map(|code| sources.iter().map(move |source| one(code, source))).collect()
    }
}

fn of_tables(tables: Vec<u64>) -> List {
    let all = Window { offset: 0, limit: 1, newest_first: false };
    List { parents: tables, ..List::all(all) }
}

fn word(special: bool) -> &'static str {
    if special { "special" } else { "regular" }
}

async fn search(cx: &Context, wanted: &Search) -> Result<Done<Page<Shown>>> {
    let tenant = own(cx).await?;
    let mut rows = indexed(cx, USAGE_RATE, &of_tables(wanted.tables.clone()), &tenant.reach(&cx.caller)).await?;
    let timeline = Timeline::of(rows.iter());
    let fits = |row: &IndexRow| {
        row.status == word(wanted.special)
            && wanted.ids.as_ref().is_none_or(|ids| ids.contains(&row.id))
            && (wanted.codes.is_empty() || wanted.codes.contains(&row.name))
            && wanted.search.as_ref().is_none_or(|pattern| pattern.matches(&row.name))
            && wanted.state.is_none_or(|state| timeline.state(row.id, row.at, cx.now) == state)
    };
    rows.retain(fits);
    let order = List { order: wanted.order.clone(), ..List::all(wanted.window) };
    rows.sort_by(|left, right| compare(&order, left, right));
    let ids: Vec<u64> = rows.iter().map(|row| row.id).collect();
    let Page { rows, total, window } = listing::chosen::<UsageRate>(cx, USAGE_RATE, &ids, wanted.window).await?;
    Ok(Done::read(Page { rows: shown(cx, rows, &timeline).await?, total, window }))
}

async fn shown(cx: &Context, rates: Vec<UsageRate>, timeline: &Timeline) -> Result<Vec<Shown>> {
    let mut tables: Vec<u64> = rates.iter().map(|rate| rate.table).collect();
    tables.sort_unstable();
    tables.dedup();
    let found: Vec<RateTable> = find_all(cx, &tables).await?.into_iter().flatten().collect();
    let one = |rate: UsageRate| {
        let table = found.iter().find(|table| table.stamps.id == rate.table);
        let (till, state) = (timeline.end(rate.stamps.id), timeline.state(rate.stamps.id, rate.from, cx.now));
        let (currency, table_name) = table.map(|table| (table.currency, table.name.clone())).unwrap_or_default();
        Shown { rate, currency, table_name, till, state }
    };
    Ok(rates.into_iter().map(one).collect())
}

/// The rates with what else is in their tables once the rates stand there as they are here.
async fn shown_beside(cx: &Context, rates: Vec<UsageRate>) -> Result<Vec<Shown>> {
    let tables = rates.iter().map(|rate| rate.table).take(1).collect();
    let mut rows = indexed(cx, USAGE_RATE, &of_tables(tables), &Reach::Everything).await?;
    let own: Vec<IndexRow> = rates.iter().map(crate::domain::records::Record::index_row).collect();
    let ids: std::collections::BTreeSet<u64> = own.iter().map(|row| row.id).collect();
    rows.retain(|row| !ids.contains(&row.id));
    let timeline = Timeline::of(rows.iter().chain(&own));
    shown(cx, rates, &timeline).await
}

async fn one(cx: &Context, rate: UsageRate) -> Result<Shown> {
    let found = shown_beside(cx, vec![rate]).await?.pop();
    found.ok_or_else(|| Error::internal("a rate that is not there"))
}

async fn found(cx: &Context, which: Which) -> Result<(TenantRecord, UsageRate)> {
    let (tenant, rate) = find::<UsageRate>(cx, which.id).await?;
    if rate.special == which.special { Ok((tenant, rate)) } else { Err(Error::not_found(ENTITY, which.id)) }
}

async fn get(cx: &Context, which: Which) -> Result<Done<Shown>> {
    let (_, rate) = found(cx, which).await?;
    Ok(Done::read(one(cx, rate).await?))
}

/// The table of a new rate, and what is wrong with naming it.
async fn table(cx: &Context, tenant: &TenantRecord, change: &Change) -> Result<(Option<RateTable>, Vec<Violation>)> {
    let Some(id) = change.table else { return Ok((None, Vec::new())) };
    let reach = tenant.reach(&cx.caller);
    let table = find_all::<RateTable>(cx, &[id]).await?.pop().flatten();
    match table.filter(|table| reach.covers(table.reseller)) {
        None => Ok((None, vec![Violation::missing("table", "rate_tables", id)])),
        Some(table) => {
            let found = origin_fault(&table, change).into_iter().collect();
            Ok((Some(table), found))
        }
    }
}

/// An origin has a name only by the table's deck (contract §4.12).
fn origin_fault(table: &RateTable, change: &Change) -> Option<Violation> {
    let named = matches!(change.source.value(), Some(Source::Origin(_)));
    (named && table.source_deck.is_none()).then(|| Violation { field: "origin".into(), rule: Rule::Contradicts })
}

/// The next commit of some rates: as many as fit, after those its progress tells of.
async fn create(cx: &Context, new: &New) -> Result<Done<Vec<Shown>>> {
    let mut ids: Vec<u64> = match &cx.progress {
        None => Vec::new(),
        Some(made) => serde_json::from_value(made.clone()).map_err(|e| Error::internal(format!("rates: {e}")))?,
    };
    let tenant = own(cx).await?;
    let (table, mut faults) = table(cx, &tenant, &new.change).await?;
    let all = new.each();
    let mut drawer = Drawer::open(cx, &[USAGE_RATE]).await?;
    let mut made = Vec::new();
    for change in all.iter().skip(ids.len()).take(MADE_AT_ONCE) {
        let mut rate = UsageRate::blank(Stamps::new(drawer.next(USAGE_RATE), cx.now), new.special, cx.now);
        let more = rate.apply(change);
        faults.extend(more.into_iter().filter(|_| made.is_empty()));
        rate.table = table.as_ref().map_or(0, |table| table.stamps.id);
        rate.reseller = table.as_ref().map_or(0, |table| table.reseller);
        made.push(rate);
    }
    refuse(faults)?;
    let mut changes = Changes::default();
    drawer.into_changes(cx, &mut changes);
    // The table must not be deleted meanwhile.
    if let Some(table) = &table {
        changes.check(
            crate::machinery::keys::row(cx.tenant(), crate::machinery::keys::RATE_TABLE, table.stamps.id),
            table.stamps.version,
        );
    }
    let mut stored = Vec::with_capacity(made.len());
    for rate in made {
        stored.push(put(cx, &mut changes, None, rate, "usage_rate.created")?);
    }
    let before = find_all::<UsageRate>(cx, &ids).await?;
    ids.extend(stored.iter().map(|rate| rate.stamps.id));
    if ids.len() < all.len() {
        return Ok(Done { answer: Vec::new(), changes, progress: Some(ids.into()) });
    }
    let rates = before.into_iter().flatten().chain(stored).collect();
    Ok(Done::changed(shown_beside(cx, rates).await?, changes))
}

async fn update(cx: &Context, (which, change): &(Which, Change)) -> Result<Done<Shown>> {
    let (_, before) = found(cx, *which).await?;
    let mut after = before.clone();
    let mut faults = after.apply(change);
    let table = find_all::<RateTable>(cx, &[before.table]).await?.pop().flatten();
    faults.extend(table.and_then(|table| origin_fault(&table, change)));
    refuse(faults)?;
    let mut changes = Changes::default();
    let after = put(cx, &mut changes, Some(&before), after, "usage_rate.updated")?;
    Ok(Done::changed(one(cx, after).await?, changes))
}

async fn delete(cx: &Context, which: Which) -> Result<Done<u64>> {
    let (_, rate) = found(cx, which).await?;
    let mut changes = Changes::default();
    remove(cx, &mut changes, &rate, "usage_rate.deleted")?;
    Ok(Done::changed(1, changes))
}

fn new_also<'a>(cx: &'a Context, new: &'a New) -> Working<'a, Vec<Violation>> {
    Box::pin(async move {
        let (_, mut faults) = table(cx, &own(cx).await?, &new.change).await?;
        let mut rate = UsageRate::blank(Stamps::new(0, cx.now), new.special, cx.now);
        faults.extend(rate.apply(&new.change));
        Ok(faults)
    })
}

fn update_also<'a>(cx: &'a Context, (which, change): &'a (Which, Change)) -> Working<'a, Vec<Violation>> {
    Box::pin(async move {
        let (_, mut rate) = found(cx, *which).await?;
        Ok(rate.apply(change))
    })
}
