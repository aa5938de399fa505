//! Values in PostgreSQL's binary forms, both ways.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    ops::Bound,
};

use aludel_core::value::{
    ArrayValue, Date, Inet, Json, RangeRef, RangeValue, SqlType, Value, ValueRef,
};
use bytes::{BufMut, BytesMut};
use tokio_postgres::types::{Kind, Type};

use super::{calendar, numeric, text_search};

/// Writes a value in a type's binary form; `false` if there is none, and then `out` may hold part of it.
pub(super) fn encode(value: ValueRef<'_>, ty: &Type, out: &mut BytesMut) -> bool {
    if let Kind::Domain(base) = ty.kind() {
        return encode(value, base, out);
    }
    match value {
        ValueRef::Int(it) => integer(it, ty, out),
        ValueRef::Text(it) => is_text(ty) && put(out, it.as_bytes()),
        ValueRef::Bool(it) => *ty == Type::BOOL && put(out, &[u8::from(it)]),
        ValueRef::Real(it) => match *ty {
            Type::FLOAT8 => put(out, &it.to_be_bytes()),
            Type::FLOAT4 => put(out, &(it as f32).to_be_bytes()),
            _ => false,
        },
        ValueRef::Bytes(it) => *ty == Type::BYTEA && put(out, it),
        ValueRef::Decimal(it) if *ty == Type::NUMERIC => {
            numeric::encode(it, out);
            true
        }
        ValueRef::Date(it) if *ty == Type::DATE => day(it, out),
        ValueRef::Time(it) if *ty == Type::TIME => {
            put(out, &calendar::micros_of_day(it).to_be_bytes())
        }
        ValueRef::DateTime(it) if *ty == Type::TIMESTAMP => {
            calendar::micros(it).is_some_and(|it| put(out, &it.to_be_bytes()))
        }
        ValueRef::Instant(it) if *ty == Type::TIMESTAMPTZ => {
            calendar::micros(it).is_some_and(|it| put(out, &it.to_be_bytes()))
        }
        ValueRef::Uuid(it) => *ty == Type::UUID && put(out, &it),
        ValueRef::Json(it) => json(it, ty, out),
        ValueRef::Inet(it) if *ty == Type::INET || *ty == Type::CIDR => {
            inet(it, *ty == Type::CIDR, out);
            true
        }
        ValueRef::Array(items) => match ty.kind() {
            Kind::Array(element) => {
                let values = (0..items.len()).map(|index| items.get(index));
                array(values, items.len(), element, out)
            }
            _ => false,
        },
        ValueRef::Range(it) => match ty.kind() {
            Kind::Range(element) => range(it, element, out),
            _ => false,
        },
        _ => false,
    }
}

fn put(out: &mut BytesMut, bytes: &[u8]) -> bool {
    out.extend_from_slice(bytes);
    true
}

fn integer(it: i64, ty: &Type, out: &mut BytesMut) -> bool {
    match *ty {
        Type::INT8 => put(out, &it.to_be_bytes()),
        Type::INT4 => i32::try_from(it).is_ok_and(|it| put(out, &it.to_be_bytes())),
        Type::INT2 => i16::try_from(it).is_ok_and(|it| put(out, &it.to_be_bytes())),
        Type::OID => u32::try_from(it).is_ok_and(|it| put(out, &it.to_be_bytes())),
        Type::FLOAT8 => put(out, &(it as f64).to_be_bytes()),
        _ => false,
    }
}

/// Whether a type's binary form is its text.
fn is_text(ty: &Type) -> bool {
    matches!(
        *ty,
        Type::TEXT | Type::VARCHAR | Type::BPCHAR | Type::NAME | Type::UNKNOWN | Type::JSON
    ) || matches!(ty.kind(), Kind::Enum(_))
}

fn day(it: Date, out: &mut BytesMut) -> bool {
    i32::try_from(calendar::days(it)).is_ok_and(|it| put(out, &it.to_be_bytes()))
}

fn json(it: Json<'_>, ty: &Type, out: &mut BytesMut) -> bool {
    use std::fmt::Write as _;
    if *ty == Type::JSONB {
        // The version of the form.
        out.put_u8(1);
    } else if *ty != Type::JSON {
        return false;
    }
    write!(out, "{it}").is_ok()
}

fn inet(it: Inet, is_cidr: bool, out: &mut BytesMut) {
    let (family, length) = if it.addr.is_ipv4() { (2, 4) } else { (3, 16) };
    out.extend_from_slice(&[family, it.prefix, u8::from(is_cidr), length]);
    match it.addr {
        IpAddr::V4(it) => out.extend_from_slice(&it.octets()),
        IpAddr::V6(it) => out.extend_from_slice(&it.octets()),
    }
}

fn array<'a>(
    items: impl Iterator<Item = ValueRef<'a>>,
    count: usize,
    element: &Type,
    out: &mut BytesMut,
) -> bool {
    let Ok(count) = i32::try_from(count) else { return false };
    out.put_i32(i32::from(count > 0));
    let flags = out.len();
    out.put_i32(0);
    out.put_u32(element.oid());
    if count > 0 {
        out.put_i32(count);
        out.put_i32(1);
    }
    for item in items {
        if item.is_null() {
            out[flags + 3] = 1;
            out.put_i32(-1);
        } else if !framed(item, element, out) {
            return false;
        }
    }
    true
}

