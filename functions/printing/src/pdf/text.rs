//! Setting a text: which way it runs, which fonts it takes, where its lines break. Lengths are thousandths of a point.

use std::ops::Range;

use harfrust::{Direction, ShapeOptions, UnicodeBuffer};
use unicode_bidi::{BidiInfo, Level};
use unicode_linebreak::{BreakOpportunity, linebreaks};
use unicode_segmentation::UnicodeSegmentation;

use super::fonts::{Face, MISSING, face_for, main_face};

/// How a text looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Style {
    /// The size of the type.
    pub(crate) size: i64,
    pub(crate) bold: bool,
    pub(crate) ink: Ink,
}

/// What it is printed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ink {
    Black,
    Grey,
    Light,
    Accent,
    Shade,
}

/// A glyph; advance and offsets in the font's own units.
#[derive(Debug, Clone)]
pub(crate) struct Glyph {
    pub(crate) id: u32,
    pub(crate) advance: i32,
    pub(crate) offset: (i32, i32),
    /// The part of the piece's text that it stands for.
    pub(crate) range: Range<usize>,
}

/// Glyphs of one font, one after the other.
#[derive(Clone)]
pub(crate) struct Piece {
    pub(crate) face: &'static Face,
    pub(crate) text: String,
    /// Where the text stands in its paragraph, in bytes.
    start: usize,
    size: i64,
    pub(crate) glyphs: Vec<Glyph>,
    pub(crate) width: i64,
}

/// A line, from left to right.
#[derive(Clone, Default)]
pub(crate) struct Line {
    pub(crate) pieces: Vec<Piece>,
    pub(crate) width: i64,
}

/// The width of a text on one line.
pub(crate) fn width(text: &str, style: Style) -> i64 {
    let clean = clean(text);
    lines_of(&clean, style, i64::MAX).iter().map(|line| line.width).max().unwrap_or(0)
}

/// A text as lines that are no wider than `width`.
pub(crate) fn set(text: &str, style: Style, width: i64) -> Vec<Line> {
    lines_of(&clean(text), style, width)
}

/// What no font and no PDF can hold is shown as missing; tabs are blanks.
fn clean(text: &str) -> String {
    let text = text.replace("\r\n", "\n").replace(['\r', '\u{2028}', '\u{2029}', '\u{85}', '\u{b}', '\u{c}'], "\n");
    let letter = |letter: char| match letter {
        '\n' => '\n',
        '\t' | '\u{a0}' => ' ',
        '\u{e000}'..='\u{f8ff}' | '\u{f0000}'.. | '\u{feff}' | '\u{fff0}'..='\u{fffb}' => MISSING,
        other if other.is_control() || u32::from(other) & 0xfffe == 0xfffe => MISSING,
        other => other,
    };
    text.chars().map(letter).collect()
}

fn lines_of(text: &str, style: Style, width: i64) -> Vec<Line> {
    let mut lines = Vec::new();
    for paragraph in text.split('\n') {
        let bidi = BidiInfo::new(paragraph, None);
        let Some(whole) = bidi.paragraphs.first() else {
            lines.push(Line::default());
            continue;
        };
        let visual = |range: Range<usize>| {
            let (levels, runs) = bidi.visual_runs(whole, range);
            let mut line = Line::default();
            for run in runs {
                let leftward = levels.get(run.start).is_some_and(Level::is_rtl);
                let start = run.start;
                let mut pieces = pieces(paragraph.get(run).unwrap_or_default(), start, style, leftward);
                if leftward {
                    pieces.reverse();
                }
                line.width += pieces.iter().map(|piece| piece.width).sum::<i64>();
                line.pieces.extend(pieces);
            }
            line
        };
        let all = visual(0..paragraph.len());
        if all.width <= width {
            lines.push(all);
            continue;
        }
        for range in breaks(paragraph, &advances(&all, paragraph), width) {
            lines.push(visual(trimmed(paragraph, range)));
        }
    }
    lines
}

