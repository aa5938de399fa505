//! SELECT: items, FROM, joins, and what follows them.

use super::Writer;
use crate::expr::{
    DerivedTable, Direction, FromItem, Join, JoinKind, Node, NullsOrder, OrderBy, Query, SelectItem,
};

impl Writer<'_> {
    /// A query in parentheses. Within it, columns of the statement's own table bear its name.
    pub(super) fn subquery(&mut self, query: &Query) {
        let bare = self.bare.take();
        self.parenthesised(|it| {
            if query.derived {
                it.push("SELECT * FROM ");
                it.parenthesised(|it| it.select(query));
                it.push(" AS derived");
            } else {
                it.select(query);
            }
        });
        self.bare = bare;
    }

    pub(super) fn select(&mut self, query: &Query) {
        self.with(query);
        let roots = query.visible_roots(&self.scopes);
        let outer = self.scopes.len();
        self.scopes.extend(&roots);
        self.scopes.extend(query.joins.iter().map(|it| it.target));

        self.push(if query.distinct { "SELECT DISTINCT " } else { "SELECT " });
        if !query.distinct_on.is_empty() {
            self.push("DISTINCT ON ");
            self.parenthesised(|it| {
                it.list(&query.distinct_on, |it, node| it.key(node, &query.items));
            });
            self.push(" ");
        }
        self.list(&query.items, |it, item| it.item(item));
        self.from(&roots, query);
        self.clause(" WHERE ", query.filter.as_ref());
        if !query.group_by.is_empty() {
            self.push(" GROUP BY ");
            self.list(&query.group_by, |it, node| it.key(node, &query.items));
        }
        self.clause(" HAVING ", query.having.as_ref());
        if !query.order_by.is_empty() {
            self.push(" ORDER BY ");
            self.list(&query.order_by, |it, key| it.sort_key(key, &query.items));
        }
        self.limit(query.limit, query.offset);
        if let Some(lock) = &query.for_update {
            self.lock(lock);
        }

        self.scopes.truncate(outer);
    }

    /// The derived tables that follow from themselves.
    fn with(&mut self, query: &Query) {
        let recursive =
            || query.derived_tables.iter().filter_map(|it| Some((it, it.recursive.as_ref()?)));
        if recursive().next().is_none() {
            return;
        }
        self.push("WITH RECURSIVE ");
        self.recursive.extend(recursive().map(|it| it.0.item));
        self.list(recursive(), |it, (table, follows)| {
            it.bare_name(&table.item);
            it.push(" AS ");
            it.parenthesised(|it| {
                it.select(&table.query);
                it.push(" UNION ");
                it.select(follows);
            });
        });
        self.push(" ");
    }

    fn item(&mut self, item: &SelectItem) {
        self.node(&item.node);
        if let Some(label) = item.label {
            self.push(" AS ");
            self.name(label);
        }
    }

    /// Each table of FROM is followed by the joins that start from it; a join whose condition names
    /// several tables goes to the last of them.
    fn from(&mut self, roots: &[FromItem], query: &Query) {
        let mut groups: Vec<Vec<&Join>> = vec![Vec::new(); roots.len()];
        let mut group_of: Vec<(FromItem, usize)> = roots.iter().copied().zip(0..).collect();
        for join in &query.joins {
            let mut group = None;
            join.on.columns(&mut |column| {
                let found = group_of.iter().find(|(item, _)| *item == column.from);
                group = group.max(found.map(|(_, index)| *index));
            });
            let group = group.unwrap_or(0);
            group_of.push((join.target, group));
            if let Some(group) = groups.get_mut(group) {
                group.push(join);
            }
        }
        if !roots.is_empty() {
            self.push(" FROM ");
        }
        self.list(roots.iter().zip(groups), |it, (root, joins)| {
            it.appearance(root, &query.derived_tables);
            joins.into_iter().for_each(|join| it.join(join, &query.derived_tables));
        });
    }

    fn join(&mut self, join: &Join, derived: &[DerivedTable]) {
        self.push(match join.kind {
            JoinKind::Inner => " JOIN ",
            JoinKind::Left => " LEFT OUTER JOIN ",
        });
        self.appearance(&join.target, derived);
        self.push(" ON ");
        self.node(&join.on);
    }

    pub(super) fn clause(&mut self, keyword: &str, condition: Option<&Node>) {
        if let Some(condition) = condition {
            self.push(keyword);
            self.node(condition);
        }
    }

    /// What is grouped or sorted by. An item with parameters is named by its place: its parameters
    /// would come again under other numbers, and no database sees that the two are one.
    fn key(&mut self, node: &Node, items: &[SelectItem]) {
        match items.iter().position(|it| it.node == *node) {
            Some(index) if node.has_bind() && !node.has_hole() => {
                self.push(&(index + 1).to_string());
            }
            _ => self.node(node),
        }
    }

    /// A sort key that an item's label names stands as that label (SEL-6).
    pub(super) fn sort_key(&mut self, key: &OrderBy, items: &[SelectItem]) {
        let (node, collation) = match &key.node {
            Node::Collate { operand, collation } => (&**operand, Some(*collation)),
            node => (node, None),
        };
        let labelled = items.iter().find(|it| it.label.is_some() && it.node == *node);
        match labelled.and_then(|it| it.label) {
            Some(label) => {
                self.name(label);
                if let Some(collation) = collation {
                    self.push(" COLLATE ");
                    self.name(collation);
                }
            }
            None => self.key(&key.node, items),
        }
        if key.direction == Direction::Desc {
            self.push(" DESC");
        }
        match key.nulls {
            Some(NullsOrder::First) => self.push(" NULLS FIRST"),
            Some(NullsOrder::Last) => self.push(" NULLS LAST"),
            None => {}
        }
    }

    fn limit(&mut self, limit: Option<u64>, offset: Option<u64>) {
        match (limit, self.dialect.capability().select.unlimited) {
            (Some(rows), _) => {
                self.push(" LIMIT ");
                self.count(rows);
            }
            (None, Some(unlimited)) if offset.is_some() => {
                self.push(" LIMIT ");
                self.push(unlimited);
            }
            (None, _) => {}
        }
        if let Some(rows) = offset {
            self.push(" OFFSET ");
            self.count(rows);
        }
    }
}
