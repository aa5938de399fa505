//! `uuid::Uuid`.

use uuid::Uuid;

use crate::value::{Element, Scalar, SqlType, ValueRef};

impl Scalar for Uuid {
    const TYPE: SqlType = SqlType::Uuid;

    fn to_ref(&self) -> ValueRef<'_> {
        ValueRef::Uuid(*self.as_bytes())
    }

    fn from_ref(value: ValueRef<'_>) -> Option<Self> {
        match value {
            ValueRef::Uuid(it) => Some(Self::from_bytes(it)),
            ValueRef::Text(it) => Self::try_parse(it).ok(),
            ValueRef::Bytes(it) => Self::from_slice(it).ok(),
            _ => None,
        }
    }
}

impl Element for Uuid {}
