//! Changes of plan: what days that were charged already cost more, and what is given back of them, on the documents
//! that charged them, at the price, discount, tax and ratio they were charged at.

use serde_json::{Value, json};
use tests::{ADMIN, Call, World};

use crate::billing::{bill, take_over};
use crate::orders::{billmora, cloudonex, data, shop};
use crate::periods::{DAY, invoice, item, ordered, pay, product, taxed};

/// Change service 1 to a product.
pub(crate) async fn change(world: &World, to: &Value) -> Value {
    data(world, cloudonex("POST", "/services/1/plan").json(&item(to)), 200).await
}

/// The credit notes, the oldest first: the invoice each concerns, its total and its tax.
async fn notes(world: &World) -> Vec<(u64, String, String)> {
    let notes = data(world, cloudonex("GET", "/credit-notes"), 200).await;
    let mut notes: Vec<(u64, u64, String, String)> = notes
        .as_array()
        .unwrap()
        .iter()
        .map(|note| {
            let amount = |name: &str| note[name].to_string();
            (note["id"].as_u64().unwrap(), note["invoice_id"].as_u64().unwrap_or(0), amount("amount"), amount("tax"))
        })
        .collect();
    notes.sort();
    notes.into_iter().map(|(_, invoice, amount, tax)| (invoice, amount, tax)).collect()
}

fn noted(notes: &[(u64, &str, &str)]) -> Vec<(u64, String, String)> {
    notes.iter().map(|(invoice, amount, tax)| (*invoice, (*amount).to_owned(), (*tax).to_owned())).collect()
}

/// What customer 1 has to its credit, in every dialect that says so.
async fn balance(world: &World) -> String {
    let rpc = json!({"jsonrpc": "2.0", "id": 1, "method": "clients.get", "params": {"id": 1}});
    let jerasoft = world.send(Call::rpc(&rpc).key(ADMIN)).await.expect(200)["result"]["balance"].to_string();
    let statement = data(world, cloudonex("GET", "/reports/statement?customer_id=1&currency=USD"), 200).await;
    assert_eq!(statement["closing_balance"].to_string(), jerasoft, "{statement}");
    jerasoft
}

