//! Twenty thousand random operations over all dialects, beside a model that knows nothing of the ledger's
//! code: plain numbers in cents, a few rules, every answer predicted.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use tests::{Answer, Call, Dice, World};

const WORLDS: u64 = 4;
const OPERATIONS: u64 = 5_000;
const CUSTOMERS: u64 = 6;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Invoice,
    Receipt,
    Refund,
    Credit,
    Debit,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Draft,
    Issued,
    Void,
    Cancelled,
    Refunded,
}

type Key = (Kind, u64);

/// What the model knows of a document: amounts in cents.
#[derive(Debug, Clone)]
struct Doc {
    customer: u64,
    stage: Stage,
    total: i64,
    tax: i64,
    number: Option<String>,
    marked: i64,
    set: BTreeMap<Key, i64>,
    /// The invoice a charge came onto.
    on: Option<u64>,
    charges: Vec<Key>,
}

impl Doc {
    fn open(&self) -> i64 {
        let gone = self.stage != Stage::Issued || self.on.is_some();
        if gone { 0 } else { self.total.abs() - self.set.values().sum::<i64>() - self.marked }
    }

    fn status(&self) -> &'static str {
        match self.stage {
            Stage::Draft => "Draft",
            Stage::Void => "Void",
            Stage::Cancelled => "Cancelled",
            Stage::Refunded => "Refunded",
            Stage::Issued if self.total <= 0 || self.open() == 0 => "Paid",
            Stage::Issued if self.set.is_empty() && self.marked == 0 => "Unpaid",
            Stage::Issued => "Partially Paid",
        }
    }
}

struct Model {
    world: World,
    dice: Dice,
    docs: BTreeMap<Key, Doc>,
    /// Last counter by series.
    counters: BTreeMap<Kind, u64>,
    invoices: u64,
    transactions: u64,
    bank: i64,
    refused: u64,
    done: u64,
}

/// Half away from zero.
fn percent(cents: i64, percent: i64) -> i64 {
    let product = cents * percent;
    (product + 50 * product.signum()) / 100
}

fn cents(value: &Value) -> i64 {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let (whole, part) = text.split_once('.').unwrap_or((&text, ""));
    let sign = if whole.starts_with('-') { -1 } else { 1 };
    whole.trim_start_matches('-').parse::<i64>().unwrap() * 100 * sign
        + sign * format!("{part:0<2}")[..2].parse::<i64>().unwrap()
}

fn money(cents: i64) -> Value {
    let sign = if cents < 0 { "-" } else { "" };
    serde_json::from_str(&format!("{sign}{}.{:02}", cents.abs() / 100, cents.abs() % 100)).unwrap()
}

impl Model {
    async fn send(&self, call: Call) -> Answer {
        self.world.send(call.operator("acme")).await
    }

    async fn ask(&self, verb: &str, path: &str, body: &Value) -> Answer {
        self.send(Call::new(verb, path).json(body)).await
    }

    fn customer(&mut self) -> u64 {
        1 + self.dice.below(CUSTOMERS)
    }

    fn pick(&mut self, wanted: impl Fn(&Key, &Doc) -> bool) -> Option<Key> {
        let keys: Vec<Key> = self.docs.iter().filter(|(key, doc)| wanted(key, doc)).map(|(key, _)| *key).collect();
        (!keys.is_empty()).then(|| *self.dice.of(&keys))
    }

    fn number(&mut self, kind: Kind) -> String {
        let counter = self.counters.entry(kind).or_insert(0);
        *counter += 1;
        match kind {
            Kind::Invoice => format!("INV-2026-{counter:03}"),
            Kind::Receipt => format!("RCPT/25-26/{counter}"),
            Kind::Refund => format!("RFND/25-26/{counter}"),
            Kind::Credit => format!("CR/25-26/{counter}"),
            Kind::Debit => format!("DR/25-26/{counter}"),
        }
    }

