//! What a SELECT may say.

use super::{expression, lock, refuse};
use crate::{
    Error, Result,
    dialect::Dialect,
    expr::{ColumnRef, DerivedTable, FromItem, JoinKind, Node, Query, SelectItem, Source, UnaryOp},
};

/// Checks a query; `enclosing` are the tables of the queries around it.
pub(super) fn select(query: &Query, dialect: &dyn Dialect, enclosing: &[FromItem]) -> Result<()> {
    if query.items.is_empty() {
        return Err(refuse("a SELECT needs at least one column or expression"));
    }
    let roots = query.roots();
    if roots.iter().any(|it| it.source == Source::Excluded && !enclosing.contains(it)) {
        return Err(refuse(
            "`.excluded()` is the row that an INSERT could not insert: it stands in DO UPDATE only",
        ));
    }
    if !query.distinct_on.is_empty() && !dialect.capability().select.distinct_on {
        let what = "SELECT DISTINCT ON; group the rows, or leave out others in the program";
        return Err(Error::Unsupported { dialect: dialect.name(), what: what.into() });
    }
    let mut derived = query.derived_tables.iter().flat_map(DerivedTable::queries);
    derived.try_for_each(|it| select(it, dialect, &[]))?;
    let sorts = |it: &Query| it.limit.is_some() || it.offset.is_some() || !it.order_by.is_empty();
    let mut recursive = query.derived_tables.iter().filter(|it| it.recursive.is_some());
    if recursive.any(|it| it.queries().any(sorts)) {
        return Err(refuse(
            "a query that follows from itself has no order and no limit: give them to the query that reads it",
        ));
    }
    appear_once(query, &roots)?;
    reachable(query, &roots, enclosing)?;
    nullable_sides(query)?;
    let mut inner: Vec<FromItem> = enclosing.to_vec();
    inner.extend(&roots);
    inner.extend(query.joins.iter().map(|it| it.target));
    if let Some(it) = &query.for_update {
        lock::lock(it, dialect, &inner[enclosing.len()..])?;
    }
    let mut result = Ok(());
    query.nodes(|it| {
        if result.is_ok() {
            result = expression(it, dialect, &inner);
        }
    });
    result
}

/// No name stands for two appearances of a table.
fn appear_once(query: &Query, roots: &[FromItem]) -> Result<()> {
    let mut seen: Vec<FromItem> = Vec::with_capacity(roots.len() + query.joins.len());
    for item in roots.iter().copied().chain(query.joins.iter().map(|it| it.target)) {
        if seen.iter().any(|it| same_name(it, &item)) {
            let name = shown(&item);
            return Err(refuse(format!(
                "`{name}` stands twice in FROM; give one of them a name of its own with `.aliased(\"…\")`"
            )));
        }
        seen.push(item);
    }
    Ok(())
}

fn same_name(a: &FromItem, b: &FromItem) -> bool {
    match (a.source, b.source) {
        (Source::Named(a), Source::Named(b)) => a == b,
        (Source::Named(alias), Source::Table) => alias == b.table.name,
        (Source::Table, Source::Named(alias)) => alias == a.table.name,
        _ => a == b,
    }
}

/// ORDER BY, GROUP BY and HAVING name only tables that FROM has.
fn reachable(query: &Query, roots: &[FromItem], enclosing: &[FromItem]) -> Result<()> {
    let mut missing: Option<ColumnRef> = None;
    let mut check = |column: &ColumnRef| {
        let from = &column.from;
        let known = roots.contains(from)
            || enclosing.contains(from)
            || query.joins.iter().any(|it| it.target == *from);
        if !known && missing.is_none() {
            missing = Some(*column);
        }
    };
    query.distinct_on.iter().for_each(|it| it.columns(&mut check));
    query.group_by.iter().for_each(|it| it.columns(&mut check));
    query.having.iter().for_each(|it| it.columns(&mut check));
    query.order_by.iter().for_each(|it| it.node.columns(&mut check));
    match missing {
        None => Ok(()),
        Some(column) => {
            let table = shown(&column.from);
            Err(refuse(format!(
                "`{table}.{}` is sorted or grouped by, but `{table}` is not in FROM; join it or use `.select_from(…)`",
                column.name
            )))
        }
    }
}

/// What comes from the nullable side of an outer join is read as an `Option`.
///
/// An inner join that follows drops the rows in which its condition meets NULL, and its own table
/// is never missing: so only the target of an outer join itself is a nullable side.
fn nullable_sides(query: &Query) -> Result<()> {
    let sides: Vec<FromItem> =
        query.joins.iter().filter(|it| it.kind == JoinKind::Left).map(|it| it.target).collect();
    if sides.is_empty() {
        return Ok(());
    }
    for SelectItem { node, .. } in query.items.iter().filter(|it| !it.optional) {
        if let Some(column) = missing_row(node, &sides) {
            return Err(refuse(format!(
                "`{table}.{name}` may be NULL, because an outer join brings `{table}` in, but the row doesn't \
                 expect that; say `.optional()` of it in `select`",
                table = shown(&column.from),
                name = column.name
            )));
        }
    }
    Ok(())
}

/// A column that makes the whole expression NULL where its table's row is missing. Columns that are
/// nullable by themselves are of an optional type already.
fn missing_row<'a>(node: &'a Node, sides: &[FromItem]) -> Option<&'a ColumnRef> {
    match node {
        Node::Column(column) => {
            (!column.nullable && sides.contains(&column.from)).then_some(column)
        }
        Node::Function { name: "count", .. }
        | Node::Unary { op: UnaryOp::IsNull | UnaryOp::IsNotNull, .. }
        | Node::Exists { .. }
        | Node::Scalar(_) => None,
        Node::Binary { op, .. } if op.tolerates_null() => None,
        Node::Function { name: "coalesce", args, .. } => {
            let mut found = None;
            for arg in args {
                found = Some(missing_row(arg, sides)?);
            }
            found
        }
        Node::Case { arms, otherwise } => arms
            .iter()
            .map(|(_, value)| value)
            .chain(otherwise.as_deref())
            .find_map(|it| missing_row(it, sides)),
        Node::In { subject, .. } | Node::InQuery { subject, .. } => missing_row(subject, sides),
        _ => {
            let mut found = None;
            node.children(|it| found = found.or_else(|| missing_row(it, sides)));
            found
        }
    }
}

/// The name under which a table stands, for messages.
pub(super) fn shown(item: &FromItem) -> String {
    match item.source {
        Source::Table | Source::Anon(_) => item.table.to_string(),
        Source::Named(alias) => alias.to_owned(),
        Source::Excluded => "excluded".to_owned(),
    }
}
