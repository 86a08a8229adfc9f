//! Making documents.

use rust_decimal::Decimal;

use crate::domain::books::Category;
use crate::domain::documents::change::reach;
use crate::domain::documents::charges;
use crate::domain::documents::dated;
use crate::domain::documents::desk::{Desk, Held, Written};
use crate::domain::documents::entity::{Document, IMPORTED, Kind, Ref, Stage, Status, Sums};
use crate::domain::documents::leaving;
use crate::domain::documents::ledger::out_of_range;
pub use crate::domain::documents::lines::{MOST_LINES, NewLine, NewTaxes};
use crate::domain::documents::lines::{by_invoice, priced};
use crate::domain::documents::list::Shown;
pub use crate::domain::documents::new::{Imported, New};
use crate::domain::documents::pay;
use crate::domain::documents::posting::halves;
use crate::domain::documents::standing::latest;
use crate::domain::documents::sums::{self, Rounding, Terms, amount};
use crate::domain::tenants::TenantCurrency;
use crate::machinery::operation::{Context, Working};
use crate::words::error::{Error, Result, Rule, Told, Violation};
use crate::words::time::{Date, Day};

/// The most half-years that the periods of a document may lie in: each is one action of its commit.
const MOST_HALVES: usize = 45;

/// What a new document refers to and is not there, beside what is wrong with its fields.
pub(crate) fn new_also<'a>(cx: &'a Context, new: &'a New) -> Working<'a, Vec<Violation>> {
    Box::pin(async move {
        let (desk, _) = Desk::open(cx, &[], new.customer, &[]).await?;
        Ok(references(&desk, new))
    })
}

/// What a new document refers to and is not there. Of an id that could not be read this is not told: the row
/// drops it, since the field was complained of already.
fn references(desk: &Desk<'_>, new: &New) -> Vec<Violation> {
    let mut found = Vec::new();
    // Whoever was deleted, and whose money came in since, gets it back.
    let gets_back = new.kind == Kind::Refund && desk.owes_the_deleted();
    if let Some(id) = new.customer.filter(|_| desk.customer.is_none() && !gets_back) {
        found.push(Violation::missing("customer", "customers", id));
    }
    if let Some(id) = new.account.filter(|id| desk.books.account(*id).is_none()) {
        found.push(Violation::missing("account", "accounts", id));
    }
    if let Some(id) = new.category.filter(|id| desk.books.category(*id).is_none()) {
        found.push(Violation::missing("category", "categories", id));
    }
    if let Some(currency) = new.currency.as_ref().filter(|currency| currency.find(&desk.tenant).is_none()) {
        found.push(Violation::missing("currency", "currencies", currency.given()));
    }
    found
}

/// Make a document, and set it against what it was made for.
pub(crate) async fn create<'c>(cx: &'c Context, new: &New) -> Result<Written<'c, Shown>> {
    let mut named: Vec<Ref> = new.against.iter().map(|against| against.other).collect();
    let brought = new.imported.as_ref().and_then(|imported| imported.concerns.as_ref()).map(|(id, _)| *id);
    named.extend(new.invoice.or(brought).map(|id| Ref { kind: Kind::Invoice, id }));
    let (mut desk, mut others) = Desk::open(cx, &[new.kind], new.customer, &named).await?;
    let mut new = new.clone();
    if new.customer.is_none() && new.kind == Kind::Receipt {
        new.customer = others.iter().flatten().find_map(|other| other.customer);
        desk.more(new.customer, &[]).await?;
    }
    let mut found = short_form(&desk, &mut new);
    found.extend(references(&desk, &new));
    let concerned = new.invoice.or(brought).and_then(|_| others.pop().flatten());
    if let Some(id) = new.invoice {
        let own = concerned.as_ref().is_some_and(|one| one.kind == Kind::Invoice && one.customer == new.customer);
        found.extend((!own).then(|| Violation::missing("invoice", "invoices", id)));
    }
    found.extend(pay::missing(&new.against, &others, new.customer));
    if !found.is_empty() {
        return Err(invalid(found));
    }
    let mut held: Vec<Held> = others.into_iter().chain([concerned]).flatten().map(Held::read).collect();
    let document = compose(cx, &mut desk, &new, &mut held).await?;
    if new.no_negative {
        enough(&desk, &document)?;
    }
    let shown = desk.shown(document)?;
    Ok(Written::on(desk, shown))
}

/// Make a document whose references were found good, on an open desk, and set it against what was read for it.
/// All of them are put back.
pub(crate) async fn compose(cx: &Context, desk: &mut Desk<'_>, new: &New, held: &mut Vec<Held>) -> Result<Document> {
    let document = prepare(cx, desk, new, held).await?;
    let day = document.day.date;
    // What is set against one another counts on the later of both days.
    let on = latest(day, held.iter().map(|one| &one.after));
    put_all(desk, held.drain(..), day)?;
    desk.put(&Held { before: None, after: document }, created(new.kind), on)
}

