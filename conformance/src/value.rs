//! Values of scenarios, and the columns that hold them.

use aludel::{
    Auto, Expr, Obj, Result, blocking::Session, expr, expr::Column, expr::Expression as _,
    prelude::Mapped,
};
use serde_json::Value as Json;

/// A field that a scenario sets and reads.
pub trait Field {
    /// Sets it; null is NULL where there is one, and nothing set elsewhere.
    fn put(&mut self, value: &Json);

    /// Its value; nothing where it was never set.
    fn show(&self) -> Option<Json>;
}

/// A value that a field can hold.
pub trait Plain: Clone {
    /// Out of a scenario.
    fn of(value: &Json) -> Option<Self>;

    /// Into an answer.
    fn json(&self) -> Json;
}

impl Plain for i64 {
    fn of(value: &Json) -> Option<Self> {
        value.as_i64()
    }

    fn json(&self) -> Json {
        (*self).into()
    }
}

impl Plain for String {
    fn of(value: &Json) -> Option<Self> {
        value.as_str().map(str::to_owned)
    }

    fn json(&self) -> Json {
        self.as_str().into()
    }
}

impl<T: Plain> Field for Auto<Option<T>> {
    fn put(&mut self, value: &Json) {
        *self = Self::new(T::of(value));
    }

    fn show(&self) -> Option<Json> {
        self.get().map(|it| it.as_ref().map_or(Json::Null, Plain::json))
    }
}

impl Field for Auto<i64> {
    fn put(&mut self, value: &Json) {
        *self = i64::of(value).map_or(Self::UNSET, Self::new);
    }

    fn show(&self) -> Option<Json> {
        self.get().map(Plain::json)
    }
}

impl Field for Auto<String> {
    fn put(&mut self, value: &Json) {
        *self = String::of(value).map_or(Self::UNSET, Self::new);
    }

    fn show(&self) -> Option<Json> {
        self.get().map(Plain::json)
    }
}

/// A column of an entity, by what it holds.
pub enum AnyColumn<E> {
    /// Whole numbers that may be NULL.
    Int(Column<E, Auto<Option<i64>>>),
    /// Text that may be NULL.
    Text(Column<E, Auto<Option<String>>>),
    /// A generated key.
    Id(Column<E, Auto<i64>>),
    /// A key of text.
    Code(Column<E, Auto<String>>),
}

macro_rules! columns {
    ($($variant:ident $ty:ty),*) => {$(
        impl<E> From<Column<E, $ty>> for AnyColumn<E> {
            fn from(column: Column<E, $ty>) -> Self {
                Self::$variant(column)
            }
        }
    )*};
}

columns!(Int Auto<Option<i64>>, Text Auto<Option<String>>, Id Auto<i64>, Code Auto<String>);

macro_rules! on_column {
    ($self:expr, $column:ident: $plain:ident => $body:expr) => {
        match $self {
            AnyColumn::Int($column) => {
                type $plain = i64;
                $body
            }
            AnyColumn::Text($column) => {
                type $plain = String;
                $body
            }
            AnyColumn::Id($column) => {
                type $plain = i64;
                $body
            }
            AnyColumn::Code($column) => {
                type $plain = String;
                $body
            }
        }
    };
}

impl<E> AnyColumn<E> {
    /// The comparison of a filter; nothing if there is no such one.
    pub fn compare(self, how: &str, value: &Json) -> Option<Expr<bool>> {
        Some(on_column!(self, column: P => {
            let one = || <P as Plain>::of(value);
            let list = || value.as_array().into_iter().flatten().filter_map(<P as Plain>::of);
            match (how, one()) {
                ("is_null", _) | ("eq", None) => column.is_null(),
                ("not_null", _) | ("ne", None) => column.is_not_null(),
                ("eq", Some(value)) => column.eq(value),
                ("ne", Some(value)) => column.ne(value),
                ("lt", value) => column.lt(value),
                ("gt", value) => column.gt(value),
                ("in", _) => column.in_(list().collect::<Vec<_>>()),
                ("not_in", _) => column.not_in(list().collect::<Vec<_>>()),
                ("like", _) => return self.like(value.as_str()?),
                _ => return None,
            }
        }))
    }

    fn like(&self, pattern: &str) -> Option<Expr<bool>> {
        match self {
            Self::Text(column) => Some(column.like(pattern)),
            Self::Code(column) => Some(column.like(pattern)),
            Self::Int(_) | Self::Id(_) => None,
        }
    }

    /// Sets it on an object.
    ///
    /// # Errors
    /// As `session.set`.
    pub fn set(self, session: &mut Session, object: &Obj<E>, value: &Json) -> Result<()>
    where
        E: Mapped,
    {
        match self {
            Self::Int(column) => session.set(object, column, i64::of(value)),
            Self::Text(column) => session.set(object, column, String::of(value)),
            Self::Id(column) => {
                session.set(object, column, i64::of(value).map_or(Auto::UNSET, Auto::new))
            }
            Self::Code(column) => {
                session.set(object, column, String::of(value).map_or(Auto::UNSET, Auto::new))
            }
        }
    }

    /// Sets it in an UPDATE.
    pub fn assign(self, update: expr::UpdateStatement, value: &Json) -> expr::UpdateStatement {
        match self {
            Self::Int(column) => update.set(column, i64::of(value)),
            Self::Text(column) => update.set(column, String::of(value)),
            Self::Id(column) => update.set(column, i64::of(value).map_or(Auto::UNSET, Auto::new)),
            Self::Code(column) => {
                update.set(column, String::of(value).map_or(Auto::UNSET, Auto::new))
            }
        }
    }

    /// The key of an ordering.
    pub fn order(self, way: &str) -> expr::OrderBy {
        on_column!(self, column: _P => match way {
            "desc" => column.desc(),
            _ => column.asc(),
        })
    }
}
