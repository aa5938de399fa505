//! The picture: a schema as an entity-relationship diagram, in SVG.

mod layout;

use std::{cmp::Ordering, fmt::Write as _};

use layout::{Layout, Line, Place};

use super::{
    Column, MetaData, Name, Table,
    mermaid::{ends, keys},
};

/// The width of a character of the font, and the height of a line.
const CHARACTER: i64 = 8;
const LINE: i64 = 20;
/// Around a table's texts, and between them.
const PADDING: i64 = 10;
/// How far a line within one column goes around.
const BEND: i64 = 40;
/// How far a line goes straight at its ends, where its marks are.
const STRAIGHT: i64 = 20;

const STYLE: &str = "
    text { font: 13px ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace; fill: #1f2933; white-space: pre }
    .name { font-weight: bold; fill: #ffffff }
    .key { fill: #9a5b00; font-size: 11px }
    .type { fill: #60707f }
    .table { fill: #ffffff; stroke: #44546a }
    .head { fill: #44546a }
    .line { fill: none; stroke: #7b8794; stroke-width: 1.3 }
    .end { fill: #fbfcfd; stroke: #44546a; stroke-width: 1.3 }
";

impl MetaData {
    /// The tables, their columns and what refers to what, as an entity-relationship diagram in SVG: a text that
    /// any browser draws, and that needs nothing else. The same tables give the same text.
    ///
    /// A table stands right of those that it refers to. Columns show what they are a part of (`PK`, `FK`, `UK`)
    /// and their types, SQL's without variants. Lines end in crow's feet.
    ///
    /// ```
    /// use aludel_core::schema::{Column, MetaData, Table};
    /// use aludel_core::value::SqlType;
    ///
    /// let mut metadata = MetaData::new();
    /// metadata.add(Table::new("tag").column(Column::new("name", SqlType::Text)).primary_key(["name"]))?;
    /// let svg = metadata.to_svg();
    /// assert!(svg.starts_with("<svg ") && svg.contains(">tag</text>"));
    /// # Ok::<(), aludel_core::Error>(())
    /// ```
    pub fn to_svg(&self) -> String {
        let tables = self.sorted_tables();
        let boxes: Vec<Box<'_>> = tables.iter().map(|it| Box::of(it)).collect();
        let sizes: Vec<_> = boxes.iter().map(Box::size).collect();
        let layout = Layout::of(&tables, &sizes);
        let (width, height) = (layout.width, layout.height);
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" \
             height=\"{height}\">\n<style>{STYLE}</style>\n\
             <rect width=\"100%\" height=\"100%\" fill=\"#fbfcfd\"/>\n"
        );
        for line in &layout.lines {
            draw_line(&mut svg, line, &tables, &layout.places);
        }
        for (it, place) in boxes.iter().zip(&layout.places) {
            it.draw(&mut svg, *place);
        }
        svg.push_str("</svg>\n");
        svg
    }
}

/// A table's texts, and how wide its three columns are.
struct Box<'a> {
    table: &'a Table,
    rows: Vec<[String; 3]>,
    widths: [i64; 3],
}

impl<'a> Box<'a> {
    fn of(table: &'a Table) -> Self {
        let row = |it: &Column| {
            let keys = keys(table, &it.name).trim().to_owned();
            let null = if it.nullable { " NULL" } else { "" };
            [keys, it.name.to_string(), format!("{}{null}", it.ty)]
        };
        let rows: Vec<[String; 3]> = table.columns.iter().map(row).collect();
        let widest = |at: usize| rows.iter().map(|it| wide(&it[at])).max().unwrap_or_default();
        Self { table, widths: [widest(0), widest(1), widest(2)], rows }
    }

    fn size(&self) -> (i64, i64) {
        let rows = self.widths.iter().sum::<i64>() + 2 * PADDING;
        let width = rows.max(wide(&self.table.to_string())) + 2 * PADDING;
        (width, (self.rows.len() as i64 + 1) * LINE + PADDING)
    }

    fn draw(&self, svg: &mut String, Place { x, y, width, height, .. }: Place) {
        let text = |svg: &mut String, class: &str, x: i64, y: i64, text: &str| {
            let _ = writeln!(
                svg,
                "<text class=\"{class}\" x=\"{x}\" y=\"{y}\">{}</text>",
                escaped(text)
            );
        };
        let _ = writeln!(
            svg,
            "<rect class=\"table\" x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\"/>\n\
             <rect class=\"head\" x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{LINE}\"/>"
        );
        let (left, base) = (x + PADDING, y + 14);
        text(svg, "name", left, base, &self.table.to_string());
        let name = left + self.widths[0] + PADDING;
        for (row, [keys, column, ty]) in (1..).zip(&self.rows) {
            let base = base + row * LINE + PADDING / 2;
            if !keys.is_empty() {
                text(svg, "key", left, base, keys);
            }
            text(svg, "column", name, base, column);
            text(svg, "type", name + self.widths[1] + PADDING, base, ty);
        }
    }
}

/// The middle of the row of a column.
fn row_of(table: &Table, column: Option<&Name>, place: Place) -> i64 {
    let row = column.and_then(|it| table.columns.iter().position(|own| own.name == *it));
    place.y + LINE + PADDING / 2 + row.map_or(-LINE / 2, |it| it as i64 * LINE + LINE / 2)
}

/// A line from a table to the one that it refers to, by its lanes.
fn draw_line(svg: &mut String, line: &Line<'_>, tables: &[&Table], places: &[Place]) {
    let (from, to) = line.ends;
    let (start, end) = (places[from], places[to]);
    let starts = row_of(tables[from], line.key.columns.first(), start);
    let ends_at = row_of(tables[to], line.key.references.first(), end);
    let (left, right) = (|it: Place| it.x, |it: Place| it.x + it.width);
    // On which sides it leaves and comes: towards each other, or both on the right within one column.
    let (out, back) = match start.side_of(end) {
        Ordering::Less => (-1, 1),
        Ordering::Greater => (1, -1),
        Ordering::Equal => (1, 1),
    };
    let side = |it: Place, way: i64| if way < 0 { left(it) } else { right(it) };
    let mut at = (side(start, out) + out * STRAIGHT, starts);
    let mut path = format!("M {} {starts} H {}", side(start, out), at.0);
    let mut curve = |at: (i64, i64), x: i64, y: i64, back: i64| {
        // Within one column there is no way towards each other: it goes around.
        let bend = if out == back { BEND } else { (x - at.0).abs() / 2 };
        let _ = write!(path, " C {} {} {} {y} {x} {y}", at.0 + out * bend, at.1, x + back * bend);
    };
    for lane in &line.lanes {
        let (y, near, far) = (lane.y + lane.height / 2, side(*lane, -out), side(*lane, out));
        curve(at, near, y, -out);
        // Straight on, through the lane.
        curve((near, y), far, y, -out);
        at = (far, y);
    }
    curve(at, side(end, back) + back * STRAIGHT, ends_at, back);
    let _ = write!(path, " H {}", side(end, back));
    let name = format!("{}.{} → {}", tables[from], line.key.columns.join(", "), tables[to]);
    let _ =
        writeln!(svg, "<g><title>{}</title><path class=\"line\" d=\"{path}\"/>", escaped(&name));
    let (one, many) = ends(tables[from], line.key);
    draw_end(svg, (side(start, out), starts), out, many);
    draw_end(svg, (side(end, back), ends_at), back, one);
    svg.push_str("</g>\n");
}

/// How many rows may stand at an end, as Mermaid's language has it: a bar for one, a circle for none, a crow's
/// foot for many.
fn draw_end(svg: &mut String, (x, y): (i64, i64), way: i64, rows: &str) {
    let bar = |at: i64| format!("M {0} {1} L {0} {2} ", x + way * at, y - 6, y + 6);
    let mut path = match rows.contains('{') {
        true => format!("M {0} {y} L {x} {1} M {0} {y} L {x} {2} ", x + way * 11, y - 6, y + 6),
        false => bar(6),
    };
    if rows == "||" {
        path.push_str(&bar(11));
    }
    let _ = writeln!(svg, "<path class=\"end\" d=\"{}\"/>", path.trim_end());
    if rows.contains('o') {
        let _ = writeln!(svg, "<circle class=\"end\" cx=\"{}\" cy=\"{y}\" r=\"4\"/>", x + way * 15);
    }
}

/// The width of a text: letters of some scripts take two places.
fn wide(text: &str) -> i64 {
    text.chars().map(|it| if it < '\u{1100}' { CHARACTER } else { 2 * CHARACTER }).sum()
}

/// A text as XML has it. What XML has no form for is shown as such.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => escaped.push('\u{fffd}'),
            c => escaped.push(c),
        }
    }
    escaped
}
