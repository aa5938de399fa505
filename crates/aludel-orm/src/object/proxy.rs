//! [`ProxyAccess`]: an object's collection seen through: what lies behind its members.

use std::collections::HashSet;

use aludel_core::{expr::Column, value::ColumnType};

use super::{
    IntoMembers, ManyAccess, Obj, OneAccess, Raw,
    access::{attribute, link, relation},
    chunk::Fields,
    fields::to_obj,
};
use crate::{
    Error, Result,
    mapping::{IntoNew, Mapped, Proxy, Relationship},
    session::AnyAttribute,
};

/// What lies behind the members of an object's collection, as if it were of those: an association proxy.
///
/// It holds nothing itself: what is read is read from the members, and what is added makes one of them, of
/// `Default` values or as the program says.
pub struct ProxyAccess<'a, E: Mapped, A: Mapped, P> {
    pub(crate) owner: &'a Raw<E>,
    pub(crate) index: u16,
    pub(crate) then: P,
    entity: std::marker::PhantomData<fn() -> A>,
}

impl<E: Mapped, A: Mapped, P: Copy> Proxy<E, A, P> {
    /// What lies behind the members of an object's collection.
    pub fn of<'a>(&self, owner: &'a Obj<E>) -> ProxyAccess<'a, E, A, P> {
        ProxyAccess::new(owner.raw(), self.first.index(), self.then)
    }
}

impl<'a, E: Mapped, A: Mapped> ManyAccess<'a, E, A> {
    /// What lies behind the members: a relationship or a column of theirs, as if this were a collection of
    /// those (an association proxy).
    ///
    /// ```
    /// # use aludel_orm::{mapping::{Mapped, Relationship}, object::{ManyAccess, Obj}};
    /// # struct LinkEntity<L, K> { keyword: Relationship<L, K> }
    /// # fn example<U: Mapped, L: Mapped, K: Mapped>(
    /// #     user_keywords: ManyAccess<'_, U, L>, UserKeyword: LinkEntity<L, K>,
    /// # ) -> aludel_orm::Result<()> {
    /// let keywords: Vec<Obj<K>> = user_keywords.through(UserKeyword.keyword).iter()?.collect();
    /// # Ok(())
    /// # }
    /// ```
    pub fn through<P: Copy>(self, then: P) -> ProxyAccess<'a, E, A, P> {
        ProxyAccess::new(self.owner, self.index, then)
    }
}

impl<'a, E: Mapped, A: Mapped, P: Copy> ProxyAccess<'a, E, A, P> {
    fn new(owner: &'a Raw<E>, index: u16, then: P) -> Self {
        Self { owner, index, then, entity: std::marker::PhantomData }
    }

    /// The collection itself.
    pub fn members(&self) -> ManyAccess<'a, E, A> {
        ManyAccess::new(self.owner, self.index)
    }

    fn find(&self, mut is_it: impl FnMut(&Obj<A>) -> Result<bool>) -> Result<Option<Obj<A>>> {
        for member in self.members().iter()? {
            if is_it(&member)? {
                return Ok(Some(member));
            }
        }
        Ok(None)
    }

    fn remove_member(&self, found: Option<Obj<A>>) -> Result<()> {
        match found {
            Some(member) => self.members().remove(&member),
            None => Err(Error::NotMember(attribute::<E>(self.index))),
        }
    }
}

