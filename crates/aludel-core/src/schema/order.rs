//! Tables in the order of their foreign keys.

use std::collections::BTreeMap;

use super::{ForeignKey, Table};

/// Tables in the order in which they can be created.
pub(super) struct Order<'a> {
    /// All of them.
    pub(super) tables: Vec<&'a Table>,
    /// Those that stand in a ring, or after one: how many there are at the end of `tables`.
    pub(super) unordered: usize,
}

impl<'a> Order<'a> {
    pub(super) fn of(tables: &'a [Table]) -> Self {
        let mut by_name: Vec<&Table> = tables.iter().collect();
        by_name.sort_by(|a, b| name(a).cmp(&name(b)));
        let position: BTreeMap<_, usize> = by_name.iter().map(|it| name(it)).zip(0..).collect();
        // A table referring to itself, or to one that isn't here, waits for nothing.
        let needs: Vec<Vec<usize>> = by_name
            .iter()
            .enumerate()
            .map(|(index, table)| {
                let keys = table.foreign_keys.iter().filter(|it| !it.use_alter);
                let targets = keys.filter_map(|it| position.get(&target(it)).copied());
                let mut targets: Vec<usize> = targets.filter(|it| *it != index).collect();
                targets.sort_unstable();
                targets.dedup();
                targets
            })
            .collect();
        let mut waiting: Vec<usize> = needs.iter().map(Vec::len).collect();
        let mut needed_by = vec![Vec::new(); by_name.len()];
        for (index, needs) in needs.iter().enumerate() {
            needs.iter().for_each(|it| needed_by[*it].push(index));
        }
        // Rounds, as in the original: all tables that wait for nothing, by name; then those that
        // waited only for them.
        let mut order: Vec<usize> = Vec::with_capacity(by_name.len());
        let mut round: Vec<usize> = (0..by_name.len()).filter(|it| waiting[*it] == 0).collect();
        while !round.is_empty() {
            let mut next = Vec::new();
            for done in &round {
                for dependent in &needed_by[*done] {
                    waiting[*dependent] -= 1;
                    if waiting[*dependent] == 0 {
                        next.push(*dependent);
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
        let position = |wanted: (Option<&str>, &str)| ring.iter().position(|it| name(it) == wanted);
        match (position(name(table)), position(target(key))) {
            (Some(own), Some(other)) => other > own,
            _ => false,
        }
    }
}

fn name(table: &Table) -> (Option<&str>, &str) {
    (table.schema.as_deref(), &table.name)
}

fn target(key: &ForeignKey) -> (Option<&str>, &str) {
    (key.schema.as_deref(), &key.table)
}
