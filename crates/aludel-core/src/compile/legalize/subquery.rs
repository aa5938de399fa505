//! Subqueries that a database wants in FROM of another query.

use crate::{
    dialect::Place,
    expr::{DerivedTable, FromItem, Node, Query, Source, TableName},
};

/// Sets apart the subqueries of an expression that read `table`, which its statement changes.
pub(super) fn reading(node: &mut Node, table: TableName) {
    if let Some(query) = node.query_mut() {
        let rows = [Source::Table, Source::Excluded].map(|source| FromItem { table, source });
        query.derived |= reads(query, table, &rows);
    }
    node.children_mut(|it| reading(it, table));
}

/// Sets apart what is looked up in, where it has a limit.
pub(super) fn limited(node: &mut Node, place: Place) {
    if let Node::InQuery { query, .. } = node
        && place == Place::Derived
        && (query.limit.is_some() || query.offset.is_some())
    {
        query.derived = true;
    }
}

/// Whether a table stands in FROM of a query or of one within it.
fn reads(query: &Query, table: TableName, scopes: &[FromItem]) -> bool {
    let own: Vec<FromItem> = query
        .visible_roots(scopes)
        .into_iter()
        .chain(query.joins.iter().map(|it| it.target))
        .collect();
    if own.iter().any(|it| it.table == table) {
        return true;
    }
    let mut derived = query.derived_tables.iter().flat_map(DerivedTable::queries);
    if derived.any(|it| reads(it, table, &[])) {
        return true;
    }
    let scopes = [scopes, &own].concat();
    let mut found = false;
    query.nodes(|it| {
        it.visit(&mut |it| found |= it.query().is_some_and(|it| reads(it, table, &scopes)));
    });
    found
}
