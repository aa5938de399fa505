//! Defaults of the program's own: what columns hold of which a new row says nothing.

use std::marker::PhantomData;

use aludel_core::{
    expr::Column,
    value::{Assign, ColumnType, Value, ValueRef},
};
use smallvec::SmallVec;

use super::{ColumnDefault, EntityMeta, Mapped};
use crate::object::chunk::Fields;

/// The other values of a new row, for a default that depends on them: `default = |row| …`.
///
/// What the object or the statement says is there, the foreign keys that an object's relationships fill, and the
/// program's defaults of the columns in front; what SQL expressions and the database fill in is not. A key that an
/// UPDATE of its own writes (`post_update`) isn't there, either. Who asks for a key that the database has yet to make
/// is called again once it is there: a default has no effects of its own.
///
/// ```
/// # use aludel_orm::mapping::{Mapped, NewRow};
/// # use aludel_core::expr::Column;
/// # struct Entity<T> { title: Column<T, String> }
/// # fn example<T: Mapped>(Post: Entity<T>, row: &NewRow<'_, T>) -> String {
/// // #[column(default = |row| slug(row))]
/// row.get(Post.title).unwrap_or_default().to_lowercase()
/// # }
/// ```
pub struct NewRow<'a, E> {
    cells: &'a RowCells<'a>,
    entity: PhantomData<fn() -> E>,
}

/// The same without its type, as generated code hands it on.
pub struct RowCells<'a> {
    said: &'a dyn Said,
    made: &'a [(u16, Value)],
}

/// What somebody says of a new row.
pub(crate) trait Said {
    /// A column's value; `None` where nothing is said of it, or NULL.
    fn value(&self, column: u16) -> Option<ValueRef<'_>>;
}

/// Columns and what they hold.
pub(crate) type Made = SmallVec<[(u16, Value); 2]>;

impl<E: Mapped> NewRow<'_, E> {
    /// The value of a column; `None` where it has none, or NULL.
    pub fn get<T: ColumnType>(&self, column: Column<E, T>) -> Option<T::Base> {
        let columns = E::meta().columns;
        let index = columns.iter().position(|it| it.name == column.name())? as u16;
        <T::Base as ColumnType>::from_ref(self.cells.value(index)?)
    }
}

impl<E> std::fmt::Debug for NewRow<'_, E> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("NewRow")
    }
}

impl RowCells<'_> {
    fn value(&self, column: u16) -> Option<ValueRef<'_>> {
        let made = || self.made.iter().find(|it| it.0 == column).map(|it| it.1.as_ref());
        self.said.value(column).or_else(made).filter(|it| !it.is_null())
    }
}

impl std::fmt::Debug for RowCells<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RowCells")
    }
}

/// A default that depends on its row, as generated code says it.
pub fn row_default<E: Mapped, T: ColumnType, V: Assign<T>>(
    cells: &RowCells<'_>,
    default: impl FnOnce(&NewRow<'_, E>) -> V,
) -> Value {
    Value::from(default(&NewRow { cells, entity: PhantomData }).assign())
}

impl Said for &dyn Fields {
    fn value(&self, column: u16) -> Option<ValueRef<'_>> {
        let is_absent = self.is_unset(column) || self.get(column).is_null();
        (!is_absent).then(|| self.get(column))
    }
}

impl ColumnDefault {
    /// What the program makes of it for a row; `None` where the program makes nothing.
    pub(crate) fn make(&self, said: &dyn Said, made: &[(u16, Value)]) -> Option<Value> {
        match self {
            Self::Client(default) => Some(default()),
            Self::Row(default) => Some(default(&RowCells { said, made })),
            _ => None,
        }
    }

    /// Whether the program makes it, in memory.
    pub(crate) fn is_made(&self) -> bool {
        matches!(self, Self::Client(_) | Self::Row(_))
    }
}

/// The program's defaults for the columns that a row says nothing of.
pub(crate) fn defaults_for(meta: &EntityMeta, said: &dyn Said) -> Made {
    let mut made = Made::new();
    for (index, column) in meta.columns.iter().enumerate() {
        let index = index as u16;
        if column.default.is_made()
            && said.value(index).is_none()
            && let Some(value) = column.default.make(said, &made)
        {
            made.push((index, value));
        }
    }
    made
}
