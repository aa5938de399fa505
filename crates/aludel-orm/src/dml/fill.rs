//! What statements bring along that say nothing of a column: defaults, and what UPDATEs set besides.

use aludel_core::{
    expr::{ExecutionOptions, Insert, Node, TableName, Update},
    value::ValueRef,
};

use crate::mapping::{ColumnDefault, EntityMeta, Linked, Mapper, defaults::Said};

/// The entity that a statement was begun with; where it was none, one of the table with these columns.
pub(super) fn entity_of<'c>(
    execution: ExecutionOptions,
    table: TableName,
    mut columns: impl Iterator<Item = &'c str> + Clone,
) -> Option<&'static EntityMeta> {
    let mut entities = Linked::global().entities().iter();
    let found = match execution.entity {
        Some(entity) => entities.find(|it| (it.type_id)() == entity),
        None => entities
            .filter(|it| it.table == table)
            .find(|it| columns.all(|name| it.columns.iter().any(|it| it.name == name))),
    };
    found.copied()
}

/// A row of a statement.
struct Row<'a> {
    meta: &'static EntityMeta,
    columns: &'a [&'static str],
    values: &'a [Node],
}

impl Said for Row<'_> {
    fn value(&self, column: u16) -> Option<ValueRef<'_>> {
        let name = self.meta.columns.get(usize::from(column))?.name;
        let place = self.columns.iter().position(|it| *it == name)?;
        match self.values.get(place) {
            Some(Node::Bind(value)) => Some(value.as_ref()),
            _ => None,
        }
    }
}

/// Adds the program's own defaults to rows of an INSERT that say nothing of a column (DML-1).
pub(super) fn fill_defaults(insert: &mut Insert, execution: ExecutionOptions) {
    let columns = insert.columns.iter().copied();
    let Some(meta) = entity_of(execution, insert.table, columns) else { return };
    for column in meta.columns {
        let fills =
            column.default.is_made() || matches!(column.default, ColumnDefault::Expression(_));
        if !fills || insert.columns.contains(&column.name) {
            continue;
        }
        if insert.rows.is_empty() {
            insert.rows.push(Vec::new());
        }
        for row in &mut insert.rows {
            let said = Row { meta, columns: &insert.columns, values: row };
            let value = match &column.default {
                ColumnDefault::Expression(default) => Some(default()),
                default => default.make(&said, &[]).map(Node::Bind),
            };
            row.extend(value);
        }
        insert.columns.push(column.name);
    }
}

/// Adds what each UPDATE sets that doesn't set it by itself (DML-13).
pub(super) fn fill_on_update(update: &mut Update, execution: ExecutionOptions) {
    if update.set.is_empty() {
        return;
    }
    let columns = update.set.iter().map(|it| it.0);
    let Some(meta) = entity_of(execution, update.table, columns) else { return };
    let name = |it: u16| meta.columns[usize::from(it)].name;
    let sets = |it: u16| update.set.iter().any(|set| set.0 == name(it));
    let brought = Mapper::of(meta).brought_along(sets);
    update.set.extend(brought.into_iter().map(|(column, node)| (name(column), node)));
}
