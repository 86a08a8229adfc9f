//! Where everything stands: the head of the first page, the table with its head on each page, sums, remarks, and a foot
//! with the page's number. Lengths are thousandths of a point, from the top left.

use super::paper::{Paper, Row};
use super::sheet::{Item, PAGE, Part};
use super::text::{Ink, Line, Style, set, width};

const LEFT: i64 = 48_000;
const RIGHT: i64 = PAGE.0 - LEFT;
const TOP: i64 = 48_000;
/// Where the foot begins.
const FOOT: i64 = PAGE.1 - 52_000;
/// Where the room for everything else ends.
const BOTTOM: i64 = FOOT - 14_000;
/// Between the columns of a table.
const GAP: i64 = 14_000;
/// The least room for the texts of a table.
const LEAST_TEXT: i64 = 130_000;

const fn style(size: i64, bold: bool, ink: Ink) -> Style {
    Style { size, bold, ink }
}

const BODY: Style = style(9_000, false, Ink::Black);
const STRONG: Style = style(9_000, true, Ink::Black);
const SMALL: Style = style(7_500, false, Ink::Grey);
const LABEL: Style = style(7_500, true, Ink::Grey);

/// The distance from one base line to the next.
const fn leading(style: Style) -> i64 {
    style.size * 14 / 10
}

struct Layout<'p> {
    paper: &'p Paper,
    pages: Vec<Vec<Item>>,
    /// How far down the page is used.
    y: i64,
    /// Counts the parts, in the order in which they are read.
    part: u32,
    table: Table,
}

/// How the table is set: which place it has among the parts, the type, and the right ends of its columns of figures.
#[derive(Default)]
struct Table {
    part: u32,
    size: i64,
    text_width: i64,
    ends: Vec<i64>,
}

/// The pages of a paper.
pub(crate) fn pages(paper: &Paper) -> Vec<Vec<Item>> {
    let mut layout = Layout { paper, pages: vec![Vec::new()], y: TOP, part: 0, table: Table::default() };
    layout.head();
    layout.lines();
    layout.sums();
    layout.remarks();
    layout.feet();
    layout.pages
}

