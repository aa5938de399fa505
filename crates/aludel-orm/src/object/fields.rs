//! [`Many`] and [`One`]: the zero-sized fields that declare a relationship, and what builders take
//! for them.

use std::{fmt, marker::PhantomData};

use super::{ManyAccess, Obj, OneAccess, Raw, SetAccess, WriteOnlyAccess, graph::Graph};
use crate::mapping::{Built, EntityMeta, IntoNew, Mapped, NewObject, Rare};

/// A relationship to many objects. Zero-sized: the members live beside the columns, not in them,
/// and are reached through the object: `user.addresses()`.
pub struct Many<T>(PhantomData<fn() -> T>);

/// A relationship to one object or none. Zero-sized: the object lives beside the columns, not in
/// them, and is reached through the object: `address.user()`.
pub struct One<T>(PhantomData<fn() -> T>);

/// A relationship to many objects, as a set: each is a member once, in no order. Zero-sized, as [`Many`] is.
pub struct ManySet<T>(PhantomData<fn() -> T>);

/// A relationship to so many objects that they are never loaded as a whole: it takes new members and lets
/// go of others, and gives statements about its members. Zero-sized, as [`Many`] is.
pub struct WriteOnly<T>(PhantomData<fn() -> T>);

macro_rules! markers {
    ($($name:ident)*) => {$(
        impl<T> $name<T> {
            /// For struct literals: `addresses: Many::new()`.
            pub const fn new() -> Self {
                Self(PhantomData)
            }
        }

        impl<T> Default for $name<T> {
            fn default() -> Self {
                Self::new()
            }
        }

        impl<T> Clone for $name<T> {
            fn clone(&self) -> Self {
                Self::new()
            }
        }

        /// Two markers never differ: the members are not in them.
        impl<T> PartialEq for $name<T> {
            fn eq(&self, _: &Self) -> bool {
                true
            }
        }

        impl<T> Eq for $name<T> {}

        impl<T> fmt::Debug for $name<T> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(stringify!($name))
            }
        }
    )*};
}

markers!(Many One ManySet WriteOnly);

/// A field that declares a relationship.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't declare a relationship",
    label = "expected `Many<T>`, `One<T>`, `ManySet<T>` or `WriteOnly<T>`"
)]
pub trait RelField {
    /// The entity at the other end.
    type Target: Mapped;
    /// What an object's accessor gives.
    type Access<'a, E: Mapped>;
    /// Whether it holds many members.
    const MANY: bool;
    /// What few relationships say, and this kind does.
    #[doc(hidden)]
    const RARE: Rare = Rare::NONE;

    /// The accessor of an object's relationship.
    #[doc(hidden)]
    fn access<E: Mapped>(raw: &Raw<E>, index: u16) -> Self::Access<'_, E>;

    /// The field's value.
    #[doc(hidden)]
    fn marker() -> Self;
}

impl<T: Mapped> RelField for Many<T> {
    type Target = T;
    type Access<'a, E: Mapped> = ManyAccess<'a, E, T>;
    const MANY: bool = true;

    fn access<E: Mapped>(raw: &Raw<E>, index: u16) -> ManyAccess<'_, E, T> {
        ManyAccess::new(raw, index)
    }

    fn marker() -> Self {
        Self::new()
    }
}

impl<T: Mapped> RelField for One<T> {
    type Target = T;
    type Access<'a, E: Mapped> = OneAccess<'a, E, T>;
    const MANY: bool = false;

    fn access<E: Mapped>(raw: &Raw<E>, index: u16) -> OneAccess<'_, E, T> {
        OneAccess::new(raw, index)
    }

    fn marker() -> Self {
        Self::new()
    }
}

impl<T: Mapped> RelField for ManySet<T> {
    type Target = T;
    type Access<'a, E: Mapped> = SetAccess<'a, E, T>;
    const MANY: bool = true;

    fn access<E: Mapped>(raw: &Raw<E>, index: u16) -> SetAccess<'_, E, T> {
        SetAccess::new(raw, index)
    }

    fn marker() -> Self {
        Self::new()
    }
}

impl<T: Mapped> RelField for WriteOnly<T> {
    type Target = T;
    type Access<'a, E: Mapped> = WriteOnlyAccess<'a, E, T>;
    const MANY: bool = true;
    const RARE: Rare = Rare::NONE.write_only();

    fn access<E: Mapped>(raw: &Raw<E>, index: u16) -> WriteOnlyAccess<'_, E, T> {
        WriteOnlyAccess::new(raw, index)
    }

    fn marker() -> Self {
        Self::new()
    }
}

/// The description of the entity that a field leads to.
#[doc(hidden)]
pub fn target_meta<F: RelField>() -> &'static EntityMeta {
    F::Target::meta()
}

/// An object of a value, a finished builder or an object.
#[doc(hidden)]
pub fn to_obj<N: IntoNew>(new: N) -> Obj<N::Entity> {
    match new.into_new() {
        NewObject::Value(value) => Obj::of_value(value),
        NewObject::Built(Built { value, left_out, links }) => {
            let object = Obj::of_value(value);
            object.raw().chunk().head().leave_out(object.raw().slot(), left_out);
            links.into_iter().for_each(|it| it(&object));
            object
        }
        NewObject::Object(object) => object,
    }
}

/// What a builder takes for a `Many`: anything that iterates over values, builders or objects.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be the members of a relationship to `{R}`",
    label = "expected a list of `{R}` values, builders or objects"
)]
pub trait IntoMembers<R: Mapped> {
    /// The members as objects.
    fn into_members(self) -> Vec<Obj<R>>;
}

impl<R: Mapped, I> IntoMembers<R> for I
where
    I: IntoIterator,
    I::Item: IntoNew<Entity = R>,
{
    fn into_members(self) -> Vec<Obj<R>> {
        self.into_iter().map(to_obj).collect()
    }
}

/// Sets the first members of a fresh object's relationship.
#[doc(hidden)]
pub fn initial<E: Mapped, R: Mapped>(object: &Obj<E>, index: u16, members: Vec<Obj<R>>) {
    let raw = object.raw();
    if members.is_empty() {
        let graph = raw.graph_or_new();
        Graph::with(&graph, |tables, _| tables.know_empty(raw.reference(), index));
    }
    for member in &members {
        super::access::link(raw, index, member.raw());
    }
}
