//! [`Relation`]: a relationship with its direction and join condition.

use aludel_core::expr::{FromItem, Node, Source};
use smallvec::SmallVec;

use super::{
    Cascade, EntityMeta, Mapper, RelationshipMeta, Strategy,
    condition::{BETWEEN, Condition, Lookup, MEMBER, OWNER, placed},
};
use crate::object::chunk::Columns;

/// Columns, by their positions in two tables, that hold the same: one of each, but for composite keys.
pub type Pairs = SmallVec<[(u16, u16); 2]>;

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
    pub pairs: Pairs,
    /// The same from the side of the row that refers: its foreign key's columns, and the columns that
    /// they hold.
    pub(crate) key: Pairs,
    /// The association, of a many-to-many.
    pub secondary: Option<Box<Secondary>>,
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
    /// How its members are numbered, if they are.
    pub(crate) ordering: Option<Ordering>,
    /// What links the two, where columns alone don't say it.
    pub(crate) condition: Option<Box<Condition>>,
    /// The static description.
    pub meta: &'static RelationshipMeta,
}

/// Where the rows of a relationship's members say whose they are.
pub(crate) enum Finds<'a> {
    /// In their own columns, or their association's, that hold the owner's.
    By(&'a [(u16, u16)]),
    /// In the owner's row, to which they are joined: its key.
    Joined(&'static [u16]),
}

/// The mirroring relationship.
#[derive(Clone, Copy, Debug)]
pub struct BackSide {
    /// Its position among the target's relationships.
    pub index: u16,
    /// Whether it holds many members.
    pub many: bool,
    /// Whether a member of it has at most one owner.
    pub single_parent: bool,
    /// Whether a member of it that has no owner is deleted.
    pub delete_orphan: bool,
    /// Whether its members are numbered.
    pub(crate) ordered: bool,
}

/// How the members of a list are numbered.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ordering {
    /// The member's column that holds its place.
    pub(crate) column: u16,
    /// The first one's.
    pub(crate) count_from: i32,
}

impl Ordering {
    /// What the column holds of the member at a place.
    pub(crate) fn position(self, place: usize) -> i64 {
        i64::from(self.count_from) + place as i64
    }
}

/// The association of a many-to-many.
#[derive(Debug)]
pub struct Secondary {
    /// Its entity.
    pub meta: &'static EntityMeta,
    /// The owner's columns, and the association's that refer to them.
    pub owner: Pairs,
    /// The target's columns, and the association's that refer to them.
    pub target: Pairs,
}

impl Relation {
    /// Its name with its owner's, for a person.
    pub(crate) fn place(&self) -> String {
        format!("{}.{}", self.owner.name, self.name)
    }

    /// The condition that links one appearance of the owner's table with one of the target's, of what has no
    /// association.
    pub(crate) fn on(&self, owner: Source, target: Source) -> Node {
        match &self.condition {
            None => equal(&self.pairs, self.owner, owner, self.target, target),
            Some(it) => {
                placed(&it.near, [(self.owner, OWNER, owner), (self.target, MEMBER, target)])
            }
        }
    }

    /// The condition that links one appearance of the owner's table with one of the association's.
    pub(crate) fn on_association(&self, it: &Secondary, owner: Source, between: Source) -> Node {
        match &self.condition {
            None => equal(&it.owner, self.owner, owner, it.meta, between),
            Some(own) => {
                placed(&own.near, [(self.owner, OWNER, owner), (it.meta, BETWEEN, between)])
            }
        }
    }

    /// The condition that links one appearance of the association's table with one of the target's.
    pub(crate) fn on_target(&self, it: &Secondary, between: Source, target: Source) -> Node {
        match self.condition.as_ref().and_then(|it| it.far.as_ref()) {
            None => equal(&it.target, self.target, target, it.meta, between),
            Some(far) => placed(far, [(it.meta, BETWEEN, between), (self.target, MEMBER, target)]),
        }
    }

    /// Where the rows of members say whose they are.
    pub(crate) fn finds(&self) -> Finds<'_> {
        match (&self.condition, &self.secondary) {
            (Some(it), _) => match &it.lookup {
                Some(lookup) => Finds::By(&lookup.pairs),
                None => Finds::Joined(self.owner.primary_key),
            },
            (None, Some(secondary)) => Finds::By(&secondary.owner),
            (None, None) => Finds::By(&self.pairs),
        }
    }

    /// Whether the owner's own columns say all of which object it leads to.
    pub(crate) fn is_foreign_key(&self) -> bool {
        self.direction == Direction::ManyToOne && self.condition.is_none()
    }

    /// The owner's columns by which its members are found.
    pub(crate) fn owner_columns(&self) -> Columns {
        match self.finds() {
            Finds::By(pairs) => pairs.iter().map(|it| it.0).collect(),
            Finds::Joined(key) => key.iter().copied().collect(),
        }
    }

    /// The owner's columns that its condition speaks of.
    pub(crate) fn spoken_of(&self) -> Columns {
        let Some(condition) = &self.condition else { return self.owner_columns() };
        let own = FromItem { table: self.owner.table, source: OWNER };
        let position = |name| self.owner.columns.iter().position(|it| it.name == name);
        let mut columns = Columns::new();
        condition.near.clone().columns_mut(&mut |it| {
            let column = position(it.name).filter(|_| it.from == own);
            columns.extend(column.map(|it| it as u16));
        });
        columns.sort_unstable();
        columns.dedup();
        columns
    }

    /// What else the rows of members must meet where they are found by their owners' columns; of one
    /// appearance of the target's table and one of the association's.
    pub(crate) fn rest(&self, target: Source, between: Source) -> Option<Node> {
        let Lookup { rest, .. } = self.condition.as_ref()?.lookup.as_ref()?;
        let rest = rest.as_ref()?;
        Some(match &self.secondary {
            None => placed(rest, [(self.target, MEMBER, target), (self.owner, OWNER, OWNER)]),
            Some(it) => placed(rest, [(it.meta, BETWEEN, between), (self.owner, OWNER, OWNER)]),
        })
    }

    /// The relationship at the other end that mirrors this one.
    pub(crate) fn back_relation(&self) -> Option<&'static Self> {
        Mapper::of(self.target).relationships.get(usize::from(self.back?.index))
    }

    /// Whether this is the side of a linked pair that the flush reads: the one that both sides
    /// agree on, so that a change is seen once. None is where it is only read.
    pub(crate) fn is_canonical(&self) -> bool {
        if self.meta.viewonly {
            return false;
        }
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
    let node = |meta: &'static EntityMeta, it: &u16, source| Node::Column(meta.column(*it, source));
    let parts =
        pairs.iter().map(|(a, b)| node(left, a, left_source).equals(node(right, b, right_source)));
    Node::all(parts).unwrap_or(Node::Bind(aludel_core::value::Value::Bool(false)))
}
