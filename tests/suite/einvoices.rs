//! Electronic invoices: a thousand generated ones, which another's validator accepts (`.ci/run`), and a hundred that
//! cannot be expressed, each refused with the id of the rule.

use std::path::PathBuf;

use serde_json::{Value, json};
use tests::{Call, Dice, World};

use crate::orders::{billmora, data};

/// Generated documents, of which every fifth is a credit note.
const DOCUMENTS: usize = 1000;
/// How often each way to break a rule is tried.
const TRIES: u64 = 5;

/// A call that no limit stops.
pub(crate) fn cloudonex(verb: &str, path: &str) -> Call {
    Call::new(verb, &format!("/api/v2{path}")).operator("acme")
}

/// The tax rates of these tests: name, percent, category, reason.
const RATES: [(&str, &str, &str, Option<&str>); 8] = [
    ("VAT 19", "19", "S", None),
    ("VAT 7", "7", "S", None),
    ("VAT 2.1", "2.1", "S", None),
    ("Zero", "0", "Z", None),
    ("Exempt", "0", "E", Some("Insurance, § 4 No. 10 UStG")),
    ("Reverse", "0", "AE", None),
    ("Union", "0", "K", None),
    ("Export", "0", "G", Some("Goods leave the Union")),
];

/// The seller, who has all that the standard asks for.
fn seller() -> Value {
    json!({"name": "North Hosting GmbH", "address": "Hafenstraße 1", "city": "Hamburg", "zip_code": "20457",
        "country_code": "DE", "vat_id": "DE123456789", "registration_number": "HRB 12345", "email": "billing@north.example",
        "phone": "+49 40 123456", "iban": "DE89 3704 0044 0532 0130 00", "bic": "COBADEFFXXX",
        "untaxed_category": "E", "untaxed_reason": "Small business, § 19 UStG"})
}

/// A world with a seller, taxes, a currency more, and customers: 1 in Germany, 2 in France, 3 in Japan, 4 without a
/// country, 5 without a country's code.
pub(crate) async fn prepared() -> World {
    let world = World::new().await;
    settings(&world, seller()).await;
    for (name, percent, category, reason) in RATES {
        let rate = json!({"name": name, "percent": percent, "category": category, "exemption_reason": reason});
        data(&world, cloudonex("POST", "/tax-rates").json(&rate), 201).await;
    }
    for (code, rate) in [("EUR", "0.9"), ("KWD", "0.3"), ("JPY", "150")] {
        if code != "JPY" {
            data(&world, cloudonex("POST", "/currencies").json(&json!({"code": code, "name": code})), 201).await;
        }
        let rate = json!({"from": "USD", "to": code, "rate": rate, "date": "2026-01-01"});
        data(&world, cloudonex("POST", "/exchange-rates").json(&rate), 201).await;
    }
    for (name, country, tax_number) in [
        ("Müller & Söhne <KG>", Some("DE"), Some("DE 987 654 321")),
        ("Élodie Café", Some("FR"), Some("FR12345678901")),
        ("山田太郎", Some("JP"), None),
        ("Nowhere", None, Some("DE111111111")),
        ("Somewhere", Some("Germany"), None),
    ] {
        // The tax number is JeraSoft's to say, the country CloudOnex's.
        let body =
            json!({"name": name, "companies_id": 1, "currencies_id": 1, "c_company": name, "tax_id": tax_number});
        let id =
            world.send(Call::new("POST", "/api/clients").key(tests::ADMIN).json(&body)).await.expect(200)["id"].clone();
        let body = json!({"country": country, "address": "Street 1", "city": "City", "zip": "12345"});
        data(&world, cloudonex("PUT", &format!("/customers/{id}")).json(&body), 200).await;
    }
    world
}

async fn settings(world: &World, seller: Value) {
    data(world, cloudonex("PUT", "/settings").json(&json!({"seller": seller})), 200).await;
}

struct Maker {
    dice: Dice,
    folder: PathBuf,
}

impl Maker {
    /// A price, in whole units where the currency has no smaller ones.
    fn price(&mut self, currency: &str) -> Value {
        let cents = 100 + self.dice.below(500_000);
        let text =
            if currency == "JPY" { (cents * 1000).to_string() } else { format!("{}.{:02}", cents / 100, cents % 100) };
        serde_json::from_str(&text).unwrap()
    }

