//! Writing quotes: make, change, answer, convert, delete.

use crate::domain::documents::Shown as Invoice;
use crate::domain::documents::desk::Desk;
use crate::domain::documents::entity::Kind;
use crate::domain::documents::lines::{NewLine, priced};
use crate::domain::documents::sums::Terms;
use crate::domain::documents::write::{New as NewDocument, compose};
use crate::domain::quotes::entity::{Quote, Stage};
use crate::domain::quotes::list::Shown;
use crate::domain::records::{Drawer, Stamps, find, put, remove};
use crate::domain::settlement::settle;
use crate::domain::tenants::CurrencyRef;
use crate::machinery::changes::Changes;
use crate::machinery::keys::{self, CUSTOMER, QUOTE};
use crate::machinery::operation::{Context, Done, Op, Scope, Working};
use crate::words::error::{Error, Result, Rule, Told, Violation};
use crate::words::patch::Patch;
use crate::words::time::Day;

/// Make a quote.
pub static CREATE: Op<New, Shown> =
    Op::write("quotes.create", "quote", Scope::Reseller, |cx, new| Box::pin(create(cx, new))).also(also);
/// Change a quote that nobody has answered yet.
pub static UPDATE: Op<Update, Shown> =
    Op::write("quotes.update", "quote", Scope::Reseller, |cx, update| Box::pin(change(cx, update)));
/// Send, accept, decline or expire a quote.
pub static MOVE: Op<(u64, Stage), Shown> =
    Op::write("quotes.move", "quote", Scope::Reseller, |cx, (id, stage)| Box::pin(move_to(cx, *id, *stage)));
/// Make an invoice of a quote, once.
pub static CONVERT: Op<Convert, Invoice> =
    Op::write("quotes.convert", "quote", Scope::Reseller, |cx, convert| Box::pin(convert_to(cx, convert)));
/// Delete a quote that has become no invoice; the number of quotes deleted.
pub static DELETE: Op<u64, u64> =
    Op::write("quotes.delete", "quote", Scope::Reseller, |cx, id| Box::pin(delete(cx, *id)));

/// A quote to make.
#[derive(Debug, Clone, Default)]
pub struct New {
    /// For whom.
    pub customer: u64,
    /// Its date; today when missing.
    pub day: Option<Day>,
    /// The last day on which it holds.
    pub valid_until: Day,
    /// What it is about.
    pub subject: Option<String>,
    /// The currency; the customer's when missing.
    pub currency: Option<CurrencyRef>,
    /// Whether prices include their taxes.
    pub inclusive: bool,
    /// Its lines.
    pub lines: Vec<NewLine>,
    /// Notes.
    pub notes: Option<String>,
    /// Made as a draft, or sent already.
    pub sent: bool,
}

/// What to change: what is not mentioned stays.
#[derive(Debug, Clone, Default)]
pub struct Update {
    /// The quote.
    pub id: u64,
    /// Its date.
    pub day: Option<Day>,
    /// The last day on which it holds.
    pub valid_until: Option<Day>,
    /// What it is about.
    pub subject: Patch<String>,
    /// All of its lines.
    pub lines: Option<Vec<NewLine>>,
    /// Notes.
    pub notes: Patch<String>,
    /// Where it shall stand.
    pub stage: Option<Stage>,
}

/// The invoice to make of a quote.
#[derive(Debug, Clone, Default)]
pub struct Convert {
    /// The quote.
    pub id: u64,
    /// The invoice's date; today when missing.
    pub day: Option<Day>,
    /// When it is due; its date when missing.
    pub due: Option<Day>,
}

fn also<'a>(cx: &'a Context, new: &'a New) -> Working<'a, Vec<Violation>> {
    Box::pin(async move {
        let (desk, _) = Desk::open(cx, &[], Some(new.customer), &[]).await?;
        Ok(references(&desk, new))
    })
}

fn references(desk: &Desk<'_>, new: &New) -> Vec<Violation> {
    let mut found = Vec::new();
    if desk.customer.is_none() {
        found.push(Violation::missing("customer", "customers", new.customer));
    }
    if let Some(currency) = new.currency.as_ref().filter(|currency| currency.find(&desk.tenant).is_none()) {
        found.push(Violation::missing("currency", "currencies", currency.given()));
    }
    found
}

async fn create(cx: &Context, new: &New) -> Result<Done<Shown>> {
    let (desk, _) = Desk::open(cx, &[], Some(new.customer), &[]).await?;
    let found = references(&desk, new);
    let (Some(customer), true) = (&desk.customer, found.is_empty()) else {
        return Err(Error::told(Told::Invalid(found)));
    };
    let currency = match &new.currency {
        Some(given) => given.resolve(&desk.tenant)?,
        None => desk.tenant.currency_of(customer.currency)?,
    };
    let day = new.day.unwrap_or_else(|| desk.today());
    holds(day, new.valid_until)?;
    let ratio = desk.ledger.ratio(currency, day.at).await?;
    let rounding = desk.books.settings.tax_rounding;
    let terms = Terms { currency: currency.iso, base: desk.ledger.base(), ratio, inclusive: new.inclusive, rounding };
    let (lines, sums) = priced(&desk, &new.lines, &terms)?;
    let mut ids = Drawer::open(cx, &[QUOTE]).await?;
    let quote = Quote {
        stamps: Stamps::new(ids.next(QUOTE), cx.now),
        customer: new.customer,
        reseller: customer.reseller,
        stage: if new.sent { Stage::Sent } else { Stage::Draft },
        day,
        valid_until: new.valid_until,
        subject: new.subject.clone(),
        currency: currency.id,
        iso: currency.iso,
        ratio,
        inclusive: new.inclusive,
        rounding,
        lines,
        sums,
        notes: new.notes.clone(),
        invoice: None,
        sent_at: new.sent.then_some(cx.now),
        answered_at: None,
    };
    let mut changes = Changes::default();
    changes.check(keys::row(cx.tenant(), CUSTOMER, customer.id), customer.version);
    ids.into_changes(cx, &mut changes);
    let quote = put(cx, &mut changes, None, quote, "quote.created")?;
    Ok(Done::changed(Shown::of(quote, desk.today().date), changes))
}

