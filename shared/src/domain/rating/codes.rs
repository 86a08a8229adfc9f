//! Codes: several in one text (contract jerasoft §4.12).
//!
//! `44` is one code, `44301,44303` two, `44301-44303` three, and so is `443(0-2)1` (44301, 44311, 44321). Forms
//! combine: `44(1,3-4),45`. The two ends of a range have as many digits, so that `001-010` keeps its zeros.

use crate::words::error::Rule;

/// The longest code, in characters.
pub const LONGEST_CODE: usize = 64;

/// The codes of a text, each once, in its order; at most so many.
pub fn expand(text: &str, most: usize) -> Result<Vec<String>, Rule> {
    let mut codes: Vec<String> = Vec::new();
    for item in split(text)? {
        for code in expand_item(item.trim(), most)? {
            if code.chars().count() > LONGEST_CODE {
                return Err(Rule::TooLong(LONGEST_CODE));
            }
            if !codes.contains(&code) {
                codes.push(code);
            }
        }
        if codes.len() > most {
            return Err(Rule::TooMany(most));
        }
    }
    Ok(codes)
}

/// The parts between commas that stand outside of parentheses.
fn split(text: &str) -> Result<Vec<&str>, Rule> {
    let mut parts = Vec::new();
    let (mut inside, mut from) = (false, 0);
    for (place, letter) in text.char_indices() {
        match letter {
            '(' if !inside => inside = true,
            ')' if inside => inside = false,
            '(' | ')' => return Err(wrong()),
            ',' if !inside => {
                parts.push(text.get(from..place).unwrap_or_default());
                from = place + 1;
            }
            _ => {}
        }
    }
    if inside {
        return Err(wrong());
    }
    parts.push(text.get(from..).unwrap_or_default());
    Ok(parts)
}

fn expand_item(item: &str, most: usize) -> Result<Vec<String>, Rule> {
    if item.is_empty() {
        return Err(wrong());
    }
    let Some((before, rest)) = item.split_once('(') else {
        return expand_plain(item, most);
    };
    let (inner, after) = rest.split_once(')').ok_or_else(wrong)?;
    if !before.chars().all(is_letter) {
        return Err(wrong());
    }
    let mut middles = Vec::new();
    for part in inner.split(',') {
        middles.extend(expand_plain(part.trim(), most)?);
    }
    let ends = if after.is_empty() { vec![String::new()] } else { expand_item(after, most)? };
    if middles.len().saturating_mul(ends.len()) > most {
        return Err(Rule::TooMany(most));
    }
    // What follows the parentheses is no range: `4(1-2)3-5` says nothing.
    if after.contains('-') && !after.contains('(') {
        return Err(wrong());
    }
    Ok(middles.iter().flat_map(|middle| ends.iter().map(move |end| format!("{before}{middle}{end}"))).collect())
}

/// A code, or a range of codes of digits.
fn expand_plain(item: &str, most: usize) -> Result<Vec<String>, Rule> {
    let Some((from, to)) = item.split_once('-') else {
        let good = !item.is_empty() && item.chars().all(is_letter);
        return if good { Ok(vec![item.to_owned()]) } else { Err(wrong()) };
    };
    let (from, to) = (from.trim(), to.trim());
    let digits = |text: &str| !text.is_empty() && text.len() <= 18 && text.bytes().all(|b| b.is_ascii_digit());
    if !digits(from) || !digits(to) || from.len() != to.len() {
        return Err(wrong());
    }
    let (Ok(first), Ok(last)) = (from.parse::<u64>(), to.parse::<u64>()) else { return Err(wrong()) };
    if first > last {
        return Err(Rule::Reversed);
    }
    if usize::try_from(last - first).map_or(true, |count| count >= most) {
        return Err(Rule::TooMany(most));
    }
    let width = from.len();
    Ok((first..=last).map(|code| format!("{code:0width$}")).collect())
}

fn is_letter(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || "+*#_.".contains(letter)
}

fn wrong() -> Rule {
    Rule::NotOneOf(["44", "44301,44303", "44301-44303", "443(0-2)1"].map(str::to_owned).to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_forms_of_the_contract_and_how_they_combine() {
        for (text, codes) in [
            ("44", "44"),
            ("44301,44303", "44301 44303"),
            ("44301-44303", "44301 44302 44303"),
            ("443(0-2)1", "44301 44311 44321"),
            ("44(1,3-4), 45", "441 443 444 45"),
            ("4(1-2)(5-6)", "415 416 425 426"),
            ("008-011", "008 009 010 011"),
            ("44,44,43-44", "44 43"),
            ("+49*", "+49*"),
        ] {
            assert_eq!(expand(text, 1000).unwrap().join(" "), codes, "{text}");
        }
    }

    #[test]
    fn what_is_no_code_is_refused() {
        for text in [
            "",
            ",",
            "44,",
            "44-",
            "-44",
            "4-44",
            "44-45-46",
            "4(",
            "4)",
            "4()",
            "4((1))",
            "4(1-2",
            "é",
            "4(1-2)3-5",
            "1(2-3)-5",
        ] {
            assert_eq!(expand(text, 1000), Err(wrong()), "{text}");
        }
        assert_eq!(expand("45-44", 1000), Err(Rule::Reversed));
        assert_eq!(expand(&"4".repeat(65), 1000), Err(Rule::TooLong(64)));
        for text in ["000-999", "4(00-99)(00-99)", "000000000000000000-999999999999999999", "1,2,3,4,5,6"] {
            assert_eq!(expand(text, 5), Err(Rule::TooMany(5)), "{text}");
        }
    }

    proptest! {
        /// Whatever comes, it ends, and gives no more than asked for.
        #[test]
        fn never_more_than_asked_for(text in "[0-9,()\\- ]{0,24}", most in 1..50_usize) {
            if let Ok(codes) = expand(&text, most) {
                prop_assert!(!codes.is_empty() && codes.len() <= most);
            }
        }
    }
}
