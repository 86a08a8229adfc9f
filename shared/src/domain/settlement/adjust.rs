//! The documents of another price: an invoice of what it costs for days that were charged already, or credit notes of
//! what it gives back, each on the invoice that charged it.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use crate::domain::catalog::Product;
use crate::domain::documents::accrual::Term;
use crate::domain::documents::desk::{Desk, Held};
use crate::domain::documents::entity::{Document, Kind, Ref};
use crate::domain::documents::leaving::carried;
use crate::domain::documents::lines::{NewLine, NewTaxes, rates_of};
use crate::domain::documents::pay::Against;
use crate::domain::documents::sums::share;
use crate::domain::documents::write::{New, prepare, put_all};
use crate::domain::sales::charges::{Charge, Layer, Part, Wanted, asked_by, layers, parts};
use crate::domain::sales::service::Service;
use crate::domain::settlement::charge::taxes;
use crate::domain::settlement::other_taxes::{charge_again, charging_again, left_taken, still_taken, take_over};
use crate::domain::tenants::CurrencyRef;
use crate::machinery::operation::Context;
use crate::words::error::{Error, Result};
use crate::words::time::{Date, Day};

/// The most documents that a change looks at.
const MOST_DOCUMENTS: usize = 40;

/// What a service changes to.
pub(crate) struct To<'t> {
    /// The product.
    pub(crate) product: &'t Product,
    /// What a period costs, in minor units.
    pub(crate) fee: i64,
    /// The day from which it counts.
    pub(crate) from: Date,
    /// Whether periods that were asked for without any charge being known of (made before charges were kept) cost the
    /// difference to the service's fee. Nothing is ever given back of them.
    pub(crate) unknown: bool,
}

/// Make the documents of a change of price, and note on the service what they charge and give back. The invoice, where
/// there is one.
pub(crate) async fn adjust(
    cx: &Context,
    desk: &mut Desk<'_>,
    service: &mut Service,
    to: &To<'_>,
) -> Result<Option<Document>> {
    let mut documents = charged_by(desk, service, |charge| charge.term.end >= to.from).await?;
    // Some may have been changed in this commit already.
    for (name, known) in &mut documents {
        if let Some(one) = desk.in_hand.get(name) {
            known.clone_from(one);
        }
    }
    with_invoices_of_charges(desk, &mut documents).await?;
    let wanted = Wanted { fee: to.fee, taxes: rates_of(desk, &taxes(to.product, desk.customer.as_ref())) };
    let charged = layers(&service.charges, &documents);
    let mut all = parts(&charged, &wanted, to.from);
    if to.unknown {
        all.extend(unknown(service, &wanted, to.from));
    }
    // What costs more in all is one invoice, whatever it gives back for some days.
    let costs = all.iter().map(Part::gross).sum::<Decimal>() > Decimal::ZERO;
    let (mut anew, back): (Vec<Part>, Vec<Part>) = all.into_iter().partition(|part| costs || part.of.is_none());
    if costs {
        anew = one_line_each(anew);
    }
    let mut held: Vec<Held> = documents.into_values().map(Held::read).collect();
    let mut back = by_document(back);
    // What comes to a charge for one document is on the invoice too: no credit note charges.
    if back.iter().any(|(_, own)| charges(own)) {
        let parts = left_taken(back.into_iter().flat_map(|(_, own)| own).collect(), &held);
        let (dearer, less): (Vec<_>, Vec<_>) = by_document(parts).into_iter().partition(|(_, own)| charges(own));
        anew.extend(dearer.into_iter().flat_map(|(_, own)| own));
        back = less;
    }
    let mut made = None;
    if !anew.is_empty() {
        let new = document(Kind::Invoice, desk, service, to, &anew);
        let mut credits = Vec::new();
        let mut invoice = prepare(cx, desk, &new, &mut credits).await?;
        take_over(&mut invoice, &charged, &anew, &mut held)?;
        put_all(desk, credits, invoice.day.date)?;
        note(service, desk, invoice.own_ref(), None, &anew)?;
        held.push(Held { before: None, after: invoice.clone() });
        made = Some(invoice.own_ref());
    }
    let mut notes = Vec::new();
    for (of, own) in back {
        let concerned = held.iter().map(|one| &one.after).find(|one| one.own_ref() == of);
        let given = concerned.map_or_else(|| Ok(own.clone()), |concerned| within(&own, concerned, &charged, &held))?;
        // By hand all of it was given back before.
        let Some(given) = no_charge(given) else { continue };
        let mut new = document(Kind::CreditNote, desk, service, to, &given);
        new.ratio = concerned.map(|one| one.ratio);
        new.day = concerned.map(|one| one.day).filter(|day| day.date > desk.today().date);
        new.invoice = Some(of.id).filter(|_| of.kind == Kind::Invoice);
        new.charge = Some(of.id).filter(|_| of.kind == Kind::DebitNote);
        // What of it the document itself does not ask for pays what else is open for the service, the oldest first.
        let mut open: Vec<&Document> = held.iter().map(|one| &one.after).filter(|one| one.due_amount() > 0).collect();
        open.sort_by_key(|one| (one.day.date, one.id));
        new.against = open.into_iter().map(|one| Against::whole(one.kind, one.id)).collect();
        charge_again(of, &charged, &own, &mut held);
        let credit = prepare(cx, desk, &new, &mut held).await?;
        note(service, desk, credit.own_ref(), Some(of), &given)?;
        notes.push(Held { before: None, after: credit });
    }
    let today = desk.today().date;
    let invoice =
        made.and_then(|made| held.iter().find(|one| one.after.own_ref() == made)).map(|one| one.after.clone());
    put_all(desk, held, today)?;
    put_all(desk, notes, today)?;
    Ok(invoice)
}

