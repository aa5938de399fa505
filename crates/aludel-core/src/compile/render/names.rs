//! Tables, aliases and columns.

use super::Writer;
use crate::{
    dialect::Upsert,
    expr::{
        ColumnRef, Delete, DerivedTable, FromItem, Insert, Node, Query, Source, Statement,
        TableName, Update,
    },
};

/// The names of the appearances whose aliases Aludel makes, unique in the statement.
#[derive(Default)]
pub(super) struct Names(Vec<(FromItem, String)>);

impl Names {
    pub(super) fn of(statement: &Statement) -> Self {
        let mut all = Appearances::default();
        match statement {
            Statement::Select(query) => all.query(query),
            Statement::Insert(Insert { rows, on_conflict, .. }) => {
                rows.iter().flatten().for_each(|it| all.node(it));
                on_conflict.iter().for_each(|it| it.nodes(&mut |it| all.node(it)));
            }
            Statement::Update(Update { set, filter, .. }) => {
                set.iter().map(|(_, it)| it).chain(filter).for_each(|it| all.node(it));
            }
            Statement::Delete(Delete { filter, .. }) => filter.iter().for_each(|it| all.node(it)),
        }
        let mut names: Vec<(FromItem, String)> = Vec::with_capacity(all.anonymous.len());
        for item in all.anonymous {
            // Counted by table as they appear, so that one query is always one text.
            let before = names.iter().filter(|(it, _)| it.table == item.table).count();
            let mut name = format!("{}_{}", item.table.name, before + 1);
            while all.taken.contains(&&*name) || names.iter().any(|(_, it)| *it == name) {
                name.push('_');
            }
            names.push((item, name));
        }
        Self(names)
    }

    fn get(&self, item: &FromItem) -> &str {
        let found = self.0.iter().find(|(it, _)| it == item);
        found.map_or(item.table.name, |(_, name)| name)
    }
}

/// What stands in a statement.
#[derive(Default)]
struct Appearances {
    anonymous: Vec<FromItem>,
    taken: Vec<&'static str>,
}

impl Appearances {
    fn item(&mut self, item: FromItem) {
        match item.source {
            Source::Table => self.name(item.table.name),
            Source::Named(name) => self.name(name),
            Source::Anon(_) if !self.anonymous.contains(&item) => self.anonymous.push(item),
            Source::Anon(_) | Source::Excluded => {}
        }
    }

    fn name(&mut self, name: &'static str) {
        if !self.taken.contains(&name) {
            self.taken.push(name);
        }
    }

    fn query(&mut self, query: &Query) {
        query.from.iter().for_each(|it| self.item(*it));
        query.joins.iter().for_each(|it| self.item(it.target));
        query.nodes(|it| self.node(it));
        let derived = query.derived_tables.iter().flat_map(DerivedTable::queries);
        derived.for_each(|it| self.query(it));
    }

    fn node(&mut self, node: &Node) {
        if let Node::Column(column) = node {
            self.item(column.from);
        }
        node.children(|it| self.node(it));
        if let Some(query) = node.query() {
            self.query(query);
        }
    }
}

impl Writer<'_> {
    pub(super) fn name(&mut self, name: &str) {
        self.dialect.identifier(&mut self.sql, name);
    }

    pub(super) fn table(&mut self, table: TableName) {
        let dialect = self.dialect;
        if let Some(schema) = dialect.schema(table.schema) {
            self.name(schema);
            self.push(".");
        }
        self.name(table.name);
    }

    /// A table where FROM brings it in: with its alias. It may be a query instead.
    pub(super) fn appearance(&mut self, item: &FromItem, derived: &[DerivedTable]) {
        if self.recursive.contains(item) {
            return self.bare_name(item);
        }
        match derived.iter().find(|it| it.item == *item) {
            Some(table) => {
                let scopes = std::mem::take(&mut self.scopes);
                self.parenthesised(|it| it.select(&table.query));
                self.scopes = scopes;
            }
            None => self.table(item.table),
        }
        if item.source != Source::Table {
            self.push(" AS ");
            self.alias(item);
        }
    }

    /// The name under which a table's columns are known.
    fn alias(&mut self, item: &FromItem) {
        match item.source {
            Source::Table => self.table(item.table),
            _ => self.bare_name(item),
        }
    }

    /// The same, without a schema.
    pub(super) fn bare_name(&mut self, item: &FromItem) {
        match item.source {
            Source::Table => self.name(item.table.name),
            Source::Excluded => self.push("excluded"),
            Source::Named(name) => self.name(name),
            Source::Anon(_) => {
                let dialect = self.dialect;
                dialect.identifier(&mut self.sql, self.names.get(item));
            }
        }
    }

    pub(super) fn column(&mut self, column: &ColumnRef) {
        if column.from.source == Source::Excluded
            && self.dialect.capability().dml.upsert == Upsert::OnDuplicateKey
        {
            self.push("VALUES");
            return self.parenthesised(|it| it.name(column.name));
        }
        if self.bare != Some(column.from) {
            self.alias(&column.from);
            self.push(".");
        }
        self.name(column.name);
    }
}
