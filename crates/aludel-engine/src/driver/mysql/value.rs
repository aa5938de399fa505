//! A row as [`Columns`], and parameters as the client takes them.

use std::fmt::Write;

use aludel_core::value::{Columns, Date, DateTime, Decimal, Time, ValueRef};
use mysql_async::{Column, Row, Value, consts::ColumnType};

use crate::{DatabaseError, Kind, Result, driver::Binder};

/// The character set of what isn't text.
const BINARY: u16 = 63;

/// Shows the rows of one result.
#[derive(Default)]
pub(super) struct Shown {
    /// Whether there are columns that may hold what is no day or time of day; not known before the
    /// first row.
    temporal: Option<bool>,
    /// Of the row at hand: such values, as text.
    odd: Vec<(usize, String)>,
}

impl Shown {
    /// The next row.
    #[inline]
    pub(super) fn row<'a>(&'a mut self, row: &'a Row) -> MySqlRow<'a, Row> {
        self.show(row, row.columns_ref())
    }

    /// The same of values with these columns.
    #[inline]
    pub(super) fn show<'a, R: Held>(
        &'a mut self,
        row: &'a R,
        columns: &'a [Column],
    ) -> MySqlRow<'a, R> {
        if *self.temporal.get_or_insert_with(|| columns.iter().any(is_temporal)) {
            self.find_odd(row, columns.len());
        }
        MySqlRow { row, columns, odd: &self.odd }
    }

    fn find_odd(&mut self, row: &impl Held, width: usize) {
        self.odd.clear();
        for index in 0..width {
            match row.held(index) {
                Some(Value::Date(year, month, day, ..)) if *month == 0 || *day == 0 => {
                    self.odd.push((index, format!("{year:04}-{month:02}-{day:02}")));
                }
                Some(&Value::Time(negative, days, hours, minutes, seconds, micros))
                    if negative || days > 0 =>
                {
                    let sign = if negative { "-" } else { "" };
                    let hours = days * 24 + u32::from(hours);
                    let mut text = format!("{sign}{hours:02}:{minutes:02}:{seconds:02}");
                    if micros > 0 {
                        // Writing to a string can't fail.
                        _ = write!(text, ".{micros:06}");
                    }
                    self.odd.push((index, text));
                }
                _ => {}
            }
        }
    }
}

fn is_temporal(column: &Column) -> bool {
    use ColumnType::{
        MYSQL_TYPE_DATE, MYSQL_TYPE_DATETIME, MYSQL_TYPE_NEWDATE, MYSQL_TYPE_TIME,
        MYSQL_TYPE_TIMESTAMP,
    };
    matches!(
        column.column_type(),
        MYSQL_TYPE_DATE
            | MYSQL_TYPE_NEWDATE
            | MYSQL_TYPE_DATETIME
            | MYSQL_TYPE_TIMESTAMP
            | MYSQL_TYPE_TIME
    )
}

/// What holds a row's values.
pub(super) trait Held {
    /// One of them.
    fn held(&self, index: usize) -> Option<&Value>;
}

impl Held for Row {
    #[inline]
    fn held(&self, index: usize) -> Option<&Value> {
        self.as_ref(index)
    }
}

impl Held for Vec<Value> {
    #[inline]
    fn held(&self, index: usize) -> Option<&Value> {
        self.get(index)
    }
}

/// One row.
pub(super) struct MySqlRow<'a, R> {
    row: &'a R,
    columns: &'a [Column],
    odd: &'a [(usize, String)],
}

