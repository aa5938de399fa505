//! Foreign keys and unique constraints.

use super::{Change, Comparison, Known, What};
use crate::schema::{Action, ForeignKey, Index, Name, Unique};

impl Comparison<'_> {
    pub(super) fn foreign_keys(&mut self) {
        let known = self.known;
        let mut rest: Vec<&ForeignKey> = self.found.foreign_keys.iter().collect();
        let mut open = Vec::new();
        for key in &self.declared.foreign_keys {
            match take(&mut rest, |it| known.same_target(key, it)) {
                Some(it) if known.same_key(key, it) => {}
                Some(it) => self.push(What::ForeignKey(changed(key, it))),
                None => open.push(key),
            }
        }
        for key in open {
            let same = |it: &ForeignKey| known.same_set(&key.columns, &it.columns);
            self.push(What::ForeignKey(match take(&mut rest, same) {
                Some(it) => changed(key, it),
                None => Change::Missing(key.clone()),
            }));
        }
        for key in rest {
            self.push(What::ForeignKey(Change::Extra(key.clone())));
        }
    }

    pub(super) fn uniques(&mut self) {
        let known = self.known;
        let mut rest: Vec<&Unique> = self.found.uniques.iter().collect();
        let mut open = Vec::new();
        for unique in &self.declared.uniques {
            match take(&mut rest, |it| known.same_set(&unique.columns, &it.columns)) {
                Some(it)
                    if is_named_so(unique.name.as_deref(), it.name.as_deref())
                        && unique.deferrable == it.deferrable => {}
                Some(it) => self.push(What::Unique(changed(unique, it))),
                None => open.push(unique),
            }
        }
        for unique in open {
            let same = |it: &Unique| unique.name.is_some() && unique.name == it.name;
            self.push(What::Unique(match take(&mut rest, same) {
                Some(it) => changed(unique, it),
                None => Change::Missing(unique.clone()),
            }));
        }
        // What is left may be the unique indexes that are declared.
        let indexes = self.declared.indexes.iter();
        let indexes: Vec<&Index> = indexes.filter(|it| self.is_constraint(it)).collect();
        for index in indexes {
            let name = self.name_of(index);
            let found = take(&mut rest, |it| it.name.as_ref() == Some(&name)).or_else(|| {
                take(&mut rest, |it| known.same_names(&index.column_names(), &it.columns))
            });
            let found = found.map(|it| {
                let index = Index::new(it.columns.iter().cloned()).unique();
                Index { name: it.name.clone(), ..index }
            });
            self.index(index, found.as_ref());
        }
        for unique in rest {
            self.push(What::Unique(Change::Extra(unique.clone())));
        }
    }
}

impl Known<'_> {
    /// Whether two keys refer from the same columns to the same columns.
    fn same_target(&self, a: &ForeignKey, b: &ForeignKey) -> bool {
        let pairs = |key: &ForeignKey| {
            let pairs = key.columns.iter().cloned().zip(key.references.iter().cloned());
            pairs.collect::<Vec<_>>()
        };
        let (ours, theirs) = (pairs(a), pairs(b));
        let same = |a: &(Name, Name), b: &(Name, Name)| {
            self.same_name(&a.0, &b.0) && self.same_name(&a.1, &b.1)
        };
        self.same_name(&a.table, &b.table)
            && self.same_schema(a.schema.as_deref(), b.schema.as_deref())
            && ours.len() == theirs.len()
            && ours.iter().all(|it| theirs.iter().any(|other| same(it, other)))
    }

    fn same_key(&self, a: &ForeignKey, b: &ForeignKey) -> bool {
        self.action(a.on_delete) == self.action(b.on_delete)
            && self.action(a.on_update) == self.action(b.on_update)
            && a.deferrable == b.deferrable
            && is_named_so(a.name.as_deref(), b.name.as_deref())
    }

    fn action(&self, action: Action) -> Action {
        match action {
            Action::Restrict if self.rules.restrict_is_no_action => Action::NoAction,
            other => other,
        }
    }
}

/// Whether something has the name that was declared, if one was.
pub(super) fn is_named_so(declared: Option<&str>, found: Option<&str>) -> bool {
    declared.is_none() || declared == found
}

pub(super) fn changed<T: Clone>(declared: &T, found: &T) -> Change<T> {
    Change::Changed { declared: declared.clone(), found: found.clone() }
}

/// Takes the first that is the one.
pub(super) fn take<'a, T>(rest: &mut Vec<&'a T>, is_it: impl Fn(&T) -> bool) -> Option<&'a T> {
    let position = rest.iter().position(|it| is_it(it))?;
    Some(rest.remove(position))
}
