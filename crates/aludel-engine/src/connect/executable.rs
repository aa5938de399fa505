//! What an [`EngineConnection`](super::EngineConnection) can execute.

use aludel_core::{
    compile::{Compiled, Param, compile},
    dialect::Dialect,
    expr::{
        DeleteStatement, InsertStatement, ReturningStatement, RowBuffer, Select, Statement,
        TextQuery, TextStatement, UpdateStatement,
    },
    value::Value,
};

use crate::{Error, Result};

/// SQL text (with the database's own placeholders), `text("… :name …")`, and Core's statements,
/// compiled or not.
pub trait Executable {
    /// The SQL and its parameters.
    ///
    /// # Errors
    /// The statement makes no sense, or the dialect can't do what it asks for.
    fn compiled(self, dialect: &dyn Dialect) -> Result<Compiled>;
}

/// A statement whose rows have a type: `select(…)`, `text(…).rows::<R>()`, `insert(…).returning(…)`.
pub trait Rowful: Executable {
    /// What a row is read into.
    type Row: Send + 'static;

    /// An empty buffer for the rows.
    fn row_buffer(&self) -> Box<dyn RowBuffer<Self::Row>>;
}

impl Executable for &str {
    fn compiled(self, _: &dyn Dialect) -> Result<Compiled> {
        Ok(Compiled { sql: self.into(), params: Vec::new() })
    }
}

impl Executable for String {
    fn compiled(self, dialect: &dyn Dialect) -> Result<Compiled> {
        self.as_str().compiled(dialect)
    }
}

impl Executable for &String {
    fn compiled(self, dialect: &dyn Dialect) -> Result<Compiled> {
        self.as_str().compiled(dialect)
    }
}

impl Executable for Compiled {
    fn compiled(self, _: &dyn Dialect) -> Result<Compiled> {
        Ok(self)
    }
}

impl Executable for &Compiled {
    fn compiled(self, _: &dyn Dialect) -> Result<Compiled> {
        Ok(self.clone())
    }
}

impl Executable for &TextStatement {
    fn compiled(self, dialect: &dyn Dialect) -> Result<Compiled> {
        Ok(self.compile(dialect)?)
    }
}

impl Executable for TextStatement {
    fn compiled(self, dialect: &dyn Dialect) -> Result<Compiled> {
        (&self).compiled(dialect)
    }
}

macro_rules! statements {
    ($($statement:ty $(, $row:ident)?;)*) => {$(
        impl$(<$row: Send + 'static>)? Executable for $statement {
            fn compiled(self, dialect: &dyn Dialect) -> Result<Compiled> {
                Ok(compile(&self.into(), dialect)?)
            }
        }

        impl$(<$row: Send + 'static>)? Executable for &$statement {
            fn compiled(self, dialect: &dyn Dialect) -> Result<Compiled> {
                Ok(compile(&self.clone().into(), dialect)?)
            }
        }
    )*};
}

statements! {
    Statement;
    InsertStatement;
    UpdateStatement;
    DeleteStatement;
    Select<R>, R;
    ReturningStatement<R>, R;
}

impl<R: Send + 'static> Executable for &TextQuery<R> {
    fn compiled(self, dialect: &dyn Dialect) -> Result<Compiled> {
        self.statement().compiled(dialect)
    }
}

impl<R: Send + 'static> Executable for TextQuery<R> {
    fn compiled(self, dialect: &dyn Dialect) -> Result<Compiled> {
        (&self).compiled(dialect)
    }
}

macro_rules! rowful {
    ($($statement:ident),*) => {$(
        impl<R: Send + 'static> Rowful for $statement<R> {
            type Row = R;

            fn row_buffer(&self) -> Box<dyn RowBuffer<R>> {
                self.buffer()
            }
        }

        impl<R: Send + 'static> Rowful for &$statement<R> {
            type Row = R;

            fn row_buffer(&self) -> Box<dyn RowBuffer<R>> {
                self.buffer()
            }
        }
    )*};
}

rowful!(Select, TextQuery, ReturningStatement);

/// The parameters of one execution.
pub(super) fn values(params: Vec<Param>) -> Result<Vec<Value>> {
    let values = params.into_iter().map(|it| match it {
        Param::Value(value) => Ok(value),
        Param::Hole => Err(Error::InvalidRequest(
            "the statement wants values at each execution: use `execute_many`".into(),
        )),
    });
    values.collect()
}

/// The parameters of several executions. Each set fills the statement's holes; SQL text that has no
/// parameters of its own takes a set as it is.
pub(super) fn sets(params: &[Param], sets: Vec<Vec<Value>>) -> Result<Vec<Vec<Value>>> {
    if params.is_empty() {
        return Ok(sets);
    }
    let holes = params.iter().filter(|it| matches!(it, Param::Hole)).count();
    let filled = sets.into_iter().map(|set| {
        if set.len() != holes {
            let given = set.len();
            let reason = format!("the statement wants {holes} values, but a set has {given}");
            return Err(Error::InvalidRequest(reason.into()));
        }
        let mut set = set.into_iter();
        Ok(params
            .iter()
            .filter_map(|it| match it {
                Param::Value(value) => Some(value.clone()),
                Param::Hole => set.next(),
            })
            .collect())
    });
    filled.collect()
}