impl<R: Held> Columns for MySqlRow<'_, R> {
    fn len(&self) -> usize {
        self.columns.len()
    }

    #[inline]
    fn get(&self, index: usize) -> ValueRef<'_> {
        let (Some(value), Some(column)) = (self.row.held(index), self.columns.get(index)) else {
            return ValueRef::Null;
        };
        match *value {
            Value::NULL => ValueRef::Null,
            Value::Int(it) => ValueRef::Int(it),
            Value::UInt(it) => unsigned(it),
            Value::Bytes(ref it) => bytes(it, column),
            Value::Double(it) => ValueRef::Real(it),
            Value::Float(it) => ValueRef::Real(f64::from(it)),
            Value::Date(year, month, day, hour, minute, second, micros) => {
                if month == 0 || day == 0 {
                    return self.odd(index);
                }
                let date = Date { year: i32::from(year), month, day };
                if column.column_type() == ColumnType::MYSQL_TYPE_DATE {
                    return ValueRef::Date(date);
                }
                let time = Time { hour, minute, second, micros };
                ValueRef::DateTime(DateTime { date, time })
            }
            Value::Time(negative, days, hour, minute, second, micros) => {
                if negative || days > 0 {
                    return self.odd(index);
                }
                ValueRef::Time(Time { hour, minute, second, micros })
            }
        }
    }

    fn name(&self, index: usize) -> &str {
        let name = self.columns.get(index).map_or(&b""[..], |it| it.name_ref());
        std::str::from_utf8(name).unwrap_or("")
    }
}

impl<R> MySqlRow<'_, R> {
    /// A day or a time of day that is none: as text, so that whoever reads it sees what is there.
    #[cold]
    fn odd(&self, index: usize) -> ValueRef<'_> {
        let text = self.odd.iter().find(|(at, _)| *at == index);
        text.map_or(ValueRef::Null, |(_, text)| ValueRef::Text(text))
    }
}

fn unsigned<'a>(number: u64) -> ValueRef<'a> {
    match i64::try_from(number) {
        Ok(it) => ValueRef::Int(it),
        Err(_) => ValueRef::Decimal(Decimal { low: number, high: 0, scale: 0, negative: false }),
    }
}

/// What came as bytes: text, bytes, decimals, and from a query without parameters everything.
#[inline]
fn bytes<'a>(bytes: &'a [u8], column: &Column) -> ValueRef<'a> {
    use ColumnType::*;
    match column.column_type() {
        MYSQL_TYPE_DECIMAL | MYSQL_TYPE_NEWDECIMAL => decimal(bytes),
        MYSQL_TYPE_BIT if bytes.len() <= 8 => {
            unsigned(bytes.iter().fold(0, |number, byte| number << 8 | u64::from(*byte)))
        }
        MYSQL_TYPE_TINY | MYSQL_TYPE_SHORT | MYSQL_TYPE_LONG | MYSQL_TYPE_INT24
        | MYSQL_TYPE_LONGLONG | MYSQL_TYPE_YEAR => match ascii(bytes) {
            text if text.starts_with('-') => text.parse().map_or(shown(bytes), ValueRef::Int),
            text => text.parse().map_or_else(|_| shown(bytes), unsigned),
        },
        MYSQL_TYPE_FLOAT | MYSQL_TYPE_DOUBLE => {
            ascii(bytes).parse().map_or(shown(bytes), ValueRef::Real)
        }
        MYSQL_TYPE_DATE | MYSQL_TYPE_NEWDATE | MYSQL_TYPE_DATETIME | MYSQL_TYPE_TIMESTAMP
        | MYSQL_TYPE_TIME | MYSQL_TYPE_JSON => shown(bytes),
        _ if column.character_set() == BINARY => ValueRef::Bytes(bytes),
        _ => shown(bytes),
    }
}

/// Text; what is no text after all is shown as what it is.
fn shown(bytes: &[u8]) -> ValueRef<'_> {
    std::str::from_utf8(bytes).map_or(ValueRef::Bytes(bytes), ValueRef::Text)
}

fn ascii(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap_or("")
}

/// The server writes as many digits behind the point as the column has, up to 38.
fn decimal(bytes: &[u8]) -> ValueRef<'_> {
    let text = ascii(bytes);
    let parsed = Decimal::parse(text).or_else(|| {
        let short = text.contains('.').then(|| text.trim_end_matches('0').trim_end_matches('.'));
        Decimal::parse(short?)
    });
    parsed.map_or(shown(bytes), ValueRef::Decimal)
}