/// Put documents back that were set against one made on a day: they change on the later of both days.
pub(crate) fn put_all(desk: &mut Desk<'_>, held: impl IntoIterator<Item = Held>, day: Date) -> Result<()> {
    for one in held {
        let kind = one.after.kind;
        let event = if one.before.is_none() { created(kind) } else { updated(kind) };
        desk.put(&one, event, day)?;
    }
    Ok(())
}

/// The same as [`compose`], and nothing is put back yet: for whoever makes several that are set against the same.
pub(crate) async fn prepare(cx: &Context, desk: &mut Desk<'_>, new: &New, held: &mut Vec<Held>) -> Result<Document> {
    let invoice = new.invoice.map(|id| Ref { kind: Kind::Invoice, id });
    let charge = new.charge.map(|id| Ref { kind: Kind::DebitNote, id });
    let concerned = held.iter().position(|one| [invoice, charge].contains(&Some(one.after.own_ref())));
    let concerned = concerned.map(|place| held.remove(place));
    let currency = match concerned.as_ref().filter(|_| new.currency.is_none()) {
        Some(invoice) => desk.tenant.currency_of(invoice.after.currency)?.clone(),
        None => currency_of(desk, new)?,
    };
    let day = new.day.unwrap_or_else(|| desk.today());
    let implausible = dated::faults(day, new.due);
    if !implausible.is_empty() {
        return Err(invalid(implausible));
    }
    if new.due.is_some_and(|due| new.due_after_date && due.date < day.date) {
        return Err(Error::field("due_date", Rule::TooSmall(day.date.to_string())));
    }
    // What is given back counts as what was charged.
    let given = concerned.as_ref().map(|invoice| invoice.after.ratio).filter(|_| new.kind == Kind::CreditNote);
    let given = given.or(new.ratio).or(new.imported.as_ref().and_then(|imported| imported.ratio));
    let ratio = match given {
        Some(ratio) if ratio > Decimal::ZERO => ratio,
        _ => desk.ledger.ratio(&currency, day.at).await?,
    };
    let terms = Terms {
        currency: currency.iso,
        base: desk.ledger.base(),
        ratio,
        inclusive: new.inclusive,
        // What was worked out before, elsewhere or for a quote, stays as it was rounded then.
        rounding: match new.rounding {
            Rounding::Lines if new.quoted.is_none() => desk.books.settings.tax_rounding,
            rounding => rounding,
        },
    };
    let mut document = blank(cx, desk, new, &currency, &terms, day);
    if new.kind.is_cash() {
        cash(&mut document, new, &terms)?;
    } else if let Some(lines) = &new.quoted {
        (document.lines, document.sums) = sums::again(lines, &terms).ok_or_else(out_of_range)?;
    } else {
        // A charge is an amount of money, not a price that may be finer.
        if let Some(given) = new.amount {
            amount("amount", given, currency.iso)?;
        }
        let concerned = concerned.as_ref().filter(|_| new.kind == Kind::CreditNote);
        let lines = concerned.map(|invoice| by_invoice(&new.lines, &invoice.after));
        (document.lines, document.sums) = priced(desk, lines.as_ref().unwrap_or(&new.lines), &terms)?;
    }
    if let Some(between) = new.charges {
        held.extend(charges::take_charges(desk, cx, &mut document, between).await?);
    }
    if let Some(imported) = &new.imported {
        held.extend(charges::take_named(desk, &mut document, &imported.charges).await?);
        document.carried.insert(IMPORTED.to_owned(), format!("\"{}\"", imported.system));
    }
    if halves(&document) > MOST_HALVES {
        return Err(Error::refused("periods_too_far_apart", "The periods of the lines lie too far apart"));
    }
    document.invoice = new.invoice.map(|id| (id, concerned.as_ref().and_then(|one| one.after.number.clone())));
    if let Some(invoice) = &concerned {
        leaving::check_concerned(&document, &invoice.after)?;
    }
    if let Some(imported) = &new.imported {
        document.invoice.clone_from(&imported.concerns);
    }
    document.id = desk.next_id(new.kind);
    if new.status == Some(Status::Draft) {
        document.stage = Stage::Draft;
    } else {
        if let Some(imported) = &new.imported {
            desk.leave_out(&imported.known);
        }
        // What was taken back before it was issued never had a number, and needs none.
        let unissued = new.imported.is_some()
            && new.number.is_none()
            && matches!(new.status, Some(Status::Void | Status::Cancelled));
        if unissued {
            document.stage = Stage::Draft;
        } else if new.number.is_none() {
            desk.look_ahead(new.kind, day.date).await?;
        } else {
            desk.read_series(new.kind).await?;
        }
        match (&new.imported, &new.number) {
            (Some(_), Some(number)) => desk.keep_number(&mut document, number)?,
            _ if unissued => {}
            _ => desk.give_number(&mut document, new.number.as_deref())?,
        }
        if let Some(mut invoice) = concerned {
            if new.kind == Kind::CreditNote {
                leaving::credit(&mut document, &mut invoice.after)?;
            }
            held.push(invoice);
        }
        let brought = document.invoice.as_ref().filter(|_| new.imported.is_some() && new.kind == Kind::CreditNote);
        let brought = brought.map(|(id, _)| *id);
        let brought = held.iter_mut().find(|one| brought.is_some_and(|id| one.after.own_ref().is_invoice(id)));
        if let Some(invoice) = brought.filter(|_| !matches!(new.status, Some(Status::Void | Status::Cancelled))) {
            leaving::register(&document, &mut invoice.after);
        }
        if new.imported.is_none() {
            pay::settle(cx, desk, &mut document, new, held).await?;
        }
        charges::charged_to(&document, held);
        if let Some(status) = new.status.filter(|_| document.sums.total > 0 || unissued) {
            reach(desk, &mut document, &mut [], status, day.date)?;
        }
        if new.imported.is_none() {
            pay::from_credit(cx, desk, &mut document, held).await?;
        }
        if document.status() == Status::Paid {
            document.paid_at = Some(cx.now);
        }
    }
    Ok(document)
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

/// What the short form of an income leaves open (contract cloudonex §8.3): the account is the tenant's first one, and
/// the category goes by its name.
fn short_form(desk: &Desk<'_>, new: &mut New) -> Vec<Violation> {
    if new.first_account && new.account.is_none() {
        new.account = desk.books.accounts.iter().find(|account| !account.meta.deleted).map(|account| account.meta.id);
    }
    let Some(name) = &new.category_named else { return Vec::new() };
    let same = |one: &&Category| !one.meta.deleted && one.meta.name.eq_ignore_ascii_case(name.trim());
    new.category = desk.books.categories.iter().find(same).map(|one| one.meta.id);
    match new.category {
        Some(_) => Vec::new(),
        None => vec![Violation::missing("category", "categories", name)],
    }
}

/// When a new document is due, where it says so.
fn due_of(desk: &Desk<'_>, new: &New, day: Day) -> Option<Day> {
    let after = |days: u32| day.date.checked_add_days(chrono::Days::new(days.into()));
    let terms = || {
        let terms = desk.customer.as_ref().filter(|_| new.due_by_terms)?.payment_terms()?;
        Some(desk.books.payment_term(terms)?.grace_period)
    };
    new.due.or_else(|| Day::midnight(after(new.due_days.or_else(terms)?)?, desk.tenant.timezone))
}

fn blank(cx: &Context, desk: &Desk<'_>, new: &New, currency: &TenantCurrency, terms: &Terms, day: Day) -> Document {
    let own = desk.customer.as_ref().map(|customer| customer.reseller);
    Document {
        id: 0,
        kind: new.kind,
        stage: Stage::Issued,
        number: None,
        customer: new.customer,
        reseller: new.reseller.or(own).unwrap_or_else(|| desk.tenant.default_reseller(&cx.caller)),
        day,
        due: (new.kind == Kind::Invoice).then(|| due_of(desk, new, day).unwrap_or(day)),
        currency: currency.id,
        iso: currency.iso,
        base: terms.base,
        ratio: terms.ratio,
        inclusive: new.inclusive,
        rounding: terms.rounding,
        lines: Vec::new(),
        sums: Sums::default(),
        allocations: Vec::new(),
        marked: (0, 0),
        returned: (0, 0),
        returned_marked: 0,
        returned_difference: 0,
        withdrawn: Vec::new(),
        took_back: Vec::new(),
        gave_over: Vec::new(),
        credited: Vec::new(),
        paid_at: None,
        closed_on: None,
        gaps: Vec::new(),
        account: new.account,
        category: new.category,
        description: new.description.clone(),
        notes: new.notes.clone(),
        method: new.method.clone(),
        reference: new.reference.clone(),
        invoice: None,
        charge: new.charge,
        order: new.order.clone(),
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
    let total = amount("amount", given, terms.currency)?;
    let base_net = sums::in_base(total, terms).ok_or_else(out_of_range)?;
    document.sums = Sums { subtotal: total, total, base_net, ..Sums::default() };
    Ok(())
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
        return Err(Error::refused("low_balance", "The balance with the credit limit would fall below 0"));
    }
    Ok(())
}
