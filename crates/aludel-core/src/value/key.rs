//! [`KeyValues`]: the values of a primary key's columns.

use super::{Scalar, Value, ValueRef};

/// A primary key: one column's value, or a tuple of several.
pub trait KeyValues {
    /// Hands over the values, in the order of the key's columns.
    fn each(self, take: &mut dyn FnMut(Value));

    /// The key, where it is one integer.
    #[inline]
    fn integer(&self) -> Option<i64> {
        None
    }
}

impl<T: Scalar> KeyValues for T {
    #[inline]
    fn each(self, take: &mut dyn FnMut(Value)) {
        take(self.to_ref().to_value());
    }

    #[inline]
    fn integer(&self) -> Option<i64> {
        match self.to_ref() {
            ValueRef::Int(it) => Some(it),
            _ => None,
        }
    }
}

macro_rules! tuples {
    ($($name:ident $index:tt),+) => {
        impl<$($name: Scalar),+> KeyValues for ($($name,)+) {
            fn each(self, take: &mut dyn FnMut(Value)) {
                $(take(self.$index.to_ref().to_value());)+
            }
        }
    };
}

tuples!(A 0, B 1);
tuples!(A 0, B 1, C 2);
tuples!(A 0, B 1, C 2, D 3);