/// The parameters of one execution.
#[derive(Default)]
pub(super) struct Values {
    pub(super) list: Vec<Value>,
    /// About how many bytes they are on the wire.
    pub(super) bytes: usize,
}

impl Values {
    fn push(&mut self, value: Value) {
        self.bytes += match &value {
            Value::Bytes(it) => it.len() + 9,
            _ => 14,
        };
        self.list.push(value);
    }

    fn text(&mut self, value: impl std::fmt::Display) {
        self.push(Value::Bytes(value.to_string().into_bytes()));
    }

    fn moment(&mut self, it: DateTime) -> Result<()> {
        let Date { year, month, day } = it.date;
        let Time { hour, minute, second, micros } = it.time;
        let Some(year) = u16::try_from(year).ok().filter(|it| *it <= 9999) else {
            return Err(unsupported(&ValueRef::DateTime(it), "a year beyond 9999"));
        };
        self.push(Value::Date(year, month, day, hour, minute, second, micros));
        Ok(())
    }
}

impl Binder for Values {
    #[inline]
    fn bind(&mut self, value: ValueRef<'_>) -> Result<()> {
        match value {
            ValueRef::Null => self.push(Value::NULL),
            ValueRef::Int(it) => self.push(Value::Int(it)),
            ValueRef::Text(it) => self.push(Value::Bytes(it.as_bytes().to_vec())),
            ValueRef::Real(it) if !it.is_finite() => {
                return Err(unsupported(&value, "a number that isn't finite"));
            }
            ValueRef::Real(it) => self.push(Value::Double(it)),
            ValueRef::Bytes(it) => self.push(Value::Bytes(it.to_vec())),
            ValueRef::Bool(it) => self.push(Value::Int(i64::from(it))),
            // As a parameter, the protocol knows no day without a time of day: an expression around
            // it would come back as a moment.
            ValueRef::Date(it) => self.text(it),
            ValueRef::Time(it) => {
                let Time { hour, minute, second, micros } = it;
                self.push(Value::Time(false, 0, hour, minute, second, micros));
            }
            ValueRef::DateTime(it) | ValueRef::Instant(it) => self.moment(it)?,
            ValueRef::Decimal(it) => match whole(it) {
                Some(number) => self.push(number),
                None => self.text(it),
            },
            ValueRef::Uuid(it) => self.text(format_args!("{:032x}", u128::from_be_bytes(it))),
            ValueRef::Json(it) => self.text(it),
            ValueRef::Inet(it) => self.text(it),
            ValueRef::Array(_) => return Err(unsupported(&value, "an array")),
            ValueRef::Range(_) => return Err(unsupported(&value, "a range")),
            other => return Err(unsupported(&other, "this value")),
        }
        Ok(())
    }
}

/// A whole number that the protocol has a type for: among numbers, text counts as one that is inexact.
fn whole(it: Decimal) -> Option<Value> {
    if it.scale != 0 || it.high != 0 {
        return None;
    }
    match (i64::try_from(it.low), it.negative) {
        (Ok(number), false) => Some(Value::Int(number)),
        (Ok(number), true) => Some(Value::Int(-number)),
        (Err(_), false) => Some(Value::UInt(it.low)),
        (Err(_), true) => None,
    }
}

#[cold]
fn unsupported(value: &ValueRef<'_>, what: &str) -> crate::Error {
    DatabaseError::new(Kind::Other, format!("MySQL and MariaDB can't keep {what}: {value}")).into()
}

/// Other than the statement has.
#[cold]
pub(super) fn mismatch(bound: usize, expected: usize) -> crate::Error {
    let message = format!("the statement has {expected} parameters, but {bound} are given");
    DatabaseError::new(Kind::Other, message).into()
}
