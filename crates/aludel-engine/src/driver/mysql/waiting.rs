//! [`Waiting`]: rows of a stream that were read because statements go before them. There may be many, so they are
//! packed: a number takes nine bytes, a text little more than it is long.

use std::{collections::VecDeque, sync::Arc};

use mysql_async::{Column, Row, Value};

/// About how many bytes are let go of at once, when their rows are taken.
const BLOCK: usize = 64 * 1024;

/// Rows of one result, in order.
#[derive(Default)]
pub(super) struct Waiting {
    columns: Option<Arc<[Column]>>,
    blocks: VecDeque<Vec<u8>>,
    /// Where the next row begins in the first of them.
    at: usize,
}

impl Waiting {
    pub(super) fn push(&mut self, row: &Row) {
        self.columns.get_or_insert_with(|| row.columns());
        if self.blocks.back().is_none_or(|it| it.len() >= BLOCK) {
            self.blocks.push_back(Vec::new());
        }
        let Some(block) = self.blocks.back_mut() else { return };
        for index in 0..row.len() {
            pack(row.as_ref(index).unwrap_or(&Value::NULL), block);
        }
    }

    /// The columns of all rows.
    pub(super) fn columns(&self) -> Arc<[Column]> {
        self.columns.clone().unwrap_or_default()
    }

    /// Takes the next row; `false` if there is none.
    pub(super) fn pop(&mut self, row: &mut Vec<Value>) -> bool {
        row.clear();
        if self.blocks.front().is_some_and(|it| it.len() == self.at) {
            self.blocks.pop_front();
            self.at = 0;
        }
        let (Some(block), Some(columns)) = (self.blocks.front(), &self.columns) else {
            return false;
        };
        let mut bytes = &block[self.at..];
        row.extend(columns.iter().map(|_| {
            let (value, rest) = unpack(bytes).expect("as it was packed");
            bytes = rest;
            value
        }));
        self.at = block.len() - bytes.len();
        true
    }
}

fn pack(value: &Value, out: &mut Vec<u8>) {
    let mut put = |tag: u8, bytes: &[u8]| {
        out.push(tag);
        out.extend_from_slice(bytes);
    };
    match *value {
        Value::NULL => put(0, &[]),
        Value::Bytes(ref it) => {
            put(1, &it.len().to_le_bytes());
            out.extend_from_slice(it);
        }
        Value::Int(it) => put(2, &it.to_le_bytes()),
        Value::UInt(it) => put(3, &it.to_le_bytes()),
        Value::Float(it) => put(4, &it.to_le_bytes()),
        Value::Double(it) => put(5, &it.to_le_bytes()),
        Value::Date(year, month, day, hour, minute, second, micros) => {
            put(6, &year.to_le_bytes());
            out.extend([month, day, hour, minute, second]);
            out.extend(micros.to_le_bytes());
        }
        Value::Time(negative, days, hours, minutes, seconds, micros) => {
            put(7, &[u8::from(negative), hours, minutes, seconds]);
            out.extend(days.to_le_bytes());
            out.extend(micros.to_le_bytes());
        }
    }
}

/// The first value, and what stands behind it.
fn unpack(bytes: &[u8]) -> Option<(Value, &[u8])> {
    fn take<'a, const N: usize>(bytes: &mut &'a [u8]) -> Option<&'a [u8; N]> {
        let (first, rest) = bytes.split_first_chunk()?;
        *bytes = rest;
        Some(first)
    }
    let (tag, mut rest) = bytes.split_first()?;
    let rest = &mut rest;
    let value = match tag {
        0 => Value::NULL,
        1 => {
            let length = usize::from_le_bytes(*take(rest)?);
            let (text, behind) = rest.split_at_checked(length)?;
            *rest = behind;
            Value::Bytes(text.to_vec())
        }
        2 => Value::Int(i64::from_le_bytes(*take(rest)?)),
        3 => Value::UInt(u64::from_le_bytes(*take(rest)?)),
        4 => Value::Float(f32::from_le_bytes(*take(rest)?)),
        5 => Value::Double(f64::from_le_bytes(*take(rest)?)),
        6 => {
            let year = u16::from_le_bytes(*take(rest)?);
            let [month, day, hour, minute, second] = *take(rest)?;
            let micros = u32::from_le_bytes(*take(rest)?);
            Value::Date(year, month, day, hour, minute, second, micros)
        }
        _ => {
            let [negative, hours, minutes, seconds] = *take(rest)?;
            let days = u32::from_le_bytes(*take(rest)?);
            let micros = u32::from_le_bytes(*take(rest)?);
            Value::Time(negative != 0, days, hours, minutes, seconds, micros)
        }
    };
    Some((value, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_packed_comes_out_again() {
        let values = [
            Value::NULL,
            Value::Bytes(Vec::new()),
            Value::Bytes("süß".into()),
            Value::Int(i64::MIN),
            Value::UInt(u64::MAX),
            Value::Float(1.5),
            Value::Double(-0.0),
            Value::Date(2024, 2, 29, 23, 59, 58, 999_999),
            Value::Time(true, 34, 22, 59, 59, 7),
            Value::NULL,
        ];
        let mut packed = Vec::new();
        values.iter().for_each(|it| pack(it, &mut packed));
        let mut rest = &packed[..];
        for value in &values {
            let (found, behind) = unpack(rest).expect("as it was packed");
            assert_eq!(found, *value);
            rest = behind;
        }
        assert!(rest.is_empty() && unpack(rest).is_none());
    }
}
