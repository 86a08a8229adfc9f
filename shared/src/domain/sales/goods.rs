//! What changes together: the services and registered domains of orders, the orders, and the products whose
//! stock they take. All of it is read, changed and put back in the commit of whatever caused it.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::agenda::{self, DOMAINS, Note};
use crate::domain::catalog::Product;
use crate::domain::records::{Record, find_all, put};
use crate::domain::sales::moves::{self, Moved};
use crate::domain::sales::order::{Order, Stage};
use crate::domain::sales::registrant::Registrant;
use crate::domain::sales::service::{Service, Status, Stock};
use crate::domain::tenants::TenantRecord;
use crate::machinery::changes::Changes;
use crate::machinery::keys;
use crate::machinery::operation::Context;
use crate::words::error::Result;
use crate::words::time::{Date, Day};

/// A record in hand: as it was read, as it will be, and what happened to it.
pub(crate) struct Held<R> {
    before: Option<R>,
    /// As it will be.
    pub(crate) after: R,
    event: &'static str,
}

impl<R: Record> Held<R> {
    fn read(record: R, event: &'static str) -> Self {
        Self { before: Some(record.clone()), after: record, event }
    }

    /// The row, and what lists read of it in its own and its customer's partition.
    fn actions(&self) -> usize {
        if self.before.as_ref() == Some(&self.after) {
            return 0;
        }
        let row = self.after.index_row();
        let listed = self.before.as_ref().map(Record::index_row).as_ref() != Some(&row);
        1 + if listed { 1 + usize::from(row.customer.is_some()) } else { 0 }
    }
}

/// See the head of this file.
pub(crate) struct Goods<'c> {
    cx: &'c Context,
    today: Day,
    /// Services by id.
    pub(crate) services: BTreeMap<u64, Held<Service>>,
    /// Registered domains by id.
    pub(crate) registrants: BTreeMap<u64, Held<Registrant>>,
    /// Orders by id.
    pub(crate) orders: BTreeMap<u64, Held<Order>>,
    /// Products by id; one that was deleted is missing.
    pub(crate) products: BTreeMap<u64, Held<Product>>,
}

impl<'c> Goods<'c> {
    /// With nothing in hand yet.
    pub(crate) fn none(cx: &'c Context, tenant: &TenantRecord) -> Self {
        Self {
            cx,
            today: tenant.today(cx),
            services: BTreeMap::new(),
            registrants: BTreeMap::new(),
            orders: BTreeMap::new(),
            products: BTreeMap::new(),
        }
    }

    /// Read orders with all that they brought about, and further services and registered domains with their
    /// orders. At most three calls for each kind.
    pub(crate) async fn open(
        cx: &'c Context,
        tenant: &TenantRecord,
        orders: &[u64],
        services: &[u64],
        registrants: &[u64],
    ) -> Result<Self> {
        let mut goods = Self::none(cx, tenant);
        goods.more(orders, services, registrants).await?;
        Ok(goods)
    }

    /// The same beside what is in hand already.
    pub(crate) async fn more(&mut self, orders: &[u64], services: &[u64], registrants: &[u64]) -> Result<()> {
        let cx = self.cx;
        self.read_services(services).await?;
        let of_services = self.services.values().filter_map(|held| held.after.order);
        let wanted: BTreeSet<u64> = orders.iter().copied().chain(of_services).collect();
        let wanted: Vec<u64> = wanted.into_iter().filter(|id| !self.orders.contains_key(id)).collect();
        if !wanted.is_empty() {
            for order in find_all::<Order>(cx, &wanted).await?.into_iter().flatten() {
                self.orders.insert(order.stamps.id, Held::read(order, "order.updated"));
            }
        }
        let rest: Vec<u64> = self.orders.values().flat_map(|held| held.after.services.clone()).collect();
        self.read_services(&rest).await?;
        let own = |held: &Held<Order>| held.after.registrants.clone();
        let of_orders = self.orders.iter().filter(|(id, _)| orders.contains(id)).flat_map(|(_, held)| own(held));
        let wanted: BTreeSet<u64> = registrants.iter().copied().chain(of_orders).collect();
        let wanted: Vec<u64> = wanted.into_iter().filter(|id| !self.registrants.contains_key(id)).collect();
        if !wanted.is_empty() {
            for one in find_all::<Registrant>(cx, &wanted).await?.into_iter().flatten() {
                self.registrants.insert(one.stamps.id, Held::read(one, "registrant.updated"));
            }
        }
        let of = |held: &Held<Service>| match held.after.stock {
            Stock::Held(product) => vec![held.after.product, product],
            Stock::Counted | Stock::Free => vec![held.after.product],
        };
        let products: BTreeSet<u64> = self.services.values().flat_map(of).collect();
        self.read_products(&products.into_iter().collect::<Vec<_>>()).await
    }

