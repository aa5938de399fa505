//! Deleted rows of tables that refer to each other, or to themselves: leaves first, in linear time.

use aludel_core::value::Value;
use smallvec::SmallVec;

use super::{
    deletes::Row,
    gather::Map,
    plan::{CellRows, Fill, FlushAction, Rows, Step},
    run::Planner,
};
use crate::{
    Error, Result,
    mapping::{Direction, ForeignKey, Mapper, Version, statements::Purpose},
    object::chunk::Columns,
    session::identity::fingerprint,
};

/// A deleted row that refers to another; places in the list of rows.
struct Edge {
    child: usize,
    parent: usize,
    /// Whether a relationship goes along.
    related: bool,
}

/// Whether a relationship goes along a foreign key.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Unrelated,
    Related,
    /// One that says `post_update`.
    Post,
}

impl Planner {
    /// Sorts rows of one group by who refers to whom. A reference whose relationship says `post_update`
    /// is taken out before, by an UPDATE (UOW-24), and stands in nobody's way.
    ///
    /// # Errors
    /// They refer to each other in a circle (UOW-5).
    pub(super) fn level_deleted(&mut self, rows: &mut [Row]) -> Result<()> {
        if !rows.iter().any(|it| it.mapper.cyclic) {
            return Ok(());
        }
        let (edges, blanks) = self.references_of_deleted(rows)?;
        if climb(rows, &edges, |_| true).is_err() {
            // What no relationship knows of orders what it can, and no more (FK-12).
            climb(rows, &edges, |it| it.related)?;
        }
        self.blank_steps(rows, blanks)
    }

