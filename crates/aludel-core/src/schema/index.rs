//! [`Index`].

use super::{Details, Name, Table, details::details};
use crate::{
    Error, Result,
    dialect::{Dialect, DialectName},
    expr::NullsOrder,
};

/// An index.
///
/// ```
/// use aludel_core::dialect::Postgres;
/// use aludel_core::schema::{CheckFirst, Column, Index, IndexPart, Table, create_index};
/// use aludel_core::value::SqlType;
///
/// let film = Table::new("film")
///     .column(Column::new("title", SqlType::Text))
///     .column(Column::new("year", SqlType::Int))
///     .column(Column::new("deleted", SqlType::DateTime).nullable());
/// let index = Index::new([IndexPart::from("year").desc(), IndexPart::expression("lower(title)")])
///     .named("ix_film_newest")
///     .when("deleted IS NULL");
/// assert_eq!(
///     create_index(&film, &index, &Postgres, CheckFirst::No)?,
///     "CREATE INDEX ix_film_newest ON film (year DESC, (lower(title))) WHERE deleted IS NULL"
/// );
/// # Ok::<(), aludel_core::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Index {
    /// The name; `ix_table_columns` where there is none.
    pub name: Option<Name>,
    /// What it is of, in order.
    pub parts: Vec<IndexPart>,
    /// Whether it refuses duplicates.
    pub unique: bool,
    /// Its kind; the database's usual one where there is none.
    pub method: Option<IndexMethod>,
    /// The rest, which few say: read and written as the index's own.
    pub details: Details<IndexDetails>,
}

/// What few indexes say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IndexDetails {
    /// Columns that are kept in it without being sorted by; on databases that have no such columns it is
    /// without them.
    pub include: Vec<Name>,
    /// Which rows are in it, as SQL. On a database that has no such indexes all rows are, unless it is unique,
    /// which is refused.
    pub condition: Option<Name>,
    /// The databases that have it; all of them if none is named.
    pub only: Vec<DialectName>,
}

details!(
    Index,
    IndexDetails,
    IndexDetails { include: Vec::new(), condition: None, only: Vec::new() }
);

/// What an index sorts by: a column or an expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IndexPart {
    /// Column or expression.
    pub of: Indexed,
    /// Whether the greatest comes first.
    pub descending: bool,
    /// The rest, which few say: read and written as the part's own.
    pub details: Details<PartDetails>,
}

/// What few parts of indexes say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PartDetails {
    /// Where NULL stands; where the database puts it if nothing is said.
    pub nulls: Option<NullsOrder>,
    /// How many characters or bytes count, on MySQL and MariaDB; all of them elsewhere.
    pub length: Option<u32>,
    /// How texts are compared, if not as the column says; not on MySQL and MariaDB.
    pub collation: Option<Name>,
    /// How values are compared, on PostgreSQL: `text_pattern_ops`. In another schema: `ext.gin_trgm_ops`.
    pub operator_class: Option<Name>,
}

details!(
    IndexPart,
    PartDetails,
    PartDetails { nulls: None, length: None, collation: None, operator_class: None }
);

/// A column or an expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Indexed {
    /// A column of the table, by its name.
    Column(Name),
    /// An expression of its columns, as SQL.
    Expression(Name),
}

/// A kind of index. A database without it refuses the index, unless [`Index::only`] leaves it out there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum IndexMethod {
    /// A sorted tree, the usual kind.
    BTree,
    /// By equality alone. PostgreSQL.
    Hash,
    /// Of what is in arrays, documents and texts. PostgreSQL.
    Gin,
    /// Of ranges, shapes and texts. PostgreSQL.
    Gist,
    /// Of what is divided unevenly. PostgreSQL.
    SpGist,
    /// Of large tables whose rows are sorted as they lie. PostgreSQL.
    Brin,
    /// Of the words of texts. MySQL and MariaDB.
    FullText,
    /// Of shapes. MySQL and MariaDB.
    Spatial,
}

