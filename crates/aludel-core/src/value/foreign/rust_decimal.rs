//! `rust_decimal::Decimal`: exact money.

use rust_decimal::Decimal;

use crate::value::{Decimal as Neutral, Element, RangeBound, Scalar, SqlType, ValueRef};

impl Scalar for Decimal {
    const TYPE: SqlType = SqlType::Decimal;

    fn to_ref(&self) -> ValueRef<'_> {
        let mantissa = self.mantissa().unsigned_abs();
        ValueRef::Decimal(Neutral {
            low: mantissa as u64,
            high: (mantissa >> 64) as u32,
            scale: self.scale() as u8,
            negative: self.is_sign_negative(),
        })
    }

    fn from_ref(value: ValueRef<'_>) -> Option<Self> {
        let it = match value {
            ValueRef::Decimal(it) => it,
            ValueRef::Text(text) => Neutral::parse(text)?,
            ValueRef::Int(it) => return Some(Self::from(it)),
            _ => return None,
        };
        let mut result =
            Self::try_from_i128_with_scale(i128::try_from(it.digits()).ok()?, u32::from(it.scale))
                .ok()?;
        result.set_sign_negative(it.negative);
        Some(result)
    }
}

impl Element for Decimal {}

impl RangeBound for Decimal {
    const DISCRETE: bool = false;
}
