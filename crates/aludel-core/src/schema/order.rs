//! Tables in the order of their foreign keys.

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
        // Pairs of a table that is needed, and one that waits for it: not for itself, nor for one that isn't here.
        let mut waits: Vec<(usize, usize)> = Vec::with_capacity(2 * by_name.len());
        for (index, table) in by_name.iter().enumerate() {
            let keys = table.foreign_keys.iter().filter(|it| !it.use_alter);
            let targets = keys.filter_map(|it| tables.search(it.target()).ok());
            waits.extend(targets.filter(|it| *it != index).map(|it| (it, index)));
        }
        waits.sort_unstable();
        waits.dedup();
        let mut waiting = vec![0; by_name.len()];
        waits.iter().for_each(|it| waiting[it.1] += 1);
        let needed_by = |table: usize| {
            let start = waits.partition_point(|it| it.0 < table);
            waits[start..].iter().take_while(move |it| it.0 == table).map(|it| it.1)
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
