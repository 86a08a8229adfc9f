//! What is charged for the periods of services and the years of domains, and what is given back of it.

use serde_json::{Value, json};
use tests::{ADMIN, Call, World};

use crate::billing::bill;
use crate::orders::{billmora, cloudonex, data, shop};

pub(crate) const DAY: i64 = 24 * 3600;

/// A product with one monthly price.
pub(crate) async fn product(world: &World, name: &str, price: &str, tax: &str) -> Value {
    let monthly = json!({"name": "Monthly", "type": "recurring", "time_interval": 1, "billing_period": "monthly", "rates": {"USD": {"price": price}}});
    let product = json!({"name": name, "tax_rate": tax, "prices": [monthly]});
    data(world, cloudonex("POST", "/products").json(&product), 201).await
}

pub(crate) fn item(product: &Value) -> Value {
    json!({"product_id": product["id"], "price_id": product["prices"][0]["id"]})
}

/// CloudOnex: a customer's order of one product.
pub(crate) async fn ordered(world: &World, customer: u64, product: &Value) -> Value {
    let order = json!({"customer_id": customer, "items": [item(product)]});
    data(world, cloudonex("POST", "/orders").json(&order), 201).await
}

pub(crate) async fn pay(world: &World, customer: u64, invoice: u64, amount: &str) {
    let paid = json!({"customer_id": customer, "account_id": 1, "amount": amount, "invoice_id": invoice});
    world.send(cloudonex("POST", "/receipts").json(&paid)).await.expect(201);
}

pub(crate) async fn invoice(world: &World, id: u64) -> Value {
    data(world, cloudonex("GET", &format!("/invoices/{id}")), 200).await
}

/// Customer 1 gets a tax profile (JeraSoft) with one rate of 19 %.
pub(crate) async fn taxed(world: &World) {
    let jerasoft = |verb: &str, path: &str| Call::new(verb, &format!("/api{path}")).key(ADMIN);
    let profile = world.send(jerasoft("POST", "/accounting/taxes_profiles").json(&json!({"name": "EU"}))).await;
    let id = profile.expect(200)["id"].clone();
    let value = json!({"taxes_profiles_id": id, "name": "VAT", "value": 19, "priority": 1});
    world.send(jerasoft("POST", "/accounting/taxes_profiles/values").json(&value)).await.expect(200);
    world.send(jerasoft("PATCH", "/clients/1").json(&json!({"taxes_profiles_id": id}))).await.expect(200);
}

/// The years of a domain are the payments' that stand: each of these takes back the one before.
#[tokio::test(flavor = "multi_thread")]
async fn a_domain_has_a_year_for_each_payment_that_stands() {
    let world = shop().await;
    let order = json!({"user_id": 1, "currency": "USD", "coupon": null, "status": "completed", "domain_items": [{"type": "register", "domain": "noor.dev", "tld_id": 1, "years": 1}]});
    data(&world, billmora("POST", "/orders").json(&order), 201).await;
    bill(&world, "2027-02-22").await;
    let ends = async || {
        let ends = data(&world, billmora("GET", "/registrants/1"), 200).await["expires_at"].clone();
        ends.as_str().unwrap()[..10].to_owned()
    };
    let status = async |status: &str| {
        data(&world, billmora("PUT", "/invoices/2").json(&json!({"status": status})), 200).await;
    };
    for (step, wanted) in [
        ("paid", "2028-03-01"),
        ("unpaid", "2027-03-01"),
        ("paid", "2028-03-01"),
        ("paid", "2028-03-01"),
        ("unpaid", "2027-03-01"),
    ] {
        status(step).await;
        assert_eq!(ends().await, wanted, "{step}");
    }
    // By a receipt (CloudOnex) that is set against it, taken back, and taken away in the end.
    pay(&world, 1, 2, "12").await;
    assert_eq!(ends().await, "2028-03-01");
    let receipt = data(&world, cloudonex("GET", "/receipts"), 200).await[0]["id"].clone();
    data(&world, cloudonex("DELETE", &format!("/receipts/{receipt}/allocations")), 200).await;
    assert_eq!(ends().await, "2027-03-01");
    let again = json!({"allocations": [{"invoice_id": 2}]});
    data(&world, cloudonex("POST", &format!("/receipts/{receipt}/allocations")).json(&again), 200).await;
    assert_eq!(ends().await, "2028-03-01");
    // The next year is asked for, and paid; then the first payment goes.
    world.pass(300 * DAY);
    bill(&world, "2028-02-23").await;
    pay(&world, 1, 3, "12").await;
    assert_eq!(ends().await, "2029-03-01");
    world.send(billmora("DELETE", "/invoices/2")).await.expect(200);
    assert_eq!(ends().await, "2028-03-01");
    // Given back, and paid once more.
    for (step, wanted) in [("refunded", "2027-03-01"), ("paid", "2028-03-01"), ("refunded", "2027-03-01")] {
        data(&world, billmora("PUT", "/invoices/3").json(&json!({"status": step})), 200).await;
        assert_eq!(ends().await, wanted, "{step}");
    }
    world.books("acme").await;
    world.verify();
}

