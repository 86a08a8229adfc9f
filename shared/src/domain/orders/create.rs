//! Making an order: its invoice, its services and its registered domains, in one commit.

use std::collections::BTreeMap;

use crate::domain::catalog::coupons::Coupon;
use crate::domain::documents::desk::Desk;
use crate::domain::documents::entity::{Kind, Status as Paid};
use crate::domain::documents::write::compose;
use crate::domain::orders::ask::{invoice, priced};
use crate::domain::orders::choose::{self, New};
use crate::domain::orders::list::{Shown, shown};
use crate::domain::orders::made::Made;
use crate::domain::records::{BEARERS, Drawer, put};
use crate::domain::sales::goods::Goods;
use crate::domain::sales::order::Stage;
use crate::domain::sales::registrant::name_claim;
use crate::domain::settlement::fulfil::bring_to_life;
use crate::domain::settlement::settle;
use crate::domain::tenants::CurrencyRef;
use crate::machinery::keys::{self, ORDER, PRICE, REGISTRANT, SERVICE};
use crate::machinery::operation::{Context, Done, Op, Scope, Working};
use crate::words::error::{Error, Result, Told, Violation};

/// Make an order.
pub static CREATE: Op<New, Shown> =
    Op::write("orders.create", "order", Scope::Reseller, |cx, new| Box::pin(create(cx, new))).also(also);

fn also<'a>(cx: &'a Context, new: &'a New) -> Working<'a, Vec<Violation>> {
    Box::pin(async move {
        let (desk, _) = Desk::open(cx, &[], Some(new.customer), &[]).await?;
        let ids = Drawer::open(cx, &[PRICE]).await?;
        let mut found = own_references(&desk, new);
        found.extend(choose::references(cx, new, ids.last(PRICE), &desk.reach).await?.0);
        Ok(found)
    })
}

fn own_references(desk: &Desk<'_>, new: &New) -> Vec<Violation> {
    let mut found = Vec::new();
    if desk.customer.is_none() {
        found.push(Violation::missing("customer", "customers", new.customer));
    }
    if !new.own_currency && new.currency.find(&desk.tenant).is_none() {
        found.push(Violation::missing("currency", "currencies", new.currency.given()));
    }
    found
}

async fn create(cx: &Context, new: &New) -> Result<Done<Shown>> {
    let (mut desk, _) = Desk::open(cx, &[Kind::Invoice], Some(new.customer), &[]).await?;
    let mut new = new.clone();
    if let Some(customer) = desk.customer.as_ref().filter(|_| new.own_currency) {
        new.currency = CurrencyRef::Id(customer.currency);
    }
    let new = &new;
    let mut ids = Drawer::open(cx, &[PRICE, ORDER, SERVICE, REGISTRANT]).await?;
    let mut violations = own_references(&desk, new);
    let (more, found) = choose::references(cx, new, ids.last(PRICE), &desk.reach).await?;
    violations.extend(more);
    if !violations.is_empty() {
        return Err(Error::told(Told::Invalid(violations)));
    }
    let currency = new.currency.resolve(&desk.tenant)?.clone();
    let chosen = choose::choose(cx, new, currency.iso.code(), found).await?;
    let today = desk.today();
    let priced = priced(new, &chosen, desk.customer.as_ref(), currency.iso, today.date)?;
    let id = ids.next(ORDER);
    let mut held = Vec::new();
    let asked = invoice(new, &chosen, &priced, &desk, &currency, id);
    let invoice = compose(cx, &mut desk, &asked, &mut held).await?;
    // What its payment brings to life is brought to life here.
    desk.paid.clear();
    let made = Made { cx, new, chosen: &chosen, priced: &priced, currency: &currency, today, id };
    let mut goods = Goods::none(cx, &desk.tenant);
    let mut order = made.order(&desk, &invoice)?;
    made.services(&mut order, &invoice, &mut goods, &mut ids)?;
    made.registrants(&mut order, &mut goods, &mut ids)?;
    let (services, registrants) = (order.services.clone(), order.registrants.clone());
    goods.add_order(order);
    // An order that is paid as soon as it is made, since it costs nothing or is paid from credit.
    if invoice.status() == Paid::Paid && matches!(new.stage, Stage::Pending | Stage::Processing) {
        bring_to_life(cx, &mut goods, &services, &registrants, &desk.tenant);
    }
    if let Some(coupon) = &chosen.coupon {
        let used = Coupon { uses: coupon.uses + 1, ..coupon.clone() };
        put(cx, &mut desk.changes, Some(coupon), used, "coupon.used")?;
        desk.changes.add(choose::uses_of(cx, coupon, new.customer), vec![(choose::USES.to_owned(), 1)]);
    }
    let mut names: BTreeMap<String, i64> = BTreeMap::new();
    for held in goods.registrants.values() {
        *names.entry(held.after.domain.clone()).or_insert(0) += 1;
    }
    for (name, count) in names {
        let claim = name_claim(&name);
        desk.changes.add(keys::claim(cx.tenant(), claim.what, &claim.value), vec![(BEARERS.to_owned(), count)]);
    }
    let answer = shown(&desk, &goods, id, vec![invoice])?;
    ids.into_changes(cx, &mut desk.changes);
    goods.into_changes(&mut desk.changes)?;
    Ok(Done::changed(answer, settle(desk).await?))
}
