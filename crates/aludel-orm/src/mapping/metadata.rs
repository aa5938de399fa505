//! From mapped structs to [`MetaData`].

use std::{any::TypeId, borrow::Cow};

use aludel_core::{
    schema::{Column, Computed, ForeignKey, Index, MetaData, Name, Table, Unique},
    value::{TypeMap, TypeVariants},
};

use super::{ColumnDefault, ColumnMeta, EntityMeta, Linked, Mapper, Names, TableArg, Typed};

/// Adds the tables of these entities. What can't be added is told by [`configure`](super::Registry::configure),
/// and left out.
pub(super) fn add_tables(metadata: &mut MetaData, entities: &[&'static EntityMeta]) -> Vec<String> {
    let mut problems = Vec::new();
    metadata.reserve(entities.len());
    let mut of_base: Option<(TypeId, Cow<'_, TypeMap>)> = None;
    for entity in entities {
        let base = (entity.base)();
        of_base.take_if(|it| it.0 != base.id);
        let (_, map) = of_base.get_or_insert_with(|| (base.id, Linked::global().types(&base)));
        let table = table(entity, map, &mut problems);
        match metadata.add_once(table) {
            Ok(None) => {}
            // Two structs may map one table, as long as they say the same of it.
            Ok(Some(table)) => problems.push(format!(
                "{}: another mapped struct says something else of the table `{table}`; leave one of the two \
                 out, or let both declare all columns alike",
                entity.name
            )),
            Err(problem) => problems.push(problem.to_string()),
        }
    }
    problems
}

/// The type that a column has in the database, by its base's map.
fn sql_type(
    entity: &EntityMeta,
    column: &ColumnMeta,
    map: &TypeMap,
    problems: &mut Vec<String>,
) -> TypeVariants {
    let said = match column.typed {
        Typed::Here => None,
        Typed::Variants(ty) => Some(ty()),
        Typed::ByMap => map.of((column.scalar)()).cloned(),
        Typed::Annotated(name) => {
            if map.named(name).is_none() {
                let known: Vec<_> = map.names().collect();
                let known = if known.is_empty() { "nothing".into() } else { known.join(", ") };
                problems.push(format!(
                    "{}.{}: the base's type map has no `{name}`; add `.annotated(\"{name}\", …)` to it \
                     (known there: {known})",
                    entity.name, column.field
                ));
            }
            map.named(name).cloned()
        }
    };
    let Some(said) = said else { return column.ty.into() };
    if let Some(wrong) = said.types().find(|it| !it.can_hold(column.ty)) {
        problems.push(format!(
            "{}.{}: a field of SQL's type {} can't be kept as {wrong}",
            entity.name, column.field, column.ty
        ));
        return column.ty.into();
    }
    said
}

fn column(meta: &ColumnMeta, ty: TypeVariants) -> Column {
    let mut column = Column::new(Name::of(meta.name), ty);
    column.nullable = meta.nullable;
    match meta.default {
        ColumnDefault::Server(default) => column.server_default = Some(default()),
        ColumnDefault::Computed(it) => {
            column.computed = Some(Computed { sql: Name::of(it.sql), storage: it.storage });
        }
        _ => {}
    }
    // What few columns say takes room as soon as it is written.
    if meta.identity.is_some() {
        column.identity = meta.identity;
    }
    if let Some(sequence) = meta.sequence {
        column.sequence = Some(sequence());
    }
    if !meta.collations.is_empty() {
        let collations = meta.collations.iter();
        column.collations = collations.map(|(of, name)| (*of, Name::of(name))).collect();
    }
    if let Some(comment) = meta.comment {
        column.comment = Some(Name::of(comment));
    }
    column
}

fn table(meta: &'static EntityMeta, map: &TypeMap, problems: &mut Vec<String>) -> Table {
    let mapper = Mapper::of(meta);
    let names = |columns: &[u16]| -> Vec<Name> {
        columns.iter().map(|it| Name::of(meta.columns[usize::from(*it)].name)).collect()
    };
    let stored = meta.columns.iter().filter(|it| it.property.is_none());
    // These stay as long as the program: no more room than they need.
    let mut columns = Vec::with_capacity(meta.columns.len() - mapper.properties.len());
    columns.extend(stored.map(|it| column(it, sql_type(meta, it, map, problems))));
    let foreign_keys = mapper.foreign_keys.iter().map(|key| ForeignKey {
        name: key.name.map(Name::of),
        columns: names(&key.columns),
        schema: key.references.first().and_then(|it| it.schema).map(Name::of),
        table: key.references.first().map(|it| Name::of(it.table)).unwrap_or_default(),
        references: key.references.iter().map(|it| Name::of(it.column)).collect(),
        on_delete: key.on_delete,
        on_update: key.on_update,
        use_alter: key.use_alter,
        deferrable: key.deferrable,
    });
    let mut table = Table {
        schema: meta.table.schema.map(Name::of),
        name: Name::of(meta.table.name),
        columns,
        primary_key: names(meta.primary_key),
        autoincrement: mapper.generates_key(),
        foreign_keys: foreign_keys.collect(),
        ..Table::default()
    };
    let columns = || meta.columns.iter();
    let args = |is_it: fn(&TableArg) -> bool| meta.args.iter().filter(|it| is_it(it)).count();
    let uniques = args(|it| matches!(it, TableArg::Unique(_)));
    table.uniques.reserve_exact(uniques + columns().filter(|it| it.unique).count());
    let indexes = args(|it| matches!(it, TableArg::Index(_)));
    table.indexes.reserve_exact(indexes + columns().filter(|it| it.index).count());
    table.checks.reserve_exact(args(|it| matches!(it, TableArg::Check(_))));
    for (position, column) in (0..).zip(meta.columns) {
        if column.unique {
            table.uniques.push(Unique::new(names(&[position])));
        }
        if column.index {
            table.indexes.push(Index::new(names(&[position])));
        }
    }
    let names = &Names(meta.columns);
    for arg in meta.args {
        match arg {
            TableArg::Index(index) => table.indexes.push(index(names)),
            TableArg::Unique(unique) => table.uniques.push(unique(names)),
            TableArg::Check(check) => table.checks.push(check()),
            TableArg::Exclude(exclusion) => table.exclusions.push(exclusion(names)),
            TableArg::Comment(comment) => table.comment = Some(Name::of(comment)),
            TableArg::Temporary => table.temporary = true,
            TableArg::Options(options) => table.options = options(),
            TableArg::ForeignKey { .. } => {}
        }
    }
    table
}
