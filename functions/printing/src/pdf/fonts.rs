//! The fonts, and which of them has a character. What they are and where they are from stands in docs/printing.md.

use std::sync::LazyLock;

use harfrust::{FontRef, ShaperData};
use krilla::text::Font;
use skrifa::MetadataProvider;
use skrifa::charmap::Charmap;

/// A font, ready to be measured, shaped and embedded.
pub(crate) struct Face {
    pub(crate) font: Font,
    pub(crate) file: FontRef<'static>,
    pub(crate) shaping: ShaperData,
    pub(crate) units_per_em: i64,
    charmap: Charmap<'static>,
}

impl Face {
    fn read(bytes: &'static [u8]) -> Option<Self> {
        let file = FontRef::from_index(bytes, 0).ok()?;
        let shaping = ShaperData::new(&file);
        let units_per_em = i64::from(shaping.shaper(&file).build().units_per_em());
        let charmap = file.charmap();
        Some(Self { font: Font::new(bytes.into(), 0)?, file, shaping, units_per_em, charmap })
    }

    /// Whether it has a character.
    pub(crate) fn has(&self, letter: char) -> bool {
        self.charmap.map(letter).is_some_and(|glyph| glyph.to_u32() != 0)
    }
}

/// A font of one weight, read when a document first wants it.
type Lazy = LazyLock<Option<Face>>;

macro_rules! face {
    ($name:literal) => {
        LazyLock::new(|| Face::read(include_bytes!(concat!("../../fonts/", $name))))
    };
}

/// In the order in which they are asked: regular, then bold.
static FACES: [[Lazy; 6]; 2] = [
    [
        face!("NotoSans-Regular.ttf"),
        face!("NotoSansArabic-Regular.ttf"),
        face!("NotoSansHebrew-Regular.ttf"),
        face!("NotoSansDevanagari-Regular.ttf"),
        face!("NotoSansThai-Regular.ttf"),
        face!("DroidSansFallback.ttf"),
    ],
    [
        face!("NotoSans-Bold.ttf"),
        face!("NotoSansArabic-Bold.ttf"),
        face!("NotoSansHebrew-Bold.ttf"),
        face!("NotoSansDevanagari-Bold.ttf"),
        face!("NotoSansThai-Bold.ttf"),
        // It has one weight.
        face!("DroidSansFallback.ttf"),
    ],
];

/// What stands where no font has a character: every one of them is seen to be missing.
pub(crate) const MISSING: char = '\u{fffd}';

/// The first font that has a character, unless the one before has it too and the character belongs to its neighbours
/// (blanks, marks). `None` where none has it.
pub(crate) fn face_for(letter: char, bold: bool, before: Option<&'static Face>) -> Option<&'static Face> {
    if let Some(before) = before.filter(|before| !letter.is_alphanumeric() && before.has(letter)) {
        return Some(before);
    }
    FACES[usize::from(bold)].iter().filter_map(|face| face.as_ref()).find(|face| face.has(letter))
}

/// The font for what is in none.
pub(crate) fn main_face(bold: bool) -> Option<&'static Face> {
    FACES[usize::from(bold)].iter().find_map(|face| face.as_ref())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_script_has_a_font() {
        for text in [
            "Latin Ωμέγα Кириллица",
            "العربية",
            "עברית",
            "देवनागरी",
            "ภาษาไทย",
            "中文漢字日本語カナ한국어",
            "€$£¥₹–—“”„…\u{fffd}",
        ] {
            for letter in text.chars() {
                for bold in [false, true] {
                    assert!(face_for(letter, bold, None).is_some(), "{letter} of {text}");
                }
            }
        }
        assert!(face_for('\u{13000}', false, None).is_none(), "hieroglyphs are in none");
        assert!(FACES.iter().flatten().all(|face| face.is_some()));
    }
}
