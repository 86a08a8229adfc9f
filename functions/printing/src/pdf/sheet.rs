//! From pages of placed texts and shapes to a PDF: tagged for readers that read aloud (PDF/UA-1), and to be kept
//! (PDF/A-2a). The only file that knows floats, since krilla's coordinates are some.
#![allow(
    clippy::disallowed_types,
    clippy::float_arithmetic,
    reason = "krilla's coordinates are floats; no amount of money comes here"
)]

use std::collections::BTreeMap;

use krilla::color::rgb;
use krilla::configure::{Accessibility, Archival, ConfigurationBuilder};
use krilla::destination::XyzDestination;
use krilla::geom::{PathBuilder, Point, Rect};
use krilla::metadata::{DateTime, Metadata};
use krilla::outline::{Outline, OutlineNode};
use krilla::page::PageSettings;
use krilla::paint::Fill;
use krilla::surface::Surface;
use krilla::tagging::{
    Artifact, ArtifactType, ContentTag, Identifier, Node, SpanTag, TableHeaderScope, Tag, TagGroup, TagTree,
};
use krilla::text::{GlyphId, KrillaGlyph};
use krilla::{Document, SerializeSettings};
use shared::words::time::Instant;

use super::text::{Ink, Line, Piece};

/// The size of a page, A4.
pub(crate) const PAGE: (i64, i64) = (595_276, 841_890);

/// What a text is part of, in the order in which it is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Part {
    /// A heading; its place among the parts.
    Heading(u32),
    /// A paragraph.
    Paragraph(u32),
    /// A cell of the table at this place: its row and column. Row 0 is the head.
    Cell(u32, u32, u32),
    /// What is said again on each page, or is only decoration.
    Repeated,
}

/// Something on a page.
pub(crate) enum Item {
    /// A line of text: its left end and its base line.
    Text { x: i64, y: i64, line: Line, size: i64, ink: Ink, part: Part },
    /// A filled rectangle: left, top, width, height.
    Bar { x: i64, y: i64, width: i64, height: i64, ink: Ink },
}

/// What the document says of itself.
pub(crate) struct About {
    pub(crate) title: String,
    pub(crate) author: String,
    pub(crate) made: Instant,
}

/// Points, of thousandths.
#[allow(clippy::cast_precision_loss, reason = "lengths on a page are far below 2^24 thousandths")]
fn points(thousandths: i64) -> f32 {
    thousandths as f32 / 1000.0
}

fn colour(ink: Ink) -> rgb::Color {
    match ink {
        Ink::Black => rgb::Color::new(24, 28, 36),
        Ink::Grey => rgb::Color::new(92, 99, 112),
        Ink::Light => rgb::Color::new(214, 219, 227),
        Ink::Accent => rgb::Color::new(24, 74, 140),
        Ink::Shade => rgb::Color::new(243, 245, 249),
    }
}

/// The pages as a PDF; the error is krilla's, for the log.
pub(crate) fn pdf(pages: &[Vec<Item>], about: &About) -> Result<Vec<u8>, String> {
    let configuration = ConfigurationBuilder::new()
        .with_archival_validator(Archival::A2_A)
        .with_accessibility_validator(Accessibility::UA1)
        .finish()
        .map_err(|e| format!("{e:?}"))?;
    let mut document = Document::new_with(SerializeSettings { configuration, ..SerializeSettings::default() });
    let mut parts: BTreeMap<Part, Vec<Identifier>> = BTreeMap::new();
    for items in pages {
        let size = PageSettings::from_wh(points(PAGE.0), points(PAGE.1)).ok_or("no page of this size")?;
        let mut page = document.start_page_with(size);
        let mut surface = page.surface();
        for item in items {
            draw(&mut surface, item, &mut parts);
        }
        surface.finish();
        page.finish();
    }
    document.set_tag_tree(tree(parts, &about.title));
    let mut outline = Outline::new();
    let top = XyzDestination::new(0, Point::from_xy(0.0, 0.0));
    outline.push_child(OutlineNode::new(about.title.clone(), top));
    document.set_outline(outline);
    let made = made(about.made);
    document.set_metadata(
        Metadata::new()
            .title(about.title.clone())
            .authors(vec![about.author.clone()])
            .creator("Tessera".into())
            .language("en".into())
            .creation_date(made),
    );
    document.finish().map_err(|e| format!("{e:?}"))
}

fn made(at: Instant) -> DateTime {
    let text = at.format("%Y%m%d%H%M%S").to_string();
    let number =
        |range: std::ops::Range<usize>| text.get(range).and_then(|digits| digits.parse::<u16>().ok()).unwrap_or(0);
    let small = |range| u8::try_from(number(range)).unwrap_or(0);
    DateTime::new(number(0..4))
        .month(small(4..6))
        .day(small(6..8))
        .hour(small(8..10))
        .minute(small(10..12))
        .second(small(12..14))
        .utc_offset_hour(0)
        .utc_offset_minute(0)
}

