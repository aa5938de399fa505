//! [`Attributes`]: columns and relationships of an entity, as arguments.

use std::marker::PhantomData;

use aludel_core::expr::Column;

use crate::mapping::{Mapped, Relationship};

/// The place of an attribute in its entity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Column(u16),
    Relationship(u16),
}

/// A column or a relationship of the entity `E`, whatever its type: for lists of them.
///
/// ```
/// # use aludel_orm::session::AnyAttribute;
/// # use aludel_core::{expr::Column};
/// # fn example<E: aludel_orm::mapping::Mapped>(name: Column<E, String>, age: Column<E, i64>) {
/// let both: Vec<AnyAttribute<E>> = vec![name.into(), age.into()];
/// # }
/// ```
pub struct AnyAttribute<E> {
    pub(crate) place: Place,
    entity: PhantomData<fn() -> E>,
}

impl<E> Clone for AnyAttribute<E> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<E> Copy for AnyAttribute<E> {}

impl<E> std::fmt::Debug for AnyAttribute<E> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.place.fmt(f)
    }
}

impl<E> AnyAttribute<E> {
    fn new(place: Place) -> Self {
        Self { place, entity: PhantomData }
    }

    /// The position of a column.
    pub(crate) fn column(self) -> u16 {
        match self.place {
            Place::Column(at) | Place::Relationship(at) => at,
        }
    }
}

impl<E: Mapped, T> From<Column<E, T>> for AnyAttribute<E> {
    fn from(column: Column<E, T>) -> Self {
        let columns = E::meta().columns;
        let at = columns.iter().position(|it| it.name == column.name()).unwrap_or_default();
        Self::new(Place::Column(at as u16))
    }
}

impl<E: Mapped, R> From<Relationship<E, R>> for AnyAttribute<E> {
    fn from(relationship: Relationship<E, R>) -> Self {
        Self::new(Place::Relationship(relationship.index()))
    }
}

/// What `expire_attributes` and `refresh_attributes` take: a column or relationship of the entity, a
/// tuple of them, or a list of [`AnyAttribute`]s.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an attribute of `{E}`",
    label = "expected columns and relationships of `{E}`, such as `(User.name, User.addresses)`"
)]
pub trait Attributes<E> {
    /// The attributes.
    #[doc(hidden)]
    fn attributes(self) -> Vec<AnyAttribute<E>>;
}

impl<E: Mapped, T> Attributes<E> for Column<E, T> {
    fn attributes(self) -> Vec<AnyAttribute<E>> {
        vec![self.into()]
    }
}

impl<E: Mapped, R> Attributes<E> for Relationship<E, R> {
    fn attributes(self) -> Vec<AnyAttribute<E>> {
        vec![self.into()]
    }
}

impl<E> Attributes<E> for Vec<AnyAttribute<E>> {
    fn attributes(self) -> Vec<AnyAttribute<E>> {
        self
    }
}

macro_rules! tuples {
    ($($($name:ident)+;)*) => {$(
        impl<E: Mapped, $($name: Into<AnyAttribute<E>>),+> Attributes<E> for ($($name,)+) {
            fn attributes(self) -> Vec<AnyAttribute<E>> {
                #[expect(non_snake_case, reason = "a tuple's fields are named by their types")]
                let ($($name,)+) = self;
                vec![$($name.into()),+]
            }
        }
    )*};
}

tuples! {
    A;
    A B;
    A B C;
    A B C D;
    A B C D G;
    A B C D G H;
    A B C D G H I;
    A B C D G H I J;
}