/// A value behind its length.
fn framed(value: ValueRef<'_>, ty: &Type, out: &mut BytesMut) -> bool {
    let start = out.len();
    out.put_i32(0);
    let done = encode(value, ty, out);
    let length = i32::try_from(out.len() - start - 4).unwrap_or(i32::MAX);
    out[start..start + 4].copy_from_slice(&length.to_be_bytes());
    done
}

const EMPTY: u8 = 1;
const LOWER_INCLUDED: u8 = 2;
const UPPER_INCLUDED: u8 = 4;
const LOWER_INFINITE: u8 = 8;
const UPPER_INFINITE: u8 = 16;

fn range(it: &dyn RangeRef, element: &Type, out: &mut BytesMut) -> bool {
    if it.is_empty() {
        return put(out, &[EMPTY]);
    }
    let mut flags = 0;
    let mut bounds = [None, None];
    let ends = [
        (it.lower(), LOWER_INCLUDED, LOWER_INFINITE),
        (it.upper(), UPPER_INCLUDED, UPPER_INFINITE),
    ];
    for (place, (bound, included, infinite)) in bounds.iter_mut().zip(ends) {
        match bound {
            Bound::Included(it) => {
                flags |= included;
                *place = Some(it);
            }
            Bound::Excluded(it) => *place = Some(it),
            Bound::Unbounded => flags |= infinite,
        }
    }
    out.put_u8(flags);
    bounds.into_iter().flatten().all(|it| framed(it, element, out))
}

/// What a column's bytes mean; arrays, ranges and what else [`is_whole`] are read by [`decode_whole`].
///
/// Where they mean nothing that a program could hold (an infinite moment, a number too long), a text says
/// what it is, so that the error of whoever wanted a value does.
pub(super) fn decode<'a>(bytes: &'a [u8], ty: &Type) -> ValueRef<'a> {
    match *ty {
        Type::INT8 => number(bytes).map_or(UNREADABLE, |it| ValueRef::Int(i64::from_be_bytes(it))),
        Type::INT4 => {
            number(bytes).map_or(UNREADABLE, |it| ValueRef::Int(i32::from_be_bytes(it).into()))
        }
        Type::INT2 => {
            number(bytes).map_or(UNREADABLE, |it| ValueRef::Int(i16::from_be_bytes(it).into()))
        }
        Type::TEXT | Type::VARCHAR | Type::BPCHAR | Type::NAME | Type::UNKNOWN => text(bytes),
        Type::BOOL => ValueRef::Bool(bytes.first().is_some_and(|it| *it != 0)),
        Type::FLOAT8 => {
            number(bytes).map_or(UNREADABLE, |it| ValueRef::Real(f64::from_be_bytes(it)))
        }
        Type::FLOAT4 => {
            number(bytes).map_or(UNREADABLE, |it| ValueRef::Real(f32::from_be_bytes(it).into()))
        }
        Type::NUMERIC => numeric::decode(bytes),
        Type::TIMESTAMP | Type::TIMESTAMPTZ => match number(bytes).map(i64::from_be_bytes) {
            Some(micros) => match calendar::moment(micros) {
                Some(it) if *ty == Type::TIMESTAMP => ValueRef::DateTime(it),
                Some(it) => ValueRef::Instant(it),
                None if micros > 0 => ValueRef::Text("infinity"),
                None => ValueRef::Text("-infinity"),
            },
            None => UNREADABLE,
        },
        Type::DATE => match number(bytes).map(i32::from_be_bytes) {
            Some(i32::MAX) => ValueRef::Text("infinity"),
            Some(i32::MIN) => ValueRef::Text("-infinity"),
            Some(days) => calendar::date(days.into()).map_or(UNREADABLE, ValueRef::Date),
            None => UNREADABLE,
        },
        Type::TIME => {
            let time = number(bytes).and_then(|it| calendar::time(i64::from_be_bytes(it)));
            time.map_or(ValueRef::Text("24:00:00"), ValueRef::Time)
        }
        Type::UUID => number(bytes).map_or(UNREADABLE, ValueRef::Uuid),
        Type::BYTEA => ValueRef::Bytes(bytes),
        Type::JSON => document(bytes),
        Type::JSONB => document(bytes.get(1..).unwrap_or_default()),
        Type::INET | Type::CIDR => read_inet(bytes).map_or(UNREADABLE, ValueRef::Inet),
        Type::OID => {
            number(bytes).map_or(UNREADABLE, |it| ValueRef::Int(u32::from_be_bytes(it).into()))
        }
        Type::VOID => ValueRef::Null,
        _ => match ty.kind() {
            Kind::Domain(base) => decode(bytes, base),
            Kind::Enum(_) => text(bytes),
            // Of an unknown form: text, if it is that.
            _ => text(bytes),
        },
    }
}

