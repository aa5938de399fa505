//! [`HookContext`]: the session, as a hook sees it.

use crate::{
    Result,
    mapping::{IntoNew, Mapped},
    object::{Obj, reference::Ref},
    session::{Objects, Savepoint, core::Core},
};

/// The session, as a hook sees it: what it holds, and a way to give it more to do. It can't flush,
/// commit or load from within a hook.
pub struct HookContext<'a> {
    pub(super) core: &'a mut Core,
    pub(super) flushed: Option<&'a Flushed>,
    pub(super) savepoint: Option<Savepoint>,
}

/// What a flush was about to do.
#[derive(Default)]
pub(crate) struct Flushed {
    pub(crate) pending: Vec<Ref>,
    pub(crate) dirty: Vec<Ref>,
    pub(crate) deleted: Vec<Ref>,
}

impl HookContext<'_> {
    /// Adds an object, as [`Session::add`](crate::session::Session::add).
    pub fn add<N: IntoNew<Entity = T>, T: Mapped>(&mut self, new: N) -> Obj<T> {
        self.core.add(new)
    }

    /// Marks an object for deletion; what its cascades need is loaded once the hook is through.
    ///
    /// # Errors
    /// As [`Session::delete`](crate::session::Session::delete), before anything is loaded.
    pub fn delete<T: Mapped>(&mut self, object: &Obj<T>) -> Result<()> {
        let at = self.core.before_delete(object)?;
        self.core.to_delete.push(at);
        Ok(())
    }

    /// The objects that the flush inserts; in `after_flush`, those that it inserted.
    pub fn pending(&self) -> Objects {
        self.list(|it| &it.pending, Core::pending)
    }

    /// The objects that were changed; in `after_flush`, those that the flush looked at.
    pub fn dirty(&self) -> Objects {
        self.list(|it| &it.dirty, Core::dirty)
    }

    /// The objects that the flush deletes; in `after_flush`, those that it deleted.
    pub fn deleted(&self) -> Objects {
        self.list(|it| &it.deleted, Core::deleted)
    }

    /// The savepoint that an event is about; `None` where it is the whole transaction's.
    pub fn savepoint(&self) -> Option<Savepoint> {
        self.savepoint
    }

    /// Whether an object is pending or persistent in this session.
    pub fn contains<T: Mapped>(&self, object: &Obj<T>) -> bool {
        self.core.contains(object)
    }

    fn list(&self, was: fn(&Flushed) -> &Vec<Ref>, is: fn(&Core) -> Vec<Ref>) -> Objects {
        match self.flushed {
            Some(flushed) => self.core.objects(|_| was(flushed).clone()),
            None => self.core.objects(is),
        }
    }
}

impl std::fmt::Debug for HookContext<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("HookContext")
    }
}
