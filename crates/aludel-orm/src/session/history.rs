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
        assigned::To,
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
    /// Whether the next flush sets a column to an SQL expression: what comes of it only the database
    /// knows, and what is there now goes.
    pub computed: bool,
}

impl<V> Default for History<V> {
    fn default() -> Self {
        let (added, unchanged, deleted) = (Vec::new(), Vec::new(), Vec::new());
        Self { added, unchanged, deleted, computed: false }
    }
}

impl<V> History<V> {
    /// Whether anything came or went.
    pub fn has_changes(&self) -> bool {
        !self.added.is_empty() || !self.deleted.is_empty() || self.computed
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
            Place::Column(column) => of_column(object.raw(), column, &Noted::of(object.raw())),
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
            computed: false,
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

/// What is noted of an object's columns beside it.
#[derive(Default)]
pub(super) struct Noted {
    /// Those that are expired: all, or those that were named.
    pub(super) expired: Vec<u16>,
    /// Those that `session.set` set to SQL expressions.
    pub(super) computed: Vec<u16>,
    /// Those that it set to values, though nobody knows what they held.
    set: Vec<u16>,
}

impl Noted {
    pub(super) fn of<T: Mapped>(raw: &Raw<T>) -> Self {
        let (at, mut noted) = (raw.reference(), Self::default());
        let Some(graph) = raw.graph() else { return noted };
        let is_expired = raw.flags().has(Flags::EXPIRED);
        Graph::with(graph, |tables, _| {
            if is_expired {
                let all = || (0..T::meta().columns.len() as u16).collect();
                noted.expired = tables.expired_columns(at).map_or_else(all, <[u16]>::to_vec);
            }
            let assigned = tables.ledgers.iter().flat_map(|it| &it.assigned);
            for assigned in assigned.filter(|it| it.object == at) {
                match assigned.to {
                    To::Expression(_) => noted.computed.push(assigned.column),
                    To::Value(_) => noted.set.push(assigned.column),
                }
            }
        });
        noted
    }
}

/// The history of a column (EXP-6).
pub(super) fn of_column<T: Mapped>(raw: &Raw<T>, column: u16, noted: &Noted) -> History<Value> {
    let (chunk, slot) = (raw.chunk(), raw.slot());
    let mut history = History::default();
    let mut now = None;
    let _ = AnyChunk::with(&**chunk, slot, &mut |it| {
        now = (!it.is_unset(column)).then(|| it.get(column).to_value());
    });
    let is_new = matches!(state_of(raw), State::Transient | State::Pending);
    let is_expired = noted.expired.contains(&column);
    let mut before = None;
    let changed = AnyChunk::changed(&**chunk, slot).contains(&column);
    chunk.base(slot, &mut |it| {
        before = (!it.is_unset(column)).then(|| it.get(column).to_value());
    });
    // A value that was set since by `borrow_mut` counts.
    let computed = noted.computed.contains(&column) && !changed;
    if computed {
        history.computed = true;
        history.deleted.extend(now.filter(|_| !is_new && !is_expired));
    } else if is_new || noted.set.contains(&column) && !changed {
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
            // The original doesn't look at what isn't loaded.
            true if tables.is_as_original() && !tables.is_loaded(owner, relation) => false,
            true => of_cells(tables, owner, relation).has_changes(),
        }
    })
}