impl<E: Mapped, A: Mapped, R: Mapped> ProxyAccess<'_, E, A, Relationship<A, R>> {
    /// The objects behind a member.
    fn behind(&self, member: &Obj<A>) -> Result<Vec<Obj<R>>> {
        let (raw, index) = (member.raw(), self.then.index());
        match relation::<A>(index).many {
            true => Ok(ManyAccess::new(raw, index).iter()?.collect()),
            false => Ok(OneAccess::new(raw, index).get()?.into_iter().collect()),
        }
    }

    /// The objects behind the members, in their order.
    ///
    /// # Errors
    /// [`Error::NotLoaded`]: the members are not known, or what lies behind one of them; there is no hidden
    /// query.
    pub fn iter(self) -> Result<std::vec::IntoIter<Obj<R>>> {
        let mut found = Vec::new();
        for member in self.members().iter()? {
            found.append(&mut self.behind(&member)?);
        }
        Ok(found.into_iter())
    }

    /// How many objects there are.
    ///
    /// # Errors
    /// As [`ProxyAccess::iter`].
    pub fn len(self) -> Result<usize> {
        self.iter().map(|it| it.len())
    }

    /// Whether there are none.
    ///
    /// # Errors
    /// As [`ProxyAccess::iter`].
    pub fn is_empty(self) -> Result<bool> {
        self.len().map(|it| it == 0)
    }

    /// Whether an object is among them.
    ///
    /// # Errors
    /// As [`ProxyAccess::iter`].
    pub fn contains(self, target: &Obj<R>) -> Result<bool> {
        Ok(self.iter()?.any(|it| it == *target))
    }

    /// Adds an object, by a new member that leads to it: an object, a value or a finished builder. Gives
    /// the member.
    pub fn push(self, target: impl IntoNew<Entity = R>) -> Obj<A>
    where
        A: Default,
    {
        self.push_with(Obj::of_value(A::default()), target)
    }

    /// Adds an object by a member that says more of the link. Gives the member.
    pub fn push_with(
        self,
        member: impl IntoNew<Entity = A>,
        target: impl IntoNew<Entity = R>,
    ) -> Obj<A> {
        let (member, target) = (to_obj(member), to_obj(target));
        // First what lies behind: with its owner, the member comes into the session as a whole.
        link(member.raw(), self.then.index(), target.raw());
        self.members().push(member)
    }

    /// Adds several objects.
    pub fn extend(self, targets: impl IntoMembers<R>)
    where
        A: Default,
    {
        for target in targets.into_members() {
            Self::new(self.owner, self.index, self.then).push(target);
        }
    }

    /// Removes the first member that leads to an object.
    ///
    /// # Errors
    /// [`Error::NotMember`]; as [`ProxyAccess::iter`].
    pub fn remove(self, target: &Obj<R>) -> Result<()> {
        let found = self.find(|it| Ok(self.behind(it)?.contains(target)))?;
        self.remove_member(found)
    }

    /// Makes the members lead to exactly these objects: those that do stay, others go, and new ones come.
    ///
    /// # Errors
    /// As [`ProxyAccess::iter`]; [`Error::Hook`] if a hook refuses.
    pub fn set(self, targets: impl IntoMembers<R>) -> Result<()>
    where
        A: Default,
    {
        let targets = targets.into_members();
        let mut missing: HashSet<&Obj<R>> = targets.iter().collect();
        for member in self.members().iter()? {
            let stays = self.behind(&member)?.iter().any(|it| missing.remove(it));
            if !stays {
                self.members().remove(&member)?;
            }
        }
        for target in &targets {
            if missing.remove(target) {
                Self::new(self.owner, self.index, self.then).push(target);
            }
        }
        Ok(())
    }
}

impl<E: Mapped, A: Mapped, T: ColumnType> ProxyAccess<'_, E, A, Column<A, T>> {
    fn value(&self, member: &Obj<A>) -> Result<Option<T>> {
        let (raw, column) = (member.raw(), AnyAttribute::from(self.then).column());
        let value = raw.chunk().read(raw.slot())?;
        Ok(T::from_ref(Fields::get(&*value, column)))
    }

    /// The members' values, in their order.
    ///
    /// # Errors
    /// [`Error::NotLoaded`]: the members are not known; [`Error::Borrowed`].
    pub fn iter(self) -> Result<std::vec::IntoIter<T>> {
        let mut values = Vec::new();
        for member in self.members().iter()? {
            values.extend(self.value(&member)?);
        }
        Ok(values.into_iter())
    }

    /// Whether a member has this value.
    ///
    /// # Errors
    /// As [`ProxyAccess::iter`].
    pub fn contains<V>(self, value: &V) -> Result<bool>
    where
        T: PartialEq<V>,
    {
        Ok(self.iter()?.any(|it| it == *value))
    }

    /// Adds a member with this value. Gives the member.
    pub fn push(self, value: impl Into<T>) -> Obj<A>
    where
        A: Default,
    {
        let (mut member, column) = (A::default(), AnyAttribute::from(self.then).column());
        let value = value.into();
        Mapped::put(&mut member, column, (!value.is_unset()).then(|| value.to_ref()));
        self.members().push(Obj::of_value(member))
    }

    /// Adds members with these values.
    pub fn extend<V: Into<T>>(self, values: impl IntoIterator<Item = V>)
    where
        A: Default,
    {
        for value in values {
            Self::new(self.owner, self.index, self.then).push(value);
        }
    }

    /// Removes the first member with this value.
    ///
    /// # Errors
    /// [`Error::NotMember`]; as [`ProxyAccess::iter`].
    pub fn remove<V>(self, value: &V) -> Result<()>
    where
        T: PartialEq<V>,
    {
        let found = self.find(|it| Ok(self.value(it)?.is_some_and(|it| it == *value)))?;
        self.remove_member(found)
    }
}
