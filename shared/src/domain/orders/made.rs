//! What an order brings about: the order itself, its services and its registered domains, as its status has them
//! (contract billmora §10.3).

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde_json::{Map, Value};

use crate::domain::catalog::{Cycle, Unit};
use crate::domain::documents::accrual::Term;
use crate::domain::documents::desk::Desk;
use crate::domain::documents::entity::{Document, Line, TaxRow};
use crate::domain::documents::ledger::out_of_range;
use crate::domain::documents::sums::minor;
use crate::domain::orders::ask::Priced;
use crate::domain::orders::choose::{Chosen, ChosenPackage, New};
use crate::domain::orders::pricing::PricedPackage;
use crate::domain::records::{Drawer, Stamps};
use crate::domain::sales::charges::Charge;
use crate::domain::sales::goods::Goods;
use crate::domain::sales::order::{Item, Order, Stage, What};
use crate::domain::sales::registrant::{Registrant, Status as DomainStatus};
use crate::domain::sales::service::{Service, Status, Stock};
use crate::domain::tenants::TenantCurrency;
use crate::machinery::keys::{REGISTRANT, SERVICE};
use crate::machinery::operation::Context;
use crate::words::error::Result;
use crate::words::money::parse_decimal;
use crate::words::time::{Date, Day, Instant};

/// What an order is made of.
pub(crate) struct Made<'m> {
    pub(crate) cx: &'m Context,
    pub(crate) new: &'m New,
    pub(crate) chosen: &'m Chosen,
    pub(crate) priced: &'m Priced,
    pub(crate) currency: &'m TenantCurrency,
    pub(crate) today: Day,
    pub(crate) id: u64,
}

impl Made<'_> {
    fn minor(&self, amount: Decimal) -> Result<i64> {
        minor(amount, self.currency.iso).ok_or_else(out_of_range)
    }

    /// The order itself. Its figures are those of the invoice's lines.
    pub(crate) fn order(&self, desk: &Desk<'_>, invoice: &Document) -> Result<Order> {
        let cx = self.cx;
        let mut lines = invoice.lines.as_slice();
        let mut next = |count: usize| {
            let (own, rest) = lines.split_at_checked(count).unwrap_or((lines, &[]));
            lines = rest;
            own
        };
        let mut items = Vec::new();
        for (of, priced) in &self.priced.packages {
            let own = next(priced.lines.len());
            items.push(Item {
                what: What::Service,
                description: of.name.clone(),
                quantity: of.quantity,
                cycle: of.cycle,
                unit: self.minor(priced.unit)?,
                setup_fee: self.minor(priced.setup_fee)?,
                amount: own.iter().map(|line| line.subtotal).sum(),
                part: priced.cut.map_or(0, |cut| cut.part * i64::from(of.quantity)),
                discount: priced.off,
                taxes: taxes_of(own),
                product: of.product,
            });
        }
        for (of, priced) in &self.priced.domains {
            let own = next(1);
            let left = own.iter().map(|line| line.subtotal).sum::<i64>() - priced.off;
            items.push(Item {
                what: What::Domain,
                description: of.domain.clone(),
                quantity: 1,
                cycle: Cycle::Every { count: of.years, unit: Unit::Year },
                unit: left,
                setup_fee: 0,
                amount: left,
                part: 0,
                discount: priced.off,
                taxes: taxes_of(own),
                product: 0,
            });
        }
        let asked = || invoice.lines.iter().filter(|line| !line.is_discount());
        let setup = asked().filter(|line| line.setup).map(|line| line.subtotal).sum();
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
            subtotal: asked().map(|line| line.subtotal).sum::<i64>() - setup,
            discount: invoice.sums.discount,
            setup_fee: setup,
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
    pub(crate) fn services(
        &self,
        order: &mut Order,
        invoice: &Document,
        goods: &mut Goods<'_>,
        ids: &mut Drawer,
    ) -> Result<()> {
        for (chosen, (of, priced)) in self.chosen.packages.iter().zip(&self.priced.packages) {
            goods.hold_product(chosen.product.clone());
            for _ in 0..of.quantity {
                let mut service = self.service(order, chosen, priced, ids.next(SERVICE))?;
                service.charges = self.charges(&service, priced, invoice)?;
                service.charged_until = service.charges.iter().map(|charge| charge.term.end).max();
                let id = service.stamps.id;
                order.services.push(id);
                goods.add_service(service);
                // What was looked for in stock is reserved until the order is given up.
                if self.new.strict {
                    goods.reserve(id);
                }
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
            stock: Stock::Counted,
            scalings: Vec::new(),
            barred_by: Vec::new(),
            charged_until: None,
            unasked: Vec::new(),
            charges: Vec::new(),
            carried: BTreeMap::new(),
        })
    }

    /// What the order's invoice charges for the days of one of its services, after the discount.
    fn charges(&self, service: &Service, priced: &PricedPackage, invoice: &Document) -> Result<Vec<Charge>> {
        let (Some(anchor), Some(whole)) = (service.anchor, service.period()) else { return Ok(Vec::new()) };
        let mut terms = vec![(whole, priced.unit - priced.discount_of_period(), whole.days())];
        // The days before the first whole period have no discount.
        if let Some(cut) = priced.cut {
            let before = anchor.pred_opt().map(|end| Term { start: self.today.date, end });
            terms.extend(before.map(|term| (term, priced.unit, cut.of)));
        }
        let mut all = Vec::new();
        for (term, fee, days) in terms {
            let own = |line: &Line| line.term == Some(term) && line.product == Some(service.product);
            if let Some(line) = invoice.lines.iter().position(|line| own(line) && !line.is_discount()) {
                all.push(Charge::own(invoice.own_ref(), line, term, self.minor(fee)?, days));
            }
        }
        Ok(all)
    }

    /// The time of day of now, on another day.
    fn today_at(&self, date: Date) -> Instant {
        self.cx.now + (date - self.today.date)
    }

    /// Its registered domains.
    pub(crate) fn registrants(&self, order: &mut Order, goods: &mut Goods<'_>, ids: &mut Drawer) -> Result<()> {
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
                price: self.minor(priced.amount)? - priced.off,
                auto_renew: true,
                nameservers: None,
                registered_at: None,
                expires_at: None,
                renewal: None,
                renewed: Vec::new(),
                ends_without: None,
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

/// The taxes of some lines, each once.
fn taxes_of(lines: &[Line]) -> Vec<TaxRow> {
    let mut all: Vec<TaxRow> = Vec::new();
    for tax in lines.iter().flat_map(|line| &line.taxes) {
        match all.iter_mut().find(|known| known.name == tax.name && known.percent == tax.percent) {
            Some(known) => known.amount += tax.amount,
            None => all.push(tax.clone()),
        }
    }
    all
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
            _ if parse_decimal(text).is_some() => text.parse().map_or_else(|_| Value::from(text), Value::Number),
            _ => Value::from(text),
        };
        all.insert(variant.code.clone(), value);
    }
    Value::Object(all).to_string()
}
