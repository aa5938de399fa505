//! INSERTs of many rows: an array for each column, or, where nothing may be prepared, a list of rows.

use std::{fmt::Write as _, ops::Range};

use aludel_core::compile::Bulk;
use tokio_postgres::{
    Statement as Prepared,
    types::{Kind, Type},
};

use super::{
    params::{Arrays, Encoded, ParamsBinder},
    pipeline::Request,
};
use crate::{
    Result,
    driver::{Source, Statement},
};

/// An INSERT that takes many rows at once.
pub(super) enum Many<'s> {
    /// A parameter for each column, prepared.
    Arrays(Prepared),
    /// A parameter for each value.
    Rows(&'s Bulk),
}

impl Many<'_> {
    /// How many rows it takes at the most.
    pub(super) fn rows(&self) -> usize {
        match self {
            Self::Arrays(_) => 5_000,
            // The protocol numbers parameters with 16 bits.
            Self::Rows(bulk) => (65_535 / bulk.columns.max(1)).clamp(1, 1_000),
        }
    }

    /// The statement for these executions.
    ///
    /// # Errors
    /// A value can't be read.
    pub(super) fn form(&self, source: &dyn Source, runs: Range<usize>) -> Result<Request> {
        match self {
            Self::Arrays(statement) => {
                let element = |ty: &Type| match ty.kind() {
                    Kind::Array(element) => element.clone(),
                    _ => Type::UNKNOWN,
                };
                let elements: Vec<Type> = statement.params().iter().map(element).collect();
                let params = columns(source, runs, &elements)?;
                Ok(Request::Prepared(statement.clone(), params))
            }
            Self::Rows(bulk) => {
                let mut binder = ParamsBinder::new(&[]);
                let sql = rows(bulk, runs.len());
                runs.into_iter().try_for_each(|run| source.bind(run, &mut binder))?;
                Ok(Request::Whole(sql.into(), binder.finish()))
            }
        }
    }
}

/// Parameters of several executions, an array a column.
fn columns(source: &dyn Source, runs: Range<usize>, elements: &[Type]) -> Result<Encoded> {
    let mut arrays = Arrays::new(elements);
    'whole: loop {
        for run in runs.clone() {
            source.bind(run, &mut arrays)?;
            arrays.end_row();
            if arrays.needs_text() {
                // A column has no binary form for some value: it is text, from its first row.
                arrays.restart();
                continue 'whole;
            }
        }
        return Ok(arrays.finish());
    }
}

fn rows(bulk: &Bulk, runs: usize) -> String {
    let mut sql = format!("{} VALUES ", bulk.insert);
    for run in 0..runs {
        sql.push_str(if run == 0 { "(" } else { ", (" });
        for column in 1..=bulk.columns {
            let comma = if column == 1 { "" } else { ", " };
            // Writing to a string can't fail.
            let _ = write!(sql, "{comma}${}", run * bulk.columns + column);
        }
        sql.push(')');
    }
    sql + &bulk.returning
}

/// An INSERT whose rows are arrays, one a column. Sorting by the rows' numbers costs nothing, and
/// makes the database draw generated keys in their order.
///
/// The element types are those of the table's columns, as the server told for the INSERT of one row.
pub(super) fn arrays(statement: &Statement, types: &[Type]) -> Option<String> {
    let bulk = statement.bulk.as_deref()?;
    if types.len() != bulk.columns || types.iter().any(is_flattened) {
        return None;
    }
    let list = |each: &dyn Fn(usize) -> String| {
        (1..=bulk.columns).map(each).collect::<Vec<_>>().join(", ")
    };
    let arrays = list(&|n| format!("${n}::{}[]", name_of(&types[n - 1])));
    let (values, names) = (list(&|n| format!("u.c{n}")), list(&|n| format!("c{n}")));
    Some(format!(
        "{} SELECT {values} FROM unnest({arrays}) WITH ORDINALITY AS u({names}, o) ORDER BY u.o{}",
        bulk.insert, bulk.returning
    ))
}

/// Whether an array of such values would come apart in `unnest`.
pub(super) fn is_flattened(ty: &Type) -> bool {
    match ty.kind() {
        Kind::Array(_) => true,
        Kind::Domain(base) => is_flattened(base),
        _ => false,
    }
}

/// A type's full name. The one-byte `"char"` needs its quotes, so all get them.
fn name_of(ty: &Type) -> String {
    let quoted = |name: &str| format!("\"{}\"", name.replace('"', "\"\""));
    format!("{}.{}", quoted(ty.schema()), quoted(ty.name()))
}
