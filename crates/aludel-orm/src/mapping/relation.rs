//! [`Relation`]: a relationship with its direction and join condition.

use aludel_core::expr::{ColumnRef, FromItem, Node, Source};

use super::{
    Back, Cascade, EntityMeta, Mapper, RelationshipMeta, Strategy,
    mapper::{ForeignKey, foreign_keys},
};

/// Which side of a foreign key a relationship stands on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// The owner's row refers to the member's.
    ManyToOne,
    /// The member's row refers to the owner's.
    OneToMany,
    /// An association's rows refer to both.
    ManyToMany,
}

/// A relationship with its direction and join condition.
#[derive(Debug)]
pub struct Relation {
    /// The field's name.
    pub name: &'static str,
    /// Its position among the owner's relationships.
    pub index: u16,
    /// The owner.
    pub owner: &'static EntityMeta,
    /// The entity at the other end.
    pub target: &'static EntityMeta,
    /// Whether it holds many members.
    pub many: bool,
    /// Which side of the foreign key this is.
    pub direction: Direction,
    /// The columns that link the two: the owner's and the target's. Empty for a many-to-many.
    pub pairs: Vec<(u16, u16)>,
    /// The same from the side of the row that refers: its foreign key's columns, and the columns that
    /// they hold.
    pub(crate) key: Vec<(u16, u16)>,
    /// The association, of a many-to-many.
    pub secondary: Option<Secondary>,
    /// The relationship at the other end that mirrors this one.
    pub back: Option<BackSide>,
    /// Which operations follow it.
    pub cascade: Cascade,
    /// How it is loaded where a query says nothing.
    pub strategy: Strategy,
    /// Whether foreign keys that follow a changed key are left to the database: both sides say so.
    pub passive_updates: bool,
    /// Whether the foreign key is written by an UPDATE of its own: one of the sides says so.
    pub post_update: bool,
    /// The static description.
    pub meta: &'static RelationshipMeta,
}

/// The mirroring relationship.
#[derive(Clone, Copy, Debug)]
pub struct BackSide {
    /// Its position among the target's relationships.
    pub index: u16,
    /// Whether it holds many members.
    pub many: bool,
}

/// The association of a many-to-many.
#[derive(Debug)]
pub struct Secondary {
    /// Its entity.
    pub meta: &'static EntityMeta,
    /// The owner's columns, and the association's that refer to them.
    pub owner: Vec<(u16, u16)>,
    /// The target's columns, and the association's that refer to them.
    pub target: Vec<(u16, u16)>,
}

impl Relation {
    /// The condition that links one appearance of the owner's table with one of the target's; for a
    /// many-to-many, with one of the association's in between.
    pub(crate) fn on(&self, owner: Source, target: Source) -> Node {
        equal(&self.pairs, self.owner, owner, self.target, target)
    }

    /// The relationship at the other end that mirrors this one.
    pub(crate) fn back_relation(&self) -> Option<&'static Self> {
        Mapper::of(self.target).relationships.get(usize::from(self.back?.index))
    }

    /// Whether this is the side of a linked pair that the flush reads: the one that both sides
    /// agree on, so that a change is seen once.
    pub(crate) fn is_canonical(&self) -> bool {
        match (self.direction, self.back) {
            (_, None) | (Direction::ManyToOne, _) => true,
            (Direction::OneToMany, Some(_)) => false,
            (Direction::ManyToMany, Some(back)) => {
                let mine = (self.owner.table, self.owner.name, self.index);
                mine <= (self.target.table, self.target.name, back.index)
            }
        }
    }
}

/// `a.x = b.y AND …`
pub(crate) fn equal(
    pairs: &[(u16, u16)],
    left: &'static EntityMeta,
    left_source: Source,
    right: &'static EntityMeta,
    right_source: Source,
) -> Node {
    let node = |meta: &'static EntityMeta, column: u16, source| {
        let column = &meta.columns[usize::from(column)];
        let from = FromItem { table: meta.table, source };
        Node::Column(ColumnRef {
            from,
            name: column.name,
            ty: column.ty,
            nullable: column.nullable,
        })
    };
    let parts = pairs
        .iter()
        .map(|(a, b)| node(left, *a, left_source).equals(node(right, *b, right_source)));
    Node::all(parts).unwrap_or(Node::Bind(aludel_core::value::Value::Bool(false)))
}

/// The pairs (from-column, to-column) of each foreign key from one entity to another.
fn paths(from: &EntityMeta, to: &EntityMeta) -> Vec<Vec<(u16, u16)>> {
    let position = |name: &str| to.columns.iter().position(|it| it.name == name);
    let pairs = |key: &ForeignKey| -> Option<Vec<(u16, u16)>> {
        key.columns
            .iter()
            .zip(&key.references)
            .map(|(column, target)| {
                let same = target.table == to.table.name;
                Some((*column, same.then(|| position(&target.column)).flatten()? as u16))
            })
            .collect()
    };
    foreign_keys(from).iter().filter_map(pairs).collect()
}

/// Of several paths, the one over the columns that the relationship names.
fn choose(
    paths: Vec<Vec<(u16, u16)>>,
    from: &EntityMeta,
    named: Option<&[ColumnRef]>,
) -> Result<Vec<(u16, u16)>, usize> {
    let fits = |path: &Vec<(u16, u16)>| match named {
        Some(columns) => path.iter().all(|(column, _)| {
            let own = &from.columns[usize::from(*column)];
            columns.iter().any(|it| it.name == own.name && it.from.table == from.table)
        }),
        None => true,
    };
    let mut fitting: Vec<_> = paths.into_iter().filter(fits).collect();
    match fitting.len() {
        1 => Ok(fitting.swap_remove(0)),
        n => Err(n),
    }
}

