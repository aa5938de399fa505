//! What generated builders are made of. A builder has one type parameter for each required column,
//! [`Yes`] or [`No`]; it [becomes an object](IntoNew) where all of them are [`Given`].

use super::{Built, IntoNew, Link, Mapped, NewObject};
use crate::object::{LeftOut, Many, ManySet, Obj, One, RelField, WriteOnly, initial, to_obj};

/// A required column that the builder has a value for.
#[derive(Debug)]
pub enum Yes {}

/// A required column that the builder has no value for yet.
#[derive(Debug)]
pub enum No {}

/// The builder has a value for the required column `Name`.
#[diagnostic::on_unimplemented(
    message = "the builder has no value for the required column `{Name}`",
    label = "`{Name}` is missing",
    note = "call the builder's `{Name}(…)`; columns that may be left out are `Option`, `Auto`, or \
            have a `default`"
)]
pub trait Given<Name> {}

// The message says more than a list of implementations.
#[diagnostic::do_not_recommend]
impl<Name> Given<Name> for Yes {}

/// The value of a required column.
pub fn given<T>(slot: Option<T>) -> T {
    slot.expect("the builder's type says that the column was given")
}

/// Where a relationship field leads, whether or not that is a mapped struct: the entity constant's
/// type doesn't ask, so that a missing `#[derive(Mapped)]` is not reported once more by everything
/// that holds the constant.
pub trait Leads {
    /// The struct at the other end.
    type To;
}

impl<T> Leads for Many<T> {
    type To = T;
}

impl<T> Leads for One<T> {
    type To = T;
}

impl<T> Leads for ManySet<T> {
    type To = T;
}

impl<T> Leads for WriteOnly<T> {
    type To = T;
}

/// The struct at the other end of a relationship field.
pub type Target<F> = <F as Leads>::To;

/// The type of the entity constant at the other end of a relationship field.
pub type EntityOf<F> = <<F as RelField>::Target as Mapped>::Entity;

/// What the accessor of a relationship field returns.
pub type Access<'a, E, F> = <F as RelField>::Access<'a, E>;

/// A builder's slot for a relationship's first members.
pub type Initial<F> = Option<Vec<Obj<<F as RelField>::Target>>>;

/// What a builder takes for a relationship field of type `F`: for a `Many` an array, a `Vec` or
/// anything else that can be iterated; for a `One` an object, a value or a builder.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be the first value of a relationship `{F}`",
    label = "a `Many` takes an array, a `Vec` or an iterator; a `One` takes an object",
    note = "objects are `Obj`, plain values of the mapped struct, and finished builders"
)]
pub trait Members<F: RelField> {
    /// The members as objects.
    fn members(self) -> Vec<Obj<F::Target>>;
}

impl<R: Mapped, I> Members<Many<R>> for I
where
    I: IntoIterator,
    I::Item: IntoNew<Entity = R>,
{
    fn members(self) -> Vec<Obj<R>> {
        self.into_iter().map(to_obj).collect()
    }
}

impl<R: Mapped, I> Members<ManySet<R>> for I
where
    I: IntoIterator,
    I::Item: IntoNew<Entity = R>,
{
    fn members(self) -> Vec<Obj<R>> {
        self.into_iter().map(to_obj).collect()
    }
}

impl<R: Mapped, I> Members<WriteOnly<R>> for I
where
    I: IntoIterator,
    I::Item: IntoNew<Entity = R>,
{
    fn members(self) -> Vec<Obj<R>> {
        self.into_iter().map(to_obj).collect()
    }
}

impl<R: Mapped, N: IntoNew<Entity = R>> Members<One<R>> for N {
    fn members(self) -> Vec<Obj<R>> {
        vec![to_obj(self)]
    }
}

impl<E: Mapped> NewObject<E> {
    /// Names the columns that a builder was not given.
    #[must_use]
    pub fn left_out(self, left_out: LeftOut) -> Self {
        match self {
            Self::Value(value) => Self::Built(Built { value, left_out, links: Vec::new() }),
            other => other,
        }
    }
}

/// Links a relationship's first members, where the builder was given any.
pub fn with_members<E: Mapped, F: RelField>(
    new: NewObject<E>,
    index: u16,
    members: Initial<F>,
) -> NewObject<E> {
    let Some(members) = members else { return new };
    let link: Link<E> = Box::new(move |owner| initial(owner, index, members));
    match new {
        NewObject::Value(value) => {
            NewObject::Built(Built { value, left_out: LeftOut::default(), links: vec![link] })
        }
        NewObject::Built(mut built) => {
            built.links.push(link);
            NewObject::Built(built)
        }
        NewObject::Object(owner) => {
            link(&owner);
            NewObject::Object(owner)
        }
    }
}