/// The sum of an account in the base currency: below 0 where it is owed.
async fn account(world: &World, name: &str) -> String {
    let trial = data(world, cloudonex("GET", "/reports/trial-balance"), 200).await;
    let rows = trial["in_base_currency"].as_array().unwrap().clone();
    let row = rows.into_iter().find(|row| row["account"] == name);
    let (debit, credit) =
        row.map_or_else(Default::default, |row| (row["debit"].to_string(), row["credit"].to_string()));
    match (debit.as_str(), credit.as_str()) {
        ("" | "0.00", "" | "0.00") => "0.00".into(),
        ("0.00", credit) => format!("-{credit}"),
        (debit, _) => debit.to_owned(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_price_of_the_next_period_is_not_given_back_of_this_one() {
    let world = shop().await;
    let (sixty, thirty) = (product(&world, "Sixty", "60", "0").await, product(&world, "Thirty", "30", "0").await);
    ordered(&world, 1, &sixty).await;
    pay(&world, 1, 1, "60").await;
    data(&world, cloudonex("PUT", "/services/1").json(&json!({"price": 600})), 200).await;
    let service = change(&world, &thirty).await;
    assert_eq!(service["price"].to_string(), "30.00");
    assert_eq!(notes(&world).await, noted(&[(1, "30.00", "0.00")]));
    assert_eq!(balance(&world).await, "30.00");
    // Back and forth costs nothing, and what was given back is not given back again.
    change(&world, &sixty).await;
    assert_eq!(invoice(&world, 2).await["amount"].to_string(), "30.00");
    pay(&world, 1, 2, "30").await;
    let free = product(&world, "Nothing", "0", "0").await;
    change(&world, &free).await;
    // The newest document first, and of each what it charged: 30.00 of the second, 30.00 of the first.
    assert_eq!(notes(&world).await, noted(&[(1, "30.00", "0.00"), (2, "30.00", "0.00"), (1, "30.00", "0.00")]));
    assert_eq!(balance(&world).await, "90.00");
    world.books("acme").await;
    world.verify();
}

/// What was charged is given back at its tax, and what it costs now is charged at its own.
#[tokio::test(flavor = "multi_thread")]
async fn each_plan_at_its_own_tax() {
    for (from, to, paid, total, tax, owed) in [
        (("19.99", "19"), ("10", "0"), "23.79", "13.79", "3.80", "0.00"),
        (("60", "0"), ("9.99", "19"), "60", "48.11", "-1.90", "-1.90"),
    ] {
        let world = shop().await;
        let (old, new) = (product(&world, "Old", from.0, from.1).await, product(&world, "New", to.0, to.1).await);
        ordered(&world, 1, &old).await;
        pay(&world, 1, 1, paid).await;
        change(&world, &new).await;
        assert_eq!(notes(&world).await, noted(&[(1, total, tax)]));
        let note = data(&world, cloudonex("GET", "/credit-notes"), 200).await[0].clone();
        assert_eq!(note["items"].as_array().unwrap().len(), 2, "{note}");
        assert_eq!((balance(&world).await, account(&world, "tax").await), (total.to_owned(), owed.to_owned()));
        // Given up altogether, all of it is given back.
        let free = product(&world, "Nothing", "0", "0").await;
        change(&world, &free).await;
        let paid = if paid == "60" { "60.00" } else { paid };
        assert_eq!((balance(&world).await, account(&world, "tax").await), (paid.to_owned(), "0.00".to_owned()));
        world.books("acme").await;
    }
    // Dearer: one invoice with both.
    let world = shop().await;
    let (old, new) = (product(&world, "Old", "10", "0").await, product(&world, "New", "19.99", "19").await);
    ordered(&world, 1, &old).await;
    pay(&world, 1, 1, "10").await;
    change(&world, &new).await;
    let asked = invoice(&world, 2).await;
    assert_eq!((asked["amount"].to_string(), asked["tax"].to_string()), ("13.79".into(), "3.80".into()));
    pay(&world, 1, 2, "13.79").await;
    // Another day, and less than before: all of the second invoice, and half of the first.
    let five = product(&world, "Five", "5", "0").await;
    change(&world, &five).await;
    assert_eq!(notes(&world).await, noted(&[(2, "13.79", "3.80"), (1, "5.00", "0.00")]));
    assert_eq!((balance(&world).await, account(&world, "tax").await), ("18.79".into(), "0.00".into()));
    world.books("acme").await;
}

/// 30 to 60 is asked for on 24 March (8/31 of 30.00), a run invoices April at 30.00, and then it is paid.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_asked_for_at_the_old_price_meanwhile_is_made_up_for() {
    let world = shop().await;
    let (thirty, sixty) = (product(&world, "Thirty", "30", "0").await, product(&world, "Sixty", "60", "0").await);
    ordered(&world, 1, &thirty).await;
    pay(&world, 1, 1, "30").await;
    world.pass(23 * DAY);
    change(&world, &sixty).await;
    assert_eq!(invoice(&world, 2).await["amount"].to_string(), "7.74");
    world.pass(DAY);
    bill(&world, "2026-03-25").await;
    assert_eq!(invoice(&world, 3).await["amount"].to_string(), "30.00");
    world.pass(DAY);
    pay(&world, 1, 2, "7.74").await;
    let more = invoice(&world, 4).await;
    assert_eq!(
        (
            more["amount"].to_string(),
            &more["due_date"],
            &more["items"][0]["period_start"],
            &more["items"][0]["period_end"]
        ),
        ("30.00".into(), &json!("2026-04-01"), &json!("2026-04-01"), &json!("2026-04-30"))
    );
    pay(&world, 1, 3, "30").await;
    pay(&world, 1, 4, "30").await;
    let service = data(&world, billmora("GET", "/services/1"), 200).await;
    assert_eq!(
        (&service["price"], &service["next_due_date"]),
        (&json!("60.00"), &json!("2026-05-01T00:00:00.000000Z"))
    );
    world.pass(31 * DAY);
    bill(&world, "2026-04-26").await;
    assert_eq!(invoice(&world, 5).await["amount"].to_string(), "60.00");
    world.books("acme").await;
    world.verify();
}

/// April's 60.00 is open when the plan goes to 10.00 on 26 March: 50.00 of it and 6/31 of March's are given back.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_given_back_pays_the_open_invoice() {
    let world = shop().await;
    let (sixty, ten) = (product(&world, "Sixty", "60", "0").await, product(&world, "Ten", "10", "0").await);
    ordered(&world, 1, &sixty).await;
    pay(&world, 1, 1, "60").await;
    world.pass(25 * DAY);
    bill(&world, "2026-03-26").await;
    assert_eq!(invoice(&world, 2).await["amount_due"].to_string(), "60.00");
    change(&world, &ten).await;
    assert_eq!(notes(&world).await, noted(&[(1, "9.68", "0.00"), (2, "50.00", "0.00")]));
    let april = invoice(&world, 2).await;
    assert_eq!((april["amount_due"].to_string(), &april["status"]), ("0.32".into(), &json!("Partially Paid")));
    assert_eq!(balance(&world).await, "-0.32");
    // Nobody is barred for what is left.
    for until in ["2026-04-05", "2026-04-12"] {
        world.pass(10 * DAY);
        let run = bill(&world, until).await;
        assert_eq!((&run["suspended"], &run["terminated"]), (&json!(0), &json!(0)), "{until}");
    }
    assert_eq!(data(&world, cloudonex("GET", "/services/1"), 200).await["status"], "Active");
    world.books("acme").await;
    world.verify();
}

/// April's invoice is taken back afterwards: what was given back of it goes with it, and March's 9.68 remain.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_given_back_of_an_invoice_goes_with_it() {
    for delete in [false, true] {
        let world = shop().await;
        let (sixty, ten) = (product(&world, "Sixty", "60", "0").await, product(&world, "Ten", "10", "0").await);
        ordered(&world, 1, &sixty).await;
        pay(&world, 1, 1, "60").await;
        world.pass(25 * DAY);
        bill(&world, "2026-03-26").await;
        change(&world, &ten).await;
        if delete {
            world.send(billmora("DELETE", "/invoices/2")).await.expect(200);
        } else {
            data(&world, billmora("PUT", "/invoices/2").json(&json!({"status": "cancelled"})), 200).await;
        }
        assert_eq!(balance(&world).await, "9.68");
        let refund = |amount: &str| json!({"customer_id": 1, "account_id": 1, "amount": amount});
        world.send(cloudonex("POST", "/refunds").json(&refund("9.69"))).await.expect(422);
        world.send(cloudonex("POST", "/refunds").json(&refund("9.68"))).await.expect(201);
        world.books("acme").await;
        world.verify();
    }
}