    /// Which deleted rows refer to which, as their rows say (UOW-40), and which columns are to be
    /// blanked first.
    fn references_of_deleted(&self, rows: &[Row]) -> Result<(Vec<Edge>, Map<usize, Columns>)> {
        let mut by_mapper: Vec<(&'static Mapper, Vec<usize>)> = Vec::new();
        for (place, row) in rows.iter().enumerate().filter(|it| it.1.mapper.cyclic) {
            match by_mapper.iter_mut().rfind(|it| std::ptr::eq(it.0, row.mapper)) {
                Some((_, places)) => places.push(place),
                None => by_mapper.push((row.mapper, vec![place])),
            }
        }
        let (mut edges, mut blanks) = (Vec::new(), Map::default());
        for (mapper, children) in &by_mapper {
            for key in mapper.foreign_keys {
                let parent = by_mapper.iter().find(|it| refers_to(key, it.0).is_some());
                let Some((parent, parents)) = parent else { continue };
                let Some(columns) = refers_to(key, parent) else { continue };
                let way = way(key, mapper, parent);
                let mut index: Map<u64, usize> = Map::default();
                for place in parents {
                    index.extend(self.loaded(&rows[*place], &columns)?.map(|it| (it, *place)));
                }
                for child in children {
                    let Some(found) = self.loaded(&rows[*child], &key.columns)? else { continue };
                    let Some(&parent) = index.get(&found) else { continue };
                    if way == Way::Post {
                        let blank: &mut Columns = blanks.entry(*child).or_default();
                        blank.extend(key.columns.iter().copied());
                        continue;
                    }
                    // One that refers to itself is for the database.
                    if parent == *child {
                        continue;
                    }
                    edges.push(Edge { child: *child, parent, related: way == Way::Related });
                }
            }
        }
        Ok((edges, blanks))
    }

    /// The fingerprint of what a row holds in some columns; `None` with a NULL among them.
    fn loaded(&self, row: &Row, columns: &[u16]) -> Result<Option<u64>> {
        let mut found = None;
        if let Some(chunk) = self.chunk(row.at.chunk()) {
            chunk.loaded(row.at.slot(), &mut |it| {
                if columns.iter().all(|at| !it.get(*at).is_null()) {
                    found = Some(fingerprint(columns.iter().map(|at| it.get(*at))));
                }
            })?;
        }
        Ok(found)
    }

    /// Makes the UPDATE steps that take references out.
    fn blank_steps(&mut self, rows: &mut [Row], blanks: Map<usize, Columns>) -> Result<()> {
        let mut blanks: Vec<(usize, Columns)> = blanks.into_iter().collect();
        for (_, columns) in &mut blanks {
            columns.sort_unstable();
            columns.dedup();
        }
        blanks.sort_by(|(a, first), (b, second)| {
            let (left, right) = (&rows[*a], &rows[*b]);
            let table = |it: &Row| it.mapper.meta.table;
            let tables = table(left).cmp(&table(right)).then_with(|| first.cmp(second));
            tables.then_with(|| super::updates::compare_keys(&left.key, &right.key))
        });
        let wave = self.next_wave();
        let mut left = Vec::new();
        let alike = |a: &(usize, Columns), b: &(usize, Columns)| {
            a.1 == b.1 && std::ptr::eq(rows[a.0].mapper, rows[b.0].mapper)
        };
        for group in blanks.chunk_by(alike) {
            let (mapper, columns) = (rows[group[0].0].mapper, group[0].1.clone());
            let mut columns = columns;
            let mut cells = Vec::new();
            for (place, blank) in group {
                let row = &rows[*place];
                let mut set: Vec<(u16, Value)> =
                    blank.iter().map(|it| (*it, Value::Null)).collect();
                let old = row.version.clone();
                // The row's DELETE finds the version that this UPDATE leaves.
                if let (Some((column, Version::Generated(next))), Some(old)) =
                    (mapper.version, &old)
                {
                    let next = next(old.as_ref());
                    set.push((column, next.clone()));
                    set.sort_by_key(|it| it.0);
                    left.push((*place, next));
                }
                columns = set.iter().map(|it| it.0).collect();
                cells.extend(set.into_iter().map(|it| Fill::Value(it.1)));
                cells.extend(row.key.iter().cloned().chain(old).map(Fill::Value));
            }
            let checks = usize::from(mapper.version.is_some());
            let rows = CellRows {
                expires: Columns::new(),
                returning: Columns::new(),
                width: columns.len() + mapper.meta.primary_key.len() + checks,
                cells,
                // The objects go: they keep what they show.
                objects: Vec::new(),
                columns: columns.clone(),
                shared: self.placeholder.clone(),
            };
            self.plan.steps.push(Step {
                mapper,
                action: FlushAction::Update,
                wave,
                statement: mapper
                    .statement(Purpose::Update(columns, Columns::new()), self.dialect)?,
                want: self.count(),
                rows: Rows::Cells(rows.into()),
            });
        }
        left.into_iter().for_each(|(place, version)| rows[place].version = Some(version));
        Ok(())
    }
}

/// The columns of a mapper that a foreign key refers to, if it refers to it.
fn refers_to(key: &ForeignKey, parent: &Mapper) -> Option<Columns> {
    let position = |name: &str| parent.meta.columns.iter().position(|it| it.name == name);
    let columns = key.references.iter().map(|it| {
        let same = it.table == parent.table();
        Some(same.then(|| position(it.column)).flatten()? as u16)
    });
    columns.collect()
}

/// Whether a relationship of one of the two goes along a foreign key.
fn way(key: &ForeignKey, child: &Mapper, parent: &Mapper) -> Way {
    let along = |relation: &&crate::mapping::Relation| {
        relation.key.iter().map(|it| it.0).eq(key.columns.iter().copied())
    };
    let many_to_one = child
        .relationships
        .iter()
        .filter(|it| it.direction == Direction::ManyToOne && std::ptr::eq(it.target, parent.meta));
    let one_to_many = parent
        .relationships
        .iter()
        .filter(|it| it.direction == Direction::OneToMany && std::ptr::eq(it.target, child.meta));
    let relations = many_to_one.chain(one_to_many).filter(along);
    relations.fold(Way::Unrelated, |way, it| match it.post_update || way == Way::Post {
        true => Way::Post,
        false => Way::Related,
    })
}

/// Gives each row its level: a parent comes behind all that refer to it.
fn climb(rows: &mut [Row], edges: &[Edge], counts: impl Fn(&Edge) -> bool) -> Result<()> {
    let mut parents: Vec<SmallVec<[usize; 1]>> = vec![SmallVec::new(); rows.len()];
    let mut waits = vec![0_u32; rows.len()];
    for edge in edges.iter().filter(|it| counts(it)) {
        parents[edge.child].push(edge.parent);
        waits[edge.parent] += 1;
    }
    rows.iter_mut().for_each(|it| it.level = 0);
    let mut ready: Vec<usize> = (0..rows.len()).filter(|it| waits[*it] == 0).collect();
    let mut next = 0;
    while let Some(&child) = ready.get(next) {
        next += 1;
        for &parent in &parents[child] {
            rows[parent].level = rows[parent].level.max(rows[child].level + 1);
            waits[parent] -= 1;
            if waits[parent] == 0 {
                ready.push(parent);
            }
        }
    }
    if next == rows.len() { Ok(()) } else { Err(circle(rows, &parents, &waits)) }
}

/// Names a circle among the rows that are still waited for: each of them has one that refers to it.
#[cold]
fn circle(rows: &[Row], parents: &[SmallVec<[usize; 1]>], waits: &[u32]) -> Error {
    let mut below = vec![None; rows.len()];
    let waiting = || (0..rows.len()).filter(|it| waits[*it] > 0);
    for child in waiting() {
        parents[child].iter().for_each(|it| below[*it] = Some(child));
    }
    let mut path: Vec<usize> = waiting().take(1).collect();
    let mut met = vec![None; rows.len()];
    while let Some(&last) = path.last() {
        if let Some(start) = met[last].replace(path.len() - 1) {
            path.drain(..start);
            break;
        }
        path.extend(below[last]);
    }
    Error::circular(path.iter().rev().map(|it| rows[*it].mapper.entity()))
}
