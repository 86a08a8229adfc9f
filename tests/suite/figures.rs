//! An order's figures are those of its invoice, and add up: in every dialect, and on paper.

use serde_json::{Value, json};
use shared::words::money::Decimal;
use tests::{Dice, World};

use crate::orders::{billmora, cloudonex, data};
use crate::printing;

/// How many random orders are made in each of two dialects.
const ORDERS: u64 = 200;

fn figure(value: &Value) -> Decimal {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned).parse().unwrap()
}

fn sum(list: &Value, of: impl Fn(&Value) -> Decimal) -> Decimal {
    list.as_array().unwrap().iter().map(of).sum()
}

fn money(dice: &mut Dice, most: u64) -> String {
    format!("{}.{:02}", dice.below(most), dice.below(100))
}

/// Products 1 to 8 with odd prices, fees and taxes, the last two of them cut to a day; domains; coupons of both kinds.
async fn odd_shop(dice: &mut Dice) -> World {
    let world = World::new().await;
    world.customers(3).await;
    let tld = json!({"tld": ".dev", "status": "visible", "min_years": 1, "max_years": 9,
        "prices": {"USD": {"register_price": "9.99", "renew_price": "12.00", "transfer_price": "7.77"}}});
    world.send(cloudonex("POST", "/tlds").json(&tld)).await.expect(201);
    for (n, tax) in ["0", "19", "7", "0", "21.5", "8.1", "0", "19"].iter().enumerate() {
        let rates = json!({"USD": {"price": money(dice, 40), "setup_fee": money(dice, 15), "enabled": true}});
        let mut product = json!({"name": format!("Product {n}"), "allow_quantity": "multiple", "tax_rate": tax,
            "prices": [{"name": "Monthly", "type": "recurring", "time_interval": 1, "billing_period": "monthly", "rates": rates}]});
        if n > 5 {
            product["prorata_day"] = json!(25);
        }
        world.send(cloudonex("POST", "/products").json(&product)).await.expect(201);
    }
    for (code, kind, value) in [
        ("ALL", "percentage", "100"),
        ("HALF", "percentage", "50"),
        ("ODD", "percentage", "12.5"),
        ("THIRD", "percentage", "33.33"),
        ("FIXED", "fixed_amount", "3.33"),
    ] {
        let coupon = json!({"code": code, "type": kind, "value": value});
        world.send(cloudonex("POST", "/coupons").json(&coupon)).await.expect(201);
    }
    world
}