impl IndexMethod {
    /// SQL's word for it, in lower case.
    pub const fn name(self) -> &'static str {
        match self {
            Self::BTree => "btree",
            Self::Hash => "hash",
            Self::Gin => "gin",
            Self::Gist => "gist",
            Self::SpGist => "spgist",
            Self::Brin => "brin",
            Self::FullText => "fulltext",
            Self::Spatial => "spatial",
        }
    }

    /// The one of this name, in whatever case.
    pub fn of(name: &str) -> Option<Self> {
        let all = [
            Self::BTree,
            Self::Hash,
            Self::Gin,
            Self::Gist,
            Self::SpGist,
            Self::Brin,
            Self::FullText,
            Self::Spatial,
        ];
        all.into_iter().find(|it| it.name().eq_ignore_ascii_case(name))
    }
}

impl<T: Into<Name>> From<T> for IndexPart {
    fn from(column: T) -> Self {
        Self::new(Indexed::Column(column.into()))
    }
}

impl IndexPart {
    fn new(of: Indexed) -> Self {
        Self { of, descending: false, details: Details::default() }
    }

    /// An expression of the table's columns, as SQL. The index wants a name of its own then.
    pub fn expression(sql: impl Into<Name>) -> Self {
        Self::new(Indexed::Expression(sql.into()))
    }

    /// The greatest first.
    #[must_use]
    pub fn desc(mut self) -> Self {
        self.descending = true;
        self
    }

    /// NULL before all others.
    #[must_use]
    pub fn nulls_first(mut self) -> Self {
        self.nulls = Some(NullsOrder::First);
        self
    }

    /// NULL behind all others.
    #[must_use]
    pub fn nulls_last(mut self) -> Self {
        self.nulls = Some(NullsOrder::Last);
        self
    }

    /// Only so many characters or bytes count, on MySQL and MariaDB.
    #[must_use]
    pub fn length(mut self, length: u32) -> Self {
        self.length = Some(length);
        self
    }

    /// How texts are compared: `NOCASE`.
    #[must_use]
    pub fn collate(mut self, collation: impl Into<Name>) -> Self {
        self.collation = Some(collation.into());
        self
    }

    /// How values are compared, on PostgreSQL: `text_pattern_ops`. The type's usual way needs no words.
    #[must_use]
    pub fn operator_class(mut self, name: impl Into<Name>) -> Self {
        self.operator_class = Some(name.into());
        self
    }

    /// The column, if it is one.
    pub fn column(&self) -> Option<&str> {
        match &self.of {
            Indexed::Column(name) => Some(name),
            Indexed::Expression(_) => None,
        }
    }
}

impl Index {
    /// An index of these columns, or of parts that say more than a column's name.
    pub fn new<P: Into<IndexPart>>(parts: impl IntoIterator<Item = P>) -> Self {
        Self { parts: parts.into_iter().map(Into::into).collect(), ..Self::default() }
    }

    /// Refuses duplicates.
    #[must_use]
    pub fn unique(mut self) -> Self {
        self.unique = true;
        self
    }

