//! [`Scalar`]: a Rust type that one SQL value maps to.

use super::{Date, DateTime, Decimal, Inet, SqlType, Time, ValueRef};

/// A Rust type that maps to one SQL type. Implement it for a type of your own to use it in columns.
///
/// # Example
/// ```
/// use aludel_core::value::{Scalar, SqlType, ValueRef};
///
/// #[derive(Clone, PartialEq, Debug)]
/// struct Sku(String);
///
/// impl Scalar for Sku {
///     const TYPE: SqlType = SqlType::Text;
///     fn to_ref(&self) -> ValueRef<'_> {
///         ValueRef::Text(&self.0)
///     }
///     fn from_ref(value: ValueRef<'_>) -> Option<Self> {
///         String::from_ref(value).map(Sku)
///     }
/// }
/// assert_eq!(Sku::from_ref(ValueRef::Text("A-1")), Some(Sku("A-1".into())));
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a type that a column can hold",
    label = "no SQL type is known for this Rust type",
    note = "implement `aludel::Scalar` for it, or derive it with `#[derive(SqlNewtype)]`"
)]
pub trait Scalar: Clone + Send + Sync + Sized + 'static {
    /// The SQL type.
    const TYPE: SqlType;

    /// The value in the form that drivers exchange.
    fn to_ref(&self) -> ValueRef<'_>;

    /// The value back from that form; `None` where it is of another kind or out of range.
    fn from_ref(value: ValueRef<'_>) -> Option<Self>;
}

macro_rules! integers {
    ($($rust:ty => $sql:ident),*) => {$(
        impl Scalar for $rust {
            const TYPE: SqlType = SqlType::$sql;

            #[inline]
            fn to_ref(&self) -> ValueRef<'_> {
                ValueRef::Int(i64::from(*self))
            }

            #[inline]
            fn from_ref(value: ValueRef<'_>) -> Option<Self> {
                match value {
                    ValueRef::Int(it) => it.try_into().ok(),
                    _ => None,
                }
            }
        }
    )*};
}

integers!(i8 => SmallInt, i16 => SmallInt, i32 => Int, i64 => BigInt, u8 => SmallInt, u16 => Int, u32 => BigInt);

/// Databases have no integer this wide; they keep it as an exact decimal number.
impl Scalar for u64 {
    const TYPE: SqlType = SqlType::Numeric(20, 0);

    #[inline]
    fn to_ref(&self) -> ValueRef<'_> {
        ValueRef::Decimal(Decimal { low: *self, high: 0, scale: 0, negative: false })
    }

    fn from_ref(value: ValueRef<'_>) -> Option<Self> {
        match value {
            ValueRef::Decimal(it) => it.to_u64(),
            ValueRef::Int(it) => it.try_into().ok(),
            ValueRef::Text(it) => Decimal::parse(it)?.to_u64(),
            _ => None,
        }
    }
}

impl Scalar for bool {
    const TYPE: SqlType = SqlType::Bool;

    #[inline]
    fn to_ref(&self) -> ValueRef<'_> {
        ValueRef::Bool(*self)
    }

    #[inline]
    fn from_ref(value: ValueRef<'_>) -> Option<Self> {
        match value {
            ValueRef::Bool(it) => Some(it),
            // Databases without a boolean type of their own keep 0 and 1.
            ValueRef::Int(0) => Some(false),
            ValueRef::Int(1) => Some(true),
            _ => None,
        }
    }
}

impl Scalar for f64 {
    const TYPE: SqlType = SqlType::Double;

    #[inline]
    fn to_ref(&self) -> ValueRef<'_> {
        ValueRef::Real(*self)
    }

    #[inline]
    fn from_ref(value: ValueRef<'_>) -> Option<Self> {
        match value {
            ValueRef::Real(it) => Some(it),
            ValueRef::Int(it) => Some(it as f64),
            _ => None,
        }
    }
}

impl Scalar for f32 {
    const TYPE: SqlType = SqlType::Float;

    #[inline]
    fn to_ref(&self) -> ValueRef<'_> {
        ValueRef::Real(f64::from(*self))
    }

    #[inline]
    fn from_ref(value: ValueRef<'_>) -> Option<Self> {
        f64::from_ref(value).map(|it| it as f32)
    }
}

impl Scalar for String {
    const TYPE: SqlType = SqlType::Text;

    #[inline]
    fn to_ref(&self) -> ValueRef<'_> {
        ValueRef::Text(self)
    }

    #[inline]
    fn from_ref(value: ValueRef<'_>) -> Option<Self> {
        match value {
            ValueRef::Text(it) => Some(it.to_owned()),
            _ => None,
        }
    }
}

impl Scalar for Vec<u8> {
    const TYPE: SqlType = SqlType::Bytes;

    #[inline]
    fn to_ref(&self) -> ValueRef<'_> {
        ValueRef::Bytes(self)
    }

    #[inline]
    fn from_ref(value: ValueRef<'_>) -> Option<Self> {
        match value {
            ValueRef::Bytes(it) => Some(it.to_owned()),
            _ => None,
        }
    }
}

// The neutral forms, for programs that use no date or decimal crate. Databases without such types
// keep them as text.
macro_rules! neutral {
    ($($rust:ident),*) => {$(
        impl Scalar for $rust {
            const TYPE: SqlType = SqlType::$rust;

            #[inline]
            fn to_ref(&self) -> ValueRef<'_> {
                ValueRef::$rust(*self)
            }

            #[inline]
            fn from_ref(value: ValueRef<'_>) -> Option<Self> {
                match value {
                    ValueRef::$rust(it) => Some(it),
                    ValueRef::Text(it) => Self::parse(it),
                    _ => None,
                }
            }
        }
    )*};
}

neutral!(Date, Time, DateTime, Decimal, Inet);
