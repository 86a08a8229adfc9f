//! Texts for people.

/// A name as a person reads it at the beginning of a sentence: `zip_code` is `Zip code`.
pub fn spoken(name: &str) -> String {
    let name = name.replace('_', " ");
    let mut letters = name.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// A number as the register sorts it. Runs of digits are padded to twelve, so that text order is number order and
/// numbers that differ in capitals or leading zeros only are one.
pub fn plain_number(number: &str) -> String {
    let mut sk = String::new();
    let mut digits = String::new();
    let mut letters = number.chars().peekable();
    while let Some(letter) = letters.next() {
        if letter.is_ascii_digit() {
            digits.push(letter);
            if letters.peek().is_none_or(|next| !next.is_ascii_digit()) {
                sk.push_str(&format!("{:0>12}", digits.trim_start_matches('0')));
                digits.clear();
            }
        } else {
            sk.extend(letter.to_lowercase());
        }
    }
    sk
}