/// One line for the same days and taxes: what one document gives back and another charges is not asked for twice.
fn one_line_each(parts: Vec<Part>) -> Vec<Part> {
    let mut all: Vec<Part> = Vec::new();
    for part in parts {
        match all.iter_mut().find(|one| one.term == part.term && one.taxes == part.taxes) {
            Some(one) => (one.fee, one.net) = (one.fee + part.fee, one.net + part.net),
            None => all.push(part),
        }
    }
    all.retain(|part| part.net != 0);
    all
}

/// Parts by the documents on which they are given back, in their order.
fn by_document(parts: Vec<Part>) -> Vec<(Ref, Vec<Part>)> {
    let mut all: Vec<(Ref, Vec<Part>)> = Vec::new();
    for part in parts {
        let Some(of) = part.of else { continue };
        match all.iter_mut().find(|(known, _)| *known == of) {
            Some((_, own)) => own.push(part),
            None => all.push((of, vec![part])),
        }
    }
    all
}

/// By how much rounding can be off in parts, in minor units.
fn rounding(parts: &[Part]) -> i64 {
    i64::try_from(parts.len()).unwrap_or(i64::MAX)
}

/// Whether parts charge more than they give back, by more than their rounding.
fn charges(parts: &[Part]) -> bool {
    parts.iter().map(Part::gross).sum::<Decimal>() > Decimal::from(rounding(parts))
}

/// The parts of a credit note. A swap of taxes can come to nothing, or by its rounding to a unit more than that, which
/// nobody is asked for. `None` where nothing but rounding is left.
fn no_charge(mut parts: Vec<Part>) -> Option<Vec<Part>> {
    let over = parts.iter().map(Part::gross).sum::<Decimal>();
    if over >= Decimal::ZERO && parts.iter().all(|part| part.net.abs() <= rounding(&parts)) {
        return None;
    }
    if over > Decimal::ZERO
        && let Some(most) = parts.iter_mut().max_by_key(|part| part.net)
    {
        most.net -= over.ceil().to_i64()?;
        most.fee = share(most.net, most.days, most.term.days());
    }
    parts.iter().any(|part| part.net != 0).then_some(parts)
}

pub(super) fn credited_already(invoice: &Document) -> Error {
    let number = invoice.number.as_deref().unwrap_or_default();
    let text = format!("Invoice {number} has been credited already: it cannot give back what it charged");
    Error::refused("scaling", text)
}

/// What of a change an invoice can still give back: other notes may have given back some of it by hand.
fn within(parts: &[Part], invoice: &Document, charged: &[Layer], held: &[Held]) -> Result<Vec<Part>> {
    // What it took back itself and goes on taking back it bears beside that; what it charges again does not lessen that.
    let of = invoice.own_ref();
    let most = (carried(invoice).net + still_taken(of, held)).max(0);
    let mut over = charging_again(of, charged, parts, held) - parts.iter().map(|part| part.net).sum::<i64>() - most;
    let mut parts = parts.to_vec();
    if over > 0 && parts.iter().any(|part| part.net > 0) {
        return Err(credited_already(invoice));
    }
    for part in parts.iter_mut().rev() {
        let less = over.clamp(0, (-part.net).max(0));
        if less > 0 {
            part.net += less;
            // The days cost what was in fact given back less, and no less than that.
            part.fee = share(part.net, part.days, part.term.days());
        }
        over -= less;
    }
    Ok(parts)
}

/// The invoices that ask for charges' money in their stead (JeraSoft), beside those. One call where there are any.
async fn with_invoices_of_charges(desk: &mut Desk<'_>, documents: &mut BTreeMap<Ref, Document>) -> Result<()> {
    let asked = documents.values().filter_map(asked_by);
    let refs: BTreeSet<Ref> = asked.filter(|one| !documents.contains_key(one)).collect();
    if !refs.is_empty() {
        let refs: Vec<Ref> = refs.into_iter().collect();
        let found = desk.more(None, &refs).await?;
        documents.extend(found.into_iter().flatten().map(|one| (one.own_ref(), one)));
    }
    Ok(())
}

