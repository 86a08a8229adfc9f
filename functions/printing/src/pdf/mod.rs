//! Documents on paper: what stands there ([`paper`]), where ([`layout`]), in which type ([`text`], [`fonts`]), and all
//! that as a PDF ([`sheet`]). The same document gives the same bytes.

mod fonts;
mod layout;
mod paper;
mod sheet;
mod text;

use shared::domain::printing::Printed;
use shared::machinery::reply::Reply;
use shared::words::error::{Error, Result};
use shared::words::time::Instant;

/// What is printed.
pub(crate) const MEDIA: &str = "application/pdf";

/// A document or a quote as a PDF, named after its number.
pub(crate) fn reply(printed: &Printed) -> Result<Reply> {
    let paper = paper::of(printed);
    let bytes = pdf(&paper).map_err(|e| Error::internal(format!("PDF: {e}")))?;
    Ok(Reply::download(format!("{}.pdf", paper.number), bytes))
}

fn pdf(paper: &paper::Paper) -> std::result::Result<Vec<u8>, String> {
    let about = sheet::About {
        title: format!("{} {}", paper.title, paper.number),
        author: paper.seller.first().cloned().unwrap_or_default(),
        made: paper.made.unwrap_or(Instant::UNIX_EPOCH),
    };
    sheet::pdf(&layout::pages(paper), &about)
}

#[cfg(test)]
mod tests {
    use super::layout::pages;
    use super::paper::{Paper, Row};
    use super::pdf;
    use super::sheet::{Item, PAGE, Part};

    fn paper(rows: usize, text: &str) -> Paper {
        let row = |n: usize| Row {
            text: format!("{n} {text}"),
            small: vec!["2026-01-01 to 2026-12-31".into(), "Discount -1,000.00".into()],
            figures: ["1,234.567", "999,999.123456", "19 % + 7 %", "9,999,999,999.99"].map(str::to_owned).into(),
        };
        Paper {
            title: "Invoice".into(),
            number: "INV-2026-0001".into(),
            mark: Some("Paid"),
            seller: ["North Hosting GmbH", "Hafenstraße 1", "20457 Hamburg", "DE"].map(str::to_owned).into(),
            to: "Bill to",
            buyer: vec![text.to_owned(), "Street".into()],
            facts: vec![("Date", "2026-03-01".into()), ("Reference", "R".repeat(120))],
            columns: vec!["Description", "Quantity", "Unit price", "Tax", "Amount"],
            rows: (0..rows).map(row).collect(),
            sums: [
                ("Subtotal", "1.00"),
                ("A tax with quite a long name, and then some more of it 19 %", "9,999,999,999,999.99"),
                ("Total EUR", "2.00"),
                ("Amount due EUR", "3.00"),
            ]
            .map(|(name, amount)| (name.to_owned(), amount.to_owned()))
            .into(),
            remarks: vec![("Notes", "Thank you.\n\nAgain.".repeat(rows))],
            foot: "North Hosting GmbH".into(),
            made: None,
        }
    }

    /// Left, top, right, bottom and part of each text.
    fn boxes(page: &[Item]) -> Vec<(i64, i64, i64, i64, Part)> {
        let text = |item: &Item| match item {
            Item::Text { x, y, line, size, part, .. } => {
                Some((*x, y - size * 7 / 10, x + line.width, y + size / 5, *part))
            }
            Item::Bar { .. } => None,
        };
        page.iter().filter_map(text).collect()
    }

    #[test]
    fn nothing_overlaps_and_nothing_leaves_the_page() {
        let long = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft".repeat(12);
        for text in ["a service", long.as_str(), "株式会社山田商店", "شركة النور للتجارة والخدمات"]
        {
            for rows in [0, 1, 17, 200] {
                let pages = pages(&paper(rows, text));
                for page in &pages {
                    let boxes = boxes(page);
                    for (place, one) in boxes.iter().enumerate() {
                        assert!(one.0 >= 48_000 && one.2 <= PAGE.0 - 48_000 + 1, "{one:?}");
                        assert!(one.1 >= 0 && one.3 <= PAGE.1 - 30_000, "{one:?}");
                        for other in &boxes[place + 1..] {
                            let apart = one.2 <= other.0 || other.2 <= one.0 || one.3 <= other.1 || other.3 <= one.1;
                            assert!(apart, "{one:?} and {other:?}");
                        }
                    }
                }
                assert!(rows < 200 || pages.len() >= 5);
            }
        }
    }

    #[test]
    fn what_is_written_keeps_to_its_standards() {
        // krilla refuses what is against PDF/A-2a or PDF/UA-1.
        for text in [
            "plain",
            "العربية עברית 中文 भारत ไทย",
            "\u{0}\u{7}\u{e000}\u{fffe}\u{feff}\u{13000}\u{1f600}\u{200d}",
            "",
            " ",
        ] {
            let paper = paper(3, text);
            let bytes = pdf(&paper).unwrap();
            assert_eq!(bytes, pdf(&paper).unwrap(), "the same paper, the same bytes");
        }
    }
}
