//! Objects that start anew: [`make_transient`] and [`make_transient_to_detached`].

use aludel_engine::EngineFace;

use super::{Session, identity::key_of};
use crate::{
    Error, Result,
    error::Subject,
    mapping::{Mapped, Mapper},
    object::{
        Obj,
        chunk::{AnyChunk, Columns},
        graph::Graph,
        state::{Cause, Flags, State},
        state_of,
    },
};

/// Makes an object transient that is in no session: as if it had just been made, with the values
/// that it has. Added again it is inserted, under the key that it holds, or a generated one where its
/// key is unset first. It is the way to add an object again whose deletion was committed, and to copy
/// a row. [`Session::make_transient`] does it for an object of the session.
///
/// # Errors
/// [`Error::InvalidRequest`] if the object is in a session.
pub fn make_transient<T: Mapped>(object: &Obj<T>) -> Result<()> {
    let raw = object.raw();
    match state_of(raw) {
        State::Transient | State::Detached => {}
        State::Pending | State::Persistent | State::Deleted => {
            return Err(in_a_session(object));
        }
    }
    let at = raw.reference();
    if let Some(graph) = raw.graph() {
        Graph::with(graph, |tables, _| {
            tables.disown(at);
            // That nothing was loaded says nothing of the row that will be inserted.
            tables.forget_none(at, None);
        });
    }
    AnyChunk::accept(&**raw.chunk(), raw.slot());
    let flags = raw.flags().by(Cause::MakeTransient);
    raw.chunk().head().set_flags(raw.slot(), Flags::of(flags.state()));
    Ok(())
}

/// Makes a transient object detached, as if it had been loaded: its key says which row it is, and
/// added to a session it is persistent. Columns that nobody set (`Auto` without a value, `None`) are
/// expired, so that [`Session::fresh`] or `get` reads them; those that are set count as loaded.
///
/// # Errors
/// [`Error::InvalidRequest`] if the object is not transient, or has no key.
pub fn make_transient_to_detached<T: Mapped>(object: &Obj<T>) -> Result<()> {
    let raw = object.raw();
    let state = state_of(raw);
    if state != State::Transient {
        let text =
            format!("{} is {state}: only a transient object can be made detached", T::meta().name);
        return Err(Error::InvalidRequest(text.into()));
    }
    let chunk = raw.chunk();
    let mut unset = Columns::new();
    let mut keyed = true;
    AnyChunk::with(&**chunk, raw.slot(), &mut |fields| {
        for column in 0..T::meta().columns.len() as u16 {
            if fields.is_unset(column) || fields.get(column).is_null() {
                keyed &= !T::PRIMARY_KEY.contains(&column);
                unset.push(column);
            }
        }
    })?;
    if !keyed || key_of(Mapper::checked(T::meta())?.meta, &**chunk, raw.slot()).is_none() {
        let text = format!("{} has no primary key: set it first", T::meta().name);
        return Err(Error::InvalidRequest(text.into()));
    }
    let mut flags = raw.flags().by(Cause::MakeDetached);
    if !unset.is_empty() {
        flags = flags.with(Flags::EXPIRED);
        let at = raw.reference();
        Graph::with(&raw.graph_or_new(), |tables, _| tables.expire_columns(at, &unset));
    }
    chunk.head().set_flags(raw.slot(), flags.with(Flags::TRACKED));
    Ok(())
}

fn in_a_session<T: Mapped>(object: &Obj<T>) -> Error {
    let mut subject = Subject { entity: T::meta().name, key: String::new() };
    if let Some(value) = object.raw().chunk().try_read(object.raw().slot()) {
        subject.key = super::key::key_text(T::meta(), &*value);
    }
    let text =
        format!("{subject} is in a session: use `session.make_transient`, or expunge it first");
    Error::InvalidRequest(text.into())
}

impl<F: EngineFace> Session<F> {
    /// Takes an object out of the session and makes it transient: as [`make_transient`]. Its row, if
    /// it has one, stays.
    ///
    /// # Errors
    /// [`Error::OtherSession`].
    pub fn make_transient<T: Mapped>(&mut self, object: &Obj<T>) -> Result<()> {
        if state_of(object.raw()).is_attached() {
            let at = self.core().own(object)?;
            self.core().expunge_one(at);
            self.core().announce_states();
        }
        make_transient(object)
    }
}