/// What was given back by hand, or in cash, is not given back by a change of plan too.
#[tokio::test(flavor = "multi_thread")]
async fn a_period_is_given_back_once() {
    let prepared = async || {
        let world = shop().await;
        let sixty = product(&world, "Sixty", "60", "0").await;
        let ten = product(&world, "Ten", "10", "0").await;
        ordered(&world, 1, &sixty).await;
        pay(&world, 1, 1, "60").await;
        (world, ten)
    };
    let note = |amount: &str| json!({"customer_id": 1, "invoice_id": 1, "date": "2026-03-01", "description": "sorry", "items": [{"description": "sorry", "qty": 1, "amount": amount}]});
    // All of it, or a part, by a note.
    for (by_hand, then) in
        [("60", vec![(1, "60.00", "0.00")]), ("40", vec![(1, "40.00", "0.00"), (1, "20.00", "0.00")])]
    {
        let (world, ten) = prepared().await;
        world.send(cloudonex("POST", "/credit-notes").json(&note(by_hand))).await.expect(201);
        change(&world, &ten).await;
        assert_eq!(notes(&world).await, noted(&then));
        assert_eq!(balance(&world).await, "60.00");
        let free = product(&world, "Nothing", "0", "0").await;
        change(&world, &free).await;
        assert_eq!(balance(&world).await, "60.00");
        world.books("acme").await;
    }
    // First the plan, then a note of more than what is left.
    let (world, ten) = prepared().await;
    change(&world, &ten).await;
    world.send(cloudonex("POST", "/credit-notes").json(&note("10.01"))).await.expect(422);
    world.send(cloudonex("POST", "/credit-notes").json(&note("10"))).await.expect(201);
    assert_eq!(balance(&world).await, "60.00");
    world.books("acme").await;
    // An invoice that gave its money back, or was cancelled, has charged nothing.
    for status in ["refunded", "cancelled"] {
        let (world, ten) = prepared().await;
        data(&world, billmora("PUT", "/invoices/1").json(&json!({"status": status})), 200).await;
        let before = balance(&world).await;
        change(&world, &ten).await;
        assert_eq!((notes(&world).await, balance(&world).await), (noted(&[]), before), "{status}");
        world.books("acme").await;
    }
}

