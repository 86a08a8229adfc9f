//! Electronic invoices: UBL 2.1 that keeps to EN 16931, or a refusal that names the rules.
//!
//! A document becomes the standard's [`model`], the [`rules`] look at the model, and what they let pass is [written].
//!
//! [written]: write

mod codes;
mod model;
mod rules;
mod sums;
mod write;
mod xml;

use shared::domain::printing::Sent;
use shared::machinery::reply::Reply;
use shared::words::error::{Error, Result, Told};

/// What a document is sent as.
pub(crate) const MEDIA: &str = "application/xml";

/// An invoice or a credit note as an electronic one.
pub(crate) fn reply(sent: &Sent) -> Result<Reply> {
    let invoice = model::of(&sent.document, &sent.parties);
    let broken = rules::broken(&invoice);
    if !broken.is_empty() {
        return Err(Error::told(Told::Invalid(broken)));
    }
    let name = format!("{}.xml", invoice.number.as_deref().unwrap_or_default());
    let bytes = write::document(&invoice).map_err(|e| Error::internal(format!("UBL: {e}")))?;
    Ok(Reply::download(name, bytes))
}

#[cfg(test)]
mod tests {
    use shared::domain::books::vat::VatCategory;
    use shared::domain::documents::accrual::Term;
    use shared::words::error::Rule;
    use shared::words::money::{Currency, Decimal};
    use shared::words::time::Date;

    use super::model::{Allowance, Breakdown, Invoice, Line, Party, Totals, Vat};
    use super::{rules, write};

    /// Makes a good invoice a bad one.
    type Spoil = Box<dyn Fn(&mut Invoice)>;

    fn good() -> Invoice {
        let vat = Vat { category: Some(VatCategory::Standard), percent: Decimal::from(19), reason: None, taxes: 1 };
        let party = |name: &str, id: &str| Party {
            name: Some(name.into()),
            country: Some("DE".into()),
            vat_id: Some(id.into()),
            ..Party::default()
        };
        let (price, one) = (Decimal::from(110), Decimal::ONE);
        let name = "Hosting".to_owned();
        let line = Line {
            name,
            quantity: one,
            price,
            base_quantity: one,
            allowance: 0,
            net: 11_000,
            period: None,
            vat: vat.clone(),
        };
        Invoice {
            is_credit_note: false,
            number: Some("1".into()),
            issued: "2026-03-01".into(),
            due: Some("2026-03-15".into()),
            currency: Currency::from_code("EUR").unwrap(),
            notes: None,
            preceding: None,
            period: None,
            seller: party("North", "DE123456789"),
            buyer: party("Berg", "DE987654321"),
            account: None,
            lines: vec![line],
            allowances: vec![Allowance { amount: 1_000, reason: "Off".into(), vat: vat.clone() }],
            breakdown: vec![Breakdown { vat, taxable: 10_000, tax: 1_900 }],
            totals: Totals {
                lines: 11_000,
                allowances: 1_000,
                net: 10_000,
                tax: 1_900,
                gross: 11_900,
                paid: 900,
                rounding: 0,
                payable: 11_000,
            },
        }
    }

    fn named(invoice: &Invoice) -> String {
        let text = |rule: &Rule| if let Rule::Sentence(text) = rule { text.clone() } else { String::new() };
        rules::broken(invoice).iter().map(|violation| text(&violation.rule)).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn what_is_good_is_written_and_what_is_not_is_named() {
        assert_eq!(named(&good()), "");
        assert!(write::document(&good()).unwrap().starts_with(b"<?xml"));
        let day = |text: &str| text.parse::<Date>().unwrap();
        let backwards = Term { start: day("2026-03-02"), end: day("2026-03-01") };
        let cases: Vec<(&str, Spoil)> = vec![
            ("BR-02", Box::new(|one| one.number = None)),
            ("BR-07", Box::new(|one| one.buyer.name = None)),
            ("BR-16", Box::new(|one| one.lines.clear())),
            ("BR-25", Box::new(|one| one.lines[0].name.clear())),
            ("BR-27", Box::new(|one| one.lines[0].price = Decimal::NEGATIVE_ONE)),
            ("BR-30", Box::new(move |one| one.lines[0].period = Some(backwards))),
            ("BR-33", Box::new(|one| one.allowances[0].reason.clear())),
            ("BR-55", Box::new(|one| one.preceding = Some(None))),
            ("BR-S-05", Box::new(|one| one.lines[0].vat.percent = Decimal::ZERO)),
            ("BR-E-05", Box::new(|one| one.lines[0].vat.category = Some(VatCategory::Exempt))),
            ("BR-CO-10", Box::new(|one| one.totals.lines += 1)),
            ("BR-CO-11", Box::new(|one| one.totals.allowances += 1)),
            ("BR-CO-13", Box::new(|one| one.totals.net += 1)),
            ("BR-CO-14", Box::new(|one| one.totals.tax += 1)),
            ("BR-CO-15", Box::new(|one| one.totals.gross += 1)),
            ("BR-CO-16", Box::new(|one| one.totals.payable += 1)),
            ("BR-CO-17", Box::new(|one| one.breakdown[0].tax += 100)),
            ("BR-CO-25", Box::new(|one| one.due = None)),
            ("BR-S-08", Box::new(|one| one.breakdown[0].taxable += 1)),
        ];
        for (rule, spoil) in cases {
            let mut invoice = good();
            spoil(&mut invoice);
            assert!(named(&invoice).contains(&format!("{rule}: ")), "{rule} is not in {}", named(&invoice));
        }
        // Less than one unit away is what rounding each line may do.
        let mut invoice = good();
        invoice.breakdown[0].tax += 99;
        assert!(!named(&invoice).contains("BR-CO-17"));
    }

    #[test]
    fn what_xml_cannot_hold_is_escaped() {
        let mut invoice = good();
        invoice.lines[0].name = "<a & \"b\">".into();
        let text = String::from_utf8(write::document(&invoice).unwrap()).unwrap();
        assert!(text.contains("<cbc:Name>&lt;a &amp; "), "{text}");
    }
}
