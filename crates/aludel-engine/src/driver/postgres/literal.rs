//! Values as text that PostgreSQL reads: for parameters whose type isn't known, or has no binary form.

use std::{fmt::Write as _, ops::Bound};

use aludel_core::value::{Date, RangeRef, ValueRef};
use bytes::{BufMut, BytesMut};

/// Writes a value as it stands in a literal, without the quotes around it.
pub(super) fn text(value: ValueRef<'_>, out: &mut BytesMut) {
    match value {
        ValueRef::Null => {}
        ValueRef::Text(it) => out.extend_from_slice(it.as_bytes()),
        ValueRef::Real(it) if it.is_nan() => out.extend_from_slice(b"NaN"),
        ValueRef::Real(it) if it.is_infinite() => {
            out.extend_from_slice(if it > 0.0 { b"Infinity" } else { b"-Infinity" });
        }
        ValueRef::Bytes(bytes) => {
            out.extend_from_slice(b"\\x");
            for byte in bytes {
                out.extend_from_slice(&hex(*byte));
            }
        }
        ValueRef::Array(items) => {
            out.put_u8(b'{');
            for index in 0..items.len() {
                element(items.get(index), index == 0, out);
            }
            out.put_u8(b'}');
        }
        ValueRef::Range(range) => self::range(range, out),
        ValueRef::Date(date) => day(date, "", out),
        ValueRef::DateTime(it) => day(it.date, &format!(" {}", it.time), out),
        ValueRef::Instant(it) => day(it.date, &format!(" {}Z", it.time), out),
        other => {
            // Writing to a buffer that grows can't fail.
            let _ = write!(out, "{other}");
        }
    }
}

/// An element of an array's literal: `NULL` or `"with \"quotes\""`.
pub(super) fn element(value: ValueRef<'_>, first: bool, out: &mut BytesMut) {
    if !first {
        out.put_u8(b',');
    }
    if value.is_null() {
        return out.extend_from_slice(b"NULL");
    }
    quoted(value, out);
}

/// `"with \"quotes\""`
fn quoted(value: ValueRef<'_>, out: &mut BytesMut) {
    let mut plain = BytesMut::new();
    text(value, &mut plain);
    out.put_u8(b'"');
    for byte in plain {
        if matches!(byte, b'"' | b'\\') {
            out.put_u8(b'\\');
        }
        out.put_u8(byte);
    }
    out.put_u8(b'"');
}

/// `["1","5")`
fn range(range: &dyn RangeRef, out: &mut BytesMut) {
    if range.is_empty() {
        return out.extend_from_slice(b"empty");
    }
    let lower = range.lower();
    out.put_u8(if matches!(lower, Bound::Included(_)) { b'[' } else { b'(' });
    if let Bound::Included(it) | Bound::Excluded(it) = lower {
        quoted(it, out);
    }
    out.put_u8(b',');
    let upper = range.upper();
    if let Bound::Included(it) | Bound::Excluded(it) = upper {
        quoted(it, out);
    }
    out.put_u8(if matches!(upper, Bound::Included(_)) { b']' } else { b')' });
}

/// A day and what stands behind it. There is a year 0 in ours, but not in PostgreSQL's: it is 1 BC.
fn day(date: Date, rest: &str, out: &mut BytesMut) {
    let Date { year, month, day } = date;
    let (year, era) = if year > 0 { (year, "") } else { (1_i32.saturating_sub(year), " BC") };
    // Writing to a buffer that grows can't fail.
    let _ = write!(out, "{year:04}-{month:02}-{day:02}{rest}{era}");
}

fn hex(byte: u8) -> [u8; 2] {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    [DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]
}