/// A period's payment moves the day on which the next one is due by one cycle, however often it is made.
#[tokio::test(flavor = "multi_thread")]
async fn a_payment_that_is_taken_back_is_due_again() {
    let world = shop().await;
    let monthly = product(&world, "Plain", "30.00", "0").await;
    ordered(&world, 1, &monthly).await;
    pay(&world, 1, 1, "30").await;
    world.pass(24 * DAY);
    bill(&world, "2026-03-25").await;
    let due = async || {
        let due = data(&world, billmora("GET", "/services/1"), 200).await["next_due_date"].clone();
        due.as_str().unwrap()[..10].to_owned()
    };
    assert_eq!(due().await, "2026-04-01");
    for (step, wanted) in [("paid", "2026-05-01"), ("unpaid", "2026-04-01"), ("paid", "2026-05-01")] {
        data(&world, billmora("PUT", "/invoices/2").json(&json!({"status": step})), 200).await;
        assert_eq!(due().await, wanted, "{step}");
    }
    world.books("acme").await;
}

/// What was barred since its order's invoice is not paid any more goes on with the next payment.
#[tokio::test(flavor = "multi_thread")]
async fn the_payment_of_an_orders_invoice_lets_its_services_go_on() {
    let world = shop().await;
    let monthly = product(&world, "Plain", "30.00", "0").await;
    ordered(&world, 1, &monthly).await;
    pay(&world, 1, 1, "30").await;
    let receipt = data(&world, cloudonex("GET", "/receipts"), 200).await[0]["id"].clone();
    data(&world, cloudonex("DELETE", &format!("/receipts/{receipt}/allocations")), 200).await;
    world.pass(11 * DAY);
    assert_eq!(bill(&world, "2026-03-12").await["suspended"], 1);
    let again = json!({"allocations": [{"invoice_id": 1}]});
    data(&world, cloudonex("POST", &format!("/receipts/{receipt}/allocations")).json(&again), 200).await;
    assert_eq!(data(&world, cloudonex("GET", "/services/1"), 200).await["status"], "Active");
    world.books("acme").await;
}

/// 31 January to 27 February, then 28 February to 30 March: no day is read twice, in whichever dialect it is ordered.
#[tokio::test(flavor = "multi_thread")]
async fn the_periods_of_a_service_do_not_overlap() {
    for dialect in ["cloudonex", "billmora"] {
        let world = shop().await;
        let monthly = product(&world, "Plain", "30.00", "0").await;
        // From 1 March 2026 to 31 January 2027.
        world.pass(336 * DAY);
        if dialect == "cloudonex" {
            ordered(&world, 1, &monthly).await;
        } else {
            let packages = json!([{"package_id": monthly["id"], "billing_id": monthly["prices"][0]["id"]}]);
            let order = json!({"user_id": 1, "currency": "USD", "coupon": null, "status": "pending", "package_items": packages});
            data(&world, billmora("POST", "/orders").json(&order), 201).await;
        }
        pay(&world, 1, 1, "30").await;
        bill(&world, "2027-02-25").await;
        let shown = async |id: u64| {
            let item = invoice(&world, id).await["items"][0].clone();
            let own = data(&world, billmora("GET", &format!("/invoices/{id}")), 200).await["items"][0].clone();
            assert_eq!(item["description"], own["description"], "{dialect}");
            ["description", "period_start", "period_end"].map(|name| item[name].as_str().unwrap().to_owned())
        };
        assert_eq!(shown(1).await, ["Plain (31/01/2027 - 27/02/2027)", "2027-01-31", "2027-02-27"], "{dialect}");
        assert_eq!(shown(2).await, ["Plain (28/02/2027 - 30/03/2027)", "2027-02-28", "2027-03-30"], "{dialect}");
        world.books("acme").await;
    }
}

/// A first period that is cut, and the first whole one: both days are part of each.
#[tokio::test(flavor = "multi_thread")]
async fn a_cut_period_ends_on_the_day_before_the_whole_one() {
    let world = shop().await;
    let order = json!({"customer_id": 1, "items": [{"product_id": 3, "price_id": 4}]});
    data(&world, cloudonex("POST", "/orders").json(&order), 201).await;
    pay(&world, 1, 1, "53.23").await;
    bill(&world, "2026-04-18").await;
    let (first, next) = (invoice(&world, 1).await, invoice(&world, 2).await);
    let texts = [&first["items"][0], &first["items"][1], &next["items"][0]].map(|item| item["description"].clone());
    assert_eq!(
        texts,
        [
            "Cut - Prorated (01 Mar 2026 – 24 Mar 2026)",
            "Cut (25 Mar 2026 – 24 Apr 2026)",
            "Cut (25/04/2026 - 24/05/2026)"
        ]
    );
    world.books("acme").await;
}

