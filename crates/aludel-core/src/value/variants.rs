//! [`TypeVariants`]: a column's type, and other types on some databases.

use super::SqlType;
use crate::dialect::{Dialect, DialectName};

/// A column's type, and other types on some databases (DDL-11).
///
/// ```
/// use aludel_core::{dialect::{MARIADB, MYSQL, MySql, Sqlite}, value::sql};
///
/// let text = sql::Text.with_variant(sql::VarChar(255), [MYSQL, MARIADB]);
/// assert_eq!(text.on(&MySql), sql::VarChar(255));
/// assert_eq!(text.on(&Sqlite), sql::Text);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TypeVariants {
    /// The type where no variant says otherwise.
    pub ty: SqlType,
    /// Dialects, and the types there.
    pub variants: Vec<(DialectName, SqlType)>,
}

impl SqlType {
    /// This type, but for these databases another.
    #[must_use]
    pub fn with_variant(
        self,
        ty: SqlType,
        dialects: impl IntoIterator<Item = DialectName>,
    ) -> TypeVariants {
        TypeVariants::from(self).with_variant(ty, dialects)
    }
}

impl TypeVariants {
    /// The same, but for these databases another type; what was said of them before is forgotten.
    #[must_use]
    pub fn with_variant(
        mut self,
        ty: SqlType,
        dialects: impl IntoIterator<Item = DialectName>,
    ) -> Self {
        for dialect in dialects {
            self.variants.retain(|it| it.0 != dialect);
            self.variants.push((dialect, ty));
        }
        self
    }

    /// The type on a database.
    pub fn on(&self, dialect: &dyn Dialect) -> SqlType {
        on(self.ty, &self.variants, dialect)
    }

    /// All types that it may be.
    pub fn types(&self) -> impl Iterator<Item = SqlType> {
        [self.ty].into_iter().chain(self.variants.iter().map(|it| it.1))
    }
}

/// Of a type and its variants, the one on a database.
pub(crate) fn on(
    ty: SqlType,
    variants: &[(DialectName, SqlType)],
    dialect: &dyn Dialect,
) -> SqlType {
    variants.iter().find(|it| it.0.is(dialect)).map_or(ty, |it| it.1)
}

impl From<SqlType> for TypeVariants {
    fn from(ty: SqlType) -> Self {
        Self { ty, variants: Vec::new() }
    }
}
