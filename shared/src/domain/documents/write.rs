//! Making documents.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use crate::domain::documents::accrual::{CYCLES, Term, end_of_cycle};
use crate::domain::documents::change::reach;
use crate::domain::documents::desk::{Desk, Held};
use crate::domain::documents::entity::{Document, Kind, Line, Ref, Stage, Status, Sums, TaxRow};
use crate::domain::documents::ledger::out_of_range;
use crate::domain::documents::list::Shown;
use crate::domain::documents::pay::{self, Against};
use crate::domain::documents::posting::halves;
use crate::domain::documents::sums::{self, Priced, Rounding, Terms, amount, header};
use crate::domain::tenants::{CurrencyRef, TenantCurrency};
use crate::machinery::operation::{Context, Done, Op, Scope, Working};
use crate::words::error::{Error, Result, Rule, Told, Violation};
use crate::words::time::{Date, Day, Instant};

/// The most lines of a document.
pub const MOST_LINES: usize = 200;
/// The longest billing period, in days: ten years and what leap years and clocks may add.
const LONGEST_TERM: i64 = 3660;
/// The most half-years that the periods of a document may lie in: each is one action of its commit.
const MOST_HALVES: usize = 45;

macro_rules! creates {
    ($(#[$doc:meta] $name:ident: $op:literal, $entity:literal;)*) => {
        $(#[$doc] pub static $name: Op<New, Shown> =
            Op::write($op, $entity, Scope::Reseller, |cx, new| Box::pin(create(cx, new))).also(new_also);)*
    };
}
creates! {
    /// Make an invoice.
    CREATE_INVOICE: "invoices.create", "invoice";
    /// Make a transaction of any kind.
    CREATE_TRANSACTION: "transactions.create", "transaction";
    /// Take a customer's money, for invoices or on account.
    CREATE_RECEIPT: "receipts.create", "receipt";
    /// Give a customer's credit back.
    CREATE_REFUND: "refunds.create", "refund";
    /// Take back what was asked of a customer.
    CREATE_CREDIT_NOTE: "credit_notes.create", "credit_note";
    /// Ask a customer for more.
    CREATE_DEBIT_NOTE: "debit_notes.create", "debit_note";
}

/// What to make.
#[derive(Debug, Clone)]
pub struct New {
    /// The kind.
    pub kind: Kind,
    /// Whose it is; of a receipt for an invoice the invoice's when missing.
    pub customer: Option<u64>,
    /// The accounting day; today when missing.
    pub day: Option<Day>,
    /// When it is due; the accounting day when missing.
    pub due: Option<Day>,
    /// Whether it may not be due before its date.
    pub due_after_date: bool,
    /// The currency; the customer's when missing, else the account's, else the base currency.
    pub currency: Option<CurrencyRef>,
    /// The lines of an invoice or note.
    pub lines: Vec<NewLine>,
    /// Whether prices include their taxes.
    pub inclusive: bool,
    /// How the header is made.
    pub rounding: Rounding,
    /// The amount of money that comes or goes.
    pub amount: Option<Decimal>,
    /// A number chosen by hand.
    pub number: Option<String>,
    /// What it is made as; issued when missing.
    pub status: Option<Status>,
    /// The account.
    pub account: Option<u64>,
    /// The category.
    pub category: Option<u64>,
    /// The invoice a note concerns: it is set against it, as far as that is open.
    pub invoice: Option<u64>,
    /// What it is about.
    pub description: String,
    /// Notes.
    pub notes: Option<String>,
    /// How it was paid.
    pub method: Option<String>,
    /// The payment's reference at a gateway.
    pub reference: Option<String>,
    /// What money is set against.
    pub against: Vec<Against>,
    /// A refund that needs no credit: it just lowers the balance (JeraSoft).
    pub unbacked: bool,
    /// Whether the balance with the credit limit may not fall below 0.
    pub no_negative: bool,
    /// An invoice of the charges from one instant to before another (JeraSoft).
    pub charges: Option<(Instant, Instant)>,
    /// Carried attributes, as JSON text.
    pub carried: BTreeMap<String, String>,
}

impl New {
    /// A document of a kind, of which nothing is known yet.
    pub fn of(kind: Kind) -> Self {
        Self {
            kind,
            customer: None,
            day: None,
            due: None,
            due_after_date: false,
            currency: None,
            lines: Vec::new(),
            inclusive: false,
            rounding: Rounding::Lines,
            amount: None,
            number: None,
            status: None,
            account: None,
            category: None,
            invoice: None,
            description: String::new(),
            notes: None,
            method: None,
            reference: None,
            against: Vec::new(),
            unbacked: false,
            no_negative: false,
            charges: None,
            carried: BTreeMap::new(),
        }
    }
}

/// The taxes of a line to make.
#[derive(Debug, Clone, Default)]
pub enum NewTaxes {
    /// None.
    #[default]
    None,
    /// These of the tenant's rates, by name.
    Named(Vec<String>),
    /// One that is none of the tenant's rates.
    Percent(Decimal),
    /// All rates of the customer's tax profile.
    Profile,
    /// These amounts, by the id of the rate.
    Amounts(Vec<(u64, Decimal)>),
}

/// A line to make.
#[derive(Debug, Clone, Default)]
pub struct NewLine {
    /// What it is for.
    pub description: String,
    /// How many.
    pub quantity: Decimal,
    /// The price of one.
    pub unit: Decimal,
    /// Taken off the line.
    pub discount: Decimal,
    /// Its taxes.
    pub taxes: NewTaxes,
    /// The billing cycle's word.
    pub cycle: Option<String>,
    /// The billing period's first day …
    pub start: Option<Date>,
    /// … and last day; without it the cycle says how long the period is.
    pub end: Option<Date>,
    /// The product it sells.
    pub product: Option<u64>,
}

fn violation(field: impl Into<String>, rule: Rule) -> Violation {
    Violation { field: field.into(), rule }
}

fn missing(field: &str, collection: &str, id: impl ToString) -> Violation {
    violation(field, Rule::Missing { collection: collection.to_owned(), id: id.to_string() })
}

fn new_also<'a>(cx: &'a Context, new: &'a New) -> Working<'a, Vec<Violation>> {
    Box::pin(async move {
        let (desk, _) = Desk::open(cx, &[], new.customer, &[]).await?;
        Ok(references(&desk, new))
    })
}

/// What a new document refers to and is not there.
fn references(desk: &Desk<'_>, new: &New) -> Vec<Violation> {
    let mut found = Vec::new();
    // An id that could not be read is 0, and was complained of already.
    if let Some(id) = new.customer.filter(|id| *id != 0 && desk.customer.is_none()) {
        found.push(missing("customer", "customers", id));
    }
    if let Some(id) = new.account.filter(|id| *id != 0 && desk.books.account(*id).is_none()) {
        found.push(missing("account", "accounts", id));
    }
    if let Some(id) = new.category.filter(|id| desk.books.category(*id).is_none()) {
        found.push(missing("category", "categories", id));
    }
    if let Some(currency) = new.currency.as_ref().filter(|currency| currency.find(&desk.tenant).is_none()) {
        found.push(missing("currency", "currencies", currency.given()));
    }
    found
}

async fn create(cx: &Context, new: &New) -> Result<Done<Shown>> {
    let mut named: Vec<Ref> = new.against.iter().map(|against| against.other).collect();
    named.extend(new.invoice.map(|id| Ref { kind: Kind::Invoice, id }));
    let (mut desk, mut others) = Desk::open(cx, &[new.kind], new.customer, &named).await?;
    let mut new = new.clone();
    if new.customer.is_none() && new.kind == Kind::Receipt {
        new.customer = others.iter().flatten().find_map(|other| other.customer);
        desk.more(new.customer, &[]).await?;
    }
    let mut found = references(&desk, &new);
    let concerned = new.invoice.is_some().then(|| others.pop().flatten()).flatten();
    if let Some(id) = new.invoice {
        let own = concerned.as_ref().is_some_and(|one| one.kind == Kind::Invoice && one.customer == new.customer);
        found.extend((!own).then(|| missing("invoice", "invoices", id)));
    }
    found.extend(pay::missing(&new.against, &others, new.customer));
    if !found.is_empty() {
        return Err(invalid(found));
    }
    let currency = currency_of(&desk, &new)?;
    let day = new.day.unwrap_or_else(|| desk.today());
    if new.due.is_some_and(|due| new.due_after_date && due.date < day.date) {
        return Err(Error::field("due_date", Rule::TooSmall(day.date.to_string())));
    }
    let ratio = desk.ledger.ratio(&currency, day.at).await?;
    let terms = Terms {
        currency: currency.iso,
        base: desk.ledger.base(),
        ratio,
        inclusive: new.inclusive,
        rounding: new.rounding,
    };
    let mut document = blank(cx, &desk, &new, &currency, &terms, day);
    if new.kind.is_cash() {
        cash(&mut document, &new, &terms)?;
    } else {
        (document.lines, document.sums) = priced(&desk, &new.lines, &terms)?;
    }
    let mut held: Vec<Held> = others.into_iter().chain([concerned]).flatten().map(Held::read).collect();
    if let Some(between) = new.charges {
        held.extend(pay::take_charges(&mut desk, cx, &mut document, between).await?);
    }
    if halves(&document) > MOST_HALVES {
        return Err(Error::refused("periods_too_far_apart", "The periods of the lines lie too far apart"));
    }
    document.invoice = new.invoice.map(|id| {
        let number = held.iter().find(|one| one.after.own_ref() == Ref { kind: Kind::Invoice, id });
        (id, number.and_then(|one| one.after.number.clone()))
    });
    document.id = desk.next_id(new.kind);
    if new.status == Some(Status::Draft) {
        document.stage = Stage::Draft;
    } else {
        desk.give_number(&mut document, new.number.as_deref())?;
        pay::settle(cx, &mut desk, &mut document, &new, &mut held).await?;
        pay::charged_to(&document, &mut held);
        if let Some(status) = new.status.filter(|_| document.sums.total > 0) {
            reach(&mut desk, &mut document, &mut [], status, day.date)?;
        }
        if document.status() == Status::Paid {
            document.paid_at = Some(cx.now);
        }
    }
    // What is set against one another changes on the later of both days.
    for one in held {
        let on = one.after.day.date.max(day.date);
        desk.put(&one, updated(one.after.kind), on)?;
    }
    let document = desk.put(&Held { before: None, after: document }, created(new.kind), day.date)?;
    if new.no_negative {
        enough(&desk, &document)?;
    }
    let shown = Shown::of(document, desk.customer.clone(), &desk.tenant, &desk.books, desk.today().date)?;
    Ok(Done::changed(shown, desk.finish()?))
}

pub(crate) fn invalid(found: Vec<Violation>) -> Error {
    Error::told(Told::Invalid(found))
}

/// The event of a new document.
fn created(kind: Kind) -> &'static str {
    match kind {
        Kind::Invoice => "invoice.created",
        Kind::Receipt => "payment.received",
        Kind::Refund => "refund.created",
        Kind::Income | Kind::Expense => "transaction.created",
        Kind::CreditNote => "credit_note.created",
        Kind::DebitNote => "debit_note.created",
    }
}

