//! Indexes and exclusion constraints.

use super::{
    Change, Comparison, Known, What,
    keys::{changed, is_named_so, take},
    settled::text,
};
use crate::schema::{
    Exclusion, Index, IndexMethod, IndexPart, Indexed, Name,
    text::{Same, compare, lex},
};

impl Comparison<'_> {
    pub(super) fn indexes(&mut self) {
        let known = self.known;
        let mut rest: Vec<&Index> = self.found.indexes.iter().collect();
        let declared = self.declared.indexes.iter();
        let declared: Vec<&Index> = declared.filter(|it| !self.is_constraint(it)).collect();
        let mut open = Vec::new();
        for index in declared {
            let name = self.name_of(index);
            match take(&mut rest, |it| it.name.as_ref() == Some(&name)) {
                Some(it) => self.index(index, Some(it)),
                None => open.push(index),
            }
        }
        for index in open {
            let same =
                |it: &Index| it.unique == index.unique && known.same_parts(&index.parts, &it.parts);
            let found = take(&mut rest, same);
            self.index(index, found);
        }
        for index in rest {
            self.push(What::Index(Change::Extra(index.clone())));
        }
    }

    pub(super) fn index(&mut self, declared: &Index, found: Option<&Index>) {
        if found.is_none() && self.is_a_keys(declared) {
            return;
        }
        let Some(found) = found else {
            let index = Index { name: Some(self.name_of(declared)), ..declared.clone() };
            return self.push(What::Index(Change::Missing(index)));
        };
        let same = self.known.same_index(declared, found)
            && is_named_so(declared.name.as_deref(), found.name.as_deref());
        if !same {
            self.push(What::Index(changed(declared, found)));
        }
    }

    /// Whether it is called as the one that the database makes for a foreign key, and so can't be told from it.
    fn is_a_keys(&self, index: &Index) -> bool {
        let rules = self.known.rules;
        rules.keys_have_indexes
            && index.is_plain()
            && !index.unique
            && self.found.foreign_keys.iter().any(|key| {
                key.columns == index.column_names()
                    && (index.name == key.name || index.name.as_ref() == key.columns.first())
            })
    }

    /// Whether the database has a unique constraint for an index.
    pub(super) fn is_constraint(&self, index: &Index) -> bool {
        index.unique && index.is_plain() && self.known.rules.unique_indexes_are_constraints
    }

    /// The name that DDL gives an index.
    pub(super) fn name_of(&self, index: &Index) -> Name {
        // That it can be made was checked when the table was added.
        let name = self.declared.index_name(index);
        name.map(|it| text(it, self.known.dialect)).unwrap_or_default()
    }

    pub(super) fn exclusions(&mut self) {
        let known = self.known;
        let mut rest: Vec<&Exclusion> = self.found.exclusions.iter().collect();
        for declared in &self.declared.exclusions {
            let by_name = take(&mut rest, |it| declared.name.is_some() && declared.name == it.name);
            let found =
                by_name.or_else(|| take(&mut rest, |it| known.same_exclusion(declared, it)));
            match found {
                Some(it)
                    if known.same_exclusion(declared, it)
                        && is_named_so(declared.name.as_deref(), it.name.as_deref()) => {}
                Some(it) => self.push(What::Exclusion(changed(declared, it))),
                None => self.push(What::Exclusion(Change::Missing(declared.clone()))),
            }
        }
        for it in rest {
            self.push(What::Exclusion(Change::Extra(it.clone())));
        }
    }
}

impl Known<'_> {
    fn same_index(&self, a: &Index, b: &Index) -> bool {
        a.unique == b.unique
            && a.method == b.method
            && self.same_parts(&a.parts, &b.parts)
            && self.same_set(&a.include, &b.include)
            && self.same_sql(a.condition.as_deref(), b.condition.as_deref())
    }

    fn same_parts(&self, a: &[IndexPart], b: &[IndexPart]) -> bool {
        // Databases don't show in which schema it is.
        let class = |it: &IndexPart| {
            it.operator_class.as_deref().map(|it| it.rsplit('.').next().unwrap_or(it).to_owned())
        };
        let same = |(a, b): (&IndexPart, &IndexPart)| {
            self.same_indexed(&a.of, &b.of)
                && a.descending == b.descending
                && a.nulls == b.nulls
                && a.length == b.length
                && a.collation.as_deref().map(str::to_lowercase)
                    == b.collation.as_deref().map(str::to_lowercase)
                && class(a) == class(b)
        };
        a.len() == b.len() && a.iter().zip(b).all(same)
    }

    fn same_indexed(&self, a: &Indexed, b: &Indexed) -> bool {
        match (a, b) {
            (Indexed::Column(a), Indexed::Column(b)) => self.same_name(a, b),
            (Indexed::Expression(a), Indexed::Expression(b)) => self.same_sql(Some(a), Some(b)),
            // A column in parentheses is a column.
            (Indexed::Column(column), Indexed::Expression(sql))
            | (Indexed::Expression(sql), Indexed::Column(column)) => {
                let sql = sql.trim_matches(['(', ')']);
                match &*lex(sql, self.rules) {
                    [only] => only.name(sql).is_some_and(|it| self.same_name(it, column)),
                    _ => false,
                }
            }
        }
    }

    /// Whether two texts may mean the same.
    fn same_sql(&self, a: Option<&str>, b: Option<&str>) -> bool {
        match (a, b) {
            (None, None) => true,
            (Some(a), Some(b)) => compare(a, b, self.rules) != Same::No,
            _ => false,
        }
    }

    fn same_exclusion(&self, a: &Exclusion, b: &Exclusion) -> bool {
        let method = |it: &Exclusion| it.method.unwrap_or(IndexMethod::Gist);
        let same = |(a, b): (&(IndexPart, Name), &(IndexPart, Name))| {
            self.same_parts(std::slice::from_ref(&a.0), std::slice::from_ref(&b.0)) && a.1 == b.1
        };
        method(a) == method(b)
            && a.deferrable == b.deferrable
            && a.elements.len() == b.elements.len()
            && a.elements.iter().zip(&b.elements).all(same)
            && self.same_sql(a.condition.as_deref(), b.condition.as_deref())
    }
}
