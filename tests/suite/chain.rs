//! Random paths through quote, order, invoice, payment and service, against a model that knows nothing of the
//! code: what each step answers, where everything stands after it, what is left in stock. No allocation ever
//! exceeds its receipt or its invoice, no stock falls below 0, and the books agree.

use serde_json::{Value, json};
use shared::domain::documents::Document;
use tests::{Call, Dice, World};

use crate::billing::stored;
use crate::orders::{billmora, cloudonex, shop};

/// Worlds, and paths in each.
const WORLDS: u64 = 4;
const PATHS: u64 = 5000;
const CUSTOMERS: u64 = 3;

/// What the paths order: product, price, its price and its fee for setting up in cents, whether it has stock.
const SOLD: [(u64, u64, i64, i64, bool); 3] = [(1, 2, 1800, 600, true), (2, 3, 0, 0, false), (3, 4, 3000, 0, false)];
const STAGES: [&str; 5] = ["pending", "processing", "completed", "cancelled", "failed"];
const SERVICE: [&str; 5] = ["pending", "active", "suspended", "terminated", "cancelled"];
const INVOICE: [&str; 4] = ["unpaid", "paid", "cancelled", "refunded"];

#[derive(Debug, Clone, Default)]
struct Invoice {
    id: u64,
    customer: u64,
    total: i64,
    /// Set against receipts, and settled without one.
    paid: i64,
    marked: i64,
    /// `issued`, `cancelled` or `refunded`.
    stage: &'static str,
}

impl Invoice {
    fn open(&self) -> i64 {
        if self.stage == "issued" { self.total - self.paid - self.marked } else { 0 }
    }

    fn status(&self) -> &'static str {
        match self.stage {
            "issued" if self.total <= 0 || self.open() == 0 => "paid",
            "issued" => "unpaid",
            other => other,
        }
    }
}

#[derive(Debug, Clone, Default)]
struct Order {
    id: u64,
    stage: &'static str,
    /// Services by id with their status; all of the path's product.
    services: Vec<(u64, &'static str)>,
    stocked: bool,
}

/// What the model knows of the whole shop.
#[derive(Debug)]
struct Model {
    stock: i64,
    steps: u64,
    refused: u64,
}

impl Model {
    /// A service moves: what becomes of the stock.
    fn moved(&mut self, stocked: bool, from: &str, to: &str) {
        let over = |status: &str| ["terminated", "cancelled"].contains(&status);
        if !stocked || from == to {
            return;
        }
        if to == "active" && from != "suspended" && self.stock > 0 {
            self.stock -= 1;
        } else if over(to) && !over(from) && self.stock >= 0 {
            self.stock += 1;
        }
    }

    fn set(&mut self, order: &mut Order, place: usize, to: &'static str) {
        let from = order.services[place].1;
        self.moved(order.stocked, from, to);
        order.services[place].1 = to;
        let all = order.services.iter().all(|(_, status)| *status == "active");
        if to == "active" && !["active", "suspended"].contains(&from) && all {
            order.stage = "completed";
        }
    }

    /// The order's invoice became paid.
    fn fulfil(&mut self, order: Option<&mut Order>) {
        let Some(order) = order else { return };
        // What was barred goes on, and what waits for it comes to life (contract billmora §10.2).
        for from in ["suspended", "pending"] {
            for place in 0..order.services.len() {
                if order.services[place].1 == from {
                    self.set(order, place, "active");
                }
            }
        }
    }
}

struct Path<'w> {
    world: &'w World,
    model: &'w mut Model,
    dice: &'w mut Dice,
    order: Option<Order>,
    invoice: Option<Invoice>,
}

fn cents(value: &Value) -> i64 {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned).replace('.', "").parse().unwrap()
}

fn text(cents: i64) -> String {
    format!("{}.{:02}", cents / 100, cents % 100)
}