/// A plan that costs nothing any more pays the open invoice, and its payment counts as any other.
#[tokio::test(flavor = "multi_thread")]
async fn an_invoice_that_is_given_back_whole_is_paid() {
    let world = shop().await;
    let (sixty, free) = (product(&world, "Sixty", "60", "0").await, product(&world, "Nothing", "0", "0").await);
    ordered(&world, 1, &sixty).await;
    pay(&world, 1, 1, "60").await;
    world.pass(30 * DAY);
    bill(&world, "2026-03-31").await;
    change(&world, &free).await;
    assert_eq!(notes(&world).await, noted(&[(1, "1.94", "0.00"), (2, "60.00", "0.00")]));
    assert_eq!(invoice(&world, 2).await["status"], "Paid");
    assert_eq!(balance(&world).await, "1.94");
    let service = data(&world, billmora("GET", "/services/1"), 200).await;
    assert_eq!((&service["price"], &service["next_due_date"]), (&json!("0.00"), &json!("2026-05-01T00:00:00.000000Z")));
    world.books("acme").await;
    world.verify();
}

/// A customer with a tax profile of 19 %, products without a tax: order, change, renewal and change back.
#[tokio::test(flavor = "multi_thread")]
async fn a_tax_profile_counts_in_every_change() {
    let world = shop().await;
    taxed(&world).await;
    let (thirty, sixty) = (product(&world, "Thirty", "30", "0").await, product(&world, "Sixty", "60", "0").await);
    ordered(&world, 1, &thirty).await;
    assert_eq!(invoice(&world, 1).await["amount"].to_string(), "35.70");
    pay(&world, 1, 1, "35.70").await;
    // 21/31 of 30.00 and its tax.
    world.pass(10 * DAY);
    change(&world, &sixty).await;
    let asked = invoice(&world, 2).await;
    assert_eq!((asked["amount"].to_string(), asked["tax"].to_string()), ("24.18".into(), "3.86".into()));
    pay(&world, 1, 2, "24.18").await;
    world.pass(14 * DAY);
    bill(&world, "2026-03-25").await;
    assert_eq!(invoice(&world, 3).await["amount"].to_string(), "71.40");
    pay(&world, 1, 3, "71.40").await;
    // 7/31 of 30.00 on the invoice of the change, and 30.00 of April's, each with its tax.
    change(&world, &thirty).await;
    assert_eq!(notes(&world).await, noted(&[(2, "8.06", "1.29"), (3, "35.70", "5.70")]));
    world.books("acme").await;
}

/// Half price by a coupon: what was paid is given back, and no more. Setting up is not given back.
#[tokio::test(flavor = "multi_thread")]
async fn a_discount_is_not_given_back() {
    let world = shop().await;
    let half = json!({"code": "HALF", "type": "percentage", "value": "50"});
    data(&world, cloudonex("POST", "/coupons").json(&half), 201).await;
    let monthly = json!({"name": "Monthly", "type": "recurring", "time_interval": 1, "billing_period": "monthly", "rates": {"USD": {"price": "60", "setup_fee": "20"}}});
    let sixty = json!({"name": "Sixty", "prices": [monthly]});
    let sixty = data(&world, cloudonex("POST", "/products").json(&sixty), 201).await;
    let order = json!({"customer_id": 1, "coupon": "HALF", "items": [item(&sixty)]});
    let order = data(&world, cloudonex("POST", "/orders").json(&order), 201).await;
    assert_eq!(order["amount"].to_string(), "40.00");
    pay(&world, 1, 1, "40").await;
    let free = product(&world, "Nothing", "0", "0").await;
    change(&world, &free).await;
    assert_eq!(notes(&world).await, noted(&[(1, "30.00", "0.00")]));
    world.books("acme").await;
}

/// The days before a first whole period are part of what is left.
#[tokio::test(flavor = "multi_thread")]
async fn a_cut_period_is_given_back_by_its_days() {
    let world = shop().await;
    let order = json!({"customer_id": 1, "items": [{"product_id": 3, "price_id": 4}]});
    data(&world, cloudonex("POST", "/orders").json(&order), 201).await;
    // 24/31 of 30.00 until 25 March, and 30.00 from then on.
    pay(&world, 1, 1, "53.23").await;
    world.pass(14 * DAY);
    let ten = product(&world, "Ten", "10", "0").await;
    change(&world, &ten).await;
    // 10/31 of 20.00, and 20.00.
    assert_eq!(notes(&world).await, noted(&[(1, "26.45", "0.00")]));
    world.books("acme").await;
}