    fn line(&mut self, currency: &str, tax: Option<&str>) -> Value {
        let quantity = if currency == "JPY" { 1 + self.dice.below(9) } else { 0 };
        let quantity = match self.dice.below(3) {
            _ if quantity > 0 => json!(quantity),
            0 => json!(1),
            1 => json!(1 + self.dice.below(20)),
            _ => serde_json::from_str(&format!("{}.{:03}", self.dice.below(9), 1 + self.dice.below(998))).unwrap(),
        };
        let names = ["Hosting", "Größe \"L\" & more", "ドメイン", "استضافة المواقع", "Tab\there", "C++ <course>"];
        let mut line = json!({"description": *self.dice.of(&names), "amount": self.price(currency), "qty": quantity});
        if self.dice.below(4) == 0 && currency != "JPY" {
            line["discount"] = json!(0.1);
        }
        if let Some(tax) = tax {
            line["taxes"] = json!([tax]);
        }
        if tax == Some("Union") || self.dice.below(4) == 0 {
            line["period_start"] = json!("2026-02-01");
            line["period_end"] = json!("2026-02-28");
        }
        line
    }

    /// What a document may be: whose it is, and one of which taxes each line has.
    fn scene(&mut self) -> (u64, &'static [Option<&'static str>]) {
        const USUAL: &[Option<&str>] =
            &[Some("VAT 19"), Some("VAT 19"), Some("VAT 7"), Some("VAT 2.1"), Some("Zero"), Some("Exempt"), None];
        match self.dice.below(8) {
            0 => (2, &[Some("Reverse")]),
            1 => (2, &[Some("Union")]),
            2 => (3, &[Some("Export"), Some("Export"), Some("Exempt")]),
            _ => (1 + self.dice.below(3), USUAL),
        }
    }

    fn document(&mut self) -> Value {
        let (customer, taxes) = self.scene();
        let currency = *self.dice.of(&["EUR", "EUR", "USD", "JPY"]);
        let lines = 1 + self.dice.below(7);
        let items: Vec<Value> = (0..lines)
            .map(|_| {
                let tax = *self.dice.of(taxes);
                self.line(currency, tax)
            })
            .collect();
        json!({"customer_id": customer, "currency": currency, "date": "2026-03-01", "items": items,
            "tax_inclusive": currency != "JPY" && self.dice.below(2) == 0})
    }

    /// Fetch a document as UBL, hold its figures against the API's, and write it where the validator looks.
    async fn keep(&mut self, world: &World, tenant: &str, path: &str, said: &Value) {
        let whole = format!("/api/v2/{path}/{}/ubl", said["id"]);
        let answer = world.send(Call::new("GET", &whole).operator(tenant)).await;
        assert_eq!((answer.status, answer.header("content-type")), (200, Some("application/xml")), "{}", answer.text);
        let (due, code) = (said.get("amount_due").unwrap_or(&said["unallocated"]), said["currency"].as_str().unwrap());
        for (name, amount) in [("PayableAmount", due), ("TaxAmount", &said["tax"])] {
            let wanted = format!("<cbc:{name} currencyID=\"{code}\">{amount}</cbc:{name}>");
            assert!(answer.text.contains(&wanted), "{wanted} is not in {}\n{said}", answer.text);
        }
        let number =
            said[if path == "invoices" { "invoice_number" } else { "number" }].as_str().unwrap().replace('/', "-");
        let name = format!("inline; filename=\"{number}.xml\"");
        assert!(answer.header("content-disposition").is_some_and(|said| said.starts_with(&name)), "{name}");
        std::fs::write(self.folder.join(format!("{tenant}-{path}-{}.xml", said["id"])), answer.text).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_documents_for_another_validator() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("target/ubl");
    std::fs::remove_dir_all(&folder).ok();
    std::fs::create_dir_all(&folder).unwrap();
    let mut maker = Maker { dice: Dice::new(16_931), folder: folder.clone() };
    let world = prepared().await;
    let mut kept = 0;
    while kept < DOCUMENTS * 9 / 10 {
        if kept % 5 == 4 {
            let mut body = maker.document();
            body["description"] = json!("Taken back");
            body["invoice_id"] = json!(null);
            let note = data(&world, cloudonex("POST", "/credit-notes").json(&body), 201).await;
            maker.keep(&world, "acme", "credit-notes", &note).await;
            kept += 1;
            continue;
        }
        let mut invoice = data(&world, cloudonex("POST", "/invoices").json(&maker.document()), 201).await;
        let id = invoice["id"].clone();
        if maker.dice.below(3) == 0 {
            let body = json!({"customer_id": invoice["customer_id"], "amount": 1, "currency": invoice["currency"], "invoice_id": id});
            data(&world, cloudonex("POST", "/receipts").json(&body), 201).await;
            invoice = data(&world, cloudonex("GET", &format!("/invoices/{id}")), 200).await;
        }
        maker.keep(&world, "acme", "invoices", &invoice).await;
        kept += 1;
        if maker.dice.below(4) == 0 {
            // A note on the invoice, with its number and taxes.
            let charged = invoice["items"][0]["taxes"].as_array().into_iter().flatten().map(|tax| &tax["name"]);
            let body = json!({"customer_id": invoice["customer_id"], "invoice_id": id, "date": "2026-03-01", "description": "Goodwill",
                "currency": invoice["currency"], "items": [{"description": "Goodwill", "amount": 1, "qty": 1, "taxes": charged.collect::<Vec<_>>(),
                    "period_start": "2026-03-01", "period_end": "2026-03-31"}]});
            let note = data(&world, cloudonex("POST", "/credit-notes").json(&body), 201).await;
            maker.keep(&world, "acme", "credit-notes", &note).await;
            kept += 1;
        }
    }
    // Billmora's, with discounts among their lines and headers rounded as a whole.
    while kept < DOCUMENTS * 19 / 20 {
        let price = |dice: &mut Dice, sign: &str| format!("{sign}{}.{:03}", 1 + dice.below(90), dice.below(1000));
        let items: Vec<Value> = (0..1 + maker.dice.below(4))
            .flat_map(|n| {
                let off = json!({"description": "Discount", "quantity": 1, "unit_price": price(&mut maker.dice, "-0")});
                let line = json!({"description": format!("Item {n}"), "quantity": 1 + maker.dice.below(9), "unit_price": price(&mut maker.dice, "1")});
                if maker.dice.below(3) == 0 { vec![line, off] } else { vec![line] }
            })
            .collect();
        let body = json!({"user_id": 1, "currency": "USD", "due_date": "2026-03-20", "items": items});
        let id = data(&world, billmora("POST", "/invoices").json(&body), 201).await["id"].clone();
        let invoice = data(&world, cloudonex("GET", &format!("/invoices/{id}")), 200).await;
        maker.keep(&world, "acme", "invoices", &invoice).await;
        kept += 1;
    }
    // A seller who is no taxable person.
    let mut nobody = seller();
    nobody["vat_id"] = Value::Null;
    nobody["untaxed_category"] = json!("O");
    settings(&world, nobody).await;
    while kept < DOCUMENTS {
        let items = [maker.line("USD", None), maker.line("USD", None)];
        let body = json!({"customer_id": 1, "items": items});
        let invoice = data(&world, cloudonex("POST", "/invoices").json(&body), 201).await;
        maker.keep(&world, "acme", "invoices", &invoice).await;
        kept += 1;
    }
    let files = std::fs::read_dir(&folder).unwrap().count();
    assert!(files >= DOCUMENTS, "{files}");
    println!("ubl: {files} documents written for the validator");
}

