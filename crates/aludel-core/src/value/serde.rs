//! Values of columns, to and from what serde knows: JSON and the like.

use std::{fmt, ops::Bound};

use serde_core::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{Error, Visitor},
};

#[cfg(feature = "serde_json")]
use super::JsonOf;
use super::{
    Auto, Date, DateTime, Decimal, Deferred, Inet, Range, RangeBound, SqlEnum, SqlSet, Time,
    TsVector,
};

/// The value, or null where it isn't set.
impl<T: Serialize> Serialize for Auto<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.get().serialize(serializer)
    }
}

/// Not set where there is null, or no such field: so is an `Auto<Option<T>>`, which can't be told from
/// one that is set to NULL.
impl<'de, T: Deserialize<'de>> Deserialize<'de> for Auto<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Option::deserialize(deserializer).map(|it| it.map_or(Self::UNSET, Self::new))
    }
}

/// The value, or null where it isn't loaded.
impl<T: Serialize> Serialize for Deferred<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.get().serialize(serializer)
    }
}

/// Not loaded where there is null, or no such field: so is a `Deferred<Option<T>>`, which can't be told
/// from one that is set to NULL.
impl<'de, T: Deserialize<'de>> Deserialize<'de> for Deferred<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Option::deserialize(deserializer).map(|it| it.map_or(Self::UNLOADED, Self::new))
    }
}

/// Reads text by a type's own function.
struct Text<T> {
    expected: &'static str,
    parse: fn(&str) -> Option<T>,
}

impl<T> Visitor<'_> for Text<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.expected)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
        (self.parse)(text)
            .ok_or_else(|| E::invalid_value(serde_core::de::Unexpected::Str(text), &self))
    }
}

macro_rules! as_text {
    ($($ty:ty: $it:ident => $text:expr, $expected:literal, $parse:expr;)*) => {$(
        /// As its text.
        impl Serialize for $ty {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                let $it = self;
                serializer.collect_str(&$text)
            }
        }

        impl<'de> Deserialize<'de> for $ty {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_str(Text { expected: $expected, parse: $parse })
            }
        }
    )*};
}

as_text! {
    Date: it => it, "a day: 2026-05-01", Date::parse;
    Time: it => it, "a time of day: 12:30:00", Time::parse;
    // With the `T` that JavaScript expects.
    DateTime: it => format_args!("{}T{}", it.date, it.time),
        "a day and a time: 2026-05-01T12:30:00", DateTime::parse;
    Decimal: it => it, "a decimal number in quotes", Decimal::parse;
    Inet: it => it, "an IP address", Inet::parse;
    TsVector: it => it, "the text of a `tsvector`", |text| Some(TsVector::new(text));
}

/// A list of its labels, as the enum itself is written.
impl<E: SqlEnum + Serialize> Serialize for SqlSet<E> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

impl<'de, E: SqlEnum + Deserialize<'de>> Deserialize<'de> for SqlSet<E> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Vec::deserialize(deserializer).map(Self::from_iter)
    }
}

/// Its two bounds, as serde writes those of the standard library: `[{"Included":1},"Unbounded"]`; null
/// for an empty range.
impl<T: RangeBound + Serialize> Serialize for Range<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (!self.is_empty()).then(|| (self.lower(), self.upper())).serialize(serializer)
    }
}

impl<'de, T: RangeBound + Deserialize<'de>> Deserialize<'de> for Range<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let bounds: Option<(Bound<T>, Bound<T>)> = Option::deserialize(deserializer)?;
        Ok(bounds.map_or(Self::EMPTY, |(lower, upper)| Self::new(lower, upper)))
    }
}

/// As the value itself.
#[cfg(feature = "serde_json")]
impl<T: Serialize> Serialize for JsonOf<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (**self).serialize(serializer)
    }
}

#[cfg(feature = "serde_json")]
impl<'de, T: Serialize + Deserialize<'de>> Deserialize<'de> for JsonOf<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(T::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}
