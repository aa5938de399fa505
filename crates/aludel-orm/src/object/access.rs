//! [`ManyAccess`] and [`OneAccess`]: what an object's relationship accessors give.

use std::{collections::BTreeMap, marker::PhantomData, sync::Arc};

use aludel_core::{expr::Column, value::ColumnType};

use super::{
    IntoMembers, Obj, Raw,
    chunk::Fields,
    fields::to_obj,
    graph::{Graph, Tables},
    ordering::number_now,
    reference::{Ref, UNLOADED},
};
use crate::{
    Error, Result,
    error::Attribute,
    events,
    mapping::{IntoNew, Mapped, Mapper, Relation},
    session::AnyAttribute,
};

/// An object's to-many relationship.
pub struct ManyAccess<'a, E: Mapped, R: Mapped> {
    pub(crate) owner: &'a Raw<E>,
    pub(crate) index: u16,
    target: PhantomData<fn() -> R>,
}

/// An object's to-one relationship.
pub struct OneAccess<'a, E: Mapped, R: Mapped> {
    pub(crate) owner: &'a Raw<E>,
    pub(crate) index: u16,
    target: PhantomData<fn() -> R>,
}

/// The relationship of an entity.
pub(crate) fn relation<E: Mapped>(index: u16) -> &'static Relation {
    &Mapper::of(E::meta()).relationships[usize::from(index)]
}

/// A relationship, named for a person.
pub(crate) fn attribute<E: Mapped>(index: u16) -> Box<Attribute> {
    Box::new(Attribute { entity: E::meta().name, name: relation::<E>(index).name })
}

/// Brings two objects into one graph.
fn meet<E: Mapped, R: Mapped>(owner: &Raw<E>, member: &Raw<R>) -> Arc<Graph> {
    loop {
        match (owner.graph(), member.graph()) {
            (Some(left), Some(right)) => {
                Graph::merge(left, right);
                return Graph::root(left).clone();
            }
            (Some(graph), None) => graph.enter(member),
            (None, Some(graph)) => graph.enter(owner),
            (None, None) => drop(owner.graph_or_new()),
        }
    }
}

/// Links two objects, whatever the relationship's kind.
pub(super) fn link<E: Mapped, R: Mapped>(owner: &Raw<E>, index: u16, member: &Raw<R>) {
    let relation = relation::<E>(index);
    if let Err(error) = events::may_link(owner, relation, member) {
        return events::report(owner, error);
    }
    let graph = meet(owner, member);
    let disorder = Graph::with(&graph, |tables, _| {
        if relation.many {
            tables.attach(owner.reference(), relation, member.reference());
        } else {
            tables.assign(owner.reference(), relation, Some(member.reference()));
        }
        !tables.disordered.is_empty()
    });
    number_now(&graph, disorder);
}

/// Handles for addresses. Anchors are made under the lock and dropped, if ever, after it.
pub(crate) fn handles<R: Mapped>(graph: &Arc<Graph>, refs: &[u64]) -> Vec<Obj<R>> {
    let mut anchors = Vec::new();
    Graph::with(graph, |tables, graph| {
        let mut last = (0, None);
        for it in refs.iter().filter_map(|it| Ref::from_cell(*it)) {
            if it.chunk() != last.0 {
                last = (it.chunk(), tables.anchor(it.chunk(), graph));
            }
            anchors.push((last.1.clone(), it.slot()));
        }
        anchors.push((last.1, 0));
    });
    anchors.pop();
    let typed = anchors.into_iter().filter_map(|(anchor, slot)| Raw::from_any(anchor?, slot));
    typed.map(Obj::from_raw).collect()
}

fn on_graph<E: Mapped, V>(owner: &Raw<E>, alone: V, see: impl FnOnce(&mut Tables, Ref) -> V) -> V {
    match owner.graph() {
        Some(graph) => Graph::with(graph, |tables, _| see(tables, owner.reference())),
        None => alone,
    }
}

#[cold]
fn not_loaded<E: Mapped>(index: u16) -> Error {
    Error::NotLoaded(attribute::<E>(index))
}

impl<'a, E: Mapped, R: Mapped> ManyAccess<'a, E, R> {
    pub(crate) fn new(owner: &'a Raw<E>, index: u16) -> Self {
        Self { owner, index, target: PhantomData }
    }

    /// Adds a member: an object, a value or a finished builder. A member that is there already
    /// stays where it is. If the owner is in a session, the member is from now on, too.
    pub fn push(self, member: impl IntoNew<Entity = R>) -> Obj<R> {
        let member = to_obj(member);
        link(self.owner, self.index, member.raw());
        member
    }

    /// Adds several members.
    pub fn extend(self, members: impl IntoMembers<R>) {
        members.into_members().iter().for_each(|it| link(self.owner, self.index, it.raw()));
    }