/// A document that breaks a rule: what is said of the seller, and what is made.
struct Broken {
    rule: &'static str,
    /// Members of the seller that differ.
    seller: Value,
    customer: u64,
    /// The taxes of its lines, one list for each.
    taxes: Vec<Vec<&'static str>>,
    /// What else is in its body.
    also: Value,
}

fn broken() -> Vec<Broken> {
    let of = |rule, seller, taxes: &[&[&'static str]]| Broken {
        rule,
        seller,
        customer: 1,
        taxes: taxes.iter().map(|taxes| taxes.to_vec()).collect(),
        also: json!({}),
    };
    let none = || json!({});
    let nobody = || json!({"vat_id": null});
    let with = |broken: Broken, customer: u64, also: Value| Broken { customer, also, ..broken };
    vec![
        with(of("BR-02", none(), &[&["VAT 19"]]), 1, json!({"status": "Draft"})),
        of("BR-06", json!({"name": null}), &[&["VAT 19"]]),
        of("BR-09", json!({"country_code": null}), &[&["VAT 19"]]),
        of("BR-CL-14", json!({"country_code": "ZZ"}), &[&["VAT 19"]]),
        of(
            "BR-CO-26",
            json!({"vat_id": null, "registration_number": null, "tax_number": "22/111/33333"}),
            &[&["VAT 19"]],
        ),
        of("BR-CO-09", json!({"vat_id": "ZZ123456789"}), &[&["VAT 19"]]),
        with(of("BR-11", none(), &[&["VAT 19"]]), 4, json!({})),
        with(of("BR-CL-14", none(), &[&["VAT 19"]]), 5, json!({})),
        of("UBL-SR-48", none(), &[&["SGST", "CGST"]]),
        of("BR-CO-04", json!({"untaxed_category": null}), &[&["VAT 19"], &[]]),
        of("BR-CO-04", none(), &[&["Unsaid"]]),
        of("BR-S-02", nobody(), &[&["VAT 19"]]),
        of("BR-Z-02", nobody(), &[&["Zero"]]),
        of("BR-E-02", nobody(), &[&["Exempt"]]),
        with(of("BR-AE-02", none(), &[&["Reverse"]]), 3, json!({})),
        of("BR-AE-02", nobody(), &[&["Reverse"]]),
        with(of("BR-IC-02", none(), &[&["Union"]]), 3, json!({})),
        of("BR-IC-11", none(), &[&["Union"]]),
        of("BR-G-02", nobody(), &[&["Export"]]),
        of("BR-O-02", none(), &[&["Outside"]]),
        of("BR-O-11", json!({"vat_id": null, "tax_number": "22/111/33333"}), &[&["Outside"], &["VAT 19"]]),
        of("BR-E-10", none(), &[&["Exempt, unexplained"]]),
        of("BR-E-10", json!({"untaxed_reason": null}), &[&[]]),
        with(of("BR-DEC-23", none(), &[&["VAT 19"]]), 1, json!({"currency": "KWD"})),
        // Each yen of tax is rounded up: two hundred lines are too far off.
        with(of("BR-CO-17", none(), &[&["VAT 19"] as &[&str]; 200]), 1, json!({"currency": "JPY"})),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_expressed_is_refused_with_its_rule() {
    let world = prepared().await;
    for (name, category) in [("Unsaid", None), ("Exempt, unexplained", Some("E")), ("Outside", Some("O"))] {
        let rate = json!({"name": name, "percent": "0", "category": category});
        data(&world, cloudonex("POST", "/tax-rates").json(&rate), 201).await;
    }
    let mut dice = Dice::new(1);
    let (mut tried, mut rules) = (0, std::collections::BTreeSet::new());
    for one in broken() {
        let mut said = seller();
        said.as_object_mut().unwrap().extend(one.seller.as_object().unwrap().clone());
        said["tax_number"] = one.seller.get("tax_number").cloned().unwrap_or(Value::Null);
        settings(&world, said).await;
        for number in 0..TRIES {
            let amount = |dice: &mut Dice| match one.also["currency"].as_str() {
                Some("KWD") => format!("{}.00{}", 1 + dice.below(99), 1 + dice.below(9)),
                Some("JPY") => "3".into(),
                _ => format!("{}.{:02}", 1 + dice.below(99), dice.below(100)),
            };
            let items: Vec<Value> = one
                .taxes
                .iter()
                .map(|taxes| {
                    let amount: Value = serde_json::from_str(&amount(&mut dice)).unwrap();
                    json!({"description": "Item", "amount": amount, "qty": 1, "taxes": taxes})
                })
                .collect();
            let mut body = json!({"customer_id": one.customer, "date": "2026-03-01", "items": items});
            // Every other one is a credit note, where a note can be so.
            let note = number % 2 == 1 && one.also.get("status").is_none();
            if note {
                body["description"] = json!("Taken back");
            }
            body.as_object_mut().unwrap().extend(one.also.as_object().unwrap().clone());
            let path = if note { "/credit-notes" } else { "/invoices" };
            let id = data(&world, cloudonex("POST", path).json(&body), 201).await["id"].clone();
            let answer = world.send(cloudonex("GET", &format!("{path}/{id}/ubl"))).await;
            let said = answer.json["errors"].as_object().map(|errors| errors.values().cloned().collect::<Vec<_>>());
            let named =
                said.unwrap_or_default().iter().any(|text| text.as_str().unwrap().contains(&format!("{}: ", one.rule)));
            assert!(answer.status == 422 && named, "{}: {}", one.rule, answer.text);
            assert_eq!(answer.header("content-type"), Some("application/json"));
            assert!(answer.header("content-disposition").is_none());
            tried += 1;
            rules.insert(one.rule);
        }
    }
    // Billmora's discounts alone are no line.
    settings(&world, seller()).await;
    let body = json!({"user_id": 1, "currency": "USD", "due_date": "2026-03-20", "items": [{"description": "Off", "quantity": 1, "unit_price": "-5"}]});
    let id = data(&world, billmora("POST", "/invoices").json(&body), 201).await["id"].clone();
    let answer = world.send(cloudonex("GET", &format!("/invoices/{id}/ubl"))).await;
    assert!(answer.status == 422 && answer.text.contains("BR-16: "), "{}", answer.text);
    // What was taken back is no rule's business.
    let body = json!({"customer_id": 1, "items": [{"description": "Item", "amount": 5, "taxes": ["VAT 19"]}]});
    let id = data(&world, cloudonex("POST", "/invoices").json(&body), 201).await["id"].clone();
    data(&world, cloudonex("PUT", &format!("/invoices/{id}")).json(&json!({"status": "Void"})), 200).await;
    let answer = world.send(cloudonex("GET", &format!("/invoices/{id}/ubl"))).await;
    assert_eq!(
        (answer.status, &answer.json["message"]),
        (409, &json!("The invoice was taken back and cannot be sent"))
    );
    println!("ubl: {tried} documents refused, each by its rule; {} rules", rules.len() + 1);
}
