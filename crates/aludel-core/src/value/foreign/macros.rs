//! What the date crates have in common: their types go through the neutral ones.

/// `type: SqlType as Variant | other variants that are accepted, how text is read; to and from the
/// neutral form`.
macro_rules! scalars {
    ($($(#[$doc:meta])* $rust:ty: $ty:ident as $variant:ident $(| $other:ident)?, $parse:expr;
        $to:expr, $from:expr;)*) => {$(
        $(#[$doc])*
        impl crate::value::Scalar for $rust {
            const TYPE: crate::value::SqlType = crate::value::SqlType::$ty;

            fn to_ref(&self) -> crate::value::ValueRef<'_> {
                crate::value::ValueRef::$variant($to(*self))
            }

            fn from_ref(value: crate::value::ValueRef<'_>) -> Option<Self> {
                match value {
                    crate::value::ValueRef::$variant(it) => $from(it),
                    $(crate::value::ValueRef::$other(it) => $from(it),)?
                    crate::value::ValueRef::Text(text) => $from($parse(text)?),
                    _ => None,
                }
            }
        }

        impl crate::value::Element for $rust {}
    )*};
}

/// Days follow each other as the neutral ones do.
macro_rules! days {
    ($rust:ty; $to:expr, $from:expr) => {
        impl crate::value::RangeBound for $rust {
            const DISCRETE: bool = true;

            fn next(&self) -> Option<Self> {
                $from($to(*self).next()?)
            }
        }
    };
}

macro_rules! moments {
    ($($rust:ty),*) => {$(
        impl crate::value::RangeBound for $rust {
            const DISCRETE: bool = false;
        }
    )*};
}

pub(super) use {days, moments, scalars};