    fn add(&mut self, kind: Kind, customer: u64, total: i64, tax: i64, draft: bool) -> Key {
        let id = if kind == Kind::Invoice { &mut self.invoices } else { &mut self.transactions };
        *id += 1;
        let id = *id;
        let number = (!draft).then(|| self.number(kind));
        let stage = if draft { Stage::Draft } else { Stage::Issued };
        let doc =
            Doc { customer, stage, total, tax, number, marked: 0, set: BTreeMap::new(), on: None, charges: Vec::new() };
        self.docs.insert((kind, id), doc);
        (kind, id)
    }

    fn set(&mut self, one: Key, other: Key, amount: i64) {
        if amount > 0 {
            *self.docs.get_mut(&one).unwrap().set.entry(other).or_insert(0) += amount;
            *self.docs.get_mut(&other).unwrap().set.entry(one).or_insert(0) += amount;
        }
    }

    fn release(&mut self, key: Key) {
        let others = std::mem::take(&mut self.docs.get_mut(&key).unwrap().set);
        for other in others.keys() {
            self.docs.get_mut(other).unwrap().set.remove(&key);
        }
    }

    fn let_charges_go(&mut self, key: Key) {
        for charge in self.docs[&key].charges.clone() {
            // It may be on another invoice by now.
            if let Some(charge) = self.docs.get_mut(&charge).filter(|charge| charge.on == Some(key.1)) {
                charge.on = None;
            }
        }
    }

    /// Some lines in whole cents: body for CloudOnex, net, tax.
    fn lines(&mut self) -> (Value, i64, i64) {
        let (mut items, mut net, mut tax) = (Vec::new(), 0, 0);
        for _ in 0..=self.dice.below(3) {
            let unit = i64::try_from(1 + self.dice.below(30_000)).unwrap();
            let quantity = i64::try_from(1 + self.dice.below(5)).unwrap();
            let discount = i64::try_from(self.dice.below(2)).unwrap() * (unit * quantity / 4);
            let mut item =
                json!({"description": "line", "amount": money(unit), "qty": quantity, "discount": money(discount)});
            let taxable = unit * quantity - discount;
            match self.dice.below(3) {
                0 => {
                    item["taxes"] = json!(["SGST", "CGST"]);
                    tax += 2 * percent(taxable, 9);
                }
                1 => {
                    item["taxes"] = json!(["IGST"]);
                    tax += percent(taxable, 18);
                    item["billing_cycle"] = json!("Annually");
                    item["period_start"] = json!("2026-02-03");
                }
                _ => {}
            }
            net += taxable;
            items.push(item);
        }
        (json!(items), net, tax)
    }

    /// One operation; what it should come to is asserted.
    async fn step(&mut self) {
        self.done += 1;
        match self.dice.below(22) {
            0..3 => self.new_invoice().await,
            3 => self.new_billmora_invoice().await,
            4 => self.charge().await,
            5 => self.invoice_of_charges().await,
            6..9 => self.payment().await,
            9 => self.jerasoft_payment().await,
            10 => self.note(Kind::Credit).await,
            11 => self.note(Kind::Debit).await,
            12..14 => self.allocate().await,
            14 => self.release_one().await,
            15 => self.refund().await,
            16..18 => self.cloudonex_status().await,
            18..20 => self.billmora_status().await,
            20 => self.delete_invoice().await,
            _ => self.delete_transaction().await,
        }
    }

    async fn new_invoice(&mut self) {
        let customer = self.customer();
        let (items, net, tax) = self.lines();
        let draft = self.dice.below(6) == 0;
        let mut body = json!({"customer_id": customer, "date": "2026-02-03", "items": items});
        if draft {
            body["status"] = json!("Draft");
        }
        let made = self.ask("POST", "/api/v2/invoices", &body).await.expect(201);
        let key = self.add(Kind::Invoice, customer, net + tax, tax, draft);
        assert_eq!((made["data"]["id"].as_u64(), cents(&made["data"]["amount"])), (Some(key.1), net + tax));
    }

