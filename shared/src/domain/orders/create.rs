//! Making an order: its invoice, its services and its registered domains, in one commit.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde_json::{Map, Value};

use crate::domain::catalog::Cycle;
use crate::domain::documents::desk::Desk;
use crate::domain::documents::entity::{Document, Kind, Status as Paid};
use crate::domain::documents::ledger::out_of_range;
use crate::domain::documents::sums::{Rounding, minor};
use crate::domain::documents::write::{New as NewDocument, compose};
use crate::domain::orders::choose::{self, Chosen, ChosenPackage, New};
use crate::domain::orders::entity::{Item, Order, Stage, What, number};
use crate::domain::orders::list::{Shown, shown};
use crate::domain::orders::pricing::{self, ChosenOption, Domain, Package, PricedDomain, PricedPackage};
use crate::domain::records::{Drawer, Stamps};
use crate::domain::registrants::{Registrant, Status as DomainStatus, name_claim};
use crate::domain::services::entity::{Service, Status};
use crate::domain::services::goods::Goods;
use crate::domain::tenants::TenantCurrency;
use crate::machinery::keys::{self, ORDER, PRICE, REGISTRANT, SERVICE};
use crate::machinery::operation::{Context, Done, Op, Scope, Working};
use crate::words::error::{Error, Result, Told, Violation};
use crate::words::money::Currency;
use crate::words::time::{Date, Day, Duration};

/// Make an order.
pub static CREATE: Op<New, Shown> =
    Op::write("orders.create", "order", Scope::Reseller, |cx, new| Box::pin(create(cx, new))).also(also);

