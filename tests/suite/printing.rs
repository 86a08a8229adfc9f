//! Documents on paper. Each PDF is written to `target/pdf` beside the words that must be read in it, page by page;
//! `tests/oracle/pdf.py` has another's reader read them, in `.ci/run`. What stands where is for the layout's own tests.

use serde_json::{Value, json};
use tests::{Call, World};

use crate::einvoices::{cloudonex, prepared};
use crate::orders::data;

/// A PDF's bytes.
pub(crate) async fn pdf(world: &World, path: &str) -> Vec<u8> {
    let response = world.app.handle(&cloudonex("GET", &format!("{path}/pdf")).request).await;
    assert_eq!((response.status, response.header("content-type")), (200, Some("application/pdf")), "{path}");
    assert!(response.body.starts_with(b"%PDF-1.7"));
    response.body
}

/// Keep a PDF with the words that must stand in it, and those that must stand on each page.
pub(crate) fn keep(name: &str, bytes: &[u8], pages: usize, words: &[String], on_each: &[&str]) {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("target/pdf");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join(format!("{name}.pdf")), bytes).unwrap();
    let wanted = json!({"pages": pages, "words": words, "on_each": on_each});
    std::fs::write(folder.join(format!("{name}.json")), wanted.to_string()).unwrap();
}

/// How many pages a PDF has.
fn pages(bytes: &[u8]) -> usize {
    let text = String::from_utf8_lossy(bytes);
    text.matches("/Type/Page/").count()
}