    /// Services by themselves, without their orders and products: for what changes neither.
    pub(crate) async fn alone(cx: &'c Context, tenant: &TenantRecord, services: &[u64]) -> Result<Self> {
        let mut goods = Self::none(cx, tenant);
        goods.read_services(services).await?;
        Ok(goods)
    }

    async fn read_services(&mut self, ids: &[u64]) -> Result<()> {
        let wanted: Vec<u64> = ids.iter().copied().filter(|id| !self.services.contains_key(id)).collect();
        if wanted.is_empty() {
            return Ok(());
        }
        for service in find_all::<Service>(self.cx, &wanted).await?.into_iter().flatten() {
            self.services.insert(service.stamps.id, Held::read(service, "service.updated"));
        }
        Ok(())
    }

    async fn read_products(&mut self, ids: &[u64]) -> Result<()> {
        let wanted: Vec<u64> = ids.iter().copied().filter(|id| !self.products.contains_key(id)).collect();
        if wanted.is_empty() {
            return Ok(());
        }
        for product in find_all::<Product>(self.cx, &wanted).await?.into_iter().flatten() {
            self.products.insert(product.stamps.id, Held::read(product, "product.stock_changed"));
        }
        Ok(())
    }

    /// Take in a product that was read.
    pub(crate) fn hold_product(&mut self, product: Product) {
        self.products.entry(product.stamps.id).or_insert_with(|| Held::read(product, "product.stock_changed"));
    }

    /// Take in a new service.
    pub(crate) fn add_service(&mut self, service: Service) {
        let held = Held { before: None, after: service, event: "service.created" };
        self.services.insert(held.after.stamps.id, held);
    }

    /// Take in a new registered domain.
    pub(crate) fn add_registrant(&mut self, registrant: Registrant) {
        let held = Held { before: None, after: registrant, event: "registrant.created" };
        self.registrants.insert(held.after.stamps.id, held);
    }

    /// Take in a new order.
    pub(crate) fn add_order(&mut self, order: Order) {
        let held = Held { before: None, after: order, event: "order.created" };
        self.orders.insert(held.after.stamps.id, held);
    }

    /// Move a service to a status. Its dates say so too, unless only the status is to change.
    pub(crate) fn move_to(&mut self, id: u64, status: Status, stamps: bool) {
        let (now, today) = (self.cx.now, self.today);
        let Some(held) = self.services.get_mut(&id) else { return };
        let Some(moved) = moves::between(held.after.status, status) else { return };
        held.after.status = status;
        if status.is_over() {
            held.after.scalings.retain(|scaling| scaling.completed_at.is_some());
        }
        // Of what ended it is kept for what: other invoices that barred it are given up with it.
        if !matches!(status, Status::Suspended | Status::Terminated) {
            held.after.barred_by.clear();
        }
        if held.before.is_some() {
            held.event = moved.event();
        }
        if stamps {
            moves::stamp(&mut held.after, moved, now);
        }
        moves::take_up(&mut held.after, moved, today);
        let (product, order) = (held.after.product, held.after.order);
        match (held.after.stock, moved) {
            (Stock::Counted, _) => {
                if let Some(product) = self.products.get_mut(&product) {
                    product.after.stock = moves::stock_after(product.after.stock, moved);
                }
            }
            (Stock::Held(_), Moved::Ended) => self.release(id),
            (Stock::Free, Moved::Activated | Moved::Reset) if !status.is_over() => self.reserve(id),
            (Stock::Held(_) | Stock::Free, _) => {}
        }
        if moved == Moved::Activated {
            self.complete(order);
        }
    }

