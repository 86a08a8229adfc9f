//! Fees that are charged to a customer's balance (contract jerasoft §4.3): a charge for each period, and with the
//! first one what activation costs.

use rust_decimal::Decimal;

use crate::domain::catalog::Product;
use crate::domain::customers::Customer;
use crate::domain::documents::desk::Desk;
use crate::domain::documents::entity::{Document, Kind};
use crate::domain::documents::lines::{NewLine, NewTaxes};
use crate::domain::documents::sums::share;
use crate::domain::documents::write::{New, compose};
use crate::domain::sales::charges::Charge;
use crate::domain::sales::moves::{self, Moved};
use crate::domain::sales::service::{Service, Status};
use crate::domain::settlement::adjust::uncharged;
use crate::domain::tenants::CurrencyRef;
use crate::machinery::operation::Context;
use crate::words::error::Result;
use crate::words::time::Day;

/// Charge the next period of a service to its customer, whom the desk is open for; one that waits begins. Whether
/// there was anything to charge: what was charged already is not charged again.
pub(crate) async fn charge(
    cx: &Context,
    desk: &mut Desk<'_>,
    service: &mut Service,
    product: &Product,
    day: Day,
) -> Result<Option<Document>> {
    let term = service.anchor.and_then(|anchor| service.cycle.period(anchor, service.periods));
    let asked = match term {
        Some(term) => uncharged(desk, service, term).await?,
        None => None,
    };
    let setup = (service.periods == 0 && service.setup_fee > 0).then_some(service.setup_fee);
    let line = |text: String, fee: i64| NewLine {
        description: text,
        quantity: Decimal::ONE,
        unit: service.money(fee).decimal(),
        taxes: taxes(product, desk.customer.as_ref()),
        product: Some(product.stamps.id),
        service: Some(service.stamps.id),
        ..NewLine::default()
    };
    let mut lines: Vec<NewLine> = Vec::new();
    lines.extend(setup.map(|fee| NewLine { setup: true, ..line(format!("{} (activation)", service.name), fee) }));
    let own = term.zip(asked).filter(|_| service.fee > 0);
    if let Some((term, asked)) = own {
        let mut fee = line(service.name.clone(), share(service.fee, asked.days(), term.days()));
        fee.cycle = service.cycle.word().map(str::to_owned);
        (fee.start, fee.end) = (Some(asked.start), Some(asked.end));
        lines.push(fee);
    }
    let (last, mut made) = (lines.len().saturating_sub(1), None);
    if !lines.is_empty() {
        let mut note = New::of(Kind::DebitNote);
        note.customer = Some(service.customer);
        note.currency = Some(CurrencyRef::Id(service.currency));
        note.day = Some(day);
        note.description.clone_from(&service.name);
        note.lines = lines;
        let document = compose(cx, desk, &note, &mut Vec::new()).await?;
        if let Some((term, asked)) = own {
            let charge = Charge::own(document.own_ref(), last, asked, service.fee, term.days());
            service.charged(charge, desk.today().date)?;
        }
        made = Some(document);
    }
    if own.is_none() {
        service.leave_out(asked.map(|asked| asked.start), asked.and_then(|asked| asked.end.succ_opt()));
    }
    service.periods += 1;
    service.next_due = service.asked_until().and_then(|date| Day::midnight(date, desk.tenant.timezone));
    if service.status == Status::Pending {
        service.status = Status::Active;
        moves::stamp(service, Moved::Activated, cx.now);
    }
    Ok(made)
}

/// The taxes of what renews: the product's own, else those of the customer's tax profile.
pub(crate) fn taxes(product: &Product, customer: Option<&Customer>) -> NewTaxes {
    if !product.tax.is_zero() {
        NewTaxes::Percent(product.tax)
    } else if customer.is_some_and(|customer| customer.tax_profile().is_some()) {
        NewTaxes::Profile
    } else {
        NewTaxes::None
    }
}
