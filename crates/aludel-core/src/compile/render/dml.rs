//! INSERT, UPDATE and DELETE.

use super::Writer;
use crate::{
    dialect::EmptyInsert,
    expr::{Delete, FromItem, Insert, Node, Source, TableName, Update},
};

impl Writer<'_> {
    /// The table that the statement changes: its columns need no name, except in subqueries, which
    /// correlate to it.
    fn target(&mut self, table: TableName) {
        let item = FromItem { table, source: Source::Table };
        self.table(table);
        self.bare = Some(item);
        self.scopes.push(item);
    }

    /// `INSERT INTO t (a, b)`
    pub(super) fn insert_into(&mut self, insert: &Insert) {
        self.push("INSERT INTO ");
        self.table(insert.table);
        self.bare = Some(FromItem { table: insert.table, source: Source::Table });
        if !insert.columns.is_empty() {
            self.push(" ");
            self.parenthesised(|it| it.list(&insert.columns, |it, name| it.name(name)));
        }
    }

    pub(super) fn insert(&mut self, insert: &Insert) {
        self.insert_into(insert);
        if insert.columns.is_empty() {
            self.push(match self.dialect.capability().dml.empty_insert {
                EmptyInsert::DefaultValues => " DEFAULT VALUES",
                EmptyInsert::EmptyLists => " () VALUES ()",
            });
        } else {
            self.push(" VALUES ");
            self.list(&insert.rows, |it, row| {
                it.parenthesised(|it| it.list(row, |it, node| it.node(node)));
            });
        }
        if let Some(it) = &insert.on_conflict {
            let rows = [Source::Table, Source::Excluded];
            self.scopes.extend(rows.map(|source| FromItem { table: insert.table, source }));
            self.on_conflict(it);
        }
        self.returning(&insert.returning);
    }

    pub(super) fn update(&mut self, update: &Update) {
        self.push("UPDATE ");
        self.target(update.table);
        self.push(" SET ");
        self.list(&update.set, |it, (name, node)| {
            it.name(name);
            it.push(" = ");
            it.node(node);
        });
        self.clause(" WHERE ", update.filter.as_ref());
        self.returning(&update.returning);
    }

    pub(super) fn delete(&mut self, delete: &Delete) {
        self.push("DELETE FROM ");
        self.target(delete.table);
        self.clause(" WHERE ", delete.filter.as_ref());
        self.returning(&delete.returning);
    }

    pub(super) fn returning(&mut self, nodes: &[Node]) {
        if !nodes.is_empty() {
            self.push(" RETURNING ");
            self.list(nodes, |it, node| it.node(node));
        }
    }
}