impl Layout<'_> {
    fn put(&mut self, item: Item) {
        if let Some(page) = self.pages.last_mut() {
            page.push(item);
        }
    }

    fn next_part(&mut self) -> u32 {
        self.part += 1;
        self.part
    }

    fn line(&mut self, x: i64, base: i64, line: Line, style: Style, part: Part) {
        self.put(Item::Text { x, y: base, line, size: style.size, ink: style.ink, part });
    }

    /// Lines of text from the top `y` on; where they end.
    fn block(&mut self, x: i64, y: i64, lines: Vec<Line>, style: Style, part: Part) -> i64 {
        let mut base = y + style.size;
        let end = y + leading(style) * i64::try_from(lines.len()).unwrap_or(0);
        for line in lines {
            self.line(x, base, line, style, part);
            base += leading(style);
        }
        end
    }

    /// The same with their right ends at `right`.
    fn block_right(&mut self, right: i64, y: i64, lines: Vec<Line>, style: Style, part: Part) -> i64 {
        let mut end = y;
        for line in lines {
            let x = right - line.width;
            end = self.block(x, end, vec![line], style, part);
        }
        end
    }

    fn bar(&mut self, x: i64, y: i64, width: i64, height: i64, ink: Ink) {
        self.put(Item::Bar { x, y, width, height, ink });
    }

    fn new_page(&mut self) {
        self.pages.push(Vec::new());
        self.y = TOP;
        // Whose page it is, in case it is lost from the others.
        let about = format!("{} {}", self.paper.title, self.paper.number);
        let whole = RIGHT - LEFT;
        let lines: Vec<Line> = set(&about, SMALL, whole).into_iter().take(1).collect();
        self.y = self.block(LEFT, self.y, lines, SMALL, Part::Repeated) + 8_000;
    }

    /// Go to the next page unless there is so much room.
    fn room(&mut self, height: i64) -> bool {
        let fits = self.y + height <= BOTTOM;
        if !fits {
            self.new_page();
        }
        fits
    }

    fn head(&mut self) {
        let paper = self.paper;
        let half = (RIGHT - LEFT) / 2 - GAP;
        let title = style(22_000, true, Ink::Accent);
        let part = Part::Heading(self.next_part());
        let mut right = self.block_right(RIGHT, TOP, set(&paper.title, title, half), title, part) + 2_000;
        let number = style(11_000, true, Ink::Black);
        let part = Part::Paragraph(self.next_part());
        right = self.block_right(RIGHT, right, set(&paper.number, number, half), number, part);
        if let Some(mark) = paper.mark {
            let badge = style(10_000, true, Ink::Accent);
            let part = Part::Paragraph(self.next_part());
            right = self.block_right(RIGHT, right + 4_000, set(mark, badge, half), badge, part);
        }
        let name = style(13_000, true, Ink::Black);
        let part = Part::Paragraph(self.next_part());
        let mut left = TOP + 2_000;
        for (place, text) in paper.seller.iter().enumerate() {
            let style = if place == 0 { name } else { style(8_500, false, Ink::Grey) };
            left = self.block(LEFT, left, set(text, style, half), style, part) + if place == 0 { 3_000 } else { 0 };
        }
        let top = left.max(right) + 22_000;
        let facts = LEFT + (RIGHT - LEFT) * 6 / 10;
        let part = Part::Paragraph(self.next_part());
        let mut left = self.block(LEFT, top, set(paper.to, LABEL, half), LABEL, part) + 2_000;
        for (place, text) in paper.buyer.iter().enumerate() {
            let style = if place == 0 { style(10_000, true, Ink::Black) } else { BODY };
            left = self.block(LEFT, left, set(text, style, facts - LEFT - 2 * GAP), style, part);
        }
        let mut right = top;
        for (name, value) in &paper.facts {
            let part = Part::Paragraph(self.next_part());
            self.block(facts, right, set(name, LABEL, 70_000), LABEL, part);
            right = self.block_right(RIGHT, right, set(value, BODY, RIGHT - facts - 76_000), BODY, part) + 2_500;
        }
        self.y = left.max(right) + 24_000;
    }

    /// How wide the columns of figures must be, and in which size they leave room for the texts.
    fn measured(&self) -> Table {
        let count = self.paper.columns.len().saturating_sub(1);
        for size in [9_000, 8_000, 7_000, 6_000, 5_000] {
            let figure = |place: usize| {
                let cells = self.paper.rows.iter().filter_map(move |row| row.figures.get(place));
                let widest = cells.map(|text| width(text, style(size, false, Ink::Black))).max().unwrap_or(0);
                let head = self.paper.columns.get(place + 1).map_or(0, |title| width(title, LABEL));
                widest.max(head) + GAP
            };
            let widths: Vec<i64> = (0..count).map(figure).collect();
            let text_width = RIGHT - LEFT - widths.iter().sum::<i64>();
            if text_width >= LEAST_TEXT || size == 5_000 {
                let mut end = LEFT + text_width;
                let ends = widths.iter().map(|width| {
                    end += width;
                    end
                });
                return Table { part: 0, size, text_width, ends: ends.collect() };
            }
        }
        Table::default()
    }

    fn lines(&mut self) {
        self.table = Table { part: self.next_part(), ..self.measured() };
        self.table_head(true);
        let paper = self.paper;
        for (number, row) in (1..).zip(&paper.rows) {
            self.row(number, row);
        }
        self.bar(LEFT, self.y, RIGHT - LEFT, 800, Ink::Black);
        self.y += 12_000;
    }

    fn table_head(&mut self, first: bool) {
        let columns = &self.paper.columns;
        let height = 18_000;
        self.bar(LEFT, self.y, RIGHT - LEFT, height, Ink::Shade);
        let base = self.y + 11_800;
        for (place, title) in (0..).zip(columns) {
            let part = if first { Part::Cell(self.table.part, 0, place) } else { Part::Repeated };
            for line in set(title, LABEL, RIGHT - LEFT) {
                let end = place.checked_sub(1).and_then(|figure| self.table.ends.get(figure as usize));
                let x = end.map_or(LEFT + 4_000, |end| end - line.width - 4_000);
                self.line(x, base, line, LABEL, part);
            }
        }
        self.y += height + 5_000;
    }

    fn row(&mut self, number: u32, row: &Row) {
        let main = style(self.table.size, false, Ink::Black);
        let most = self.table.text_width - GAP;
        let mut lines: Vec<(Line, Style)> = set(&row.text, main, most).into_iter().map(|line| (line, main)).collect();
        for small in &row.small {
            lines.extend(set(small, SMALL, most).into_iter().map(|line| (line, SMALL)));
        }
        // A row begins where its figures fit, and stays whole unless it is longer than a page.
        let height: i64 = lines.iter().map(|(_, style)| leading(*style)).sum::<i64>();
        let whole = if height > (BOTTOM - TOP) / 2 { leading(main) } else { height };
        if !self.room(whole + 6_000) {
            self.table_head(false);
        }
        for (place, text) in (1..).zip(&row.figures) {
            let part = Part::Cell(self.table.part, number, place);
            let end = self.table.ends.get(place as usize - 1).copied().unwrap_or(RIGHT) - 4_000;
            let line = set(text, main, i64::MAX);
            self.block_right(end, self.y, line, main, part);
        }
        for (line, style) in lines {
            if !self.room(leading(style)) {
                self.table_head(false);
            }
            let part = Part::Cell(self.table.part, number, 0);
            self.y = self.block(LEFT + 4_000, self.y, vec![line], style, part);
        }
        self.y += 4_000;
        self.bar(LEFT, self.y, RIGHT - LEFT, 400, Ink::Light);
        self.y += 5_000;
    }

    fn sums(&mut self) {
        let paper = self.paper;
        let Some(last) = paper.sums.len().checked_sub(1) else { return };
        let strong = style(10_500, true, Ink::Black);
        let amounts = paper.sums.iter().map(|(_, amount)| width(amount, strong)).max().unwrap_or(0);
        let names = paper.sums.iter().map(|(name, _)| width(name, strong)).max().unwrap_or(0);
        let most = (RIGHT - LEFT) * 6 / 10;
        let names = names.min((most - amounts - GAP).max(80_000));
        let left = RIGHT - 4_000 - amounts - GAP - names;
        // The sums stay together: on the page of the last row, or all on the next.
        let height: i64 = paper.sums.iter().map(|(name, _)| self.sum_height(name, names)).sum::<i64>() + 14_000;
        self.room(height.min(BOTTOM - TOP));
        for (place, (name, amount)) in paper.sums.iter().enumerate() {
            let style = if place == last {
                strong
            } else if name.starts_with("Total ") {
                STRONG
            } else {
                BODY
            };
            if place == last {
                self.y += 4_000;
                let height = self.sum_height(name, names) + 6_000;
                self.bar(left - 8_000, self.y - 5_000, RIGHT - left + 8_000, height, Ink::Shade);
            }
            let part = Part::Paragraph(self.next_part());
            let end = self.block(left, self.y, set(name, style, names), style, part);
            self.block_right(RIGHT - 4_000, self.y, set(amount, style, i64::MAX), style, part);
            self.y = end + 3_000;
        }
        self.y += 18_000;
    }

    fn sum_height(&self, name: &str, width: i64) -> i64 {
        let strong = style(10_500, true, Ink::Black);
        i64::try_from(set(name, strong, width).len()).unwrap_or(1) * leading(strong) + 3_000
    }

    fn remarks(&mut self) {
        for (title, text) in &self.paper.remarks {
            self.room(leading(LABEL) + 2 * leading(BODY));
            let part = Part::Paragraph(self.next_part());
            self.y = self.block(LEFT, self.y, set(title, LABEL, RIGHT - LEFT), LABEL, part) + 1_000;
            let part = Part::Paragraph(self.next_part());
            for line in set(text, BODY, RIGHT - LEFT) {
                self.room(leading(BODY));
                self.y = self.block(LEFT, self.y, vec![line], BODY, part);
            }
            self.y += 10_000;
        }
    }

    /// On each page, once it is known how many there are.
    fn feet(&mut self) {
        let count = self.pages.len();
        for (place, page) in self.pages.iter_mut().enumerate() {
            page.push(Item::Bar { x: LEFT, y: FOOT, width: RIGHT - LEFT, height: 400, ink: Ink::Light });
            let number = set(&format!("Page {} of {count}", place + 1), SMALL, i64::MAX).into_iter().next();
            let end = number.as_ref().map_or(0, |line| line.width);
            let foot = set(&self.paper.foot, SMALL, RIGHT - LEFT - end - 2 * GAP);
            let base = FOOT + 6_000 + SMALL.size;
            let text = |x, y, line| Item::Text { x, y, line, size: SMALL.size, ink: SMALL.ink, part: Part::Repeated };
            page.extend(number.map(|line| text(RIGHT - line.width, base, line)));
            // Two lines at most; what is longer stands at the head of the first page anyway.
            let lines = foot.into_iter().take(2);
            page.extend((0..).zip(lines).map(|(place, line)| text(LEFT, base + place * leading(SMALL), line)));
        }
    }
}