    async fn new_billmora_invoice(&mut self) {
        let customer = self.customer();
        let (mut items, mut total) = (Vec::new(), 0);
        for _ in 0..=self.dice.below(3) {
            let unit = i64::try_from(self.dice.below(20_000)).unwrap() - 4_000;
            let quantity = i64::try_from(1 + self.dice.below(4)).unwrap();
            items.push(json!({"description": "line", "quantity": quantity, "unit_price": money(unit)}));
            total += unit * quantity;
        }
        let status = *self.dice.of(&["unpaid", "unpaid", "paid", "cancelled", "refunded"]);
        let body = json!({"user_id": customer, "due_date": "2026-04-01", "status": status, "items": items});
        let made = self.ask("POST", "/api/v1/invoices", &body).await.expect(201);
        let key = self.add(Kind::Invoice, customer, total, 0, false);
        if total > 0 {
            self.become_status(key, status);
        }
        assert_eq!((made["data"]["id"].as_u64(), cents(&made["data"]["total"])), (Some(key.1), total));
    }

    async fn charge(&mut self) {
        let customer = self.customer();
        let amount = i64::try_from(self.dice.below(20_000)).unwrap() - 14_000;
        let body = json!({"clients_id": customer, "type": "charge", "amount": money(amount), "dt": "2026-02-10"});
        let answer = self.ask("POST", "/api/accounting/transactions", &body).await;
        if amount == 0 {
            answer.expect(400);
            return;
        }
        let kind = if amount > 0 { Kind::Credit } else { Kind::Debit };
        let made = answer.expect(200);
        let key = self.add(kind, customer, amount.abs(), 0, false);
        assert_eq!((made["id"].as_u64(), cents(&made["amount"])), (Some(key.1), amount));
    }

    async fn invoice_of_charges(&mut self) {
        let customer = self.customer();
        let waits = |key: &Key, doc: &Doc| {
            let note = matches!(key.0, Kind::Credit | Kind::Debit);
            note && doc.customer == customer && doc.open() > 0
        };
        let all: Vec<Key> = self.docs.iter().filter(|(key, doc)| waits(key, doc)).map(|(key, _)| *key).collect();
        let body = json!({"clients_id": customer, "start_dt": "2026-01-01", "stop_dt": "2026-03-01"});
        let answer = self.ask("POST", "/api/accounting/invoices", &body).await;
        if all.len() > 25 {
            self.refused += 1;
            assert_eq!(answer.expect(422)["error"]["data"]["code"], "too_many_charges");
            return;
        }
        let made = answer.expect(200);
        let charges: Vec<Key> = all.into_iter().filter(|key| self.docs[key].set.is_empty()).collect();
        let signed = |key: &Key, amount: i64| if key.0 == Kind::Debit { amount } else { -amount };
        let total = charges.iter().map(|key| signed(key, self.docs[key].total)).sum();
        let tax = charges.iter().map(|key| signed(key, self.docs[key].tax)).sum();
        let key = self.add(Kind::Invoice, customer, total, tax, false);
        assert_eq!(
            (made["id"].as_u64(), cents(&made["total"]), cents(&made["total_taxes"])),
            (Some(key.1), total, tax)
        );
        for charge in &charges {
            self.docs.get_mut(charge).unwrap().on = Some(key.1);
        }
        self.docs.get_mut(&key).unwrap().charges = charges;
    }

    async fn payment(&mut self) {
        let customer = self.customer();
        let amount = i64::try_from(1 + self.dice.below(60_000)).unwrap();
        let mut left = amount;
        let (mut allocations, mut pairs, mut too_much) = (Vec::new(), Vec::new(), false);
        for _ in 0..self.dice.below(4) {
            let asks = |key: &Key, doc: &Doc| {
                matches!(key.0, Kind::Invoice | Kind::Debit) && doc.customer == customer && doc.total > 0
            };
            let Some(other) = self.pick(asks) else { break };
            if pairs.iter().any(|(key, _)| *key == other) {
                continue;
            }
            let open = self.docs[&other].open();
            let name = if other.0 == Kind::Invoice { "invoice_id" } else { "debit_note_id" };
            let mut one = json!({name: other.1});
            let fits = left.min(open);
            let wanted = if self.dice.below(2) == 0 {
                fits
            } else {
                let wanted = i64::try_from(1 + self.dice.below(30_000)).unwrap();
                one["amount"] = money(wanted);
                wanted
            };
            too_much |= wanted > fits || self.docs[&other].stage != Stage::Issued;
            left -= wanted;
            pairs.push((other, wanted));
            allocations.push(one);
        }
        let body =
            json!({"customer_id": customer, "account_id": 1, "amount": money(amount), "allocations": allocations});
        let answer = self.ask("POST", "/api/v2/receipts", &body).await;
        if too_much {
            self.refused += 1;
            assert!([409, 422].contains(&answer.status), "{}", answer.text);
            return;
        }
        answer.expect(201);
        let key = self.add(Kind::Receipt, customer, amount, 0, false);
        self.bank += amount;
        pairs.into_iter().for_each(|(other, amount)| self.set(key, other, amount));
    }