    /// Let a service have a unit of its product's stock, where that is counted and there is one left.
    pub(crate) fn reserve(&mut self, id: u64) {
        let Some(held) = self.services.get_mut(&id) else { return };
        let service = &mut held.after;
        let product = self.products.get_mut(&service.product).filter(|product| product.after.stock > 0);
        service.stock = match (service.stock, product) {
            (Stock::Held(_), _) => return,
            (_, Some(product)) => {
                product.after.stock -= 1;
                Stock::Held(service.product)
            }
            (_, None) => Stock::Free,
        };
    }

    /// Take a service's unit back into stock, where it has one.
    pub(crate) fn release(&mut self, id: u64) {
        let Some(held) = self.services.get_mut(&id) else { return };
        let Stock::Held(product) = held.after.stock else { return };
        held.after.stock = Stock::Free;
        if let Some(product) = self.products.get_mut(&product).filter(|product| product.after.stock >= 0) {
            product.after.stock += 1;
        }
    }

    /// The product of which there was none left for a service that was over and is not any more, if there is one.
    pub(crate) fn sold_out(&self) -> Option<&Product> {
        let back = |held: &&Held<Service>| {
            let was_over = held.before.as_ref().is_some_and(|before| before.status.is_over());
            was_over && !held.after.status.is_over() && held.after.stock == Stock::Free
        };
        let products = self.services.values().filter(back).filter_map(|held| self.products.get(&held.after.product));
        products.map(|held| &held.after).find(|product| product.stock == 0)
    }

    /// An order whose services are all in use is completed (contract billmora §10.4).
    fn complete(&mut self, order: Option<u64>) {
        let now = self.cx.now;
        let Some(held) = order.and_then(|id| self.orders.get_mut(&id)) else { return };
        let own = held.after.services.iter().map(|id| self.services.get(id));
        let all = own.flatten().all(|service| service.after.status == Status::Active);
        if all && held.after.stage != Stage::Completed {
            held.after.stage = Stage::Completed;
            held.after.completed_at = Some(now);
            held.event = if held.before.is_some() { "order.completed" } else { held.event };
        }
    }

    /// Everything as changes, with what the billing runs have to look at.
    pub(crate) fn into_changes(self, changes: &mut Changes) -> Result<()> {
        let (cx, t) = (self.cx, self.cx.tenant());
        let mut on_agenda = |what, id: u64, was: Option<Date>, is: Option<Date>| -> Result<()> {
            if was == is {
                return Ok(());
            }
            if let Some(was) = was {
                changes.erase(keys::agenda_row(t, what, was, id));
            }
            is.map_or(Ok(()), |day| agenda::put(cx, changes, what, day, &Note { id, day }))
        };
        for (id, held) in &self.services {
            on_agenda(
                held.after.agenda(),
                *id,
                held.before.as_ref().and_then(Service::renews_on),
                held.after.renews_on(),
            )?;
        }
        for (id, held) in &self.registrants {
            on_agenda(DOMAINS, *id, held.before.as_ref().and_then(Registrant::ends_on), held.after.ends_on())?;
        }
        for held in self.services.into_values() {
            put(cx, changes, held.before.as_ref(), held.after, held.event)?;
        }
        for held in self.registrants.into_values() {
            put(cx, changes, held.before.as_ref(), held.after, held.event)?;
        }
        for held in self.orders.into_values() {
            put(cx, changes, held.before.as_ref(), held.after, held.event)?;
        }
        for held in self.products.into_values() {
            put(cx, changes, held.before.as_ref(), held.after, held.event)?;
        }
        Ok(())
    }

    /// How many actions [`into_changes`](Self::into_changes) adds.
    pub(crate) fn actions(&self) -> usize {
        let days = |was: Option<Date>, is: Option<Date>| {
            if was == is { 0 } else { usize::from(was.is_some()) + usize::from(is.is_some()) }
        };
        let service = |held: &Held<Service>| {
            held.actions() + days(held.before.as_ref().and_then(Service::renews_on), held.after.renews_on())
        };
        let registrant = |held: &Held<Registrant>| {
            held.actions() + days(held.before.as_ref().and_then(Registrant::ends_on), held.after.ends_on())
        };
        self.services.values().map(service).sum::<usize>()
            + self.registrants.values().map(registrant).sum::<usize>()
            + self.orders.values().map(Held::actions).sum::<usize>()
            + self.products.values().map(Held::actions).sum::<usize>()
    }
}