fn holds(day: Day, until: Day) -> Result<()> {
    if until.date < day.date {
        return Err(Error::field("valid_until", Rule::TooSmall(day.date.to_string())));
    }
    Ok(())
}

async fn change(cx: &Context, update: &Update) -> Result<Done<Shown>> {
    let (tenant, before) = find::<Quote>(cx, update.id).await?;
    let today = tenant.today(cx).date;
    let mut after = before.clone();
    if let Some(lines) = &update.lines {
        let (desk, _) = Desk::open(cx, &[], Some(before.customer), &[]).await?;
        let (base, inclusive, rounding) = (desk.ledger.base(), before.inclusive, before.rounding);
        let terms = Terms { currency: before.iso, base, ratio: before.ratio, inclusive, rounding };
        (after.lines, after.sums) = priced(&desk, lines, &terms)?;
    }
    after.day = update.day.unwrap_or(before.day);
    after.valid_until = update.valid_until.unwrap_or(before.valid_until);
    holds(after.day, after.valid_until)?;
    update.subject.clone().apply(&mut after.subject);
    // What the customer has answered stays as it was answered; notes do not count.
    if after != before && !before.stage.is_open() {
        let text = format!("A quote that is {} cannot be changed", before.stage.word());
        return Err(Error::refused("quote_answered", text));
    }
    update.notes.clone().apply(&mut after.notes);
    if let Some(stage) = update.stage {
        become_(cx, &mut after, stage, today)?;
    }
    finish(cx, &before, after, today, "quote.updated")
}

fn become_(cx: &Context, quote: &mut Quote, stage: Stage, today: crate::words::time::Date) -> Result<()> {
    if stage == Stage::Converted && quote.stage != stage {
        return Err(Error::refused("illegal_move", "A quote is converted by making an invoice of it"));
    }
    let from = quote.stage_on(today);
    from.may_become(stage)?;
    if from == stage {
        quote.stage = stage;
        return Ok(());
    }
    quote.stage = stage;
    match stage {
        Stage::Sent => quote.sent_at = Some(cx.now),
        Stage::Accepted | Stage::Declined => quote.answered_at = Some(cx.now),
        Stage::Draft | Stage::Expired | Stage::Converted => {}
    }
    Ok(())
}

fn finish(
    cx: &Context,
    before: &Quote,
    after: Quote,
    today: crate::words::time::Date,
    event: &'static str,
) -> Result<Done<Shown>> {
    if after == *before {
        return Ok(Done::read(Shown::of(after, today)));
    }
    let mut changes = Changes::default();
    let after = put(cx, &mut changes, Some(before), after, event)?;
    Ok(Done::changed(Shown::of(after, today), changes))
}

async fn move_to(cx: &Context, id: u64, stage: Stage) -> Result<Done<Shown>> {
    let (tenant, before) = find::<Quote>(cx, id).await?;
    let today = tenant.today(cx).date;
    let mut after = before.clone();
    become_(cx, &mut after, stage, today)?;
    let event = match stage {
        Stage::Sent => "quote.sent",
        Stage::Accepted => "quote.accepted",
        Stage::Declined => "quote.declined",
        Stage::Expired => "quote.expired",
        Stage::Draft | Stage::Converted => "quote.updated",
    };
    finish(cx, &before, after, today, event)
}

async fn convert_to(cx: &Context, convert: &Convert) -> Result<Done<Invoice>> {
    let (tenant, before) = find::<Quote>(cx, convert.id).await?;
    if let Some((_, number)) = &before.invoice {
        let number = number.clone().unwrap_or_default();
        return Err(Error::refused("quote_converted", format!("{} has become invoice {number}", before.number())));
    }
    before.stage_on(tenant.today(cx).date).may_become(Stage::Converted)?;
    let (mut desk, _) = Desk::open(cx, &[Kind::Invoice], Some(before.customer), &[]).await?;
    if desk.customer.is_none() {
        return Err(Error::refused("customer_gone", "The customer of the quote was deleted"));
    }
    let mut new = NewDocument::of(Kind::Invoice);
    new.customer = Some(before.customer);
    new.currency = Some(CurrencyRef::Id(before.currency));
    (new.day, new.due, new.due_after_date) = (convert.day, convert.due, true);
    (new.inclusive, new.rounding) = (before.inclusive, before.rounding);
    new.quoted = Some(before.lines.clone());
    new.notes.clone_from(&before.notes);
    let invoice = compose(cx, &mut desk, &new, &mut Vec::new()).await?;
    let answered_at = before.answered_at.or(Some(cx.now));
    let became = Some((invoice.id, invoice.number.clone()));
    let after = Quote { stage: Stage::Converted, invoice: became, answered_at, ..before.clone() };
    put(cx, &mut desk.changes, Some(&before), after, "quote.converted")?;
    let shown = desk.shown(invoice)?;
    Ok(Done::changed(shown, settle(desk).await?))
}

async fn delete(cx: &Context, id: u64) -> Result<Done<u64>> {
    let (_, quote) = find::<Quote>(cx, id).await?;
    if quote.stage == Stage::Converted {
        return Err(Error::refused("quote_converted", "A quote that has become an invoice cannot be deleted"));
    }
    let mut changes = Changes::default();
    remove(cx, &mut changes, &quote, "quote.deleted")?;
    Ok(Done::changed(1, changes))
}