    async fn jerasoft_payment(&mut self) {
        let customer = self.customer();
        let amount = i64::try_from(self.dice.below(30_000)).unwrap() - 9_000;
        if amount == 0 {
            return;
        }
        let body =
            json!({"clients_id": customer, "type": "payment", "amount": money(amount), "payment_accounts_id": 1});
        self.send(Call::rpc(
            &json!({"jsonrpc": "2.0", "id": 1, "method": "accounting.transactions.create", "params": body}),
        ))
        .await
        .expect(200);
        self.add(if amount > 0 { Kind::Receipt } else { Kind::Refund }, customer, amount.abs(), 0, false);
        self.bank += amount;
    }

    async fn note(&mut self, kind: Kind) {
        let customer = self.customer();
        let (items, net, tax) = self.lines();
        let mut body = json!({"customer_id": customer, "date": "2026-02-03", "description": "note", "items": items});
        let invoice = if self.dice.below(2) == 0 {
            None
        } else {
            self.pick(|key, doc| key.0 == Kind::Invoice && doc.customer == customer)
        };
        if let Some((_, id)) = invoice {
            body["invoice_id"] = json!(id);
        }
        let path = if kind == Kind::Credit { "/api/v2/credit-notes" } else { "/api/v2/debit-notes" };
        self.ask("POST", path, &body).await.expect(201);
        let key = self.add(kind, customer, net + tax, tax, false);
        if let (Kind::Credit, Some(invoice)) = (kind, invoice) {
            let doc = &self.docs[&invoice];
            let amount = if doc.total > 0 { doc.open().min(net + tax) } else { 0 };
            self.set(key, invoice, amount);
        }
    }

    async fn allocate(&mut self) {
        let Some(credit) = self.pick(|key, doc| matches!(key.0, Kind::Receipt | Kind::Credit) && doc.open() > 0) else {
            return;
        };
        let customer = self.docs[&credit].customer;
        let asks = |key: &Key, doc: &Doc| {
            key.0 == Kind::Invoice && doc.customer == customer && doc.total > 0 && doc.stage == Stage::Issued
        };
        let Some(other) = self.pick(asks) else { return };
        if self.docs[&credit].set.contains_key(&other) {
            return;
        }
        let fits = self.docs[&credit].open().min(self.docs[&other].open());
        let wanted = if self.dice.below(4) == 0 { fits + 1 } else { fits };
        let noun = if credit.0 == Kind::Receipt { "receipts" } else { "credit-notes" };
        let body = json!({"allocations": [{"invoice_id": other.1, "amount": money(wanted)}]});
        let answer = self.ask("POST", &format!("/api/v2/{noun}/{}/allocations", credit.1), &body).await;
        if wanted > fits || wanted == 0 {
            self.refused += 1;
            answer.expect(422);
        } else {
            answer.expect(200);
            self.set(credit, other, wanted);
        }
    }

    /// Whether it paid for an invoice that has given the money back.
    fn given_back(&self, key: Key) -> bool {
        self.docs[&key].set.keys().any(|other| self.docs[other].stage == Stage::Refunded)
    }

    async fn release_one(&mut self) {
        let Some(credit) = self.pick(|key, doc| key.0 == Kind::Receipt && !doc.set.is_empty()) else { return };
        let answer = self.ask("DELETE", &format!("/api/v2/receipts/{}/allocations", credit.1), &Value::Null).await;
        if self.given_back(credit) {
            self.refused += 1;
            answer.expect(409);
            return;
        }
        answer.expect(200);
        self.release(credit);
    }

