//! Tables in the order of their foreign keys.

use std::iter;

use super::{ForeignKey, MetaData, Table};

/// Tables in the order in which they can be created.
pub(super) struct Order<'a> {
    /// All of them.
    pub(super) tables: Vec<&'a Table>,
    /// Those that stand in a ring, or after one: how many there are at the end of `tables`.
    pub(super) unordered: usize,
}

impl<'a> Order<'a> {
    pub(super) fn of(metadata: &'a MetaData) -> Self {
        let tables = &metadata.tables;
        let by_name: Vec<&Table> = tables.sorted().collect();
        // Of each table the last that waits for it; of each wait, the one before: what a foreign key refers to here,
        // unless it is its own table.
        let mut last = vec![None; by_name.len()];
        let mut waits: Vec<(usize, Option<usize>)> = Vec::with_capacity(2 * by_name.len());
        let mut waiting = vec![0; by_name.len()];
        for (index, table) in by_name.iter().enumerate() {
            let keys = table.foreign_keys.iter().filter(|it| !it.use_alter);
            let targets = keys.filter_map(|it| tables.search(it.target()).ok());
            for target in targets.filter(|it| *it != index) {
                waits.push((index, last[target].replace(waits.len())));
                waiting[index] += 1;
            }
        }
        let needed_by = |table: usize| {
            let wait = |at: Option<usize>| at.map(|it| waits[it]);
            iter::successors(wait(last[table]), move |it| wait(it.1)).map(|it| it.0)
        };
        // Rounds, as in the original: all tables that wait for nothing, by name; then those that
        // waited only for them.
        let mut order: Vec<usize> = Vec::with_capacity(by_name.len());
        let mut round: Vec<usize> = (0..by_name.len()).filter(|it| waiting[*it] == 0).collect();
        while !round.is_empty() {
            let mut next = Vec::new();
            for done in &round {
                for dependent in needed_by(*done) {
                    waiting[dependent] -= 1;
                    if waiting[dependent] == 0 {
                        next.push(dependent);
                    }
                }
            }
            next.sort_unstable();
            order.append(&mut round);
            round = next;
        }
        let unordered = by_name.len() - order.len();
        order.extend((0..by_name.len()).filter(|it| waiting[*it] > 0));
        Self { tables: order.into_iter().map(|it| by_name[it]).collect(), unordered }
    }

    /// Whether a foreign key refers to a table that is created no earlier than its own, within a
    /// ring. Any such key can be added only when all tables exist.
    pub(super) fn closes_ring(&self, table: &Table, key: &ForeignKey) -> bool {
        let ring = &self.tables[self.tables.len() - self.unordered..];
        let position =
            |wanted: (Option<&str>, &str)| ring.iter().position(|it| it.full_name() == wanted);
        match (position(table.full_name()), position(key.target())) {
            (Some(own), Some(other)) => other > own,
            _ => false,
        }
    }
}
