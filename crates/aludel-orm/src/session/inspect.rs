//! [`inspect`]: everything about an object that isn't its columns or relationships.

use aludel_core::value::Value;

use super::history::{Noted, is_relinked, of_column};
use crate::{
    mapping::{EntityConst, Mapped, Mapper},
    object::{Obj, Raw, State, chunk::AnyChunk, graph::Graph, state::Flags, state_of},
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

/// What is known of an object beside its columns and relationships. The fields are as things stood
/// when it was asked; the methods ask anew.
#[non_exhaustive]
pub struct Inspection<T: Mapped> {
    pub(super) object: Obj<T>,
    /// The state.
    pub state: State,
    /// The primary key's values; `None` where one is not set yet.
    pub identity: Option<Vec<Value>>,
    /// Whether values are only those last known: all, or those of the attributes that say so.
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
    /// The value now; the old one, where an SQL expression makes the new.
    pub new: Value,
    /// Whether the next flush sets it to an SQL expression.
    pub computed: bool,
}

/// How things stand with one column or relationship of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct AttributeState {
    /// The field.
    pub field: &'static str,
    /// Whether it is a column or a relationship.
    pub kind: AttributeKind,
    /// Whether it is known: a relationship is loaded, a column is set and not expired.
    pub loaded: bool,
    /// Whether a column's value is only the one last known: the next read through the session
    /// replaces it.
    pub expired: bool,
    /// Whether a flush would find it changed.
    pub modified: bool,
}

/// What an attribute is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AttributeKind {
    /// A column.
    Column,
    /// A relationship to one object.
    One,
    /// A relationship to many objects.
    Many,
}

impl<T: Mapped> Inspection<T> {
    /// Whether a flush would find a column or a to-one relationship of it changed. Collections are
    /// others' rows; [`Session::is_modified`](super::Session::is_modified) counts them, too.
    pub fn is_modified(&self) -> bool {
        self.attributes().iter().any(|it| it.modified && it.kind != AttributeKind::Many)
    }

    /// Its columns, then its relationships, one by one.
    pub fn attributes(&self) -> Vec<AttributeState> {
        let raw = self.object.raw();
        let mut attributes = columns(raw);
        let is_new = state_of(raw) == State::Transient;
        for relation in &Mapper::of(T::meta()).relationships {
            let loaded = raw.graph().map_or(is_new, |graph| {
                Graph::with(graph, |it, _| it.is_loaded(raw.reference(), relation))
            });
            attributes.push(AttributeState {
                field: relation.name,
                kind: if relation.many { AttributeKind::Many } else { AttributeKind::One },
                loaded,
                expired: false,
                modified: is_relinked(raw, relation),
            });
        }
        attributes
    }

    /// How things stand with one attribute, by its field's name or a synonym.
    pub fn attribute(&self, field: &str) -> Option<AttributeState> {
        let mut columns = T::meta().columns.iter();
        let named = columns.find(|it| it.synonyms.contains(&field)).map(|it| it.field);
        let field = named.unwrap_or(field);
        self.attributes().into_iter().find(|it| it.field == field)
    }
}

impl<T: Mapped> std::fmt::Debug for Inspection<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Inspection")
            .field("object", &self.object)
            .field("expired", &self.expired)
            .field("marked_deleted", &self.marked_deleted)
            .field("attributes", &self.attributes())
            .finish_non_exhaustive()
    }
}

/// The columns of an object, one by one.
fn columns<T: Mapped>(raw: &Raw<T>) -> Vec<AttributeState> {
    let noted = Noted::of(raw);
    let columns = T::meta().columns.iter().enumerate();
    let each = columns.map(|(index, column)| {
        let history = of_column(raw, index as u16, &noted);
        let modified = history.has_changes();
        // One that was set since is known.
        let expired = noted.expired.contains(&(index as u16)) && !modified;
        AttributeState {
            field: column.field,
            kind: AttributeKind::Column,
            loaded: !expired && history.now().next().is_some(),
            expired,
            modified,
        }
    });
    each.collect()
}

impl<T: Mapped> Inspect for &Obj<T> {
    type Output = Inspection<T>;

    fn inspect(self) -> Inspection<T> {
        let raw = self.raw();
        let (chunk, slot, flags) = (raw.chunk(), raw.slot(), raw.flags());
        let meta = T::meta();
        let mut inspection = Inspection {
            object: self.clone(),
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
        let changed = AnyChunk::changed(&**chunk, slot);
        let mut computed = Noted::of(raw).computed;
        computed.retain(|it| !changed.contains(it));
        for column in changed.into_iter().chain(computed.iter().copied()) {
            let (mut old, mut new) = (Value::Null, Value::Null);
            let _ = chunk.loaded(slot, &mut |it| old = it.get(column).to_value());
            let _ = AnyChunk::with(&**chunk, slot, &mut |it| new = it.get(column).to_value());
            let field = meta.columns[usize::from(column)].field;
            let computed = computed.contains(&column);
            inspection.changes.push(Change { field, old, new, computed });
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