    async fn refund(&mut self) {
        let Some(credit) = self.pick(|key, doc| matches!(key.0, Kind::Receipt | Kind::Credit) && doc.open() > 0) else {
            return;
        };
        let (customer, open) = (self.docs[&credit].customer, self.docs[&credit].open());
        let wanted =
            if self.dice.below(4) == 0 { open + 1 } else { 1 + i64::try_from(self.dice.below(open as u64)).unwrap() };
        let name = if credit.0 == Kind::Receipt { "receipt_id" } else { "credit_note_id" };
        let body = json!({"customer_id": customer, "account_id": 1, "amount": money(wanted), name: credit.1});
        let answer = self.ask("POST", "/api/v2/refunds", &body).await;
        if wanted > open {
            self.refused += 1;
            answer.expect(422);
            return;
        }
        answer.expect(201);
        let key = self.add(Kind::Refund, customer, wanted, 0, false);
        self.set(key, credit, wanted);
        self.bank -= wanted;
    }

    /// What a status that was written makes of a document.
    fn become_status(&mut self, key: Key, status: &str) {
        let is = self.docs[&key].status();
        let goal = match status {
            "paid" | "Paid" => "Paid",
            "unpaid" | "Unpaid" => "Unpaid",
            "cancelled" | "Cancelled" => "Cancelled",
            "refunded" | "Refunded" => "Refunded",
            other => panic!("{other}"),
        };
        if is == goal {
            return;
        }
        let stays =
            (is == "Partially Paid" && ["Paid", "Refunded"].contains(&goal)) || (is == "Paid" && goal == "Refunded");
        if is == "Draft" && goal != "Cancelled" {
            let number = self.number(Kind::Invoice);
            let doc = self.docs.get_mut(&key).unwrap();
            (doc.stage, doc.number) = (Stage::Issued, Some(number));
        } else if ["Partially Paid", "Paid", "Cancelled", "Refunded"].contains(&is) && !stays {
            self.release(key);
            let number = if self.docs[&key].number.is_none() { Some(self.number(Kind::Invoice)) } else { None };
            let doc = self.docs.get_mut(&key).unwrap();
            (doc.stage, doc.marked, doc.number) = (Stage::Issued, 0, doc.number.clone().or(number));
        }
        if goal == "Cancelled" {
            self.let_charges_go(key);
        }
        let doc = self.docs.get_mut(&key).unwrap();
        match goal {
            "Paid" if doc.stage == Stage::Issued => doc.marked += doc.open(),
            "Refunded" if doc.stage == Stage::Issued => {
                doc.marked += doc.open();
                doc.stage = Stage::Refunded;
            }
            "Cancelled" => doc.stage = Stage::Cancelled,
            _ => {}
        }
    }

    async fn cloudonex_status(&mut self) {
        let Some(key) = self.pick(|key, _| key.0 == Kind::Invoice) else { return };
        let doc = self.docs[&key].clone();
        let goal = *self.dice.of(&["Paid", "Unpaid", "Cancelled", "Void", "Refunded"]);
        let is = doc.status();
        let legal = is == goal
            || match goal {
                "Paid" => ["Unpaid", "Partially Paid"].contains(&is),
                "Unpaid" => ["Draft", "Partially Paid", "Paid", "Cancelled", "Refunded"].contains(&is),
                "Cancelled" | "Void" => ["Draft", "Unpaid"].contains(&is),
                _ => is == "Paid" && doc.total > 0,
            };
        // Its charges went back, and may be on another invoice.
        let legal = legal && !(is == "Cancelled" && goal == "Unpaid" && !doc.charges.is_empty());
        let answer = self.ask("PUT", &format!("/api/v2/invoices/{}", key.1), &json!({"status": goal})).await;
        if !legal {
            self.refused += 1;
            answer.expect(409);
            return;
        }
        answer.expect(200);
        if goal == "Void" {
            if is != goal {
                self.let_charges_go(key);
            }
            self.docs.get_mut(&key).unwrap().stage = Stage::Void;
        } else {
            self.become_status(key, goal);
        }
    }