/// The documents of some of a service's charges. At most one call.
pub(crate) async fn charged_by(
    desk: &mut Desk<'_>,
    service: &Service,
    which: impl Fn(&Charge) -> bool,
) -> Result<BTreeMap<Ref, Document>> {
    let own = service.charges.iter().filter(|charge| which(charge));
    let refs: BTreeSet<Ref> = own.flat_map(|charge| [charge.by, charge.of]).collect();
    if refs.len() > MOST_DOCUMENTS {
        let text = format!("More than {MOST_DOCUMENTS} documents have charged for the days that are left");
        return Err(Error::refused("scaling", text));
    }
    let refs: Vec<Ref> = refs.into_iter().collect();
    let found = if refs.is_empty() { Vec::new() } else { desk.more(None, &refs).await? };
    Ok(found.into_iter().flatten().map(|document| (document.own_ref(), document)).collect())
}

/// The days of a period that were not charged yet: all of them, unless the periods were moved. Those at its end, where
/// some were charged. One call, and none where nothing is known of these days.
pub(crate) async fn uncharged(desk: &mut Desk<'_>, service: &Service, term: Term) -> Result<Option<Term>> {
    let documents = charged_by(desk, service, |charge| charge.meets(term)).await?;
    let charged = layers(&service.charges, &documents);
    let own = charged.iter().filter(|layer| layer.term.start <= term.end && term.start <= layer.term.end);
    let start = own.filter_map(|layer| layer.term.end.succ_opt()).max().unwrap_or(term.start);
    // Of days that are over no charge is known any more: those before the last that was ever charged are not charged again.
    let over = service.charged_until.and_then(|last| last.succ_opt()).map(|next| next.min(desk.today().date));
    let start = over.map_or(start, |over| start.max(over));
    Ok((start <= term.end).then_some(Term { start, ..term }))
}

/// The difference for periods that were asked for, and of which no charge is known.
fn unknown(service: &Service, wanted: &Wanted, from: Date) -> Vec<Part> {
    let Some(anchor) = service.anchor else { return Vec::new() };
    let of_period = |n: u32| {
        let whole = service.cycle.period(anchor, n)?;
        let term = Term { start: whole.start.max(from), end: whole.end };
        let fee = wanted.fee - service.fee;
        let known = term.end < from || service.charges.iter().any(|charge| charge.meets(term));
        let net = share(fee, term.days(), whole.days());
        let taxes = wanted.taxes.clone();
        (!known && net > 0).then(|| Part { of: None, term, fee, days: whole.days(), net, taxes, alone: true })
    };
    (service.cycle.number_at(anchor, from)..service.periods).filter_map(of_period).collect()
}

/// Note on the service what a new document charges or gives back by its lines.
fn note(service: &mut Service, desk: &Desk<'_>, by: Ref, of: Option<Ref>, parts: &[Part]) -> Result<()> {
    let today = desk.today().date;
    for (line, part) in parts.iter().enumerate() {
        let charge = Charge { by, line, of: of.unwrap_or(by), term: part.term, fee: part.fee, days: part.days };
        service.charged(charge, today)?;
    }
    Ok(())
}

fn document(kind: Kind, desk: &Desk<'_>, service: &Service, to: &To<'_>, parts: &[Part]) -> New {
    let mut new = New::of(kind);
    new.customer = Some(service.customer);
    new.currency = Some(CurrencyRef::Id(service.currency));
    new.description = format!("{} - {} to {}", service.number(), service.name, to.product.name);
    new.lines = parts.iter().map(|part| line(kind, service, to.product, part)).collect();
    // Days ahead are due when they begin.
    let begins = parts.iter().map(|part| part.term.start).min();
    let today = desk.today();
    let begins = begins.and_then(|date| Day::midnight(date, desk.tenant.timezone));
    new.due = begins.filter(|begins| kind == Kind::Invoice && begins.date > today.date);
    new
}

fn line(kind: Kind, service: &Service, product: &Product, part: &Part) -> NewLine {
    let (number, name, term) = (service.number(), &service.name, part.term);
    let charges = part.fee > 0;
    let description = match (part.alone, charges) {
        (true, _) => format!("{number} - {name} to {} ({term})", product.name),
        (false, true) => format!("{number} - {} ({term})", product.name),
        (false, false) => format!("{number} - {name}, not used ({term})"),
    };
    let amount = if kind == Kind::CreditNote { -part.net } else { part.net };
    NewLine {
        description,
        quantity: Decimal::ONE,
        unit: service.money(amount).decimal(),
        taxes: NewTaxes::Rates(part.taxes.clone()),
        start: Some(term.start),
        end: Some(term.end),
        product: Some(if charges { product.stamps.id } else { service.product }).filter(|id| *id != 0),
        service: Some(service.stamps.id).filter(|_| charges && kind == Kind::Invoice),
        change: true,
        ..NewLine::default()
    }
}