impl Path<'_> {
    async fn send(&mut self, call: Call, wanted: bool, what: &str) -> Value {
        self.model.steps += 1;
        let answer = self.world.send(call.operator("acme")).await;
        let good = (200..300).contains(&answer.status);
        assert!(answer.status < 500, "{what}: {}", answer.text);
        assert_eq!(good, wanted, "{what}: {} {}\n{:?} {:?}", answer.status, answer.text, self.order, self.invoice);
        self.model.refused += u64::from(!good);
        answer.json["data"].clone()
    }

    /// A quote, answered at random; if it was converted there is an invoice.
    async fn quote(&mut self) {
        let customer = 1 + self.dice.below(CUSTOMERS);
        let amount = 100 + i64::try_from(self.dice.below(9000)).unwrap();
        let new = json!({"customer_id": customer, "valid_until": "2026-12-31", "items": [{"description": "x", "amount": text(amount)}]});
        let quote = self.send(cloudonex("POST", "/quotes").json(&new), true, "quote").await;
        let mut stage = "Draft";
        for _ in 0..1 + self.dice.below(3) {
            let (step, to, from): (_, _, &[&str]) = *self.dice.of(&[
                ("send", "Sent", &["Draft"] as &[&str]),
                ("accept", "Accepted", &["Draft", "Sent"]),
                ("decline", "Declined", &["Draft", "Sent"]),
                ("expire", "Expired", &["Draft", "Sent"]),
                ("convert", "Converted to Invoice", &["Draft", "Sent", "Accepted"]),
                ("convert", "Converted to Invoice", &["Draft", "Sent", "Accepted"]),
            ]);
            // What is said twice is said once, but for the invoice.
            let may = from.contains(&stage) || (stage == to && step != "convert");
            let call = cloudonex("POST", &format!("/quotes/{}/{step}", quote["id"]));
            let answer = self.send(call, may, &format!("{stage} quote: {step}")).await;
            if may {
                stage = to;
                if step == "convert" {
                    let id = answer["id"].as_u64().unwrap();
                    self.invoice = Some(Invoice { id, customer, total: amount, stage: "issued", ..Invoice::default() });
                } else {
                    assert_eq!(answer["status"], to);
                }
            }
        }
    }

    async fn new_order(&mut self) {
        let customer = 1 + self.dice.below(CUSTOMERS);
        let (product, price, unit, fee, stocked) = *self.dice.of(&SOLD);
        let quantity = 1 + self.dice.below(2);
        let stage = *self.dice.of(&["pending", "pending", "pending", "processing", "completed", "cancelled", "failed"]);
        let total = (unit + fee) * i64::try_from(quantity).unwrap();
        let new = json!({"user_id": customer, "currency": "USD", "coupon": null, "status": stage,
            "package_items": [{"package_id": product, "billing_id": price, "quantity": quantity}]});
        let made = self.send(billmora("POST", "/orders").json(&new), true, "order").await;
        let service = match stage {
            "completed" => "active",
            "cancelled" | "failed" => "cancelled",
            _ => "pending",
        };
        let ids = made["services"].as_array().unwrap().iter().map(|one| one["id"].as_u64().unwrap());
        let services = ids.map(|id| (id, service)).collect();
        let mut order = Order { id: made["id"].as_u64().unwrap(), stage, services, stocked };
        let id = made["invoices"][0]["id"].as_u64().unwrap();
        assert_eq!(cents(&made["invoices"][0]["total"]), total);
        let mut invoice = Invoice { id, customer, total, stage: "issued", ..Invoice::default() };
        match stage {
            "completed" => invoice.marked = total,
            "cancelled" if total > 0 => invoice.stage = "cancelled",
            "pending" | "processing" if total == 0 => self.model.fulfil(Some(&mut order)),
            _ => {}
        }
        (self.order, self.invoice) = (Some(order), Some(invoice));
    }

    /// A receipt for a part of the invoice, for all of it, or for more than it asks for.
    async fn pay(&mut self) {
        let Some(mut invoice) = self.invoice.clone() else { return };
        let open = invoice.open().max(0);
        let amount = match self.dice.below(4) {
            0 => open + 1 + i64::try_from(self.dice.below(500)).unwrap(),
            1 if open > 1 => 1 + i64::try_from(self.dice.below(u64::try_from(open).unwrap())).unwrap(),
            _ => open.max(1),
        };
        let good = invoice.stage == "issued" && amount <= open;
        let body = json!({"customer_id": invoice.customer, "account_id": 1, "amount": text(amount), "allocations": [{"invoice_id": invoice.id, "amount": text(amount)}]});
        self.send(cloudonex("POST", "/receipts").json(&body), good, &format!("pay {amount}")).await;
        if good {
            invoice.paid += amount;
            if invoice.open() == 0 {
                self.model.fulfil(self.order.as_mut());
            }
            self.invoice = Some(invoice);
        }
    }

    /// Staff writes a status over the invoice's.
    async fn mark(&mut self) {
        let Some(mut invoice) = self.invoice.clone() else { return };
        let to = *self.dice.of(&INVOICE);
        let from = invoice.status();
        // What never asked for money counts as paid, and cannot have been.
        let empty = invoice.total <= 0;
        if empty {
            return;
        }
        self.send(billmora("PUT", &format!("/invoices/{}", invoice.id)).json(&json!({"status": to})), true, to).await;
        if from != to {
            let part = from == "unpaid" && invoice.paid + invoice.marked > 0;
            // Whatever was paid is taken back on the way, unless it counts.
            let reopened = match (from, to) {
                ("unpaid", "paid" | "refunded") | ("paid", "refunded") => false,
                ("unpaid", _) => part,
                _ => true,
            };
            if reopened {
                (invoice.paid, invoice.marked) = (0, 0);
            }
            invoice.stage = "issued";
            match to {
                "paid" => invoice.marked += invoice.open(),
                "refunded" => {
                    invoice.marked += invoice.open();
                    invoice.stage = "refunded";
                }
                "cancelled" => invoice.stage = "cancelled",
                _ => {}
            }
            if to == "paid" {
                self.model.fulfil(self.order.as_mut());
            }
            self.invoice = Some(invoice);
        }
    }

    /// Staff writes a status over the order's.
    async fn set_order(&mut self) {
        let Some(mut order) = self.order.clone() else { return };
        let to = *self.dice.of(&STAGES);
        let answer =
            self.send(billmora("PUT", &format!("/orders/{}", order.id)).json(&json!({"status": to})), true, to).await;
        order.stage = to;
        for place in 0..order.services.len() {
            let status = match to {
                "completed" => "active",
                "cancelled" | "failed" => "cancelled",
                _ => "pending",
            };
            let stage = order.stage;
            self.model.set(&mut order, place, status);
            order.stage = stage;
        }
        assert_eq!(answer["status"], order.stage);
        self.order = Some(order);
    }

    /// A service is moved by staff, who may do anything, or by the rules.
    async fn set_service(&mut self) {
        let Some(mut order) = self.order.clone() else { return };
        let place = self.dice.roll(order.services.len());
        let (id, from) = order.services[place];
        if self.dice.below(2) == 0 {
            let to = *self.dice.of(&SERVICE);
            self.send(billmora("PUT", &format!("/services/{id}")).json(&json!({"status": to})), true, to).await;
            self.model.set(&mut order, place, to);
        } else {
            let (step, to, may): (_, _, &[&str]) = *self.dice.of(&[
                ("suspend", "suspended", &["active", "suspended"] as &[&str]),
                ("unsuspend", "active", &["suspended", "active"]),
                ("terminate", "terminated", &["pending", "active", "suspended", "terminated"]),
            ]);
            let may = may.contains(&from);
            self.send(cloudonex("POST", &format!("/services/{id}/{step}")), may, &format!("{from} service: {step}"))
                .await;
            if may {
                self.model.set(&mut order, place, to);
            }
        }
        self.order = Some(order);
    }

    /// Everything stands where the model says.
    async fn check(&mut self) {
        if let Some(order) = self.order.clone() {
            let shown = self.send(billmora("GET", &format!("/orders/{}", order.id)), true, "read").await;
            let services: Vec<&str> =
                shown["services"].as_array().unwrap().iter().map(|one| one["status"].as_str().unwrap()).collect();
            let wanted: Vec<&str> = order.services.iter().map(|(_, status)| *status).collect();
            assert_eq!((shown["status"].as_str().unwrap(), services), (order.stage, wanted), "{order:?}");
        }
        if let Some(invoice) = self.invoice.clone() {
            let shown = self.send(billmora("GET", &format!("/invoices/{}", invoice.id)), true, "read").await;
            let due = (invoice.total - invoice.paid).max(0);
            assert_eq!(
                (shown["status"].as_str(), cents(&shown["total"])),
                (Some(invoice.status()), invoice.total),
                "{invoice:?}"
            );
            let shown_due = shared::words::money::parse_decimal(&shown["amount_due"].to_string()).unwrap();
            assert_eq!(shown_due, shared::words::money::Decimal::new(due, 2), "{invoice:?}");
        }
    }
}