    /// Removes a member.
    ///
    /// # Errors
    /// [`Error::NotMember`] if the collection is loaded and doesn't hold it (REL-13); [`Error::Hook`] if
    /// a hook refuses.
    pub fn remove(self, member: &Obj<R>) -> Result<()> {
        let relation = relation::<E>(self.index);
        events::may_unlink(self.owner, relation, member.raw())?;
        let found = on_graph(self.owner, false, |tables, owner| {
            tables.detach(owner, relation, member.raw().reference())
        });
        if let Some(graph) = self.owner.graph() {
            number_now(graph, relation.ordering.is_some());
        }
        found.then_some(()).ok_or_else(|| Error::NotMember(attribute::<E>(self.index)))
    }

    /// The members by what a function makes of each, in order of these keys; of two members with one
    /// key the later one counts. The map is made now: it stays as it is when members come, go or
    /// change.
    ///
    /// # Errors
    /// [`Error::NotLoaded`]; [`Error::Borrowed`] if a member is borrowed mutably.
    pub fn keyed<K: Ord>(self, key: impl Fn(&R) -> K) -> Result<BTreeMap<K, Obj<R>>> {
        let mut map = BTreeMap::new();
        for member in self.iter()? {
            let of = member.raw();
            let key = key(&*of.chunk().read(of.slot())?);
            map.insert(key, member);
        }
        Ok(map)
    }

    /// As [`ManyAccess::keyed`], by a column.
    ///
    /// # Errors
    /// The same; [`Error::InvalidRequest`] if a member has no value for it yet.
    ///
    /// ```
    /// # use aludel_core::expr::Column;
    /// # use aludel_orm::{mapping::Mapped, object::ManyAccess};
    /// # struct Entity<R> { keyword: Column<R, String> }
    /// # fn example<E: Mapped, R: Mapped>(
    /// #     notes: ManyAccess<'_, E, R>, Note: Entity<R>,
    /// # ) -> aludel_orm::Result<()> {
    /// let by_keyword = notes.keyed_by(Note.keyword)?;
    /// let rust = by_keyword.get("rust");
    /// # Ok(())
    /// # }
    /// ```
    pub fn keyed_by<T: ColumnType<Out: Ord>>(
        self,
        column: Column<R, T>,
    ) -> Result<BTreeMap<T::Out, Obj<R>>> {
        let (at, index) = (AnyAttribute::from(column).column(), self.index);
        let keys = self.keyed(|it| match Fields::is_unset(it, at) {
            true => None,
            false => <T::Out as ColumnType>::from_ref(Fields::get(it, at)),
        })?;
        let named = keys.into_iter().map(|(key, member)| match key {
            Some(key) => Ok((key, member)),
            None => {
                let text = format!(
                    "a member of `{}` has no value for `{}` yet: flush it first",
                    attribute::<E>(index),
                    R::meta().columns[usize::from(at)].field
                );
                Err(Error::InvalidRequest(text.into()))
            }
        });
        named.collect()
    }

    /// Makes the collection hold exactly these members.
    pub fn set(self, members: impl IntoMembers<R>) {
        let mut members = members.into_members();
        let relation = relation::<E>(self.index);
        if events::has_link_hooks::<E, R>() {
            let old = Self::new(self.owner, self.index).iter().map(Vec::from_iter);
            events::may_set(self.owner, relation, &old.unwrap_or_default(), &mut members);
        }
        let mut graph = self.owner.graph_or_new();
        for member in &members {
            graph = meet(self.owner, member.raw());
        }
        let refs: Vec<Ref> = members.iter().map(|it| it.raw().reference()).collect();
        let disorder = Graph::with(&graph, |tables, _| {
            tables.assign_all(self.owner.reference(), relation, &refs);
            !tables.disordered.is_empty()
        });
        number_now(&graph, disorder);
    }

    /// Adds a member at a place: those from there on make room. Behind the last place is the end. The order
    /// is kept with an `ordering_list`; without one it lasts until the collection is loaded again.
    ///
    /// ```
    /// # use aludel_orm::{mapping::{IntoNew, Mapped}, object::ManyAccess};
    /// # fn example<E: Mapped, R: Mapped>(
    /// #     bullets: ManyAccess<'_, E, R>, bullet: impl IntoNew<Entity = R>,
    /// # ) -> aludel_orm::Result<()> {
    /// let first = bullets.insert(0, bullet)?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`Error::NotLoaded`]: nobody knows what stands at that place.
    pub fn insert(self, at: usize, member: impl IntoNew<Entity = R>) -> Result<Obj<R>> {
        self.refs()?;
        let member = to_obj(member);
        link(self.owner, self.index, member.raw());
        self.put(at, &member);
        Ok(member)
    }

