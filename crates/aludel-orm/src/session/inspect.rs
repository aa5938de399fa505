//! [`inspect`]: everything about an object that isn't its columns or relationships.

use aludel_core::value::Value;

use crate::{
    mapping::{EntityConst, Mapped, Mapper},
    object::{Obj, State, chunk::AnyChunk, graph::Graph, state::Flags, state_of},
};

/// What can be inspected: an entity constant gives its [`Mapper`], an object an [`Inspection`].
pub trait Inspect {
    /// What is known of it.
    type Output;

    #[doc(hidden)]
    fn inspect(self) -> Self::Output;
}

/// `inspect(User)` gives the mapper, `inspect(&user)` the state of an object.
pub fn inspect<I: Inspect>(it: I) -> I::Output {
    it.inspect()
}

impl<C: EntityConst> Inspect for C {
    type Output = &'static Mapper;

    fn inspect(self) -> &'static Mapper {
        Mapper::of(C::Mapped::meta())
    }
}

/// What is known of an object beside its columns and relationships.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Inspection {
    /// The state.
    pub state: State,
    /// The primary key's values; `None` where one is not set yet.
    pub identity: Option<Vec<Value>>,
    /// Whether the values are only those last known.
    pub expired: bool,
    /// Whether `delete` marked it, and no flush has deleted it yet.
    pub marked_deleted: bool,
    /// Changed columns: field, the value at the last flush, and the value now.
    pub changes: Vec<Change>,
    /// The relationships that are loaded.
    pub loaded: Vec<&'static str>,
    /// The relationships that are not.
    pub unloaded: Vec<&'static str>,
}

/// A column that differs from the last flush.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Change {
    /// The field.
    pub field: &'static str,
    /// The value at the last flush.
    pub old: Value,
    /// The value now.
    pub new: Value,
}

impl Inspection {
    /// Whether a flush would write a column of it.
    pub fn is_modified(&self) -> bool {
        !self.changes.is_empty()
    }
}

impl<T: Mapped> Inspect for &Obj<T> {
    type Output = Inspection;

    fn inspect(self) -> Inspection {
        let raw = self.raw();
        let (chunk, slot, flags) = (raw.chunk(), raw.slot(), raw.flags());
        let meta = T::meta();
        let mut inspection = Inspection {
            state: state_of(raw),
            identity: None,
            expired: flags.has(Flags::EXPIRED),
            marked_deleted: flags.has(Flags::MARKED),
            changes: Vec::new(),
            loaded: Vec::new(),
            unloaded: Vec::new(),
        };
        if let Ok(value) = chunk.read(slot) {
            let set = T::PRIMARY_KEY.iter().all(|it| !value.is_unset(*it));
            let key = T::PRIMARY_KEY.iter().map(|it| value.get(*it).to_value());
            inspection.identity = set.then(|| key.collect());
        }
        for column in chunk.changed(slot) {
            let (mut old, mut new) = (Value::Null, Value::Null);
            chunk.base(slot, &mut |it| old = it.get(column).to_value());
            let _ = AnyChunk::with(&**chunk, slot, &mut |it| new = it.get(column).to_value());
            let field = meta.columns[usize::from(column)].field;
            inspection.changes.push(Change { field, old, new });
        }
        for relation in &Mapper::of(meta).relationships {
            let loaded = match raw.graph() {
                Some(graph) => Graph::with(graph, |it, _| it.is_loaded(raw.reference(), relation)),
                None => inspection.state == State::Transient,
            };
            let list = if loaded { &mut inspection.loaded } else { &mut inspection.unloaded };
            list.push(relation.name);
        }
        inspection
    }
}
