//! Where the tables of a diagram stand, and where the lines between them have room.

use std::collections::HashMap;

use super::super::{ForeignKey, Table};

/// Between columns, so that lines have room to turn.
const BETWEEN_COLUMNS: i64 = 110;
/// Between what stands in one column.
const BETWEEN_ROWS: i64 = 26;
/// Around all of it.
const MARGIN: i64 = 24;
/// The height of a lane, by which a line passes a column.
const LANE: i64 = 4;
/// How often columns are sorted by what they are linked with.
const SWEEPS: usize = 6;

/// A table's place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) x: i64,
    pub(super) y: i64,
    pub(super) width: i64,
    pub(super) height: i64,
    column: usize,
}

impl Place {
    /// Whether another place is in a column further left, the same, or further right.
    pub(super) fn side_of(self, other: Self) -> std::cmp::Ordering {
        other.column.cmp(&self.column)
    }
}

/// A foreign key between two tables.
pub(super) struct Line<'a> {
    pub(super) key: &'a ForeignKey,
    /// The table that refers, and the one that is referred to.
    pub(super) ends: (usize, usize),
    /// Where it passes the columns in between: from their near side to their far one.
    pub(super) lanes: Vec<Place>,
}

/// Tables in columns, so that each stands right of those that it refers to. Tables never overlap, and no line
/// runs through a table: where it passes a column, it has a lane.
pub(super) struct Layout<'a> {
    pub(super) places: Vec<Place>,
    pub(super) lines: Vec<Line<'a>>,
    pub(super) width: i64,
    pub(super) height: i64,
}

impl<'a> Layout<'a> {
    /// Of tables in the order of their foreign keys, with their sizes.
    pub(super) fn of(tables: &[&'a Table], sizes: &[(i64, i64)]) -> Self {
        let mut lines = lines(tables);
        let columns = columns(tables.len(), &lines, sizes);
        let mut places: Vec<Place> = sizes
            .iter()
            .zip(columns)
            .map(|(&(width, height), column)| Place { width, height, column, ..Place::default() })
            .collect();
        // Lanes stand behind the tables in the same list, and are linked one to the next.
        let mut links: Vec<Vec<usize>> = vec![Vec::new(); tables.len()];
        let mut first_lane = Vec::with_capacity(lines.len());
        for line in &lines {
            let (from, to) = line.ends;
            let (left, right) = (
                places[from].column.min(places[to].column),
                places[from].column.max(places[to].column),
            );
            first_lane.push(places.len());
            let mut before = if places[from].column == left { from } else { to };
            let end = if before == from { to } else { from };
            for column in left + 1..right {
                let lane = places.len();
                places.push(Place { height: LANE, column, ..Place::default() });
                links.push(Vec::new());
                links[lane].push(before);
                links[before].push(lane);
                before = lane;
            }
            if left != right {
                links[before].push(end);
                links[end].push(before);
            }
        }
        let mut stacks: Vec<Vec<usize>> = Vec::new();
        for (item, place) in places.iter().enumerate() {
            stacks.resize(stacks.len().max(place.column + 1), Vec::new());
            stacks[place.column].push(item);
        }
        order(&mut stacks, &mut places, &links);
        settle(&stacks, &mut places, &links);
        let width = across(&stacks, &mut places);
        let top = places.iter().map(|it| it.y).min().unwrap_or_default();
        places.iter_mut().for_each(|it| it.y += MARGIN - top);
        let height = places.iter().map(|it| it.y + it.height).max().unwrap_or_default() + MARGIN;
        for (line, first) in lines.iter_mut().zip(first_lane) {
            let (from, to) = (places[line.ends.0].column, places[line.ends.1].column);
            let count = from.abs_diff(to).saturating_sub(1);
            line.lanes = places[first..first + count].to_vec();
            if from > to {
                line.lanes.reverse();
            }
        }
        places.truncate(tables.len());
        Self { places, lines, width: width + MARGIN, height }
    }
}

/// The foreign keys between these tables.
fn lines<'a>(tables: &[&'a Table]) -> Vec<Line<'a>> {
    let name = |it: &'a Table| (it.schema.as_deref(), it.name.as_str());
    let at: HashMap<_, usize> = tables.iter().map(|it| name(it)).zip(0..).collect();
    let mut lines = Vec::new();
    for (from, table) in tables.iter().enumerate() {
        for key in &table.foreign_keys {
            if let Some(&to) = at.get(&(key.schema.as_deref(), key.table.as_str())) {
                lines.push(Line { key, ends: (from, to), lanes: Vec::new() });
            }
        }
    }
    lines
}

