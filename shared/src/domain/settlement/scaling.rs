//! A change of plan that waited for its payment.

use crate::domain::catalog::Product;
use crate::domain::documents::desk::Desk;
use crate::domain::records::find_all;
use crate::domain::sales::service::Service;
use crate::domain::settlement::adjust::{To, adjust};
use crate::machinery::operation::Context;
use crate::words::error::Result;
use crate::words::time::{Day, Instant};

/// Carry out the change of plan that waits.
pub(crate) fn carry_out(service: &mut Service, now: Instant) {
    let Some(scaling) = service.pending_scaling() else { return };
    scaling.completed_at = Some(now);
    let scaling = scaling.clone();
    (service.product, service.price, service.fee) = (scaling.new.0, scaling.new.1, scaling.new_fee);
    (service.selections, service.configuration) = (scaling.selections, scaling.configuration);
}

/// The periods that were asked for at the old price since a change of plan was asked for, and before it was carried
/// out, come to the new price. What became of earlier documents meanwhile is left to whoever took them back.
pub(crate) async fn make_up(cx: &Context, desk: &mut Desk<'_>, service: &mut Service) -> Result<()> {
    let asked = service.asked_until();
    let Some(scaling) = service.scalings.last().cloned() else { return Ok(()) };
    let Some(until) = scaling.until.filter(|until| asked > Some(*until)) else { return Ok(()) };
    let found = find_all::<Product>(cx, &[scaling.new.0]).await?.pop().flatten();
    let product = found.unwrap_or_else(|| Product { name: service.name.clone(), ..Product::default() });
    let from = Day::of(scaling.created_at, desk.tenant.timezone).date.max(until);
    let to = To { product: &product, fee: scaling.new_fee, from, unknown: false };
    let made = adjust(cx, desk, service, &to).await?;
    if let Some(last) = service.scalings.last_mut() {
        last.made_up = made.map(|made| made.id);
    }
    Ok(())
}
