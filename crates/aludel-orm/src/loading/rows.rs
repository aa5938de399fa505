//! [`Rows`]: the result of a query that is about to run: `.all()`, `.one()`, `.first()`.

use std::marker::PhantomData;

use aludel_core::{
    dialect::Dialect,
    expr::{
        DeleteStatement, InsertStatement, ReturningStatement, Select, Statement, TextQuery,
        TextStatement, UpdateStatement,
    },
};
use aludel_engine::EngineFace;

use super::query::Query;
use crate::{
    Error, Result,
    session::{Session, core::Core},
};

/// A query that is about to run in a session. Nothing is sent before one of its methods is called.
#[must_use = "nothing is sent before `.all()`, `.one()`, `.first()` or the like"]
pub struct Rows<'s, F: EngineFace, Row> {
    core: &'s mut Core,
    query: Result<Query<Row>>,
    face: PhantomData<F>,
}

impl<'s, F: EngineFace, Row: Send + 'static> Rows<'s, F, Row> {
    pub(crate) fn new(core: &'s mut Core, query: Result<Query<Row>>) -> Self {
        Self { core, query, face: PhantomData }
    }

    /// All rows, in order.
    ///
    /// # Errors
    /// The statement makes no sense, the database refuses it, or a value isn't of its type.
    pub fn all(self) -> F::Out<impl Future<Output = Result<Vec<Row>>> + Send + 's> {
        F::run(async move { self.core.fetch(self.query?).await })
    }

    /// The one row.
    ///
    /// # Errors
    /// [`Error::NoResultFound`] or [`Error::MultipleResultsFound`]; and as [`Rows::all`].
    pub fn one(self) -> F::Out<impl Future<Output = Result<Row>> + Send + 's> {
        F::run(async move { one(self.core.fetch(self.query?).await?)?.ok_or_else(none) })
    }

    /// The one row, or none.
    ///
    /// # Errors
    /// [`Error::MultipleResultsFound`]; and as [`Rows::all`].
    pub fn one_or_none(self) -> F::Out<impl Future<Output = Result<Option<Row>>> + Send + 's> {
        F::run(async move { one(self.core.fetch(self.query?).await?) })
    }

    /// The first row, if there is one.
    ///
    /// # Errors
    /// As [`Rows::all`].
    pub fn first(self) -> F::Out<impl Future<Output = Result<Option<Row>>> + Send + 's> {
        F::run(async move { Ok(self.core.fetch(self.query?.first()).await?.into_iter().next()) })
    }
}

fn one<Row>(rows: Vec<Row>) -> Result<Option<Row>> {
    let mut rows = rows.into_iter();
    let first = rows.next();
    match rows.next() {
        None => Ok(first),
        Some(_) => Err(Error::MultipleResultsFound),
    }
}

#[cold]
fn none() -> Error {
    let text = " where one was expected (`one_or_none` and `first` take none, too)";
    Error::NoResultFound(text.into())
}

/// What `session.execute` takes, and what it gives back: rows that are about to be read, or a change
/// that is about to be made.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be executed",
    label = "expected a statement: `select`, `insert`, `update`, `delete` or `text`"
)]
pub trait Execute {
    /// What it gives back.
    type Running<'s, F: EngineFace>;

    #[doc(hidden)]
    fn execute<F: EngineFace>(self, session: &mut Session<F>) -> Self::Running<'_, F>;
}

/// What gives rows: `select`, `text` with a row type, or a change with `returning`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` gives no rows",
    label = "expected `select(…)`, `text(…).rows::<…>()`, or a change with `.returning(…)`"
)]
pub trait Fetch {
    /// The type of its rows.
    type Row: Send + 'static;

    #[doc(hidden)]
    fn query(self, dialect: &'static dyn Dialect) -> Result<Query<Self::Row>>;
}

impl<Row: Send + 'static> Fetch for Select<Row> {
    type Row = Row;

    fn query(self, _: &'static dyn Dialect) -> Result<Query<Row>> {
        Query::select(self)
    }
}

impl<Row: Send + 'static> Fetch for &Select<Row> {
    type Row = Row;

    fn query(self, _: &'static dyn Dialect) -> Result<Query<Row>> {
        Query::select(self.clone())
    }
}

impl<Row: Send + 'static> Fetch for TextQuery<Row> {
    type Row = Row;

    fn query(self, dialect: &'static dyn Dialect) -> Result<Query<Row>> {
        Query::text(self, dialect)
    }
}

impl<Row: Send + 'static> Fetch for ReturningStatement<Row> {
    type Row = Row;

    fn query(self, _: &'static dyn Dialect) -> Result<Query<Row>> {
        Ok(Query::change(self))
    }
}

macro_rules! queries {
    ($([$($generics:tt)*] $query:ty;)*) => {$(
        impl<$($generics)*> Execute for $query {
            type Running<'s, F: EngineFace> = Rows<'s, F, Row>;

            fn execute<F: EngineFace>(self, session: &mut Session<F>) -> Rows<'_, F, Row> {
                // Not by `scalars`: it is the program's call that counts, and `execute` is it.
                let query = Fetch::query(self, session.core().engine.dialect());
                Rows::new(session.core(), query)
            }
        }
    )*};
}

queries! {
    [Row: Send + 'static] Select<Row>;
    [Row: Send + 'static] &Select<Row>;
    [Row: Send + 'static] TextQuery<Row>;
    [Row: Send + 'static] ReturningStatement<Row>;
}

/// A future in a box: what a change's future is behind, since its type has no name.
pub type Boxed<'s, T> = std::pin::Pin<Box<dyn Future<Output = T> + Send + 's>>;

macro_rules! changes {
    ($($change:ty, |$statement:ident| $execution:expr;)*) => {$(
        impl Execute for $change {
            /// How many rows were matched.
            type Running<'s, F: EngineFace> = F::Out<Boxed<'s, Result<u64>>>;

            fn execute<F: EngineFace>(self, session: &mut Session<F>) -> F::Out<Boxed<'_, Result<u64>>> {
                let $statement = &self;
                let execution = $execution;
                let core = session.core();
                F::run(Box::pin(core.change(Statement::from(self), execution)))
            }
        }
    )*};
}

changes! {
    InsertStatement, |it| it.execution();
    UpdateStatement, |it| it.execution();
    DeleteStatement, |it| it.execution();
}

impl Execute for TextStatement {
    /// How many rows were matched.
    type Running<'s, F: EngineFace> = F::Out<Boxed<'s, Result<u64>>>;

    fn execute<F: EngineFace>(self, session: &mut Session<F>) -> F::Out<Boxed<'_, Result<u64>>> {
        let core = session.core();
        F::run(Box::pin(core.change_text(self)))
    }
}
