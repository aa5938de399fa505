//! [`Element`]: what a `Vec` that is a column may hold.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::ArrayRef;
use crate::value::{Date, DateTime, Decimal, Inet, Scalar, SqlType, Time, ValueRef};

/// A scalar of which a column may hold an array, as `Vec<T>` or, where elements may be NULL,
/// `Vec<Option<T>>`. A type of your own becomes one by an empty `impl`.
///
/// A `u8` is none: `Vec<u8>` are bytes.
#[diagnostic::on_unimplemented(
    message = "a column can't hold an array of `{Self}`",
    note = "implement `aludel::value::Element` for a scalar type of your own"
)]
pub trait Element: Scalar {}

macro_rules! elements {
    ($($element:ty),*) => {
        $(impl Element for $element {})*
    };
}

elements!(bool, i8, i16, i32, i64, u16, u32, u64, f32, f64, String, Vec<u8>);
elements!(Date, Time, DateTime, Decimal, Inet, IpAddr, Ipv4Addr, Ipv6Addr);

/// An [`Element`], or an `Option` of one.
#[diagnostic::on_unimplemented(
    message = "a column can't hold an array of `{Self}`",
    note = "implement `aludel::value::Element` for a scalar type of your own"
)]
pub trait ArrayItem: Clone + Send + Sync + 'static {
    /// The type of an element.
    const TYPE: SqlType;

    /// The value of an element.
    fn to_ref(&self) -> ValueRef<'_>;

    /// The element back from its value.
    fn from_ref(value: ValueRef<'_>) -> Option<Self>;
}

#[diagnostic::do_not_recommend]
impl<T: Element> ArrayItem for T {
    const TYPE: SqlType = <T as Scalar>::TYPE;

    fn to_ref(&self) -> ValueRef<'_> {
        Scalar::to_ref(self)
    }

    fn from_ref(value: ValueRef<'_>) -> Option<Self> {
        Scalar::from_ref(value)
    }
}

#[diagnostic::do_not_recommend]
impl<T: Element> ArrayItem for Option<T> {
    const TYPE: SqlType = <T as Scalar>::TYPE;

    fn to_ref(&self) -> ValueRef<'_> {
        self.as_ref().map_or(ValueRef::Null, Scalar::to_ref)
    }

    fn from_ref(value: ValueRef<'_>) -> Option<Self> {
        match value {
            ValueRef::Null => Some(None),
            value => Scalar::from_ref(value).map(Some),
        }
    }
}

impl<T: ArrayItem> ArrayRef for Vec<T> {
    fn element(&self) -> SqlType {
        T::TYPE
    }

    fn len(&self) -> usize {
        self.len()
    }

    fn get(&self, index: usize) -> ValueRef<'_> {
        self.as_slice().get(index).map_or(ValueRef::Null, ArrayItem::to_ref)
    }
}

/// An array, on databases that have such columns.
#[diagnostic::do_not_recommend]
impl<T: ArrayItem> Scalar for Vec<T> {
    const TYPE: SqlType = SqlType::Array(&T::TYPE);

    fn to_ref(&self) -> ValueRef<'_> {
        ValueRef::Array(self)
    }

    fn from_ref(value: ValueRef<'_>) -> Option<Self> {
        match value {
            ValueRef::Array(it) => (0..it.len()).map(|index| T::from_ref(it.get(index))).collect(),
            _ => None,
        }
    }
}
