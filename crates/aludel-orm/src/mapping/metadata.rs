//! From mapped structs to [`MetaData`].

use aludel_core::schema::{
    self, Check, Column, ForeignKey, Index, MetaData, ServerDefault, Table, Unique,
};

use super::{ColumnDefault, EntityMeta, Mapper, TableArg};

/// The tables of these entities; an association that is only named by a relationship included.
pub(super) fn metadata(entities: impl Iterator<Item = &'static EntityMeta>) -> MetaData {
    let mut metadata = MetaData::new();
    for entity in entities {
        // Two structs of one table say the same table; the first is as good as the second.
        if metadata.find(entity.table.schema, entity.table.name).is_none()
            && let Err(error) = metadata.add(table(entity))
        {
            tracing::error!(target: "aludel::mapping", entity = entity.name, %error, "no table");
        }
    }
    metadata
}

fn table(meta: &'static EntityMeta) -> Table {
    let mapper = Mapper::of(meta);
    let names = |columns: &[u16]| -> Vec<String> {
        columns.iter().map(|it| meta.columns[usize::from(*it)].name.to_owned()).collect()
    };
    let columns = meta.columns.iter().map(|it| Column {
        name: it.name.to_owned(),
        ty: it.ty,
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
    });
    let foreign_keys = mapper.foreign_keys.iter().map(|key| ForeignKey {
        name: None,
        columns: names(&key.columns),
        schema: None,
        table: key.references.first().map(|it| it.table.clone()).unwrap_or_default(),
        references: key.references.iter().map(|it| it.column.clone()).collect(),
        on_delete: key.on_delete,
        on_update: key.on_update,
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
        let own = names(&[position as u16]);
        if column.unique {
            table.uniques.push(Unique { name: None, columns: own.clone() });
        }
        if column.index {
            table.indexes.push(Index { name: None, columns: own, unique: false });
        }
    }
    for arg in meta.args {
        match arg {
            TableArg::Index(columns) => {
                table.indexes.push(Index { name: None, columns: names(columns), unique: false });
            }
            TableArg::Unique(columns) => {
                table.uniques.push(Unique { name: None, columns: names(columns) });
            }
            TableArg::Check(sql) => {
                table.checks.push(Check { name: None, sql: (*sql).to_owned() });
            }
            TableArg::ForeignKey { .. } => {}
        }
    }
    table
}