fn also<'a>(cx: &'a Context, new: &'a New) -> Working<'a, Vec<Violation>> {
    Box::pin(async move {
        let (desk, _) = Desk::open(cx, &[], Some(new.customer), &[]).await?;
        let ids = Drawer::open(cx, &[PRICE]).await?;
        let mut found = own_references(&desk, new);
        found.extend(choose::references(cx, new, ids.last(PRICE)).await?.0);
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
        new.currency = crate::domain::tenants::CurrencyRef::Id(customer.currency);
    }
    let new = &new;
    let mut ids = Drawer::open(cx, &[PRICE, ORDER, SERVICE, REGISTRANT]).await?;
    let mut violations = own_references(&desk, new);
    let (more, found) = choose::references(cx, new, ids.last(PRICE)).await?;
    violations.extend(more);
    if !violations.is_empty() {
        return Err(Error::told(Told::Invalid(violations)));
    }
    let currency = new.currency.resolve(&desk.tenant)?.clone();
    let chosen = choose::choose(cx, new, currency.iso.code(), found).await?;
    let today = desk.today();
    let priced = priced(new, &chosen, currency.iso, today.date)?;
    let id = ids.next(ORDER);
    let mut held = Vec::new();
    let asked = invoice(new, &chosen, &priced, &desk, &currency, id);
    let invoice = compose(cx, &mut desk, &asked, &mut held).await?;
    // What its payment brings to life is brought to life here.
    desk.paid.clear();
    let made = Made { cx, new, chosen: &chosen, priced: &priced, currency: &currency, today, id };
    let mut goods = Goods::none(cx, &desk.tenant);
    let mut order = made.order(&desk, &invoice)?;
    made.services(&mut order, &mut goods, &mut ids)?;
    made.registrants(&mut order, &mut goods, &mut ids)?;
    let (services, registrants) = (order.services.clone(), order.registrants.clone());
    goods.add_order(order);
    // An order that is paid as soon as it is made, since it costs nothing or is paid from credit.
    if invoice.status() == Paid::Paid && matches!(new.stage, Stage::Pending | Stage::Processing) {
        crate::domain::orders::fulfil::bring_to_life(cx, &mut goods, &services, &registrants, &desk.tenant);
    }
    if let Some(coupon) = &chosen.coupon {
        let used = crate::domain::catalog::coupons::Coupon { uses: coupon.uses + 1, ..coupon.clone() };
        crate::domain::records::put(cx, &mut desk.changes, Some(coupon), used, "coupon.used")?;
        desk.changes.add(choose::uses_of(cx, coupon, new.customer), vec![(choose::USES.to_owned(), 1)]);
    }
    let mut names: BTreeMap<String, i64> = BTreeMap::new();
    for held in goods.registrants.values() {
        *names.entry(held.after.domain.clone()).or_insert(0) += 1;
    }
    for (name, count) in names {
        let claim = name_claim(&name);
        desk.changes.add(keys::claim(cx.tenant(), claim.what, &claim.value), vec![("bearers".to_owned(), count)]);
    }
    let answer = shown(&desk, &goods, id, vec![invoice])?;
    ids.into_changes(cx, &mut desk.changes);
    goods.into_changes(&mut desk.changes)?;
    Ok(Done::changed(answer, desk.finish().await?))
}

/// Everything with its price.
struct Priced {
    packages: Vec<(Package, PricedPackage)>,
    domains: Vec<(Domain, PricedDomain)>,
}

fn priced(new: &New, chosen: &Chosen, currency: Currency, today: Date) -> Result<Priced> {
    let code = currency.code();
    let coupon = chosen.coupon.as_ref();
    let mut packages = Vec::with_capacity(chosen.packages.len());
    for one in &chosen.packages {
        let of = package(one, code, new.strict, coupon.map_or(&[][..], |coupon| &coupon.products));
        let priced = pricing::package(&of, coupon, currency, today).ok_or_else(out_of_range)?;
        packages.push((of, priced));
    }
    let mut domains = Vec::with_capacity(chosen.domains.len());
    for (item, tld, fees) in &chosen.domains {
        let of = Domain {
            domain: item.domain.trim().to_lowercase(),
            transfer: item.transfer,
            years: item.years,
            fee: if item.transfer { fees.transfer } else { fees.register },
            discounted: coupon.is_some_and(|coupon| choose::is_for(&coupon.tlds, tld.stamps.id)),
        };
        let priced = pricing::domain(&of, coupon, today);
        domains.push((of, priced));
    }
    Ok(Priced { packages, domains })
}

fn package(one: &ChosenPackage, code: &str, strict: bool, listed: &[u64]) -> Package {
    let product = &one.product;
    let (price, setup_fee) = one.price.sold(code).unwrap_or_default();
    let option = |(variant, choice, price): &(_, _, crate::domain::catalog::Price)| {
        let variant: &crate::domain::catalog::variants::Variant = variant;
        let choice: &crate::domain::catalog::variants::Choice = choice;
        let (price, setup_fee) = price.sold(code).unwrap_or_default();
        ChosenOption { label: format!("{}: {}", variant.name, choice.name), price, setup_fee }
    };
    let name = product.name.clone();
    Package {
        title: one.catalog.as_ref().map_or_else(|| name.clone(), |catalog| format!("{catalog} - {name}")),
        name,
        quantity: one.item.quantity,
        cycle: one.price.cycle,
        price,
        setup_fee,
        options: one.options.iter().map(option).collect(),
        tax: product.tax,
        product: product.stamps.id,
        // The original's coupons are for every package, whatever they list (contract billmora §9.4).
        discounted: !strict || choose::is_for(listed, product.stamps.id),
        prorata_day: product.prorata_day,
        prorata_next_month_day: product.prorata_next_month_day,
    }
}

/// The invoice that asks for an order's money.
fn invoice(
    new: &New,
    chosen: &Chosen,
    priced: &Priced,
    desk: &Desk<'_>,
    currency: &TenantCurrency,
    id: u64,
) -> NewDocument {
    let mut invoice = NewDocument::of(Kind::Invoice);
    invoice.customer = Some(new.customer);
    invoice.currency = Some(crate::domain::tenants::CurrencyRef::Id(currency.id));
    let today = desk.today();
    let days = Duration::days(i64::from(desk.books.settings.invoice_days));
    let due = |at: Day| Some(Day { at: at.at.checked_add_signed(days)?, date: at.date.checked_add_signed(days)? });
    invoice.due = due(Day { at: desk.now(), date: today.date });
    let packages = priced.packages.iter().flat_map(|(_, priced)| priced.lines.clone());
    let domains = priced.domains.iter().map(|(_, priced)| priced.line.clone());
    invoice.lines = packages.chain(domains).collect();
    if let Some(coupon) = &chosen.coupon {
        let of_packages =
            priced.packages.iter().map(|(of, priced)| (of.tax, priced.discount * Decimal::from(of.quantity)));
        let of_domains = priced.domains.iter().map(|(_, priced)| (Decimal::ZERO, priced.discount));
        let taken: Vec<_> = of_packages.chain(of_domains).collect();
        invoice.lines.extend(pricing::discounts(&coupon.code, &taken));
    }
    let taxed = priced.packages.iter().any(|(of, _)| !of.tax.is_zero());
    invoice.rounding = if taxed { Rounding::Lines } else { Rounding::Sums };
    invoice.status = match new.stage {
        Stage::Completed => Some(Paid::Paid),
        Stage::Cancelled => Some(Paid::Cancelled),
        Stage::Pending | Stage::Processing | Stage::Failed => None,
    };
    invoice.order = Some((id, number(id)));
    invoice
}

struct Made<'m> {
    cx: &'m Context,
    new: &'m New,
    chosen: &'m Chosen,
    priced: &'m Priced,
    currency: &'m TenantCurrency,
    today: Day,
    id: u64,
}

