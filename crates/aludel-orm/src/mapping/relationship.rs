//! [`Relationship`]: a mapped struct's relationship, as a constant.

use std::marker::PhantomData;

use aludel_core::expr::Source;

use super::{Mapped, Mapper, Relation, condition};

/// The relationship from the entity `E` to the entity `R`, of one appearance of `E`'s table.
pub struct Relationship<E, R> {
    source: Source,
    index: u16,
    types: PhantomData<fn() -> (E, R)>,
}

impl<E, R> Clone for Relationship<E, R> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<E, R> Copy for Relationship<E, R> {}

impl<E, R> std::fmt::Debug for Relationship<E, R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Relationship({})", self.index)
    }
}

impl<E, R> Relationship<E, R> {
    /// For the derive.
    #[doc(hidden)]
    pub const fn new(source: Source, index: u16) -> Self {
        Self { source, index, types: PhantomData }
    }

    /// Its position among the owner's relationships.
    pub const fn index(self) -> u16 {
        self.index
    }

    /// The appearance of the owner's table.
    pub(crate) const fn source(self) -> Source {
        self.source
    }
}

impl<E: Mapped, R: Mapped> Relationship<E, R> {
    /// The relationship, resolved.
    pub(crate) fn relation(self) -> &'static Relation {
        if condition::is_read() {
            return condition::relation_within(E::meta(), self.index);
        }
        &Mapper::of(E::meta()).relationships[usize::from(self.index)]
    }
}
