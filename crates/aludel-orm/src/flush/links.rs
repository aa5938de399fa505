//! New association rows: their keys, and the program's defaults of what else they hold.

use std::{cell::Cell, sync::Arc};

use aludel_core::{
    compile::{bulk, compile},
    dialect::Dialect,
    expr::{Insert, Node},
    value::{Value, ValueRef},
};
use aludel_engine::driver::Statement;

use super::{
    computed::{Expressions, Inline, WITHIN},
    plan::Fill,
    run::Planner,
};
use crate::{
    Error, Result,
    mapping::{ColumnDefault, Mapper, defaults::Said},
    object::chunk::Columns,
};

/// How the rows of one association are inserted.
pub(super) struct Link {
    mapper: &'static Mapper,
    keys: Columns,
    /// The columns whose defaults the program makes for each row (DEF-3).
    made: Columns,
    insert: Inline,
}

/// A row in the making: what is known of it; `None` where the database has yet to make it.
struct Row<'a> {
    known: &'a [(u16, Option<Value>)],
    /// Whether somebody has asked for what isn't known yet.
    waits: Cell<bool>,
}

impl Said for Row<'_> {
    fn value(&self, column: u16) -> Option<ValueRef<'_>> {
        let (_, value) = self.known.iter().find(|it| it.0 == column)?;
        self.waits.set(self.waits.get() || value.is_none());
        value.as_ref().map(Value::as_ref)
    }
}

impl Link {
    pub(super) fn new(
        mapper: &'static Mapper,
        keys: &[u16],
        dialect: &'static dyn Dialect,
    ) -> Result<Self> {
        let (mut made, mut expressions) = (Columns::new(), Expressions::new());
        for (column, meta) in mapper.meta.columns.iter().enumerate() {
            let column = column as u16;
            match &meta.default {
                _ if keys.contains(&column) => {}
                ColumnDefault::Client(_) | ColumnDefault::Row(_) => made.push(column),
                // DEF-4
                ColumnDefault::Expression(default) => expressions.push((column, default())),
                _ => {}
            }
        }
        let bound: Columns = keys.iter().chain(&made).copied().collect();
        let holes = bound.iter().map(|it| (*it, Node::Hole));
        let is_plain = expressions.is_empty();
        let all: Expressions = holes.chain(expressions).collect();
        let insert = Insert {
            table: mapper.meta.table,
            columns: all.iter().map(|it| mapper.meta.columns[usize::from(it.0)].name).collect(),
            rows: vec![all.into_iter().map(|it| it.1).collect()],
            on_conflict: None,
            returning: Vec::new(),
        };
        let insert = if is_plain {
            let pieces = bulk(&insert, dialect)?.map(Arc::new);
            let sql = compile(&insert.into(), dialect)?.sql;
            let statement = Statement::new(sql).with_bulk(pieces);
            Inline { statement, columns: bound, within: Vec::new() }
        } else {
            Inline::new(&insert.into(), &bound, dialect)?
        };
        Ok(Self { mapper, keys: keys.iter().copied().collect(), made, insert })
    }

    /// How many parameters a row has.
    pub(super) fn width(&self) -> usize {
        self.insert.columns.len()
    }

    pub(super) fn into_statement(self) -> Statement {
        self.insert.statement
    }

    /// The parameters of the row with these keys.
    pub(super) fn row(&self, keys: Vec<Fill>, planner: &Planner) -> Result<Vec<Fill>> {
        let mut fills = keys;
        if !self.made.is_empty() {
            let known = self.keys.iter().zip(&fills).map(|(it, fill)| (*it, planner.known(fill)));
            let made = self.defaults(&known.collect::<Vec<_>>())?;
            fills.extend(made.into_iter().map(Fill::Value));
        }
        let mut fills = fills.into_iter();
        let of_place = |(place, column): (usize, &u16)| match *column {
            WITHIN => self.insert.fixed(place).cloned().map(Fill::Value),
            _ => fills.next(),
        };
        Ok(self.insert.columns.iter().enumerate().filter_map(of_place).collect())
    }

    fn defaults(&self, known: &[(u16, Option<Value>)]) -> Result<Vec<Value>> {
        let mut made: Vec<(u16, Value)> = Vec::new();
        for column in &self.made {
            let meta = &self.mapper.meta.columns[usize::from(*column)];
            let row = Row { known, waits: Cell::new(false) };
            let value = meta.default.make(&row, &made).unwrap_or_default();
            if row.waits.get() {
                let message = format!(
                    "the default of {}.{} depends on a key that the database makes in the same flush: flush \
                     both ends before they are linked",
                    self.mapper.meta.name, meta.field
                );
                return Err(Error::InvalidRequest(message.into()));
            }
            made.push((*column, value));
        }
        Ok(made.into_iter().map(|it| it.1).collect())
    }
}
