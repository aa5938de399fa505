//! [`Condition`]: how rows are linked where the mapping says it itself: `primaryjoin`, `secondaryjoin`.

mod read;
mod resolve;

use std::cell::Cell;

use aludel_core::{
    expr::{Column, FromItem, Node, Source},
    value::ColumnType,
};

pub(super) use self::resolve::resolve;
use super::{EntityMeta, Pairs, Relation, resolve::alone};

/// The appearances of tables in a condition that stands in no statement yet.
pub(super) const OWNER: Source = Source::Named("(owner)");
pub(super) const MEMBER: Source = Source::Named("(member)");
pub(super) const BETWEEN: Source = Source::Named("(between)");

/// What the program marked.
const REMOTE: Source = Source::Named("(remote)");
const FOREIGN: Source = Source::Named("(foreign)");
const FOREIGN_REMOTE: Source = Source::Named("(foreign remote)");

/// How rows are linked.
#[derive(Debug)]
pub(crate) struct Condition {
    /// Between the owner's row and the member's, or the association's.
    pub(super) near: Node,
    /// Between the association's row and the member's.
    pub(super) far: Option<Node>,
    /// How members are found by columns of their owners'; by a join with the owners where there is no
    /// such way.
    pub(crate) lookup: Option<Lookup>,
}

/// How members are found by columns of their owners'.
#[derive(Debug)]
pub(crate) struct Lookup {
    /// The owner's columns, and those of the member or the association that hold the same.
    pub(crate) pairs: Pairs,
    /// What else is to be said of the member or the association.
    pub(super) rest: Option<Node>,
}

/// In a condition of a relationship, a column of the row at its other end, of two rows of one table.
///
/// ```
/// use aludel_orm::mapping::remote;
/// # use aludel_core::expr::{Column, Expression};
/// # struct Entity<E> { group: Column<E, i64> }
/// # fn example<E>(Task: Entity<E>) {
/// // #[relationship(viewonly, primaryjoin = remote(Task.group).eq(Task.group))]
/// let same_group = remote(Task.group).eq(Task.group);
/// # }
/// ```
#[must_use]
pub fn remote<E, T: ColumnType>(column: Column<E, T>) -> Column<E, T> {
    mark(column, REMOTE)
}

/// In a condition of a relationship, a column that holds another row's key though no foreign key of the
/// schema says so; as `foreign_keys = […]` beside the condition does.
///
/// ```
/// use aludel_orm::mapping::foreign;
/// # use aludel_core::expr::{Column, Expression};
/// # struct User<E> { name: Column<E, String> }
/// # struct Visit<E> { user_name: Column<E, String> }
/// # fn example<U, V>(User: User<U>, Visit: Visit<V>) {
/// // #[relationship(primaryjoin = foreign(Visit.user_name).eq(User.name))]
/// let by_name = foreign(Visit.user_name).eq(User.name);
/// # }
/// ```
#[must_use]
pub fn foreign<E, T: ColumnType>(column: Column<E, T>) -> Column<E, T> {
    mark(column, FOREIGN)
}

fn mark<E, T: ColumnType>(column: Column<E, T>, mark: Source) -> Column<E, T> {
    let from = column.column_ref().from;
    let source = match from.source {
        Source::Table => mark,
        before if before == mark => mark,
        _ => FOREIGN_REMOTE,
    };
    Column::new(source, from.table, column.name())
}

thread_local! {
    /// How many conditions are being read, one within the other.
    static READING: Cell<u32> = const { Cell::new(0) };
    /// Whether one of them led back to where it began.
    static ENDLESS: Cell<bool> = const { Cell::new(false) };
}

/// A condition that speaks of itself would never end.
const DEEPEST: u32 = 8;

/// Makes a condition. It may speak of other relationships, by `any` or `has`, while the mappers that they
/// belong to are being made.
fn made(condition: fn() -> Node) -> Result<Node, String> {
    let depth = READING.get();
    if depth >= DEEPEST {
        ENDLESS.set(true);
    } else {
        READING.set(depth + 1);
        let node = condition();
        READING.set(depth);
        // What is wrong within is told where it began.
        if depth > 0 || !ENDLESS.take() {
            return Ok(node);
        }
    }
    Err("its condition speaks of a relationship whose own condition leads back to it".into())
}

/// Whether a condition is being made.
#[inline]
pub(super) fn is_read() -> bool {
    READING.get() > 0
}

/// A relationship that a condition speaks of. It is made by itself, as its mapper may wait for that condition,
/// and stays as long as the program, as mappers do.
#[cold]
pub(super) fn relation_within(owner: &'static EntityMeta, index: u16) -> &'static Relation {
    Box::leak(Box::new(alone(owner, index, &mut Vec::new())))
}

/// A condition of these appearances.
pub(super) fn placed(node: &Node, ends: [(&EntityMeta, Source, Source); 2]) -> Node {
    let mut node = node.clone();
    for (meta, from, to) in ends {
        let item = |source| FromItem { table: meta.table, source };
        node.retarget(item(from), item(to));
    }
    node
}