/// Price ids, by product from 1.
async fn prices(world: &World) -> Vec<Value> {
    let mut all = Vec::new();
    for id in 1..=8 {
        all.push(data(world, cloudonex("GET", &format!("/products/{id}")), 200).await["prices"][0]["id"].clone());
    }
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn hundreds_of_random_orders_add_up_to_their_invoices() {
    let mut dice = Dice::new(15);
    let world = odd_shop(&mut dice).await;
    let prices = prices(&world).await;
    let coupons = ["ALL", "HALF", "ODD", "THIRD", "FIXED"];
    for n in 0..2 * ORDERS {
        let coupon = (dice.below(5) > 0).then(|| dice.pick(&coupons));
        let packages: Vec<(usize, u64)> =
            (0..1 + dice.below(3)).map(|_| (usize::try_from(dice.below(8)).unwrap(), 1 + dice.below(3))).collect();
        let domains: Vec<(bool, u64)> = (0..dice.below(3)).map(|_| (dice.below(2) == 0, 1 + dice.below(4))).collect();
        if n % 2 == 0 {
            let items: Vec<Value> = packages
                .iter()
                .map(|(product, qty)| json!({"product_id": product + 1, "price_id": prices[*product], "qty": qty}))
                .collect();
            let names: Vec<Value> = domains.iter().enumerate().map(|(place, (transfer, years))| json!({"type": if *transfer { "transfer" } else { "register" }, "domain": format!("o{n}-{place}.dev"), "tld_id": 1, "years": years})).collect();
            let body = json!({"customer_id": 1 + n % 3, "coupon": coupon, "items": items, "domains": names});
            let order = data(&world, cloudonex("POST", "/orders").json(&body).operator("acme"), 201).await;
            of_cloudonex(&world, &order).await;
        } else {
            let items: Vec<Value> = packages.iter().map(|(product, qty)| json!({"package_id": product + 1, "billing_id": prices[*product], "quantity": qty})).collect();
            let names: Vec<Value> = domains.iter().enumerate().map(|(place, (transfer, years))| json!({"type": if *transfer { "transfer" } else { "register" }, "domain": format!("o{n}-{place}.dev"), "tld_id": 1, "years": years})).collect();
            let body = json!({"user_id": 1 + n % 3, "currency": "USD", "coupon": coupon, "status": "pending", "package_items": items, "domain_items": names});
            let order = data(&world, billmora("POST", "/orders").json(&body).operator("acme"), 201).await;
            of_billmora(&world, &order).await;
        }
    }
    world.books("acme").await;
    world.verify();
}

async fn of_cloudonex(world: &World, order: &Value) {
    let of = |name: &str| figure(&order[name]);
    assert_eq!(of("subtotal") + of("setup_fee") - of("discount") + of("tax"), of("amount"), "{order}");
    assert_eq!(sum(&order["items"], |item| figure(&item["total"])), of("amount") - of("tax"), "{order}");
    assert_eq!(sum(&order["items"], |item| figure(&item["discount"])), of("discount"), "{order}");
    of_invoice(world, &order["invoice_id"], of("subtotal") + of("setup_fee"), of("discount"), of("tax"), of("amount"))
        .await;
}

async fn of_billmora(world: &World, order: &Value) {
    let of = |name: &str| figure(&order[name]);
    assert_eq!(of("subtotal") + of("setup_fee") - of("discount") + of("tax"), of("total"), "{order}");
    let bare = &order["invoices"][0];
    let invoice = |name: &str| figure(&bare[name]);
    for name in ["subtotal", "discount", "tax", "total"] {
        assert_eq!(of(name), invoice(name), "{name}: {order}");
    }
    let whole = data(world, billmora("GET", &format!("/invoices/{}", bare["id"])).operator("acme"), 200).await;
    assert_eq!(sum(&whole["items"], |item| figure(&item["amount"])), of("total"), "{whole}");
    of_invoice(world, &bare["id"], of("subtotal") + of("setup_fee"), of("discount"), of("tax"), of("total")).await;
}

/// The invoice, as CloudOnex shows it: the same figures, and lines whose taxes are those of what is left of them.
async fn of_invoice(world: &World, id: &Value, asked: Decimal, discount: Decimal, tax: Decimal, total: Decimal) {
    let invoice = data(world, cloudonex("GET", &format!("/invoices/{id}")).operator("acme"), 200).await;
    let of = |name: &str| figure(&invoice[name]);
    assert_eq!((of("subtotal"), of("discount"), of("amount")), (asked, discount, total), "{invoice}");
    assert_eq!(sum(&invoice["taxes"], |row| figure(&row["amount"])), tax, "{invoice}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_given_away_leaves_no_tax_behind() {
    for dialect in ["cloudonex", "billmora"] {
        let world = World::new().await;
        world.customers(1).await;
        let rates = json!({"USD": {"price": "10.03", "setup_fee": "10.03", "enabled": true}});
        let product = json!({"name": "Studio", "tax_rate": "19",
            "prices": [{"name": "Monthly", "type": "recurring", "time_interval": 1, "billing_period": "monthly", "rates": rates}]});
        let product = data(&world, cloudonex("POST", "/products").json(&product), 201).await;
        let price = product["prices"][0]["id"].clone();
        for (code, value) in [("FREE", "100"), ("HALF", "50")] {
            let coupon = json!({"code": code, "type": "percentage", "value": value});
            data(&world, cloudonex("POST", "/coupons").json(&coupon), 201).await;
        }
        let order = async |code: &str| {
            if dialect == "cloudonex" {
                let body = json!({"customer_id": 1, "coupon": code, "items": [{"product_id": 1, "price_id": price}]});
                data(&world, cloudonex("POST", "/orders").json(&body), 201).await
            } else {
                let body = json!({"user_id": 1, "currency": "USD", "coupon": code, "status": "pending", "package_items": [{"package_id": 1, "billing_id": price}]});
                data(&world, billmora("POST", "/orders").json(&body), 201).await
            }
        };
        order("FREE").await;
        let invoice = data(&world, cloudonex("GET", "/invoices/1"), 200).await;
        let figures = ["subtotal", "discount", "amount", "amount_due"].map(|name| invoice[name].to_string());
        assert_eq!(figures, ["20.06", "20.06", "0.00", "0.00"], "{dialect}");
        assert_eq!(sum(&invoice["taxes"], |row| figure(&row["amount"])), Decimal::ZERO, "{dialect}: {invoice}");
        assert_eq!(data(&world, cloudonex("GET", "/services/1"), 200).await["status"], "Active", "{dialect}");
        assert_eq!(data(&world, cloudonex("GET", "/orders/1"), 200).await["status"], "Completed", "{dialect}");
        // Half: 10.03 - 5.02 = 5.01 and 10.03 - 5.01 = 5.02, 0.95 of tax on each.
        order("HALF").await;
        let invoice = data(&world, cloudonex("GET", "/invoices/2"), 200).await;
        let figures = ["subtotal", "discount", "amount"].map(|name| invoice[name].to_string());
        assert_eq!(figures, ["20.06", "10.03", "11.93"], "{dialect}");
        // What costs nothing can be taken back, as anything else.
        for path in ["/invoices/1", "/orders/1"] {
            let gone = data(&world, cloudonex("PUT", path).json(&json!({"status": "Cancelled"})), 200).await;
            assert_eq!(gone["status"], "Cancelled", "{dialect}: {path}");
        }
        world.books("acme").await;
        world.verify();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invoice_of_nothing_can_be_void_or_cancelled_in_every_dialect() {
    let world = World::new().await;
    world.customers(1).await;
    let body = json!({"customer_id": 1, "date": "2026-02-03", "due_date": "2026-03-03", "items": [{"description": "On the house", "amount": 10, "qty": 1, "discount": 10}]});
    for status in ["Void", "Cancelled"] {
        let made = data(&world, cloudonex("POST", "/invoices").json(&body), 201).await;
        assert_eq!((&made["status"], made["amount"].to_string()), (&json!("Paid"), "0.00".into()));
        let path = format!("/invoices/{}", made["id"]);
        assert_eq!(data(&world, cloudonex("PUT", &path).json(&json!({"status": status})), 200).await["status"], status);
    }
    let made = data(&world, cloudonex("POST", "/invoices").json(&body), 201).await;
    let path = format!("/invoices/{}", made["id"]);
    // Read back and sent back, nothing changes.
    assert_eq!(data(&world, cloudonex("PUT", &path).json(&json!({"status": "Paid"})), 200).await["status"], "Paid");
    // And back again.
    assert_eq!(
        data(&world, billmora("PUT", &path).json(&json!({"status": "cancelled"})), 200).await["status"],
        "cancelled"
    );
    assert_eq!(data(&world, billmora("PUT", &path).json(&json!({"status": "paid"})), 200).await["status"], "paid");
    world.books("acme").await;
    world.verify();
}

/// 19.96 less 2.50 is 17.46: what is printed adds up.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_printed_of_an_order_adds_up() {
    for dialect in ["cloudonex", "billmora"] {
        let world = World::new().await;
        world.customers(1).await;
        let rates = json!({"USD": {"price": "19.96", "setup_fee": "0.00", "enabled": true}});
        let product = json!({"name": "Studio",
            "prices": [{"name": "Monthly", "type": "recurring", "time_interval": 1, "billing_period": "monthly", "rates": rates}]});
        let product = data(&world, cloudonex("POST", "/products").json(&product), 201).await;
        let price = product["prices"][0]["id"].clone();
        let coupon = json!({"code": "EIGHTH", "type": "percentage", "value": "12.5"});
        data(&world, cloudonex("POST", "/coupons").json(&coupon), 201).await;
        let figures = if dialect == "cloudonex" {
            let body = json!({"customer_id": 1, "coupon": "EIGHTH", "items": [{"product_id": 1, "price_id": price}]});
            let order = data(&world, cloudonex("POST", "/orders").json(&body), 201).await;
            ["subtotal", "discount", "amount"].map(|name| order[name].to_string())
        } else {
            let body = json!({"user_id": 1, "currency": "USD", "coupon": "EIGHTH", "status": "pending", "package_items": [{"package_id": 1, "billing_id": price}]});
            let order = data(&world, billmora("POST", "/orders").json(&body), 201).await;
            ["subtotal", "discount", "total"].map(|name| order[name].as_str().unwrap().to_owned())
        };
        assert_eq!(figures, ["19.96", "2.50", "17.46"], "{dialect}");
        let bytes = printing::pdf(&world, "/invoices/1").await;
        let words: Vec<String> = ["19.96", "-2.50", "17.46"].map(str::to_owned).into();
        printing::keep(&format!("order-{dialect}"), &bytes, 1, &words, &["Page 1 of 1"]);
        world.books("acme").await;
    }
}