/// Resolves a relationship; what is wrong goes to `problems`, and it is left without a condition.
pub(super) fn resolve(
    owner: &'static EntityMeta,
    index: u16,
    problems: &mut Vec<String>,
) -> Relation {
    let meta = &owner.relationships[usize::from(index)];
    let target = (meta.target)();
    let named = meta.foreign_keys.map(|it| it());
    let named = named.as_deref();
    let mut relation = Relation {
        name: meta.name,
        index,
        owner,
        target,
        many: meta.many,
        direction: if meta.many { Direction::OneToMany } else { Direction::ManyToOne },
        pairs: Vec::new(),
        key: Vec::new(),
        secondary: None,
        back: None,
        cascade: meta.cascade,
        strategy: meta.strategy,
        passive_updates: meta.passive_updates,
        post_update: meta.post_update,
        meta,
    };
    let place = format!("{}.{}", owner.name, meta.name);
    if let Some(secondary) = meta.secondary {
        let secondary = secondary();
        relation.direction = Direction::ManyToMany;
        let flip = |it: Vec<(u16, u16)>| it.into_iter().map(|(a, b)| (b, a)).collect::<Vec<_>>();
        let (to_owner, to_target) = sides(secondary, owner, target, named);
        match (to_owner, to_target) {
            (Ok(to_owner), Ok(to_target)) => {
                relation.secondary = Some(Secondary {
                    meta: secondary,
                    owner: flip(to_owner),
                    target: flip(to_target),
                });
            }
            _ => problems.push(format!(
                "{place}: `{}` needs one foreign key to `{}` and one to `{}`; name them with \
                 `foreign_keys = [...]` where there are several",
                secondary.name, owner.name, target.name,
            )),
        }
    } else {
        let forward = || choose(paths(owner, target), owner, named);
        let backward = || {
            choose(paths(target, owner), target, named)
                .map(|path| path.into_iter().map(|(a, b)| (b, a)).collect::<Vec<_>>())
        };
        let found = if meta.many {
            backward()
        } else {
            match forward() {
                // No key of the owner's: the other row refers to this one, one to one.
                Err(0) => {
                    relation.direction = Direction::OneToMany;
                    backward()
                }
                other => other,
            }
        };
        match found {
            Ok(pairs) => relation.pairs = pairs,
            Err(0) => problems.push(format!(
                "{place}: no foreign key links `{}` and `{}`; add `#[column(foreign_key = …)]` to \
                 one of them",
                owner.name, target.name,
            )),
            Err(n) => problems.push(format!(
                "{place}: {n} foreign keys link `{}` and `{}`; say which with \
                 `foreign_keys = [...]`",
                owner.name, target.name,
            )),
        }
    }
    relation.key = match relation.direction {
        Direction::OneToMany => relation.pairs.iter().map(|(own, other)| (*other, *own)).collect(),
        Direction::ManyToOne | Direction::ManyToMany => relation.pairs.clone(),
    };
    relation.back = back_side(owner, index, target, meta, &place, problems);
    if let Some(back) = relation.back {
        let back = &target.relationships[usize::from(back.index)];
        relation.passive_updates &= back.passive_updates;
        relation.post_update |= back.post_update;
    }
    relation
}

/// The association's paths to both ends; for an association of an entity with itself, its first and
/// its second.
#[expect(clippy::type_complexity, reason = "two results of the same kind, used once")]
fn sides(
    secondary: &EntityMeta,
    owner: &EntityMeta,
    target: &EntityMeta,
    named: Option<&[ColumnRef]>,
) -> (Result<Vec<(u16, u16)>, usize>, Result<Vec<(u16, u16)>, usize>) {
    if (owner.type_id)() != (target.type_id)() {
        return (
            choose(paths(secondary, owner), secondary, None),
            choose(paths(secondary, target), secondary, None),
        );
    }
    let mut both = paths(secondary, owner);
    if both.len() != 2 {
        return (Err(both.len()), Err(both.len()));
    }
    // `foreign_keys` names the association's columns that refer to the owner.
    let first_is_owner = named.is_none_or(|columns| {
        both[0].iter().all(|(column, _)| {
            columns.iter().any(|it| it.name == secondary.columns[usize::from(*column)].name)
        })
    });
    if !first_is_owner {
        both.swap(0, 1);
    }
    let second = both.pop().unwrap_or_default();
    let first = both.pop().unwrap_or_default();
    (Ok(first), Ok(second))
}

fn back_side(
    owner: &EntityMeta,
    own: u16,
    target: &'static EntityMeta,
    meta: &RelationshipMeta,
    place: &str,
    problems: &mut Vec<String>,
) -> Option<BackSide> {
    let index = match meta.back.as_ref()? {
        Back::Relationship(index) => index(),
        Back::Named(name) => match target.relationships.iter().position(|it| it.name == *name) {
            Some(index) => index as u16,
            None => {
                problems.push(format!("{place}: `{}` has no relationship `{name}`", target.name));
                return None;
            }
        },
    };
    let other = &target.relationships[usize::from(index)];
    if ((other.target)().type_id)() != (owner.type_id)() {
        problems.push(format!(
            "{place}: `{}.{}` doesn't lead back to `{}`",
            target.name, other.name, owner.name
        ));
        return None;
    }
    // Each side keeps the other in step, so each must know the other.
    let named = match other.back {
        Some(Back::Relationship(back)) => back() == own,
        Some(Back::Named(name)) => name == meta.name,
        None => false,
    };
    if !named {
        problems.push(format!(
            "{place}: `{}.{}` must say `back_populates = {}` in turn",
            target.name, other.name, meta.name
        ));
        return None;
    }
    Some(BackSide { index, many: other.many })
}
