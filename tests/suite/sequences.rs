//! Two thousand random sequences, each written in one dialect and read in the others: amount, status, number
//! and date are the same everywhere.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use tests::{Call, Dice, World};

const WORLDS: u64 = 4;
const SEQUENCES: u64 = 500;

/// What every dialect must agree on: amount as shown with two places, status in plain words, number, date.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Seen {
    amount: String,
    status: &'static str,
    number: Option<String>,
    date: String,
    customer: u64,
}

/// A dialect's status in plain words.
fn status(word: &str) -> &'static str {
    match word {
        "Unpaid" | "Partially Paid" | "unpaid" | "part_paid" => "asked for",
        "Paid" | "paid" => "paid",
        "Cancelled" | "Void" | "cancelled" | "void" => "taken back",
        "Refunded" | "refunded" => "given back",
        other => panic!("{other}"),
    }
}

struct Reader {
    world: World,
    dice: Dice,
}

impl Reader {
    async fn ask(&self, verb: &str, path: &str, body: &Value) -> Value {
        let answer = self.world.send(Call::new(verb, path).json(body).operator("acme")).await;
        assert!(answer.status < 300, "{verb} {path} {body}: {}", answer.text);
        answer.json
    }

    async fn rpc(&self, method: &str, params: Value) -> Value {
        let answer =
            self.ask("POST", "/api/", &json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})).await;
        assert!(answer.get("error").is_none(), "{method}: {answer}");
        answer["result"].clone()
    }

    fn cents(&mut self) -> Value {
        let cents = 100 + self.dice.below(90_000);
        serde_json::from_str(&format!("{}.{:02}", cents / 100, cents % 100)).unwrap()
    }

    /// One sequence of a customer: some documents, some payments, some changes.
    async fn sequence(&mut self, customer: u64, writer: &str) {
        let (one, two, three) = (self.cents(), self.cents(), self.cents());
        match writer {
            "cloudonex" => {
                let body = json!({"customer_id": customer, "date": "2026-02-11", "due_date": "2026-03-11",
                    "items": [{"description": "a", "amount": one, "qty": 2, "taxes": ["SGST", "CGST"]}, {"description": "b", "amount": two}]});
                let made = self.ask("POST", "/api/v2/invoices", &body).await["data"].clone();
                let body = json!({"customer_id": customer, "account_id": 1, "date": "2026-02-12", "amount": three, "invoice_id": made["id"]});
                self.ask("POST", "/api/v2/receipts", &body).await;
                let body = json!({"customer_id": customer, "date": "2026-02-13", "description": "n", "items": [{"description": "c", "qty": 1, "amount": one}]});
                let noun = *self.dice.of(&["credit-notes", "debit-notes"]);
                self.ask("POST", &format!("/api/v2/{noun}"), &body).await;
                if self.dice.below(3) == 0 {
                    let body = json!({"customer_id": customer, "date": "2026-02-14", "items": [{"description": "d", "amount": two}]});
                    let made = self.ask("POST", "/api/v2/invoices", &body).await["data"].clone();
                    let status = *self.dice.of(&["Void", "Cancelled", "Paid"]);
                    self.ask("PUT", &format!("/api/v2/invoices/{}", made["id"]), &json!({"status": status})).await;
                }
            }
            "billmora" => {
                let items = json!([{"description": "a", "quantity": 3, "unit_price": one}, {"description": "b", "quantity": 1, "unit_price": "-0.99"}]);
                let body = json!({"user_id": customer, "due_date": "2026-04-02", "items": items});
                let made = self.ask("POST", "/api/v1/invoices", &body).await["data"].clone();
                let status = *self.dice.of(&["unpaid", "paid", "refunded", "cancelled"]);
                self.ask("PUT", &format!("/api/v1/invoices/{}", made["id"]), &json!({"status": status})).await;
                let body = json!({"user_id": customer, "due_date": "2026-05-02", "status": "paid", "items": [{"description": "c", "quantity": 1, "unit_price": two}]});
                self.ask("POST", "/api/v1/invoices", &body).await;
            }
            _ => {
                let negative: Value = serde_json::from_str(&format!("-{one}")).unwrap();
                self.rpc("accounting.transactions.create", json!({"clients_id": customer, "type": "charge", "amount": negative, "dt": "2026-02-10", "notes": "charge"})).await;
                if self.dice.below(2) == 0 {
                    self.rpc(
                        "accounting.transactions.create",
                        json!({"clients_id": customer, "type": "charge", "amount": two, "dt": "2026-02-11"}),
                    )
                    .await;
                }
                let invoice = self.rpc("accounting.invoices.create", json!({"clients_id": customer, "start_dt": "2026-02-01", "stop_dt": "2026-03-01", "invoice_dt": "2026-03-01"})).await;
                self.rpc("accounting.transactions.create", json!({"clients_id": customer, "type": "payment", "amount": three, "dt": "2026-03-01", "invoices_id": invoice["id"]})).await;
            }
        }
    }

    async fn compare(&self, session: &str) -> u64 {
        let mut compared = 0;
        let cloudonex = self.cloudonex_invoices().await;
        let seen = |amount: String, word: &str, number: &Value, date: &str, customer: &Value| Seen {
            amount,
            status: status(word),
            number: number.as_str().map(str::to_owned),
            date: date.get(..10).unwrap().to_owned(),
            customer: customer.as_u64().unwrap(),
        };
        // JeraSoft: the whole list at once.
        let all = self.rpc("accounting.invoices.search", json!({"limit": 100_000})).await;
        assert_eq!(all.as_array().unwrap().len(), cloudonex.len());
        for row in all.as_array().unwrap() {
            let word = row["status"].as_str().unwrap();
            let other = seen(
                row["total"].to_string(),
                word,
                &row["invoice_no"],
                row["invoice_dt"].as_str().unwrap(),
                &row["clients_id"],
            );
            assert_eq!(cloudonex[&row["id"].as_u64().unwrap()], other, "jerasoft {row}");
            assert_eq!(row["is_paid"] == true, other.status == "paid");
            compared += 1;
        }
        // Billmora shows no accounting day, and says "unpaid" for what is paid in part.
        let all = self.ask("GET", "/api/v1/invoices?per_page=100000", &Value::Null).await;
        assert_eq!(all["data"].as_array().unwrap().len(), cloudonex.len());
        for row in all["data"].as_array().unwrap() {
            let own = &cloudonex[&row["id"].as_u64().unwrap()];
            let other = seen(
                row["total"].as_str().unwrap().into(),
                row["status"].as_str().unwrap(),
                &row["invoice_number"],
                &own.date,
                &row["user"]["id"],
            );
            assert_eq!(*own, other, "billmora {row}");
            compared += 1;
        }
        // RackNap lists what is not void.
        let racknap = |path: &str| Call::new("POST", path).validate(session).json(&json!({}));
        let all = self.world.send(racknap("/api/v2/invoice/list")).await.expect(200);
        for row in all["data"].as_array().unwrap() {
            let other = seen(
                row["amount"].as_str().unwrap().into(),
                row["status"].as_str().unwrap(),
                &row["invoicenum"],
                row["creation_date"].as_str().unwrap(),
                &row["customer_id"],
            );
            assert_eq!(cloudonex[&row["id"].as_u64().unwrap()], other, "racknap {row}");
            compared += 1;
        }
        compared + self.transactions(&racknap).await
    }

    async fn cloudonex_invoices(&self) -> BTreeMap<u64, Seen> {
        let mut all = BTreeMap::new();
        for page in 1.. {
            let list = self.ask("GET", &format!("/api/v2/invoices?limit=100&page={page}"), &Value::Null).await;
            let rows = list["data"].as_array().unwrap();
            for row in rows {
                let seen = Seen {
                    amount: row["amount"].to_string(),
                    status: status(row["status"].as_str().unwrap()),
                    number: row["invoice_number"].as_str().map(str::to_owned),
                    date: row["date"].as_str().unwrap().to_owned(),
                    customer: row["customer_id"].as_u64().unwrap(),
                };
                all.insert(row["id"].as_u64().unwrap(), seen);
            }
            if rows.len() < 100 {
                break;
            }
        }
        all
    }

    /// Receipts and notes: CloudOnex against RackNap and JeraSoft.
    async fn transactions(&self, racknap: &(dyn Fn(&str) -> Call + Sync)) -> u64 {
        let mut compared = 0;
        let jerasoft = self.rpc("accounting.transactions.search", json!({"limit": 100_000})).await;
        let jerasoft: BTreeMap<u64, Value> =
            jerasoft.as_array().unwrap().iter().map(|row| (row["id"].as_u64().unwrap(), row.clone())).collect();
        for (noun, path) in [
            ("receipts", "receipt/list"),
            ("credit-notes", "transaction/credit_note"),
            ("debit-notes", "transaction/debit_note"),
        ] {
            let listed = self.world.send(racknap(&format!("/api/v2/{path}"))).await.expect(200);
            let listed: BTreeMap<u64, Value> = listed["data"]
                .as_array()
                .unwrap()
                .iter()
                .map(|row| (row["id"].as_u64().unwrap(), row.clone()))
                .collect();
            let mut count = 0;
            for page in 1.. {
                let list = self.ask("GET", &format!("/api/v2/{noun}?limit=100&page={page}"), &Value::Null).await;
                let rows = list["data"].as_array().unwrap();
                for row in rows {
                    let id = row["id"].as_u64().unwrap();
                    let (other, third) = (&listed[&id], &jerasoft[&id]);
                    let date = |value: &Value| value.as_str().unwrap().get(..10).unwrap().to_owned();
                    assert_eq!(
                        (row["amount"].to_string().as_str(), &row["number"], date(&row["date"]), &row["customer_id"]),
                        (
                            other["amount"].as_str().unwrap(),
                            &other["tran_no"],
                            date(&other["tdate"]),
                            &other["customer_id"]
                        )
                    );
                    assert_eq!((&row["number"], date(&row["date"])), (&third["number"], date(&third["dt"])));
                    assert_eq!(row["amount"].to_string(), third["amount"].to_string().trim_start_matches('-'));
                    (count, compared) = (count + 1, compared + 2);
                }
                if rows.len() < 100 {
                    break;
                }
            }
            assert_eq!(count, listed.len(), "{noun}");
        }
        compared
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_one_dialect_writes_every_other_reads() {
    let worlds = (0..WORLDS).map(|seed| {
        tokio::spawn(async move {
            let world = World::new().await;
            world.customers(40).await;
            let session = world.session("admin").await;
            let mut reader = Reader { world, dice: Dice::new(77 + seed) };
            for number in 0..SEQUENCES {
                let writer = *reader.dice.of(&["cloudonex", "billmora", "jerasoft"]);
                reader.sequence(1 + number % 40, writer).await;
            }
            let compared = reader.compare(&session).await;
            reader.world.books("acme").await;
            compared
        })
    });
    let mut compared = 0;
    for world in worlds.collect::<Vec<_>>() {
        compared += world.await.unwrap();
    }
    println!(
        "sequences: {} random sequences, written in one dialect and read in the others: {compared} readings, no difference",
        WORLDS * SEQUENCES
    );
}
