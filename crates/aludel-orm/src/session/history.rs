//! [`History`]: what an attribute was at the last flush, and what it is now.

use aludel_core::{expr::Column, value::Value};

use super::{
    Inspection,
    attributes::{AnyAttribute, Place},
};
use crate::{
    mapping::{Mapped, Relation, Relationship},
    object::{
        Obj, Raw, State,
        access::handles,
        chunk::AnyChunk,
        graph::{Graph, Tables},
        reference::{Ref, UNLOADED},
        state::Flags,
        state_of,
    },
};

/// What was added to an attribute since the last flush, what stayed, and what was deleted from it. A
/// column that changed has its new value in `added` and its old one in `deleted`; what it was is not
/// known where it was expired, or where the object has no row. A to-one relationship that holds
/// nothing has nothing in its lists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct History<V> {
    /// What came.
    pub added: Vec<V>,
    /// What was there and is.
    pub unchanged: Vec<V>,
    /// What was there and went.
    pub deleted: Vec<V>,
}

impl<V> Default for History<V> {
    fn default() -> Self {
        Self { added: Vec::new(), unchanged: Vec::new(), deleted: Vec::new() }
    }
}

impl<V> History<V> {
    /// Whether anything came or went.
    pub fn has_changes(&self) -> bool {
        !self.added.is_empty() || !self.deleted.is_empty()
    }

    /// What is there now, as far as it is known.
    pub fn now(&self) -> impl Iterator<Item = &V> {
        self.unchanged.iter().chain(&self.added)
    }
}

/// An attribute that has a history: a column's is of [`Value`]s, a relationship's of objects.
pub trait Historied<E> {
    /// What the history lists.
    type Item;

    #[doc(hidden)]
    fn history(self, object: &Obj<E>) -> History<Self::Item>
    where
        E: Mapped;
}

impl<E: Mapped, T> Historied<E> for Column<E, T> {
    type Item = Value;

    fn history(self, object: &Obj<E>) -> History<Value> {
        match AnyAttribute::from(self).place {
            Place::Column(column) => of_column(object.raw(), column, &expired(object.raw())),
            Place::Relationship(_) => History::default(),
        }
    }
}

impl<E: Mapped, R: Mapped> Historied<E> for Relationship<E, R> {
    type Item = Obj<R>;

    fn history(self, object: &Obj<E>) -> History<Obj<R>> {
        let raw = object.raw();
        let Some(graph) = raw.graph() else { return History::default() };
        let cells = Graph::with(graph, |it, _| of_cells(it, raw.reference(), self.relation()));
        let objects = |cells: &[u64]| handles::<R>(graph, cells);
        History {
            added: objects(&cells.added),
            unchanged: objects(&cells.unchanged),
            deleted: objects(&cells.deleted),
        }
    }
}

impl<T: Mapped> Inspection<T> {
    /// The history of an attribute since the last flush, as things stand now.
    ///
    /// ```
    /// # use aludel_orm::{session::inspect, object::Obj};
    /// # use aludel_core::expr::Column;
    /// # fn example<User: aludel_orm::mapping::Mapped>(user: Obj<User>, name: Column<User, String>) {
    /// let history = inspect(&user).history(name);
    /// if history.has_changes() {
    ///     println!("{:?} → {:?}", history.deleted, history.added);
    /// }
    /// # }
    /// ```
    pub fn history<A: Historied<T>>(&self, attribute: A) -> History<A::Item> {
        attribute.history(&self.object)
    }
}

/// Which columns of an object are expired: all, or those that were named.
pub(super) fn expired<T: Mapped>(raw: &Raw<T>) -> Vec<u16> {
    if !raw.flags().has(Flags::EXPIRED) {
        return Vec::new();
    }
    let named = raw.graph().and_then(|it| {
        Graph::with(it, |tables, _| tables.expired_columns(raw.reference()).map(<[u16]>::to_vec))
    });
    named.unwrap_or_else(|| (0..T::meta().columns.len() as u16).collect())
}

/// The history of a column (EXP-6).
pub(super) fn of_column<T: Mapped>(raw: &Raw<T>, column: u16, expired: &[u16]) -> History<Value> {
    let (chunk, slot) = (raw.chunk(), raw.slot());
    let mut history = History::default();
    let mut now = None;
    let _ = AnyChunk::with(&**chunk, slot, &mut |it| {
        now = (!it.is_unset(column)).then(|| it.get(column).to_value());
    });
    let is_new = matches!(state_of(raw), State::Transient | State::Pending);
    let is_expired = expired.contains(&column);
    let mut before = None;
    let changed = AnyChunk::changed(&**chunk, slot).contains(&column);
    chunk.base(slot, &mut |it| {
        before = (!it.is_unset(column)).then(|| it.get(column).to_value());
    });
    if is_new {
        history.added.extend(now);
    } else if changed {
        history.added.extend(now);
        history.deleted.extend(before.filter(|_| !is_expired));
    } else if !is_expired {
        history.unchanged.extend(now);
    }
    history
}

/// The history of a relationship's cells.
pub(super) fn of_cells(tables: &Tables, owner: Ref, relation: &Relation) -> History<u64> {
    let mut history = History::default();
    let is_new = matches!(tables.state(owner), State::Transient | State::Pending);
    let known = |cell: &u64| Ref::from_cell(*cell).is_some();
    if !relation.many {
        let now = tables.one(owner, relation.index);
        let before = match tables.net(owner, relation.index).before {
            _ if is_new => UNLOADED,
            Some(before) => before,
            None => {
                history.unchanged.extend(Some(now).filter(known));
                return history;
            }
        };
        if before == now {
            history.unchanged.extend(Some(now).filter(known));
        } else {
            history.added.extend(Some(now).filter(known));
            history.deleted.extend(Some(before).filter(known));
        }
        return history;
    }
    let members = tables.members(owner, relation.index);
    if is_new {
        history.added = members.unwrap_or_default();
        return history;
    }
    let net = tables.net(owner, relation.index);
    let members = members.unwrap_or_default();
    history.unchanged = members.into_iter().filter(|it| !net.added.contains(it)).collect();
    history.added = net.added;
    history.deleted = net.removed;
    history
}

/// Whether a flush would find a relationship changed.
pub(super) fn is_relinked<T: Mapped>(raw: &Raw<T>, relation: &Relation) -> bool {
    let Some(graph) = raw.graph() else { return false };
    Graph::with(graph, |tables, _| {
        let owner = raw.reference();
        match relation.many {
            false => {
                let before = tables.net(owner, relation.index).before;
                let now = tables.one(owner, relation.index);
                match tables.state(owner) {
                    State::Transient | State::Pending => Ref::from_cell(now).is_some(),
                    _ => before.is_some_and(|it| it != now || it == UNLOADED),
                }
            }
            true => of_cells(tables, owner, relation).has_changes(),
        }
    })
}
