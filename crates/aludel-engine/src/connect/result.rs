//! [`Row`]: a row as it came, and reading rows into values.

use std::sync::Arc;

use aludel_core::value::{ColumnType, Columns, Value, ValueRef, read};

use crate::{Error, Result};

/// A row of a result.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    names: Arc<[String]>,
    values: Vec<Value>,
}

impl Row {
    pub(super) fn copy(row: &dyn Columns, names: &mut Option<Arc<[String]>>) -> Self {
        let names = names
            .get_or_insert_with(|| (0..row.len()).map(|i| row.name(i).to_owned()).collect())
            .clone();
        Self { names, values: (0..row.len()).map(|i| row.get(i).to_value()).collect() }
    }

    /// The columns' names.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// The values.
    pub fn values(&self) -> &[Value] {
        &self.values
    }

    /// The value of the column at this position.
    ///
    /// # Errors
    /// There is no such column, or its value is of another type.
    pub fn get<T: ColumnType>(&self, index: usize) -> Result<T> {
        if index >= self.values.len() {
            let columns = self.values.len();
            let reason = format!("there is no column {index}: the row has {columns}, from 0");
            return Err(Error::InvalidRequest(reason.into()));
        }
        Ok(read(self, index).map_err(aludel_core::Error::from)?)
    }

    /// The value of the column of this name.
    ///
    /// # Errors
    /// There is no such column, or more than one; or its value is of another type.
    pub fn by_name<T: ColumnType>(&self, name: &str) -> Result<T> {
        let mut found = self.names.iter().enumerate().filter(|(_, it)| *it == name);
        match (found.next(), found.next()) {
            (Some((index, _)), None) => self.get(index),
            (Some(_), Some(_)) => Err(Error::InvalidRequest(
                format!("several columns are named `{name}`; read them by position").into(),
            )),
            (None, _) => Err(Error::InvalidRequest(
                format!("no column is named `{name}`; there are: {}", self.names.join(", ")).into(),
            )),
        }
    }
}

impl Columns for Row {
    fn len(&self) -> usize {
        self.values.len()
    }

    fn get(&self, index: usize) -> ValueRef<'_> {
        self.values.get(index).map_or(ValueRef::Null, Value::as_ref)
    }

    fn name(&self, index: usize) -> &str {
        self.names.get(index).map_or("", String::as_str)
    }
}
