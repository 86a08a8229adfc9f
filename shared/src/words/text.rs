//! Texts for people.

/// A name as a person reads it at the beginning of a sentence: `zip_code` is `Zip code`.
pub fn spoken(name: &str) -> String {
    let name = name.replace('_', " ");
    let mut letters = name.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