    /// Moves a member to another place in the order.
    ///
    /// # Errors
    /// [`Error::NotLoaded`]; [`Error::NotMember`] if the collection doesn't hold it.
    pub fn move_to(self, at: usize, member: &Obj<R>) -> Result<()> {
        self.refs()?;
        let is_there = self.put(at, member);
        is_there.then_some(()).ok_or_else(|| Error::NotMember(attribute::<E>(self.index)))
    }

    fn put(&self, at: usize, member: &Obj<R>) -> bool {
        let relation = relation::<E>(self.index);
        let Some(graph) = self.owner.graph() else { return false };
        let owner = self.owner.reference();
        let is_there = Graph::with(graph, |tables, _| {
            tables.place(owner, relation, member.raw().reference(), at)
        });
        number_now(graph, relation.ordering.is_some());
        is_there
    }

    /// Whether the members are known.
    pub fn is_loaded(self) -> bool {
        // What nobody set on an object without a row is empty, and that is known.
        let alone = self.owner.flags().state() == super::State::Transient;
        on_graph(self.owner, alone, |tables, owner| {
            tables.member_slice(owner, self.index).is_some()
        })
    }

    /// How many members there are.
    ///
    /// # Errors
    /// [`Error::NotLoaded`] if the members are not known; there is no hidden query.
    pub fn len(self) -> Result<usize> {
        self.refs().map(|it| it.len())
    }

    /// Whether there are no members.
    ///
    /// # Errors
    /// As [`ManyAccess::len`].
    pub fn is_empty(self) -> Result<bool> {
        self.refs().map(|it| it.is_empty())
    }

    /// The members, in order.
    ///
    /// # Errors
    /// As [`ManyAccess::len`].
    pub fn iter(self) -> Result<std::vec::IntoIter<Obj<R>>> {
        let refs = self.refs()?;
        Ok(match self.owner.graph() {
            Some(graph) => handles(graph, &refs).into_iter(),
            None => Vec::new().into_iter(),
        })
    }

    /// Whether an object is a member.
    pub(super) fn holds(self, member: &Obj<R>) -> Result<bool> {
        let known = |it: &[u64]| it.contains(&member.raw().reference().cell());
        let alone = (self.owner.flags().state() == super::State::Transient).then_some(false);
        on_graph(self.owner, alone, |tables, owner| {
            tables.member_slice(owner, self.index).map(known)
        })
        .ok_or_else(|| not_loaded::<E>(self.index))
    }

    fn refs(&self) -> Result<Vec<u64>> {
        let alone = (self.owner.flags().state() == super::State::Transient).then(Vec::new);
        on_graph(self.owner, alone, |tables, owner| tables.members(owner, self.index))
            .ok_or_else(|| not_loaded::<E>(self.index))
    }
}

impl<'a, E: Mapped, R: Mapped> OneAccess<'a, E, R> {
    pub(crate) fn new(owner: &'a Raw<E>, index: u16) -> Self {
        Self { owner, index, target: PhantomData }
    }

    /// Makes it another object: an existing one, a value or a finished builder.
    pub fn set(self, target: impl IntoNew<Entity = R>) -> Obj<R> {
        let target = to_obj(target);
        if self.may_leave(Some(&target)) {
            link(self.owner, self.index, target.raw());
        }
        target
    }

    /// Whether hooks let go of what is there.
    fn may_leave(&self, next: Option<&Obj<R>>) -> bool {
        if !events::has_link_hooks::<E, R>() {
            return true;
        }
        let old = Self::new(self.owner, self.index).get().ok().flatten();
        let Some(old) = old.filter(|it| next != Some(it)) else { return true };
        let allowed = events::may_unlink(self.owner, relation::<E>(self.index), old.raw());
        allowed.map_err(|it| events::report(self.owner, it)).is_ok()
    }

    /// Makes it none.
    pub fn clear(self) {
        let relation = relation::<E>(self.index);
        if !self.may_leave(None) {
            return;
        }
        let graph = self.owner.graph_or_new();
        let disorder = Graph::with(&graph, |tables, _| {
            tables.assign(self.owner.reference(), relation, None);
            !tables.disordered.is_empty()
        });
        number_now(&graph, disorder);
    }

    /// Whether it is known.
    pub fn is_loaded(self) -> bool {
        self.cell() != UNLOADED
    }

    /// The object, if there is one.
    ///
    /// # Errors
    /// [`Error::NotLoaded`] if it is not known; there is no hidden query.
    pub fn get(self) -> Result<Option<Obj<R>>> {
        let cell = self.cell();
        if cell == UNLOADED {
            return Err(not_loaded::<E>(self.index));
        }
        Ok(match self.owner.graph() {
            Some(graph) => handles(graph, &[cell]).pop(),
            None => None,
        })
    }

    fn cell(&self) -> u64 {
        let alone = match self.owner.flags().state() {
            super::State::Transient => super::reference::NULL,
            _ => UNLOADED,
        };
        on_graph(self.owner, alone, |tables, owner| tables.one(owner, self.index))
    }
}