/// A range without the blanks at its end, which nobody sees.
fn trimmed(text: &str, range: Range<usize>) -> Range<usize> {
    let kept = text.get(range.clone()).unwrap_or_default().trim_end_matches(' ').len();
    range.start..range.start + kept
}

/// How wide the text is at each byte, as it stands on one line: a cluster counts where it begins.
fn advances(line: &Line, text: &str) -> Vec<i64> {
    let mut found = vec![0; text.len()];
    for piece in &line.pieces {
        for glyph in &piece.glyphs {
            if let Some(place) = found.get_mut(piece.start + glyph.range.start) {
                *place += piece.scaled(glyph.advance);
            }
        }
    }
    found
}

/// Where lines begin and end so that none is wider: where a line may break, or, of what is too long by itself, between
/// any two letters.
fn breaks(text: &str, advances: &[i64], width: i64) -> Vec<Range<usize>> {
    let wide = |range: Range<usize>| advances.get(range).unwrap_or_default().iter().sum::<i64>();
    let mut ranges = Vec::new();
    let (mut start, mut end) = (0, 0);
    for (next, opportunity) in linebreaks(text) {
        if wide(trimmed(text, start..next)) > width {
            if end > start {
                ranges.push(start..end);
                start = end;
            }
            // What follows does not fit on a line of its own either.
            while wide(trimmed(text, start..next)) > width {
                let letters = text.get(start..next).unwrap_or_default().grapheme_indices(true);
                let fits = letters.map(|(at, letter)| start + at + letter.len());
                let fits = fits.take_while(|end| wide(start..*end) <= width).last();
                let first = text.get(start..next).and_then(|rest| rest.graphemes(true).next()).map_or(1, str::len);
                let cut = fits.unwrap_or(start + first).min(next);
                ranges.push(start..cut);
                start = cut;
                if start >= next {
                    break;
                }
            }
        }
        end = next;
        if opportunity == BreakOpportunity::Mandatory && end > start {
            ranges.push(start..end);
            start = end;
        }
    }
    if end > start {
        ranges.push(start..end);
    }
    ranges
}

/// What is shown of a letter that no font has, and what is never shown.
fn is_ignorable(letter: char) -> bool {
    matches!(letter, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}')
}

