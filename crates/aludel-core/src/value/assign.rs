//! [`Assign`]: what may be given where a column's value is wanted.

use super::{Auto, Deferred, Scalar};

/// What may be given where a `T` is wanted: in builders, keys and SET lists. Text may be borrowed,
/// and a plain value serves for an `Option`, an [`Auto`] or a [`Deferred`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be assigned to a column of type `{T}`",
    label = "expected a value for `{T}`"
)]
pub trait Assign<T> {
    /// The value wanted.
    fn assign(self) -> T;
}

impl<T: Scalar> Assign<T> for T {
    #[inline]
    fn assign(self) -> T {
        self
    }
}

impl<T: Scalar> Assign<Option<T>> for T {
    #[inline]
    fn assign(self) -> Option<T> {
        Some(self)
    }
}

impl<T: Scalar> Assign<Option<T>> for Option<T> {
    #[inline]
    fn assign(self) -> Self {
        self
    }
}

macro_rules! wrapped {
    ($($name:ident)*) => {$(
        impl<T: Scalar> Assign<$name<T>> for T {
            #[inline]
            fn assign(self) -> $name<T> {
                $name::new(self)
            }
        }

        impl<T> Assign<Self> for $name<T> {
            #[inline]
            fn assign(self) -> Self {
                self
            }
        }

        impl<T: Scalar> Assign<$name<Option<T>>> for T {
            #[inline]
            fn assign(self) -> $name<Option<T>> {
                $name::new(Some(self))
            }
        }

        impl<T: Scalar> Assign<$name<Option<T>>> for Option<T> {
            #[inline]
            fn assign(self) -> $name<Option<T>> {
                $name::new(self)
            }
        }
    )*};
}

wrapped!(Auto Deferred);

macro_rules! borrowed_text {
    ($($text:ty),*) => {$(
        impl Assign<String> for $text {
            #[inline]
            fn assign(self) -> String {
                self.to_owned()
            }
        }

        impl Assign<Option<String>> for $text {
            #[inline]
            fn assign(self) -> Option<String> {
                Some(self.to_owned())
            }
        }

        impl Assign<Auto<String>> for $text {
            #[inline]
            fn assign(self) -> Auto<String> {
                Auto::new(self.to_owned())
            }
        }

        impl Assign<Auto<Option<String>>> for $text {
            #[inline]
            fn assign(self) -> Auto<Option<String>> {
                Auto::new(Some(self.to_owned()))
            }
        }

        impl Assign<Deferred<String>> for $text {
            #[inline]
            fn assign(self) -> Deferred<String> {
                Deferred::new(self.to_owned())
            }
        }

        impl Assign<Deferred<Option<String>>> for $text {
            #[inline]
            fn assign(self) -> Deferred<Option<String>> {
                Deferred::new(Some(self.to_owned()))
            }
        }
    )*};
}

borrowed_text!(&str, &String);

impl Assign<Deferred<Vec<u8>>> for &[u8] {
    #[inline]
    fn assign(self) -> Deferred<Vec<u8>> {
        Deferred::new(self.to_vec())
    }
}

impl Assign<Deferred<Option<Vec<u8>>>> for &[u8] {
    #[inline]
    fn assign(self) -> Deferred<Option<Vec<u8>>> {
        Deferred::new(Some(self.to_vec()))
    }
}

impl Assign<Vec<u8>> for &[u8] {
    #[inline]
    fn assign(self) -> Vec<u8> {
        self.to_vec()
    }
}

macro_rules! tuples {
    ($($given:ident $wanted:ident $index:tt),+) => {
        impl<$($given: Assign<$wanted>, $wanted),+> Assign<($($wanted,)+)> for ($($given,)+) {
            #[inline]
            fn assign(self) -> ($($wanted,)+) {
                ($(self.$index.assign(),)+)
            }
        }
    };
}

tuples!(A TA 0, B TB 1);
tuples!(A TA 0, B TB 1, C TC 2);
tuples!(A TA 0, B TB 1, C TC 2, D TD 3);