/// The event of a changed document.
pub(crate) fn updated(kind: Kind) -> &'static str {
    match kind {
        Kind::Invoice => "invoice.updated",
        Kind::Receipt => "receipt.updated",
        Kind::Refund => "refund.updated",
        Kind::Income | Kind::Expense => "transaction.updated",
        Kind::CreditNote => "credit_note.updated",
        Kind::DebitNote => "debit_note.updated",
    }
}

fn currency_of(desk: &Desk<'_>, new: &New) -> Result<TenantCurrency> {
    let chosen = new.currency.as_ref().and_then(|currency| currency.find(&desk.tenant));
    let account = new.account.and_then(|id| desk.books.account(id));
    let customers = desk.customer.as_ref().map(|customer| customer.currency);
    let otherwise = customers.or(account.map(|account| account.currency)).unwrap_or(desk.tenant.base_currency);
    let currency = match chosen {
        Some(currency) => currency,
        None => desk.tenant.currency_of(otherwise)?,
    };
    match account.filter(|account| account.currency != currency.id) {
        None => Ok(currency.clone()),
        Some(account) => {
            let (own, other) = (currency.iso.code(), account.iso.code());
            Err(Error::refused("currency_mismatch", format!("The account is in {other}, the transaction in {own}")))
        }
    }
}