/// The column of each table: right of what it refers to. One that refers to nothing stands next to the first
/// that refers to it. What would be too high for one column goes on in the next.
fn columns(count: usize, lines: &[Line<'_>], sizes: &[(i64, i64)]) -> Vec<usize> {
    let mut layers = vec![0_usize; count];
    let mut children: Vec<Vec<usize>> = vec![Vec::new(); count];
    let mut is_root = vec![true; count];
    // In the order of the keys, so that a table's targets have their layers already, but for rings.
    for line in lines.iter().filter(|it| it.ends.1 < it.ends.0) {
        let (from, to) = line.ends;
        layers[from] = layers[from].max(layers[to] + 1);
        children[to].push(from);
        is_root[from] = false;
    }
    for table in 0..count {
        if is_root[table]
            && let Some(first) = children[table].iter().map(|it| layers[*it]).min()
        {
            layers[table] = first.saturating_sub(1);
        }
    }
    let area: i64 = sizes.iter().map(|it| (it.0 + BETWEEN_COLUMNS) * (it.1 + BETWEEN_ROWS)).sum();
    let most = (area as f64).sqrt() as i64;
    let mut by_layer: Vec<usize> = (0..count).collect();
    by_layer.sort_by_key(|it| layers[*it]);
    let (mut column, mut layer, mut height) = (0, 0, 0);
    let mut columns = vec![0; count];
    for table in by_layer {
        let needs = sizes[table].1 + BETWEEN_ROWS;
        if height > 0 && (layers[table] != layer || height + needs > most) {
            (column, height) = (column + 1, 0);
        }
        layer = layers[table];
        height += needs;
        columns[table] = column;
    }
    columns
}

/// The middle of what an item is linked with on these sides; its own without any.
fn wish(item: usize, places: &[Place], links: &[Vec<usize>], left_only: bool) -> i64 {
    let middle = |it: usize| places[it].y + places[it].height / 2;
    let others =
        links[item].iter().filter(|it| !left_only || places[**it].column < places[item].column);
    let (sum, count) = others.fold((0, 0), |(sum, count), it| (sum + middle(*it), count + 1));
    if count == 0 { middle(item) } else { sum / count }
}

/// Sorts each column by what its tables are linked with, so that few lines cross.
fn order(stacks: &mut [Vec<usize>], places: &mut [Place], links: &[Vec<usize>]) {
    stacks.iter().for_each(|it| stack(it, places));
    for sweep in 0..SWEEPS {
        for number in 0..stacks.len() {
            let number = if sweep % 2 == 0 { number } else { stacks.len() - 1 - number };
            let column = &mut stacks[number];
            column.sort_by_cached_key(|it| wish(*it, places, links, false));
            stack(column, places);
        }
    }
}

/// One below the other, with the middle of all at 0.
fn stack(column: &[usize], places: &mut [Place]) {
    let all: i64 = column.iter().map(|it| places[*it].height + BETWEEN_ROWS).sum();
    let mut y = -all / 2;
    for it in column {
        places[*it].y = y;
        y += places[*it].height + BETWEEN_ROWS;
    }
}

/// Moves items down to what they are linked with on their left, as far as those below have room.
fn settle(stacks: &[Vec<usize>], places: &mut [Place], links: &[Vec<usize>]) {
    for column in stacks {
        let mut free = i64::MIN;
        for it in column {
            let wanted = wish(*it, places, links, true) - places[*it].height / 2;
            places[*it].y = wanted.max(free);
            free = places[*it].y + places[*it].height + BETWEEN_ROWS;
        }
    }
}

/// Gives columns their widths, and says how wide all of them are.
fn across(stacks: &[Vec<usize>], places: &mut [Place]) -> i64 {
    let mut x = MARGIN;
    for column in stacks {
        let width = column.iter().map(|it| places[*it].width).max().unwrap_or_default();
        for it in column {
            places[*it].x = x;
            // A lane is as wide as its column.
            if places[*it].width == 0 {
                places[*it].width = width;
            }
        }
        x += width + BETWEEN_COLUMNS;
    }
    (x - BETWEEN_COLUMNS).max(MARGIN)
}
