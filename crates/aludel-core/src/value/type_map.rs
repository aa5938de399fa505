//! [`TypeMap`]: which SQL types the columns of a declarative base have.

use std::any::TypeId;

use super::{Scalar, SqlType, TypeVariants};

/// Which SQL types the columns of a declarative base have, by their Rust types and by names of your own.
///
/// A column's type is found in this order (MAP-2): what the column itself says (`sql_type`, `length`,
/// `numeric`); the name that it is `annotated` with; its Rust type, without `Option` and `Auto`, where a
/// newtype is a type of its own; and what [`Scalar::TYPE`] says.
///
/// A type of another kind than the Rust type's, such as text for a number, is refused when the base is
/// configured. Whether a narrower one of the same kind is wide enough is yours to know, and so is what a type
/// holds that only the database knows ([`SqlType::Named`]).
///
/// ```
/// use aludel_core::{dialect::{MARIADB, MYSQL}, value::{TypeMap, sql}};
///
/// let map = TypeMap::new()
///     .set::<String>(sql::Text.with_variant(sql::VarChar(255), [MYSQL, MARIADB]))
///     .annotated("name", sql::VarChar(80));
/// assert!(map.get::<String>().is_some() && map.get::<i64>().is_none());
/// assert!(map.problems().is_empty());
///
/// let wrong = TypeMap::new().set::<String>(sql::BigInt);
/// assert_eq!(wrong.problems(), ["`String` can't be kept as BIGINT"]);
/// ```
#[derive(Clone, Debug, Default)]
pub struct TypeMap {
    by_type: Vec<(TypeId, TypeVariants)>,
    by_name: Vec<(&'static str, TypeVariants)>,
    problems: Vec<String>,
}

impl TypeMap {
    /// Nothing but what types say themselves.
    pub fn new() -> Self {
        Self::default()
    }

    /// Columns of this Rust type have this SQL type.
    #[must_use]
    pub fn set<T: Scalar>(mut self, ty: impl Into<TypeVariants>) -> Self {
        let ty = ty.into();
        if let Some(wrong) = ty.types().find(|it| !it.can_hold(T::TYPE)) {
            self.problems.push(format!("`{}` can't be kept as {wrong}", short_name::<T>()));
        }
        let id = TypeId::of::<T>();
        self.by_type.retain(|it| it.0 != id);
        self.by_type.push((id, ty));
        self
    }

    /// Columns with `#[column(annotated = "name")]` have this SQL type.
    #[must_use]
    pub fn annotated(mut self, name: &'static str, ty: impl Into<TypeVariants>) -> Self {
        self.by_name.retain(|it| it.0 != name);
        self.by_name.push((name, ty.into()));
        self
    }

    /// What is said of a Rust type.
    pub fn get<T: Scalar>(&self) -> Option<&TypeVariants> {
        self.of(TypeId::of::<T>())
    }

    /// The same, of a type that is known by its number only.
    pub fn of(&self, id: TypeId) -> Option<&TypeVariants> {
        self.by_type.iter().find(|it| it.0 == id).map(|it| &it.1)
    }

    /// What is said of a name.
    pub fn named(&self, name: &str) -> Option<&TypeVariants> {
        self.by_name.iter().find(|it| it.0 == name).map(|it| &it.1)
    }

    /// The names of which something is said.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        self.by_name.iter().map(|it| it.0)
    }

    /// What makes no sense.
    pub fn problems(&self) -> &[String] {
        &self.problems
    }
}

/// A type's name, without the modules that it is in.
pub fn short_name<T>() -> &'static str {
    let name = std::any::type_name::<T>();
    let head = name.split('<').next().unwrap_or(name);
    &name[head.rfind("::").map_or(0, |at| at + 2)..]
}

impl SqlType {
    /// Whether a column of this type holds values of another, if they fit: both travel in one form.
    pub fn can_hold(self, other: Self) -> bool {
        let is_float = |it| matches!(it, Self::Float | Self::Double);
        let is_text = |it| matches!(it, Self::Text | Self::VarChar(_));
        self == other
            || self.is_integer() && other.is_integer()
            || self.is_decimal() && other.is_decimal()
            || is_float(self) && is_float(other)
            || is_text(self) && (is_text(other) || matches!(other, Self::Enum(_) | Self::Set(_)))
            || self == Self::TsVector && is_text(other)
            || matches!((self, other), (Self::Array(a), Self::Array(b)) if a.can_hold(*b))
            // Nobody but the database knows what it is: a domain, or a type of one database only.
            || matches!(self, Self::Named(_))
    }
}

#[cfg(test)]
mod tests {
    use crate::value::{EnumType, SqlType};

    #[test]
    fn what_travels_in_one_form_fits() {
        static DAY: EnumType = EnumType { name: "day", labels: &["mon"], native: true };
        static DAYS: SqlType = SqlType::Enum(&DAY);
        let fits = [
            (SqlType::Text, SqlType::Set(&DAY)),
            (SqlType::VarChar(3), DAYS),
            (SqlType::TsVector, SqlType::Text),
            (SqlType::Array(&SqlType::Text), SqlType::Array(&DAYS)),
            (SqlType::Named("year"), SqlType::Int),
        ];
        assert!(fits.into_iter().all(|(ty, of)| ty.can_hold(of)));
        let wrong = [
            (SqlType::Set(&DAY), SqlType::Text),
            (SqlType::Text, SqlType::TsVector),
            (SqlType::Array(&SqlType::Int), SqlType::Array(&DAYS)),
            (SqlType::Array(&SqlType::Text), SqlType::Text),
            (SqlType::Int, SqlType::Named("year")),
        ];
        assert!(!wrong.into_iter().any(|(ty, of)| ty.can_hold(of)));
    }
}
