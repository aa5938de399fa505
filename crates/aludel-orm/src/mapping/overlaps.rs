//! Relationships that write the same column without knowing of each other (REL-16).

use super::{Direction, EntityMeta, Linked, Mapper, Relation};

/// The relationships that may write a table, as far as it can be seen without resolving them: the tables' numbers,
/// sorted, with entities in their order and the relationships' positions there.
#[derive(Debug, Default)]
pub(super) struct Writers(Vec<(u32, u16, &'static EntityMeta)>);

impl Writers {
    pub(super) fn of(linked: &Linked) -> Self {
        let relationships =
            linked.entities().iter().map(|it| it.relationships.len()).sum::<usize>();
        let mut writers = Vec::with_capacity(2 * relationships);
        for entity in linked.entities() {
            for (index, it) in (0..).zip(entity.relationships) {
                let own = linked.table_number(entity);
                let target = || linked.table_number((it.target)());
                let (one, other) = match it.secondary {
                    Some(secondary) => (linked.table_number(secondary()), None),
                    None if it.many => (target(), None),
                    None => (own, Some(target()).filter(|it| *it != own)),
                };
                let tables = [one].into_iter().chain(other);
                writers.extend(tables.map(|table| (table, index, *entity)));
            }
        }
        writers.sort_by_key(|it| it.0);
        Self(writers)
    }

    fn of_table(&self, number: u32) -> &[(u32, u16, &'static EntityMeta)] {
        let start = self.0.partition_point(|it| it.0 < number);
        let count = self.0[start..].partition_point(|it| it.0 == number);
        &self.0[start..start + count]
    }
}

/// Warns of each of a mapper's relationships that writes what another does, unless they are the two
/// sides of one link, or one of them says that it is meant so.
pub(super) fn warn(mapper: &'static Mapper) {
    let linked = Linked::global();
    let base = (mapper.meta.base)().id;
    for relation in &mapper.relationships {
        let Some(written) = written_by(relation) else { continue };
        // Of two, the one that stands behind says so: nothing depends on what was used first.
        let table = linked.table_number(written);
        let others = linked.writers().of_table(table).iter();
        let others = others.take_while(|it| !it.2.is(mapper.meta));
        let others = others.filter(|it| (it.2.base)().id == base);
        let others =
            others.map(|(_, index, it)| &Mapper::of(it).relationships[usize::from(*index)]);
        let own = &mapper.relationships[..usize::from(relation.index)];
        let before = own.iter().chain(others);
        let writes =
            |it: &&Relation| written_by(it).is_some_and(|it| linked.table_number(it) == table);
        for other in before.filter(|it| writes(it) && !is_meant(relation, it)) {
            let is_own = |it: &&str| columns_written(relation).any(|own| own == *it);
            let common = columns_written(other).find(is_own);
            let Some(column) = common else { continue };
            tracing::warn!(
                target: "aludel::mapping",
                relationship = relation.place(),
                overlaps = other.place(),
                column = format_args!("{}.{column}", written.table.name),
                "two relationships write one column: link them by `back_populates`, mark one \
                 `viewonly` that is only read, or say `overlaps(...)` on one if it is meant so"
            );
        }
    }
}

/// The entity whose rows a flush writes for a relationship.
fn written_by(relation: &Relation) -> Option<&'static EntityMeta> {
    let written = match (&relation.secondary, relation.direction) {
        (Some(it), _) => it.meta,
        (None, Direction::ManyToOne) => relation.owner,
        (None, _) => relation.target,
    };
    (!relation.meta.viewonly).then_some(written)
}

/// The columns that it writes there.
fn columns_written(relation: &Relation) -> impl Iterator<Item = &'static str> {
    let own = relation.key.iter().filter(|_| relation.secondary.is_none()).map(|it| it.0);
    let between = relation.secondary.iter().flat_map(|it| it.owner.iter().chain(&it.target));
    let columns = own.chain(between.map(|it| it.1));
    let written = written_by(relation).map_or(&[][..], |it| it.columns);
    columns.filter_map(move |it| Some(written.get(usize::from(it))?.name))
}

/// Whether two relationships may write the same columns: both sides of a link, or as one of them says.
fn is_meant(one: &Relation, other: &Relation) -> bool {
    let back = one.back.is_some_and(|it| it.index == other.index);
    back && one.target.is(other.owner)
        || one.meta.overlaps.contains(&other.name)
        || other.meta.overlaps.contains(&one.name)
}
