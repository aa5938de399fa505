//! [`SetAccess`]: what an accessor of a `ManySet` gives.

use std::collections::HashSet;

use super::{IntoMembers, ManyAccess, Obj, ProxyAccess, Raw, fields::to_obj};
use crate::{
    Result,
    mapping::{IntoNew, Mapped},
};

/// An object's to-many relationship, as a set: each object is a member once, in no order.
///
/// Two sets are compared as the standard library's: `&one.to_set()? - &other.to_set()?`.
pub struct SetAccess<'a, E: Mapped, R: Mapped> {
    owner: &'a Raw<E>,
    index: u16,
    pub(crate) members: ManyAccess<'a, E, R>,
}

impl<'a, E: Mapped, R: Mapped> SetAccess<'a, E, R> {
    pub(crate) fn new(owner: &'a Raw<E>, index: u16) -> Self {
        Self { owner, index, members: ManyAccess::new(owner, index) }
    }

    /// Adds a member: an object, a value or a finished builder. One that is there already changes nothing.
    /// If the owner is in a session, the member is from now on, too.
    #[allow(clippy::should_implement_trait, reason = "it is the original's name, and sums nothing")]
    pub fn add(self, member: impl IntoNew<Entity = R>) -> Obj<R> {
        let member = to_obj(member);
        if !self.holds(&member) {
            self.members.push(&member);
        }
        member
    }

    /// Adds several members.
    pub fn extend(self, members: impl IntoMembers<R>) {
        for member in members.into_members() {
            Self::new(self.owner, self.index).add(member);
        }
    }

    /// Removes a member.
    ///
    /// # Errors
    /// [`Error::NotMember`](crate::Error::NotMember) if the set is loaded and doesn't hold it;
    /// [`Error::Hook`](crate::Error::Hook) if a hook refuses.
    pub fn remove(self, member: &Obj<R>) -> Result<()> {
        self.members.remove(member)
    }

    /// Removes a member if it is there; whether it was, as far as that is known.
    ///
    /// # Errors
    /// [`Error::Hook`](crate::Error::Hook) if a hook refuses.
    pub fn discard(self, member: &Obj<R>) -> Result<bool> {
        match self.members.remove(member) {
            Ok(()) => Ok(true),
            Err(crate::Error::NotMember(_)) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Lets go of the members that don't fit.
    ///
    /// # Errors
    /// [`Error::NotLoaded`](crate::Error::NotLoaded); [`Error::Hook`](crate::Error::Hook) if a hook refuses.
    pub fn retain(self, mut fits: impl FnMut(&Obj<R>) -> bool) -> Result<()> {
        let own = || Self::new(self.owner, self.index);
        let mut gone = own().iter()?.filter(|it| !fits(it));
        gone.try_for_each(|it| own().remove(&it))
    }

    /// Makes the set hold exactly these members.
    pub fn set(self, members: impl IntoMembers<R>) {
        let mut seen = HashSet::new();
        let mut members = members.into_members();
        members.retain(|it| seen.insert(it.clone()));
        self.members.set(members);
    }

    /// Whether an object is a member.
    ///
    /// # Errors
    /// [`Error::NotLoaded`](crate::Error::NotLoaded) if the members are not known; there is no hidden query.
    pub fn contains(self, member: &Obj<R>) -> Result<bool> {
        self.members.holds(member)
    }

    /// Whether the members are known.
    pub fn is_loaded(self) -> bool {
        self.members.is_loaded()
    }

    /// How many members there are.
    ///
    /// # Errors
    /// As [`SetAccess::contains`].
    pub fn len(self) -> Result<usize> {
        self.members.len()
    }

    /// Whether there are no members.
    ///
    /// # Errors
    /// As [`SetAccess::contains`].
    pub fn is_empty(self) -> Result<bool> {
        self.members.is_empty()
    }

    /// The members.
    ///
    /// # Errors
    /// As [`SetAccess::contains`].
    pub fn iter(self) -> Result<std::vec::IntoIter<Obj<R>>> {
        self.members.iter()
    }

    /// The members, as they are now.
    ///
    /// # Errors
    /// As [`SetAccess::contains`].
    pub fn to_set(self) -> Result<HashSet<Obj<R>>> {
        Ok(self.members.iter()?.collect())
    }

    /// What lies behind the members, as [`ManyAccess::through`].
    pub fn through<P: Copy>(self, then: P) -> ProxyAccess<'a, E, R, P> {
        self.members.through(then)
    }

    fn holds(&self, member: &Obj<R>) -> bool {
        ManyAccess::new(self.owner, self.index).holds(member).unwrap_or(false)
    }
}
