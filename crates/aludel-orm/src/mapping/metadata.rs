//! From mapped structs to [`MetaData`].

use aludel_core::{
    schema::{self, Column, ForeignKey, Index, MetaData, ServerDefault, Table, Unique},
    value::{TypeMap, TypeVariants},
};

use super::{ColumnDefault, ColumnMeta, EntityMeta, Mapper, Names, TableArg, Typed};

/// Adds the tables of these entities. What can't be added is told by [`configure`](super::Registry::configure),
/// and left out.
pub(super) fn add_tables(
    metadata: &mut MetaData,
    entities: impl Iterator<Item = &'static EntityMeta>,
) -> Vec<String> {
    let mut problems = Vec::new();
    for entity in entities {
        let table = metadata.completed(table(entity, &mut problems));
        match metadata.find(table.schema.as_deref(), &table.name) {
            // Two structs may map one table, as long as they say the same of it.
            Some(other) if *other == table => {}
            Some(_) => problems.push(format!(
                "{}: another mapped struct says something else of the table `{table}`; leave one of the two \
                 out, or let both declare all columns alike",
                entity.name
            )),
            None => problems.extend(metadata.add(table).err().map(|it| it.to_string())),
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

fn table(meta: &'static EntityMeta, problems: &mut Vec<String>) -> Table {
    let mapper = Mapper::of(meta);
    let map = ((meta.base)().type_map)();
    let names = |columns: &[u16]| -> Vec<String> {
        columns.iter().map(|it| meta.columns[usize::from(*it)].name.to_owned()).collect()
    };
    let columns = meta.columns.iter().map(|it| {
        let TypeVariants { ty, variants } = sql_type(meta, it, &map, problems);
        Column {
            name: it.name.to_owned(),
            ty,
            variants,
            nullable: it.nullable,
            server_default: match &it.default {
                ColumnDefault::Server(default) => Some(default()),
                _ => None::<ServerDefault>,
            },
            computed: match &it.default {
                ColumnDefault::Computed(it) => {
                    Some(schema::Computed { sql: it.sql.to_owned(), storage: it.storage })
                }
                _ => None,
            },
            identity: it.identity,
            sequence: it.sequence.map(|it| it()),
            collations: it.collations.iter().map(|(of, name)| (*of, (*name).to_owned())).collect(),
            comment: it.comment.map(str::to_owned),
        }
    });
    let foreign_keys = mapper.foreign_keys.iter().map(|key| ForeignKey {
        name: key.name.map(str::to_owned),
        columns: names(&key.columns),
        schema: key.references.first().and_then(|it| it.schema).map(str::to_owned),
        table: key.references.first().map(|it| it.table.to_owned()).unwrap_or_default(),
        references: key.references.iter().map(|it| it.column.to_owned()).collect(),
        on_delete: key.on_delete,
        on_update: key.on_update,
        use_alter: key.use_alter,
        deferrable: key.deferrable,
    });
    let mut table = Table {
        schema: meta.table.schema.map(str::to_owned),
        name: meta.table.name.to_owned(),
        columns: columns.collect(),
        primary_key: names(meta.primary_key),
        autoincrement: mapper.generates_key(),
        foreign_keys: foreign_keys.collect(),
        ..Table::default()
    };
    for (position, column) in meta.columns.iter().enumerate() {
        let own = || names(&[position as u16]);
        if column.unique {
            table.uniques.push(Unique::new(own()));
        }
        if column.index {
            table.indexes.push(Index::new(own()));
        }
    }
    let names = &Names(meta.columns);
    for arg in meta.args {
        match arg {
            TableArg::Index(index) => table.indexes.push(index(names)),
            TableArg::Unique(unique) => table.uniques.push(unique(names)),
            TableArg::Check(check) => table.checks.push(check()),
            TableArg::Exclude(exclusion) => table.exclusions.push(exclusion(names)),
            TableArg::Comment(comment) => table.comment = Some((*comment).to_owned()),
            TableArg::Temporary => table.temporary = true,
            TableArg::Options(options) => table.options = options(),
            TableArg::ForeignKey { .. } => {}
        }
    }
    table
}
