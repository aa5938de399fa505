//! A row of PostgreSQL's as [`Columns`].

use std::error::Error;

use aludel_core::value::{Columns, Value, ValueRef};
use tokio_postgres::{
    Row,
    types::{FromSql, Type},
};

use super::binary;

/// The bytes of a column, and its type.
struct Raw<'a>(Option<&'a [u8]>);

impl<'a> FromSql<'a> for Raw<'a> {
    fn from_sql(_: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn Error + Sync + Send>> {
        Ok(Self(Some(raw)))
    }

    fn from_sql_null(_: &Type) -> Result<Self, Box<dyn Error + Sync + Send>> {
        Ok(Self(None))
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}

/// A row that was received.
pub(super) struct PgRow {
    row: Row,
    /// Arrays and ranges, read as a whole; empty where there are none.
    whole: Vec<Value>,
}

impl PgRow {
    pub(super) fn new(row: Row, form: &mut Form) -> Self {
        let form = form
            .whole
            .get_or_insert_with(|| row.columns().iter().any(|it| binary::is_whole(it.type_())));
        let mut whole = Vec::new();
        if *form {
            whole.extend((0..row.len()).map(|index| read_whole(&row, index)));
        }
        Self { row, whole }
    }
}

/// What all rows of an answer have in common, learned from the first.
#[derive(Default)]
pub(super) struct Form {
    /// Whether they have arrays or ranges.
    whole: Option<bool>,
}

fn raw(row: &Row, index: usize) -> Option<&[u8]> {
    row.try_get::<_, Raw<'_>>(index).ok().and_then(|it| it.0)
}

/// A column's value, where it isn't read as a whole.
#[inline]
pub(super) fn value(row: &Row, index: usize) -> ValueRef<'_> {
    match raw(row, index) {
        Some(bytes) => binary::decode(bytes, row.columns()[index].type_()),
        None => ValueRef::Null,
    }
}

fn read_whole(row: &Row, index: usize) -> Value {
    let ty = row.columns()[index].type_();
    match raw(row, index) {
        Some(bytes) if binary::is_whole(ty) => binary::decode_whole(bytes, ty),
        _ => Value::Null,
    }
}

impl Columns for PgRow {
    fn len(&self) -> usize {
        self.row.len()
    }

    #[inline]
    fn get(&self, index: usize) -> ValueRef<'_> {
        match self.whole.get(index) {
            Some(whole) if !whole.is_null() => whole.as_ref(),
            _ => value(&self.row, index),
        }
    }

    fn name(&self, index: usize) -> &str {
        self.row.columns().get(index).map_or("", |it| it.name())
    }
}