    async fn billmora_status(&mut self) {
        let Some(key) = self.pick(|key, doc| key.0 == Kind::Invoice && doc.total > 0) else { return };
        let doc = self.docs[&key].clone();
        let goal = *self.dice.of(&["paid", "unpaid", "cancelled", "refunded"]);
        let answer = self.ask("PUT", &format!("/api/v1/invoices/{}", key.1), &json!({"status": goal})).await;
        let charges_gone = doc.stage == Stage::Cancelled && goal != "cancelled" && !doc.charges.is_empty();
        let too_many = doc.set.len() + doc.charges.len() > 25;
        // One word stands for several statuses, and sent once more it changes nothing.
        let is = doc.status();
        let same = (goal == "unpaid" && ["Draft", "Unpaid", "Partially Paid"].contains(&is))
            || (goal == "cancelled" && ["Cancelled", "Void"].contains(&is));
        if too_many || (!same && (doc.stage == Stage::Void || charges_gone)) {
            self.refused += 1;
            answer.expect(422);
            return;
        }
        answer.expect(200);
        if !same {
            self.become_status(key, goal);
        }
    }

    async fn delete_invoice(&mut self) {
        if self.dice.below(3) > 0 {
            return;
        }
        let Some(key) = self.pick(|key, _| key.0 == Kind::Invoice) else { return };
        let doc = self.docs[&key].clone();
        let settled = !doc.set.is_empty() || doc.marked > 0;
        let cloudonex = self.dice.below(2) == 0;
        let path = if cloudonex { "v2" } else { "v1" };
        let answer = self.ask("DELETE", &format!("/api/{path}/invoices/{}", key.1), &Value::Null).await;
        if settled && cloudonex {
            self.refused += 1;
            answer.expect(409);
            return;
        }
        answer.expect(200);
        self.release(key);
        self.let_charges_go(key);
        self.docs.remove(&key);
    }

    async fn delete_transaction(&mut self) {
        let Some(key) = self.pick(|key, _| key.0 != Kind::Invoice) else { return };
        let (noun, sign) = match key.0 {
            Kind::Receipt => ("receipts", 1),
            Kind::Refund => ("refunds", -1),
            Kind::Credit => ("credit-notes", 0),
            _ => ("debit-notes", 0),
        };
        let answer = self.ask("DELETE", &format!("/api/v2/{noun}/{}", key.1), &Value::Null).await;
        if self.given_back(key) || self.docs[&key].on.is_some() {
            self.refused += 1;
            answer.expect(409);
            return;
        }
        answer.expect(200);
        self.bank -= sign * self.docs[&key].total;
        self.release(key);
        self.docs.remove(&key);
    }