/// A value as it is printed, without commas.
fn printed(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_short_invoice_says_what_the_api_says() {
    let world = prepared().await;
    let body = json!({"customer_id": 1, "currency": "EUR", "date": "2026-03-01", "due_date": "2026-03-15", "notes": "Thank you for your business.",
        "items": [
            {"description": "Web hosting, plan L", "amount": 1249.5, "qty": 3, "taxes": ["VAT 19"], "period_start": "2026-03-01", "period_end": "2026-05-31"},
            {"description": "Books", "amount": 19.99, "qty": 10, "discount": 9.9, "taxes": ["VAT 7"]},
            {"description": "Insurance", "amount": 250, "taxes": ["Exempt"]}]});
    let invoice = data(&world, cloudonex("POST", "/invoices").json(&body), 201).await;
    let receipt = json!({"customer_id": 1, "amount": 1000, "currency": "EUR", "invoice_id": 1, "method": "Bank transfer", "reference": "TX-77"});
    let receipt = data(&world, cloudonex("POST", "/receipts").json(&receipt), 201).await;
    let note = json!({"customer_id": 1, "invoice_id": 1, "currency": "EUR", "date": "2026-03-01", "description": "Two books came back",
        "items": [{"description": "Books", "amount": 19.99, "qty": 2, "taxes": ["VAT 7"]}]});
    let note = data(&world, cloudonex("POST", "/credit-notes").json(&note), 201).await;
    let invoice = data(&world, cloudonex("GET", &format!("/invoices/{}", invoice["id"])), 200).await;
    let quote = json!({"customer_id": 1, "valid_until": "2026-03-31", "subject": "Website", "items": body["items"], "currency": "EUR", "tax_inclusive": true});
    let quote = data(&world, cloudonex("POST", "/quotes").json(&quote), 201).await;
    for (name, path, said, keys) in [
        (
            "invoice",
            "/invoices/1",
            &invoice,
            &["invoice_number", "subtotal", "amount", "amount_due", "date", "due_date"][..],
        ),
        ("receipt", "/receipts/1", &receipt, &["number", "amount", "method", "reference"]),
        ("transaction", "/transactions/1", &receipt, &["number", "amount"]),
        ("credit-note", "/credit-notes/2", &note, &["number", "invoice_number", "subtotal", "amount", "unallocated"]),
        ("quote", "/quotes/1", &quote, &["quote_number", "subtotal", "amount", "subject", "valid_until"]),
    ] {
        let bytes = pdf(&world, path).await;
        assert_eq!(bytes, pdf(&world, path).await, "the same document, the same bytes");
        let mut words: Vec<String> = keys.iter().map(|key| printed(&said[*key])).collect();
        words.extend(said["taxes"].as_array().into_iter().flatten().map(|tax| printed(&tax["amount"])));
        assert!(words.iter().all(|word| word != "null"), "{name}: {words:?}");
        keep(name, &bytes, 1, &words, &["Müller & Söhne <KG>", "Page 1 of 1"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_invoice_has_its_head_on_each_page() {
    let world = prepared().await;
    let name = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft".repeat(3);
    let items: Vec<Value> = (0..200)
        .map(|n| {
            let description = match n % 10 {
                3 => format!("{n} {name}"),
                _ => format!("Position {n}: rental of a virtual server with backups"),
            };
            json!({"description": description, "amount": format!("{}.99", 1_000_000 + n).parse::<serde_json::Number>().unwrap(), "qty": 1 + n % 7, "taxes": [if n % 2 == 0 { "VAT 19" } else { "VAT 7" }]})
        })
        .collect();
    let body = json!({"customer_id": 1, "currency": "EUR", "items": items});
    let invoice = data(&world, cloudonex("POST", "/invoices").json(&body), 201).await;
    let bytes = pdf(&world, "/invoices/1").await;
    let count = pages(&bytes);
    println!("pdf: {count} pages for 200 lines, {} KB", bytes.len() / 1024);
    assert!(count >= 5);
    let mut words: Vec<String> = (0..200).map(|n| format!("{}.99", 1_000_000 + n)).collect();
    words.extend(["subtotal", "amount", "amount_due"].iter().map(|key| printed(&invoice[*key])));
    words.extend(invoice["taxes"].as_array().unwrap().iter().map(|tax| printed(&tax["amount"])));
    keep("long", &bytes, count, &words, &[&format!("of {count}"), "INV-2026-001"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn names_of_all_scripts_come_back() {
    let world = prepared().await;
    let names = [
        "Ελληνική Εταιρεία",
        "Общество «Ромашка»",
        "شركة النور للتجارة",
        "חברת החשמל",
        "भारतीय व्यापार",
        "บริษัท ไทย",
        "株式会社山田商店",
        "北京科技有限公司",
        "한국전자",
        "Łódź Šťastný Ağaç",
    ];
    let items: Vec<Value> = names.iter().map(|name| json!({"description": name, "amount": 1})).collect();
    let body = json!({"customer_id": 3, "items": items, "notes": "𓀀 is in no font"});
    data(&world, cloudonex("POST", "/invoices").json(&body), 201).await;
    let words: Vec<String> = names.iter().map(|name| (*name).to_owned()).chain(["山田太郎".to_owned()]).collect();
    keep("scripts", &pdf(&world, "/invoices/1").await, 1, &words, &["𓀀"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_has_a_name_and_a_tag() {
    let world = prepared().await;
    let body = json!({"customer_id": 1, "items": [{"description": "x", "amount": 1}]});
    data(&world, cloudonex("POST", "/invoices").json(&body), 201).await;
    let ask = |path: &str| cloudonex("GET", path);
    let response = world.app.handle(&ask("/invoices/1/pdf").request).await;
    assert_eq!(response.header("content-disposition"), Some("inline; filename=\"INV-2026-001.pdf\""));
    let tag = response.header("etag").unwrap().to_owned();
    let again = world.app.handle(&ask("/invoices/1/pdf").header("if-none-match", &tag).request).await;
    assert_eq!((again.status, again.body.len(), again.header("etag")), (304, 0, Some(tag.as_str())));
    world.send(ask("/invoices/2/pdf")).await.expect(404);
    world.send(ask("/credit-notes/1/pdf")).await.expect(404);
    world.send(Call::new("DELETE", "/api/v2/invoices/1/pdf").operator("acme")).await.expect(405);
}