    /// Names the index.
    #[must_use]
    pub fn named(mut self, name: impl Into<Name>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Is of this kind.
    #[must_use]
    pub fn using(mut self, method: IndexMethod) -> Self {
        self.method = Some(method);
        self
    }

    /// Keeps these columns, too, without sorting by them.
    #[must_use]
    pub fn include<C: Into<Name>>(mut self, columns: impl IntoIterator<Item = C>) -> Self {
        self.include.extend(columns.into_iter().map(Into::into));
        self
    }

    /// Has only the rows for which this is true, as SQL.
    #[must_use]
    pub fn when(mut self, condition: impl Into<Name>) -> Self {
        self.condition = Some(condition.into());
        self
    }

    /// Is made on these databases, and on no other.
    #[must_use]
    pub fn only(mut self, dialects: impl IntoIterator<Item = DialectName>) -> Self {
        self.only.extend(dialects);
        self
    }

    /// Its columns, if it is of nothing else.
    pub fn columns(&self) -> Option<Vec<&str>> {
        self.parts.iter().map(IndexPart::column).collect()
    }

    /// The names of the columns that it sorts by; not those in expressions.
    pub(super) fn column_names(&self) -> Vec<Name> {
        self.parts.iter().filter_map(IndexPart::column).map(Name::from).collect()
    }

    /// Its name in `table`: `ix_table_columns` unless it has one of its own (DDL-6).
    pub fn name_in(&self, table: &Table) -> Name {
        if let Some(name) = &self.name {
            return name.clone();
        }
        let columns = || self.parts.iter().filter_map(IndexPart::column);
        let length = columns().map(|it| it.len() + 1).sum::<usize>();
        let mut name = String::with_capacity("ix_".len() + table.name.len() + length);
        name.push_str("ix_");
        name.push_str(&table.name);
        for column in columns() {
            name.push('_');
            name.push_str(column);
        }
        name.into()
    }

    /// Whether it is of whole columns, sorted, of all rows: what a unique constraint has.
    pub(super) fn is_plain(&self) -> bool {
        let plain = |it: &IndexPart| {
            matches!(it.of, Indexed::Column(_)) && !it.descending && it.details.is_unsaid()
        };
        self.parts.iter().all(plain)
            && self.condition.is_none()
            && self.include.is_empty()
            && self.method.is_none_or(|it| it == IndexMethod::BTree)
    }

    /// Whether a column's values stand in it whole and sorted, which texts of any length can't everywhere.
    pub(super) fn sorts_by_all_of(&self, column: &str) -> bool {
        let whole = |it: &IndexPart| it.column() == Some(column) && it.length.is_none();
        self.method.is_none_or(|it| it == IndexMethod::BTree) && self.parts.iter().any(whole)
    }

    /// The index as a database has it; `None` where it hasn't.
    ///
    /// # Errors
    /// The database has nothing of that kind.
    pub(super) fn on(&self, table: &Table, dialect: &dyn Dialect) -> Result<Option<Self>> {
        if !applies(&self.only, dialect) {
            return Ok(None);
        }
        let forms = dialect.capability().ddl.index;
        let refuse = |what: &str, cure: &str| {
            let name = self.name_in(table);
            let what = format!("the index `{name}` of `{table}` {what}; {cure}");
            Err(Error::Unsupported { dialect: dialect.name(), what: what.into() })
        };
        const LEAVE_OUT: &str = "name the databases that are to have it (`only`)";
        let mut index = self.clone();
        if let Some(method) = self.method.filter(|it| !forms.methods.contains(it)) {
            return refuse(&format!("is of the kind {}", method.name()), LEAVE_OUT);
        }
        if self.method == Some(IndexMethod::BTree) {
            index.method = None;
        }
        let mut parts = self.parts.iter();
        if !forms.expressions && parts.any(|it| it.column().is_none()) {
            let cure =
                "index a computed column, or name the databases that are to have it (`only`)";
            return refuse("is of an expression", cure);
        }
        if !forms.partial && self.condition.is_some() {
            if self.unique {
                return refuse("is unique among some rows only", LEAVE_OUT);
            }
            index.condition = None;
        }
        if !forms.nulls && self.parts.iter().any(|it| it.nulls.is_some()) {
            return refuse("says where NULL stands", LEAVE_OUT);
        }
        if !forms.collations && self.parts.iter().any(|it| it.collation.is_some()) {
            return refuse("has a collation of its own", LEAVE_OUT);
        }
        if !forms.include {
            index.include.clear();
        }
        for part in &mut index.parts {
            if !forms.operator_classes {
                part.operator_class = None;
            }
            if !forms.lengths {
                part.length = None;
            }
            // What the database does by itself needs no words.
            let usual = if part.descending { NullsOrder::First } else { NullsOrder::Last };
            part.nulls = part.nulls.filter(|it| *it != usual);
        }
        Ok(Some(index))
    }
}

/// Whether something that is said of some databases is said of this one.
pub(super) fn applies(only: &[DialectName], dialect: &dyn Dialect) -> bool {
    only.is_empty() || only.iter().any(|it| it.is(dialect))
}
