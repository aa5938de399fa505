//! Relationships that write the same column without knowing of each other (REL-16).

use std::collections::HashMap;

use aludel_core::expr::TableName;

use super::{Direction, EntityMeta, Linked, Mapper, Relation};

/// A column that a relationship writes. All that one relationship writes are of one table.
type Written = (TableName, &'static str);

/// The relationships that may write a table, as far as it can be seen without resolving them: entities, and the
/// relationships' positions there.
#[derive(Debug, Default)]
pub(super) struct Writers(HashMap<TableName, Vec<(&'static EntityMeta, usize)>>);

impl Writers {
    pub(super) fn of(entities: &[&'static EntityMeta]) -> Self {
        let mut writers = Self::default();
        for entity in entities {
            for (index, it) in entity.relationships.iter().enumerate() {
                let mut tables = match it.secondary {
                    Some(secondary) => vec![secondary().table],
                    None => vec![entity.table, (it.target)().table],
                };
                tables.dedup();
                for table in tables {
                    writers.0.entry(table).or_default().push((entity, index));
                }
            }
        }
        writers
    }

    fn of_table(&self, table: TableName) -> &[(&'static EntityMeta, usize)] {
        self.0.get(&table).map_or(&[], Vec::as_slice)
    }
}

/// Warns of each of a mapper's relationships that writes what another does, unless they are the two
/// sides of one link, or one of them says that it is meant so.
pub(super) fn warn(mapper: &'static Mapper) {
    let writers = Linked::global().writers();
    for relation in &mapper.relationships {
        let columns = written(relation);
        let Some((table, _)) = columns.first() else { continue };
        let others = writers
            .of_table(*table)
            .iter()
            .filter(|(it, _)| (it.base)().id == (mapper.meta.base)().id && !same(it, mapper.meta));
        let others = others.map(|(it, index)| &Mapper::of(it).relationships[*index]);
        let all = mapper.relationships.iter().chain(others);
        // Of two, the one that stands behind says so.
        let before = all.filter(|it| place(it) < place(relation) && !is_meant(relation, it));
        for other in before {
            let Some(column) = written(other).into_iter().find(|it| columns.contains(it)) else {
                continue;
            };
            tracing::warn!(
                target: "aludel::mapping",
                relationship = relation.place(),
                overlaps = other.place(),
                column = format_args!("{}.{}", column.0.name, column.1),
                "two relationships write one column: link them by `back_populates`, mark one \
                 `viewonly` that is only read, or say `overlaps(...)` on one if it is meant so"
            );
        }
    }
}

/// The columns that a flush writes for a relationship.
fn written(relation: &Relation) -> Vec<Written> {
    if relation.meta.viewonly {
        return Vec::new();
    }
    let name = |meta: &EntityMeta, column: u16| meta.columns[usize::from(column)].name;
    let of = |meta: &'static EntityMeta, columns: &mut dyn Iterator<Item = u16>| {
        columns.map(|it| (meta.table, name(meta, it))).collect()
    };
    match (&relation.secondary, relation.direction) {
        (Some(it), _) => of(it.meta, &mut it.owner.iter().chain(&it.target).map(|it| it.1)),
        (None, Direction::ManyToOne) => of(relation.owner, &mut relation.key.iter().map(|it| it.0)),
        (None, _) => of(relation.target, &mut relation.key.iter().map(|it| it.0)),
    }
}

/// Whether two relationships may write the same columns: both sides of a link, or as one of them says.
fn is_meant(one: &Relation, other: &Relation) -> bool {
    let back = one.back.is_some_and(|it| it.index == other.index);
    back && same(one.target, other.owner)
        || one.meta.overlaps.contains(&other.name)
        || other.meta.overlaps.contains(&one.name)
}

fn same(one: &EntityMeta, other: &EntityMeta) -> bool {
    (one.type_id)() == (other.type_id)()
}

/// Where a relationship stands among all: nothing depends on what was used first.
fn place(relation: &Relation) -> (TableName, &'static str, u16) {
    (relation.owner.table, relation.owner.name, relation.index)
}
