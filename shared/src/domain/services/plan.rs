//! Changing a service to another product or price.

use rust_decimal::Decimal;
use serde_json::{Map, Value};

use crate::domain::catalog::variants::Variant;
use crate::domain::catalog::{Price, Product};
use crate::domain::documents::Status as Paid;
use crate::domain::documents::desk::Desk;
use crate::domain::documents::entity::{Document, Kind, Stage};
use crate::domain::documents::sums::minor;
use crate::domain::records::find_all;
use crate::domain::sales::service::{Scaling, Service, Status};
use crate::domain::services::list::Shown;
use crate::domain::services::write::{done, hold};
use crate::domain::settlement::adjust::{To, adjust};
use crate::domain::settlement::fulfil::bring_about;
use crate::domain::settlement::scaling::carry_out;
use crate::domain::settlement::settle;
use crate::machinery::keys;
use crate::machinery::operation::{Context, Done, Op, Scope};
use crate::words::error::{Error, Result, Violation};

/// Change a service to another product or price. The days that were charged already and are left cost the new price:
/// what is missing is asked for, and waits until that is paid; what is too much is given back on the documents that
/// charged it, as they charged it.
pub static SCALE: Op<Scale, Shown> =
    Op::write("services.scale", "service", Scope::Reseller, |cx, scale| Box::pin(scale_service(cx, scale)));

/// A change of plan.
#[derive(Debug, Clone, Default)]
pub struct Scale {
    /// The service.
    pub id: u64,
    /// The product; the same when missing.
    pub product: Option<u64>,
    /// The id of its price.
    pub price: u64,
}

fn refused<T>(text: &str) -> Result<T> {
    Err(Error::refused("scaling", text))
}

async fn scale_service(cx: &Context, scale: &Scale) -> Result<Done<Shown>> {
    let (tenant, before, mut goods) = hold(cx, scale.id).await?;
    if before.status != Status::Active || !before.cycle.recurs() {
        return refused("Only a service in use with a recurring price can change its plan");
    }
    let mut after = before.clone();
    if waits(cx, &mut after).await? {
        return refused("The service waits for the payment of another change");
    }
    let product = scale.product.unwrap_or(before.product);
    let found = find_all::<Product>(cx, &[product]).await?.pop().flatten();
    let reach = tenant.reach(&cx.caller);
    let Some(found) = found.filter(|found| reach.covers(found.reseller)) else {
        return Err(Violation::missing("product", "products", product).into());
    };
    let Some(price) = found.price(scale.price) else {
        return Err(Violation::missing("price", "prices", scale.price).into());
    };
    if price.cycle != before.cycle {
        return refused("The new price must have the billing cycle of the old one");
    }
    let Some((fee, _)) = price.sold(before.iso.code()) else {
        return refused("The new price is not sold in the currency of the service");
    };
    let with_options = fee + options(cx, &mut after, &found, price).await?;
    let new_fee = minor(with_options * Decimal::from(before.quantity), before.iso).unwrap_or(before.fee);
    let (mut desk, _) = Desk::open(cx, &[Kind::Invoice, Kind::CreditNote], Some(before.customer), &[]).await?;
    let mut scaling = Scaling {
        number: after.scalings.len() as u64 + 1,
        completed_at: None,
        old: (before.product, before.price),
        new: (product, scale.price),
        old_fee: before.fee,
        new_fee,
        // What was chosen with the old plan stays until the new one is carried out.
        selections: std::mem::replace(&mut after.selections, before.selections.clone()),
        configuration: std::mem::replace(&mut after.configuration, before.configuration.clone()),
        invoice: None,
        until: before.asked_until(),
        made_up: None,
        created_at: cx.now,
    };
    let to = To { product: &found, fee: new_fee, from: desk.today().date, unknown: true };
    let made = adjust(cx, &mut desk, &mut after, &to).await?;
    scaling.invoice = made.as_ref().map(|made| made.id);
    after.scalings.push(scaling);
    // What gives back, and what was paid from credit at once, waits for nothing.
    if made.as_ref().is_none_or(|made| made.status() == Paid::Paid) {
        carry_out(&mut after, cx.now);
    }
    if let Some(held) = goods.services.get_mut(&scale.id) {
        held.after = after;
    }
    // What was given back may have paid for what else is open.
    let mut paid = std::mem::take(&mut desk.paid);
    paid.retain(|one| made.as_ref().is_none_or(|made| made.id != one.id));
    bring_about(cx, &mut desk, &mut goods, &paid, &[]).await?;
    let changes = settle(desk).await?;
    done(cx, &tenant, before, goods, changes).await
}

/// Whether a change waits for its payment. One whose invoice was taken back is given up.
async fn waits(cx: &Context, service: &mut Service) -> Result<bool> {
    let Some(invoice) = service.pending_scaling().and_then(|scaling| scaling.invoice) else { return Ok(false) };
    let key = keys::row(cx.tenant(), Kind::Invoice.entity(), invoice);
    let invoice: Option<Document> = cx.store.get(&key).await?;
    let open = invoice.is_some_and(|invoice| invoice.stage == Stage::Issued && invoice.due_amount() > 0);
    if !open {
        service.scalings.retain(|scaling| scaling.completed_at.is_some());
    }
    Ok(open)
}

/// What the chosen options cost with the new price. Those of variants that the new product has not are given up,
/// and so is what they configured.
async fn options(cx: &Context, service: &mut Service, product: &Product, price: &Price) -> Result<Decimal> {
    let Some(selections) = service.selections.clone().filter(|chosen| !chosen.is_empty()) else {
        return Ok(Decimal::ZERO);
    };
    let ids: Vec<u64> = selections.iter().map(|(variant, _)| *variant).collect();
    let variants = find_all::<Variant>(cx, &ids).await?;
    let own = service.configuration.as_deref().and_then(|text| serde_json::from_str::<Map<String, Value>>(text).ok());
    let mut configuration = own.unwrap_or_default();
    let (mut kept, mut cost) = (Vec::new(), Decimal::ZERO);
    for ((id, chosen), variant) in selections.into_iter().zip(variants) {
        let Some(variant) = variant else { continue };
        if !product.variants.contains(&id) {
            configuration.remove(&variant.code);
            continue;
        }
        for option in variant.options.iter().filter(|option| chosen.contains(&option.id)) {
            let own = option.prices.iter().find(|own| own.name.eq_ignore_ascii_case(&price.name));
            let sold = own.and_then(|own| own.sold(service.iso.code()));
            let Some((own, _)) = sold else {
                return refused(&format!("The option {} is not sold with the new price", option.name));
            };
            cost += own;
        }
        kept.push((id, chosen));
    }
    service.selections = Some(kept);
    service.configuration = Some(Value::Object(configuration).to_string());
    Ok(cost)
}