    /// Every document, balance and account, as four dialects show them.
    async fn compare(&self) {
        let mut page = 1;
        let mut seen = 0;
        loop {
            let list =
                self.ask("GET", &format!("/api/v2/invoices?limit=100&page={page}"), &Value::Null).await.expect(200);
            for row in list["data"].as_array().unwrap() {
                let doc = &self.docs[&(Kind::Invoice, row["id"].as_u64().unwrap())];
                assert_eq!(
                    (
                        row["status"].as_str().unwrap(),
                        cents(&row["amount"]),
                        cents(&row["amount_due"]),
                        row["invoice_number"].as_str()
                    ),
                    (doc.status(), doc.total, if doc.total > 0 { doc.open() } else { 0 }, doc.number.as_deref()),
                    "{row}"
                );
                seen += 1;
            }
            if list["data"].as_array().unwrap().len() < 100 {
                break;
            }
            page += 1;
        }
        assert_eq!(seen, self.docs.keys().filter(|key| key.0 == Kind::Invoice).count());
        let all = self.ask("GET", "/api/accounting/transactions?limit=100000", &Value::Null).await.expect(200);
        assert_eq!(all.as_array().unwrap().len(), self.docs.keys().filter(|key| key.0 != Kind::Invoice).count());
        for row in all.as_array().unwrap() {
            let amount = cents(&row["amount"]);
            let kind = match (row["type"].as_str().unwrap(), amount > 0) {
                ("payment", true) => Kind::Receipt,
                ("payment", false) => Kind::Refund,
                (_, true) => Kind::Credit,
                (_, false) => Kind::Debit,
            };
            let doc = &self.docs[&(kind, row["id"].as_u64().unwrap())];
            assert_eq!((amount.abs(), row["number"].as_str()), (doc.total - doc.tax, doc.number.as_deref()), "{row}");
        }
        let nouns = [
            (Kind::Receipt, "receipts"),
            (Kind::Refund, "refunds"),
            (Kind::Credit, "credit-notes"),
            (Kind::Debit, "debit-notes"),
        ];
        for (kind, noun) in nouns {
            let list = self.ask("GET", &format!("/api/v2/{noun}?limit=100"), &Value::Null).await.expect(200);
            for row in list["data"].as_array().unwrap() {
                let doc = &self.docs[&(kind, row["id"].as_u64().unwrap())];
                assert_eq!(cents(&row["unallocated"]), doc.open(), "{row} {doc:?}");
            }
        }
        let clients = self.ask("GET", "/api/clients?limit=100", &Value::Null).await.expect(200);
        for client in clients.as_array().unwrap() {
            let own = self.docs.iter().filter(|(_, doc)| Some(doc.customer) == client["id"].as_u64());
            let balance: i64 = own
                .map(|(key, doc)| {
                    let debit = match key.0 {
                        Kind::Receipt | Kind::Credit => false,
                        _ => doc.total > 0,
                    };
                    if debit { -doc.open() } else { doc.open() }
                })
                .sum();
            assert_eq!(cents(&client["balance"]), balance, "customer {}", client["id"]);
        }
        let bank = self.ask("GET", "/api/v2/accounts/1", &Value::Null).await.expect(200);
        assert_eq!(cents(&bank["data"]["balance"]), 100_000 + self.bank);
        let open = |wanted: &dyn Fn(&Key) -> bool| -> i64 {
            self.docs.iter().filter(|(key, doc)| wanted(key) && doc.total > 0).map(|(_, doc)| doc.open()).sum()
        };
        let report = self.ask("GET", "/api/v2/reports/receivables", &Value::Null).await.expect(200);
        assert_eq!(cents(&report["data"]["total"]), open(&|key| matches!(key.0, Kind::Invoice | Kind::Debit)));
        let report = self.ask("GET", "/api/v2/reports/financial", &Value::Null).await.expect(200);
        assert_eq!(cents(&report["data"]["outstanding_invoices"]), open(&|key| key.0 == Kind::Invoice));
        let total =
            |kind: Kind| -> i64 { self.docs.iter().filter(|(key, _)| key.0 == kind).map(|(_, doc)| doc.total).sum() };
        assert_eq!(
            (cents(&report["data"]["income"]), cents(&report["data"]["expenses"])),
            (total(Kind::Receipt), total(Kind::Refund))
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn random_operations_do_what_an_independent_model_says() {
    let worlds = (0..WORLDS).map(|seed| {
        tokio::spawn(async move {
            let world = World::new().await;
            world.customers(CUSTOMERS).await;
            let (docs, counters) = (BTreeMap::new(), BTreeMap::new());
            let mut model = Model {
                world,
                dice: Dice::new(1000 + seed),
                docs,
                counters,
                invoices: 0,
                transactions: 0,
                bank: 0,
                refused: 0,
                done: 0,
            };
            for step in 1..=OPERATIONS {
                model.step().await;
                if step % 500 == 0 {
                    model.world.books("acme").await;
                    model.compare().await;
                }
            }
            model.world.verify();
            let report = model.world.books("acme").await;
            (model.done, model.refused, report.documents, report.entries)
        })
    });
    let (mut done, mut refused, mut documents, mut entries) = (0, 0, 0, 0);
    for world in worlds.collect::<Vec<_>>() {
        let (more, no, docs, posted) = world.await.unwrap();
        (done, refused, documents, entries) = (done + more, refused + no, documents + docs, entries + posted);
    }
    println!(
        "model: {done} random operations ({refused} refused as they should be), {documents} documents, {entries} journal entries: no difference"
    );
}
