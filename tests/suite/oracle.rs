//! A hundred thousand random documents and lines. What the documents come to is written to
//! `target/oracle/documents.jsonl`, where `tests/oracle/documents.py` works it out again with Python's own
//! decimals; `.ci/run` does both.

use std::io::Write;

use serde_json::{Value, json};
use shared::domain::documents::accrual::{Begin, Term, accrual};
use shared::domain::documents::line::Line;
use shared::domain::documents::sums::{Priced, Rounding, Terms, by_document, header, line};
use shared::words::money::{Currency, Decimal, Money};
use shared::words::time::{Date, Duration};
use tests::Dice;

const DOCUMENTS: u64 = 100_000;

fn priced(dice: &mut Dice, sums: bool, places: u32) -> Priced {
    let unit_places = dice.below(u64::from(places) + 3);
    let digits = u32::try_from(3 + dice.below(5)).unwrap();
    let unit = i64::try_from(1 + dice.below(10_u64.pow(digits))).unwrap();
    let unit = Decimal::new(unit, u32::try_from(unit_places).unwrap());
    let quantity = match dice.below(3) {
        0 => Decimal::ONE,
        1 => Decimal::from(1 + dice.below(50)),
        _ => Decimal::new(i64::try_from(1 + dice.below(99_999)).unwrap(), 3),
    };
    if sums {
        let unit = if dice.below(5) == 0 { -unit } else { unit };
        return Priced { quantity, unit, discount: Decimal::ZERO, taxes: Vec::new() };
    }
    let rates = ["9", "9.00", "18", "19.5", "2.5", "0", "7.7", "0.125"];
    let taxes = (0..dice.below(4)).map(|n| {
        let rate = rates[usize::try_from(dice.below(rates.len() as u64)).unwrap()];
        (n + 1, format!("T{n}"), rate.parse().unwrap())
    });
    let taxes = taxes.collect();
    // At most a third of the line, in whole minor units.
    let whole = (quantity * unit).round_dp(places);
    let discount = if dice.below(3) == 0 { (whole / Decimal::from(3)).trunc_with_scale(places) } else { Decimal::ZERO };
    Priced { quantity, unit, discount, taxes }
}

fn text(minor: i64, currency: Currency) -> String {
    Money { minor, currency }.to_string()
}

#[test]
fn random_documents_for_the_oracle() {
    let mut dice = Dice::new(20_260_321);
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("target/oracle");
    std::fs::create_dir_all(&folder).unwrap();
    let mut file = std::io::BufWriter::new(std::fs::File::create(folder.join("documents.jsonl")).unwrap());
    let codes = ["USD", "JPY", "KWD", "INR"];
    let ratios = ["1", "71.160", "0.0066", "3.25", "150", "0.307"];
    for number in 0..DOCUMENTS {
        let currency = Currency::from_code(codes[usize::try_from(number % 4).unwrap()]).unwrap();
        let base = Currency::from_code(codes[usize::try_from(dice.below(4)).unwrap()]).unwrap();
        let ratio = ratios[usize::try_from(dice.below(6)).unwrap()];
        let sums = dice.below(5) == 0;
        let inclusive = !sums && dice.below(2) == 0;
        let rounding = match (sums, dice.below(3)) {
            (true, _) => Rounding::Sums,
            (false, 0) => Rounding::Document,
            (false, _) => Rounding::Lines,
        };
        let terms = Terms { currency, base, ratio: ratio.parse().unwrap(), inclusive, rounding };
        let count = 1 + dice.below(6);
        let priced: Vec<Priced> = (0..count).map(|_| priced(&mut dice, sums, currency.places())).collect();
        let mut lines: Vec<Line> = priced.iter().map(|one| line(one, &terms).expect("in range")).collect();
        by_document(&mut lines.iter_mut().collect::<Vec<_>>(), &terms).expect("in range");
        let header = header(&lines, &terms).expect("in range");
        assert_eq!(header.total - header.tax, header.net());
        let given: Vec<Value> = priced
            .iter()
            .map(|one| {
                let taxes: Vec<String> = one.taxes.iter().map(|(_, _, percent)| percent.to_string()).collect();
                json!({"quantity": one.quantity.to_string(), "unit": one.unit.to_string(), "discount": one.discount.to_string(), "taxes": taxes})
            })
            .collect();
        let of = |minor| text(minor, currency);
        let result: Vec<Value> = lines
            .iter()
            .map(|line| {
                let taxes: Vec<String> = line.taxes.iter().map(|tax| of(tax.amount)).collect();
                json!({"subtotal": of(line.subtotal), "discount": of(line.discount), "taxable": of(line.taxable), "taxes": taxes,
                    "amount": of(line.amount), "base": text(line.base, base)})
            })
            .collect();
        let document = json!({
            "currency": currency.code(), "places": currency.places(), "base_places": base.places(), "ratio": ratio,
            "rounding": serde_json::to_value(rounding).unwrap(), "prices": if inclusive { "inclusive" } else { "exclusive" },
            "lines": given,
            "result": {"lines": result, "subtotal": of(header.subtotal), "discount": of(header.discount), "tax": of(header.tax),
                "total": of(header.total), "base_net": text(header.base_net, base), "base_tax": text(header.base_tax, base)},
        });
        writeln!(file, "{document}").unwrap();
    }
    println!("oracle: {DOCUMENTS} documents written for tests/oracle/documents.py");
}

#[test]
fn random_lines_earn_what_they_are_worth() {
    let mut dice = Dice::new(7);
    let mut dates = 0_u64;
    let begin = Date::from_ymd_opt(2019, 1, 1).unwrap();
    for _ in 0..100_000 {
        let base = i64::try_from(dice.below(20_000_000)).unwrap() - 10_000_000;
        let start = begin + Duration::days(i64::try_from(dice.below(3000)).unwrap());
        let length = [27, 30, 89, 181, 364, 365, 730][usize::try_from(dice.below(7)).unwrap()];
        let end = start + Duration::days(i64::try_from(dice.below(length + 1)).unwrap());
        let term = Term { start, end };
        // Every date of the term: what is earned never goes back, and ends with all of it.
        let (mut date, mut before) = (start, 0);
        while date <= end {
            let earned = term.earned(base, date);
            assert!((earned - before) * base.signum() >= 0);
            before = earned;
            date = date.succ_opt().unwrap();
            dates += 1;
        }
        assert_eq!(before, base);
        let span = term.days();
        for as_of in [
            start.pred_opt().unwrap(),
            start,
            start + Duration::days(i64::try_from(dice.below(u64::try_from(span).unwrap())).unwrap()),
            end,
            end + Duration::days(40),
        ] {
            let got = accrual(base, Some(term), start, as_of, Begin::Term, None);
            let months: i64 = got.months.iter().filter_map(|(_, value)| *value).sum();
            assert_eq!(months, got.current.unwrap_or(0));
            assert_eq!(got.current.unwrap_or(0) + got.future, base);
            assert_eq!(got.current.unwrap_or(0), term.earned(base, as_of));
        }
    }
    println!("accrual: 100000 random lines, {dates} dates: months add up, current + future = base");
}