fn blank(cx: &Context, desk: &Desk<'_>, new: &New, currency: &TenantCurrency, terms: &Terms, day: Day) -> Document {
    let own = desk.customer.as_ref().map(|customer| customer.reseller);
    Document {
        id: 0,
        kind: new.kind,
        stage: Stage::Issued,
        number: None,
        customer: new.customer,
        reseller: own.unwrap_or_else(|| desk.tenant.default_reseller(&cx.caller)),
        day,
        due: (new.kind == Kind::Invoice).then(|| new.due.unwrap_or(day)),
        currency: currency.id,
        iso: currency.iso,
        base: terms.base,
        ratio: terms.ratio,
        inclusive: new.inclusive,
        rounding: new.rounding,
        lines: Vec::new(),
        sums: Sums::default(),
        allocations: Vec::new(),
        marked: (0, 0),
        paid_at: None,
        closed_on: None,
        account: new.account,
        category: new.category,
        description: new.description.clone(),
        notes: new.notes.clone(),
        method: new.method.clone(),
        reference: new.reference.clone(),
        invoice: None,
        user: Some(cx.caller.user).filter(|user| *user != 0),
        carried: new.carried.clone(),
        created_at: cx.now,
        updated_at: cx.now,
        version: 1,
    }
}

/// The amounts of money that comes or goes.
fn cash(document: &mut Document, new: &New, terms: &Terms) -> Result<()> {
    let given = new.amount.ok_or_else(|| Error::field("amount", Rule::Required))?;
    if given <= Decimal::ZERO {
        return Err(Error::field("amount", Rule::NotPositive));
    }
    let total = amount("amount", given, terms.currency).map_err(|fault| invalid(vec![fault]))?;
    let base_net = sums::in_base(total, terms).ok_or_else(out_of_range)?;
    document.sums = Sums { subtotal: total, total, base_net, ..Sums::default() };
    Ok(())
}

