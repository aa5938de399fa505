//! Relationships that write the same column without knowing of each other (REL-16).

use smallvec::SmallVec;

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

/// The columns of one table that a relationship writes.
struct Written {
    entity: &'static EntityMeta,
    columns: SmallVec<[&'static str; 2]>,
}

/// Warns of each of a mapper's relationships that writes what another does, unless they are the two
/// sides of one link, or one of them says that it is meant so.
pub(super) fn warn(mapper: &'static Mapper) {
    let linked = Linked::global();
    let base = (mapper.meta.base)().id;
    for relation in &mapper.relationships {
        let Some(written) = Written::by(relation) else { continue };
        // Of two, the one that stands behind says so: nothing depends on what was used first.
        let others = linked.writers().of_table(linked.table_number(written.entity)).iter();
        let others = others.take_while(|it| !same(it.2, mapper.meta));
        let others = others.filter(|it| (it.2.base)().id == base);
        let others =
            others.map(|(_, index, it)| &Mapper::of(it).relationships[usize::from(*index)]);
        let own = &mapper.relationships[..usize::from(relation.index)];
        let before = own.iter().chain(others).filter(|it| !is_meant(relation, it));
        for other in before {
            let Some(column) = Written::by(other).and_then(|it| it.common(&written)) else {
                continue;
            };
            tracing::warn!(
                target: "aludel::mapping",
                relationship = relation.place(),
                overlaps = other.place(),
                column = format_args!("{}.{column}", written.entity.table.name),
                "two relationships write one column: link them by `back_populates`, mark one \
                 `viewonly` that is only read, or say `overlaps(...)` on one if it is meant so"
            );
        }
    }
}

impl Written {
    /// What a flush writes for a relationship.
    fn by(relation: &Relation) -> Option<Self> {
        if relation.meta.viewonly {
            return None;
        }
        let of = |entity: &'static EntityMeta, columns: &mut dyn Iterator<Item = u16>| {
            let columns: SmallVec<_> =
                columns.map(|it| entity.columns[usize::from(it)].name).collect();
            (!columns.is_empty()).then_some(Self { entity, columns })
        };
        let key = &mut relation.key.iter().map(|it| it.0);
        match (&relation.secondary, relation.direction) {
            (Some(it), _) => of(it.meta, &mut it.owner.iter().chain(&it.target).map(|it| it.1)),
            (None, Direction::ManyToOne) => of(relation.owner, key),
            (None, _) => of(relation.target, key),
        }
    }

    /// The first column that the other writes, too.
    fn common(&self, other: &Self) -> Option<&'static str> {
        let mut columns = self.columns.iter().filter(|_| self.entity.table == other.entity.table);
        columns.find(|it| other.columns.contains(it)).copied()
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