impl Made<'_> {
    fn minor(&self, amount: Decimal) -> Result<i64> {
        minor(amount, self.currency.iso).ok_or_else(out_of_range)
    }

    fn order(&self, desk: &Desk<'_>, invoice: &Document) -> Result<Order> {
        let cx = self.cx;
        let (mut subtotal, mut setup, mut discount) = (Decimal::ZERO, Decimal::ZERO, Decimal::ZERO);
        let mut items = Vec::new();
        let mut cut = 0;
        for (of, priced) in &self.priced.packages {
            let quantity = Decimal::from(of.quantity);
            let part = priced.cut.map_or(0, |cut| cut.part * i64::from(of.quantity));
            subtotal += priced.unit * quantity;
            setup += priced.setup_fee * quantity;
            discount += priced.discount * quantity;
            cut += part;
            items.push(Item {
                what: What::Service,
                description: of.name.clone(),
                quantity: of.quantity,
                cycle: of.cycle,
                unit: self.minor(priced.unit)?,
                setup_fee: self.minor(priced.setup_fee)?,
                amount: self.minor((priced.unit + priced.setup_fee) * quantity)?,
                discount: self.minor(priced.discount * quantity)?,
                taxes: Vec::new(),
                product: of.product,
            });
        }
        for (of, priced) in &self.priced.domains {
            subtotal += priced.amount;
            discount += priced.discount;
            let left = self.minor(priced.amount - priced.discount)?;
            items.push(Item {
                what: What::Domain,
                description: of.domain.clone(),
                quantity: 1,
                cycle: Cycle::Every { count: of.years, unit: crate::domain::catalog::Unit::Year },
                unit: left,
                setup_fee: 0,
                amount: left,
                discount: self.minor(priced.discount)?,
                taxes: Vec::new(),
                product: 0,
            });
        }
        // The taxes of an item are those of its lines on the invoice.
        for item in items.iter_mut().filter(|item| item.what == What::Service) {
            let own = invoice.lines.iter().filter(|line| line.product == Some(item.product));
            for tax in own.flat_map(|line| &line.taxes) {
                match item.taxes.iter_mut().find(|known| known.name == tax.name && known.percent == tax.percent) {
                    Some(known) => known.amount += tax.amount,
                    None => item.taxes.push(tax.clone()),
                }
            }
        }
        let over = matches!(self.new.stage, Stage::Cancelled | Stage::Failed);
        Ok(Order {
            stamps: Stamps::new(self.id, cx.now),
            customer: self.new.customer,
            reseller: invoice.reseller,
            stage: self.new.stage,
            currency: self.currency.id,
            iso: self.currency.iso,
            base: desk.ledger.base(),
            ratio: invoice.ratio,
            subtotal: self.minor(subtotal)? + cut,
            discount: self.minor(discount)?,
            setup_fee: self.minor(setup)?,
            tax: invoice.sums.tax,
            total: invoice.sums.total,
            base_net: invoice.sums.base_net,
            coupon: self.chosen.coupon.as_ref().map(|coupon| (coupon.stamps.id, coupon.code.clone())),
            notes: self.new.notes.clone(),
            items,
            services: Vec::new(),
            registrants: Vec::new(),
            invoice: Some((invoice.id, invoice.number.clone())),
            completed_at: (self.new.stage == Stage::Completed).then_some(cx.now),
            cancelled_at: over.then_some(cx.now),
        })
    }

    /// As many services as each package item asks for, as the order's status has it (contract billmora §10.3).
    fn services(&self, order: &mut Order, goods: &mut Goods<'_>, ids: &mut Drawer) -> Result<()> {
        for (chosen, (of, priced)) in self.chosen.packages.iter().zip(&self.priced.packages) {
            goods.hold_product(chosen.product.clone());
            for _ in 0..of.quantity {
                let service = self.service(order, chosen, priced, ids.next(SERVICE))?;
                order.services.push(service.stamps.id);
                goods.add_service(service);
            }
        }
        Ok(())
    }

    fn service(&self, order: &Order, chosen: &ChosenPackage, priced: &PricedPackage, id: u64) -> Result<Service> {
        let (cx, product) = (self.cx, &chosen.product);
        let cycle = chosen.price.cycle;
        let status = match self.new.stage {
            Stage::Pending | Stage::Processing => Status::Pending,
            Stage::Completed => Status::Active,
            Stage::Cancelled | Stage::Failed => Status::Cancelled,
        };
        let anchor = priced.cut.map_or(self.today.date, |cut| cut.until);
        let recurs = cycle.recurs();
        let midnight = |date: Date| Day::midnight(date, cx.zone);
        let next = cycle.start(anchor, 1).map(|date| Day { at: self.today_at(date), date });
        let next_due = match (status, priced.cut) {
            (Status::Active, _) if recurs => next,
            (Status::Active, _) => None,
            (_, Some(cut)) => midnight(cut.due),
            _ => Some(Day { at: cx.now, date: self.today.date }),
        };
        Ok(Service {
            stamps: Stamps::new(id, cx.now),
            customer: order.customer,
            reseller: order.reseller,
            order: Some(order.stamps.id),
            product: product.stamps.id,
            price: chosen.price.id,
            name: product.name.clone(),
            status,
            currency: self.currency.id,
            iso: self.currency.iso,
            cycle,
            quantity: 1,
            fee: self.minor(priced.unit)?,
            setup_fee: self.minor(priced.setup_fee)?,
            anchor: recurs.then_some(anchor),
            periods: u32::from(recurs),
            next_due,
            start: cx.now,
            stop: None,
            charged: false,
            account: None,
            activated_at: (status == Status::Active && recurs).then_some(cx.now),
            suspended_at: None,
            terminated_at: None,
            cancelled_at: (status == Status::Cancelled).then_some(cx.now),
            selections: Some(chosen.item.options.clone().into_iter().collect()),
            configuration: Some(configuration(chosen)),
            plugin: product.plugin,
            scalings: Vec::new(),
            carried: BTreeMap::new(),
        })
    }

    /// The time of day of now, on another day.
    fn today_at(&self, date: Date) -> crate::words::time::Instant {
        self.cx.now + (date - self.today.date)
    }

    fn registrants(&self, order: &mut Order, goods: &mut Goods<'_>, ids: &mut Drawer) -> Result<()> {
        let now = self.cx.now;
        for ((item, tld, _), (of, priced)) in self.chosen.domains.iter().zip(&self.priced.domains) {
            let status = match self.new.stage {
                _ if item.transfer => DomainStatus::PendingTransfer,
                Stage::Pending | Stage::Processing | Stage::Completed => DomainStatus::Pending,
                Stage::Cancelled | Stage::Failed => DomainStatus::Cancelled,
            };
            let mut registrant = Registrant {
                stamps: Stamps::new(ids.next(REGISTRANT), now),
                customer: order.customer,
                reseller: order.reseller,
                order: Some(order.stamps.id),
                tld: tld.stamps.id,
                domain: of.domain.clone(),
                status,
                transfer: item.transfer,
                epp_code: item.epp_code.clone().filter(|_| item.transfer),
                years: item.years,
                currency: self.currency.id,
                iso: self.currency.iso,
                price: self.minor(priced.amount - priced.discount)?,
                auto_renew: true,
                nameservers: None,
                registered_at: None,
                expires_at: None,
                renewal: None,
                suspended_at: None,
                cancelled_at: None,
            };
            if self.new.stage == Stage::Completed {
                registrant.activate(now);
                // A transfer stays on its way, with the stamps of its order (contract billmora §10.3).
                registrant.status = if item.transfer { DomainStatus::PendingTransfer } else { DomainStatus::Active };
            }
            order.registrants.push(registrant.stamps.id);
            goods.add_registrant(registrant);
        }
        Ok(())
    }
}

/// What a service is configured with: what the product says, and the value of each option by its variant's code
/// (contract billmora §10.3).
fn configuration(chosen: &ChosenPackage) -> String {
    let own =
        chosen.product.provisioning.as_deref().and_then(|text| serde_json::from_str::<Map<String, Value>>(text).ok());
    let mut all = own.unwrap_or_default();
    for (variant, choice, _) in &chosen.options {
        let text = choice.value.as_str();
        let value = match text {
            "true" => Value::Bool(true),
            "false" => Value::Bool(false),
            _ if crate::words::money::parse_decimal(text).is_some() => {
                text.parse().map_or_else(|_| Value::from(text), Value::Number)
            }
            _ => Value::from(text),
        };
        all.insert(variant.code.clone(), value);
    }
    Value::Object(all).to_string()
}