/// Lines with their numbers, and the header, or everything that is wrong with them.
pub(crate) fn priced(desk: &Desk<'_>, lines: &[NewLine], terms: &Terms) -> Result<(Vec<Line>, Sums)> {
    let mut found = Vec::new();
    let mut made = Vec::with_capacity(lines.len());
    for (place, line) in lines.iter().enumerate() {
        let at = format!("items.{place}");
        let term = term_of(&at, line, &mut found);
        let taxes = taxes_of(desk, &at, line, &mut found);
        let priced = Priced { quantity: line.quantity, unit: line.unit, discount: line.discount, taxes };
        let faults = sums::faults(&at, &priced, terms);
        if !faults.is_empty() {
            found.extend(faults);
            continue;
        }
        let Some(mut numbers) = sums::line(&priced, terms) else {
            found.push(violation(format!("{at}.unit_price"), Rule::TooLarge("1000000000".into())));
            continue;
        };
        if let NewTaxes::Amounts(amounts) = &line.taxes {
            given_taxes(desk, &at, amounts, terms, &mut numbers, &mut found);
        }
        made.push(Line {
            description: line.description.clone(),
            cycle: line.cycle.clone(),
            term,
            product: line.product,
            ..numbers
        });
    }
    if !found.is_empty() {
        return Err(invalid(found));
    }
    let sums = header(&made, terms).ok_or_else(out_of_range)?;
    Ok((made, sums))
}

