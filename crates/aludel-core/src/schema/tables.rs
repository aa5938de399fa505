//! [`Tables`]: a set's tables, and where each is.

use std::sync::OnceLock;

use super::{Table, validate};

/// The tables of a set, found by schema and name.
#[derive(Clone, Debug, Default)]
pub(super) struct Tables {
    /// In the order in which they were added.
    list: Vec<Table>,
    /// The same by schema and name: their places in the list.
    sorted: Vec<usize>,
    /// Whether all that they refer to is among them: found once.
    sound: OnceLock<bool>,
}

impl PartialEq for Tables {
    fn eq(&self, other: &Self) -> bool {
        self.list == other.list
    }
}

impl Tables {
    pub(super) fn list(&self) -> &[Table] {
        &self.list
    }

    /// Whether all that they refer to is among them.
    pub(super) fn is_sound(&self) -> bool {
        let sound = |it: &Table| validate::references(it, self).is_empty();
        *self.sound.get_or_init(|| self.list.iter().all(sound))
    }

    /// By schema and name.
    pub(super) fn sorted(&self) -> impl Iterator<Item = &Table> {
        self.sorted.iter().map(|it| &self.list[*it])
    }

    /// Where a table is among the sorted ones; else, where it would be.
    pub(super) fn search(&self, name: (Option<&str>, &str)) -> Result<usize, usize> {
        // Who adds them sorted searches nothing.
        match self.sorted.last().map(|it| self.list[*it].full_name().cmp(&name)) {
            None | Some(std::cmp::Ordering::Less) => Err(self.sorted.len()),
            Some(_) => self.sorted.binary_search_by(|it| self.list[*it].full_name().cmp(&name)),
        }
    }

    pub(super) fn find(&self, name: (Option<&str>, &str)) -> Option<&Table> {
        self.search(name).ok().map(|it| self.at(it))
    }

    /// The table at a place among the sorted ones.
    pub(super) fn at(&self, place: usize) -> &Table {
        &self.list[self.sorted[place]]
    }

    pub(super) fn reserve(&mut self, count: usize) {
        self.list.reserve_exact(count);
        self.sorted.reserve_exact(count);
    }

    /// Adds a table at its place, which `search` gave.
    pub(super) fn insert(&mut self, place: usize, table: Table) {
        self.sound.take();
        self.sorted.insert(place, self.list.len());
        self.list.push(table);
    }

    /// The same tables, changed: of any two, schemas and names may be the same by then.
    pub(super) fn changed(&self, change: impl Fn(&mut Table)) -> Self {
        let (mut list, mut sorted) = (self.list.clone(), self.sorted.clone());
        list.iter_mut().for_each(change);
        sorted.sort_by(|a, b| list[*a].full_name().cmp(&list[*b].full_name()));
        Self { list, sorted, sound: OnceLock::new() }
    }
}
