//! [`Later`]: what queries say of loading relationships later, of the objects that they read.

use super::{
    graph::{Entry, Tables},
    reference::Ref,
};

/// What is said of loading relationships later, by their positions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Said {
    /// Those that a `raiseload` forbids to load.
    forbidden: u64,
    /// Those that it forbids to load by a statement.
    sql_forbidden: u64,
    /// Those that a `lazyload` allows to load, whatever is mapped.
    allowed: u64,
}

impl Said {
    fn say(&mut self, relation: u16, later: Later) {
        let Self { forbidden, sql_forbidden, allowed } = self;
        for (bits, of) in [
            (forbidden, Later::Forbidden),
            (sql_forbidden, Later::WithoutSql),
            (allowed, Later::Allowed),
        ] {
            *bits = if later == of { *bits | bit(relation) } else { *bits & !bit(relation) };
        }
    }

    fn of(self, relation: u16) -> Option<Later> {
        let is_in = |bits: u64| bits & bit(relation) != 0;
        match (is_in(self.forbidden), is_in(self.sql_forbidden), is_in(self.allowed)) {
            (true, ..) => Some(Later::Forbidden),
            (_, true, _) => Some(Later::WithoutSql),
            (_, _, true) => Some(Later::Allowed),
            _ => None,
        }
    }
}

/// What an option of the query that loaded an object says of loading a relationship later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Later {
    /// It may be loaded, whatever is mapped.
    Allowed,
    /// It may be loaded where that needs no statement.
    WithoutSql,
    /// It may not be loaded.
    Forbidden,
}

/// A relationship's place in a set of them.
fn bit(relation: u16) -> u64 {
    1_u64.checked_shl(u32::from(relation)).unwrap_or(0)
}

impl Tables {
    /// Says whether a relationship of a chunk's objects may be loaded later.
    pub(crate) fn say_later(&mut self, chunk: u64, relation: u16, later: Later) {
        if let Some(entry) = self.chunks.get_mut(&chunk) {
            entry.said.say(relation, later);
        }
    }

    /// The same of one object.
    pub(crate) fn say_later_of(&mut self, object: Ref, relation: u16, later: Later) {
        let usual = self.chunks.get(&object.chunk()).map(|it| it.said).unwrap_or_default();
        self.said.entry(object).or_insert(usual).say(relation, later);
    }

    /// What is forbidden of an object; it is this from now on.
    pub(crate) fn replace_forbidden(&mut self, object: Ref, forbidden: u64) -> u64 {
        let own = self.said.get_mut(&object);
        let said = own.or_else(|| Some(&mut self.chunks.get_mut(&object.chunk())?.said));
        said.map_or(0, |it| std::mem::replace(&mut it.forbidden, forbidden))
    }

    /// What was said of loading a relationship of an object later.
    pub(crate) fn later(&self, object: Ref, relation: u16) -> Option<Later> {
        let own = self.said.get(&object).copied();
        own.or_else(|| Some(self.chunks.get(&object.chunk())?.said))?.of(relation)
    }

    /// An object that is read again forgets what the query said that loaded it (LOAD-20).
    pub(super) fn permit(&mut self, object: Ref) {
        let says = |it: &Entry| it.said != Said::default();
        if self.chunks.get(&object.chunk()).is_some_and(says) {
            self.said.insert(object, Said::default());
        } else {
            self.said.remove(&object);
        }
    }

    /// What was said of objects by a query that read them anew is said once more when they are read again.
    #[cold]
    pub(crate) fn say_anew(&mut self, objects: &[Ref]) {
        for object in objects {
            let said = self.said.get(object).copied().unwrap_or_default();
            self.anew.insert(*object, said);
        }
    }

    /// An object was read again by its key: there, what the query says goes on that read it first, or read it anew.
    #[cold]
    pub(crate) fn say_again(&mut self, object: Ref) {
        let first = || self.chunks.get(&object.chunk()).map(|it| it.said);
        if let Some(said) = self.anew.get(&object).copied().or_else(first) {
            self.said.insert(object, said);
        }
    }
}