/// What another system charged, if it did, is not known here: nothing is given back of it, and a dearer plan asks for
/// the difference. What was charged here is.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_given_back_of_what_was_not_charged_here() {
    let world = shop().await;
    let session = world.session("admin").await;
    take_over(&world, &session, 1, "Monthly", "10/03/2026", "60.00").await;
    let ten = product(&world, "Ten", "10", "0").await;
    change(&world, &ten).await;
    assert_eq!(notes(&world).await, noted(&[]));
    let sixty = product(&world, "Sixty", "60", "0").await;
    change(&world, &sixty).await;
    bill(&world, "2026-03-05").await;
    assert_eq!(invoice(&world, 1).await["amount"].to_string(), "60.00");
    change(&world, &ten).await;
    assert_eq!(notes(&world).await, noted(&[(1, "50.00", "0.00")]));
    // An invoice that was taken back charges nothing.
    world.books("acme").await;
}

/// JeraSoft's subscriptions are charged by debit notes: a note pays that one, or the invoice that took it in.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_charged_to_the_balance_is_given_back_there() {
    for invoiced in [false, true] {
        let world = shop().await;
        let (sixty, ten) = (product(&world, "Sixty", "60", "0").await, product(&world, "Ten", "10", "0").await);
        let rpc = |method: &str, params: Value| {
            Call::rpc(&json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})).key(ADMIN)
        };
        let new = json!({"clients_id": 1, "packages_id": sixty["id"]});
        let made = world.send(rpc("clients.subscriptions.create", new)).await;
        assert!(made.json["result"]["id"].is_number(), "{}", made.text);
        assert_eq!(balance(&world).await, "-60.00");
        if invoiced {
            let new = json!({"clients_id": 1, "start_dt": "2026-02-20", "stop_dt": "2026-03-05"});
            let made = world.send(rpc("accounting.invoices.create", new)).await;
            assert!(made.json["result"]["id"].is_number(), "{}", made.text);
            assert_eq!(invoice(&world, 1).await["amount_due"].to_string(), "60.00");
        }
        change(&world, &ten).await;
        assert_eq!(notes(&world).await, noted(&[(u64::from(invoiced), "50.00", "0.00")]));
        let note = data(&world, cloudonex("GET", "/credit-notes"), 200).await[0].clone();
        assert_eq!((note["unallocated"].to_string(), balance(&world).await), ("0.00".into(), "-10.00".into()));
        if invoiced {
            assert_eq!(invoice(&world, 1).await["amount_due"].to_string(), "10.00");
        }
        world.books("acme").await;
        world.verify();
    }
}

/// At the ratio at which it was charged, whatever the ratio is by then.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_given_back_has_the_ratio_of_its_invoice() {
    let world = shop().await;
    let rates = |price: &str| json!({"name": "Monthly", "type": "recurring", "time_interval": 1, "billing_period": "monthly", "rates": {"INR": {"price": price}}});
    let made = async |name: &str, price: &str| {
        data(&world, cloudonex("POST", "/products").json(&json!({"name": name, "prices": [rates(price)]})), 201).await
    };
    let (dear, cheap) = (made("Dear", "7116").await, made("Cheap", "0").await);
    let order = json!({"customer_id": 1, "currency": "INR", "items": [item(&dear)]});
    data(&world, cloudonex("POST", "/orders").json(&order), 201).await;
    data(&world, billmora("PUT", "/invoices/1").json(&json!({"status": "paid"})), 200).await;
    let rate = json!({"from": "USD", "to": "INR", "rate": "100"});
    let rate = world.send(cloudonex("POST", "/exchange-rates").json(&rate)).await;
    assert_eq!(rate.status, 201, "{}", rate.text);
    change(&world, &cheap).await;
    assert_eq!(notes(&world).await, noted(&[(1, "7116.00", "0.00")]));
    assert_eq!(account(&world, "revenue").await, "0.00", "all of it is given back, in the base currency too");
    world.books("acme").await;
}