async fn walk(seed: u64) -> (u64, u64) {
    let world = shop().await;
    let mut model = Model { stock: 5, steps: 0, refused: 0 };
    // Without options, so that an order's sums are easily said.
    let plain = json!({"variant_ids": []});
    world.send(cloudonex("PUT", "/products/1").json(&plain)).await.expect(200);
    world.send(cloudonex("PUT", "/products/3").json(&json!({"prorata_day": null}))).await.expect(200);
    let mut dice = Dice::new(seed);
    for path in 0..PATHS {
        let mut path_dice = dice.clone();
        let mut walk = Path { world: &world, model: &mut model, dice: &mut path_dice, order: None, invoice: None };
        if walk.dice.below(4) == 0 {
            walk.quote().await;
        } else {
            walk.new_order().await;
        }
        for _ in 0..walk.dice.below(4) {
            match walk.dice.below(6) {
                0 | 1 => walk.pay().await,
                2 => walk.mark().await,
                3 => walk.set_order().await,
                _ => walk.set_service().await,
            }
        }
        if path % 4 == 0 {
            walk.check().await;
        }
        dice = path_dice;
        if path % 100 == 0 {
            let stock =
                world.send(cloudonex("GET", "/products/1").operator("acme")).await.expect(200)["data"]["stock"].clone();
            assert_eq!(stock, model.stock, "after path {path}");
        }
    }
    world.books("acme").await;
    world.verify();
    for entity in ["invoice", "transaction"] {
        for document in stored::<Document>(&world, entity) {
            // What was given back was asked for again.
            let set = document.allocated() + document.marked.0 - document.returned.0;
            assert!(set <= document.sums.total.abs() || document.sums.total <= 0, "{} exceeds", document.own_ref());
            assert!(document.allocations.iter().all(|one| one.amount > 0));
        }
    }
    (model.steps, model.refused)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twenty_thousand_random_paths() {
    let walks: Vec<_> = (0..WORLDS).map(|seed| tokio::spawn(walk(seed + 1))).collect();
    let (mut steps, mut refused) = (0, 0);
    for walk in walks {
        let (more, no) = walk.await.unwrap();
        (steps, refused) = (steps + more, refused + no);
    }
    println!(
        "chain: {} random paths, {steps} steps, {refused} of them refused as predicted: every state legal",
        WORLDS * PATHS
    );
}