const UNREADABLE: ValueRef<'static> = ValueRef::Text("a value of an unexpected length");

fn number<const N: usize>(bytes: &[u8]) -> Option<[u8; N]> {
    bytes.try_into().ok()
}

fn text(bytes: &[u8]) -> ValueRef<'_> {
    std::str::from_utf8(bytes).map_or(ValueRef::Bytes(bytes), ValueRef::Text)
}

fn document(bytes: &[u8]) -> ValueRef<'_> {
    std::str::from_utf8(bytes).map_or(ValueRef::Bytes(bytes), |it| ValueRef::Json(Json::Text(it)))
}

fn read_inet(bytes: &[u8]) -> Option<Inet> {
    let prefix = *bytes.get(1)?;
    let rest = bytes.get(4..)?;
    let addr = match rest.len() {
        4 => IpAddr::V4(Ipv4Addr::from(number::<4>(rest)?)),
        16 => IpAddr::V6(Ipv6Addr::from(number::<16>(rest)?)),
        _ => return None,
    };
    Some(Inet { addr, prefix })
}

/// Whether values of a type are read as a whole, into a value of their own.
pub(super) fn is_whole(ty: &Type) -> bool {
    match ty.kind() {
        Kind::Array(_) | Kind::Range(_) => true,
        Kind::Domain(base) => is_whole(base),
        _ => *ty == Type::TS_VECTOR,
    }
}

/// An array, a range, or a document of full-text search.
pub(super) fn decode_whole(bytes: &[u8], ty: &Type) -> Value {
    let read = match ty.kind() {
        Kind::Array(element) => read_array(bytes, element),
        Kind::Range(element) => read_range(bytes, element),
        Kind::Domain(base) => return decode_whole(bytes, base),
        _ => text_search::vector(bytes).map(Value::Text),
    };
    read.unwrap_or_else(|| Value::Text(format!("a value of {ty} that can't be read")))
}

/// Reads numbers and framed values one after the other.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn int(&mut self) -> Option<i32> {
        let (head, rest) = self.0.split_first_chunk::<4>()?;
        self.0 = rest;
        Some(i32::from_be_bytes(*head))
    }

    fn value(&mut self, ty: &Type) -> Option<Value> {
        let length = self.int()?;
        let Ok(length) = usize::try_from(length) else { return Some(Value::Null) };
        let (bytes, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(if is_whole(ty) { decode_whole(bytes, ty) } else { decode(bytes, ty).to_value() })
    }
}

/// Only arrays of one dimension have a form in Rust.
fn read_array(bytes: &[u8], element: &Type) -> Option<Value> {
    let mut reader = Reader(bytes);
    let dimensions = reader.int()?;
    let (_, _) = (reader.int()?, reader.int()?);
    let items = match dimensions {
        0 => Vec::new(),
        1 => {
            let (count, _) = (reader.int()?, reader.int()?);
            (0..count).map(|_| reader.value(element)).collect::<Option<_>>()?
        }
        n => return Some(Value::Text(format!("an array of {n} dimensions"))),
    };
    Some(Value::Array(Box::new(ArrayValue { element: logical(element), items })))
}

fn read_range(bytes: &[u8], element: &Type) -> Option<Value> {
    let (flags, rest) = bytes.split_first()?;
    if flags & EMPTY != 0 {
        return Some(Value::Range(Box::new(RangeValue {
            element: logical(element),
            bounds: None,
        })));
    }
    let mut reader = Reader(rest);
    let mut bound = |infinite: u8, included: u8| {
        Some(if flags & infinite != 0 {
            Bound::Unbounded
        } else if flags & included != 0 {
            Bound::Included(reader.value(element)?)
        } else {
            Bound::Excluded(reader.value(element)?)
        })
    };
    let lower = bound(LOWER_INFINITE, LOWER_INCLUDED)?;
    let upper = bound(UPPER_INFINITE, UPPER_INCLUDED)?;
    let bounds = Some((lower, upper));
    Some(Value::Range(Box::new(RangeValue { element: logical(element), bounds })))
}

/// The logical type of an element.
fn logical(ty: &Type) -> SqlType {
    match *ty {
        Type::BOOL => SqlType::Bool,
        Type::INT2 => SqlType::SmallInt,
        Type::INT4 => SqlType::Int,
        Type::INT8 => SqlType::BigInt,
        Type::FLOAT4 => SqlType::Float,
        Type::FLOAT8 => SqlType::Double,
        Type::NUMERIC => SqlType::Decimal,
        Type::BYTEA => SqlType::Bytes,
        Type::DATE => SqlType::Date,
        Type::TIME => SqlType::Time,
        Type::TIMESTAMP => SqlType::DateTime,
        Type::TIMESTAMPTZ => SqlType::TimestampTz,
        Type::UUID => SqlType::Uuid,
        Type::JSON | Type::JSONB => SqlType::Json,
        Type::INET | Type::CIDR => SqlType::Inet,
        _ => SqlType::Text,
    }
}
