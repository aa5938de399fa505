//! `session.set`: a column of an object is set to a value, or to what the database makes of an expression.

use aludel_core::{
    expr::{Column, Node, SetValue},
    value::{ColumnType, Value},
};
use aludel_engine::EngineFace;

use super::{Session, core::Core};
use crate::{
    Error, Result,
    mapping::{Mapped, Mapper},
    object::{
        Obj,
        assigned::To,
        state::{Flags, State},
    },
};

impl<F: EngineFace> Session<F> {
    /// Sets a column of an object: to a value, as `borrow_mut` does, or to an SQL expression, which the
    /// next flush writes into the object's INSERT or UPDATE: nothing is read before, and nobody's change
    /// in between is lost.
    ///
    /// Until then the object shows the value that it had, and the last one to set the column counts:
    /// another `set`, or another value by `borrow_mut`. After the flush, what the database has made of
    /// the expression came back with the INSERT, and after an UPDATE the column is expired:
    /// [`Session::fresh`] reads it. A rollback takes all of it back.
    ///
    /// A value that is set where the column is expired is written even if it is the one last known.
    ///
    /// ```
    /// # use aludel_orm::{mapping::Mapped, object::Obj, session::Session};
    /// # use aludel_core::expr::{Column, Expression};
    /// # struct Entity<T> { name: Column<T, String>, visits: Column<T, i64> }
    /// # fn example<T: Mapped, F: aludel_engine::EngineFace>(
    /// #     session: &mut Session<F>, user: Obj<T>, User: Entity<T>,
    /// # ) -> aludel_orm::Result<()> {
    /// session.set(&user, User.visits, User.visits + 1)?;
    /// session.set(&user, User.name, "Alicia")?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`Error::Borrowed`] if the object is borrowed; for an expression, [`Error::Detached`] or
    /// [`Error::OtherSession`] if the object isn't this session's, and [`Error::Deleted`].
    pub fn set<T: Mapped, C: ColumnType>(
        &mut self,
        object: &Obj<T>,
        column: Column<T, C>,
        value: impl SetValue<C>,
    ) -> Result<()> {
        let columns = T::meta().columns;
        let column = columns.iter().position(|it| it.name == column.name()).unwrap_or_default();
        if columns[column].property.is_some() {
            let (entity, field) = (T::meta().name, columns[column].field);
            let text = format!(
                "`{entity}.{field}` is what an expression says of the row, and can't be set: set the columns that \
                 it is made of"
            );
            return Err(Error::InvalidRequest(text.into()));
        }
        match value.into_value() {
            Node::Bind(value) => self.core().set_value(object, column as u16, value),
            expression => self.core().set_expression(object, column as u16, expression),
        }
    }
}

impl Core {
    fn set_value<T: Mapped>(&mut self, object: &Obj<T>, column: u16, value: Value) -> Result<()> {
        {
            let mut fields = object.try_edit()?;
            // A column that can't hold NULL is unset.
            if !fields.put(column, Some(value.as_ref())) {
                fields.put(column, None);
            }
        }
        // Anybody's object can be changed; only an own one was set to something else before.
        let Ok(at) = self.own(object) else { return Ok(()) };
        let flags = object.raw().flags();
        let unknown = flags.state() == State::Persistent
            && flags.has(Flags::EXPIRED)
            && self.tables(|it| it.expired_columns(at).is_none_or(|it| it.contains(&column)));
        self.ledger(|it| {
            let unknown = unknown || it.is_unsaid(at, column);
            if unknown || !it.assigned.is_empty() {
                it.assign(at, column, unknown.then_some(To::Value(value)));
            }
        });
        Ok(())
    }

    fn set_expression<T: Mapped>(
        &mut self,
        object: &Obj<T>,
        column: u16,
        expression: Node,
    ) -> Result<()> {
        let at = self.own(object)?;
        let flags = object.raw().flags();
        if flags.state() == State::Deleted {
            return Err(Error::Deleted(self.subject(at)));
        }
        let is_version = Mapper::of(T::meta()).version.is_some_and(|it| it.0 == column);
        let is_key = flags.state() == State::Persistent && T::PRIMARY_KEY.contains(&column);
        if is_version || is_key {
            let field = T::meta().columns[usize::from(column)].field;
            let text = format!(
                "`{field}` tells {} from others, so it can't be an SQL expression: set it to a value",
                self.subject(at)
            );
            return Err(Error::InvalidRequest(text.into()));
        }
        {
            // It is listed as changed from now on.
            let _listed = object.try_edit()?;
        }
        if flags.state() == State::Persistent {
            // What was set before is forgotten; what is set later is told by its difference.
            object.raw().chunk().reset(object.raw().slot(), column)?;
        }
        self.ledger(|it| it.assign(at, column, Some(To::Expression(expression))));
        Ok(())
    }
}
