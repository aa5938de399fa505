//! What a session holds, as lists of handles: `pending()`, `dirty()`, `deleted()`, and all of it.

use std::{ops::Deref, sync::atomic::Ordering};

use aludel_engine::EngineFace;

use super::{Session, core::Core};
use crate::{
    mapping::{EntityConst, Mapped},
    object::{
        AnyObj, Obj, State, any_objects,
        graph::{Graph, Tables},
        reference::Ref,
        state::Flags,
    },
};

/// Handles on objects of a session, as things stood when it was asked: a slice, and an iterator when
/// taken by value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Objects(Vec<AnyObj>);

impl Objects {
    /// Those of one entity.
    pub fn of<C: EntityConst>(&self, entity: C) -> Vec<Obj<C::Mapped>> {
        self.0.iter().filter_map(|it| it.downcast(entity)).collect()
    }

    /// Whether an object is among them.
    pub fn contains<T: Mapped>(&self, object: &Obj<T>) -> bool {
        self.0.iter().any(|it| it == object)
    }
}

impl Deref for Objects {
    type Target = [AnyObj];

    fn deref(&self) -> &[AnyObj] {
        &self.0
    }
}

impl IntoIterator for Objects {
    type Item = AnyObj;
    type IntoIter = std::vec::IntoIter<AnyObj>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'a> IntoIterator for &'a Objects {
    type Item = &'a AnyObj;
    type IntoIter = std::slice::Iter<'a, AnyObj>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

impl<F: EngineFace> Session<F> {
    /// The objects that the next flush inserts, in the order in which they were added: SQLAlchemy's
    /// `session.new`.
    pub fn pending(&self) -> Objects {
        self.core_ref().objects(|core| core.pending())
    }

    /// The persistent objects that were changed since the last flush: whose `borrow_mut` was taken, or
    /// whose relationships changed. Whether values differ, [`Session::is_modified`] says.
    pub fn dirty(&self) -> Objects {
        self.core_ref().objects(|core| core.dirty())
    }

    /// The persistent objects that the next flush deletes.
    pub fn deleted(&self) -> Objects {
        self.core_ref().objects(|core| core.deleted())
    }

    /// All objects of the session: pending ones, then persistent ones in the order in which they were
    /// loaded. One that nobody holds may be among them until the session lets it go.
    ///
    /// ```
    /// # use aludel_orm::session::Session;
    /// # fn example<F: aludel_engine::EngineFace>(session: &Session<F>) {
    /// for object in session {
    ///     println!("{object:?}"); // User(1, persistent)
    /// }
    /// # }
    /// ```
    pub fn iter(&self) -> std::vec::IntoIter<AnyObj> {
        let all = |core: &Core| {
            let mut all = core.pending();
            all.append(&mut core.persistent());
            all
        };
        self.core_ref().objects(all).into_iter()
    }
}

impl<F: EngineFace> IntoIterator for &Session<F> {
    type Item = AnyObj;
    type IntoIter = std::vec::IntoIter<AnyObj>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl Core {
    pub(crate) fn objects(&self, list: impl FnOnce(&Self) -> Vec<Ref>) -> Objects {
        let refs = list(self);
        Objects(any_objects(Graph::root(&self.graph), &refs))
    }

    /// The objects to insert, each where it came last.
    pub(crate) fn pending(&self) -> Vec<Ref> {
        let mut pending = self.ledger(|it| it.pending.clone());
        self.tables(|tables| pending.retain(|it| tables.flags(*it).state() == State::Pending));
        once_each(pending)
    }

    /// The persistent objects that were touched, and those whose relationships changed.
    pub(crate) fn dirty(&self) -> Vec<Ref> {
        let id = self.id;
        self.tables(|tables| {
            let mut found = tables.relinked(id);
            let chunks = tables.ledger(id).map(|it| it.dirty.clone()).unwrap_or_default();
            for chunk in chunks {
                let Some(chunk) = tables.chunk(Ref::new(chunk, 0)) else { continue };
                let head = chunk.head();
                let touched = (0..head.used()).filter(|it| head.flags(*it).has(Flags::TOUCHED));
                found.extend(touched.map(|it| head.reference(it)));
            }
            found.retain(|it| {
                is_persistent(tables, id, *it) && !tables.flags(*it).has(Flags::MARKED)
            });
            found.sort_unstable();
            found.dedup();
            found
        })
    }

    /// The objects that are marked for deletion.
    pub(crate) fn deleted(&self) -> Vec<Ref> {
        let id = self.id;
        let marked = self.tables(|tables| {
            let mut marked = tables.ledger(id).map(|it| it.marked.clone()).unwrap_or_default();
            marked.retain(|it| {
                is_persistent(tables, id, *it) && tables.flags(*it).has(Flags::MARKED)
            });
            marked
        });
        once_each(marked)
    }

    /// The persistent objects, marked for deletion or not.
    pub(crate) fn persistent(&self) -> Vec<Ref> {
        let mut found = self.ledger(|it| it.joined.clone());
        for chunk in self.stores.iter().flat_map(|it| it.chunks()) {
            found.extend((0..chunk.head().used()).map(|it| chunk.head().reference(it)));
        }
        let id = self.id;
        self.tables(|tables| found.retain(|it| is_persistent(tables, id, *it)));
        found.sort_unstable();
        found.dedup();
        found
    }
}

fn is_persistent(tables: &Tables, session: u64, object: Ref) -> bool {
    tables.chunk(object).is_some_and(|it| {
        let head = it.head();
        head.flags(object.slot()).state() == State::Persistent
            && head.owner.load(Ordering::Acquire) == session
    })
}

/// The same list without repetitions; of several the last counts.
fn once_each(mut objects: Vec<Ref>) -> Vec<Ref> {
    let mut seen = std::collections::HashSet::new();
    objects.reverse();
    objects.retain(|it| seen.insert(*it));
    objects.reverse();
    objects
}