fn fill(surface: &mut Surface<'_>, ink: Ink) {
    surface.set_fill(Some(Fill { paint: colour(ink).into(), ..Fill::default() }));
}

fn draw(surface: &mut Surface<'_>, item: &Item, parts: &mut BTreeMap<Part, Vec<Identifier>>) {
    match item {
        Item::Bar { x, y, width, height, ink } => {
            let rectangle = Rect::from_xywh(points(*x), points(*y), points(*width), points(*height));
            let Some(rectangle) = rectangle else { return };
            let mut path = PathBuilder::new();
            path.push_rect(rectangle);
            surface.start_tagged(ContentTag::Artifact(Artifact::with_kind(ArtifactType::Layout)));
            fill(surface, *ink);
            if let Some(path) = path.finish() {
                surface.draw_path(&path);
            }
            surface.end_tagged();
        }
        Item::Text { x, y, line, size, ink, part } => {
            if line.pieces.is_empty() {
                return;
            }
            let tag = match part {
                Part::Repeated => ContentTag::Artifact(Artifact::with_kind(ArtifactType::PaginationOther)),
                _ => ContentTag::Span(SpanTag::empty()),
            };
            let identifier = surface.start_tagged(tag);
            fill(surface, *ink);
            let mut left = *x;
            for piece in &line.pieces {
                place(surface, piece, (left, *y), *size);
                left += piece.width;
            }
            surface.end_tagged();
            if *part != Part::Repeated {
                parts.entry(*part).or_default().push(identifier);
            }
        }
    }
}

fn place(surface: &mut Surface<'_>, piece: &Piece, (x, y): (i64, i64), size: i64) {
    let units = piece.face.font.units_per_em();
    #[allow(clippy::cast_precision_loss, reason = "a font's units are small")]
    let em = |length: i32| length as f32 / units;
    let glyph = |glyph: &super::text::Glyph| {
        let (right, up) = glyph.offset;
        KrillaGlyph::new(GlyphId::new(glyph.id), em(glyph.advance), em(right), em(up), 0.0, glyph.range.clone(), None)
    };
    let glyphs: Vec<KrillaGlyph> = piece.glyphs.iter().map(glyph).collect();
    let start = Point::from_xy(points(x), points(y));
    surface.draw_glyphs(start, &glyphs, piece.face.font.clone(), &piece.text, points(size), false);
}

/// What is read in which order. The parts are ordered, and so are a table's rows and cells.
fn tree(parts: BTreeMap<Part, Vec<Identifier>>, title: &str) -> TagTree {
    let leaves = |identifiers: Vec<Identifier>| identifiers.into_iter().map(Node::Leaf).collect::<Vec<_>>();
    let mut tree: BTreeMap<u32, Vec<Node>> = BTreeMap::new();
    let mut tables: BTreeMap<u32, BTreeMap<u32, Vec<Node>>> = BTreeMap::new();
    for (part, identifiers) in parts {
        let inner = leaves(identifiers);
        match part {
            Part::Heading(place) => {
                let heading = Tag::Hn(std::num::NonZeroU16::MIN, Some(title.to_owned()));
                tree.entry(place).or_default().push(TagGroup::with_children(heading, inner).into());
            }
            Part::Paragraph(place) => {
                tree.entry(place).or_default().push(TagGroup::with_children(Tag::P, inner).into());
            }
            Part::Cell(place, row, _) => {
                let text = TagGroup::with_children(Tag::P, inner).into();
                let cell = if row == 0 {
                    TagGroup::with_children(Tag::TH(TableHeaderScope::Column), vec![text])
                } else {
                    TagGroup::with_children(Tag::TD, vec![text])
                };
                tables.entry(place).or_default().entry(row).or_default().push(cell.into());
            }
            Part::Repeated => {}
        }
    }
    for (place, rows) in tables {
        let row = |cells| Node::from(TagGroup::with_children(Tag::TR, cells));
        let (mut head, mut body) = (Vec::new(), Vec::new());
        for (number, cells) in rows {
            if number == 0 { head.push(row(cells)) } else { body.push(row(cells)) }
        }
        let sections =
            vec![TagGroup::with_children(Tag::THead, head).into(), TagGroup::with_children(Tag::TBody, body).into()];
        tree.entry(place).or_default().push(TagGroup::with_children(Tag::Table, sections).into());
    }
    TagTree::from(tree.into_values().flatten().collect::<Vec<Node>>())
}