/// A customer with a tax profile, a product without a tax: CloudOnex taxes order and renewal by one rule, Billmora's
/// orders know no tax (contract billmora §10.3).
#[tokio::test(flavor = "multi_thread")]
async fn a_tax_profile_counts_from_the_order_on() {
    let world = shop().await;
    taxed(&world).await;
    let plain = product(&world, "Plain", "30.00", "0").await;
    assert_eq!(ordered(&world, 1, &plain).await["amount"].to_string(), "35.70");
    let first = invoice(&world, 1).await;
    assert_eq!((first["tax"].to_string(), first["amount"].to_string()), ("5.70".into(), "35.70".into()));
    assert_eq!((&first["taxes"][0]["name"], first["taxes"][0]["percent"].to_string()), (&json!("VAT"), "19".into()));
    pay(&world, 1, 1, "35.70").await;
    bill(&world, "2026-03-25").await;
    assert_eq!(invoice(&world, 2).await["amount"].to_string(), "35.70");
    // Of another customer it is none of the order's business.
    assert_eq!(ordered(&world, 2, &plain).await["amount"].to_string(), "30.00");
    let packages = json!([{"package_id": plain["id"], "billing_id": plain["prices"][0]["id"]}]);
    let order =
        json!({"user_id": 1, "currency": "USD", "coupon": null, "status": "pending", "package_items": packages});
    let order = data(&world, billmora("POST", "/orders").json(&order), 201).await;
    assert_eq!((&order["total"], &order["tax"]), (&json!("30.00"), &json!("0.00")));
    world.books("acme").await;
}

/// A year of 1,200.00 and 20.00 for setting it up, less half of both: the discount is earned over the same days as what
/// it is taken off. Billmora shows it as one line (contract billmora §10.3).
#[tokio::test(flavor = "multi_thread")]
async fn a_discount_runs_over_the_term_of_what_it_discounts() {
    let world = shop().await;
    let half = json!({"code": "HALF", "type": "percentage", "value": "50"});
    data(&world, cloudonex("POST", "/coupons").json(&half), 201).await;
    let yearly = json!({"name": "Yearly", "type": "recurring", "time_interval": 1, "billing_period": "yearly", "rates": {"USD": {"price": "1200", "setup_fee": "20"}}});
    let annual = json!({"name": "Annual", "prices": [yearly]});
    let annual = data(&world, cloudonex("POST", "/products").json(&annual), 201).await;
    let order = json!({"customer_id": 1, "coupon": "HALF", "items": [item(&annual)]});
    data(&world, cloudonex("POST", "/orders").json(&order), 201).await;
    let items = invoice(&world, 1).await["items"].clone();
    let shown: Vec<(String, Value)> =
        items.as_array().unwrap().iter().map(|one| (one["total"].to_string(), one["period_end"].clone())).collect();
    let (year, none) = (json!("2027-02-28"), Value::Null);
    let wanted = [("1200.00", &year), ("20.00", &none), ("-600.00", &year), ("-10.00", &none)];
    assert_eq!(shown, wanted.map(|(total, end)| (total.to_owned(), end.clone())));
    // March is 31 of 365 days of 600.00, and 10.00 for setting it up.
    let revenue = data(&world, cloudonex("GET", "/reports/revenue?as_of=2026-03-31"), 200).await;
    assert_eq!((revenue["recognised"].to_string(), revenue["deferred"].to_string()), ("60.96".into(), "549.04".into()));
    let own = data(&world, billmora("GET", "/invoices/1"), 200).await;
    let discounts: Vec<&Value> = own["items"].as_array().unwrap().iter().map(|one| &one["amount"]).collect();
    assert_eq!(discounts, ["1200.00", "20.00", "-610.00"]);
    assert_eq!((&own["discount"], &own["total"]), (&json!("610.00"), &json!("610.00")));
    world.books("acme").await;
}

/// A period that was moved to before the end of what is charged asks for the days after that only.
#[tokio::test(flavor = "multi_thread")]
async fn days_that_were_charged_are_not_charged_again() {
    let world = shop().await;
    let thirty = product(&world, "Thirty", "30", "0").await;
    ordered(&world, 1, &thirty).await;
    pay(&world, 1, 1, "30").await;
    data(&world, billmora("PUT", "/services/1").json(&json!({"next_due_date": "2026-03-15"})), 200).await;
    bill(&world, "2026-03-10").await;
    // 14 of the 31 days from 15 March on.
    let next = invoice(&world, 2).await;
    assert_eq!(
        (next["amount"].to_string(), &next["items"][0]["description"]),
        ("13.55".into(), &json!("Thirty (01/04/2026 - 14/04/2026)"))
    );
    // Of a whole period that was charged there is no invoice; the one after it is asked for.
    data(&world, billmora("PUT", "/services/1").json(&json!({"next_due_date": "2026-03-14"})), 200).await;
    bill(&world, "2026-04-08").await;
    assert_eq!(invoice(&world, 3).await["items"][0]["description"], "Thirty (15/04/2026 - 13/05/2026)");
    world.books("acme").await;
}