/// A line's billing period.
fn term_of(at: &str, line: &NewLine, found: &mut Vec<Violation>) -> Option<Term> {
    let mut note = |field: &str, rule| found.push(violation(format!("{at}.{field}"), rule));
    let months = match &line.cycle {
        None => None,
        Some(word) => match CYCLES.iter().find(|(known, _)| known == word) {
            Some((_, months)) => *months,
            None => {
                note("billing_cycle", Rule::NotOneOf(CYCLES.iter().map(|(word, _)| (*word).to_owned()).collect()));
                None
            }
        },
    };
    let (start, end) = match (line.start, line.end) {
        (None, None) => return None,
        (None, Some(_)) => {
            note("period_start", Rule::Required);
            return None;
        }
        (Some(start), Some(end)) => (start, end),
        (Some(start), None) => match months.and_then(|months| end_of_cycle(start, months)) {
            Some(end) => (start, end),
            None => {
                note("period_end", Rule::Required);
                return None;
            }
        },
    };
    let term = Term { start, end };
    if end < start {
        note("period_end", Rule::TooSmall(start.to_string()));
    } else if term.days() > LONGEST_TERM {
        note("period_end", Rule::TooLarge((start + crate::words::time::Duration::days(LONGEST_TERM - 1)).to_string()));
    } else {
        return Some(term);
    }
    None
}

/// The rates of a line's taxes.
fn taxes_of(desk: &Desk<'_>, at: &str, line: &NewLine, found: &mut Vec<Violation>) -> Vec<(u64, String, Decimal)> {
    let row = |rate: &crate::domain::books::TaxRate| (rate.meta.id, rate.meta.name.clone(), rate.percent);
    match &line.taxes {
        NewTaxes::None | NewTaxes::Amounts(_) => Vec::new(),
        NewTaxes::Percent(percent) => {
            let fault = if percent.is_sign_negative() {
                Some(Rule::TooSmall("0".into()))
            } else if *percent > Decimal::ONE_HUNDRED {
                Some(Rule::TooLarge("100".into()))
            } else if percent.normalize().scale() > 4 {
                Some(Rule::Precision(4))
            } else {
                None
            };
            let good = fault.is_none() && !percent.is_zero();
            found.extend(fault.map(|rule| violation(format!("{at}.tax_rate"), rule)));
            if good { vec![(0, "Tax".to_owned(), percent.normalize())] } else { Vec::new() }
        }
        NewTaxes::Named(names) => {
            let mut rows: Vec<(u64, String, Decimal)> = Vec::new();
            for name in names {
                match desk.books.tax_named(name) {
                    None => found.push(missing(&format!("{at}.taxes"), "tax_rates", name)),
                    // The same tax twice is one tax.
                    Some(rate) if rows.iter().any(|(id, _, _)| *id == rate.meta.id) => {}
                    Some(rate) => rows.push(row(rate)),
                }
            }
            rows
        }
        NewTaxes::Profile => {
            let id =
                desk.customer.as_ref().and_then(|customer| customer.carried.get("taxes_profiles_id")?.parse().ok());
            id.map_or_else(Vec::new, |id| desk.books.profile(id).into_iter().map(row).collect())
        }
    }
}

/// Taxes whose amounts were given: they come on top.
fn given_taxes(
    desk: &Desk<'_>,
    at: &str,
    amounts: &[(u64, Decimal)],
    terms: &Terms,
    line: &mut Line,
    found: &mut Vec<Violation>,
) {
    for (id, given) in amounts {
        let Some(rate) = desk.books.tax(*id) else {
            found.push(missing(&format!("{at}.taxes"), "tax_rates", id));
            continue;
        };
        match amount(&format!("{at}.taxes"), *given, terms.currency) {
            Err(fault) => found.push(fault),
            Ok(amount) => {
                let (name, percent) = (rate.meta.name.clone(), rate.percent);
                line.taxes.push(TaxRow { tax: *id, name, percent, amount });
                line.amount += amount;
            }
        }
    }
}

/// Refuses what would take the customer's balance with its credit limit below 0 (contract jerasoft §4.6). What
/// raises the balance is never refused.
fn enough(desk: &Desk<'_>, document: &Document) -> Result<()> {
    let Some(customer) = &desk.customer else { return Ok(()) };
    // Without a limit nothing is refused; the limit is in the customer's own currency.
    let Some(limit) = customer.credit_limit else { return Ok(()) };
    let credit = if limit.currency == document.iso { limit.minor } else { 0 };
    let lowers = document.stage == Stage::Issued && document.kind.sign() * document.sums.total > 0;
    if lowers && credit - desk.will_owe(document.iso.code()) < 0 {
        return Err(Error::refused("LowBalanceError", "LowBalanceError: balance with credit would become negative"));
    }
    Ok(())
}