/// A run of one direction as pieces of one font each, in the order of the text. `start` is its place in the paragraph.
fn pieces(text: &str, start: usize, style: Style, leftward: bool) -> Vec<Piece> {
    let mut found: Vec<(&'static Face, Range<usize>, Vec<char>)> = Vec::new();
    for (at, letter) in text.char_indices() {
        let before = found.last().map(|(face, _, _)| *face);
        let kept = before.filter(|_| is_ignorable(letter));
        let (face, shown) = match kept.or_else(|| face_for(letter, style.bold, before)) {
            Some(face) => (face, letter),
            None => match main_face(style.bold) {
                Some(face) => (face, if is_ignorable(letter) { letter } else { MISSING }),
                None => continue,
            },
        };
        let end = at + letter.len_utf8();
        match found.last_mut() {
            Some((last, range, letters)) if std::ptr::eq(*last, face) => {
                range.end = end;
                letters.push(shown);
            }
            _ => found.push((face, at..end, vec![shown])),
        }
    }
    let piece = |(face, range, letters): (&'static Face, Range<usize>, Vec<char>)| {
        let part = text.get(range.clone()).unwrap_or_default();
        shaped(face, part, start + range.start, &letters, style, leftward)
    };
    found.into_iter().map(piece).collect()
}

/// A text in one font; `letters` are what is shown of its characters.
fn shaped(face: &'static Face, text: &str, start: usize, letters: &[char], style: Style, leftward: bool) -> Piece {
    let mut buffer = UnicodeBuffer::new();
    for ((at, _), letter) in text.char_indices().zip(letters) {
        buffer.add(*letter, u32::try_from(at).unwrap_or(0));
    }
    buffer.guess_segment_properties();
    buffer.set_direction(if leftward { Direction::RightToLeft } else { Direction::LeftToRight });
    let shaped = face.shaping.shaper(&face.file).build().shape(buffer, ShapeOptions::new());
    let mut clusters: Vec<usize> = shaped.glyph_infos().iter().map(|info| info.cluster as usize).collect();
    clusters.sort_unstable();
    let end_of = |begin: usize| clusters.iter().find(|other| **other > begin).copied().unwrap_or(text.len());
    let glyph = |(info, at): (&harfrust::GlyphInfo, &harfrust::GlyphPosition)| {
        let begin = info.cluster as usize;
        Glyph {
            id: info.glyph_id,
            advance: at.x_advance,
            offset: (at.x_offset, at.y_offset),
            range: begin..end_of(begin),
        }
    };
    let glyphs: Vec<Glyph> = shaped.glyph_infos().iter().zip(shaped.glyph_positions()).map(glyph).collect();
    let mut piece = Piece { face, text: text.to_owned(), start, size: style.size, glyphs, width: 0 };
    piece.width = piece.glyphs.iter().map(|glyph| piece.scaled(glyph.advance)).sum();
    piece
}

impl Piece {
    /// A length in the font's units as it is printed.
    fn scaled(&self, units: i32) -> i64 {
        i64::from(units) * self.size / self.face.units_per_em.max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: Style = Style { size: 9_000, bold: false, ink: Ink::Black };

    fn shown(line: &Line) -> String {
        line.pieces.iter().map(|piece| piece.text.as_str()).collect()
    }

    #[test]
    fn lines_break_and_lose_nothing() {
        for (text, most) in [
            ("the quick brown fox jumps over the lazy dog", 60_000),
            ("Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft", 60_000),
            ("中文字符没有空格所以任何地方都可以换行", 60_000),
            ("एक दो तीन चार पाँच छह सात आठ नौ दस", 50_000),
            ("a\u{301}e\u{301}i\u{301}o\u{301}u\u{301}", 12_000),
            ("x", 1),
        ] {
            let lines = set(text, PLAIN, most);
            assert!(lines.len() > 1 || text == "x", "{text}");
            for line in &lines {
                assert!(line.width <= most || shown(line).graphemes(true).count() == 1, "{}", shown(line));
            }
            let whole: String = lines.iter().map(shown).collect();
            assert_eq!(whole.replace(' ', ""), text.replace(' ', ""));
        }
    }

    #[test]
    fn what_runs_leftward_is_turned() {
        let line = &set("שלום 123 abc", PLAIN, i64::MAX)[0];
        // From left to right: the Latin word, the number, then the Hebrew word, whose first letter is the last glyph.
        let pieces: Vec<&str> =
            line.pieces.iter().map(|piece| piece.text.trim()).filter(|text| !text.is_empty()).collect();
        assert_eq!(pieces.first(), Some(&"abc"));
        let hebrew = line.pieces.iter().find(|piece| piece.text.contains('ש')).unwrap();
        assert_eq!(hebrew.glyphs.last().map(|glyph| glyph.range.start), Some(0));
    }

    #[test]
    fn what_no_font_has_is_seen() {
        let line = &set("a\u{13000}b\u{e000}", PLAIN, i64::MAX)[0];
        let missing = shaped(main_face(false).unwrap(), "\u{fffd}", 0, &[MISSING], PLAIN, false).glyphs[0].id;
        assert_ne!(missing, 0);
        let ids: Vec<u32> = line.pieces.iter().flat_map(|piece| &piece.glyphs).map(|glyph| glyph.id).collect();
        assert_eq!(ids.iter().filter(|id| **id == missing).count(), 2);
        assert_eq!(shown(line), "a\u{13000}b\u{fffd}");
    }
}
